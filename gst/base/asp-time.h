/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Times of MPEG-2 systems (ISO/IEC 13818-1, 2.4.3.6 and 2.4.3.5).
 *
 * `_pts90k` as guint64 is a 33-bit value as it stands in the stream. As gint64 it
 * is unwrapped: it goes on past 2^33 and can be compared with < and >. Everything
 * behind a parser uses the unwrapped form; ASP_NO_TIME says that there is none.
 *
 * Thread: any; pure functions. Since: 0.1
 */
#define ASP_PTS_MODULUS (G_GINT64_CONSTANT (1) << 33)
#define ASP_PTS_MASK (ASP_PTS_MODULUS - 1)
#define ASP_PCR_MODULUS (ASP_PTS_MODULUS * 300)
#define ASP_NO_TIME G_MININT64
#define ASP_SECOND_90K G_GINT64_CONSTANT (90000)
#define ASP_SECOND_27M G_GINT64_CONSTANT (27000000)

/* a - b on the 33-bit circle, in [-2^32, 2^32). */
static inline gint64
asp_pts_diff (guint64 a_pts90k, guint64 b_pts90k)
{
  gint64 d = (gint64) ((a_pts90k - b_pts90k) & ASP_PTS_MASK);
  return d >= (ASP_PTS_MODULUS >> 1) ? d - ASP_PTS_MODULUS : d;
}

/* The unwrapped time nearest to @ref_pts90k (unwrapped) that reads @pts90k in the
 * stream. With ASP_NO_TIME as reference the value itself. */
static inline gint64
asp_pts_unwrap (gint64 ref_pts90k, guint64 pts90k)
{
  if (ref_pts90k == ASP_NO_TIME)
    return (gint64) (pts90k & ASP_PTS_MASK);
  return ref_pts90k + asp_pts_diff (pts90k, (guint64) ref_pts90k & ASP_PTS_MASK);
}

/* Unwrapped to 33 bits. */
static inline guint64
asp_pts_wrap (gint64 pts90k)
{
  return (guint64) pts90k & ASP_PTS_MASK;
}

/* As asp_pts_unwrap() for the 27 MHz clock; both sides carry the extension. */
static inline gint64
asp_pcr_unwrap (gint64 ref_pcr27m, guint64 pcr27m)
{
  gint64 d;

  if (ref_pcr27m == ASP_NO_TIME)
    return (gint64) pcr27m;
  d = (gint64) pcr27m - (ref_pcr27m % ASP_PCR_MODULUS);
  if (ref_pcr27m < 0 && d >= ASP_PCR_MODULUS)
    d -= ASP_PCR_MODULUS;
  if (d >= ASP_PCR_MODULUS / 2)
    d -= ASP_PCR_MODULUS;
  else if (d < -ASP_PCR_MODULUS / 2)
    d += ASP_PCR_MODULUS;
  return ref_pcr27m + d;
}

static inline guint64
asp_pcr_wrap (gint64 pcr27m)
{
  gint64 r = pcr27m % ASP_PCR_MODULUS;
  return (guint64) (r < 0 ? r + ASP_PCR_MODULUS : r);
}

static inline gint64
asp_ns_to_90k (guint64 ns)
{
  return (gint64) ((ns / 100000) * 9 + (ns % 100000) * 9 / 100000);
}

static inline guint64
asp_90k_to_ns (gint64 t_90k)
{
  guint64 t = (guint64) MAX (t_90k, 0);
  return (t / 9) * 100000 + (t % 9) * 100000 / 9;
}

G_END_DECLS
