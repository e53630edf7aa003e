/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ts-psi.h>

G_BEGIN_DECLS

/*
 * What a splicer must know of a coded picture, read from start codes and NAL unit
 * headers: ITU-T H.264 7.3 and 7.4.1.2.4, H.265 7.3.1.2 and 7.4.2.2, H.262 6.2 and 6.3.
 * @codec is one of ASP_CODEC_H264, _HEVC, _MPEG2. @data is elementary stream (no PES
 * header) in Annex B form that starts at the first byte of an access unit.
 * Thread: any; pure functions, nothing is allocated unless said. Since: 0.1
 */
typedef enum
{
  ASP_PICTURE_UNKNOWN = 0,      /* no picture seen in the bytes given */
  ASP_PICTURE_TRAILING,         /* P or B that needs what went before; not an entry */
  ASP_PICTURE_RASL,             /* HEVC RASL: cannot be decoded after a cut before its IRAP */
  ASP_PICTURE_RADL,             /* HEVC RADL: leading, decodable */
  ASP_PICTURE_IDR,              /* H.264 IDR, HEVC IDR_N_LP, MPEG-2 I with closed_gop: SAP 1 */
  ASP_PICTURE_IDR_W_RADL,       /* HEVC: RADL pictures with lower PTS may follow: SAP 2 */
  ASP_PICTURE_CRA,              /* HEVC CRA: RASL may follow: SAP 3 */
  ASP_PICTURE_BLA,              /* HEVC BLA */
  ASP_PICTURE_OPEN_I,           /* MPEG-2 I behind a sequence header, GOP open: leading B may follow: SAP 3 */
  ASP_PICTURE_RECOVERY_POINT,   /* H.264/HEVC recovery point SEI without IDR/IRAP */
  ASP_PICTURE_INTRA,            /* I without sequence header or SEI: an entry of last resort */
} AspPictureKind;

typedef struct
{
  AspPictureKind kind;
  gboolean complete;            /* kind is final: the first slice header has been read */
  gboolean is_reference;        /* nal_ref_idc != 0; HEVC not a sub-layer non-reference; MPEG-2 not B */
  gboolean is_b;                /* slice_type B where it can be read */
  gboolean field;               /* a field, not a frame (H.264 field_pic_flag needs an SPS in the bytes or
                                   via @known; MPEG-2 picture_structure != 3; HEVC always FALSE) */
  gboolean bottom_field;        /* with field: the bottom one */
  guint frame_num;              /* H.264 frame_num (0 without an SPS), MPEG-2 temporal_reference: two
                                   fields in a row with the same one and opposite parity are one frame */
  gboolean has_parameter_sets;  /* SPS and PPS (and VPS), or a sequence header, stand before the picture */
  gsize picture_offset;         /* of the start code of the first slice or picture header.
                                   @size while not complete */
  gsize parameter_set_offset;   /* where missing parameter sets go in: behind the access unit delimiter,
                                   before SEI that may refer to them; MPEG-2: before the GOP header.
                                   @size while not complete */
} AspAuInfo;

/* Can decoding begin here at once? IDR, IDR_W_RADL, CRA, BLA, OPEN_I. H.264 recovery points are
 * not: DESIGN 6.8. */
gboolean asp_picture_is_rap (AspPictureKind kind);

/* Does this kind of RAP have leading pictures that cannot be decoded behind a cut? CRA, BLA(W_LP), OPEN_I */
gboolean asp_picture_may_have_skipped_leading (AspPictureKind kind);

typedef struct
{
  guint width, height;          /* as cropped, luma samples */
  guint sar_num, sar_den;       /* 0 when unspecified */
  guint fps_num, fps_den;       /* frames a second from VUI or sequence header; 0/0 when unknown */
  gboolean interlaced;          /* may contain fields: frame_mbs_only_flag 0, progressive_sequence 0, HEVC field_seq */
  gboolean low_delay;           /* MPEG-2 low_delay; else FALSE */
  guint profile_idc, level_idc; /* MPEG-2: the two nibbles of profile_and_level_indication */
  guint profile_compat;         /* H.264 constraint flags byte; HEVC general_tier_flag in bit 0 */
  guint chroma_format_idc;
  guint bit_depth;
  gint max_reorder;             /* num_reorder_frames of VUI (0 when pic_order_cnt_type is 2) /
                                   sps_max_num_reorder_pics / MPEG-2 1, or 0 with low_delay; -1 when unknown */
  guint frame_num_bits;         /* H.264 log2_max_frame_num, else 0 */
  gboolean separate_colour_plane;
  /* of the VUI: code points of ISO/IEC 23091-2; 2 = unspecified, 0 = not said. MPEG-2: 0 */
  guint colour_primaries, transfer_characteristics, matrix_coefficients;
  gboolean full_range;          /* video_full_range_flag */
} AspVideoParams;

/**
 * asp_es_video_scan:
 * @size: may end anywhere; with more bytes the answer becomes complete
 *
 * An access unit without any picture inside its bytes leaves kind UNKNOWN, as does one
 * that is not complete. What is complete does not change with more bytes.
 * MPEG-2: sequence header, GOP header (closed_gop), picture header, picture coding
 * extension, first slice. HEVC slice_type is read as if num_extra_slice_header_bits were
 * 0 where no PPS stands in the bytes.
 */
void asp_es_video_scan (AspCodec codec, const guint8 * data, gsize size, AspAuInfo * out);

/* As asp_es_video_scan(). @known: of the SPS in force when none stands in the bytes, or
 * NULL; only with it are the fields of H.264 pictures without an SPS of their own seen. */
void asp_es_video_scan_known (AspCodec codec, const guint8 * data, gsize size,
    const AspVideoParams * known, AspAuInfo * out);

/* Reads the first sequence header or SPS in @data. FALSE when there is none, or it is damaged
 * or cut; @out is then zeroed. */
gboolean asp_es_video_params (AspCodec codec, const guint8 * data, gsize size, AspVideoParams * out);

/**
 * asp_es_video_copy_parameter_sets:
 * Appends to @out, each with a four-byte start code, the parameter sets (SPS, PPS, VPS; the
 * sequence header with its extensions) in @data before the first slice. What no start code
 * follows goes to the end of @data: give it whole sets, up to picture_offset or further.
 * Returns: how many
 */
guint asp_es_video_copy_parameter_sets (AspCodec codec, const guint8 * data, gsize size, GByteArray * out);

/* HEVC only: rewrites in place every slice NAL of type CRA_NUT to BLA_W_RADL (@with_radl) or BLA_N_LP
 * (H.265 Table 7-1). @data is one whole access unit. Returns: how many NAL units changed */
guint asp_es_hevc_cra_to_bla (guint8 * data, gsize size, gboolean with_radl);

/* MPEG-2 only: sets broken_link in the GOP header, in place. FALSE when there is none. */
gboolean asp_es_mpeg2_set_broken_link (guint8 * data, gsize size);

G_END_DECLS
