/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-id3.h"

#include <asp-json-writer.h>
#include <string.h>

#define HEADER_SIZE 10          /* of the tag, and of a frame */
#define ENCODING_UTF8 3

static const gchar *
name_of (AspHlsEntryKind kind)
{
  switch (kind) {
    case ASP_HLS_AVAIL_OUT:
      return "AdBreakStart";
    case ASP_HLS_AVAIL_IN:
      return "AdBreakEnd";
    case ASP_HLS_CREATIVE_START:
      return "AdCreativeStart";
    case ASP_HLS_CREATIVE_END:
      return "AdCreativeEnd";
    default:
      return NULL;
  }
}

static void
add_text (AspJsonWriter * w, const gchar * name, const gchar * value)
{
  if (value && *value)
    asp_json_add_string (w, name, value);
}

static void
add_duration (AspJsonWriter * w, gint64 duration_90k)
{
  if (duration_90k > 0)
    asp_json_add_double (w, "duration", (gdouble) duration_90k / (gdouble) ASP_SECOND_90K);
}

static void
add_ad (AspJsonWriter * w, const AspAd * ad)
{
  add_text (w, "assetId", ad->creative.asset_id);
  add_duration (w, ad->creative.duration_90k);
  if (!ad->ad_id && !ad->creative.creative_id && !ad->ad_system && !ad->ad_title)
    return;
  asp_json_begin_object (w, "metadata");
  add_text (w, "vastAdId", ad->ad_id);
  add_text (w, "creativeId", ad->creative.creative_id);
  add_text (w, "adSystem", ad->ad_system);
  add_text (w, "adTitle", ad->ad_title);
  asp_json_end_object (w);
}

static gchar *
value_of (const AspHlsMark * m)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  add_text (w, "adBreakId", m->avail_id);
  if (m->kind == ASP_HLS_AVAIL_OUT) {
    asp_json_add_string (w, "rollType", asp_ad_roll_name (m->roll));
    add_duration (w, m->duration_90k);
    if (m->pod_length > 0)
      asp_json_add_int (w, "podLength", m->pod_length);
  } else if (m->kind == ASP_HLS_CREATIVE_START) {
    if (m->pod_index > 0)
      asp_json_add_int (w, "podIndex", m->pod_index);
    if (m->ad)
      add_ad (w, m->ad);
  }
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

/* Seven bits a byte (ID3v2.4, 6.2). */
static void
write_synchsafe (guint8 * to, gsize size)
{
  for (guint i = 0; i < 4; i++)
    to[i] = (guint8) ((size >> (21 - 7 * i)) & 0x7f);
}

/* A frame TXXX: encoding, description, NUL, value (4.2.6). */
static void
add_frame (GByteArray * tag, const gchar * description, const gchar * value)
{
  guint8 head[HEADER_SIZE + 1] = { 'T', 'X', 'X', 'X', 0, 0, 0, 0, 0, 0, ENCODING_UTF8 };
  gsize size = 1 + strlen (description) + 1 + strlen (value);

  if (tag->len + HEADER_SIZE + size > ASP_HLS_ID3_MAX)
    return;
  write_synchsafe (head + 4, size);
  g_byte_array_append (tag, head, sizeof head);
  g_byte_array_append (tag, (const guint8 *) description, (guint) strlen (description) + 1);
  g_byte_array_append (tag, (const guint8 *) value, (guint) strlen (value));
}

GByteArray *
asp_hls_id3_tag (const GPtrArray * marks)
{
  static const guint8 header[HEADER_SIZE] = { 'I', 'D', '3', 4, 0, 0 };
  g_autoptr (GByteArray) tag = g_byte_array_new ();

  g_byte_array_append (tag, header, sizeof header);
  for (guint i = 0; i < marks->len; i++) {
    const AspHlsMark *m = g_ptr_array_index (marks, i);
    g_autofree gchar *value = value_of (m);

    if (name_of (m->kind))
      add_frame (tag, name_of (m->kind), value);
  }
  if (tag->len == HEADER_SIZE)
    return NULL;
  write_synchsafe (tag->data + 6, tag->len - HEADER_SIZE);
  return g_steal_pointer (&tag);
}
