/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Variables of the request and their place in texts. */
#include "asp-decision-request.h"

#include <string.h>

#define NAME_SIZE_MAX 256

struct _AspDecisionVars
{
  GHashTable *values;           /* name in lower case -> value */
  GHashTable *aliases;          /* parameter -> GHashTable alias -> value */
};

static const gchar *const namespaces[] = { "session.", "avail.", "scte.", "player_params.", "asset." };

#define PLAYER "player_params."

AspDecisionVars *
asp_decision_vars_new (void)
{
  AspDecisionVars *vars = g_new0 (AspDecisionVars, 1);

  vars->values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  vars->aliases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) g_hash_table_unref);
  return vars;
}

void
asp_decision_vars_free (AspDecisionVars * vars)
{
  if (!vars)
    return;
  g_hash_table_unref (vars->values);
  g_hash_table_unref (vars->aliases);
  g_free (vars);
}

void
asp_decision_vars_set (AspDecisionVars * vars, const gchar * name, const gchar * value)
{
  gchar *key = g_ascii_strdown (name, -1);

  if (value && strlen (value) <= ASP_DECISION_VARIABLE_MAX)
    g_hash_table_replace (vars->values, key, g_utf8_make_valid (value, -1));
  else {
    g_hash_table_remove (vars->values, key);
    g_free (key);
  }
}

void
asp_decision_vars_set_avail (AspDecisionVars * vars, gint64 duration_90k, guint index, guint64 random,
    gint64 source_epoch_ms)
{
  gint64 ms = duration_90k > 0 ? duration_90k / 90 : 300000;
  g_autofree gchar *secs_text = g_strdup_printf ("%" G_GINT64_FORMAT, (ms + 500) / 1000);
  g_autofree gchar *ms_text = g_strdup_printf ("%" G_GINT64_FORMAT, ms);
  g_autofree gchar *index_text = g_strdup_printf ("%u", index);
  g_autofree gchar *random_text = g_strdup_printf ("%" G_GUINT64_FORMAT, random);
  g_autofree gchar *epoch_text = source_epoch_ms < 0 ? NULL :
      g_strdup_printf ("%" G_GINT64_FORMAT, source_epoch_ms);

  asp_decision_vars_set (vars, "session.avail_duration_secs", secs_text);
  asp_decision_vars_set (vars, "session.avail_duration_ms", ms_text);
  asp_decision_vars_set (vars, "avail.index", index_text);
  asp_decision_vars_set (vars, "avail.random", random_text);
  asp_decision_vars_set (vars, "avail.source_content_time_epoch_ms", epoch_text);
}

void
asp_decision_vars_add_alias (AspDecisionVars * vars, const gchar * parameter, const gchar * alias,
    const gchar * value)
{
  g_autofree gchar *lower = g_ascii_strdown (parameter, -1);
  g_autofree gchar *key = g_strconcat (g_str_has_prefix (lower, PLAYER) ? "" : PLAYER, lower, NULL);
  GHashTable *table = g_hash_table_lookup (vars->aliases, key);

  if (!table) {
    table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert (vars->aliases, g_strdup (key), table);
  }
  g_hash_table_replace (table, g_strdup (alias), g_strdup (value));
}

static const gchar *
lookup (const AspDecisionVars * vars, const gchar * name, gboolean * raw)
{
  const gchar *value = g_hash_table_lookup (vars->values, name);
  GHashTable *aliases = g_hash_table_lookup (vars->aliases, name);

  if (aliases)
    value = value ? g_hash_table_lookup (aliases, value) : NULL;
  *raw = g_str_has_prefix (name, PLAYER);
  return value;
}

/* Need it not be encoded? A raw value keeps all that a request line can hold. */
static gboolean
stays (guchar c, gboolean raw)
{
  return g_ascii_isalnum (c) || strchr ("-._~", c) ||
      (raw && c > 0x20 && c < 0x7f && !strchr ("\"<>\\^`{|}", c));
}

static void
append_for_url (GString * out, const gchar * value, gboolean raw)
{
  for (; *value; value++) {
    guchar c = (guchar) *value;

    if (stays (c, raw))
      g_string_append_c (out, (gchar) c);
    else
      g_string_append_printf (out, "%%%02X", c);
  }
}

static void
append_for_json (GString * out, const gchar * value)
{
  for (; *value; value++) {
    guchar c = (guchar) *value;

    if (c == '"' || c == '\\')
      g_string_append_printf (out, "\\%c", c);
    else if (c < 0x20)
      g_string_append_printf (out, "\\u%04x", c);
    else
      g_string_append_c (out, (gchar) c);
  }
}

static void
append_value (GString * out, const gchar * value, AspDecisionEscape escape, gboolean raw)
{
  if (escape == ASP_DECISION_ESCAPE_URL)
    append_for_url (out, value, raw);
  else if (escape == ASP_DECISION_ESCAPE_JSON)
    append_for_json (out, value);
  else
    for (; *value; value++)
      if (escape == ASP_DECISION_ESCAPE_NONE || !g_ascii_iscntrl (*value))
        g_string_append_c (out, *value);
}

static gboolean
is_name_char (gchar c)
{
  return g_ascii_isalnum (c) || strchr ("._-", c);
}

static gboolean
in_namespace (const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (namespaces); i++)
    if (g_str_has_prefix (name, namespaces[i]))
      return TRUE;
  return FALSE;
}

/* The variable that begins at @at: its size with brackets, its name in lower case; 0 = none. */
static gsize
variable_at (const gchar * at, const gchar * open, const gchar * close, gchar * name)
{
  gsize n = 0, head = strlen (open), tail = strlen (close);

  if (strncmp (at, open, head))
    return 0;
  while (n < NAME_SIZE_MAX - 1 && at[head + n] && is_name_char (at[head + n])) {
    name[n] = g_ascii_tolower (at[head + n]);
    n++;
  }
  name[n] = '\0';
  return !strncmp (at + head + n, close, tail) && in_namespace (name) ? head + n + tail : 0;
}

gchar *
asp_decision_expand (const gchar * text, const AspDecisionVars * vars, AspDecisionEscape escape,
    guint * missing)
{
  GString *out = g_string_new (NULL);
  gboolean url = escape == ASP_DECISION_ESCAPE_URL;

  while (*text) {
    gchar name[NAME_SIZE_MAX];
    gsize size = variable_at (text, url ? "[" : "{{", url ? "]" : "}}", name);
    gboolean raw;
    const gchar *value = size > 0 ? lookup (vars, name, &raw) : NULL;

    if (value)
      append_value (out, value, escape, raw);
    else if (size > 0 && missing)
      ++*missing;
    else if (size == 0)
      g_string_append_c (out, *text);
    text += MAX (size, 1);
  }
  return g_string_free (out, FALSE);
}
