/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-creative.h"
#include "asp-output.h"
#include "asp-report.h"

G_BEGIN_DECLS

/*
 * The splicer: one transport stream in, the same stream with creatives in the breaks
 * out. No pads, no clock, no thread: whoever owns it calls it from one thread at a time
 * (that of the network) and time is the stream's.
 *
 * It has two ways. Outside breaks it only looks: asp_splicer_scan() says how many bytes
 * may pass as they are. Near and in a break it takes packets apart:
 * asp_splicer_process() eats bytes and leaves what shall go out in two outputs, `out`
 * (spliced) and `network` (as it came in, with the marks of breaks). Since: 0.1
 */
typedef enum
{
  ASP_OUT_IDR,
  ASP_OUT_ANCHOR,
} AspOutPoint;

typedef enum
{
  ASP_RETURN_NEAREST,
  ASP_RETURN_FILL,
  ASP_RETURN_HOLD,
} AspReturnPolicy;

typedef struct
{
  guint program_number;         /* 0 = the first of the PAT */
  AspPlanConfig plan;           /* but for what stands below, too: that counts */
  AspOutPoint out_point;
  AspReturnPolicy return_policy;
  AspLatePolicy late_policy;
  gint64 tolerance_90k;
  gint64 max_rap_wait_90k;
  gboolean drop_nulls;
  gboolean repeat_tracks;
  gboolean strip_cues;
  gboolean rewrite_cues;        /* holds to the end of the stream once it was TRUE */
  gboolean splice_countdown;    /* in the video's packets around each splice, where it is known */
  gboolean mark;                /* only announce: content stays in place */
  gboolean want_network;        /* somebody reads `network` */
  gchar *channel;               /* or NULL; owned */
} AspSplicerConfig;

typedef struct
{
  /* Waits until something of the hub changes (@generation is the one last seen). FALSE: do not
   * wait any longer (live, flushing, or nothing came for too long). May be NULL: never wait. */
  gboolean (*wait) (gpointer user_data, guint64 generation);
  /* A break changed its state. @report is valid in the call only. */
  void (*report) (gpointer user_data, const AspReport * report);
  /* One sentence for the operator: something came in that is not right. */
  void (*warn) (gpointer user_data, const gchar * reason, const gchar * text);
  /* A picture at @pts90k (unwrapped, splicer's timeline) left the stream; @dts90k likewise. Only for
   * pictures that are seen in passing; may be NULL. */
  void (*picture) (gpointer user_data, gint64 pts90k, gint64 dts90k);
  /* A cue that could be read came on @pid, before anything follows from it. @pts90k: highest PTS of a
   * picture so far, as in the stream and unwrapped; before the first one the clock, or ASP_NO_TIME.
   * All is valid in the call only. May be NULL. */
  void (*cue) (gpointer user_data, guint16 pid, gint64 pts90k, const AspScte35Section * section,
      const guint8 * data, gsize size);
  /* A cue, or a part of it, does nothing; @reason is static. May be NULL. */
  void (*ignored) (gpointer user_data, const gchar * reason);
} AspSplicerFuncs;

typedef struct
{
  guint64 packets, null_packets, sync_losses, garbage_bytes, cc_errors;
  guint64 cues, cues_ignored, cues_damaged;
  guint64 breaks_started, breaks_ended, breaks_skipped, creatives_played;
  guint64 slots_filled, packets_dropped;
  const gchar *last_cue_ignored;        /* why; static, or NULL */
} AspSplicerStats;

typedef struct _AspSplicer AspSplicer;

/* @config is copied; @hub must outlive the splicer. */
AspSplicer *asp_splicer_new (const AspSplicerConfig * config, const AspSplicerFuncs * funcs,
    gpointer user_data, AspAdHub * hub);
void asp_splicer_free (AspSplicer * s);
/* Takes effect with the next break. */
void asp_splicer_set_config (AspSplicer * s, const AspSplicerConfig * config);

/* Breaks by stream time: @start_90k from the first video PTS. */
gboolean asp_splicer_schedule (AspSplicer * s, gint64 start_90k, gint64 duration_90k);
/* Takes @b; b->asked_90k is stream time in 33 bits or ASP_NO_TIME. */
void asp_splicer_request (AspSplicer * s, AspBreak * b);
/* A section that came on another way: as if it had been in the stream here. */
void asp_splicer_insert_cue (AspSplicer * s, const guint8 * data, gsize size);
/* Pending: cancelled. FALSE when there is none of that id that has not begun. */
gboolean asp_splicer_cancel (AspSplicer * s, const gchar * id);
/* Running: back at the next RAP. FALSE when @id does not run. */
gboolean asp_splicer_end_break (AspSplicer * s, const gchar * id);

gboolean asp_splicer_wants_packets (const AspSplicer * s);
/* Do spliced PIDs need another CC than they came with? Then asp_splicer_scan() writes. */
gboolean asp_splicer_needs_patch (const AspSplicer * s);

/**
 * asp_splicer_scan:
 * @data: written only when asp_splicer_needs_patch()
 * Returns: bytes that pass as they are; less than @size when the rest must be processed
 */
gsize asp_splicer_scan (AspSplicer * s, guint8 * data, gsize size);

/**
 * asp_splicer_process:
 * Returns: bytes eaten; less than @size when the rest can be scanned again
 */
gsize asp_splicer_process (AspSplicer * s, const guint8 * data, gsize size);

/* What is to go out since the last call. The caller empties them (asp_output_reset()). */
AspOutput *asp_splicer_output (AspSplicer * s);
AspOutput *asp_splicer_network_output (AspSplicer * s);

/* With `mark` and cues that do not just pass: what goes out in place of `network`. */
gboolean asp_splicer_has_marked_output (const AspSplicer * s);
AspOutput *asp_splicer_marked_output (AspSplicer * s);

/* Is a creative on air, so that asp_splicer_advance() would have something to do? */
gboolean asp_splicer_in_break (const AspSplicer * s);
/* The input stands still: goes on by @step_27m on the splicer's own clock. FALSE when the break is over. */
gboolean asp_splicer_advance (AspSplicer * s, gint64 step_27m);

/* The input is over: what is held goes out and a post-roll opens. A running break goes on with
 * asp_splicer_advance() until that says FALSE; then asp_splicer_eos_done(). */
void asp_splicer_eos (AspSplicer * s);
void asp_splicer_eos_done (AspSplicer * s);

/* Everything of the stream is forgotten; pending schedules are kept. */
void asp_splicer_flush (AspSplicer * s);

const AspSplicerStats *asp_splicer_stats (const AspSplicer * s);
/* What stream time is ahead of the splicer's timeline. */
gint64 asp_splicer_offset_90k (const AspSplicer * s);
/* PTS of the first picture on the splicer's timeline, or ASP_NO_TIME. */
gint64 asp_splicer_first_pts90k (const AspSplicer * s);
/* Interval between two pictures, as far as it is known. */
gint64 asp_splicer_frame_90k (const AspSplicer * s);
/* Next pending break that has a time; FALSE when none. For whoever asks an encoder for RAPs. */
gboolean asp_splicer_next_break (const AspSplicer * s, gint64 * start_90k, gint64 * duration_90k);

G_END_DECLS
