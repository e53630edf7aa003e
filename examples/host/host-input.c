/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-input.h"

#include <string.h>

#include "host-pace.h"
#include "host-property.h"

#define TS "video/mpegts,systemstream=(boolean)true,packetsize=(int)188"
/* The PCR says how fast it plays. */
#define PARSED " ! tsparse set-timestamps=true alignment=7"

/* Beginnings of inputs. The place goes into a property of the element "source". */
typedef struct
{
  const gchar *begins;
  const gchar *description;
  const gchar *property;
  HostPaceKind pace;
} Kind;

static const Kind kinds[] = {
  {"udp://", "udpsrc name=source buffer-size=2000000 caps=\"" TS "\"", "uri", HOST_PACE_NONE},
  {"srt://", "srtsrc name=source auto-reconnect=false ! capsfilter caps=\"" TS "\"", "uri", HOST_PACE_NONE},
  {"rtmp", "rtmp2src name=source ! flvdemux name=d mpegtsmux name=last alignment=7"
        " d.video ! queue ! h264parse config-interval=-1 ! last. d.audio ! queue ! aacparse ! last.", "location",
      HOST_PACE_ARRIVAL},
  {"http://", "souphttpsrc name=source is-live=true" PARSED, "location", HOST_PACE_STAMPS},
  {"https://", "souphttpsrc name=source is-live=true" PARSED, "location", HOST_PACE_STAMPS},
  {"file://", "filesrc name=source blocksize=13160" PARSED, "location", HOST_PACE_STAMPS},
};

static const Kind hls_kind = { "", "souphttpsrc name=source ! hlsdemux" PARSED, "location", HOST_PACE_STAMPS };

#define TEST_INPUT \
  "videotestsrc is-live=true pattern=%s ! video/x-raw,format=I420,width=640,height=360,framerate=25/1" \
  " ! textoverlay name=frame font-desc=\"DejaVu Sans Mono 24\" valignment=bottom halignment=left" \
  " ! clockoverlay time-format=\"LIVE %%H:%%M:%%S\" font-desc=\"DejaVu Sans 40\" valignment=top" \
  "   halignment=center shaded-background=true ! %s ! h264parse ! queue ! last." \
  " audiotestsrc is-live=true samplesperbuffer=1920 wave=ticks" \
  " ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! %s ! aacparse ! queue ! last." \
  " mpegtsmux name=last alignment=7"

static const gchar *const video_encoders[] = {
  "x264enc speed-preset=veryfast tune=zerolatency key-int-max=25 bitrate=1200",
  "openh264enc complexity=low gop-size=25 bitrate=1200000", NULL
};

static const gchar *const audio_encoders[] = { "avenc_aac", "fdkaacenc", "voaacenc", "faac", NULL };

/* The first that is there. */
static const gchar *
choose (const gchar * const *descriptions)
{
  for (; *descriptions; descriptions++) {
    g_autofree gchar *name = g_strndup (*descriptions, strcspn (*descriptions, " "));
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

    if (factory)
      return *descriptions;
  }
  return NULL;
}

static gchar *
describe_test (const gchar * pattern, GError ** error)
{
  const gchar *video = choose (video_encoders), *audio = choose (audio_encoders);

  if (!*pattern)
    pattern = "smpte";
  if (pattern[strspn (pattern, "abcdefghijklmnopqrstuvwxyz0123456789-")])
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "input test:%s: \"%s\" is no pattern; "
        "gst-inspect-1.0 videotestsrc shows them", pattern, pattern);
  else if (!video || !audio)
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "input test: there is no %s encoder here; "
        "%s has one", video ? "AAC" : "H.264", video ? "gstreamer1.0-libav" : "gstreamer1.0-plugins-ugly (x264enc)");
  else
    return g_strdup_printf (TEST_INPUT, pattern, video, audio);
  return NULL;
}

static const Kind *
kind_of (const gchar * uri)
{
  gsize path = strcspn (uri, "?#");

  if (g_str_has_prefix (uri, "http") && path > 5 && !strncmp (uri + path - 5, ".m3u8", 5))
    return &hls_kind;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_has_prefix (uri, kinds[i].begins))
      return &kinds[i];
  /* a path */
  return strchr (uri, '!') || strstr (uri, "://") ? NULL : &kinds[G_N_ELEMENTS (kinds) - 1];
}

static gboolean
is_file (const gchar * uri)
{
  const Kind *kind = kind_of (uri);

  return kind && !strcmp (kind->begins, "file://") && !g_str_has_prefix (uri, "test:");
}

static GstElement *
build_kind (const Kind * kind, const gchar * uri, GError ** error)
{
  GstElement *bin = gst_parse_bin_from_description_full (kind->description, FALSE, NULL, GST_PARSE_FLAG_FATAL_ERRORS,
      error);
  GstElement *source = bin ? gst_bin_get_by_name (GST_BIN (bin), "source") : NULL;
  g_autofree gchar *path = is_file (uri) && strstr (uri, "://") ? g_filename_from_uri (uri, NULL, NULL) : NULL;

  if (source) {
    g_object_set (source, kind->property, path ? path : uri, NULL);
    gst_object_unref (source);
  }
  return bin;
}

/* Of the one end that is not linked. Optional sink pads stay as they are: a textoverlay would wait for its text. */
static gboolean
add_ghost (GstElement * bin)
{
  GstPad *target = gst_bin_find_unlinked_pad (GST_BIN (bin), GST_PAD_SRC), *more;

  if (!target)
    return FALSE;
  gst_element_add_pad (bin, gst_ghost_pad_new ("src", target));
  gst_object_unref (target);
  more = gst_bin_find_unlinked_pad (GST_BIN (bin), GST_PAD_SRC);
  if (!more)
    return TRUE;
  gst_object_unref (more);
  return FALSE;
}

/* A bin with the pad "src"; floating. */
static GstElement *
build (const gchar * uri, GError ** error)
{
  const Kind *kind = kind_of (uri);
  g_autofree gchar *test = NULL;
  GstElement *bin;

  if (g_str_has_prefix (uri, "test:")) {
    test = describe_test (uri + strlen ("test:"), error);
    if (!test)
      return NULL;
    bin = gst_parse_bin_from_description_full (test, FALSE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  } else if (kind) {
    bin = build_kind (kind, uri, error);
  } else {
    bin = gst_parse_bin_from_description_full (uri, FALSE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  }
  if (bin && !add_ghost (bin)) {
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "one end must not be linked, where the transport "
        "stream comes out; it has none, or several");
    gst_object_unref (bin);
    return NULL;
  }
  return bin;
}

/* Burns the number of each picture in. */
static GstPadProbeReturn
number_frame (GstPad * pad, GstPadProbeInfo * info, gpointer overlay)
{
  GstClockTime pts_ns = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  gchar text[32];

  g_snprintf (text, sizeof text, "frame %" G_GUINT64_FORMAT, gst_util_uint64_scale_round (pts_ns, 25, GST_SECOND));
  g_object_set (overlay, "text", text, NULL);
  return GST_PAD_PROBE_OK;
}

static void
number_frames (GstElement * bin)
{
  GstElement *overlay = gst_bin_get_by_name (GST_BIN (bin), "frame");
  GstPad *pad = overlay ? gst_element_get_static_pad (overlay, "video_sink") : NULL;

  if (pad) {
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, number_frame, overlay, NULL);
    gst_object_unref (pad);
  }
  gst_clear_object (&overlay);
}

/* What comes is counted; an end is for us, and nobody behind. */
static GstPadProbeReturn
on_data (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  HostInput *input = data;
  GstObject *bin;

  if (!(GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM)) {
    g_atomic_int_inc (&input->packets);
    return GST_PAD_PROBE_OK;
  }
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  bin = gst_pad_get_parent (pad);
  if (bin) {
    gst_element_post_message (GST_ELEMENT (bin), gst_message_new_element (bin,
            gst_structure_new_empty ("host-input-ended")));
    gst_object_unref (bin);
  }
  return GST_PAD_PROBE_DROP;
}

gboolean
host_input_build (HostInput * input, GstElement * pipeline, GError ** error)
{
  const Kind *kind = kind_of (input->uri);
  gboolean test = g_str_has_prefix (input->uri, "test:");
  GstPad *src;

  input->bin = build (input->uri, error);
  if (!input->bin) {
    g_prefix_error (error, "input \"%s\": ", input->uri);
    return FALSE;
  }
  input->is_file = is_file (input->uri);
  if (test)
    number_frames (input->bin);
  src = input->bin->srcpads->data;
  input->pace = host_pace_new (src, pipeline, test || !kind ? HOST_PACE_NONE : kind->pace);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_data, input, NULL);
  gst_element_set_locked_state (input->bin, TRUE);
  gst_bin_add (GST_BIN (pipeline), input->bin);
  if (gst_pad_link (src, input->sink) == GST_PAD_LINK_OK)
    return TRUE;
  g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "input \"%s\": what comes out of it is no "
      "transport stream", input->uri);
  return FALSE;
}

void
host_input_start (HostInput * input)
{
  /* it was locked when its pipeline set the time for all */
  gst_element_set_base_time (input->bin, gst_element_get_base_time (GST_ELEMENT (GST_OBJECT_PARENT (input->bin))));
  gst_element_set_locked_state (input->bin, FALSE);
  gst_element_sync_state_with_parent (input->bin);
}

void
host_input_remove (HostInput * input, GstElement * pipeline)
{
  if (!input->bin)
    return;
  host_pace_stop (input->pace);
  /* Locked, or the pipeline, on its way to PLAYING in a thread of its own, starts it again. */
  gst_element_set_locked_state (input->bin, TRUE);
  gst_element_set_state (input->bin, GST_STATE_NULL);
  gst_element_unlink (input->bin, GST_ELEMENT (GST_OBJECT_PARENT (input->sink)));
  g_clear_pointer (&input->pace, host_pace_free);
  gst_bin_remove (GST_BIN (pipeline), input->bin);
  input->bin = NULL;
}
