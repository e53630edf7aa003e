/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The playlists of a channel over HTTP, from timelines made by hand: blocking reload, parts
 * that are only hinted at, delta updates, caches, a channel that is hidden. */
#include "http-fixture.h"

#include <asp-hls-names.h>
#include <asp-hls-view.h>
#include <glib/gstdio.h>
#include <string.h>

#include "../../plugin/hlsadsink-origin.h"
#include "scratch.h"

#define SECOND ASP_SECOND_90K
#define NOON_US (G_GINT64_CONSTANT (1767268800) * G_USEC_PER_SEC)
#define PLAYLIST "/live/playlist.m3u8"
#define N_HELD 300

typedef struct
{
  guint playlist_length;        /* 0 = all */
  gboolean plain;               /* no parts */
  gboolean hidden;
  guint max_waiting;
} Options;

typedef struct
{
  gchar *folder, *media;
  AspHlsTimeline *timeline;
  AspHlsView view;
  HlsOrigin *origin;
  AspHttpServer *server;
  guint16 port;
} Channel;

static void
add (Channel * c, AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  asp_hls_timeline_append (c->timeline, &entry, &error);
  g_assert_no_error (error);
}

static void
publish_changed (Channel * c, gboolean changed)
{
  const HlsEditionRendition rendition = {.view = &c->view,.changed = changed };
  const HlsEdition edition = {.timeline = c->timeline,.n_renditions = 1,.renditions = &rendition,
    .multivariant = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nplaylist.m3u8\n"
  };

  hls_origin_publish (c->origin, &edition);
}

static void
publish (Channel * c)
{
  publish_changed (c, TRUE);
}

static gchar *
part_name (guint64 msn, guint part)
{
  g_autofree gchar *name = asp_hls_media_name (NULL, ASP_HLS_NAME_PART, "v", msn, part);

  return g_strconcat ("m/", name, NULL);
}

static void
put_media (Channel * c, const gchar * uri)
{
  put_file (c->folder, uri, uri);
}

/* Half a second; its file first, as hlsadsink does it. */
static void
add_part (Channel * c, const gchar * next_uri)
{
  AspHlsRendition r;
  g_autofree gchar *uri = NULL;

  asp_hls_timeline_rendition (c->timeline, 0, &r);
  uri = part_name (r.n_media, r.n_open_parts);
  put_media (c, uri);
  add (c, (AspHlsEntry) {.kind = ASP_HLS_PART,.at_90k = r.end_90k,.duration_90k = SECOND / 2,
      .uri = uri,.next_uri = next_uri,.independent = TRUE});
}

static void
complete (Channel * c, const gchar * next_uri)
{
  AspHlsRendition r;
  g_autofree gchar *name = NULL, *uri = NULL;
  gint64 duration_90k;

  asp_hls_timeline_rendition (c->timeline, 0, &r);
  name = asp_hls_media_name (NULL, ASP_HLS_NAME_SEGMENT, "v", r.n_media, 0);
  uri = g_strconcat ("m/", name, NULL);
  put_media (c, uri);
  duration_90k = r.n_open_parts > 0 ? r.end_90k - r.segment_end_90k : SECOND;
  add (c, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.at_90k = r.segment_end_90k,.duration_90k =
      duration_90k,.uri = uri,.next_uri = next_uri,.independent = TRUE});
}

/* Of two parts, where there are parts. */
static void
add_segment (Channel * c)
{
  g_autofree gchar *second = NULL, *next = NULL;
  AspHlsRendition r;

  asp_hls_timeline_rendition (c->timeline, 0, &r);
  second = part_name (r.n_media, 1);
  next = part_name (r.n_media + 1, 0);
  if (asp_hls_timeline_part_target_90k (c->timeline) > 0) {
    add_part (c, second);
    add_part (c, next);
    complete (c, next);
  } else {
    complete (c, NULL);
  }
}

static void
end (Channel * c)
{
  AspHlsRendition r;

  asp_hls_timeline_rendition (c->timeline, 0, &r);
  if (r.n_open_parts > 0)
    complete (c, NULL);
  add (c, (AspHlsEntry) {.kind = ASP_HLS_END,.at_90k = asp_hls_timeline_end (c->timeline)});
  publish (c);
}

static void
channel_setup (Channel * c, gconstpointer data)
{
  static const Options defaults = {.playlist_length = 6 };
  const Options *options = data ? data : &defaults;
  const AspHttpLimits limits = {.max_waiting = options->max_waiting };
  const HlsChannelRendition rendition = {.name = NULL };
  const HlsOriginConfig config = {.prefix = "/live/",.n_renditions = 1,.renditions = &rendition,
    .hidden = options->hidden
  };
  const AspHttpFolder folder = {.playlist_max_age_s = 1,.media_max_age_s = 6,.immutable = TRUE };

  c->folder = scratch_folder_new ("origin");
  c->media = g_build_filename (c->folder, "m", NULL);
  g_assert_cmpint (g_mkdir (c->media, 0755), ==, 0);
  put_file (c->folder, "playlist.m3u8", "#EXTM3U\nof the folder\n");
  put_file (c->folder, "live.timeline", "secret");
  c->timeline = asp_hls_timeline_new ();
  add (c, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.name = "v"});
  add (c, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = NOON_US});
  add (c, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = SECOND});
  if (!options->plain)
    add (c, (AspHlsEntry) {.kind = ASP_HLS_PART_TARGET,.duration_90k = SECOND / 2});
  c->view = (AspHlsView) {.playlist_length = options->playlist_length };
  c->origin = hls_origin_new (&config);
  c->server = asp_http_server_new (&limits);
  hls_origin_serve (c->origin, c->server);
  asp_http_server_add_folder (c->server, "/live/", c->folder, &folder);
  g_assert_true (asp_http_server_start (c->server, "127.0.0.1:0", NULL));
  c->port = server_port (c->server);
}

static void
channel_teardown (Channel * c, gconstpointer data)
{
  asp_http_server_free (c->server);
  hls_origin_free (c->origin);
  asp_hls_timeline_free (c->timeline);
  remove_tree (c->folder);
  g_free (c->folder);
  g_free (c->media);
}

#define ORIGIN_TEST(path, func, options) \
    g_test_add ("/origin/" path, Channel, options, channel_setup, func, channel_teardown)

/* What a view says now. */
static gchar *
expected (const Channel * c, AspHlsSkip skip)
{
  AspHlsView view = c->view;

  view.low_latency = TRUE;
  view.can_skip = view.playlist_length == 0;
  view.skip = skip;
  return asp_hls_view_render (c->timeline, &view);
}

static GSocketConnection *
request (Channel * c, const gchar * target)
{
  g_autofree gchar *text = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
  GSocketConnection *connection = dial (c->port);

  g_assert_true (send_text (connection, text));
  return connection;
}

/* Until the server holds @n. */
static void
wait_held (Channel * c, guint n)
{
  AspHttpStats stats = { 0 };

  for (guint i = 0; i < PATIENCE * 1000; i++) {
    asp_http_server_get_stats (c->server, &stats);
    if (stats.waiting == n)
      return;
    g_usleep (10000);
  }
  g_assert_cmpuint (stats.waiting, ==, n);
}

static void
assert_status (Channel * c, const gchar * target, guint status)
{
  g_autoptr (Reply) r = ask (c->port, "GET", target, NULL);

  g_test_message ("%s", target);
  g_assert_cmpuint (r->status, ==, status);
}

/* -- tests -- */

static void
test_playlist (Channel * c, gconstpointer data)
{
  g_autofree gchar *text = NULL, *tag = NULL, *condition = NULL;
  g_autoptr (Reply) early = ask (c->port, "GET", PLAYLIST, NULL);
  g_autoptr (Reply) plain = NULL, packed = NULL, same = NULL, master = NULL, media = NULL;

  /* what lies in the folder has no blocking reload: it is not this playlist */
  g_assert_cmpuint (early->status, ==, 404);
  assert_status (c, "/live/master.m3u8", 404);
  publish (c);
  assert_status (c, "/live/master.m3u8", 404);
  for (guint i = 0; i < 5; i++)
    add_segment (c);
  publish (c);
  text = expected (c, ASP_HLS_SKIP_NO);
  g_assert_nonnull (strstr (text, "CAN-BLOCK-RELOAD=YES"));
  g_assert_nonnull (strstr (text, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"m/v-00000005.0.ts\""));
  plain = ask (c->port, "GET", PLAYLIST, NULL);
  g_assert_cmpuint (plain->status, ==, 200);
  assert_body (plain, text);
  g_assert_true (has_header (plain, "content-type: application/vnd.apple.mpegurl"));
  g_assert_true (has_header (plain, "cache-control: max-age=0, s-maxage=1"));
  g_assert_true (has_header (plain, "access-control-allow-origin: *"));
  g_assert_true (has_header (plain, "vary: accept-encoding"));
  g_assert_nonnull (strstr (plain->head, "server-timing: app;dur="));
  packed = ask (c->port, "GET", PLAYLIST, "Accept-Encoding: gzip\r\n");
  g_assert_true (has_header (packed, "content-encoding: gzip"));
  g_assert_cmpuint (packed->body_size, <, strlen (text) / 2);
  tag = header_value (plain, "etag");
  condition = g_strdup_printf ("If-None-Match: %s\r\n", tag);
  same = ask (c->port, "GET", PLAYLIST, condition);
  g_assert_cmpuint (same->status, ==, 304);
  master = ask (c->port, "GET", "/live/master.m3u8", NULL);
  assert_body (master, "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nplaylist.m3u8\n");
  media = ask (c->port, "GET", "/live/m/v-00000000.ts", NULL);
  assert_body (media, "m/v-00000000.ts");
  g_assert_true (has_header (media, "cache-control: max-age=6, immutable"));
  assert_status (c, "/live/live.timeline", 404);
  assert_status (c, "/live/other.m3u8", 404);
}

/* hls.md 1.8, row by row, over HTTP. */
static void
test_directives (Channel * c, gconstpointer data)
{
  static const struct
  {
    const gchar *query;
    guint status;
    const gchar *cache;
  } rows[] = {
    {"", 200, "cache-control: max-age=0, s-maxage=1"},
    {"?_HLS_msn=4", 200, "cache-control: max-age=0, s-maxage=6"},
    {"?_HLS_msn=4&_HLS_part=0", 200, "cache-control: max-age=0, s-maxage=6"},
    {"?_HLS_msn=5&_HLS_part=0", 200, "cache-control: max-age=0, s-maxage=6"},
    {"?_HLS_msn=0", 200, "cache-control: max-age=0, s-maxage=1"},   /* has left the window, or is about to */
    {"?_HLS_msn=0&_HLS_part=99", 200, "cache-control: max-age=0, s-maxage=1"},
    {"?_HLS_msn=4&_HLS_part=2", 200, "cache-control: max-age=0, s-maxage=6"},       /* is part 0 of 5 */
    {"?token=a%20b&_HLS_msn=4", 200, "cache-control: max-age=0, s-maxage=6"},
    {"?_HLS_skip=v2", 200, "cache-control: max-age=0, s-maxage=1"},
    {"?_HLS_msn=7", 400, "cache-control: no-cache"},
    {"?_HLS_msn=5&_HLS_part=7", 400, "cache-control: no-cache"},
    {"?_HLS_part=0", 400, "cache-control: no-cache"},
    {"?_HLS_msn=x", 400, "cache-control: no-cache"},
    {"?_HLS_msn=5&_HLS_msn=5", 400, "cache-control: no-cache"},
    {"?_HLS_skip=maybe", 400, "cache-control: no-cache"},
  };

  for (guint i = 0; i < 5; i++)
    add_segment (c);
  add_part (c, "m/v-00000005.1.ts");
  publish (c);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *target = g_strconcat (PLAYLIST, rows[i].query, NULL);
    g_autoptr (Reply) r = ask (c->port, "GET", target, NULL);

    g_test_message ("%s", target);
    g_assert_cmpuint (r->status, ==, rows[i].status);
    g_assert_true (has_header (r, rows[i].cache));
  }
  end (c);
  assert_status (c, PLAYLIST "?_HLS_msn=99&_HLS_part=7", 200);
}

static void
assert_listed (GSocketConnection * connection, const gchar * what)
{
  g_autoptr (Reply) r = read_reply (connection);

  g_assert_cmpuint (r->status, ==, 200);
  g_assert_nonnull (g_strstr_len ((const gchar *) r->body, (gssize) r->body_size, what));
  g_assert_nonnull (strstr (r->head, "server-timing: hold;dur="));
  g_assert_true (has_header (r, "cache-control: max-age=0, s-maxage=6"));
}

static void
test_blocking (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) part = NULL, segment = NULL, beyond = NULL;

  for (guint i = 0; i < 4; i++)
    add_segment (c);
  publish (c);
  part = request (c, PLAYLIST "?_HLS_msn=4&_HLS_part=0");
  segment = request (c, PLAYLIST "?_HLS_msn=4");
  beyond = request (c, PLAYLIST "?_HLS_msn=4&_HLS_part=2");     /* is part 0 of 5 */
  wait_held (c, 3);
  /* news of other renditions, or of a break, are none for these */
  publish_changed (c, FALSE);
  publish (c);
  wait_held (c, 3);
  add_part (c, "m/v-00000004.1.ts");
  publish (c);
  assert_listed (part, "m/v-00000004.0.ts");
  wait_held (c, 2);
  add_part (c, "m/v-00000005.0.ts");
  complete (c, "m/v-00000005.0.ts");
  publish (c);
  /* a segment is listed with the first part of the next one */
  wait_held (c, 2);
  add_part (c, "m/v-00000005.1.ts");
  publish (c);
  assert_listed (segment, "\nm/v-00000004.ts");
  assert_listed (beyond, "m/v-00000005.0.ts");
}

/* Whole segments only: CAN-BLOCK-RELOAD is of use there too. */
static void
test_plain (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) held = NULL;
  g_autoptr (Reply) r = NULL;

  for (guint i = 0; i < 3; i++)
    add_segment (c);
  publish (c);
  r = ask (c->port, "GET", PLAYLIST, NULL);
  g_assert_nonnull (strstr ((const gchar *) r->body,
          "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=3.000000\n"));
  g_assert_null (strstr ((const gchar *) r->body, "PART"));
  g_assert_true (has_header (r, "cache-control: max-age=1"));
  held = request (c, PLAYLIST "?_HLS_msn=3");
  wait_held (c, 1);
  add_segment (c);
  publish (c);
  assert_listed (held, "\nm/v-00000003.ts");
}

static void
test_hint (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) hinted = NULL, again = NULL;
  g_autoptr (Reply) part = NULL, gone = NULL;

  for (guint i = 0; i < 4; i++)
    add_segment (c);
  publish (c);
  /* one further on is not promised */
  assert_status (c, "/live/m/v-00000004.1.ts", 404);
  hinted = request (c, "/live/m/v-00000004.0.ts");
  again = request (c, "/live/m/v-00000004.0.ts");
  wait_held (c, 2);
  /* the file is there before it is published: nobody sees it early, or cut */
  add_part (c, "m/v-00000004.1.ts");
  publish (c);
  part = read_reply (hinted);
  g_assert_cmpuint (part->status, ==, 200);
  assert_body (part, "m/v-00000004.0.ts");
  g_assert_true (has_header (part, "content-type: video/mp2t"));
  g_assert_true (has_header (part, "cache-control: max-age=6, immutable"));
  g_assert_nonnull (strstr (part->head, "server-timing: hold;dur="));
  reply_free (g_steal_pointer (&part));
  part = read_reply (again);
  assert_body (part, "m/v-00000004.0.ts");
  /* a segment that ends before its hinted part */
  g_object_unref (g_steal_pointer (&hinted));
  hinted = request (c, "/live/m/v-00000004.1.ts");
  wait_held (c, 1);
  complete (c, "m/v-00000005.0.ts");
  publish (c);
  gone = read_reply (hinted);
  g_assert_cmpuint (gone->status, ==, 404);
  g_assert_true (has_header (gone, "cache-control: no-cache"));
  g_object_unref (g_steal_pointer (&hinted));
  hinted = request (c, "/live/m/v-00000005.0.ts");
  wait_held (c, 1);
  end (c);
  reply_free (g_steal_pointer (&gone));
  gone = read_reply (hinted);
  g_assert_cmpuint (gone->status, ==, 404);
}

/* Three target durations without a word from the source. */
static void
test_stalled (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) playlist = NULL, part = NULL;
  gint64 start_us = g_get_monotonic_time ();
  g_autoptr (Reply) r = NULL, s = NULL;

  for (guint i = 0; i < 4; i++)
    add_segment (c);
  publish (c);
  playlist = request (c, PLAYLIST "?_HLS_msn=4&_HLS_part=0");
  part = request (c, "/live/m/v-00000004.0.ts");
  r = read_reply (playlist);
  g_assert_cmpuint (r->status, ==, 503);
  g_assert_true (has_header (r, "retry-after: 1"));
  g_assert_true (has_header (r, "cache-control: no-cache"));
  g_assert_cmpint (g_get_monotonic_time () - start_us, >=, 29 * G_USEC_PER_SEC / 10);
  s = read_reply (part);
  g_assert_cmpuint (s->status, ==, 503);
}

static void
test_delta (Channel * c, gconstpointer data)
{
  static const gchar *const queries[] = { "?_HLS_skip=YES", "?_HLS_skip=v2" };
  g_autofree gchar *full = NULL;

  for (guint i = 0; i < 20; i++)
    add_segment (c);
  publish (c);
  full = expected (c, ASP_HLS_SKIP_NO);
  g_assert_nonnull (strstr (full, "CAN-SKIP-UNTIL=6.000000,CAN-SKIP-DATERANGES=YES"));
  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *target = g_strconcat (PLAYLIST, queries[i], NULL);
    g_autoptr (Reply) first = ask (c->port, "GET", target, NULL);

    /* made from the next version on: nobody had asked for one */
    g_assert_nonnull (strstr ((const gchar *) first->body, "m/v-00000000.ts"));
  }
  add_segment (c);
  publish (c);
  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *target = g_strconcat (PLAYLIST, queries[i], NULL);
    g_autofree gchar *text = expected (c, i == 0 ? ASP_HLS_SKIP_YES : ASP_HLS_SKIP_V2);
    g_autoptr (Reply) delta = ask (c->port, "GET", target, "Accept-Encoding: gzip\r\n");
    g_autoptr (Reply) plain = ask (c->port, "GET", target, NULL);

    g_assert_nonnull (strstr (text, "#EXT-X-SKIP:SKIPPED-SEGMENTS="));
    assert_body (plain, text);
    g_assert_true (has_header (delta, "content-encoding: gzip"));
  }
  /* who does not ask has all */
  g_free (full);
  full = expected (c, ASP_HLS_SKIP_NO);
  {
    g_autoptr (Reply) whole = ask (c->port, "GET", PLAYLIST, NULL);

    assert_body (whole, full);
  }
}

static void
test_hidden (Channel * c, gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    add_segment (c);
  publish (c);
  put_file (c->media, "copy.m3u8", "#EXTM3U\n");
  assert_status (c, PLAYLIST, 404);
  assert_status (c, PLAYLIST "?_HLS_msn=5", 404);
  assert_status (c, "/live/playlist%2em3u8", 404);
  assert_status (c, "/live/%70laylist.m3u8", 404);
  assert_status (c, "/live/master.m3u8", 404);
  assert_status (c, "/live/m/copy.m3u8", 404);
  assert_status (c, "/live/m/v-00000000.ts", 200);
}

/* A part boundary with everybody there, and the end of the stream. */
static void
test_many (Channel * c, gconstpointer data)
{
  GSocketConnection *held[N_HELD];

  for (guint i = 0; i < 4; i++)
    add_segment (c);
  publish (c);
  for (guint i = 0; i < N_HELD; i++)
    held[i] = request (c, i % 3 ? PLAYLIST "?_HLS_msn=4&_HLS_part=0" : "/live/m/v-00000004.0.ts");
  wait_held (c, N_HELD);
  add_part (c, "m/v-00000004.1.ts");
  publish (c);
  for (guint i = 0; i < N_HELD; i++) {
    g_autoptr (Reply) r = read_reply (held[i]);

    g_assert_cmpuint (r->status, ==, 200);
    g_assert_true (send_text (held[i], "GET " PLAYLIST "?_HLS_msn=5 HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  wait_held (c, N_HELD);
  end (c);
  for (guint i = 0; i < N_HELD; i++) {
    g_autoptr (Reply) r = read_reply (held[i]);

    g_assert_cmpuint (r->status, ==, 200);
    g_assert_nonnull (g_strstr_len ((const gchar *) r->body, (gssize) r->body_size,
            "#EXT-X-ENDLIST\n"));
    g_object_unref (held[i]);
  }
}

/* More than may wait are told so at once, and cost the others nothing. */
static void
test_flood (Channel * c, gconstpointer data)
{
  g_autoptr (GSocketConnection) first = NULL, second = NULL;
  const Options *options = data;

  for (guint i = 0; i < 4; i++)
    add_segment (c);
  publish (c);
  g_assert_cmpuint (options->max_waiting, ==, 2);
  first = request (c, PLAYLIST "?_HLS_msn=4&_HLS_part=0");
  second = request (c, "/live/m/v-00000004.0.ts");
  wait_held (c, 2);
  for (guint i = 0; i < 50; i++)
    assert_status (c, i % 2 ? PLAYLIST "?_HLS_msn=4" : "/live/m/v-00000004.0.ts", 503);
  assert_status (c, PLAYLIST, 200);
  add_part (c, "m/v-00000004.1.ts");
  publish (c);
  assert_listed (first, "m/v-00000004.0.ts");
  {
    g_autoptr (Reply) r = read_reply (second);

    assert_body (r, "m/v-00000004.0.ts");
  }
}

static void
test_stop (Channel * c, gconstpointer data)
{
  GSocketConnection *held[10];
  gint64 start_us;

  for (guint i = 0; i < 4; i++)
    add_segment (c);
  publish (c);
  for (guint i = 0; i < G_N_ELEMENTS (held); i++)
    held[i] = request (c, i % 2 ? PLAYLIST "?_HLS_msn=4" : "/live/m/v-00000004.0.ts");
  wait_held (c, G_N_ELEMENTS (held));
  start_us = g_get_monotonic_time ();
  asp_http_server_stop (c->server);
  g_assert_cmpint (g_get_monotonic_time () - start_us, <, PATIENCE * G_USEC_PER_SEC);
  for (guint i = 0; i < G_N_ELEMENTS (held); i++) {
    g_autoptr (GByteArray) rest = read_to_end (held[i]);

    g_assert_cmpuint (rest->len, ==, 0);
    g_object_unref (held[i]);
  }
  /* publishing goes on without it, and it comes back */
  add_segment (c);
  publish (c);
  g_assert_true (asp_http_server_start (c->server, "127.0.0.1:0", NULL));
  c->port = server_port (c->server);
  assert_status (c, PLAYLIST "?_HLS_msn=3", 200);
}

int
main (int argc, char **argv)
{
  static const Options all = {.playlist_length = 0 };
  static const Options plain = {.playlist_length = 6,.plain = TRUE };
  static const Options hidden = {.playlist_length = 6,.hidden = TRUE };
  static const Options two = {.playlist_length = 6,.max_waiting = 2 };

  g_test_init (&argc, &argv, NULL);
  ORIGIN_TEST ("playlist", test_playlist, NULL);
  ORIGIN_TEST ("directives", test_directives, NULL);
  ORIGIN_TEST ("blocking", test_blocking, NULL);
  ORIGIN_TEST ("plain", test_plain, &plain);
  ORIGIN_TEST ("hint", test_hint, NULL);
  ORIGIN_TEST ("stalled", test_stalled, NULL);
  ORIGIN_TEST ("delta", test_delta, &all);
  ORIGIN_TEST ("hidden", test_hidden, &hidden);
  ORIGIN_TEST ("many", test_many, NULL);
  ORIGIN_TEST ("flood", test_flood, &two);
  ORIGIN_TEST ("stop", test_stop, NULL);
  return g_test_run ();
}
