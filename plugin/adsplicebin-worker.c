/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-private.h"

#include <string.h>

/* What takes time happens here: a break becomes due, its creatives are chosen, looked at, and put
 * before the splicers. The network's threads only hand jobs over. */
typedef enum
{
  JOB_STOP,
  JOB_PREPARE,
  JOB_LOOK,
  JOB_JOIN,
} JobKind;

typedef struct
{
  JobKind kind;
  gchar *id;
  gint64 duration_90k;
} Job;

struct _Worker
{
  GstAdSpliceBin *bin;
  GAsyncQueue *jobs;
  GThread *thread;
  gint stop;                    /* atomic */
  AdProbe *probe;
  guint next;                   /* creative at which the next break begins */
};

static void
job_free (gpointer data)
{
  g_free (((Job *) data)->id);
  g_free (data);
}

static void
push_job (Worker * w, JobKind kind, const gchar * id, gint64 duration_90k)
{
  Job *job = g_new0 (Job, 1);

  job->kind = kind;
  job->id = g_strdup (id);
  job->duration_90k = duration_90k;
  g_async_queue_push (w->jobs, job);
}

void
ad_worker_prepare (Worker * w, const gchar * id, gint64 duration_90k)
{
  push_job (w, JOB_PREPARE, id, duration_90k);
}

void
ad_worker_look (Worker * w, const gchar * id)
{
  push_job (w, JOB_LOOK, id, 0);
}

void
ad_worker_join (Worker * w)
{
  push_job (w, JOB_JOIN, NULL, 0);
}

/* --- a pod of local creatives ------------------------------------------------------- */

/* Of a creative that has a file for each rendition the first one that can be read tells how long
 * it is. */
static void
look_at (Worker * w, const gchar * uri, const guint * numbers, guint n_numbers, AdPodItem * item)
{
  g_autofree gchar *detail = NULL;
  const gchar *reason = "no-rendition";

  for (guint i = 0; i < n_numbers && item->duration_90k == 0; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *path = ad_pod_path (uri, numbers[i], &error);

    g_clear_pointer (&detail, g_free);
    if (path)
      item->duration_90k = ad_probe_duration (w->probe, path, &w->stop, &reason, &detail);
    else
      detail = g_strdup (error->message);
  }
  if (item->duration_90k > 0)
    return;
  item->reason = reason ? reason : "unreadable";
  GST_ELEMENT_WARNING (w->bin, RESOURCE, OPEN_READ, ("The creative %s is not used: %s.", uri,
          detail ? detail : item->reason), (NULL));
}

static guint *
pair_numbers (GstAdSpliceBin * bin, guint * n)
{
  guint *numbers;

  g_mutex_lock (&bin->build_lock);
  *n = bin->pairs->len;
  numbers = g_new0 (guint, *n + 1);
  for (guint i = 0; i < *n; i++)
    numbers[i] = ((Pair *) g_ptr_array_index (bin->pairs, i))->number;
  g_mutex_unlock (&bin->build_lock);
  return numbers;
}

/* build_lock held */
static void
build_for_pair (GstAdSpliceBin * bin, OpenPod * pod, Pair * pair)
{
  for (guint k = 0; k < pod->uris->len; k++) {
    const gchar *uri = g_ptr_array_index (pod->uris, k);
    g_autofree gchar *path = ad_pod_path (uri, pair->number, NULL);
    g_autofree gchar *asset_id = g_path_get_basename (uri);

    if (path && g_file_test (path, G_FILE_TEST_IS_REGULAR))
      ad_branch_add (bin, pod, pair, path, asset_id);
  }
  gst_ts_splicer_settle (GST_TS_SPLICER (pair->splicer), pod->id);
}

static gboolean
has_branch (const OpenPod * pod, const Pair * pair)
{
  for (guint i = 0; i < pod->branches->len; i++)
    if (((const Branch *) g_ptr_array_index (pod->branches, i))->pair == pair)
      return TRUE;
  return FALSE;
}

/* What is open gets its branches in pairs that have none of it. */
static void
build_missing (GstAdSpliceBin * bin)
{
  g_mutex_lock (&bin->build_lock);
  for (GList * l = bin->pods.head; l && bin->building; l = l->next)
    for (guint i = 0; i < bin->pairs->len; i++) {
      Pair *pair = g_ptr_array_index (bin->pairs, i);

      if (pair->ready && !has_branch (l->data, pair))
        build_for_pair (bin, l->data, pair);
    }
  g_mutex_unlock (&bin->build_lock);
}

static void
build_pod (GstAdSpliceBin * bin, const gchar * id, gchar ** uris, const guint * chosen, guint n_chosen)
{
  OpenPod *pod;

  g_mutex_lock (&bin->build_lock);
  if (bin->building && !ad_pod_find (bin, id)) {
    while (bin->pods.length >= OPEN_BREAKS_MAX)
      ad_pod_close (bin, bin->pods.head->data);
    pod = ad_pod_open (bin, id);
    for (guint k = 0; k < n_chosen; k++)
      g_ptr_array_add (pod->uris, g_strdup (uris[chosen[k]]));
    for (guint i = 0; i < bin->pairs->len; i++) {
      Pair *pair = g_ptr_array_index (bin->pairs, i);

      if (pair->ready)
        build_for_pair (bin, pod, pair);
    }
  }
  g_mutex_unlock (&bin->build_lock);
}

static void
prepare (Worker * w, const gchar * id, gint64 duration_90k)
{
  GstAdSpliceBin *bin = w->bin;
  g_auto (GStrv) uris = NULL;
  g_autofree AdPodItem *items = NULL;
  g_autofree guint *chosen = NULL, *numbers = NULL;
  guint n, n_numbers, n_chosen;

  GST_OBJECT_LOCK (bin);
  uris = ad_pod_split (bin->creative_uris);
  GST_OBJECT_UNLOCK (bin);
  n = g_strv_length (uris);
  items = g_new0 (AdPodItem, n + 1);
  chosen = g_new0 (guint, n + 1);
  numbers = pair_numbers (bin, &n_numbers);
  for (guint i = 0; i < n && !g_atomic_int_get (&w->stop); i++)
    look_at (w, uris[i], numbers, n_numbers, &items[i]);
  n_chosen = ad_pod_choose (items, n, &w->next, duration_90k, ASP_SECOND_90K / 2, chosen);
  if (g_atomic_int_get (&w->stop))
    return;
  build_pod (bin, id, uris, chosen, n_chosen);
  ad_splice_bin_post_decision (bin, id, duration_90k, uris, items, n, chosen, n_chosen);
}

/* All renditions may be through with it. */
static void
clean_up (GstAdSpliceBin * bin, const gchar * id)
{
  OpenPod *pod;

  if (!asp_channel_is_over (bin->channel, id))
    return;
  g_mutex_lock (&bin->build_lock);
  pod = ad_pod_find (bin, id);
  if (pod)
    ad_pod_close (bin, pod);
  g_mutex_unlock (&bin->build_lock);
}

/* --- thread ---------------------------------------------------------------------------- */

static gpointer
work (gpointer data)
{
  Worker *w = data;

  for (;;) {
    Job *job = g_async_queue_pop (w->jobs);
    JobKind kind = job->kind;

    if (!g_atomic_int_get (&w->stop)) {
      if (kind == JOB_PREPARE)
        prepare (w, job->id, job->duration_90k);
      else if (kind == JOB_LOOK)
        clean_up (w->bin, job->id);
      else if (kind == JOB_JOIN)
        build_missing (w->bin);
    }
    job_free (job);
    if (kind == JOB_STOP)
      return NULL;
  }
}

Worker *
ad_worker_new (GstAdSpliceBin * self)
{
  Worker *w = g_new0 (Worker, 1);

  w->bin = self;
  w->jobs = g_async_queue_new_full (job_free);
  w->probe = ad_probe_new ();
  w->thread = g_thread_new ("adsplice-worker", work, w);
  return w;
}

void
ad_worker_stop (Worker * w)
{
  g_atomic_int_set (&w->stop, TRUE);
  push_job (w, JOB_STOP, NULL, 0);
  g_thread_join (w->thread);
  g_async_queue_unref (w->jobs);
  ad_probe_free (w->probe);
  g_free (w);
}
