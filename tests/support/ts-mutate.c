/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ts-mutate DEFECT --at S [--until S] IN.ts OUT.ts: sows one defect into a good stream, so
 * that the judge can be judged. Times are seconds behind the first picture. "--list" names
 * the defects.
 */
#include <stdio.h>
#include <string.h>

#include "tsc-edit.h"

static gdouble at_seconds = 1, until_seconds = 1e9;
static gboolean list_only;

static const GOptionEntry entries[] = {
  {"at", 0, 0, G_OPTION_ARG_DOUBLE, &at_seconds, "Where (1)", "S"},
  {"until", 0, 0, G_OPTION_ARG_DOUBLE, &until_seconds, "Where it ends, for those that last", "S"},
  {"list", 0, 0, G_OPTION_ARG_NONE, &list_only, "Name the defects", NULL},
  {NULL}
};

typedef struct
{
  TscFile *file;
  GByteArray *packets;
  const TscPid *video;
  const TscPid *audio;          /* the first audio */
  gint64 from90k, to90k;
  gsize from_packet;            /* of the video PES from which on it goes wrong */
} Field;

typedef void (*DefectFunc) (Field * field);

static guint
pid_of (const guint8 * p)
{
  return ((p[1] & 0x1fu) << 8) | p[2];
}

/* The first PES of @pid at or behind --at. */
static const TscPes *
pes_from (const Field * field, const TscPid * pid)
{
  guint i;

  for (i = 1; i < pid->pes->len; i++) {
    const TscPes *pes = &g_array_index (pid->pes, TscPes, i);

    if (pes->dts90k >= field->from90k)
      return pes;
  }
  return &g_array_index (pid->pes, TscPes, pid->pes->len - 1);
}

static gboolean
lasts_at (const Field * field, gint64 time90k)
{
  return time90k >= field->from90k && time90k < field->to90k;
}

static void
remove_packet (Field * field, gsize index)
{
  g_byte_array_remove_range (field->packets, (guint) (index * TSC_SIZE), TSC_SIZE);
}

/* Packets of one PES; the PCR of those that go stays, in packets without payload. */
static void
remove_pes (Field * field, const TscPid * pid, const TscPes * pes)
{
  gsize i;

  for (i = pes->last_packet + 1; i-- > pes->first_packet;) {
    guint8 *p = tsc_edit_packet (field->packets, i);
    TscPacket info;

    tsc_packet_parse (p, &info);
    if (info.pid != pid->pid || !info.has_payload)
      continue;
    if (!info.has_pcr) {
      remove_packet (field, i);
      continue;
    }
    p[3] = (guint8) (0x20 | info.cc);
    memset (p + 12, 0xff, TSC_SIZE - 12);
    p[4] = 183;
    p[5] = 0x10;
  }
  tsc_edit_recount (field->packets, pid->pid);
}

static void
move_all (Field * field, const TscPid * pid, gint64 pts_by_90k, gint64 dts_by_90k)
{
  guint i;

  for (i = 0; i < pid->pes->len; i++) {
    const TscPes *pes = &g_array_index (pid->pes, TscPes, i);

    if (pes->has_pts && lasts_at (field, pes->pts90k))
      tsc_edit_move_pes (tsc_edit_packet (field->packets, pes->first_packet), pts_by_90k,
          dts_by_90k);
  }
}

static void
count_wrong (Field * field)
{
  gsize i;

  for (i = field->from_packet; i < field->packets->len / TSC_SIZE; i++) {
    guint8 *p = tsc_edit_packet (field->packets, i);

    if (pid_of (p) == field->video->pid)
      p[3] = (guint8) ((p[3] & 0xf0) | ((p[3] + 5) & 15));
  }
}

static void
lose_packet (Field * field)
{
  remove_packet (field, pes_from (field, field->video)->last_packet);
}

static gsize
audio_packet (const Field * field)
{
  return pes_from (field, field->audio)->last_packet;
}

static void
repeat_packet (Field * field, guint times)
{
  gsize index = audio_packet (field);
  GByteArray *out = g_byte_array_new ();
  const guint8 *p = tsc_edit_packet (field->packets, index);

  g_byte_array_append (out, field->packets->data, (guint) ((index + 1) * TSC_SIZE));
  while (times-- > 0)
    g_byte_array_append (out, p, TSC_SIZE);
  g_byte_array_append (out, field->packets->data + (index + 1) * TSC_SIZE,
      field->packets->len - (guint) ((index + 1) * TSC_SIZE));
  g_byte_array_unref (field->packets);
  field->packets = out;
}

static void
duplicate (Field * field)
{
  repeat_packet (field, 1);
}

static void
triplicate (Field * field)
{
  repeat_packet (field, 2);
}

static void
move_pcrs (Field * field, gsize from, gsize to, gint64 by27m)
{
  gsize i;

  for (i = from; i < MIN (to, field->packets->len / TSC_SIZE); i++) {
    guint8 *p = tsc_edit_packet (field->packets, i);
    TscPacket info;

    tsc_packet_parse (p, &info);
    if (info.has_pcr)
      tsc_write_pcr (p, info.pcr27m + by27m);
  }
}

static void
step_pcr (Field * field)
{
  move_pcrs (field, field->from_packet, G_MAXSIZE, 200 * 27000);
}

static void
set_pcr_back (Field * field)
{
  gsize i = field->from_packet;
  TscPacket info;

  do {
    tsc_packet_parse (tsc_edit_packet (field->packets, i++), &info);
  } while (!info.has_pcr);
  move_pcrs (field, i - 1, i, -150 * 27000);
}

static void
lose_pcrs (Field * field)
{
  gsize i = field->from_packet;
  guint lost = 0;

  for (; lost < 6 && i < field->packets->len / TSC_SIZE; i++) {
    guint8 *p = tsc_edit_packet (field->packets, i);
    TscPacket info;

    tsc_packet_parse (p, &info);
    if (!info.has_pcr)
      continue;
    p[5] &= (guint8) ~ 0x10;
    memset (p + 6, 0xff, 6);
    lost++;
  }
}

static void
flag_discontinuity (Field * field)
{
  gsize i = field->from_packet;
  TscPacket info;

  do {
    tsc_packet_parse (tsc_edit_packet (field->packets, i++), &info);
  } while (!info.has_pcr);
  tsc_edit_packet (field->packets, i - 1)[5] |= 0x80;
}

static void
hole_audio (Field * field)
{
  remove_pes (field, field->audio, pes_from (field, field->audio));
}

static void
overlap_audio (Field * field)
{
  move_all (field, field->audio, -60 * 90, -60 * 90);
}

static void
offset_audio (Field * field)
{
  move_all (field, field->audio, 100 * 90, 100 * 90);
}

/* The header of the first frame in a PES. */
static void
break_audio (Field * field)
{
  guint8 *p = tsc_edit_packet (field->packets, pes_from (field, field->audio)->first_packet);
  TscPacket info;
  TscPesHeader header;

  tsc_packet_parse (p, &info);
  if (tsc_pes_header_parse (p + info.payload_offset, info.payload_size, &header))
    memset (p + info.payload_offset + header.header_size, 0, 8);
}

static void
lie_about_length (Field * field)
{
  guint8 *p = tsc_edit_packet (field->packets, pes_from (field, field->audio)->first_packet);
  TscPacket info;

  tsc_packet_parse (p, &info);
  p[info.payload_offset + 5] ^= 0x10;
}

static void
stop_dts (Field * field)
{
  const TscPes *pes = pes_from (field, field->video);
  const TscPes *before = pes - 1;

  tsc_edit_move_pes (tsc_edit_packet (field->packets, pes->first_packet), pes->has_dts ? 0 :
      before->dts90k - pes->pts90k, before->dts90k - pes->dts90k);
}

static void
raise_dts (Field * field)
{
  const TscPes *pes = pes_from (field, field->video);

  while (!pes->has_dts)
    pes++;
  tsc_edit_move_pes (tsc_edit_packet (field->packets, pes->first_packet), 0,
      pes->pts90k - pes->dts90k + 1);
}

static void
lose_frame (Field * field)
{
  remove_pes (field, field->video, pes_from (field, field->video));
}

static void
double_frame (Field * field)
{
  const TscPes *pes = pes_from (field, field->video);
  GByteArray *out = g_byte_array_new ();
  gsize i;

  g_byte_array_append (out, field->packets->data, (guint) ((pes->last_packet + 1) * TSC_SIZE));
  for (i = pes->first_packet; i <= pes->last_packet; i++) {
    if (pid_of (tsc_edit_packet (field->packets, i)) == field->video->pid)
      g_byte_array_append (out, tsc_edit_packet (field->packets, i), TSC_SIZE);
  }
  g_byte_array_append (out, field->packets->data + (pes->last_packet + 1) * TSC_SIZE,
      field->packets->len - (guint) ((pes->last_packet + 1) * TSC_SIZE));
  g_byte_array_unref (field->packets);
  field->packets = out;
  tsc_edit_recount (field->packets, field->video->pid);
}

static void
gap_video (Field * field)
{
  move_all (field, field->video, 3600, 3600);
}

static void
damage_video (Field * field)
{
  const TscPes *pes = pes_from (field, field->video);
  gsize i;

  while (pes->es_size < 600)
    pes++;
  for (i = pes->first_packet + 1; pid_of (tsc_edit_packet (field->packets, i)) !=
      field->video->pid; i++);
  memset (tsc_edit_packet (field->packets, i) + 100, 0x5a, 40);
}

static void
all_later (Field * field)
{
  move_all (field, field->video, -90000, -90000);
  move_all (field, field->audio, -90000, -90000);
}

static void
margin_smaller (Field * field)
{
  move_all (field, field->video, -300 * 90, -300 * 90);
  move_all (field, field->audio, -300 * 90, -300 * 90);
}

/* PTS - DTS of the pictures in the time given becomes two frames more. */
static void
reorder_more (Field * field)
{
  guint i;

  for (i = 0; i < field->video->pes->len; i++) {
    const TscPes *pes = &g_array_index (field->video->pes, TscPes, i);

    if (pes->has_dts && lasts_at (field, pes->pts90k))
      tsc_edit_move_pes (tsc_edit_packet (field->packets, pes->first_packet), 0, -600);
  }
}

static void
change_sections (Field * field, guint pid, gboolean seal)
{
  gsize i;

  for (i = field->from_packet; i < field->packets->len / TSC_SIZE; i++) {
    guint8 *p = tsc_edit_packet (field->packets, i), *section;
    TscPacket info;

    tsc_packet_parse (p, &info);
    if (info.pid != pid || !info.pusi)
      continue;
    section = p + info.payload_offset + 1 + p[info.payload_offset];
    section[5] ^= 0x02;         /* version_number */
    if (seal)
      tsc_edit_seal_section (section, 3 + (((section[1] & 0x0fu) << 8) | section[2]));
  }
}

static void
change_pmt (Field * field)
{
  change_sections (field, field->file->pmt_pid, TRUE);
}

static void
change_pat (Field * field)
{
  change_sections (field, 0, TRUE);
}

static void
spoil_pmt (Field * field)
{
  change_sections (field, field->file->pmt_pid, FALSE);
}

static void
change_pid (Field * field)
{
  gsize i;

  for (i = field->from_packet; i < field->packets->len / TSC_SIZE; i++) {
    guint8 *p = tsc_edit_packet (field->packets, i);

    if (pid_of (p) == field->audio->pid)
      p[2] ^= 0x40;
  }
}

static void
add_null (Field * field)
{
  guint8 p[TSC_SIZE] = { 0x47, 0x1f, 0xff, 0x10, };

  g_byte_array_append (field->packets, p, TSC_SIZE);
}

static void
lose_sync (Field * field)
{
  GByteArray *out = g_byte_array_new ();
  guint at = (guint) (field->from_packet * TSC_SIZE);

  g_byte_array_append (out, field->packets->data, at);
  g_byte_array_append (out, (const guint8 *) "junk!", 5);
  g_byte_array_append (out, field->packets->data + at, field->packets->len - at);
  g_byte_array_unref (field->packets);
  field->packets = out;
}

static const struct
{
  const gchar *name;
  DefectFunc func;
} defects[] = {
  {"none", NULL}, {"cc", count_wrong}, {"packet-lost", lose_packet}, {"duplicate", duplicate},
  {"triplicate", triplicate}, {"pcr-step", step_pcr}, {"pcr-back", set_pcr_back},
  {"pcr-lost", lose_pcrs}, {"discontinuity", flag_discontinuity}, {"audio-hole", hole_audio},
  {"audio-overlap", overlap_audio}, {"audio-offset", offset_audio}, {"audio-broken", break_audio},
  {"pes-length", lie_about_length}, {"dts-stops", stop_dts}, {"dts-above", raise_dts},
  {"frame-lost", lose_frame}, {"frame-doubled", double_frame}, {"video-gap", gap_video},
  {"video-damaged", damage_video}, {"late", all_later}, {"margin", margin_smaller},
  {"reorder", reorder_more}, {"pmt-version", change_pmt}, {"pat-version", change_pat},
  {"pmt-crc", spoil_pmt}, {"pid-moved", change_pid}, {"null-added", add_null},
  {"sync", lose_sync},
};

static DefectFunc
find_defect (const gchar * name, gboolean * found)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (defects); i++) {
    if (strcmp (defects[i].name, name) == 0) {
      *found = TRUE;
      return defects[i].func;
    }
  }
  *found = FALSE;
  return NULL;
}

static gboolean
open_field (Field * field, const gchar * name)
{
  gint64 first90k = G_MAXINT64;
  guint i;

  field->file = tsc_file_load (name, 0);
  if (field->file == NULL || field->file->video == NULL)
    return FALSE;
  field->video = field->file->video;
  for (i = 0; i < TSC_PID_COUNT && field->audio == NULL; i++) {
    if (field->file->pids[i] != NULL && field->file->pids[i]->kind == TSC_KIND_AUDIO)
      field->audio = field->file->pids[i];
  }
  for (i = 0; i < field->video->pes->len; i++)
    first90k = MIN (first90k, g_array_index (field->video->pes, TscPes, i).pts90k);
  field->from90k = first90k + (gint64) (at_seconds * 90000);
  field->to90k = first90k + (gint64) (MIN (until_seconds, 1e6) * 90000);
  field->from_packet = pes_from (field, field->video)->first_packet;
  field->packets = tsc_edit_copy (field->file);
  return field->audio != NULL;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("DEFECT IN.ts OUT.ts");
  g_autoptr (GError) error = NULL;
  Field field = { 0, };
  gboolean found = FALSE, ok;
  DefectFunc defect;
  gsize i;

  g_option_context_add_main_entries (options, entries, NULL);
  ok = g_option_context_parse (options, &argc, &argv, &error);
  for (i = 0; list_only && i < G_N_ELEMENTS (defects); i++)
    printf ("%s\n", defects[i].name);
  if (list_only)
    return 0;
  defect = ok && argc == 4 ? find_defect (argv[1], &found) : NULL;
  if (!found) {
    fprintf (stderr, "ts-mutate: %s\n", error != NULL ? error->message : "DEFECT IN OUT, see --list");
    return 2;
  }
  if (!open_field (&field, argv[2])) {
    fprintf (stderr, "ts-mutate: %s: a video and an audio stream are wanted\n", argv[2]);
    return 2;
  }
  if (defect != NULL)
    defect (&field);
  ok = tsc_edit_save (field.packets, argv[3]);
  g_byte_array_unref (field.packets);
  tsc_file_free (field.file);
  return ok ? 0 : 1;
}
