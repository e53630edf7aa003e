/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-creative-fit.h"

#include <string.h>

#include <asp-ts-packet.h>

static gboolean
same_layout (const AspFormTrack * a, const AspCreativeTrack * t)
{
  return a->codec == t->codec && a->sample_rate == t->sample_rate && a->channels == t->channels;
}

/* By codec, then language, then order (rule 7); what is left over is repeated when it is
 * of the same form, or stays silent. */
static void
map_audio (const AspCreative * c, const AspNetworkForm * form, gint map[ASP_CREATIVE_TRACKS_MAX])
{
  gboolean used[ASP_CREATIVE_TRACKS_MAX] = { FALSE };

  for (guint i = 0; i < form->n_audio; i++)
    map[i] = -1;
  for (guint pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < form->n_audio; i++) {
      for (guint k = 0; k < c->n_audio && map[i] < 0; k++) {
        if (used[k] || c->audio[k].codec != form->audio[i].codec)
          continue;
        if (pass == 0 && (form->audio[i].language[0] == '\0' ||
                strcmp (form->audio[i].language, c->audio[k].language)))
          continue;
        map[i] = (gint) k;
        used[k] = TRUE;
      }
    }
  }
  for (guint i = 0; i < form->n_audio && form->repeat_tracks; i++)
    for (guint k = 0; k < c->n_audio && map[i] < 0; k++)
      if (used[k] && same_layout (&form->audio[i], &c->audio[k]))
        map[i] = (gint) k;
}

/* With a constant rate a creative must fit what the network leaves free: its own
 * pictures and sound, and the null packets (rule 5). */
static gboolean
exceeds_capacity (const AspCreative * c, const AspNetworkForm * form)
{
  gint64 span = c->max_pts90k - c->first_pts90k;
  gdouble packets;

  if (form->free_packets <= 0 || span < ASP_SECOND_90K)
    return FALSE;
  packets = (gdouble) c->bytes / ASP_TS_PAYLOAD_MAX * 90000.0 / (gdouble) span;
  return packets > form->free_packets;
}

static const gchar *
judge_end (const AspCreative * c, const AspNetworkForm * form, const gint * map, gchar ** detail)
{
  if (!c->eos || !c->broken)
    return NULL;
  *detail = g_strdup ("its end is cut off in the middle of a packet; the whole file would be right");
  return "truncated";
}

static const gchar *
judge_video (const AspCreative * c, const AspNetworkForm * form, const gint * map, gchar ** detail)
{
  if (c->video.codec == form->video_codec)
    return NULL;
  *detail = g_strdup_printf ("its video is %s, the programme's is %s; both must be the same",
      asp_codec_name (c->video.codec), asp_codec_name (form->video_codec));
  return "video-codec";
}

static const gchar *
judge_low_delay (const AspCreative * c, const AspNetworkForm * form, const gint * map, gchar ** detail)
{
  if (c->video.codec != ASP_CODEC_MPEG2 || form->params.width == 0 || c->params.width == 0 ||
      c->params.low_delay == form->params.low_delay)
    return NULL;
  *detail = g_strdup ("low_delay of its sequence header differs from the programme's");
  return "low-delay";
}

static const gchar *
judge_audio (const AspCreative * c, const AspNetworkForm * form, const gint * map, gchar ** detail)
{
  for (guint i = 0; i < form->n_audio; i++)
    if (map[i] >= 0)
      return NULL;
  if (c->n_audio == 0 || form->n_audio == 0)
    return NULL;
  *detail = g_strdup_printf ("its audio is %s, the programme's is %s; both must be the same",
      asp_codec_name (c->audio[0].codec), asp_codec_name (form->audio[0].codec));
  return "audio-codec";
}

static const gchar *
judge_capacity (const AspCreative * c, const AspNetworkForm * form, const gint * map, gchar ** detail)
{
  if (!exceeds_capacity (c, form))
    return NULL;
  *detail = g_strdup ("its bit rate is higher than what the programme's constant rate leaves free");
  return "capacity";
}

typedef const gchar *(*Judge) (const AspCreative * c, const AspNetworkForm * form, const gint * map,
    gchar ** detail);

const gchar *
asp_creative_misfit_next (const AspCreative * c, const AspNetworkForm * form,
    gint map[ASP_CREATIVE_TRACKS_MAX], guint * next, gchar ** detail)
{
  static const Judge judges[] = { judge_end, judge_video, judge_low_delay, judge_audio, judge_capacity };

  map_audio (c, form, map);
  while (*next < G_N_ELEMENTS (judges)) {
    const gchar *reason = judges[(*next)++] (c, form, map, detail);

    if (reason)
      return reason;
  }
  return NULL;
}

const gchar *
asp_creative_misfit (const AspCreative * c, const AspNetworkForm * form,
    gint map[ASP_CREATIVE_TRACKS_MAX], gchar ** detail)
{
  guint next = 0;

  return asp_creative_misfit_next (c, form, map, &next, detail);
}
