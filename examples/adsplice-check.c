/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Will my stream splice? Does my creative fit?
 *
 *   adsplice-check [--json] [--program N] [--seconds S] FILE|URI|-
 *   adsplice-check [--json] --creative AD
 *   adsplice-check [--json] --like LIVE AD
 *
 * Looks at a transport stream as tssplicer would: programmes and PIDs, distances between
 * random access points, open or closed GOPs, reordering, multiplex delay, clock, grouping of
 * audio, cues and how far they are from random access points, damage. Then says in words
 * whether it splices, and what to change in the encoder. With --like the file is a creative that shall be
 * put into the stream LIVE; with --creative it is judged by itself.
 *
 * Of a URI (udp://, srt://, http:// ...) the first 30 s are looked at; --seconds says
 * otherwise, Ctrl-C ends it earlier.
 *
 * Exit status: 0 it splices, or fits; 1 it does not; 2 it cannot be read.
 */
#include <gst/gst.h>
#include <stdio.h>

#include <asp-check-creative.h>
#include <asp-check-json.h>

#include "ts-input.h"
#include "wrap-text.h"

#define STATUS_FITS 0
#define STATUS_DOES_NOT 1
#define STATUS_UNREADABLE 2
#define LIVE_SECONDS 30

#define MS(t_90k) ((gdouble) (t_90k) / 90)
#define SECONDS(t_90k) ((gdouble) (t_90k) / ASP_SECOND_90K)

/* --- facts ---------------------------------------------------------------------- */

static const gchar *
profile_name (AspCodec codec, guint profile_idc)
{
  if (codec == ASP_CODEC_H264)
    return profile_idc == 66 ? " Baseline" : profile_idc == 77 ? " Main" : profile_idc == 100 ? " High" : "";
  if (codec == ASP_CODEC_HEVC)
    return profile_idc == 1 ? " Main" : profile_idc == 2 ? " Main 10" : "";
  return "";
}

static void
print_video_form (const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;

  printf ("%s%s", asp_codec_name (s->pmt.codec), profile_name (s->pmt.codec, v->params.profile_idc));
  if (v->params.width > 0)
    printf (" %ux%u%s", v->params.width, v->params.height, v->params.interlaced ? " interlaced" : "");
  if (v->frame_90k > 0)
    printf (", %.2f pictures/s", ASP_SECOND_90K / v->frame_90k);
  printf ("\n");
}

static const gchar *
rap_kind (const AspCheckStream * s)
{
  const guint64 *k = s->video.kinds;

  if (s->pmt.codec == ASP_CODEC_H264)
    return "IDR";
  if (s->pmt.codec == ASP_CODEC_MPEG2)
    return k[ASP_PICTURE_OPEN_I] ? k[ASP_PICTURE_IDR] ? "open and closed GOPs" : "open GOPs" : "closed GOPs";
  return k[ASP_PICTURE_CRA] + k[ASP_PICTURE_BLA] ? k[ASP_PICTURE_IDR] + k[ASP_PICTURE_IDR_W_RADL] ?
      "IDR and CRA" : "CRA" : "IDR";
}

static void
print_video (const AspCheckStream * s)
{
  const AspCheckVideo *v = &s->video;

  print_video_form (s);
  printf ("      random access points  %" G_GUINT64_FORMAT " in %" G_GUINT64_FORMAT " pictures (%s)", v->raps, v->pictures,
      v->raps ? rap_kind (s) : "none");
  if (v->rap_interval_90k.count > 0)
    printf (", %.2f to %.2f s apart", SECONDS (v->rap_interval_90k.min), SECONDS (v->rap_interval_90k.max));
  printf ("\n");
  if (v->raps == 0 || v->rap_interval_90k.count == 0)
    printf ("      longest without one   %.2f s\n", SECONDS (v->longest_without_rap_90k));
  if (v->open_gops > 0)
    printf ("      open GOPs             %" G_GUINT64_FORMAT "\n", v->open_gops);
  if (v->kinds[ASP_PICTURE_RECOVERY_POINT] > 0)
    printf ("      recovery points       %" G_GUINT64_FORMAT " (no IDR)\n", v->kinds[ASP_PICTURE_RECOVERY_POINT]);
  if (v->reorder_90k.count > 0 && v->raps > 0)
    printf ("      reordering            PTS - DTS %.0f ms at random access points, up to %.0f ms\n",
        MS (v->rap_reorder_90k), MS (v->reorder_90k.max));
  else if (v->reorder_90k.count > 0)
    printf ("      reordering            PTS - DTS up to %.0f ms\n", MS (v->reorder_90k.max));
}

static void
print_mux (const AspCheckStream * s)
{
  if (s->lead_90k.count > 0)
    printf ("      ahead of the clock    %.0f to %.0f ms\n", MS (s->lead_90k.min), MS (s->lead_90k.max));
  if (s->margin_90k.count > 0)
    printf ("      complete before use   %.0f to %.0f ms\n", MS (s->margin_90k.min), MS (s->margin_90k.max));
}

static void
print_audio (const AspCheckStream * s)
{
  const AspCheckAudio *a = &s->audio;

  printf ("%s", asp_codec_name (a->codec));
  if (s->pmt.language[0])
    printf (" (%s)", s->pmt.language);
  if (a->sample_rate > 0)
    printf (", %u Hz, %u channel%s", a->sample_rate, a->channels, a->channels == 1 ? "" : "s");
  printf ("\n");
  if (a->frames_per_pes.count > 0 && a->pes > 0)
    printf ("      frames in a PES       %.1f (up to %" G_GINT64_FORMAT "), %.0f ms\n",
        (gdouble) a->frames / (gdouble) a->pes, a->frames_per_pes.max,
        MS (asp_check_range_mean (&a->pes_90k)));
}

static void
print_stream (const AspCheckStream * s)
{
  printf ("    PID %-5u ", s->pmt.pid);
  if (ASP_CODEC_IS_VIDEO (s->pmt.codec))
    print_video (s);
  else if (ASP_CODEC_IS_AUDIO (s->pmt.codec))
    print_audio (s);
  else
    printf ("%s (stream_type 0x%02X)\n", asp_codec_name (s->pmt.codec), s->pmt.stream_type);
  if (ASP_CODEC_IS_VIDEO (s->pmt.codec) || ASP_CODEC_IS_AUDIO (s->pmt.codec))
    print_mux (s);
  if (s->cc_errors > 0)
    printf ("      losses                %" G_GUINT64_FORMAT "\n", s->cc_errors);
  if (s->scrambled_packets > 0)
    printf ("      scrambled packets     %" G_GUINT64_FORMAT "\n", s->scrambled_packets);
}

static void
print_clock (const AspCheckProgram * p)
{
  const AspCheckClock *c = &p->clock;

  printf ("    clock     ");
  if (c->interval_27m.count == 0) {
    printf ("none\n");
    return;
  }
  printf ("PCR on PID %u, %.1f to %.1f ms apart (%.1f on average)\n", p->pcr_pid, (gdouble) c->interval_27m.min / 27000,
      (gdouble) c->interval_27m.max / 27000, (gdouble) asp_check_range_mean (&c->interval_27m) / 27000);
  if (c->constant_rate)
    printf ("      constant rate         %.3f Mbit/s, PCR within %.1f us\n", (gdouble) c->packet_rate_mhz * 188 * 8 / 1e9,
        (gdouble) c->jitter_ns / 1000);
}

static void
print_program (const AspCheckProgram * p)
{
  printf ("  programme %u (PMT PID %u)\n", p->number, p->pmt_pid);
  for (guint i = 0; i < p->n_streams; i++)
    print_stream (&p->streams[i]);
  print_clock (p);
  if (p->cues > 0)
    printf ("    cues      %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " open, %" G_GUINT64_FORMAT " close, %" G_GUINT64_FORMAT
        " cancel; %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " timed ones on a random access point\n", p->cues, p->outs,
        p->ins, p->cancels, p->cues_on_rap, p->cues_timed);
}

static void
print_stream_line (const gchar * place, const AspCheckFacts * facts)
{
  printf ("%s: %" G_GUINT64_FORMAT " packets", place, facts->packets);
  if (facts->duration_90k > 0)
    printf (", %.1f s", SECONDS (facts->duration_90k));
  if (facts->null_packets > 0)
    printf (", %.1f %% null", 100.0 * (gdouble) facts->null_packets / (gdouble) facts->packets);
  printf ("\n");
}

/* --- verdict -------------------------------------------------------------------- */

/* One change often helps against several things: it is told once. */
static gboolean
is_told_before (const GPtrArray * findings, guint index)
{
  const AspFinding *f = g_ptr_array_index (findings, index);

  for (guint i = 0; i < index; i++)
    if (!g_strcmp0 (((const AspFinding *) g_ptr_array_index (findings, i))->advice, f->advice))
      return TRUE;
  return FALSE;
}

static void
print_findings (const GPtrArray * findings)
{
  static const gchar *const marks[] = { "  - ", "  ! ", "  X " };

  for (guint i = 0; i < findings->len; i++) {
    const AspFinding *f = g_ptr_array_index (findings, i);
    g_autofree gchar *text = g_strdup_printf ("%s.", f->text);

    wrap_text (marks[f->level], "    ", text);
    if (f->advice && !is_told_before (findings, i))
      wrap_text ("      -> ", "         ", f->advice);
  }
}

static void
print_verdict (const gchar * const words[3], const GPtrArray * findings)
{
  printf ("%s\n", words[asp_findings_worst (findings)]);
  print_findings (findings);
}

static const gchar *const stream_words[3] = {
  "Yes: it splices.", "It splices, but:", "No: it does not splice."
};
static const gchar *const creative_words[3] = {
  "Yes: it fits.", "It fits, but:", "No: it would not be played."
};

static int
status_of (const GPtrArray * findings)
{
  return asp_findings_worst (findings) == ASP_FINDING_STOP ? STATUS_DOES_NOT : STATUS_FITS;
}

static void
print_json (const AspCheckFacts * facts, const AspCheckProgram * p, const GPtrArray * findings,
    const AspCreativeCheck * creative)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (TRUE);

  asp_json_begin_object (w, NULL);
  asp_json_add_boolean (w, "fits", status_of (findings) == STATUS_FITS);
  if (p)
    asp_json_add_int (w, "program_number", p->number);
  if (creative)
    asp_json_add_int (w, "duration_90k", asp_creative_check_duration_90k (creative));
  asp_check_json_add_findings (w, "findings", findings);
  asp_check_json_add_facts (w, "stream", facts);
  asp_json_end_object (w);
  printf ("%s\n", asp_json_writer_text (w));
}

/* --- reading -------------------------------------------------------------------- */

static gboolean
on_stream_bytes (const guint8 * data, gsize size, gpointer user_data)
{
  asp_check_push (user_data, data, size);
  return TRUE;
}

static gboolean
on_creative_bytes (const guint8 * data, gsize size, gpointer user_data)
{
  asp_creative_check_push (user_data, data, size);
  return TRUE;
}

/* FALSE, and said why, when nothing of @place can be judged. */
static gboolean
read_place (const gchar * place, gint seconds, TsInputFunc func, gpointer check, const AspCheckFacts * facts)
{
  g_autoptr (GError) error = NULL;
  guint limit = seconds >= 0 ? (guint) seconds : LIVE_SECONDS;

  if (ts_input_run (place, limit, func, check, &error) == TS_INPUT_ERROR) {
    fprintf (stderr, "adsplice-check: %s\n", error->message);
    return FALSE;
  }
  if (facts->bytes == 0) {
    fprintf (stderr, "adsplice-check: %s is empty: not a byte came\n", place);
    return FALSE;
  }
  return TRUE;
}

static gboolean
is_readable (const gchar * place, const AspCheckFacts * facts)
{
  if (facts->packet_size == 0)
    fprintf (stderr, "adsplice-check: %s is no MPEG transport stream\n", place);
  return facts->packet_size != 0;
}

static const AspCheckProgram *
choose_program (const gchar * place, const AspCheckFacts * facts, guint number, gboolean * ok)
{
  const AspCheckProgram *p = asp_check_program (facts, number);

  *ok = p || number == 0;
  if (!*ok)
    fprintf (stderr, "adsplice-check: %s has no program %u\n", place, number);
  return p;
}

/* --- what is asked -------------------------------------------------------------- */

typedef struct
{
  gboolean json, creative;
  gint seconds, program;
  gchar *like;
} Options;

static int
check_stream (const Options * o, const gchar * place)
{
  g_autoptr (AspCheck) check = asp_check_new (NULL, NULL);
  g_autoptr (GPtrArray) findings = NULL;
  const AspCheckFacts *facts = asp_check_facts (check);
  const AspCheckProgram *p;
  gboolean ok;

  if (!read_place (place, o->seconds, on_stream_bytes, check, facts))
    return STATUS_UNREADABLE;
  asp_check_finish (check);
  facts = asp_check_facts (check);
  p = choose_program (place, facts, (guint) o->program, &ok);
  if (!is_readable (place, facts) || !ok)
    return STATUS_UNREADABLE;
  findings = asp_check_verdict (facts, p);
  if (o->json) {
    print_json (facts, p, findings, NULL);
  } else {
    print_stream_line (place, facts);
    for (guint i = 0; i < facts->n_programs; i++)
      if (o->program == 0 || &facts->programs[i] == p)
        print_program (&facts->programs[i]);
    if (facts->n_programs > 1 && o->program == 0)
      printf ("What follows is about programme %u, which tssplicer takes; --program names another one.\n", p->number);
    print_verdict (stream_words, findings);
  }
  return status_of (findings);
}

/* The stream that a creative is to go into. */
static AspCheck *
read_like (const Options * o, const AspCheckProgram ** p)
{
  AspCheck *check = asp_check_new (NULL, NULL);
  gboolean ok = FALSE;

  *p = NULL;
  if (read_place (o->like, o->seconds, on_stream_bytes, check, asp_check_facts (check))) {
    asp_check_finish (check);
    if (is_readable (o->like, asp_check_facts (check)))
      *p = choose_program (o->like, asp_check_facts (check), (guint) o->program, &ok);
  }
  if (ok && (!*p || (*p)->video < 0)) {
    fprintf (stderr, "adsplice-check: %s has no programme with video to compare with\n", o->like);
    ok = FALSE;
  }
  if (!ok)
    g_clear_pointer (&check, asp_check_free);
  return check;
}

static int
check_creative (const Options * o, const gchar * place)
{
  g_autoptr (AspCreativeCheck) creative = asp_creative_check_new ();
  g_autoptr (AspCheck) like = NULL;
  g_autoptr (GPtrArray) findings = NULL;
  const AspCheckProgram *p = NULL;
  const AspCheckFacts *facts = asp_creative_check_facts (creative);

  if (o->like && !(like = read_like (o, &p)))
    return STATUS_UNREADABLE;
  if (!read_place (place, o->seconds, on_creative_bytes, creative, facts))
    return STATUS_UNREADABLE;
  asp_creative_check_finish (creative);
  facts = asp_creative_check_facts (creative);
  findings = asp_creative_check_verdict (creative, like ? asp_check_facts (like) : NULL, p);
  if (o->json) {
    print_json (facts, p, findings, creative);
  } else {
    print_stream_line (place, facts);
    for (guint i = 0; i < MIN (facts->n_programs, 1); i++)
      print_program (&facts->programs[i]);
    if (asp_creative_check_duration_90k (creative) > 0)
      printf ("    plays     %.3f s\n", SECONDS (asp_creative_check_duration_90k (creative)));
    print_verdict (creative_words, findings);
  }
  return status_of (findings);
}

int
main (int argc, char **argv)
{
  Options o = { FALSE, FALSE, -1, 0, NULL };
  const GOptionEntry options[] = {
    {"like", 'l', 0, G_OPTION_ARG_STRING, &o.like, "Does AD fit the stream LIVE?", "LIVE"},
    {"creative", 'c', 0, G_OPTION_ARG_NONE, &o.creative, "Judge a creative by itself", NULL},
    {"program", 'p', 0, G_OPTION_ARG_INT, &o.program, "The programme that is to be spliced", "NUMBER"},
    {"seconds", 't', 0, G_OPTION_ARG_INT, &o.seconds, "Of a URI, look at so much (30; 0 = to the end)", "S"},
    {"json", 'j', 0, G_OPTION_ARG_NONE, &o.json, "Facts and verdict as an object", NULL},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE|URI|- - will it splice?");
  g_autoptr (GError) error = NULL;
  int status = STATUS_UNREADABLE;

  g_option_context_set_description (context, "Exit status: 0 it splices, or fits; 1 it does not; 2 it cannot be read.");
  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error))
    fprintf (stderr, "adsplice-check: %s\nTry adsplice-check --help.\n", error->message);
  else if (argc != 2 || o.program < 0 || (o.seconds < 0 && o.seconds != -1))
    fprintf (stderr, "adsplice-check: name one FILE, URI or -.\nTry adsplice-check --help.\n");
  else
    status = o.like || o.creative ? check_creative (&o, argv[1]) : check_stream (&o, argv[1]);
  g_free (o.like);
  return status;
}
