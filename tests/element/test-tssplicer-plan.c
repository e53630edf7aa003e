/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rules of the plan in a stream: each row of tests/unit/plan-table.h with its cues on their
 * PID, and once more with the same cues by the signal `insert-cue`. Where the output leaves and
 * returns, what messages and events say, is what the row says.
 */
#include <math.h>
#include <string.h>

#include "plan-table.h"
#include "ts-fixture.h"

#define CREATIVES 4
#define CREATIVE_FRAMES 200     /* longer than any break of the table */

typedef struct
{
  const PlanRow *row;
  gboolean by_signal;
} Run;

/* --- what is expected ----------------------------------------------------------------- */

typedef struct
{
  gdouble at_s, asked_s;
  gchar what[16], reason[32];
} Token;

/* "4:out<3.8(late)" */
static Token
read_token (const gchar * text)
{
  Token t = { 0 };
  gchar *p;
  gsize n;

  t.at_s = t.asked_s = g_ascii_strtod (text, &p);
  g_assert_cmpint (*p, ==, ':');
  p++;
  n = strcspn (p, "<(@");
  g_assert_cmpuint (n, <, sizeof t.what);
  memcpy (t.what, p, n);
  p += n;
  if (*p == '<')
    t.asked_s = g_ascii_strtod (p + 1, &p);
  p = strchr (p, '(');
  if (p)
    g_strlcpy (t.reason, p + 1, MIN (sizeof t.reason, strlen (p + 1)));
  return t;
}

static GArray *
read_tokens (const PlanRow * row)
{
  GArray *tokens = g_array_new (FALSE, FALSE, sizeof (Token));
  g_auto (GStrv) words = g_strsplit (row->output, " ", -1);

  for (guint i = 0; words[i]; i++) {
    Token t;

    if (!words[i][0])
      continue;
    t = read_token (words[i]);
    g_array_append_val (tokens, t);
  }
  return tokens;
}

static guint
count (const GArray * tokens, const gchar * what)
{
  guint n = 0;

  for (guint i = 0; i < tokens->len; i++)
    n += !strcmp (g_array_index (tokens, Token, i).what, what);
  return n;
}

static guint
frame_at (gdouble s)
{
  return (guint) ceil (s * 25 - 0.5);
}

static void
append_run (GString * runs, guint source, guint from, guint to)
{
  if (to > from)
    g_string_append_printf (runs, "%s%u:%u-%u", runs->len ? "," : "", source, from, to - 1);
}

/* "1:0-99,2:0-74,1:175-399": from one out to the next in a creative, each from its beginning. */
static gchar *
expected_runs (const GArray * tokens)
{
  GString *runs = g_string_new (NULL);
  guint from = 0, source = 1;

  for (guint i = 0; i < tokens->len; i++) {
    const Token *t = &g_array_index (tokens, Token, i);
    guint at = frame_at (t->at_s);

    if (!strcmp (t->what, "out")) {
      append_run (runs, 1, from, at);
      from = at;
      source++;
    } else if (!strcmp (t->what, "in")) {
      append_run (runs, source, 0, at - from);
      from = at;
    }
  }
  append_run (runs, 1, from, PLAN_FRAMES);
  return g_string_free (runs, FALSE);
}

/* --- what comes ------------------------------------------------------------------------ */

static GBytes *
section_of (const PlanEvent * e)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = asp_scte35_write (&e->section, &error);

  g_assert_no_error (error);
  return bytes;
}

static GByteArray *
make_network (const PlanRow * row, const GPtrArray * events, gboolean with_cues)
{
  MediaSpec spec = media_network ();
  g_autoptr (GPtrArray) sections = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GArray) cues = g_array_new (FALSE, FALSE, sizeof (MediaCue));

  for (guint i = 0; i < events->len && with_cues; i++) {
    const PlanEvent *e = events->pdata[i];
    MediaCue cue = {.at_90k = (gint64) frame_at (e->at_s) * MEDIA_FRAME_90K,.pid = MEDIA_CUE_PID };

    if (!e->is_cue)
      continue;
    g_ptr_array_add (sections, section_of (e));
    cue.data = g_bytes_get_data (sections->pdata[sections->len - 1], &cue.size);
    g_array_append_val (cues, cue);
  }
  spec.frames = PLAN_FRAMES;
  spec.gop = PLAN_GOP;
  spec.bframes = 0;
  spec.first_pts90k = plan_first_pts90k (row);
  spec.cue_pid = with_cues;
  spec.cues = (const MediaCue *) (gpointer) cues->data;
  spec.n_cues = cues->len;
  return media_make (&spec);
}

static void
insert_cue (Fixture * f, const PlanEvent * e, gboolean hex)
{
  g_autoptr (GBytes) section = section_of (e);
  gsize size;
  const guint8 *data = g_bytes_get_data (section, &size);
  g_autofree gchar *base64 = g_base64_encode (data, size);
  g_autoptr (GString) digits = g_string_new ("0x");
  gboolean taken = FALSE;

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (digits, "%02X", data[i]);
  g_signal_emit_by_name (f->element, "insert-cue", hex ? digits->str : base64, &taken);
  g_assert_true (taken);
}

static void
ask (Fixture * f, const PlanEvent * e, gint64 first_pts90k)
{
  g_autoptr (GstStructure) options = gst_structure_new_empty ("options");
  g_autofree gchar *id = NULL;

  if (!isnan (e->asked_s))
    gst_structure_set (options, "start-pts-90k", G_TYPE_UINT64,
        (guint64) asp_pts_wrap (first_pts90k + (gint64) llround (e->asked_s * 90000)), NULL);
  g_signal_emit_by_name (f->element, "insert-ad-break", (guint64) (e->duration_s * GST_SECOND), options, &id);
  g_assert_nonnull (id);
}

/* The break that a call means: the one that runs, or the last one that was announced. */
static gboolean
call (Fixture * f, const gchar * signal)
{
  guint started = fixture_count_states (f, "started"), scheduled = fixture_count_states (f, "scheduled");
  gboolean runs = started > fixture_count_states (f, "ended"), done = FALSE;
  const GstStructure *s = runs ? fixture_state (f, "started", started - 1) : fixture_state (f, "scheduled", scheduled - 1);

  g_signal_emit_by_name (f->element, signal, gst_structure_get_string (s, "break-id"), &done);
  return done;
}

static void
feed (const Run * run, Fixture * f, const GByteArray * ts, const GPtrArray * events)
{
  gint64 first_pts90k = plan_first_pts90k (run->row);
  gsize at = 0;

  for (guint i = 0; i < events->len; i++) {
    const PlanEvent *e = events->pdata[i];
    gsize to = e->at_s > 0 ? reading_offset_of (ts, 1, frame_at (e->at_s)) : 0;

    if (e->is_cue && !run->by_signal)
      continue;
    if (to > at)
      fixture_feed_part (f, ts, at, to);
    at = MAX (at, to);
    if (e->is_cue)
      insert_cue (f, e, i & 1);
    else if (!strcmp (e->word, "ask"))
      ask (f, e, first_pts90k);
    else if (!strcmp (e->word, "unask"))
      g_assert_true (call (f, "cancel-ad-break"));
    else if (!strcmp (e->word, "end"))
      g_assert_true (call (f, "end-ad-break"));
  }
  fixture_feed_part (f, ts, at, ts->len);
  g_assert_cmpint (f->flow, ==, GST_FLOW_OK);
  fixture_eos (f);
}

/* --- what is said of it ------------------------------------------------------------------ */

static void
check_splices (Fixture * f, const Run * run, const GArray * tokens, const gchar * what, const gchar * state)
{
  gint64 first = plan_first_pts90k (run->row);
  gdouble known_s = 0;
  const gchar *late = "";
  guint n = 0;

  for (guint i = 0; i < tokens->len; i++) {
    const Token *t = &g_array_index (tokens, Token, i);
    gint64 asked = first + (gint64) llround (t->asked_s * 90000), pts = first + (gint64) llround (t->at_s * 90000);
    const GstStructure *s;
    gint64 error = 0;

    if (!strcmp (t->what, "scheduled"))
      known_s = t->at_s;
    if (!strcmp (t->what, "out"))
      late = t->reason;         /* the end says it again */
    if (strcmp (t->what, what))
      continue;
    s = fixture_state (f, state, n++);
    g_assert_nonnull (s);
    g_assert_cmpuint (state_u64 (s, "asked-pts-90k"), ==, asp_pts_wrap (asked));
    g_assert_cmpuint (state_u64 (s, "pts-90k"), ==, asp_pts_wrap (pts));
    g_assert_true (gst_structure_get_int64 (s, "error-90k", &error));
    g_assert_cmpint (error, ==, pts - asked);
    /* no further than a RAP is away, from when it was known */
    g_assert_cmpfloat (fabs (t->at_s - MAX (t->asked_s, known_s)), <, 1);
    g_assert_cmpstr (gst_structure_get_string (s, "reason"), ==, late);
  }
  g_assert_cmpuint (fixture_count_states (f, state), ==, n);
}

/* Whatever begins has been announced, under its id. */
static void
check_ids (Fixture * f, guint outs)
{
  for (guint i = 0; i < outs; i++) {
    const gchar *id = gst_structure_get_string (fixture_state (f, "started", i), "break-id");
    gboolean known = FALSE;

    for (guint k = 0; k < fixture_count_states (f, "scheduled"); k++)
      known |= !g_strcmp0 (gst_structure_get_string (fixture_state (f, "scheduled", k), "break-id"), id);
    g_assert_true (known);
    g_assert_cmpstr (event_string (fixture_event (&f->out, "AdBreakStart", i), "break-id"), ==, id);
  }
}

static void
check_told (Fixture * f, const Run * run, const GArray * tokens)
{
  g_autoptr (GstStructure) stats = NULL;
  const gchar *ignored = "";
  guint announced = count (tokens, "scheduled") + count (tokens, "updated"), outs = count (tokens, "out");

  check_splices (f, run, tokens, "out", "started");
  check_splices (f, run, tokens, "in", "ended");
  check_ids (f, outs);
  g_assert_cmpuint (fixture_count_states (f, "scheduled"), ==, announced);
  g_assert_cmpuint (fixture_count_states (f, "cancelled"), ==, count (tokens, "cancelled"));
  g_assert_cmpuint (fixture_count_states (f, "skipped"), ==, count (tokens, "skipped") + count (tokens, "gave-up"));
  g_assert_cmpuint (fixture_count_events (&f->out, "AdBreakScheduled"), ==, announced);
  g_assert_cmpuint (fixture_count_events (&f->out, "AdBreakCancelled"), ==, count (tokens, "cancelled"));
  g_assert_cmpuint (fixture_count_events (&f->out, "AdBreakStart"), ==, outs);
  g_assert_cmpuint (fixture_count_events (&f->out, "AdBreakEnd"), ==, outs);
  for (guint i = 0; i < tokens->len; i++)
    if (!strcmp (g_array_index (tokens, Token, i).what, "ignored"))
      ignored = g_array_index (tokens, Token, i).reason;
  g_object_get (f->element, "stats", &stats, NULL);
  g_assert_cmpstr (gst_structure_get_string (stats, "last-cue-ignored"), ==, ignored);
}

/* One for each break that begins, and one that nobody needs. */
static void
add_creatives (Fixture * f, guint outs)
{
  static GByteArray *made[CREATIVES];

  for (guint i = 0; i <= outs && i < CREATIVES; i++) {
    g_autofree gchar *name = g_strdup_printf ("ad_%u", i);

    if (!made[i])
      made[i] = media_make_creative (2 + i, CREATIVE_FRAMES);
    ad_play (fixture_add_ad (f, name), name, made[i]);
  }
}

static void
test_row (gconstpointer data)
{
  const Run *run = data;
  static const Way way = { FEED_DATAGRAMS, FALSE };
  g_autoptr (GPtrArray) events = plan_events (run->row, plan_first_pts90k (run->row));
  g_autoptr (GByteArray) ts = make_network (run->row, events, !run->by_signal);
  g_autoptr (Fixture) f = fixture_new (&way, run->row->properties);
  g_autoptr (GArray) tokens = read_tokens (run->row);
  g_autofree gchar *runs = expected_runs (tokens);
  g_autoptr (Reading) r = NULL;

  if (!strstr (run->row->input, "no-creative"))
    add_creatives (f, count (tokens, "out"));
  feed (run, f, ts, events);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, runs);
  reading_assert_seamless (r);
  if (count (tokens, "out") == 0)
    fixture_assert_same (&f->out, ts);
  check_told (f, run, tokens);
}

/* A jump of the time base is no event of a table: it is a stream of its own (test-tssplicer-bad-cues.c). */
static gboolean
is_stream (const PlanRow * row)
{
  return strstr (row->input, "jump") == NULL;
}

static gboolean
has_cues (const PlanRow * row)
{
  return !strstr (row->input, "ask") || strstr (row->input, "out");
}

int
main (int argc, char **argv)
{
  g_autofree Run *list = NULL;
  guint n = 0;

  fixture_init (&argc, &argv);
  list = g_new0 (Run, 2 * n_plan_rows);
  for (guint i = 0; i < n_plan_rows; i++) {
    for (guint by_signal = 0; by_signal < 2 && is_stream (&plan_rows[i]); by_signal++) {
      g_autofree gchar *path = g_strdup_printf ("/plan-stream/%s/%s", plan_rows[i].rule,
          by_signal ? "insert-cue" : "on-its-pid");

      if (by_signal && !has_cues (&plan_rows[i]))
        continue;
      list[n].row = &plan_rows[i];
      list[n].by_signal = by_signal;
      g_test_add_data_func (path, &list[n++], test_row);
    }
  }
  return fixture_run ();
}
