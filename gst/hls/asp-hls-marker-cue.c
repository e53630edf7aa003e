/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * EXT-X-CUE-OUT and its relatives: lines of a segment. AWS Elemental's form, the one with the
 * cue itself ("SCTE-35 enhanced", EXT-OATCLS-SCTE35), and the one that Google's DAI reads.
 * Where two forms are asked for at once the enhanced one is written: it says more, and two
 * EXT-X-CUE-OUT before one segment would be two breaks.
 */
#include "asp-hls-marker.h"
#include "asp-hls-text.h"

static void
add_cue (GString * out, const gchar * scte35)
{
  g_autofree gchar *base64 = asp_hls_base64_of_hex (scte35);

  if (base64)
    g_string_append_printf (out, "#EXT-OATCLS-SCTE35:%s\n", base64);
}

static void
cue_out (GString * out, const AspHlsMarking * m, const AspHlsEntry * e)
{
  gint64 ms = asp_hls_90k_to_ms (e->duration_90k);

  if (m->markers & ASP_HLS_MARKERS_OATCLS)
    add_cue (out, e->scte35);
  g_string_append (out, "#EXT-X-CUE-OUT");
  if (ms > 0 && !(m->markers & ASP_HLS_MARKERS_OATCLS) && m->cue_form == ASP_HLS_CUE_GOOGLE) {
    g_string_append (out, ":DURATION=");
    asp_hls_add_short_ms (out, ms);
  } else if (ms > 0) {
    g_string_append_c (out, ':');
    asp_hls_add_ms (out, ms);
  }
  g_string_append_c (out, '\n');
}

static void
cue_cont_enhanced (GString * out, const AspHlsEntry * e, gint64 elapsed_ms)
{
  g_autofree gchar *base64 = asp_hls_base64_of_hex (e->scte35);

  g_string_append (out, "#EXT-X-CUE-OUT-CONT:ElapsedTime=");
  asp_hls_add_ms (out, elapsed_ms);
  if (e->duration_90k > 0) {
    g_string_append (out, ",Duration=");
    asp_hls_add_short_ms (out, asp_hls_90k_to_ms (e->duration_90k));
  }
  if (base64)
    g_string_append_printf (out, ",SCTE35=%s", base64);
  g_string_append_c (out, '\n');
}

static void
cue_cont (GString * out, const AspHlsMarking * m, const AspHlsEntry * e, gint64 at_90k)
{
  gint64 elapsed_ms = asp_hls_90k_to_ms (at_90k) - asp_hls_90k_to_ms (e->at_90k);

  if (m->markers & ASP_HLS_MARKERS_OATCLS) {
    cue_cont_enhanced (out, e, elapsed_ms);
  } else if (m->cue_form == ASP_HLS_CUE_ELEMENTAL) {
    g_string_append (out, "#EXT-X-CUE-OUT-CONT: ");
    asp_hls_add_ms (out, elapsed_ms);
    if (e->duration_90k > 0) {
      g_string_append_c (out, '/');
      asp_hls_add_short_ms (out, asp_hls_90k_to_ms (e->duration_90k));
    }
    g_string_append_c (out, '\n');
  }
}

void
asp_hls_marker_cues (GString * out, const AspHlsMarking * m, const GPtrArray * avails, gint64 at_90k)
{
  if (!(m->markers & (ASP_HLS_MARKERS_CUE | ASP_HLS_MARKERS_OATCLS)))
    return;
  /* the end of one first: the next one may begin in the same place */
  for (guint i = 0; i < avails->len; i++) {
    const AspHlsAvail *a = g_ptr_array_index (avails, i);

    if (!a->in || a->in->at_90k != at_90k || a->out->at_90k == at_90k)
      continue;
    if (m->markers & ASP_HLS_MARKERS_OATCLS)
      add_cue (out, a->in->scte35);
    g_string_append (out, "#EXT-X-CUE-IN\n");
  }
  for (guint i = 0; i < avails->len; i++) {
    const AspHlsAvail *a = g_ptr_array_index (avails, i);

    if (at_90k < a->out->at_90k || at_90k >= a->end_90k)
      continue;
    if (at_90k == a->out->at_90k)
      cue_out (out, m, a->out);
    else
      cue_cont (out, m, a->out, at_90k);
  }
}
