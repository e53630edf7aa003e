/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-view.h"

#include <string.h>

/* RFC 8216bis 6.2.2: a segment must not leave while less than this would stay */
#define WINDOW_TARGET_DURATIONS 3

static gboolean
is_media (const AspHlsEntry * e)
{
  return e->kind == ASP_HLS_SEGMENT || e->kind == ASP_HLS_GAP;
}

/* Index of the first entry of media that is listed, or n_entries. */
static guint
first_listed (const AspHlsTimeline * t, const AspHlsView * view)
{
  gint64 min_90k = WINDOW_TARGET_DURATIONS * ASP_SECOND_90K *
      (gint64) asp_hls_timeline_target_duration (t);
  gint64 listed_90k = 0;
  guint listed = 0;
  guint first = asp_hls_timeline_n_entries (t);

  for (guint i = first; i > 0; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i - 1);

    if (!is_media (e))
      continue;
    if (view->playlist_length > 0 && listed >= view->playlist_length && listed_90k >= min_90k)
      break;
    first = i - 1;
    listed++;
    listed_90k += e->duration_90k;
  }
  return first;
}

gint64
asp_hls_view_start (const AspHlsTimeline * t, const AspHlsView * view)
{
  guint first = first_listed (t, view);

  return first < asp_hls_timeline_n_entries (t) ?
      asp_hls_timeline_entry (t, first)->at_90k : asp_hls_timeline_end (t);
}

/* The wall clock anchor that holds at @at_90k, or NULL. */
static const AspHlsEntry *
anchor_at (const AspHlsTimeline * t, gint64 at_90k)
{
  const AspHlsEntry *anchor = NULL;

  for (guint i = 0; i < asp_hls_timeline_n_entries (t); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->kind == ASP_HLS_PDT && (!anchor || e->at_90k <= at_90k))
      anchor = e;
  }
  return anchor;
}

/* Unix time of a position that has an anchor. */
static gint64
date_us (const AspHlsTimeline * t, gint64 at_90k)
{
  const AspHlsEntry *anchor = anchor_at (t, at_90k);

  return anchor->utc_us + asp_hls_90k_to_us (at_90k) - asp_hls_90k_to_us (anchor->at_90k);
}

/* ISO 8601 in UTC with milliseconds. */
static void
append_date (GString * out, gint64 us)
{
  gint64 ms = (us + 500) / 1000;
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (ms / 1000);
  g_autofree gchar *text = date ? g_date_time_format (date, "%Y-%m-%dT%H:%M:%S") : NULL;

  g_string_append_printf (out, "%s.%03dZ", text ? text : "1970-01-01T00:00:00", (gint) (ms % 1000));
}

static void
append_seconds (GString * out, gint64 us)
{
  g_string_append_printf (out, "%" G_GINT64_FORMAT ".%06d", us / G_USEC_PER_SEC,
      (gint) (us % G_USEC_PER_SEC));
}

static void
append_media (GString * out, const AspHlsTimeline * t, const AspHlsEntry * e, gboolean discontinuity)
{
  if (discontinuity)
    g_string_append (out, "#EXT-X-DISCONTINUITY\n");
  if (anchor_at (t, e->at_90k)) {
    g_string_append (out, "#EXT-X-PROGRAM-DATE-TIME:");
    append_date (out, date_us (t, e->at_90k));
    g_string_append_c (out, '\n');
  }
  if (e->kind == ASP_HLS_GAP)
    g_string_append (out, "#EXT-X-GAP\n");
  /* rounded ends, not rounded lengths: sums of EXTINF stay within a microsecond (4.4.4.1) */
  g_string_append (out, "#EXTINF:");
  append_seconds (out, asp_hls_90k_to_us (e->at_90k + e->duration_90k) -
      asp_hls_90k_to_us (e->at_90k));
  g_string_append_printf (out, ",\n%s\n", e->uri);
}

/* What both tags of an avail say: RFC 8216bis 4.4.5.1 wants equal attributes equal. */
static void
append_range_start (GString * out, const AspHlsTimeline * t, const AspHlsEntry * e)
{
  g_string_append_printf (out, "#EXT-X-DATERANGE:ID=\"%s\",START-DATE=\"", e->avail_id);
  append_date (out, date_us (t, e->at_90k));
  g_string_append_c (out, '"');
  if (e->duration_90k > 0) {
    g_string_append (out, ",PLANNED-DURATION=");
    append_seconds (out, asp_hls_90k_to_us (e->duration_90k));
  }
  if (e->scte35)
    g_string_append_printf (out, ",SCTE35-OUT=0x%s", e->scte35);
}

static const AspHlsEntry *
out_of (const AspHlsTimeline * t, const gchar * id)
{
  for (guint i = 0; i < asp_hls_timeline_n_entries (t); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->kind == ASP_HLS_AVAIL_OUT && !strcmp (e->avail_id, id))
      return e;
  }
  return NULL;
}

/* The OUT tag where the avail was announced; where it ended a second one of the same ID
 * that adds what is known now (4.4.5.1.1). Scheduled avails are not announced: one that
 * is cancelled should never have been there. */
static void
append_avail (GString * out, const AspHlsTimeline * t, const AspHlsEntry * e, gint64 start_90k)
{
  const AspHlsEntry *opening = e->kind == ASP_HLS_AVAIL_OUT ? e : out_of (t, e->avail_id);

  if (!opening || !anchor_at (t, opening->at_90k) ||
      asp_hls_timeline_avail_end (t, e->avail_id) < start_90k - ASP_HLS_DATE_STEP_90K)
    return;
  append_range_start (out, t, opening);
  if (e->kind == ASP_HLS_AVAIL_IN) {
    g_string_append (out, ",DURATION=");
    /* by the dates: time in which nothing was sent is part of it */
    append_seconds (out, date_us (t, e->at_90k) - date_us (t, opening->at_90k));
    if (e->scte35)
      g_string_append_printf (out, ",SCTE35-IN=0x%s", e->scte35);
  }
  g_string_append_c (out, '\n');
}

/* Section 8: 6 changed what TARGETDURATION means; without a segment that lives off the
 * rounding 3 is enough. */
static guint
version_needed (const AspHlsTimeline * t)
{
  gint64 target_90k = ASP_SECOND_90K * (gint64) asp_hls_timeline_target_duration (t);

  return asp_hls_timeline_longest_90k (t) > target_90k ? 6 : 3;
}

static void
append_header (GString * out, const AspHlsTimeline * t, guint first)
{
  guint64 media = asp_hls_timeline_n_media_forgotten (t);
  guint64 discontinuities = asp_hls_timeline_n_discontinuities_forgotten (t);
  gint64 start_90k = asp_hls_timeline_entry (t, first)->at_90k;

  for (guint i = 0; i < first; i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    /* the tag of the first listed segment itself is still there */
    if (e->kind == ASP_HLS_DISCONTINUITY && e->at_90k < start_90k)
      discontinuities++;
    media += is_media (e) ? 1 : 0;
  }
  g_string_append_printf (out, "#EXTM3U\n#EXT-X-VERSION:%u\n#EXT-X-TARGETDURATION:%u\n"
      "#EXT-X-MEDIA-SEQUENCE:%" G_GUINT64_FORMAT "\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:%" G_GUINT64_FORMAT "\n", version_needed (t),
      asp_hls_timeline_target_duration (t), media, discontinuities);
  if (asp_hls_timeline_all_independent (t))
    g_string_append (out, "#EXT-X-INDEPENDENT-SEGMENTS\n");
}

gchar *
asp_hls_view_render (const AspHlsTimeline * t, const AspHlsView * view)
{
  guint n = asp_hls_timeline_n_entries (t);
  guint first = first_listed (t, view);
  gboolean discontinuity = FALSE;
  gint64 start_90k;
  GString *out;

  if (asp_hls_timeline_target_duration (t) == 0 || first == n)
    return NULL;
  out = g_string_new (NULL);
  start_90k = asp_hls_timeline_entry (t, first)->at_90k;
  append_header (out, t, first);
  for (guint i = 0; i < n; i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->kind == ASP_HLS_DISCONTINUITY) {
      discontinuity = e->at_90k >= start_90k;
    } else if (is_media (e) && i >= first) {
      append_media (out, t, e, discontinuity);
      discontinuity = FALSE;
    } else if ((e->kind == ASP_HLS_AVAIL_OUT || e->kind == ASP_HLS_AVAIL_IN) &&
        (view->markers & ASP_HLS_MARKERS_SCTE35)) {
      append_avail (out, t, e, start_90k);
    }
  }
  if (asp_hls_timeline_is_ended (t))
    g_string_append (out, "#EXT-X-ENDLIST\n");
  return g_string_free (out, FALSE);
}
