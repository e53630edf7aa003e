/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-private.h"

#include <string.h>

#define SHOWN_MAX 64            /* bytes of what somebody has sent, in a message */
#define QUERY_MAX 16            /* parameters */

/* @text, not too much of it; what is no UTF-8 becomes U+FFFD. */
static gchar *
shown (const gchar * text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, -1);
  gchar *cut = strlen (valid) > SHOWN_MAX ? g_utf8_find_prev_char (valid, valid + SHOWN_MAX) : NULL;

  if (!cut)
    return g_steal_pointer (&valid);
  *cut = '\0';
  return g_strconcat (valid, "...", NULL);
}

/* --- the query -------------------------------------------------------------------------- */

static gboolean
refuse_parameter (const gchar * name, const gchar * const *names, GError ** error)
{
  g_autofree gchar *what = shown (name);
  g_autofree gchar *all = names ? g_strjoinv (", ", (gchar **) names) : NULL;

  return asp_v1_fail (error, ASP_API_VALIDATION, "There is no parameter '%s' here; there %s%s", what,
      all ? "are: " : "is none", all ? all : "");
}

static gboolean
read_parameter (GHashTable * table, gchar * piece, const gchar * const *names, GError ** error)
{
  gchar *equals = strchr (piece, '=');
  g_autofree gchar *value = g_uri_unescape_string (equals ? equals + 1 : "", NULL);
  g_autofree gchar *name = NULL;

  if (equals)
    *equals = '\0';
  name = g_uri_unescape_string (piece, NULL);
  if (!name || !value || !g_utf8_validate (name, -1, NULL) || !g_utf8_validate (value, -1, NULL))
    return asp_v1_fail (error, ASP_API_VALIDATION, "The query is not percent-encoded UTF-8");
  if (!names || !g_strv_contains (names, name))
    return refuse_parameter (name, names, error);
  if (g_hash_table_contains (table, name))
    return asp_v1_fail (error, ASP_API_VALIDATION, "The parameter '%s' is there twice", name);
  g_hash_table_insert (table, g_steal_pointer (&name), g_steal_pointer (&value));
  return TRUE;
}

GHashTable *
asp_v1_read_query (const gchar * query, const gchar * const *names, GError ** error)
{
  g_autoptr (GHashTable) table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) pieces = g_strsplit (query ? query : "", "&", QUERY_MAX + 1);

  for (guint i = 0; pieces[i]; i++) {
    if (i == QUERY_MAX) {
      asp_v1_fail (error, ASP_API_VALIDATION, "The query has more than %d parameters", QUERY_MAX);
      return NULL;
    }
    if (*pieces[i] && !read_parameter (table, pieces[i], names, error))
      return NULL;
  }
  return g_steal_pointer (&table);
}

gboolean
asp_v1_query_number (const AspV1Call * call, const gchar * name, guint64 min, guint64 max, guint64 fallback,
    guint64 * out, GError ** error)
{
  const gchar *text = g_hash_table_lookup (call->query, name);
  g_autofree gchar *what = NULL;

  *out = fallback;
  if (!text || g_ascii_string_to_unsigned (text, 10, min, max, out, NULL))
    return TRUE;
  what = shown (text);
  return asp_v1_fail (error, ASP_API_VALIDATION, "'%s' is '%s'; it must be a whole number from %" G_GUINT64_FORMAT
      " to %" G_GUINT64_FORMAT, name, what, min, max);
}

/* --- the body --------------------------------------------------------------------------- */

typedef struct
{
  const AspV1Field *fields;
  GError *fault;                /* the first one */
} BodyCheck;

/* How many letters must be put in, left out or changed: only for short names. */
static guint
distance (const gchar * a, const gchar * b)
{
  guint row[SHOWN_MAX + 1];
  gsize n = strlen (b);

  if (strlen (a) > SHOWN_MAX || n > SHOWN_MAX)
    return G_MAXUINT;
  for (guint k = 0; k <= n; k++)
    row[k] = k;
  for (guint i = 0; a[i]; i++) {
    guint diagonal = row[0];

    row[0] = i + 1;
    for (guint k = 0; k < n; k++) {
      guint changed = diagonal + (g_ascii_tolower (a[i]) != g_ascii_tolower (b[k]));

      diagonal = row[k + 1];
      row[k + 1] = MIN (changed, MIN (diagonal, row[k]) + 1);
    }
  }
  return row[n];
}

static void
refuse_member (BodyCheck * check, const gchar * name)
{
  g_autofree gchar *what = shown (name);
  g_autoptr (GString) all = g_string_new (NULL);
  const gchar *nearest = NULL;
  guint least = 4;

  for (const AspV1Field * f = check->fields; f->name; f++) {
    guint d = distance (name, f->name);

    g_string_append_printf (all, "%s%s", all->len > 0 ? ", " : "", f->name);
    if (d < least) {
      least = d;
      nearest = f->name;
    }
  }
  if (all->len == 0)
    asp_v1_fail (&check->fault, ASP_API_VALIDATION, "The body has a member '%s'; here it has none", what);
  else
    asp_v1_fail (&check->fault, ASP_API_VALIDATION, "The body has a member '%s', which there is not%s%s%s; there are: %s",
        what, nearest ? ": did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "", all->str);
}

typedef struct
{
  BodyCheck *check;
  const gchar *name;
} Strings;

static void
check_entry (const gchar * name, const AspJson * value, gpointer user_data)
{
  const Strings *s = user_data;
  g_autofree gchar *what = NULL;

  if (s->check->fault)
    return;
  what = shown (name);
  if (!*name || strlen (name) > SHOWN_MAX ||
      name[strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")])
    asp_v1_fail (&s->check->fault, ASP_API_VALIDATION, "'%s' has a name '%s'; names are 1 to %d letters, digits, _ . and -",
        s->name, what, SHOWN_MAX);
  else if (!asp_json_string (value) || strlen (asp_json_string (value)) > 1000)
    asp_v1_fail (&s->check->fault, ASP_API_VALIDATION, "'%s.%s' must be a string of at most 1000 bytes", s->name, what);
}

static gboolean
number_is (const AspV1Field * f, const AspJson * value)
{
  gint64 integer = 0;
  gdouble number = 0;

  if (f->kind == ASP_V1_INTEGER && !asp_json_integer (value, &integer))
    return FALSE;
  return asp_json_number (value, &number) && number >= f->min && number <= f->max;
}

static void
check_value (BodyCheck * check, const AspV1Field * f, const AspJson * value)
{
  const gchar *text = asp_json_string (value);
  Strings strings = { check, f->name };

  switch (f->kind) {
    case ASP_V1_STRING:
      if (!text || strlen (text) < f->min || strlen (text) > f->max)
        asp_v1_fail (&check->fault, ASP_API_VALIDATION, "'%s' must be a string of %g to %g bytes", f->name, f->min, f->max);
      break;
    case ASP_V1_NUMBER:
    case ASP_V1_INTEGER:
      if (!number_is (f, value))
        asp_v1_fail (&check->fault, ASP_API_VALIDATION, "'%s' must be a %snumber from %.10g to %.10g", f->name,
            f->kind == ASP_V1_INTEGER ? "whole " : "", f->min, f->max);
      break;
    case ASP_V1_STRINGS:
      if (asp_json_kind (value) != ASP_JSON_OBJECT || asp_json_length (value) > f->max)
        asp_v1_fail (&check->fault, ASP_API_VALIDATION, "'%s' must be an object with %g members at most", f->name, f->max);
      else
        asp_json_foreach_member (value, check_entry, &strings);
      break;
  }
}

static void
check_member (const gchar * name, const AspJson * value, gpointer user_data)
{
  BodyCheck *check = user_data;
  const AspV1Field *f = check->fields;

  if (check->fault)
    return;
  while (f->name && strcmp (f->name, name) != 0)
    f++;
  if (!f->name)
    refuse_member (check, name);
  else if (asp_json_kind (value) != ASP_JSON_NULL)
    check_value (check, f, value);
}

gboolean
asp_v1_read_body (const AspApiRequest * request, const AspV1Field * fields, AspJson ** out, GError ** error)
{
  g_autoptr (AspJson) body = NULL;
  g_autoptr (GError) fault = NULL;
  BodyCheck check = { fields, NULL };

  if (request->body_size == 0)
    return TRUE;
  if (!fields)
    return asp_v1_fail (error, ASP_API_VALIDATION, "%s has a body; here it has none", request->method);
  body = asp_json_parse (request->body, request->body_size, &fault);
  if (!body)
    return asp_v1_fail (error, ASP_API_VALIDATION, "The body is no JSON that is read here: %s", fault->message);
  if (asp_json_kind (body) != ASP_JSON_OBJECT)
    return asp_v1_fail (error, ASP_API_VALIDATION, "The body must be a JSON object, {...}");
  asp_json_foreach_member (body, check_member, &check);
  if (check.fault) {
    g_propagate_error (error, check.fault);
    return FALSE;
  }
  *out = g_steal_pointer (&body);
  return TRUE;
}

gboolean
asp_v1_read_time (const gchar * text, gint64 * us, GError ** error)
{
  g_autofree gchar *upper = g_ascii_strup (text, -1);
  g_autofree gchar *what = NULL;
  g_autoptr (GDateTime) time = NULL;

  /* RFC 3339 is less than ISO 8601: with a zone, and nothing left out */
  if (g_regex_match_simple ("\\A\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)\\z", upper, 0, 0))
    time = g_date_time_new_from_iso8601 (upper, NULL);
  if (time) {
    *us = g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
    return TRUE;
  }
  what = shown (text);
  return asp_v1_fail (error, ASP_API_VALIDATION, "'start' is '%s'; it must be a time as in RFC 3339, with a zone: "
      "2026-11-22T21:30:00Z", what);
}
