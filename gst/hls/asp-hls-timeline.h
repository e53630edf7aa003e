/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ad.h>

G_BEGIN_DECLS

/*
 * What a channel has published, as a log to which is only ever added: media of every
 * rendition, gaps, source discontinuities, wall clock anchors, avails and what was played in
 * them. Playlists are views of it (asp-hls-view.h); numbers that depend on the audience
 * (MEDIA-SEQUENCE, DISCONTINUITY-SEQUENCE) are not in it.
 *
 * `at_90k` is media time since the beginning of the era: it only grows, over PTS wraps,
 * jumps, changes of source and restarts of the process, and within a rendition every
 * segment begins where the one before it ended. Renditions of one channel have the same
 * positions, but for rounding and what an encoder lost: ASP_HLS_ALIGN_90K.
 * Thread: one object, one thread at a time. No clock, no file. Since: 0.1
 */
typedef enum
{
  ASP_HLS_RENDITION,            /* rendition (the next index), name */
  ASP_HLS_FORMAT,               /* rendition, codecs, width, height, fps_num, fps_den */
  ASP_HLS_PART,                 /* of the segment that comes next: at_90k, duration_90k, uri, bytes,
                                   independent, gap, next_uri */
  ASP_HLS_SEGMENT,              /* at_90k, duration_90k, uri, offset, bytes, independent, next_uri */
  ASP_HLS_GAP,                  /* as a segment whose media does not exist: EXT-X-GAP */
  ASP_HLS_DISCONTINUITY,        /* rendition: before its next segment */
  ASP_HLS_PDT,                  /* rendition: its at_90k is at utc_us. One without goes by that of 0 */
  ASP_HLS_TARGET_DURATION,      /* duration_90k, whole seconds; once, before the first playlist */
  ASP_HLS_PART_TARGET,          /* duration_90k; once, before the first part */
  ASP_HLS_AVAIL_SCHEDULED,      /* avail_id, at_90k (planned), duration_90k, scte35 */
  ASP_HLS_AVAIL_OUT,            /* avail_id, at_90k, duration_90k (planned, 0 = not known), scte35,
                                   roll, pod_length, unspliced */
  ASP_HLS_AVAIL_IN,             /* avail_id, at_90k: where it really ended, scte35 */
  ASP_HLS_AVAIL_CANCELLED,      /* avail_id */
  ASP_HLS_CREATIVE_START,       /* avail_id, at_90k, pod_index, ad */
  ASP_HLS_CREATIVE_END,         /* avail_id, at_90k, pod_index */
  ASP_HLS_RESUME,               /* another process goes on; fresh: what lies before is listed no more */
  ASP_HLS_END,                  /* nothing but RESUME comes after it */
  ASP_HLS_N_KINDS,
} AspHlsEntryKind;

/* Which fields mean something is said above. Strings and ads are borrowed when an entry is
 * given and owned by the log when one is got. */
typedef struct
{
  AspHlsEntryKind kind;
  guint rendition;              /* index: 0 is there from the beginning */
  gint64 at_90k;
  gint64 duration_90k;
  const gchar *uri;             /* relative to the playlist */
  const gchar *next_uri;        /* what the medium that follows will be called, or NULL */
  guint64 offset, bytes;        /* where in uri: the files of a recording hold several segments */
  gboolean independent;         /* begins with a RAP */
  gboolean gap;
  const gchar *name;            /* of a rendition */
  const gchar *codecs;          /* as in CODECS: "avc1.64001f,mp4a.40.2" */
  guint width, height, fps_num, fps_den;
  const gchar *avail_id;        /* no '"', no control characters */
  const gchar *scte35;          /* the splice_info_section in hex, or NULL */
  AspAdRoll roll;
  guint pod_length;             /* 0 = not known */
  guint pod_index;              /* from 1 */
  gboolean unspliced;           /* the avail is only marked: the content stays in place */
  const AspAd *ad;
  gboolean fresh;

  /* Filled by the log where they are 0, and kept in its file: they do not change when what
   * they were found from has been forgotten. */
  gint64 utc_us;                /* Unix time of at_90k, 0 while there is no anchor */
  guint64 number;               /* of media: MEDIA-SEQUENCE + 1; of creatives: the same of rendition
                                   0's segment that begins with it */
  guint serial;                 /* of changes of source: how many came in the same second before it */

  /* Filled by the log, each time anew. */
  guint64 seq;                  /* place in the log */
  gint64 longest_90k;           /* of media: of all of this rendition, up to this one */
  gboolean all_independent;     /* of media and parts: do all segments so far begin with a RAP? */
} AspHlsEntry;

#define ASP_HLS_AVAIL_ID_MAX 128        /* bytes */
#define ASP_HLS_SCTE35_HEX_MAX 8192     /* twice a section of 4096 bytes */
#define ASP_HLS_RENDITIONS_MAX 32
#define ASP_HLS_ERA_MAX 64

/* Dates are written in milliseconds: what is less apart may be at one date. */
#define ASP_HLS_DATE_STEP_90K 90

/* What is less apart in two renditions is one place. */
#define ASP_HLS_ALIGN_90K 3600

/* Delta updates reach back that many target durations (RFC 8216bis 4.4.3.8), and so long an
 * avail that is over is remembered. */
#define ASP_HLS_SKIP_TARGET_DURATIONS 6

typedef struct _AspHlsTimeline AspHlsTimeline;

AspHlsTimeline *asp_hls_timeline_new (void);
void asp_hls_timeline_free (AspHlsTimeline * timeline); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspHlsTimeline, asp_hls_timeline_free)

/* A name for this life of the channel: it survives restarts, and is another one when the
 * channel begins anew. Letters and digits; "" while none was given. */
void asp_hls_timeline_set_era (AspHlsTimeline * timeline, const gchar * era);
const gchar *asp_hls_timeline_era (const AspHlsTimeline * timeline);

typedef enum
{
  ASP_HLS_ERROR_ORDER,          /* the entry does not stand where the log has got to */
  ASP_HLS_ERROR_VALUE,          /* a field that cannot be written into a playlist */
  ASP_HLS_ERROR_FORMAT,         /* a file that is no timeline, or one of a later version */
} AspHlsError;

#define ASP_HLS_ERROR (asp_hls_error_quark ())
GQuark asp_hls_error_quark (void);

/**
 * asp_hls_timeline_append:
 * @entry: is copied. Media, DISCONTINUITY and PDT stand at asp_hls_timeline_rendition_end();
 *   what happens to avails at asp_hls_timeline_end(), except that an avail may be scheduled
 *   ahead. An IN needs its OUT, a CANCELLED its SCHEDULED; an id of the log is not used for a
 *   second avail. A SEGMENT ends where its parts do.
 *
 * Returns: FALSE with ASP_HLS_ERROR; the log is then as it was
 */
gboolean asp_hls_timeline_append (AspHlsTimeline * timeline, const AspHlsEntry * entry,
    GError ** error);

/* Media time at the end of the longest rendition, open parts included; 0 at the beginning. */
gint64 asp_hls_timeline_end (const AspHlsTimeline * timeline);
gboolean asp_hls_timeline_is_ended (const AspHlsTimeline * timeline);
/* Seconds, 0 while there is none. */
guint asp_hls_timeline_target_duration (const AspHlsTimeline * timeline);
gint64 asp_hls_timeline_part_target_90k (const AspHlsTimeline * timeline);
/* Id of the avail that has begun and not ended, or NULL. */
const gchar *asp_hls_timeline_open_avail (const AspHlsTimeline * timeline);
/* The OUT entry of an avail, while it is remembered, or NULL. */
const AspHlsEntry *asp_hls_timeline_find_out (const AspHlsTimeline * timeline, const gchar * id);

/* What is known of one rendition, forgotten media included. Strings live until the next
 * append. */
typedef struct
{
  const gchar *name;            /* NULL while it was not said */
  gint64 end_90k;               /* of the last part or segment */
  gint64 segment_end_90k;       /* of the last segment: where the open one begins */
  guint64 n_media;              /* segments and gaps: MEDIA-SEQUENCE of the next one */
  guint64 n_forgotten;
  guint n_open_parts;           /* of the segment that is not complete */
  guint n_last_parts;           /* of the last one that is */
  const gchar *next_uri;
  gboolean all_independent;
  gint64 longest_90k;
  guint64 bytes;                /* of all segments, and how long those last */
  gint64 duration_90k;
  guint64 peak_bps;             /* RFC 8216bis 4.1: see asp_hls_timeline_append() */
  const gchar *codecs;          /* of everything that was ever in it, or NULL */
  guint width, height, fps_num, fps_den;        /* the largest */
} AspHlsRendition;

guint asp_hls_timeline_n_renditions (const AspHlsTimeline * timeline);
void asp_hls_timeline_rendition (const AspHlsTimeline * timeline, guint rendition,
    AspHlsRendition * out);
gint64 asp_hls_timeline_rendition_end (const AspHlsTimeline * timeline, guint rendition);
/* By its name; G_MAXUINT when there is none. */
guint asp_hls_timeline_find_rendition (const AspHlsTimeline * timeline, const gchar * name);

/* The entries that are remembered, oldest first. Valid until the next append or forget. */
guint asp_hls_timeline_n_entries (const AspHlsTimeline * timeline);
const AspHlsEntry *asp_hls_timeline_entry (const AspHlsTimeline * timeline, guint i);

/* How many discontinuities of a rendition came before the first one that is remembered; those
 * that the channel had before it came are counted. */
guint64 asp_hls_timeline_n_discontinuities_forgotten (const AspHlsTimeline * timeline,
    guint rendition);

/* How many the channel had before the rendition came; in a log from its beginning. */
guint64 asp_hls_timeline_n_discontinuities_before (const AspHlsTimeline * timeline,
    guint rendition);

/**
 * asp_hls_timeline_forget:
 * @before_90k: the earliest media time any view will still ask for
 *
 * Lets go of media that ends at or before @before_90k and of what belonged to it. Avails
 * that a view can still name stay.
 */
void asp_hls_timeline_forget (AspHlsTimeline * timeline, gint64 before_90k);

/* The same for parts alone, of one rendition: none that ends at or before @before_90k is
 * listed any more. */
void asp_hls_timeline_forget_parts (AspHlsTimeline * timeline, guint rendition, gint64 before_90k);

/* 90 kHz to microseconds, rounded. Differences of it add up without drift. */
static inline gint64
asp_hls_90k_to_us (gint64 t_90k)
{
  return (t_90k / 9) * 100 + ((t_90k % 9) * 100 + 4) / 9;
}

G_END_DECLS
