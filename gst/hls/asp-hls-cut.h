/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * When a segment ends, from lengths alone: at the first RAP that reaches the target, or
 * earlier when the next GOP would not fit TARGETDURATION any more; without a RAP before a
 * segment would be half a second longer than TARGETDURATION (then it would round up:
 * RFC 8216bis 4.4.3.1). TARGETDURATION itself is frozen once two GOPs are known.
 * Thread: one object, one thread. Pure. Since: 0.1
 */
#define ASP_HLS_GOP_MAX_90K (10 * ASP_SECOND_90K)       /* no longer is waited for the first two GOPs */
#define ASP_HLS_RECENT_GOPS 4
#define ASP_HLS_EXCESS_90K (ASP_SECOND_90K / 2)

typedef struct
{
  gint64 target_90k;
  guint target_duration_s;      /* 0 until frozen */
  guint n_gops;
  gint64 longest_gop_90k;
  gint64 recent_gops_90k[ASP_HLS_RECENT_GOPS];  /* what to expect of the next one: the longest */
  guint next_gop;
  gint64 longest_segment_90k;
} AspHlsCut;

void asp_hls_cut_init (AspHlsCut * cut, guint target_s);

/**
 * asp_hls_cut_at_rap:
 * @elapsed_90k: length of the open segment if it ended before this RAP
 * @gop_90k: length of the GOP that ends here, 0 when it is not known
 * @frame_90k: of an access unit
 *
 * Returns: whether it ends. The second GOP freezes TARGETDURATION
 */
gboolean asp_hls_cut_at_rap (AspHlsCut * cut, gint64 elapsed_90k, gint64 gop_90k,
    gint64 frame_90k);

/* The same before an access unit that is no RAP. */
gboolean asp_hls_cut_at_au (const AspHlsCut * cut, gint64 elapsed_90k, gint64 frame_90k);

/* A segment has ended, for whatever reason: before the freeze its length counts too. */
void asp_hls_cut_add_segment (AspHlsCut * cut, gint64 length_90k);

/* The stream is over, or no GOP is waited for any longer: freezes with what is known. */
void asp_hls_cut_freeze (AspHlsCut * cut);

/* How long the GOP that begins now may become: the longest of the last few, 0 before the first. */
gint64 asp_hls_cut_expected_gop (const AspHlsCut * cut);

/* How long a segment becomes when all its GOPs are that long, 0 before the first. */
gint64 asp_hls_cut_expected_segment (const AspHlsCut * cut);

/* No segment may be as long as this or longer. */
gint64 asp_hls_cut_limit (const AspHlsCut * cut);

G_END_DECLS
