/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The parts of an ad, in VAST's words. A part is immutable once it hangs in an ad, and counted:
 * the ads of a pod share the trackers of the wrappers above them, a copy of an ad shares all.
 * asp_ad_part_ref() and asp_ad_part_unref() work for each kind; a list is a GPtrArray of one kind
 * from asp_ad_part_list_new(), or NULL while it is empty.
 *
 * Strings are owned, and NULL where nothing is known; numbers are 0.
 * Thread: any (the count is atomic); no locks. Since: 0.1
 */

/* A place in a creative: of a progress event, of a skip button, of an icon. */
typedef struct
{
  gint64 at_90k;                /* -1 = not said as a time */
  gdouble percent;              /* of the creative's length; < 0 = not said so */
} AspAdOffset;

#define ASP_AD_OFFSET_NONE { -1, -1.0 }

/* One URL that is called when something happens. */
typedef struct
{
  gchar *event;                 /* VAST's name, also one that we do not know: "impression",
                                 * "error", "start", "progress", "clickTracking", ... */
  gchar *url;                   /* macros not filled yet */
  gchar *id;
  AspAdOffset offset;           /* of "progress" */
} AspAdTracker;

/* Two words: a category and its authority, a UniversalAdId and its registry, an extension and
 * its type, an attribute. */
typedef struct
{
  gchar *name;                  /* authority, registry, type, attribute's name */
  gchar *value;                 /* of an extension: its content as XML */
} AspAdPair;

typedef enum
{
  ASP_AD_MEDIA_FILE,            /* MediaFile */
  ASP_AD_MEDIA_MEZZANINE,       /* source for a stitcher, never played as it is */
  ASP_AD_MEDIA_INTERACTIVE,     /* InteractiveCreativeFile: SIMID and the like */
  ASP_AD_MEDIA_CAPTIONS,        /* ClosedCaptionFile */
} AspAdMediaKind;

typedef struct
{
  AspAdMediaKind kind;
  gchar *url;
  gchar *id;
  gchar *delivery;              /* "progressive", "streaming" */
  gchar *type;                  /* MIME */
  gchar *codec;
  gchar *api_framework;         /* "VPAID", "SIMID" */
  gchar *media_type;            /* "2D" */
  gchar *language;              /* of captions */
  guint width, height;
  guint bitrate_kbps, min_bitrate_kbps, max_bitrate_kbps;
  guint64 file_size;
  gboolean scalable, maintain_aspect_ratio, variable_duration;
} AspAdMedia;

typedef enum
{
  ASP_AD_RESOURCE_STATIC,
  ASP_AD_RESOURCE_IFRAME,
  ASP_AD_RESOURCE_HTML,         /* the text itself, not a URL */
  ASP_AD_RESOURCE_JAVASCRIPT,   /* of a verification */
  ASP_AD_RESOURCE_EXECUTABLE,   /* of a verification */
  ASP_AD_RESOURCE_FALLBACK,     /* IconClickFallbackImage */
} AspAdResourceKind;

typedef struct
{
  AspAdResourceKind kind;
  gchar *content;               /* URL, or HTML */
  gchar *type;                  /* creativeType, or type of an executable */
  gchar *api_framework;
  gchar *alt_text;
  gboolean browser_optional;
} AspAdResource;

/* A verification that a player runs (OMID). The server never does. */
typedef struct
{
  gchar *vendor;
  gchar *parameters;
  GPtrArray *resources;         /* AspAdResource */
  GPtrArray *trackers;          /* "verificationNotExecuted" */
} AspAdVerification;

typedef enum
{
  ASP_AD_DISPLAY_COMPANION,
  ASP_AD_DISPLAY_ICON,
  ASP_AD_DISPLAY_NON_LINEAR,
} AspAdDisplayKind;

/* What is drawn beside or over the picture by a player. */
typedef struct
{
  AspAdDisplayKind kind;
  GPtrArray *attributes;        /* AspAdPair: all that VAST said, as written */
  GPtrArray *resources;         /* AspAdResource */
  gchar *click_through;
  gchar *alt_text;
  gchar *ad_parameters;
  GPtrArray *trackers;          /* "creativeView", "iconView", "clickTracking", ... */
} AspAdDisplay;

/* All zero (offsets: none), with one reference; to be filled by who made it. (transfer full) */
AspAdTracker *asp_ad_tracker_new (const gchar * event, const gchar * url);
AspAdPair *asp_ad_pair_new (const gchar * name, const gchar * value);
AspAdMedia *asp_ad_media_new (AspAdMediaKind kind, const gchar * url);
AspAdResource *asp_ad_resource_new (AspAdResourceKind kind, const gchar * content);
AspAdVerification *asp_ad_verification_new (const gchar * vendor);
AspAdDisplay *asp_ad_display_new (AspAdDisplayKind kind);

gpointer asp_ad_part_ref (gpointer part);
void asp_ad_part_unref (gpointer part); /* NULL is allowed */

/* Adds @part (transfer full) to *@list, which is made when it is NULL. */
void asp_ad_part_list_add (GPtrArray ** list, gpointer part);
/* References to all of @more (NULL is allowed), behind what is there; what would make the list longer than
 * @max stays out. Returns: how many stayed out */
guint asp_ad_part_list_append (GPtrArray ** list, const GPtrArray * more, guint max);
/* The same parts. (transfer full) (nullable) */
GPtrArray *asp_ad_part_list_copy (const GPtrArray * list);
/* Of an empty or missing list: 0. */
guint asp_ad_part_list_length (const GPtrArray * list);
/* For loops over a list that may be missing: NULL behind the end. (transfer none) */
gpointer asp_ad_part_list_get (const GPtrArray * list, guint index);

/* VAST's name of the attribute, or NULL. (transfer none) */
const gchar *asp_ad_display_attribute (const AspAdDisplay * display, const gchar * name);

G_END_DECLS
