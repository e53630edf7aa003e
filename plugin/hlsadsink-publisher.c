/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: streaming (segment, mark), owner (end, set_flushing, free), publisher (all of
 * "publisher thread" below, and the files). `lock` guards the queue; it is not held while
 * a file is written or a callback runs.
 */
#include "hlsadsink-publisher.h"

#include <gst/gst.h>
#include <string.h>

#include "hlsadsink-file.h"

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

#define MEDIA_FOLDER "m"
#define PLAYLIST "playlist.m3u8"
/* A jump of the source after which wall clock time has passed: it is worth a new anchor
 * when it is more than this. */
#define ANCHOR_STEP_US (2 * G_USEC_PER_SEC)

typedef enum
{
  JOB_SEGMENT,
  JOB_MARK,
  JOB_END,
} JobKind;

typedef struct
{
  JobKind kind;
  gchar *rendition;
  AspHlsSegmentInfo info;
  GBytes *bytes;
  GPtrArray *marks;             /* AspHlsMark, own */
  gint64 at_90k;
  guint target_duration_s;
} Job;

/* A file that has been listed. */
typedef struct
{
  gchar *name;                  /* in MEDIA_FOLDER */
  gint64 end_90k, duration_90k;
  gint64 left_90k;              /* where the channel was when it left the playlist; -1 while listed */
} Listed;

struct _HlsPublisher
{
  const HlsPublisherFuncs *funcs;
  gpointer user_data;
  GThread *thread;
  gchar *location, *media_folder;
  gboolean delete_old, needed_only;
  AspHlsView view;

  GMutex lock;
  GCond cond;
  GQueue jobs;
  gsize queued;                 /* bytes */
  gboolean flushing;
  gboolean stopping;
  gint64 stop_deadline_us;

  /* publisher thread */
  AspHlsTimeline *timeline;
  GQueue files;                 /* Listed, oldest first */
  guint64 n_segments;
  gint64 anchor_at_90k, anchor_utc_us;
  gboolean has_anchor;
  gint64 last_out_90k;          /* position of the last OUT that has been told */
  gint64 longest_window_90k;
  gboolean in_trouble;
};

static void
job_free (Job * job)
{
  g_free (job->rendition);
  g_clear_pointer (&job->bytes, g_bytes_unref);
  g_clear_pointer (&job->marks, g_ptr_array_unref);
  g_free (job);
}

static void
listed_free (Listed * f)
{
  g_free (f->name);
  g_free (f);
}

/* -- publisher thread -- */

/* The one place where media get their names. */
static gchar *
media_name (const gchar * rendition, guint64 index)
{
  return g_strdup_printf ("%s-%08" G_GUINT64_FORMAT ".ts", rendition, index);
}

static gboolean
write_file (HlsPublisher * p, const gchar * folder, const gchar * name, gconstpointer data,
    gsize size)
{
  g_autoptr (GError) error = NULL;

  if (hls_file_write (folder, name, data, size, &error))
    return TRUE;
  if (!p->in_trouble) {
    p->in_trouble = TRUE;
    p->funcs->trouble (error, folder, p->user_data);
  }
  return FALSE;
}

/* Only what a stream can say wrongly is refused here: a break id, a cue. */
static gboolean
append (HlsPublisher * p, const AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  if (asp_hls_timeline_append (p->timeline, &entry, &error))
    return TRUE;
  GST_DEBUG ("%s", error->message);
  return FALSE;
}

static void
append_mark (HlsPublisher * p, const AspHlsMark * mark, gint64 at_90k)
{
  AspHlsEntry entry = {.kind = mark->kind,.at_90k = at_90k,.duration_90k = mark->duration_90k,
    .avail_id = mark->avail_id,.scte35 = mark->scte35
  };

  if (!append (p, entry) && entry.scte35) {
    entry.scte35 = NULL;        /* a cue that is none does not cost the break its marker */
    append (p, entry);
  }
  if (mark->kind == ASP_HLS_AVAIL_OUT)
    p->last_out_90k = at_90k;
}

static gint64
utc_at (const HlsPublisher * p, gint64 at_90k)
{
  return p->anchor_utc_us + asp_hls_90k_to_us (at_90k) - asp_hls_90k_to_us (p->anchor_at_90k);
}

static void
append_anchor (HlsPublisher * p, gint64 at_90k, gint64 utc_us)
{
  p->has_anchor = TRUE;
  p->anchor_at_90k = at_90k;
  p->anchor_utc_us = utc_us;
  append (p, (AspHlsEntry) {.kind = ASP_HLS_PDT,.at_90k = at_90k,.utc_us = utc_us});
}

/* Wall clock: from the first segment on it is media time; only a jump of the source in
 * which time has passed unseen moves it, and never backwards. */
static void
anchor_before (HlsPublisher * p, const AspHlsSegmentInfo * info)
{
  if (!p->has_anchor || (info->jump && p->last_out_90k != info->at_90k &&
          info->utc_us - utc_at (p, info->at_90k) >= ANCHOR_STEP_US))
    append_anchor (p, info->at_90k, info->utc_us);
}

/* ... or a gap that the stream's own clock has measured. */
static void
anchor_behind (HlsPublisher * p, const AspHlsSegmentInfo * info)
{
  gint64 end_90k = info->at_90k + info->duration_90k;

  if (info->gap_90k > 0)
    append_anchor (p, end_90k, utc_at (p, end_90k) + asp_hls_90k_to_us (info->gap_90k));
}

static void
append_target_duration (HlsPublisher * p, guint seconds)
{
  if (seconds > 0 && asp_hls_timeline_target_duration (p->timeline) == 0)
    append (p, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,
        .duration_90k = ASP_SECOND_90K * (gint64) seconds});
}

static void
remove_old_files (HlsPublisher * p, gint64 start_90k, gint64 end_90k)
{
  Listed *oldest;

  p->longest_window_90k = MAX (p->longest_window_90k, end_90k - start_90k);
  for (GList * l = p->files.head; l; l = l->next) {
    Listed *f = l->data;

    if (f->end_90k > start_90k)
      break;
    if (f->left_90k < 0)
      f->left_90k = end_90k;
  }
  /* RFC 8216bis 6.2.2: so long a client may still ask for it */
  while ((oldest = g_queue_peek_head (&p->files)) != NULL && oldest->left_90k >= 0 &&
      end_90k - oldest->left_90k > oldest->duration_90k + p->longest_window_90k) {
    hls_file_remove (p->media_folder, oldest->name);
    g_queue_pop_head (&p->files);
    listed_free (oldest);
  }
}

/* FALSE when it could not be written. */
static gboolean
publish (HlsPublisher * p)
{
  g_autofree gchar *text = asp_hls_view_render (p->timeline, &p->view);
  gint64 start_90k = asp_hls_view_start (p->timeline, &p->view);

  if (!text)
    return TRUE;                /* too early for one */
  if (!write_file (p, p->location, PLAYLIST, text, strlen (text)))
    return FALSE;
  if (p->delete_old && !asp_hls_timeline_is_ended (p->timeline))
    remove_old_files (p, start_90k, asp_hls_timeline_end (p->timeline));
  asp_hls_timeline_forget (p->timeline, start_90k);
  return TRUE;
}

static void
do_segment (HlsPublisher * p, Job * job)
{
  g_autofree gchar *name = media_name (job->rendition, p->n_segments++);
  g_autofree gchar *uri = g_strconcat (MEDIA_FOLDER "/", name, NULL);
  gsize size;
  gconstpointer data = g_bytes_get_data (job->bytes, &size);
  gboolean written = write_file (p, p->media_folder, name, data, size);

  if (job->info.discontinuity && !(p->needed_only && job->info.seamless))
    append (p, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY,.at_90k = job->info.at_90k});
  anchor_before (p, &job->info);
  append_target_duration (p, job->info.target_duration_s);
  append (p, (AspHlsEntry) {.kind = written ? ASP_HLS_SEGMENT : ASP_HLS_GAP,
      .at_90k = job->info.at_90k,.duration_90k = job->info.duration_90k,.uri = uri,
      .bytes = size,.independent = job->info.independent});
  if (written) {
    Listed *f = g_new0 (Listed, 1);

    f->name = g_steal_pointer (&name);
    f->end_90k = job->info.at_90k + job->info.duration_90k;
    f->duration_90k = job->info.duration_90k;
    f->left_90k = -1;
    if (p->delete_old)
      g_queue_push_tail (&p->files, f);
    else
      listed_free (f);
  }
  anchor_behind (p, &job->info);
  /* announced no later than with the last segment before them (4.4.5.1.1) */
  for (guint i = 0; job->marks && i < job->marks->len; i++)
    append_mark (p, g_ptr_array_index (job->marks, i),
        job->info.at_90k + job->info.duration_90k);
  if (publish (p) && written)
    p->in_trouble = FALSE;
}

static void
do_end (HlsPublisher * p, const Job * job)
{
  append_target_duration (p, job->target_duration_s);
  append (p, (AspHlsEntry) {.kind = ASP_HLS_END});
  publish (p);
  p->funcs->ended (p->user_data);
}

static void
do_job (HlsPublisher * p, Job * job)
{
  if (job->kind == JOB_SEGMENT)
    do_segment (p, job);
  else if (job->kind == JOB_MARK)
    append_mark (p, g_ptr_array_index (job->marks, 0), job->at_90k);
  else
    do_end (p, job);
}

/* The next job, or NULL when it is time to stop. Called and left without the lock. */
static Job *
next_job (HlsPublisher * p)
{
  Job *job = NULL;

  g_mutex_lock (&p->lock);
  while (g_queue_is_empty (&p->jobs) && !p->stopping)
    g_cond_wait (&p->cond, &p->lock);
  if (!p->stopping || g_get_monotonic_time () < p->stop_deadline_us)
    job = g_queue_pop_head (&p->jobs);
  g_mutex_unlock (&p->lock);
  return job;
}

static gpointer
publisher_main (gpointer data)
{
  HlsPublisher *p = data;
  Job *job;

  while ((job = next_job (p)) != NULL) {
    gsize size = job->bytes ? g_bytes_get_size (job->bytes) : 0;

    do_job (p, job);
    job_free (job);
    /* counted until it is on disk: the bytes are held until then */
    g_mutex_lock (&p->lock);
    p->queued -= size;
    g_cond_broadcast (&p->cond);
    g_mutex_unlock (&p->lock);
  }
  return NULL;
}

/* -- the others -- */

HlsPublisher *
hls_publisher_new (const HlsPublisherConfig * config, const HlsPublisherFuncs * funcs,
    gpointer user_data)
{
  HlsPublisher *p = g_new0 (HlsPublisher, 1);

  p->funcs = funcs;
  p->user_data = user_data;
  p->location = g_strdup (config->location);
  p->media_folder = g_build_filename (config->location, MEDIA_FOLDER, NULL);
  p->delete_old = config->delete_old && config->playlist_length > 0;
  p->needed_only = config->needed_only;
  p->view.playlist_length = config->playlist_length;
  p->view.markers = config->markers;
  p->timeline = asp_hls_timeline_new ();
  p->last_out_90k = -1;
  g_queue_init (&p->jobs);
  g_queue_init (&p->files);
  g_mutex_init (&p->lock);
  g_cond_init (&p->cond);
  p->thread = g_thread_new ("hls-publisher", publisher_main, p);
  return p;
}

void
hls_publisher_free (HlsPublisher * p)
{
  if (!p)
    return;
  g_mutex_lock (&p->lock);
  p->stopping = TRUE;
  p->stop_deadline_us = g_get_monotonic_time () + HLS_PUBLISHER_DRAIN_MS * 1000;
  g_cond_broadcast (&p->cond);
  g_mutex_unlock (&p->lock);
  g_thread_join (p->thread);
  g_queue_clear_full (&p->jobs, (GDestroyNotify) job_free);
  g_queue_clear_full (&p->files, (GDestroyNotify) listed_free);
  asp_hls_timeline_free (p->timeline);
  g_mutex_clear (&p->lock);
  g_cond_clear (&p->cond);
  g_free (p->location);
  g_free (p->media_folder);
  g_free (p);
}

static void
push_job (HlsPublisher * p, Job * job)
{
  gsize size = job->bytes ? g_bytes_get_size (job->bytes) : 0;

  g_mutex_lock (&p->lock);
  while (size > 0 && p->queued > 0 && p->queued + size > HLS_PUBLISHER_QUEUE_MAX &&
      !p->flushing && !p->stopping)
    g_cond_wait (&p->cond, &p->lock);
  p->queued += size;
  g_queue_push_tail (&p->jobs, job);
  g_cond_broadcast (&p->cond);
  g_mutex_unlock (&p->lock);
}

static void
job_add_mark (Job * job, const AspHlsMark * m)
{
  if (!job->marks)
    job->marks = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_hls_mark_free);
  g_ptr_array_add (job->marks, asp_hls_mark_new (m->kind, m->avail_id, m->duration_90k, m->scte35));
}

void
hls_publisher_segment (HlsPublisher * p, const gchar * rendition, const AspHlsSegmentInfo * info,
    GBytes * bytes, GPtrArray * marks)
{
  Job *job = g_new0 (Job, 1);

  job->kind = JOB_SEGMENT;
  job->rendition = g_strdup (rendition);
  job->info = *info;
  job->bytes = bytes;
  for (guint i = 0; marks && i < marks->len; i++)
    job_add_mark (job, g_ptr_array_index (marks, i));
  push_job (p, job);
}

void
hls_publisher_mark (HlsPublisher * p, const AspHlsMark * mark, gint64 at_90k)
{
  Job *job = g_new0 (Job, 1);

  job->kind = JOB_MARK;
  job->at_90k = at_90k;
  job_add_mark (job, mark);
  push_job (p, job);
}

void
hls_publisher_end (HlsPublisher * p, guint target_duration_s)
{
  Job *job = g_new0 (Job, 1);

  job->kind = JOB_END;
  job->target_duration_s = target_duration_s;
  push_job (p, job);
}

void
hls_publisher_set_flushing (HlsPublisher * p, gboolean flushing)
{
  g_mutex_lock (&p->lock);
  p->flushing = flushing;
  g_cond_broadcast (&p->cond);
  g_mutex_unlock (&p->lock);
}
