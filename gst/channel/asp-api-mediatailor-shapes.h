/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-api-shape.h"

G_BEGIN_DECLS

/*
 * Requests of AWS Elemental MediaTailor (2018-04-23) that are answered here, with the
 * constraints of its reference and guide. Thread: any; static. Since: 0.1
 */
#define ASP_API_PLAYBACK_NAME_MAX 512

extern const AspApiField asp_api_put_playback_configuration[];

G_END_DECLS
