/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * condition-hostile HELPER SECONDS KEEP LIKE.ts CREATIVE...
 *
 * Damages creatives and hands them to the process that conditions them (HELPER, adsplice-condition), for SECONDS.
 * Whatever it is handed, it has to end within its time, say how, leave nothing but what it may, and what it calls
 * done has to be whole. What breaks that is kept in the folder KEEP, with the number that made it:
 * the same number makes the same damage (environment SEED, one number and no more).
 *
 * That a decoder crashes is why there is a process: it is counted, and no finding. Exit code 0, or 1 with
 * findings. Thread: one.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asp-creative.h>
#include <asp-json-writer.h>
#include <asp-rendition.h>
#include <asp-units.h>

#define LIMIT_S 20              /* of processor time, twice that; of ours a bit more */
#define HANGS_S (2 * LIMIT_S + 20)
#define MEMORY_MIB 1024
#define FILE_BYTES (64u << 20)
#define OUTPUT_MAX 65536
#define MUTATIONS_MAX 24
#define UNIT_FRAMES 25

typedef struct
{
  gchar *name;
  guint8 *data;
  gsize size;
  gsize moov, moov_size;        /* where the structure is */
} Creative;

typedef struct
{
  const gchar *helper, *keep;
  gchar *folder, *source, *out, *settings;
  guint runs, done, refused, crashed, aborted, limited, findings;
  glong rss_max_kib;
} Hostile;

/* --- damage -------------------------------------------------------------------------------- */

static const guint32 odd_numbers[] = {
  0, 1, 2, 7, 8, 9, 16, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7ffffff8, 0x7fffffff, 0x80000000,
  0xfffffff0, 0xffffffff
};

static const gchar boxes[] = "ftypmoovtrakmdiaminfstblstsdsttsstszstcostscsscttsco64mvhdtkhdmdhdhdlrelstedtsavc1avcCmp4aesds"
    "udtametauuidmoofmdatfreedinfdrefurl stssvmhdsmhdfiel";

static void
write32 (guint8 * at, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (at, &value, 4);
}

/* A place, more often than not in the structure. */
static gsize
somewhere (GRand * random, const Creative * c, gsize size, gsize room)
{
  if (size <= room)
    return 0;
  if (c->moov_size > room && c->moov + c->moov_size <= size && g_rand_int_range (random, 0, 4) > 0)
    return c->moov + (gsize) g_rand_int_range (random, 0, (gint32) (c->moov_size - room));
  return (gsize) g_rand_int_range (random, 0, (gint32) MIN (size - room, G_MAXINT32));
}

static void
mutate_once (GRand * random, const Creative * c, GByteArray * b)
{
  gsize at = somewhere (random, c, b->len, 8), from = somewhere (random, c, b->len, 64);

  if (b->len < 128)
    return;
  switch (g_rand_int_range (random, 0, 9)) {
    case 0:
      b->data[at] ^= (guint8) (1 << g_rand_int_range (random, 0, 8));
      break;
    case 1:
      b->data[at] = (guint8) g_rand_int (random);
      break;
    case 2:
    case 3:
      write32 (b->data + at, odd_numbers[g_rand_int_range (random, 0, G_N_ELEMENTS (odd_numbers))]);
      break;
    case 4:
      write32 (b->data + at, g_rand_int (random));
      break;
    case 5:                    /* another name where a name may stand */
      memcpy (b->data + at, boxes + 4 * g_rand_int_range (random, 0, (sizeof boxes - 1) / 4), 4);
      break;
    case 6:
      memmove (b->data + at, b->data + from, 8);
      break;
    case 7:
      g_byte_array_remove_range (b, (guint) from, (guint) g_rand_int_range (random, 1, 64));
      break;
    default:
      if (g_rand_int_range (random, 0, 6) == 0)
        g_byte_array_set_size (b, (guint) g_rand_int_range (random, 64, (gint32) b->len));
      break;
  }
}

static GByteArray *
damage (const Creative * c, guint32 seed)
{
  GRand *random = g_rand_new_with_seed (seed);
  GByteArray *b = g_byte_array_new ();
  /* few of them more often than not: what is damaged much is refused at once */
  guint n = (guint) g_rand_int_range (random, 1, (gint32) g_rand_int_range (random, 2, MUTATIONS_MAX));

  n = (guint) g_rand_int_range (random, 1, (gint32) n + 1);
  g_byte_array_append (b, c->data, (guint) c->size);
  for (guint i = 0; i < n; i++)
    mutate_once (random, c, b);
  g_rand_free (random);
  return b;
}

/* --- one run --------------------------------------------------------------------------------- */

static void
empty_out (const Hostile * h)
{
  GDir *dir = g_dir_open (h->out, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (h->out, name, NULL);

    g_unlink (path);
  }
  if (dir)
    g_dir_close (dir);
}

/* Starts it with its settings; *@fd is what it says. */
static GPid
start (const Hostile * h, gint * fd)
{
  g_autofree gchar *seconds = g_strdup_printf ("%u", LIMIT_S), *memory = g_strdup_printf ("%u", MEMORY_MIB);
  g_autofree gchar *bytes = g_strdup_printf ("%u", FILE_BYTES);
  gchar *argv[] = { (gchar *) h->helper, h->source, h->out, seconds, memory, bytes, NULL };
  g_autoptr (GError) error = NULL;
  gint in;
  GPid pid;

  if (!g_spawn_async_with_pipes (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
          &pid, &in, fd, NULL, &error))
    g_error ("%s", error->message);
  if (write (in, h->settings, strlen (h->settings)) < 0)
    g_warning ("it does not take its settings");
  close (in);
  return pid;
}

/* All that it says, up to its end; FALSE: it does not end. (transfer full): @text */
static gboolean
listen_to (gint fd, gchar ** text)
{
  gint64 end_us = g_get_monotonic_time () + HANGS_S * G_USEC_PER_SEC;
  GString *all = g_string_new (NULL);
  gboolean ended = FALSE;

  while (!ended && g_get_monotonic_time () < end_us) {
    struct pollfd p = { fd, POLLIN, 0 };
    gchar piece[4096];
    gssize n;

    if (poll (&p, 1, 1000) <= 0)
      continue;
    n = read (fd, piece, sizeof piece);
    ended = n == 0 || (n < 0 && errno != EINTR);
    if (n > 0 && all->len < OUTPUT_MAX)
      g_string_append_len (all, piece, n);
  }
  *text = g_string_free (all, FALSE);
  return ended;
}

/* The last whole line. */
static gchar *
verdict_of (const gchar * text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = g_strv_length (lines);

  return g_strdup (n >= 2 ? lines[n - 2] : "");
}

/* What it calls done: units and stream agree, and the splicer would take it. NULL: it is good. */
static const gchar *
check_done (const Hostile * h)
{
  g_autofree gchar *ts_path = g_build_filename (h->out, "creative.ts", NULL), *ts = NULL, *text = NULL;
  g_autofree gchar *units_path = g_build_filename (h->out, "units.json", NULL);
  g_autoptr (AspUnits) units = NULL;
  AspCreativeReader *reader;
  AspCreative *c;
  gboolean ready;
  gsize ts_size, size;

  if (!g_file_get_contents (ts_path, &ts, &ts_size, NULL) || !g_file_get_contents (units_path, &text, &size, NULL))
    return "done, and a file is missing";
  units = asp_units_from_text (text, size, NULL);
  if (!units || units->bytes != ts_size)
    return "done, and the units are not those of the stream";
  c = asp_creative_new ();
  reader = asp_creative_reader_new (c);
  asp_creative_reader_push (reader, (const guint8 *) ts, ts_size);
  asp_creative_reader_deliver_locked (reader);
  asp_creative_reader_finish (reader);
  asp_creative_reader_deliver_locked (reader);
  ready = c->state == ASP_CREATIVE_READY && g_queue_get_length (&c->video.units) == units->frames;
  asp_creative_reader_free (reader);
  asp_creative_unref (c);
  return ready ? NULL : "done, and the splicer would not take all of it";
}

static const gchar *
check_folder (const Hostile * h)
{
  static const gchar *const allowed[] = { "creative.ts", "units.json", "report.json", NULL };
  GDir *dir = g_dir_open (h->out, 0, NULL);
  const gchar *name, *wrong = NULL;

  while (dir && (name = g_dir_read_name (dir)))
    if (!g_strv_contains (allowed, name))
      wrong = "it leaves other files than it may";
  if (dir)
    g_dir_close (dir);
  return wrong;
}

/* Of its end; NULL: as it should be. */
static const gchar *
judge (Hostile * h, gint status, const gchar * verdict)
{
  gint number = WIFSIGNALED (status) ? WTERMSIG (status) : 0;

  if (number == SIGKILL || number == SIGXCPU || number == SIGXFSZ) {
    h->limited++;
    return NULL;
  }
  if (number == SIGABRT || number == SIGTRAP) {
    h->aborted++;               /* GLib, when there is no more memory to be had */
    return NULL;
  }
  if (number != 0) {
    h->crashed++;
    return NULL;
  }
  if (WEXITSTATUS (status) == 0 && !strcmp (verdict, "done")) {
    h->done++;
    return check_done (h);
  }
  if (WEXITSTATUS (status) == 1 && g_str_has_prefix (verdict, "error ")) {
    h->refused++;
    return NULL;
  }
  return "it ends without a word, or with another than its exit code";
}

static void
keep (Hostile * h, const Creative * c, guint32 seed, const gchar * what, const gchar * text)
{
  g_autofree gchar *name = g_strdup_printf ("%s.%u", c->name, seed), *path = g_build_filename (h->keep, name, NULL);
  g_autoptr (GByteArray) b = damage (c, seed);

  g_file_set_contents (path, (const gchar *) b->data, b->len, NULL);
  printf ("FINDING %s, SEED=%u of %s: %s\n%s", path, seed, c->name, what, text);
}

static void
run (Hostile * h, const Creative * c, guint32 seed)
{
  g_autoptr (GByteArray) b = damage (c, seed);
  g_autofree gchar *text = NULL, *verdict = NULL;
  const gchar *wrong;
  struct rusage usage;
  gboolean ended;
  gint fd, status;
  GPid pid;

  empty_out (h);
  g_unlink (h->source);
  if (!g_file_set_contents (h->source, (const gchar *) b->data, b->len, NULL))
    g_error ("%s cannot be written", h->source);
  pid = start (h, &fd);
  ended = listen_to (fd, &text);
  if (!ended)
    kill (pid, SIGKILL);
  wait4 (pid, &status, 0, &usage);
  close (fd);
  verdict = verdict_of (text);
  h->runs++;
  h->rss_max_kib = MAX (h->rss_max_kib, usage.ru_maxrss);
  wrong = !ended ? "it does not end" : judge (h, status, verdict);
  if (!wrong)
    wrong = check_folder (h);
  if (wrong) {
    h->findings++;
    keep (h, c, seed, wrong, text);
  }
  if (getenv ("SEED"))
    printf ("%sstatus %d, %s\n", text, status, wrong ? wrong : "as it should be");
}

/* --- what it is run over ----------------------------------------------------------------------- */

static void
creative_read (Creative * c, const gchar * path)
{
  g_autoptr (GError) error = NULL;
  gsize moov;

  if (!g_file_get_contents (path, (gchar **) & c->data, &c->size, &error))
    g_error ("%s", error->message);
  c->name = g_path_get_basename (path);
  for (moov = 4; moov + 4 <= c->size && memcmp (c->data + moov, "moov", 4) != 0; moov++)
    continue;
  if (moov + 4 > c->size)
    return;
  c->moov = moov - 4;
  c->moov_size = MIN (((gsize) c->data[c->moov + 1] << 16) | ((gsize) c->data[c->moov + 2] << 8) | c->data[c->moov + 3],
      c->size - c->moov);
}

static gchar *
make_settings (const gchar * like)
{
  g_autoptr (AspRenditionReader) reader = asp_rendition_reader_new (0);
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autofree gchar *data = NULL, *text = NULL;
  g_autoptr (GError) error = NULL;
  AspRendition rendition;
  gsize size;

  if (!g_file_get_contents (like, &data, &size, &error))
    g_error ("%s", error->message);
  asp_rendition_reader_push (reader, (const guint8 *) data, size);
  if (!asp_rendition_reader_finish (reader, &rendition, &error))
    g_error ("%s: %s", like, error->message);
  text = asp_rendition_to_text (&rendition);
  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "rendition", text);
  asp_json_add_int (w, "unit", UNIT_FRAMES);
  asp_json_add_string (w, "loudness", "-24.0");
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

/* Undamaged each of them is done: else nothing is proved. */
static void
prove (Hostile * h, const Creative * c)
{
  g_autofree gchar *text = NULL, *verdict = NULL;
  gint fd, status;
  GPid pid;

  empty_out (h);
  g_assert_true (g_file_set_contents (h->source, (const gchar *) c->data, (gssize) c->size, NULL));
  pid = start (h, &fd);
  if (!listen_to (fd, &text))
    kill (pid, SIGKILL);
  waitpid (pid, &status, 0);
  close (fd);
  verdict = verdict_of (text);
  if (status != 0 || strcmp (verdict, "done") || check_done (h))
    g_error ("%s is not made to fit even before it is damaged: %s", c->name, text);
}

int
main (int argc, char **argv)
{
  Hostile h = { 0 };
  const gchar *one = getenv ("SEED");
  gint64 end_us;
  guint n, turn = 0;
  guint32 first;
  g_autofree Creative *creatives = NULL;

  if (argc < 6) {
    fprintf (stderr, "usage: condition-hostile HELPER SECONDS KEEP LIKE.ts CREATIVE...\n");
    return 2;
  }
  signal (SIGPIPE, SIG_IGN);
  n = (guint) argc - 5;
  creatives = g_new0 (Creative, n);
  h.helper = argv[1];
  h.keep = argv[3];
  g_mkdir_with_parents (h.keep, 0755);
  h.settings = make_settings (argv[4]);
  h.folder = g_dir_make_tmp ("adsplice-hostile-XXXXXX", NULL);
  h.source = g_build_filename (h.folder, "source", NULL);
  h.out = g_build_filename (h.folder, "out", NULL);
  g_mkdir (h.out, 0700);
  for (guint i = 0; i < n; i++) {
    creative_read (&creatives[i], argv[5 + i]);
    prove (&h, &creatives[i]);
  }
  end_us = g_get_monotonic_time () + atoi (argv[2]) * G_USEC_PER_SEC;
  first = one ? (guint32) strtoul (one, NULL, 10) : g_random_int ();
  do {
    for (guint i = 0; i < n; i++)
      run (&h, &creatives[i], first + turn);
    turn++;
  } while (!one && g_get_monotonic_time () < end_us);
  printf ("%u runs from SEED=%u on: %u done, %u refused, %u crashed, %u aborted, %u over a limit, at most %ld MiB, "
      "%u findings\n", h.runs, first, h.done, h.refused, h.crashed, h.aborted, h.limited, h.rss_max_kib / 1024,
      h.findings);
  empty_out (&h);
  g_unlink (h.source);
  g_rmdir (h.out);
  g_rmdir (h.folder);
  return h.findings > 0;
}
