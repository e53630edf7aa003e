/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-api.h>
#include <asp-json-reader.h>

G_BEGIN_DECLS

/*
 * Channels that do not run: "one" and "two" are live, "offline" is not, "bare" is live with nothing
 * to show. A break lasts until the next `fake_channels_reset`, or, with `break_us`, as long.
 */
typedef struct
{
  GMutex lock;
  gint64 busy_until_us[4];      /* monotonic */
  gint64 break_us;
  guint n_inserted;
  guint last_seconds;
  guint n_more;                 /* channels "more-0001" and so on, live */
} FakeChannels;

extern const AspApiChannels fake_channels;
void fake_channels_init (FakeChannels * f);
void fake_channels_reset (FakeChannels * f);
void fake_channels_clear (FakeChannels * f);

/* openssl ecparam -name secp384r1 -genkey | openssl ec -pubout; one with prime256v1 */
extern const gchar *const public_keys[4];
extern const gchar *const public_key_p256;

G_END_DECLS
