/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-files.h"

#include <string.h>

/* What is left of a file is worth no segment. */
#define REST_90K ASP_SECOND_90K

guint
asp_hls_files_init (AspHlsFiles * f, guint target_duration_s)
{
  memset (f, 0, sizeof *f);
  f->target_90k = MAX (ASP_HLS_FILE_90K, ASP_SECOND_90K * (gint64) target_duration_s);
  return (guint) (f->target_90k / ASP_SECOND_90K);
}

void
asp_hls_files_cut (AspHlsFiles * f, gint64 at_90k)
{
  f->cuts_90k[f->n_cuts++ % ASP_HLS_FILE_CUTS] = at_90k;
}

/* Has another rendition changed files here? @ahead: has one done so further on? */
static gboolean
is_cut (const AspHlsFiles * f, gint64 at_90k, gboolean * ahead)
{
  guint n = MIN (f->n_cuts, ASP_HLS_FILE_CUTS);

  *ahead = FALSE;
  for (guint i = 0; i < n; i++) {
    if (ABS (f->cuts_90k[i] - at_90k) <= ASP_HLS_ALIGN_90K)
      return TRUE;
    *ahead = *ahead || f->cuts_90k[i] > at_90k;
  }
  return FALSE;
}

gboolean
asp_hls_files_ends_before (AspHlsFiles * f, gint64 start_90k, gint64 end_90k, gint64 duration_90k)
{
  gboolean ahead;

  if (is_cut (f, end_90k, &ahead))
    return TRUE;
  if (end_90k - start_90k + duration_90k <= f->target_90k)
    return FALSE;
  if (!ahead)
    asp_hls_files_cut (f, end_90k);
  return TRUE;
}

gboolean
asp_hls_files_ends (AspHlsFiles * f, gint64 start_90k, gint64 end_90k)
{
  gboolean ahead;

  if (is_cut (f, end_90k, &ahead))
    return TRUE;
  if (ahead || end_90k - start_90k <= f->target_90k - REST_90K)
    return FALSE;
  asp_hls_files_cut (f, end_90k);
  return TRUE;
}
