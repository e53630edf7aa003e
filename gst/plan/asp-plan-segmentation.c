/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "asp-plan-private.h"

guint
segmentation_flag (guint start_type)
{
  switch (start_type) {
    case ASP_SCTE35_SEG_BREAK_START:
      return ASP_CUE_BREAK;
    case ASP_SCTE35_SEG_PROVIDER_AD_START:
      return ASP_CUE_PROVIDER_AD;
    case ASP_SCTE35_SEG_DISTRIBUTOR_AD_START:
      return ASP_CUE_DISTRIBUTOR_AD;
    case ASP_SCTE35_SEG_PROVIDER_PO_START:
      return ASP_CUE_PROVIDER_PO;
    case ASP_SCTE35_SEG_DISTRIBUTOR_PO_START:
      return ASP_CUE_DISTRIBUTOR_PO;
    default:
      return 0;
  }
}

guint
segmentation_rank (guint start_type)
{
  switch (start_type) {
    case ASP_SCTE35_SEG_BREAK_START:
      return 1;
    case ASP_SCTE35_SEG_PROVIDER_PO_START:
      return 2;
    case ASP_SCTE35_SEG_DISTRIBUTOR_PO_START:
      return 3;
    case ASP_SCTE35_SEG_PROVIDER_AD_START:
    case ASP_SCTE35_SEG_DISTRIBUTOR_AD_START:
      return 4;
    default:
      return 0;
  }
}

gboolean
segmentation_is_end (guint type)
{
  return (type & 1) && segmentation_flag (type & ~1u) != 0;
}

/* What is around a break ends it; so does what cannot be before it is over. The types of
 * programme, chapter and network are those of Table 23 that say "the programme is on again",
 * or "something else is". A break is not ended by its own end here: that one has an event. */
gboolean
segmentation_ends (guint type, guint open)
{
  switch (type) {
    case ASP_SCTE35_SEG_PROGRAM_START:
    case ASP_SCTE35_SEG_PROGRAM_END:
    case ASP_SCTE35_SEG_PROGRAM_EARLY_TERMINATION:
    case ASP_SCTE35_SEG_PROGRAM_BREAKAWAY:
    case ASP_SCTE35_SEG_PROGRAM_RESUMPTION:
    case ASP_SCTE35_SEG_PROGRAM_JOIN:
    case ASP_SCTE35_SEG_CHAPTER_START:
    case ASP_SCTE35_SEG_CHAPTER_END:
    case ASP_SCTE35_SEG_NETWORK_START:
    case ASP_SCTE35_SEG_NETWORK_END:
      return segmentation_rank (open) > 0;
    case ASP_SCTE35_SEG_BREAK_END:
    case ASP_SCTE35_SEG_PROVIDER_PO_END:
    case ASP_SCTE35_SEG_DISTRIBUTOR_PO_END:
      return segmentation_rank (open) > segmentation_rank (type & ~1u);
    case ASP_SCTE35_SEG_BREAK_START:
    case ASP_SCTE35_SEG_PROVIDER_PO_START:
    case ASP_SCTE35_SEG_DISTRIBUTOR_PO_START:
    case ASP_SCTE35_SEG_PROVIDER_AD_START:
    case ASP_SCTE35_SEG_DISTRIBUTOR_AD_START:
      return segmentation_rank (open) >= segmentation_rank (type);
    default:
      return FALSE;
  }
}
