/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Public keys that viewers' tokens are checked with: ECDSA on the curve P-384 (ES384, RFC 7518
 * 3.4), as PEM ("BEGIN PUBLIC KEY", RFC 7468 13). Thread: any; pure. Since: 0.1
 */
#define ASP_PUBLIC_KEY_PEM_MAX 8192     /* bytes */

typedef enum
{
  ASP_PUBLIC_KEY_ERROR_PEM,     /* it cannot be read */
  ASP_PUBLIC_KEY_ERROR_KIND,    /* another algorithm or curve */
} AspPublicKeyError;

#define ASP_PUBLIC_KEY_ERROR (asp_public_key_error_quark ())
GQuark asp_public_key_error_quark (void);

/**
 * asp_public_key_check:
 * @pem: of the public half; a private key is refused, and stands in no message
 *
 * Returns: (transfer full): its fingerprint, MD5 of its SubjectPublicKeyInfo as hexadecimal
 *   pairs with ':' between them, which Amazon IVS shows; NULL with ASP_PUBLIC_KEY_ERROR
 */
gchar *asp_public_key_check (const gchar * pem, GError ** error);

G_END_DECLS
