/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of segments: each in a file of its own beside the segment, for as long as it is listed
 * and a little longer. */
#include "hlsadsink-channel-private.h"

#include <asp-hls-names.h>
#include <gst/gst.h>

#include "hlsadsink-file.h"

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

/* Listed for three target durations, asked for three more, and the segment they were in. */
#define KEEP_TARGET_DURATIONS 7

gchar *
hls_channel_part_uri (const HlsChannel * c, const HlsLane * lane, guint64 number, guint part)
{
  g_autofree gchar *name = NULL;

  if (!c->low_latency)
    return NULL;
  name = asp_hls_media_name (c->secret, ASP_HLS_NAME_PART, lane->name, number, part);
  return g_strconcat (HLS_MEDIA_FOLDER "/", name, NULL);
}

gboolean
hls_channel_has_parts (const HlsChannel * c, const HlsLane * lane)
{
  AspHlsRendition r;

  asp_hls_timeline_rendition (c->timeline, lane->index, &r);
  return r.n_open_parts > 0;
}

/* FALSE: it does not belong to the segment that is open. */
static gboolean
append_part (HlsChannel * c, HlsLane * lane, const AspHlsPartInfo * info, GBytes * bytes,
    gboolean * written)
{
  AspHlsRendition r;
  g_autofree gchar *name = NULL, *uri = NULL, *next_uri = NULL;
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  asp_hls_timeline_rendition (c->timeline, lane->index, &r);
  if (r.n_open_parts != info->index)
    return FALSE;
  name = asp_hls_media_name (c->secret, ASP_HLS_NAME_PART, lane->name, r.n_media, info->index);
  uri = hls_channel_part_uri (c, lane, r.n_media, info->index);
  next_uri = hls_channel_part_uri (c, lane, info->last ? r.n_media + 1 : r.n_media,
      info->last ? 0 : info->index + 1);
  *written = hls_channel_write_file (c, c->media_folder, name, data, size);
  if (*written && lane->view.low_latency)
    hls_channel_tell_written (c, uri, bytes);
  return hls_channel_append (c, (AspHlsEntry) {.kind = ASP_HLS_PART,.rendition = lane->index,
      .at_90k = info->index == 0 ? lane->at_90k : r.end_90k,.duration_90k = info->duration_90k,
      .uri = uri,.next_uri = next_uri,.bytes = size,.independent = info->independent,
      .gap = !*written});
}

void
hls_channel_part (HlsChannel * c, const gchar * rendition, const AspHlsPartInfo * info,
    GBytes * bytes, gboolean more)
{
  HlsLane *lane = hls_channel_find_lane (c, rendition);
  gboolean written;

  if (!lane)
    return;
  if (info->index == 0)
    lane->orphan = !hls_channel_begin_media (c, lane, info->segment);
  if (lane->orphan || !append_part (c, lane, info, bytes, &written))
    return;
  if (info->index == 0)
    hls_channel_keep_ref (c, info->segment);
  if (info->last)
    return;
  /* the last one of a segment is listed with it, not before because another rendition is: it may be shorter than others
   * may be */
  lane->changed = TRUE;
  hls_channel_publish_media (c, written, more);
}

/* -- what a segment leaves when its end does not come -- */

/* The open parts of @lane, oldest first. */
static GPtrArray *
open_parts (const HlsChannel * c, const HlsLane * lane, guint64 number)
{
  GPtrArray *parts = g_ptr_array_new ();

  for (guint i = 0; i < asp_hls_timeline_n_entries (c->timeline); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (c->timeline, i);

    if (e->kind == ASP_HLS_PART && e->rendition == lane->index && e->number == number)
      g_ptr_array_add (parts, (gpointer) e);
  }
  return parts;
}

/* A segment is its parts, one behind the other. NULL: one of them is not there. */
static GByteArray *
join_parts (const HlsChannel * c, const GPtrArray * parts)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();

  for (guint i = 0; i < parts->len; i++) {
    const AspHlsEntry *e = g_ptr_array_index (parts, i);
    g_autofree gchar *path = g_build_filename (c->location, e->uri, NULL);
    g_autofree gchar *data = NULL;
    gsize size;

    if (e->gap || !g_file_get_contents (path, &data, &size, NULL))
      return NULL;
    g_byte_array_append (all, (const guint8 *) data, (guint) size);
  }
  return g_steal_pointer (&all);
}

void
hls_channel_complete_segment (HlsChannel * c, HlsLane * lane)
{
  AspHlsRendition r;
  g_autoptr (GPtrArray) parts = NULL;
  g_autoptr (GByteArray) bytes = NULL;
  g_autofree gchar *name = NULL, *uri = NULL, *next_uri = NULL, *hinted = NULL;
  gboolean written;

  asp_hls_timeline_rendition (c->timeline, lane->index, &r);
  if (r.n_open_parts == 0)
    return;
  lane->orphan = TRUE;
  parts = open_parts (c, lane, r.n_media + 1);
  /* a process that was killed may have written the next one without telling of it */
  hinted = asp_hls_media_name (c->secret, ASP_HLS_NAME_PART, lane->name, r.n_media, r.n_open_parts);
  hls_file_remove (c->media_folder, hinted);
  name = asp_hls_media_name (c->secret, ASP_HLS_NAME_SEGMENT, lane->name, r.n_media, 0);
  uri = g_strconcat (HLS_MEDIA_FOLDER "/", name, NULL);
  next_uri = hls_channel_part_uri (c, lane, r.n_media + 1, 0);
  bytes = join_parts (c, parts);
  written = bytes && hls_channel_write_file (c, c->media_folder, name, bytes->data, bytes->len);
  if (written) {
    g_autoptr (GBytes) copy = g_bytes_new (bytes->data, bytes->len);

    hls_channel_tell_written (c, uri, copy);
  }
  hls_channel_append (c, (AspHlsEntry) {.kind = written ? ASP_HLS_SEGMENT : ASP_HLS_GAP,
      .rendition = lane->index,.at_90k = r.segment_end_90k,
      .duration_90k = r.end_90k - r.segment_end_90k,.uri = uri,.next_uri = next_uri,
      .bytes = written ? bytes->len : 0,
      .independent = parts->len > 0 && ((const AspHlsEntry *) g_ptr_array_index (parts, 0))->independent});
  lane->changed = TRUE;
}

/* -- and afterwards -- */

void
hls_channel_remove_parts (HlsChannel * c, const HlsLane * lane)
{
  gint64 before_90k = hls_channel_lane_end (c, lane) - KEEP_TARGET_DURATIONS * ASP_SECOND_90K *
      (gint64) asp_hls_timeline_target_duration (c->timeline);
  gboolean any = FALSE;

  for (guint i = 0; i < asp_hls_timeline_n_entries (c->timeline); i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (c->timeline, i);

    if (e->kind != ASP_HLS_PART || e->rendition != lane->index ||
        e->at_90k + e->duration_90k > before_90k)
      continue;
    if (!e->gap)
      hls_channel_remove_media (c, e->uri, lane->view.low_latency);
    any = TRUE;
  }
  if (any)
    asp_hls_timeline_forget_parts (c->timeline, lane->index, before_90k);
}
