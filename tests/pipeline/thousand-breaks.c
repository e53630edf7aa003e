/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A thousand breaks in one run, as fast as the element goes, with one long-lived ad branch whose
 * creatives are set apart by STREAM_START: nothing may drift, nothing may grow.
 *
 *   thousand-breaks [BREAKS]
 *
 * The network is a stream of tests/unit/splice-media: every picture and every audio frame carries
 * its number, so each one's place in the output can be computed, and is compared. It goes over the
 * turn of PTS on the way. Exit code 0 or 1; what is wrong is printed.
 */
#include <gst/gst.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asp-ts-packet.h>
#include <asp-ts-pes.h>

#include "../unit/splice-media.h"

#define BREAKS 1000
#define CYCLE_FRAMES 75         /* a break of a second in each three */
#define BREAK_FRAMES 25
#define OUT_FRAME 25
#define FRAME_90K 3600
#define BUFFER_PACKETS 7
#define RSS_AFTER 100           /* breaks behind which nothing may grow any more */
#define RSS_GROWTH_MAX_KB 512   /* half a kilobyte a break */
#define AHEAD 3                 /* creatives that are fed before they are wanted: the pad would take 4 MiB */
#define COMPLAINTS_MAX 10

typedef struct
{
  SpliceMediaSpec network, ad;
  GByteArray *network_ts, *ad_ts;
  guint n_breaks;
  GstElement *splicer;
  GstPad *network_src, *ad_src, *sink;
  GMutex lock;
  GCond cond;
  guint wanted;                 /* lock; creatives that may be fed so far */

  /* what comes out; streaming thread of the network */
  guint next_frame;             /* of the network's timeline: creatives stand in for its pictures */
  gint last_cc[ASP_PID_COUNT];
  gint64 last_audio_pts90k;
  guint breaks_begun, breaks_over;
  glong rss_before_kb, rss_after_kb;
  gint64 widest_join_90k;       /* between two audio frames, off a whole frame */
  guint complaints;
} Soak;

/* A sanitizer keeps what is freed. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MEMORY_TELLS 0
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_TELLS 0
#endif
#ifndef MEMORY_TELLS
#define MEMORY_TELLS 1
#endif

static void complain (Soak * soak, const gchar * format, ...) G_GNUC_PRINTF (2, 3);

static void
complain (Soak * soak, const gchar * format, ...)
{
  va_list args;

  if (soak->complaints++ >= COMPLAINTS_MAX)
    return;
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
  printf (" (break %u)\n", soak->breaks_begun);
}

static glong
rss_kb (void)
{
  g_autofree gchar *status = NULL;
  const gchar *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    return 0;
  line = strstr (status, "VmRSS:");
  return line ? strtol (line + 6, NULL, 10) : 0;
}

/* --- what must come out ------------------------------------------------------------- */

static gboolean
is_ad_frame (const Soak * soak, guint frame)
{
  guint in_cycle = frame % CYCLE_FRAMES;

  return frame / CYCLE_FRAMES < soak->n_breaks && in_cycle >= OUT_FRAME && in_cycle < OUT_FRAME + BREAK_FRAMES;
}

static void
see_picture (Soak * soak, guint source, guint index, gint64 pts90k)
{
  guint frame = soak->next_frame++;
  gboolean ad = is_ad_frame (soak, frame);
  guint expected = ad ? frame % CYCLE_FRAMES - OUT_FRAME : frame;
  gint64 error = asp_pts_diff ((guint64) pts90k,
      asp_pts_wrap (soak->network.first_pts90k + (gint64) frame * FRAME_90K));

  if (source != (ad ? soak->ad.source : soak->network.source) || index != expected)
    complain (soak, "picture %u is %u:%u, not %s:%u", frame, source, index, ad ? "ad" : "network", expected);
  if (error != 0)
    complain (soak, "picture %u comes with its PTS off by %" G_GINT64_FORMAT, frame, error);
}

/* Sound of each source stands where its own picture says, to the tick, in the last break as in the
 * first; what a cut leaves between the two sources is never more than half a frame. */
static void
see_sound (Soak * soak, guint source, guint index, gint64 pts90k)
{
  gint64 due = soak->network.first_pts90k, error;

  if (source == soak->ad.source) {
    /* which break it is of: the picture may come a little later than its sound */
    gint64 cycle = asp_pts_diff ((guint64) pts90k, asp_pts_wrap (due)) / (CYCLE_FRAMES * FRAME_90K);

    due += (cycle * CYCLE_FRAMES + OUT_FRAME) * FRAME_90K - soak->ad.audio_lead_90k;
  } else {
    due -= soak->network.audio_lead_90k;
  }
  due += (gint64) index * SPLICE_AUDIO_FRAME_90K;
  error = asp_pts_diff ((guint64) pts90k, asp_pts_wrap (due));
  if (error != 0)
    complain (soak, "sound %u:%u is off its picture by %" G_GINT64_FORMAT, source, index, error);
  if (soak->last_audio_pts90k != ASP_NO_TIME) {
    gint64 join = asp_pts_diff ((guint64) pts90k, (guint64) soak->last_audio_pts90k) - SPLICE_AUDIO_FRAME_90K;

    soak->widest_join_90k = MAX (soak->widest_join_90k, ABS (join));
    if (ABS (join) > SPLICE_AUDIO_FRAME_90K / 2)
      complain (soak, "sound %u:%u is %" G_GINT64_FORMAT " ticks from the one before it", source, index, join);
  }
  soak->last_audio_pts90k = pts90k;
}

/* --- reading ------------------------------------------------------------------------ */

/* The units of this stream are so small that the number stands in the first packet. */
static gboolean
number_in (const guint8 * es, gsize size, guint * source, guint * index)
{
  for (gsize i = 0; i + 5 <= size; i++) {
    if (es[i] == 0xa5 && (es[i + 1] & 0x80)) {
      *source = es[i + 1] & 0x7f;
      *index = ((es[i + 2] & 0x7fu) << 14) | ((es[i + 3] & 0x7fu) << 7) | (es[i + 4] & 0x7f);
      return TRUE;
    }
  }
  return FALSE;
}

static void
see_pes (Soak * soak, const AspTsPacket * view, const guint8 * p)
{
  const guint8 *pes = p + view->payload_offset;
  gsize size = ASP_TS_SIZE - view->payload_offset;
  AspPesHeader h;
  guint source, index;

  if (asp_pes_parse (pes, size, &h) != ASP_PES_OK || h.pts90k == ASP_NO_TIME ||
      !number_in (pes + h.header_size, size - h.header_size, &source, &index)) {
    complain (soak, "a PES of PID %u cannot be read", view->pid);
    return;
  }
  if (view->pid == soak->network.video_pid)
    see_picture (soak, source, index, h.pts90k);
  else
    see_sound (soak, source, index, h.pts90k);
}

static void
see_packet (Soak * soak, const guint8 * p)
{
  AspTsPacket view;
  gint *last;

  if (!asp_ts_packet_parse (p, &view)) {
    complain (soak, "a packet is none");
    return;
  }
  last = &soak->last_cc[view.pid];
  if (view.pid != ASP_PID_NULL && *last >= 0 && view.cc != ((*last + (asp_ts_has_payload (p) ? 1 : 0)) & 0x0f))
    complain (soak, "continuity counter of PID %u: %u behind %d", view.pid, view.cc, *last);
  *last = view.cc;
  if (view.pusi && view.pid >= soak->network.video_pid && view.pid <= soak->network.audio_pid)
    see_pes (soak, &view, p);
}

static GstFlowReturn
sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  Soak *soak = gst_pad_get_element_private (pad);
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  if (map.size % ASP_TS_SIZE != 0)
    complain (soak, "a buffer of %" G_GSIZE_FORMAT " bytes comes out", map.size);
  for (gsize at = 0; map.size - at >= ASP_TS_SIZE; at += ASP_TS_SIZE)
    see_packet (soak, map.data + at);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static void
want_more (Soak * soak, guint n)
{
  g_mutex_lock (&soak->lock);
  soak->wanted += n;
  g_cond_signal (&soak->cond);
  g_mutex_unlock (&soak->lock);
}

static gboolean
sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  Soak *soak = gst_pad_get_element_private (pad);
  const GstStructure *s = gst_event_get_structure (event);

  if (s && gst_structure_has_name (s, "AdBreakStart"))
    soak->breaks_begun++;
  if (s && gst_structure_has_name (s, "AdBreakEnd")) {
    soak->breaks_over++;
    want_more (soak, 1);
    if (soak->breaks_over == RSS_AFTER)
      soak->rss_before_kb = rss_kb ();
  }
  gst_event_unref (event);
  return TRUE;
}

/* --- feeding ------------------------------------------------------------------------ */

static gboolean
begin_stream (GstPad * pad, const gchar * id)
{
  GstSegment segment;
  GstCaps *caps = gst_caps_from_string ("video/mpegts, systemstream=true, packetsize=188");
  gboolean ok;

  gst_segment_init (&segment, GST_FORMAT_BYTES);
  ok = gst_pad_push_event (pad, gst_event_new_stream_start (id)) &&
      gst_pad_push_event (pad, gst_event_new_caps (caps)) &&
      gst_pad_push_event (pad, gst_event_new_segment (&segment));
  gst_caps_unref (caps);
  return ok;
}

static GstFlowReturn
push_bytes (GstPad * pad, const GByteArray * ts)
{
  GstFlowReturn ret = GST_FLOW_OK;

  for (guint at = 0; at < ts->len && ret == GST_FLOW_OK; at += BUFFER_PACKETS * ASP_TS_SIZE)
    ret = gst_pad_push (pad, gst_buffer_new_memdup (ts->data + at, MIN (BUFFER_PACKETS * ASP_TS_SIZE, ts->len - at)));
  return ret;
}

static gpointer
feed_ads (gpointer user_data)
{
  Soak *soak = user_data;

  for (guint i = 0; i < soak->n_breaks; i++) {
    g_autofree gchar *id = g_strdup_printf ("creative-%u", i);

    g_mutex_lock (&soak->lock);
    while (soak->wanted <= i)
      g_cond_wait (&soak->cond, &soak->lock);
    g_mutex_unlock (&soak->lock);
    begin_stream (soak->ad_src, id);
    push_bytes (soak->ad_src, soak->ad_ts);
  }
  gst_pad_push_event (soak->ad_src, gst_event_new_eos ());
  return NULL;
}

static void
make_media (Soak * soak)
{
  splice_media_spec_init (&soak->network, 1, (soak->n_breaks + 1) * CYCLE_FRAMES);
  soak->network.video_bytes = 60;
  soak->network.audio_group = 1;
  soak->network.psi_ms = 400;
  /* the turn of PTS lies in the middle */
  soak->network.first_pts90k = ASP_PTS_MODULUS - (gint64) soak->n_breaks / 2 * CYCLE_FRAMES * FRAME_90K;
  soak->network_ts = splice_media_make (&soak->network);
  splice_media_spec_init (&soak->ad, 2, BREAK_FRAMES);
  soak->ad.video_bytes = 80;
  soak->ad.audio_group = 1;
  soak->ad.audio_end_90k = -2 * SPLICE_AUDIO_FRAME_90K;
  soak->ad.audio_lead_90k = 700;
  soak->ad_ts = splice_media_make (&soak->ad);
}

static GstPad *
make_src (Soak * soak, const gchar * name, GstPad * sink)
{
  GstPad *pad = gst_pad_new (name, GST_PAD_SRC);

  gst_pad_set_active (pad, TRUE);
  g_assert_true (gst_pad_link (pad, sink) == GST_PAD_LINK_OK);
  gst_object_unref (sink);
  return pad;
}

static gboolean
make_splicer (Soak * soak)
{
  g_autoptr (GString) schedule = g_string_new (NULL);
  GstPad *src;

  soak->splicer = gst_element_factory_make ("tssplicer", NULL);
  if (!soak->splicer)
    return FALSE;
  gst_object_ref_sink (soak->splicer);
  for (guint i = 0; i < soak->n_breaks; i++)
    g_string_append_printf (schedule, "%s%u+1", i ? "," : "", 3 * i + 1);
  g_object_set (soak->splicer, "schedule", schedule->str, NULL);
  soak->network_src = make_src (soak, "network", gst_element_get_static_pad (soak->splicer, "sink"));
  soak->ad_src = make_src (soak, "ad", gst_element_request_pad_simple (soak->splicer, "ad_0"));
  soak->sink = gst_pad_new ("sink", GST_PAD_SINK);
  gst_pad_set_element_private (soak->sink, soak);
  gst_pad_set_chain_function (soak->sink, sink_chain);
  gst_pad_set_event_function (soak->sink, sink_event);
  gst_pad_set_active (soak->sink, TRUE);
  src = gst_element_get_static_pad (soak->splicer, "src");
  g_assert_true (gst_pad_link (src, soak->sink) == GST_PAD_LINK_OK);
  gst_object_unref (src);
  return gst_element_set_state (soak->splicer, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
}

static void
check_stats (Soak * soak)
{
  GstStructure *stats = NULL;
  guint64 breaks = 0, ended = 0, skipped = 0, creatives = 0;

  g_object_get (soak->splicer, "stats", &stats, NULL);
  gst_structure_get (stats, "breaks", G_TYPE_UINT64, &breaks, "breaks-ended", G_TYPE_UINT64, &ended,
      "breaks-skipped", G_TYPE_UINT64, &skipped, "creatives", G_TYPE_UINT64, &creatives, NULL);
  if (breaks != soak->n_breaks || ended != soak->n_breaks || skipped != 0 || creatives != soak->n_breaks)
    complain (soak, "stats: %" G_GUINT64_FORMAT " breaks begun, %" G_GUINT64_FORMAT " ended, %" G_GUINT64_FORMAT
        " skipped, %" G_GUINT64_FORMAT " creatives", breaks, ended, skipped, creatives);
  if (soak->breaks_begun != soak->n_breaks || soak->breaks_over != soak->n_breaks)
    complain (soak, "events: %u breaks begun, %u over", soak->breaks_begun, soak->breaks_over);
  if (soak->next_frame != soak->network.frames)
    complain (soak, "%u pictures came out, not %u", soak->next_frame, soak->network.frames);
  gst_structure_free (stats);
}

static void
run (Soak * soak)
{
  GThread *thread = g_thread_new ("ads", feed_ads, soak);
  GstFlowReturn ret;

  begin_stream (soak->network_src, "network");
  ret = push_bytes (soak->network_src, soak->network_ts);
  soak->rss_after_kb = rss_kb ();
  gst_pad_push_event (soak->network_src, gst_event_new_eos ());
  if (ret != GST_FLOW_OK)
    complain (soak, "the network is refused: %s", gst_flow_get_name (ret));
  check_stats (soak);
  want_more (soak, soak->n_breaks);
  gst_element_set_state (soak->splicer, GST_STATE_NULL);
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  Soak soak = { 0 };
  gint64 start;

  gst_init (&argc, &argv);
  soak.n_breaks = argc > 1 ? (guint) strtoul (argv[1], NULL, 10) : BREAKS;
  soak.last_audio_pts90k = ASP_NO_TIME;
  soak.wanted = AHEAD;
  g_mutex_init (&soak.lock);
  g_cond_init (&soak.cond);
  memset (soak.last_cc, 0xff, sizeof soak.last_cc);
  make_media (&soak);
  if (!make_splicer (&soak)) {
    printf ("SKIP: there is no element tssplicer on GST_PLUGIN_PATH\n");
    return 77;
  }
  start = g_get_monotonic_time ();
  run (&soak);
  printf ("%u breaks in %.1f s of %.0f s stream; sound joins within %" G_GINT64_FORMAT " ticks; "
      "VmRSS %ld kB behind break %u, %ld kB at the end\n", soak.n_breaks,
      (gdouble) (g_get_monotonic_time () - start) / G_USEC_PER_SEC, (gdouble) soak.network.frames / 25,
      soak.widest_join_90k, soak.rss_before_kb, RSS_AFTER, soak.rss_after_kb);
  if (MEMORY_TELLS && soak.n_breaks > RSS_AFTER && soak.rss_after_kb - soak.rss_before_kb > RSS_GROWTH_MAX_KB)
    complain (&soak, "memory grows by %ld kB", soak.rss_after_kb - soak.rss_before_kb);
  gst_pad_set_active (soak.sink, FALSE);
  gst_object_unref (soak.network_src);
  gst_object_unref (soak.ad_src);
  gst_object_unref (soak.sink);
  gst_object_unref (soak.splicer);
  g_byte_array_unref (soak.network_ts);
  g_byte_array_unref (soak.ad_ts);
  g_mutex_clear (&soak.lock);
  g_cond_clear (&soak.cond);
  if (soak.complaints > 0)
    printf ("%u complaints\n", soak.complaints);
  return soak.complaints > 0;
}
