/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * What a channel has published, as a log to which is only ever added: media, gaps,
 * source discontinuities, wall clock anchors, avails. Playlists are views of it
 * (asp-hls-view.h); numbers that depend on the audience (MEDIA-SEQUENCE,
 * DISCONTINUITY-SEQUENCE) are not in it.
 *
 * `at_90k` is media time since the beginning: it only grows, over PTS wraps, jumps and
 * changes of source, and every segment begins where the one before it ended.
 * Thread: one object, one thread at a time. No clock, no file. Since: 0.1
 */
typedef enum
{
  ASP_HLS_SEGMENT,              /* at_90k, duration_90k, uri, bytes, independent */
  ASP_HLS_GAP,                  /* as a segment whose media does not exist: EXT-X-GAP */
  ASP_HLS_DISCONTINUITY,        /* before the next segment */
  ASP_HLS_PDT,                  /* the next segment begins at utc_us */
  ASP_HLS_TARGET_DURATION,      /* duration_90k, whole seconds; once, before the first playlist */
  ASP_HLS_AVAIL_SCHEDULED,      /* avail_id, at_90k (planned), duration_90k, scte35 */
  ASP_HLS_AVAIL_OUT,            /* avail_id, at_90k, duration_90k (planned, 0 = not known), scte35 */
  ASP_HLS_AVAIL_IN,             /* avail_id, at_90k: where it really ended, scte35 */
  ASP_HLS_AVAIL_CANCELLED,      /* avail_id */
  ASP_HLS_END,                  /* nothing comes after it */
} AspHlsEntryKind;

/* Which fields mean something is said above. Strings are borrowed when an entry is
 * given and owned by the log when one is got. */
typedef struct
{
  AspHlsEntryKind kind;
  gint64 at_90k;
  gint64 duration_90k;
  const gchar *uri;             /* relative to the playlist */
  guint64 bytes;
  gboolean independent;         /* begins with a RAP */
  gint64 utc_us;                /* Unix time */
  const gchar *avail_id;        /* no '"', no control characters */
  const gchar *scte35;          /* the splice_info_section in hex, or NULL */
} AspHlsEntry;

#define ASP_HLS_AVAIL_ID_MAX 128        /* bytes */
#define ASP_HLS_SCTE35_HEX_MAX 8192     /* twice a section of 4096 bytes */

/* Dates are written in milliseconds: what is less apart may be at one date. */
#define ASP_HLS_DATE_STEP_90K 90

typedef struct _AspHlsTimeline AspHlsTimeline;

AspHlsTimeline *asp_hls_timeline_new (void);
void asp_hls_timeline_free (AspHlsTimeline * timeline); /* NULL is allowed */

typedef enum
{
  ASP_HLS_ERROR_ORDER,          /* the entry does not stand where the log has got to */
  ASP_HLS_ERROR_VALUE,          /* a field that cannot be written into a playlist */
} AspHlsError;

#define ASP_HLS_ERROR (asp_hls_error_quark ())
GQuark asp_hls_error_quark (void);

/**
 * asp_hls_timeline_append:
 * @entry: is copied. Media, DISCONTINUITY and PDT stand at asp_hls_timeline_end(); avails
 *   where they are. An IN needs its OUT, a CANCELLED its SCHEDULED; an id of the log is
 *   not used for a second avail.
 *
 * Returns: FALSE with ASP_HLS_ERROR; the log is then as it was
 */
gboolean asp_hls_timeline_append (AspHlsTimeline * timeline, const AspHlsEntry * entry,
    GError ** error);

/* Media time at the end of the last segment or gap; 0 at the beginning. */
gint64 asp_hls_timeline_end (const AspHlsTimeline * timeline);

gboolean asp_hls_timeline_is_ended (const AspHlsTimeline * timeline);

/* Seconds, 0 while there is none. */
guint asp_hls_timeline_target_duration (const AspHlsTimeline * timeline);

/* What is true of all media so far, forgotten or not. */
gboolean asp_hls_timeline_all_independent (const AspHlsTimeline * timeline);
gint64 asp_hls_timeline_longest_90k (const AspHlsTimeline * timeline);

/* The entries that are remembered, oldest first. Valid until the next append or forget. */
guint asp_hls_timeline_n_entries (const AspHlsTimeline * timeline);
const AspHlsEntry *asp_hls_timeline_entry (const AspHlsTimeline * timeline, guint i);

/* How many segments and gaps, and discontinuities, came before the first entry. */
guint64 asp_hls_timeline_n_media_forgotten (const AspHlsTimeline * timeline);
guint64 asp_hls_timeline_n_discontinuities_forgotten (const AspHlsTimeline * timeline);

/**
 * asp_hls_timeline_forget:
 * @before_90k: the earliest media time any view will still ask for
 *
 * Lets go of media that ends at or before @before_90k and of what belonged to it. Avails
 * that reach to @before_90k or beyond, and the wall clock anchor that holds there, stay.
 */
void asp_hls_timeline_forget (AspHlsTimeline * timeline, gint64 before_90k);

/* Where the avail of an OUT entry ends: its IN, without one the next OUT, without that
 * G_MAXINT64. */
gint64 asp_hls_timeline_avail_end (const AspHlsTimeline * timeline, const gchar * avail_id);

/* 90 kHz to microseconds, rounded. Differences of it add up without drift. */
static inline gint64
asp_hls_90k_to_us (gint64 t_90k)
{
  return (t_90k / 9) * 100 + ((t_90k % 9) * 100 + 4) / 9;
}

G_END_DECLS
