/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-splicer.h"

G_BEGIN_DECLS

/*
 * What the network is, for whoever watches over it. Nothing is measured for this alone: it is what
 * the splicer knows anyway at a picture. Thread: the splicer's. Since: 0.1
 */
#define ASP_SPLICER_PIDS_MAX 64

typedef struct
{
  gint64 pts90k;                /* of the newest picture, 33 bits; ASP_NO_TIME: none yet */
  gint64 rap_pts90k;            /* of the last random access point, 33 bits; ASP_NO_TIME */
  gint64 gop_90k;               /* between the last two; 0 = not known */
  guint gop_frames;             /* of that time; 0 = not known */
  gint64 held_90k;              /* of pictures that have come and not left, outside of a break */
  guint tables;                 /* +1 when asp_splicer_pids() says something else */
} AspSplicerInput;

void asp_splicer_input (const AspSplicer * s, AspSplicerInput * out);

typedef struct
{
  guint16 pid;
  guint8 stream_type;
  gchar codec[16];              /* as in CODECS, or a word: "scte35", "subtitle", "pcr", "data" */
} AspSplicerPid;

/* Returns: how many of the programme have been written to @out, at most @max */
guint asp_splicer_pids (const AspSplicer * s, AspSplicerPid * out, guint max);

G_END_DECLS
