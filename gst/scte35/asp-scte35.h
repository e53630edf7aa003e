/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-time.h>

G_BEGIN_DECLS

/*
 * splice_info_section of ANSI/SCTE 35 2023r1: bytes to fields, fields to bytes, and a
 * form for people. It interprets nothing: which cue opens a break is decided elsewhere.
 *
 * Names are the standard's. Times are 90 kHz ticks: `_pts90k` a 33-bit time as carried,
 * `_90k` a duration, `_gps_s` seconds since 1980-01-06 (9.7.2.1).
 *
 * Nothing that was read is lost: asp_scte35_write() of what asp_scte35_parse() gave is the
 * same section byte for byte. That is what `reserved_cleared` (reserved bits that were 0
 * where the standard says 1), `..._rest` and `stuffing` are for; in a section that is made
 * here they stay 0 and NULL. GBytes members are owned by their struct, NULL means empty.
 *
 * Thread: any; no locks, no I/O, no global state. Since: 0.1
 */
#define ASP_SCTE35_SECTION_MAX 4096     /* section_length <= 4093: 9.6.1 */
#define ASP_SCTE35_CUEI 0x43554549u     /* identifier "CUEI": 10.2 */
#define ASP_SCTE35_TIER_IGNORE 0xfffu   /* tier for everybody: 9.6.1 */
#define ASP_SCTE35_LENGTH_UNKNOWN 0xfffu        /* splice_command_length of old encoders */

typedef enum
{
  ASP_SCTE35_ERROR_TRUNCATED,   /* the bytes end before the section does */
  ASP_SCTE35_ERROR_TABLE_ID,    /* not 0xFC: another table */
  ASP_SCTE35_ERROR_SECTION_LENGTH,      /* impossible, or too short for what it holds */
  ASP_SCTE35_ERROR_CRC,         /* CRC_32 does not match */
  ASP_SCTE35_ERROR_PROTOCOL_VERSION,    /* not 0: 9.6.1 tells to ignore the section */
  ASP_SCTE35_ERROR_UNKNOWN_COMMAND,     /* reserved splice_command_type: 9.6.1, to be skipped */
  ASP_SCTE35_ERROR_COMMAND,     /* the command fits neither its length nor the section */
  ASP_SCTE35_ERROR_DESCRIPTOR_LOOP,     /* descriptor_loop_length goes past the section */
  ASP_SCTE35_ERROR_TEXT,        /* neither base64 nor hexadecimal */
  ASP_SCTE35_ERROR_VALUE,       /* write: a field or a list is larger than its bits */
} AspScte35Error;

#define ASP_SCTE35_ERROR (asp_scte35_error_quark ())
GQuark asp_scte35_error_quark (void);

typedef enum
{
  ASP_SCTE35_SPLICE_NULL = 0x00,
  ASP_SCTE35_SPLICE_SCHEDULE = 0x04,
  ASP_SCTE35_SPLICE_INSERT = 0x05,
  ASP_SCTE35_TIME_SIGNAL = 0x06,
  ASP_SCTE35_BANDWIDTH_RESERVATION = 0x07,
  ASP_SCTE35_PRIVATE_COMMAND = 0xff,
  ASP_SCTE35_ENCRYPTED = 0x100, /* encrypted_packet: which command it is cannot be read */
} AspScte35CommandType;

/* splice_time(): 9.8.1 */
typedef struct
{
  gboolean time_specified_flag;
  guint64 pts_time_pts90k;      /* as carried, without pts_adjustment; 0 when not specified */
  guint8 reserved_cleared;
} AspScte35SpliceTime;

/* break_duration(): 9.8.2 */
typedef struct
{
  gboolean auto_return;
  guint64 duration_90k;         /* 33 bit */
  guint8 reserved_cleared;
} AspScte35BreakDuration;

typedef struct
{
  guint8 component_tag;
  AspScte35SpliceTime splice_time;      /* splice_insert without splice_immediate_flag */
  guint32 utc_splice_time_gps_s;        /* splice_schedule */
} AspScte35Component;

/* splice_insert() (9.7.3), and one event of splice_schedule() (9.7.2), which has the same
 * fields but for the kind of its time. With splice_event_cancel_indicator nothing behind it
 * is there. */
typedef struct
{
  guint32 splice_event_id;
  gboolean splice_event_cancel_indicator;
  gboolean event_id_compliance_flag;    /* as it stands; 1 where older editions had reserved */
  gboolean out_of_network_indicator;
  gboolean program_splice_flag; /* 0: component mode, deprecated but alive */
  gboolean duration_flag;
  gboolean splice_immediate_flag;       /* splice_insert only */
  AspScte35SpliceTime splice_time;      /* splice_insert, programme mode, not immediate */
  guint32 utc_splice_time_gps_s;        /* splice_schedule, programme mode */
  guint n_components;           /* at most 255 */
  AspScte35Component *components;       /* component mode, g_new */
  AspScte35BreakDuration break_duration;        /* with duration_flag */
  guint16 unique_program_id;
  guint8 avail_num;
  guint8 avails_expected;       /* 0: avail_num has no meaning */
  guint8 reserved_cleared[2];   /* behind the cancel indicator; behind the flags */
} AspScte35SpliceEvent;

typedef enum
{
  ASP_SCTE35_DESCRIPTOR_OTHER,  /* unknown tag, or identifier other than CUEI */
  ASP_SCTE35_DESCRIPTOR_AVAIL,  /* 0x00: 10.3.1 */
  ASP_SCTE35_DESCRIPTOR_DTMF,   /* 0x01: 10.3.2 */
  ASP_SCTE35_DESCRIPTOR_SEGMENTATION,   /* 0x02: 10.3.3 */
  ASP_SCTE35_DESCRIPTOR_TIME,   /* 0x03: 10.3.4 */
  ASP_SCTE35_DESCRIPTOR_AUDIO,  /* 0x04: 10.3.5 */
} AspScte35DescriptorKind;

typedef struct
{
  guint8 component_tag;
  guint64 pts_offset_90k;       /* 33 bit, added to the splice time */
  guint8 reserved_cleared;
} AspScte35SegmentationComponent;

/* segmentation_upid_type: 10.3.3.1 */
typedef enum
{
  ASP_SCTE35_UPID_NONE = 0x00,
  ASP_SCTE35_UPID_USER_DEFINED = 0x01,  /* deprecated */
  ASP_SCTE35_UPID_ISCI = 0x02,  /* deprecated */
  ASP_SCTE35_UPID_AD_ID = 0x03,
  ASP_SCTE35_UPID_UMID = 0x04,
  ASP_SCTE35_UPID_ISAN_OLD = 0x05,      /* deprecated */
  ASP_SCTE35_UPID_ISAN = 0x06,
  ASP_SCTE35_UPID_TID = 0x07,
  ASP_SCTE35_UPID_TI = 0x08,    /* airing id */
  ASP_SCTE35_UPID_ADI = 0x09,
  ASP_SCTE35_UPID_EIDR = 0x0a,
  ASP_SCTE35_UPID_ATSC = 0x0b,
  ASP_SCTE35_UPID_MPU = 0x0c,   /* format_identifier, then private bytes: 10.3.3.3 */
  ASP_SCTE35_UPID_MID = 0x0d,   /* a list of UPIDs: 10.3.3.4 */
  ASP_SCTE35_UPID_ADS = 0x0e,
  ASP_SCTE35_UPID_URI = 0x0f,
  ASP_SCTE35_UPID_UUID = 0x10,
  ASP_SCTE35_UPID_SCR = 0x11,
} AspScte35UpidType;

/* segmentation_type_id: 10.3.3.1, Table 23. END is START + 1. */
typedef enum
{
  ASP_SCTE35_SEG_NOT_INDICATED = 0x00,
  ASP_SCTE35_SEG_CONTENT_IDENTIFICATION = 0x01,
  ASP_SCTE35_SEG_PRIVATE = 0x02,
  ASP_SCTE35_SEG_PROGRAM_START = 0x10,
  ASP_SCTE35_SEG_PROGRAM_END = 0x11,
  ASP_SCTE35_SEG_PROGRAM_EARLY_TERMINATION = 0x12,
  ASP_SCTE35_SEG_PROGRAM_BREAKAWAY = 0x13,
  ASP_SCTE35_SEG_PROGRAM_RESUMPTION = 0x14,
  ASP_SCTE35_SEG_PROGRAM_RUNOVER_PLANNED = 0x15,
  ASP_SCTE35_SEG_PROGRAM_RUNOVER_UNPLANNED = 0x16,
  ASP_SCTE35_SEG_PROGRAM_OVERLAP_START = 0x17,
  ASP_SCTE35_SEG_PROGRAM_BLACKOUT_OVERRIDE = 0x18,
  ASP_SCTE35_SEG_PROGRAM_JOIN = 0x19,
  ASP_SCTE35_SEG_PROGRAM_IMMEDIATE_RESUMPTION = 0x1a,
  ASP_SCTE35_SEG_CHAPTER_START = 0x20,
  ASP_SCTE35_SEG_CHAPTER_END = 0x21,
  ASP_SCTE35_SEG_BREAK_START = 0x22,
  ASP_SCTE35_SEG_BREAK_END = 0x23,
  ASP_SCTE35_SEG_OPENING_CREDIT_START = 0x24,
  ASP_SCTE35_SEG_OPENING_CREDIT_END = 0x25,
  ASP_SCTE35_SEG_CLOSING_CREDIT_START = 0x26,
  ASP_SCTE35_SEG_CLOSING_CREDIT_END = 0x27,
  ASP_SCTE35_SEG_PROVIDER_AD_START = 0x30,
  ASP_SCTE35_SEG_PROVIDER_AD_END = 0x31,
  ASP_SCTE35_SEG_DISTRIBUTOR_AD_START = 0x32,
  ASP_SCTE35_SEG_DISTRIBUTOR_AD_END = 0x33,
  ASP_SCTE35_SEG_PROVIDER_PO_START = 0x34,
  ASP_SCTE35_SEG_PROVIDER_PO_END = 0x35,
  ASP_SCTE35_SEG_DISTRIBUTOR_PO_START = 0x36,
  ASP_SCTE35_SEG_DISTRIBUTOR_PO_END = 0x37,
  ASP_SCTE35_SEG_PROVIDER_OVERLAY_PO_START = 0x38,
  ASP_SCTE35_SEG_PROVIDER_OVERLAY_PO_END = 0x39,
  ASP_SCTE35_SEG_DISTRIBUTOR_OVERLAY_PO_START = 0x3a,
  ASP_SCTE35_SEG_DISTRIBUTOR_OVERLAY_PO_END = 0x3b,
  ASP_SCTE35_SEG_PROVIDER_PROMO_START = 0x3c,
  ASP_SCTE35_SEG_PROVIDER_PROMO_END = 0x3d,
  ASP_SCTE35_SEG_DISTRIBUTOR_PROMO_START = 0x3e,
  ASP_SCTE35_SEG_DISTRIBUTOR_PROMO_END = 0x3f,
  ASP_SCTE35_SEG_UNSCHEDULED_EVENT_START = 0x40,
  ASP_SCTE35_SEG_UNSCHEDULED_EVENT_END = 0x41,
  ASP_SCTE35_SEG_ALTERNATE_CONTENT_START = 0x42,
  ASP_SCTE35_SEG_ALTERNATE_CONTENT_END = 0x43,
  ASP_SCTE35_SEG_PROVIDER_AD_BLOCK_START = 0x44,
  ASP_SCTE35_SEG_PROVIDER_AD_BLOCK_END = 0x45,
  ASP_SCTE35_SEG_DISTRIBUTOR_AD_BLOCK_START = 0x46,
  ASP_SCTE35_SEG_DISTRIBUTOR_AD_BLOCK_END = 0x47,
  ASP_SCTE35_SEG_NETWORK_START = 0x50,
  ASP_SCTE35_SEG_NETWORK_END = 0x51,
} AspScte35SegmentationType;

/* segmentation_descriptor(): 10.3.3. With segmentation_event_cancel_indicator nothing behind
 * it is there. */
typedef struct
{
  guint32 segmentation_event_id;
  gboolean segmentation_event_cancel_indicator;
  gboolean segmentation_event_id_compliance_indicator;  /* as it stands */
  gboolean program_segmentation_flag;
  gboolean segmentation_duration_flag;
  gboolean delivery_not_restricted_flag;
  gboolean web_delivery_allowed_flag;   /* this and the next three: only when restricted */
  gboolean no_regional_blackout_flag;
  gboolean archive_allowed_flag;
  guint8 device_restrictions;   /* 2 bit; 3 = none */
  guint n_components;           /* at most 255; programme segmentation: 0 */
  AspScte35SegmentationComponent *components;   /* g_new */
  guint64 segmentation_duration_90k;    /* 40 bit, with segmentation_duration_flag */
  guint8 segmentation_upid_type;
  GBytes *segmentation_upid;
  guint8 segmentation_type_id;
  guint8 segment_num;
  guint8 segments_expected;
  gboolean has_sub_segments;    /* the type allows them and descriptor_length has room */
  guint8 sub_segment_num;
  guint8 sub_segments_expected;
  guint8 reserved_cleared[2];   /* behind the indicators; behind delivery_not_restricted_flag */
} AspScte35Segmentation;

typedef struct
{
  guint8 preroll;               /* tenths of a second */
  guint8 dtmf_count;            /* 0..7 */
  gchar dtmf_char[8];           /* as carried, then zeros */
  guint8 reserved_cleared;
} AspScte35Dtmf;

typedef struct
{
  guint64 tai_seconds;          /* 48 bit, since 1970-01-01 TAI */
  guint32 tai_ns;
  guint16 utc_offset;           /* seconds */
} AspScte35Time;

typedef struct
{
  guint8 component_tag;
  gchar iso_code[4];            /* three bytes as carried, then 0 */
  guint8 bit_stream_mode;       /* 3 bit */
  guint8 num_channels;          /* 4 bit, coded as in ATSC A/52 */
  gboolean full_srvc_audio;
} AspScte35AudioComponent;

typedef struct
{
  guint audio_count;            /* 0..15 */
  AspScte35AudioComponent audio[15];
  guint8 reserved_cleared;
} AspScte35Audio;

/* splice_descriptor(): 10.2. A malformed one does not spoil the command: its fields are
 * filled as far as its bytes go, for people; nobody acts on it. */
typedef struct
{
  AspScte35DescriptorKind kind;
  guint8 splice_descriptor_tag;
  guint32 identifier;
  gboolean malformed;           /* descriptor_length does not fit the content */
  union
  {
    guint32 provider_avail_id;
    AspScte35Dtmf dtmf;
    AspScte35Segmentation segmentation;
    AspScte35Time time;
    AspScte35Audio audio;
  } u;                          /* by kind */
  GBytes *private_bytes;        /* OTHER: all behind identifier; else behind the last field */
  GBytes *malformed_bytes;      /* malformed: all behind descriptor_length */
} AspScte35Descriptor;

typedef struct
{
  gboolean section_syntax_indicator;    /* 0 in a section that keeps to 9.6.1 */
  gboolean private_indicator;
  guint8 sap_type;              /* 2 bit: 0, 1, 2 as SAP types 1, 2, 3; 3 = not said */
  guint section_length;         /* read only: the section is section_length + 3 bytes */
  guint8 protocol_version;      /* 0 */
  gboolean encrypted_packet;
  guint8 encryption_algorithm;  /* 6 bit */
  guint64 pts_adjustment_pts90k;        /* 33 bit */
  guint8 cw_index;
  guint16 tier;                 /* 12 bit */
  guint16 splice_command_length;        /* as read; written as counted, but 0xFFF stays */
  gboolean splice_command_length_wrong; /* read: it does not end where the command does, and
                                           all else fits; written as it stands */
  AspScte35CommandType splice_command_type;
  union
  {
    AspScte35SpliceEvent splice_insert;
    AspScte35SpliceTime time_signal;
    struct
    {
      guint n_events;           /* splice_count, at most 255 */
      AspScte35SpliceEvent *events;     /* g_new */
    } splice_schedule;
    struct
    {
      guint32 identifier;
      GBytes *private_bytes;
    } private_command;
  } u;                          /* by splice_command_type */
  GBytes *command_rest;         /* behind the last field, within splice_command_length */
  guint n_descriptors;
  AspScte35Descriptor *descriptors;     /* g_new */
  GBytes *descriptor_loop_rest; /* end of the loop that is no descriptor */
  GBytes *stuffing;             /* alignment_stuffing */
  GBytes *encrypted_bytes;      /* ENCRYPTED: from splice_command_type to E_CRC_32 */
  guint32 crc_32;               /* as read */
} AspScte35Section;

/**
 * asp_scte35_parse:
 * @data: (array length=size): a section from table_id on; bytes behind it (stuffing of the
 *   packet) are not looked at, section_length says where it ends
 * @out: (out caller-allocates): what was in it is not freed; release with asp_scte35_clear()
 *
 * An encrypted section is no error: splice_command_type is then ASP_SCTE35_ENCRYPTED and
 * only the fields up to splice_command_length can be read. A malformed descriptor is none
 * either, see AspScte35Descriptor; nor is a wrong splice_command_length, when the command and
 * the descriptors behind it fill the section exactly.
 *
 * Returns: FALSE with @error (ASP_SCTE35_ERROR) set; @out is then zeroed and needs no clear
 * Since: 0.1
 */
gboolean asp_scte35_parse (const guint8 * data, gsize size, AspScte35Section * out,
    GError ** error);

/**
 * asp_scte35_parse_text:
 * @text: base64 or hexadecimal, see asp_scte35_decode_text()
 *
 * As asp_scte35_parse(). Since: 0.1
 */
gboolean asp_scte35_parse_text (const gchar * text, AspScte35Section * out, GError ** error);

/* A splice_null() for everybody, to be filled: sap_type 3, tier 0xFFF, no descriptors. */
void asp_scte35_init (AspScte35Section * section);

/* Frees what @section owns and zeroes it; NULL and a zeroed struct are welcome. */
void asp_scte35_clear (AspScte35Section * section);

/**
 * asp_scte35_write:
 *
 * All lengths, counts and the CRC_32 are computed. Members that a flag rules out are not
 * looked at.
 *
 * Returns: (transfer full): the section, or NULL with ASP_SCTE35_ERROR_VALUE
 * Since: 0.1
 */
GBytes *asp_scte35_write (const AspScte35Section * section, GError ** error);

/**
 * asp_scte35_splice_time_pts90k:
 *
 * Returns: (pts_time + pts_adjustment) mod 2^33 of a time_signal or splice_insert; in
 *   component mode of the first component that has a time. ASP_NO_TIME when the cue says
 *   none: immediate, cancelled, time_specified_flag 0, another command.
 * Since: 0.1
 */
gint64 asp_scte35_splice_time_pts90k (const AspScte35Section * section);

/**
 * asp_scte35_segmentation:
 * @index: of the descriptor, 0 .. n_descriptors - 1
 *
 * Returns: (nullable) (transfer none): the descriptor's content when it is a segmentation
 *   descriptor to act on: a sound one
 * Since: 0.1
 */
const AspScte35Segmentation *asp_scte35_segmentation (const AspScte35Section * section,
    guint index);

/**
 * asp_scte35_build_splice_insert:
 * @pts90k: unwrapped or 33 bit; ASP_NO_TIME makes it immediate
 * @duration_90k: ASP_NO_TIME for none; @auto_return is then not looked at
 *
 * Programme mode, pts_adjustment 0, no descriptors.
 *
 * Returns: (transfer full): a section, never NULL; @duration_90k is limited to 33 bits
 * Since: 0.1
 */
GBytes *asp_scte35_build_splice_insert (guint32 splice_event_id, gboolean out_of_network,
    gint64 pts90k, gint64 duration_90k, gboolean auto_return, guint16 unique_program_id);

/* Of a break of our own: the source nibble of local insertion (9.9.3), and the rest tells
 * breaks apart. */
guint32 asp_scte35_own_event_id (const gchar * break_id);

/**
 * asp_scte35_decode_text:
 * @text: base64 (also URL-safe, padding may be missing) or hexadecimal (0x in front or not);
 *   white space anywhere; at most ASP_SCTE35_TEXT_MAX characters
 *
 * Only hexadecimal digits, an even number: hexadecimal (base64 of a section begins with '/').
 *
 * Returns: (transfer full): the bytes, or NULL with ASP_SCTE35_ERROR_TEXT
 * Since: 0.1
 */
#define ASP_SCTE35_TEXT_MAX 65536
GBytes *asp_scte35_decode_text (const gchar * text, GError ** error);

/* One line for people, without line end; free with g_free(). Not for programs to read. */
gchar *asp_scte35_to_string (const AspScte35Section * section);

/* "splice_insert", "Provider Placement Opportunity Start", "Ad-ID" ...; static, never NULL. */
const gchar *asp_scte35_command_name (AspScte35CommandType type);
const gchar *asp_scte35_segmentation_type_name (guint8 segmentation_type_id);
const gchar *asp_scte35_upid_type_name (guint8 segmentation_upid_type);

typedef struct
{
  guint8 segmentation_upid_type;
  GBytes *segmentation_upid;
} AspScte35Upid;

/**
 * asp_scte35_mid_split:
 * @upid: the bytes of a UPID of type ASP_SCTE35_UPID_MID
 *
 * Returns: (transfer full) (element-type AspScte35Upid): its UPIDs in order, freed with their
 *   bytes by g_array_unref(); NULL when the list does not end where @upid ends
 * Since: 0.1
 */
GArray *asp_scte35_mid_split (GBytes * upid);

/**
 * asp_scte35_upid_to_string:
 *
 * Returns: (transfer full): the usual spelling of a UPID of that type (EIDR as DOI, UUID with
 *   dashes, MPU as FORMAT:hex, MID as a list in brackets); hexadecimal when its bytes do not
 *   fit the type
 * Since: 0.1
 */
gchar *asp_scte35_upid_to_string (guint8 segmentation_upid_type, GBytes * upid);

G_END_DECLS
