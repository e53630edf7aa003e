/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-video-fit.h"

#include <asp-creative.h>
#include <asp-ts-packet.h>

#include "asp-unit-mux.h"

#define RATE_PERCENT_MAX 120    /* of the rendition's, which is measured of a piece */

typedef struct
{
  gint64 number;                /* in display order */
  gboolean random_access;
} Picture;

struct _AspVideoFit
{
  AspRendition r;
  guint unit;
  AspRenditionReader *own;      /* what it is like itself */
  AspCreative *creative;
  AspCreativeReader *reader;
  GArray *pictures;             /* of Picture, in decode order */
  guint64 bytes;                /* of pictures */
  gboolean begun;
  guint64 read;
  const gchar *misfit;
};

AspVideoFit *
asp_video_fit_new (const AspRendition * rendition, guint unit)
{
  AspVideoFit *f = g_new0 (AspVideoFit, 1);

  f->r = *rendition;
  f->unit = unit;
  f->own = asp_rendition_reader_new (0);
  f->creative = asp_creative_new ();
  f->reader = asp_creative_reader_new (f->creative);
  f->pictures = g_array_new (FALSE, FALSE, sizeof (Picture));
  return f;
}

void
asp_video_fit_free (AspVideoFit * f)
{
  if (!f)
    return;
  asp_rendition_reader_free (f->own);
  asp_creative_reader_free (f->reader);
  asp_creative_unref (f->creative);
  g_array_unref (f->pictures);
  g_free (f);
}

/* Nobody else knows this creative: no lock is needed. */
static void
take_pictures (AspVideoFit * f)
{
  AspAu *au;

  asp_creative_reader_deliver_locked (f->reader);
  while ((au = g_queue_pop_head (&f->creative->video.units))) {
    gint64 since_90k = au->pts90k - f->creative->first_pts90k;
    Picture p = { 0, au->random_access };

    p.number = (since_90k * f->r.fps_num + 45000 * (gint64) f->r.fps_den) / ((gint64) f->r.fps_den * ASP_SECOND_90K);
    if (ABS (asp_rendition_frame_time (&f->r, p.number, ASP_SECOND_90K) - since_90k) > 2)
      f->misfit = "its pictures do not come at the programme's rate";
    f->bytes += au->size;
    g_array_append_val (f->pictures, p);
    asp_au_unref (au);
  }
  for (guint i = 0; i < f->creative->n_audio; i++)
    while ((au = g_queue_pop_head (&f->creative->audio[i].units)))
      asp_au_unref (au);
}

gboolean
asp_video_fit_push (AspVideoFit * f, const guint8 * data, gsize size)
{
  if (!f->begun && size > 0 && data[0] != ASP_TS_SYNC)
    f->misfit = "it is no transport stream";
  f->begun |= size > 0;
  f->read += size;
  if (f->read > ASP_UNIT_MUX_BYTES_MAX)
    f->misfit = "it is too large";
  if (f->misfit)
    return FALSE;
  asp_rendition_reader_push (f->own, data, size);
  asp_creative_reader_push (f->reader, data, size);
  take_pictures (f);
  if (f->creative->state == ASP_CREATIVE_REFUSED)
    f->misfit = "nothing in it can be played";
  return f->misfit == NULL;
}

/* As it is said, or as decoders take it to be by the size: BT.709 from 720 lines on, below it
 * BT.601 (5 and 6 differ in primaries alone, and little). */
static guint
matrix_of (const AspVideoParams * p)
{
  if (p->matrix_coefficients != 0 && p->matrix_coefficients != 2)
    return p->matrix_coefficients == 5 ? 6 : p->matrix_coefficients;
  return p->height >= 720 ? 1 : 6;
}

/* BT.709, BT.601 and BT.2020 share their curve (1, 6, 14, 15); PQ and HLG are others. */
static guint
transfer_of (const AspVideoParams * p)
{
  guint t = p->transfer_characteristics;

  return t == 0 || t == 2 || t == 6 || t == 14 || t == 15 ? 1 : t;
}

static const gchar *
judge_form (const AspRendition * net, const AspRendition * own)
{
  const AspVideoParams *n = &net->params, *o = &own->params;

  if (net->tracks[net->video].codec != own->tracks[own->video].codec)
    return "its codec is another one";
  if (n->width != o->width || n->height != o->height || n->sar_num * o->sar_den != o->sar_num * n->sar_den)
    return "its pictures have another size or aspect";
  if (n->profile_idc != o->profile_idc || o->level_idc > n->level_idc || n->chroma_format_idc != o->chroma_format_idc ||
      n->bit_depth != o->bit_depth)
    return "its profile or level is another one";
  if (n->interlaced != o->interlaced || n->low_delay != o->low_delay || matrix_of (n) != matrix_of (o) ||
      transfer_of (n) != transfer_of (o) || n->full_range != o->full_range)
    return "its scan or colour is another one";
  if ((guint64) net->fps_num * own->fps_den != (guint64) own->fps_num * net->fps_den)
    return "its pictures do not come at the programme's rate";
  if (asp_rendition_reorder_frames (own) > asp_rendition_reorder_frames (net))
    return "its pictures are reordered more";
  return NULL;
}

/* The same that the multiplex asks for later, when it is too late to encode. */
static const gchar *
judge_units (const AspVideoFit * f)
{
  guint n = f->pictures->len;

  for (guint i = 0; i < n; i++) {
    const Picture *p = &g_array_index (f->pictures, Picture, i);
    guint first = i - i % f->unit;

    if (i == first && !p->random_access)
      return "its GOPs are not the units";
    if (p->number < first || p->number >= MIN (first + f->unit, n) || (i == first && p->number != first))
      return "its GOPs are not closed, or have holes";
  }
  return n > 0 ? NULL : "it has no pictures";
}

const gchar *
asp_video_fit_finish (AspVideoFit * f)
{
  AspRendition own;
  guint64 rate, limit = (guint64) f->r.tracks[f->r.video].bit_rate * RATE_PERCENT_MAX / 100;

  if (f->misfit)
    return f->misfit;
  asp_creative_reader_finish (f->reader);
  take_pictures (f);
  if (!f->misfit && f->creative->broken)
    f->misfit = "its end is cut off";
  if (!f->misfit && !asp_rendition_reader_finish (f->own, &own, NULL))
    f->misfit = "it cannot be read";
  if (!f->misfit)
    f->misfit = judge_form (&f->r, &own);
  if (!f->misfit)
    f->misfit = judge_units (f);
  if (f->misfit)
    return f->misfit;
  rate = f->bytes * 8 * f->r.fps_num / ((guint64) f->pictures->len * f->r.fps_den);
  return limit > 0 && rate > limit ? "its bit rate is higher" : NULL;
}
