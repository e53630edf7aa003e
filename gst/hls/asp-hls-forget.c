/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of the log nobody can ask for any more. */
#include "asp-hls-avail.h"
#include "asp-hls-timeline-private.h"

#include <string.h>

typedef struct
{
  const AspHlsTimeline *t;
  GPtrArray *avails;
  gint64 before_90k;
  gint64 keep_90k;              /* so long an avail that is over may still be named */
  guint last_pdt[ASP_HLS_RENDITIONS_MAX];       /* index of the anchor that holds at before_90k */
} Forget;

static gboolean
avail_is_forgettable (const Forget * f, const gchar * id)
{
  const AspHlsAvail *a = asp_hls_avails_find (f->avails, id);
  gint64 horizon_90k = a ? asp_hls_avail_horizon (a) : G_MININT64;

  return horizon_90k < f->before_90k - f->keep_90k;
}

static gboolean
is_forgettable (const Forget * f, guint i)
{
  const AspHlsEntry *e = asp_hls_timeline_entry (f->t, i);

  switch (e->kind) {
    case ASP_HLS_PART:
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
      return e->at_90k + e->duration_90k <= f->before_90k;
    case ASP_HLS_DISCONTINUITY:
    case ASP_HLS_RESUME:
    case ASP_HLS_END:
      return e->at_90k < f->before_90k;
    case ASP_HLS_PDT:
      return i < f->last_pdt[e->rendition];
    case ASP_HLS_AVAIL_SCHEDULED:
    case ASP_HLS_AVAIL_CANCELLED:
      return e->at_90k < f->before_90k && avail_is_forgettable (f, e->avail_id);
    case ASP_HLS_AVAIL_OUT:
    case ASP_HLS_AVAIL_IN:
    case ASP_HLS_CREATIVE_START:
    case ASP_HLS_CREATIVE_END:
      return avail_is_forgettable (f, e->avail_id);
    default:
      return FALSE;
  }
}

static void
count_forgotten (AspHlsTimeline * t, const AspHlsEntry * e)
{
  if (asp_hls_is_media (e))
    asp_hls_timeline_lane (t, e->rendition)->n_forgotten++;
  else if (e->kind == ASP_HLS_DISCONTINUITY)
    asp_hls_timeline_lane (t, e->rendition)->n_discontinuities_forgotten++;
}

/* The last anchor at or before @before_90k, and those behind it, stay. */
static void
forget_anchors (AspHlsLane * lane, gint64 before_90k)
{
  guint n = 0;

  while (n + 1 < lane->anchors->len &&
      g_array_index (lane->anchors, AspHlsAnchor, n + 1).at_90k <= before_90k)
    n++;
  if (n > 0)
    g_array_remove_range (lane->anchors, 0, n);
}

static void
remove_entries (AspHlsTimeline * t, const gboolean * gone)
{
  guint n = t->entries->len, kept = 0;

  for (guint i = 0; i < n; i++) {
    AspHlsEntry *e = g_ptr_array_index (t->entries, i);

    if (gone[i]) {
      count_forgotten (t, e);
      asp_hls_entry_free (e);
    } else {
      t->entries->pdata[kept++] = e;
    }
  }
  /* what lies behind has moved */
  for (guint i = kept; i < n; i++)
    t->entries->pdata[i] = NULL;
  g_ptr_array_set_size (t->entries, (gint) kept);
}

void
asp_hls_timeline_forget_parts (AspHlsTimeline * t, guint rendition, gint64 before_90k)
{
  const AspHlsLane *lane = asp_hls_timeline_lane (t, rendition);
  /* those of the open segment are counted */
  gint64 limit_90k = lane ? MIN (before_90k, lane->segment_end_90k) : 0;
  g_autofree gboolean *gone = g_new0 (gboolean, t->entries->len);
  guint n = 0;

  for (guint i = 0; i < t->entries->len; i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    gone[i] = e->kind == ASP_HLS_PART && e->rendition == rendition &&
        e->at_90k + e->duration_90k <= limit_90k;
    n += gone[i] ? 1 : 0;
  }
  if (n > 0)
    remove_entries (t, gone);
}

void
asp_hls_timeline_forget (AspHlsTimeline * t, gint64 before_90k)
{
  Forget f = {.t = t,.before_90k = before_90k };
  g_autofree gboolean *gone = NULL;
  guint n = t->entries->len;

  if (before_90k <= 0)
    return;
  f.avails = asp_hls_avails_new (t, G_MAXUINT64);
  f.keep_90k = ASP_HLS_DATE_STEP_90K + ASP_HLS_SKIP_TARGET_DURATIONS * ASP_SECOND_90K *
      (gint64) t->target_duration_s;
  for (guint i = 0; i < n; i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->kind == ASP_HLS_PDT && e->at_90k <= before_90k)
      f.last_pdt[e->rendition] = i;
  }
  /* decided for all before the first one goes: entries ask about each other */
  gone = g_new0 (gboolean, n);
  for (guint i = 0; i < n; i++)
    gone[i] = is_forgettable (&f, i);
  g_ptr_array_unref (f.avails);
  remove_entries (t, gone);
  for (guint i = 0; i < t->lanes->len; i++)
    forget_anchors (asp_hls_timeline_lane (t, i), before_90k);
}
