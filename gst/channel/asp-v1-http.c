/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-http.h"

struct _AspV1Http
{
  AspV1 *v1;
  AspEventLog *log;
  AspHttpTopic *topic;
  guint watch;
};

/* One that is told what happens. */
typedef struct
{
  AspV1 *v1;
  guint64 since;
  gchar *channel;
} Listener;

/* In the log's thread. */
static void
on_grew (gpointer user_data, guint64 last)
{
  asp_http_topic_publish (((AspV1Http *) user_data)->topic, last, NULL, NULL);
}

AspV1Http *
asp_v1_http_new (AspV1 * v1, AspEventLog * log)
{
  AspV1Http *h = g_new0 (AspV1Http, 1);

  h->v1 = v1;
  h->log = log;
  h->topic = asp_http_topic_new ();
  h->watch = asp_event_log_watch (log, on_grew, h);
  return h;
}

void
asp_v1_http_free (AspV1Http * h)
{
  if (!h)
    return;
  asp_event_log_unwatch (h->log, h->watch);
  asp_http_topic_unref (h->topic);
  g_free (h);
}

AspHttpTopic *
asp_v1_http_topic (AspV1Http * h)
{
  return h->topic;
}

static GBytes *
next_events (gpointer data, gboolean * end)
{
  Listener *l = data;

  return asp_v1_next_events (l->v1, &l->since, l->channel);
}

static void
listener_free (gpointer data)
{
  g_free (((Listener *) data)->channel);
  g_free (data);
}

static void
stream (AspV1Http * h, AspV1Reply * said, AspHttpReply * reply)
{
  Listener *l = g_new0 (Listener, 1);

  l->v1 = h->v1;
  l->since = said->since;
  l->channel = g_steal_pointer (&said->channel);
  asp_http_reply_stream (reply, said->type, next_events, l, listener_free);
}

static void
reply_answer (const AspV1Reply * said, AspHttpReply * reply)
{
  for (guint i = 0; said->fields && said->fields[i]; i += 2)
    asp_http_reply_header (reply, said->fields[i], said->fields[i + 1]);
  asp_http_reply_content (reply, said->status, said->type, said->body);
}

static const gchar *
header (gconstpointer fields, const gchar * name)
{
  return asp_http_request_header (fields, name);
}

void
asp_v1_http_answer (AspV1Http * h, const AspHttpRequest * r, AspHttpReply * reply)
{
  const AspApiRequest request = { r->method, r->path, r->query, header, r, r->body, r->body_size, r->from_loopback };
  g_auto (AspV1Reply) said = { 0 };

  asp_v1_handle (h->v1, &request, r->expired, g_get_real_time (), &said);
  switch (said.kind) {
    case ASP_V1_WAIT:
      /* the topic is never ahead of the log, which the answer has looked at last */
      asp_http_reply_wait (reply, said.since + 1, said.wait_ms);
      break;
    case ASP_V1_STREAM:
      stream (h, &said, reply);
      break;
    case ASP_V1_ANSWER:
      reply_answer (&said, reply);
      break;
  }
}

void
asp_v1_http_refuse (const GError * fault, AspHttpReply * reply)
{
  g_auto (AspV1Reply) said = { 0 };

  asp_v1_refuse (fault, &said);
  reply_answer (&said, reply);
}
