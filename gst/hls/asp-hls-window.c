/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-window.h"

#include "asp-hls-part-cut.h"
#include "asp-hls-timeline-private.h"

#include <string.h>

/* RFC 8216bis 6.2.2: a segment must not leave while less than this would stay */
#define WINDOW_TARGET_DURATIONS 3

typedef struct
{
  AspHlsWindow *w;
  const AspHlsTimeline *t;
  const AspHlsView *view;
  GPtrArray *media;             /* of the rendition */
  const AspHlsEntry *last_part; /* of it, or NULL: something else has come since, but for its segment */
  gboolean had_fresh;           /* what was before it is not in media */
} Finder;

/* Only a line of it is in the log: what is remembered begins in the middle. */
static void
sibling_media (AspHlsSibling * s, const AspHlsEntry * e)
{
  if (e->kind == ASP_HLS_PART) {
    s->n_open_parts++;
    return;
  }
  s->n_media = e->number;
  s->n_last_parts = s->n_open_parts;
  s->n_open_parts = 0;
}

static void
take_media (Finder * f, const AspHlsEntry * e)
{
  sibling_media (&f->w->siblings[e->rendition], e);
  if (e->rendition != f->view->rendition)
    return;
  f->w->end_90k = e->at_90k + e->duration_90k;
  f->w->next_uri = e->next_uri;
  f->w->all_independent = e->all_independent;
  if (asp_hls_is_media (e))
    g_ptr_array_add (f->media, (gpointer) e);
  else
    f->last_part = e;
}

static void
take (Finder * f, const AspHlsEntry * e)
{
  AspHlsWindow *w = f->w;

  switch (e->kind) {
    case ASP_HLS_PART:
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
      take_media (f, e);
      break;
    case ASP_HLS_DISCONTINUITY:
      if (e->rendition == f->view->rendition)
        f->last_part = NULL;
      break;
    case ASP_HLS_RENDITION:
      w->siblings[e->rendition].name = e->name;
      w->n_siblings = MAX (w->n_siblings, e->rendition + 1);
      break;
    case ASP_HLS_TARGET_DURATION:
      w->target_duration_s = (guint) (e->duration_90k / ASP_SECOND_90K);
      break;
    case ASP_HLS_PART_TARGET:
      if (f->view->low_latency)
        w->part_target_90k = e->duration_90k;
      break;
    case ASP_HLS_RESUME:
      w->ended = FALSE;
      f->last_part = NULL;
      if (e->fresh) {
        f->had_fresh = TRUE;
        g_ptr_array_set_size (f->media, 0);
      }
      break;
    case ASP_HLS_END:
      w->ended = TRUE;
      f->last_part = NULL;
      break;
    default:
      break;
  }
}

static const AspHlsEntry *
media_at (const Finder * f, guint i)
{
  return g_ptr_array_index (f->media, i);
}

/* Segments since the channel began, or began afresh: are there enough for players to begin
 * with? */
static gboolean
is_enough (const Finder * f)
{
  gint64 min_90k = WINDOW_TARGET_DURATIONS * ASP_SECOND_90K * (gint64) f->w->target_duration_s;
  guint64 before = 0;
  gint64 sum_90k = 0;

  for (guint i = f->media->len; i > 0; i--) {
    const AspHlsEntry *e = media_at (f, i - 1);

    if (f->had_fresh)
      before = e->number - 1;
    sum_90k += e->duration_90k;
  }
  return sum_90k >= min_90k && media_at (f, f->media->len - 1)->number - before >= ASP_HLS_SEGMENTS_FIRST;
}

static gboolean
is_ready (const Finder * f)
{
  if (f->media->len == 0 || f->w->target_duration_s == 0)
    return FALSE;
  if (f->w->ended)
    return TRUE;
  return f->view->type != ASP_HLS_VOD && (f->view->grows || is_enough (f));
}

/* See asp_hls_view_withholds(). */
static void
withhold (Finder * f)
{
  AspHlsWindow *w = f->w;
  const AspHlsEntry *last = f->media->len > 0 ? media_at (f, f->media->len - 1) : NULL;

  if (!last || last->kind != ASP_HLS_SEGMENT || !f->last_part || f->last_part->number != last->number ||
      w->part_target_90k == 0 || w->ended || f->view->ending || !w->next_uri ||
      f->last_part->duration_90k * 100 < w->part_target_90k * ASP_HLS_PART_LEAST_PERCENT)
    return;
  w->withheld = last;
  g_ptr_array_set_size (f->media, (gint) f->media->len - 1);
  if (is_ready (f))
    return;
  /* who comes first has read nothing before it */
  w->withheld = NULL;
  g_ptr_array_add (f->media, (gpointer) last);
}

static void
find_first (Finder * f)
{
  AspHlsWindow *w = f->w;
  gint64 min_90k = WINDOW_TARGET_DURATIONS * ASP_SECOND_90K * (gint64) w->target_duration_s;
  guint length = f->view->type == ASP_HLS_LIVE ? f->view->playlist_length : 0;
  gint64 listed_90k = 0;

  for (guint i = f->media->len; i > 0; i--) {
    const AspHlsEntry *e = media_at (f, i - 1);

    if (length > 0 && f->media->len - i >= length && listed_90k >= min_90k)
      break;
    w->first = e;
    listed_90k += e->duration_90k;
  }
}

static void
number (Finder * f)
{
  AspHlsWindow *w = f->w;

  w->start_90k = w->first->at_90k;
  if (f->view->grows) {
    w->dsn = asp_hls_timeline_n_discontinuities_before (f->t, f->view->rendition);
    return;
  }
  w->msn = w->first->number - 1;
  w->dsn = asp_hls_timeline_n_discontinuities_forgotten (f->t, f->view->rendition);
  for (guint i = 0; i < asp_hls_timeline_n_entries (f->t); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (f->t, i);

    /* the tag of the first listed segment itself is still there */
    if (e->seq < w->edge && e->kind == ASP_HLS_DISCONTINUITY &&
        e->rendition == f->view->rendition && e->at_90k < w->start_90k)
      w->dsn++;
  }
}

/* What comes next begins at this time, as far as the anchors of @rendition tell. */
static gint64
date_of_end (const Finder * f, guint rendition)
{
  const AspHlsWindow *w = f->w;

  for (guint i = asp_hls_timeline_n_entries (f->t); i > 0; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (f->t, i - 1);

    if (e->kind == ASP_HLS_PDT && e->rendition == rendition && e->seq < w->edge &&
        e->at_90k <= w->end_90k)
      return e->utc_us + asp_hls_90k_to_us (w->end_90k) - asp_hls_90k_to_us (e->at_90k);
  }
  return 0;
}

void
asp_hls_window_find (AspHlsWindow * w, const AspHlsTimeline * t, const AspHlsView * view)
{
  Finder f = {.w = w,.t = t,.view = view };

  memset (w, 0, sizeof *w);
  w->edge = view->edge > 0 ? view->edge : G_MAXUINT64;
  w->n_siblings = 1;
  f.media = g_ptr_array_new ();
  for (guint i = 0; i < asp_hls_timeline_n_entries (t); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->seq >= w->edge)
      break;
    take (&f, e);
  }
  withhold (&f);
  w->last = f.media->len > 0 ? media_at (&f, f.media->len - 1) : NULL;
  if (is_ready (&f)) {
    find_first (&f);
    number (&f);
    w->next_utc_us = date_of_end (&f, view->rendition);
    if (w->next_utc_us == 0)
      w->next_utc_us = date_of_end (&f, 0);
    w->segments_end_90k = w->last->at_90k + w->last->duration_90k;
    w->skip_before_90k = w->segments_end_90k - ASP_HLS_SKIP_TARGET_DURATIONS * ASP_SECOND_90K *
        (gint64) w->target_duration_s;
  }
  /* where no part is to come (any more) nothing is said of them: PART-INF demands a hint */
  if (w->ended || !w->next_uri)
    w->part_target_90k = 0;
  g_ptr_array_unref (f.media);
}
