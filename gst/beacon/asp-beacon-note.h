/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-beacon-queue.h"

G_BEGIN_DECLS

/*
 * Internal to gst/beacon: a beacon as it stands in the store, under "beacon/" and the SHA-256 of
 * its key. The value is one line of JSON while it is due, and `{"version":1,"done":...}` behind
 * that, so that its key stays known. Pure.
 */
typedef struct
{
  gchar *key;
  guint64 version;              /* in the store; 0 = not there yet */
  gint64 number;                /* order among the beacons of the store */
  gchar *audience, *break_id, *asset_id, *event, *url;
  gchar *device_ip, *device_user_agent;
  gint64 due_us, expires_us;    /* UTC */

  /* of the queue */
  gchar *lane;
  guint attempts;
} AspBeaconNote;

#define ASP_BEACON_PREFIX "beacon/"

/* (transfer full) */
AspBeaconNote *asp_beacon_note_new (const AspBeaconOrder * order, gint64 number, gint64 due_us,
    gint64 expires_us);
/* NULL when @value is of one that is done, or cannot be read. (transfer full) */
AspBeaconNote *asp_beacon_note_read (const gchar * key, guint64 version, GBytes * value);
void asp_beacon_note_free (AspBeaconNote * note);

GBytes *asp_beacon_note_write (const AspBeaconNote * note);
GBytes *asp_beacon_note_done (const gchar * how);

G_END_DECLS
