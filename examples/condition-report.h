/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* A bar on standard error, where that is a terminal. */
void condition_progress (gint percent);

/* What adconditionbin's message ad-condition-report says, for people, on standard output. */
void condition_report_print (const GstStructure * report, const gchar * output);

G_END_DECLS
