/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs the channels of one configuration file, each through adsplicebin:
 *
 *   adsplice-host [OPTION...] adsplice.conf
 *
 * examples/adsplice.conf shows every key; examples/adsplice-host.service is its systemd unit.
 *
 * SIGHUP has the file read again: channels that are new in it are begun, those that are gone or changed
 * are stopped (and begun anew), all others run on. With a fault in it nothing changes.
 * SIGTERM and SIGINT end it: breaks that run are finished (--stop=finish) or left at the next random access
 * point (--stop=cut), playlists are ended. A second one ends it at once.
 *
 * Exit status: 0 all channels have ended as they should, 1 one has not, or it was ended at once, 2 there is a
 * fault in the configuration or on the command line.
 *
 * What a channel is: examples/host/host-channel.h.
 */
#include <gst/gst.h>
#include <glib-unix.h>
#include <locale.h>
#include <string.h>

#include "host/host-channel.h"
#include "host/host-log.h"
#include "host/host-notify.h"

#define SAME_SIGNAL_US (G_USEC_PER_SEC / 2)     /* who signals process and group means it once */
#define STOP_TIMEOUT_S 330      /* more than the longest break there is by itself */

typedef struct
{
  HostChannel *channel;
  HostChannel *next;            /* takes its place when it has ended; NULL */
} Slot;

typedef struct
{
  const gchar *path;
  gboolean cut, check;
  gint stop_timeout_s;
  GMainLoop *loop;
  HostConfig *config;
  GPtrArray *slots;
  gint64 stopping_us;           /* monotonic: since when; 0 = not yet */
  gint status;
} Host;

/* --- channels --------------------------------------------------------------------------------------- */

static void
slot_free (gpointer data)
{
  Slot *slot = data;

  g_clear_pointer (&slot->channel, host_channel_free);
  g_clear_pointer (&slot->next, host_channel_free);
  g_free (slot);
}

static void
tell_status (Host * host)
{
  g_autofree gchar *text = g_strdup_printf ("STATUS=%u channel%s", host->slots->len, host->slots->len == 1 ? "" : "s");

  host_notify (text);
}

static void
on_ended (HostChannel * channel, gboolean clean, gpointer data)
{
  Host *host = data;

  for (guint i = 0; i < host->slots->len; i++) {
    Slot *slot = g_ptr_array_index (host->slots, i);

    if (slot->channel != channel)
      continue;
    if (!clean)
      host->status = 1;
    host_log (HOST_NOTICE, host_channel_name (channel), "has ended");
    g_clear_pointer (&slot->channel, host_channel_free);
    if (slot->next && !host->stopping_us) {
      slot->channel = g_steal_pointer (&slot->next);
      host_channel_start (slot->channel);
    } else {
      g_ptr_array_remove_index (host->slots, i);
    }
    break;
  }
  tell_status (host);
  if (!host->slots->len)
    g_main_loop_quit (host->loop);
}

static Slot *
find_slot (Host * host, const gchar * name)
{
  for (guint i = 0; i < host->slots->len; i++) {
    Slot *slot = g_ptr_array_index (host->slots, i);

    if (!strcmp (host_channel_name (slot->channel), name))
      return slot;
  }
  return NULL;
}

/* --- the configuration -------------------------------------------------------------------------------- */

static HostConfig *
load (Host * host)
{
  g_autoptr (GError) error = NULL;
  AspConfig *config = asp_config_load (host->path, &error);

  if (config && config->channels->len)
    return host_config_new (config);
  if (config)
    host_log (HOST_ERROR, NULL, "%s: there is no [channel NAME] in it; examples/adsplice.conf shows some", host->path);
  else
    host_log (HOST_ERROR, NULL, "%s", error->message);
  asp_config_free (config);
  return NULL;
}

/* What is to be built for @config: a slot each that is new or changed, with `next` alone. NULL: there is a fault. */
static GPtrArray *
build_channels (Host * host, HostConfig * config)
{
  const HostChannelFuncs funcs = { on_ended, host };
  const GPtrArray *channels = config->config->channels;
  GPtrArray *built = g_ptr_array_new_with_free_func (slot_free);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < channels->len && !error; i++) {
    const AspConfigChannel *mine = g_ptr_array_index (channels, i);
    Slot *slot = host->slots ? find_slot (host, mine->name) : NULL;
    HostChannel *channel;

    if (slot && !slot->next && host_channel_is_same (slot->channel, config, mine))
      continue;
    channel = host_channel_new (config, mine, &funcs, &error);
    if (channel) {
      g_ptr_array_add (built, g_new0 (Slot, 1));
      ((Slot *) g_ptr_array_index (built, built->len - 1))->next = channel;
    }
  }
  if (!error)
    return built;
  host_log (HOST_ERROR, NULL, "%s", error->message);
  g_ptr_array_unref (built);
  return NULL;
}

static const AspConfigChannel *
find_channel (HostConfig * config, const gchar * name)
{
  const GPtrArray *channels = config->config->channels;

  for (guint i = 0; i < channels->len; i++) {
    const AspConfigChannel *c = g_ptr_array_index (channels, i);

    if (!strcmp (c->name, name))
      return c;
  }
  return NULL;
}

/* Those that are in the file no more. */
static void
stop_removed (Host * host, HostConfig * config)
{
  for (guint i = 0; i < host->slots->len; i++) {
    Slot *slot = g_ptr_array_index (host->slots, i);
    const AspConfigChannel *mine = find_channel (config, host_channel_name (slot->channel));

    if (mine && host_channel_is_same (slot->channel, config, mine)) {
      host_channel_set_config (slot->channel, config, mine);
    } else if (!mine) {
      g_clear_pointer (&slot->next, host_channel_free);
      host_channel_stop (slot->channel, host->cut, (guint) host->stop_timeout_s);
    }
  }
}

static void
begin_built (Host * host, GPtrArray * built)
{
  for (guint i = 0; i < built->len; i++) {
    Slot *fresh = g_ptr_array_index (built, i), *slot = find_slot (host, host_channel_name (fresh->next));

    if (slot) {
      g_clear_pointer (&slot->next, host_channel_free);
      slot->next = g_steal_pointer (&fresh->next);
      host_channel_stop (slot->channel, host->cut, (guint) host->stop_timeout_s);
    } else {
      slot = g_new0 (Slot, 1);
      slot->channel = g_steal_pointer (&fresh->next);
      g_ptr_array_add (host->slots, slot);
      host_channel_start (slot->channel);
    }
  }
}

/* One speaks for all: they share the control server. Those that do not run read the file when they begin. */
static gboolean
reload_control (Host * host, HostConfig * config)
{
  for (guint i = 0; i < host->slots->len; i++) {
    HostChannel *channel = ((Slot *) g_ptr_array_index (host->slots, i))->channel;

    if (host_channel_runs (channel))
      return !config->config->listen || g_strcmp0 (config->config->listen, host->config->config->listen) ||
          host_channel_reload_control (channel);
  }
  return TRUE;
}

static void
reload (Host * host)
{
  HostConfig *config = load (host);
  GPtrArray *built = config ? build_channels (host, config) : NULL;

  if (built && !reload_control (host, config))
    g_clear_pointer (&built, g_ptr_array_unref);
  if (!built) {
    host_log (HOST_ERROR, NULL, "%s is not taken; all runs on as it was", host->path);
    host_config_unref (config);
    return;
  }
  host_log (HOST_NOTICE, NULL, "%s is read again: %u channel%s new or changed", host->path, built->len,
      built->len == 1 ? "" : "s");
  stop_removed (host, config);
  begin_built (host, built);
  g_ptr_array_unref (built);
  host_config_unref (host->config);
  host->config = config;
  tell_status (host);
}

/* --- signals ---------------------------------------------------------------------------------------------- */

static gboolean
on_hangup (gpointer data)
{
  Host *host = data;

  if (host->stopping_us)
    return G_SOURCE_CONTINUE;
  host_notify_reloading ();
  reload (host);
  host_notify ("READY=1");
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer data)
{
  Host *host = data;

  if (host->stopping_us && g_get_monotonic_time () - host->stopping_us < SAME_SIGNAL_US)
    return G_SOURCE_CONTINUE;
  if (host->stopping_us) {
    host_log (HOST_WARNING, NULL, "ending at once");
    host->status = 1;
    g_main_loop_quit (host->loop);
    return G_SOURCE_CONTINUE;
  }
  host->stopping_us = g_get_monotonic_time ();
  host_notify ("STOPPING=1");
  host_log (HOST_NOTICE, NULL, "ending");
  for (guint i = 0; i < host->slots->len; i++)
    host_channel_stop (((Slot *) g_ptr_array_index (host->slots, i))->channel, host->cut, (guint) host->stop_timeout_s);
  return G_SOURCE_CONTINUE;
}

/* --- the program ------------------------------------------------------------------------------------------ */

static gboolean
parse_stop (const gchar * name, const gchar * value, gpointer data, GError ** error)
{
  Host *host = data;

  host->cut = !strcmp (value, "cut");
  if (host->cut || !strcmp (value, "finish"))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s wants finish or cut, not \"%s\"", name, value);
  return FALSE;
}

static gboolean
parse_options (Host * host, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    {"stop", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer) (void (*)(void)) parse_stop, "What becomes of a break that runs when "
          "its channel is stopped (finish)", "finish|cut"},
    {"stop-timeout", 0, 0, G_OPTION_ARG_INT, &host->stop_timeout_s, "How long a break is waited for (330)", "SECONDS"},
    {"check", 0, 0, G_OPTION_ARG_NONE, &host->check, "Only look for faults in the configuration", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL}
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("adsplice.conf - live channels with ads");
  g_autoptr (GError) error = NULL;
  GOptionGroup *group = g_option_group_new ("host", "", "", host, NULL);

  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  g_option_context_add_group (context, gst_init_get_option_group ());
  g_option_context_set_summary (context, "SIGHUP: the file is read again. SIGTERM: breaks are finished, playlists ended. "
      "Exit status: 0 as it should be, 1 not, 2 a fault in the configuration.");
  if (!g_option_context_parse (context, argc, argv, &error))
    g_printerr ("adsplice-host: %s\n", error->message);
  else if (*argc != 2 || host->stop_timeout_s < 1)
    g_printerr ("adsplice-host: give one configuration file; --help shows the options\n");
  else
    return TRUE;
  return FALSE;
}

static void
run (Host * host, GPtrArray * built)
{
  guint signals[] = { g_unix_signal_add (SIGHUP, on_hangup, host), g_unix_signal_add (SIGTERM, on_terminate, host),
    g_unix_signal_add (SIGINT, on_terminate, host)
  };
  HostBreaks breaks;

  host->loop = g_main_loop_new (NULL, FALSE);
  begin_built (host, built);
  if (host->config->config->listen)
    host_log (HOST_INFO, NULL, "control at http%s://%s/", host->config->config->certificate ? "s" : "",
        host->config->config->listen);
  tell_status (host);
  host_notify_ready ();
  g_main_loop_run (host->loop);
  g_ptr_array_set_size (host->slots, 0);
  breaks = host_channel_breaks ();
  host_log (HOST_NOTICE, NULL, "%u breaks started, %u ended", breaks.started, breaks.ended);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
  g_main_loop_unref (host->loop);
}

int
main (int argc, char **argv)
{
  Host host = {.stop_timeout_s = STOP_TIMEOUT_S };
  GPtrArray *built;

  setlocale (LC_ALL, "");
  if (!parse_options (&host, &argc, &argv))
    return 2;
  host.path = argv[1];
  host.config = load (&host);
  built = host.config ? build_channels (&host, host.config) : NULL;
  if (!built) {
    host_config_unref (host.config);
    return 2;
  }
  if (host.check) {
    g_print ("%s: %u channels, no fault\n", host.path, built->len);
  } else {
    host.slots = g_ptr_array_new_with_free_func (slot_free);
    run (&host, built);
    g_ptr_array_unref (host.slots);
  }
  g_ptr_array_unref (built);
  host_config_unref (host.config);
  return host.status;
}
