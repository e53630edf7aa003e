/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-splicer.h"

G_BEGIN_DECLS

/*
 * Several splicers of one channel, one for each rendition. Somebody outside plans for all of
 * them and is asked where one of them could leave or come back; what he wants is told to each
 * splicer as orders. A splicer without these functions plans for itself.
 *
 * All times are those of the stream in 33 bits. The functions are called in the thread of the
 * splicer, at each picture and at each cue, never for a packet. Since: 0.1
 */
typedef enum
{
  ASP_ALIGN_HERE,               /* with the others, or as the first one */
  ASP_ALIGN_ALONE,              /* here, but the others have been elsewhere */
  ASP_ALIGN_WAIT,               /* not here: the others have been further on */
  ASP_ALIGN_OVER,               /* it is over for the others, and not worth while any more */
} AspAlign;

typedef struct
{
  /* A picture of @pts90k comes next. Orders for this splicer are given before it returns. */
  void (*sync) (gpointer user_data, guint64 pts90k, gint64 frame_90k);
  /* A break of `schedule`. Takes @b. */
  void (*request) (gpointer user_data, AspBreak * b);
  /* Returns: why it does nothing (static), or NULL. @now_pts90k: unwrapped, or ASP_NO_TIME */
  const gchar *(*cue) (gpointer user_data, const AspScte35Section * section, const gchar * hex, gint64 now_pts90k);
  /* The break of @id could begin before the picture @pts90k; its creatives would stand from
   * @start_pts90k on. HERE, ALONE: it does, and shall be back at @in_pts90k (G_MAXUINT64: by itself). */
  AspAlign (*leave) (gpointer user_data, const gchar * id, guint64 pts90k, guint64 start_pts90k,
      gint64 half_frame_90k, guint64 * in_pts90k);
  /* The programme could be back at @pts90k; @planned: because it is time, not because something broke. */
  AspAlign (*come_back) (gpointer user_data, const gchar * id, guint64 pts90k, gint64 half_frame_90k,
      gboolean planned);
  /* The time base of the stream is about to move by @jump_90k. TRUE: what had a time of the old one
   * is void. */
  gboolean (*jumped) (gpointer user_data, gint64 jump_90k);
  /* Everything of the stream is forgotten. */
  void (*flushed) (gpointer user_data);
} AspSplicerChannel;

/* Before the first byte. @funcs is not copied. */
void asp_splicer_set_channel (AspSplicer * s, const AspSplicerChannel * funcs, gpointer user_data);

typedef struct
{
  AspBreak *brk;                /* its times in 33 bits, or ASP_NO_TIME */
  const gchar *withdrawn;       /* static reason: it will not be; or NULL */
  gint64 in_pts90k;             /* once it is out: all are back there; ASP_NO_TIME: not known */
  gint64 end_pts90k;            /* back at the first RAP from there on; ASP_NO_TIME: nobody asked */
  gint64 back_pts90k;           /* where the first one came back; ASP_NO_TIME: none has */
} AspSplicerOrder;

/* May come any number of times: what it says already holds then. */
void asp_splicer_order (AspSplicer * s, const AspSplicerOrder * order);

G_END_DECLS
