/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-recording.h"

#include <asp-json-writer.h>
#include <asp-scte35.h>

#include "asp-hls-text.h"

/* There is no account and no region; the form of the ARN is kept. */
#define ARN "arn:aws:ivs:local:000000000000:channel/"

static const struct
{
  const gchar *file, *status;
} states[] = {
  [ASP_HLS_RECORDING_STARTED] = {"recording-started.json", "RECORDING_STARTED"},
  [ASP_HLS_RECORDING_ENDED] = {"recording-ended.json", "RECORDING_ENDED"},
  [ASP_HLS_RECORDING_FAILED] = {"recording-failed.json", "RECORDING_ENDED_WITH_FAILURE"},
};

const gchar *
asp_hls_recording_event_name (AspHlsRecordingStatus status)
{
  return states[status].file;
}

static gchar *
format_date (gint64 utc_us, const gchar * format)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (utc_us / G_USEC_PER_SEC);

  return date ? g_date_time_format (date, format) : g_strdup ("");
}

static void
add_date (AspJsonWriter * w, const gchar * name, gint64 utc_us)
{
  g_autofree gchar *text = format_date (utc_us, "%Y-%m-%dT%H:%M:%SZ");

  asp_json_add_string (w, name, text);
}

static void
add_size (AspJsonWriter * w, guint width, guint height)
{
  if (width == 0 || height == 0)
    return;
  asp_json_add_int (w, "resolution_height", height);
  asp_json_add_int (w, "resolution_width", width);
}

static void
add_rendition (AspJsonWriter * w, const AspHlsRendition * r)
{
  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "path", r->name);
  asp_json_add_string (w, "playlist", ASP_HLS_RECORDING_PLAYLIST);
  asp_json_add_string (w, "byte_range_playlist", ASP_HLS_RECORDING_RANGE_PLAYLIST);
  add_size (w, r->width, r->height);
  asp_json_end_object (w);
}

static void
add_hls (AspJsonWriter * w, const AspHlsRecordingState * state, const AspHlsTimeline * t)
{
  asp_json_begin_object (w, "hls");
  if (state->status != ASP_HLS_RECORDING_STARTED)
    asp_json_add_int (w, "duration_ms", asp_hls_90k_to_ms (asp_hls_timeline_end (t)));
  asp_json_add_string (w, "path", ASP_HLS_RECORDING_HLS);
  asp_json_add_string (w, "playlist", ASP_HLS_RECORDING_MASTER);
  asp_json_add_string (w, "byte_range_playlist", ASP_HLS_RECORDING_RANGE_MASTER);
  asp_json_begin_array (w, "renditions");
  for (guint i = 0; i < asp_hls_timeline_n_renditions (t); i++) {
    AspHlsRendition r;

    asp_hls_timeline_rendition (t, i, &r);
    if (r.name)
      add_rendition (w, &r);
  }
  asp_json_end_array (w);
  asp_json_end_object (w);
}

gchar *
asp_hls_recording_event (const AspHlsRecordingState * state, const AspHlsTimeline * t)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (TRUE);
  g_autofree gchar *arn = g_strconcat (ARN, state->channel, NULL);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "version", "v1");
  asp_json_add_string (w, "channel_arn", arn);
  add_date (w, "recording_started_at", state->started_us);
  if (state->status != ASP_HLS_RECORDING_STARTED)
    add_date (w, "recording_ended_at", state->ended_us);
  asp_json_add_string (w, "recording_status", states[state->status].status);
  if (state->status == ASP_HLS_RECORDING_FAILED && state->message)
    asp_json_add_string (w, "recording_status_message", state->message);
  asp_json_begin_object (w, "media");
  add_hls (w, state, t);
  if (state->thumbnail_width > 0) {
    asp_json_begin_object (w, "latest_thumbnail");
    asp_json_add_string (w, "path", ASP_HLS_RECORDING_THUMBNAIL);
    add_size (w, state->thumbnail_width, state->thumbnail_height);
    asp_json_end_object (w);
  }
  asp_json_end_object (w);
  asp_json_end_object (w);
  return g_strconcat (asp_json_writer_text (w), "\n", NULL);
}

/* Without leading zeros, as IVS has them. */
gchar *
asp_hls_recording_path (gint64 started_us, const gchar * id)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (started_us / G_USEC_PER_SEC);

  if (!date)
    return g_strdup (id);
  return g_strdup_printf ("%d/%d/%d/%d/%d/%s", g_date_time_get_year (date),
      g_date_time_get_month (date), g_date_time_get_day_of_month (date),
      g_date_time_get_hour (date), g_date_time_get_minute (date), id);
}

/* -- cues -- */

static gchar *
hex_of (GBytes * bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  GString *hex = g_string_sized_new (2 * size);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (hex, "%02X", data[i]);
  return g_string_free (hex, FALSE);
}

static gchar *
immediate (guint32 event_id, gint64 duration_90k, gboolean is_in)
{
  g_autoptr (GBytes) bytes = asp_scte35_build_splice_insert (event_id, !is_in, ASP_NO_TIME,
      duration_90k > 0 ? duration_90k : ASP_NO_TIME, TRUE, 0);

  return hex_of (bytes);
}

/* The same section, only that it ends the break. */
static gchar *
turned_in (AspScte35Section * section)
{
  g_autoptr (GBytes) bytes = NULL;

  section->u.splice_insert.out_of_network_indicator = FALSE;
  bytes = asp_scte35_write (section, NULL);
  return bytes ? hex_of (bytes) : NULL;
}

/* Of a cue that came with the stream: what stays, and what ends it. */
static gchar *
of_cue (AspScte35Section * s, const gchar * out, const gchar * given, gboolean is_in)
{
  gboolean turns = s->splice_command_type == ASP_SCTE35_SPLICE_INSERT &&
      s->u.splice_insert.splice_immediate_flag && s->u.splice_insert.out_of_network_indicator &&
      !s->u.splice_insert.splice_event_cancel_indicator;

  if (!is_in)
    return g_strdup (out);
  return turns ? turned_in (s) : NULL;
}

gchar *
asp_hls_recording_cue (const gchar * avail_id, const gchar * out, const gchar * given,
    gint64 duration_90k, gboolean is_in)
{
  guint32 own_id = asp_scte35_own_event_id (avail_id);
  AspScte35Section section;
  gchar *cue = NULL;

  if (!out || !asp_scte35_parse_text (out, &section, NULL))
    return immediate (own_id, duration_90k, is_in);
  if (section.splice_command_type != ASP_SCTE35_SPLICE_INSERT ||
      section.u.splice_insert.splice_event_id != own_id)
    cue = of_cue (&section, out, given, is_in);
  else
    cue = immediate (own_id, duration_90k, is_in);
  asp_scte35_clear (&section);
  return cue ? cue : given ? g_strdup (given) : immediate (own_id, duration_90k, is_in);
}

/* -- thumbnails -- */

/* ITU-T T.81 B.2.2: SOF markers, without DHT, JPG and DAC among them. */
static gboolean
is_frame_header (guint8 marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

gboolean
asp_hls_jpeg_size (const guint8 * data, gsize size, guint * width, guint * height)
{
  gsize at = 2;

  if (size < 4 || data[0] != 0xff || data[1] != 0xd8 || data[size - 2] != 0xff ||
      data[size - 1] != 0xd9)
    return FALSE;
  while (size - at >= 4 && data[at] == 0xff) {
    gsize length = (gsize) data[at + 2] << 8 | data[at + 3];

    if (length < 2 || length > size - at - 2)
      return FALSE;
    if (is_frame_header (data[at + 1])) {
      if (length < 8)
        return FALSE;
      *height = (guint) data[at + 5] << 8 | data[at + 6];
      *width = (guint) data[at + 7] << 8 | data[at + 8];
      return *width > 0 && *height > 0;
    }
    at += 2 + length;
  }
  return FALSE;
}
