/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-findings.h"

#include <asp-ts-packet.h>

/* What the splicer's properties say when nobody sets them (DESIGN 4.1). */
#define MAX_RAP_WAIT_90K (5 * ASP_SECOND_90K)
#define COMFORTABLE_RAP_90K (5 * ASP_SECOND_90K / 2)
#define ADVISED_RAP_S 2.0
#define AUDIO_PES_LONG_90K (ASP_SECOND_90K * 4 / 10)
#define AUDIO_APART_90K (ASP_SECOND_90K * 3 / 2)
#define PAT_INTERVAL_27M (ASP_SECOND_27M / 2)   /* TR 101 290 1.3 */
#define SECONDS(t_90k) ((gdouble) (t_90k) / ASP_SECOND_90K)

/* --- list ----------------------------------------------------------------------- */

static void
finding_free (gpointer data)
{
  AspFinding *f = data;

  g_free (f->text);
  g_free (f->advice);
  g_free (f);
}

GPtrArray *
findings_new (void)
{
  return g_ptr_array_new_with_free_func (finding_free);
}

void
findings_add (GPtrArray * findings, AspFindingLevel level, const gchar * code, gchar * text,
    gchar * advice)
{
  AspFinding *f = g_new0 (AspFinding, 1);

  f->level = level;
  f->code = code;
  f->text = text;
  f->advice = advice;
  g_ptr_array_add (findings, f);
}

static gint
worse_first (gconstpointer a, gconstpointer b)
{
  const AspFinding *x = *(AspFinding * const *) a, *y = *(AspFinding * const *) b;

  return (gint) y->level - (gint) x->level;
}

/* g_ptr_array_sort() is stable: what is equally bad stays in order. */
void
findings_sort (GPtrArray * findings)
{
  g_ptr_array_sort (findings, worse_first);
}

AspFindingLevel
asp_findings_worst (const GPtrArray * findings)
{
  AspFindingLevel worst = ASP_FINDING_NOTE;

  for (guint i = 0; i < findings->len; i++)
    worst = MAX (worst, ((const AspFinding *) g_ptr_array_index (findings, i))->level);
  return worst;
}

const gchar *
asp_finding_level_name (AspFindingLevel level)
{
  return level == ASP_FINDING_STOP ? "stop" : level == ASP_FINDING_WARN ? "warn" : "note";
}

/* --- random access points ------------------------------------------------------- */

static void
judge_no_rap (GPtrArray * f, const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;

  if (v->kinds[ASP_PICTURE_RECOVERY_POINT] > 0)
    findings_add (f, ASP_FINDING_STOP, "no-idr",
        g_strdup_printf ("Its %s has no IDR, only %" G_GUINT64_FORMAT " recovery points of open GOPs: breaks are "
            "skipped for want of a place to leave (out-point=anchor leaves anywhere; the return at a recovery point may "
            "then lose pictures)", asp_codec_name (s->pmt.codec),
            v->kinds[ASP_PICTURE_RECOVERY_POINT]), advice_closed_gop (s, ADVISED_RAP_S));
  else
    findings_add (f, ASP_FINDING_STOP, "no-rap",
        g_strdup_printf ("Its %s has no picture at which a decoder can begin, in %.1f s",
            asp_codec_name (s->pmt.codec), SECONDS (v->longest_without_rap_90k)),
        advice_closed_gop (s, ADVISED_RAP_S));
}

static void
judge_rap_distance (GPtrArray * f, const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;
  gdouble longest = SECONDS (v->longest_without_rap_90k);

  if (v->raps < 2 && v->longest_without_rap_90k > MAX_RAP_WAIT_90K)
    findings_add (f, ASP_FINDING_STOP, "rap-distance",
        g_strdup_printf ("Only %" G_GUINT64_FORMAT " random access point in all, and none for %.1f s: a break that "
            "begins there has no way back", v->raps, longest), advice_closed_gop (s, ADVISED_RAP_S));
  else if (v->longest_without_rap_90k > MAX_RAP_WAIT_90K)
    findings_add (f, ASP_FINDING_WARN, "rap-distance",
        g_strdup_printf ("Up to %.2f s pass without a random access point: a break that is asked for in there is "
            "skipped (max-rap-wait is 5 s), and one that ends in there returns late", longest),
        advice_closed_gop (s, ADVISED_RAP_S));
  else if (v->longest_without_rap_90k > COMFORTABLE_RAP_90K)
    findings_add (f, ASP_FINDING_NOTE, "rap-distance",
        g_strdup_printf ("Up to %.2f s pass without a random access point: so late a break may begin or end when its "
            "cue does not point at one", longest), advice_closed_gop (s, ADVISED_RAP_S));
}

/* One of them says nothing of the next. */
static void
judge_short_look (GPtrArray * f, const AspCheckVideo * v)
{
  if (v->raps < 2 && v->longest_without_rap_90k <= MAX_RAP_WAIT_90K)
    findings_add (f, ASP_FINDING_NOTE, "short-look",
        g_strdup_printf ("Only one random access point was seen, in %.1f s of video: how far apart they are cannot be told",
            SECONDS (v->last_pts90k - v->first_pts90k)), g_strdup ("look at a longer piece"));
}

static void
judge_gops (GPtrArray * f, const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;

  if (v->open_gops > 0)
    findings_add (f, ASP_FINDING_WARN, "open-gop",
        g_strdup_printf ("Open GOPs, whose first pictures need the GOP before: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
            "; where the programme returns there, those pictures are left out", v->open_gops, v->raps), advice_closed_gop (s, ADVISED_RAP_S));
  if (v->raps > 0 && v->kinds[ASP_PICTURE_RECOVERY_POINT] > 0)
    findings_add (f, ASP_FINDING_NOTE, "recovery-points",
        g_strdup_printf ("Recovery points of open GOPs between the IDRs: %" G_GUINT64_FORMAT "; they do not count", v->kinds[ASP_PICTURE_RECOVERY_POINT]), advice_closed_gop (s, ADVISED_RAP_S));
  if (v->raps_without_sets > 0)
    findings_add (f, ASP_FINDING_NOTE, "parameter-sets",
        g_strdup_printf ("Random access points without parameter sets: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
            "; the splicer repeats them at its cuts", v->raps_without_sets, v->raps),
        advice_headers (s->pmt.codec));
}

/* --- video, audio, clock -------------------------------------------------------- */

static void
judge_video (GPtrArray * f, const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;

  if (s->scrambled_packets > 0 && s->scrambled_packets * 2 > s->packets) {
    findings_add (f, ASP_FINDING_STOP, "scrambled", g_strdup ("Its video is scrambled"),
        g_strdup ("splice ahead of the scrambler, or descramble first"));
    return;
  }
  if (v->pictures == 0) {
    findings_add (f, ASP_FINDING_STOP, "no-pictures",
        g_strdup_printf ("PID %u is announced as %s, but no picture came on it", s->pmt.pid,
            asp_codec_name (s->pmt.codec)), NULL);
    return;
  }
  if (v->raps == 0)
    judge_no_rap (f, s);
  else {
    judge_rap_distance (f, s);
    judge_short_look (f, v);
  }
  judge_gops (f, s);
  if (s->margin_90k.count > 0 && s->margin_90k.min < 0)
    findings_add (f, ASP_FINDING_WARN, "late-pictures",
        g_strdup_printf ("Pictures arrive up to %.0f ms after the moment in which they are to be decoded",
            -SECONDS (s->margin_90k.min) * 1000), advice_mux_delay ());
}

static void
judge_track (GPtrArray * f, const AspCheckStream * s, const AspCheckStream * video)
{
  const AspCheckAudio *a = &s->audio;

  if (s->scrambled_packets > 0)
    findings_add (f, ASP_FINDING_WARN, "scrambled-audio",
        g_strdup_printf ("The sound on PID %u is scrambled", s->pmt.pid), NULL);
  else if (a->frames == 0)
    findings_add (f, ASP_FINDING_WARN, "no-sound",
        g_strdup_printf ("PID %u is announced as %s, but no frame of it was found", s->pmt.pid,
            asp_codec_name (s->pmt.codec)), NULL);
  if (a->codec != s->pmt.codec)
    findings_add (f, ASP_FINDING_NOTE, "audio-type",
        g_strdup_printf ("PID %u is announced as %s and carries %s", s->pmt.pid, asp_codec_name (s->pmt.codec),
            asp_codec_name (a->codec)), g_strdup ("correct its stream_type: players may go by it"));
  if (a->pes_90k.count > 0 && a->pes_90k.max > AUDIO_PES_LONG_90K)
    findings_add (f, ASP_FINDING_NOTE, "audio-grouping",
        g_strdup_printf ("One PES on PID %u holds up to %.0f ms of sound: that much is held back around a cut",
            s->pmt.pid, SECONDS (a->pes_90k.max) * 1000), advice_audio_grouping ());
  if (s->lead_90k.count > 0 && video && video->lead_90k.count > 0 &&
      ABS (asp_check_range_mean (&s->lead_90k) - asp_check_range_mean (&video->lead_90k)) > AUDIO_APART_90K)
    findings_add (f, ASP_FINDING_NOTE, "audio-apart",
        g_strdup_printf ("In the multiplex the sound on PID %u is %.1f s away from its pictures", s->pmt.pid,
            SECONDS (ABS (asp_check_range_mean (&s->lead_90k) - asp_check_range_mean (&video->lead_90k)))), NULL);
}

static void
judge_audio (GPtrArray * f, const AspCheckProgram * p, const AspCheckStream * video)
{
  guint n = 0;

  for (guint i = 0; i < p->n_streams; i++) {
    const AspCheckStream *s = &p->streams[i];

    if (ASP_CODEC_IS_AUDIO (s->pmt.codec)) {
      judge_track (f, s, video);
      n++;
    } else if (s->pmt.codec == ASP_CODEC_OTHER_AUDIO) {
      findings_add (f, ASP_FINDING_WARN, "audio-codec",
          g_strdup_printf ("The sound on PID %u (stream_type 0x%02X) is of a codec that is not spliced: it goes on "
              "during an ad%s", s->pmt.pid, s->pmt.stream_type, s->pmt.stream_type == 0x86 ?
              ", or it carries cues and the PMT lacks the registration \"CUEI\"" : ""),
          g_strdup ("AAC, MPEG audio, AC-3 and E-AC-3 are spliced"));
    }
  }
  if (n == 0)
    findings_add (f, ASP_FINDING_NOTE, "no-audio", g_strdup ("There is no sound that would be spliced"), NULL);
}

static void
judge_clock (GPtrArray * f, const AspCheckProgram * p)
{
  const AspCheckClock *c = &p->clock;

  if (c->pcrs < 2) {
    findings_add (f, ASP_FINDING_STOP, "no-pcr",
        g_strdup ("Its clock is not there: fewer than two PCRs, and the splice is timed by them"), advice_pcr ());
    return;
  }
  if (c->over_100ms > 0)
    findings_add (f, ASP_FINDING_WARN, "pcr-interval",
        g_strdup_printf ("PCRs are up to %.0f ms apart; 100 ms is the limit, and what is put in is timed by them",
            (gdouble) c->interval_27m.max / 27000), advice_pcr ());
  else if (c->over_40ms > 0)
    findings_add (f, ASP_FINDING_NOTE, "pcr-interval",
        g_strdup_printf ("PCRs are up to %.0f ms apart; DVB wants 40 ms", (gdouble) c->interval_27m.max / 27000),
        advice_pcr ());
  if (c->jumps > 0)
    findings_add (f, ASP_FINDING_WARN, "clock-jumps",
        g_strdup_printf ("Jumps of its clock: %" G_GUINT64_FORMAT "%s; what is planned at that moment is void",
            c->jumps, c->flagged_jumps == c->jumps ? ", announced" : ""),
        g_strdup ("let the source run through; a file that is looped should be re-stamped"));
  if (p->pcr_pid_unnamed)
    findings_add (f, ASP_FINDING_NOTE, "pcr-pid",
        g_strdup_printf ("The PMT names no PCR PID; the clock on PID %u is taken", p->pcr_pid), NULL);
}

/* --- cues ----------------------------------------------------------------------- */

static gboolean
has_cue_pid (const AspCheckProgram * p)
{
  for (guint i = 0; i < p->n_streams; i++)
    if (p->streams[i].pmt.codec == ASP_CODEC_SCTE35)
      return TRUE;
  return FALSE;
}

static void
judge_cue_places (GPtrArray * f, const AspCheckProgram * p, const AspCheckStream * video)
{
  guint64 off = p->cues_timed - p->cues_on_rap;

  if (off > 0 && video)
    findings_add (f, ASP_FINDING_WARN, "cue-off-rap",
        p->worst_rap_wait_90k > 0 ?
        g_strdup_printf ("Cues that do not point at a random access point: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
            "; the splice comes up to %.3f s late", off, p->cues_timed, SECONDS (p->worst_rap_wait_90k)) :
        g_strdup_printf ("Cues that do not point at a random access point: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
            ", and none follows", off, p->cues_timed), advice_cue_pictures (video));
  if (p->cues_late > 0)
    findings_add (f, ASP_FINDING_WARN, "cue-late",
        g_strdup_printf ("Cues that open a break and come when their time has passed: %" G_GUINT64_FORMAT, p->cues_late),
        g_strdup ("send them at least 4 s ahead (pre-roll of the automation or of the encoder)"));
  if (p->cues_short > 0)
    findings_add (f, ASP_FINDING_NOTE, "cue-short-notice",
        g_strdup_printf ("Cues that open a break and come less than the 4 s ahead that SCTE 35 asks for: %" G_GUINT64_FORMAT,
            p->cues_short),
        g_strdup ("a longer pre-roll leaves time to choose an ad"));
}

static void
judge_cues (GPtrArray * f, const AspCheckProgram * p, const AspCheckStream * video)
{
  if (!has_cue_pid (p))
    findings_add (f, ASP_FINDING_NOTE, "no-cue-pid",
        g_strdup ("There is no SCTE-35 PID: breaks come by schedule, signal or message"), NULL);
  else if (p->cues == 0)
    findings_add (f, ASP_FINDING_NOTE, "no-cues", g_strdup ("There is an SCTE-35 PID, but no cue came on it"), NULL);
  if (p->cues_damaged > 0)
    findings_add (f, ASP_FINDING_WARN, "cue-damaged",
        g_strdup_printf ("Cues that cannot be read, and open no break: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT,
            p->cues_damaged, p->cues), g_strdup ("cue-dump says what is wrong with each"));
  if (p->cues_encrypted > 0)
    findings_add (f, ASP_FINDING_WARN, "cue-encrypted",
        g_strdup_printf ("Cues that are encrypted, and so have no effect: %" G_GUINT64_FORMAT, p->cues_encrypted), NULL);
  judge_cue_places (f, p, video);
  if (p->unmatched_ins > 0)
    findings_add (f, ASP_FINDING_NOTE, "cue-unmatched",
        g_strdup_printf ("Cues that end what was not seen to begin: %" G_GUINT64_FORMAT, p->unmatched_ins), NULL);
  if (p->outs_open > 0)
    findings_add (f, ASP_FINDING_NOTE, "cue-endless",
        g_strdup_printf ("Breaks with neither a duration nor a cue that ends them: %" G_GUINT64_FORMAT "; they last as long as "
            "default-break-duration says", p->outs_open),
        g_strdup ("give cues a duration with auto_return, or send the return cue"));
}

/* --- stream --------------------------------------------------------------------- */

static void
judge_stream (GPtrArray * f, const AspCheckFacts * facts)
{
  if (facts->packet_size != 0 && facts->packet_size != ASP_TS_SIZE)
    findings_add (f, ASP_FINDING_STOP, "packet-size",
        g_strdup_printf ("Its packets have %u bytes; only 188 are spliced", facts->packet_size),
        g_strdup ("take the extra bytes away (Reed-Solomon, timestamps): most receivers have a setting, or ffmpeg -c copy "
            "-f mpegts"));
  else if (facts->packet_size == 0)
    findings_add (f, ASP_FINDING_STOP, "not-ts", g_strdup ("It is no MPEG transport stream"),
        g_strdup ("remux it: ffmpeg -i IT -c copy -f mpegts OUT.ts"));
  else if (facts->n_programs == 0)
    findings_add (f, ASP_FINDING_STOP, "no-pat", g_strdup ("It has no PAT, so no programme can be found"), NULL);
  if (facts->sync_losses > 0)
    findings_add (f, ASP_FINDING_WARN, "sync", g_strdup_printf ("Places where something else stands between its packets: %"
            G_GUINT64_FORMAT " (%" G_GUINT64_FORMAT " bytes)", facts->sync_losses, facts->garbage_bytes), NULL);
  if (facts->cc_errors > 0)
    findings_add (f, ASP_FINDING_WARN, "losses",
        g_strdup_printf ("Places where packets were lost (continuity counter): %" G_GUINT64_FORMAT, facts->cc_errors),
        g_strdup ("on UDP: a larger receive buffer (udpsrc buffer-size), or SRT or FEC on the way"));
  if (facts->transport_errors > 0)
    findings_add (f, ASP_FINDING_WARN, "transport-errors", g_strdup_printf ("Packets that a receiver before us marked as "
            "damaged: %" G_GUINT64_FORMAT, facts->transport_errors), NULL);
  if (facts->damaged_tables > 0)
    findings_add (f, ASP_FINDING_WARN, "damaged-tables", g_strdup_printf ("PAT or PMT sections that are damaged: %"
            G_GUINT64_FORMAT, facts->damaged_tables), NULL);
  if (facts->pat_27m.count > 0 && facts->pat_27m.max > PAT_INTERVAL_27M)
    findings_add (f, ASP_FINDING_NOTE, "pat-interval",
        g_strdup_printf ("The PAT comes up to %.1f s apart: so long a receiver waits to begin; 0.5 s is the limit",
            (gdouble) facts->pat_27m.max / ASP_SECOND_27M), g_strdup ("ffmpeg -pat_period 0.1, mpegtsmux pat-interval=9000"));
}

static void
judge_no_video (GPtrArray * f, const AspCheckProgram * p)
{
  for (guint i = 0; i < p->n_streams; i++)
    if (p->streams[i].pmt.codec == ASP_CODEC_OTHER_VIDEO) {
      findings_add (f, ASP_FINDING_STOP, "video-codec",
          g_strdup_printf ("Its video (stream_type 0x%02X) is of a codec that is not spliced",
              p->streams[i].pmt.stream_type), g_strdup ("encode it as H.264, HEVC or MPEG-2"));
      return;
    }
  findings_add (f, ASP_FINDING_STOP, "no-video", g_strdup ("It has no video, whose pictures say where to cut"), NULL);
}

GPtrArray *
asp_check_verdict (const AspCheckFacts * facts, const AspCheckProgram * program)
{
  GPtrArray *f = findings_new ();
  const AspCheckStream *video = program && program->video >= 0 ? &program->streams[program->video] : NULL;

  judge_stream (f, facts);
  if (program && !program->have_pmt) {
    findings_add (f, ASP_FINDING_STOP, "no-pmt",
        g_strdup_printf ("Its PAT names programme %u, but the PMT (PID %u) does not come", program->number,
            program->pmt_pid), NULL);
  } else if (program) {
    if (video)
      judge_video (f, video);
    else
      judge_no_video (f, program);
    judge_clock (f, program);
    judge_audio (f, program, video);
    judge_cues (f, program, video);
    if (program->pmt_changes > 0)
      findings_add (f, ASP_FINDING_NOTE, "pmt-changes",
          g_strdup_printf ("Changes of its PMT: %u; one in a break is adopted at the return",
              program->pmt_changes), NULL);
  }
  findings_sort (f);
  return f;
}
