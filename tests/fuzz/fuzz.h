/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A fuzz target is one file, fuzz-NAME.c, that defines this function and a line in meson.build.
 * Built with -Dfuzzers=true libFuzzer calls it; built without, fuzz-main.c calls it with the
 * seeds of corpus/NAME and mutations of them, as an ordinary test.
 *
 * @data is a block of exactly @size bytes. A target asserts what must hold of any bytes
 * (g_assert_* aborts, which both kinds of caller report) and leaves nothing allocated.
 * Returns: 0, always
 */
int LLVMFuzzerTestOneInput (const guint8 * data, gsize size);

G_END_DECLS
