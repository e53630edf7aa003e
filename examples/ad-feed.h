/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/*
 * Keeps an `ad_%u` pad of tssplicer supplied with creatives for as long as the pipeline
 * runs: file after file, in order and round again, a thousand breaks if need be.
 *
 * Between the files and the pad stands one `concat`. A few branches `filesrc ! concat`
 * wait behind the one that plays; when the splicer has used a creative up, or has cut it
 * and answers GST_FLOW_EOS, its branch ends, is taken out and a new one queues up.
 *
 * Thread: the default main context, which has to be iterated. Since: 0.1
 */
typedef struct _AdFeed AdFeed;

/**
 * ad_feed_new:
 * @pipeline: where @splicer is and the branches go
 * @files: (array zero-terminated=1): paths of creatives, at least one; copied. What cannot
 *   be read is left out, with a line on standard error.
 * Returns: (transfer full): to be freed before the pipeline is
 */
AdFeed *ad_feed_new (GstBin * pipeline, GstElement * splicer, const gchar * const *files);

/**
 * ad_feed_take_error:
 * @message: an ERROR of the pipeline's bus
 * Returns: FALSE when it is not about a creative. Otherwise its file is not used again and
 *   the programme goes on, if need be without ads.
 */
gboolean ad_feed_take_error (AdFeed * feed, GstMessage * message);

/* No new branches from here on. Call it when the pipeline is in NULL; @feed may be NULL. */
void ad_feed_free (AdFeed * feed);

G_END_DECLS
