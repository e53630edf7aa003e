/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pattern-write: raw test pictures (yuv420p) or sound (s16le, stereo, 48 kHz) to stdout.
 * --runs names what is shown, in order: one source from 0 on, or the picture of a perfect
 * splice. Sound and picture made with the same --runs and --rate belong together.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pattern-code.h"

#define TEXTURE_SIZE 1024

static gchar *runs_text;
static gchar *rate_text;
static gboolean audio, gray;
static gint rate_n = 25, rate_d = 1;

static const GOptionEntry entries[] = {
  {"runs", 0, 0, G_OPTION_ARG_STRING, &runs_text, "SOURCE:FIRST-LAST,...", "RUNS"},
  {"rate", 0, 0, G_OPTION_ARG_STRING, &rate_text, "Frames per second, N/D (25/1)", "N/D"},
  {"audio", 0, 0, G_OPTION_ARG_NONE, &audio, "Sound instead of pictures", NULL},
  {"gray", 0, 0, G_OPTION_ARG_NONE, &gray, "Pictures without colour, as pattern-read takes them",
      NULL},
  {NULL}
};

/* Coarse noise: texture that moves gives every codec work, and its motion search a chance. */
static guint8 *
make_texture (guint source)
{
  guint8 *texture = g_malloc (TEXTURE_SIZE * TEXTURE_SIZE);
  guint32 state = 12345 + source * 7919;
  guint8 cells[64][64];
  guint x, y;

  for (y = 0; y < 64; y++) {
    for (x = 0; x < 64; x++) {
      state = state * 1664525 + 1013904223;
      cells[y][x] = (guint8) (60 + (state >> 24) % 120);
    }
  }
  for (y = 0; y < TEXTURE_SIZE; y++) {
    for (x = 0; x < TEXTURE_SIZE; x++) {
      guint cx = x / 16, cy = y / 16, fx = x % 16, fy = y % 16;
      guint top = cells[cy][cx] * (16 - fx) + cells[cy][(cx + 1) % 64] * fx;
      guint low = cells[(cy + 1) % 64][cx] * (16 - fx) + cells[(cy + 1) % 64][(cx + 1) % 64] * fx;

      texture[y * TEXTURE_SIZE + x] = (guint8) ((top * (16 - fy) + low * fy) / 256);
    }
  }
  return texture;
}

static void
draw_code (guint8 * luma, guint source, guint frame)
{
  guint32 bits = pattern_encode (source, frame);
  guint width = PATTERN_WIDTH / PATTERN_COLUMNS, height = PATTERN_BAND_HEIGHT / PATTERN_ROWS;
  guint y, i;

  for (y = 0; y < PATTERN_BAND_HEIGHT; y++) {
    for (i = 0; i < PATTERN_COLUMNS; i++) {
      guint bit = PATTERN_BITS - 1 - (y / height * PATTERN_COLUMNS + i);

      memset (luma + y * PATTERN_WIDTH + i * width, (bits >> bit) & 1 ? 235 : 16, width);
    }
  }
}

static void
draw_picture (guint8 * picture, const guint8 * texture, guint source, guint frame)
{
  gsize luma_size = PATTERN_WIDTH * PATTERN_HEIGHT, chroma_size = luma_size / 4;
  guint dx = frame * 3 % (TEXTURE_SIZE - PATTERN_WIDTH);
  guint dy = frame * 2 % (TEXTURE_SIZE - PATTERN_HEIGHT);
  guint y;

  for (y = PATTERN_BAND_HEIGHT; y < PATTERN_HEIGHT; y++)
    memcpy (picture + y * PATTERN_WIDTH, texture + (y + dy) * TEXTURE_SIZE + dx, PATTERN_WIDTH);
  draw_code (picture, source, frame);
  memset (picture + luma_size, (gint) (90 + 12 * (source % 6)), chroma_size);
  memset (picture + luma_size + chroma_size, (gint) (160 - 12 * (source % 6)), chroma_size);
}

static void
write_video (const GArray * runs)
{
  gsize size = PATTERN_WIDTH * PATTERN_HEIGHT * 3 / 2;
  g_autofree guint8 *picture = g_malloc (size);
  guint i, frame;

  for (i = 0; i < runs->len; i++) {
    const PatternRun *run = &g_array_index (runs, PatternRun, i);
    g_autofree guint8 *texture = make_texture (run->source);

    for (frame = run->first; frame <= run->last; frame++) {
      draw_picture (picture, texture, run->source, frame);
      if (fwrite (picture, gray ? PATTERN_WIDTH * PATTERN_HEIGHT : size, 1, stdout) != 1)
        return;
    }
  }
}

/* No two stretches of it are alike: the tone sways, and there is a little noise. */
static gdouble
sample_at (guint source, guint64 n)
{
  gdouble t = (gdouble) n / PATTERN_SAMPLE_RATE;
  gdouble phase = 2 * G_PI * pattern_tone_hz (source) * t + 1.5 * sin (2 * G_PI * 0.37 * t);
  gint64 in_second = (gint64) (n % PATTERN_SAMPLE_RATE) - PATTERN_SAMPLE_RATE / 2;
  guint32 noise = (guint32) (n * 2654435761u + source * 40503u);
  gdouble v = PATTERN_TONE_LEVEL * sin (phase);

  noise ^= noise >> 15;
  noise *= 2246822519u;
  v += 0.004 * ((gdouble) (noise >> 16) / 32768.0 - 1.0);
  if (in_second >= 0 && in_second < PATTERN_TICK_SAMPLES)
    v += PATTERN_TICK_LEVEL * sin (2 * G_PI * PATTERN_TICK_HZ * (gdouble) in_second /
        PATTERN_SAMPLE_RATE);
  return v;
}

static guint64
sample_of_frame (guint64 frame)
{
  return (frame * PATTERN_SAMPLE_RATE * (guint64) rate_d + (guint64) rate_n / 2) / (guint64) rate_n;
}

static void
write_audio (const GArray * runs)
{
  guint64 shown = 0;            /* frames before the run, in what is put out */
  guint i;

  for (i = 0; i < runs->len; i++) {
    const PatternRun *run = &g_array_index (runs, PatternRun, i);
    guint64 frames = run->last - run->first + 1;
    guint64 count = sample_of_frame (shown + frames) - sample_of_frame (shown);
    guint64 first = sample_of_frame (run->first), n;

    for (n = 0; n < count; n++) {
      gint16 v = (gint16) lrint (32000 * sample_at (run->source, first + n));
      guint8 bytes[4] = { (guint8) v, (guint8) (v >> 8), (guint8) v, (guint8) (v >> 8) };

      if (fwrite (bytes, 4, 1, stdout) != 1)
        return;
    }
    shown += frames;
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("- test pictures or sound");
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) runs = NULL;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || runs_text == NULL) {
    fprintf (stderr, "pattern-write: %s\n", error != NULL ? error->message : "--runs is wanted");
    return 2;
  }
  if (rate_text != NULL && sscanf (rate_text, "%d/%d", &rate_n, &rate_d) < 1)
    return 2;
  runs = pattern_runs_parse (runs_text);
  if (runs == NULL || rate_n <= 0 || rate_d <= 0)
    return 2;
  if (audio)
    write_audio (runs);
  else
    write_video (runs);
  return fflush (stdout) == 0 && !ferror (stdout) ? 0 : 1;
}
