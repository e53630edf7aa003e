/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A fuzz target as an ordinary test: every seed, every seed cut at every length (long ones at
 * some), then mutations of the seeds. Always the same ones: what fails here fails everywhere.
 *
 *   fuzz-NAME FOLDER            seeds of the folder and mutations (FUZZ_MUTATIONS, FUZZ_FIRST)
 *   fuzz-NAME FILE...           these inputs only, as they are
 *
 * When it dies it says which input it was. With FUZZ_KEEP=FILE each input is written to FILE
 * before it is tried: slow, but what remains is the one that crashed.
 */
#include "fuzz.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUTATIONS 4000
#define CUTS_MAX 300
#define INPUT_MAX (64 * 1024)
#define EDITS_MAX 6

static gchar current[256];      /* what is being tried, for the handler */

static void
on_abort (int number)
{
  static const gchar text[] = "fuzz: died on ";
  gssize ignored;

  ignored = write (STDERR_FILENO, text, sizeof text - 1);
  ignored = write (STDERR_FILENO, current, strlen (current));
  ignored = write (STDERR_FILENO, "\n", 1);
  (void) ignored;
}

static void
try_input (const guint8 * data, gsize size)
{
  const gchar *keep = g_getenv ("FUZZ_KEEP");
  guint8 *block = malloc (MAX (size, 1));

  g_assert_nonnull (block);
  if (size > 0)
    memcpy (block, data, size);
  if (keep)
    g_assert_true (g_file_set_contents (keep, (const gchar *) block, (gssize) size, NULL));
  LLVMFuzzerTestOneInput (block, size);
  free (block);
}

/* xorshift64*: the same on every machine */
static guint64 random_state;

static guint
random_below (guint limit)
{
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return (guint) (((random_state * G_GUINT64_CONSTANT (2685821657736338717)) >> 33) % limit);
}

static void
edit_overwrite (GByteArray * input)
{
  static const guint8 special[] = { 0x00, 0x01, 0x03, 0x7f, 0x80, 0xff, 0x47, 0xfc };
  guint at = random_below (input->len);

  switch (random_below (4)) {
    case 0:
      input->data[at] ^= (guint8) (1u << random_below (8));
      break;
    case 1:
      input->data[at] = (guint8) random_below (256);
      break;
    case 2:
      input->data[at] = special[random_below (G_N_ELEMENTS (special))];
      break;
    default:
      input->data[at] = (guint8) (input->data[at] + random_below (9) - 4);
      break;
  }
}

static void
edit_length (GByteArray * input, GPtrArray * seeds)
{
  guint at = random_below (input->len);
  guint n = 1 + random_below (MIN (64, input->len));
  const GByteArray *other = g_ptr_array_index (seeds, random_below (seeds->len));
  g_autofree guint8 *tail = NULL;
  guint tail_size;

  switch (random_below (4)) {
    case 0:
      g_byte_array_set_size (input, at);
      break;
    case 1:
      g_byte_array_remove_range (input, at, MIN (n, input->len - at));
      break;
    case 2:                    /* some bytes twice */
      n = MIN (n, input->len - at);
      tail_size = input->len - at;
      tail = g_memdup2 (input->data + at, tail_size);
      g_byte_array_append (input, tail, n);
      memcpy (input->data + at + n, tail, tail_size);
      break;
    default:                   /* the rest from another seed */
      g_byte_array_set_size (input, at);
      if (other->len > 0) {
        guint from = random_below (other->len);

        g_byte_array_append (input, other->data + from, other->len - from);
      }
      break;
  }
}

static void
try_mutation (GPtrArray * seeds, guint number)
{
  const GByteArray *seed;
  g_autoptr (GByteArray) input = g_byte_array_new ();
  guint edits;

  random_state = G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) * (number + 1);
  seed = g_ptr_array_index (seeds, random_below (seeds->len));
  edits = 1 + random_below (EDITS_MAX);
  g_byte_array_append (input, seed->data, seed->len);
  while (edits-- > 0 && input->len > 0 && input->len < INPUT_MAX) {
    if (random_below (3) == 0)
      edit_length (input, seeds);
    else
      edit_overwrite (input);
  }
  g_snprintf (current, sizeof current, "mutation %u (FUZZ_FIRST=%u FUZZ_MUTATIONS=1)", number, number);
  try_input (input->data, input->len);
}

static void
try_seed (const GByteArray * seed, const gchar * name)
{
  guint step = seed->len / CUTS_MAX + 1;

  for (guint n = 0; n < seed->len; n += step) {
    g_snprintf (current, sizeof current, "%s, first %u bytes", name, n);
    try_input (seed->data, n);
  }
  g_snprintf (current, sizeof current, "%s", name);
  try_input (seed->data, seed->len);
}

static GByteArray *
read_input (const gchar * path)
{
  gchar *bytes;
  gsize size;
  GError *error = NULL;

  if (!g_file_get_contents (path, &bytes, &size, &error)) {
    g_printerr ("fuzz: %s\n", error->message);
    exit (2);
  }
  return g_byte_array_new_take ((guint8 *) bytes, size);
}

static gint
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

static GPtrArray *
list_folder (const gchar * path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, by_name);
  return names;
}

static guint
number_from_environment (const gchar * name, guint otherwise)
{
  const gchar *value = g_getenv (name);

  return value ? (guint) g_ascii_strtoull (value, NULL, 10) : otherwise;
}

static int
run_folder (const gchar * path)
{
  g_autoptr (GPtrArray) names = list_folder (path);
  g_autoptr (GPtrArray) seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) g_byte_array_unref);
  guint first = number_from_environment ("FUZZ_FIRST", 0);
  guint mutations = number_from_environment ("FUZZ_MUTATIONS", MUTATIONS);

  /* an empty folder would pass whatever the target does */
  if (names->len == 0) {
    g_printerr ("fuzz: no seeds in %s\n", path);
    return 2;
  }
  for (guint i = 0; i < names->len; i++) {
    GByteArray *seed = read_input (g_ptr_array_index (names, i));

    g_ptr_array_add (seeds, seed);
    try_seed (seed, g_ptr_array_index (names, i));
  }
  for (guint i = 0; i < mutations; i++)
    try_mutation (seeds, first + i);
  g_print ("fuzz: %u seeds, %u mutations\n", seeds->len, mutations);
  return 0;
}

int
main (int argc, char **argv)
{
  struct sigaction action = {.sa_handler = on_abort,.sa_flags = (int) SA_RESETHAND };

  sigaction (SIGABRT, &action, NULL);
  sigaction (SIGSEGV, &action, NULL);
  if (argc == 2 && g_file_test (argv[1], G_FILE_TEST_IS_DIR))
    return run_folder (argv[1]);
  if (argc < 2) {
    g_printerr ("usage: %s FOLDER | FILE...\n", argv[0]);
    return 2;
  }
  for (int i = 1; i < argc; i++) {
    g_autoptr (GByteArray) input = read_input (argv[i]);

    g_snprintf (current, sizeof current, "%s", argv[i]);
    try_input (input->data, input->len);
  }
  return 0;
}
