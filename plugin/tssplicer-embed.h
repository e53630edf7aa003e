/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gsttssplicer.h"

#include <asp-channel.h>
#include <asp-splicer-input.h>

G_BEGIN_DECLS

/*
 * What adsplicebin does with the splicers inside of it, beyond what every application can.
 * Thread: any, unless it says otherwise. Since: 0.1
 */

/* The splicer is one rendition of @channel, named @rendition in messages. In READY or NULL. */
void gst_ts_splicer_set_channel (GstTsSplicer * self, AspChannel * channel, const gchar * rendition);

/* @ad: (nullable): what its ad server says of the creative; its asset_id is the creative's name.
 * A pad ad_%u is for the break of @break_id alone. Pad
 * `slate`: a break waits until it has been read, unless the input is live. Before anything is linked. */
void gst_ts_splicer_assign_pad (GstTsSplicer * self, GstPad * pad, const gchar * break_id,
    const AspAd * ad);
/* Somebody gives each break its creatives, on pads of its own: up to gst_ts_splicer_settle() the
 * break waits for them, unless the input is live. In READY or NULL. */
void gst_ts_splicer_set_provided (GstTsSplicer * self, gboolean provided);
void gst_ts_splicer_settle (GstTsSplicer * self, const gchar * break_id);
/* Does the input come as time goes by? */
gboolean gst_ts_splicer_is_live (GstTsSplicer * self);
/* What comes in, as it was at the last picture. */
typedef struct
{
  AspSplicerStats stats;
  AspSplicerInput now;
  gint64 rap_us;                /* UTC, when the last RAP came; 0 = none */
  guint n_pids;
  AspSplicerPid pids[ASP_SPLICER_PIDS_MAX];
} TsSplicerInput;

void gst_ts_splicer_get_input (GstTsSplicer * self, TsSplicerInput * out);
/* The break is over. */
void gst_ts_splicer_forget (GstTsSplicer * self, const gchar * break_id);

G_END_DECLS
