/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-vod-private.h"

#include <asp-hls-names.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <string.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

/* What the clock may be off by before it is told anew: dates are written in milliseconds. */
#define ANCHOR_STEP_US 1000

static guint
index_of (const HlsVod * v, const HlsVodLane * lane)
{
  return (guint) (lane - v->lanes);
}

static gint64
end_of (const HlsVod * v, const HlsVodLane * lane)
{
  return asp_hls_timeline_rendition_end (v->timeline, index_of (v, lane));
}

static guint64
next_seq (const HlsVod * v)
{
  guint n = asp_hls_timeline_n_entries (v->timeline);

  return n > 0 ? asp_hls_timeline_entry (v->timeline, n - 1)->seq + 1 : 0;
}

/* -- files -- */

static gchar *
part_path (const HlsVodLane * lane)
{
  g_autofree gchar *hidden = g_strconcat (".", lane->file, ".part", NULL);

  return g_build_filename (lane->folder, hidden, NULL);
}

static gboolean
tell_errno (HlsVod * v, const gchar * what, const gchar * path)
{
  gint code = errno;
  g_autoptr (GError) error = g_error_new (G_FILE_ERROR, (gint) g_file_error_from_errno (code),
      "Cannot %s %s: %s", what, path, g_strerror (code));

  return hls_vod_tell (v, error, path);
}

static void
finish_file (HlsVod * v, HlsVodLane * lane)
{
  g_autofree gchar *part = part_path (lane);
  g_autofree gchar *path = g_build_filename (lane->folder, lane->file, NULL);
  /* nothing behind what the log knows; a full disk may say so only when it is closed */
  gboolean ok = ftruncate (lane->fd, (off_t) lane->offset) == 0;

  ok = close (lane->fd) == 0 && ok;
  lane->fd = -1;
  if (lane->offset == 0) {
    g_unlink (part);
  } else if (!ok || g_rename (part, path) != 0) {
    tell_errno (v, "finish", path);
    hls_vod_fail (v, v->last_error);
  }
}

void
hls_vod_close_file (HlsVod * v, HlsVodLane * lane)
{
  if (lane->fd >= 0)
    finish_file (v, lane);
  g_clear_pointer (&lane->file, g_free);
  lane->offset = 0;
  if (end_of (v, lane) == lane->file_start_90k)
    return;
  lane->closed_start_90k = lane->file_start_90k;
  lane->file_start_90k = end_of (v, lane);
  lane->closed_seq = next_seq (v);
  lane->changed = TRUE;
}

static gboolean
open_file (HlsVod * v, HlsVodLane * lane)
{
  AspHlsRendition r;
  g_autofree gchar *part = NULL;

  if (lane->fd >= 0)
    return TRUE;
  asp_hls_timeline_rendition (v->timeline, index_of (v, lane), &r);
  g_free (lane->file);
  lane->file = asp_hls_media_name (NULL, ASP_HLS_NAME_SEGMENT, lane->name, r.n_media, 0);
  part = part_path (lane);
  if (!v->presented && g_mkdir_with_parents (lane->folder, 0755) != 0)
    return tell_errno (v, "create", lane->folder);
  lane->fd = open (part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (lane->fd < 0 && errno == ENOENT && v->presented)
    v->lost = !g_file_test (v->folder, G_FILE_TEST_IS_DIR);
  /* only of this rendition: the first time it has something */
  if (lane->fd < 0 && errno == ENOENT && !v->lost && g_mkdir_with_parents (lane->folder, 0755) == 0)
    lane->fd = open (part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  lane->offset = 0;
  return lane->fd >= 0 || tell_errno (v, "create", part);
}

/* All of it, or nothing. */
static gboolean
write_bytes (HlsVod * v, HlsVodLane * lane, GBytes * bytes)
{
  gsize size, done = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!open_file (v, lane))
    return FALSE;
  while (done < size) {
    ssize_t n = pwrite (lane->fd, data + done, size - done, (off_t) (lane->offset + done));

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      tell_errno (v, "write to", lane->folder);
      if (ftruncate (lane->fd, (off_t) lane->offset) != 0)
        GST_WARNING ("cannot truncate %s", lane->file);
      return FALSE;
    }
    done += (gsize) n;
  }
  return TRUE;
}

/* -- where it goes -- */

static gint64
utc_at (const HlsVodLane * lane, gint64 at_90k)
{
  return lane->anchor_utc_us + asp_hls_90k_to_us (at_90k) - asp_hls_90k_to_us (lane->anchor_at_90k);
}

static void
anchor (HlsVod * v, HlsVodLane * lane, gint64 at_90k, gint64 utc_us)
{
  if (utc_us == 0 || (lane->has_anchor && ABS (utc_us - utc_at (lane, at_90k)) < ANCHOR_STEP_US))
    return;
  lane->has_anchor = TRUE;
  lane->anchor_at_90k = at_90k;
  lane->anchor_utc_us = utc_us;
  hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_PDT,.rendition = index_of (v, lane),
      .at_90k = at_90k,.utc_us = utc_us});
}

static void
append_gap (HlsVod * v, HlsVodLane * lane, gint64 at_90k, gint64 duration_90k)
{
  AspHlsRendition r;
  g_autofree gchar *name = NULL;

  hls_vod_close_file (v, lane);
  asp_hls_timeline_rendition (v->timeline, index_of (v, lane), &r);
  name = asp_hls_media_name (NULL, ASP_HLS_NAME_SEGMENT, lane->name, r.n_media, 0);
  if (hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_GAP,.rendition = index_of (v, lane),
              .at_90k = at_90k,.duration_90k = duration_90k,.uri = name,.independent = TRUE}))
    hls_vod_close_file (v, lane);
}

void
hls_vod_fill (HlsVod * v, HlsVodLane * lane, gint64 to_90k)
{
  gint64 end_90k;

  while ((end_90k = end_of (v, lane)) < to_90k) {
    append_gap (v, lane, end_90k, MIN (v->files.target_90k, to_90k - end_90k));
    if (end_of (v, lane) == end_90k)
      return;
  }
}

static void
append_discontinuity (HlsVod * v, HlsVodLane * lane)
{
  gint64 at_90k = end_of (v, lane);

  asp_hls_files_cut (&v->files, at_90k);
  hls_vod_close_file (v, lane);
  hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.rendition = index_of (v, lane),
      .at_90k = at_90k});
}

/* FALSE: its place is taken. */
static gboolean
find_place (HlsVod * v, HlsVodLane * lane, const HlsVodMedia * m, gint64 * at_90k)
{
  AspHlsRendition r;

  if (!v->begun) {
    v->begun = TRUE;
    /* dates never go back, whatever the clock of the machine did between two processes */
    v->later_us = MAX (v->not_before_us - m->utc_us, 0);
    v->base_90k = m->at_90k - asp_hls_timeline_end (v->timeline);
  }
  asp_hls_timeline_rendition (v->timeline, m->rendition, &r);
  *at_90k = m->at_90k - (lane->begun ? lane->base_90k : v->base_90k);
  if (*at_90k < (r.n_media > 0 ? r.end_90k : 0) - ASP_HLS_ALIGN_90K)
    return FALSE;
  if (r.n_media == 0) {
    *at_90k = MAX (*at_90k, 0);
  } else {
    if (*at_90k > r.end_90k + ASP_HLS_ALIGN_90K)
      hls_vod_fill (v, lane, *at_90k);
    *at_90k = end_of (v, lane);
    if (!lane->begun)
      append_discontinuity (v, lane);
  }
  lane->base_90k = m->at_90k - *at_90k;
  return TRUE;
}

static void
take_format (HlsVod * v, const HlsVodMedia * m)
{
  AspHlsRendition r;

  asp_hls_timeline_rendition (v->timeline, m->rendition, &r);
  if (!m->codecs[0] || (!g_strcmp0 (r.codecs, m->codecs) && r.width == m->width &&
          r.height == m->height && r.fps_num == m->fps_num && r.fps_den == m->fps_den))
    return;
  if (hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.rendition = m->rendition,
              .codecs = m->codecs,.width = m->width,.height = m->height,.fps_num = m->fps_num,
              .fps_den = m->fps_den}))
    v->started_written = FALSE; /* it names resolutions */
}

static void
keep_key_frame (HlsVod * v, const HlsVodLane * lane, gsize size)
{
  g_free (v->key_file);
  v->key_file = g_strdup (lane->file);
  v->key_offset = lane->offset;
  v->key_size = size;
}

static void
take_bytes (HlsVod * v, HlsVodLane * lane, const HlsVodMedia * m, gint64 at_90k, GBytes * bytes)
{
  gsize size = g_bytes_get_size (bytes);

  /* a new lane, or one whose place has moved: its file begins where it does */
  if (lane->fd < 0)
    lane->file_start_90k = at_90k;
  v->bytes_failed = !write_bytes (v, lane, bytes);
  if (v->bytes_failed) {
    hls_vod_fail (v, v->last_error);
    append_gap (v, lane, at_90k, m->duration_90k);
    return;
  }
  if (!hls_vod_append (v, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.rendition = m->rendition,
              .at_90k = at_90k,.duration_90k = m->duration_90k,.uri = lane->file,.offset = lane->offset,
              .bytes = size,.independent = m->independent}))
    return;
  if (m->independent && m->rendition == 0)
    keep_key_frame (v, lane, size);
  lane->offset += size;
}

void
hls_vod_media (HlsVod * v, const HlsVodMedia * m, GBytes * bytes)
{
  HlsVodLane *lane = &v->lanes[m->rendition];
  gint64 at_90k;

  if (m->rendition >= v->n_lanes || v->lost || !find_place (v, lane, m, &at_90k))
    return;
  if (v->started_us == 0)
    v->started_us = m->utc_us;
  anchor (v, lane, at_90k, m->utc_us + v->later_us);
  lane->begun = TRUE;
  take_format (v, m);
  if (lane->fd >= 0 && asp_hls_files_ends_before (&v->files, lane->file_start_90k, at_90k, m->duration_90k))
    hls_vod_close_file (v, lane);
  if (bytes)
    take_bytes (v, lane, m, at_90k, bytes);
  else
    append_gap (v, lane, at_90k, m->duration_90k);
  if (m->missing)
    hls_vod_fail (v, m->missing);
  if (lane->fd >= 0 && asp_hls_files_ends (&v->files, lane->file_start_90k, end_of (v, lane)))
    hls_vod_close_file (v, lane);
  hls_vod_publish (v);
}

/* One before the first medium of this process is another's business. */
void
hls_vod_discontinuity (HlsVod * v, guint rendition)
{
  if (rendition < v->n_lanes && v->lanes[rendition].begun && !v->lost)
    append_discontinuity (v, &v->lanes[rendition]);
}

static void
cut_all (HlsVod * v, gint64 at_90k)
{
  asp_hls_files_cut (&v->files, at_90k);
  for (guint i = 0; i < v->n_lanes; i++)
    if (ABS (end_of (v, &v->lanes[i]) - at_90k) <= ASP_HLS_ALIGN_90K)
      hls_vod_close_file (v, &v->lanes[i]);
}

/* The cue that it has in a recording, or NULL: it has none. */
static gchar *
cue_of (const HlsVod * v, const AspHlsMark * mark)
{
  const AspHlsEntry *out;

  if (mark->kind == ASP_HLS_AVAIL_OUT)
    return asp_hls_recording_cue (mark->avail_id, mark->scte35, mark->scte35, mark->duration_90k, FALSE);
  out = mark->kind == ASP_HLS_AVAIL_IN ? asp_hls_timeline_find_out (v->timeline, mark->avail_id) : NULL;
  return out ? asp_hls_recording_cue (mark->avail_id, out->scte35, mark->scte35, out->duration_90k, TRUE) :
      NULL;
}

void
hls_vod_mark (HlsVod * v, const AspHlsMark * mark)
{
  gint64 at_90k = asp_hls_timeline_end (v->timeline);
  g_autofree gchar *cue = cue_of (v, mark);

  if (v->lost)
    return;
  if (!hls_vod_append (v, (AspHlsEntry) {.kind = mark->kind,.at_90k = at_90k,
              .duration_90k = mark->duration_90k,.avail_id = mark->avail_id,.scte35 = cue,
              .roll = mark->roll,.pod_length = mark->pod_length,.pod_index = mark->pod_index,
              .unspliced = mark->unspliced,.ad = mark->ad}))
    return;
  cut_all (v, at_90k);
  hls_vod_publish (v);
}

/* -- key frames -- */

static int
open_for_reading (const HlsVodLane * lane, const gchar * dot, const gchar * file)
{
  g_autofree gchar *name = g_strconcat (dot, file, *dot ? ".part" : "", NULL);
  g_autofree gchar *path = g_build_filename (lane->folder, name, NULL);

  return open (path, O_RDONLY | O_CLOEXEC);
}

int
hls_vod_take_key_frame (HlsVod * v, gsize * size)
{
  g_autofree gchar *file = g_steal_pointer (&v->key_file);
  int fd;

  *size = v->key_size;
  if (!file)
    return -1;
  /* hidden as long as it is written */
  fd = open_for_reading (&v->lanes[0], ".", file);
  if (fd < 0)
    fd = open_for_reading (&v->lanes[0], "", file);
  if (fd >= 0 && lseek (fd, (off_t) v->key_offset, SEEK_SET) < 0) {
    close (fd);
    return -1;
  }
  return fd;
}
