/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-hls-multivariant.h"

#include "asp-hls-names.h"

/* Room for peaks to come, so that little is declared twice; Apple's authoring rules want the
 * measured peak not below four fifths of it (1.29). */
#define ROOM_PERCENT 10
#define STEP_BPS 1000

void
asp_hls_variant_clear (AspHlsVariant * v)
{
  g_clear_pointer (&v->codecs, g_free);
  g_clear_pointer (&v->fixed_codecs, g_free);
}

static guint64
rounded_up (guint64 bps)
{
  return (bps + STEP_BPS - 1) / STEP_BPS * STEP_BPS;
}

static guint64
average_of (const AspHlsRendition * r)
{
  return r->duration_90k > 0 ?
      (guint64) ((gdouble) r->bytes * 8 * ASP_SECOND_90K / (gdouble) r->duration_90k) : 0;
}

static gboolean
update (AspHlsVariant * v, const AspHlsRendition * r)
{
  const gchar *codecs = v->fixed_codecs ? v->fixed_codecs : r->codecs;
  gboolean changes = FALSE;

  if (v->fixed_bandwidth > 0) {
    changes = v->bandwidth != v->fixed_bandwidth;
    v->bandwidth = v->fixed_bandwidth;
  } else if (r->peak_bps > v->bandwidth) {
    changes = TRUE;
    v->bandwidth = rounded_up (r->peak_bps + r->peak_bps * ROOM_PERCENT / 100);
  }
  if (changes)
    v->average = MIN (rounded_up (average_of (r)), v->bandwidth);
  if (g_strcmp0 (v->codecs, codecs)) {
    changes = TRUE;
    g_free (v->codecs);
    v->codecs = g_strdup (codecs);
  }
  if (v->width != r->width || v->height != r->height || v->fps_num != r->fps_num ||
      v->fps_den != r->fps_den)
    changes = TRUE;
  v->width = r->width;
  v->height = r->height;
  v->fps_num = r->fps_num;
  v->fps_den = r->fps_den;
  return changes;
}

gboolean
asp_hls_variants_update (AspHlsVariant * variants, guint n, const AspHlsTimeline * t)
{
  gboolean changes = FALSE;

  for (guint i = 0; i < n; i++) {
    AspHlsRendition r;

    asp_hls_timeline_rendition (t, i, &r);
    if (r.n_media > 0)
      changes = update (&variants[i], &r) || changes;
  }
  return changes;
}

/* Three decimals, rounded; in integers, for 30000/1001 is 29.970. */
static void
add_frame_rate (GString * out, const AspHlsVariant * v)
{
  guint64 milli = ((guint64) v->fps_num * 1000 + v->fps_den / 2) / v->fps_den;

  g_string_append_printf (out, ",FRAME-RATE=%" G_GUINT64_FORMAT ".%03u", milli / 1000,
      (guint) (milli % 1000));
}

static void
add_variant (GString * out, const AspHlsVariant * v, const gchar * uri)
{
  g_string_append_printf (out, "#EXT-X-STREAM-INF:BANDWIDTH=%" G_GUINT64_FORMAT, v->bandwidth);
  if (v->average > 0)
    g_string_append_printf (out, ",AVERAGE-BANDWIDTH=%" G_GUINT64_FORMAT, v->average);
  if (v->codecs)
    g_string_append_printf (out, ",CODECS=\"%s\"", v->codecs);
  if (v->width > 0 && v->height > 0)
    g_string_append_printf (out, ",RESOLUTION=%ux%u", v->width, v->height);
  if (v->fps_num > 0 && v->fps_den > 0)
    add_frame_rate (out, v);
  g_string_append_printf (out, "\n%s\n", uri);
}

/* @playlist: of each folder, or NULL: all in one */
static gchar *
render (const AspHlsTimeline * t, const AspHlsVariant * variants, guint n, const gchar * playlist)
{
  guint n_renditions = asp_hls_timeline_n_renditions (t), n_listed = 0;
  g_autoptr (GString) body = g_string_new (NULL);
  gboolean independent = TRUE;

  for (guint i = 0; i < n; i++) {
    AspHlsRendition r;
    g_autofree gchar *uri = NULL;

    asp_hls_timeline_rendition (t, i, &r);
    if (r.n_media == 0 || variants[i].bandwidth == 0 || variants[i].out)
      continue;
    independent = independent && r.all_independent;
    uri = playlist ? g_strdup_printf ("%s/%s", r.name, playlist) :
        asp_hls_playlist_name (r.name ? r.name : "", n_renditions);
    add_variant (body, &variants[i], uri);
    n_listed++;
  }
  if (n_listed == 0)
    return NULL;
  /* nothing in it needs more than protocol version 1: it says none (section 8) */
  return g_strconcat ("#EXTM3U\n", independent ? "#EXT-X-INDEPENDENT-SEGMENTS\n" : "",
      body->str, NULL);
}

gchar *
asp_hls_multivariant_render (const AspHlsTimeline * t, const AspHlsVariant * variants, guint n)
{
  return render (t, variants, n, NULL);
}

gchar *
asp_hls_multivariant_render_folders (const AspHlsTimeline * t, const AspHlsVariant * variants,
    guint n, const gchar * playlist)
{
  return render (t, variants, n, playlist);
}
