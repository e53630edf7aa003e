/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The variables that MediaTailor takes out of a cue. */
#include "asp-decision-request.h"

#include <asp-json-reader.h>
#include <string.h>

#define PRIVATE_FIELDS_MAX 32

static void
set_number (AspDecisionVars * vars, const gchar * name, guint64 number)
{
  g_autofree gchar *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  asp_decision_vars_set (vars, name, text);
}

static void
set_insert (AspDecisionVars * vars, const AspScte35SpliceEvent * event)
{
  set_number (vars, "scte.event_id", event->splice_event_id);
  if (event->splice_event_cancel_indicator)
    return;
  set_number (vars, "scte.unique_program_id", event->unique_program_id);
  set_number (vars, "scte.avail_num", event->avail_num);
  set_number (vars, "scte.avails_expected", event->avails_expected);
}

/* "ABCD{"assetId":...,"cueData":{"cueType":...,"key":...,"value":...}}" */
static void
set_mpu_json (AspDecisionVars * vars, const gchar * text)
{
  const gchar *brace = strchr (text, '{');
  g_autoptr (AspJson) json = brace ? asp_json_parse (brace, strlen (brace), NULL) : NULL;
  const AspJson *cue = asp_json_member (json, "cueData");

  if (asp_json_kind (json) != ASP_JSON_OBJECT)
    return;
  asp_decision_vars_set (vars, "scte.segmentation_upid.assetId",
      asp_json_string (asp_json_member (json, "assetId")));
  asp_decision_vars_set (vars, "scte.segmentation_upid.cueData.key",
      asp_json_string (asp_json_member (cue, "key")));
  asp_decision_vars_set (vars, "scte.segmentation_upid.cueData.value",
      asp_json_string (asp_json_member (cue, "value")));
}

/* Fields between colons: private_data.0, private_data.1, ... */
static void
set_private_fields (AspDecisionVars * vars, const gchar * text)
{
  g_auto (GStrv) fields = g_strsplit (text, ":", PRIVATE_FIELDS_MAX);

  for (guint i = 0; fields[i]; i++) {
    g_autofree gchar *name = g_strdup_printf ("scte.segmentation_upid.private_data.%u", i);

    asp_decision_vars_set (vars, name, fields[i]);
  }
}

/* Types that are text, and that MediaTailor hands on. */
static gboolean
is_text (guint8 upid_type)
{
  return upid_type == ASP_SCTE35_UPID_ADS || upid_type == ASP_SCTE35_UPID_MPU ||
      upid_type == ASP_SCTE35_UPID_USER_DEFINED;
}

static void
set_upid (AspDecisionVars * vars, const AspScte35Segmentation * s)
{
  gsize size;
  const gchar *bytes = s->segmentation_upid ? g_bytes_get_data (s->segmentation_upid, &size) : NULL;
  g_autofree gchar *text = NULL;

  if (!bytes || !is_text (s->segmentation_upid_type))
    return;
  text = g_utf8_make_valid (bytes, (gssize) size);
  asp_decision_vars_set (vars, "scte.segmentation_upid", text);
  if (s->segmentation_upid_type != ASP_SCTE35_UPID_MPU)
    return;
  set_mpu_json (vars, text);
  /* behind format_identifier, four letters */
  set_private_fields (vars, g_utf8_offset_to_pointer (text, MIN (4, g_utf8_strlen (text, -1))));
}

static void
set_segmentation (AspDecisionVars * vars, const AspScte35Segmentation * s)
{
  set_number (vars, "scte.event_id", s->segmentation_event_id);
  if (s->segmentation_event_cancel_indicator)
    return;
  set_number (vars, "scte.segmentation_type_id", s->segmentation_type_id);
  set_number (vars, "scte.segment_num", s->segment_num);
  set_number (vars, "scte.segments_expected", s->segments_expected);
  if (s->has_sub_segments) {
    set_number (vars, "scte.sub_segment_num", s->sub_segment_num);
    set_number (vars, "scte.sub_segments_expected", s->sub_segments_expected);
  }
  set_number (vars, "scte.delivery_not_restricted_flag", s->delivery_not_restricted_flag);
  if (!s->delivery_not_restricted_flag) {
    set_number (vars, "scte.no_regional_blackout_flag", s->no_regional_blackout_flag);
    set_number (vars, "scte.archive_allowed_flag", s->archive_allowed_flag);
    set_number (vars, "scte.device_restrictions", s->device_restrictions);
  }
  set_upid (vars, s);
}

void
asp_decision_vars_set_scte35 (AspDecisionVars * vars, const AspScte35Section * section)
{
  const AspScte35Segmentation *s = NULL;

  for (guint i = 0; i < section->n_descriptors && !s; i++)
    s = asp_scte35_segmentation (section, i);
  if (s)
    set_segmentation (vars, s);
  if (section->splice_command_type == ASP_SCTE35_SPLICE_INSERT)
    set_insert (vars, &section->u.splice_insert);
}
