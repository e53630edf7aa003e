/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ts-cue: puts SCTE 35 cues into a stream: a PID of stream_type 0x86 and the CUEI registration
 * into the PMT (SCTE 35 2023r1, 8.1, 8.2), and one section for each cue, --ahead seconds before
 * its time. In a stream with null packets each cue takes the place of one, else it is added.
 * Times are seconds behind the first picture.
 *   --splice-insert S+D   out of network at S for D seconds, auto_return
 *   --splice-in S         back into the network at S
 *   --time-signal S+D     segmentation_descriptor 0x34, provider placement opportunity start
 *   --immediate S+D       splice_immediate, sent at S
 */
#include <stdio.h>
#include <string.h>

#include "tsc-edit.h"

static gchar **inserts, **ins, **signals, **immediates;
static gdouble ahead = 4;
static gint cue_pid = 0x1f0;

static const GOptionEntry entries[] = {
  {"splice-insert", 0, 0, G_OPTION_ARG_STRING_ARRAY, &inserts, "Out and back", "S+D"},
  {"splice-in", 0, 0, G_OPTION_ARG_STRING_ARRAY, &ins, "Back", "S"},
  {"time-signal", 0, 0, G_OPTION_ARG_STRING_ARRAY, &signals, "Placement opportunity", "S+D"},
  {"immediate", 0, 0, G_OPTION_ARG_STRING_ARRAY, &immediates, "Out now", "S+D"},
  {"ahead", 0, 0, G_OPTION_ARG_DOUBLE, &ahead, "Seconds (4)", "S"},
  {"pid", 0, 0, G_OPTION_ARG_INT, &cue_pid, "Of the cues (496)", "PID"},
  {NULL}
};

typedef struct
{
  gdouble send_at;              /* seconds of the programme clock behind the first PCR */
  guint8 section[64];
  gsize size;
} Cue;

typedef struct
{
  guint8 *data;
  gsize bits;
} BitWriter;

static void
put (BitWriter * w, guint count, guint64 value)
{
  while (count-- > 0) {
    if ((value >> count) & 1)
      w->data[w->bits / 8] |= (guint8) (0x80 >> (w->bits % 8));
    w->bits++;
  }
}

static void
put_splice_time (BitWriter * w, gint64 pts90k)
{
  put (w, 1, 1);
  put (w, 6, 0x3f);
  put (w, 33, (guint64) pts90k & (TSC_PTS_MODULUS - 1));
}

typedef enum
{
  CUE_OUT,
  CUE_IN,
  CUE_IMMEDIATE,
  CUE_SIGNAL,
} CueKind;

static void
put_splice_insert (BitWriter * w, CueKind kind, guint id, gint64 pts90k, gint64 duration90k)
{
  put (w, 32, id);
  put (w, 1, 0);                /* cancel */
  put (w, 7, 0x7f);
  put (w, 1, kind != CUE_IN);
  put (w, 1, 1);                /* program_splice */
  put (w, 1, kind != CUE_IN);   /* duration_flag */
  put (w, 1, kind == CUE_IMMEDIATE);
  put (w, 4, 0xf);
  if (kind != CUE_IMMEDIATE)
    put_splice_time (w, pts90k);
  if (kind != CUE_IN) {
    put (w, 1, 1);              /* auto_return */
    put (w, 6, 0x3f);
    put (w, 33, (guint64) duration90k);
  }
  put (w, 16, 1);               /* unique_program_id */
  put (w, 8, 0);
  put (w, 8, 0);
}

static void
put_segmentation (BitWriter * w, guint id, gint64 duration90k)
{
  put (w, 8, 2);
  put (w, 8, 20);
  put (w, 32, 0x43554549);
  put (w, 32, id);
  put (w, 1, 0);                /* cancel */
  put (w, 7, 0x7f);
  put (w, 1, 1);                /* program_segmentation */
  put (w, 1, 1);                /* duration_flag */
  put (w, 1, 1);                /* delivery_not_restricted */
  put (w, 5, 0x1f);
  put (w, 40, (guint64) duration90k);
  put (w, 8, 0);                /* no UPID */
  put (w, 8, 0);
  put (w, 8, 0x34);
  put (w, 8, 0);
  put (w, 8, 0);
}

static void
build_cue (Cue * cue, CueKind kind, guint id, gint64 pts90k, gint64 duration90k)
{
  BitWriter w = { cue->section, 0 };
  gsize command_start, command_bits, loop_length;

  memset (cue->section, 0, sizeof cue->section);
  put (&w, 8, 0xfc);
  put (&w, 4, 3);               /* no syntax, not private, sap_type 3 */
  put (&w, 12, 0);              /* section_length, later */
  put (&w, 8, 0);               /* protocol_version */
  put (&w, 7, 0);               /* not encrypted */
  put (&w, 33, 0);              /* pts_adjustment */
  put (&w, 8, 0);               /* cw_index */
  put (&w, 12, 0xfff);          /* tier */
  put (&w, 12, 0);              /* splice_command_length, later */
  put (&w, 8, kind == CUE_SIGNAL ? 6 : 5);
  command_start = w.bits;
  if (kind == CUE_SIGNAL)
    put_splice_time (&w, pts90k);
  else
    put_splice_insert (&w, kind, id, pts90k, duration90k);
  command_bits = w.bits - command_start;
  loop_length = kind == CUE_SIGNAL ? 22 : 0;
  put (&w, 16, loop_length);
  if (kind == CUE_SIGNAL)
    put_segmentation (&w, id, duration90k);
  cue->size = w.bits / 8 + 4;
  cue->section[2] = (guint8) (cue->size - 3);
  cue->section[11] |= (guint8) (command_bits / 8 >> 8);
  cue->section[12] = (guint8) (command_bits / 8);
  tsc_edit_seal_section (cue->section, cue->size);
}

static gboolean
add_cues (GArray * cues, gchar ** texts, CueKind kind, gint64 first90k, gdouble lead)
{
  guint i;

  for (i = 0; texts != NULL && texts[i] != NULL; i++) {
    gdouble at, duration = 0;
    Cue cue;

    if (sscanf (texts[i], "%lf+%lf", &at, &duration) < (kind == CUE_IN ? 1 : 2)) {
      fprintf (stderr, "ts-cue: '%s' is not START+DURATION\n", texts[i]);
      return FALSE;
    }
    build_cue (&cue, kind, cues->len + 1, first90k + (gint64) (at * 90000 + 0.5),
        (gint64) (duration * 90000 + 0.5));
    cue.send_at = MAX (at - lead, 0);
    g_array_append_val (cues, cue);
  }
  return TRUE;
}

/* PMT with CUEI and the cue PID behind the other streams. */
static void
extend_pmt (guint8 * packet)
{
  static const guint8 cuei[] = { 0x05, 4, 'C', 'U', 'E', 'I' };
  TscPacket info;
  guint8 *s;
  gsize size, info_length;

  tsc_packet_parse (packet, &info);
  s = packet + info.payload_offset + 1 + packet[info.payload_offset];
  size = 3 + (((s[1] & 0x0fu) << 8) | s[2]);
  if (!info.pusi || s + size + sizeof cuei + 5 > packet + TSC_SIZE || size < 16)
    return;
  info_length = ((s[10] & 0x0fu) << 8) | s[11];
  memmove (s + 12 + info_length + sizeof cuei, s + 12 + info_length, size - 4 - 12 - info_length);
  memcpy (s + 12 + info_length, cuei, sizeof cuei);
  info_length += sizeof cuei;
  size += sizeof cuei;
  s[10] = (guint8) (0xf0 | (info_length >> 8));
  s[11] = (guint8) info_length;
  s[size - 4] = 0x86;
  s[size - 3] = (guint8) (0xe0 | (cue_pid >> 8));
  s[size - 2] = (guint8) cue_pid;
  s[size - 1] = 0xf0;
  s[size] = 0;
  size += 5;
  s[1] = (guint8) ((s[1] & 0xf0) | ((size - 3) >> 8));
  s[2] = (guint8) (size - 3);
  tsc_edit_seal_section (s, size);
}

static GByteArray *
insert_cues (const TscFile * file, GArray * cues, gint64 first90k)
{
  g_autoptr (GByteArray) in = tsc_edit_copy (file);
  GByteArray *out = g_byte_array_new ();
  gint64 clock27m = 0;
  gboolean cbr = file->null_packets > file->n_packets / 100;
  guint next = 0, i;
  gsize at;

  for (at = 0; at < file->n_packets; at++) {
    guint8 *p = tsc_edit_packet (in, at);
    TscPacket info;

    tsc_packet_parse (p, &info);
    if (info.pid == file->pmt_pid)
      extend_pmt (p);
    if (info.has_pcr && info.pid == file->pcr_pid)
      clock27m = info.pcr27m;
    i = next;
    if (next < cues->len && (!cbr || info.pid == TSC_PID_NULL) && clock27m != 0 &&
        tsc_unwrap (0, clock27m / 300 - first90k, TSC_PTS_MODULUS) >=
        g_array_index (cues, Cue, next).send_at * 90000) {
      const Cue *cue = &g_array_index (cues, Cue, next++);

      tsc_edit_append_section (out, (guint) cue_pid, cue->section, cue->size);
    }
    if (i == next || !cbr)
      g_byte_array_append (out, p, TSC_SIZE);
  }
  tsc_edit_recount (out, (guint) cue_pid);
  return out;
}

static gint
compare_cues (gconstpointer a, gconstpointer b)
{
  const Cue *x = a, *y = b;

  return x->send_at < y->send_at ? -1 : x->send_at > y->send_at;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) options = g_option_context_new ("IN.ts OUT.ts - put cues in");
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) out = NULL;
  g_autoptr (GArray) cues = g_array_new (FALSE, FALSE, sizeof (Cue));
  gint64 first90k = G_MAXINT64;
  TscFile *file;
  guint i;
  gboolean ok = FALSE;

  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error) || argc != 3) {
    fprintf (stderr, "ts-cue: %s\n", error != NULL ? error->message : "IN.ts OUT.ts are wanted");
    return 2;
  }
  file = tsc_file_load (argv[1], 0);
  if (file == NULL || file->video == NULL)
    return 2;
  for (i = 0; i < file->video->pes->len; i++)
    first90k = MIN (first90k, g_array_index (file->video->pes, TscPes, i).pts90k);
  if (add_cues (cues, inserts, CUE_OUT, first90k, ahead) &&
      add_cues (cues, ins, CUE_IN, first90k, ahead) &&
      add_cues (cues, signals, CUE_SIGNAL, first90k, ahead) &&
      add_cues (cues, immediates, CUE_IMMEDIATE, first90k, 0)) {
    g_array_sort (cues, compare_cues);
    out = insert_cues (file, cues, first90k);
    ok = tsc_edit_save (out, argv[2]);
  }
  tsc_file_free (file);
  return ok ? 0 : 1;
}
