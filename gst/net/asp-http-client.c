/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads: the users' (send, cancel, new, free) and the client's, which owns everything below
 * "client's thread". `lock` guards `allow`, `incoming`, `cancelled`, `n_open`, `last_id` and
 * `stopping`; nothing is called while it is held but g_source_set_ready_time().
 *
 * There is one SoupSession for each origin (scheme, host, port, and client certificate), all
 * in this thread: libsoup can be told where to connect for a session, not for a message,
 * and that is how connections are bound to vetted addresses (asp-http-vetted.h). It also
 * keeps a server that is slow from taking the connections of the others. A session that has
 * been idle for SESSION_IDLE_US is dropped; its connections are closed before that.
 */
#include "asp-http-client.h"

#include <libsoup/soup.h>
#include <string.h>

#include "asp-http-topic-private.h"
#include "asp-http-transfer.h"
#include "asp-http-vetted.h"

#define DEFAULT_MAX_RUNNING 64
#define DEFAULT_MAX_WAITING 10000
#define CONNECTION_IDLE_S 20
#define LEFT_MAX_MS 5000        /* for calls that are left behind, when the client goes */
#define SESSION_IDLE_US (60 * G_USEC_PER_SEC)

typedef struct
{
  SoupSession *session;
  AspHttpIdentity *identity;    /* referenced: its address is part of the key */
  guint n_running;
  gint64 idle_since_us;
} Origin;

struct _AspHttpClient
{
  GTlsDatabase *trusted;        /* nullable */
  gchar *user_agent;
  guint max_running, max_waiting;
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  GSource *wake;

  GMutex lock;
  AspHttpAllow *allow;
  GQueue incoming;              /* AspHttpTransfer */
  GArray *cancelled;            /* guint64 */
  guint n_open;                 /* calls whose callback has not come */
  guint64 last_id;
  gboolean stopping;

  /* client's thread */
  GHashTable *origins;          /* gchar * -> Origin */
  GHashTable *transfers;        /* guint64 * in the transfer -> AspHttpTransfer */
  GQueue waiting;               /* AspHttpTransfer */
  guint n_running;
};

/* What is allowed now. (transfer full) */
static AspHttpAllow *
dup_allow (AspHttpClient * c)
{
  AspHttpAllow *allow;

  g_mutex_lock (&c->lock);
  allow = asp_http_allow_ref (c->allow);
  g_mutex_unlock (&c->lock);
  return allow;
}

/* -- client's thread from here to client_main () -- */

static void
origin_free (Origin * o)
{
  soup_session_abort (o->session);
  g_object_unref (o->session);
  asp_http_identity_unref (o->identity);
  g_free (o);
}

static gboolean
is_stale (gpointer key, gpointer value, gpointer now_us)
{
  Origin *o = value;

  return o->n_running == 0 && *(gint64 *) now_us - o->idle_since_us > SESSION_IDLE_US;
}

static Origin *
origin_new (AspHttpClient * c, const AspHttpUrl * url, AspHttpIdentity * identity, AspHttpAllow * allow)
{
  g_autoptr (GSocketConnectable) target = asp_http_vetted_new (url->host, url->port, allow);
  Origin *o = g_new0 (Origin, 1);

  o->identity = identity ? asp_http_identity_ref (identity) : NULL;
  o->session = soup_session_new_with_options ("remote-connectable", target, "proxy-resolver", NULL,
      "max-conns", c->max_running, "max-conns-per-host", c->max_running, "timeout", 0,
      "idle-timeout", CONNECTION_IDLE_S, "user-agent", c->user_agent, NULL);
  if (c->trusted)
    soup_session_set_tls_database (o->session, c->trusted);
  return o;
}

static SoupSession *
acquire (gpointer client, const AspHttpUrl * url, AspHttpIdentity * identity)
{
  AspHttpClient *c = client;
  g_autofree gchar *name = asp_http_url_origin (url);
  g_autoptr (AspHttpAllow) allow = dup_allow (c);
  /* a session has the addresses that were allowed when it was made; it references what said so */
  g_autofree gchar *key = g_strdup_printf ("%s %p %p", name, (gpointer) identity, (gpointer) allow);
  gint64 now_us = g_get_monotonic_time ();
  Origin *o;

  g_hash_table_foreach_remove (c->origins, is_stale, &now_us);
  o = g_hash_table_lookup (c->origins, key);
  if (!o) {
    o = origin_new (c, url, identity, allow);
    g_object_set_data (G_OBJECT (o->session), "asp-origin", o);
    g_hash_table_insert (c->origins, g_steal_pointer (&key), o);
  }
  o->n_running++;
  return o->session;
}

static void
release (gpointer client, SoupSession * session)
{
  Origin *o = g_object_get_data (G_OBJECT (session), "asp-origin");

  o->n_running--;
  o->idle_since_us = g_get_monotonic_time ();
}

static void
begin_waiting (AspHttpClient * c)
{
  while (c->n_running < c->max_running && !g_queue_is_empty (&c->waiting)) {
    c->n_running++;
    asp_http_transfer_begin (g_queue_pop_head (&c->waiting));
  }
}

static void
ended (gpointer client, AspHttpTransfer * t)
{
  AspHttpClient *c = client;
  guint64 id = asp_http_transfer_id (t);

  if (asp_http_transfer_has_begun (t) || !g_queue_remove (&c->waiting, t))
    c->n_running--;
  g_hash_table_remove (c->transfers, &id);
  asp_http_transfer_free (t);
  g_mutex_lock (&c->lock);
  c->n_open--;
  /* the next one begins from the main loop, not from here: what ends at once would nest */
  g_source_set_ready_time (c->wake, 0);
  g_mutex_unlock (&c->lock);
}

static const AspHttpTransferFuncs transfer_funcs = { acquire, release, ended };

static void
take_incoming (AspHttpClient * c)
{
  g_autoptr (AspHttpAllow) allow = dup_allow (c);
  GQueue fresh;
  AspHttpTransfer *t;

  g_mutex_lock (&c->lock);
  fresh = c->incoming;
  g_queue_init (&c->incoming);
  g_mutex_unlock (&c->lock);
  while ((t = g_queue_pop_head (&fresh)) != NULL) {
    guint64 *id = g_new (guint64, 1);

    *id = asp_http_transfer_id (t);
    g_hash_table_insert (c->transfers, id, t);
    g_queue_push_tail (&c->waiting, t);
    asp_http_transfer_attach (t, c->context, allow, &transfer_funcs, c);
  }
}

static void
cancel_asked (AspHttpClient * c)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint64));
  GArray *asked;

  g_mutex_lock (&c->lock);
  asked = c->cancelled;
  c->cancelled = g_steal_pointer (&ids);
  g_mutex_unlock (&c->lock);
  for (guint i = 0; i < asked->len; i++) {
    AspHttpTransfer *t = g_hash_table_lookup (c->transfers, &g_array_index (asked, guint64, i));

    if (t)
      asp_http_transfer_cancel (t);
  }
  g_array_unref (asked);
}

static gboolean
on_wake (gpointer user_data)
{
  AspHttpClient *c = user_data;
  gboolean stop;

  g_mutex_lock (&c->lock);
  g_source_set_ready_time (c->wake, -1);
  stop = c->stopping;
  g_mutex_unlock (&c->lock);
  take_incoming (c);
  cancel_asked (c);
  begin_waiting (c);
  if (stop)
    g_main_loop_quit (c->loop);
  return G_SOURCE_CONTINUE;
}

/* Callbacks may send while this goes on: until there is nothing left. */
static void
cancel_all (AspHttpClient * c)
{
  for (;;) {
    g_autoptr (GList) all = NULL;

    take_incoming (c);
    if (g_hash_table_size (c->transfers) == 0)
      break;
    all = g_hash_table_get_values (c->transfers);
    for (GList * l = all; l; l = l->next) {
      guint64 id = asp_http_transfer_id (l->data);

      if (g_hash_table_contains (c->transfers, &id))
        asp_http_transfer_cancel (l->data);
    }
    if (g_hash_table_size (c->transfers) > 0)
      g_main_context_iteration (c->context, TRUE);
  }
}

static gboolean
on_left_deadline (gpointer over)
{
  *(gboolean *) over = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
any_left (AspHttpClient * c)
{
  GHashTableIter iter;
  gpointer origin;

  g_hash_table_iter_init (&iter, c->origins);
  while (g_hash_table_iter_next (&iter, NULL, &origin))
    if (((Origin *) origin)->n_running > 0)
      return TRUE;
  return FALSE;
}

/* Nobody waits for these any more, but libsoup has them still: its calls come back when their
 * connections go. What does not come back even then is never freed: a leak instead of a crash. */
static void
wait_for_left (AspHttpClient * c)
{
  GSource *deadline = g_timeout_source_new (LEFT_MAX_MS);
  GHashTableIter iter;
  gpointer key, origin;
  gboolean over = FALSE;

  g_hash_table_iter_init (&iter, c->origins);
  while (g_hash_table_iter_next (&iter, NULL, &origin))
    soup_session_abort (((Origin *) origin)->session);
  g_source_set_callback (deadline, on_left_deadline, &over, NULL);
  g_source_attach (deadline, c->context);
  while (!over && any_left (c))
    g_main_context_iteration (c->context, TRUE);
  g_source_destroy (deadline);
  g_source_unref (deadline);
  g_hash_table_iter_init (&iter, c->origins);
  while (g_hash_table_iter_next (&iter, &key, &origin))
    if (((Origin *) origin)->n_running > 0) {
      g_hash_table_iter_steal (&iter);
      g_free (key);
    }
}

static gpointer
client_main (gpointer data)
{
  AspHttpClient *c = data;

  g_main_context_push_thread_default (c->context);
  g_main_loop_run (c->loop);
  cancel_all (c);
  wait_for_left (c);
  g_source_destroy (c->wake);
  g_hash_table_remove_all (c->origins);
  while (g_main_context_iteration (c->context, FALSE))
    continue;
  g_main_context_pop_thread_default (c->context);
  return NULL;
}

/* -- the users' threads -- */

static gboolean
read_trusted (AspHttpClient * c, const gchar * ca_file, GError ** error)
{
  g_autoptr (GError) why = NULL;

  if (!ca_file || !*ca_file)
    return TRUE;
  c->trusted = g_tls_file_database_new (ca_file, &why);
  if (c->trusted)
    return TRUE;
  g_set_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_TLS, "Cannot use the "
      "certificates to trust in '%s': %s; it must be a PEM file", ca_file, why->message);
  return FALSE;
}

static void
client_destroy (AspHttpClient * c)
{
  if (c->wake) {
    g_source_unref (c->wake);
    g_main_loop_unref (c->loop);
    g_main_context_unref (c->context);
    g_hash_table_unref (c->origins);
    g_hash_table_unref (c->transfers);
    g_array_unref (c->cancelled);
  }
  asp_http_allow_unref (c->allow);
  g_clear_object (&c->trusted);
  g_free (c->user_agent);
  g_mutex_clear (&c->lock);
  g_free (c);
}

AspHttpClient *
asp_http_client_new (const AspHttpClientConfig * config, GError ** error)
{
  static const AspHttpClientConfig none = { 0, };
  AspHttpClient *c = g_new0 (AspHttpClient, 1);

  if (!config)
    config = &none;
  g_mutex_init (&c->lock);
  c->allow = asp_http_allow_ref (config->allow);
  c->user_agent = g_strdup (config->user_agent ? config->user_agent :
      "adsplice/" ADSPLICE_VERSION);
  c->max_running = config->max_running ? config->max_running : DEFAULT_MAX_RUNNING;
  c->max_waiting = config->max_waiting ? config->max_waiting : DEFAULT_MAX_WAITING;
  if (!read_trusted (c, config->ca_file, error)) {
    client_destroy (c);
    return NULL;
  }
  g_queue_init (&c->incoming);
  g_queue_init (&c->waiting);
  c->cancelled = g_array_new (FALSE, FALSE, sizeof (guint64));
  c->origins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) origin_free);
  c->transfers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  c->context = g_main_context_new ();
  c->loop = g_main_loop_new (c->context, FALSE);
  c->wake = asp_http_ready_source_new (c->context, on_wake, c);
  c->thread = g_thread_new ("asp-fetch", client_main, c);
  return c;
}

void
asp_http_client_free (AspHttpClient * c)
{
  if (!c)
    return;
  g_mutex_lock (&c->lock);
  c->stopping = TRUE;
  g_source_set_ready_time (c->wake, 0);
  g_mutex_unlock (&c->lock);
  g_thread_join (c->thread);
  client_destroy (c);
}

void
asp_http_client_set_allow (AspHttpClient * c, AspHttpAllow * allow)
{
  AspHttpAllow *old;

  g_mutex_lock (&c->lock);
  old = c->allow;
  c->allow = asp_http_allow_ref (allow);
  g_mutex_unlock (&c->lock);
  asp_http_allow_unref (old);
}

GMainContext *
asp_http_client_get_context (AspHttpClient * c)
{
  return c->context;
}

guint64
asp_http_client_send (AspHttpClient * c, const AspHttpCall * call, AspHttpDone done,
    gpointer user_data)
{
  gint64 now_us = g_get_monotonic_time ();
  GError *why = NULL;
  g_autoptr (AspHttpAllow) allow = dup_allow (c);
  AspHttpOrder *order = asp_http_order_new (call, allow, &why);
  guint64 id;

  g_mutex_lock (&c->lock);
  id = ++c->last_id;
  if (!why && (c->stopping || c->n_open >= c->max_running + c->max_waiting))
    why = g_error_new_literal (ASP_HTTP_CLIENT_ERROR, c->stopping ? ASP_HTTP_CLIENT_ERROR_CANCELLED :
        ASP_HTTP_CLIENT_ERROR_BUSY, c->stopping ? "The client is being closed" :
        "Too many requests wait already; the servers are too slow, or there are too many");
  c->n_open++;
  g_queue_push_tail (&c->incoming, asp_http_transfer_new (id, order, why, now_us, done, user_data));
  g_source_set_ready_time (c->wake, 0);
  g_mutex_unlock (&c->lock);
  return id;
}

void
asp_http_client_cancel (AspHttpClient * c, guint64 id)
{
  g_mutex_lock (&c->lock);
  g_array_append_val (c->cancelled, id);
  g_source_set_ready_time (c->wake, 0);
  g_mutex_unlock (&c->lock);
}
