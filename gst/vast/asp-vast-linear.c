/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The linear creative: length, media, clicks, tracking (VAST 4.3, 3.8 to 3.12). */
#include "asp-vast-private.h"

static void
read_media_file (AspVastReader * r, AspAdCreative * creative, const AspVastNode * node,
    AspAdMediaKind kind)
{
  g_autofree gchar *url = asp_vast_url (r, node);
  AspAdMedia *media;

  if (!url)
    return;
  media = asp_ad_media_new (kind, url);
  media->id = asp_vast_attribute_text (node, "id");
  media->delivery = asp_vast_attribute_text (node, "delivery");
  media->type = asp_vast_attribute_text (node, "type");
  media->codec = asp_vast_attribute_text (node, "codec");
  media->api_framework = asp_vast_attribute_text (node, "apiFramework");
  media->media_type = asp_vast_attribute_text (node, "mediaType");
  media->language = asp_vast_attribute_text (node, "language");
  media->width = asp_vast_number (node, "width");
  media->height = asp_vast_number (node, "height");
  media->bitrate_kbps = asp_vast_number (node, "bitrate");
  media->min_bitrate_kbps = asp_vast_number (node, "minBitrate");
  media->max_bitrate_kbps = asp_vast_number (node, "maxBitrate");
  media->file_size = asp_vast_number (node, "fileSize");
  media->scalable = asp_vast_flag (node, "scalable", FALSE);
  media->maintain_aspect_ratio = asp_vast_flag (node, "maintainAspectRatio", FALSE);
  media->variable_duration = asp_vast_flag (node, "variableDuration", FALSE);
  asp_vast_add (r, &creative->media, media, ASP_VAST_PARTS_MAX);
}

static void
read_all (AspVastReader * r, AspAdCreative * creative, const AspVastNode * parent,
    const gchar * name, AspAdMediaKind kind)
{
  for (const AspVastNode * n = asp_vast_child (parent, name); n; n = asp_vast_next (n, name))
    read_media_file (r, creative, n, kind);
}

void
asp_vast_read_side_media (AspVastReader * r, AspAdCreative * creative, const AspVastNode * parent)
{
  read_all (r, creative, parent, "Mezzanine", ASP_AD_MEDIA_MEZZANINE);
  read_all (r, creative, parent, "InteractiveCreativeFile", ASP_AD_MEDIA_INTERACTIVE);
  for (const AspVastNode * n = asp_vast_child (parent, "ClosedCaptionFiles"); n;
      n = asp_vast_next (n, "ClosedCaptionFiles"))
    read_all (r, creative, n, "ClosedCaptionFile", ASP_AD_MEDIA_CAPTIONS);
}

static void
read_clicks (AspVastReader * r, AspAdCreative * creative, const AspVastNode * linear)
{
  for (const AspVastNode * n = asp_vast_child (linear, "VideoClicks"); n;
      n = asp_vast_next (n, "VideoClicks")) {
    if (!creative->click_through)
      creative->click_through = asp_vast_child_url (r, n, "ClickThrough");
    asp_vast_add_trackers (r, &creative->trackers, n, "ClickTracking", "clickTracking");
    asp_vast_add_trackers (r, &creative->trackers, n, "CustomClick", "customClick");
  }
}

void
asp_vast_read_linear (AspVastReader * r, AspAdCreative * creative, const AspVastNode * linear)
{
  g_autofree gchar *duration = asp_vast_child_text (linear, "Duration");

  creative->duration_90k = MAX (asp_vast_time_90k (duration), 0);
  creative->skip_offset = asp_vast_offset (asp_vast_attribute (linear, "skipoffset"));
  creative->ad_parameters = asp_vast_child_text (linear, "AdParameters");
  asp_vast_add_tracking (r, &creative->trackers, linear);
  read_clicks (r, creative, linear);
  for (const AspVastNode * n = asp_vast_child (linear, "MediaFiles"); n;
      n = asp_vast_next (n, "MediaFiles")) {
    read_all (r, creative, n, "MediaFile", ASP_AD_MEDIA_FILE);
    asp_vast_read_side_media (r, creative, n);
  }
  /* in a wrapper they stand here (VAST 4.3, 3.19.6) */
  read_all (r, creative, linear, "InteractiveCreativeFile", ASP_AD_MEDIA_INTERACTIVE);
  asp_vast_read_icons (r, creative, linear);
}
