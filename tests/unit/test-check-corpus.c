/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst/check on real streams: what the facts beside them say, found by another analyser, must
 * come out. One test for each file; skipped without the corpus.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <asp-check-creative.h>

#include "scte35-corpus.h"
#include "unit-support.h"

#define MISSING G_MAXINT64      /* null in the facts */

/* --- cues ------------------------------------------------------------------------- */

typedef struct
{
  guint16 pid;
  guint64 packet;
  GBytes *bytes;
  gboolean whole_programme;     /* its time is not that of components */
  gint64 before_90k, after_90k, splice_90k;
} Cue;

static void
cue_clear (gpointer data)
{
  g_bytes_unref (((Cue *) data)->bytes);
}

static void
on_cue (const AspCheckCue * cue, AspCheckCueMoment moment, gpointer user_data)
{
  const AspScte35Section *s = &cue->section;
  Cue c = { cue->pid, cue->packet, NULL, FALSE, cue->rap_before_90k, cue->rap_after_90k, ASP_NO_TIME };
  GArray *cues = user_data;

  if (moment == ASP_CHECK_CUE_SETTLED) {
    Cue *known = &g_array_index (cues, Cue, cue->number - 1);

    known->before_90k = cue->rap_before_90k;
    known->after_90k = cue->rap_after_90k;
    return;
  }
  g_assert_no_error (cue->error);
  c.bytes = g_bytes_ref (cue->bytes);
  c.whole_programme = cue->timed && (s->splice_command_type == ASP_SCTE35_TIME_SIGNAL ||
      s->u.splice_insert.program_splice_flag);
  c.splice_90k = asp_scte35_splice_time_pts90k (s);
  g_array_append_val (cues, c);
  g_assert_cmpuint (cues->len, ==, cue->number);
}

/* --- what is compared ------------------------------------------------------------- */

typedef struct
{
  const AspCheckFacts *facts;
  GArray *cues;
  JsonObject *fact;
} Case;

static const AspCheckStream *
stream_of (const AspCheckFacts * facts, gint64 pid)
{
  for (guint i = 0; i < facts->n_programs; i++)
    for (guint k = 0; k < facts->programs[i].n_streams; k++)
      if (facts->programs[i].streams[k].pmt.pid == pid)
        return &facts->programs[i].streams[k];
  return NULL;
}

static AspCodec
codec_of (const gchar * name)
{
  static const struct
  {
    const gchar *name;
    AspCodec codec;
  } codecs[] = {
    {"H.264", ASP_CODEC_H264}, {"HEVC", ASP_CODEC_HEVC}, {"MPEG-2 video", ASP_CODEC_MPEG2},
    {"MPEG-1 audio", ASP_CODEC_MPEG_AUDIO}, {"MPEG-2 audio", ASP_CODEC_MPEG_AUDIO},
    {"AAC ADTS", ASP_CODEC_AAC_ADTS}, {"SCTE-35 (or DTS-HD without CUEI)", ASP_CODEC_SCTE35},
  };

  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    if (!strcmp (name, codecs[i].name))
      return codecs[i].codec;
  return ASP_CODEC_NONE;
}

static void
compare_programmes (const Case * c)
{
  JsonArray *pmts = json_object_get_array_member (c->fact, "pmt");

  g_assert_cmpuint (json_array_get_length (pmts), >, 0);
  for (guint i = 0; i < json_array_get_length (pmts); i++) {
    JsonObject *pmt = json_array_get_object_element (pmts, i);
    JsonArray *es = json_object_get_array_member (pmt, "es");
    const AspCheckProgram *p = asp_check_program (c->facts, (guint) json_object_get_int_member (pmt, "program"));

    g_assert_nonnull (p);
    g_assert_cmpint (p->pmt_pid, ==, json_object_get_int_member (pmt, "pmt_pid"));
    if (json_object_get_int_member (pmt, "pcr_pid") != 0x1fff)
      g_assert_cmpint (p->pcr_pid, ==, json_object_get_int_member (pmt, "pcr_pid"));
    for (guint k = 0; k < json_array_get_length (es); k++) {
      JsonObject *e = json_array_get_object_element (es, k);
      AspCodec codec = codec_of (json_object_get_string_member (e, "name"));
      const AspCheckStream *s = stream_of (c->facts, json_object_get_int_member (e, "pid"));

      g_assert_nonnull (s);
      if (codec != ASP_CODEC_NONE)
        g_assert_cmpint (s->pmt.codec, ==, codec);
    }
  }
}

/* Random access points of the facts that count as such here: no recovery points. */
static GArray *
raps_of (JsonObject * fact, guint64 * recovery_points)
{
  JsonArray *list = json_object_get_array_member (fact, "random_access");
  GArray *raps = g_array_new (FALSE, FALSE, sizeof (gint64));

  *recovery_points = 0;
  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonObject *r = json_array_get_object_element (list, i);
    gint64 pts = json_object_get_int_member (r, "pts_90k");

    if (strstr (json_object_get_string_member (r, "kind"), "recovery_point"))
      (*recovery_points)++;
    else
      g_array_append_val (raps, pts);
  }
  return raps;
}

/* Two fields are one picture: as many as the time from first to last has room for, but for
 * those that reordering, the beginning and losses leave out. */
static void
compare_picture_count (const AspCheckVideo * v)
{
  gdouble room;

  if (v->pictures < 10 || v->frame_90k <= 0)
    return;
  room = (gdouble) (v->last_pts90k - v->first_pts90k) / v->frame_90k + 1;
  g_assert_cmpfloat (fabs (room - (gdouble) v->pictures), <=, 3 + room / 50);
}

/* A check begins with the first PMT: what stood before it is not counted. */
static void
compare_raps (const Case * c)
{
  JsonObject *of_pid = json_object_get_object_member (c->fact, "random_access");
  JsonObjectIter iter;
  const gchar *pid;
  JsonNode *node;

  json_object_iter_init (&iter, of_pid);
  while (json_object_iter_next (&iter, &pid, &node)) {
    JsonObject *fact = json_node_get_object (node);
    const AspCheckVideo *v = &stream_of (c->facts, atoi (pid))->video;
    guint64 recovery_points;
    g_autoptr (GArray) raps = raps_of (fact, &recovery_points);
    gint64 min = G_MAXINT64, max = 0;

    g_assert_cmpuint (v->raps, <=, raps->len);
    g_assert_cmpuint (v->raps + 2, >=, raps->len);
    g_assert_cmpuint (v->kinds[ASP_PICTURE_RECOVERY_POINT], ==, recovery_points);
    for (guint i = raps->len - (guint) v->raps + 1; i < raps->len; i++) {
      gint64 step = asp_pts_diff ((guint64) g_array_index (raps, gint64, i),
          (guint64) g_array_index (raps, gint64, i - 1));

      min = MIN (min, step);
      max = MAX (max, step);
    }
    g_assert_cmpuint (v->rap_interval_90k.count, ==, v->raps > 0 ? v->raps - 1 : 0);
    if (v->raps > 1) {
      g_assert_cmpint (v->rap_interval_90k.min, ==, min);
      g_assert_cmpint (v->rap_interval_90k.max, ==, max);
      g_assert_cmpint (v->longest_without_rap_90k, >=, max);
    }
    g_assert_cmpuint (v->pictures, <=, (guint64) json_object_get_int_member (fact, "video_pes"));
    compare_picture_count (v);
  }
}

static void
compare_clock (const Case * c)
{
  JsonObject *of_pid = json_object_get_object_member (c->fact, "pcr");

  for (guint i = 0; i < c->facts->n_programs; i++) {
    const AspCheckProgram *p = &c->facts->programs[i];
    g_autofree gchar *pid = g_strdup_printf ("%u", p->pcr_pid);
    JsonObject *fact = json_object_get_object_member (of_pid, pid);

    g_assert_nonnull (fact);
    g_assert_cmpint ((gint64) p->clock.pcrs, <=, json_object_get_int_member (fact, "count"));
    if ((gint64) p->clock.pcrs == json_object_get_int_member (fact, "count") &&
        json_array_get_length (json_object_get_array_member (fact, "jumps")) == 0 && p->clock.pcrs > 1)
      g_assert_cmpfloat (fabs (json_object_get_double_member (fact, "max_gap") -
              (gdouble) p->clock.interval_27m.max / ASP_SECOND_27M), <, 0.0002);
  }
}

static void
compare_damage (const Case * c)
{
  g_assert_cmpint ((gint64) c->facts->packets, ==, json_object_get_int_member (c->fact, "packets"));
  g_assert_cmpint ((gint64) c->facts->sync_losses, ==, json_object_get_int_member (c->fact, "sync_losses"));
  g_assert_cmpint ((gint64) c->facts->cc_errors, ==, json_object_get_int_member (c->fact, "continuity_errors"));
  g_assert_cmpint ((gint64) c->facts->null_packets, ==, json_object_get_int_member (c->fact, "null_packets"));
  g_assert_cmpint ((gint64) c->facts->scrambled_packets, ==,
      json_object_get_int_member (c->fact, "scrambled_packets"));
}

static guint
compare_sections (const Case * c, JsonObject * pid, guint from)
{
  JsonArray *sections = json_object_get_array_member (pid, "sections");

  for (guint i = 0; i < json_array_get_length (sections); i++) {
    JsonObject *fact = json_array_get_object_element (sections, i);
    g_autoptr (GByteArray) hex = test_hex (json_object_get_string_member (fact, "hex"));
    const Cue *cue = &g_array_index (c->cues, Cue, from + i);

    g_assert_cmpuint (from + i, <, c->cues->len);
    g_assert_cmpint (cue->pid, ==, json_object_get_int_member (pid, "pid"));
    g_assert_cmpmem (g_bytes_get_data (cue->bytes, NULL), g_bytes_get_size (cue->bytes), hex->data, hex->len);
    if (hex->len < 180)
      g_assert_cmpint ((gint64) cue->packet, ==, json_object_get_int_member (fact, "packet"));
  }
  return json_array_get_length (sections);
}

static gint64
ticks (JsonObject * fact, const gchar * member)
{
  if (!json_object_has_member (fact, member) || json_object_get_null_member (fact, member))
    return MISSING;
  return (gint64) (json_object_get_double_member (fact, member) * ASP_SECOND_90K + 0.5);
}

static void
assert_distance (gint64 got, gint64 expected)
{
  if (expected == MISSING)
    g_assert_cmpint (got, ==, ASP_NO_TIME);
  else
    g_assert_cmpint (ABS (got - expected), <=, 5);      /* the facts have four decimals */
}

/* The facts go through the cues that have a time of their own, in order. */
static void
compare_distances (const Case * c)
{
  JsonArray *list = json_object_has_member (c->fact, "splice_vs_random_access") ?
      json_object_get_array_member (c->fact, "splice_vs_random_access") : NULL;
  guint at = 0;

  for (guint i = 0; list && i < json_array_get_length (list); i++) {
    JsonObject *fact = json_array_get_object_element (list, i);
    const Cue *cue;

    while (at < c->cues->len && !g_array_index (c->cues, Cue, at).whole_programme)
      at++;
    g_assert_cmpuint (at, <, c->cues->len);
    cue = &g_array_index (c->cues, Cue, at++);
    g_assert_cmpint (cue->splice_90k, ==, json_object_get_int_member (fact, "pts_90k"));
    if (json_object_has_member (fact, "outside_stream"))
      continue;
    assert_distance (cue->before_90k, ticks (fact, "previous_ra_delta_s"));
    assert_distance (cue->after_90k, ticks (fact, "next_ra_delta_s"));
  }
}

static void
compare_cues (const Case * c)
{
  JsonArray *pids = json_object_get_array_member (c->fact, "scte35");
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (pids); i++)
    n += compare_sections (c, json_array_get_object_element (pids, i), n);
  g_assert_cmpuint (c->cues->len, ==, n);
  compare_distances (c);
}

static void
test_file (gconstpointer data)
{
  const gchar *name = data;
  JsonObject *all = scte35_corpus_ts_facts ();
  g_autofree gchar *dir = test_corpus_dir ("ts"), *path = g_build_filename (dir, name, NULL), *bytes = NULL;
  g_autoptr (GArray) cues = g_array_new (FALSE, FALSE, sizeof (Cue));
  g_autoptr (AspCheck) check = NULL;
  gsize size;
  Case c = { NULL, cues, json_object_get_object_member (all, name) };

  g_array_set_clear_func (cues, cue_clear);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  check = asp_check_new (on_cue, cues);
  asp_check_push (check, (const guint8 *) bytes, size);
  asp_check_finish (check);
  c.facts = asp_check_facts (check);
  compare_programmes (&c);
  compare_damage (&c);
  compare_raps (&c);
  compare_clock (&c);
  compare_cues (&c);
  json_object_unref (all);
}

/* What is known of the creative: 134 pictures at 15 Hz, nine IDRs. */
static void
test_creative (void)
{
  g_autofree gchar *dir = test_corpus_dir ("creatives"), *bytes = NULL;
  g_autofree gchar *path = g_build_filename (dir, "ad-bc-9s-388x300.ts", NULL);
  g_autoptr (AspCreativeCheck) c = asp_creative_check_new ();
  g_autoptr (GPtrArray) findings = NULL;
  const AspCheckProgram *p;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  asp_creative_check_push (c, (const guint8 *) bytes, size);
  asp_creative_check_finish (c);
  p = asp_check_program (asp_creative_check_facts (c), 0);
  findings = asp_creative_check_verdict (c, NULL, NULL);
  g_assert_cmpint (asp_findings_worst (findings), <, ASP_FINDING_STOP);
  g_assert_cmpint (asp_creative_check_duration_90k (c), ==, 134 * 6000);
  g_assert_cmpuint (p->streams[p->video].video.raps, ==, 9);
}

static void
test_absent (void)
{
  g_test_skip ("the corpus of real streams is not there (ADSPLICE_CORPUS)");
}

int
main (int argc, char **argv)
{
  JsonObject *facts;
  JsonObjectIter iter;
  const gchar *name;
  gint result;

  g_test_init (&argc, &argv, NULL);
  facts = scte35_corpus_ts_facts ();
  json_object_iter_init (&iter, facts);
  while (json_object_iter_next (&iter, &name, NULL)) {
    g_autofree gchar *path = g_strdup_printf ("/check-corpus/%s", name);

    g_test_add_data_func (path, name, test_file);
  }
  g_test_add_func ("/check-corpus/creative", json_object_get_size (facts) ? test_creative : test_absent);
  result = g_test_run ();
  json_object_unref (facts);
  return result;
}
