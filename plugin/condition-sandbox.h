/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * What adsplice-condition gives up before it looks at a file from outside. None of it needs
 * privileges; what a kernel does not have is left out. Thread: the main one, before others.
 */

/* Dies with the program that has started it, keeps no file of it open, gets in nobody's way. */
void condition_sandbox_settle (void);

/* @seconds: of the processor, each of two; @memory_mib: data; @file_bytes: of one output file */
void condition_sandbox_limit (guint64 seconds, guint64 memory_mib, guint64 file_bytes);

/* From here on: no network, no new program, no look into other processes (seccomp), and nothing
 * is written outside of @folder (Landlock). When all plug-ins are known. */
void condition_sandbox_close (const gchar * folder);

G_END_DECLS
