/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SVTA ad creative signalling, as AWS Elemental MediaTailor writes it: one date range for each
 * creative, with its ids as base64 of JSON, closed by a tag with END-DATE. Slate has none.
 */
#include <asp-json-writer.h>

#include <string.h>

#include "asp-hls-marker.h"
#include "asp-hls-text.h"

#define CLASS "urn:sva:advertising-wg:ad-id-signaling"
#define SCHEME "urn:smpte:ul:060E2B34.01040101.01200900.00000000"
#define AS_PLANNED_90K 4500     /* so much less is rounding, or the last frame */

static gchar *
payload_of (const AspAd * ad)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  const AspAdCreative *c = &ad->creative;
  const gchar *text;

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "version", 1);
  asp_json_begin_array (w, "identifiers");
  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "scheme", SCHEME);
  asp_json_add_string (w, "value", c->creative_id ? c->creative_id : c->asset_id);
  asp_json_add_string (w, "ad_position", ad->ad_id ? ad->ad_id : c->asset_id);
  asp_json_add_string (w, "ad_type", "avail");
  if (ad->custom_data)
    asp_json_add_string (w, "custom_vast_data", ad->custom_data);
  asp_json_end_object (w);
  asp_json_end_array (w);
  asp_json_end_object (w);
  text = asp_json_writer_text (w);
  return g_base64_encode ((const guint8 *) text, strlen (text));
}

/* MEDIA-SEQUENCE of its first segment and its place in the pod. */
static gchar *
id_of (const AspHlsEntry * start)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT "-%u", start->number - 1, start->pod_index);
}

static GString *
begin (const AspHlsMarking * m, const gchar * id, const AspHlsEntry * start, gint64 duration_ms)
{
  g_autofree gchar *payload = payload_of (start->ad);
  GString *line = asp_hls_range_begin (m, id, CLASS, start->utc_us);

  if (duration_ms > 0) {
    g_string_append (line, ",DURATION=");
    asp_hls_add_ms (line, duration_ms);
  }
  asp_hls_add_attribute (line, "X-AD-CREATIVE-SIGNALING", payload);
  return line;
}

static void
close_range (GPtrArray * out, const AspHlsMarking * m, const AspHlsPlayed * p, gint64 end_utc_us,
    gint64 ended_90k)
{
  g_autofree gchar *id = id_of (p->start);
  gint64 duration_90k = p->start->ad->creative.duration_90k;
  gint64 start_ms = asp_hls_ms (p->start->utc_us);
  GString *line;

  /* what was said of its length cannot be taken back (4.4.5.1): one that was cut off is not
   * closed, and the break's own range says when it ended */
  if (duration_90k > 0 && ended_90k - p->start->at_90k < duration_90k - AS_PLANNED_90K)
    return;
  line = asp_hls_range_begin (m, id, CLASS, p->start->utc_us);
  g_string_append (line, ",END-DATE=\"");
  asp_hls_add_date (line, (duration_90k > 0 ? start_ms + asp_hls_90k_to_ms (duration_90k) :
          asp_hls_ms (end_utc_us)) - m->early_ms);
  g_string_append_c (line, '"');
  asp_hls_range_add (out, id, line, duration_90k > 0 ? p->start->at_90k + duration_90k : ended_90k);
}

void
asp_hls_creative_ranges (GPtrArray * out, const AspHlsMarking * m, const AspHlsAvail * a,
    const AspHlsEntry * e)
{
  for (guint i = 0; i < a->played->len; i++) {
    const AspHlsPlayed *p = &g_array_index (a->played, AspHlsPlayed, i);
    gint64 duration_90k = p->start->ad->creative.duration_90k;

    if (p->start == e) {
      g_autofree gchar *id = id_of (e);

      asp_hls_range_add (out, id, begin (m, id, e, asp_hls_90k_to_ms (duration_90k)),
          duration_90k > 0 ? e->at_90k + duration_90k : p->end_90k);
    } else if (p->closed == e) {
      close_range (out, m, p, e->utc_us, e->at_90k);
    }
  }
}
