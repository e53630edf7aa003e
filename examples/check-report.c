/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-report.h"

#include <stdio.h>

#include "wrap-text.h"

#define MS(t_90k) ((gdouble) (t_90k) / 90)
#define SECONDS(t_90k) ((gdouble) (t_90k) / ASP_SECOND_90K)

/* --- facts ---------------------------------------------------------------------- */

static const gchar *
profile_name (AspCodec codec, guint profile_idc)
{
  if (codec == ASP_CODEC_H264)
    return profile_idc == 66 ? " Baseline" : profile_idc == 77 ? " Main" : profile_idc == 100 ? " High" : "";
  if (codec == ASP_CODEC_HEVC)
    return profile_idc == 1 ? " Main" : profile_idc == 2 ? " Main 10" : "";
  return "";
}

static void
print_video_form (const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;

  printf ("%s%s", asp_codec_name (s->pmt.codec), profile_name (s->pmt.codec, v->params.profile_idc));
  if (v->params.width > 0)
    printf (" %ux%u%s", v->params.width, v->params.height, v->params.interlaced ? " interlaced" : "");
  if (v->frame_90k > 0)
    printf (", %.2f pictures/s", ASP_SECOND_90K / v->frame_90k);
  printf ("\n");
}

static const gchar *
rap_kind (const AspCheckStream * s)
{
  const guint64 *k = s->video.kinds;

  if (s->pmt.codec == ASP_CODEC_H264)
    return "IDR";
  if (s->pmt.codec == ASP_CODEC_MPEG2)
    return k[ASP_PICTURE_OPEN_I] ? k[ASP_PICTURE_IDR] ? "open and closed GOPs" : "open GOPs" : "closed GOPs";
  return k[ASP_PICTURE_CRA] + k[ASP_PICTURE_BLA] ? k[ASP_PICTURE_IDR] + k[ASP_PICTURE_IDR_W_RADL] ?
      "IDR and CRA" : "CRA" : "IDR";
}

static void
print_video (const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;

  print_video_form (s);
  printf ("      random access points  %" G_GUINT64_FORMAT " in %" G_GUINT64_FORMAT " pictures (%s)", v->raps, v->pictures,
      v->raps ? rap_kind (s) : "none");
  if (v->rap_interval_90k.count > 0)
    printf (", %.2f to %.2f s apart", SECONDS (v->rap_interval_90k.min), SECONDS (v->rap_interval_90k.max));
  printf ("\n");
  if (v->raps == 0 || v->rap_interval_90k.count == 0)
    printf ("      longest without one   %.2f s\n", SECONDS (v->longest_without_rap_90k));
  if (v->open_gops > 0)
    printf ("      open GOPs             %" G_GUINT64_FORMAT "\n", v->open_gops);
  if (v->kinds[ASP_PICTURE_RECOVERY_POINT] > 0)
    printf ("      recovery points       %" G_GUINT64_FORMAT " (no IDR)\n", v->kinds[ASP_PICTURE_RECOVERY_POINT]);
  if (v->reorder_90k.count > 0 && v->raps > 0)
    printf ("      reordering            PTS - DTS %.0f ms at random access points, up to %.0f ms\n",
        MS (v->rap_reorder_90k), MS (v->reorder_90k.max));
  else if (v->reorder_90k.count > 0)
    printf ("      reordering            PTS - DTS up to %.0f ms\n", MS (v->reorder_90k.max));
}

static void
print_mux (const AspCheckStream * s)
{
  if (s->lead_90k.count > 0)
    printf ("      ahead of the clock    %.0f to %.0f ms\n", MS (s->lead_90k.min), MS (s->lead_90k.max));
  if (s->margin_90k.count > 0)
    printf ("      complete before use   %.0f to %.0f ms\n", MS (s->margin_90k.min), MS (s->margin_90k.max));
}

static void
print_audio (const AspCheckStream * s)
{
  const AspCheckAudio *a = &s->audio;

  printf ("%s", asp_codec_name (a->codec));
  if (s->pmt.language[0])
    printf (" (%s)", s->pmt.language);
  if (a->sample_rate > 0)
    printf (", %u Hz, %u channel%s", a->sample_rate, a->channels, a->channels == 1 ? "" : "s");
  printf ("\n");
  if (a->frames_per_pes.count > 0 && a->pes > 0)
    printf ("      frames in a PES       %.1f (up to %" G_GINT64_FORMAT "), %.0f ms\n",
        (gdouble) a->frames / (gdouble) a->pes, a->frames_per_pes.max,
        MS (asp_check_range_mean (&a->pes_90k)));
}

static void
print_stream (const AspCheckStream * s)
{
  printf ("    PID %-5u ", s->pmt.pid);
  if (ASP_CODEC_IS_VIDEO (s->pmt.codec))
    print_video (s);
  else if (ASP_CODEC_IS_AUDIO (s->pmt.codec))
    print_audio (s);
  else
    printf ("%s (stream_type 0x%02X)\n", asp_codec_name (s->pmt.codec), s->pmt.stream_type);
  if (ASP_CODEC_IS_VIDEO (s->pmt.codec) || ASP_CODEC_IS_AUDIO (s->pmt.codec))
    print_mux (s);
  if (s->cc_errors > 0)
    printf ("      losses                %" G_GUINT64_FORMAT "\n", s->cc_errors);
  if (s->scrambled_packets > 0)
    printf ("      scrambled packets     %" G_GUINT64_FORMAT "\n", s->scrambled_packets);
}

static void
print_clock (const AspCheckProgram * p)
{
  const AspCheckClock *c = &p->clock;

  printf ("    clock     ");
  if (c->interval_27m.count == 0) {
    printf ("none\n");
    return;
  }
  printf ("PCR on PID %u, %.1f to %.1f ms apart (%.1f on average)\n", p->pcr_pid, (gdouble) c->interval_27m.min / 27000,
      (gdouble) c->interval_27m.max / 27000, (gdouble) asp_check_range_mean (&c->interval_27m) / 27000);
  if (c->constant_rate)
    printf ("      constant rate         %.3f Mbit/s, PCR within %.1f us\n", (gdouble) c->packet_rate_mhz * 188 * 8 / 1e9,
        (gdouble) c->jitter_ns / 1000);
}

void
report_program (const AspCheckProgram * p)
{
  printf ("  programme %u (PMT PID %u)\n", p->number, p->pmt_pid);
  for (guint i = 0; i < p->n_streams; i++)
    print_stream (&p->streams[i]);
  print_clock (p);
  if (p->cues > 0)
    printf ("    cues      %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " open, %" G_GUINT64_FORMAT " close, %" G_GUINT64_FORMAT
        " cancel; %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " timed ones on a random access point\n", p->cues, p->outs,
        p->ins, p->cancels, p->cues_on_rap, p->cues_timed);
}

void
report_stream_line (const gchar * place, const AspCheckFacts * facts)
{
  printf ("%s: %" G_GUINT64_FORMAT " packets", place, facts->packets);
  if (facts->duration_90k > 0)
    printf (", %.1f s", SECONDS (facts->duration_90k));
  if (facts->null_packets > 0)
    printf (", %.1f %% null", 100.0 * (gdouble) facts->null_packets / (gdouble) facts->packets);
  printf ("\n");
}

/* --- verdict -------------------------------------------------------------------- */

/* One change often helps against several things: it is told once. */
static gboolean
is_told_before (const GPtrArray * findings, guint index)
{
  const AspFinding *f = g_ptr_array_index (findings, index);

  for (guint i = 0; i < index; i++)
    if (!g_strcmp0 (((const AspFinding *) g_ptr_array_index (findings, i))->advice, f->advice))
      return TRUE;
  return FALSE;
}

static void
print_findings (const GPtrArray * findings)
{
  static const gchar *const marks[] = { "  - ", "  ! ", "  X " };

  for (guint i = 0; i < findings->len; i++) {
    const AspFinding *f = g_ptr_array_index (findings, i);
    g_autofree gchar *text = g_strdup_printf ("%s.", f->text);

    wrap_text (marks[f->level], "    ", text);
    if (f->advice && !is_told_before (findings, i))
      wrap_text ("      -> ", "         ", f->advice);
  }
}

void
report_verdict (const gchar * const words[3], const GPtrArray * findings)
{
  printf ("%s\n", words[asp_findings_worst (findings)]);
  print_findings (findings);
}
