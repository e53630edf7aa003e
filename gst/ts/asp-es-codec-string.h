/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ts-psi.h>

G_BEGIN_DECLS

/*
 * Names of codecs as the CODECS attribute of HLS and MIME types have them: RFC 6381 3.3, with
 * ISO/IEC 14496-15 Annex E for H.264 and HEVC and 14496-3 Table 1.17 for audio object types.
 * Thread: any; pure. Since: 0.1
 */
#define ASP_CODEC_STRING_MAX 48

/**
 * asp_es_video_codec_string:
 * @data: parameter sets or an access unit that has them, in Annex B form
 * @out: of ASP_CODEC_STRING_MAX bytes: "avc1.64001f", "hvc1.1.6.L93.B0", "mp4v.61"
 *
 * Returns: FALSE when no parameter set can be read; @out is then ""
 */
gboolean asp_es_video_codec_string (AspCodec codec, const guint8 * data, gsize size, gchar * out);

/**
 * asp_es_audio_codec_string:
 * @data: begins with a frame header
 * @out: "mp4a.40.2", "mp4a.40.33" (layer 2), "mp4a.40.34" (layer 3), "ac-3", "ec-3"
 *
 * Returns: FALSE when it is too short or no frame of @codec; @out is then "". LATM is taken to
 * be AAC LC: what it is stands in a StreamMuxConfig that not every frame has
 */
gboolean asp_es_audio_codec_string (AspCodec codec, const guint8 * data, gsize size, gchar * out);

G_END_DECLS
