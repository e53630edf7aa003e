/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "bin-fixture.h"
#include "http-fetch.h"
#include "scratch.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * An adsplicebin of channel "one" with a control server at an address of its own and a lead time of 2 s, fed by the
 * test, and an ad server beside it. What fails, fails the test. Thread: that of the test; control_call() and
 * control_insert() any.
 */
#define ARN "arn:aws:ivs:us-east-1:000000000000:channel/"

typedef struct
{
  Bench bench;
  AspHttpClient *client;
  gchar *base;                  /* "http://127.0.0.1:PORT" */
} Control;

/* @config: (nullable): text of its configuration file */
void control_init (Control * c, const Way * way, const gchar * config);
void control_clear (Control * c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Control, control_clear)

/* "SCHEME://" and the real address. (transfer full) */
gchar *control_base (GstElement * bin, const gchar * scheme);
/* (transfer full): its path */
gchar *control_write_config (const gchar * folder, const gchar * text);

/* @body: (nullable). @text: (out) (optional): the answer's body. Returns: its status */
guint control_call (Control * c, const gchar * method, const gchar * target, const gchar * body, gchar ** text);
/* InsertAdBreak. @id: (out) (optional): with 200 */
guint control_insert (Control * c, guint seconds, gchar ** id);
/* Until GetStream answers @wanted. */
void control_wait_for_stream (Control * c, guint wanted);

/* From the place *@at of the stream up to picture @frame of the network. */
void control_feed_to (Control * c, gsize * at, guint frame);
/* To the end, and EOS. */
void control_feed_rest (Control * c, gsize at);
/* The numbers of events that messages carry rise, and are so many at least. */
void control_assert_numbered (Control * c, guint at_least);

typedef struct
{
  GSubprocess *process;
  gchar *media, *store, *base;
} AdServerRun;

/* With three seconds of source 7 (rice-3s.ts) and two of source 8 (salt-2s.ts). */
void ad_server_start (AdServerRun * a, const gchar * program);
void ad_server_clear (AdServerRun * a);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AdServerRun, ad_server_clear)
/* What it was asked. (transfer full) */
gchar *ad_server_seen (Control * c, const AdServerRun * a);

/* With the path of the state, or "memory". */
#define ADS_CONFIG "[state]\npath=%s\n[ads]\nallowed-hosts=127.0.0.1\nplayer-params=device=tv\n" \
    "headers=X-Device-Type: live\n[control]\nrates=InsertAdBreak:0\n"

G_END_DECLS
