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
static gboolean
map_audio (const AspCreative * c, const AspNetworkForm * form, gint map[ASP_CREATIVE_TRACKS_MAX])
{
  gboolean used[ASP_CREATIVE_TRACKS_MAX] = { FALSE };
  gboolean any = FALSE;

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
        used[k] = any = TRUE;
      }
    }
  }
  for (guint i = 0; i < form->n_audio && form->repeat_tracks; i++)
    for (guint k = 0; k < c->n_audio && map[i] < 0; k++)
      if (used[k] && same_layout (&form->audio[i], &c->audio[k]))
        map[i] = (gint) k;
  return any;
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

const gchar *
asp_creative_misfit (const AspCreative * c, const AspNetworkForm * form,
    gint map[ASP_CREATIVE_TRACKS_MAX], gchar ** detail)
{
  if (c->eos && c->broken) {
    *detail = g_strdup ("its end is cut off in the middle of a packet; the whole file would be right");
    return "truncated";
  }
  if (c->video.codec != form->video_codec) {
    *detail = g_strdup_printf ("its video is %s, the programme's is %s; both must be the same",
        asp_codec_name (c->video.codec), asp_codec_name (form->video_codec));
    return "video-codec";
  }
  if (c->video.codec == ASP_CODEC_MPEG2 && form->params.width > 0 && c->params.width > 0 &&
      c->params.low_delay != form->params.low_delay) {
    *detail = g_strdup ("low_delay of its sequence header differs from the programme's");
    return "low-delay";
  }
  if (!map_audio (c, form, map) && c->n_audio > 0 && form->n_audio > 0) {
    *detail = g_strdup_printf ("its audio is %s, the programme's is %s; both must be the same",
        asp_codec_name (c->audio[0].codec), asp_codec_name (form->audio[0].codec));
    return "audio-codec";
  }
  if (exceeds_capacity (c, form)) {
    *detail = g_strdup ("its bit rate is higher than what the programme's constant rate leaves free");
    return "capacity";
  }
  return NULL;
}
