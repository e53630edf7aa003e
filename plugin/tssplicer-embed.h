/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gsttssplicer.h"

#include <asp-channel.h>

G_BEGIN_DECLS

/*
 * What adsplicebin does with the splicers inside of it, beyond what every application can.
 * Thread: any, unless it says otherwise. Since: 0.1
 */

/* The splicer is one rendition of @channel, named @rendition in messages. In READY or NULL. */
void gst_ts_splicer_set_channel (GstTsSplicer * self, AspChannel * channel, const gchar * rendition);

G_END_DECLS
