/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-blocks.h"

/* `lock` guards the others; nothing is called under it but the allocator. */
struct _AspHlsBlocks
{
  GMutex lock;
  gboolean abandoned;           /* nobody takes any more */
  guint n_out;
  AspHlsBlock *kept[ASP_HLS_BLOCKS_KEPT];
  guint n_kept;
};

static void
block_free (AspHlsBlock * block)
{
  g_free (block->data);
  g_free (block);
}

AspHlsBlocks *
asp_hls_blocks_new (void)
{
  AspHlsBlocks *blocks = g_new0 (AspHlsBlocks, 1);

  g_mutex_init (&blocks->lock);
  return blocks;
}

static void
destroy (AspHlsBlocks * blocks)
{
  g_mutex_clear (&blocks->lock);
  g_free (blocks);
}

void
asp_hls_blocks_free (AspHlsBlocks * blocks)
{
  gboolean last;

  if (!blocks)
    return;
  g_mutex_lock (&blocks->lock);
  while (blocks->n_kept > 0)
    block_free (blocks->kept[--blocks->n_kept]);
  blocks->abandoned = TRUE;
  last = blocks->n_out == 0;
  g_mutex_unlock (&blocks->lock);
  if (last)
    destroy (blocks);
}

AspHlsBlock *
asp_hls_blocks_take (AspHlsBlocks * blocks, gsize room)
{
  AspHlsBlock *block = NULL;

  g_mutex_lock (&blocks->lock);
  blocks->n_out++;
  if (blocks->n_kept > 0)
    block = blocks->kept[--blocks->n_kept];
  g_mutex_unlock (&blocks->lock);
  if (!block) {
    block = g_new0 (AspHlsBlock, 1);
    block->home = blocks;
  }
  if (block->room < room) {
    /* what was in it is nothing to be copied */
    g_free (block->data);
    block->data = g_malloc (room);
    block->room = room;
  }
  return block;
}

void
asp_hls_block_grow (AspHlsBlock * block, gsize room)
{
  block->data = g_realloc (block->data, room);
  block->room = room;
}

void
asp_hls_block_release (AspHlsBlock * block)
{
  AspHlsBlocks *blocks;
  gboolean last;

  if (!block)
    return;
  blocks = block->home;
  g_mutex_lock (&blocks->lock);
  if (!blocks->abandoned && blocks->n_kept < ASP_HLS_BLOCKS_KEPT)
    blocks->kept[blocks->n_kept++] = g_steal_pointer (&block);
  last = --blocks->n_out == 0 && blocks->abandoned;
  g_mutex_unlock (&blocks->lock);
  if (block)
    block_free (block);
  if (last)
    destroy (blocks);
}

static void
release (gpointer data)
{
  asp_hls_block_release (data);
}

GBytes *
asp_hls_block_to_bytes (AspHlsBlock * block, gsize size)
{
  return g_bytes_new_with_free_func (block->data, size, release, block);
}
