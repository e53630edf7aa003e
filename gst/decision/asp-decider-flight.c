/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests on their way: one for all who ask the same. */
#include "asp-decider-private.h"

#include <asp-vast.h>
#include <string.h>

typedef struct
{
  guint64 job_id;
  guint request_id;
} Waiter;

typedef struct
{
  AspDecider *decider;
  gchar *key;
  guint64 http_id;
  GArray *waiters;              /* Waiter */
} Flight;

static void
append_key (GString * key, const gchar * part)
{
  /* lengths keep the parts apart */
  g_string_append_printf (key, "%" G_GSIZE_FORMAT ":%s", part ? strlen (part) : 0, part ? part : "");
}

/* Who is asked what, and for whom. The ad server's own request has headers and a body. */
static gchar *
flight_key (const Job * job, const AspDecisionAction * action)
{
  GString *key = g_string_new (action->id == 1 ? job->request.method : "GET");
  g_autofree gchar *identity = g_strdup_printf ("%p", action->id == 1 ? job->identity : NULL);

  append_key (key, action->url);
  append_key (key, job->device_ip);
  append_key (key, job->device_user_agent);
  append_key (key, identity);
  for (guint i = 0; action->id == 1 && job->request.headers && job->request.headers[i]; i++)
    append_key (key, job->request.headers[i]);
  if (action->id == 1) {
    append_key (key, job->request.body_type);
    append_key (key, job->request.body);
  }
  return g_string_free (key, FALSE);
}

/* charset of a Content-Type. (transfer full) (nullable) */
static gchar *
charset_of (const gchar * content_type)
{
  g_auto (GStrv) parts = content_type ? g_strsplit_set (content_type, "; \t\"'", -1) : NULL;

  for (guint i = 0; parts && parts[i]; i++) {
    if (g_ascii_strncasecmp (parts[i], "charset=", 8))
      continue;
    /* the quotes have been split off: charset="utf-8" */
    return g_strdup (parts[i][8] || !parts[i + 1] ? parts[i] + 8 : parts[i + 1]);
  }
  return NULL;
}

/* No content is an answer without ads. NULL with an error. */
static AspAdResponse *
read_answer (const AspHttpAnswer * answer, GError ** error)
{
  g_autofree gchar *charset = charset_of (answer->content_type);
  gsize size;
  const gchar *bytes = answer->body ? g_bytes_get_data (answer->body, &size) : NULL;

  if (answer->status == 204 || !bytes || size == 0)
    return asp_ad_response_new ();
  return asp_vast_parse (bytes, size, charset, error);
}

static void
tell_failure (Job * job, guint id, const AspHttpAnswer * answer, const GError * problem)
{
  AspDecisionFailure failure = ASP_DECISION_UNREACHABLE;
  g_autofree gchar *status = NULL;

  if (g_error_matches (problem, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_TIMEOUT))
    failure = ASP_DECISION_TIMED_OUT;
  else if (g_error_matches (problem, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_ADDRESS) ||
      g_error_matches (problem, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_URL))
    failure = ASP_DECISION_REFUSED;
  if (!problem) {
    g_autofree gchar *where = asp_http_url_for_people (answer->url);

    status = g_strdup_printf ("%s answered with status %u", where, answer->status);
  }
  asp_decision_failed (job->decision, id, g_get_monotonic_time (), failure,
      problem ? problem->message : status);
}

/* Each one gets a document of its own: a decision keeps and changes it. */
static void
tell (Job * job, guint id, const AspHttpAnswer * answer, const GError * problem)
{
  g_autoptr (GError) error = NULL;
  AspAdResponse *response;

  if (problem || answer->status < 200 || answer->status > 299) {
    tell_failure (job, id, answer, problem);
    return;
  }
  /* wrappers side by side could fill the memory that one document cannot */
  job->bytes += answer->body ? g_bytes_get_size (answer->body) : 0;
  if (job->bytes > ASP_DECIDER_BODIES_MAX) {
    asp_decision_failed (job->decision, id, g_get_monotonic_time (), ASP_DECISION_UNREACHABLE,
        "The documents of this decision are larger than 8 MiB together");
    return;
  }
  response = read_answer (answer, &error);
  asp_decision_document (job->decision, id, g_get_monotonic_time (), answer->url, response, error);
}

static void
flight_free (Flight * flight)
{
  g_array_unref (flight->waiters);
  g_free (flight->key);
  asp_decider_unref (flight->decider);
  g_free (flight);
}

static void
on_answer (const AspHttpAnswer * answer, const GError * problem, gpointer user_data)
{
  Flight *flight = user_data;
  AspDecider *decider = flight->decider;

  /* who asks from now on asks anew */
  if (g_hash_table_lookup (decider->flights, flight->key) == flight)
    g_hash_table_remove (decider->flights, flight->key);
  for (guint i = 0; i < flight->waiters->len; i++) {
    const Waiter *w = &g_array_index (flight->waiters, Waiter, i);
    Job *job = g_hash_table_lookup (decider->jobs, &w->job_id);

    if (!job)
      continue;
    tell (job, w->request_id, answer, problem);
    asp_decider_run (job);
  }
  flight_free (flight);
}

static void
send_request (Flight * flight, const Job * job, const AspDecisionAction * action)
{
  gboolean first = action->id == 1;
  const gchar *text = first ? job->request.body : NULL;
  g_autoptr (GBytes) body = text ? g_bytes_new (text, strlen (text)) : NULL;
  AspHttpCall call = {.url = action->url,.device_ip = job->device_ip,
    .device_user_agent = job->device_user_agent,.max_bytes = ASP_DECIDER_BODY_MAX,
    .connect_timeout_ms = action->timeout_ms,.idle_timeout_ms = action->timeout_ms,
    .total_timeout_ms = action->timeout_ms,.retry = ASP_HTTP_RETRY_UNSENT,.retries = 1
  };

  if (first) {
    call.method = job->request.method;
    call.headers = (const gchar * const *) job->request.headers;
    call.body = body;
    call.body_type = job->request.body_type;
    call.gzip_body = job->request.gzip;
    call.identity = job->identity;
  }
  flight->http_id = asp_http_client_send (job->decider->client, &call, on_answer, flight);
}

void
asp_decider_fetch (Job * job, const AspDecisionAction * action)
{
  AspDecider *decider = job->decider;
  g_autofree gchar *key = flight_key (job, action);
  Flight *flight = g_hash_table_lookup (decider->flights, key);
  Waiter waiter = {.job_id = job->id,.request_id = action->id };

  if (flight) {
    g_array_append_val (flight->waiters, waiter);
    return;
  }
  flight = g_new0 (Flight, 1);
  flight->decider = asp_decider_ref (decider);
  flight->key = g_steal_pointer (&key);
  flight->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  g_array_append_val (flight->waiters, waiter);
  g_hash_table_insert (decider->flights, flight->key, flight);
  send_request (flight, job, action);
}

static void
leave (Flight * flight, guint64 job_id, guint id)
{
  for (guint i = flight->waiters->len; i-- > 0;) {
    const Waiter *w = &g_array_index (flight->waiters, Waiter, i);

    if (w->job_id == job_id && (id == 0 || w->request_id == id))
      g_array_remove_index (flight->waiters, i);
  }
}

void
asp_decider_drop (Job * job, guint id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, job->decider->flights);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Flight *flight = value;

    leave (flight, job->id, id);
    if (flight->waiters->len > 0)
      continue;
    /* its callback comes later, and frees it; nobody joins it any more */
    g_hash_table_iter_remove (&iter);
    asp_http_client_cancel (job->decider->client, flight->http_id);
  }
}

static void
on_beacon_answer (const AspHttpAnswer * answer, const GError * problem, gpointer user_data)
{
}

void
asp_decider_fire (Job * job, const AspDecisionAction * action)
{
  AspDecider *decider = job->decider;
  AspHttpCall call = {.url = action->url,.device_ip = job->device_ip,
    .device_user_agent = job->device_user_agent,.max_bytes = ASP_DECIDER_BEACON_BODY_MAX,
    .connect_timeout_ms = ASP_DECIDER_BEACON_MS,.idle_timeout_ms = ASP_DECIDER_BEACON_MS,
    .total_timeout_ms = ASP_DECIDER_BEACON_MS,.retry = ASP_HTTP_RETRY_UNSENT,.retries = 1
  };

  if (decider->config.beacon)
    decider->config.beacon (action->url, action->event, action->code, decider->config.beacon_data);
  else
    asp_http_client_send (decider->client, &call, on_beacon_answer, NULL);
}
