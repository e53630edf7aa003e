/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bin-fixture.h"

#include <string.h>

#include "scratch.h"

gchar *
bench_write_creative (Bench * b, const gchar * name, guint source, guint frames)
{
  g_autoptr (GByteArray) ts = media_make_creative (source, frames);
  gchar *path = g_build_filename (b->folder, name, NULL);

  g_assert_true (g_file_set_contents (path, (const gchar *) ts->data, (gssize) ts->len, NULL));
  return path;
}

/* Creatives two.ts, three.ts (3 s and 2 s) and slate.ts (4 s) lie in the folder. */
void
bench_init (Bench * b, const Way * way, guint pairs)
{
  g_autofree gchar *two = NULL, *three = NULL, *slate = NULL, *uris = NULL;

  memset (b, 0, sizeof *b);
  b->folder = scratch_folder_new ("adsplicebin");
  two = bench_write_creative (b, "two.ts", 2, 75);
  three = bench_write_creative (b, "three.ts", 3, 50);
  slate = bench_write_creative (b, "slate.ts", 4, 40);
  b->bin = gst_object_ref_sink (gst_element_factory_make ("adsplicebin", NULL));
  g_assert_nonnull (b->bin);
  uris = g_strdup_printf ("%s, %s", two, three);
  g_object_set (b->bin, "creative-uris", uris, "lead-time", (guint64) 0, NULL);
  b->bus = gst_bus_new ();
  gst_element_set_bus (b->bin, b->bus);
  b->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_structure_free);
  b->ts = media_make_network ();
  for (guint i = 0; i < pairs; i++)
    b->f[i] = fixture_new_pair (way, b->bin, i);
}

void
bench_set (Bench * b, const gchar * name, const gchar * value)
{
  gst_util_set_object_arg (G_OBJECT (b->bin), name, value);
}

void
bench_clear (Bench * b)
{
  gst_element_set_state (b->bin, GST_STATE_NULL);
  for (guint i = 0; i < PAIRS_MAX; i++)
    fixture_free (b->f[i]);
  gst_element_set_bus (b->bin, NULL);
  gst_bus_set_flushing (b->bus, TRUE);
  gst_object_unref (b->bus);
  g_assert_cmpuint (GST_ELEMENT (b->bin)->numpads, ==, 0);
  g_assert_cmpint (GST_BIN_NUMCHILDREN (b->bin), ==, 0);
  g_assert_cmpint (GST_OBJECT_REFCOUNT_VALUE (b->bin), ==, 1);
  gst_object_unref (b->bin);
  g_ptr_array_unref (b->messages);
  g_byte_array_unref (b->ts);
  g_free (b->folder);
}

void
bench_take_messages (Bench * b)
{
  GstMessage *m;

  while ((m = gst_bus_pop (b->bus))) {
    b->errors += GST_MESSAGE_TYPE (m) == GST_MESSAGE_ERROR;
    b->warnings += GST_MESSAGE_TYPE (m) == GST_MESSAGE_WARNING;
    if (GST_MESSAGE_TYPE (m) == GST_MESSAGE_ELEMENT) {
      g_assert_true (GST_MESSAGE_SRC (m) == GST_OBJECT (b->bin));
      g_ptr_array_add (b->messages, gst_structure_copy (gst_message_get_structure (m)));
    }
    gst_message_unref (m);
  }
}

const GstStructure *
bench_find_message (Bench * b, const gchar * name, const gchar * state, guint index)
{
  bench_take_messages (b);
  for (guint i = 0; i < b->messages->len; i++) {
    const GstStructure *s = g_ptr_array_index (b->messages, i);

    if (gst_structure_has_name (s, name) && (!state || !g_strcmp0 (gst_structure_get_string (s, "state"), state)) &&
        index-- == 0)
      return s;
  }
  return NULL;
}

guint
bench_count_states (Bench * b, const gchar * state)
{
  guint n = 0;

  while (bench_find_message (b, "ad-break-state-change", state, n))
    n++;
  return n;
}

/* Of pair @pair, in pieces of a second, so that neither side runs away from the other. */
void
bench_feed_all (Bench * b, guint pairs)
{
  gsize step = b->ts->len / 12 / 188 * 188;

  for (gsize at = 0; at < b->ts->len; at += step)
    for (guint i = 0; i < pairs; i++)
      fixture_feed_part (b->f[i], b->ts, at, MIN (at + step, b->ts->len));
  for (guint i = 0; i < pairs; i++)
    fixture_eos (b->f[i]);
}

void
bench_assert_pictures (Bench * b, guint pair, const gchar * runs)
{
  g_autoptr (Reading) r = fixture_read (&b->f[pair]->out);

  reading_assert_pictures (r, runs);
  reading_assert_seamless (r);
}
