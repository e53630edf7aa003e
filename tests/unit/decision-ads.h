/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-decision-pod.h>

G_BEGIN_DECLS

/* An ad of so many seconds (0 = not said) that could be played: media http://m/ID.mp4, error
 * http://e/ID?[ERRORCODE], notUsed http://n/ID. */
AspAd *test_ad (const gchar * id, gdouble seconds);

/* Candidates from words: "a=10" stand-alone, "a=10#2" in the pod (in the order in which they stand),
 * "a=10@x" advertiser x, "a=10!k" UniversalAdId k, "a=10%" without media, "a=10+3" of group 3,
 * "a=10*" conditional, "a=10^" whose place stays empty, "a=10?" a wrapper that led to nothing. */
GPtrArray *test_candidates (const gchar * words);

/* "a b c | d:REASON:code e:REASON:code | filled left rest", in seconds. (transfer full) */
gchar *test_pod_text (const AspPodResult * result);

G_END_DECLS
