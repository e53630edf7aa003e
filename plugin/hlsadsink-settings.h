/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-hls-part-cut.h>
#include <asp-hls-view.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * What the properties of an hlsadsink say, and the properties themselves. Guarded by the
 * object lock; taken over at READY to PAUSED.
 */
typedef struct
{
  gchar *location;
  gchar *channel;
  gchar *listen;
  gchar *tls_certificate, *tls_key;
  gchar *push_url;
  gchar *base_url;
  gint sessions;                /* HlsSessions */
  guint target_duration_s;
  gdouble part_duration_s;
  gint part_align;              /* AspHlsPartAlign */
  guint playlist_length;
  gboolean delete_old;
  guint markers;
  gint cue_form;
  gboolean needed_only;
  gboolean timed_metadata, keep_scte35;
  gchar *recording;
  guint reconnect_window_s;
} HlsAdSinkSettings;

typedef enum
{
  HLS_SESSIONS_NONE,
  HLS_SESSIONS_OPTIONAL,
  HLS_SESSIONS_REQUIRED,
} HlsSessions;

typedef enum
{
  HLS_PROP_0,
  HLS_PROP_LOCATION,
  HLS_PROP_CHANNEL,
  HLS_PROP_TARGET_DURATION,
  HLS_PROP_PLAYLIST_LENGTH,
  HLS_PROP_DELETE_OLD,
  HLS_PROP_MARKERS,
  HLS_PROP_CUE_FORMAT,
  HLS_PROP_LISTEN,
  HLS_PROP_DISCONTINUITIES,
  HLS_PROP_PART_DURATION,
  HLS_PROP_PART_ALIGN,
  HLS_PROP_TLS_CERTIFICATE,
  HLS_PROP_TLS_KEY,
  HLS_PROP_PUSH_URL,
  HLS_PROP_BASE_URL,
  HLS_PROP_SESSIONS,
  HLS_PROP_RECORDING,
  HLS_PROP_RECORDING_RECONNECT_WINDOW,
  HLS_PROP_TIMED_METADATA,
  HLS_PROP_KEEP_SCTE35,
} HlsAdSinkProperty;

#define HLS_NO_CHANNEL "live"   /* in URLs and names of files, when the channel has no name */

/* For class_init: installs all of HlsAdSinkProperty, and documents their types. */
void hls_settings_install (GObjectClass * klass);

/* Defaults, into zeroed memory. */
void hls_settings_init (HlsAdSinkSettings * settings);
void hls_settings_copy (HlsAdSinkSettings * out, const HlsAdSinkSettings * settings);
void hls_settings_clear (HlsAdSinkSettings * settings);

/* FALSE: there is no such property. */
gboolean hls_settings_set (HlsAdSinkSettings * settings, guint id, const GValue * value);
gboolean hls_settings_get (const HlsAdSinkSettings * settings, guint id, GValue * value);

G_END_DECLS
