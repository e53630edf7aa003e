/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-private.h"

#include <string.h>

#define PAGE_MAX 1000
#define PAGE_DEFAULT 100
#define LAST_MAX 10000
#define WAIT_MAX_S 60
#define STREAM_PAGE 64          /* events that are read at once */
#define EVENT_TYPE "text/event-stream"

/* --- from where on ---------------------------------------------------------------------- */

/* A number beyond the end is one of another log, which this process does not have any more:
 * whoever comes with it begins anew, instead of waiting for ever. */
static guint64
within (guint64 since, guint64 end)
{
  return since > end ? 0 : since;
}

static gboolean
read_since (const AspV1Call * call, guint64 end, guint64 * since, GError ** error)
{
  guint64 last;

  if (g_hash_table_contains (call->query, "since") && g_hash_table_contains (call->query, "last"))
    return asp_v1_fail (error, ASP_API_VALIDATION, "'since' and 'last' both say where to begin: say one of them");
  if (!asp_v1_query_number (call, "since", 0, G_MAXINT64, 0, since, error) ||
      !asp_v1_query_number (call, "last", 0, LAST_MAX, LAST_MAX, &last, error))
    return FALSE;
  if (g_hash_table_contains (call->query, "last"))
    *since = end > last ? end - last : 0;
  *since = within (*since, end);
  return TRUE;
}

/* --- a page ----------------------------------------------------------------------------- */

static void
reply_page (AspV1 * v1, const AspV1Call * call, const GPtrArray * events, guint64 next, guint64 end, AspV1Reply * reply)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autofree gchar *now = asp_event_time (call->now_us);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "time", now);
  asp_json_add_string (w, "log", asp_event_log_id (v1->config.log));
  asp_json_begin_array (w, "events");
  for (guint i = 0; i < events->len; i++) {
    asp_json_begin_object (w, NULL);
    asp_event_write (g_ptr_array_index (events, i), w);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
  asp_json_add_int (w, "next", (gint64) next);
  asp_json_add_int (w, "end", (gint64) end);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, 200, w);
}

/* What the log cannot read now is there later. */
static GPtrArray *
read_log (AspV1 * v1, guint64 since, const gchar * channel, guint max, GError ** error)
{
  g_autoptr (GError) fault = NULL;
  GPtrArray *events = asp_event_log_read (v1->config.log, since, channel, max, &fault);

  if (!events)
    asp_v1_fail (error, ASP_API_UNAVAILABLE, "The log of events cannot be read now: %s", fault ? fault->message : "?");
  return events;
}

gboolean
asp_v1_op_list_events (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  const gchar *channel = g_hash_table_lookup (call->query, "channel");
  guint64 end = asp_event_log_last (v1->config.log);
  g_autoptr (GPtrArray) events = NULL;
  guint64 since, wait_s, limit, next = end;

  if (!read_since (call, end, &since, error) || !asp_v1_query_number (call, "wait", 0, WAIT_MAX_S, 0, &wait_s, error) ||
      !asp_v1_query_number (call, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit, error))
    return FALSE;
  if (!(events = read_log (v1, since, channel, (guint) limit, error)))
    return FALSE;
  if (events->len == 0 && wait_s > 0 && !call->expired) {
    reply->kind = ASP_V1_WAIT;
    reply->since = end;
    reply->wait_ms = (guint) wait_s * 1000;
    return TRUE;
  }
  /* one that came behind `end` is seen too */
  if (events->len > 0)
    next = MAX (((AspEvent *) g_ptr_array_index (events, events->len - 1))->number, events->len < limit ? end : 0);
  reply_page (v1, call, events, next, MAX (end, next), reply);
  return TRUE;
}

/* --- a stream --------------------------------------------------------------------------- */

gboolean
asp_v1_op_stream_events (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  const gchar *seen = call->request->header (call->request->fields, "last-event-id");
  guint64 end = asp_event_log_last (v1->config.log);
  guint64 number;

  if (!read_since (call, end, &reply->since, error))
    return FALSE;
  /* nothing said: what happens from now on */
  if (!g_hash_table_contains (call->query, "since") && !g_hash_table_contains (call->query, "last"))
    reply->since = end;
  /* a browser that comes again knows better than the URL that it began with */
  if (seen && g_ascii_string_to_unsigned (seen, 10, 0, G_MAXINT64, &number, NULL))
    reply->since = within (number, end);
  reply->kind = ASP_V1_STREAM;
  reply->status = 200;
  reply->type = EVENT_TYPE;
  reply->channel = g_strdup (g_hash_table_lookup (call->query, "channel"));
  return TRUE;
}

/* One line of JSON, so one line of data. */
static void
append_event (GString * text, const AspEvent * event)
{
  g_autoptr (GBytes) json = asp_event_to_bytes (event);
  gsize size;
  const gchar *data = g_bytes_get_data (json, &size);

  g_string_append_printf (text, "id: %" G_GUINT64_FORMAT "\nevent: %s\ndata: ", event->number, asp_event_name (event->kind));
  if (size > ASP_V1_PIECE_MAX / 2)
    g_string_append_printf (text, "{\"version\":%d,\"number\":%" G_GUINT64_FORMAT ",\"event_name\":\"%s\",\"too_long\":true}",
        ASP_EVENT_VERSION, event->number, asp_event_name (event->kind));
  else
    g_string_append_len (text, data, (gssize) size);
  g_string_append (text, "\n\n");
}

GBytes *
asp_v1_next_events (AspV1 * v1, guint64 * since, const gchar * channel)
{
  guint64 end = asp_event_log_last (v1->config.log);
  g_autoptr (GPtrArray) events = NULL;
  GString *text;

  if (*since >= end)
    return NULL;
  events = asp_event_log_read (v1->config.log, *since, channel, STREAM_PAGE, NULL);
  if (!events)
    return NULL;
  if (events->len == 0)
    *since = end;
  if (events->len == 0)
    return NULL;
  text = g_string_new (NULL);
  for (guint i = 0; i < events->len && text->len < ASP_V1_PIECE_MAX / 2; i++) {
    const AspEvent *event = g_ptr_array_index (events, i);

    append_event (text, event);
    *since = event->number;
  }
  return g_string_free_to_bytes (text);
}

/* --- hooks ------------------------------------------------------------------------------ */

gboolean
asp_v1_op_list_hooks (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error)
{
  g_autoptr (GPtrArray) states = v1->config.hooks ? asp_hook_runner_states (v1->config.hooks) : g_ptr_array_new ();
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_begin_array (w, "hooks");
  for (guint i = 0; i < states->len; i++) {
    const AspHookState *s = g_ptr_array_index (states, i);

    asp_json_begin_object (w, NULL);
    asp_json_add_string (w, "name", s->name);
    asp_json_add_int (w, "delivered", (gint64) s->delivered);
    asp_json_add_int (w, "failed", (gint64) s->failed);
    asp_json_add_int (w, "waiting", (gint64) s->waiting);
    asp_json_add_int (w, "lost", (gint64) s->lost);
    asp_json_add_int (w, "last_status", s->last_status);
    if (s->last_error)
      asp_json_add_string (w, "last_error", s->last_error);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
  asp_json_end_object (w);
  asp_v1_reply_json (reply, 200, w);
  return TRUE;
}
