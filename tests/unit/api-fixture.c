/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "api-fixture.h"

#include <string.h>

static const gchar *const names[] = { "one", "two", "offline", "bare" };

void
fake_channels_init (FakeChannels * f)
{
  memset (f, 0, sizeof *f);
  f->break_us = G_MAXINT64 / 2;
  g_mutex_init (&f->lock);
}

void
fake_channels_reset (FakeChannels * f)
{
  g_mutex_lock (&f->lock);
  memset (f->busy_until_us, 0, sizeof f->busy_until_us);
  g_mutex_unlock (&f->lock);
}

void
fake_channels_clear (FakeChannels * f)
{
  g_mutex_clear (&f->lock);
}

static AspApiChannel *
channel_new (const gchar * name, gboolean live, gboolean busy)
{
  AspApiChannel *c = g_new0 (AspApiChannel, 1);

  c->name = g_strdup (name);
  c->live = live;
  c->busy = busy;
  c->has_ads = strcmp (name, "bare") != 0;
  c->playback_url = g_strdup_printf ("http://127.0.0.1:8080/%s/master.m3u8", name);
  g_strlcpy (c->stream_id, "st-1GI11DKd3yvJm8eWREJq6Xz", sizeof c->stream_id);
  c->started_us = G_GINT64_CONSTANT (1770253388) * G_USEC_PER_SEC;
  c->health = !strcmp (name, "two") ? ASP_API_STARVING : ASP_API_HEALTHY;
  c->viewers = 7;
  return c;
}

static gboolean
is_busy (FakeChannels * f, guint i)
{
  return f->busy_until_us[i] > g_get_monotonic_time ();
}

static AspApiChannel *
get (const gchar * name, gpointer user_data)
{
  FakeChannels *f = user_data;
  AspApiChannel *c = NULL;

  g_mutex_lock (&f->lock);
  for (guint i = 0; i < G_N_ELEMENTS (names) && !c; i++)
    if (!strcmp (name, names[i]))
      c = channel_new (name, strcmp (name, "offline") != 0, is_busy (f, i));
  g_mutex_unlock (&f->lock);
  return c;
}

static GPtrArray *
list (gpointer user_data)
{
  FakeChannels *f = user_data;
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) asp_api_channel_free);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_ptr_array_add (all, get (names[i], f));
  for (guint i = 0; i < f->n_more; i++) {
    g_autofree gchar *name = g_strdup_printf ("more-%04u", i);

    g_ptr_array_add (all, channel_new (name, TRUE, FALSE));
  }
  return all;
}

static gchar *
insert (const gchar * name, guint seconds, gpointer user_data, GError ** error)
{
  FakeChannels *f = user_data;
  gchar *id = NULL;

  g_mutex_lock (&f->lock);
  for (guint i = 0; i < G_N_ELEMENTS (names) && !id; i++) {
    if (strcmp (name, names[i]) || is_busy (f, i))
      continue;
    f->busy_until_us[i] = g_get_monotonic_time () + f->break_us;
    f->last_seconds = seconds;
    id = g_strdup_printf ("break%07u", ++f->n_inserted);
  }
  g_mutex_unlock (&f->lock);
  if (!id)
    g_set_error_literal (error, ASP_API_ERROR, ASP_API_CONFLICT, "a break is there already");
  return id;
}

const AspApiChannels fake_channels = { list, get, insert };

const gchar *const public_keys[4] = {
  "-----BEGIN PUBLIC KEY-----\n"
  "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEFZWo+NqZEfcnjX8qfM33XnKJHfguUNbq\n"
  "LoVz1MON2hqJ9AwecOYcmHeVXk2U0+Cy1unDpXHDShFsi8pNJrjKsH71W7JWJcIE\n"
  "4BUIlzhBmpXGJu7tS91lBddtm0KLBX8u\n"
  "-----END PUBLIC KEY-----\n",
  "-----BEGIN PUBLIC KEY-----\n"
  "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEOO+XTrluN/ImMnCfY5FExNJlX1fcF/Qc\n"
  "wYyop3gaH0vG7V4Dl2xyYA6kW+XJCaG4GGjoEEbTBY2YPZdsZSmtxWc232c2sNU7\n"
  "5YZLmRDoQFmPVTEHWxvNt5bIKJg//ps+\n"
  "-----END PUBLIC KEY-----\n",
  "-----BEGIN PUBLIC KEY-----\n"
  "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAErG1hGLCVOPCdjBvYvxYBSsRUOnCtFA4f\n"
  "h68PZQ2uKtN4WuYQPmElccZimX374phhEFC5RI1G++LDWtPLpXFa2TcWB9cA5oOY\n"
  "V+TSD8q02FSXA2Xq4NpvvgiizctlwbeW\n"
  "-----END PUBLIC KEY-----\n",
  "-----BEGIN PUBLIC KEY-----\n"
  "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE0fWAb3h76u2OPK9ciHTrd+iqTBJBW+tG\n"
  "0XLwYwW/L4zbkwIKZPP0/UQnM4W+bOw58oDIhxE715Qzi8rbH+vhaGpfJxkjsvcg\n"
  "X62u5mxGlUvSFUjmIHk+gSN2mKiyE/+c\n"
  "-----END PUBLIC KEY-----\n",
};

const gchar *const public_key_p256 =
  "-----BEGIN PUBLIC KEY-----\n"
  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZPfQ/OOLzgmK5skxmj43YstFMEm3\n"
  "RqlS8TUzc0JTn2xR23BP8EEuWxy1esu4F8xDgiFjLlfr04YHz4PUTijddw==\n"
  "-----END PUBLIC KEY-----\n";
