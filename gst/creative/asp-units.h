/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * The units of a conditioned creative: closed GOPs that start with PAT, PMT, parameter sets
 * and IDR and hold their own audio. What stands in units.json beside creative.ts.
 *
 * Every unit begins with CC 0 on each of its PIDs and ends with 15, so that any unit may follow
 * any other as far as CC goes; PTS, DTS and PCR go on from one to the next.
 *
 * The form: {"units_version":1,"fps_num":..,"fps_den":..,"unit_frames":..,"frames":..,"bytes":..,
 * "reorder_90k":..,"duration_90k":..,"units":[{"offset":..,"bytes":..,"frames":..,"pts_90k":..},..]}
 * Thread: any; pure. Since: 0.1
 */
#define ASP_UNITS_VERSION 1

typedef struct
{
  guint64 offset, bytes;        /* in creative.ts */
  guint frames;
  gint64 pts90k;                /* of its first picture in display order, unwrapped */
} AspUnit;

typedef struct
{
  guint fps_num, fps_den;
  guint unit_frames;            /* of all but the last one, which may be shorter */
  guint64 frames, bytes;        /* of all */
  gint64 reorder_90k;           /* PTS - DTS at the first picture of a unit */
  gint64 duration_90k;          /* of all */
  GArray *units;                /* of AspUnit */
} AspUnits;

AspUnits *asp_units_new (void);
void asp_units_free (AspUnits * u);     /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspUnits, asp_units_free)

#define asp_units_get(u, i) (&g_array_index ((u)->units, AspUnit, (i)))

/* (transfer full) */
gchar *asp_units_to_text (const AspUnits * u);

#define ASP_UNITS_ERROR (asp_units_error_quark ())
GQuark asp_units_error_quark (void);

/**
 * asp_units_from_text:
 * Refuses what contradicts itself: units that overlap or leave holes, PTS that do not rise by
 * the frames, sums that are wrong.
 * Returns: (transfer full): NULL with ASP_UNITS_ERROR set
 */
AspUnits *asp_units_from_text (const gchar * text, gsize size, GError ** error);

G_END_DECLS
