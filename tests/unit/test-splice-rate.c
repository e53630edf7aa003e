/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice at a constant rate with little stuffing: every unit is there in time (rule 5 of
 * DESIGN 6), packets in = packets out, and the clock says where it stands. Always the same cases;
 * SPLICE_FIRST=N SPLICE_CASES=M runs others. */
#include "splice-fixture.h"

#include <asp-ts-packet.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CASES 60
#define LARGE_CASES 30
#define PCR_OFF_MAX_27M 27      /* 1 us */

/* A constant rate whose slots are known: of a stream as splice_media_make() makes it. */
typedef struct
{
  gint64 begin_27m;             /* clock at packet 0 */
  gdouble packet_27m;
} Slots;

typedef struct
{
  gint64 video_90k, audio_90k;  /* least DTS - clock at the last packet of a unit */
  SpliceUnit worst_video, worst_audio;
} Leads;

typedef struct
{
  gdouble null_share, ad_share; /* of all packets; of the network's video rate */
  gdouble start_s, duration_s;
  gboolean end_early;           /* half way */
} Case;

static void
find_slots (const SpliceFixture * f, Slots * slots)
{
  const SpliceMediaSpec *spec = &f->network;

  for (gsize at = 0; at < f->in->len; at += ASP_TS_SIZE) {
    gint64 pcr = asp_ts_packet_pcr (f->in->data + at);

    if (pcr == ASP_NO_TIME)
      continue;
    slots->packet_27m = (gdouble) ASP_SECOND_27M / spec->packets_per_s;
    slots->begin_27m = pcr - (gint64) ((gdouble) (at / ASP_TS_SIZE) * slots->packet_27m);
    return;
  }
  g_assert_not_reached ();
}

static gint64
least_lead_90k (const GArray * units, const Slots * slots, SpliceUnit * worst)
{
  gint64 least = G_MAXINT64;

  for (guint i = 0; i < units->len; i++) {
    const SpliceUnit *u = &g_array_index (units, SpliceUnit, i);
    gint64 now_27m = slots->begin_27m + (gint64) (u->last_packet * slots->packet_27m);
    gint64 lead = asp_pts_diff (asp_pts_wrap (u->dts90k), asp_pts_wrap (now_27m / 300));

    if (lead >= least)
      continue;
    least = lead;
    *worst = *u;
  }
  return least;
}

/* Of sound only a PES as a whole has a DTS: that of its first frame, which is the earliest. */
static void
find_leads (const SpliceContent * c, const Slots * slots, guint tracks, Leads * leads)
{
  leads->video_90k = least_lead_90k (c->video, slots, &leads->worst_video);
  leads->audio_90k = G_MAXINT64;
  for (guint i = 0; i < tracks; i++) {
    SpliceUnit worst;
    gint64 lead = least_lead_90k (c->audio[i], slots, &worst);

    if (lead < leads->audio_90k) {
      leads->audio_90k = lead;
      leads->worst_audio = worst;
    }
  }
}

static void
check_clock (const SpliceFixture * f, const Slots * slots)
{
  for (gsize at = 0; at < f->run->out->len; at += ASP_TS_SIZE) {
    gint64 pcr = asp_ts_packet_pcr (f->run->out->data + at);
    gdouble due = slots->begin_27m + (gdouble) (at / ASP_TS_SIZE) * slots->packet_27m;
    gint64 off;

    if (pcr == ASP_NO_TIME)
      continue;
    off = asp_pcr_unwrap ((gint64) due, (guint64) pcr) - (gint64) due;
    if (ABS (off) > PCR_OFF_MAX_27M)
      g_error ("the clock reading in packet %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT " of 27 MHz off its slot",
          at / ASP_TS_SIZE, off);
  }
}

/* --- cases ------------------------------------------------------------------------ */

static guint
one_of (GRand * r, const guint * values, guint n)
{
  return values[g_rand_int_range (r, 0, (gint32) n)];
}

#define ONE_OF(r, ...) one_of (r, (const guint[]) { __VA_ARGS__ }, G_N_ELEMENTS (((const guint[]) { __VA_ARGS__ })))

static gdouble
null_share_of (const SpliceMediaSpec * spec)
{
  g_autoptr (GByteArray) ts = splice_media_make (spec);
  g_autoptr (SpliceContent) c = splice_content_read (ts->data, ts->len, spec->video_pid, spec->audio_pid);

  return (gdouble) c->n_null / c->n_packets;
}

/* A rate of which @share is stuffing. Clock readings take more packets at a higher rate, so that
 * it takes some steps to find it. */
static void
settle_rate (SpliceMediaSpec * spec, gdouble share)
{
  gdouble got;

  spec->nulls = TRUE;
  spec->packets_per_s = 4000;
  spec->packets_per_s = (guint) (4000 * (1 - null_share_of (spec)) / (1 - share));
  for (guint i = 0; i < 8 && (got = null_share_of (spec)) < share; i++)
    spec->packets_per_s = (guint) ceil (spec->packets_per_s * (1 - got) / (1 - share)) + 1;
}

static void
random_network (GRand * r, SpliceMediaSpec * spec, gdouble null_share)
{
  spec->bframes = ONE_OF (r, 0, 2);
  spec->gop = ONE_OF (r, 13, 25, 40, 100);
  spec->frames = spec->gop * MAX (400 / spec->gop, 6);
  spec->frame_90k = g_rand_boolean (r) ? 3600 : 3003;
  /* then the first picture behind a return is put together anew */
  spec->sets_once = g_rand_int_range (r, 0, 4) == 0;
  spec->video_bytes = ONE_OF (r, 300, 700, 2000, 6000);
  spec->idr_bytes = spec->video_bytes * ONE_OF (r, 1, 3, 6);
  spec->b_bytes = spec->video_bytes / ONE_OF (r, 1, 2, 3);
  spec->audio_tracks = ONE_OF (r, 0, 1, 1, 2);
  spec->audio_bytes = ONE_OF (r, 40, 120);
  spec->audio_group = ONE_OF (r, 1, 3, 8);
  spec->lead_90k = ONE_OF (r, 36000, 45000, 63000);
  spec->audio_mux_90k = ONE_OF (r, 27000, 36000);
  spec->pcr_ms = ONE_OF (r, 20, 30, 38);
  spec->pcr_pid = (guint16) ONE_OF (r, 0, 0, 0, 0x1f0);
  settle_rate (spec, null_share);
}

/* TS packets of video a second, without those that carry a clock reading only. */
static gdouble
video_packets_per_s (const SpliceMediaSpec * spec)
{
  const guint bytes[] = { MAX (spec->idr_bytes, 1), spec->video_bytes, MAX (spec->b_bytes, 1) };
  guint b = spec->bframes > 0 ? (spec->gop - 1) * 2 / 3 : 0, n[] = { 1, spec->gop - 1 - b, b }, packets = 0;

  /* PES header, delimiter and what stands around a slice; parameter sets before an IDR */
  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    packets += n[i] * ((bytes[i] + 42 + (i == 0 ? 20 : 0) + ASP_TS_PAYLOAD_MAX - 1) / ASP_TS_PAYLOAD_MAX);
  return packets * 90000.0 / spec->frame_90k / spec->gop;
}

/* At @share of the network's video rate, with no picture larger than its largest. */
static void
random_creative (GRand * r, SpliceMediaSpec * spec, const SpliceMediaSpec * network, gdouble share)
{
  gdouble shape = g_rand_double (r), most = share * video_packets_per_s (network);

  spec->frame_90k = network->frame_90k;
  spec->bframes = network->bframes;
  spec->gop = ONE_OF (r, 13, 25, 40);
  spec->frames = spec->gop * (260 / spec->gop);
  spec->video_bytes = network->video_bytes * 2;
  spec->b_bytes = network->b_bytes * 2;
  /* with @shape 1 its IDR are as large as the network's, with 0 as its other pictures */
  do {
    spec->video_bytes = MAX (spec->video_bytes * 19 / 20, 20);
    spec->b_bytes = MAX (spec->b_bytes * 19 / 20, 20);
    spec->idr_bytes = (guint) (shape * network->idr_bytes + (1 - shape) * spec->video_bytes);
    shape *= 0.98;
  } while (video_packets_per_s (spec) > most && spec->video_bytes > 20);
  spec->audio_tracks = network->audio_tracks;
  spec->audio_bytes = network->audio_bytes;
  spec->audio_group = ONE_OF (r, 1, 3, 6);
  spec->audio_lead_90k = ONE_OF (r, 0, 900, 1920);
  spec->lead_90k = ONE_OF (r, 9000, 45000, 63000);
  spec->packets_per_s = 4 * network->packets_per_s;
}

static void
make_case (SpliceFixture * f, Case * c, guint number, gdouble ad_share)
{
  g_autoptr (GRand) r = g_rand_new_with_seed (number);

  c->null_share = g_rand_double_range (r, 0.04, 0.1);
  c->ad_share = ad_share > 0 ? ad_share : g_rand_double_range (r, 0.6, 0.8);
  c->start_s = g_rand_double_range (r, 2, 4);
  c->duration_s = g_rand_double_range (r, 1, 4);
  c->end_early = g_rand_int_range (r, 0, 4) == 0;
  fixture_setup (f, 0);
  f->run->config.return_policy = g_rand_boolean (r) ? ASP_RETURN_NEAREST : (AspReturnPolicy) g_rand_int_range (r, 0, 3);
  random_network (r, &f->network, c->null_share);
  f->n_ads = 2;
  for (guint i = 0; i < f->n_ads; i++)
    random_creative (r, &f->ad[i], &f->network, c->ad_share);
}

static void
run_case (SpliceFixture * f, const Case * c, guint number)
{
  const SpliceRunMark *start;
  gsize half = 0;

  fixture_start (f);
  g_test_message ("case %u (SPLICE_FIRST=%u SPLICE_CASES=1): nulls %.1f %%, creative %.0f %%, %u packets/s, gop %u b %u "
      "sets once %d, bytes %u/%u/%u, creative gop %u bytes %u/%u/%u, lead %" G_GINT64_FORMAT ", pcr %x, policy %u, break %.2f+%.2f%s", number,
      number, 100 * c->null_share, 100 * c->ad_share, f->network.packets_per_s, f->network.gop, f->network.bframes,
      f->network.sets_once, f->network.idr_bytes, f->network.video_bytes, f->network.b_bytes, f->ad[0].gop, f->ad[0].idr_bytes,
      f->ad[0].video_bytes, f->ad[0].b_bytes, f->network.lead_90k, f->network.pcr_pid, f->run->config.return_policy, c->start_s, c->duration_s,
      c->end_early ? ", ended early" : "");
  asp_splicer_schedule (f->run->s, (gint64) (c->start_s * 90000), (gint64) (c->duration_s * 90000));
  if (c->end_early) {
    half = (gsize) ((c->start_s + c->duration_s / 2) * f->network.packets_per_s) * ASP_TS_SIZE;
    splice_run_feed_chunks (f->run, f->in->data, half, 0, FALSE);
    start = splice_run_mark (f->run->marks, ASP_MARK_BREAK_START, 0);
    if (start)
      asp_splicer_end_break (f->run->s, start->mark->break_id);
  }
  splice_run_feed_chunks (f->run, f->in->data + half, f->in->len - half, 0, FALSE);
  fixture_finish (f);
}

static void
check_lead (const gchar * what, gint64 least, gint64 wanted, const SpliceUnit * worst)
{
  if (least < wanted)
    g_error ("%s %u:%u has come %.1f ms before its DTS, %.1f ms are wanted", what, worst->source, worst->index,
        least / 90.0, wanted / 90.0);
}

/* @share of the input's least lead must be left. */
static void
check_leads (const SpliceFixture * f, const SpliceContent * in, const Slots * slots, gdouble share)
{
  Leads before, after;

  find_leads (in, slots, f->network.audio_tracks, &before);
  find_leads (f->got, slots, f->network.audio_tracks, &after);
  g_test_message ("least lead: pictures %.1f ms, of the input %.1f; sound %.1f, of the input %.1f",
      after.video_90k / 90.0, before.video_90k / 90.0, after.audio_90k / 90.0, before.audio_90k / 90.0);
  check_lead ("picture", after.video_90k, (gint64) (share * before.video_90k), &after.worst_video);
  if (f->network.audio_tracks > 0)
    check_lead ("sound", after.audio_90k, (gint64) (share * before.audio_90k), &after.worst_audio);
}

static void
check_case (const SpliceFixture * f, gdouble lead_share)
{
  g_autoptr (SpliceContent) in = splice_content_read (f->in->data, f->in->len, f->network.video_pid,
      f->network.audio_pid);
  const GArray *v = f->got->video;
  Slots slots;

  g_assert_cmpuint (f->got->broken, ==, 0);
  g_assert_cmpuint (f->got->cc_errors, ==, 0);
  g_assert_cmpuint (f->got->pcr_backwards, ==, 0);
  find_slots (f, &slots);
  check_leads (f, in, &slots, lead_share);
  check_clock (f, &slots);
  /* 40 ms, or what the input has, and three slots into which a reading may slip */
  g_assert_cmpint (f->got->pcr_gap_max_27m, <=,
      MAX (in->pcr_gap_max_27m, ASP_SECOND_27M / 25) + (gint64) (3 * slots.packet_27m));
  g_assert_cmpuint (f->got->n_packets, ==, in->n_packets);
  /* nothing is held for ever: seconds behind the break a picture is where it was */
  g_assert_cmpuint (g_array_index (v, SpliceUnit, v->len - 1).last_packet, ==,
      g_array_index (in->video, SpliceUnit, in->video->len - 1).last_packet);
}

static gint
by_pts (gconstpointer a, gconstpointer b)
{
  const SpliceUnit *x = a, *y = b;

  return x->pts90k < y->pts90k ? -1 : x->pts90k > y->pts90k;
}

/* No picture is missing but B pictures whose reference does not come any more. */
static void
check_whole (const SpliceFixture * f)
{
  g_autofree SpliceUnit *u = g_memdup2 (f->got->video->data, f->got->video->len * sizeof *u);
  gdouble frame = f->network.frame_90k;
  guint gaps = 0;

  qsort (u, f->got->video->len, sizeof *u, by_pts);
  for (guint i = 1; i < f->got->video->len; i++) {
    gint64 step = u[i].pts90k - u[i - 1].pts90k;

    g_assert_cmpint (step, >=, (gint64) frame - 1);
    g_assert_cmpint (step, <=, (gint64) (frame * (1 + f->network.bframes)) + 2);
    gaps += step > (gint64) frame + 2;
  }
  g_assert_cmpuint (gaps, <=, 1);
}

static guint
number_from_environment (const gchar * name, guint otherwise)
{
  const gchar *value = g_getenv (name);

  return value ? (guint) g_ascii_strtoull (value, NULL, 10) : otherwise;
}

/* Creatives of at most 80 % of the video rate: all of them is played, and half of the lead is left. */
static void
test_cases (void)
{
  guint first = number_from_environment ("SPLICE_FIRST", 0), n = number_from_environment ("SPLICE_CASES", CASES);

  for (guint i = first; i < first + n; i++) {
    SpliceFixture f;
    Case c;

    make_case (&f, &c, i, 0);
    run_case (&f, &c, i);
    check_case (&f, 0.5);
    if (!c.end_early && f.run->config.return_policy == ASP_RETURN_NEAREST)
      check_whole (&f);
    g_assert_false (fixture_said (&f, "capacity"));
    fixture_teardown (&f);
  }
}

/* Creatives that hardly fit, or do not: still nobody is late. */
static void
test_large_creatives (void)
{
  guint first = number_from_environment ("SPLICE_FIRST", 0), n = number_from_environment ("SPLICE_CASES", LARGE_CASES);

  for (guint i = first; i < first + n; i++) {
    SpliceFixture f;
    Case c;

    make_case (&f, &c, i, 0.9 + 0.05 * (i % 5));
    run_case (&f, &c, i);
    check_case (&f, 0);
    fixture_teardown (&f);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/rate/fits", test_cases);
  g_test_add_func ("/splice/rate/large", test_large_creatives);
  return g_test_run ();
}
