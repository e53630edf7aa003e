/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * splice-countdown: splice_countdown in the video's packets around each splice (ISO/IEC 13818-1,
 * 2.4.3.5). Each one is held against the place where the sources really change, as the units
 * of the output tell it.
 */
#include <string.h>

#include <tsc-packet.h>

#include "ts-fixture.h"

typedef struct
{
  gsize offset;
  gboolean counted;
  gint countdown;
  gboolean starts;              /* a PES */
} VideoPacket;

/* Packets of the video with payload, in order. */
static GArray *
video_packets (const GByteArray * ts)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (VideoPacket));

  for (gsize at = 0; at < ts->len; at += MEDIA_PACKET) {
    const guint8 *p = ts->data + at;
    VideoPacket v = { at, FALSE, 0, FALSE };
    TscPacket t;

    tsc_packet_parse (p, &t);
    g_assert_false (t.malformed);
    if (t.pid != MEDIA_VIDEO_PID)
      continue;
    if (t.has_af && p[4] > 0 && (p[5] & 0x04)) {
      v.counted = TRUE;
      v.countdown = (gint8) p[6 + (p[5] & 0x10 ? 6 : 0) + (p[5] & 0x08 ? 6 : 0)];
    }
    v.starts = t.pusi;
    if (t.has_payload)
      g_array_append_val (all, v);
    else
      g_assert_false (v.counted);
  }
  return all;
}

typedef struct
{
  guint before, after;          /* packets that count down to it, and up from it */
} Splice;

/* Every count is that of the nearest change of source; how many there are of each. */
static GArray *
check_counts (const OutLog * log)
{
  g_autoptr (GArray) packets = video_packets (log->bytes);
  g_autoptr (Reading) r = fixture_read (log);
  GArray *splices = g_array_new (FALSE, TRUE, sizeof (Splice));
  g_autoptr (GArray) at = g_array_new (FALSE, FALSE, sizeof (guint));   /* first packet behind each */
  guint unit = 0, counted = 0, found = 0;

  for (guint i = 0; i < packets->len; i++) {
    const VideoPacket *v = &g_array_index (packets, VideoPacket, i);

    counted += v->counted;
    if (unit >= r->pictures->len || g_array_index (r->pictures, ReadUnit, unit).offset != v->offset)
      continue;
    g_assert_true (v->starts);
    if (unit > 0 && g_array_index (r->pictures, ReadUnit, unit).mark.source !=
        g_array_index (r->pictures, ReadUnit, unit - 1).mark.source)
      g_array_append_val (at, i);
    unit++;
  }
  g_assert_cmpuint (unit, ==, r->pictures->len);
  for (guint s = 0; s < at->len; s++) {
    guint first = g_array_index (at, guint, s);
    Splice splice = { 0, 0 };

    for (guint i = first - MIN (first, 10); i < MIN (first + 10, packets->len); i++) {
      const VideoPacket *v = &g_array_index (packets, VideoPacket, i);

      if (!v->counted)
        continue;
      g_assert_cmpint (v->countdown, ==, i < first ? (gint) (first - i) - 1 : -(gint) (i - first) - 1);
      splice.before += i < first;
      splice.after += i >= first;
      found++;
    }
    g_array_append_val (splices, splice);
  }
  /* and nowhere else */
  g_assert_cmpuint (found, ==, counted);
  return splices;
}

static const Splice *
splice (const GArray * splices, guint index)
{
  g_assert_cmpuint (index, <, splices->len);
  g_test_message ("splice %u: %u packets before, %u behind", index, g_array_index (splices, Splice, index).before,
      g_array_index (splices, Splice, index).after);
  return &g_array_index (splices, Splice, index);
}

static void
run (const Way * way, const MediaSpec * spec, const gchar * properties, guint frames, GArray ** splices)
{
  g_autoptr (GByteArray) ts = media_make (spec);
  g_autoptr (Fixture) f = fixture_new (way, properties);
  g_autoptr (Reading) r = NULL;

  fixture_add_creative (f, "ad_0", 2, frames);
  fixture_add_creative (f, "ad_1", 3, 25);
  fixture_feed (f, ts);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, frames == 50 ? "1:0-99,2:0-49,3:0-24,1:175-299" : "1:0-99,2:0-74,1:175-299");
  reading_assert_seamless (r);
  if (spec->muxrate > 0)
    g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
  *splices = check_counts (&f->out);
}

/* Out, from one creative to the next, back. */
static void
check_pod (const Way * way, const MediaSpec * spec, guint least_behind_return)
{
  g_autoptr (GArray) s = NULL;

  run (way, spec, "schedule=4+3 splice-countdown=true", 50, &s);
  g_assert_cmpuint (s->len, ==, 3);
  /* what leaves the network has left when the RAP comes */
  g_assert_cmpuint (splice (s, 0)->before, ==, 0);
  g_assert_cmpuint (splice (s, 0)->after, ==, 8);
  g_assert_cmpuint (splice (s, 1)->before, >=, 1);
  g_assert_cmpuint (splice (s, 1)->after, ==, 8);
  g_assert_cmpuint (splice (s, 2)->before, >=, 1);
  g_assert_cmpuint (splice (s, 2)->after, >=, least_behind_return);
}

static void
test_pod (const Way * way)
{
  MediaSpec spec = media_network ();

  check_pod (way, &spec, 0);
}

static void
test_pod_constant_rate (const Way * way)
{
  MediaSpec spec = media_network ();

  spec.muxrate = 400000;
  check_pod (way, &spec, 0);
}

/* Pictures of many packets: all eight before the point. */
static void
test_large_pictures (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GArray) s = NULL;

  spec.picture_bytes = 4000;
  run (way, &spec, "schedule=4+3 splice-countdown=true", 75, &s);
  g_assert_cmpuint (s->len, ==, 2);
  g_assert_cmpuint (splice (s, 0)->after, ==, 8);
  g_assert_cmpuint (splice (s, 1)->before, >=, 1);
}

static void
test_mpeg2 (const Way * way)
{
  MediaSpec spec = media_network (), ad = media_creative (2, 75);
  g_autoptr (GByteArray) ts = NULL, creative = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=4+3 splice-countdown=true");
  g_autoptr (GArray) s = NULL;

  spec.video = ad.video = MEDIA_VIDEO_MPEG2;
  ad.picture_bytes = 3000;
  spec.muxrate = 1500000;
  ts = media_make (&spec);
  creative = media_make (&ad);
  ad_play (fixture_add_ad (f, "ad_0"), "two", creative);
  fixture_feed (f, ts);
  fixture_eos (f);
  /* a clock reading that finds no room in a counted packet takes a slot, not a packet more */
  g_assert_cmpuint (f->out.bytes->len, ==, ts->len);
  s = check_counts (&f->out);
  g_assert_cmpuint (s->len, ==, 2);
  g_assert_cmpuint (splice (s, 0)->after, ==, 8);
  /* all of the last picture, a B picture */
  g_assert_cmpuint (splice (s, 1)->before, >=, 5);
  /* packets of the network are made anew at an entry in MPEG-2 */
  g_assert_cmpuint (splice (s, 1)->after, >=, 1);
}

/* Counts of one splice do not go on in what comes long behind it. */
static void
test_two_breaks (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GByteArray) ts = NULL;
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2+2,7+3 splice-countdown=true");
  g_autoptr (GArray) s = NULL;

  /* most packets of the network have stuffing, so that there would be room */
  spec.picture_bytes = 100;
  ts = media_make (&spec);
  fixture_add_creative (f, "ad_0", 2, 50);
  fixture_add_creative (f, "ad_1", 3, 75);
  fixture_feed (f, ts);
  fixture_eos (f);
  s = check_counts (&f->out);
  g_assert_cmpuint (s->len, ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpuint (splice (s, i)->before + splice (s, i)->after, >=, 1);
}

/* Off: not one. */
static void
test_off (const Way * way)
{
  MediaSpec spec = media_network ();
  g_autoptr (GArray) s = NULL;

  run (way, &spec, "schedule=4+3", 50, &s);
  for (guint i = 0; i < s->len; i++)
    g_assert_cmpuint (splice (s, i)->before + splice (s, i)->after, ==, 0);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  fixture_add_tests ("/countdown/pod", test_pod);
  fixture_add_tests ("/countdown/pod-constant-rate", test_pod_constant_rate);
  fixture_add_tests_of ("/countdown/large-pictures", test_large_pictures, FALSE);
  fixture_add_tests_of ("/countdown/mpeg2", test_mpeg2, FALSE);
  fixture_add_tests_of ("/countdown/two-breaks", test_two_breaks, FALSE);
  fixture_add_tests_of ("/countdown/off", test_off, FALSE);
  return fixture_run ();
}
