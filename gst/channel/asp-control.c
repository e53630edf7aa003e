/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-control-private.h"

#include <string.h>

static GMutex register_lock;
static GCond register_changed;
static GHashTable *controls;    /* address as asked -> AspControl, not owned; register_lock */

static const AspConfig no_config = { NULL };

/* --- what is configured ------------------------------------------------------------------ */

static void
add_texts (GString * all, const gchar * const *texts)
{
  for (guint i = 0; texts && texts[i]; i++)
    g_string_append_printf (all, "%s\n", texts[i]);
  g_string_append (all, "--\n");
}

static void
add_text (GString * all, const gchar * text)
{
  g_string_append_printf (all, "%s\n", text ? text : "-");
}

/* Everything that a control server goes by, so that two of them can be compared. Secrets are in it:
 * it is not kept. */
static gchar *
digest_of (const AspConfig * c)
{
  g_autoptr (GString) all = g_string_new (NULL);
  const gchar *const plain[] = { c->certificate, c->private_key, c->region, c->account, c->playback_prefix, c->state };
  gchar *digest;

  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    add_text (all, plain[i]);
  add_text (all, c->durable ? "durable" : NULL);
  for (guint i = 0; c->keys && i < c->keys->len; i++) {
    const AspConfigKey *key = g_ptr_array_index (c->keys, i);

    g_string_append_printf (all, "key %s %s\n", key->access_key, key->secret);
  }
  add_texts (all, (const gchar * const *) c->bearer_tokens);
  for (guint i = 0; c->rates && i < c->rates->len; i++) {
    const AspConfigRate *rate = g_ptr_array_index (c->rates, i);

    g_string_append_printf (all, "rate %s %.9g\n", rate->operation, rate->per_second);
  }
  for (guint i = 0; c->hooks && i < c->hooks->len; i++) {
    const AspConfigHook *hook = g_ptr_array_index (c->hooks, i);

    g_string_append_printf (all, "hook %s %s %s\n", hook->name, hook->url, hook->secret ? hook->secret : "-");
    add_texts (all, (const gchar * const *) hook->headers);
    add_texts (all, (const gchar * const *) hook->channels);
  }
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, all->str, (gssize) all->len);
  memset (all->str, 0, all->len);
  return digest;
}

/* NULL: in memory. (transfer full) */
static gchar *
state_path_of (const AspConfig * config)
{
  if (!config || !g_strcmp0 (config->state, "memory"))
    return NULL;
  return config->state && *config->state ? g_strdup (config->state) :
      g_build_filename (g_get_user_state_dir (), "adsplice", "state.db", NULL);
}

static AspApiAuth *
auth_of (const AspConfig * config, GError ** error)
{
  g_autoptr (AspApiAuth) auth = asp_api_auth_new ();

  for (guint i = 0; config->keys && i < config->keys->len; i++) {
    const AspConfigKey *key = g_ptr_array_index (config->keys, i);

    if (!asp_api_auth_add_key (auth, key->access_key, key->secret, error))
      return NULL;
  }
  for (guint i = 0; config->bearer_tokens && config->bearer_tokens[i]; i++)
    if (!asp_api_auth_add_bearer (auth, config->bearer_tokens[i], error))
      return NULL;
  return g_steal_pointer (&auth);
}

static gboolean
check_rates (const AspConfig * config, GError ** error)
{
  for (guint i = 0; config->rates && i < config->rates->len; i++) {
    const AspConfigRate *rate = g_ptr_array_index (config->rates, i);

    if (asp_api_has_operation (rate->operation))
      continue;
    g_set_error (error, ASP_API_ERROR, ASP_API_VALIDATION, "There is no operation '%s' whose rate could be set; right "
        "is a name of the API, such as InsertAdBreak", rate->operation);
    return FALSE;
  }
  return TRUE;
}

static void
set_rates (AspControl * control, const AspConfig * config)
{
  asp_api_reset_rates (control->api);
  for (guint i = 0; config->rates && i < config->rates->len; i++) {
    const AspConfigRate *rate = g_ptr_array_index (config->rates, i);

    asp_api_set_rate (control->api, rate->operation, rate->per_second);
  }
}

/* Either all of it or nothing. */
static gboolean
apply_rules (AspControl * control, const AspConfig * config, GError ** error)
{
  AspApiAuth *auth;

  if (!check_rates (config, error) || !(auth = auth_of (config, error)))
    return FALSE;
  asp_api_set_auth (control->api, auth);
  set_rates (control, config);
  asp_control_set_hooks (control, config);
  return TRUE;
}

/* --- start and stop ------------------------------------------------------------------------ */

static gboolean
open_store (AspControl * control, const AspConfig * config, GError ** error)
{
  control->store = control->state_path ? asp_store_open (control->state_path, config->durable, error) :
      asp_store_new_memory ();
  if (control->store)
    asp_control_channels_init (control);
  return control->store != NULL;
}

static gboolean
start (AspControl * control, const AspConfig * config, GError ** error)
{
  const AspApiConfig names = { config->region, config->account, config->playback_prefix };

  control->playback_prefix = g_strdup (config->playback_prefix);
  if (!open_store (control, config, error))
    return FALSE;
  if (!asp_control_events_start (control, config, error))
    return FALSE;
  control->api = asp_api_new (control->store, &asp_control_channels, control, &names);
  if (!apply_rules (control, config, error))
    return FALSE;
  asp_control_serve (control);
  if (config->certificate && !asp_http_server_set_tls (control->server, config->certificate, config->private_key, error))
    return FALSE;
  if (!asp_http_server_start (control->server, control->asked, error))
    return FALSE;
  control->address = asp_http_server_dup_address (control->server);
  return TRUE;
}

/* Of one that was started, wholly or in part. */
static void
control_free (AspControl * control)
{
  asp_http_server_free (control->server);
  if (control->store)
    asp_control_channels_clear (control);
  asp_api_free (control->api);
  asp_control_events_stop (control);
  asp_store_free (control->store);
  g_free (control->asked);
  g_free (control->digest);
  g_free (control->state_path);
  g_free (control->playback_prefix);
  g_free (control->address);
  g_free (control);
}

/* --- the register ---------------------------------------------------------------------------- */

static gboolean
is_shared (const gchar * address)
{
  return !g_str_has_suffix (address, ":0");
}

/* Key of the register: one without a name of its own has one of its pointer. (transfer full) */
static gchar *
register_key (const AspControl * control)
{
  return is_shared (control->asked) ? g_strdup (control->asked) : g_strdup_printf ("%p", control);
}

/* register_lock. Two servers would number the same events. */
static const AspControl *
find_state (const AspControl * control)
{
  GHashTableIter iter;
  gpointer value;

  if (!controls || !control->state_path)
    return NULL;
  g_hash_table_iter_init (&iter, controls);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const AspControl *other = value;

    if (other != control && !g_strcmp0 (other->state_path, control->state_path))
      return other;
  }
  return NULL;
}

static void
take_out_locked (AspControl * control)
{
  g_autofree gchar *key = register_key (control);

  g_hash_table_remove (controls, key);
  if (g_hash_table_size (controls) == 0)
    g_clear_pointer (&controls, g_hash_table_unref);
  g_cond_broadcast (&register_changed);
}

/* The one that is there, with a reference; or NULL, and @control is in its place, busy. */
static AspControl *
find_or_register (AspControl * control, GError ** error)
{
  g_autofree gchar *key = register_key (control);
  AspControl *there = NULL;
  const AspControl *other;

  g_mutex_lock (&register_lock);
  while (controls && (there = g_hash_table_lookup (controls, key)) && there->busy)
    g_cond_wait (&register_changed, &register_lock);
  there = controls ? g_hash_table_lookup (controls, key) : NULL;
  if (there) {
    there->refs++;
  } else if ((other = find_state (control))) {
    g_set_error (error, ASP_API_ERROR, ASP_API_CONFLICT, "The control server at %s keeps its state in %s already: name "
        "another file as [state] path, or use the same address", other->asked, control->state_path);
  } else {
    if (!controls)
      controls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    control->refs = 1;
    control->busy = TRUE;
    g_hash_table_insert (controls, g_steal_pointer (&key), control);
  }
  g_mutex_unlock (&register_lock);
  return there;
}

static gboolean
is_other (AspControl * control, const gchar * digest)
{
  gboolean other;

  g_mutex_lock (&register_lock);
  other = strcmp (control->digest, digest) != 0;
  g_mutex_unlock (&register_lock);
  return other;
}

/* Who comes with the file that was read again comes with the same one. */
static void
set_digest (AspControl * control, gchar * digest)
{
  g_mutex_lock (&register_lock);
  g_free (control->digest);
  control->digest = digest;
  g_mutex_unlock (&register_lock);
}

AspControl *
asp_control_get (const gchar * address, const AspConfig * config, gboolean * other, GError ** error)
{
  AspControl *control = g_new0 (AspControl, 1), *there;
  gboolean ok;

  control->asked = g_strdup (address);
  control->digest = digest_of (config ? config : &no_config);
  control->state_path = state_path_of (config);
  there = find_or_register (control, error);
  if (other)
    *other = there && is_other (there, control->digest);
  if (there || !control->busy) {
    control_free (control);
    return there;
  }
  ok = start (control, config ? config : &no_config, error);
  g_mutex_lock (&register_lock);
  control->busy = FALSE;
  if (ok)
    g_cond_broadcast (&register_changed);
  else
    take_out_locked (control);
  g_mutex_unlock (&register_lock);
  if (!ok)
    g_clear_pointer (&control, control_free);
  return control;
}

AspControl *
asp_control_ref (AspControl * control)
{
  g_mutex_lock (&register_lock);
  control->refs++;
  g_mutex_unlock (&register_lock);
  return control;
}

/* Its address stays taken until it is free: who comes meanwhile waits for that. */
void
asp_control_unref (AspControl * control)
{
  gboolean last;

  if (!control)
    return;
  g_mutex_lock (&register_lock);
  last = --control->refs == 0;
  control->busy |= last;
  g_mutex_unlock (&register_lock);
  if (!last)
    return;
  asp_http_server_stop (control->server);
  g_mutex_lock (&register_lock);
  take_out_locked (control);
  g_mutex_unlock (&register_lock);
  control_free (control);
}

gboolean
asp_control_reload (AspControl * control, const AspConfig * config, GError ** error)
{
  g_autofree gchar *state_path = state_path_of (config);

  if (!apply_rules (control, config, error))
    return FALSE;
  set_digest (control, digest_of (config));
  if (g_strcmp0 (state_path, control->state_path))
    g_warning ("The state of the control server at %s stays in %s until it is started again", control->address,
        control->state_path ? control->state_path : "memory");
  return TRUE;
}

guint64
asp_control_add_event (AspControl * control, AspEvent * event)
{
  return asp_event_log_add (control->log, event);
}

gchar *
asp_control_dup_address (AspControl * control)
{
  return g_strdup (control->address);
}
