/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-config-private.h"

#include <string.h>

G_DEFINE_QUARK (asp-config-error-quark, asp_config_error)

/* --- what a file says ------------------------------------------------------------------------ */

static void
property_free (gpointer data)
{
  AspConfigProperty *p = data;

  g_free (p->name);
  g_free (p->value);
  g_free (p);
}

static void
hook_free (gpointer data)
{
  AspConfigHook *h = data;

  g_free (h->name);
  g_free (h->url);
  g_strfreev (h->headers);
  g_free (h->secret);
  g_strfreev (h->channels);
  g_free (h);
}

static void
channel_free (gpointer data)
{
  AspConfigChannel *c = data;

  g_free (c->name);
  g_strfreev (c->inputs);
  g_strfreev (c->outputs);
  g_ptr_array_unref (c->properties);
  g_free (c);
}

AspConfig *
asp_config_new (void)
{
  AspConfig *c = g_new0 (AspConfig, 1);

  c->lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  c->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_config_key_free);
  c->rates = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_config_rate_free);
  c->hooks = g_ptr_array_new_with_free_func (hook_free);
  c->channels = g_ptr_array_new_with_free_func (channel_free);
  return c;
}

void
asp_config_free (AspConfig * c)
{
  if (!c)
    return;
  g_free (c->name);
  g_hash_table_unref (c->lines);
  g_free (c->listen);
  g_free (c->certificate);
  g_free (c->private_key);
  g_ptr_array_unref (c->keys);
  g_strfreev (c->bearer_tokens);
  g_ptr_array_unref (c->rates);
  g_free (c->region);
  g_free (c->account);
  g_free (c->playback_prefix);
  g_free (c->state);
  g_strfreev (c->allowed_hosts);
  g_strfreev (c->allowed_networks);
  g_strfreev (c->ads_headers);
  g_free (c->ads_certificate);
  g_free (c->ads_private_key);
  g_strfreev (c->player_params);
  g_ptr_array_unref (c->hooks);
  g_ptr_array_unref (c->channels);
  g_free (c);
}

static gpointer
copy_key (gconstpointer data, gpointer unused)
{
  const AspConfigKey *k = data;
  AspConfigKey *copy = g_new0 (AspConfigKey, 1);

  copy->access_key = g_strdup (k->access_key);
  copy->secret = g_strdup (k->secret);
  return copy;
}

static gpointer
copy_rate (gconstpointer data, gpointer unused)
{
  const AspConfigRate *r = data;
  AspConfigRate *copy = g_new0 (AspConfigRate, 1);

  copy->operation = g_strdup (r->operation);
  copy->per_second = r->per_second;
  return copy;
}

static gpointer
copy_hook (gconstpointer data, gpointer unused)
{
  const AspConfigHook *h = data;
  AspConfigHook *copy = g_new0 (AspConfigHook, 1);

  copy->name = g_strdup (h->name);
  copy->url = g_strdup (h->url);
  copy->headers = g_strdupv (h->headers);
  copy->secret = g_strdup (h->secret);
  copy->channels = g_strdupv (h->channels);
  return copy;
}

static AspConfigChannel *
channel_new (const gchar * name, guint line)
{
  AspConfigChannel *c = g_new0 (AspConfigChannel, 1);

  c->name = g_strdup (name);
  c->line = line;
  c->properties = g_ptr_array_new_with_free_func (property_free);
  return c;
}

static void
add_property (AspConfigChannel * channel, const gchar * name, gchar * value, guint line)
{
  AspConfigProperty *p = g_new0 (AspConfigProperty, 1);

  p->name = g_strdup (name);
  p->value = value;
  p->line = line;
  g_ptr_array_add (channel->properties, p);
}

static gpointer
copy_channel (gconstpointer data, gpointer unused)
{
  const AspConfigChannel *c = data;
  AspConfigChannel *copy = channel_new (c->name, c->line);

  copy->inputs = g_strdupv (c->inputs);
  copy->outputs = g_strdupv (c->outputs);
  copy->loop = c->loop;
  for (guint i = 0; i < c->properties->len; i++) {
    const AspConfigProperty *p = g_ptr_array_index (c->properties, i);

    add_property (copy, p->name, g_strdup (p->value), p->line);
  }
  return copy;
}

static void
copy_array (GPtrArray * to, GPtrArray * from, GCopyFunc copy)
{
  for (guint i = 0; i < from->len; i++)
    g_ptr_array_add (to, copy (g_ptr_array_index (from, i), NULL));
}

static void
copy_lines (GHashTable * to, GHashTable * from)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, from);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_hash_table_insert (to, g_strdup (key), value);
}

AspConfig *
asp_config_copy (const AspConfig * c)
{
  AspConfig *copy = asp_config_new ();

  copy->name = g_strdup (c->name);
  copy_lines (copy->lines, c->lines);
  copy->listen = g_strdup (c->listen);
  copy->certificate = g_strdup (c->certificate);
  copy->private_key = g_strdup (c->private_key);
  copy_array (copy->keys, c->keys, copy_key);
  copy->bearer_tokens = g_strdupv (c->bearer_tokens);
  copy_array (copy->rates, c->rates, copy_rate);
  copy->region = g_strdup (c->region);
  copy->account = g_strdup (c->account);
  copy->playback_prefix = g_strdup (c->playback_prefix);
  copy->state = g_strdup (c->state);
  copy->durable = c->durable;
  copy->allowed_hosts = g_strdupv (c->allowed_hosts);
  copy->allowed_networks = g_strdupv (c->allowed_networks);
  copy->ads_headers = g_strdupv (c->ads_headers);
  copy->ads_certificate = g_strdup (c->ads_certificate);
  copy->ads_private_key = g_strdup (c->ads_private_key);
  copy->player_params = g_strdupv (c->player_params);
  copy_array (copy->hooks, c->hooks, copy_hook);
  copy_array (copy->channels, c->channels, copy_channel);
  return copy;
}

gchar *
asp_config_where (const AspConfig * config, const gchar * group, const gchar * key)
{
  const gchar *name = config->name ? config->name : "configuration";
  g_autofree gchar *place = g_strdup_printf ("%s/%s", group, key);
  guint line = GPOINTER_TO_UINT (g_hash_table_lookup (config->lines, place));

  return line ? g_strdup_printf ("%s:%u", name, line) : g_strdup (name);
}

/* --- reading it ------------------------------------------------------------------------------ */

typedef struct
{
  AspConfig *config;
  const gchar *name;
  /* The group in which we are */
  const AspConfigGroupSpec *group;      /* NULL: before the first */
  const gchar *group_text;      /* as it stands */
  guint group_line;
  gpointer base;                /* what its keys are read into */
} Reader;

#define FAULT(r, line, code, ...) asp_config_fault (error, ASP_CONFIG_ERROR_##code, (r)->name, line, __VA_ARGS__)

static guint
line_of (const AspConfig * config, const gchar * group, const gchar * key)
{
  g_autofree gchar *place = g_strdup_printf ("%s/%s", group, key);

  return GPOINTER_TO_UINT (g_hash_table_lookup (config->lines, place));
}

/* FALSE: it is there already. The empty key is the group's own line. */
static gboolean
remember_line (Reader * r, const gchar * group, const gchar * key, guint line, GError ** error)
{
  guint before = line_of (r->config, group, key);

  if (before) {
    FAULT (r, line, SYNTAX, *key ? "[%s] has %s already, in line %u; keep one of them" :
        "there is [%s%s] already, in line %u; keep one of them", group, key, before);
    return FALSE;
  }
  g_hash_table_insert (r->config->lines, g_strdup_printf ("%s/%s", group, key), GUINT_TO_POINTER (line));
  return TRUE;
}

static gboolean
begin_named (Reader * r, const gchar * name, guint line, GError ** error)
{
  gboolean hook = !strcmp (r->group->name, "hook");
  GPtrArray *all = hook ? r->config->hooks : r->config->channels;
  guint max = hook ? ASP_CONFIG_HOOKS_MAX : ASP_CONFIG_CHANNELS_MAX;

  if (!asp_config_is_name (name)) {
    FAULT (r, line, VALUE, "\"%.40s\" can be no name; [%s NAME] wants letters, digits, - and _, at most %u", name,
        r->group->name, ASP_CONFIG_NAME_MAX);
    return FALSE;
  }
  if (all->len >= max) {
    FAULT (r, line, VALUE, "there are more than %u groups [%s NAME], the most that can be", max, r->group->name);
    return FALSE;
  }
  if (hook) {
    AspConfigHook *h = g_new0 (AspConfigHook, 1);

    h->name = g_strdup (name);
    r->base = h;
  } else {
    r->base = channel_new (name, line);
  }
  g_ptr_array_add (all, r->base);
  return TRUE;
}

static gboolean
begin_group (Reader * r, const AspConfigLine * line, GError ** error)
{
  const gchar *rest = "";
  g_autofree gchar *there_are = NULL;

  r->group = asp_config_group_spec (line->value, &rest);
  r->group_text = line->value;
  r->group_line = line->line;
  r->base = r->config;
  if (!r->group || (*rest && !r->group->named)) {
    there_are = asp_config_group_names ();
    FAULT (r, line->line, UNKNOWN, "there is no group [%.60s]; there are %s", line->value, there_are);
    return FALSE;
  }
  if (!remember_line (r, line->value, "", line->line, error))
    return FALSE;
  return !r->group->named || begin_named (r, rest, line->line, error);
}

static gboolean
read_property (Reader * r, const AspConfigLine * line, GError ** error)
{
  gchar *value = NULL;
  g_autofree gchar *why = NULL;

  if (!asp_config_is_property (line->key)) {
    g_autofree gchar *names = asp_config_key_names (r->group);

    FAULT (r, line->line, UNKNOWN, "\"%.60s\" is no key of [%s]; it has %s, properties of adsplicebin, and those of "
        "hlsadsink with hls. in front", line->key, r->group_text, names);
    return FALSE;
  }
  if (!asp_config_read_text (line->value, &value, &why)) {
    FAULT (r, line->line, VALUE, "%s: %s", line->key, why);
    return FALSE;
  }
  add_property (r->base, line->key, value, line->line);
  return TRUE;
}

static gboolean
read_key (Reader * r, const AspConfigLine * line, GError ** error)
{
  const AspConfigKeySpec *spec = asp_config_key_spec (r->group, line->key);
  g_autofree gchar *why = NULL, *names = NULL;

  if (!remember_line (r, r->group_text, line->key, line->line, error))
    return FALSE;
  if (!*line->value) {
    FAULT (r, line->line, VALUE, "%s has no value; write %s, or leave the line out", line->key,
        spec ? spec->form : "one");
    return FALSE;
  }
  if (!spec && !strcmp (r->group->name, "channel"))
    return read_property (r, line, error);
  if (!spec) {
    names = asp_config_key_names (r->group);
    FAULT (r, line->line, UNKNOWN, "[%s] has no key \"%.60s\"; it has %s", r->group_text, line->key, names);
    return FALSE;
  }
  if (!spec->read (line->value, G_STRUCT_MEMBER_P (r->base, spec->offset), &why)) {
    FAULT (r, line->line, VALUE, "%s: %s; right is %s", spec->key, why, spec->form);
    return FALSE;
  }
  return TRUE;
}

/* What only the whole group tells. */
static gboolean
check_pair (Reader * r, const gchar * group, GError ** error)
{
  guint certificate = line_of (r->config, group, "certificate"), key = line_of (r->config, group, "private-key");

  if (!certificate == !key)
    return TRUE;
  FAULT (r, MAX (certificate, key), VALUE, "[%s] has %s alone; %s belongs to it", group,
      key ? "private-key" : "certificate", key ? "certificate" : "private-key");
  return FALSE;
}

/* The group that ends. */
static gboolean
check_group (Reader * r, GError ** error)
{
  static const gchar *const wanted[][2] = { {"hook", "url"}, {"channel", "input"}, {"channel", "output"} };

  if (!r->group)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    if (!strcmp (r->group->name, wanted[i][0]) && !line_of (r->config, r->group_text, wanted[i][1])) {
      FAULT (r, r->group_line, VALUE, "[%s] has no %s; right is %s", r->group_text, wanted[i][1],
          asp_config_key_spec (r->group, wanted[i][1])->form);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
read_lines (Reader * r, const GPtrArray * lines, GError ** error)
{
  for (guint i = 0; i < lines->len; i++) {
    const AspConfigLine *line = g_ptr_array_index (lines, i);

    if (!line->key) {
      if (!check_group (r, error) || !begin_group (r, line, error))
        return FALSE;
    } else if (!r->group) {
      g_autofree gchar *there_are = asp_config_group_names ();

      FAULT (r, line->line, SYNTAX, "%.60s stands in no group; begin one in a line above: %s", line->key, there_are);
      return FALSE;
    } else if (!read_key (r, line, error)) {
      return FALSE;
    }
  }
  return check_group (r, error) && check_pair (r, "control", error) && check_pair (r, "ads", error);
}

AspConfig *
asp_config_parse (const gchar * text, gsize size, const gchar * name, GError ** error)
{
  g_autoptr (GPtrArray) lines = asp_config_scan (text, size, name, error);
  g_autoptr (AspConfig) config = NULL;
  Reader r = {.name = name };

  if (!lines)
    return NULL;
  config = asp_config_new ();
  config->name = g_strdup (name);
  r.config = config;
  return read_lines (&r, lines, error) ? g_steal_pointer (&config) : NULL;
}
