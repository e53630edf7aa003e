/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-decision-category.h"
#include "asp-decision-pod-private.h"

#include <string.h>

typedef struct
{
  const AspPodRules *rules;
  AspPodEntry *entries;
  guint n, max_ads, n_placed;
  gint64 avail_90k, left_90k;   /* left: with the tolerance */
} Build;

AspPodCandidate *
asp_pod_candidate_new (AspAd * ad, gboolean stand_alone, guint group)
{
  AspPodCandidate *candidate = g_new0 (AspPodCandidate, 1);

  candidate->ad = ad;
  candidate->stand_alone = stand_alone;
  candidate->group = group;
  return candidate;
}

void
asp_pod_candidate_free (AspPodCandidate * candidate)
{
  if (!candidate)
    return;
  asp_ad_free (candidate->ad);
  g_free (candidate->why);
  g_free (candidate);
}

void
asp_pod_result_init (AspPodResult * result)
{
  memset (result, 0, sizeof *result);
  asp_ad_pod_init (&result->pod);
  result->expires_us = g_array_new (FALSE, FALSE, sizeof (gint64));
  result->skipped = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_skipped_ad_free);
}

void
asp_pod_result_clear (AspPodResult * result)
{
  asp_ad_pod_clear (&result->pod);
  g_clear_pointer (&result->expires_us, g_array_unref);
  g_clear_pointer (&result->skipped, g_ptr_array_unref);
}

AspSkipReason
asp_pod_conflict (const AspPodEntry * a, const AspPodEntry * b)
{
  if (a->creative_key && !g_strcmp0 (a->creative_key, b->creative_key))
    return ASP_SKIP_REJECTED_REPLICA_VAST;
  if (a->advertiser_key && !g_strcmp0 (a->advertiser_key, b->advertiser_key))
    return ASP_SKIP_COMPETITIVE_SEPARATION;
  return ASP_SKIP_NONE;
}

static void
refuse (AspPodEntry * e, AspSkipReason reason, AspAdCode code)
{
  e->reason = reason;
  e->code = code ? code : asp_skip_reason_code (reason);
}

/* Asks the store. */
static void
probe (const Build * b, AspPodEntry * e, const AspAdMedia * source)
{
  const AspPodRules *r = b->rules;
  AspAdCode code = ASP_AD_CODE_NONE;
  AspTranscodeState state = ASP_TRANSCODE_READY;

  if (r->probe)
    state = r->probe (e->candidate->ad, source, &e->duration_90k, &code, r->probe_data);
  if (state == ASP_TRANSCODE_NEW)
    refuse (e, ASP_SKIP_NEW_CREATIVE, ASP_AD_CODE_NONE);
  else if (state == ASP_TRANSCODE_IN_PROGRESS)
    refuse (e, ASP_SKIP_TRANSCODE_IN_PROGRESS, ASP_AD_CODE_NONE);
  else if (state == ASP_TRANSCODE_ERROR)
    refuse (e, code >= ASP_AD_CODE_NOT_FOUND && code <= ASP_AD_CODE_NO_MEDIA ?
        ASP_SKIP_MEDIA_FILE_UNAVAILABLE : ASP_SKIP_TRANSCODE_ERROR, code);
  else if (e->duration_90k <= 0)
    refuse (e, ASP_SKIP_UNKNOWN_DURATION, ASP_AD_CODE_NONE);
}

/* VAST 4.3, 3.4.1.6: behind that it may not be played any more. */
static gboolean
is_expired (const Build * b, const AspPodEntry * e, gint64 before_90k)
{
  gint64 expires_us = e->candidate->expires_us;

  return expires_us > 0 && expires_us <= b->rules->plays_us + before_90k * 100 / 9;
}

/* What is in front of the next place. */
static gint64
placed_90k (const Build * b)
{
  return b->avail_90k + b->rules->tolerance_90k - b->left_90k;
}

/* What is wrong with an ad wherever it would stand. The store is asked last: it may begin to
 * work for what it is asked about. */
static void
vet (const Build * b, AspPodEntry * e)
{
  const AspPodRules *r = b->rules;
  const AspAd *ad = e->candidate->ad;
  const AspAdMedia *source;
  AspSkipReason reason = e->candidate->reason;

  if (reason != ASP_SKIP_NONE) {
    refuse (e, reason, e->candidate->code);
    return;
  }
  source = asp_decision_source (ad, r->mezzanine_required, &reason);
  /* VAST 4.0, 2.4.4: what must be able to decline cannot be stitched */
  if (reason == ASP_SKIP_NONE && ad->conditional)
    reason = ASP_SKIP_CONDITIONAL_AD;
  if (reason == ASP_SKIP_NONE && is_expired (b, e, 0))
    reason = ASP_SKIP_EXPIRED;
  if (reason == ASP_SKIP_NONE)
    reason = asp_decision_check_categories (ad, r->blocked_categories, r->category_required);
  if (reason == ASP_SKIP_NONE && r->frequency_cap > 0 && r->seen && e->creative_key &&
      r->seen (e->creative_key, r->seen_data) >= r->frequency_cap)
    reason = ASP_SKIP_FREQUENCY_CAP;
  if (reason != ASP_SKIP_NONE)
    refuse (e, reason, ASP_AD_CODE_NONE);
  else if (e->duration_90k > b->left_90k)
    refuse (e, ASP_SKIP_AVAIL_DURATION_EXCEEDED, ASP_AD_CODE_DURATION);
  else
    probe (b, e, source);
  /* the store knows the real length */
  if (e->reason == ASP_SKIP_NONE && e->duration_90k > b->left_90k)
    refuse (e, ASP_SKIP_AVAIL_DURATION_EXCEEDED, ASP_AD_CODE_DURATION);
}

static void
place (Build * b, AspPodEntry * e)
{
  e->place = (gint) b->n_placed++;
  b->left_90k -= e->duration_90k;
}

/* Can it stand here, beside those that are placed? */
static AspSkipReason
fits (const Build * b, const AspPodEntry * e, gint64 room_90k)
{
  if (e->reason != ASP_SKIP_NONE)
    return e->reason;
  for (guint i = 0; i < b->n; i++) {
    AspSkipReason reason = b->entries[i].place >= 0 ? asp_pod_conflict (&b->entries[i], e) : ASP_SKIP_NONE;

    if (reason != ASP_SKIP_NONE)
      return reason;
  }
  if (b->n_placed == b->max_ads)
    return ASP_SKIP_AD_LIMIT;
  return e->duration_90k > room_90k ? ASP_SKIP_AVAIL_DURATION_EXCEEDED : ASP_SKIP_NONE;
}

static gboolean
is_pod_ad (const Build * b, guint index)
{
  return b->rules->ignore_sequence || !b->entries[index].candidate->stand_alone;
}

/* What the pod ads behind @index will want. */
static gint64
wanted_later (const Build * b, guint index)
{
  gint64 sum_90k = 0;

  for (guint i = index + 1; i < b->n; i++)
    if (is_pod_ad (b, i) && b->entries[i].reason == ASP_SKIP_NONE)
      sum_90k += b->entries[i].duration_90k;
  return sum_90k;
}

/* The longest stand-alone ad that takes no time from the pod ads to come; of the lost ad's own
 * document first, then the earlier one. */
static void
substitute (Build * b, guint lost)
{
  gint64 room_90k = b->left_90k - wanted_later (b, lost);
  guint group = b->entries[lost].candidate->group;
  AspPodEntry *best = NULL;

  for (guint pass = 0; pass < 2 && !best; pass++) {
    for (guint i = 0; i < b->n; i++) {
      AspPodEntry *e = &b->entries[i];

      if (is_pod_ad (b, i) || e->place >= 0 || (pass == 0 && e->candidate->group != group))
        continue;
      if (fits (b, e, room_90k) == ASP_SKIP_NONE && !is_expired (b, e, placed_90k (b)) && (!best || e->duration_90k > best->duration_90k))
        best = e;
    }
  }
  if (best)
    place (b, best);
}

static void
build_sequence (Build * b)
{
  for (guint i = 0; i < b->n; i++) {
    AspPodEntry *e = &b->entries[i];
    AspSkipReason reason;

    if (!is_pod_ad (b, i))
      continue;
    reason = fits (b, e, b->left_90k);
    if (reason == ASP_SKIP_NONE && is_expired (b, e, placed_90k (b)))
      reason = ASP_SKIP_EXPIRED;
    if (reason == ASP_SKIP_NONE) {
      place (b, e);
      continue;
    }
    if (e->reason == ASP_SKIP_NONE)
      refuse (e, reason, ASP_AD_CODE_NONE);
    if (!e->candidate->keep_place_empty)
      substitute (b, i);
  }
}

/* The first one of the search's choice whose turn would come too late; without it others are in time. */
static gboolean
refuse_expired (Build * b, AspPodEntry * const *all, const gboolean * chosen)
{
  gint64 before_90k = 0;

  for (guint i = 0; i < b->n; i++) {
    if (!chosen[i])
      continue;
    if (is_expired (b, all[i], before_90k)) {
      refuse (all[i], ASP_SKIP_EXPIRED, ASP_AD_CODE_NONE);
      return TRUE;
    }
    before_90k += all[i]->duration_90k;
  }
  return FALSE;
}

static void
build_buffet (Build * b)
{
  g_autofree AspPodEntry **all = g_new (AspPodEntry *, MAX (b->n, 1));
  g_autofree gboolean *chosen = g_new0 (gboolean, MAX (b->n, 1));

  for (guint i = 0; i < b->n; i++)
    all[i] = &b->entries[i];
  /* each turn but the last refuses one */
  do
    asp_pod_search (all, b->n, b->left_90k, b->max_ads, chosen);
  while (refuse_expired (b, all, chosen));
  for (guint i = 0; i < b->n; i++)
    if (chosen[i])
      place (b, all[i]);
}

/* Nothing is wrong with a stand-alone ad that nobody needed: no error is told of it. */
static void
settle_unused (Build * b)
{
  for (guint i = 0; i < b->n; i++) {
    AspPodEntry *e = &b->entries[i];
    AspSkipReason reason;

    if (e->place >= 0 || e->reason != ASP_SKIP_NONE)
      continue;
    reason = fits (b, e, G_MAXINT64);
    if (reason == ASP_SKIP_NONE || reason == ASP_SKIP_AD_LIMIT)
      reason = ASP_SKIP_STANDALONE_AD_NOT_NEEDED;
    e->reason = reason;
    e->code = ASP_AD_CODE_NONE;
  }
}

/* So much would be left that the operator rather has the programme. */
static void
give_back (Build * b)
{
  gint64 left_90k = b->left_90k - b->rules->tolerance_90k;

  if (b->rules->leftover_max_90k <= 0 || left_90k <= b->rules->leftover_max_90k ||
      b->rules->leftover_max_90k >= b->avail_90k)
    return;
  for (guint i = 0; i < b->n; i++) {
    if (b->entries[i].place < 0)
      continue;
    b->entries[i].place = -1;
    b->left_90k += b->entries[i].duration_90k;
    refuse (&b->entries[i], ASP_SKIP_LEFTOVER_AVAIL_EXCEEDED_THRESHOLD, ASP_AD_CODE_NONE);
  }
  b->n_placed = 0;
}

static void
hand_over (Build * b, AspPodResult * out)
{
  for (gint place = 0; place < (gint) b->n_placed; place++) {
    for (guint i = 0; i < b->n; i++) {
      AspPodEntry *e = &b->entries[i];

      if (e->place != place)
        continue;
      e->candidate->ad->creative.duration_90k = e->duration_90k;
      out->filled_90k += e->duration_90k;
      g_array_append_val (out->expires_us, e->candidate->expires_us);
      g_ptr_array_add (out->pod.ads, g_steal_pointer (&e->candidate->ad));
    }
  }
  for (guint i = 0; i < b->n; i++) {
    AspPodEntry *e = &b->entries[i];

    AspSkippedAd *skipped;

    if (e->place >= 0)
      continue;
    skipped = asp_skipped_ad_new (g_steal_pointer (&e->candidate->ad), e->reason, e->code,
        e->candidate->why);
    skipped->reported = e->candidate->reason != ASP_SKIP_NONE;
    g_ptr_array_add (out->skipped, skipped);
  }
  out->left_90k = MAX (b->avail_90k - out->filled_90k, 0);
  /* less than a frame is nothing */
  out->rest = out->left_90k <= b->rules->tolerance_90k ? ASP_POD_REST_NONE :
      b->rules->has_slate && b->n_placed > 0 ? ASP_POD_REST_SLATE : ASP_POD_REST_CONTENT;
}

static gboolean
has_pod_ads (const Build * b)
{
  for (guint i = 0; i < b->n; i++)
    if (is_pod_ad (b, i))
      return TRUE;
  return FALSE;
}

void
asp_pod_build (const AspPodRules * rules, GPtrArray * candidates, AspPodResult * out)
{
  Build b = {.rules = rules,.n = candidates->len };

  b.avail_90k = rules->avail_90k > 0 ? rules->avail_90k : ASP_POD_SECONDS_DEFAULT * 90000;
  b.left_90k = b.avail_90k + rules->tolerance_90k;
  b.max_ads = rules->max_ads > 0 ? rules->max_ads : G_MAXUINT;
  b.entries = g_new0 (AspPodEntry, MAX (b.n, 1));
  for (guint i = 0; i < b.n; i++) {
    AspPodEntry *e = &b.entries[i];

    e->candidate = g_ptr_array_index (candidates, i);
    e->creative_key = asp_decision_creative_key (e->candidate->ad);
    e->advertiser_key = asp_decision_advertiser_key (e->candidate->ad);
    e->duration_90k = e->candidate->ad->creative.duration_90k;
    e->place = -1;
    vet (&b, e);
  }
  if (has_pod_ads (&b))
    build_sequence (&b);
  else
    build_buffet (&b);
  settle_unused (&b);
  give_back (&b);
  hand_over (&b, out);
  for (guint i = 0; i < b.n; i++) {
    g_free (b.entries[i].creative_key);
    g_free (b.entries[i].advertiser_key);
  }
  g_free (b.entries);
}
