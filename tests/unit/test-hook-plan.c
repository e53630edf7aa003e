/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What hooks do when: backoff, words, signature, headers, places. */
#include <asp-hook-plan.h>

#include <string.h>

static void
test_backoff (void)
{
  gint64 longest_ms = 0;

  for (guint failures = 0; failures < 100; failures++) {
    gint64 least = asp_hook_backoff_ms (failures, 0), most = asp_hook_backoff_ms (failures, 1);
    gint64 middle = asp_hook_backoff_ms (failures, 0.5);

    g_assert_cmpint (least, <, middle);
    g_assert_cmpint (middle, <, most);
    g_assert_cmpint (middle, >=, longest_ms);
    g_assert_cmpint (least, >=, ASP_HOOK_RETRY_MIN_MS * 3 / 4);
    g_assert_cmpint (most, <=, ASP_HOOK_RETRY_MAX_MS * 5 / 4);
    longest_ms = middle;
  }
  g_assert_cmpint (asp_hook_backoff_ms (1, 0.5), ==, ASP_HOOK_RETRY_MIN_MS);
  g_assert_cmpint (asp_hook_backoff_ms (2, 0.5), ==, 2 * ASP_HOOK_RETRY_MIN_MS);
  g_assert_cmpint (asp_hook_backoff_ms (3, 0.5), ==, 4 * ASP_HOOK_RETRY_MIN_MS);
  g_assert_cmpint (longest_ms, ==, ASP_HOOK_RETRY_MAX_MS);
  g_assert_cmpint (asp_hook_backoff_ms (G_MAXUINT, 0.5), ==, ASP_HOOK_RETRY_MAX_MS);
  /* chances that are none */
  g_assert_cmpint (asp_hook_backoff_ms (1, -5), ==, asp_hook_backoff_ms (1, 0));
  g_assert_cmpint (asp_hook_backoff_ms (1, 5), ==, asp_hook_backoff_ms (1, 1));
}

static void
test_why (void)
{
  for (gint error = -1; error <= ASP_HTTP_CLIENT_ERROR_CANCELLED; error++) {
    g_autofree gchar *why = asp_hook_why (0, error);

    g_assert_cmpuint (strlen (why), >, 10);
  }
  {
    g_autofree gchar *moved = asp_hook_why (302, -1), *broken = asp_hook_why (500, -1);

    g_assert_nonnull (strstr (moved, "redirects (302)"));
    g_assert_cmpstr (broken, ==, "it answers 500");
  }
}

/* RFC 4231, 4.3 (test case 2). */
static void
test_signature (void)
{
  g_autofree gchar *signature = asp_hook_signature ("Jefe", "what do ya want for nothing?");

  g_assert_cmpstr (signature, ==, "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void
test_headers (void)
{
  const gchar *lines[] = { "Authorization: Bearer a:b", "X-Empty:", "  X-Space  :  v  ", "none", ": v", "", NULL };
  guint bad;
  g_auto (GStrv) headers = asp_hook_headers (lines, &bad), none = NULL;
  g_autofree gchar *all = g_strjoinv ("|", headers);

  g_assert_cmpstr (all, ==, "Authorization|Bearer a:b|X-Empty||X-Space|v");
  g_assert_cmpuint (bad, ==, 3);
  none = asp_hook_headers (NULL, &bad);
  g_assert_cmpuint (g_strv_length (none), ==, 0);
  g_assert_cmpuint (bad, ==, 0);
}

static void
test_wants (void)
{
  const gchar *channels[] = { "a", "b", NULL }, *nothing[] = { NULL };
  g_autoptr (AspEvent) event = asp_event_new (ASP_EVENT_BREAK_ENDED, "b", NULL, 0);
  g_autoptr (AspEvent) other = asp_event_new (ASP_EVENT_BREAK_ENDED, "c", NULL, 0);
  g_autoptr (AspEvent) nowhere = asp_event_new (ASP_EVENT_BREAK_ENDED, NULL, NULL, 0);

  g_assert_true (asp_hook_wants (NULL, event));
  g_assert_true (asp_hook_wants (NULL, nowhere));
  g_assert_true (asp_hook_wants (channels, event));
  g_assert_false (asp_hook_wants (channels, other));
  g_assert_false (asp_hook_wants (channels, nowhere));
  g_assert_false (asp_hook_wants (nothing, event));
}

static void
test_names (void)
{
  g_autofree gchar *longest = g_strnfill (128, 'a'), *longer = g_strnfill (129, 'a');

  g_assert_true (asp_hook_name_is_good ("Slack_1-a"));
  g_assert_true (asp_hook_name_is_good (longest));
  g_assert_false (asp_hook_name_is_good (longer));
  g_assert_false (asp_hook_name_is_good (""));
  g_assert_false (asp_hook_name_is_good (NULL));
  g_assert_false (asp_hook_name_is_good ("a/b"));
  g_assert_false (asp_hook_name_is_good ("a b"));
}

static void
test_place (void)
{
  static const gchar *const bad[] = { "", "{}", "7", "{\"version\":2,\"number\":7}", "{\"version\":1,\"number\":-1}",
    "{\"version\":1,\"number\":\"7\"}"
  };
  g_autoptr (GBytes) value = asp_hook_place_write (G_MAXINT64);
  guint64 number = 0;

  g_assert_true (asp_hook_place_read (value, &number));
  g_assert_cmpuint (number, ==, G_MAXINT64);
  for (gsize size = 0; size < g_bytes_get_size (value); size++) {
    g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (value, NULL), size);

    g_assert_false (asp_hook_place_read (cut, &number));
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GBytes) bytes = g_bytes_new_static (bad[i], strlen (bad[i]));

    g_assert_false (asp_hook_place_read (bytes, &number));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hook-plan/backoff", test_backoff);
  g_test_add_func ("/hook-plan/why", test_why);
  g_test_add_func ("/hook-plan/signature", test_signature);
  g_test_add_func ("/hook-plan/headers", test_headers);
  g_test_add_func ("/hook-plan/wants", test_wants);
  g_test_add_func ("/hook-plan/names", test_names);
  g_test_add_func ("/hook-plan/place", test_place);
  return g_test_run ();
}
