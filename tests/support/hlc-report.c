/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlc-report.h"

#include <stdio.h>

static gchar **
split (const gchar * list)
{
  return list != NULL && *list != '\0' ? g_strsplit (list, ",", -1) : NULL;
}

HlcReport *
hlc_report_new (const gchar * only, const gchar * skip)
{
  HlcReport *report = g_new0 (HlcReport, 1);

  report->only = split (only);
  report->skip = split (skip);
  report->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return report;
}

void
hlc_report_free (HlcReport * report)
{
  if (report == NULL)
    return;
  g_strfreev (report->only);
  g_strfreev (report->skip);
  g_hash_table_unref (report->told);
  g_free (report);
}

static void
tell (HlcReport * report, const gchar * assertion, const gchar * name, const gchar * place,
    const gchar * format, va_list args)
{
  g_autofree gchar *text = NULL, *key = NULL;

  if ((report->only != NULL && !g_strv_contains ((const gchar **) report->only, assertion)) ||
      (report->skip != NULL && g_strv_contains ((const gchar **) report->skip, assertion)))
    return;
  text = g_strdup_vprintf (format, args);
  key = g_strdup_printf ("%s %s %s", assertion, name, text);
  if (!g_hash_table_add (report->told, g_steal_pointer (&key)))
    return;
  printf ("%s %s%s: %s\n", assertion, name, place, text);
  if (*assertion == 'E')
    report->errors++;
  else
    report->warnings++;
}

void
hlc_find (HlcReport * report, const gchar * assertion, const HlcPlaylist * playlist, guint line,
    const gchar * format, ...)
{
  g_autofree gchar *place = NULL;
  va_list args;

  place = line > 0 ? g_strdup_printf (" version %u (%s) line %u", playlist->number, playlist->file,
      line) : g_strdup_printf (" version %u (%s)", playlist->number, playlist->file);
  va_start (args, format);
  tell (report, assertion, playlist->name, place, format, args);
  va_end (args);
}

void
hlc_find_in (HlcReport * report, const gchar * assertion, const gchar * name, const gchar * format,
    ...)
{
  va_list args;

  va_start (args, format);
  tell (report, assertion, name, "", format, args);
  va_end (args);
}
