/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-unit-mux.h"

#include <asp-ts-packet.h>
#include <asp-ts-pmt-edit.h>

G_BEGIN_DECLS

/*
 * Inside of the muxer, over its files:
 *   asp-unit-mux.c         life, intake, checks, the units one by one
 *   asp-unit-mux-layout.c  one unit: PES in their order, packets, PCR
 */
typedef struct
{
  guint8 *data;                 /* owned */
  gsize size;
  gint64 number;                /* pictures: in display order */
  gboolean random_access;
} MuxAu;

typedef struct
{
  GArray *aus;                  /* of MuxAu */
  guint samples, sample_rate;   /* audio: of a frame */
  guint next;                   /* first one that is in no unit yet */
} MuxTrack;

typedef struct
{
  GByteArray *bytes;            /* PCR fields hold packet numbers until the clock is known */
  gint64 start_27m, end_27m;    /* its time, from the first picture on */
  gint64 late_27m;              /* how much earlier than its DTS less reorder the clock must run */
} MuxUnit;

struct _AspUnitMux
{
  AspRendition r;
  guint unit_frames;
  MuxTrack tracks[ASP_RENDITION_TRACKS_MAX];
  GByteArray *parameter_sets;
  guint64 bytes;
  guint8 psi[2][8 * ASP_TS_SIZE];       /* PAT and PMT as packets */
  guint psi_packets[2];
  GArray *units;                /* of MuxUnit */
  gint64 lead_27m;              /* of the clock over DTS */
};

/* Fills @unit with the pictures [first, end) of the video in decode order, that begin with
 * picture @frame of the display order and are @frames, and the audio up to their end. */
gboolean unit_mux_layout (AspUnitMux * m, MuxUnit * unit, guint first, guint end, gint64 frame, guint frames,
    gboolean last, GError ** error);

/* Writes the clock in place of the packet numbers. */
void unit_mux_stamp (const AspUnitMux * m, MuxUnit * unit);

G_END_DECLS
