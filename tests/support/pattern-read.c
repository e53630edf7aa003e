/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pattern-read: decoded pictures (gray, PATTERN_WIDTH x PATTERN_HEIGHT) from stdin, told by
 * the numbers burnt into them. Prints runs of frames and what it could not read.
 * --expect asserts the runs; --digests-out and --digests judge every pixel: a picture of a
 * spliced stream must decode to what it decodes to in the stream it came from; --runs-out writes the
 * runs for tick-read. Exit code 0 as expected, 1 not, 2 not usable.
 */
#include <stdio.h>
#include <string.h>

#include "pattern-code.h"

/* A block between these is neither black nor white. */
#define DARK_BELOW 90
#define BRIGHT_ABOVE 160

static gchar *expect_text;
static gchar *digests_out;
static gchar **digests_in;
static gchar *runs_out;

static const GOptionEntry entries[] = {
  {"expect", 0, 0, G_OPTION_ARG_STRING, &expect_text, "SOURCE:FIRST-LAST,... ; LAST may be missing",
      "RUNS"},
  {"digests-out", 0, 0, G_OPTION_ARG_FILENAME, &digests_out, "Write the digest of each picture",
      "FILE"},
  {"digests", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &digests_in, "Compare with these", "FILE"},
  {"runs-out", 0, 0, G_OPTION_ARG_FILENAME, &runs_out, "Write 'source first last picture' lines",
      "FILE"},
  {NULL}
};

typedef struct
{
  GArray *runs;                 /* PatternRun */
  GArray *starts;               /* guint: the picture with which each run begins */
  GHashTable *digests;          /* source << 12 | frame to digest (guint64) */
  FILE *digest_file;
  guint pictures;
  guint unreadable;
  guint damaged;
} Reader;

static guint64
digest_of (const guint8 * data, gsize size)
{
  guint64 h = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  gsize i;

  for (i = 0; i < size; i++)
    h = (h ^ data[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return h;
}

/* The middle of a block: its border is where codecs smear. */
static guint
block_mean (const guint8 * picture, guint column, guint row)
{
  guint width = PATTERN_WIDTH / PATTERN_COLUMNS, height = PATTERN_BAND_HEIGHT / PATTERN_ROWS;
  guint x, y, sum = 0, n = 0;

  for (y = row * height + height / 4; y < row * height + height * 3 / 4; y++) {
    for (x = column * width + width / 4; x < column * width + width * 3 / 4; x++) {
      sum += picture[y * PATTERN_WIDTH + x];
      n++;
    }
  }
  return sum / n;
}

static gboolean
read_code (const guint8 * picture, guint * source, guint * frame)
{
  guint32 bits = 0;
  guint row, column;

  for (row = 0; row < PATTERN_ROWS; row++) {
    for (column = 0; column < PATTERN_COLUMNS; column++) {
      guint mean = block_mean (picture, column, row);

      if (mean >= DARK_BELOW && mean <= BRIGHT_ABOVE)
        return FALSE;
      bits = (bits << 1) | (mean > BRIGHT_ABOVE ? 1 : 0);
    }
  }
  return pattern_decode (bits, source, frame);
}

static void
check_digest (Reader * reader, const guint8 * picture, guint source, guint frame)
{
  gpointer key = GUINT_TO_POINTER (((source << 12) | frame) + 1);
  guint64 digest = digest_of (picture, PATTERN_WIDTH * PATTERN_HEIGHT);
  const guint64 *wanted = g_hash_table_lookup (reader->digests, key);

  if (reader->digest_file != NULL)
    fprintf (reader->digest_file, "%u %u %016" G_GINT64_MODIFIER "x\n", source, frame, digest);
  if (g_hash_table_size (reader->digests) == 0 || (wanted != NULL && *wanted == digest))
    return;
  if (reader->damaged++ < 10)
    printf ("damaged: picture %u (source %u frame %u) %s\n", reader->pictures, source, frame,
        wanted != NULL ? "does not decode as in its own stream" : "is in no source");
}

static void
take_picture (Reader * reader, const guint8 * picture)
{
  PatternRun *run = reader->runs->len > 0 ?
      &g_array_index (reader->runs, PatternRun, reader->runs->len - 1) : NULL;
  guint source, frame;

  if (!read_code (picture, &source, &frame)) {
    if (reader->unreadable++ < 10)
      printf ("unreadable: picture %u%s%u\n", reader->pictures, run != NULL ? ", behind frame " :
          ", first ", run != NULL ? run->last : 0);
    return;
  }
  check_digest (reader, picture, source, frame);
  if (run != NULL && run->source == source && run->last + 1 == frame) {
    run->last = frame;
  } else {
    PatternRun new_run = { source, frame, frame };

    g_array_append_val (reader->runs, new_run);
    g_array_append_val (reader->starts, reader->pictures);
  }
}

static gboolean
load_digests (Reader * reader, const gchar * name)
{
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint i;

  if (!g_file_get_contents (name, &text, NULL, NULL)) {
    fprintf (stderr, "pattern-read: %s cannot be read\n", name);
    return FALSE;
  }
  lines = g_strsplit (text, "\n", -1);
  for (i = 0; lines[i] != NULL; i++) {
    guint source, frame;
    guint64 digest;

    if (sscanf (lines[i], "%u %u %" G_GINT64_MODIFIER "x", &source, &frame, &digest) == 3)
      g_hash_table_insert (reader->digests, GUINT_TO_POINTER (((source << 12) | frame) + 1),
          g_memdup2 (&digest, sizeof digest));
  }
  return TRUE;
}

static gboolean
write_runs (const Reader * reader)
{
  FILE *out = fopen (runs_out, "w");
  guint i;

  if (out == NULL) {
    perror (runs_out);
    return FALSE;
  }
  for (i = 0; i < reader->runs->len; i++) {
    const PatternRun *run = &g_array_index (reader->runs, PatternRun, i);

    fprintf (out, "%u %u %u %u\n", run->source, run->first, run->last,
        g_array_index (reader->starts, guint, i));
  }
  return fclose (out) == 0;
}

static gboolean
runs_are_expected (const GArray * have, const GArray * want)
{
  guint i;

  if (have->len != want->len)
    return FALSE;
  for (i = 0; i < have->len; i++) {
    const PatternRun *a = &g_array_index (have, PatternRun, i);
    const PatternRun *b = &g_array_index (want, PatternRun, i);

    if (a->source != b->source || a->first != b->first)
      return FALSE;
    if (b->last != G_MAXUINT && a->last != b->last)
      return FALSE;
  }
  return TRUE;
}

static int
judge (const Reader * reader)
{
  g_autofree gchar *have = pattern_runs_to_string (reader->runs);
  g_autoptr (GArray) want = NULL;
  gboolean good = reader->unreadable == 0 && reader->damaged == 0 && reader->pictures > 0;

  printf ("pictures %u, unreadable %u, damaged %u, runs %s\n", reader->pictures,
      reader->unreadable, reader->damaged, have);
  if (expect_text != NULL) {
    want = pattern_runs_parse (expect_text);
    if (want == NULL)
      return 2;
    if (!runs_are_expected (reader->runs, want)) {
      printf ("VIOLATION frame-runs: %s\n  expected            %s\n", have, expect_text);
      good = FALSE;
    }
  }
  if (reader->unreadable > 0)
    printf ("VIOLATION frame-unreadable: %u pictures\n", reader->unreadable);
  if (reader->damaged > 0)
    printf ("VIOLATION frame-damaged: %u pictures\n", reader->damaged);
  if (reader->pictures == 0)
    printf ("VIOLATION frame-runs: no picture at all\n");
  return good ? 0 : 1;
}

static int
read_all (Reader * reader)
{
  gsize size = PATTERN_WIDTH * PATTERN_HEIGHT;
  g_autofree guint8 *picture = g_malloc (size);
  gsize got;

  while ((got = fread (picture, 1, size, stdin)) == size) {
    take_picture (reader, picture);
    reader->pictures++;
  }
  if (got != 0) {
    fprintf (stderr, "pattern-read: %" G_GSIZE_FORMAT " bytes are no picture of %d x %d\n", got,
        PATTERN_WIDTH, PATTERN_HEIGHT);
    return 2;
  }
  if (runs_out != NULL && !write_runs (reader))
    return 2;
  return judge (reader);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("- read burnt-in frame numbers");
  g_autoptr (GError) error = NULL;
  Reader reader = { 0, };
  int rc = 0;
  guint i;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error)) {
    fprintf (stderr, "pattern-read: %s\n", error->message);
    return 2;
  }
  reader.runs = g_array_new (FALSE, FALSE, sizeof (PatternRun));
  reader.starts = g_array_new (FALSE, FALSE, sizeof (guint));
  reader.digests = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  for (i = 0; digests_in != NULL && digests_in[i] != NULL; i++)
    rc = load_digests (&reader, digests_in[i]) ? rc : 2;
  if (digests_out != NULL && (reader.digest_file = fopen (digests_out, "w")) == NULL) {
    perror (digests_out);
    rc = 2;
  }
  if (rc == 0)
    rc = read_all (&reader);
  if (reader.digest_file != NULL && fclose (reader.digest_file) != 0)
    rc = 2;
  g_array_unref (reader.runs);
  g_array_unref (reader.starts);
  g_hash_table_unref (reader.digests);
  return rc;
}
