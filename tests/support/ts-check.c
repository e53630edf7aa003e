/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ts-check: the judge of a spliced transport stream. Reads files, prints what is wrong, one
 * line each; exit code 0 clean, 1 not clean, 2 not usable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tsc-check.h"

static gchar *reference_name;
static gchar **source_args;
static gchar *report_kind;
static gchar *frame_rate;
static gchar *cut_frames;
static gchar *expected_gaps;
static gint program;
static gint max_audio_joins = -1;
static gdouble max_pcr_interval_ms;
static gdouble min_dts_pcr_ms;
static gboolean cbr, open_gop, whole_creatives, allow_discontinuity;

static const GOptionEntry entries[] = {
  {"reference", 0, 0, G_OPTION_ARG_FILENAME, &reference_name,
      "The input of the splicer: the network as it came in", "TS"},
  {"source", 0, 0, G_OPTION_ARG_STRING_ARRAY, &source_args,
      "A creative; each access unit is then looked up in all sources", "NAME=TS"},
  {"report", 0, 0, G_OPTION_ARG_STRING, &report_kind, "text (default) or json", "KIND"},
  {"program", 0, 0, G_OPTION_ARG_INT, &program, "Programme number, 0: the first", "N"},
  {"frame-rate", 0, 0, G_OPTION_ARG_STRING, &frame_rate,
      "Of the video; without it the middle of the intervals found", "N/D"},
  {"cut-frames", 0, 0, G_OPTION_ARG_STRING, &cut_frames,
      "Pictures, counted from 0, where PTS - DTS must be the network's", "N,N..."},
  {"expect-gaps", 0, 0, G_OPTION_ARG_STRING, &expected_gaps,
      "Video gaps that are right, in order, in frame intervals", "N,N..."},
  {"max-audio-joins", 0, 0, G_OPTION_ARG_INT, &max_audio_joins,
      "Places where audio may be out by half an access unit (default: one a cut)", "N"},
  {"max-pcr-interval", 0, 0, G_OPTION_ARG_DOUBLE, &max_pcr_interval_ms,
      "Instead of the reference's", "MS"},
  {"min-dts-pcr", 0, 0, G_OPTION_ARG_DOUBLE, &min_dts_pcr_ms,
      "Where there is no reference", "MS"},
  {"cbr", 0, 0, G_OPTION_ARG_NONE, &cbr,
      "Constant rate: as many packets as the reference, PCR on its line", NULL},
  {"open-gop", 0, 0, G_OPTION_ARG_NONE, &open_gop,
      "Leading pictures of an entered RAP may be left out", NULL},
  {"whole-creatives", 0, 0, G_OPTION_ARG_NONE, &whole_creatives,
      "Creatives must be there from the first picture to the last", NULL},
  {"allow-discontinuity", 0, 0, G_OPTION_ARG_NONE, &allow_discontinuity,
      "discontinuity_indicator is no violation", NULL},
  {NULL}
};

static void
au_list_free (gpointer list)
{
  tsc_au_list_free (list);
}

TscAuList *
tsc_context_aus (TscContext * context, const TscPid * pid)
{
  TscAuList *list = g_hash_table_lookup (context->au_lists, pid);

  if (list == NULL) {
    list = tsc_au_list_new (pid);
    g_hash_table_insert (context->au_lists, (gpointer) pid, list);
  }
  return list;
}

gchar *
tsc_context_place (const TscContext * context, gsize packet, gint64 pts90k)
{
  const TscPid *video = context->file->video;
  gint64 first90k = 0;

  if (video != NULL && video->pes->len > 0)
    first90k = g_array_index (video->pes, TscPes, 0).pts90k;
  if (packet == 0)
    return g_strdup_printf ("%.3f s (%" G_GINT64_FORMAT ")", (gdouble) (pts90k - first90k) / 90000,
        pts90k & (TSC_PTS_MODULUS - 1));
  return g_strdup_printf ("packet %" G_GSIZE_FORMAT ", %.3f s (%" G_GINT64_FORMAT ")", packet,
      (gdouble) (pts90k - first90k) / 90000, pts90k & (TSC_PTS_MODULUS - 1));
}

static gboolean
parse_numbers (const gchar * text, const gchar * option, GArray * out)
{
  g_auto (GStrv) parts = NULL;
  guint i;

  if (text == NULL || *text == '\0')
    return TRUE;
  parts = g_strsplit (text, ",", -1);
  for (i = 0; parts[i] != NULL; i++) {
    gchar *end;
    gint value = (gint) g_ascii_strtoll (parts[i], &end, 10);

    if (end == parts[i] || *end != '\0') {
      fprintf (stderr, "--%s: '%s' is not a number\n", option, parts[i]);
      return FALSE;
    }
    g_array_append_val (out, value);
  }
  return TRUE;
}

static void
source_free (gpointer p)
{
  TscSource *source = p;

  if (!source->is_network)
    tsc_file_free (source->file);
  g_array_unref (source->shifts90k);
  g_free ((gchar *) source->name);
  g_free (source);
}

static void
add_source (TscContext * context, const gchar * name, TscFile * file, gboolean is_network)
{
  TscSource *source = g_new0 (TscSource, 1);

  source->name = g_strdup (name);
  source->file = file;
  source->is_network = is_network;
  source->shifts90k = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_ptr_array_add (context->sources, source);
}

static gboolean
load_sources (TscContext * context)
{
  guint i;

  if (source_args == NULL)
    return TRUE;
  if (context->reference != NULL)
    add_source (context, "network", context->reference, TRUE);
  for (i = 0; source_args[i] != NULL; i++) {
    const gchar *equal = strchr (source_args[i], '=');
    g_autofree gchar *name = NULL;
    TscFile *file;

    if (equal == NULL) {
      fprintf (stderr, "--source %s: NAME=TS is wanted\n", source_args[i]);
      return FALSE;
    }
    name = g_strndup (source_args[i], (gsize) (equal - source_args[i]));
    file = tsc_file_load (equal + 1, 0);
    if (file == NULL)
      return FALSE;
    add_source (context, name, file, FALSE);
  }
  return TRUE;
}

static gboolean
fill_context (TscContext * context, const gchar * name)
{
  context->cbr = cbr;
  context->open_gop = open_gop;
  context->whole_creatives = whole_creatives;
  context->allow_discontinuity = allow_discontinuity;
  context->max_audio_joins = max_audio_joins;
  context->max_pcr_interval27m = (gint64) (max_pcr_interval_ms * 27000);
  context->min_arrival27m = (gint64) (min_dts_pcr_ms * 27000);
  context->frame_rate_d = 1;
  if (frame_rate != NULL &&
      sscanf (frame_rate, "%d/%d", &context->frame_rate_n, &context->frame_rate_d) < 1) {
    fprintf (stderr, "--frame-rate %s: N/D is wanted\n", frame_rate);
    return FALSE;
  }
  if (!parse_numbers (cut_frames, "cut-frames", context->cut_frames) ||
      !parse_numbers (expected_gaps, "expect-gaps", context->expected_gaps))
    return FALSE;
  context->file = tsc_file_load (name, (guint) program);
  if (context->file == NULL)
    return FALSE;
  if (reference_name != NULL) {
    context->reference = tsc_file_load (reference_name, (guint) program);
    if (context->reference == NULL)
      return FALSE;
  }
  return load_sources (context);
}

static void
run_checks (TscContext * context)
{
  tsc_check_packets (context);
  tsc_check_psi (context);
  tsc_check_pcr (context);
  tsc_check_pes (context);
  tsc_check_video_gaps (context);
  tsc_check_sources (context);
  tsc_check_cuts (context);
  tsc_check_audio (context);
  tsc_check_arrival (context);
}

static void
clear_context (TscContext * context)
{
  g_hash_table_unref (context->au_lists);
  g_ptr_array_unref (context->sources);
  tsc_file_free (context->file);
  tsc_file_free (context->reference);
  g_array_unref (context->cut_frames);
  g_array_unref (context->expected_gaps);
  tsc_report_free (context->report);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("IN.ts - judge a transport stream");
  g_autoptr (GError) error = NULL;
  TscContext context = { 0, };
  int rc = 2;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || argc != 2) {
    fprintf (stderr, "ts-check: %s\n", error != NULL ? error->message : "one file is wanted");
    return 2;
  }
  context.report = tsc_report_new ();
  context.sources = g_ptr_array_new_with_free_func (source_free);
  context.au_lists = g_hash_table_new_full (NULL, NULL, NULL, au_list_free);
  context.cut_frames = g_array_new (FALSE, FALSE, sizeof (gint));
  context.expected_gaps = g_array_new (FALSE, FALSE, sizeof (gint));
  if (fill_context (&context, argv[1])) {
    run_checks (&context);
    if (g_strcmp0 (report_kind, "json") == 0)
      tsc_report_print_json (context.report, argv[1]);
    else
      tsc_report_print_text (context.report, argv[1]);
    rc = context.report->violations->len > 0 ? 1 : 0;
  }
  clear_context (&context);
  return rc;
}
