/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A JPEG of a key frame, made by another process (adsplice-thumbnail) with the lowest priority:
 * a decoder that crashes on what came in, or takes its time, is none of the channel's business.
 * No signal handler, no main context and no thread are needed for it here. One at a time.
 *
 * Thread: one; hls_thumbnailer_cancel() from any. Nothing blocks but hls_thumbnailer_wait().
 * Since: 0.1
 */
typedef struct _HlsThumbnailer HlsThumbnailer;

/* There will be none, and why; once. */
typedef void (*HlsThumbnailTrouble) (const gchar * text, gpointer user_data);

HlsThumbnailer *hls_thumbnailer_new (HlsThumbnailTrouble trouble, gpointer user_data);
void hls_thumbnailer_free (HlsThumbnailer * thumbnailer);       /* NULL is allowed */

/* One is being made, or none can be. */
gboolean hls_thumbnailer_is_busy (const HlsThumbnailer * thumbnailer);

/* @fd: (transfer full): stands where a transport stream with a key frame begins, of @size bytes */
void hls_thumbnailer_start (HlsThumbnailer * thumbnailer, int fd, gsize size);

/* (transfer full) (nullable): the JPEG when one has been made since. */
GBytes *hls_thumbnailer_take (HlsThumbnailer * thumbnailer);
/* The same; waits for the one that is being made, HLS_THUMBNAIL_WAIT_MS at most. */
#define HLS_THUMBNAIL_WAIT_MS 2000
GBytes *hls_thumbnailer_wait (HlsThumbnailer * thumbnailer);
/* Nobody waits any more. */
void hls_thumbnailer_cancel (HlsThumbnailer * thumbnailer);

G_END_DECLS
