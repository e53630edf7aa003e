/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-private.h"

#include <string.h>

#include "asp-api-ivs-shapes.h"

#define RECORD_VERSION 1
#define ID_SIZE 12

void
asp_api_record_free (AspApiRecord * r)
{
  if (!r)
    return;
  g_free (r->key);
  asp_json_free (r->json);
  g_free (r);
}

/* What the store cannot do now is the server's fault, and is told. */
static gboolean
fail_store (GError ** error, GError * fault)
{
  if (g_error_matches (fault, ASP_STORE_ERROR, ASP_STORE_ERROR_VERSION) ||
      g_error_matches (fault, ASP_STORE_ERROR, ASP_STORE_ERROR_EXISTS))
    asp_api_fail (error, ASP_API_CONFLICT, "The resource was changed by somebody else at the same time: try again");
  else
    asp_api_fail (error, ASP_API_INTERNAL, "What is configured cannot be read or written: %s", fault->message);
  g_error_free (fault);
  return FALSE;
}

/* NULL with INTERNAL. */
static AspApiRecord *
read_record (const gchar * key, guint64 version, GBytes * value, GError ** error)
{
  g_autoptr (AspApiRecord) r = g_new0 (AspApiRecord, 1);
  gsize size;
  const gchar *text = g_bytes_get_data (value, &size);
  gint64 form = 0;

  r->key = g_strdup (key);
  r->version = version;
  r->json = asp_json_parse (text, size, NULL);
  asp_json_integer (asp_json_member (r->json, "version"), &form);
  if (form != RECORD_VERSION) {
    asp_api_fail (error, ASP_API_INTERNAL, "The store's entry '%s' is damaged or of a later version", key);
    return NULL;
  }
  r->resource = asp_json_member (r->json, "resource");
  r->tags = asp_json_member (r->json, "tags");
  return g_steal_pointer (&r);
}

AspApiRecord *
asp_api_record_load (AspApi * api, const gchar * folder, const gchar * id, GError ** error)
{
  g_autofree gchar *key = g_strconcat (folder, id, NULL);
  g_autoptr (GBytes) value = NULL;
  GError *fault = NULL;
  guint64 version;

  if (asp_store_get (api->store, key, &value, &version, &fault))
    return read_record (key, version, value, error);
  if (g_error_matches (fault, ASP_STORE_ERROR, ASP_STORE_ERROR_ABSENT) ||
      g_error_matches (fault, ASP_STORE_ERROR, ASP_STORE_ERROR_VALUE))
    g_error_free (fault);
  else
    fail_store (error, fault);
  return NULL;
}

GPtrArray *
asp_api_record_all (AspApi * api, const gchar * folder, GError ** error)
{
  GError *fault = NULL;
  g_autoptr (GPtrArray) items = asp_store_get_all (api->store, folder, 0, &fault);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_api_record_free);

  if (!items) {
    fail_store (error, fault);
    return NULL;
  }
  for (guint i = 0; i < items->len; i++) {
    const AspStoreItem *item = g_ptr_array_index (items, i);
    AspApiRecord *r = read_record (item->key, item->version, item->value, error);

    if (!r)
      return NULL;
    g_ptr_array_add (all, r);
  }
  return g_steal_pointer (&all);
}

AspJsonWriter *
asp_api_record_begin (void)
{
  AspJsonWriter *w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "version", RECORD_VERSION);
  asp_json_begin_object (w, "resource");
  return w;
}

GBytes *
asp_api_record_finish (AspJsonWriter * w, const AspJson * tags, const gchar * key_pem)
{
  GBytes *value;
  const gchar *text;

  asp_json_end_object (w);
  asp_json_begin_object (w, "tags");
  asp_api_copy_members (w, tags, NULL);
  asp_json_end_object (w);
  if (key_pem)
    asp_json_add_string (w, "key", key_pem);
  asp_json_end_object (w);
  text = asp_json_writer_text (w);
  value = g_bytes_new (text, strlen (text));
  asp_json_writer_free (w);
  return value;
}

gboolean
asp_api_record_add (AspApi * api, const gchar * folder, const gchar * id, GBytes * value, GError ** error)
{
  g_autofree gchar *key = g_strconcat (folder, id, NULL);
  GError *fault = NULL;

  return asp_store_put_if_absent (api->store, key, value, 0, NULL, &fault) || fail_store (error, fault);
}

gboolean
asp_api_record_replace (AspApi * api, const AspApiRecord * r, GBytes * value, GError ** error)
{
  GError *fault = NULL;

  return asp_store_put_if_version (api->store, r->key, r->version, value, 0, NULL, &fault) ||
      fail_store (error, fault);
}

gboolean
asp_api_record_delete (AspApi * api, const AspApiRecord * r, GError ** error)
{
  return asp_api_record_replace (api, r, NULL, error);
}

static void
copy_member (const gchar * name, const AspJson * value, gpointer w)
{
  asp_json_add_value (w, name, value);
}

void
asp_api_copy_members (AspJsonWriter * w, const AspJson * object, const gchar * const *members)
{
  if (!members)
    asp_json_foreach_member (object, copy_member, w);
  for (; members && *members; members++) {
    const AspJson *value = asp_json_member (object, *members);

    if (asp_json_kind (value) != ASP_JSON_NULL)
      asp_json_add_value (w, *members, value);
  }
}

void
asp_api_record_write (AspJsonWriter * w, const AspApiRecord * r)
{
  asp_api_copy_members (w, r->resource, NULL);
  asp_json_begin_object (w, "tags");
  asp_api_copy_members (w, r->tags, NULL);
  asp_json_end_object (w);
}

const gchar *
asp_api_record_string (const AspApiRecord * r, const gchar * member)
{
  return asp_json_string (asp_json_member (r->resource, member));
}

gchar *
asp_api_new_id (void)
{
  static const gchar letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  gchar *id = g_new0 (gchar, ID_SIZE + 1);

  for (guint i = 0; i < ID_SIZE; i++)
    id[i] = letters[g_random_int_range (0, sizeof letters - 1)];
  return id;
}

/* --- names of resources ------------------------------------------------------------------- */

gchar *
asp_api_id_of (AspApi * api, const gchar * text, const gchar * service, const gchar * type)
{
  g_autoptr (AspApiArn) arn = text ? asp_api_arn_parse (text) : NULL;

  if (!arn || !asp_api_arn_is (arn, service, type, api->region ? api->region : arn->region,
          api->account ? api->account : arn->account))
    return NULL;
  return g_strdup (arn->id);
}

gchar *
asp_api_arn_of (AspApi * api, const gchar * service, const gchar * type, const gchar * id)
{
  return g_strdup_printf ("arn:aws:%s:%s:%s:%s/%s", service, ASP_API_REGION (api), ASP_API_ACCOUNT (api),
      type, id);
}

/* --- pages ---------------------------------------------------------------------------------- */

gboolean
asp_api_page_begin (AspApiPage * page, const gchar * next_token, gint64 max, GError ** error)
{
  g_autofree guchar *bytes = NULL;
  gsize size = 0;

  page->max = (guint) max;
  page->after = NULL;
  if (!next_token) {
    page->after = g_strdup ("");
    return TRUE;
  }
  if (*next_token)
    bytes = g_base64_decode (next_token, &size);
  if (size < 2 || bytes[0] != '1' || !g_utf8_validate ((gchar *) bytes, (gssize) size, NULL))
    return asp_api_fail (error, ASP_API_VALIDATION, "The token of the next page is none that was given out here");
  page->after = g_strndup ((gchar *) bytes + 1, size - 1);
  return TRUE;
}

gchar *
asp_api_page_token (const gchar * last_id)
{
  g_autofree gchar *text = g_strconcat ("1", last_id, NULL);

  return g_base64_encode ((const guchar *) text, strlen (text));
}

gboolean
asp_api_page_of_call (AspApiPage * page, const AspApiCall * call, GError ** error)
{
  gint64 max = ASP_API_RESULTS_MAX;

  asp_json_integer (asp_json_member (call->body, "maxResults"), &max);
  return asp_api_page_begin (page, asp_json_string (asp_json_member (call->body, "nextToken")), max, error);
}

gboolean
asp_api_list_folder (AspApi * api, const AspApiCall * call, AspJsonWriter * w, const gchar * folder,
    const gchar * name, GError ** error)
{
  g_autoptr (GPtrArray) all = NULL;
  g_autofree gchar *after = NULL;
  g_autofree gchar *token = NULL;
  AspApiPage page;
  guint n = 0;

  if (!asp_api_page_of_call (&page, call, error))
    return FALSE;
  after = page.after;
  if (!(all = asp_api_record_all (api, folder, error)))
    return FALSE;
  asp_json_begin_array (w, name);
  for (guint i = 0; i < all->len && !token; i++) {
    const AspApiRecord *r = g_ptr_array_index (all, i);
    const gchar *id = r->key + strlen (folder);

    if (strcmp (id, after) <= 0)
      continue;
    asp_json_begin_object (w, NULL);
    asp_api_record_write (w, r);
    asp_json_end_object (w);
    if (++n == page.max && i + 1 < all->len)
      token = asp_api_page_token (id);
  }
  asp_json_end_array (w);
  if (token)
    asp_json_add_string (w, "nextToken", token);
  return TRUE;
}
