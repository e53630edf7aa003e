/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-adconditionbin
 *
 * A creative in any format that GStreamer decodes to a transport stream that fits a rendition:
 * its codecs, profile, size, frame rate, colour, reorder depth, PIDs and audio tracks; loudness
 * brought to a target by one gain. The result is made of units of equal length.
 *
 * |[
 * gst-launch-1.0 filesrc location=ad.mp4 ! adconditionbin like=live.ts units-location=units.json ! filesink location=ad.ts
 * ]|
 *
 * Messages of the element: "ad-condition-progress" (percent, done, total: ns), and at the end
 * "ad-condition-report" (frames, bytes, duration, unit, loudness-before, loudness-after,
 * true-peak-before, true-peak-after, gain, gain-limited, has-audio, video-kept,
 * source, changes: array of sentences, units).
 *
 * Since: 0.1
 */
#include "gstadconditionbin.h"

#include <gio/gio.h>

#include <asp-video-fit.h>

#include "adcondition-private.h"

GST_DEBUG_CATEGORY (ad_condition_debug);
#define GST_CAT_DEFAULT ad_condition_debug

#define DEFAULT_MAX_DURATION (5 * 60 * GST_SECOND)
#define DEFAULT_RATE_PERCENT 80 /* DESIGN 6.5: a constant rate has room for so much */
#define LIKE_READ_BYTES (256u << 10)
#define LOUDNESS_MIN_LUFS (-60.0)

/*
 * Lock: the object lock guards the properties. The inside is built and taken down in state
 * changes; decodebin's signals come in streaming threads while it stands.
 */
struct _GstAdConditionBin
{
  GstBin parent;
  GstPad *sinkpad, *srcpad;     /* ghosts */
  /* properties */
  gchar *like, *rendition, *loudness, *units_location, *video_encoder, *audio_encoder;
  guint unit, bit_rate, program_number;
  guint64 max_duration_ns;
  GstStructure *report;
  /* inside */
  AdConditionJob *job;
  GstElement *decode, *collect;
  guint n_forms;
  GstElement *forms[AD_CONDITION_FORMS_MAX];    /* what the sound goes into */
  gboolean have_video, have_audio;
  GstStructure *source;         /* what the creative was */
};

enum
{
  PROP_0,
  PROP_LIKE,
  PROP_RENDITION,
  PROP_PROGRAM_NUMBER,
  PROP_UNIT,
  PROP_UNITS_LOCATION,
  PROP_LOUDNESS,
  PROP_BIT_RATE,
  PROP_VIDEO_ENCODER,
  PROP_AUDIO_ENCODER,
  PROP_MAX_DURATION,
  PROP_REPORT,
};

G_DEFINE_TYPE (GstAdConditionBin, gst_ad_condition_bin, GST_TYPE_BIN)
GST_ELEMENT_REGISTER_DEFINE (adconditionbin, "adconditionbin", GST_RANK_NONE, GST_TYPE_AD_CONDITION_BIN);

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/mpegts, systemstream=(boolean)true, packetsize=(int)188"));
static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);

/* --- the rendition -------------------------------------------------------------------- */

/* The file is read in the state change, as filesrc opens its own there. */
static gboolean
read_like (const gchar * path, guint program_number, AspRendition * out, GError ** error)
{
  g_autoptr (AspRenditionReader) reader = asp_rendition_reader_new (program_number);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autofree guint8 *data = g_malloc (LIKE_READ_BYTES);
  gsize total = 0;
  gssize n = 0;

  if (!stream)
    return FALSE;
  while (total < ASP_RENDITION_BYTES_MAX) {
    n = g_input_stream_read (G_INPUT_STREAM (stream), data, LIKE_READ_BYTES, NULL, error);
    if (n <= 0)
      break;
    asp_rendition_reader_push (reader, data, (gsize) n);
    total += (gsize) n;
  }
  return n >= 0 && asp_rendition_reader_finish (reader, out, error);
}

static gboolean
get_rendition (GstAdConditionBin * b, AspRendition * out)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *like = NULL, *text = NULL;

  GST_OBJECT_LOCK (b);
  like = g_strdup (b->like);
  text = g_strdup (b->rendition);
  GST_OBJECT_UNLOCK (b);
  if (text ? asp_rendition_from_text (text, out, &error) :
      like && read_like (like, b->program_number, out, &error))
    return TRUE;
  if (error)
    GST_ELEMENT_ERROR (b, RESOURCE, SETTINGS, ("%s", error->message), ("%s", like ? like : "rendition"));
  else
    GST_ELEMENT_ERROR (b, RESOURCE, SETTINGS, ("adconditionbin does not know what the creative shall fit; set like to a "
            "piece of the live transport stream, like=live.ts"), (NULL));
  return FALSE;
}

static gboolean
match_loudness (GstAdConditionBin * b, const gchar * like, gdouble * lufs)
{
  if (!like)
    GST_ELEMENT_ERROR (b, RESOURCE, SETTINGS, ("loudness=match measures the programme; set like to a piece of it"),
        (NULL));
  else if (!ad_condition_measure_programme (like, lufs))
    GST_ELEMENT_ERROR (b, RESOURCE, SETTINGS, ("loudness=match: there is nothing to hear in %s; set loudness to a number of "
            "LUFS", like), (NULL));
  else
    return TRUE;
  return FALSE;
}

static gboolean
get_loudness (GstAdConditionBin * b, gdouble * lufs)
{
  g_autofree gchar *text = NULL, *like = NULL;
  gchar *end = NULL;

  GST_OBJECT_LOCK (b);
  text = g_strdup (b->loudness);
  like = g_strdup (b->like);
  GST_OBJECT_UNLOCK (b);
  if (!strcmp (text, "match"))
    return match_loudness (b, like, lufs);
  *lufs = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && *lufs >= LOUDNESS_MIN_LUFS && *lufs <= 0)
    return TRUE;
  GST_ELEMENT_ERROR (b, RESOURCE, SETTINGS, ("loudness=\"%s\" is no loudness; a number of LUFS from -60 to 0 is wanted, "
          "as -24, or match", text), (NULL));
  return FALSE;
}

/* Can the pictures stay as they are? Asked of a file that feeds this bin, before it does. */
static gboolean
video_fits (GstAdConditionBin * b)
{
  GstQuery *query = gst_query_new_uri ();
  g_autoptr (AspVideoFit) fit = asp_video_fit_new (&b->job->rendition, b->job->unit);
  g_autofree guint8 *data = g_malloc (LIKE_READ_BYTES);
  g_autofree gchar *uri = NULL;
  g_autoptr (GFile) file = NULL;
  g_autoptr (GFileInputStream) stream = NULL;
  const gchar *misfit = "it does not come from a file";
  gssize n = 0;

  if (gst_pad_peer_query (b->sinkpad, query))
    gst_query_parse_uri (query, &uri);
  gst_query_unref (query);
  file = uri && g_str_has_prefix (uri, "file:") ? g_file_new_for_uri (uri) : NULL;
  stream = file ? g_file_read (file, NULL, NULL) : NULL;
  while (stream && (n = g_input_stream_read (G_INPUT_STREAM (stream), data, LIKE_READ_BYTES, NULL, NULL)) > 0)
    if (!asp_video_fit_push (fit, data, (gsize) n))
      break;
  if (stream)
    misfit = asp_video_fit_finish (fit);
  GST_DEBUG_OBJECT (b, "pictures %s", misfit ? misfit : "fit as they are");
  return misfit == NULL;
}

/* --- what was changed ---------------------------------------------------------------------- */

static void
add_change (GValue * list, const gchar * format, ...)
{
  GValue value = G_VALUE_INIT;
  va_list args;

  va_start (args, format);
  g_value_init (&value, G_TYPE_STRING);
  g_value_take_string (&value, g_strdup_vprintf (format, args));
  va_end (args);
  gst_value_array_append_and_take_value (list, &value);
}

static void
add_picture_changes (GValue * list, const GstStructure * s, const AspRendition * r)
{
  const AspVideoParams *p = &r->params;
  gint width = 0, height = 0, num = 0, den = 1;
  const gchar *mode = gst_structure_get_string (s, "interlace-mode");
  gboolean was_interlaced = mode && strcmp (mode, "progressive");

  if (gst_structure_get_int (s, "width", &width) && gst_structure_get_int (s, "height", &height) &&
      ((guint) width != p->width || (guint) height != p->height))
    add_change (list, "size %dx%d to %ux%u", width, height, p->width, p->height);
  if (gst_structure_get_fraction (s, "framerate", &num, &den) &&
      (guint64) num * r->fps_den != (guint64) den * r->fps_num)
    add_change (list, "%.3f pictures/s to %.3f", den ? (gdouble) num / den : 0, (gdouble) r->fps_num / r->fps_den);
  if (was_interlaced != p->interlaced)
    add_change (list, p->interlaced ? "progressive to interlaced" : "interlaced to progressive");
  add_change (list, "pictures encoded as %s", asp_codec_name (r->tracks[r->video].codec));
}

static void
add_sound_changes (GValue * list, const GstStructure * s, const AspRendition * r)
{
  gint rate = 0, channels = 0;
  gboolean has_sound = gst_structure_get_int (s, "rate", &rate) && gst_structure_get_int (s, "channels", &channels);

  for (guint i = 0; i < r->n_tracks; i++) {
    const AspRenditionTrack *t = &r->tracks[i];

    if ((gint) i == r->video)
      continue;
    if (!has_sound)
      add_change (list, "silence on PID %u, %s", t->pid, asp_codec_name (t->codec));
    else
      add_change (list, "sound on PID %u encoded as %s, %d Hz to %u, channels %d to %u", t->pid,
          asp_codec_name (t->codec), rate, t->sample_rate, channels, t->channels);
  }
}

/* --- messages --------------------------------------------------------------------------- */

static void
write_units (GstAdConditionBin * b, const gchar * text)
{
  gchar *path;
  GError *error = NULL;

  GST_OBJECT_LOCK (b);
  path = g_strdup (b->units_location);
  GST_OBJECT_UNLOCK (b);
  /* nothing here is live: whoever runs this waits for the files anyway */
  if (path && !g_file_set_contents (path, text, -1, &error)) {
    GST_ELEMENT_ERROR (b, RESOURCE, WRITE, ("The list of units cannot be written: %s", error->message), (NULL));
    g_error_free (error);
  }
  g_free (path);
}

static void
on_done (AdConditionCollect * c, const AspUnits * units, GstStructure * report, gpointer user_data)
{
  GstAdConditionBin *b = user_data;

  GST_OBJECT_LOCK (b);
  if (b->source) {
    GValue changes = G_VALUE_INIT;

    g_value_init (&changes, GST_TYPE_ARRAY);
    if (b->job->keep_video)
      add_change (&changes, "pictures kept as they were");
    else
      add_picture_changes (&changes, b->source, &b->job->rendition);
    add_sound_changes (&changes, b->source, &b->job->rendition);
    gst_structure_take_value (report, "changes", &changes);
    gst_structure_set (report, "source", GST_TYPE_STRUCTURE, b->source, NULL);
  }
  g_clear_pointer (&b->report, gst_structure_free);
  b->report = gst_structure_copy (report);
  GST_OBJECT_UNLOCK (b);
  write_units (b, gst_structure_get_string (report, "units"));
  gst_element_post_message (GST_ELEMENT (b), gst_message_new_element (GST_OBJECT (b), report));
}

/* --- decoder ---------------------------------------------------------------------------- */

static void
post_chain_error (GstAdConditionBin * b, GError * error)
{
  if (g_error_matches (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN))
    GST_ELEMENT_ERROR (b, CORE, MISSING_PLUGIN, ("%s", error->message), (NULL));
  else
    GST_ELEMENT_ERROR (b, STREAM, FAILED, ("%s", error ? error->message : "The creative cannot be conditioned"), (NULL));
  g_clear_error (&error);
}

static void
note_source (GstAdConditionBin * b, const GstCaps * caps)
{
  const GstStructure *s = gst_caps_get_structure (caps, 0);
  static const gchar *const fields[] = { "width", "height", "framerate", "pixel-aspect-ratio", "interlace-mode", "rate",
    "channels"
  };

  GST_OBJECT_LOCK (b);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (gst_structure_has_field (s, fields[i]))
      gst_structure_set_value (b->source, fields[i], gst_structure_get_value (s, fields[i]));
  GST_OBJECT_UNLOCK (b);
}

static guint
rate_of (GstAdConditionBin * b)
{
  return b->bit_rate ? b->bit_rate : asp_rendition_video_rate (&b->job->rendition, DEFAULT_RATE_PERCENT);
}

/* Pictures that are kept are shown as they are. */
static gboolean
on_autoplug_continue (GstElement * decode, GstPad * pad, GstCaps * caps, GstAdConditionBin * b)
{
  const GstStructure *s = gst_caps_get_structure (caps, 0);
  gboolean system = TRUE;

  if (!b->job->keep_video)
    return TRUE;
  if (gst_structure_has_name (s, "video/mpeg"))
    return !gst_structure_get_boolean (s, "systemstream", &system) || system;
  return !gst_structure_has_name (s, "video/x-h264") && !gst_structure_has_name (s, "video/x-h265");
}

/* The first picture and the first sound are taken; other streams are not looked at. */
static void
on_pad_added (GstElement * decode, GstPad * pad, GstAdConditionBin * b)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);
  const gchar *name;
  GError *error = NULL;
  gboolean ok = TRUE;

  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  name = gst_caps_is_any (caps) || gst_caps_is_empty (caps) ? "" : gst_structure_get_name (gst_caps_get_structure (caps, 0));
  if (b->job->keep_video && g_str_has_prefix (name, "video/") && !b->have_video) {
    b->have_video = TRUE;
    note_source (b, caps);
    ok = ad_condition_chain_kept_video (GST_BIN (b), pad, b->collect, b->job, &error);
  } else if (g_str_has_prefix (name, "video/x-raw") && !b->have_video) {
    b->have_video = TRUE;
    note_source (b, caps);
    ok = ad_condition_chain_video (GST_BIN (b), pad, b->collect, b->job, rate_of (b), b->video_encoder, &error);
  } else if (g_str_has_prefix (name, "audio/x-raw") && !b->have_audio && b->n_forms > 0) {
    b->have_audio = TRUE;
    note_source (b, caps);
    ok = ad_condition_chain_audio (GST_BIN (b), pad, b->forms, b->n_forms, &error);
  }
  gst_caps_unref (caps);
  if (!ok)
    post_chain_error (b, error);
}

static void
on_no_more_pads (GstElement * decode, GstAdConditionBin * b)
{
  ad_condition_job_set_sources (b->job, b->have_audio ? b->n_forms : 0);
  if (!b->have_video) {
    GST_ELEMENT_ERROR (b, STREAM, WRONG_TYPE, ("The creative has no pictures"), (NULL));
    return;
  }
  for (guint i = 0; i < b->n_forms && !b->have_audio; i++) {
    GstPad *pad = gst_element_get_static_pad (b->forms[i], "src");
    GstPad *peer = gst_pad_get_peer (pad);

    ad_condition_sound_be_silent (AD_CONDITION_SOUND (GST_PAD_PARENT (peer)));
    gst_object_unref (peer);
    gst_object_unref (pad);
  }
}

/* --- inside ----------------------------------------------------------------------------- */

/* One encoder for each form among the audio tracks. A track that nothing encodes is silent. */
static gboolean
add_forms (GstAdConditionBin * b)
{
  const AspRendition *r = &b->job->rendition;

  b->n_forms = 0;
  for (guint i = 0; i < r->n_tracks; i++) {
    gboolean seen = FALSE;
    GError *error = NULL;

    if ((gint) i == r->video || r->tracks[i].sample_rate == 0 || r->tracks[i].channels == 0)
      continue;
    for (guint k = 0; k < i; k++)
      seen |= (gint) k != r->video && asp_rendition_same_audio (&r->tracks[k], &r->tracks[i]);
    if (seen || b->n_forms == AD_CONDITION_FORMS_MAX)
      continue;
    b->forms[b->n_forms] = ad_condition_chain_encoder (GST_BIN (b), b->collect, b->job, i, b->audio_encoder, &error);
    if (!b->forms[b->n_forms++]) {
      post_chain_error (b, error);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
set_target (GstPad * ghost, GstElement * e, const gchar * name)
{
  GstPad *pad = gst_element_get_static_pad (e, name);
  gboolean ok = gst_ghost_pad_set_target (GST_GHOST_PAD (ghost), pad);

  gst_object_unref (pad);
  return ok;
}

static gboolean
build (GstAdConditionBin * b)
{
  AdConditionJob *job = b->job = ad_condition_job_new ();

  if (!get_rendition (b, &job->rendition) || !get_loudness (b, &job->loudness_lufs))
    return FALSE;
  job->unit = MIN (b->unit ? b->unit : asp_rendition_default_unit (&job->rendition), ASP_UNIT_FRAMES_MAX);
  job->max_duration_ns = b->max_duration_ns;
  b->decode = gst_element_factory_make ("decodebin", NULL);
  if (!b->decode) {
    GST_ELEMENT_ERROR (b, CORE, MISSING_PLUGIN, ("The element decodebin is missing; install GStreamer's base plugins"),
        (NULL));
    return FALSE;
  }
  b->source = gst_structure_new_empty ("source");
  b->have_video = b->have_audio = FALSE;
  b->collect = ad_condition_collect_new (job, on_done, b);
  gst_bin_add_many (GST_BIN (b), b->decode, b->collect, NULL);
  job->keep_video = !b->video_encoder && !b->bit_rate && video_fits (b);
  g_signal_connect_object (b->decode, "autoplug-continue", G_CALLBACK (on_autoplug_continue), b, 0);
  g_signal_connect_object (b->decode, "pad-added", G_CALLBACK (on_pad_added), b, 0);
  g_signal_connect_object (b->decode, "no-more-pads", G_CALLBACK (on_no_more_pads), b, 0);
  return add_forms (b) && set_target (b->sinkpad, b->decode, "sink") && set_target (b->srcpad, b->collect, "src");
}

static void
take_down (GstAdConditionBin * b)
{
  GstIterator *it = gst_bin_iterate_elements (GST_BIN (b));
  GValue item = G_VALUE_INIT;
  GList *all = NULL;

  gst_ghost_pad_set_target (GST_GHOST_PAD (b->sinkpad), NULL);
  gst_ghost_pad_set_target (GST_GHOST_PAD (b->srcpad), NULL);
  while (gst_iterator_next (it, &item) == GST_ITERATOR_OK) {
    all = g_list_prepend (all, g_value_dup_object (&item));
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (it);
  for (GList * l = all; l; l = l->next) {
    gst_element_set_locked_state (l->data, TRUE);
    gst_element_set_state (l->data, GST_STATE_NULL);
    gst_bin_remove (GST_BIN (b), l->data);
  }
  g_list_free_full (all, gst_object_unref);
  b->decode = b->collect = NULL;
  g_clear_pointer (&b->job, ad_condition_job_unref);
  g_clear_pointer (&b->source, gst_structure_free);
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstAdConditionBin *b = GST_AD_CONDITION_BIN (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !build (b)) {
    take_down (b);
    return GST_STATE_CHANGE_FAILURE;
  }
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    ad_condition_job_set_flushing (b->job);
  ret = GST_ELEMENT_CLASS (gst_ad_condition_bin_parent_class)->change_state (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && ret == GST_STATE_CHANGE_FAILURE))
    take_down (b);
  return ret;
}

/* --- properties ------------------------------------------------------------------------- */

static void
replace (gchar ** to, const GValue * value)
{
  g_free (*to);
  *to = g_value_dup_string (value);
  if (*to && **to == '\0')
    g_clear_pointer (to, g_free);
}

static void
set_property (GObject * object, guint id, const GValue * value, GParamSpec * pspec)
{
  GstAdConditionBin *b = GST_AD_CONDITION_BIN (object);

  GST_OBJECT_LOCK (b);
  switch (id) {
    case PROP_LIKE:
      replace (&b->like, value);
      break;
    case PROP_RENDITION:
      replace (&b->rendition, value);
      break;
    case PROP_PROGRAM_NUMBER:
      b->program_number = (guint) g_value_get_int (value);
      break;
    case PROP_UNIT:
      b->unit = g_value_get_uint (value);
      break;
    case PROP_UNITS_LOCATION:
      replace (&b->units_location, value);
      break;
    case PROP_LOUDNESS:
      replace (&b->loudness, value);
      if (!b->loudness)
        b->loudness = g_strdup ("-24");
      break;
    case PROP_BIT_RATE:
      b->bit_rate = g_value_get_uint (value);
      break;
    case PROP_VIDEO_ENCODER:
      replace (&b->video_encoder, value);
      break;
    case PROP_AUDIO_ENCODER:
      replace (&b->audio_encoder, value);
      break;
    case PROP_MAX_DURATION:
      b->max_duration_ns = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (b);
}

static void
get_property (GObject * object, guint id, GValue * value, GParamSpec * pspec)
{
  GstAdConditionBin *b = GST_AD_CONDITION_BIN (object);

  GST_OBJECT_LOCK (b);
  switch (id) {
    case PROP_LIKE:
      g_value_set_string (value, b->like);
      break;
    case PROP_RENDITION:
      g_value_set_string (value, b->rendition);
      break;
    case PROP_PROGRAM_NUMBER:
      g_value_set_int (value, (gint) b->program_number);
      break;
    case PROP_UNIT:
      g_value_set_uint (value, b->unit);
      break;
    case PROP_UNITS_LOCATION:
      g_value_set_string (value, b->units_location);
      break;
    case PROP_LOUDNESS:
      g_value_set_string (value, b->loudness);
      break;
    case PROP_BIT_RATE:
      g_value_set_uint (value, b->bit_rate);
      break;
    case PROP_VIDEO_ENCODER:
      g_value_set_string (value, b->video_encoder);
      break;
    case PROP_AUDIO_ENCODER:
      g_value_set_string (value, b->audio_encoder);
      break;
    case PROP_MAX_DURATION:
      g_value_set_uint64 (value, b->max_duration_ns);
      break;
    case PROP_REPORT:
      g_value_set_boxed (value, b->report);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (b);
}

static void
install_text (GObjectClass * klass, guint id, const gchar * name, const gchar * blurb, const gchar * preset)
{
  g_object_class_install_property (klass, id, g_param_spec_string (name, name, blurb, preset,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY));
}

static void
install_properties (GObjectClass * klass)
{
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  install_text (klass, PROP_LIKE, "like", "Transport stream of the rendition that the creative shall fit: a file, "
      "10 s are enough", NULL);
  install_text (klass, PROP_RENDITION, "rendition", "The rendition as JSON of one line, instead of a stream of it "
      "(like)", NULL);
  g_object_class_install_property (klass, PROP_PROGRAM_NUMBER, g_param_spec_int ("program-number", "program-number",
          "Programme of like that the creative shall fit (0 = the first one)", 0, 0xffff, 0, flags));
  g_object_class_install_property (klass, PROP_UNIT, g_param_spec_uint ("unit", "unit",
          "Frames of a unit, 0 = the rendition's GOP", 0, ASP_UNIT_FRAMES_MAX, 0, flags));
  install_text (klass, PROP_UNITS_LOCATION, "units-location", "File for the list of units, units.json", NULL);
  install_text (klass, PROP_LOUDNESS, "loudness", "Loudness that the creative gets: LUFS, or \"match\" for that of like", "-24");
  g_object_class_install_property (klass, PROP_BIT_RATE, g_param_spec_uint ("bit-rate", "bit-rate",
          "Bit rate of the video, bit/s, 0 = 80 % of the rendition's", 0, G_MAXINT, 0, flags));
  install_text (klass, PROP_VIDEO_ENCODER, "video-encoder", "Element that encodes pictures, with properties: "
      "\"x264enc speed-preset=medium\"; none = the first one that is there", NULL);
  install_text (klass, PROP_AUDIO_ENCODER, "audio-encoder", "Element that encodes sound, with properties; "
      "none = the first one that is there", NULL);
  g_object_class_install_property (klass, PROP_MAX_DURATION, g_param_spec_uint64 ("max-duration", "max-duration",
          "Longest creative that is taken, ns", GST_SECOND, GST_SECOND * 3600, DEFAULT_MAX_DURATION, flags));
  g_object_class_install_property (klass, PROP_REPORT, g_param_spec_boxed ("report", "report",
          "What was found and changed, as the last message ad-condition-report said", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

/* --- life ------------------------------------------------------------------------------- */

/* Behind this there is no time to seek to: units come at the end, in one go. */
static gboolean
src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return gst_pad_event_default (pad, parent, event);
  gst_event_unref (event);
  return FALSE;
}

static GstPad *
add_ghost (GstAdConditionBin * b, GstStaticPadTemplate * template, const gchar * name)
{
  GstPadTemplate *t = gst_static_pad_template_get (template);
  GstPad *pad = gst_ghost_pad_new_no_target_from_template (name, t);

  gst_object_unref (t);
  gst_element_add_pad (GST_ELEMENT (b), pad);
  return pad;
}

static void
gst_ad_condition_bin_init (GstAdConditionBin * b)
{
  b->srcpad = add_ghost (b, &src_template, "src");
  gst_pad_set_event_function (b->srcpad, src_event);
  b->sinkpad = add_ghost (b, &sink_template, "sink");
  b->loudness = g_strdup ("-24");
  b->max_duration_ns = DEFAULT_MAX_DURATION;
}

static void
finalize (GObject * object)
{
  GstAdConditionBin *b = GST_AD_CONDITION_BIN (object);

  g_free (b->like);
  g_free (b->rendition);
  g_free (b->loudness);
  g_free (b->units_location);
  g_free (b->video_encoder);
  g_free (b->audio_encoder);
  g_clear_pointer (&b->report, gst_structure_free);
  G_OBJECT_CLASS (gst_ad_condition_bin_parent_class)->finalize (object);
}

static void
gst_ad_condition_bin_class_init (GstAdConditionBinClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (ad_condition_debug, "adconditionbin", 0, "conditioning of creatives");
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties (object_class);
  element_class->change_state = change_state;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Ad conditioner", "Codec/Transcoder",
      "Makes a creative in any format fit a rendition: a transport stream made of units", "adsplice");
}
