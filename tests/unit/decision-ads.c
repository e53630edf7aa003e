/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decision-ads.h"

#include <string.h>

AspAd *
test_ad (const gchar * id, gdouble seconds)
{
  AspAd *ad = asp_ad_new (NULL, (gint64) (seconds * 90000 + 0.5));
  g_autofree gchar *media_url = g_strdup_printf ("http://m/%s.mp4", id);
  g_autofree gchar *error = g_strdup_printf ("http://e/%s?[ERRORCODE]", id);
  g_autofree gchar *unused = g_strdup_printf ("http://n/%s", id);
  AspAdMedia *media = asp_ad_media_new (ASP_AD_MEDIA_FILE, media_url);

  ad->ad_id = g_strdup (id);
  media->type = g_strdup ("video/mp4");
  media->delivery = g_strdup ("progressive");
  asp_ad_part_list_add (&ad->creative.media, media);
  asp_ad_part_list_add (&ad->trackers, asp_ad_tracker_new ("error", error));
  asp_ad_part_list_add (&ad->creative.trackers, asp_ad_tracker_new ("notUsed", unused));
  return ad;
}

static void
apply (AspPodCandidate * c, const gchar * rest)
{
  AspAd *ad = c->ad;

  switch (*rest) {
    case '#':
      c->stand_alone = FALSE;
      break;
    case '@':
      ad->advertiser = g_strndup (rest + 1, 1);
      break;
    case '!':
      ad->creative.universal_ad_registry = g_strdup ("r");
      ad->creative.universal_ad_id = g_strndup (rest + 1, 1);
      break;
    case '%':
      g_clear_pointer (&ad->creative.media, g_ptr_array_unref);
      break;
    case '*':
      ad->conditional = TRUE;
      break;
    case '+':
      c->group = (guint) (rest[1] - '0');
      break;
    case '~':
      c->expires_us = (rest[1] - '0') * 10 * G_USEC_PER_SEC;
      break;
    case '^':
      c->keep_place_empty = TRUE;
      break;
    case '?':
      c->reason = ASP_SKIP_INVALID_VAST_WRAPPER_AD;
      c->code = ASP_AD_CODE_WRAPPER_NO_AD;
      break;
    default:
      break;
  }
}

GPtrArray *
test_candidates (const gchar * words)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_pod_candidate_free);
  g_auto (GStrv) parts = g_strsplit (words, " ", -1);

  for (guint i = 0; parts[i] && *parts[i]; i++) {
    gchar *equals = strchr (parts[i], '='), *rest;
    gdouble seconds;
    AspPodCandidate *c;

    g_assert_nonnull (equals);
    *equals = '\0';
    seconds = g_ascii_strtod (equals + 1, &rest);
    c = asp_pod_candidate_new (test_ad (parts[i], seconds), TRUE, 1);
    for (; *rest; rest++)
      apply (c, rest);
    g_ptr_array_add (list, c);
  }
  return list;
}

gchar *
test_pod_text (const AspPodResult * result)
{
  static const gchar *const rests[] = { "none", "content", "slate" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < result->pod.ads->len; i++)
    g_string_append_printf (text, "%s ", ((const AspAd *) g_ptr_array_index (result->pod.ads, i))->ad_id);
  g_string_append_c (text, '|');
  for (guint i = 0; i < result->skipped->len; i++) {
    const AspSkippedAd *s = g_ptr_array_index (result->skipped, i);

    g_string_append_printf (text, " %s:%s:%d", s->ad->ad_id ? s->ad->ad_id : "-", asp_skip_reason_name (s->reason),
        s->code);
  }
  g_string_append_printf (text, " | %g %g %s", result->filled_90k / 90000.0, result->left_90k / 90000.0,
      rests[result->rest]);
  return g_string_free (text, FALSE);
}
