/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hls-recorded.h"

#include <asp-json-reader.h>
#include <string.h>

gchar *
hls_recorded_read (const gchar * folder, const gchar * name, gsize * size)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  gchar *text = NULL;

  g_file_get_contents (path, &text, size, NULL);
  return text;
}

gboolean
hls_recorded_has (const gchar * folder, const gchar * name)
{
  g_autofree gchar *text = hls_recorded_read (folder, name, NULL);

  return text != NULL;
}

HlsPlaylist *
hls_recorded_list (const gchar * folder, const gchar * rendition, const gchar * name)
{
  g_autofree gchar *below = g_build_filename ("media/hls", rendition, name, NULL);
  g_autofree gchar *text = hls_recorded_read (folder, below, NULL);
  g_autoptr (GError) error = NULL;
  HlsPlaylist *list = text ? hls_read (text, &error) : NULL;

  if (text && !list)
    g_error ("%s in\n%s", error->message, text);
  return list;
}

GByteArray *
hls_recorded_media (const gchar * folder, const gchar * rendition, const HlsPlaylist * list)
{
  GByteArray *all = g_byte_array_new ();
  const HlsReadSegment *before = NULL;

  for (guint i = 0; i < list->segments->len; i++) {
    const HlsReadSegment *s = hls_segment (list, i);
    g_autofree gchar *below = g_build_filename ("media/hls", rendition, s->uri, NULL);
    gsize size;
    g_autofree gchar *bytes = s->gap ? NULL : hls_recorded_read (folder, below, &size);

    if (s->gap)
      continue;
    g_assert_nonnull (bytes);
    if (s->bytes > 0) {
      g_assert_cmpuint (s->offset, ==,
          before && !strcmp (before->uri, s->uri) ? before->offset + before->bytes : 0);
      g_assert_cmpuint (s->offset + s->bytes, <=, size);
    }
    g_byte_array_append (all, (guint8 *) bytes + s->offset, (guint) (s->bytes ? s->bytes : size));
    before = s;
  }
  return all;
}

gint64
hls_recorded_length_us (const HlsPlaylist * list)
{
  gint64 sum_us = 0;

  for (guint i = 0; i < list->segments->len; i++)
    sum_us += hls_segment (list, i)->duration_us;
  return sum_us;
}

guint
hls_recorded_discontinuities (const HlsPlaylist * list)
{
  guint n = 0;

  for (guint i = 0; i < list->segments->len; i++)
    n += hls_segment (list, i)->discontinuities;
  return n;
}

void
hls_recorded_check_lists (const gchar * folder, const gchar * rendition, const gchar * type, gint64 us)
{
  g_autoptr (HlsPlaylist) files = hls_recorded_list (folder, rendition, "playlist.m3u8");
  g_autoptr (HlsPlaylist) ranges = hls_recorded_list (folder, rendition, "byte-range-variant.m3u8");
  g_autoptr (GByteArray) by_file = NULL, by_range = NULL;
  g_autofree gchar *path = g_build_filename (folder, "media/hls", rendition, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n_files = 0, n_listed = 0;
  const gchar *name;

  g_assert_true (files && ranges && dir);
  g_assert_cmpstr (files->type, ==, type);
  g_assert_cmpstr (ranges->type, ==, type);
  g_assert_true (files->ended == !strcmp (type, "VOD") && files->ended == ranges->ended);
  g_assert_cmpint (ABS (hls_recorded_length_us (files) - us), <, 10);
  g_assert_cmpint (ABS (hls_recorded_length_us (ranges) - us), <, 10);
  g_assert_cmpuint (hls_recorded_discontinuities (files), ==, hls_recorded_discontinuities (ranges));
  by_file = hls_recorded_media (folder, rendition, files);
  by_range = hls_recorded_media (folder, rendition, ranges);
  g_assert_cmpmem (by_file->data, by_file->len, by_range->data, by_range->len);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_assert_false (g_str_has_suffix (name, ".part"));
    n_files += g_str_has_suffix (name, ".ts");
  }
  for (guint i = 0; i < files->segments->len; i++)
    n_listed += !hls_segment (files, i)->gap;
  g_assert_cmpuint (n_files, ==, n_listed);
}

void
hls_recorded_check_event (const gchar * folder, const gchar * name, const gchar * status, gint64 duration_ms)
{
  g_autofree gchar *below = g_build_filename ("events", name, NULL);
  g_autofree gchar *text = hls_recorded_read (folder, below, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (AspJson) root = NULL;
  const AspJson *hls;
  gint64 found_ms = -1;

  g_assert_nonnull (text);
  root = asp_json_parse (text, strlen (text), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (asp_json_string (asp_json_member (root, "recording_status")), ==, status);
  hls = asp_json_member (asp_json_member (root, "media"), "hls");
  asp_json_integer (asp_json_member (hls, "duration_ms"), &found_ms);
  g_assert_cmpint (found_ms, ==, duration_ms);
  g_assert_cmpstr (asp_json_string (asp_json_member (hls, "playlist")), ==, "master.m3u8");
}
