/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking around in a document's tree; times and flags as people write them. */
#include "asp-vast-private.h"

#include <string.h>

gboolean
asp_vast_is (const AspVastNode * node, const gchar * name)
{
  return node && node->name && !g_ascii_strcasecmp (node->name, name);
}

static const AspVastNode *
first_of (const AspVastNode * node, const gchar * name)
{
  while (node && (!node->name || (name && !asp_vast_is (node, name))))
    node = node->next;
  return node;
}

const AspVastNode *
asp_vast_child (const AspVastNode * node, const gchar * name)
{
  return node ? first_of (node->children, name) : NULL;
}

const AspVastNode *
asp_vast_next (const AspVastNode * node, const gchar * name)
{
  return node ? first_of (node->next, name) : NULL;
}

const gchar *
asp_vast_attribute (const AspVastNode * node, const gchar * name)
{
  for (const AspVastAttribute * a = node ? node->attributes : NULL; a; a = a->next)
    if (!g_ascii_strcasecmp (a->name, name))
      return *a->value ? a->value : NULL;
  return NULL;
}

/* (transfer full) or NULL, and @text is freed */
static gchar *
strip (gchar * text)
{
  if (text && !*g_strstrip (text))
    g_clear_pointer (&text, g_free);
  return text;
}

gchar *
asp_vast_attribute_text (const AspVastNode * node, const gchar * name)
{
  return strip (g_strdup (asp_vast_attribute (node, name)));
}

gchar *
asp_vast_text_of (const AspVastNode * node)
{
  GString *text = NULL;

  for (const AspVastNode * n = node ? node->children : NULL; n; n = n->next) {
    if (!n->text)
      continue;
    if (!text)
      text = g_string_new (NULL);
    g_string_append (text, n->text);
  }
  return text ? strip (g_string_free (text, FALSE)) : NULL;
}

gchar *
asp_vast_child_text (const AspVastNode * node, const gchar * name)
{
  return asp_vast_text_of (asp_vast_child (node, name));
}

gchar *
asp_vast_quote (const gchar * text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text, -1);

  return g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), 40));
}

gboolean
asp_vast_flag (const AspVastNode * node, const gchar * name, gboolean otherwise)
{
  g_autofree gchar *text = asp_vast_attribute_text (node, name);

  if (!text)
    return otherwise;
  if (!g_ascii_strcasecmp (text, "true") || !strcmp (text, "1") || !g_ascii_strcasecmp (text, "yes"))
    return TRUE;
  if (!g_ascii_strcasecmp (text, "false") || !strcmp (text, "0") || !g_ascii_strcasecmp (text, "no"))
    return FALSE;
  return otherwise;
}

guint
asp_vast_number (const AspVastNode * node, const gchar * name)
{
  g_autofree gchar *text = asp_vast_attribute_text (node, name);
  gchar *end = text;
  guint64 value = text && g_ascii_isdigit (*text) ? g_ascii_strtoull (text, &end, 10) : 0;

  /* "1280px" and "29.97" are met: what counts stands in front */
  return value <= G_MAXINT ? (guint) value : 0;
}

static void
append_escaped (GString * xml, const gchar * text)
{
  for (; *text && xml->len <= ASP_VAST_EXTENSION_MAX; text++) {
    if (*text == '&')
      g_string_append (xml, "&amp;");
    else if (*text == '<')
      g_string_append (xml, "&lt;");
    else if (*text == '>')
      g_string_append (xml, "&gt;");
    else if (*text == '"')
      g_string_append (xml, "&quot;");
    else
      g_string_append_c (xml, *text);
  }
}

/* As deep as the tree is, which has a limit. */
static void
append_node (GString * xml, const AspVastNode * node)
{
  if (xml->len > ASP_VAST_EXTENSION_MAX)
    return;
  if (node->text) {
    append_escaped (xml, node->text);
    return;
  }
  g_string_append_printf (xml, "<%s", node->name);
  for (const AspVastAttribute * a = node->attributes; a; a = a->next) {
    g_string_append_printf (xml, " %s=\"", a->name);
    append_escaped (xml, a->value);
    g_string_append_c (xml, '"');
  }
  g_string_append (xml, node->children ? ">" : "/>");
  for (const AspVastNode * n = node->children; n; n = n->next)
    append_node (xml, n);
  if (node->children)
    g_string_append_printf (xml, "</%s>", node->name);
}

gchar *
asp_vast_inner_xml (const AspVastNode * node)
{
  GString *xml = g_string_new (NULL);

  for (const AspVastNode * n = node->children; n; n = n->next)
    append_node (xml, n);
  if (xml->len > ASP_VAST_EXTENSION_MAX)
    g_string_truncate (xml, 0);
  return strip (g_string_free (xml, FALSE));
}
