/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * A VAST document from words; its URLs begin with @base:
 *   a=10      stand-alone ad of 10 s: media BASE/m/a.mp4, BASE/e/a?[ERRORCODE] as Error,
 *             BASE/i/a as Impression, BASE/n/a as notUsed
 *   a=10#2    with sequence 2
 *   w>two     wrapper to BASE/two, with Error and Impression of its own; "w>http://x/y" is absolute
 *   ~m ~f ~b  behind a wrapper: allowMultipleAds; not followAdditionalWrappers; not fallbackOnNoAd
 *   =10%      without media
 *   $2        behind an ad or a wrapper: Expires of 2 s
 *   !         root Error BASE/e/root?[ERRORCODE]
 *   broken    an Ad with neither InLine nor Wrapper
 * (transfer full)
 */
gchar *test_vast (const gchar * base, const gchar * words);

G_END_DECLS
