/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-condition.h"

#include <gst/gst.h>

#include <asp-creative-store.h>
#include <string.h>

#define HELPER "adsplice-condition"
#define BEGUN_MAX 1000          /* jobs whose time is taken */
#define EARLY_MAX 64            /* asked for before their rendition is known */

typedef struct
{
  gboolean known;               /* else `text` says why no creative can be made for it */
  AspRendition rendition;
  gchar *text;
} Learnt;

typedef struct
{
  guint number;                 /* of the rendition */
  gchar *path;
} Early;

struct _AdConditioner
{
  AspCreativeStore *store;
  AdConditionerNews news;
  gpointer user_data;
  GMutex lock;                  /* innermost; nothing is called under it */
  GHashTable *renditions;       /* number -> Learnt; lock */
  GQueue early;                 /* Early; lock */
  guint64 unit_ns;              /* lock */
  GHashTable *begun;            /* URL and fingerprint -> gint64 us, of what is being made; lock */
  guint64 made, failed;         /* lock */
  AspHistogram seconds;         /* lock */
};

static void
early_free (gpointer data)
{
  g_free (((Early *) data)->path);
  g_free (data);
}

static void
learnt_free (gpointer data)
{
  g_free (((Learnt *) data)->text);
  g_free (data);
}

/* In a build folder it lies beside the plugin. (transfer full) (nullable): where it was installed */
static gchar *
find_helper (void)
{
  g_autofree gchar *folder = NULL, *beside = NULL;
  GstPlugin *plugin = gst_registry_find_plugin (gst_registry_get (), "adsplice");

  if (plugin && gst_plugin_get_filename (plugin))
    folder = g_path_get_dirname (gst_plugin_get_filename (plugin));
  gst_clear_object (&plugin);
  beside = folder ? g_build_filename (folder, HELPER, NULL) : NULL;
  return beside && g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer (&beside) : NULL;
}

/* It is told of as it goes on; what was there already is told of only as ready. */
static void
count_news (AdConditioner * c, const gchar * url, const gchar * fingerprint, AspConditionState state)
{
  g_autofree gchar *key = g_strconcat (url, " ", fingerprint, NULL);
  gint64 *begun;

  g_mutex_lock (&c->lock);
  begun = g_hash_table_lookup (c->begun, key);
  if (state == ASP_CONDITION_BUSY && !begun && g_hash_table_size (c->begun) < BEGUN_MAX) {
    begun = g_new (gint64, 1);
    *begun = g_get_monotonic_time ();
    g_hash_table_insert (c->begun, g_steal_pointer (&key), begun);
  } else if (state == ASP_CONDITION_READY && begun) {
    c->made++;
    asp_histogram_add (&c->seconds, (gdouble) (g_get_monotonic_time () - *begun) / G_USEC_PER_SEC);
  } else if (state == ASP_CONDITION_FAILED) {
    c->failed++;
  }
  if (key && state != ASP_CONDITION_BUSY)
    g_hash_table_remove (c->begun, key);
  g_mutex_unlock (&c->lock);
}

void
ad_conditioner_count (AdConditioner * c, guint64 * made, guint64 * failed, guint64 * now, AspHistogram * seconds)
{
  g_mutex_lock (&c->lock);
  *made = c->made;
  *failed = c->failed;
  *now = g_hash_table_size (c->begun);
  *seconds = c->seconds;
  g_mutex_unlock (&c->lock);
}

static void
on_news (AspCreativeStore * store, const gchar * url, const gchar * fingerprint, const AspCreativeStatus * status,
    gpointer user_data)
{
  AdConditioner *c = user_data;

  count_news (c, url, fingerprint, status->state);
  if (status->state == ASP_CONDITION_READY || status->state == ASP_CONDITION_FAILED)
    c->news (c->user_data);
}

AdConditioner *
ad_conditioner_new (const gchar * folder, AdConditionerNews news, gpointer user_data, GError ** error)
{
  g_autofree gchar *helper = find_helper ();
  AspCreativeStoreConfig config = { .folder = folder, .helper = helper };
  AdConditioner *c = g_new0 (AdConditioner, 1);
  static const gdouble bounds_s[] = { 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600 };

  asp_histogram_init (&c->seconds, bounds_s, G_N_ELEMENTS (bounds_s));
  c->begun = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  c->news = news;
  c->user_data = user_data;
  g_mutex_init (&c->lock);
  c->renditions = g_hash_table_new_full (NULL, NULL, NULL, learnt_free);
  g_queue_init (&c->early);
  c->store = asp_creative_store_new (&config, on_news, c, error);
  if (!c->store)
    g_clear_pointer (&c, ad_conditioner_free);
  return c;
}

void
ad_conditioner_free (AdConditioner * c)
{
  if (!c)
    return;
  asp_creative_store_free (c->store);
  g_hash_table_unref (c->renditions);
  g_hash_table_unref (c->begun);
  g_queue_clear_full (&c->early, early_free);
  g_mutex_clear (&c->lock);
  g_free (c);
}

/* Called with the lock. */
static void
remember (AdConditioner * c, guint number, const gchar * path)
{
  Early *early;

  for (const GList * l = c->early.head; l; l = l->next) {
    const Early *other = l->data;

    if (other->number == number && !strcmp (other->path, path))
      return;
  }
  if (g_queue_get_length (&c->early) >= EARLY_MAX)
    return;
  early = g_new0 (Early, 1);
  early->number = number;
  early->path = g_strdup (path);
  g_queue_push_tail (&c->early, early);
}

/* The break that they were wanted for may be over: they are there for the next one. */
static void
begin_with_early (AdConditioner * c, guint number)
{
  GQueue mine = G_QUEUE_INIT;
  Early *early;

  g_mutex_lock (&c->lock);
  for (GList * l = c->early.head, *next; l; l = next) {
    next = l->next;
    early = l->data;
    if (early->number != number)
      continue;
    g_queue_unlink (&c->early, l);
    g_queue_push_tail_link (&mine, l);
  }
  g_mutex_unlock (&c->lock);
  while ((early = g_queue_pop_head (&mine)) != NULL) {
    AdCondition ignored;

    ad_conditioner_ask (c, early->path, number, &ignored);
    ad_condition_clear (&ignored);
    early_free (early);
  }
}

gboolean
ad_conditioner_learn (AdConditioner * c, guint number, guint program_number, GPtrArray * pieces, GError ** error)
{
  AspRenditionReader *reader = asp_rendition_reader_new (program_number);
  Learnt *learnt = g_new0 (Learnt, 1);
  g_autoptr (GError) trouble = NULL;

  for (guint i = 0; i < pieces->len; i++) {
    GstMapInfo map;

    if (!gst_buffer_map (g_ptr_array_index (pieces, i), &map, GST_MAP_READ))
      continue;
    asp_rendition_reader_push (reader, map.data, map.size);
    gst_buffer_unmap (g_ptr_array_index (pieces, i), &map);
  }
  learnt->known = asp_rendition_reader_finish (reader, &learnt->rendition, &trouble);
  asp_rendition_reader_free (reader);
  if (trouble)
    learnt->text = g_strdup (trouble->message);
  g_mutex_lock (&c->lock);
  g_hash_table_replace (c->renditions, GUINT_TO_POINTER (number), learnt);
  g_mutex_unlock (&c->lock);
  begin_with_early (c, number);
  if (trouble)
    g_propagate_error (error, g_steal_pointer (&trouble));
  return !error || !*error;
}

void
ad_conditioner_set_unit (AdConditioner * c, guint64 unit_ns)
{
  g_mutex_lock (&c->lock);
  c->unit_ns = unit_ns;
  g_mutex_unlock (&c->lock);
}

void
ad_condition_clear (AdCondition * condition)
{
  g_free (condition->path);
  g_free (condition->text);
}

/* FALSE: nothing can be asked for yet, or ever. */
static gboolean
get_rendition (AdConditioner * c, const gchar * path, guint number, AspRendition * rendition, guint * unit,
    AdCondition * out)
{
  const Learnt *learnt;

  g_mutex_lock (&c->lock);
  learnt = g_hash_table_lookup (c->renditions, GUINT_TO_POINTER (number));
  out->state = AD_CONDITION_BUSY;
  if (learnt && learnt->known) {
    *rendition = learnt->rendition;
    *unit = asp_rendition_unit_frames (rendition, c->unit_ns);
    out->state = AD_CONDITION_READY;
  } else if (learnt) {
    out->state = AD_CONDITION_FAILED;
    out->text = g_strdup (learnt->text);
  } else {
    remember (c, number, path);
  }
  g_mutex_unlock (&c->lock);
  return out->state == AD_CONDITION_READY;
}

void
ad_conditioner_ask (AdConditioner * c, const gchar * path, guint number, AdCondition * out)
{
  g_autofree gchar *absolute = g_canonicalize_filename (path, NULL);
  g_autofree gchar *url = g_filename_to_uri (absolute, NULL, NULL);
  AspCreativeStatus status;
  AspRendition rendition;
  AspCreativeWish wish = { .url = url, .rendition = &rendition };

  memset (out, 0, sizeof *out);
  if (!get_rendition (c, path, number, &rendition, &wish.unit, out))
    return;
  asp_creative_store_ask (c->store, &wish, &status);
  out->state = status.state == ASP_CONDITION_READY ? AD_CONDITION_READY :
      status.state == ASP_CONDITION_FAILED ? AD_CONDITION_FAILED : AD_CONDITION_BUSY;
  if (out->state == AD_CONDITION_READY)
    out->path = g_strdup (status.path);
  else if (out->state == AD_CONDITION_FAILED)
    out->text = g_strdup (status.text);
  asp_creative_status_clear (&status);
}
