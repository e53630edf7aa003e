/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every group and key that a configuration file may have. examples/adsplice.conf shows the same. */
#include "asp-config-private.h"

#include <stddef.h>
#include <string.h>

#define CONFIG(member) G_STRUCT_OFFSET (AspConfig, member)
#define HOOK(member) G_STRUCT_OFFSET (AspConfigHook, member)
#define CHANNEL(member) G_STRUCT_OFFSET (AspConfigChannel, member)

static const AspConfigKeySpec control_keys[] = {
  {"listen", "HOST:PORT", asp_config_read_address, CONFIG (listen), FALSE},
  {"certificate", "a file (PEM)", asp_config_read_text, CONFIG (certificate), FALSE},
  {"private-key", "a file (PEM)", asp_config_read_text, CONFIG (private_key), FALSE},
  {"keys", "ACCESS-KEY:SECRET;..., secrets of 16 to 1024 characters", asp_config_read_keys, CONFIG (keys), TRUE},
  {"bearer-tokens", "TOKEN;..., each of 16 to 1024 characters without spaces", asp_config_read_tokens,
        CONFIG (bearer_tokens), TRUE},
  {"rates", "OPERATION:CALLS-PER-SECOND;..., for example InsertAdBreak:5; 0 is without limit", asp_config_read_rates,
        CONFIG (rates), FALSE},
  {"region", "letters, digits and -, for example eu-central-1", asp_config_read_region, CONFIG (region), FALSE},
  {"account", "12 digits", asp_config_read_account, CONFIG (account), FALSE},
  {"playback-prefix", "http:// or https:// and a host", asp_config_read_url, CONFIG (playback_prefix), FALSE},
};

static const AspConfigKeySpec state_keys[] = {
  {"path", "a file, or the word memory", asp_config_read_text, CONFIG (state), FALSE},
  {"durable", "true or false", asp_config_read_flag, CONFIG (durable), FALSE},
};

static const AspConfigKeySpec ads_keys[] = {
  {"allowed-hosts", "HOST;..., *.HOST for all below it", asp_config_read_hosts, CONFIG (allowed_hosts), FALSE},
  {"allowed-networks", "NETWORK;..., for example 10.1.0.0/16;fd00::/8", asp_config_read_networks,
        CONFIG (allowed_networks), FALSE},
  {"headers", "NAME: VALUE;...", asp_config_read_headers, CONFIG (ads_headers), TRUE},
  {"certificate", "a file (PEM)", asp_config_read_text, CONFIG (ads_certificate), FALSE},
  {"private-key", "a file (PEM)", asp_config_read_text, CONFIG (ads_private_key), FALSE},
  {"player-params", "NAME=VALUE;..., names of letters, digits, - _ and .", asp_config_read_params,
        CONFIG (player_params), FALSE},
};

static const AspConfigKeySpec hook_keys[] = {
  {"url", "http:// or https:// and a host", asp_config_read_url, HOOK (url), FALSE},
  {"headers", "NAME: VALUE;...", asp_config_read_headers, HOOK (headers), TRUE},
  {"secret", "16 to 1024 characters", asp_config_read_secret, HOOK (secret), TRUE},
  {"channels", "NAME;... of channels", asp_config_read_channels, HOOK (channels), FALSE},
};

static const AspConfigKeySpec channel_keys[] = {
  {"input", "a URI or a launch fragment, and one more behind ; for each further rendition", asp_config_read_inputs,
        CHANNEL (inputs), FALSE},
  {"output", "URI;..., N=URI for rendition N alone", asp_config_read_outputs, CHANNEL (outputs), FALSE},
  {"loop", "true or false", asp_config_read_flag, CHANNEL (loop), FALSE},
};

#define KEYS(array) array, G_N_ELEMENTS (array)

static const AspConfigGroupSpec groups[] = {
  {"control", FALSE, KEYS (control_keys)},
  {"state", FALSE, KEYS (state_keys)},
  {"ads", FALSE, KEYS (ads_keys)},
  {"hook", TRUE, KEYS (hook_keys)},
  {"channel", TRUE, KEYS (channel_keys)},
};

const AspConfigGroupSpec *
asp_config_group_spec (const gchar * group, const gchar ** rest)
{
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++) {
    gsize size = strlen (groups[i].name);

    if (strncmp (group, groups[i].name, size) || (group[size] && group[size] != ' '))
      continue;
    *rest = group[size] ? group + size + 1 : "";
    return &groups[i];
  }
  return NULL;
}

const AspConfigKeySpec *
asp_config_key_spec (const AspConfigGroupSpec * group, const gchar * key)
{
  for (guint i = 0; i < group->n_keys; i++)
    if (!strcmp (group->keys[i].key, key))
      return &group->keys[i];
  return NULL;
}

gchar *
asp_config_group_names (void)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    g_string_append_printf (text, "%s[%s%s]", i ? ", " : "", groups[i].name, groups[i].named ? " NAME" : "");
  return g_string_free (text, FALSE);
}

gchar *
asp_config_key_names (const AspConfigGroupSpec * group)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < group->n_keys; i++)
    g_string_append_printf (text, "%s%s", i ? ", " : "", group->keys[i].key);
  return g_string_free (text, FALSE);
}

guint
asp_config_n_keys (void)
{
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    n += groups[i].n_keys;
  return n;
}

AspConfigKeyInfo
asp_config_key (guint i)
{
  const AspConfigGroupSpec *g = groups;

  g_assert (i < asp_config_n_keys ());
  for (; i >= g->n_keys; g++)
    i -= g->n_keys;
  return (AspConfigKeyInfo) { g->name, g->keys[i].key, g->keys[i].form, g->named };
}
