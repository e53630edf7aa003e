/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hlc-media.h"

#include <string.h>

#include "tsc-audio.h"

#define SECOND_27M G_GINT64_CONSTANT (27000000)

/* -- packets -- */

static HlcPid *
pid_of (HlcMedia * media, guint number)
{
  HlcPid pid = {.pid = number };
  guint i;

  for (i = 0; i < media->pids->len; i++)
    if (g_array_index (media->pids, HlcPid, i).pid == number)
      return &g_array_index (media->pids, HlcPid, i);
  g_array_append_val (media->pids, pid);
  return &g_array_index (media->pids, HlcPid, media->pids->len - 1);
}

static void
read_packets (HlcMedia * media, const TscFile * file)
{
  gsize i;

  for (i = 0; i < file->n_packets; i++) {
    TscPacket packet;
    gboolean first;
    HlcPid *pid;

    tsc_packet_parse (file->data + i * TSC_SIZE, &packet);
    if (packet.pid == TSC_PID_NULL)
      continue;
    first = hlc_media_pid (media, packet.pid) == NULL;
    pid = pid_of (media, packet.pid);
    if (first)
      pid->flagged = packet.discontinuity;
    else if (packet.discontinuity)
      media->idle_flags++;
    if (!packet.has_payload)
      continue;
    if (!pid->has_cc)
      pid->first_cc = packet.cc;
    pid->has_cc = TRUE;
    pid->last_cc = packet.cc;
  }
}

static void
read_psi (HlcMedia * media, const TscFile * file)
{
  const TscSection *pat = file->pat->len > 0 ? g_ptr_array_index (file->pat, 0) : NULL;
  const TscSection *pmt =
      file->pmt->len > 0 ? g_ptr_array_index (file->pmt, file->pmt->len - 1) : NULL;
  TscPacket packet;
  GString *hex = g_string_new (NULL);
  gsize i;

  for (i = 8; pat != NULL && i + 8 <= pat->size; i += 4)
    media->programs += pat->data[i] != 0 || pat->data[i + 1] != 0 ? 1 : 0;
  for (i = 0; pmt != NULL && i < pmt->size; i++)
    g_string_append_printf (hex, "%02x", pmt->data[i]);
  media->pmt = g_string_free (hex, FALSE);
  media->pmt_versions = file->pmt->len;
  media->pmt_pid = file->pmt_pid;
  media->pcr_pid = file->pcr_pid;
  if (file->n_packets < 2 || pmt == NULL)
    return;
  tsc_packet_parse (file->data, &packet);
  if (packet.pid != 0 || !packet.pusi)
    return;
  tsc_packet_parse (file->data + TSC_SIZE, &packet);
  media->psi_first = packet.pid == file->pmt_pid && packet.pusi;
}

static void
read_clock (HlcMedia * media, const TscFile * file)
{
  const TscPid *clock = file->pids[file->pcr_pid];
  guint i;

  if (clock == NULL || clock->pcr->len == 0)
    return;
  media->n_pcr = clock->pcr->len;
  media->first_pcr27m = g_array_index (clock->pcr, TscPcr, 0).pcr27m;
  media->last_pcr27m = g_array_index (clock->pcr, TscPcr, clock->pcr->len - 1).pcr27m;
  for (i = 1; i < clock->pcr->len; i++) {
    gint64 step27m = g_array_index (clock->pcr, TscPcr, i).pcr27m -
        g_array_index (clock->pcr, TscPcr, i - 1).pcr27m;

    if (step27m < 0 || step27m > SECOND_27M)
      media->pcr_steps++;
  }
  /* a base that changes inside may be flagged */
  media->idle_flags -= MIN (media->idle_flags, media->pcr_steps);
}

/* -- access units -- */

static guint64
digest_of (const TscPid * pid, gint64 pts90k, gsize offset, gsize size)
{
  guint64 hash = 14695981039346656037ULL;
  gsize i;

  hash = (hash ^ (guint64) (pts90k & (TSC_PTS_MODULUS - 1))) * 1099511628211ULL;
  hash = (hash ^ pid->pid) * 1099511628211ULL;
  for (i = 0; i < size; i++)
    hash = (hash ^ pid->es->data[offset + i]) * 1099511628211ULL;
  return hash;
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}

/* The middle of the steps between pictures in the order of the screen. */
static gint64
middle_step (GArray * times)
{
  g_autoptr (GArray) steps = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint i;

  g_array_sort (times, compare_times);
  for (i = 1; i < times->len; i++) {
    gint64 step = g_array_index (times, gint64, i) - g_array_index (times, gint64, i - 1);

    g_array_append_val (steps, step);
  }
  g_array_sort (steps, compare_times);
  return steps->len > 0 ? g_array_index (steps, gint64, steps->len / 2) : 0;
}

static void
read_video (HlcMedia * media, const TscPid * pid, HlcTrack * track)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  guint i;

  for (i = 0; i < pid->pes->len; i++) {
    const TscPes *pes = &g_array_index (pid->pes, TscPes, i);
    guint64 digest = digest_of (pid, pes->pts90k, pes->es_offset, pes->es_size);

    g_array_append_val (media->aus, digest);
    if (!pes->has_pts)
      continue;
    if (times->len == 0)
      track->first_dts90k = pes->dts90k;
    track->last_dts90k = pes->dts90k;
    g_array_append_val (times, pes->pts90k);
  }
  if (times->len == 0)
    return;
  track->has_times = TRUE;
  track->frame90k = middle_step (times);
  track->first_pts90k = g_array_index (times, gint64, 0);
  track->end_pts90k = g_array_index (times, gint64, times->len - 1) + track->frame90k;
}

static void
read_audio (HlcMedia * media, const TscPid * pid, HlcTrack * track)
{
  g_autoptr (TscAuList) list = tsc_au_list_new (pid);
  guint i;

  for (i = 0; i < list->au->len; i++) {
    const TscAu *au = &g_array_index (list->au, TscAu, i);
    guint64 digest = digest_of (pid, au->pts90k, au->es_offset, au->es_size);

    g_array_append_val (media->aus, digest);
    if (!au->timed)
      continue;
    if (!track->has_times)
      track->first_pts90k = track->first_dts90k = au->pts90k;
    track->has_times = TRUE;
    track->last_dts90k = au->pts90k;
    track->frame90k = au->duration90k;
    track->end_pts90k = au->pts90k + au->duration90k;
  }
}

/* -- what a decoder needs to begin -- */

/* The first NAL units up to the first slice; H.264 7.4.1, HEVC 7.4.2.2, 13818-2 6.2. */
static gboolean
is_random_access (const guint8 * es, gsize size, TscCodec codec)
{
  gboolean sps = FALSE, pps = FALSE;
  gsize i;

  for (i = 0; i + 5 < size; i++) {
    guint8 byte = es[i + 3];
    guint type;

    if (es[i] != 0 || es[i + 1] != 0 || es[i + 2] != 1)
      continue;
    if (codec == TSC_CODEC_H264) {
      type = byte & 31;
      sps |= type == 7;
      pps |= type == 8;
      if (type >= 1 && type <= 5)
        return type == 5 && sps && pps;
    } else if (codec == TSC_CODEC_HEVC) {
      type = (byte >> 1) & 63;
      sps |= type == 33;
      pps |= type == 34;
      if (type < 32)
        return type >= 16 && type <= 21 && sps && pps;
    } else {
      sps |= byte == 0xb3;
      if (byte == 0x00)
        return sps && ((es[i + 5] >> 3) & 7) == 1;
    }
  }
  return FALSE;
}

static void
add_codec (HlcMedia * media, const gchar * codec)
{
  gchar *all = media->codecs ? g_strconcat (media->codecs, ",", codec, NULL) : g_strdup (codec);

  g_free (media->codecs);
  media->codecs = all;
}

static void
read_codec (HlcMedia * media, const TscPid * pid)
{
  g_autofree gchar *text = NULL;
  const guint8 *es = pid->es->data;
  gsize size = pid->es->len, i;

  switch (pid->codec) {
    case TSC_CODEC_H264:
      for (i = 0; text == NULL && i + 7 < size; i++)
        if (es[i] == 0 && es[i + 1] == 0 && es[i + 2] == 1 && (es[i + 3] & 31) == 7)
          text = g_strdup_printf ("avc1.%02x%02x%02x", es[i + 4], es[i + 5], es[i + 6]);
      break;
    case TSC_CODEC_HEVC:
      text = g_strdup ("hvc1");
      break;
    case TSC_CODEC_ADTS:
      if (size > 3)
        text = g_strdup_printf ("mp4a.40.%u", (es[2] >> 6) + 1u);
      break;
    default:                   /* no string of theirs is agreed on for transport streams */
      break;
  }
  if (text != NULL)
    add_codec (media, text);
}

static void
read_track (HlcMedia * media, const TscFile * file, const TscPid * pid)
{
  HlcTrack track = {.pid = pid->pid,.stream_type = pid->stream_type,.kind = pid->kind };

  if (pid->kind == TSC_KIND_VIDEO)
    read_video (media, pid, &track);
  else if (pid->kind == TSC_KIND_AUDIO)
    read_audio (media, pid, &track);
  if (pid->kind != TSC_KIND_OTHER)
    read_codec (media, pid);
  if (pid == file->video && pid->pes->len > 0) {
    const TscPes *first = &g_array_index (pid->pes, TscPes, 0);

    media->random_access =
        is_random_access (pid->es->data + first->es_offset, first->es_size, pid->codec);
  }
  g_array_append_val (media->tracks, track);
}

HlcMedia *
hlc_media_load (const gchar * name)
{
  HlcMedia *media = g_new0 (HlcMedia, 1);
  TscFile *file = name && g_file_test (name, G_FILE_TEST_IS_REGULAR) ? tsc_file_load (name, 0) : NULL;
  guint i;

  media->pids = g_array_new (FALSE, FALSE, sizeof (HlcPid));
  media->tracks = g_array_new (FALSE, FALSE, sizeof (HlcTrack));
  media->aus = g_array_new (FALSE, FALSE, sizeof (guint64));
  if (file != NULL && file->n_packets > 0) {
    media->read = TRUE;
    media->size = file->n_packets * TSC_SIZE;
    read_packets (media, file);
    read_psi (media, file);
    read_clock (media, file);
    media->damaged = file->sync_losses + file->bad_sections;
    for (i = 0; i < TSC_PID_COUNT; i++) {
      const TscPid *pid = file->pids[i];

      if (pid == NULL)
        continue;
      media->cc_errors += pid->cc_errors;
      media->damaged += pid->malformed + pid->scrambled + pid->tei;
      if (pid->in_pmt)
        read_track (media, file, pid);
    }
  }
  tsc_file_free (file);
  return media;
}

void
hlc_media_free (HlcMedia * media)
{
  if (media == NULL)
    return;
  g_array_unref (media->pids);
  g_array_unref (media->tracks);
  g_array_unref (media->aus);
  g_free (media->pmt);
  g_free (media->codecs);
  g_free (media);
}

const HlcTrack *
hlc_media_track (const HlcMedia * media, TscKind kind)
{
  guint i;

  for (i = 0; i < media->tracks->len; i++)
    if (g_array_index (media->tracks, HlcTrack, i).kind == kind)
      return &g_array_index (media->tracks, HlcTrack, i);
  return NULL;
}

const HlcPid *
hlc_media_pid (const HlcMedia * media, guint pid)
{
  guint i;

  for (i = 0; i < media->pids->len; i++)
    if (g_array_index (media->pids, HlcPid, i).pid == pid)
      return &g_array_index (media->pids, HlcPid, i);
  return NULL;
}
