/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-pace.h"

#define JUMP_BACK_NS (500 * GST_MSECOND)
#define JUMP_AHEAD_NS (10 * GST_SECOND) /* further ahead than this is no buffer, but another time */

/* @lock is held for no call but waiting on @wake. */
struct _HostPace
{
  GstPad *pad;
  gulong probe;
  GstElement *pipeline;
  HostPaceKind kind;
  GMutex lock;
  GCond wake;
  gboolean stopped;             /* guarded by lock */
  /* The streaming thread's */
  gboolean anchored;
  GstClockTime first_ns, last_ns;       /* time stamps of the source */
  GstClockTime running_ns;      /* at the first one */
  gint64 began_us;              /* monotonic, then */
};

/* 0 as long as the pipeline has not begun. */
static GstClockTime
running_time (HostPace * pace)
{
  GstClock *clock = gst_element_get_clock (pace->pipeline);
  GstClockTime base_ns = gst_element_get_base_time (pace->pipeline), now_ns = base_ns;

  if (clock) {
    now_ns = gst_clock_get_time (clock);
    gst_object_unref (clock);
  }
  return now_ns > base_ns && GST_CLOCK_TIME_IS_VALID (base_ns) ? now_ns - base_ns : 0;
}

static void
wait_until (HostPace * pace, gint64 due_us)
{
  g_mutex_lock (&pace->lock);
  while (!pace->stopped && g_cond_wait_until (&pace->wake, &pace->lock, due_us));
  g_mutex_unlock (&pace->lock);
}

static void
anchor (HostPace * pace, GstClockTime pts_ns)
{
  pace->anchored = TRUE;
  pace->first_ns = pace->last_ns = pts_ns;
  pace->running_ns = running_time (pace);
  pace->began_us = g_get_monotonic_time ();
}

/* When the buffer is due. */
static GstClockTime
pace_out (HostPace * pace, GstClockTime pts_ns)
{
  GstClockTime since_ns;

  if (pace->kind == HOST_PACE_ARRIVAL)
    return running_time (pace);
  if (!GST_CLOCK_TIME_IS_VALID (pts_ns))
    pts_ns = pace->anchored ? pace->last_ns : 0;
  if (!pace->anchored || pts_ns + JUMP_BACK_NS < pace->last_ns || pts_ns > pace->last_ns + JUMP_AHEAD_NS)
    anchor (pace, pts_ns);
  pace->last_ns = pts_ns;
  since_ns = pts_ns > pace->first_ns ? pts_ns - pace->first_ns : 0;
  wait_until (pace, pace->began_us + (gint64) (since_ns / 1000));
  return pace->running_ns + since_ns;
}

static void
stamp (HostPace * pace, GstBuffer * buffer)
{
  GST_BUFFER_PTS (buffer) = pace_out (pace, GST_BUFFER_PTS (buffer));
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
}

static gboolean
stamp_one (GstBuffer ** buffer, guint i, gpointer data)
{
  *buffer = gst_buffer_make_writable (*buffer);
  stamp (data, *buffer);
  return TRUE;
}

/* Whatever the segment was: the stamps are running time. */
static void
replace_segment (GstPadProbeInfo * info)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info), *ours;
  GstSegment segment;

  if (GST_EVENT_TYPE (event) != GST_EVENT_SEGMENT)
    return;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  ours = gst_event_new_segment (&segment);
  gst_event_set_seqnum (ours, gst_event_get_seqnum (event));
  gst_event_unref (event);
  GST_PAD_PROBE_INFO_DATA (info) = ours;
}

static GstPadProbeReturn
on_data (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER) {
    GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));

    GST_PAD_PROBE_INFO_DATA (info) = buffer;
    stamp (data, buffer);
  } else if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    GstBufferList *list = gst_buffer_list_make_writable (GST_PAD_PROBE_INFO_BUFFER_LIST (info));

    GST_PAD_PROBE_INFO_DATA (info) = list;
    gst_buffer_list_foreach (list, stamp_one, data);
  } else {
    replace_segment (info);
  }
  return GST_PAD_PROBE_OK;
}

HostPace *
host_pace_new (GstPad * pad, GstElement * pipeline, HostPaceKind kind)
{
  HostPace *pace = g_new0 (HostPace, 1);

  pace->pad = gst_object_ref (pad);
  pace->pipeline = pipeline;
  pace->kind = kind;
  g_mutex_init (&pace->lock);
  g_cond_init (&pace->wake);
  if (kind != HOST_PACE_NONE)
    pace->probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
        GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data, pace, NULL);
  return pace;
}

void
host_pace_stop (HostPace * pace)
{
  g_mutex_lock (&pace->lock);
  pace->stopped = TRUE;
  g_cond_broadcast (&pace->wake);
  g_mutex_unlock (&pace->lock);
}

void
host_pace_free (HostPace * pace)
{
  if (!pace)
    return;
  if (pace->probe)
    gst_pad_remove_probe (pace->pad, pace->probe);
  gst_object_unref (pace->pad);
  g_mutex_clear (&pace->lock);
  g_cond_clear (&pace->wake);
  g_free (pace);
}
