/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* E40: the segments of a playlist, alone and one behind the other. */
#include <string.h>

#include "hlc-check.h"

#define STREAM_TYPE_SCTE35 0x86
#define STREAM_TYPE_METADATA 0x15
#define TICKS_PER_MS 90
#define SECOND_27M G_GINT64_CONSTANT (27000000)

typedef struct
{
  gint64 msn;
  const HlcPlaylist *playlist;  /* the first version that lists it */
  const HlcSegment *segment;
  const HlcMedia *media;
} Item;

static void fault (HlcContext * context, const Item * item, const gchar * format, ...)
    G_GNUC_PRINTF (3, 4);

static void
fault (HlcContext * context, const Item * item, const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  hlc_find (context->report, "E40", item->playlist, item->segment->line, "%s: %s",
      item->segment->uri, text);
}

/* -- one segment -- */

static void
check_packets (HlcContext * context, const Item * item)
{
  const HlcMedia *m = item->media;
  guint i;

  if (!m->psi_first)
    fault (context, item, "the first packets are not PAT and PMT");
  if (m->programs != 1)
    fault (context, item, "%u programmes", m->programs);
  if (m->pmt_versions > 1)
    fault (context, item, "the PMT changes inside");
  if (m->cc_errors > 0)
    fault (context, item, "%" G_GSIZE_FORMAT " continuity errors inside", m->cc_errors);
  if (m->damaged > 0)
    fault (context, item, "%" G_GSIZE_FORMAT " damaged packets or sections", m->damaged);
  if (m->n_pcr == 0)
    fault (context, item, "no PCR");
  if (m->pcr_steps > 0)
    fault (context, item, "the PCR jumps inside");
  if (m->idle_flags > 0)
    fault (context, item, "discontinuity_indicator where the PCR goes on");
  for (i = 0; i < m->tracks->len; i++)
    if (g_array_index (m->tracks, HlcTrack, i).stream_type == STREAM_TYPE_SCTE35)
      fault (context, item, "SCTE 35 is still in it");
}

/* The sound of a segment begins with its first picture: at most one frame before its decoding
 * time, at most one behind its presentation. */
static void
check_sound (HlcContext * context, const Item * item, const HlcTrack * video)
{
  guint i;

  for (i = 0; i < item->media->tracks->len; i++) {
    const HlcTrack *audio = &g_array_index (item->media->tracks, HlcTrack, i);

    if (audio->kind != TSC_KIND_AUDIO || !audio->has_times)
      continue;
    if (audio->first_pts90k < video->first_dts90k - audio->frame90k - 1 ||
        audio->first_pts90k > video->first_pts90k + audio->frame90k + 1)
      fault (context, item, "sound of PID %u begins %.1f ms behind the picture", audio->pid,
          (gdouble) (audio->first_pts90k - video->first_pts90k) / TICKS_PER_MS);
    if (audio->end_pts90k < video->end_pts90k - MAX (audio->frame90k, video->frame90k) - 1)
      fault (context, item, "sound of PID %u ends %.1f ms before the picture", audio->pid,
          (gdouble) (video->end_pts90k - audio->end_pts90k) / TICKS_PER_MS);
  }
}

static void
check_alone (HlcContext * context, const Item * item)
{
  const HlcTrack *video = hlc_media_track (item->media, TSC_KIND_VIDEO);
  const HlcTrack *main_track = video ? video : hlc_media_track (item->media, TSC_KIND_AUDIO);
  gint64 length90k, off_us;

  check_packets (context, item);
  if (main_track == NULL || !main_track->has_times) {
    fault (context, item, "no picture and no sound with a time stamp");
    return;
  }
  length90k = main_track->end_pts90k - main_track->first_pts90k;
  off_us = item->segment->duration_us - length90k * 1000 / TICKS_PER_MS;
  /* sound alone is cut where the pictures of the other renditions are; another source's may
   * begin half a frame off */
  if (ABS (off_us) > 1000 + (video ? 0 : main_track->frame90k * 3 / 2 * 1000 / TICKS_PER_MS))
    fault (context, item, "EXTINF is %s, its media last %.6f s", item->segment->extinf,
        (gdouble) length90k / (1000 * TICKS_PER_MS));
  if (video == NULL)
    return;
  if (!item->media->random_access)
    fault (context, item, "the first picture is no IDR with its parameter sets");
  check_sound (context, item, video);
}

/* -- one behind the other -- */

static gint64
step90k (gint64 from, gint64 to)
{
  return tsc_unwrap (from, to, TSC_PTS_MODULUS) - from;
}

static gchar *
track_list (const HlcMedia * media, gboolean with_pids)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < media->tracks->len; i++) {
    const HlcTrack *track = &g_array_index (media->tracks, HlcTrack, i);

    /* tags come where there is something to say; the PMT is compared for itself */
    if (track->stream_type == STREAM_TYPE_METADATA)
      continue;
    if (with_pids)
      g_string_append_printf (text, "%u:", track->pid);
    g_string_append_printf (text, "%02x ", track->stream_type);
  }
  return g_string_free (text, FALSE);
}

static void
check_counters (HlcContext * context, const Item * a, const Item * b)
{
  guint i;

  for (i = 0; i < b->media->pids->len; i++) {
    const HlcPid *pid = &g_array_index (b->media->pids, HlcPid, i);
    const HlcPid *had = hlc_media_pid (a->media, pid->pid);

    if (had == NULL || !had->has_cc || !pid->has_cc || pid->flagged)
      continue;
    if (pid->first_cc != ((had->last_cc + 1) & 15))
      fault (context, b, "continuity counter of PID %u is %u behind %u", pid->pid, pid->first_cc,
          had->last_cc);
  }
}

static void
check_track_join (HlcContext * context, const Item * b, const HlcTrack * had,
    const HlcTrack * track)
{
  gint64 gap90k = step90k (had->end_pts90k, track->first_pts90k);
  gint64 dts90k = step90k (had->last_dts90k, track->first_dts90k);

  if (ABS (gap90k) >= MAX (had->frame90k, 1))
    fault (context, b, "PID %u goes on %.3f ms behind the end of the segment before it", track->pid,
        (gdouble) gap90k / TICKS_PER_MS);
  if (dts90k <= 0)
    fault (context, b, "the DTS of PID %u goes back by %.3f ms", track->pid,
        (gdouble) - dts90k / TICKS_PER_MS);
}

/* TRUE: the clock goes on from the one into the other. */
static gboolean
clock_goes_on (const Item * a, const Item * b)
{
  gint64 step27m = tsc_unwrap (a->media->last_pcr27m, b->media->first_pcr27m, TSC_PCR_MODULUS) -
      a->media->last_pcr27m;

  return a->media->n_pcr > 0 && b->media->n_pcr > 0 && step27m >= 0 && step27m <= SECOND_27M;
}

static void
check_continuous (HlcContext * context, const Item * a, const Item * b)
{
  g_autofree gchar *had = track_list (a->media, TRUE), *has = track_list (b->media, TRUE);
  guint i;

  if (strcmp (had, has) != 0 || strcmp (a->media->pmt, b->media->pmt) != 0 ||
      a->media->pmt_pid != b->media->pmt_pid || a->media->pcr_pid != b->media->pcr_pid)
    fault (context, b, "another PMT or other PIDs (%s, were %s) without a discontinuity", has, had);
  check_counters (context, a, b);
  if (!clock_goes_on (a, b) && b->media->n_pcr > 0)
    fault (context, b, "the PCR does not go on from the segment before it");
  for (i = 0; i < b->media->tracks->len && i < a->media->tracks->len; i++) {
    const HlcTrack *x = &g_array_index (a->media->tracks, HlcTrack, i);
    const HlcTrack *y = &g_array_index (b->media->tracks, HlcTrack, i);

    if (x->has_times && y->has_times && x->pid == y->pid)
      check_track_join (context, b, x, y);
  }
}

static void
check_join (HlcContext * context, const Item * a, const Item * b)
{
  gboolean same = a->segment->dsn == b->segment->dsn && !b->segment->discontinuity;
  g_autofree gchar *had = track_list (a->media, FALSE), *has = track_list (b->media, FALSE);
  const HlcPid *clock = hlc_media_pid (b->media, b->media->pcr_pid);

  if (!same && strcmp (had, has) != 0)
    fault (context, b, "other tracks (%s, were %s)", has, had);
  if (clock != NULL && clock->flagged && clock_goes_on (a, b))
    fault (context, b, "discontinuity_indicator where the PCR goes on");
  if (same)
    check_continuous (context, a, b);
}

/* -- parts -- */

static gboolean
same_units (GArray * parts, GArray * segment)
{
  g_autoptr (GHashTable) set = g_hash_table_new (g_int64_hash, g_int64_equal);
  guint i;

  if (parts->len != segment->len)
    return FALSE;
  for (i = 0; i < parts->len; i++)
    g_hash_table_add (set, &g_array_index (parts, guint64, i));
  for (i = 0; i < segment->len; i++)
    if (!g_hash_table_contains (set, &g_array_index (segment, guint64, i)))
      return FALSE;
  return TRUE;
}

/* Parts by byte range are the segment's own bytes. */
static void
check_parts (HlcContext * context, const Item * item)
{
  g_autoptr (GArray) aus = g_array_new (FALSE, FALSE, sizeof (guint64));
  guint i;

  for (i = 0; i < item->segment->parts->len; i++) {
    const HlcPart *part = &g_array_index (item->segment->parts, HlcPart, i);
    g_autofree gchar *name = part->uri ? hlc_resolve (item->playlist->name, part->uri) : NULL;
    const HlcMedia *media;

    if (name == NULL || part->gap || hlc_attribute (part->tag->attributes, "BYTERANGE"))
      return;
    media = hlc_context_media (context, name);
    if (!media->read)
      return;
    if (!media->psi_first)
      fault (context, item, "its part %s does not begin with PAT and PMT", part->uri);
    if (part->independent && hlc_media_track (media, TSC_KIND_VIDEO) && !media->random_access)
      fault (context, item, "its part %s is INDEPENDENT and begins with no IDR", part->uri);
    g_array_append_vals (aus, media->aus->data, media->aus->len);
  }
  if (item->segment->parts->len > 0 && !same_units (aus, item->media->aus))
    fault (context, item, "its parts have other access units");
}

/* -- all of them -- */

static gint
compare_items (gconstpointer a, gconstpointer b)
{
  gint64 x = ((const Item *) a)->msn, y = ((const Item *) b)->msn;

  return x < y ? -1 : x > y;
}

/* Each segment once; the version that still has its parts. */
static GArray *
collect (HlcContext * context, const HlcStream * stream)
{
  GArray *items = g_array_new (FALSE, TRUE, sizeof (Item));
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  guint i, j;

  for (i = 0; i < stream->versions->len; i++) {
    const HlcPlaylist *playlist = g_ptr_array_index (stream->versions, i);

    for (j = 0; j < playlist->segments->len; j++) {
      const HlcSegment *segment = g_ptr_array_index (playlist->segments, j);
      Item item = { segment->msn, playlist, segment, NULL };
      g_autofree gchar *name = NULL;
      gint64 *msn;

      if (segment->uri == NULL || segment->gap || segment->byterange ||
          g_hash_table_contains (seen, &segment->msn))
        continue;
      msn = g_new (gint64, 1);
      *msn = segment->msn;
      g_hash_table_add (seen, msn);
      name = hlc_resolve (playlist->name, segment->uri);
      item.media = hlc_context_media (context, name);
      g_array_append_val (items, item);
    }
  }
  g_array_sort (items, compare_items);
  return items;
}

void
hlc_check_media (HlcContext * context, const HlcStream * stream)
{
  g_autoptr (GArray) items = collect (context, stream);
  guint i;

  for (i = 0; i < items->len; i++) {
    const Item *item = &g_array_index (items, Item, i);
    const Item *before = i > 0 ? item - 1 : NULL;

    if (!item->media->read)
      continue;
    check_alone (context, item);
    check_parts (context, item);
    if (before != NULL && before->media->read && before->msn + 1 == item->msn)
      check_join (context, before, item);
  }
}
