/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Tells the service manager (sd_notify(3), without its library). Nothing happens where there is none. */
void host_notify (const gchar * state);

/* Says READY and keeps its watchdog fed from the main loop, when it wants that. */
void host_notify_ready (void);

/* RELOADING, with the time that Type=notify-reload wants. */
void host_notify_reloading (void);

G_END_DECLS
