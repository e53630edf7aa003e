/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-report.h"

#include <stdio.h>
#include <string.h>

static void
finding_free (gpointer p)
{
  TscFinding *finding = p;

  g_free (finding->name);
  g_free (finding->text);
  g_free (finding);
}

TscReport *
tsc_report_new (void)
{
  TscReport *report = g_new0 (TscReport, 1);

  report->violations = g_ptr_array_new_with_free_func (finding_free);
  report->facts = g_ptr_array_new_with_free_func (finding_free);
  return report;
}

void
tsc_report_free (TscReport * report)
{
  g_ptr_array_unref (report->violations);
  g_ptr_array_unref (report->facts);
  g_free (report);
}

static void
add (GPtrArray * list, const gchar * name, const gchar * format, va_list args)
{
  TscFinding *finding = g_new0 (TscFinding, 1);

  finding->name = g_strdup (name);
  finding->text = g_strdup_vprintf (format, args);
  g_ptr_array_add (list, finding);
}

void
tsc_violation (TscReport * report, const gchar * name, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  add (report->violations, name, format, args);
  va_end (args);
}

void
tsc_fact (TscReport * report, const gchar * name, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  add (report->facts, name, format, args);
  va_end (args);
}

void
tsc_report_print_text (const TscReport * report, const gchar * file)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer name, count;
  guint i;

  for (i = 0; i < report->facts->len; i++) {
    const TscFinding *fact = g_ptr_array_index (report->facts, i);

    printf ("  %-14s %s\n", fact->name, fact->text);
  }
  for (i = 0; i < report->violations->len; i++) {
    const TscFinding *violation = g_ptr_array_index (report->violations, i);
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (seen, violation->name)) + 1;

    g_hash_table_insert (seen, violation->name, GUINT_TO_POINTER (n));
    if (n <= TSC_REPORT_LINES_PER_NAME)
      printf ("VIOLATION %s: %s\n", violation->name, violation->text);
  }
  g_hash_table_iter_init (&iter, seen);
  while (g_hash_table_iter_next (&iter, &name, &count)) {
    if (GPOINTER_TO_UINT (count) > TSC_REPORT_LINES_PER_NAME)
      printf ("VIOLATION %s: %u more like these\n", (const gchar *) name,
          GPOINTER_TO_UINT (count) - TSC_REPORT_LINES_PER_NAME);
  }
  printf ("%s: %s, %u violation(s)\n", file, report->violations->len == 0 ? "clean" : "NOT CLEAN",
      report->violations->len);
}

static void
print_json_string (const gchar * text)
{
  const gchar *c;

  putchar ('"');
  for (c = text; *c != '\0'; c++) {
    if (*c == '"' || *c == '\\')
      printf ("\\%c", *c);
    else if ((guchar) * c < 0x20)
      printf ("\\u%04x", (guint) (guchar) * c);
    else
      putchar (*c);
  }
  putchar ('"');
}

static void
print_json_list (const gchar * name, const GPtrArray * list)
{
  guint i;

  printf (",\n  \"%s\": [", name);
  for (i = 0; i < list->len; i++) {
    const TscFinding *finding = g_ptr_array_index (list, i);

    printf ("%s\n    {\"name\": ", i > 0 ? "," : "");
    print_json_string (finding->name);
    printf (", \"text\": ");
    print_json_string (finding->text);
    putchar ('}');
  }
  printf ("\n  ]");
}

void
tsc_report_print_json (const TscReport * report, const gchar * file)
{
  printf ("{\n  \"file\": ");
  print_json_string (file);
  printf (",\n  \"clean\": %s", report->violations->len == 0 ? "true" : "false");
  print_json_list ("violations", report->violations);
  print_json_list ("facts", report->facts);
  printf ("\n}\n");
}
