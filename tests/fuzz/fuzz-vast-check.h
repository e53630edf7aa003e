/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-vast.h>

G_BEGIN_DECLS

/* Asserts what must hold of any document that was read: limits, texts, and that each ad is the
 * same again after its JSON form and after a copy. */
void fuzz_vast_check (const AspAdResponse * response);

G_END_DECLS
