/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asp-creative.h>

#define BLOCK_BYTES (64u << 10)
#define FILE_BYTES_MAX ((gint64) 4 << 30)       /* longer ones are no creatives */
#define KNOWN_MAX 256

typedef struct
{
  gint64 size, mtime_ns;
  gint64 duration_90k;
  const gchar *reason;
  gchar *detail;
} Known;

struct _AdProbe
{
  GHashTable *known;            /* path -> Known */
};

static void
known_free (gpointer data)
{
  g_free (((Known *) data)->detail);
  g_free (data);
}

AdProbe *
ad_probe_new (void)
{
  AdProbe *p = g_new0 (AdProbe, 1);

  p->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, known_free);
  return p;
}

void
ad_probe_free (AdProbe * p)
{
  g_hash_table_unref (p->known);
  g_free (p);
}

/* Only the times count here: units go as they come. */
static void
drop_units (AspCreative * c)
{
  AspAu *au;

  while ((au = g_queue_pop_head (&c->video.units)))
    asp_au_unref (au);
  for (guint i = 0; i < c->n_audio; i++)
    while ((au = g_queue_pop_head (&c->audio[i].units)))
      asp_au_unref (au);
  c->bytes = 0;
}

/* TRUE when all of it has been read. */
static gboolean
read_all (gint fd, AspCreative * c, AspCreativeReader * reader, gint * stop)
{
  g_autofree guint8 *block = g_malloc (BLOCK_BYTES);
  gssize n;

  while (!g_atomic_int_get (stop)) {
    do
      n = read (fd, block, BLOCK_BYTES);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
      break;
    asp_creative_reader_push (reader, block, (gsize) n);
    asp_creative_reader_deliver_locked (reader);        /* nobody else has it: no lock */
    drop_units (c);
  }
  if (g_atomic_int_get (stop) || n < 0)
    return FALSE;
  asp_creative_reader_finish (reader);
  asp_creative_reader_deliver_locked (reader);
  drop_units (c);
  return TRUE;
}

static void
measure (gint fd, Known * known, gint * stop)
{
  AspCreative *c = asp_creative_new ();
  AspCreativeReader *reader = asp_creative_reader_new (c);

  if (!read_all (fd, c, reader, stop)) {
    known->reason = "unreadable";
    known->detail = g_strdup (g_atomic_int_get (stop) ? "stopped" : g_strerror (errno));
  } else if (c->state != ASP_CREATIVE_READY || c->first_pts90k == ASP_NO_TIME) {
    known->reason = c->reason ? c->reason : "not-ts";
    known->detail = g_strdup (c->detail ? c->detail : "there is no picture in it that can be entered at");
  } else {
    known->duration_90k = c->max_pts90k - c->first_pts90k + (gint64) asp_cadence_frame_90k (&c->cadence, 3600);
  }
  asp_creative_reader_free (reader);
  asp_creative_unref (c);
}

static Known *
look (AdProbe * p, const gchar * path, gint fd, const struct stat *st, gint * stop)
{
  gint64 mtime_ns = (gint64) st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
  Known *known = g_hash_table_lookup (p->known, path);

  if (known && known->size == st->st_size && known->mtime_ns == mtime_ns)
    return known;
  if (g_hash_table_size (p->known) >= KNOWN_MAX)
    g_hash_table_remove_all (p->known);
  known = g_new0 (Known, 1);
  known->size = st->st_size;
  known->mtime_ns = mtime_ns;
  measure (fd, known, stop);
  g_hash_table_insert (p->known, g_strdup (path), known);
  return known;
}

gint64
ad_probe_duration (AdProbe * p, const gchar * path, gint * stop, const gchar ** reason, gchar ** detail)
{
  gint fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;
  Known *known;

  *reason = "unreadable";
  if (fd < 0 || fstat (fd, &st) < 0) {
    *detail = g_strdup_printf ("%s: %s", path, g_strerror (errno));
  } else if (!S_ISREG (st.st_mode) || st.st_size > FILE_BYTES_MAX) {
    *detail = g_strdup_printf ("%s is no file, or longer than 4 GiB", path);
  } else {
    known = look (p, path, fd, &st, stop);
    *reason = known->reason;
    *detail = known->detail ? g_strdup_printf ("%s: %s", path, known->detail) : NULL;
    close (fd);
    if (g_atomic_int_get (stop))
      g_hash_table_remove (p->known, path);
    return *reason ? 0 : known->duration_90k;
  }
  if (fd >= 0)
    close (fd);
  return 0;
}
