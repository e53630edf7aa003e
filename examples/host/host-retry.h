/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HOST_RETRY_MIN_S 1
#define HOST_RETRY_MAX_S 30
#define HOST_RETRY_WELL_S 10    /* what has worked so long begins with the shortest wait again */

/* Something that fails and is begun again, after 1 s, 2 s, 4 s ... Main thread. All zero at first. */
typedef struct
{
  guint delay_s, timer;
  gint64 began_us;              /* monotonic; 0 = never */
  gboolean failed;              /* and not said to be well since */
} HostRetry;

/* It has begun. */
void host_retry_began (HostRetry * retry);
/* It has failed: @func in a while. Returns: TRUE when that is news */
gboolean host_retry_later (HostRetry * retry, GSourceFunc func, gpointer user_data);
/* Does it work again, and is that news? */
gboolean host_retry_is_well (HostRetry * retry);
void host_retry_stop (HostRetry * retry);

G_END_DECLS
