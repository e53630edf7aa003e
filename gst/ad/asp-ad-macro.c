/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-ad-macro.h"

#include <string.h>

#define NAME_MAX_SIZE 40

/* What the standard knows and nobody has told us: -1. */
static const gchar *const known[] = {
  "TIMESTAMP", "CACHEBUSTING", "CONTENTPLAYHEAD", "MEDIAPLAYHEAD", "BREAKPOSITION", "BLOCKEDADCATEGORIES",
  "ADCATEGORIES", "ADCOUNT", "TRANSACTIONID", "PLACEMENTTYPE", "ADTYPE", "UNIVERSALADID",
  "BREAKMAXDURATION", "BREAKMINDURATION", "BREAKMAXADS", "BREAKMINADLENGTH", "BREAKMAXADLENGTH",
  "IFA", "IFATYPE", "CLIENTUA", "SERVERUA", "DEVICEUA", "SERVERSIDE", "DEVICEIP", "LATLONG",
  "DOMAIN", "PAGEURL", "APPBUNDLE", "STOREID", "STOREURL", "VASTVERSIONS", "APIFRAMEWORKS", "EXTENSIONS",
  "VERIFICATIONVENDORS", "OMIDPARTNER", "MEDIAMIME", "PLAYERCAPABILITIES", "CLICKTYPE", "PLAYERSTATE",
  "INVENTORYSTATE", "PLAYERSIZE", "ADPLAYHEAD", "ASSETURI", "CONTENTID", "CONTENTURI", "PODSEQUENCE",
  "ADSERVINGID", "CLICKPOS", "LIMITADTRACKING", "REGULATIONS", "GDPRCONSENT", "GPPSECTIONID", "GPPSTRING",
  "ERRORCODE", "REASON",
};

static gboolean
is_in (const gchar * name, const gchar * const *names, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!strcmp (name, names[i]))
      return TRUE;
  return FALSE;
}

/* encodeURIComponent(); in a list the commas between the items stay. */
static gchar *
encode (const gchar * value, gboolean is_list)
{
  g_autofree gchar *valid = g_utf8_make_valid (value, -1);

  return g_uri_escape_string (valid, is_list ? "!'()*," : "!'()*", FALSE);
}

static gboolean
is_list (const gchar * name)
{
  static const gchar *const lists[] = {
    "UNIVERSALADID", "ADCATEGORIES", "BLOCKEDADCATEGORIES", "VASTVERSIONS", "APIFRAMEWORKS", "EXTENSIONS",
    "VERIFICATIONVENDORS", "MEDIAMIME", "PLAYERCAPABILITIES", "PLAYERSTATE", "PLAYERSIZE", "REGULATIONS", "LATLONG",
    "CLICKPOS",
  };

  return is_in (name, lists, G_N_ELEMENTS (lists));
}

/* HH:MM:SS.mmm */
static gchar *
time_text (gint64 at_90k)
{
  gint64 ms = at_90k / 90;

  if (at_90k < 0)
    return NULL;
  return g_strdup_printf ("%02" G_GINT64_FORMAT ":%02" G_GINT64_FORMAT ":%02" G_GINT64_FORMAT
      ".%03" G_GINT64_FORMAT, ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

static gchar *
number_text (gint64 number)
{
  return number < 0 ? NULL : g_strdup_printf ("%" G_GINT64_FORMAT, number);
}

static gchar *
now_text (gint64 unix_us)
{
  g_autoptr (GDateTime) second = g_date_time_new_from_unix_utc (unix_us / G_USEC_PER_SEC);
  g_autofree gchar *text = second ? g_date_time_format (second, "%Y-%m-%dT%H:%M:%S") : NULL;

  return text ? g_strdup_printf ("%s.%03dZ", text, (int) (unix_us / 1000 % 1000)) : NULL;
}

/* "registry value" of all ids (VAST 4.3, 6.4: registry and value with a space between) */
static gchar *
universal_ids (const AspAd * ad)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const AspAdPair *pair;

  for (guint i = 0; ad && (pair = asp_ad_part_list_get (ad->creative.universal_ad_ids, i)); i++)
    g_string_append_printf (text, "%s%s %s", i > 0 ? "," : "", pair->name ? pair->name : "unknown", pair->value);
  return text->len > 0 ? g_strdup (text->str) : NULL;
}

static gchar *
values_of (const GPtrArray * pairs)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const AspAdPair *pair;

  for (guint i = 0; (pair = asp_ad_part_list_get (pairs, i)); i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "," : "", pair->value);
  return text->len > 0 ? g_strdup (text->str) : NULL;
}

static gchar *
position_text (AspAdRoll roll)
{
  return g_strdup (roll == ASP_AD_ROLL_PREROLL ? "1" : roll == ASP_AD_ROLL_POSTROLL ? "3" : "2");
}

/* Of the ad. (transfer full) (nullable) */
static gchar *
ad_value (const gchar * name, const AspAdMacros * m)
{
  if (!m->ad)
    return NULL;
  if (!strcmp (name, "ADTYPE"))
    return g_strdup (m->ad->ad_type ? m->ad->ad_type : "video");
  if (!strcmp (name, "UNIVERSALADID"))
    return universal_ids (m->ad);
  if (!strcmp (name, "ADSERVINGID"))
    return g_strdup (m->ad->ad_serving_id);
  if (!strcmp (name, "ADCATEGORIES"))
    return values_of (m->ad->categories);
  if (!strcmp (name, "BLOCKEDADCATEGORIES"))
    return values_of (m->ad->blocked_categories);
  return NULL;
}

/* Of who fires and for whom. (transfer full) (nullable) */
static gchar *
party_value (const gchar * name, const AspAdMacros * m)
{
  if (!strcmp (name, "SERVERSIDE"))
    return g_strdup_printf ("%u", (guint) m->server_side);
  if (!strcmp (name, "DEVICEIP"))
    return g_strdup (m->device_ip);
  if (!strcmp (name, "DEVICEUA") || !strcmp (name, "CLIENTUA"))
    return g_strdup (m->device_ua);
  if (!strcmp (name, "SERVERUA"))
    return g_strdup (m->server_ua);
  if (!strcmp (name, "TRANSACTIONID"))
    return g_strdup (m->transaction_id);
  if (!strcmp (name, "VASTVERSIONS"))
    return g_strdup ("2,3,5,6,7,8,11,12,13,14");      /* AdCOM's numbers of 2.0 to 4.3 */
  if (!strcmp (name, "ASSETURI"))
    return g_strdup (m->asset_uri);
  return NULL;
}

/* Of the moment and the place in the break. (transfer full) (nullable) */
static gchar *
place_value (const gchar * name, const AspAdMacros * m)
{
  if (!strcmp (name, "TIMESTAMP"))
    return now_text (m->unix_us);
  if (!strcmp (name, "CACHEBUSTING"))
    return g_strdup_printf ("%08u", m->random % 100000000);
  if (!strcmp (name, "ERRORCODE"))
    return number_text (m->error_code);
  if (!strcmp (name, "REASON"))
    return number_text (m->reason);
  if (!strcmp (name, "ADPLAYHEAD"))
    return time_text (m->ad_playhead_90k);
  if (!strcmp (name, "MEDIAPLAYHEAD") || !strcmp (name, "CONTENTPLAYHEAD"))
    return time_text (m->media_playhead_90k);
  if (!strcmp (name, "BREAKPOSITION"))
    return position_text (m->roll);
  if (!strcmp (name, "BREAKMAXDURATION"))
    return number_text (m->break_duration_90k < 0 ? -1 : m->break_duration_90k / 90000);
  if (!strcmp (name, "PODSEQUENCE"))
    return number_text (m->pod_sequence);
  if (!strcmp (name, "ADCOUNT"))
    return number_text (m->ad_count);
  return NULL;
}

/* What stands instead of the macro, encoded; NULL: it is none of the standard's. */
static gchar *
value_of (const gchar * name, const AspAdMacros * m)
{
  g_autofree gchar *value = NULL;

  for (const gchar * const *r = m->refused; r && *r; r++)
    if (!strcmp (name, *r))
      return g_strdup ("-2");
  if (m->more && g_hash_table_lookup (m->more, name))
    return encode (g_hash_table_lookup (m->more, name), is_list (name));
  if (!is_in (name, known, G_N_ELEMENTS (known)))
    return NULL;
  value = place_value (name, m);
  if (!value)
    value = party_value (name, m);
  if (!value)
    value = ad_value (name, m);
  return value ? encode (value, is_list (name)) : g_strdup ("-1");
}

/* The forms of a macro: how it opens and how it closes. */
static const struct
{
  const gchar *open, *close;
} forms[] = {
  {"[", "]"}, {"%%", "%%"}, {"%5B", "%5D"}, {"%5b", "%5d"}, {"%5B", "]"},
};

/* A macro at @at: its size with its brackets and its value; 0 = none, or not a known one. */
static gsize
macro_at (const gchar * at, const AspAdMacros * m, gchar ** value)
{
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++) {
    gsize open = strlen (forms[i].open), n = 0;
    gchar name[NAME_MAX_SIZE];

    if (strncmp (at, forms[i].open, open))
      continue;
    while (n < sizeof name - 1 && (g_ascii_isalnum (at[open + n]) || at[open + n] == '_'))
      n++;
    if (n == 0 || strncmp (at + open + n, forms[i].close, strlen (forms[i].close)))
      continue;
    memcpy (name, at + open, n);
    name[n] = '\0';
    *value = value_of (name, m);
    if (*value)
      return open + n + strlen (forms[i].close);
  }
  return 0;
}

gchar *
asp_ad_macros_fill (const gchar * url, const AspAdMacros * macros)
{
  GString *filled = g_string_new (NULL);

  while (*url && filled->len < ASP_AD_MACRO_URL_MAX) {
    g_autofree gchar *value = NULL;
    gsize size = *url == '[' || *url == '%' ? macro_at (url, macros, &value) : 0;

    if (size > 0)
      g_string_append (filled, value);
    else
      g_string_append_c (filled, *url);
    url += MAX (size, 1);
  }
  g_string_truncate (filled, MIN (filled->len, ASP_AD_MACRO_URL_MAX));
  return g_string_free (filled, FALSE);
}

gboolean
asp_ad_url_is_called (const gchar * url)
{
  return url && (!g_ascii_strncasecmp (url, "http://", 7) || !g_ascii_strncasecmp (url, "https://", 8) ||
      g_str_has_prefix (url, "//"));
}
