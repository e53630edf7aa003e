/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-check-verdict.h>

G_BEGIN_DECLS

/* What a check has found, printed to stdout for people. */

void report_stream_line (const gchar * place, const AspCheckFacts * facts);
void report_program (const AspCheckProgram * p);

/* @words: for the worst of @findings being a note, a warning, or a stop */
void report_verdict (const gchar * const words[3], const GPtrArray * findings);

G_END_DECLS
