/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ad-response.h>

G_BEGIN_DECLS

/*
 * Reads VAST 2.0 to 4.3, and the first linear break of a VMAP 1.0, into the types of gst/ad.
 *
 * It takes what the field sends: any namespace or none, prefixes that nobody declared, names in
 * any case, CDATA and white space anywhere, a byte order mark, UTF-16, the usual 8-bit sets
 * (declared, or found out because the bytes are no UTF-8), Mezzanine, UniversalAdId, AdVerifications and
 * icons in the Extension and CreativeExtension places of 2.x and 3.x. An element it does not
 * know is passed over, a tracking event it does not know is kept: neither sinks an ad.
 *
 * It refuses any DOCTYPE, and has the limits below, so that memory stays under 10 MiB whatever
 * is sent. What exceeds a limit of the first group refuses the document; of the second group
 * is left out, counted in `dropped` and named in `remark`.
 */
#define ASP_VAST_SIZE_MAX (2u << 20)    /* bytes of the document, as it came and as UTF-8 */
#define ASP_VAST_DEPTH_MAX 48   /* elements in elements */
#define ASP_VAST_ELEMENTS_MAX 8192
#define ASP_VAST_ATTRIBUTES_MAX 12288   /* of all elements */
#define ASP_VAST_TAG_SIZE_MAX (64u << 10)       /* bytes of one tag with its attributes */
#define ASP_VAST_TAG_ATTRIBUTES_MAX 64
#define ASP_VAST_TEXT_MAX (256u << 10)  /* bytes of one text, CDATA section or comment */

#define ASP_VAST_ADS_MAX 64
#define ASP_VAST_TRACKERS_MAX 512       /* URLs of one list: of an ad, of its linear creative */
#define ASP_VAST_PARTS_MAX 128  /* media files, companions, verifications ... of one list */
#define ASP_VAST_URL_MAX 25000  /* bytes; MediaTailor's limit */
#define ASP_VAST_EXTENSION_MAX (32u << 10)      /* bytes of one extension as XML */

/* Domain of the errors; the code is the VAST error code to report: ASP_AD_CODE_XML,
 * ASP_AD_CODE_SCHEMA or ASP_AD_CODE_VERSION. The message is a sentence with the line. */
#define ASP_VAST_ERROR (asp_vast_error_quark ())
GQuark asp_vast_error_quark (void);

/**
 * asp_vast_parse:
 * @data: (array length=size): the document
 * @charset: (nullable): of the Content-Type it came with; it wins over what the document says
 * Returns: (transfer full): what was answered, possibly no ad; NULL with ASP_VAST_ERROR set
 * Thread: any; no locks, no I/O. Since: 0.1
 */
AspAdResponse *asp_vast_parse (const gchar * data, gsize size, const gchar * charset,
    GError ** error);

/* "HH:MM:SS.mmm" and sloppy forms of it ("MM:SS", "30", "30.5", "0:30"); -1 = no time. */
gint64 asp_vast_time_90k (const gchar * text);
/* A time or "n%"; neither: nothing is set. */
AspAdOffset asp_vast_offset (const gchar * text);

G_END_DECLS
