/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * One version of something that is served from memory: its bytes, their media type, an
 * entity tag, and the same bytes as gzip, made once and not for every client. Immutable.
 * Thread: any. Since: 0.1
 */
typedef struct _AspHttpBody AspHttpBody;

/**
 * asp_http_body_new:
 * @bytes: is referenced
 * @content_type: copied
 * @etag: (nullable): with its quotes and without "W/"; NULL = made from the bytes
 * @compress: also make the gzip form; it is kept only when it is shorter
 *
 * Compression takes time in the order of 1 ms for 100 KiB of playlist: call it where that
 * is allowed (the publisher's thread, never a streaming thread).
 */
AspHttpBody *asp_http_body_new (GBytes * bytes, const gchar * content_type, const gchar * etag,
    gboolean compress);

AspHttpBody *asp_http_body_ref (AspHttpBody * body);

/* NULL is allowed. */
void asp_http_body_unref (AspHttpBody * body);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspHttpBody, asp_http_body_unref)

/* Borrowed from the body, all of them. */
GBytes *asp_http_body_get_bytes (const AspHttpBody * body);
const gchar *asp_http_body_get_type (const AspHttpBody * body);
const gchar *asp_http_body_get_etag (const AspHttpBody * body);

/* NULL when there is no gzip form. Its tag is another one: the bytes are (RFC 9110 8.8.3). */
GBytes *asp_http_body_get_gzip (const AspHttpBody * body);
const gchar *asp_http_body_get_gzip_etag (const AspHttpBody * body);

G_END_DECLS
