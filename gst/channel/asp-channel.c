/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-channel.h"

/*
 * Locks, outermost first: register_lock, due_lock, channel->lock. due_lock is held while the due
 * functions are called, so that nobody is called who has gone; they must not call back into
 * asp_channel_remove_due(). No other lock is held then.
 */
typedef struct
{
  AspChannelDue func;
  AspChannelPassed passed;
  gpointer user_data;
} Observer;

struct _AspChannel
{
  gint refs;                    /* register_lock */
  gchar *name;                  /* NULL: not in the register */
  GMutex lock;
  AspChannelCore *core;         /* lock */
  gint revision;                /* atomic: low bits of the core's, to look at without the lock */
  gint64 newest_us;             /* UTC, when the newest picture came; lock */
  GRecMutex due_lock;
  GArray *observers;            /* of Observer; due_lock */
  gint watchers;                /* atomic: observers that want to hear of pictures */
  gint part_90k;                /* atomic */
};

static GMutex register_lock;
static GHashTable *channels;    /* name -> AspChannel, not owned; register_lock */

AspChannel *
asp_channel_get (const gchar * name)
{
  AspChannel *channel = NULL;

  g_mutex_lock (&register_lock);
  if (name && channels)
    channel = g_hash_table_lookup (channels, name);
  if (channel) {
    channel->refs++;
  } else {
    channel = g_new0 (AspChannel, 1);
    channel->refs = 1;
    channel->name = g_strdup (name);
    channel->core = asp_channel_core_new (name ? name : "");
    g_mutex_init (&channel->lock);
    g_rec_mutex_init (&channel->due_lock);
    channel->observers = g_array_new (FALSE, FALSE, sizeof (Observer));
    if (name && !channels)
      channels = g_hash_table_new (g_str_hash, g_str_equal);
    if (name)
      g_hash_table_insert (channels, channel->name, channel);
  }
  g_mutex_unlock (&register_lock);
  return channel;
}

AspChannel *
asp_channel_ref (AspChannel * channel)
{
  g_mutex_lock (&register_lock);
  channel->refs++;
  g_mutex_unlock (&register_lock);
  return channel;
}

void
asp_channel_unref (AspChannel * channel)
{
  gboolean last;

  if (!channel)
    return;
  g_mutex_lock (&register_lock);
  last = --channel->refs == 0;
  if (last && channel->name) {
    g_hash_table_remove (channels, channel->name);
    if (g_hash_table_size (channels) == 0)
      g_clear_pointer (&channels, g_hash_table_unref);
  }
  g_mutex_unlock (&register_lock);
  if (!last)
    return;
  asp_channel_core_free (channel->core);
  g_mutex_clear (&channel->lock);
  g_rec_mutex_clear (&channel->due_lock);
  g_array_unref (channel->observers);
  g_free (channel->name);
  g_free (channel);
}

const gchar *
asp_channel_name (const AspChannel * channel)
{
  return channel->name ? channel->name : "";
}

static void
leave_lock (AspChannel * channel)
{
  g_atomic_int_set (&channel->revision, (gint) (asp_channel_core_revision (channel->core) & G_MAXINT));
  g_mutex_unlock (&channel->lock);
}

void
asp_channel_set_config (AspChannel * channel, const AspPlanConfig * config)
{
  g_mutex_lock (&channel->lock);
  asp_channel_core_set_config (channel->core, config);
  leave_lock (channel);
}

void
asp_channel_set_lead (AspChannel * channel, gint64 lead_90k)
{
  g_mutex_lock (&channel->lock);
  asp_channel_core_set_lead (channel->core, lead_90k);
  leave_lock (channel);
}

void
asp_channel_set_part_duration (AspChannel * channel, gint64 part_90k)
{
  g_atomic_int_set (&channel->part_90k, (gint) CLAMP (part_90k, 0, G_MAXINT));
}

gint64
asp_channel_part_duration (AspChannel * channel)
{
  return g_atomic_int_get (&channel->part_90k);
}

/* --- what is due -------------------------------------------------------------------- */

void
asp_channel_add_due (AspChannel * channel, AspChannelDue func, AspChannelPassed passed, gpointer user_data)
{
  Observer observer = { func, passed, user_data };

  g_rec_mutex_lock (&channel->due_lock);
  g_array_append_val (channel->observers, observer);
  if (passed)
    g_atomic_int_inc (&channel->watchers);
  g_rec_mutex_unlock (&channel->due_lock);
}

void
asp_channel_remove_due (AspChannel * channel, AspChannelDue func, gpointer user_data)
{
  g_rec_mutex_lock (&channel->due_lock);
  for (guint i = channel->observers->len; i > 0; i--) {
    const Observer *o = &g_array_index (channel->observers, Observer, i - 1);

    if (o->func != func || o->user_data != user_data)
      continue;
    if (o->passed)
      g_atomic_int_add (&channel->watchers, -1);
    g_array_remove_index (channel->observers, i - 1);
  }
  g_rec_mutex_unlock (&channel->due_lock);
}

void
asp_channel_set_notice (AspChannel * channel, gint64 notice_90k)
{
  g_mutex_lock (&channel->lock);
  asp_channel_core_set_notice (channel->core, notice_90k);
  leave_lock (channel);
}

gint64
asp_channel_ahead (AspChannel * channel, const AspBreak * brk)
{
  gint64 ahead_90k;

  g_mutex_lock (&channel->lock);
  ahead_90k = asp_channel_core_ahead (channel->core, brk);
  g_mutex_unlock (&channel->lock);
  return ahead_90k;
}

/* Without the lock: tells what has become due. */
static void
tell_due (AspChannel * channel)
{
  AspBreak *brk;

  g_rec_mutex_lock (&channel->due_lock);
  while (channel->observers->len > 0) {
    g_mutex_lock (&channel->lock);
    brk = asp_channel_core_next_due (channel->core);
    g_mutex_unlock (&channel->lock);
    if (!brk)
      break;
    for (guint i = 0; i < channel->observers->len; i++) {
      const Observer *o = &g_array_index (channel->observers, Observer, i);

      o->func (o->user_data, brk);
    }
    asp_break_free (brk);
  }
  g_rec_mutex_unlock (&channel->due_lock);
}

static void
tell_passed (AspChannel * channel, guint64 pts90k)
{
  g_rec_mutex_lock (&channel->due_lock);
  for (guint i = 0; i < channel->observers->len; i++) {
    const Observer *o = &g_array_index (channel->observers, Observer, i);

    if (o->passed)
      o->passed (o->user_data, pts90k);
  }
  g_rec_mutex_unlock (&channel->due_lock);
}

/* --- renditions ----------------------------------------------------------------------- */

AspRendition *
asp_channel_join (AspChannel * channel, const gchar * name)
{
  AspRendition *r;

  g_mutex_lock (&channel->lock);
  r = asp_channel_core_add (channel->core, name);
  leave_lock (channel);
  return r;
}

GArray *
asp_channel_leave (AspChannel * channel, AspRendition * r)
{
  GArray *ended = g_array_new (FALSE, FALSE, ASP_BREAK_ID_SIZE);

  g_mutex_lock (&channel->lock);
  asp_channel_core_remove (channel->core, r, ended);
  leave_lock (channel);
  return ended;
}

guint
asp_channel_n_renditions (AspChannel * channel)
{
  guint n;

  g_mutex_lock (&channel->lock);
  n = asp_channel_core_n_renditions (channel->core);
  g_mutex_unlock (&channel->lock);
  return n;
}

gboolean
asp_channel_has_orders (AspChannel * channel, guint seen)
{
  return (guint) g_atomic_int_get (&channel->revision) != seen;
}

static void
clear_order (gpointer data)
{
  asp_break_free (((AspSplicerOrder *) data)->brk);
}

void
asp_channel_orders_free (GArray * orders)
{
  if (orders)
    g_array_unref (orders);
}

GArray *
asp_channel_picture (AspChannel * channel, AspRendition * r, guint64 pts90k, gint64 frame_90k, guint * seen)
{
  GArray *orders = NULL;
  AspSplicerOrder order;
  gboolean due;

  gint64 newest_90k;

  g_mutex_lock (&channel->lock);
  newest_90k = asp_channel_core_newest_90k (channel->core);
  if (pts90k != G_MAXUINT64)
    asp_channel_core_picture (channel->core, r, pts90k, frame_90k);
  if (asp_channel_core_newest_90k (channel->core) != newest_90k)
    channel->newest_us = g_get_real_time ();
  while (asp_channel_core_next_order (channel->core, r, &order)) {
    if (!orders) {
      orders = g_array_new (FALSE, FALSE, sizeof (AspSplicerOrder));
      g_array_set_clear_func (orders, clear_order);
    }
    g_array_append_val (orders, order);
  }
  *seen = (guint) (asp_channel_core_revision (channel->core) & G_MAXINT);
  due = asp_channel_core_is_due (channel->core);
  leave_lock (channel);
  if (due)
    tell_due (channel);
  if (pts90k != G_MAXUINT64 && g_atomic_int_get (&channel->watchers) > 0)
    tell_passed (channel, pts90k);
  return orders;
}

AspAlign
asp_channel_out (AspChannel * channel, AspRendition * r, const gchar * id, guint64 pts90k,
    guint64 start_pts90k, gint64 half_90k, guint64 * in_pts90k)
{
  AspAlign align;

  g_mutex_lock (&channel->lock);
  align = asp_channel_core_leave (channel->core, r, id, pts90k, start_pts90k, half_90k, in_pts90k);
  leave_lock (channel);
  return align;
}

AspAlign
asp_channel_back (AspChannel * channel, AspRendition * r, const gchar * id, guint64 pts90k, gint64 half_90k,
    gboolean planned)
{
  AspAlign align;

  g_mutex_lock (&channel->lock);
  align = asp_channel_core_come_back (channel->core, r, id, pts90k, half_90k, planned);
  leave_lock (channel);
  return align;
}

gboolean
asp_channel_jumped (AspChannel * channel, AspRendition * r, gint64 jump_90k)
{
  gboolean first;

  g_mutex_lock (&channel->lock);
  first = asp_channel_core_jumped (channel->core, r, jump_90k);
  leave_lock (channel);
  return first;
}

void
asp_channel_flushed (AspChannel * channel, AspRendition * r)
{
  g_mutex_lock (&channel->lock);
  asp_channel_core_flushed (channel->core, r);
  leave_lock (channel);
}

gboolean
asp_channel_cue_is_new (AspChannel * channel, AspRendition * r, const guint8 * data, gsize size)
{
  gboolean news;

  g_mutex_lock (&channel->lock);
  news = asp_channel_core_cue_is_new (channel->core, r, data, size);
  g_mutex_unlock (&channel->lock);
  return news;
}

const gchar *
asp_channel_cue (AspChannel * channel, AspRendition * r, const AspScte35Section * section, const gchar * hex,
    gint64 now_pts90k, GArray * skipped)
{
  const gchar *reason;

  g_mutex_lock (&channel->lock);
  reason = asp_channel_core_cue (channel->core, r, section, hex, now_pts90k, skipped);
  leave_lock (channel);
  tell_due (channel);
  return reason;
}

static void
clear_share (gpointer data)
{
  g_free (((AspShare *) data)->rendition);
}

static GArray *
copy_shares (const AspRecord * rec)
{
  GArray *shares = g_array_new (FALSE, FALSE, sizeof (AspShare));

  g_array_set_clear_func (shares, clear_share);
  for (guint i = 0; i < rec->shares->len; i++) {
    AspShare share = g_array_index (rec->shares, AspShare, i);

    share.rendition = g_strdup (share.rendition);
    g_array_append_val (shares, share);
  }
  return shares;
}

gboolean
asp_channel_note (AspChannel * channel, AspRendition * r, const AspReport * report, GArray ** shares)
{
  const AspRecord *rec;
  gboolean news;

  g_mutex_lock (&channel->lock);
  news = asp_channel_core_note (channel->core, r, report);
  rec = asp_channel_core_find (channel->core, report->break_id);
  *shares = rec ? copy_shares (rec) : NULL;
  leave_lock (channel);
  return news;
}

/* --- what is asked for ------------------------------------------------------------------ */

const gchar *
asp_channel_request (AspChannel * channel, AspRendition * r, AspBreak * b)
{
  const gchar *reason;

  g_mutex_lock (&channel->lock);
  reason = asp_channel_core_request (channel->core, r, b);
  leave_lock (channel);
  tell_due (channel);
  return reason;
}

const gchar *
asp_channel_request_first (AspChannel * channel, AspBreak * b)
{
  const gchar *reason;

  g_mutex_lock (&channel->lock);
  reason = asp_channel_core_request_first (channel->core, b);
  leave_lock (channel);
  return reason;
}

gboolean
asp_channel_cancel (AspChannel * channel, const gchar * id)
{
  gboolean ok;

  g_mutex_lock (&channel->lock);
  ok = asp_channel_core_cancel (channel->core, id);
  leave_lock (channel);
  return ok;
}

gboolean
asp_channel_end (AspChannel * channel, const gchar * id)
{
  gboolean ok;

  g_mutex_lock (&channel->lock);
  ok = asp_channel_core_end (channel->core, id);
  leave_lock (channel);
  return ok;
}

gboolean
asp_channel_seen_before (AspChannel * channel, guint32 seqnum)
{
  gboolean seen;

  g_mutex_lock (&channel->lock);
  seen = asp_channel_core_seen_before (channel->core, seqnum);
  g_mutex_unlock (&channel->lock);
  return seen;
}

gboolean
asp_channel_is_over (AspChannel * channel, const gchar * id)
{
  gboolean over;

  g_mutex_lock (&channel->lock);
  over = asp_channel_core_is_over (channel->core, id);
  g_mutex_unlock (&channel->lock);
  return over;
}

GArray *
asp_channel_shares (AspChannel * channel, const gchar * id)
{
  const AspRecord *rec;
  GArray *shares = NULL;

  g_mutex_lock (&channel->lock);
  rec = asp_channel_core_find (channel->core, id);
  if (rec)
    shares = copy_shares (rec);
  g_mutex_unlock (&channel->lock);
  return shares;
}

const gchar *
asp_channel_extend (AspChannel * channel, const gchar * id, gint64 duration_90k)
{
  const gchar *reason;

  g_mutex_lock (&channel->lock);
  reason = asp_channel_core_extend (channel->core, id, duration_90k);
  leave_lock (channel);
  return reason;
}

gboolean
asp_channel_is_busy (AspChannel * channel, gint64 duration_90k)
{
  gboolean busy;

  g_mutex_lock (&channel->lock);
  busy = asp_channel_core_is_busy (channel->core, duration_90k);
  g_mutex_unlock (&channel->lock);
  return busy;
}

static void
describe (const AspChannel * channel, const AspRecord * rec, AspChannelBreak * out)
{
  g_strlcpy (out->id, rec->id, sizeof out->id);
  out->origin = rec->brk->origin;
  out->postroll = rec->brk->postroll;
  out->running = rec->left;
  out->over = rec->over || rec->withdrawn != NULL;
  out->given = rec->shares->len > 0;
  out->asked_pts90k = rec->brk->asked_90k == ASP_NO_TIME ? ASP_NO_TIME :
      (gint64) asp_channel_core_to_stream (channel->core, rec->brk->asked_90k);
  out->duration_90k = rec->brk->duration_90k;
}

const gchar *
asp_channel_request_told (AspChannel * channel, AspBreak * b, AspChannelBreak * out, gboolean * told)
{
  g_autofree gchar *id = g_strdup (b->id);
  const gchar *reason;

  g_mutex_lock (&channel->lock);
  reason = asp_channel_core_request (channel->core, NULL, b);
  *told = !reason && asp_channel_core_mark_told (channel->core, id);
  if (!reason)
    describe (channel, asp_channel_core_find (channel->core, id), out);
  leave_lock (channel);
  return reason;
}

void
asp_channel_tell_due (AspChannel * channel)
{
  tell_due (channel);
}

gboolean
asp_channel_find (AspChannel * channel, const gchar * id, AspChannelBreak * out)
{
  const AspRecord *rec;

  g_mutex_lock (&channel->lock);
  rec = asp_channel_core_find (channel->core, id);
  if (rec)
    describe (channel, rec, out);
  g_mutex_unlock (&channel->lock);
  return rec != NULL;
}

GArray *
asp_channel_open_breaks (AspChannel * channel)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (AspChannelBreak));
  AspChannelBreak brk;

  g_mutex_lock (&channel->lock);
  for (const GList * l = asp_channel_core_records (channel->core); l; l = l->next) {
    describe (channel, l->data, &brk);
    if (!brk.over)
      g_array_append_val (all, brk);
  }
  g_mutex_unlock (&channel->lock);
  return all;
}

/* --- stream and wall clock ---------------------------------------------------------------- */

gboolean
asp_channel_pts_at (AspChannel * channel, gint64 utc_us, guint64 * pts90k)
{
  gint64 newest_90k;

  g_mutex_lock (&channel->lock);
  newest_90k = asp_channel_core_newest_90k (channel->core);
  if (newest_90k != ASP_NO_TIME)
    *pts90k = asp_channel_core_to_stream (channel->core, newest_90k + (utc_us - channel->newest_us) * 9 / 100);
  g_mutex_unlock (&channel->lock);
  return newest_90k != ASP_NO_TIME;
}

gint64
asp_channel_time_of (AspChannel * channel, guint64 pts90k)
{
  gint64 newest_90k, us = 0;

  g_mutex_lock (&channel->lock);
  newest_90k = asp_channel_core_newest_90k (channel->core);
  if (newest_90k != ASP_NO_TIME)
    us = channel->newest_us + (asp_channel_core_from_stream (channel->core, pts90k) - newest_90k) * 100 / 9;
  g_mutex_unlock (&channel->lock);
  return us;
}
