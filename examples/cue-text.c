/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cue-text.h"

#define SECONDS(t_90k) ((gdouble) (t_90k) / ASP_SECOND_90K)

static const gchar *
kind_of (const AspCuePairing * p)
{
  return p->segmentation_type_id < 0 ? "splice" :
      asp_scte35_segmentation_type_name ((guint8) p->segmentation_type_id);
}

gchar *
cue_text_pair (const AspCuePairing * p)
{
  GString *s = g_string_new (NULL);

  g_string_append_printf (s, "%s event 0x%08X (%s)", asp_cue_pair_name (p->pair), p->event_id, kind_of (p));
  if (p->other > 0)
    g_string_append_printf (s, " of #%" G_GUINT64_FORMAT, p->other);
  if (p->pair == ASP_CUE_PAIR_CLOSES)
    g_string_append_printf (s, " after %.3f s", SECONDS (p->distance_90k));
  else if (p->pair == ASP_CUE_PAIR_MOVES)
    g_string_append_printf (s, " by %+.3f s", SECONDS (p->distance_90k));
  return g_string_free (s, FALSE);
}

gchar *
cue_text_distance (const AspCheckProgram * program, const AspCheckCue * cue)
{
  gboolean before = cue->rap_before_90k != ASP_NO_TIME, after = cue->rap_after_90k != ASP_NO_TIME;
  GString *s;

  if (cue->splice_pts90k == ASP_NO_TIME)
    return NULL;
  if (!before && !after)
    return g_strdup ("none was seen near its time");
  if (before && cue->rap_before_90k == 0)
    return g_strdup ("exactly there");
  s = g_string_new (NULL);
  if (before)
    g_string_append_printf (s, "%.3f s before", SECONDS (cue->rap_before_90k));
  if (after)
    g_string_append_printf (s, "%s%.3f s after", before ? ", " : "", SECONDS (cue->rap_after_90k));
  if (program && asp_check_is_on_rap (program, cue))
    g_string_append (s, " (on it)");
  return g_string_free (s, FALSE);
}
