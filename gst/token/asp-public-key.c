/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-public-key.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <string.h>

G_DEFINE_QUARK (asp-public-key-error, asp_public_key_error)

static gchar *
fingerprint (gnutls_pubkey_t key)
{
  gnutls_datum_t der = { NULL, 0 };
  g_autofree gchar *hex = NULL;
  GString *text;

  if (gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &der) < 0)
    return NULL;
  hex = g_compute_checksum_for_data (G_CHECKSUM_MD5, der.data, der.size);
  gnutls_free (der.data);
  text = g_string_new (NULL);
  for (const gchar * p = hex; *p; p += 2)
    g_string_append_printf (text, "%s%.2s", p > hex ? ":" : "", p);
  return g_string_free (text, FALSE);
}

/* NULL when it is as it must be. */
static const gchar *
wrong_kind (gnutls_pubkey_t key)
{
  gnutls_ecc_curve_t curve;

  if (gnutls_pubkey_get_pk_algorithm (key, NULL) != GNUTLS_PK_ECDSA)
    return "is none of ECDSA";
  if (gnutls_pubkey_export_ecc_raw2 (key, &curve, NULL, NULL, 0) < 0 || curve != GNUTLS_ECC_CURVE_SECP384R1)
    return "is on another curve";
  return NULL;
}

gchar *
asp_public_key_check (const gchar * pem, GError ** error)
{
  gsize size = strlen (pem);
  gnutls_datum_t datum = { (unsigned char *) pem, (unsigned int) size };
  const gchar *wrong;
  gchar *print = NULL;
  gnutls_pubkey_t key;

  if (size > ASP_PUBLIC_KEY_PEM_MAX || !strstr (pem, "-----BEGIN PUBLIC KEY-----") || strstr (pem, "PRIVATE KEY")) {
    g_set_error_literal (error, ASP_PUBLIC_KEY_ERROR, ASP_PUBLIC_KEY_ERROR_PEM,
        "The key must be a public key as PEM (-----BEGIN PUBLIC KEY-----)");
    return NULL;
  }
  if (gnutls_pubkey_init (&key) < 0) {
    g_set_error_literal (error, ASP_PUBLIC_KEY_ERROR, ASP_PUBLIC_KEY_ERROR_PEM, "GnuTLS takes no more keys");
    return NULL;
  }
  if (gnutls_pubkey_import (key, &datum, GNUTLS_X509_FMT_PEM) < 0) {
    g_set_error_literal (error, ASP_PUBLIC_KEY_ERROR, ASP_PUBLIC_KEY_ERROR_PEM,
        "The public key cannot be read: its PEM is damaged");
  } else if ((wrong = wrong_kind (key)) || !(print = fingerprint (key))) {
    g_set_error (error, ASP_PUBLIC_KEY_ERROR, ASP_PUBLIC_KEY_ERROR_KIND, "The public key %s: tokens are "
        "signed with ES384, a key of the curve P-384 (openssl ecparam -name secp384r1)",
        wrong ? wrong : "has no encoding");
  }
  gnutls_pubkey_deinit (key);
  return print;
}
