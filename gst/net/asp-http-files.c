/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks: `lock` guards the cache; nothing is read, compressed or freed while it is held.
 */
#include "asp-http-files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Instead of a piece number: the whole file as a body. */
#define INDEX_BODY G_MAXUINT64

typedef struct
{
  guint64 device, inode, size, mtime_ns;
  guint64 index;
} Key;

typedef struct
{
  Key key;
  GBytes *bytes;                /* one of the two */
  AspHttpBody *body;
  gsize cost;
  GList link;                   /* in `recent`, the latest first */
} Entry;

struct _AspHttpFiles
{
  gsize limit;
  GMutex lock;
  GHashTable *entries;          /* Key (in the entry) -> Entry */
  GQueue recent;
  gsize cost;
};

static guint
key_hash (gconstpointer p)
{
  const Key *k = p;
  guint64 h = k->inode * 0x9e3779b97f4a7c15u ^ k->mtime_ns * 0xc2b2ae3d27d4eb4fu ^
      k->index * 0x165667b19e3779f9u;

  return (guint) (h ^ h >> 32);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Key)) == 0;
}

static void
entry_free (Entry * e)
{
  g_clear_pointer (&e->bytes, g_bytes_unref);
  asp_http_body_unref (e->body);
  g_free (e);
}

AspHttpFiles *
asp_http_files_new (gsize cache_bytes)
{
  AspHttpFiles *f = g_new0 (AspHttpFiles, 1);

  f->limit = cache_bytes;
  f->entries = g_hash_table_new (key_hash, key_equal);
  g_queue_init (&f->recent);
  g_mutex_init (&f->lock);
  return f;
}

void
asp_http_files_free (AspHttpFiles * f)
{
  GList *link;

  if (!f)
    return;
  g_hash_table_unref (f->entries);
  while ((link = g_queue_pop_head_link (&f->recent)) != NULL)
    entry_free (link->data);
  g_mutex_clear (&f->lock);
  g_free (f);
}

/* With a reference of its own; both NULL when it is not there. */
static void
cache_get (AspHttpFiles * f, const Key * key, GBytes ** bytes, AspHttpBody ** body)
{
  Entry *e;

  g_mutex_lock (&f->lock);
  e = g_hash_table_lookup (f->entries, key);
  if (e) {
    g_queue_unlink (&f->recent, &e->link);
    g_queue_push_head_link (&f->recent, &e->link);
    if (bytes && e->bytes)
      *bytes = g_bytes_ref (e->bytes);
    if (body && e->body)
      *body = asp_http_body_ref (e->body);
  }
  g_mutex_unlock (&f->lock);
}

/* Takes over @fresh. The oldest go, outside of the lock. */
static void
cache_put (AspHttpFiles * f, Entry * fresh)
{
  GQueue old = G_QUEUE_INIT;
  GList *link;

  fresh->link.data = fresh;
  g_mutex_lock (&f->lock);
  if (fresh->cost > f->limit || g_hash_table_contains (f->entries, &fresh->key)) {
    /* another worker was faster */
    g_queue_push_head_link (&old, &fresh->link);
  } else {
    g_hash_table_insert (f->entries, &fresh->key, fresh);
    g_queue_push_head_link (&f->recent, &fresh->link);
    f->cost += fresh->cost;
  }
  while (f->cost > f->limit && (link = g_queue_pop_tail_link (&f->recent)) != NULL) {
    Entry *e = link->data;

    g_hash_table_remove (f->entries, &e->key);
    f->cost -= e->cost;
    g_queue_push_head_link (&old, link);
  }
  g_mutex_unlock (&f->lock);
  while ((link = g_queue_pop_head_link (&old)) != NULL)
    entry_free (link->data);
}

/* Opens FOLDER/RELATIVE name by name, so that no symbolic link leads out of it. */
static int
open_below (const gchar * folder, const gchar * relative)
{
  g_auto (GStrv) names = g_strsplit (relative, "/", -1);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  for (guint i = 0; names[i] && fd >= 0; i++) {
    gboolean is_last = names[i + 1] == NULL;
    /* O_NONBLOCK: opening a FIFO must not wait for its writer */
    int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (is_last ? O_NONBLOCK : O_DIRECTORY);
    int next = openat (fd, names[i], flags);

    close (fd);
    fd = next;
  }
  return fd;
}

static void
set_identity (AspHttpFile * f, const struct stat *st)
{
  f->device = (guint64) st->st_dev;
  f->inode = (guint64) st->st_ino;
  f->size = (guint64) st->st_size;
  f->mtime_s = st->st_mtim.tv_sec;
  f->mtime_ns = (guint64) st->st_mtim.tv_sec * 1000000000 + (guint64) st->st_mtim.tv_nsec;
}

AspHttpFile *
asp_http_file_open (AspHttpFiles * files, const gchar * folder, const gchar * relative)
{
  int fd = open_below (folder, relative);
  AspHttpFile *f;
  struct stat st;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &st) != 0 || !S_ISREG (st.st_mode)) {
    close (fd);
    return NULL;
  }
  f = g_new0 (AspHttpFile, 1);
  f->files = files;
  f->fd = fd;
  set_identity (f, &st);
  g_snprintf (f->etag, sizeof f->etag, "\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%"
      G_GINT64_MODIFIER "x\"", f->inode, f->size, f->mtime_ns);
  return f;
}

void
asp_http_file_close (AspHttpFile * f)
{
  close (f->fd);
  g_free (f);
}

static Key
key_of (const AspHttpFile * f, guint64 index)
{
  return (Key) {.device = f->device,.inode = f->inode,.size = f->size,.mtime_ns = f->mtime_ns,
    .index = index};
}

/* FALSE when not all of it is there. */
static gboolean
read_exactly (int fd, guint8 * out, gsize size, guint64 offset)
{
  for (gsize done = 0; done < size;) {
    gssize n = pread (fd, out + done, size - done, (off_t) (offset + done));

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += (gsize) n;
  }
  return TRUE;
}

static GBytes *
read_bytes (const AspHttpFile * f, guint64 offset, gsize size)
{
  g_autofree guint8 *data = g_malloc (MAX (size, 1));

  if (!read_exactly (f->fd, data, size, offset))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

GBytes *
asp_http_file_piece (AspHttpFile * f, guint64 offset)
{
  Key key = key_of (f, offset / ASP_HTTP_FILES_PIECE);
  guint64 start = key.index * ASP_HTTP_FILES_PIECE;
  gsize skip = (gsize) (offset - start);
  GBytes *piece = NULL;
  GBytes *rest;

  g_return_val_if_fail (offset < f->size, NULL);
  cache_get (f->files, &key, &piece, NULL);
  if (!piece) {
    Entry *e;

    piece = read_bytes (f, start, (gsize) MIN (f->size - start, ASP_HTTP_FILES_PIECE));
    if (!piece)
      return NULL;
    e = g_new0 (Entry, 1);
    e->key = key;
    e->bytes = g_bytes_ref (piece);
    e->cost = g_bytes_get_size (piece) + sizeof (Entry);
    cache_put (f->files, e);
  }
  if (skip == 0)
    return piece;
  rest = g_bytes_new_from_bytes (piece, skip, g_bytes_get_size (piece) - skip);
  g_bytes_unref (piece);
  return rest;
}

static AspHttpBody *
read_body (AspHttpFile * f, const gchar * content_type)
{
  g_autoptr (GBytes) bytes = NULL;
  AspHttpBody *body;
  Entry *e;

  if (f->size > ASP_HTTP_FILES_BODY_MAX)
    return NULL;
  bytes = read_bytes (f, 0, (gsize) f->size);
  if (!bytes)
    return NULL;
  body = asp_http_body_new (bytes, content_type, f->etag, TRUE);
  e = g_new0 (Entry, 1);
  e->key = key_of (f, INDEX_BODY);
  e->body = asp_http_body_ref (body);
  e->cost = sizeof (Entry) + (gsize) f->size +
      (asp_http_body_get_gzip (body) ? g_bytes_get_size (asp_http_body_get_gzip (body)) : 0);
  cache_put (f->files, e);
  return body;
}

/* One system call where it is in memory already. Only right in the folder itself: further
 * down a symbolic link may be on the way. */
static AspHttpBody *
look_up_body (AspHttpFiles * files, const gchar * folder, const gchar * name, gint64 * mtime_s)
{
  gchar path[PATH_MAX];
  AspHttpFile f = { 0 };
  AspHttpBody *body = NULL;
  struct stat st;
  Key key;

  if (strchr (name, '/') ||
      g_snprintf (path, sizeof path, "%s/%s", folder, name) >= (gint) sizeof path ||
      lstat (path, &st) != 0 || !S_ISREG (st.st_mode))
    return NULL;
  set_identity (&f, &st);
  key = key_of (&f, INDEX_BODY);
  cache_get (files, &key, NULL, &body);
  *mtime_s = f.mtime_s;
  return body;
}

AspHttpBody *
asp_http_files_body (AspHttpFiles * files, const gchar * folder, const gchar * relative,
    const gchar * content_type, gint64 * mtime_s)
{
  AspHttpBody *body = look_up_body (files, folder, relative, mtime_s);
  AspHttpFile *f;
  Key key;

  if (body)
    return body;
  f = asp_http_file_open (files, folder, relative);
  if (!f)
    return NULL;
  key = key_of (f, INDEX_BODY);
  cache_get (files, &key, NULL, &body);
  if (!body)
    body = read_body (f, content_type);
  *mtime_s = f->mtime_s;
  asp_http_file_close (f);
  return body;
}
