/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From bytes to UTF-8: byte order marks, declared and undeclared character sets. */
#include "asp-vast-private.h"

#include <errno.h>
#include <string.h>

/* Only these go to iconv: what a peer writes names no converter of its choice. */
static const struct
{
  const gchar *name, *iconv;
} charsets[] = {
  {"utf-8", "UTF-8"}, {"utf8", "UTF-8"}, {"us-ascii", "UTF-8"}, {"ascii", "UTF-8"},
  {"utf-16", "UTF-16LE"}, {"utf-16le", "UTF-16LE"}, {"utf-16be", "UTF-16BE"},
  /* who writes Latin-1 means what browsers take it for */
  {"iso-8859-1", "WINDOWS-1252"}, {"latin1", "WINDOWS-1252"}, {"latin-1", "WINDOWS-1252"},
  {"koi8-r", "KOI8-R"}, {"koi8-u", "KOI8-U"}, {"shift_jis", "SHIFT_JIS"}, {"euc-jp", "EUC-JP"},
  {"euc-kr", "EUC-KR"}, {"gb2312", "GBK"}, {"gbk", "GBK"}, {"gb18030", "GB18030"}, {"big5", "BIG5"},
};

/* with one or two digits behind */
static const gchar *const families[] = { "iso-8859-", "windows-125" };

static gboolean
refuse (GError ** error, const gchar * text)
{
  g_set_error_literal (error, ASP_VAST_ERROR, ASP_AD_CODE_XML, text);
  return FALSE;
}

/* FALSE: not a set that is taken. */
static gboolean
name_for_iconv (const gchar * name, gchar * out, gsize out_size)
{
  for (guint i = 0; i < G_N_ELEMENTS (charsets); i++) {
    if (g_ascii_strcasecmp (name, charsets[i].name))
      continue;
    g_strlcpy (out, charsets[i].iconv, out_size);
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (families); i++) {
    gsize n = strlen (families[i]), digits = strspn (name + MIN (n, strlen (name)), "0123456789");

    if (g_ascii_strncasecmp (name, families[i], n) || digits < 1 || digits > 2 || name[n + digits])
      continue;
    g_strlcpy (out, name, out_size);
    return TRUE;
  }
  return FALSE;
}

/* Into a block of the size that is allowed: a set that grows in UTF-8 gets no more. */
static gboolean
convert (AspVastText * text, const gchar * data, gsize size, const gchar * from, GError ** error)
{
  GIConv iconv = g_iconv_open ("UTF-8", from);
  gsize room = MIN ((gsize) ASP_VAST_SIZE_MAX, size * 3 + 16), left = room;
  gchar *in = (gchar *) data, *out;
  gsize result;
  int problem;

  if (iconv == (GIConv) - 1) {
    g_set_error (error, ASP_VAST_ERROR, ASP_AD_CODE_XML,
        "The document is in %s, which this system cannot convert", from);
    return FALSE;
  }
  out = text->owned = g_malloc (room + 1);
  result = g_iconv (iconv, &in, &size, &out, &left);
  problem = errno;
  g_iconv_close (iconv);
  if (result == (gsize) -1) {
    g_clear_pointer (&text->owned, g_free);
    if (problem == E2BIG)
      return refuse (error, "The document is longer than 2 MiB");
    g_set_error (error, ASP_VAST_ERROR, ASP_AD_CODE_XML, "The document is not what it says: %s",
        from);
    return FALSE;
  }
  text->text = text->owned;
  text->size = room - left;
  text->owned[text->size] = '\0';
  return TRUE;
}

static gboolean
is_space (gchar c)
{
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Takes white space off both ends, also in front of the XML declaration where it is not
 * allowed but met; and NULs behind, which come with strings of C. */
static void
trim (AspVastText * t)
{
  while (t->size > 0 && is_space (*t->text)) {
    t->lines_before += *t->text == '\n';
    t->text++;
    t->size--;
  }
  while (t->size > 0 && (t->text[t->size - 1] == '\0' || is_space (t->text[t->size - 1])))
    t->size--;
}

/* The size of the XML declaration at the start, 0 = none. */
static gsize
declaration_size (const gchar * text, gsize size)
{
  const gchar *end;

  if (size < 6 || memcmp (text, "<?xml", 5) || !is_space (text[5]))
    return 0;
  end = g_strstr_len (text, (gssize) MIN (size, 256), "?>");
  return end ? (gsize) (end + 2 - text) : 0;
}

/* encoding="..." of the declaration. (transfer full) (nullable) */
static gchar *
declared_charset (const gchar * text, gsize size)
{
  gsize n = declaration_size (text, size);
  const gchar *at = n ? g_strstr_len (text, (gssize) n, "encoding") : NULL;
  const gchar *end = text + n, *close;

  if (!at)
    return NULL;
  at += strlen ("encoding");
  while (at < end && (is_space (*at) || *at == '='))
    at++;
  if (at >= end || (*at != '"' && *at != '\''))
    return NULL;
  close = memchr (at + 1, *at, (gsize) (end - at - 1));
  return close ? g_strndup (at + 1, (gsize) (close - at - 1)) : NULL;
}

/* By mark, or by how "<" looks. (transfer none) (nullable) */
static const gchar *
sniff (const gchar ** data, gsize * size)
{
  static const struct
  {
    const gchar *bytes;
    gsize n, skip;
    const gchar *charset;
  } marks[] = {
    {"\xef\xbb\xbf", 3, 3, "UTF-8"}, {"\xff\xfe", 2, 2, "UTF-16LE"}, {"\xfe\xff", 2, 2, "UTF-16BE"},
    {"<\0", 2, 0, "UTF-16LE"}, {"\0<", 2, 0, "UTF-16BE"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++) {
    if (*size < marks[i].n || memcmp (*data, marks[i].bytes, marks[i].n))
      continue;
    *data += marks[i].skip;
    *size -= marks[i].skip;
    return marks[i].charset;
  }
  return NULL;
}

/* What is said about the set: mark, transport, document, in this order (RFC 7303, 3). */
static gboolean
decode (AspVastText * t, const gchar * data, gsize size, const gchar * charset, GError ** error)
{
  g_autofree gchar *declared = NULL;
  const gchar *marked = sniff (&data, &size);
  gchar name[24] = "UTF-8";

  if (!marked) {
    AspVastText start = {.text = data,.size = size };

    trim (&start);
    declared = declared_charset (start.text, start.size);
  }
  if (marked)
    g_strlcpy (name, marked, sizeof name);
  else if (!(charset && name_for_iconv (charset, name, sizeof name)) &&
      declared && !name_for_iconv (declared, name, sizeof name)) {
    g_autofree gchar *quoted = asp_vast_quote (declared);

    g_set_error (error, ASP_VAST_ERROR, ASP_AD_CODE_XML,
        "The document is in \"%s\"; send it as UTF-8", quoted);
    return FALSE;
  }
  t->text = data;
  t->size = size;
  if (strcmp (name, "UTF-8"))
    return convert (t, data, size, name, error);
  while (t->size > 0 && t->text[t->size - 1] == '\0')
    t->size--;
  if (g_utf8_validate_len (t->text, t->size, NULL))
    return TRUE;
  /* 8-bit letters that nobody declared */
  return convert (t, data, t->size, "WINDOWS-1252", error);
}

gboolean
asp_vast_text_open (AspVastText * t, const gchar * data, gsize size, const gchar * charset,
    GError ** error)
{
  gsize declaration;

  memset (t, 0, sizeof *t);
  if (size > ASP_VAST_SIZE_MAX)
    return refuse (error, "The document is longer than 2 MiB");
  if (!decode (t, data, size, charset, error))
    return FALSE;
  trim (t);
  declaration = declaration_size (t->text, t->size);
  for (gsize i = 0; i < declaration; i++)
    t->lines_before += t->text[i] == '\n';
  t->text += declaration;
  t->size -= declaration;
  trim (t);
  if (t->size > 0)
    return TRUE;
  asp_vast_text_clear (t);
  return refuse (error, "The document is empty");
}

void
asp_vast_text_clear (AspVastText * t)
{
  g_clear_pointer (&t->owned, g_free);
  t->text = NULL;
  t->size = 0;
}
