/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-json-reader.h>

#include "asp-metrics.h"
#include "asp-v1.h"

G_BEGIN_DECLS

/*
 * Inside of /v1, over its files:
 *   asp-v1.c           the object; a request to its route, and errors
 *   asp-v1-route.c     the table of routes
 *   asp-v1-input.c     parameters of the query and members of the body, strictly
 *   asp-v1-channel.c   channels and their creatives
 *   asp-v1-break.c     breaks
 *   asp-v1-event.c     events, streams of them, hooks
 *   asp-v1-health.c    /healthz, /readyz, /metrics
 *   asp-v1-page.c      the page at /
 */
#define ASP_V1_NAME_MAX 128     /* bytes of a channel's name, or of the id of a break */
#define ASP_V1_PARTS_MAX 2      /* of a path, that vary */

struct _AspV1
{
  AspV1Config config;
  AspMetrics *metrics;
  GBytes *page;
  gchar *page_policy;
  const gchar *page_fields[13];
};

typedef struct
{
  const AspApiRequest *request;
  gchar *parts[ASP_V1_PARTS_MAX];       /* of the path, decoded: channel, break */
  GHashTable *query;            /* name -> value, decoded: those of the route only */
  AspJson *body;                /* NULL = none */
  gboolean expired;
  gint64 now_us;
  gpointer held;
  /* Of the channel that the path names. */
  const AspControlChannel *channel;
  gpointer channel_data;
} AspV1Call;

/* FALSE with ASP_API_ERROR. Without setting @reply's body it answers {}. */
typedef gboolean (*AspV1Func) (AspV1 * v1, AspV1Call * call, AspV1Reply * reply, GError ** error);

typedef enum
{
  ASP_V1_STRING,                /* min, max: bytes */
  ASP_V1_NUMBER,                /* min, max */
  ASP_V1_INTEGER,
  ASP_V1_STRINGS,               /* an object of strings; max: members */
} AspV1FieldKind;

typedef struct
{
  const gchar *name;            /* NULL ends a table */
  AspV1FieldKind kind;
  gdouble min, max;
} AspV1Field;

typedef struct
{
  const gchar *method;
  const gchar *path;            /* with {channel} and {break} in it */
  const gchar *const *query;    /* names; NULL = none */
  const AspV1Field *body;       /* NULL = none */
  AspV1Func func;
} AspV1Route;

/* --- asp-v1.c --- */
/* ASP_API_ERROR, FALSE, for `return`. */
gboolean asp_v1_fail (GError ** error, AspApiError code, const gchar * format, ...) G_GNUC_PRINTF (3, 4);
/* What has been written becomes the body. */
void asp_v1_reply_json (AspV1Reply * reply, guint status, AspJsonWriter * w);
/* @text: (transfer full) */
void asp_v1_reply_text (AspV1Reply * reply, guint status, const gchar * type, gchar * text);

/* --- asp-v1-route.c --- */
guint asp_v1_n_routes (void);
const AspV1Route *asp_v1_route (guint i);
/* NULL: there is none. @parts: (out) decoded, owned by the caller also then; @allow: (out): the methods
 * that there are at that path, "" = none */
const AspV1Route *asp_v1_find_route (const gchar * method, const gchar * path, gchar ** parts, GString * allow);

/* --- asp-v1-input.c --- */
/* NULL with VALIDATION. (transfer full) */
GHashTable *asp_v1_read_query (const gchar * query, const gchar * const *names, GError ** error);
/* A parameter; @fallback when it is not there. */
gboolean asp_v1_query_number (const AspV1Call * call, const gchar * name, guint64 min, guint64 max, guint64 fallback,
    guint64 * out, GError ** error);
/* TRUE with @out NULL for no body. */
gboolean asp_v1_read_body (const AspApiRequest * request, const AspV1Field * fields, AspJson ** out, GError ** error);
/* "2026-11-22T21:30:00Z" */
gboolean asp_v1_read_time (const gchar * text, gint64 * us, GError ** error);


/* --- asp-v1-break.c --- */
/* The break that is scheduled or runs, without its events, or null. */
void asp_v1_add_open_break (AspV1 * v1, const gchar * channel, const gchar * name, AspJsonWriter * w);

/* --- routes --- */
gboolean asp_v1_op_list_channels (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_get_channel (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_list_creatives (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_warm_creative (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_list_breaks (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_insert_break (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_get_break (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_cancel_break (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_end_break (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_extend_break (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_list_events (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_stream_events (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_list_hooks (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_metrics (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_health (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_ready (AspV1 *, AspV1Call *, AspV1Reply *, GError **);
gboolean asp_v1_op_page (AspV1 *, AspV1Call *, AspV1Reply *, GError **);

/* asp-v1-page.c */
void asp_v1_page_init (AspV1 * v1);
void asp_v1_page_clear (AspV1 * v1);

extern const AspV1Field asp_v1_break_fields[], asp_v1_extend_fields[], asp_v1_creative_fields[], asp_v1_no_fields[];

G_END_DECLS
