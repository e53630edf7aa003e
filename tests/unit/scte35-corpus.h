/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* The vectors of the corpus (scte35/scte35-vectors-*.json): objects with "id", "base64",
 * "expect" ...; the array is empty when the corpus is not there. json_array_unref() it. */
JsonArray *scte35_corpus_vectors (void);

/* The facts about its streams (ts/ts-facts-*.json): an object by file name, may be empty. */
JsonObject *scte35_corpus_ts_facts (void);

G_END_DECLS
