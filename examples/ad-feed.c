/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ad-feed.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* One plays, the others are open and wait in concat: enough for a pod of short ones. */
#define BRANCHES 4

struct _AdFeed
{
  GstBin *pipeline;             /* not owned: it outlives the feed */
  GstElement *concat;           /* owned by the pipeline */
  GPtrArray *files;             /* of gchar */
  guint next;                   /* which file the next branch reads */
  GPtrArray *branches;          /* of Branch, oldest first */
};

typedef struct
{
  AdFeed *feed;
  const gchar *file;            /* one of the feed's */
  GstElement *source;           /* owned by the pipeline */
  GstPad *into;                 /* request pad of concat, owned */
  gulong probe;
  guint idle;                   /* 0, or the source that will take the branch out */
  GMutex lock;                  /* guards idle: the probe runs in the branch's thread */
} Branch;

static void add_branch (AdFeed * feed);

static void
branch_free (Branch * branch)
{
  gst_pad_remove_probe (branch->into, branch->probe);
  g_mutex_lock (&branch->lock);
  if (branch->idle)
    g_source_remove (branch->idle);
  g_mutex_unlock (&branch->lock);
  gst_object_unref (branch->into);
  g_mutex_clear (&branch->lock);
  g_free (branch);
}

/* In the main loop: a branch that has ended goes and another one comes. */
static gboolean
replace_branch (gpointer data)
{
  Branch *branch = data;
  AdFeed *feed = branch->feed;

  g_mutex_lock (&branch->lock);
  branch->idle = 0;
  g_mutex_unlock (&branch->lock);
  /* Locked, or the pipeline, on its way to PLAYING in a thread of its own, starts it again. */
  gst_element_set_locked_state (branch->source, TRUE);
  gst_element_set_state (branch->source, GST_STATE_NULL);
  gst_element_release_request_pad (feed->concat, branch->into);
  gst_bin_remove (feed->pipeline, branch->source);
  g_ptr_array_remove (feed->branches, branch);
  add_branch (feed);
  return G_SOURCE_REMOVE;
}

static void
retire_branch (Branch * branch)
{
  g_mutex_lock (&branch->lock);
  if (!branch->idle)
    branch->idle = g_idle_add (replace_branch, branch);
  g_mutex_unlock (&branch->lock);
}

/* In the branch's own thread, which cannot take itself down. */
static GstPadProbeReturn
watch_end (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    retire_branch (data);
  return GST_PAD_PROBE_OK;
}

static void
add_branch (AdFeed * feed)
{
  Branch *branch;
  GstPad *out;

  if (feed->files->len == 0)
    return;
  branch = g_new0 (Branch, 1);
  g_mutex_init (&branch->lock);
  branch->feed = feed;
  branch->file = g_ptr_array_index (feed->files, feed->next % feed->files->len);
  feed->next = (feed->next + 1) % feed->files->len;
  branch->source = gst_element_factory_make ("filesrc", NULL);
  g_object_set (branch->source, "location", branch->file, NULL);
  gst_bin_add (feed->pipeline, branch->source);
  branch->into = gst_element_request_pad_simple (feed->concat, "sink_%u");
  branch->probe = gst_pad_add_probe (branch->into, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      watch_end, branch, NULL);
  out = gst_element_get_static_pad (branch->source, "src");
  gst_pad_link (out, branch->into);
  gst_object_unref (out);
  g_ptr_array_add (feed->branches, branch);
  gst_element_sync_state_with_parent (branch->source);
}

AdFeed *
ad_feed_new (GstBin * pipeline, GstElement * splicer, const gchar * const *files)
{
  AdFeed *feed = g_new0 (AdFeed, 1);
  guint i;

  g_return_val_if_fail (files && files[0], NULL);
  feed->pipeline = pipeline;
  feed->files = g_ptr_array_new_with_free_func (g_free);
  for (i = 0; files[i]; i++) {
    if (g_access (files[i], R_OK) == 0)
      g_ptr_array_add (feed->files, g_strdup (files[i]));
    else
      g_printerr ("cannot read %s: it is left out\n", files[i]);
  }
  feed->branches = g_ptr_array_new_with_free_func ((GDestroyNotify) branch_free);
  feed->concat = gst_element_factory_make ("concat", NULL);
  gst_bin_add (pipeline, feed->concat);
  gst_element_link_pads (feed->concat, "src", splicer, "ad_%u");
  for (i = 0; i < BRANCHES; i++)
    add_branch (feed);
  return feed;
}

/* Branches that read it as well play on, if they can; none of them owns the name. */
static void
drop_file (AdFeed * feed, const gchar * file)
{
  guint i;

  for (i = 0; i < feed->branches->len; i++) {
    Branch *branch = g_ptr_array_index (feed->branches, i);

    if (branch->file == file)
      branch->file = NULL;
  }
  g_ptr_array_remove (feed->files, (gpointer) file);
}

gboolean
ad_feed_take_error (AdFeed * feed, GstMessage * message)
{
  guint i;

  for (i = 0; i < feed->branches->len; i++) {
    Branch *branch = g_ptr_array_index (feed->branches, i);

    if (GST_MESSAGE_SRC (message) != GST_OBJECT (branch->source))
      continue;
    if (branch->file)
      drop_file (feed, branch->file);
    retire_branch (branch);
    return TRUE;
  }
  return FALSE;
}

void
ad_feed_free (AdFeed * feed)
{
  if (!feed)
    return;
  g_ptr_array_unref (feed->branches);
  g_ptr_array_unref (feed->files);
  g_free (feed);
}
