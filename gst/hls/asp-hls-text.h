/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/* How values are written in playlists. Thread: any; pure. Since: 0.1 */

/* Milliseconds of Unix time, rounded: what all dates are written in. */
gint64 asp_hls_ms (gint64 utc_us);
/* ISO 8601 in UTC with milliseconds, without quotation marks. */
void asp_hls_add_date (GString * out, gint64 ms);
/* Decimal seconds: six places, or three. */
void asp_hls_add_us (GString * out, gint64 us);
void asp_hls_add_ms (GString * out, gint64 ms);
/* As short as it can be: 30, 8.308. */
void asp_hls_add_short_ms (GString * out, gint64 ms);
gint64 asp_hls_90k_to_ms (gint64 t_90k);
/* `,NAME="value"`; nothing where there is no value. @value is quotable. */
void asp_hls_add_attribute (GString * out, const gchar * name, const gchar * value);
/* Of bytes in hexadecimal; NULL when it is none. (transfer full) */
gchar *asp_hls_base64_of_hex (const gchar * hex);

G_END_DECLS
