/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "adsplicebin-private.h"

#include <string.h>

#define BRANCH_MARK "adsplice-branch"
#define BLOCK_BYTES (64u << 10) /* filesrc's 4 KiB cost more than the splice */

gboolean
ad_branch_is_source (GstObject * source)
{
  return source && g_object_get_data (G_OBJECT (source), BRANCH_MARK) != NULL;
}

static GstElement *
make_source (GstAdSpliceBin * self, const gchar * path)
{
  GstElement *source = gst_element_factory_make ("filesrc", NULL);

  if (!source) {
    GST_ELEMENT_WARNING (self, CORE, MISSING_PLUGIN, ("Creatives cannot be read: there is no filesrc element."), (NULL));
    return NULL;
  }
  g_object_set (source, "location", path, "blocksize", BLOCK_BYTES, NULL);
  g_object_set_data (G_OBJECT (source), BRANCH_MARK, GINT_TO_POINTER (1));
  return source;
}

/* filesrc ! @pad */
static gboolean
link_source (GstAdSpliceBin * self, GstElement * source, GstPad * pad)
{
  GstPad *out;
  gboolean ok;

  gst_bin_add (GST_BIN (self), source);
  out = gst_element_get_static_pad (source, "src");
  ok = gst_pad_link (out, pad) == GST_PAD_LINK_OK;
  gst_object_unref (out);
  return ok;
}

/* The pad stops first: what waits in it comes back as flushing, which is no error. */
static void
stop_source (GstAdSpliceBin * self, Pair * pair, GstElement * source, GstPad * pad)
{
  gst_pad_set_active (pad, FALSE);
  gst_element_set_locked_state (source, TRUE);
  gst_element_set_state (source, GST_STATE_NULL);
  gst_element_release_request_pad (pair->splicer, pad);
  gst_object_unref (pad);
  gst_bin_remove (GST_BIN (self), source);
}

gboolean
ad_branch_add (GstAdSpliceBin * self, OpenPod * pod, Pair * pair, const gchar * path, const AspAd * ad)
{
  g_autofree gchar *name = g_strdup_printf ("ad_%u", pair->ad_serial);
  GstElement *source = make_source (self, path);
  GstPad *pad;
  Branch *branch;

  if (!source)
    return FALSE;
  pair->ad_serial = (pair->ad_serial + 1) & G_MAXINT;
  pad = gst_element_request_pad_simple (pair->splicer, name);
  if (!pad) {
    gst_object_unref (source);
    return FALSE;
  }
  gst_ts_splicer_assign_pad (GST_TS_SPLICER (pair->splicer), pad, pod->id, ad);
  if (!link_source (self, source, pad) || !gst_element_sync_state_with_parent (source)) {
    stop_source (self, pair, source, pad);
    return FALSE;
  }
  branch = g_new0 (Branch, 1);
  branch->pair = pair;
  branch->source = source;
  branch->pad = pad;
  g_ptr_array_add (pod->branches, branch);
  return TRUE;
}

void
ad_branch_add_slate (GstAdSpliceBin * self, Pair * pair, const gchar * path)
{
  GstElement *source = make_source (self, path);
  g_autoptr (AspAd) slate = asp_ad_new ("slate", 0);
  GstPad *pad;

  if (!source)
    return;
  pad = gst_element_request_pad_simple (pair->splicer, "slate");
  if (!pad) {
    gst_object_unref (source);
    return;
  }
  gst_ts_splicer_assign_pad (GST_TS_SPLICER (pair->splicer), pad, "", slate);
  pair->slate = source;
  pair->slate_pad = pad;
  if (!link_source (self, source, pad))
    ad_branch_remove_slate (self, pair);
}

void
ad_branch_remove_slate (GstAdSpliceBin * self, Pair * pair)
{
  if (pair->slate)
    stop_source (self, pair, g_steal_pointer (&pair->slate), g_steal_pointer (&pair->slate_pad));
}

/* Takes @ad. */
ReadyAd *
ad_ready_new (const gchar * uri, AspAd * ad)
{
  ReadyAd *ready = g_new0 (ReadyAd, 1);

  ready->uri = g_strdup (uri);
  ready->ad = ad;
  return ready;
}

void
ad_ready_free (gpointer data)
{
  ReadyAd *ready = data;

  g_free (ready->uri);
  g_clear_pointer (&ready->paths, g_hash_table_unref);
  asp_source_hold_unref (ready->hold);
  asp_ad_free (ready->ad);
  g_free (ready);
}

/* --- pods ------------------------------------------------------------------------- */

static void
branch_remove (GstAdSpliceBin * self, Branch * branch)
{
  stop_source (self, branch->pair, branch->source, branch->pad);
  g_free (branch);
}

OpenPod *
ad_pod_open (GstAdSpliceBin * self, const gchar * id)
{
  OpenPod *pod = g_new0 (OpenPod, 1);

  pod->id = g_strdup (id);
  pod->branches = g_ptr_array_new ();
  pod->ads = g_ptr_array_new_with_free_func (ad_ready_free);
  g_queue_push_tail (&self->pods, pod);
  return pod;
}

OpenPod *
ad_pod_find (GstAdSpliceBin * self, const gchar * id)
{
  for (GList * l = self->pods.head; l; l = l->next)
    if (!strcmp (((OpenPod *) l->data)->id, id))
      return l->data;
  return NULL;
}

static void
forget_pod (GstAdSpliceBin * self, OpenPod * pod)
{
  for (guint i = 0; i < self->pairs->len; i++) {
    Pair *pair = g_ptr_array_index (self->pairs, i);

    gst_ts_splicer_forget (GST_TS_SPLICER (pair->splicer), pod->id);
  }
}

void
ad_pod_close (GstAdSpliceBin * self, OpenPod * pod)
{
  g_queue_remove (&self->pods, pod);
  for (guint i = 0; i < pod->branches->len; i++)
    branch_remove (self, g_ptr_array_index (pod->branches, i));
  forget_pod (self, pod);
  g_ptr_array_unref (pod->branches);
  g_ptr_array_unref (pod->ads);
  g_free (pod->id);
  g_free (pod);
}

void
ad_pods_close (GstAdSpliceBin * self, Pair * pair)
{
  if (!pair) {
    while (self->pods.head)
      ad_pod_close (self, self->pods.head->data);
    return;
  }
  for (GList * l = self->pods.head; l; l = l->next) {
    OpenPod *pod = l->data;

    for (guint i = pod->branches->len; i > 0; i--) {
      Branch *branch = g_ptr_array_index (pod->branches, i - 1);

      if (branch->pair != pair)
        continue;
      g_ptr_array_remove_index (pod->branches, i - 1);
      branch_remove (self, branch);
    }
  }
}
