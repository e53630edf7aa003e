/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-decision-media.h"

#include <string.h>

static gboolean
is_vpaid (const AspAdMedia * media)
{
  return media->api_framework && !g_ascii_strcasecmp (media->api_framework, "VPAID");
}

static gboolean
ends_in (const gchar * url, const gchar * ending)
{
  gsize n = strcspn (url, "?#"), size = strlen (ending);

  return n >= size && !g_ascii_strncasecmp (url + n - size, ending, size);
}

/* A file that demuxers open; VAST's type is often wrong or missing, then the name counts. */
static gboolean
is_video_file (const AspAdMedia * media)
{
  static const gchar *const types[] = {
    "video/mp4", "video/quicktime", "video/webm", "video/mpeg", "video/mp2t", "video/x-matroska",
    "video/x-m4v", "video/3gpp", "application/mxf", "video/ogg", "video/x-ms-wmv", "video/x-flv",
    "video/avi", "video/x-msvideo",
  };
  static const gchar *const endings[] = { ".mp4", ".mov", ".m4v", ".webm", ".mkv", ".ts", ".mpg", ".mxf" };

  if (ends_in (media->url, ".m3u8") || ends_in (media->url, ".mpd"))
    return FALSE;
  for (guint i = 0; media->type && i < G_N_ELEMENTS (types); i++) {
    gsize n = strlen (types[i]);

    /* "video/mp4; codecs=..." is met */
    if (!g_ascii_strncasecmp (media->type, types[i], n) && strchr ("; ", media->type[n]))
      return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (!media->type && ends_in (media->url, endings[i]))
      return TRUE;
  return FALSE;
}

static gboolean
is_fetched (const AspAdMedia * media)
{
  return !g_ascii_strncasecmp (media->url, "http://", 7) ||
      !g_ascii_strncasecmp (media->url, "https://", 8);
}

/* A mezzanine often comes without type; what it must not be is a playlist. */
static gboolean
is_usable (const AspAdMedia * media)
{
  if (!is_fetched (media))
    return FALSE;
  if (media->kind == ASP_AD_MEDIA_MEZZANINE)
    return !media->type || is_video_file (media);
  return media->kind == ASP_AD_MEDIA_FILE && !media->api_framework && is_video_file (media);
}

static guint64
worth (const AspAdMedia * media)
{
  guint bitrate = MAX (media->bitrate_kbps, media->max_bitrate_kbps);

  /* delivery is a hint only: many write "streaming" for a file */
  return ((guint64) (media->kind == ASP_AD_MEDIA_MEZZANINE) << 62) +
      ((guint64) MIN (bitrate, 0xffffff) << 32) +
      (guint64) MIN (media->width, 0xffff) * MIN (media->height, 0xffff);
}

const AspAdMedia *
asp_decision_source (const AspAd * ad, gboolean mezzanine_only, AspSkipReason * reason)
{
  const AspAdMedia *best = NULL, *media;
  guint n_vpaid = 0, n_files = 0;

  *reason = ASP_SKIP_NONE;
  for (guint i = 0; (media = asp_ad_part_list_get (ad->creative.media, i)); i++) {
    n_files += media->kind == ASP_AD_MEDIA_FILE;
    n_vpaid += media->kind == ASP_AD_MEDIA_FILE && is_vpaid (media);
    if (!is_usable (media) || (mezzanine_only && media->kind != ASP_AD_MEDIA_MEZZANINE))
      continue;
    if (!best || worth (media) > worth (best))
      best = media;
  }
  if (best)
    return best;
  if (ad->creative.kind != ASP_AD_CREATIVE_LINEAR)
    *reason = ASP_SKIP_NON_LINEAR_AD;
  else if (n_vpaid > 0 && n_vpaid == n_files)
    *reason = ASP_SKIP_VPAID_AD;
  else
    *reason = mezzanine_only ? ASP_SKIP_MEZZANINE_MISSING : ASP_SKIP_MEDIA_FILE_UNAVAILABLE;
  return NULL;
}

gchar *
asp_decision_creative_key (const AspAd * ad)
{
  const AspAdCreative *c = &ad->creative;
  AspSkipReason reason;
  const AspAdMedia *media;

  if (c->universal_ad_id)
    return g_strdup_printf ("id:%s:%s", c->universal_ad_registry, c->universal_ad_id);
  media = asp_decision_source (ad, FALSE, &reason);
  if (media)
    return g_strdup_printf ("url:%.*s", (int) strcspn (media->url, "#"), media->url);
  if (c->creative_id || ad->ad_id)
    return g_strdup_printf ("ad:%s:%s:%s", ad->ad_system ? ad->ad_system : "", ad->ad_id ? ad->ad_id : "",
        c->creative_id ? c->creative_id : "");
  return NULL;
}

gchar *
asp_decision_advertiser_key (const AspAd * ad)
{
  const gchar *name = ad->advertiser_id ? ad->advertiser_id : ad->advertiser;
  g_autofree gchar *folded = name ? g_utf8_casefold (name, -1) : NULL;

  return folded && strcmp (folded, "unknown") ? g_steal_pointer (&folded) : NULL;
}

