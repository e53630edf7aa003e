/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-http-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is in memory of a file that is being sent. */
#define PIECE_BYTES (64 * 1024)
/* A request body is read and thrown away; libsoup answers only behind it. */
#define REQUEST_BODY_MAX (64 * 1024)
#define ALLOWED_METHODS "GET, HEAD, OPTIONS"

/* One file on its way to one client. */
typedef struct
{
  int fd;
  guint64 position;
  guint64 left;
  AspHttpAbort abort_func;
  gpointer user_data;
} Transfer;

static void
transfer_free (gpointer data)
{
  Transfer *t = data;

  close (t->fd);
  g_free (t);
}

static void
refuse (SoupServerMessage * msg, guint status)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);

  /* a file that is not there yet may be there in a moment */
  soup_message_headers_replace (h, "Cache-Control", "no-cache");
  if (status == SOUP_STATUS_METHOD_NOT_ALLOWED)
    soup_message_headers_replace (h, "Allow", ALLOWED_METHODS);
  soup_message_headers_set_content_length (h, 0);
  soup_server_message_set_status (msg, status, NULL);
}

static void
add_cors (SoupServerMessage * msg)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);

  soup_message_headers_replace (h, "Access-Control-Allow-Origin", "*");
  soup_message_headers_replace (h, "Access-Control-Expose-Headers",
      "Content-Length, Content-Range, Date, ETag");
}

gboolean
asp_http_body_is_welcome (SoupServerMessage * msg)
{
  SoupMessageHeaders *h = soup_server_message_get_request_headers (msg);

  return soup_message_headers_get_encoding (h) != SOUP_ENCODING_CHUNKED &&
      soup_message_headers_get_content_length (h) <= REQUEST_BODY_MAX;
}

static gboolean
method_is_allowed (const gchar * method)
{
  return !strcmp (method, "GET") || !strcmp (method, "HEAD") || !strcmp (method, "OPTIONS");
}

static void
answer_options (SoupServerMessage * msg)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);

  soup_message_headers_replace (h, "Allow", ALLOWED_METHODS);
  soup_message_headers_replace (h, "Access-Control-Allow-Methods", ALLOWED_METHODS);
  soup_message_headers_replace (h, "Access-Control-Allow-Headers", "Range");
  soup_message_headers_replace (h, "Access-Control-Max-Age", "86400");
  soup_server_message_set_status (msg, SOUP_STATUS_NO_CONTENT, NULL);
}

/* RFC 9110 13.2.2: the tag decides, the date only where no tag was sent. */
static gboolean
client_has_it (SoupServerMessage * msg, const gchar * etag, gint64 mtime_s)
{
  SoupMessageHeaders *h = soup_server_message_get_request_headers (msg);
  const gchar *tags = soup_message_headers_get_list (h, "If-None-Match");
  const gchar *date = soup_message_headers_get_one (h, "If-Modified-Since");
  g_autoptr (GDateTime) since = NULL;

  if (tags)
    return asp_http_etag_listed (tags, etag);
  if (!date || mtime_s < 0)
    return FALSE;
  since = soup_date_time_new_from_http_string (date);
  return since && g_date_time_to_unix (since) >= mtime_s;
}

/* RFC 9110 13.1.5: a range of a file that has changed since is the whole file. */
static gboolean
range_still_holds (SoupServerMessage * msg, const gchar * etag)
{
  const gchar *condition =
      soup_message_headers_get_one (soup_server_message_get_request_headers (msg), "If-Range");

  return !condition || !strcmp (condition, etag);
}

/* Status and range headers; returns FALSE when there is no body to send. */
static gboolean
answer_range (SoupServerMessage * msg, const gchar * etag, guint64 size, AspHttpRange * range)
{
  SoupMessageHeaders *request = soup_server_message_get_request_headers (msg);
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);
  g_autofree gchar *wanted = g_strdup (soup_message_headers_get_one (request, "Range"));
  AspHttpRangeResult result = ASP_HTTP_RANGE_WHOLE;
  gboolean get = !strcmp (soup_server_message_get_method (msg), "GET");
  guint64 length = size;

  /* libsoup would cut the range out of what it has of the body so far */
  soup_message_headers_remove (request, "Range");
  range->first = 0;
  if (get && range_still_holds (msg, etag))
    result = asp_http_range_parse (wanted, size, range);
  soup_message_headers_replace (h, "Accept-Ranges", "bytes");
  if (result == ASP_HTTP_RANGE_UNSATISFIABLE) {
    g_autofree gchar *all = g_strdup_printf ("bytes */%" G_GUINT64_FORMAT, size);

    soup_message_headers_replace (h, "Content-Range", all);
    refuse (msg, SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE);
    return FALSE;
  }
  if (result == ASP_HTTP_RANGE_PART) {
    length = range->last - range->first + 1;
    soup_message_headers_set_content_range (h, (goffset) range->first, (goffset) range->last,
        (goffset) size);
  }
  range->last = range->first + length - 1;
  soup_message_headers_set_content_length (h, (goffset) length);
  soup_server_message_set_status (msg,
      result == ASP_HTTP_RANGE_PART ? SOUP_STATUS_PARTIAL_CONTENT : SOUP_STATUS_OK, NULL);
  return get && length > 0;
}

/* Reads the next piece into the body; the one after it follows when this one has gone
 * out ("wrote-chunk"). */
static void
send_piece (SoupServerMessage * msg, gpointer data)
{
  Transfer *t = data;
  SoupMessageBody *body = soup_server_message_get_response_body (msg);
  gsize want = (gsize) MIN (t->left, PIECE_BYTES);
  guint8 *piece;
  gssize got;

  if (t->left == 0)
    return;
  piece = g_malloc (want);
  do
    got = pread (t->fd, piece, want, (off_t) t->position);
  while (got < 0 && errno == EINTR);
  if (got <= 0) {
    /* shorter than it was: the length has been promised, only closing tells the truth */
    g_free (piece);
    t->left = 0;
    t->abort_func (msg, t->user_data);
    return;
  }
  soup_message_body_append_take (body, piece, (gsize) got);
  t->position += (guint64) got;
  t->left -= (guint64) got;
  if (t->left == 0)
    soup_message_body_complete (body);
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
answer_file (const AspHttpFolderRoute * route, const gchar * relative, SoupServerMessage * msg,
    AspHttpAbort abort_func, gpointer user_data)
{
  const gchar *type = asp_http_content_type (relative);
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);
  int fd = type ? open_below (route->folder, relative) : -1;
  g_autofree gchar *etag = NULL, *modified = NULL, *cache = NULL;
  g_autoptr (GDateTime) mtime = NULL;
  AspHttpRange range;
  guint max_age;
  struct stat st;

  if (fd < 0 || fstat (fd, &st) != 0 || !S_ISREG (st.st_mode)) {
    if (fd >= 0)
      close (fd);
    refuse (msg, SOUP_STATUS_NOT_FOUND);
    return;
  }
  max_age = asp_http_is_playlist (relative) ?
      route->options.playlist_max_age_s : route->options.media_max_age_s;
  cache = max_age > 0 ? g_strdup_printf ("max-age=%u", max_age) : g_strdup ("no-cache");
  etag = g_strdup_printf ("\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
      "x\"", (guint64) st.st_ino, (guint64) st.st_size,
      (guint64) st.st_mtim.tv_sec * 1000000000 + (guint64) st.st_mtim.tv_nsec);
  mtime = g_date_time_new_from_unix_utc (st.st_mtim.tv_sec);
  modified = mtime ? soup_date_time_to_string (mtime, SOUP_DATE_HTTP) : NULL;
  soup_message_headers_replace (h, "Content-Type", type);
  soup_message_headers_replace (h, "Cache-Control", cache);
  soup_message_headers_replace (h, "ETag", etag);
  if (modified)
    soup_message_headers_replace (h, "Last-Modified", modified);
  if (client_has_it (msg, etag, st.st_mtim.tv_sec)) {
    soup_server_message_set_status (msg, SOUP_STATUS_NOT_MODIFIED, NULL);
    close (fd);
  } else if (!answer_range (msg, etag, (guint64) st.st_size, &range)) {
    close (fd);
  } else {
    Transfer *t = g_new0 (Transfer, 1);

    t->fd = fd;
    t->position = range.first;
    t->left = range.last - range.first + 1;
    t->abort_func = abort_func;
    t->user_data = user_data;
    soup_message_body_set_accumulate (soup_server_message_get_response_body (msg), FALSE);
    g_object_set_data_full (G_OBJECT (msg), "asp-transfer", t, transfer_free);
    g_signal_connect (msg, "wrote-chunk", G_CALLBACK (send_piece), t);
    send_piece (msg, t);
  }
}

static void
answer_bytes (const AspHttpBytesRoute * route, SoupServerMessage * msg)
{
  SoupMessageHeaders *h = soup_server_message_get_response_headers (msg);
  gsize size = g_bytes_get_size (route->bytes);
  AspHttpRange range;

  soup_message_headers_replace (h, "Content-Type", route->type);
  soup_message_headers_replace (h, "Cache-Control", "no-cache");
  soup_message_headers_replace (h, "ETag", route->etag);
  if (client_has_it (msg, route->etag, -1)) {
    soup_server_message_set_status (msg, SOUP_STATUS_NOT_MODIFIED, NULL);
  } else if (answer_range (msg, route->etag, size, &range)) {
    g_autoptr (GBytes) part = g_bytes_new_from_bytes (route->bytes, (gsize) range.first,
        (gsize) (range.last - range.first + 1));
    SoupMessageBody *body = soup_server_message_get_response_body (msg);

    soup_message_body_append_bytes (body, part);
    soup_message_body_complete (body);
  }
}

void
asp_http_answer (const AspHttpRoutes * routes, SoupServerMessage * msg,
    AspHttpAbort abort_func, gpointer user_data)
{
  const gchar *raw_path = g_uri_get_path (soup_server_message_get_uri (msg));
  const AspHttpFolderRoute *best = NULL;
  g_autofree gchar *relative = NULL;

  add_cors (msg);
  if (!method_is_allowed (soup_server_message_get_method (msg))) {
    refuse (msg, SOUP_STATUS_METHOD_NOT_ALLOWED);
    return;
  }
  if (!strcmp (soup_server_message_get_method (msg), "OPTIONS")) {
    answer_options (msg);
    return;
  }
  for (guint i = 0; i < routes->bytes->len; i++) {
    const AspHttpBytesRoute *b = g_ptr_array_index (routes->bytes, i);

    if (!strcmp (b->path, raw_path)) {
      answer_bytes (b, msg);
      return;
    }
  }
  for (guint i = 0; i < routes->folders->len; i++) {
    const AspHttpFolderRoute *f = g_ptr_array_index (routes->folders, i);

    if (g_str_has_prefix (raw_path, f->prefix) &&
        (!best || strlen (f->prefix) > strlen (best->prefix)))
      best = f;
  }
  if (best)
    relative = asp_http_path_below (raw_path, best->prefix);
  if (relative)
    answer_file (best, relative, msg, abort_func, user_data);
  else
    refuse (msg, SOUP_STATUS_NOT_FOUND);
}
