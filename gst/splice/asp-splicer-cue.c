/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

gchar *
cue_hex (const guint8 * data, gsize size)
{
  GString *hex = g_string_sized_new (2 * size);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (hex, "%02x", data[i]);
  return g_string_free (hex, FALSE);
}

/* Of a break of our own: the source nibble of local insertion (SCTE 35 9.9.3), and the rest
 * tells breaks apart. */
guint32
cue_event_id (const AspBreak * b)
{
  return b->origin == ASP_ORIGIN_CUE ? b->event_id : 0xc0000000u | (g_str_hash (b->id) & 0x0fffffff);
}

/* The section that a break of our own would have been announced with: a splice_insert whose
 * event id is its own, or that of the cue. */
gchar *
cue_made_hex (AspSplicer * s, const AspBreak * b, gboolean out, gint64 pts90k, gint64 duration_90k)
{
  GBytes *section = asp_scte35_build_splice_insert (cue_event_id (b), out,
      pts90k == ASP_NO_TIME ? ASP_NO_TIME : pts90k + s->offset_90k, duration_90k, out, 0);
  gchar *hex = cue_hex (g_bytes_get_data (section, NULL), g_bytes_get_size (section));

  g_bytes_unref (section);
  return hex;
}

static void
on_cue (const guint8 * data, gsize size, gpointer user_data)
{
  AspSplicer *s = user_data;
  AspScte35Section section;
  AspCueAction action;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *hex = NULL;
  gint64 now;

  if (size > 0 && data[0] != 0xfc)
    return;
  s->stats.cues++;
  if (!asp_scte35_parse (data, size, &section, &error)) {
    s->stats.cues_damaged++;
    if (s->funcs.warn)
      s->funcs.warn (s->user_data, "cue-damaged", error->message);
    return;
  }
  hex = cue_hex (data, size);
  /* before the first picture the clock tells what time it is */
  now = s->newest_pts90k != ASP_NO_TIME ? s->newest_pts90k : s->pcr_90k;
  if (s->funcs.cue)
    s->funcs.cue (s->user_data, s->cue_pid[s->cue_now], now == ASP_NO_TIME ? now : now + s->offset_90k,
        &section, data, size);
  asp_plan_cue (s->plan, &section, hex, s->config.channel, now, s->offset_90k, &action);
  plan_act (s, &action);
  asp_scte35_clear (&section);
}

void
cue_packet (AspSplicer * s, guint index, const guint8 * packet)
{
  s->cue_now = index;
  asp_section_assembler_push (&s->cue[index], packet, on_cue, s);
}
