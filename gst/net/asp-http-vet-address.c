/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses: IANA's special-purpose registries (RFC 6890), and who is allowed. */
#include "asp-http-vet.h"

#include <gio/gio.h>
#include <string.h>

G_DEFINE_QUARK (asp-http-vet-error-quark, asp_http_vet_error)

typedef struct
{
  guint8 bytes[16];
  guint8 size;                  /* 4 or 16 */
  guint8 bits;
} Network;

struct _AspHttpAllow
{
  gatomicrefcount refs;
  GArray *networks;             /* Network */
  GPtrArray *names;             /* lower case; ".example" = all below example */
};

typedef struct
{
  const gchar *kind;
  guint8 bytes[16];
  guint8 bits;
} Special;

static const Special special4[] = {
  {"'this network'", {0}, 8},
  {"private", {10}, 8},
  {"carrier-grade NAT", {100, 64}, 10},
  {"loopback", {127}, 8},
  {"Azure's host", {168, 63, 129, 16}, 32},
  {"link-local, where clouds keep their metadata,", {169, 254}, 16},
  {"private", {172, 16}, 12},
  {"protocol assignment", {192, 0, 0}, 24},
  {"documentation", {192, 0, 2}, 24},
  {"AS112", {192, 31, 196}, 24},
  {"AMT", {192, 52, 193}, 24},
  {"6to4 relay", {192, 88, 99}, 24},
  {"private", {192, 168}, 16},
  {"AS112", {192, 175, 48}, 24},
  {"benchmark", {198, 18}, 15},
  {"documentation", {198, 51, 100}, 24},
  {"documentation", {203, 0, 113}, 24},
  {"multicast", {224}, 4},
  {"reserved or broadcast", {240}, 4},
};

/* In this order: the first one names it. */
static const Special special6[] = {
  {"unspecified", {0}, 128},
  {"loopback", {[15] = 1}, 128},
  {"IPv4-mapped", {[10] = 0xff, [11] = 0xff}, 96},
  {"IPv4-translated", {[8] = 0xff, [9] = 0xff}, 96},
  {"IPv4-compatible", {0}, 96},
  {"NAT64", {0, 0x64, 0xff, 0x9b}, 96},
  {"local NAT64", {0, 0x64, 0xff, 0x9b, 0, 1}, 48},
  {"discard-only", {0x01}, 64},
  {"Teredo", {0x20, 0x01}, 32},
  {"protocol assignment", {0x20, 0x01}, 23},
  {"documentation", {0x20, 0x01, 0x0d, 0xb8}, 32},
  {"6to4", {0x20, 0x02}, 16},
  {"documentation", {0x3f, 0xff}, 20},
  {"unique local", {0xfc}, 7},
  {"link-local", {0xfe, 0x80}, 10},
  {"site-local", {0xfe, 0xc0}, 10},
  {"multicast", {0xff}, 8},
};

static gboolean
within (const guint8 * bytes, const guint8 * network, guint bits)
{
  guint whole = bits / 8;

  if (memcmp (bytes, network, whole) != 0)
    return FALSE;
  return bits % 8 == 0 || ((bytes[whole] ^ network[whole]) >> (8 - bits % 8)) == 0;
}

/* An interface identifier of RFC 5214 6.1 holds an IPv4 address below any prefix. */
static gboolean
is_isatap (const guint8 * bytes)
{
  return (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
}

const gchar *
asp_http_address_kind (const guint8 * bytes, gsize size)
{
  if (size == 4) {
    for (guint i = 0; i < G_N_ELEMENTS (special4); i++)
      if (within (bytes, special4[i].bytes, special4[i].bits))
        return special4[i].kind;
    return NULL;
  }
  if (size != 16)
    return "unknown";
  for (guint i = 0; i < G_N_ELEMENTS (special6); i++)
    if (within (bytes, special6[i].bytes, special6[i].bits))
      return special6[i].kind;
  if (is_isatap (bytes))
    return "ISATAP";
  /* only 2000::/3 has been given out (RFC 4291 2.4) */
  return (bytes[0] & 0xe0) == 0x20 ? NULL : "reserved";
}

/* The IPv4 address that an IPv6 address stands for, where the packet will go. */
static gboolean
held_ipv4 (const guint8 * b, guint8 out[4])
{
  static const guint8 mapped[16] = {[10] = 0xff,[11] = 0xff };
  static const guint8 translated[16] = {[8] = 0xff,[9] = 0xff };
  static const guint8 nat64[16] = { 0, 0x64, 0xff, 0x9b };
  static const guint8 zero[16] = { 0 };
  static const guint8 loopback[16] = {[15] = 1 };

  if (memcmp (b, zero, 16) == 0 || memcmp (b, loopback, 16) == 0)
    return FALSE;
  if (b[0] == 0x20 && b[1] == 0x02) {
    memcpy (out, b + 2, 4);
    return TRUE;
  }
  if (within (b, mapped, 96) || within (b, translated, 96) || within (b, nat64, 96) ||
      within (b, zero, 96) || is_isatap (b)) {
    memcpy (out, b + 12, 4);
    return TRUE;
  }
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0) {
    for (guint i = 0; i < 4; i++)
      out[i] = b[12 + i] ^ 0xff;        /* RFC 4380 4 */
    return TRUE;
  }
  return FALSE;
}

static gboolean
allows (const AspHttpAllow * allow, const guint8 * bytes, gsize size)
{
  for (guint i = 0; allow && i < allow->networks->len; i++) {
    const Network *n = &g_array_index (allow->networks, Network, i);

    if (n->size == size && within (bytes, n->bytes, n->bits))
      return TRUE;
  }
  return FALSE;
}

const gchar *
asp_http_vet_address (const AspHttpAllow * allow, const guint8 * bytes, gsize size)
{
  const gchar *kind = asp_http_address_kind (bytes, size);
  guint8 held[4];

  if (!kind)
    return NULL;
  if (!allows (allow, bytes, size))
    return kind;
  return size == 16 && held_ipv4 (bytes, held) ? asp_http_vet_address (allow, held, 4) : NULL;
}

gboolean
asp_http_allow_host (const AspHttpAllow * allow, const gchar * host)
{
  for (guint i = 0; allow && i < allow->names->len; i++) {
    const gchar *name = g_ptr_array_index (allow->names, i);

    if (name[0] == '.' ? g_str_has_suffix (host, name) || !strcmp (host, name + 1) :
        !strcmp (host, name))
      return TRUE;
  }
  return FALSE;
}

/* "10.1.0.0/16", "::1". FALSE when it is none. */
static gboolean
read_network (const gchar * word, Network * out)
{
  const gchar *slash = strchr (word, '/');
  g_autofree gchar *text = slash ? g_strndup (word, slash - word) : g_strdup (word);
  g_autoptr (GInetAddress) address = NULL;
  guint64 bits;
  gsize n = strlen (text);

  if (n > 2 && text[0] == '[' && text[n - 1] == ']') {
    text[n - 1] = '\0';
    memmove (text, text + 1, n - 1);
  }
  address = strchr (text, '%') ? NULL : g_inet_address_new_from_string (text);
  if (!address)
    return FALSE;
  memset (out, 0, sizeof *out);
  out->size = g_inet_address_get_native_size (address);
  memcpy (out->bytes, g_inet_address_to_bytes (address), out->size);
  bits = out->size * 8;
  if (slash && !g_ascii_string_to_unsigned (slash + 1, 10, 0, bits, &bits, NULL))
    return FALSE;
  out->bits = bits;
  return TRUE;
}

static gboolean
read_name (const gchar * word, gchar ** out)
{
  const gchar *name = g_str_has_prefix (word, "*.") ? word + 2 : word;
  /* which reads beyond the end of what is not UTF-8 */
  g_autofree gchar *ascii = g_utf8_validate (name, -1, NULL) ? g_hostname_to_ascii (name) : NULL;
  g_autofree gchar *lower = ascii ? g_ascii_strdown (ascii, -1) : NULL;

  if (!lower || !*lower || lower[strspn (lower, "abcdefghijklmnopqrstuvwxyz0123456789-_.")] ||
      g_ascii_isdigit (lower[strlen (lower) - 1]))
    return FALSE;
  *out = name == word ? g_steal_pointer (&lower) : g_strconcat (".", lower, NULL);
  return TRUE;
}

AspHttpAllow *
asp_http_allow_new (const gchar * text, GError ** error)
{
  AspHttpAllow *allow = g_new0 (AspHttpAllow, 1);
  g_auto (GStrv) words = g_strsplit_set (text ? text : "", ", \t\n", -1);

  g_atomic_ref_count_init (&allow->refs);
  allow->networks = g_array_new (FALSE, FALSE, sizeof (Network));
  allow->names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; words[i]; i++) {
    Network network;
    gchar *name = NULL;

    if (!*words[i])
      continue;
    if (read_network (words[i], &network)) {
      g_array_append_val (allow->networks, network);
    } else if (read_name (words[i], &name)) {
      g_ptr_array_add (allow->names, name);
    } else {
      g_set_error (error, ASP_HTTP_VET_ERROR, ASP_HTTP_VET_ERROR_ADDRESS,
          "'%s' is nothing that can be allowed: it must be an address (127.0.0.1), a network "
          "(10.1.0.0/16), a name (ads.example) or all names below one (*.ads.example)", words[i]);
      asp_http_allow_unref (allow);
      return NULL;
    }
  }
  return allow;
}

AspHttpAllow *
asp_http_allow_ref (AspHttpAllow * allow)
{
  if (allow)
    g_atomic_ref_count_inc (&allow->refs);
  return allow;
}

void
asp_http_allow_unref (AspHttpAllow * allow)
{
  if (!allow || !g_atomic_ref_count_dec (&allow->refs))
    return;
  g_array_unref (allow->networks);
  g_ptr_array_unref (allow->names);
  g_free (allow);
}
