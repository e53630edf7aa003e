/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-plan.h"

typedef struct
{
  guint32 event_id;
  gint64 asked_90k;
} AspPlanDone;

struct _AspPlan
{
  AspPlanConfig config;
  GQueue pending;               /* AspBreak by time; those without one first */
  gboolean running;
  AspPlanDone running_cue;
  gboolean running_is_cue;
  AspPlanDone done[ASP_PLAN_DONE_MAX];
  guint n_done;
};
