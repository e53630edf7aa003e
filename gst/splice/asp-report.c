/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-report.h"

#include <string.h>

AspMark *
asp_mark_new (AspMarkKind kind)
{
  AspMark *mark = g_new0 (AspMark, 1);

  mark->kind = kind;
  return mark;
}

AspMark *
asp_mark_copy (const AspMark * mark)
{
  AspMark *copy = g_memdup2 (mark, sizeof *mark);

  copy->scte35_hex = g_strdup (mark->scte35_hex);
  copy->asset_id = g_strdup (mark->asset_id);
  copy->ad = asp_ad_copy (mark->ad);
  return copy;
}

void
asp_mark_free (AspMark * mark)
{
  if (!mark)
    return;
  g_free (mark->scte35_hex);
  g_free (mark->asset_id);
  asp_ad_free (mark->ad);
  g_free (mark);
}

const gchar *
asp_break_state_name (AspBreakState state)
{
  static const gchar *const names[] = { "scheduled", "started", "creative-started",
    "creative-ended", "ended", "cancelled", "skipped"
  };

  return (guint) state < G_N_ELEMENTS (names) ? names[state] : "unknown";
}
