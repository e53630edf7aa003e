/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-splicer-private.h"

#define SPLICE_INFO_TABLE_ID 0xfc       /* SCTE 35 9.6.1 */
#define CUE_WARNING_90K (60 * ASP_SECOND_90K)   /* between two warnings about damaged cues */

gchar *
cue_hex (const guint8 * data, gsize size)
{
  static const gchar digits[] = "0123456789abcdef";
  gchar *hex = g_malloc (2 * size + 1);

  for (gsize i = 0; i < size; i++) {
    hex[2 * i] = digits[data[i] >> 4];
    hex[2 * i + 1] = digits[data[i] & 0x0f];
  }
  hex[2 * size] = '\0';
  return hex;
}

guint32
cue_event_id (const AspBreak * b)
{
  return b->origin == ASP_ORIGIN_CUE ? b->event_id : asp_scte35_own_event_id (b->id);
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

/* A PID that carries rubbish would warn with every packet: once in a while is enough. */
static void
warn_cue (AspSplicer * s, const gchar * reason, const gchar * text)
{
  gint64 now = plan_now_90k (s);

  if (s->cue_warned && (now == ASP_NO_TIME || s->cue_warned_90k == ASP_NO_TIME ||
          ABS (now - s->cue_warned_90k) < CUE_WARNING_90K))
    return;
  s->cue_warned = TRUE;
  s->cue_warned_90k = now;
  if (s->funcs.warn)
    s->funcs.warn (s->user_data, reason, text);
}

static void
ignore_cue (AspSplicer * s, const gchar * reason)
{
  if (s->funcs.ignored)
    s->funcs.ignored (s->user_data, reason);
  s->stats.cues_ignored++;
  s->stats.last_cue_ignored = reason;
}

static void
channel_cue (AspSplicer * s, const AspScte35Section * section, const gchar * hex, gint64 now_90k)
{
  const gchar *reason = s->channel->cue (s->channel_data, section, hex,
      now_90k == ASP_NO_TIME ? ASP_NO_TIME : now_90k + s->offset_90k);

  if (reason)
    ignore_cue (s, reason);
}

static void
count_ignored (AspSplicer * s, const GArray * actions)
{
  const gchar *reason = NULL;

  for (guint i = 0; i < actions->len; i++) {
    const AspPlanAction *a = &g_array_index (actions, AspPlanAction, i);

    if (a->kind == ASP_PLAN_IGNORED) {
      reason = a->reason;
      if (s->funcs.ignored)
        s->funcs.ignored (s->user_data, reason);
    }
  }
  if (!reason)
    return;
  s->stats.cues_ignored++;
  s->stats.last_cue_ignored = reason;
}

static void
on_cue (const guint8 * data, gsize size, gpointer user_data)
{
  AspSplicer *s = user_data;
  g_autoptr (GArray) actions = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *hex = NULL;
  AspScte35Section section;
  gint64 now;

  /* another table on the PID is no cue, and nothing to act on: parsing tells */
  s->stats.cues += size > 0 && data[0] == SPLICE_INFO_TABLE_ID;
  if (!asp_scte35_parse (data, size, &section, &error)) {
    s->stats.cues_damaged++;
    warn_cue (s, "cue-damaged", error->message);
    return;
  }
  if (section.splice_command_type == ASP_SCTE35_ENCRYPTED)
    warn_cue (s, "cue-encrypted", "the cues are encrypted and there is no key: they pass, but open no break");
  hex = cue_hex (data, size);
  now = plan_now_90k (s);
  if (s->funcs.cue)
    s->funcs.cue (s->user_data, s->cue_now < s->n_cue ? s->cue_pid[s->cue_now] : ASP_PID_NULL,
        now == ASP_NO_TIME ? now : now + s->offset_90k, &section, data, size);
  if (s->channel) {
    channel_cue (s, &section, hex, now);
  } else {
    actions = asp_plan_actions_new ();
    asp_plan_cue (s->plan, &section, hex, s->config.channel, now, s->offset_90k, actions);
    count_ignored (s, actions);
    plan_carry_out (s, actions);
  }
  asp_scte35_clear (&section);
}

void
asp_splicer_insert_cue (AspSplicer * s, const guint8 * data, gsize size)
{
  s->cue_now = G_MAXUINT;       /* on no PID */
  on_cue (data, size, s);
}

void
cue_packet (AspSplicer * s, guint index, const guint8 * packet)
{
  s->cue_now = index;
  if (asp_section_assembler_push (&s->cue[index], packet, on_cue, s))
    return;
  s->stats.cues_damaged++;
  warn_cue (s, "cue-damaged", "a cue ended before its section_length said so, or packets of it are lost");
}
