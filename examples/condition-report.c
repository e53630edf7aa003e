/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "condition-report.h"

#include <stdio.h>
#include <unistd.h>

#define BAR 40
#define SILENCE_LUFS (-70.0)

void
condition_progress (gint percent)
{
  gint full = percent * BAR / 100;

  if (!isatty (STDERR_FILENO))
    return;
  fprintf (stderr, "\r[%.*s%*s] %3d %%", full, "########################################", BAR - full, "", percent);
  fflush (stderr);
}

static gdouble
level (const GstStructure * report, const gchar * name)
{
  gdouble value = -200;

  gst_structure_get_double (report, name, &value);
  return value;
}

static void
print_source (const GstStructure * s)
{
  gint width = 0, height = 0, num = 0, den = 1, rate = 0, channels = 0;

  gst_structure_get_int (s, "width", &width);
  gst_structure_get_int (s, "height", &height);
  gst_structure_get_fraction (s, "framerate", &num, &den);
  printf ("  was       %dx%d", width, height);
  if (num > 0)
    printf (", %.2f pictures/s", (gdouble) num / den);
  if (gst_structure_get_int (s, "rate", &rate) && gst_structure_get_int (s, "channels", &channels))
    printf (", %d Hz, %d channel%s\n", rate, channels, channels == 1 ? "" : "s");
  else
    printf (", no sound\n");
}

static void
print_changes (const GstStructure * report)
{
  const GValue *list = gst_structure_get_value (report, "changes");

  for (guint i = 0; list && i < gst_value_array_get_size (list); i++)
    printf ("  %s  %s\n", i == 0 ? "changed " : "        ", g_value_get_string (gst_value_array_get_value (list, i)));
}

static void
print_sound (const GstStructure * report)
{
  gboolean limited = FALSE;

  if (level (report, "loudness-before") < SILENCE_LUFS) {
    printf ("  sound     silence\n");
    return;
  }
  gst_structure_get_boolean (report, "gain-limited", &limited);
  printf ("  loudness  %.1f LUFS -> %.1f LUFS (%+.1f dB%s)\n", level (report, "loudness-before"),
      level (report, "loudness-after"), level (report, "gain"),
      limited ? "; the true peak allows no more" : "");
  printf ("  true peak %.1f dBTP -> %.1f dBTP, short term at most %.1f LUFS\n", level (report, "true-peak-before"),
      level (report, "true-peak-after"), level (report, "short-term-max-after"));
}

void
condition_report_print (const GstStructure * report, const gchar * output)
{
  guint64 frames = 0, bytes = 0, duration = 0;
  guint unit = 0;
  const GValue *source = gst_structure_get_value (report, "source");

  gst_structure_get_uint64 (report, "frames", &frames);
  gst_structure_get_uint64 (report, "bytes", &bytes);
  gst_structure_get_uint64 (report, "duration", &duration);
  gst_structure_get_uint (report, "unit", &unit);
  condition_progress (100);
  if (isatty (STDERR_FILENO))
    fputc ('\n', stderr);
  printf ("%s: %.2f s, %" G_GUINT64_FORMAT " frames in units of %u, %.2f Mbit/s\n", output,
      (gdouble) duration / GST_SECOND, frames, unit,
      duration > 0 ? (gdouble) bytes * 8 * GST_SECOND / (gdouble) duration / 1e6 : 0);
  if (source)
    print_source (gst_value_get_structure (source));
  print_changes (report);
  print_sound (report);
}
