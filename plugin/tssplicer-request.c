/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tssplicer-private.h"

#include <math.h>
#include <string.h>

#define CONFLICT_TEXT "another break is scheduled or runs at that time; wait for its end or cancel it"
#define SCHEDULE_SECONDS_MAX 31536000.0 /* a year: later is a slip of the pen */

/* --- schedule ------------------------------------------------------------------- */

static gboolean
parse_seconds (const gchar ** p, gdouble * seconds)
{
  gchar *end;

  if (!g_ascii_isdigit (**p))
    return FALSE;
  *seconds = g_ascii_strtod (*p, &end);
  if (end == *p || !isfinite (*seconds) || *seconds < 0 || *seconds > SCHEDULE_SECONDS_MAX)
    return FALSE;
  *p = end;
  return TRUE;
}

/**
 * ts_splicer_parse_schedule:
 * @entries: (element-type ScheduleEntry): appended to; or NULL only to check
 * @error: (out): a sentence that says what would be right
 */
gboolean
ts_splicer_parse_schedule (const gchar * text, GArray * entries, gchar ** error)
{
  const gchar *p = text ? text : "";

  while (*p) {
    ScheduleEntry entry;
    gdouble start, duration;

    while (g_ascii_isspace (*p))
      p++;
    if (!parse_seconds (&p, &start) || *p++ != '+' || !parse_seconds (&p, &duration) || duration <= 0)
      goto bad;
    while (g_ascii_isspace (*p))
      p++;
    if (*p == ',' && p[1] != '\0')
      p++;
    else if (*p != '\0')
      goto bad;
    entry.start_90k = (gint64) llround (start * 90000);
    entry.duration_90k = (gint64) llround (duration * 90000);
    if (entries)
      g_array_append_val (entries, entry);
  }
  return TRUE;

bad:
  if (error)
    *error = g_strdup_printf ("schedule \"%s\" is not understood; right is START+DURATION in seconds, "
        "several separated by commas, as in \"12+10,60+30\"", text);
  return FALSE;
}

/* --- breaks that are open ------------------------------------------------------- */

static void
open_break_free (OpenBreak * b)
{
  g_free (b->id);
  g_free (b);
}

static GList *
find_open_locked (GstTsSplicer * self, const gchar * id)
{
  for (GList * l = self->open.head; l; l = l->next)
    if (!strcmp (((OpenBreak *) l->data)->id, id))
      return l;
  return NULL;
}

static OpenBreak *
add_open_locked (GstTsSplicer * self, const gchar * id)
{
  GList *l = find_open_locked (self, id);
  OpenBreak *b;

  if (l)
    return l->data;
  b = g_new0 (OpenBreak, 1);
  b->id = g_strdup (id);
  g_queue_push_tail (&self->open, b);
  return b;
}

/* Keeps the list of what is scheduled or runs: one break at a time (DESIGN 6.13). */
void
ts_splicer_note_open (GstTsSplicer * self, const AspReport * report)
{
  GList *l;
  OpenBreak *b;

  g_mutex_lock (&self->request_lock);
  switch (report->state) {
    case ASP_STATE_SCHEDULED:
    case ASP_STATE_STARTED:
      b = add_open_locked (self, report->break_id);
      b->running |= report->state == ASP_STATE_STARTED;
      b->timed = report->asked_pts90k != ASP_NO_TIME;
      b->start_90k = report->asked_pts90k;
      b->end_90k = b->start_90k + report->duration_90k;
      break;
    case ASP_STATE_ENDED:
    case ASP_STATE_CANCELLED:
    case ASP_STATE_SKIPPED:
      l = find_open_locked (self, report->break_id);
      if (l) {
        open_break_free (l->data);
        g_queue_delete_link (&self->open, l);
      }
      break;
    default:
      break;
  }
  g_mutex_unlock (&self->request_lock);
}

/* A break from @start_90k (ASP_NO_TIME: now) for @duration_90k would meet another one. */
static gboolean
conflicts_locked (GstTsSplicer * self, gint64 start_90k, gint64 duration_90k)
{
  gint64 from = start_90k != ASP_NO_TIME ? start_90k : self->newest_pts90k;

  for (GList * l = self->open.head; l; l = l->next) {
    const OpenBreak *b = l->data;

    if (b->running || !b->timed || from == ASP_NO_TIME)
      return TRUE;
    if (from < b->end_90k && b->start_90k < from + duration_90k)
      return TRUE;
  }
  return FALSE;
}

/* --- requests ------------------------------------------------------------------- */

/* Any integer type; not what only can be turned into one. */
static gboolean
get_ns (const GstStructure * s, const gchar * field, guint64 * value)
{
  static const GType integers[] = { G_TYPE_INT, G_TYPE_UINT, G_TYPE_LONG, G_TYPE_ULONG, G_TYPE_INT64, G_TYPE_UINT64 };
  const GValue *v = gst_structure_get_value (s, field);
  GValue wide = G_VALUE_INIT;
  gboolean integer = FALSE;
  gint64 number;

  for (guint i = 0; v && i < G_N_ELEMENTS (integers); i++)
    integer |= G_VALUE_TYPE (v) == integers[i];
  if (!integer || (G_VALUE_HOLDS_UINT64 (v) && g_value_get_uint64 (v) > G_MAXINT64))
    return FALSE;
  g_value_init (&wide, G_TYPE_INT64);
  g_value_transform (v, &wide);
  number = g_value_get_int64 (&wide);
  if (number < 0)
    return FALSE;
  *value = (guint64) number;
  return TRUE;
}

static gboolean
id_is_valid (const gchar * id)
{
  gsize n = id ? strlen (id) : 0;

  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isalnum (id[i]))
      return FALSE;
  return n > 0 && n < ASP_BREAK_ID_SIZE;
}

/* Takes @brk and @cue. */
static void
push_request (GstTsSplicer * self, RequestKind kind, AspBreak * brk, GBytes * cue, const gchar * id)
{
  Request *r = g_new0 (Request, 1);

  r->kind = kind;
  r->brk = brk;
  r->cue = cue;
  r->id = g_strdup (id);
  g_queue_push_tail (&self->inbox, r);
  g_atomic_int_set (&self->inbox_filled, TRUE);
}

static void
request_free (Request * r)
{
  asp_break_free (r->brk);
  g_clear_pointer (&r->cue, g_bytes_unref);
  g_free (r->id);
  g_free (r);
}

/* The break that @options ask for. */
static AspBreak *
make_break (guint64 duration_ns, const GstStructure * options, AspBreakOrigin origin)
{
  AspBreak *b = asp_break_new (origin, ASP_NO_TIME, asp_ns_to_90k (MIN (duration_ns, G_MAXINT64 / 16)));
  guint64 start;

  if (!options)
    return b;
  if (get_ns (options, "start-pts-90k", &start))
    b->asked_90k = (gint64) (start & ASP_PTS_MASK);
  if (id_is_valid (gst_structure_get_string (options, "id")))
    g_strlcpy (b->id, gst_structure_get_string (options, "id"), sizeof b->id);
  b->postroll = !g_strcmp0 (gst_structure_get_string (options, "roll-type"), "postroll");
  return b;
}

/* Of a channel the channel knows what is scheduled. Takes @b. */
static gchar *
request_of_channel (GstTsSplicer * self, AspChannel * channel, AspBreak * b)
{
  g_autofree gchar *id = g_strdup (b->id);
  const gchar *reason = asp_channel_request (channel, NULL, b);

  if (!reason)
    return g_steal_pointer (&id);
  ts_splicer_post_refusal (self, id, reason, !strcmp (reason, "conflict") ? CONFLICT_TEXT :
      "there are too many breaks already; cancel some");
  return NULL;
}

static gchar *
request_break (GstTsSplicer * self, guint64 duration_ns, const GstStructure * options, AspBreakOrigin origin)
{
  AspBreak *b = make_break (duration_ns, options, origin);
  g_autofree gchar *id = g_strdup (b->id);
  const gchar *reason = NULL, *text = NULL;
  AspChannel *channel = ts_splicer_ref_channel (self);
  gint64 start = ASP_NO_TIME;

  if (channel) {
    gchar *given = request_of_channel (self, channel, b);

    asp_channel_unref (channel);
    return given;
  }
  g_mutex_lock (&self->request_lock);
  if (b->asked_90k != ASP_NO_TIME)
    start = asp_pts_unwrap (self->newest_pts90k, (guint64) b->asked_90k);
  if (!self->running) {
    reason = "not-running";
    text = "the element is not in PAUSED or PLAYING; insert breaks while it runs";
  } else if (conflicts_locked (self, start, b->duration_90k)) {
    reason = "conflict";
    text = CONFLICT_TEXT;
  } else {
    OpenBreak *open = add_open_locked (self, b->id);

    open->timed = start != ASP_NO_TIME;
    open->start_90k = start;
    open->end_90k = start + b->duration_90k;
    push_request (self, REQUEST_INSERT, g_steal_pointer (&b), NULL, id);
  }
  g_mutex_unlock (&self->request_lock);
  asp_break_free (b);
  if (reason) {
    ts_splicer_post_refusal (self, id, reason, text);
    return NULL;
  }
  return g_steal_pointer (&id);
}

gchar *
ts_splicer_insert_ad_break (GstTsSplicer * self, guint64 duration_ns, GstStructure * options)
{
  return request_break (self, duration_ns, options, ASP_ORIGIN_SIGNAL);
}

static void
refuse_cue (GstTsSplicer * self, const gchar * why)
{
  GST_ELEMENT_WARNING (self, STREAM, FORMAT, ("insert-cue: %s.", why),
      ("The cue must be a whole splice_info_section as base64 or hexadecimal text."));
}

gboolean
ts_splicer_insert_cue (GstTsSplicer * self, const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) cue = text ? asp_scte35_decode_text (text, &error) : NULL;
  AspScte35Section section;
  gboolean running;

  /* read again where it acts; here only to be able to say at once that it cannot be */
  if (!cue || !asp_scte35_parse (g_bytes_get_data (cue, NULL), g_bytes_get_size (cue), &section, &error)) {
    refuse_cue (self, error ? error->message : "there is no text");
    return FALSE;
  }
  asp_scte35_clear (&section);
  g_mutex_lock (&self->request_lock);
  running = self->running;
  if (running)
    push_request (self, REQUEST_CUE, NULL, g_steal_pointer (&cue), NULL);
  g_mutex_unlock (&self->request_lock);
  if (!running)
    refuse_cue (self, "the element is not in PAUSED or PLAYING; insert cues while it runs");
  return running;
}

static gboolean
request_for_open (GstTsSplicer * self, RequestKind kind, const gchar * id)
{
  AspChannel *channel = id ? ts_splicer_ref_channel (self) : NULL;
  gboolean known;

  if (!id)
    return FALSE;
  if (channel) {
    known = kind == REQUEST_END ? asp_channel_end (channel, id) : asp_channel_cancel (channel, id);
    asp_channel_unref (channel);
    return known;
  }
  g_mutex_lock (&self->request_lock);
  known = find_open_locked (self, id) != NULL;
  if (known) {
    OpenBreak *b = find_open_locked (self, id)->data;

    /* cancel is for what has not begun, end for what has (splicing.md 2.8) */
    known = (kind == REQUEST_END) == b->running;
    if (known)
      push_request (self, kind, NULL, NULL, id);
  }
  g_mutex_unlock (&self->request_lock);
  return known;
}

gboolean
ts_splicer_cancel_ad_break (GstTsSplicer * self, const gchar * id)
{
  return request_for_open (self, REQUEST_CANCEL, id);
}

gboolean
ts_splicer_end_ad_break (GstTsSplicer * self, const gchar * id)
{
  return request_for_open (self, REQUEST_END, id);
}

static gboolean
seen_before (GstTsSplicer * self, guint32 seqnum)
{
  AspChannel *channel = ts_splicer_ref_channel (self);
  gboolean seen = FALSE;

  if (channel) {
    /* the same event may come to each of its renditions */
    seen = asp_channel_seen_before (channel, seqnum);
    asp_channel_unref (channel);
    return seen;
  }
  g_mutex_lock (&self->request_lock);
  for (guint i = 0; i < MIN (self->n_seen_seqnums, SEEN_SEQNUMS_MAX) && !seen; i++)
    seen = self->seen_seqnums[i] == seqnum;
  if (!seen)
    self->seen_seqnums[self->n_seen_seqnums++ % SEEN_SEQNUMS_MAX] = seqnum;
  g_mutex_unlock (&self->request_lock);
  return seen;
}

/* TRUE when @event was an InsertAdBreak: it is consumed then, whatever became of it. */
gboolean
ts_splicer_handle_insert_event (GstTsSplicer * self, GstEvent * event)
{
  const GstStructure *s = gst_event_get_structure (event);
  guint64 duration = 0;
  g_autofree gchar *id = NULL;

  if (!s || !gst_structure_has_name (s, "InsertAdBreak"))
    return FALSE;
  if (seen_before (self, gst_event_get_seqnum (event)))
    return TRUE;
  if (gst_structure_has_field (s, "duration") && !get_ns (s, "duration", &duration)) {
    ts_splicer_post_refusal (self, "", "bad-duration",
        "the duration of an InsertAdBreak event must be an integer in nanoseconds");
    return TRUE;
  }
  id = request_break (self, duration, s, ASP_ORIGIN_EVENT);
  return TRUE;
}

/* Streaming thread: what was asked for since the last call. */
void
ts_splicer_take_requests (GstTsSplicer * self)
{
  GQueue requests;
  Request *r;

  if (!g_atomic_int_compare_and_exchange (&self->inbox_filled, TRUE, FALSE))
    return;
  g_mutex_lock (&self->request_lock);
  requests = self->inbox;
  g_queue_init (&self->inbox);
  g_mutex_unlock (&self->request_lock);
  while ((r = g_queue_pop_head (&requests))) {
    switch (r->kind) {
      case REQUEST_INSERT:
        asp_splicer_request (self->splicer, g_steal_pointer (&r->brk));
        break;
      case REQUEST_CUE:
        asp_splicer_insert_cue (self->splicer, g_bytes_get_data (r->cue, NULL), g_bytes_get_size (r->cue));
        break;
      case REQUEST_CANCEL:
        asp_splicer_cancel (self->splicer, r->id);
        break;
      case REQUEST_END:
        asp_splicer_end_break (self->splicer, r->id);
        break;
    }
    request_free (r);
  }
}

void
ts_splicer_clear_requests (GstTsSplicer * self)
{
  g_mutex_lock (&self->request_lock);
  g_queue_clear_full (&self->inbox, (GDestroyNotify) request_free);
  g_queue_clear_full (&self->open, (GDestroyNotify) open_break_free);
  self->n_seen_seqnums = 0;
  self->newest_pts90k = ASP_NO_TIME;
  g_mutex_unlock (&self->request_lock);
}
