/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-event.h"

G_BEGIN_DECLS

/* Internal to gst/event: one break as its events tell it. Pure; one thread at a time. */
typedef enum
{
  ASP_EVENT_BREAK_SCHEDULED,
  ASP_EVENT_BREAK_RUNNING,
  ASP_EVENT_BREAK_IS_ENDED,
  ASP_EVENT_BREAK_IS_SKIPPED,
  ASP_EVENT_BREAK_IS_CANCELLED,
} AspEventBreakState;

typedef struct
{
  AspEventBreakState state;
  GPtrArray *events;            /* AspEvent, oldest first, at least one */
} AspEventBreak;

AspEventBreak *asp_event_break_new (void);
void asp_event_break_free (AspEventBreak * brk);

/* @event: (transfer full) */
void asp_event_break_add (AspEventBreak * brk, AspEvent * event);

gboolean asp_event_break_is_open (const AspEventBreak * brk);
/* Does @kind, behind the end of a break, begin another one of the same id? */
gboolean asp_event_break_begins (AspEventKind kind);
/* UTC; 0 = not known */
gint64 asp_event_break_target_us (const AspEventBreak * brk);

/* Members of an object that has begun. */
void asp_event_break_write (const AspEventBreak * brk, AspJsonWriter * w);
void asp_event_break_write_events (const AspEventBreak * brk, AspJsonWriter * w);

G_END_DECLS
