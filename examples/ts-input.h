/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Bytes of a transport stream for the tools that look at one: a file, `-` (standard input)
 * or a URI that GStreamer has a source for (udp://, srt://, http://, file:// ...).
 */

/* FALSE: no more is wanted. */
typedef gboolean (*TsInputFunc) (const guint8 * data, gsize size, gpointer user_data);

typedef enum
{
  TS_INPUT_END,                 /* of the file or stream; @func has said FALSE; the time is over */
  TS_INPUT_INTERRUPTED,         /* SIGINT or SIGTERM */
  TS_INPUT_ERROR,
} TsInputResult;

/* Is @place a URI, and so perhaps live? */
gboolean ts_input_is_uri (const gchar * place);

/**
 * ts_input_run:
 * @seconds: of a URI no more than this time is read; 0: to its end
 *
 * Calls @func, from this thread or another one but never from two, until the input ends.
 * SIGINT and SIGTERM end it meanwhile.
 *
 * Returns: @error is set with TS_INPUT_ERROR
 */
TsInputResult ts_input_run (const gchar * place, guint seconds, TsInputFunc func, gpointer user_data,
    GError ** error);

G_END_DECLS
