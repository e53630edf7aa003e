/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process of its own and not a thread: decoders are the part that is most likely to crash on a
 * stream from outside. It is started with posix_spawn(), which does not copy the address space
 * of the program that we are loaded into, and leaves its signals alone. It reads the segment
 * from its standard input, which is the file of the recording, writes to a file that has no name,
 * and tells that it has ended by closing its standard error, a pipe.
 */
#include "hlsadsink-thumbnail.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

#define PROGRAM "adsplice-thumbnail"
#define EXIT_CANNOT 2           /* what it needs is not installed */
#define PROCESS_US (20 * G_USEC_PER_SEC)        /* then it is killed */
#define FAILURES_MAX 3          /* in a row: it will not become better */
#define JPEG_MAX (16 * 1024 * 1024)
#define TEXT_MAX 512
#define CANCEL_MS 50            /* so often a waiter looks whether it is still wanted */

extern char **environ;

struct _HlsThumbnailer
{
  HlsThumbnailTrouble trouble;
  gpointer user_data;
  pid_t pid;                    /* 0: none runs */
  int out;                      /* file with the JPEG */
  int err;                      /* pipe */
  gchar text[TEXT_MAX];         /* what it said */
  gsize text_size;
  gint64 deadline_us;
  guint failures;
  gboolean gave_up;
  gint cancelled;               /* atomic */
};

static void
give_up (HlsThumbnailer * t, const gchar * why)
{
  g_autofree gchar *text = g_strdup_printf ("There will be no thumbnails of the recording: %s", why);

  if (t->gave_up)
    return;
  t->gave_up = TRUE;
  t->trouble (text, t->user_data);
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

/* Where it was installed, or beside the plugin: in a build folder. (transfer full) (nullable) */
static gchar *
find_program (void)
{
  const gchar *by_hand = g_getenv ("ADSPLICE_THUMBNAILER");
  g_autofree gchar *installed = g_build_filename (ADSPLICE_LIBEXECDIR, PROGRAM, NULL);
  g_autofree gchar *folder = NULL, *beside = NULL;
  GstPlugin *plugin;

  if (by_hand)
    return g_strdup (by_hand);
  if (g_file_test (installed, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&installed);
  plugin = gst_registry_find_plugin (gst_registry_get (), "adsplice");
  if (plugin && gst_plugin_get_filename (plugin))
    folder = g_path_get_dirname (gst_plugin_get_filename (plugin));
  gst_clear_object (&plugin);
  beside = folder ? g_build_filename (folder, PROGRAM, NULL) : NULL;
  return beside && g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer (&beside) : NULL;
}

/* Its own process group: a Ctrl-C in a terminal is not meant for it. */
static int
spawn (const gchar * program, gchar ** argv, int in, int out, int err, pid_t * pid)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  int code;

  sigemptyset (&none);
  sigfillset (&all);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2 (&actions, err, STDERR_FILENO);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
      POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup (&attributes, 0);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setsigdefault (&attributes, &all);
  code = posix_spawn (pid, program, &actions, &attributes, argv, environ);
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);
  return code;
}

/* A file without a name. */
static int
open_unnamed (void)
{
  g_autofree gchar *path = NULL;
  int fd = g_file_open_tmp ("adsplice-XXXXXX", &path, NULL);

  if (fd < 0)
    return -1;
  g_unlink (path);
  fcntl (fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

/* Numbers above those of the three that it gets: dup2 would close one under another. */
static int
above (int fd)
{
  int higher = fd >= 0 ? fcntl (fd, F_DUPFD_CLOEXEC, 3) : -1;

  if (fd >= 0)
    close (fd);
  return higher;
}

static gboolean
open_pipe (int fds[2])
{
  if (pipe (fds) != 0)
    return FALSE;
  fds[0] = above (fds[0]);
  fds[1] = above (fds[1]);
  if (fds[0] >= 0 && fds[1] >= 0 && fcntl (fds[0], F_SETFL, O_NONBLOCK) == 0)
    return TRUE;
  close_fd (&fds[0]);
  close_fd (&fds[1]);
  return FALSE;
}

void
hls_thumbnailer_start (HlsThumbnailer * t, int fd, gsize size)
{
  g_autofree gchar *program = find_program ();
  gchar length[32];
  gchar *argv[] = { program, length, NULL };
  int in = above (fd), fds[2] = { -1, -1 };
  int code = 0;

  g_snprintf (length, sizeof length, "%" G_GSIZE_FORMAT, size);
  t->out = above (open_unnamed ());
  if (!program) {
    give_up (t, PROGRAM " is not installed.");
  } else if (in < 0 || t->out < 0 || !open_pipe (fds)) {
    give_up (t, g_strerror (errno));
  } else {
    code = spawn (program, argv, in, t->out, fds[1], &t->pid);
    if (code != 0)
      give_up (t, g_strerror (code));
  }
  close_fd (&in);
  close_fd (&fds[1]);
  t->err = fds[0];
  t->text_size = 0;
  t->deadline_us = g_get_monotonic_time () + PROCESS_US;
  if (t->gave_up) {
    t->pid = 0;
    close_fd (&t->out);
    close_fd (&t->err);
  }
}

/* TRUE: it has ended. */
static gboolean
drain (HlsThumbnailer * t)
{
  gchar rest[256];
  ssize_t n;

  do {
    gboolean room = t->text_size < TEXT_MAX - 1;

    n = read (t->err, room ? t->text + t->text_size : rest,
        room ? TEXT_MAX - 1 - t->text_size : sizeof rest);
    if (n > 0 && room)
      t->text_size += (gsize) n;
  } while (n > 0 || (n < 0 && errno == EINTR));
  t->text[t->text_size] = '\0';
  return n == 0;
}

static GBytes *
read_result (const HlsThumbnailer * t)
{
  struct stat st;
  g_autofree guint8 *data = NULL;

  if (fstat (t->out, &st) != 0 || st.st_size <= 0 || st.st_size > JPEG_MAX)
    return NULL;
  data = g_malloc ((gsize) st.st_size);
  if (pread (t->out, data, (gsize) st.st_size, 0) != st.st_size)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), (gsize) st.st_size);
}

/* Whoever we are loaded into may have reaped it already: then the file tells. */
static GBytes *
reap (HlsThumbnailer * t)
{
  int status = 0;
  pid_t got;
  GBytes *jpeg;

  do
    got = waitpid (t->pid, &status, 0);
  while (got < 0 && errno == EINTR);
  t->pid = 0;
  jpeg = got < 0 || (WIFEXITED (status) && WEXITSTATUS (status) == 0) ? read_result (t) : NULL;
  close_fd (&t->out);
  close_fd (&t->err);
  t->failures = jpeg ? 0 : t->failures + 1;
  if (jpeg)
    return jpeg;
  GST_INFO (PROGRAM " has failed: %s", t->text);
  if ((got > 0 && WIFEXITED (status) && WEXITSTATUS (status) == EXIT_CANNOT) ||
      t->failures >= FAILURES_MAX) {
    g_strdelimit (t->text, "\n", ' ');
    give_up (t, t->text[0] ? g_strchomp (t->text) : "its pictures cannot be decoded.");
  }
  return NULL;
}

GBytes *
hls_thumbnailer_take (HlsThumbnailer * t)
{
  if (t->pid == 0)
    return NULL;
  if (!drain (t)) {
    if (g_get_monotonic_time () < t->deadline_us)
      return NULL;
    kill (t->pid, SIGKILL);
  }
  return reap (t);
}

GBytes *
hls_thumbnailer_wait (HlsThumbnailer * t)
{
  gint64 until_us = g_get_monotonic_time () + HLS_THUMBNAIL_WAIT_MS * G_TIME_SPAN_MILLISECOND;

  while (t->pid != 0 && !g_atomic_int_get (&t->cancelled)) {
    struct pollfd pipe_end = {.fd = t->err,.events = POLLIN };
    GBytes *jpeg = hls_thumbnailer_take (t);

    if (jpeg || t->pid == 0 || g_get_monotonic_time () >= until_us)
      return jpeg;
    poll (&pipe_end, 1, CANCEL_MS);
  }
  return NULL;
}

void
hls_thumbnailer_cancel (HlsThumbnailer * t)
{
  if (t)
    g_atomic_int_set (&t->cancelled, 1);
}

gboolean
hls_thumbnailer_is_busy (const HlsThumbnailer * t)
{
  return t->gave_up || t->pid != 0;
}

HlsThumbnailer *
hls_thumbnailer_new (HlsThumbnailTrouble trouble, gpointer user_data)
{
  HlsThumbnailer *t = g_new0 (HlsThumbnailer, 1);

  t->trouble = trouble;
  t->user_data = user_data;
  t->out = t->err = -1;
  return t;
}

void
hls_thumbnailer_free (HlsThumbnailer * t)
{
  if (!t)
    return;
  if (t->pid != 0) {
    GBytes *jpeg;

    kill (t->pid, SIGKILL);
    t->gave_up = TRUE;          /* nobody wants to hear of it */
    jpeg = reap (t);
    g_clear_pointer (&jpeg, g_bytes_unref);
  }
  g_free (t);
}
