/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-event.h"

G_BEGIN_DECLS

/* Internal to gst/event: the members of an event that have one name and one form. */
typedef enum
{
  ASP_EVENT_TEXT,               /* gchar *; NULL = not known */
  ASP_EVENT_PTS,                /* gint64, 33 bits; ASP_NO_TIME, as in the next two */
  ASP_EVENT_LENGTH,             /* gint64, not below 0 */
  ASP_EVENT_ERROR,              /* gint64 */
  ASP_EVENT_UNIX,               /* gint64, us; in milliseconds in JSON; 0 = not known, as below */
  ASP_EVENT_LATENCY,            /* gint64 */
  ASP_EVENT_COUNT,              /* guint */
} AspEventForm;

typedef struct
{
  const gchar *name;            /* in JSON */
  AspEventForm form;
  gsize offset;
} AspEventField;

/* The documented ones come first. */
#define ASP_EVENT_FIELDS_DOCUMENTED 3
#define ASP_EVENT_FIELDS 22
extern const AspEventField asp_event_fields[ASP_EVENT_FIELDS];

#define ASP_EVENT_SKIP_FIELDS 6
extern const AspEventField asp_event_skip_fields[ASP_EVENT_SKIP_FIELDS];

#define asp_event_field(object, field, type) ((type *) ((guint8 *) (object) + (field)->offset))

#define ASP_EVENT_TIME_MAX_US (G_GINT64_CONSTANT (253402300799999999))  /* the end of the year 9999 */

/* Members of `detail`: the documented ones, then all others. */
void asp_event_write_detail (const AspEvent * event, AspJsonWriter * w);

/* `skipped`, when there are some. */
void asp_event_write_skipped (const AspEvent * event, AspJsonWriter * w);

/* As asp_event_time(), in whole seconds: the one that has begun, and the nearest. (transfer full) */
gchar *asp_event_time_s (gint64 time_us);
gchar *asp_event_time_near (gint64 time_us);

G_END_DECLS
