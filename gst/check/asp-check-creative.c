/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-check-creative.h"

#include <string.h>

#include <asp-creative-fit.h>

#include "asp-check-findings.h"

#define SOUND_SHORT_90K (ASP_SECOND_90K / 4)    /* sound that ends so long before the pictures is heard to */
#define RATE_MARGIN_PERCENT 120
#define SECONDS(t_90k) ((gdouble) (t_90k) / ASP_SECOND_90K)

struct _AspCreativeCheck
{
  AspCheck *check;
  AspCreative *creative;
  AspCreativeReader *reader;
  gint64 audio_end_90k[ASP_CREATIVE_TRACKS_MAX];
  guint64 pictures;
  guint64 video_bytes;
};

AspCreativeCheck *
asp_creative_check_new (void)
{
  AspCreativeCheck *c = g_new0 (AspCreativeCheck, 1);

  c->check = asp_check_new (NULL, NULL);
  c->creative = asp_creative_new ();
  c->reader = asp_creative_reader_new (c->creative);
  for (guint i = 0; i < ASP_CREATIVE_TRACKS_MAX; i++)
    c->audio_end_90k[i] = ASP_NO_TIME;
  return c;
}

void
asp_creative_check_free (AspCreativeCheck * c)
{
  if (!c)
    return;
  asp_creative_reader_free (c->reader);
  asp_creative_unref (c->creative);
  asp_check_free (c->check);
  g_free (c);
}

/* Its units are looked at and let go; what they weigh stays counted in creative->bytes. */
static void
take_units (AspCreativeCheck * c)
{
  AspAu *au;

  /* nobody else knows this creative: no lock is needed */
  asp_creative_reader_deliver_locked (c->reader);
  while ((au = g_queue_pop_head (&c->creative->video.units))) {
    c->pictures++;
    c->video_bytes += au->size;
    asp_au_unref (au);
  }
  for (guint i = 0; i < c->creative->n_audio; i++)
    while ((au = g_queue_pop_head (&c->creative->audio[i].units))) {
      c->audio_end_90k[i] = MAX (c->audio_end_90k[i], au->pts90k + au->duration_90k);
      asp_au_unref (au);
    }
}

void
asp_creative_check_push (AspCreativeCheck * c, const guint8 * data, gsize size)
{
  asp_check_push (c->check, data, size);
  asp_creative_reader_push (c->reader, data, size);
  take_units (c);
}

void
asp_creative_check_finish (AspCreativeCheck * c)
{
  asp_check_finish (c->check);
  asp_creative_reader_finish (c->reader);
  take_units (c);
}

const AspCheckFacts *
asp_creative_check_facts (const AspCreativeCheck * c)
{
  return asp_check_facts (c->check);
}

static gdouble
frame_of (const AspCreative * creative)
{
  return asp_cadence_frame_90k (&creative->cadence, 3600.0);
}

gint64
asp_creative_check_duration_90k (const AspCreativeCheck * c)
{
  if (c->creative->state != ASP_CREATIVE_READY || c->pictures == 0)
    return 0;
  return c->creative->max_pts90k - c->creative->first_pts90k + (gint64) frame_of (c->creative);
}

/* --- by itself ------------------------------------------------------------------ */

static void
judge_alone (GPtrArray * f, const AspCreativeCheck * c)
{
  const AspCreative *cr = c->creative;
  const AspCheckFacts *facts = asp_check_facts (c->check);
  gint64 end_90k = cr->first_pts90k + asp_creative_check_duration_90k (c);

  if (facts->cc_errors > 0)
    findings_add (f, ASP_FINDING_WARN, "losses", g_strdup_printf ("Places where packets are missing (continuity "
            "counter), so that its pictures show damage: %" G_GUINT64_FORMAT, facts->cc_errors), g_strdup ("make the file anew"));
  if (cr->n_audio == 0)
    findings_add (f, ASP_FINDING_NOTE, "silent", g_strdup ("It has no sound"), NULL);
  for (guint i = 0; i < cr->n_audio; i++) {
    if (c->audio_end_90k[i] == ASP_NO_TIME)
      findings_add (f, ASP_FINDING_WARN, "no-sound",
          g_strdup_printf ("Its track on PID %u has no frame", cr->audio[i].pid), NULL);
    else if (end_90k - c->audio_end_90k[i] > SOUND_SHORT_90K)
      findings_add (f, ASP_FINDING_WARN, "short-sound",
          g_strdup_printf ("Its sound on PID %u ends %.2f s before its last picture", cr->audio[i].pid,
              SECONDS (end_90k - c->audio_end_90k[i])), g_strdup ("pad the sound with silence (ffmpeg -af apad -shortest)"));
  }
}

/* --- with a programme ----------------------------------------------------------- */

static guint64
null_and_spliced_packets (const AspCheckFacts * live, const AspCheckProgram * p)
{
  guint64 n = live->null_packets;

  for (guint i = 0; i < p->n_streams; i++)
    if ((gint) i == p->video || ASP_CODEC_IS_AUDIO (p->streams[i].pmt.codec))
      n += p->streams[i].packets;
  return n;
}

/* The programme as the splicer's own judge wants it. */
static void
make_form (const AspCheckFacts * live, const AspCheckProgram * p, AspNetworkForm * form)
{
  const AspCheckStream *video = &p->streams[p->video];

  memset (form, 0, sizeof *form);
  form->video_codec = video->pmt.codec;
  form->params = video->video.params;
  form->repeat_tracks = TRUE;
  for (guint i = 0; i < p->n_streams && form->n_audio < ASP_CREATIVE_TRACKS_MAX; i++) {
    const AspCheckStream *s = &p->streams[i];
    AspFormTrack *t = &form->audio[form->n_audio];

    if (!ASP_CODEC_IS_AUDIO (s->pmt.codec))
      continue;
    t->codec = s->audio.codec;
    memcpy (t->language, s->pmt.language, sizeof t->language);
    t->sample_rate = s->audio.sample_rate;
    t->channels = s->audio.channels;
    form->n_audio++;
  }
  if (p->clock.constant_rate && live->packets > 0)
    form->free_packets = (gdouble) p->clock.packet_rate_mhz / 1000 *
        (gdouble) null_and_spliced_packets (live, p) / (gdouble) live->packets;
}

static void
judge_tracks (GPtrArray * f, const AspCreative * cr, const AspNetworkForm * form, const gint * map)
{
  for (guint i = 0; i < form->n_audio; i++) {
    const AspFormTrack *a = &form->audio[i];
    const AspCreativeTrack *t = map[i] >= 0 ? &cr->audio[map[i]] : NULL;

    if (!t && cr->n_audio > 0)
      findings_add (f, ASP_FINDING_WARN, "silent-track",
          g_strdup_printf ("The programme's track %u (%s, %s) is silent during it", i + 1, asp_codec_name (a->codec),
              a->language[0] ? a->language : "no language"),
          g_strdup_printf ("add a track in %s", asp_codec_name (a->codec)));
    else if (t && a->sample_rate && t->sample_rate && (a->sample_rate != t->sample_rate || a->channels != t->channels))
      findings_add (f, ASP_FINDING_WARN, "audio-form",
          g_strdup_printf ("Its sound has %u Hz and %u channels, the programme's track %u has %u Hz and %u: players may "
              "click or fall silent at the cut", t->sample_rate, t->channels, i + 1, a->sample_rate, a->channels),
          g_strdup_printf ("encode it with %u Hz and %u channels (ffmpeg -ar %u -ac %u)", a->sample_rate, a->channels,
              a->sample_rate, a->channels));
  }
}

static void
judge_pictures (GPtrArray * f, const AspCreative * cr, const AspCheckStream * video)
{
  const AspVideoParams *ad = &cr->params, *net = &video->video.params;
  gdouble frame = frame_of (cr);

  if (ad->width == 0 || net->width == 0)
    return;
  if (ad->width != net->width || ad->height != net->height)
    findings_add (f, ASP_FINDING_NOTE, "resolution",
        g_strdup_printf ("It has %ux%u pixels, the programme %ux%u: players switch, which some show as a flash", ad->width,
            ad->height, net->width, net->height),
        g_strdup_printf ("scale it to %ux%u", net->width, net->height));
  if (ad->interlaced != net->interlaced)
    findings_add (f, ASP_FINDING_NOTE, "scan", g_strdup_printf ("It is %s, the programme is %s",
            ad->interlaced ? "interlaced" : "progressive", net->interlaced ? "interlaced" : "progressive"), NULL);
  if (ad->bit_depth != net->bit_depth || ad->chroma_format_idc != net->chroma_format_idc)
    findings_add (f, ASP_FINDING_WARN, "pixel-format",
        g_strdup_printf ("Its pictures have %u bits and chroma format %u, the programme's %u and %u: decoders of viewers may "
            "not take it", ad->bit_depth, ad->chroma_format_idc, net->bit_depth, net->chroma_format_idc),
        g_strdup ("encode it in the programme's pixel format (ffmpeg -pix_fmt yuv420p for 8 bits)"));
  if (video->pmt.codec != ASP_CODEC_MPEG2 && ad->level_idc > net->level_idc)
    findings_add (f, ASP_FINDING_NOTE, "level",
        g_strdup_printf ("Its level (%u) is above the programme's (%u): what was enough for the programme need not be "
            "for it", ad->level_idc, net->level_idc), NULL);
  if (video->video.frame_90k > 0 && ABS (frame - video->video.frame_90k) > 1)
    findings_add (f, ASP_FINDING_NOTE, "frame-rate",
        g_strdup_printf ("It has %.2f pictures a second, the programme %.2f", ASP_SECOND_90K / frame,
            ASP_SECOND_90K / video->video.frame_90k), NULL);
}

static void
judge_order (GPtrArray * f, const AspCreative * cr, const AspCheckStream * video)
{
  gint64 own = cr->first_pts90k - cr->first_dts90k, net = video->video.rap_reorder_90k;

  if (own > net + 1)
    findings_add (f, ASP_FINDING_NOTE, "reorder-mismatch",
        g_strdup_printf ("It reorders deeper than the programme (%.0f ms against %.0f ms): its first pictures are "
            "squeezed in", SECONDS (own) * 1000, SECONDS (net) * 1000),
        g_strdup ("encode it with as many B pictures in a row as the programme has (x264 bframes, b-pyramid)"));
}

static void
judge_rate (GPtrArray * f, const AspCreativeCheck * c, const AspCheckProgram * p)
{
  gint64 own_90k = asp_creative_check_duration_90k (c);
  const AspCheckStream *video = &p->streams[p->video];
  gint64 net_90k = video->video.last_pts90k - video->video.first_pts90k;
  guint64 own, net;

  if (p->clock.constant_rate || own_90k < ASP_SECOND_90K || net_90k < ASP_SECOND_90K)
    return;
  own = c->video_bytes * 8 * ASP_SECOND_90K / (guint64) own_90k;
  net = video->payload_bytes * 8 * ASP_SECOND_90K / (guint64) net_90k;
  if (own * 100 > net * RATE_MARGIN_PERCENT)
    findings_add (f, ASP_FINDING_NOTE, "bit-rate",
        g_strdup_printf ("Its video has %.2f Mbit/s, the programme's %.2f: the way to the viewers must have room for it",
            (gdouble) own / 1e6, (gdouble) net / 1e6), NULL);
}

static void
judge_fit (GPtrArray * f, const AspCreativeCheck * c, const AspCheckFacts * live, const AspCheckProgram * p)
{
  AspNetworkForm form;
  gint map[ASP_CREATIVE_TRACKS_MAX];
  gchar *detail = NULL;
  const gchar *reason;
  guint next = 0;
  gboolean refused = FALSE;

  make_form (live, p, &form);
  while ((reason = asp_creative_misfit_next (c->creative, &form, map, &next, &detail))) {
    findings_add (f, ASP_FINDING_STOP, reason, g_strdup_printf ("It would be refused: %s", detail),
        !strcmp (reason, "capacity") ? g_strdup_printf ("encode it below %.2f Mbit/s in all",
            form.free_packets * 184 * 8 / 1e6) : NULL);
    g_clear_pointer (&detail, g_free);
    refused = TRUE;
  }
  if (refused)
    return;
  judge_tracks (f, c->creative, &form, map);
  judge_pictures (f, c->creative, &p->streams[p->video]);
  judge_order (f, c->creative, &p->streams[p->video]);
  judge_rate (f, c, p);
}

GPtrArray *
asp_creative_check_verdict (const AspCreativeCheck * c, const AspCheckFacts * live,
    const AspCheckProgram * program)
{
  GPtrArray *f = findings_new ();

  if (c->creative->state != ASP_CREATIVE_READY) {
    findings_add (f, ASP_FINDING_STOP, c->creative->reason ? c->creative->reason : "no-programme",
        g_strdup_printf ("It would be refused: %s", c->creative->detail ? c->creative->detail :
            "nothing in it can be played"), NULL);
    return f;
  }
  if (live && program && program->video >= 0)
    judge_fit (f, c, live, program);
  else if (c->creative->broken)
    findings_add (f, ASP_FINDING_STOP, "truncated",
        g_strdup ("It would be refused: its end is cut off in the middle of a packet; the whole file would be right"),
        NULL);
  judge_alone (f, c);
  findings_sort (f);
  return f;
}
