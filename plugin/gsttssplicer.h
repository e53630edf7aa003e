/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_TS_SPLICER (gst_ts_splicer_get_type ())
G_DECLARE_FINAL_TYPE (GstTsSplicer, gst_ts_splicer, GST, TS_SPLICER, GstElement)

GST_ELEMENT_REGISTER_DECLARE (tssplicer);

G_END_DECLS
