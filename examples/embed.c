/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a program embeds tssplicer:
 *
 *   embed [OPTION...] INPUT OUTPUT AD.ts [AD.ts...]
 *
 * INPUT is a transport stream, `udp://HOST:PORT` or a file (read at the pace of its PCR);
 * OUTPUT likewise. A break is inserted every --every seconds and on the key b; q or
 * Ctrl-C end the programme: the break that runs is finished, and a second one ends at once.
 *
 * What to take away from it:
 *  - build_pipeline(): the splicer is one element between a source and a sink;
 *  - ad-feed.c: how its ad pad is kept supplied;
 *  - insert_break(): the action signal;
 *  - on_message() and on_event(): what the splicer says on the bus, and downstream.
 */
#include <gst/gst.h>
#include <glib-unix.h>
#include <string.h>

#include "ad-feed.h"
#include "key-press.h"

#define DURATION_S 20
#define END_TIMEOUT_S 5         /* and the length of a break: after that nothing is waited for */

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline;
  GstElement *source;
  GstElement *splicer;
  AdFeed *feed;
  guint64 duration_ns;
  gboolean ending;
  int status;
} Embed;

/* A bin of @description in which the element called @name works on @place. */
static GstElement *
make_end (const gchar * description, const gchar * name, const gchar * property,
    const gchar * place, GError ** error)
{
  GstElement *bin = gst_parse_bin_from_description (description, TRUE, error);
  GstElement *element;

  if (!bin)
    return NULL;
  element = gst_bin_get_by_name (GST_BIN (bin), name);
  g_object_set (element, property, place, NULL);
  gst_object_unref (element);
  return bin;
}

static GstElement *
make_source (const gchar * input, GError ** error)
{
  if (g_str_has_prefix (input, "udp://"))
    return make_end ("udpsrc name=source buffer-size=2000000 "
        "caps=\"video/mpegts,systemstream=true,packetsize=188\"", "source", "uri", input, error);
  /* A file has no pace of its own: tsparse reads it from the PCR, clocksync keeps it. */
  return make_end ("filesrc name=source blocksize=13160 ! tsparse set-timestamps=true ! clocksync",
      "source", "location", input, error);
}

/* `clients` of multiudpsink is HOST:PORT as it stands. */
static GstElement *
make_sink (const gchar * output, GError ** error)
{
  if (g_str_has_prefix (output, "udp://"))
    return make_end ("multiudpsink name=sink sync=false", "sink", "clients",
        output + strlen ("udp://"), error);
  return make_end ("filesink name=sink", "sink", "location", output, error);
}

static gboolean
build_pipeline (Embed * embed, const gchar * input, const gchar * output, GError ** error)
{
  GstElement *source = make_source (input, error);
  GstElement *sink = source ? make_sink (output, error) : NULL;

  embed->pipeline = gst_pipeline_new ("embed");
  if (!sink) {
    gst_clear_object (&source);
    return FALSE;
  }
  gst_bin_add_many (GST_BIN (embed->pipeline), source, sink, NULL);
  embed->source = gst_bin_get_by_name (GST_BIN (embed->pipeline), "source");
  embed->splicer = gst_element_factory_make ("tssplicer", "splicer");
  if (!embed->splicer) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "no element tssplicer: set GST_PLUGIN_PATH to the folder of libgstadsplice.so");
    return FALSE;
  }
  gst_bin_add (GST_BIN (embed->pipeline), embed->splicer);
  if (!gst_element_link_many (source, embed->splicer, sink, NULL)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "the input does not link to tssplicer");
    return FALSE;
  }
  return TRUE;
}

/* NULL as id says that there is no break; the reason is a message on the bus. */
static void
insert_break (Embed * embed)
{
  g_autofree gchar *id = NULL;

  if (embed->ending)
    return;
  g_signal_emit_by_name (embed->splicer, "insert-ad-break", embed->duration_ns, NULL, &id);
  g_print ("insert-ad-break: %s\n", id ? id : "refused");
}

static gboolean
on_timer (gpointer data)
{
  insert_break (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_end_timeout (gpointer data)
{
  Embed *embed = data;

  g_main_loop_quit (embed->loop);
  return G_SOURCE_CONTINUE;
}

static void
end (Embed * embed)
{
  if (embed->ending) {
    g_main_loop_quit (embed->loop);
    return;
  }
  embed->ending = TRUE;
  g_timeout_add_seconds ((guint) (embed->duration_ns / GST_SECOND) + END_TIMEOUT_S, on_end_timeout, embed);
  /* To the source only: an EOS for the whole pipeline would end the creatives too. */
  gst_element_send_event (embed->source, gst_event_new_eos ());
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
    insert_break (data);
  else if (key == 'q')
    end (data);
}

static gboolean
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  Embed *embed = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name (message, "ad-break-state-change")) {
        text = gst_structure_to_string (gst_message_get_structure (message));
        g_print ("%s\n", text);
      }
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning (message, &error, &text);
      g_printerr ("%s: %s\n", GST_MESSAGE_SRC_NAME (message), error->message);
      break;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, &text);
      g_printerr ("%s: %s\n%s\n", GST_MESSAGE_SRC_NAME (message), error->message,
          text ? text : "");
      if (ad_feed_take_error (embed->feed, message))
        break;                  /* an ad is lost, the programme is not */
      embed->status = 1;
      g_main_loop_quit (embed->loop);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (embed->loop);
      break;
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

/* The events that travel with the packets, for whoever sits behind the splicer. This
 * runs in the streaming thread: look, and be gone. */
static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  const GstStructure *fields = gst_event_get_structure (GST_PAD_PROBE_INFO_EVENT (info));
  const gchar *cue;

  if (!fields || !g_str_has_prefix (gst_structure_get_name (fields), "Ad"))
    return GST_PAD_PROBE_OK;
  cue = gst_structure_get_string (fields, "scte35");
  g_print ("event %s break-id=%s%s%s\n", gst_structure_get_name (fields),
      gst_structure_get_string (fields, "break-id"), cue ? " scte35=" : "", cue ? cue : "");
  return GST_PAD_PROBE_OK;
}

static void
watch_events (GstElement * splicer)
{
  GstPad *src = gst_element_get_static_pad (splicer, "src");

  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, NULL, NULL);
  gst_object_unref (src);
}

static void
run (Embed * embed, guint every_s)
{
  GstBus *bus = gst_element_get_bus (embed->pipeline);
  KeyPress *keys = key_press_new (on_key, embed);
  GstMessage *message;
  guint timer = every_s ? g_timeout_add_seconds (every_s, on_timer, embed) : 0;
  guint sigint = g_unix_signal_add (SIGINT, on_signal, embed);
  guint sigterm = g_unix_signal_add (SIGTERM, on_signal, embed);
  guint watch = gst_bus_add_watch (bus, on_message, embed);

  embed->loop = g_main_loop_new (NULL, FALSE);
  if (gst_element_set_state (embed->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) {
    g_main_loop_run (embed->loop);
  } else {
    embed->status = 1;
    while ((message = gst_bus_pop (bus))) {     /* it says why */
      on_message (bus, message, embed);
      gst_message_unref (message);
    }
  }
  gst_element_set_state (embed->pipeline, GST_STATE_NULL);

  g_source_remove (watch);
  g_source_remove (sigterm);
  g_source_remove (sigint);
  if (timer)
    g_source_remove (timer);
  key_press_free (keys);
  g_main_loop_unref (embed->loop);
  gst_object_unref (bus);
}

int
main (int argc, char **argv)
{
  gint every_s = 0, duration_s = DURATION_S;
  const GOptionEntry options[] = {
    {"every", 'e', 0, G_OPTION_ARG_INT, &every_s, "A break every so many seconds", "S"},
    {"duration", 'd', 0, G_OPTION_ARG_INT, &duration_s, "How long a break is (20)", "S"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("INPUT OUTPUT AD.ts...");
  g_autoptr (GError) error = NULL;
  Embed embed = { 0, };

  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  if (argc < 4 || every_s < 0 || duration_s <= 0) {
    g_printerr ("%s", g_option_context_get_help (context, TRUE, NULL));
    return 2;
  }
  embed.duration_ns = (guint64) duration_s * GST_SECOND;
  if (build_pipeline (&embed, argv[1], argv[2], &error)) {
    embed.feed = ad_feed_new (GST_BIN (embed.pipeline), embed.splicer,
        (const gchar * const *) argv + 3);
    watch_events (embed.splicer);
    run (&embed, (guint) every_s);
  } else {
    g_printerr ("%s\n", error->message);
    embed.status = 1;
  }
  ad_feed_free (embed.feed);
  gst_clear_object (&embed.source);
  gst_clear_object (&embed.pipeline);
  return embed.status;
}
