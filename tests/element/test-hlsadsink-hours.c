/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Half a day of a live stream in a minute or two: the buffers say when they arrived, so that
 * nobody has to wait for them.
 *
 *   test-hlsadsink-hours [HOURS [SECONDS-OF-AN-HOUR [recording]]]      12 hours are 12 3600
 *
 * In each hour the input is missing three times, for a few pictures, for seconds and for most of a
 * minute, and the encoder restarts once, with another clock. Packets arrive with a jitter of less
 * than a picture, behind a gap a good deal late, and PTS wrap in the first hour. Every version of the playlist is read, and every
 * segment once: what its first picture is tells when it was made, and that is what
 * EXT-X-PROGRAM-DATE-TIME has to say, to one picture, from the first hour to the last. With
 * `recording` all of it is recorded too, in no more memory, and every segment is in it.
 */
#include "hls-fixture.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define FRAME_90K 3600
#define FRAME_US 40000
#define GOP 48
#define STRETCH_GOPS 156        /* a whole number of audio frames, below what a name holds */
#define STRETCH_FRAMES (STRETCH_GOPS * GOP)
#define STRETCH_90K ((gint64) STRETCH_FRAMES * FRAME_90K)
#define AUDIO_PER_PES 4
#define JITTER_US 25000         /* of arrival: less than a picture */
#define CONGESTED_US 300000     /* it is late by so much ... */
#define CONGESTION_US 4000000   /* ... for so long behind a gap of the input */
#define BEGIN_US G_GINT64_CONSTANT (1790000000000000)
#define SOURCES 128             /* a stretch is one; names come again */
#define FILES_MAX 24            /* a window, and as much again for who is late, and a few */
#define TIMELINE_MAX (1024 * 1024)
#define RSS_GROWTH_MAX_KB 1024
#define RECORDED_GROWTH_MAX_KB 4096     /* what a segment leaves would be seen after 12 hours */
#define PLAYLIST "playlist.m3u8"

/* In an hour, in its sixteenths; shorter than the smallest of them. */
typedef struct
{
  guint at;
  gint64 missing_us;
  gboolean restart;             /* the clock behind it is another one */
} Trouble;

static const Trouble troubles[] = {
  {3, 400000, FALSE},           /* no jump: a longer segment */
  {6, 7300000, FALSE},
  {9, 1410000, TRUE},
  {13, 44000000, FALSE},
};

typedef struct
{
  HlsFixture *f;
  Synth synth;
  GstCaps *unix_caps;
  GRand *rand;
  guint hours;
  gint64 hour_us;

  guint source;                 /* of the stretch that is sent */
  gint64 utc_us;                /* at which the next stretch begins */
  gint64 pts90k;                /* with which it begins */
  gint64 begun_us[SOURCES];     /* when picture 0 of each source arrives */
  gint64 rap_us;                /* arrival of the last RAP; 0 at a hole and at the first one behind it */
  gboolean hole;                /* nothing has come behind it */
  gint64 gap_end_us;

  int watch;
  HlsPlaylist *last;
  gint64 shown_us;              /* up to where the playlist has come */
  gint cc[ASP_PID_COUNT];
  guint n_raps;
  guint versions, segments, without_rap, discontinuities, jumps, most_files;
  gint64 worst_us;
  gsize longest_timeline;
  glong rss_after_an_hour_kb;
} Run;

static guint hours = 2;
static gint64 hour_s = 300;
static gboolean recording;

static glong
rss_kb (void)
{
  g_autofree gchar *text = NULL;
  const gchar *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));
  line = strstr (text, "VmRSS:");
  return line ? strtol (line + 6, NULL, 10) : 0;
}

/* -- what is published -- */

/* When the first picture of a segment arrived, by its name. */
static gint64
true_us (Run * r, const HlsReadSegment * segment)
{
  g_autoptr (GBytes) bytes = hls_media (r->f, segment->uri);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  g_autoptr (GArray) found = NULL;
  const SynthFound *first;

  if (segment->discontinuity)
    for (guint i = 0; i < ASP_PID_COUNT; i++)
      r->cc[i] = -1;
  found = synth_read_segment (data, size, r->cc);
  first = &g_array_index (found, SynthFound, 0);
  g_assert_cmpuint (first->pid, ==, SYNTH_VIDEO_PID);
  r->without_rap += !first->rap;
  return r->begun_us[first->source] + (gint64) first->number * FRAME_US;
}

static void
check_new_segment (Run * r, const HlsReadSegment * segment)
{
  g_autofree gchar *uri = g_strdup_printf ("m/v0-%08" G_GUINT64_FORMAT ".ts", segment->msn);
  gint64 us, off_us;

  g_assert_false (segment->gap);
  g_assert_cmpstr (segment->uri, ==, uri);
  g_assert_cmpuint (segment->msn, ==, r->segments);
  r->discontinuities += segment->discontinuities;
  g_assert_cmpuint (segment->dsn, ==, r->discontinuities);
  us = true_us (r, segment);
  off_us = segment->pdt_ms * 1000 - us;
  if (ABS (off_us) > FRAME_US)
    g_error ("segment %" G_GUINT64_FORMAT " is %" G_GINT64_FORMAT " us off, %u discontinuities in",
        segment->msn, off_us, r->discontinuities);
  r->worst_us = MAX (r->worst_us, ABS (off_us));
  r->shown_us = us + segment->duration_us;
  r->segments++;
}

/* Of media; the one that is being written is not there yet. */
static guint
count_files (Run * r)
{
  g_autofree gchar *path = g_build_filename (r->f->folder, "m", NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;
  guint n = 0;

  while (dir && (name = g_dir_read_name (dir)) != NULL)
    n += name[0] != '.';
  return n;
}

static void
check_files (Run * r)
{
  g_autofree gchar *timeline = g_build_filename (r->f->folder, "live.timeline", NULL);
  GStatBuf st;

  r->most_files = MAX (r->most_files, count_files (r));
  g_assert_cmpuint (r->most_files, <=, FILES_MAX);
  g_assert_cmpint (g_stat (timeline, &st), ==, 0);
  r->longest_timeline = MAX (r->longest_timeline, (gsize) st.st_size);
  g_assert_cmpuint (r->longest_timeline, <=, TIMELINE_MAX);
}

static void
read_version (Run * r)
{
  g_autoptr (GError) error = NULL;
  HlsPlaylist *list = hls_playlist (r->f);

  if (!list)
    return;
  if (r->last && !hls_check_update (r->last, list, &error))
    g_error ("version %u: %s", r->versions, error->message);
  g_assert_cmpuint (list->msn, <=, r->segments);
  for (guint i = (guint) (r->segments - list->msn); i < list->segments->len; i++)
    check_new_segment (r, hls_segment (list, i));
  check_files (r);
  r->versions++;
  g_clear_pointer (&r->last, hls_playlist_free);
  r->last = list;
}

/* Reads what has been published, and waits until that reaches @until_us. */
static void
follow (Run * r, gint64 until_us)
{
  gint64 deadline_us = g_get_monotonic_time () + (gint64) (HLS_PATIENCE / GST_USECOND);
  _Alignas (struct inotify_event) gchar events[4096];

  for (;;) {
    struct pollfd fd = {.fd = r->watch,.events = POLLIN };
    gboolean must = r->shown_us < until_us - FRAME_US;
    gboolean renamed = FALSE;
    ssize_t n = 0;

    if (poll (&fd, 1, must ? 1000 : 0) > 0)
      n = read (r->watch, events, sizeof events);
    for (ssize_t at = 0; at < n;) {
      const struct inotify_event *e = (const struct inotify_event *) (events + at);

      renamed |= e->len > 0 && !strcmp (e->name, PLAYLIST);
      at += (ssize_t) (sizeof *e + e->len);
    }
    if (renamed)
      read_version (r);
    else if (!must)
      return;
    if (g_get_monotonic_time () > deadline_us)
      g_error ("nothing is published behind version %u, hour %.3f; shown to %.3f s before that", r->versions,
          (gdouble) (r->utc_us - BEGIN_US) / (gdouble) r->hour_us, (gdouble) (until_us - r->shown_us) / 1e6);
  }
}

/* -- what is sent -- */

static void
push_unit (Run * r, const SynthUnit * u, gint64 utc_us)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gint64 arrival_us = utc_us + g_rand_int_range (r->rand, 0, JITTER_US) +
      (utc_us >= r->gap_end_us && utc_us < r->gap_end_us + CONGESTION_US ? CONGESTED_US : 0);
  GstBuffer *buffer;

  if (u->rap)
    synth_write_psi (&r->synth, bytes);
  synth_write_unit (&r->synth, u, bytes);
  buffer = gst_buffer_new_memdup (bytes->data, bytes->len);
  gst_buffer_add_reference_timestamp_meta (buffer, r->unix_caps,
      (GstClockTime) arrival_us * GST_USECOND, GST_CLOCK_TIME_NONE);
  g_assert_cmpint (gst_pad_push (r->f->h->srcpad, buffer), ==, GST_FLOW_OK);
}

/* A GOP behind a RAP what has ended with it is published, so that no version is missed. */
static void
pace (Run * r, gint64 rap_us)
{
  /* nothing is published before there are three target durations */
  follow (r, r->n_raps++ < 5 ? 0 : r->rap_us);
  r->rap_us = r->hole ? 0 : rap_us;
  r->hole = FALSE;
}

/* What has begun before it is not closed by anything. */
static void
begin_hole (Run * r)
{
  r->hole = TRUE;
  r->rap_us = 0;
}

/* The next stretch of the encoder's clock, without what came between @from_us and @to_us. */
static void
play_stretch (Run * r, gint64 length_us, gint64 from_us, gint64 to_us)
{
  Synth *s = &r->synth;
  guint frames = (guint) (length_us / FRAME_US);
  gint64 first_90k;
  const SynthVideo video = {.source = r->source,.start_pts90k = r->pts90k,.frames = frames,.gop = GOP };

  g_array_set_size (s->units, 0);
  synth_add_video (s, &video);
  synth_add_audio (s, SYNTH_AUDIO_PID, r->source, r->pts90k, frames * FRAME_90K / SYNTH_AUDIO_FRAME_90K,
      AUDIO_PER_PES, 9000);
  synth_sort (s);
  first_90k = g_array_index (s->units, SynthUnit, 0).mux_90k;
  r->begun_us[r->source] = r->utc_us;
  for (guint i = 0; i < s->units->len; i++) {
    const SynthUnit *u = &g_array_index (s->units, SynthUnit, i);
    gint64 us = r->utc_us + (u->mux_90k - first_90k) * 100 / 9;

    if (us >= from_us && us < to_us) {
      begin_hole (r);
      continue;
    }
    if (u->rap)
      pace (r, us);
    push_unit (r, u, us);
  }
  r->source = (r->source + 1) % SOURCES;
  r->utc_us += length_us;
  r->pts90k += (gint64) frames * FRAME_90K;
}

/* Up to @until_us, in stretches; the last one may be short. */
static void
play_until (Run * r, gint64 until_us, gint64 from_us, gint64 to_us)
{
  const gint64 stretch_us = STRETCH_90K * 100 / 9;

  while (until_us - r->utc_us >= GOP * FRAME_US)
    play_stretch (r, MIN (stretch_us, (until_us - r->utc_us) / (GOP * FRAME_US) * (GOP * FRAME_US)),
        from_us, to_us);
}

static void
play_trouble (Run * r, const Trouble * t, gint64 at_us)
{
  if (!t->restart) {
    /* in the middle of a GOP, so that what follows cannot be shown at first */
    gint64 from_us = at_us - t->missing_us - 5 * G_USEC_PER_SEC + 7 * FRAME_US;

    r->gap_end_us = from_us + t->missing_us;
    play_until (r, at_us, from_us, r->gap_end_us);
  } else {
    play_until (r, at_us, 0, 0);
    r->utc_us += t->missing_us;
    begin_hole (r);
    r->pts90k = (gint64) (((guint64) g_rand_int (r->rand) << 1) & ASP_PTS_MASK);
  }
  r->jumps += t->missing_us > G_USEC_PER_SEC;
}

static void
play_hour (Run * r, guint hour)
{
  gint64 begin_us = BEGIN_US + hour * r->hour_us;

  for (guint i = 0; i < G_N_ELEMENTS (troubles); i++)
    play_trouble (r, &troubles[i], begin_us + r->hour_us * troubles[i].at / 16);
  play_until (r, begin_us + r->hour_us, 0, 0);
}

static void
run_init (Run * r)
{
  memset (r, 0, sizeof *r);
  r->hours = hours;
  r->hour_us = hour_s * G_USEC_PER_SEC;
  r->f = hls_fixture_new ("target-duration=2 playlist-length=6");
  if (recording) {
    g_autofree gchar *folder = g_build_filename (r->f->folder, "..", "rec", NULL);

    gst_element_set_state (r->f->element, GST_STATE_READY);
    g_object_set (r->f->element, "recording", folder, NULL);
    gst_element_set_state (r->f->element, GST_STATE_PLAYING);
  }
  r->unix_caps = gst_caps_new_empty_simple ("timestamp/x-unix");
  r->rand = g_rand_new_with_seed (12);
  synth_init (&r->synth, 1);
  r->synth.unit_bytes = 300;
  r->utc_us = BEGIN_US;
  /* over the turn of the counter in a third of the first hour */
  r->pts90k = (gint64) ASP_PTS_MASK + 1 - hour_s * ASP_SECOND_90K / 3;
  for (guint i = 0; i < ASP_PID_COUNT; i++)
    r->cc[i] = -1;
  g_assert_cmpint (g_mkdir_with_parents (r->f->folder, 0755), ==, 0);
  r->watch = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  g_assert_cmpint (r->watch, >=, 0);
  g_assert_cmpint (inotify_add_watch (r->watch, r->f->folder, IN_MOVED_TO), >=, 0);
}

static void
run_clear (Run * r)
{
  close (r->watch);
  g_clear_pointer (&r->last, hls_playlist_free);
  synth_clear (&r->synth);
  g_rand_free (r->rand);
  gst_caps_unref (r->unix_caps);
  hls_fixture_free (r->f);
}

/* Segments, dates and discontinuities are those of the channel; bytes lie in its files without a
 * hole. */
static void
check_recording (Run * r)
{
  g_autofree gchar *folder = g_build_filename (r->f->folder, "..", "rec", "media", "hls", "v0", NULL);
  g_autofree gchar *path = g_build_filename (folder, "byte-range-variant.m3u8", NULL);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (HlsPlaylist) list = NULL;
  guint discontinuities = 0, files = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  list = hls_read (text, &error);
  g_assert_no_error (error);
  g_assert_true (list->ended);
  g_assert_cmpuint (list->segments->len, ==, r->segments);
  for (guint i = 0; i < list->segments->len; i++) {
    const HlsReadSegment *s = hls_segment (list, i), *next =
        i + 1 < list->segments->len ? hls_segment (list, i + 1) : NULL;
    gboolean last = !next || strcmp (next->uri, s->uri);
    g_autofree gchar *file = g_build_filename (folder, s->uri, NULL);
    GStatBuf st;

    g_assert_false (s->gap);
    discontinuities += s->discontinuities;
    files += last;
    if (!last)
      g_assert_cmpuint (next->offset, ==, s->offset + s->bytes);
    else if (g_stat (file, &st) == 0)
      g_assert_cmpuint (st.st_size, ==, s->offset + s->bytes);
    else
      g_error ("%s is not there", s->uri);
  }
  g_assert_cmpuint (discontinuities, ==, r->discontinuities);
  g_test_message ("recorded: %u segments in %u files, a playlist of %" G_GSIZE_FORMAT " bytes",
      list->segments->len, files, strlen (text));
}

static void
test_hours (void)
{
  Run r;
  glong growth_kb;

  run_init (&r);
  for (guint hour = 0; hour < r.hours; hour++) {
    play_hour (&r, hour);
    if (hour == 0)
      r.rss_after_an_hour_kb = rss_kb ();
  }
  growth_kb = rss_kb () - r.rss_after_an_hour_kb;
  g_assert_true (hls_finish (r.f));
  follow (&r, 0);
  g_assert_nonnull (r.last);
  g_assert_true (r.last->ended);
  /* the last picture is in the last segment */
  g_assert_cmpint (ABS (r.shown_us - r.utc_us), <=, FRAME_US);
  g_assert_cmpuint (r.discontinuities, ==, r.jumps);
  /* what is missing without a jump may have been a RAP */
  g_assert_cmpuint (r.without_rap, <=, r.hours);
  g_test_message ("%u hours of %" G_GINT64_FORMAT " s: %u versions, %u segments, %u discontinuities; "
      "dates are off by at most %" G_GINT64_FORMAT " us; at most %u media files, %" G_GSIZE_FORMAT
      " bytes of timeline; %ld kB more memory than after the first hour", r.hours, hour_s, r.versions,
      r.segments, r.discontinuities, r.worst_us, r.most_files, r.longest_timeline, growth_kb);
  if (recording)
    check_recording (&r);
  if (PATIENCE == 1)            /* a sanitizer keeps what is freed */
    g_assert_cmpint (growth_kb, <=, recording ? RECORDED_GROWTH_MAX_KB : RSS_GROWTH_MAX_KB);
  run_clear (&r);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  if (argc > 1)
    hours = (guint) strtoul (argv[1], NULL, 10);
  if (argc > 2)
    hour_s = strtol (argv[2], NULL, 10);
  recording = argc > 3 && !strcmp (argv[3], "recording");
  g_assert_cmpuint (hours, >=, 1);
  g_assert_cmpint (hour_s, >=, 240);
  g_test_add_func ("/hlsadsink/hours", test_hours);
  return g_test_run ();
}
