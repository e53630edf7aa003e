/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice, output and tracks: packets out of PES, continuity counters, clock readings, marks. */
#include <asp-output.h>

#include <string.h>

#define PID 0x123

typedef struct
{
  AspTrack t;
  AspOutput o;
} Fixture;

static void
setup (Fixture * f)
{
  asp_output_init (&f->o);
  asp_track_init (&f->t, PID);
}

static void
teardown (Fixture * f)
{
  asp_track_clear (&f->t);
  asp_output_clear (&f->o);
  asp_output_clear (&f->o);
}

static const guint8 *
packet_at (const Fixture * f, guint n)
{
  g_assert_cmpuint ((n + 1) * ASP_TS_SIZE, <=, f->o.bytes->len);
  return f->o.bytes->data + n * ASP_TS_SIZE;
}

static guint
n_packets (const Fixture * f)
{
  g_assert_cmpuint (f->o.bytes->len % ASP_TS_SIZE, ==, 0);
  return f->o.bytes->len / ASP_TS_SIZE;
}

static void
drain (Fixture * f)
{
  gint64 none = ASP_NO_TIME;

  while (asp_track_pop (&f->t, &f->o, &none))
    g_assert_cmpint (none, ==, ASP_NO_TIME);
}

static void
push_pes (Fixture * f, guint size, gboolean random_access, gint64 dts90k)
{
  guint8 header[9] = { 0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0 };
  g_autofree guint8 *data = g_malloc (MAX (size, 1));

  for (guint i = 0; i < size; i++)
    data[i] = (guint8) (i * 7 + size);
  asp_track_push_pes (&f->t, header, sizeof header, data, size, random_access, dts90k);
}

/* A packet as the network would send it: @payload bytes that count up from @cc. */
static void
network_packet (guint8 * p, guint cc, gboolean pusi, guint payload)
{
  guint8 data[ASP_TS_PAYLOAD_MAX];

  for (guint i = 0; i < sizeof data; i++)
    data[i] = (guint8) (cc * 16 + i);
  if (payload == 0)
    asp_ts_packet_write_pcr (p, PID, cc, 12345);
  else
    asp_ts_packet_write_payload (p, PID, cc, pusi, FALSE, ASP_NO_TIME, data, payload, payload);
}

static void
check_cc (const Fixture * f, guint from, guint first_cc)
{
  guint cc = first_cc;

  for (guint i = from; i < n_packets (f); i++) {
    const guint8 *p = packet_at (f, i);

    g_assert_cmpuint (asp_ts_pid (p), ==, PID);
    if (i > from && asp_ts_has_payload (p))
      cc = (cc + 1) & 0x0f;
    g_assert_cmpuint (asp_ts_cc (p), ==, cc);
  }
}

static GByteArray *
payloads (const Fixture * f, guint from)
{
  GByteArray *all = g_byte_array_new ();

  for (guint i = from; i < n_packets (f); i++) {
    AspTsPacket view;

    g_assert_true (asp_ts_packet_parse (packet_at (f, i), &view));
    g_byte_array_append (all, packet_at (f, i) + view.payload_offset, ASP_TS_SIZE - view.payload_offset);
  }
  return all;
}

static void
test_pes_of_every_size (void)
{
  for (guint size = 0; size < 800; size++) {
    for (guint variant = 0; variant < 4; variant++) {
      Fixture f;
      gboolean random_access = variant & 1;
      gint64 pcr = variant & 2 ? ASP_SECOND_27M * 3 + 17 : ASP_NO_TIME;
      g_autoptr (GByteArray) got = NULL;

      setup (&f);
      f.t.cc = 14;
      f.t.cc_valid = TRUE;
      push_pes (&f, size, random_access, 42);
      g_assert_cmpint (asp_track_head_dts90k (&f.t), ==, 42);
      g_assert_true (asp_track_head_is_pes (&f.t));
      g_assert_true (asp_track_pop (&f.t, &f.o, &pcr));
      g_assert_cmpint (pcr, ==, ASP_NO_TIME);
      drain (&f);
      g_assert_true (asp_track_is_empty (&f.t));
      g_assert_cmpint (asp_track_head_dts90k (&f.t), ==, ASP_NO_TIME);
      g_assert_cmpuint (f.t.bytes, ==, 0);
      check_cc (&f, 0, 15);
      for (guint i = 0; i < n_packets (&f); i++) {
        AspTsPacket view;

        g_assert_true (asp_ts_packet_parse (packet_at (&f, i), &view));
        g_assert_cmpuint (view.pusi, ==, i == 0);
        g_assert_cmpuint (view.random_access, ==, i == 0 && random_access);
        g_assert_cmpuint (view.has_pcr, ==, i == 0 && (variant & 2));
        g_assert_false (view.discontinuity);
        g_assert_cmpuint (view.payload_offset, <, ASP_TS_SIZE);
      }
      got = payloads (&f, 0);
      g_assert_cmpuint (got->len, ==, size + 9);
      for (guint i = 0; i < size; i++)
        g_assert_cmpuint (got->data[9 + i], ==, (guint8) (i * 7 + size));
      teardown (&f);
    }
  }
}

/* A PES that comes in pieces: full packets of it leave before it is whole, and no bytes are
 * stuffed or lost between them. */
static void
test_growing_pes (void)
{
  static const guint8 header[9] = { 0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0 };

  for (guint size = 0; size < 700; size += 23) {
    for (guint piece = 1; piece < 400; piece += 41) {
      Fixture f;
      guint8 data[700];
      gint64 none = ASP_NO_TIME;
      g_autoptr (GByteArray) got = NULL;

      setup (&f);
      for (guint i = 0; i < size; i++)
        data[i] = (guint8) (i * 5 + piece);
      asp_track_append (&f.t, data, size);      /* none is open */
      asp_track_close_pes (&f.t);
      g_assert_true (asp_track_is_empty (&f.t));
      asp_track_open_pes (&f.t, header, sizeof header, TRUE, 42);
      for (guint at = 0; at < size; at += piece) {
        guint n = MIN (piece, size - at), ready = (2 + 9 + at + n) / ASP_TS_PAYLOAD_MAX;

        asp_track_append (&f.t, data + at, n);
        while (!asp_track_is_empty (&f.t)) {
          g_assert_true (asp_track_head_is_pes (&f.t));
          g_assert_true (asp_track_pop (&f.t, &f.o, &none));
        }
        g_assert_false (asp_track_pop_whole (&f.t, &f.o));
        g_assert_cmpint (asp_track_head_dts90k (&f.t), ==, ASP_NO_TIME);
        /* the first packet has two bytes for random_access_indicator */
        g_assert_cmpuint (n_packets (&f), <=, ready);
        g_assert_cmpuint (n_packets (&f) + 1, >=, ready);
      }
      asp_track_close_pes (&f.t);
      drain (&f);
      g_assert_cmpuint (f.t.bytes, ==, 0);
      g_assert_cmpuint (f.t.chunks.length, ==, 0);
      check_cc (&f, 0, 0);
      for (guint i = 0; i < n_packets (&f); i++)
        g_assert_cmpuint (asp_ts_pusi (packet_at (&f, i)), ==, i == 0);
      got = payloads (&f, 0);
      g_assert_cmpmem (got->data, MIN (got->len, 9), header, 9);
      g_assert_cmpmem (got->data + 9, got->len - 9, data, size);
      teardown (&f);
    }
  }
}

/* A packet that waits takes its clock reading along, set on by the slots that it waited. */
static void
test_clock_waits (void)
{
  const gint64 pcr = 1000 * ASP_SECOND_27M + 5;
  guint8 p[ASP_TS_SIZE], data[ASP_TS_PAYLOAD_MAX] = { 0 };
  Fixture f;

  setup (&f);
  asp_ts_packet_write_payload (p, PID, 3, FALSE, FALSE, pcr, data, 150, 150);
  for (guint i = 0; i < 3; i++)
    asp_track_push_packet (&f.t, p, 42, 100, 1000.5);
  g_assert_true (asp_track_head_has_pcr (&f.t));
  f.t.slot = 100;
  g_assert_true (asp_track_pop_whole (&f.t, &f.o));
  f.t.slot = 108;
  g_assert_true (asp_track_pop_whole (&f.t, &f.o));
  asp_track_strip_clock (&f.t);
  g_assert_false (asp_track_head_has_pcr (&f.t));
  g_assert_true (asp_track_pop_whole (&f.t, &f.o));
  g_assert_cmpint (asp_ts_packet_pcr (packet_at (&f, 0)), ==, pcr);
  g_assert_cmpint (asp_ts_packet_pcr (packet_at (&f, 1)), ==, pcr + 8004);
  g_assert_cmpint (asp_ts_packet_pcr (packet_at (&f, 2)), ==, ASP_NO_TIME);
  teardown (&f);
}

/* A clock reading can go along in any packet of a PES. */
static void
test_pcr_in_the_middle (void)
{
  for (guint at = 0; at < 6; at++) {
    Fixture f;
    g_autoptr (GByteArray) got = NULL;

    setup (&f);
    push_pes (&f, 1000, FALSE, 0);
    for (guint i = 0; !asp_track_is_empty (&f.t); i++) {
      gint64 pcr = i == at ? 99 * 300 : ASP_NO_TIME;

      g_assert_true (asp_track_pop (&f.t, &f.o, &pcr));
      g_assert_cmpint (pcr, ==, ASP_NO_TIME);
    }
    for (guint i = 0; i < n_packets (&f); i++)
      g_assert_cmpint (asp_ts_packet_pcr (packet_at (&f, i)), ==, i == at ? 99 * 300 : ASP_NO_TIME);
    got = payloads (&f, 0);
    g_assert_cmpuint (got->len, ==, 1009);
    check_cc (&f, 0, 0);
    teardown (&f);
  }
}

/* A queued packet of the network cannot take a clock reading: it stays with the caller. */
static void
test_packet_takes_no_pcr (void)
{
  Fixture f;
  guint8 p[ASP_TS_SIZE];
  gint64 pcr = 77;

  setup (&f);
  network_packet (p, 3, TRUE, 184);
  asp_track_push_packet (&f.t, p, 5, 0, 0);
  g_assert_false (asp_track_head_is_pes (&f.t));
  g_assert_true (asp_track_pop (&f.t, &f.o, &pcr));
  g_assert_cmpint (pcr, ==, 77);
  g_assert_false (asp_track_pop (&f.t, &f.o, &pcr));
  g_assert_cmpmem (packet_at (&f, 0), ASP_TS_SIZE, p, ASP_TS_SIZE);
  teardown (&f);
}

/* Behind ours the network's counter is shifted so that it goes on, and from then on its own
 * losses and repetitions show as what they are. */
static void
test_shift_keeps_losses (void)
{
  static const guint cc_in[] = { 7, 8, 8, 9, 12, 13 };
  static const guint expected_step[] = { 1, 1, 0, 1, 3, 1 };

  for (guint ours = 0; ours < 20; ours++) {
    Fixture f;
    guint cc;

    setup (&f);
    for (guint i = 0; i < ours; i++)
      push_pes (&f, 10, FALSE, 0);
    drain (&f);
    for (guint i = 0; i < G_N_ELEMENTS (cc_in); i++) {
      guint8 p[ASP_TS_SIZE];

      network_packet (p, cc_in[i], FALSE, 184);
      asp_track_pass (&f.t, p, &f.o);
    }
    cc = ours > 0 ? ours - 1 : cc_in[0] - 1;
    for (guint i = 0; i < G_N_ELEMENTS (cc_in); i++) {
      cc = (cc + expected_step[i]) & 0x0f;
      g_assert_cmpuint (asp_ts_cc (packet_at (&f, ours + i)), ==, cc);
    }
    teardown (&f);
  }
}

/* Packets without payload carry the counter of the last one with payload (2.4.3.3). */
static void
test_cc_without_payload (void)
{
  Fixture f;
  guint8 p[ASP_TS_SIZE];

  setup (&f);
  push_pes (&f, 400, FALSE, 0);
  drain (&f);
  network_packet (p, 9, FALSE, 0);
  asp_track_pass (&f.t, p, &f.o);
  network_packet (p, 10, TRUE, 184);
  asp_track_pass (&f.t, p, &f.o);
  network_packet (p, 10, FALSE, 0);
  asp_track_pass (&f.t, p, &f.o);
  network_packet (p, 11, FALSE, 184);
  asp_track_pass (&f.t, p, &f.o);
  check_cc (&f, 0, 0);
  teardown (&f);
}

/* The first packet of the network behind ours is cut into more: then the counter of the input
 * holds again, and not a byte is lost. */
static void
test_realign (void)
{
  for (guint cc_in = 0; cc_in < 16; cc_in++) {
    for (guint payload = 1; payload <= ASP_TS_PAYLOAD_MAX; payload++) {
      Fixture f;
      guint8 p[ASP_TS_SIZE];
      g_autoptr (GByteArray) got = NULL;
      guint n;

      setup (&f);
      push_pes (&f, 10, FALSE, 0);
      drain (&f);
      f.t.realign = TRUE;
      network_packet (p, cc_in, TRUE, payload);
      asp_track_push_packet (&f.t, p, 0, 0, 0);
      drain (&f);
      n = n_packets (&f) - 1;
      check_cc (&f, 0, 0);
      got = payloads (&f, 1);
      g_assert_cmpuint (got->len, ==, payload);
      for (guint i = 0; i < payload; i++)
        g_assert_cmpuint (got->data[i], ==, (guint8) (cc_in * 16 + i));
      for (guint i = 1; i <= n; i++)
        g_assert_cmpuint (asp_ts_pusi (packet_at (&f, i)), ==, i == 1);
      if (n > 1 || cc_in == 1) {
        g_assert_cmpuint (f.t.shift, ==, 0);
        g_assert_cmpuint (n, ==, 1 + ((cc_in - 1) & 0x0f));
      } else {
        g_assert_cmpuint (f.t.shift, !=, 0);
      }
      g_assert_cmpuint (f.t.bytes, ==, 0);
      /* a full packet can always be cut */
      g_assert_true (payload < 100 || f.t.shift == 0);
      teardown (&f);
    }
  }
}

/* Two tracks on one output, marks between: each mark stands before what was pushed behind it. */
static void
test_marks (void)
{
  Fixture f;
  AspMark *first = asp_mark_new (ASP_MARK_BREAK_START), *second = asp_mark_new (ASP_MARK_CREATIVE_START);
  AspMark *last = asp_mark_new (ASP_MARK_BREAK_END);
  gint64 none = ASP_NO_TIME;

  setup (&f);
  push_pes (&f, 300, FALSE, 1);
  asp_track_push_mark (&f.t, first);
  asp_track_push_mark (&f.t, second);
  push_pes (&f, 10, FALSE, 2);
  asp_track_push_mark (&f.t, last);
  asp_output_bytes (&f.o, (const guint8 *) "xyz", 3);
  asp_track_pop (&f.t, &f.o, &none);
  asp_track_pop (&f.t, &f.o, &none);
  g_assert_cmpuint (f.o.marks->len, ==, 0);
  asp_track_pop (&f.t, &f.o, &none);
  g_assert_cmpuint (f.o.marks->len, ==, 2);
  g_assert_cmpuint (g_array_index (f.o.marks, AspOutputMark, 0).offset, ==, 3 + 2 * ASP_TS_SIZE);
  g_assert_true (g_array_index (f.o.marks, AspOutputMark, 0).mark == first);
  g_assert_cmpuint (g_array_index (f.o.marks, AspOutputMark, 1).offset, ==, 3 + 2 * ASP_TS_SIZE);
  g_assert_true (g_array_index (f.o.marks, AspOutputMark, 1).mark == second);
  /* the last has nothing behind it: the track is empty all the same, and it waits */
  g_assert_true (asp_track_is_empty (&f.t));
  g_assert_false (asp_track_pop (&f.t, &f.o, &none));
  g_assert_cmpuint (f.o.marks->len, ==, 2);
  asp_track_flush_marks (&f.t, &f.o);
  g_assert_cmpuint (f.o.marks->len, ==, 3);
  g_assert_cmpuint (g_array_index (f.o.marks, AspOutputMark, 2).offset, ==, f.o.bytes->len);
  asp_output_reset (&f.o);
  g_assert_cmpuint (f.o.marks->len + f.o.bytes->len, ==, 0);
  /* a mark that never leaves is freed with its track */
  asp_track_push_mark (&f.t, asp_mark_new (ASP_MARK_BREAK_END));
  teardown (&f);
}

static void
test_mark_copy (void)
{
  AspMark *mark = asp_mark_new (ASP_MARK_BREAK_START), *copy;

  mark->scte35_hex = g_strdup ("fc");
  mark->asset_id = g_strdup ("ad");
  copy = asp_mark_copy (mark);
  asp_mark_free (mark);
  g_assert_cmpstr (copy->scte35_hex, ==, "fc");
  g_assert_cmpstr (copy->asset_id, ==, "ad");
  asp_mark_free (copy);
  asp_mark_free (NULL);
  g_assert_cmpstr (asp_break_state_name (ASP_STATE_SKIPPED), ==, "skipped");
  g_assert_cmpstr (asp_break_state_name ((AspBreakState) 77), ==, "unknown");
}

/* The count in the adaptation field of @p; G_MAXINT: none. */
static gint
countdown_of (const guint8 * p)
{
  if (!asp_ts_has_adaptation (p) || p[4] < 2 || !(p[5] & 0x04))
    return G_MAXINT;
  return (gint8) p[6 + (p[5] & 0x10 ? 6 : 0)];
}

/* Of every size, with a clock reading that has to leave with each packet, or with none: the
 * last packets count down to 0, the first ones of what follows from -1 on, and a packet that was
 * said to take a reading takes it. */
static void
check_countdown (guint size, gboolean with_pcr)
{
  Fixture f;
  guint n, last;
  g_autoptr (GByteArray) es = NULL;

  setup (&f);
  f.t.countdown = TRUE;
  push_pes (&f, size, TRUE, 1000);
  asp_track_splice (&f.t);
  asp_track_splice (&f.t);
  push_pes (&f, 2000, TRUE, 2000);
  while (asp_track_head_dts90k (&f.t) == 1000) {
    gint64 pcr = with_pcr && asp_track_head_takes_pcr (&f.t) ? 777 : ASP_NO_TIME;

    g_assert_true (asp_track_pop (&f.t, &f.o, &pcr));
    g_assert_cmpint (pcr, ==, ASP_NO_TIME);
  }
  last = n_packets (&f);
  drain (&f);
  n = n_packets (&f);
  g_assert_cmpuint (n, >=, last + 8);
  for (guint i = 0; i < n; i++) {
    gint count = countdown_of (packet_at (&f, i));

    if (i < last && last - i <= 7)
      g_assert_cmpint (count, ==, (gint) (last - i) - 1);
    else if (i < last)
      /* the eighth before it is one that counts, or a full one */
      g_assert_true (count == G_MAXINT || (count == 7 && last - i == 8));
    else
      g_assert_cmpint (count, ==, i - last < 8 ? -(gint) (i - last) - 1 : G_MAXINT);
  }
  check_cc (&f, 0, 0);
  es = payloads (&f, 0);
  g_assert_cmpuint (es->len, ==, size + 2000 + 2 * 9);
  teardown (&f);
}

static void
test_countdown (void)
{
  for (guint size = 0; size < 3500; size += 1 + size / 500) {
    check_countdown (size, FALSE);
    check_countdown (size, TRUE);
  }
}

/* A reading that would change the count waits; when it must leave all the same it is not lost. */
static void
test_countdown_clock (void)
{
  Fixture f;
  gint64 pcr = 777;

  setup (&f);
  f.t.countdown = TRUE;
  push_pes (&f, 300 - 9, FALSE, 1000);
  asp_track_splice (&f.t);
  g_assert_true (asp_track_head_is_pes (&f.t));
  g_assert_false (asp_track_head_takes_pcr (&f.t));
  g_assert_true (asp_track_pop (&f.t, &f.o, &pcr));
  g_assert_cmpint (pcr, ==, 777);
  g_assert_cmpint (asp_ts_packet_pcr (packet_at (&f, 0)), ==, ASP_NO_TIME);
  /* the last one has room for both */
  g_assert_true (asp_track_head_takes_pcr (&f.t));
  g_assert_true (asp_track_pop (&f.t, &f.o, &pcr));
  g_assert_cmpint (pcr, ==, ASP_NO_TIME);
  g_assert_cmpint (asp_ts_packet_pcr (packet_at (&f, 1)), ==, 777);
  g_assert_cmpint (countdown_of (packet_at (&f, 1)), ==, 0);
  teardown (&f);
}

/* Packets that pass say what they have room for, and count whether they have it or not. */
static void
test_countdown_passed (void)
{
  static const struct
  {
    guint payload;
    gint countdown;
  } packets[] = { {100, -1}, {184, G_MAXINT}, {0, G_MAXINT}, {182, G_MAXINT}, {181, -4} };
  guint8 p[ASP_TS_SIZE];
  Fixture f;

  setup (&f);
  f.t.countdown = TRUE;
  asp_track_splice (&f.t);
  for (guint i = 0; i < G_N_ELEMENTS (packets); i++) {
    network_packet (p, i, i == 0, packets[i].payload);
    asp_track_pass (&f.t, p, &f.o);
    g_assert_cmpint (countdown_of (packet_at (&f, i)), ==, packets[i].countdown);
  }
  /* between two breaks nobody counts on */
  asp_track_forget_splice (&f.t);
  network_packet (p, 6, FALSE, 100);
  asp_track_pass (&f.t, p, &f.o);
  g_assert_cmpint (countdown_of (packet_at (&f, 5)), ==, G_MAXINT);
  teardown (&f);
}

/* All packets of a picture at once: the same bytes as one by one. */
static void
test_countdown_whole (void)
{
  for (guint size = 100; size < 4000; size += 37) {
    g_autoptr (GByteArray) one = NULL;

    for (guint whole = 0; whole < 2; whole++) {
      Fixture f;
      AspAu *au = asp_au_new (NULL, size);
      guint8 header[9] = { 0, 0, 1, 0xe0, 0, 0, 0x80, 0, 0 };

      memset (au->data, 0x5a, size);
      setup (&f);
      f.t.countdown = TRUE;
      asp_track_splice (&f.t);
      asp_track_push_unit (&f.t, header, sizeof header, au, 1000);
      asp_track_splice (&f.t);
      asp_au_unref (au);
      if (whole)
        while (asp_track_pop_whole (&f.t, &f.o));
      else
        drain (&f);
      if (!one) {
        one = g_byte_array_new ();
        g_byte_array_append (one, f.o.bytes->data, f.o.bytes->len);
      } else {
        g_assert_cmpmem (f.o.bytes->data, f.o.bytes->len, one->data, one->len);
      }
      teardown (&f);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/splice/output/pes-of-every-size", test_pes_of_every_size);
  g_test_add_func ("/splice/output/growing-pes", test_growing_pes);
  g_test_add_func ("/splice/output/clock-waits", test_clock_waits);
  g_test_add_func ("/splice/output/pcr-in-the-middle", test_pcr_in_the_middle);
  g_test_add_func ("/splice/output/packet-takes-no-pcr", test_packet_takes_no_pcr);
  g_test_add_func ("/splice/output/shift-keeps-losses", test_shift_keeps_losses);
  g_test_add_func ("/splice/output/cc-without-payload", test_cc_without_payload);
  g_test_add_func ("/splice/output/realign", test_realign);
  g_test_add_func ("/splice/output/countdown", test_countdown);
  g_test_add_func ("/splice/output/countdown-clock", test_countdown_clock);
  g_test_add_func ("/splice/output/countdown-passed", test_countdown_passed);
  g_test_add_func ("/splice/output/countdown-whole", test_countdown_whole);
  g_test_add_func ("/splice/output/marks", test_marks);
  g_test_add_func ("/splice/output/mark-copy", test_mark_copy);
  return g_test_run ();
}
