/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Amazon Resource Names: arn:aws:SERVICE:REGION:ACCOUNT:TYPE/ID. Thread: any; pure.
 * Since: 0.1
 */
#define ASP_API_ARN_MAX 128     /* characters */

typedef struct
{
  gchar *service;               /* "ivs", "mediatailor" */
  gchar *region, *account;
  gchar *type;                  /* "channel", "ad-configuration", ... */
  gchar *id;
} AspApiArn;

/* NULL when @text is none. */
AspApiArn *asp_api_arn_parse (const gchar * text);
void asp_api_arn_free (AspApiArn * arn);        /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspApiArn, asp_api_arn_free)

/* (transfer full) */
gchar *asp_api_arn_to_string (const AspApiArn * arn);

/* Is it one of @service and @type, of this region and account? */
gboolean asp_api_arn_is (const AspApiArn * arn, const gchar * service, const gchar * type,
    const gchar * region, const gchar * account);

G_END_DECLS
