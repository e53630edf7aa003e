/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst/splice: what of the network's sound waits for the picture that decides, and how long (rules 5
 * and 9 of DESIGN 6). The multiplex is hardly further ahead than a PES of sound is long. */
#include "splice-fixture.h"

#include <string.h>

#define PCR_STEP_90K (45 * 90)

typedef struct
{
  const gchar *name;
  gboolean nulls;
  guint gop;
  gdouble start_s;
  const gchar *video;
  guint held_max;               /* PES of sound that come later than any does in the input */
} Hold;

static const Hold holds[] = {
  /* RAPs at 0, 3, 6 s ...: from the third on the next one is known */
  {"predicted", FALSE, 75, 6.2, "1:0-224 2:0-49 1:300-374", 1},
  {"predicted-cbr", TRUE, 75, 6.2, "1:0-224 2:0-49 1:300-374", 1},
  {"at-the-rap", FALSE, 75, 9, "1:0-224 2:0-49 1:300-374", 1},
  {"unknown", FALSE, 75, 3.2, "1:0-149 2:0-49 1:225-374", G_MAXUINT},
  {"unknown-cbr", TRUE, 75, 3.2, "1:0-149 2:0-49 1:225-374", G_MAXUINT},
  /* none comes: the break is skipped */
  {"never", FALSE, 375, 3.2, "1:0-374", G_MAXUINT},
  {"never-cbr", TRUE, 375, 3.2, "1:0-374", G_MAXUINT},
};

static gint64
least_sound_90k (const SpliceContent * c)
{
  gint64 least = G_MAXINT64;

  for (guint i = 0; i < c->audio[0]->len; i++)
    least = MIN (least, g_array_index (c->audio[0], SpliceUnit, i).lead_90k);
  return least;
}

static guint
count_below (const SpliceContent * c, gint64 lead_90k, guint source)
{
  guint n = 0;

  for (guint i = 0; i < c->audio[0]->len; i++) {
    const SpliceUnit *u = &g_array_index (c->audio[0], SpliceUnit, i);

    /* the first unit of each PES stands for it */
    if (u->source == source && u->lead_90k < lead_90k && (i == 0 || u[-1].last_packet != u->last_packet))
      n++;
  }
  return n;
}

static void
test_hold (gconstpointer data)
{
  const Hold *h = data;
  g_autoptr (SpliceContent) in = NULL;
  SpliceFixture f;
  guint held;

  fixture_setup (&f, 375);
  f.network.gop = h->gop;
  f.network.nulls = h->nulls;
  f.network.packets_per_s = h->nulls ? 400 : 1500;
  f.network.audio_group = 8;
  f.network.lead_90k = 17000;
  fixture_splice (&f, h->start_s, 2);
  in = splice_content_read (f.in->data, f.in->len, f.network.video_pid, f.network.audio_pid);
  held = count_below (f.got, least_sound_90k (in) - PCR_STEP_90K, 1);
  g_test_message ("%u PES of sound held; least lead %.1f ms, of the input %.1f", held,
      (gdouble) least_sound_90k (f.got) / 90, (gdouble) least_sound_90k (in) / 90);
  g_assert_cmpstr (f.video, ==, h->video);
  fixture_check_stream (&f);
  fixture_check_sound (&f, 0, 0);
  g_assert_cmpuint (held, <=, h->held_max);
  g_assert_cmpint (least_sound_90k (f.got), >=, least_sound_90k (in) / 2);
  fixture_teardown (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (holds); i++) {
    g_autofree gchar *path = g_strdup_printf ("/splice/hold/%s", holds[i].name);

    g_test_add_data_func (path, &holds[i], test_hold);
  }
  return g_test_run ();
}
