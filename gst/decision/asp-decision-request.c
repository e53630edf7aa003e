/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A template with its variables filled. */
#include "asp-decision-request.h"

#include <string.h>

static gboolean
is_json (const gchar * type)
{
  return type && !g_ascii_strncasecmp (type, "application/json", strlen ("application/json"));
}

static gboolean
is_post (const AspDecisionTemplate * t)
{
  return t->method && !g_ascii_strcasecmp (t->method, "POST");
}

static void
expand_headers (AspDecisionRequest * r, const AspDecisionTemplate * t, const AspDecisionVars * vars)
{
  g_autoptr (GPtrArray) headers = g_ptr_array_new ();

  for (guint i = 0; t->headers && t->headers[i] && t->headers[i + 1]; i += 2) {
    g_autofree gchar *value = asp_decision_expand (t->headers[i + 1], vars,
        ASP_DECISION_ESCAPE_HEADER, &r->missing);

    if (!g_ascii_strcasecmp (t->headers[i], "Content-Type")) {
      g_free (r->body_type);
      r->body_type = g_steal_pointer (&value);
      continue;
    }
    g_ptr_array_add (headers, g_strdup (t->headers[i]));
    g_ptr_array_add (headers, g_steal_pointer (&value));
  }
  g_ptr_array_add (headers, NULL);
  r->headers = (gchar **) g_ptr_array_free (g_steal_pointer (&headers), FALSE);
}

gboolean
asp_decision_request_init (AspDecisionRequest * r, const AspDecisionTemplate * t,
    const AspDecisionVars * vars, const gchar ** why)
{
  memset (r, 0, sizeof *r);
  r->url = asp_decision_expand (t->url, vars, ASP_DECISION_ESCAPE_URL, &r->missing);
  r->method = g_strdup (is_post (t) ? "POST" : "GET");
  expand_headers (r, t, vars);
  if (is_post (t)) {
    r->body = asp_decision_expand (t->body ? t->body : "", vars,
        is_json (r->body_type) ? ASP_DECISION_ESCAPE_JSON : ASP_DECISION_ESCAPE_NONE, &r->missing);
    r->gzip = t->gzip;
  }
  *why = NULL;
  if (strlen (r->url) > ASP_DECISION_URL_MAX)
    *why = "The URL of the ad request is longer than 25000 bytes";
  else if (r->body && strlen (r->body) > ASP_DECISION_BODY_MAX)
    *why = "The body of the ad request is longer than 256 KiB";
  if (!*why)
    return TRUE;
  asp_decision_request_clear (r);
  return FALSE;
}

void
asp_decision_request_clear (AspDecisionRequest * r)
{
  g_free (r->url);
  g_free (r->method);
  g_strfreev (r->headers);
  g_free (r->body);
  g_free (r->body_type);
  memset (r, 0, sizeof *r);
}
