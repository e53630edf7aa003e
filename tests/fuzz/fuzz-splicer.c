/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The splicer on a damaged network: gst/splice/asp-splicer. Creatives and slate are built in and
 * sound; breaks are asked for at the beginning and a second later.
 *
 * The first four bytes choose: settings, how the network is cut into buffers, and what it is.
 * With the top bit of the first one clear the rest is the network as it stands; with it set the
 * rest is a list of edits, four bytes each, to a sound stream that is built in: most mutations
 * of a whole stream only end in its first packets, edits come everywhere.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-ts-packet.h>

#include "../unit/splice-media.h"
#include "../unit/splice-run.h"

#define NETWORKS 6
#define CREATIVES 4u
#define EDITS_MAX 64
#define OUTPUT_FACTOR 4         /* what goes out beyond the input is creatives, and packets cut in two */
#define OWN_PACKETS_MAX 60000   /* clock readings of a break that goes on without input */

static GByteArray *networks[NETWORKS], *creatives[CREATIVES], *slate;

static SpliceMediaSpec
small_spec (guint source, guint frames)
{
  SpliceMediaSpec spec;

  splice_media_spec_init (&spec, source, frames);
  spec.gop = 10;
  spec.video_bytes = 60;
  spec.packets_per_s = 150;
  return spec;
}

static void
make_networks (void)
{
  for (guint i = 0; i < NETWORKS; i++) {
    SpliceMediaSpec spec = small_spec (1, 60);
    SpliceSection cues[2];

    spec.bframes = i & 1 ? 2 : 0;
    spec.nulls = i & 2;
    spec.sets_once = i & 1;
    spec.audio_tracks = i < 4 ? 1 : 2;
    spec.audio_group = i & 1 ? 1 : 6;
    spec.cue_pid = 0x1f4;
    spec.first_pts90k = i == 5 ? ASP_PTS_MODULUS - ASP_SECOND_90K : 10 * ASP_SECOND_90K;
    spec.pcr_pid = i == 4 ? 0x1f0 : 0;
    for (guint k = 0; k < 2; k++) {
      cues[k].packet = 60 + 50 * k;
      cues[k].pid = spec.cue_pid;
      cues[k].section = asp_scte35_build_splice_insert (7, k == 0, spec.first_pts90k +
          (gint64) (1.2 * (k + 1) * ASP_SECOND_90K), k == 0 ? ASP_SECOND_90K : ASP_NO_TIME, TRUE, 1);
    }
    spec.sections = cues;
    spec.n_sections = i == 0 ? 0 : 2;
    networks[i] = splice_media_make (&spec);
    for (guint k = 0; k < 2; k++)
      g_bytes_unref (cues[k].section);
  }
}

static void
make_all (void)
{
  SpliceMediaSpec spec;

  if (slate)
    return;
  make_networks ();
  for (guint i = 0; i < CREATIVES; i++) {
    spec = small_spec (2 + i, 12 + 9 * i);
    spec.bframes = i & 1 ? 2 : 0;
    spec.audio_tracks = 2 - i / 2;
    spec.first_pts90k = i == 3 ? ASP_PTS_MODULUS - 20000 : 77777;
    creatives[i] = splice_media_make (&spec);
  }
  spec = small_spec (9, 5);
  slate = splice_media_make (&spec);
}

static guint
n_packets (const GByteArray * ts)
{
  return ts->len / ASP_TS_SIZE;
}

static void
write_pcr_near (guint8 * p, guint value)
{
  gint64 pcr = asp_ts_packet_pcr (p);

  if (pcr == ASP_NO_TIME)
    return;
  /* a step of the clock, small or large, forward or back */
  pcr += (gint64) (gint8) value * (value & 1 ? ASP_SECOND_27M * 3 : 27000);
  asp_ts_packet_write_pcr (p, asp_ts_pid (p), asp_ts_cc (p), asp_pcr_wrap (pcr));
}

static void
edit (GByteArray * ts, const guint8 * e)
{
  guint n = n_packets (ts), at, value = e[3];
  guint8 *p, copy[ASP_TS_SIZE];

  if (n < 2)
    return;
  at = (e[1] << 8 | e[2]) % n;
  p = ts->data + at * ASP_TS_SIZE;
  switch (e[0] % 12) {
    case 0:
      p[value % 24] ^= (guint8) (1u << (e[0] >> 5));
      break;
    case 1:
      p[4 + value % (ASP_TS_SIZE - 4)] = e[0];
      break;
    case 2:
      g_byte_array_remove_range (ts, at * ASP_TS_SIZE, MIN (1 + value % 16, n - at) * ASP_TS_SIZE);
      break;
    case 3:
      memcpy (copy, p, sizeof copy);
      memcpy (p, ts->data + (at + value) % n * ASP_TS_SIZE, sizeof copy);
      memcpy (ts->data + (at + value) % n * ASP_TS_SIZE, copy, sizeof copy);
      break;
    case 4:
      memcpy (ts->data + (at + value) % n * ASP_TS_SIZE, memcpy (copy, p, sizeof copy), sizeof copy);
      break;
    case 5:
      write_pcr_near (p, value);
      break;
    case 6:                    /* bytes that are no packet, or that break one in two */
      g_byte_array_set_size (ts, at * ASP_TS_SIZE + value % ASP_TS_SIZE);
      break;
    case 7:
      g_byte_array_remove_range (ts, at * ASP_TS_SIZE + value % (ASP_TS_SIZE - 9), 1 + e[0] % 9);
      break;
    case 8:                    /* times of a PES */
      if (asp_ts_pusi (p))
        p[4 + 9 + value % 40] ^= (guint8) (1u << (e[0] >> 5));
      break;
    case 9:
      p[3] ^= (guint8) (value & 0xc0);
      break;
    case 10:
      p[1] = (guint8) ((p[1] & 0xe0) | (value & 1));
      p[2] = (guint8) (0x10 * (value >> 4));
      break;
    default:
      asp_ts_packet_write_null (p);
      break;
  }
}

static GByteArray *
make_input (const guint8 * data, gsize size)
{
  GByteArray *in = g_byte_array_new ();

  if (!(data[0] & 0x80)) {
    g_byte_array_append (in, data + 4, (guint) (size - 4));
    return in;
  }
  g_byte_array_append (in, networks[data[3] % NETWORKS]->data, networks[data[3] % NETWORKS]->len);
  for (gsize at = 4; at + 4 <= size && at < 4 + 4 * EDITS_MAX; at += 4)
    edit (in, data + at);
  return in;
}

static void
configure (SpliceRun * run, const guint8 * data)
{
  AspSplicerConfig *c = &run->config;

  c->out_point = data[0] & 1 ? ASP_OUT_ANCHOR : ASP_OUT_IDR;
  c->return_policy = (AspReturnPolicy) ((data[0] >> 1) % 3);
  c->late_policy = data[0] & 8 ? ASP_LATE_SKIP : ASP_LATE_NEXT_RAP;
  c->drop_nulls = (data[0] & 0x70) == 0x10;
  c->strip_cues = (data[0] & 0x70) == 0x20;
  c->mark = (data[0] & 0x70) == 0x30;
  c->rewrite_cues = data[1] & 0x80;
  c->splice_countdown = data[3] & 0x80;
  c->want_network = data[0] & 0x40;
  c->repeat_tracks = !(data[1] & 0x10);
  c->max_rap_wait_90k = data[1] & 0x20 ? ASP_SECOND_90K / 4 : 5 * ASP_SECOND_90K;
  c->tolerance_90k = data[1] & 0x40 ? 0 : ASP_SECOND_90K / 2;
}

static void
check_output (const SpliceRun * run, const GByteArray * in)
{
  gsize added = slate->len;

  for (guint i = 0; i < CREATIVES; i++)
    added += creatives[i]->len;
  /* whoever watches the network sees it as it came, whatever happens to the rest */
  if (run->config.want_network || run->config.mark)
    g_assert_cmpmem (run->network->data, run->network->len, in->data, in->len);
  if (run->config.mark && run->config.rewrite_cues)
    g_assert_cmpuint (run->marked->len, <=, in->len + OWN_PACKETS_MAX * ASP_TS_SIZE);
  g_assert_cmpuint (run->out->len, <=, OUTPUT_FACTOR * (in->len + added) + OWN_PACKETS_MAX * ASP_TS_SIZE);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  static const gsize chunks[] = { 0, 188, 7 * 188, 189, 100, 13, 4096, 5000 };
  SpliceRun *run;
  GByteArray *in;
  gsize chunk;

  if (size < 4)
    return 0;
  make_all ();
  run = splice_run_new ();
  in = make_input (data, size);
  chunk = chunks[data[1] % G_N_ELEMENTS (chunks)];
  configure (run, data);
  for (guint i = 0; i <= data[2] % CREATIVES; i++) {
    const GByteArray *ad = creatives[(data[2] / 4 + i) % CREATIVES];

    splice_run_add_creative (run, ad->data, ad->len, 0, !(data[2] & 0x40) || i > 0);
  }
  if (data[2] & 0x80)
    splice_run_set_slate (run, slate->data, slate->len);
  splice_run_start (run);
  asp_splicer_schedule (run->s, 0, ASP_SECOND_90K / 2);
  asp_splicer_schedule (run->s, ASP_SECOND_90K, ASP_SECOND_90K);
  splice_run_feed_chunks (run, in->data, in->len, chunk, data[1] & 8);
  splice_run_finish (run);
  check_output (run, in);
  g_byte_array_unref (in);
  splice_run_free (run);
  return 0;
}
