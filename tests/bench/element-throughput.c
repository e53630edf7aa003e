/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * element-throughput FILE.ts LAUNCH-DESCRIPTION...
 *
 * What one TS element costs without a source, a queue or a sink around it: the file is
 * in memory and is pushed into each description (`identity`, `tssplicer`, `tsparse`) as
 * single buffers of seven packets, as lists of them, and in the odd chunks of a file.
 * Prints nanoseconds of CPU for each packet of 188 bytes; the best of five passes.
 */
#include <gst/gst.h>
#include <time.h>

#define PASSES 5
#define PACKET 188
#define DATAGRAM (7 * PACKET)
#define LIST_LENGTH 16          /* datagrams in a list: what udpsrc gets under load */

typedef enum
{
  SHAPE_DATAGRAMS,
  SHAPE_LISTS,
  SHAPE_FILE,
} Shape;

static const struct
{
  const gchar *name;
  gsize chunk;
} shapes[] = {
  [SHAPE_DATAGRAMS] = {"7 packets", DATAGRAM},
  [SHAPE_LISTS] = {"lists", DATAGRAM},
  [SHAPE_FILE] = {"4096 bytes", 4096},
};

/* Of all threads: an element that hands its work on does not get away with it. */
static gint64
cpu_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return (gint64) t.tv_sec * 1000000000 + t.tv_nsec;
}

static GstFlowReturn
drop (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static GstFlowReturn
drop_list (GstPad * pad, GstObject * parent, GstBufferList * list)
{
  gst_buffer_list_unref (list);
  return GST_FLOW_OK;
}

/* Pushes the whole of @memory; the pad takes over every buffer. */
static GstFlowReturn
push_all (GstPad * pad, GstMemory * memory, gsize size, Shape shape)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstBufferList *list = NULL;
  gsize at;

  for (at = 0; at < size && flow == GST_FLOW_OK; at += shapes[shape].chunk) {
    GstBuffer *buffer = gst_buffer_new ();

    gst_buffer_append_memory (buffer,
        gst_memory_share (memory, at, MIN (shapes[shape].chunk, size - at)));
    if (shape != SHAPE_LISTS) {
      flow = gst_pad_push (pad, buffer);
      continue;
    }
    if (!list)
      list = gst_buffer_list_new_sized (LIST_LENGTH);
    gst_buffer_list_add (list, buffer);
    if (gst_buffer_list_length (list) == LIST_LENGTH)
      flow = gst_pad_push_list (pad, g_steal_pointer (&list));
  }
  if (list)
    flow = gst_pad_push_list (pad, list);
  return flow;
}

/* One pass through a fresh element; nanoseconds, or -1 with a message printed. */
static gint64
one_pass (const gchar * description, GstMemory * memory, gsize size, Shape shape)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/mpegts,systemstream=true,packetsize=188");
  GstElement *element = gst_parse_bin_from_description (description, TRUE, &error);
  GstPad *src = gst_pad_new ("out", GST_PAD_SRC), *sink = gst_pad_new ("in", GST_PAD_SINK);
  g_autoptr (GstPad) into = NULL;
  g_autoptr (GstPad) from = NULL;
  GstSegment segment;
  GstFlowReturn flow = GST_FLOW_ERROR;
  gint64 begin_ns = 0, end_ns = 0;

  if (!element) {
    g_printerr ("%s: %s\n", description, error->message);
    goto done;
  }
  gst_object_ref_sink (element);
  gst_pad_set_chain_function (sink, drop);
  gst_pad_set_chain_list_function (sink, drop_list);
  into = gst_element_get_static_pad (element, "sink");
  from = gst_element_get_static_pad (element, "src");
  if (!into || !from || gst_pad_link (src, into) != GST_PAD_LINK_OK
      || gst_pad_link (from, sink) != GST_PAD_LINK_OK) {
    g_printerr ("%s: has no sink and src pad for MPEG-TS\n", description);
    goto done;
  }
  gst_pad_set_active (sink, TRUE);
  gst_pad_set_active (src, TRUE);
  gst_element_set_state (element, GST_STATE_PLAYING);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (src, gst_event_new_stream_start ("bench"));
  gst_pad_push_event (src, gst_event_new_caps (caps));
  gst_pad_push_event (src, gst_event_new_segment (&segment));

  begin_ns = cpu_ns ();
  flow = push_all (src, memory, size, shape);
  end_ns = cpu_ns ();
  if (flow != GST_FLOW_OK)
    g_printerr ("%s: stopped with %s\n", description, gst_flow_get_name (flow));
  gst_pad_push_event (src, gst_event_new_eos ());
  gst_element_set_state (element, GST_STATE_NULL);

done:
  gst_pad_set_active (src, FALSE);
  gst_pad_set_active (sink, FALSE);
  gst_object_unref (src);
  gst_object_unref (sink);
  gst_clear_object (&element);
  return flow == GST_FLOW_OK ? end_ns - begin_ns : -1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *data = NULL;
  GstMemory *memory;
  gsize size;
  int i;
  guint shape;

  gst_init (&argc, &argv);
  if (argc < 3) {
    g_printerr ("usage: element-throughput FILE.ts LAUNCH-DESCRIPTION...\n");
    return 2;
  }
  if (!g_file_get_contents (argv[1], &data, &size, &error)) {
    g_printerr ("%s\n", error->message);
    return 2;
  }
  if (size < PACKET) {
    g_printerr ("%s is shorter than one packet\n", argv[1]);
    return 2;
  }
  memory = gst_memory_new_wrapped (GST_MEMORY_FLAG_READONLY, data, size, 0, size, NULL, NULL);
  for (i = 2; i < argc; i++) {
    for (shape = 0; shape < G_N_ELEMENTS (shapes); shape++) {
      gint64 best_ns = G_MAXINT64;
      guint pass;

      for (pass = 0; pass < PASSES; pass++) {
        gint64 ns = one_pass (argv[i], memory, size, shape);

        if (ns < 0)
          return 1;
        best_ns = MIN (best_ns, ns);
      }
      g_print ("%-40s %-10s %8.1f ns/packet\n", argv[i], shapes[shape].name,
          (double) best_ns / (double) (size / PACKET));
    }
  }
  gst_memory_unref (memory);
  gst_deinit ();
  return 0;
}
