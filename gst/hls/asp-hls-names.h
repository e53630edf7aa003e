/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The one place where files get their names; nothing ever takes one apart again.
 * With @secret a name says nothing: 22 characters of base64url of HMAC-SHA-256 over what it
 * names, so that nobody can count on from one to the next, or tell an ad from the programme.
 * Thread: any; pure. Since: 0.1
 */
typedef enum
{
  ASP_HLS_NAME_SEGMENT,
  ASP_HLS_NAME_PART,
} AspHlsNameKind;

#define ASP_HLS_SECRET_SIZE 32

/* @number: MEDIA-SEQUENCE; @part: of it, from 0. @secret: NULL, or ASP_HLS_SECRET_SIZE bytes.
 * (transfer full): with the suffix .ts */
gchar *asp_hls_media_name (const guint8 * secret, AspHlsNameKind kind, const gchar * rendition,
    guint64 number, guint part);

/* Of the media playlist: playlist.m3u8 where there is one rendition. (transfer full) */
gchar *asp_hls_playlist_name (const gchar * rendition, guint n_renditions);

G_END_DECLS
