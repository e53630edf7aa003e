/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the splicer says (events of a break) in the segmenter's words. */
#include "hlsadsink-private.h"

#include <string.h>

/* An integer field in whatever type it was set. */
static gboolean
get_uint64 (const GstStructure * s, const gchar * name, guint64 * out)
{
  const GValue *value = gst_structure_get_value (s, name);
  GValue as_uint64 = G_VALUE_INIT;
  gboolean ok;

  if (!value)
    return FALSE;
  g_value_init (&as_uint64, G_TYPE_UINT64);
  ok = g_value_transform (value, &as_uint64);
  if (ok)
    *out = g_value_get_uint64 (&as_uint64);
  g_value_unset (&as_uint64);
  return ok;
}

static gint64
get_duration_90k (const GstStructure * s)
{
  guint64 ns = 0;

  if (!get_uint64 (s, "duration", &ns) || ns == GST_CLOCK_TIME_NONE)
    return 0;
  return asp_ns_to_90k (MIN (ns, 7 * 24 * 3600 * GST_SECOND));
}

static guint
get_uint (const GstStructure * s, const gchar * name)
{
  guint64 value = 0;

  get_uint64 (s, name, &value);
  return (guint) MIN (value, G_MAXUINT);
}

/* What an ad server says stands in a quoted string of a playlist: without what cannot. */
static gchar *
get_text (const GstStructure * s, const gchar * name)
{
  const gchar *value = gst_structure_get_string (s, name);
  g_autofree gchar *text = value && *value ? g_utf8_make_valid (value, -1) : NULL;

  for (gchar * c = text; c && *c; c++)
    if ((guchar) * c < 0x20 || *c == 0x7f || *c == '"')
      *c = *c == '"' ? '\'' : ' ';
  return g_steal_pointer (&text);
}

static AspAd *
ad_of (const GstStructure * s, guint pod_index)
{
  g_autofree gchar *asset_id = get_text (s, "asset-id");
  g_autofree gchar *by_place = g_strdup_printf ("creative-%u", pod_index);
  AspAd *ad = asp_ad_new (asset_id ? asset_id : by_place, get_duration_90k (s));

  ad->ad_id = get_text (s, "ad-id");
  ad->ad_system = get_text (s, "ad-system");
  ad->ad_title = get_text (s, "ad-title");
  ad->creative.creative_id = get_text (s, "creative-id");
  ad->creative.universal_ad_id = get_text (s, "universal-ad-id");
  return ad;
}

static AspHlsMark *
mark_of (const GstStructure * s, AspHlsEntryKind kind)
{
  const gchar *id = gst_structure_get_string (s, "break-id");
  const gchar *scte35 = gst_structure_get_string (s, "scte35");
  AspHlsMark *mark;

  if (!id || !*id)
    return NULL;
  if (scte35 && !g_ascii_strncasecmp (scte35, "0x", 2))
    scte35 += 2;
  mark = asp_hls_mark_new (kind, id, get_duration_90k (s), scte35 && *scte35 ? scte35 : NULL);
  mark->roll = asp_ad_roll_from_name (gst_structure_get_string (s, "roll-type"));
  mark->pod_length = get_uint (s, "pod-length");
  mark->pod_index = get_uint (s, "pod-index");
  if (kind == ASP_HLS_CREATIVE_START)
    mark->ad = ad_of (s, mark->pod_index);
  return mark;
}

/* `pid-257` -> 257, or a number no PID has. */
static guint
pid_of_field (const gchar * name)
{
  guint64 pid = G_MAXUINT;

  if (!g_str_has_prefix (name, "pid-") ||
      !g_ascii_string_to_unsigned (name + 4, 10, 0, 0x1fff, &pid, NULL))
    return G_MAXUINT;
  return (guint) pid;
}

static void
add_audio (AspHlsBoundary * b, const GstStructure * s)
{
  const GValue *value = gst_structure_get_value (s, "audio-pts-90k");
  const GstStructure *audio;

  if (!value || !GST_VALUE_HOLDS_STRUCTURE (value))
    return;
  audio = gst_value_get_structure (value);
  for (gint i = 0; audio && i < gst_structure_n_fields (audio); i++) {
    const gchar *name = gst_structure_nth_field_name (audio, (guint) i);
    guint pid = pid_of_field (name);
    guint64 pts90k;

    if (pid != G_MAXUINT && get_uint64 (audio, name, &pts90k))
      asp_hls_boundary_add_audio (b, pid, pts90k);
  }
}

/* A place where it is cut. */
static void
take_boundary (GstHlsAdSinkPad * pad, const GstStructure * s, gboolean discontinuity,
    AspHlsEntryKind kind)
{
  guint64 pts90k;
  AspHlsBoundary *b;
  AspHlsMark *mark;

  if (!get_uint64 (s, "pts-90k", &pts90k)) {
    GST_WARNING_OBJECT (pad, "event without pts-90k: %" GST_PTR_FORMAT, s);
    return;
  }
  b = asp_hls_boundary_new (pts90k, discontinuity);
  /* where the content goes on its sound does too: the cut is at the picture */
  if (discontinuity)
    add_audio (b, s);
  mark = mark_of (s, kind);
  if (mark) {
    mark->unspliced = !pad->spliced;
    g_ptr_array_add (b->marks, mark);
  }
  asp_hls_segmenter_boundary (pad->segmenter, b);
}

static void
take_announcement (GstHlsAdSinkPad * pad, const GstStructure * s, AspHlsEntryKind kind)
{
  AspHlsMark *mark = mark_of (s, kind);
  guint64 pts90k = 0;

  get_uint64 (s, "pts-90k", &pts90k);
  if (mark)
    asp_hls_segmenter_mark (pad->segmenter, mark, pts90k);
  asp_hls_mark_free (mark);
}

gboolean
hls_ad_sink_take_event (GstHlsAdSinkPad * pad, const GstStructure * s)
{
  const gchar *name = gst_structure_get_name (s);

  if (!strcmp (name, "AdBreakStart")) {
    if (!gst_structure_get_boolean (s, "spliced", &pad->spliced))
      pad->spliced = TRUE;
    pad->in_break = TRUE;
    take_boundary (pad, s, pad->spliced, ASP_HLS_AVAIL_OUT);
  } else if (!strcmp (name, "AdBreakEnd")) {
    gboolean spliced = pad->in_break ? pad->spliced : TRUE;

    gst_structure_get_boolean (s, "spliced", &spliced);
    pad->in_break = FALSE;
    take_boundary (pad, s, spliced, ASP_HLS_AVAIL_IN);
  } else if (!strcmp (name, "AdCreativeStart") || !strcmp (name, "AdCreativeEnd")) {
    /* where the content stayed in place there is no creative to cut at */
    if (!pad->in_break || pad->spliced)
      take_boundary (pad, s, TRUE, !strcmp (name, "AdCreativeStart") ? ASP_HLS_CREATIVE_START :
          ASP_HLS_CREATIVE_END);
  } else if (!strcmp (name, "AdBreakScheduled")) {
    take_announcement (pad, s, ASP_HLS_AVAIL_SCHEDULED);
  } else if (!strcmp (name, "AdBreakCancelled")) {
    take_announcement (pad, s, ASP_HLS_AVAIL_CANCELLED);
  } else {
    return FALSE;
  }
  GST_DEBUG_OBJECT (pad, "%" GST_PTR_FORMAT, s);
  return TRUE;
}
