/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-shard.h"

#include "asp-http-topic-private.h"

/* Connections of one shard. Each shard costs a descriptor (the context's own). */
#define SHARD_SIZE 16
/* Times around before the others have their turn. */
#define TURNS_AT_ONCE 8

struct _AspHttpShard
{
  AspHttpShards *shards;
  GMainContext *context;
  guint n_clients;
  gboolean woken;
  GList woken_link, open_link;
};

struct _AspHttpShards
{
  GPtrArray *all;               /* AspHttpShard */
  GQueue open;                  /* with a place left */
  GQueue woken;
  GSource *source;              /* ready when one is woken */
};

/* No descriptor of a shard is ever of interest: no system call to find that out. */
static gint
poll_nothing (GPollFD * fds, guint n, gint timeout_ms)
{
  for (guint i = 0; i < n; i++)
    fds[i].revents = 0;
  return 0;
}

static AspHttpShard *
shard_new (AspHttpShards * shards)
{
  AspHttpShard *s = g_new0 (AspHttpShard, 1);

  s->shards = shards;
  s->context = g_main_context_new ();
  g_main_context_set_poll_func (s->context, poll_nothing);
  /* owned by this thread for good: making a source ready wakes nobody */
  g_main_context_acquire (s->context);
  s->woken_link.data = s;
  s->open_link.data = s;
  g_ptr_array_add (shards->all, s);
  g_queue_push_tail_link (&shards->open, &s->open_link);
  return s;
}

static void
shard_free (gpointer data)
{
  AspHttpShard *s = data;

  g_main_context_release (s->context);
  g_main_context_unref (s->context);
  g_free (s);
}

static gboolean
on_woken (gpointer shards)
{
  asp_http_shards_run (shards);
  return G_SOURCE_CONTINUE;
}

AspHttpShards *
asp_http_shards_new (GMainContext * context)
{
  AspHttpShards *shards = g_new0 (AspHttpShards, 1);

  shards->all = g_ptr_array_new_with_free_func (shard_free);
  g_queue_init (&shards->open);
  g_queue_init (&shards->woken);
  shards->source = asp_http_ready_source_new (context, on_woken, shards);
  return shards;
}

void
asp_http_shards_free (AspHttpShards * shards)
{
  g_source_destroy (shards->source);
  g_source_unref (shards->source);
  g_ptr_array_unref (shards->all);
  g_free (shards);
}

AspHttpShard *
asp_http_shards_join (AspHttpShards * shards)
{
  AspHttpShard *s = shards->open.head ? shards->open.head->data : shard_new (shards);

  if (++s->n_clients == SHARD_SIZE)
    g_queue_unlink (&shards->open, &s->open_link);
  return s;
}

void
asp_http_shard_leave (AspHttpShard * s)
{
  /* an empty one is kept for the next */
  if (s->n_clients-- == SHARD_SIZE)
    g_queue_push_tail_link (&s->shards->open, &s->open_link);
}

void
asp_http_shard_enter (AspHttpShard * s)
{
  g_main_context_push_thread_default (s->context);
}

void
asp_http_shard_exit (AspHttpShard * s)
{
  g_main_context_pop_thread_default (s->context);
}

void
asp_http_shard_wake (AspHttpShard * s)
{
  if (s->woken)
    return;
  s->woken = TRUE;
  g_queue_push_tail_link (&s->shards->woken, &s->woken_link);
  g_source_set_ready_time (s->shards->source, 0);
}

static void
run (AspHttpShard * s)
{
  guint turns = 0;

  asp_http_shard_enter (s);
  while (turns < TURNS_AT_ONCE && g_main_context_iteration (s->context, FALSE))
    turns++;
  asp_http_shard_exit (s);
  if (turns == TURNS_AT_ONCE)
    asp_http_shard_wake (s);
}

void
asp_http_shards_run (AspHttpShards * shards)
{
  /* those that are woken meanwhile are for the next time */
  guint n = g_queue_get_length (&shards->woken);

  g_source_set_ready_time (shards->source, -1);
  while (n-- > 0) {
    AspHttpShard *s = g_queue_pop_head_link (&shards->woken)->data;

    s->woken = FALSE;
    run (s);
  }
  if (!g_queue_is_empty (&shards->woken))
    g_source_set_ready_time (shards->source, 0);
}

void
asp_http_shards_run_all (AspHttpShards * shards)
{
  for (guint i = 0; i < shards->all->len; i++)
    asp_http_shard_wake (g_ptr_array_index (shards->all, i));
  asp_http_shards_run (shards);
}
