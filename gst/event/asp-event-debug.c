/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-event-debug.h"

GST_DEBUG_CATEGORY_STATIC (category);

GstDebugCategory *
asp_event_debug (void)
{
  static gsize done = 0;

  if (g_once_init_enter (&done)) {
    GST_DEBUG_CATEGORY_INIT (category, "asp-event", 0, "event log and hooks");
    g_once_init_leave (&done, 1);
  }
  return category;
}
