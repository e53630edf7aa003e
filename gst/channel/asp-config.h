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
 *   [channel NAME]   of the example host: input, outputs, properties; other programs pass them over
 *
 * Text in, values out: reads no file, no clock, no environment. Every fault is told with its line
 * number, what is wrong and what would be right; unknown groups and keys are faults.
 * Thread: any. Since: 0.1
 */
#define ASP_CONFIG_SIZE_MAX (4u << 20)
#define ASP_CONFIG_CHANNELS_MAX 10000
#define ASP_CONFIG_HOOKS_MAX 64
#define ASP_CONFIG_KEYS_MAX 64

typedef enum
{
  ASP_CONFIG_ERROR_SYNTAX,
  ASP_CONFIG_ERROR_UNKNOWN,     /* group or key */
  ASP_CONFIG_ERROR_VALUE,
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
} AspConfigProperty;

typedef struct
{
  gchar *name;
  guint line;                   /* where it begins */
  gchar **inputs;               /* URI or launch fragment, one a rendition */
  gchar **outputs;
  GPtrArray *properties;        /* of AspConfigProperty: of adsplicebin; "hls." in front: of hlsadsink */
} AspConfigChannel;

typedef struct
{
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

/**
 * asp_config_parse:
 * @name: of the file, for messages
 *
 * Returns: NULL with ASP_CONFIG_ERROR: "NAME:LINE: what is wrong; what would be right".
 */
AspConfig *asp_config_parse (const gchar * text, gsize size, const gchar * name, GError ** error);
void asp_config_free (AspConfig * config);      /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspConfig, asp_config_free)

/* Reads the file; refuses one that others may read when it has secrets in it. I/O. */
AspConfig *asp_config_load (const gchar * path, GError ** error);

G_END_DECLS
