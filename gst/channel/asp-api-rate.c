/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-rate.h"

gboolean
asp_api_rate_take (AspApiRate * r, gint64 now_us)
{
  gdouble most = MAX (r->per_second, 1.0);

  if (r->per_second <= 0)
    return TRUE;
  if (!r->begun)
    r->tokens = most;
  else if (now_us > r->filled_us)
    r->tokens = MIN (most, r->tokens + (gdouble) (now_us - r->filled_us) / G_USEC_PER_SEC * r->per_second);
  r->begun = TRUE;
  r->filled_us = now_us;
  if (r->tokens < 1.0)
    return FALSE;
  r->tokens -= 1.0;
  return TRUE;
}
