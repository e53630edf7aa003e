/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-scte35.h"

#include <asp-json-writer.h>

G_BEGIN_DECLS

/*
 * The JSON form of a cue: one object. Times are ticks of 90 kHz and say so in their name,
 * `_90k`; bytes are hexadecimal; a time or duration that a flag rules out is null where
 * people look for one, else it is not there. Members of any cue:
 *
 *   valid                  a receiver may act on it; without it: errors (array of one), error_text
 *   quirks                 array; accepted, but odd: trailing_bytes, command_length_mismatch,
 *                          descriptor_truncated, descriptor_overrun
 *   command                "splice_insert" ...
 *   encrypted, encryption_algorithm, sap_type, cw_index, tier, splice_command_length,
 *   section_length, crc_32 ("0x0123abcd"), alignment_stuffing (bytes), pts_adjustment_90k
 *   descriptors            array of objects: tag, identifier, and what the tag calls for
 *
 * splice_insert: event_id, cancel, out_of_network, program_splice, splice_immediate,
 * pts_time_90k (as carried), pts_adjusted_90k (with pts_adjustment, mod 2^33), components
 * (component_tag, pts_time_90k), duration_90k, auto_return, unique_program_id, avail_num,
 * avails_expected. splice_schedule: events, an array of the same with
 * utc_splice_time_gps_s. time_signal: pts_time_90k, pts_adjusted_90k. private_command:
 * private_identifier, private_hex.
 *
 * Segmentation: segmentation_event_id, cancel, program_segmentation, components
 * (component_tag, pts_offset_90k), delivery_not_restricted and the four restrictions,
 * duration_90k, upid_type, upid_hex, upid (as people write it), segmentation_type_id,
 * segmentation_type (its name), segment_num, segments_expected, sub_segment_num,
 * sub_segments_expected. Avail: provider_avail_id. DTMF: preroll (0.1 s), dtmf. Time:
 * tai_seconds, tai_ns, utc_offset. Audio: components. Others: private_hex. A descriptor that
 * does not fit its length has error "truncated" and the fields that were there.
 *
 * Thread: any; pure. Since: 0.1
 */

/* The members into the object that is open in @w: of a section that has been read ... */
void asp_scte35_json_add_section (AspJsonWriter * w, const AspScte35Section * section);

/* ... and of bytes that need not be one: the first of them is table_id. With a wrong CRC_32
 * the fields are told nevertheless; whoever acts looks at `valid`. */
void asp_scte35_json_add_bytes (AspJsonWriter * w, const guint8 * data, gsize size);

/* As the one before, of base64 or hexadecimal: asp_scte35_decode_text(). */
void asp_scte35_json_add_text (AspJsonWriter * w, const gchar * text);

/**
 * asp_scte35_to_json:
 * Returns: (transfer full): the object of a section that has been read, in one line
 */
gchar *asp_scte35_to_json (const AspScte35Section * section);

G_END_DECLS
