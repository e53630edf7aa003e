/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-ad.h"

G_BEGIN_DECLS

/*
 * The fields of each type, once: freeing, copying and the JSON form walk the same tables, so
 * that a new field cannot be forgotten in one of them. Private to this folder.
 */
typedef enum
{
  ASP_AD_FIELD_TEXT,            /* gchar * */
  ASP_AD_FIELD_INT,             /* gint: not below 0 */
  ASP_AD_FIELD_INT64,           /* gint64 or guint64: not below 0 */
  ASP_AD_FIELD_BOOLEAN,
  ASP_AD_FIELD_LIST,            /* GPtrArray * of parts */
  ASP_AD_FIELD_OFFSET,          /* AspAdOffset */
} AspAdFieldKind;

typedef struct _AspAdType AspAdType;

typedef struct
{
  const gchar *name;            /* in JSON */
  AspAdFieldKind kind;
  gsize offset;
  const AspAdType *of;          /* what a list holds */
} AspAdField;

struct _AspAdType
{
  gsize size;
  guint n_fields;
  const AspAdField *fields;
  const gchar *const *kinds;    /* NULL, or names of the first member, an enum */
  guint n_kinds;
};

extern const AspAdType asp_ad_type_ad;
extern const AspAdType asp_ad_type_creative_ids;        /* of the linear creative */
extern const AspAdType asp_ad_type_creative_body;
extern const AspAdType asp_ad_type_creative;    /* both, with the kind: one of `others` */

static inline gpointer
asp_ad_field (gconstpointer object, const AspAdField * field)
{
  return (guint8 *) object + field->offset;
}

/* Offsets that say nothing. */
void asp_ad_fields_init (const AspAdType * type, gpointer object);
void asp_ad_fields_copy (const AspAdType * type, gpointer to, gconstpointer from);
void asp_ad_fields_clear (const AspAdType * type, gpointer object);
/* One reference; asp_ad_part_unref() knows the type. */
gpointer asp_ad_part_new (const AspAdType * type);

G_END_DECLS
