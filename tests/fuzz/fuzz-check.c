/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bytes of a peer into gst/check: as a stream, as a creative, and as both. Two chunkings say
 * the same of them.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-check-creative.h>
#include <asp-check-json.h>

static void
on_cue (const AspCheckCue * cue, AspCheckCueMoment moment, gpointer user_data)
{
  guint *told = user_data;

  told[moment]++;
  g_assert_cmpuint (cue->n_pairs, <=, ASP_CUE_PAIRS_MAX);
  g_assert_true (cue->rap_before_90k == ASP_NO_TIME || cue->rap_before_90k >= 0);
  g_assert_true (cue->rap_after_90k == ASP_NO_TIME || cue->rap_after_90k >= 0);
}

static gchar *
check_in_chunks (const guint8 * data, gsize size, gsize chunk)
{
  guint told[2] = { 0, 0 };
  g_autoptr (AspCheck) c = asp_check_new (on_cue, told);
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autoptr (GPtrArray) findings = NULL;
  const AspCheckFacts *facts;

  for (gsize at = 0; at < size; at += chunk)
    asp_check_push (c, data + at, MIN (chunk, size - at));
  asp_check_finish (c);
  facts = asp_check_facts (c);
  g_assert_cmpuint (told[0], ==, told[1]);
  g_assert_cmpuint (facts->packets * 188 + facts->garbage_bytes, <=, size);
  findings = asp_check_verdict (facts, asp_check_program (facts, 0));
  asp_json_begin_object (w, NULL);
  asp_check_json_add_facts (w, "stream", facts);
  asp_check_json_add_findings (w, "findings", findings);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

static void
check_as_creative (const guint8 * data, gsize size)
{
  g_autoptr (AspCreativeCheck) c = asp_creative_check_new ();
  g_autoptr (GPtrArray) own = NULL, with = NULL;
  const AspCheckFacts *facts;

  asp_creative_check_push (c, data, size);
  asp_creative_check_finish (c);
  facts = asp_creative_check_facts (c);
  own = asp_creative_check_verdict (c, NULL, NULL);
  with = asp_creative_check_verdict (c, facts, asp_check_program (facts, 0));
  g_assert_cmpint (asp_creative_check_duration_90k (c), >=, 0);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  guint8 *block = g_memdup2 (data, size);
  gchar *whole = check_in_chunks (block, size, MAX (size, 1));
  gchar *pieces = check_in_chunks (block, size, 97);

  g_assert_cmpstr (whole, ==, pieces);
  check_as_creative (block, size);
  g_free (whole);
  g_free (pieces);
  g_free (block);
  return 0;
}
