/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_AD_SPLICE_BIN (gst_ad_splice_bin_get_type ())
G_DECLARE_FINAL_TYPE (GstAdSpliceBin, gst_ad_splice_bin, GST, AD_SPLICE_BIN, GstBin)

GST_ELEMENT_REGISTER_DECLARE (adsplicebin);

G_END_DECLS
