/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kill-model.h"

#include <asp-json-writer.h>
#include <stdarg.h>
#include <string.h>

#define PLAYBACKS 8
#define CONFIGURATIONS_MAX 10
#define COMPLAINTS_MAX 20
#define ABSENT (-1)
#define NOTHING (-2)
#define CHANNEL "arn:aws:ivs:us-east-1:000000000000:channel/two"
#define PLAYBACK "arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/"

/* A playback configuration: the number in its URL. */
typedef struct
{
  gint value, asked;            /* acknowledged; asked for, without an answer (NOTHING: none) */
} Playback;

struct _KillModel
{
  GRand *random;
  KillCall call;
  gpointer user_data;
  gint next_value;
  Playback playbacks[PLAYBACKS];
  GHashTable *configurations;   /* ARN -> GINT_TO_POINTER (it may be gone) */
  guint creating;               /* asked for, without an answer */
  gchar *attached, *attaching;  /* to the channel: ARN or ""; attaching: NULL = nothing is asked for */
  GPtrArray *events;            /* JSON of each, by number less 1 */
  guint acknowledged, unknown, starts, breaks, conflicts, complaints;
  gint64 longest_start_us;
};

KillModel *
kill_model_new (guint seed, KillCall call, gpointer user_data)
{
  KillModel *m = g_new0 (KillModel, 1);

  m->random = g_rand_new_with_seed (seed + 1);
  m->call = call;
  m->user_data = user_data;
  for (guint i = 0; i < PLAYBACKS; i++)
    m->playbacks[i] = (Playback) { ABSENT, NOTHING };
  m->configurations = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  m->attached = g_strdup ("");
  m->events = g_ptr_array_new_with_free_func (g_free);
  return m;
}

void
kill_model_free (KillModel * m)
{
  g_rand_free (m->random);
  g_hash_table_unref (m->configurations);
  g_ptr_array_unref (m->events);
  g_free (m->attached);
  g_free (m->attaching);
  g_free (m);
}

void
kill_model_complain (KillModel * m, const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (m->complaints++ < COMPLAINTS_MAX)
    g_print ("start %u: %s\n", m->starts, text);
}

/* NULL: no answer. A status that is none of those that may come is told. */
static gchar *
ask (KillModel * m, const gchar * method, const gchar * target, const gchar * body, guint good, guint also, guint * status)
{
  gchar *said = m->call (method, target, body, status, m->user_data);

  if (!said)
    m->unknown++;
  else if (*status != good && *status != also)
    kill_model_complain (m, "%s %s %s: %u %s", method, target, body, *status, said);
  else
    m->acknowledged++;
  return said;
}

/* --- changes ------------------------------------------------------------------------------- */

static gboolean
change_playback (KillModel * m)
{
  guint i = (guint) g_rand_int_range (m->random, 0, PLAYBACKS), status;
  Playback *p = &m->playbacks[i];
  g_autofree gchar *path = g_strdup_printf ("/playbackConfiguration/p%u", i), *body = NULL, *said = NULL;

  /* the first one is needed by ad configurations */
  p->asked = i > 0 && g_rand_int_range (m->random, 0, 4) == 0 ? ABSENT : ++m->next_value;
  if (p->asked == ABSENT) {
    said = ask (m, "DELETE", path, "", 204, 404, &status);
  } else {
    body = g_strdup_printf ("{\"Name\":\"p%u\",\"AdDecisionServerUrl\":\"https://ads.example/%d\"}", i, p->asked);
    said = ask (m, "PUT", "/playbackConfiguration", body, 200, 0, &status);
  }
  if (!said)
    return FALSE;
  p->value = p->asked;
  p->asked = NOTHING;
  return TRUE;
}

static gboolean
create_configuration (KillModel * m)
{
  guint status;
  g_autofree gchar *said = NULL;
  g_autoptr (AspJson) json = NULL;
  const gchar *arn;

  if (m->playbacks[0].value == ABSENT)
    return change_playback (m);
  m->creating++;
  said = ask (m, "POST", "/CreateAdConfiguration", "{\"mediaTailorPlaybackConfigurations\":[{"
      "\"playbackConfigurationArn\":\"" PLAYBACK "p0\"}]}", 200, 0, &status);
  if (!said)
    return FALSE;
  m->creating--;
  json = asp_json_parse (said, strlen (said), NULL);
  arn = asp_json_string (asp_json_member (asp_json_member (json, "adConfiguration"), "arn"));
  if (arn)
    g_hash_table_insert (m->configurations, g_strdup (arn), GINT_TO_POINTER (FALSE));
  return TRUE;
}

/* Any of them, or NULL. */
static const gchar *
any_configuration (KillModel * m)
{
  guint n = g_hash_table_size (m->configurations);
  g_autoptr (GList) arns = g_hash_table_get_keys (m->configurations);

  return n > 0 ? g_list_nth_data (arns, (guint) g_rand_int_range (m->random, 0, (gint) n)) : NULL;
}

static gboolean
delete_configuration (KillModel * m)
{
  g_autofree gchar *arn = g_strdup (any_configuration (m)), *body = NULL, *said = NULL;
  guint status;

  if (!arn)
    return create_configuration (m);
  body = g_strdup_printf ("{\"arn\":\"%s\"}", arn);
  g_hash_table_insert (m->configurations, g_strdup (arn), GINT_TO_POINTER (TRUE));
  said = ask (m, "POST", "/DeleteAdConfiguration", body, 204, 409, &status);
  if (!said)
    return FALSE;
  if (status == 204)
    g_hash_table_remove (m->configurations, arn);
  else
    g_hash_table_insert (m->configurations, g_strdup (arn), GINT_TO_POINTER (FALSE));
  return TRUE;
}

static gboolean
attach (KillModel * m)
{
  const gchar *arn = g_rand_boolean (m->random) ? any_configuration (m) : NULL;
  g_autofree gchar *body = g_strdup_printf ("{\"arn\":\"" CHANNEL "\",\"adConfigurationArn\":\"%s\"}", arn ? arn : "");
  g_autofree gchar *said = NULL;
  guint status;

  m->attaching = g_strdup (arn ? arn : "");
  said = ask (m, "POST", "/UpdateChannel", body, 200, 0, &status);
  if (!said)
    return FALSE;
  g_free (m->attached);
  m->attached = g_steal_pointer (&m->attaching);
  return TRUE;
}

gboolean
kill_model_step (KillModel * m)
{
  switch (g_rand_int_range (m->random, 0, 8)) {
    case 0:
      return g_hash_table_size (m->configurations) < CONFIGURATIONS_MAX ? create_configuration (m) :
          delete_configuration (m);
    case 1:
      return delete_configuration (m);
    case 2:
      return attach (m);
    default:
      return change_playback (m);
  }
}

void
kill_model_note_insert (KillModel * m, guint status)
{
  if (status == 200)
    m->breaks++;
  else if (status == 409)
    m->conflicts++;
  else
    kill_model_complain (m, "InsertAdBreak is answered with %u", status);
}

void
kill_model_note_start (KillModel * m, gint64 took_us)
{
  m->starts++;
  m->longest_start_us = MAX (m->longest_start_us, took_us);
}

/* --- what is there ------------------------------------------------------------------------------ */

static void
check_playback (KillModel * m, guint i)
{
  Playback *p = &m->playbacks[i];
  g_autofree gchar *path = g_strdup_printf ("/playbackConfiguration/p%u", i);
  guint status;
  g_autofree gchar *said = ask (m, "GET", path, "", 200, 404, &status);
  g_autoptr (AspJson) json = said && status == 200 ? asp_json_parse (said, strlen (said), NULL) : NULL;
  const gchar *url = asp_json_string (asp_json_member (json, "AdDecisionServerUrl"));
  gint found = url ? (gint) g_ascii_strtoll (strrchr (url, '/') + 1, NULL, 10) : ABSENT;

  if (found != p->value && (p->asked == NOTHING || found != p->asked))
    kill_model_complain (m, "playback configuration p%u is %d, acknowledged was %d, asked for %d", i, found, p->value,
        p->asked);
  p->value = found;
  p->asked = NOTHING;
}

static void
check_list (KillModel * m)
{
  guint status, extra = 0;
  g_autofree gchar *said = ask (m, "POST", "/ListAdConfigurations", "{\"maxResults\":100}", 200, 0, &status);
  g_autoptr (AspJson) json = said ? asp_json_parse (said, strlen (said), NULL) : NULL;
  const AspJson *list = asp_json_member (json, "adConfigurations");
  GHashTable *found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer arn, maybe_gone;

  for (guint i = 0; i < asp_json_length (list); i++)
    g_hash_table_insert (found, g_strdup (asp_json_string (asp_json_member (asp_json_element (list, i), "arn"))),
        GINT_TO_POINTER (FALSE));
  g_hash_table_iter_init (&iter, m->configurations);
  while (g_hash_table_iter_next (&iter, &arn, &maybe_gone))
    if (!maybe_gone && !g_hash_table_contains (found, arn))
      kill_model_complain (m, "ad configuration %s was acknowledged and is lost", (const gchar *) arn);
  g_hash_table_iter_init (&iter, found);
  while (g_hash_table_iter_next (&iter, &arn, NULL))
    extra += !g_hash_table_contains (m->configurations, arn);
  if (extra > m->creating)
    kill_model_complain (m, "%u ad configurations are there that nobody has asked for, or that were deleted",
        extra - m->creating);
  m->creating = 0;
  g_hash_table_unref (m->configurations);
  m->configurations = found;
}

static void
check_attached (KillModel * m)
{
  guint status;
  g_autofree gchar *said = ask (m, "POST", "/GetChannel", "{\"arn\":\"" CHANNEL "\"}", 200, 0, &status);
  g_autoptr (AspJson) json = said ? asp_json_parse (said, strlen (said), NULL) : NULL;
  const gchar *arn = asp_json_string (asp_json_member (asp_json_member (json, "channel"), "adConfigurationArn"));

  if (!arn || (strcmp (arn, m->attached) && g_strcmp0 (arn, m->attaching)))
    kill_model_complain (m, "attached is '%s', acknowledged was '%s', asked for '%s'", arn ? arn : "(none)", m->attached,
        m->attaching ? m->attaching : "(nothing)");
  g_free (m->attached);
  m->attached = g_strdup (arn ? arn : "");
  g_clear_pointer (&m->attaching, g_free);
}

void
kill_model_check_configurations (KillModel * m)
{
  for (guint i = 0; i < PLAYBACKS; i++)
    check_playback (m, i);
  check_list (m);
  check_attached (m);
}

/* --- the log ---------------------------------------------------------------------------------- */

static gchar *
text_of (const AspJson * value)
{
  AspJsonWriter *w = asp_json_writer_new (FALSE);
  gchar *text;

  asp_json_begin_array (w, NULL);
  asp_json_add_value (w, NULL, value);
  asp_json_end_array (w);
  text = g_strdup (asp_json_writer_text (w));
  asp_json_writer_free (w);
  return text;
}

void
kill_model_check_events (KillModel * m, const AspJson * events, guint64 after)
{
  for (guint i = 0; i < asp_json_length (events); i++) {
    const AspJson *event = asp_json_element (events, i);
    g_autofree gchar *text = text_of (event);
    guint64 due = after + i + 1;
    gint64 number = 0;

    asp_json_integer (asp_json_member (event, "number"), &number);
    if ((guint64) number != due)
      kill_model_complain (m, "event %" G_GUINT64_FORMAT " stands in the log where %" G_GUINT64_FORMAT " should",
          (guint64) number, due);
    if (due > m->events->len)
      g_ptr_array_add (m->events, g_steal_pointer (&text));
    else if (strcmp (text, g_ptr_array_index (m->events, due - 1)) != 0)
      kill_model_complain (m, "event %" G_GUINT64_FORMAT " is another one than before: %s, was %s", due, text,
          (const gchar *) g_ptr_array_index (m->events, due - 1));
  }
  if (after + asp_json_length (events) < m->events->len && asp_json_length (events) == 0)
    kill_model_complain (m, "the log ends at %" G_GUINT64_FORMAT ", it went to %u before", after, m->events->len);
}

guint64
kill_model_last_event (KillModel * m)
{
  return m->events->len;
}

gboolean
kill_model_report (KillModel * m)
{
  g_print ("%u starts that were looked at, the longest %.1f s; %u calls acknowledged, %u without an answer; %u breaks "
      "called for, %u conflicts; %u events in the log; %u complaints\n", m->starts,
      (gdouble) m->longest_start_us / G_USEC_PER_SEC, m->acknowledged, m->unknown, m->breaks, m->conflicts, m->events->len,
      m->complaints);
  if (m->breaks == 0 || m->events->len == 0)
    g_print ("nothing has happened: that proves nothing\n");
  return m->complaints == 0 && m->breaks > 0 && m->events->len > 0;
}
