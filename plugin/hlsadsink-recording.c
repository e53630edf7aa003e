/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the channel's (segment, entry, end), the owner's (free), the recorder's (all of
 * "recorder thread" below, and the files). `lock` guards the queue; it is not held while a file
 * is written or a callback runs.
 */
#include "hlsadsink-recording.h"

#include <gst/gst.h>
#include <unistd.h>

#include "hlsadsink-thumbnail.h"

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

#define THUMBNAIL_US (10 * G_USEC_PER_SEC)
#define OVERFLOW_TEXT "The disk of the recording was too slow."

typedef enum
{
  JOB_SEGMENT,
  JOB_DISCONTINUITY,
  JOB_MARK,
  JOB_END,
} JobKind;

typedef struct
{
  JobKind kind;
  HlsVodMedia media;
  guint target_duration_s;
  gchar *name;                  /* of its rendition */
  GBytes *bytes;
  AspHlsMark *mark;
} Job;

struct _HlsRecording
{
  HlsChannelTrouble trouble;
  gpointer user_data;
  HlsVodConfig config;          /* strings are own */
  HlsChannelRendition renditions[ASP_HLS_RENDITIONS_MAX];
  gint64 window_us;
  GThread *thread;
  HlsThumbnailer *thumbnailer;  /* or NULL */

  GMutex lock;
  GCond cond;
  GQueue jobs;
  gsize queued;                 /* bytes */
  gboolean overflowed;          /* and not drained since */
  gboolean stopping, ended;
  gint64 stop_deadline_us;

  /* recorder thread */
  int lock_fd;                  /* of the folder, or -1 */
  HlsVod *vod;
  gboolean runs;                /* something of this process is in it */
  gboolean told;                /* of the trouble that there is */
  gboolean finished;            /* by an end; what comes then is not recorded */
  GPtrArray *early;             /* AspHlsMark before the first segment */
  gint64 next_thumbnail_us;
};

static void
job_free (Job * job)
{
  g_free (job->name);
  g_clear_pointer (&job->bytes, g_bytes_unref);
  asp_hls_mark_free (job->mark);
  g_free (job);
}

/* -- recorder thread -- */

static void
on_trouble (const GError * error, const gchar * path, gpointer user_data)
{
  HlsRecording *r = user_data;

  if (!r->told)
    r->trouble (error, path, r->user_data);
  r->told = TRUE;
}

/* Too old to go on with: it is ended as it should have been. */
static void
end_previous (HlsRecording * r)
{
  if (r->vod && !hls_vod_is_ended (r->vod))
    hls_vod_end (r->vod);
  g_clear_pointer (&r->vod, hls_vod_free);
}

static gboolean
is_recent (const HlsRecording * r, gint64 now_us)
{
  return r->window_us > 0 && now_us - hls_vod_last_us (r->vod) <= r->window_us;
}

/* FALSE: somebody else records there. Where it cannot be said nobody does. */
static gboolean
lock_folder (HlsRecording * r, gboolean make)
{
  g_autoptr (GError) error = NULL;
  int fd = r->lock_fd >= 0 ? r->lock_fd : hls_vod_lock (r->config.folder, r->config.channel, make);

  if (fd == -1) {
    error = g_error_new (G_FILE_ERROR, G_FILE_ERROR_AGAIN,
        "Channel %s is being recorded there already, by another process or element: give each a channel or "
        "a folder of its own", r->config.channel);
    on_trouble (error, r->config.folder, r);
    return FALSE;
  }
  r->lock_fd = MAX (fd, -1);
  return TRUE;
}

static void
find_previous (HlsRecording * r)
{
  if (!lock_folder (r, FALSE))
    return;
  r->vod = hls_vod_open (r->config.folder, r->config.channel, on_trouble, r);
  if (r->vod && !is_recent (r, g_get_real_time ()))
    end_previous (r);
}

static void
flush_early (HlsRecording * r)
{
  for (guint i = 0; i < r->early->len; i++)
    hls_vod_mark (r->vod, g_ptr_array_index (r->early, i));
  g_ptr_array_set_size (r->early, 0);
}

/* The first segment of this process, or of another recording. */
static void
begin (HlsRecording * r, const Job * job)
{
  if (!lock_folder (r, TRUE))
    return;
  if (!r->renditions[job->media.rendition].name)
    r->renditions[job->media.rendition].name = g_strdup (job->name);
  if (r->vod && !r->runs && is_recent (r, job->media.utc_us) &&
      hls_vod_fits (r->vod, &r->config, job->target_duration_s)) {
    hls_vod_continue (r->vod, &r->config);
  } else {
    end_previous (r);
    r->vod = hls_vod_new (&r->config, job->media.utc_us, job->target_duration_s, on_trouble, r);
  }
  r->runs = TRUE;
  flush_early (r);
}

/* TARGETDURATION cannot grow in the life of a playlist: then it is another recording. */
static void
take_target_duration (HlsRecording * r, const Job * job)
{
  if (job->target_duration_s > 0 && !hls_vod_fits (r->vod, &r->config, job->target_duration_s))
    begin (r, job);
  hls_vod_target_duration (r->vod, job->target_duration_s);
}

static void
make_thumbnail (HlsRecording * r)
{
  gint64 now_us = g_get_monotonic_time ();
  GBytes *jpeg;
  gsize size;
  int fd;

  if (!r->thumbnailer)
    return;
  jpeg = hls_thumbnailer_take (r->thumbnailer);
  if (jpeg) {
    hls_vod_thumbnail (r->vod, jpeg);
    g_bytes_unref (jpeg);
  }
  if (now_us < r->next_thumbnail_us || hls_thumbnailer_is_busy (r->thumbnailer))
    return;
  fd = hls_vod_take_key_frame (r->vod, &size);
  if (fd < 0)
    return;
  hls_thumbnailer_start (r->thumbnailer, fd, size);
  r->next_thumbnail_us = now_us + THUMBNAIL_US;
}

static void
do_segment (HlsRecording * r, const Job * job)
{
  /* a rendition that lagged when the process before it was interrupted: the recording sees to that */
  if (!r->runs && !job->bytes && !job->media.missing)
    return;
  /* its folder is gone, or never was: perhaps there can be another one */
  if (r->runs && hls_vod_is_lost (r->vod)) {
    if (r->lock_fd >= 0)
      close (r->lock_fd);
    r->lock_fd = -1;
    r->runs = FALSE;
    end_previous (r);
  }
  if (!r->runs)
    begin (r, job);
  if (!r->runs)
    return;
  take_target_duration (r, job);
  hls_vod_media (r->vod, &job->media, job->bytes);
  if (!hls_vod_in_trouble (r->vod) && !job->media.missing)
    r->told = FALSE;
  make_thumbnail (r);
}

static void
do_mark (HlsRecording * r, Job * job)
{
  if (r->runs)
    hls_vod_mark (r->vod, job->mark);
  else
    g_ptr_array_add (r->early, g_steal_pointer (&job->mark));
}

static void
do_end (HlsRecording * r)
{
  GBytes *jpeg;

  r->finished = TRUE;
  if (!r->runs)
    return;
  hls_vod_end (r->vod);
  /* the thumbnail that is on its way belongs to it */
  jpeg = r->thumbnailer ? hls_thumbnailer_wait (r->thumbnailer) : NULL;
  if (jpeg)
    hls_vod_thumbnail (r->vod, jpeg);
  g_clear_pointer (&jpeg, g_bytes_unref);
}

static void
do_job (HlsRecording * r, Job * job)
{
  if (r->finished)
    return;
  if (job->kind == JOB_SEGMENT)
    do_segment (r, job);
  else if (job->kind == JOB_DISCONTINUITY && r->runs)
    hls_vod_discontinuity (r->vod, job->media.rendition);
  else if (job->kind == JOB_MARK)
    do_mark (r, job);
  else if (job->kind == JOB_END)
    do_end (r);
}

/* The next job, or NULL when it is time to stop. Called and left without the lock. */
static Job *
next_job (HlsRecording * r)
{
  Job *job = NULL;

  g_mutex_lock (&r->lock);
  while (g_queue_is_empty (&r->jobs) && !r->stopping)
    g_cond_wait (&r->cond, &r->lock);
  if (!r->stopping || g_get_monotonic_time () < r->stop_deadline_us)
    job = g_queue_pop_head (&r->jobs);
  g_mutex_unlock (&r->lock);
  return job;
}

static void
job_done (HlsRecording * r, Job * job)
{
  gsize size = job->bytes ? g_bytes_get_size (job->bytes) : 0;
  gboolean ended = job->kind == JOB_END;

  job_free (job);
  g_mutex_lock (&r->lock);
  r->queued -= size;
  r->overflowed = r->overflowed && r->queued > 0;
  r->ended = r->ended || ended;
  g_cond_broadcast (&r->cond);
  g_mutex_unlock (&r->lock);
}

static gpointer
recorder_main (gpointer data)
{
  HlsRecording *r = data;
  Job *job;

  find_previous (r);
  while ((job = next_job (r)) != NULL) {
    do_job (r, job);
    job_done (r, job);
  }
  if (r->window_us == 0 && r->runs && !r->finished)
    do_end (r);
  /* what is left of another process, and nothing came to go on with it, stays as it is */
  g_clear_pointer (&r->vod, hls_vod_free);
  if (r->lock_fd >= 0)
    close (r->lock_fd);
  return NULL;
}

/* -- the others -- */

static void
on_thumbnail_trouble (const gchar * text, gpointer user_data)
{
  HlsRecording *r = user_data;
  g_autoptr (GError) error = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOSYS, text);

  r->trouble (error, NULL, r->user_data);
}

HlsRecording *
hls_recording_new (const HlsRecordingConfig * config, HlsChannelTrouble trouble, gpointer user_data)
{
  HlsRecording *r = g_new0 (HlsRecording, 1);

  r->trouble = trouble;
  r->user_data = user_data;
  r->lock_fd = -1;
  r->window_us = config->reconnect_window_us;
  r->config = config->vod;
  r->config.folder = g_strdup (config->vod.folder);
  r->config.channel = g_strdup (config->vod.channel);
  r->config.renditions = r->renditions;
  for (guint i = 0; i < config->vod.n_renditions; i++)
    r->renditions[i] = (HlsChannelRendition) {
      .name = g_strdup (config->vod.renditions[i].name),
      .bandwidth = config->vod.renditions[i].bandwidth,
      .codecs = g_strdup (config->vod.renditions[i].codecs)
    };
  r->early = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_hls_mark_free);
  g_queue_init (&r->jobs);
  g_mutex_init (&r->lock);
  g_cond_init (&r->cond);
  if (config->thumbnails)
    r->thumbnailer = hls_thumbnailer_new (on_thumbnail_trouble, r);
  r->thread = g_thread_new ("hls-recorder", recorder_main, r);
  return r;
}

void
hls_recording_free (HlsRecording * r)
{
  if (!r)
    return;
  g_mutex_lock (&r->lock);
  r->stopping = TRUE;
  r->stop_deadline_us = g_get_monotonic_time () + HLS_RECORDING_DRAIN_MS * 1000;
  g_cond_broadcast (&r->cond);
  g_mutex_unlock (&r->lock);
  hls_thumbnailer_cancel (r->thumbnailer);
  g_thread_join (r->thread);
  hls_thumbnailer_free (r->thumbnailer);
  g_queue_clear_full (&r->jobs, (GDestroyNotify) job_free);
  g_ptr_array_unref (r->early);
  for (guint i = 0; i < r->config.n_renditions; i++) {
    g_free ((gchar *) r->renditions[i].name);
    g_free ((gchar *) r->renditions[i].codecs);
  }
  g_free ((gchar *) r->config.folder);
  g_free ((gchar *) r->config.channel);
  g_mutex_clear (&r->lock);
  g_cond_clear (&r->cond);
  g_free (r);
}

static void
push_job (HlsRecording * r, Job * job)
{
  gsize size = job->bytes ? g_bytes_get_size (job->bytes) : 0;
  gint64 deadline_us = g_get_monotonic_time () + asp_hls_90k_to_us (job->media.duration_90k) / 4;

  g_mutex_lock (&r->lock);
  while (size > 0 && r->queued > 0 && r->queued + size > HLS_RECORDING_QUEUE_MAX &&
      !r->overflowed && !r->stopping)
    r->overflowed = !g_cond_wait_until (&r->cond, &r->lock, deadline_us);
  if (size > 0 && r->queued > 0 && r->queued + size > HLS_RECORDING_QUEUE_MAX) {
    g_clear_pointer (&job->bytes, g_bytes_unref);
    job->media.missing = OVERFLOW_TEXT;
    size = 0;
  }
  r->queued += size;
  g_queue_push_tail (&r->jobs, job);
  g_cond_broadcast (&r->cond);
  g_mutex_unlock (&r->lock);
}

void
hls_recording_segment (HlsRecording * r, const AspHlsEntry * e, const AspHlsRendition * format,
    guint target_duration_s, GBytes * bytes)
{
  Job *job = g_new0 (Job, 1);

  job->kind = JOB_SEGMENT;
  job->media = (HlsVodMedia) {
    .rendition = e->rendition,.at_90k = e->at_90k,.duration_90k = e->duration_90k,
    .utc_us = e->utc_us,.independent = e->independent,.width = format->width,
    .height = format->height,.fps_num = format->fps_num,.fps_den = format->fps_den
  };
  g_strlcpy (job->media.codecs, format->codecs ? format->codecs : "", sizeof job->media.codecs);
  job->name = g_strdup (format->name);
  job->target_duration_s = target_duration_s;
  job->bytes = bytes ? g_bytes_ref (bytes) : NULL;
  push_job (r, job);
}

static AspHlsMark *
mark_of (const AspHlsEntry * e)
{
  AspHlsMark *mark = asp_hls_mark_new (e->kind, e->avail_id, e->duration_90k, e->scte35);

  mark->roll = e->roll;
  mark->pod_length = e->pod_length;
  mark->pod_index = e->pod_index;
  mark->unspliced = e->unspliced;
  mark->ad = asp_ad_copy (e->ad);
  return mark;
}

void
hls_recording_entry (HlsRecording * r, const AspHlsEntry * e)
{
  Job *job;

  if (e->kind != ASP_HLS_DISCONTINUITY && e->kind != ASP_HLS_AVAIL_OUT &&
      e->kind != ASP_HLS_AVAIL_IN && e->kind != ASP_HLS_CREATIVE_START &&
      e->kind != ASP_HLS_CREATIVE_END)
    return;
  job = g_new0 (Job, 1);
  job->kind = e->kind == ASP_HLS_DISCONTINUITY ? JOB_DISCONTINUITY : JOB_MARK;
  job->media.rendition = e->rendition;
  if (job->kind == JOB_MARK)
    job->mark = mark_of (e);
  push_job (r, job);
}

void
hls_recording_end (HlsRecording * r)
{
  Job *job = g_new0 (Job, 1);
  gint64 deadline_us = g_get_monotonic_time () + HLS_RECORDING_END_MS * G_TIME_SPAN_MILLISECOND;
  gboolean in_time = TRUE;

  job->kind = JOB_END;
  push_job (r, job);
  g_mutex_lock (&r->lock);
  while (!r->ended && in_time)
    in_time = g_cond_wait_until (&r->cond, &r->lock, deadline_us);
  g_mutex_unlock (&r->lock);
}
