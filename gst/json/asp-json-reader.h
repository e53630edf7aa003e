/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-json-writer.h"

G_BEGIN_DECLS

/*
 * Reads JSON of a peer: strictly RFC 8259, and no more of it than a program of this kind
 * has use for. Refused, each with line and column: more than ASP_JSON_SIZE_MAX bytes, deeper than
 * ASP_JSON_DEPTH_MAX, what is not UTF-8, NUL, a name that an object has twice, an integer
 * that does not fit 64 bits, a number that is infinite.
 *
 * A value belongs to its root and lives as long as that; all are immutable.
 * Thread: any; no locks, no I/O. Since: 0.1
 */
#define ASP_JSON_SIZE_MAX (4u << 20)
#define ASP_JSON_DEPTH_MAX 64

typedef enum
{
  ASP_JSON_ERROR_SIZE,          /* a limit is exceeded */
  ASP_JSON_ERROR_UTF8,
  ASP_JSON_ERROR_SYNTAX,        /* no JSON, or it ends in the middle */
  ASP_JSON_ERROR_NUMBER,        /* does not fit */
  ASP_JSON_ERROR_DUPLICATE,     /* a name stands twice in one object */
} AspJsonError;

#define ASP_JSON_ERROR (asp_json_error_quark ())
GQuark asp_json_error_quark (void);

typedef struct _AspJson AspJson;

typedef enum
{
  ASP_JSON_NULL,
  ASP_JSON_BOOLEAN,
  ASP_JSON_INTEGER,             /* written without fraction and exponent */
  ASP_JSON_DOUBLE,
  ASP_JSON_STRING,
  ASP_JSON_ARRAY,
  ASP_JSON_OBJECT,
} AspJsonKind;

/**
 * asp_json_parse:
 * @text: (nullable): when @size is 0
 *
 * Returns: (transfer full): the outermost value, for asp_json_free(); NULL with
 *   ASP_JSON_ERROR set
 */
AspJson *asp_json_parse (const gchar * text, gsize size, GError ** error);
void asp_json_free (AspJson * root);    /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspJson, asp_json_free)

/* NULL as value is welcome in all of these, so that a path can be followed and asked about
 * once: it is of kind ASP_JSON_NULL, and has nothing in it. */
AspJsonKind asp_json_kind (const AspJson * value);

/* Elements of an array, members of an object, else 0. */
guint asp_json_length (const AspJson * value);
const AspJson *asp_json_element (const AspJson * array, guint index);
const AspJson *asp_json_member (const AspJson * object, const gchar * name);

typedef void (*AspJsonMemberFunc) (const gchar * name, const AspJson * value, gpointer user_data);
/* In the order in which they stand. */
void asp_json_foreach_member (const AspJson * object, AspJsonMemberFunc func, gpointer user_data);

/* NULL, or FALSE with @out untouched, when @value is of another kind. A whole number is a
 * number too, but 1.0 is no integer. */
const gchar *asp_json_string (const AspJson * value);
gboolean asp_json_integer (const AspJson * value, gint64 * out);
gboolean asp_json_number (const AspJson * value, gdouble * out);
gboolean asp_json_boolean (const AspJson * value, gboolean * out);

/* What was read, as part of what is written. */
void asp_json_add_value (AspJsonWriter * w, const gchar * name, const AspJson * value);

G_END_DECLS
