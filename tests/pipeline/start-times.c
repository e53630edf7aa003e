/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Is target_start_time true? Live channels, breaks called for at any moment, and for each the time
 * that was told last against the wall clock when the first packet of the ad's video comes out.
 *
 *   start-times [BREAKS [CHANNELS]]
 *
 * All errors are under a GOP (a second). Prints the median and the largest. Exit code 0 or 1, 77
 * without the element.
 */
#include "live-channels.h"

#include <stdlib.h>
#include <string.h>

#define GOP 25
#define GOP_US G_USEC_PER_SEC
#define AD_FRAMES 25
#define LEAD_US (2 * G_USEC_PER_SEC)
#define BREAK_US G_USEC_PER_SEC
/* Of one break, from the call to the next one's: with the wait for a RAP on both sides. */
#define CYCLE_US (LEAD_US + BREAK_US + 2 * GOP_US + G_USEC_PER_SEC)
#define WARM_UP_US (3 * G_USEC_PER_SEC)
#define POLL_US 5000

typedef struct
{
  gchar *id;                    /* NULL: no break is on its way */
  gint64 target_us, next_us;    /* told; when the next one is called for (monotonic) */
  guint told;
  gint64 first_us;              /* lock; wall clock of the first ad packet; 0 = none yet */
} Channel;

typedef struct
{
  LiveChannels *live;
  Channel *channels;
  guint n_channels, wanted, called, over, complaints;
  GArray *errors_us;            /* gint64, absolute */
  GMutex lock;
} Run;

static void
complain (Run * run, guint number, const gchar * text)
{
  g_print ("channel %u, break %s: %s\n", number, run->channels[number].id, text);
  run->complaints++;
}

static void
on_seen (guint number, guint source, gint64 pts90k, gint64 real_us, gpointer user_data)
{
  Run *run = user_data;

  g_mutex_lock (&run->lock);
  if (source == LIVE_AD && run->channels[number].first_us == 0)
    run->channels[number].first_us = real_us;
  g_mutex_unlock (&run->lock);
}

static gint64
read_time (const gchar * text)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_iso8601 (text, NULL);

  return time ? g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time) : 0;
}

static void
take_result (Run * run, guint number)
{
  Channel *c = &run->channels[number];
  gint64 first_us, error_us;

  g_mutex_lock (&run->lock);
  first_us = c->first_us;
  g_mutex_unlock (&run->lock);
  if (first_us == 0 || c->target_us == 0) {
    complain (run, number, first_us ? "no target_start_time was told" : "no ad has come out");
    return;
  }
  error_us = first_us - c->target_us;
  if (ABS (error_us) >= GOP_US) {
    g_print ("%s: %" G_GINT64_FORMAT " ms behind its target_start_time\n", c->id, error_us / 1000);
    complain (run, number, "off by a GOP or more");
  }
  error_us = ABS (error_us);
  g_array_append_val (run->errors_us, error_us);
}

static void
on_message (guint number, const GstStructure * s, gpointer user_data)
{
  Run *run = user_data;
  Channel *c = &run->channels[number];
  const gchar *id = gst_structure_get_string (s, "break-id"), *state = gst_structure_get_string (s, "state");
  const gchar *target = gst_structure_get_string (s, "target-start-time");

  if (!gst_structure_has_name (s, "ad-break-state-change") || g_strcmp0 (id, c->id))
    return;
  if (target) {
    c->target_us = read_time (target);
    c->told++;
  }
  if (!strcmp (state, "ended"))
    take_result (run, number);
  else if (!strcmp (state, "skipped") || !strcmp (state, "cancelled"))
    complain (run, number, state);
  else
    return;
  g_clear_pointer (&c->id, g_free);
  run->over++;
}

/* At a moment that has nothing to do with the GOPs. */
static void
call_for_break (Run * run, guint number)
{
  Channel *c = &run->channels[number];
  gint64 now_us = g_get_monotonic_time ();

  if (c->id || now_us < c->next_us || run->called == run->wanted)
    return;
  g_mutex_lock (&run->lock);
  c->first_us = 0;
  g_mutex_unlock (&run->lock);
  c->target_us = 0;
  c->told = 0;
  g_signal_emit_by_name (live_channels_bin (run->live, number), "insert-ad-break", (guint64) BREAK_US * 1000, NULL, &c->id);
  c->next_us = now_us + CYCLE_US + g_random_int_range (0, GOP_US);
  if (c->id)
    run->called++;
  else
    complain (run, number, "refused");
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static void
report (Run * run)
{
  GArray *all = run->errors_us;

  g_array_sort (all, compare);
  if (all->len == 0)
    return;
  g_print ("%u breaks in %u live channels: |first ad packet - target_start_time| median %.1f ms, p95 %.1f ms, max %.1f ms; "
      "a GOP is %d ms\n", all->len, run->n_channels, (gdouble) g_array_index (all, gint64, all->len / 2) / 1000,
      (gdouble) g_array_index (all, gint64, all->len * 95 / 100) / 1000,
      (gdouble) g_array_index (all, gint64, all->len - 1) / 1000, (gint) (GOP_US / 1000));
}

static void
run_breaks (Run * run, gint64 end_us)
{
  gint64 start_us = g_get_monotonic_time ();

  for (guint i = 0; i < run->n_channels; i++)
    run->channels[i].next_us = start_us + WARM_UP_US + (gint64) i * CYCLE_US / run->n_channels;
  while (run->over < run->wanted && g_get_monotonic_time () < end_us) {
    for (guint i = 0; i < run->n_channels; i++)
      call_for_break (run, i);
    g_usleep (POLL_US);
    if (!live_channels_take_messages (run->live))
      run->complaints++;
  }
  if (run->over < run->wanted) {
    g_print ("only %u of %u breaks came to an end\n", run->over, run->wanted);
    run->complaints++;
  }
}

int
main (int argc, char **argv)
{
  Run run = {.wanted = 5,.n_channels = 5 };
  LiveSpec spec = {.gop = GOP,.ad_frames = AD_FRAMES,.properties = "lead-time=2000000000",.seen = on_seen,
    .message = on_message,.user_data = &run
  };

  gst_init (&argc, &argv);
  if (argc > 1)
    run.wanted = (guint) strtoul (argv[1], NULL, 10);
  if (argc > 2)
    run.n_channels = (guint) strtoul (argv[2], NULL, 10);
  if (run.wanted < 1 || run.n_channels < 1) {
    g_printerr ("start-times: [BREAKS [CHANNELS]], both at least 1\n");
    return 2;
  }
  run.channels = g_new0 (Channel, run.n_channels);
  run.errors_us = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_mutex_init (&run.lock);
  spec.channels = run.n_channels;
  spec.seconds = (guint) ((run.wanted / run.n_channels + 4) * (CYCLE_US + GOP_US) / G_USEC_PER_SEC);
  run.live = live_channels_new (&spec);
  if (!run.live)
    return 77;
  if (live_channels_start (run.live))
    run_breaks (&run, g_get_monotonic_time () + (gint64) spec.seconds * G_USEC_PER_SEC);
  live_channels_free (run.live);
  report (&run);
  for (guint i = 0; i < run.n_channels; i++)
    g_free (run.channels[i].id);
  g_free (run.channels);
  if (run.errors_us->len < run.wanted)
    run.complaints++;
  g_array_unref (run.errors_us);
  g_mutex_clear (&run.lock);
  return run.complaints > 0;
}
