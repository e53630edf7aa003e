/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * When a part ends inside a segment, from lengths alone (RFC 8216bis 4.4.4.9): none is longer
 * than PART-TARGET, and none but the last of a segment shorter than 85 % of it, unless it
 * begins with a RAP. Lengths are measured on the DTS: pictures come in that order.
 * Thread: one object, one thread. Pure. Since: 0.1
 */
typedef enum
{
  ASP_HLS_PART_ALIGN_IDR,       /* at RAPs: whoever begins with any part can decode it */
  ASP_HLS_PART_ALIGN_ANY,       /* at access units */
} AspHlsPartAlign;

#define ASP_HLS_PART_LEAST_PERCENT 85

/* Time stamps are often made from milliseconds: so much longer a part may turn out. */
#define ASP_HLS_PART_JITTER_90K 180

typedef struct
{
  gint64 wish_90k;              /* 0: there are no parts */
  AspHlsPartAlign align;
  gint64 target_90k;            /* PART-TARGET, 0 until frozen */
} AspHlsPartCut;

/**
 * asp_hls_part_cut_freeze:
 * @gop_90k: the longest GOP that is known, 0 when there is none
 * @frame_90k: of an access unit
 *
 * PART-TARGET, unless it is known already: as many whole GOPs (align=any: pictures) as the
 * wish holds, at least one, so that parts come close to it.
 */
void asp_hls_part_cut_freeze (AspHlsPartCut * cut, gint64 gop_90k, gint64 frame_90k);

/**
 * asp_hls_part_cut_at_au:
 * @elapsed_90k: length of the open part if it ended before this access unit
 * @independent: does the open part begin with a RAP?
 * @rap: is the access unit one?
 * @gop_90k: how long the GOP that it begins is expected to be
 * @left_90k: how long the segment is expected to be from where the open part begins, 0 when
 *   that is not known. Parts that need not end at RAPs are made about equally long then: one that is
 *   shorter than a quarter of a second at the end of a segment is passed over by hls.js when the
 *   next segment has begun
 *
 * Returns: 0: the access unit still belongs to the open part; otherwise the length that
 *   part is given, which differs from @elapsed_90k where that would not be legal: after a
 *   hole in the stream, or where pictures are few. What is left over belongs to the parts
 *   that follow; ask again for it
 */
gint64 asp_hls_part_cut_at_au (const AspHlsPartCut * cut, gint64 elapsed_90k,
    gboolean independent, gboolean rap, gint64 gop_90k, gint64 left_90k, gint64 frame_90k);

G_END_DECLS
