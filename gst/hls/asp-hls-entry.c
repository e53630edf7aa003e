/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-timeline-private.h"

#include <string.h>

#define URI_LENGTH_MAX 4096
#define CODECS_MAX 512
#define RENDITION_NAME_MAX 64
#define DURATION_MAX_90K (7 * 24 * 3600 * ASP_SECOND_90K)
#define UTC_MAX_US (G_GINT64_CONSTANT (253402300799) * G_USEC_PER_SEC)  /* year 9999 */
#define BYTES_MAX (G_GUINT64_CONSTANT (1) << 50)
#define POD_MAX 10000
#define TEXT_LENGTH_MAX 1024           /* of anything an ad server says */

AspHlsEntry *
asp_hls_entry_copy (const AspHlsEntry * from)
{
  AspHlsEntry *e = g_new (AspHlsEntry, 1);

  *e = *from;
  e->uri = g_strdup (from->uri);
  e->next_uri = g_strdup (from->next_uri);
  e->name = g_strdup (from->name);
  e->codecs = g_strdup (from->codecs);
  e->avail_id = g_strdup (from->avail_id);
  e->scte35 = from->scte35 ? g_ascii_strup (from->scte35, -1) : NULL;
  e->ad = asp_ad_copy (from->ad);
  return e;
}

void
asp_hls_entry_free (gpointer data)
{
  AspHlsEntry *e = data;

  if (!e)
    return;
  g_free ((gchar *) e->uri);
  g_free ((gchar *) e->next_uri);
  g_free ((gchar *) e->name);
  g_free ((gchar *) e->codecs);
  g_free ((gchar *) e->avail_id);
  g_free ((gchar *) e->scte35);
  asp_ad_free ((AspAd *) e->ad);
  g_free (e);
}

gboolean
asp_hls_is_media (const AspHlsEntry * e)
{
  return e->kind == ASP_HLS_SEGMENT || e->kind == ASP_HLS_GAP;
}

/* RFC 8216bis 4.2: no line ends, no quotation mark; nothing else invisible either. */
gboolean
asp_hls_is_quotable (const gchar * text, gsize max)
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
  if (!asp_hls_is_quotable (text, URI_LENGTH_MAX) || text[0] == '#')
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

static gboolean
is_name (const gchar * text)
{
  gsize n = text ? strlen (text) : 0;

  return n > 0 && n <= RENDITION_NAME_MAX && text[0] != '.' &&
      strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n;
}

static gboolean
is_text (const gchar * text)
{
  return !text || !*text || asp_hls_is_quotable (text, TEXT_LENGTH_MAX);
}

/* custom_data stands in JSON in base64 and may be anything. */
static gboolean
ad_ok (const AspAd * ad)
{
  return ad && asp_hls_is_quotable (ad->creative.asset_id, ASP_HLS_AVAIL_ID_MAX) &&
      ad->creative.duration_90k >= 0 &&
      ad->creative.duration_90k <= DURATION_MAX_90K && is_text (ad->creative.creative_id) &&
      is_text (ad->creative.universal_ad_id) && is_text (ad->creative.universal_ad_registry) &&
      is_text (ad->ad_id) && is_text (ad->ad_system) && is_text (ad->ad_title);
}

/* So much that no sum of what is written goes over: a thousand years, a petabyte. */
static gboolean
numbers_ok (const AspHlsEntry * e)
{
  return e->at_90k >= 0 && e->at_90k <= ASP_HLS_POSITION_MAX_90K && e->duration_90k >= 0 &&
      e->duration_90k <= DURATION_MAX_90K && e->utc_us >= 0 && e->utc_us <= UTC_MAX_US &&
      e->bytes <= BYTES_MAX && e->offset <= BYTES_MAX && e->number <= ASP_HLS_NUMBER_MAX && e->pod_index <= POD_MAX &&
      e->pod_length <= POD_MAX;
}

gboolean
asp_hls_entry_value_ok (const AspHlsEntry * e)
{
  if (!numbers_ok (e))
    return FALSE;
  switch (e->kind) {
    case ASP_HLS_RENDITION:
      return is_name (e->name);
    case ASP_HLS_FORMAT:
      return asp_hls_is_quotable (e->codecs, CODECS_MAX) && e->width <= 65536 &&
          e->height <= 65536;
    case ASP_HLS_PART:
    case ASP_HLS_SEGMENT:
    case ASP_HLS_GAP:
      return e->duration_90k > 0 && is_uri (e->uri) && (!e->next_uri || is_uri (e->next_uri));
    case ASP_HLS_TARGET_DURATION:
      return e->duration_90k >= ASP_SECOND_90K && e->duration_90k % ASP_SECOND_90K == 0 &&
          e->duration_90k / ASP_SECOND_90K <= 3600;
    case ASP_HLS_PART_TARGET:
      return e->duration_90k > 0 && e->duration_90k <= 60 * ASP_SECOND_90K;
    case ASP_HLS_AVAIL_SCHEDULED:
    case ASP_HLS_AVAIL_OUT:
    case ASP_HLS_AVAIL_IN:
    case ASP_HLS_AVAIL_CANCELLED:
      return asp_hls_is_quotable (e->avail_id, ASP_HLS_AVAIL_ID_MAX) && (!e->scte35 || is_hex (e->scte35));
    case ASP_HLS_CREATIVE_START:
      return asp_hls_is_quotable (e->avail_id, ASP_HLS_AVAIL_ID_MAX) && e->pod_index > 0 &&
          ad_ok (e->ad);
    case ASP_HLS_CREATIVE_END:
      return asp_hls_is_quotable (e->avail_id, ASP_HLS_AVAIL_ID_MAX) && e->pod_index > 0;
    case ASP_HLS_DISCONTINUITY:
    case ASP_HLS_PDT:
    case ASP_HLS_RESUME:
    case ASP_HLS_END:
      return TRUE;
    default:
      return FALSE;
  }
}
