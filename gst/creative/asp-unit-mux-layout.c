/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-unit-mux-private.h"

#include <string.h>

#include <asp-es-audio.h>
#include <asp-ts-packet.h>
#include <asp-ts-pes.h>

#define CC_ROUND 16             /* packets with payload on a PID come in so many, so that CC ends where it began */
#define PSI_INTERVAL_27M (ASP_SECOND_27M * 4 / 10)      /* TR 101 290 1.3, 1.5: 0.5 s */
#define PCR_INTERVAL_27M (ASP_SECOND_27M * 32 / 1000)   /* 40 ms: TR 101 290 2.3a */
#define AUDIO_PES_BYTES 1024    /* frames are put together until a PES has so many */
#define AUDIO_PES_FRAMES_MAX 4
#define PCR_FIELD 8             /* adaptation field with a PCR, and with flags alone */
#define FLAGS_FIELD 2
#define FIRST_PAYLOAD_MIN (ASP_PES_HEADER_MAX + 5)      /* of a PES that is spread: some readers want its header in one piece */

/* A PES on its way into packets. */
typedef struct
{
  guint track;
  guint8 *data;                 /* owned: header and access units */
  gsize size;
  gint64 due_27m;               /* DTS or PTS, from the unit's first DTS on */
  gboolean random_access;
  gboolean clock;               /* its first packet carries the PCR */
  guint packets, least;         /* that it takes, and would take at the least */
} Pes;

typedef struct
{
  AspUnitMux *m;
  MuxUnit *unit;
  GArray *pes;                  /* of Pes, in the order in which they go */
  guint count[ASP_RENDITION_TRACKS_MAX];        /* packets with payload */
  guint psi_sent, psi_total;    /* repetitions */
  guint psi_cc[2];
  guint expected;               /* packets of the unit, about */
  guint pcr_step, since_pcr;    /* packets */
  guint idle_each;              /* packets without payload behind each other one, where the rate is very low */
} Layout;

/* --- PES ---------------------------------------------------------------------------- */

static void
pes_clear (gpointer data)
{
  g_free (((Pes *) data)->data);
}

static gint
by_due (gconstpointer a, gconstpointer b)
{
  const Pes *x = a, *y = b;

  if (x->due_27m != y->due_27m)
    return x->due_27m < y->due_27m ? -1 : 1;
  return (gint) x->track - (gint) y->track;
}

static guint8
stream_id (const AspUnitMux * m, guint track)
{
  AspCodec codec = m->r.tracks[track].codec;

  if ((gint) track == m->r.video)
    return 0xe0;
  if (codec == ASP_CODEC_AC3 || codec == ASP_CODEC_EAC3)
    return 0xbd;                /* private_stream_1: ATSC A/52 A.3, EN 300 468 D */
  return (guint8) (0xc0 + (track & 0x1f));
}

/* Access units [first, end) of @track as one PES. */
static void
add_pes (Layout * l, guint track, guint first, guint end, gint64 pts90k, gint64 dts90k, gint64 due_27m)
{
  const GArray *aus = l->m->tracks[track].aus;
  Pes pes = { track, NULL, 0, due_27m, };
  gsize size = 0, at;

  for (guint i = first; i < end; i++)
    size += g_array_index (aus, MuxAu, i).size;
  pes.data = g_malloc (ASP_PES_HEADER_MAX + size);
  at = asp_pes_write_header (pes.data, stream_id (l->m, track), size, pts90k, dts90k);
  for (guint i = first; i < end; i++) {
    MuxAu *au = &g_array_index (aus, MuxAu, i);

    memcpy (pes.data + at, au->data, au->size);
    at += au->size;
    pes.random_access |= au->random_access;
    g_clear_pointer (&au->data, g_free);
  }
  pes.size = at;
  g_array_append_val (l->pes, pes);
}

static void
add_pictures (Layout * l, guint first, guint end)
{
  const AspRendition *r = &l->m->r;
  const GArray *aus = l->m->tracks[r->video].aus;

  for (guint i = first; i < end; i++) {
    gint64 number = g_array_index (aus, MuxAu, i).number;
    gint64 pts90k = ASP_UNIT_FIRST_PTS_90K + asp_rendition_frame_time (r, number, ASP_SECOND_90K);
    gint64 dts90k = ASP_UNIT_FIRST_PTS_90K + asp_rendition_frame_time (r, i, ASP_SECOND_90K) - r->reorder_90k;

    add_pes (l, (guint) r->video, i, i + 1, pts90k, MIN (dts90k, pts90k),
        asp_rendition_frame_time (r, i, ASP_SECOND_27M) - l->unit->start_27m);
  }
}

/* The first frame of @t that belongs behind picture @frame: the one that sounds when it is shown
 * belongs to it, so that a unit's sound begins at or before its picture. */
static guint
frame_of_audio (const AspRendition * r, const MuxTrack * t, gint64 frame)
{
  return (guint) ((__int128) frame * r->fps_den * t->sample_rate / ((__int128) r->fps_num * t->samples));
}

static guint
all_of_audio (const AspRendition * r, const MuxTrack * t, gint64 frames)
{
  __int128 unit = (__int128) r->fps_num * t->samples;

  return (guint) (((__int128) frames * r->fps_den * t->sample_rate + unit / 2) / unit);
}

static void
add_audio (Layout * l, guint track, gint64 end_frame, gboolean last)
{
  MuxTrack *t = &l->m->tracks[track];
  const AspRendition *r = &l->m->r;
  guint end;

  if (t->aus->len == 0)
    return;
  end = last ? all_of_audio (r, t, end_frame) : frame_of_audio (r, t, end_frame);
  end = MIN (end, t->aus->len);
  while (t->next < end) {
    gint64 at_90k = asp_audio_samples_to_90k ((guint64) t->next * t->samples, t->sample_rate);
    guint n = 0;
    gsize size = 0;

    while (t->next + n < end && n < AUDIO_PES_FRAMES_MAX && size < AUDIO_PES_BYTES)
      size += g_array_index (t->aus, MuxAu, t->next + n++).size;
    add_pes (l, track, t->next, t->next + n, ASP_UNIT_FIRST_PTS_90K + at_90k, ASP_NO_TIME,
        at_90k * 300 - l->unit->start_27m + r->reorder_90k * 300);
    t->next += n;
  }
}

/* The unit begins with its random access point; the rest goes in the order of its times. */
static void
order_pes (Layout * l)
{
  g_array_index (l->pes, Pes, 0).due_27m = G_MININT64;
  g_array_sort (l->pes, by_due);
  g_array_index (l->pes, Pes, 0).due_27m = 0;
}

/* Every picture begins with a PCR where the video carries it. */
static guint
field_of (const Pes * pes)
{
  return pes->clock ? PCR_FIELD : pes->random_access ? FLAGS_FIELD : 0;
}

static gint
by_size_descending (gconstpointer a, gconstpointer b)
{
  const Pes *x = *(Pes * const *) a, *y = *(Pes * const *) b;

  return x->size > y->size ? -1 : x->size < y->size;
}

/* Spreads @list over @extra packets more, none of which holds less than @payload_min. Returns:
 * how many found no room */
static guint
spread_over (GPtrArray * list, guint extra, guint payload_min)
{
  for (guint i = 0; i < list->len && extra > 0; i++) {
    Pes *pes = g_ptr_array_index (list, i);
    guint most = pes->size > FIRST_PAYLOAD_MIN ? 1 + (guint) (pes->size - FIRST_PAYLOAD_MIN) / payload_min : 1;
    guint more = MIN (extra, most > pes->packets ? most - pes->packets : 0);

    pes->packets += more;
    extra -= more;
  }
  return extra;
}

/* More packets than a track's PES fill, so that their number is a multiple of 16: the large ones
 * are spread. FALSE when all of them are too small for that. */
static gboolean
spread (Layout * l, guint track)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new ();
  guint n = 0, extra;

  for (guint i = 0; i < l->pes->len; i++) {
    Pes *pes = &g_array_index (l->pes, Pes, i);

    if (pes->track != track)
      continue;
    g_ptr_array_add (list, pes);
    n += pes->packets;
  }
  extra = (CC_ROUND - n % CC_ROUND) % CC_ROUND;
  g_ptr_array_sort (list, by_size_descending);
  for (guint payload_min = 32; extra > 0 && payload_min > 0; payload_min /= 2)
    extra = spread_over (list, extra, payload_min);
  return extra == 0;
}

static gboolean
count_packets (Layout * l)
{
  const AspRendition *r = &l->m->r;

  for (guint i = 0; i < l->pes->len; i++) {
    Pes *pes = &g_array_index (l->pes, Pes, i);

    pes->clock = (gint) pes->track == r->video && r->tracks[r->video].pid == r->pcr_pid;
    pes->least = pes->packets = (guint) ((pes->size + field_of (pes) + ASP_TS_PAYLOAD_MAX - 1) / ASP_TS_PAYLOAD_MAX);
  }
  for (guint i = 0; i < r->n_tracks; i++)
    if (!spread (l, i))
      return FALSE;
  return TRUE;
}

/* --- packets ------------------------------------------------------------------------ */

static guint8 *
new_packet (Layout * l)
{
  guint at = l->unit->bytes->len;

  g_byte_array_set_size (l->unit->bytes, at + ASP_TS_SIZE);
  return l->unit->bytes->data + at;
}

static guint
packets_so_far (const Layout * l)
{
  return l->unit->bytes->len / ASP_TS_SIZE;
}

static guint
last_cc (const Layout * l, guint pid)
{
  for (guint i = 0; i < l->m->r.n_tracks; i++)
    if (l->m->r.tracks[i].pid == pid)
      return (l->count[i] + CC_ROUND - 1) % CC_ROUND;
  return 0;
}

/* The clock alone. A PCR is the number of its packet until unit_mux_stamp(). */
static void
put_clock (Layout * l)
{
  guint number = packets_so_far (l);

  asp_ts_packet_write_pcr (new_packet (l), l->m->r.pcr_pid, last_cc (l, l->m->r.pcr_pid), number);
  l->since_pcr = 0;
}

static void
put_psi (Layout * l)
{
  for (guint table = 0; table < 2; table++) {
    for (guint i = 0; i < l->m->psi_packets[table]; i++) {
      guint8 *packet;

      if (l->since_pcr >= l->pcr_step && packets_so_far (l) > 0)
        put_clock (l);
      packet = new_packet (l);
      memcpy (packet, l->m->psi[table] + i * ASP_TS_SIZE, ASP_TS_SIZE);
      asp_ts_set_cc (packet, l->psi_cc[table]++ % CC_ROUND);
      l->since_pcr++;
    }
  }
  l->psi_sent++;
}

/* What is due before the next packet of a stream: tables, and the clock when that packet does
 * not carry it. */
static void
put_due (Layout * l, gboolean clock_follows)
{
  if (l->psi_sent < l->psi_total &&
      (guint64) packets_so_far (l) * l->psi_total >= (guint64) l->expected * l->psi_sent)
    put_psi (l);
  for (guint i = 0; i < l->idle_each; i++)
    put_clock (l);
  if (l->since_pcr >= l->pcr_step && !clock_follows)
    put_clock (l);
}

/* @max_payload is below a packet's where a PES is spread over more packets than it fills. */
static gsize
put_payload (Layout * l, const Pes * pes, gsize at, guint max_payload)
{
  guint pid = l->m->r.tracks[pes->track].pid;
  gboolean clock = at == 0 && pes->clock;
  gsize n;

  put_due (l, clock);
  n = asp_ts_packet_write_payload (new_packet (l), pid, l->count[pes->track] % CC_ROUND, at == 0,
      at == 0 && pes->random_access, clock ? (gint64) packets_so_far (l) - 1 : ASP_NO_TIME, pes->data + at,
      pes->size - at, max_payload);
  l->count[pes->track]++;
  l->since_pcr = clock ? 0 : l->since_pcr + 1;
  return n;
}

static void
put_pes (Layout * l, const Pes * pes)
{
  guint left = pes->packets;

  for (gsize at = 0; at < pes->size; left--) {
    gsize rest = pes->size - at;
    guint most = pes->packets == pes->least ? ASP_TS_PAYLOAD_MAX : (guint) ((rest + left - 1) / left);

    if (at == 0 && pes->packets > 1)
      most = MIN (MAX (most, FIRST_PAYLOAD_MIN), ASP_TS_PAYLOAD_MAX);
    at += put_payload (l, pes, at, most);
  }
}

/* --- the unit ----------------------------------------------------------------------- */

static void
plan (Layout * l)
{
  gint64 span_27m = l->unit->end_27m - l->unit->start_27m;
  guint rounds = (guint) ((span_27m + CC_ROUND * PSI_INTERVAL_27M - 1) / (CC_ROUND * PSI_INTERVAL_27M));
  guint least = (guint) (2 * span_27m / PCR_INTERVAL_27M + 1);

  l->psi_total = CC_ROUND * rounds;
  l->expected = l->psi_total * (l->m->psi_packets[0] + l->m->psi_packets[1]);
  for (guint i = 0; i < l->pes->len; i++)
    l->expected += g_array_index (l->pes, Pes, i).packets;
  if (l->expected < least)
    l->idle_each = (least - 1) / l->expected;
  /* so many between two of them, and one more to the next */
  l->pcr_step = (guint) ((gint64) l->expected * (1 + l->idle_each) * PCR_INTERVAL_27M / span_27m);
  l->pcr_step = MAX (l->pcr_step, 2) - 1;
}

static gint64
lateness (const Layout * l, const guint * end_packet)
{
  gint64 span_27m = l->unit->end_27m - l->unit->start_27m, late_27m = 0;
  gint64 packets = packets_so_far (l);

  for (guint i = 0; i < l->pes->len; i++)
    late_27m = MAX (late_27m, (gint64) end_packet[i] * span_27m / packets - g_array_index (l->pes, Pes, i).due_27m);
  return late_27m;
}

static void
write_unit (Layout * l)
{
  g_autofree guint *end_packet = g_new0 (guint, l->pes->len);

  plan (l);
  put_psi (l);
  for (guint i = 0; i < l->pes->len; i++) {
    put_pes (l, &g_array_index (l->pes, Pes, i));
    end_packet[i] = packets_so_far (l);
  }
  while (l->psi_sent < l->psi_total)
    put_psi (l);
  put_clock (l);                /* the next unit may be slower */
  l->unit->late_27m = lateness (l, end_packet);
}

gboolean
unit_mux_layout (AspUnitMux * m, MuxUnit * unit, guint first, guint end, gint64 frame, guint frames, gboolean last,
    GError ** error)
{
  Layout l = { m, unit, g_array_new (FALSE, FALSE, sizeof (Pes)), };
  gboolean ok;

  g_array_set_clear_func (l.pes, pes_clear);
  unit->start_27m = asp_rendition_frame_time (&m->r, frame, ASP_SECOND_27M);
  unit->end_27m = asp_rendition_frame_time (&m->r, frame + frames, ASP_SECOND_27M);
  add_pictures (&l, first, end);
  for (guint i = 0; i < m->r.n_tracks; i++)
    if ((gint) i != m->r.video)
      add_audio (&l, i, frame + frames, last);
  order_pes (&l);
  ok = count_packets (&l);
  if (ok)
    write_unit (&l);
  g_array_unref (l.pes);
  if (!ok)
    g_set_error (error, ASP_UNIT_MUX_ERROR, ASP_UNIT_MUX_ERROR_PICTURES,
        "The unit at picture %" G_GINT64_FORMAT " has next to no bytes in it; take longer units", frame);
  return ok;
}

void
unit_mux_stamp (const AspUnitMux * m, MuxUnit * unit)
{
  gint64 packets = unit->bytes->len / ASP_TS_SIZE, span_27m = unit->end_27m - unit->start_27m;
  gint64 base_27m = (ASP_UNIT_FIRST_PTS_90K - m->r.reorder_90k) * 300 + unit->start_27m - m->lead_27m;

  for (gint64 i = 0; i < packets; i++)
    asp_ts_packet_set_pcr (unit->bytes->data + i * ASP_TS_SIZE,
        asp_pcr_wrap (base_27m + i * span_27m / packets));
}
