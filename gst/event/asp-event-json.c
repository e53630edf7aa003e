/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-event-private.h"

#include <asp-json-reader.h>
#include <string.h>

#define ERROR_MAX_90K (ASP_PTS_MODULUS * 2)

static void
add_field (AspJsonWriter * w, const AspEventField * field, gconstpointer object)
{
  gconstpointer at = asp_event_field (object, field, gconstpointer);

  switch (field->form) {
    case ASP_EVENT_TEXT:
      if (*(gchar * const *) at)
        asp_json_add_string (w, field->name, *(gchar * const *) at);
      break;
    case ASP_EVENT_PTS:
    case ASP_EVENT_LENGTH:
    case ASP_EVENT_ERROR:
      if (*(const gint64 *) at != ASP_NO_TIME)
        asp_json_add_int (w, field->name, *(const gint64 *) at);
      break;
    case ASP_EVENT_UNIX:
      if (*(const gint64 *) at > 0)
        asp_json_add_int (w, field->name, *(const gint64 *) at / 1000);
      break;
    case ASP_EVENT_LATENCY:
      if (*(const gint64 *) at > 0)
        asp_json_add_int (w, field->name, *(const gint64 *) at);
      break;
    case ASP_EVENT_COUNT:
      if (*(const guint *) at > 0)
        asp_json_add_int (w, field->name, *(const guint *) at);
      break;
  }
}

static void
add_head (AspJsonWriter * w, const AspEvent * event)
{
  g_autofree gchar *time = asp_event_time (event->time_us);

  asp_json_add_int (w, "version", ASP_EVENT_VERSION);
  if (event->number > 0)
    asp_json_add_int (w, "number", event->number);
  asp_json_add_string (w, "time", time);
}

static void
add_documented (AspJsonWriter * w, const AspEvent * event)
{
  asp_json_add_string (w, "event_name", asp_event_name (event->kind));
  for (guint i = 0; i < ASP_EVENT_FIELDS_DOCUMENTED; i++)
    add_field (w, &asp_event_fields[i], event);
  if (event->duration_90k != ASP_NO_TIME)
    asp_json_add_int (w, "duration_seconds", (event->duration_90k + ASP_SECOND_90K / 2) / ASP_SECOND_90K);
  if (event->target_start_us > 0) {
    g_autofree gchar *target = asp_event_time_near (event->target_start_us);

    asp_json_add_string (w, "target_start_time", target);
  }
}

void
asp_event_write_skipped (const AspEvent * event, AspJsonWriter * w)
{
  if (!event->skipped || event->skipped->len == 0)
    return;
  asp_json_begin_array (w, "skipped");
  for (guint i = 0; i < event->skipped->len; i++) {
    asp_json_begin_object (w, NULL);
    for (guint k = 0; k < ASP_EVENT_SKIP_FIELDS; k++)
      add_field (w, &asp_event_skip_fields[k], g_ptr_array_index (event->skipped, i));
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
}

static void
add_others (AspJsonWriter * w, const AspEvent * event)
{
  for (guint i = ASP_EVENT_FIELDS_DOCUMENTED; i < ASP_EVENT_FIELDS; i++)
    add_field (w, &asp_event_fields[i], event);
  asp_event_write_skipped (event, w);
}

void
asp_event_write (const AspEvent * event, AspJsonWriter * w)
{
  add_head (w, event);
  add_documented (w, event);
  add_others (w, event);
}

void
asp_event_write_detail (const AspEvent * event, AspJsonWriter * w)
{
  add_documented (w, event);
  add_head (w, event);
  add_others (w, event);
}

GBytes *
asp_event_to_bytes (const AspEvent * event)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  const gchar *text;

  asp_json_begin_object (w, NULL);
  asp_event_write (event, w);
  asp_json_end_object (w);
  text = asp_json_writer_text (w);
  return g_bytes_new (text, strlen (text));
}

/* -- reading -- */

static gboolean
refuse (GError ** error, gint code, const gchar * name, const gchar * what)
{
  g_set_error (error, ASP_JSON_ERROR, code, "This is no event: '%s' %s", name, what);
  return FALSE;
}

static gboolean
read_text (const AspJson * value, const AspEventField * field, gchar ** at, GError ** error)
{
  if (!asp_json_string (value))
    return refuse (error, ASP_JSON_ERROR_SYNTAX, field->name, "is not a string");
  asp_event_set_text (at, asp_json_string (value));
  return TRUE;
}

static void
range_of (AspEventForm form, gint64 * min, gint64 * max)
{
  *min = form == ASP_EVENT_ERROR ? -ERROR_MAX_90K : 0;
  *max = form == ASP_EVENT_PTS ? (gint64) ASP_PTS_MASK : form == ASP_EVENT_ERROR ? ERROR_MAX_90K :
      form == ASP_EVENT_COUNT ? G_MAXUINT : form == ASP_EVENT_UNIX ? ASP_EVENT_TIME_MAX_US / 1000 : G_MAXINT64 / 2;
}

static gboolean
read_field (const AspJson * object, const AspEventField * field, gpointer to, GError ** error)
{
  const AspJson *value = asp_json_member (object, field->name);
  gint64 number, min, max;

  if (asp_json_kind (value) == ASP_JSON_NULL)
    return TRUE;
  if (field->form == ASP_EVENT_TEXT)
    return read_text (value, field, asp_event_field (to, field, gchar *), error);
  range_of (field->form, &min, &max);
  if (!asp_json_integer (value, &number))
    return refuse (error, ASP_JSON_ERROR_SYNTAX, field->name, "is not a whole number");
  if (number < min || number > max)
    return refuse (error, ASP_JSON_ERROR_NUMBER, field->name, "is beyond what it can be");
  if (field->form == ASP_EVENT_COUNT)
    *asp_event_field (to, field, guint) = (guint) number;
  else
    *asp_event_field (to, field, gint64) = field->form == ASP_EVENT_UNIX ? number * 1000 : number;
  return TRUE;
}

static gboolean
read_fields (const AspJson * object, const AspEventField * fields, guint n, gpointer to, GError ** error)
{
  for (guint i = 0; i < n; i++)
    if (!read_field (object, &fields[i], to, error))
      return FALSE;
  return TRUE;
}

static gboolean
read_skipped (const AspJson * array, AspEvent * event, GError ** error)
{
  guint n = MIN (asp_json_length (array), ASP_EVENT_SKIPPED_MAX);

  if (asp_json_kind (array) == ASP_JSON_NULL)
    return TRUE;
  if (asp_json_kind (array) != ASP_JSON_ARRAY)
    return refuse (error, ASP_JSON_ERROR_SYNTAX, "skipped", "is not an array");
  for (guint i = 0; i < n; i++) {
    if (asp_json_kind (asp_json_element (array, i)) != ASP_JSON_OBJECT)
      return refuse (error, ASP_JSON_ERROR_SYNTAX, "skipped", "has something in it that is no object");
    asp_event_add_skip (event, NULL, NULL, NULL, NULL, NULL, 0);
    if (!read_fields (asp_json_element (array, i), asp_event_skip_fields, ASP_EVENT_SKIP_FIELDS,
            g_ptr_array_index (event->skipped, i), error))
      return FALSE;
  }
  return TRUE;
}

/* As asp_event_time() writes it; other forms of ISO 8601 that GLib reads are welcome. */
static gboolean
read_time (const AspJson * root, gint64 * time_us, GError ** error)
{
  const gchar *text = asp_json_string (asp_json_member (root, "time"));
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) time = text ? g_date_time_new_from_iso8601 (text, utc) : NULL;

  if (!time)
    return refuse (error, ASP_JSON_ERROR_SYNTAX, "time", "is not a time of RFC 3339");
  *time_us = g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
  if (*time_us < 0)
    return refuse (error, ASP_JSON_ERROR_NUMBER, "time", "lies before 1970");
  *time_us -= *time_us % 1000;
  return TRUE;
}

static gboolean
read_head (const AspJson * root, AspEvent * event, GError ** error)
{
  const gchar *name = asp_json_string (asp_json_member (root, "event_name"));
  const AspJson *number = asp_json_member (root, "number");
  gint64 version, given = 0;

  if (!asp_json_integer (asp_json_member (root, "version"), &version))
    return refuse (error, ASP_JSON_ERROR_SYNTAX, "version", "is not a whole number");
  if (version != ASP_EVENT_VERSION)
    return refuse (error, ASP_JSON_ERROR_NUMBER, "version", "is not one that this adsplice knows");
  if (!asp_event_kind_of (name, &event->kind))
    return refuse (error, ASP_JSON_ERROR_SYNTAX, "event_name", "is none of the known ones");
  if (number && (!asp_json_integer (number, &given) || given < 1))
    return refuse (error, ASP_JSON_ERROR_NUMBER, "number", "is not a whole number from 1 on");
  event->number = (guint64) given;
  return read_time (root, &event->time_us, error);
}

AspEvent *
asp_event_parse (gconstpointer data, gsize size, GError ** error)
{
  g_autoptr (AspJson) root = NULL;
  g_autoptr (AspEvent) event = NULL;

  if (size > ASP_EVENT_SIZE_MAX) {
    g_set_error (error, ASP_JSON_ERROR, ASP_JSON_ERROR_SIZE, "This is no event: it has %" G_GSIZE_FORMAT
        " bytes, more than the %u that one can have", size, ASP_EVENT_SIZE_MAX);
    return NULL;
  }
  root = asp_json_parse (data, size, error);
  if (!root)
    return NULL;
  event = asp_event_new (ASP_EVENT_BREAK_INSERTED, NULL, NULL, 0);
  if (!read_head (root, event, error) ||
      !read_fields (root, asp_event_fields, ASP_EVENT_FIELDS, event, error) ||
      !read_skipped (asp_json_member (root, "skipped"), event, error))
    return NULL;
  return g_steal_pointer (&event);
}
