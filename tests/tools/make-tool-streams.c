/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Streams for the tests of cue-dump and adsplice-check, the same bytes everywhere:
 *
 *   make-tool-streams FOLDER
 *
 *   good.ts     constant rate, an IDR each second, a break of 4 s announced and closed at IDRs
 *   bad.ts      an IDR every 6 s, sparse PCR, cues beside them, one late, one damaged, a packet lost
 *   ad.ts       a creative that fits good.ts        wide.ts   one that has too much rate for it
 *   deep.ts     one that reorders, with sound that ends early
 *   cut.ts      ad.ts, cut off in the middle of a packet
 *   rs204.ts    good.ts with 16 bytes behind each packet
 */
#include <stdlib.h>
#include <string.h>

#include <asp-scte35.h>

#include "../unit/splice-media.h"

#define S ASP_SECOND_90K
#define CUE_PID 0x130
#define LOST_PACKET 400

static const gchar *folder;

static void
keep (const gchar * name, const guint8 * data, gsize size)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents (path, (const gchar *) data, (gssize) size, &error)) {
    g_printerr ("make-tool-streams: %s\n", error->message);
    exit (1);
  }
}

static GBytes *
insert (guint32 id, gboolean out, gint64 pts90k, gint64 duration_90k)
{
  return asp_scte35_build_splice_insert (id, out, pts90k, duration_90k, TRUE, 1);
}

static GBytes *
damaged (GBytes * section)
{
  GByteArray *bytes = g_bytes_unref_to_array (section);

  bytes->data[bytes->len - 1] ^= 0x0f;
  return g_byte_array_free_to_bytes (bytes);
}

static GByteArray *
make_with (SpliceMediaSpec * spec, SpliceSection * sections, guint n)
{
  GByteArray *ts;

  spec->cue_pid = CUE_PID;
  spec->sections = sections;
  spec->n_sections = n;
  ts = splice_media_make (spec);
  for (guint i = 0; i < n; i++)
    g_bytes_unref (sections[i].section);
  return ts;
}

static void
make_good (void)
{
  SpliceMediaSpec spec;
  gint64 first;

  splice_media_spec_init (&spec, 1, 300);
  first = spec.first_pts90k;
  spec.nulls = TRUE;
  {
    SpliceSection sections[] = {
      {150, CUE_PID, insert (100, TRUE, first + 6 * S, 4 * S)},
      {450, CUE_PID, insert (100, TRUE, first + 6 * S, 4 * S)},
      {1650, CUE_PID, insert (100, FALSE, first + 10 * S, ASP_NO_TIME)},
    };
    g_autoptr (GByteArray) ts = make_with (&spec, sections, G_N_ELEMENTS (sections));
    g_autoptr (GByteArray) wide = g_byte_array_new ();

    keep ("good.ts", ts->data, ts->len);
    for (guint at = 0; at < ts->len; at += 188) {
      static const guint8 parity[16] = { 0 };

      g_byte_array_append (wide, ts->data + at, 188);
      g_byte_array_append (wide, parity, sizeof parity);
    }
    keep ("rs204.ts", wide->data, wide->len);
  }
}

static void
make_bad (void)
{
  SpliceMediaSpec spec;
  gint64 first;

  splice_media_spec_init (&spec, 1, 400);
  first = spec.first_pts90k;
  spec.gop = 150;
  spec.sets_once = TRUE;
  spec.pcr_ms = 150;
  {
    SpliceSection sections[] = {
      {100, CUE_PID, insert (7, TRUE, first + 5 * S, ASP_NO_TIME)},
      {300, CUE_PID, damaged (insert (8, TRUE, first + 6 * S, ASP_NO_TIME))},
      {800, CUE_PID, insert (9, TRUE, first + 1 * S, ASP_NO_TIME)},
    };
    g_autoptr (GByteArray) ts = make_with (&spec, sections, G_N_ELEMENTS (sections));

    g_byte_array_remove_range (ts, LOST_PACKET * 188, 188);
    keep ("bad.ts", ts->data, ts->len);
  }
}

static void
make_ads (void)
{
  SpliceMediaSpec spec;
  g_autoptr (GByteArray) plain = NULL, wide = NULL, deep = NULL;

  splice_media_spec_init (&spec, 2, 100);
  plain = splice_media_make (&spec);
  keep ("ad.ts", plain->data, plain->len);
  keep ("cut.ts", plain->data, plain->len - 100);
  spec.bframes = 2;
  spec.audio_end_90k = S;
  deep = splice_media_make (&spec);
  keep ("deep.ts", deep->data, deep->len);
  splice_media_spec_init (&spec, 3, 100);
  spec.video_bytes = 4000;
  spec.packets_per_s = 3000;
  wide = splice_media_make (&spec);
  keep ("wide.ts", wide->data, wide->len);
}

int
main (int argc, char **argv)
{
  if (argc != 2) {
    g_printerr ("usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  folder = argv[1];
  make_good ();
  make_bad ();
  make_ads ();
  return 0;
}
