/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-upload-queue.h"

#include <string.h>

#define RETRY_FIRST_US (250 * 1000)
#define RETRY_LONGEST_US (4 * G_USEC_PER_SEC)
/* What an entry costs besides its bytes: a queue of empty files is bounded too. */
#define ENTRY_COST 512

AspHttpUpload *
asp_http_upload_new (AspHttpUploadKind kind, const gchar * name, const gchar * cache_control,
    GBytes * bytes)
{
  AspHttpUpload *u = g_new0 (AspHttpUpload, 1);

  u->kind = kind;
  u->name = g_strdup (name);
  u->cache_control = g_strdup (cache_control);
  u->bytes = bytes ? g_bytes_ref (bytes) : NULL;
  u->link.data = u;
  return u;
}

void
asp_http_upload_free (AspHttpUpload * u)
{
  g_free (u->name);
  g_free (u->cache_control);
  g_clear_pointer (&u->bytes, g_bytes_unref);
  g_free (u);
}

static gsize
cost_of (const AspHttpUpload * u)
{
  return ENTRY_COST + (u->bytes ? g_bytes_get_size (u->bytes) : 0);
}

void
asp_http_upload_queue_init (AspHttpUploadQueue * q, gsize limit, guint parallel, gint64 give_up_us)
{
  memset (q, 0, sizeof *q);
  g_queue_init (&q->uploads);
  q->limit = limit;
  q->parallel = parallel;
  q->give_up_us = give_up_us;
}

void
asp_http_upload_queue_clear (AspHttpUploadQueue * q)
{
  while (q->uploads.head)
    asp_http_upload_queue_finish (q, q->uploads.head->data);
}

void
asp_http_upload_queue_finish (AspHttpUploadQueue * q, AspHttpUpload * u)
{
  g_queue_unlink (&q->uploads, &u->link);
  q->bytes -= cost_of (u);
  asp_http_upload_free (u);
}

/* The oldest is left: it may be about to go, and a newer one waits for more. */
static void
drop_middle_versions (AspHttpUploadQueue * q, const gchar * name)
{
  AspHttpUpload *oldest = NULL, *later = NULL;

  for (GList * l = q->uploads.head; l; l = l->next) {
    AspHttpUpload *u = l->data;

    if (u->kind != ASP_HTTP_UPLOAD_PLAYLIST || u->phase != ASP_HTTP_UPLOAD_WAITS ||
        strcmp (u->name, name))
      continue;
    if (!oldest)
      oldest = u;
    else
      later = u;
  }
  if (later)
    asp_http_upload_queue_finish (q, later);
}

/* The oldest media that have not begun, then playlists: never what is on its way. */
static AspHttpUpload *
find_victim (const AspHttpUploadQueue * q, AspHttpUploadKind kind)
{
  for (GList * l = q->uploads.head; l; l = l->next) {
    AspHttpUpload *u = l->data;

    if (u->phase == ASP_HTTP_UPLOAD_WAITS && u->kind == kind)
      return u;
  }
  return NULL;
}

guint
asp_http_upload_queue_add (AspHttpUploadQueue * q, AspHttpUpload * u)
{
  guint given_up = 0;

  if (u->kind == ASP_HTTP_UPLOAD_PLAYLIST)
    drop_middle_versions (q, u->name);
  while (q->bytes + cost_of (u) > q->limit) {
    AspHttpUpload *victim = find_victim (q, ASP_HTTP_UPLOAD_MEDIA);

    if (!victim)
      victim = find_victim (q, ASP_HTTP_UPLOAD_REMOVE);
    if (!victim)
      victim = find_victim (q, ASP_HTTP_UPLOAD_PLAYLIST);
    given_up++;
    if (!victim) {
      asp_http_upload_free (u);
      return given_up;
    }
    asp_http_upload_queue_finish (q, victim);
  }
  q->bytes += cost_of (u);
  g_queue_push_tail_link (&q->uploads, &u->link);
  return given_up;
}

/* What stands before an upload in the queue. */
typedef struct
{
  guint n_media;
  guint n_playlists;
} Before;

static gboolean
playlist_before (const AspHttpUpload * u)
{
  for (GList * l = u->link.prev; l; l = l->prev) {
    const AspHttpUpload *other = l->data;

    if (other->kind == ASP_HTTP_UPLOAD_PLAYLIST && !strcmp (other->name, u->name))
      return TRUE;
  }
  return FALSE;
}

static gboolean
may_begin (const AspHttpUploadQueue * q, const AspHttpUpload * u, const Before * before,
    guint running)
{
  switch (u->kind) {
    case ASP_HTTP_UPLOAD_MEDIA:
      return running < q->parallel;
    case ASP_HTTP_UPLOAD_PLAYLIST:
      return before->n_media == 0 && !playlist_before (u);
    default:
      return before->n_playlists == 0 && running < q->parallel;
  }
}

AspHttpUpload *
asp_http_upload_queue_next (AspHttpUploadQueue * q, gint64 now_us, gint64 * wake_us)
{
  Before before = { 0 };
  guint running = 0;

  *wake_us = G_MAXINT64;
  for (GList * l = q->uploads.head; l; l = l->next)
    running += ((AspHttpUpload *) l->data)->phase == ASP_HTTP_UPLOAD_RUNS;
  for (GList * l = q->uploads.head; l; l = l->next) {
    AspHttpUpload *u = l->data;

    if (u->phase == ASP_HTTP_UPLOAD_WAITS && may_begin (q, u, &before, running)) {
      if (u->next_us <= now_us) {
        u->phase = ASP_HTTP_UPLOAD_RUNS;
        u->attempts++;
        if (u->first_us == 0)
          u->first_us = now_us;
        return u;
      }
      *wake_us = MIN (*wake_us, u->next_us);
    }
    before.n_media += u->kind == ASP_HTTP_UPLOAD_MEDIA;
    before.n_playlists += u->kind == ASP_HTTP_UPLOAD_PLAYLIST;
  }
  return NULL;
}

gboolean
asp_http_upload_queue_retry (AspHttpUploadQueue * q, AspHttpUpload * u, gint64 now_us,
    guint32 random)
{
  gint64 pause_us = RETRY_LONGEST_US;

  u->phase = ASP_HTTP_UPLOAD_WAITS;
  if (u->attempts < 5)
    pause_us = MIN (RETRY_FIRST_US << (u->attempts - 1), RETRY_LONGEST_US);
  /* between three and five quarters */
  pause_us = pause_us * 3 / 4 + pause_us / 2 * (gint64) (random % 1024) / 1024;
  u->next_us = now_us + pause_us;
  return u->next_us - u->first_us <= q->give_up_us;
}
