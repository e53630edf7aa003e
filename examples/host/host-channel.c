/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-channel-private.h"

#include <string.h>

#include "host-log.h"

#define WATCH_S 1
#define SILENCE_S 5             /* an input that says nothing for so long is talked about */
#define END_TIMEOUT_S 10        /* after that the last playlist is given up */
#define BREAK_TIMEOUT_S 330     /* the longest break there is by itself, and END_TIMEOUT_S */

static HostBreaks breaks;

/* --- the configuration ---------------------------------------------------------------------------- */

HostConfig *
host_config_new (AspConfig * config)
{
  HostConfig *shared = g_rc_box_new0 (HostConfig);

  shared->config = config;
  return shared;
}

HostConfig *
host_config_ref (HostConfig * config)
{
  return g_rc_box_acquire (config);
}

static void
clear_config (gpointer data)
{
  asp_config_free (((HostConfig *) data)->config);
}

void
host_config_unref (HostConfig * config)
{
  if (config)
    g_rc_box_release_full (config, clear_config);
}

static gboolean
are_properties_same (const GPtrArray * a, const GPtrArray * b)
{
  if (a->len != b->len)
    return FALSE;
  for (guint i = 0; i < a->len; i++) {
    const AspConfigProperty *p = g_ptr_array_index (a, i), *q = g_ptr_array_index (b, i);

    if (strcmp (p->name, q->name) || strcmp (p->value, q->value))
      return FALSE;
  }
  return TRUE;
}

gboolean
host_channel_is_same (const HostChannel * channel, HostConfig * config, const AspConfigChannel * b)
{
  const AspConfigChannel *a = channel->mine;

  return g_strv_equal ((const gchar * const *) a->inputs, (const gchar * const *) b->inputs) &&
      g_strv_equal ((const gchar * const *) a->outputs, (const gchar * const *) b->outputs) && a->loop == b->loop &&
      are_properties_same (a->properties, b->properties) &&
      !g_strcmp0 (channel->config->config->listen, config->config->listen);
}

void
host_channel_set_config (HostChannel * channel, HostConfig * config, const AspConfigChannel * mine)
{
  HostConfig *old = channel->config;

  channel->config = host_config_ref (config);
  channel->mine = mine;
  for (guint i = 0; channel->inputs && i < channel->n_renditions; i++)
    channel->inputs[i].uri = mine->inputs[i];
  host_config_unref (old);
}

HostChannel *
host_channel_new (HostConfig * config, const AspConfigChannel * mine, const HostChannelFuncs * funcs, GError ** error)
{
  HostChannel *channel = g_new0 (HostChannel, 1);

  channel->config = host_config_ref (config);
  channel->mine = mine;
  channel->funcs = *funcs;
  if (host_channel_build (channel, error))
    return channel;
  host_channel_free (channel);
  return NULL;
}

static void
stop_timers (HostChannel * channel)
{
  g_clear_handle_id (&channel->stop_timer, g_source_remove);
  g_clear_handle_id (&channel->watch_timer, g_source_remove);
  g_clear_handle_id (&channel->ended_idle, g_source_remove);
  host_retry_stop (&channel->retry);
}

void
host_channel_free (HostChannel * channel)
{
  stop_timers (channel);
  host_channel_tear_down (channel);
  host_config_unref (channel->config);
  g_free (channel);
}

const gchar *
host_channel_name (const HostChannel * channel)
{
  return channel->mine->name;
}

HostBreaks
host_channel_breaks (void)
{
  return breaks;
}

/* --- its end ------------------------------------------------------------------------------------------ */

static gboolean
tell_ended (gpointer data)
{
  HostChannel *channel = data;

  channel->ended_idle = 0;
  channel->funcs.ended (channel, channel->clean, channel->funcs.user_data);
  return G_SOURCE_REMOVE;
}

static void
finish (HostChannel * channel, gboolean clean)
{
  stop_timers (channel);
  host_channel_tear_down (channel);
  channel->state = CHANNEL_ENDED;
  channel->clean = clean;
  /* whoever hears it may free us */
  channel->ended_idle = g_idle_add (tell_ended, channel);
}

static gboolean
on_end_timeout (gpointer data)
{
  HostChannel *channel = data;

  channel->stop_timer = 0;
  host_log (HOST_WARNING, channel->mine->name, "an output does not come to its end, and is left as it is");
  finish (channel, FALSE);
  return G_SOURCE_REMOVE;
}

/* In a thread of its own: what the splicer has to finish takes its time. */
static void
send_eos (GstElement * splicer, gpointer pad)
{
  gst_pad_send_event (pad, gst_event_new_eos ());
}

static void
set_end_timeout (HostChannel * channel, guint timeout_s)
{
  g_clear_handle_id (&channel->stop_timer, g_source_remove);
  channel->stop_timer = g_timeout_add_seconds (timeout_s, on_end_timeout, channel);
}

static gboolean
has_output (HostChannel * channel)
{
  for (guint i = 0; i < channel->outputs->len; i++)
    if (((HostOutput *) g_ptr_array_index (channel->outputs, i))->bin)
      return TRUE;
  return FALSE;
}

static void
begin_end (HostChannel * channel, guint timeout_s)
{
  channel->state = CHANNEL_ENDS;
  if (!has_output (channel)) {
    finish (channel, TRUE);
    return;
  }
  set_end_timeout (channel, timeout_s);
  for (guint i = 0; i < channel->n_renditions; i++) {
    HostInput *input = &channel->inputs[i];

    host_retry_stop (&input->retry);
    host_input_remove (input, channel->pipeline);
    gst_element_call_async (channel->splicer, send_eos, gst_object_ref (input->sink), gst_object_unref);
  }
}

void
host_channel_eos (HostChannel * channel)
{
  if (channel->state == CHANNEL_ENDS)
    finish (channel, TRUE);
}

static gboolean
on_break_timeout (gpointer data)
{
  HostChannel *channel = data;

  channel->stop_timer = 0;
  host_log (HOST_WARNING, channel->mine->name, "break %s takes too long, and is left", channel->break_id);
  begin_end (channel, END_TIMEOUT_S);
  return G_SOURCE_REMOVE;
}

static void
emit_for_break (HostChannel * channel, const gchar * signal)
{
  gboolean done = FALSE;

  g_signal_emit_by_name (channel->splicer, signal, channel->break_id, &done);
}

void
host_channel_stop (HostChannel * channel, gboolean cut, guint timeout_s)
{
  if (channel->state == CHANNEL_NEW || channel->state == CHANNEL_WAITS) {
    finish (channel, TRUE);
    return;
  }
  if (channel->state != CHANNEL_RUNS && !(channel->state == CHANNEL_ENDS_BREAK && cut))
    return;
  channel->cut = cut;
  if (!channel->in_break) {
    /* it may be a post-roll, which begins now; another one is skipped at the end of the stream */
    if (channel->break_id && cut)
      emit_for_break (channel, "cancel-ad-break");
    begin_end (channel, END_TIMEOUT_S);
    return;
  }
  host_log (HOST_NOTICE, channel->mine->name, cut ? "break %s is ended first" : "break %s is finished first",
      channel->break_id);
  channel->state = CHANNEL_ENDS_BREAK;
  g_clear_handle_id (&channel->stop_timer, g_source_remove);
  channel->stop_timer = g_timeout_add_seconds (timeout_s, on_break_timeout, channel);
  if (cut)
    emit_for_break (channel, "end-ad-break");
}

/* A break that opens at the end of the stream. */
static void
play_post_roll (HostChannel * channel)
{
  if (channel->cut)
    emit_for_break (channel, "end-ad-break");
  else
    set_end_timeout (channel, BREAK_TIMEOUT_S);
}

void
host_channel_break_changed (HostChannel * channel, const gchar * id, const gchar * state)
{
  gboolean started = !strcmp (state, "started"), ended = !strcmp (state, "ended");

  breaks.started += started;
  breaks.ended += ended;
  if (started || !strcmp (state, "scheduled")) {
    g_free (channel->break_id);
    channel->break_id = g_strdup (id);
    channel->in_break = started;
    if (started && channel->state == CHANNEL_ENDS)
      play_post_roll (channel);
  } else if ((ended || !strcmp (state, "cancelled") || !strcmp (state, "skipped")) &&
      !g_strcmp0 (id, channel->break_id)) {
    g_clear_pointer (&channel->break_id, g_free);
    channel->in_break = FALSE;
    if (channel->state == CHANNEL_ENDS_BREAK)
      begin_end (channel, END_TIMEOUT_S);
  }
}

/* --- inputs and outputs that fail --------------------------------------------------------------------- */

/* Without what may be a secret in it. */
static gchar *
kind_of (const gchar * uri)
{
  gsize size = strcspn (uri, ":");

  return uri[size] && !strchr (uri, '!') ? g_strndup (uri, size) : g_strdup (strchr (uri, '!') ? "launch line" : "file");
}

static gboolean
begin_input (gpointer data)
{
  HostInput *input = data;
  HostChannel *channel = input->owner;
  g_autoptr (GError) error = NULL;

  host_retry_began (&input->retry);
  if (!input->bin && !host_input_build (input, channel->pipeline, &error)) {
    host_channel_input_failed (channel, input, error->message);
  } else {
    /* Its errors come over the bus; what says nothing is found by the watch. */
    host_input_start (input);
  }
  return G_SOURCE_REMOVE;
}

void
host_channel_input_failed (HostChannel * channel, HostInput * input, const gchar * why)
{
  g_autofree gchar *kind = kind_of (input->uri), *text = g_strdup (why);

  host_input_remove (input, channel->pipeline);
  if (host_retry_later (&input->retry, begin_input, input))
    host_log (HOST_WARNING, channel->mine->name, "input %u (%s) fails: %s; it is begun again and again, "
        "after up to %u s", input->number, kind, text, HOST_RETRY_MAX_S);
}

static gboolean
begin_output (gpointer data)
{
  HostOutput *output = data;
  HostChannel *channel = output->owner;
  g_autoptr (GError) error = NULL;

  host_retry_began (&output->retry);
  if (!output->bin && !host_channel_build_output (channel, output, &error))
    host_channel_output_failed (channel, output, error->message);
  else
    host_output_start (output, channel->tees, channel->n_renditions);
  return G_SOURCE_REMOVE;
}

void
host_channel_output_failed (HostChannel * channel, HostOutput * output, const gchar * why)
{
  g_autofree gchar *kind = kind_of (output->uri), *text = g_strdup (why);

  host_output_remove (output, channel->pipeline);
  if (host_retry_later (&output->retry, begin_output, output))
    host_log (HOST_WARNING, channel->mine->name, "output %s fails: %s; it is begun again and again, after up to %u s",
        kind, text, HOST_RETRY_MAX_S);
}

void
host_channel_input_ended (HostChannel * channel, HostInput * input)
{
  gboolean at_once = g_get_monotonic_time () - input->retry.began_us < G_USEC_PER_SEC;

  if (!input->is_file) {
    host_channel_input_failed (channel, input, "it has ended");
  } else if (channel->mine->loop && at_once) {
    host_channel_input_failed (channel, input, "there is nothing in it that plays");
  } else if (channel->mine->loop) {
    host_input_remove (input, channel->pipeline);
    begin_input (input);
  } else if (channel->state == CHANNEL_RUNS || channel->state == CHANNEL_ENDS_BREAK) {
    host_log (HOST_NOTICE, channel->mine->name, "input %u has come to its end", input->number);
    begin_end (channel, channel->in_break ? BREAK_TIMEOUT_S : END_TIMEOUT_S);
  }
}

static void
watch_input (HostChannel * channel, HostInput * input)
{
  gint packets = g_atomic_int_get (&input->packets);
  gboolean flows = packets != input->seen;

  input->seen = packets;
  if (flows && (host_retry_is_well (&input->retry) || input->silent_s >= SILENCE_S))
    host_log (HOST_NOTICE, channel->mine->name, "input %u is back", input->number);
  input->silent_s = flows || !input->bin ? 0 : input->silent_s + 1;
  if (input->silent_s == SILENCE_S && !input->retry.failed)
    host_log (HOST_WARNING, channel->mine->name, "input %u: nothing comes for %u s", input->number, SILENCE_S);
  if (input->bin && !input->retry.timer && GST_STATE (input->bin) == GST_STATE_NULL)
    host_channel_input_failed (channel, input, "it cannot be started");
}

static void
watch_output (HostChannel * channel, HostOutput * output)
{
  if (host_retry_is_well (&output->retry) && output->bin)
    host_log (HOST_NOTICE, channel->mine->name, "an output is back");
  if (output->bin && !output->retry.timer && GST_STATE (output->bin) == GST_STATE_NULL)
    host_channel_output_failed (channel, output, "it cannot be started");
}

static gboolean
on_watch (gpointer data)
{
  HostChannel *channel = data;

  if (channel->start_failed) {
    host_channel_failed (channel, "it cannot be started");
    return G_SOURCE_CONTINUE;
  }
  for (guint i = 0; channel->state < CHANNEL_ENDS && channel->inputs && i < channel->n_renditions; i++)
    watch_input (channel, &channel->inputs[i]);
  for (guint i = 0; channel->state < CHANNEL_ENDS && channel->outputs && i < channel->outputs->len; i++)
    watch_output (channel, g_ptr_array_index (channel->outputs, i));
  if (channel->state == CHANNEL_RUNS && host_retry_is_well (&channel->retry))
    host_log (HOST_NOTICE, channel->mine->name, "is back");
  return G_SOURCE_CONTINUE;
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static gboolean
begin_channel (gpointer data)
{
  HostChannel *channel = data;
  g_autoptr (GError) error = NULL;

  host_retry_began (&channel->retry);
  if (!channel->pipeline && !host_channel_build (channel, &error)) {
    host_channel_failed (channel, error->message);
    return G_SOURCE_REMOVE;
  }
  host_channel_watch_bus (channel);
  channel->state = CHANNEL_RUNS;
  for (guint i = 0; i < channel->n_renditions; i++)
    channel->inputs[i].owner = channel;
  for (guint i = 0; i < channel->outputs->len; i++)
    ((HostOutput *) g_ptr_array_index (channel->outputs, i))->owner = channel;
  channel->start_failed = gst_element_set_state (channel->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE;
  if (channel->start_failed)
    return G_SOURCE_REMOVE;
  for (guint i = 0; i < channel->outputs->len; i++)
    begin_output (g_ptr_array_index (channel->outputs, i));
  for (guint i = 0; i < channel->n_renditions; i++)
    begin_input (&channel->inputs[i]);
  return G_SOURCE_REMOVE;
}

void
host_channel_failed (HostChannel * channel, const gchar * why)
{
  g_autofree gchar *text = g_strdup (why);

  if (channel->state >= CHANNEL_ENDS_BREAK) {
    host_log (HOST_WARNING, channel->mine->name, "%s", text);
    finish (channel, FALSE);
    return;
  }
  host_channel_tear_down (channel);
  channel->start_failed = FALSE;
  channel->state = CHANNEL_WAITS;
  if (host_retry_later (&channel->retry, begin_channel, channel))
    host_log (HOST_ERROR, channel->mine->name, "%s; the channel is begun again and again, after up to %u s", text,
        HOST_RETRY_MAX_S);
}

void
host_channel_start (HostChannel * channel)
{
  channel->watch_timer = g_timeout_add_seconds (WATCH_S, on_watch, channel);
  begin_channel (channel);
}

gboolean
host_channel_runs (const HostChannel * channel)
{
  return channel->state == CHANNEL_RUNS;
}

gboolean
host_channel_reload_control (HostChannel * channel)
{
  gboolean done = FALSE;

  g_signal_emit_by_name (channel->splicer, "reload-config", &done);
  return done;
}
