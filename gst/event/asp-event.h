/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-json-writer.h>
#include <asp-time.h>

G_BEGIN_DECLS

/*
 * What happened to a channel: one record, with the one JSON form that log, /v1, hooks and the page
 * share, and with EventBridge's envelope around it for hooks. Pure. Since: 0.1
 */
#define ASP_EVENT_VERSION 1
#define ASP_EVENT_TEXT_MAX 512  /* bytes of one text; longer ones are cut at a character */
#define ASP_EVENT_SKIPPED_MAX 64        /* more of them are left out */
#define ASP_EVENT_SIZE_MAX (2u << 20)   /* of the JSON form; no event is larger */

typedef enum
{
  ASP_EVENT_BREAK_INSERTED,     /* it is scheduled; again when its time or length changes */
  ASP_EVENT_BREAK_DECIDED,
  ASP_EVENT_BREAK_STARTED,
  ASP_EVENT_CREATIVE_STARTED,
  ASP_EVENT_CREATIVE_ENDED,
  ASP_EVENT_BREAK_ENDED,
  ASP_EVENT_BREAK_SKIPPED,
  ASP_EVENT_BREAK_CANCELLED,
  ASP_EVENT_STREAM_START,
  ASP_EVENT_STREAM_END,
  ASP_EVENT_KINDS,
} AspEventKind;

/* "Ad Break Inserted" and the others, as `event_name` has them. */
const gchar *asp_event_name (AspEventKind kind);
/* FALSE: there is none of that name. */
gboolean asp_event_kind_of (const gchar * name, AspEventKind * kind);

/* A creative that was wanted and does not play. */
typedef struct
{
  gchar *asset_id, *creative_id, *ad_id, *uri;  /* nullable */
  gchar *reason;                /* a name of the field: "TRANSCODE_IN_PROGRESS" */
  guint vast_error;             /* 0 = none */
} AspEventSkip;

/* Texts are nullable, UTF-8, owned. A time that is not known is ASP_NO_TIME (90 kHz) or 0 (us).
 * The JSON form has UTC in milliseconds: what it is read from has no more. */
typedef struct
{
  guint64 number;               /* of the log, from 1, without holes; 0: it is not in one yet */
  gint64 time_us;               /* UTC, when it happened */
  AspEventKind kind;
  gchar *channel, *stream_id, *break_id;
  gchar *origin;                /* "api", "v1", "cue", "schedule", "signal", "event", "post-roll" */
  gchar *roll_type;             /* "preroll", "midroll", "postroll" */
  gchar *reason, *outcome;      /* outcome: of the ad server, "FILLED" */
  gint64 target_start_us;       /* UTC: when the first picture of the ads passes */
  gint64 asked_pts90k, pts90k;  /* 33 bits */
  gint64 error_90k;             /* achieved minus asked */
  gint64 duration_90k, filled_90k;
  gint64 ads_latency_us;        /* DECIDED; 0 = none was asked */
  guint pod_index, pod_length;  /* from 1; 0 = not known */
  gchar *asset_id, *creative_id, *ad_id, *universal_ad_id, *ad_system, *ad_title;
  GPtrArray *skipped;           /* of AspEventSkip; NULL = none */
} AspEvent;

AspEvent *asp_event_new (AspEventKind kind, const gchar * channel, const gchar * break_id, gint64 time_us);
AspEvent *asp_event_copy (const AspEvent * event);
void asp_event_free (AspEvent * event); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspEvent, asp_event_free)

/* Copies the first ASP_EVENT_TEXT_MAX bytes at most; what is no UTF-8 becomes U+FFFD. */
void asp_event_set_text (gchar ** field, const gchar * text);
void asp_event_add_skip (AspEvent * event, const gchar * asset_id, const gchar * creative_id, const gchar * ad_id,
    const gchar * uri, const gchar * reason, guint vast_error);

/*
 * Its members, into an object that has begun. What is not known is left out. Six have the names and
 * forms that Amazon documents, so `duration_seconds` is a whole number and `target_start_time` has
 * whole seconds, both rounded; exact are `duration_90k` and `target_start_unix_ms` beside them.
 */
void asp_event_write (const AspEvent * event, AspJsonWriter * w);
/* One line: {"version":1,...}. (transfer full) */
GBytes *asp_event_to_bytes (const AspEvent * event);
/* NULL with ASP_JSON_ERROR: no event, or one of a later version. Unknown members are passed over. (transfer full) */
AspEvent *asp_event_parse (gconstpointer data, gsize size, GError ** error);

/* RFC 3339 in UTC, with milliseconds; what lies beyond the years 1970 to 9999 is put at their border.
 * (transfer full) */
gchar *asp_event_time (gint64 time_us);

/**
 * asp_event_envelope:
 * @region, @account: of the names of resources
 *
 * EventBridge's form, one object: `detail-type` "IVS Ad Break State Change" (or "IVS Stream State
 * Change"), `id` a UUID that is a function of channel, number and the log's id, so that who has it
 * twice can tell; `detail` with the documented members first, all others of asp_event_write() behind.
 *
 * @log_id: of the log (asp_event_log_id())
 * Returns: (transfer full)
 */
gchar *asp_event_envelope (const AspEvent * event, const gchar * log_id, const gchar * region, const gchar * account);

G_END_DECLS
