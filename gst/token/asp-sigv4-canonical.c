/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-sigv4-canonical.h"

#include <string.h>

#define UNRESERVED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
#define SHA256_SIZE 32

static void
add_encoded (GString * to, const gchar * text, const gchar * also)
{
  for (; *text; text++) {
    if (strchr (UNRESERVED, *text) || strchr (also, *text))
      g_string_append_c (to, *text);
    else
      g_string_append_printf (to, "%%%02X", (guchar) * text);
  }
}

/* -- the query -- */

/* Decoded and encoded anew: who sent it may have left characters as they are. What is no
 * percent-encoding stays. */
static gchar *
recode (const gchar * text, gsize size)
{
  g_autofree gchar *piece = g_strndup (text, size);
  g_autofree gchar *plain = g_uri_unescape_string (piece, NULL);
  GString *out = g_string_new (NULL);

  add_encoded (out, plain ? plain : piece, "");
  return g_string_free (out, FALSE);
}

typedef struct
{
  gchar *name, *value;
} Parameter;

static void
parameter_clear (gpointer data)
{
  Parameter *p = data;

  g_free (p->name);
  g_free (p->value);
}

static gint
compare_parameters (gconstpointer a, gconstpointer b)
{
  const Parameter *x = a, *y = b;
  gint by_name = strcmp (x->name, y->name);

  return by_name ? by_name : strcmp (x->value, y->value);
}

static GArray *
read_query (const gchar * query)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (Parameter));

  g_array_set_clear_func (all, parameter_clear);
  while (query && *query) {
    gsize size = strcspn (query, "&");
    const gchar *equals = memchr (query, '=', size);
    gsize name_size = equals ? (gsize) (equals - query) : size;
    Parameter p = { NULL, NULL };

    if (size > 0) {
      p.name = recode (query, name_size);
      p.value = equals ? recode (equals + 1, size - name_size - 1) : g_strdup ("");
      g_array_append_val (all, p);
    }
    query += size + (query[size] == '&');
  }
  return all;
}

gchar *
asp_sigv4_canonical_query (const gchar * query, const gchar * but)
{
  g_autoptr (GArray) all = read_query (query);
  GString *out = g_string_new (NULL);

  g_array_sort (all, compare_parameters);
  for (guint i = 0; i < all->len; i++) {
    const Parameter *p = &g_array_index (all, Parameter, i);

    if (but && !strcmp (p->name, but))
      continue;
    g_string_append_printf (out, "%s%s=%s", out->len > 0 ? "&" : "", p->name, p->value);
  }
  return g_string_free (out, FALSE);
}

gchar *
asp_sigv4_query_value (const gchar * query, const gchar * name)
{
  g_autoptr (GArray) all = read_query (query);

  for (guint i = 0; i < all->len; i++) {
    const Parameter *p = &g_array_index (all, Parameter, i);

    if (!strcmp (p->name, name))
      return g_uri_unescape_string (p->value, NULL);
  }
  return NULL;
}

/* -- the path -- */

gchar *
asp_sigv4_canonical_path (const gchar * path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();
  GString *out = g_string_new (NULL);
  gsize length = strlen (path);

  for (guint i = 0; parts[i]; i++) {
    if (!strcmp (parts[i], "..") && kept->len > 0)
      g_ptr_array_set_size (kept, (gint) kept->len - 1);
    else if (*parts[i] && strcmp (parts[i], ".") && strcmp (parts[i], ".."))
      g_ptr_array_add (kept, parts[i]);
  }
  for (guint i = 0; i < kept->len; i++) {
    g_string_append_c (out, '/');
    add_encoded (out, g_ptr_array_index (kept, i), "");
  }
  if (out->len == 0 || (length > 0 && path[length - 1] == '/'))
    g_string_append_c (out, '/');
  return g_string_free (out, FALSE);
}

/* -- the whole -- */

/* White space around it away, several in a row one. */
static void
add_header_value (GString * out, const gchar * value)
{
  gboolean space = FALSE;

  for (gsize begun = out->len; *value; value++) {
    if (g_ascii_isspace (*value)) {
      space = out->len > begun;
      continue;
    }
    if (space)
      g_string_append_c (out, ' ');
    space = FALSE;
    g_string_append_c (out, *value);
  }
}

gchar *
asp_sigv4_request_hash (const AspSigV4Request * r, const gchar * const *signed_headers,
    const gchar * without_parameter)
{
  g_autofree gchar *path = asp_sigv4_canonical_path (r->path);
  g_autofree gchar *query = asp_sigv4_canonical_query (r->query, without_parameter);
  g_autofree gchar *payload = g_compute_checksum_for_data (G_CHECKSUM_SHA256, r->body, r->body_size);
  g_autofree gchar *names = g_strjoinv (";", (gchar **) signed_headers);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_printf (text, "%s\n%s\n%s\n", r->method, path, query);
  for (guint i = 0; signed_headers[i]; i++) {
    const gchar *value = r->header (r->fields, signed_headers[i]);

    if (!value)
      return NULL;
    g_string_append_printf (text, "%s:", signed_headers[i]);
    add_header_value (text, value);
    g_string_append_c (text, '\n');
  }
  g_string_append_printf (text, "\n%s\n%s", names, payload);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) text->str, text->len);
}

static void
hmac (const guint8 * key, gsize key_size, const gchar * text, guint8 out[SHA256_SIZE])
{
  g_autoptr (GHmac) h = g_hmac_new (G_CHECKSUM_SHA256, key, key_size);
  gsize size = SHA256_SIZE;

  g_hmac_update (h, (const guchar *) text, (gssize) strlen (text));
  g_hmac_get_digest (h, out, &size);
}

void
asp_sigv4_sign (const gchar * secret, const gchar * date, const gchar * scope,
    const gchar * request_hash, gchar signature[ASP_SIGV4_SIGNATURE_SIZE + 1])
{
  g_autofree gchar *first = g_strconcat ("AWS4", secret, NULL);
  g_autofree gchar *text =
      g_strconcat ("AWS4-HMAC-SHA256\n", date, "\n", scope, "\n", request_hash, NULL);
  g_auto (GStrv) parts = g_strsplit (scope, "/", 4);
  guint8 key[SHA256_SIZE], out[SHA256_SIZE];

  hmac ((const guint8 *) first, strlen (first), parts[0], key);
  for (guint i = 1; parts[i]; i++) {
    hmac (key, sizeof key, parts[i], out);
    memcpy (key, out, sizeof key);
  }
  hmac (key, sizeof key, text, out);
  for (guint i = 0; i < SHA256_SIZE; i++)
    g_snprintf (signature + 2 * i, 3, "%02x", out[i]);
  memset (first, 0, strlen (first));
  memset (key, 0, sizeof key);
}
