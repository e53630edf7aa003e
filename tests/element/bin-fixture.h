/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ts-fixture.h"

G_BEGIN_DECLS

/*
 * An adsplicebin with up to three pairs of pads, each in a fixture of its own, creatives in a scratch
 * folder, and what was told of it. Thread: that of the test.
 */
#define PAIRS_MAX 3

typedef struct
{
  gchar *folder;
  GstElement *bin;
  GstBus *bus;
  Fixture *f[PAIRS_MAX];
  GByteArray *ts;
  GPtrArray *messages;          /* GstStructure of element messages, in order */
  guint errors, warnings;
} Bench;

/* Creatives two.ts, three.ts (3 s and 2 s), which are its creative-uris, and slate.ts (1.6 s) lie in the
 * folder; lead-time is 0. With @pairs pairs, which start it. */
void bench_init (Bench * b, const Way * way, guint pairs);
/* Nothing may be left: children, pads, references. */
void bench_clear (Bench * b);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Bench, bench_clear)

void bench_set (Bench * b, const gchar * name, const gchar * value);
/* @frames pictures of @source in the file @name of the folder. (transfer full): its path */
gchar *bench_write_creative (Bench * b, const gchar * name, guint source, guint frames);

/* Moves what is on the bus to b->messages and counts. */
void bench_take_messages (Bench * b);
/* The @index-th element message of that name and state (NULL: any), or NULL. */
const GstStructure *bench_find_message (Bench * b, const gchar * name, const gchar * state, guint index);
guint bench_count_states (Bench * b, const gchar * state);

/* The whole of b->ts into the first @pairs pairs, a second of each in turn; then EOS. */
void bench_feed_all (Bench * b, guint pairs);
/* What came out of @pair, which must not show a splice. */
void bench_assert_pictures (Bench * b, guint pair, const gchar * runs);

G_END_DECLS
