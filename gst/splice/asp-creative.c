/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative.h"

#include <string.h>

AspCreative *
asp_creative_new (void)
{
  static gint serials = 0;
  AspCreative *c = g_new0 (AspCreative, 1);

  c->refs = 1;
  c->serial = (guint64) g_atomic_int_add (&serials, 1) + 1;
  c->asset_id = g_strdup_printf ("creative-%" G_GUINT64_FORMAT, c->serial);
  c->first_pts90k = c->first_dts90k = c->max_pts90k = ASP_NO_TIME;
  g_queue_init (&c->video.units);
  c->video.last_pts90k = ASP_NO_TIME;
  for (guint i = 0; i < ASP_CREATIVE_TRACKS_MAX; i++) {
    g_queue_init (&c->audio[i].units);
    c->audio[i].last_pts90k = ASP_NO_TIME;
  }
  return c;
}

AspCreative *
asp_creative_ref (AspCreative * c)
{
  g_atomic_int_inc (&c->refs);
  return c;
}

void
asp_creative_unref (AspCreative * c)
{
  if (!c || !g_atomic_int_dec_and_test (&c->refs))
    return;
  g_queue_clear_full (&c->video.units, (GDestroyNotify) asp_au_unref);
  for (guint i = 0; i < ASP_CREATIVE_TRACKS_MAX; i++)
    g_queue_clear_full (&c->audio[i].units, (GDestroyNotify) asp_au_unref);
  g_free (c->detail);
  g_free (c->asset_id);
  asp_ad_free (c->ad);
  g_free (c);
}

AspAdHub *
asp_ad_hub_new (void)
{
  AspAdHub *hub = g_new0 (AspAdHub, 1);

  g_mutex_init (&hub->lock);
  g_cond_init (&hub->cond);
  g_cond_init (&hub->room);
  hub->queues = g_ptr_array_new ();
  return hub;
}

void
asp_ad_hub_free (AspAdHub * hub)
{
  if (!hub)
    return;
  asp_creative_unref (hub->slate);
  g_clear_pointer (&hub->settled, g_hash_table_unref);
  g_ptr_array_unref (hub->queues);
  g_cond_clear (&hub->cond);
  g_cond_clear (&hub->room);
  g_mutex_clear (&hub->lock);
  g_free (hub);
}

/* GLib makes a system call of each signal, even when nobody waits. */
static void
wake_readers (AspAdHub * hub)
{
  hub->freed = 0;
  if (hub->readers > 0)
    g_cond_broadcast (&hub->room);
}

void
asp_ad_hub_set_provided_locked (AspAdHub * hub, gboolean provided)
{
  g_clear_pointer (&hub->settled, g_hash_table_unref);
  if (provided)
    hub->settled = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
asp_ad_hub_settle_locked (AspAdHub * hub, const gchar * break_id)
{
  if (!hub->settled)
    return;
  g_hash_table_add (hub->settled, g_strdup (break_id));
  asp_ad_hub_changed_locked (hub);
}

void
asp_ad_hub_forget_locked (AspAdHub * hub, const gchar * break_id)
{
  if (hub->settled)
    g_hash_table_remove (hub->settled, break_id);
}

gboolean
asp_ad_hub_is_expecting_locked (const AspAdHub * hub, const gchar * break_id)
{
  return hub->settled && !g_hash_table_contains (hub->settled, break_id);
}

void
asp_ad_hub_changed_locked (AspAdHub * hub)
{
  hub->generation++;
  if (hub->takers > 0)
    g_cond_broadcast (&hub->cond);
  wake_readers (hub);
}

void
asp_ad_hub_taken_locked (AspAdHub * hub, gsize size)
{
  hub->freed += size;
  if (hub->freed >= ASP_ROOM_STEP)
    wake_readers (hub);
}

gboolean
asp_ad_hub_wait_locked (AspAdHub * hub, guint64 generation, gint64 until_us)
{
  gboolean in_time = TRUE;

  wake_readers (hub);
  hub->takers++;
  while (in_time && hub->generation == generation && !hub->flushing)
    in_time = g_cond_wait_until (&hub->cond, &hub->lock, until_us);
  hub->takers--;
  return hub->generation != generation && !hub->flushing;
}

void
asp_ad_hub_wait_for_room_locked (AspAdHub * hub)
{
  hub->readers++;
  g_cond_wait (&hub->room, &hub->lock);
  hub->readers--;
}

AspAdQueue *
asp_ad_queue_new (guint number)
{
  AspAdQueue *q = g_new0 (AspAdQueue, 1);

  q->number = number;
  g_queue_init (&q->creatives);
  return q;
}

gsize
asp_ad_queue_bytes_locked (const AspAdQueue * q)
{
  gsize bytes = 0;

  for (const GList * l = q->creatives.head; l; l = l->next)
    bytes += ((const AspCreative *) l->data)->bytes;
  return bytes;
}

void
asp_ad_queue_clear_locked (AspAdQueue * q)
{
  g_queue_clear_full (&q->creatives, (GDestroyNotify) asp_creative_unref);
}

void
asp_ad_queue_free (AspAdQueue * q)
{
  if (!q)
    return;
  asp_ad_queue_clear_locked (q);
  g_free (q);
}
