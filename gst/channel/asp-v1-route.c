/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-v1-private.h"

#include <string.h>

#define CHANNEL "/v1/channels/{channel}"

static const gchar *const pages[] = { "limit", "after", NULL };
static const gchar *const break_pages[] = { "limit", "before", NULL };
static const gchar *const event_query[] = { "since", "last", "channel", "wait", "limit", NULL };
static const gchar *const stream_query[] = { "since", "last", "channel", NULL };

/* examples/openapi.yaml describes each; tests/unit/test-v1-openapi.py compares the two. */
static const AspV1Route routes[] = {
  {"GET", "/", NULL, NULL, asp_v1_op_page},
  {"GET", "/healthz", NULL, NULL, asp_v1_op_health},
  {"GET", "/readyz", NULL, NULL, asp_v1_op_ready},
  {"GET", "/metrics", NULL, NULL, asp_v1_op_metrics},
  {"GET", "/v1/channels", pages, NULL, asp_v1_op_list_channels},
  {"GET", CHANNEL, NULL, NULL, asp_v1_op_get_channel},
  {"GET", CHANNEL "/breaks", break_pages, NULL, asp_v1_op_list_breaks},
  {"POST", CHANNEL "/breaks", NULL, asp_v1_break_fields, asp_v1_op_insert_break},
  {"GET", CHANNEL "/breaks/{break}", NULL, NULL, asp_v1_op_get_break},
  {"DELETE", CHANNEL "/breaks/{break}", NULL, asp_v1_no_fields, asp_v1_op_cancel_break},
  {"POST", CHANNEL "/breaks/{break}/end", NULL, asp_v1_no_fields, asp_v1_op_end_break},
  {"POST", CHANNEL "/breaks/{break}/extend", NULL, asp_v1_extend_fields, asp_v1_op_extend_break},
  {"GET", CHANNEL "/creatives", NULL, NULL, asp_v1_op_list_creatives},
  {"POST", CHANNEL "/creatives", NULL, asp_v1_creative_fields, asp_v1_op_warm_creative},
  {"GET", "/v1/events", event_query, NULL, asp_v1_op_list_events},
  {"GET", "/v1/events/stream", stream_query, NULL, asp_v1_op_stream_events},
  {"GET", "/v1/hooks", NULL, NULL, asp_v1_op_list_hooks},
};

guint
asp_v1_n_routes (void)
{
  return G_N_ELEMENTS (routes);
}

const AspV1Route *
asp_v1_route (guint i)
{
  return &routes[i];
}

/* NULL: it cannot be read, or could be no name. */
static gchar *
decode_part (const gchar * part, gsize size)
{
  g_autofree gchar *decoded = g_uri_unescape_segment (part, part + size, NULL);

  if (!decoded || !*decoded || strlen (decoded) > ASP_V1_NAME_MAX || !g_utf8_validate (decoded, -1, NULL))
    return NULL;
  return g_steal_pointer (&decoded);
}

static void
clear_parts (gchar ** parts)
{
  for (guint i = 0; i < ASP_V1_PARTS_MAX; i++)
    g_clear_pointer (&parts[i], g_free);
}

/* Segment by segment; what stands in braces is a part. */
static gboolean
match (const gchar * pattern, const gchar * path, gchar ** parts)
{
  guint n = 0;

  clear_parts (parts);
  while (*pattern == '/' && *path == '/') {
    gsize wanted = strcspn (++pattern, "/");
    gsize there = strcspn (++path, "/");

    if (*pattern == '{') {
      if (n == ASP_V1_PARTS_MAX || !(parts[n] = decode_part (path, there)))
        return FALSE;
      n++;
    } else if (wanted != there || strncmp (pattern, path, wanted) != 0) {
      return FALSE;
    }
    pattern += wanted;
    path += there;
  }
  return *pattern == '\0' && *path == '\0';
}

const AspV1Route *
asp_v1_find_route (const gchar * method, const gchar * path, gchar ** parts, GString * allow)
{
  for (guint i = 0; i < G_N_ELEMENTS (routes); i++) {
    if (!match (routes[i].path, path, parts))
      continue;
    if (!strcmp (routes[i].method, method))
      return &routes[i];
    g_string_append_printf (allow, "%s%s", allow->len > 0 ? ", " : "", routes[i].method);
  }
  clear_parts (parts);
  return NULL;
}
