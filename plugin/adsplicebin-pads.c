/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-private.h"

#include <string.h>

/* --- pairs ------------------------------------------------------------------------ */

static Pair *
find_pair (GstAdSpliceBin * self, guint number)
{
  for (guint i = 0; i < self->pairs->len; i++) {
    Pair *pair = g_ptr_array_index (self->pairs, i);

    if (pair->number == number)
      return pair;
  }
  return NULL;
}

static gint
compare_pairs (gconstpointer a, gconstpointer b)
{
  const Pair *x = *(Pair * const *) a, *y = *(Pair * const *) b;

  return x->number < y->number ? -1 : x->number > y->number;
}

static gboolean
parse_number (const gchar * name, const gchar * prefix, guint * number)
{
  guint64 n;

  if (!name || !g_str_has_prefix (name, prefix) ||
      !g_ascii_string_to_unsigned (name + strlen (prefix), 10, 0, G_MAXINT, &n, NULL))
    return FALSE;
  *number = (guint) n;
  return TRUE;
}

static guint
free_number (GstAdSpliceBin * self)
{
  guint number = 0;

  while (find_pair (self, number))
    number++;
  return number;
}

/* build_lock held. Its splicer is a rendition of our channel, and gets its slate. */
void
ad_splice_bin_join (GstAdSpliceBin * self, Pair * pair)
{
  GstTsSplicer *splicer = GST_TS_SPLICER (pair->splicer);
  g_autofree gchar *rendition = g_strdup_printf ("%u", pair->number);
  g_autofree gchar *slate_uri = NULL, *path = NULL;

  gst_ts_splicer_set_channel (splicer, self->channel, rendition);
  gst_ts_splicer_set_provided (splicer, TRUE);
  if (ad_worker_wants_samples (self->worker))
    ad_sample_begin (self, pair);
  GST_OBJECT_LOCK (self);
  slate_uri = g_strdup (self->slate_uri);
  GST_OBJECT_UNLOCK (self);
  if (slate_uri && *slate_uri && !pair->slate)
    path = ad_pod_path (slate_uri, pair->number, NULL);
  if (path)
    ad_branch_add_slate (self, pair, path);
}

static GstPad *
add_ghost (GstAdSpliceBin * self, GstElement * splicer, const gchar * inner, const gchar * template_name, guint number)
{
  GstPadTemplate *templ = gst_element_get_pad_template (GST_ELEMENT (self), template_name);
  g_auto (GStrv) pieces = g_strsplit (template_name, "%u", 2);
  g_autofree gchar *name = g_strdup_printf ("%s%u", pieces[0], number);
  GstPad *target = gst_element_get_static_pad (splicer, inner);
  GstPad *ghost = gst_ghost_pad_new_from_template (name, target, templ);

  gst_object_unref (target);
  gst_pad_set_active (ghost, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), ghost);
  return ghost;
}

static GstPad *
add_pair (GstAdSpliceBin * self, guint number)
{
  g_autofree gchar *name = g_strdup_printf ("splicer%u", number);
  Pair *pair = g_new0 (Pair, 1);

  pair->number = number;
  pair->splicer = g_object_new (GST_TYPE_TS_SPLICER, "name", name, NULL);
  ad_splice_bin_apply (self, pair->splicer);
  gst_bin_add (GST_BIN (self), pair->splicer);
  g_mutex_lock (&self->build_lock);
  if (self->building)
    ad_splice_bin_join (self, pair);
  g_ptr_array_add (self->pairs, pair);
  g_ptr_array_sort (self->pairs, compare_pairs);
  g_mutex_unlock (&self->build_lock);
  pair->src = add_ghost (self, pair->splicer, "src", "src_%u", number);
  pair->sink = add_ghost (self, pair->splicer, "sink", "sink_%u", number);
  gst_element_sync_state_with_parent (pair->splicer);
  g_mutex_lock (&self->build_lock);
  pair->ready = TRUE;
  if (pair->slate)
    gst_element_sync_state_with_parent (pair->slate);
  g_mutex_unlock (&self->build_lock);
  GST_OBJECT_LOCK (self);
  if (self->worker)
    ad_worker_join (self->worker);
  GST_OBJECT_UNLOCK (self);
  return pair->sink;
}

/* Of a pair that is there; only once. */
static GstPad *
add_network (GstAdSpliceBin * self, const gchar * name)
{
  GstPad *inner;
  Pair *pair;
  guint number;

  if (!parse_number (name, "network_", &number))
    return NULL;
  g_mutex_lock (&self->build_lock);
  pair = find_pair (self, number);
  g_mutex_unlock (&self->build_lock);
  if (!pair || pair->network) {
    GST_WARNING_OBJECT (self, "%s: %s", name, pair ? "it is there already" : "there is no sink pad of that number yet");
    return NULL;
  }
  inner = gst_element_request_pad_simple (pair->splicer, "network");
  if (!inner)
    return NULL;
  gst_object_unref (inner);
  pair->network = add_ghost (self, pair->splicer, "network", "network_%u", number);
  return pair->network;
}

GstPad *
ad_splice_bin_request_pad (GstElement * element, GstPadTemplate * templ, const gchar * name, const GstCaps * caps)
{
  GstAdSpliceBin *self = GST_AD_SPLICE_BIN (element);
  guint number;
  gboolean taken;

  if (!strcmp (GST_PAD_TEMPLATE_NAME_TEMPLATE (templ), "network_%u"))
    return add_network (self, name);
  g_mutex_lock (&self->build_lock);
  if (!parse_number (name, "sink_", &number))
    number = free_number (self);
  taken = find_pair (self, number) != NULL;
  g_mutex_unlock (&self->build_lock);
  if (taken) {
    GST_WARNING_OBJECT (self, "pad sink_%u is there already", number);
    return NULL;
  }
  return add_pair (self, number);
}

static void
drop_ghost (GstAdSpliceBin * self, GstPad * ghost)
{
  gst_pad_set_active (ghost, FALSE);
  gst_ghost_pad_set_target (GST_GHOST_PAD (ghost), NULL);
  gst_element_remove_pad (GST_ELEMENT (self), ghost);
}

static void
release_network (GstAdSpliceBin * self, Pair * pair)
{
  GstPad *inner = gst_element_get_static_pad (pair->splicer, "network");

  drop_ghost (self, g_steal_pointer (&pair->network));
  if (!inner)
    return;
  gst_element_release_request_pad (pair->splicer, inner);
  gst_object_unref (inner);
}

/* The pair is out of the list already: nobody adds anything to it. */
static void
free_pair (GstAdSpliceBin * self, Pair * pair)
{
  gst_object_ref (pair->splicer);
  gst_element_set_locked_state (pair->splicer, TRUE);
  gst_pad_set_active (pair->sink, FALSE);
  gst_element_set_state (pair->splicer, GST_STATE_NULL);
  g_mutex_lock (&self->build_lock);
  ad_pods_close (self, pair);
  ad_branch_remove_slate (self, pair);
  g_mutex_unlock (&self->build_lock);
  if (pair->network)
    release_network (self, pair);
  drop_ghost (self, pair->src);
  drop_ghost (self, pair->sink);
  gst_bin_remove (GST_BIN (self), pair->splicer);
  gst_object_unref (pair->splicer);
  g_free (pair);
}

void
ad_splice_bin_release_pad (GstElement * element, GstPad * pad)
{
  GstAdSpliceBin *self = GST_AD_SPLICE_BIN (element);
  Pair *pair = NULL, *owner = NULL;

  g_mutex_lock (&self->build_lock);
  for (guint i = 0; i < self->pairs->len; i++) {
    Pair *p = g_ptr_array_index (self->pairs, i);

    if (p->sink == pad)
      pair = p;
    else if (p->network == pad)
      owner = p;
  }
  if (pair)
    g_ptr_array_remove (self->pairs, pair);
  g_mutex_unlock (&self->build_lock);
  if (owner)
    release_network (self, owner);
  if (pair)
    free_pair (self, pair);
}

void
ad_splice_bin_clear_pairs (GstAdSpliceBin * self)
{
  while (self->pairs->len > 0)
    free_pair (self, g_ptr_array_steal_index (self->pairs, 0));
}

GstElement *
ad_splice_bin_first_splicer (GstAdSpliceBin * self)
{
  GstElement *splicer = NULL;

  g_mutex_lock (&self->build_lock);
  if (self->pairs->len > 0)
    splicer = gst_object_ref (((Pair *) g_ptr_array_index (self->pairs, 0))->splicer);
  g_mutex_unlock (&self->build_lock);
  return splicer;
}
