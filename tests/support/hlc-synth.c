/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlc-synth.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tsc-edit.h"

#define SEGMENTS 14
#define PARTS 4
#define PICTURES 50             /* of a segment */
#define PICTURE_90K 3600
#define SOUND_90K 1920
#define START_90K 900000
#define PMT_PID 0x1000
#define VIDEO_PID 0x100
#define AUDIO_PID 0x101
#define LONG_ONE 10
#define BREAK_FIRST 5           /* the creatives: 5, 6 and 7 */
#define BREAK_SECOND 7
#define BREAK_END 8
#define PARTS_LISTED 3          /* segments at the edge that list their parts, the one that is hinted at too */
#define RUN_US G_GINT64_CONSTANT (1000000000)
#define SKIPPED 3

#define CUE_OUT "FC302000000000000000FFF00F05F8E7AEFC7FFFFE001B7740000000000000340CFD88"
#define CUE_IN "FC302000000000000000FFF00F05F8E7AEFC7F7FFE001B7740000000000000C23E5851"

typedef struct
{
  HlcSynthFlags flags;
  GPtrArray *events;
  gchar *cue_base64;
  guint window;
} Synth;

/* -- media -- */

static const guint part_pictures[PARTS] = { 13, 12, 13, 12 };

static guint
pictures_of (const Synth * s, guint segment)
{
  if (segment != LONG_ONE)
    return PICTURES;
  return s->flags & HLC_SYNTH_LONG_SEGMENT ? 64 : s->flags & HLC_SYNTH_LONGER_SEGMENT ? 75 : PICTURES;
}

static guint
first_picture (const Synth * s, guint segment)
{
  guint n = 0, i;

  for (i = 0; i < segment; i++)
    n += pictures_of (s, i);
  return n;
}

static void
append_psi (GByteArray * ts)
{
  guint8 pat[] = { 0x00, 0xb0, 13, 0x00, 0x01, 0xc1, 0, 0, 0x00, 0x01, 0xe0 | PMT_PID >> 8,
    PMT_PID & 0xff, 0, 0, 0, 0
  };
  guint8 pmt[] = { 0x02, 0xb0, 23, 0x00, 0x01, 0xc1, 0, 0, 0xe0 | VIDEO_PID >> 8, VIDEO_PID & 0xff,
    0xf0, 0, 0x1b, 0xe0 | VIDEO_PID >> 8, VIDEO_PID & 0xff, 0xf0, 0,
    0x0f, 0xe0 | AUDIO_PID >> 8, AUDIO_PID & 0xff, 0xf0, 0, 0, 0, 0, 0
  };

  tsc_edit_seal_section (pat, sizeof pat);
  tsc_edit_seal_section (pmt, sizeof pmt);
  tsc_edit_append_section (ts, 0, pat, sizeof pat);
  tsc_edit_append_section (ts, PMT_PID, pmt, sizeof pmt);
}

static void
append_picture (GByteArray * ts, guint picture, gboolean idr)
{
  static const guint8 head[] = { 0, 0, 0, 1, 0x09, 0x10, 0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x0b, 0xda, 0,
    0, 0, 1, 0x68, 0xce, 0x3c, 0x80
  };
  guint8 es[sizeof head + 64];
  gsize size = 6;
  gint64 pts90k = START_90K + (gint64) picture * PICTURE_90K;

  memcpy (es, head, sizeof head);
  if (idr)
    size = sizeof head;
  es[size++] = 0;
  es[size++] = 0;
  es[size++] = 1;
  es[size++] = idr ? 0x65 : 0x41;
  memset (es + size, 0x55, 40);
  es[size] = (guint8) (0x80 | picture >> 7);
  es[size + 1] = (guint8) (0x80 | (picture & 0x7f));
  size += 40;
  tsc_edit_append_pcr (ts, VIDEO_PID, 0, (pts90k - 18000) * 300);
  tsc_edit_append_pes (ts, VIDEO_PID, 0xe0, pts90k, pts90k, FALSE, es, size);
}

static void
append_sound (GByteArray * ts, guint frame)
{
  guint8 es[19] = { 0xff, 0xf1, 0x4c, 0x80, sizeof es >> 3, (sizeof es & 7) << 5 | 0x1f, 0xfc, };

  memset (es + 7, 0x21, 12);
  es[8] = (guint8) (frame & 0x7f);
  es[9] = (guint8) (frame >> 7 & 0x7f);
  tsc_edit_append_pes (ts, AUDIO_PID, 0xc0, START_90K + (gint64) frame * SOUND_90K, 0, FALSE, es,
      sizeof es);
}

/* Pictures [from, to), and the sound that begins with them. */
static void
append_run (GByteArray * ts, guint from, guint to)
{
  guint sound = (from * PICTURE_90K + SOUND_90K - 1) / SOUND_90K, i;

  append_psi (ts);
  for (i = from; i < to; i++) {
    append_picture (ts, i, i == from);
    for (; sound * SOUND_90K < (i + 1) * PICTURE_90K; sound++)
      append_sound (ts, sound);
  }
}

/* All segments in one piece, so that counters go on; @offsets: where each part begins. */
static GByteArray *
make_stream (const Synth * s, guint * offsets)
{
  GByteArray *ts = g_byte_array_new ();
  static const guint pids[] = { 0, PMT_PID, VIDEO_PID, AUDIO_PID };
  gboolean parts = (s->flags & HLC_SYNTH_LOW_LATENCY) != 0;
  guint i, j;

  for (i = 0; i < SEGMENTS; i++) {
    guint from = first_picture (s, i), to = from + pictures_of (s, i);

    for (j = 0; j < PARTS; j++) {
      offsets[i * PARTS + j] = ts->len;
      if (parts)
        append_run (ts, from, from + part_pictures[j]);
      else if (j == 0)
        append_run (ts, from, to);
      from += part_pictures[j];
    }
  }
  offsets[SEGMENTS * PARTS] = ts->len;
  for (i = 0; i < G_N_ELEMENTS (pids); i++)
    tsc_edit_recount (ts, pids[i]);
  return ts;
}

/* -- playlists -- */

static gint64
length_us (const Synth * s, guint segment)
{
  return (gint64) pictures_of (s, segment) * 40000;
}

static gboolean
is_discontinuity (guint segment)
{
  return segment == BREAK_FIRST || segment == BREAK_SECOND || segment == BREAK_END;
}

static gchar *
date_of (const Synth * s, guint segment)
{
  guint ms = first_picture (s, segment) * 40;

  return g_strdup_printf ("2026-01-01T00:00:%02u.%03uZ", ms / 1000, ms % 1000);
}

static void
append_ranges (const Synth * s, GString * out, guint segment)
{
  g_autofree gchar *start = date_of (s, BREAK_FIRST);

  if (segment == BREAK_FIRST)
    g_string_append_printf (out, "#EXT-X-DATERANGE:ID=\"b1\",START-DATE=\"%s\","
        "PLANNED-DURATION=6.000,SCTE35-OUT=0x" CUE_OUT "\n", start);
  if (segment == BREAK_END)
    g_string_append_printf (out, "#EXT-X-DATERANGE:ID=\"b1\",START-DATE=\"%s\","
        "PLANNED-DURATION=6.000,SCTE35-OUT=0x" CUE_OUT ",DURATION=6.000,SCTE35-IN=0x" CUE_IN "\n",
        start);
}

static void
append_cues (const Synth * s, GString * out, guint segment)
{
  if (s->flags & HLC_SYNTH_GOOGLE)
    g_string_append (out, segment == BREAK_FIRST ? "#EXT-X-CUE-OUT:DURATION=6\n" :
        segment == BREAK_END ? "#EXT-X-CUE-IN\n" : "");
  else if (segment == BREAK_FIRST)
    g_string_append_printf (out, "#EXT-OATCLS-SCTE35:%s\n#EXT-X-CUE-OUT:6.000\n", s->cue_base64);
  else if (segment > BREAK_FIRST && segment < BREAK_END)
    g_string_append_printf (out, "#EXT-X-CUE-OUT-CONT:ElapsedTime=%u.000,Duration=6.000,SCTE35=%s\n",
        2 * (segment - BREAK_FIRST), s->cue_base64);
  else if (segment == BREAK_END)
    g_string_append (out, "#EXT-X-CUE-IN\n");
}

/* @n_parts: of PARTS; those of an open segment, or all of them. */
static void
append_segment (const Synth * s, GString * out, guint segment, guint n_parts, gboolean complete,
    gboolean with_parts)
{
  g_autofree gchar *date = date_of (s, segment);
  gint64 us = length_us (s, segment);
  guint i;

  append_ranges (s, out, segment);
  if (is_discontinuity (segment))
    g_string_append (out, "#EXT-X-DISCONTINUITY\n");
  if (s->flags & (HLC_SYNTH_CUES | HLC_SYNTH_GOOGLE))
    append_cues (s, out, segment);
  g_string_append_printf (out, "#EXT-X-PROGRAM-DATE-TIME:%s\n", date);
  for (i = 0; with_parts && i < n_parts; i++)
    g_string_append_printf (out, "#EXT-X-PART:DURATION=%.3f,URI=\"m/s%02u.%u.ts\",INDEPENDENT=YES\n",
        part_pictures[i] * 0.04, segment, i);
  if (complete)
    g_string_append_printf (out, "#EXTINF:%d.%03d,\nm/s%02u.ts\n", (gint) (us / 1000000),
        (gint) (us / 1000 % 1000), segment);
}

static void
append_header (const Synth * s, GString * out, guint first, gboolean parts)
{
  guint dsn = 0, i;

  for (i = 0; i < first; i++)
    dsn += is_discontinuity (i) ? 1 : 0;
  g_string_append (out, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n");
  if (parts)
    g_string_append (out, "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.000,"
        "HOLD-BACK=6.000,PART-HOLD-BACK=1.560\n#EXT-X-PART-INF:PART-TARGET=0.520\n");
  g_string_append_printf (out, "#EXT-X-MEDIA-SEQUENCE:%u\n#EXT-X-DISCONTINUITY-SEQUENCE:%u\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n", first, dsn);
}

static void
append_edge (const Synth * s, GString * out, guint segment, guint n_parts, const gchar * sibling)
{
  guint next = n_parts == PARTS ? segment + 1 : segment;

  g_string_append_printf (out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"m/s%02u.%u.ts\"\n", next,
      n_parts % PARTS);
  if (s->flags & HLC_SYNTH_RENDITIONS)
    g_string_append_printf (out, "#EXT-X-RENDITION-REPORT:URI=\"../%s/playlist.m3u8\","
        "LAST-MSN=%u,LAST-PART=%u\n", sibling, segment, n_parts - 1);
}

/* As far as @n_parts of @segment. @skip: as a delta update. */
static gchar *
render (const Synth * s, guint segment, guint n_parts, const gchar * sibling, gboolean skip)
{
  gboolean ended = segment == SEGMENTS - 1 && n_parts == PARTS;
  gboolean parts = (s->flags & HLC_SYNTH_LOW_LATENCY) != 0 && !ended;
  guint complete = n_parts == PARTS ? segment + 1 : segment;
  guint first = complete > s->window ? complete - s->window : 0, i;
  GString *out = g_string_new (NULL);

  append_header (s, out, first, parts);
  if (skip)
    g_string_append_printf (out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%u\n", SKIPPED);
  /* date ranges are not skipped */
  for (i = first; skip && i < first + SKIPPED; i++)
    append_ranges (s, out, i);
  for (i = skip ? first + SKIPPED : first; i <= segment; i++)
    append_segment (s, out, i, i == segment ? n_parts : PARTS, i < complete,
        parts && i + PARTS_LISTED > complete);
  if (ended)
    g_string_append (out, "#EXT-X-ENDLIST\n");
  else if (parts) {
    /* the discontinuity is published with the hint */
    if (complete > segment && is_discontinuity (complete)) {
      g_autofree gchar *date = date_of (s, complete);

      append_ranges (s, out, complete);
      g_string_append (out, "#EXT-X-DISCONTINUITY\n");
      if (s->flags & (HLC_SYNTH_CUES | HLC_SYNTH_GOOGLE))
        append_cues (s, out, complete);
      g_string_append_printf (out, "#EXT-X-PROGRAM-DATE-TIME:%s\n", date);
    }
    append_edge (s, out, segment, n_parts, sibling);
  }
  return g_string_free (out, FALSE);
}

/* -- events -- */

HlcSynthEvent *
hlc_synth_event_new (gint64 time_us, HlcEventKind kind, const gchar * name)
{
  HlcSynthEvent *event = g_new0 (HlcSynthEvent, 1);

  event->time_us = time_us;
  event->kind = kind;
  event->name = g_strdup (name);
  return event;
}

static void
event_free (gpointer p)
{
  HlcSynthEvent *event = p;

  g_free (event->name);
  g_free (event->text);
  g_clear_pointer (&event->media, g_byte_array_unref);
  g_free (event);
}

static HlcSynthEvent *
add (Synth * s, gint64 time_us, HlcEventKind kind, const gchar * folder, const gchar * format, ...)
    G_GNUC_PRINTF (5, 6);

static HlcSynthEvent *
add (Synth * s, gint64 time_us, HlcEventKind kind, const gchar * folder, const gchar * format, ...)
{
  g_autofree gchar *base = NULL, *name = NULL;
  HlcSynthEvent *event;
  va_list args;

  va_start (args, format);
  base = g_strdup_vprintf (format, args);
  va_end (args);
  name = g_strconcat (folder, base, NULL);
  event = hlc_synth_event_new (time_us, kind, name);
  g_ptr_array_add (s->events, event);
  return event;
}

static void
add_media (Synth * s, gint64 time_us, const gchar * folder, const gchar * base,
    const GByteArray * ts, guint from, guint to)
{
  HlcSynthEvent *event = add (s, time_us, HLC_EVENT_MEDIA, folder, "m/%s.ts", base);

  event->media = g_byte_array_new ();
  g_byte_array_append (event->media, ts->data + from, to - from);
}

/* A segment leaves its folder when it has been out of the playlist for its own length and the
 * playlist's: with a window of six that is seven segments after it left. */
static void
add_gone (Synth * s, gint64 time_us, const gchar * folder, guint segment)
{
  guint stays = 2 * s->window + 1;

  if (segment >= stays)
    add (s, time_us, HLC_EVENT_GONE, folder, "m/s%02u.ts", segment - stays);
}

static void
add_step (Synth * s, const gchar * folder, const gchar * sibling, guint segment, guint n_parts,
    const GByteArray * ts, const guint * offsets)
{
  gboolean parts = (s->flags & HLC_SYNTH_LOW_LATENCY) != 0;
  guint done = first_picture (s, segment), i;
  gint64 time_us;
  HlcSynthEvent *event;

  for (i = 0; i < n_parts; i++)
    done += n_parts == PARTS ? pictures_of (s, segment) / PARTS : part_pictures[i];
  if (n_parts == PARTS)
    done = first_picture (s, segment) + pictures_of (s, segment);
  time_us = RUN_US + (gint64) done * 40000 + (g_str_has_prefix (folder, "lo") ? 10000 : 0);
  if (parts) {
    g_autofree gchar *base = g_strdup_printf ("s%02u.%u", segment, n_parts - 1);

    add_media (s, time_us, folder, base, ts, offsets[segment * PARTS + n_parts - 1],
        offsets[segment * PARTS + n_parts]);
  }
  if (n_parts == PARTS) {
    g_autofree gchar *base = g_strdup_printf ("s%02u", segment);

    add_media (s, time_us + 1000, folder, base, ts, offsets[segment * PARTS],
        offsets[(segment + 1) * PARTS]);
  }
  if (segment < 2 || (segment == 2 && n_parts < PARTS))
    return;
  event = add (s, time_us + 2000, HLC_EVENT_PLAYLIST, folder, "playlist.m3u8");
  event->text = render (s, segment, n_parts, sibling, FALSE);
  if (parts && segment >= 9 && n_parts == 2 && s->window > SKIPPED) {
    event = add (s, time_us + 3000, HLC_EVENT_DELTA, folder, "playlist.m3u8");
    event->text = render (s, segment, n_parts, sibling, TRUE);
    memcpy (strstr (event->text, "VERSION:6"), "VERSION:9", 9);
  }
  if (n_parts == PARTS && !parts)
    add_gone (s, time_us + 4000, folder, segment);
}

static void
add_multivariant (Synth * s)
{
  static const gchar text[] = "#EXTM3U\n#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=160000,AVERAGE-BANDWIDTH=160000,"
      "CODECS=\"avc1.42c00b,mp4a.40.2\",RESOLUTION=320x192,FRAME-RATE=25.000\nhi/playlist.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=160000,AVERAGE-BANDWIDTH=160000,"
      "CODECS=\"avc1.42c00b,mp4a.40.2\",RESOLUTION=320x192,FRAME-RATE=25.000\nlo/playlist.m3u8\n";
  HlcSynthEvent *event = add (s, RUN_US + 7000000, HLC_EVENT_PLAYLIST, "", "master.m3u8");

  event->text = g_strdup (text);
}

static void
add_answers (Synth * s, const gchar * folder)
{
  HlcSynthEvent *event = add (s, RUN_US + 20000000, HLC_EVENT_RESPONSE, folder, "playlist.m3u8");

  event->text = g_strdup ("200 content-type: application/vnd.apple.mpegurl; cache-control: max-age=1");
  event = add (s, RUN_US + 20000000, HLC_EVENT_RESPONSE, folder, "m/s05.ts");
  event->text = g_strdup ("200 content-type: video/mp2t; cache-control: max-age=3600, immutable");
}

static gint
compare_events (gconstpointer a, gconstpointer b)
{
  const HlcSynthEvent *x = *(HlcSynthEvent * const *) a, *y = *(HlcSynthEvent * const *) b;

  return x->time_us < y->time_us ? -1 : x->time_us > y->time_us;
}

static void
add_rendition (Synth * s, const gchar * folder, const gchar * sibling)
{
  guint offsets[SEGMENTS * PARTS + 1], i, j;
  g_autoptr (GByteArray) ts = make_stream (s, offsets);

  for (i = 0; i < SEGMENTS; i++)
    for (j = s->flags & HLC_SYNTH_LOW_LATENCY ? 1 : PARTS; j <= PARTS; j++)
      add_step (s, folder, sibling, i, j, ts, offsets);
  add_answers (s, folder);
}

GPtrArray *
hlc_synth_new (HlcSynthFlags flags)
{
  Synth s = { flags, g_ptr_array_new_with_free_func (event_free), NULL, 6 };
  guint8 cue[sizeof CUE_OUT / 2];
  guint i;

  for (i = 0; i < sizeof cue; i++)
    cue[i] = (guint8) (g_ascii_xdigit_value (CUE_OUT[2 * i]) << 4 |
        g_ascii_xdigit_value (CUE_OUT[2 * i + 1]));
  s.cue_base64 = g_base64_encode (cue, sizeof cue);
  if (flags & HLC_SYNTH_NARROW)
    s.window = 3;
  if (flags & HLC_SYNTH_RENDITIONS) {
    add_rendition (&s, "hi/", "lo");
    add_rendition (&s, "lo/", "hi");
    add_multivariant (&s);
  } else {
    add_rendition (&s, "", NULL);
  }
  g_free (s.cue_base64);
  g_ptr_array_sort (s.events, compare_events);
  return s.events;
}

/* -- to disk -- */

void
hlc_synth_write (GPtrArray * events, const gchar * folder)
{
  static const gchar *const kinds[] = { "playlist", "delta", "media", "gone", "missing",
    "in-place", "missed", "response"
  };
  g_autofree gchar *log_name = g_build_filename (folder, HLC_CAPTURE_LOG, NULL);
  g_autoptr (GString) log = g_string_new (NULL);
  guint i;

  g_mkdir_with_parents (folder, 0755);
  for (i = 0; i < events->len; i++) {
    const HlcSynthEvent *event = g_ptr_array_index (events, i);
    g_autofree gchar *file = g_strdup_printf ("%04u.%s", i, event->media ? "ts" : "m3u8");
    g_autofree gchar *path = g_build_filename (folder, file, NULL);
    gboolean stored = event->kind <= HLC_EVENT_MEDIA;

    if (stored && event->media)
      tsc_edit_save (event->media, path);
    else if (stored)
      g_file_set_contents (path, event->text, -1, NULL);
    g_string_append_printf (log, "%" G_GINT64_FORMAT ".%06d\t%s\t%s", event->time_us / 1000000,
        (gint) (event->time_us % 1000000), kinds[event->kind], event->name);
    if (stored || event->kind == HLC_EVENT_RESPONSE)
      g_string_append_printf (log, "\t%s", stored ? file : event->text);
    g_string_append_c (log, '\n');
  }
  g_file_set_contents (log_name, log->str, (gssize) log->len, NULL);
}
