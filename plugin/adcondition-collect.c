/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adcondition-private.h"

/*
 * Everything that is encoded comes together here, and goes out as units when all of it is there.
 * Streaming threads: one for the pictures, one for each form of sound. The one whose stream ends
 * last writes the multiplex.
 *
 * Lock: `lock` guards what the threads share (mux, streams, over). It is held while bytes are
 * added to the multiplex, never while anything is pushed or posted. The job's lock is not taken
 * under it.
 */
typedef struct
{
  AdConditionSound *sound;      /* where it comes from; owned */
  guint track;
  gboolean over;
  guint to_drop;                /* frames that only hold the encoder's delay */
  GByteArray *es;               /* not yet cut into frames */
  AspLatmState latm;
} EsStream;

struct _AdConditionCollect
{
  GstElement parent;
  GstPad *video_pad, *srcpad;
  AdConditionJob *job;
  AdConditionDoneFunc done;
  gpointer user_data;
  GMutex lock;
  AspUnitMux *mux;
  GstSegment segment;           /* of the pictures; their thread's */
  guint64 pictures;
  GstClockTime first_ns;        /* running time of frame 0: 0 behind an encoder */
  gboolean video_over, finishing;
  guint n_streams;
  EsStream streams[AD_CONDITION_FORMS_MAX];
};

G_DEFINE_TYPE (AdConditionCollect, ad_condition_collect, GST_TYPE_ELEMENT)

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/mpegts, systemstream=(boolean)true, packetsize=(int)188"));
static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE ("video", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-h264, stream-format=(string)byte-stream, alignment=(string)au; "
        "video/x-h265, stream-format=(string)byte-stream, alignment=(string)au; "
        "video/mpeg, mpegversion=(int)[1, 2], systemstream=(boolean)false"));
static GstStaticPadTemplate es_template = GST_STATIC_PAD_TEMPLATE ("es_%u", GST_PAD_SINK, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS_ANY);

/* --- the end ------------------------------------------------------------------------ */

static void
post_error (AdConditionCollect * c, const GError * error)
{
  GST_ELEMENT_ERROR (c, STREAM, ENCODE, ("%s", error->message), (NULL));
}

static GstStructure *
make_report (AdConditionCollect * c, const AspUnits * units)
{
  gchar *text = asp_units_to_text (units);
  GstStructure *report = gst_structure_new ("ad-condition-report",
      "frames", G_TYPE_UINT64, units->frames, "bytes", G_TYPE_UINT64, units->bytes,
      "duration", G_TYPE_UINT64, asp_90k_to_ns (units->duration_90k), "unit", G_TYPE_UINT, units->unit_frames,
      "has-audio", G_TYPE_BOOLEAN, c->job->sounds > 0, "video-kept", G_TYPE_BOOLEAN, c->job->keep_video, "units", G_TYPE_STRING, text, NULL);

  g_free (text);
  if (c->n_streams > 0)
    ad_condition_sound_report (c->streams[0].sound, report);
  return report;
}

static GstFlowReturn
push_units (AdConditionCollect * c, const AspUnits * units)
{
  GstFlowReturn flow = GST_FLOW_OK;
  gchar *id = g_uuid_string_random ();  /* several streams came in: none of them names this one */
  GstCaps *caps = gst_static_pad_template_get_caps (&src_template);
  GstSegment segment;

  gst_pad_push_event (c->srcpad, gst_event_new_stream_start (id));
  gst_pad_push_event (c->srcpad, gst_event_new_caps (caps));
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (c->srcpad, gst_event_new_segment (&segment));
  for (guint i = 0; i < units->units->len && flow == GST_FLOW_OK; i++) {
    GBytes *bytes = asp_unit_mux_take_unit (c->mux, i);
    GstBuffer *buffer = gst_buffer_new_wrapped_bytes (bytes);

    GST_BUFFER_OFFSET (buffer) = asp_units_get (units, i)->offset;
    GST_BUFFER_OFFSET_END (buffer) = GST_BUFFER_OFFSET (buffer) + asp_units_get (units, i)->bytes;
    g_bytes_unref (bytes);
    flow = gst_pad_push (c->srcpad, buffer);
  }
  gst_caps_unref (caps);
  g_free (id);
  return flow;
}

/* All threads are past their last byte: no lock is needed any more. */
static gboolean
write_units (AdConditionCollect * c)
{
  GError *error = NULL;
  g_autoptr (AspUnits) units = NULL;
  GstFlowReturn flow;

  if (c->pictures == 0) {
    GST_ELEMENT_ERROR (c, STREAM, WRONG_TYPE, ("The creative has no pictures"), (NULL));
    return FALSE;
  }
  units = asp_unit_mux_finish (c->mux, &error);
  if (!units) {
    post_error (c, error);
    g_error_free (error);
    return FALSE;
  }
  flow = push_units (c, units);
  if (flow == GST_FLOW_OK)
    c->done (c, units, make_report (c, units), c->user_data);
  else if (flow != GST_FLOW_FLUSHING)
    GST_ELEMENT_FLOW_ERROR (c, flow);
  return flow == GST_FLOW_OK;
}

/* Called after anything has ended. The last one to come does the work. */
static void
maybe_finish (AdConditionCollect * c)
{
  gboolean over;

  g_mutex_lock (&c->lock);
  over = c->video_over && !c->finishing;
  for (guint i = 0; i < c->n_streams; i++)
    over &= c->streams[i].over;
  c->finishing |= over;
  g_mutex_unlock (&c->lock);
  if (over && write_units (c))
    gst_pad_push_event (c->srcpad, gst_event_new_eos ());
}

/* --- pictures ----------------------------------------------------------------------- */

/* Pictures that are kept have the creative's own times: the first one is the first on screen. */
static void
note_first (AdConditionCollect * c, GstClockTime t)
{
  g_mutex_lock (&c->job->lock);
  if (!GST_CLOCK_TIME_IS_VALID (c->job->video_first_ns))
    c->job->video_first_ns = t;
  c->first_ns = c->job->video_first_ns;
  g_mutex_unlock (&c->job->lock);
}

/* The picture's place in display order. */
static gint64
picture_number (AdConditionCollect * c, GstBuffer * buffer)
{
  const AspRendition *r = &c->job->rendition;
  GstClockTime t = gst_segment_to_running_time (&c->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));

  if (!GST_CLOCK_TIME_IS_VALID (t))
    return -1;
  if (c->job->keep_video && c->pictures == 0)
    note_first (c, t);
  if (t < c->first_ns)
    return -1;
  return (gint64) gst_util_uint64_scale_round (t - c->first_ns, r->fps_num, GST_SECOND * r->fps_den);
}

static GstFlowReturn
video_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  AdConditionCollect *c = AD_CONDITION_COLLECT (parent);
  GError *error = NULL;
  GstMapInfo map;
  gint64 number;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  number = picture_number (c, buffer);
  g_mutex_lock (&c->lock);
  if (number >= 0)
    asp_unit_mux_add_picture (c->mux, number, map.data, map.size, &error);
  else
    g_set_error_literal (&error, ASP_UNIT_MUX_ERROR, ASP_UNIT_MUX_ERROR_PICTURES,
        "The video encoder gave a picture without a time; take another one (video-encoder)");
  c->pictures++;
  g_mutex_unlock (&c->lock);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  if (!error)
    return GST_FLOW_OK;
  post_error (c, error);
  g_error_free (error);
  return GST_FLOW_ERROR;
}

static gboolean
video_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  AdConditionCollect *c = AD_CONDITION_COLLECT (parent);

  if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT)
    gst_event_copy_segment (event, &c->segment);
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    g_mutex_lock (&c->lock);
    c->video_over = TRUE;
    g_mutex_unlock (&c->lock);
    if (c->job->keep_video)
      ad_condition_job_video_over (c->job, c->pictures);
    maybe_finish (c);
  }
  gst_event_unref (event);      /* what goes out has a stream of its own */
  return TRUE;
}

/* --- sound -------------------------------------------------------------------------- */

static gboolean
take_frame (AdConditionCollect * c, EsStream * s, const guint8 * data, const AspAudioFrame * frame, GError ** error)
{
  const AspRendition *r = &c->job->rendition;

  if (s->to_drop > 0) {
    s->to_drop--;
    return TRUE;
  }
  for (guint i = 0; i < r->n_tracks; i++)
    if ((gint) i != r->video && asp_rendition_same_audio (&r->tracks[i], &r->tracks[s->track]) &&
        !asp_unit_mux_add_audio (c->mux, i, data, frame->size, frame->samples, frame->sample_rate, error))
      return FALSE;
  return TRUE;
}

/* Frames that are whole go into the multiplex, for each track of the form. */
static gboolean
take_frames (AdConditionCollect * c, EsStream * s, GError ** error)
{
  AspCodec codec = c->job->rendition.tracks[s->track].codec;
  gsize pos = 0;
  gboolean ok = TRUE;

  while (ok && pos < s->es->len) {
    const guint8 *at = s->es->data + pos;
    gsize left = s->es->len - pos;
    AspAudioFrame frame;
    AspAudioResult result = asp_es_audio_frame (codec, at, left, &s->latm, &frame);

    if (result == ASP_AUDIO_NO_SYNC) {
      pos++;
      continue;
    }
    if (result == ASP_AUDIO_NEED_MORE || frame.size > left)
      break;
    if (frame.samples > 0 && frame.sample_rate > 0)
      ok = take_frame (c, s, at, &frame, error);
    pos += frame.size;
  }
  g_byte_array_remove_range (s->es, 0, (guint) pos);
  return ok;
}

static GstFlowReturn
es_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  AdConditionCollect *c = AD_CONDITION_COLLECT (parent);
  EsStream *s = gst_pad_get_element_private (pad);
  GError *error = NULL;
  GstMapInfo map;

  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    g_mutex_lock (&c->lock);
    g_byte_array_append (s->es, map.data, (guint) map.size);
    take_frames (c, s, &error);
    g_mutex_unlock (&c->lock);
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_unref (buffer);
  if (!error)
    return GST_FLOW_OK;
  post_error (c, error);
  g_error_free (error);
  return GST_FLOW_ERROR;
}

static gboolean
es_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  AdConditionCollect *c = AD_CONDITION_COLLECT (parent);
  EsStream *s = gst_pad_get_element_private (pad);
  gboolean eos = GST_EVENT_TYPE (event) == GST_EVENT_EOS;

  gst_event_unref (event);
  if (!eos)
    return TRUE;
  g_mutex_lock (&c->lock);
  s->over = TRUE;
  g_mutex_unlock (&c->lock);
  maybe_finish (c);
  return TRUE;
}

/* --- pads --------------------------------------------------------------------------- */

/* What comes in is kept, and what goes out is made here: no event and no query passes. */
static GstIterator *
no_links (GstPad * pad, GstObject * parent)
{
  return NULL;
}

guint
ad_condition_collect_add_form (AdConditionCollect * c, AdConditionSound * sound, guint track, guint to_drop)
{
  guint n = c->n_streams++;
  EsStream *s = &c->streams[n];
  gchar *name = g_strdup_printf ("es_%u", n);
  GstPad *pad = gst_pad_new_from_static_template (&es_template, name);

  g_free (name);
  s->sound = gst_object_ref (sound);
  s->track = track;
  s->to_drop = to_drop;
  s->es = g_byte_array_new ();
  gst_pad_set_element_private (pad, s);
  gst_pad_set_iterate_internal_links_function (pad, no_links);
  gst_pad_set_chain_function (pad, es_chain);
  gst_pad_set_event_function (pad, es_event);
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (GST_ELEMENT (c), pad);
  return n;
}

/* --- life --------------------------------------------------------------------------- */

static void
ad_condition_collect_init (AdConditionCollect * c)
{
  g_mutex_init (&c->lock);
  gst_segment_init (&c->segment, GST_FORMAT_TIME);
  c->video_pad = gst_pad_new_from_static_template (&video_template, "video");
  gst_pad_set_chain_function (c->video_pad, video_chain);
  gst_pad_set_event_function (c->video_pad, video_event);
  gst_pad_set_iterate_internal_links_function (c->video_pad, no_links);
  gst_element_add_pad (GST_ELEMENT (c), c->video_pad);
  c->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_use_fixed_caps (c->srcpad);
  gst_pad_set_iterate_internal_links_function (c->srcpad, no_links);
  gst_element_add_pad (GST_ELEMENT (c), c->srcpad);
}

static void
collect_finalize (GObject * object)
{
  AdConditionCollect *c = AD_CONDITION_COLLECT (object);

  for (guint i = 0; i < c->n_streams; i++) {
    gst_object_unref (c->streams[i].sound);
    g_byte_array_unref (c->streams[i].es);
  }
  asp_unit_mux_free (c->mux);
  ad_condition_job_unref (c->job);
  g_mutex_clear (&c->lock);
  G_OBJECT_CLASS (ad_condition_collect_parent_class)->finalize (object);
}

static void
ad_condition_collect_class_init (AdConditionCollectClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = collect_finalize;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &es_template);
  gst_element_class_set_static_metadata (element_class, "Ad condition collector", "Muxer",
      "Makes units of coded pictures and sound", "adsplice");
}

GstElement *
ad_condition_collect_new (AdConditionJob * job, AdConditionDoneFunc done, gpointer user_data)
{
  AdConditionCollect *c = g_object_new (AD_TYPE_CONDITION_COLLECT, NULL);

  c->job = ad_condition_job_ref (job);
  c->done = done;
  c->user_data = user_data;
  c->mux = asp_unit_mux_new (&job->rendition, job->unit);
  return GST_ELEMENT (c);
}
