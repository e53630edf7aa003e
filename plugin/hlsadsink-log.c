/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-log.h"

#include <asp-hls-record.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "hlsadsink-file.h"

#define FILE_MAX (256 * 1024 * 1024)    /* a longer one is none of ours */
#define LINES_MIN 4000          /* fewer are never worth writing anew */
#define LINES_PER_ENTRY 4

struct _HlsLog
{
  gchar *folder, *name, *path, *channel;
  int fd;                       /* -1: the whole is to be written */
  guint64 next_seq;             /* entries before it are in the file */
  guint n_lines;
  gboolean keeps;
  gsize size;                   /* keeps: of whole lines in the file */
};

HlsLog *
hls_log_new (const gchar * folder, const gchar * name, const gchar * channel)
{
  HlsLog *log = g_new0 (HlsLog, 1);

  log->folder = g_strdup (folder);
  log->name = g_strdup (name);
  log->path = g_build_filename (folder, name, NULL);
  log->channel = g_strdup (channel);
  log->fd = -1;
  return log;
}

void
hls_log_keep (HlsLog * log)
{
  log->keeps = TRUE;
}

static void
close_file (HlsLog * log)
{
  if (log->fd >= 0)
    close (log->fd);
  log->fd = -1;
}

void
hls_log_free (HlsLog * log)
{
  if (!log)
    return;
  close_file (log);
  g_free (log->folder);
  g_free (log->name);
  g_free (log->path);
  g_free (log->channel);
  g_free (log);
}

AspHlsTimeline *
hls_log_read (HlsLog * log, GError ** error)
{
  g_autofree gchar *text = NULL;
  AspHlsTimeline *t;
  gsize size, used;
  GStatBuf st;

  if (g_stat (log->path, &st) != 0)
    return NULL;
  if (st.st_size > FILE_MAX) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s has more than %d MiB", log->path,
        FILE_MAX >> 20);
    return NULL;
  }
  if (!g_file_get_contents (log->path, &text, &size, error))
    return NULL;
  t = asp_hls_record_read (text, size, &used, error);
  if (t && log->keeps) {
    log->size = used;
    log->next_seq = asp_hls_timeline_n_entries (t);
  }
  return t;
}

static gboolean
fail (HlsLog * log, GError ** error)
{
  gint code = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (code), "Cannot write %s: %s",
      log->path, g_strerror (code));
  close_file (log);
  return FALSE;
}

static gboolean
write_whole (HlsLog * log, const AspHlsTimeline * t, GError ** error)
{
  g_autofree gchar *text = asp_hls_record_all (t, log->channel);

  close_file (log);
  if (!hls_file_write (log->folder, log->name, text, strlen (text), error))
    return FALSE;
  log->fd = open (log->path, O_WRONLY | O_APPEND | O_CLOEXEC);
  log->n_lines = asp_hls_timeline_n_entries (t);
  return log->fd >= 0 || fail (log, error);
}

/* Somebody may have taken the folder away: the lines would go nowhere. */
static gboolean
is_still_there (const HlsLog * log)
{
  struct stat by_path, by_fd;

  return log->fd >= 0 && stat (log->path, &by_path) == 0 && fstat (log->fd, &by_fd) == 0 &&
      by_path.st_ino == by_fd.st_ino && by_path.st_dev == by_fd.st_dev;
}

static gboolean
append (HlsLog * log, const GString * lines)
{
  gsize done = 0;

  while (done < lines->len) {
    ssize_t n = write (log->fd, lines->str + done, lines->len - done);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += (gsize) n;
  }
  return TRUE;
}

/* Behind what is whole in the file. */
static gboolean
write_kept (HlsLog * log, const GString * lines, GError ** error)
{
  struct stat st;

  if (!is_still_there (log)) {
    close_file (log);
    log->fd = open (log->path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log->fd < 0)
      return fail (log, error);
  }
  if (fstat (log->fd, &st) != 0 || (gsize) st.st_size < log->size) {
    errno = EIO;                /* it is another file */
    return fail (log, error);
  }
  /* half a line of a crash, or of a full disk */
  if ((gsize) st.st_size > log->size && ftruncate (log->fd, (off_t) log->size) != 0)
    return fail (log, error);
  if (!append (log, lines))
    return fail (log, error);
  log->size += lines->len;
  return TRUE;
}

static gboolean
write_first (HlsLog * log, const AspHlsTimeline * t, GError ** error)
{
  g_autofree gchar *text = asp_hls_record_all (t, log->channel);

  if (!hls_file_write (log->folder, log->name, text, strlen (text), error))
    return FALSE;
  log->size = strlen (text);
  return TRUE;
}

/* Lines of the entries from @first on. */
static GString *
lines_from (const AspHlsTimeline * t, guint first)
{
  GString *lines = g_string_new (NULL);

  for (guint i = first; i < asp_hls_timeline_n_entries (t); i++) {
    g_autofree gchar *line = asp_hls_record_line (asp_hls_timeline_entry (t, i));

    g_string_append (lines, line);
  }
  return lines;
}

gboolean
hls_log_write (HlsLog * log, const AspHlsTimeline * t, GError ** error)
{
  g_autoptr (GString) lines = NULL;
  guint n = asp_hls_timeline_n_entries (t), first = n, n_new;
  guint64 next_seq = n > 0 ? asp_hls_timeline_entry (t, n - 1)->seq + 1 : 0;

  while (first > 0 && asp_hls_timeline_entry (t, first - 1)->seq >= log->next_seq)
    first--;
  n_new = n - first;
  lines = lines_from (t, first);
  if (log->keeps) {
    if (!(log->size == 0 ? write_first (log, t, error) : write_kept (log, lines, error)))
      return FALSE;
    log->next_seq = next_seq;
    return TRUE;
  }
  log->next_seq = next_seq;
  if (!is_still_there (log) || (log->n_lines + n_new > LINES_MIN &&
          log->n_lines + n_new > LINES_PER_ENTRY * n))
    return write_whole (log, t, error);
  log->n_lines += n_new;
  return append (log, lines) || fail (log, error);
}
