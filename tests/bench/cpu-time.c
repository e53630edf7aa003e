/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cpu-time COMMAND [ARGUMENT...]: runs it and prints what it and its children cost:
 *
 *   USER_S SYSTEM_S WALL_S MAXRSS_KIB
 *
 * on standard output, which the command itself does not get (its output goes to
 * standard error). The exit status is the command's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds (struct timeval t)
{
  return (double) t.tv_sec + (double) t.tv_usec / 1e6;
}

static double
wall_s (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

int
main (int argc, char **argv)
{
  struct rusage used;
  double begin_s;
  pid_t child;
  int status;

  if (argc < 2) {
    fprintf (stderr, "usage: cpu-time COMMAND [ARGUMENT...]\n");
    return 2;
  }
  begin_s = wall_s ();
  child = fork ();
  if (child < 0) {
    fprintf (stderr, "cpu-time: cannot start %s: %s\n", argv[1], strerror (errno));
    return 2;
  }
  if (child == 0) {
    if (dup2 (STDERR_FILENO, STDOUT_FILENO) < 0)
      _exit (127);
    execvp (argv[1], argv + 1);
    fprintf (stderr, "cpu-time: cannot run %s: %s\n", argv[1], strerror (errno));
    _exit (127);
  }
  while (wait4 (child, &status, 0, &used) < 0) {
    if (errno != EINTR)
      return 2;
  }
  printf ("%.3f %.3f %.3f %ld\n", seconds (used.ru_utime), seconds (used.ru_stime),
      wall_s () - begin_s, used.ru_maxrss);
  return WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
}
