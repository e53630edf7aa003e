/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_HLS_AD_SINK (gst_hls_ad_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstHlsAdSink, gst_hls_ad_sink, GST, HLS_AD_SINK, GstElement)

GST_ELEMENT_REGISTER_DECLARE (hlsadsink);

G_END_DECLS
