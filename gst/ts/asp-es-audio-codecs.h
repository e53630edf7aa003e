/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-es-audio.h"

G_BEGIN_DECLS

/* Internal to gst/ts: the codecs behind asp_es_audio_frame(), which see. @size is not 0.
 * Thread: any; pure. Since: 0.1 */
AspAudioResult asp_es_ac3_frame (const guint8 * data, gsize size, AspAudioFrame * out);
AspAudioResult asp_es_latm_frame (const guint8 * data, gsize size, AspLatmState * latm, AspAudioFrame * out);

/* samplingFrequencyIndex of ISO/IEC 14496-3 Table 1.18; 0 for reserved and escape */
guint asp_es_aac_rate (guint index);

/* channelConfiguration of 14496-3 Table 1.19; 0 when a program_config_element says it */
guint asp_es_aac_channels (guint configuration);

G_END_DECLS
