/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * splice_countdown in a packet's adaptation field (ISO/IEC 13818-1, 2.4.3.5): n > 0: n packets
 * with payload of this PID follow up to the splicing point; 0: it is right behind this packet,
 * which ends a coded picture; -n: this is the n-th packet behind it. Pure functions. Since: 0.1
 */
#define ASP_COUNTDOWN_AF_SIZE 3 /* adaptation field that has room for it: length, flags, count */

/**
 * asp_ts_packet_set_countdown:
 * @p: 188 bytes
 *
 * Takes a stuffing byte of the adaptation field; payload and all other fields stay.
 *
 * Returns: FALSE when there is no room: no adaptation field, no stuffing in it, one that is
 *   malformed, or a splice_countdown stands there already
 */
gboolean asp_ts_packet_set_countdown (guint8 * p, gint countdown);

G_END_DECLS
