/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file that calls itself a timeline: whatever is in it, playlists can be made of what was
 * read, more can be added, and what is written reads the same.
 */
#include "fuzz.h"

#include <asp-hls-record.h>
#include <asp-hls-view.h>
#include <string.h>

static void
render_all (const AspHlsTimeline * t)
{
  for (guint i = 0; i < 16; i++) {
    const AspHlsView view = {.rendition = i / 8,.type = (AspHlsType) (i % 3),.low_latency = i & 1,
      .can_skip = TRUE,.skip = (AspHlsSkip) (i % 3),.markers = (AspHlsMarkers) (i & 2 ? 0x3f : 0),
      .playlist_length = i & 4 ? 3 : 0
    };

    g_free (asp_hls_view_render (t, &view));
    asp_hls_view_start (t, &view);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GError) error = NULL;
  gsize used, used_again;
  g_autoptr (AspHlsTimeline) t = asp_hls_record_read ((const gchar *) data, size, &used, &error);
  g_autoptr (AspHlsTimeline) again = NULL;
  g_autofree gchar *text = NULL, *same = NULL;

  g_assert_true ((t == NULL) == (error != NULL));
  if (!t)
    return 0;
  g_assert_cmpuint (used, <=, size);
  render_all (t);
  text = asp_hls_record_all (t, NULL);
  again = asp_hls_record_read (text, strlen (text), &used_again, NULL);
  g_assert_nonnull (again);
  if (used_again != strlen (text))
    g_error ("written and not read: %s", text + used_again);
  same = asp_hls_record_all (again, NULL);
  g_assert_cmpstr (same, ==, text);
  asp_hls_timeline_append (t, &(AspHlsEntry) {.kind = ASP_HLS_RESUME,
          .at_90k = asp_hls_timeline_end (t)}, NULL);
  asp_hls_timeline_forget (t, asp_hls_timeline_end (t));
  render_all (t);
  return 0;
}
