/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-check-verdict.h"

#include <asp-json-writer.h>

G_BEGIN_DECLS

/*
 * What was measured, as JSON: integers only, with their unit in the name (_90k, _27m, _ms ...).
 * Names are those of asp-check.h. Thread: any; pure. Since: 0.1
 */

/* Members of the open object: those of asp-scte35-json.h, and program_number, pid, packet,
 * number, arrival_pts_90k (33 bit), lead_90k, rap_before_90k, rap_after_90k, on_rap, pairs
 * (array of pair, event_id, segmentation_type_id, other, distance_90k), base64. */
void asp_check_json_add_cue (AspJsonWriter * w, const AspCheckProgram * p, const AspCheckCue * cue);

/* An object @name. */
void asp_check_json_add_facts (AspJsonWriter * w, const gchar * name, const AspCheckFacts * facts);
/* An array @name of level, code, text, advice. */
void asp_check_json_add_findings (AspJsonWriter * w, const gchar * name, const GPtrArray * findings);

G_END_DECLS
