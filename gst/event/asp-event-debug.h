/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Internal to gst/event: its debug category, "asp-event". There is nothing to say before there is a log. */
GST_DEBUG_CATEGORY_EXTERN (asp_event_debug);
#define GST_CAT_DEFAULT asp_event_debug

G_END_DECLS
