/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstharness.h>

#include "../unit/hls-read.h"
#include "hls-synth.h"
#include "patience.h"

G_BEGIN_DECLS

/*
 * An hlsadsink in a harness, a folder for it that goes with it, and what it has published.
 * Thread: the test's.
 */
typedef enum
{
  HLS_FEED_ONE_BUFFER,
  HLS_FEED_LIST,                /* of buffers of seven packets */
  HLS_FEED_DATAGRAMS,           /* seven packets */
  HLS_FEED_1000,                /* packets straddle buffers */
  HLS_FEED_1,
  HLS_N_FEEDS,
} HlsFeed;

/* For what must come; a timeout of hls_wait_message(). */
#define HLS_PATIENCE (PATIENCE * 10 * GST_SECOND)

typedef struct
{
  gchar *folder;
  GstElement *element;
  GstHarness *h;
  GstBus *bus;
  GQueue messages;              /* GstMessage that nobody has waited for yet */
  HlsFeed feed;
  void (*pace) (gpointer data); /* or NULL: hls_play() calls it at each RAP */
  gpointer pace_data;
} HlsFixture;

/* @properties: "name=value name=value" or NULL. `location` is set; PLAYING. */
HlsFixture *hls_fixture_new (const gchar * properties);
/* To NULL; nobody may hold the element any more; the folder goes. */
void hls_fixture_free (HlsFixture * f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HlsFixture, hls_fixture_free)

/* In pieces as f->feed says; pieces do not reach over an event. */
GstFlowReturn hls_push (HlsFixture * f, const GByteArray * bytes);
void hls_event (HlsFixture * f, GstStructure * structure);

/* One place where a source begins; the events of a break stand before it. */
typedef struct
{
  guint source;                 /* whose first picture it is */
  const gchar *events;          /* "AdBreakStart AdCreativeStart" */
  const gchar *id;              /* of the break, NULL = Break0000001 */
  gint64 audio_90k;             /* of its first sound on the first audio PID */
  gboolean spliced;
  const gchar *scte35;          /* of AdBreakStart and AdBreakEnd, NULL = fc30 and fc31 */
} HlsChange;

/* @seconds of source 1, two sounds 300 ms and 150 ms behind the picture. */
void hls_plain_stream (Synth * synth, guint seconds);
/* All units of the stream, with events. */
void hls_play (HlsFixture * f, Synth * synth, const HlsChange * changes, guint n);
/* EOS, and waits until the element has posted it; FALSE after ten seconds. */
gboolean hls_finish (HlsFixture * f);
/* Waits until the playlist has @n segments. */
void hls_wait_segments (HlsFixture * f, guint n);

/* The playlist as it is, or NULL when there is none; fails the test when it is not legal. */
HlsPlaylist *hls_playlist (HlsFixture * f);
/* The same from its origin (property listen; no channel): with parts. */
HlsPlaylist *hls_served (HlsFixture * f);
/* Header and body of the answer, or NULL. (transfer full) */
gchar *hls_http_get (const gchar * address, const gchar * path);
GBytes *hls_media (HlsFixture * f, const gchar * uri);
/* Reads all listed segments: counters, PAT, PMT, sources. @sources is filled with the one
 * source of each segment. */
void hls_check_media (HlsFixture * f, const HlsPlaylist * list, guint * sources);
guint hls_count_files (HlsFixture * f, const gchar * folder);

/* The next message of the type, or NULL after @timeout. */
GstMessage *hls_wait_message (HlsFixture * f, GstMessageType type, GstClockTime timeout);
guint hls_count_messages (HlsFixture * f, GstMessageType type);

void hls_remove_tree (const gchar * path);

G_END_DECLS
