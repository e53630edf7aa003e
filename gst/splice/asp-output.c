/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-output.h"

#include <string.h>

#include <asp-ts-countdown.h>

#include "asp-report.h"

#define COUNTED_PACKETS 8       /* on each side of a splicing point */
#define COUNTED_PAYLOAD_MAX (ASP_TS_PAYLOAD_MAX - ASP_COUNTDOWN_AF_SIZE)
#define COUNTED_PCR_PAYLOAD_MAX (COUNTED_PAYLOAD_MAX - 6)
#define OUTPUT_ROOM_MAX (1u << 20)      /* kept ready for what goes out next */

typedef enum
{
  CHUNK_PES,
  CHUNK_PACKET,
  CHUNK_MARK,
} ChunkKind;

typedef struct
{
  ChunkKind kind;
  gboolean random_access;
  gboolean splice_before, splice_after; /* it stands at a splicing point */
  gint64 dts90k;
  AspMark *mark;
  AspAu *au;                    /* PES: its ES, when it is not in data */
  gsize size, pos;
  guint64 slot;                 /* PACKET: its own place in the input */
  gdouble slot_27m;
  gsize header_size;            /* PES: bytes of data that stand before the ES of @au */
  GByteArray *growing;          /* PES: all of it so far, in place of data; or NULL */
  gboolean open;                /* more of it will come */
  guint8 data[];
} Chunk;

void
asp_output_init (AspOutput * o)
{
  o->bytes = g_byte_array_new ();
  o->marks = g_array_new (FALSE, FALSE, sizeof (AspOutputMark));
}

guint8 *
asp_output_steal (AspOutput * o, gsize * size)
{
  guint8 *bytes;

  if (o->marks->len > 0 || o->bytes->len == 0)
    return NULL;
  bytes = g_byte_array_steal (o->bytes, size);
  g_byte_array_set_size (o->bytes, (guint) MIN (*size + *size / 2, OUTPUT_ROOM_MAX));
  g_byte_array_set_size (o->bytes, 0);
  return bytes;
}

void
asp_output_reset (AspOutput * o)
{
  for (guint i = 0; i < o->marks->len; i++)
    asp_mark_free (g_array_index (o->marks, AspOutputMark, i).mark);
  g_array_set_size (o->marks, 0);
  g_byte_array_set_size (o->bytes, 0);
}

void
asp_output_clear (AspOutput * o)
{
  if (!o->bytes)
    return;
  asp_output_reset (o);
  g_clear_pointer (&o->bytes, g_byte_array_unref);
  g_clear_pointer (&o->marks, g_array_unref);
}

guint8 *
asp_output_packet (AspOutput * o)
{
  guint at = o->bytes->len;

  g_byte_array_set_size (o->bytes, at + ASP_TS_SIZE);
  return o->bytes->data + at;
}

void
asp_output_bytes (AspOutput * o, const guint8 * data, gsize size)
{
  g_byte_array_append (o->bytes, data, (guint) size);
}

void
asp_output_mark (AspOutput * o, AspMark * mark)
{
  AspOutputMark entry = { o->bytes->len, mark };

  g_array_append_val (o->marks, entry);
}

void
asp_track_init (AspTrack * t, guint pid)
{
  memset (t, 0, sizeof *t);
  t->pid = pid;
  t->shift_valid = TRUE;
  t->since_splice = COUNTED_PACKETS;
  g_queue_init (&t->chunks);
}

static void
chunk_free (Chunk * c)
{
  asp_mark_free (c->mark);
  asp_au_unref (c->au);
  if (c->growing)
    g_byte_array_unref (c->growing);
  g_free (c);
}

void
asp_track_clear (AspTrack * t)
{
  g_queue_clear_full (&t->chunks, (GDestroyNotify) chunk_free);
  t->open = NULL;
  t->bytes = 0;
  t->splice_next = FALSE;
}

static Chunk *
push_chunk (AspTrack * t, ChunkKind kind, gsize room, gsize size)
{
  Chunk *c = g_malloc (sizeof *c + room);

  memset (c, 0, sizeof *c);
  c->kind = kind;
  c->size = size;
  c->dts90k = ASP_NO_TIME;
  if (kind != CHUNK_MARK) {
    c->splice_before = t->splice_next;
    t->splice_next = FALSE;
  }
  g_queue_push_tail (&t->chunks, c);
  t->bytes += size;
  return c;
}

void
asp_track_push_pes (AspTrack * t, const guint8 * header, gsize header_size,
    const guint8 * data, gsize size, gboolean random_access, gint64 dts90k)
{
  Chunk *c = push_chunk (t, CHUNK_PES, header_size + size, header_size + size);

  memcpy (c->data, header, header_size);
  memcpy (c->data + header_size, data, size);
  c->random_access = random_access;
  c->dts90k = dts90k;
}

void
asp_track_push_unit (AspTrack * t, const guint8 * header, gsize header_size, AspAu * au,
    gint64 dts90k)
{
  Chunk *c = push_chunk (t, CHUNK_PES, header_size, header_size + au->size);

  memcpy (c->data, header, header_size);
  c->header_size = header_size;
  c->au = asp_au_ref (au);
  c->random_access = au->random_access;
  c->dts90k = dts90k;
}

void
asp_track_open_pes (AspTrack * t, const guint8 * header, gsize header_size, gboolean random_access, gint64 dts90k)
{
  Chunk *c = push_chunk (t, CHUNK_PES, 0, header_size);

  c->growing = g_byte_array_new ();
  g_byte_array_append (c->growing, header, (guint) header_size);
  c->open = TRUE;
  c->random_access = random_access;
  c->dts90k = dts90k;
  t->open = c;
}

void
asp_track_append (AspTrack * t, const guint8 * data, gsize size)
{
  Chunk *c = t->open;

  if (!c)
    return;
  g_byte_array_append (c->growing, data, (guint) size);
  c->size += size;
  t->bytes += size;
}

static void
drop_head (AspTrack * t)
{
  chunk_free (g_queue_pop_head (&t->chunks));
}

void
asp_track_close_pes (AspTrack * t)
{
  Chunk *c = t->open;

  if (!c)
    return;
  c->open = FALSE;
  t->open = NULL;
  if (c->pos == c->size && g_queue_peek_head (&t->chunks) == c)
    drop_head (t);
}

void
asp_track_push_packet (AspTrack * t, const guint8 * packet, gint64 dts90k, guint64 slot,
    gdouble slot_27m)
{
  Chunk *c = push_chunk (t, CHUNK_PACKET, ASP_TS_SIZE, ASP_TS_SIZE);

  memcpy (c->data, packet, ASP_TS_SIZE);
  c->dts90k = dts90k;
  c->slot = slot;
  c->slot_27m = slot_27m;
}

void
asp_track_push_mark (AspTrack * t, AspMark * mark)
{
  push_chunk (t, CHUNK_MARK, 0, 0)->mark = mark;
}

static const Chunk *
first_media (const AspTrack * t)
{
  for (const GList * l = t->chunks.head; l; l = l->next) {
    const Chunk *c = l->data;

    if (c->kind != CHUNK_MARK)
      return c;
  }
  return NULL;
}

/* The same, when a packet of it may leave: of a PES that is not whole only full ones. */
static const Chunk *
ready_media (const AspTrack * t)
{
  const Chunk *c = first_media (t);
  return c && c->open && c->size - c->pos < ASP_TS_PAYLOAD_MAX ? NULL : c;
}

gboolean
asp_track_is_empty (const AspTrack * t)
{
  return ready_media (t) == NULL;
}

gint64
asp_track_head_dts90k (const AspTrack * t)
{
  const Chunk *c = ready_media (t);
  return c ? c->dts90k : ASP_NO_TIME;
}

static guint
next_cc (AspTrack * t)
{
  t->cc = t->cc_valid ? (t->cc + 1) & 0x0f : 0;
  t->cc_valid = TRUE;
  return t->cc;
}

/* The bytes that go into the next packet, in one piece. */
static const guint8 *
next_bytes (const Chunk * c, guint8 joined[ASP_TS_PAYLOAD_MAX], gsize * size)
{
  gsize head, n;

  *size = c->size - c->pos;
  if (c->growing)
    return c->growing->data + c->pos;
  if (!c->au)
    return c->data + c->pos;
  if (c->pos >= c->header_size)
    return c->au->data + (c->pos - c->header_size);
  head = c->header_size - c->pos;
  n = MIN (*size, ASP_TS_PAYLOAD_MAX);
  memcpy (joined, c->data + c->pos, MIN (head, n));
  if (n > head)
    memcpy (joined + head, c->au->data, n - head);
  *size = n;
  return joined;
}

/* --- splice_countdown (13818-1, 2.4.3.5) ------------------------------------------ */

void
asp_track_splice (AspTrack * t)
{
  GList *l = t->chunks.tail;

  if (!t->countdown || t->splice_next)
    return;
  t->splice_next = TRUE;
  while (l && ((Chunk *) l->data)->kind == CHUNK_MARK)
    l = l->prev;
  if (l)
    ((Chunk *) l->data)->splice_after = TRUE;
}

void
asp_track_forget_splice (AspTrack * t)
{
  t->since_splice = COUNTED_PACKETS;
}

/* Is the next packet of @c one of those that count down? */
static gboolean
counts_to_splice (const Chunk * c)
{
  return c->splice_after && c->size - c->pos <= COUNTED_PACKETS * COUNTED_PAYLOAD_MAX;
}

/* How much of @c goes into its next packet, and what that packet says. FALSE: nothing. Before the
 * point each packet that counts has the same room, so that the count is right; a PCR goes with
 * it only where that changes nothing. */
static gboolean
count_down (AspTrack * t, const Chunk * c, gint64 * pcr27m, guint * room, gint * countdown)
{
  gsize rest = c->size - c->pos;

  *room = ASP_TS_PAYLOAD_MAX;
  if (!t->countdown)
    return FALSE;
  if (c->splice_before && c->pos == 0)
    t->since_splice = 0;
  if (counts_to_splice (c)) {
    *countdown = (gint) ((rest + COUNTED_PAYLOAD_MAX - 1) / COUNTED_PAYLOAD_MAX) - 1;
    if (rest > COUNTED_PCR_PAYLOAD_MAX)
      *pcr27m = ASP_NO_TIME;
  } else if (t->since_splice < COUNTED_PACKETS) {
    *countdown = -(gint) t->since_splice - 1;
  } else {
    return FALSE;
  }
  t->since_splice++;
  *room = *pcr27m == ASP_NO_TIME ? COUNTED_PAYLOAD_MAX : COUNTED_PCR_PAYLOAD_MAX;
  return TRUE;
}

/* A packet that is as it came says what there is room for. */
static void
count_passed (AspTrack * t, guint8 * packet)
{
  if (t->since_splice >= COUNTED_PACKETS || !asp_ts_has_payload (packet))
    return;
  t->since_splice++;
  asp_ts_packet_set_countdown (packet, -(gint) t->since_splice);
}

static gboolean
pop_pes (AspTrack * t, Chunk * c, AspOutput * o, gint64 * pcr27m)
{
  gboolean first = c->pos == 0, counted;
  guint8 joined[ASP_TS_PAYLOAD_MAX], *packet = asp_output_packet (o);
  gint64 carried_27m = *pcr27m;
  gint countdown = 0;
  guint room, taken;
  gsize size;
  const guint8 *data = next_bytes (c, joined, &size);

  counted = count_down (t, c, &carried_27m, &room, &countdown);
  taken = asp_ts_packet_write_payload (packet, t->pid, next_cc (t), first, first && c->random_access,
      carried_27m, data, size, room);
  if (counted)
    asp_ts_packet_set_countdown (packet, countdown);
  t->shift_valid = FALSE;
  if (carried_27m != ASP_NO_TIME)
    *pcr27m = ASP_NO_TIME;
  c->pos += taken;
  t->bytes -= taken;
  return c->pos == c->size && !c->open;
}

/* The first packet behind a PES of ours is given the next CC; from there on the
 * difference stays, so that losses and repetitions of the input show as what they are. */
static void
shift_cc (AspTrack * t, guint8 * packet)
{
  guint in = asp_ts_cc (packet);

  if (!t->shift_valid && asp_ts_has_payload (packet)) {
    t->shift = t->cc_valid ? (t->cc + 1 - in) & 0x0f : 0;
    t->shift_valid = TRUE;
  }
  asp_ts_set_cc (packet, t->shift_valid ? in + t->shift : t->cc);
  if (asp_ts_has_payload (packet)) {
    t->cc = asp_ts_cc (packet);
    t->cc_valid = TRUE;
  }
}

static void
pass (AspTrack * t, const guint8 * packet, AspOutput * o)
{
  guint8 *copy = asp_output_packet (o);

  memcpy (copy, packet, ASP_TS_SIZE);
  shift_cc (t, copy);
  if (t->countdown)
    count_passed (t, copy);
}

void
asp_track_pass (AspTrack * t, const guint8 * packet, AspOutput * o)
{
  if (t->splice_next && asp_ts_has_payload (packet)) {
    t->splice_next = FALSE;
    t->since_splice = 0;
  }
  pass (t, packet, o);
}

static void
pop_packet (AspTrack * t, Chunk * c, AspOutput * o)
{
  gint64 pcr27m = asp_ts_packet_pcr (c->data);

  if (pcr27m != ASP_NO_TIME && t->slot > c->slot)
    asp_ts_packet_set_pcr (c->data,
        asp_pcr_wrap (pcr27m + (gint64) ((gdouble) (t->slot - c->slot) * c->slot_27m)));
  if (c->splice_before)
    t->since_splice = 0;
  pass (t, c->data, o);
  t->bytes -= ASP_TS_SIZE;
}

#define REALIGN_FIRST_MIN 64    /* payload that stays in the first packet: readers expect a PES header there */
#define REALIGN_PIECE_MAX 8

/* @packet with only the first @keep bytes of its payload, stuffed. */
static void
shorten (guint8 * out, const guint8 * packet, guint payload_offset, guint keep)
{
  guint af_size = ASP_TS_PAYLOAD_MAX - keep;

  memset (out, 0xff, ASP_TS_SIZE);
  memcpy (out, packet, payload_offset);
  out[3] |= 0x20;
  if (payload_offset <= 5 && af_size > 1)
    out[5] = 0;                 /* there was no flag byte */
  out[4] = (guint8) (af_size - 1);
  memcpy (out + 4 + af_size, packet + payload_offset, keep);
}

/* The first packet of the network behind ours is cut into as many as it takes for the CC
 * of the input to hold again: from the next one on the stream is untouched. */
static void
realign (AspTrack * t, Chunk * head)
{
  guint8 packet[ASP_TS_SIZE];
  AspTsPacket view;
  guint missing = (asp_ts_cc (head->data) - t->cc - 1) & 0x0f, size, piece, keep;

  memcpy (packet, head->data, sizeof packet);
  if (!t->cc_valid || missing == 0 || !asp_ts_packet_parse (packet, &view) || view.payload_offset >= ASP_TS_SIZE)
    return;
  size = ASP_TS_SIZE - view.payload_offset;
  if (size < REALIGN_FIRST_MIN + missing)
    return;
  piece = MIN ((size - REALIGN_FIRST_MIN) / missing, REALIGN_PIECE_MAX);
  keep = size - piece * missing;
  for (guint i = missing; i > 0; i--) {
    Chunk *c = g_malloc0 (sizeof *c + ASP_TS_SIZE);

    c->kind = CHUNK_PACKET;
    c->size = ASP_TS_SIZE;
    c->dts90k = head->dts90k;
    asp_ts_packet_write_payload (c->data, view.pid, view.cc - missing + i, FALSE, FALSE, ASP_NO_TIME,
        packet + view.payload_offset + keep + (i - 1) * piece, piece, piece);
    g_queue_insert_after (&t->chunks, t->chunks.head, c);
    t->bytes += ASP_TS_SIZE;
  }
  shorten (head->data, packet, view.payload_offset, keep);
  asp_ts_set_cc (head->data, view.cc - missing);
}

void
asp_track_flush_marks (AspTrack * t, AspOutput * o)
{
  Chunk *c;

  while ((c = g_queue_peek_head (&t->chunks)) && c->kind == CHUNK_MARK) {
    asp_output_mark (o, g_steal_pointer (&c->mark));
    chunk_free (g_queue_pop_head (&t->chunks));
  }
}

gboolean
asp_track_head_is_pes (const AspTrack * t)
{
  const Chunk *c = ready_media (t);
  return c && c->kind == CHUNK_PES;
}

gboolean
asp_track_head_takes_pcr (const AspTrack * t)
{
  const Chunk *c = ready_media (t);

  return c && c->kind == CHUNK_PES &&
      !(t->countdown && counts_to_splice (c) && c->size - c->pos > COUNTED_PCR_PAYLOAD_MAX);
}

void
asp_track_strip_clock (AspTrack * t)
{
  for (const GList * l = t->chunks.head; l; l = l->next) {
    Chunk *c = l->data;

    if (c->kind == CHUNK_PACKET)
      asp_ts_packet_strip_pcr (c->data);
  }
}

gboolean
asp_track_head_has_pcr (const AspTrack * t)
{
  const Chunk *c = first_media (t);
  return c && c->kind == CHUNK_PACKET && asp_ts_packet_pcr (c->data) != ASP_NO_TIME;
}

gboolean
asp_track_pop (AspTrack * t, AspOutput * o, gint64 * pcr27m)
{
  Chunk *c;

  if (asp_track_is_empty (t))
    return FALSE;
  asp_track_flush_marks (t, o);
  c = g_queue_peek_head (&t->chunks);
  if (c->kind == CHUNK_PACKET) {
    if (!t->shift_valid && t->realign)
      realign (t, c);
    pop_packet (t, c, o);
    drop_head (t);
  } else if (pop_pes (t, c, o, pcr27m)) {
    drop_head (t);
  }
  return TRUE;
}

/* Packets of nothing but payload, from @pos of the ES of @c up to where less than a packet
 * is left. */
static void
pop_full_packets (AspTrack * t, Chunk * c, AspOutput * o)
{
  gsize from = c->pos - c->header_size;
  gsize counted = c->splice_after ? COUNTED_PACKETS * COUNTED_PAYLOAD_MAX : 0;
  gsize n = (c->au->size - MIN (from + counted, c->au->size)) / ASP_TS_PAYLOAD_MAX;
  const guint8 *data = c->au->data + from;
  guint at = o->bytes->len;
  guint8 *p;

  if (n == 0 || (t->countdown && t->since_splice < COUNTED_PACKETS))
    return;
  g_byte_array_set_size (o->bytes, at + (guint) (n * ASP_TS_SIZE));
  p = o->bytes->data + at;
  for (gsize i = 0; i < n; i++, p += ASP_TS_SIZE, data += ASP_TS_PAYLOAD_MAX) {
    p[0] = ASP_TS_SYNC;
    p[1] = (guint8) (t->pid >> 8);
    p[2] = (guint8) t->pid;
    p[3] = (guint8) (0x10 | next_cc (t));
    memcpy (p + 4, data, ASP_TS_PAYLOAD_MAX);
  }
  c->pos += n * ASP_TS_PAYLOAD_MAX;
  t->bytes -= n * ASP_TS_PAYLOAD_MAX;
}

gboolean
asp_track_pop_whole (AspTrack * t, AspOutput * o)
{
  gint64 none = ASP_NO_TIME;
  Chunk *c;

  if (!asp_track_pop (t, o, &none))
    return FALSE;
  c = g_queue_peek_head (&t->chunks);
  while (c && c->kind == CHUNK_PES && c->pos > 0) {
    if (c->au && c->pos >= c->header_size)
      pop_full_packets (t, c, o);
    if (c->pos == c->size && !c->open)
      drop_head (t);
    else if (!asp_track_pop (t, o, &none))
      break;
    c = g_queue_peek_head (&t->chunks);
  }
  return TRUE;
}
