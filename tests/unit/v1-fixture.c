/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "v1-fixture.h"

#include <string.h>

#define NIGHT 2
#define ODD 3

static const gchar *const names[FAKE_LIVES] = { "main", "sports", "night", "odd" };

/* Which one, held. */
typedef struct
{
  FakeLives *f;
  gint which;                   /* FAKE_LIVES + i: one of the others */
  gchar *name;
} Held;

static gint64
ticks_us (gint64 ticks)
{
  return ticks * 100 / 9;
}

static gboolean
refuse (GError ** error, AspApiError code, const gchar * message)
{
  g_set_error_literal (error, ASP_API_ERROR, (gint) code, message);
  return FALSE;
}

/* --- events ------------------------------------------------------------------------------ */

static AspEvent *
event_of (FakeLives * f, guint which, AspEventKind kind)
{
  AspEvent *e = asp_event_new (kind, names[which], f->all[which].id, f->now_us);

  asp_event_set_text (&e->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz");
  asp_event_set_text (&e->origin, "v1");
  asp_event_set_text (&e->roll_type, "midroll");
  return e;
}

static void
say_inserted (FakeLives * f, guint which)
{
  AspEvent *e = event_of (f, which, ASP_EVENT_BREAK_INSERTED);

  e->target_start_us = f->all[which].start_us;
  e->duration_90k = f->all[which].duration_90k;
  e->asked_pts90k = e->pts90k = 8100000;
  asp_event_log_add (f->log, e);
}

static void
say_decided (FakeLives * f, guint which)
{
  AspEvent *e = event_of (f, which, ASP_EVENT_BREAK_DECIDED);

  e->duration_90k = f->all[which].duration_90k;
  e->filled_90k = f->all[which].duration_90k / 2;
  e->ads_latency_us = 180000;
  e->pod_length = 1;
  asp_event_set_text (&e->outcome, "PARTLY_FILLED");
  asp_event_add_skip (e, NULL, "creative-7", "ad-7", "https://ads.example/7.mp4", "NEW_CREATIVE", 407);
  asp_event_log_add (f->log, e);
}

static void
say_started (FakeLives * f, guint which)
{
  AspEvent *e = event_of (f, which, ASP_EVENT_BREAK_STARTED);

  e->duration_90k = f->all[which].duration_90k;
  e->asked_pts90k = 8100000;
  e->pts90k = 8101800;
  e->error_90k = 1800;
  e->pod_length = 1;
  asp_event_log_add (f->log, e);
  e = event_of (f, which, ASP_EVENT_CREATIVE_STARTED);
  e->pod_index = e->pod_length = 1;
  e->duration_90k = f->all[which].duration_90k / 2;
  asp_event_set_text (&e->asset_id, "0123456789abcdef0123456789abcdef");
  asp_event_set_text (&e->ad_title, "A kettle that sings <b>softly</b>");
  asp_event_log_add (f->log, e);
}

static void
say_ended (FakeLives * f, guint which, gint64 duration_90k)
{
  AspEvent *e = event_of (f, which, ASP_EVENT_CREATIVE_ENDED);

  e->pod_index = e->pod_length = 1;
  asp_event_log_add (f->log, e);
  e = event_of (f, which, ASP_EVENT_BREAK_ENDED);
  e->duration_90k = duration_90k;
  e->filled_90k = f->all[which].duration_90k / 2;
  e->asked_pts90k = e->pts90k = 10800000;
  e->error_90k = -3600;
  asp_event_log_add (f->log, e);
}

static void
advance (FakeLives * f, guint which)
{
  FakeLive *l = &f->all[which];

  if (l->id && !l->running && f->now_us >= l->start_us) {
    l->running = TRUE;
    say_started (f, which);
  }
  if (l->id && l->running && f->now_us >= l->start_us + ticks_us (l->duration_90k)) {
    say_ended (f, which, l->duration_90k);
    g_clear_pointer (&l->id, g_free);
  }
}

void
fake_lives_advance (FakeLives * f, gint64 now_us)
{
  g_mutex_lock (&f->lock);
  f->now_us = now_us;
  for (guint i = 0; i < FAKE_LIVES; i++)
    advance (f, i);
  g_mutex_unlock (&f->lock);
}

/* --- status ------------------------------------------------------------------------------ */

static AspControlRendition *
rendition_new (const gchar * name, guint64 bits_per_second, gboolean flows)
{
  static const AspControlPid pids[] = { {256, 0x1b, "avc1.64001f"}, {257, 0x0f, "mp4a.40.2"}, {500, 0x86, "scte35"} };
  AspControlRendition *r = g_new0 (AspControlRendition, 1);

  r->name = g_strdup (name);
  r->pts90k = r->rap_pts90k = ASP_NO_TIME;
  if (!flows)
    return r;
  r->packets = 1234567;
  r->bytes = r->packets * 188;
  r->bits_per_second = bits_per_second;
  r->cues = 3;
  r->pts90k = 8100000;
  r->rap_pts90k = 8010000;
  r->rap_us = G_GINT64_CONSTANT (1770253388) * G_USEC_PER_SEC;
  r->gop_90k = 180000;
  r->gop_frames = 50;
  r->latency_ns = 1234567;
  r->n_pids = G_N_ELEMENTS (pids);
  memcpy (r->pids, pids, sizeof pids);
  return r;
}

static void
fill_renditions (AspControlStatus * s, gint which)
{
  if (which == ODD) {
    g_ptr_array_add (s->renditions, rendition_new ("a \"quoted\" \\ name\nin two lines", 900000, TRUE));
    return;
  }
  g_ptr_array_add (s->renditions, rendition_new ("720p", 3200000, which != NIGHT));
  if (which == 0)
    g_ptr_array_add (s->renditions, rendition_new ("480p", 1400000, TRUE));
  if (which == 1)
    ((AspControlRendition *) g_ptr_array_index (s->renditions, 0))->cc_errors = 17;
}

static AspControlStatus *
status (gpointer user_data)
{
  const Held *h = user_data;
  AspControlStatus *s = asp_control_status_new ();
  gboolean live = h->which != NIGHT;

  s->channel->name = g_strdup (h->name);
  s->channel->live = live;
  s->channel->has_ads = TRUE;
  s->channel->viewers = 12;
  s->channel->health = h->which == 1 ? ASP_API_STARVING : ASP_API_HEALTHY;
  s->channel->started_us = G_GINT64_CONSTANT (1770253388) * G_USEC_PER_SEC;
  g_strlcpy (s->channel->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz", sizeof s->channel->stream_id);
  s->ads_url = g_strdup ("https://ads.example/vast?d=[session.avail_duration_secs]");
  s->lead_90k = h->f->lead_90k;
  s->creatives = 5;
  asp_histogram_add (&s->conditioning_s, 3.5);
  fill_renditions (s, h->which);
  if (h->which < FAKE_LIVES) {
    g_mutex_lock (&h->f->lock);
    s->channel->busy = h->f->all[h->which].id != NULL;
    s->breaks = h->f->n_inserted;
    g_mutex_unlock (&h->f->lock);
  }
  return s;
}

/* --- breaks ------------------------------------------------------------------------------ */

static const gchar *
genre (GHashTable * params)
{
  return params ? g_hash_table_lookup (params, "genre") : NULL;
}

static gchar *
insert_locked (FakeLives * f, guint which, const AspControlBreak * brk, GError ** error)
{
  FakeLive *l = &f->all[which];

  if (which == NIGHT) {
    refuse (error, ASP_API_NOT_BROADCASTING, "Channel 'night' is not broadcasting");
    return NULL;
  }
  if (l->id) {
    refuse (error, ASP_API_CONFLICT, "A break is scheduled or runs already");
    return NULL;
  }
  l->id = g_strdup_printf ("break%07u", ++f->n_inserted);
  l->duration_90k = brk->duration_90k;
  l->start_us = brk->start_us ? brk->start_us : f->now_us + ticks_us (f->lead_90k);
  l->running = FALSE;
  f->last_start_pts90k = brk->start_pts90k;
  f->last_start_us = brk->start_us;
  g_free (f->last_ads_url);
  f->last_ads_url = g_strdup (brk->ads_url);
  g_free (f->last_param);
  f->last_param = g_strdup (genre (brk->ads_params));
  say_inserted (f, which);
  say_decided (f, which);
  return g_strdup (l->id);
}

static gchar *
insert (const AspControlBreak * brk, gpointer user_data, GError ** error)
{
  const Held *h = user_data;
  FakeLives *f = h->f;
  g_autofree gchar *key = g_strconcat (h->name, " ", brk->idempotency_key, NULL);
  gchar *id = NULL;

  if (h->which >= FAKE_LIVES) {
    refuse (error, ASP_API_VALIDATION, "No breaks here");
    return NULL;
  }
  g_mutex_lock (&f->lock);
  if (brk->idempotency_key)
    id = g_strdup (g_hash_table_lookup (f->keys, key));
  if (!id) {
    id = insert_locked (f, (guint) h->which, brk, error);
    if (id && brk->idempotency_key)
      g_hash_table_insert (f->keys, g_steal_pointer (&key), g_strdup (id));
  }
  g_mutex_unlock (&f->lock);
  return id;
}

typedef enum
{
  CANCEL, END, EXTEND
} Change;

static gboolean
change_locked (FakeLives * f, guint which, const gchar * id, Change change, gint64 duration_90k, GError ** error)
{
  FakeLive *l = &f->all[which];

  if (g_strcmp0 (l->id, id) != 0)
    return refuse (error, ASP_API_NOT_FOUND, "No such break is open");
  if (change == CANCEL && l->running)
    return refuse (error, ASP_API_CONFLICT, "It runs already: end it");
  if (change == END && !l->running)
    return refuse (error, ASP_API_CONFLICT, "It has not begun: cancel it");
  if (change == CANCEL)
    asp_event_log_add (f->log, event_of (f, which, ASP_EVENT_BREAK_CANCELLED));
  if (change == END)
    say_ended (f, which, (f->now_us - l->start_us) * 9 / 100);
  if (change != EXTEND) {
    g_clear_pointer (&l->id, g_free);
    return TRUE;
  }
  l->duration_90k = duration_90k;
  say_inserted (f, which);
  return TRUE;
}

static gboolean
change (const gchar * id, gpointer user_data, Change what, gint64 duration_90k, GError ** error)
{
  const Held *h = user_data;
  gboolean ok;

  if (h->which >= FAKE_LIVES)
    return refuse (error, ASP_API_NOT_FOUND, "No breaks here");
  g_mutex_lock (&h->f->lock);
  ok = change_locked (h->f, (guint) h->which, id, what, duration_90k, error);
  g_mutex_unlock (&h->f->lock);
  return ok;
}

static gboolean
cancel (const gchar * id, gpointer user_data, GError ** error)
{
  return change (id, user_data, CANCEL, 0, error);
}

static gboolean
end (const gchar * id, gpointer user_data, GError ** error)
{
  return change (id, user_data, END, 0, error);
}

static gboolean
extend (const gchar * id, gint64 duration_90k, gpointer user_data, GError ** error)
{
  return change (id, user_data, EXTEND, duration_90k, error);
}

/* --- creatives --------------------------------------------------------------------------- */

static gboolean
warm (const gchar * uri, gpointer user_data, GError ** error)
{
  FakeLives *f = ((const Held *) user_data)->f;

  if (!g_str_has_prefix (uri, "http"))
    return refuse (error, ASP_API_VALIDATION, "A creative is fetched by http or https");
  g_mutex_lock (&f->lock);
  g_ptr_array_add (f->warmed, g_strdup (uri));
  g_mutex_unlock (&f->lock);
  return TRUE;
}

static gchar *
creatives (gpointer user_data)
{
  FakeLives *f = ((const Held *) user_data)->f;
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_array (w, NULL);
  g_mutex_lock (&f->lock);
  for (guint i = 0; i < f->warmed->len; i++) {
    asp_json_begin_object (w, NULL);
    asp_json_add_string (w, "uri", g_ptr_array_index (f->warmed, i));
    asp_json_add_string (w, "state", "conditioning");
    asp_json_end_object (w);
  }
  g_mutex_unlock (&f->lock);
  asp_json_end_array (w);
  return g_strdup (asp_json_writer_text (w));
}

/* --- who is there ------------------------------------------------------------------------ */

static const AspControlChannel funcs = { status, insert, cancel, end, extend, warm, creatives };

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar * const *) a, *(gchar * const *) b);
}

static gchar **
list (gpointer user_data)
{
  FakeLives *f = user_data;
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; i < FAKE_LIVES; i++)
    g_ptr_array_add (all, g_strdup (names[i]));
  for (guint i = 0; i < f->n_more; i++)
    g_ptr_array_add (all, g_strdup_printf ("more-%04u", i));
  g_ptr_array_sort (all, compare);
  g_ptr_array_add (all, NULL);
  return (gchar **) g_ptr_array_free (all, FALSE);
}

static gpointer
hold (const gchar * name, const AspControlChannel ** out, gpointer * data, gpointer user_data)
{
  FakeLives *f = user_data;
  Held *h;
  gint which = 0;

  while (which < FAKE_LIVES && strcmp (names[which], name) != 0)
    which++;
  if (which == FAKE_LIVES && (!g_str_has_prefix (name, "more-") || g_ascii_strtoull (name + 5, NULL, 10) >= f->n_more))
    return NULL;
  h = g_new0 (Held, 1);
  h->f = f;
  h->which = which;
  h->name = g_strdup (name);
  g_atomic_int_inc (&f->held);
  *out = &funcs;
  *data = h;
  return h;
}

static void
release (gpointer held, gpointer user_data)
{
  Held *h = held;

  g_atomic_int_add (&h->f->held, -1);
  g_free (h->name);
  g_free (h);
}

void
fake_lives_configure (FakeLives * f, AspV1Config * config)
{
  config->names = list;
  config->hold = hold;
  config->release = release;
  config->user_data = f;
}

void
fake_lives_init (FakeLives * f, AspEventLog * log, gint64 now_us)
{
  memset (f, 0, sizeof *f);
  g_mutex_init (&f->lock);
  f->log = log;
  f->now_us = now_us;
  f->lead_90k = FAKE_LEAD_90K;
  f->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  f->warmed = g_ptr_array_new_with_free_func (g_free);
}

void
fake_lives_clear (FakeLives * f)
{
  g_assert_cmpint (f->held, ==, 0);
  for (guint i = 0; i < FAKE_LIVES; i++)
    g_free (f->all[i].id);
  g_free (f->last_ads_url);
  g_free (f->last_param);
  g_hash_table_unref (f->keys);
  g_ptr_array_unref (f->warmed);
  g_mutex_clear (&f->lock);
}
