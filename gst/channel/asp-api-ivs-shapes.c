/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-ivs-shapes.h"

#include "asp-api-arn.h"

#define END {NULL}

/* -- members that several have -- */

#define ARN(name, required, pattern) {name, ASP_API_STRING, required, 1, ASP_API_ARN_MAX, pattern}
#define CHANNEL_ARN(name) ARN (name, TRUE, ASP_API_PATTERN_CHANNEL_ARN)
#define NAME {"name", ASP_API_STRING, FALSE, 0, 128, "[a-zA-Z0-9-_]*"}
#define TAGS(required) {"tags", ASP_API_MAP, required, 0, ASP_API_TAGS_MAX, .fields = tag}
#define NEXT_TOKEN {"nextToken", ASP_API_STRING, FALSE, 0, 1024, "[a-zA-Z0-9+/=_-]*"}
#define MAX_RESULTS {"maxResults", ASP_API_INTEGER, FALSE, 1, ASP_API_RESULTS_MAX}

static const AspApiField tag[] = {
  {"", ASP_API_STRING, TRUE, 1, 128}, {"", ASP_API_STRING, TRUE, 0, 256}, END
};

static const AspApiField playback_configuration[] = {
  ARN ("playbackConfigurationArn", TRUE, ASP_API_PATTERN_PLAYBACK_CONFIGURATION_ARN), END
};

static const AspApiField playback_configurations[] = {
  {"", ASP_API_OBJECT, TRUE,.fields = playback_configuration}, END
};

#define PLAYBACK_CONFIGURATIONS(required) {"mediaTailorPlaybackConfigurations", ASP_API_LIST, required, 1, \
    ASP_API_PLAYBACK_CONFIGURATIONS_MAX, .fields = playback_configurations}

/* sent, it is whole */
static const AspApiField post_roll[] = {
  {"enabled", ASP_API_BOOLEAN, TRUE},
  {"durationSeconds", ASP_API_INTEGER, TRUE, ASP_API_BREAK_SECONDS_MIN, ASP_API_BREAK_SECONDS_MAX},
  END
};

/* preRollConfiguration is ours: IVS has none */
#define ROLLS {"postRollConfiguration", ASP_API_OBJECT, .fields = post_roll}, \
    {"preRollConfiguration", ASP_API_OBJECT, .fields = post_roll}

/* -- requests -- */

const AspApiField asp_api_insert_ad_break[] = {
  CHANNEL_ARN ("channelArn"),
  {"durationSeconds", ASP_API_INTEGER, TRUE, ASP_API_BREAK_SECONDS_MIN, ASP_API_BREAK_SECONDS_MAX},
  END
};

const AspApiField asp_api_create_ad_configuration[] = {
  NAME, PLAYBACK_CONFIGURATIONS (TRUE), ROLLS, TAGS (FALSE), END
};

const AspApiField asp_api_update_ad_configuration[] = {
  ARN ("arn", TRUE, ASP_API_PATTERN_AD_CONFIGURATION_ARN), NAME, PLAYBACK_CONFIGURATIONS (FALSE), ROLLS, END
};

const AspApiField asp_api_get_ad_configuration[] = {
  ARN ("arn", TRUE, ASP_API_PATTERN_AD_CONFIGURATION_ARN), END
};

const AspApiField asp_api_list[] = { NEXT_TOKEN, MAX_RESULTS, END };

const AspApiField asp_api_get_channel[] = { CHANNEL_ARN ("arn"), END };

const AspApiField asp_api_list_channels[] = {
  {"filterByName", ASP_API_STRING, FALSE, 0, 128, "[a-zA-Z0-9-_]*"},
  ARN ("filterByAdConfigurationArn", FALSE, ASP_API_PATTERN_AD_CONFIGURATION_ARN),
  NEXT_TOKEN, MAX_RESULTS, END
};

const AspApiField asp_api_update_channel[] = {
  CHANNEL_ARN ("arn"), NAME,
  /* the empty one detaches */
  {"adConfigurationArn", ASP_API_STRING, FALSE, 0, ASP_API_ARN_MAX, "|" ASP_API_PATTERN_AD_CONFIGURATION_ARN},
  {"authorized", ASP_API_BOOLEAN},
  END
};

const AspApiField asp_api_get_stream[] = { CHANNEL_ARN ("channelArn"), END };

static const gchar *const health[] = { "HEALTHY", "STARVING", "UNKNOWN", NULL };

static const AspApiField stream_filter[] = { {"health", ASP_API_STRING,.values = health}, END };

const AspApiField asp_api_list_streams[] = {
  {"filterBy", ASP_API_OBJECT,.fields = stream_filter}, NEXT_TOKEN, MAX_RESULTS, END
};

const AspApiField asp_api_import_playback_key_pair[] = {
  {"publicKeyMaterial", ASP_API_STRING, TRUE, 1, 8192}, NAME, TAGS (FALSE), END
};

const AspApiField asp_api_get_playback_key_pair[] = {
  ARN ("arn", TRUE, ASP_API_PATTERN_KEY_PAIR_ARN), END
};

const AspApiField asp_api_tag_resource[] = { TAGS (TRUE), END };
