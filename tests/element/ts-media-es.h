/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ts-media.h"

G_BEGIN_DECLS

/*
 * Elementary streams of ts-media.h, and how a unit says who it is: behind its headers
 * stands a mark, then filler that follows from the mark, so that a reader sees every
 * byte that is not as it was. Thread: any; pure.
 */
typedef enum
{
  MEDIA_MARK_PICTURE = 'P',
  MEDIA_MARK_SOUND = 'S',
} MediaMarkKind;

typedef struct
{
  MediaMarkKind kind;
  guint source, track, number;
  gboolean intact;              /* mark and filler are as they were written */
} MediaMark;

/* Which picture, in order of display, is the @decode-th of the stream; and is it a RAP? */
guint media_display_of_decode (const MediaSpec * spec, guint decode);
gboolean media_is_rap (const MediaSpec * spec, guint number);

/* The mark in one access unit. FALSE: there is none. */
gboolean media_mark_read (const guint8 * unit, gsize size, MediaMark * mark);

/* A PES of private_stream_1 with a time in it. */
GByteArray *media_pes_of_data (const MediaSpec * spec, gint64 at_90k);

G_END_DECLS
