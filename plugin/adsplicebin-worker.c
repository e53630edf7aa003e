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
  JOB_TOLD,
  JOB_SAMPLE,
  JOB_CONDITIONED,
} JobKind;

typedef struct
{
  JobKind kind;
  gchar *id;
  gint64 duration_90k;
  gboolean postroll;
  gchar *scte35;
  guint number;
  GPtrArray *pieces;
} Job;

#define DEADLINE_EARLY_US (G_USEC_PER_SEC)      /* before the out point, for what is there to be read */
#define DEADLINE_MIN_US (G_USEC_PER_SEC / 2)

struct _Worker
{
  GstAdSpliceBin *bin;
  GAsyncQueue *jobs;
  GThread *thread;
  gint stop;                    /* atomic */
  AdProbe *probe;
  guint next;                   /* creative at which the next break begins */
  AdConditioner *conditioner;   /* NULL: only what fits already is played */
  AdServer *server;             /* NULL: local creatives */
  GPtrArray *waiting;           /* of Waiting: the ad server is at it */
  guint asked;
  gint64 lead_us;
};

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->id);
  g_free (job->scte35);
  g_clear_pointer (&job->pieces, g_ptr_array_unref);
  g_free (job);
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
ad_worker_prepare (Worker * w, const AspBreak * brk)
{
  Job *job = g_new0 (Job, 1);

  job->kind = JOB_PREPARE;
  job->id = g_strdup (brk->id);
  job->duration_90k = brk->duration_90k;
  job->postroll = brk->postroll;
  job->scte35 = g_strdup (brk->scte35_hex);
  g_async_queue_push (w->jobs, job);
}

void
ad_worker_look (Worker * w, const gchar * id)
{
  push_job (w, JOB_LOOK, id, 0);
}

/* From streaming threads: what is due is noted, and fired elsewhere. */
void
ad_worker_state (Worker * w, const gchar * id, const gchar * state, const gchar * asset_id, gint64 pts90k,
    gint64 duration_90k)
{
  if (w->server)
    ad_server_state (w->server, id, state, asset_id, pts90k, duration_90k);
}

void
ad_worker_passed (Worker * w, gint64 pts90k)
{
  if (w->server)
    ad_server_passed (w->server, pts90k);
}

gboolean
ad_worker_wants_samples (Worker * w)
{
  return w && w->conditioner;
}

void
ad_worker_sample (Worker * w, guint number, GPtrArray * pieces)
{
  Job *job = g_new0 (Job, 1);

  job->kind = JOB_SAMPLE;
  job->number = number;
  job->pieces = pieces;
  g_async_queue_push (w->jobs, job);
}

void
ad_worker_join (Worker * w)
{
  push_job (w, JOB_JOIN, NULL, 0);
}

/* --- a pod of local creatives ------------------------------------------------------- */

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

/* What is made of the file @path for each pair. TRUE when none is being made any more; then either
 * @item has a length and @paths the files, or a reason. */
static gboolean
condition (Worker * w, const gchar * path, AdPodItem * item, GHashTable ** paths, gchar ** detail)
{
  g_autoptr (GHashTable) made = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_autofree guint *numbers = NULL;
  gboolean busy = FALSE;
  guint n;

  numbers = pair_numbers (w->bin, &n);
  for (guint i = 0; i < n; i++) {
    AdCondition c;

    ad_conditioner_ask (w->conditioner, path, numbers[i], &c);
    busy |= c.state == AD_CONDITION_BUSY;
    if (c.state == AD_CONDITION_READY)
      g_hash_table_insert (made, GUINT_TO_POINTER (numbers[i]), g_steal_pointer (&c.path));
    else if (c.state == AD_CONDITION_FAILED && !*detail)
      *detail = g_steal_pointer (&c.text);
    ad_condition_clear (&c);
  }
  if (g_hash_table_size (made) > 0) {
    GHashTableIter iter;
    gpointer value;
    const gchar *reason;
    g_autofree gchar *trouble = NULL;

    g_hash_table_iter_init (&iter, made);
    g_hash_table_iter_next (&iter, NULL, &value);
    item->duration_90k = ad_probe_duration (w->probe, value, &w->stop, &reason, &trouble);
    *paths = g_steal_pointer (&made);
  }
  if (item->duration_90k == 0)
    item->reason = busy ? "TRANSCODE_IN_PROGRESS" : "TRANSCODE_ERROR";
  return !busy;
}

/* Of a local creative: as it is, or with what the store has made of it. */
static void
find_local (Worker * w, const gchar * uri, AdPodItem * item, GHashTable ** paths, gboolean tell)
{
  g_autofree gchar *detail = NULL, *source = NULL;
  g_autofree guint *numbers = NULL;
  const gchar *reason = "no-rendition";
  guint n;

  numbers = pair_numbers (w->bin, &n);
  for (guint i = 0; i < n && item->duration_90k == 0; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *path = ad_pod_path (uri, numbers[i], &error);

    g_clear_pointer (&detail, g_free);
    if (path)
      item->duration_90k = ad_probe_duration (w->probe, path, &w->stop, &reason, &detail);
    else
      detail = g_strdup (error->message);
    if (path && reason && g_file_test (path, G_FILE_TEST_IS_REGULAR) && !source)
      source = g_steal_pointer (&path);
  }
  if (item->duration_90k > 0)
    return;
  if (source && w->conditioner) {
    g_clear_pointer (&detail, g_free);
    condition (w, source, item, paths, &detail);
    if (item->duration_90k > 0)
      return;
    reason = item->reason;
  }
  item->reason = reason ? reason : "unreadable";
  if (tell)
    GST_ELEMENT_WARNING (w->bin, RESOURCE, OPEN_READ, ("The creative %s is not used: %s.", uri,
            detail ? detail : item->reason), (NULL));
}

/* build_lock held */
static void
build_for_pair (GstAdSpliceBin * bin, OpenPod * pod, Pair * pair)
{
  for (guint k = 0; k < pod->ads->len; k++) {
    const ReadyAd *ready = g_ptr_array_index (pod->ads, k);
    const gchar *own = ready->paths ? g_hash_table_lookup (ready->paths, GUINT_TO_POINTER (pair->number)) : NULL;
    g_autofree gchar *path = ready->paths ? g_strdup (own) : ad_pod_path (ready->uri, pair->number, NULL);

    if (path && g_file_test (path, G_FILE_TEST_IS_REGULAR))
      ad_branch_add (bin, pod, pair, path, ready->ad);
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

/* @ads: (element-type ReadyAd) (transfer full) */
static void
build_pod (GstAdSpliceBin * bin, const gchar * id, GPtrArray * ads)
{
  OpenPod *pod;

  g_mutex_lock (&bin->build_lock);
  if (bin->building && !ad_pod_find (bin, id)) {
    while (bin->pods.length >= OPEN_BREAKS_MAX)
      ad_pod_close (bin, bin->pods.head->data);
    pod = ad_pod_open (bin, id);
    g_ptr_array_extend_and_steal (pod->ads, g_steal_pointer (&ads));
    for (guint i = 0; i < bin->pairs->len; i++) {
      Pair *pair = g_ptr_array_index (bin->pairs, i);

      if (pair->ready)
        build_for_pair (bin, pod, pair);
    }
  }
  g_mutex_unlock (&bin->build_lock);
  if (ads)
    g_ptr_array_unref (ads);
}

static AdLine *
line_new (const gchar * uri, const AspAd * ad, gint64 duration_90k, const gchar * reason, const gchar * detail)
{
  AdLine *line = g_new0 (AdLine, 1);

  line->uri = g_strdup (uri);
  line->ad = asp_ad_copy (ad);
  line->duration_90k = duration_90k;
  line->reason = reason;
  line->detail = g_strdup (detail);
  return line;
}

static GPtrArray *
lines_new (void)
{
  return g_ptr_array_new_with_free_func (ad_line_free);
}

/* The lines that are played become branches, and all of them a message. */
static void
carry_out (Worker * w, const gchar * id, gint64 duration_90k, GPtrArray * lines, const gchar * outcome,
    const gchar * why)
{
  GPtrArray *ads = g_ptr_array_new_with_free_func (ad_ready_free);

  for (guint i = 0; i < lines->len; i++) {
    const AdLine *line = g_ptr_array_index (lines, i);

    ReadyAd *ready;

    if (line->reason)
      continue;
    ready = ad_ready_new (line->uri, asp_ad_copy (line->ad));
    ready->paths = line->paths ? g_hash_table_ref (line->paths) : NULL;
    g_ptr_array_add (ads, ready);
  }
  /* told before it happens */
  ad_splice_bin_post_decision (w->bin, id, duration_90k, lines, outcome, why);
  build_pod (w->bin, id, ads);
}

static void
prepare_local (Worker * w, const gchar * id, gint64 duration_90k)
{
  GstAdSpliceBin *bin = w->bin;
  g_autoptr (GPtrArray) lines = lines_new ();
  g_auto (GStrv) uris = NULL;
  g_autofree AdPodItem *items = NULL;
  g_autofree guint *chosen = NULL;
  g_autofree GHashTable **paths = NULL;
  guint n, n_chosen;

  GST_OBJECT_LOCK (bin);
  uris = ad_pod_split (bin->creative_uris);
  GST_OBJECT_UNLOCK (bin);
  n = g_strv_length (uris);
  items = g_new0 (AdPodItem, n + 1);
  chosen = g_new0 (guint, n + 1);
  paths = g_new0 (GHashTable *, n + 1);
  for (guint i = 0; i < n && !g_atomic_int_get (&w->stop); i++)
    find_local (w, uris[i], &items[i], &paths[i], TRUE);
  n_chosen = ad_pod_choose (items, n, &w->next, duration_90k, ASP_SECOND_90K / 2, chosen);
  for (guint k = 0; k < n_chosen; k++) {
    g_autofree gchar *asset_id = g_path_get_basename (uris[chosen[k]]);
    g_autoptr (AspAd) ad = asp_ad_new (asset_id, items[chosen[k]].duration_90k);
    AdLine *line = line_new (uris[chosen[k]], ad, items[chosen[k]].duration_90k, NULL, NULL);

    line->paths = g_steal_pointer (&paths[chosen[k]]);
    g_ptr_array_add (lines, line);
  }
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&paths[i], g_hash_table_unref);
  if (g_atomic_int_get (&w->stop))
    return;
  for (guint i = 0; i < n; i++)
    if (items[i].reason)
      g_ptr_array_add (lines, line_new (uris[i], NULL, items[i].duration_90k, items[i].reason, NULL));
  carry_out (w, id, duration_90k, lines, NULL, NULL);
}

/* --- a pod of the ad server's --------------------------------------------------------- */

typedef struct
{
  gchar *id;
  gint64 duration_90k;
  gboolean postroll;
  gint64 deadline_us;           /* then it is carried out with what is there */
} Waiting;

static void
waiting_free (gpointer data)
{
  g_free (((Waiting *) data)->id);
  g_free (data);
}

/* Can @entry be played, or could it be soon? TRUE: nothing more will come of waiting. */
static gboolean
look_at (Worker * w, const AdEntry * entry, AdPodItem * item, GHashTable ** paths, gchar ** detail)
{
  const gchar *reason = NULL;

  if (entry->state == AD_FETCHING) {
    item->reason = "TRANSCODE_IN_PROGRESS";
    return FALSE;
  }
  if (entry->state == AD_FAILED) {
    item->reason = entry->reason;
    *detail = g_strdup (entry->detail);
    return TRUE;
  }
  item->duration_90k = ad_probe_duration (w->probe, entry->path, &w->stop, &reason, detail);
  if (item->duration_90k > 0)
    return TRUE;
  item->reason = "TRANSCODE_ERROR";
  if (!w->conditioner)
    return TRUE;
  g_clear_pointer (detail, g_free);
  item->reason = NULL;
  return condition (w, entry->path, item, paths, detail);
}

/* It is not played: its ad server hears why. */
static void
report_unplayed (Worker * w, const AdEntry * entry, const AdPodItem * item)
{
  ad_server_report (w->server, entry->ad, !g_strcmp0 (item->reason, "TRANSCODE_IN_PROGRESS") ? AD_TROUBLE_LATE :
      entry->state == AD_FAILED ? AD_TROUBLE_FETCH : AD_TROUBLE_UNFIT);
}

/* FALSE: some of it is being made, and there is time. */
static gboolean
carry_out_answer (Worker * w, const Waiting * waiting, const AdAnswer * answer)
{
  guint n = answer->entries->len, first = 0, n_chosen;
  g_autoptr (GPtrArray) lines = lines_new ();
  g_autofree AdPodItem *items = g_new0 (AdPodItem, n + 1);
  g_autofree guint *chosen = g_new0 (guint, n + 1);
  g_autoptr (GPtrArray) played = NULL;
  g_autofree GHashTable **paths = NULL;
  gboolean through = TRUE;

  paths = g_new0 (GHashTable *, n + 1);
  for (guint i = 0; i < n; i++) {
    const AdEntry *e = g_ptr_array_index (answer->entries, i);
    g_autofree gchar *detail = NULL;

    through &= look_at (w, e, &items[i], &paths[i], &detail);
    if (items[i].duration_90k == 0)
      g_ptr_array_add (lines, line_new (e->path, e->ad, 0, items[i].reason, detail));
  }
  if (g_atomic_int_get (&w->stop) || (!through && g_get_monotonic_time () < waiting->deadline_us)) {
    for (guint i = 0; i < n; i++)
      g_clear_pointer (&paths[i], g_hash_table_unref);
    return g_atomic_int_get (&w->stop);
  }
  for (guint i = 0; i < n; i++)
    if (items[i].duration_90k == 0)
      report_unplayed (w, g_ptr_array_index (answer->entries, i), &items[i]);
  /* they are as long as they are, whatever the ad server said */
  n_chosen = ad_pod_choose (items, n, &first, waiting->duration_90k, ASP_SECOND_90K / 2, chosen);
  played = g_ptr_array_new ();
  for (guint k = 0; k < n_chosen; k++) {
    const AdEntry *e = g_ptr_array_index (answer->entries, chosen[k]);

    AdLine *line = line_new (e->path, e->ad, items[chosen[k]].duration_90k, NULL, NULL);

    line->paths = g_steal_pointer (&paths[chosen[k]]);
    line->ad->creative.duration_90k = e->ad->creative.duration_90k = items[chosen[k]].duration_90k;
    g_ptr_array_add (played, e->ad);
    g_ptr_array_add (lines, line);
  }
  for (guint i = 0; i < n; i++) {
    const AdEntry *e = g_ptr_array_index (answer->entries, i);

    if (items[i].duration_90k > 0 && items[i].reason)
      g_ptr_array_add (lines, line_new (e->path, e->ad, items[i].duration_90k, "AVAIL_DURATION_EXCEEDED", NULL));
  }
  for (guint i = 0; i < answer->skipped->len; i++) {
    const AdEntry *e = g_ptr_array_index (answer->skipped, i);

    g_ptr_array_add (lines, line_new (NULL, e->ad, e->ad->creative.duration_90k, e->reason, e->detail));
  }
  ad_server_plays (w->server, waiting->id, waiting->duration_90k, waiting->postroll, played);
  carry_out (w, waiting->id, waiting->duration_90k, lines, answer->decided ? answer->outcome : "FAILED",
      answer->decided ? answer->why : "the ad server has not answered in time");
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&paths[i], g_hash_table_unref);
  return TRUE;
}

static Waiting *
find_waiting (Worker * w, const gchar * id)
{
  for (guint i = 0; i < w->waiting->len; i++)
    if (!strcmp (((Waiting *) g_ptr_array_index (w->waiting, i))->id, id))
      return g_ptr_array_index (w->waiting, i);
  return NULL;
}

/* Is everything there, or is it time all the same? */
static void
consider (Worker * w, Waiting * waiting)
{
  g_autoptr (AdAnswer) answer = ad_server_answer (w->server, waiting->id);

  if (answer && !answer->complete && g_get_monotonic_time () < waiting->deadline_us)
    return;
  if (answer && !carry_out_answer (w, waiting, answer))
    return;
  ad_server_forget (w->server, waiting->id);
  g_ptr_array_remove (w->waiting, waiting);
}

static void
consider_all (Worker * w)
{
  for (guint i = w->waiting->len; i > 0 && !g_atomic_int_get (&w->stop); i--)
    consider (w, g_ptr_array_index (w->waiting, i - 1));
}

static void
prepare (Worker * w, const Job * job)
{
  Waiting *waiting;

  if (!w->server) {
    prepare_local (w, job->id, job->duration_90k);
    return;
  }
  waiting = g_new0 (Waiting, 1);
  waiting->id = g_strdup (job->id);
  waiting->duration_90k = job->duration_90k;
  waiting->postroll = job->postroll;
  waiting->deadline_us = g_get_monotonic_time () + MAX (w->lead_us - DEADLINE_EARLY_US, DEADLINE_MIN_US);
  g_ptr_array_add (w->waiting, waiting);
  ad_server_ask (w->server, job->id, job->duration_90k, w->asked++, job->postroll, job->scte35);
}

/* In the thread of the HTTP client. */
static void
on_told (gpointer user_data, const gchar * break_id)
{
  push_job (user_data, JOB_TOLD, break_id, 0);
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

/* --- conditioning ------------------------------------------------------------------------ */

static void
on_conditioned (gpointer user_data)
{
  push_job (user_data, JOB_CONDITIONED, NULL, 0);
}

/* What may play in the first break is made now, for there is time. */
static void
warm_up (Worker * w)
{
  GstAdSpliceBin *bin = w->bin;
  g_auto (GStrv) uris = NULL;

  if (w->server)
    return;
  GST_OBJECT_LOCK (bin);
  uris = ad_pod_split (bin->creative_uris);
  GST_OBJECT_UNLOCK (bin);
  for (guint i = 0; uris[i] && !g_atomic_int_get (&w->stop); i++) {
    g_autofree AdPodItem *item = g_new0 (AdPodItem, 1);
    GHashTable *paths = NULL;

    find_local (w, uris[i], item, &paths, FALSE);
    g_clear_pointer (&paths, g_hash_table_unref);
  }
}

static void
learn (Worker * w, const Job * job)
{
  g_autoptr (GError) error = NULL;
  gint program_number = 0;

  if (!w->conditioner)
    return;
  g_object_get (w->bin, "program-number", &program_number, NULL);
  if (!ad_conditioner_learn (w->conditioner, job->number, (guint) program_number, job->pieces, &error))
    GST_INFO_OBJECT (w->bin, "rendition %u: no creative can be made for it: %s", job->number, error->message);
  warm_up (w);
  consider_all (w);
}

/* --- thread ---------------------------------------------------------------------------- */

/* The next job; NULL when a break cannot wait any longer. */
static Job *
next_job (Worker * w)
{
  gint64 deadline_us = G_MAXINT64;

  for (guint i = 0; i < w->waiting->len; i++)
    deadline_us = MIN (deadline_us, ((Waiting *) g_ptr_array_index (w->waiting, i))->deadline_us);
  if (deadline_us == G_MAXINT64)
    return g_async_queue_pop (w->jobs);
  return g_async_queue_timeout_pop (w->jobs, (guint64) MAX (deadline_us - g_get_monotonic_time (), 0));
}

static void
do_job (Worker * w, const Job * job)
{
  switch (job->kind) {
    case JOB_PREPARE:
      prepare (w, job);
      break;
    case JOB_LOOK:
      clean_up (w->bin, job->id);
      break;
    case JOB_JOIN:
      build_missing (w->bin);
      break;
    case JOB_TOLD:
      if (find_waiting (w, job->id))
        consider (w, find_waiting (w, job->id));
      break;
    case JOB_SAMPLE:
      learn (w, job);
      break;
    case JOB_CONDITIONED:
      consider_all (w);
      break;
    default:
      break;
  }
}

static gpointer
work (gpointer data)
{
  Worker *w = data;

  for (;;) {
    Job *job = next_job (w);
    gboolean stop = job && job->kind == JOB_STOP;

    if (job && !g_atomic_int_get (&w->stop))
      do_job (w, job);
    else if (!job)
      consider_all (w);
    if (job)
      job_free (job);
    if (stop)
      return NULL;
  }
}

static gchar *
creative_folder (GstAdSpliceBin * bin)
{
  gchar *folder;

  GST_OBJECT_LOCK (bin);
  folder = bin->creative_dir && *bin->creative_dir ? g_strdup (bin->creative_dir) :
      g_build_filename (g_get_user_cache_dir (), "adsplice", "creatives", NULL);
  GST_OBJECT_UNLOCK (bin);
  return folder;
}

/* Only where there may be something to condition; without it, what fits already is played. */
static void
make_conditioner (Worker * w)
{
  GstAdSpliceBin *bin = w->bin;
  g_autofree gchar *folder = creative_folder (bin);
  g_autoptr (GError) error = NULL;
  gboolean wanted;

  GST_OBJECT_LOCK (bin);
  wanted = (bin->ads_url && *bin->ads_url) || (bin->creative_uris && *bin->creative_uris);
  GST_OBJECT_UNLOCK (bin);
  if (!wanted)
    return;
  w->conditioner = ad_conditioner_new (folder, on_conditioned, w, &error);
  if (!w->conditioner)
    GST_ELEMENT_WARNING (bin, RESOURCE, SETTINGS, ("Only creatives that fit already are played: %s.", error->message),
        (NULL));
}

/* A channel with a name goes on with what was due when it last stopped. */
static gchar *
beacon_file (GstAdSpliceBin * bin, const gchar * folder)
{
  g_autofree gchar *name = NULL, *sum = NULL, *file = NULL;

  GST_OBJECT_LOCK (bin);
  name = g_strdup (bin->channel_name);
  GST_OBJECT_UNLOCK (bin);
  if (!name || !*name)
    return NULL;
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);
  file = g_strdup_printf ("beacons-%.16s.db", sum);
  return g_build_filename (folder, file, NULL);
}

/* An ad server that cannot be had is told of; the programme plays. */
static AdServer *
make_server (Worker * w)
{
  GstAdSpliceBin *bin = w->bin;
  g_autofree gchar *url = NULL, *folder = NULL, *file = NULL;
  g_autoptr (GError) error = NULL;
  AdBeacons beacons;
  AdServer *server;

  GST_OBJECT_LOCK (bin);
  url = g_strdup (bin->ads_url);
  w->lead_us = (gint64) (bin->lead_time_ns / 1000);
  beacons = bin->beacons;
  GST_OBJECT_UNLOCK (bin);
  if (!url || !*url)
    return NULL;
  folder = creative_folder (bin);
  file = beacon_file (bin, folder);
  server = ad_server_new (url, folder, on_told, w, &error);
  if (!server)
    GST_ELEMENT_WARNING (bin, RESOURCE, SETTINGS, ("No ads: %s.", error->message), (NULL));
  else if (beacons == AD_BEACONS_SERVER && !ad_server_fire_beacons (server, file, &error))
    GST_ELEMENT_WARNING (bin, RESOURCE, SETTINGS, ("Beacons that are due are lost when the process ends: %s.",
            error->message), (NULL));
  return server;
}

Worker *
ad_worker_new (GstAdSpliceBin * self)
{
  Worker *w = g_new0 (Worker, 1);

  w->bin = self;
  w->jobs = g_async_queue_new_full (job_free);
  w->probe = ad_probe_new ();
  w->waiting = g_ptr_array_new_with_free_func (waiting_free);
  make_conditioner (w);
  w->server = make_server (w);
  w->thread = g_thread_new ("adsplice-worker", work, w);
  return w;
}

void
ad_worker_stop (Worker * w)
{
  g_atomic_int_set (&w->stop, TRUE);
  push_job (w, JOB_STOP, NULL, 0);
  g_thread_join (w->thread);
  ad_server_free (w->server);
  ad_conditioner_free (w->conditioner);
  g_async_queue_unref (w->jobs);
  g_ptr_array_unref (w->waiting);
  ad_probe_free (w->probe);
  g_free (w);
}
