/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What the test ad server answers, as a pure function of the query of the request: the
 * parameters are described at the top of ads-server.c. The same query gives the same text.
 */
typedef struct
{
  gchar *name;                  /* file name, or a URL */
  gint seconds;                 /* from a name like "soap-15s.mp4"; 0 = not known */
} AdsMedia;

void ads_media_free (AdsMedia * media);
/* Also finds the seconds in the name. */
AdsMedia *ads_media_new (const gchar * name);

typedef enum
{
  ADS_VAST,                     /* `text` with 200 */
  ADS_STATUS,                   /* no text, `status` */
  ADS_REDIRECT,                 /* to `location` */
} AdsKind;

typedef struct
{
  AdsKind kind;
  guint status;
  guint delay_ms;
  gchar *location;
  const gchar *type;            /* media type, static */
  GBytes *text;
} AdsAnswer;

/**
 * ads_answer:
 * @base: "http://HOST:PORT", of this server as the client calls it
 * @path: "/vast" or "/vmap"
 * @query: (nullable): as sent
 * @media: AdsMedia; what there is when the query names none
 */
void ads_answer (const gchar * base, const gchar * path, const gchar * query, GPtrArray * media,
    AdsAnswer * out);
void ads_answer_clear (AdsAnswer * answer);

G_END_DECLS
