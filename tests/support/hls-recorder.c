/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hls-recorder FOLDER CAPTURE COMMAND...: runs the command, which publishes HLS in FOLDER, and
 * keeps every version of each playlist and every segment (a hard link, so that what is deleted
 * can still be read) in CAPTURE, in the form of hlc-capture.h. Exit code: the command's, or 2.
 *
 * It is told of a file when it is already there: where a playlist is replaced more than once
 * before the recorder runs, the log has "missed".
 */
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define WATCHED (IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE)

/* Which one of the files that had a name: numbers of inodes are given again at once. */
typedef struct
{
  guint64 inode;
  gint64 written_ns;
} FileId;

typedef struct
{
  FileId id;
  guint line;                   /* where the log has it */
  gboolean doubtful;            /* it may be one that is told of later: in the same round of events */
} Version;

typedef struct
{
  GMainLoop *loop;
  gchar *folder, *capture;
  FILE *log;
  int fd;
  GHashTable *folders;          /* watch to path below the folder, "" for itself */
  GHashTable *versions;         /* name of a playlist to the Version read last */
  GByteArray *events;           /* told and not yet looked at */
  GPtrArray *lines;             /* of the log, for those that were looked at */
  guint files;
  GPid pid;
  int rc;
} Recorder;

static gchar *
log_line (const gchar * kind, const gchar * name, const gchar * file)
{
  gint64 now_us = g_get_real_time ();

  return g_strdup_printf ("%" G_GINT64_FORMAT ".%06d\t%s\t%s%s%s\n", now_us / G_USEC_PER_SEC,
      (gint) (now_us % G_USEC_PER_SEC), kind, name, file ? "\t" : "", file ? file : "");
}

static void
log_event (Recorder * r, const gchar * kind, const gchar * name, const gchar * file)
{
  g_ptr_array_add (r->lines, log_line (kind, name, file));
}

/* What is written stands. */
static void
write_log (Recorder * r)
{
  GHashTableIter iter;
  gpointer version;

  g_hash_table_iter_init (&iter, r->versions);
  while (g_hash_table_iter_next (&iter, NULL, &version))
    ((Version *) version)->doubtful = FALSE;
  for (guint i = 0; i < r->lines->len; i++)
    fputs (r->lines->pdata[i], r->log);
  g_ptr_array_set_size (r->lines, 0);
  fflush (r->log);
}

static gboolean
copy_bytes (const gchar * from, const gchar * to, FileId * id)
{
  g_autofree gchar *bytes = NULL;
  struct stat st;
  int fd = open (from, O_RDONLY | O_CLOEXEC);
  gboolean ok = fd >= 0 && fstat (fd, &st) == 0;
  ssize_t n = 0;

  if (ok) {
    id->inode = st.st_ino;
    id->written_ns = st.st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + st.st_mtim.tv_nsec;
    bytes = g_malloc ((gsize) st.st_size + 1);
    n = read (fd, bytes, (gsize) st.st_size);
    ok = n == st.st_size && g_file_set_contents (to, bytes, n, NULL);
  }
  if (fd >= 0)
    close (fd);
  return ok;
}

static void
read_events (Recorder * r)
{
  guint8 buffer[65536] __attribute__ ((aligned (8)));
  ssize_t n;

  while ((n = read (r->fd, buffer, sizeof buffer)) > 0)
    g_byte_array_append (r->events, buffer, (guint) n);
}

static gsize
event_size (const struct inotify_event *event)
{
  return sizeof *event + event->len;
}

/* The file of @event has come into its place once more. */
static gboolean
is_same_name (const struct inotify_event *event, const struct inotify_event *other)
{
  return other->wd == event->wd && (other->mask & IN_MOVED_TO) && other->len > 0 && event->len > 0 &&
      strcmp (other->name, event->name) == 0;
}

/* Another version of that playlist has been told of already. */
static gboolean
is_replaced (Recorder * r, const struct inotify_event *event, gsize behind)
{
  if (!(event->mask & IN_MOVED_TO) || event->len == 0 || !g_str_has_suffix (event->name, ".m3u8"))
    return FALSE;
  while (behind < r->events->len) {
    const struct inotify_event *other = (const struct inotify_event *) (r->events->data + behind);

    if (is_same_name (event, other))
      return TRUE;
    behind += event_size (other);
  }
  return FALSE;
}

/* What is read of a playlist may be a version that is told of later, behind the media that came in
 * between. Whether it is, is known when that one is read: the same file again. */
static void
take_playlist (Recorder * r, const gchar * name, const gchar * path, const struct inotify_event *event, gsize behind)
{
  gboolean in_place = event != NULL && (event->mask & IN_CLOSE_WRITE) != 0;
  g_autofree gchar *file = g_strdup_printf ("v/%06u.m3u8", ++r->files);
  g_autofree gchar *to = g_build_filename (r->capture, file, NULL);
  Version now = { .line = r->lines->len }, *had = g_hash_table_lookup (r->versions, name);

  if (!copy_bytes (path, to, &now.id)) {
    log_event (r, "missed", name, NULL);
    return;
  }
  if (had != NULL && memcmp (&had->id, &now.id, sizeof now.id) == 0 && !in_place) {
    if (!had->doubtful) {
      g_unlink (to);
      log_event (r, "missed", name, NULL);
      return;
    }
    g_free (r->lines->pdata[had->line]);
    r->lines->pdata[had->line] = log_line ("missed", name, NULL);
  }
  read_events (r);
  now.doubtful = event != NULL && is_replaced (r, event, behind);
  g_hash_table_insert (r->versions, g_strdup (name), g_memdup2 (&now, sizeof now));
  log_event (r, "playlist", name, file);
}

static void
take_media (Recorder * r, const gchar * name, const gchar * path)
{
  g_autofree gchar *file = g_strdup_printf ("m/%06u.ts", ++r->files);
  g_autofree gchar *to = g_build_filename (r->capture, file, NULL);
  FileId id;

  /* another file system: then the bytes */
  if (link (path, to) == 0 || (errno == EXDEV && copy_bytes (path, to, &id)))
    log_event (r, "media", name, file);
  else
    log_event (r, "missed", name, NULL);
}

/* @event: (nullable): that told of it, @behind: where the next one is */
static void
take_file (Recorder * r, const gchar * name, const struct inotify_event *event, gsize behind)
{
  g_autofree gchar *path = g_build_filename (r->folder, name, NULL);

  if (g_str_has_suffix (name, ".m3u8"))
    take_playlist (r, name, path, event, behind);
  else
    take_media (r, name, path);
}

static gboolean
is_ours (const gchar * base)
{
  return *base != '.' && (g_str_has_suffix (base, ".m3u8") || g_str_has_suffix (base, ".ts"));
}

/* @path: below the folder. What is in it already is taken too: it may be older than the watch. */
static void
watch_folder (Recorder * r, const gchar * path)
{
  g_autofree gchar *full = g_build_filename (r->folder, path, NULL);
  int watch = inotify_add_watch (r->fd, full, WATCHED);
  g_autoptr (GDir) dir = NULL;
  const gchar *base;

  if (watch < 0)
    return;
  g_hash_table_insert (r->folders, GINT_TO_POINTER (watch), g_strdup (path));
  dir = g_dir_open (full, 0, NULL);
  while (dir != NULL && (base = g_dir_read_name (dir)) != NULL) {
    g_autofree gchar *name = *path ? g_build_filename (path, base, NULL) : g_strdup (base);
    g_autofree gchar *inner = g_build_filename (r->folder, name, NULL);

    if (*base != '.' && g_file_test (inner, G_FILE_TEST_IS_DIR))
      watch_folder (r, name);
    else if (is_ours (base))
      take_file (r, name, NULL, 0);
  }
}

static void
take_event (Recorder * r, const struct inotify_event *event, gsize behind)
{
  const gchar *folder = g_hash_table_lookup (r->folders, GINT_TO_POINTER (event->wd));
  g_autofree gchar *name = NULL;

  if (event->mask & IN_Q_OVERFLOW)
    log_event (r, "missed", ".", NULL);
  if (folder == NULL || event->len == 0)
    return;
  name = *folder ? g_build_filename (folder, event->name, NULL) : g_strdup (event->name);
  if (event->mask & IN_ISDIR) {
    if (event->mask & (IN_CREATE | IN_MOVED_TO) && event->name[0] != '.')
      watch_folder (r, name);
    return;
  }
  if (!is_ours (event->name))
    return;
  if (event->mask & IN_CLOSE_WRITE)
    log_event (r, "in-place", name, NULL);
  if (event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
    take_file (r, name, event, behind);
  else if (event->mask & (IN_DELETE | IN_MOVED_FROM))
    log_event (r, "gone", name, NULL);
}

static gboolean
on_events (gint fd, GIOCondition condition, gpointer data)
{
  Recorder *r = data;
  gsize at = 0;

  (void) fd;
  (void) condition;
  for (read_events (r); at < r->events->len; read_events (r)) {
    const struct inotify_event *told = (const struct inotify_event *) (r->events->data + at);
    g_autofree struct inotify_event *event = g_memdup2 (told, event_size (told));

    at += event_size (event);
    take_event (r, event, at);
  }
  g_byte_array_set_size (r->events, 0);
  write_log (r);
  return G_SOURCE_CONTINUE;
}

static void
on_exit_of_command (GPid pid, gint status, gpointer data)
{
  Recorder *r = data;

  g_spawn_close_pid (pid);
  r->rc = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
  on_events (r->fd, G_IO_IN, r);
  g_main_loop_quit (r->loop);
}

static gboolean
on_signal (gpointer data)
{
  kill (((Recorder *) data)->pid, SIGTERM);
  return G_SOURCE_CONTINUE;
}

static gboolean
open_capture (Recorder * r)
{
  g_autofree gchar *versions = g_build_filename (r->capture, "v", NULL);
  g_autofree gchar *media = g_build_filename (r->capture, "m", NULL);
  g_autofree gchar *log = g_build_filename (r->capture, "capture.tsv", NULL);

  if (g_mkdir_with_parents (versions, 0755) != 0 || g_mkdir_with_parents (media, 0755) != 0 ||
      g_mkdir_with_parents (r->folder, 0755) != 0)
    return FALSE;
  r->log = fopen (log, "we");
  r->fd = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  return r->log != NULL && r->fd >= 0;
}

int
main (int argc, char **argv)
{
  Recorder r = {.rc = 2 };
  g_autoptr (GError) error = NULL;

  if (argc < 4) {
    fprintf (stderr, "hls-recorder FOLDER CAPTURE COMMAND...\n");
    return 2;
  }
  r.folder = argv[1];
  r.capture = argv[2];
  if (!open_capture (&r)) {
    fprintf (stderr, "hls-recorder: %s: %s\n", r.capture, g_strerror (errno));
    return 2;
  }
  r.loop = g_main_loop_new (NULL, FALSE);
  r.folders = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  r.events = g_byte_array_new ();
  r.lines = g_ptr_array_new_with_free_func (g_free);
  r.versions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  watch_folder (&r, "");
  g_unix_fd_add (r.fd, G_IO_IN, on_events, &r);
  if (g_spawn_async (NULL, argv + 3, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD |
          G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, &r.pid, &error)) {
    g_child_watch_add (r.pid, on_exit_of_command, &r);
    g_unix_signal_add (SIGTERM, on_signal, &r);
    g_unix_signal_add (SIGINT, on_signal, &r);
    g_main_loop_run (r.loop);
  } else {
    fprintf (stderr, "hls-recorder: %s\n", error->message);
  }
  write_log (&r);
  fclose (r.log);
  close (r.fd);
  g_hash_table_unref (r.folders);
  g_hash_table_unref (r.versions);
  g_byte_array_unref (r.events);
  g_ptr_array_unref (r.lines);
  g_main_loop_unref (r.loop);
  return r.rc;
}
