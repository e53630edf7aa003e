/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-server.h>

#include "hlsadsink-channel.h"

G_BEGIN_DECLS

/*
 * The playlists of a channel as its own HTTP server gives them: with blocking reload, delta
 * updates and, where there are parts, low latency (RFC 8216bis 6.2.5), which files in a folder
 * cannot have. And the part that PRELOAD-HINT names, for who asks before it is there.
 *
 * Every version is rendered and compressed once, when it is published; requests see an immutable
 * copy of it and of where the timeline had got to, and never the timeline itself.
 * Threads: publish in the channel's, the handlers in the server's, the rest in the
 * owner's while neither runs. Since: 0.1
 */
typedef struct _HlsOrigin HlsOrigin;

typedef struct
{
  const gchar *prefix;          /* of its URLs: "/CHANNEL/" */
  guint n_renditions;
  const HlsChannelRendition *renditions;
  gboolean hidden;              /* its own playlists are not there (404) */
} HlsOriginConfig;

/* @config is copied. */
HlsOrigin *hls_origin_new (const HlsOriginConfig * config);
/* The server must be gone. NULL is allowed. */
void hls_origin_free (HlsOrigin * origin);

/* Before the server starts. Media are its folder's business. */
void hls_origin_serve (HlsOrigin * origin, AspHttpServer * server);

void hls_origin_publish (HlsOrigin * origin, const HlsEdition * edition);

/* Cache-Control of playlists that nobody waited for, and of media (RFC 8216bis B.1). */
guint hls_origin_playlist_age_s (guint target_duration_s);
guint hls_origin_media_age_s (guint target_duration_s);

G_END_DECLS
