/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a rendition is like, units of a creative, frames and loudness: gst/creative. */
#include <math.h>
#include <string.h>

#include <asp-creative.h>
#include <asp-frame-pick.h>
#include <asp-loudness.h>
#include <asp-rendition.h>
#include <asp-ts-packet.h>
#include <asp-unit-mux.h>
#include <asp-video-fit.h>

#include "splice-media.h"

#define GOP 13                  /* 3 n + 1, with two B pictures between */

static void
read_media (const SpliceMediaSpec * spec, AspRendition * r)
{
  g_autoptr (AspRenditionReader) reader = asp_rendition_reader_new (0);
  GByteArray *ts = splice_media_make (spec);
  GError *error = NULL;

  for (guint at = 0; at < ts->len; at += 1000)
    asp_rendition_reader_push (reader, ts->data + at, MIN (1000, ts->len - at));
  asp_rendition_reader_finish (reader, r, &error);
  g_assert_no_error (error);
  g_byte_array_unref (ts);
}

static void
network (SpliceMediaSpec * spec, guint bframes)
{
  splice_media_spec_init (spec, 1, GOP * 6);
  spec->gop = GOP;
  spec->bframes = bframes;
  spec->audio_tracks = 2;
}

/* --- renditions ------------------------------------------------------------------------- */

static void
test_rendition_read (void)
{
  SpliceMediaSpec spec;
  AspRendition r;

  network (&spec, 2);
  read_media (&spec, &r);
  g_assert_cmpuint (r.n_tracks, ==, 3);
  g_assert_cmpuint (r.tracks[r.video].codec, ==, ASP_CODEC_H264);
  g_assert_cmpuint (r.tracks[r.video].pid, ==, spec.video_pid);
  g_assert_cmpuint (r.pmt_pid, ==, spec.pmt_pid);
  g_assert_cmpuint (r.fps_num, ==, 25);
  g_assert_cmpuint (r.fps_den, ==, 1);
  g_assert_cmpuint (r.gop, ==, GOP);
  g_assert_cmpint (r.reorder_90k, >, 0);
  for (guint i = 0; i < r.n_tracks; i++) {
    if ((gint) i == r.video)
      continue;
    g_assert_cmpuint (r.tracks[i].codec, ==, ASP_CODEC_AAC_ADTS);
    g_assert_cmpuint (r.tracks[i].sample_rate, ==, 48000);
  }
}

static void
test_rendition_text (void)
{
  SpliceMediaSpec spec;
  AspRendition r, again;
  GError *error = NULL;
  gchar *text, *same;

  network (&spec, 0);
  read_media (&spec, &r);
  text = asp_rendition_to_text (&r);
  g_assert_true (asp_rendition_from_text (text, &again, &error));
  g_assert_no_error (error);
  same = asp_rendition_to_text (&again);
  g_assert_cmpstr (text, ==, same);
  g_free (same);
  /* cut at any length it is refused, and says so */
  for (gsize n = 0; n < strlen (text); n++) {
    gchar *cut = g_strndup (text, n);

    g_assert_false (asp_rendition_from_text (cut, &again, &error));
    g_assert_error (error, ASP_RENDITION_ERROR, ASP_RENDITION_ERROR_TEXT);
    g_clear_error (&error);
    g_free (cut);
  }
  g_free (text);
}

/* A number that is out of bounds, and PIDs that collide, would write a stream that is none. */
static void
test_rendition_bounds (void)
{
  static const gchar *const changes[][2] = {
    {"\"pmt_pid\":", "\"pmt_pid\":99999"}, {"\"fps_num\":25", "\"fps_num\":0"}, {"\"rendition\":1", "\"rendition\":2"},
    {"\"width\":", "\"width\":99999"}, {"\"h264\"", "\"vp9\""}, {"\"descriptors\":\"\"", "\"descriptors\":\"0a04\""},
    {"\"aac-adts\"", "\"h264\""}
  };
  SpliceMediaSpec spec;
  AspRendition r, again;
  gchar *text;

  network (&spec, 0);
  read_media (&spec, &r);
  text = asp_rendition_to_text (&r);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++) {
    GString *changed = g_string_new (text);

    g_assert_cmpuint (g_string_replace (changed, changes[i][0], changes[i][1], 1), ==, 1);
    g_assert_false (asp_rendition_from_text (changed->str, &again, NULL));
    g_string_free (changed, TRUE);
  }
  g_free (text);
}

static void
test_rendition_nothing (void)
{
  g_autoptr (AspRenditionReader) reader = asp_rendition_reader_new (0);
  guint8 noise[4000];
  AspRendition r;
  GError *error = NULL;

  memset (noise, 0x47, sizeof noise);
  asp_rendition_reader_push (reader, noise, sizeof noise);
  g_assert_false (asp_rendition_reader_finish (reader, &r, &error));
  g_assert_error (error, ASP_RENDITION_ERROR, ASP_RENDITION_ERROR_STREAM);
  g_error_free (error);
}

static void
test_fps (void)
{
  static const struct
  {
    gdouble frame_90k;
    guint num, den;
  } rates[] = {
    {3600, 25, 1}, {3003, 30000, 1001}, {3000, 30, 1}, {1501.5, 60000, 1001}, {1501.6, 60000, 1001}, {1800, 50, 1},
    {3753.75, 24000, 1001}, {3750, 24, 1}, {6006, 15000, 1001}, {7200, 90000, 7200}
  };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    guint num, den;

    asp_rendition_snap_fps (rates[i].frame_90k, &num, &den);
    g_assert_cmpuint (num, ==, rates[i].num);
    g_assert_cmpuint (den, ==, rates[i].den);
  }
}

/* Units of a length in time: never more than asked for, but for what 1000/1001 rates are off. */
static void
test_unit_frames (void)
{
  static const struct
  {
    guint num, den;
    guint64 ns;
    guint frames;
  } rows[] = {
    {25, 1, 2 * G_GUINT64_CONSTANT (1000000000), 50}, {25, 1, 333000000, 8}, {25, 1, 333333333, 8},
    {30000, 1001, G_GUINT64_CONSTANT (1000000000), 30}, {30000, 1001, 2 * G_GUINT64_CONSTANT (1000000000), 60},
    {60000, 1001, 2 * G_GUINT64_CONSTANT (1000000000), 120}, {24000, 1001, G_GUINT64_CONSTANT (1000000000), 24},
    {50, 1, 333333333, 16}, {50, 1, 1, 1}, {25, 1, 0, GOP}, {25, 1, G_MAXUINT64, 100000}
  };
  SpliceMediaSpec spec;
  AspRendition r;

  network (&spec, 0);
  read_media (&spec, &r);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    r.fps_num = rows[i].num;
    r.fps_den = rows[i].den;
    g_assert_cmpuint (asp_rendition_unit_frames (&r, rows[i].ns), ==, rows[i].frames);
  }
}

/* --- units ------------------------------------------------------------------------------ */

/* The pictures and the sound of a stream, into the multiplex of a rendition. */
static void
fill (AspUnitMux * m, const AspRendition * r, const SpliceMediaSpec * spec, guint leave_out)
{
  GByteArray *ts = splice_media_make (spec);
  AspCreative *c = asp_creative_new ();
  AspCreativeReader *reader = asp_creative_reader_new (c);
  AspAu *au;
  guint n = 0;

  asp_creative_reader_push (reader, ts->data, ts->len);
  asp_creative_reader_finish (reader);
  asp_creative_reader_deliver_locked (reader);
  while ((au = g_queue_pop_head (&c->video.units))) {
    gint64 number = (gint64) ((gdouble) (au->pts90k - c->first_pts90k) / spec->frame_90k + 0.5);

    if (++n != leave_out)
      g_assert_true (asp_unit_mux_add_picture (m, number, au->data, au->size, NULL));
    asp_au_unref (au);
  }
  for (guint i = 0, k = 0; i < r->n_tracks; i++) {
    if ((gint) i == r->video || k == c->n_audio)
      continue;
    while ((au = g_queue_pop_head (&c->audio[k].units))) {
      if (au->pts90k >= c->first_pts90k)
        g_assert_true (asp_unit_mux_add_audio (m, i, au->data, au->size, 1024, 48000, NULL));
      asp_au_unref (au);
    }
    k++;
  }
  asp_creative_reader_free (reader);
  asp_creative_unref (c);
  g_byte_array_unref (ts);
}

/* Each PID of a unit begins with CC 0 and ends with 15. */
static void
check_counters (const guint8 * data, gsize size)
{
  gint8 last[ASP_PID_COUNT];

  memset (last, -1, sizeof last);
  g_assert_cmpuint (size % ASP_TS_SIZE, ==, 0);
  for (gsize at = 0; at < size; at += ASP_TS_SIZE) {
    AspTsPacket p;

    g_assert_true (asp_ts_packet_parse (data + at, &p));
    if (p.payload_offset == ASP_TS_SIZE)
      continue;
    g_assert_cmpuint (p.cc, ==, last[p.pid] < 0 ? 0 : (last[p.pid] + 1) % 16);
    last[p.pid] = (gint8) p.cc;
  }
  for (guint i = 0; i < ASP_PID_COUNT; i++)
    g_assert_true (last[i] < 0 || last[i] == 15);
}

static GByteArray *
take_all (AspUnitMux * m, const AspUnits * units, guint first, guint end)
{
  GByteArray *all = g_byte_array_new ();

  for (guint i = first; i < end; i++) {
    g_autoptr (GBytes) bytes = asp_unit_mux_take_unit (m, i);
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    g_assert_cmpuint (size, ==, asp_units_get (units, i)->bytes);
    check_counters (data, size);
    g_assert_cmpuint (asp_ts_pid (data), ==, ASP_PID_PAT);
    g_byte_array_append (all, data, (guint) size);
  }
  return all;
}

static void
test_units (gconstpointer bframes)
{
  SpliceMediaSpec live, ad;
  AspRendition r;
  GError *error = NULL;

  network (&live, GPOINTER_TO_UINT (bframes));
  read_media (&live, &r);
  network (&ad, GPOINTER_TO_UINT (bframes));
  ad.source = 2;
  ad.frames = GOP * 4;
  for (guint first = 0; first < 4; first++) {
    g_autoptr (AspUnitMux) m = asp_unit_mux_new (&r, GOP);
    g_autoptr (AspUnits) units = NULL;
    g_autoptr (SpliceContent) content = NULL;
    g_autofree gchar *runs = NULL;
    g_autofree gchar *wanted = NULL;
    GByteArray *ts;

    fill (m, &r, &ad, 0);
    units = asp_unit_mux_finish (m, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (units->units->len, ==, 4);
    ts = take_all (m, units, first, 4);
    content = splice_content_read (ts->data, ts->len, r.tracks[r.video].pid, ad.audio_pid);
    runs = splice_units_runs (content->video, TRUE);
    wanted = g_strdup_printf ("2:%u-%u", first * GOP, GOP * 4 - 1);
    g_assert_cmpstr (runs, ==, wanted);
    g_assert_cmpuint (content->broken, ==, 0);
    g_assert_cmpuint (content->cc_errors, ==, 0);
    g_assert_cmpuint (content->pcr_backwards, ==, 0);
    g_assert_cmpint (content->pcr_gap_max_27m, <=, 40 * 27000);
    g_assert_cmpint (content->least_lead_90k, >=, 0);
    g_assert_cmpint (g_array_index (content->video, SpliceUnit, 0).pts90k -
        g_array_index (content->video, SpliceUnit, 0).dts90k, ==, r.reorder_90k);
    /* sound begins at or before the picture, by less than a frame of it */
    g_assert_cmpint (g_array_index (content->audio[0], SpliceUnit, 0).pts90k, <=,
        asp_units_get (units, first)->pts90k);
    g_assert_cmpint (g_array_index (content->audio[0], SpliceUnit, 0).pts90k, >,
        asp_units_get (units, first)->pts90k - SPLICE_AUDIO_FRAME_90K);
    g_byte_array_unref (ts);
  }
}

/* An encoder that leaves a picture out, or puts its key pictures elsewhere, is found out. */
static void
test_units_wrong (void)
{
  SpliceMediaSpec spec;
  AspRendition r;

  network (&spec, 2);
  read_media (&spec, &r);
  for (guint unit = GOP - 1; unit <= GOP + 2; unit++) {
    for (guint leave_out = 0; leave_out < 3; leave_out++) {
      g_autoptr (AspUnitMux) m = asp_unit_mux_new (&r, unit);
      g_autoptr (AspUnits) units = NULL;
      GError *error = NULL;

      fill (m, &r, &spec, leave_out);
      units = asp_unit_mux_finish (m, &error);
      if (unit == GOP && leave_out == 0) {
        g_assert_no_error (error);
        continue;
      }
      g_assert_null (units);
      g_assert_error (error, ASP_UNIT_MUX_ERROR, ASP_UNIT_MUX_ERROR_PICTURES);
      g_error_free (error);
    }
  }
}

static const gchar *
fit_of (const AspRendition * r, guint unit, const SpliceMediaSpec * spec, gsize cut)
{
  g_autoptr (AspVideoFit) f = asp_video_fit_new (r, unit);
  GByteArray *ts = splice_media_make (spec);

  for (gsize at = 0; at < ts->len - cut; at += 5000)
    if (!asp_video_fit_push (f, ts->data + at, MIN (5000, ts->len - cut - at)))
      break;
  g_byte_array_unref (ts);
  return asp_video_fit_finish (f);
}

/* What fits as it is: the same pictures in GOPs of the units; nothing else. */
static void
test_video_fit (void)
{
  SpliceMediaSpec live, ad;
  AspRendition r, other;

  network (&live, 2);
  read_media (&live, &r);
  ad = live;
  ad.source = 2;
  ad.first_pts90k = 12345;
  g_assert_cmpstr (fit_of (&r, GOP, &ad, 0), ==, NULL);
  g_assert_nonnull (fit_of (&r, GOP + 1, &ad, 0));
  g_assert_nonnull (fit_of (&r, GOP, &ad, 100));        /* in the middle of a packet */
  other = r;
  other.params.width += 16;
  g_assert_nonnull (fit_of (&other, GOP, &ad, 0));
  other = r;
  other.fps_num = 50;
  g_assert_nonnull (fit_of (&other, GOP, &ad, 0));
  other = r;
  other.tracks[other.video].bit_rate /= 2;
  g_assert_nonnull (fit_of (&other, GOP, &ad, 0));
  network (&live, 0);
  read_media (&live, &other);
  g_assert_nonnull (fit_of (&other, GOP, &ad, 0));      /* it reorders more */
}

static AspUnits *
some_units (void)
{
  AspUnits *u = asp_units_new ();

  u->fps_num = 30000;
  u->fps_den = 1001;
  u->unit_frames = 50;
  u->reorder_90k = 3003;
  u->duration_90k = 120 * 3003;
  for (guint i = 0; i < 3; i++) {
    AspUnit unit = { u->bytes, 188 * (i + 1), i == 2 ? 20 : 50, 900000 + 50 * 3003 * (gint64) i };

    g_array_append_val (u->units, unit);
    u->bytes += unit.bytes;
    u->frames += unit.frames;
  }
  return u;
}

static void
test_units_text (void)
{
  g_autoptr (AspUnits) u = some_units (), again = NULL;
  g_autofree gchar *text = asp_units_to_text (u), *same = NULL;
  GError *error = NULL;

  again = asp_units_from_text (text, strlen (text), &error);
  g_assert_no_error (error);
  same = asp_units_to_text (again);
  g_assert_cmpstr (text, ==, same);
  for (gsize n = 0; n < strlen (text); n++) {
    g_assert_null (asp_units_from_text (text, n, &error));
    g_assert_nonnull (error);
    g_clear_error (&error);
  }
}

static void
test_units_contradiction (void)
{
  for (guint i = 0; i < 5; i++) {
    g_autoptr (AspUnits) u = some_units ();
    g_autofree gchar *text = NULL;

    if (i == 0)
      asp_units_get (u, 1)->offset += 188;
    else if (i == 1)
      asp_units_get (u, 1)->pts90k += 2;
    else if (i == 2)
      asp_units_get (u, 0)->frames = 49;
    else if (i == 3)
      asp_units_get (u, 2)->bytes += 1;
    else
      u->frames++;
    text = asp_units_to_text (u);
    g_assert_null (asp_units_from_text (text, strlen (text), NULL));
  }
}

/* --- frames ----------------------------------------------------------------------------- */

static guint64
pick_all (guint in_num, guint in_den, guint out_num, guint out_den, guint pictures, guint jitter_ns, guint64 * most)
{
  AspFramePick p;
  guint64 total = 0, end = 0;

  *most = 0;
  asp_frame_pick_init (&p, out_num, out_den);
  for (guint i = 0; i < pictures; i++) {
    guint64 t = 5000000000 + (guint64) i * 1000000000 * in_den / in_num + (i % 2 ? jitter_ns : 0);
    guint64 n = asp_frame_pick_push (&p, t);

    *most = MAX (*most, n);
    total += n;
    end = 5000000000 + (guint64) (i + 1) * 1000000000 * in_den / in_num;
  }
  return total + asp_frame_pick_finish (&p, end);
}

static void
test_frames (void)
{
  guint64 most;

  /* the same rate: each one once, whatever the times jitter */
  g_assert_cmpuint (pick_all (25, 1, 25, 1, 100, 9000000, &most), ==, 100);
  g_assert_cmpuint (most, ==, 1);
  g_assert_cmpuint (pick_all (30000, 1001, 30000, 1001, 300, 1000000, &most), ==, 300);
  g_assert_cmpuint (most, ==, 1);
  g_assert_cmpuint (pick_all (25, 1, 50, 1, 100, 0, &most), ==, 200);
  g_assert_cmpuint (most, ==, 2);
  g_assert_cmpuint (pick_all (50, 1, 25, 1, 100, 0, &most), ==, 50);
  g_assert_cmpuint (most, ==, 1);
  g_assert_cmpuint (pick_all (24, 1, 25, 1, 240, 0, &most), ==, 250);
  g_assert_cmpuint (most, ==, 2);
  g_assert_cmpuint (pick_all (60000, 1001, 25, 1, 1798, 0, &most), ==, 750);
  g_assert_cmpuint (most, ==, 1);
  g_assert_cmpuint (pick_all (25, 1, 25, 1, 1, 0, &most), ==, 1);
}

/* --- loudness --------------------------------------------------------------------------- */

static gfloat *
tone (guint rate, guint channels, guint seconds, gdouble amplitude)
{
  gfloat *samples = g_new (gfloat, (gsize) rate * channels * seconds);

  for (gsize i = 0; i < (gsize) rate * seconds; i++)
    for (guint c = 0; c < channels; c++)
      samples[i * channels + c] = (gfloat) (amplitude * sin (2 * G_PI * 1000 * (gdouble) i / rate));
  return samples;
}

/* EBU Tech 3341, case 1: a stereo tone of 1 kHz at -23 dBFS has -23 LUFS. */
static void
test_loudness (void)
{
  gfloat *samples = tone (48000, 2, 20, pow (10, -23.0 / 20));
  gboolean limited;
  AspLoudness l;
  gdouble gain;

  g_assert_true (asp_loudness_measure (samples, 48000 * 20, 48000, 2, &l));
  g_assert_cmpfloat_with_epsilon (l.integrated_lufs, -23.0, 0.1);
  g_assert_cmpfloat_with_epsilon (l.short_term_max_lufs, -23.0, 0.1);
  g_assert_cmpfloat_with_epsilon (l.true_peak_dbtp, -23.0, 0.2);
  gain = asp_loudness_gain (&l, -24, &limited);
  g_assert_false (limited);
  asp_loudness_apply (samples, 48000 * 20 * 2, gain);
  g_assert_true (asp_loudness_measure (samples, 48000 * 20, 48000, 2, &l));
  g_assert_cmpfloat_with_epsilon (l.integrated_lufs, -24.0, 0.05);
  /* the peak is the limit */
  gain = asp_loudness_gain (&l, 0, &limited);
  g_assert_true (limited);
  l = asp_loudness_with_gain (&l, gain);
  g_assert_cmpfloat (l.true_peak_dbtp, <=, ASP_TRUE_PEAK_MAX_DBTP);
  g_free (samples);
}

static void
test_loudness_silence (void)
{
  gfloat *samples = tone (44100, 1, 2, 0);
  gboolean limited;
  AspLoudness l;

  g_assert_true (asp_loudness_measure (samples, 44100 * 2, 44100, 1, &l));
  g_assert_cmpfloat (l.integrated_lufs, <, ASP_LOUDNESS_SILENCE_LUFS);
  g_assert_cmpfloat (asp_loudness_gain (&l, -24, &limited), ==, 0);
  g_assert_false (asp_loudness_measure (samples, 10, 1, 1, &l));
  g_assert_false (asp_loudness_measure (samples, 10, 44100, 0, &l));
  g_free (samples);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conditioning/rendition/read", test_rendition_read);
  g_test_add_func ("/conditioning/rendition/text", test_rendition_text);
  g_test_add_func ("/conditioning/rendition/bounds", test_rendition_bounds);
  g_test_add_func ("/conditioning/rendition/nothing", test_rendition_nothing);
  g_test_add_func ("/conditioning/rendition/fps", test_fps);
  g_test_add_func ("/conditioning/rendition/unit-frames", test_unit_frames);
  g_test_add_data_func ("/conditioning/units/no-b", GUINT_TO_POINTER (0), test_units);
  g_test_add_data_func ("/conditioning/units/b", GUINT_TO_POINTER (2), test_units);
  g_test_add_func ("/conditioning/units/wrong", test_units_wrong);
  g_test_add_func ("/conditioning/video-fit", test_video_fit);
  g_test_add_func ("/conditioning/units/text", test_units_text);
  g_test_add_func ("/conditioning/units/contradiction", test_units_contradiction);
  g_test_add_func ("/conditioning/frames", test_frames);
  g_test_add_func ("/conditioning/loudness/tone", test_loudness);
  g_test_add_func ("/conditioning/loudness/silence", test_loudness_silence);
  return g_test_run ();
}
