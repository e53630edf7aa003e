/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-es-video.h>

G_BEGIN_DECLS

/* What holds of the readers of every video codec, for any bytes. */
void fuzz_video (AspCodec codec, const guint8 * data, gsize size);

G_END_DECLS
