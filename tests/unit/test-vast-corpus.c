/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Real VAST and VMAP documents (corpus/vast) against facts that an extractor of another kind
 * found in them: each member of the facts is compared, none of the documents is left out.
 */
#include <asp-ad-json.h>
#include <asp-vast.h>
#include <string.h>

#include "unit-support.h"

#define DOCUMENTS 67

static guint compared;          /* facts */

static const gchar *
text_of (const AspJson * object, const gchar * name)
{
  return asp_json_string (asp_json_member (object, name));
}

static void
same_text (const AspJson * object, const gchar * name, const gchar * got)
{
  const gchar *want = text_of (object, name);

  /* an element that is empty says as little as none */
  g_assert_cmpstr (want && *want ? want : NULL, ==, got);
  compared++;
}

static void
same_number (const AspJson * object, const gchar * name, gint64 got)
{
  gint64 want = 0;

  asp_json_integer (asp_json_member (object, name), &want);
  g_assert_cmpint (want, ==, got);
  compared++;
}

/* Only where the facts say something: the default is ours. */
static void
same_flag (const AspJson * object, const gchar * name, gboolean got)
{
  const gchar *want = text_of (object, name);

  if (!want)
    return;
  g_assert_true ((!strcmp (want, "true") || !strcmp (want, "1")) == got);
  compared++;
}

/* The URLs of @event in @trackers are those of @urls: texts, or objects with url and offset. */
static void
same_urls (const AspJson * urls, const GPtrArray * trackers, const gchar * event)
{
  const AspAdTracker *t;
  guint at = 0;

  for (guint i = 0; (t = asp_ad_part_list_get (trackers, i)); i++) {
    const AspJson *want;
    const gchar *url, *offset;

    if (strcmp (t->event, event))
      continue;
    do {
      want = asp_json_element (urls, at++);
      url = asp_json_string (want) ? asp_json_string (want) : text_of (want, "url");
    } while (want && (!url || !*url));
    g_assert_cmpstr (url, ==, t->url);
    offset = text_of (want, "offset");
    if (offset) {
      AspAdOffset o = asp_vast_offset (offset);

      g_assert_true (o.at_90k == t->offset.at_90k && o.percent == t->offset.percent);
      g_assert_true (o.at_90k >= 0 || o.percent >= 0);
    }
    compared++;
  }
  for (; at < asp_json_length (urls); at++)
    g_assert_cmpstr (asp_json_string (asp_json_element (urls, at)), ==, "");
}

typedef struct
{
  const AspAdCreative *creative;
  guint n;
} Tracking;

static void
same_event (const gchar * event, const AspJson * urls, gpointer user_data)
{
  Tracking *t = user_data;

  same_urls (urls, t->creative->trackers, event);
  t->n += asp_json_length (urls);
}

/* Every event that the facts name, and no other. */
static void
same_tracking (const AspJson * fact, const AspAdCreative * creative)
{
  Tracking t = {.creative = creative };
  guint clicks = 0;
  const AspAdTracker *tracker;

  asp_json_foreach_member (asp_json_member (fact, "tracking"), same_event, &t);
  for (guint i = 0; (tracker = asp_ad_part_list_get (creative->trackers, i)); i++)
    clicks += !strcmp (tracker->event, "clickTracking") || !strcmp (tracker->event, "customClick");
  g_assert_cmpuint (t.n + clicks, ==, asp_ad_part_list_length (creative->trackers));
}

static void
same_media_file (const AspJson * fact, const AspAdMedia * media)
{
  same_text (fact, "url", media->url);
  if (asp_json_member (fact, "id"))
    same_text (fact, "id", media->id);
  if (asp_json_member (fact, "delivery"))
    same_text (fact, "delivery", media->delivery);
  if (asp_json_member (fact, "type"))
    same_text (fact, "type", media->type);
  if (asp_json_member (fact, "codec"))
    same_text (fact, "codec", media->codec);
  if (asp_json_member (fact, "apiFramework"))
    same_text (fact, "apiFramework", media->api_framework);
  if (asp_json_member (fact, "language"))
    same_text (fact, "language", media->language);
  if (!asp_json_member (fact, "width"))
    return;
  same_number (fact, "width", media->width);
  same_number (fact, "height", media->height);
  same_number (fact, "bitrate", media->bitrate_kbps);
  same_number (fact, "minBitrate", media->min_bitrate_kbps);
  same_number (fact, "maxBitrate", media->max_bitrate_kbps);
  same_flag (fact, "scalable", media->scalable);
  same_flag (fact, "maintainAspectRatio", media->maintain_aspect_ratio);
}

static void
same_media (const AspJson * facts, const AspAdCreative * creative, AspAdMediaKind kind)
{
  guint n = 0;
  const AspAdMedia *media;

  for (guint i = 0; (media = asp_ad_part_list_get (creative->media, i)); i++)
    if (media->kind == kind)
      same_media_file (asp_json_element (facts, n++), media);
  g_assert_cmpuint (asp_json_length (facts), ==, n);
}

static void
same_universal_ids (const AspJson * facts, const AspAdCreative * creative)
{
  const AspAdPair *pair;

  g_assert_cmpuint (asp_json_length (facts), ==, asp_ad_part_list_length (creative->universal_ad_ids));
  for (guint i = 0; (pair = asp_ad_part_list_get (creative->universal_ad_ids, i)); i++) {
    same_text (asp_json_element (facts, i), "registry", pair->name);
    same_text (asp_json_element (facts, i), "value", pair->value);
  }
}

/* Facts have a length only for HH:MM:SS; "30" is taken for seconds, as vast-client does. */
static void
same_duration (const AspJson * fact, const AspAdCreative * creative)
{
  gint64 ms = 0;
  const gchar *text = text_of (fact, "duration_text");

  if (!asp_json_integer (asp_json_member (fact, "duration_ms"), &ms) && text &&
      strspn (text, "0123456789") == strlen (text))
    ms = g_ascii_strtoll (text, NULL, 10) * 1000;
  g_assert_cmpint (creative->duration_90k, ==, ms * 90);
  compared++;
}

static void
same_linear (const AspJson * fact, const AspAdCreative * creative)
{
  AspAdOffset skip = asp_vast_offset (text_of (fact, "skipoffset"));

  same_duration (fact, creative);
  g_assert_true (skip.at_90k == creative->skip_offset.at_90k && skip.percent == creative->skip_offset.percent);
  same_media (asp_json_member (fact, "mediafiles"), creative, ASP_AD_MEDIA_FILE);
  same_media (asp_json_member (fact, "mezzanine"), creative, ASP_AD_MEDIA_MEZZANINE);
  same_media (asp_json_member (fact, "interactive_creative_files"), creative, ASP_AD_MEDIA_INTERACTIVE);
  same_media (asp_json_member (fact, "closed_captions"), creative, ASP_AD_MEDIA_CAPTIONS);
  same_urls (asp_json_member (fact, "click_tracking"), creative->trackers, "clickTracking");
  same_urls (asp_json_member (fact, "custom_click"), creative->trackers, "customClick");
  if (asp_json_length (asp_json_member (fact, "click_through")) > 0)
    g_assert_cmpstr (asp_json_string (asp_json_element (asp_json_member (fact, "click_through"), 0)), ==,
        creative->click_through);
  same_number (fact, "icons", asp_ad_part_list_length (creative->displays));
  /* the fact is about the element, which one document has empty */
  g_assert_true (!creative->ad_parameters || asp_json_member (fact, "has_ad_parameters"));
}

static void
same_creative (const AspJson * fact, const AspAdCreative * creative)
{
  static const gchar *const types[] = { "linear", "companion", "nonlinear", "none" };

  g_assert_cmpstr (text_of (fact, "type"), ==, types[creative->kind]);
  same_text (fact, "id", creative->creative_id);
  same_text (fact, "adId", creative->creative_ad_id);
  same_number (fact, "sequence", creative->sequence);
  same_universal_ids (asp_json_member (fact, "universal_ad_id"), creative);
  same_tracking (fact, creative);
  if (creative->kind == ASP_AD_CREATIVE_LINEAR)
    same_linear (fact, creative);
  else
    same_number (fact, creative->kind == ASP_AD_CREATIVE_COMPANION ? "companions" : "nonlinears",
        asp_ad_part_list_length (creative->displays));
}

static void
same_creatives (const AspJson * facts, const AspAd * ad)
{
  guint others = 0;
  gboolean seen = FALSE;

  for (guint i = 0; i < asp_json_length (facts); i++) {
    const AspJson *fact = asp_json_element (facts, i);

    if (!g_strcmp0 (text_of (fact, "type"), "linear") && !seen) {
      seen = TRUE;
      same_creative (fact, &ad->creative);
    } else {
      const AspAdCreative *other = asp_ad_part_list_get (ad->others, others++);

      g_assert_nonnull (other);
      same_creative (fact, other);
    }
  }
  g_assert_cmpuint (others, ==, asp_ad_part_list_length (ad->others));
  g_assert_true (seen == (ad->creative.kind == ASP_AD_CREATIVE_LINEAR));
}

static void
same_ad (const AspJson * fact, const AspAdOffer * offer)
{
  const AspAd *ad = offer->ad;
  const AspJson *pricing = asp_json_member (fact, "pricing"), *view = asp_json_member (fact, "viewable_impression");
  const gchar *expires = text_of (fact, "expires");

  g_assert_cmpstr (text_of (fact, "kind"), ==,
      offer->kind == ASP_AD_OFFER_INLINE ? "inline" : offer->kind == ASP_AD_OFFER_WRAPPER ? "wrapper" : "broken");
  same_text (fact, "id", ad->ad_id);
  same_number (fact, "sequence", ad->sequence);
  same_text (fact, "ad_system", ad->ad_system);
  same_text (fact, "ad_title", ad->ad_title);
  same_text (fact, "ad_serving_id", ad->ad_serving_id);
  same_text (fact, "adType", ad->ad_type);
  same_flag (fact, "conditionalAd", ad->conditional);
  same_text (fact, "vast_ad_tag_uri", offer->tag_url);
  same_flag (fact, "allowMultipleAds", offer->allow_multiple_ads);
  same_flag (fact, "followAdditionalWrappers", offer->follow_additional_wrappers);
  same_flag (fact, "fallbackOnNoAd", offer->fallback_on_no_ad);
  same_urls (asp_json_member (fact, "impressions"), ad->trackers, "impression");
  same_urls (asp_json_member (fact, "errors"), ad->trackers, "error");
  same_urls (asp_json_member (view, "Viewable"), ad->trackers, "viewable");
  same_urls (asp_json_member (view, "NotViewable"), ad->trackers, "notViewable");
  same_urls (asp_json_member (view, "ViewUndetermined"), ad->trackers, "viewUndetermined");
  if (pricing) {
    same_text (pricing, "value", ad->price);
    same_text (pricing, "model", ad->price_model);
    same_text (pricing, "currency", ad->price_currency);
  }
  g_assert_cmpint (ad->expires_s, ==, expires ? g_ascii_strtoll (expires, NULL, 10) : 0);
  same_number (fact, "ad_verifications", asp_ad_part_list_length (ad->verifications));
  same_creatives (asp_json_member (fact, "creatives"), ad);
}

/* Ids of the ads with a sequence, in its order, or of those without. */
static void
same_order (const AspJson * ids, const AspAdResponse * response, gboolean pod)
{
  guint n = 0;
  gint last = 0;

  for (;;) {
    const AspAdOffer *next = NULL;

    for (guint i = 0; i < response->offers->len; i++) {
      const AspAdOffer *offer = g_ptr_array_index (response->offers, i);

      if (pod && offer->ad->sequence > last && (!next || offer->ad->sequence < next->ad->sequence))
        next = offer;
    }
    if (!next)
      break;
    last = next->ad->sequence;
    g_assert_cmpstr (asp_json_string (asp_json_element (ids, n++)), ==, next->ad->ad_id);
  }
  for (guint i = 0; !pod && i < response->offers->len; i++) {
    const AspAdOffer *offer = g_ptr_array_index (response->offers, i);

    if (!offer->ad->sequence)
      g_assert_cmpstr (asp_json_string (asp_json_element (ids, n++)), ==, offer->ad->ad_id);
  }
  g_assert_cmpuint (asp_json_length (ids), ==, n);
  compared++;
}

static guint
playable (const AspAdCreative * creative)
{
  const AspAdMedia *media;
  guint n = 0;

  for (guint i = 0; (media = asp_ad_part_list_get (creative->media, i)); i++)
    n += media->kind == ASP_AD_MEDIA_FILE && media->type && !g_ascii_strcasecmp (media->type, "video/mp4");
  return n;
}

static void
same_vast (const AspJson * facts, const AspAdResponse * response)
{
  const AspJson *ads = asp_json_member (facts, "ads");
  guint n_playable = 0;

  same_text (facts, "version", response->version);
  same_number (facts, "ad_count", response->offers->len);
  same_urls (asp_json_member (facts, "root_errors"), response->errors, "error");
  for (guint i = 0; i < response->offers->len; i++) {
    const AspAdOffer *offer = g_ptr_array_index (response->offers, i);

    same_ad (asp_json_element (ads, i), offer);
    n_playable += playable (&offer->ad->creative);
  }
  same_number (facts, "playable_mp4_mediafiles", n_playable);
  same_order (asp_json_member (facts, "pod_ids_in_sequence"), response, TRUE);
  same_order (asp_json_member (facts, "standalone_ids"), response, FALSE);
}

static void
same_break_event (const gchar * event, const AspJson * urls, gpointer user_data)
{
  same_urls (urls, user_data, event);
}

/* The first of the breaks that is linear. */
static void
same_vmap (const AspJson * facts, const AspAdResponse * response)
{
  const AspJson *breaks = asp_json_member (facts, "breaks"), *first = NULL, *source;

  g_assert_true (response->is_vmap);
  same_number (facts, "break_count", response->n_breaks);
  for (guint i = 0; i < asp_json_length (breaks) && !first; i++)
    if (!g_strcmp0 (text_of (asp_json_element (breaks, i), "break_type"), "linear"))
      first = asp_json_element (breaks, i);
  g_assert_nonnull (first);
  same_text (first, "time_offset", response->time_offset);
  same_text (first, "break_type", response->break_type);
  same_text (first, "break_id", response->break_id);
  asp_json_foreach_member (asp_json_member (first, "tracking"), same_break_event, response->break_trackers);
  if (asp_json_member (first, "vast"))
    same_vast (asp_json_member (first, "vast"), response);
  g_assert_cmpuint (response->offers->len, ==, asp_json_member (first, "vast") || text_of (first, "ad_tag_uri"));
  if (text_of (first, "ad_tag_uri")) {
    const AspAdOffer *offer = g_ptr_array_index (response->offers, 0);

    source = asp_json_member (first, "ad_source");
    same_text (first, "ad_tag_uri", offer->tag_url);
    same_flag (source, "allowMultipleAds", offer->allow_multiple_ads);
    same_flag (source, "followRedirects", offer->follow_additional_wrappers);
  }
}

/* What must not be read, and the code that says why: 0 = it must. */
static gint
expected_code (const AspJson * facts)
{
  gboolean well_formed = TRUE;
  const gchar *root = text_of (facts, "root"), *trouble = text_of (facts, "xml_error");
  const gchar *peer = text_of (facts, "peer_expectation");
  const AspJson *vast = asp_json_member (facts, "vast");

  asp_json_boolean (asp_json_member (facts, "well_formed"), &well_formed);
  if (!well_formed && !g_str_has_prefix (trouble, "unbound prefix"))
    return ASP_AD_CODE_XML;
  /* a prefix that nobody declared is let through, as libxml2 and browsers' peers do */
  if (!well_formed)
    return strstr (peer, "Not a VMAP") ? ASP_AD_CODE_SCHEMA : 0;
  if (!g_strcmp0 (root, "VideoAdServingTemplate") || (vast && !text_of (vast, "version")))
    return ASP_AD_CODE_VERSION;
  return 0;
}

static void
check_document (const gchar * name, const AspJson * facts, gpointer user_data)
{
  g_autofree gchar *path = g_build_filename (user_data, name, NULL), *bytes = NULL;
  gsize size;
  gint code = expected_code (facts);
  g_autoptr (GError) error = NULL;
  g_autoptr (AspAdResponse) response = NULL;

  g_test_message ("%s", name);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  response = asp_vast_parse (bytes, size, NULL, &error);
  if (code) {
    g_assert_error (error, ASP_VAST_ERROR, code);
    g_test_message ("  %s", error->message);
    compared++;
    return;
  }
  g_assert_no_error (error);
  if (asp_json_member (facts, "vast"))
    same_vast (asp_json_member (facts, "vast"), response);
  else if (asp_json_member (facts, "vmap"))
    same_vmap (asp_json_member (facts, "vmap"), response);
  else
    /* "version 1.0, 3 ad breaks" */
    g_assert_cmpuint (response->n_breaks, ==, 3);
}

static void
test_corpus (void)
{
  g_autofree gchar *dir = test_corpus_dir ("vast"), *path = NULL, *text = NULL;
  g_autoptr (AspJson) facts = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  if (!dir) {
    g_test_skip ("the corpus of real VAST documents is not there (ADSPLICE_CORPUS)");
    return;
  }
  path = g_build_filename (dir, "vast-expected-shared.json", NULL);
  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  facts = asp_json_parse (text, size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (asp_json_length (facts), ==, DOCUMENTS);
  asp_json_foreach_member (facts, check_document, dir);
  g_test_message ("%d documents, %u facts compared", DOCUMENTS, compared);
  g_assert_cmpuint (compared, >, 1500);
}

#define PEER_FACTS ".peer-expected.json"

/* All texts in @value, stripped; not the names of types, nor XML as it was written. */
static void
collect (const gchar * name, const AspJson * value, gpointer into)
{
  if (name && (!strcmp (name, "_type") || !strcmp (name, "xmlElement")))
    return;
  /* the id of a click-through is of no use to anybody, and not kept */
  if (name && !strcmp (name, "clickThrough"))
    value = asp_json_member (value, "uri");
  if (asp_json_string (value) && *asp_json_string (value))
    g_hash_table_add (into, g_strstrip (g_strdup (asp_json_string (value))));
  for (guint i = 0; asp_json_kind (value) == ASP_JSON_ARRAY && i < asp_json_length (value); i++)
    collect (NULL, asp_json_element (value, i), into);
  asp_json_foreach_member (value, collect, into);
}

/* What we read, by way of its JSON form. */
static void
collect_response (const AspAdResponse * response, GHashTable * into)
{
  const AspAdTracker *t;

  g_hash_table_add (into, g_strdup (response->version));
  for (guint i = 0; (t = asp_ad_part_list_get (response->errors, i)); i++)
    g_hash_table_add (into, g_strdup (t->url));
  for (guint i = 0; i < response->offers->len; i++) {
    const AspAdOffer *offer = g_ptr_array_index (response->offers, i);
    g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
    g_autoptr (AspJson) json = NULL;

    asp_json_begin_object (w, NULL);
    asp_ad_json_add (w, offer->ad);
    asp_json_end_object (w);
    json = asp_json_parse (asp_json_writer_text (w), strlen (asp_json_writer_text (w)), NULL);
    collect (NULL, json, into);
    if (offer->tag_url)
      g_hash_table_add (into, g_strdup (offer->tag_url));
  }
}

static GHashTable *
texts_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* The parser of another house: each text and URL that it found, we have read. */
static void
check_peer (const gchar * dir, const gchar * name)
{
  g_autofree gchar *base = g_strndup (name, strlen (name) - strlen (PEER_FACTS));
  g_autofree gchar *facts_path = g_build_filename (dir, name, NULL), *facts_text = NULL;
  g_autofree gchar *path = g_strconcat (dir, G_DIR_SEPARATOR_S, base, ".xml", NULL), *bytes = NULL;
  g_autoptr (GHashTable) theirs = texts_new (), ours = texts_new ();
  g_autoptr (AspJson) facts = NULL;
  g_autoptr (AspAdResponse) response = NULL;
  GHashTableIter iter;
  gpointer text;
  gsize size;

  g_assert_true (g_file_get_contents (facts_path, &facts_text, &size, NULL));
  facts = asp_json_parse (facts_text, size, NULL);
  g_assert_nonnull (facts);
  collect (NULL, facts, theirs);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  response = asp_vast_parse (bytes, size, NULL, NULL);
  g_assert_nonnull (response);
  collect_response (response, ours);
  g_hash_table_iter_init (&iter, theirs);
  while (g_hash_table_iter_next (&iter, &text, NULL)) {
    g_test_message ("%s: %.80s", base, (const gchar *) text);
    g_assert_true (g_hash_table_contains (ours, text));
    compared++;
  }
}

static void
test_peers (void)
{
  g_autofree gchar *path = test_corpus_dir ("vast");
  g_autoptr (GDir) dir = path ? g_dir_open (path, 0, NULL) : NULL;
  const gchar *name;
  guint n = 0;

  if (!dir) {
    g_test_skip ("the corpus of real VAST documents is not there (ADSPLICE_CORPUS)");
    return;
  }
  compared = 0;
  while ((name = g_dir_read_name (dir))) {
    if (!g_str_has_suffix (name, PEER_FACTS))
      continue;
    check_peer (path, name);
    n++;
  }
  g_test_message ("%u documents, %u texts of a peer's", n, compared);
  g_assert_cmpuint (n, ==, 11);
  g_assert_cmpuint (compared, >, 80);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vast/corpus", test_corpus);
  g_test_add_func ("/vast/peers", test_peers);
  return g_test_run ();
}
