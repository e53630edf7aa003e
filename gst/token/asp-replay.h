/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Remembers what was used once, for as long as it would be good a second time: signatures,
 * ids of tokens for one use. Bounded: when ASP_REPLAY_MAX are remembered that are all still
 * good, the next one is refused, not an old one forgotten.
 * Thread: any; a lock of its own, held for no longer than a look. Since: 0.1
 */
#define ASP_REPLAY_MAX 262144
#define ASP_REPLAY_ID_MAX 128           /* bytes */

typedef struct _AspReplay AspReplay;

AspReplay *asp_replay_new (void);
void asp_replay_free (AspReplay * replay);      /* NULL is allowed */

typedef enum
{
  ASP_REPLAY_FIRST,             /* it is remembered from now on */
  ASP_REPLAY_AGAIN,
  ASP_REPLAY_FULL,
} AspReplayAnswer;

/* @valid_until_s, @now_s: on one clock. @first_s: (out) (optional): @now_s of the first time. */
AspReplayAnswer asp_replay_take (AspReplay * replay, const gchar * id, gint64 valid_until_s,
    gint64 now_s, gint64 * first_s);

G_END_DECLS
