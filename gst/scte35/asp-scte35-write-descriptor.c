/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

static void
dtmf_write (AspScte35Writer * w, const AspScte35Dtmf * d)
{
  asp_scte35_put (w, d->preroll, 8, "preroll");
  asp_scte35_put (w, d->dtmf_count, 3, "dtmf_count");
  asp_scte35_put_reserved (w, 5, d->reserved_cleared);
  for (guint i = 0; i < MIN (d->dtmf_count, 7); i++)
    asp_scte35_put (w, (guint8) d->dtmf_char[i], 8, "DTMF_char");
}

static void
restrictions_write (AspScte35Writer * w, const AspScte35Segmentation * s)
{
  asp_scte35_put_flag (w, s->delivery_not_restricted_flag);
  if (s->delivery_not_restricted_flag) {
    asp_scte35_put_reserved (w, 5, s->reserved_cleared[1]);
    return;
  }
  asp_scte35_put_flag (w, s->web_delivery_allowed_flag);
  asp_scte35_put_flag (w, s->no_regional_blackout_flag);
  asp_scte35_put_flag (w, s->archive_allowed_flag);
  asp_scte35_put (w, s->device_restrictions, 2, "device_restrictions");
}

static void
segmentation_components_write (AspScte35Writer * w, const AspScte35Segmentation * s)
{
  asp_scte35_put (w, s->n_components, 8, "component_count");
  for (guint i = 0; i < s->n_components; i++) {
    asp_scte35_put (w, s->components[i].component_tag, 8, "component_tag");
    asp_scte35_put_reserved (w, 7, s->components[i].reserved_cleared);
    asp_scte35_put (w, s->components[i].pts_offset_90k, 33, "pts_offset");
  }
}

static void
segmentation_write (AspScte35Writer * w, const AspScte35Segmentation * s)
{
  asp_scte35_put (w, s->segmentation_event_id, 32, "segmentation_event_id");
  asp_scte35_put_flag (w, s->segmentation_event_cancel_indicator);
  asp_scte35_put_flag (w, s->segmentation_event_id_compliance_indicator);
  asp_scte35_put_reserved (w, 6, s->reserved_cleared[0]);
  if (s->segmentation_event_cancel_indicator)
    return;
  asp_scte35_put_flag (w, s->program_segmentation_flag);
  asp_scte35_put_flag (w, s->segmentation_duration_flag);
  restrictions_write (w, s);
  if (!s->program_segmentation_flag)
    segmentation_components_write (w, s);
  if (s->segmentation_duration_flag)
    asp_scte35_put (w, s->segmentation_duration_90k, 40, "segmentation_duration");
  asp_scte35_put (w, s->segmentation_upid_type, 8, "segmentation_upid_type");
  asp_scte35_put (w, s->segmentation_upid ? g_bytes_get_size (s->segmentation_upid) : 0, 8,
      "segmentation_upid_length");
  asp_scte35_put_bytes (w, s->segmentation_upid);
  asp_scte35_put (w, s->segmentation_type_id, 8, "segmentation_type_id");
  asp_scte35_put (w, s->segment_num, 8, "segment_num");
  asp_scte35_put (w, s->segments_expected, 8, "segments_expected");
  if (s->has_sub_segments) {
    asp_scte35_put (w, s->sub_segment_num, 8, "sub_segment_num");
    asp_scte35_put (w, s->sub_segments_expected, 8, "sub_segments_expected");
  }
}

static void
audio_write (AspScte35Writer * w, const AspScte35Audio * a)
{
  asp_scte35_put (w, a->audio_count, 4, "audio_count");
  asp_scte35_put_reserved (w, 4, a->reserved_cleared);
  for (guint i = 0; i < MIN (a->audio_count, G_N_ELEMENTS (a->audio)); i++) {
    const AspScte35AudioComponent *c = &a->audio[i];

    asp_scte35_put (w, c->component_tag, 8, "component_tag");
    for (guint k = 0; k < 3; k++)
      asp_scte35_put (w, (guint8) c->iso_code[k], 8, "ISO_code");
    asp_scte35_put (w, c->bit_stream_mode, 3, "Bit_Stream_Mode");
    asp_scte35_put (w, c->num_channels, 4, "Num_Channels");
    asp_scte35_put_flag (w, c->full_srvc_audio);
  }
}

static void
body_write (AspScte35Writer * w, const AspScte35Descriptor * d)
{
  asp_scte35_put (w, d->identifier, 32, "identifier");
  switch (d->kind) {
    case ASP_SCTE35_DESCRIPTOR_AVAIL:
      asp_scte35_put (w, d->u.provider_avail_id, 32, "provider_avail_id");
      break;
    case ASP_SCTE35_DESCRIPTOR_DTMF:
      dtmf_write (w, &d->u.dtmf);
      break;
    case ASP_SCTE35_DESCRIPTOR_SEGMENTATION:
      segmentation_write (w, &d->u.segmentation);
      break;
    case ASP_SCTE35_DESCRIPTOR_TIME:
      asp_scte35_put (w, d->u.time.tai_seconds, 48, "TAI_seconds");
      asp_scte35_put (w, d->u.time.tai_ns, 32, "TAI_ns");
      asp_scte35_put (w, d->u.time.utc_offset, 16, "UTC_offset");
      break;
    case ASP_SCTE35_DESCRIPTOR_AUDIO:
      audio_write (w, &d->u.audio);
      break;
    case ASP_SCTE35_DESCRIPTOR_OTHER:
      break;
  }
  asp_scte35_put_bytes (w, d->private_bytes);
}

void
asp_scte35_descriptor_write (AspScte35Writer * w, const AspScte35Descriptor * d)
{
  guint start, length;

  asp_scte35_put (w, d->splice_descriptor_tag, 8, "splice_descriptor_tag");
  asp_scte35_put (w, 0, 8, "descriptor_length");
  start = w->bytes->len;
  if (d->malformed)
    asp_scte35_put_bytes (w, d->malformed_bytes);
  else
    body_write (w, d);
  length = w->bytes->len - start;
  if (length > G_MAXUINT8) {
    if (!w->too_large)
      w->too_large = "descriptor_length";
    return;
  }
  w->bytes->data[start - 1] = (guint8) length;
}
