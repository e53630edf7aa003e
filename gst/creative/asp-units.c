/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-units.h"

#include <asp-json-reader.h>

#define UNITS_MAX 100000
#define FRAMES_MAX 1000000
#define BYTES_MAX (G_GINT64_CONSTANT (1) << 40)
#define PTS_MAX (G_GINT64_CONSTANT (1) << 40)
#define PTS_TOLERANCE_90K 1     /* each is rounded by itself */

G_DEFINE_QUARK (asp-units-error-quark, asp_units_error)

AspUnits *
asp_units_new (void)
{
  AspUnits *u = g_new0 (AspUnits, 1);

  u->units = g_array_new (FALSE, FALSE, sizeof (AspUnit));
  return u;
}

void
asp_units_free (AspUnits * u)
{
  if (!u)
    return;
  g_array_unref (u->units);
  g_free (u);
}

gchar *
asp_units_to_text (const AspUnits * u)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "units_version", ASP_UNITS_VERSION);
  asp_json_add_int (w, "fps_num", u->fps_num);
  asp_json_add_int (w, "fps_den", u->fps_den);
  asp_json_add_int (w, "unit_frames", u->unit_frames);
  asp_json_add_int (w, "frames", (gint64) u->frames);
  asp_json_add_int (w, "bytes", (gint64) u->bytes);
  asp_json_add_int (w, "reorder_90k", u->reorder_90k);
  asp_json_add_int (w, "duration_90k", u->duration_90k);
  asp_json_begin_array (w, "units");
  for (guint i = 0; i < u->units->len; i++) {
    const AspUnit *unit = asp_units_get (u, i);

    asp_json_begin_object (w, NULL);
    asp_json_add_int (w, "offset", (gint64) unit->offset);
    asp_json_add_int (w, "bytes", (gint64) unit->bytes);
    asp_json_add_int (w, "frames", unit->frames);
    asp_json_add_int (w, "pts_90k", unit->pts90k);
    asp_json_end_object (w);
  }
  asp_json_end_array (w);
  asp_json_end_object (w);
  return g_strdup (asp_json_writer_text (w));
}

static gboolean
get (const AspJson * from, const gchar * name, gint64 min, gint64 max, gint64 * out)
{
  return asp_json_integer (asp_json_member (from, name), out) && *out >= min && *out <= max;
}

static gboolean
get_unit (AspUnits * u, const AspJson * from)
{
  gint64 offset, bytes, frames, pts90k;
  AspUnit unit;

  if (!get (from, "offset", 0, BYTES_MAX, &offset) || !get (from, "bytes", 188, BYTES_MAX, &bytes) ||
      !get (from, "frames", 1, FRAMES_MAX, &frames) || !get (from, "pts_90k", 0, PTS_MAX, &pts90k))
    return FALSE;
  unit.offset = (guint64) offset;
  unit.bytes = (guint64) bytes;
  unit.frames = (guint) frames;
  unit.pts90k = pts90k;
  g_array_append_val (u->units, unit);
  return TRUE;
}

static gboolean
get_head (AspUnits * u, const AspJson * root)
{
  gint64 version, num, den, unit_frames, frames, bytes;

  if (!get (root, "units_version", ASP_UNITS_VERSION, ASP_UNITS_VERSION, &version) ||
      !get (root, "fps_num", 1, 300000, &num) || !get (root, "fps_den", 1, 90000, &den) ||
      !get (root, "unit_frames", 1, FRAMES_MAX, &unit_frames) || !get (root, "frames", 1, FRAMES_MAX, &frames) ||
      !get (root, "bytes", 188, BYTES_MAX, &bytes) || !get (root, "reorder_90k", 0, 900000, &u->reorder_90k) ||
      !get (root, "duration_90k", 1, PTS_MAX, &u->duration_90k))
    return FALSE;
  u->fps_num = (guint) num;
  u->fps_den = (guint) den;
  u->unit_frames = (guint) unit_frames;
  u->frames = (guint64) frames;
  u->bytes = (guint64) bytes;
  return TRUE;
}

/* Does each unit stand where the one before it ends, in bytes and in time? */
static gboolean
agrees (const AspUnits * u)
{
  guint64 bytes = 0, frames = 0;

  for (guint i = 0; i < u->units->len; i++) {
    const AspUnit *unit = asp_units_get (u, i);
    gint64 at_90k = (gint64) (frames * 90000 * u->fps_den / u->fps_num);
    gint64 off_90k = unit->pts90k - asp_units_get (u, 0)->pts90k - at_90k;

    if (unit->offset != bytes || unit->bytes % 188 != 0 || ABS (off_90k) > PTS_TOLERANCE_90K)
      return FALSE;
    if (unit->frames > u->unit_frames || (unit->frames < u->unit_frames && i + 1 < u->units->len))
      return FALSE;
    bytes += unit->bytes;
    frames += unit->frames;
  }
  return bytes == u->bytes && frames == u->frames;
}

AspUnits *
asp_units_from_text (const gchar * text, gsize size, GError ** error)
{
  g_autoptr (AspUnits) u = asp_units_new ();
  g_autoptr (AspJson) root = asp_json_parse (text, size, error);
  const AspJson *list = asp_json_member (root, "units");
  gboolean ok;

  if (!root)
    return NULL;
  ok = get_head (u, root) && asp_json_length (list) > 0 && asp_json_length (list) <= UNITS_MAX;
  for (guint i = 0; ok && i < asp_json_length (list); i++)
    ok = get_unit (u, asp_json_element (list, i));
  if (ok && agrees (u))
    return g_steal_pointer (&u);
  g_set_error_literal (error, ASP_UNITS_ERROR, 0,
      "The list of units is damaged or of another version; condition the creative again");
  return NULL;
}
