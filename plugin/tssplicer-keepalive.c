/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tssplicer-private.h"

/*
 * A live input that stops inside a break (DESIGN 6.11): after `input-timeout` the break
 * goes on, paced by the wall clock, from this thread. It takes the STREAM_LOCK of the
 * sink pad, as the input would.
 */

static gboolean
input_is_silent (GstTsSplicer * self, gint64 timeout_us, gint64 * step_us)
{
  gint64 now = g_get_monotonic_time ();
  gboolean silent;

  g_mutex_lock (&self->keep_lock);
  silent = self->last_input_us > 0 && now - self->last_input_us >= timeout_us;
  if (silent) {
    *step_us = now - MAX (self->last_input_us, self->last_step_us);
    self->last_step_us = now;
  }
  g_mutex_unlock (&self->keep_lock);
  return silent;
}

static void
go_on (GstTsSplicer * self, gint64 timeout_us)
{
  gint64 step_us;

  GST_PAD_STREAM_LOCK (self->sinkpad);
  if (!GST_PAD_IS_FLUSHING (self->sinkpad) && self->splicer && !self->eos &&
      asp_splicer_in_break (self->splicer) && input_is_silent (self, timeout_us, &step_us)) {
    ts_splicer_take_orders (self);
    asp_splicer_advance (self->splicer, MIN (step_us, G_USEC_PER_SEC * 10) * 27);
    ts_splicer_flush_output (self);
  }
  GST_PAD_STREAM_UNLOCK (self->sinkpad);
}

static gboolean
nap (GstTsSplicer * self)
{
  gboolean stop;

  g_mutex_lock (&self->keep_lock);
  if (!self->keep_stop)
    g_cond_wait_until (&self->keep_cond, &self->keep_lock,
        g_get_monotonic_time () + KEEPALIVE_TICK_MS * G_TIME_SPAN_MILLISECOND);
  stop = self->keep_stop;
  g_mutex_unlock (&self->keep_lock);
  return !stop;
}

static gpointer
keepalive (gpointer user_data)
{
  GstTsSplicer *self = user_data;

  while (nap (self)) {
    gint64 timeout_us, now = g_get_monotonic_time ();
    gboolean due;

    GST_OBJECT_LOCK (self);
    timeout_us = (gint64) (self->settings.input_timeout_ns / 1000);
    GST_OBJECT_UNLOCK (self);
    g_mutex_lock (&self->keep_lock);
    due = g_atomic_int_get (&self->keep_break) && self->last_input_us > 0 && now - self->last_input_us >= timeout_us;
    g_mutex_unlock (&self->keep_lock);
    if (due && ts_splicer_is_live (self))
      go_on (self, timeout_us);
  }
  return NULL;
}

/* Streaming thread: something came in. The thread is started with the first break. */
void
ts_splicer_keepalive_input (GstTsSplicer * self)
{
  gboolean in_break = asp_splicer_in_break (self->splicer);

  g_atomic_int_set (&self->keep_break, in_break);
  if (!in_break)
    return;
  g_mutex_lock (&self->keep_lock);
  self->last_input_us = g_get_monotonic_time ();
  if (!self->keep_thread && !self->keep_stop)
    self->keep_thread = g_thread_new ("adsplice-keepalive", keepalive, self);
  g_mutex_unlock (&self->keep_lock);
}

void
ts_splicer_keepalive_start (GstTsSplicer * self)
{
  g_mutex_lock (&self->keep_lock);
  self->keep_stop = FALSE;
  g_atomic_int_set (&self->keep_break, FALSE);
  self->last_input_us = self->last_step_us = 0;
  g_mutex_unlock (&self->keep_lock);
}

void
ts_splicer_keepalive_stop (GstTsSplicer * self)
{
  GThread *thread;

  g_mutex_lock (&self->keep_lock);
  self->keep_stop = TRUE;
  g_cond_signal (&self->keep_cond);
  thread = g_steal_pointer (&self->keep_thread);
  g_mutex_unlock (&self->keep_lock);
  if (thread)
    g_thread_join (thread);
}
