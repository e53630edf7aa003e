/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-rewrite.h"

#include <string.h>

/*
 * Which cue is sent when for breaks that did not come from one. The cue that opens a break
 * says the time that was asked for: whoever reads it leaves at the first RAP behind that time,
 * as we do. It is sent eight seconds ahead (SCTE 67: 5 to 8 s) and three more times, a second
 * apart, so that each one is the 4 s ahead that SCTE 35 9.9.2 wants; all at once what is
 * known later. The cue that closes it is sent five seconds ahead, or, when the return could
 * not be known 4 s ahead or came at another time, says "immediate".
 */
#define ANNOUNCE_LEAD_90K (8 * ASP_SECOND_90K)
#define ANNOUNCE_LEAD_MIN_90K (4 * ASP_SECOND_90K)
#define CLOSE_LEAD_90K (5 * ASP_SECOND_90K)
#define REPEAT_90K ASP_SECOND_90K
#define REPEAT_LATE_90K (ASP_SECOND_90K / 4)    /* what is known late is repeated before the break */
#define SENDINGS 4              /* once, and repeated three times */
#define NEVER_90K G_MAXINT64

typedef struct
{
  gchar id[ASP_BREAK_ID_SIZE];
  guint32 event_id;
  GBytes *section;              /* that opens it */
  gchar *in_hex;                /* of the last one that closed it, or NULL */
  gint64 asked_90k;             /* ASP_NO_TIME: as soon as possible */
  gint64 duration_90k;
  gint64 in_90k;                /* where it shall return; ASP_NO_TIME while that is not known */
  gint64 offset_90k;            /* to the stream's time, when section was made */
  guint sent;
  gint64 due_90k;               /* when something is to be done again */
  gboolean running;
  gboolean skipped;             /* its time came, and nothing was put in */
  gboolean closed;              /* a cue has been sent that closes it: */
  gint64 closed_90k;            /* at that time; ASP_NO_TIME: at once */
} Notice;

static void
notice_free (gpointer data)
{
  Notice *n = data;

  g_bytes_unref (n->section);
  g_free (n->in_hex);
  g_free (n);
}

static gint
compare_due (gconstpointer a, gconstpointer b, gpointer unused)
{
  gint64 x = ((const Notice *) a)->due_90k, y = ((const Notice *) b)->due_90k;

  return x < y ? -1 : x > y;
}

static GSequenceIter *
find_notice (const Rewrite * r, const gchar * id)
{
  return g_hash_table_lookup (r->by_id, id);
}

static void
remove_notice (const Rewrite * r, GSequenceIter * i)
{
  g_hash_table_remove (r->by_id, ((Notice *) g_sequence_get (i))->id);
  g_sequence_remove (i);
}

void
announce_clear (Rewrite * r)
{
  g_clear_pointer (&r->by_id, g_hash_table_unref);
  g_clear_pointer (&r->notices, g_sequence_free);
  g_clear_pointer (&r->in_hex, g_free);
}

void
announce_init (Rewrite * r)
{
  r->notices = g_sequence_new (notice_free);
  r->by_id = g_hash_table_new (g_str_hash, g_str_equal);
}

/* What was to come in the stream that is gone comes no more; "as soon as possible" still does. */
void
announce_reset (AspSplicer * s)
{
  Rewrite *r = s->rewrite;

  for (GSequenceIter * i = g_sequence_get_begin_iter (r->notices); !g_sequence_iter_is_end (i);) {
    GSequenceIter *next = g_sequence_iter_next (i);
    Notice *n = g_sequence_get (i);

    if (n->asked_90k == ASP_NO_TIME && !n->running) {
      n->sent = 0;
      n->due_90k = G_MININT64;
    } else {
      remove_notice (r, i);
    }
    i = next;
  }
  g_clear_pointer (&r->in_hex, g_free);
}

/* --- sections ------------------------------------------------------------------- */

static gchar *
hex_of (GBytes * section)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (section, &size);

  return cue_hex (data, size);
}

static void
make_section (AspSplicer * s, Notice * n)
{
  g_clear_pointer (&n->section, g_bytes_unref);
  n->offset_90k = s->offset_90k;
  n->section = asp_scte35_build_splice_insert (n->event_id, TRUE,
      n->asked_90k == ASP_NO_TIME ? ASP_NO_TIME : n->asked_90k + s->offset_90k, n->duration_90k, TRUE, 0);
}

static GBytes *
make_cancel (guint32 event_id)
{
  AspScte35Section section;
  GBytes *bytes;

  asp_scte35_init (&section);
  section.splice_command_type = ASP_SCTE35_SPLICE_INSERT;
  section.u.splice_insert.splice_event_id = event_id;
  section.u.splice_insert.splice_event_cancel_indicator = TRUE;
  bytes = asp_scte35_write (&section, NULL);
  asp_scte35_clear (&section);
  return bytes;
}

/* --- sending --------------------------------------------------------------------- */

/* From now to the next sending: all of them 4 s ahead where that can be. */
static gint64
repeat_90k (const Notice * n, gint64 now_90k)
{
  gint64 least = ANNOUNCE_LEAD_MIN_90K + (SENDINGS - n->sent) * REPEAT_90K;

  return n->asked_90k != ASP_NO_TIME && n->asked_90k - now_90k >= least ? REPEAT_90K : REPEAT_LATE_90K;
}

/* When something is to be said of @n again, or seen to. */
static void
set_due (Notice * n, gint64 now_90k)
{
  if (n->sent == 0)
    n->due_90k = n->asked_90k == ASP_NO_TIME ? G_MININT64 : n->asked_90k - ANNOUNCE_LEAD_90K;
  else if (n->sent < SENDINGS && !n->running)
    n->due_90k = now_90k + repeat_90k (n, now_90k);
  else if (n->in_90k == ASP_NO_TIME || (!n->running && !n->skipped && n->duration_90k >= CLOSE_LEAD_90K))
    n->due_90k = NEVER_90K;     /* the out point, and with it the return, is not known yet */
  else if (!n->closed)
    n->due_90k = n->in_90k - CLOSE_LEAD_90K;
  else
    n->due_90k = n->running ? NEVER_90K : n->in_90k;
}

static void
send_out (AspSplicer * s, Notice * n)
{
  rewrite_queue_cue (s, n->section);
  n->sent++;
}

/* For the events of the break that runs. */
static void
keep_in_hex (AspSplicer * s, const Notice * n)
{
  g_free (s->rewrite->in_hex);
  s->rewrite->in_hex = g_strdup (n->in_hex);
}

/* @at_90k: ASP_NO_TIME: at once */
static void
send_in (AspSplicer * s, Notice * n, gint64 at_90k)
{
  GBytes *section = asp_scte35_build_splice_insert (n->event_id, FALSE,
      at_90k == ASP_NO_TIME ? ASP_NO_TIME : at_90k + s->offset_90k, ASP_NO_TIME, FALSE, 0);

  rewrite_queue_cue (s, section);
  n->closed = TRUE;
  n->closed_90k = at_90k;
  g_free (n->in_hex);
  n->in_hex = hex_of (section);
  if (s->brk && !strcmp (s->brk->id, n->id))
    keep_in_hex (s, n);
  g_bytes_unref (section);
}

/* What is due of @n at @now_90k. FALSE: nothing will be any more. */
static gboolean
act (AspSplicer * s, Notice * n, gint64 now_90k)
{
  gboolean ahead = n->asked_90k == ASP_NO_TIME || n->sent == 0 || now_90k < n->asked_90k;

  if (n->sent < SENDINGS && !n->running) {
    if (ahead)
      send_out (s, n);
    else
      n->sent = SENDINGS;       /* its time has come */
  } else if (n->in_90k != ASP_NO_TIME && !n->closed) {
    if (n->in_90k - now_90k >= ANNOUNCE_LEAD_MIN_90K)
      send_in (s, n, n->in_90k);
    else if (!n->running && now_90k >= n->in_90k)
      send_in (s, n, ASP_NO_TIME);
    else {
      /* too late to name a time: at the return itself */
      n->due_90k = n->running ? NEVER_90K : n->in_90k;
      return TRUE;
    }
  } else if (!n->running) {
    return FALSE;
  }
  set_due (n, now_90k);
  return TRUE;
}

/* The stream's time base moved before the break began: its cue is void, another says the same
 * event at its new time (SCTE 35 9.9.3). */
static void
follow_time_base (AspSplicer * s, gint64 now_90k)
{
  Rewrite *r = s->rewrite;

  for (GSequenceIter * i = g_sequence_get_begin_iter (r->notices); !g_sequence_iter_is_end (i);) {
    GSequenceIter *next = g_sequence_iter_next (i);
    Notice *n = g_sequence_get (i);

    if (n->closed_90k != ASP_NO_TIME)
      n->closed = FALSE;
    if (!n->running && n->asked_90k != ASP_NO_TIME && n->sent < SENDINGS) {
      make_section (s, n);
      n->sent = 0;
    } else if (!n->running && n->asked_90k != ASP_NO_TIME && n->asked_90k > now_90k) {
      make_section (s, n);
      n->sent = SENDINGS - 1;
    }
    set_due (n, now_90k);
    g_sequence_sort_changed (i, compare_due, NULL);
    i = next;
  }
  r->offset_90k = s->offset_90k;
}

/* An early return: those who follow shall leave at the same RAP, so they must hear of it before. */
static void
close_early (AspSplicer * s)
{
  GSequenceIter *i = s->brk ? find_notice (s->rewrite, s->brk->id) : NULL;
  Notice *n = i ? g_sequence_get (i) : NULL;

  if (n && n->running && !(n->closed && n->closed_90k == ASP_NO_TIME))
    send_in (s, n, ASP_NO_TIME);
}

void
announce_poll (AspSplicer * s, gint64 now_90k)
{
  Rewrite *r = s->rewrite;
  GSequenceIter *i;

  if (r->offset_90k != s->offset_90k)
    follow_time_base (s, now_90k);
  if (s->phase >= BREAK_OUT && s->return_90k == ASP_NO_TIME && (s->end_now || s->abandoned))
    close_early (s);
  while (!g_sequence_is_empty (r->notices)) {
    Notice *n;

    i = g_sequence_get_begin_iter (r->notices);
    n = g_sequence_get (i);
    if (n->due_90k > now_90k)
      break;
    if (act (s, n, now_90k))
      g_sequence_sort_changed (i, compare_due, NULL);
    else
      remove_notice (r, i);
  }
}

/* --- what happens to breaks -------------------------------------------------------- */

/* A break is pending; from here on it has a cue of its own, which its events carry. */
void
announce_scheduled (AspSplicer * s, AspBreak * b)
{
  Rewrite *r = s->rewrite;
  GSequenceIter *i;
  Notice *n;

  if (b->origin == ASP_ORIGIN_CUE || b->postroll)
    return;
  i = find_notice (r, b->id);
  if (i)
    remove_notice (r, i);
  n = g_new0 (Notice, 1);
  g_strlcpy (n->id, b->id, sizeof n->id);
  n->event_id = cue_event_id (b);
  n->asked_90k = b->asked_90k;
  n->duration_90k = b->duration_90k;
  n->in_90k = b->asked_90k == ASP_NO_TIME ? ASP_NO_TIME : b->asked_90k + b->duration_90k;
  make_section (s, n);
  set_due (n, 0);
  i = g_sequence_insert_sorted (r->notices, n, compare_due, NULL);
  g_hash_table_insert (r->by_id, n->id, i);
  g_free (b->scte35_hex);
  b->scte35_hex = hex_of (n->section);
}

void
announce_cancelled (AspSplicer * s, const AspBreak * b)
{
  GSequenceIter *i = find_notice (s->rewrite, b->id);
  const Notice *n = i ? g_sequence_get (i) : NULL;

  if (!n)
    return;
  if (n->sent > 0) {
    g_autoptr (GBytes) section = make_cancel (n->event_id);

    rewrite_queue_cue (s, section);
  }
  remove_notice (s->rewrite, i);
}

/* The running break begins where it begins, whether something is put in or not. */
void
announce_began (AspSplicer * s)
{
  GSequenceIter *i;
  Notice *n;

  g_clear_pointer (&s->rewrite->in_hex, g_free);
  if (s->brk->postroll && !find_notice (s->rewrite, s->brk->id)) {
    s->brk->postroll = FALSE;
    announce_scheduled (s, s->brk);
    s->brk->postroll = TRUE;
  }
  i = find_notice (s->rewrite, s->brk->id);
  if (!i)
    return;
  n = g_sequence_get (i);
  if (n->sent == 0)
    send_out (s, n);
  n->running = TRUE;
  n->in_90k = s->in_90k;
  keep_in_hex (s, n);
  g_free (s->brk->scte35_hex);
  s->brk->scte35_hex = hex_of (n->section);
  set_due (n, s->out_90k);
  g_sequence_sort_changed (i, compare_due, NULL);
}

/* Nothing is put in. What has been announced stands: others may fill it, and it is closed in its
 * time. */
void
announce_skipped (AspSplicer * s, const AspBreak * b)
{
  GSequenceIter *i = find_notice (s->rewrite, b->id);
  Notice *n = i ? g_sequence_get (i) : NULL;

  if (!n)
    return;
  if (n->sent == 0 || n->in_90k == ASP_NO_TIME) {
    announce_cancelled (s, b);
    return;
  }
  n->running = FALSE;
  n->skipped = TRUE;
  n->sent = SENDINGS;
  set_due (n, s->newest_pts90k);
  g_sequence_sort_changed (i, compare_due, NULL);
}

/* The running break is over at @pts90k. */
void
announce_ended (AspSplicer * s, gint64 pts90k)
{
  GSequenceIter *i = s->brk ? find_notice (s->rewrite, s->brk->id) : NULL;
  Notice *n = i ? g_sequence_get (i) : NULL;

  if (!n)
    return;
  if (!n->closed || (n->closed_90k != ASP_NO_TIME && ABS (n->closed_90k - pts90k) > s->config.tolerance_90k))
    send_in (s, n, ASP_NO_TIME);
  remove_notice (s->rewrite, i);
}

/* (nullable) (transfer full): the cue that closed the running break, as it is on the wire. */
gchar *
announce_in_hex (AspSplicer * s)
{
  return g_strdup (s->rewrite->in_hex);
}

/* --- breaks of cues ----------------------------------------------------------------- */

/* The cue that ends what @section began: the end type follows the start type (10.3.3.1). */
static GBytes *
make_segmentation_end (const gchar * hex, guint32 event_id)
{
  AspScte35Section section;
  GBytes *bytes;

  if (!asp_scte35_parse_text (hex, &section, NULL))
    return NULL;
  memset (&section.u.time_signal, 0, sizeof section.u.time_signal);     /* at once */
  for (guint i = 0; i < section.n_descriptors; i++) {
    AspScte35Segmentation *g = &section.descriptors[i].u.segmentation;

    if (!asp_scte35_segmentation (&section, i) || g->segmentation_event_id != event_id)
      continue;
    g->segmentation_type_id |= 1;
    g->segmentation_duration_flag = g->has_sub_segments = FALSE;
  }
  bytes = asp_scte35_write (&section, NULL);
  asp_scte35_clear (&section);
  return bytes;
}

/* Somebody here ends a break early that a cue of the input opened: its own end comes too late
 * for those who follow. */
void
announce_end_asked (AspSplicer * s)
{
  const AspBreak *b = s->brk;
  GBytes *section;

  if (b->origin != ASP_ORIGIN_CUE)
    return;
  section = b->segmentation_type_id != 0 ? make_segmentation_end (b->scte35_hex, b->event_id) :
      asp_scte35_build_splice_insert (b->event_id, FALSE, ASP_NO_TIME, ASP_NO_TIME, FALSE, 0);
  if (!section)
    return;
  rewrite_queue_cue (s, section);
  g_free (s->rewrite->in_hex);
  s->rewrite->in_hex = hex_of (section);
  g_bytes_unref (section);
}
