/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-worker.h"

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
  JOB_WARM,
  JOB_REFRESH,
  JOB_URIS,
} JobKind;

typedef struct
{
  JobKind kind;
  gchar *id;
  gint64 duration_90k;
  gboolean postroll;
  gint64 ahead_90k, told_us;
  gchar *scte35;
  guint number;
  GPtrArray *pieces;
} Job;

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
ad_worker_prepare (Worker * w, const AspBreak * brk, gint64 ahead_90k)
{
  Job *job = g_new0 (Job, 1);

  job->kind = JOB_PREPARE;
  job->id = g_strdup (brk->id);
  job->duration_90k = brk->duration_90k;
  job->postroll = brk->postroll;
  job->ahead_90k = ahead_90k;
  job->told_us = g_get_monotonic_time ();
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
ad_worker_refused (Worker * w, const gchar * id, const gchar * asset_id)
{
  if (w->server)
    ad_server_refused (w->server, id, asset_id);
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
ad_worker_uris_changed (Worker * w)
{
  push_job (w, JOB_URIS, NULL, 0);
}

void
ad_worker_join (Worker * w)
{
  push_job (w, JOB_JOIN, NULL, 0);
}

gboolean
ad_worker_warm (Worker * w, const gchar * uri)
{
  if (!w->decides || !ad_warm_add (w, uri))
    return FALSE;
  push_job (w, JOB_WARM, NULL, 0);
  return TRUE;
}

gchar *
ad_worker_list_creatives (Worker * w)
{
  return ad_warm_list (w);
}

void
ad_worker_refresh (Worker * w)
{
  push_job (w, JOB_REFRESH, NULL, 0);
}

void
ad_worker_count (Worker * w, AspControlStatus * status)
{
  AdServerCounts counts = { 0 };

  if (w->server)
    ad_server_count (w->server, &counts);
  status->ads_requests = counts.requests;
  status->ads_errors = counts.errors;
  status->ads_timeouts = counts.timeouts;
  status->beacons_fired = counts.beacons_fired;
  status->beacons_waiting = counts.beacons_waiting;
  status->beacons_failed = counts.beacons_failed;
  if (w->conditioner)
    ad_conditioner_count (w->conditioner, &status->conditioned, &status->conditioning_failed, &status->conditioning_now,
        &status->conditioning_s);
}

/* Units that fit into the parts of the channel, where it has any. */
static void
update_unit (Worker * w)
{
  guint64 unit_ns;

  if (!w->conditioner)
    return;
  GST_OBJECT_LOCK (w->bin);
  unit_ns = w->bin->unit_duration_ns;
  GST_OBJECT_UNLOCK (w->bin);
  if (unit_ns == 0)
    unit_ns = (guint64) asp_90k_to_ns (asp_channel_part_duration (w->bin->channel));
  ad_conditioner_set_unit (w->conditioner, unit_ns);
}

/* When the break begins. What is no live input runs ahead of the clock, and then waits for its creatives. */
static gint64
out_us (Worker * w, const Job * job)
{
  GstElement *splicer = ad_splice_bin_first_splicer (w->bin);
  gboolean live = splicer && gst_ts_splicer_is_live (GST_TS_SPLICER (splicer));
  gint64 lead_us;

  GST_OBJECT_LOCK (w->bin);
  lead_us = (gint64) (w->bin->lead_time_ns / 1000);
  GST_OBJECT_UNLOCK (w->bin);
  gst_clear_object (&splicer);
  if (job->ahead_90k == ASP_NO_TIME || !live)
    return job->told_us + lead_us;
  return job->told_us + job->ahead_90k * 100 / 9;
}

static void
prepare (Worker * w, const Job * job)
{
  AdServerAsk ask = { job->id, job->duration_90k, 0, job->postroll, job->scte35, 0, NULL, NULL };
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GHashTable) ads_params = NULL;
  g_autofree gchar *ads_url = NULL;

  update_unit (w);
  if (!w->decides) {
    none = ad_build_lines_new ();
    ad_build_carry_out (w, job->id, job->duration_90k, none, NULL, "`decisions` leaves the channel itself out");
    return;
  }
  if (w->control)
    ad_control_choose (w->control, job->id, &ads_url, &ads_params);
  ask.url = ads_url;
  ask.params = ads_params;
  ask.plays_us = out_us (w, job);
  ad_waiting_add (w, &ask);
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

static void
learn (Worker * w, const Job * job)
{
  g_autoptr (GError) error = NULL;
  gint program_number = 0;

  if (!w->conditioner)
    return;
  g_object_get (w->bin, "program-number", &program_number, NULL);
  update_unit (w);
  if (!ad_conditioner_learn (w->conditioner, job->number, (guint) program_number, job->pieces, &error))
    GST_INFO_OBJECT (w->bin, "rendition %u: no creative can be made for it: %s", job->number, error->message);
  ad_local_warm_up (w);
  ad_waiting_consider (w, NULL);
}

/* --- thread ---------------------------------------------------------------------------- */

static gint64
watch_due_us (Worker * w)
{
  return w->control ? w->watched_us + ad_control_tick_us (w->control) : G_MAXINT64;
}

static void
watch (Worker * w)
{
  if (g_get_monotonic_time () < watch_due_us (w))
    return;
  w->watched_us = g_get_monotonic_time ();
  ad_control_watch (w->control);
  ad_warm_consider (w);
}

/* The next job; NULL when a break cannot wait any longer, or it is time to look around. */
static Job *
next_job (Worker * w)
{
  gint64 deadline_us = MIN (watch_due_us (w), ad_waiting_deadline_us (w));

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
      ad_build_missing (w->bin);
      break;
    case JOB_TOLD:
      ad_waiting_consider (w, job->id);
      break;
    case JOB_SAMPLE:
      learn (w, job);
      break;
    case JOB_URIS:
      update_unit (w);
      ad_local_warm_up (w);
      break;
    case JOB_CONDITIONED:
      ad_waiting_consider (w, NULL);
      ad_warm_consider (w);
      break;
    case JOB_WARM:
      ad_warm_consider (w);
      break;
    case JOB_REFRESH:
      if (w->control)
        ad_control_refresh (w->control);
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
      ad_waiting_consider (w, NULL);
    if (!g_atomic_int_get (&w->stop))
      watch (w);
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
  wanted = w->control || (bin->ads_url && *bin->ads_url) || (bin->creative_uris && *bin->creative_uris);
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
  AdServerSettings *settings = NULL;
  AdServer *server = NULL;
  AdBeacons beacons;

  GST_OBJECT_LOCK (bin);
  url = g_strdup (bin->ads_url);
  beacons = bin->beacons;
  GST_OBJECT_UNLOCK (bin);
  w->own_url = url && *url;
  /* what is attached to the channel names one, or a call does */
  if (!w->own_url && !w->control)
    return NULL;
  folder = creative_folder (bin);
  file = beacon_file (bin, folder);
  settings = ad_control_server_settings (bin->config, &error);
  if (settings)
    server = ad_server_new (w->own_url ? url : NULL, settings, folder, on_told, w, &error);
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
  w->control = self->control ? ad_control_ref (self->control) : NULL;
  ad_warm_init (w);
  w->jobs = g_async_queue_new_full (job_free);
  w->probe = ad_probe_new ();
  w->waiting = g_ptr_array_new_with_free_func (ad_waiting_free);
  GST_OBJECT_LOCK (self);
  w->decides = (self->decisions & AD_DECISIONS_CHANNEL) != 0;
  GST_OBJECT_UNLOCK (self);
  if (w->decides) {
    make_conditioner (w);
    w->server = make_server (w);
  }
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
  ad_warm_clear (w);
  ad_control_unref (w->control);
  g_free (w);
}
