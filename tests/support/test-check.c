/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The judge judged: a splice made by ts-golden is clean, and each defect that is sown into it
 * is found and named, by ts-check, pattern-read or tick-read. Without ffmpeg only what needs
 * no coded stream is run.
 */
#include "scratch.h"

#include <glib/gstdio.h>
#include <string.h>

/* Network of 12 s with an IDR each second, two creatives of 2 s in place of 4..8 s. */
#define MAKE_STREAMS \
  ". \"$SUPPORT_SOURCE/media.sh\"; set -e; " \
  "net=$(make_stream runs=1:0-299 gop=25); ad1=$(make_stream runs=2:0-49 gop=25); " \
  "ad2=$(make_stream runs=3:0-49 gop=25 muxer=mpegtsmux); "
#define MAKE_GOLDEN \
  MAKE_STREAMS "\"$SUPPORT/ts-golden\" --out-frame 100 --in-frame 200 $net $ad1 $ad2 $D/golden.ts; "
#define CHECK_SOURCES \
  "\"$SUPPORT/ts-check\" --reference $net --source ad1=$ad1 --source ad2=$ad2 " \
  "--frame-rate 25/1 --whole-creatives "

static gchar *folder;
static gboolean have_media;

/* Runs a script; @text: what it printed. Returns its exit code. */
static gint
run (const gchar * script, gchar ** text)
{
  const gchar *argv[] = { "bash", "-c", script, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree gchar *errors = NULL;
  gint status = 0;

  if (!g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, text, &errors,
          &status, &error))
    g_error ("bash cannot be run: %s", error->message);
  if (errors != NULL && *errors != '\0')
    g_test_message ("%s", errors);
  return g_spawn_check_wait_status (status, NULL) ? 0 : status >> 8;
}

static gboolean
skip_without_media (void)
{
  if (have_media)
    return FALSE;
  g_test_skip ("ffmpeg with libx264 and gst-launch-1.0 are needed for coded streams");
  return TRUE;
}

static void
assert_clean (const gchar * script)
{
  g_autofree gchar *text = NULL;
  gint rc = run (script, &text);

  if (rc != 0)
    g_test_message ("%s", text);
  g_assert_cmpint (rc, ==, 0);
  g_assert_null (strstr (text, "VIOLATION"));
}

/* Exit code 1, and each of the names (separated by spaces; the beginning will do) is there. */
static void
assert_found (const gchar * script, const gchar * names)
{
  g_auto (GStrv) wanted = g_strsplit (names, " ", -1);
  g_autofree gchar *text = NULL;
  gint rc = run (script, &text);
  guint i;

  for (i = 0; wanted[i] != NULL; i++) {
    g_autofree gchar *line = g_strdup_printf ("VIOLATION %s", wanted[i]);

    if (strstr (text, line) == NULL) {
      g_test_message ("%s", text);
      g_test_fail_printf ("the judge does not say '%s'", line);
    }
  }
  g_assert_cmpint (rc, ==, 1);
}

static void
test_golden_is_clean (void)
{
  if (skip_without_media ())
    return;
  assert_clean (MAKE_GOLDEN CHECK_SOURCES "$D/golden.ts");
}

static void
test_sources_are_clean (void)
{
  if (skip_without_media ())
    return;
  assert_clean (MAKE_STREAMS "for f in $net $ad1 $ad2; do \"$SUPPORT/ts-check\" $f; done");
}

/* The network's clocks wrap before, at and behind each cut: nothing else may change. */
static void
test_golden_over_wrap (gconstpointer data)
{
  g_autofree gchar *script = NULL;

  if (skip_without_media ())
    return;
  script = g_strdup_printf (MAKE_STREAMS "\"$SUPPORT/ts-shift\" %s $net $D/wrap-net.ts; "
      "net=$D/wrap-net.ts; \"$SUPPORT/ts-golden\" --out-frame 100 --in-frame 200 $net $ad1 $ad2 "
      "$D/wrap.ts; " CHECK_SOURCES "$D/wrap.ts", (const gchar *) data);
  assert_clean (script);
}

/* ts-shift puts the wrap where it is told to: a picture missing just behind it leaves a gap that
 * ends at 3600 ticks. */
static void
test_shift_wraps (void)
{
  g_autofree gchar *text = NULL;

  if (skip_without_media ())
    return;
  g_assert_cmpint (run (MAKE_STREAMS "\"$SUPPORT/ts-shift\" --wrap-at 4 $net $D/wrap-net.ts; "
          "\"$SUPPORT/ts-mutate\" frame-lost --at 3.96 $D/wrap-net.ts $D/bad.ts; "
          "\"$SUPPORT/ts-check\" $D/bad.ts", &text), ==, 1);
  g_assert_nonnull (strstr (text, "7200 ticks (2.00 frames) before 4.040 s (3600)"));
}

typedef struct
{
  const gchar *defect;          /* of ts-mutate with its options */
  const gchar *options;         /* of ts-check */
  const gchar *found;
} Case;

static const Case cases[] = {
  {"cc --at 6", "", "cc-error"},
  {"packet-lost --at 6", "", "cc-error au-unknown"},
  {"triplicate --at 6", "", "cc-error"},
  {"pcr-step --at 4", "", "pcr-interval pcr-moved"},
  {"pcr-back --at 6", "", "pcr-backwards"},
  {"pcr-lost --at 6", "", "pcr-interval"},
  {"discontinuity --at 4", "", "discontinuity-indicator"},
  {"audio-hole --at 9", "", "audio-gap au-lost"},
  {"audio-overlap --at 8", "", "audio-overlap network-moved"},
  {"audio-offset --at 3.999 --until 5.99", "", "av-offset audio-gap audio-overlap"},
  {"audio-offset --at 4.5 --until 5.5", "", "pts-moved audio-gap audio-overlap"},
  {"audio-broken --at 9", "", "audio-sync"},
  {"pes-length --at 6", "", "pes-length"},
  {"dts-stops --at 6", "", "dts-not-rising"},
  {"dts-above --at 6", "", "dts-above-pts"},
  {"frame-lost --at 6", "", "au-lost video-gap"},
  {"frame-doubled --at 6", "", "au-doubled pts-doubled dts-not-rising"},
  {"video-gap --at 6.5", "", "video-gap pts-moved network-moved"},
  {"video-damaged --at 6", "", "au-changed"},
  {"late", "", "late-au"},
  {"margin", "", "dts-pcr"},
  {"reorder --at 4 --until 6", "", "reorder-delay"},
  {"reorder --at 4 --until 6", "--cut-frames 100,150,200", "reorder-delay"},
  {"pmt-version --at 4", "", "psi-changed"},
  {"pat-version --at 4", "", "psi-changed"},
  {"pmt-crc --at 4", "", "psi-crc"},
  {"pid-moved --at 6", "", "pid-set"},
  {"sync --at 6", "", "sync-loss"},
  {"none", "--expect-gaps 3", "video-gap"},
  {"none", "--max-audio-joins 1", "audio-joins"},
  {"none", "--max-pcr-interval 40", "pcr-interval"},
};

static void
test_defect_is_named (gconstpointer data)
{
  const Case *c = data;
  g_autofree gchar *script = NULL;

  if (skip_without_media ())
    return;
  script = g_strdup_printf (MAKE_GOLDEN "\"$SUPPORT/ts-mutate\" %s $D/golden.ts $D/bad.ts; "
      CHECK_SOURCES "%s $D/bad.ts", c->defect, c->options);
  assert_found (script, c->found);
}

/* One repetition of a packet is allowed (13818-1 2.4.3.3). */
static void
test_duplicate_is_clean (void)
{
  if (skip_without_media ())
    return;
  assert_clean (MAKE_GOLDEN "\"$SUPPORT/ts-mutate\" duplicate --at 6 $D/golden.ts $D/dup.ts; "
      CHECK_SOURCES "$D/dup.ts");
}

static void
test_creative_cut_short (void)
{
  if (skip_without_media ())
    return;
  assert_found (MAKE_GOLDEN "\"$SUPPORT/ts-golden\" --out-frame 100 --in-frame 150 $net $ad1 $D/one.ts; "
      "\"$SUPPORT/ts-mutate\" frame-lost --at 5.97 $D/one.ts $D/bad.ts; "
      CHECK_SOURCES "$D/bad.ts", "au-lost");
}

static void
test_cbr (void)
{
  if (skip_without_media ())
    return;
  assert_clean (MAKE_STREAMS "net=$(make_stream runs=1:0-99 gop=25 muxrate=900); "
      "\"$SUPPORT/ts-check\" --cbr --reference $net $net");
  assert_found (MAKE_STREAMS "net=$(make_stream runs=1:0-99 gop=25 muxrate=900); "
      "\"$SUPPORT/ts-mutate\" null-added $net $D/bad.ts; "
      "\"$SUPPORT/ts-check\" --cbr --reference $net $D/bad.ts", "packet-count");
  assert_found (MAKE_STREAMS "net=$(make_stream runs=1:0-99 gop=25 muxrate=900); "
      "\"$SUPPORT/ts-mutate\" pcr-step --at 2 $net $D/bad.ts; "
      "\"$SUPPORT/ts-check\" --cbr --max-pcr-interval 500 --reference $net $D/bad.ts",
      "pcr-accuracy");
}

static void
test_json (void)
{
  g_autofree gchar *text = NULL;

  if (skip_without_media ())
    return;
  g_assert_cmpint (run (MAKE_GOLDEN "\"$SUPPORT/ts-mutate\" cc --at 6 $D/golden.ts $D/bad.ts; "
          CHECK_SOURCES "--report json $D/bad.ts", &text), ==, 1);
  g_assert_nonnull (strstr (text, "\"clean\": false"));
  g_assert_nonnull (strstr (text, "{\"name\": \"cc-error\""));
}

static void
test_cues (void)
{
  if (skip_without_media ())
    return;
  assert_clean (MAKE_STREAMS "\"$SUPPORT/ts-cue\" --splice-insert 5+4 --time-signal 6+2 --splice-in 9 "
      "--immediate 10+1 $net $D/cue.ts; \"$SUPPORT/ts-check\" $D/cue.ts > $D/cue.txt; "
      "grep -q '0x01f0 type 0x86 packets 4 cc-errors 0' $D/cue.txt");
}

static void
test_pcr_pid (void)
{
  if (skip_without_media ())
    return;
  assert_clean (MAKE_STREAMS "\"$SUPPORT/ts-pcr-pid\" $net $D/pcr.ts; "
      "\"$SUPPORT/ts-check\" $D/pcr.ts > $D/pcr.txt; grep -q 'PCR 0x1ffe' $D/pcr.txt; "
      "net=$D/pcr.ts; \"$SUPPORT/ts-golden\" --out-frame 100 --in-frame 200 $net $ad1 $ad2 $D/g.ts; "
      CHECK_SOURCES "$D/g.ts");
}

/* Frame numbers without any codec. */
static void
test_reader_reads (void)
{
  assert_clean ("\"$SUPPORT/pattern-write\" --gray --runs 1:0-9,15:4000-4095,2:0-3 | "
      "\"$SUPPORT/pattern-read\" --expect 1:0-9,15:4000-4095,2:0-");
  assert_found ("\"$SUPPORT/pattern-write\" --gray --runs 1:0-9,1:11-20 | "
      "\"$SUPPORT/pattern-read\" --expect 1:0-20", "frame-runs");
  assert_found ("\"$SUPPORT/pattern-write\" --gray --runs 1:0-9,1:9-20 | "
      "\"$SUPPORT/pattern-read\" --expect 1:0-20", "frame-runs");
  assert_found ("\"$SUPPORT/pattern-write\" --gray --runs 1:0-9 | "
      "\"$SUPPORT/pattern-read\" --expect 1:0-10", "frame-runs");
  assert_found ("\"$SUPPORT/pattern-read\" --expect 1:0-10 < /dev/null", "frame-runs");
}

/* Gray mush instead of blocks, and a picture that is not what it was. */
static void
test_reader_sees_damage (void)
{
  assert_found ("{ \"$SUPPORT/pattern-write\" --gray --runs 1:0-9; head -c 61440 /dev/zero | "
      "tr '\\0' '\\200'; } | \"$SUPPORT/pattern-read\" --expect 1:0-9", "frame-unreadable");
  assert_found ("\"$SUPPORT/pattern-write\" --gray --runs 1:0-9 > $D/p.gray; "
      "\"$SUPPORT/pattern-read\" --digests-out $D/p.digests < $D/p.gray > /dev/null; "
      "printf x | dd of=$D/p.gray bs=1 seek=400000 conv=notrunc 2> /dev/null; "
      "\"$SUPPORT/pattern-read\" --digests $D/p.digests --expect 1:0-9 < $D/p.gray",
      "frame-damaged");
}

#define READ_GOLDEN \
  "for f in $net $ad1 $ad2; do stream_facts $f 25/1; done; "
#define READ_SPLICE(file) \
  "\"$SUPPORT/pattern-read\" --expect 1:0-99,2:0-49,3:0-49,1:200-299 --digests $net.digests " \
  "--digests $ad1.digests --digests $ad2.digests --runs-out $D/" file ".runs < $D/" file "/v.gray; "
#define READ_TICKS(file) \
  "\"$SUPPORT/tick-read\" --pcm $D/" file "/a.pcm --audio-times $D/" file "/a.crc --video-times $D/" \
  file "/v.crc --runs $D/" file ".runs --baseline $net.ticks --baseline $ad1.ticks " \
  "--baseline $ad2.ticks"

static void
test_golden_decodes (void)
{
  if (skip_without_media ())
    return;
  assert_clean (MAKE_GOLDEN READ_GOLDEN "decode_stream $D/golden.ts $D/gd; " READ_SPLICE ("gd")
      READ_TICKS ("gd"));
}

/* A decoder need not say a word about this one. What it makes of the pictures depends on its
 * threads: mush without a number, or a number on wrong pixels. */
static void
test_return_inside_gop (void)
{
  if (skip_without_media ())
    return;
  assert_found (MAKE_GOLDEN READ_GOLDEN "\"$SUPPORT/ts-golden\" --out-frame 100 --in-frame 210 $net $ad1 "
      "$ad2 $D/mid.ts; ffmpeg -nostdin -v quiet -i $D/mid.ts -map 0:v -fps_mode passthrough "
      "-pix_fmt gray -f rawvideo -y $D/mid.gray; \"$SUPPORT/pattern-read\" --digests $net.digests "
      "--digests $ad1.digests --digests $ad2.digests < $D/mid.gray", "frame-");
}

static void
test_decoder_complains (void)
{
  if (skip_without_media ())
    return;
  assert_found (MAKE_GOLDEN "\"$SUPPORT/ts-mutate\" packet-lost --at 6 $D/golden.ts $D/bad.ts; "
      "decode_stream $D/bad.ts $D/bad", "decode");
}

static void
test_frame_lost_is_seen (void)
{
  if (skip_without_media ())
    return;
  /* a picture nobody refers to: the decoder says nothing, only its number is missing */
  assert_found (MAKE_GOLDEN READ_GOLDEN "\"$SUPPORT/ts-mutate\" frame-lost --at 7.96 $D/golden.ts "
      "$D/lost.ts; ffmpeg -nostdin -v quiet -i $D/lost.ts -map 0:v -fps_mode passthrough -pix_fmt gray "
      "-f rawvideo -y $D/lost.gray; \"$SUPPORT/pattern-read\" --expect "
      "1:0-99,2:0-49,3:0-49,1:200-299 < $D/lost.gray", "frame-runs");
}

static void
test_ticks_are_off (void)
{
  if (skip_without_media ())
    return;
  assert_found (MAKE_GOLDEN READ_GOLDEN "\"$SUPPORT/ts-mutate\" audio-offset --at 3.999 --until 5.99 "
      "$D/golden.ts $D/off.ts; decode_stream $D/off.ts $D/off; " READ_SPLICE ("off")
      READ_TICKS ("off"), "tick-offset");
}

static void
test_ticks_are_missing (void)
{
  if (skip_without_media ())
    return;
  assert_found (MAKE_GOLDEN READ_GOLDEN "decode_stream $D/golden.ts $D/gd; " READ_SPLICE ("gd")
      "head -c 800000 $D/gd/a.pcm > $D/short.pcm; mv $D/short.pcm $D/gd/a.pcm; " READ_TICKS ("gd"),
      "tick-missing");
  /* the sound of the network under the pictures of a creative */
  assert_found (MAKE_GOLDEN READ_GOLDEN "decode_stream $D/golden.ts $D/gd; " READ_SPLICE ("gd")
      "sed -i 's/^2 /1 /' $D/gd.runs; " READ_TICKS ("gd"), "tone");
}

int
main (int argc, char **argv)
{
  static const gchar *wraps[] = { "--wrap-at 3", "--wrap-at 4", "--wrap-at 5", "--wrap-at 7",
    "--wrap-at 8", "--wrap-at 9", "--clock pcr --wrap-at 4"
  };
  gint rc;
  gsize i;

  g_test_init (&argc, &argv, NULL);
  g_test_set_nonfatal_assertions ();
  folder = scratch_folder_new ("judge");
  g_setenv ("D", folder, TRUE);
  have_media = run (". \"$SUPPORT_SOURCE/media.sh\"; ! media_missing", NULL) == 0;

  g_test_add_func ("/judge/reader/reads", test_reader_reads);
  g_test_add_func ("/judge/reader/damage", test_reader_sees_damage);
  g_test_add_func ("/judge/sources", test_sources_are_clean);
  g_test_add_func ("/judge/golden", test_golden_is_clean);
  g_test_add_func ("/judge/shift", test_shift_wraps);
  for (i = 0; i < G_N_ELEMENTS (wraps); i++) {
    g_autofree gchar *name = g_strdup_printf ("/judge/wrap/%s", wraps[i]);

    g_test_add_data_func (name, wraps[i], test_golden_over_wrap);
  }
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree gchar *name = g_strdup_printf ("/judge/defect/%02" G_GSIZE_FORMAT "/%s%s", i,
        cases[i].defect, cases[i].options);

    g_test_add_data_func (name, &cases[i], test_defect_is_named);
  }
  g_test_add_func ("/judge/duplicate", test_duplicate_is_clean);
  g_test_add_func ("/judge/cut-short", test_creative_cut_short);
  g_test_add_func ("/judge/cbr", test_cbr);
  g_test_add_func ("/judge/json", test_json);
  g_test_add_func ("/judge/cues", test_cues);
  g_test_add_func ("/judge/pcr-pid", test_pcr_pid);
  g_test_add_func ("/judge/decode/golden", test_golden_decodes);
  g_test_add_func ("/judge/decode/mid-gop", test_return_inside_gop);
  g_test_add_func ("/judge/decode/complaint", test_decoder_complains);
  g_test_add_func ("/judge/decode/frame-lost", test_frame_lost_is_seen);
  g_test_add_func ("/judge/ticks/off", test_ticks_are_off);
  g_test_add_func ("/judge/ticks/missing", test_ticks_are_missing);
  rc = g_test_run ();
  g_free (folder);
  return rc;
}
