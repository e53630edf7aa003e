/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Writes one JSON text (RFC 8259), value by value. It knows no form: who has something to
 * say says it here, next to its own types.
 *
 * A value in an object has a name, one in an array or the outermost one has NULL. An object must not be given the same name twice.
 * Integers are written as they are, also beyond 2^53.
 *
 * Owner: the caller of asp_json_writer_new(). Thread: one writer, one thread. Since: 0.1
 */
typedef struct _AspJsonWriter AspJsonWriter;

/* @pretty: over several lines, indented by two; else one line without line end. */
AspJsonWriter *asp_json_writer_new (gboolean pretty);
void asp_json_writer_free (AspJsonWriter * w);  /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspJsonWriter, asp_json_writer_free)

void asp_json_begin_object (AspJsonWriter * w, const gchar * name);
void asp_json_end_object (AspJsonWriter * w);
void asp_json_begin_array (AspJsonWriter * w, const gchar * name);
void asp_json_end_array (AspJsonWriter * w);

/* What is not UTF-8 in @value becomes U+FFFD; NULL is written as null. */
void asp_json_add_string (AspJsonWriter * w, const gchar * name, const gchar * value);
void asp_json_add_int (AspJsonWriter * w, const gchar * name, gint64 value);
/* JSON has no infinities: what is not finite is written as null. */
void asp_json_add_double (AspJsonWriter * w, const gchar * name, gdouble value);
void asp_json_add_boolean (AspJsonWriter * w, const gchar * name, gboolean value);
void asp_json_add_null (AspJsonWriter * w, const gchar * name);
/* Lower-case hexadecimal; NULL is the empty string. */
void asp_json_add_hex (AspJsonWriter * w, const gchar * name, GBytes * bytes);

/* (transfer none): what has been written; a JSON text once all that was begun has ended. */
const gchar *asp_json_writer_text (const AspJsonWriter * w);

G_END_DECLS
