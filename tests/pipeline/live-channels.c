/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the feeder's pushes what is due into all channels; each channel's streaming thread sees
 * what comes out. `lock` guards the counters; innermost.
 */
#include "live-channels.h"

#include <string.h>

#include <asp-ts-packet.h>
#include <asp-ts-pes.h>

#include "../support/scratch.h"
#include "../unit/splice-media.h"

#define BUFFER_PACKETS 7
#define TICK_US 10000
#define PACKETS_PER_S 400

typedef struct
{
  LiveChannels *all;
  guint number;
  GstElement *pipeline, *bin, *source;
  gint last_cc[ASP_PID_COUNT];  /* its streaming thread's */
  gsize at;                     /* ... in the network, of the output */
  GMutex lock;
  LiveStats stats;
} Channel;

struct _LiveChannels
{
  LiveSpec spec;
  SpliceMediaSpec media;
  GByteArray *network;
  GBytes *network_bytes;        /* the same */
  gchar *folder;
  Channel *channels;
  GThread *feeder;
  gint stop;                    /* atomic */
};

/* --- what comes out -------------------------------------------------------------------- */

/* Units of these streams are so small that the number stands in the first packet. */
static guint
source_of (const guint8 * es, gsize size)
{
  for (gsize i = 0; i + 2 <= size; i++)
    if (es[i] == 0xa5 && (es[i + 1] & 0x80))
      return es[i + 1] & 0x7f;
  return 0;
}

static void
see_packet (Channel * c, const guint8 * p, gint64 real_us)
{
  const LiveChannels *all = c->all;
  const guint8 *same = all->network->data + c->at;
  AspTsPacket view;
  AspPesHeader h;
  gint *last;

  c->stats.packets_out++;
  c->stats.same = c->stats.same && c->at + ASP_TS_SIZE <= all->network->len && !memcmp (p, same, ASP_TS_SIZE);
  c->at += ASP_TS_SIZE;
  if (!asp_ts_packet_parse (p, &view)) {
    c->stats.cc_errors++;
    return;
  }
  last = &c->last_cc[view.pid];
  if (view.pid != ASP_PID_NULL && *last >= 0 && view.cc != ((*last + (asp_ts_has_payload (p) ? 1 : 0)) & 0x0f))
    c->stats.cc_errors++;
  *last = view.cc;
  if (!all->spec.seen || !view.pusi || view.pid != all->media.video_pid)
    return;
  p += view.payload_offset;
  if (asp_pes_parse (p, ASP_TS_SIZE - view.payload_offset, &h) == ASP_PES_OK && h.pts90k != ASP_NO_TIME)
    all->spec.seen (c->number, source_of (p + h.header_size, ASP_TS_SIZE - view.payload_offset - h.header_size),
        h.pts90k, real_us, all->spec.user_data);
}

static void
see_buffer (Channel * c, GstBuffer * buffer)
{
  gint64 real_us = g_get_real_time ();
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  g_mutex_lock (&c->lock);
  for (gsize at = 0; map.size - at >= ASP_TS_SIZE; at += ASP_TS_SIZE)
    see_packet (c, map.data + at, real_us);
  g_mutex_unlock (&c->lock);
  gst_buffer_unmap (buffer, &map);
}

static GstPadProbeReturn
on_output (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList *list = gst_pad_probe_info_get_buffer_list (info);

    for (guint i = 0; i < gst_buffer_list_length (list); i++)
      see_buffer (user_data, gst_buffer_list_get (list, i));
  } else {
    see_buffer (user_data, gst_pad_probe_info_get_buffer (info));
  }
  return GST_PAD_PROBE_OK;
}

/* --- what goes in ------------------------------------------------------------------------ */

static void
push (Channel * c, gsize from, gsize to)
{
  for (gsize at = from; at < to; at += BUFFER_PACKETS * ASP_TS_SIZE) {
    gsize size = MIN (BUFFER_PACKETS * ASP_TS_SIZE, to - at);
    GBytes *piece = g_bytes_new_from_bytes (c->all->network_bytes, at, size);
    GstBuffer *buffer = gst_buffer_new_wrapped_bytes (piece);
    GstFlowReturn ret;

    g_signal_emit_by_name (c->source, "push-buffer", buffer, &ret);
    gst_buffer_unref (buffer);
    g_bytes_unref (piece);
  }
  g_mutex_lock (&c->lock);
  c->stats.packets_in = to / ASP_TS_SIZE;
  g_mutex_unlock (&c->lock);
}

static gpointer
feed (gpointer user_data)
{
  LiveChannels *all = user_data;
  gint64 start_us = g_get_monotonic_time ();
  gsize done = 0;

  while (!g_atomic_int_get (&all->stop) && done < all->network->len) {
    gint64 due = (g_get_monotonic_time () - start_us) * PACKETS_PER_S / G_USEC_PER_SEC;
    gsize to = MIN ((gsize) due * ASP_TS_SIZE, all->network->len);

    for (guint i = 0; i < all->spec.channels; i++)
      push (&all->channels[i], done, to);
    done = to;
    g_usleep (TICK_US);
  }
  return NULL;
}

/* --- making and ending --------------------------------------------------------------------- */

static gchar *
make_media (LiveChannels * all)
{
  g_autofree gchar *path = NULL;
  SpliceMediaSpec ad;
  GByteArray *ts;

  splice_media_spec_init (&all->media, LIVE_NETWORK, all->spec.seconds * 25 / all->spec.gop * all->spec.gop);
  all->media.gop = all->spec.gop;
  all->media.video_bytes = 60;
  all->media.psi_ms = 400;
  all->media.packets_per_s = PACKETS_PER_S;
  all->media.nulls = TRUE;
  all->network = splice_media_make (&all->media);
  all->network_bytes = g_bytes_new_static (all->network->data, all->network->len);
  splice_media_spec_init (&ad, LIVE_AD, all->spec.ad_frames);
  ad.video_bytes = 60;
  ts = splice_media_make (&ad);
  all->folder = scratch_folder_new ("live");
  path = g_build_filename (all->folder, "ad.ts", NULL);
  g_assert_true (g_file_set_contents (path, (const gchar *) ts->data, ts->len, NULL));
  g_byte_array_unref (ts);
  return g_steal_pointer (&path);
}

static gboolean
make_channel (LiveChannels * all, guint i, const gchar * creative)
{
  Channel *c = &all->channels[i];
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = g_strdup_printf ("appsrc name=in is-live=true format=time do-timestamp=true max-bytes=0 "
      "caps=video/mpegts,systemstream=true,packetsize=188 ! adsplicebin name=s channel=live-%04u creative-uris=%s %s ! "
      "fakesink sync=false async=false", i, creative, all->spec.properties);
  g_autoptr (GstPad) src = NULL;

  c->all = all;
  c->number = i;
  c->stats.same = TRUE;
  memset (c->last_cc, 0xff, sizeof c->last_cc);
  g_mutex_init (&c->lock);
  c->pipeline = gst_parse_launch (text, &error);
  if (error) {
    g_printerr ("live-channels: %s\n", error->message);
    return FALSE;
  }
  c->bin = gst_bin_get_by_name (GST_BIN (c->pipeline), "s");
  c->source = gst_bin_get_by_name (GST_BIN (c->pipeline), "in");
  src = gst_element_get_static_pad (c->bin, "src_0");
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_output, c, NULL);
  return TRUE;
}

LiveChannels *
live_channels_new (const LiveSpec * spec)
{
  LiveChannels *all = g_new0 (LiveChannels, 1);
  g_autofree gchar *creative = NULL;
  gboolean ok = TRUE;

  all->spec = *spec;
  all->channels = g_new0 (Channel, spec->channels);
  creative = make_media (all);
  for (guint i = 0; i < spec->channels && ok; i++)
    ok = make_channel (all, i, creative);
  if (!ok)
    g_clear_pointer (&all, live_channels_free);
  return all;
}

gboolean
live_channels_start (LiveChannels * all)
{
  for (guint i = 0; i < all->spec.channels; i++)
    if (gst_element_set_state (all->channels[i].pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
      live_channels_take_messages (all);
      return FALSE;
    }
  all->feeder = g_thread_new ("feeder", feed, all);
  return TRUE;
}

void
live_channels_end (LiveChannels * all)
{
  g_atomic_int_set (&all->stop, TRUE);
  if (all->feeder)
    g_thread_join (g_steal_pointer (&all->feeder));
}

void
live_channels_free (LiveChannels * all)
{
  live_channels_end (all);
  for (guint i = 0; i < all->spec.channels; i++) {
    Channel *c = &all->channels[i];

    if (c->pipeline)
      gst_element_set_state (c->pipeline, GST_STATE_NULL);
    gst_clear_object (&c->bin);
    gst_clear_object (&c->source);
    gst_clear_object (&c->pipeline);
    if (c->all)
      g_mutex_clear (&c->lock);
  }
  g_free (all->channels);
  g_bytes_unref (all->network_bytes);
  g_byte_array_unref (all->network);
  g_free (all->folder);
  g_free (all);
}

GstElement *
live_channels_bin (LiveChannels * all, guint number)
{
  return all->channels[number].bin;
}

gboolean
live_channels_take_messages (LiveChannels * all)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < all->spec.channels; i++) {
    g_autoptr (GstBus) bus = gst_element_get_bus (all->channels[i].pipeline);
    GstMessage *m;

    while ((m = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR))) {
      if (GST_MESSAGE_TYPE (m) == GST_MESSAGE_ERROR) {
        g_printerr ("live-channels: %" GST_PTR_FORMAT "\n", gst_message_get_structure (m));
        ok = FALSE;
      } else if (all->spec.message) {
        all->spec.message (i, gst_message_get_structure (m), all->spec.user_data);
      }
      gst_message_unref (m);
    }
  }
  return ok;
}

void
live_channels_stats (LiveChannels * all, guint number, LiveStats * stats)
{
  Channel *c = &all->channels[number];

  g_mutex_lock (&c->lock);
  *stats = c->stats;
  g_mutex_unlock (&c->lock);
}
