/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-rendition.h"
#include "asp-units.h"

G_BEGIN_DECLS

/*
 * Coded pictures and audio frames of one creative to a transport stream made of units
 * (asp-units.h). All of the creative comes before the first byte goes: how early the clock must
 * run is known only then. Thread: one object, one thread; pure. Since: 0.1
 *
 * Inside a unit the packets come at a constant rate that fills the time of its pictures; the
 * video's DTS is the picture's place in decode order less the rendition's PTS - DTS.
 */
#define ASP_UNIT_FIRST_PTS_90K (10 * ASP_SECOND_90K)
#define ASP_UNIT_MUX_BYTES_MAX (512u << 20)     /* of pictures and audio */
#define ASP_UNIT_FRAMES_MAX 2000

typedef struct _AspUnitMux AspUnitMux;

#define ASP_UNIT_MUX_ERROR (asp_unit_mux_error_quark ())
GQuark asp_unit_mux_error_quark (void);

typedef enum
{
  ASP_UNIT_MUX_ERROR_PICTURES,  /* the encoder did not do as it was told */
  ASP_UNIT_MUX_ERROR_SIZE,      /* a limit is exceeded */
} AspUnitMuxError;

/* @unit_frames: 1 to ASP_UNIT_FRAMES_MAX */
AspUnitMux *asp_unit_mux_new (const AspRendition * rendition, guint unit_frames);
void asp_unit_mux_free (AspUnitMux * m);        /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspUnitMux, asp_unit_mux_free)

/**
 * asp_unit_mux_add_picture:
 * @number: its place in display order, from 0
 * @data: one access unit in Annex B form, copied; a random access point whose parameter sets are
 *   missing gets those of the last one that had them
 *
 * In decode order.
 * Returns: FALSE with ASP_UNIT_MUX_ERROR set
 */
gboolean asp_unit_mux_add_picture (AspUnitMux * m, gint64 number, const guint8 * data, gsize size, GError ** error);

/**
 * asp_unit_mux_add_audio:
 * @track: index in the rendition's tracks
 * @samples: of the frame, at @sample_rate
 *
 * The first frame of a track begins with the first picture, the others follow it. Frames that
 * begin half a frame before the end of the pictures, or later, are left out.
 */
gboolean asp_unit_mux_add_audio (AspUnitMux * m, guint track, const guint8 * data, gsize size, guint samples,
    guint sample_rate, GError ** error);

/**
 * asp_unit_mux_finish:
 * Checks that the units are closed GOPs of the length asked for, and lays them out.
 * Returns: (transfer full): the list of units; NULL with ASP_UNIT_MUX_ERROR set
 */
AspUnits *asp_unit_mux_finish (AspUnitMux * m, GError ** error);

/* (transfer full): the bytes of unit @index, which the muxer lets go; once for each. */
GBytes *asp_unit_mux_take_unit (AspUnitMux * m, guint index);

G_END_DECLS
