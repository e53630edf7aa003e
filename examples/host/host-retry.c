/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-retry.h"

static gint64
age_s (const HostRetry * retry)
{
  return (g_get_monotonic_time () - retry->began_us) / G_USEC_PER_SEC;
}

void
host_retry_began (HostRetry * retry)
{
  retry->timer = 0;
  retry->began_us = g_get_monotonic_time ();
}

gboolean
host_retry_later (HostRetry * retry, GSourceFunc func, gpointer user_data)
{
  gboolean news = !retry->failed;

  if (retry->timer)
    return FALSE;
  if (!retry->delay_s || (retry->began_us && age_s (retry) >= HOST_RETRY_WELL_S))
    retry->delay_s = HOST_RETRY_MIN_S;
  else
    retry->delay_s = MIN (retry->delay_s * 2, HOST_RETRY_MAX_S);
  retry->failed = TRUE;
  retry->timer = g_timeout_add_seconds (retry->delay_s, func, user_data);
  return news;
}

gboolean
host_retry_is_well (HostRetry * retry)
{
  if (!retry->failed || retry->timer || age_s (retry) < 1)
    return FALSE;
  retry->failed = FALSE;
  return TRUE;
}

void
host_retry_stop (HostRetry * retry)
{
  if (retry->timer)
    g_source_remove (retry->timer);
  retry->timer = 0;
}
