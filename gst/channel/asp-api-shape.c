/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-shape.h"

#include <string.h>

/* What has been found wrong so far. */
typedef struct
{
  GString *text;
  guint n;
} Faults;

static void check_value (const AspApiField * field, const AspJson * value, const gchar * path,
    Faults * faults);

static gchar *
shown (const AspJson * value)
{
  g_autoptr (AspJsonWriter) w = NULL;
  const gchar *text = asp_json_string (value);
  const gchar *end;

  if (!text) {
    w = asp_json_writer_new (FALSE);
    asp_json_add_value (w, NULL, value);
    text = asp_json_writer_text (w);
  }
  if (strlen (text) <= ASP_API_SHOWN_MAX)
    return g_strdup (text);
  end = g_utf8_find_prev_char (text, text + ASP_API_SHOWN_MAX);
  return g_strdup_printf ("%.*s...", (int) ((end ? end : text) - text), text);
}

G_GNUC_PRINTF (4, 5)
static void
add_fault (Faults * f, const AspJson * value, const gchar * path, const gchar * format, ...)
{
  g_autofree gchar *constraint = NULL;
  g_autofree gchar *text = value ? shown (value) : NULL;
  va_list arguments;

  if (f->n++ >= ASP_API_FAULTS_MAX)
    return;
  va_start (arguments, format);
  constraint = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_string_append_printf (f->text, "%sValue %s%s%s at '%s' failed to satisfy constraint: Member must %s",
      f->text->len > 0 ? "; " : "", value ? "'" : "", value ? text : "null", value ? "'" : "",
      path, constraint);
}

static gboolean
out_of_range (const AspApiField * field, gint64 n, gboolean * too_small)
{
  *too_small = n < field->min;
  return (field->min != 0 || field->max != 0) && (n < field->min || n > field->max);
}

/* @unit: "length" */
static void
check_length (const AspApiField * field, const AspJson * value, gint64 n, const gchar * path,
    Faults * faults)
{
  gboolean small;

  if (out_of_range (field, n, &small))
    add_fault (faults, value, path, "have length %s than or equal to %" G_GINT64_FORMAT,
        small ? "greater" : "less", small ? field->min : field->max);
}

static void
check_string (const AspApiField * field, const AspJson * value, const gchar * path, Faults * faults)
{
  const gchar *text = asp_json_string (value);

  check_length (field, value, g_utf8_strlen (text, -1), path, faults);
  /* the lengths of patterns' subjects are bounded before: backtracking has an end */
  if (field->pattern && (field->max == 0 || g_utf8_strlen (text, -1) <= field->max)) {
    g_autofree gchar *whole = g_strconcat ("\\A(?:", field->pattern, ")\\z", NULL);

    if (!g_regex_match_simple (whole, text, 0, 0))
      add_fault (faults, value, path, "satisfy regular expression pattern: %s", field->pattern);
  }
  if (field->values && !g_strv_contains (field->values, text)) {
    g_autofree gchar *all = g_strjoinv (", ", (gchar **) field->values);

    add_fault (faults, value, path, "satisfy enum value set: [%s]", all);
  }
}

static void
check_integer (const AspApiField * field, const AspJson * value, const gchar * path, Faults * faults)
{
  gboolean small;
  gint64 n = 0;

  asp_json_integer (value, &n);
  if (out_of_range (field, n, &small))
    add_fault (faults, value, path, "have value %s than or equal to %" G_GINT64_FORMAT,
        small ? "greater" : "less", small ? field->min : field->max);
}

static void
check_list (const AspApiField * field, const AspJson * value, const gchar * path, Faults * faults)
{
  guint n = asp_json_length (value);

  check_length (field, value, n, path, faults);
  for (guint i = 0; i < n && faults->n < ASP_API_FAULTS_MAX; i++) {
    g_autofree gchar *at = g_strdup_printf ("%s.%u.member", path, i + 1);

    check_value (&field->fields[0], asp_json_element (value, i), at, faults);
  }
}

typedef struct
{
  const AspApiField *field;
  const gchar *path;
  Faults *faults;
} MapCheck;

static void
check_entry (const gchar * name, const AspJson * value, gpointer user_data)
{
  const MapCheck *m = user_data;
  g_autofree gchar *at = NULL;
  g_autoptr (AspJsonWriter) w = NULL;
  g_autoptr (AspJson) key = NULL;
  const gchar *text;

  if (m->faults->n >= ASP_API_FAULTS_MAX)
    return;
  at = g_strdup_printf ("%s.%s", m->path, name);
  w = asp_json_writer_new (FALSE);
  asp_json_add_string (w, NULL, name);
  text = asp_json_writer_text (w);
  key = asp_json_parse (text, strlen (text), NULL);
  check_value (&m->field->fields[0], key, at, m->faults);
  check_value (&m->field->fields[1], value, at, m->faults);
}

static void
check_map (const AspApiField * field, const AspJson * value, const gchar * path, Faults * faults)
{
  MapCheck m = { field, path, faults };

  check_length (field, value, asp_json_length (value), path, faults);
  asp_json_foreach_member (value, check_entry, &m);
}

static void
check_members (const AspApiField * fields, const AspJson * object, const gchar * path, Faults * faults)
{
  for (; fields->name && faults->n < ASP_API_FAULTS_MAX; fields++) {
    g_autofree gchar *at = g_strconcat (path, *path ? "." : "", fields->name, NULL);

    check_value (fields, asp_json_member (object, fields->name), at, faults);
  }
}

static void
check_value (const AspApiField * field, const AspJson * value, const gchar * path, Faults * faults)
{
  static const struct
  {
    AspJsonKind json;
    const gchar *what;
    void (*check) (const AspApiField *, const AspJson *, const gchar *, Faults *);
  } kinds[] = {
    [ASP_API_STRING] = {ASP_JSON_STRING, "a string", check_string},
    [ASP_API_INTEGER] = {ASP_JSON_INTEGER, "an integer", check_integer},
    [ASP_API_BOOLEAN] = {ASP_JSON_BOOLEAN, "a boolean", NULL},
    [ASP_API_LIST] = {ASP_JSON_ARRAY, "a list", check_list},
    [ASP_API_MAP] = {ASP_JSON_OBJECT, "a map", check_map},
    [ASP_API_OBJECT] = {ASP_JSON_OBJECT, "a structure", NULL},
  };

  if (asp_json_kind (value) == ASP_JSON_NULL) {
    if (field->required)
      add_fault (faults, NULL, path, "not be null");
  } else if (asp_json_kind (value) != kinds[field->kind].json) {
    add_fault (faults, value, path, "be %s", kinds[field->kind].what);
  } else if (field->kind == ASP_API_OBJECT) {
    check_members (field->fields, value, path, faults);
  } else if (kinds[field->kind].check) {
    kinds[field->kind].check (field, value, path, faults);
  }
}

gboolean
asp_api_check (const AspApiField * fields, const AspJson * request, GError ** error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Faults faults = { text, 0 };

  if (request && asp_json_kind (request) != ASP_JSON_OBJECT) {
    g_set_error_literal (error, ASP_API_ERROR, ASP_API_VALIDATION,
        "The body of the request must be a JSON object");
    return FALSE;
  }
  check_members (fields, request, "", &faults);
  if (faults.n == 0)
    return TRUE;
  g_set_error (error, ASP_API_ERROR, ASP_API_VALIDATION, "%u validation error%s detected: %s",
      MIN (faults.n, ASP_API_FAULTS_MAX), faults.n == 1 ? "" : "s", text->str);
  return FALSE;
}
