/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-mediatailor-shapes.h"

#define END {NULL}
#define URL(name) {name, ASP_API_STRING, FALSE, 0, 25000}
#define OBJECT(name, members) {name, ASP_API_OBJECT, .fields = members}
#define ONE_OF(name, set) {name, ASP_API_STRING, .values = set}
#define MILLISECONDS(name) {name, ASP_API_INTEGER, FALSE, 250, 10000}

static const gchar *const insertion_modes[] = { "STITCHED_ONLY", "PLAYER_SELECT", NULL };
static const gchar *const suppression_modes[] = { "OFF", "BEHIND_LIVE_EDGE", "AFTER_LIVE_EDGE", NULL };
static const gchar *const fill_policies[] = { "FULL_AVAIL_ONLY", "PARTIAL_AVAIL", NULL };
static const gchar *const sequencing_modes[] = {
  "FOLLOW_AD_SEQUENCE", "IGNORE_AD_SEQUENCE", "FOLLOW_AD_SEQUENCE_ONLY_LIVE", "FOLLOW_AD_SEQUENCE_ONLY_VOD", NULL
};
static const gchar *const conditionings[] = { "TRANSCODE", "NONE", NULL };
static const gchar *const methods[] = { "GET", "POST", NULL };
static const gchar *const compressions[] = { "NONE", "GZIP", NULL };
static const gchar *const manifests[] = { "SINGLE_PERIOD", "MULTI_PERIOD", NULL };

static const AspApiField avail_suppression[] = {
  ONE_OF ("Mode", suppression_modes),
  {"Value", ASP_API_STRING, FALSE, 0, 16, "[0-9]{2}:[0-5][0-9]:[0-5][0-9]"},
  ONE_OF ("FillPolicy", fill_policies), END
};

static const AspApiField bumper[] = { URL ("StartUrl"), URL ("EndUrl"), END };
static const AspApiField cdn[] = { URL ("AdSegmentUrlPrefix"), URL ("ContentSegmentUrlPrefix"), END };

static const AspApiField dash[] = {
  {"MpdLocation", ASP_API_STRING}, ONE_OF ("OriginManifestType", manifests), END
};

static const AspApiField passthrough[] = { {"Enabled", ASP_API_BOOLEAN}, END };
static const AspApiField manifest_rules[] = { OBJECT ("AdMarkerPassthrough", passthrough), END };
static const AspApiField conditioning[] = { {"StreamingMediaFileConditioning", ASP_API_STRING, TRUE,.values = conditionings}, END };

static const AspApiField text_pair[] = {
  {"", ASP_API_STRING, TRUE, 1, 1024}, {"", ASP_API_STRING, TRUE, 0, 4096}, END
};

static const AspApiField alias_pair[] = {
  {"", ASP_API_STRING, TRUE, 1, 1024}, {"", ASP_API_MAP, TRUE,.fields = text_pair}, END
};

static const AspApiField http_request[] = {
  ONE_OF ("Method", methods), {"Headers", ASP_API_MAP,.fields = text_pair}, {"Body", ASP_API_STRING, FALSE, 0, 25000},
  ONE_OF ("CompressRequest", compressions), END
};

static const AspApiField vast_response[] = { ONE_OF ("AdSequencingMode", sequencing_modes), END };

static const AspApiField ads_configuration[] = {
  OBJECT ("HttpRequest", http_request), OBJECT ("VastResponse", vast_response), END
};

static const AspApiField pre_roll[] = {
  URL ("AdDecisionServerUrl"), {"MaxDurationSeconds", ASP_API_INTEGER, FALSE, 1, G_MAXINT32},
  OBJECT ("AdDecisionServerConfiguration", ads_configuration), END
};

static const AspApiField timeouts[] = {
  {"AdsRequestTimeoutMilliseconds", ASP_API_INTEGER, FALSE, 250, 6000},
  MILLISECONDS ("LiveMaximumAdsPersonalizationTimeMilliseconds"),
  MILLISECONDS ("VodMaximumAdsPersonalizationTimeMilliseconds"),
  MILLISECONDS ("PrefetchAdsRequestTimeoutMilliseconds"),
  MILLISECONDS ("PrefetchMaximumAdsPersonalizationTimeMilliseconds"), END
};

static const AspApiField concurrency[] = {
  {"MaxConcurrentAdsRequests", ASP_API_INTEGER, FALSE, 1, 100}, {"EnableVodVastParallelization", ASP_API_BOOLEAN}, END
};

static const AspApiField tag[] = { {"", ASP_API_STRING, TRUE, 1, 128}, {"", ASP_API_STRING, TRUE, 0, 256}, END };

const AspApiField asp_api_put_playback_configuration[] = {
  {"Name", ASP_API_STRING, TRUE, 1, ASP_API_PLAYBACK_NAME_MAX, "[a-zA-Z0-9-_]+"},
  {"VideoContentSourceUrl", ASP_API_STRING, FALSE, 0, 512},
  URL ("AdDecisionServerUrl"),
  ONE_OF ("InsertionMode", insertion_modes),
  OBJECT ("AvailSuppression", avail_suppression),
  OBJECT ("Bumper", bumper),
  URL ("SlateAdUrl"),
  {"PersonalizationThresholdSeconds", ASP_API_INTEGER, FALSE, 1, G_MAXINT32},
  OBJECT ("LivePreRollConfiguration", pre_roll),
  OBJECT ("ManifestProcessingRules", manifest_rules),
  OBJECT ("CdnConfiguration", cdn),
  OBJECT ("DashConfiguration", dash),
  {"ConfigurationAliases", ASP_API_MAP,.fields = alias_pair},
  {"TranscodeProfileName", ASP_API_STRING, FALSE, 0, 512},
  OBJECT ("AdConditioningConfiguration", conditioning),
  OBJECT ("AdDecisionServerConfiguration", ads_configuration),
  OBJECT ("AdsPersonalizationTimeouts", timeouts),
  OBJECT ("AdsPersonalizationConcurrency", concurrency),
  {"FunctionMapping", ASP_API_MAP,.fields = text_pair},
  {"tags", ASP_API_MAP, FALSE, 0, 50,.fields = tag},
  END
};
