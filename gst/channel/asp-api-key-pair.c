/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-private.h"

#include <asp-public-key.h>

#include "asp-api-ivs-shapes.h"

#define TYPE "playback-key"

static AspApiRecord *
load (AspApi * api, const AspApiCall * call, GError ** error)
{
  const gchar *arn = asp_json_string (asp_json_member (call->body, "arn"));
  g_autofree gchar *id = asp_api_id_of (api, arn, "ivs", TYPE);
  GError *fault = NULL;
  AspApiRecord *r = id ? asp_api_record_load (api, ASP_API_KEY_KEY_PAIR, id, &fault) : NULL;

  if (!r && fault)
    g_propagate_error (error, fault);
  else if (!r)
    asp_api_fail (error, ASP_API_NOT_FOUND, "There is no playback key pair '%s'", arn);
  return r;
}

static void
answer (AspJsonWriter * w, const AspApiRecord * r)
{
  asp_json_begin_object (w, "keyPair");
  asp_api_record_write (w, r);
  asp_json_end_object (w);
}

static gboolean
check_room (AspApi * api, const gchar * fingerprint, GError ** error)
{
  g_autoptr (GPtrArray) all = asp_api_record_all (api, ASP_API_KEY_KEY_PAIR, error);

  if (!all)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    if (!g_strcmp0 (asp_api_record_string (g_ptr_array_index (all, i), "fingerprint"), fingerprint))
      return asp_api_fail (error, ASP_API_CONFLICT, "This public key is there already: '%s'",
          asp_api_record_string (g_ptr_array_index (all, i), "arn"));
  if (all->len >= ASP_API_KEY_PAIRS)
    return asp_api_fail (error, ASP_API_QUOTA, "There are %d playback key pairs, which is the limit: delete one first",
        ASP_API_KEY_PAIRS);
  return TRUE;
}

gboolean
asp_api_op_import_key_pair (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  const gchar *pem = asp_json_string (asp_json_member (call->body, "publicKeyMaterial"));
  const gchar *name = asp_json_string (asp_json_member (call->body, "name"));
  g_autoptr (GError) fault = NULL;
  g_autofree gchar *fingerprint = asp_public_key_check (pem, &fault);
  g_autofree gchar *id = asp_api_new_id ();
  g_autofree gchar *arn = asp_api_arn_of (api, "ivs", TYPE, id);
  g_autoptr (GBytes) value = NULL;
  g_autoptr (AspApiRecord) r = NULL;
  AspJsonWriter *text;

  if (!fingerprint)
    return asp_api_fail (error, ASP_API_VALIDATION, "publicKeyMaterial: %s", fault->message);
  if (!check_room (api, fingerprint, error))
    return FALSE;
  text = asp_api_record_begin ();
  asp_json_add_string (text, "arn", arn);
  asp_json_add_string (text, "name", name ? name : "");
  asp_json_add_string (text, "fingerprint", fingerprint);
  value = asp_api_record_finish (text, asp_json_member (call->body, "tags"), pem);
  if (!asp_api_record_add (api, ASP_API_KEY_KEY_PAIR, id, value, error) ||
      !(r = asp_api_record_load (api, ASP_API_KEY_KEY_PAIR, id, error)))
    return FALSE;
  answer (w, r);
  return TRUE;
}

gboolean
asp_api_op_get_key_pair (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autoptr (AspApiRecord) r = load (api, call, error);

  if (r)
    answer (w, r);
  return r != NULL;
}

gboolean
asp_api_op_list_key_pairs (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  return asp_api_list_folder (api, call, w, ASP_API_KEY_KEY_PAIR, "keyPairs", error);
}

gboolean
asp_api_op_delete_key_pair (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error)
{
  g_autoptr (AspApiRecord) r = load (api, call, error);

  return r && asp_api_record_delete (api, r, error);
}

gchar **
asp_api_dup_public_keys (AspApi * api, GError ** error)
{
  g_autoptr (GPtrArray) all = asp_api_record_all (api, ASP_API_KEY_KEY_PAIR, error);
  GPtrArray *keys;

  if (!all)
    return NULL;
  keys = g_ptr_array_new ();
  for (guint i = 0; i < all->len; i++) {
    const AspApiRecord *r = g_ptr_array_index (all, i);

    g_ptr_array_add (keys, g_strdup (asp_json_string (asp_json_member (r->json, "key"))));
  }
  g_ptr_array_add (keys, NULL);
  return (gchar **) g_ptr_array_free (keys, FALSE);
}
