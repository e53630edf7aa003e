/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hook.h"

#include "asp-event-debug.h"

#define PAGE 128                /* events that are read from the log at once */

static gchar *
key_of (const gchar * name)
{
  return g_strconcat ("hook/", name, NULL);
}

/* Where it was; a new one is at @since, also behind a kill that comes now. */
static void
read_place (AspHookEntry * h, AspStore * store, guint64 since)
{
  g_autofree gchar *key = key_of (h->name);
  g_autoptr (GBytes) begin = asp_hook_place_write (since);
  g_autoptr (GBytes) found = NULL;
  g_autoptr (GError) error = NULL;
  guint64 place = since;

  if (!asp_store_put_if_absent (store, key, begin, 0, &h->version, &error) &&
      (!g_error_matches (error, ASP_STORE_ERROR, ASP_STORE_ERROR_EXISTS) ||
          !asp_store_get (store, key, &found, &h->version, NULL)))
    GST_WARNING ("hook %s: its place cannot be kept: %s", h->name, error->message);
  if (found && !asp_hook_place_read (found, &place))
    GST_WARNING ("hook %s: its place cannot be read, it begins with what happens from now on", h->name);
  /* a log that has been begun anew */
  h->place = h->looked = h->saved = MIN (place, since);
}

AspHookEntry *
asp_hook_entry_new (const AspHook * hook, AspStore * store, guint64 since)
{
  AspHookEntry *h = g_new0 (AspHookEntry, 1);
  guint bad;

  h->name = g_strdup (hook->name);
  h->url = g_strdup (hook->url);
  h->secret = hook->secret && *hook->secret ? g_strdup (hook->secret) : NULL;
  h->channels = g_strdupv ((gchar **) hook->channels);
  h->headers = asp_hook_headers (hook->headers, &bad);
  h->state.name = g_strdup (hook->name);
  if (bad > 0) {
    h->state.last_error = g_strdup_printf ("%u of its headers are not of the form 'Name: value' and are left out", bad);
    GST_WARNING ("hook %s: %s", h->name, h->state.last_error);
  }
  read_place (h, store, since);
  return h;
}

void
asp_hook_entry_free (AspHookEntry * h)
{
  g_free (h->name);
  g_free (h->url);
  g_free (h->secret);
  g_strfreev (h->headers);
  g_strfreev (h->channels);
  g_clear_pointer (&h->page, g_ptr_array_unref);
  asp_event_free (h->event);
  g_free (h->state.name);
  g_free (h->state.last_error);
  g_free (h);
}

#define SWAP(type, a, b) G_STMT_START { type swap = a; a = b; b = swap; } G_STMT_END

void
asp_hook_entry_configure (AspHookEntry * h, AspHookEntry * from)
{
  SWAP (gchar *, h->url, from->url);
  SWAP (gchar *, h->secret, from->secret);
  SWAP (gchar **, h->headers, from->headers);
  SWAP (gchar **, h->channels, from->channels);
  SWAP (gchar *, h->state.last_error, from->state.last_error);
  /* the new one may be well: it is asked at once */
  h->failures = 0;
  h->next_us = 0;
  if (h->event && h->request == 0 && !asp_hook_wants ((const gchar * const *) h->channels, h->event))
    g_clear_pointer (&h->event, asp_event_free);
}

static gboolean
read_page (AspHookEntry * h, AspEventLog * log)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&h->page, g_ptr_array_unref);
  h->next_of_page = 0;
  h->page = asp_event_log_read (log, h->looked, NULL, PAGE, &error);
  if (!h->page)
    GST_WARNING ("hook %s: the log cannot be read: %s", h->name, error->message);
  return h->page != NULL;
}

gboolean
asp_hook_entry_advance (AspHookEntry * h, AspEventLog * log, guint64 * place, guint64 * lost)
{
  gboolean good = TRUE;

  *lost = 0;
  while (!h->event) {
    AspEvent *event;

    if (!h->page || h->next_of_page >= h->page->len)
      good = read_page (h, log);
    if (!good || h->page->len == 0)
      break;
    event = h->page->pdata[h->next_of_page];
    *lost += event->number - h->looked - 1;
    h->looked = event->number;
    if (asp_hook_wants ((const gchar * const *) h->channels, event)) {
      h->event = event;
      h->page->pdata[h->next_of_page] = NULL;
    }
    h->next_of_page++;
  }
  *place = h->event ? h->event->number - 1 : h->looked;
  return good;
}

void
asp_hook_entry_save (AspHookEntry * h, AspStore * store, guint64 place)
{
  g_autofree gchar *key = key_of (h->name);
  g_autoptr (GBytes) value = asp_hook_place_write (place);
  gboolean good;

  if (place == h->saved && h->version > 0)
    return;
  /* somebody else may have written it: what is true is what this one has delivered */
  good = h->version > 0 ? asp_store_put_if_version (store, key, h->version, value, 0, &h->version, NULL) :
      asp_store_put_if_absent (store, key, value, 0, &h->version, NULL);
  if (good)
    h->saved = place;
  else
    asp_store_get (store, key, NULL, &h->version, NULL);
}
