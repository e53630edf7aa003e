/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random timelines, of one rendition and of several that lag behind each other, with parts,
 * breaks, gaps and restarts: whatever comes, a strict reader takes every version of every
 * playlist, successive ones differ by allowed edits only, a log that has forgotten what it
 * may or has been through its file says the same, and an old version can be had again.
 */
#include <asp-hls-record.h>
#include <asp-hls-view.h>
#include <string.h>

#include "hls-read.h"

#define SECOND ASP_SECOND_90K
#define NOON_US (G_GINT64_CONSTANT (1767268800) * G_USEC_PER_SEC)       /* 2026-01-01T12:00:00Z */
#define RENDITIONS 3
#define LAG 2                   /* segments */
#define ALL_MARKERS 0x3f

typedef struct
{
  gint64 duration_90k;
  gboolean gap, independent;
  gboolean discontinuity;       /* before it */
} Step;

typedef struct
{
  gchar *text;
  guint64 edge;
} Version;

typedef struct
{
  GRand *rand;
  guint seed;
  AspHlsTimeline *whole, *trimmed;
  AspHlsView views[RENDITIONS];
  HlsPlaylist *before[RENDITIONS];      /* last version */
  HlsPlaylist *old[RENDITIONS]; /* one that is older, for delta updates */
  gint64 old_end_90k[RENDITIONS];
  Version versions[RENDITIONS]; /* of old */
  guint n_renditions, target_s, n_avails, pod_index;
  gint64 part_90k;
  GArray *steps;                /* Step */
  guint done[RENDITIONS];       /* steps */
  gint64 discontinuity_90k[RENDITIONS];
  gint64 late_90k[RENDITIONS];  /* what an encoder is off by, until its next discontinuity */
  gchar *out_id;
  gboolean creative, next_discontinuity;
  gint64 jump_us;
  gboolean fresh;
  guint n_checked, n_deltas;
} Walk;

static gboolean
chance (Walk * w, guint percent)
{
  return (guint) g_rand_int_range (w->rand, 0, 100) < percent;
}

static HlsPlaylist *
read_or_die (Walk * w, const gchar * text)
{
  g_autoptr (GError) error = NULL;
  HlsPlaylist *list = hls_read (text, &error);

  if (!list)
    g_error ("seed %u: %s in\n%s", w->seed, error->message, text);
  return list;
}

/* -- what must hold of each version -- */

/* Numbers of the view against a plain count over the whole log. */
static void
check_numbers (Walk * w, guint r, const HlsPlaylist * list)
{
  guint64 media = 0;
  guint withheld = 0;

  for (guint i = 0; i < asp_hls_timeline_n_entries (w->whole); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (w->whole, i);
    guint64 discontinuities = 0;

    if (e->rendition != r || (e->kind != ASP_HLS_SEGMENT && e->kind != ASP_HLS_GAP))
      continue;
    for (guint k = 0; k < i; k++) {
      const AspHlsEntry *d = asp_hls_timeline_entry (w->whole, k);

      discontinuities += d->kind == ASP_HLS_DISCONTINUITY && d->rendition == r &&
          d->at_90k <= e->at_90k ? 1 : 0;
    }
    if (media == list->msn + list->segments->len) {
      /* the last one, whose parts alone are listed yet */
      g_assert_true (w->views[r].low_latency && list->open->parts->len > 0 && !list->ended);
      g_assert_cmpint (asp_hls_timeline_rendition_end (w->whole, r), ==, e->at_90k + e->duration_90k);
      withheld++;
    } else if (media >= list->msn) {
      const HlsReadSegment *s = hls_segment (list, (guint) (media - list->msn));

      g_assert_cmpstr (s->uri, ==, e->uri);
      g_assert_cmpuint (s->dsn, ==, discontinuities);
      g_assert_cmpint (s->gap, ==, e->kind == ASP_HLS_GAP);
      g_assert_cmpint (ABS (s->pdt_ms * 1000 - e->utc_us), <=, 1000);
    }
    media++;
  }
  g_assert_cmpuint (media, ==, list->msn + list->segments->len + withheld);
}

/* A reader whose version is not older than half the skip boundary (6.2.5.1) asks for less. */
static void
check_delta (Walk * w, guint r, const gchar * full_text, const HlsPlaylist * full)
{
  gint64 half_90k = ASP_HLS_SKIP_TARGET_DURATIONS * w->target_s * SECOND / 2;
  gint64 end_90k = asp_hls_timeline_rendition_end (w->whole, r);

  if (!w->views[r].can_skip || full->ended)
    return;
  for (AspHlsSkip skip = ASP_HLS_SKIP_YES; skip <= ASP_HLS_SKIP_V2; skip++) {
    AspHlsView view = w->views[r];
    g_autofree gchar *text = NULL;
    g_autoptr (HlsPlaylist) delta = NULL;
    g_autoptr (GError) error = NULL;

    view.skip = skip;
    text = asp_hls_view_render (w->trimmed, &view);
    delta = read_or_die (w, text);
    if (delta->skipped == 0) {
      g_assert_cmpstr (text, ==, full_text);
      continue;
    }
    w->n_deltas++;
    if (w->old[r] && end_90k - w->old_end_90k[r] <= half_90k &&
        !hls_check_delta (w->old[r], delta, full, &error))
      g_error ("seed %u: %s in\n%s\nof\n%s\nfor\n%s", w->seed, error->message, text, full_text,
          w->versions[r].text);
  }
}

/* What was written once can be had again. */
static void
check_old_version (Walk * w, guint r)
{
  AspHlsView view = w->views[r];
  g_autofree gchar *text = NULL;

  if (!w->versions[r].text)
    return;
  view.edge = w->versions[r].edge;
  text = asp_hls_view_render (w->whole, &view);
  g_assert_cmpstr (text, ==, w->versions[r].text);
}

static void
keep_version (Walk * w, guint r, const gchar * text)
{
  check_old_version (w, r);
  g_free (w->versions[r].text);
  w->versions[r].text = g_strdup (text);
  w->versions[r].edge = asp_hls_timeline_n_entries (w->whole);
  g_clear_pointer (&w->old[r], hls_playlist_free);
  w->old[r] = read_or_die (w, text);
  w->old_end_90k[r] = asp_hls_timeline_rendition_end (w->whole, r);
}

static void
check_view (Walk * w, guint r)
{
  g_autofree gchar *text = asp_hls_view_render (w->whole, &w->views[r]);
  g_autofree gchar *trimmed_text = asp_hls_view_render (w->trimmed, &w->views[r]);
  g_autoptr (HlsPlaylist) list = NULL;
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (trimmed_text, text))
    g_error ("seed %u: what was forgotten is missed:\n%s\ninstead of\n%s", w->seed, trimmed_text, text);
  if (!text) {
    g_assert_null (w->before[r]);
    return;
  }
  list = read_or_die (w, text);
  w->n_checked++;
  if (w->before[r] && !hls_check_update (w->before[r], list, &error))
    g_error ("seed %u, rendition %u: %s in\n%s", w->seed, r, error->message, text);
  if (chance (w, 30))
    check_delta (w, r, text, list);
  if (chance (w, 10)) {
    check_numbers (w, r, list);
    keep_version (w, r, text);
  }
  g_clear_pointer (&w->before[r], hls_playlist_free);
  w->before[r] = g_steal_pointer (&list);
}

static void
check_views (Walk * w)
{
  for (guint r = 0; r < w->n_renditions; r++)
    check_view (w, r);
}

/* A process that reads what this one has written goes on from the same place. */
static void
through_file (Walk * w)
{
  g_autofree gchar *text = asp_hls_record_all (w->trimmed, "c"), *again = NULL;
  g_autoptr (GError) error = NULL;
  AspHlsTimeline *t;
  gsize used;

  t = asp_hls_record_read (text, strlen (text), &used, &error);
  g_assert_no_error (error);
  if (used != strlen (text))
    g_error ("seed %u: not read: %.300s", w->seed, text + used);
  again = asp_hls_record_all (t, "c");
  g_assert_cmpstr (again, ==, text);
  asp_hls_timeline_free (w->trimmed);
  w->trimmed = t;
}

static void
forget (Walk * w)
{
  gint64 start_90k = G_MAXINT64;

  for (guint r = 0; r < w->n_renditions; r++) {
    g_autofree gchar *text = asp_hls_view_render (w->trimmed, &w->views[r]);

    start_90k = text ? MIN (start_90k, asp_hls_view_start (w->trimmed, &w->views[r])) : 0;
  }
  asp_hls_timeline_forget (w->trimmed, start_90k);
}

/* -- what happens -- */

static void
add (Walk * w, const AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  if (!asp_hls_timeline_append (w->whole, &entry, &error) ||
      !asp_hls_timeline_append (w->trimmed, &entry, &error))
    g_error ("seed %u: %s", w->seed, error->message);
}

static void
add_here (Walk * w, AspHlsEntryKind kind)
{
  add (w, (AspHlsEntry) {.kind = kind,.at_90k = asp_hls_timeline_end (w->whole)});
}

static void
add_discontinuity (Walk * w, guint r)
{
  gint64 at_90k = asp_hls_timeline_rendition_end (w->whole, r);

  if (at_90k == 0 || w->discontinuity_90k[r] == at_90k)
    return;
  w->discontinuity_90k[r] = at_90k;
  add (w, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.rendition = r,.at_90k = at_90k});
}

static void
add_anchor (Walk * w, guint r, gint64 jump_us)
{
  gint64 at_90k = asp_hls_timeline_rendition_end (w->whole, r);

  add (w, (AspHlsEntry) {.kind = ASP_HLS_PDT,.rendition = r,.at_90k = at_90k,
      .utc_us = NOON_US + jump_us + asp_hls_90k_to_us (at_90k)});
}

static void
end_avail (Walk * w)
{
  gint64 at_90k = asp_hls_timeline_end (w->whole);

  if (w->creative && chance (w, 80))
    add (w, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_END,.at_90k = at_90k,.avail_id = w->out_id,
        .pod_index = w->pod_index});
  w->creative = FALSE;
  add (w, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_IN,.at_90k = at_90k,.avail_id = w->out_id,
      .scte35 = chance (w, 50) ? "fc0011" : NULL});
  g_clear_pointer (&w->out_id, g_free);
}

static void
next_creative (Walk * w)
{
  gint64 at_90k = asp_hls_timeline_end (w->whole);
  g_autofree gchar *asset = g_strdup_printf ("asset%u", w->n_avails + w->pod_index);
  g_autoptr (AspAd) ad = asp_ad_new (asset, chance (w, 80) ?
      g_rand_int_range (w->rand, 1, 9 * SECOND) : 0);

  if (w->creative && chance (w, 50))
    add (w, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_END,.at_90k = at_90k,.avail_id = w->out_id,
        .pod_index = w->pod_index});
  w->creative = TRUE;
  w->pod_index++;
  ad->ad_title = g_strdup (chance (w, 50) ? "Title, with a comma" : NULL);
  add (w, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_START,.at_90k = at_90k,.avail_id = w->out_id,
      .pod_index = w->pod_index,.ad = ad});
}

static void
begin_avail (Walk * w)
{
  w->out_id = g_strdup_printf ("avail%u", w->n_avails++);
  w->pod_index = 0;
  add (w, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_OUT,.at_90k = asp_hls_timeline_end (w->whole),
      .avail_id = w->out_id,.duration_90k = chance (w, 50) ? 7 * SECOND + 1 : 0,
      .scte35 = chance (w, 50) ? "fcaa" : NULL,.pod_length = chance (w, 50) ? 2 : 0,
      .unspliced = chance (w, 20)});
}

/* Between two segments of the rendition that leads. */
static void
boundary (Walk * w)
{
  gboolean source = FALSE;

  if (w->out_id && chance (w, 30)) {
    end_avail (w);
    source = TRUE;
  }
  if (!w->out_id && chance (w, 20)) {
    begin_avail (w);
    source = TRUE;
  }
  if (w->out_id && chance (w, 40)) {
    next_creative (w);
    source = TRUE;
  }
  if (chance (w, source ? 80 : 15)) {
    w->next_discontinuity = TRUE;
    add_discontinuity (w, 0);
  }
}

/* Killed, and started again. */
static void
resume (Walk * w)
{
  gboolean fresh = chance (w, 30);

  if (w->out_id)
    end_avail (w);
  if (chance (w, 30))
    add_here (w, ASP_HLS_END);
  else
    fresh = FALSE;
  /* who has seen the end asks no more */
  for (guint r = 0; r < RENDITIONS; r++)
    g_clear_pointer (&w->before[r], hls_playlist_free);
  add (w, (AspHlsEntry) {.kind = ASP_HLS_RESUME,.at_90k = asp_hls_timeline_end (w->whole),
      .fresh = fresh});
  w->next_discontinuity = TRUE;
  w->jump_us += g_rand_int_range (w->rand, 0, 100000000);
  w->fresh = w->fresh || fresh;
  for (guint r = 0; r < w->n_renditions; r++) {
    add_discontinuity (w, r);
    add_anchor (w, r, w->jump_us);
  }
}

static void
new_step (Walk * w)
{
  gint64 limit_90k = w->target_s * SECOND + SECOND / 2;
  Step step = {.gap = chance (w, 5),.independent = !chance (w, 1) };

  step.duration_90k = chance (w, 20) ? g_rand_int_range (w->rand, 1, 9000) :
      g_rand_int_range (w->rand, SECOND, (gint32) limit_90k);
  /* EXTINF is written in microseconds: what rounds up to the next second is too long */
  step.duration_90k = MIN (step.duration_90k, limit_90k - 1);
  /* what is less apart than the tolerance cannot be told apart, and an encoder may be late */
  if (w->n_renditions > 1)
    step.duration_90k = CLAMP (step.duration_90k, 4 * ASP_HLS_ALIGN_90K,
        limit_90k - ASP_HLS_ALIGN_90K);
  step.discontinuity = w->next_discontinuity;
  w->next_discontinuity = FALSE;
  g_array_append_val (w->steps, step);
}

static void
add_parts (Walk * w, guint r, const Step * step, gint64 duration_90k, guint number)
{
  gint64 start_90k = asp_hls_timeline_rendition_end (w->whole, r);

  for (gint64 at_90k = 0, k = 0; at_90k < duration_90k; at_90k += w->part_90k, k++) {
    gint64 length_90k = MIN (w->part_90k, duration_90k - at_90k);
    g_autofree gchar *uri = g_strdup_printf ("m/%u-%u.%d.ts", r, number, (gint) k);
    g_autofree gchar *next = at_90k + length_90k < duration_90k ?
        g_strdup_printf ("m/%u-%u.%d.ts", r, number, (gint) k + 1) :
        g_strdup_printf ("m/%u-%u.0.ts", r, number + 1);

    add (w, (AspHlsEntry) {.kind = ASP_HLS_PART,.rendition = r,.at_90k = start_90k + at_90k,
        .duration_90k = length_90k,.uri = uri,.next_uri = next,
        .independent = k == 0 ? step->independent : chance (w, 50),.gap = step->gap});
    check_views (w);
  }
}

/* The next segment of one rendition. */
static void
advance (Walk * w, guint r)
{
  guint number = w->done[r]++;
  const Step *step = &g_array_index (w->steps, Step, number);
  g_autofree gchar *uri = g_strdup_printf ("m/%u-%u.ts", r, number);
  g_autofree gchar *next = g_strdup_printf ("m/%u-%u.0.ts", r, number + 1);
  gint64 start_90k = asp_hls_timeline_rendition_end (w->whole, r);
  gint64 duration_90k = step->duration_90k - w->late_90k[r];

  if (step->discontinuity)
    add_discontinuity (w, r);
  /* before another source one has a picture more, or less, than the others */
  w->late_90k[r] = r > 0 && chance (w, 30) ?
      g_rand_int_range (w->rand, -ASP_HLS_ALIGN_90K / 2, ASP_HLS_ALIGN_90K / 2) : 0;
  duration_90k += w->late_90k[r];
  if (w->part_90k > 0)
    add_parts (w, r, step, duration_90k, number);
  add (w, (AspHlsEntry) {.kind = step->gap ? ASP_HLS_GAP : ASP_HLS_SEGMENT,.rendition = r,
      .at_90k = start_90k,.duration_90k = duration_90k,.uri = uri,.next_uri = next,
      .bytes = 1000,.independent = step->independent});
  check_views (w);
}

static void
catch_up (Walk * w, guint lag)
{
  for (guint r = 1; r < w->n_renditions; r++)
    while (w->done[r] + lag < w->done[0])
      advance (w, r);
}

static void
walk_init (Walk * w, guint seed)
{
  gboolean low_latency;

  memset (w, 0, sizeof *w);
  w->seed = seed;
  w->rand = g_rand_new_with_seed (seed);
  w->whole = asp_hls_timeline_new ();
  w->trimmed = asp_hls_timeline_new ();
  w->steps = g_array_new (FALSE, FALSE, sizeof (Step));
  w->target_s = (guint) g_rand_int_range (w->rand, 1, 7);
  w->n_renditions = chance (w, 50) ? 1 : (guint) g_rand_int_range (w->rand, 2, RENDITIONS + 1);
  low_latency = chance (w, 40);
  if (low_latency)
    w->part_90k = g_rand_int_range (w->rand, 20000, (gint32) SECOND);
  asp_hls_timeline_set_era (w->whole, "era1");
  asp_hls_timeline_set_era (w->trimmed, "era1");
  for (guint r = 0; r < w->n_renditions; r++) {
    g_autofree gchar *name = g_strdup_printf ("r%u", r);

    add (w, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = r,.name = name});
  }
  add (w, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = NOON_US});
  add (w, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = w->target_s * SECOND});
  if (low_latency)
    add (w, (AspHlsEntry) {.kind = ASP_HLS_PART_TARGET,.duration_90k = w->part_90k});
  for (guint r = 0; r < w->n_renditions; r++)
    w->views[r] = (AspHlsView) {.rendition = r,.low_latency = low_latency,
      .can_skip = low_latency || chance (w, 50),
      .playlist_length = (guint) g_rand_int_range (w->rand, 0, 25),
      .type = chance (w, 20) ? ASP_HLS_EVENT : ASP_HLS_LIVE,
      .cue_form = chance (w, 50) ? ASP_HLS_CUE_ELEMENTAL : ASP_HLS_CUE_GOOGLE,
      .markers = (AspHlsMarkers) g_rand_int_range (w->rand, 0, ALL_MARKERS + 1)
    };
}

static void
walk_clear (Walk * w)
{
  for (guint r = 0; r < RENDITIONS; r++) {
    hls_playlist_free (w->before[r]);
    hls_playlist_free (w->old[r]);
    g_free (w->versions[r].text);
  }
  g_array_unref (w->steps);
  g_free (w->out_id);
  g_rand_free (w->rand);
  asp_hls_timeline_free (w->whole);
  asp_hls_timeline_free (w->trimmed);
}

/* Every avail has one CUE-OUT in each rendition that lists it. */
static void
check_cues (Walk * w, guint r)
{
  guint wanted = 0, found = 0;

  if (!(w->views[r].markers & (ASP_HLS_MARKERS_CUE | ASP_HLS_MARKERS_OATCLS)) || w->fresh ||
      (w->views[r].playlist_length > 0 && w->views[r].type == ASP_HLS_LIVE))
    return;
  for (guint i = 0; i < asp_hls_timeline_n_entries (w->whole); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (w->whole, i);

    wanted += e->kind == ASP_HLS_AVAIL_OUT &&
        e->at_90k + ASP_HLS_ALIGN_90K < asp_hls_timeline_rendition_end (w->whole, r) ? 1 : 0;
  }
  for (guint i = 0; i < w->before[r]->segments->len; i++) {
    const HlsReadSegment *s = hls_segment (w->before[r], i);

    for (guint k = 0; k < s->cues->len; k++) {
      const gchar *line = g_ptr_array_index (s->cues, k);

      found += g_str_has_prefix (line, "#EXT-X-CUE-OUT") &&
          !g_str_has_prefix (line, "#EXT-X-CUE-OUT-CONT") ? 1 : 0;
    }
  }
  if (found != wanted)
    g_error ("seed %u, rendition %u: %u avails, %u CUE-OUT", w->seed, r, wanted, found);
}

static void
check_walk (guint seed, guint * n_checked, guint * n_deltas)
{
  Walk w;
  guint n;

  walk_init (&w, seed);
  n = (guint) g_rand_int_range (w.rand, 3, w.part_90k > 0 || w.n_renditions > 1 ? 50 : 120);
  for (guint i = 0; i < n; i++) {
    new_step (&w);
    advance (&w, 0);
    catch_up (&w, (guint) g_rand_int_range (w.rand, 0, LAG + 1));
    if (chance (&w, 2)) {
      catch_up (&w, 0);
      resume (&w);
    } else if (i + 1 < n) {
      boundary (&w);
    }
    check_views (&w);
    if (chance (&w, 30))
      forget (&w);
    if (chance (&w, 5))
      through_file (&w);
  }
  catch_up (&w, 0);
  if (w.out_id)
    end_avail (&w);
  add_here (&w, ASP_HLS_END);
  check_views (&w);
  for (guint r = 0; r < w.n_renditions; r++)
    check_cues (&w, r);
  *n_checked += w.n_checked;
  *n_deltas += w.n_deltas;
  walk_clear (&w);
}

static void
test_random (void)
{
  guint n_checked = 0, n_deltas = 0;

  for (guint seed = 0; seed < 70; seed++)
    check_walk (seed, &n_checked, &n_deltas);
  g_test_message ("%u playlists, %u delta updates", n_checked, n_deltas);
  g_assert_cmpuint (n_checked, >, 10000);
  g_assert_cmpuint (n_deltas, >, 1000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/random", test_random);
  return g_test_run ();
}
