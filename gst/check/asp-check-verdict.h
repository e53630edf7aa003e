/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-check.h"

G_BEGIN_DECLS

/*
 * What the facts mean for a splice, in words, and what to change. Thread: any; pure.
 * Since: 0.1
 */
typedef enum
{
  ASP_FINDING_NOTE,             /* good to know */
  ASP_FINDING_WARN,             /* it splices, but some of it is late, is skipped, or shows */
  ASP_FINDING_STOP,             /* it does not splice */
} AspFindingLevel;

typedef struct
{
  AspFindingLevel level;
  const gchar *code;            /* "rap-distance" ...: for programs; static */
  gchar *text;                  /* what is so: a sentence */
  gchar *advice;                /* what to change; NULL: nothing can be done, or need be */
} AspFinding;

/**
 * asp_check_verdict:
 * @program: one of @facts; NULL says what hinders already without one
 * Returns: (transfer full) (element-type AspFinding): the worst first
 */
GPtrArray *asp_check_verdict (const AspCheckFacts * facts, const AspCheckProgram * program);

/* The worst level of @findings; NOTE when there are none. */
AspFindingLevel asp_findings_worst (const GPtrArray * findings);

/* "note", "warn", "stop"; static. */
const gchar *asp_finding_level_name (AspFindingLevel level);

G_END_DECLS
