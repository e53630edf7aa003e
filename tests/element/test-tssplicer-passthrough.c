/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DESIGN 6.9: outside a break a buffer comes out in the call in which it went in, and it is
 * the same memory; nothing is held, nothing is added.
 */
#include <string.h>

#include "ts-fixture.h"

/* --- bytes ------------------------------------------------------------------------ */

static void
check_identity (const Way * way, const GByteArray * ts)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_feed (f, ts);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  /* before EOS: nothing is held */
  fixture_assert_same (&f->out, ts);
  fixture_eos (f);
  fixture_assert_same (&f->out, ts);
  g_assert_cmpuint (fixture_count_states (f, "skipped"), ==, 0);
}

static void
test_clean (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();

  check_identity (way, ts);
}

static void
test_constant_rate (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;

  spec.muxrate = 400000;
  ts = media_make (&spec);
  check_identity (way, ts);
}

static void
test_garbage (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();

  media_insert_garbage (ts, 1000, 1);
  media_insert_garbage (ts, 700, 187);
  media_insert_garbage (ts, 300, 5000);
  media_insert_garbage (ts, 20, 189);
  check_identity (way, ts);
}

static void
test_cc_errors (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();

  for (guint i = 1; i < 10; i++) {
    media_lose_packet (ts, MEDIA_VIDEO_PID, i * 80);
    media_lose_packet (ts, MEDIA_AUDIO_PID, i * 90);
  }
  check_identity (way, ts);
}

/* From the middle of a packet on, before any table. */
static void
test_mid_stream (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();

  g_byte_array_remove_range (ts, 0, 77 * MEDIA_PACKET + 100);
  check_identity (way, ts);
}

static void
test_204 (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (GByteArray) long_ts = media_to_204 (ts);
  g_autoptr (Fixture) f = fixture_new (way, NULL);

  fixture_start (f, NULL, GST_FORMAT_BYTES);
  fixture_feed (f, long_ts);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_assert_same (&f->out, long_ts);
  /* "188-byte packets ...; 204-byte packets are refused with a message" */
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_WARNING), ==, 1);
}

static void
test_not_ts (const Way * way)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < 100000; i++) {
    guint8 byte = (guint8) (i * 131 >> 3);

    g_byte_array_append (bytes, &byte, 1);
  }
  check_identity (way, bytes);
}

/* A break that is 8 s ahead changes nothing before its time. */
static void
test_before_break (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=10+2");
  gsize part = ts->len / 2;

  fixture_feed_part (f, ts, 0, part);
  g_assert_cmpuint (f->out.bytes->len, ==, part);
  g_assert_cmpint (memcmp (f->out.bytes->data, ts->data, part), ==, 0);
}

/* --- memory and metadata ---------------------------------------------------------- */

#define N_PIECES 60
#define PIECE (7 * MEDIA_PACKET)

static GstBuffer *
make_piece (const GByteArray * ts, guint i)
{
  GstBuffer *buffer = gst_buffer_new_memdup (ts->data + i * PIECE, PIECE);

  GST_BUFFER_PTS (buffer) = i * GST_MSECOND * 10 + 3;
  GST_BUFFER_DTS (buffer) = i * GST_MSECOND * 10;
  GST_BUFFER_DURATION (buffer) = 10 * GST_MSECOND;
  GST_BUFFER_OFFSET (buffer) = i * PIECE;
  GST_BUFFER_OFFSET_END (buffer) = (i + 1) * PIECE;
  if (i % 5 == 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  if (i % 3 == 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_MARKER);
  return buffer;
}

static void
check_piece (const OutBuffer * out, guint i, GstMemory * memory, guint call)
{
  GstBufferFlags flags = (i % 5 == 0 ? GST_BUFFER_FLAG_DISCONT : 0) |
      (i % 3 == 0 ? GST_BUFFER_FLAG_DELTA_UNIT | GST_BUFFER_FLAG_MARKER : 0);

  g_assert_true (out->memory == memory);
  g_assert_cmpuint (out->call, ==, call);
  g_assert_cmpuint (out->size, ==, PIECE);
  g_assert_cmpuint (out->pts, ==, i * GST_MSECOND * 10 + 3);
  g_assert_cmpuint (out->dts, ==, i * GST_MSECOND * 10);
  g_assert_cmpuint (out->duration, ==, 10 * GST_MSECOND);
  g_assert_cmpuint (out->buffer_offset, ==, i * PIECE);
  g_assert_cmpuint (out->buffer_offset_end, ==, (i + 1) * PIECE);
  g_assert_cmphex (out->flags, ==, flags);
}

static void
check_same_buffers (const Way * way, gboolean lists, guint per_list)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstMemory *memory[N_PIECES];
  guint calls[N_PIECES];

  fixture_start (f, "video/mpegts,systemstream=true,packetsize=188", GST_FORMAT_TIME);
  for (guint i = 0; i < N_PIECES; i += per_list) {
    GstBufferList *list = lists ? gst_buffer_list_new () : NULL;

    f->call++;
    for (guint k = i; k < i + per_list; k++) {
      GstBuffer *buffer = make_piece (ts, k);

      memory[k] = gst_memory_ref (gst_buffer_peek_memory (buffer, 0));
      calls[k] = (guint) f->call;
      if (lists)
        gst_buffer_list_insert (list, -1, buffer);
      else
        g_assert_cmpint (gst_pad_push (f->h->srcpad, buffer), ==, GST_FLOW_OK);
    }
    if (lists)
      g_assert_cmpint (gst_pad_push_list (f->h->srcpad, list), ==, GST_FLOW_OK);
  }
  g_assert_cmpuint (f->out.buffers->len, ==, N_PIECES);
  for (guint i = 0; i < N_PIECES; i++) {
    const OutBuffer *out = &g_array_index (f->out.buffers, OutBuffer, i);

    check_piece (out, i, memory[i], calls[i]);
    g_assert_cmpint (out->in_list, ==, lists);
    gst_memory_unref (memory[i]);
  }
}

static void
test_same_memory (const Way * way)
{
  check_same_buffers (way, FALSE, 1);
}

static void
test_same_memory_list (const Way * way)
{
  check_same_buffers (way, TRUE, 12);
}

/* --- caps and events -------------------------------------------------------------- */

static void
test_caps_204_refused (const Way * way)
{
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/mpegts,systemstream=true,packetsize=204");
  GstPad *sink = GST_PAD_PEER (f->h->srcpad);
  GError *error = NULL;
  gchar *debug = NULL;

  g_assert_false (gst_pad_send_event (sink, gst_event_new_caps (caps)));
  g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), ==, 1);
  for (guint i = 0; i < f->messages->len; i++)
    if (GST_MESSAGE_TYPE (g_ptr_array_index (f->messages, i)) == GST_MESSAGE_ERROR)
      gst_message_parse_error (g_ptr_array_index (f->messages, i), &error, &debug);
  /* what happened, and what to do */
  g_assert_nonnull (strstr (error->message, "204"));
  g_assert_nonnull (strstr (error->message, "188"));
  g_assert_nonnull (debug);
  g_assert_null (fixture_event (&f->out, "caps", 0));
  g_clear_error (&error);
  g_free (debug);
}

static gchar *
event_types (const OutLog * log)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < log->events->len; i++)
    g_string_append_printf (text, "%s%s", i ? " " : "",
        GST_EVENT_TYPE_NAME (g_array_index (log->events, OutEvent, i).event));
  return g_string_free (text, FALSE);
}

static void
check_caps_out (Fixture * f)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (f->h->sinkpad);
  const GstStructure *s;
  gboolean systemstream = FALSE;
  gint size = 0;

  g_assert_nonnull (caps);
  s = gst_caps_get_structure (caps, 0);
  g_assert_cmpstr (gst_structure_get_name (s), ==, "video/mpegts");
  g_assert_true (gst_structure_get_boolean (s, "systemstream", &systemstream) && systemstream);
  g_assert_true (gst_structure_get_int (s, "packetsize", &size));
  g_assert_cmpint (size, ==, 188);
}

static void
test_no_caps (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autofree gchar *types = NULL;

  fixture_start (f, NULL, GST_FORMAT_BYTES);
  fixture_feed (f, ts);
  check_caps_out (f);
  types = event_types (&f->out);
  g_assert_cmpstr (types, ==, "stream-start caps segment");
  fixture_assert_same (&f->out, ts);
}

static void
test_event_order (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  g_autofree gchar *types = NULL;

  fixture_feed (f, ts);
  fixture_eos (f);
  check_caps_out (f);
  types = event_types (&f->out);
  g_assert_cmpstr (types, ==, "stream-start caps segment eos");
  g_assert_cmpuint (fixture_event (&f->out, "segment", 0)->offset, ==, 0);
  g_assert_cmpuint (fixture_event (&f->out, "eos", 0)->offset, ==, ts->len);
}

/* Events that are not ours go on once, at their place, and are the same objects. */
static void
test_events_forwarded (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, NULL);
  GstEvent *events[] = {
    gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "the programme", NULL)),
    gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty ("SomethingElse")),
    gst_event_new_gap (0, GST_SECOND),
    gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_OOB, gst_structure_new_empty ("OutOfBand")),
    gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, gst_structure_new_empty ("Sticky")),
  };
  guint before;

  fixture_feed_part (f, ts, 0, 100 * MEDIA_PACKET);
  before = f->out.events->len;
  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    g_assert_true (gst_pad_push_event (f->h->srcpad, gst_event_ref (events[i])));
  fixture_feed_part (f, ts, 100 * MEDIA_PACKET, ts->len);
  g_assert_cmpuint (f->out.events->len - before, ==, G_N_ELEMENTS (events));
  for (guint i = 0; i < G_N_ELEMENTS (events); i++) {
    const OutEvent *e = &g_array_index (f->out.events, OutEvent, before + i);

    g_assert_true (e->event == events[i]);
    g_assert_cmpuint (e->offset, ==, 100 * MEDIA_PACKET);
    gst_event_unref (events[i]);
  }
  fixture_assert_same (&f->out, ts);
}

static GstFlowReturn
answer_flow (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  gst_buffer_unref (buffer);
  return (GstFlowReturn) GPOINTER_TO_INT (gst_pad_get_element_private (pad));
}

/* What downstream answers is what upstream hears. */
static void
test_flow_returns (const Way * way)
{
  static const GstFlowReturn flows[] = { GST_FLOW_FLUSHING, GST_FLOW_EOS, GST_FLOW_NOT_LINKED, GST_FLOW_ERROR };
  g_autoptr (GByteArray) ts = media_make_network ();

  for (guint i = 0; i < G_N_ELEMENTS (flows); i++) {
    g_autoptr (Fixture) f = fixture_new (way, NULL);
    GstPad *downstream = gst_pad_new ("downstream", GST_PAD_SINK);

    gst_pad_set_element_private (downstream, GINT_TO_POINTER (flows[i]));
    gst_pad_set_chain_function (downstream, answer_flow);
    gst_pad_set_active (downstream, TRUE);
    fixture_feed_part (f, ts, 0, 70 * MEDIA_PACKET);
    g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
    gst_pad_unlink (f->out.pad, f->h->sinkpad);
    g_assert_cmpint (gst_pad_link (f->out.pad, downstream), ==, GST_PAD_LINK_OK);
    fixture_feed_part (f, ts, 70 * MEDIA_PACKET, ts->len);
    gst_pad_unlink (f->out.pad, downstream);
    gst_object_unref (downstream);
    g_assert_cmpint (f->flow, ==, flows[i]);
    /* what is normal is no error */
    g_assert_cmpuint (fixture_count_messages (f, GST_MESSAGE_ERROR), ==, 0);
  }
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/passthrough/clean", test_clean);
  fixture_add_tests ("/passthrough/constant-rate", test_constant_rate);
  fixture_add_tests ("/passthrough/garbage", test_garbage);
  fixture_add_tests ("/passthrough/cc-errors", test_cc_errors);
  fixture_add_tests ("/passthrough/mid-stream", test_mid_stream);
  fixture_add_tests ("/passthrough/packets-of-204", test_204);
  fixture_add_tests ("/passthrough/not-ts", test_not_ts);
  fixture_add_tests ("/passthrough/before-break", test_before_break);
  fixture_add_test ("/passthrough/same-memory", test_same_memory);
  fixture_add_test ("/passthrough/same-memory-list", test_same_memory_list);
  fixture_add_test ("/passthrough/caps-204-refused", test_caps_204_refused);
  fixture_add_tests ("/passthrough/no-caps", test_no_caps);
  fixture_add_tests ("/passthrough/event-order", test_event_order);
  fixture_add_tests ("/passthrough/events-forwarded", test_events_forwarded);
  fixture_add_test ("/passthrough/flow-returns", test_flow_returns);
  return fixture_run ();
}
