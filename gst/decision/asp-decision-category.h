/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-decision-skip.h"

G_BEGIN_DECLS

/**
 * asp_decision_check_categories:
 * @blocked: (nullable): by the operator, NULL-terminated: "IAB7", "authority:value"
 *
 * The ad's categories against the BlockedAdCategories of its wrappers (VAST 4.3, 3.19.2) and
 * the operator's. "IAB7" blocks "IAB7-39" too. Returns: ASP_SKIP_NONE,
 * ASP_SKIP_CATEGORY_BLOCKED, or ASP_SKIP_CATEGORY_MISSING where one had to be there
 */
AspSkipReason asp_decision_check_categories (const AspAd * ad, const gchar * const *blocked,
    gboolean required);

G_END_DECLS
