/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

#include <string.h>

G_DEFINE_QUARK (asp-scte35-error-quark, asp_scte35_error)

void
asp_scte35_init (AspScte35Section * section)
{
  memset (section, 0, sizeof *section);
  section->sap_type = 3;
  section->tier = ASP_SCTE35_TIER_IGNORE;
  section->splice_command_type = ASP_SCTE35_SPLICE_NULL;
}

void
asp_scte35_descriptor_clear (AspScte35Descriptor * d)
{
  if (d->kind == ASP_SCTE35_DESCRIPTOR_SEGMENTATION) {
    g_free (d->u.segmentation.components);
    g_clear_pointer (&d->u.segmentation.segmentation_upid, g_bytes_unref);
  }
  g_clear_pointer (&d->private_bytes, g_bytes_unref);
  g_clear_pointer (&d->malformed_bytes, g_bytes_unref);
  memset (d, 0, sizeof *d);
}

void
asp_scte35_command_clear (AspScte35Section * section)
{
  switch (section->splice_command_type) {
    case ASP_SCTE35_SPLICE_INSERT:
      g_free (section->u.splice_insert.components);
      break;
    case ASP_SCTE35_SPLICE_SCHEDULE:
      for (guint i = 0; i < section->u.splice_schedule.n_events; i++)
        g_free (section->u.splice_schedule.events[i].components);
      g_free (section->u.splice_schedule.events);
      break;
    case ASP_SCTE35_PRIVATE_COMMAND:
      g_clear_pointer (&section->u.private_command.private_bytes, g_bytes_unref);
      break;
    default:
      break;
  }
  memset (&section->u, 0, sizeof section->u);
}

void
asp_scte35_clear (AspScte35Section * section)
{
  if (!section)
    return;
  asp_scte35_command_clear (section);
  for (guint i = 0; i < section->n_descriptors; i++)
    asp_scte35_descriptor_clear (&section->descriptors[i]);
  g_free (section->descriptors);
  g_clear_pointer (&section->command_rest, g_bytes_unref);
  g_clear_pointer (&section->descriptor_loop_rest, g_bytes_unref);
  g_clear_pointer (&section->stuffing, g_bytes_unref);
  g_clear_pointer (&section->encrypted_bytes, g_bytes_unref);
  memset (section, 0, sizeof *section);
}

/* In component mode a component without a time of its own splices with the first that has
 * one (9.9.2.1: the default), so the first is the cue's. */
static const AspScte35SpliceTime *
insert_time (const AspScte35SpliceEvent * e)
{
  if (e->splice_event_cancel_indicator || e->splice_immediate_flag)
    return NULL;
  if (e->program_splice_flag)
    return &e->splice_time;
  for (guint i = 0; i < e->n_components; i++) {
    if (e->components[i].splice_time.time_specified_flag)
      return &e->components[i].splice_time;
  }
  return NULL;
}

gint64
asp_scte35_splice_time_pts90k (const AspScte35Section * section)
{
  const AspScte35SpliceTime *t = NULL;

  if (section->splice_command_type == ASP_SCTE35_TIME_SIGNAL)
    t = &section->u.time_signal;
  else if (section->splice_command_type == ASP_SCTE35_SPLICE_INSERT)
    t = insert_time (&section->u.splice_insert);
  if (!t || !t->time_specified_flag)
    return ASP_NO_TIME;
  /* the carry is ignored: 9.6.1 */
  return (gint64) ((t->pts_time_pts90k + section->pts_adjustment_pts90k) & ASP_PTS_MASK);
}

const AspScte35Segmentation *
asp_scte35_segmentation (const AspScte35Section * section, guint index)
{
  const AspScte35Descriptor *d;

  g_return_val_if_fail (index < section->n_descriptors, NULL);
  d = &section->descriptors[index];
  return d->kind == ASP_SCTE35_DESCRIPTOR_SEGMENTATION && !d->malformed ?
      &d->u.segmentation : NULL;
}

GBytes *
asp_scte35_build_splice_insert (guint32 splice_event_id, gboolean out_of_network,
    gint64 pts90k, gint64 duration_90k, gboolean auto_return, guint16 unique_program_id)
{
  AspScte35Section section;
  AspScte35SpliceEvent *e = &section.u.splice_insert;
  GError *error = NULL;
  GBytes *bytes;

  asp_scte35_init (&section);
  section.splice_command_type = ASP_SCTE35_SPLICE_INSERT;
  e->splice_event_id = splice_event_id;
  /* 1 claims nothing about ids and is what older receivers know as reserved */
  e->event_id_compliance_flag = TRUE;
  e->out_of_network_indicator = out_of_network;
  e->program_splice_flag = TRUE;
  e->splice_immediate_flag = pts90k == ASP_NO_TIME;
  if (!e->splice_immediate_flag) {
    e->splice_time.time_specified_flag = TRUE;
    e->splice_time.pts_time_pts90k = asp_pts_wrap (pts90k);
  }
  if (duration_90k != ASP_NO_TIME) {
    e->duration_flag = TRUE;
    e->break_duration.auto_return = auto_return;
    e->break_duration.duration_90k = (guint64) CLAMP (duration_90k, 0, ASP_PTS_MASK);
  }
  e->unique_program_id = unique_program_id;
  bytes = asp_scte35_write (&section, &error);
  g_assert_no_error (error);    /* every field above is within its bits */
  asp_scte35_clear (&section);
  return bytes;
}

guint32
asp_scte35_own_event_id (const gchar * break_id)
{
  return 0xc0000000u | (g_str_hash (break_id) & 0x0fffffff);
}
