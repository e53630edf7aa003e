/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A first pass over the markup, without memory: what would make an XML parser work or hold
 * more than a VAST is worth never reaches it. It reads XML's outer forms as a parser does
 * (comment, CDATA, instruction, tag with quotes); whether the rest is well-formed is not its
 * business.
 */
#define _GNU_SOURCE             /* memmem() */
#include "asp-vast-private.h"

#include <string.h>

typedef struct
{
  const gchar *at, *end;
  guint line;
  guint depth, elements, attributes;
} Scan;

static gboolean
refuse (const Scan * s, GError ** error, const gchar * what)
{
  g_set_error (error, ASP_VAST_ERROR, ASP_AD_CODE_XML, "Line %u: %s", s->line, what);
  return FALSE;
}

static gboolean
starts (const Scan * s, const gchar * with)
{
  gsize n = strlen (with);

  return (gsize) (s->end - s->at) >= n && !memcmp (s->at, with, n);
}

static void
advance (Scan * s, gsize n)
{
  for (gsize i = 0; i < n; i++)
    s->line += s->at[i] == '\n';
  s->at += n;
}

/* Over @n bytes and what follows up to @close. One that is not closed takes the rest; the
 * parser says so. */
static gboolean
skip_section (Scan * s, gsize n, const gchar * close, GError ** error)
{
  gsize left = (gsize) (s->end - s->at);
  const gchar *found = memmem (s->at + n, left - n, close, strlen (close));
  gsize size = found ? (gsize) (found - s->at) + strlen (close) : left;

  if (size > ASP_VAST_TEXT_MAX)
    return refuse (s, error, "a CDATA section, comment or instruction is longer than 256 KiB");
  advance (s, size);
  return TRUE;
}

/* The size of the tag at the cursor, with its brackets; its attributes are counted. */
static gsize
measure_tag (const Scan * s, guint * attributes, gboolean * empty)
{
  gsize left = MIN ((gsize) (s->end - s->at), (gsize) ASP_VAST_TAG_SIZE_MAX + 1), i;
  gchar quote = '\0';

  *attributes = 0;
  *empty = FALSE;
  for (i = 1; i < left; i++) {
    gchar c = s->at[i];

    if (quote)
      quote = c == quote ? '\0' : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (c == '=')
      ++*attributes;
    else if (c == '>') {
      *empty = s->at[i - 1] == '/';
      return i + 1;
    }
  }
  return i;
}

static gboolean
scan_tag (Scan * s, GError ** error)
{
  gboolean closing = starts (s, "</"), empty;
  guint attributes;
  gsize size = measure_tag (s, &attributes, &empty);

  if (size > ASP_VAST_TAG_SIZE_MAX)
    return refuse (s, error, "a tag is longer than 64 KiB");
  if (attributes > ASP_VAST_TAG_ATTRIBUTES_MAX)
    return refuse (s, error, "an element has more than 64 attributes");
  s->attributes += attributes;
  if (s->attributes > ASP_VAST_ATTRIBUTES_MAX)
    return refuse (s, error, "the document has more than 12288 attributes");
  if (!closing && ++s->elements > ASP_VAST_ELEMENTS_MAX)
    return refuse (s, error, "the document has more than 8192 elements");
  if (closing)
    s->depth -= s->depth > 0;
  else if (!empty && ++s->depth > ASP_VAST_DEPTH_MAX)
    return refuse (s, error, "elements lie deeper in each other than 48");
  advance (s, size);
  return TRUE;
}

static gboolean
scan_markup (Scan * s, GError ** error)
{
  if (starts (s, "<!--"))
    return skip_section (s, 4, "-->", error);
  if (starts (s, "<![CDATA["))
    return skip_section (s, 9, "]]>", error);
  if (starts (s, "<?"))
    return skip_section (s, 2, "?>", error);
  /* entities are declared there and nowhere else: bombs, files, other servers */
  if (starts (s, "<!"))
    return refuse (s, error, "a DOCTYPE, which is refused for what it can do; send the document without it");
  return scan_tag (s, error);
}

gboolean
asp_vast_scan (const AspVastText * text, GError ** error)
{
  Scan s = {.at = text->text,.end = text->text + text->size,.line = text->lines_before + 1 };

  while (s.at < s.end) {
    const gchar *markup = memchr (s.at, '<', (gsize) (s.end - s.at));

    if ((gsize) ((markup ? markup : s.end) - s.at) > ASP_VAST_TEXT_MAX)
      return refuse (&s, error, "a text is longer than 256 KiB");
    advance (&s, (gsize) ((markup ? markup : s.end) - s.at));
    if (markup && !scan_markup (&s, error))
      return FALSE;
  }
  return TRUE;
}
