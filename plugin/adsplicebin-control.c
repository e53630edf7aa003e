/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-control.h"

#include <string.h>

#define NAME_WITHOUT "live"     /* of a channel that has none: as the origin has it */

/* --- breaks ------------------------------------------------------------------------- */

static void
asked_free (gpointer data)
{
  AdAsked *a = data;

  g_clear_pointer (&a->ads_params, g_hash_table_unref);
  g_clear_pointer (&a->ads, g_ptr_array_unref);
  g_clear_pointer (&a->scheduled, gst_structure_free);
  g_free (a->ads_url);
  g_free (a);
}

AdAsked *
ad_control_find_locked (AdControl * c, const gchar * id)
{
  for (GList * l = c->asked.head; l; l = l->next)
    if (!strcmp (((AdAsked *) l->data)->id, id))
      return l->data;
  return NULL;
}

AdAsked *
ad_control_add_locked (AdControl * c, const gchar * id)
{
  AdAsked *a = ad_control_find_locked (c, id);

  if (a)
    return a;
  a = g_new0 (AdAsked, 1);
  g_strlcpy (a->id, id, sizeof a->id);
  g_queue_push_head (&c->asked, a);
  if (c->asked.length > AD_CONTROL_ASKED_MAX)
    asked_free (g_queue_pop_tail (&c->asked));
  return a;
}

void
ad_control_forget (AdControl * c, const gchar * id)
{
  AdAsked *a;

  g_mutex_lock (&c->lock);
  a = ad_control_find_locked (c, id);
  if (a)
    g_queue_remove (&c->asked, a);
  g_mutex_unlock (&c->lock);
  if (a)
    asked_free (a);
}

void
ad_control_note_latency (AdControl * c, const gchar * id, gint64 latency_us)
{
  g_mutex_lock (&c->lock);
  ad_control_add_locked (c, id)->latency_us = latency_us;
  g_mutex_unlock (&c->lock);
}

void
ad_control_choose (AdControl * c, const gchar * id, gchar ** ads_url, GHashTable ** ads_params)
{
  const AdAsked *a;

  g_mutex_lock (&c->lock);
  a = ad_control_find_locked (c, id);
  *ads_url = g_strdup (a && a->ads_url ? a->ads_url : c->attachment.ads_url);
  *ads_params = a && a->ads_params ? g_hash_table_ref (a->ads_params) : NULL;
  g_mutex_unlock (&c->lock);
}

/* --- what is configured ---------------------------------------------------------------- */

static gchar *
joined (gchar ** a, gchar ** b)
{
  g_autofree gchar *x = a ? g_strjoinv (",", a) : NULL, *y = b ? g_strjoinv (",", b) : NULL;

  return g_strconcat (x ? x : "", x && y ? "," : "", y ? y : "", NULL);
}

/* "Name: value" to name, value. */
static gchar **
split_headers (gchar ** lines)
{
  GPtrArray *out = g_ptr_array_new ();

  for (guint i = 0; lines && lines[i]; i++) {
    const gchar *colon = strchr (lines[i], ':');

    if (!colon)
      continue;
    g_ptr_array_add (out, g_strndup (lines[i], (gsize) (colon - lines[i])));
    g_ptr_array_add (out, g_strstrip (g_strdup (colon + 1)));
  }
  g_ptr_array_add (out, NULL);
  return (gchar **) g_ptr_array_free (out, FALSE);
}

AdServerSettings *
ad_control_server_settings (const AspConfig * config, GError ** error)
{
  AdServerSettings *s = g_new0 (AdServerSettings, 1);

  if (!config)
    return s;
  s->allow = joined (config->allowed_hosts, config->allowed_networks);
  s->headers = split_headers (config->ads_headers);
  s->player_params = g_strdupv (config->player_params);
  if (!config->ads_certificate)
    return s;
  s->identity = asp_http_identity_new (config->ads_certificate, config->ads_private_key, error);
  if (s->identity)
    return s;
  ad_server_settings_free (s);
  return NULL;
}

/* --- life -------------------------------------------------------------------------------- */

static AspControl *
get_server (GstAdSpliceBin * bin, const gchar * address, const AspConfig * config, GError ** error)
{
  gboolean other = FALSE;
  AspControl *server = asp_control_get (address, config, &other, error);

  if (other)
    GST_ELEMENT_WARNING (bin, RESOURCE, SETTINGS, ("The control server at %s runs already with another configuration, "
            "which holds: give all channels of that address the same `config`.", address), (NULL));
  return server;
}

static void
post_address (AdControl * c)
{
  g_autofree gchar *address = asp_control_dup_address (c->server);

  GST_INFO_OBJECT (c->bin, "channel '%s' is controlled at %s", c->name, address);
  gst_element_post_message (GST_ELEMENT (c->bin), gst_message_new_element (GST_OBJECT (c->bin),
          gst_structure_new ("ad-control", "channel", G_TYPE_STRING, c->name, "address", G_TYPE_STRING, address, NULL)));
}

AdControl *
ad_control_new (GstAdSpliceBin * bin, AspChannel * channel, GError ** error)
{
  g_autofree gchar *address = NULL, *name = NULL;
  AspControl *server;
  AdControl *c;

  GST_OBJECT_LOCK (bin);
  address = g_strdup (bin->control_address);
  name = g_strdup (bin->channel_name);
  GST_OBJECT_UNLOCK (bin);
  if (!address || !*address)
    return NULL;
  server = get_server (bin, address, bin->config, error);
  if (!server)
    return NULL;
  c = g_new0 (AdControl, 1);
  c->refs = 1;
  c->bin = bin;
  c->server = server;
  c->channel = asp_channel_ref (channel);
  c->name = g_strdup (name && *name ? name : NAME_WITHOUT);
  g_mutex_init (&c->lock);
  g_queue_init (&c->asked);
  c->renditions = asp_control_renditions_new ();
  c->seen = g_array_new (FALSE, TRUE, sizeof (AdSeen));
  c->health = ASP_API_HEALTH_UNKNOWN;
  c->pace = 1.0;
  return c;
}

AdControl *
ad_control_ref (AdControl * c)
{
  g_atomic_int_inc (&c->refs);
  return c;
}

void
ad_control_unref (AdControl * c)
{
  if (!c || !g_atomic_int_dec_and_test (&c->refs))
    return;
  asp_control_unref (c->server);
  asp_channel_unref (c->channel);
  g_queue_clear_full (&c->asked, asked_free);
  g_ptr_array_unref (c->renditions);
  g_array_unref (c->seen);
  asp_api_attachment_clear (&c->attachment);
  g_mutex_clear (&c->lock);
  g_free (c->name);
  g_free (c);
}

void
ad_control_open (AdControl * c)
{
  g_autoptr (GError) error = NULL;

  /* before the first picture, for a pre-roll */
  ad_control_refresh (c);
  c->handle = asp_control_add_channel (c->server, c->name, &ad_control_calls, c, &error);
  if (c->handle == 0)
    GST_ELEMENT_WARNING (c->bin, RESOURCE, SETTINGS, ("This channel cannot be controlled: %s.", error->message), (NULL));
  else
    post_address (c);
  /* what was changed meanwhile */
  GST_OBJECT_LOCK (c->bin);
  if (c->bin->worker)
    ad_worker_refresh (c->bin->worker);
  GST_OBJECT_UNLOCK (c->bin);
}

gboolean
ad_control_reload (AdControl * c, GError ** error)
{
  g_autofree gchar *path = NULL;
  g_autoptr (AspConfig) config = NULL;

  GST_OBJECT_LOCK (c->bin);
  path = g_strdup (c->bin->config_path);
  GST_OBJECT_UNLOCK (c->bin);
  if (!path || !*path) {
    g_set_error_literal (error, ASP_API_ERROR, ASP_API_VALIDATION, "there is no file to be read again: set `config`");
    return FALSE;
  }
  config = asp_config_load (path, error);
  return config && asp_control_reload (c->server, config, error);
}

/* What is open, and nobody carries on. */
static void
close_breaks (AdControl * c)
{
  AdAsked *a;

  for (;;) {
    gchar id[ASP_BREAK_ID_SIZE];
    gboolean told, started;

    g_mutex_lock (&c->lock);
    a = g_queue_pop_tail (&c->asked);
    g_mutex_unlock (&c->lock);
    if (!a)
      return;
    g_strlcpy (id, a->id, sizeof id);
    told = a->tellings > 0;
    started = a->started;
    asked_free (a);
    if (told)
      ad_control_tell_over (c, id, started ? "ended" : "cancelled", "stopped");
  }
}

void
ad_control_close (AdControl * c)
{
  gchar stream_id[ASP_API_STREAM_ID_SIZE + 1];
  gboolean live;

  if (c->handle)
    asp_control_remove_channel (c->server, c->handle);
  close_breaks (c);
  g_mutex_lock (&c->lock);
  live = c->live;
  c->live = FALSE;
  g_strlcpy (stream_id, c->stream_id, sizeof stream_id);
  g_mutex_unlock (&c->lock);
  if (live)
    ad_control_tell_stream (c, FALSE, stream_id);
}
