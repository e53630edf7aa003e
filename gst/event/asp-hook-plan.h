/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hook-runner.h"

G_BEGIN_DECLS

/* Internal to gst/event: what hooks do when. Pure. */

/* How long to wait behind the @failures-th failure in a row (from 1): twice as long each time, from
 * ASP_HOOK_RETRY_MIN_MS to ASP_HOOK_RETRY_MAX_MS, a quarter more or less. @chance: in [0, 1] */
gint64 asp_hook_backoff_ms (guint failures, gdouble chance);

/* What to say of an answer that is none: @status 0 = no answer, @error an AspHttpClientError or -1.
 * Names no URL: a path may be a secret. (transfer full) */
gchar *asp_hook_why (guint status, gint error);

/* "sha256=HEX". (transfer full) */
gchar *asp_hook_signature (const gchar * secret, const gchar * body);

/* Names and values in turn, with NULL at the end. @bad: (out): how many were left out. (transfer full) */
gchar **asp_hook_headers (const gchar * const *lines, guint * bad);

gboolean asp_hook_wants (const gchar * const *channels, const AspEvent * event);

gboolean asp_hook_name_is_good (const gchar * name);

/* The value of its key. (transfer full) */
GBytes *asp_hook_place_write (guint64 number);
/* FALSE: it is none. */
gboolean asp_hook_place_read (GBytes * value, guint64 * number);

G_END_DECLS
