/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * For how long an answer may be used again without asking (RFC 9111, 4.2). Thread: any; pure: the
 * time is given. Since: 0.1
 */

/* Fields of the answer, as asp_http_answer_header() gives them; NULL = not there. */
typedef struct
{
  const gchar *cache_control;
  const gchar *expires;
  const gchar *date;
  const gchar *age;
  const gchar *last_modified;
} AspHttpFreshFields;

#define ASP_HTTP_FRESH_UNKNOWN (-1)
#define ASP_HTTP_FRESH_MAX_S (365 * 24 * 3600)
/* 4.2.2: a tenth of its age, where the server says nothing but when it changed last. */
#define ASP_HTTP_FRESH_GUESS_MAX_S (24 * 3600)

/**
 * asp_http_fresh_s:
 * @now_s: seconds of Unix time
 *
 * Of a cache that serves several: s-maxage counts before max-age, and that before Expires. What may not
 * be kept (no-store) or not be used unasked (no-cache) is fresh for 0 s.
 *
 * Returns: seconds from now on, 0 = ask each time; ASP_HTTP_FRESH_UNKNOWN = the server says nothing
 *   that it could be told from
 */
gint64 asp_http_fresh_s (const AspHttpFreshFields * fields, gint64 now_s);

G_END_DECLS
