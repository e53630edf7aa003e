/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-control-channel.h"

static void
rendition_free (gpointer data)
{
  g_free (((AspControlRendition *) data)->name);
  g_free (data);
}

GPtrArray *
asp_control_renditions_new (void)
{
  return g_ptr_array_new_with_free_func (rendition_free);
}

AspControlStatus *
asp_control_status_new (void)
{
  static const gdouble bounds_s[] = { 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600 };
  AspControlStatus *status = g_new0 (AspControlStatus, 1);

  status->channel = g_new0 (AspApiChannel, 1);
  asp_histogram_init (&status->conditioning_s, bounds_s, G_N_ELEMENTS (bounds_s));
  status->renditions = asp_control_renditions_new ();
  return status;
}

void
asp_control_status_free (AspControlStatus * status)
{
  if (!status)
    return;
  asp_api_channel_free (status->channel);
  g_ptr_array_unref (status->renditions);
  g_free (status->ads_url);
  g_free (status);
}
