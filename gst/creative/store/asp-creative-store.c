/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative-store-private.h"

#include <dlfcn.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include <asp-json-writer.h>
#include <asp-loudness.h>

#define DEFAULT_MAX_BYTES (G_GUINT64_CONSTANT (10) << 30)
#define DEFAULT_SOURCE_BYTES (G_GUINT64_CONSTANT (512) << 20)
#define DEFAULT_RETRY_S 30
#define RETRY_MAX_S 3600
#define JOBS_MAX 1000           /* that wait; more are told to come again */
#define FAILURES_MAX 10000
#define CODE_LATER 407
#define HELPER "adsplice-condition"

typedef struct
{
  guint times, code;
  gchar *text;
  gint64 until_us;
} Failure;

static void
failure_free (gpointer data)
{
  Failure *f = data;

  g_free (f->text);
  g_free (f);
}

static void
job_free (gpointer data)
{
  AspConditionJob *job = data;

  g_free (job->key);
  g_free (job->source);
  g_free (job->url);
  g_free (job->fingerprint);
  g_free (job->settings);
  g_free (job->folder);
  g_free (job->handed);
  g_free (job->file);
  g_free (job->content);
  g_free (job->asset);
  g_free (job->text);
  g_free (job);
}

void
asp_creative_status_clear (AspCreativeStatus * s)
{
  g_free (s->asset_id);
  g_free (s->path);
  g_free (s->units_path);
  g_free (s->text);
  memset (s, 0, sizeof *s);
}

/* --- names ---------------------------------------------------------------------------- */

static gboolean
is_identity (const gchar * id)
{
  return id && *id && g_ascii_strcasecmp (id, "unknown");
}

/* What names the creative. A file that was changed is another one. */
static gchar *
name_source (const AspCreativeWish * wish)
{
  g_autofree gchar *path = NULL;
  GStatBuf st;

  if (is_identity (wish->universal_ad_id) && is_identity (wish->registry))
    return g_strdup_printf ("id %s %s", wish->registry, wish->universal_ad_id);
  path = g_str_has_prefix (wish->url, "file:") ? g_filename_from_uri (wish->url, NULL, NULL) : NULL;
  if (path && g_stat (path, &st) == 0)
    return g_strdup_printf ("%s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, wish->url, (gint64) st.st_size,
        (gint64) st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
  return g_strdup (wish->url);
}

static gchar *
make_settings (const AspCreativeWish * wish, guint unit, gdouble loudness_lufs)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autofree gchar *rendition = asp_rendition_to_text (wish->rendition);
  gchar loudness[G_ASCII_DTOSTR_BUF_SIZE];

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "rendition", rendition);
  asp_json_add_int (w, "unit", unit);
  asp_json_add_string (w, "loudness", g_ascii_formatd (loudness, sizeof loudness, "%.1f", loudness_lufs));
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

static AspConditionJob *
make_job (const AspCreativeWish * wish)
{
  AspConditionJob *job = g_new0 (AspConditionJob, 1);
  const AspRendition *r = wish->rendition;
  guint unit = wish->unit ? wish->unit : asp_rendition_default_unit (r);
  gdouble loudness_lufs = wish->loudness_lufs != 0 ? wish->loudness_lufs : ASP_LOUDNESS_DEFAULT_LUFS;

  job->source = name_source (wish);
  job->url = g_strdup (wish->url);
  job->fingerprint = asp_rendition_fingerprint (r, unit, loudness_lufs);
  job->key = g_strconcat (job->fingerprint, " ", job->source, NULL);
  job->settings = make_settings (wish, unit, loudness_lufs);
  job->cost = (guint64) r->params.width * r->params.height * r->fps_num / MAX (r->fps_den, 1);
  return job;
}

/* --- questions -------------------------------------------------------------------------- */

static gboolean
find_asset (AspCreativeStore * store, const AspConditionJob * wanted, AspCreativeStatus * out)
{
  g_autofree gchar *content = asp_shelf_get_content (store->shelf, wanted->source);
  g_autofree gchar *asset = content ? asp_condition_asset_id (content, wanted->fingerprint) : NULL;

  if (!asset || !asp_shelf_use_asset (store->shelf, asset))
    return FALSE;
  out->state = ASP_CONDITION_READY;
  out->path = asp_shelf_asset_path (store->shelf, asset, "creative.ts");
  out->units_path = asp_shelf_asset_path (store->shelf, asset, "units.json");
  out->asset_id = g_steal_pointer (&asset);
  return TRUE;
}

static gboolean
find_failure_locked (AspCreativeStore * store, const AspConditionJob * wanted, AspCreativeStatus * out)
{
  const Failure *f = g_hash_table_lookup (store->failures, wanted->key);
  gint64 left_us = f ? f->until_us - g_get_monotonic_time () : 0;

  if (left_us <= 0)
    return FALSE;
  out->state = ASP_CONDITION_FAILED;
  out->code = f->code;
  out->text = g_strdup (f->text);
  out->retry_s = (guint) (left_us / G_USEC_PER_SEC + 1);
  return TRUE;
}

/* Renditions of one creative stand together, in the place of its first question. */
static guint64
order_of_locked (AspCreativeStore * store, const gchar * source)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, store->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!strcmp (((AspConditionJob *) value)->source, source))
      return ((AspConditionJob *) value)->order;
  return store->orders++;
}

/* TRUE: @wanted has become the store's. */
static gboolean
order_locked (AspCreativeStore * store, AspConditionJob * wanted, AspCreativeStatus * out)
{
  const AspConditionJob *job = g_hash_table_lookup (store->jobs, wanted->key);

  out->code = CODE_LATER;
  if (job || store->ending || g_hash_table_size (store->jobs) >= JOBS_MAX) {
    out->state = ASP_CONDITION_BUSY;
    out->percent = job ? job->percent : 0;
    return FALSE;
  }
  out->state = ASP_CONDITION_NEW;
  wanted->order = order_of_locked (store, wanted->source);
  g_hash_table_insert (store->jobs, wanted->key, wanted);
  g_cond_broadcast (&store->cond);
  return TRUE;
}

void
asp_creative_store_ask (AspCreativeStore * store, const AspCreativeWish * wish, AspCreativeStatus * out)
{
  AspConditionJob *wanted = make_job (wish);
  gboolean taken;

  memset (out, 0, sizeof *out);
  if (find_asset (store, wanted, out)) {
    job_free (wanted);
    return;
  }
  g_mutex_lock (&store->lock);
  taken = !find_failure_locked (store, wanted, out) && order_locked (store, wanted, out);
  g_mutex_unlock (&store->lock);
  if (!taken)
    job_free (wanted);
}

guint64
asp_creative_store_bytes (AspCreativeStore * store)
{
  return asp_shelf_bytes (store->shelf);
}

/* --- jobs ------------------------------------------------------------------------------- */

static void
tell (AspCreativeStore * store, const AspConditionJob * job, const AspCreativeStatus * status)
{
  if (store->news)
    store->news (store, job->url, job->fingerprint, status, store->user_data);
}

void
asp_condition_job_progress (AspCreativeStore * store, AspConditionJob * job, gint percent)
{
  AspCreativeStatus status = { .state = ASP_CONDITION_BUSY, .percent = percent, .code = CODE_LATER };

  g_mutex_lock (&store->lock);
  job->percent = percent;
  g_mutex_unlock (&store->lock);
  tell (store, job, &status);
}

/* One creative is fetched once at a time: the others of its renditions wait for its name. */
static gboolean
source_runs_locked (AspCreativeStore * store, const gchar * source)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, store->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const AspConditionJob *job = value;

    if (job->running && !strcmp (job->source, source))
      return TRUE;
  }
  return FALSE;
}

static AspConditionJob *
next_job_locked (AspCreativeStore * store)
{
  AspConditionJob *best = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, store->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    AspConditionJob *job = value;
    gboolean better = !best || job->order < best->order || (job->order == best->order && job->cost < best->cost);

    if (better && !job->running && !source_runs_locked (store, job->source))
      best = job;
  }
  return best;
}

/* This source runs: none of its other jobs is touched by another thread. */
void
asp_condition_job_hand_over (AspCreativeStore * store, AspConditionJob * job)
{
  g_autofree gchar *path = asp_shelf_new_file (store->shelf);
  AspConditionJob *next = NULL;
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&store->lock);
  g_hash_table_iter_init (&iter, store->jobs);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    AspConditionJob *other = value;

    if (other != job && !strcmp (other->source, job->source) && (!next || other->cost < next->cost))
      next = other;             /* the one that comes next */
  }
  g_mutex_unlock (&store->lock);
  if (!next || g_rename (job->file, path) != 0)
    return;
  next->handed = g_steal_pointer (&path);
  next->content = g_strdup (job->content);
}

static void
note_failure_locked (AspCreativeStore * store, const AspConditionJob * job)
{
  Failure *f = g_hash_table_lookup (store->failures, job->key);
  guint64 wait_s;

  if (!f) {
    if (g_hash_table_size (store->failures) >= FAILURES_MAX)
      g_hash_table_remove_all (store->failures);
    f = g_new0 (Failure, 1);
    g_hash_table_insert (store->failures, g_strdup (job->key), f);
  }
  wait_s = MIN ((guint64) store->retry_s << MIN (f->times, 16), RETRY_MAX_S);
  f->times++;
  f->code = job->code;
  g_free (f->text);
  f->text = g_strdup (job->text);
  f->until_us = g_get_monotonic_time () + (gint64) wait_s * G_USEC_PER_SEC;
}

static void
end_job (AspCreativeStore * store, AspConditionJob * job, gboolean ok)
{
  AspCreativeStatus status = { 0 };

  g_mutex_lock (&store->lock);
  g_hash_table_steal (store->jobs, job->key);
  if (ok)
    g_hash_table_remove (store->failures, job->key);
  else if (!store->ending)
    note_failure_locked (store, job);
  g_cond_broadcast (&store->cond);
  g_mutex_unlock (&store->lock);
  if (!ok || !find_asset (store, job, &status)) {
    status.state = ASP_CONDITION_FAILED;
    status.code = job->code;
    status.text = g_strdup (job->text ? job->text : "The conditioned creative has gone already");
    status.retry_s = store->retry_s;
  }
  tell (store, job, &status);
  asp_creative_status_clear (&status);
  job_free (job);
}

static gpointer
work (gpointer user_data)
{
  AspCreativeStore *store = user_data;

  for (;;) {
    AspConditionJob *job = NULL;

    g_mutex_lock (&store->lock);
    while (!store->ending && !(job = next_job_locked (store)))
      g_cond_wait (&store->cond, &store->lock);
    if (job)
      job->running = TRUE;
    g_mutex_unlock (&store->lock);
    if (!job)
      return NULL;
    end_job (store, job, asp_condition_job_run (store, job));
  }
}

/* --- life ------------------------------------------------------------------------------- */

/* By hand, where it was installed, or beside the library that this is part of: in a build folder. */
static gchar *
find_helper (void)
{
  g_autofree gchar *installed = g_build_filename (ADSPLICE_LIBEXECDIR, HELPER, NULL), *folder = NULL, *beside = NULL;
  const gchar *by_hand = g_getenv ("ADSPLICE_CONDITIONER");
  Dl_info info;

  if (by_hand)
    return g_strdup (by_hand);
  if (!g_file_test (installed, G_FILE_TEST_IS_EXECUTABLE) && dladdr ((const void *) find_helper, &info)) {
    folder = g_path_get_dirname (info.dli_fname);
    beside = g_build_filename (folder, HELPER, NULL);
    if (g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE))
      return g_steal_pointer (&beside);
  }
  return g_steal_pointer (&installed);
}

static void
take_config (AspCreativeStore * store, const AspCreativeStoreConfig * c)
{
  store->folder = g_strdup (c->folder);
  store->helper = c->helper ? g_strdup (c->helper) : find_helper ();
  store->max_source_bytes = c->max_source_bytes ? c->max_source_bytes : DEFAULT_SOURCE_BYTES;
  store->max_jobs = c->max_jobs ? c->max_jobs : 1;
  store->fetch_timeout_s = c->fetch_timeout_s ? c->fetch_timeout_s : 120;
  store->job_timeout_s = c->job_timeout_s ? c->job_timeout_s : 600;
  store->max_memory_mib = c->max_memory_mib ? c->max_memory_mib : 1024;
  store->retry_s = c->retry_s ? c->retry_s : DEFAULT_RETRY_S;
  store->client = c->client;
}

AspCreativeStore *
asp_creative_store_new (const AspCreativeStoreConfig * config, AspCreativeNews news, gpointer user_data, GError ** error)
{
  AspShelf *shelf = asp_shelf_open (config->folder, config->max_bytes ? config->max_bytes : DEFAULT_MAX_BYTES, error);
  AspCreativeStore *store;
  int stop[2];

  if (!shelf)
    return NULL;
  if (!g_unix_open_pipe (stop, FD_CLOEXEC, error)) {
    asp_shelf_close (shelf);
    return NULL;
  }
  store = g_new0 (AspCreativeStore, 1);
  g_mutex_init (&store->lock);
  g_cond_init (&store->cond);
  take_config (store, config);
  store->news = news;
  store->user_data = user_data;
  store->shelf = shelf;
  store->stop[0] = stop[0];
  store->stop[1] = stop[1];
  store->jobs = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, job_free);
  store->failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, failure_free);
  store->threads = g_ptr_array_new ();
  for (guint i = 0; i < store->max_jobs; i++)
    g_ptr_array_add (store->threads, g_thread_new ("asp-condition", work, store));
  return store;
}

void
asp_creative_store_free (AspCreativeStore * store)
{
  if (!store)
    return;
  g_mutex_lock (&store->lock);
  store->ending = TRUE;
  g_cond_broadcast (&store->cond);
  g_mutex_unlock (&store->lock);
  close (store->stop[1]);       /* the other end is readable from now on */
  for (guint i = 0; i < store->threads->len; i++)
    g_thread_join (g_ptr_array_index (store->threads, i));
  close (store->stop[0]);
  g_ptr_array_unref (store->threads);
  g_hash_table_unref (store->jobs);
  g_hash_table_unref (store->failures);
  asp_shelf_close (store->shelf);
  g_mutex_clear (&store->lock);
  g_cond_clear (&store->cond);
  g_free (store->folder);
  g_free (store->helper);
  g_free (store);
}
