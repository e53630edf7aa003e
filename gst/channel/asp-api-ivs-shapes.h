/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-api-shape.h"

G_BEGIN_DECLS

/*
 * The requests of Amazon IVS (2020-07-14) that are answered here, with the constraints of its
 * service model. Source: reference of the low-latency API. Thread: any; static. Since: 0.1
 */
#define ASP_API_BREAK_SECONDS_MIN 1
#define ASP_API_BREAK_SECONDS_MAX 300
#define ASP_API_POST_ROLL_SECONDS 15    /* when nobody has said */
#define ASP_API_PLAYBACK_CONFIGURATIONS_MAX 3   /* of one ad configuration */
#define ASP_API_TAGS_MAX 50
#define ASP_API_RESULTS_MAX 100         /* of one page */

#define ASP_API_PATTERN_CHANNEL_ARN "arn:aws:ivs:[a-z0-9-]+:[0-9]+:channel/[a-zA-Z0-9-]+"
#define ASP_API_PATTERN_AD_CONFIGURATION_ARN "arn:aws:ivs:[a-z0-9-]+:[0-9]+:ad-configuration/[a-zA-Z0-9-]+"
#define ASP_API_PATTERN_KEY_PAIR_ARN "arn:aws:ivs:[a-z0-9-]+:[0-9]+:playback-key/[a-zA-Z0-9-]+"
#define ASP_API_PATTERN_PLAYBACK_CONFIGURATION_ARN \
    "arn:aws:mediatailor:[a-z0-9-]+:[0-9]+:playbackConfiguration/[a-zA-Z0-9-]+"

extern const AspApiField asp_api_insert_ad_break[];
extern const AspApiField asp_api_create_ad_configuration[];
extern const AspApiField asp_api_update_ad_configuration[];
extern const AspApiField asp_api_get_ad_configuration[];        /* and Delete */
extern const AspApiField asp_api_list[];        /* ListAdConfigurations, ListPlaybackKeyPairs */
extern const AspApiField asp_api_get_channel[];
extern const AspApiField asp_api_list_channels[];
extern const AspApiField asp_api_update_channel[];
extern const AspApiField asp_api_get_stream[];
extern const AspApiField asp_api_list_streams[];
extern const AspApiField asp_api_import_playback_key_pair[];
extern const AspApiField asp_api_get_playback_key_pair[];       /* and Delete */
extern const AspApiField asp_api_tag_resource[];

G_END_DECLS
