/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-names.h"
#include "asp-hls-text.h"
#include "asp-hls-timeline-private.h"
#include "asp-hls-window.h"

#include <string.h>

/* hls.js before 1.6.17 dies of a date range that begins with the segment whose parts are coming,
 * or later: in playlists with parts it begins a moment before. Renditions may be a millisecond apart. */
#define RANGES_EARLY_MS 2
#define PARTS_TARGET_DURATIONS 3        /* from the end: there parts are listed */
#define HOLD_BACK_TARGET_DURATIONS 3
#define HOLD_BACK_PARTS 3

typedef struct
{
  const AspHlsTimeline *t;
  const AspHlsView *view;
  AspHlsMarking marking;
  AspHlsWindow w;
  GPtrArray *avails;
  GString *out;
  GArray *discontinuities;      /* positions whose tags have not been written yet */
  gboolean begun;               /* the tags before the segment have been written */
  guint64 parts_number;         /* of the segment that this has been decided for: */
  gboolean parts_listed;
  guint64 n_skipped;            /* a delta update */
  guint64 since;                /* seq: what was before it has been written */
  gint64 file_90k;              /* of the open segment of ASP_HLS_MEDIA_FILES: of what is in it */
} Writer;

static gboolean
is_delta (const Writer * x)
{
  return x->n_skipped > 0;
}

/* -- header -- */

static gint64
us_up (gint64 t_90k)
{
  return (t_90k * 100 + 8) / 9;
}

/* Section 8: 6 changed what TARGETDURATION means; without a segment that lives off the
 * rounding 3 is enough, or 4 for byte ranges. */
static guint
version_needed (const Writer * x)
{
  gint64 target_90k = ASP_SECOND_90K * (gint64) x->w.target_duration_s;

  if (is_delta (x))
    return x->view->skip == ASP_HLS_SKIP_V2 ? 10 : 9;
  if (x->w.last->longest_90k > target_90k)
    return 6;
  return x->view->media == ASP_HLS_MEDIA_RANGES ? 4 : 3;
}

static void
add_server_control (Writer * x)
{
  GString *out = x->out;
  gint64 target_us = G_USEC_PER_SEC * (gint64) x->w.target_duration_s;

  if (!x->view->low_latency && !x->view->can_skip)
    return;
  /* Shaka asks for PART-HOLD-BACK where it has seen parts; who reads this reads no more */
  if (x->w.ended && asp_hls_timeline_part_target_90k (x->t) > 0)
    return;
  g_string_append (out, "#EXT-X-SERVER-CONTROL:");
  if (x->view->low_latency)
    g_string_append (out, "CAN-BLOCK-RELOAD=YES,");
  if (x->view->can_skip) {
    g_string_append (out, "CAN-SKIP-UNTIL=");
    asp_hls_add_us (out, ASP_HLS_SKIP_TARGET_DURATIONS * target_us);
    g_string_append (out, ",CAN-SKIP-DATERANGES=YES,");
  }
  g_string_append (out, "HOLD-BACK=");
  asp_hls_add_us (out, HOLD_BACK_TARGET_DURATIONS * target_us);
  if (x->w.part_target_90k > 0) {
    g_string_append (out, ",PART-HOLD-BACK=");
    asp_hls_add_us (out, HOLD_BACK_PARTS * us_up (x->w.part_target_90k));
    g_string_append (out, "\n#EXT-X-PART-INF:PART-TARGET=");
    /* ends of parts are rounded, so one may be written a microsecond longer than it is */
    asp_hls_add_us (out, us_up (x->w.part_target_90k));
  }
  g_string_append_c (out, '\n');
}

/* Those that the reader may still have, and that are no more. */
static void
add_removed (Writer * x, GPtrArray * ranges, GHashTable * seen, GString * ids)
{
  gint64 from_90k = x->w.start_90k - ASP_HLS_DATE_STEP_90K;
  gint64 recent_90k = from_90k - ASP_HLS_SKIP_TARGET_DURATIONS * ASP_SECOND_90K *
      (gint64) x->w.target_duration_s;

  for (guint i = 0; i < ranges->len; i++) {
    const AspHlsRange *r = g_ptr_array_index (ranges, i);

    if (r->end_90k >= from_90k || r->end_90k < recent_90k ||
        !g_hash_table_add (seen, g_strdup (r->id)))
      continue;
    g_string_append_printf (ids, "%s%s", ids->len > 0 ? "\t" : "", r->id);
  }
}

static GPtrArray *
ranges_of (const Writer * x, const AspHlsEntry * e)
{
  const AspHlsAvail *a;

  if (e->kind != ASP_HLS_AVAIL_OUT && e->kind != ASP_HLS_AVAIL_IN &&
      e->kind != ASP_HLS_CREATIVE_START && e->kind != ASP_HLS_CREATIVE_END)
    return NULL;
  a = asp_hls_avails_find (x->avails, e->avail_id);
  /* a date range needs a date */
  return a && a->out->utc_us != 0 ? asp_hls_marker_ranges (&x->marking, a, e) : NULL;
}

static void
add_skip (Writer * x)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) ids = g_string_new (NULL);

  g_string_append_printf (x->out, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%" G_GUINT64_FORMAT, x->n_skipped);
  if (x->view->skip == ASP_HLS_SKIP_V2) {
    for (guint i = 0; i < asp_hls_timeline_n_entries (x->t); i++) {
      const AspHlsEntry *e = asp_hls_timeline_entry (x->t, i);
      g_autoptr (GPtrArray) ranges = e->seq < x->w.edge ? ranges_of (x, e) : NULL;

      if (ranges)
        add_removed (x, ranges, seen, ids);
    }
    g_string_append_printf (x->out, ",RECENTLY-REMOVED-DATERANGES=\"%s\"", ids->str);
  }
  g_string_append_c (x->out, '\n');
}

static void
add_header (Writer * x)
{
  static const gchar *const types[] = { NULL, "EVENT", "VOD" };

  g_string_append_printf (x->out, "#EXTM3U\n#EXT-X-VERSION:%u\n#EXT-X-TARGETDURATION:%u\n",
      version_needed (x), x->w.target_duration_s);
  add_server_control (x);
  if (types[x->view->type])
    g_string_append_printf (x->out, "#EXT-X-PLAYLIST-TYPE:%s\n", types[x->view->type]);
  g_string_append_printf (x->out, "#EXT-X-MEDIA-SEQUENCE:%" G_GUINT64_FORMAT "\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:%" G_GUINT64_FORMAT "\n", x->w.msn, x->w.dsn);
  if (x->w.all_independent)
    g_string_append (x->out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
  if (is_delta (x))
    add_skip (x);
}

/* -- media -- */

static const gchar *
base_url (const Writer * x)
{
  return x->view->base_url ? x->view->base_url : "";
}

static void
add_extent (GString * out, gint64 at_90k, gint64 duration_90k)
{
  /* rounded ends, not rounded lengths: sums of EXTINF stay within a microsecond (4.4.4.1) */
  asp_hls_add_us (out, asp_hls_90k_to_us (at_90k + duration_90k) - asp_hls_90k_to_us (at_90k));
}

static void
add_date_time (Writer * x, gint64 utc_us)
{
  if (utc_us == 0)
    return;
  g_string_append (x->out, "#EXT-X-PROGRAM-DATE-TIME:");
  asp_hls_add_date (x->out, asp_hls_ms (utc_us));
  g_string_append_c (x->out, '\n');
}

/* Takes the tags that stand before media at @at_90k. */
static guint
take_discontinuities (Writer * x, gint64 at_90k)
{
  guint n = 0;

  while (n < x->discontinuities->len &&
      g_array_index (x->discontinuities, gint64, n) <= at_90k)
    n++;
  if (n > 0)
    g_array_remove_range (x->discontinuities, 0, n);
  return n;
}

/* Where a segment begins in the positions of avails, which are those of the rendition that
 * came there first. */
static gint64
place_of (const Writer * x, gint64 at_90k)
{
  gint64 nearest_90k = at_90k, distance_90k = ASP_HLS_ALIGN_90K;

  for (guint i = 0; i < x->avails->len && x->view->rendition > 0; i++) {
    const AspHlsAvail *a = g_ptr_array_index (x->avails, i);

    for (guint k = 0; k < a->played->len + 2; k++) {
      gint64 there_90k = k == 0 ? a->out->at_90k : k == 1 ? a->end_90k :
          g_array_index (a->played, AspHlsPlayed, k - 2).start->at_90k;

      if (there_90k == G_MAXINT64 || ABS (there_90k - at_90k) > distance_90k)
        continue;
      nearest_90k = there_90k;
      distance_90k = ABS (there_90k - at_90k);
    }
  }
  return nearest_90k;
}

static void
begin_segment (Writer * x, gint64 at_90k, gint64 utc_us)
{
  guint n = take_discontinuities (x, at_90k);

  for (guint i = 0; i < n; i++)
    g_string_append (x->out, "#EXT-X-DISCONTINUITY\n");
  add_date_time (x, utc_us);
  asp_hls_marker_cues (x->out, &x->marking, x->avails, place_of (x, at_90k));
  x->begun = TRUE;
}

/* Does the next segment lie in the same file? */
static gboolean
file_goes_on (const Writer * x, guint i)
{
  const AspHlsEntry *e = asp_hls_timeline_entry (x->t, i);

  if (x->view->media != ASP_HLS_MEDIA_FILES || e->kind != ASP_HLS_SEGMENT)
    return FALSE;
  for (guint k = i + 1; k < asp_hls_timeline_n_entries (x->t); k++) {
    const AspHlsEntry *next = asp_hls_timeline_entry (x->t, k);

    if (next->seq >= x->w.edge)
      return FALSE;
    if (asp_hls_is_media (next) && next->rendition == e->rendition)
      return next->kind == ASP_HLS_SEGMENT && !strcmp (next->uri, e->uri);
  }
  return FALSE;
}

/* @at_90k: where it begins, for what stands behind EXTINF */
static void
add_uri (Writer * x, const AspHlsEntry * e, gint64 at_90k)
{
  g_string_append_printf (x->out, ",%s\n",
      asp_hls_marker_title (&x->marking, x->avails, place_of (x, at_90k)));
  if (x->view->media == ASP_HLS_MEDIA_RANGES && e->kind == ASP_HLS_SEGMENT)
    g_string_append_printf (x->out, "#EXT-X-BYTERANGE:%" G_GUINT64_FORMAT "@%" G_GUINT64_FORMAT
        "\n", e->bytes, e->offset);
  g_string_append_printf (x->out, "%s%s\n", base_url (x), e->uri);
}

static void
add_segment (Writer * x, guint i)
{
  const AspHlsEntry *e = asp_hls_timeline_entry (x->t, i);
  gint64 at_90k = e->at_90k - x->file_90k;

  if (e == x->w.withheld)
    return;
  if (e->number - 1 < x->w.msn + x->n_skipped) {
    take_discontinuities (x, e->at_90k);
    return;
  }
  if (!x->begun)
    begin_segment (x, e->at_90k, e->utc_us);
  if (file_goes_on (x, i)) {
    x->file_90k += e->duration_90k;
    return;
  }
  x->begun = FALSE;
  x->file_90k = 0;
  if (e->kind == ASP_HLS_GAP)
    g_string_append (x->out, "#EXT-X-GAP\n");
  g_string_append (x->out, "#EXTINF:");
  add_extent (x->out, at_90k, e->at_90k + e->duration_90k - at_90k);
  add_uri (x, e, at_90k);
}

/* All parts of a segment or none: clients count them. */
static void
add_part (Writer * x, const AspHlsEntry * e)
{
  gint64 from_90k = x->w.end_90k - PARTS_TARGET_DURATIONS * ASP_SECOND_90K *
      (gint64) x->w.target_duration_s;

  if (x->parts_number != e->number) {
    x->parts_number = e->number;
    x->parts_listed = x->w.part_target_90k > 0 && e->at_90k >= from_90k &&
        e->number - 1 >= x->w.msn + x->n_skipped;
  }
  if (!x->parts_listed)
    return;
  if (!x->begun)
    begin_segment (x, e->at_90k, e->utc_us);
  g_string_append (x->out, "#EXT-X-PART:DURATION=");
  add_extent (x->out, e->at_90k, e->duration_90k);
  g_string_append_printf (x->out, ",URI=\"%s%s\"", base_url (x), e->uri);
  if (e->independent)
    g_string_append (x->out, ",INDEPENDENT=YES");
  if (e->gap)
    g_string_append (x->out, ",GAP=YES");
  g_string_append_c (x->out, '\n');
}

/* -- date ranges -- */

static void
add_ranges (Writer * x, const AspHlsEntry * e)
{
  g_autoptr (GPtrArray) ranges = ranges_of (x, e);

  if (!ranges || (is_delta (x) && x->view->skip == ASP_HLS_SKIP_V2 &&
          e->at_90k < x->w.skip_before_90k))
    return;
  for (guint i = 0; i < ranges->len; i++) {
    const AspHlsRange *r = g_ptr_array_index (ranges, i);

    if (x->view->grows || r->end_90k >= x->w.start_90k - ASP_HLS_DATE_STEP_90K)
      g_string_append (x->out, r->line);
  }
}

/* -- the whole -- */

static void
add_entry (Writer * x, guint i)
{
  const AspHlsEntry *e = asp_hls_timeline_entry (x->t, i);

  switch (e->kind) {
    case ASP_HLS_DISCONTINUITY:
      if (e->rendition == x->view->rendition && e->at_90k >= x->w.start_90k)
        g_array_append_val (x->discontinuities, e->at_90k);
      break;
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
      if (e->rendition == x->view->rendition && e->at_90k >= x->w.start_90k)
        add_segment (x, i);
      break;
    case ASP_HLS_PART:
      if (e->rendition == x->view->rendition && e->at_90k >= x->w.start_90k)
        add_part (x, e);
      break;
    default:
      add_ranges (x, e);
      break;
  }
}

static void
add_reports (Writer * x)
{
  for (guint i = 0; i < x->w.n_siblings; i++) {
    const AspHlsSibling *s = &x->w.siblings[i];
    g_autofree gchar *uri = NULL;
    guint parts = s->n_open_parts > 0 ? s->n_open_parts : s->n_last_parts;

    if (i == x->view->rendition || !s->name || s->n_media + s->n_open_parts == 0)
      continue;
    uri = asp_hls_playlist_name (s->name, x->w.n_siblings);
    g_string_append_printf (x->out, "#EXT-X-RENDITION-REPORT:URI=\"%s\",LAST-MSN=%"
        G_GUINT64_FORMAT, uri, s->n_open_parts > 0 ? s->n_media : s->n_media - 1);
    if (parts > 0)
      g_string_append_printf (x->out, ",LAST-PART=%u", parts - 1);
    g_string_append_c (x->out, '\n');
  }
}

/* hls.js (1.6.16, 1.7.4) takes the last segment for the one whose parts are coming when nothing
 * at all stands behind it, puts what follows in a wrong place and does not load the last part. */
#define NO_HINT "# no part is announced\n"

/* The discontinuity stands there already with the hint for the first part behind it:
 * hls.js before 1.6.17 gives up otherwise. */
static void
add_end (Writer * x)
{
  if (x->w.ended) {
    g_string_append (x->out, "#EXT-X-ENDLIST\n");
    return;
  }
  if (x->w.part_target_90k == 0)
    return;
  if (x->w.next_uri && !x->view->ending) {
    if (!x->begun && x->discontinuities->len > 0 &&
        g_array_index (x->discontinuities, gint64, 0) <= x->w.end_90k)
      begin_segment (x, x->w.end_90k, x->w.next_utc_us);
    g_string_append_printf (x->out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"%s%s\"\n",
        base_url (x), x->w.next_uri);
  } else {
    g_string_append (x->out, NO_HINT);
  }
  add_reports (x);
}

/* How many of the listed segments a delta update leaves out. */
static guint64
n_skippable (const Writer * x)
{
  guint64 n = 0;

  if (x->view->skip == ASP_HLS_SKIP_NO || !x->view->can_skip || x->w.ended)
    return 0;
  for (guint i = 0; i < asp_hls_timeline_n_entries (x->t); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (x->t, i);

    if (asp_hls_is_media (e) && e->rendition == x->view->rendition && e->seq < x->w.edge &&
        e->at_90k >= x->w.start_90k && e->at_90k + e->duration_90k <= x->w.skip_before_90k)
      n++;
  }
  return n;
}

/* FALSE: there is too little. */
static gboolean
begin (Writer * x)
{
  const AspHlsView *view = x->view;

  asp_hls_window_find (&x->w, x->t, view);
  if (!x->w.first)
    return FALSE;
  x->marking = (AspHlsMarking) {
    .markers = view->markers,.cue_form = view->cue_form,.asset_list = view->asset_list,
    .session = view->session ? view->session : asp_hls_timeline_era (x->t),
    .early_ms = view->low_latency && asp_hls_timeline_part_target_90k (x->t) > 0 ?
        RANGES_EARLY_MS : 0
  };
  x->avails = asp_hls_avails_new (x->t, x->w.edge);
  x->out = g_string_new (NULL);
  x->discontinuities = g_array_new (FALSE, FALSE, sizeof (gint64));
  x->n_skipped = n_skippable (x);
  return TRUE;
}

static void
add_body (Writer * x)
{
  for (guint i = 0; i < asp_hls_timeline_n_entries (x->t); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (x->t, i);

    if (e->seq >= x->w.edge)
      break;
    if (e->seq >= x->since)
      add_entry (x, i);
  }
  add_end (x);
}

static gchar *
end (Writer * x)
{
  g_array_unref (x->discontinuities);
  g_ptr_array_unref (x->avails);
  return g_string_free (x->out, FALSE);
}

gchar *
asp_hls_view_render (const AspHlsTimeline * t, const AspHlsView * view)
{
  Writer x = {.t = t,.view = view };

  if (!begin (&x))
    return NULL;
  add_header (&x);
  add_body (&x);
  return end (&x);
}

/* Behind the last segment that may be listed, up to what belongs to the next one. */
static guint64
growing_edge (const AspHlsTimeline * t, const AspHlsView * view)
{
  guint n = asp_hls_timeline_n_entries (t);

  for (guint i = 0; i < n && view->edge > 0; i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->seq >= view->edge && ((e->rendition == view->rendition && (asp_hls_is_media (e) ||
                    e->kind == ASP_HLS_DISCONTINUITY)) || e->kind == ASP_HLS_END))
      return e->seq;
  }
  return n > 0 ? asp_hls_timeline_entry (t, n - 1)->seq + 1 : 0;
}

gboolean
asp_hls_view_grow (const AspHlsTimeline * t, const AspHlsView * view, guint64 * since,
    gchar ** header, gchar ** added)
{
  AspHlsView upto = *view;
  Writer x = {.t = t,.view = &upto,.since = *since };

  upto.edge = growing_edge (t, view);
  upto.grows = *since > 0;
  if (!begin (&x))
    return FALSE;
  add_header (&x);
  *header = g_string_free (x.out, FALSE);
  x.out = g_string_new (NULL);
  add_body (&x);
  *added = end (&x);
  *since = upto.edge;
  return TRUE;
}

gboolean
asp_hls_view_withholds (const AspHlsTimeline * t, const AspHlsView * view)
{
  AspHlsWindow w;

  asp_hls_window_find (&w, t, view);
  return w.withheld != NULL;
}

gint64
asp_hls_view_start (const AspHlsTimeline * t, const AspHlsView * view)
{
  AspHlsWindow w;

  asp_hls_window_find (&w, t, view);
  return w.first ? w.start_90k : 0;
}
