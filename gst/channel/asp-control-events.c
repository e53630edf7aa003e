/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-control-private.h"

#include <gio/gio.h>

/* --- what /v1 sees of channels ----------------------------------------------------------- */

static gchar **
names (gpointer user_data)
{
  return asp_control_names (user_data);
}

static gpointer
hold (const gchar * name, const AspControlChannel ** funcs, gpointer * data, gpointer user_data)
{
  AspControlEntry *e = asp_control_hold (user_data, name);

  if (e)
    *funcs = asp_control_entry_funcs (e, data);
  return e;
}

static void
release (gpointer held, gpointer user_data)
{
  asp_control_release (user_data, held);
}

/* --- hooks --------------------------------------------------------------------------------- */

/* The hosts of hooks may have any address: whoever configures them knows why. What they lead to
 * (redirects) may not. */
static AspHttpAllow *
allow_hooks (const AspConfig * config, GError ** error)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; config->hooks && i < config->hooks->len; i++) {
    const AspConfigHook *hook = g_ptr_array_index (config->hooks, i);
    g_autoptr (GUri) uri = g_uri_parse (hook->url, G_URI_FLAGS_NONE, NULL);

    if (uri && g_uri_get_host (uri))
      g_string_append_printf (all, "%s ", g_uri_get_host (uri));
  }
  return asp_http_allow_new (all->str, error);
}

void
asp_control_set_hooks (AspControl * control, const AspConfig * config)
{
  g_autoptr (AspHttpAllow) allow = allow_hooks (config, NULL);
  guint n = config->hooks ? config->hooks->len : 0;
  g_autofree AspHook *hooks = g_new0 (AspHook, n + 1);

  for (guint i = 0; i < n; i++) {
    const AspConfigHook *hook = g_ptr_array_index (config->hooks, i);

    hooks[i] = (AspHook) {
      .name = hook->name, .url = hook->url, .headers = (const gchar * const *) hook->headers,
      .secret = hook->secret, .channels = (const gchar * const *) hook->channels
    };
  }
  if (allow)
    asp_http_client_set_allow (control->hook_client, allow);
  asp_hook_runner_set (control->hooks, hooks, n);
}

/* --- life ------------------------------------------------------------------------------------ */

static gboolean
start_hooks (AspControl * control, const AspConfig * config, GError ** error)
{
  g_autoptr (AspHttpAllow) allow = allow_hooks (config, error);
  const AspHttpClientConfig client = { .allow = allow };

  if (!allow)
    return FALSE;
  control->hook_client = asp_http_client_new (&client, error);
  if (!control->hook_client)
    return FALSE;
  control->hooks = asp_hook_runner_new (control->log, control->store, control->hook_client,
      config->region ? config->region : "us-east-1", config->account ? config->account : "000000000000");
  return TRUE;
}

gboolean
asp_control_events_start (AspControl * control, const AspConfig * config, GError ** error)
{
  AspV1Config v1 = { .names = names, .hold = hold, .release = release, .user_data = control };

  control->log = asp_event_log_new (control->store, error);
  if (!control->log)
    return FALSE;
  control->history = asp_event_history_new (control->log, error);
  if (control->history)
    asp_event_history_end_open (control->history, g_get_real_time ());
  if (!control->history || !start_hooks (control, config, error))
    return FALSE;
  v1.log = control->log;
  v1.history = control->history;
  v1.hooks = control->hooks;
  v1.store = control->store;
  control->v1 = asp_v1_new (&v1);
  control->v1_http = asp_v1_http_new (control->v1, control->log);
  return TRUE;
}

void
asp_control_events_stop (AspControl * control)
{
  asp_v1_http_free (control->v1_http);
  asp_v1_free (control->v1);
  asp_hook_runner_free (control->hooks);
  asp_http_client_free (control->hook_client);
  asp_event_history_free (control->history);
  asp_event_log_free (control->log);
}
