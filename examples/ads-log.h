/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-handler.h>

G_BEGIN_DECLS

/*
 * What has come to the test ad server, in order, with time and headers. Bounded: of more than
 * ADS_LOG_MAX the oldest are forgotten. Thread: any.
 */
#define ADS_LOG_MAX 100000

typedef struct _AdsLog AdsLog;

AdsLog *ads_log_new (void);
void ads_log_free (AdsLog * log);

/* @kind: "request" or "beacon"; @event: of a beacon, else its path. @request is copied. */
void ads_log_add (AdsLog * log, const gchar * kind, const gchar * event,
    const AspHttpRequest * request);

/* JSON of all of @kind, of session @sid (NULL = of all). (transfer full) */
gchar *ads_log_to_json (AdsLog * log, const gchar * kind, const gchar * sid);

/* Forgets those of session @sid, NULL = all. The numbers go on. */
void ads_log_reset (AdsLog * log, const gchar * sid);

G_END_DECLS
