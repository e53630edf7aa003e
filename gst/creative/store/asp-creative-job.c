/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative-store-private.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#define READ_BYTES (256u << 10)
#define FETCH_IDLE_MS 10000
#define FETCH_RETRIES 2
#define CODE_NOT_FOUND 401      /* VAST: the file cannot be had */
#define CODE_TIMEOUT 402
#define CODE_TROUBLE 405
#define OUTPUT_BYTES_MAX (G_GUINT64_CONSTANT (1) << 30)

/* FALSE: the job has failed with @code, and @text (transfer full) says why. */
static gboolean
fail (AspConditionJob * job, guint code, gchar * text)
{
  job->code = code;
  g_free (job->text);
  job->text = text;
  return FALSE;
}

/* --- the file --------------------------------------------------------------------------- */

static void
on_fetched (const AspHttpAnswer * answer, const GError * error, gpointer user_data)
{
  gpointer *both = user_data;
  AspCreativeStore *store = both[0];
  AspConditionJob *job = both[1];
  gboolean ok = !error && answer->status == 200 && answer->sha256;

  if (error)
    fail (job, g_error_matches (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_TIMEOUT) ? CODE_TIMEOUT :
        CODE_NOT_FOUND, g_strdup (error->message));
  else if (!ok)
    fail (job, CODE_NOT_FOUND, g_strdup_printf ("The server answers with status %u", answer->status));
  else
    job->content = g_strdup (answer->sha256);
  g_mutex_lock (&store->lock);
  job->fetched = TRUE;
  g_cond_broadcast (&store->cond);
  g_mutex_unlock (&store->lock);
}

static gboolean
fetch (AspCreativeStore * store, AspConditionJob * job)
{
  gpointer both[2] = { store, job };
  AspHttpCall call = { .url = job->url, .file = job->file, .max_bytes = store->max_source_bytes,
    .idle_timeout_ms = FETCH_IDLE_MS, .total_timeout_ms = store->fetch_timeout_s * 1000,
    .retry = ASP_HTTP_RETRY_SAFE, .retries = FETCH_RETRIES
  };
  guint64 id;

  if (!store->client)
    return fail (job, CODE_NOT_FOUND, g_strdup ("Creatives are not fetched here, only files are taken"));
  id = asp_http_client_send (store->client, &call, on_fetched, both);
  g_mutex_lock (&store->lock);
  while (!job->fetched && !store->ending)
    g_cond_wait (&store->cond, &store->lock);
  g_mutex_unlock (&store->lock);
  /* `both` lives until the callback has come */
  asp_http_client_cancel (store->client, id);
  g_mutex_lock (&store->lock);
  while (!job->fetched)
    g_cond_wait (&store->cond, &store->lock);
  g_mutex_unlock (&store->lock);
  return job->content != NULL;
}

static gboolean
is_ending (AspCreativeStore * store)
{
  gboolean ending;

  g_mutex_lock (&store->lock);
  ending = store->ending;
  g_mutex_unlock (&store->lock);
  return ending;
}

/* A file is read where it lies. */
static gboolean
hash_file (AspCreativeStore * store, AspConditionJob * job)
{
  g_autoptr (GFile) file = g_file_new_for_uri (job->url);
  g_autoptr (GError) error = NULL;
  g_autoptr (GFileInputStream) in = NULL;
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *bytes = g_malloc (READ_BYTES);
  guint64 total = 0;
  gssize n = 0;

  g_free (job->file);
  job->file = g_file_get_path (file);
  in = job->file ? g_file_read (file, NULL, &error) : NULL;
  while (in && total <= store->max_source_bytes && !is_ending (store) &&
      (n = g_input_stream_read (G_INPUT_STREAM (in), bytes, READ_BYTES, NULL, &error)) > 0) {
    g_checksum_update (sum, bytes, n);
    total += (guint64) n;
  }
  if (error || !in)
    return fail (job, CODE_NOT_FOUND, g_strdup (error ? error->message : "That is no file of this machine"));
  if (n != 0)
    return fail (job, CODE_NOT_FOUND, g_strdup_printf ("The file has more than %" G_GUINT64_FORMAT " bytes, or the store ends",
            store->max_source_bytes));
  job->content = g_strdup (g_checksum_get_string (sum));
  return TRUE;
}

static gboolean
get_file (AspCreativeStore * store, AspConditionJob * job)
{
  job->file = g_build_filename (job->folder, "source", NULL);
  if (job->handed && g_rename (job->handed, job->file) == 0)
    return TRUE;
  g_clear_pointer (&job->content, g_free);
  return g_str_has_prefix (job->url, "file:") ? hash_file (store, job) : fetch (store, job);
}

/* --- the whole -------------------------------------------------------------------------- */

typedef struct
{
  AspCreativeStore *store;
  AspConditionJob *job;
} Both;

static void
on_progress (gint percent, gpointer user_data)
{
  Both *both = user_data;

  asp_condition_job_progress (both->store, both->job, percent);
}

static gboolean
condition (AspCreativeStore * store, AspConditionJob * job, const gchar * folder)
{
  AspConditionProcess process = { .program = store->helper, .source = job->file, .folder = folder,
    .settings = job->settings, .timeout_s = store->job_timeout_s, .max_memory_mib = store->max_memory_mib,
    .max_file_bytes = OUTPUT_BYTES_MAX, .stop_fd = store->stop[0]
  };
  Both both = { store, job };
  guint code;
  gchar *text = asp_condition_process_run (&process, on_progress, &both, &code);

  return text ? fail (job, code, text) : TRUE;
}

gchar *
asp_condition_asset_id (const gchar * content, const gchar * fingerprint)
{
  g_autofree gchar *both = g_strconcat (content, " ", fingerprint, NULL);
  gchar *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, both, -1);

  sum[32] = '\0';
  return sum;
}

static gboolean
make_asset (AspCreativeStore * store, AspConditionJob * job)
{
  g_autofree gchar *out = g_build_filename (job->folder, "out", NULL);
  g_autoptr (GError) error = NULL;

  if (g_mkdir (out, 0755) != 0)
    return fail (job, CODE_TROUBLE, g_strdup ("The disk takes no more"));
  if (!condition (store, job, out))
    return FALSE;
  if (!asp_shelf_put_asset (store->shelf, job->asset, out, &error))
    return fail (job, CODE_TROUBLE, g_strdup (error->message));
  return TRUE;
}

gboolean
asp_condition_job_run (AspCreativeStore * store, AspConditionJob * job)
{
  g_autoptr (GError) error = NULL;
  gboolean ok;

  job->folder = asp_shelf_new_job_folder (store->shelf, &error);
  if (!job->folder)
    return fail (job, CODE_TROUBLE, g_strdup (error->message));
  ok = get_file (store, job);
  if (ok) {
    job->asset = asp_condition_asset_id (job->content, job->fingerprint);
    /* the same bytes under another name may have been conditioned before */
    ok = asp_shelf_use_asset (store->shelf, job->asset) || make_asset (store, job);
  }
  if (ok)
    asp_shelf_set_content (store->shelf, job->source, job->content);
  if (job->content && !g_str_has_prefix (job->url, "file:"))
    asp_condition_job_hand_over (store, job);
  asp_creative_drop_folder (job->folder);
  return ok;
}
