/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_AD_CONDITION_BIN (gst_ad_condition_bin_get_type ())
G_DECLARE_FINAL_TYPE (GstAdConditionBin, gst_ad_condition_bin, GST, AD_CONDITION_BIN, GstBin)

GST_ELEMENT_REGISTER_DECLARE (adconditionbin);

G_END_DECLS
