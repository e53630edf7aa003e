/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-scte35-private.h"

const gchar *
asp_scte35_command_name (AspScte35CommandType type)
{
  switch (type) {
    case ASP_SCTE35_SPLICE_NULL:
      return "splice_null";
    case ASP_SCTE35_SPLICE_SCHEDULE:
      return "splice_schedule";
    case ASP_SCTE35_SPLICE_INSERT:
      return "splice_insert";
    case ASP_SCTE35_TIME_SIGNAL:
      return "time_signal";
    case ASP_SCTE35_BANDWIDTH_RESERVATION:
      return "bandwidth_reservation";
    case ASP_SCTE35_PRIVATE_COMMAND:
      return "private_command";
    case ASP_SCTE35_ENCRYPTED:
      return "encrypted section";
  }
  return "reserved command";
}

/* 10.3.3.1, Table 23 */
const gchar *
asp_scte35_segmentation_type_name (guint8 segmentation_type_id)
{
  static const gchar *const names[256] = {
    [ASP_SCTE35_SEG_NOT_INDICATED] = "Not Indicated",
    [ASP_SCTE35_SEG_CONTENT_IDENTIFICATION] = "Content Identification",
    [ASP_SCTE35_SEG_PRIVATE] = "Private",
    [ASP_SCTE35_SEG_PROGRAM_START] = "Program Start",
    [ASP_SCTE35_SEG_PROGRAM_END] = "Program End",
    [ASP_SCTE35_SEG_PROGRAM_EARLY_TERMINATION] = "Program Early Termination",
    [ASP_SCTE35_SEG_PROGRAM_BREAKAWAY] = "Program Breakaway",
    [ASP_SCTE35_SEG_PROGRAM_RESUMPTION] = "Program Resumption",
    [ASP_SCTE35_SEG_PROGRAM_RUNOVER_PLANNED] = "Program Runover Planned",
    [ASP_SCTE35_SEG_PROGRAM_RUNOVER_UNPLANNED] = "Program Runover Unplanned",
    [ASP_SCTE35_SEG_PROGRAM_OVERLAP_START] = "Program Overlap Start",
    [ASP_SCTE35_SEG_PROGRAM_BLACKOUT_OVERRIDE] = "Program Blackout Override",
    [ASP_SCTE35_SEG_PROGRAM_JOIN] = "Program Join",
    [ASP_SCTE35_SEG_PROGRAM_IMMEDIATE_RESUMPTION] = "Program Immediate Resumption",
    [ASP_SCTE35_SEG_CHAPTER_START] = "Chapter Start",
    [ASP_SCTE35_SEG_CHAPTER_END] = "Chapter End",
    [ASP_SCTE35_SEG_BREAK_START] = "Break Start",
    [ASP_SCTE35_SEG_BREAK_END] = "Break End",
    [ASP_SCTE35_SEG_OPENING_CREDIT_START] = "Opening Credit Start",
    [ASP_SCTE35_SEG_OPENING_CREDIT_END] = "Opening Credit End",
    [ASP_SCTE35_SEG_CLOSING_CREDIT_START] = "Closing Credit Start",
    [ASP_SCTE35_SEG_CLOSING_CREDIT_END] = "Closing Credit End",
    [ASP_SCTE35_SEG_PROVIDER_AD_START] = "Provider Advertisement Start",
    [ASP_SCTE35_SEG_PROVIDER_AD_END] = "Provider Advertisement End",
    [ASP_SCTE35_SEG_DISTRIBUTOR_AD_START] = "Distributor Advertisement Start",
    [ASP_SCTE35_SEG_DISTRIBUTOR_AD_END] = "Distributor Advertisement End",
    [ASP_SCTE35_SEG_PROVIDER_PO_START] = "Provider Placement Opportunity Start",
    [ASP_SCTE35_SEG_PROVIDER_PO_END] = "Provider Placement Opportunity End",
    [ASP_SCTE35_SEG_DISTRIBUTOR_PO_START] = "Distributor Placement Opportunity Start",
    [ASP_SCTE35_SEG_DISTRIBUTOR_PO_END] = "Distributor Placement Opportunity End",
    [ASP_SCTE35_SEG_PROVIDER_OVERLAY_PO_START] = "Provider Overlay Placement Opportunity Start",
    [ASP_SCTE35_SEG_PROVIDER_OVERLAY_PO_END] = "Provider Overlay Placement Opportunity End",
    [ASP_SCTE35_SEG_DISTRIBUTOR_OVERLAY_PO_START] =
        "Distributor Overlay Placement Opportunity Start",
    [ASP_SCTE35_SEG_DISTRIBUTOR_OVERLAY_PO_END] = "Distributor Overlay Placement Opportunity End",
    [ASP_SCTE35_SEG_PROVIDER_PROMO_START] = "Provider Promo Start",
    [ASP_SCTE35_SEG_PROVIDER_PROMO_END] = "Provider Promo End",
    [ASP_SCTE35_SEG_DISTRIBUTOR_PROMO_START] = "Distributor Promo Start",
    [ASP_SCTE35_SEG_DISTRIBUTOR_PROMO_END] = "Distributor Promo End",
    [ASP_SCTE35_SEG_UNSCHEDULED_EVENT_START] = "Unscheduled Event Start",
    [ASP_SCTE35_SEG_UNSCHEDULED_EVENT_END] = "Unscheduled Event End",
    [ASP_SCTE35_SEG_ALTERNATE_CONTENT_START] = "Alternate Content Opportunity Start",
    [ASP_SCTE35_SEG_ALTERNATE_CONTENT_END] = "Alternate Content Opportunity End",
    [ASP_SCTE35_SEG_PROVIDER_AD_BLOCK_START] = "Provider Ad Block Start",
    [ASP_SCTE35_SEG_PROVIDER_AD_BLOCK_END] = "Provider Ad Block End",
    [ASP_SCTE35_SEG_DISTRIBUTOR_AD_BLOCK_START] = "Distributor Ad Block Start",
    [ASP_SCTE35_SEG_DISTRIBUTOR_AD_BLOCK_END] = "Distributor Ad Block End",
    [ASP_SCTE35_SEG_NETWORK_START] = "Network Start",
    [ASP_SCTE35_SEG_NETWORK_END] = "Network End",
  };

  return names[segmentation_type_id] ? names[segmentation_type_id] : "Reserved Type";
}

/* 10.3.3.1, Table 22 */
const gchar *
asp_scte35_upid_type_name (guint8 segmentation_upid_type)
{
  static const gchar *const names[] = {
    [ASP_SCTE35_UPID_NONE] = "none",
    [ASP_SCTE35_UPID_USER_DEFINED] = "user defined",
    [ASP_SCTE35_UPID_ISCI] = "ISCI",
    [ASP_SCTE35_UPID_AD_ID] = "Ad-ID",
    [ASP_SCTE35_UPID_UMID] = "UMID",
    [ASP_SCTE35_UPID_ISAN_OLD] = "ISAN",
    [ASP_SCTE35_UPID_ISAN] = "V-ISAN",
    [ASP_SCTE35_UPID_TID] = "TID",
    [ASP_SCTE35_UPID_TI] = "TI",
    [ASP_SCTE35_UPID_ADI] = "ADI",
    [ASP_SCTE35_UPID_EIDR] = "EIDR",
    [ASP_SCTE35_UPID_ATSC] = "ATSC content id",
    [ASP_SCTE35_UPID_MPU] = "MPU",
    [ASP_SCTE35_UPID_MID] = "MID",
    [ASP_SCTE35_UPID_ADS] = "ADS information",
    [ASP_SCTE35_UPID_URI] = "URI",
    [ASP_SCTE35_UPID_UUID] = "UUID",
    [ASP_SCTE35_UPID_SCR] = "SCR",
  };

  return segmentation_upid_type < G_N_ELEMENTS (names) ? names[segmentation_upid_type] :
      "reserved UPID type";
}
