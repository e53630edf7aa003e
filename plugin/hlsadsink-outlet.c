/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlsadsink-outlet.h"

#include <gst/gst.h>

#include "hlsadsink-origin.h"

GST_DEBUG_CATEGORY_EXTERN (gst_hls_ad_sink_debug);
#define GST_CAT_DEFAULT gst_hls_ad_sink_debug

struct _HlsOutlet
{
  AspHttpServer *server;        /* NULL = none */
  HlsOrigin *origin;            /* with the server */
  AspHttpUploader *uploader;    /* NULL = none */
  gchar *playlist_cache, *media_cache;  /* Cache-Control of uploads */
};

static gboolean
is_set (const gchar * text)
{
  return text && *text;
}

/* -- start and stop -- */

static gboolean
start_server (HlsOutlet * o, const HlsOutletConfig * config, GError ** error)
{
  g_autofree gchar *prefix = g_strdup_printf ("/%s/", config->channel);
  const HlsOriginConfig origin = {.prefix = prefix,.n_renditions = config->n_renditions,
    .renditions = config->renditions,.hidden = config->hidden
  };
  /* Names are not used twice within that time: what goes on has other ones. */
  const AspHttpFolder folder = {
    .playlist_max_age_s = hls_origin_playlist_age_s (config->target_duration_s),
    .media_max_age_s = hls_origin_media_age_s (config->target_duration_s),.immutable = TRUE,
  };
  g_autofree gchar *address = NULL;

  o->server = asp_http_server_new (NULL);
  o->origin = hls_origin_new (&origin);
  hls_origin_serve (o->origin, o->server);
  asp_http_server_add_folder (o->server, prefix, config->location, &folder);
  if ((is_set (config->tls_certificate) && !asp_http_server_set_tls (o->server,
              config->tls_certificate, config->tls_key, error)) ||
      !asp_http_server_start (o->server, config->listen, error))
    return FALSE;
  address = asp_http_server_dup_address (o->server);
  GST_INFO ("%s://%s%s", is_set (config->tls_certificate) ? "https" : "http", address, prefix);
  return TRUE;
}

static gboolean
start_uploader (HlsOutlet * o, const HlsOutletConfig * config, const AspHttpUploaderFuncs * funcs,
    gpointer user_data, GError ** error)
{
  const AspHttpUploaderConfig uploads = {.base_url = config->push_url,
    .remove_old = config->delete_old
  };

  o->playlist_cache = g_strdup_printf ("max-age=%u",
      hls_origin_playlist_age_s (config->target_duration_s));
  o->media_cache = g_strdup_printf ("max-age=%u, immutable",
      hls_origin_media_age_s (config->target_duration_s));
  o->uploader = asp_http_uploader_new (&uploads, funcs, user_data, error);
  return o->uploader != NULL;
}

HlsOutlet *
hls_outlet_new (const HlsOutletConfig * config, const AspHttpUploaderFuncs * uploads,
    gpointer user_data, GError ** error)
{
  HlsOutlet *o = g_new0 (HlsOutlet, 1);

  if ((is_set (config->listen) && !start_server (o, config, error)) ||
      (is_set (config->push_url) && !start_uploader (o, config, uploads, user_data, error))) {
    hls_outlet_free (o);
    return NULL;
  }
  return o;
}

void
hls_outlet_free (HlsOutlet * o)
{
  if (!o)
    return;
  asp_http_uploader_free (o->uploader, HLS_OUTLET_DRAIN_MS);
  asp_http_server_free (o->server);
  hls_origin_free (o->origin);
  g_free (o->playlist_cache);
  g_free (o->media_cache);
  g_free (o);
}

gchar *
hls_outlet_dup_address (HlsOutlet * o)
{
  return o->server ? asp_http_server_dup_address (o->server) : NULL;
}

/* -- the channel's thread -- */

static void
on_edition (const HlsEdition * edition, gpointer user_data)
{
  HlsOutlet *o = user_data;

  if (o->origin)
    hls_origin_publish (o->origin, edition);
}

static void
on_written (const gchar * name, GBytes * bytes, gpointer user_data)
{
  HlsOutlet *o = user_data;

  if (o->uploader)
    asp_http_uploader_put (o->uploader, name,
        asp_http_is_playlist (name) ? o->playlist_cache : o->media_cache, bytes);
}

static void
on_removed (const gchar * name, gpointer user_data)
{
  HlsOutlet *o = user_data;

  if (o->uploader)
    asp_http_uploader_remove (o->uploader, name);
}

const HlsChannelOutlet hls_outlet_funcs = { on_edition, on_written, on_removed };
