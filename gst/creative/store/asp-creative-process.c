/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1024
#define END_US (2 * G_USEC_PER_SEC)
#define CODE_TROUBLE 405        /* VAST: the file cannot be displayed */
#define CODE_UNSUPPORTED 403    /* no supported media file */

extern char **environ;

/* What the process says: a line "progress N", at the end "done" or "error CODE TEXT". */
typedef struct
{
  gchar line[LINE_MAX_BYTES];
  gsize size;
  gboolean done;
  guint code;
  gchar *text;
  AspConditionProgress progress;
  gpointer user_data;
} Listener;

static void
take_line (Listener * l)
{
  guint64 number;

  l->line[l->size] = '\0';
  if (g_str_has_prefix (l->line, "progress ")) {
    if (g_ascii_string_to_unsigned (l->line + 9, 10, 0, 100, &number, NULL))
      l->progress ((gint) number, l->user_data);
  } else if (!strcmp (l->line, "done")) {
    l->done = TRUE;
  } else if (g_str_has_prefix (l->line, "error ") && !l->text) {
    gchar *end;

    l->code = (guint) strtoul (l->line + 6, &end, 10);
    l->text = g_utf8_make_valid (*end == ' ' ? end + 1 : end, -1);
  }
  l->size = 0;
}

static void
take_bytes (Listener * l, const gchar * bytes, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    if (bytes[i] == '\n')
      take_line (l);
    else if (l->size < sizeof l->line - 1)
      l->line[l->size++] = bytes[i];
  }
}

/* --- starting --------------------------------------------------------------------------- */

/* Its own process group: a Ctrl-C in a terminal is not meant for it, and all of it can be ended. */
static int
spawn (const gchar * program, gchar ** argv, int in, int out, pid_t * pid)
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
  posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup (&attributes, 0);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setsigdefault (&attributes, &all);
  code = posix_spawn (pid, program, &actions, &attributes, argv, environ);
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);
  return code;
}

/* The settings as a file without a name. */
static int
open_settings (const gchar * text)
{
  g_autofree gchar *path = NULL;
  int fd = g_file_open_tmp ("adsplice-XXXXXX", &path, NULL);
  gsize size = strlen (text);
  int higher;

  if (fd < 0)
    return -1;
  unlink (path);
  if (write (fd, text, size) != (ssize_t) size || lseek (fd, 0, SEEK_SET) != 0) {
    close (fd);
    return -1;
  }
  /* numbers above those that it gets: dup2 would close one under another */
  higher = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  close (fd);
  return higher;
}

static int
start (const AspConditionProcess * p, pid_t * pid, int *from)
{
  gchar seconds[16], memory[16], bytes[32];
  const gchar *argv[] = { p->program, p->source, p->folder, seconds, memory, bytes, NULL };
  int fds[2], settings = open_settings (p->settings), out, code;

  g_snprintf (seconds, sizeof seconds, "%u", p->timeout_s);
  g_snprintf (memory, sizeof memory, "%u", p->max_memory_mib);
  g_snprintf (bytes, sizeof bytes, "%" G_GUINT64_FORMAT, p->max_file_bytes);
  if (settings < 0)
    return errno;
  if (pipe2 (fds, O_CLOEXEC) != 0) {
    code = errno;
    close (settings);
    return code;
  }
  out = fcntl (fds[1], F_DUPFD_CLOEXEC, 3);
  close (fds[1]);
  code = out < 0 ? errno : spawn (p->program, (gchar **) argv, settings, out, pid);
  close (settings);
  if (out >= 0)
    close (out);
  if (code != 0)
    close (fds[0]);
  *from = fds[0];
  return code;
}

/* --- listening -------------------------------------------------------------------------- */

/* Until it closes its end, or has to end. Returns: why it has to end; static, or NULL */
static const gchar *
listen_to (const AspConditionProcess * p, int from, Listener * l)
{
  gint64 until_us = g_get_monotonic_time () + (gint64) p->timeout_s * G_USEC_PER_SEC;
  gchar bytes[4096];

  for (;;) {
    struct pollfd fds[2] = { {from, POLLIN, 0}, {p->stop_fd, POLLIN, 0} };
    gint64 left_us = until_us - g_get_monotonic_time ();
    ssize_t n;

    if (left_us <= 0)
      return "Conditioning takes longer than it may";
    if (poll (fds, 2, (int) MIN (left_us / 1000 + 1, G_MAXINT)) < 0 && errno != EINTR)
      return "Conditioning cannot be listened to";
    if (fds[1].revents)
      return "Conditioning was ended";
    if (!fds[0].revents)
      continue;
    n = read (from, bytes, sizeof bytes);
    if (n == 0)
      return NULL;
    if (n > 0)
      take_bytes (l, bytes, (gsize) n);
    else if (errno != EINTR && errno != EAGAIN)
      return "Conditioning cannot be listened to";
  }
}

/* It has closed its end, which it does by ending; one that does not is helped. Its number is its
 * own until it is reaped, so that the group is the right one. Returns: its status */
static int
reap (pid_t pid)
{
  gint64 until_us = g_get_monotonic_time () + END_US;
  siginfo_t info = { 0 };
  int status = 0;

  while (waitid (P_PID, (id_t) pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0 &&
      g_get_monotonic_time () < until_us)
    poll (NULL, 0, 10);
  kill (-pid, SIGKILL);
  while (waitpid (pid, &status, 0) < 0 && errno == EINTR);
  return status;
}

static gchar *
describe_end (int status)
{
  if (WIFSIGNALED (status) && WTERMSIG (status) == SIGXFSZ)
    return g_strdup ("The conditioned creative is larger than it may be");
  if (WIFSIGNALED (status))
    return g_strdup_printf ("Conditioning broke down (signal %d): the file is damaged, or needs more memory or time than "
        "it may have", WTERMSIG (status));
  return g_strdup_printf ("Conditioning broke down (exit code %d)", WEXITSTATUS (status));
}

gchar *
asp_condition_process_run (const AspConditionProcess * p, AspConditionProgress progress, gpointer user_data,
    guint * code)
{
  Listener l = { .progress = progress, .user_data = user_data };
  const gchar *ended;
  pid_t pid = 0;
  int from = -1, status = 0, failure = start (p, &pid, &from);
  gchar *text;

  *code = CODE_TROUBLE;
  if (failure != 0)
    return g_strdup_printf ("%s cannot be started: %s", p->program, g_strerror (failure));
  ended = listen_to (p, from, &l);
  if (ended)
    kill (-pid, SIGKILL);
  close (from);
  status = reap (pid);
  if (ended)
    text = g_strdup (ended);
  else if (l.text)
    text = g_steal_pointer (&l.text);
  else
    text = l.done && WIFEXITED (status) && WEXITSTATUS (status) == 0 ? NULL : describe_end (status);
  if (l.code == CODE_UNSUPPORTED)
    *code = CODE_UNSUPPORTED;
  g_free (l.text);
  return text;
}
