/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-settings.h"

#define DEFAULT_TARGET_DURATION 2
#define DEFAULT_PLAYLIST_LENGTH 6
/* Amazon IVS allows 300 and begins with none; a process that is started again should not need
 * to be told that it goes on. */
#define DEFAULT_RECONNECT_WINDOW 60
#define RECONNECT_WINDOW_MAX 300
#define DEFAULT_MARKERS (ASP_HLS_MARKERS_SCTE35 | ASP_HLS_MARKERS_IVS)

typedef enum
{
  DISCONTINUITIES_SOURCE,
  DISCONTINUITIES_NEEDED,
} Discontinuities;

static GType
markers_type (void)
{
  static gsize type = 0;
  static const GFlagsValue values[] = {
    {ASP_HLS_MARKERS_NONE, "Breaks are not marked", "none"},
    {ASP_HLS_MARKERS_SCTE35, "EXT-X-DATERANGE with SCTE35-OUT and SCTE35-IN", "scte35"},
    {ASP_HLS_MARKERS_IVS, "Date ranges and titles of Amazon IVS", "ivs"},
    {ASP_HLS_MARKERS_CUE, "EXT-X-CUE-OUT, EXT-X-CUE-OUT-CONT, EXT-X-CUE-IN (cue-format)", "cue"},
    {ASP_HLS_MARKERS_OATCLS, "The same with the cue in EXT-OATCLS-SCTE35 (SCTE-35 enhanced)", "oatcls"},
    {ASP_HLS_MARKERS_INTERSTITIAL, "Date ranges of class com.apple.hls.interstitial", "interstitial"},
    {ASP_HLS_MARKERS_CREATIVE_SIGNALING, "Ids of each creative (SVTA, X-AD-CREATIVE-SIGNALING)",
        "creative-signaling"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_flags_register_static ("GstHlsAdSinkMarkers", values));
  return type;
}

static GType
cue_format_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {ASP_HLS_CUE_ELEMENTAL, "EXT-X-CUE-OUT:30.000, and a -CONT on each further segment", "elemental"},
    {ASP_HLS_CUE_GOOGLE, "EXT-X-CUE-OUT:DURATION=30, no -CONT", "google"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstHlsAdSinkCueFormat", values));
  return type;
}

static GType
discontinuities_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {DISCONTINUITIES_SOURCE, "Wherever another source begins", "source"},
    {DISCONTINUITIES_NEEDED, "Only where clock or parameter sets change", "needed"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstHlsAdSinkDiscontinuities", values));
  return type;
}

static GType
part_align_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {ASP_HLS_PART_ALIGN_IDR, "At random access points: every player can begin with every part", "idr"},
    {ASP_HLS_PART_ALIGN_ANY, "At pictures: parts can be shorter than a GOP, for players like hls.js",
        "any"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstHlsAdSinkPartAlign", values));
  return type;
}

static GType
sessions_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {HLS_SESSIONS_NONE, "All viewers have the channel's playlists", "none"},
    {HLS_SESSIONS_OPTIONAL, "A viewer may have playlists of his own", "optional"},
    {HLS_SESSIONS_REQUIRED, "There are no others: the channel's own are not served", "required"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstHlsAdSinkSessions", values));
  return type;
}

/* -- values -- */

void
hls_settings_init (HlsAdSinkSettings * set)
{
  set->target_duration_s = DEFAULT_TARGET_DURATION;
  set->playlist_length = DEFAULT_PLAYLIST_LENGTH;
  set->delete_old = TRUE;
  set->markers = DEFAULT_MARKERS;
  set->reconnect_window_s = DEFAULT_RECONNECT_WINDOW;
}

void
hls_settings_copy (HlsAdSinkSettings * out, const HlsAdSinkSettings * set)
{
  *out = *set;
  out->location = g_strdup (set->location);
  out->channel = g_strdup (set->channel);
  out->listen = g_strdup (set->listen);
  out->tls_certificate = g_strdup (set->tls_certificate);
  out->tls_key = g_strdup (set->tls_key);
  out->push_url = g_strdup (set->push_url);
  out->base_url = g_strdup (set->base_url);
  out->recording = g_strdup (set->recording);
}

void
hls_settings_clear (HlsAdSinkSettings * set)
{
  g_clear_pointer (&set->location, g_free);
  g_clear_pointer (&set->channel, g_free);
  g_clear_pointer (&set->listen, g_free);
  g_clear_pointer (&set->tls_certificate, g_free);
  g_clear_pointer (&set->tls_key, g_free);
  g_clear_pointer (&set->push_url, g_free);
  g_clear_pointer (&set->base_url, g_free);
  g_clear_pointer (&set->recording, g_free);
}

static void
replace (gchar ** where, const GValue * value)
{
  g_free (*where);
  *where = g_value_dup_string (value);
}

gboolean
hls_settings_set (HlsAdSinkSettings * set, guint id, const GValue * value)
{
  switch ((HlsAdSinkProperty) id) {
    case HLS_PROP_LOCATION:
      replace (&set->location, value);
      break;
    case HLS_PROP_CHANNEL:
      replace (&set->channel, value);
      break;
    case HLS_PROP_TARGET_DURATION:
      set->target_duration_s = g_value_get_uint (value);
      break;
    case HLS_PROP_PLAYLIST_LENGTH:
      set->playlist_length = g_value_get_uint (value);
      break;
    case HLS_PROP_DELETE_OLD:
      set->delete_old = g_value_get_boolean (value);
      break;
    case HLS_PROP_MARKERS:
      set->markers = g_value_get_flags (value);
      break;
    case HLS_PROP_CUE_FORMAT:
      set->cue_form = g_value_get_enum (value);
      break;
    case HLS_PROP_LISTEN:
      replace (&set->listen, value);
      break;
    case HLS_PROP_TIMED_METADATA:
      set->timed_metadata = g_value_get_boolean (value);
      break;
    case HLS_PROP_KEEP_SCTE35:
      set->keep_scte35 = g_value_get_boolean (value);
      break;
    case HLS_PROP_DISCONTINUITIES:
      set->needed_only = g_value_get_enum (value) == DISCONTINUITIES_NEEDED;
      break;
    case HLS_PROP_PART_DURATION:
      set->part_duration_s = g_value_get_double (value);
      break;
    case HLS_PROP_PART_ALIGN:
      set->part_align = g_value_get_enum (value);
      break;
    case HLS_PROP_TLS_CERTIFICATE:
      replace (&set->tls_certificate, value);
      break;
    case HLS_PROP_TLS_KEY:
      replace (&set->tls_key, value);
      break;
    case HLS_PROP_PUSH_URL:
      replace (&set->push_url, value);
      break;
    case HLS_PROP_BASE_URL:
      replace (&set->base_url, value);
      break;
    case HLS_PROP_SESSIONS:
      set->sessions = g_value_get_enum (value);
      break;
    case HLS_PROP_RECORDING:
      replace (&set->recording, value);
      break;
    case HLS_PROP_RECORDING_RECONNECT_WINDOW:
      set->reconnect_window_s = g_value_get_uint (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

gboolean
hls_settings_get (const HlsAdSinkSettings * set, guint id, GValue * value)
{
  switch ((HlsAdSinkProperty) id) {
    case HLS_PROP_LOCATION:
      g_value_set_string (value, set->location);
      break;
    case HLS_PROP_CHANNEL:
      g_value_set_string (value, set->channel);
      break;
    case HLS_PROP_TARGET_DURATION:
      g_value_set_uint (value, set->target_duration_s);
      break;
    case HLS_PROP_PLAYLIST_LENGTH:
      g_value_set_uint (value, set->playlist_length);
      break;
    case HLS_PROP_DELETE_OLD:
      g_value_set_boolean (value, set->delete_old);
      break;
    case HLS_PROP_MARKERS:
      g_value_set_flags (value, set->markers);
      break;
    case HLS_PROP_CUE_FORMAT:
      g_value_set_enum (value, set->cue_form);
      break;
    case HLS_PROP_LISTEN:
      g_value_set_string (value, set->listen);
      break;
    case HLS_PROP_TIMED_METADATA:
      g_value_set_boolean (value, set->timed_metadata);
      break;
    case HLS_PROP_KEEP_SCTE35:
      g_value_set_boolean (value, set->keep_scte35);
      break;
    case HLS_PROP_DISCONTINUITIES:
      g_value_set_enum (value, set->needed_only ? DISCONTINUITIES_NEEDED : DISCONTINUITIES_SOURCE);
      break;
    case HLS_PROP_PART_DURATION:
      g_value_set_double (value, set->part_duration_s);
      break;
    case HLS_PROP_PART_ALIGN:
      g_value_set_enum (value, set->part_align);
      break;
    case HLS_PROP_TLS_CERTIFICATE:
      g_value_set_string (value, set->tls_certificate);
      break;
    case HLS_PROP_TLS_KEY:
      g_value_set_string (value, set->tls_key);
      break;
    case HLS_PROP_PUSH_URL:
      g_value_set_string (value, set->push_url);
      break;
    case HLS_PROP_BASE_URL:
      g_value_set_string (value, set->base_url);
      break;
    case HLS_PROP_SESSIONS:
      g_value_set_enum (value, set->sessions);
      break;
    case HLS_PROP_RECORDING:
      g_value_set_string (value, set->recording);
      break;
    case HLS_PROP_RECORDING_RECONNECT_WINDOW:
      g_value_set_uint (value, set->reconnect_window_s);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

/* -- properties -- */

#define READY (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static void
install_outlet_properties (GObjectClass * klass)
{
  /**
   * GstHlsAdSink:tls-certificate:
   *
   * PEM file with the certificate, and those that vouch for it, of the embedded origin: it
   * then speaks HTTPS and nothing else. Players of low latency HLS ask for that. HTTP/2 is
   * spoken where the variable SOUP_SERVER_HTTP2 is set.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_TLS_CERTIFICATE,
      g_param_spec_string ("tls-certificate", "TLS certificate",
          "PEM file: `listen` speaks HTTPS with this certificate (empty = HTTP)", NULL, READY));
  /**
   * GstHlsAdSink:tls-key:
   *
   * PEM file with the key of `tls-certificate`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_TLS_KEY,
      g_param_spec_string ("tls-key", "TLS key",
          "PEM file with the key of tls-certificate (empty = it is in the same file)", NULL, READY));
  /**
   * GstHlsAdSink:push-url:
   *
   * Another origin to which playlists and segments are sent by HTTP PUT as soon as they are
   * written, media before the playlist that names them; what has left the playlist is removed
   * by DELETE when `delete-old` is set. What cannot be sent within 30 s is given up with one
   * warning, and the stream goes on. What is sent are the files that the playlists in
   * `location` name, with parts only where those have any (see `part-duration`). The property reads
   * as it was set, with the password.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_PUSH_URL,
      g_param_spec_string ("push-url", "Push URL",
          "http(s)://[USER:PASSWORD@]HOST/PATH/ to which all files are sent by PUT (empty = none)",
          NULL, READY));
  /**
   * GstHlsAdSink:base-url:
   *
   * What stands before the URI of every segment and part in the playlists: media then come
   * from another server than the playlists, which has `location`, or asks this origin for it. A
   * '/' is added where none is at the end.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_BASE_URL,
      g_param_spec_string ("base-url", "Base URL",
          "Before the URIs of media in the playlists, e.g. https://cdn.example.com/live/ (empty = "
          "relative to the playlist)", NULL, READY));
  /**
   * GstHlsAdSink:sessions:
   *
   * Whether viewers may or must have playlists of their own. Unless it is `none` the names of
   * media tell nothing; with `required` the origin does not give the channel's own playlists
   * to anybody. They are written to `location` all the same: whoever serves that folder must
   * leave them out too.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_SESSIONS,
      g_param_spec_enum ("sessions", "Sessions", "Whether viewers have playlists of their own: names of media and what is "
          "served follow this, the playlists are yet to come", sessions_type (), HLS_SESSIONS_NONE, READY));
}

static void
install_recording_properties (GObjectClass * klass)
{
  /**
   * GstHlsAdSink:recording:
   *
   * Folder of a VOD recording of everything that comes in, laid out as Amazon IVS records to S3:
   * each recording in a folder with its date, and `media/hls/master.m3u8` and
   * `events/recording-ended.json` as links to what is in the latest one. Behind the splicer's
   * `network` pad it is the programme without ads, with SCTE35-OUT and SCTE35-IN for each break.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_RECORDING,
      g_param_spec_string ("recording", "Recording",
          "Folder of a VOD recording of what comes in (empty = none)", NULL, READY));
  /**
   * GstHlsAdSink:recording-reconnect-window:
   *
   * A process that starts so soon after another one goes on in its recording.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_RECORDING_RECONNECT_WINDOW,
      g_param_spec_uint ("recording-reconnect-window", "Recording reconnect window",
          "Seconds after an interruption or an end in which the recording is continued (0 = never)",
          0, RECONNECT_WINDOW_MAX, DEFAULT_RECONNECT_WINDOW, READY));
}

void
hls_settings_install (GObjectClass * klass)
{
  /**
   * GstHlsAdSink:location:
   *
   * Folder for playlist and media. It is made when it is not there.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_LOCATION,
      g_param_spec_string ("location", "Location",
          "Folder that playlist.m3u8 and the segments are written to", NULL, READY));
  /**
   * GstHlsAdSink:channel:
   *
   * Name of the channel; the origin serves it at /CHANNEL/.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_CHANNEL,
      g_param_spec_string ("channel", "Channel",
          "Name of the channel, the first part of its URLs (NULL = " HLS_NO_CHANNEL ")", NULL, READY));
  /**
   * GstHlsAdSink:target-duration:
   *
   * Length of a segment. EXT-X-TARGETDURATION is more when GOPs are longer.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_TARGET_DURATION,
      g_param_spec_uint ("target-duration", "Target duration",
          "Length in seconds at which a segment ends with the next random access point",
          1, 60, DEFAULT_TARGET_DURATION, READY));
  /**
   * GstHlsAdSink:playlist-length:
   *
   * Segments in the playlist; never less than three target durations.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_PLAYLIST_LENGTH,
      g_param_spec_uint ("playlist-length", "Playlist length",
          "Segments in the playlist (0 = all); more while they last less than three target durations",
          0, G_MAXINT, DEFAULT_PLAYLIST_LENGTH, READY));
  /**
   * GstHlsAdSink:delete-old:
   *
   * Whether segments are deleted when no client can want them any more: their own length
   * and the longest playlist after they have left it.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_DELETE_OLD,
      g_param_spec_boolean ("delete-old", "Delete old",
          "Delete segments as long after they have left the playlist as the playlist lasts (RFC 8216, 6.2.2)", TRUE, READY));
  /**
   * GstHlsAdSink:markers:
   *
   * How breaks are marked in the playlist.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_MARKERS,
      g_param_spec_flags ("markers", "Markers", "How breaks are marked in the playlist",
          markers_type (), DEFAULT_MARKERS, READY));
  /**
   * GstHlsAdSink:timed-metadata:
   *
   * Breaks and creatives in the segments too, for players that read no date ranges: where one
   * begins or ends the first picture is accompanied by an ID3 tag (Apple's "Timed Metadata for HTTP
   * Live Streaming": stream_type 0x15). Each of its TXXX frames is one event: the description is
   * `AdBreakStart`, `AdCreativeStart`, `AdCreativeEnd` or `AdBreakEnd`, the value JSON with
   * `adBreakId`, `rollType`, `duration` (s), `podLength`; of a creative `assetId`, `podIndex`, `duration`
   * and `metadata` (`vastAdId`, `creativeId`, `adSystem`, `adTitle`).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_TIMED_METADATA,
      g_param_spec_boolean ("timed-metadata", "Timed metadata",
          "ID3 tags in the segments where breaks and creatives begin and end", FALSE, READY));
  /**
   * GstHlsAdSink:keep-scte35:
   *
   * Leaves the programme's SCTE-35 PIDs in the segments. Players have no use for them, and some
   * stumble; a packager behind this one may want them.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_KEEP_SCTE35,
      g_param_spec_boolean ("keep-scte35", "Keep SCTE-35",
          "Leave the programme's SCTE-35 PIDs in the segments", FALSE, READY));
  /**
   * GstHlsAdSink:cue-format:
   *
   * Form of EXT-X-CUE-OUT when `markers` has `cue`.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_CUE_FORMAT,
      g_param_spec_enum ("cue-format", "Cue format", "Form of EXT-X-CUE-OUT with markers=cue",
          cue_format_type (), ASP_HLS_CUE_ELEMENTAL, READY));
  /**
   * GstHlsAdSink:listen:
   *
   * HOST:PORT of the embedded origin. Port 0 takes a free one; read the property in PAUSED
   * or PLAYING to learn which. Its playlists are those of `location` with what only a server
   * can do: blocking reload, delta updates of long windows, and low latency with its parts
   * (RFC 8216bis 6.2.5).
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_LISTEN,
      g_param_spec_string ("listen", "Listen",
          "HOST:PORT of an HTTP server for the folder, at /CHANNEL/ (empty = none, port 0 = any; "
          "reads as the real one while it runs)", NULL, READY));
  /**
   * GstHlsAdSink:discontinuities:
   *
   * Where EXT-X-DISCONTINUITY is written.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_DISCONTINUITIES,
      g_param_spec_enum ("discontinuities", "Discontinuities",
          "Where EXT-X-DISCONTINUITY is written", discontinuities_type (),
          DISCONTINUITIES_SOURCE, READY));
  /**
   * GstHlsAdSink:part-duration:
   *
   * Length of the parts of low-latency HLS. As many whole GOPs as it holds make a part, at
   * least one (`part-align=any`: pictures); EXT-X-PART-INF:PART-TARGET says how long that is, and
   * stays what it is for as long as the channel does. Segments are the same with parts
   * and without, so players that know nothing of them read the same playlist. 0: none.
   * They are in the playlists of the embedded origin (`listen`); those in `location` are then plain
   * ones, for whoever serves a folder holds no requests. Without `listen` they are in the playlists of
   * `location`, for a server that can do what those promise: blocking reload, and parts that are
   * asked for before they are there.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_PART_DURATION,
      g_param_spec_double ("part-duration", "Part duration",
          "Length in seconds of the parts of low-latency HLS (0 = no low latency)", 0.0, 10.0, 0.0,
          READY));
  /**
   * GstHlsAdSink:part-align:
   *
   * Where parts begin. Players that cannot begin in the middle of a GOP need `idr`: then the GOP
   * should be as long as a part.
   *
   * Since: 0.1
   */
  g_object_class_install_property (klass, HLS_PROP_PART_ALIGN,
      g_param_spec_enum ("part-align", "Part align", "Where parts may begin", part_align_type (),
          ASP_HLS_PART_ALIGN_IDR, READY));
  gst_type_mark_as_plugin_api (part_align_type (), 0);
  install_outlet_properties (klass);
  install_recording_properties (klass);
  gst_type_mark_as_plugin_api (markers_type (), 0);
  gst_type_mark_as_plugin_api (discontinuities_type (), 0);
  gst_type_mark_as_plugin_api (cue_format_type (), 0);
  gst_type_mark_as_plugin_api (sessions_type (), 0);
}
