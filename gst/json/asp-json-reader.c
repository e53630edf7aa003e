/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-json-private.h"

G_DEFINE_QUARK (asp-json-error-quark, asp_json_error)

/* Depth is bounded by asp_json_scan(). */
static gsize
count_members (JsonNode * node)
{
  gsize n = 0;

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    JsonObjectIter iter;
    JsonNode *member;

    json_object_iter_init (&iter, json_node_get_object (node));
    while (json_object_iter_next (&iter, NULL, &member))
      n += 1 + count_members (member);
  } else if (JSON_NODE_HOLDS_ARRAY (node)) {
    JsonArray *array = json_node_get_array (node);

    for (guint i = 0; i < json_array_get_length (array); i++)
      n += count_members (json_array_get_element (array, i));
  }
  return n;
}

static JsonNode *
parse_tree (const gchar * text, gsize size, GError ** error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) why = NULL;

  if (json_parser_load_from_data (parser, text, (gssize) size, &why))
    return json_parser_steal_root (parser);
  g_set_error (error, ASP_JSON_ERROR, ASP_JSON_ERROR_SYNTAX, "JSON: %s", why->message);
  return NULL;
}

AspJson *
asp_json_parse (const gchar * text, gsize size, GError ** error)
{
  JsonNode *root;
  const gchar *bad = NULL;
  gsize members = 0;

  /* as empty GBytes have it */
  if (size == 0)
    text = "";
  if (size > ASP_JSON_SIZE_MAX) {
    g_set_error (error, ASP_JSON_ERROR, ASP_JSON_ERROR_SIZE,
        "JSON of %" G_GSIZE_FORMAT " bytes is larger than the %u that are taken", size,
        ASP_JSON_SIZE_MAX);
    return NULL;
  }
  if (!g_utf8_validate_len (text, size, &bad)) {
    g_set_error (error, ASP_JSON_ERROR, ASP_JSON_ERROR_UTF8,
        "JSON, byte %" G_GSIZE_FORMAT ": not UTF-8, as JSON has to be", (gsize) (bad - text) + 1);
    return NULL;
  }
  if (!asp_json_scan (text, size, &members, error))
    return NULL;
  root = parse_tree (text, size, error);
  /* of two equal names the tree has kept one */
  if (root && count_members (root) != members) {
    g_set_error (error, ASP_JSON_ERROR, ASP_JSON_ERROR_DUPLICATE,
        "JSON: an object has the same name twice; one of the two has to go");
    g_clear_pointer (&root, json_node_unref);
  }
  return (AspJson *) root;
}

void
asp_json_free (AspJson * root)
{
  if (root)
    json_node_unref (asp_json_node (root));
}

AspJsonKind
asp_json_kind (const AspJson * value)
{
  JsonNode *node = asp_json_node (value);

  if (!node || JSON_NODE_HOLDS_NULL (node))
    return ASP_JSON_NULL;
  if (JSON_NODE_HOLDS_OBJECT (node))
    return ASP_JSON_OBJECT;
  if (JSON_NODE_HOLDS_ARRAY (node))
    return ASP_JSON_ARRAY;
  switch (json_node_get_value_type (node)) {
    case G_TYPE_BOOLEAN:
      return ASP_JSON_BOOLEAN;
    case G_TYPE_INT64:
      return ASP_JSON_INTEGER;
    case G_TYPE_DOUBLE:
      return ASP_JSON_DOUBLE;
    default:
      return ASP_JSON_STRING;
  }
}

guint
asp_json_length (const AspJson * value)
{
  switch (asp_json_kind (value)) {
    case ASP_JSON_ARRAY:
      return json_array_get_length (json_node_get_array (asp_json_node (value)));
    case ASP_JSON_OBJECT:
      return json_object_get_size (json_node_get_object (asp_json_node (value)));
    default:
      return 0;
  }
}

const AspJson *
asp_json_element (const AspJson * array, guint index)
{
  if (asp_json_kind (array) != ASP_JSON_ARRAY || index >= asp_json_length (array))
    return NULL;
  return (const AspJson *) json_array_get_element (json_node_get_array (asp_json_node (array)),
      index);
}

const AspJson *
asp_json_member (const AspJson * object, const gchar * name)
{
  if (asp_json_kind (object) != ASP_JSON_OBJECT)
    return NULL;
  return (const AspJson *) json_object_get_member (json_node_get_object (asp_json_node (object)),
      name);
}

void
asp_json_foreach_member (const AspJson * object, AspJsonMemberFunc func, gpointer user_data)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *node;

  if (asp_json_kind (object) != ASP_JSON_OBJECT)
    return;
  json_object_iter_init_ordered (&iter, json_node_get_object (asp_json_node (object)));
  while (json_object_iter_next_ordered (&iter, &name, &node))
    func (name, (const AspJson *) node, user_data);
}

const gchar *
asp_json_string (const AspJson * value)
{
  return asp_json_kind (value) == ASP_JSON_STRING ?
      json_node_get_string (asp_json_node (value)) : NULL;
}

gboolean
asp_json_integer (const AspJson * value, gint64 * out)
{
  if (asp_json_kind (value) != ASP_JSON_INTEGER)
    return FALSE;
  *out = json_node_get_int (asp_json_node (value));
  return TRUE;
}

gboolean
asp_json_number (const AspJson * value, gdouble * out)
{
  switch (asp_json_kind (value)) {
    case ASP_JSON_INTEGER:
      *out = (gdouble) json_node_get_int (asp_json_node (value));
      return TRUE;
    case ASP_JSON_DOUBLE:
      *out = json_node_get_double (asp_json_node (value));
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
asp_json_boolean (const AspJson * value, gboolean * out)
{
  if (asp_json_kind (value) != ASP_JSON_BOOLEAN)
    return FALSE;
  *out = json_node_get_boolean (asp_json_node (value));
  return TRUE;
}
