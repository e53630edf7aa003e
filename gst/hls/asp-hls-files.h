/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-hls-timeline.h"

G_BEGIN_DECLS

/*
 * Which segments of a recording lie in one file: those that follow each other, up to
 * ASP_HLS_FILE_90K or one that is longer. All renditions change files in the same places, and
 * at every boundary of an avail, a creative or a source.
 * Thread: one object, one thread. Pure. Since: 0.1
 */
#define ASP_HLS_FILE_90K (10 * ASP_SECOND_90K)  /* nominal length of Amazon IVS's */
#define ASP_HLS_FILE_CUTS 64    /* remembered, for renditions that lag */

typedef struct
{
  gint64 target_90k;            /* TARGETDURATION: no file is longer, if its segments are not */
  gint64 cuts_90k[ASP_HLS_FILE_CUTS];   /* a ring */
  guint n_cuts;
} AspHlsFiles;

/* @target_duration_s: of the segments. Returns that of the files. */
guint asp_hls_files_init (AspHlsFiles * files, guint target_duration_s);

/* All renditions end their file there: a source or an avail begins or ends. */
void asp_hls_files_cut (AspHlsFiles * files, gint64 at_90k);

/* Does a file from @start_90k to @end_90k end before a segment of @duration_90k comes? */
gboolean asp_hls_files_ends_before (AspHlsFiles * files, gint64 start_90k, gint64 end_90k,
    gint64 duration_90k);
/* Does it end whatever comes? */
gboolean asp_hls_files_ends (AspHlsFiles * files, gint64 start_90k, gint64 end_90k);

G_END_DECLS
