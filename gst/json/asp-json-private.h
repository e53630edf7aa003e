/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-json-reader.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Shared by the files of this folder only: an AspJson is a JsonNode of a tree that nobody
 * changes. */
static inline JsonNode *
asp_json_node (const AspJson * value)
{
  return (JsonNode *) value;
}

/**
 * asp_json_scan:
 * @text: UTF-8
 * @members: (out): of all objects together
 *
 * Is @text one JSON value of RFC 8259, within the limits of asp-json-reader.h? Recursion and
 * memory do not depend on what stands there.
 */
gboolean asp_json_scan (const gchar * text, gsize size, gsize * members, GError ** error);

G_END_DECLS
