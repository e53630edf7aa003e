/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* VAST's error codes (4.3, 2.3.6.3): what [ERRORCODE] becomes. Since: 0.1 */
typedef enum
{
  ASP_AD_CODE_NONE = 0,
  ASP_AD_CODE_XML = 100,        /* not well-formed, or refused for what it would cost to read */
  ASP_AD_CODE_SCHEMA = 101,     /* XML, but no VAST */
  ASP_AD_CODE_VERSION = 102,
  ASP_AD_CODE_TRAFFICKING = 200,        /* an ad that was not expected or cannot be displayed */
  ASP_AD_CODE_LINEARITY = 201,
  ASP_AD_CODE_DURATION = 202,
  ASP_AD_CODE_SIZE = 203,
  ASP_AD_CODE_CATEGORY_MISSING = 204,
  ASP_AD_CODE_CATEGORY_BLOCKED = 205,
  ASP_AD_CODE_BREAK_SHORTENED = 206,
  ASP_AD_CODE_WRAPPER = 300,
  ASP_AD_CODE_WRAPPER_TIMEOUT = 301,
  ASP_AD_CODE_WRAPPER_LIMIT = 302,
  ASP_AD_CODE_WRAPPER_NO_AD = 303,
  ASP_AD_CODE_NO_DISPLAY = 304, /* nothing shown in the time that is allowed */
  ASP_AD_CODE_LINEAR = 400,
  ASP_AD_CODE_NOT_FOUND = 401,
  ASP_AD_CODE_MEDIA_TIMEOUT = 402,
  ASP_AD_CODE_NO_MEDIA = 403,   /* no media file of a kind that is supported */
  ASP_AD_CODE_DISPLAY = 405,
  ASP_AD_CODE_MEZZANINE_MISSING = 406,
  ASP_AD_CODE_MEZZANINE_BUSY = 407,     /* seen for the first time, being conditioned */
  ASP_AD_CODE_CONDITIONAL = 408,
  ASP_AD_CODE_INTERACTIVE_UNIT = 409,
  ASP_AD_CODE_VERIFICATION = 410,
  ASP_AD_CODE_MEZZANINE_SPEC = 411,
  ASP_AD_CODE_UNDEFINED = 900,
  ASP_AD_CODE_VPAID = 901,
  /* of VMAP 1.0.1, to the break's "error" */
  ASP_AD_CODE_VMAP_RESPONSE = 1004,     /* general: no ad came of it */
  ASP_AD_CODE_VMAP_DOCUMENT = 1006,     /* cannot be read */
  ASP_AD_CODE_VMAP_RETRIEVAL = 1008,    /* cannot be had */
} AspAdCode;

G_END_DECLS
