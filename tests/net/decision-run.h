/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-decider.h>

#include "http-faults.h"

G_BEGIN_DECLS

/* A decider, its client and a server with faults: breaks of 30 s, 800 ms for a request, 1800 ms
 * for the whole, and PATIENCE times as much under a sanitizer, which inflates a bomb slowly. */
typedef struct
{
  HttpFaults *faults;
  AspHttpClient *client;
  AspDecider *decider;
  AspDecisionConfig config;
  gchar *base;                  /* "http://127.0.0.1:PORT" */
} DecisionNet;

void decision_net_setup (DecisionNet * n, gconstpointer data);
void decision_net_teardown (DecisionNet * n, gconstpointer data);

/* What came of one decision. */
typedef struct
{
  GMutex lock;
  GCond cond;
  guint calls;
  gboolean cancelled;
  gchar *text;                  /* "OUTCOME POD", as test_pod_text() */
  gchar *why;
  guint requests;
  gint64 elapsed_ms;            /* by our clock */
  gint64 start_us;
  gboolean in_client;
  DecisionNet *net;
} Decided;

Decided *decision_net_begin (DecisionNet * n, const AspDeciderAsk * ask, guint64 * id);
void decided_wait (Decided * d);
void decided_free (Decided * d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Decided, decided_free)

/* A GET of that path, waited for. */
Decided *decision_net_decide (DecisionNet * n, const gchar * path);

/* A document of decision-docs.h, whose URLs lead to the server. */
gchar *decision_net_document (DecisionNet * n, const gchar * words);

/* The error and notUsed beacons that have come, sorted: as soon as there are as many as in
 * @expected, or after a while; then a little longer, for those that must not come. */
gchar *decision_net_beacons (DecisionNet * n, const gchar * expected);

G_END_DECLS
