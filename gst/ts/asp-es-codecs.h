/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-bits.h>

#include "asp-es-unit.h"
#include "asp-es-video.h"

G_BEGIN_DECLS

/*
 * Internal to gst/ts: what each video codec gives to asp-es-video.c. The scans fill @out,
 * which is zeroed, and return FALSE when the picture is not complete; @out is then not to
 * be read. Thread: any; pure. Since: 0.1
 */
gboolean asp_es_h264_scan (const guint8 * data, gsize size, const AspVideoParams * known, AspAuInfo * out);
gboolean asp_es_hevc_scan (const guint8 * data, gsize size, AspAuInfo * out);
gboolean asp_es_mpeg2_scan (const guint8 * data, gsize size, AspAuInfo * out);

typedef enum
{
  ASP_UNIT_OTHER,
  ASP_UNIT_PARAMETER_SET,
  ASP_UNIT_SLICE,
} AspUnitRole;

/* @header is the byte behind the start code prefix. @in_sequence (FALSE at first) says where
 * extensions belong to the sequence: before the group and the picture header. */
AspUnitRole asp_es_h264_role (guint header);
AspUnitRole asp_es_hevc_role (guint header);
AspUnitRole asp_es_mpeg2_role (guint code, gboolean * in_sequence);

/* One whole NAL unit, its header first; @id is seq_parameter_set_id. */
gboolean asp_es_h264_parse_sps (const guint8 * nal, gsize size, AspVideoParams * out, guint * id);
gboolean asp_es_hevc_parse_sps (const guint8 * nal, gsize size, AspVideoParams * out);

gboolean asp_es_h264_params (const guint8 * data, gsize size, AspVideoParams * out);
gboolean asp_es_hevc_params (const guint8 * data, gsize size, AspVideoParams * out);
gboolean asp_es_mpeg2_params (const guint8 * data, gsize size, AspVideoParams * out);

/* No more of an SPS is read; one with every scaling list takes about half of it. */
#define ASP_SPS_MAX 4096

/* What is read of a slice or PPS header lies in so many bytes, emulation prevention
 * included: three ue(v) of 63 bits at the longest, and some 30 bits of flags and numbers. */
#define ASP_SLICE_HEADER_MAX 64

/* aspect_ratio_idc of H.264 Table E-1 and H.265 Table E-1; 0/0 when unspecified */
void asp_es_sar_from_idc (guint idc, guint * num, guint * den);

/* @num / @den in lowest terms; 0/0 when one of them is 0 or too large for GstFraction */
void asp_es_reduce (guint64 num, guint64 den, guint * num_out, guint * den_out);
void asp_es_set_fps (AspVideoParams * p, guint64 num, guint64 den);

/* colour_primaries, transfer_characteristics, matrix_coefficients: 24 bits */
void asp_es_read_colour (AspBits * b, AspVideoParams * p);

/* Takes the conformance window, in units of chroma samples, off width and height; FALSE
 * when nothing would be left. */
gboolean asp_es_crop (AspVideoParams * p, const guint32 window[4], guint unit_x, guint unit_y);

G_END_DECLS
