/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-splicer.h>

G_BEGIN_DECLS

/*
 * The splicer without pads: bytes in, bytes, marks and reports out, called as the element calls
 * it. Whatever it says is kept, with the place where it said it. Thread: one.
 */
typedef struct
{
  AspMark *mark;
  gsize offset;                 /* bytes of the output before it */
} SpliceRunMark;

typedef struct
{
  AspSplicerConfig config;      /* may be changed before splice_run_start() */
  AspAdHub *hub;
  GPtrArray *queues;            /* of AspAdQueue: one for each creative */
  AspSplicer *s;
  GByteArray *out, *network;
  GByteArray *marked;           /* with `mark`, where cues do not just pass */
  GArray *marks, *network_marks;        /* of SpliceRunMark */
  GString *reports;             /* one line each: state, reason, asked, achieved (33 bit), duration, filled */
  GString *warnings;            /* reason of each, a space between */
} SpliceRun;

/* The settings of tssplicer as they are by default. */
SpliceRun *splice_run_new (void);
void splice_run_free (SpliceRun * run);

/* A creative on an ad pad of its own, read in chunks of @chunk bytes (0: at once); @whole: EOS
 * comes behind it. Returns it; the queue owns it. */
AspCreative *splice_run_add_creative (SpliceRun * run, const guint8 * data, gsize size, gsize chunk, gboolean whole);
void splice_run_set_slate (SpliceRun * run, const guint8 * data, gsize size);

void splice_run_start (SpliceRun * run);
/* A buffer of the input: a block of exactly its size. */
void splice_run_feed (SpliceRun * run, const guint8 * data, gsize size);
/* @chunk bytes at a time, 0: at once; @random: of 1 to @chunk, the same ones each time for a @chunk. */
void splice_run_feed_chunks (SpliceRun * run, const guint8 * data, gsize size, gsize chunk, gboolean random);
/* EOS: a running break is finished on the splicer's own clock. */
void splice_run_finish (SpliceRun * run);

/* The first mark of @kind from @from on, or NULL. */
const SpliceRunMark *splice_run_mark (const GArray * marks, AspMarkKind kind, guint from);
/* Marks from BREAK_START on, one line each with their offsets. */
gchar *splice_run_marks_text (const GArray * marks);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpliceRun, splice_run_free)

G_END_DECLS
