/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-beacon-note.h"

#include <asp-json-reader.h>
#include <string.h>

#define VERSION 1

/* Lengths go into it too: no two keys are one by moving a border. */
static gchar *
key_of (const AspBeaconOrder * o)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  const gchar *parts[] = { o->audience, o->break_id, o->asset_id, o->event, o->key_url };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    const gchar *part = parts[i] ? parts[i] : "";
    guint32 size = GUINT32_TO_BE (strlen (part));

    g_checksum_update (sum, (const guint8 *) &size, sizeof size);
    g_checksum_update (sum, (const guint8 *) part, strlen (part));
  }
  return g_strconcat (ASP_BEACON_PREFIX, g_checksum_get_string (sum), NULL);
}

/* Those who wait for each other: audience, break and host. */
static gchar *
lane_of (const AspBeaconNote * n)
{
  const gchar *host = strstr (n->url, "://");
  gsize size;

  host = host ? host + 3 : n->url;
  size = strcspn (host, "/?#");
  return g_strdup_printf ("%s\n%s\n%.*s", n->audience, n->break_id, (int) size, host);
}

AspBeaconNote *
asp_beacon_note_new (const AspBeaconOrder * o, gint64 number, gint64 due_us, gint64 expires_us)
{
  AspBeaconNote *n = g_new0 (AspBeaconNote, 1);

  n->key = key_of (o);
  n->number = number;
  n->audience = g_strdup (o->audience ? o->audience : "");
  n->break_id = g_strdup (o->break_id ? o->break_id : "");
  n->asset_id = g_strdup (o->asset_id ? o->asset_id : "");
  n->event = g_strdup (o->event ? o->event : "");
  n->url = g_strdup (o->url ? o->url : "");
  n->device_ip = g_strdup (o->device_ip);
  n->device_user_agent = g_strdup (o->device_user_agent);
  n->due_us = due_us;
  n->expires_us = expires_us;
  n->lane = lane_of (n);
  return n;
}

void
asp_beacon_note_free (AspBeaconNote * n)
{
  g_free (n->key);
  g_free (n->audience);
  g_free (n->break_id);
  g_free (n->asset_id);
  g_free (n->event);
  g_free (n->url);
  g_free (n->device_ip);
  g_free (n->device_user_agent);
  g_free (n->lane);
  g_free (n);
}

static GBytes *
text_of (AspJsonWriter * w)
{
  const gchar *text = asp_json_writer_text (w);

  return g_bytes_new (text, strlen (text));
}

GBytes *
asp_beacon_note_write (const AspBeaconNote * n)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "version", VERSION);
  asp_json_add_int (w, "number", n->number);
  asp_json_add_string (w, "audience", n->audience);
  asp_json_add_string (w, "break_id", n->break_id);
  asp_json_add_string (w, "asset_id", n->asset_id);
  asp_json_add_string (w, "event", n->event);
  asp_json_add_string (w, "url", n->url);
  if (n->device_ip)
    asp_json_add_string (w, "device_ip", n->device_ip);
  if (n->device_user_agent)
    asp_json_add_string (w, "device_user_agent", n->device_user_agent);
  asp_json_add_int (w, "due_us", n->due_us);
  asp_json_add_int (w, "expires_us", n->expires_us);
  asp_json_end_object (w);
  return text_of (w);
}

GBytes *
asp_beacon_note_done (const gchar * how)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "version", VERSION);
  asp_json_add_string (w, "done", how);
  asp_json_end_object (w);
  return text_of (w);
}

AspBeaconNote *
asp_beacon_note_read (const gchar * key, guint64 version, GBytes * value)
{
  gsize size;
  const gchar *text = g_bytes_get_data (value, &size);
  g_autoptr (AspJson) root = asp_json_parse (text, size, NULL);
  gint64 form = 0, number = 0, due_us = 0, expires_us = 0;
  AspBeaconOrder o = { 0, };
  AspBeaconNote *n;

  if (!root || !asp_json_integer (asp_json_member (root, "version"), &form) || form != VERSION ||
      !asp_json_integer (asp_json_member (root, "number"), &number) ||
      !asp_json_integer (asp_json_member (root, "due_us"), &due_us) ||
      !asp_json_integer (asp_json_member (root, "expires_us"), &expires_us))
    return NULL;
  o.audience = asp_json_string (asp_json_member (root, "audience"));
  o.break_id = asp_json_string (asp_json_member (root, "break_id"));
  o.asset_id = asp_json_string (asp_json_member (root, "asset_id"));
  o.event = asp_json_string (asp_json_member (root, "event"));
  o.url = asp_json_string (asp_json_member (root, "url"));
  o.device_ip = asp_json_string (asp_json_member (root, "device_ip"));
  o.device_user_agent = asp_json_string (asp_json_member (root, "device_user_agent"));
  n = asp_beacon_note_new (&o, number, due_us, expires_us);
  /* the key holds the URL as the ad server wrote it, which is not kept */
  g_free (n->key);
  n->key = g_strdup (key);
  n->version = version;
  return n;
}
