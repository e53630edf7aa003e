/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * Program specific information (ISO/IEC 13818-1, 2.4.4): sections out of packets,
 * PAT and PMT out of sections. Thread: one object, one thread. Since: 0.1
 */
#define ASP_SECTION_MAX 4096

typedef struct
{
  guint8 data[ASP_SECTION_MAX];
  guint have;
  guint need;                   /* 0 until the length has been read */
  gint last_cc;                 /* -1 before the first packet */
  gboolean open;                /* a section has begun and is not complete */
  guint8 last[184];             /* behind the header of the last packet: what "sent twice" is */
} AspSectionAssembler;

/* @section is valid in the call only; table_id to CRC_32. The CRC is not checked. */
typedef void (*AspSectionFunc) (const guint8 * section, gsize size, gpointer user_data);

void asp_section_assembler_init (AspSectionAssembler * a);

/**
 * asp_section_assembler_push:
 * @packet: one packet of the PID
 *
 * Calls @func for every section that ends in this packet. A lost packet (CC) drops the
 * section that was open; the one sent twice (2.4.3.3) is skipped.
 *
 * Returns: FALSE when a section that had begun is lost, or its length is impossible
 */
gboolean asp_section_assembler_push (AspSectionAssembler * a, const guint8 * packet,
    AspSectionFunc func, gpointer user_data);

/* Length fits, section_syntax as said, CRC_32 good. */
gboolean asp_section_is_valid (const guint8 * section, gsize size);

#define ASP_PAT_PROGRAMS_MAX 253        /* 1012 bytes of loop, 4 each */

typedef struct
{
  guint16 transport_stream_id;
  guint8 version;
  guint n_programs;             /* network PID (program_number 0) left out */
  struct
  {
    guint16 number;
    guint16 pmt_pid;
  } programs[ASP_PAT_PROGRAMS_MAX];
} AspPat;

typedef enum
{
  ASP_CODEC_NONE = 0,           /* data, private, or not known */
  ASP_CODEC_H264,
  ASP_CODEC_HEVC,
  ASP_CODEC_MPEG2,              /* MPEG-1 video too */
  ASP_CODEC_AAC_ADTS,
  ASP_CODEC_AAC_LATM,
  ASP_CODEC_MPEG_AUDIO,         /* layers 1, 2 and 3 */
  ASP_CODEC_AC3,
  ASP_CODEC_EAC3,
  ASP_CODEC_SCTE35,
  ASP_CODEC_SUBTITLE,           /* DVB subtitles, teletext: silent in an ad */
  ASP_CODEC_OTHER_VIDEO,        /* a video type that cannot be spliced */
  ASP_CODEC_OTHER_AUDIO,
} AspCodec;

#define ASP_CODEC_IS_VIDEO(c) ((c) == ASP_CODEC_H264 || (c) == ASP_CODEC_HEVC || (c) == ASP_CODEC_MPEG2)
#define ASP_CODEC_IS_AUDIO(c) ((c) >= ASP_CODEC_AAC_ADTS && (c) <= ASP_CODEC_EAC3)

#define ASP_PMT_STREAMS_MAX 64

typedef struct
{
  guint16 pid;
  guint8 stream_type;
  AspCodec codec;               /* from stream_type and descriptors: DESIGN 6.7 */
  gchar language[4];            /* ISO 639, "" when there is none */
} AspPmtStream;

typedef struct
{
  guint16 program_number;
  guint16 pcr_pid;
  guint8 version;
  gboolean cuei;                /* registration "CUEI" in the programme loop: SCTE 35 9.6 */
  guint n_streams;              /* later ones than ASP_PMT_STREAMS_MAX are left out */
  AspPmtStream streams[ASP_PMT_STREAMS_MAX];
} AspPmt;

/* FALSE when the section is not one, is damaged, or not current (current_next 0). */
gboolean asp_pat_parse (const guint8 * section, gsize size, AspPat * out);
gboolean asp_pmt_parse (const guint8 * section, gsize size, AspPmt * out);

/* "H.264", "AAC (ADTS)" ... for messages; static. */
const gchar *asp_codec_name (AspCodec codec);

G_END_DECLS
