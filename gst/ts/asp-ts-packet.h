/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * One transport packet (ISO/IEC 13818-1, 2.4.3.2 to 2.4.3.5): accessors for the
 * header that read only bytes 0 to 3, and a view of everything.
 * @p is always 188 readable bytes that begin with the sync byte.
 * Thread: any; pure functions. Since: 0.1
 */
#define ASP_TS_SIZE 188
#define ASP_TS_SYNC 0x47
#define ASP_TS_PAYLOAD_MAX 184
#define ASP_PID_PAT 0x0000
#define ASP_PID_NULL 0x1fff
#define ASP_PID_COUNT 8192

static inline guint
asp_ts_pid (const guint8 * p)
{
  return ((p[1] & 0x1fu) << 8) | p[2];
}

static inline gboolean
asp_ts_pusi (const guint8 * p)
{
  return (p[1] & 0x40) != 0;
}

static inline guint
asp_ts_cc (const guint8 * p)
{
  return p[3] & 0x0f;
}

static inline gboolean
asp_ts_has_payload (const guint8 * p)
{
  return (p[3] & 0x10) != 0;
}

static inline gboolean
asp_ts_has_adaptation (const guint8 * p)
{
  return (p[3] & 0x20) != 0;
}

static inline void
asp_ts_set_cc (guint8 * p, guint cc)
{
  p[3] = (guint8) ((p[3] & 0xf0) | (cc & 0x0f));
}

typedef struct
{
  guint16 pid;
  guint8 cc;
  guint8 scrambling;            /* transport_scrambling_control, 0 = in the clear */
  gboolean pusi;
  gboolean tei;
  gboolean discontinuity;       /* discontinuity_indicator */
  gboolean random_access;       /* random_access_indicator: a hint, no more */
  gboolean has_pcr;
  guint64 pcr27m;               /* valid when has_pcr; below ASP_PCR_MODULUS */
  guint payload_offset;         /* ASP_TS_SIZE when there is no payload */
} AspTsPacket;

/**
 * asp_ts_packet_parse:
 * Returns: FALSE when the sync byte is missing or the adaptation field does not fit;
 * @out is then not to be read.
 */
gboolean asp_ts_packet_parse (const guint8 * p, AspTsPacket * out);

/* The PCR of @p, or ASP_NO_TIME; looks at no more than the flags when there is none. */
gint64 asp_ts_packet_pcr (const guint8 * p);

/* Writes another PCR where one stands; nothing happens when there is none. */
void asp_ts_packet_set_pcr (guint8 * p, guint64 pcr27m);

/* Takes the PCR out of @p and leaves stuffing in its place: the packet keeps its
 * payload where it is. Nothing happens when there is none. */
void asp_ts_packet_strip_pcr (guint8 * p);

/* Fills @p with a packet that carries only a PCR. The CC is that of the last packet
 * with payload on @pid, as 2.4.3.3 has it for packets without payload. */
void asp_ts_packet_write_pcr (guint8 * p, guint pid, guint cc, guint64 pcr27m);

void asp_ts_packet_write_null (guint8 * p);

/**
 * asp_ts_packet_write_payload:
 * @pcr27m: a PCR to carry, or ASP_NO_TIME
 * @max_payload: no more than this many bytes are taken; the rest is stuffing
 *
 * Fills @p with the next bytes of @data, stuffed in the adaptation field.
 * Returns: how many bytes went in: 1 to ASP_TS_PAYLOAD_MAX
 */
guint asp_ts_packet_write_payload (guint8 * p, guint pid, guint cc, gboolean pusi,
    gboolean random_access, gint64 pcr27m, const guint8 * data, gsize size, guint max_payload);

G_END_DECLS
