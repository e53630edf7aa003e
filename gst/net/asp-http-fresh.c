/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-fresh.h"

#include <libsoup/soup.h>
#include <string.h>

#define GUESS_PART 10

/* What of Cache-Control counts here; -1 = not said. */
typedef struct
{
  gboolean never;               /* no-cache, no-store */
  gint64 max_age_s, shared_max_age_s;
} Control;

static gint64
seconds_of (const gchar * text)
{
  guint64 seconds;

  if (!text || !g_ascii_isdigit (*text))
    return 0;                   /* 4.2.1: what cannot be read is stale */
  seconds = g_ascii_strtoull (text, NULL, 10);
  return (gint64) MIN (seconds, ASP_HTTP_FRESH_MAX_S);
}

/* One directive: a name, or a name with a value, which may be quoted. */
static void
take_directive (Control * c, const gchar * text, gsize size)
{
  g_autofree gchar *name = g_strstrip (g_strndup (text, size));
  gchar *value = strchr (name, '=');

  if (value)
    *value++ = '\0';
  while (value && g_ascii_isspace (*value))
    value++;
  if (value && *value == '"')
    value++;
  g_strchomp (name);
  /* with a value it speaks of some fields only */
  if (!g_ascii_strcasecmp (name, "no-store") || (!g_ascii_strcasecmp (name, "no-cache") && !value))
    c->never = TRUE;
  else if (!g_ascii_strcasecmp (name, "max-age") && c->max_age_s < 0)
    c->max_age_s = seconds_of (value);
  else if (!g_ascii_strcasecmp (name, "s-maxage") && c->shared_max_age_s < 0)
    c->shared_max_age_s = seconds_of (value);
}

/* A comma in quotes does not end one. */
static void
read_control (Control * c, const gchar * text)
{
  const gchar *begin = text;
  gboolean quoted = FALSE;

  c->never = FALSE;
  c->max_age_s = c->shared_max_age_s = -1;
  for (const gchar * p = text; p && (*p || p > begin); p++) {
    if (*p == '"')
      quoted = !quoted;
    if (*p && (*p != ',' || quoted))
      continue;
    take_directive (c, begin, (gsize) (p - begin));
    if (!*p)
      return;
    begin = p + 1;
  }
}

/* FALSE: it is no date. */
static gboolean
read_date (const gchar * text, gint64 * unix_s)
{
  g_autoptr (GDateTime) date = text ? soup_date_time_new_from_http_string (text) : NULL;

  if (date)
    *unix_s = g_date_time_to_unix (date);
  return date != NULL;
}

gint64
asp_http_fresh_s (const AspHttpFreshFields * fields, gint64 now_s)
{
  gint64 lifetime_s, date_s, other_s;
  Control c;

  read_control (&c, fields->cache_control);
  if (c.never)
    return 0;
  if (!read_date (fields->date, &date_s))
    date_s = now_s;
  if (c.shared_max_age_s >= 0)
    lifetime_s = c.shared_max_age_s;
  else if (c.max_age_s >= 0)
    lifetime_s = c.max_age_s;
  else if (fields->expires)
    lifetime_s = read_date (fields->expires, &other_s) ? other_s - date_s : 0;
  else if (read_date (fields->last_modified, &other_s))
    lifetime_s = MIN ((date_s - other_s) / GUESS_PART, ASP_HTTP_FRESH_GUESS_MAX_S);
  else
    return ASP_HTTP_FRESH_UNKNOWN;
  lifetime_s -= fields->age ? seconds_of (fields->age) : 0;
  return CLAMP (lifetime_s, 0, ASP_HTTP_FRESH_MAX_S);
}
