/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Internal to gst/net: where the sources of connections live. libsoup keeps three GSources
 * for every connection, also for one that does nothing, and a GMainContext looks at every
 * source that it has each time around: with a thousand connections that was four fifths of
 * the work. So a few connections at a time share a small GMainContext, a shard, which runs
 * only when somebody has woken it. Nothing in a shard waits for a descriptor or for a time.
 *
 * Thread: the worker's, all of it.
 */
typedef struct _AspHttpShards AspHttpShards;
typedef struct _AspHttpShard AspHttpShard;

/* @context: of the worker, which runs what has been woken. */
AspHttpShards *asp_http_shards_new (GMainContext * context);

/* Nobody may be in a shard any more. */
void asp_http_shards_free (AspHttpShards * shards);

/* A place for one connection. */
AspHttpShard *asp_http_shards_join (AspHttpShards * shards);
void asp_http_shard_leave (AspHttpShard * shard);

/* What is made between the two belongs to the shard: its context is the thread's default. */
void asp_http_shard_enter (AspHttpShard * shard);
void asp_http_shard_exit (AspHttpShard * shard);

/* Something of it is ready, or may be. */
void asp_http_shard_wake (AspHttpShard * shard);

/* Runs those that have been woken. */
void asp_http_shards_run (AspHttpShards * shards);

/* Runs all of them once: for what nobody has woken. */
void asp_http_shards_run_all (AspHttpShards * shards);

G_END_DECLS
