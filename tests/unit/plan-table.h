/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-scte35.h>

G_BEGIN_DECLS

/*
 * The rules of the plan as a table: what comes in, and what is to become of it. One table for
 * the plan alone and for the element with a stream (a RAP each second, 25 pictures a second).
 *
 * Input is a list of "TIME WORD ...", a semicolon between them; times are seconds from the first
 * picture, and what comes at a time comes before the picture of that time:
 *   out ID @T|now [dD] [noauto] [notime] [comp] [nocomp] [tier=N] [adj=S]     splice_insert
 *   in ID @T|now             splice_insert, back into the network
 *   cancel ID                splice_insert, cancelled
 *   sig @T|now TYPE/ID [dD] [nN/E] [sN/E] [r=FLAGS] TYPE/ID ...       time_signal with segmentations (TYPE in
 *                            hexadecimal, `cancel`, or `bad` for a malformed one); r: delivery restricted, and
 *                            w, b, a, d what of web, blackout, archive, device is; `p` not by programme, offset 1 s
 *   schedule ID dD, unschedule ID        splice_schedule
 *   null, private, reserve, encrypted    the other commands
 *   ask @T|now dD, unask, end            a break by signal; what was asked for taken back, ended
 *   jump                                 the time base jumps
 *   no-creative                          there is none, from the beginning on
 *
 * Output is a list of "TIME:WHAT": scheduled@START+DURATION, updated@..., cancelled(WHY), skipped(WHY),
 * ignored(WHY), returns@T|now; out, in (with <ASKED where the asked time is another one, and (WHY)),
 * gave-up(WHY).
 */
typedef struct
{
  const gchar *rule;
  const gchar *properties;      /* of tssplicer, "name=value name=value", or NULL */
  const gchar *input;
  const gchar *output;
} PlanRow;

#define PLAN_FRAMES 400u
#define PLAN_FRAME_90K 3600
#define PLAN_GOP 25

extern const PlanRow plan_rows[];
extern const guint n_plan_rows;

typedef struct
{
  gdouble at_s;
  gchar *word;                  /* "out", "ask" ... */
  gboolean is_cue;
  AspScte35Section section;     /* is_cue */
  gdouble asked_s;              /* ask; NAN = now */
  gdouble duration_s;           /* ask */
} PlanEvent;

/* (element-type PlanEvent) (transfer full): by time; g_ptr_array_unref() it. @first_pts90k: of the
 * first picture. Fails with a message when the row cannot be read. */
GPtrArray *plan_events (const PlanRow * row, gint64 first_pts90k);

/* The PTS of the first picture: that of the rule's name when "wrap" is in it, so that 2^33 is crossed
 * five seconds later. */
gint64 plan_first_pts90k (const PlanRow * row);

/* The value of @name in the properties of the row, or @otherwise. g_free() it. */
gchar *plan_property (const PlanRow * row, const gchar * name, const gchar * otherwise);

G_END_DECLS
