/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Attribute lists, dates and numbers of an HLS playlist (RFC 8216bis 4.2), read strictly. As all
 * of the judge it shares nothing with gst/. Thread: any; pure.
 */
typedef struct
{
  gchar *name;
  gchar *value;                 /* without the quotes */
  gboolean quoted;
} HlcAttribute;

/* Owner of the result (HlcAttribute): the caller. @fault: what is wrong with it, or NULL; what
 * could be read is in the list all the same. */
GPtrArray *hlc_attributes_parse (const gchar * text, gchar ** fault);

/* NULL: not there. @list may be NULL. */
const HlcAttribute *hlc_attribute (const GPtrArray * list, const gchar * name);
const gchar *hlc_attribute_value (const GPtrArray * list, const gchar * name);

/* -1: the attribute is not there, or no such number */
gint64 hlc_attribute_us (const GPtrArray * list, const gchar * name);
gint64 hlc_attribute_integer (const GPtrArray * list, const gchar * name);

/* Decimal seconds: only digits and at most one point. FALSE: not that. */
gboolean hlc_parse_seconds (const gchar * text, gint64 * us);
gboolean hlc_parse_integer (const gchar * text, gint64 * value);

/* ISO 8601 with zone; @strict: and with milliseconds. */
gboolean hlc_parse_date (const gchar * text, gboolean strict, gint64 * unix_us);

G_END_DECLS
