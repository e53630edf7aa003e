/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-sigv4.h"

#include <string.h>

#include "asp-sigv4-canonical.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define DATE_SIZE 16            /* 20251212T190459Z */
#define ACCESS_KEY_MAX 128
/* Who asks with a key that nobody knows is to wait as long as who signs wrongly. */
#define NO_SECRET "there is no such key"

GQuark
asp_sigv4_error_quark (void)
{
  return g_quark_from_static_string ("asp-sigv4-error");
}

void
asp_sigv4_caller_free (AspSigV4Caller * c)
{
  if (!c)
    return;
  g_free (c->access_key);
  g_free (c->region);
  g_free (c->service);
  g_free (c);
}

/* What a request says of its own signature. */
typedef struct
{
  gchar *credential, *signed_headers, *signature, *date;
  gint64 expires_s;             /* of a presigned query, else 0 */
  gboolean presigned;
} Claim;

static void
claim_clear (Claim * c)
{
  g_free (c->credential);
  g_free (c->signed_headers);
  g_free (c->signature);
  g_free (c->date);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Claim, claim_clear)

/* `Name=value` of the header Authorization; NULL when it is not there. */
static gchar *
authorization_part (const gchar * value, const gchar * name)
{
  g_auto (GStrv) parts = g_strsplit (value, ",", 8);
  gsize size = strlen (name);

  for (guint i = 0; parts[i]; i++) {
    const gchar *part = g_strstrip (parts[i]);

    if (!strncmp (part, name, size) && part[size] == '=')
      return g_strdup (part + size + 1);
  }
  return NULL;
}

static gboolean
read_presigned (const AspSigV4Request * r, Claim * c)
{
  g_autofree gchar *algorithm = asp_sigv4_query_value (r->query, "X-Amz-Algorithm");
  g_autofree gchar *expires = asp_sigv4_query_value (r->query, "X-Amz-Expires");
  guint64 seconds = 0;

  c->presigned = TRUE;
  c->credential = asp_sigv4_query_value (r->query, "X-Amz-Credential");
  c->signed_headers = asp_sigv4_query_value (r->query, "X-Amz-SignedHeaders");
  c->signature = asp_sigv4_query_value (r->query, "X-Amz-Signature");
  c->date = asp_sigv4_query_value (r->query, "X-Amz-Date");
  if (g_strcmp0 (algorithm, ALGORITHM) || !expires ||
      !g_ascii_string_to_unsigned (expires, 10, 1, ASP_SIGV4_EXPIRES_MAX_S, &seconds, NULL))
    return FALSE;
  c->expires_s = (gint64) seconds;
  return TRUE;
}

static gboolean
read_claim (const AspSigV4Request * r, Claim * c, GError ** error)
{
  const gchar *authorization = r->header (r->fields, "authorization");
  gboolean ok;

  if (authorization && g_str_has_prefix (authorization, ALGORITHM " ")) {
    const gchar *value = authorization + strlen (ALGORITHM " ");

    c->credential = authorization_part (value, "Credential");
    c->signed_headers = authorization_part (value, "SignedHeaders");
    c->signature = authorization_part (value, "Signature");
    c->date = g_strdup (r->header (r->fields, "x-amz-date"));
    ok = TRUE;
  } else if (!authorization && r->query && strstr (r->query, "X-Amz-Signature=")) {
    ok = read_presigned (r, c);
  } else {
    g_set_error_literal (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_MISSING,
        "the request is not signed: it needs AWS Signature Version 4 in the header Authorization "
        "or in the query");
    return FALSE;
  }
  if (ok && c->credential && c->signed_headers && c->signature && c->date)
    return TRUE;
  g_set_error_literal (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_MALFORMED, c->presigned ?
      "the presigned query needs X-Amz-Algorithm (" ALGORITHM "), X-Amz-Credential, X-Amz-Date, "
      "X-Amz-Expires (1 to 604800 seconds), X-Amz-SignedHeaders and X-Amz-Signature" :
      "Authorization needs Credential, SignedHeaders and Signature, and there must be a header "
      "x-amz-date");
  return FALSE;
}

/* Unix time of "20251212T190459Z", or -1. */
static gint64
read_date (const gchar * text)
{
  g_autoptr (GDateTime) date = NULL;
  g_autofree gchar *again = NULL;
  gint n[6];
  static const guint8 places[6][2] = { {0, 4}, {4, 2}, {6, 2}, {9, 2}, {11, 2}, {13, 2} };

  if (strlen (text) != DATE_SIZE)
    return -1;
  for (guint i = 0; i < 6; i++) {
    n[i] = 0;
    for (guint k = 0; k < places[i][1]; k++)
      n[i] = n[i] * 10 + (text[places[i][0] + k] - '0');
  }
  date = g_date_time_new_utc (n[0], n[1], n[2], n[3], n[4], n[5]);
  again = date ? g_date_time_format (date, "%Y%m%dT%H%M%SZ") : NULL;
  return !g_strcmp0 (again, text) ? g_date_time_to_unix (date) : -1;
}

/* ACCESS-KEY/DATE/REGION/SERVICE/aws4_request. The access key may have no '/' here. */
static GStrv
read_credential (const Claim * c, const gchar * const *services, GError ** error)
{
  GStrv parts = g_strsplit (c->credential, "/", 6);

  if (g_strv_length (parts) != 5 || !*parts[0] || strlen (parts[0]) > ACCESS_KEY_MAX || !*parts[2] ||
      strcmp (parts[4], TERMINATOR) || strlen (parts[1]) != 8 || strncmp (c->date, parts[1], 8))
    g_set_error_literal (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_MALFORMED,
        "Credential must be ACCESS-KEY/DATE/REGION/SERVICE/" TERMINATOR ", with the date that "
        "x-amz-date has");
  else if (!g_strv_contains (services, parts[3]))
    g_set_error (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_MALFORMED,
        "it is signed for the service '%.32s', which is not here", parts[3]);
  else
    return parts;
  g_strfreev (parts);
  return NULL;
}

static gboolean
check_time (const Claim * c, gint64 now_s, gint64 * valid_until_s, GError ** error)
{
  gint64 at_s = read_date (c->date);

  if (at_s < 0) {
    g_set_error_literal (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_MALFORMED,
        "the date of the signature must be like 20251212T190459Z");
    return FALSE;
  }
  *valid_until_s = at_s + (c->presigned ? c->expires_s : ASP_SIGV4_SKEW_S);
  if (now_s >= at_s - ASP_SIGV4_SKEW_S && now_s <= *valid_until_s)
    return TRUE;
  g_set_error (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_TIME,
      "the signature is of %s and is good no %s: compare the clocks", c->date,
      now_s < at_s ? "earlier than that" : "more");
  return FALSE;
}

/* Lower case, in order, host among them, and the date when it is a header. */
static gboolean
check_signed_headers (const Claim * c, const gchar * const *names, GError ** error)
{
  gboolean ok = g_strv_length ((GStrv) names) <= ASP_SIGV4_HEADERS_MAX &&
      g_strv_contains (names, "host") && (c->presigned || g_strv_contains (names, "x-amz-date"));

  for (guint i = 0; ok && names[i]; i++) {
    ok = *names[i] && (i == 0 || strcmp (names[i - 1], names[i]) < 0);
    for (const gchar * p = names[i]; ok && *p; p++)
      ok = !g_ascii_isupper (*p) && g_ascii_isgraph (*p);
  }
  if (!ok)
    g_set_error_literal (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_MALFORMED,
        "SignedHeaders must be lower-case names in order, with host and x-amz-date among them");
  return ok;
}

/* Takes as long wherever they differ. */
static gboolean
equal (const gchar * a, const gchar * b)
{
  gsize size = strlen (a);
  guint8 differs = 0;

  if (strlen (b) != size)
    return FALSE;
  for (gsize i = 0; i < size; i++)
    differs |= (guint8) (a[i] ^ b[i]);
  return differs == 0;
}

static gboolean
check_signature (const AspSigV4Request * r, const Claim * c, const gchar * const *names,
    const gchar * secret, GError ** error)
{
  g_autofree gchar *hash =
      asp_sigv4_request_hash (r, names, c->presigned ? "X-Amz-Signature" : NULL);
  const gchar *scope = strchr (c->credential, '/') + 1;
  gchar signature[ASP_SIGV4_SIGNATURE_SIZE + 1];

  if (!hash) {
    g_set_error_literal (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_MALFORMED,
        "SignedHeaders names a header that the request does not have");
    return FALSE;
  }
  asp_sigv4_sign (secret ? secret : NO_SECRET, c->date, scope, hash, signature);
  if (equal (signature, c->signature) && secret)
    return TRUE;
  if (secret)
    g_set_error_literal (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_SIGNATURE,
        "the signature does not match: compare the secret key, and whether something between "
        "changes the path, the headers or the body");
  else
    g_set_error_literal (error, ASP_SIGV4_ERROR, ASP_SIGV4_ERROR_KEY,
        "the access key is not known here");
  return FALSE;
}

AspSigV4Caller *
asp_sigv4_verify (const AspSigV4Request * request, const gchar * const *services, gint64 now_s,
    AspSigV4Secret secret, gpointer user_data, GError ** error)
{
  g_auto (Claim) claim = { NULL, };
  g_auto (GStrv) credential = NULL;
  g_auto (GStrv) names = NULL;
  AspSigV4Caller *caller;
  gint64 valid_until_s;

  if (!read_claim (request, &claim, error))
    return NULL;
  credential = read_credential (&claim, services, error);
  if (!credential || !check_time (&claim, now_s, &valid_until_s, error))
    return NULL;
  names = g_strsplit (claim.signed_headers, ";", ASP_SIGV4_HEADERS_MAX + 2);
  if (!check_signed_headers (&claim, (const gchar * const *) names, error) ||
      !check_signature (request, &claim, (const gchar * const *) names,
          secret (credential[0], user_data), error))
    return NULL;
  caller = g_new0 (AspSigV4Caller, 1);
  caller->access_key = g_strdup (credential[0]);
  caller->region = g_strdup (credential[2]);
  caller->service = g_strdup (credential[3]);
  g_strlcpy (caller->signature, claim.signature, sizeof caller->signature);
  caller->valid_until_s = valid_until_s;
  return caller;
}

gchar *
asp_sigv4_authorization (const AspSigV4Request * request, const AspSigV4Key * key,
    const gchar * signed_headers)
{
  g_auto (GStrv) names = g_strsplit (signed_headers, ";", -1);
  const gchar *date = request->header (request->fields, "x-amz-date");
  g_autofree gchar *hash = asp_sigv4_request_hash (request, (const gchar * const *) names, NULL);
  g_autofree gchar *scope = NULL;
  gchar signature[ASP_SIGV4_SIGNATURE_SIZE + 1];

  g_return_val_if_fail (date && strlen (date) == DATE_SIZE && hash, NULL);
  scope = g_strdup_printf ("%.8s/%s/%s/" TERMINATOR, date, key->region, key->service);
  asp_sigv4_sign (key->secret, date, scope, hash, signature);
  return g_strdup_printf (ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
      key->access_key, scope, signed_headers, signature);
}
