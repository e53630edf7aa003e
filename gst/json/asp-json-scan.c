/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-json-private.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define NUMBER_MAX 400          /* characters; the exact decimal form of a small double is long */

/*
 * RFC 8259 by hand, without recursion: json-glib is lenient (comments, octal numbers, the
 * last of two equal names) and recurses as deep as the text says. What passes here it reads.
 */
typedef struct
{
  const gchar *text, *p, *end;
  gchar open[ASP_JSON_DEPTH_MAX];       /* '{' or '[' of each level */
  guint depth;
  gsize members;
  GError **error;
} Scan;

static gboolean
wrong (Scan * s, AspJsonError code, const gchar * what)
{
  guint line = 1;
  const gchar *start = s->text;

  for (const gchar * c = s->text; c < s->p; c++) {
    if (*c == '\n') {
      line++;
      start = c + 1;
    }
  }
  g_set_error (s->error, ASP_JSON_ERROR, code, "JSON, line %u, column %" G_GSIZE_FORMAT ": %s",
      line, (gsize) (s->p - start) + 1, what);
  return FALSE;
}

static gboolean
unexpected (Scan * s, const gchar * wanted)
{
  g_autofree gchar *what = NULL;

  if (s->p >= s->end)
    what = g_strdup_printf ("it ends where %s should stand", wanted);
  else
    what = g_strdup_printf ("%s should stand here", wanted);
  return wrong (s, ASP_JSON_ERROR_SYNTAX, what);
}

static gchar
peek (const Scan * s)
{
  return s->p < s->end ? *s->p : '\0';
}

static void
skip_space (Scan * s)
{
  while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
    s->p++;
}

/* Four hexadecimal digits; -1 when they are not there. */
static gint
hex4 (Scan * s)
{
  gint value = 0;

  if (s->end - s->p < 4)
    return -1;
  for (guint i = 0; i < 4; i++) {
    if (!g_ascii_isxdigit (s->p[i]))
      return -1;
    value = value << 4 | g_ascii_xdigit_value (s->p[i]);
  }
  s->p += 4;
  return value;
}

/* Behind \u. Characters outside the first plane come as two surrogates: 7. */
static gboolean
scan_unicode (Scan * s)
{
  gint unit = hex4 (s);

  if (unit < 0)
    return unexpected (s, "four hexadecimal digits");
  if (unit == 0)
    return wrong (s, ASP_JSON_ERROR_SYNTAX, "\\u0000 is not taken");
  if (unit < 0xd800 || unit > 0xdfff)
    return TRUE;
  if (unit <= 0xdbff && s->end - s->p >= 2 && s->p[0] == '\\' && s->p[1] == 'u') {
    s->p += 2;
    unit = hex4 (s);
    if (unit >= 0xdc00 && unit <= 0xdfff)
      return TRUE;
  }
  return wrong (s, ASP_JSON_ERROR_SYNTAX, "half of a surrogate pair stands alone");
}

static gboolean
scan_string (Scan * s)
{
  if (peek (s) != '"')
    return unexpected (s, "a string in quotes");
  s->p++;
  while (s->p < s->end && *s->p != '"') {
    if ((guchar) *s->p < 0x20)
      return wrong (s, ASP_JSON_ERROR_SYNTAX, "a control character in a string; write it as \\u");
    if (*s->p++ != '\\')
      continue;
    if (peek (s) == '\0' || !strchr ("\"\\/bfnrtu", *s->p))
      return unexpected (s, "one of \" \\ / b f n r t u");
    if (*s->p++ == 'u' && !scan_unicode (s))
      return FALSE;
  }
  if (s->p >= s->end)
    return unexpected (s, "the closing quote of a string");
  s->p++;
  return TRUE;
}

static gboolean
scan_digits (Scan * s)
{
  if (!g_ascii_isdigit (peek (s)))
    return unexpected (s, "a digit");
  while (g_ascii_isdigit (peek (s)))
    s->p++;
  return TRUE;
}

static gboolean
number_fits (const gchar * number, gboolean integer)
{
  if (!integer)
    return isfinite (g_ascii_strtod (number, NULL));
  errno = 0;
  (void) g_ascii_strtoll (number, NULL, 10);
  return errno == 0;
}

static gboolean
scan_number (Scan * s)
{
  const gchar *start = s->p;
  gboolean integer = TRUE;
  gchar copy[NUMBER_MAX + 1];

  if (peek (s) == '-')
    s->p++;
  if (peek (s) == '0')
    s->p++;
  else if (!scan_digits (s))
    return FALSE;
  if (peek (s) == '.') {
    integer = FALSE;
    s->p++;
    if (!scan_digits (s))
      return FALSE;
  }
  if (peek (s) == 'e' || peek (s) == 'E') {
    integer = FALSE;
    s->p++;
    if (peek (s) == '+' || peek (s) == '-')
      s->p++;
    if (!scan_digits (s))
      return FALSE;
  }
  if (s->p - start > NUMBER_MAX)
    return wrong (s, ASP_JSON_ERROR_NUMBER, "a number with too many digits");
  memcpy (copy, start, (gsize) (s->p - start));
  copy[s->p - start] = '\0';
  if (!number_fits (copy, integer))
    return wrong (s, ASP_JSON_ERROR_NUMBER, integer ? "an integer that does not fit 64 bits" :
        "a number that is too large");
  return TRUE;
}

static gboolean
scan_word (Scan * s)
{
  static const gchar *const words[] = { "true", "false", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    gsize length = strlen (words[i]);

    if ((gsize) (s->end - s->p) >= length && !memcmp (s->p, words[i], length)) {
      s->p += length;
      return TRUE;
    }
  }
  return unexpected (s, "a value");
}

static gboolean
scan_name (Scan * s)
{
  skip_space (s);
  if (!scan_string (s))
    return FALSE;
  skip_space (s);
  if (peek (s) != ':')
    return unexpected (s, "a colon");
  s->p++;
  s->members++;
  return TRUE;
}

static gboolean
open_level (Scan * s)
{
  if (s->depth == ASP_JSON_DEPTH_MAX)
    return wrong (s, ASP_JSON_ERROR_SIZE, "objects and arrays are too deep in each other");
  s->open[s->depth++] = *s->p++;
  return TRUE;
}

static gchar
closing (const Scan * s)
{
  return s->open[s->depth - 1] == '{' ? '}' : ']';
}

/* One value, or the beginning of one; @complete says which. */
static gboolean
scan_value (Scan * s, gboolean * complete)
{
  *complete = TRUE;
  skip_space (s);
  switch (peek (s)) {
    case '{':
    case '[':
      if (!open_level (s))
        return FALSE;
      skip_space (s);
      if (peek (s) == closing (s)) {
        s->p++;
        s->depth--;
        return TRUE;
      }
      *complete = FALSE;
      return s->open[s->depth - 1] == '[' || scan_name (s);
    case '"':
      return scan_string (s);
    case '-':
      return scan_number (s);
    default:
      return g_ascii_isdigit (peek (s)) ? scan_number (s) : scan_word (s);
  }
}

/* Behind a complete value: closes what ends here. @more: another value follows. */
static gboolean
scan_after (Scan * s, gboolean * more)
{
  *more = FALSE;
  while (s->depth > 0) {
    skip_space (s);
    if (peek (s) == ',') {
      s->p++;
      *more = TRUE;
      return s->open[s->depth - 1] == '[' || scan_name (s);
    }
    if (peek (s) != closing (s))
      return unexpected (s, closing (s) == '}' ? "a comma or }" : "a comma or ]");
    s->p++;
    s->depth--;
  }
  return TRUE;
}

gboolean
asp_json_scan (const gchar * text, gsize size, gsize * members, GError ** error)
{
  Scan s = { text, text, text + size, {0}, 0, 0, error };
  gboolean complete, more = TRUE;

  while (more) {
    if (!scan_value (&s, &complete) || (complete && !scan_after (&s, &more)))
      return FALSE;
  }
  skip_space (&s);
  if (s.p < s.end)
    return wrong (&s, ASP_JSON_ERROR_SYNTAX, "something follows behind the value");
  *members = s.members;
  return TRUE;
}
