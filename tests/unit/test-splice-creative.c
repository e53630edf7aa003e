/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, the creative reader: what of a transport stream becomes access units, however it is
 * cut into buffers and wherever it ends. */
#include "splice-media.h"

#include <string.h>

#include <asp-creative.h>
#include <asp-ts-packet.h>

#define FRAME_90K 3600

static AspCreative *
read_chunks (const guint8 * data, gsize size, gsize chunk, gboolean finish)
{
  AspCreative *c = asp_creative_new ();
  AspCreativeReader *r = asp_creative_reader_new (c);

  for (gsize at = 0; at < size;) {
    gsize n = chunk > 0 ? MIN (chunk, size - at) : size - at;
    guint8 *block = g_memdup2 (data + at, n);

    asp_creative_reader_push (r, block, n);
    g_free (block);
    if (at / 5000 != (at + n) / 5000)
      asp_creative_reader_deliver_locked (r);
    at += n;
  }
  if (finish) {
    asp_creative_reader_finish (r);
    asp_creative_reader_finish (r);
  }
  asp_creative_reader_deliver_locked (r);
  asp_creative_reader_free (r);
  return c;
}

static gchar *
track_text (const AspCreativeTrack * t)
{
  GString *s = g_string_new (NULL);

  g_string_append_printf (s, "codec %u pid %u %u Hz %u channels", t->codec, t->pid, t->sample_rate, t->channels);
  for (const GList * l = t->units.head; l; l = l->next) {
    const AspAu *au = l->data;

    g_string_append_printf (s, "\n%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " +%" G_GINT64_FORMAT " %" G_GSIZE_FORMAT
        " %u pes %" G_GUINT64_FORMAT " id %u %u", au->pts90k, au->dts90k, au->duration_90k, au->size,
        au->random_access, au->pes_serial, au->stream_id, g_str_hash ("") + (au->size ? au->data[au->size - 1] : 0));
  }
  return g_string_free (s, FALSE);
}

/* Everything that a splicer sees of @c. */
static gchar *
creative_text (const AspCreative * c)
{
  GString *s = g_string_new (NULL);
  g_autofree gchar *video = track_text (&c->video);

  g_string_append_printf (s, "state %u reason %s eos %u broken %u first %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
      " max %" G_GINT64_FORMAT " bytes %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " %ux%u\n%s", c->state,
      c->reason ? c->reason : "", c->eos, c->broken, c->first_pts90k, c->first_dts90k, c->max_pts90k, c->bytes,
      c->bytes_total, c->params.width, c->params.height, video);
  for (guint i = 0; i < c->n_audio; i++) {
    g_autofree gchar *audio = track_text (&c->audio[i]);

    g_string_append_printf (s, "\n%s", audio);
  }
  return g_string_free (s, FALSE);
}

static SpliceMediaSpec
small_spec (void)
{
  SpliceMediaSpec spec;

  splice_media_spec_init (&spec, 3, 26);
  spec.bframes = 2;
  spec.gop = 13;
  spec.audio_group = 5;
  spec.video_bytes = 400;
  spec.first_pts90k = 20 * ASP_SECOND_90K;
  return spec;
}

static void
check_whole (const AspCreative * c, const SpliceMediaSpec * spec)
{
  guint n = 0;

  g_assert_cmpint (c->state, ==, ASP_CREATIVE_READY);
  g_assert_true (c->eos);
  g_assert_false (c->broken);
  g_assert_cmpuint (c->video.units.length, ==, spec->frames);
  g_assert_cmpint (c->first_pts90k & ASP_PTS_MASK, ==, spec->first_pts90k & ASP_PTS_MASK);
  g_assert_cmpint (c->first_pts90k - c->first_dts90k, ==, spec->bframes ? FRAME_90K : 0);
  g_assert_cmpint (c->max_pts90k - c->first_pts90k, ==, (gint64) (spec->frames - 1) * FRAME_90K);
  g_assert_cmpuint (c->params.width, ==, 16);
  for (const GList * l = c->video.units.head; l; l = l->next, n++) {
    const AspAu *au = l->data;

    g_assert_cmpint (au->dts90k, ==, c->first_dts90k + (gint64) n * FRAME_90K);
    g_assert_cmpuint (au->random_access, ==, n % spec->gop == 0);
  }
  for (guint t = 0; t < c->n_audio; t++) {
    gint64 expected = ASP_NO_TIME;

    g_assert_cmpint (c->audio[t].codec, ==, ASP_CODEC_AAC_ADTS);
    g_assert_cmpuint (c->audio[t].sample_rate, ==, 48000);
    g_assert_cmpuint (c->audio[t].channels, ==, 2);
    for (const GList * l = c->audio[t].units.head; l; l = l->next) {
      const AspAu *au = l->data;

      g_assert_cmpint (au->duration_90k, ==, SPLICE_AUDIO_FRAME_90K);
      g_assert_true (expected == ASP_NO_TIME || au->pts90k == expected);
      expected = au->pts90k + au->duration_90k;
    }
  }
}

static void
test_whole (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = NULL;
  AspCreative *c;

  spec.audio_tracks = 2;
  ts = splice_media_make (&spec);
  c = read_chunks (ts->data, ts->len, 0, TRUE);
  g_assert_cmpuint (c->n_audio, ==, 2);
  check_whole (c, &spec);
  g_assert_cmpuint (c->audio[0].units.length, ==, 26 * FRAME_90K / SPLICE_AUDIO_FRAME_90K);
  asp_creative_unref (c);
}

static void
test_chunks (void)
{
  static const gsize chunks[] = { 1, 2, 3, 7, 97, 187, 188, 189, 375, 377, 1000, 4096 };
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);
  AspCreative *whole = read_chunks (ts->data, ts->len, 0, TRUE);
  g_autofree gchar *expected = creative_text (whole);

  for (guint i = 0; i < G_N_ELEMENTS (chunks); i++) {
    AspCreative *c = read_chunks (ts->data, ts->len, chunks[i], TRUE);
    g_autofree gchar *got = creative_text (c);

    g_assert_cmpstr (got, ==, expected);
    asp_creative_unref (c);
  }
  asp_creative_unref (whole);
}

/* Two field PES, the second one without PTS, are one access unit (rule 7). */
static void
test_fields (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = NULL;
  AspCreative *c;

  spec.fields = TRUE;
  ts = splice_media_make (&spec);
  for (gsize chunk = 0; chunk < 500; chunk += 111) {
    c = read_chunks (ts->data, ts->len, chunk, TRUE);
    check_whole (c, &spec);
    /* slice, numbers and what stands before them, twice */
    for (const GList * l = c->video.units.head; l; l = l->next)
      g_assert_cmpuint (((const AspAu *) l->data)->size, >=, 6 + 6 + 10 + spec.video_bytes + 16);
    asp_creative_unref (c);
  }
}

/* Over the turn of PTS, at every place around it. */
static void
test_wrap (void)
{
  for (gint n = -2; n < 30; n++) {
    SpliceMediaSpec spec = small_spec ();
    g_autoptr (GByteArray) ts = NULL;
    AspCreative *c;

    spec.first_pts90k = ASP_PTS_MODULUS - n * FRAME_90K;
    spec.audio_lead_90k = 5000;
    ts = splice_media_make (&spec);
    c = read_chunks (ts->data, ts->len, 1000, TRUE);
    check_whole (c, &spec);
    asp_creative_unref (c);
  }
}

/* It ends after so many bytes: what is whole is there, in order, and nothing else. */
static void
test_truncated (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);
  guint pictures = 0;

  for (gsize size = 0; size < ts->len; size += 97) {
    AspCreative *c = read_chunks (ts->data, size, 500, TRUE);
    gint64 last = ASP_NO_TIME;

    g_assert_true (c->eos);
    g_assert_cmpint (c->state, !=, ASP_CREATIVE_PROBING);
    if (c->state == ASP_CREATIVE_REFUSED) {
      g_assert_nonnull (c->reason);
      g_assert_nonnull (c->detail);
      g_assert_cmpuint (c->video.units.length, ==, 0);
    } else {
      g_assert_null (c->reason);
      g_assert_cmpuint (c->video.units.length, >, 0);
    }
    if (size % ASP_TS_SIZE != 0 && c->state == ASP_CREATIVE_READY)
      g_assert_true (c->broken);
    /* never fewer than with fewer bytes; one at the end may be cut when its packet is whole */
    g_assert_cmpuint (c->video.units.length + 1, >=, pictures);
    pictures = MAX (pictures, c->video.units.length);
    for (const GList * l = c->video.units.head; l; l = l->next) {
      const AspAu *au = l->data;

      g_assert_true (last == ASP_NO_TIME || au->dts90k == last + FRAME_90K);
      last = au->dts90k;
    }
    asp_creative_unref (c);
  }
  g_assert_cmpuint (pictures, >=, spec.frames - 1);
}

/* Without EOS: nothing is finished, and freeing it in the middle loses no memory. */
static void
test_left_alone (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);

  for (gsize size = 0; size < ts->len; size += 971) {
    AspCreative *c = read_chunks (ts->data, size, 313, FALSE);

    g_assert_false (c->eos);
    asp_creative_unref (c);
  }
}

/* A lost packet costs the unit that it was of, and no other. */
static void
test_cc_loss (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);
  guint lost_pictures = 0;

  for (guint lost = 20; lost < ts->len / ASP_TS_SIZE - 20; lost++) {
    g_autoptr (GByteArray) cut = g_byte_array_new ();
    guint pid = asp_ts_pid (ts->data + lost * ASP_TS_SIZE);
    AspCreative *c;

    if (!asp_ts_has_payload (ts->data + lost * ASP_TS_SIZE))
      continue;
    g_byte_array_append (cut, ts->data, ts->len);
    g_byte_array_remove_range (cut, lost * ASP_TS_SIZE, ASP_TS_SIZE);
    c = read_chunks (cut->data, cut->len, 0, TRUE);
    g_assert_cmpint (c->state, ==, ASP_CREATIVE_READY);
    if (pid == spec.video_pid) {
      g_assert_cmpuint (c->video.units.length, >=, spec.frames - 2);
      lost_pictures += spec.frames - c->video.units.length;
      g_assert_cmpuint (c->audio[0].units.length, ==, 48);
    } else {
      g_assert_cmpuint (c->video.units.length, ==, spec.frames);
      g_assert_cmpuint (c->audio[0].units.length, >=, 48 - 2 * spec.audio_group);
    }
    for (const GList * l = c->video.units.head; l; l = l->next)
      g_assert_cmpuint (((const AspAu *) l->data)->size, >=, spec.video_bytes);
    asp_creative_unref (c);
  }
  g_assert_cmpuint (lost_pictures, >, 0);
}

/* A packet that is sent twice (2.4.3.3) counts once. */
static void
test_sent_twice (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);
  g_autoptr (GByteArray) twice = g_byte_array_new ();
  AspCreative *once = read_chunks (ts->data, ts->len, 0, TRUE), *c;

  for (guint at = 0; at < ts->len; at += ASP_TS_SIZE)
    for (guint k = 0; k < (at % 7 == 0 ? 2 : 1); k++)
      g_byte_array_append (twice, ts->data + at, ASP_TS_SIZE);
  c = read_chunks (twice->data, twice->len, 0, TRUE);
  g_assert_cmpint (c->state, ==, ASP_CREATIVE_READY);
  g_assert_cmpuint (c->video.units.length, ==, once->video.units.length);
  g_assert_cmpuint (c->bytes, ==, once->bytes);
  asp_creative_unref (once);
  asp_creative_unref (c);
}

/* Bytes between packets are skipped. */
static void
test_garbage_between (void)
{
  static const guint8 junk[] = { 0, 0x47, 9, 0xff, 0x47, 1, 5 };
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);
  g_autoptr (GByteArray) in = g_byte_array_new ();
  AspCreative *c;

  for (guint at = 0; at < ts->len; at += 30 * ASP_TS_SIZE) {
    g_byte_array_append (in, junk, at % sizeof junk);
    g_byte_array_append (in, ts->data + at, MIN (30 * ASP_TS_SIZE, ts->len - at));
  }
  c = read_chunks (in->data, in->len, 0, TRUE);
  check_whole (c, &spec);
  asp_creative_unref (c);
}

/* --- refusals --------------------------------------------------------------------- */

static void
check_refused (const guint8 * data, gsize size, gsize chunk, const gchar * reason)
{
  AspCreative *c = read_chunks (data, size, chunk, TRUE);

  g_assert_cmpint (c->state, ==, ASP_CREATIVE_REFUSED);
  g_assert_cmpstr (c->reason, ==, reason);
  g_assert_nonnull (c->detail);
  g_assert_cmpuint (c->video.units.length, ==, 0);
  asp_creative_unref (c);
}

/* 204 and 192 bytes a packet, in buffers of any size. */
static void
test_packet_size (void)
{
  static const guint sizes[] = { 204, 192 };
  static const gsize chunks[] = { 0, 4096, 1316, 204, 192, 188, 100, 7, 1 };
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GByteArray) wide = g_byte_array_new ();
    guint8 extra[16] = { 1, 2, 3 };

    for (guint at = 0; at < ts->len; at += ASP_TS_SIZE) {
      if (sizes[i] == 192)
        g_byte_array_append (wide, extra, 4);
      g_byte_array_append (wide, ts->data + at, ASP_TS_SIZE);
      if (sizes[i] == 204)
        g_byte_array_append (wide, extra, 16);
    }
    for (guint k = 0; k < G_N_ELEMENTS (chunks); k++) {
      g_test_message ("%u bytes a packet, chunks of %" G_GSIZE_FORMAT, sizes[i], chunks[k]);
      check_refused (wide->data, wide->len, chunks[k], "packet-size");
    }
  }
}

static void
test_not_ts (void)
{
  g_autofree guint8 *noise = g_malloc (200000);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint i = 0; i < 200000; i++)
    noise[i] = (guint8) g_rand_int (rand);
  for (gsize chunk = 1; chunk < 100000; chunk *= 9)
    check_refused (noise, 200000, chunk, "not-ts");
  check_refused ((const guint8 *) "hello", 5, 0, "not-ts");
  check_refused (noise, 0, 0, "empty");
}

static void
test_no_programme (void)
{
  g_autofree guint8 *nulls = g_malloc (ASP_TS_SIZE * 50);

  for (guint i = 0; i < 50; i++)
    asp_ts_packet_write_null (nulls + i * ASP_TS_SIZE);
  check_refused (nulls, ASP_TS_SIZE * 50, 0, "no-programme");
  check_refused (nulls, ASP_TS_SIZE * 50, 100, "no-programme");
}

static void
test_audio_only (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = NULL;

  /* a table that names a video of type 0x0f: two sounds */
  ts = splice_media_make (&spec);
  for (guint at = 0; at < ts->len; at += ASP_TS_SIZE) {
    guint8 *p = ts->data + at;

    if (asp_ts_pid (p) == spec.pmt_pid) {
      SpliceMediaSpec sound = spec;
      g_autoptr (GBytes) pmt = NULL;

      sound.video_pid = 0x1ff0;
      pmt = splice_media_pmt (&sound, 0);
      memcpy (p + 5, g_bytes_get_data (pmt, NULL), g_bytes_get_size (pmt));
    }
  }
  /* its video PID carries nothing: no picture ever comes */
  check_refused (ts->data, ts->len, 0, "no-idr");
}

static void
test_scrambled (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);

  for (guint at = 0; at < ts->len; at += ASP_TS_SIZE)
    if (asp_ts_pid (ts->data + at) >= spec.video_pid && asp_ts_pid (ts->data + at) != ASP_PID_NULL)
      ts->data[at + 3] |= 0x80;
  check_refused (ts->data, ts->len, 0, "scrambled");
  check_refused (ts->data, ts->len, 111, "scrambled");
}

static void
test_no_idr (void)
{
  SpliceMediaSpec spec = small_spec ();
  g_autoptr (GByteArray) ts = splice_media_make (&spec);

  for (guint i = 0; i + 4 < ts->len; i++)
    if (ts->data[i] == 0 && ts->data[i + 1] == 0 && ts->data[i + 2] == 1 && ts->data[i + 3] == 0x65)
      ts->data[i + 3] = 0x41;
  check_refused (ts->data, ts->len, 0, "no-idr");
  check_refused (ts->data, ts->len, 500, "no-idr");
}

/* DESIGN 4.1: it is ready as soon as it has a RAP and a sound, not only at its end; one whose
 * sound never comes is ready after two seconds. */
static void
test_ready_early (void)
{
  SpliceMediaSpec spec;
  g_autoptr (GByteArray) ts = NULL;
  AspCreative *c;
  gboolean silent = FALSE;

  splice_media_spec_init (&spec, 3, 200);
  do {
    gsize size;

    spec.audio_end_90k = silent ? 100 * ASP_SECOND_90K : 0;
    g_clear_pointer (&ts, g_byte_array_unref);
    ts = splice_media_make (&spec);
    size = silent ? ts->len / 2 : ts->len / 10;
    c = read_chunks (ts->data, size, 1000, FALSE);
    g_assert_cmpint (c->state, ==, ASP_CREATIVE_READY);
    g_assert_false (c->eos);
    g_assert_cmpuint (c->video.units.length, >, 5);
    asp_creative_unref (c);
    silent = !silent;
  } while (silent);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/creative/whole", test_whole);
  g_test_add_func ("/splice/creative/chunks", test_chunks);
  g_test_add_func ("/splice/creative/fields", test_fields);
  g_test_add_func ("/splice/creative/wrap", test_wrap);
  g_test_add_func ("/splice/creative/truncated", test_truncated);
  g_test_add_func ("/splice/creative/left-alone", test_left_alone);
  g_test_add_func ("/splice/creative/cc-loss", test_cc_loss);
  g_test_add_func ("/splice/creative/sent-twice", test_sent_twice);
  g_test_add_func ("/splice/creative/garbage-between", test_garbage_between);
  g_test_add_func ("/splice/creative/ready-early", test_ready_early);
  g_test_add_func ("/splice/refused/packet-size", test_packet_size);
  g_test_add_func ("/splice/refused/not-ts", test_not_ts);
  g_test_add_func ("/splice/refused/no-programme", test_no_programme);
  g_test_add_func ("/splice/refused/no-picture", test_audio_only);
  g_test_add_func ("/splice/refused/scrambled", test_scrambled);
  g_test_add_func ("/splice/refused/no-idr", test_no_idr);
  return g_test_run ();
}
