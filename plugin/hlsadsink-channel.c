/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-channel-private.h"

#include <asp-hls-names.h>
#include <gst/gst.h>
#include <string.h>

#include "hlsadsink-secret.h"

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

#define LOG_SUFFIX ".timeline"
/* A jump of the source after which wall clock time has passed: it is worth a new anchor
 * when it is more than this, about half a picture. */
#define ANCHOR_STEP_US (G_USEC_PER_SEC / 50)
/* So far the wall clock at arrival may be off the stream's clock when both have seen a gap. */
#define ARRIVAL_JITTER_US (G_USEC_PER_SEC / 2)
/* Nobody waits so long for a channel to come back: what was listed then is listed no more. */
#define COME_BACK_US (300 * G_USEC_PER_SEC)
/* PTS of renditions that are further apart belong to other time bases. */
#define SAME_BASE_90K (30 * ASP_SECOND_90K)
/* A rendition that is so far behind the furthest one is not waited for. */
#define STALL_TARGET_DURATIONS 3
#define BACK_TARGET_DURATIONS 2

/* -- the timeline -- */

gint64
hls_channel_lane_end (const HlsChannel * c, const HlsLane * lane)
{
  return asp_hls_timeline_rendition_end (c->timeline, lane->index);
}

static const AspHlsEntry *
last_entry (const HlsChannel * c)
{
  return asp_hls_timeline_entry (c->timeline, asp_hls_timeline_n_entries (c->timeline) - 1);
}

/* The medium of @lane that the timeline has just got. @bytes: NULL = there are none. */
static void
record (HlsChannel * c, const HlsLane * lane, GBytes * bytes)
{
  const AspHlsEntry *e = last_entry (c);
  AspHlsRendition r;

  if (!c->recording || (e->kind != ASP_HLS_SEGMENT && e->kind != ASP_HLS_GAP) ||
      e->rendition != lane->index)
    return;
  asp_hls_timeline_rendition (c->timeline, e->rendition, &r);
  hls_recording_segment (c->recording, e, &r, asp_hls_timeline_target_duration (c->timeline), bytes);
}

/* Only what a stream can say wrongly is refused here: a break id, a cue. */
gboolean
hls_channel_append (HlsChannel * c, const AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  if (asp_hls_timeline_append (c->timeline, &entry, &error)) {
    if (c->recording)
      hls_recording_entry (c->recording, last_entry (c));
    return TRUE;
  }
  GST_DEBUG ("%s", error->message);
  return FALSE;
}

static gboolean
append_here (HlsChannel * c, AspHlsEntry entry)
{
  entry.at_90k = asp_hls_timeline_end (c->timeline);
  return hls_channel_append (c, entry);
}

/* -- the wall clock -- */

static gint64
utc_at (const HlsLane * lane, gint64 at_90k)
{
  return lane->anchor_utc_us + asp_hls_90k_to_us (at_90k) - asp_hls_90k_to_us (lane->anchor_at_90k);
}

static void
append_anchor (HlsChannel * c, HlsLane * lane, gint64 at_90k, gint64 utc_us)
{
  lane->has_anchor = TRUE;
  lane->anchor_at_90k = at_90k;
  lane->anchor_utc_us = c->resumes ? utc_us : MAX (utc_us, c->not_before_us);
  hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_PDT,.rendition = lane->index,
      .at_90k = lane->anchor_at_90k,.utc_us = lane->anchor_utc_us});
}

/* By the clock of the segment that came last, of any rendition. FALSE: there is none. */
static gboolean
from_ref (const HlsChannel * c, const AspHlsSegmentInfo * info, gint64 * at_90k, gint64 * utc_us)
{
  gint64 diff_90k;

  if (!c->has_ref)
    return FALSE;
  diff_90k = asp_pts_diff ((guint64) info->start_pts90k & ASP_PTS_MASK,
      (guint64) c->ref_pts90k & ASP_PTS_MASK);
  *at_90k = c->ref_at_90k + diff_90k;
  *utc_us = c->ref_utc_us + (diff_90k < 0 ? -asp_hls_90k_to_us (-diff_90k) :
      asp_hls_90k_to_us (diff_90k));
  return TRUE;
}

/* ... where it is the same clock for certain. */
static gboolean
by_ref (const HlsChannel * c, const AspHlsSegmentInfo * info, gint64 * at_90k, gint64 * utc_us)
{
  return from_ref (c, info, at_90k, utc_us) &&
      ABS (*at_90k - c->ref_at_90k) <= SAME_BASE_90K;
}

/* Behind a jump it is time by the stream's clock, when the wall clock has seen about as much of
 * it pass: the jitter of arrival does not add up over many gaps. Otherwise the clock has begun
 * anew, and arrival is all there is. */
static gint64
utc_behind_jump (const HlsChannel * c, const AspHlsSegmentInfo * info)
{
  gint64 there_90k, utc_us;

  return from_ref (c, info, &there_90k, &utc_us) &&
      ABS (utc_us - info->utc_us) <= ARRIVAL_JITTER_US ? utc_us : info->utc_us;
}

/* From the first segment on it is media time; only a jump of the source in which time has
 * passed unseen moves it, and never backwards. Renditions that jump together agree. */
static void
anchor_before (HlsChannel * c, HlsLane * lane, const AspHlsSegmentInfo * info, gint64 at_90k)
{
  gint64 there_90k, utc_us = info->utc_us;

  if (lane->has_anchor && (!info->jump || c->last_out_90k == at_90k))
    return;
  if (c->n_lanes > 1 && by_ref (c, info, &there_90k, &utc_us)) {
    if (!lane->has_anchor || ABS (utc_us - utc_at (lane, at_90k)) >= G_USEC_PER_SEC / 2)
      append_anchor (c, lane, at_90k, utc_us);
    return;
  }
  utc_us = utc_behind_jump (c, info);
  if (!lane->has_anchor || utc_us - utc_at (lane, at_90k) >= ANCHOR_STEP_US)
    append_anchor (c, lane, at_90k, utc_us);
}

/* ... or a gap that the stream's own clock has measured. */
static void
anchor_behind (HlsChannel * c, HlsLane * lane, const AspHlsSegmentInfo * info)
{
  gint64 end_90k = hls_channel_lane_end (c, lane);

  if (info->gap_90k > 0)
    append_anchor (c, lane, end_90k, utc_at (lane, end_90k) + asp_hls_90k_to_us (info->gap_90k));
}

/* -- what is known of the stream -- */

static void
append_part_target (HlsChannel * c, gint64 part_target_90k)
{
  if (part_target_90k > 0 && asp_hls_timeline_part_target_90k (c->timeline) == 0)
    hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_PART_TARGET,
        .duration_90k = part_target_90k});
}

static void
append_target_duration (HlsChannel * c, guint seconds)
{
  if (seconds > 0 && asp_hls_timeline_target_duration (c->timeline) == 0)
    hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,
        .duration_90k = ASP_SECOND_90K * (gint64) seconds});
}

static gboolean
all_known (const gchar * known, const gchar * codecs)
{
  g_auto (GStrv) had = g_strsplit (known ? known : "", ",", -1);
  g_auto (GStrv) now = g_strsplit (codecs, ",", -1);

  for (guint i = 0; now[i]; i++)
    if (!g_strv_contains ((const gchar * const *) had, now[i]))
      return FALSE;
  return TRUE;
}

/* Only what is new is worth a line: a rate that is read from lengths of frames wavers. */
static void
append_format (HlsChannel * c, const HlsLane * lane, const AspHlsSegmentInfo * info)
{
  AspHlsRendition r;

  asp_hls_timeline_rendition (c->timeline, lane->index, &r);
  if (!info->codecs[0] || (all_known (r.codecs, info->codecs) &&
          (guint64) info->width * info->height <= (guint64) r.width * r.height &&
          (guint64) info->fps_num * r.fps_den * 100 <= (guint64) r.fps_num * info->fps_den * 101))
    return;
  hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.rendition = lane->index,.codecs = info->codecs,.width = info->width,
      .height = info->height,.fps_num = info->fps_num,.fps_den = info->fps_den});
}

/* Splicers that do not belong to one channel have names of their own for one break: that of
 * the rendition which came first holds. Returns the id to use, or NULL: it has been told. */
static const gchar *
canonical_id (HlsChannel * c, HlsLane * lane, const AspHlsMark * mark)
{
  const gchar *open = asp_hls_timeline_open_avail (c->timeline);
  const AspHlsEntry *out = open ? asp_hls_timeline_find_out (c->timeline, open) : NULL;

  if (!lane || c->n_lanes == 1)
    return mark->avail_id;
  if (mark->kind == ASP_HLS_AVAIL_OUT && out && strcmp (open, mark->avail_id) &&
      ABS (out->at_90k - hls_channel_lane_end (c, lane)) <= ASP_HLS_ALIGN_90K) {
    g_free (lane->alias);
    g_free (lane->alias_of);
    lane->alias = g_strdup (mark->avail_id);
    lane->alias_of = g_strdup (open);
    return NULL;
  }
  return !g_strcmp0 (lane->alias, mark->avail_id) ? lane->alias_of : mark->avail_id;
}

/* @lane: NULL when it is not known. */
static void
append_mark (HlsChannel * c, HlsLane * lane, const AspHlsMark * mark, gint64 at_90k)
{
  AspHlsEntry entry = {.kind = mark->kind,.at_90k = at_90k,.duration_90k = mark->duration_90k,
    .avail_id = canonical_id (c, lane, mark),.scte35 = mark->scte35,.roll = mark->roll,
    .pod_length = mark->pod_length,.pod_index = mark->pod_index,.unspliced = mark->unspliced,
    .ad = mark->ad
  };

  if (!entry.avail_id)
    return;
  if (!hls_channel_append (c, entry) && entry.scte35) {
    entry.scte35 = NULL;        /* a cue that is none does not cost the break its marker */
    hls_channel_append (c, entry);
  }
  if (mark->kind == ASP_HLS_AVAIL_OUT)
    c->last_out_90k = at_90k;
}

/* Nothing of an avail stays open where its stream has ended. */
static void
close_avail (HlsChannel * c)
{
  g_autofree gchar *id = g_strdup (asp_hls_timeline_open_avail (c->timeline));

  if (id)
    append_here (c, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_IN,.avail_id = id});
}

/* -- gaps -- */

/* Up to @to_90k, in pieces no longer than TARGETDURATION allows. */
static void
append_gap (HlsChannel * c, HlsLane * lane, gint64 to_90k)
{
  gint64 longest_90k = ASP_SECOND_90K * (gint64) MAX (asp_hls_timeline_target_duration (c->timeline), 1);

  hls_channel_complete_segment (c, lane);
  lane->announced = FALSE;
  while (hls_channel_lane_end (c, lane) < to_90k) {
    gint64 at_90k = hls_channel_lane_end (c, lane);
    AspHlsRendition r;
    g_autofree gchar *name = NULL, *uri = NULL, *next_uri = NULL;

    asp_hls_timeline_rendition (c->timeline, lane->index, &r);
    name = asp_hls_media_name (c->secret, ASP_HLS_NAME_SEGMENT, lane->name, r.n_media, 0);
    uri = g_strconcat (HLS_MEDIA_FOLDER "/", name, NULL);
    next_uri = hls_channel_part_uri (c, lane, r.n_media + 1, 0);
    if (!hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_GAP,.rendition = lane->index,.at_90k = at_90k,
            .duration_90k = MIN (longest_90k, to_90k - at_90k),.uri = uri,.next_uri = next_uri,.independent = TRUE}))
      return;
    record (c, lane, NULL);
    lane->changed = TRUE;
  }
}

/* In place of a segment of another rendition: with its date, where that is not clear. */
static void
fill_segment (HlsChannel * c, HlsLane * lane, const AspHlsEntry * segment)
{
  gint64 at_90k = hls_channel_lane_end (c, lane), to_90k = segment->at_90k + segment->duration_90k;
  gint64 utc_us = segment->utc_us + asp_hls_90k_to_us (at_90k) - asp_hls_90k_to_us (segment->at_90k);

  if (!lane->has_anchor || ABS (utc_us - utc_at (lane, at_90k)) >= G_USEC_PER_SEC / 2)
    append_anchor (c, lane, at_90k, utc_us);
  append_gap (c, lane, to_90k);
}

/* @lane has missed what @leader had up to @to_90k: gaps as long as those segments, and the
 * same discontinuities. */
static void
fill_up (HlsChannel * c, HlsLane * lane, const HlsLane * leader, gint64 to_90k)
{
  guint n;

  hls_channel_complete_segment (c, lane);
  n = asp_hls_timeline_n_entries (c->timeline);
  for (guint i = 0; i < n; i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (c->timeline, i);
    gint64 at_90k = e->at_90k, end_90k = at_90k + e->duration_90k;

    if (e->rendition != leader->index || end_90k > to_90k ||
        at_90k < hls_channel_lane_end (c, lane) - ASP_HLS_ALIGN_90K)
      continue;
    if (e->kind == ASP_HLS_DISCONTINUITY)
      hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.rendition = lane->index,
          .at_90k = hls_channel_lane_end (c, lane)});
    else if (e->kind == ASP_HLS_SEGMENT || e->kind == ASP_HLS_GAP)
      fill_segment (c, lane, e);
  }
}

static void
set_out (HlsChannel * c, const HlsLane * lane, gboolean out)
{
  if (c->variants[lane->index].out == out)
    return;
  c->variants[lane->index].out = out;
  c->multivariant_good = FALSE;
  GST_INFO ("rendition %s %s", lane->name, out ? "has fallen behind and is taken out" : "is back");
}

static void
fill_stalled (HlsChannel * c, const HlsLane * leader)
{
  gint64 target_90k = ASP_SECOND_90K * (gint64) MAX (asp_hls_timeline_target_duration (c->timeline), 1);

  for (guint i = 0; i < c->n_lanes; i++) {
    HlsLane *lane = &c->lanes[i];
    AspHlsRendition r;

    asp_hls_timeline_rendition (c->timeline, lane->index, &r);
    if (lane == leader || r.n_media == 0 ||
        hls_channel_lane_end (c, leader) - r.end_90k <= STALL_TARGET_DURATIONS * target_90k)
      continue;
    /* not up to the end: when it is back its segments come a little behind the leader's */
    fill_up (c, lane, leader, hls_channel_lane_end (c, leader) - BACK_TARGET_DURATIONS * target_90k);
    lane->has_place = FALSE;
    set_out (c, lane, TRUE);
  }
}

/* -- what a process before has left -- */

static gboolean
media_is_there (const HlsChannel * c)
{
  gint64 start_90k = asp_hls_view_start (c->timeline, &c->lanes[0].view);

  for (guint i = 0; i < asp_hls_timeline_n_entries (c->timeline); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (c->timeline, i);
    g_autofree gchar *path = NULL;

    if (e->kind != ASP_HLS_SEGMENT || e->at_90k < start_90k)
      continue;
    path = g_build_filename (c->location, e->uri, NULL);
    if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
      return FALSE;
  }
  return TRUE;
}

/* Unix time at which the last segment or part of all ended. */
static gint64
last_date (const AspHlsTimeline * t)
{
  gint64 last_us = 0;

  for (guint i = 0; i < asp_hls_timeline_n_entries (t); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->kind == ASP_HLS_SEGMENT || e->kind == ASP_HLS_GAP || e->kind == ASP_HLS_PART)
      last_us = MAX (last_us, e->utc_us + asp_hls_90k_to_us (e->at_90k + e->duration_90k) -
          asp_hls_90k_to_us (e->at_90k));
  }
  return last_us;
}

/* The same renditions? A single one may have another name. */
static gboolean
same_renditions (const HlsChannel * c, const AspHlsTimeline * t)
{
  if (asp_hls_timeline_n_renditions (t) != c->n_lanes)
    return FALSE;
  for (guint i = 0; i < c->n_lanes && c->n_lanes > 1; i++)
    if (asp_hls_timeline_find_rendition (t, c->lanes[i].name) != i)
      return FALSE;
  return TRUE;
}

/* TRUE: it goes on. */
static gboolean
take_over (HlsChannel * c, AspHlsTimeline * t, gint64 now_us)
{
  gboolean ended = asp_hls_timeline_is_ended (t);

  if (asp_hls_timeline_end (t) == 0 || !same_renditions (c, t) ||
      (ended && c->lanes[0].view.playlist_length == 0)) {
    asp_hls_timeline_free (t);
    return FALSE;
  }
  c->timeline = t;
  c->resumes = TRUE;
  c->not_before_us = last_date (t);
  c->fresh = c->lanes[0].view.playlist_length > 0 && (ended || now_us - c->not_before_us > COME_BACK_US ||
      !media_is_there (c));
  GST_INFO ("channel goes on at %" G_GINT64_FORMAT "%s", asp_hls_timeline_end (t),
      c->fresh ? ", nothing of what was there is listed" : "");
  return TRUE;
}

static void
begin_anew (HlsChannel * c)
{
  g_autofree gchar *era = g_uuid_string_random ();

  c->timeline = asp_hls_timeline_new ();
  asp_hls_timeline_set_era (c->timeline, era);
  for (guint i = 0; i < c->n_lanes && c->lanes[i].name; i++)
    hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = i,.name = c->lanes[i].name});
}

static void
lane_init (HlsChannel * c, guint index, const HlsChannelConfig * config)
{
  const HlsChannelRendition *r = &config->renditions[index];
  HlsLane *lane = &c->lanes[index];

  lane->name = g_strdup (r->name);
  lane->index = index;
  lane->playlist_name = asp_hls_playlist_name (r->name ? r->name : "", config->n_renditions);
  lane->view = (AspHlsView) {
    .rendition = index,.playlist_length = config->playlist_length,
    .type = config->playlist_length > 0 ? ASP_HLS_LIVE : ASP_HLS_EVENT,
    .markers = config->markers,.cue_form = config->cue_form,.base_url = c->base_url,
    .low_latency = config->low_latency && !config->plain_folder
  };
  c->variants[index].fixed_bandwidth = r->bandwidth;
  c->variants[index].fixed_codecs = g_strdup (r->codecs);
}

static void
begin_recording (HlsChannel * c, const HlsChannelConfig * config)
{
  const HlsRecordingConfig recording = {
    .vod = {.folder = config->recording,.channel = config->channel,
        .n_renditions = c->n_lanes,.renditions = config->renditions,.markers = config->markers,
        .cue_form = config->cue_form},
    .reconnect_window_us = config->reconnect_window_s * G_USEC_PER_SEC,
    .thumbnails = TRUE,
  };

  if (config->recording && *config->recording)
    c->recording = hls_recording_new (&recording, config->recording_trouble, c->user_data);
}

HlsChannel *
hls_channel_new (const HlsChannelConfig * config, HlsChannelTrouble trouble, gpointer user_data)
{
  static const HlsChannelOutlet no_outlet = { NULL, NULL, NULL };
  HlsChannel *c = g_new0 (HlsChannel, 1);
  g_autofree gchar *log_name = g_strconcat (config->channel, LOG_SUFFIX, NULL);
  g_autoptr (GError) error = NULL;
  AspHlsTimeline *before;

  c->trouble = trouble;
  c->user_data = user_data;
  c->outlet = config->outlet ? config->outlet : &no_outlet;
  c->outlet_data = config->outlet_data;
  c->base_url = g_strdup (config->base_url);
  if (config->secret_names)
    c->secret = hls_secret_get (config->location, config->channel);
  c->location = g_strdup (config->location);
  c->media_folder = g_build_filename (config->location, HLS_MEDIA_FOLDER, NULL);
  c->delete_old = config->delete_old && config->playlist_length > 0;
  c->needed_only = config->needed_only;
  c->low_latency = config->low_latency;
  c->n_lanes = MIN (config->n_renditions, ASP_HLS_RENDITIONS_MAX);
  for (guint i = 0; i < c->n_lanes; i++)
    lane_init (c, i, config);
  c->last_out_90k = -1;
  c->log = hls_log_new (config->location, log_name, config->channel);
  before = hls_log_read (c->log, &error);
  if (error)
    GST_WARNING ("%s cannot be used, the channel begins anew: %s", log_name, error->message);
  if (!before || !take_over (c, before, config->now_us))
    begin_anew (c);
  /* nobody shall be told that what comes has ended, or see what is no more */
  if (!c->resumes || c->fresh)
    hls_channel_remove_playlists (c);
  else
    hls_channel_resume_playlists (c);
  begin_recording (c, config);
  return c;
}

void
hls_channel_free (HlsChannel * c)
{
  if (!c)
    return;
  hls_recording_free (c->recording);
  asp_hls_timeline_free (c->timeline);
  hls_log_free (c->log);
  for (guint i = 0; i < c->n_lanes; i++) {
    g_free (c->lanes[i].name);
    g_free (c->lanes[i].playlist_name);
    g_free (c->lanes[i].alias);
    g_free (c->lanes[i].alias_of);
    asp_hls_variant_clear (&c->variants[i]);
  }
  g_free (c->location);
  g_free (c->media_folder);
  g_free (c->multivariant);
  g_free (c->base_url);
  g_free (c->secret);
  g_free (c);
}

gint64
hls_channel_end_90k (const HlsChannel * c)
{
  return asp_hls_timeline_end (c->timeline);
}

guint
hls_channel_target_duration (const HlsChannel * c)
{
  return asp_hls_timeline_target_duration (c->timeline);
}

gint64
hls_channel_part_target_90k (const HlsChannel * c)
{
  return asp_hls_timeline_part_target_90k (c->timeline);
}

static HlsLane *
furthest (HlsChannel * c)
{
  HlsLane *lane = &c->lanes[0];

  for (guint i = 1; i < c->n_lanes; i++)
    if (hls_channel_lane_end (c, &c->lanes[i]) > hls_channel_lane_end (c, lane))
      lane = &c->lanes[i];
  return lane;
}

/* The first thing that comes in this process: all renditions begin in one place. */
static void
resume (HlsChannel * c)
{
  HlsLane *leader = furthest (c);

  if (!c->resumes)
    return;
  for (guint i = 0; i < c->n_lanes; i++) {
    hls_channel_complete_segment (c, &c->lanes[i]);
    c->lanes[i].orphan = FALSE;
  }
  close_avail (c);
  append_here (c, (AspHlsEntry) {.kind = ASP_HLS_RESUME,.fresh = c->fresh});
  for (guint i = 0; i < c->n_lanes; i++) {
    HlsLane *lane = &c->lanes[i];

    if (lane != leader && hls_channel_lane_end (c, lane) > 0)
      fill_up (c, lane, leader, hls_channel_lane_end (c, leader));
    hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.rendition = i,
        .at_90k = hls_channel_lane_end (c, lane)});
    lane->has_anchor = FALSE;   /* time has passed */
  }
  c->resumes = FALSE;
}

/* -- what comes -- */

HlsLane *
hls_channel_find_lane (HlsChannel * c, const gchar * rendition)
{
  for (guint i = 0; i < c->n_lanes; i++)
    if (!g_strcmp0 (c->lanes[i].name, rendition))
      return &c->lanes[i];
  if (c->n_lanes != 1 || c->lanes[0].name)
    return NULL;
  c->lanes[0].name = g_strdup (rendition);
  if (asp_hls_timeline_find_rendition (c->timeline, NULL) == 0)
    hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.name = rendition});
  return &c->lanes[0];
}

typedef enum
{
  PLACE_FOLLOWS,                /* on what came before of its rendition */
  PLACE_FOUND,                  /* by its PTS, among the other renditions */
  PLACE_LATE,                   /* what stands there has been told already */
} Place;

/* Where a segment goes when that is not simply behind the one before it: the first one of a
 * rendition in this run, one after it was given up, one behind a jump. */
static Place
find_place (HlsChannel * c, HlsLane * lane, const AspHlsSegmentInfo * info, gint64 * at_90k)
{
  gint64 end_90k = hls_channel_lane_end (c, lane), there_90k, utc_us;
  AspHlsRendition r;

  *at_90k = end_90k;
  if (c->n_lanes == 1 || (lane->has_place && !info->jump))
    return PLACE_FOLLOWS;
  asp_hls_timeline_rendition (c->timeline, lane->index, &r);
  if (!by_ref (c, info, &there_90k, &utc_us)) {
    if (r.n_media == 0 && c->has_ref)
      *at_90k = asp_hls_timeline_end (c->timeline);
    return PLACE_FOLLOWS;
  }
  if (r.n_media == 0) {
    *at_90k = there_90k;
    return there_90k < 0 ? PLACE_LATE : PLACE_FOUND;
  }
  if (there_90k < end_90k - ASP_HLS_ALIGN_90K)
    /* a clock that went back is another one */
    return info->jump && !c->variants[lane->index].out ? PLACE_FOLLOWS : PLACE_LATE;
  if (there_90k > end_90k + ASP_HLS_ALIGN_90K) {
    fill_up (c, lane, furthest (c), there_90k);
    append_gap (c, lane, there_90k);
  }
  *at_90k = hls_channel_lane_end (c, lane);
  append_anchor (c, lane, *at_90k, utc_us);
  return PLACE_FOUND;
}

/* Has another rendition got a discontinuity there? */
static gboolean
others_break (const HlsChannel * c, const HlsLane * lane, gint64 at_90k)
{
  for (guint i = asp_hls_timeline_n_entries (c->timeline); i > 0; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (c->timeline, i - 1);

    if (e->kind == ASP_HLS_DISCONTINUITY && e->rendition != lane->index &&
        ABS (e->at_90k - at_90k) <= ASP_HLS_ALIGN_90K)
      return TRUE;
  }
  return FALSE;
}

void
hls_channel_keep_ref (HlsChannel * c, const AspHlsSegmentInfo * info)
{
  const AspHlsEntry *e = last_entry (c);

  c->has_ref = e->utc_us != 0;
  c->ref_pts90k = info->start_pts90k;
  c->ref_at_90k = e->at_90k;
  c->ref_utc_us = e->utc_us;
}

/* All of it, or what is left of one whose parts have been told. */
static gboolean
append_media (HlsChannel * c, HlsLane * lane, const AspHlsSegmentInfo * info, GBytes * bytes)
{
  AspHlsRendition r;
  g_autofree gchar *name = NULL, *uri = NULL, *next_uri = NULL;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  gboolean written;

  asp_hls_timeline_rendition (c->timeline, lane->index, &r);
  name = asp_hls_media_name (c->secret, ASP_HLS_NAME_SEGMENT, lane->name, r.n_media, 0);
  uri = g_strconcat (HLS_MEDIA_FOLDER "/", name, NULL);
  next_uri = hls_channel_part_uri (c, lane, r.n_media + 1, 0);
  written = hls_channel_write_file (c, c->media_folder, name, data, size);
  if (written)
    hls_channel_tell_written (c, uri, bytes);
  if (hls_channel_append (c, (AspHlsEntry) {.kind = written ? ASP_HLS_SEGMENT : ASP_HLS_GAP,
          .rendition = lane->index,.at_90k = r.n_open_parts > 0 ? r.segment_end_90k : lane->at_90k,
          .duration_90k = info->duration_90k,.uri = uri,.next_uri = next_uri,.bytes = size,
          .independent = info->independent}))
    hls_channel_keep_ref (c, info);
  else
    hls_channel_complete_segment (c, lane);
  record (c, lane, bytes);
  lane->changed = TRUE;
  return written;
}

/* What stands before the media of a segment: a discontinuity, a date. */
static void
append_beginning (HlsChannel * c, HlsLane * lane, const AspHlsSegmentInfo * info, Place place)
{
  /* a hole that only this rendition has is a gap of its own: all have the same discontinuities */
  if (info->discontinuity && !(c->needed_only && info->seamless) &&
      (place == PLACE_FOLLOWS || others_break (c, lane, lane->at_90k)))
    hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.rendition = lane->index,
        .at_90k = lane->at_90k});
  anchor_before (c, lane, info, lane->at_90k);
}

gboolean
hls_channel_begin_media (HlsChannel * c, HlsLane * lane, const AspHlsSegmentInfo * info)
{
  Place place;

  resume (c);
  place = find_place (c, lane, info, &lane->at_90k);
  if (place == PLACE_LATE) {
    GST_DEBUG ("segment of %s comes too late", lane->name);
    return FALSE;
  }
  lane->has_place = TRUE;
  set_out (c, lane, FALSE);
  if (!lane->announced)
    append_beginning (c, lane, info, place);
  lane->announced = FALSE;
  append_target_duration (c, info->target_duration_s);
  append_part_target (c, info->part_target_90k);
  append_format (c, lane, info);
  return TRUE;
}

/* The first part of what follows is hinted at now: its discontinuity is told with the hint.
 * Not where its place is not certain. */
static void
announce (HlsChannel * c, HlsLane * lane, const AspHlsSegmentInfo * next)
{
  if (!c->low_latency || !next || next->part_target_90k == 0 || (c->n_lanes > 1 && next->jump))
    return;
  lane->at_90k = hls_channel_lane_end (c, lane);
  append_beginning (c, lane, next, PLACE_FOLLOWS);
  lane->announced = TRUE;
}

void
hls_channel_segment (HlsChannel * c, const gchar * rendition, const AspHlsSegmentInfo * info,
    GBytes * bytes, const GPtrArray * marks, const AspHlsSegmentInfo * next, gboolean more)
{
  HlsLane *lane = hls_channel_find_lane (c, rendition);
  gboolean written;

  if (!lane)
    return;
  resume (c);
  if (lane->orphan)
    return;
  if (hls_channel_has_parts (c, lane))
    append_format (c, lane, info);      /* sound of another kind may have come since */
  else if (!hls_channel_begin_media (c, lane, info))
    return;
  written = append_media (c, lane, info, bytes);
  anchor_behind (c, lane, info);
  /* announced no later than with the last segment before them (4.4.5.1.1) */
  for (guint i = 0; marks && i < marks->len; i++)
    append_mark (c, lane, g_ptr_array_index (marks, i), asp_hls_timeline_end (c->timeline));
  announce (c, lane, next);
  fill_stalled (c, lane);
  hls_channel_publish_media (c, written, more);
}

void
hls_channel_mark (HlsChannel * c, const AspHlsMark * mark, gint64 at_90k)
{
  resume (c);
  append_mark (c, NULL, mark, mark->kind == ASP_HLS_AVAIL_SCHEDULED ? MAX (at_90k, 0) :
      asp_hls_timeline_end (c->timeline));
}

/* Who asks for a part that never comes is told so by 404, of which Shaka dies when the stream has
 * ended meanwhile: none is hinted at. */
void
hls_channel_ending (HlsChannel * c, const gchar * rendition)
{
  HlsLane *lane = hls_channel_find_lane (c, rendition);

  if (lane)
    lane->view.ending = TRUE;
}

static gboolean
all_ended (const HlsChannel * c)
{
  for (guint i = 0; i < c->n_lanes; i++)
    if (!c->lanes[i].ended)
      return FALSE;
  return TRUE;
}

gboolean
hls_channel_end (HlsChannel * c, const gchar * rendition, guint target_duration_s)
{
  HlsLane *lane = hls_channel_find_lane (c, rendition);

  if (lane) {
    lane->ended = TRUE;
    hls_channel_complete_segment (c, lane);
  }
  append_target_duration (c, target_duration_s);
  if (!all_ended (c)) {
    hls_channel_publish (c);
    return FALSE;
  }
  for (guint i = 0; i < c->n_lanes; i++) {
    if (hls_channel_lane_end (c, &c->lanes[i]) > 0)
      fill_up (c, &c->lanes[i], furthest (c), asp_hls_timeline_end (c->timeline));
    c->lanes[i].changed = TRUE;
  }
  close_avail (c);
  hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_END});
  hls_channel_publish (c);
  if (c->recording)
    hls_recording_end (c->recording);
  return TRUE;
}
