/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The values of a configuration file. Each reader leaves its field alone when it fails. */
#include "asp-config-private.h"

#include <gio/gio.h>
#include <string.h>

#include "asp-api-private.h"

#define HOST_MAX 253            /* RFC 1035, 3.1 */
#define RATE_MAX 1e6

static gboolean G_GNUC_PRINTF (2, 3)
wrong (gchar ** why, const gchar * format, ...)
{
  va_list args;

  va_start (args, format);
  *why = g_strdup_vprintf (format, args);
  va_end (args);
  return FALSE;
}

/* --- text and lists: the escapes of key files --------------------------------------------- */

/* GKeyFile stumbles over the second wrong one. */
static gboolean
check_escapes (const gchar * raw, const gchar * known, gchar ** why)
{
  for (; *raw; raw++)
    if (*raw == '\\' && (!*++raw || !strchr (known, *raw)))
      return wrong (why, "it has an escape that there is not; \\\\ is a backslash");
  return TRUE;
}

/* NULL with @why. */
static gchar *
unescape (const gchar * raw, gchar ** why)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  if (!check_escapes (raw, "sntr\\", why))
    return NULL;
  g_key_file_set_value (file, "g", "k", raw);
  return g_key_file_get_string (file, "g", "k", NULL);
}

/* Trimmed items, none of them empty, at most @max. NULL with @why. */
static gchar **
split (const gchar * raw, guint max, gchar ** why)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_auto (GStrv) items = NULL;
  gsize n = 0;

  if (!check_escapes (raw, "sntr\\;", why))
    return NULL;
  g_key_file_set_value (file, "g", "k", raw);
  items = g_key_file_get_string_list (file, "g", "k", &n, NULL);
  if (!items || n == 0) {
    wrong (why, "it is an empty list");
    return NULL;
  }
  if (n > max) {
    wrong (why, "it has %" G_GSIZE_FORMAT " items, and may have %u", n, max);
    return NULL;
  }
  for (gsize i = 0; i < n; i++) {
    if (!*g_strstrip (items[i])) {
      wrong (why, "item %" G_GSIZE_FORMAT " of the list is empty", i + 1);
      return NULL;
    }
  }
  return g_steal_pointer (&items);
}

typedef gboolean (*Check) (const gchar * item, gchar ** why);

static gboolean
read_list (const gchar * raw, guint max, Check check, gpointer field, gchar ** why)
{
  g_auto (GStrv) items = split (raw, max, why);

  if (!items)
    return FALSE;
  for (guint i = 0; check && items[i]; i++)
    if (!check (items[i], why))
      return FALSE;
  *(gchar ***) field = g_steal_pointer (&items);
  return TRUE;
}

static gboolean
read_one (const gchar * raw, Check check, gpointer field, gchar ** why)
{
  g_autofree gchar *text = unescape (raw, why);

  if (!text || (check && !check (text, why)))
    return FALSE;
  *(gchar **) field = g_steal_pointer (&text);
  return TRUE;
}

gboolean
asp_config_read_text (const gchar * raw, gpointer field, gchar ** why)
{
  return read_one (raw, NULL, field, why);
}

gboolean
asp_config_read_flag (const gchar * raw, gpointer field, gchar ** why)
{
  gboolean yes = !strcmp (raw, "true") || !strcmp (raw, "yes") || !strcmp (raw, "1");

  if (!yes && strcmp (raw, "false") && strcmp (raw, "no") && strcmp (raw, "0"))
    return wrong (why, "\"%.40s\" is neither", raw);
  *(gboolean *) field = yes;
  return TRUE;
}

/* --- names ------------------------------------------------------------------------------------ */

/* Letters, digits and @more. */
static gboolean
consists_of (const gchar * text, const gchar * more)
{
  if (!*text)
    return FALSE;
  for (; *text; text++)
    if (!g_ascii_isalnum (*text) && !strchr (more, *text))
      return FALSE;
  return TRUE;
}

gboolean
asp_config_is_name (const gchar * text)
{
  return consists_of (text, "-_") && strlen (text) <= ASP_CONFIG_NAME_MAX;
}

gboolean
asp_config_is_property (const gchar * text)
{
  return g_ascii_islower (*text) && consists_of (text, "-_.:") && strlen (text) <= ASP_CONFIG_NAME_MAX;
}

static gboolean
check_name (const gchar * text, gchar ** why)
{
  return asp_config_is_name (text) || wrong (why, "\"%.40s\" can be no name of a channel", text);
}

static gboolean
check_region (const gchar * text, gchar ** why)
{
  return (consists_of (text, "-") && strlen (text) <= 64) || wrong (why, "\"%.40s\" is none", text);
}

static gboolean
check_account (const gchar * text, gchar ** why)
{
  return (strlen (text) == 12 && strspn (text, "0123456789") == 12) || wrong (why, "\"%.40s\" is none", text);
}

gboolean
asp_config_read_region (const gchar * raw, gpointer field, gchar ** why)
{
  return read_one (raw, check_region, field, why);
}

gboolean
asp_config_read_account (const gchar * raw, gpointer field, gchar ** why)
{
  return read_one (raw, check_account, field, why);
}

gboolean
asp_config_read_channels (const gchar * raw, gpointer field, gchar ** why)
{
  return read_list (raw, ASP_CONFIG_LIST_MAX, check_name, field, why);
}

/* --- the network -------------------------------------------------------------------------------- */

static gboolean
check_host (const gchar * text, gchar ** why)
{
  const gchar *name = g_str_has_prefix (text, "*.") ? text + 2 : text;

  if (strlen (name) <= HOST_MAX && (consists_of (name, "-_.") || g_hostname_is_ip_address (name)))
    return TRUE;
  return wrong (why, "\"%.40s\" is no host", text);
}

static gboolean
check_address (const gchar * text, gchar ** why)
{
  const gchar *colon = strrchr (text, ':');
  g_autofree gchar *host = colon ? g_strndup (text, (gsize) (colon - text)) : NULL;
  gsize size = host ? strlen (host) : 0;
  guint64 port;

  if (!host || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, &port, NULL))
    return wrong (why, "\"%.60s\" has no port; port 0 is any that is free", text);
  if (size > 2 && host[0] == '[' && host[size - 1] == ']') {
    host[size - 1] = 0;
    return g_hostname_is_ip_address (host + 1) || wrong (why, "\"%.60s\" is no address", host + 1);
  }
  if (strchr (host, ':'))
    return wrong (why, "an IPv6 address stands in brackets: [%.60s]:%u", host, (guint) port);
  return check_host (host, why);
}

static gboolean
check_url (const gchar * text, gchar ** why)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  const gchar *scheme = uri ? g_uri_get_scheme (uri) : NULL;

  if (uri && (!strcmp (scheme, "http") || !strcmp (scheme, "https")) && g_uri_get_host (uri) && *g_uri_get_host (uri))
    return TRUE;
  return wrong (why, "\"%.60s\" is no URL", text);
}

static gboolean
check_network (const gchar * text, gchar ** why)
{
  g_autoptr (GInetAddressMask) mask = g_inet_address_mask_new_from_string (text, NULL);

  return mask || wrong (why, "\"%.60s\" is no network", text);
}

gboolean
asp_config_read_address (const gchar * raw, gpointer field, gchar ** why)
{
  return read_one (raw, check_address, field, why);
}

gboolean
asp_config_read_url (const gchar * raw, gpointer field, gchar ** why)
{
  return read_one (raw, check_url, field, why);
}

gboolean
asp_config_read_hosts (const gchar * raw, gpointer field, gchar ** why)
{
  return read_list (raw, ASP_CONFIG_LIST_MAX, check_host, field, why);
}

gboolean
asp_config_read_networks (const gchar * raw, gpointer field, gchar ** why)
{
  return read_list (raw, ASP_CONFIG_LIST_MAX, check_network, field, why);
}

/* RFC 9110, 5.1: a token, and a value without control characters. Values may be secrets. */
static gboolean
check_header (const gchar * text, gchar ** why)
{
  const gchar *colon = strchr (text, ':');
  g_autofree gchar *name = colon ? g_strndup (text, (gsize) (colon - text)) : NULL;

  if (!name || !consists_of (name, "!#$%&'*+-.^_`|~"))
    return wrong (why, "an item has no name of a header in front of a colon");
  for (const gchar *p = colon; *p; p++)
    if (g_ascii_iscntrl (*p))
      return wrong (why, "the header %.60s has a control character in it", name);
  return TRUE;
}

gboolean
asp_config_read_headers (const gchar * raw, gpointer field, gchar ** why)
{
  return read_list (raw, ASP_CONFIG_LIST_MAX, check_header, field, why);
}

static gboolean
check_param (const gchar * text, gchar ** why)
{
  const gchar *equals = strchr (text, '=');
  g_autofree gchar *name = equals ? g_strndup (text, (gsize) (equals - text)) : NULL;

  return (name && consists_of (name, "-_.")) || wrong (why, "\"%.60s\" is none", text);
}

gboolean
asp_config_read_params (const gchar * raw, gpointer field, gchar ** why)
{
  return read_list (raw, ASP_CONFIG_LIST_MAX, check_param, field, why);
}

/* --- who may call: nothing of it is repeated in a message ------------------------------------- */

static gboolean
check_secret (const gchar * text, gchar ** why)
{
  gsize size = strlen (text);

  if (size < ASP_API_SECRET_MIN || size > ASP_API_SECRET_MAX)
    return wrong (why, "one has %" G_GSIZE_FORMAT " characters", size);
  for (; *text; text++)
    if (!g_ascii_isgraph (*text))
      return wrong (why, "one has a space in it, or a character that is not ASCII");
  return TRUE;
}

gboolean
asp_config_read_secret (const gchar * raw, gpointer field, gchar ** why)
{
  return read_one (raw, check_secret, field, why);
}

gboolean
asp_config_read_tokens (const gchar * raw, gpointer field, gchar ** why)
{
  g_auto (GStrv) items = NULL;

  if (!read_list (raw, ASP_CONFIG_KEYS_MAX, check_secret, &items, why))
    return FALSE;
  for (guint i = 0; items[i]; i++)
    if (g_strv_contains ((const gchar * const *) items + i + 1, items[i]))
      return wrong (why, "one is there twice");
  *(gchar ***) field = g_steal_pointer (&items);
  return TRUE;
}

void
asp_config_key_free (AspConfigKey * key)
{
  g_free (key->access_key);
  g_free (key->secret);
  g_free (key);
}

static gboolean
add_key (GPtrArray * keys, const gchar * item, gchar ** why)
{
  const gchar *colon = strchr (item, ':');
  g_autofree gchar *name = colon ? g_strndup (item, (gsize) (colon - item)) : NULL;
  AspConfigKey *key;

  if (!name || !consists_of (name, "-_") || strlen (name) > ASP_CONFIG_NAME_MAX)
    return wrong (why, "an item has no access key of letters, digits, - and _ in front of a colon");
  if (!check_secret (colon + 1, why))
    return FALSE;
  for (guint i = 0; i < keys->len; i++)
    if (!strcmp (((AspConfigKey *) g_ptr_array_index (keys, i))->access_key, name))
      return wrong (why, "the access key %s is there twice", name);
  key = g_new0 (AspConfigKey, 1);
  key->access_key = g_steal_pointer (&name);
  key->secret = g_strdup (colon + 1);
  g_ptr_array_add (keys, key);
  return TRUE;
}

void
asp_config_rate_free (AspConfigRate * rate)
{
  g_free (rate->operation);
  g_free (rate);
}

static gboolean
add_rate (GPtrArray * rates, const gchar * item, gchar ** why)
{
  const gchar *colon = strchr (item, ':');
  g_autofree gchar *name = colon ? g_strndup (item, (gsize) (colon - item)) : NULL;
  gchar *end = NULL;
  gdouble per_second = colon ? g_ascii_strtod (colon + 1, &end) : 0;
  AspConfigRate *rate;

  if (!name || end == colon + 1 || *end || !(per_second >= 0 && per_second <= RATE_MAX))
    return wrong (why, "\"%.60s\" is none", item);
  if (!asp_api_operation_named (name))
    return wrong (why, "there is no operation \"%.60s\"", name);
  for (guint i = 0; i < rates->len; i++)
    if (!strcmp (((AspConfigRate *) g_ptr_array_index (rates, i))->operation, name))
      return wrong (why, "%s is there twice", name);
  rate = g_new0 (AspConfigRate, 1);
  rate->operation = g_steal_pointer (&name);
  rate->per_second = per_second;
  g_ptr_array_add (rates, rate);
  return TRUE;
}

static gboolean
read_array (const gchar * raw, gboolean (*add) (GPtrArray *, const gchar *, gchar **), GDestroyNotify free_item,
    gpointer field, gchar ** why)
{
  g_auto (GStrv) items = split (raw, ASP_CONFIG_KEYS_MAX, why);
  g_autoptr (GPtrArray) array = g_ptr_array_new_with_free_func (free_item);

  if (!items)
    return FALSE;
  for (guint i = 0; items[i]; i++)
    if (!add (array, items[i], why))
      return FALSE;
  g_clear_pointer ((GPtrArray **) field, g_ptr_array_unref);
  *(GPtrArray **) field = g_steal_pointer (&array);
  return TRUE;
}

gboolean
asp_config_read_keys (const gchar * raw, gpointer field, gchar ** why)
{
  return read_array (raw, add_key, (GDestroyNotify) asp_config_key_free, field, why);
}

gboolean
asp_config_read_rates (const gchar * raw, gpointer field, gchar ** why)
{
  return read_array (raw, add_rate, (GDestroyNotify) asp_config_rate_free, field, why);
}

/* --- channels -------------------------------------------------------------------------------------- */

gboolean
asp_config_read_inputs (const gchar * raw, gpointer field, gchar ** why)
{
  return read_list (raw, ASP_CONFIG_RENDITIONS_MAX, NULL, field, why);
}

gboolean
asp_config_read_outputs (const gchar * raw, gpointer field, gchar ** why)
{
  return read_list (raw, ASP_CONFIG_LIST_MAX, NULL, field, why);
}
