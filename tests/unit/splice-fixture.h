/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "splice-media.h"
#include "splice-run.h"

G_BEGIN_DECLS

/*
 * A network, creatives, a splicer, and what came out, read back: for tests of single breaks.
 * The checks are the rules of DESIGN 6. Thread: one.
 */
#define FRAME_90K 3600

typedef struct
{
  SpliceMediaSpec network, ad[3];
  guint n_ads;
  GByteArray *in;
  SpliceRun *run;
  SpliceContent *got;
  gchar *video, *audio;         /* runs of the output */
} SpliceFixture;

/* A network of @frames pictures, and one creative of two seconds; everything may be changed. */
void fixture_setup (SpliceFixture * f, guint frames);
/* Creatives and the network are made, the splicer is there; nothing has been fed. */
void fixture_start (SpliceFixture * f);
void fixture_feed_part (SpliceFixture * f, gsize from, gsize to);
/* EOS; the output is read back. SPLICE_KEEP=FILE keeps it. */
void fixture_finish (SpliceFixture * f);
void fixture_teardown (SpliceFixture * f);
/* All of it, with one break. */
void fixture_splice (SpliceFixture * f, gdouble start_s, gdouble duration_s);

/* Packets, counters, clock, DTS: rules 1, 4, 5, 6. */
void fixture_check_stream (const SpliceFixture * f);
/* From one picture to the next there is one frame, over the cuts too (rule 2); @gaps are frame
 * intervals that a policy made. */
void fixture_check_cadence (const SpliceFixture * f, guint gaps);
/* Sound keeps its distance to the picture of its own source, bit by bit, and joins within half a
 * frame but for @holes (rule 3). */
void fixture_check_sound (const SpliceFixture * f, guint track, guint holes);
/* Nobody's sound is heard over the picture of another: but for half a frame it begins and ends with
 * its own picture. For breaks without a gap. */
void fixture_check_sound_in_place (const SpliceFixture * f, guint track);
void fixture_check_all (const SpliceFixture * f);
/* Does @text stand in the reports? */
gboolean fixture_said (const SpliceFixture * f, const gchar * text);

G_END_DECLS
