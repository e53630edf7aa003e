/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice on real streams, each with itself as its creative, which fits by nature: no crash, the
 * network's side untouched, counters and clock no worse than they came, output independent of
 * how the input is cut. What is seen and heard is for tests/pipeline/corpus.sh. */
#include "splice-media.h"
#include "splice-run.h"
#include "unit-support.h"

#include <string.h>

#include <asp-ts-packet.h>

typedef struct
{
  AspReturnPolicy return_policy;
  AspOutPoint out_point;
  gboolean drop_nulls;
  gsize chunk;
} Way;

static const Way ways[] = {
  {ASP_RETURN_NEAREST, ASP_OUT_IDR, FALSE, 1316},
  {ASP_RETURN_FILL, ASP_OUT_ANCHOR, FALSE, 1000},
  {ASP_RETURN_HOLD, ASP_OUT_IDR, TRUE, 65536},
};

static GByteArray *
splice (const guint8 * data, gsize size, const Way * way, gsize chunk, gchar ** reports)
{
  g_autoptr (SpliceRun) run = splice_run_new ();
  GByteArray *out;

  run->config.want_network = TRUE;
  run->config.return_policy = way->return_policy;
  run->config.out_point = way->out_point;
  run->config.drop_nulls = way->drop_nulls;
  /* whole, and without its end */
  splice_run_add_creative (run, data, size, 0, TRUE);
  splice_run_add_creative (run, data, size / 2 / ASP_TS_SIZE * ASP_TS_SIZE, 4096, TRUE);
  if (way->return_policy == ASP_RETURN_FILL)
    splice_run_set_slate (run, data, size);
  splice_run_start (run);
  asp_splicer_schedule (run->s, 0, ASP_SECOND_90K / 2);
  asp_splicer_schedule (run->s, 3 * ASP_SECOND_90K / 2, ASP_SECOND_90K);
  asp_splicer_schedule (run->s, 4 * ASP_SECOND_90K, 3 * ASP_SECOND_90K);
  splice_run_feed_chunks (run, data, size, chunk, FALSE);
  splice_run_finish (run);
  g_assert_cmpmem (run->network->data, run->network->len, data, size);
  *reports = g_strdup (run->reports->str);
  out = g_steal_pointer (&run->out);
  run->out = g_byte_array_new ();
  return out;
}

static void
check_file (const guint8 * data, gsize size, const Way * way)
{
  g_autofree gchar *reports = NULL, *again = NULL;
  g_autoptr (GByteArray) out = splice (data, size, way, way->chunk, &reports), other = NULL;
  g_autoptr (SpliceContent) in_content = splice_content_read (data, size, 0x1ffe, 0x1ff0);
  g_autoptr (SpliceContent) out_content = splice_content_read (out->data, out->len, 0x1ffe, 0x1ff0);

  g_test_message ("%s", reports);
  g_assert_cmpuint (out_content->cc_errors, <=, in_content->cc_errors);
  g_assert_cmpuint (out_content->pcr_backwards, <=, in_content->pcr_backwards);
  other = splice (data, size, way, 188 * 3 + 11, &again);
  g_assert_cmpstr (again, ==, reports);
  g_assert_cmpmem (other->data, other->len, out->data, out->len);
}

static void
test_file (gconstpointer path)
{
  g_autofree gchar *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    check_file ((const guint8 *) data, size, &ways[i]);
}

static void
test_no_corpus (void)
{
  g_test_skip ("there is no corpus of real streams (ADSPLICE_CORPUS)");
}

static gint
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

int
main (int argc, char **argv)
{
  g_autofree gchar *folder = NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = NULL;
  const gchar *name;

  g_test_init (&argc, &argv, NULL);
  folder = test_corpus_dir ("ts");
  dir = folder ? g_dir_open (folder, 0, NULL) : NULL;
  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, ".ts"))
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (paths, by_name);
  for (guint i = 0; i < paths->len; i++) {
    g_autofree gchar *base = g_path_get_basename (g_ptr_array_index (paths, i));
    g_autofree gchar *test = g_strconcat ("/splice/corpus/", base, NULL);

    g_test_add_data_func (test, g_ptr_array_index (paths, i), test_file);
  }
  if (paths->len == 0)
    g_test_add_func ("/splice/corpus", test_no_corpus);
  return g_test_run ();
}
