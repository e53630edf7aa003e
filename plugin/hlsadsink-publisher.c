/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: streaming (set_live, segment, part, mark), owner (end, set_flushing, free), publisher (all of
 * "publisher thread" below, and the files). `lock` guards the queue; it is not held while
 * a file is written or a callback runs.
 */
#include "hlsadsink-publisher.h"

#define HOLD_BACK_PARTS 3       /* as PART-HOLD-BACK */
#define END_HOLD_MAX_US (2 * G_USEC_PER_SEC)

typedef enum
{
  JOB_SEGMENT,
  JOB_PART,
  JOB_MARK,
  JOB_ENDING,
  JOB_END,
  JOB_PUBLISH,                  /* what others have left to be published; never queued */
} JobKind;

typedef struct
{
  JobKind kind;
  gchar *rendition;
  AspHlsSegmentInfo info;       /* of a part: that it is of */
  AspHlsSegmentInfo next;
  gboolean has_next;
  AspHlsPartInfo part;
  GBytes *bytes;
  GPtrArray *marks;             /* AspHlsMark, own */
  gint64 at_90k;
  guint target_duration_s;
  gboolean more;                /* something comes directly behind it, and is published with it */
} Job;

/* Where the source can wait, nobody watches at its pace: what comes within this time is
 * published together. */
#define TOGETHER_MAX_US (G_USEC_PER_SEC / 10)

struct _HlsPublisher
{
  const HlsPublisherFuncs *funcs;
  gpointer user_data;
  GThread *thread;

  GMutex lock;
  GCond cond;
  GQueue jobs;
  guint n_publishing;           /* of them, all but marks */
  gsize queued;                 /* bytes */
  gboolean live;                /* what comes does not wait */
  gboolean flushing;
  gboolean stopping;
  gboolean ending;
  gint64 stop_deadline_us;

  HlsChannel *channel;          /* publisher thread */
  gint64 published_us;          /* monotonic; publisher thread */
  gboolean behind;              /* playlists do not name all that is there; publisher thread */
  gint64 part_us;               /* PART-TARGET, 0 without parts; publisher thread */
  guint n_renditions, n_ended;  /* ended: publisher thread */
  guint target_duration_s;      /* that was published before this run */
  gint64 part_target_90k;       /* likewise */
  gint64 base_90k;              /* where this run begins in it */
};

static void
job_free (Job * job)
{
  g_free (job->rendition);
  g_clear_pointer (&job->bytes, g_bytes_unref);
  g_clear_pointer (&job->marks, g_ptr_array_unref);
  g_free (job);
}

/* Does it end with a new version of playlists? */
static gboolean
is_published (const Job * job)
{
  return job->kind != JOB_MARK && job->kind != JOB_ENDING;
}

/* -- publisher thread -- */

static void
on_trouble (const GError * error, const gchar * path, gpointer user_data)
{
  HlsPublisher *p = user_data;

  p->funcs->trouble (error, path, p->user_data);
}

/* Recorder's thread. */
static void
on_recording_trouble (const GError * error, const gchar * path, gpointer user_data)
{
  HlsPublisher *p = user_data;

  p->funcs->recording_trouble (error, path, p->user_data);
}

static void
do_job (HlsPublisher * p, Job * job)
{
  if (job->kind == JOB_SEGMENT) {
    hls_channel_segment (p->channel, job->rendition, &job->info, job->bytes, job->marks,
        job->has_next ? &job->next : NULL, job->more);
  } else if (job->kind == JOB_PART) {
    p->part_us = asp_hls_90k_to_us (job->info.part_target_90k);
    hls_channel_part (p->channel, job->rendition, &job->part, job->bytes, job->more);
  } else if (job->kind == JOB_ENDING) {
    hls_channel_ending (p->channel, job->rendition);
  } else if (job->kind == JOB_PUBLISH) {
    hls_channel_update (p->channel);
  } else if (job->kind == JOB_MARK) {
    hls_channel_mark (p->channel, g_ptr_array_index (job->marks, 0), job->at_90k + p->base_90k);
  } else {
    p->n_ended++;
    if (hls_channel_end (p->channel, job->rendition, job->target_duration_s))
      p->funcs->ended (p->user_data);
  }
}

/* Is the end of all the next thing? Called with the lock. */
static gboolean
end_is_next (HlsPublisher * p)
{
  const Job *head = g_queue_peek_head (&p->jobs);

  return head && head->kind == JOB_END && p->n_ended + 1 >= p->n_renditions;
}

/* With EXT-X-ENDLIST parts are listed no more, and a player that has half of the last segment
 * would miss the other half: whoever reads part by part gets the last ones first, and the end when
 * it has had time to load them. Called with the lock. */
static void
wait_before_end (HlsPublisher * p)
{
  gint64 until_us = p->published_us + MIN (HOLD_BACK_PARTS * p->part_us, END_HOLD_MAX_US);

  while (p->part_us > 0 && !p->stopping && !p->flushing && end_is_next (p) &&
      g_get_monotonic_time () < until_us)
    g_cond_wait_until (&p->cond, &p->lock, until_us);
}

/* Is it soon enough to publish @job later? Parts wait for nothing but what is there already.
 * Called with the lock. */
static gboolean
can_wait (HlsPublisher * p, const Job * job)
{
  if (p->live || p->stopping || g_get_monotonic_time () - p->published_us >= TOGETHER_MAX_US)
    return FALSE;
  return p->part_us > 0 ? p->n_publishing > 0 && !end_is_next (p) : job->kind == JOB_SEGMENT;
}

/* Until there is something to do. Called with the lock. */
static void
wait_for_job (HlsPublisher * p)
{
  gint64 due_us = p->published_us + TOGETHER_MAX_US;

  while (g_queue_is_empty (&p->jobs) && !p->stopping) {
    if (!p->behind)
      g_cond_wait (&p->cond, &p->lock);
    else if (!g_cond_wait_until (&p->cond, &p->lock, due_us))
      return;
  }
}

/* Is it published with this job, or later? Called with the lock. */
static void
schedule (HlsPublisher * p, Job * job)
{
  p->n_publishing--;
  p->behind = !job->more && can_wait (p, job);
  if (p->behind)
    job->more = TRUE;
  else
    p->published_us = g_get_monotonic_time ();
}

static Job *
job_new (JobKind kind, const gchar * rendition)
{
  Job *job = g_new0 (Job, 1);

  job->kind = kind;
  job->rendition = g_strdup (rendition);
  return job;
}

/* The next job, or NULL when it is time to stop. Called and left without the lock. */
static Job *
next_job (HlsPublisher * p)
{
  Job *job = NULL;

  g_mutex_lock (&p->lock);
  wait_for_job (p);
  wait_before_end (p);
  if (!p->stopping || g_get_monotonic_time () < p->stop_deadline_us)
    job = g_queue_pop_head (&p->jobs);
  if (job && is_published (job)) {
    schedule (p, job);
  } else if (!job && p->behind) {
    job = job_new (JOB_PUBLISH, NULL);
    p->behind = FALSE;
    p->published_us = g_get_monotonic_time ();
  }
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
hls_publisher_new (const HlsChannelConfig * config, const HlsPublisherFuncs * funcs,
    gpointer user_data)
{
  HlsPublisher *p = g_new0 (HlsPublisher, 1);
  HlsChannelConfig own = *config;

  p->funcs = funcs;
  p->user_data = user_data;
  p->n_renditions = config->n_renditions;
  own.recording_trouble = on_recording_trouble;
  p->channel = hls_channel_new (&own, on_trouble, p);
  p->base_90k = hls_channel_end_90k (p->channel);
  p->target_duration_s = hls_channel_target_duration (p->channel);
  p->part_target_90k = hls_channel_part_target_90k (p->channel);
  g_queue_init (&p->jobs);
  g_mutex_init (&p->lock);
  g_cond_init (&p->cond);
  p->thread = g_thread_new ("hls-publisher", publisher_main, p);
  return p;
}

guint
hls_publisher_target_duration (HlsPublisher * p)
{
  return p->target_duration_s;
}

gint64
hls_publisher_part_target_90k (HlsPublisher * p)
{
  return p->part_target_90k;
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
  hls_channel_free (p->channel);
  g_mutex_clear (&p->lock);
  g_cond_clear (&p->cond);
  g_free (p);
}

void
hls_publisher_set_live (HlsPublisher * p)
{
  g_mutex_lock (&p->lock);
  p->live = TRUE;
  g_cond_broadcast (&p->cond);
  g_mutex_unlock (&p->lock);
}

static gsize
queue_max (const HlsPublisher * p)
{
  return p->live ? HLS_PUBLISHER_QUEUE_MAX : HLS_PUBLISHER_QUEUE_SHORT;
}

static void
push_job (HlsPublisher * p, Job * job)
{
  gsize size = job->bytes ? g_bytes_get_size (job->bytes) : 0;

  g_mutex_lock (&p->lock);
  while (size > 0 && p->queued > 0 && p->queued + size > queue_max (p) &&
      !p->flushing && !p->stopping)
    g_cond_wait (&p->cond, &p->lock);
  p->queued += size;
  job->more = p->ending;
  p->n_publishing += is_published (job);
  g_queue_push_tail (&p->jobs, job);
  g_cond_broadcast (&p->cond);
  g_mutex_unlock (&p->lock);
}

static void
job_add_mark (Job * job, const AspHlsMark * m)
{
  if (!job->marks)
    job->marks = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_hls_mark_free);
  g_ptr_array_add (job->marks, asp_hls_mark_copy (m));
}

void
hls_publisher_segment (HlsPublisher * p, const gchar * rendition, const AspHlsSegmentInfo * info,
    GBytes * bytes, GPtrArray * marks, const AspHlsSegmentInfo * next)
{
  Job *job = job_new (JOB_SEGMENT, rendition);

  job->info = *info;
  job->bytes = bytes;
  job->has_next = next != NULL;
  if (next)
    job->next = *next;
  for (guint i = 0; marks && i < marks->len; i++)
    job_add_mark (job, g_ptr_array_index (marks, i));
  push_job (p, job);
}

void
hls_publisher_part (HlsPublisher * p, const gchar * rendition, const AspHlsPartInfo * info,
    GBytes * bytes)
{
  Job *job = job_new (JOB_PART, rendition);

  job->part = *info;
  job->info = *info->segment;
  job->part.segment = &job->info;
  job->bytes = bytes;
  push_job (p, job);
}

void
hls_publisher_mark (HlsPublisher * p, const AspHlsMark * mark, gint64 at_90k)
{
  Job *job = job_new (JOB_MARK, NULL);

  job->at_90k = at_90k;
  job_add_mark (job, mark);
  push_job (p, job);
}

void
hls_publisher_ending (HlsPublisher * p, const gchar * rendition, gboolean together)
{
  Job *job = job_new (JOB_ENDING, rendition);

  g_mutex_lock (&p->lock);
  p->ending = together;
  g_mutex_unlock (&p->lock);
  push_job (p, job);
}

void
hls_publisher_end (HlsPublisher * p, const gchar * rendition, guint target_duration_s)
{
  Job *job = job_new (JOB_END, rendition);

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
