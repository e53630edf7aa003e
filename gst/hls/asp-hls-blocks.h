/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Memory for segments that is used again and again: fresh pages cost more than the bytes that
 * are put there. A block belongs to who took it, then to the GBytes that it became; when that is
 * gone, in whatever thread, it is kept for the next segment, at most ASP_HLS_BLOCKS_KEPT of them.
 *
 * The store may be freed while blocks are out. Thread: any. Since: 0.1
 */
#define ASP_HLS_BLOCKS_KEPT 3

typedef struct _AspHlsBlocks AspHlsBlocks;

typedef struct
{
  AspHlsBlocks *home;
  gsize room;
  guint8 *data;
} AspHlsBlock;

AspHlsBlocks *asp_hls_blocks_new (void);
void asp_hls_blocks_free (AspHlsBlocks * blocks);       /* NULL is allowed */

/* With room for @room bytes at least. */
AspHlsBlock *asp_hls_blocks_take (AspHlsBlocks * blocks, gsize room);
/* What is in it stays. */
void asp_hls_block_grow (AspHlsBlock * block, gsize room);
/* NULL is allowed */
void asp_hls_block_release (AspHlsBlock * block);
/* @block (transfer full): its first @size bytes */
GBytes *asp_hls_block_to_bytes (AspHlsBlock * block, gsize size);

G_END_DECLS
