/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tsc-packet.h"

G_BEGIN_DECLS

/*
 * A whole transport stream file in memory, sorted: packets, PSI, PCR, PES by PID.
 * All times are unwrapped around the file's first PCR: they go on over a wrap and can be
 * compared with < and >; two files that begin with the same PCR share the scale.
 * Owner: the caller, tsc_file_free(). Thread: any.
 */
typedef enum
{
  TSC_KIND_OTHER,
  TSC_KIND_VIDEO,
  TSC_KIND_AUDIO,
} TscKind;

typedef enum
{
  TSC_CODEC_UNKNOWN,
  TSC_CODEC_MPEG2,
  TSC_CODEC_H264,
  TSC_CODEC_HEVC,
  TSC_CODEC_ADTS,
  TSC_CODEC_MPEG_AUDIO,
  TSC_CODEC_AC3,                /* and E-AC-3: the header says which */
} TscCodec;

typedef struct
{
  gint64 pts90k;                /* unwrapped; valid with has_pts */
  gint64 dts90k;                /* the PTS when there is no DTS field */
  gboolean has_pts;
  gboolean has_dts;
  gboolean bad_header;
  gboolean bad_length;          /* PES_packet_length says something else than what came */
  gsize first_packet;           /* index in the file */
  gsize last_packet;
  gsize es_offset;              /* in TscPid.es */
  gsize es_size;
} TscPes;

typedef struct
{
  gsize es_offset;              /* elementary stream from here on ... */
  gsize packet;                 /* ... came in this packet */
} TscEsChunk;

typedef struct
{
  gint64 pcr27m;                /* unwrapped */
  gsize packet;
} TscPcr;

typedef struct
{
  guint8 *data;
  gsize size;
  gsize packet;                 /* in which it was complete */
} TscSection;

typedef struct
{
  guint pid;
  gsize packets;
  gsize payload_packets;
  gsize duplicates;
  gsize cc_errors;
  gsize discontinuities;        /* discontinuity_indicator set */
  gsize tei;
  gsize scrambled;
  gsize malformed;
  GArray *cc_error_packets;     /* gsize */

  gboolean in_pmt;
  guint stream_type;
  TscKind kind;
  TscCodec codec;
  gchar language[4];

  GByteArray *es;               /* elementary stream of all PES, one behind the other */
  GArray *chunks;               /* TscEsChunk */
  GArray *pes;                  /* TscPes */
  GArray *pcr;                  /* TscPcr */
} TscPid;

typedef struct
{
  gchar *name;                  /* as it was given */
  guint8 *data;                 /* packets only, 188 bytes each */
  gsize n_packets;
  gsize sync_losses;
  GArray *sync_loss_packets;    /* gsize: packets read before each loss */
  gsize null_packets;

  guint program;
  guint pmt_pid;
  guint pcr_pid;
  GPtrArray *pat;               /* TscSection, each version once, in order of appearance */
  GPtrArray *pmt;
  gsize bad_sections;           /* PAT or PMT with a wrong CRC */
  gsize pat_max_distance;       /* packets between two PATs, for the report */
  gsize pmt_max_distance;

  TscPid *pids[TSC_PID_COUNT];  /* NULL: not in the file */
  TscPid *video;                /* first video of the programme or NULL */
} TscFile;

/* @program: 0 = the first in the PAT. NULL and a message on stderr when the file cannot be read. */
TscFile *tsc_file_load (const gchar * name, guint program);
void tsc_file_free (TscFile * file);

/* Of the packet that carries byte @es_offset of the elementary stream. */
gsize tsc_pid_packet_at (const TscPid * pid, gsize es_offset);

G_END_DECLS
