/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-vod-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "hlsadsink-file.h"

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

#define ID_LENGTH 12
#define POINTER_MAX 4096

/* Only what a stream can say wrongly is refused: a break id, a cue. */
gboolean
hls_vod_append (HlsVod * v, AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  if (asp_hls_timeline_append (v->timeline, &entry, &error))
    return TRUE;
  GST_DEBUG ("%s", error->message);
  return FALSE;
}

gboolean
hls_vod_tell (HlsVod * v, const GError * error, const gchar * path)
{
  g_free (v->last_error);
  v->last_error = g_strdup (error->message);
  if (!v->in_trouble) {
    v->in_trouble = TRUE;
    v->trouble (error, path, v->user_data);
  }
  return FALSE;
}

void
hls_vod_fail (HlsVod * v, const gchar * reason)
{
  if (!v->failure)
    v->failure = g_strdup (reason ? reason : "Something could not be written.");
}

/* -- where it is -- */

/* Let go of by the kernel, whatever becomes of the process. */
int
hls_vod_lock (const gchar * folder, const gchar * channel, gboolean make)
{
  g_autofree gchar *name = g_strconcat (".", channel, HLS_VOD_POINTER_SUFFIX, NULL);
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  int fd;

  if (make)
    g_mkdir_with_parents (folder, 0755);
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    return -2;
  if (flock (fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close (fd);
    return -1;
  }
  return fd;
}

static gchar *
pointer_name (const gchar * channel)
{
  return g_strconcat (channel, HLS_VOD_POINTER_SUFFIX, NULL);
}

/* For people and for what is configured once; where there are no links the pointer is enough. */
static void
link_to (const HlsVod * v, const gchar * what)
{
  g_autofree gchar *to = g_build_filename (v->path, what, NULL);
  g_autofree gchar *hidden = g_strconcat (".", what, ".link", NULL);
  g_autofree gchar *fresh = g_build_filename (v->base, hidden, NULL);
  g_autofree gchar *path = g_build_filename (v->base, what, NULL);

  g_unlink (fresh);
  if (symlink (to, fresh) != 0 || g_rename (fresh, path) != 0) {
    GST_DEBUG ("no link %s", path);
    g_unlink (fresh);
  }
}

gboolean
hls_vod_present (HlsVod * v)
{
  g_autofree gchar *name = pointer_name (v->channel);
  g_autofree gchar *line = g_strconcat (v->path, "\n", NULL);
  g_autoptr (GError) error = NULL;

  if (!hls_file_write (v->base, name, line, strlen (line), &error))
    return hls_vod_tell (v, error, v->base);
  link_to (v, "media");
  link_to (v, ASP_HLS_RECORDING_EVENTS);
  return TRUE;
}

/* It is ours, but a path out of the folder is none that we have written. */
static gchar *
read_pointer (const gchar * base, const gchar * channel)
{
  g_autofree gchar *name = pointer_name (channel);
  g_autofree gchar *file = g_build_filename (base, name, NULL);
  g_autofree gchar *text = NULL;
  gsize size;

  if (!g_file_get_contents (file, &text, &size, NULL) || size == 0 || size > POINTER_MAX)
    return NULL;
  g_strchomp (text);
  if (text[0] == '/' || text[0] == '\0' || strstr (text, ".."))
    return NULL;
  return g_steal_pointer (&text);
}

/* -- its beginning -- */

static HlsVod *
vod_new (const gchar * base, const gchar * path, const gchar * channel, HlsChannelTrouble trouble,
    gpointer user_data)
{
  HlsVod *v = g_new0 (HlsVod, 1);
  g_autofree gchar *log_name = g_strconcat (channel, HLS_VOD_LOG_SUFFIX, NULL);

  v->trouble = trouble;
  v->user_data = user_data;
  v->base = g_strdup (base);
  v->path = g_strdup (path);
  v->channel = g_strdup (channel);
  v->folder = g_build_filename (base, path, NULL);
  v->hls_folder = g_build_filename (v->folder, ASP_HLS_RECORDING_HLS, NULL);
  v->markers = ASP_HLS_MARKERS_SCTE35;
  v->log = hls_log_new (v->folder, log_name, channel);
  hls_log_keep (v->log);
  for (guint i = 0; i < ASP_HLS_RENDITIONS_MAX; i++)
    v->lanes[i].fd = -1;
  asp_hls_files_init (&v->files, 0);
  return v;
}

static void
set_lane (HlsVod * v, guint i, const gchar * name)
{
  v->lanes[i].name = g_strdup (name);
  v->lanes[i].folder = g_build_filename (v->hls_folder, name, NULL);
}

/* Every break has its cues, whatever else there is. */
static void
take_config (HlsVod * v, const HlsVodConfig * config)
{
  v->markers = config->markers | ASP_HLS_MARKERS_SCTE35;
  v->cue_form = config->cue_form;
  for (guint i = 0; i < v->n_lanes; i++) {
    asp_hls_variant_clear (&v->variants[i]);
    v->variants[i].fixed_bandwidth = config->renditions[i].bandwidth;
    v->variants[i].fixed_codecs = g_strdup (config->renditions[i].codecs);
  }
}

static void
random_id (gchar id[ID_LENGTH + 1])
{
  static const gchar letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  for (guint i = 0; i < ID_LENGTH; i++)
    id[i] = letters[g_random_int_range (0, sizeof letters - 1)];
  id[ID_LENGTH] = '\0';
}

HlsVod *
hls_vod_new (const HlsVodConfig * config, gint64 utc_us, guint target_duration_s,
    HlsChannelTrouble trouble, gpointer user_data)
{
  gchar id[ID_LENGTH + 1];
  g_autofree gchar *path = NULL;
  HlsVod *v;

  random_id (id);
  path = asp_hls_recording_path (utc_us, id);
  v = vod_new (config->folder, path, config->channel, trouble, user_data);
  v->timeline = asp_hls_timeline_new ();
  asp_hls_timeline_set_era (v->timeline, id);
  v->n_lanes = config->n_renditions;
  for (guint i = 0; i < v->n_lanes; i++) {
    set_lane (v, i, config->renditions[i].name);
    hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = i,
        .name = config->renditions[i].name});
  }
  take_config (v, config);
  hls_vod_target_duration (v, target_duration_s);
  GST_INFO ("recording to %s", v->folder);
  return v;
}

void
hls_vod_free (HlsVod * v)
{
  if (!v)
    return;
  if (!v->lost && !hls_vod_is_ended (v) && asp_hls_timeline_end (v->timeline) > 0) {
    for (guint i = 0; i < v->n_lanes; i++)
      hls_vod_close_file (v, &v->lanes[i]);
    hls_vod_publish (v);
  }
  for (guint i = 0; i < v->n_lanes; i++) {
    if (v->lanes[i].fd >= 0)
      close (v->lanes[i].fd);
    g_free (v->lanes[i].file);
    g_free (v->lanes[i].name);
    g_free (v->lanes[i].folder);
    asp_hls_variant_clear (&v->variants[i]);
  }
  g_free (v->key_file);
  asp_hls_timeline_free (v->timeline);
  hls_log_free (v->log);
  g_free (v->last_error);
  g_free (v->failure);
  g_free (v->base);
  g_free (v->path);
  g_free (v->folder);
  g_free (v->hls_folder);
  g_free (v->channel);
  g_free (v);
}

/* -- what a process before has left -- */

/* As much as the log knows. FALSE: there is less. */
static gboolean
cut_to (const gchar * path, guint64 size)
{
  GStatBuf st;

  if (g_stat (path, &st) != 0 || (guint64) st.st_size < size)
    return FALSE;
  return (guint64) st.st_size == size || truncate (path, (off_t) size) == 0;
}

/* The file of a segment, cut off while it was written, or closed before that was logged. */
static gboolean
recover_file (const HlsVodLane * lane, const AspHlsEntry * last)
{
  g_autofree gchar *path = g_build_filename (lane->folder, last->uri, NULL);
  g_autofree gchar *hidden = g_strconcat (".", last->uri, ".part", NULL);
  g_autofree gchar *part = g_build_filename (lane->folder, hidden, NULL);
  guint64 size = last->offset + last->bytes;

  return cut_to (path, size) || (cut_to (part, size) && g_rename (part, path) == 0);
}

/* What stands in hidden files is in no timeline. */
static void
remove_hidden (const gchar * folder)
{
  GDir *dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)) != NULL)
    if (name[0] == '.' && g_str_has_suffix (name, ".part"))
      hls_file_remove (folder, name);
  if (dir)
    g_dir_close (dir);
}

static gboolean
recover_lane (HlsVod * v, guint index)
{
  HlsVodLane *lane = &v->lanes[index];
  const AspHlsEntry *last = NULL, *segment = NULL;
  gboolean ok;

  for (guint i = asp_hls_timeline_n_entries (v->timeline); i > 0 && !segment; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (v->timeline, i - 1);

    if (e->rendition != index || (e->kind != ASP_HLS_SEGMENT && e->kind != ASP_HLS_GAP))
      continue;
    last = last ? last : e;
    segment = e->kind == ASP_HLS_SEGMENT ? e : NULL;
  }
  ok = !segment || recover_file (lane, segment);
  remove_hidden (lane->folder);
  if (last) {
    lane->closed_seq = last->seq + 1;
    lane->closed_start_90k = last->at_90k;
    lane->file_start_90k = asp_hls_timeline_rendition_end (v->timeline, index);
    lane->changed = TRUE;
  }
  return ok;
}

static gint64
first_date (const AspHlsTimeline * t)
{
  for (guint i = 0; i < asp_hls_timeline_n_entries (t); i++)
    if (asp_hls_timeline_entry (t, i)->utc_us != 0)
      return asp_hls_timeline_entry (t, i)->utc_us;
  return 0;
}

static gboolean
has_event (const HlsVod * v, AspHlsRecordingStatus status)
{
  g_autofree gchar *path = g_build_filename (v->folder, ASP_HLS_RECORDING_EVENTS,
      asp_hls_recording_event_name (status), NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
recover (HlsVod * v)
{
  guint target_s = asp_hls_timeline_target_duration (v->timeline);

  v->n_lanes = asp_hls_timeline_n_renditions (v->timeline);
  v->started_us = first_date (v->timeline);
  v->presented = TRUE;
  if (target_s > 0)
    v->files.target_90k = ASP_SECOND_90K * (gint64) target_s;
  if (has_event (v, ASP_HLS_RECORDING_FAILED))
    hls_vod_fail (v, "Something was missing before the last interruption.");
  for (guint i = 0; i < v->n_lanes; i++) {
    AspHlsRendition r;

    asp_hls_timeline_rendition (v->timeline, i, &r);
    set_lane (v, i, r.name ? r.name : "");
    if (!recover_lane (v, i))
      hls_vod_fail (v, "The last file was missing after an interruption.");
  }
}

HlsVod *
hls_vod_open (const gchar * folder, const gchar * channel, HlsChannelTrouble trouble,
    gpointer user_data)
{
  g_autofree gchar *path = read_pointer (folder, channel);
  g_autoptr (GError) error = NULL;
  HlsVod *v;

  if (!path)
    return NULL;
  v = vod_new (folder, path, channel, trouble, user_data);
  v->timeline = hls_log_read (v->log, &error);
  if (!v->timeline) {
    GST_WARNING ("the recording in %s cannot be continued: %s", v->folder,
        error ? error->message : "its timeline is gone");
    v->timeline = asp_hls_timeline_new ();
    v->lost = TRUE;
    hls_vod_free (v);
    return NULL;
  }
  recover (v);
  return v;
}

gboolean
hls_vod_is_ended (const HlsVod * v)
{
  return asp_hls_timeline_is_ended (v->timeline);
}

gint64
hls_vod_last_us (const HlsVod * v)
{
  gint64 last_us = 0;

  for (guint i = asp_hls_timeline_n_entries (v->timeline); i > 0; i--) {
    const AspHlsEntry *e = asp_hls_timeline_entry (v->timeline, i - 1);

    if (e->kind == ASP_HLS_SEGMENT || e->kind == ASP_HLS_GAP)
      last_us = MAX (last_us, e->utc_us + asp_hls_90k_to_us (e->at_90k + e->duration_90k) -
          asp_hls_90k_to_us (e->at_90k));
  }
  return last_us;
}

gboolean
hls_vod_is_lost (const HlsVod * v)
{
  return v->lost;
}

gboolean
hls_vod_in_trouble (const HlsVod * v)
{
  return v->in_trouble;
}

gboolean
hls_vod_fits (const HlsVod * v, const HlsVodConfig * config, guint target_duration_s)
{
  guint had_s = asp_hls_timeline_target_duration (v->timeline);

  if (v->n_lanes != config->n_renditions || (had_s > 0 && target_duration_s > had_s))
    return FALSE;
  for (guint i = 0; i < v->n_lanes; i++)
    if (g_strcmp0 (v->lanes[i].name, config->renditions[i].name))
      return FALSE;
  return TRUE;
}

/* Nothing of an avail stays open where its stream has ended. */
static void
close_avail (HlsVod * v)
{
  const gchar *id = asp_hls_timeline_open_avail (v->timeline);
  AspHlsMark *mark = id ? asp_hls_mark_new (ASP_HLS_AVAIL_IN, id, 0, NULL) : NULL;

  if (mark)
    hls_vod_mark (v, mark);
  asp_hls_mark_free (mark);
}

void
hls_vod_continue (HlsVod * v, const HlsVodConfig * config)
{
  g_autofree gchar *events = g_build_filename (v->folder, ASP_HLS_RECORDING_EVENTS, NULL);

  take_config (v, config);
  v->not_before_us = hls_vod_last_us (v);
  if (!hls_vod_is_ended (v))
    close_avail (v);
  hls_file_remove (events, asp_hls_recording_event_name (ASP_HLS_RECORDING_ENDED));
  hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_RESUME,
      .at_90k = asp_hls_timeline_end (v->timeline)});
  GST_INFO ("recording goes on in %s", v->folder);
}

void
hls_vod_target_duration (HlsVod * v, guint seconds)
{
  guint files_s;

  if (seconds == 0 || asp_hls_timeline_target_duration (v->timeline) > 0)
    return;
  files_s = asp_hls_files_init (&v->files, seconds);
  hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,
      .duration_90k = ASP_SECOND_90K * (gint64) files_s});
}

/* -- its end -- */

/* Of what there is: the stream was over before it was known. */
static void
choose_target_duration (HlsVod * v)
{
  gint64 longest_90k = 0;

  for (guint i = 0; i < v->n_lanes; i++) {
    AspHlsRendition r;

    asp_hls_timeline_rendition (v->timeline, i, &r);
    longest_90k = MAX (longest_90k, r.longest_90k);
  }
  hls_vod_target_duration (v, (guint) ((longest_90k + ASP_SECOND_90K - 1) / ASP_SECOND_90K));
}

static gboolean
is_written (const HlsVod * v)
{
  for (guint i = 0; i < v->n_lanes; i++)
    if (v->lanes[i].changed)
      return FALSE;
  return v->masters_written;
}

static void
write_end (HlsVod * v)
{
  if (!v->started_written)
    v->started_written = hls_vod_write_event (v, ASP_HLS_RECORDING_STARTED);
  hls_vod_write_event (v, v->failure ? ASP_HLS_RECORDING_FAILED : ASP_HLS_RECORDING_ENDED);
}

void
hls_vod_end (HlsVod * v)
{
  gint64 end_90k = asp_hls_timeline_end (v->timeline);

  if (v->lost || hls_vod_is_ended (v) || end_90k == 0)
    return;
  close_avail (v);
  choose_target_duration (v);
  for (guint i = 0; i < v->n_lanes; i++) {
    hls_vod_close_file (v, &v->lanes[i]);
    if (asp_hls_timeline_rendition_end (v->timeline, i) > 0 &&
        end_90k - asp_hls_timeline_rendition_end (v->timeline, i) > ASP_HLS_ALIGN_90K)
      hls_vod_fill (v, &v->lanes[i], end_90k);
    v->lanes[i].changed = asp_hls_timeline_rendition_end (v->timeline, i) > 0;
  }
  hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_END});
  hls_vod_publish (v);
  if (!is_written (v))
    hls_vod_fail (v, v->last_error);
  write_end (v);
  GST_INFO ("recording in %s has ended", v->folder);
}

void
hls_vod_thumbnail (HlsVod * v, GBytes * jpeg)
{
  g_autofree gchar *folder = g_build_filename (v->folder, ASP_HLS_RECORDING_THUMBNAIL, NULL);
  g_autoptr (GError) error = NULL;
  guint width, height;
  gsize size;
  const guint8 *data = g_bytes_get_data (jpeg, &size);

  if (v->lost || !asp_hls_jpeg_size (data, size, &width, &height))
    return;
  if (!hls_file_write (folder, ASP_HLS_RECORDING_THUMBNAIL_NAME, data, size, &error)) {
    hls_vod_tell (v, error, folder);
    return;
  }
  if (v->thumbnail_width == width && v->thumbnail_height == height)
    return;
  v->thumbnail_width = width;
  v->thumbnail_height = height;
  v->started_written = FALSE;
  if (hls_vod_is_ended (v))
    write_end (v);
}
