/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-metrics-private.h"

#include <math.h>
#include <string.h>

/* A break that has not ended: what was planned for it last. */
typedef struct
{
  gchar *id;
  gint64 duration_90k, filled_90k;
} OpenBreak;

const gchar *const asp_metrics_reasons[ASP_METRICS_REASONS] = {
  "NEW_CREATIVE", "TRANSCODE_IN_PROGRESS", "TRANSCODE_ERROR", "MEDIA_FILE_UNAVAILABLE", "NO_VARIANT_MATCH",
  "MEZZANINE_MISSING", "VPAID_AD", "CONDITIONAL_AD", "NON_LINEAR_AD", "AVAIL_DURATION_EXCEEDED", "UNKNOWN_DURATION",
  "LEFTOVER_AVAIL_EXCEEDED_THRESHOLD", "REJECTED_REPLICA_VAST", "COMPETITIVE_SEPARATION", "FREQUENCY_CAP",
  "CATEGORY_MISSING", "CATEGORY_BLOCKED", "AD_LIMIT", "EXPIRED", "STANDALONE_AD_NOT_NEEDED", "VAST_PARSING_ERROR",
  "INVALID_VAST_WRAPPER_AD", "ADS_TIMEOUT", "EARLY_CUE_IN", "INTERNAL_ERROR", "NO_VAST", "OTHER",
};

const gchar *const asp_metrics_outcomes[ASP_METRICS_OUTCOMES] = {
  "FILLED", "PARTLY_FILLED", "NO_AD", "EMPTY", "FAILED", "OTHER",
};

static guint
word (const gchar * const *words, guint n, const gchar * text)
{
  for (guint i = 0; text && i + 1 < n; i++)
    if (!strcmp (words[i], text))
      return i;
  return n - 1;
}

/* --- what is open ------------------------------------------------------------------------ */

static void
open_free (gpointer data)
{
  g_free (((OpenBreak *) data)->id);
  g_free (data);
}

static GList *
find_open (AspMetricsSums * s, const gchar * id)
{
  for (GList * l = s->open.head; l; l = l->next)
    if (!g_strcmp0 (((OpenBreak *) l->data)->id, id))
      return l;
  return NULL;
}

static OpenBreak *
take_open (AspMetricsSums * s, const gchar * id)
{
  GList *l = find_open (s, id);
  OpenBreak *b = l ? l->data : g_new0 (OpenBreak, 1);

  if (l)
    return b;
  b->id = g_strdup (id);
  b->duration_90k = b->filled_90k = ASP_NO_TIME;
  g_queue_push_tail (&s->open, b);
  if (g_queue_get_length (&s->open) > ASP_METRICS_BREAKS_MAX)
    open_free (g_queue_pop_head (&s->open));
  return b;
}

static void
close_open (AspMetricsSums * s, const gchar * id)
{
  GList *l = find_open (s, id);

  if (!l)
    return;
  open_free (l->data);
  g_queue_delete_link (&s->open, l);
}

static void
plan (AspMetricsSums * s, const AspEvent * event)
{
  OpenBreak *b = take_open (s, event->break_id);

  if (event->duration_90k != ASP_NO_TIME)
    b->duration_90k = event->duration_90k;
  if (event->filled_90k != ASP_NO_TIME)
    b->filled_90k = event->filled_90k;
}

/* --- one event --------------------------------------------------------------------------- */

static void
add_ticks (guint64 * sum, gint64 ticks)
{
  if (ticks != ASP_NO_TIME && ticks > 0)
    *sum += (guint64) ticks;
}

static void
add_error (AspHistogram * h, const AspEvent * event)
{
  if (event->error_90k != ASP_NO_TIME)
    asp_histogram_add (h, fabs ((gdouble) event->error_90k) / ASP_SECOND_90K);
}

static void
add_skips (AspMetricsSums * s, const AspEvent * event)
{
  for (guint i = 0; event->skipped && i < event->skipped->len; i++) {
    const AspEventSkip *skip = g_ptr_array_index (event->skipped, i);

    s->reasons[word (asp_metrics_reasons, ASP_METRICS_REASONS, skip->reason)]++;
    if (!g_strcmp0 (skip->reason, "NEW_CREATIVE") || !g_strcmp0 (skip->reason, "TRANSCODE_IN_PROGRESS"))
      s->not_ready++;
  }
}

static void
add_decision (AspMetricsSums * s, const AspEvent * event)
{
  s->outcomes[word (asp_metrics_outcomes, ASP_METRICS_OUTCOMES, event->outcome)]++;
  s->decision_ads += event->pod_length + (event->skipped ? event->skipped->len : 0);
  add_ticks (&s->decision_90k, event->filled_90k);
  if (event->ads_latency_us > 0)
    asp_histogram_add (&s->ads_latency_s, (gdouble) event->ads_latency_us / G_USEC_PER_SEC);
  add_skips (s, event);
  plan (s, event);
}

static void
add_end (AspMetricsSums * s, const AspEvent * event)
{
  const OpenBreak *b = take_open (s, event->break_id);
  gint64 planned = b->duration_90k != ASP_NO_TIME ? b->duration_90k : event->duration_90k;
  gint64 filled = b->filled_90k != ASP_NO_TIME ? b->filled_90k : event->filled_90k;

  add_ticks (&s->avail_90k, planned);
  add_ticks (&s->avail_filled_90k, filled);
  if (event->kind == ASP_EVENT_BREAK_ENDED) {
    add_ticks (&s->observed_90k, event->duration_90k);
    add_ticks (&s->observed_filled_90k, event->filled_90k);
    add_error (&s->return_error_s, event);
  }
  if (planned != ASP_NO_TIME && planned > 0)
    s->last_fill = event->filled_90k == ASP_NO_TIME ? 0 : CLAMP ((gdouble) event->filled_90k / planned, 0, 1);
  close_open (s, event->break_id);
}

static void
count (AspMetricsSums * s, const AspEvent * event)
{
  s->events[MIN ((guint) event->kind, ASP_EVENT_KINDS - 1)]++;
  switch (event->kind) {
    case ASP_EVENT_BREAK_INSERTED:
      plan (s, event);
      break;
    case ASP_EVENT_BREAK_DECIDED:
      add_decision (s, event);
      break;
    case ASP_EVENT_BREAK_STARTED:
      add_error (&s->out_error_s, event);
      break;
    case ASP_EVENT_CREATIVE_ENDED:
      s->completes += !event->reason || !*event->reason;
      break;
    case ASP_EVENT_BREAK_ENDED:
    case ASP_EVENT_BREAK_SKIPPED:
      add_end (s, event);
      break;
    case ASP_EVENT_BREAK_CANCELLED:
      close_open (s, event->break_id);
      break;
    default:
      break;
  }
}

/* --- all of them ------------------------------------------------------------------------- */

static AspMetricsSums *
sums_new (void)
{
  static const gdouble error_s[] = { 0.001, 0.01, 0.02, 0.04, 0.1, 0.25, 0.5, 1, 2, 5 };
  static const gdouble latency_s[] = { 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10 };
  AspMetricsSums *s = g_new0 (AspMetricsSums, 1);

  asp_histogram_init (&s->out_error_s, error_s, G_N_ELEMENTS (error_s));
  asp_histogram_init (&s->return_error_s, error_s, G_N_ELEMENTS (error_s));
  asp_histogram_init (&s->ads_latency_s, latency_s, G_N_ELEMENTS (latency_s));
  s->last_fill = -1;
  g_queue_init (&s->open);
  return s;
}

static void
sums_free (gpointer data)
{
  g_queue_clear_full (&((AspMetricsSums *) data)->open, open_free);
  g_free (data);
}

AspMetrics *
asp_metrics_new (guint64 seen)
{
  AspMetrics *m = g_new0 (AspMetrics, 1);

  g_mutex_init (&m->lock);
  m->seen = seen;
  m->channels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, sums_free);
  return m;
}

void
asp_metrics_free (AspMetrics * m)
{
  if (!m)
    return;
  g_hash_table_unref (m->channels);
  g_mutex_clear (&m->lock);
  g_free (m);
}

guint64
asp_metrics_seen (AspMetrics * m)
{
  guint64 seen;

  g_mutex_lock (&m->lock);
  seen = m->seen;
  g_mutex_unlock (&m->lock);
  return seen;
}

/* NULL: there are too many. */
static AspMetricsSums *
sums_of (AspMetrics * m, const gchar * channel)
{
  AspMetricsSums *s = g_hash_table_lookup (m->channels, channel);

  if (!s && g_hash_table_size (m->channels) < ASP_METRICS_CHANNELS_MAX)
    g_hash_table_insert (m->channels, g_strdup (channel), s = sums_new ());
  return s;
}

void
asp_metrics_fold (AspMetrics * m, const GPtrArray * events, guint64 upto)
{
  g_mutex_lock (&m->lock);
  for (guint i = 0; i < events->len; i++) {
    const AspEvent *event = g_ptr_array_index (events, i);
    AspMetricsSums *s = event->channel && event->number > m->seen ? sums_of (m, event->channel) : NULL;

    if (s)
      count (s, event);
    m->seen = MAX (m->seen, event->number);
  }
  m->seen = MAX (m->seen, upto);
  g_mutex_unlock (&m->lock);
}
