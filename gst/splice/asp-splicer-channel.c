/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

/* What somebody outside has planned for all renditions of a channel: orders in, questions out. */

void
asp_splicer_set_channel (AspSplicer * s, const AspSplicerChannel * funcs, gpointer user_data)
{
  s->channel = funcs;
  s->channel_data = user_data;
}

static gint64
order_time (AspSplicer * s, gint64 pts90k)
{
  return pts90k == ASP_NO_TIME ? ASP_NO_TIME : to_ours (s, plan_now_90k (s), asp_pts_wrap (pts90k));
}

/* Is it the one that is out, and has not come back? */
static gboolean
is_running (const AspSplicer * s, const gchar * id)
{
  return s->brk && !g_strcmp0 (s->brk->id, id) &&
      ((s->phase == BREAK_OUT && s->return_90k == ASP_NO_TIME) || s->phase == BREAK_WATCHED);
}

static void
order_running (AspSplicer * s, const AspSplicerOrder * order)
{
  gint64 in = order_time (s, order->in_pts90k), end = order_time (s, order->end_pts90k);
  gint64 back = order_time (s, order->back_pts90k);
  g_autoptr (GArray) actions = asp_plan_actions_new ();

  if (in != ASP_NO_TIME && ABS (in - s->in_90k) > ASP_PLAN_SAME_90K) {
    asp_plan_return_at (s->plan, in);
    s->in_90k = in;
  }
  if (end != ASP_NO_TIME && !s->end_now) {
    s->return_floor_90k = end;
    asp_plan_end (s->plan, s->brk->id, MAX (end, plan_now_90k (s)), actions);
    plan_carry_out (s, actions);
  }
  if (back != ASP_NO_TIME) {
    s->return_floor_90k = back;
    s->in_90k = MIN (s->in_90k, back);
    s->came_back = TRUE;
  }
}

void
asp_splicer_order (AspSplicer * s, const AspSplicerOrder * order)
{
  g_autoptr (GArray) actions = NULL;
  AspBreak *b;

  if (is_running (s, order->brk->id)) {
    order_running (s, order);
    return;
  }
  actions = asp_plan_actions_new ();
  if (order->withdrawn) {
    asp_plan_drop (s->plan, order->brk->id, order->withdrawn, actions);
  } else {
    b = asp_break_copy (order->brk);
    b->asked_90k = order_time (s, b->asked_90k);
    b->not_before_90k = order_time (s, b->not_before_90k);
    asp_plan_adopt (s->plan, b, actions);
  }
  plan_carry_out (s, actions);
}

static guint64
to_stream (const AspSplicer * s, gint64 t_90k)
{
  return asp_pts_wrap (t_90k + s->offset_90k);
}

void
channel_sync (AspSplicer * s, gint64 pts90k)
{
  if (s->channel)
    s->channel->sync (s->channel_data, to_stream (s, pts90k), (gint64) network_frame_90k (s));
}

/* May the armed break begin here? */
AspAlign
channel_leave (AspSplicer * s, gint64 pts90k, gint64 start_90k)
{
  guint64 in = G_MAXUINT64;
  AspAlign align;

  s->channel_in_90k = ASP_NO_TIME;
  if (!s->channel)
    return ASP_ALIGN_HERE;
  align = s->channel->leave (s->channel_data, s->brk->id, to_stream (s, pts90k), to_stream (s, start_90k),
      (gint64) (network_frame_90k (s) / 2), &in);
  if (in != G_MAXUINT64)
    s->channel_in_90k = to_ours (s, start_90k, in);
  if (align == ASP_ALIGN_ALONE)
    s->reason = "not-aligned";  /* says more than `late` */
  return align;
}

/* May what is out come back here? */
gboolean
channel_come_back (AspSplicer * s, gint64 pts90k, gboolean planned)
{
  AspAlign align;

  if (!s->channel)
    return TRUE;
  align = s->channel->come_back (s->channel_data, s->brk->id, to_stream (s, pts90k),
      (gint64) (network_frame_90k (s) / 2), planned);
  if (align == ASP_ALIGN_ALONE && s->reason[0] == '\0')
    s->reason = "not-aligned";
  return align == ASP_ALIGN_HERE || align == ASP_ALIGN_ALONE;
}

/* The schedule's break, which counts from our first picture. */
void
channel_request (AspSplicer * s, AspBreak * b)
{
  b->asked_90k = (gint64) to_stream (s, b->asked_90k);
  s->channel->request (s->channel_data, b);
}
