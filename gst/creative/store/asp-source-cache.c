/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * `lock` guards `sources` and what is in them; nothing is sent, called, read or written under it but
 * the note of a source that this process has not met yet. What an answer leads to happens in the
 * client's thread alone.
 */
#include "asp-source-private.h"

#include <asp-http-fresh.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define BYTES_MAX (G_GUINT64_CONSTANT (4) << 30)
#define FILE_BYTES_MAX ((gsize) 512 << 20)
#define FETCH_TIMEOUT_S 120
#define FRESH_S 3600
#define RETRY_S 60
#define USED_S 600
#define SOURCES_MAX 4096        /* that are remembered; their files stay */
#define TOUCH_US (30 * G_USEC_PER_SEC)

struct _AspSourceHold
{
  gatomicrefcount refs;         /* one is the source's own */
};

typedef struct
{
  AspSourceCache *cache;
  gchar *url, *id;
  AspSourceNote *note;          /* NULL: there is no file */
  AspSourceHold *hold;          /* of its file */
  gboolean fetching;
  gchar *part;                  /* while fetching */
  gint64 failed_us;             /* monotonic; 0 = it has not */
  gint64 touched_us;            /* monotonic */
  gchar *text;
} Source;

/* A file that has been replaced while somebody held it. */
typedef struct
{
  gchar *path;
  AspSourceHold *hold;
} Old;

struct _AspSourceCache
{
  gchar *folder;
  AspCreativeTmp *tmp;
  AspHttpClient *client;
  guint64 max_bytes;
  gsize max_file_bytes;
  guint fetch_timeout_s, fresh_s, retry_s, used_s;
  AspSourceNews news;
  gpointer user_data;

  GMutex lock;
  GHashTable *sources;          /* id -> Source; lock */
  GQueue old;                   /* Old; lock */
};

/* --- holds ------------------------------------------------------------------------------ */

static AspSourceHold *
hold_new (void)
{
  AspSourceHold *hold = g_new0 (AspSourceHold, 1);

  g_atomic_ref_count_init (&hold->refs);
  return hold;
}

AspSourceHold *
asp_source_hold_ref (AspSourceHold * hold)
{
  g_atomic_ref_count_inc (&hold->refs);
  return hold;
}

void
asp_source_hold_unref (AspSourceHold * hold)
{
  if (hold && g_atomic_ref_count_dec (&hold->refs))
    g_free (hold);
}

/* By anybody but its source. */
static gboolean
is_held (AspSourceHold * hold)
{
  return !g_atomic_ref_count_compare (&hold->refs, 1);
}

void
asp_source_status_clear (AspSourceStatus * s)
{
  g_free (s->path);
  g_free (s->text);
  asp_source_hold_unref (s->hold);
  memset (s, 0, sizeof *s);
}

/* --- sources; the lock is held ---------------------------------------------------------- */

static void
source_free (gpointer data)
{
  Source *s = data;

  asp_source_note_free (s->note);
  asp_source_hold_unref (s->hold);
  g_free (s->url);
  g_free (s->id);
  g_free (s->part);
  g_free (s->text);
  g_free (s);
}

static Source *
find (AspSourceCache * cache, const gchar * url)
{
  g_autofree gchar *id = asp_source_id (url);

  return g_hash_table_lookup (cache->sources, id);
}

static gboolean
is_idle (gpointer key, gpointer value, gpointer user_data)
{
  const Source *s = value;

  return !s->fetching && !is_held (s->hold);
}

static Source *
find_or_add (AspSourceCache * cache, const gchar * url)
{
  Source *s = find (cache, url);

  if (s)
    return s;
  if (g_hash_table_size (cache->sources) >= SOURCES_MAX)
    g_hash_table_foreach_remove (cache->sources, is_idle, NULL);
  s = g_new0 (Source, 1);
  s->cache = cache;
  s->url = g_strdup (url);
  s->id = asp_source_id (url);
  s->hold = hold_new ();
  g_hash_table_insert (cache->sources, s->id, s);
  return s;
}

/* Its file may have come or gone by another process. */
static void
look (AspSourceCache * cache, Source * s)
{
  g_autofree gchar *path = s->note ? g_build_filename (cache->folder, s->note->file, NULL) : NULL;

  if (path && g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return;
  asp_source_note_free (s->note);
  s->note = asp_source_note_read (cache->folder, s->id);
}

/* Without a word of its server's for so long it is used as it is. */
static gboolean
is_fresh (const Source * s)
{
  gint64 left_us = s->note->fresh_until_us - g_get_real_time ();

  /* a clock that was set back does not make it last for ever */
  return left_us > 0 && left_us <= (gint64) ASP_HTTP_FRESH_MAX_S * G_USEC_PER_SEC;
}

static gboolean
failed_lately (const AspSourceCache * cache, const Source * s)
{
  return s->failed_us != 0 &&
      g_get_monotonic_time () - s->failed_us < (gint64) cache->retry_s * G_USEC_PER_SEC;
}

static void
describe (AspSourceCache * cache, Source * s, AspSourceStatus * out)
{
  memset (out, 0, sizeof *out);
  if (!s || (!s->fetching && !s->note)) {
    out->state = ASP_SOURCE_FAILED;
    out->text = g_strdup (s ? s->text : NULL);
  } else if (s->fetching) {
    out->state = ASP_SOURCE_FETCHING;
  } else {
    out->state = ASP_SOURCE_READY;
    out->path = g_build_filename (cache->folder, s->note->file, NULL);
    out->hold = asp_source_hold_ref (s->hold);
  }
}

/* --- what becomes of an answer; in the client's thread ------------------------------------ */

static gboolean
may_go (const gchar * id, const gchar * file, gpointer user_data)
{
  AspSourceCache *cache = user_data;
  const Source *s;
  gboolean ok;

  g_mutex_lock (&cache->lock);
  s = g_hash_table_lookup (cache->sources, id);
  ok = !s || (!s->fetching && !is_held (s->hold));
  g_mutex_unlock (&cache->lock);
  return ok;
}

static void
old_free (Old * old)
{
  g_unlink (old->path);
  g_free (old->path);
  asp_source_hold_unref (old->hold);
  g_free (old);
}

/* Files that were replaced, and are held no more. */
static void
drop_old (AspSourceCache * cache, gboolean all)
{
  GQueue mine = G_QUEUE_INIT;
  Old *old;

  g_mutex_lock (&cache->lock);
  for (GList * l = cache->old.head, *next; l; l = next) {
    next = l->next;
    if (!all && is_held (((Old *) l->data)->hold))
      continue;
    g_queue_unlink (&cache->old, l);
    g_queue_push_tail_link (&mine, l);
  }
  g_mutex_unlock (&cache->lock);
  while ((old = g_queue_pop_head (&mine)))
    old_free (old);
}

/* The file of @s is no more its own. lock held */
static void
retire (AspSourceCache * cache, Source * s)
{
  Old *old;

  if (!s->note)
    return;
  old = g_new0 (Old, 1);
  old->path = g_build_filename (cache->folder, s->note->file, NULL);
  old->hold = s->hold;
  g_queue_push_tail (&cache->old, old);
  s->hold = hold_new ();
  g_clear_pointer (&s->note, asp_source_note_free);
}

/* The content is one that it has had before, and that somebody holds still. lock held */
static void
take_back (AspSourceCache * cache, Source * s)
{
  g_autofree gchar *path = g_build_filename (cache->folder, s->note->file, NULL);

  for (GList * l = cache->old.head; l; l = l->next) {
    Old *old = l->data;

    if (strcmp (old->path, path) != 0)
      continue;
    asp_source_hold_unref (s->hold);
    s->hold = old->hold;
    g_free (old->path);
    g_free (old);
    g_queue_delete_link (&cache->old, l);
    return;
  }
}

static gchar *
dup_field (const AspHttpAnswer * answer, const gchar * name)
{
  const gchar *value = asp_http_answer_header (answer, name);

  return value && g_utf8_validate (value, -1, NULL) ? g_strdup (value) : NULL;
}

static gint64
fresh_until_us (const AspSourceCache * cache, const AspHttpAnswer * answer)
{
  const AspHttpFreshFields fields = {
    asp_http_answer_header (answer, "Cache-Control"), asp_http_answer_header (answer, "Expires"),
    asp_http_answer_header (answer, "Date"), asp_http_answer_header (answer, "Age"),
    asp_http_answer_header (answer, "Last-Modified")
  };
  gint64 now_us = g_get_real_time (), fresh_s = asp_http_fresh_s (&fields, now_us / G_USEC_PER_SEC);

  return now_us + (fresh_s == ASP_HTTP_FRESH_UNKNOWN ? (gint64) cache->fresh_s : fresh_s) * G_USEC_PER_SEC;
}

/* (transfer full): of a whole new file */
static AspSourceNote *
note_of_answer (const AspSourceCache * cache, const Source * s, const AspHttpAnswer * answer)
{
  AspSourceNote *note = g_new0 (AspSourceNote, 1);

  note->url = g_strdup (s->url);
  note->file = g_strdup_printf ("%s-%.16s.media", s->id, answer->sha256);
  note->bytes = answer->size;
  note->etag = dup_field (answer, "ETag");
  note->last_modified = dup_field (answer, "Last-Modified");
  note->fresh_until_us = fresh_until_us (cache, answer);
  return note;
}

static gboolean
put_away (AspSourceCache * cache, Source * s, AspSourceNote * note, gchar ** text)
{
  g_autofree gchar *path = g_build_filename (cache->folder, note->file, NULL);

  if (g_rename (s->part, path) < 0) {
    *text = g_strdup_printf ("%s: %s", path, g_strerror (errno));
    return FALSE;
  }
  /* without its note it is fetched once more by the next process */
  asp_source_note_write (note, cache->folder, s->id);
  return TRUE;
}

static void
take_file (AspSourceCache * cache, Source * s, const AspHttpAnswer * answer, gchar ** text)
{
  AspSourceNote *note = note_of_answer (cache, s, answer);

  if (!put_away (cache, s, note, text)) {
    asp_source_note_free (note);
    return;
  }
  g_mutex_lock (&cache->lock);
  if (s->note && strcmp (s->note->file, note->file) != 0)
    retire (cache, s);
  asp_source_note_free (s->note);
  s->note = note;
  take_back (cache, s);
  g_mutex_unlock (&cache->lock);
}

/* 304: the validators stay when the answer has none. */
static void
refresh (AspSourceCache * cache, Source * s, const AspHttpAnswer * answer)
{
  gchar *etag = dup_field (answer, "ETag"), *last_modified = dup_field (answer, "Last-Modified");
  AspSourceNote note;

  g_mutex_lock (&cache->lock);
  if (etag) {
    g_free (s->note->etag);
    s->note->etag = etag;
  }
  if (last_modified) {
    g_free (s->note->last_modified);
    s->note->last_modified = last_modified;
  }
  s->note->fresh_until_us = fresh_until_us (cache, answer);
  note = *s->note;
  g_mutex_unlock (&cache->lock);
  /* only here it changes */
  asp_source_note_write (&note, cache->folder, s->id);
}

/* Its server says that there is no such thing. */
static gboolean
is_gone (const AspHttpAnswer * answer, const GError * error)
{
  return !error && answer->status >= 400 && answer->status < 500 && answer->status != 408 &&
      answer->status != 425 && answer->status != 429;
}

static void
forget (AspSourceCache * cache, Source * s)
{
  g_autofree gchar *path = asp_source_note_path (cache->folder, s->id);

  g_unlink (path);
  g_mutex_lock (&cache->lock);
  retire (cache, s);
  g_mutex_unlock (&cache->lock);
}

static void
on_fetched (const AspHttpAnswer * answer, const GError * error, gpointer user_data)
{
  Source *s = user_data;
  AspSourceCache *cache = s->cache;
  gchar *text = NULL;

  if (error)
    text = g_strdup (error->message);
  else if (answer->status == 200 && answer->sha256)
    take_file (cache, s, answer, &text);
  else if (answer->status == 304 && s->note)
    refresh (cache, s, answer);
  else
    text = g_strdup_printf ("the server of the creative answers %u", answer->status);
  if (is_gone (answer, error))
    forget (cache, s);
  /* the room is made before anybody hears of it; what is being fetched stays */
  drop_old (cache, FALSE);
  asp_source_folder_sweep (cache->folder, cache->max_bytes, cache->used_s, may_go, cache);
  g_mutex_lock (&cache->lock);
  look (cache, s);
  if (!text && !s->note)
    text = g_strdup ("another process has removed the file");
  if (text)
    g_unlink (s->part);
  g_clear_pointer (&s->part, g_free);
  s->fetching = FALSE;
  s->failed_us = text ? g_get_monotonic_time () : 0;
  g_free (s->text);
  s->text = text;
  g_mutex_unlock (&cache->lock);
  if (cache->news && !g_error_matches (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_CANCELLED))
    cache->news (cache->user_data);
}

/* --- questions ---------------------------------------------------------------------------- */

/* Copied under the lock; sent without it. */
typedef struct
{
  const gchar *headers[5];
  gchar *part, *etag, *last_modified;
} Asking;

static void
prepare (AspSourceCache * cache, Source * s, Asking * a)
{
  guint n = 0;

  s->fetching = TRUE;
  s->part = asp_creative_tmp_new_name (cache->tmp);
  a->part = g_strdup (s->part);
  if (!s->note)
    return;
  a->etag = g_strdup (s->note->etag);
  a->last_modified = g_strdup (s->note->last_modified);
  if (a->etag) {
    a->headers[n++] = "If-None-Match";
    a->headers[n++] = a->etag;
  }
  if (a->last_modified) {
    a->headers[n++] = "If-Modified-Since";
    a->headers[n++] = a->last_modified;
  }
}

/* What is there can be used without an answer: then nobody waits long for one. */
static void
send (AspSourceCache * cache, Source * s, const Asking * a)
{
  AspHttpCall call = { .url = s->url, .file = a->part, .max_bytes = cache->max_file_bytes,
    .headers = a->headers, .total_timeout_ms = cache->fetch_timeout_s * 1000,
    .retry = a->headers[0] ? ASP_HTTP_RETRY_NEVER : ASP_HTTP_RETRY_SAFE
  };

  asp_http_client_send (cache->client, &call, on_fetched, s);
}

void
asp_source_cache_want (AspSourceCache * cache, const gchar * url, AspSourceStatus * out)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autofree gchar *id = asp_source_id (url);
  gboolean begin = FALSE, touch;
  Asking a = { 0, };
  Source *s;

  g_mutex_lock (&cache->lock);
  s = find_or_add (cache, url);
  if (!s->fetching) {
    look (cache, s);
    begin = !failed_lately (cache, s) && (!s->note || !is_fresh (s));
  }
  if (begin)
    prepare (cache, s, &a);
  touch = s->note && now_us - s->touched_us > TOUCH_US;
  if (touch)
    s->touched_us = now_us;
  describe (cache, s, out);
  g_mutex_unlock (&cache->lock);
  if (touch)
    asp_source_folder_touch (cache->folder, id);
  /* a source that is being fetched stays */
  if (begin)
    send (cache, s, &a);
  g_free (a.part);
  g_free (a.etag);
  g_free (a.last_modified);
}

void
asp_source_cache_peek (AspSourceCache * cache, const gchar * url, AspSourceStatus * out)
{
  g_mutex_lock (&cache->lock);
  describe (cache, find (cache, url), out);
  g_mutex_unlock (&cache->lock);
}

/* --- life ----------------------------------------------------------------------------------- */

AspSourceCache *
asp_source_cache_new (const AspSourceCacheConfig * config, GError ** error)
{
  g_autofree gchar *tmp = g_build_filename (config->folder, "tmp", NULL);
  AspSourceCache *cache = g_new0 (AspSourceCache, 1);

  cache->folder = g_build_filename (config->folder, "fetched", NULL);
  cache->client = config->client;
  cache->max_bytes = config->max_bytes ? config->max_bytes : BYTES_MAX;
  cache->max_file_bytes = config->max_file_bytes ? config->max_file_bytes : FILE_BYTES_MAX;
  cache->fetch_timeout_s = config->fetch_timeout_s ? config->fetch_timeout_s : FETCH_TIMEOUT_S;
  cache->fresh_s = config->fresh_s ? config->fresh_s : FRESH_S;
  cache->retry_s = config->retry_s ? config->retry_s : RETRY_S;
  cache->used_s = config->used_s ? config->used_s : USED_S;
  cache->news = config->news;
  cache->user_data = config->user_data;
  g_mutex_init (&cache->lock);
  g_queue_init (&cache->old);
  cache->sources = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, source_free);
  if (g_mkdir_with_parents (cache->folder, 0700) != 0)
    asp_creative_folder_error (error, cache->folder);
  else
    cache->tmp = asp_creative_tmp_open (tmp, error);
  if (!cache->tmp) {
    asp_source_cache_free (cache);
    return NULL;
  }
  asp_source_folder_sweep (cache->folder, cache->max_bytes, cache->used_s, may_go, cache);
  return cache;
}

void
asp_source_cache_free (AspSourceCache * cache)
{
  if (!cache)
    return;
  /* who still reads one of these has it open */
  drop_old (cache, TRUE);
  asp_creative_tmp_close (cache->tmp);
  g_hash_table_unref (cache->sources);
  g_mutex_clear (&cache->lock);
  g_free (cache->folder);
  g_free (cache);
}
