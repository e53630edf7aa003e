/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration file as lines. GKeyFile would take the same text, but joins groups of one name,
 * takes the last of two keys, and cannot tell where a value stands.
 */
#include "asp-config-private.h"

#include <string.h>

void
asp_config_line_free (AspConfigLine * line)
{
  g_free (line->key);
  g_free (line->value);
  g_free (line);
}

void
asp_config_fault (GError ** error, AspConfigError code, const gchar * name, guint line, const gchar * format, ...)
{
  g_autofree gchar *text = NULL, *whole = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  /* what is quoted may end in the middle of a character */
  whole = g_utf8_make_valid (text, -1);
  g_set_error (error, ASP_CONFIG_ERROR, code, "%s:%u: %s", name, line, whole);
}

static guint
line_at (const gchar * text, gsize offset)
{
  guint line = 1;

  for (gsize i = 0; i < offset; i++)
    line += text[i] == '\n';
  return line;
}

static gboolean
check_text (const gchar * text, gsize size, const gchar * name, GError ** error)
{
  const gchar *bad = NULL;

  if (size > ASP_CONFIG_SIZE_MAX) {
    asp_config_fault (error, ASP_CONFIG_ERROR_SYNTAX, name, 1, "the file has more than %u bytes; is it the right one?",
        ASP_CONFIG_SIZE_MAX);
    return FALSE;
  }
  /* NUL counts as invalid here */
  if (!size || g_utf8_validate (text, (gssize) size, &bad))
    return TRUE;
  asp_config_fault (error, ASP_CONFIG_ERROR_SYNTAX, name, line_at (text, (gsize) (bad - text)),
      "byte 0x%02X is no UTF-8; save the file as UTF-8", (guint8) *bad);
  return FALSE;
}

static gboolean
has_control (const gchar * text)
{
  for (; *text; text++)
    if (g_ascii_iscntrl (*text) && *text != '\t')
      return TRUE;
  return FALSE;
}

/* @text: one line, trimmed, not empty, no comment. */
static AspConfigLine *
read_line (const gchar * text, guint number, const gchar * name, GError ** error)
{
  const gchar *equals = strchr (text, '=');
  gsize size = strlen (text);
  AspConfigLine *line;

  if (has_control (text)) {
    asp_config_fault (error, ASP_CONFIG_ERROR_SYNTAX, name, number,
        "there is a control character; write \\n, \\r or \\t in a value, and nothing of the kind elsewhere");
    return NULL;
  }
  if (*text == '[' ? text[size - 1] != ']' : !equals || equals == text) {
    asp_config_fault (error, ASP_CONFIG_ERROR_SYNTAX, name, number, "cannot be read: \"%.40s\"; "
        "a line is [GROUP], KEY=VALUE, # and a comment, or empty", text);
    return NULL;
  }
  line = g_new0 (AspConfigLine, 1);
  line->line = number;
  if (*text == '[') {
    line->value = g_strstrip (g_strndup (text + 1, size - 2));
  } else {
    line->key = g_strchomp (g_strndup (text, (gsize) (equals - text)));
    line->value = g_strchug (g_strdup (equals + 1));
  }
  return line;
}

GPtrArray *
asp_config_scan (const gchar * text, gsize size, const gchar * name, GError ** error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_config_line_free);
  guint number = 0;

  if (!check_text (text, size, name, error))
    return NULL;
  while (size > 0) {
    const gchar *end = memchr (text, '\n', size);
    gsize length = end ? (gsize) (end - text) : size;
    g_autofree gchar *line = g_strstrip (g_strndup (text, length));

    number++;
    if (*line && *line != '#') {
      AspConfigLine *l = read_line (line, number, name, error);

      if (!l)
        return NULL;
      g_ptr_array_add (lines, l);
    }
    length += end != NULL;
    text += length;
    size -= length;
  }
  return g_steal_pointer (&lines);
}
