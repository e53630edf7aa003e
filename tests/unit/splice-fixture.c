/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "splice-fixture.h"

#include <stdlib.h>
#include <string.h>

#include <asp-ts-packet.h>

void
fixture_setup (SpliceFixture * f, guint frames)
{
  memset (f, 0, sizeof *f);
  splice_media_spec_init (&f->network, 1, frames);
  for (guint i = 0; i < G_N_ELEMENTS (f->ad); i++) {
    splice_media_spec_init (&f->ad[i], 2 + i, 50);
    f->ad[i].first_pts90k = (1000 + 77 * (gint64) i) * ASP_SECOND_90K + 13;
    /* as coded creatives do: the last frame of sound ends behind the last picture */
    f->ad[i].audio_end_90k = -2 * SPLICE_AUDIO_FRAME_90K;
  }
  f->n_ads = 1;
  f->run = splice_run_new ();
}

void
fixture_start (SpliceFixture * f)
{
  for (guint i = 0; i < f->n_ads; i++) {
    g_autoptr (GByteArray) ad = splice_media_make (&f->ad[i]);

    splice_run_add_creative (f->run, ad->data, ad->len, 0, TRUE);
  }
  if (!f->in)
    f->in = splice_media_make (&f->network);
  splice_run_start (f->run);
}

void
fixture_feed_part (SpliceFixture * f, gsize from, gsize to)
{
  splice_run_feed_chunks (f->run, f->in->data + from, to - from, 7 * ASP_TS_SIZE, FALSE);
}

void
fixture_finish (SpliceFixture * f)
{
  splice_run_finish (f->run);
  if (g_getenv ("SPLICE_KEEP_IN"))
    g_file_set_contents (g_getenv ("SPLICE_KEEP_IN"), (const gchar *) f->in->data, f->in->len, NULL);
  if (g_getenv ("SPLICE_KEEP"))
    g_file_set_contents (g_getenv ("SPLICE_KEEP"), (const gchar *) f->run->out->data, f->run->out->len, NULL);
  f->got = splice_content_read (f->run->out->data, f->run->out->len, f->network.video_pid, f->network.audio_pid);
  /* behind a jump PTS do not tell the order */
  f->video = splice_units_runs (f->got->video, f->network.jump_at_90k == 0);
  f->audio = splice_units_runs (f->got->audio[0], FALSE);
  g_test_message ("video %s", f->video);
  g_test_message ("audio %s", f->audio);
  g_test_message ("%s%s", f->run->reports->str, f->run->warnings->str);
}

void
fixture_teardown (SpliceFixture * f)
{
  if (f->in)
    g_byte_array_unref (f->in);
  splice_run_free (f->run);
  splice_content_free (f->got);
  g_free (f->video);
  g_free (f->audio);
}

void
fixture_splice (SpliceFixture * f, gdouble start_s, gdouble duration_s)
{
  fixture_start (f);
  g_assert_true (asp_splicer_schedule (f->run->s, (gint64) (start_s * 90000), (gint64) (duration_s * 90000)));
  fixture_feed_part (f, 0, f->in->len);
  fixture_finish (f);
}

void
fixture_check_stream (const SpliceFixture * f)
{
  const SpliceContent *c = f->got;

  g_assert_cmpuint (f->run->out->len % ASP_TS_SIZE, ==, 0);
  g_assert_cmpuint (c->broken, ==, 0);
  g_assert_cmpuint (c->cc_errors, ==, 0);
  g_assert_cmpuint (c->pcr_backwards, ==, 0);
  g_assert_cmpint (c->least_lead_90k, >=, 0);
  if (f->network.jump_at_90k == 0)
    g_assert_cmpint (c->pcr_gap_max_27m, <=, ASP_SECOND_27M * 45 / 1000);
  for (guint i = 0; i < c->video->len; i++) {
    const SpliceUnit *u = &g_array_index (c->video, SpliceUnit, i);

    g_assert_cmpint (u->dts90k, <=, u->pts90k);
    if (i > 0)
      g_assert_cmpint (u->dts90k, >, u[-1].dts90k);
  }
  if (f->network.nulls)
    g_assert_cmpuint (c->n_packets, ==, f->in->len / ASP_TS_SIZE);
}

static gint
by_pts (gconstpointer a, gconstpointer b)
{
  const SpliceUnit *x = a, *y = b;

  return x->pts90k < y->pts90k ? -1 : x->pts90k > y->pts90k;
}

void
fixture_check_cadence (const SpliceFixture * f, guint gaps)
{
  g_autofree SpliceUnit *u = g_memdup2 (f->got->video->data, f->got->video->len * sizeof *u);
  guint found = 0;

  qsort (u, f->got->video->len, sizeof *u, by_pts);
  for (guint i = 1; i < f->got->video->len; i++) {
    gint64 step = u[i].pts90k - u[i - 1].pts90k;

    g_assert_cmpint (step, >=, FRAME_90K - 1);
    if (step > FRAME_90K + 1)
      found++;
  }
  g_assert_cmpuint (found, ==, gaps);
}

void
fixture_check_sound (const SpliceFixture * f, guint track, guint holes)
{
  const GArray *audio = f->got->audio[track];
  gint64 offset[128];
  guint found = 0;

  for (guint i = 0; i < G_N_ELEMENTS (offset); i++)
    offset[i] = ASP_NO_TIME;
  for (guint i = 0; i < f->got->video->len; i++) {
    const SpliceUnit *u = &g_array_index (f->got->video, SpliceUnit, i);
    gint64 zero = u->pts90k - (gint64) u->index * FRAME_90K;

    if (u->source == 1 && f->network.jump_at_90k != 0)
      continue;
    g_assert_true (offset[u->source] == ASP_NO_TIME || ABS (offset[u->source] - zero) <= 1);
    offset[u->source] = zero;
  }
  for (guint i = 0; i < audio->len; i++) {
    const SpliceUnit *u = &g_array_index (audio, SpliceUnit, i);
    guint source = u->source > 10 ? u->source - 10 : u->source;
    gint64 lead = source == 1 ? f->network.audio_lead_90k : f->ad[source - 2].audio_lead_90k;

    if (offset[source] != ASP_NO_TIME)
      g_assert_cmpint (ABS (u->pts90k - (gint64) u->index * SPLICE_AUDIO_FRAME_90K + lead - offset[source]), <=, 1);
    if (i > 0 && ABS (u->pts90k - u[-1].pts90k - SPLICE_AUDIO_FRAME_90K) > SPLICE_AUDIO_FRAME_90K / 2 + 1)
      found++;
  }
  g_assert_cmpuint (found, ==, holes);
}

void
fixture_check_sound_in_place (const SpliceFixture * f, guint track)
{
  g_autofree SpliceUnit *v = g_memdup2 (f->got->video->data, f->got->video->len * sizeof *v);
  const GArray *audio = f->got->audio[track];
  guint n = f->got->video->len, at = 0;

  qsort (v, n, sizeof *v, by_pts);
  for (guint i = 0; i < audio->len; i++) {
    const SpliceUnit *u = &g_array_index (audio, SpliceUnit, i);
    gint64 middle = u->pts90k + SPLICE_AUDIO_FRAME_90K / 2, early, late;
    guint source = u->source > 10 ? u->source - 10 : u->source;

    while (at + 1 < n && v[at + 1].pts90k <= middle)
      at++;
    early = v[at].source == source ? 0 : middle - v[at].pts90k;
    late = at + 1 < n && v[at + 1].source == source ? MIN (early, v[at + 1].pts90k - middle) : early;
    if (late > SPLICE_AUDIO_FRAME_90K / 2 + 1 && middle > v[0].pts90k)
      g_error ("sound %u:%u at %" G_GINT64_FORMAT " is heard over picture %u:%u", u->source, u->index, u->pts90k,
          v[at].source, v[at].index);
  }
}

void
fixture_check_all (const SpliceFixture * f)
{
  fixture_check_stream (f);
  fixture_check_cadence (f, 0);
  for (guint i = 0; i < f->network.audio_tracks; i++) {
    fixture_check_sound (f, i, 0);
    fixture_check_sound_in_place (f, i);
  }
}

gboolean
fixture_said (const SpliceFixture * f, const gchar * text)
{
  return strstr (f->run->reports->str, text) != NULL;
}
