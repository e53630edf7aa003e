/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-metrics-private.h"

#include <math.h>
#include <string.h>

/* What is written of all channels: Prometheus wants the samples of one name together. */
typedef struct
{
  GString *text;
  const GPtrArray *statuses;    /* AspControlStatus */
  const AspMetricsSums **sums;  /* of each; NULL = nothing was counted */
} Writer;

#define SECONDS (1.0 / ASP_SECOND_90K)

/* --- the format -------------------------------------------------------------------------- */

static void
head (Writer * w, const gchar * name, const gchar * type, const gchar * help)
{
  g_string_append_printf (w->text, "# HELP adsplice_%s %s\n# TYPE adsplice_%s %s\n", name, help, name, type);
}

static void
append_value (Writer * w, gdouble value)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c (w->text, ' ');
  if (value == floor (value) && fabs (value) < 1e15)
    g_string_append_printf (w->text, "%" G_GINT64_FORMAT, (gint64) value);
  else
    g_string_append (w->text, g_ascii_formatd (number, sizeof number, "%.9g", value));
  g_string_append_c (w->text, '\n');
}

static void
append_label (Writer * w, const gchar * name, const gchar * value)
{
  if (w->text->str[w->text->len - 1] != '{')
    g_string_append_c (w->text, ',');
  g_string_append_printf (w->text, "%s=\"", name);
  for (const gchar * c = value ? value : ""; *c; c++) {
    if (*c == '\\' || *c == '"')
      g_string_append_c (w->text, '\\');
    if (*c == '\n')
      g_string_append (w->text, "\\n");
    else
      g_string_append_c (w->text, *c);
  }
  g_string_append_c (w->text, '"');
}

/* @label: (nullable): a second one */
static void
sample (Writer * w, const gchar * name, const gchar * first, const gchar * first_value, const gchar * label,
    const gchar * label_value, gdouble value)
{
  g_string_append_printf (w->text, "adsplice_%s", name);
  if (first) {
    g_string_append_c (w->text, '{');
    append_label (w, first, first_value);
    if (label)
      append_label (w, label, label_value);
    g_string_append_c (w->text, '}');
  }
  append_value (w, value);
}

static void
bucket (Writer * w, const gchar * name, const gchar * channel, const gchar * label, const gchar * label_value,
    const gchar * le, guint64 n)
{
  g_string_append_printf (w->text, "adsplice_%s_bucket{", name);
  append_label (w, "channel", channel);
  if (label)
    append_label (w, label, label_value);
  append_label (w, "le", le);
  g_string_append_c (w->text, '}');
  append_value (w, (gdouble) n);
}

static void
histogram (Writer * w, const gchar * name, const gchar * channel, const gchar * label, const gchar * label_value,
    const AspHistogram * h)
{
  g_autofree gchar *sum = g_strconcat (name, "_sum", NULL);
  g_autofree gchar *n = g_strconcat (name, "_count", NULL);
  guint64 upto = 0;

  for (guint i = 0; i < h->n_bounds; i++) {
    gchar le[G_ASCII_DTOSTR_BUF_SIZE];

    upto += h->counts[i];
    bucket (w, name, channel, label, label_value, g_ascii_formatd (le, sizeof le, "%.9g", h->bounds[i]), upto);
  }
  bucket (w, name, channel, label, label_value, "+Inf", h->n);
  sample (w, sum, "channel", channel, label, label_value, h->sum);
  sample (w, n, "channel", channel, label, label_value, (gdouble) h->n);
}

static const gchar *
channel_name (const Writer * w, guint i)
{
  return ((const AspControlStatus *) g_ptr_array_index (w->statuses, i))->channel->name;
}

/* --- what channels say of themselves ----------------------------------------------------- */

static void
write_states (Writer * w)
{
  static const struct
  {
    const gchar *name, *help;
    goffset offset;
  } states[] = {
    {"channel_live", "1 while data flows", G_STRUCT_OFFSET (AspApiChannel, live)},
    {"channel_busy", "1 while a break is scheduled or runs", G_STRUCT_OFFSET (AspApiChannel, busy)},
    {"channel_viewers", "Viewers of the channel's own origin", G_STRUCT_OFFSET (AspApiChannel, viewers)},
  };

  for (guint k = 0; k < G_N_ELEMENTS (states); k++) {
    head (w, states[k].name, "gauge", states[k].help);
    for (guint i = 0; i < w->statuses->len; i++) {
      const AspControlStatus *s = g_ptr_array_index (w->statuses, i);

      sample (w, states[k].name, "channel", s->channel->name, NULL, NULL,
          G_STRUCT_MEMBER (gint, s->channel, states[k].offset));
    }
  }
}

#define SUM(name, type, help, member) { name, type, help, G_STRUCT_OFFSET (AspControlStatus, member) }

static void
write_sums (Writer * w)
{
  static const struct
  {
    const gchar *name, *type, *help;
    goffset offset;
  } sums[] = {
    SUM ("breaks_total", "counter", "Breaks since the channel began", breaks),
    SUM ("breaks_filled_total", "counter", "Breaks that creatives filled wholly", breaks_filled),
    SUM ("breaks_skipped_total", "counter", "Breaks in which the programme played", breaks_skipped),
    SUM ("creatives_total", "counter", "Creatives that played", creatives),
    SUM ("ad_decision_server_requests_total", "counter", "Requests to the ad server", ads_requests),
    SUM ("ad_decision_server_errors_total", "counter",
        "Requests to the ad server that failed but for time (MediaTailor AdDecisionServer.Errors)", ads_errors),
    SUM ("ad_decision_server_timeouts_total", "counter",
        "Requests to the ad server that ran out of time (MediaTailor AdDecisionServer.Timeouts)", ads_timeouts),
    SUM ("conditioned_total", "counter", "Creatives that were made to fit", conditioned),
    SUM ("conditioning_failed_total", "counter", "Creatives that could not be made to fit", conditioning_failed),
    SUM ("conditioning", "gauge", "Creatives that are being made to fit", conditioning_now),
    SUM ("beacons_fired_total", "counter", "Beacons that were taken (MediaTailor Avail.*.Fired)", beacons_fired),
    SUM ("beacons_failed_total", "counter", "Beacons that were given up", beacons_failed),
    SUM ("beacons_waiting", "gauge", "Beacons that wait for their time, or to be tried again", beacons_waiting),
  };

  for (guint k = 0; k < G_N_ELEMENTS (sums); k++) {
    head (w, sums[k].name, sums[k].type, sums[k].help);
    for (guint i = 0; i < w->statuses->len; i++) {
      const AspControlStatus *s = g_ptr_array_index (w->statuses, i);

      sample (w, sums[k].name, "channel", s->channel->name, NULL, NULL,
          (gdouble) G_STRUCT_MEMBER (guint64, s, sums[k].offset));
    }
  }
}

typedef enum
{
  OF_PACKETS, OF_BYTES, OF_CC_ERRORS, OF_CUES, OF_RATE, OF_GOP, OF_LATENCY, OF_RAP
} RenditionMetric;

static gdouble
rendition_value (const AspControlRendition * r, RenditionMetric which)
{
  switch (which) {
    case OF_PACKETS:
      return (gdouble) r->packets;
    case OF_BYTES:
      return (gdouble) r->bytes;
    case OF_CC_ERRORS:
      return (gdouble) r->cc_errors;
    case OF_CUES:
      return (gdouble) r->cues;
    case OF_RATE:
      return (gdouble) r->bits_per_second;
    case OF_GOP:
      return (gdouble) r->gop_90k * SECONDS;
    case OF_LATENCY:
      return (gdouble) r->latency_ns / 1e9;
    case OF_RAP:
      return (gdouble) r->rap_us / G_USEC_PER_SEC;
  }
  return 0;
}

static void
write_renditions (Writer * w)
{
  static const struct
  {
    const gchar *name, *type, *help;
    RenditionMetric which;
  } all[] = {
    {"input_packets_total", "counter", "TS packets that came", OF_PACKETS},
    {"input_bytes_total", "counter", "Bytes that came", OF_BYTES},
    {"input_cc_errors_total", "counter", "Packets that were lost on the way, seen by continuity_counter", OF_CC_ERRORS},
    {"cues_total", "counter", "SCTE-35 cues that came", OF_CUES},
    {"input_bits_per_second", "gauge", "Of the input, over the last second", OF_RATE},
    {"input_gop_seconds", "gauge", "From one random access point to the next", OF_GOP},
    {"latency_seconds", "gauge", "From in to out", OF_LATENCY},
    {"input_rap_timestamp_seconds", "gauge", "Unix time of the last random access point; 0 = none", OF_RAP},
  };

  for (guint k = 0; k < G_N_ELEMENTS (all); k++) {
    head (w, all[k].name, all[k].type, all[k].help);
    for (guint i = 0; i < w->statuses->len; i++) {
      const AspControlStatus *s = g_ptr_array_index (w->statuses, i);

      for (guint j = 0; j < s->renditions->len; j++) {
        const AspControlRendition *r = g_ptr_array_index (s->renditions, j);

        sample (w, all[k].name, "channel", s->channel->name, "rendition", r->name, rendition_value (r, all[k].which));
      }
    }
  }
}

/* --- what was counted -------------------------------------------------------------------- */

#define COUNT(name, help, member, factor) { name, help, G_STRUCT_OFFSET (AspMetricsSums, member), factor }

static void
write_counts (Writer * w)
{
  static const struct
  {
    const gchar *name, *help;
    goffset offset;
    gdouble factor;
  } counts[] = {
    COUNT ("ad_decision_server_ads_total", "Ads in answers of the ad server (MediaTailor AdDecisionServer.Ads)",
        decision_ads, 1),
    COUNT ("ad_decision_server_duration_seconds_total",
        "Length of the ads that were taken from them (MediaTailor AdDecisionServer.Duration)", decision_90k, SECONDS),
    COUNT ("ad_not_ready_total", "Ads that were not conditioned in time (MediaTailor AdNotReady)", not_ready, 1),
    COUNT ("ads_billed_total", "Creatives that began in the output (MediaTailor AdsBilled)",
        events[ASP_EVENT_CREATIVE_STARTED], 1),
    COUNT ("avail_duration_seconds_total", "Length of breaks as planned (MediaTailor Avail.Duration)", avail_90k, SECONDS),
    COUNT ("avail_filled_duration_seconds_total", "... and what of it ads were to fill (MediaTailor Avail.FilledDuration); "
        "divided it is Avail.FillRate", avail_filled_90k, SECONDS),
    COUNT ("avail_observed_duration_seconds_total", "Length of breaks as it was (MediaTailor Avail.ObservedDuration)",
        observed_90k, SECONDS),
    COUNT ("avail_observed_filled_duration_seconds_total", "... and what of it ads filled (MediaTailor "
        "Avail.ObservedFilledDuration); divided it is Avail.ObservedFillRate", observed_filled_90k, SECONDS),
    COUNT ("avail_impression_total", "Creatives that began (MediaTailor Avail.Impression)",
        events[ASP_EVENT_CREATIVE_STARTED], 1),
    COUNT ("avail_complete_total", "Creatives that played to their end (MediaTailor Avail.Complete)", completes, 1),
  };

  for (guint k = 0; k < G_N_ELEMENTS (counts); k++) {
    head (w, counts[k].name, "counter", counts[k].help);
    for (guint i = 0; i < w->statuses->len; i++)
      if (w->sums[i])
        sample (w, counts[k].name, "channel", channel_name (w, i), NULL, NULL,
            (gdouble) G_STRUCT_MEMBER (guint64, w->sums[i], counts[k].offset) * counts[k].factor);
  }
}

/* Words that never came make no sample: a channel has a few of them. */
static void
write_words (Writer * w, const gchar * name, const gchar * help, const gchar * label, const gchar * const *words,
    guint n_words, goffset offset)
{
  head (w, name, "counter", help);
  for (guint i = 0; i < w->statuses->len; i++)
    for (guint k = 0; w->sums[i] && k < n_words; k++) {
      const guint64 *values = G_STRUCT_MEMBER_P (w->sums[i], offset);

      if (values[k] > 0)
        sample (w, name, "channel", channel_name (w, i), label, words[k], (gdouble) values[k]);
    }
}

static void
write_events (Writer * w)
{
  const gchar *names[ASP_EVENT_KINDS];

  for (guint i = 0; i < ASP_EVENT_KINDS; i++)
    names[i] = asp_event_name ((AspEventKind) i);
  write_words (w, "events_total", "Events of the log", "event", names, ASP_EVENT_KINDS,
      G_STRUCT_OFFSET (AspMetricsSums, events));
  write_words (w, "skipped_reason_total", "Ads that did not play, by reason (MediaTailor SkippedReason.*)", "reason",
      asp_metrics_reasons, ASP_METRICS_REASONS, G_STRUCT_OFFSET (AspMetricsSums, reasons));
  write_words (w, "decisions_total", "Decisions, by what came of them", "outcome", asp_metrics_outcomes,
      ASP_METRICS_OUTCOMES, G_STRUCT_OFFSET (AspMetricsSums, outcomes));
}

static void
write_histograms (Writer * w)
{
  head (w, "avail_fill_ratio", "gauge", "Of the last break that ended: filled by ads of what was planned (0 to 1)");
  for (guint i = 0; i < w->statuses->len; i++)
    if (w->sums[i] && w->sums[i]->last_fill >= 0)
      sample (w, "avail_fill_ratio", "channel", channel_name (w, i), NULL, NULL, w->sums[i]->last_fill);
  head (w, "splice_error_seconds", "histogram", "Between the time that was asked for and the splice, by edge");
  for (guint i = 0; i < w->statuses->len; i++)
    if (w->sums[i]) {
      histogram (w, "splice_error_seconds", channel_name (w, i), "edge", "out", &w->sums[i]->out_error_s);
      histogram (w, "splice_error_seconds", channel_name (w, i), "edge", "return", &w->sums[i]->return_error_s);
    }
  head (w, "ad_decision_server_latency_seconds", "histogram",
      "Until the ad server's answer was there (MediaTailor AdDecisionServer.Latency)");
  for (guint i = 0; i < w->statuses->len; i++)
    if (w->sums[i])
      histogram (w, "ad_decision_server_latency_seconds", channel_name (w, i), NULL, NULL, &w->sums[i]->ads_latency_s);
  head (w, "conditioning_seconds", "histogram", "Until a creative that was there fitted the rendition");
  for (guint i = 0; i < w->statuses->len; i++) {
    const AspControlStatus *s = g_ptr_array_index (w->statuses, i);

    histogram (w, "conditioning_seconds", s->channel->name, NULL, NULL, &s->conditioning_s);
  }
}

/* --- the process ------------------------------------------------------------------------- */

static void
write_log (Writer * w, const AspMetricsLog * log)
{
  head (w, "channels", "gauge", "Channels that this control server has");
  sample (w, "channels", NULL, NULL, NULL, NULL, w->statuses->len);
  head (w, "event_log_last", "gauge", "Number of the last event of the log");
  sample (w, "event_log_last", NULL, NULL, NULL, NULL, (gdouble) log->last);
  head (w, "event_log_lost_total", "counter", "Events that were not taken, as too many waited for the store");
  sample (w, "event_log_lost_total", NULL, NULL, NULL, NULL, (gdouble) log->lost);
  head (w, "event_log_waiting", "gauge", "Events that the store has not taken yet");
  sample (w, "event_log_waiting", NULL, NULL, NULL, NULL, log->waiting);
  head (w, "event_log_up", "gauge", "0 while the store takes no events");
  sample (w, "event_log_up", NULL, NULL, NULL, NULL, log->written);
}

static void
write_hooks (Writer * w, const GPtrArray * hooks)
{
  static const struct
  {
    const gchar *name, *type, *help;
    goffset offset;
  } all[] = {
    {"hook_delivered_total", "counter", "Events that the hook has taken", G_STRUCT_OFFSET (AspHookState, delivered)},
    {"hook_failed_total", "counter", "Attempts that failed", G_STRUCT_OFFSET (AspHookState, failed)},
    {"hook_lost_total", "counter", "Events that the log did not keep until the hook took them",
        G_STRUCT_OFFSET (AspHookState, lost)},
    {"hook_waiting", "gauge", "Events that the hook has not passed yet", G_STRUCT_OFFSET (AspHookState, waiting)},
  };

  for (guint k = 0; k < G_N_ELEMENTS (all); k++) {
    head (w, all[k].name, all[k].type, all[k].help);
    for (guint i = 0; hooks && i < hooks->len; i++) {
      const AspHookState *h = g_ptr_array_index (hooks, i);

      sample (w, all[k].name, "hook", h->name, NULL, NULL, (gdouble) G_STRUCT_MEMBER (guint64, h, all[k].offset));
    }
  }
}

static gboolean
has_gone (gpointer name, gpointer sums, gpointer user_data)
{
  const GPtrArray *statuses = user_data;

  for (guint i = 0; i < statuses->len; i++)
    if (!strcmp (((const AspControlStatus *) g_ptr_array_index (statuses, i))->channel->name, name))
      return FALSE;
  return TRUE;
}

/* Looking for each among all is only worth it where one has gone. */
static void
forget_gone (AspMetrics * m, const GPtrArray * statuses, guint n_counted)
{
  if (g_hash_table_size (m->channels) > n_counted)
    g_hash_table_foreach_remove (m->channels, has_gone, (gpointer) statuses);
}

gchar *
asp_metrics_write (AspMetrics * m, const GPtrArray * statuses, const GPtrArray * hooks, const AspMetricsLog * log)
{
  Writer w = { g_string_new (NULL), statuses, g_new0 (const AspMetricsSums *, statuses->len + 1) };
  guint n_counted = 0;

  write_log (&w, log);
  write_hooks (&w, hooks);
  write_states (&w);
  write_sums (&w);
  write_renditions (&w);
  g_mutex_lock (&m->lock);
  for (guint i = 0; i < statuses->len; i++) {
    w.sums[i] = g_hash_table_lookup (m->channels, channel_name (&w, i));
    n_counted += w.sums[i] != NULL;
  }
  write_counts (&w);
  write_events (&w);
  write_histograms (&w);
  forget_gone (m, statuses, n_counted);
  g_mutex_unlock (&m->lock);
  g_free (w.sums);
  return g_string_free (w.text, FALSE);
}
