/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-channel-private.h"

#include <string.h>

#include "hlsadsink-file.h"

#define MULTIVARIANT "master.m3u8"
/* So long the multivariant playlist waits for renditions that have not begun. */
#define LATE_TARGET_DURATIONS 6

gboolean
hls_channel_tell (HlsChannel * c, const GError * error, const gchar * path)
{
  if (!c->in_trouble) {
    c->in_trouble = TRUE;
    c->trouble (error, path, c->user_data);
  }
  return FALSE;
}

gboolean
hls_channel_write_file (HlsChannel * c, const gchar * folder, const gchar * name,
    gconstpointer data, gsize size)
{
  g_autoptr (GError) error = NULL;

  return hls_file_write (folder, name, data, size, &error) || hls_channel_tell (c, error, folder);
}

void
hls_channel_remove_playlists (HlsChannel * c)
{
  for (guint i = 0; i < c->n_lanes; i++)
    hls_file_remove (c->location, c->lanes[i].playlist_name);
  hls_file_remove (c->location, MULTIVARIANT);
}

void
hls_channel_remove_media (HlsChannel * c, const gchar * uri, gboolean tell)
{
  hls_file_remove (c->location, uri);
  if (tell && c->outlet->removed)
    c->outlet->removed (uri, c->outlet_data);
}

void
hls_channel_tell_written (HlsChannel * c, const gchar * name, GBytes * bytes)
{
  if (c->outlet->written)
    c->outlet->written (name, bytes, c->outlet_data);
}

/* RFC 8216bis 6.2.2: for its own length and that of the longest playlist after it has left
 * it a client may still ask for a segment. Returns up to where this rendition's files have
 * gone. */
static gint64
remove_old_files (HlsChannel * c, const HlsLane * lane)
{
  gint64 start_90k = asp_hls_view_start (c->timeline, &lane->view), gone_90k = 0;
  gint64 end_90k = asp_hls_timeline_rendition_end (c->timeline, lane->index);

  c->longest_window_90k = MAX (c->longest_window_90k, end_90k - start_90k);
  for (guint i = 0; i < asp_hls_timeline_n_entries (c->timeline); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (c->timeline, i);
    gint64 left_90k = e->at_90k + e->duration_90k;

    if ((e->kind != ASP_HLS_SEGMENT && e->kind != ASP_HLS_GAP) || e->rendition != lane->index)
      continue;
    if (start_90k - left_90k <= e->duration_90k + c->longest_window_90k)
      break;
    if (e->kind == ASP_HLS_SEGMENT)
      hls_channel_remove_media (c, e->uri, TRUE);
    gone_90k = left_90k;
  }
  return gone_90k;
}

static void
forget (HlsChannel * c)
{
  gint64 before_90k = G_MAXINT64;

  if (asp_hls_timeline_is_ended (c->timeline))
    return;
  for (guint i = 0; i < c->n_lanes; i++) {
    AspHlsRendition r;

    hls_channel_remove_parts (c, &c->lanes[i]);
    asp_hls_timeline_rendition (c->timeline, c->lanes[i].index, &r);
    if (r.n_media > 0)
      before_90k = MIN (before_90k, c->delete_old ? remove_old_files (c, &c->lanes[i]) :
          asp_hls_view_start (c->timeline, &c->lanes[i].view));
  }
  if (before_90k != G_MAXINT64)
    asp_hls_timeline_forget (c->timeline, before_90k);
}

/* Who reads it too early misses a rendition for good. */
static gboolean
is_too_early (const HlsChannel * c)
{
  for (guint i = 0; i < c->n_lanes; i++) {
    AspHlsRendition r;

    asp_hls_timeline_rendition (c->timeline, c->lanes[i].index, &r);
    if (r.n_media == 0 && asp_hls_timeline_end (c->timeline) < LATE_TARGET_DURATIONS *
        ASP_SECOND_90K * (gint64) asp_hls_timeline_target_duration (c->timeline))
      return !asp_hls_timeline_is_ended (c->timeline);
  }
  return FALSE;
}

/* -- publishing -- */

static void
update_multivariant (HlsChannel * c)
{
  guint n = asp_hls_timeline_n_renditions (c->timeline);

  if (is_too_early (c) ||
      (!asp_hls_variants_update (c->variants, n, c->timeline) && c->multivariant_good))
    return;
  g_free (c->multivariant);
  c->multivariant = asp_hls_multivariant_render (c->timeline, c->variants, n);
  c->multivariant_good = TRUE;
  c->multivariant_written = FALSE;
}

void
hls_channel_hand_out (HlsChannel * c)
{
  HlsEditionRendition renditions[ASP_HLS_RENDITIONS_MAX];
  const HlsEdition edition = {.timeline = c->timeline,.n_renditions = c->n_lanes,
    .renditions = renditions,.multivariant = c->multivariant
  };

  for (guint i = 0; i < c->n_lanes; i++) {
    renditions[i].view = &c->lanes[i].view;
    renditions[i].changed = c->lanes[i].changed;
  }
  if (c->outlet->edition)
    c->outlet->edition (&edition, c->outlet_data);
}

static gboolean
write_text (HlsChannel * c, const gchar * name, const gchar * text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  if (!hls_channel_write_file (c, c->location, name, text, strlen (text)))
    return FALSE;
  hls_channel_tell_written (c, name, bytes);
  return TRUE;
}

/* FALSE: it could not be written. @listed: there is one. */
static gboolean
write_playlist (HlsChannel * c, HlsLane * lane, gboolean * listed)
{
  g_autofree gchar *text = NULL;
  AspHlsRendition r;

  asp_hls_timeline_rendition (c->timeline, lane->index, &r);
  if (!lane->view.low_latency && r.n_media == lane->written_media &&
      !asp_hls_timeline_is_ended (c->timeline)) {
    /* a part: this playlist has none */
    *listed = lane->written_media > 0;
    lane->changed = FALSE;
    return TRUE;
  }
  text = asp_hls_view_render (c->timeline, &lane->view);
  if (!text)
    return TRUE;                /* too early for one */
  *listed = TRUE;
  if (!write_text (c, lane->playlist_name, text))
    return FALSE;
  lane->written_media = r.n_media;
  lane->changed = FALSE;
  return TRUE;
}

gboolean
hls_channel_publish (HlsChannel * c)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE, listed = FALSE;

  /* first what a restart needs to know of what is published */
  if (!hls_log_write (c->log, c->timeline, &error))
    ok = hls_channel_tell (c, error, c->location);
  update_multivariant (c);
  hls_channel_hand_out (c);
  for (guint i = 0; i < c->n_lanes; i++)
    if (c->lanes[i].changed)
      ok = write_playlist (c, &c->lanes[i], &listed) && ok;
  if (listed && ok && c->multivariant && !c->multivariant_written)
    ok = c->multivariant_written = write_text (c, MULTIVARIANT, c->multivariant);
  if (listed && ok)
    forget (c);
  return ok;
}

void
hls_channel_update (HlsChannel * c)
{
  /* the disk is whole again when all of it was written */
  if (hls_channel_publish (c) && c->written)
    c->in_trouble = FALSE;
}

void
hls_channel_publish_media (HlsChannel * c, gboolean written, gboolean more)
{
  c->written = written;
  if (!more)
    hls_channel_update (c);
}

void
hls_channel_resume_playlists (HlsChannel * c)
{
  for (guint i = 0; i < c->n_lanes; i++)
    c->lanes[i].changed = TRUE;
  update_multivariant (c);
  hls_channel_hand_out (c);
  for (guint i = 0; i < c->n_lanes; i++)
    c->lanes[i].changed = FALSE;
}
