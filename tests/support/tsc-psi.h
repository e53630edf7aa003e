/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tsc-file.h"

G_BEGIN_DECLS

/*
 * PAT and PMT of one programme into @file: program, pmt_pid, pcr_pid, the sections, and the
 * kind of each PID. Thread: any.
 */
void tsc_psi_read (TscFile * file, guint program);

/* Frees a TscSection. */
void tsc_section_free (gpointer section);

G_END_DECLS
