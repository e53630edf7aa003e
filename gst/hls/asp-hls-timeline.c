/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-timeline-private.h"

#include <string.h>

G_DEFINE_QUARK (asp-hls-error-quark, asp_hls_error)

static void
lane_free (gpointer data)
{
  AspHlsLane *lane = data;

  g_free (lane->name);
  g_free (lane->codecs);
  g_free (lane->next_uri);
  g_array_unref (lane->anchors);
  g_free (lane);
}

AspHlsLane *
asp_hls_lane_new (void)
{
  AspHlsLane *lane = g_new0 (AspHlsLane, 1);

  lane->all_independent = TRUE;
  lane->anchors = g_array_new (FALSE, FALSE, sizeof (AspHlsAnchor));
  lane->discontinuity_90k = -1;
  return lane;
}

AspHlsLane *
asp_hls_timeline_lane (const AspHlsTimeline * t, guint rendition)
{
  return rendition < t->lanes->len ? g_ptr_array_index (t->lanes, rendition) : NULL;
}

AspHlsTimeline *
asp_hls_timeline_new (void)
{
  AspHlsTimeline *t = g_new0 (AspHlsTimeline, 1);

  t->era = g_strdup ("");
  t->entries = g_ptr_array_new_with_free_func (asp_hls_entry_free);
  t->lanes = g_ptr_array_new_with_free_func (lane_free);
  g_ptr_array_add (t->lanes, asp_hls_lane_new ());
  t->source_second = G_MININT64;
  return t;
}

void
asp_hls_timeline_free (AspHlsTimeline * t)
{
  if (!t)
    return;
  g_ptr_array_unref (t->entries);
  g_ptr_array_unref (t->lanes);
  g_free (t->open_avail);
  g_free (t->era);
  g_free (t);
}

void
asp_hls_timeline_set_era (AspHlsTimeline * t, const gchar * era)
{
  g_free (t->era);
  t->era = g_strndup (era ? era : "", ASP_HLS_ERA_MAX);
}

const gchar *
asp_hls_timeline_era (const AspHlsTimeline * t)
{
  return t->era;
}

/* -- what is known -- */

gint64
asp_hls_timeline_end (const AspHlsTimeline * t)
{
  gint64 end_90k = 0;

  for (guint i = 0; i < t->lanes->len; i++)
    end_90k = MAX (end_90k, asp_hls_timeline_lane (t, i)->end_90k);
  return end_90k;
}

gboolean
asp_hls_timeline_is_ended (const AspHlsTimeline * t)
{
  return t->ended;
}

guint
asp_hls_timeline_target_duration (const AspHlsTimeline * t)
{
  return t->target_duration_s;
}

gint64
asp_hls_timeline_part_target_90k (const AspHlsTimeline * t)
{
  return t->part_target_90k;
}

const gchar *
asp_hls_timeline_open_avail (const AspHlsTimeline * t)
{
  return t->open_avail;
}

guint
asp_hls_timeline_n_renditions (const AspHlsTimeline * t)
{
  return t->lanes->len;
}

void
asp_hls_timeline_rendition (const AspHlsTimeline * t, guint rendition, AspHlsRendition * out)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, rendition);

  memset (out, 0, sizeof *out);
  if (!lane)
    return;
  *out = (AspHlsRendition) {
    .name = lane->name,.end_90k = lane->end_90k,.segment_end_90k = lane->segment_end_90k,
    .n_media = lane->n_media,.n_forgotten = lane->n_forgotten,
    .n_open_parts = lane->n_open_parts,.n_last_parts = lane->n_last_parts,
    .next_uri = lane->next_uri,.all_independent = lane->all_independent,
    .longest_90k = lane->longest_90k,.bytes = lane->bytes,.duration_90k = lane->duration_90k,
    .peak_bps = lane->peak_bps,.codecs = lane->codecs,.width = lane->width,
    .height = lane->height,.fps_num = lane->fps_num,.fps_den = lane->fps_den
  };
}

gint64
asp_hls_timeline_rendition_end (const AspHlsTimeline * t, guint rendition)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, rendition);

  return lane ? lane->end_90k : 0;
}

guint
asp_hls_timeline_find_rendition (const AspHlsTimeline * t, const gchar * name)
{
  for (guint i = 0; i < t->lanes->len; i++)
    if (!g_strcmp0 (asp_hls_timeline_lane (t, i)->name, name))
      return i;
  return G_MAXUINT;
}

guint
asp_hls_timeline_n_entries (const AspHlsTimeline * t)
{
  return t->entries->len;
}

const AspHlsEntry *
asp_hls_timeline_entry (const AspHlsTimeline * t, guint i)
{
  return g_ptr_array_index (t->entries, i);
}

guint64
asp_hls_timeline_n_discontinuities_forgotten (const AspHlsTimeline * t, guint rendition)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, rendition);

  return lane ? lane->n_discontinuities_forgotten : 0;
}

guint64
asp_hls_timeline_n_discontinuities_before (const AspHlsTimeline * t, guint rendition)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, rendition);

  return lane ? lane->n_discontinuities_before : 0;
}

/* The last entry of @kind for the avail, or NULL. */
static const AspHlsEntry *
find_avail (const AspHlsTimeline * t, AspHlsEntryKind kind, const gchar * id)
{
  for (guint i = t->entries->len; i > 0; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i - 1);

    if (e->kind == kind && !strcmp (e->avail_id, id))
      return e;
  }
  return NULL;
}

const AspHlsEntry *
asp_hls_timeline_find_out (const AspHlsTimeline * t, const gchar * id)
{
  return find_avail (t, ASP_HLS_AVAIL_OUT, id);
}

static gboolean
has_creative (const AspHlsTimeline * t, AspHlsEntryKind kind, const gchar * id, guint pod_index)
{
  for (guint i = t->entries->len; i > 0; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i - 1);

    if (e->kind == kind && !strcmp (e->avail_id, id) &&
        (pod_index == 0 || e->pod_index == pod_index))
      return TRUE;
  }
  return FALSE;
}

/* -- what may follow -- */

/* What is replayed may have lost the media before it. */
static gboolean
is_at_end (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  gint64 end_90k = asp_hls_timeline_end (t);

  return e->at_90k == end_90k || (t->replaying && e->at_90k < end_90k);
}

static gboolean
avail_order_ok (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  const gchar *id = e->avail_id;
  gboolean open = t->open_avail && !strcmp (t->open_avail, id);

  switch (e->kind) {
    case ASP_HLS_AVAIL_SCHEDULED:
      return !find_avail (t, ASP_HLS_AVAIL_SCHEDULED, id) && !find_avail (t, ASP_HLS_AVAIL_OUT, id);
    case ASP_HLS_AVAIL_OUT:
      return is_at_end (t, e) && !find_avail (t, ASP_HLS_AVAIL_OUT, id) &&
          !find_avail (t, ASP_HLS_AVAIL_CANCELLED, id);
    case ASP_HLS_AVAIL_IN:
      return open && is_at_end (t, e);
    case ASP_HLS_AVAIL_CANCELLED:
      return find_avail (t, ASP_HLS_AVAIL_SCHEDULED, id) &&
          !find_avail (t, ASP_HLS_AVAIL_OUT, id) && !find_avail (t, ASP_HLS_AVAIL_CANCELLED, id);
    case ASP_HLS_CREATIVE_START:
      return open && is_at_end (t, e) && !has_creative (t, e->kind, id, e->pod_index);
    case ASP_HLS_CREATIVE_END:
      return open && is_at_end (t, e) && !has_creative (t, e->kind, id, e->pod_index) &&
          has_creative (t, ASP_HLS_CREATIVE_START, id, e->pod_index);
    default:
      return FALSE;
  }
}

/* A rendition may come later than the channel began. */
static gboolean
media_order_ok (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, e->rendition);

  if (!lane)
    return FALSE;
  if (lane->n_media == 0 && lane->n_open_parts == 0)
    return e->rendition > 0 || e->at_90k <= asp_hls_timeline_end (t);
  if (e->kind == ASP_HLS_PART)
    return e->at_90k == lane->end_90k;
  if (lane->n_open_parts > 0)
    return e->at_90k == lane->segment_end_90k && e->at_90k + e->duration_90k == lane->end_90k;
  return e->at_90k == lane->end_90k;
}

static gboolean
parts_are_open (const AspHlsTimeline * t)
{
  for (guint i = 0; i < t->lanes->len; i++)
    if (asp_hls_timeline_lane (t, i)->n_open_parts > 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_at_lane_end (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, e->rendition);

  /* nobody knows yet where one that comes late begins */
  if (lane && lane->n_media == 0 && lane->n_open_parts == 0)
    return e->at_90k == 0 || e->rendition > 0 || e->at_90k <= asp_hls_timeline_end (t);
  return lane && (e->at_90k == lane->end_90k || (t->replaying && e->at_90k < lane->end_90k));
}

/* Between two segments, and one is enough. */
static gboolean
discontinuity_order_ok (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, e->rendition);

  return is_at_lane_end (t, e) && lane->n_media > 0 && lane->n_open_parts == 0 &&
      e->at_90k > lane->discontinuity_90k;
}

static gboolean
rendition_order_ok (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, e->rendition);

  if (asp_hls_timeline_find_rendition (t, e->name) != G_MAXUINT)
    return FALSE;
  return lane ? lane->name == NULL : e->rendition == t->lanes->len &&
      e->rendition < ASP_HLS_RENDITIONS_MAX;
}

static gboolean
order_ok (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  if (t->ended && e->kind != ASP_HLS_RESUME)
    return FALSE;
  switch (e->kind) {
    case ASP_HLS_RENDITION:
      return rendition_order_ok (t, e);
    case ASP_HLS_FORMAT:
      return asp_hls_timeline_lane (t, e->rendition) != NULL;
    case ASP_HLS_PART:
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
      return media_order_ok (t, e);
    case ASP_HLS_PDT:
      return is_at_lane_end (t, e);
    case ASP_HLS_DISCONTINUITY:
      return discontinuity_order_ok (t, e);
    case ASP_HLS_TARGET_DURATION:
      return t->target_duration_s == 0;
    case ASP_HLS_PART_TARGET:
      return t->part_target_90k == 0;
    case ASP_HLS_RESUME:
      return is_at_end (t, e) && !parts_are_open (t);
    case ASP_HLS_END:
      return !parts_are_open (t);
    default:
      return avail_order_ok (t, e);
  }
}

/* -- what follows from it -- */

static gint64
date_of (const AspHlsTimeline * t, guint rendition, gint64 at_90k)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, rendition);
  const GArray *anchors = lane && lane->anchors->len > 0 ? lane->anchors :
      asp_hls_timeline_lane (t, 0)->anchors;

  for (guint i = anchors->len; i > 0; i--) {
    const AspHlsAnchor *a = &g_array_index (anchors, AspHlsAnchor, i - 1);

    if (a->at_90k <= at_90k || i == 1)
      return a->utc_us + asp_hls_90k_to_us (at_90k) - asp_hls_90k_to_us (a->at_90k);
  }
  return 0;
}

/* Does at_90k mean something? */
static gboolean
has_position (const AspHlsEntry * e)
{
  return e->kind != ASP_HLS_RENDITION && e->kind != ASP_HLS_FORMAT &&
      e->kind != ASP_HLS_TARGET_DURATION && e->kind != ASP_HLS_PART_TARGET &&
      e->kind != ASP_HLS_AVAIL_CANCELLED;
}

/* What came before the first anchor gets its date from it. */
static void
take_anchor (AspHlsTimeline * t, const AspHlsEntry * e)
{
  AspHlsLane *lane = asp_hls_timeline_lane (t, e->rendition);
  const AspHlsAnchor anchor = { e->at_90k, e->utc_us };

  g_array_append_val (lane->anchors, anchor);
  if (lane->anchors->len > 1)
    return;
  for (guint i = 0; i < t->entries->len; i++) {
    AspHlsEntry *had = g_ptr_array_index (t->entries, i);

    if (had->utc_us == 0 && has_position (had))
      had->utc_us = date_of (t, had->rendition, had->at_90k);
  }
}

/* A rendition that comes later has missed what the others had. */
static void
begin_lane (const AspHlsTimeline * t, AspHlsLane * lane, gint64 at_90k)
{
  const AspHlsLane *first = asp_hls_timeline_lane (t, 0);
  guint64 n = first->n_discontinuities;

  lane->end_90k = lane->segment_end_90k = at_90k;
  if (lane == first || lane->n_discontinuities > 0)
    return;
  for (guint i = t->entries->len; i > 0; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i - 1);

    if (e->kind == ASP_HLS_DISCONTINUITY && e->rendition == 0 &&
        e->at_90k > at_90k + ASP_HLS_ALIGN_90K)
      n--;
  }
  lane->n_discontinuities = lane->n_discontinuities_forgotten = lane->n_discontinuities_before = n;
}

static void
take_media (AspHlsTimeline * t, AspHlsEntry * e)
{
  AspHlsLane *lane = asp_hls_timeline_lane (t, e->rendition);
  gint64 target_90k = ASP_SECOND_90K * (gint64) MAX (t->target_duration_s, 1);

  if (lane->n_media == 0 && lane->n_open_parts == 0)
    begin_lane (t, lane, e->at_90k);
  g_free (lane->next_uri);
  lane->next_uri = g_strdup (e->next_uri);
  lane->end_90k = MAX (lane->end_90k, e->at_90k + e->duration_90k);
  if (e->kind == ASP_HLS_PART) {
    e->number = lane->n_media + 1;
    if (lane->n_open_parts++ == 0)
      lane->all_independent = lane->all_independent && e->independent;
    e->all_independent = lane->all_independent;
    return;
  }
  lane->segment_end_90k = lane->end_90k;
  lane->n_last_parts = lane->n_open_parts;
  lane->n_open_parts = 0;
  lane->longest_90k = MAX (lane->longest_90k, e->duration_90k);
  lane->all_independent = lane->all_independent && e->independent;
  if (e->kind == ASP_HLS_SEGMENT)
    asp_hls_lane_weigh (lane, e->bytes, e->duration_90k, target_90k);
  e->number = ++lane->n_media;
  e->longest_90k = lane->longest_90k;
  e->all_independent = lane->all_independent;
}

/* A source that comes on air is named after the second in which it does. */
static void
number_source (AspHlsTimeline * t, AspHlsEntry * e, gboolean given)
{
  gint64 second = (e->utc_us + 500) / G_USEC_PER_SEC;

  t->n_source_second = second == t->source_second ? t->n_source_second + 1 : 0;
  t->source_second = second;
  if (given)
    t->n_source_second = e->serial;
  else
    e->serial = t->n_source_second;
}

static void
take_avail (AspHlsTimeline * t, AspHlsEntry * e, gboolean given)
{
  if (e->kind == ASP_HLS_AVAIL_OUT) {
    g_free (t->open_avail);
    t->open_avail = g_strdup (e->avail_id);
  } else if (e->kind == ASP_HLS_AVAIL_IN) {
    g_clear_pointer (&t->open_avail, g_free);
    if (has_creative (t, ASP_HLS_CREATIVE_START, e->avail_id, 0))
      number_source (t, e, given);
  } else if (e->kind == ASP_HLS_CREATIVE_START) {
    if (!given)
      e->number = asp_hls_timeline_lane (t, 0)->n_media + 1;
    number_source (t, e, given);
  }
}

static void
take_rendition (AspHlsTimeline * t, const AspHlsEntry * e)
{
  if (e->rendition == t->lanes->len)
    g_ptr_array_add (t->lanes, asp_hls_lane_new ());
  asp_hls_timeline_lane (t, e->rendition)->name = g_strdup (e->name);
}

static void
take (AspHlsTimeline * t, AspHlsEntry * e)
{
  gboolean given = e->utc_us != 0;

  if (!given && has_position (e))
    e->utc_us = date_of (t, e->rendition, e->at_90k);
  switch (e->kind) {
    case ASP_HLS_RENDITION:
      take_rendition (t, e);
      break;
    case ASP_HLS_FORMAT:
      asp_hls_lane_add_format (asp_hls_timeline_lane (t, e->rendition), e);
      break;
    case ASP_HLS_PART:
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
      take_media (t, e);
      break;
    case ASP_HLS_DISCONTINUITY:
      asp_hls_timeline_lane (t, e->rendition)->n_discontinuities++;
      asp_hls_timeline_lane (t, e->rendition)->discontinuity_90k = e->at_90k;
      break;
    case ASP_HLS_PDT:
      take_anchor (t, e);
      break;
    case ASP_HLS_TARGET_DURATION:
      t->target_duration_s = (guint) (e->duration_90k / ASP_SECOND_90K);
      break;
    case ASP_HLS_PART_TARGET:
      t->part_target_90k = e->duration_90k;
      break;
    case ASP_HLS_RESUME:
      t->ended = FALSE;
      break;
    case ASP_HLS_END:
      t->ended = TRUE;
      break;
    default:
      take_avail (t, e, given);
      break;
  }
}

gboolean
asp_hls_timeline_append (AspHlsTimeline * t, const AspHlsEntry * entry, GError ** error)
{
  AspHlsEntry *e;

  if (!asp_hls_entry_value_ok (entry)) {
    g_set_error (error, ASP_HLS_ERROR, ASP_HLS_ERROR_VALUE,
        "Entry of kind %d (uri %s, avail %s) cannot be written into a playlist",
        (gint) entry->kind, entry->uri ? entry->uri : "-", entry->avail_id ? entry->avail_id : "-");
    return FALSE;
  }
  if (!order_ok (t, entry)) {
    g_set_error (error, ASP_HLS_ERROR, ASP_HLS_ERROR_ORDER,
        "Entry of kind %d (avail %s) at %" G_GINT64_FORMAT " does not follow what is published "
        "up to %" G_GINT64_FORMAT, (gint) entry->kind, entry->avail_id ? entry->avail_id : "-",
        entry->at_90k, asp_hls_timeline_end (t));
    return FALSE;
  }
  e = asp_hls_entry_copy (entry);
  e->seq = t->next_seq++;
  if (e->kind == ASP_HLS_END && !t->replaying)
    e->at_90k = asp_hls_timeline_end (t);
  take (t, e);
  g_ptr_array_add (t->entries, e);
  return TRUE;
}
