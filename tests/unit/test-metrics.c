/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is counted of events and channels, and the text that Prometheus reads. */
#include <asp-metrics.h>
#include <string.h>

#define SECOND 90000

typedef struct
{
  AspMetrics *metrics;
  GPtrArray *statuses;
  guint64 number;               /* of the last event */
} Fixture;

static void
add_channel (Fixture * f, const gchar * name, const gchar * rendition)
{
  AspControlStatus *s = asp_control_status_new ();
  AspControlRendition *r = g_new0 (AspControlRendition, 1);

  s->channel->name = g_strdup (name);
  s->channel->live = TRUE;
  s->breaks = 3;
  asp_histogram_add (&s->conditioning_s, 3.5);
  r->name = g_strdup (rendition);
  r->cc_errors = 7;
  r->gop_90k = SECOND / 2;
  g_ptr_array_add (s->renditions, r);
  g_ptr_array_add (f->statuses, s);
}

static void
setup (Fixture * f, gconstpointer data)
{
  f->metrics = asp_metrics_new (0);
  f->statuses = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_control_status_free);
  f->number = 0;
  add_channel (f, "main", "720p");
}

static void
teardown (Fixture * f, gconstpointer data)
{
  asp_metrics_free (f->metrics);
  g_ptr_array_unref (f->statuses);
}

static AspEvent *
event_new (AspEventKind kind, const gchar * channel, const gchar * id, gint64 duration_90k, gint64 filled_90k)
{
  AspEvent *e = asp_event_new (kind, channel, id, G_USEC_PER_SEC);

  e->duration_90k = duration_90k;
  e->filled_90k = filled_90k;
  return e;
}

/* @event: (transfer full) */
static void
fold (Fixture * f, AspEvent * event)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_event_free);

  event->number = ++f->number;
  g_ptr_array_add (events, event);
  asp_metrics_fold (f->metrics, events, 0);
  /* twice is once */
  asp_metrics_fold (f->metrics, events, 0);
}

static gchar *
write_text (Fixture * f)
{
  const AspMetricsLog log = { f->number, 0, 0, TRUE };

  return asp_metrics_write (f->metrics, f->statuses, NULL, &log);
}

/* --- a strict reader --------------------------------------------------------------------- */

static gboolean
read_name (const gchar ** p)
{
  const gchar *start = *p;

  while (g_ascii_isalnum (**p) || **p == '_')
    (*p)++;
  return *p > start && !g_ascii_isdigit (*start);
}

/* name="value", escaped */
static gboolean
read_label (const gchar ** p)
{
  if (!read_name (p) || strncmp (*p, "=\"", 2) != 0)
    return FALSE;
  for (*p += 2; **p && **p != '"' && **p != '\n'; (*p)++)
    if (**p == '\\' && !strchr ("\\\"n", *++(*p)))
      return FALSE;
  return *(*p)++ == '"';
}

static gboolean
read_labels (const gchar ** p)
{
  if (**p != '{')
    return TRUE;
  do {
    (*p)++;
    if (!read_label (p))
      return FALSE;
  } while (**p == ',');
  return *(*p)++ == '}';
}

/* A line of a sample; @key: name and labels */
static gdouble
read_sample (const gchar * line, gchar ** key)
{
  const gchar *p = line;
  gchar *end;
  gdouble value;

  g_assert_true (read_name (&p) && read_labels (&p));
  *key = g_strndup (line, (gsize) (p - line));
  g_assert_cmpint (*p, ==, ' ');
  value = g_ascii_strtod (p + 1, &end);
  g_assert_true (end > p + 1 && *end == '\0');
  return value;
}

static gboolean
is_of (const gchar * sample, const gchar * family)
{
  static const gchar *const tails[] = { "", "_bucket", "_sum", "_count" };
  gsize n = strcspn (sample, "{ ");

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++) {
    g_autofree gchar *name = g_strconcat (family, tails[i], NULL);

    if (strlen (name) == n && !strncmp (sample, name, n))
      return TRUE;
  }
  return FALSE;
}

/* The next line, without its end; NULL: there is none. By hand: under ASan each strstr() looks at
 * all of the text. (transfer full) */
static gchar *
next_line (const gchar ** p, const gchar * end)
{
  const gchar *line = *p;
  const gchar *stop = line < end ? memchr (line, '\n', (gsize) (end - line)) : NULL;

  if (!stop)
    return NULL;
  *p = stop + 1;
  return g_strndup (line, (gsize) (stop - line));
}

/* Families are together, each with its help and type first, and no sample comes twice. Key -> value. */
static GHashTable *
read_text (const gchar * text)
{
  GHashTable *samples = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GHashTable) families = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const gchar *p = text, *end = text + strlen (text);
  const gchar *family = NULL;
  gdouble bucket = 0;

  g_assert_true (g_str_has_suffix (text, "\n"));
  while (p < end) {
    g_autofree gchar *line = next_line (&p, end);
    gchar *key;
    gdouble value;

    if (g_str_has_prefix (line, "# HELP ")) {
      g_auto (GStrv) words = g_strsplit (line, " ", 4);
      g_autofree gchar *type = g_strdup_printf ("# TYPE %s ", words[2]);
      g_autofree gchar *next = next_line (&p, end);

      g_assert_nonnull (words[3]);
      g_assert_true (g_str_has_prefix (next, type));
      g_assert_true (g_hash_table_add (families, g_strdup (words[2])));
      g_hash_table_lookup_extended (families, words[2], (gpointer *) &family, NULL);
      continue;
    }
    value = read_sample (line, &key);
    if (!family || !is_of (key, family))
      g_error ("'%s' is not of %s", key, family);
    if (strstr (key, "_bucket{")) {
      g_assert_true (strstr (key, "le=\"0.") || strstr (key, "le=\"+Inf") || value >= bucket);
      bucket = value;
    }
    g_assert_true (g_hash_table_insert (samples, key, g_memdup2 (&value, sizeof value)));
  }
  return samples;
}

static gdouble
value_of (GHashTable * samples, const gchar * key)
{
  const gdouble *value = g_hash_table_lookup (samples, key);

  return value ? *value : -1;
}

#define ASSERT_VALUE(samples, key, expected) g_assert_cmpfloat_with_epsilon (value_of (samples, "adsplice_" key), expected, 1e-9)

/* --- the tests --------------------------------------------------------------------------- */

static void
play_break (Fixture * f, const gchar * channel, const gchar * id)
{
  AspEvent *e = event_new (ASP_EVENT_BREAK_INSERTED, channel, id, 30 * SECOND, ASP_NO_TIME);

  fold (f, e);
  e = event_new (ASP_EVENT_BREAK_DECIDED, channel, id, 30 * SECOND, 20 * SECOND);
  e->ads_latency_us = 180000;
  e->pod_length = 2;
  asp_event_set_text (&e->outcome, "PARTLY_FILLED");
  asp_event_add_skip (e, NULL, NULL, "1", NULL, "NEW_CREATIVE", 407);
  asp_event_add_skip (e, NULL, NULL, "2", NULL, "a reason that nobody has heard of", 0);
  fold (f, e);
  /* the length changes: the last one counts */
  fold (f, event_new (ASP_EVENT_BREAK_INSERTED, channel, id, 40 * SECOND, ASP_NO_TIME));
  e = event_new (ASP_EVENT_BREAK_STARTED, channel, id, 40 * SECOND, ASP_NO_TIME);
  e->error_90k = 1800;
  fold (f, e);
  for (guint i = 0; i < 2; i++) {
    fold (f, event_new (ASP_EVENT_CREATIVE_STARTED, channel, id, 10 * SECOND, ASP_NO_TIME));
    e = event_new (ASP_EVENT_CREATIVE_ENDED, channel, id, 10 * SECOND, ASP_NO_TIME);
    asp_event_set_text (&e->reason, i ? "cut" : "");
    fold (f, e);
  }
  e = event_new (ASP_EVENT_BREAK_ENDED, channel, id, 41 * SECOND, 19 * SECOND);
  e->error_90k = -90000;
  fold (f, e);
}

static void
test_counts (Fixture * f, gconstpointer data)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GHashTable) all = NULL;

  play_break (f, "main", "a");
  text = write_text (f);
  all = read_text (text);
#define MAIN "{channel=\"main\"}"
  ASSERT_VALUE (all, "channel_live" MAIN, 1);
  ASSERT_VALUE (all, "breaks_total" MAIN, 3);
  ASSERT_VALUE (all, "input_cc_errors_total{channel=\"main\",rendition=\"720p\"}", 7);
  ASSERT_VALUE (all, "input_gop_seconds{channel=\"main\",rendition=\"720p\"}", 0.5);
  ASSERT_VALUE (all, "ad_decision_server_ads_total" MAIN, 4);
  ASSERT_VALUE (all, "ad_decision_server_duration_seconds_total" MAIN, 20);
  ASSERT_VALUE (all, "ad_not_ready_total" MAIN, 1);
  ASSERT_VALUE (all, "avail_duration_seconds_total" MAIN, 40);
  ASSERT_VALUE (all, "avail_filled_duration_seconds_total" MAIN, 20);
  ASSERT_VALUE (all, "avail_observed_duration_seconds_total" MAIN, 41);
  ASSERT_VALUE (all, "avail_observed_filled_duration_seconds_total" MAIN, 19);
  ASSERT_VALUE (all, "avail_fill_ratio" MAIN, 19.0 / 40);
  ASSERT_VALUE (all, "avail_impression_total" MAIN, 2);
  ASSERT_VALUE (all, "avail_complete_total" MAIN, 1);
  ASSERT_VALUE (all, "skipped_reason_total{channel=\"main\",reason=\"NEW_CREATIVE\"}", 1);
  ASSERT_VALUE (all, "skipped_reason_total{channel=\"main\",reason=\"OTHER\"}", 1);
  ASSERT_VALUE (all, "decisions_total{channel=\"main\",outcome=\"PARTLY_FILLED\"}", 1);
  ASSERT_VALUE (all, "events_total{channel=\"main\",event=\"Ad Break Inserted\"}", 2);
  ASSERT_VALUE (all, "splice_error_seconds_bucket{channel=\"main\",edge=\"out\",le=\"0.01\"}", 0);
  ASSERT_VALUE (all, "splice_error_seconds_bucket{channel=\"main\",edge=\"out\",le=\"0.02\"}", 1);
  ASSERT_VALUE (all, "splice_error_seconds_bucket{channel=\"main\",edge=\"return\",le=\"1\"}", 1);
  ASSERT_VALUE (all, "splice_error_seconds_sum{channel=\"main\",edge=\"return\"}", 1);
  ASSERT_VALUE (all, "ad_decision_server_latency_seconds_bucket{channel=\"main\",le=\"0.1\"}", 0);
  ASSERT_VALUE (all, "ad_decision_server_latency_seconds_bucket{channel=\"main\",le=\"0.2\"}", 1);
  ASSERT_VALUE (all, "ad_decision_server_latency_seconds_bucket{channel=\"main\",le=\"+Inf\"}", 1);
  ASSERT_VALUE (all, "ad_decision_server_latency_seconds_count" MAIN, 1);
  ASSERT_VALUE (all, "conditioning_seconds_bucket{channel=\"main\",le=\"5\"}", 1);
  ASSERT_VALUE (all, "event_log_up", 1);
}

/* Breaks that play the programme count in full, those that are cancelled not at all. */
static void
test_unfilled (Fixture * f, gconstpointer data)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GHashTable) all = NULL;

  fold (f, event_new (ASP_EVENT_BREAK_INSERTED, "main", "a", 30 * SECOND, ASP_NO_TIME));
  fold (f, event_new (ASP_EVENT_BREAK_SKIPPED, "main", "a", ASP_NO_TIME, ASP_NO_TIME));
  fold (f, event_new (ASP_EVENT_BREAK_INSERTED, "main", "b", 20 * SECOND, ASP_NO_TIME));
  fold (f, event_new (ASP_EVENT_BREAK_CANCELLED, "main", "b", ASP_NO_TIME, ASP_NO_TIME));
  /* of one whose begin was before the process */
  fold (f, event_new (ASP_EVENT_BREAK_ENDED, "main", NULL, 5 * SECOND, 5 * SECOND));
  text = write_text (f);
  all = read_text (text);
  ASSERT_VALUE (all, "avail_duration_seconds_total" MAIN, 35);
  ASSERT_VALUE (all, "avail_filled_duration_seconds_total" MAIN, 5);
  ASSERT_VALUE (all, "avail_observed_duration_seconds_total" MAIN, 5);
  ASSERT_VALUE (all, "avail_fill_ratio" MAIN, 1);
}

static void
test_escapes (Fixture * f, gconstpointer data)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GHashTable) all = NULL;

  add_channel (f, "odd", "a \"quoted\" \\ name\nin two lines");
  text = write_text (f);
  all = read_text (text);
  ASSERT_VALUE (all, "input_cc_errors_total{channel=\"odd\",rendition=\"a \\\"quoted\\\" \\\\ name\\nin two lines\"}", 7);
}

/* Whatever events say, labels and memory are bounded, and a channel that has gone is forgotten. */
static void
test_bounds (Fixture * f, gconstpointer data)
{
  gsize before, after;
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;
  g_autofree gchar *third = NULL;

  play_break (f, "main", "a");
  first = write_text (f);
  before = strlen (first);
  for (guint i = 0; i < 3 * ASP_METRICS_CHANNELS_MAX; i++) {
    g_autofree gchar *name = g_strdup_printf ("gone-%u", i);
    g_autofree gchar *reason = g_strdup_printf ("REASON_%u", i);
    AspEvent *e = event_new (ASP_EVENT_BREAK_DECIDED, name, name, SECOND, 0);

    fold (f, e);
    e = event_new (ASP_EVENT_BREAK_DECIDED, "main", name, SECOND, 0);
    asp_event_set_text (&e->outcome, reason);
    asp_event_add_skip (e, NULL, NULL, name, NULL, reason, 0);
    fold (f, e);
  }
  second = write_text (f);
  after = strlen (second);
  g_assert_cmpuint (after, <, before + 500);
  add_channel (f, "gone-7", "720p");
  third = write_text (f);
  g_assert_null (strstr (third, "avail_duration_seconds_total{channel=\"gone-7\"}"));
  /* there is room again */
  fold (f, event_new (ASP_EVENT_BREAK_ENDED, "gone-7", "x", SECOND, 0));
  g_free (third);
  third = write_text (f);
  g_assert_nonnull (strstr (third, "avail_duration_seconds_total{channel=\"gone-7\"} 1\n"));
}

static void
test_thousand (Fixture * f, gconstpointer data)
{
  g_autofree gchar *text = NULL;
  gint64 start_us;

  for (guint i = 0; i < 999; i++) {
    g_autofree gchar *name = g_strdup_printf ("channel-%u", i);

    add_channel (f, name, "720p");
    play_break (f, name, "a");
  }
  start_us = g_get_monotonic_time ();
  text = write_text (f);
  g_test_message ("1000 channels: %" G_GSIZE_FORMAT " bytes in %" G_GINT64_FORMAT " ms", strlen (text),
      (g_get_monotonic_time () - start_us) / 1000);
  g_hash_table_unref (read_text (text));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define METRICS_TEST(path, func) g_test_add ("/metrics/" path, Fixture, NULL, setup, func, teardown)
  METRICS_TEST ("counts", test_counts);
  METRICS_TEST ("unfilled", test_unfilled);
  METRICS_TEST ("escapes", test_escapes);
  METRICS_TEST ("bounds", test_bounds);
  METRICS_TEST ("thousand", test_thousand);
  return g_test_run ();
}
