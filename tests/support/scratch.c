/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static gchar *top;              /* holds every folder of this program */
static GPid remover;
static gint life_fd = -1;       /* closed by the end of the program: the remover reads it */

/* Out of the process group of the test, all of which is killed when it takes too long. */
static void
leave_group (gpointer data)
{
  setsid ();
}

/* Waits: a run that has ended has left nothing. */
static void
end_remover (void)
{
  close (life_fd);
  waitpid (remover, NULL, 0);
  g_spawn_close_pid (remover);
  g_free (top);
}

static void
start_remover (void)
{
  const gchar *argv[] = { "sh", "-c", "trap '' HUP INT TERM; cat > /dev/null; rm -rf \"$0\"", top, NULL };
  g_auto (GStrv) env = g_environ_unsetenv (g_get_environ (), "LD_PRELOAD");
  g_autoptr (GError) error = NULL;

  /* its output is no pipe of ours, or whoever reads that would wait for it */
  g_spawn_async_with_pipes (NULL, (gchar **) argv, env,
      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CLOEXEC_PIPES
      | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, leave_group, NULL, &remover,
      &life_fd, NULL, NULL, &error);
  g_assert_no_error (error);
  atexit (end_remover);
}

gchar *
scratch_folder_new (const gchar * name)
{
  g_autofree gchar *path = NULL;
  g_autoptr (GError) error = NULL;

  if (!top) {
    top = g_dir_make_tmp ("adsplice-test-XXXXXX", &error);
    g_assert_no_error (error);
    start_remover ();
  }
  path = g_strdup_printf ("%s/%s-XXXXXX", top, name);
  g_assert_nonnull (g_mkdtemp (path));
  return g_steal_pointer (&path);
}
