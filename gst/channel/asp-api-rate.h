/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A token bucket: so many a second, and at once as many as come in one second, at least one.
 * Time is a parameter and may go back. Thread: its owner's. Since: 0.1
 */
typedef struct
{
  gdouble per_second;           /* 0 = any number */
  gdouble tokens;
  gint64 filled_us;             /* the last time */
  gboolean begun;               /* else it is full */
} AspApiRate;

/* FALSE: not now. */
gboolean asp_api_rate_take (AspApiRate * rate, gint64 now_us);

G_END_DECLS
