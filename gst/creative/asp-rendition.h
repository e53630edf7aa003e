/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-es-video.h>

G_BEGIN_DECLS

/*
 * What a creative must be like to go into a rendition (DESIGN 4.4): read from the rendition's
 * transport stream, kept and handed on as one line of JSON, whose hash is the fingerprint.
 * A plain value: copied by assignment, nothing is owned. Thread: any; pure. Since: 0.1
 */
#define ASP_RENDITION_TRACKS_MAX 17     /* one video, ASP_CREATIVE_TRACKS_MAX audio */
#define ASP_RENDITION_DESCRIPTORS_MAX 255
#define ASP_RENDITION_FORMAT 1  /* of the JSON form, and so of the fingerprint */

typedef struct
{
  guint8 bytes[ASP_RENDITION_DESCRIPTORS_MAX];
  guint size;                   /* whole descriptors only */
} AspDescriptors;

typedef struct
{
  AspCodec codec;
  guint16 pid;
  guint8 stream_type;
  AspDescriptors descriptors;   /* of the PMT, except CA and what splices */
  guint bit_rate;               /* bit/s of the elementary stream; 0 = not known */
  /* audio */
  guint sample_rate, channels;
  guint layer;                  /* MPEG audio: 1 to 3 */
} AspRenditionTrack;

typedef struct
{
  guint16 transport_stream_id, program_number, pmt_pid, pcr_pid;
  guint8 pat_version, pmt_version;
  AspDescriptors descriptors;   /* of the programme */
  guint n_tracks;               /* in the order of the PMT: one video, and the audio */
  AspRenditionTrack tracks[ASP_RENDITION_TRACKS_MAX];
  gint video;                   /* index of the video */
  AspVideoParams params;        /* of its first parameter sets */
  guint fps_num, fps_den;       /* frames a second, of the cadence as measured */
  gint64 reorder_90k;           /* PTS - DTS of its random access points */
  guint gop;                    /* frames from one random access point to the next; 0 = not known */
} AspRendition;

#define ASP_RENDITION_ERROR (asp_rendition_error_quark ())
GQuark asp_rendition_error_quark (void);

typedef enum
{
  ASP_RENDITION_ERROR_STREAM,   /* no transport stream, no programme, no pictures that can be read */
  ASP_RENDITION_ERROR_TEXT,     /* the JSON form is damaged, or of another format version */
} AspRenditionError;

/*
 * Reads a rendition from its bytes. 10 s or 16 MiB say all that there is to know; more than
 * one random access point should be in it.
 * Thread: one object, one thread.
 */
typedef struct _AspRenditionReader AspRenditionReader;

#define ASP_RENDITION_BYTES_MAX (16u << 20)

/* @program_number: 0 = the first one, as tssplicer's */
AspRenditionReader *asp_rendition_reader_new (guint program_number);
void asp_rendition_reader_free (AspRenditionReader * r);        /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspRenditionReader, asp_rendition_reader_free)

/* Any chunking. */
void asp_rendition_reader_push (AspRenditionReader * r, const guint8 * data, gsize size);

/* No more bytes come. FALSE with @error when it is nothing that a creative could be put into. */
gboolean asp_rendition_reader_finish (AspRenditionReader * r, AspRendition * out, GError ** error);

/* (transfer full): one line of JSON, the same for the same rendition. */
gchar *asp_rendition_to_text (const AspRendition * r);
gboolean asp_rendition_from_text (const gchar * text, AspRendition * out, GError ** error);

/* The frames a second that a cadence of @frame_90k ticks is meant to be: 25, 30000/1001 ... */
void asp_rendition_snap_fps (gdouble frame_90k, guint * num, guint * den);

/* Time of frame @n from the first one on, rounded to nearest. */
static inline gint64
asp_rendition_frame_time (const AspRendition * r, gint64 n, gint64 per_second)
{
  return (gint64) (((__int128) n * per_second * r->fps_den + r->fps_num / 2) / r->fps_num);
}

/* Of how many frames the reorder depth is: what an encoder may use. */
guint asp_rendition_reorder_frames (const AspRendition * r);

/* Frames of a unit where none is asked for: the GOP, within 0.5 s to 4 s; 2 s when unknown. */
guint asp_rendition_default_unit (const AspRendition * r);

/* The most frames that take @unit_ns, what 1000/1001 rates are off forgiven (2 s are 60 frames of
 * 29.97); at least one. 0 = asp_rendition_default_unit(). */
guint asp_rendition_unit_frames (const AspRendition * r, guint64 unit_ns);

/* The bit rate of the video that a creative gets: @percent of the rendition's, a multiple of
 * 8000 bit/s; by the size of its pictures when that is not known. */
guint asp_rendition_video_rate (const AspRendition * r, guint percent);

/**
 * asp_rendition_fingerprint:
 * @unit: frames of a unit
 * Returns: (transfer full): 32 hex digits, equal for what the same conditioned creative fits. Bit
 *   rates count in steps of 15 %, table versions and the GOP do not (the unit does)
 */
gchar *asp_rendition_fingerprint (const AspRendition * r, guint unit, gdouble loudness_lufs);

/* Has track @a the same sound as @b, so that one encoding does for both? */
gboolean asp_rendition_same_audio (const AspRenditionTrack * a, const AspRenditionTrack * b);

G_END_DECLS
