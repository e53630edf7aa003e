/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lines for the journal (with their level in front, when that is where they go) or a terminal (with the time). */
typedef enum
{
  HOST_ERROR = 3,               /* as syslog has them */
  HOST_WARNING = 4,
  HOST_NOTICE = 5,
  HOST_INFO = 6,
} HostLevel;

/* @channel: (nullable) */
void host_log (HostLevel level, const gchar * channel, const gchar * format, ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
