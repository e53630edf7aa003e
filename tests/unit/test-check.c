/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst/check on streams made by hand: what is measured is what was made, in any chunking and
 * cut anywhere, and each fault is told under its own code.
 */
#include "splice-media.h"

#include <string.h>

#include <asp-check-creative.h>
#include <asp-check-json.h>
#include <asp-ts-packet.h>

#define S ASP_SECOND_90K
#define FIRST_90K (10 * S)      /* first PTS of splice-media */

/* --- helpers ---------------------------------------------------------------------- */

static AspCheck *
check_chunks (const guint8 * data, gsize size, gsize chunk, AspCheckCueFunc func, gpointer user_data)
{
  AspCheck *c = asp_check_new (func, user_data);

  for (gsize at = 0; at < size;) {
    gsize n = chunk > 0 ? MIN (chunk, size - at) : size - at;
    guint8 *block = g_memdup2 (data + at, n);

    asp_check_push (c, block, n);
    g_free (block);
    at += n;
  }
  asp_check_finish (c);
  return c;
}

static AspCheck *
check_spec (const SpliceMediaSpec * spec)
{
  g_autoptr (GByteArray) ts = splice_media_make (spec);

  return check_chunks (ts->data, ts->len, 0, NULL, NULL);
}

static const AspFinding *
finding (const GPtrArray * findings, const gchar * code)
{
  for (guint i = 0; findings && i < findings->len; i++) {
    const AspFinding *f = g_ptr_array_index (findings, i);

    g_assert_cmpuint (strlen (f->text), >, 10);
    if (!strcmp (f->code, code))
      return f;
  }
  return NULL;
}

static gboolean
has_finding (const GPtrArray * findings, const gchar * code, AspFindingLevel level)
{
  const AspFinding *f = finding (findings, code);

  return f && f->level == level;
}

static GPtrArray *
verdict_of (const AspCheck * c)
{
  const AspCheckFacts *facts = asp_check_facts (c);

  return asp_check_verdict (facts, asp_check_program (facts, 0));
}

/* The stream of @spec has the fault @code, and without the fault it has not: @plain. */
static void
assert_fault (const SpliceMediaSpec * spec, const gchar * code, AspFindingLevel level)
{
  SpliceMediaSpec plain;
  g_autoptr (AspCheck) bad = check_spec (spec), good = NULL;
  g_autoptr (GPtrArray) found = verdict_of (bad), none = NULL;

  splice_media_spec_init (&plain, 1, 250);
  good = check_spec (&plain);
  none = verdict_of (good);
  if (!has_finding (found, code, level))
    g_error ("%s is not found", code);
  if (finding (none, code))
    g_error ("%s is found in a stream that is sound", code);
}

static gchar *
json_of (const AspCheck * c)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (TRUE);

  asp_json_begin_object (w, NULL);
  asp_check_json_add_facts (w, "stream", asp_check_facts (c));
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

/* --- facts ------------------------------------------------------------------------ */

static void
test_plain (void)
{
  SpliceMediaSpec spec;
  g_autoptr (AspCheck) c = NULL;
  const AspCheckProgram *p;
  const AspCheckStream *video, *audio;

  splice_media_spec_init (&spec, 1, 250);
  spec.nulls = TRUE;
  c = check_spec (&spec);
  p = asp_check_program (asp_check_facts (c), 0);
  g_assert_cmpuint (asp_check_facts (c)->packet_size, ==, 188);
  g_assert_cmpuint (p->pmt_pid, ==, 0x20);
  g_assert_cmpuint (p->pcr_pid, ==, 0x100);
  g_assert_cmpuint (p->n_streams, ==, 2);
  video = &p->streams[p->video];
  audio = &p->streams[1];
  g_assert_cmpuint (video->pmt.pid, ==, 0x100);
  g_assert_cmpint (video->pmt.codec, ==, ASP_CODEC_H264);
  g_assert_cmpuint (video->video.pictures, ==, 250);
  g_assert_cmpuint (video->video.raps, ==, 10);
  g_assert_cmpuint (video->video.kinds[ASP_PICTURE_IDR], ==, 10);
  g_assert_cmpint (video->video.rap_interval_90k.min, ==, S);
  g_assert_cmpint (video->video.rap_interval_90k.max, ==, S);
  g_assert_cmpint (video->video.longest_without_rap_90k, ==, S);
  g_assert_cmpint (video->video.reorder_90k.max, ==, 0);
  g_assert_cmpfloat (video->video.frame_90k, ==, 3600.0);
  g_assert_cmpuint (video->video.params.width, ==, 16);
  g_assert_cmpuint (video->video.raps_without_sets, ==, 0);
  /* a packet is 300 ticks long; another PES may be on its way when a picture is due */
  g_assert_cmpint (video->lead_90k.max, <=, spec.lead_90k);
  g_assert_cmpint (video->lead_90k.min, >=, spec.lead_90k - 10 * 300);
  g_assert_cmpint (video->margin_90k.min, >, 0);
  g_assert_cmpint (video->margin_90k.max, <=, video->lead_90k.max);
  g_assert_cmpuint (audio->pmt.pid, ==, 0x110);
  g_assert_cmpuint (audio->audio.sample_rate, ==, 48000);
  g_assert_cmpint (audio->audio.frames_per_pes.max, ==, 4);
  g_assert_cmpint (audio->audio.pes_90k.min, ==, 4 * SPLICE_AUDIO_FRAME_90K);
  g_assert_cmpint (audio->audio.frame_90k, ==, SPLICE_AUDIO_FRAME_90K);
  g_assert_cmpuint (audio->audio.unsynced_bytes, ==, 0);
  g_assert_true (p->clock.constant_rate);
  g_assert_cmpint (p->clock.jitter_ns, <, 100);
  g_assert_cmpint (ABS (p->clock.packet_rate_mhz - 300000), <, 10);
  g_assert_cmpint (p->clock.interval_27m.max, <=, 40 * 27000);
  g_assert_cmpuint (p->clock.jumps, ==, 0);
  g_assert_cmpuint (asp_check_facts (c)->cc_errors, ==, 0);
  g_assert_cmpuint (asp_check_facts (c)->garbage_bytes, ==, 0);
}

static void
test_reorder (void)
{
  SpliceMediaSpec spec;
  g_autoptr (AspCheck) c = NULL;
  const AspCheckVideo *v;

  splice_media_spec_init (&spec, 1, 250);
  spec.bframes = 2;
  spec.gop = 25;
  c = check_spec (&spec);
  v = &asp_check_program (asp_check_facts (c), 0)->streams[0].video;
  g_assert_cmpint (v->rap_reorder_90k, ==, 3600);
  g_assert_cmpint (v->reorder_90k.min, ==, 0);
  g_assert_cmpint (v->reorder_90k.max, ==, 3 * 3600);
  g_assert_cmpuint (v->open_gops, ==, 0);
  g_assert_cmpuint (v->pictures, ==, 250);
}

static void
test_fields (void)
{
  SpliceMediaSpec spec;
  g_autoptr (AspCheck) c = NULL;

  splice_media_spec_init (&spec, 1, 250);
  spec.fields = TRUE;
  c = check_spec (&spec);
  g_assert_cmpuint (asp_check_program (asp_check_facts (c), 0)->streams[0].video.pictures, ==, 250);
}

/* Over the wrap of PTS and PCR everything is as before. */
static void
test_wrap (void)
{
  SpliceMediaSpec spec;
  g_autoptr (AspCheck) a = NULL, b = NULL;
  g_autofree gchar *x = NULL, *y = NULL;

  splice_media_spec_init (&spec, 1, 250);
  a = check_spec (&spec);
  spec.first_pts90k = ASP_PTS_MODULUS - 5 * S;
  b = check_spec (&spec);
  x = json_of (a);
  y = json_of (b);
  g_assert_cmpstr (x, ==, y);
}

static void
test_chunks (void)
{
  static const gsize chunks[] = { 1, 7, 187, 189, 1000, 65536, 100000 };
  SpliceMediaSpec spec;
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (AspCheck) whole = NULL;
  g_autofree gchar *expected = NULL;

  splice_media_spec_init (&spec, 1, 100);
  ts = splice_media_make (&spec);
  whole = check_chunks (ts->data, ts->len, 0, NULL, NULL);
  expected = json_of (whole);
  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    g_autoptr (AspCheck) c = check_chunks (ts->data, ts->len, chunks[i], NULL, NULL);
    g_autofree gchar *got = json_of (c);

    g_assert_cmpstr (got, ==, expected);
  }
}

static void
test_truncated (void)
{
  SpliceMediaSpec spec;
  g_autoptr (GByteArray) ts = NULL;

  splice_media_spec_init (&spec, 1, 20);
  spec.packets_per_s = 100;
  ts = splice_media_make (&spec);
  for (gsize n = 0; n < MIN (ts->len, 30u * 188); n++) {
    g_autoptr (AspCheck) c = check_chunks (ts->data, n, 0, NULL, NULL);
    g_autoptr (AspCreativeCheck) creative = asp_creative_check_new ();
    g_autoptr (GPtrArray) findings = verdict_of (c), own = NULL;

    g_assert_cmpuint (asp_check_facts (c)->packets, ==, n / 188);
    g_assert_cmpuint (findings->len, >, 0);
    asp_creative_check_push (creative, ts->data, n);
    asp_creative_check_finish (creative);
    own = asp_creative_check_verdict (creative, NULL, NULL);
    if (n % 188 != 0)
      g_assert_cmpint (asp_findings_worst (own), ==, ASP_FINDING_STOP);
  }
}

/* --- cues ------------------------------------------------------------------------- */

typedef struct
{
  guint arrived, settled;
  GString *log;                 /* of those that are settled */
} CueLog;

static void
on_cue (const AspCheckCue * cue, AspCheckCueMoment moment, gpointer user_data)
{
  CueLog *log = user_data;

  if (moment == ASP_CHECK_CUE_ARRIVED) {
    log->arrived++;
    return;
  }
  log->settled++;
  g_string_append_printf (log->log, "#%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, cue->number,
      cue->rap_before_90k, cue->rap_after_90k);
  for (guint i = 0; i < cue->n_pairs; i++)
    g_string_append_printf (log->log, " %s %u of %" G_GUINT64_FORMAT " %+" G_GINT64_FORMAT,
        asp_cue_pair_name (cue->pairs[i].pair), cue->pairs[i].event_id, cue->pairs[i].other,
        cue->pairs[i].distance_90k);
  g_string_append (log->log, "; ");
}

static AspCheck *
check_with_cues (CueLog * log, SpliceSection * sections, guint n, gint64 first_90k)
{
  SpliceMediaSpec spec;
  g_autoptr (GByteArray) ts = NULL;
  AspCheck *c;

  splice_media_spec_init (&spec, 1, 500);
  spec.first_pts90k = first_90k;
  spec.cue_pid = 0x130;
  spec.sections = sections;
  spec.n_sections = n;
  ts = splice_media_make (&spec);
  log->log = g_string_new (NULL);
  c = check_chunks (ts->data, ts->len, 0, on_cue, log);
  for (guint i = 0; i < n; i++)
    g_bytes_unref (sections[i].section);
  return c;
}

static GBytes *
insert (guint32 id, gboolean out, gint64 pts90k, gint64 duration_90k)
{
  return asp_scte35_build_splice_insert (id, out, pts90k, duration_90k, TRUE, 0);
}

static void
check_cues_at (gint64 first_90k)
{
  SpliceSection sections[] = {
    {200, 0x130, insert (7, TRUE, first_90k + 8 * S, ASP_NO_TIME)},     /* on a RAP */
    {210, 0x130, insert (7, TRUE, first_90k + 8 * S, ASP_NO_TIME)},
    {400, 0x130, insert (7, TRUE, first_90k + 9 * S + 27000, ASP_NO_TIME)},
    {900, 0x130, insert (7, FALSE, first_90k + 12 * S + 1000, ASP_NO_TIME)},    /* within half a frame */
    {1000, 0x130, insert (9, FALSE, first_90k + 400 * S, ASP_NO_TIME)},
  };
  CueLog log = { 0 };
  g_autoptr (AspCheck) c = check_with_cues (&log, sections, G_N_ELEMENTS (sections), first_90k);
  const AspCheckProgram *p = asp_check_program (asp_check_facts (c), 0);
  g_autoptr (GPtrArray) findings = verdict_of (c);

  g_assert_cmpuint (log.arrived, ==, 5);
  g_assert_cmpuint (log.settled, ==, 5);
  g_assert_cmpstr (log.log->str, ==,
      "#1 0 0 opens 7 of 0 +0; #2 0 0 repeats 7 of 1 +0; #3 27000 63000 moves 7 of 1 +117000; "
      "#4 1000 89000 closes 7 of 1 +244000; "
      "#5 -9223372036854775808 -9223372036854775808 unmatched 9 of 0 +0; ");
  g_assert_cmpuint (p->cues, ==, 5);
  g_assert_cmpuint (p->cues_timed, ==, 4);
  g_assert_cmpuint (p->cues_on_rap, ==, 3);
  g_assert_cmpint (p->worst_rap_wait_90k, ==, 63000);
  g_assert_cmpuint (p->outs, ==, 1);
  g_assert_cmpuint (p->ins, ==, 2);
  g_assert_cmpuint (p->outs_open, ==, 0);
  g_assert_true (has_finding (findings, "cue-off-rap", ASP_FINDING_WARN));
  g_assert_true (has_finding (findings, "cue-unmatched", ASP_FINDING_NOTE));
  g_assert_false (finding (findings, "cue-late"));
  g_string_free (log.log, TRUE);
}

static void
test_cues (void)
{
  check_cues_at (FIRST_90K);
  check_cues_at (ASP_PTS_MODULUS - 5 * S);      /* the wrap lies between cue and splice */
}

static void
test_cues_faulty (void)
{
  GBytes *damaged = insert (3, TRUE, FIRST_90K + 8 * S, ASP_NO_TIME);
  GByteArray *bytes = g_bytes_unref_to_array (damaged);
  SpliceSection sections[] = {
    {300, 0x130, NULL},
    {1500, 0x130, insert (4, TRUE, FIRST_90K + 2 * S, ASP_NO_TIME)},    /* long past */
    {1600, 0x130, insert (5, TRUE, FIRST_90K + 7 * S, 10 * S)}, /* soon */
  };
  CueLog log = { 0 };
  g_autoptr (AspCheck) c = NULL;
  g_autoptr (GPtrArray) findings = NULL;

  bytes->data[bytes->len - 1] ^= 0x55;
  sections[0].section = g_byte_array_free_to_bytes (bytes);
  c = check_with_cues (&log, sections, G_N_ELEMENTS (sections), FIRST_90K);
  findings = verdict_of (c);
  g_assert_cmpuint (log.settled, ==, 3);
  g_assert_cmpuint (asp_check_program (asp_check_facts (c), 0)->cues_damaged, ==, 1);
  g_assert_true (has_finding (findings, "cue-damaged", ASP_FINDING_WARN));
  g_assert_true (has_finding (findings, "cue-late", ASP_FINDING_WARN));
  g_assert_true (has_finding (findings, "cue-short-notice", ASP_FINDING_NOTE));
  g_assert_true (has_finding (findings, "cue-endless", ASP_FINDING_NOTE));
  g_string_free (log.log, TRUE);
}

/* --- faults ----------------------------------------------------------------------- */

static void
test_sound (void)
{
  SpliceMediaSpec spec;
  g_autoptr (AspCheck) c = NULL;
  g_autoptr (GPtrArray) findings = NULL;

  splice_media_spec_init (&spec, 1, 250);
  c = check_spec (&spec);
  findings = verdict_of (c);
  g_assert_cmpuint (findings->len, ==, 1);
  g_assert_true (has_finding (findings, "no-cue-pid", ASP_FINDING_NOTE));
}

static void
test_fault_rap_distance (void)
{
  SpliceMediaSpec spec;

  splice_media_spec_init (&spec, 1, 500);
  spec.gop = 75;
  assert_fault (&spec, "rap-distance", ASP_FINDING_NOTE);
  spec.gop = 150;
  assert_fault (&spec, "rap-distance", ASP_FINDING_WARN);
  spec.gop = 1000;
  assert_fault (&spec, "rap-distance", ASP_FINDING_STOP);
  spec.frames = 100;
  assert_fault (&spec, "short-look", ASP_FINDING_NOTE);
}

static void
test_fault_sets_once (void)
{
  SpliceMediaSpec spec;

  splice_media_spec_init (&spec, 1, 250);
  spec.sets_once = TRUE;
  assert_fault (&spec, "parameter-sets", ASP_FINDING_NOTE);
}

static void
test_fault_clock (void)
{
  SpliceMediaSpec spec;

  splice_media_spec_init (&spec, 1, 250);
  spec.pcr_ms = 60;
  assert_fault (&spec, "pcr-interval", ASP_FINDING_NOTE);
  spec.pcr_ms = 200;
  assert_fault (&spec, "pcr-interval", ASP_FINDING_WARN);
  spec.pcr_ms = 30;
  spec.jump_at_90k = FIRST_90K + 5 * S;
  spec.jump_90k = 1000 * S;
  assert_fault (&spec, "clock-jumps", ASP_FINDING_WARN);
  spec.jump_at_90k = spec.jump_90k = 0;
  spec.pcr_pid = ASP_PID_NULL;
  assert_fault (&spec, "pcr-pid", ASP_FINDING_NOTE);
  spec.pcr_pid = 0;
  spec.psi_ms = 1000;
  assert_fault (&spec, "pat-interval", ASP_FINDING_NOTE);
}

static void
test_fault_audio (void)
{
  SpliceMediaSpec spec;

  splice_media_spec_init (&spec, 1, 250);
  spec.audio_group = 24;
  assert_fault (&spec, "audio-grouping", ASP_FINDING_NOTE);
  spec.audio_tracks = 0;
  assert_fault (&spec, "no-audio", ASP_FINDING_NOTE);
}

static void
assert_bytes_fault (const GByteArray * ts, const gchar * code, AspFindingLevel level)
{
  g_autoptr (AspCheck) c = check_chunks (ts->data, ts->len, 1000, NULL, NULL);
  g_autoptr (GPtrArray) findings = verdict_of (c);

  if (!has_finding (findings, code, level))
    g_error ("%s is not found", code);
}

static void
test_fault_bytes (void)
{
  SpliceMediaSpec spec;
  g_autoptr (GByteArray) plain = NULL, lost = g_byte_array_new (), foreign = g_byte_array_new ();
  g_autoptr (GByteArray) wide = g_byte_array_new (), marked = g_byte_array_new (), scrambled = g_byte_array_new ();
  static const guint8 extra[16] = { 1 };
  g_autoptr (GByteArray) noise = g_byte_array_new ();

  splice_media_spec_init (&spec, 1, 100);
  plain = splice_media_make (&spec);
  for (guint at = 0; at < plain->len; at += 188) {
    guint n = at / 188;
    guint8 packet[188];

    memcpy (packet, plain->data + at, 188);
    if (n % 100 != 50)
      g_byte_array_append (lost, packet, 188);
    g_byte_array_append (foreign, packet, 188);
    if (n == 60)
      g_byte_array_append (foreign, extra, sizeof extra);
    g_byte_array_append (wide, packet, 188);
    g_byte_array_append (wide, extra, sizeof extra);
    if (asp_ts_pid (packet) == 0x100)
      packet[3] |= 0x80;
    g_byte_array_append (scrambled, packet, 188);
    packet[3] &= 0x3f;
    if (n == 70)
      packet[1] |= 0x80;
    g_byte_array_append (marked, packet, 188);
  }
  for (guint i = 0; i < 100000; i++) {
    guint8 byte = (guint8) (i * i >> 3);

    g_byte_array_append (noise, &byte, 1);
  }
  assert_bytes_fault (lost, "losses", ASP_FINDING_WARN);
  assert_bytes_fault (foreign, "sync", ASP_FINDING_WARN);
  assert_bytes_fault (wide, "packet-size", ASP_FINDING_STOP);
  assert_bytes_fault (scrambled, "scrambled", ASP_FINDING_STOP);
  assert_bytes_fault (marked, "transport-errors", ASP_FINDING_WARN);
  assert_bytes_fault (noise, "not-ts", ASP_FINDING_STOP);
  {
    g_autoptr (AspCheck) c = check_chunks (foreign->data, foreign->len, 0, NULL, NULL);

    g_assert_cmpuint (asp_check_facts (c)->garbage_bytes, ==, sizeof extra);
    g_assert_cmpuint (asp_check_facts (c)->sync_losses, ==, 1);
    g_assert_cmpuint (asp_check_facts (c)->packets, ==, plain->len / 188);
  }
}

/* --- creatives -------------------------------------------------------------------- */

static GPtrArray *
creative_findings (const SpliceMediaSpec * live, const SpliceMediaSpec * ad, gsize cut, gint64 * duration_90k)
{
  g_autoptr (AspCreativeCheck) c = asp_creative_check_new ();
  g_autoptr (AspCheck) network = check_spec (live);
  g_autoptr (GByteArray) ts = splice_media_make (ad);

  asp_creative_check_push (c, ts->data, ts->len - cut);
  asp_creative_check_finish (c);
  if (duration_90k)
    *duration_90k = asp_creative_check_duration_90k (c);
  return asp_creative_check_verdict (c, asp_check_facts (network),
      asp_check_program (asp_check_facts (network), 0));
}

static void
test_creative_fits (void)
{
  SpliceMediaSpec live, ad;
  g_autoptr (GPtrArray) findings = NULL;
  gint64 duration_90k = 0;

  splice_media_spec_init (&live, 1, 250);
  splice_media_spec_init (&ad, 2, 100);
  findings = creative_findings (&live, &ad, 0, &duration_90k);
  g_assert_cmpuint (findings->len, ==, 0);
  g_assert_cmpint (duration_90k, ==, 4 * S);
}

static void
test_creative_misfits (void)
{
  SpliceMediaSpec live, ad;
  g_autoptr (GPtrArray) findings = NULL;

  splice_media_spec_init (&live, 1, 250);
  live.nulls = TRUE;
  splice_media_spec_init (&ad, 2, 100);
  ad.video_bytes = 5000;
  ad.packets_per_s = 3000;
  findings = creative_findings (&live, &ad, 100, NULL);
  /* each is told, not only the first */
  g_assert_true (has_finding (findings, "truncated", ASP_FINDING_STOP));
  g_assert_true (has_finding (findings, "capacity", ASP_FINDING_STOP));
  g_assert_nonnull (strstr (finding (findings, "capacity")->advice, "Mbit/s"));
}

static void
test_creative_differs (void)
{
  SpliceMediaSpec live, ad;
  g_autoptr (GPtrArray) deeper = NULL, silent = NULL, slow = NULL, early = NULL;

  splice_media_spec_init (&live, 1, 250);
  splice_media_spec_init (&ad, 2, 100);
  ad.bframes = 2;
  deeper = creative_findings (&live, &ad, 0, NULL);
  g_assert_true (has_finding (deeper, "reorder-mismatch", ASP_FINDING_NOTE));
  ad.bframes = 0;
  ad.audio_tracks = 0;
  silent = creative_findings (&live, &ad, 0, NULL);
  g_assert_true (has_finding (silent, "silent", ASP_FINDING_NOTE));
  ad.audio_tracks = 1;
  ad.frame_90k = 3000;
  slow = creative_findings (&live, &ad, 0, NULL);
  g_assert_true (has_finding (slow, "frame-rate", ASP_FINDING_NOTE));
  ad.frame_90k = 3600;
  ad.audio_end_90k = S;
  early = creative_findings (&live, &ad, 0, NULL);
  g_assert_true (has_finding (early, "short-sound", ASP_FINDING_WARN));
}

static void
test_creative_refused (void)
{
  g_autoptr (AspCreativeCheck) empty = asp_creative_check_new (), text = asp_creative_check_new ();
  g_autoptr (GPtrArray) a = NULL, b = NULL;
  g_autofree gchar *words = g_strnfill (200000, 'x');

  asp_creative_check_finish (empty);
  a = asp_creative_check_verdict (empty, NULL, NULL);
  g_assert_true (has_finding (a, "empty", ASP_FINDING_STOP));
  asp_creative_check_push (text, (const guint8 *) words, 200000);
  asp_creative_check_finish (text);
  b = asp_creative_check_verdict (text, NULL, NULL);
  g_assert_true (has_finding (b, "not-ts", ASP_FINDING_STOP));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check/plain", test_plain);
  g_test_add_func ("/check/reorder", test_reorder);
  g_test_add_func ("/check/fields", test_fields);
  g_test_add_func ("/check/wrap", test_wrap);
  g_test_add_func ("/check/chunks", test_chunks);
  g_test_add_func ("/check/truncated", test_truncated);
  g_test_add_func ("/check/cues", test_cues);
  g_test_add_func ("/check/cues-faulty", test_cues_faulty);
  g_test_add_func ("/check/sound", test_sound);
  g_test_add_func ("/check/fault/rap-distance", test_fault_rap_distance);
  g_test_add_func ("/check/fault/sets-once", test_fault_sets_once);
  g_test_add_func ("/check/fault/clock", test_fault_clock);
  g_test_add_func ("/check/fault/audio", test_fault_audio);
  g_test_add_func ("/check/fault/bytes", test_fault_bytes);
  g_test_add_func ("/check/creative/fits", test_creative_fits);
  g_test_add_func ("/check/creative/misfits", test_creative_misfits);
  g_test_add_func ("/check/creative/differs", test_creative_differs);
  g_test_add_func ("/check/creative/refused", test_creative_refused);
  return g_test_run ();
}
