/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decision-run.h"

#include <string.h>

#include "../unit/decision-ads.h"
#include "../unit/decision-docs.h"
#include "http-fetch.h"
#include "patience.h"

#define HANGS_S 60
#define STRAGGLERS_MS 15

void
decision_net_setup (DecisionNet * n, gconstpointer data)
{
  n->faults = http_faults_new ();
  n->client = client_new ("127.0.0.1");
  n->decider = asp_decider_new (n->client, NULL);
  n->base = http_faults_url (n->faults, "");
  n->config = (AspDecisionConfig) {.request_timeout_ms = 800 * PATIENCE,.budget_ms = 1800 * PATIENCE,
    .rules = {.avail_90k = 30 * 90000 },.macros = ASP_AD_MACROS_INIT
  };
}

void
decision_net_teardown (DecisionNet * n, gconstpointer data)
{
  asp_decider_free (n->decider);
  asp_http_client_free (n->client);
  for (guint i = 0; i < 500 * PATIENCE && http_faults_open (n->faults) > 0; i++)
    g_usleep (10000);
  g_assert_cmpuint (http_faults_open (n->faults), ==, 0);
  http_faults_free (n->faults);
  g_free (n->base);
}

static void
on_decided (const AspDecisionResult * result, gpointer user_data)
{
  Decided *d = user_data;

  g_mutex_lock (&d->lock);
  d->calls++;
  d->cancelled = result == NULL;
  d->elapsed_ms = (g_get_monotonic_time () - d->start_us) / 1000;
  d->in_client = g_main_context_is_owner (asp_http_client_get_context (d->net->client));
  if (result) {
    g_autofree gchar *pod = test_pod_text (&result->pod);

    d->text = g_strdup_printf ("%s %s", asp_decision_outcome_name (result->outcome), pod);
    d->why = g_strdup (result->why);
    d->requests = result->requests;
  }
  g_cond_signal (&d->cond);
  g_mutex_unlock (&d->lock);
}

Decided *
decision_net_begin (DecisionNet * n, const AspDeciderAsk * ask, guint64 * id)
{
  Decided *d = g_new0 (Decided, 1);
  guint64 number;

  d->net = n;
  g_mutex_init (&d->lock);
  g_cond_init (&d->cond);
  d->start_us = g_get_monotonic_time ();
  number = asp_decider_decide (n->decider, ask, on_decided, d);
  g_assert_cmpuint (number, !=, 0);
  if (id)
    *id = number;
  return d;
}

void
decided_wait (Decided * d)
{
  gint64 end_us = g_get_monotonic_time () + HANGS_S * G_USEC_PER_SEC;

  g_mutex_lock (&d->lock);
  while (d->calls == 0)
    if (!g_cond_wait_until (&d->cond, &d->lock, end_us))
      g_error ("the decision does not come");
  g_mutex_unlock (&d->lock);
  g_assert_cmpuint (d->calls, ==, 1);
  g_assert_true (d->in_client);
}

void
decided_free (Decided * d)
{
  g_mutex_clear (&d->lock);
  g_cond_clear (&d->cond);
  g_free (d->text);
  g_free (d->why);
  g_free (d);
}

Decided *
decision_net_decide (DecisionNet * n, const gchar * path)
{
  g_autofree gchar *url = g_strconcat (n->base, path, NULL);
  AspDecisionRequest request = {.url = url,.method = (gchar *) "GET" };
  AspDeciderAsk ask = {.request = &request,.config = &n->config };
  Decided *d = decision_net_begin (n, &ask, NULL);

  decided_wait (d);
  return d;
}

gchar *
decision_net_document (DecisionNet * n, const gchar * words)
{
  return test_vast (n->base, words);
}

static gint
by_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

static GPtrArray *
beacons_so_far (DecisionNet * n)
{
  g_autoptr (GPtrArray) seen = http_faults_seen (n->faults, NULL);
  GPtrArray *targets = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < seen->len; i++) {
    const HttpSeen *s = g_ptr_array_index (seen, i);

    if (g_str_has_prefix (s->target, "/e/") || g_str_has_prefix (s->target, "/n/"))
      g_ptr_array_add (targets, g_strdup (s->target));
  }
  g_ptr_array_sort (targets, by_text);
  return targets;
}

gchar *
decision_net_beacons (DecisionNet * n, const gchar * expected)
{
  g_auto (GStrv) words = g_strsplit (expected, " ", -1);
  guint n_expected = *expected ? g_strv_length (words) : 0;
  g_autoptr (GPtrArray) targets = NULL;

  for (guint i = 0; i < 500; i++) {
    g_autoptr (GPtrArray) so_far = beacons_so_far (n);

    if (so_far->len >= n_expected)
      break;
    g_usleep (10000);
  }
  g_usleep (STRAGGLERS_MS * 1000);
  targets = beacons_so_far (n);
  g_ptr_array_add (targets, NULL);
  return g_strjoinv (" ", (gchar **) targets->pdata);
}
