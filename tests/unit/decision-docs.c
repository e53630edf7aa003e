/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decision-docs.h"

#include <string.h>

static void
open_ad (GString * xml, const gchar * id, const gchar * flags)
{
  const gchar *place = strchr (flags, '#');

  g_string_append_printf (xml, "<Ad id=\"%s\"", id);
  if (place)
    g_string_append_printf (xml, " sequence=\"%d\"", (int) g_ascii_strtoll (place + 1, NULL, 10));
  g_string_append_c (xml, '>');
}

static void
add_trackers (GString * xml, const gchar * base, const gchar * id)
{
  g_string_append_printf (xml, "<AdSystem>s</AdSystem><Error><![CDATA[%s/e/%s?[ERRORCODE]]]></Error>"
      "<Impression>%s/i/%s</Impression>", base, id, base, id);
}

static void
add_expires (GString * xml, const gchar * flags)
{
  const gchar *expires = strchr (flags, '$');

  if (expires)
    g_string_append_printf (xml, "<Expires>%d</Expires>", (int) g_ascii_strtoll (expires + 1, NULL, 10));
}

static void
add_wrapper (GString * xml, const gchar * base, const gchar * id, const gchar * target)
{
  gsize n = strcspn (target, "#~$");
  const gchar *flags = target + n;
  g_autofree gchar *name = g_strndup (target, n);

  open_ad (xml, id, flags);
  g_string_append_printf (xml, "<Wrapper%s%s%s>", strstr (flags, "~m") ? " allowMultipleAds=\"true\"" : "",
      strstr (flags, "~f") ? " followAdditionalWrappers=\"false\"" : "",
      strstr (flags, "~b") ? " fallbackOnNoAd=\"false\"" : "");
  add_trackers (xml, base, id);
  add_expires (xml, flags);
  if (strstr (name, "://"))
    g_string_append_printf (xml, "<VASTAdTagURI>%s</VASTAdTagURI>", name);
  else
    g_string_append_printf (xml, "<VASTAdTagURI>%s/%s</VASTAdTagURI>", base, name);
  g_string_append (xml, "</Wrapper></Ad>");
}

static void
add_inline (GString * xml, const gchar * base, const gchar * id, const gchar * rest)
{
  guint seconds = (guint) g_ascii_strtoull (rest, NULL, 10);

  open_ad (xml, id, rest);
  g_string_append (xml, "<InLine>");
  add_trackers (xml, base, id);
  add_expires (xml, rest);
  g_string_append_printf (xml, "<AdTitle>%s</AdTitle><Creatives><Creative id=\"%s\"><Linear>"
      "<Duration>00:%02u:%02u</Duration><TrackingEvents><Tracking event=\"notUsed\">%s/n/%s</Tracking>"
      "<Tracking event=\"start\">%s/s/%s</Tracking></TrackingEvents>", id, id, seconds / 60, seconds % 60, base, id,
      base, id);
  if (!strchr (rest, '%'))
    g_string_append_printf (xml, "<MediaFiles><MediaFile type=\"video/mp4\" delivery=\"progressive\" "
        "bitrate=\"100\">%s/m/%s.mp4</MediaFile></MediaFiles>", base, id);
  g_string_append (xml, "</Linear></Creative></Creatives></InLine></Ad>");
}

gchar *
test_vast (const gchar * base, const gchar * words)
{
  GString *xml = g_string_new ("<VAST version=\"4.2\">");
  g_auto (GStrv) parts = g_strsplit (words, " ", -1);

  for (guint i = 0; parts[i] && *parts[i]; i++) {
    gchar *sign = strpbrk (parts[i], "=>");

    if (!strcmp (parts[i], "!"))
      g_string_append_printf (xml, "<Error><![CDATA[%s/e/root?[ERRORCODE]]]></Error>", base);
    else if (!strcmp (parts[i], "broken"))
      g_string_append (xml, "<Ad id=\"broken\"></Ad>");
    else {
      gchar kind = sign ? *sign : '\0';

      g_assert_true (kind == '=' || kind == '>');
      *sign = '\0';
      if (kind == '>')
        add_wrapper (xml, base, parts[i], sign + 1);
      else
        add_inline (xml, base, parts[i], sign + 1);
    }
  }
  g_string_append (xml, "</VAST>");
  return g_string_free (xml, FALSE);
}
