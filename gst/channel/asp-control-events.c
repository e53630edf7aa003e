/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-control-private.h"

#include <gio/gio.h>

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
  guint n = config->hooks ? config->hooks->len : 0;
  g_autofree AspHook *hooks = g_new0 (AspHook, n + 1);

  for (guint i = 0; i < n; i++) {
    const AspConfigHook *hook = g_ptr_array_index (config->hooks, i);

    hooks[i] = (AspHook) {
      .name = hook->name, .url = hook->url, .headers = (const gchar * const *) hook->headers,
      .secret = hook->secret, .channels = (const gchar * const *) hook->channels
    };
  }
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
  control->log = asp_event_log_new (control->store, error);
  if (!control->log)
    return FALSE;
  control->history = asp_event_history_new (control->log, error);
  return control->history && start_hooks (control, config, error);
}

void
asp_control_events_stop (AspControl * control)
{
  asp_hook_runner_free (control->hooks);
  asp_http_client_free (control->hook_client);
  asp_event_history_free (control->history);
  asp_event_log_free (control->log);
}
