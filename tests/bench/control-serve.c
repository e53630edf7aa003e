/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control server with many channels that do not run, for control.sh:
 *
 *   control-serve [--channels N] [--break-ms MS] [--state PATH] [--durable]
 *
 * Channels c-0000, c-0001 and so on; a break of theirs lasts MS (0 = for ever). Rates are off. It
 * prints its port on a line and, when its standard input ends, how many breaks it has inserted.
 */
#include <asp-control.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  gchar *name;
  gint64 break_us;
  GMutex lock;                  /* of what is below; innermost */
  gint64 busy_until_us;
  guint n_inserted;
} Channel;

static AspControlStatus *
status (gpointer user_data)
{
  Channel *c = user_data;
  AspControlStatus *out = asp_control_status_new ();

  out->channel->name = g_strdup (c->name);
  out->channel->playback_url = g_strdup_printf ("http://127.0.0.1:8080/%s/master.m3u8", c->name);
  out->channel->live = out->channel->has_ads = TRUE;
  g_strlcpy (out->channel->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz", sizeof out->channel->stream_id);
  out->channel->started_us = G_USEC_PER_SEC;
  g_mutex_lock (&c->lock);
  out->channel->busy = c->busy_until_us > g_get_monotonic_time ();
  g_mutex_unlock (&c->lock);
  return out;
}

static gchar *
insert (const AspControlBreak * brk, gpointer user_data, GError ** error)
{
  Channel *c = user_data;
  gint64 now_us = g_get_monotonic_time ();
  gboolean taken;

  g_mutex_lock (&c->lock);
  taken = c->busy_until_us > now_us;
  if (!taken) {
    c->busy_until_us = c->break_us > 0 ? now_us + c->break_us : G_MAXINT64;
    c->n_inserted++;
  }
  g_mutex_unlock (&c->lock);
  if (taken)
    g_set_error_literal (error, ASP_API_ERROR, ASP_API_CONFLICT, "a break is there already");
  return taken ? NULL : g_strdup_printf ("%s%06u", c->name + 2, c->n_inserted % 1000000);
}

static Channel *
add_channels (AspControl * control, guint n, gint64 break_us)
{
  static const AspControlChannel funcs = {.status = status,.insert = insert };
  Channel *channels = g_new0 (Channel, n);

  for (guint i = 0; i < n; i++) {
    channels[i].name = g_strdup_printf ("c-%04u", i);
    channels[i].break_us = break_us;
    g_mutex_init (&channels[i].lock);
    asp_control_add_channel (control, channels[i].name, &funcs, &channels[i], NULL);
  }
  return channels;
}

/* The server is gone: nobody asks them any more. Returns: how many breaks they had */
static guint
free_channels (Channel * channels, guint n)
{
  guint inserted = 0;

  for (guint i = 0; i < n; i++) {
    inserted += channels[i].n_inserted;
    g_mutex_clear (&channels[i].lock);
    g_free (channels[i].name);
  }
  g_free (channels);
  return inserted;
}

static void
serve (AspControl * control, guint n_channels, gint64 break_us)
{
  Channel *channels = add_channels (control, n_channels, break_us);
  g_autofree gchar *address = asp_control_dup_address (control);
  gchar byte;

  printf ("%s\n", strrchr (address, ':') + 1);
  fflush (stdout);
  while (fread (&byte, 1, 1, stdin) == 1);
  asp_control_unref (control);
  printf ("inserted=%u\n", free_channels (channels, n_channels));
}

static gchar *state;
static gboolean durable;
static gint n_channels = 64, break_ms;

static const GOptionEntry entries[] = {
  {"channels", 0, 0, G_OPTION_ARG_INT, &n_channels, "How many", "N"},
  {"break-ms", 0, 0, G_OPTION_ARG_INT, &break_ms, "How long a break lasts; 0 = for ever", "MS"},
  {"state", 0, 0, G_OPTION_ARG_FILENAME, &state, "SQLite file; without: in memory", "PATH"},
  {"durable", 0, 0, G_OPTION_ARG_NONE, &durable, "Each write waits for the disk", NULL},
  {NULL}
};

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GPtrArray) rates = g_ptr_array_new ();
  AspConfigRate any = { (gchar *) "InsertAdBreak", 0 };
  AspConfig config = {.rates = rates };
  g_autoptr (GError) error = NULL;
  AspControl *control = NULL;

  g_option_context_add_main_entries (options, entries, NULL);
  if (g_option_context_parse (options, &argc, &argv, &error) && n_channels > 0) {
    g_ptr_array_add (rates, &any);
    config.state = state ? state : (gchar *) "memory";
    config.durable = durable;
    control = asp_control_get ("127.0.0.1:0", &config, NULL, &error);
  }
  if (control)
    serve (control, (guint) n_channels, (gint64) break_ms * 1000);
  else
    g_printerr ("control-serve: %s\n", error ? error->message : "--channels: at least one");
  g_free (state);
  return control ? 0 : 1;
}
