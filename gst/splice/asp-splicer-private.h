/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-splicer-channel.h"

#include <asp-es-audio.h>
#include <asp-ts-pes.h>

/*
 * Inside of the splicer, over its files:
 *   asp-splicer.c           life, and what the owner asks
 *   asp-splicer-scan.c      looking at packets that pass
 *   asp-splicer-packets.c   taking packets apart, with a look ahead
 *   asp-splicer-own-clock.c going on without input: silence and the end
 *   asp-splicer-network.c   what the network is: PSI, roles, clock, cadence, RAPs
 *   asp-splicer-input.c     what is told of it to whoever watches
 *   asp-splicer-cue.c       SCTE 35: sections out of the stream, and made ones
 *   asp-splicer-plan.c      the plan of breaks: requests into it, its actions out of it
 *   asp-splicer-channel.c   the same when somebody plans for all renditions of a channel
 *   asp-splicer-video.c     leaving and returning: where the picture changes sides
 *   asp-splicer-audio.c     the same for sound, by access unit
 *   asp-splicer-source.c    creatives: choosing, mapping, their units into the tracks
 *   asp-splicer-slot.c      which packet goes out when
 *   asp-splicer-announce.c, asp-splicer-rewrite.c, asp-splicer-pmt.c
 *                           scte35-output=rewrite: asp-splicer-rewrite.h
 * All times are unwrapped on the splicer's own timeline, which is the stream's less
 * offset_90k: a jump of the network only changes the offset (DESIGN 6.11).
 */
#define AUDIO_MAX ASP_MARK_AUDIO_MAX
#define ARM_LEAD_90K ASP_SECOND_90K     /* packets are taken apart this long before a break */
#define NEXT_PICTURE_90K (ASP_SECOND_90K / 2)   /* the next picture is not further away */
#define LOOKAHEAD_BYTES_MAX (256u << 10)        /* held while a picture does not tell its kind */
#define AUDIO_HISTORY_90K (3 * ASP_SECOND_90K)
#define AUDIO_PES_BYTES_MAX (1200u)     /* a creative's audio is regrouped up to this size */
#define HELD_PES_MAX 32
#define UNKNOWN_PES_90K (ASP_SECOND_90K * 4 / 10)        /* duration of a PES before one has been seen */
#define ENTER_WAIT_90K (2 * ASP_SECOND_90K)     /* for sound of the network behind a return */
#define JUMP_90K ASP_SECOND_90K /* a step of the clock that is no jitter */
#define MARGIN_WINDOW 4         /* RAPs or PES over which the smallest lead counts */
#define PARAMETER_SETS_MAX 4096
#define COLLECT_BYTES_MAX (64u << 10)

typedef enum
{
  ROLE_OTHER = 0,
  ROLE_NULL,
  ROLE_PAT,
  ROLE_PMT,
  ROLE_OTHER_PMT,               /* of another programme; read only when cues are rewritten */
  ROLE_VIDEO,
  ROLE_SILENT,                  /* subtitles: none in an ad */
  ROLE_CUE,
  ROLE_PCR,                     /* a PID of its own for the clock */
  ROLE_TAKEN,                   /* ours, for cues: nothing should come on it */
  ROLE_AUDIO = 16,              /* + index */
} Role;

/* Which side a PID is on. */
typedef enum
{
  SIDE_NETWORK,
  SIDE_AD,
} Side;

/* The lead of a stream's access units over the clock: DTS - PCR where they begin. */
typedef struct
{
  gint64 lead_90k[MARGIN_WINDOW];
  guint count;
} Margin;

/* A network audio PES with its frames. */
typedef struct
{
  GByteArray *packets;          /* as they came */
  GByteArray *es;
  AspPesHeader header;
  gboolean parsed;              /* header is valid */
  gboolean passed;              /* its packets have gone out as they came */
  gint64 pts90k;
  guint n_units;
  struct
  {
    gsize offset, size;
    gint64 pts90k, duration_90k;
  } units[128];
} AudioPes;

typedef struct
{
  guint16 pid;
  AspCodec codec;
  gchar language[4];
  guint sample_rate, channels;  /* of its first frame; 0 before */
  AspTrack track;
  Margin margin;
  gint last_cc;
  Side side;
  gboolean left;                /* it has changed to the ads in this break */
  gboolean entering;            /* back on the network's side, waiting for the entry unit */
  guint source;                 /* SIDE_AD: index of the source it plays */
  gint64 end_90k;               /* end of the last unit that left */
  gint64 unit_90k;              /* duration of a unit */
  gint64 entry_90k;             /* where the network's sound came back; ASP_NO_TIME: not yet */
  gint64 newest_pts90k;         /* of the network's PES */
  gint64 pes_90k;               /* duration of the last whole PES */
  AudioPes *pes;                /* the open one, in packet mode */
  gsize rest;                   /* bytes of a unit that goes on into the next PES */
  GQueue held;                  /* of whole AudioPes into which the out point may yet fall */
  GQueue history;               /* of AudioPes that came while an ad played */
  AspLatmState latm;
} AudioTrack;

/* A creative (or a run of the slate) on air. */
typedef struct
{
  AspCreative *creative;
  AspAdQueue *queue;            /* NULL for slate; compared, never followed without the hub's lock */
  gboolean slate;
  gint64 start_90k;             /* PTS of its first picture on our timeline */
  gint64 end_90k;               /* where the next source begins; ASP_NO_TIME while not known */
  gint64 delta_90k;             /* its PTS to ours */
  gint64 dts_shift_90k;         /* earlier by this much, rule 1 */
  gint64 squeeze_90k;           /* least step of DTS while it is squeezed in; 0 = no need */
  gint64 max_pts90k;            /* highest that has gone into the track */
  gdouble frame_90k;
  gint64 media_90k;             /* played */
  guint pod_index;
  gboolean started, ended;      /* its messages */
  gboolean video_done;          /* no picture of it will follow */
  gboolean mismatch;            /* reorders more than the network */
  gint map[AUDIO_MAX];          /* network track -> its audio track, -1 = silent */
  GQueue audio[AUDIO_MAX];      /* units taken out of the creative, per network track */
} Source;

typedef enum
{
  BREAK_NONE,
  BREAK_ARMED,                  /* looking for the out point */
  BREAK_OUT,                    /* on air */
  BREAK_WATCHED,                /* only marked: the content stays, the end is looked for */
} BreakPhase;

typedef struct _Rewrite Rewrite;

struct _AspSplicer
{
  AspSplicerConfig config;
  AspSplicerFuncs funcs;
  gpointer user_data;
  const AspSplicerChannel *channel;     /* NULL: we plan for ourselves */
  gpointer channel_data;
  AspAdHub *hub;
  AspSplicerStats stats;

  /* bytes to packets */
  gboolean packet_mode;
  gboolean arming;              /* the packet for which packets are taken apart is next */
  guint8 carry[ASP_TS_SIZE];
  guint carried;
  gboolean synced;
  guint foreign_size;           /* 204 or 192 once seen */
  GByteArray *lookahead;
  gsize lookahead_pos;
  AspOutput out, network;
  AspOutput marked;             /* what `src` gets with `mark`, when cues do not just pass */
  Rewrite *rewrite;             /* NULL unless cues are rewritten */

  /* the network */
  guint8 role[ASP_PID_COUNT];
  AspSectionAssembler pat, pmt, cue[4];
  guint16 cue_pid[4];
  guint n_cue, cue_now;         /* cue_now: the one that is being read */
  gboolean cue_warned;          /* at cue_warned_90k */
  gint64 cue_warned_90k;
  gint pmt_pid;
  guint program_number;
  gboolean have_pmt;
  guint8 last_psi[2][ASP_TS_PAYLOAD_MAX];
  guint8 pmt_packet[ASP_TS_SIZE];       /* the PMT in force, when one packet holds it */
  gboolean pmt_waits;           /* another PMT came in a break: adopted at the return */
  GArray *streams;              /* of AspPmtStream: the PMT in force */
  guint tables;                 /* +1 when what is known of them changes */
  guint pcr_pid;
  guint64 pcr_count;
  guint pcr_cc;                 /* of the last packet with a PCR */
  gboolean pcr_any;             /* PMT names none: the first PID with a PCR has it */
  AspCodec video_codec;
  guint video_pid;
  AspTrack video_track;
  gint video_cc;
  Margin video_margin;          /* where RAPs begin */
  Margin video_end_margin;      /* where pictures end: the least of a GOP */
  gint64 gop_end_90k;           /* the least since the last RAP; ASP_NO_TIME: none yet */
  guint64 video_packet;         /* number of the last packet on the video PID */
  AudioTrack audio[AUDIO_MAX];
  guint n_audio;

  /* clock */
  gint64 offset_90k;            /* stream time = ours + offset */
  gboolean offset_is_rough;     /* by a clock that jumped: the next picture makes it exact */
  gint64 pcr27m;                /* last, unwrapped in stream time */
  gint64 pcr_90k;               /* on our timeline */
  guint64 pcr_packet;           /* its number */
  guint64 pcr_out_packet;       /* slot of the last one that left */
  gint64 pcr_step_27m;          /* longest interval of the network's */
  gint64 run_step_27m, run_packets;     /* intervals in a row with the same rate, added up */
  guint steady;                 /* how many they are */
  guint64 packet;               /* number of the current one */
  guint64 spliced_packets;      /* of them of video, audio and null packets */
  guint64 sound_packets;        /* of these of audio */
  guint64 rap_packet, rap_spliced, rap_sound;   /* the same at the last RAP */
  gdouble free_share;           /* of all packets, what a break leaves free; 0 = not known */
  gdouble sound_share;          /* of all packets, the network's audio */
  guint64 moment;               /* +1 when something came that may let a unit leave */
  guint64 drained_moment;
  gint64 pcr_floor_27m;         /* no PCR below our own clock's last one, after a silence */

  /* pictures of the network */
  gint64 first_pts90k, newest_pts90k, newest_dts90k;    /* newest_pts: highest so far */
  gint64 left_pts90k;           /* highest PTS that left on `out` */
  gint64 left_dts90k;
  AspCadence cadence;
  gdouble frame_90k;            /* of it, as of the newest picture; 0 = not known */
  gint64 rap_pts90k, rap_interval_90k, rap_dts90k;
  guint rap_regular;            /* intervals in a row that were equal */
  gint64 reorder_90k;           /* PTS - DTS at the last RAP */
  guint pictures_since_rap;
  guint gop_pictures;           /* of the last whole GOP; 0 = not known */
  GByteArray *parameter_sets;
  GByteArray *collect;          /* ES of a RAP picture until its sets are complete */
  AspVideoParams params;

  /* break */
  AspPlan *plan;
  GQueue schedule;              /* of AspBreak with asked_90k from the first PTS */
  BreakPhase phase;
  AspBreak *brk;                /* the plan's: armed, or out */
  gint64 out_90k;               /* achieved */
  gint64 in_90k;                /* where it shall return: the plan's */
  gint64 return_90k;            /* where it does; ASP_NO_TIME before */
  gint64 channel_in_90k;        /* for the break that begins: what the channel says of in_90k */
  gint64 return_floor_90k;      /* no RAP before it is one to return at; ASP_NO_TIME */
  gboolean came_back;           /* another rendition has, at return_floor_90k */
  gboolean end_now;             /* early return asked for */
  gboolean ended_told;          /* the end has been reported, the network is still to come */
  gboolean abandoned;           /* the ad broke: back at the next RAP */
  const gchar *reason;
  gint64 out_reorder_90k;       /* PTS - DTS at the out point */
  gint64 filled_90k;
  const gchar *choose_for;      /* in a call: for this break and not for `brk`; or NULL */
  GPtrArray *sources;           /* of Source */
  GPtrArray *refused;           /* of Refusal: creatives that did not fit, for the report */
  guint pod_index;
  Side video_side;
  guint video_source;
  gboolean avail_open;          /* marked on `network`, not yet closed */
  gboolean advancing;           /* on our own clock */
  gint64 own_pcr27m;            /* unwrapped stream time of that clock */

  /* entering the network */
  gboolean rebuild;             /* pictures are taken apart until the first trailing one */
  gint64 entry_pts90k;
  AspPictureKind entry_kind;
  GByteArray *picture;          /* ES of the open picture */
  AspPesHeader picture_header;
  gint64 picture_pts90k, picture_dts90k;
  gboolean picture_random_access;
  gboolean picture_opened;      /* its PES stands in the track ... */
  gsize picture_sent;           /* ... with so much of its ES */
  gboolean had_radl;
  gint64 floor_pts90k;          /* pictures below it are not shown again */
  gboolean eos;
};

typedef struct
{
  gchar *creative_id;
  const gchar *reason;
  gchar *detail;
} Refusal;

/* asp-splicer.c */
void break_forget (AspSplicer * s);
void refusal_free (Refusal * r);

/* asp-splicer-scan.c */
void scan_cc (AspSplicer * s, gint * last, const guint8 * packet);
void scan_clock (AspSplicer * s, const guint8 * packet, guint pid);
gsize scan_find_sync (AspSplicer * s, const guint8 * data, gsize size);

/* asp-splicer-packets.c */
void packets_run (AspSplicer * s, gboolean force);
void packets_stray (AspSplicer * s, const guint8 * data, gsize size);

/* asp-splicer-own-clock.c */
void own_clock_stop (AspSplicer * s);

/* asp-splicer-network.c */
void network_reset (AspSplicer * s);
void network_psi (AspSplicer * s, const guint8 * packet, gboolean pmt);
void network_adopt_pmt (AspSplicer * s);
void network_clock (AspSplicer * s, const guint8 * packet);
gboolean network_picture_times (AspSplicer * s, const guint8 * packet, AspPesHeader * header,
    gint64 * pts90k, gint64 * dts90k);
void network_picture (AspSplicer * s, gint64 pts90k, gint64 dts90k, AspPictureKind kind);
void network_collect (AspSplicer * s, const guint8 * es, gsize size, gboolean start);
void network_audio_start (AspSplicer * s, AudioTrack * a, const guint8 * packet);
gint64 network_now_90k (const AspSplicer * s);
gint64 network_clock_27m (const AspSplicer * s, guint64 packet);
gboolean network_is_cbr (const AspSplicer * s);
gdouble network_frame_90k (const AspSplicer * s);
gdouble network_packet_27m (const AspSplicer * s);
gint64 margin_min_90k (const Margin * m);
gint64 margin_max_90k (const Margin * m);
void margin_push (Margin * m, gint64 lead_90k);
gint64 to_ours (AspSplicer * s, gint64 reference_90k, guint64 pts90k);

/* asp-splicer-cue.c */
guint32 cue_event_id (const AspBreak * b);
gchar *cue_hex (const guint8 * data, gsize size);
gchar *cue_made_hex (AspSplicer * s, const AspBreak * b, gboolean out, gint64 pts90k, gint64 duration_90k);
void cue_packet (AspSplicer * s, guint index, const guint8 * packet);

/* asp-splicer-plan.c */
void plan_carry_out (AspSplicer * s, const GArray * actions);
void plan_discontinuity (AspSplicer * s, gint64 jump_90k);
gint64 plan_now_90k (const AspSplicer * s);
void plan_poll (AspSplicer * s, gint64 pts90k);
void pending_cancelled (AspSplicer * s, const AspBreak * b, const gchar * reason);
gboolean should_arm (AspSplicer * s, gint64 pts90k);
gboolean arming_is_near (const AspSplicer * s);
gboolean preroll_is_possible (const AspSplicer * s);

/* asp-splicer-channel.c */
void channel_sync (AspSplicer * s, gint64 pts90k);
AspAlign channel_leave (AspSplicer * s, gint64 pts90k, gint64 start_90k);
gboolean channel_come_back (AspSplicer * s, gint64 pts90k, gboolean planned);
void channel_request (AspSplicer * s, AspBreak * b);

/* asp-splicer-video.c */
void picture_done (AspSplicer * s);
void video_packet (AspSplicer * s, const guint8 * packet, const AspAuInfo * info);
void break_over (AspSplicer * s, gint64 pts90k, const gchar * reason);
void break_end_unseen (AspSplicer * s);
void break_end_marks (AspSplicer * s, gint64 pts90k);
void break_close (AspSplicer * s, gint64 pts90k);
void break_skip (AspSplicer * s, const gchar * reason, gchar * detail, gint64 pts90k);
gint64 video_limit_90k (AspSplicer * s);
gboolean predict_raps (const AspSplicer * s, gint64 at_90k, gint64 * before, gint64 * after);
void break_begin (AspSplicer * s, gint64 start_90k, gint64 reorder_90k);
void break_abandon (AspSplicer * s, const gchar * reason);
void report_break (AspSplicer * s, AspBreakState state, const gchar * reason, gint64 asked_90k,
    gint64 pts90k, const Source * source);
void network_mark (AspSplicer * s, AspMark * mark);
AspMark *make_mark (AspSplicer * s, AspMarkKind kind, gint64 pts90k);
void mark_add_audio (AspSplicer * s, AspMark * mark, const Source * source, gint64 boundary_90k);

/* asp-splicer-audio.c */
void audio_track_init (AudioTrack * a, const AspPmtStream * stream);
void audio_track_clear (AudioTrack * a);
void audio_packet (AspSplicer * s, AudioTrack * a, const guint8 * packet);
gboolean audio_next (AspSplicer * s, guint index);
void audio_release (AspSplicer * s);
void audio_settle (AspSplicer * s);
void audio_check_due (AspSplicer * s);
gint64 audio_predict_90k (const AudioTrack * a, gint64 boundary_90k);

/* asp-splicer-source.c */
Source *source_choose (AspSplicer * s, gint64 start_90k, const gchar ** reason, gchar ** detail);
void source_free (Source * source);
void sources_close (AspSplicer * s, Source * source);
gboolean video_next (AspSplicer * s);
gboolean within_limit (AspSplicer * s, gint64 pts90k);
Source *source_at (AspSplicer * s, guint index);
AspAu *source_peek_video (AspSplicer * s, Source * source, gboolean * over);
AspAu *source_pop_video (AspSplicer * s, Source * source);
AspAu *source_peek_audio (AspSplicer * s, Source * source, guint track, gboolean * over);
AspAu *source_next_audio (AspSplicer * s, Source * source, guint track);
AspAu *source_pop_audio (AspSplicer * s, Source * source, guint track);
void video_flush_until (AspSplicer * s, gint64 pts90k, gint64 dts90k);
gint64 ads_end_90k (AspSplicer * s);
gboolean hub_wait (AspSplicer * s, guint64 generation);
gboolean hub_is_flushing (AspSplicer * s);

/* asp-splicer-slot.c */
void slot_pass (AspSplicer * s, AspTrack * track, const guint8 * packet);
void slot_queue (AspSplicer * s, AspTrack * track, const guint8 * packet, gint64 dts90k);
void slot_queue_late (AspSplicer * s, AspTrack * track, const guint8 * packet, gint64 dts90k);
void slot_free (AspSplicer * s, const guint8 * packet);
AspTrack *slot_track_of_pid (AspSplicer * s, guint pid);
void slot_drain (AspSplicer * s);
void slot_finish (AspSplicer * s);
void slot_strip_clock (AspSplicer * s);
gboolean slot_may_pass (AspSplicer * s, AspTrack * track);
gboolean slot_may_insert (const AspSplicer * s);
gboolean slot_idle (const AspSplicer * s);
gint64 slot_video_horizon_90k (AspSplicer * s);
gboolean slot_exceeds_capacity (AspSplicer * s, gsize size, gint64 dts90k);
gboolean slot_delays_return (AspSplicer * s, gsize size);
gint64 slot_horizon_90k (const AspSplicer * s, const Margin * margin, gint64 newest_90k);

/* asp-splicer-announce.c: with s->rewrite only */
void announce_poll (AspSplicer * s, gint64 now_90k);
void announce_scheduled (AspSplicer * s, AspBreak * b);
void announce_cancelled (AspSplicer * s, const AspBreak * b);
void announce_began (AspSplicer * s);
void announce_skipped (AspSplicer * s, const AspBreak * b);
void announce_ended (AspSplicer * s, gint64 pts90k);
void announce_end_asked (AspSplicer * s);
gchar *announce_in_hex (AspSplicer * s);

/* asp-splicer-rewrite.c; those of the second group with s->rewrite only */
void rewrite_configure (AspSplicer * s);
void rewrite_reset (AspSplicer * s);
void rewrite_free (AspSplicer * s);
void rewrite_marked (AspSplicer * s, const guint8 * packet);
gboolean rewrite_may_pass_in_part (const AspSplicer * s, const guint8 * head, gsize size);

gboolean rewrite_wants_insert (AspSplicer * s);
void rewrite_insert (AspSplicer * s);
gboolean rewrite_wants_null (const AspSplicer * s);
gboolean rewrite_null (AspSplicer * s);
void rewrite_pmt (AspSplicer * s, const guint8 * packet);
gboolean rewrite_moves_cue (AspSplicer * s, guint8 * packet);
void rewrite_cue (AspSplicer * s, const guint8 * packet);

/* asp-splicer-pmt.c: with s->rewrite only */
void rewrite_pat (AspSplicer * s, const AspPat * pat);
void rewrite_see (AspSplicer * s, const guint8 * packet);
