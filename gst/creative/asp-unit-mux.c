/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-unit-mux-private.h"

#include <string.h>

#include <asp-ts-packet.h>

#include "asp-creative-psi.h"

#define CLOCK_MARGIN_27M (ASP_SECOND_27M / 10)

G_DEFINE_QUARK (asp-unit-mux-error-quark, asp_unit_mux_error)

static void
au_clear (gpointer data)
{
  g_free (((MuxAu *) data)->data);
}

static void
unit_clear (gpointer data)
{
  MuxUnit *unit = data;

  if (unit->bytes)
    g_byte_array_unref (unit->bytes);
}

static void
make_psi (AspUnitMux * m)
{
  guint8 section[ASP_PMT_SECTION_MAX];
  gsize size = asp_creative_write_pat (&m->r, section);

  asp_section_write_packets (section, size, ASP_PID_PAT, m->psi[0]);
  m->psi_packets[0] = asp_section_n_packets (size);
  size = asp_creative_write_pmt (&m->r, section);
  if (size == 0)
    return;                     /* asp_unit_mux_finish() says so */
  asp_section_write_packets (section, size, m->r.pmt_pid, m->psi[1]);
  m->psi_packets[1] = asp_section_n_packets (size);
}

AspUnitMux *
asp_unit_mux_new (const AspRendition * rendition, guint unit_frames)
{
  AspUnitMux *m = g_new0 (AspUnitMux, 1);

  m->r = *rendition;
  m->unit_frames = CLAMP (unit_frames, 1, ASP_UNIT_FRAMES_MAX);
  for (guint i = 0; i < ASP_RENDITION_TRACKS_MAX; i++) {
    m->tracks[i].aus = g_array_new (FALSE, TRUE, sizeof (MuxAu));
    g_array_set_clear_func (m->tracks[i].aus, au_clear);
  }
  m->parameter_sets = g_byte_array_new ();
  m->units = g_array_new (FALSE, TRUE, sizeof (MuxUnit));
  g_array_set_clear_func (m->units, unit_clear);
  make_psi (m);
  return m;
}

void
asp_unit_mux_free (AspUnitMux * m)
{
  if (!m)
    return;
  for (guint i = 0; i < ASP_RENDITION_TRACKS_MAX; i++)
    g_array_unref (m->tracks[i].aus);
  g_byte_array_unref (m->parameter_sets);
  g_array_unref (m->units);
  g_free (m);
}

/* --- intake ----------------------------------------------------------------------- */

static gboolean
take_bytes (AspUnitMux * m, gsize size, GError ** error)
{
  if (size <= ASP_UNIT_MUX_BYTES_MAX - m->bytes) {
    m->bytes += size;
    return TRUE;
  }
  g_set_error (error, ASP_UNIT_MUX_ERROR, ASP_UNIT_MUX_ERROR_SIZE,
      "The creative has more than %u MiB of coded pictures and audio; condition a shorter one, or at a lower bit rate",
      ASP_UNIT_MUX_BYTES_MAX >> 20);
  return FALSE;
}

/* With its parameter sets; those of the one before it where it has none. */
static void
keep_random_access (AspUnitMux * m, MuxAu * au, const AspAuInfo * info, const guint8 * data, gsize size)
{
  gsize at = info->parameter_set_offset;

  if (info->has_parameter_sets) {
    g_byte_array_set_size (m->parameter_sets, 0);
    asp_es_video_copy_parameter_sets (m->r.tracks[m->r.video].codec, data, size, m->parameter_sets);
  }
  if (info->has_parameter_sets || m->parameter_sets->len == 0) {
    au->data = g_memdup2 (data, size);
    au->size = size;
    return;
  }
  au->size = size + m->parameter_sets->len;
  au->data = g_malloc (au->size);
  memcpy (au->data, data, at);
  memcpy (au->data + at, m->parameter_sets->data, m->parameter_sets->len);
  memcpy (au->data + at + m->parameter_sets->len, data + at, size - at);
}

gboolean
asp_unit_mux_add_picture (AspUnitMux * m, gint64 number, const guint8 * data, gsize size, GError ** error)
{
  AspCodec codec = m->r.tracks[m->r.video].codec;
  MuxAu au = { NULL, size, number, FALSE };
  AspAuInfo info;

  if (!take_bytes (m, size, error))
    return FALSE;
  asp_es_video_scan (codec, data, size, &info);
  au.random_access = asp_picture_is_rap (info.kind);
  if (au.random_access)
    keep_random_access (m, &au, &info, data, size);
  else
    au.data = g_memdup2 (data, size);
  g_array_append_val (m->tracks[m->r.video].aus, au);
  return TRUE;
}

gboolean
asp_unit_mux_add_audio (AspUnitMux * m, guint track, const guint8 * data, gsize size, guint samples,
    guint sample_rate, GError ** error)
{
  MuxTrack *t = &m->tracks[track];
  MuxAu au = { NULL, size, t->aus->len, FALSE };

  g_return_val_if_fail (track < m->r.n_tracks && (gint) track != m->r.video, FALSE);
  g_return_val_if_fail (samples > 0 && sample_rate > 0, FALSE);
  if (!take_bytes (m, size, error))
    return FALSE;
  t->samples = samples;
  t->sample_rate = sample_rate;
  au.data = g_memdup2 (data, size);
  g_array_append_val (t->aus, au);
  return TRUE;
}

/* --- checks ----------------------------------------------------------------------- */

static gboolean
bad_pictures (GError ** error, const gchar * what, gint64 number)
{
  g_set_error (error, ASP_UNIT_MUX_ERROR, ASP_UNIT_MUX_ERROR_PICTURES,
      "The video encoder made no closed GOPs of the length asked for: %s at picture %" G_GINT64_FORMAT
      "; take another encoder (video-encoder), or set it to fixed, closed GOPs without scene cut detection", what, number);
  return FALSE;
}

/* Pictures [first, end) are to be numbers [frame, frame + n), the first one of them first. */
static gboolean
check_unit (AspUnitMux * m, guint first, guint end, gint64 frame, GError ** error)
{
  const GArray *aus = m->tracks[m->r.video].aus;
  g_autofree guint8 *seen = g_malloc0 (end - first);

  for (guint i = first; i < end; i++) {
    const MuxAu *au = &g_array_index (aus, MuxAu, i);
    gint64 place = au->number - frame;

    if (i == first && place != 0)
      return bad_pictures (error, "a unit does not begin with its first picture", frame);
    if (place < 0 || place >= end - first || seen[place])
      return bad_pictures (error, "a picture belongs to another unit or comes twice", au->number);
    seen[place] = 1;
  }
  return TRUE;
}

/* Where the next unit begins: at a random access point that is a multiple of the length. */
static guint
find_end (const AspUnitMux * m, guint first, gint64 frame)
{
  const GArray *aus = m->tracks[m->r.video].aus;

  for (guint i = first + 1; i < aus->len; i++) {
    const MuxAu *au = &g_array_index (aus, MuxAu, i);

    if (au->random_access && au->number >= frame + m->unit_frames)
      return i;
  }
  return aus->len;
}

/* --- units ------------------------------------------------------------------------ */

static gboolean
add_unit (AspUnitMux * m, guint first, guint end, gint64 frame, GError ** error)
{
  const GArray *aus = m->tracks[m->r.video].aus;
  MuxUnit unit = { NULL, 0, 0, 0 };
  guint frames = end - first;
  gboolean last = end == aus->len;

  if (!g_array_index (aus, MuxAu, first).random_access)
    return bad_pictures (error, "no random access point stands", frame);
  if (frames > m->unit_frames || (frames < m->unit_frames && !last))
    return bad_pictures (error, "a unit has another length", frame);
  if (!check_unit (m, first, end, frame, error))
    return FALSE;
  unit.bytes = g_byte_array_new ();
  g_array_append_val (m->units, unit);
  return unit_mux_layout (m, &g_array_index (m->units, MuxUnit, m->units->len - 1), first, end, frame, frames, last,
      error);
}

static AspUnits *
describe (const AspUnitMux * m)
{
  AspUnits *u = asp_units_new ();
  guint64 left = m->tracks[m->r.video].aus->len;

  u->fps_num = m->r.fps_num;
  u->fps_den = m->r.fps_den;
  u->unit_frames = m->unit_frames;
  u->reorder_90k = m->r.reorder_90k;
  u->duration_90k = asp_rendition_frame_time (&m->r, (gint64) left, ASP_SECOND_90K);
  for (guint i = 0; i < m->units->len; i++) {
    AspUnit unit = { u->bytes, g_array_index (m->units, MuxUnit, i).bytes->len, (guint) MIN (left, m->unit_frames),
      ASP_UNIT_FIRST_PTS_90K + asp_rendition_frame_time (&m->r, (gint64) u->frames, ASP_SECOND_90K)
    };

    g_array_append_val (u->units, unit);
    u->bytes += unit.bytes;
    u->frames += unit.frames;
    left -= unit.frames;
  }
  return u;
}

AspUnits *
asp_unit_mux_finish (AspUnitMux * m, GError ** error)
{
  const GArray *aus = m->tracks[m->r.video].aus;
  gint64 frame = 0;

  if (m->psi_packets[1] == 0) {
    g_set_error_literal (error, ASP_UNIT_MUX_ERROR, ASP_UNIT_MUX_ERROR_SIZE,
        "The rendition's descriptors do not fit into a PMT");
    return NULL;
  }
  if (aus->len == 0) {
    bad_pictures (error, "none came", 0);
    return NULL;
  }
  for (guint first = 0; first < aus->len;) {
    guint end = find_end (m, first, frame);

    if (!add_unit (m, first, end, frame, error))
      return NULL;
    frame += end - first;
    first = end;
  }
  for (guint i = 0; i < m->units->len; i++)
    m->lead_27m = MAX (m->lead_27m, g_array_index (m->units, MuxUnit, i).late_27m);
  m->lead_27m += CLOCK_MARGIN_27M;
  return describe (m);
}

GBytes *
asp_unit_mux_take_unit (AspUnitMux * m, guint index)
{
  MuxUnit *unit = &g_array_index (m->units, MuxUnit, index);

  g_return_val_if_fail (index < m->units->len && unit->bytes, NULL);
  unit_mux_stamp (m, unit);
  return g_byte_array_free_to_bytes (g_steal_pointer (&unit->bytes));
}
