/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-server.h>
#include <asp-http-uploader.h>

#include "hlsadsink-channel.h"

G_BEGIN_DECLS

/*
 * Where a channel goes besides its folder: the embedded HTTP server (hlsadsink-origin.h), and
 * uploads to another one. Either may be missing.
 *
 * Threads: new, free and the getters from the owner's; the functions of hls_outlet_funcs in
 * the channel's, with the outlet as user_data, from new to free; the server and the uploader
 * have their own. Since: 0.1
 */
typedef struct _HlsOutlet HlsOutlet;

typedef struct
{
  const gchar *channel;
  const gchar *location;
  guint target_duration_s;
  gboolean delete_old;
  guint n_renditions;
  const HlsChannelRendition *renditions;
  gboolean hidden;              /* the channel's own playlists are not served */
  const gchar *listen;          /* HOST:PORT; NULL or "" = no server */
  const gchar *tls_certificate, *tls_key;       /* PEM files; NULL or "" = no TLS, in the certificate's */
  const gchar *push_url;        /* NULL or "" = no uploads */
} HlsOutletConfig;

/* @config is copied; @uploads is static, its functions come in the uploader's thread. NULL with
 * ASP_HTTP_ERROR. When it returns the port is open. */
HlsOutlet *hls_outlet_new (const HlsOutletConfig * config, const AspHttpUploaderFuncs * uploads,
    gpointer user_data, GError ** error);

/* The channel must be gone. Waits for uploads, HLS_OUTLET_DRAIN_MS at most. NULL is allowed. */
#define HLS_OUTLET_DRAIN_MS 5000
void hls_outlet_free (HlsOutlet * outlet);

/* The real HOST:PORT of the server, or NULL. Thread: any. (transfer full) */
gchar *hls_outlet_dup_address (HlsOutlet * outlet);

extern const HlsChannelOutlet hls_outlet_funcs;

G_END_DECLS
