/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-event-private.h"

#define UUID_BYTES 16

/* RFC 9562, 5.5: of a name within a name space, here the log. */
static gchar *
id_of (const AspEvent * event, const gchar * log_id)
{
  g_autofree gchar *name = g_strdup_printf ("%s\n%s\n%" G_GUINT64_FORMAT, log_id,
      event->channel ? event->channel : "", event->number);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  GString *out = g_string_new (NULL);
  guint8 digest[20];
  gsize size = sizeof digest;

  g_checksum_update (sum, (const guchar *) name, -1);
  g_checksum_get_digest (sum, digest, &size);
  digest[6] = (digest[6] & 0x0f) | 0x50;
  digest[8] = (digest[8] & 0x3f) | 0x80;
  for (guint i = 0; i < UUID_BYTES; i++)
    g_string_append_printf (out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", digest[i]);
  return g_string_free (out, FALSE);
}

static gboolean
is_of_stream (AspEventKind kind)
{
  return kind == ASP_EVENT_STREAM_START || kind == ASP_EVENT_STREAM_END;
}

gchar *
asp_event_envelope (const AspEvent * event, const gchar * log_id, const gchar * region, const gchar * account)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  g_autofree gchar *id = id_of (event, log_id);
  g_autofree gchar *time = asp_event_time_s (event->time_us);
  g_autofree gchar *arn = g_strdup_printf ("arn:aws:ivs:%s:%s:channel/%s", region, account,
      event->channel ? event->channel : "");

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "version", "0");
  asp_json_add_string (w, "id", id);
  asp_json_add_string (w, "detail-type", is_of_stream (event->kind) ? "IVS Stream State Change" :
      "IVS Ad Break State Change");
  asp_json_add_string (w, "source", "aws.ivs");
  asp_json_add_string (w, "account", account);
  asp_json_add_string (w, "time", time);
  asp_json_add_string (w, "region", region);
  asp_json_begin_array (w, "resources");
  asp_json_add_string (w, NULL, arn);
  asp_json_end_array (w);
  asp_json_begin_object (w, "detail");
  asp_event_write_detail (event, w);
  asp_json_end_object (w);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}
