/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Internal to gst/event: its debug category, "asp-event". */
#define GST_CAT_DEFAULT (asp_event_debug ())
GstDebugCategory *asp_event_debug (void);

G_END_DECLS
