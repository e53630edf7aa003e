/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The programme behind examples/demo.sh: a live test channel that goes through adsplicebin
 * into hlsadsink, with a break every minute and whenever somebody presses b. An ad server is
 * asked what plays in it.
 *
 * Everything that belongs to adsplice is in build_pipeline() and insert_break(); the
 * rest makes pictures and talks to the person at the terminal.
 */
#include <gio/gio.h>
#include <gst/gst.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>

#include "key-press.h"

#define PORTS_TO_TRY 20
#define LEAD_TIME_S 3           /* from a call to its break: for the ad server, and its creatives */
#define END_TIMEOUT_S 3         /* after that the last playlist is given up */

/* The form of the creatives of make-clip.sh. */
#define CHANNEL \
  "videotestsrc name=picture is-live=true pattern=smpte" \
  " ! video/x-raw,format=I420,width=640,height=360,framerate=25/1" \
  " ! textoverlay name=frame font-desc=\"DejaVu Sans Mono 24\" valignment=bottom halignment=left" \
  " ! clockoverlay time-format=\"LIVE %%H:%%M:%%S\" font-desc=\"DejaVu Sans 40\" valignment=top" \
  "   halignment=center shaded-background=true" \
  " ! x264enc speed-preset=veryfast tune=zerolatency key-int-max=25 bitrate=1200" \
  " ! h264parse ! queue ! mux." \
  " audiotestsrc name=sound is-live=true samplesperbuffer=1920 wave=ticks" \
  " ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! %s ! aacparse ! queue ! mux." \
  " mpegtsmux name=mux alignment=7 ! adsplicebin name=splicer channel=live ! hlsadsink name=hls"

typedef struct
{
  gchar *location;
  gchar *listen;
  gchar *page;                  /* below the channel, or NULL */
  gchar *ads_url;               /* of the ad server */
  gchar *creatives;             /* folder for what it sends */
  gint every_s;
  gint duration_s;
  gint once_s;                  /* 0 = until somebody ends it */
} Options;

typedef struct
{
  const Options *options;
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *splicer;
  guint breaks_started;
  guint breaks_ended;
  gboolean ending;
  int status;
} Demo;

static void G_GNUC_PRINTF (1, 2)
say (const gchar * format, ...)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree gchar *clock = g_date_time_format (now, "%H:%M:%S");
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_print ("%s  %s\n", clock, text);
}

static gboolean
port_is_free (const gchar * host, guint16 port)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (host, port);
  g_autoptr (GSocket) socket = NULL;

  if (!address)
    return TRUE;                /* a name: hlsadsink will say what is wrong with it */
  socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, NULL);
  return socket && g_socket_bind (socket, address, TRUE, NULL);
}

/* @listen, or the next port above it that nobody listens on. NULL when there is none. */
static gchar *
choose_address (const gchar * listen)
{
  const gchar *colon = strrchr (listen, ':');
  g_autofree gchar *host = colon ? g_strndup (listen, (gsize) (colon - listen)) : NULL;
  gint first = colon ? atoi (colon + 1) : 0, port;

  if (first <= 0 || first > G_MAXUINT16) {
    g_printerr ("demo: --listen wants HOST:PORT, not \"%s\"\n", listen);
    return NULL;
  }
  for (port = first; port < first + PORTS_TO_TRY && port <= G_MAXUINT16; port++) {
    if (port_is_free (host, (guint16) port)) {
      if (port != first)
        g_print ("Port %d of %s is taken by another program; this is port %d.\n", first, host, port);
      return g_strdup_printf ("%s:%d", host, port);
    }
  }
  g_printerr ("demo: no free port from %d to %d on %s; give another with --listen HOST:PORT\n",
      first, port - 1, host);
  return NULL;
}

static const gchar *
choose_aac_encoder (void)
{
  static const gchar *const names[] = { "avenc_aac", "fdkaacenc", "voaacenc", "faac" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (names[i]);

    if (factory)
      return names[i];
  }
  return NULL;
}

/* Burns the number of each picture in. */
static GstPadProbeReturn
number_frame (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstClockTime pts = GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info));
  gchar text[32];

  g_snprintf (text, sizeof text, "frame %" G_GUINT64_FORMAT,
      gst_util_uint64_scale_round (pts, 25, GST_SECOND));
  g_object_set (data, "text", text, NULL);
  return GST_PAD_PROBE_OK;
}

static gboolean
build_pipeline (Demo * demo, const gchar * listen, GError ** error)
{
  const gchar *encoder = choose_aac_encoder ();
  g_autofree gchar *description = NULL;
  GstElement *frame, *hls;
  GstPad *pad;

  if (!encoder) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "no AAC encoder here; gstreamer1.0-libav has one");
    return FALSE;
  }
  description = g_strdup_printf (CHANNEL, encoder);
  demo->pipeline = gst_parse_launch_full (description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!demo->pipeline)
    return FALSE;
  demo->splicer = gst_bin_get_by_name (GST_BIN (demo->pipeline), "splicer");
  hls = gst_bin_get_by_name (GST_BIN (demo->pipeline), "hls");
  g_object_set (hls, "location", demo->options->location, "listen", listen, NULL);
  g_object_set (demo->splicer, "ads-url", demo->options->ads_url, "creative-dir", demo->options->creatives,
      "lead-time", (guint64) LEAD_TIME_S * GST_SECOND, NULL);
  gst_object_unref (hls);
  frame = gst_bin_get_by_name (GST_BIN (demo->pipeline), "frame");
  pad = gst_element_get_static_pad (frame, "video_sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, number_frame, frame, NULL);
  gst_object_unref (pad);
  gst_object_unref (frame);
  return TRUE;
}

static void
insert_break (Demo * demo, const gchar * why)
{
  g_autofree gchar *id = NULL;

  if (demo->ending)
    return;
  g_signal_emit_by_name (demo->splicer, "insert-ad-break",
      (guint64) demo->options->duration_s * GST_SECOND, NULL, &id);
  if (id)
    say ("break %s asked for (%s)", id, why);
  else
    say ("no break now (%s): one is scheduled or running", why);
}

static gboolean
on_timer (gpointer data)
{
  insert_break (data, "timer");
  return G_SOURCE_CONTINUE;
}

static gboolean
on_end_timeout (gpointer data)
{
  Demo *demo = data;

  g_main_loop_quit (demo->loop);
  return G_SOURCE_CONTINUE;
}

static void
end_source (Demo * demo, const gchar * name)
{
  GstElement *source = gst_bin_get_by_name (GST_BIN (demo->pipeline), name);

  gst_element_send_event (source, gst_event_new_eos ());
  gst_object_unref (source);
}

/* First time: EOS, so that the last playlist is whole. Second time: at once. */
static void
end (Demo * demo)
{
  if (demo->ending) {
    g_main_loop_quit (demo->loop);
    return;
  }
  demo->ending = TRUE;
  say ("ending");
  end_source (demo, "picture");
  end_source (demo, "sound");
  g_timeout_add_seconds (END_TIMEOUT_S, on_end_timeout, demo);
}

static gboolean
on_once (gpointer data)
{
  end (data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_signal (gpointer data)
{
  end (data);
  return G_SOURCE_CONTINUE;
}

static void
on_key (gchar key, gpointer data)
{
  if (key == 'b')
    insert_break (data, "key b");
  else if (key == 'q')
    end (data);
}

static void
on_break_state (Demo * demo, const GstStructure * fields)
{
  const gchar *state = gst_structure_get_string (fields, "state");
  const gchar *id = gst_structure_get_string (fields, "break-id");
  const gchar *reason = gst_structure_get_string (fields, "reason");
  gint64 error_90k = 0;

  gst_structure_get_int64 (fields, "error-90k", &error_90k);
  if (g_strcmp0 (state, "started") == 0)
    demo->breaks_started++;
  else if (g_strcmp0 (state, "ended") == 0)
    demo->breaks_ended++;
  say ("break %s %s, %+.0f ms%s%s", id ? id : "?", state ? state : "?",
      (double) error_90k / 90, reason && *reason ? ", " : "", reason ? reason : "");
}

/* What plays, and what does not. */
static void
on_decision (const GstStructure * fields)
{
  static const gchar *const lists[] = { "ads", "skipped" };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    const GValue *list = gst_structure_get_value (fields, lists[i]);

    for (guint k = 0; list && k < gst_value_list_get_size (list); k++) {
      const GstStructure *ad = gst_value_get_structure (gst_value_list_get_value (list, k));
      const gchar *id = gst_structure_get_string (ad, "ad-id"), *reason = gst_structure_get_string (ad, "reason");
      guint64 duration = 0;

      gst_structure_get_uint64 (ad, "duration", &duration);
      say ("ad %s of %.1f s %s", id ? id : "?", (double) duration / GST_SECOND, reason ? reason : "will play");
    }
  }
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  Demo *demo = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "ad-break-state-change"))
        on_break_state (demo, gst_message_get_structure (message));
      else if (gst_message_has_name (message, "ad-break-decision"))
        on_decision (gst_message_get_structure (message));
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, NULL);
      say ("%s: %s", GST_MESSAGE_SRC_NAME (message), error->message);
      break;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, &debug);
      g_printerr ("demo: %s: %s\n%s\n", GST_MESSAGE_SRC_NAME (message), error->message,
          debug ? debug : "");
      demo->status = 1;
      g_main_loop_quit (demo->loop);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (demo->loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

static void
greet (const Options * options, const gchar * listen)
{
  g_print ("\n  Watch:     http://%s/live/%s\n", listen,
      options->page ? options->page : "playlist.m3u8");
  g_print ("  Playlist:  http://%s/live/playlist.m3u8\n\n", listen);
  if (options->every_s)
    g_print ("  A break of %d s every %d s. ", options->duration_s, options->every_s);
  g_print ("  Keys: b = a break now, q = end\n\n");
}

static void
run (Demo * demo, const gchar * listen)
{
  const Options *options = demo->options;
  GstBus *bus = gst_element_get_bus (demo->pipeline);
  KeyPress *keys = key_press_new (on_key, demo);
  GstMessage *message;

  gst_bus_add_watch (bus, on_message, demo);
  g_unix_signal_add (SIGINT, on_signal, demo);
  g_unix_signal_add (SIGTERM, on_signal, demo);
  g_unix_signal_add (SIGHUP, on_signal, demo);
  demo->loop = g_main_loop_new (NULL, FALSE);
  if (gst_element_set_state (demo->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) {
    greet (options, listen);
    if (options->every_s)
      g_timeout_add_seconds ((guint) options->every_s, on_timer, demo);
    if (options->once_s)
      g_timeout_add_seconds ((guint) options->once_s, on_once, demo);
    g_main_loop_run (demo->loop);
  } else {
    demo->status = 1;
    while ((message = gst_bus_pop (bus))) {     /* it says why */
      on_message (bus, message, demo);
      gst_message_unref (message);
    }
  }
  key_press_free (keys);
  gst_element_set_state (demo->pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  gst_object_unref (bus);
  g_main_loop_unref (demo->loop);
}

static gboolean
parse_options (Options * options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    {"location", 0, 0, G_OPTION_ARG_FILENAME, &options->location,
        "Folder of the playlist and the segments", "DIR"},
    {"listen", 0, 0, G_OPTION_ARG_STRING, &options->listen, "Address of the origin", "HOST:PORT"},
    {"page", 0, 0, G_OPTION_ARG_STRING, &options->page, "Page in DIR that plays it", "FILE"},
    {"ads-url", 0, 0, G_OPTION_ARG_STRING, &options->ads_url, "Ad server that says what plays", "URL"},
    {"creatives", 0, 0, G_OPTION_ARG_FILENAME, &options->creatives, "Folder for its creatives", "DIR"},
    {"every", 0, 0, G_OPTION_ARG_INT, &options->every_s, "A break every so often, 0 = none", "S"},
    {"duration", 0, 0, G_OPTION_ARG_INT, &options->duration_s, "How long a break is", "S"},
    {"once", 0, 0, G_OPTION_ARG_INT, &options->once_s, "End after so long", "S"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, argc, argv, &error)) {
    g_printerr ("demo: %s\n", error->message);
    return FALSE;
  }
  if (!options->location || !options->ads_url || !options->creatives || options->every_s < 0 || options->duration_s <= 0
      || options->once_s < 0) {
    g_printerr ("demo: --location, --ads-url and --creatives are needed (demo.sh gives them)\n");
    return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  Options options = {.every_s = 60,.duration_s = 20 };
  Demo demo = {.options = &options };
  g_autoptr (GError) error = NULL;
  g_autofree gchar *listen = NULL;

  if (!parse_options (&options, &argc, &argv))
    return 2;
  listen = choose_address (options.listen ? options.listen : "127.0.0.1:8088");
  if (!listen)
    return 1;
  if (build_pipeline (&demo, listen, &error)) {
    run (&demo, listen);
    g_print ("%u breaks started, %u ended\n", demo.breaks_started, demo.breaks_ended);
  } else {
    g_printerr ("demo: %s\n", error->message);
    demo.status = 1;
  }
  gst_clear_object (&demo.splicer);
  gst_clear_object (&demo.pipeline);
  return demo.status;
}
