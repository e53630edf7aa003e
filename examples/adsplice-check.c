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

#include "check-report.h"
#include "cue-text.h"
#include "ts-input.h"

#define STATUS_FITS 0
#define STATUS_DOES_NOT 1
#define STATUS_UNREADABLE 2
#define LIVE_SECONDS 30
#define CUES_SHOWN_MAX 50       /* cue-dump shows all of them */

#define SECONDS(t_90k) ((gdouble) (t_90k) / ASP_SECOND_90K)

/* --- cues ----------------------------------------------------------------------- */

/* The cues, gathered while the stream is read: lines in words, and an open array of objects. */
typedef struct
{
  AspCheck *check;
  GString *lines;
  AspJsonWriter *json;
  guint shown;
  guint64 left_out;
} CueList;

static void
add_line (CueList * list, const AspCheckProgram * p, const AspCheckCue * cue)
{
  g_autofree gchar *distance = cue_text_distance (p, cue);
  const gchar *name = cue->error ? "cannot be read" : asp_scte35_command_name (cue->section.splice_command_type);

  g_string_append_printf (list->lines, "      #%" G_GUINT64_FORMAT " PID %u %s", cue->number, cue->pid, name);
  if (cue->splice_pts90k != ASP_NO_TIME)
    g_string_append_printf (list->lines, " at %.3f s", SECONDS (asp_pts_wrap (cue->splice_pts90k)));
  for (guint i = 0; i < cue->n_pairs; i++) {
    g_autofree gchar *pair = cue_text_pair (&cue->pairs[i]);

    g_string_append_printf (list->lines, ", %s", pair);
  }
  if (distance)
    g_string_append_printf (list->lines, "; random access point %s", distance);
  g_string_append_c (list->lines, '\n');
}

static void
on_cue (const AspCheckCue * cue, AspCheckCueMoment moment, gpointer user_data)
{
  CueList *list = user_data;
  const AspCheckProgram *p = asp_check_program (asp_check_facts (list->check), cue->program_number);

  if (moment != ASP_CHECK_CUE_SETTLED)
    return;
  if (list->shown == CUES_SHOWN_MAX) {
    list->left_out++;
    return;
  }
  list->shown++;
  add_line (list, p, cue);
  asp_json_begin_object (list->json, NULL);
  asp_check_json_add_cue (list->json, p, cue);
  asp_json_end_object (list->json);
}

static void
cue_list_init (CueList * list)
{
  list->check = asp_check_new (on_cue, list);
  list->lines = g_string_new (NULL);
  list->json = asp_json_writer_new (TRUE);
  list->shown = 0;
  list->left_out = 0;
  asp_json_begin_object (list->json, NULL);
  asp_json_begin_array (list->json, "cues");
}

static void
cue_list_clear (CueList * list)
{
  asp_check_free (list->check);
  asp_json_writer_free (list->json);
  g_string_free (list->lines, TRUE);
}

static void
print_cues (const CueList * list)
{
  fputs (list->lines->str, stdout);
  if (list->left_out > 0)
    printf ("      and %" G_GUINT64_FORMAT " more; cue-dump shows all\n", list->left_out);
}

/* --- verdict -------------------------------------------------------------------- */

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

/* Into the object that is open in @w. */
static void
print_json (AspJsonWriter * w, const AspCheckFacts * facts, const AspCheckProgram * p,
    const GPtrArray * findings)
{
  asp_json_add_boolean (w, "fits", status_of (findings) == STATUS_FITS);
  if (p)
    asp_json_add_int (w, "program_number", p->number);
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

static void
print_stream_report (const Options * o, const gchar * place, const AspCheckProgram * p, const CueList * list,
    const GPtrArray * findings)
{
  const AspCheckFacts *facts = asp_check_facts (list->check);

  report_stream_line (place, facts);
  for (guint i = 0; i < facts->n_programs; i++)
    if (o->program == 0 || &facts->programs[i] == p)
      report_program (&facts->programs[i]);
  print_cues (list);
  if (facts->n_programs > 1 && o->program == 0)
    printf ("What follows is about programme %u, which tssplicer takes; --program names another one.\n", p->number);
  report_verdict (stream_words, findings);
}

static int
judge_stream (const Options * o, const gchar * place, CueList * list)
{
  const AspCheckFacts *facts = asp_check_facts (list->check);
  g_autoptr (GPtrArray) findings = NULL;
  const AspCheckProgram *p;
  gboolean ok;

  p = choose_program (place, facts, (guint) o->program, &ok);
  if (!is_readable (place, facts) || !ok)
    return STATUS_UNREADABLE;
  findings = asp_check_verdict (facts, p);
  if (o->json) {
    asp_json_end_array (list->json);
    print_json (list->json, facts, p, findings);
  } else {
    print_stream_report (o, place, p, list, findings);
  }
  return status_of (findings);
}

static int
check_stream (const Options * o, const gchar * place)
{
  CueList list;
  int status = STATUS_UNREADABLE;

  cue_list_init (&list);
  if (read_place (place, o->seconds, on_stream_bytes, list.check, asp_check_facts (list.check))) {
    asp_check_finish (list.check);
    status = judge_stream (o, place, &list);
  }
  cue_list_clear (&list);
  return status;
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
    g_autoptr (AspJsonWriter) w = asp_json_writer_new (TRUE);

    asp_json_begin_object (w, NULL);
    asp_json_add_int (w, "duration_90k", asp_creative_check_duration_90k (creative));
    print_json (w, facts, p, findings);
  } else {
    report_stream_line (place, facts);
    for (guint i = 0; i < MIN (facts->n_programs, 1); i++)
      report_program (&facts->programs[i]);
    if (asp_creative_check_duration_90k (creative) > 0)
      printf ("    plays     %.3f s\n", SECONDS (asp_creative_check_duration_90k (creative)));
    report_verdict (creative_words, findings);
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
