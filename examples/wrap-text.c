/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wrap-text.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_CHARS 100

void
wrap_text (const gchar * first, const gchar * rest, const gchar * text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  gsize column = strlen (first);
  gboolean begun = FALSE;

  fputs (first, stdout);
  for (guint i = 0; words[i]; i++) {
    gsize length = strlen (words[i]);

    if (begun && column + 1 + length > LINE_MAX_CHARS) {
      printf ("\n%s", rest);
      column = strlen (rest);
      begun = FALSE;
    }
    printf ("%s%s", begun ? " " : "", words[i]);
    column += length + begun;
    begun = TRUE;
  }
  fputs ("\n", stdout);
}
