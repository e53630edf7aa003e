/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-rendition.h"

G_BEGIN_DECLS

/*
 * Do the pictures of a creative fit a rendition as they are, so that they need not be encoded
 * again? Its bytes come in, all of them; what is no transport stream does not fit.
 * Thread: one object, one thread; pure. Since: 0.1
 */
typedef struct _AspVideoFit AspVideoFit;

/* @unit: frames: at each of its beginnings a closed GOP must begin */
AspVideoFit *asp_video_fit_new (const AspRendition * rendition, guint unit);
void asp_video_fit_free (AspVideoFit * f);      /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspVideoFit, asp_video_fit_free)

/* Returns: FALSE when it is known already that it does not fit: no more bytes are needed */
gboolean asp_video_fit_push (AspVideoFit * f, const guint8 * data, gsize size);

/* No more bytes come. (nullable): static: why not; NULL: it fits */
const gchar *asp_video_fit_finish (AspVideoFit * f);

G_END_DECLS
