/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What was found: violations (each makes the exit code 1), and facts. Printed as one line
 * each, or as one JSON object. Thread: one.
 */
typedef struct
{
  GPtrArray *violations;        /* TscFinding */
  GPtrArray *facts;
} TscReport;

typedef struct
{
  gchar *name;                  /* kebab case, from a fixed set: the tests look for it */
  gchar *text;
} TscFinding;

/* At most this many lines of one name; the count of the rest is in the last one. */
#define TSC_REPORT_LINES_PER_NAME 12

TscReport *tsc_report_new (void);
void tsc_report_free (TscReport * report);

void tsc_violation (TscReport * report, const gchar * name, const gchar * format, ...)
    G_GNUC_PRINTF (3, 4);
void tsc_fact (TscReport * report, const gchar * name, const gchar * format, ...)
    G_GNUC_PRINTF (3, 4);

void tsc_report_print_text (const TscReport * report, const gchar * file);
void tsc_report_print_json (const TscReport * report, const gchar * file);

G_END_DECLS
