/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#include <string.h>

void
refusal_free (Refusal * r)
{
  g_free (r->creative_id);
  g_free (r->detail);
  g_free (r);
}

static void
copy_config (AspSplicer * s, const AspSplicerConfig * config)
{
  gchar *channel = g_strdup (config->channel);

  g_free (s->config.channel);
  s->config = *config;
  s->config.channel = channel;
  s->config.plan.late_policy = config->late_policy;
  s->config.plan.tolerance_90k = config->tolerance_90k;
  s->config.plan.max_rap_wait_90k = config->max_rap_wait_90k;
}

AspSplicer *
asp_splicer_new (const AspSplicerConfig * config, const AspSplicerFuncs * funcs,
    gpointer user_data, AspAdHub * hub)
{
  AspSplicer *s = g_new0 (AspSplicer, 1);

  copy_config (s, config);
  s->funcs = *funcs;
  s->user_data = user_data;
  s->hub = hub;
  s->lookahead = g_byte_array_new ();
  s->parameter_sets = g_byte_array_new ();
  s->collect = g_byte_array_new ();
  s->streams = g_array_new (FALSE, FALSE, sizeof (AspPmtStream));
  s->picture = g_byte_array_new ();
  s->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) source_free);
  s->refused = g_ptr_array_new_with_free_func ((GDestroyNotify) refusal_free);
  asp_output_init (&s->out);
  asp_output_init (&s->network);
  asp_output_init (&s->marked);
  g_queue_init (&s->schedule);
  s->plan = asp_plan_new (&s->config.plan);
  asp_track_init (&s->video_track, ASP_PID_NULL);
  s->reason = "";
  s->return_floor_90k = s->channel_in_90k = ASP_NO_TIME;
  network_reset (s);
  rewrite_configure (s);
  return s;
}

void
asp_splicer_free (AspSplicer * s)
{
  if (!s)
    return;
  network_reset (s);
  g_queue_clear_full (&s->schedule, (GDestroyNotify) asp_break_free);
  asp_plan_free (s->plan);
  g_ptr_array_unref (s->sources);
  g_ptr_array_unref (s->refused);
  asp_output_clear (&s->out);
  asp_output_clear (&s->network);
  asp_output_clear (&s->marked);
  rewrite_free (s);
  g_byte_array_unref (s->lookahead);
  g_byte_array_unref (s->parameter_sets);
  g_byte_array_unref (s->collect);
  g_array_unref (s->streams);
  g_byte_array_unref (s->picture);
  g_free (s->config.channel);
  g_free (s);
}

void
asp_splicer_set_config (AspSplicer * s, const AspSplicerConfig * config)
{
  copy_config (s, config);
  asp_plan_set_config (s->plan, &s->config.plan);
  rewrite_configure (s);
}

void
break_forget (AspSplicer * s)
{
  for (guint i = 0; i < s->sources->len; i++)
    sources_close (s, g_ptr_array_index (s->sources, i));
  g_ptr_array_set_size (s->sources, 0);
  if (s->phase != BREAK_NONE)
    asp_plan_done (s->plan);
  s->brk = NULL;
  s->phase = BREAK_NONE;
  s->video_side = SIDE_NETWORK;
  s->rebuild = s->avail_open = s->picture_opened = FALSE;
  s->return_90k = ASP_NO_TIME;
  asp_track_close_pes (&s->video_track);
  g_byte_array_set_size (s->picture, 0);
}

/* What runs ends here, and is told. */
static void
flush_running (AspSplicer * s)
{
  if (s->phase == BREAK_ARMED)
    report_break (s, ASP_STATE_CANCELLED, "flush", s->brk->asked_90k, ASP_NO_TIME, NULL);
  else if (s->phase != BREAK_NONE && s->return_90k == ASP_NO_TIME)
    report_break (s, ASP_STATE_ENDED, "flush", asp_plan_asked_in_90k (s->plan), ASP_NO_TIME, NULL);
  break_forget (s);
}

/* `schedule` counts from the first picture: it counts anew. What a cue or a call gave a
 * time belonged to the old place in the stream; "as soon as possible" still holds. */
static void
flush_pending (AspSplicer * s)
{
  g_autoptr (GArray) actions = asp_plan_actions_new ();
  GQueue kept = G_QUEUE_INIT;
  AspBreak *b;

  while ((b = asp_plan_pop (s->plan))) {
    if (s->channel) {
      /* what of it still holds is ordered anew */
      if (b->origin != ASP_ORIGIN_SCHEDULE && !b->immediate)
        pending_cancelled (s, b, "flush");
      asp_break_free (b);
    } else if (b->origin == ASP_ORIGIN_SCHEDULE) {
      b->asked_90k -= s->first_pts90k;
      g_queue_push_tail (&s->schedule, b);
    } else if (b->asked_90k == ASP_NO_TIME) {
      g_queue_push_tail (&kept, b);
    } else {
      pending_cancelled (s, b, "flush");
      asp_break_free (b);
    }
  }
  /* they have been announced */
  while ((b = g_queue_pop_head (&kept)))
    asp_plan_request (s->plan, b, ASP_NO_TIME, actions);
  asp_plan_forget_done (s->plan);
}

void
asp_splicer_flush (AspSplicer * s)
{
  flush_running (s);
  flush_pending (s);
  asp_output_reset (&s->out);
  asp_output_reset (&s->network);
  asp_output_reset (&s->marked);
  g_byte_array_set_size (s->lookahead, 0);
  s->lookahead_pos = 0;
  s->carried = 0;
  s->synced = FALSE;
  s->packet_mode = s->arming = FALSE;
  s->eos = s->advancing = FALSE;
  network_reset (s);
  if (s->channel)
    s->channel->flushed (s->channel_data);
}

gboolean
asp_splicer_wants_packets (const AspSplicer * s)
{
  return s->packet_mode;
}

gboolean
asp_splicer_needs_patch (const AspSplicer * s)
{
  if (s->video_track.shift != 0)
    return TRUE;
  for (guint i = 0; i < s->n_audio; i++)
    if (s->audio[i].track.shift != 0)
      return TRUE;
  return FALSE;
}

AspOutput *
asp_splicer_output (AspSplicer * s)
{
  return &s->out;
}

AspOutput *
asp_splicer_network_output (AspSplicer * s)
{
  return &s->network;
}

const AspSplicerStats *
asp_splicer_stats (const AspSplicer * s)
{
  return &s->stats;
}

gint64
asp_splicer_frame_90k (const AspSplicer * s)
{
  return (gint64) network_frame_90k (s);
}

gint64
asp_splicer_offset_90k (const AspSplicer * s)
{
  return s->offset_90k;
}

gint64
asp_splicer_first_pts90k (const AspSplicer * s)
{
  return s->first_pts90k;
}

gboolean
asp_splicer_in_break (const AspSplicer * s)
{
  return s->phase == BREAK_OUT && s->return_90k == ASP_NO_TIME && !s->ended_told;
}
