/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-ts-pes.h>
#include <asp-ts-psi.h>

G_BEGIN_DECLS

/* The same bytes in a block of exactly their size (g_free() it): a sanitizer and valgrind
 * see the first byte read behind. Never NULL. */
guint8 *test_exact_block (const guint8 * data, gsize size);

/* Hexadecimal with spaces. */
GByteArray *test_hex (const gchar * hex);

/* Folder @name of the corpus of real streams, or NULL: ADSPLICE_CORPUS, else beside the
 * source tree. g_free() it. */
gchar *test_corpus_dir (const gchar * name);

/* One PES packet of a stream of the PMT; @es is what follows the header. */
typedef void (*TestPesFunc) (const AspPmtStream * stream, const AspPesHeader * header,
    const guint8 * es, gsize size, gpointer user_data);

/* Whole PES packets of @data (188-byte packets) in the order in which they end; scrambled
 * packets and PIDs outside the PMTs are left out. Returns: how many streams the PMTs name. */
guint test_ts_for_each_pes (const guint8 * data, gsize size, TestPesFunc func, gpointer user_data);

G_END_DECLS
