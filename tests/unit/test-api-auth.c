/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may call: signatures, bearer tokens, and without keys the machine itself. */
#include <asp-api-auth.h>
#include <asp-sigv4.h>
#include <string.h>

#define NOW_S 1440938160        /* 2015-08-30T12:36:00Z */
#define ACCESS_KEY "AKIDEXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TOKEN "0123456789abcdef"

typedef struct
{
  const gchar *authorization, *host, *date, *origin;
} Fields;

static const gchar *
header (gconstpointer data, const gchar * name)
{
  const Fields *f = data;

  return !strcmp (name, "authorization") ? f->authorization : !strcmp (name, "host") ? f->host :
      !strcmp (name, "x-amz-date") ? f->date : !strcmp (name, "origin") ? f->origin : NULL;
}

static gboolean
check_at (AspApiAuth * auth, const Fields * fields, gboolean loopback, gboolean changes, gint64 now_s, GError ** error)
{
  const AspApiRequest r = { "POST", "/InsertAdBreak", NULL, header, fields, "{}", 2, loopback };

  return asp_api_auth_check (auth, &r, changes, now_s, error);
}

static void
assert_denied (AspApiAuth * auth, const Fields * fields, gboolean loopback, gint64 now_s, const gchar * said)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (check_at (auth, fields, loopback, TRUE, now_s, &error));
  g_assert_error (error, ASP_API_ERROR, ASP_API_ACCESS_DENIED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, said));
  g_assert_null (strstr (error->message, SECRET));
  g_assert_null (strstr (error->message, TOKEN));
}

static void
test_no_keys (void)
{
  static const Fields plain = {.host = "127.0.0.1:8090" };
  static const Fields named = {.host = "localhost:8090",.origin = "http://localhost:8090" };
  static const Fields v6 = {.host = "[::1]:8090",.origin = "http://[::1]:8090" };
  static const Fields page = {.host = "127.0.0.1:8090",.origin = "https://evil.example" };
  static const Fields sandbox = {.host = "127.0.0.1:8090",.origin = "null" };
  static const Fields port = {.host = "127.0.0.1:8090",.origin = "http://127.0.0.1:8091" };
  static const Fields rebound = {.host = "evil.example:8090" };
  static const Fields bearer = {.host = "127.0.0.1:8090",.authorization = "Bearer " TOKEN };
  g_autoptr (AspApiAuth) auth = asp_api_auth_new ();

  g_assert_true (check_at (auth, &plain, TRUE, TRUE, NOW_S, NULL));
  g_assert_true (check_at (auth, &named, TRUE, TRUE, NOW_S, NULL));
  g_assert_true (check_at (auth, &v6, TRUE, TRUE, NOW_S, NULL));
  g_assert_true (check_at (auth, &bearer, TRUE, TRUE, NOW_S, NULL));
  assert_denied (auth, &plain, FALSE, NOW_S, "No key is configured");
  assert_denied (auth, &bearer, FALSE, NOW_S, "No key is configured");
  assert_denied (auth, &page, TRUE, NOW_S, "another origin");
  assert_denied (auth, &sandbox, TRUE, NOW_S, "another origin");
  assert_denied (auth, &port, TRUE, NOW_S, "another origin");
  assert_denied (auth, &rebound, TRUE, NOW_S, "localhost");
}

static void
test_bearer (void)
{
  static const Fields good = {.host = "x",.authorization = "Bearer " TOKEN };
  static const Fields lower = {.host = "x",.authorization = "bearer fedcba9876543210" };
  static const Fields bad = {.host = "x",.authorization = "Bearer 0123456789abcdeF" };
  static const Fields part = {.host = "x",.authorization = "Bearer 0123456789abcde" };
  static const Fields empty = {.host = "x",.authorization = "Bearer " };
  static const Fields basic = {.host = "x",.authorization = "Basic " TOKEN };
  static const Fields none = {.host = "127.0.0.1" };
  g_autoptr (AspApiAuth) auth = asp_api_auth_new ();

  g_assert_true (asp_api_auth_add_bearer (auth, "fedcba9876543210", NULL));
  g_assert_true (asp_api_auth_add_bearer (auth, TOKEN, NULL));
  g_assert_true (check_at (auth, &good, FALSE, TRUE, NOW_S, NULL));
  g_assert_true (check_at (auth, &good, FALSE, TRUE, NOW_S, NULL));
  g_assert_true (check_at (auth, &lower, FALSE, TRUE, NOW_S, NULL));
  assert_denied (auth, &bad, TRUE, NOW_S, "bearer token");
  assert_denied (auth, &part, TRUE, NOW_S, "bearer token");
  assert_denied (auth, &empty, TRUE, NOW_S, "bearer token");
  assert_denied (auth, &basic, TRUE, NOW_S, "");
  assert_denied (auth, &none, TRUE, NOW_S, "");        /* with a key the machine itself needs one too */
}

static gchar *
sign (const gchar * access_key, const gchar * secret, const gchar * service)
{
  const Fields fields = {.host = "x",.date = "20150830T123600Z" };
  const AspSigV4Request r = { "POST", "/InsertAdBreak", NULL, header, &fields, "{}", 2 };
  const AspSigV4Key key = { access_key, secret, "us-east-1", service };

  return asp_sigv4_authorization (&r, &key, "host;x-amz-date");
}

static void
test_signature (void)
{
  g_autofree gchar *ivs = sign (ACCESS_KEY, SECRET, "ivs");
  g_autofree gchar *mediatailor = sign (ACCESS_KEY, SECRET, "mediatailor");
  g_autofree gchar *s3 = sign (ACCESS_KEY, SECRET, "s3");
  g_autofree gchar *wrong = sign (ACCESS_KEY, "another secret key", "ivs");
  g_autofree gchar *stranger = sign ("AKIDSTRANGER", SECRET, "ivs");
  Fields f = {.host = "x",.date = "20150830T123600Z",.authorization = ivs };
  g_autoptr (AspApiAuth) auth = asp_api_auth_new ();

  g_assert_true (asp_api_auth_add_key (auth, ACCESS_KEY, SECRET, NULL));
  /* what only looks may come again */
  g_assert_true (check_at (auth, &f, FALSE, FALSE, NOW_S, NULL));
  g_assert_true (check_at (auth, &f, FALSE, FALSE, NOW_S + 2, NULL));
  g_assert_true (check_at (auth, &f, FALSE, TRUE, NOW_S + 3, NULL));
  g_assert_true (check_at (auth, &f, FALSE, TRUE, NOW_S + 3, NULL));   /* in the same second */
  assert_denied (auth, &f, FALSE, NOW_S + 4, "used already");
  assert_denied (auth, &f, FALSE, NOW_S + 300, "used already");
  assert_denied (auth, &f, FALSE, NOW_S + 301, "");
  f.authorization = mediatailor;
  g_assert_true (check_at (auth, &f, FALSE, TRUE, NOW_S, NULL));
  f.authorization = s3;
  assert_denied (auth, &f, FALSE, NOW_S, "");
  f.authorization = wrong;
  assert_denied (auth, &f, FALSE, NOW_S, "");
  f.authorization = stranger;
  assert_denied (auth, &f, FALSE, NOW_S, "");
  f.authorization = NULL;
  assert_denied (auth, &f, TRUE, NOW_S, "");
}

static void
test_configured (void)
{
  g_autofree gchar *longer = g_strnfill (ASP_API_SECRET_MAX + 1, 'x');
  g_autoptr (AspApiAuth) auth = asp_api_auth_new ();

  g_assert_false (asp_api_auth_add_bearer (auth, "0123456789abcde", NULL));
  g_assert_false (asp_api_auth_add_bearer (auth, longer, NULL));
  g_assert_false (asp_api_auth_add_key (auth, ACCESS_KEY, "short", NULL));
  g_assert_false (asp_api_auth_add_key (auth, "", SECRET, NULL));
  g_assert_true (asp_api_auth_add_key (auth, ACCESS_KEY, SECRET, NULL));
  g_assert_false (asp_api_auth_add_key (auth, ACCESS_KEY, SECRET, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/api/auth/no-keys", test_no_keys);
  g_test_add_func ("/api/auth/bearer", test_bearer);
  g_test_add_func ("/api/auth/signature", test_signature);
  g_test_add_func ("/api/auth/configured", test_configured);
  return g_test_run ();
}
