/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adcondition-private.h"

#include <gst/video/video.h>

#include <asp-frame-pick.h>

/* Puts pictures onto the frames of the rendition, asks the encoder for a key picture at the
 * beginning of each unit, and lets sound and picture end together. One streaming thread. */
#define PROGRESS_FRAMES 25

struct _AdConditionFrames
{
  GstElement parent;
  GstPad *sinkpad, *srcpad;
  AdConditionJob *job;
  guint per_frame;
  GstSegment segment;
  AspFramePick pick;
  GstBuffer *held;
  GstClockTime interval_ns;     /* between the last two pictures */
  guint64 sent;
  gboolean have_segment;
};

G_DEFINE_TYPE (AdConditionFrames, ad_condition_frames, GST_TYPE_ELEMENT)

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw(ANY)"));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw(ANY)"));

/* --- output ------------------------------------------------------------------------- */

static void
post_progress (AdConditionFrames * f)
{
  gint64 total_ns = -1;
  guint64 done_ns = asp_frame_pick_time (&f->pick, f->sent);
  gint percent;

  if (!gst_pad_peer_query_duration (f->sinkpad, GST_FORMAT_TIME, &total_ns) || total_ns <= 0)
    return;
  percent = (gint) MIN (done_ns * 100 / (guint64) total_ns, 99);
  gst_element_post_message (GST_ELEMENT (f), gst_message_new_element (GST_OBJECT (f),
          gst_structure_new ("ad-condition-progress", "percent", G_TYPE_INT, percent, "done", G_TYPE_UINT64, done_ns,
              "total", G_TYPE_UINT64, (guint64) total_ns, NULL)));
}

static void
ask_for_key_picture (AdConditionFrames * f, GstClockTime pts)
{
  guint64 unit = (guint64) f->job->unit * f->per_frame;

  if (f->sent % unit != 0)
    return;
  gst_pad_push_event (f->srcpad, gst_video_event_new_downstream_force_key_unit (pts, pts, pts, TRUE,
          (guint) (f->sent / unit)));
}

static GstFlowReturn
push_held (AdConditionFrames * f, guint64 times)
{
  GstFlowReturn flow = GST_FLOW_OK;

  for (; times > 0 && flow == GST_FLOW_OK; times--) {
    GstBuffer *buffer = gst_buffer_copy (f->held);

    GST_BUFFER_PTS (buffer) = asp_frame_pick_time (&f->pick, f->sent);
    GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
    GST_BUFFER_DURATION (buffer) = asp_frame_pick_time (&f->pick, f->sent + 1) - GST_BUFFER_PTS (buffer);
    GST_BUFFER_OFFSET (buffer) = f->sent;
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
    ask_for_key_picture (f, GST_BUFFER_PTS (buffer));
    f->sent++;
    if (f->sent % PROGRESS_FRAMES == 0)
      post_progress (f);
    flow = gst_pad_push (f->srcpad, buffer);
  }
  return flow;
}

/* --- input -------------------------------------------------------------------------- */

/* Running time of the picture; one without a time follows the one before it. */
static GstClockTime
time_of (AdConditionFrames * f, GstBuffer * buffer)
{
  GstClockTime t = gst_segment_to_running_time (&f->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));

  if (GST_CLOCK_TIME_IS_VALID (t) || GST_BUFFER_PTS_IS_VALID (buffer))
    return t;
  return f->pick.started ? f->pick.last_ns + f->interval_ns : 0;
}

static GstFlowReturn
too_long (AdConditionFrames * f)
{
  GST_ELEMENT_ERROR (f, STREAM, FAILED, ("The creative is longer than %" G_GUINT64_FORMAT " s, the longest that is "
          "conditioned; raise max-duration, or cut the file", f->job->max_duration_ns / GST_SECOND), (NULL));
  return GST_FLOW_ERROR;
}

static void
note_first (AdConditionFrames * f, GstClockTime t)
{
  g_mutex_lock (&f->job->lock);
  f->job->video_first_ns = t;
  g_mutex_unlock (&f->job->lock);
}

static GstFlowReturn
frames_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  AdConditionFrames *f = AD_CONDITION_FRAMES (parent);
  GstClockTime t = time_of (f, buffer);
  GstFlowReturn flow;
  gboolean first = !f->pick.started;

  if (!GST_CLOCK_TIME_IS_VALID (t)) {
    gst_buffer_unref (buffer);  /* outside of the segment: an edit list cuts it */
    return GST_FLOW_OK;
  }
  if (!first && t > f->pick.last_ns)
    f->interval_ns = t - f->pick.last_ns;
  else if (first)
    f->interval_ns = GST_BUFFER_DURATION_IS_VALID (buffer) ? GST_BUFFER_DURATION (buffer) :
        asp_frame_pick_time (&f->pick, 1);
  if (!first && t - f->pick.first_ns > f->job->max_duration_ns && t > f->pick.last_ns) {
    gst_buffer_unref (buffer);
    return too_long (f);
  }
  if (first)
    note_first (f, t);
  flow = push_held (f, asp_frame_pick_push (&f->pick, t));
  gst_buffer_replace (&f->held, buffer);
  gst_buffer_unref (buffer);
  return flow;
}

/* The last picture stays while there is sound, but not for what audio codecs put at the end. */
static void
finish (AdConditionFrames * f)
{
  GstClockTime end_ns, audio_ns;

  if (!f->held)
    return;
  end_ns = f->pick.last_ns + f->interval_ns;
  audio_ns = ad_condition_job_wait_sound_end (f->job);
  if (audio_ns > end_ns + AD_CONDITION_HOLD_MIN_NS)
    end_ns = MIN (audio_ns, end_ns + AD_CONDITION_HOLD_MAX_NS);
  push_held (f, asp_frame_pick_finish (&f->pick, end_ns));
  /* fields come in pairs */
  if (f->sent % f->per_frame != 0)
    push_held (f, f->per_frame - f->sent % f->per_frame);
}

static gboolean
push_caps (AdConditionFrames * f, GstCaps * in)
{
  GstCaps *caps = gst_caps_copy (in);
  gboolean ok;

  gst_caps_set_simple (caps, "framerate", GST_TYPE_FRACTION, (gint) f->pick.fps_num, (gint) f->pick.fps_den, NULL);
  ok = gst_pad_push_event (f->srcpad, gst_event_new_caps (caps));
  gst_caps_unref (caps);
  if (ok && !f->have_segment) {
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_TIME);
    f->have_segment = gst_pad_push_event (f->srcpad, gst_event_new_segment (&segment));
  }
  return ok;
}

static gboolean
frames_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  AdConditionFrames *f = AD_CONDITION_FRAMES (parent);
  GstCaps *caps;
  gboolean ok = TRUE;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      /* pictures of the old size go before those of the new one */
      if (f->held)
        push_held (f, asp_frame_pick_push (&f->pick, f->pick.last_ns + f->interval_ns));
      ok = push_caps (f, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &f->segment);
      break;
    case GST_EVENT_GAP:
      break;
    case GST_EVENT_EOS:
      finish (f);
      ad_condition_job_video_over (f->job, f->sent / f->per_frame);
      return gst_pad_event_default (pad, parent, event);
    default:
      return gst_pad_event_default (pad, parent, event);
  }
  gst_event_unref (event);
  return ok;
}

/* Any frame rate goes in; what else, the elements behind know. */
static GstCaps *
any_rate (GstCaps * caps)
{
  caps = gst_caps_make_writable (caps);
  for (guint i = 0; i < gst_caps_get_size (caps); i++)
    gst_structure_remove_fields (gst_caps_get_structure (caps, i), "framerate", "max-framerate", NULL);
  return caps;
}

static gboolean
frames_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  AdConditionFrames *f = AD_CONDITION_FRAMES (parent);
  GstPad *other = pad == f->sinkpad ? f->srcpad : f->sinkpad;
  GstCaps *caps, *filter, *peer;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return gst_pad_query_default (pad, parent, query);
  gst_query_parse_caps (query, &filter);
  peer = any_rate (gst_pad_peer_query_caps (other, NULL));
  caps = filter ? gst_caps_intersect_full (filter, peer, GST_CAPS_INTERSECT_FIRST) : gst_caps_ref (peer);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (peer);
  gst_caps_unref (caps);
  return TRUE;
}

/* --- life --------------------------------------------------------------------------- */

static void
ad_condition_frames_init (AdConditionFrames * f)
{
  f->sinkpad = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (f->sinkpad, frames_chain);
  gst_pad_set_event_function (f->sinkpad, frames_event);
  gst_pad_set_query_function (f->sinkpad, frames_query);
  GST_PAD_SET_PROXY_ALLOCATION (f->sinkpad);
  gst_element_add_pad (GST_ELEMENT (f), f->sinkpad);
  f->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_query_function (f->srcpad, frames_query);
  gst_element_add_pad (GST_ELEMENT (f), f->srcpad);
  gst_segment_init (&f->segment, GST_FORMAT_TIME);
}

static void
frames_finalize (GObject * object)
{
  AdConditionFrames *f = AD_CONDITION_FRAMES (object);

  gst_clear_buffer (&f->held);
  ad_condition_job_unref (f->job);
  G_OBJECT_CLASS (ad_condition_frames_parent_class)->finalize (object);
}

static void
ad_condition_frames_class_init (AdConditionFramesClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = frames_finalize;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Ad condition frames", "Filter/Effect/Video",
      "Puts the pictures of a creative onto the frames of a rendition", "adsplice");
}

GstElement *
ad_condition_frames_new (AdConditionJob * job, guint per_frame)
{
  AdConditionFrames *f = g_object_new (AD_TYPE_CONDITION_FRAMES, NULL);

  f->job = ad_condition_job_ref (job);
  f->per_frame = per_frame;
  asp_frame_pick_init (&f->pick, job->rendition.fps_num * per_frame, job->rendition.fps_den);
  return GST_ELEMENT (f);
}
