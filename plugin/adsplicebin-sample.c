/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-private.h"

/* References to the first buffers of a rendition, handed to the worker when they are enough to tell what a
 * creative for it must be like. In the streaming thread of the pair; nothing is copied. */
typedef struct
{
  GstAdSpliceBin *bin;
  guint number;
  GPtrArray *pieces;            /* of GstBuffer; NULL when it has been handed over */
  gsize bytes, enough;
  gint64 since_us;
} Sample;

static void
sample_free (gpointer data)
{
  Sample *s = data;

  g_clear_pointer (&s->pieces, g_ptr_array_unref);
  g_free (s);
}

static void
take (Sample * s, GstBuffer * buffer)
{
  g_ptr_array_add (s->pieces, gst_buffer_ref (buffer));
  s->bytes += gst_buffer_get_size (buffer);
}

/* What is not live may come to a break within no time, and wait there for its creatives. */
static gsize
bytes_enough (GstPad * pad)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (pad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  return live ? SAMPLE_BYTES_MAX : SAMPLE_BYTES_FILE;
}

static void
hand_over (Sample * s)
{
  GST_OBJECT_LOCK (s->bin);
  if (s->bin->worker)
    ad_worker_sample (s->bin->worker, s->number, g_steal_pointer (&s->pieces));
  GST_OBJECT_UNLOCK (s->bin);
}

static GstPadProbeReturn
on_data (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Sample *s = user_data;
  gboolean over = FALSE;

  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    take (s, GST_PAD_PROBE_INFO_BUFFER (info));
  } else if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList *list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);

    for (guint i = 0; i < gst_buffer_list_length (list); i++)
      take (s, gst_buffer_list_get (list, i));
  } else {
    over = GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS;
  }
  if (s->bytes == 0)
    return GST_PAD_PROBE_OK;
  if (s->since_us == 0) {
    s->since_us = g_get_monotonic_time ();
    s->enough = bytes_enough (pad);
  }
  over |= s->bytes >= s->enough ||
      g_get_monotonic_time () - s->since_us >= (gint64) (SAMPLE_NS / GST_USECOND);
  if (!over)
    return GST_PAD_PROBE_OK;
  hand_over (s);
  return GST_PAD_PROBE_REMOVE;
}

void
ad_sample_begin (GstAdSpliceBin * self, Pair * pair)
{
  GstPad *inner = gst_element_get_static_pad (pair->splicer, "sink");
  Sample *s = g_new0 (Sample, 1);

  s->bin = self;
  s->number = pair->number;
  s->pieces = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_unref);
  if (pair->sample_probe)
    gst_pad_remove_probe (inner, pair->sample_probe);
  pair->sample_probe = gst_pad_add_probe (inner, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data, s, sample_free);
  gst_object_unref (inner);
}
