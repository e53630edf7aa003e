/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The SCTE-35 cues of a stream:
 *
 *   cue-dump [--json] [--program N] [--seconds S] FILE|URI|-
 *   cue-dump [--json] --section TEXT
 *
 * FILE is a transport stream, `-` standard input, URI anything that GStreamer has a source
 * for: udp://239.1.1.1:5000, srt://HOST:PORT, http://HOST/stream.ts. A stream is followed as it comes; Ctrl-C ends it
 * with a summary. TEXT is one section, base64 or hexadecimal.
 *
 * For each cue a line with when and where it came, what it says, and how far ahead; below
 * it, as soon as they are known, the distances from its time to the random access points
 * before and behind it, and what it is to other cues (opens, repeats, closes ...). With
 * --json each cue is one object on one line, once all of it is known: the fields are those of
 * gst/scte35/asp-scte35-json.h and gst/check/asp-check-json.h.
 *
 * Exit status: 0 cues were read, or there were none; 1 some cue, or the section of --section,
 * cannot be read; 2 the input cannot be read, or is no transport stream.
 */
#include <gst/gst.h>
#include <stdio.h>

#include <asp-check-json.h>
#include <asp-scte35-json.h>

#include "cue-text.h"
#include "ts-input.h"

#define STATUS_OK 0
#define STATUS_DAMAGED 1
#define STATUS_UNREADABLE 2

typedef struct
{
  AspCheck *check;
  gboolean json;
  guint program_number;         /* 0 = all */
  guint64 shown;
} Dump;

/* --- words ---------------------------------------------------------------------- */

static gchar *
format_seconds (gint64 t_90k)
{
  return t_90k == ASP_NO_TIME ? g_strdup ("--") :
      g_strdup_printf ("%.3f", (gdouble) (gint64) asp_pts_wrap (t_90k) / ASP_SECOND_90K);
}

static void
print_arrival (const AspCheckCue * cue)
{
  g_autofree gchar *at = format_seconds (cue->arrival_pts90k);
  g_autofree gchar *text = cue->error ? g_strdup (cue->error->message) :
      asp_scte35_to_string (&cue->section);

  printf ("#%" G_GUINT64_FORMAT " %s s  program %u PID %u  %s\n", cue->number, at, cue->program_number, cue->pid,
      text);
  if (cue->timed && cue->lead_90k != ASP_NO_TIME)
    printf ("    #%" G_GUINT64_FORMAT " %s by %.3f s\n", cue->number, cue->lead_90k < 0 ? "late" : "ahead",
        (gdouble) ABS (cue->lead_90k) / ASP_SECOND_90K);
}

static void
print_pair (const AspCheckCue * cue, const AspCuePairing * p)
{
  g_autofree gchar *text = cue_text_pair (p);

  printf ("    #%" G_GUINT64_FORMAT " %s\n", cue->number, text);
}

static void
print_distances (const AspCheckProgram * p, const AspCheckCue * cue)
{
  g_autofree gchar *text = cue_text_distance (p, cue);

  if (text)
    printf ("    #%" G_GUINT64_FORMAT " random access point: %s\n", cue->number, text);
}

static void
print_json (const AspCheckProgram * p, const AspCheckCue * cue)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_check_json_add_cue (w, p, cue);
  asp_json_end_object (w);
  printf ("%s\n", asp_json_writer_text (w));
}

static void
on_cue (const AspCheckCue * cue, AspCheckCueMoment moment, gpointer user_data)
{
  Dump *d = user_data;
  const AspCheckProgram *p = asp_check_program (asp_check_facts (d->check), cue->program_number);

  if (d->program_number != 0 && cue->program_number != d->program_number)
    return;
  if (d->json) {
    if (moment == ASP_CHECK_CUE_SETTLED)
      print_json (p, cue);
  } else if (moment == ASP_CHECK_CUE_ARRIVED) {
    print_arrival (cue);
    for (guint i = 0; i < cue->n_pairs; i++)
      print_pair (cue, &cue->pairs[i]);
  } else {
    print_distances (p, cue);
  }
  d->shown += moment == ASP_CHECK_CUE_SETTLED;
  fflush (stdout);              /* a stream goes on for days, into a pipe perhaps */
}

/* --- a stream ------------------------------------------------------------------- */

static gboolean
on_bytes (const guint8 * data, gsize size, gpointer user_data)
{
  Dump *d = user_data;

  asp_check_push (d->check, data, size);
  return TRUE;
}

/* Of what was read; to stderr, so that it does not stand among objects. */
static gboolean
print_summary (const Dump * d, gboolean any_program)
{
  const AspCheckFacts *facts = asp_check_facts (d->check);
  guint64 damaged = 0;

  for (guint i = 0; i < facts->n_programs; i++) {
    const AspCheckProgram *p = &facts->programs[i];

    if (d->program_number != 0 && p->number != d->program_number)
      continue;
    damaged += p->cues_damaged;
    if (p->cues == 0 && !any_program)
      continue;
    fprintf (stderr, "program %u: %" G_GUINT64_FORMAT " cues", p->number, p->cues);
    if (p->cues > 0)
      fprintf (stderr, " (%" G_GUINT64_FORMAT " open, %" G_GUINT64_FORMAT " close, %" G_GUINT64_FORMAT " cancel), %"
          G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " timed ones on a random access point", p->outs, p->ins, p->cancels,
          p->cues_on_rap, p->cues_timed);
    if (p->cues_damaged > 0)
      fprintf (stderr, ", %" G_GUINT64_FORMAT " cannot be read", p->cues_damaged);
    fprintf (stderr, "\n");
  }
  return damaged > 0;
}

static int
dump_stream (Dump * d, const gchar * place, guint seconds)
{
  g_autoptr (GError) error = NULL;
  const AspCheckFacts *facts;
  TsInputResult result;
  int status = STATUS_OK;

  d->check = asp_check_new (on_cue, d);
  result = ts_input_run (place, seconds, on_bytes, d, &error);
  asp_check_finish (d->check);
  facts = asp_check_facts (d->check);
  if (result == TS_INPUT_ERROR) {
    fprintf (stderr, "cue-dump: %s\n", error->message);
    status = STATUS_UNREADABLE;
  } else if (facts->bytes == 0) {
    fprintf (stderr, "cue-dump: %s is empty: not a byte came\n", place);
    status = STATUS_UNREADABLE;
  } else if (facts->packet_size != 188) {
    fprintf (stderr, facts->packet_size ? "cue-dump: %s has packets of %u bytes; 188 are read\n" :
        "cue-dump: %s is no MPEG transport stream\n", place, facts->packet_size);
    status = STATUS_UNREADABLE;
  } else if (d->program_number != 0 && !asp_check_program (facts, d->program_number)) {
    fprintf (stderr, "cue-dump: %s has no program %u\n", place, d->program_number);
    status = STATUS_UNREADABLE;
  } else if (print_summary (d, TRUE)) {
    status = STATUS_DAMAGED;
  }
  asp_check_free (d->check);
  return status;
}

/* --- one section ---------------------------------------------------------------- */

static int
dump_section (const gchar * text, gboolean json)
{
  g_autoptr (GError) error = NULL;
  AspScte35Section section;
  gboolean valid = asp_scte35_parse_text (text, &section, &error);

  if (json) {
    g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

    asp_json_begin_object (w, NULL);
    asp_scte35_json_add_text (w, text);
    asp_json_end_object (w);
    printf ("%s\n", asp_json_writer_text (w));
  } else if (valid) {
    g_autofree gchar *line = asp_scte35_to_string (&section);

    printf ("%s\n", line);
  }
  if (!valid)
    fprintf (stderr, "cue-dump: %s\n", error->message);
  asp_scte35_clear (&section);
  return valid ? STATUS_OK : STATUS_DAMAGED;
}

int
main (int argc, char **argv)
{
  Dump dump = { 0 };
  gint program = 0, seconds = 0;
  gchar *section = NULL;
  const GOptionEntry options[] = {
    {"json", 'j', 0, G_OPTION_ARG_NONE, &dump.json, "One object per cue and line", NULL},
    {"section", 's', 0, G_OPTION_ARG_STRING, &section, "Read one section: base64 or hexadecimal", "TEXT"},
    {"program", 'p', 0, G_OPTION_ARG_INT, &program, "Cues of this programme only", "NUMBER"},
    {"seconds", 't', 0, G_OPTION_ARG_INT, &seconds, "Of a URI, read so long", "S"},
    {NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE|URI|- - the SCTE-35 cues of a stream");
  g_autoptr (GError) error = NULL;
  int status;

  g_option_context_set_description (context, "Exit status: 0 all cues could be read, 1 one of them could not,\n"
      "2 the input could not, or is no transport stream.");
  g_option_context_add_main_entries (context, options, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    fprintf (stderr, "cue-dump: %s\nTry cue-dump --help.\n", error->message);
    return STATUS_UNREADABLE;
  }
  if ((section ? argc != 1 : argc != 2) || program < 0 || seconds < 0) {
    fprintf (stderr, "cue-dump: name one FILE, URI or -, or one section with --section.\nTry cue-dump --help.\n");
    g_free (section);
    return STATUS_UNREADABLE;
  }
  dump.program_number = (guint) program;
  status = section ? dump_section (section, dump.json) : dump_stream (&dump, argv[1], (guint) seconds);
  g_free (section);
  return status;
}
