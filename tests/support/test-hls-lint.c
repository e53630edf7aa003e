/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hls-lint judged: a faultless capture has no finding, and each defect that is sown into one makes
 * its own assertion speak and no other. With CAPTURES=FOLDER the captures are left there.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "hlc-synth.h"
#include "scratch.h"
#include "tsc-edit.h"

#define PLAIN HLC_SYNTH_PLAIN
#define LL HLC_SYNTH_LOW_LATENCY
#define TWO HLC_SYNTH_RENDITIONS
#define CUES HLC_SYNTH_CUES
#define ALL 0                   /* every version */
#define LAST (-1)

static gchar *folder;

/* -- running it -- */

/* The assertions that spoke, sorted, each once: "E1 E40". */
static gchar *
lint (GPtrArray * events, const gchar * options)
{
  static guint n;
  g_autofree gchar *name = g_strdup_printf ("%u", n++);
  g_autofree gchar *capture = g_build_filename (folder, name, NULL);
  g_autofree gchar *command = g_strdup_printf ("\"$SUPPORT/hls-lint\" %s %s", options, capture);
  const gchar *argv[] = { "sh", "-c", command, NULL };
  g_autofree gchar *text = NULL, *errors = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_auto (GStrv) lines = NULL;
  g_autoptr (GList) found = NULL;
  GString *all = g_string_new (NULL);
  gboolean error = FALSE;
  gint status;

  hlc_synth_write (events, capture);
  g_assert_true (g_spawn_sync (NULL, (gchar **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &text,
          &errors, &status, NULL));
  g_test_message ("%s%s", text, errors);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    gchar *space = strchr (lines[i], ' ');

    if ((lines[i][0] != 'E' && lines[i][0] != 'W') || space == NULL)
      continue;
    *space = '\0';
    g_hash_table_add (seen, lines[i]);
    error |= lines[i][0] == 'E';
  }
  found = g_list_sort (g_hash_table_get_keys (seen), (GCompareFunc) strcmp);
  for (GList * l = found; l != NULL; l = l->next)
    g_string_append_printf (all, "%s%s", all->len > 0 ? " " : "", (gchar *) l->data);
  g_assert_cmpint (g_spawn_check_wait_status (status, NULL) ? 0 : status >> 8, ==, error ? 1 : 0);
  return g_string_free (all, FALSE);
}

static void
test_clean (gconstpointer data)
{
  g_autoptr (GPtrArray) events = hlc_synth_new (GPOINTER_TO_UINT (data));
  g_autofree gchar *found = lint (events, "--ended");

  g_assert_cmpstr (found, ==, "");
}

/* -- finding things in a capture -- */

static guint
find_event (GPtrArray * events, HlcEventKind kind, const gchar * name)
{
  for (guint i = 0; i < events->len; i++) {
    const HlcSynthEvent *event = g_ptr_array_index (events, i);

    if (event->kind == kind && strcmp (event->name, name) == 0)
      return i;
  }
  g_error ("there is no %s", name);
}

/* Version @n of it, from 1; LAST */
static HlcSynthEvent *
version (GPtrArray * events, const gchar * name, gint n)
{
  HlcSynthEvent *found = NULL;

  for (guint i = 0; i < events->len && n != 0; i++) {
    HlcSynthEvent *event = g_ptr_array_index (events, i);

    if (event->kind != HLC_EVENT_PLAYLIST || strcmp (event->name, name) != 0)
      continue;
    found = event;
    n--;
  }
  g_assert_nonnull (found);
  return found;
}

/* -- defects in text -- */

typedef struct
{
  const gchar *name;
  const gchar *assertion;
  guint flags;
  const gchar *playlist;        /* NULL: "playlist.m3u8" */
  gint from, to;                /* versions; 0, 0: all; LAST: the last one; to LAST: up to the end */
  const gchar *pattern, *by;    /* a regular expression, and what stands there instead */
} TextDefect;

#define RANGE "#EXT-X-DATERANGE:ID=\"b1\"[^\n]*"

static const TextDefect text_defects[] = {
  {"bom", "E1", PLAIN, NULL, 3, 3, "\\A", "\xef\xbb\xbf"},
  {"first-line", "E1", PLAIN, NULL, 3, 3, "\\A#EXTM3U\n", ""},
  {"last-line-cut", "E1", PLAIN, NULL, 3, 3, "\n\\z", ""},
  {"white-space", "E1", PLAIN, NULL, ALL, ALL, "(TARGETDURATION:2)\n", "\\1 \n"},
  {"list-with-space", "E1", PLAIN, NULL, ALL, ALL, "(ID=\"b1\",)", "\\1 "},
  {"tag-twice", "E2", PLAIN, NULL, ALL, ALL, "(#EXT-X-TARGETDURATION:2\n)", "\\1\\1"},
  {"attribute-twice", "E2", PLAIN, NULL, ALL, ALL, "(PLANNED-DURATION=6.000,)", "\\1\\1"},
  {"two-kinds", "E2", TWO, "master.m3u8", ALL, ALL, "(#EXT-X-IND)", "#EXT-X-TARGETDURATION:2\n\\1"},
  {"version-low", "E3", PLAIN, NULL, ALL, ALL, "VERSION:6", "VERSION:2"},
  {"version-high", "W3", PLAIN, NULL, ALL, ALL, "VERSION:6", "VERSION:12"},
  {"target-no-integer", "E4", PLAIN, NULL, ALL, ALL, "(TARGETDURATION:2)", "\\1.0"},
  {"sequence-late", "E5", PLAIN, NULL, 3, 3, "(#EXT-X-DISCONTINUITY-SEQUENCE:0\n)((?s).*)\\z",
      "\\2\\1"},
  {"sequence-no-number", "E5", PLAIN, NULL, 1, 1, "(DISCONTINUITY-SEQUENCE:)0", "\\1zero"},
  {"no-discontinuity-sequence", "E6", PLAIN, NULL, ALL, ALL,
      "#EXT-X-DISCONTINUITY-SEQUENCE[^\n]*\n", ""},
  {"date-without-zone", "E7", PLAIN, NULL, ALL, ALL, "(DATE-TIME:[^\n]*00:02.000)Z", "\\1"},
  {"discontinuity-undated", "E7", PLAIN, NULL, ALL, ALL, "#EXT-X-PROGRAM-DATE-TIME:[^\n]*00:10[^\n]*\n", ""},
  {"date-off", "E7", PLAIN, NULL, ALL, ALL, "(DATE-TIME:[^\n]*00:18).000Z", "\\1.300Z"},
  {"two-segments", "E8", PLAIN, NULL, 1, 1, "#EXT-X-PROGRAM-DATE-TIME:[^\n]*00:04[^\n]*\n.*\n.*\n", ""},
  {"window-of-three", "W8", HLC_SYNTH_NARROW, NULL, ALL, ALL, NULL, NULL},
  {"typed", "E9", PLAIN, NULL, ALL, ALL, "(#EXT-X-MEDIA-SEQ)", "#EXT-X-PLAYLIST-TYPE:EVENT\n\\1"},
  {"no-end", "E9", PLAIN, NULL, LAST, LAST, "#EXT-X-ENDLIST\n", ""},
  {"cue-not-hex", "E10", PLAIN, NULL, ALL, ALL, "SCTE35-OUT=0xFC", "SCTE35-OUT=/DAg"},
  {"cue-crc", "E10", PLAIN, NULL, ALL, ALL, "SCTE35-IN=0xFC302000", "SCTE35-IN=0xFC302001"},
  {"range-changes", "E10", PLAIN, NULL, 6, LAST, "PLANNED-DURATION=6.000", "PLANNED-DURATION=8.000"},
  {"range-loses", "E10", PLAIN, NULL, 6, LAST, "PLANNED-DURATION=6.000,", ""},
  {"range-without-id", "E10", PLAIN, NULL, ALL, ALL, "ID=\"b1\",", ""},
  {"range-ends-early", "E10", PLAIN, NULL, ALL, ALL, "(,DURATION=6.000)",
      "\\1,END-DATE=\"2026-01-01T00:00:09.000Z\""},
  {"interstitial-without-asset", "W11", PLAIN, NULL, ALL, ALL, "ID=\"b1\",",
      "ID=\"b1\",CLASS=\"com.apple.hls.interstitial\","},
  {"interstitial-two-assets", "E11", PLAIN, NULL, ALL, ALL, "ID=\"b1\",", "ID=\"b1\","
        "CLASS=\"com.apple.hls.interstitial\",X-ASSET-URI=\"http://a/ad.m3u8\",X-ASSET-LIST=\"ads\","},
  {"interstitial-relative", "E11", PLAIN, NULL, ALL, ALL, "ID=\"b1\",",
      "ID=\"b1\",CLASS=\"com.apple.hls.interstitial\",X-ASSET-URI=\"ad.m3u8\","},
  {"cue-elapsed", "E12", CUES, NULL, ALL, ALL, "ElapsedTime=4.000", "ElapsedTime=3.000"},
  {"cue-in-missing", "E12", CUES, NULL, ALL, ALL, "#EXT-X-CUE-IN\n", ""},
  {"cue-out-bare", "E12", CUES, NULL, ALL, ALL, "#EXT-X-CUE-OUT:6.000", "#EXT-X-CUE-OUT"},
  {"cue-in-twice", "E12", CUES, NULL, ALL, ALL, "(EXTINF[^\n]*\nm/s09)", "EXT-X-CUE-IN\n#\\1"},
  {"cue-in-twice-of-google", "E12", HLC_SYNTH_GOOGLE, NULL, ALL, ALL, "(EXTINF[^\n]*\nm/s09)",
      "EXT-X-CUE-IN\n#\\1"},
  {"cue-base64", "E12", CUES, NULL, ALL, ALL, "(OATCLS-SCTE35:/DAgAAAA)A", "\\1B"},
  {"part-too-long", "E13", LL, NULL, ALL, ALL, "PART-TARGET=0.520", "PART-TARGET=0.500"},
  {"part-hold-back", "E13", LL, NULL, ALL, ALL, "PART-HOLD-BACK=1.560", "PART-HOLD-BACK=1.040"},
  {"skip-until", "E13", LL, NULL, ALL, ALL, "CAN-SKIP-UNTIL=12", "CAN-SKIP-UNTIL=10"},
  {"no-hint", "E13", LL, NULL, 9, 9, "#EXT-X-PRELOAD-HINT[^\n]*\n", ""},
  {"hint-at-the-end", "E13", LL, NULL, LAST, LAST, "(#EXT-X-ENDLIST)",
      "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"m/s14.0.ts\"\n\\1"},
  {"no-report", "E14", LL | TWO, "hi/playlist.m3u8", 9, 9, "#EXT-X-RENDITION-REPORT[^\n]*\n", ""},
  {"old-report", "E14", LL | TWO, "lo/playlist.m3u8", 20, 20, "LAST-MSN=\\d+", "LAST-MSN=3"},
  {"target-changes", "E20", PLAIN, NULL, 5, LAST, "TARGETDURATION:2", "TARGETDURATION:3"},
  {"hold-back-changes", "E20", LL, NULL, 9, 12, "HOLD-BACK=6.000", "HOLD-BACK=6.500"},
  {"another-uri", "E21", PLAIN, NULL, 6, 6, "s05.ts", "s05.ts?again"},
  {"another-length", "E21", PLAIN, NULL, 6, 6, "EXTINF:2.000(,\nm/s06)", "EXTINF:2.001\\1"},
  {"another-date", "E21", PLAIN, NULL, 6, 6, "(DATE-TIME:[^\n]*00:12).000Z", "\\1.001Z"},
  {"tag-gone", "E21", PLAIN, NULL, 5, 5, "#EXT-X-DISCONTINUITY\n(#EXT-X-PROG[^\n]*00:10)", "\\1"},
  {"gap-later", "E22", PLAIN, NULL, 7, LAST, "(#EXTINF:2.000,\nm/s06)", "#EXT-X-GAP\n\\1"},
  {"on-behind-the-end", "E22", PLAIN, NULL, 11, 11, "\n\\z", "\n#EXT-X-ENDLIST\n"},
  {"counted-early", "E23", PLAIN, NULL, 9, 9, "DISCONTINUITY-SEQUENCE:0", "DISCONTINUITY-SEQUENCE:1"},
  {"range-gone", "E25", PLAIN, NULL, 8, LAST, RANGE "\n", ""},
  {"other-hint", "E26", LL, NULL, 9, 9, "(PRELOAD-HINT[^\n]*m/s..).(.)", "\\1x\\2"},
  {"bandwidth", "E30", TWO, "master.m3u8", ALL, ALL, "([:,])BANDWIDTH=\\d+", "\\1BANDWIDTH=90000"},
  {"bandwidth-high", "W30", TWO, "master.m3u8", ALL, ALL, "([:,])BANDWIDTH=\\d+",
      "\\1BANDWIDTH=900000"},
  {"codecs", "E30", TWO, "master.m3u8", ALL, ALL, ",mp4a.40.2", ""},
  {"other-ranges", "E30", TWO, "lo/playlist.m3u8", ALL, ALL, "PLANNED-DURATION=6.000",
      "PLANNED-DURATION=6.040"},
  {"other-sequence", "E30", TWO, "lo/playlist.m3u8", ALL, ALL, "DISCONTINUITY-SEQUENCE:",
      "DISCONTINUITY-SEQUENCE:1"},
  {"other-instants", "E30", TWO, "lo/playlist.m3u8", ALL, ALL, "(DATE-TIME:[^\n]*)\\.000Z",
      "\\1.500Z"},
  {"extinf", "E40", PLAIN, NULL, ALL, ALL, "EXTINF:2.000(,\nm/s09)", "EXTINF:2.020\\1"},
};

static void
replace (HlcSynthEvent * event, const TextDefect * d, guint * n)
{
  g_autoptr (GRegex) regex = g_regex_new (d->pattern, 0, 0, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text;

  g_assert_nonnull (regex);
  text = g_regex_replace (regex, event->text, -1, 0, d->by, 0, &error);
  g_assert_no_error (error);
  *n += strcmp (text, event->text) != 0 ? 1 : 0;
  g_free (event->text);
  event->text = text;
}

static void
test_text (gconstpointer data)
{
  const TextDefect *d = data;
  const gchar *name = d->playlist ? d->playlist : "playlist.m3u8";
  g_autoptr (GPtrArray) events = hlc_synth_new (d->flags);
  g_autofree gchar *found = NULL;
  guint number = 0, changed = 0;

  for (guint i = 0; i < events->len && d->pattern != NULL; i++) {
    HlcSynthEvent *event = g_ptr_array_index (events, i);

    if (strcmp (event->name, name) != 0 || (event->kind != HLC_EVENT_PLAYLIST &&
            event->kind != HLC_EVENT_DELTA))
      continue;
    number += event->kind == HLC_EVENT_PLAYLIST ? 1 : 0;
    if (d->from == LAST ? event == version (events, name, LAST) :
        d->from == ALL || ((gint) number >= d->from && (d->to == LAST || (gint) number <= d->to)))
      replace (event, d, &changed);
  }
  g_assert_true (d->pattern == NULL || changed > 0);
  found = lint (events, "--ended");
  g_assert_cmpstr (found, ==, d->assertion);
}

/* -- defects in media -- */

typedef struct
{
  const gchar *name;
  const gchar *assertion;
  guint flags;
  void (*spoil) (GPtrArray * events);
} Defect;

static guint8 *
packet_of (HlcSynthEvent * event, guint pid, guint n)
{
  for (guint at = 0; at < event->media->len; at += TSC_SIZE) {
    guint8 *p = event->media->data + at;

    if ((((p[1] & 0x1fu) << 8) | p[2]) == pid && n-- == 0)
      return p;
  }
  g_error ("no such packet of PID %u", pid);
}

static HlcSynthEvent *
segment (GPtrArray * events, const gchar * name)
{
  return g_ptr_array_index (events, find_event (events, HLC_EVENT_MEDIA, name));
}

static void
pmt_first (GPtrArray * events)
{
  guint8 *packets = segment (events, "m/s04.ts")->media->data, pat[TSC_SIZE];

  memcpy (pat, packets, TSC_SIZE);
  memcpy (packets, packets + TSC_SIZE, TSC_SIZE);
  memcpy (packets + TSC_SIZE, pat, TSC_SIZE);
}

static void
counter_jumps (GPtrArray * events)
{
  HlcSynthEvent *event = segment (events, "m/s04.ts");

  for (guint at = 0; at < event->media->len; at += TSC_SIZE)
    event->media->data[at + 3] ^= 8;
}

static void
counter_jumps_inside (GPtrArray * events)
{
  packet_of (segment (events, "m/s04.ts"), 0x101, 9)[3] ^= 8;
}

static void
no_idr (GPtrArray * events)
{
  guint8 *p = packet_of (segment (events, "m/s04.ts"), 0x100, 1);
  guint at = 0;

  while (at < TSC_SIZE - 1 && !(p[at] == 1 && p[at + 1] == 0x65))
    at++;
  p[at + 1] = 0x41;
}

static void
times_jump (GPtrArray * events)
{
  HlcSynthEvent *event = segment (events, "m/s04.ts");

  for (guint at = 0; at < event->media->len; at += TSC_SIZE) {
    guint8 *p = event->media->data + at;
    TscPacket packet;

    tsc_packet_parse (p, &packet);
    if (packet.has_pcr)
      tsc_write_pcr (p, packet.pcr27m + 180000 * 300);
    else if (packet.pid == 0x100 || packet.pid == 0x101)
      tsc_edit_move_pes (p, 180000, 180000);
  }
}

static void
idle_flag (GPtrArray * events)
{
  packet_of (segment (events, "m/s06.ts"), 0x100, 0)[5] |= 0x80;
}

static void
cue_track (GPtrArray * events)
{
  guint8 *pmt = packet_of (segment (events, "m/s04.ts"), 0x1000, 0) + 5;

  g_assert_cmpuint (pmt[17], ==, 0x0f);
  pmt[17] = 0x86;
  tsc_edit_seal_section (pmt, 26);
}

static void
no_sound (GPtrArray * events)
{
  HlcSynthEvent *event = segment (events, "m/s06.ts");

  for (guint at = 0; at < event->media->len; at += TSC_SIZE) {
    guint8 *p = event->media->data + at;

    if ((p[1] & 0x1f) == 0x01 && p[2] == 0x01) {
      p[1] = 0x1f;
      p[2] = 0xff;
    }
  }
}

static void
no_clock (GPtrArray * events)
{
  HlcSynthEvent *event = segment (events, "m/s06.ts");

  for (guint at = 0; at < event->media->len; at += TSC_SIZE)
    if (event->media->data[at + 3] >> 4 == 2)
      event->media->data[at + 5] = 0;
}

static void
part_cut (GPtrArray * events)
{
  HlcSynthEvent *event = segment (events, "m/s06.1.ts");

  g_byte_array_set_size (event->media, event->media->len - 4 * TSC_SIZE);
}

/* -- defects in what happened -- */

static void
move_behind (GPtrArray * events, guint index, gint64 by_us)
{
  HlcSynthEvent *event = g_ptr_array_steal_index (events, index);
  guint at = index;

  event->time_us += by_us;
  while (at < events->len && ((HlcSynthEvent *) g_ptr_array_index (events, at))->time_us <=
      event->time_us)
    at++;
  g_ptr_array_insert (events, (gint) at, event);
}

static void
listed_early (GPtrArray * events)
{
  move_behind (events, find_event (events, HLC_EVENT_MEDIA, "m/s07.ts"), 5000);
}

static void
gone_early (GPtrArray * events)
{
  move_behind (events, find_event (events, HLC_EVENT_GONE, "m/s00.ts"), -2000000);
}

static void
insert (GPtrArray * events, HlcEventKind kind, const gchar * name, const gchar * text)
{
  HlcSynthEvent *event = hlc_synth_event_new (0, kind, name);

  event->time_us = version (events, "playlist.m3u8", 5)->time_us;
  event->text = g_strdup (text);
  g_ptr_array_insert (events, (gint) find_event (events, HLC_EVENT_MEDIA, "m/s08.ts"), event);
}

static void
in_place (GPtrArray * events)
{
  insert (events, HLC_EVENT_IN_PLACE, "playlist.m3u8", NULL);
}

static void
missed (GPtrArray * events)
{
  insert (events, HLC_EVENT_MISSED, "playlist.m3u8", NULL);
}

static void
wrong_type (GPtrArray * events)
{
  insert (events, HLC_EVENT_RESPONSE, "playlist.m3u8",
      "200 content-type: text/plain; cache-control: max-age=1");
}

static void
kept_too_long (GPtrArray * events)
{
  insert (events, HLC_EVENT_RESPONSE, "playlist.m3u8",
      "200 content-type: audio/mpegurl; cache-control: max-age=3600");
}

static void
stands_still (GPtrArray * events)
{
  gint64 from_us = version (events, "playlist.m3u8", 6)->time_us - 100000;

  for (guint i = 0; i < events->len; i++) {
    HlcSynthEvent *event = g_ptr_array_index (events, i);

    event->time_us += event->time_us >= from_us ? 1500000 : 0;
  }
}

static void
delta_wrong (GPtrArray * events)
{
  HlcSynthEvent *event =
      g_ptr_array_index (events, find_event (events, HLC_EVENT_DELTA, "playlist.m3u8"));
  gchar *at = strstr (event->text, "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:1");

  g_assert_nonnull (at);
  at[strlen ("#EXT-X-PROGRAM-DATE-TIME:202")] = '5';
}

static void
late_rendition (GPtrArray * events)
{
  for (guint i = events->len; i > 0; i--) {
    HlcSynthEvent *event = g_ptr_array_index (events, i - 1);

    if (g_str_has_prefix (event->name, "lo/"))
      move_behind (events, i - 1, 2500000);
  }
}

static const Defect defects[] = {
  {"pmt-first", "E40", PLAIN, pmt_first},
  {"counter-jumps", "E40", PLAIN, counter_jumps},
  {"counter-jumps-inside", "E40", PLAIN, counter_jumps_inside},
  {"no-idr", "E40", PLAIN, no_idr},
  {"times-jump", "E40", PLAIN, times_jump},
  {"idle-discontinuity-indicator", "E40", PLAIN, idle_flag},
  {"cue-track", "E40", PLAIN, cue_track},
  {"no-sound", "E40", PLAIN, no_sound},
  {"no-clock", "E40", PLAIN, no_clock},
  {"part-cut", "E40", LL, part_cut},
  {"listed-early", "E50", PLAIN, listed_early},
  {"gone-early", "E50", PLAIN, gone_early},
  {"in-place", "E50", PLAIN, in_place},
  {"missed", "W50", PLAIN, missed},
  {"wrong-type", "E50", PLAIN, wrong_type},
  {"kept-too-long", "E50", PLAIN, kept_too_long},
  {"stands-still", "E24", PLAIN, stands_still},
  {"delta-wrong", "E27", LL, delta_wrong},
  {"late-rendition", "E30", TWO, late_rendition},
  {"long-segment", "W4", HLC_SYNTH_LONG_SEGMENT, NULL},
  {"longer-segment", "E4", HLC_SYNTH_LONGER_SEGMENT, NULL},
};

static void
test_defect (gconstpointer data)
{
  const Defect *d = data;
  g_autoptr (GPtrArray) events = hlc_synth_new (d->flags);
  g_autofree gchar *found = NULL;

  if (d->spoil)
    d->spoil (events);
  found = lint (events, "--ended");
  g_assert_cmpstr (found, ==, d->assertion);
}

/* -- options and what is no capture -- */

static void
test_only_and_skip (void)
{
  g_autoptr (GPtrArray) events = hlc_synth_new (PLAIN);
  g_autofree gchar *only = NULL, *skip = NULL, *both = NULL;

  in_place (events);
  pmt_first (events);
  both = lint (events, "--ended");
  only = lint (events, "--only E40");
  skip = lint (events, "--skip E40,E9");
  g_assert_cmpstr (both, ==, "E40 E50");
  g_assert_cmpstr (only, ==, "E40");
  g_assert_cmpstr (skip, ==, "E50");
}

/* Whatever is cut off: it ends, and says something. */
static void
test_truncated (void)
{
  g_autoptr (GPtrArray) events = hlc_synth_new (LL | CUES);
  HlcSynthEvent *event = version (events, "playlist.m3u8", 30);
  gsize size = strlen (event->text);

  for (gsize cut = 1; cut < size; cut += 113) {
    g_autofree gchar *found = NULL;

    event->text[size - cut] = '\0';
    found = lint (events, "");
    g_assert_cmpstr (found, !=, "");
  }
}

static void
test_no_capture (void)
{
  g_autofree gchar *command =
      g_strdup_printf ("\"$SUPPORT/hls-lint\" %s/none 2>/dev/null; test $? = 2", folder);

  g_assert_cmpint (system (command), ==, 0);
}

/* What the recorder writes is what the lint reads. */
static void
test_recorder (void)
{
  g_autofree gchar *command = g_strdup_printf ("cd %s && \"$SUPPORT/hls-recorder\" www cap sh -c '"
      "mkdir -p www/m; sleep 0.1; printf x > www/m/.a.part; mv www/m/.a.part www/m/a.ts; sleep 0.1;"
      "printf 1 > www/.p; mv www/.p www/p.m3u8; sleep 0.1; printf 2 > www/.p; mv www/.p www/p.m3u8;"
      "sleep 0.1; rm www/m/a.ts; printf 3 > www/p.m3u8; sleep 0.1; exit 7'; test $? = 7 && "
      "test \"$(cut -f 2,3 cap/capture.tsv | tr '\\t\\n' ': ')\" = "
      "'media:m/a.ts playlist:p.m3u8 playlist:p.m3u8 gone:m/a.ts in-place:p.m3u8 playlist:p.m3u8 ' "
      "&& test \"$(cat cap/v/* cap/m/*)\" = 123x || { cat cap/capture.tsv; exit 1; }", folder);

  g_assert_cmpint (system (command), ==, 0);
}

int
main (int argc, char **argv)
{
  static const struct { const gchar *name; guint flags; } clean[] = {
    {"plain", PLAIN}, {"low-latency", LL}, {"renditions", TWO}, {"cues", CUES},
    {"everything", LL | TWO | CUES}, {"cues-of-google", HLC_SYNTH_GOOGLE}
  };

  g_test_init (&argc, &argv, NULL);
  /* CAPTURES: a folder in which they stay */
  folder = g_getenv ("CAPTURES") ? g_strdup (g_getenv ("CAPTURES")) : scratch_folder_new ("hls-lint");
  for (guint i = 0; i < G_N_ELEMENTS (clean); i++) {
    g_autofree gchar *path = g_strdup_printf ("/hls-lint/clean/%s", clean[i].name);

    g_test_add_data_func (path, GUINT_TO_POINTER (clean[i].flags), test_clean);
  }
  for (guint i = 0; i < G_N_ELEMENTS (text_defects); i++) {
    g_autofree gchar *path = g_strdup_printf ("/hls-lint/text/%s", text_defects[i].name);

    g_test_add_data_func (path, &text_defects[i], test_text);
  }
  for (guint i = 0; i < G_N_ELEMENTS (defects); i++) {
    g_autofree gchar *path = g_strdup_printf ("/hls-lint/run/%s", defects[i].name);

    g_test_add_data_func (path, &defects[i], test_defect);
  }
  g_test_add_func ("/hls-lint/only-and-skip", test_only_and_skip);
  g_test_add_func ("/hls-lint/truncated", test_truncated);
  g_test_add_func ("/hls-lint/no-capture", test_no_capture);
  g_test_add_func ("/hls-recorder/form", test_recorder);
  return g_test_run ();
}
