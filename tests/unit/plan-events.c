/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rows of plan-table.h, read. */
#include "plan-table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gint64
ticks (gdouble s)
{
  return (gint64) llround (s * ASP_SECOND_90K);
}

static void
event_free (gpointer data)
{
  PlanEvent *e = data;

  asp_scte35_clear (&e->section);
  g_free (e->word);
  g_free (e);
}

/* "@T" as splice_time; "now" as none. */
static void
read_time (const gchar * word, gint64 first_pts90k, AspScte35SpliceTime * time)
{
  time->time_specified_flag = word[0] == '@';
  if (word[0] == '@')
    time->pts_time_pts90k = asp_pts_wrap (first_pts90k + ticks (g_ascii_strtod (word + 1, NULL)));
  else
    g_assert_cmpstr (word, ==, "now");
}

static void
insert_option (AspScte35Section * s, const gchar * word)
{
  AspScte35SpliceEvent *e = &s->u.splice_insert;

  if (word[0] == 'd') {
    e->duration_flag = TRUE;
    e->break_duration.auto_return = TRUE;
    e->break_duration.duration_90k = (guint64) ticks (g_ascii_strtod (word + 1, NULL));
  } else if (!strcmp (word, "noauto")) {
    e->break_duration.auto_return = FALSE;
  } else if (!strcmp (word, "notime")) {
    e->splice_immediate_flag = FALSE;
  } else if (!strcmp (word, "comp") || !strcmp (word, "nocomp")) {
    e->program_splice_flag = FALSE;
    e->n_components = word[0] == 'c' ? 2 : 0;
    e->components = g_new0 (AspScte35Component, 2);
    /* the first one has no time of its own */
    e->components[1].component_tag = 1;
    e->components[1].splice_time = e->splice_time;
  } else if (g_str_has_prefix (word, "tier=")) {
    s->tier = (guint16) atoi (word + 5);
  } else if (g_str_has_prefix (word, "adj=")) {
    gint64 adjustment = ticks (g_ascii_strtod (word + 4, NULL));

    s->pts_adjustment_pts90k = asp_pts_wrap (adjustment);
    e->splice_time.pts_time_pts90k = asp_pts_wrap ((gint64) e->splice_time.pts_time_pts90k - adjustment);
  } else {
    g_error ("'%s' is no option of a splice_insert", word);
  }
}

static void
read_insert (AspScte35Section * s, gchar ** words, gint64 first_pts90k)
{
  AspScte35SpliceEvent *e = &s->u.splice_insert;
  gboolean cancel = !strcmp (words[0], "cancel");

  s->splice_command_type = ASP_SCTE35_SPLICE_INSERT;
  e->splice_event_id = (guint32) atoi (words[1]);
  e->splice_event_cancel_indicator = cancel;
  e->event_id_compliance_flag = TRUE;
  e->out_of_network_indicator = !strcmp (words[0], "out");
  e->program_splice_flag = TRUE;
  e->unique_program_id = (guint16) (40 + e->splice_event_id);   /* which programme it is, does not matter */
  if (cancel)
    return;
  read_time (words[2], first_pts90k, &e->splice_time);
  e->splice_immediate_flag = !e->splice_time.time_specified_flag;
  for (guint i = 3; words[i]; i++)
    insert_option (s, words[i]);
}

static void
segmentation_option (AspScte35Segmentation * g, const gchar * word)
{
  guint number = 0, expected = 0;

  if (word[0] == 'n' || word[0] == 's')
    g_assert_cmpint (sscanf (word + 1, "%u/%u", &number, &expected), ==, 2);
  switch (word[0]) {
    case 'd':
      g->segmentation_duration_flag = TRUE;
      g->segmentation_duration_90k = (guint64) ticks (g_ascii_strtod (word + 1, NULL));
      break;
    case 'n':
      g->segment_num = (guint8) number;
      g->segments_expected = (guint8) expected;
      break;
    case 's':
      g->has_sub_segments = TRUE;
      g->sub_segment_num = (guint8) number;
      g->sub_segments_expected = (guint8) expected;
      break;
    case 'r':
      g->delivery_not_restricted_flag = FALSE;
      g->web_delivery_allowed_flag = !strchr (word, 'w');
      g->no_regional_blackout_flag = !strchr (word, 'b');
      g->archive_allowed_flag = !strchr (word, 'a');
      g->device_restrictions = strchr (word, 'd') ? 1 : 3;
      break;
    case 'p':
      g->program_segmentation_flag = FALSE;
      g->n_components = 2;
      g->components = g_new0 (AspScte35SegmentationComponent, 2);
      g->components[0].pts_offset_90k = 2 * ASP_SECOND_90K;
      g->components[1].pts_offset_90k = ASP_SECOND_90K;
      break;
    default:
      g_error ("'%s' is no option of a segmentation", word);
  }
}

static void
read_signal (AspScte35Section * s, gchar ** words, gint64 first_pts90k)
{
  guint n = g_strv_length (words);

  s->splice_command_type = ASP_SCTE35_TIME_SIGNAL;
  read_time (words[1], first_pts90k, &s->u.time_signal);
  s->descriptors = g_new0 (AspScte35Descriptor, n);
  for (guint i = 2; i < n; i++) {
    const gchar *id = strchr (words[i], '/');
    AspScte35Descriptor *d = &s->descriptors[s->n_descriptors];
    AspScte35Segmentation *g = &d->u.segmentation;

    if (!id || strchr ("ns", words[i][0])) {
      segmentation_option (&d[-1].u.segmentation, words[i]);
      continue;
    }
    d->kind = ASP_SCTE35_DESCRIPTOR_SEGMENTATION;
    d->splice_descriptor_tag = 2;
    d->identifier = ASP_SCTE35_CUEI;
    g->segmentation_event_id = (guint32) atoi (id + 1);
    g->segmentation_event_cancel_indicator = g_str_has_prefix (words[i], "cancel/");
    g->segmentation_event_id_compliance_indicator = TRUE;
    g->program_segmentation_flag = TRUE;
    g->delivery_not_restricted_flag = TRUE;
    g->segmentation_type_id = (guint8) strtoul (words[i], NULL, 16);
    if (g->segmentation_event_cancel_indicator)
      g->segmentation_type_id = 0;
    s->n_descriptors++;
  }
}

static void
read_schedule (AspScte35Section * s, gchar ** words)
{
  AspScte35SpliceEvent *e = g_new0 (AspScte35SpliceEvent, 1);

  s->splice_command_type = ASP_SCTE35_SPLICE_SCHEDULE;
  s->u.splice_schedule.n_events = 1;
  s->u.splice_schedule.events = e;
  e->splice_event_id = (guint32) atoi (words[1]);
  e->splice_event_cancel_indicator = words[0][0] == 'u';
  e->event_id_compliance_flag = TRUE;
  e->out_of_network_indicator = e->program_splice_flag = TRUE;
  e->utc_splice_time_gps_s = 1400000000;
  e->duration_flag = words[2] != NULL;
  if (words[2])
    e->break_duration.duration_90k = (guint64) ticks (g_ascii_strtod (words[2] + 1, NULL));
}

static void
read_other (AspScte35Section * s, const gchar * word)
{
  if (!strcmp (word, "private")) {
    s->splice_command_type = ASP_SCTE35_PRIVATE_COMMAND;
    s->u.private_command.identifier = 0x41424344;
  } else if (!strcmp (word, "reserve")) {
    s->splice_command_type = ASP_SCTE35_BANDWIDTH_RESERVATION;
  } else if (!strcmp (word, "encrypted")) {
    static const guint8 cipher[] = { 0x05, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

    s->splice_command_type = ASP_SCTE35_ENCRYPTED;
    s->encrypted_packet = TRUE;
    s->encryption_algorithm = 2;
    s->encrypted_bytes = g_bytes_new_static (cipher, sizeof cipher);
  } else {
    g_assert_cmpstr (word, ==, "null");
  }
}

static void
read_ask (PlanEvent * e, gchar ** words)
{
  e->asked_s = words[1][0] == '@' ? g_ascii_strtod (words[1] + 1, NULL) : NAN;
  e->duration_s = g_ascii_strtod (words[2] + 1, NULL);
}

static PlanEvent *
read_event (const gchar * text, gint64 first_pts90k)
{
  static const gchar *const controls[] = { "ask", "unask", "end", "jump", "no-creative", NULL };
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  PlanEvent *e = g_new0 (PlanEvent, 1);
  gchar **w = words + 1;

  g_assert_nonnull (words[1]);
  e->at_s = g_ascii_strtod (words[0], NULL);
  e->word = g_strdup (w[0]);
  e->is_cue = !g_strv_contains (controls, w[0]);
  asp_scte35_init (&e->section);
  if (!strcmp (w[0], "ask"))
    read_ask (e, w);
  if (!e->is_cue)
    return e;
  if (!strcmp (w[0], "out") || !strcmp (w[0], "in") || !strcmp (w[0], "cancel"))
    read_insert (&e->section, w, first_pts90k);
  else if (!strcmp (w[0], "sig"))
    read_signal (&e->section, w, first_pts90k);
  else if (g_str_has_suffix (w[0], "schedule"))
    read_schedule (&e->section, w);
  else
    read_other (&e->section, w[0]);
  return e;
}

GPtrArray *
plan_events (const PlanRow * row, gint64 first_pts90k)
{
  g_auto (GStrv) texts = g_strsplit (row->input, ";", -1);
  GPtrArray *events = g_ptr_array_new_with_free_func (event_free);
  gdouble last = 0;

  for (guint i = 0; texts[i]; i++) {
    PlanEvent *e = read_event (g_strstrip (texts[i]), first_pts90k);

    g_assert_cmpfloat (e->at_s, >=, last);
    last = e->at_s;
    g_ptr_array_add (events, e);
  }
  return events;
}

gint64
plan_first_pts90k (const PlanRow * row)
{
  return strstr (row->rule, "wrap") ? ASP_PTS_MODULUS - 5 * ASP_SECOND_90K : 10 * ASP_SECOND_90K;
}

gchar *
plan_property (const PlanRow * row, const gchar * name, const gchar * otherwise)
{
  g_auto (GStrv) words = g_strsplit (row->properties ? row->properties : "", " ", -1);

  for (guint i = 0; words[i]; i++) {
    gsize n = strlen (name);

    if (!strncmp (words[i], name, n) && words[i][n] == '=')
      return g_strdup (words[i] + n + 1);
  }
  return g_strdup (otherwise);
}
