/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-sigv4.h"

G_BEGIN_DECLS

/* Internal to the folder: the canonical request of Signature Version 4, and what is made of it. */

/* Parameters of a query in canonical order, without the one named @but (nullable). (transfer full) */
gchar *asp_sigv4_canonical_query (const gchar * query, const gchar * but);

/* The value of a parameter, decoded, or NULL. (transfer full) */
gchar *asp_sigv4_query_value (const gchar * query, const gchar * name);

/* Dot segments and empty ones away, what is left encoded once more. (transfer full) */
gchar *asp_sigv4_canonical_path (const gchar * path);

/* The hash of the whole canonical request; NULL when a header of @signed_headers is not
 * there. (transfer full) */
gchar *asp_sigv4_request_hash (const AspSigV4Request * request,
    const gchar * const *signed_headers, const gchar * without_parameter);

/* @date: "20251212T190459Z", @scope: "20251212/us-east-1/ivs/aws4_request" */
void asp_sigv4_sign (const gchar * secret, const gchar * date, const gchar * scope,
    const gchar * request_hash, gchar signature[ASP_SIGV4_SIGNATURE_SIZE + 1]);

G_END_DECLS
