/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ads-script.h"

#include <asp-http-path.h>

#include <stdlib.h>
#include <string.h>

#define ADS_MAX 32
#define WRAPPERS_MAX 32
#define DELAY_MAX_MS 60000
#define DEFAULT_SECONDS 15
/* What a fault of size takes: 64 MiB, which gzip makes 64 KiB of. */
#define BOMB_BYTES (64 * 1024 * 1024)

typedef struct
{
  const gchar *base, *query;
  gchar *id, *sid, *version;
  guint ads, wrap, level;
  gboolean pod, loop;
  gchar *fault;
  gint major;
} Script;

void
ads_media_free (AdsMedia * media)
{
  g_free (media->name);
  g_free (media);
}

AdsMedia *
ads_media_new (const gchar * name)
{
  AdsMedia *m = g_new0 (AdsMedia, 1);
  const gchar *dash = strrchr (name, '-');
  gchar *end = NULL;
  guint64 seconds = dash ? g_ascii_strtoull (dash + 1, &end, 10) : 0;

  m->name = g_strdup (name);
  if (end && *end == 's' && seconds < 3600)
    m->seconds = seconds;
  return m;
}

/* -- parameters -- */

static gchar *
text_of (const gchar * query, const gchar * name, const gchar * fallback)
{
  gchar *value = asp_http_query_value (query, name);

  return value ? value : g_strdup (fallback);
}

static guint
number_of (const gchar * query, const gchar * name, guint fallback, guint most)
{
  guint64 value;

  return asp_http_query_number (query, name, &value) == ASP_HTTP_NUMBER_GOOD ?
      MIN (value, most) : fallback;
}

/* Element @i of a list with commas, the last one again and again; (transfer full). */
static gchar *
item_of (const gchar * list, guint i)
{
  g_auto (GStrv) items = list && *list ? g_strsplit (list, ",", -1) : NULL;
  guint n = items ? g_strv_length (items) : 0;

  return n ? g_strdup (items[MIN (i, n - 1)]) : NULL;
}

/* The query without `wrap` and `level`, to be gone on with. */
static gchar *
query_below (const Script * s, guint wrap)
{
  g_auto (GStrv) parts = g_strsplit (s->query ? s->query : "", "&", -1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; parts[i]; i++)
    if (*parts[i] && !g_str_has_prefix (parts[i], "wrap=") &&
        !g_str_has_prefix (parts[i], "level="))
      g_string_append_printf (out, "%s&", parts[i]);
  g_string_append_printf (out, "wrap=%u&level=%u", wrap, s->level + 1);
  return g_string_free (out, FALSE);
}

/* -- VAST -- */

static void
add_url (GString * x, const gchar * open, const gchar * close, const gchar * url)
{
  g_string_append_printf (x, "<%s><![CDATA[%s]]></%s>", open, url, close);
}

static gchar *
beacon (const Script * s, const gchar * event, const gchar * ad, const gchar * more)
{
  return g_strdup_printf ("%s/beacon/%s?sid=%s&ad=%s&level=%u%s&cb=[CACHEBUSTING]&ts=[TIMESTAMP]",
      s->base, event, s->sid, ad, s->level, more);
}

static void
add_beacon (GString * x, const Script * s, const gchar * open, const gchar * close,
    const gchar * event, const gchar * ad, const gchar * more)
{
  g_autofree gchar *url = beacon (s, event, ad, more);

  add_url (x, open, close, url);
}

static void
add_tracking (GString * x, const Script * s, const gchar * ad)
{
  static const gchar *const events[] = { "creativeView", "loaded", "start", "firstQuartile",
    "midpoint", "thirdQuartile", "complete", "mute", "unmute", "pause", "resume", "skip",
    "notUsed", NULL
  };

  g_string_append (x, "<TrackingEvents>");
  for (guint i = 0; events[i]; i++) {
    g_autofree gchar *open = g_strdup_printf ("Tracking event=\"%s\"", events[i]);

    /* the words of their versions */
    if ((s->major < 4 && (!strcmp (events[i], "loaded") || !strcmp (events[i], "notUsed"))) ||
        (s->major >= 4 && !strcmp (events[i], "creativeView")))
      continue;
    add_beacon (x, s, open, "Tracking", events[i], ad, "&head=[ADPLAYHEAD]");
  }
  if (s->major >= 3) {
    add_beacon (x, s, "Tracking event=\"progress\" offset=\"00:00:03\"", "Tracking", "progress", ad,
        "&at=3");
    add_beacon (x, s, "Tracking event=\"progress\" offset=\"40%\"", "Tracking", "progress", ad,
        "&at=40");
  }
  g_string_append (x, "</TrackingEvents>");
}

static const gchar *
type_of (const gchar * name)
{
  const gchar *type = asp_http_content_type (name);

  return type ? type : g_str_has_suffix (name, ".mov") ? "video/quicktime" : "video/mp4";
}

static void
add_duration (GString * x, guint seconds)
{
  g_string_append_printf (x, "<Duration>%02u:%02u:%02u</Duration>", seconds / 3600,
      seconds / 60 % 60, seconds % 60);
}

static void
add_media (GString * x, const Script * s, const gchar * url)
{
  g_string_append (x, "<MediaFiles>");
  if (s->major >= 4) {
    g_autofree gchar *mezzanine = text_of (s->query, "mezzanine", NULL);

    if (mezzanine)
      add_url (x, "Mezzanine delivery=\"progressive\" type=\"video/mp4\" width=\"1920\" "
          "height=\"1080\"", "Mezzanine", mezzanine);
  }
  if (strcmp (s->fault, "no-media") != 0) {
    g_autofree gchar *open = g_strdup_printf ("MediaFile delivery=\"progressive\" type=\"%s\" "
        "width=\"1280\" height=\"720\" bitrate=\"3000\"", type_of (url));

    add_url (x, open, "MediaFile", url);
  }
  g_string_append (x, "</MediaFiles>");
}

/* Of ad @i, (transfer full): the query's, else one of the folder in turn. */
static gchar *
media_url (const Script * s, guint i, GPtrArray * media, guint * seconds)
{
  g_autofree gchar *list = text_of (s->query, "media", NULL);
  g_autofree gchar *name = item_of (list, i);
  g_autofree gchar *lengths = text_of (s->query, "dur", NULL);
  g_autofree gchar *length = item_of (lengths, i);
  AdsMedia *found = media->len ? g_ptr_array_index (media, i % media->len) : NULL;
  AdsMedia *named = ads_media_new (name ? name : found ? found->name : "none.mp4");

  *seconds = length ? (guint) MIN (g_ascii_strtoull (length, NULL, 10), 3600) :
      named->seconds ? (guint) named->seconds : DEFAULT_SECONDS;
  g_free (name);
  name = g_strdup (named->name);
  ads_media_free (named);
  if (strstr (name, "://"))
    return g_steal_pointer (&name);
  return g_strdup_printf ("%s/media/%s", s->base, name);
}

static void
add_creative (GString * x, const Script * s, const gchar * ad, const gchar * url, guint seconds)
{
  g_autofree gchar *uid = text_of (s->query, "uid", NULL);
  g_autofree gchar *shown = g_markup_escape_text (uid ? uid : ad, -1);

  g_string_append_printf (x, "<Creative id=\"c-%s\"%s%s%s>", ad, s->major == 3 ? " AdID=\"" : "",
      s->major == 3 ? shown : "", s->major == 3 ? "\"" : "");
  if (s->major >= 4)
    g_string_append_printf (x, "<UniversalAdId idRegistry=\"%s\">%s</UniversalAdId>",
        uid && !strcmp (uid, "unknown") ? "unknown" : "adsplice.example", shown);
  g_string_append (x, "<Linear>");
  add_duration (x, seconds);
  add_tracking (x, s, ad);
  g_string_append (x, "<VideoClicks>");
  add_beacon (x, s, "ClickThrough", "ClickThrough", "landing", ad, "");
  add_beacon (x, s, "ClickTracking", "ClickTracking", "click", ad, "");
  g_string_append (x, "</VideoClicks>");
  add_media (x, s, url);
  g_string_append (x, "</Linear></Creative>");
}

static void
add_inline (GString * x, const Script * s, guint i, GPtrArray * media)
{
  g_autofree gchar *ad = g_strdup_printf ("%s-%u", s->id, i + 1);
  g_autofree gchar *category = text_of (s->query, "category", NULL);
  g_autofree gchar *advertiser = text_of (s->query, "advertiser", NULL);
  guint seconds;
  g_autofree gchar *url = media_url (s, i, media, &seconds);

  g_string_append_printf (x, "<Ad id=\"%s\"", ad);
  if (s->pod)
    g_string_append_printf (x, " sequence=\"%u\"", i + 1);
  g_string_append_printf (x, "><InLine><AdSystem version=\"1\">adsplice ads-server</AdSystem>"
      "<AdTitle>Ad %s</AdTitle>", ad);
  if (strcmp (s->version, "4.1") >= 0)
    g_string_append_printf (x, "<AdServingId>serving-%s</AdServingId>", ad);
  add_beacon (x, s, "Error", "Error", "error", ad, "&code=[ERRORCODE]");
  add_beacon (x, s, "Impression id=\"i1\"", "Impression", "impression", ad, "");
  if (category && s->major >= 4) {
    g_autofree gchar *name = g_markup_escape_text (category, -1);

    g_string_append_printf (x, "<Category authority=\"iabtechlab.com\">%s</Category>", name);
  }
  if (advertiser && s->major >= 3) {
    g_autofree gchar *list = item_of (advertiser, i);
    g_autofree gchar *name = g_markup_escape_text (list ? list : "", -1);

    g_string_append_printf (x, "<Advertiser>%s</Advertiser>", name);
  }
  if (s->major >= 4) {
    g_autofree gchar *list = text_of (s->query, "expires", NULL);
    g_autofree gchar *expires = item_of (list, i);

    if (expires && g_ascii_strtoull (expires, NULL, 10) > 0)
      g_string_append_printf (x, "<Expires>%u</Expires>", (guint) g_ascii_strtoull (expires, NULL, 10));
  }
  g_string_append (x, "<Creatives>");
  add_creative (x, s, ad, url, seconds);
  g_string_append (x, "</Creatives></InLine></Ad>");
}

static void
add_wrapper (GString * x, const Script * s)
{
  g_autofree gchar *below = query_below (s, s->loop ? s->wrap : s->wrap - 1);
  g_autofree gchar *url = s->loop ? g_strdup_printf ("%s/vast?%s", s->base, s->query) :
      g_strdup_printf ("%s/vast?%s", s->base, below);
  g_autofree gchar *ad = g_strdup_printf ("%s-w%u", s->id, s->level);
  static const gchar *const flags[] = { "followAdditionalWrappers", "allowMultipleAds",
    "fallbackOnNoAd"
  };

  g_string_append_printf (x, "<Ad id=\"%s\"><Wrapper", ad);
  for (guint i = 0; i < G_N_ELEMENTS (flags) && s->major >= 3; i++) {
    g_autofree gchar *value = text_of (s->query, flags[i], "true");

    g_string_append_printf (x, " %s=\"%s\"", flags[i], strcmp (value, "false") ? "true" : "false");
  }
  g_string_append (x, "><AdSystem>adsplice ads-server</AdSystem>");
  add_url (x, "VASTAdTagURI", "VASTAdTagURI", url);
  add_beacon (x, s, "Error", "Error", "error", ad, "&code=[ERRORCODE]");
  add_beacon (x, s, "Impression", "Impression", "impression", ad, "");
  g_string_append (x, "<Creatives><Creative><Linear>");
  add_tracking (x, s, ad);
  g_string_append (x, "</Linear></Creative></Creatives></Wrapper></Ad>");
}

static gchar *
vast (const Script * s, GPtrArray * media)
{
  GString *x = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");

  g_string_append_printf (x, "<VAST version=\"%s\">", s->version);
  if (s->wrap > 0 || s->loop) {
    add_wrapper (x, s);
  } else {
    for (guint i = 0; i < s->ads; i++)
      add_inline (x, s, i, media);
    if (s->ads == 0)
      add_beacon (x, s, "Error", "Error", "error", "none", "&code=[ERRORCODE]");
  }
  g_string_append (x, "</VAST>\n");
  return g_string_free (x, FALSE);
}

static gchar *
vmap (const Script * s)
{
  GString *x = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<vmap:VMAP "
      "xmlns:vmap=\"http://www.iab.net/videosuite/vmap\" version=\"1.0\"><vmap:AdBreak "
      "timeOffset=\"start\" breakType=\"linear\" breakId=\"b1\"><vmap:AdSource id=\"s1\" "
      "allowMultipleAds=\"true\" followRedirects=\"true\"><vmap:AdTagURI templateType=\"vast4\">");
  g_autofree gchar *url = g_strdup_printf ("%s/vast?%s", s->base, s->query ? s->query : "");

  g_string_append_printf (x, "<![CDATA[%s]]></vmap:AdTagURI></vmap:AdSource><vmap:TrackingEvents>",
      url);
  add_beacon (x, s, "vmap:Tracking event=\"breakStart\"", "vmap:Tracking", "breakStart", "break", "");
  add_beacon (x, s, "vmap:Tracking event=\"breakEnd\"", "vmap:Tracking", "breakEnd", "break", "");
  add_beacon (x, s, "vmap:Tracking event=\"error\"", "vmap:Tracking", "error", "break", "");
  g_string_append (x, "</vmap:TrackingEvents></vmap:AdBreak></vmap:VMAP>\n");
  return g_string_free (x, FALSE);
}

/* -- faults -- */

static GBytes *
take_text (gchar * text)
{
  return g_bytes_new_take (text, strlen (text));
}

/* A file of this machine, and a bomb: 10 names of which each is ten times the one before. */
static gchar *
with_doctype (const Script * s, const gchar * text)
{
  const gchar *body = strchr (text, '\n') + 1;

  if (!strcmp (s->fault, "xxe"))
    return g_strconcat ("<?xml version=\"1.0\"?>\n<!DOCTYPE VAST [<!ENTITY x SYSTEM "
        "\"file:///etc/passwd\">]>\n<AdTitle>&x;</AdTitle>", body, NULL);
  return g_strconcat ("<?xml version=\"1.0\"?>\n<!DOCTYPE VAST [<!ENTITY a \"aaaaaaaaaa\">"
      "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
      "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">]>\n<Extension>&d;</Extension>", body, NULL);
}

/* What is not VAST as it should be; FALSE when @fault is no such one. */
static gboolean
spoil (const Script * s, gchar * text, AdsAnswer * out)
{
  const gchar *f = s->fault;
  g_autofree gchar *own = text;

  out->type = "application/xml";
  if (!strcmp (f, "html")) {
    out->type = "text/html";
    out->text = take_text (g_strdup ("<!doctype html><html><body>No ads today</body></html>"));
  } else if (!strcmp (f, "empty")) {
    out->text = take_text (g_strdup (""));
  } else if (!strcmp (f, "cut")) {
    out->text = g_bytes_new (own, strlen (own) / 2);
  } else if (!strcmp (f, "dtd") || !strcmp (f, "xxe")) {
    out->text = take_text (with_doctype (s, own));
  } else if (!strcmp (f, "bom")) {
    out->text = take_text (g_strconcat ("\xef\xbb\xbf", own, NULL));
  } else if (!strcmp (f, "latin1")) {
    g_autofree gchar *latin = g_convert (own, -1, "ISO-8859-1", "UTF-8", NULL, NULL, NULL);
    g_auto (GStrv) parts = g_strsplit (latin, "UTF-8", 2);

    out->text = take_text (g_strjoinv ("ISO-8859-1", parts));
  } else if (!strcmp (f, "bomb")) {
    gchar *blanks = g_strnfill (BOMB_BYTES, ' ');

    memcpy (blanks, own, MIN (strlen (own), BOMB_BYTES));
    out->text = g_bytes_new_take (blanks, BOMB_BYTES);
  } else {
    out->text = take_text (g_steal_pointer (&own));
  }
  return TRUE;
}

static void
script_read (Script * s, const gchar * base, const gchar * query)
{
  s->base = base;
  s->query = query;
  s->id = text_of (query, "id", "ad");
  g_strcanon (s->id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", '-');
  s->sid = text_of (query, "sid", "default");
  g_strcanon (s->sid, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", '-');
  s->version = text_of (query, "v", "4.2");
  g_strcanon (s->version, "0123456789.", '0');
  s->major = atoi (s->version);
  s->ads = number_of (query, "ads", 1, ADS_MAX);
  s->wrap = number_of (query, "wrap", 0, WRAPPERS_MAX);
  s->level = number_of (query, "level", 0, 1000);
  s->pod = number_of (query, "pod", s->ads > 1, 1);
  s->loop = number_of (query, "loop", 0, 1);
  s->fault = text_of (query, "fault", "");
}

static void
script_clear (Script * s)
{
  g_free (s->id);
  g_free (s->sid);
  g_free (s->version);
  g_free (s->fault);
}

void
ads_answer (const gchar * base, const gchar * path, const gchar * query, GPtrArray * media,
    AdsAnswer * out)
{
  Script s = { 0, };
  guint at;

  memset (out, 0, sizeof *out);
  script_read (&s, base, query);
  /* faults come at the ads themselves, below all wrappers, or at the level that is named */
  at = number_of (query, "at", s.level + s.wrap, 1000);
  if (at == s.level) {
    out->delay_ms = number_of (query, "delay", 0, DELAY_MAX_MS);
    out->status = number_of (query, "status", 0, 599);
    out->location = text_of (query, "redirect", NULL);
    if (!strcmp (s.fault, "redirect-loop"))
      out->location = g_strdup_printf ("%s%s?%s", base, path, query);
  } else {
    *s.fault = '\0';
  }
  if (out->location) {
    out->kind = ADS_REDIRECT;
    out->status = out->status ? out->status : 302;
  } else if (out->status && out->status != 200) {
    out->kind = ADS_STATUS;
  } else {
    out->kind = ADS_VAST;
    spoil (&s, strcmp (path, "/vmap") ? vast (&s, media) : vmap (&s), out);
  }
  script_clear (&s);
}

void
ads_answer_clear (AdsAnswer * answer)
{
  g_clear_pointer (&answer->location, g_free);
  g_clear_pointer (&answer->text, g_bytes_unref);
}
