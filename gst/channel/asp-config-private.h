/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-config.h"

G_BEGIN_DECLS

/* A line KEY=VALUE, or [GROUP] with key NULL. All owned. */
typedef struct
{
  guint line;
  gchar *key;                   /* NULL: a group begins */
  gchar *value;                 /* as it stands, trimmed; of a group: what is between [ and ], trimmed */
} AspConfigLine;

void asp_config_line_free (AspConfigLine * line);

/* The lines that say something, in order; NULL with ASP_CONFIG_ERROR_SYNTAX. */
GPtrArray *asp_config_scan (const gchar * text, gsize size, const gchar * name, GError ** error);

/* "NAME:LINE: " and the text. */
void asp_config_fault (GError ** error, AspConfigError code, const gchar * name, guint line, const gchar * format, ...)
    G_GNUC_PRINTF (5, 6);

/* Reads the text of a value into its place in a structure. FALSE: @why says what is wrong with it. */
typedef gboolean (*AspConfigRead) (const gchar * raw, gpointer field, gchar ** why);

/* What is in a group. */
typedef struct
{
  const gchar *key;
  const gchar *form;            /* what would be right, for people */
  AspConfigRead read;
  gsize offset;                 /* of its place in the structure */
  gboolean secret;              /* its value stands in no message */
} AspConfigKeySpec;

typedef struct
{
  const gchar *name;
  gboolean named;               /* [NAME SOMETHING], any number of them */
  const AspConfigKeySpec *keys;
  guint n_keys;
} AspConfigGroupSpec;

/* NULL: there is none. @rest: (out): what is behind its name, "" when nothing is. */
const AspConfigGroupSpec *asp_config_group_spec (const gchar * group, const gchar ** rest);
const AspConfigKeySpec *asp_config_key_spec (const AspConfigGroupSpec * group, const gchar * key);
/* "a, b, c": what may stand there. (transfer full) */
gchar *asp_config_group_names (void);
gchar *asp_config_key_names (const AspConfigGroupSpec * group);

/* May a channel or a hook be called so? */
gboolean asp_config_is_name (const gchar * text);
/* May a property be called so: "ads-url", "hls.location", "hls.sink_1::rendition"? */
gboolean asp_config_is_property (const gchar * text);

/* Readers: gchar **, gchar ***, gboolean *, GPtrArray ** (of keys, of rates). */
gboolean asp_config_read_text (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_flag (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_address (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_url (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_region (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_account (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_secret (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_keys (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_tokens (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_rates (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_hosts (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_networks (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_headers (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_params (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_channels (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_inputs (const gchar * raw, gpointer field, gchar ** why);
gboolean asp_config_read_outputs (const gchar * raw, gpointer field, gchar ** why);

void asp_config_key_free (AspConfigKey * key);
void asp_config_rate_free (AspConfigRate * rate);

G_END_DECLS
