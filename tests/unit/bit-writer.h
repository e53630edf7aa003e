/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Bitstreams written by hand, bit by bit, for the tests of the readers in gst/: the
 * descriptors u(n), ue(v) and se(v) of ITU-T H.264 7.2.
 */
typedef struct
{
  GByteArray *bytes;
  guint free_bits;              /* in the last byte */
} BitWriter;

void bits_init (BitWriter * w);
void bits_clear (BitWriter * w);

void bits_u (BitWriter * w, guint n, guint64 value);
void bits_ue (BitWriter * w, guint32 value);
void bits_se (BitWriter * w, gint32 value);

/* @bits of '0' and '1'; spaces are for the reader */
void bits_s (BitWriter * w, const gchar * bits);

/* rbsp_trailing_bits () */
void bits_trailing (BitWriter * w);

/* Zeros up to the next byte */
void bits_align (BitWriter * w);

/**
 * bits_nal:
 * Ends @w with rbsp_trailing_bits(), appends it to @out behind a start code of @prefix
 * bytes (3 or 4), with emulation_prevention_three_bytes, and empties @w.
 */
void bits_nal (BitWriter * w, GByteArray * out, guint prefix);

G_END_DECLS
