/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-json-reader.h>

#include "asp-api-error.h"

G_BEGIN_DECLS

/*
 * What the members of a request must be, as tables: an AWS service model (Smithy) in as far as
 * requests of ours have it. Every fault is told, in the words of AWS's own services:
 *
 *   1 validation error detected: Value '301' at 'durationSeconds' failed to satisfy
 *   constraint: Member must have value less than or equal to 300
 *
 * Members that are not in the table are skipped, null is as if the member were not there.
 * Thread: any; pure. Since: 0.1
 */
#define ASP_API_FAULTS_MAX 8    /* that are told of one request */
#define ASP_API_SHOWN_MAX 64    /* bytes of a value that is wrong */

typedef enum
{
  ASP_API_STRING,               /* min, max: its length in characters */
  ASP_API_INTEGER,              /* min, max: its value */
  ASP_API_BOOLEAN,
  ASP_API_LIST,                 /* min, max: its length; fields[0]: its elements */
  ASP_API_MAP,                  /* min, max: its length; fields[0]: names, fields[1]: values */
  ASP_API_OBJECT,               /* fields: its members */
} AspApiKind;

typedef struct _AspApiField AspApiField;

struct _AspApiField
{
  const gchar *name;            /* NULL ends a table */
  AspApiKind kind;
  gboolean required;
  gint64 min, max;              /* both 0: anything */
  const gchar *pattern;         /* of the whole string, or NULL */
  const gchar *const *values;   /* the ones that a string may be, or NULL */
  const AspApiField *fields;
};

/**
 * asp_api_check:
 * @fields: the members of a request
 * @request: its body; NULL is an empty object
 *
 * Returns: FALSE with ASP_API_VALIDATION when something is not as it must be
 */
gboolean asp_api_check (const AspApiField * fields, const AspJson * request, GError ** error);

G_END_DECLS
