/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The timeline as a file: what it says, what is left of it after a crash, what it refuses. */
#include <asp-hls-record.h>
#include <asp-hls-view.h>
#include <string.h>

#define SECOND ASP_SECOND_90K
#define NOON_US (G_GINT64_CONSTANT (1767268800) * G_USEC_PER_SEC)

static void
add (AspHlsTimeline * t, AspHlsEntry entry)
{
  g_autoptr (GError) error = NULL;

  if (entry.at_90k == 0)
    entry.at_90k = asp_hls_timeline_end (t);
  asp_hls_timeline_append (t, &entry, &error);
  g_assert_no_error (error);
}

static void
segment (AspHlsTimeline * t, const gchar * uri)
{
  add (t, (AspHlsEntry) {.kind = ASP_HLS_SEGMENT,.duration_90k = 2 * SECOND,.uri = uri,
      .offset = 5640,.bytes = 250000,.independent = TRUE,.next_uri = "m/next.ts"});
}

/* One entry of each kind. */
static AspHlsTimeline *
sample (void)
{
  AspHlsTimeline *t = asp_hls_timeline_new ();
  g_autoptr (AspAd) ad = asp_ad_new ("asset", SECOND);

  ad->custom_data = g_strdup ("a \"b\"\n");
  asp_hls_timeline_set_era (t, "era42");
  add (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.name = "720p"});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_RENDITION,.rendition = 1,.name = "360p"});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_FORMAT,.codecs = "avc1.64001f,mp4a.40.2",.width = 1280,
      .height = 720,.fps_num = 30000,.fps_den = 1001});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = NOON_US});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = 2 * SECOND});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_PART_TARGET,.duration_90k = SECOND});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_SCHEDULED,.avail_id = "gone",.at_90k = 99});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_CANCELLED,.avail_id = "gone"});
  for (guint i = 0; i < 2; i++)
    add (t, (AspHlsEntry) {.kind = ASP_HLS_PART,.duration_90k = SECOND,.uri = "m/p.ts",
        .independent = i == 0,.gap = i == 1});
  g_assert_true (asp_hls_timeline_append (t, &(AspHlsEntry) {.kind = ASP_HLS_SEGMENT,
              .duration_90k = 2 * SECOND,.uri = "m/0.ts",.bytes = 250000}, NULL));
  segment (t, "m/1.ts");
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_OUT,.avail_id = "b",.duration_90k = 7 * SECOND,
      .scte35 = "fc30",.roll = ASP_AD_ROLL_PREROLL,.pod_length = 1});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_START,.avail_id = "b",.pod_index = 1,.ad = ad});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
  segment (t, "m/2.ts");
  add (t, (AspHlsEntry) {.kind = ASP_HLS_CREATIVE_END,.avail_id = "b",.pod_index = 1});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_IN,.avail_id = "b"});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_END});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_RESUME,.fresh = TRUE});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_GAP,.duration_90k = SECOND,.uri = "m/3.ts"});
  return t;
}

static AspHlsTimeline *
read_all (const gchar * text, gsize * used)
{
  g_autoptr (GError) error = NULL;
  AspHlsTimeline *t = asp_hls_record_read (text, strlen (text), used, &error);

  g_assert_no_error (error);
  return t;
}

static void
test_text (void)
{
  g_autoptr (AspHlsTimeline) t = sample ();
  g_autofree gchar *text = asp_hls_record_all (t, "news");
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_assert_cmpstr (lines[0], ==,
      "{\"format\":1,\"era\":\"era42\",\"channel\":\"news\",\"renditions\":[{},{}]}");
  g_assert_cmpstr (lines[1], ==, "{\"kind\":\"rendition\",\"name\":\"720p\"}");
  g_assert_cmpstr (lines[12], ==, "{\"kind\":\"segment\",\"at_90k\":180000,\"duration_90k\":180000,"
      "\"uri\":\"m/1.ts\",\"next_uri\":\"m/next.ts\",\"offset\":5640,\"bytes\":250000,\"independent\":true,"
      "\"number\":2,\"utc_us\":1767268802000000}");
  g_assert_cmpstr (lines[14], ==, "{\"kind\":\"creative-start\",\"at_90k\":360000,"
      "\"avail_id\":\"b\",\"pod_index\":1,\"number\":3,\"utc_us\":1767268804000000,"
      "\"ad\":{\"asset_id\":\"asset\",\"duration_90k\":90000,\"custom_data\":\"a \\\"b\\\"\\n\"}}");
}

static void
test_round_trip (void)
{
  g_autoptr (AspHlsTimeline) t = sample ();
  g_autofree gchar *text = asp_hls_record_all (t, "news"), *again = NULL;
  g_autoptr (AspHlsTimeline) read = NULL;
  AspHlsRendition r;
  gsize used;

  read = read_all (text, &used);
  g_assert_cmpuint (used, ==, strlen (text));
  again = asp_hls_record_all (read, "news");
  g_assert_cmpstr (again, ==, text);
  g_assert_cmpstr (asp_hls_timeline_era (read), ==, "era42");
  asp_hls_timeline_rendition (read, 0, &r);
  g_assert_cmpstr (r.codecs, ==, "avc1.64001f,mp4a.40.2");
  g_assert_cmpuint (r.n_media, ==, 4);
  g_assert_cmpuint (r.bytes, ==, 750000);
  g_assert_cmpuint (r.peak_bps, ==, 1000000);
  g_assert_cmpuint (asp_hls_timeline_find_rendition (read, "360p"), ==, 1);
}

/* Torn anywhere: what was whole is there, and lines written behind it can be read. */
static void
test_torn (void)
{
  g_autoptr (AspHlsTimeline) t = sample ();
  g_autofree gchar *text = asp_hls_record_all (t, "news");
  gsize size = strlen (text), first = (gsize) (strchr (text, '\n') - text) + 1;

  for (gsize n = first; n < size; n++) {
    gsize used;
    g_autoptr (AspHlsTimeline) read = asp_hls_record_read (text, n, &used, NULL);

    g_assert_nonnull (read);
    g_assert_cmpuint (used, <=, n);
    g_assert_true (text[used - 1] == '\n' && memchr (text + used, '\n', n - used) == NULL);
    if (used == n) {
      g_autofree gchar *again = asp_hls_record_all (read, "news");

      g_assert_true (!strncmp (again, text, n) && again[n] == '\0');
    }
  }
  for (gsize n = 0; n + 1 < first; n++) {
    g_autoptr (GError) error = NULL;
    gsize used;

    g_assert_null (asp_hls_record_read (text, n, &used, &error));
    g_assert_nonnull (error);
  }
}

/* Days of it, forgotten as they go: numbers go on over the file. */
static void
test_numbers_survive (void)
{
  static const AspHlsView view = {.playlist_length = 5,.markers = (AspHlsMarkers) 0x3f };
  g_autoptr (AspHlsTimeline) t = asp_hls_timeline_new ();

  add (t, (AspHlsEntry) {.kind = ASP_HLS_PDT,.utc_us = NOON_US});
  add (t, (AspHlsEntry) {.kind = ASP_HLS_TARGET_DURATION,.duration_90k = 2 * SECOND});
  for (guint i = 0; i < 3000; i++) {
    g_autofree gchar *id = g_strdup_printf ("b%u", i / 100), *text = NULL, *view_before = NULL,
        *view_after = NULL;
    g_autoptr (AspHlsTimeline) read = NULL;
    gsize used;

    if (i % 100 == 40)
      add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_OUT,.avail_id = id});
    if (i % 100 == 45)
      add (t, (AspHlsEntry) {.kind = ASP_HLS_AVAIL_IN,.avail_id = id});
    if (i % 100 == 40 || i % 100 == 45)
      add (t, (AspHlsEntry) {.kind = ASP_HLS_DISCONTINUITY});
    segment (t, "m/x.ts");
    asp_hls_timeline_forget (t, asp_hls_view_start (t, &view));
    if (i % 37 != 0)
      continue;
    view_before = asp_hls_view_render (t, &view);
    text = asp_hls_record_all (t, NULL);
    read = read_all (text, &used);
    g_assert_cmpuint (used, ==, strlen (text));
    view_after = asp_hls_view_render (read, &view);
    g_assert_cmpstr (view_after, ==, view_before);
    asp_hls_timeline_free (t);
    t = g_steal_pointer (&read);
  }
  g_assert_cmpuint (asp_hls_timeline_n_entries (t), <, 60);
}

static void
test_refuses (void)
{
  static const struct
  {
    const gchar *text;
    guint entries;              /* that are read; G_MAXUINT: refused */
  } cases[] = {
    {"{\"format\":1}\n", 0},
    {"{\"format\":1,\"renditions\":[{},{}],\"later\":[]}\n{\"kind\":\"later\",\"x\":{}}\n", 0},
    {"{\"format\":1}\n{\"kind\":\"pdt\",\"utc_us\":5,\"more\":1}\n", 1},
    {"{\"format\":1}\n{\"kind\":\"pdt\",\"utc_us\":5}\nx\n{\"kind\":\"pdt\",\"utc_us\":6}\n", 1},
    {"{\"format\":1}\n{\"kind\":\"pdt\",\"utc_us\":\"5\"}\n", 0},
    {"{\"format\":1}\n{\"kind\":5}\n", 0}, {"{\"format\":1}\n[]\n", 0}, {"{\"format\":1}\n\n", 0},
    {"{\"format\":1}\n{\"kind\":\"segment\",\"duration_90k\":1}\n", 0},
    {"{\"format\":1}\n{\"kind\":\"segment\",\"duration_90k\":1,\"uri\":\"a\",\"rendition\":-1}\n", 0},
    {"{\"format\":1}\n{\"kind\":\"segment\",\"duration_90k\":1,\"uri\":\"a\",\"rendition\":7}\n", 0},
    {"{\"format\":1}\n{\"kind\":\"creative-start\",\"avail_id\":\"a\",\"pod_index\":1,\"ad\":5}\n", 0},
    {"{\"format\":2}\n", G_MAXUINT}, {"{}\n", G_MAXUINT}, {"", G_MAXUINT}, {"\n", G_MAXUINT},
    {"#EXTM3U\n", G_MAXUINT},
    {"{\"format\":1,\"renditions\":[5]}\n", G_MAXUINT},
    {"{\"format\":1,\"renditions\":[{\"media\":-1}]}\n", G_MAXUINT},
    {"{\"format\":1,\"renditions\":[{\"media\":1,\"end_90k\":-9}]}\n", G_MAXUINT},
    {"{\"format\":1,\"renditions\":[{\"discontinuities\":-3}]}\n", G_MAXUINT},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (AspHlsTimeline) t = NULL;
    gsize used;

    g_test_message ("%s", cases[i].text);
    t = asp_hls_record_read (cases[i].text, strlen (cases[i].text), &used, &error);
    g_assert_true ((t == NULL) == (cases[i].entries == G_MAXUINT) && (t == NULL) == (error != NULL));
    if (t)
      g_assert_cmpuint (asp_hls_timeline_n_entries (t), ==, cases[i].entries);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hls/record/text", test_text);
  g_test_add_func ("/hls/record/round-trip", test_round_trip);
  g_test_add_func ("/hls/record/torn", test_torn);
  g_test_add_func ("/hls/record/numbers-survive", test_numbers_survive);
  g_test_add_func ("/hls/record/refuses", test_refuses);
  return g_test_run ();
}
