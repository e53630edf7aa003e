/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks: `lock` guards everything below it; it is innermost but for the one that
 * g_source_set_ready_time() takes. No state is destroyed while it is held.
 */
#include "asp-http-topic-private.h"

struct _AspHttpState
{
  gint ref_count;               /* atomic */
  gpointer data;
  GDestroyNotify destroy;
};

struct _AspHttpTopic
{
  gint ref_count;               /* atomic */
  GMutex lock;
  guint64 generation;
  AspHttpState *state;
  GPtrArray *watches;           /* GSource */
};

AspHttpTopic *
asp_http_topic_new (void)
{
  AspHttpTopic *t = g_new0 (AspHttpTopic, 1);

  t->ref_count = 1;
  g_mutex_init (&t->lock);
  t->watches = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  return t;
}

AspHttpTopic *
asp_http_topic_ref (AspHttpTopic * t)
{
  g_atomic_int_inc (&t->ref_count);
  return t;
}

void
asp_http_topic_unref (AspHttpTopic * t)
{
  if (!t || !g_atomic_int_dec_and_test (&t->ref_count))
    return;
  asp_http_state_unref (t->state);
  g_ptr_array_unref (t->watches);
  g_mutex_clear (&t->lock);
  g_free (t);
}

void
asp_http_topic_publish (AspHttpTopic * t, guint64 generation, gpointer data,
    GDestroyNotify destroy)
{
  AspHttpState *fresh = g_new0 (AspHttpState, 1);
  AspHttpState *old;

  fresh->ref_count = 1;
  fresh->data = data;
  fresh->destroy = destroy;
  g_mutex_lock (&t->lock);
  g_warn_if_fail (generation >= t->generation);
  t->generation = MAX (generation, t->generation);
  old = t->state;
  t->state = fresh;
  for (guint i = 0; i < t->watches->len; i++)
    g_source_set_ready_time (g_ptr_array_index (t->watches, i), 0);
  g_mutex_unlock (&t->lock);
  asp_http_state_unref (old);
}

guint64
asp_http_topic_get_generation (AspHttpTopic * t)
{
  guint64 generation;

  g_mutex_lock (&t->lock);
  generation = t->generation;
  g_mutex_unlock (&t->lock);
  return generation;
}

AspHttpState *
asp_http_topic_take (AspHttpTopic * t, guint64 * generation)
{
  AspHttpState *state;

  g_mutex_lock (&t->lock);
  state = t->state;
  if (state)
    g_atomic_int_inc (&state->ref_count);
  *generation = t->generation;
  g_mutex_unlock (&t->lock);
  return state;
}

void
asp_http_state_unref (AspHttpState * state)
{
  if (!state || !g_atomic_int_dec_and_test (&state->ref_count))
    return;
  if (state->destroy)
    state->destroy (state->data);
  g_free (state);
}

gpointer
asp_http_state_data (const AspHttpState * state)
{
  return state ? state->data : NULL;
}

void
asp_http_topic_watch (AspHttpTopic * t, GSource * source)
{
  g_mutex_lock (&t->lock);
  g_ptr_array_add (t->watches, g_source_ref (source));
  g_mutex_unlock (&t->lock);
}

void
asp_http_topic_unwatch (AspHttpTopic * t, GSource * source)
{
  g_mutex_lock (&t->lock);
  g_ptr_array_remove (t->watches, source);
  g_mutex_unlock (&t->lock);
}

static gboolean
ready_dispatch (GSource * source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs ready_funcs = {.dispatch = ready_dispatch };

GSource *
asp_http_ready_source_new (GMainContext * context, GSourceFunc func, gpointer user_data)
{
  GSource *source = g_source_new (&ready_funcs, sizeof (GSource));

  g_source_set_callback (source, func, user_data, NULL);
  g_source_attach (source, context);
  return source;
}
