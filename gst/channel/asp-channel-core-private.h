/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-channel-core.h"

/*
 * Inside of the core, over its files:
 *   asp-channel-core.c    life, renditions, time, what is asked for
 *   asp-channel-record.c  breaks as all see them: the plan's actions in, orders out
 *   asp-channel-align.c   where they leave and come back, and what is told of it
 *   asp-channel-cue.c     cues, of which each rendition has a copy
 */
struct _AspRendition
{
  guint serial;
  gchar *name;
  gint64 first_90k, position_90k;       /* ASP_NO_TIME before the first picture */
  gint64 offset_90k;            /* its stream is ahead of the channel's timeline */
  gint64 frame_90k;
  guint64 seen;                 /* revision up to which it has its orders */
};

struct _AspChannelCore
{
  gchar *name;
  AspPlan *plan;
  AspPlanConfig config;
  gint64 lead_90k, notice_90k;
  GPtrArray *renditions;        /* of AspRendition */
  guint serials;
  gint64 newest_90k;            /* of the furthest; ASP_NO_TIME before the first picture */
  gint64 first_90k;             /* of the first picture */
  gint64 offset_90k;            /* of the one that jumped last */
  GQueue records;               /* of AspRecord, in the order in which they came */
  guint64 revision;
  gint64 settle_90k;            /* what runs is long past there; ASP_NO_TIME: nothing runs */
  gboolean untimed;             /* a record has no time yet that will have one */
  gint64 next_due_90k;          /* nothing is due before it; ASP_NO_TIME: look */
  guint schedule_owner;         /* serial; 0: nobody's schedule has been taken */
  GQueue schedule;              /* of AspBreak: waits for the first picture after a flush */
  GQueue cues;                  /* of CueSeen, newest first */
  guint32 seqnums[ASP_CHANNEL_SEQNUMS_MAX];
  guint n_seqnums;
};

/* asp-channel-core.c */
gint64 core_to_channel (const AspChannelCore * core, const AspRendition * r, guint64 pts90k);
gint64 core_soon_90k (const AspChannelCore * core, const AspBreak * b, gint64 lead_90k);
gint64 core_frame_90k (const AspChannelCore * core);

/* asp-channel-record.c */
AspRecord *core_find (const AspChannelCore * core, const gchar * id);
AspShare *core_share (AspRecord * rec, const AspRendition * r);
void core_touch (AspChannelCore * core, AspRecord * rec);
/* Returns the reason of the last action that refused something, or NULL. */
const gchar *core_apply (AspChannelCore * core, const GArray * actions, GArray * skipped);
void core_settle (AspChannelCore * core);
void core_forget_all (AspChannelCore * core);
void record_free (AspRecord * rec);
gboolean share_is_final (AspShareState state);

/* asp-channel-cue.c */
void cue_seen_forget (AspChannelCore * core);
