/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pattern-code.h"

#include <stdio.h>
#include <stdlib.h>

static gboolean
parse_run (const gchar * text, PatternRun * run)
{
  gchar *end;

  run->source = (guint) strtoul (text, &end, 10);
  if (end == text || *end != ':' || run->source > PATTERN_MAX_SOURCE)
    return FALSE;
  text = end + 1;
  run->first = (guint) strtoul (text, &end, 10);
  if (end == text || *end != '-')
    return FALSE;
  text = end + 1;
  if (*text == '\0') {
    run->last = G_MAXUINT;
    return TRUE;
  }
  run->last = (guint) strtoul (text, &end, 10);
  return end != text && *end == '\0' && run->last >= run->first && run->last <= PATTERN_MAX_FRAME;
}

GArray *
pattern_runs_parse (const gchar * text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", -1);
  GArray *runs = g_array_new (FALSE, FALSE, sizeof (PatternRun));
  guint i;

  for (i = 0; parts[i] != NULL; i++) {
    PatternRun run;

    if (!parse_run (parts[i], &run)) {
      fprintf (stderr, "'%s' is no run; SOURCE:FIRST-LAST is wanted\n", parts[i]);
      g_array_unref (runs);
      return NULL;
    }
    g_array_append_val (runs, run);
  }
  return runs;
}

gchar *
pattern_runs_to_string (const GArray * runs)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < runs->len; i++) {
    const PatternRun *run = &g_array_index (runs, PatternRun, i);

    g_string_append_printf (text, "%s%u:%u-", i > 0 ? "," : "", run->source, run->first);
    if (run->last != G_MAXUINT)
      g_string_append_printf (text, "%u", run->last);
  }
  return g_string_free (text, FALSE);
}
