/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-json.h"

#include <asp-scte35-json.h>

static void
add_time (AspJsonWriter * w, const gchar * name, gint64 time)
{
  if (time == ASP_NO_TIME)
    asp_json_add_null (w, name);
  else
    asp_json_add_int (w, name, time);
}

static void
add_range (AspJsonWriter * w, const gchar * name, const AspCheckRange * r)
{
  asp_json_begin_object (w, name);
  asp_json_add_int (w, "count", (gint64) r->count);
  if (r->count > 0) {
    asp_json_add_int (w, "min", r->min);
    asp_json_add_int (w, "mean", asp_check_range_mean (r));
    asp_json_add_int (w, "max", r->max);
  }
  asp_json_end_object (w);
}

/* --- cues ----------------------------------------------------------------------- */

static void
add_pairs (AspJsonWriter * w, const AspCheckCue * cue)
{
  asp_json_begin_array (w, "pairs");
  for (guint i = 0; i < cue->n_pairs; i++) {
    const AspCuePairing *p = &cue->pairs[i];

    asp_json_begin_object (w, NULL);
    asp_json_add_string (w, "pair", asp_cue_pair_name (p->pair));
    asp_json_add_int (w, "event_id", p->event_id);
    if (p->segmentation_type_id >= 0)
      asp_json_add_int (w, "segmentation_type_id", p->segmentation_type_id);
    if (p->other > 0) {
      asp_json_add_int (w, "other", (gint64) p->other);
      asp_json_add_int (w, "distance_90k", p->distance_90k);
    }
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

void
asp_check_json_add_cue (AspJsonWriter * w, const AspCheckProgram * p, const AspCheckCue * cue)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (cue->bytes, &size);
  g_autofree gchar *base64 = g_base64_encode (data, size);

  asp_scte35_json_add_bytes (w, data, size);
  asp_json_add_int (w, "number", (gint64) cue->number);
  asp_json_add_int (w, "program_number", cue->program_number);
  asp_json_add_int (w, "pid", cue->pid);
  asp_json_add_int (w, "packet", (gint64) cue->packet);
  add_time (w, "arrival_pts_90k", cue->arrival_pts90k == ASP_NO_TIME ? ASP_NO_TIME :
      (gint64) asp_pts_wrap (cue->arrival_pts90k));
  add_time (w, "lead_90k", cue->lead_90k);
  add_time (w, "rap_before_90k", cue->rap_before_90k);
  add_time (w, "rap_after_90k", cue->rap_after_90k);
  asp_json_add_boolean (w, "on_rap", p && asp_check_is_on_rap (p, cue));
  add_pairs (w, cue);
  asp_json_add_string (w, "base64", base64);
}

/* --- streams -------------------------------------------------------------------- */

static void
add_kinds (AspJsonWriter * w, const AspCheckVideo * v)
{
  static const gchar *const names[] = {
    "unknown", "trailing", "rasl", "radl", "idr", "idr_w_radl", "cra", "bla", "open_i",
    "recovery_point", "intra"
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == G_N_ELEMENTS (v->kinds));
  asp_json_begin_object (w, "kinds");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (v->kinds[i] > 0)
      asp_json_add_int (w, names[i], (gint64) v->kinds[i]);
  asp_json_end_object (w);
}

static void
add_video (AspJsonWriter * w, const AspCheckVideo * v)
{
  asp_json_begin_object (w, "video");
  asp_json_add_int (w, "width", v->params.width);
  asp_json_add_int (w, "height", v->params.height);
  asp_json_add_boolean (w, "interlaced", v->params.interlaced);
  asp_json_add_int (w, "profile_idc", v->params.profile_idc);
  asp_json_add_int (w, "level_idc", v->params.level_idc);
  asp_json_add_int (w, "bit_depth", v->params.bit_depth);
  asp_json_add_int (w, "chroma_format_idc", v->params.chroma_format_idc);
  asp_json_add_int (w, "frame_rate_mhz", v->frame_90k > 0 ? (gint64) (90000000.0 / v->frame_90k + 0.5) : 0);
  asp_json_add_int (w, "pictures", (gint64) v->pictures);
  add_kinds (w, v);
  asp_json_add_int (w, "raps", (gint64) v->raps);
  asp_json_add_int (w, "raps_without_sets", (gint64) v->raps_without_sets);
  asp_json_add_int (w, "raps_flagged", (gint64) v->raps_flagged);
  asp_json_add_int (w, "open_gops", (gint64) v->open_gops);
  add_range (w, "rap_interval_90k", &v->rap_interval_90k);
  asp_json_add_int (w, "longest_without_rap_90k", v->longest_without_rap_90k);
  add_range (w, "recovery_interval_90k", &v->recovery_interval_90k);
  add_range (w, "reorder_90k", &v->reorder_90k);
  asp_json_end_object (w);
}

static void
add_audio (AspJsonWriter * w, const AspCheckAudio * a)
{
  asp_json_begin_object (w, "audio");
  asp_json_add_string (w, "codec", asp_codec_name (a->codec));
  asp_json_add_int (w, "sample_rate", a->sample_rate);
  asp_json_add_int (w, "channels", a->channels);
  asp_json_add_int (w, "frame_90k", a->frame_90k);
  asp_json_add_int (w, "frames", (gint64) a->frames);
  asp_json_add_int (w, "pes", (gint64) a->pes);
  add_range (w, "frames_per_pes", &a->frames_per_pes);
  add_range (w, "pes_90k", &a->pes_90k);
  asp_json_add_int (w, "unsynced_bytes", (gint64) a->unsynced_bytes);
  asp_json_end_object (w);
}

static void
add_stream (AspJsonWriter * w, const AspCheckStream * s)
{
  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "pid", s->pmt.pid);
  asp_json_add_int (w, "stream_type", s->pmt.stream_type);
  asp_json_add_string (w, "codec", asp_codec_name (s->pmt.codec));
  asp_json_add_string (w, "language", s->pmt.language);
  asp_json_add_int (w, "packets", (gint64) s->packets);
  asp_json_add_int (w, "cc_errors", (gint64) s->cc_errors);
  asp_json_add_int (w, "scrambled_packets", (gint64) s->scrambled_packets);
  if (ASP_CODEC_IS_VIDEO (s->pmt.codec) || ASP_CODEC_IS_AUDIO (s->pmt.codec)) {
    add_range (w, "lead_90k", &s->lead_90k);
    add_range (w, "margin_90k", &s->margin_90k);
  }
  if (ASP_CODEC_IS_VIDEO (s->pmt.codec))
    add_video (w, &s->video);
  else if (ASP_CODEC_IS_AUDIO (s->pmt.codec))
    add_audio (w, &s->audio);
  asp_json_end_object (w);
}

static void
add_clock (AspJsonWriter * w, const AspCheckClock * c)
{
  asp_json_begin_object (w, "clock");
  asp_json_add_int (w, "pcrs", (gint64) c->pcrs);
  add_range (w, "interval_27m", &c->interval_27m);
  asp_json_add_int (w, "over_40ms", (gint64) c->over_40ms);
  asp_json_add_int (w, "over_100ms", (gint64) c->over_100ms);
  asp_json_add_int (w, "jumps", (gint64) c->jumps);
  asp_json_add_int (w, "flagged_jumps", (gint64) c->flagged_jumps);
  asp_json_add_boolean (w, "constant_rate", c->constant_rate);
  asp_json_add_int (w, "packet_rate_mhz", c->packet_rate_mhz);
  if (c->constant_rate)
    asp_json_add_int (w, "jitter_ns", c->jitter_ns);
  asp_json_end_object (w);
}

static void
add_cues (AspJsonWriter * w, const AspCheckProgram * p)
{
  asp_json_begin_object (w, "cues");
  asp_json_add_int (w, "count", (gint64) p->cues);
  asp_json_add_int (w, "damaged", (gint64) p->cues_damaged);
  asp_json_add_int (w, "encrypted", (gint64) p->cues_encrypted);
  asp_json_add_int (w, "timed", (gint64) p->cues_timed);
  asp_json_add_int (w, "on_rap", (gint64) p->cues_on_rap);
  asp_json_add_int (w, "late", (gint64) p->cues_late);
  asp_json_add_int (w, "short_notice", (gint64) p->cues_short);
  add_time (w, "worst_rap_wait_90k", p->worst_rap_wait_90k);
  asp_json_add_int (w, "outs", (gint64) p->outs);
  asp_json_add_int (w, "ins", (gint64) p->ins);
  asp_json_add_int (w, "unmatched_ins", (gint64) p->unmatched_ins);
  asp_json_add_int (w, "cancels", (gint64) p->cancels);
  asp_json_add_int (w, "endless", (gint64) p->outs_open);
  asp_json_end_object (w);
}

static void
add_program (AspJsonWriter * w, const AspCheckProgram * p)
{
  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "program_number", p->number);
  asp_json_add_int (w, "pmt_pid", p->pmt_pid);
  asp_json_add_int (w, "pcr_pid", p->pcr_pid);
  asp_json_add_boolean (w, "have_pmt", p->have_pmt);
  asp_json_add_boolean (w, "cuei", p->cuei);
  asp_json_add_int (w, "pmt_changes", p->pmt_changes);
  asp_json_begin_array (w, "streams");
  for (guint i = 0; i < p->n_streams; i++)
    add_stream (w, &p->streams[i]);
  asp_json_end_array (w);
  add_clock (w, &p->clock);
  add_cues (w, p);
  asp_json_end_object (w);
}

void
asp_check_json_add_facts (AspJsonWriter * w, const gchar * name, const AspCheckFacts * facts)
{
  asp_json_begin_object (w, name);
  asp_json_add_int (w, "bytes", (gint64) facts->bytes);
  asp_json_add_int (w, "packet_size", facts->packet_size);
  asp_json_add_int (w, "packets", (gint64) facts->packets);
  asp_json_add_int (w, "null_packets", (gint64) facts->null_packets);
  asp_json_add_int (w, "sync_losses", (gint64) facts->sync_losses);
  asp_json_add_int (w, "garbage_bytes", (gint64) facts->garbage_bytes);
  asp_json_add_int (w, "transport_errors", (gint64) facts->transport_errors);
  asp_json_add_int (w, "cc_errors", (gint64) facts->cc_errors);
  asp_json_add_int (w, "scrambled_packets", (gint64) facts->scrambled_packets);
  asp_json_add_int (w, "damaged_tables", (gint64) facts->damaged_tables);
  asp_json_add_int (w, "duration_90k", facts->duration_90k);
  add_range (w, "pat_27m", &facts->pat_27m);
  asp_json_begin_array (w, "programs");
  for (guint i = 0; i < facts->n_programs; i++)
    add_program (w, &facts->programs[i]);
  asp_json_end_array (w);
  asp_json_end_object (w);
}

void
asp_check_json_add_findings (AspJsonWriter * w, const gchar * name, const GPtrArray * findings)
{
  asp_json_begin_array (w, name);
  for (guint i = 0; i < findings->len; i++) {
    const AspFinding *f = g_ptr_array_index (findings, i);

    asp_json_begin_object (w, NULL);
    asp_json_add_string (w, "level", asp_finding_level_name (f->level));
    asp_json_add_string (w, "code", f->code);
    asp_json_add_string (w, "text", f->text);
    asp_json_add_string (w, "advice", f->advice);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}
