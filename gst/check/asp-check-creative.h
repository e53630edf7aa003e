/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-check-verdict.h"

G_BEGIN_DECLS

/*
 * A creative as the splicer reads it: would it be refused, and how does it go with a
 * programme? The reader and the judge are those of gst/splice. Bytes in, findings out.
 * Thread: one object, one thread. Since: 0.1
 */
typedef struct _AspCreativeCheck AspCreativeCheck;

AspCreativeCheck *asp_creative_check_new (void);
void asp_creative_check_free (AspCreativeCheck * c);    /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspCreativeCheck, asp_creative_check_free)

void asp_creative_check_push (AspCreativeCheck * c, const guint8 * data, gsize size);
void asp_creative_check_finish (AspCreativeCheck * c);

/* What it is by itself; after asp_creative_check_finish(). (transfer none) */
const AspCheckFacts *asp_creative_check_facts (const AspCreativeCheck * c);
/* From its first picture to the end of its last one, as it would play. 0: it would not. */
gint64 asp_creative_check_duration_90k (const AspCreativeCheck * c);

/**
 * asp_creative_check_verdict:
 * @live, @program: what it shall be put into; NULL: only what it is by itself is judged
 * Returns: (transfer full) (element-type AspFinding): the worst first
 */
GPtrArray *asp_creative_check_verdict (const AspCreativeCheck * c, const AspCheckFacts * live,
    const AspCheckProgram * program);

G_END_DECLS
