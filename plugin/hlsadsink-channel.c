/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-channel.h"

#include <asp-hls-names.h>
#include <gst/gst.h>
#include <string.h>

#include "hlsadsink-file.h"
#include "hlsadsink-log.h"

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

#define MEDIA_FOLDER "m"
#define MULTIVARIANT "master.m3u8"
#define LOG_SUFFIX ".timeline"
/* A jump of the source after which wall clock time has passed: it is worth a new anchor
 * when it is more than this. */
#define ANCHOR_STEP_US (2 * G_USEC_PER_SEC)
/* Nobody waits so long for a channel to come back: what was listed then is listed no more. */
#define COME_BACK_US (300 * G_USEC_PER_SEC)

struct _HlsChannel
{
  HlsChannelTrouble trouble;
  gpointer user_data;
  gchar *location, *media_folder, *playlist_name;
  gboolean delete_old, needed_only;
  AspHlsView view;

  AspHlsTimeline *timeline;
  HlsLog *log;
  AspHlsVariant variant;
  gboolean variant_written;

  gboolean resumes;             /* the next thing that comes is the first one of this process */
  gboolean fresh;               /* ... and what was there is not listed any more */
  gint64 not_before_us;         /* the wall clock of the last process had got to */
  gint64 anchor_at_90k, anchor_utc_us;
  gboolean has_anchor;
  gint64 last_out_90k;          /* position of the last OUT that has been told */
  gint64 longest_window_90k;
  gboolean in_trouble;
};

/* -- files -- */

static gboolean
tell (HlsChannel * c, const GError * error, const gchar * path)
{
  if (!c->in_trouble) {
    c->in_trouble = TRUE;
    c->trouble (error, path, c->user_data);
  }
  return FALSE;
}

static gboolean
write_file (HlsChannel * c, const gchar * folder, const gchar * name, gconstpointer data,
    gsize size)
{
  g_autoptr (GError) error = NULL;

  return hls_file_write (folder, name, data, size, &error) || tell (c, error, folder);
}

/* -- the timeline -- */

/* Only what a stream can say wrongly is refused here: a break id, a cue. */
static gboolean
append (HlsChannel * c, const AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  if (asp_hls_timeline_append (c->timeline, &entry, &error))
    return TRUE;
  GST_DEBUG ("%s", error->message);
  return FALSE;
}

static gboolean
append_here (HlsChannel * c, AspHlsEntry entry)
{
  entry.at_90k = asp_hls_timeline_end (c->timeline);
  return append (c, entry);
}

static gint64
utc_at (const HlsChannel * c, gint64 at_90k)
{
  return c->anchor_utc_us + asp_hls_90k_to_us (at_90k) - asp_hls_90k_to_us (c->anchor_at_90k);
}

static void
append_anchor (HlsChannel * c, gint64 utc_us)
{
  c->has_anchor = TRUE;
  c->anchor_at_90k = asp_hls_timeline_end (c->timeline);
  c->anchor_utc_us = MAX (utc_us, c->not_before_us);
  append_here (c, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = c->anchor_utc_us});
}

/* Wall clock: from the first segment on it is media time; only a jump of the source in
 * which time has passed unseen moves it, and never backwards. */
static void
anchor_before (HlsChannel * c, const AspHlsSegmentInfo * info)
{
  gint64 at_90k = asp_hls_timeline_end (c->timeline);

  if (!c->has_anchor || (info->jump && c->last_out_90k != at_90k &&
          info->utc_us - utc_at (c, at_90k) >= ANCHOR_STEP_US))
    append_anchor (c, info->utc_us);
}

/* ... or a gap that the stream's own clock has measured. */
static void
anchor_behind (HlsChannel * c, const AspHlsSegmentInfo * info)
{
  gint64 end_90k = asp_hls_timeline_end (c->timeline);

  if (info->gap_90k > 0)
    append_anchor (c, utc_at (c, end_90k) + asp_hls_90k_to_us (info->gap_90k));
}

static void
append_target_duration (HlsChannel * c, guint seconds)
{
  if (seconds > 0 && asp_hls_timeline_target_duration (c->timeline) == 0)
    append (c, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,
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
append_format (HlsChannel * c, const AspHlsSegmentInfo * info)
{
  AspHlsRendition r;

  asp_hls_timeline_rendition (c->timeline, 0, &r);
  if (!info->codecs[0] || (all_known (r.codecs, info->codecs) &&
          (guint64) info->width * info->height <= (guint64) r.width * r.height &&
          (guint64) info->fps_num * r.fps_den * 100 <= (guint64) r.fps_num * info->fps_den * 101))
    return;
  append (c, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.codecs = info->codecs,.width = info->width,
      .height = info->height,.fps_num = info->fps_num,.fps_den = info->fps_den});
}

static void
append_mark (HlsChannel * c, const AspHlsMark * mark, gint64 at_90k)
{
  AspHlsEntry entry = {.kind = mark->kind,.at_90k = at_90k,.duration_90k = mark->duration_90k,
    .avail_id = mark->avail_id,.scte35 = mark->scte35,.roll = mark->roll,
    .pod_length = mark->pod_length,.pod_index = mark->pod_index,.unspliced = mark->unspliced,
    .ad = mark->ad
  };

  if (!append (c, entry) && entry.scte35) {
    entry.scte35 = NULL;        /* a cue that is none does not cost the break its marker */
    append (c, entry);
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

/* -- what a process before has left -- */

static gboolean
media_is_there (const HlsChannel * c)
{
  gint64 start_90k = asp_hls_view_start (c->timeline, &c->view);

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

/* Unix time at which the last segment ended. */
static gint64
last_date (const AspHlsTimeline * t)
{
  for (guint i = asp_hls_timeline_n_entries (t); i > 0; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i - 1);

    if (e->kind == ASP_HLS_SEGMENT || e->kind == ASP_HLS_GAP)
      return e->utc_us + asp_hls_90k_to_us (e->at_90k + e->duration_90k) -
          asp_hls_90k_to_us (e->at_90k);
  }
  return 0;
}

/* TRUE: it goes on. */
static gboolean
take_over (HlsChannel * c, AspHlsTimeline * t, gint64 now_us)
{
  gboolean ended = asp_hls_timeline_is_ended (t);

  if (asp_hls_timeline_end (t) == 0 || (ended && c->view.playlist_length == 0)) {
    asp_hls_timeline_free (t);
    return FALSE;
  }
  c->timeline = t;
  c->resumes = TRUE;
  c->not_before_us = last_date (t);
  c->fresh = c->view.playlist_length > 0 && (ended || now_us - c->not_before_us > COME_BACK_US ||
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
}

HlsChannel *
hls_channel_new (const HlsChannelConfig * config, HlsChannelTrouble trouble, gpointer user_data)
{
  HlsChannel *c = g_new0 (HlsChannel, 1);
  g_autofree gchar *log_name = g_strconcat (config->channel, LOG_SUFFIX, NULL);
  g_autoptr (GError) error = NULL;
  AspHlsTimeline *before;

  c->trouble = trouble;
  c->user_data = user_data;
  c->location = g_strdup (config->location);
  c->media_folder = g_build_filename (config->location, MEDIA_FOLDER, NULL);
  c->playlist_name = asp_hls_playlist_name ("", 1);
  c->delete_old = config->delete_old && config->playlist_length > 0;
  c->needed_only = config->needed_only;
  c->view.playlist_length = config->playlist_length;
  c->view.type = config->playlist_length > 0 ? ASP_HLS_LIVE : ASP_HLS_EVENT;
  c->view.markers = config->markers;
  c->view.cue_form = config->cue_form;
  c->last_out_90k = -1;
  c->log = hls_log_new (config->location, log_name, config->channel);
  before = hls_log_read (c->log, &error);
  if (error)
    GST_WARNING ("%s cannot be used, the channel begins anew: %s", log_name, error->message);
  if (!before || !take_over (c, before, config->now_us))
    begin_anew (c);
  /* nobody shall be told that what comes has ended, or see what is no more */
  if (!c->resumes || c->fresh) {
    hls_file_remove (c->location, c->playlist_name);
    hls_file_remove (c->location, MULTIVARIANT);
  }
  return c;
}

void
hls_channel_free (HlsChannel * c)
{
  if (!c)
    return;
  asp_hls_timeline_free (c->timeline);
  hls_log_free (c->log);
  asp_hls_variant_clear (&c->variant);
  g_free (c->location);
  g_free (c->media_folder);
  g_free (c->playlist_name);
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

/* The first thing that comes in this process. */
static void
resume (HlsChannel * c)
{
  if (!c->resumes)
    return;
  c->resumes = FALSE;
  close_avail (c);
  append_here (c, (AspHlsEntry) {.kind = ASP_HLS_RESUME,.fresh = c->fresh});
  append_here (c, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
}

/* -- publishing -- */

/* RFC 8216bis 6.2.2: for its own length and that of the longest playlist after it has left
 * it a client may still ask for a segment. */
static gint64
remove_old_files (HlsChannel * c, gint64 start_90k)
{
  gint64 gone_90k = 0;

  c->longest_window_90k = MAX (c->longest_window_90k,
      asp_hls_timeline_end (c->timeline) - start_90k);
  for (guint i = 0; i < asp_hls_timeline_n_entries (c->timeline); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (c->timeline, i);
    gint64 end_90k = e->at_90k + e->duration_90k;

    if (e->kind != ASP_HLS_SEGMENT && e->kind != ASP_HLS_GAP)
      continue;
    if (start_90k - end_90k <= e->duration_90k + c->longest_window_90k)
      break;
    if (e->kind == ASP_HLS_SEGMENT)
      hls_file_remove (c->location, e->uri);
    gone_90k = end_90k;
  }
  return gone_90k;
}

static gboolean
write_multivariant (HlsChannel * c)
{
  g_autofree gchar *text = NULL;

  if (!asp_hls_variants_update (&c->variant, 1, c->timeline) && c->variant_written)
    return TRUE;
  text = asp_hls_multivariant_render (c->timeline, &c->variant, 1);
  c->variant_written = !text || write_file (c, c->location, MULTIVARIANT, text, strlen (text));
  return c->variant_written;
}

/* FALSE when something could not be written. */
static gboolean
publish (HlsChannel * c)
{
  g_autofree gchar *text = asp_hls_view_render (c->timeline, &c->view);
  gint64 start_90k = asp_hls_view_start (c->timeline, &c->view), forget_90k = start_90k;
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE;

  /* first what a restart needs to know of what is published */
  if (!hls_log_write (c->log, c->timeline, &error))
    ok = tell (c, error, c->location);
  if (!text)
    return ok;                  /* too early for one */
  if (!write_file (c, c->location, c->playlist_name, text, strlen (text)))
    return FALSE;
  ok = write_multivariant (c) && ok;
  if (c->delete_old && !asp_hls_timeline_is_ended (c->timeline))
    forget_90k = remove_old_files (c, start_90k);
  if (!asp_hls_timeline_is_ended (c->timeline))
    asp_hls_timeline_forget (c->timeline, forget_90k);
  return ok;
}

void
hls_channel_segment (HlsChannel * c, const gchar * rendition, const AspHlsSegmentInfo * info,
    GBytes * bytes, const GPtrArray * marks, gboolean more)
{
  AspHlsRendition r;
  g_autofree gchar *name = NULL, *uri = NULL;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  gboolean written;

  resume (c);
  asp_hls_timeline_rendition (c->timeline, 0, &r);
  if (!r.name)
    append (c, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.name = rendition});
  name = asp_hls_media_name (NULL, ASP_HLS_NAME_SEGMENT, rendition, r.n_media, 0);
  uri = g_strconcat (MEDIA_FOLDER "/", name, NULL);
  written = write_file (c, c->media_folder, name, data, size);
  if (info->discontinuity && !(c->needed_only && info->seamless))
    append_here (c, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
  anchor_before (c, info);
  append_target_duration (c, info->target_duration_s);
  append_format (c, info);
  append_here (c, (AspHlsEntry) {.kind = written ? ASP_HLS_SEGMENT : ASP_HLS_GAP,
      .duration_90k = info->duration_90k,.uri = uri,.bytes = size,
      .independent = info->independent});
  anchor_behind (c, info);
  /* announced no later than with the last segment before them (4.4.5.1.1) */
  for (guint i = 0; marks && i < marks->len; i++)
    append_mark (c, g_ptr_array_index (marks, i), asp_hls_timeline_end (c->timeline));
  if (!more && publish (c) && written)
    c->in_trouble = FALSE;
}

void
hls_channel_mark (HlsChannel * c, const AspHlsMark * mark, gint64 at_90k)
{
  resume (c);
  append_mark (c, mark, mark->kind == ASP_HLS_AVAIL_SCHEDULED ? MAX (at_90k,
          0) : asp_hls_timeline_end (c->timeline));
}

void
hls_channel_end (HlsChannel * c, guint target_duration_s)
{
  append_target_duration (c, target_duration_s);
  close_avail (c);
  append (c, (AspHlsEntry) {.kind = ASP_HLS_END});
  publish (c);
}
