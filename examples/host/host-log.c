/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-log.h"

/* sd-daemon(3): whoever has this set has its standard streams connected to the journal. */
static gchar *
line_start (HostLevel level)
{
  g_autoptr (GDateTime) now = NULL;

  if (g_getenv ("JOURNAL_STREAM"))
    return g_strdup_printf ("<%d>", (gint) level);
  now = g_date_time_new_now_local ();
  return g_date_time_format (now, level <= HOST_WARNING ? "%H:%M:%S  ! " : "%H:%M:%S  ");
}

void
host_log (HostLevel level, const gchar * channel, const gchar * format, ...)
{
  g_autofree gchar *start = line_start (level), *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_strdelimit (g_strstrip (text), "\r\n", ' ');
  g_printerr ("%s%s%s%s\n", start, channel ? channel : "", channel ? ": " : "", text);
}
