/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-worker.h"

#include <asp-json-writer.h>
#include <string.h>
#include <sys/stat.h>

/* Creatives that somebody wants to be ready before any break asks for them, and what is known of all
 * that have been looked at. */

typedef enum
{
  WARM_WAITING,
  WARM_FETCHING,
  WARM_CONDITIONING,
  WARM_READY,
  WARM_FAILED,
} WarmState;

typedef struct
{
  gchar *uri;                   /* as it was said */
  WarmState state;
  gint64 duration_90k;          /* READY; 0 = not known */
  guint64 bytes;                /* of the file */
  gchar *reason;                /* FAILED */
} Warm;

static void
warm_free (gpointer data)
{
  Warm *warm = data;

  g_free (warm->uri);
  g_free (warm->reason);
  g_free (warm);
}

void
ad_warm_init (Worker * w)
{
  g_mutex_init (&w->warm_lock);
  g_queue_init (&w->warm);
}

void
ad_warm_clear (Worker * w)
{
  g_queue_clear_full (&w->warm, warm_free);
  g_mutex_clear (&w->warm_lock);
}

static Warm *
find_locked (Worker * w, const gchar * uri)
{
  for (GList * l = w->warm.head; l; l = l->next)
    if (!strcmp (((Warm *) l->data)->uri, uri))
      return l->data;
  return NULL;
}

static gboolean
is_open (WarmState state)
{
  return state < WARM_READY;
}

/* Room for one more: what is done goes first, the oldest of it. */
static gboolean
make_room_locked (Worker * w)
{
  for (GList * l = w->warm.tail; l && w->warm.length >= AD_WARM_MAX; l = l->prev)
    if (!is_open (((Warm *) l->data)->state)) {
      warm_free (l->data);
      g_queue_delete_link (&w->warm, l);
      break;
    }
  return w->warm.length < AD_WARM_MAX;
}

/* NULL: too many wait. */
static Warm *
take_locked (Worker * w, const gchar * uri)
{
  Warm *warm = find_locked (w, uri);

  if (warm || !make_room_locked (w))
    return warm;
  warm = g_new0 (Warm, 1);
  warm->uri = g_strdup (uri);
  g_queue_push_head (&w->warm, warm);
  return warm;
}

gboolean
ad_warm_add (Worker * w, const gchar * uri)
{
  Warm *warm;

  g_mutex_lock (&w->warm_lock);
  warm = take_locked (w, uri);
  if (warm && !is_open (warm->state))
    warm->state = WARM_WAITING;
  g_mutex_unlock (&w->warm_lock);
  return warm != NULL;
}

static guint64
size_of (const gchar * path)
{
  struct stat st;

  return path && stat (path, &st) == 0 ? (guint64) st.st_size : 0;
}

static void
note (Worker * w, const gchar * uri, WarmState state, gint64 duration_90k, const gchar * path, const gchar * reason)
{
  guint64 bytes = size_of (path);
  Warm *warm;

  g_mutex_lock (&w->warm_lock);
  warm = take_locked (w, uri);
  if (warm) {
    warm->state = state;
    warm->duration_90k = duration_90k;
    warm->bytes = bytes ? bytes : warm->bytes;
    g_free (warm->reason);
    warm->reason = g_strdup (state == WARM_FAILED ? reason : NULL);
  }
  g_mutex_unlock (&w->warm_lock);
}

void
ad_warm_note_lines (Worker * w, const GPtrArray * lines)
{
  for (guint i = 0; i < lines->len; i++) {
    const AdLine *line = g_ptr_array_index (lines, i);

    if (line->uri)
      note (w, line->uri, !line->reason ? WARM_READY : !strcmp (line->reason, "TRANSCODE_IN_PROGRESS") ?
          WARM_CONDITIONING : WARM_FAILED, line->duration_90k, line->uri, line->reason);
  }
}

/* --- getting ready ---------------------------------------------------------------------- */

static gboolean
is_remote (const gchar * uri)
{
  return g_str_has_prefix (uri, "http://") || g_str_has_prefix (uri, "https://");
}

/* Where its file is; NULL: not yet, or never (that has been noted). (transfer full) */
static gchar *
locate (Worker * w, const gchar * uri)
{
  gchar *path = NULL;

  if (!is_remote (uri))
    return strstr (uri, "://") ? g_filename_from_uri (uri, NULL, NULL) : g_strdup (uri);
  if (!w->server) {
    note (w, uri, WARM_FAILED, 0, NULL, "there is no ad server, and nothing is fetched");
    return NULL;
  }
  switch (ad_server_want (w->server, uri, &path)) {
    case AD_FETCHED:
      return path;
    case AD_FETCHING:
      note (w, uri, WARM_FETCHING, 0, NULL, NULL);
      break;
    case AD_FAILED:
    default:
      note (w, uri, WARM_FAILED, 0, NULL, "MEDIA_FILE_UNAVAILABLE");
      break;
  }
  g_free (path);
  return NULL;
}

static void
get_ready (Worker * w, const gchar * uri)
{
  g_autofree gchar *path = locate (w, uri), *detail = NULL;
  g_autoptr (GHashTable) paths = NULL;
  AdPodItem item = { 0 };
  const gchar *reason = NULL;

  if (!path)
    return;
  item.duration_90k = ad_probe_duration (w->probe, path, &w->stop, &reason, &detail);
  if (item.duration_90k > 0) {
    note (w, uri, WARM_READY, item.duration_90k, path, NULL);
  } else if (!w->conditioner || !g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    note (w, uri, WARM_FAILED, 0, path, detail ? detail : reason);
  } else {
    g_clear_pointer (&detail, g_free);
    if (!ad_build_condition (w, path, &item, &paths, &detail))
      note (w, uri, WARM_CONDITIONING, 0, path, NULL);
    else if (item.duration_90k > 0)
      note (w, uri, WARM_READY, item.duration_90k, path, NULL);
    else
      note (w, uri, WARM_FAILED, 0, path, detail ? detail : item.reason);
  }
}

void
ad_warm_consider (Worker * w)
{
  g_autoptr (GPtrArray) uris = g_ptr_array_new_with_free_func (g_free);

  g_mutex_lock (&w->warm_lock);
  for (GList * l = w->warm.tail; l; l = l->prev)
    if (is_open (((Warm *) l->data)->state))
      g_ptr_array_add (uris, g_strdup (((Warm *) l->data)->uri));
  g_mutex_unlock (&w->warm_lock);
  for (guint i = 0; i < uris->len && !g_atomic_int_get (&w->stop); i++)
    get_ready (w, g_ptr_array_index (uris, i));
}

/* --- what is there --------------------------------------------------------------------- */

gchar *
ad_warm_list (Worker * w)
{
  static const gchar *const names[] = { "waiting", "fetching", "conditioning", "ready", "failed" };
  g_autoptr (AspJsonWriter) json = asp_json_writer_new (FALSE);

  asp_json_begin_array (json, NULL);
  g_mutex_lock (&w->warm_lock);
  for (GList * l = w->warm.head; l; l = l->next) {
    const Warm *warm = l->data;
    g_autofree gchar *uri = is_remote (warm->uri) ? asp_http_url_for_people (warm->uri) : g_utf8_make_valid (warm->uri, -1);

    asp_json_begin_object (json, NULL);
    asp_json_add_string (json, "uri", uri);
    asp_json_add_string (json, "state", names[warm->state]);
    if (warm->bytes)
      asp_json_add_int (json, "bytes", (gint64) warm->bytes);
    if (warm->duration_90k)
      asp_json_add_int (json, "duration_90k", warm->duration_90k);
    if (warm->reason)
      asp_json_add_string (json, "reason", warm->reason);
    asp_json_end_object (json);
  }
  g_mutex_unlock (&w->warm_lock);
  asp_json_end_array (json);
  return g_strdup (asp_json_writer_text (json));
}
