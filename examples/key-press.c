/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "key-press.h"

#include <glib-unix.h>
#include <termios.h>
#include <unistd.h>

struct _KeyPress
{
  KeyPressFunc func;
  gpointer data;
  guint watch;                  /* 0 once standard input has ended */
  gboolean is_terminal;
  gboolean in_line;             /* no terminal: the letter of this line has been read */
  struct termios before;
};

static gboolean
on_input (gint fd, GIOCondition condition, gpointer data)
{
  KeyPress *keys = data;
  gchar read_in[64];
  gssize n = read (fd, read_in, sizeof read_in), i;

  if (n <= 0) {
    keys->watch = 0;
    return G_SOURCE_REMOVE;
  }
  for (i = 0; i < n; i++) {
    if (read_in[i] == '\n')
      keys->in_line = FALSE;
    else if (keys->is_terminal || !keys->in_line) {
      keys->in_line = TRUE;
      keys->func (read_in[i], keys->data);
    }
  }
  return G_SOURCE_CONTINUE;
}

/* A job in the background that touches the terminal is stopped, so it leaves it alone. */
static gboolean
owns_terminal (void)
{
  return isatty (STDIN_FILENO) && tcgetpgrp (STDIN_FILENO) == getpgrp ();
}

KeyPress *
key_press_new (KeyPressFunc func, gpointer data)
{
  KeyPress *keys = g_new0 (KeyPress, 1);
  struct termios raw;

  keys->func = func;
  keys->data = data;
  keys->is_terminal = owns_terminal () && tcgetattr (STDIN_FILENO, &keys->before) == 0;
  if (keys->is_terminal) {
    raw = keys->before;
    raw.c_lflag &= ~(tcflag_t) (ICANON | ECHO);
    tcsetattr (STDIN_FILENO, TCSANOW, &raw);
  }
  if (keys->is_terminal || !isatty (STDIN_FILENO))
    keys->watch = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, keys);
  return keys;
}

void
key_press_free (KeyPress * keys)
{
  if (!keys)
    return;
  if (keys->watch)
    g_source_remove (keys->watch);
  if (keys->is_terminal)
    tcsetattr (STDIN_FILENO, TCSANOW, &keys->before);
  g_free (keys);
}
