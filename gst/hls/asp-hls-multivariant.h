/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/*
 * The multivariant playlist: what each rendition of a timeline is, read from the stream and
 * measured (RFC 8216bis 4.4.6.2). A rendition without video is one of sound only.
 *
 * What was declared once stays until it is no longer true: players that have read it do not
 * read it again. Thread: any that holds the timeline; pure. Since: 0.1
 */
typedef struct
{
  guint64 bandwidth;            /* bit/s, at least the peak; 0 = not declared yet */
  guint64 average;
  gchar *codecs;                /* of everything that was in it, ads too; NULL = not known */
  guint width, height, fps_num, fps_den;
  guint64 fixed_bandwidth;      /* said by somebody who knows: not measured */
  gchar *fixed_codecs;
  gboolean out;                 /* taken out: it is not listed */
} AspHlsVariant;

void asp_hls_variant_clear (AspHlsVariant * variant);

/* Of @n renditions from the first: declares what is new or no longer true. Returns whether
 * there was anything. */
gboolean asp_hls_variants_update (AspHlsVariant * variants, guint n,
    const AspHlsTimeline * timeline);

/* (transfer full) (nullable): NULL while no rendition has media. */
gchar *asp_hls_multivariant_render (const AspHlsTimeline * timeline,
    const AspHlsVariant * variants, guint n);
/* The same with each rendition in a folder of its own: NAME/@playlist. */
gchar *asp_hls_multivariant_render_folders (const AspHlsTimeline * timeline,
    const AspHlsVariant * variants, guint n, const gchar * playlist);

G_END_DECLS
