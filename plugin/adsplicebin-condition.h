/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-histogram.h>

G_BEGIN_DECLS

/*
 * Creatives of any format, made to fit the renditions of a channel: the store of conditioned
 * creatives, asked with what the renditions have been seen to be. Thread: new and free from one, the
 * others from any; none waits for a job. Since: 0.1
 */
typedef struct _AdConditioner AdConditioner;

/* Something that was asked for is ready, or never will be. In a thread of the store. */
typedef void (*AdConditionerNews) (gpointer user_data);

/* NULL with an error that says what to do. */
AdConditioner *ad_conditioner_new (const gchar * folder, AdConditionerNews news, gpointer user_data, GError ** error);
/* Ends what is being made. NULL is allowed. */
void ad_conditioner_free (AdConditioner * c);

/* The first seconds of rendition @number. FALSE with @error: no creative can be made for it. */
gboolean ad_conditioner_learn (AdConditioner * c, guint number, guint program_number, GPtrArray * pieces,
    GError ** error);

/* Units of the creatives that are asked for from here on; 0 = the GOP of their rendition. */
void ad_conditioner_set_unit (AdConditioner * c, guint64 unit_ns);

typedef enum
{
  AD_CONDITION_READY,           /* `path` */
  AD_CONDITION_BUSY,            /* being made, or the rendition is not known yet */
  AD_CONDITION_FAILED,
} AdConditionState;

typedef struct
{
  AdConditionState state;
  gchar *path;                  /* READY */
  gchar *text;                  /* FAILED: for people */
} AdCondition;

void ad_condition_clear (AdCondition * condition);

/* Of the creative in the file @path for rendition @number; what is not there is begun with,
 * now or when the rendition is known. */
void ad_conditioner_ask (AdConditioner * c, const gchar * path, guint number, AdCondition * out);

/* @seconds: how long each of @made took is added to it. */
void ad_conditioner_count (AdConditioner * c, guint64 * made, guint64 * failed, guint64 * now, AspHistogram * seconds);

G_END_DECLS
