/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rewrite-check.h"

#include <string.h>

static const guint pmt_pids[] = { MEDIA_PMT_PID, 0 };

MediaSpec
long_network (void)
{
  MediaSpec spec = media_network ();

  spec.frames = 450;
  return spec;
}

CueReading *
read_bytes (const GByteArray * bytes)
{
  return cue_reading_new (bytes->data, bytes->len, pmt_pids, MEDIA_VIDEO_PID);
}

void
assert_text (const CueReading * r, const gchar * expected)
{
  g_autofree gchar *text = cue_reading_text (r);

  g_assert_cmpstr (text, ==, expected);
}

void
assert_announced (const CueReading * r, guint from, guint n, gint64 pts90k, gint64 duration_90k, gint64 lead_90k)
{
  const ReadCue *first = cue_reading_cue (r, from);

  for (guint i = from; i < from + n; i++) {
    const ReadCue *c = cue_reading_cue (r, i);

    g_assert_true (c->out && !c->cancel && !c->immediate && c->has_duration && c->auto_return);
    g_assert_cmpint (c->pts90k, ==, pts90k);
    g_assert_cmpint (c->duration_90k, ==, duration_90k);
    g_assert_cmpint (c->lead_90k, >=, lead_90k);
    g_assert_cmpmem (c->section->bytes, c->section->size, first->section->bytes, first->section->size);
    /* local insertion: SCTE 35 9.9.3 */
    g_assert_cmphex (c->event_id >> 28, ==, 0xc);
  }
}

void
assert_closed (const CueReading * r, guint index, gint64 pts90k)
{
  const ReadCue *c = cue_reading_cue (r, index);

  g_assert_true (!c->out && !c->cancel && !c->immediate);
  g_assert_cmpint (c->pts90k, ==, pts90k);
  g_assert_cmpint (c->lead_90k, >=, 4 * SECOND);
  g_assert_cmphex (c->event_id, ==, cue_reading_cue (r, 0)->event_id);
}

void
assert_new_pid (const CueReading * r, guint pid, guint version)
{
  g_assert_cmpuint (r->pmts->len, >, 100);
  for (guint i = 0; i < r->pmts->len; i++) {
    const ReadPmt *p = cue_reading_pmt (r, i);

    g_assert_true (p->cuei && p->section->crc_good);
    g_assert_cmphex (p->cue_pid, ==, pid);
    g_assert_cmpuint (p->version, ==, version);
    g_assert_cmpuint (p->program, ==, 1);
  }
  for (guint i = 0; i < r->cues->len; i++)
    g_assert_cmphex (cue_reading_cue (r, i)->section->pid, ==, pid);
}

void
assert_rest_same (const CueReading * r, const GByteArray * ts)
{
  g_autoptr (CueReading) in = read_bytes (ts);

  g_assert_cmpuint (r->cc_errors, ==, 0);
  g_assert_cmpmem (r->rest->data, r->rest->len, in->rest->data, in->rest->len);
}

void
assert_hex (const OutEvent * e, const ReadCue * cue)
{
  g_autofree gchar *hex = read_cue_hex (cue);

  g_assert_nonnull (e);
  g_assert_cmpstr (event_string (e, "scte35"), ==, hex);
}

void
check_announced_events (const OutLog * log, const CueReading * r)
{
  assert_hex (fixture_event (log, "AdBreakScheduled", 0), cue_reading_cue (r, 0));
  assert_hex (fixture_event (log, "AdBreakStart", 0), cue_reading_cue (r, 0));
  assert_hex (fixture_event (log, "AdBreakEnd", 0), cue_reading_cue (r, r->cues->len - 1));
}
