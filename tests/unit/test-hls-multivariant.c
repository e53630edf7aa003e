/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The multivariant playlist: exact text, what is measured, and when it changes. */
#include <asp-hls-multivariant.h>
#include <string.h>

#define SECOND ASP_SECOND_90K

static void
add (AspHlsTimeline * t, AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  entry.at_90k = asp_hls_timeline_rendition_end (t, entry.rendition);
  asp_hls_timeline_append (t, &entry, &error);
  g_assert_no_error (error);
}

static void
segment (AspHlsTimeline * t, guint rendition, gint64 duration_90k, guint64 bytes)
{
  add (t, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.rendition = rendition,.uri = "a",
      .duration_90k = duration_90k,.bytes = bytes,.independent = TRUE});
}

static AspHlsTimeline *
timeline (void)
{
  AspHlsTimeline *t = asp_hls_timeline_new ();

  add (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.name = "720p"});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = 1,.name = "sound"});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = 2 * SECOND});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.codecs = "avc1.64001f,mp4a.40.2",.width = 1280,
      .height = 720,.fps_num = 30000,.fps_den = 1001});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.rendition = 1,.codecs = "mp4a.40.2"});
  return t;
}

static void
test_text (void)
{
  g_autoptr (AspHlsTimeline) t = timeline ();
  AspHlsVariant v[2] = { 0 };
  g_autofree gchar *text = NULL, *fixed = NULL, *out = NULL;

  g_assert_false (asp_hls_variants_update (v, 2, t));
  g_assert_null (asp_hls_multivariant_render (t, v, 2));
  segment (t, 0, 2 * SECOND, 500000);
  segment (t, 0, 2 * SECOND, 250000);
  segment (t, 1, 2 * SECOND, 20000);
  g_assert_true (asp_hls_variants_update (v, 2, t));
  text = asp_hls_multivariant_render (t, v, 2);
  g_assert_cmpstr (text, ==,
      "#EXTM3U\n"
      "#EXT-X-INDEPENDENT-SEGMENTS\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=2200000,AVERAGE-BANDWIDTH=1500000,"
      "CODECS=\"avc1.64001f,mp4a.40.2\",RESOLUTION=1280x720,FRAME-RATE=29.970\n"
      "720p.m3u8\n"
      "#EXT-X-STREAM-INF:BANDWIDTH=88000,AVERAGE-BANDWIDTH=80000,CODECS=\"mp4a.40.2\"\n"
      "sound.m3u8\n");
  v[0].fixed_bandwidth = 3000000;
  v[0].fixed_codecs = g_strdup ("avc1.640028");
  g_assert_true (asp_hls_variants_update (v, 2, t));
  fixed = asp_hls_multivariant_render (t, v, 2);
  g_assert_nonnull (strstr (fixed, "BANDWIDTH=3000000,AVERAGE-BANDWIDTH=1500000,CODECS=\"avc1.640028\","));
  v[0].out = TRUE;
  out = asp_hls_multivariant_render (t, v, 2);
  g_assert_null (strstr (out, "720p"));
  asp_hls_variant_clear (&v[0]);
  asp_hls_variant_clear (&v[1]);
}

/* It is written again only when what it says is not true any more. */
static void
test_changes (void)
{
  g_autoptr (AspHlsTimeline) t = timeline ();
  AspHlsVariant v[2] = { 0 };

  segment (t, 0, 2 * SECOND, 500000);
  g_assert_true (asp_hls_variants_update (v, 2, t));
  segment (t, 0, 2 * SECOND, 520000);   /* within the room */
  g_assert_false (asp_hls_variants_update (v, 2, t));
  segment (t, 0, 2 * SECOND, 600000);
  g_assert_true (asp_hls_variants_update (v, 2, t));
  g_assert_cmpuint (v[0].bandwidth, ==, 2640000);
  /* an ad of another profile: both are named from then on */
  add (t, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.codecs = "avc1.42c01e,mp4a.40.2",.width = 640,
      .height = 360,.fps_num = 25,.fps_den = 1});
  g_assert_true (asp_hls_variants_update (v, 2, t));
  g_assert_cmpstr (v[0].codecs, ==, "avc1.64001f,mp4a.40.2,avc1.42c01e");
  g_assert_cmpuint (v[0].width, ==, 1280);
  g_assert_cmpuint (v[0].fps_num, ==, 30000);
  add (t, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.codecs = "mp4a.40.2",.width = 640,.height = 360});
  g_assert_false (asp_hls_variants_update (v, 2, t));
  add (t, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.codecs = "mp4a.40.2",.fps_num = 50,.fps_den = 1});
  g_assert_true (asp_hls_variants_update (v, 2, t));
  g_assert_cmpuint (v[0].fps_num, ==, 50);
  asp_hls_variant_clear (&v[0]);
  asp_hls_variant_clear (&v[1]);
}

/* 4.1: runs of half to one and a half target durations; a plain count beside it. */
static void
test_peak (void)
{
  for (guint seed = 0; seed < 200; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autoptr (AspHlsTimeline) t = timeline ();
    gint64 durations_90k[40];
    guint64 bytes[40], peak = 0;
    AspHlsRendition r;

    for (guint i = 0; i < 40; i++) {
      durations_90k[i] = g_rand_int_range (rand, 1000, 220000);
      bytes[i] = (guint64) g_rand_int_range (rand, 1, 1000000);
      segment (t, 0, durations_90k[i], bytes[i]);
    }
    for (guint i = 0; i < 40; i++) {
      guint64 sum = 0;
      gint64 sum_90k = 0;

      for (guint k = i; k < 40; k++) {
        sum += bytes[k];
        sum_90k += durations_90k[k];
        if (2 * sum_90k >= 2 * SECOND && 2 * sum_90k <= 6 * SECOND)
          peak = MAX (peak, (sum * 8 * SECOND + (guint64) sum_90k - 1) / (guint64) sum_90k);
      }
    }
    asp_hls_timeline_rendition (t, 0, &r);
    g_assert_cmpuint (r.peak_bps, ==, peak);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/multivariant/text", test_text);
  g_test_add_func ("/hls/multivariant/changes", test_changes);
  g_test_add_func ("/hls/multivariant/peak", test_peak);
  return g_test_run ();
}
