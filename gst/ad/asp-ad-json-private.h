/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "asp-ad-fields.h"
#include "asp-ad-json.h"

G_BEGIN_DECLS

/* The members of one object of a type, in and out. Private to this folder. */
void asp_ad_json_add_fields (AspJsonWriter * w, const AspAdType * type, gconstpointer object);
/* Into what asp_ad_fields_init() has made; FALSE with ASP_AD_ERROR, @to is to be cleared then
 * too. A kind that is not known is the first. */
gboolean asp_ad_json_read_fields (const AspJson * object, const AspAdType * type, gpointer to,
    GError ** error);

G_END_DECLS
