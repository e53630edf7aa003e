/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Single keys of the terminal on standard input, without Enter and without echo. When
 * standard input is no terminal, lines are read instead and their first letter counts.
 * Thread: the default main context. Since: 0.1
 */
typedef struct _KeyPress KeyPress;
typedef void (*KeyPressFunc) (gchar key, gpointer data);

KeyPress *key_press_new (KeyPressFunc func, gpointer data);

/* Puts the terminal back as it was. NULL is allowed. */
void key_press_free (KeyPress * keys);

G_END_DECLS
