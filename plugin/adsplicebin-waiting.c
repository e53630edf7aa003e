/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-worker.h"

#include <string.h>

#define DEADLINE_EARLY_US (G_USEC_PER_SEC)      /* before the out point, for what is there to be read */
#define DEADLINE_MIN_US (G_USEC_PER_SEC / 2)

void
ad_waiting_free (gpointer data)
{
  g_free (((AdWaiting *) data)->id);
  g_free (data);
}

static AdWaiting *
find (Worker * w, const gchar * id)
{
  for (guint i = 0; i < w->waiting->len; i++)
    if (!strcmp (((AdWaiting *) g_ptr_array_index (w->waiting, i))->id, id))
      return g_ptr_array_index (w->waiting, i);
  return NULL;
}

static void
consider (Worker * w, AdWaiting * waiting)
{
  if (waiting->local ? ad_local_carry_out (w, waiting) : ad_answer_carry_out (w, waiting))
    g_ptr_array_remove (w->waiting, waiting);
}

void
ad_waiting_consider (Worker * w, const gchar * id)
{
  AdWaiting *waiting = id ? find (w, id) : NULL;

  if (waiting)
    consider (w, waiting);
  for (guint i = id ? 0 : w->waiting->len; i > 0 && !g_atomic_int_get (&w->stop); i--)
    consider (w, g_ptr_array_index (w->waiting, i - 1));
}

void
ad_waiting_add (Worker * w, AdServerAsk * ask)
{
  AdWaiting *waiting = g_new0 (AdWaiting, 1);

  waiting->id = g_strdup (ask->break_id);
  waiting->duration_90k = ask->duration_90k;
  waiting->postroll = ask->postroll;
  waiting->local = !w->server || !(ask->url || w->own_url);
  waiting->out_us = ask->plays_us;
  waiting->deadline_us = MAX (ask->plays_us - DEADLINE_EARLY_US, g_get_monotonic_time () + DEADLINE_MIN_US);
  g_ptr_array_add (w->waiting, waiting);
  if (waiting->local) {
    consider (w, waiting);
    return;
  }
  ask->index = w->asked++;
  ad_server_ask (w->server, ask);
}

gint64
ad_waiting_deadline_us (Worker * w)
{
  gint64 deadline_us = G_MAXINT64;

  for (guint i = 0; i < w->waiting->len; i++)
    deadline_us = MIN (deadline_us, ((AdWaiting *) g_ptr_array_index (w->waiting, i))->deadline_us);
  return deadline_us;
}
