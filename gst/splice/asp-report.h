/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ad.h>
#include <asp-plan.h>

G_BEGIN_DECLS

/*
 * What a splice tells: marks, which stand at a place in the output (the events of
 * DESIGN 5), and reports, which go to the application (its messages). Plain data;
 * times are as in the stream unless they are unwrapped, and then they say so.
 * Since: 0.1
 */
#define ASP_MARK_AUDIO_MAX 16

typedef enum
{
  ASP_ROLL_MIDROLL,
  ASP_ROLL_PREROLL,
  ASP_ROLL_POSTROLL,
} AspRollType;

typedef enum
{
  ASP_MARK_SCHEDULED,
  ASP_MARK_CANCELLED,
  ASP_MARK_BREAK_START,
  ASP_MARK_CREATIVE_START,
  ASP_MARK_CREATIVE_END,
  ASP_MARK_BREAK_END,
} AspMarkKind;

struct _AspMark
{
  AspMarkKind kind;
  gchar break_id[ASP_BREAK_ID_SIZE];
  AspRollType roll_type;
  guint64 pts90k;               /* 33 bit */
  gint64 media_90k;             /* the same on the splicer's own timeline, unwrapped */
  gint64 duration_90k;
  guint pod_length;
  guint pod_index;
  gboolean spliced;
  const gchar *reason;          /* static */
  gchar *scte35_hex;            /* or NULL */
  gchar *asset_id;              /* or NULL */
  AspAd *ad;                    /* of a creative that comes from an ad server, or NULL */
  guint n_audio;
  struct
  {
    guint16 pid;
    guint64 pts90k;
  } audio[ASP_MARK_AUDIO_MAX];
};

typedef struct _AspMark AspMark;

AspMark *asp_mark_new (AspMarkKind kind);
AspMark *asp_mark_copy (const AspMark * mark);
void asp_mark_free (AspMark * mark);    /* NULL is allowed */

typedef enum
{
  ASP_STATE_SCHEDULED,
  ASP_STATE_STARTED,
  ASP_STATE_CREATIVE_STARTED,
  ASP_STATE_CREATIVE_ENDED,
  ASP_STATE_ENDED,
  ASP_STATE_CANCELLED,
  ASP_STATE_SKIPPED,
} AspBreakState;

#define ASP_REPORT_SKIPPED_MAX 16

typedef struct
{
  AspBreakState state;
  const gchar *break_id;
  const gchar *reason;          /* "" when all is as asked; static */
  gchar *detail;                /* a sentence for people, or NULL */
  gint64 asked_pts90k;          /* unwrapped stream time; ASP_NO_TIME when none was asked */
  gint64 pts90k;                /* achieved; ASP_NO_TIME when there is none */
  gint64 lead_90k;              /* SCHEDULED: how far ahead of the newest picture it will be left */
  gint64 duration_90k;
  gint64 filled_90k;            /* of creatives that have played */
  gint64 gap_90k;               /* ENDED: time without a picture before the return */
  gboolean reorder_mismatch;
  const gchar *creative_id;     /* or NULL */
  guint pod_index;
  guint n_skipped;
  struct
  {
    const gchar *creative_id;
    const gchar *reason;
    const gchar *detail;
  } skipped[ASP_REPORT_SKIPPED_MAX];
} AspReport;

const gchar *asp_break_state_name (AspBreakState state);

G_END_DECLS
