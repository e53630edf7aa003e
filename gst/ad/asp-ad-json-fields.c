/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ad-json-private.h"

static void add_list (AspJsonWriter * w, const AspAdField * field, const GPtrArray * list);

static void
add_offset (AspJsonWriter * w, const gchar * name, const AspAdOffset * offset)
{
  g_autofree gchar *time = g_strconcat (name, "_90k", NULL);
  g_autofree gchar *percent = g_strconcat (name, "_percent", NULL);

  if (offset->at_90k >= 0)
    asp_json_add_int (w, time, offset->at_90k);
  if (offset->percent >= 0)
    asp_json_add_double (w, percent, offset->percent);
}

static void
add_field (AspJsonWriter * w, const AspAdField * field, gconstpointer object)
{
  gpointer at = asp_ad_field (object, field);

  switch (field->kind) {
    case ASP_AD_FIELD_TEXT:
      if (*(gchar **) at && **(gchar **) at)
        asp_json_add_string (w, field->name, *(gchar **) at);
      break;
    case ASP_AD_FIELD_INT:
      if (*(gint *) at > 0)
        asp_json_add_int (w, field->name, *(gint *) at);
      break;
    case ASP_AD_FIELD_INT64:
      if (*(gint64 *) at > 0)
        asp_json_add_int (w, field->name, *(gint64 *) at);
      break;
    case ASP_AD_FIELD_BOOLEAN:
      if (*(gboolean *) at)
        asp_json_add_boolean (w, field->name, TRUE);
      break;
    case ASP_AD_FIELD_LIST:
      if (asp_ad_part_list_length (*(GPtrArray **) at) > 0)
        add_list (w, field, *(GPtrArray **) at);
      break;
    case ASP_AD_FIELD_OFFSET:
      add_offset (w, field->name, at);
      break;
  }
}

void
asp_ad_json_add_fields (AspJsonWriter * w, const AspAdType * type, gconstpointer object)
{
  if (type->kinds && *(const guint *) object < type->n_kinds)
    asp_json_add_string (w, "kind", type->kinds[*(const guint *) object]);
  for (guint i = 0; i < type->n_fields; i++)
    add_field (w, &type->fields[i], object);
}

static void
add_list (AspJsonWriter * w, const AspAdField * field, const GPtrArray * list)
{
  asp_json_begin_array (w, field->name);
  for (guint i = 0; i < list->len; i++) {
    asp_json_begin_object (w, NULL);
    asp_ad_json_add_fields (w, field->of, g_ptr_array_index (list, i));
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

static gboolean
refuse (GError ** error, const gchar * name, const gchar * what)
{
  g_set_error (error, ASP_AD_ERROR, ASP_AD_ERROR_VALUE, "%s is not %s", name, what);
  return FALSE;
}

static gboolean
read_number (const AspJson * value, const AspAdField * field, gpointer at, GError ** error)
{
  gint64 number = 0;

  if (value && (!asp_json_integer (value, &number) || number < 0))
    return refuse (error, field->name, "a whole number of 0 or more");
  if (field->kind == ASP_AD_FIELD_INT64)
    *(gint64 *) at = number;
  else if (number <= G_MAXINT)
    *(gint *) at = (gint) number;
  else
    return refuse (error, field->name, "so great");
  return TRUE;
}

static gboolean
read_offset (const AspJson * object, const gchar * name, AspAdOffset * offset, GError ** error)
{
  g_autofree gchar *time = g_strconcat (name, "_90k", NULL);
  g_autofree gchar *percent = g_strconcat (name, "_percent", NULL);
  const AspJson *at = asp_json_member (object, time), *part = asp_json_member (object, percent);

  if (at && (!asp_json_integer (at, &offset->at_90k) || offset->at_90k < 0))
    return refuse (error, time, "a number of ticks");
  if (part && (!asp_json_number (part, &offset->percent) || offset->percent < 0))
    return refuse (error, percent, "a percentage");
  return TRUE;
}

static gboolean
read_list (const AspJson * array, const AspAdField * field, GPtrArray ** list, GError ** error)
{
  guint n = asp_json_length (array);

  if (asp_json_kind (array) == ASP_JSON_NULL)
    return TRUE;
  if (asp_json_kind (array) != ASP_JSON_ARRAY || n > ASP_AD_PARTS_MAX)
    return refuse (error, field->name, "an array of at most 4096 elements");
  for (guint i = 0; i < n; i++) {
    gpointer part = asp_ad_part_new (field->of);

    asp_ad_part_list_add (list, part);
    if (!asp_ad_json_read_fields (asp_json_element (array, i), field->of, part, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_field (const AspJson * object, const AspAdField * field, gpointer to, GError ** error)
{
  const AspJson *value = asp_json_member (object, field->name);
  gpointer at = asp_ad_field (to, field);

  switch (field->kind) {
    case ASP_AD_FIELD_TEXT:
      *(gchar **) at = g_strdup (asp_json_string (value));
      return TRUE;
    case ASP_AD_FIELD_INT:
    case ASP_AD_FIELD_INT64:
      return read_number (value, field, at, error);
    case ASP_AD_FIELD_BOOLEAN:
      asp_json_boolean (value, at);
      return TRUE;
    case ASP_AD_FIELD_LIST:
      return read_list (value, field, at, error);
    case ASP_AD_FIELD_OFFSET:
      return read_offset (object, field->name, at, error);
  }
  return TRUE;
}

gboolean
asp_ad_json_read_fields (const AspJson * object, const AspAdType * type, gpointer to,
    GError ** error)
{
  const gchar *kind = asp_json_string (asp_json_member (object, "kind"));

  if (asp_json_kind (object) != ASP_JSON_OBJECT)
    return refuse (error, "a part of an ad", "an object");
  for (guint i = 0; kind && i < type->n_kinds; i++)
    if (!strcmp (kind, type->kinds[i]))
      *(guint *) to = i;
  for (guint i = 0; i < type->n_fields; i++)
    if (!read_field (object, &type->fields[i], to, error))
      return FALSE;
  return TRUE;
}
