/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tsc-file.h"

#include <stdio.h>
#include <string.h>

#include "tsc-psi.h"

static TscPid *
pid_new (guint number)
{
  TscPid *pid = g_new0 (TscPid, 1);

  pid->pid = number;
  pid->cc_error_packets = g_array_new (FALSE, FALSE, sizeof (gsize));
  pid->es = g_byte_array_new ();
  pid->chunks = g_array_new (FALSE, FALSE, sizeof (TscEsChunk));
  pid->pes = g_array_new (FALSE, TRUE, sizeof (TscPes));
  pid->pcr = g_array_new (FALSE, FALSE, sizeof (TscPcr));
  return pid;
}

static void
pid_free (TscPid * pid)
{
  if (pid == NULL)
    return;
  g_array_unref (pid->cc_error_packets);
  g_byte_array_unref (pid->es);
  g_array_unref (pid->chunks);
  g_array_unref (pid->pes);
  g_array_unref (pid->pcr);
  g_free (pid);
}

/* Takes the packets out of @bytes. A packet counts when a sync byte follows it, or the file ends. */
static void
collect_packets (TscFile * file, const guint8 * bytes, gsize size)
{
  gsize at = 0;
  gboolean lost = FALSE;

  file->data = g_malloc (MAX (size, 1));
  while (size - at >= TSC_SIZE) {
    gboolean next_ok = size - at < TSC_SIZE + 1 || bytes[at + TSC_SIZE] == 0x47;

    if (bytes[at] == 0x47 && (next_ok || !lost)) {
      memcpy (file->data + file->n_packets * TSC_SIZE, bytes + at, TSC_SIZE);
      file->n_packets++;
      at += TSC_SIZE;
      lost = FALSE;
      continue;
    }
    if (!lost) {
      file->sync_losses++;
      g_array_append_val (file->sync_loss_packets, file->n_packets);
    }
    lost = TRUE;
    at++;
  }
  if (size - at > 0 && !lost) {
    file->sync_losses++;
    g_array_append_val (file->sync_loss_packets, file->n_packets);
  }
}

typedef struct
{
  gint last_cc;                 /* -1: none yet */
  gboolean was_duplicate;
  const guint8 *last;           /* the last packet with payload */
} CcState;

/* 2.4.3.3: a duplicate repeats every byte but those of the PCR. */
static gboolean
is_duplicate (const guint8 * a, const guint8 * b, const TscPacket * packet)
{
  if (a == NULL)
    return FALSE;
  if (!packet->has_pcr)
    return memcmp (a, b, TSC_SIZE) == 0;
  return memcmp (a, b, 6) == 0 && memcmp (a + 12, b + 12, TSC_SIZE - 12) == 0;
}

static gboolean
cc_error (TscPid * pid, CcState * state, const guint8 * p, const TscPacket * packet)
{
  gboolean bad = FALSE, duplicate = FALSE;

  if (state->last_cc >= 0 && !packet->discontinuity) {
    if (!packet->has_payload) {
      bad = packet->cc != (guint) state->last_cc;
    } else if (packet->cc == (guint) state->last_cc) {
      duplicate = !state->was_duplicate && is_duplicate (state->last, p, packet);
      bad = !duplicate;
    } else {
      bad = packet->cc != (((guint) state->last_cc + 1) & 15);
    }
  }
  if (duplicate)
    pid->duplicates++;
  state->last_cc = (gint) packet->cc;
  if (packet->has_payload) {
    state->was_duplicate = duplicate;
    state->last = p;
  }
  return bad;
}

/* Counters of every PID. Continuity is undefined on the null PID. */
static void
count_packets (TscFile * file)
{
  CcState *states = g_new0 (CcState, TSC_PID_COUNT);
  gsize i;

  for (i = 0; i < TSC_PID_COUNT; i++)
    states[i].last_cc = -1;
  for (i = 0; i < file->n_packets; i++) {
    const guint8 *p = file->data + i * TSC_SIZE;
    TscPacket packet;
    TscPid *pid;

    tsc_packet_parse (p, &packet);
    if (packet.pid == TSC_PID_NULL) {
      file->null_packets++;
      continue;
    }
    if (file->pids[packet.pid] == NULL)
      file->pids[packet.pid] = pid_new (packet.pid);
    pid = file->pids[packet.pid];
    pid->packets++;
    pid->payload_packets += packet.has_payload ? 1 : 0;
    pid->discontinuities += packet.discontinuity ? 1 : 0;
    pid->tei += packet.tei ? 1 : 0;
    pid->scrambled += packet.scrambling != 0 ? 1 : 0;
    pid->malformed += packet.malformed ? 1 : 0;
    if (cc_error (pid, &states[packet.pid], p, &packet)) {
      pid->cc_errors++;
      g_array_append_val (pid->cc_error_packets, i);
    }
  }
  g_free (states);
}

static void
read_pcrs (TscFile * file)
{
  gint64 last = 0;
  gboolean any = FALSE;
  gsize i;

  for (i = 0; i < file->n_packets; i++) {
    TscPacket packet;
    TscPcr pcr;

    tsc_packet_parse (file->data + i * TSC_SIZE, &packet);
    if (!packet.has_pcr || file->pids[packet.pid] == NULL)
      continue;
    pcr.packet = i;
    /* one scale for all PCR PIDs: the clocks of a multiplex are near enough for 2^33 / 2 */
    pcr.pcr27m = any ? tsc_unwrap (last, packet.pcr27m, TSC_PCR_MODULUS) : packet.pcr27m;
    if (packet.pid == file->pcr_pid || !any)
      last = pcr.pcr27m;
    any = TRUE;
    g_array_append_val (file->pids[packet.pid]->pcr, pcr);
  }
}

static void
finish_pes (TscPid * pid, guint declared)
{
  TscPes *pes;

  if (pid->pes->len == 0)
    return;
  pes = &g_array_index (pid->pes, TscPes, pid->pes->len - 1);
  pes->es_size = pid->es->len - pes->es_offset;
  if (!pes->bad_header && declared != 0)
    pes->bad_length = declared != pes->es_size;
}

typedef struct
{
  gint64 last90k;               /* the time next to which the next one lies */
  guint declared;               /* bytes of elementary stream the open PES announced, 0: unbounded */
  gboolean open;
  const guint8 *last;           /* to leave duplicates out */
} PesState;

static void
open_pes (TscPid * pid, PesState * state, const guint8 * payload, guint size, gsize packet)
{
  TscPesHeader header;
  TscPes pes = { 0, };

  pes.first_packet = pes.last_packet = packet;
  pes.es_offset = pid->es->len;
  state->declared = 0;
  if (!tsc_pes_header_parse (payload, size, &header)) {
    pes.bad_header = TRUE;
  } else {
    pes.has_pts = header.has_pts;
    pes.has_dts = header.has_dts;
    if (header.has_pts) {
      pes.dts90k = tsc_unwrap (state->last90k, header.dts90k, TSC_PTS_MODULUS);
      pes.pts90k = tsc_unwrap (pes.dts90k, header.pts90k, TSC_PTS_MODULUS);
      state->last90k = pes.dts90k;
    }
    if (header.packet_length + 6 > header.header_size)
      state->declared = header.packet_length + 6 - header.header_size;
    g_byte_array_append (pid->es, payload + header.header_size, size - header.header_size);
  }
  g_array_append_val (pid->pes, pes);
}

static void
read_pes_of (TscFile * file, TscPid * pid, gint64 start90k)
{
  PesState state = { start90k, 0, FALSE, NULL };
  gsize i;

  for (i = 0; i < file->n_packets; i++) {
    const guint8 *p = file->data + i * TSC_SIZE;
    TscPacket packet;
    TscEsChunk chunk;

    tsc_packet_parse (p, &packet);
    if (packet.pid != pid->pid || packet.payload_size == 0)
      continue;
    if (is_duplicate (state.last, p, &packet))
      continue;
    state.last = p;
    chunk.es_offset = pid->es->len;
    chunk.packet = i;
    if (packet.pusi) {
      finish_pes (pid, state.declared);
      open_pes (pid, &state, p + packet.payload_offset, packet.payload_size, i);
      state.open = TRUE;
    } else if (state.open) {
      g_byte_array_append (pid->es, p + packet.payload_offset, packet.payload_size);
      g_array_index (pid->pes, TscPes, pid->pes->len - 1).last_packet = i;
    }
    g_array_append_val (pid->chunks, chunk);
  }
  finish_pes (pid, state.declared);
}

static void
read_pes (TscFile * file)
{
  TscPid *clock = file->pids[file->pcr_pid];
  gint64 start90k = 0;
  guint i;

  if (clock != NULL && clock->pcr->len > 0)
    start90k = g_array_index (clock->pcr, TscPcr, 0).pcr27m / 300;
  for (i = 0; i < TSC_PID_COUNT; i++) {
    if (file->pids[i] != NULL && file->pids[i]->kind != TSC_KIND_OTHER)
      read_pes_of (file, file->pids[i], start90k);
  }
}

static gsize
max_distance (const TscFile * file, guint pid)
{
  gsize i, last = 0, most = 0;
  gboolean any = FALSE;

  for (i = 0; i < file->n_packets; i++) {
    TscPacket packet;

    tsc_packet_parse (file->data + i * TSC_SIZE, &packet);
    if (packet.pid != pid || !packet.pusi)
      continue;
    if (any)
      most = MAX (most, i - last);
    last = i;
    any = TRUE;
  }
  return most;
}

TscFile *
tsc_file_load (const gchar * name, guint program)
{
  g_autofree gchar *bytes = NULL;
  g_autoptr (GError) error = NULL;
  TscFile *file;
  gsize size;

  if (!g_file_get_contents (name, &bytes, &size, &error)) {
    fprintf (stderr, "%s: %s\n", name, error->message);
    return NULL;
  }
  file = g_new0 (TscFile, 1);
  file->name = g_strdup (name);
  file->sync_loss_packets = g_array_new (FALSE, FALSE, sizeof (gsize));
  file->pat = g_ptr_array_new_with_free_func (tsc_section_free);
  file->pmt = g_ptr_array_new_with_free_func (tsc_section_free);
  file->pcr_pid = TSC_PID_NULL;
  collect_packets (file, (const guint8 *) bytes, size);
  count_packets (file);
  tsc_psi_read (file, program);
  read_pcrs (file);
  read_pes (file);
  file->pat_max_distance = max_distance (file, 0);
  file->pmt_max_distance = max_distance (file, file->pmt_pid);
  return file;
}

void
tsc_file_free (TscFile * file)
{
  guint i;

  if (file == NULL)
    return;
  for (i = 0; i < TSC_PID_COUNT; i++)
    pid_free (file->pids[i]);
  g_array_unref (file->sync_loss_packets);
  g_ptr_array_unref (file->pat);
  g_ptr_array_unref (file->pmt);
  g_free (file->data);
  g_free (file->name);
  g_free (file);
}

gsize
tsc_pid_packet_at (const TscPid * pid, gsize es_offset)
{
  guint low = 0, high = pid->chunks->len;

  while (high - low > 1) {
    guint mid = low + (high - low) / 2;

    if (g_array_index (pid->chunks, TscEsChunk, mid).es_offset <= es_offset)
      low = mid;
    else
      high = mid;
  }
  return pid->chunks->len > 0 ? g_array_index (pid->chunks, TscEsChunk, low).packet : 0;
}
