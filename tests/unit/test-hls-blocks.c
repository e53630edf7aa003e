/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory of segments: it comes back, from any thread, also when nobody wants it any more. */
#include <asp-hls-blocks.h>
#include <string.h>

static void
test_again (void)
{
  AspHlsBlocks *blocks = asp_hls_blocks_new ();
  AspHlsBlock *first = asp_hls_blocks_take (blocks, 1000), *second;
  guint8 *data = first->data;

  g_assert_cmpuint (first->room, >=, 1000);
  g_bytes_unref (asp_hls_block_to_bytes (first, 500));
  second = asp_hls_blocks_take (blocks, 900);
  g_assert_true (second->data == data);
  asp_hls_block_release (second);
  /* one that is too small is made larger */
  second = asp_hls_blocks_take (blocks, 5000);
  g_assert_cmpuint (second->room, >=, 5000);
  memset (second->data, 1, 5000);
  asp_hls_block_release (second);
  asp_hls_block_release (NULL);
  asp_hls_blocks_free (blocks);
}

static void
test_grow (void)
{
  AspHlsBlocks *blocks = asp_hls_blocks_new ();
  AspHlsBlock *block = asp_hls_blocks_take (blocks, 10);
  g_autoptr (GBytes) bytes = NULL;
  gsize size;
  const guint8 *data;

  memcpy (block->data, "0123456789", 10);
  asp_hls_block_grow (block, 100000);
  memset (block->data + 10, 'x', 99990);
  bytes = asp_hls_block_to_bytes (block, 12);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpmem (data, size, "0123456789xx", 12);
  asp_hls_blocks_free (blocks);
}

/* Bytes may outlive what made them: LeakSanitizer and valgrind see the rest. */
static void
test_outlived (void)
{
  AspHlsBlocks *blocks = asp_hls_blocks_new ();
  GBytes *bytes[2 * ASP_HLS_BLOCKS_KEPT];

  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++) {
    AspHlsBlock *block = asp_hls_blocks_take (blocks, 100);

    memset (block->data, (gint) i, 100);
    bytes[i] = asp_hls_block_to_bytes (block, 100);
  }
  g_bytes_unref (bytes[0]);
  asp_hls_blocks_free (blocks);
  for (guint i = 1; i < G_N_ELEMENTS (bytes); i++) {
    g_assert_cmpuint (*(const guint8 *) g_bytes_get_data (bytes[i], NULL), ==, i);
    g_bytes_unref (bytes[i]);
  }
  asp_hls_blocks_free (NULL);
}

#define HANDED_OVER 20000

static gpointer
consume (gpointer data)
{
  for (guint i = 0; i < HANDED_OVER; i++) {
    GBytes *bytes = g_async_queue_pop (data);
    gsize size;
    const guint8 *at = g_bytes_get_data (bytes, &size);

    g_assert_cmpuint (at[0], ==, (guint8) i);
    g_assert_cmpuint (at[size - 1], ==, (guint8) i);
    g_bytes_unref (bytes);
  }
  return NULL;
}

static void
test_threads (void)
{
  AspHlsBlocks *blocks = asp_hls_blocks_new ();
  GAsyncQueue *queue = g_async_queue_new ();
  GThread *consumer = g_thread_new ("consumer", consume, queue);

  for (guint i = 0; i < HANDED_OVER; i++) {
    gsize size = 100 + (i * 7919) % 3000;
    AspHlsBlock *block = asp_hls_blocks_take (blocks, size);

    memset (block->data, (guint8) i, size);
    g_async_queue_push (queue, asp_hls_block_to_bytes (block, size));
  }
  asp_hls_blocks_free (blocks);
  g_thread_join (consumer);
  g_async_queue_unref (queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/blocks/again", test_again);
  g_test_add_func ("/hls/blocks/grow", test_grow);
  g_test_add_func ("/hls/blocks/outlived", test_outlived);
  g_test_add_func ("/hls/blocks/threads", test_threads);
  return g_test_run ();
}
