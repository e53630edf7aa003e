/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-vod-private.h"

#include <gst/gst.h>
#include <string.h>

#include "hlsadsink-file.h"

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

static const gchar *const list_names[HLS_VOD_N_LISTS] = {
  [HLS_VOD_FILES] = ASP_HLS_RECORDING_PLAYLIST,
  [HLS_VOD_RANGES] = ASP_HLS_RECORDING_RANGE_PLAYLIST,
};

static const gchar *const master_names[HLS_VOD_N_LISTS] = {
  [HLS_VOD_FILES] = ASP_HLS_RECORDING_MASTER,
  [HLS_VOD_RANGES] = ASP_HLS_RECORDING_RANGE_MASTER,
};

static AspHlsView
view_of (const HlsVod * v, guint lane, HlsVodListKind kind)
{
  gboolean ended = asp_hls_timeline_is_ended (v->timeline);

  return (AspHlsView) {
    .rendition = lane,.type = ended ? ASP_HLS_VOD : ASP_HLS_EVENT,
    .media = kind == HLS_VOD_RANGES ? ASP_HLS_MEDIA_RANGES : ASP_HLS_MEDIA_FILES,
    .markers = v->markers,.cue_form = v->cue_form,.edge = ended ? 0 : v->lanes[lane].closed_seq
  };
}

/* @timeline: with all that @list has not got. FALSE with @error. */
static gboolean
grow (HlsVod * v, guint lane, HlsVodListKind kind, const AspHlsTimeline * t, GError ** error)
{
  const AspHlsView view = view_of (v, lane, kind);
  HlsVodList *list = &v->lanes[lane].lists[kind];
  g_autofree gchar *header = NULL, *added = NULL;
  guint64 since = list->since;
  gsize body = list->size - list->header_size;

  if (!asp_hls_view_grow (t, &view, &since, &header, &added))
    return TRUE;                /* too early for one */
  if (!hls_file_grow (v->lanes[lane].folder, list_names[kind], header, list->header_size,
          list->size, added, error))
    return FALSE;
  list->since = since;
  list->header_size = strlen (header);
  list->size = list->header_size + body + strlen (added);
  return TRUE;
}

/* Somebody has touched it: anew, from the log, for most has been forgotten. */
static gboolean
write_anew (HlsVod * v, guint lane, HlsVodListKind kind, GError ** error)
{
  g_autofree gchar *name = g_strconcat (v->channel, HLS_VOD_LOG_SUFFIX, NULL);
  HlsLog *log = hls_log_new (v->folder, name, v->channel);
  AspHlsTimeline *all = hls_log_read (log, error);
  gboolean ok = all != NULL;

  if (ok) {
    v->lanes[lane].lists[kind] = (HlsVodList) { 0 };
    ok = grow (v, lane, kind, all, error);
  } else if (error && !*error) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "The timeline of the recording is gone");
  }
  asp_hls_timeline_free (all);
  hls_log_free (log);
  return ok;
}

static gboolean
write_list (HlsVod * v, guint lane, HlsVodListKind kind)
{
  g_autoptr (GError) error = NULL;

  if (grow (v, lane, kind, v->timeline, &error))
    return TRUE;
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_INVAL)) {
    g_clear_error (&error);
    if (write_anew (v, lane, kind, &error))
      return TRUE;
  }
  return hls_vod_tell (v, error, v->lanes[lane].folder);
}

static gboolean
write_text (HlsVod * v, const gchar * folder, const gchar * name, const gchar * text)
{
  g_autoptr (GError) error = NULL;

  return hls_file_write (folder, name, text, strlen (text), &error) || hls_vod_tell (v, error, folder);
}

/* Once a playlist can be read. */
static gboolean
write_masters (HlsVod * v)
{
  gboolean listed = FALSE, ok = TRUE;

  for (guint i = 0; i < v->n_lanes; i++)
    listed = listed || v->lanes[i].lists[HLS_VOD_FILES].size > 0;
  if (!listed || (!asp_hls_variants_update (v->variants, v->n_lanes, v->timeline) &&
          v->masters_written))
    return TRUE;
  for (guint k = 0; k < HLS_VOD_N_LISTS; k++) {
    g_autofree gchar *text = asp_hls_multivariant_render_folders (v->timeline, v->variants,
        v->n_lanes, list_names[k]);

    ok = (!text || write_text (v, v->hls_folder, master_names[k], text)) && ok;
  }
  v->masters_written = ok;
  return ok;
}

gboolean
hls_vod_write_event (HlsVod * v, AspHlsRecordingStatus status)
{
  g_autofree gchar *folder = g_build_filename (v->folder, ASP_HLS_RECORDING_EVENTS, NULL);
  const AspHlsRecordingState state = {
    .status = status,.channel = v->channel,.started_us = v->started_us,
    .ended_us = hls_vod_last_us (v),.message = v->failure,
    .thumbnail_width = v->thumbnail_width,.thumbnail_height = v->thumbnail_height
  };
  g_autofree gchar *text = asp_hls_recording_event (&state, v->timeline);

  return write_text (v, folder, asp_hls_recording_event_name (status), text);
}

/* What all playlists have, but for the last file of each rendition: views begin with one. */
static void
forget (HlsVod * v)
{
  gint64 before_90k = G_MAXINT64;

  for (guint i = 0; i < v->n_lanes; i++) {
    AspHlsRendition r;

    asp_hls_timeline_rendition (v->timeline, i, &r);
    if (r.n_media == 0)
      continue;
    for (guint k = 0; k < HLS_VOD_N_LISTS; k++)
      if (v->lanes[i].lists[k].since == 0)
        return;
    before_90k = MIN (before_90k, v->lanes[i].closed_start_90k);
  }
  if (before_90k != G_MAXINT64)
    asp_hls_timeline_forget (v->timeline, before_90k);
}

static gboolean
write_lists (HlsVod * v)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < v->n_lanes; i++) {
    gboolean written = TRUE;

    if (!v->lanes[i].changed)
      continue;
    for (guint k = 0; k < HLS_VOD_N_LISTS; k++)
      written = write_list (v, i, k) && written;
    v->lanes[i].changed = !written;
    ok = ok && written;
  }
  return ok;
}

void
hls_vod_publish (HlsVod * v)
{
  g_autoptr (GError) error = NULL;
  gboolean ok;

  if (v->lost)
    return;
  /* first what a restart needs to know of what is published */
  if (!hls_log_write (v->log, v->timeline, &error)) {
    v->lost = !g_file_test (v->folder, G_FILE_TEST_IS_DIR);
    hls_vod_tell (v, error, v->folder);
    return;
  }
  v->presented = v->presented || hls_vod_present (v);
  if (!v->started_written)
    v->started_written = hls_vod_write_event (v, ASP_HLS_RECORDING_STARTED);
  if (v->failure && !v->failed_written)
    v->failed_written = hls_vod_write_event (v, ASP_HLS_RECORDING_FAILED);
  ok = write_lists (v) && write_masters (v);
  if (ok)
    forget (v);
  if (ok && v->presented && v->started_written && !v->bytes_failed)
    v->in_trouble = FALSE;
}
