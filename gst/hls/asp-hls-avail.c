/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-avail.h"

#include <string.h>

static void
avail_free (gpointer data)
{
  AspHlsAvail *a = data;

  g_array_unref (a->played);
  g_free (a);
}

static AspHlsAvail *
find (const GPtrArray * avails, const gchar * id)
{
  for (guint i = avails->len; i > 0; i--) {
    AspHlsAvail *a = g_ptr_array_index (avails, i - 1);

    if (!strcmp (a->out->avail_id, id))
      return a;
  }
  return NULL;
}

const AspHlsAvail *
asp_hls_avails_find (const GPtrArray * avails, const gchar * id)
{
  return find (avails, id);
}

static void
begin (GPtrArray * avails, const AspHlsEntry * out)
{
  AspHlsAvail *before = avails->len > 0 ? g_ptr_array_index (avails, avails->len - 1) : NULL;
  AspHlsAvail *a = g_new0 (AspHlsAvail, 1);

  a->out = out;
  a->end_90k = a->next_source_90k = G_MAXINT64;
  a->played = g_array_new (FALSE, TRUE, sizeof (AspHlsPlayed));
  /* one break at a time: whoever began the next one has ended this one */
  if (before && before->end_90k == G_MAXINT64)
    before->end_90k = out->at_90k;
  g_ptr_array_add (avails, a);
}

static void
begin_creative (GPtrArray * avails, AspHlsAvail * a, const AspHlsEntry * e)
{
  const AspHlsPlayed played = {.start = e,.end_90k = G_MAXINT64 };

  if (a->played->len > 0) {
    AspHlsPlayed *last = &g_array_index (a->played, AspHlsPlayed, a->played->len - 1);

    if (!last->closed)
      last->closed = e;
    last->end_90k = MIN (last->end_90k, e->at_90k);
  } else if (!a->out->unspliced) {
    for (guint i = 0; i < avails->len && g_ptr_array_index (avails, i) != a; i++) {
      AspHlsAvail *before = g_ptr_array_index (avails, i);

      before->next_source_90k = MIN (before->next_source_90k, e->at_90k);
    }
  }
  g_array_append_val (a->played, played);
}

static void
end_creative (AspHlsAvail * a, const AspHlsEntry * e)
{
  for (guint i = 0; i < a->played->len; i++) {
    AspHlsPlayed *p = &g_array_index (a->played, AspHlsPlayed, i);

    if (p->start->pod_index != e->pod_index)
      continue;
    if (!p->closed)
      p->closed = e;
    p->end_90k = MIN (p->end_90k, e->at_90k);
  }
}

static void
close_played (AspHlsAvail * a)
{
  for (guint i = 0; i < a->played->len; i++) {
    AspHlsPlayed *p = &g_array_index (a->played, AspHlsPlayed, i);

    if (!p->closed)
      p->closed = a->in;
    p->end_90k = MIN (p->end_90k, a->end_90k);
  }
}

GPtrArray *
asp_hls_avails_new (const AspHlsTimeline * t, guint64 edge)
{
  GPtrArray *avails = g_ptr_array_new_with_free_func (avail_free);

  for (guint i = 0; i < asp_hls_timeline_n_entries (t); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);
    AspHlsAvail *a = NULL;

    if (e->seq >= edge)
      break;
    if (e->kind == ASP_HLS_AVAIL_OUT)
      begin (avails, e);
    else if (e->kind == ASP_HLS_AVAIL_IN || e->kind == ASP_HLS_CREATIVE_START ||
        e->kind == ASP_HLS_CREATIVE_END)
      a = find (avails, e->avail_id);
    if (!a)
      continue;
    if (e->kind == ASP_HLS_AVAIL_IN) {
      a->in = e;
      a->end_90k = e->at_90k;
    } else if (e->kind == ASP_HLS_CREATIVE_START) {
      begin_creative (avails, a, e);
    } else {
      end_creative (a, e);
    }
  }
  for (guint i = 0; i < avails->len; i++)
    close_played (g_ptr_array_index (avails, i));
  return avails;
}

gint64
asp_hls_avail_horizon (const AspHlsAvail * a)
{
  gint64 horizon_90k = a->end_90k;

  if (horizon_90k == G_MAXINT64)
    return horizon_90k;
  horizon_90k = MAX (horizon_90k, a->out->at_90k + a->out->duration_90k);
  for (guint i = 0; i < a->played->len; i++) {
    const AspHlsPlayed *p = &g_array_index (a->played, AspHlsPlayed, i);

    horizon_90k = MAX (horizon_90k, p->start->at_90k + p->start->ad->creative.duration_90k);
  }
  if (a->played->len > 0 && !a->out->unspliced)
    horizon_90k = MAX (horizon_90k, a->next_source_90k);
  return horizon_90k;
}
