/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-path.h>

G_BEGIN_DECLS

/*
 * Files go to another origin by HTTP PUT, in a thread and a GMainContext of its own.
 *
 * Order: a playlist goes when everything that was put before it has arrived or been given
 * up, so that it never names what is not there; media go several at a time. Of a playlist
 * that cannot be sent fast enough only the oldest and the newest version wait. What fails is
 * tried again, later and later, until its time is over; media then are missing at the
 * other origin, and the playlists go on. The queue is bounded: when it is full the oldest
 * media that have not begun are given up. All of this is told once (`trouble`), and its end
 * once (`recovered`).
 *
 * Thread: put, remove and get_stats from any, and they never wait for the network; new and
 * free from one. Since: 0.1
 */
typedef struct _AspHttpUploader AspHttpUploader;

typedef struct
{
  const gchar *base_url;        /* http or https, "https://user:password@host/path/"; names are
                                   appended */
  gsize queue_bytes;            /* 0 = 64 MiB */
  guint parallel;               /* media at a time. 0 = 4 */
  guint silence_timeout_s;      /* a transfer that does not move is a failure. 0 = 10 */
  guint give_up_s;              /* from the first attempt. 0 = 30 */
  gboolean remove_old;          /* DELETE what asp_http_uploader_remove() names */
  const gchar *ca_file;         /* PEM; NULL = what the system trusts */
} AspHttpUploaderConfig;

typedef struct
{
  /* Something has been given up: what, why, what to do. Not again before it has recovered. */
  void (*trouble) (const GError * error, gpointer user_data);
  /* A file has arrived again. */
  void (*recovered) (gpointer user_data);
} AspHttpUploaderFuncs;

/**
 * asp_http_uploader_new:
 * @config: is copied
 * @funcs: (nullable): static; called in the uploader's thread, which they must not free
 *
 * Returns: (nullable): NULL with ASP_HTTP_ERROR_URL or ASP_HTTP_ERROR_TLS. Nothing is
 * connected yet
 */
AspHttpUploader *asp_http_uploader_new (const AspHttpUploaderConfig * config,
    const AspHttpUploaderFuncs * funcs, gpointer user_data, GError ** error);

/* Waits at most @drain_ms for what is queued. NULL is allowed. */
void asp_http_uploader_free (AspHttpUploader * uploader, guint drain_ms);

/**
 * asp_http_uploader_put:
 * @name: below the base URL, plain ("m/v-00000001.ts")
 * @cache_control: (nullable): for the other origin
 * @bytes: is referenced
 *
 * The media type comes from the name (asp_http_content_type()), and so does what is a
 * playlist (asp_http_is_playlist()).
 */
void asp_http_uploader_put (AspHttpUploader * uploader, const gchar * name,
    const gchar * cache_control, GBytes * bytes);

/* After all playlists that were put before. Nothing without `remove_old`. */
void asp_http_uploader_remove (AspHttpUploader * uploader, const gchar * name);

typedef struct
{
  guint64 sent, sent_bytes;     /* files that have arrived */
  guint64 removed;
  guint64 failures;             /* attempts */
  guint64 given_up;             /* files */
  guint queued;                 /* files, now */
  gsize queued_bytes;
} AspHttpUploaderStats;

void asp_http_uploader_get_stats (AspHttpUploader * uploader, AspHttpUploaderStats * stats);

G_END_DECLS
