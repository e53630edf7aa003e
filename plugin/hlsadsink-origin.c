/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each playlist is a topic (asp-http-topic.h) whose generation is how far its rendition has got:
 * who asks for what is still to come is held until just that generation, and not asked
 * again before. No locks here; `wanted_s` is atomic.
 */
#include "hlsadsink-origin.h"

#include <asp-hls-multivariant.h>
#include <asp-hls-names.h>
#include <asp-hls-reload.h>
#include <string.h>

#define MULTIVARIANT "master.m3u8"
#define MEDIA_PREFIX "m/"
/* A shorter window is not worth a delta update (Apple's authoring rules, 14.4). */
#define DELTA_WINDOW_S 120
/* Deltas are made while somebody has asked for one that lately. */
#define DELTA_WANTED_S 60
/* A held answer is kept that long by caches, and so are media: with the numbers that a later
 * run of the channel may use again, not longer. */
#define HELD_TARGET_DURATIONS 6

enum
{
  DELTA_YES,
  DELTA_V2,
  N_DELTAS,
};

/* One version of a playlist. Immutable. */
typedef struct
{
  AspHlsEdge edge;
  AspHttpBody *body;
  AspHttpBody *deltas[N_DELTAS];        /* NULL = nobody wants it, or it would leave nothing out */
} Version;

typedef struct
{
  gchar *path;
  AspHttpTopic *topic;          /* of Version, or of AspHttpBody: the multivariant one */
  gint wanted_s[N_DELTAS];      /* atomic; monotonic seconds of the last request for it, 0 = none */
} Playlist;

/* The parts that come next. Immutable. */
typedef struct
{
  gchar **uris;
  guint patience_ms;
} Hints;

struct _HlsOrigin
{
  gchar *prefix;
  gboolean hidden;
  guint n_playlists;
  Playlist *playlists;          /* in the order of the renditions */
  Playlist multivariant;
  AspHttpTopic *hints;
  guint64 hints_generation;     /* publisher */
  gchar **last_hints;           /* publisher */
  gchar *last_multivariant;     /* publisher */
  guint64 multivariant_generation;      /* publisher */
};

guint
hls_origin_playlist_age_s (guint target_duration_s)
{
  return MAX (target_duration_s / 2, 1);
}

guint
hls_origin_media_age_s (guint target_duration_s)
{
  return HELD_TARGET_DURATIONS * target_duration_s;
}

/* -- server's threads -- */

static AspHttpBody *
choose_body (Playlist * p, const Version * v, AspHlsSkip skip)
{
  guint which = skip == ASP_HLS_SKIP_V2 ? DELTA_V2 : DELTA_YES;

  if (skip == ASP_HLS_SKIP_NO)
    return v->body;
  g_atomic_int_set (&p->wanted_s[which], (gint) (g_get_monotonic_time () / G_USEC_PER_SEC));
  /* a server may always answer with all of it (6.2.5.1) */
  return v->deltas[which] ? v->deltas[which] : v->body;
}

/* RFC 8216bis B.1, for shared caches. A player's own must not keep what is about to change: that
 * of video.js asks for the same part again when it has got it, and means the next. */
static void
set_age (AspHttpReply * reply, const AspHlsEdge * edge, const AspHlsReload * q)
{
  guint age_s = hls_origin_playlist_age_s (edge->target_duration_s);

  if (asp_hls_reload_is_recent (edge, q))
    asp_http_reply_share (reply, HELD_TARGET_DURATIONS * edge->target_duration_s);
  else if (edge->part_target_90k > 0)
    asp_http_reply_share (reply, age_s);
  else
    asp_http_reply_cache (reply, age_s, FALSE);
}

/* Errors are not for caches: whoever asks far ahead would have those turned away who ask for
 * the same when it is time. */
static void
on_playlist (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  const Version *v = request->state;
  guint64 until = 0;
  AspHlsReload q;
  AspHlsReloadAnswer answer;

  if (!v) {
    asp_http_reply_status (reply, 404);
    return;
  }
  answer = asp_hls_reload_parse (request->query, &q) ?
      asp_hls_reload_decide (&v->edge, &q, &until) : ASP_HLS_RELOAD_BAD;
  if (answer == ASP_HLS_RELOAD_BAD) {
    asp_http_reply_status (reply, 400);
  } else if (answer == ASP_HLS_RELOAD_WAIT) {
    asp_http_reply_wait (reply, until, (guint) (asp_hls_reload_patience_us (&v->edge) / 1000));
  } else {
    set_age (reply, &v->edge, &q);
    asp_http_reply_body (reply, choose_body (user_data, v, q.skip));
  }
}

static void
on_multivariant (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  if (!request->state) {
    asp_http_reply_status (reply, 404);
    return;
  }
  asp_http_reply_cache (reply, 1, FALSE);
  asp_http_reply_body (reply, request->state);
}

/* A part that is not there yet: no byte of it is sent before all of it is (4.4.5.3). One that is
 * never made, because a break has ended, is a 404 of the folder. */
static void
on_media (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  const HlsOrigin *o = user_data;
  const Hints *hints = request->state;
  g_autofree gchar *name = hints && hints->uris[0] ? asp_http_path_below (request->path, o->prefix) :
      NULL;

  if (name && g_strv_contains ((const gchar * const *) hints->uris, name))
    asp_http_reply_wait (reply, request->generation + 1, hints->patience_ms);
  else
    asp_http_reply_pass (reply);
}

/* Of a channel that only sessions may see: under whatever spelling. */
static void
on_hidden (const AspHttpRequest * request, AspHttpReply * reply, gpointer user_data)
{
  const HlsOrigin *o = user_data;
  g_autofree gchar *name = asp_http_path_below (request->path, o->prefix);

  if (!name || asp_http_is_playlist (name))
    asp_http_reply_status (reply, 404);
  else
    asp_http_reply_pass (reply);
}

/* -- owner -- */

static void
playlist_init (const HlsOrigin * o, Playlist * p, const gchar * name)
{
  p->path = g_strconcat (o->prefix, name, NULL);
  p->topic = asp_http_topic_new ();
}

static void
playlist_clear (Playlist * p)
{
  g_free (p->path);
  asp_http_topic_unref (p->topic);
}

HlsOrigin *
hls_origin_new (const HlsOriginConfig * config)
{
  HlsOrigin *o = g_new0 (HlsOrigin, 1);

  o->prefix = g_strdup (config->prefix);
  o->hidden = config->hidden;
  o->n_playlists = config->n_renditions;
  o->playlists = g_new0 (Playlist, o->n_playlists);
  for (guint i = 0; i < o->n_playlists; i++) {
    const gchar *rendition = config->renditions[i].name;
    g_autofree gchar *name = asp_hls_playlist_name (rendition ? rendition : "", o->n_playlists);

    playlist_init (o, &o->playlists[i], name);
  }
  playlist_init (o, &o->multivariant, MULTIVARIANT);
  o->hints = asp_http_topic_new ();
  return o;
}

void
hls_origin_free (HlsOrigin * o)
{
  if (!o)
    return;
  for (guint i = 0; i < o->n_playlists; i++)
    playlist_clear (&o->playlists[i]);
  playlist_clear (&o->multivariant);
  asp_http_topic_unref (o->hints);
  g_strfreev (o->last_hints);
  g_free (o->last_multivariant);
  g_free (o->playlists);
  g_free (o->prefix);
  g_free (o);
}

void
hls_origin_serve (HlsOrigin * o, AspHttpServer * server)
{
  g_autofree gchar *media = g_strconcat (o->prefix, MEDIA_PREFIX, NULL);

  asp_http_server_add_handler (server, media, o->hints, on_media, o);
  if (o->hidden) {
    asp_http_server_add_handler (server, o->prefix, NULL, on_hidden, o);
    return;
  }
  for (guint i = 0; i < o->n_playlists; i++)
    asp_http_server_add_handler (server, o->playlists[i].path, o->playlists[i].topic, on_playlist,
        &o->playlists[i]);
  asp_http_server_add_handler (server, o->multivariant.path, o->multivariant.topic, on_multivariant,
      NULL);
}

/* -- publisher's thread -- */

static AspHttpBody *
body_of (const gchar * text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return asp_http_body_new (bytes, asp_http_content_type (MULTIVARIANT), NULL, TRUE);
}

static void
version_free (gpointer data)
{
  Version *v = data;

  asp_http_body_unref (v->body);
  for (guint i = 0; i < N_DELTAS; i++)
    asp_http_body_unref (v->deltas[i]);
  g_free (v);
}

/* All values of SERVER-CONTROL stay as they are in the life of a URL: what they depend on does. */
static AspHlsView
view_here (const AspHlsView * view, guint target_duration_s)
{
  AspHlsView here = *view;

  here.low_latency = TRUE;
  here.can_skip = view->playlist_length == 0 ||
      (guint64) view->playlist_length * target_duration_s > DELTA_WINDOW_S;
  return here;
}

static gboolean
is_wanted (Playlist * p, guint which)
{
  gint wanted_s = g_atomic_int_get (&p->wanted_s[which]);

  return wanted_s > 0 && g_get_monotonic_time () / G_USEC_PER_SEC - wanted_s < DELTA_WANTED_S;
}

static void
add_deltas (Playlist * p, Version * v, const AspHlsTimeline * t, const AspHlsView * view,
    const gchar * full)
{
  for (guint i = 0; i < N_DELTAS; i++) {
    AspHlsView delta = *view;
    g_autofree gchar *text = NULL;

    if (!is_wanted (p, i))
      continue;
    delta.skip = i == DELTA_V2 ? ASP_HLS_SKIP_V2 : ASP_HLS_SKIP_YES;
    text = asp_hls_view_render (t, &delta);
    if (g_strcmp0 (text, full))
      v->deltas[i] = body_of (text);
  }
}

/* FALSE: it is too early for a playlist. */
static gboolean
publish_playlist (Playlist * p, const AspHlsTimeline * t, const AspHlsView * in_folder)
{
  AspHlsView view = view_here (in_folder, asp_hls_timeline_target_duration (t));
  g_autofree gchar *text = asp_hls_view_render (t, &view);
  Version *v;

  if (!text)
    return FALSE;
  v = g_new0 (Version, 1);
  asp_hls_edge_find (&v->edge, t, view.rendition);
  v->edge.withheld = asp_hls_view_withholds (t, &view);
  v->body = body_of (text);
  if (view.can_skip)
    add_deltas (p, v, t, &view, text);
  asp_http_topic_publish (p->topic, asp_hls_edge_generation (&v->edge), v, version_free);
  return TRUE;
}

static void
hints_free (gpointer data)
{
  Hints *h = data;

  g_strfreev (h->uris);
  g_free (h);
}

/* (transfer full): what comes next of each rendition, where parts come. */
static gchar **
find_hints (const HlsEdition * edition)
{
  GPtrArray *uris = g_ptr_array_new ();
  gboolean has_parts = asp_hls_timeline_part_target_90k (edition->timeline) > 0 &&
      !asp_hls_timeline_is_ended (edition->timeline);

  for (guint i = 0; i < edition->n_renditions && has_parts; i++) {
    AspHlsRendition r;

    asp_hls_timeline_rendition (edition->timeline, edition->renditions[i].view->rendition, &r);
    if (r.next_uri && !edition->renditions[i].view->ending)
      g_ptr_array_add (uris, g_strdup (r.next_uri));
  }
  g_ptr_array_add (uris, NULL);
  return (gchar **) g_ptr_array_free (uris, FALSE);
}

static void
publish_hints (HlsOrigin * o, const HlsEdition * edition)
{
  g_auto (GStrv) uris = find_hints (edition);
  AspHlsEdge edge;
  Hints *h;

  if (o->last_hints ? g_strv_equal ((const gchar * const *) uris,
          (const gchar * const *) o->last_hints) : !uris[0])
    return;
  asp_hls_edge_find (&edge, edition->timeline, 0);
  h = g_new0 (Hints, 1);
  h->uris = g_strdupv (uris);
  h->patience_ms = (guint) (asp_hls_reload_patience_us (&edge) / 1000);
  g_strfreev (o->last_hints);
  o->last_hints = g_steal_pointer (&uris);
  asp_http_topic_publish (o->hints, ++o->hints_generation, h, hints_free);
}

static void
publish_multivariant (HlsOrigin * o, const gchar * text)
{
  g_free (o->last_multivariant);
  o->last_multivariant = g_strdup (text);
  asp_http_topic_publish (o->multivariant.topic, ++o->multivariant_generation, body_of (text),
      (GDestroyNotify) asp_http_body_unref);
}

void
hls_origin_publish (HlsOrigin * o, const HlsEdition * edition)
{
  gboolean listed = FALSE;

  /* first: who has read of a hint asks for it at once, and who is let go reads a file that has
   * been there since before the edition */
  publish_hints (o, edition);
  for (guint i = 0; i < MIN (edition->n_renditions, o->n_playlists); i++)
    if (edition->renditions[i].changed)
      listed = publish_playlist (&o->playlists[i], edition->timeline, edition->renditions[i].view) ||
          listed;
  if (listed && edition->multivariant &&
      g_strcmp0 (edition->multivariant, o->last_multivariant))
    publish_multivariant (o, edition->multivariant);
}
