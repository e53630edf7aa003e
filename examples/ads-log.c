/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ads-log.h"

#include <asp-http-path.h>
#include <asp-json-writer.h>

#include <string.h>

#define BODY_MAX 4096           /* of a body that is shown */

/* Those that ad servers look at; the others are not of interest. */
static const gchar *const header_names[] = { "User-Agent", "X-Device-IP", "X-Device-User-Agent",
  "X-Device-Referer", "X-Device-Accept-Language", "X-Forwarded-For", "Referer", "Accept-Language",
  "Accept-Encoding", "Authorization", "Cookie", "Content-Type", "Content-Encoding"
};

typedef struct
{
  guint64 n;
  gint64 time_us;               /* of the day */
  const gchar *kind;            /* static */
  gchar *method, *event, *path, *query;
  gchar *body;                  /* as text, as far as it is some; NULL = none */
  gsize body_size;
  gchar *sid, *ad;
  gchar *headers[G_N_ELEMENTS (header_names)];
} Entry;

struct _AdsLog
{
  GMutex lock;
  GQueue entries;               /* Entry */
  guint64 last_n;
};

static void
entry_free (Entry * e)
{
  g_free (e->method);
  g_free (e->event);
  g_free (e->path);
  g_free (e->query);
  g_free (e->body);
  g_free (e->sid);
  g_free (e->ad);
  for (guint i = 0; i < G_N_ELEMENTS (header_names); i++)
    g_free (e->headers[i]);
  g_free (e);
}

AdsLog *
ads_log_new (void)
{
  AdsLog *log = g_new0 (AdsLog, 1);

  g_mutex_init (&log->lock);
  g_queue_init (&log->entries);
  return log;
}

void
ads_log_free (AdsLog * log)
{
  g_queue_clear_full (&log->entries, (GDestroyNotify) entry_free);
  g_mutex_clear (&log->lock);
  g_free (log);
}

void
ads_log_add (AdsLog * log, const gchar * kind, const gchar * event, const AspHttpRequest * request)
{
  Entry *e = g_new0 (Entry, 1), *old = NULL;

  e->time_us = g_get_real_time ();
  e->kind = kind;
  e->method = g_strdup (request->method);
  e->event = g_strdup (event);
  e->body_size = request->body_size;
  if (request->body_size > 0 && g_utf8_validate (request->body, MIN (request->body_size, BODY_MAX),
          NULL))
    e->body = g_strndup (request->body, MIN (request->body_size, BODY_MAX));
  e->path = g_strdup (request->path);
  e->query = g_strdup (request->query);
  e->sid = asp_http_query_value (request->query, "sid");
  if (!e->sid)
    e->sid = g_strdup ("default");
  e->ad = asp_http_query_value (request->query, "ad");
  for (guint i = 0; i < G_N_ELEMENTS (header_names); i++)
    e->headers[i] = g_strdup (asp_http_request_header (request, header_names[i]));
  g_mutex_lock (&log->lock);
  e->n = ++log->last_n;
  g_queue_push_tail (&log->entries, e);
  if (g_queue_get_length (&log->entries) > ADS_LOG_MAX)
    old = g_queue_pop_head (&log->entries);
  g_mutex_unlock (&log->lock);
  g_clear_pointer (&old, entry_free);
}

static void
entry_write (AspJsonWriter * w, const Entry * e)
{
  g_autoptr (GDateTime) second = g_date_time_new_from_unix_utc (e->time_us / G_USEC_PER_SEC);
  g_autofree gchar *date = g_date_time_format (second, "%Y-%m-%dT%H:%M:%S");
  g_autofree gchar *time = g_strdup_printf ("%s.%06dZ", date, (int) (e->time_us % G_USEC_PER_SEC));

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "n", e->n);
  asp_json_add_string (w, "time", time);
  asp_json_add_int (w, "time_us", e->time_us);
  asp_json_add_string (w, "sid", e->sid);
  asp_json_add_string (w, "event", e->event);
  if (e->ad)
    asp_json_add_string (w, "ad", e->ad);
  asp_json_add_string (w, "path", e->path);
  if (e->query)
    asp_json_add_string (w, "query", e->query);
  asp_json_add_string (w, "method", e->method);
  if (e->body_size > 0)
    asp_json_add_int (w, "body_size", e->body_size);
  if (e->body)
    asp_json_add_string (w, "body", e->body);
  asp_json_begin_object (w, "headers");
  for (guint i = 0; i < G_N_ELEMENTS (header_names); i++)
    if (e->headers[i])
      asp_json_add_string (w, header_names[i], e->headers[i]);
  asp_json_end_object (w);
  asp_json_end_object (w);
}

gchar *
ads_log_to_json (AdsLog * log, const gchar * kind, const gchar * sid)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_begin_array (w, !strcmp (kind, "beacon") ? "beacons" : "requests");
  g_mutex_lock (&log->lock);
  for (GList * l = log->entries.head; l; l = l->next) {
    const Entry *e = l->data;

    if (!strcmp (e->kind, kind) && (!sid || !strcmp (e->sid, sid)))
      entry_write (w, e);
  }
  g_mutex_unlock (&log->lock);
  asp_json_end_array (w);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

void
ads_log_reset (AdsLog * log, const gchar * sid)
{
  GList *next;

  g_mutex_lock (&log->lock);
  for (GList * l = log->entries.head; l; l = next) {
    Entry *e = l->data;

    next = l->next;
    if (!sid || !strcmp (e->sid, sid)) {
      entry_free (e);
      g_queue_delete_link (&log->entries, l);
    }
  }
  g_mutex_unlock (&log->lock);
}
