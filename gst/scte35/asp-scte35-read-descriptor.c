/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

#include <string.h>

#define TAG_AVAIL 0x00
#define TAG_DTMF 0x01
#define TAG_SEGMENTATION 0x02
#define TAG_TIME 0x03
#define TAG_AUDIO 0x04

gboolean
asp_scte35_type_has_sub_segments (guint8 segmentation_type_id)
{
  switch (segmentation_type_id) {
    case ASP_SCTE35_SEG_PROVIDER_AD_START:
    case ASP_SCTE35_SEG_DISTRIBUTOR_AD_START:
    case ASP_SCTE35_SEG_PROVIDER_PO_START:
    case ASP_SCTE35_SEG_DISTRIBUTOR_PO_START:
    case ASP_SCTE35_SEG_PROVIDER_OVERLAY_PO_START:
    case ASP_SCTE35_SEG_DISTRIBUTOR_OVERLAY_PO_START:
    case ASP_SCTE35_SEG_PROVIDER_AD_BLOCK_START:
    case ASP_SCTE35_SEG_DISTRIBUTOR_AD_BLOCK_START:
      return TRUE;
    default:
      return FALSE;
  }
}

static void
dtmf_read (AspBits * b, AspScte35Dtmf * d)
{
  d->preroll = (guint8) asp_bits_get (b, 8);
  d->dtmf_count = (guint8) asp_bits_get (b, 3);
  d->reserved_cleared = asp_scte35_get_reserved (b, 5);
  for (guint i = 0; i < d->dtmf_count; i++)
    d->dtmf_char[i] = (gchar) asp_bits_get (b, 8);
}

static void
segmentation_components_read (AspBits * b, AspScte35Segmentation * s)
{
  guint count = asp_bits_get (b, 8);

  if (count == 0)
    return;
  s->components = g_new0 (AspScte35SegmentationComponent, count);
  s->n_components = count;
  for (guint i = 0; i < count && !b->error; i++) {
    s->components[i].component_tag = (guint8) asp_bits_get (b, 8);
    s->components[i].reserved_cleared = asp_scte35_get_reserved (b, 7);
    s->components[i].pts_offset_90k = asp_bits_get64 (b, 33);
  }
}

static void
restrictions_read (AspBits * b, AspScte35Segmentation * s)
{
  s->delivery_not_restricted_flag = asp_bits_get (b, 1);
  if (s->delivery_not_restricted_flag) {
    s->reserved_cleared[1] = asp_scte35_get_reserved (b, 5);
    return;
  }
  s->web_delivery_allowed_flag = asp_bits_get (b, 1);
  s->no_regional_blackout_flag = asp_bits_get (b, 1);
  s->archive_allowed_flag = asp_bits_get (b, 1);
  s->device_restrictions = (guint8) asp_bits_get (b, 2);
}

/* 10.3.3, Table 20 */
static void
segmentation_read (AspBits * b, AspScte35Segmentation * s)
{
  s->segmentation_event_id = asp_bits_get (b, 32);
  s->segmentation_event_cancel_indicator = asp_bits_get (b, 1);
  s->segmentation_event_id_compliance_indicator = asp_bits_get (b, 1);
  s->reserved_cleared[0] = asp_scte35_get_reserved (b, 6);
  if (s->segmentation_event_cancel_indicator)
    return;
  s->program_segmentation_flag = asp_bits_get (b, 1);
  s->segmentation_duration_flag = asp_bits_get (b, 1);
  restrictions_read (b, s);
  if (!s->program_segmentation_flag)
    segmentation_components_read (b, s);
  if (s->segmentation_duration_flag)
    s->segmentation_duration_90k = asp_bits_get64 (b, 40);
  s->segmentation_upid_type = (guint8) asp_bits_get (b, 8);
  s->segmentation_upid = asp_scte35_get_bytes (b, asp_bits_get (b, 8));
  s->segmentation_type_id = (guint8) asp_bits_get (b, 8);
  s->segment_num = (guint8) asp_bits_get (b, 8);
  s->segments_expected = (guint8) asp_bits_get (b, 8);
  /* Older encoders leave these out for types that have them: only descriptor_length tells. */
  s->has_sub_segments = asp_scte35_type_has_sub_segments (s->segmentation_type_id) &&
      asp_bits_left (b) >= 16;
  if (s->has_sub_segments) {
    s->sub_segment_num = (guint8) asp_bits_get (b, 8);
    s->sub_segments_expected = (guint8) asp_bits_get (b, 8);
  }
}

static void
audio_read (AspBits * b, AspScte35Audio * a)
{
  a->audio_count = asp_bits_get (b, 4);
  a->reserved_cleared = asp_scte35_get_reserved (b, 4);
  for (guint i = 0; i < a->audio_count && !b->error; i++) {
    AspScte35AudioComponent *c = &a->audio[i];

    c->component_tag = (guint8) asp_bits_get (b, 8);
    for (guint k = 0; k < 3; k++)
      c->iso_code[k] = (gchar) asp_bits_get (b, 8);
    c->bit_stream_mode = (guint8) asp_bits_get (b, 3);
    c->num_channels = (guint8) asp_bits_get (b, 4);
    c->full_srvc_audio = asp_bits_get (b, 1);
  }
}

static AspScte35DescriptorKind
descriptor_kind (guint8 tag, guint32 identifier)
{
  if (identifier != ASP_SCTE35_CUEI)
    return ASP_SCTE35_DESCRIPTOR_OTHER;
  switch (tag) {
    case TAG_AVAIL:
      return ASP_SCTE35_DESCRIPTOR_AVAIL;
    case TAG_DTMF:
      return ASP_SCTE35_DESCRIPTOR_DTMF;
    case TAG_SEGMENTATION:
      return ASP_SCTE35_DESCRIPTOR_SEGMENTATION;
    case TAG_TIME:
      return ASP_SCTE35_DESCRIPTOR_TIME;
    case TAG_AUDIO:
      return ASP_SCTE35_DESCRIPTOR_AUDIO;
    default:
      return ASP_SCTE35_DESCRIPTOR_OTHER;
  }
}

void
asp_scte35_descriptor_read (guint8 tag, const guint8 * body, gsize size,
    AspScte35Descriptor * out)
{
  AspBits b;

  memset (out, 0, sizeof *out);
  asp_bits_init (&b, body, size);
  out->splice_descriptor_tag = tag;
  out->identifier = asp_bits_get (&b, 32);
  out->kind = b.error ? ASP_SCTE35_DESCRIPTOR_OTHER : descriptor_kind (tag, out->identifier);
  switch (out->kind) {
    case ASP_SCTE35_DESCRIPTOR_AVAIL:
      out->u.provider_avail_id = asp_bits_get (&b, 32);
      break;
    case ASP_SCTE35_DESCRIPTOR_DTMF:
      dtmf_read (&b, &out->u.dtmf);
      break;
    case ASP_SCTE35_DESCRIPTOR_SEGMENTATION:
      segmentation_read (&b, &out->u.segmentation);
      break;
    case ASP_SCTE35_DESCRIPTOR_TIME:
      out->u.time.tai_seconds = asp_bits_get64 (&b, 48);
      out->u.time.tai_ns = asp_bits_get (&b, 32);
      out->u.time.utc_offset = (guint16) asp_bits_get (&b, 16);
      break;
    case ASP_SCTE35_DESCRIPTOR_AUDIO:
      audio_read (&b, &out->u.audio);
      break;
    case ASP_SCTE35_DESCRIPTOR_OTHER:
      break;
  }
  out->malformed = b.error;
  if (b.error)
    out->malformed_bytes = size > 0 ? g_bytes_new (body, size) : NULL;
  else
    out->private_bytes = asp_scte35_get_rest (&b);
}
