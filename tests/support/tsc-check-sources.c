/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-check.h"

#include <string.h>

/*
 * Every access unit of the output is looked up in the streams it may come from, by its last
 * bytes: a parameter set put in front, or a NAL unit header rewritten, leaves those alone. So
 * the judge knows without decoding what was lost, doubled or damaged, and by how much each
 * source was moved.
 */
#define TAIL_BYTES 160

typedef struct
{
  TscSource *source;
  const TscPid *pid;
  guint index;                  /* in the PID's list of access units */
} Origin;

typedef struct
{
  TscSource *source;            /* NULL: no run yet */
  const TscPid *pid;
  guint first, last;
  guint au_count;
  gint64 shift90k;
  gint64 start_pts90k;
} Run;

typedef struct
{
  TscContext *context;
  const TscPid *pid;            /* of the output */
  GHashTable *origins;          /* tail hash to GArray of Origin */
  Run run;
  Run network;                  /* the last run of the reference */
  guint n_runs;
  gint64 network_delay90k;      /* PTS - DTS where the network was left */
} Matcher;

static guint64
hash_bytes (const guint8 * data, gsize size)
{
  guint64 h = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  gsize i;

  for (i = 0; i < size; i++)
    h = (h ^ data[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return h ^ size;
}

static guint64
hash_tail (const TscPid * pid, const TscAu * au)
{
  gsize size = MIN (au->es_size, TAIL_BYTES);

  return hash_bytes (pid->es->data + au->es_offset + au->es_size - size, size);
}

static void
array_free (gpointer array)
{
  g_array_unref (array);
}

static void
add_origins (Matcher * matcher, TscSource * source, const TscPid * pid)
{
  const TscAuList *list = tsc_context_aus (matcher->context, pid);
  guint i;

  for (i = 0; i < list->au->len; i++) {
    gint64 key = (gint64) hash_tail (pid, &g_array_index (list->au, TscAu, i));
    GArray *same = g_hash_table_lookup (matcher->origins, &key);
    Origin origin = { source, pid, i };

    if (same == NULL) {
      same = g_array_new (FALSE, FALSE, sizeof (Origin));
      g_hash_table_insert (matcher->origins, g_memdup2 (&key, sizeof key), same);
    }
    g_array_append_val (same, origin);
  }
}

static void
fill_origins (Matcher * matcher)
{
  guint i, j;

  for (i = 0; i < matcher->context->sources->len; i++) {
    TscSource *source = g_ptr_array_index (matcher->context->sources, i);

    for (j = 0; j < TSC_PID_COUNT; j++) {
      const TscPid *pid = source->file->pids[j];

      if (pid != NULL && pid->kind == matcher->pid->kind)
        add_origins (matcher, source, pid);
    }
  }
}

static const TscAu *
origin_au (Matcher * matcher, const Origin * origin)
{
  return &g_array_index (tsc_context_aus (matcher->context, origin->pid)->au, TscAu,
      origin->index);
}

/* Modulo 2^33, in [-2^32, 2^32). */
static gint64
shift_of (Matcher * matcher, const Origin * origin, const TscAu * au)
{
  return tsc_unwrap (0, au->pts90k - origin_au (matcher, origin)->pts90k, TSC_PTS_MODULUS);
}

static gboolean
is_known_shift (const TscSource * source, gint64 shift90k)
{
  guint i;

  for (i = 0; i < source->shifts90k->len; i++) {
    if (g_array_index (source->shifts90k, gint64, i) == shift90k)
      return TRUE;
  }
  return FALSE;
}

/* Equal access units exist (silence): the one that goes on from the last is meant, then one of
 * the output's own PID that was moved as its source's video was, then any. */
static const Origin *
find_origin (Matcher * matcher, const TscAu * au)
{
  gint64 key = (gint64) hash_tail (matcher->pid, au);
  GArray *same = g_hash_table_lookup (matcher->origins, &key);
  const Origin *best = NULL;
  guint i, best_rank = 0;

  for (i = 0; same != NULL && i < same->len; i++) {
    const Origin *origin = &g_array_index (same, Origin, i);
    guint rank = 1;

    if (origin->pid == matcher->run.pid && origin->index == matcher->run.last + 1)
      return origin;
    if (is_known_shift (origin->source, shift_of (matcher, origin, au)))
      rank += 2;
    if (origin->pid->pid == matcher->pid->pid)
      rank += 1;
    if (rank > best_rank) {
      best = origin;
      best_rank = rank;
    }
  }
  return best;
}

static gchar *
place_of (Matcher * matcher, const TscAu * au)
{
  return tsc_context_place (matcher->context, au->first_packet, au->pts90k);
}

static void
close_run (Matcher * matcher)
{
  const Run *run = &matcher->run;
  TscReport *report = matcher->context->report;
  guint have;

  if (run->source == NULL)
    return;
  have = tsc_context_aus (matcher->context, run->pid)->au->len;
  tsc_fact (report, "run", "PID 0x%04x: %s access units %u..%u of %u, %u of them, moved by %"
      G_GINT64_FORMAT " ticks", matcher->pid->pid, run->source->name, run->first, run->last, have,
      run->au_count, run->shift90k);
  if (run->source->is_network) {
    matcher->network = *run;
    return;
  }
  if (matcher->pid->kind != TSC_KIND_VIDEO || !matcher->context->whole_creatives)
    return;
  if (run->first > 0 || run->last + 1 < have)
    tsc_violation (report, "au-lost", "PID 0x%04x: %s plays access units %u..%u of 0..%u",
        matcher->pid->pid, run->source->name, run->first, run->last, have - 1);
}

/* The audio of a source must be moved by just what its video was moved by. */
static void
check_offset (Matcher * matcher, const TscAu * au)
{
  const Run *run = &matcher->run;
  g_autofree gchar *place = NULL;
  gint64 video90k;

  if (matcher->pid->kind != TSC_KIND_AUDIO || is_known_shift (run->source, run->shift90k))
    return;
  place = place_of (matcher, au);
  if (run->source->shifts90k->len == 0) {
    tsc_violation (matcher->context->report, "av-offset", "PID 0x%04x at %s: audio of %s, whose "
        "video is nowhere", matcher->pid->pid, place, run->source->name);
    return;
  }
  video90k = g_array_index (run->source->shifts90k, gint64, run->source->shifts90k->len - 1);
  tsc_violation (matcher->context->report, "av-offset", "PID 0x%04x at %s: audio of %s moved by %"
      G_GINT64_FORMAT " ticks, its video by %" G_GINT64_FORMAT ": %+.2f ms", matcher->pid->pid,
      place, run->source->name, run->shift90k, video90k, (gdouble) (run->shift90k - video90k) / 90);
}

/* PTS - DTS of the RAP at which the network was left, as a decoder has it that sees no leading
 * pictures: from the first time on screen that the RAP and what follows it would have had. */
static gint64
delay_at_out (const TscAuList * list, guint rap)
{
  const TscAu *left = &g_array_index (list->au, TscAu, rap);
  gint64 first90k = left->pts90k;
  guint i;

  for (i = rap; i < MIN (rap + 32, list->au->len); i++)
    first90k = MIN (first90k, g_array_index (list->au, TscAu, i).pts90k);
  return first90k - left->dts90k;
}

static void
check_delay (Matcher * matcher, const Origin * origin, const TscAu * au)
{
  gint64 own90k, now90k = au->pts90k - au->dts90k;
  const TscAuList *list;
  guint next = matcher->network.last + 1;
  g_autofree gchar *place = NULL;

  if (matcher->pid->kind != TSC_KIND_VIDEO || matcher->network.source == NULL)
    return;
  list = tsc_context_aus (matcher->context, matcher->network.pid);
  if (!matcher->run.source->is_network && next < list->au->len)
    matcher->network_delay90k = delay_at_out (list, next);
  own90k = origin_au (matcher, origin)->pts90k - origin_au (matcher, origin)->dts90k;
  place = place_of (matcher, au);
  tsc_fact (matcher->context->report, "cut", "%s enters at %s: PTS - DTS %" G_GINT64_FORMAT
      ", its own %" G_GINT64_FORMAT ", the network's %" G_GINT64_FORMAT,
      matcher->run.source->name, place, now90k, own90k, matcher->network_delay90k);
  /* the network's own times are not to be touched: check_times() */
  if (!matcher->run.source->is_network && own90k <= matcher->network_delay90k &&
      now90k != matcher->network_delay90k)
    tsc_violation (matcher->context->report, "reorder-delay", "%s enters at %s with PTS - DTS %"
        G_GINT64_FORMAT ", the network has %" G_GINT64_FORMAT, matcher->run.source->name, place,
        now90k, matcher->network_delay90k);
}

static void
check_jump (Matcher * matcher, const Origin * origin, const TscAu * au)
{
  const Run *before = origin->source->is_network ? &matcher->network : &matcher->run;
  g_autofree gchar *place = place_of (matcher, au);
  gboolean same_run = matcher->run.pid == origin->pid;

  if (before->source != origin->source || before->pid != origin->pid)
    return;
  if (origin->index <= before->last && (same_run || origin->source->is_network))
    tsc_violation (matcher->context->report, "au-doubled",
        "PID 0x%04x at %s: access unit %u of %s behind %u", matcher->pid->pid, place,
        origin->index, origin->source->name, before->last);
  else if (same_run && matcher->context->open_gop && matcher->run.au_count == 1)
    tsc_fact (matcher->context->report, "leading", "%s: %u pictures behind the entered RAP left "
        "out at %s", origin->source->name, origin->index - before->last - 1, place);
  else if (same_run)
    tsc_violation (matcher->context->report, "au-lost",
        "PID 0x%04x at %s: access units %u..%u of %s are missing", matcher->pid->pid, place,
        before->last + 1, origin->index - 1, origin->source->name);
}

static void
open_run (Matcher * matcher, const Origin * origin, const TscAu * au)
{
  gboolean entered = matcher->run.source != origin->source;

  if (matcher->run.source != NULL && matcher->run.source->is_network)
    matcher->network = matcher->run;
  check_jump (matcher, origin, au);
  if (entered)
    close_run (matcher);
  if (entered) {
    matcher->run.source = origin->source;
    matcher->run.pid = origin->pid;
    matcher->run.first = origin->index;
    matcher->run.au_count = 0;
    matcher->run.start_pts90k = au->pts90k;
    matcher->run.shift90k = shift_of (matcher, origin, au);
    if (matcher->pid->kind == TSC_KIND_VIDEO)
      g_array_append_val (origin->source->shifts90k, matcher->run.shift90k);
    check_offset (matcher, au);
    if (matcher->n_runs > 0)
      check_delay (matcher, origin, au);
    matcher->n_runs++;
  }
}

static void
check_times (Matcher * matcher, const Origin * origin, const TscAu * au)
{
  const TscAu *own = origin_au (matcher, origin);
  g_autofree gchar *place = NULL;
  gint64 shift90k = shift_of (matcher, origin, au);

  if (!au->timed || !own->timed)
    return;
  place = place_of (matcher, au);
  if (origin->source->is_network) {
    if (shift90k != 0 || tsc_unwrap (0, au->dts90k - own->dts90k, TSC_PTS_MODULUS) != 0)
      tsc_violation (matcher->context->report, "network-moved", "PID 0x%04x at %s: PTS by %"
          G_GINT64_FORMAT ", DTS by %" G_GINT64_FORMAT " ticks", matcher->pid->pid, place,
          shift90k, tsc_unwrap (0, au->dts90k - own->dts90k, TSC_PTS_MODULUS));
  } else if (ABS (shift90k - matcher->run.shift90k) > (matcher->pid->kind == TSC_KIND_AUDIO ? 1 : 0)) {
    tsc_violation (matcher->context->report, "pts-moved", "PID 0x%04x at %s: %s is moved by %"
        G_GINT64_FORMAT " ticks, before by %" G_GINT64_FORMAT, matcher->pid->pid, place,
        origin->source->name, shift90k, matcher->run.shift90k);
    matcher->run.shift90k = shift90k;
  }
}

static void
check_bytes (Matcher * matcher, const Origin * origin, const TscAu * au)
{
  const TscAu *own = origin_au (matcher, origin);
  g_autofree gchar *place = NULL;

  if (own->es_size == au->es_size && memcmp (origin->pid->es->data + own->es_offset,
          matcher->pid->es->data + au->es_offset, au->es_size) == 0)
    return;
  place = place_of (matcher, au);
  if (matcher->run.au_count == 1)
    tsc_fact (matcher->context->report, "rewritten", "%s: the access unit it enters with, %"
        G_GSIZE_FORMAT " bytes instead of %" G_GSIZE_FORMAT ", at %s", origin->source->name,
        au->es_size, own->es_size, place);
  else
    tsc_violation (matcher->context->report, "au-changed", "PID 0x%04x at %s: access unit %u of %s"
        " is not what it was", matcher->pid->pid, place, origin->index, origin->source->name);
}

static void
match_pid (TscContext * context, const TscPid * pid)
{
  const TscAuList *list = tsc_context_aus (context, pid);
  Matcher matcher = { 0, };
  guint i;

  matcher.context = context;
  matcher.pid = pid;
  matcher.origins = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, array_free);
  fill_origins (&matcher);
  for (i = 0; i < list->au->len; i++) {
    const TscAu *au = &g_array_index (list->au, TscAu, i);
    const Origin *origin = find_origin (&matcher, au);

    if (origin == NULL) {
      g_autofree gchar *place = place_of (&matcher, au);

      tsc_violation (context->report, "au-unknown", "PID 0x%04x at %s: %" G_GSIZE_FORMAT
          " bytes that no source has", pid->pid, place, au->es_size);
      continue;
    }
    if (matcher.run.pid != origin->pid || origin->index != matcher.run.last + 1)
      open_run (&matcher, origin, au);
    matcher.run.last = origin->index;
    matcher.run.au_count++;
    check_bytes (&matcher, origin, au);
    check_times (&matcher, origin, au);
  }
  close_run (&matcher);
  if (pid->kind == TSC_KIND_VIDEO && matcher.n_runs > 0)
    context->n_cuts = MAX (context->n_cuts, matcher.n_runs - 1);
  g_hash_table_unref (matcher.origins);
}

void
tsc_check_sources (TscContext * context)
{
  guint i;

  if (context->sources->len == 0 || context->file->video == NULL)
    return;
  match_pid (context, context->file->video);
  for (i = 0; i < TSC_PID_COUNT; i++) {
    if (context->file->pids[i] != NULL && context->file->pids[i]->kind == TSC_KIND_AUDIO)
      match_pid (context, context->file->pids[i]);
  }
}
