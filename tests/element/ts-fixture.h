/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/check/gstharness.h>

#include "patience.h"
#include "ts-reading.h"

G_BEGIN_DECLS

/*
 * A tssplicer in a GstHarness, fed in one of several ways, and a record of all that came
 * out: bytes with the events between them, buffers with their metadata, messages.
 * Thread: that of the test; ad pads may be fed from others.
 */
typedef enum
{
  FEED_ONE_BUFFER,              /* the whole stream */
  FEED_LIST,                    /* lists of 16 buffers of 7 packets */
  FEED_DATAGRAMS,               /* buffers of 7 packets */
  FEED_1000,                    /* bytes: packets straddle buffers */
  FEED_4096,
  N_FEEDS,
} Feed;

typedef struct
{
  Feed feed;
  gboolean live;                /* what upstream answers to a LATENCY query */
} Way;

const gchar *feed_name (Feed feed);

/* One test for each way: PATH/list/live ... @func gets a Way. */
void fixture_add_tests (const gchar * path, void (*func) (const Way * way));
/* Only those that are live, or are not. */
void fixture_add_tests_of (const gchar * path, void (*func) (const Way * way), gboolean live);
/* Only once, with buffers of seven packets from a source that is not live; or that is. */
void fixture_add_test (const gchar * path, void (*func) (const Way * way));
void fixture_add_live_test (const gchar * path, void (*func) (const Way * way));
/* For main(): GStreamer, the plugin, GLib's tests; and that no test leaves an object behind. */
void fixture_init (int *argc, char ***argv);
int fixture_run (void);

typedef struct
{
  gsize offset;                 /* bytes out before it */
  guint call;
  GstEvent *event;
} OutEvent;

typedef struct
{
  gsize offset, size;
  guint call;                   /* in which push of the fixture it came out */
  gboolean in_list;
  GstClockTime pts, dts, duration;
  guint64 buffer_offset, buffer_offset_end;
  GstBufferFlags flags;
  GstMemory *memory;            /* the first; not owned, for comparison */
} OutBuffer;

typedef struct
{
  GMutex lock;
  GByteArray *bytes;
  GArray *events;               /* of OutEvent; sticky and custom, in order */
  GArray *buffers;              /* of OutBuffer */
  GstPad *pad;
  gulong probe;
  gint *call;
} OutLog;

typedef struct
{
  GstElement *element;
  gboolean shared;              /* one pair of pads of an element with several */
  GstPad *request;              /* its sink pad */
  GstHarness *h;                /* sink and src */
  GstHarness *network_h;        /* or NULL */
  GPtrArray *ads;               /* of GstHarness */
  OutLog out, network;
  GstBus *bus;
  GPtrArray *messages;          /* of GstMessage; fixture_take_messages() */
  Way way;
  gint call;
  GstFlowReturn flow;           /* of the last push */
} Fixture;

/**
 * fixture_new:
 * @properties: "name=value name=value", or NULL
 *
 * The harness sends caps (188) and a BYTES segment with the first bytes.
 */
Fixture *fixture_new (const Way * way, const gchar * properties);
/* The pads sink_@number and src_@number of @element, which is the caller's, with its bus. */
Fixture *fixture_new_pair (const Way * way, GstElement * element, guint number);
/* Sets the element to NULL and checks that nobody holds it any more. */
void fixture_free (Fixture * f);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* Caps and segment: for tests that do not want those of fixture_feed(). */
void fixture_start (Fixture * f, const gchar * caps, GstFormat format);
/* In the pieces of the way; stops at the first flow that is not OK. */
void fixture_feed (Fixture * f, const GByteArray * ts);
void fixture_feed_part (Fixture * f, const GByteArray * ts, gsize from, gsize to);
void fixture_eos (Fixture * f);

/* Request a pad ("ad_0", "ad_%u", "slate") or the network pad. */
GstHarness *fixture_add_ad (Fixture * f, const gchar * name);
void fixture_release_ad (Fixture * f, GstHarness * ad);
void fixture_add_network (Fixture * f);

/* One creative: STREAM_START, caps, segment, @ts in pieces. FALSE when the pad refused some. */
gboolean ad_begin (GstHarness * ad, const gchar * stream_id);
GstFlowReturn ad_push (GstHarness * ad, const GByteArray * ts);
void ad_eos (GstHarness * ad);
/* All of it: begin, push, EOS. */
void ad_play (GstHarness * ad, const gchar * stream_id, const GByteArray * ts);
/* A pad with creative 2 of @frames pictures, all there. */
GstHarness *fixture_add_creative (Fixture * f, const gchar * name, guint source, guint frames);

/* What came out so far. */
Reading *fixture_read (const OutLog * log);
void fixture_assert_same (const OutLog * log, const GByteArray * ts);
/* The @index-th event of that structure name (or type name), or NULL. */
const OutEvent *fixture_event (const OutLog * log, const gchar * name, guint index);
guint fixture_count_events (const OutLog * log, const gchar * name);
/* "AdBreakStart AdCreativeStart ...": the events of a break in their order. g_free() it. */
gchar *fixture_break_events (const OutLog * log);
guint64 event_u64 (const OutEvent * e, const gchar * field);
const gchar *event_string (const OutEvent * e, const gchar * field);

/* Moves what is on the bus to f->messages. */
void fixture_take_messages (Fixture * f);
/* The @index-th message ad-break-state-change of @state, or NULL. */
const GstStructure *fixture_state (Fixture * f, const gchar * state, guint index);
guint fixture_count_states (Fixture * f, const gchar * state);
/* "scheduled started ...": all of them in order. g_free() it. */
gchar *fixture_states (Fixture * f);
guint fixture_count_messages (Fixture * f, GstMessageType type);
guint64 state_u64 (const GstStructure * s, const gchar * field);

/* Milliseconds since some moment, for limits on waiting. */
gint64 now_ms (void);

/* How much has come out so far. Thread: any. */
guint bytes_out (Fixture * f);

G_END_DECLS
