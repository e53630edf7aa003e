/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all readers of elements need: URLs, trackers, and counting what is left out. */
#include "asp-vast-private.h"

#include <string.h>

void
asp_vast_drop (AspVastReader * r, const gchar * why)
{
  r->response->dropped++;
  if (!r->response->remark)
    r->response->remark = g_strdup (why);
}

gchar *
asp_vast_url (AspVastReader * r, const AspVastNode * node)
{
  gchar *url = asp_vast_text_of (node), *to = url;

  if (!url) {
    asp_vast_drop (r, "an element that holds a URL is empty");
    return NULL;
  }
  /* as browsers do: a URL that was wrapped is one URL (WHATWG URL, 4.4) */
  for (const gchar * from = url; *from; from++)
    if (*from != '\n' && *from != '\r' && *from != '\t')
      *to++ = *from;
  *to = '\0';
  if (strlen (url) <= ASP_VAST_URL_MAX)
    return url;
  asp_vast_drop (r, "a URL is longer than 25000 bytes");
  g_free (url);
  return NULL;
}

gchar *
asp_vast_child_url (AspVastReader * r, const AspVastNode * node, const gchar * name)
{
  const AspVastNode *child = asp_vast_child (node, name);

  return child ? asp_vast_url (r, child) : NULL;
}

void
asp_vast_add (AspVastReader * r, GPtrArray ** list, gpointer part, guint max)
{
  if (asp_ad_part_list_length (*list) < max) {
    asp_ad_part_list_add (list, part);
    return;
  }
  asp_vast_drop (r, max == ASP_VAST_TRACKERS_MAX ? "there are more than 512 tracking URLs in one list" :
      "there are more than 128 elements in one list");
  asp_ad_part_unref (part);
}

static void
add_tracker (AspVastReader * r, GPtrArray ** list, const AspVastNode * node, const gchar * event)
{
  g_autofree gchar *url = asp_vast_url (r, node);
  AspAdTracker *tracker;

  if (!url)
    return;
  tracker = asp_ad_tracker_new (event, url);
  tracker->id = asp_vast_attribute_text (node, "id");
  tracker->offset = asp_vast_offset (asp_vast_attribute (node, "offset"));
  asp_vast_add (r, list, tracker, ASP_VAST_TRACKERS_MAX);
}

void
asp_vast_add_trackers (AspVastReader * r, GPtrArray ** list, const AspVastNode * node,
    const gchar * name, const gchar * event)
{
  for (const AspVastNode * n = asp_vast_child (node, name); n; n = asp_vast_next (n, name)) {
    const AspVastNode *url = asp_vast_child (n, "URL");

    if (!url)
      add_tracker (r, list, n, event);
    /* VAST 1's <Impression><URL> is still met in 2.0 */
    for (; url; url = asp_vast_next (url, "URL"))
      add_tracker (r, list, url, event);
  }
}

void
asp_vast_add_tracking (AspVastReader * r, GPtrArray ** list, const AspVastNode * node)
{
  for (const AspVastNode * events = asp_vast_child (node, "TrackingEvents"); events;
      events = asp_vast_next (events, "TrackingEvents")) {
    for (const AspVastNode * n = asp_vast_child (events, "Tracking"); n;
        n = asp_vast_next (n, "Tracking")) {
      g_autofree gchar *event = asp_vast_attribute_text (n, "event");

      if (event)
        add_tracker (r, list, n, event);
      else
        asp_vast_drop (r, "a Tracking names no event");
    }
  }
}
