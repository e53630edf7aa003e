/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "splice-run.h"

#include <string.h>

#define OWN_STEP_27M (ASP_SECOND_27M * 20 / 1000)
#define OWN_STEPS_MAX 60000     /* twenty minutes: a break that never ends is a failure */

static void
on_report (gpointer user_data, const AspReport * r)
{
  SpliceRun *run = user_data;

  g_string_append_printf (run->reports, "%s reason=%s", asp_break_state_name (r->state), r->reason);
  if (r->asked_pts90k != ASP_NO_TIME)
    g_string_append_printf (run->reports, " asked=%" G_GUINT64_FORMAT, asp_pts_wrap (r->asked_pts90k));
  if (r->pts90k != ASP_NO_TIME)
    g_string_append_printf (run->reports, " pts=%" G_GUINT64_FORMAT, asp_pts_wrap (r->pts90k));
  g_string_append_printf (run->reports, " duration=%" G_GINT64_FORMAT " filled=%" G_GINT64_FORMAT, r->duration_90k,
      r->filled_90k);
  if (r->reorder_mismatch)
    g_string_append (run->reports, " reorder-mismatch");
  for (guint i = 0; i < r->n_skipped; i++)
    g_string_append_printf (run->reports, " skipped=%s", r->skipped[i].reason);
  g_string_append_c (run->reports, '\n');
}

static void
on_warning (gpointer user_data, const gchar * reason, const gchar * text)
{
  SpliceRun *run = user_data;

  g_assert_nonnull (text);
  g_string_append_printf (run->warnings, "%s%s", run->warnings->len ? " " : "", reason);
}

SpliceRun *
splice_run_new (void)
{
  SpliceRun *run = g_new0 (SpliceRun, 1);
  AspSplicerConfig *c = &run->config;

  c->plan.cue_flags = ASP_CUE_ALL;
  c->plan.tier = ASP_PLAN_TIER_ANY;
  c->plan.default_duration_90k = 30 * ASP_SECOND_90K;
  c->plan.max_duration_90k = 300 * ASP_SECOND_90K;
  c->tolerance_90k = ASP_SECOND_90K / 2;
  c->max_rap_wait_90k = 5 * ASP_SECOND_90K;
  c->repeat_tracks = TRUE;
  run->hub = asp_ad_hub_new ();
  run->queues = g_ptr_array_new ();
  run->out = g_byte_array_new ();
  run->network = g_byte_array_new ();
  run->marked = g_byte_array_new ();
  run->marks = g_array_new (FALSE, FALSE, sizeof (SpliceRunMark));
  run->network_marks = g_array_new (FALSE, FALSE, sizeof (SpliceRunMark));
  run->reports = g_string_new (NULL);
  run->warnings = g_string_new (NULL);
  return run;
}

static void
free_marks (GArray * marks)
{
  for (guint i = 0; i < marks->len; i++)
    asp_mark_free (g_array_index (marks, SpliceRunMark, i).mark);
  g_array_unref (marks);
}

void
splice_run_free (SpliceRun * run)
{
  if (!run)
    return;
  asp_splicer_free (run->s);
  for (guint i = 0; i < run->queues->len; i++)
    asp_ad_queue_free (g_ptr_array_index (run->queues, i));
  g_ptr_array_unref (run->queues);
  asp_ad_hub_free (run->hub);
  g_byte_array_unref (run->out);
  g_byte_array_unref (run->network);
  g_byte_array_unref (run->marked);
  free_marks (run->marks);
  free_marks (run->network_marks);
  g_string_free (run->reports, TRUE);
  g_string_free (run->warnings, TRUE);
  g_free (run);
}

static void
read_creative (AspAdHub * hub, AspCreative * c, const guint8 * data, gsize size, gsize chunk, gboolean whole)
{
  AspCreativeReader *r = asp_creative_reader_new (c);

  for (gsize at = 0; at < size;) {
    gsize n = chunk > 0 ? MIN (chunk, size - at) : size - at;
    guint8 *block = g_memdup2 (data + at, n);

    asp_creative_reader_push (r, block, n);
    g_free (block);
    g_mutex_lock (&hub->lock);
    asp_creative_reader_deliver_locked (r);
    g_mutex_unlock (&hub->lock);
    at += n;
  }
  if (whole)
    asp_creative_reader_finish (r);
  g_mutex_lock (&hub->lock);
  asp_creative_reader_deliver_locked (r);
  asp_ad_hub_changed_locked (hub);
  g_mutex_unlock (&hub->lock);
  asp_creative_reader_free (r);
}

AspCreative *
splice_run_add_creative (SpliceRun * run, const guint8 * data, gsize size, gsize chunk, gboolean whole)
{
  AspAdQueue *q = asp_ad_queue_new (run->queues->len);
  AspCreative *c = asp_creative_new ();

  /* the id counts creatives of the process: two runs are to say the same */
  g_free (c->asset_id);
  c->asset_id = g_strdup_printf ("ad-%u", run->queues->len);
  g_ptr_array_add (run->queues, q);
  g_ptr_array_add (run->hub->queues, q);
  g_queue_push_tail (&q->creatives, c);
  read_creative (run->hub, c, data, size, chunk, whole);
  return c;
}

void
splice_run_set_slate (SpliceRun * run, const guint8 * data, gsize size)
{
  run->hub->slate = asp_creative_new ();
  read_creative (run->hub, run->hub->slate, data, size, 0, TRUE);
}

void
splice_run_start (SpliceRun * run)
{
  const AspSplicerFuncs funcs = { NULL, on_report, on_warning, NULL, NULL, NULL };

  g_assert_null (run->s);
  run->s = asp_splicer_new (&run->config, &funcs, run, run->hub);
}

static void
take_output (AspOutput * from, GByteArray * bytes, GArray * marks)
{
  gsize last = 0;

  for (guint i = 0; i < from->marks->len; i++) {
    AspOutputMark *m = &g_array_index (from->marks, AspOutputMark, i);
    SpliceRunMark kept = { g_steal_pointer (&m->mark), bytes->len + m->offset };

    g_assert_cmpuint (m->offset, >=, last);
    g_assert_cmpuint (m->offset, <=, from->bytes->len);
    last = m->offset;
    g_array_append_val (marks, kept);
  }
  g_byte_array_append (bytes, from->bytes->data, from->bytes->len);
  asp_output_reset (from);
}

static void
take_outputs (SpliceRun * run)
{
  AspOutput *marked = asp_splicer_marked_output (run->s);

  g_byte_array_append (run->marked, marked->bytes->data, marked->bytes->len);
  asp_output_reset (marked);
  take_output (asp_splicer_output (run->s), run->out, run->marks);
  take_output (asp_splicer_network_output (run->s), run->network, run->network_marks);
}

void
splice_run_feed (SpliceRun * run, const guint8 * data, gsize size)
{
  guint8 *block = g_memdup2 (data, size);
  gsize at = 0;
  guint idle = 0;

  while (at < size) {
    gsize n;

    if (asp_splicer_wants_packets (run->s)) {
      n = asp_splicer_process (run->s, block + at, size - at);
      take_outputs (run);
    } else {
      gboolean patch = asp_splicer_needs_patch (run->s);

      n = asp_splicer_scan (run->s, block + at, size - at);
      if (!patch)
        g_assert_cmpmem (block + at, n, data + at, n);
      take_outputs (run);
      g_byte_array_append (run->out, block + at, (guint) n);
      g_byte_array_append (run->network, data + at, (guint) n);
      if (asp_splicer_has_marked_output (run->s))
        g_byte_array_append (run->marked, data + at, (guint) n);
    }
    g_assert_cmpuint (n, <=, size - at);
    /* it may change its way once without eating anything, and once more to put cues in; not for ever */
    idle = n == 0 ? idle + 1 : 0;
    g_assert_cmpuint (idle, <, run->config.rewrite_cues ? 4 : 3);
    at += n;
  }
  g_free (block);
}

void
splice_run_feed_chunks (SpliceRun * run, const guint8 * data, gsize size, gsize chunk, gboolean random)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) chunk);

  for (gsize at = 0; at < size;) {
    gsize n = chunk == 0 ? size : random ? (gsize) g_rand_int_range (rand, 1, (gint32) chunk + 1) : chunk;

    n = MIN (n, size - at);
    splice_run_feed (run, data + at, n);
    at += n;
  }
}

void
splice_run_finish (SpliceRun * run)
{
  guint steps = 0;

  asp_splicer_eos (run->s);
  take_outputs (run);
  while (asp_splicer_in_break (run->s) && asp_splicer_advance (run->s, OWN_STEP_27M)) {
    take_outputs (run);
    g_assert_cmpuint (++steps, <, OWN_STEPS_MAX);
  }
  asp_splicer_eos_done (run->s);
  take_outputs (run);
  g_assert_false (asp_splicer_in_break (run->s));
}

const SpliceRunMark *
splice_run_mark (const GArray * marks, AspMarkKind kind, guint from)
{
  for (guint i = from; i < marks->len; i++)
    if (g_array_index (marks, SpliceRunMark, i).mark->kind == kind)
      return &g_array_index (marks, SpliceRunMark, i);
  return NULL;
}

gchar *
splice_run_marks_text (const GArray * marks)
{
  static const gchar *const names[] = { "scheduled", "cancelled", "break-start", "creative-start", "creative-end",
    "break-end"
  };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < marks->len; i++) {
    const SpliceRunMark *m = &g_array_index (marks, SpliceRunMark, i);

    if (m->mark->kind < ASP_MARK_BREAK_START)
      continue;
    g_string_append_printf (text, "%s at=%" G_GSIZE_FORMAT " pts=%" G_GUINT64_FORMAT " duration=%" G_GINT64_FORMAT
        " pod=%u reason=%s", names[m->mark->kind], m->offset, m->mark->pts90k, m->mark->duration_90k,
        m->mark->pod_index, m->mark->reason ? m->mark->reason : "");
    for (guint k = 0; k < m->mark->n_audio; k++)
      g_string_append_printf (text, " %u=%" G_GUINT64_FORMAT, m->mark->audio[k].pid, m->mark->audio[k].pts90k);
    g_string_append_c (text, '\n');
  }
  return g_string_free (text, FALSE);
}
