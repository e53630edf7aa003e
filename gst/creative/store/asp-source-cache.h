/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-client.h>

G_BEGIN_DECLS

/*
 * The files that creatives are made of, as they were fetched, kept in a folder by HTTP's rules: a file
 * is used unasked for as long as its answer says (RFC 9111), then its server is asked whether it is
 * still the one (If-None-Match, If-Modified-Since), and it is fetched again when it is not. When a
 * server cannot be asked, what is there is used; when it says that there is none any more, it is not.
 *
 *   fetched/ID.json          URL, file, validators, how long it is fresh; its time is that of its last use
 *   fetched/ID-SHA.media     the bytes; a new content has a new name. ID: 32 hex digits of the URL's SHA-256
 *   tmp/                     what is on its way; emptied by the next start when its process is gone
 *
 * Above the limit of bytes the least recently used goes; never one that is held, or was asked for in the
 * last minutes, by this or another process. Everything is renamed into its place whole.
 *
 * Thread: any; new and free from one. No function waits for the network. Since: 0.1
 */
typedef struct _AspSourceCache AspSourceCache;

/* As long as somebody has a reference, that file stays. Thread: any. */
typedef struct _AspSourceHold AspSourceHold;

AspSourceHold *asp_source_hold_ref (AspSourceHold * hold);
void asp_source_hold_unref (AspSourceHold * hold);      /* NULL is allowed */

typedef enum
{
  ASP_SOURCE_READY,             /* `path` */
  ASP_SOURCE_FETCHING,          /* or it is being asked whether it is still the one */
  ASP_SOURCE_FAILED,            /* `text`; not tried again before `retry_s` */
} AspSourceState;

typedef struct
{
  AspSourceState state;
  gchar *path;                  /* READY */
  AspSourceHold *hold;          /* READY */
  gchar *text;                  /* FAILED: for people, or NULL */
} AspSourceStatus;

void asp_source_status_clear (AspSourceStatus * s);

/* Something has become READY or FAILED; in the client's thread. */
typedef void (*AspSourceNews) (gpointer user_data);

typedef struct
{
  const gchar *folder;
  AspHttpClient *client;        /* borrowed */
  guint64 max_bytes;            /* of all files; 0 = 4 GiB */
  gsize max_file_bytes;         /* 0 = 512 MiB */
  guint fetch_timeout_s;        /* 0 = 120 */
  guint fresh_s;                /* of an answer that says nothing of it; 0 = 3600 */
  guint retry_s;                /* behind a failure; 0 = 60 */
  guint used_s;                 /* a file that was asked for does not go for so long; 0 = 600 */
  AspSourceNews news;
  gpointer user_data;
} AspSourceCacheConfig;

/* Returns: NULL with a G_FILE_ERROR when the folder cannot be used */
AspSourceCache *asp_source_cache_new (const AspSourceCacheConfig * config, GError ** error);

/* When the client has been freed, or nothing is on its way. NULL is allowed. */
void asp_source_cache_free (AspSourceCache * cache);

/* Asks for the file behind @url, and begins to fetch what is not there. @out: to be cleared. */
void asp_source_cache_want (AspSourceCache * cache, const gchar * url, AspSourceStatus * out);
/* As it is now; begins with nothing. */
void asp_source_cache_peek (AspSourceCache * cache, const gchar * url, AspSourceStatus * out);

/* ID above. (transfer full) */
gchar *asp_source_id (const gchar * url);

G_END_DECLS
