/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-splicer-private.h"

#include <asp-ts-pmt-edit.h>

/*
 * scte35-output=rewrite, over its files:
 *   asp-splicer-announce.c  which break is announced and closed when, by what section
 *   asp-splicer-rewrite.c   the way out: packets of cues and of the PMT into free slots
 *   asp-splicer-pmt.c       the PMT that names the PID of the cues, and the choice of that PID
 * The struct is there from the first time that `rewrite` is asked for; without it no hook
 * does anything. Thread: that of the network.
 */
#define REWRITE_PMT_PACKETS_MAX 32      /* wait for slots; sections that find no room are left out */
#define REWRITE_CUE_PACKETS_MAX 64
#define REWRITE_DEBT_MAX 64
#define REWRITE_OTHERS_MAX 256  /* PMTs of other programmes that are read for their PIDs */
#define REWRITE_SLOT_WAIT_90K (ASP_SECOND_90K / 2)      /* with a constant rate: for a null packet */

typedef struct
{
  guint pid;
  AspSectionAssembler sections;
} OtherPmt;

struct _Rewrite
{
  /* the PMT */
  guint pmt_pid;
  AspSectionAssembler pmt_in;
  guint8 section_out[ASP_PMT_SECTION_MAX];
  gsize out_size;               /* 0: none yet */
  guint version_step;           /* version_number out less that in */
  gint pmt_cc;                  /* of the last packet with payload that left; -1 before */
  gboolean full;                /* there is no room for one more stream; told once */
  AspPidSet used;               /* PIDs that the input names or uses */
  guint own_pid;                /* chosen for cues; ASP_PID_NULL: the programme has its own */
  GPtrArray *others;            /* of OtherPmt */

  /* on the way out */
  guint cue_pid;                /* ASP_PID_NULL while there is no PMT */
  AspTrack cue_track;           /* its CC */
  GByteArray *pmt, *cues;       /* whole packets that wait for a slot; their CC is written then */
  gint64 waits_since_90k;       /* ASP_NO_TIME: nothing waits */
  gint debt;                    /* packets put in where the rate may be constant: nulls to be left out */

  /* breaks */
  GSequence *notices;           /* of Notice, by due time */
  GHashTable *by_id;            /* id of the break -> its place in notices */
  gint64 offset_90k;            /* to the stream's time, when it was last looked at */
  gchar *in_hex;                /* of the cue that closed the running break, or NULL */
};

/* asp-splicer-pmt.c */
GPtrArray *pmt_others_new (void);
void pmt_reset (Rewrite * r);
/* A packet of the PMT's PID, or, in a break over which it changed, in place of one. */
void pmt_take (AspSplicer * s, const guint8 * packet);

/* asp-splicer-rewrite.c */
void rewrite_queue_cue (AspSplicer * s, GBytes * section);
void rewrite_queue_pmt (AspSplicer * s, const guint8 * section, gsize size);
AspOutput *rewrite_output (AspSplicer * s);

/* asp-splicer-announce.c */
void announce_reset (AspSplicer * s);
void announce_init (Rewrite * r);
void announce_clear (Rewrite * r);
