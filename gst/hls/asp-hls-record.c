/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-record.h"

#include <asp-ad-json.h>
#include <string.h>

#include "asp-hls-timeline-private.h"

static const gchar *const kind_names[ASP_HLS_N_KINDS] = {
  [ASP_HLS_RENDITION] = "rendition",
  [ASP_HLS_FORMAT] = "format",
  [ASP_HLS_PART] = "part",
  [ASP_HLS_SEGMENT] = "segment",
  [ASP_HLS_GAP] = "gap",
  [ASP_HLS_DISCONTINUITY] = "discontinuity",
  [ASP_HLS_PDT] = "pdt",
  [ASP_HLS_TARGET_DURATION] = "target-duration",
  [ASP_HLS_PART_TARGET] = "part-target",
  [ASP_HLS_AVAIL_SCHEDULED] = "avail-scheduled",
  [ASP_HLS_AVAIL_OUT] = "avail-out",
  [ASP_HLS_AVAIL_IN] = "avail-in",
  [ASP_HLS_AVAIL_CANCELLED] = "avail-cancelled",
  [ASP_HLS_CREATIVE_START] = "creative-start",
  [ASP_HLS_CREATIVE_END] = "creative-end",
  [ASP_HLS_RESUME] = "resume",
  [ASP_HLS_END] = "end",
};

/* Members of an entry that are plain values, by where they stand in it. */
typedef enum
{
  FIELD_UINT,
  FIELD_INT64,
  FIELD_UINT64,
  FIELD_BOOLEAN,
  FIELD_STRING,
} FieldType;

static const struct
{
  const gchar *name;
  FieldType type;
  gsize offset;
} fields[] = {
  {"rendition", FIELD_UINT, G_STRUCT_OFFSET (AspHlsEntry, rendition)},
  {"at_90k", FIELD_INT64, G_STRUCT_OFFSET (AspHlsEntry, at_90k)},
  {"duration_90k", FIELD_INT64, G_STRUCT_OFFSET (AspHlsEntry, duration_90k)},
  {"uri", FIELD_STRING, G_STRUCT_OFFSET (AspHlsEntry, uri)},
  {"next_uri", FIELD_STRING, G_STRUCT_OFFSET (AspHlsEntry, next_uri)},
  {"offset", FIELD_UINT64, G_STRUCT_OFFSET (AspHlsEntry, offset)},
  {"bytes", FIELD_UINT64, G_STRUCT_OFFSET (AspHlsEntry, bytes)},
  {"independent", FIELD_BOOLEAN, G_STRUCT_OFFSET (AspHlsEntry, independent)},
  {"gap", FIELD_BOOLEAN, G_STRUCT_OFFSET (AspHlsEntry, gap)},
  {"name", FIELD_STRING, G_STRUCT_OFFSET (AspHlsEntry, name)},
  {"codecs", FIELD_STRING, G_STRUCT_OFFSET (AspHlsEntry, codecs)},
  {"width", FIELD_UINT, G_STRUCT_OFFSET (AspHlsEntry, width)},
  {"height", FIELD_UINT, G_STRUCT_OFFSET (AspHlsEntry, height)},
  {"fps_num", FIELD_UINT, G_STRUCT_OFFSET (AspHlsEntry, fps_num)},
  {"fps_den", FIELD_UINT, G_STRUCT_OFFSET (AspHlsEntry, fps_den)},
  {"avail_id", FIELD_STRING, G_STRUCT_OFFSET (AspHlsEntry, avail_id)},
  {"scte35", FIELD_STRING, G_STRUCT_OFFSET (AspHlsEntry, scte35)},
  {"pod_length", FIELD_UINT, G_STRUCT_OFFSET (AspHlsEntry, pod_length)},
  {"pod_index", FIELD_UINT, G_STRUCT_OFFSET (AspHlsEntry, pod_index)},
  {"unspliced", FIELD_BOOLEAN, G_STRUCT_OFFSET (AspHlsEntry, unspliced)},
  {"fresh", FIELD_BOOLEAN, G_STRUCT_OFFSET (AspHlsEntry, fresh)},
  {"number", FIELD_UINT64, G_STRUCT_OFFSET (AspHlsEntry, number)},
  {"serial", FIELD_UINT, G_STRUCT_OFFSET (AspHlsEntry, serial)},
  {"utc_us", FIELD_INT64, G_STRUCT_OFFSET (AspHlsEntry, utc_us)},
};

/* The same for what is summed up of a rendition. */
static const struct
{
  const gchar *name;
  FieldType type;
  gsize offset;
} lane_fields[] = {
  {"media", FIELD_UINT64, G_STRUCT_OFFSET (AspHlsLane, n_media)},
  {"end_90k", FIELD_INT64, G_STRUCT_OFFSET (AspHlsLane, segment_end_90k)},
  {"longest_90k", FIELD_INT64, G_STRUCT_OFFSET (AspHlsLane, longest_90k)},
  {"independent", FIELD_BOOLEAN, G_STRUCT_OFFSET (AspHlsLane, all_independent)},
  {"bytes", FIELD_UINT64, G_STRUCT_OFFSET (AspHlsLane, bytes)},
  {"duration_90k", FIELD_INT64, G_STRUCT_OFFSET (AspHlsLane, duration_90k)},
  {"peak_bps", FIELD_UINT64, G_STRUCT_OFFSET (AspHlsLane, peak_bps)},
  {"discontinuities", FIELD_UINT64, G_STRUCT_OFFSET (AspHlsLane, n_discontinuities_forgotten)},
};

/* -- writing -- */

static void
add_field (AspJsonWriter * w, const gchar * name, FieldType type, gconstpointer at)
{
  gint64 number = 0;

  switch (type) {
    case FIELD_UINT:
      number = *(const guint *) at;
      break;
    case FIELD_INT64:
      number = *(const gint64 *) at;
      break;
    case FIELD_UINT64:
      number = (gint64) MIN (*(const guint64 *) at, G_MAXINT64);
      break;
    case FIELD_BOOLEAN:
      if (*(const gboolean *) at)
        asp_json_add_boolean (w, name, TRUE);
      return;
    case FIELD_STRING:
      if (*(const gchar * const *) at)
        asp_json_add_string (w, name, *(const gchar * const *) at);
      return;
  }
  if (number != 0)
    asp_json_add_int (w, name, number);
}

static gchar *
line_of (AspJsonWriter * w)
{
  return g_strconcat (asp_json_writer_text (w), "\n", NULL);
}

gchar *
asp_hls_record_line (const AspHlsEntry * e)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "kind", kind_names[e->kind]);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    add_field (w, fields[i].name, fields[i].type, (const guint8 *) e + fields[i].offset);
  if (e->roll != ASP_AD_ROLL_MIDROLL)
    asp_json_add_string (w, "roll_type", asp_ad_roll_name (e->roll));
  if (e->ad) {
    asp_json_begin_object (w, "ad");
    asp_ad_json_add (w, e->ad);
    asp_json_end_object (w);
  }
  asp_json_end_object (w);
  return line_of (w);
}

/* A rendition as it was before the first entry of the log. */
static void
lane_before (const AspHlsTimeline * t, guint rendition, AspHlsLane * out)
{
  const AspHlsEntry *first = NULL;

  *out = *asp_hls_timeline_lane (t, rendition);
  for (guint i = 0; i < t->entries->len && !first; i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->rendition == rendition && (asp_hls_is_media (e) || e->kind == ASP_HLS_PART))
      first = e;
  }
  out->n_media = out->n_forgotten;
  if (first)
    out->segment_end_90k = first->at_90k;
  for (guint i = 0; i < t->entries->len; i++) {
    const AspHlsEntry *e = asp_hls_timeline_entry (t, i);

    if (e->kind == ASP_HLS_SEGMENT && e->rendition == rendition) {
      out->bytes -= e->bytes;
      out->duration_90k -= e->duration_90k;
    }
  }
}

gchar *
asp_hls_record_header (const AspHlsTimeline * t, const gchar * channel)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "format", ASP_HLS_RECORD_FORMAT);
  asp_json_add_string (w, "era", t->era);
  if (channel)
    asp_json_add_string (w, "channel", channel);
  asp_json_begin_array (w, "renditions");
  for (guint i = 0; i < t->lanes->len; i++) {
    AspHlsLane lane;

    lane_before (t, i, &lane);
    asp_json_begin_object (w, NULL);
    if (lane.n_media > 0 || lane.segment_end_90k > 0)
      for (guint k = 0; k < G_N_ELEMENTS (lane_fields); k++)
        add_field (w, lane_fields[k].name, lane_fields[k].type,
            (const guint8 *) &lane + lane_fields[k].offset);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
  asp_json_end_object (w);
  return line_of (w);
}

gchar *
asp_hls_record_all (const AspHlsTimeline * t, const gchar * channel)
{
  g_autofree gchar *header = asp_hls_record_header (t, channel);
  GString *out = g_string_new (header);

  for (guint i = 0; i < t->entries->len; i++) {
    g_autofree gchar *line = asp_hls_record_line (asp_hls_timeline_entry (t, i));

    g_string_append (out, line);
  }
  return g_string_free (out, FALSE);
}

/* -- reading -- */

/* FALSE: it is there and of another type, or out of range. Strings are borrowed. */
static gboolean
take_field (const AspJson * object, const gchar * name, FieldType type, gpointer at)
{
  const AspJson *value = asp_json_member (object, name);
  gint64 number;

  if (asp_json_kind (value) == ASP_JSON_NULL)
    return TRUE;
  if (type == FIELD_BOOLEAN)
    return asp_json_boolean (value, at);
  if (type == FIELD_STRING) {
    *(const gchar **) at = asp_json_string (value);
    return *(const gchar **) at != NULL;
  }
  if (!asp_json_integer (value, &number))
    return FALSE;
  if (type == FIELD_INT64) {
    *(gint64 *) at = number;
  } else if (number < 0 || (type == FIELD_UINT && number > G_MAXUINT)) {
    return FALSE;
  } else if (type == FIELD_UINT) {
    *(guint *) at = (guint) number;
  } else {
    *(guint64 *) at = (guint64) number;
  }
  return TRUE;
}

static guint
kind_of (const AspJson * object)
{
  const gchar *name = asp_json_string (asp_json_member (object, "kind"));
  guint kind;

  for (kind = 0; name && kind < ASP_HLS_N_KINDS; kind++)
    if (!strcmp (kind_names[kind], name))
      return kind;
  return name ? ASP_HLS_N_KINDS : G_MAXUINT;
}

/* Of media the log counts itself. */
static gboolean
read_entry (AspHlsTimeline * t, const gchar * text, gsize size)
{
  g_autoptr (AspJson) object = asp_json_parse (text, size, NULL);
  g_autoptr (AspAd) ad = NULL;
  AspHlsEntry e = { 0 };
  guint kind = kind_of (object);
  const AspJson *ad_object;

  if (asp_json_kind (object) != ASP_JSON_OBJECT || kind == G_MAXUINT)
    return FALSE;
  if (kind == ASP_HLS_N_KINDS)
    return TRUE;                /* of a later version */
  e.kind = (AspHlsEntryKind) kind;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (!take_field (object, fields[i].name, fields[i].type, (guint8 *) & e + fields[i].offset))
      return FALSE;
  e.roll = asp_ad_roll_from_name (asp_json_string (asp_json_member (object, "roll_type")));
  ad_object = asp_json_member (object, "ad");
  if (asp_json_kind (ad_object) != ASP_JSON_NULL) {
    ad = asp_ad_json_read (ad_object, NULL);
    if (!ad)
      return FALSE;
    e.ad = ad;
  }
  return asp_hls_timeline_append (t, &e, NULL);
}

static gboolean
read_lane (AspHlsTimeline * t, guint rendition, const AspJson * object)
{
  AspHlsLane *lane;

  if (asp_json_kind (object) != ASP_JSON_OBJECT)
    return FALSE;
  if (rendition == t->lanes->len)
    g_ptr_array_add (t->lanes, asp_hls_lane_new ());
  lane = asp_hls_timeline_lane (t, rendition);
  if (asp_json_length (object) == 0)
    return TRUE;
  lane->all_independent = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (lane_fields); i++)
    if (!take_field (object, lane_fields[i].name, lane_fields[i].type,
            (guint8 *) lane + lane_fields[i].offset))
      return FALSE;
  lane->n_forgotten = lane->n_media;
  lane->n_discontinuities = lane->n_discontinuities_forgotten;
  lane->end_90k = lane->segment_end_90k;
  return lane->segment_end_90k >= 0 && lane->segment_end_90k <= ASP_HLS_POSITION_MAX_90K &&
      lane->n_media <= ASP_HLS_NUMBER_MAX && lane->n_discontinuities <= ASP_HLS_NUMBER_MAX && lane->longest_90k >= 0 &&
      lane->duration_90k >= 0 && lane->duration_90k <= ASP_HLS_POSITION_MAX_90K;
}

static gboolean
read_header (AspHlsTimeline * t, const gchar * text, gsize size, GError ** error)
{
  g_autoptr (AspJson) object = asp_json_parse (text, size, error);
  const AspJson *renditions = asp_json_member (object, "renditions");
  gint64 format = 0;
  guint n = asp_json_length (renditions);
  gboolean ok;

  if (!object)
    return FALSE;
  ok = asp_json_integer (asp_json_member (object, "format"), &format) &&
      format == ASP_HLS_RECORD_FORMAT && n <= ASP_HLS_RENDITIONS_MAX;
  for (guint i = 0; ok && i < n; i++)
    ok = read_lane (t, i, asp_json_element (renditions, i));
  asp_hls_timeline_set_era (t, asp_json_string (asp_json_member (object, "era")));
  if (!ok)
    g_set_error (error, ASP_HLS_ERROR, ASP_HLS_ERROR_FORMAT,
        "Its first line is not that of a timeline of format %d", ASP_HLS_RECORD_FORMAT);
  return ok;
}

AspHlsTimeline *
asp_hls_record_read (const gchar * text, gsize size, gsize * used, GError ** error)
{
  g_autoptr (AspHlsTimeline) t = asp_hls_timeline_new ();
  gsize at = 0;

  *used = 0;
  t->replaying = TRUE;
  while (at < size) {
    const gchar *end = memchr (text + at, '\n', size - at);
    gsize length = end ? (gsize) (end - (text + at)) : 0;

    if (at == 0 && !read_header (t, text, end ? length : size, error))
      return NULL;
    /* a line without its end may be half of one */
    if (!end || (at > 0 && !read_entry (t, text + at, length)))
      break;
    at += length + 1;
    *used = at;
  }
  t->replaying = FALSE;
  if (at > 0)
    return g_steal_pointer (&t);
  if (error && !*error)
    g_set_error_literal (error, ASP_HLS_ERROR, ASP_HLS_ERROR_FORMAT, "The timeline is empty");
  return NULL;
}
