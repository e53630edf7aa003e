/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The date ranges of Amazon IVS: the two that it documents (stitched-ad, stream-source), in
 * their order directly before the ad's segments, and the three that its player fires its ad
 * events for. Lengths are what was decided when a creative began: IVS names ranges after
 * them. Where it really ended, break-end and the `live` source say; only a length that was
 * not known then is added at the end.
 *
 * There is one stitched-ad a break, as long as its ads, before its first creative-start:
 * to the player (1.56.1) each of them is a creative without ids, that would end the one
 * which is running.
 */
#include <asp-ad-json.h>
#include <string.h>

#include "asp-hls-marker.h"
#include "asp-hls-text.h"

#define CLASS_AD "live-video-net-stitched-ad"
#define CLASS_SOURCE "live-video-net-stream-source"
#define CLASS_BREAK_START "live-video-net-stitched-ad-break-start"
#define CLASS_CREATIVE_START "live-video-net-stitched-ad-creative-start"
#define CLASS_BREAK_END "live-video-net-stitched-ad-break-end"

/* @closed: NULL, or where something has ended whose length was not known. */
static void
add_duration (GString * line, const AspHlsEntry * start, gint64 duration_90k,
    const AspHlsEntry * closed)
{
  if (duration_90k <= 0 && !closed)
    return;
  g_string_append (line, ",DURATION=");
  asp_hls_add_ms (line, duration_90k > 0 ? asp_hls_90k_to_ms (duration_90k) :
      asp_hls_ms (closed->utc_us) - asp_hls_ms (start->utc_us));
}

static gint64
declared_end (const AspHlsEntry * start, gint64 duration_90k, gint64 end_90k)
{
  return duration_90k > 0 ? start->at_90k + duration_90k : end_90k;
}

/* Named after the second in which it begins; two in one second differ by a number. */
static gchar *
second_id (const gchar * prefix, const AspHlsEntry * e, const gchar * suffix)
{
  GString *id = g_string_new (NULL);

  g_string_printf (id, "%s-%" G_GINT64_FORMAT "%s", prefix, asp_hls_ms (e->utc_us) / 1000, suffix);
  if (e->serial > 0)
    g_string_append_printf (id, "-%u", e->serial);
  return g_string_free (id, FALSE);
}

/* What the player hands to the page as adBreakStarted's tracking data. */
static gchar *
tracking_data (const AspHlsEntry * out)
{
  g_autoptr (AspAdAvail) avail = asp_ad_avail_new (out->avail_id, out->roll, out->duration_90k);
  g_autofree gchar *text = NULL;

  avail->scte35 = g_strdup (out->scte35);
  text = asp_ad_avail_to_json (avail);
  return g_base64_encode ((const guint8 *) text, strlen (text));
}

static void
add_break (GString * line, const AspHlsEntry * out)
{
  g_autofree gchar *roll = g_ascii_strup (asp_ad_roll_name (out->roll), -1);

  asp_hls_add_attribute (line, "X-NET-LIVE-VIDEO-AD-BREAK-ID", out->avail_id);
  asp_hls_add_attribute (line, "X-NET-LIVE-VIDEO-AD-ROLL-TYPE", roll);
  if (out->pod_length > 0)
    g_string_append_printf (line, ",X-NET-LIVE-VIDEO-POD-LENGTH=%u", out->pod_length);
}

static void
break_start (GPtrArray * ranges, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * closed)
{
  const AspHlsEntry *out = a->out;
  g_autofree gchar *id = g_strconcat ("break-start-", out->avail_id, NULL);
  g_autofree gchar *tracking = tracking_data (out);
  GString *line = asp_hls_range_begin (m, id, CLASS_BREAK_START, out->utc_us);

  add_duration (line, out, out->duration_90k, closed);
  add_break (line, out);
  asp_hls_add_attribute (line, "X-SESSION-ID", m->session);
  asp_hls_add_attribute (line, "X-TRACKING-DATA", tracking);
  asp_hls_range_add (ranges, id, line, declared_end (out, out->duration_90k, a->end_90k));
}

static void
break_end (GPtrArray * ranges, const AspHlsMarking * m, const AspHlsAvail * a)
{
  g_autofree gchar *id = g_strconcat ("break-end-", a->out->avail_id, NULL);
  GString *line = asp_hls_range_begin (m, id, CLASS_BREAK_END, a->in->utc_us);

  add_break (line, a->out);
  /* a moment: it has no length */
  asp_hls_range_add (ranges, id, line, a->in->at_90k);
}

/* From the first creative to the end of the break as it was planned; 0 = nobody knows. */
static gint64
ads_duration (const AspHlsAvail * a)
{
  gint64 end_90k = a->out->at_90k + a->out->duration_90k;

  return MAX (end_90k - g_array_index (a->played, AspHlsPlayed, 0).start->at_90k, 0);
}

static void
stitched_ad (GPtrArray * ranges, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * closed)
{
  const AspHlsEntry *start = g_array_index (a->played, AspHlsPlayed, 0).start;
  gint64 duration_90k = ads_duration (a);
  g_autofree gchar *suffix = g_strdup_printf ("-%" G_GUINT64_FORMAT, asp_90k_to_ns (duration_90k));
  g_autofree gchar *id = second_id ("stitched-ad", start, suffix);
  GString *line = asp_hls_range_begin (m, id, CLASS_AD, start->utc_us);

  add_duration (line, start, duration_90k, closed);
  asp_hls_add_attribute (line, "X-NET-LIVE-VIDEO-AD-AD-BREAK-ID", a->out->avail_id);
  asp_hls_range_add (ranges, id, line, declared_end (start, duration_90k, a->end_90k));
}

static void
stream_source (GPtrArray * ranges, const AspHlsMarking * m, const AspHlsEntry * e,
    const gchar * source, gint64 end_90k)
{
  g_autofree gchar *id = second_id ("source", e, "");
  GString *line = asp_hls_range_begin (m, id, CLASS_SOURCE, e->utc_us);

  g_string_append (line, ",END-ON-NEXT=YES");
  asp_hls_add_attribute (line, "X-NET-LIVE-VIDEO-STREAM-SOURCE", source);
  asp_hls_range_add (ranges, id, line, end_90k);
}

static void
creative_start (GPtrArray * ranges, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsPlayed * p, const AspHlsEntry * closed)
{
  const AspAd *ad = p->start->ad;
  g_autofree gchar *id = g_strdup_printf ("creative-start-%s-%u", a->out->avail_id,
      p->start->pod_index);
  GString *line = asp_hls_range_begin (m, id, CLASS_CREATIVE_START, p->start->utc_us);

  add_duration (line, p->start, ad->creative.duration_90k, closed);
  asp_hls_add_attribute (line, "X-NET-LIVE-VIDEO-AD-BREAK-ID", a->out->avail_id);
  asp_hls_add_attribute (line, "X-NET-LIVE-VIDEO-ASSET-ID", ad->creative.asset_id);
  g_string_append_printf (line, ",X-NET-LIVE-VIDEO-POD-INDEX=%u", p->start->pod_index);
  asp_hls_add_attribute (line, "X-AD-SYSTEM", ad->ad_system);
  asp_hls_add_attribute (line, "X-AD-TITLE", ad->ad_title);
  asp_hls_add_attribute (line, "X-CREATIVE-ID", ad->creative.creative_id);
  asp_hls_add_attribute (line, "X-VAST-AD-ID", ad->ad_id);
  asp_hls_range_add (ranges, id, line, declared_end (p->start, ad->creative.duration_90k,
          p->end_90k));
}

/* A source lasts until the next one of any kind. */
static gint64
source_end (const AspHlsAvail * a, guint i)
{
  if (i + 1 < a->played->len)
    return g_array_index (a->played, AspHlsPlayed, i + 1).start->at_90k;
  return a->in ? a->in->at_90k : a->next_source_90k;
}

void
asp_hls_ivs_ranges (GPtrArray * ranges, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * e)
{
  /* what has ended comes before what begins in the same place */
  for (guint i = 0; i < a->played->len; i++) {
    const AspHlsPlayed *p = &g_array_index (a->played, AspHlsPlayed, i);

    if (p->closed != e || p->start->ad->creative.duration_90k > 0)
      continue;
    creative_start (ranges, m, a, p, e);
  }
  if (e == a->out)
    break_start (ranges, m, a, NULL);
  for (guint i = 0; i < a->played->len; i++) {
    const AspHlsPlayed *p = &g_array_index (a->played, AspHlsPlayed, i);

    if (p->start != e)
      continue;
    if (i == 0)
      stitched_ad (ranges, m, a, NULL);
    stream_source (ranges, m, e, p->start->ad->creative.asset_id, source_end (a, i));
    creative_start (ranges, m, a, p, NULL);
  }
  if (e == a->in) {
    if (a->out->duration_90k == 0)
      break_start (ranges, m, a, e);
    if (a->played->len > 0 && ads_duration (a) == 0)
      stitched_ad (ranges, m, a, e);
    break_end (ranges, m, a);
    if (a->played->len > 0)
      stream_source (ranges, m, e, "live", a->next_source_90k);
  }
}
