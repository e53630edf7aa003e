/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The configuration file (examples/adsplice.conf shows every key): a GLib key file with the groups
 *   [control]        who may call, TLS, rates, names of resources
 *   [state]          where what must last is kept
 *   [ads]            how ad servers and creatives are reached
 *   [hook NAME]      where events are posted to
 *   [channel NAME]   of the example host: input, output, properties; other programs pass them over
 * A value is trimmed, then unescaped as in every key file (\s \n \t \r \\); a list is separated by ';'
 * (\; for one that separates nothing). An empty value is a fault: a key that is not wanted is left out.
 *
 * Text in, values out: reads no file, no clock, no environment. The first fault is told with its line
 * number, what is wrong and what would be right; unknown groups and keys, and any that are there
 * twice, are faults.
 * Thread: any. Since: 0.1
 */
#define ASP_CONFIG_SIZE_MAX (4u << 20)
#define ASP_CONFIG_CHANNELS_MAX 10000
#define ASP_CONFIG_HOOKS_MAX 64
#define ASP_CONFIG_KEYS_MAX 64  /* and as many bearer tokens */
#define ASP_CONFIG_LIST_MAX 256 /* items of any other list */
#define ASP_CONFIG_RENDITIONS_MAX 16
#define ASP_CONFIG_NAME_MAX 128 /* of a channel or hook: letters, digits, - and _ */

typedef enum
{
  ASP_CONFIG_ERROR_SYNTAX,
  ASP_CONFIG_ERROR_UNKNOWN,     /* group or key */
  ASP_CONFIG_ERROR_VALUE,
  ASP_CONFIG_ERROR_FILE,        /* cannot be read, or may be read by too many */
} AspConfigError;

#define ASP_CONFIG_ERROR (asp_config_error_quark ())
GQuark asp_config_error_quark (void);

typedef struct
{
  gchar *access_key, *secret;
} AspConfigKey;

typedef struct
{
  gchar *operation;             /* "InsertAdBreak" */
  gdouble per_second;           /* 0 = any */
} AspConfigRate;

typedef struct
{
  gchar *name, *url;
  gchar **headers;              /* (nullable) "Name: value" */
  gchar *secret;                /* nullable: signs the body (X-Adsplice-Signature) */
  gchar **channels;             /* nullable: all */
} AspConfigHook;

/* A property of an element, as text for gst_util_set_object_arg(). */
typedef struct
{
  gchar *name, *value;
  guint line;
} AspConfigProperty;

typedef struct
{
  gchar *name;
  guint line;                   /* where it begins */
  gchar **inputs;               /* URI or launch fragment, one a rendition */
  gchar **outputs;              /* URI; "N=" in front: of rendition N only */
  gboolean loop;                /* files begin again at their end */
  GPtrArray *properties;        /* of AspConfigProperty: of adsplicebin; "hls." in front: of hlsadsink */
} AspConfigChannel;

typedef struct
{
  gchar *name;                  /* of the file, for messages; NULL: there is none */
  GHashTable *lines;            /* "GROUP/KEY" -> line: asp_config_where() */

  /* [control] */
  gchar *listen;                /* HOST:PORT; nullable */
  gchar *certificate, *private_key;     /* nullable: no TLS */
  GPtrArray *keys;              /* of AspConfigKey */
  gchar **bearer_tokens;        /* nullable */
  GPtrArray *rates;             /* of AspConfigRate */
  gchar *region, *account;      /* nullable */
  gchar *playback_prefix;       /* nullable */
  /* [state] */
  gchar *state;                 /* path; NULL = under the XDG state folder; "memory" = in memory only */
  gboolean durable;             /* over a loss of power */
  /* [ads] */
  gchar **allowed_hosts, **allowed_networks;    /* nullable: beside public addresses */
  gchar **ads_headers;          /* nullable: "Name: value", to the ad server */
  gchar *ads_certificate, *ads_private_key;     /* nullable: mTLS */
  gchar **player_params;        /* nullable: "name=value": configuration aliases, defaults */

  GPtrArray *hooks;             /* of AspConfigHook */
  GPtrArray *channels;          /* of AspConfigChannel */
} AspConfig;

AspConfig *asp_config_new (void);       /* all defaults */
AspConfig *asp_config_copy (const AspConfig * config);  /* (transfer full) */

/**
 * asp_config_parse:
 * @name: of the file, for messages
 *
 * Returns: NULL with ASP_CONFIG_ERROR: "NAME:LINE: what is wrong; what would be right".
 */
AspConfig *asp_config_parse (const gchar * text, gsize size, const gchar * name, GError ** error);
void asp_config_free (AspConfig * config);      /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspConfig, asp_config_free)

/**
 * asp_config_where:
 * @group: as it stands in the file: "control", "hook billing"
 *
 * For who finds a fault later: a certificate that is none, a property that is not there.
 *
 * Returns: (transfer full): "NAME:LINE" of the key, or "NAME" when it does not stand there
 */
gchar *asp_config_where (const AspConfig * config, const gchar * group, const gchar * key);

/* Every key there is, for documentation and its test: @key of the group @group, which has a
 * name behind it where @named. Properties of a [channel] are not in it. Static. */
typedef struct
{
  const gchar *group, *key, *form;      /* form: for people, "HOST:PORT" */
  gboolean named;
} AspConfigKeyInfo;

guint asp_config_n_keys (void);
AspConfigKeyInfo asp_config_key (guint i);

/* Reads the file; refuses one that others may read when it has secrets in it. Relative paths in it
 * (certificates, state) are taken from its folder. I/O. */
AspConfig *asp_config_load (const gchar * path, GError ** error);

G_END_DECLS
