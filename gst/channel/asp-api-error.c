/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-api-error.h"

static const struct
{
  const gchar *name;
  guint status;
} errors[ASP_API_N_ERRORS] = {
  [ASP_API_VALIDATION] = {"ValidationException", 400},
  [ASP_API_BAD_REQUEST] = {"BadRequestException", 400},
  [ASP_API_QUOTA] = {"ServiceQuotaExceededException", 402},
  [ASP_API_ACCESS_DENIED] = {"AccessDeniedException", 403},
  [ASP_API_NOT_FOUND] = {"ResourceNotFoundException", 404},
  [ASP_API_NO_CONFIGURATION] = {"NotFoundException", 404},
  [ASP_API_UNKNOWN_OPERATION] = {"UnknownOperationException", 404},
  [ASP_API_NOT_BROADCASTING] = {"ChannelNotBroadcasting", 404},
  [ASP_API_CONFLICT] = {"ConflictException", 409},
  [ASP_API_THROTTLING] = {"ThrottlingException", 429},
  [ASP_API_INTERNAL] = {"InternalServerException", 500},
  [ASP_API_UNAVAILABLE] = {"ServiceUnavailable", 503},
};

GQuark
asp_api_error_quark (void)
{
  return g_quark_from_static_string ("asp-api-error");
}

const gchar *
asp_api_error_name (AspApiError code)
{
  return errors[code < ASP_API_N_ERRORS ? code : ASP_API_INTERNAL].name;
}

guint
asp_api_error_status (AspApiError code)
{
  return errors[code < ASP_API_N_ERRORS ? code : ASP_API_INTERNAL].status;
}
