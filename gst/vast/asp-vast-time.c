/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VAST's times: HH:MM:SS.mmm, and what is met instead. */
#include "asp-vast.h"

#include <string.h>

/* digits, at most nine of them, so that 3600 of them fit */
static gboolean
take_number (const gchar ** at, gint64 * out)
{
  guint n = 0;

  for (*out = 0; g_ascii_isdigit (**at) && n < 9; n++)
    *out = *out * 10 + *(*at)++ - '0';
  return n > 0 && !g_ascii_isdigit (**at);
}

/* ".5", ".123456": to ticks of 90 kHz, rounded */
static gboolean
take_fraction (const gchar ** at, gint64 * ticks)
{
  gint64 value = 0, unit = 1;

  *ticks = 0;
  if (**at != '.' && **at != ',')
    return TRUE;
  ++*at;
  if (!g_ascii_isdigit (**at))
    return FALSE;
  for (; g_ascii_isdigit (**at); ++*at) {
    if (unit >= 1000000)
      continue;
    value = value * 10 + **at - '0';
    unit *= 10;
  }
  *ticks = (value * 90000 + unit / 2) / unit;
  return TRUE;
}

gint64
asp_vast_time_90k (const gchar * text)
{
  gint64 seconds = 0, number, ticks;
  guint parts = 0;

  if (!text)
    return -1;
  while (g_ascii_isspace (*text))
    text++;
  do {
    if (!take_number (&text, &number))
      return -1;
    /* minutes and seconds behind a colon are below 60; a leap second is let through */
    if (parts > 0 && number > 60)
      return -1;
    seconds = seconds * 60 + number;
    parts++;
  } while (parts < 3 && *text == ':' && text++);
  if (!take_fraction (&text, &ticks))
    return -1;
  while (g_ascii_isspace (*text) || (parts == 1 && *text == 's'))
    text++;
  return *text ? -1 : seconds * 90000 + ticks;
}

AspAdOffset
asp_vast_offset (const gchar * text)
{
  AspAdOffset offset = ASP_AD_OFFSET_NONE;
  gchar *end;
  gdouble percent;

  if (!text)
    return offset;
  while (g_ascii_isspace (*text))
    text++;
  if (!strchr (text, '%')) {
    offset.at_90k = asp_vast_time_90k (text);
    return offset;
  }
  percent = g_ascii_isdigit (*text) ? g_ascii_strtod (text, &end) : -1;
  if (percent >= 0 && percent <= 100 && *end == '%')
    offset.percent = percent;
  return offset;
}
