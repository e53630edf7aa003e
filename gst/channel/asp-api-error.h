/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What an operation of the API refuses, with the names and statuses that Amazon's SDKs raise
 * their own exception types for: IVS 2020-07-14, MediaTailor 2018-04-23.
 * Thread: any; pure. Since: 0.1
 */
typedef enum
{
  ASP_API_VALIDATION,           /* 400 ValidationException */
  ASP_API_BAD_REQUEST,          /* 400 BadRequestException: the only one that MediaTailor knows */
  ASP_API_QUOTA,                /* 402 ServiceQuotaExceededException */
  ASP_API_ACCESS_DENIED,        /* 403 AccessDeniedException */
  ASP_API_NOT_FOUND,            /* 404 ResourceNotFoundException */
  ASP_API_NO_CONFIGURATION,     /* 404 NotFoundException: MediaTailor's, which models it not */
  ASP_API_UNKNOWN_OPERATION,    /* 404 UnknownOperationException: no route */
  ASP_API_NOT_BROADCASTING,     /* 404 ChannelNotBroadcasting */
  ASP_API_CONFLICT,             /* 409 ConflictException */
  ASP_API_THROTTLING,           /* 429 ThrottlingException */
  ASP_API_INTERNAL,             /* 500 InternalServerException */
  ASP_API_UNAVAILABLE,          /* 503 ServiceUnavailable */
  ASP_API_N_ERRORS,
} AspApiError;

#define ASP_API_ERROR (asp_api_error_quark ())
GQuark asp_api_error_quark (void);

/* For x-amzn-ErrorType; static. */
const gchar *asp_api_error_name (AspApiError code);
/* HTTP. */
guint asp_api_error_status (AspApiError code);

G_END_DECLS
