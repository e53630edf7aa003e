/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-control-private.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 128
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

struct _AspControlEntry
{
  gchar *name;
  guint handle;
  AspControlChannel funcs;
  gpointer user_data;
  guint users;                  /* who is in one of its functions */
};

/* What was read of a channel's ad configuration, when the store had seen that many changes. */
typedef struct
{
  gint changes;
  gboolean attached;
  AspApiAttachment attachment;
} Attached;

/* --- who is there --------------------------------------------------------------------- */

static void
entry_free (gpointer data)
{
  AspControlEntry *e = data;

  g_free (e->name);
  g_free (e);
}

guint
asp_control_add_channel (AspControl * control, const gchar * name, const AspControlChannel * funcs,
    gpointer user_data, GError ** error)
{
  AspControlEntry *e = NULL;

  if (!*name || strlen (name) > NAME_MAX_BYTES || name[strspn (name, NAME_CHARACTERS)] != '\0') {
    g_set_error (error, ASP_API_ERROR, ASP_API_VALIDATION, "The name of a channel is made of letters, digits, - and _, "
        "and has %d of them at most: '%s' cannot be reached under %s", NAME_MAX_BYTES, name, control->address);
    return 0;
  }
  g_mutex_lock (&control->channels_lock);
  if (!g_hash_table_contains (control->channels, name)) {
    e = g_new0 (AspControlEntry, 1);
    e->name = g_strdup (name);
    e->handle = ++control->handles;
    e->funcs = *funcs;
    e->user_data = user_data;
    g_hash_table_insert (control->channels, e->name, e);
  }
  g_mutex_unlock (&control->channels_lock);
  if (!e)
    g_set_error (error, ASP_API_ERROR, ASP_API_CONFLICT, "There is a channel '%s' at %s already: give this one another "
        "name", name, control->address);
  return e ? e->handle : 0;
}

static AspControlEntry *
find_handle (AspControl * control, guint handle)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, control->channels);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((AspControlEntry *) value)->handle == handle)
      return value;
  return NULL;
}

void
asp_control_remove_channel (AspControl * control, guint handle)
{
  AspControlEntry *e;

  g_mutex_lock (&control->channels_lock);
  e = find_handle (control, handle);
  if (e) {
    g_hash_table_steal (control->channels, e->name);
    while (e->users > 0)
      g_cond_wait (&control->channel_released, &control->channels_lock);
  }
  g_mutex_unlock (&control->channels_lock);
  if (e)
    entry_free (e);
}

AspControlEntry *
asp_control_hold (AspControl * control, const gchar * name)
{
  AspControlEntry *e;

  g_mutex_lock (&control->channels_lock);
  e = g_hash_table_lookup (control->channels, name);
  if (e)
    e->users++;
  g_mutex_unlock (&control->channels_lock);
  return e;
}

void
asp_control_release (AspControl * control, AspControlEntry * e)
{
  g_mutex_lock (&control->channels_lock);
  if (--e->users == 0)
    g_cond_broadcast (&control->channel_released);
  g_mutex_unlock (&control->channels_lock);
}

const AspControlChannel *
asp_control_entry_funcs (const AspControlEntry * e, gpointer * user_data)
{
  *user_data = e->user_data;
  return &e->funcs;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

gchar **
asp_control_names (AspControl * control)
{
  gchar **names;
  GHashTableIter iter;
  gpointer name;
  guint n = 0;

  g_mutex_lock (&control->channels_lock);
  names = g_new0 (gchar *, g_hash_table_size (control->channels) + 1);
  g_hash_table_iter_init (&iter, control->channels);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    names[n++] = g_strdup (name);
  g_mutex_unlock (&control->channels_lock);
  qsort (names, n, sizeof *names, compare_names);
  return names;
}

/* --- as the API sees them -------------------------------------------------------------- */

static AspApiChannel *
get_channel (const gchar * name, gpointer user_data)
{
  AspControl *control = user_data;
  AspControlEntry *e = asp_control_hold (control, name);
  g_autoptr (AspControlStatus) status = NULL;

  if (!e)
    return NULL;
  status = e->funcs.status (e->user_data);
  asp_control_release (control, e);
  if (!status->channel->playback_url && control->playback_prefix)
    status->channel->playback_url = g_strdup_printf ("%s/%s/master.m3u8", control->playback_prefix, name);
  return g_steal_pointer (&status->channel);
}

static GPtrArray *
list_channels (gpointer user_data)
{
  AspControl *control = user_data;
  g_auto (GStrv) names = asp_control_names (control);
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_api_channel_free);

  for (guint i = 0; names[i]; i++) {
    AspApiChannel *channel = get_channel (names[i], control);

    if (channel)
      g_ptr_array_add (all, channel);
  }
  return all;
}

static gchar *
insert_break (const gchar * name, guint seconds, gpointer user_data, GError ** error)
{
  AspControl *control = user_data;
  const AspControlBreak brk = { .duration_90k = seconds * ASP_SECOND_90K, .start_pts90k = ASP_NO_TIME,
    .origin = "api"
  };
  AspControlEntry *e = asp_control_hold (control, name);
  gchar *id;

  if (!e) {
    g_set_error (error, ASP_API_ERROR, ASP_API_NOT_FOUND, "There is no channel '%s' any more", name);
    return NULL;
  }
  id = e->funcs.insert (&brk, e->user_data, error);
  asp_control_release (control, e);
  return id;
}

const AspApiChannels asp_control_channels = { list_channels, get_channel, insert_break };

/* --- what is attached to them ------------------------------------------------------------ */

static void
attached_free (gpointer data)
{
  asp_api_attachment_clear (&((Attached *) data)->attachment);
  g_free (data);
}

static void
copy_attachment (const AspApiAttachment * from, AspApiAttachment * to)
{
  to->arn = g_strdup (from->arn);
  to->ads_url = g_strdup (from->ads_url);
  to->pre_roll_seconds = from->pre_roll_seconds;
  to->post_roll_seconds = from->post_roll_seconds;
}

static void
tell_changed (AspControl * control, const gchar * name)
{
  AspControlEntry *e = asp_control_hold (control, name);

  if (e && e->funcs.changed)
    e->funcs.changed (e->user_data);
  if (e)
    asp_control_release (control, e);
}

/* What concerns one channel, or what any of them may lead to. */
static void
on_store_changed (const gchar * name, guint64 number, gpointer user_data)
{
  AspControl *control = user_data;
  g_auto (GStrv) names = NULL;

  g_atomic_int_inc (&control->store_changes);
  if (g_str_has_prefix (name, "api/channel/"))
    tell_changed (control, name + strlen ("api/channel/"));
  else if (g_str_has_prefix (name, "api/ad-configuration/") || g_str_has_prefix (name, "api/playback-configuration/"))
    names = asp_control_names (control);
  for (guint i = 0; names && names[i]; i++)
    tell_changed (control, names[i]);
}

/* TRUE: it is known, and @attached says whether there is something. */
static gboolean
recall (AspControl * control, const gchar * channel, gint changes, gboolean * attached, AspApiAttachment * out)
{
  const Attached *known;
  gboolean fresh;

  g_mutex_lock (&control->attachments_lock);
  known = g_hash_table_lookup (control->attachments, channel);
  fresh = known && known->changes == changes;
  if (fresh) {
    *attached = known->attached;
    copy_attachment (&known->attachment, out);
  }
  g_mutex_unlock (&control->attachments_lock);
  return fresh;
}

static void
remember (AspControl * control, const gchar * channel, gint changes, gboolean attached, const AspApiAttachment * a)
{
  Attached *known = g_new0 (Attached, 1);

  known->changes = changes;
  known->attached = attached;
  copy_attachment (a, &known->attachment);
  g_mutex_lock (&control->attachments_lock);
  if (g_hash_table_size (control->attachments) >= ASP_CONTROL_ATTACHMENTS_MAX)
    g_hash_table_remove_all (control->attachments);
  g_hash_table_replace (control->attachments, g_strdup (channel), known);
  g_mutex_unlock (&control->attachments_lock);
}

gboolean
asp_control_get_attachment (AspControl * control, const gchar * channel, AspApiAttachment * out, GError ** error)
{
  gint changes = g_atomic_int_get (&control->store_changes);        /* before it is read */
  GError *fault = NULL;
  gboolean attached;

  memset (out, 0, sizeof *out);
  if (recall (control, channel, changes, &attached, out))
    return attached;
  attached = asp_api_get_attachment (control->api, channel, out, &fault);
  if (fault)
    g_propagate_error (error, fault);
  else
    remember (control, channel, changes, attached, out);
  return attached;
}

/* --- life -------------------------------------------------------------------------------- */

void
asp_control_channels_init (AspControl * control)
{
  g_mutex_init (&control->channels_lock);
  g_cond_init (&control->channel_released);
  g_mutex_init (&control->attachments_lock);
  control->channels = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  control->attachments = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, attached_free);
  control->store_watch = asp_store_watch (control->store, "api/", on_store_changed, control);
}

void
asp_control_channels_clear (AspControl * control)
{
  asp_store_unwatch (control->store, control->store_watch);
  g_hash_table_unref (control->channels);
  g_hash_table_unref (control->attachments);
  g_mutex_clear (&control->channels_lock);
  g_cond_clear (&control->channel_released);
  g_mutex_clear (&control->attachments_lock);
}
