/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-timeline.h"

#include <string.h>

struct _AspHlsTimeline
{
  GPtrArray *entries;           /* AspHlsEntry, strings owned */
  gint64 end_90k;
  gint64 longest_90k;
  guint target_duration_s;
  gboolean ended;
  gboolean all_independent;
  guint64 n_media;              /* all in all */
  guint64 n_media_forgotten;
  guint64 n_discontinuities_forgotten;
};

G_DEFINE_QUARK (asp-hls-error-quark, asp_hls_error)

static void
entry_free (gpointer data)
{
  AspHlsEntry *e = data;

  g_free ((gchar *) e->uri);
  g_free ((gchar *) e->avail_id);
  g_free ((gchar *) e->scte35);
  g_free (e);
}

static AspHlsEntry *
entry_copy (const AspHlsEntry * from)
{
  AspHlsEntry *e = g_new (AspHlsEntry, 1);

  *e = *from;
  e->uri = g_strdup (from->uri);
  e->avail_id = g_strdup (from->avail_id);
  e->scte35 = from->scte35 ? g_ascii_strup (from->scte35, -1) : NULL;
  return e;
}

AspHlsTimeline *
asp_hls_timeline_new (void)
{
  AspHlsTimeline *t = g_new0 (AspHlsTimeline, 1);

  t->entries = g_ptr_array_new_with_free_func (entry_free);
  t->all_independent = TRUE;
  return t;
}

void
asp_hls_timeline_free (AspHlsTimeline * t)
{
  if (!t)
    return;
  g_ptr_array_unref (t->entries);
  g_free (t);
}

/* RFC 8216bis 4.2: no line ends, no quotation mark; nothing else invisible either. */
static gboolean
is_quotable (const gchar * text, gsize max)
{
  gsize n = text ? strlen (text) : 0;

  if (n == 0 || n > max || !g_utf8_validate (text, (gssize) n, NULL))
    return FALSE;
  for (const gchar * c = text; *c; c++)
    if ((guchar) * c < 0x20 || *c == 0x7f || *c == '"')
      return FALSE;
  return TRUE;
}

static gboolean
is_uri (const gchar * text)
{
  if (!is_quotable (text, 4096) || text[0] == '#')
    return FALSE;
  return strchr (text, ' ') == NULL;
}

static gboolean
is_hex (const gchar * text)
{
  gsize n = strlen (text);

  if (n == 0 || n % 2 != 0 || n > ASP_HLS_SCTE35_HEX_MAX)
    return FALSE;
  return strspn (text, "0123456789abcdefABCDEF") == n;
}

/* The last entry of @kind for the avail, or NULL. */
static const AspHlsEntry *
find_avail (const AspHlsTimeline * t, AspHlsEntryKind kind, const gchar * id)
{
  for (guint i = t->entries->len; i > 0; i--) {
    const AspHlsEntry *e = g_ptr_array_index (t->entries, i - 1);

    if (e->kind == kind && !strcmp (e->avail_id, id))
      return e;
  }
  return NULL;
}

/* Has the next segment got an entry of @kind already? */
static gboolean
stands_before_next (const AspHlsTimeline * t, AspHlsEntryKind kind)
{
  for (guint i = t->entries->len; i > 0; i--) {
    const AspHlsEntry *e = g_ptr_array_index (t->entries, i - 1);

    if (e->kind == kind)
      return TRUE;
    if (e->kind == ASP_HLS_SEGMENT || e->kind == ASP_HLS_GAP)
      return FALSE;
  }
  return FALSE;
}

static gboolean
avail_order_ok (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  const gchar *id = e->avail_id;
  const AspHlsEntry *out;

  switch (e->kind) {
    case ASP_HLS_AVAIL_SCHEDULED:
      return !find_avail (t, ASP_HLS_AVAIL_SCHEDULED, id) && !find_avail (t, ASP_HLS_AVAIL_OUT, id);
    case ASP_HLS_AVAIL_OUT:
      return !find_avail (t, ASP_HLS_AVAIL_OUT, id) && !find_avail (t, ASP_HLS_AVAIL_CANCELLED, id);
    case ASP_HLS_AVAIL_IN:
      out = find_avail (t, ASP_HLS_AVAIL_OUT, id);
      return out && !find_avail (t, ASP_HLS_AVAIL_IN, id) && e->at_90k >= out->at_90k;
    case ASP_HLS_AVAIL_CANCELLED:
      return find_avail (t, ASP_HLS_AVAIL_SCHEDULED, id) &&
          !find_avail (t, ASP_HLS_AVAIL_OUT, id) && !find_avail (t, ASP_HLS_AVAIL_CANCELLED, id);
    default:
      return FALSE;
  }
}

static gboolean
order_ok (const AspHlsTimeline * t, const AspHlsEntry * e)
{
  if (t->ended)
    return FALSE;
  switch (e->kind) {
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
    case ASP_HLS_PDT:
      return e->at_90k == t->end_90k;
    case ASP_HLS_DISCONTINUITY:
      /* between two segments, and one is enough */
      return e->at_90k == t->end_90k && t->n_media > 0 && !stands_before_next (t, e->kind);
    case ASP_HLS_TARGET_DURATION:
      return t->target_duration_s == 0;
    case ASP_HLS_END:
      return TRUE;
    default:
      return avail_order_ok (t, e);
  }
}

static gboolean
value_ok (const AspHlsEntry * e)
{
  switch (e->kind) {
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
      return e->duration_90k > 0 && is_uri (e->uri);
    case ASP_HLS_TARGET_DURATION:
      return e->duration_90k >= ASP_SECOND_90K && e->duration_90k % ASP_SECOND_90K == 0 &&
          e->duration_90k / ASP_SECOND_90K <= G_MAXINT;
    case ASP_HLS_AVAIL_SCHEDULED:
    case ASP_HLS_AVAIL_OUT:
    case ASP_HLS_AVAIL_IN:
    case ASP_HLS_AVAIL_CANCELLED:
      return is_quotable (e->avail_id, ASP_HLS_AVAIL_ID_MAX) && e->duration_90k >= 0 &&
          (!e->scte35 || is_hex (e->scte35));
    default:
      return TRUE;
  }
}

gboolean
asp_hls_timeline_append (AspHlsTimeline * t, const AspHlsEntry * entry, GError ** error)
{
  if (!value_ok (entry)) {
    g_set_error (error, ASP_HLS_ERROR, ASP_HLS_ERROR_VALUE,
        "Entry of kind %d (uri %s, avail %s) cannot be written into a playlist",
        (gint) entry->kind, entry->uri ? entry->uri : "-", entry->avail_id ? entry->avail_id : "-");
    return FALSE;
  }
  if (!order_ok (t, entry)) {
    g_set_error (error, ASP_HLS_ERROR, ASP_HLS_ERROR_ORDER,
        "Entry of kind %d (avail %s) at %" G_GINT64_FORMAT " does not follow what is published "
        "up to %" G_GINT64_FORMAT, (gint) entry->kind, entry->avail_id ? entry->avail_id : "-",
        entry->at_90k, t->end_90k);
    return FALSE;
  }
  g_ptr_array_add (t->entries, entry_copy (entry));
  if (entry->kind == ASP_HLS_SEGMENT || entry->kind == ASP_HLS_GAP) {
    t->end_90k += entry->duration_90k;
    t->longest_90k = MAX (t->longest_90k, entry->duration_90k);
    t->n_media++;
    t->all_independent = t->all_independent && entry->independent;
  } else if (entry->kind == ASP_HLS_TARGET_DURATION) {
    t->target_duration_s = (guint) (entry->duration_90k / ASP_SECOND_90K);
  } else if (entry->kind == ASP_HLS_END) {
    t->ended = TRUE;
  }
  return TRUE;
}

gint64
asp_hls_timeline_end (const AspHlsTimeline * t)
{
  return t->end_90k;
}

gboolean
asp_hls_timeline_is_ended (const AspHlsTimeline * t)
{
  return t->ended;
}

guint
asp_hls_timeline_target_duration (const AspHlsTimeline * t)
{
  return t->target_duration_s;
}

gboolean
asp_hls_timeline_all_independent (const AspHlsTimeline * t)
{
  return t->all_independent;
}

gint64
asp_hls_timeline_longest_90k (const AspHlsTimeline * t)
{
  return t->longest_90k;
}

guint
asp_hls_timeline_n_entries (const AspHlsTimeline * t)
{
  return t->entries->len;
}

const AspHlsEntry *
asp_hls_timeline_entry (const AspHlsTimeline * t, guint i)
{
  return g_ptr_array_index (t->entries, i);
}

guint64
asp_hls_timeline_n_media_forgotten (const AspHlsTimeline * t)
{
  return t->n_media_forgotten;
}

guint64
asp_hls_timeline_n_discontinuities_forgotten (const AspHlsTimeline * t)
{
  return t->n_discontinuities_forgotten;
}

gint64
asp_hls_timeline_avail_end (const AspHlsTimeline * t, const gchar * avail_id)
{
  gboolean seen = FALSE;

  for (guint i = 0; i < t->entries->len; i++) {
    const AspHlsEntry *e = g_ptr_array_index (t->entries, i);

    if (e->kind == ASP_HLS_AVAIL_OUT) {
      /* one break at a time: whoever began the next one has ended this one */
      if (seen)
        return e->at_90k;
      seen = !strcmp (e->avail_id, avail_id);
    } else if (e->kind == ASP_HLS_AVAIL_IN && !strcmp (e->avail_id, avail_id)) {
      return e->at_90k;
    }
  }
  return G_MAXINT64;
}

/* May the entry go when nobody asks for media before @before_90k? @last_pdt is the index
 * of the anchor that holds there. */
static gboolean
is_forgettable (const AspHlsTimeline * t, guint i, gint64 before_90k, guint last_pdt)
{
  const AspHlsEntry *e = g_ptr_array_index (t->entries, i);

  switch (e->kind) {
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
      return e->at_90k + e->duration_90k <= before_90k;
    case ASP_HLS_DISCONTINUITY:
      return e->at_90k < before_90k;
    case ASP_HLS_PDT:
      return i < last_pdt;
    case ASP_HLS_AVAIL_SCHEDULED:
      return e->at_90k < before_90k && (!find_avail (t, ASP_HLS_AVAIL_OUT, e->avail_id) ||
          asp_hls_timeline_avail_end (t, e->avail_id) < before_90k - ASP_HLS_DATE_STEP_90K);
    case ASP_HLS_AVAIL_OUT:
    case ASP_HLS_AVAIL_IN:
      return asp_hls_timeline_avail_end (t, e->avail_id) < before_90k - ASP_HLS_DATE_STEP_90K;
    case ASP_HLS_AVAIL_CANCELLED:
      return !find_avail (t, ASP_HLS_AVAIL_SCHEDULED, e->avail_id) || e->at_90k < before_90k;
    default:
      return FALSE;
  }
}

void
asp_hls_timeline_forget (AspHlsTimeline * t, gint64 before_90k)
{
  guint last_pdt = 0;
  g_autofree gboolean *gone = g_new0 (gboolean, t->entries->len);
  guint n = t->entries->len;

  for (guint i = 0; i < n; i++) {
    const AspHlsEntry *e = g_ptr_array_index (t->entries, i);

    if (e->kind == ASP_HLS_PDT && e->at_90k <= before_90k)
      last_pdt = i;
  }
  /* decided for all before the first one goes: entries ask about each other */
  for (guint i = 0; i < n; i++)
    gone[i] = is_forgettable (t, i, before_90k, last_pdt);
  for (guint i = n; i > 0; i--) {
    const AspHlsEntry *e = g_ptr_array_index (t->entries, i - 1);

    if (!gone[i - 1])
      continue;
    if (e->kind == ASP_HLS_SEGMENT || e->kind == ASP_HLS_GAP)
      t->n_media_forgotten++;
    else if (e->kind == ASP_HLS_DISCONTINUITY)
      t->n_discontinuities_forgotten++;
    g_ptr_array_remove_index (t->entries, i - 1);
  }
}
