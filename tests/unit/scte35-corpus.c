/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scte35-corpus.h"

#include "unit-support.h"

typedef void (*FileFunc) (JsonNode * root, gpointer user_data);

static void
for_each_file (const gchar * folder, const gchar * prefix, FileFunc func, gpointer user_data)
{
  gchar *path = test_corpus_dir (folder);
  GDir *dir = path ? g_dir_open (path, 0, NULL) : NULL;
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    JsonParser *parser;
    GError *error = NULL;
    gchar *file;

    if (!g_str_has_prefix (name, prefix) || !g_str_has_suffix (name, ".json"))
      continue;
    parser = json_parser_new ();
    file = g_build_filename (path, name, NULL);
    json_parser_load_from_file (parser, file, &error);
    g_assert_no_error (error);
    func (json_parser_get_root (parser), user_data);
    g_free (file);
    g_object_unref (parser);
  }
  g_clear_pointer (&dir, g_dir_close);
  g_free (path);
}

static void
take_vectors (JsonNode * root, gpointer user_data)
{
  JsonArray *array = json_node_get_array (root);

  for (guint i = 0; i < json_array_get_length (array); i++)
    json_array_add_element (user_data, json_node_copy (json_array_get_element (array, i)));
}

static void
take_facts (JsonNode * root, gpointer user_data)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  json_object_iter_init (&iter, json_node_get_object (root));
  while (json_object_iter_next (&iter, &name, &node))
    json_object_set_member (user_data, name, json_node_copy (node));
}

JsonArray *
scte35_corpus_vectors (void)
{
  JsonArray *all = json_array_new ();

  for_each_file ("scte35", "scte35-vectors-", take_vectors, all);
  return all;
}

JsonObject *
scte35_corpus_ts_facts (void)
{
  JsonObject *all = json_object_new ();

  for_each_file ("ts", "ts-facts-", take_facts, all);
  return all;
}
