/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A creative out of arbitrary bytes: gst/splice/asp-creative-reader. The first byte says how the
 * rest is cut into buffers; however that is, the same creative must come out.
 */
#include "fuzz.h"

#include <string.h>

#include <asp-creative.h>
#include <asp-ts-packet.h>

static AspCreative *
read_creative (const guint8 * data, gsize size, gsize chunk)
{
  AspCreative *c = asp_creative_new ();
  AspCreativeReader *r = asp_creative_reader_new (c);

  for (gsize at = 0; at < size;) {
    gsize n = MIN (chunk, size - at);
    guint8 *block = g_memdup2 (data + at, n);

    asp_creative_reader_push (r, block, n);
    g_free (block);
    asp_creative_reader_deliver_locked (r);
    at += n;
  }
  asp_creative_reader_finish (r);
  asp_creative_reader_deliver_locked (r);
  asp_creative_reader_free (r);
  return c;
}

static gsize
check_track (const AspCreativeTrack * t)
{
  gsize bytes = 0;

  g_assert_cmpuint (strnlen (t->language, 4), <, 4);
  for (const GList * l = t->units.head; l; l = l->next) {
    const AspAu *au = l->data;

    g_assert_cmpint (au->pts90k, !=, ASP_NO_TIME);
    g_assert_cmpint (au->dts90k, !=, ASP_NO_TIME);
    g_assert_cmpint (au->duration_90k, >=, 0);
    bytes += au->size;
  }
  return bytes;
}

static void
check_creative (const AspCreative * c, gsize size)
{
  gsize bytes;

  g_assert_true (c->eos);
  g_assert_cmpint (c->state, !=, ASP_CREATIVE_PROBING);
  g_assert_cmpuint (c->n_audio, <=, ASP_CREATIVE_TRACKS_MAX);
  if (c->state == ASP_CREATIVE_REFUSED) {
    g_assert_nonnull (c->reason);
    g_assert_nonnull (c->detail);
    return;
  }
  bytes = check_track (&c->video);
  for (guint i = 0; i < c->n_audio; i++)
    bytes += check_track (&c->audio[i]);
  g_assert_cmpuint (bytes, ==, c->bytes);
  g_assert_cmpuint (bytes, <=, size);
  g_assert_cmpint (c->first_pts90k, !=, ASP_NO_TIME);
  g_assert_cmpuint (c->video.units.length, >, 0);
  g_assert_true (((const AspAu *) c->video.units.head->data)->random_access);
  g_assert_cmpfloat (asp_cadence_frame_90k (&c->cadence, 3600), >, 0);
}

static void
check_same_track (const AspCreativeTrack * a, const AspCreativeTrack * b)
{
  const GList *x = a->units.head, *y = b->units.head;

  g_assert_cmpuint (a->units.length, ==, b->units.length);
  g_assert_cmpuint (a->sample_rate, ==, b->sample_rate);
  for (; x && y; x = x->next, y = y->next) {
    const AspAu *p = x->data, *q = y->data;

    g_assert_cmpint (p->pts90k, ==, q->pts90k);
    g_assert_cmpint (p->dts90k, ==, q->dts90k);
    g_assert_cmpmem (p->data, p->size, q->data, q->size);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  static const gsize chunks[] = { 1, 7, 100, 187, 188, 189, 1000, 4096 };
  AspCreative *whole, *cut;

  if (size == 0)
    return 0;
  whole = read_creative (data + 1, size - 1, MAX (size, 1));
  cut = read_creative (data + 1, size - 1, chunks[data[0] % G_N_ELEMENTS (chunks)]);
  check_creative (whole, size);
  check_creative (cut, size);
  g_assert_cmpint (whole->state, ==, cut->state);
  g_assert_cmpstr (whole->reason, ==, cut->reason);
  if (whole->state == ASP_CREATIVE_READY) {
    g_assert_cmpuint (whole->n_audio, ==, cut->n_audio);
    check_same_track (&whole->video, &cut->video);
    for (guint i = 0; i < whole->n_audio; i++)
      check_same_track (&whole->audio[i], &cut->audio[i]);
  }
  asp_creative_unref (whole);
  asp_creative_unref (cut);
  return 0;
}
