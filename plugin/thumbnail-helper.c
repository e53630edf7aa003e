/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adsplice-thumbnail BYTES < SEGMENT.ts > PICTURE.jpg: the first picture of a transport stream, of
 * which so many bytes are read. hlsadsink starts it for recordings. Exit code: 0, 1 (no picture
 * can be made of it), 2 (an element is not installed; standard error says which).
 */
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define BYTES_MAX (16 * 1024 * 1024)    /* a key frame is in it */
#define FD_MAX 1024
#define CPU_SECONDS 10
#define MEMORY_MAX (2048ul * 1024 * 1024)
#define PICTURE_TIMEOUT (10 * GST_SECOND)

/* Square pixels, as everything that shows a JPEG expects. */
static const gchar description[] =
    "appsrc name=in caps=video/mpegts,systemstream=true format=bytes ! tsdemux ! "
    "video/x-h264;video/x-h265;video/mpeg ! decodebin ! videoconvert ! videoscale ! "
    "video/x-raw,pixel-aspect-ratio=1/1 ! jpegenc snapshot=true ! appsink name=out sync=false";

/* It shares nothing with the program that has started it, and gets in nobody's way. */
static void
settle (void)
{
  const struct rlimit cpu = { CPU_SECONDS, CPU_SECONDS };

  for (int fd = 3; fd < FD_MAX; fd++)
    close (fd);
  if (nice (19) == -1)
    fputs ("priority stays\n", stderr);
  setrlimit (RLIMIT_CPU, &cpu);
#if !defined (__SANITIZE_ADDRESS__) && !defined (__SANITIZE_THREAD__)
  {
    const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };

    setrlimit (RLIMIT_AS, &memory);
  }
#endif
  unsetenv ("GST_DEBUG_FILE");
  unsetenv ("GST_TRACERS");
  /* whoever has started it has just read the registry */
  setenv ("GST_REGISTRY_UPDATE", "no", 0);
}

static GstBuffer *
read_segment (gsize size)
{
  guint8 *data = g_malloc (size);
  gsize n = fread (data, 1, size, stdin);

  return gst_buffer_new_wrapped_full (0, data, size, 0, n, data, g_free);
}

static int
fail (GstElement * pipeline)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;
  int code = 1;

  if (message) {
    gst_message_parse_error (message, &error, NULL);
    fprintf (stderr, "%s\n", error->message);
    if (g_error_matches (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN) ||
        g_error_matches (error, GST_STREAM_ERROR, GST_STREAM_ERROR_CODEC_NOT_FOUND))
      code = 2;
    gst_message_unref (message);
  }
  gst_object_unref (bus);
  return code;
}

static int
run (GstElement * pipeline, gsize size)
{
  GstElement *in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  GstElement *out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  GstSample *picture;
  GstMapInfo map;
  int code = 1;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  gst_app_src_push_buffer (GST_APP_SRC (in), read_segment (size));
  gst_app_src_end_of_stream (GST_APP_SRC (in));
  picture = gst_app_sink_try_pull_sample (GST_APP_SINK (out), PICTURE_TIMEOUT);
  if (!picture) {
    code = fail (pipeline);
  } else if (gst_buffer_map (gst_sample_get_buffer (picture), &map, GST_MAP_READ)) {
    code = fwrite (map.data, 1, map.size, stdout) == map.size && fflush (stdout) == 0 ? 0 : 1;
    gst_buffer_unmap (gst_sample_get_buffer (picture), &map);
  }
  if (picture)
    gst_sample_unref (picture);
  gst_object_unref (in);
  gst_object_unref (out);
  return code;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  guint64 size;
  GstElement *pipeline;
  int code;

  if (argc != 2 || !g_ascii_string_to_unsigned (argv[1], 10, 1, G_MAXUINT64, &size, NULL)) {
    fprintf (stderr, "usage: adsplice-thumbnail BYTES < SEGMENT.ts > PICTURE.jpg\n");
    return 1;
  }
  settle ();
  gst_init (NULL, NULL);
  pipeline = gst_parse_launch (description, &error);
  if (error || !pipeline) {
    fprintf (stderr, "%s\n", error ? error->message : "no pipeline");
    return 2;
  }
  code = run (pipeline, (gsize) MIN (size, BYTES_MAX));
  /* decoders end with the process */
  fflush (stderr);
  _exit (code);
}
