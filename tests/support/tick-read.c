/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tick-read: are sound and picture of each source together, as a viewer would have it? The
 * ticks of the test sound stand in the middle of each second of their source; the picture
 * that is on screen then is known from the burnt-in numbers. Inputs, all of one decode:
 * sound as s16le mono, framecrc of sound and of pictures (their times), and the runs that
 * pattern-read found. Prints how far the ticks of each source are off, and whether each
 * stretch sounds like its source. --baseline-out and --baseline carry what each source has by
 * itself (priming of the encoder). Exit code 0, 1 not together, 2 not usable.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pattern-code.h"

/* The level at which a tick is recognised; tone and noise stay below half of it. */
#define ONSET_LEVEL 0.35
/* The tone is looked at in stretches of this length. */
#define TONE_WINDOW 4800
/* A tick or a stretch so near to a cut may be cut itself. */
#define EDGE_SECONDS 0.12

static gchar *pcm_name, *audio_times_name, *video_times_name, *runs_name;
static gchar *rate_text, *baseline_out;
static gchar **baseline_in;
static gdouble tolerance_ms = 12;
static gint rate_n = 25, rate_d = 1;

static const GOptionEntry entries[] = {
  {"pcm", 0, 0, G_OPTION_ARG_FILENAME, &pcm_name, "s16le, mono, 48 kHz", "FILE"},
  {"audio-times", 0, 0, G_OPTION_ARG_FILENAME, &audio_times_name, "framecrc of it", "FILE"},
  {"video-times", 0, 0, G_OPTION_ARG_FILENAME, &video_times_name, "framecrc of the pictures",
      "FILE"},
  {"runs", 0, 0, G_OPTION_ARG_FILENAME, &runs_name, "what pattern-read --runs-out wrote", "FILE"},
  {"rate", 0, 0, G_OPTION_ARG_STRING, &rate_text, "Frames per second, N/D (25/1)", "N/D"},
  {"tolerance", 0, 0, G_OPTION_ARG_DOUBLE, &tolerance_ms, "In ms (12)", "MS"},
  {"baseline-out", 0, 0, G_OPTION_ARG_FILENAME, &baseline_out, "Write 'source ms' lines", "FILE"},
  {"baseline", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &baseline_in, "Offsets of the sources alone",
      "FILE"},
  {NULL}
};

typedef struct
{
  gdouble seconds;
  guint64 sample;               /* audio: index in the PCM */
} Mark;

typedef struct
{
  guint source, first, last, picture;
  gdouble start, end;           /* seconds */
  guint ticks;
  gdouble min_ms, max_ms, sum_ms;
  guint windows, foreign;       /* stretches of tone; of another source */
} Stretch;

typedef struct
{
  gint16 *pcm;
  gsize samples;
  GArray *audio;                /* Mark */
  GArray *video;                /* Mark */
  GArray *stretches;            /* Stretch */
  gdouble baseline_ms[PATTERN_MAX_SOURCE + 1];
} Sync;

static gchar **
read_lines (const gchar * name)
{
  g_autofree gchar *text = NULL;

  if (name == NULL || !g_file_get_contents (name, &text, NULL, NULL)) {
    fprintf (stderr, "tick-read: %s cannot be read\n", name != NULL ? name : "a file");
    return NULL;
  }
  return g_strsplit (text, "\n", -1);
}

/* framecrc: "#tb 0: N/D", then "stream, dts, pts, duration, size, crc". */
static GArray *
load_times (const gchar * name)
{
  g_auto (GStrv) lines = read_lines (name);
  GArray *marks;
  guint64 sample = 0;
  gint n = 1, d = 90000;
  guint i;

  if (lines == NULL)
    return NULL;
  marks = g_array_new (FALSE, FALSE, sizeof (Mark));
  for (i = 0; lines[i] != NULL; i++) {
    gint64 dts, pts, duration, size;
    Mark mark;

    if (sscanf (lines[i], "#tb 0: %d/%d", &n, &d) == 2 || lines[i][0] == '#')
      continue;
    if (sscanf (lines[i], "0, %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
            ", %" G_GINT64_FORMAT, &dts, &pts, &duration, &size) != 4)
      continue;
    mark.seconds = (gdouble) pts * n / d;
    mark.sample = sample;
    sample += (guint64) size / 2;
    g_array_append_val (marks, mark);
  }
  return marks;
}

static GArray *
load_stretches (const gchar * name, const GArray * video)
{
  g_auto (GStrv) lines = read_lines (name);
  GArray *stretches;
  gdouble frame = (gdouble) rate_d / rate_n;
  guint i;

  if (lines == NULL)
    return NULL;
  stretches = g_array_new (FALSE, TRUE, sizeof (Stretch));
  for (i = 0; lines[i] != NULL; i++) {
    Stretch s = { 0, };

    if (sscanf (lines[i], "%u %u %u %u", &s.source, &s.first, &s.last, &s.picture) != 4 ||
        s.picture >= video->len || s.source > PATTERN_MAX_SOURCE)
      continue;
    s.start = g_array_index (video, Mark, s.picture).seconds;
    s.end = s.start + frame * (s.last - s.first + 1);
    g_array_append_val (stretches, s);
  }
  return stretches;
}

static gdouble
seconds_of_sample (const Sync * sync, guint64 sample)
{
  guint low = 0, high = sync->audio->len;
  const Mark *mark;

  while (high - low > 1) {
    guint mid = low + (high - low) / 2;

    if (g_array_index (sync->audio, Mark, mid).sample <= sample)
      low = mid;
    else
      high = mid;
  }
  mark = &g_array_index (sync->audio, Mark, low);
  return mark->seconds + (gdouble) (sample - mark->sample) / PATTERN_SAMPLE_RATE;
}

static Stretch *
stretch_at (const Sync * sync, gdouble seconds)
{
  guint i;

  for (i = 0; i < sync->stretches->len; i++) {
    Stretch *s = &g_array_index (sync->stretches, Stretch, i);

    if (seconds >= s->start + EDGE_SECONDS && seconds < s->end - EDGE_SECONDS)
      return s;
  }
  return NULL;
}

static void
take_tick (Sync * sync, guint64 sample)
{
  gdouble seconds = seconds_of_sample (sync, sample), own, off_ms;
  Stretch *s = stretch_at (sync, seconds);

  if (s == NULL)
    return;
  own = seconds - s->start + (gdouble) s->first * rate_d / rate_n;      /* time in its source */
  off_ms = (own - floor (own) - 0.5) * 1000;
  if (s->ticks == 0 || off_ms < s->min_ms)
    s->min_ms = off_ms;
  if (s->ticks == 0 || off_ms > s->max_ms)
    s->max_ms = off_ms;
  s->sum_ms += off_ms;
  s->ticks++;
}

static void
find_ticks (Sync * sync)
{
  gint level = (gint) (ONSET_LEVEL * 32000);
  gsize i = 0;

  while (i < sync->samples) {
    if (sync->pcm[i] < level && sync->pcm[i] > -level) {
      i++;
      continue;
    }
    take_tick (sync, i);
    i += PATTERN_SAMPLE_RATE / 2;       /* the next one is a second away */
  }
}

/* Goertzel: power of one frequency in a window. */
static gdouble
power_at (const gint16 * pcm, guint count, gdouble hz)
{
  gdouble k = 2 * cos (2 * G_PI * hz / PATTERN_SAMPLE_RATE), a = 0, b = 0;
  guint i;

  for (i = 0; i < count; i++) {
    gdouble c = pcm[i] + k * a - b;

    b = a;
    a = c;
  }
  return a * a + b * b - k * a * b;
}

static guint
loudest_source (const gint16 * pcm)
{
  guint source, best = 0;
  gdouble most = 0;

  for (source = 0; source <= PATTERN_MAX_SOURCE; source++) {
    gdouble power = power_at (pcm, TONE_WINDOW, pattern_tone_hz (source));

    if (power > most) {
      most = power;
      best = source;
    }
  }
  return best;
}

static void
listen_to_tone (Sync * sync)
{
  gsize at;

  for (at = 0; at + TONE_WINDOW <= sync->samples; at += TONE_WINDOW) {
    gdouble from = seconds_of_sample (sync, at);
    gdouble to = seconds_of_sample (sync, at + TONE_WINDOW - 1);
    Stretch *s = stretch_at (sync, from);

    if (s == NULL || s != stretch_at (sync, to))
      continue;
    s->windows++;
    if (loudest_source (sync->pcm + at) != s->source)
      s->foreign++;
  }
}

static gboolean
load_baselines (Sync * sync)
{
  guint i, j;

  for (i = 0; baseline_in != NULL && baseline_in[i] != NULL; i++) {
    g_auto (GStrv) lines = read_lines (baseline_in[i]);

    if (lines == NULL)
      return FALSE;
    for (j = 0; lines[j] != NULL; j++) {
      guint source;
      gdouble ms;

      if (sscanf (lines[j], "%u %lf", &source, &ms) == 2 && source <= PATTERN_MAX_SOURCE)
        sync->baseline_ms[source] = ms;
    }
  }
  return TRUE;
}

/* Whole seconds whose middle lies inside the stretch: each must have had its tick. */
static guint
ticks_due (const Stretch * s)
{
  gdouble frame = (gdouble) rate_d / rate_n, edge = EDGE_SECONDS + tolerance_ms / 1000;
  gdouble from = s->first * frame + edge, to = (s->last + 1) * frame - edge;
  gint first = (gint) ceil (from - 0.5), behind = (gint) ceil (to - 0.5);

  return behind > first ? (guint) (behind - first) : 0;
}

static gboolean
judge_stretch (const Sync * sync, const Stretch * s, FILE * baseline)
{
  gdouble own = sync->baseline_ms[s->source];
  gboolean good = TRUE;

  printf ("source %u frames %u..%u from %.3f s: %u ticks, %+.2f to %+.2f ms (alone %+.2f), tone "
      "%u of %u windows\n", s->source, s->first, s->last, s->start, s->ticks, s->min_ms, s->max_ms,
      own, s->windows - s->foreign, s->windows);
  if (baseline != NULL && s->ticks > 0)
    fprintf (baseline, "%u %.3f\n", s->source, s->sum_ms / s->ticks);
  if (s->ticks < ticks_due (s)) {
    printf ("VIOLATION tick-missing: source %u from %.3f s: %u of %u\n", s->source, s->start,
        s->ticks, ticks_due (s));
    good = FALSE;
  }
  if (s->ticks > 0 && baseline == NULL &&
      (s->min_ms < own - tolerance_ms || s->max_ms > own + tolerance_ms)) {
    printf ("VIOLATION tick-offset: source %u from %.3f s: %+.2f to %+.2f ms, alone %+.2f\n",
        s->source, s->start, s->min_ms, s->max_ms, own);
    good = FALSE;
  }
  if (s->foreign > 0) {
    printf ("VIOLATION tone: source %u from %.3f s: %u of %u windows sound like another\n",
        s->source, s->start, s->foreign, s->windows);
    good = FALSE;
  }
  return good;
}

static int
judge (const Sync * sync)
{
  FILE *baseline = baseline_out != NULL ? fopen (baseline_out, "w") : NULL;
  gboolean good = sync->stretches->len > 0;
  guint i;

  if (baseline_out != NULL && baseline == NULL) {
    perror (baseline_out);
    return 2;
  }
  for (i = 0; i < sync->stretches->len; i++)
    good &= judge_stretch (sync, &g_array_index (sync->stretches, Stretch, i), baseline);
  if (sync->stretches->len == 0)
    printf ("VIOLATION tick-missing: no pictures to compare with\n");
  if (baseline != NULL && fclose (baseline) != 0)
    return 2;
  return good ? 0 : 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("- sound against picture");
  g_autoptr (GError) error = NULL;
  g_autofree gchar *pcm = NULL;
  Sync sync = { 0, };
  gsize size = 0;
  int rc = 2;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error)) {
    fprintf (stderr, "tick-read: %s\n", error->message);
    return 2;
  }
  if (rate_text != NULL && sscanf (rate_text, "%d/%d", &rate_n, &rate_d) < 1)
    return 2;
  if (pcm_name == NULL || !g_file_get_contents (pcm_name, &pcm, &size, &error)) {
    fprintf (stderr, "tick-read: %s\n", error != NULL ? error->message : "--pcm is wanted");
    return 2;
  }
  sync.pcm = (gint16 *) pcm;
  sync.samples = size / 2;
  sync.audio = load_times (audio_times_name);
  sync.video = sync.audio != NULL ? load_times (video_times_name) : NULL;
  sync.stretches = sync.video != NULL ? load_stretches (runs_name, sync.video) : NULL;
  if (sync.stretches != NULL && sync.audio->len > 0 && load_baselines (&sync)) {
    find_ticks (&sync);
    listen_to_tone (&sync);
    rc = judge (&sync);
  } else if (sync.stretches != NULL) {
    printf ("VIOLATION tick-missing: no sound, or no times of it\n");
    rc = sync.audio->len == 0 ? 1 : 2;
  }
  g_clear_pointer (&sync.audio, g_array_unref);
  g_clear_pointer (&sync.video, g_array_unref);
  g_clear_pointer (&sync.stretches, g_array_unref);
  return rc;
}
