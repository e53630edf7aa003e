/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes the seeds of fuzz-creative, fuzz-check and fuzz-splicer: small streams of tests/unit/splice-media, and
 * lists of edits. The seeds are kept in the tree; this is how they came about.
 *
 *   make-splice-seeds FOLDER      tests/fuzz/corpus
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/splice-media.h"

static void
keep (const gchar * folder, const gchar * name, const guint8 * head, gsize head_size, const GByteArray * body)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GError) error = NULL;

  g_byte_array_append (all, head, (guint) head_size);
  if (body)
    g_byte_array_append (all, body->data, body->len);
  if (!g_file_set_contents (path, (const gchar *) all->data, (gssize) all->len, &error)) {
    g_printerr ("make-splice-seeds: %s\n", error->message);
    exit (1);
  }
}

static SpliceMediaSpec
tiny_spec (guint frames)
{
  SpliceMediaSpec spec;

  splice_media_spec_init (&spec, 1, frames);
  spec.frame_90k = 9000;
  spec.gop = 4;
  spec.video_bytes = 20;
  spec.audio_group = 8;
  spec.audio_bytes = 8;
  spec.packets_per_s = 100;
  spec.psi_ms = 1000;
  return spec;
}

static void
creative_seeds (const gchar * corpus)
{
  g_autofree gchar *folder = g_build_filename (corpus, "creative", NULL);
  const guint8 chunk_3 = 3, chunk_0 = 0;
  SpliceMediaSpec spec = tiny_spec (8);
  g_autoptr (GByteArray) plain = splice_media_make (&spec), reordered = NULL, two = NULL;

  g_mkdir_with_parents (folder, 0755);
  keep (folder, "plain", &chunk_3, 1, plain);
  spec.bframes = 2;
  spec.first_pts90k = ASP_PTS_MODULUS - 20000;
  reordered = splice_media_make (&spec);
  keep (folder, "reordered", &chunk_0, 1, reordered);
  spec.audio_tracks = 2;
  two = splice_media_make (&spec);
  keep (folder, "two-tracks", &chunk_3, 1, two);
}

/* With the splice_insert of SCTE 35 14.2, and with none. */
static void
check_seeds (const gchar * corpus)
{
  static const guint8 cue[] = {
    0xfc, 0x30, 0x2f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xf0, 0x14, 0x05, 0x48,
    0x00, 0x00, 0x8f, 0x7f, 0xef, 0xfe, 0x73, 0x69, 0xc0, 0x2e, 0xfe, 0x00, 0x52, 0xcc, 0xf5, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x08, 0x43, 0x55, 0x45, 0x49, 0x00, 0x00, 0x01, 0x35, 0x62,
    0xdb, 0xa3, 0x0a
  };
  g_autofree gchar *folder = g_build_filename (corpus, "check", NULL);
  g_autoptr (GBytes) section = g_bytes_new_static (cue, sizeof cue);
  SpliceSection sections[] = { {10, 0x130, section}, {20, 0x130, section} };
  SpliceMediaSpec spec = tiny_spec (8);
  g_autoptr (GByteArray) plain = splice_media_make (&spec), cues = NULL;

  g_mkdir_with_parents (folder, 0755);
  keep (folder, "plain", NULL, 0, plain);
  spec.bframes = 2;
  spec.nulls = TRUE;
  spec.cue_pid = 0x130;
  spec.sections = sections;
  spec.n_sections = G_N_ELEMENTS (sections);
  spec.first_pts90k = 0x17369c02e - 90000;
  cues = splice_media_make (&spec);
  keep (folder, "cues", NULL, 0, cues);
}

static void
splicer_seeds (const gchar * corpus)
{
  static const struct
  {
    guint size;
    guint8 bytes[16];
  } edits[] = {
    {4, {0x80, 0, 0, 0}},
    {12, {0x82, 1, 1, 1, 5, 0, 60, 3, 2, 0, 90, 4}},
    {16, {0xc2, 2, 0x83, 2, 0, 0, 30, 3, 7, 0, 80, 20, 10, 0, 99, 0x11}},
    {16, {0x93, 3, 2, 3, 9, 0, 40, 0x80, 8, 0, 55, 3, 5, 0, 120, 0xf0}},
    {8, {0xb0, 0x2b, 0x42, 4, 6, 1, 0, 50}},
    {16, {0xc4, 0x54, 0x81, 5, 3, 0, 70, 9, 4, 0, 75, 1, 1, 0, 77, 12}},
  };
  static const guint8 raw[4] = { 0x02, 1, 0x81, 0 };
  g_autofree gchar *folder = g_build_filename (corpus, "splicer", NULL);
  SpliceMediaSpec spec = tiny_spec (16);
  g_autoptr (GByteArray) network = splice_media_make (&spec);

  g_mkdir_with_parents (folder, 0755);
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++) {
    g_autofree gchar *name = g_strdup_printf ("edits-%u", i);

    keep (folder, name, edits[i].bytes, edits[i].size, NULL);
  }
  keep (folder, "raw", raw, sizeof raw, network);
}

int
main (int argc, char **argv)
{
  if (argc != 2) {
    g_printerr ("usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  creative_seeds (argv[1]);
  check_seeds (argv[1]);
  splicer_seeds (argv[1]);
  return 0;
}
