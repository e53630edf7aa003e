/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hls-fixture.h"
#include "scratch.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define SEGMENT_SOURCES_MAX 256

HlsFixture *
hls_fixture_new (const gchar * properties)
{
  HlsFixture *f = g_new0 (HlsFixture, 1);
  g_auto (GStrv) words = g_strsplit (properties ? properties : "", " ", -1);
  g_autofree gchar *top = scratch_folder_new ("hls");

  f->folder = g_build_filename (top, "out", NULL);
  f->feed = HLS_FEED_DATAGRAMS;
  f->element = gst_object_ref_sink (gst_element_factory_make ("hlsadsink", NULL));
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->element, f->bus);
  g_object_set (f->element, "location", f->folder, NULL);
  for (guint i = 0; words[i]; i++) {
    gchar *equals = strchr (words[i], '=');

    if (!equals)
      continue;
    *equals = '\0';
    gst_util_set_object_arg (G_OBJECT (f->element), words[i], equals + 1);
  }
  f->h = gst_harness_new_with_element (f->element, "sink_0", NULL);
  gst_harness_set_src_caps_str (f->h, "video/mpegts, systemstream=true, packetsize=188");
  return f;
}

void
hls_remove_tree (const gchar * path)
{
  GDir *dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    hls_remove_tree (child);
  }
  if (dir)
    g_dir_close (dir);
  g_remove (path);
}

void
hls_fixture_free (HlsFixture * f)
{
  g_autofree gchar *top = g_path_get_dirname (f->folder);

  gst_element_set_state (f->element, GST_STATE_NULL);
  gst_harness_teardown (f->h);
  gst_element_set_bus (f->element, NULL);
  gst_bus_set_flushing (f->bus, TRUE);
  g_queue_clear_full (&f->messages, (GDestroyNotify) gst_message_unref);
  gst_object_unref (f->bus);
  /* a pad, a thread or a message that still holds it would be a leak */
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (f->element), ==, 1);
  gst_object_unref (f->element);
  hls_remove_tree (top);
  g_free (f->folder);
  g_free (f);
}

static GstBuffer *
buffer_of (const guint8 * data, gsize size)
{
  return gst_buffer_new_memdup (data, size);
}

static GstFlowReturn
push_list (HlsFixture * f, const GByteArray * bytes)
{
  GstBufferList *list = gst_buffer_list_new ();

  for (gsize at = 0; at < bytes->len; at += 1316)
    gst_buffer_list_add (list, buffer_of (bytes->data + at, MIN (bytes->len - at, 1316)));
  return gst_pad_push_list (f->h->srcpad, list);
}

GstFlowReturn
hls_push (HlsFixture * f, const GByteArray * bytes)
{
  static const gsize chunks[] = { G_MAXSIZE, 0, 1316, 1000, 1 };
  GstFlowReturn ret = GST_FLOW_OK;
  gsize chunk = chunks[f->feed];

  if (f->feed == HLS_FEED_LIST)
    return push_list (f, bytes);
  for (gsize at = 0; at < bytes->len && ret == GST_FLOW_OK; at += MIN (chunk, bytes->len - at))
    ret = gst_pad_push (f->h->srcpad, buffer_of (bytes->data + at, MIN (chunk, bytes->len - at)));
  return ret;
}

void
hls_event (HlsFixture * f, GstStructure * structure)
{
  g_assert_true (gst_pad_push_event (f->h->srcpad,
          gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, structure)));
}

static GstStructure *
break_event (const gchar * name, const SynthUnit * first, const HlsChange * change, guint n_audio)
{
  GstStructure *s = gst_structure_new (name, "break-id", G_TYPE_STRING, change->id ? change->id : "Break0000001",
      "pts-90k", G_TYPE_UINT64, asp_pts_wrap (first->pts90k),
      "duration", G_TYPE_UINT64, 30 * GST_SECOND, "asset-id", G_TYPE_STRING, "asset",
      "pod-index", G_TYPE_UINT, change->source - (strcmp (name, "AdCreativeStart") ? 2 : 1), NULL);
  GstStructure *audio = gst_structure_new_empty ("audio-pts-90k");

  if (!strcmp (name, "AdBreakStart"))
    gst_structure_set (s, "spliced", G_TYPE_BOOLEAN, change->spliced, "roll-type", G_TYPE_STRING,
        "midroll", "pod-length", G_TYPE_UINT, 2, "scte35", G_TYPE_STRING,
        change->scte35 ? change->scte35 : "fc30", NULL);
  if (!strcmp (name, "AdBreakEnd"))
    gst_structure_set (s, "reason", G_TYPE_STRING, "", "scte35", G_TYPE_STRING,
        change->scte35 ? change->scte35 : "fc31", NULL);
  for (guint i = 0; i < n_audio; i++) {
    g_autofree gchar *field = g_strdup_printf ("pid-%u", SYNTH_AUDIO_PID + i);

    /* a prediction: a tick off */
    gst_structure_set (audio, field, G_TYPE_UINT64, asp_pts_wrap (change->audio_90k + 1), NULL);
  }
  gst_structure_set (s, "audio-pts-90k", GST_TYPE_STRUCTURE, audio, NULL);
  gst_structure_free (audio);
  return s;
}

static void
push_waiting (HlsFixture * f, GByteArray * waiting)
{
  if (waiting->len > 0)
    g_assert_cmpint (hls_push (f, waiting), ==, GST_FLOW_OK);
  g_byte_array_set_size (waiting, 0);
}

void
hls_play (HlsFixture * f, Synth * s, const HlsChange * changes, guint n)
{
  g_autoptr (GByteArray) waiting = g_byte_array_new ();

  synth_sort (s);
  synth_write_psi (s, waiting);
  for (guint i = 0; i < s->units->len; i++) {
    const SynthUnit *u = &g_array_index (s->units, SynthUnit, i);

    for (guint k = 0; k < n; k++) {
      g_auto (GStrv) names = g_strsplit (changes[k].events, " ", -1);

      if (u->pid != SYNTH_VIDEO_PID || u->number != 0 || u->source != changes[k].source)
        continue;
      push_waiting (f, waiting);
      for (guint e = 0; names[e]; e++)
        hls_event (f, break_event (names[e], u, &changes[k], s->n_audio));
    }
    if (u->rap && f->pace) {
      push_waiting (f, waiting);
      f->pace (f->pace_data);
    }
    if (u->rap)
      synth_write_psi (s, waiting);
    synth_write_unit (s, u, waiting);
  }
  push_waiting (f, waiting);
}

static GstMessage *
take_waiting (HlsFixture * f, GstMessageType type)
{
  for (GList * l = f->messages.head; l; l = l->next) {
    GstMessage *m = l->data;

    if (GST_MESSAGE_TYPE (m) & type) {
      g_queue_delete_link (&f->messages, l);
      return m;
    }
  }
  return NULL;
}

GstMessage *
hls_wait_message (HlsFixture * f, GstMessageType type, GstClockTime timeout)
{
  gint64 end_us = g_get_monotonic_time () + (gint64) (timeout / GST_USECOND);
  GstMessage *found = take_waiting (f, type);

  while (!found) {
    gint64 left_us = MAX (end_us - g_get_monotonic_time (), 0);
    GstMessage *m = gst_bus_timed_pop (f->bus, (GstClockTime) left_us * GST_USECOND);

    if (!m)
      return NULL;
    g_queue_push_tail (&f->messages, m);
    found = take_waiting (f, type);
  }
  return found;
}

guint
hls_count_messages (HlsFixture * f, GstMessageType type)
{
  guint n = 0;
  GstMessage *m;

  while ((m = hls_wait_message (f, type, 0)) != NULL) {
    gst_message_unref (m);
    n++;
  }
  return n;
}

gboolean
hls_finish (HlsFixture * f)
{
  GstMessage *m;

  g_assert_true (gst_harness_push_event (f->h, gst_event_new_eos ()));
  m = hls_wait_message (f, GST_MESSAGE_EOS, HLS_PATIENCE);
  if (!m)
    return FALSE;
  g_assert_true (GST_MESSAGE_SRC (m) == GST_OBJECT (f->element));
  gst_message_unref (m);
  return TRUE;
}

gchar *
hls_http_get (const gchar * address, const gchar * path)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) c = NULL;
  g_autofree gchar *request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: x\r\n"
      "Connection: close\r\n\r\n", path);
  GString *reply;
  gchar piece[4096];
  gssize n;

  g_socket_client_set_enable_proxy (client, FALSE);
  c = g_socket_client_connect_to_host (client, address, 0, NULL, NULL);
  if (!c)
    return NULL;
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (c)), request,
      strlen (request), NULL, NULL, NULL);
  reply = g_string_new (NULL);
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (c)), piece,
              sizeof piece, NULL, NULL)) > 0)
    g_string_append_len (reply, piece, n);
  return g_string_free (reply, FALSE);
}

static HlsPlaylist *
read_or_die (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  HlsPlaylist *list = hls_read (text, &error);

  if (!list)
    g_error ("%s in\n%s", error->message, text);
  return list;
}

HlsPlaylist *
hls_playlist (HlsFixture * f)
{
  g_autofree gchar *path = g_build_filename (f->folder, "playlist.m3u8", NULL);
  g_autofree gchar *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? read_or_die (text) : NULL;
}

HlsPlaylist *
hls_served (HlsFixture * f)
{
  g_autofree gchar *address = NULL, *reply = NULL;
  const gchar *body;

  g_object_get (f->element, "listen", &address, NULL);
  reply = hls_http_get (address, "/live/playlist.m3u8");
  body = reply && g_str_has_prefix (reply, "HTTP/1.1 200") ? strstr (reply, "\r\n\r\n") : NULL;
  return body ? read_or_die (body + 4) : NULL;
}

void
hls_plain_stream (Synth * synth, guint seconds)
{
  synth_init (synth, 2);
  synth_add_video (synth, &(SynthVideo) {.source = 1,.start_pts90k = ASP_SECOND_90K,.frames = seconds * 25,
      .gop = 25});
  for (guint a = 0; a < 2; a++)
    synth_add_audio (synth, SYNTH_AUDIO_PID + a, 1, ASP_SECOND_90K - 500,
        (guint) (seconds * ASP_SECOND_90K / SYNTH_AUDIO_FRAME_90K), 1, 27000 / (a + 1));
}

void
hls_wait_segments (HlsFixture * f, guint n)
{
  for (guint i = 0; i < PATIENCE * 1000; i++) {
    g_autoptr (HlsPlaylist) list = hls_playlist (f);

    if (list && list->msn + list->segments->len >= n)
      return;
    g_usleep (10000);
  }
  g_error ("no %u segments after %u seconds", n, PATIENCE * 10);
}

GBytes *
hls_media (HlsFixture * f, const gchar * uri)
{
  g_autofree gchar *path = g_build_filename (f->folder, uri, NULL);
  gchar *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

void
hls_check_media (HlsFixture * f, const HlsPlaylist * list, guint * sources)
{
  gint cc[ASP_PID_COUNT];

  for (guint i = 0; i < ASP_PID_COUNT; i++)
    cc[i] = -1;
  for (guint i = 0; i < list->segments->len; i++) {
    const HlsReadSegment *segment = hls_segment (list, i);
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GArray) found = NULL;
    gsize size;
    const guint8 *data;

    if (segment->gap)
      continue;
    bytes = hls_media (f, segment->uri);
    data = g_bytes_get_data (bytes, &size);
    found = synth_read_segment (data, size, cc);
    g_assert_cmpuint (found->len, >, 0);
    if (sources)
      sources[i] = g_array_index (found, SynthFound, 0).source;
    for (guint k = 0; sources && k < found->len; k++)
      g_assert_cmpuint (g_array_index (found, SynthFound, k).source, ==, sources[i]);
  }
}

guint
hls_count_files (HlsFixture * f, const gchar * folder)
{
  g_autofree gchar *path = g_build_filename (f->folder, folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;
  guint n = 0;

  while (dir && (name = g_dir_read_name (dir))) {
    g_assert_false (g_str_has_suffix (name, ".part"));
    n++;
  }
  return n;
}
