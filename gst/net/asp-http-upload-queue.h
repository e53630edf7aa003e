/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Internal to gst/net: what is to be uploaded, in which order, and when again. Decisions
 * only: no network, no clock (monotonic time comes in), no lock. One thread.
 */
typedef enum
{
  ASP_HTTP_UPLOAD_MEDIA,
  ASP_HTTP_UPLOAD_PLAYLIST,
  ASP_HTTP_UPLOAD_REMOVE,
} AspHttpUploadKind;

typedef enum
{
  ASP_HTTP_UPLOAD_WAITS,        /* for its turn, or for the next attempt */
  ASP_HTTP_UPLOAD_RUNS,
} AspHttpUploadPhase;

typedef struct
{
  AspHttpUploadKind kind;
  gchar *name;
  gchar *cache_control;         /* nullable */
  GBytes *bytes;                /* NULL to remove */
  AspHttpUploadPhase phase;
  guint attempts;               /* that have begun */
  gint64 first_us;              /* of them; 0 = none */
  gint64 next_us;               /* not before */
  gpointer transfer;            /* the user's, while it runs */
  GList link;
} AspHttpUpload;

typedef struct
{
  GQueue uploads;               /* AspHttpUpload, as they came */
  gsize limit, bytes;
  guint parallel;
  gint64 give_up_us;
} AspHttpUploadQueue;

AspHttpUpload *asp_http_upload_new (AspHttpUploadKind kind, const gchar * name,
    const gchar * cache_control, GBytes * bytes);
void asp_http_upload_free (AspHttpUpload * upload);

void asp_http_upload_queue_init (AspHttpUploadQueue * queue, gsize limit, guint parallel,
    gint64 give_up_us);
void asp_http_upload_queue_clear (AspHttpUploadQueue * queue);

/* Takes over @upload. Returns how many had to be given up for want of room. */
guint asp_http_upload_queue_add (AspHttpUploadQueue * queue, AspHttpUpload * upload);

/* The next one that may begin now, set to RUNS, or NULL; then @wake_us is when to ask
 * again (G_MAXINT64: when something ends). */
AspHttpUpload *asp_http_upload_queue_next (AspHttpUploadQueue * queue, gint64 now_us,
    gint64 * wake_us);

/* It is done, or given up: freed. */
void asp_http_upload_queue_finish (AspHttpUploadQueue * queue, AspHttpUpload * upload);

/* An attempt has failed. FALSE when its time is over: finish it. @random: any number, so
 * that many channels do not try again together. */
gboolean asp_http_upload_queue_retry (AspHttpUploadQueue * queue, AspHttpUpload * upload,
    gint64 now_us, guint32 random);

G_END_DECLS
