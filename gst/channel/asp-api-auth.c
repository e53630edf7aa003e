/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-auth.h"

#include <asp-replay.h>
#include <asp-sigv4.h>
#include <string.h>

#define DIGEST_SIZE 32          /* SHA-256 */

struct _AspApiAuth
{
  gint refs;                    /* atomic */
  GHashTable *keys;             /* access key -> secret */
  GArray *tokens;               /* their digests: a leak of time or memory tells no token */
  AspReplay **replay;           /* GAtomicRcBox: goes on with whoever comes after */
};

static const gchar *const services[] = { "ivs", "mediatailor", NULL };

AspApiAuth *
asp_api_auth_new (void)
{
  AspApiAuth *auth = g_new0 (AspApiAuth, 1);

  auth->refs = 1;
  auth->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  auth->tokens = g_array_new (FALSE, FALSE, DIGEST_SIZE);
  auth->replay = g_atomic_rc_box_new0 (AspReplay *);
  *auth->replay = asp_replay_new ();
  return auth;
}

static void
clear_replay (gpointer box)
{
  asp_replay_free (*(AspReplay **) box);
}

AspApiAuth *
asp_api_auth_ref (AspApiAuth * auth)
{
  g_atomic_int_inc (&auth->refs);
  return auth;
}

void
asp_api_auth_free (AspApiAuth * auth)
{
  if (!auth || !g_atomic_int_dec_and_test (&auth->refs))
    return;
  g_hash_table_unref (auth->keys);
  g_array_unref (auth->tokens);
  g_atomic_rc_box_release_full (auth->replay, clear_replay);
  g_free (auth);
}

void
asp_api_auth_follow (AspApiAuth * auth, AspApiAuth * before)
{
  AspReplay **own = auth->replay;

  auth->replay = g_atomic_rc_box_acquire (before->replay);
  g_atomic_rc_box_release_full (own, clear_replay);
}

static void
digest (const gchar * text, guint8 out[DIGEST_SIZE])
{
  GChecksum *sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize size = DIGEST_SIZE;

  g_checksum_update (sum, (const guchar *) text, (gssize) strlen (text));
  g_checksum_get_digest (sum, out, &size);
  g_checksum_free (sum);
}

static gboolean
check_secret (const gchar * secret, const gchar * what, GError ** error)
{
  gsize size = strlen (secret);

  if (size >= ASP_API_SECRET_MIN && size <= ASP_API_SECRET_MAX)
    return TRUE;
  g_set_error (error, ASP_API_ERROR, ASP_API_VALIDATION, "%s must have %d to %d characters, this one "
      "has %" G_GSIZE_FORMAT, what, ASP_API_SECRET_MIN, ASP_API_SECRET_MAX, size);
  return FALSE;
}

gboolean
asp_api_auth_add_key (AspApiAuth * auth, const gchar * access_key, const gchar * secret, GError ** error)
{
  if (!check_secret (secret, "The secret of an access key", error))
    return FALSE;
  if (!*access_key || g_hash_table_contains (auth->keys, access_key)) {
    g_set_error (error, ASP_API_ERROR, ASP_API_VALIDATION, "The access key '%s' is %s", access_key,
        *access_key ? "there twice" : "empty");
    return FALSE;
  }
  g_hash_table_insert (auth->keys, g_strdup (access_key), g_strdup (secret));
  return TRUE;
}

gboolean
asp_api_auth_add_bearer (AspApiAuth * auth, const gchar * token, GError ** error)
{
  guint8 sum[DIGEST_SIZE];

  if (!check_secret (token, "A bearer token", error))
    return FALSE;
  digest (token, sum);
  g_array_append_val (auth->tokens, sum);
  return TRUE;
}

static gboolean
deny (GError ** error, const gchar * message)
{
  g_set_error_literal (error, ASP_API_ERROR, ASP_API_ACCESS_DENIED, message);
  return FALSE;
}

/* All of them are looked at, each to its end. */
static gboolean
check_bearer (AspApiAuth * auth, const gchar * token, GError ** error)
{
  guint8 sum[DIGEST_SIZE];
  gboolean found = FALSE;

  digest (token, sum);
  for (guint i = 0; i < auth->tokens->len; i++) {
    const guint8 *known = (const guint8 *) auth->tokens->data + (gsize) i * DIGEST_SIZE;
    guint8 difference = 0;

    for (guint k = 0; k < DIGEST_SIZE; k++)
      difference |= known[k] ^ sum[k];
    found |= difference == 0;
  }
  return found || deny (error, "The bearer token is not one of the configured ones");
}

static const gchar *
secret_of (const gchar * access_key, gpointer user_data)
{
  return g_hash_table_lookup (((AspApiAuth *) user_data)->keys, access_key);
}

static gboolean
check_replay (AspApiAuth * auth, const AspSigV4Caller * caller, gint64 now_s, GError ** error)
{
  gint64 first_s;

  switch (asp_replay_take (*auth->replay, caller->signature, caller->valid_until_s, now_s, &first_s)) {
    case ASP_REPLAY_FIRST:
      return TRUE;
    case ASP_REPLAY_AGAIN:
      return first_s == now_s || deny (error, "This signature has been used already: sign each call anew");
    case ASP_REPLAY_FULL:
    default:
      break;
  }
  g_set_error_literal (error, ASP_API_ERROR, ASP_API_UNAVAILABLE,
      "Too many signed calls within a few minutes: try again later");
  return FALSE;
}

static gboolean
check_signature (AspApiAuth * auth, const AspApiRequest * r, gboolean changes, gint64 now_s, GError ** error)
{
  const AspSigV4Request request = { r->method, r->path, r->query, r->header, r->fields, r->body, r->body_size };
  g_autoptr (GError) fault = NULL;
  g_autoptr (AspSigV4Caller) caller =
      asp_sigv4_verify (&request, services, now_s, secret_of, auth, &fault);

  if (!caller)
    return deny (error, fault->message);
  return !changes || check_replay (auth, caller, now_s, error);
}

/* Of "127.0.0.1:80", "[::1]:80", "localhost". (transfer full) */
static gchar *
host_part (const gchar * host)
{
  const gchar *end = *host == '[' ? strchr (host, ']') : strchr (host, ':');

  if (*host == '[')
    return end ? g_strndup (host + 1, (gsize) (end - host - 1)) : g_strdup (host);
  return end ? g_strndup (host, (gsize) (end - host)) : g_strdup (host);
}

/* A page that a browser of this machine shows could ask too: it says where it is from (Origin),
 * and one whose name was made to point here (DNS rebinding) says so in Host. */
static gboolean
check_page (const AspApiRequest * r, GError ** error)
{
  const gchar *origin = r->header (r->fields, "origin");
  const gchar *host = r->header (r->fields, "host");

  if (host) {
    g_autofree gchar *name = host_part (host);

    if (!g_hostname_is_ip_address (name) && g_ascii_strcasecmp (name, "localhost") != 0)
      return deny (error, "Without configured keys this server is asked by its address or as localhost");
  }
  if (origin) {
    const gchar *from = strstr (origin, "://");

    if (!host || !from || g_ascii_strcasecmp (from + 3, host) != 0)
      return deny (error, "Without configured keys no page of another origin may ask this server");
  }
  return TRUE;
}

gboolean
asp_api_auth_check (AspApiAuth * auth, const AspApiRequest * r, gboolean changes, gint64 now_s, GError ** error)
{
  const gchar *field = r->header (r->fields, "authorization");

  if (g_hash_table_size (auth->keys) == 0 && auth->tokens->len == 0) {
    if (!r->from_loopback)
      return deny (error, "No key is configured: only callers on the machine itself are answered");
    return check_page (r, error);
  }
  if (field && !g_ascii_strncasecmp (field, "Bearer ", 7))
    return check_bearer (auth, field + 7, error);
  return check_signature (auth, r, changes, now_s, error);
}
