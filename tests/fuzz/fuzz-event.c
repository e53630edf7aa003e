/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A line that calls itself an event: what is read and written again reads the same, can be copied, put
 * into an envelope that is JSON, and folded into a break.
 */
#include "fuzz.h"

#include <asp-event-break.h>
#include <asp-hook-plan.h>
#include <asp-json-reader.h>
#include <string.h>

/* As an event of every kind, one behind the other. */
static void
fold (const AspEvent * event)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);
  AspEventBreak *brk = asp_event_break_new ();
  g_autoptr (AspJson) root = NULL;

  for (guint i = 0; i < ASP_EVENT_KINDS; i++) {
    AspEvent *copy = asp_event_copy (event);

    copy->kind = (copy->kind + i) % ASP_EVENT_KINDS;
    asp_event_break_add (brk, copy);
  }
  asp_json_begin_object (w, NULL);
  asp_event_break_write (brk, w);
  asp_event_break_write_events (brk, w);
  asp_json_end_object (w);
  root = asp_json_parse (asp_json_writer_text (w), strlen (asp_json_writer_text (w)), NULL);
  g_assert_true (root != NULL || strlen (asp_json_writer_text (w)) > ASP_JSON_SIZE_MAX);
  asp_event_break_free (brk);
}

int
LLVMFuzzerTestOneInput (const guint8 * data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AspEvent) event = asp_event_parse (data, size, &error);
  g_autoptr (AspEvent) again = NULL;
  g_autoptr (GBytes) text = NULL, same = NULL, place = g_bytes_new (data, size);
  g_autoptr (AspJson) root = NULL;
  g_autofree gchar *envelope = NULL;
  guint64 number;

  asp_hook_place_read (place, &number);
  g_assert_true ((event == NULL) == (error != NULL));
  if (!event)
    return 0;
  text = asp_event_to_bytes (event);
  g_assert_cmpuint (g_bytes_get_size (text), <=, ASP_EVENT_SIZE_MAX);
  again = asp_event_parse (g_bytes_get_data (text, NULL), g_bytes_get_size (text), &error);
  g_assert_no_error (error);
  same = asp_event_to_bytes (again);
  g_assert_true (g_bytes_equal (text, same));
  envelope = asp_event_envelope (event, "AAECAwQFBgcICQoLDA0ODw", "us-west-2", "123456789012");
  root = asp_json_parse (envelope, strlen (envelope), &error);
  g_assert_no_error (error);
  fold (event);
  return 0;
}
