/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the client may go: forms of private and special addresses in a URL, in a redirect
 * and in a DNS answer, each refused without a connection; what is allowed; names that change
 * their mind; certificates.
 */
#include "http-faults.h"
#include "http-fetch.h"
#include "patience.h"
#include "scratch.h"

#include <glib/gstdio.h>
#include <string.h>

/* -- a resolver that says what the test wants -- */

typedef struct
{
  GResolver parent;
} TestResolver;

typedef struct
{
  GResolverClass parent_class;
} TestResolverClass;

GType test_resolver_get_type (void);
G_DEFINE_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

static GMutex resolver_lock;
static GHashTable *resolver_names;      /* name -> "1.2.3.4 5.6.7.8|9.9.9.9": lookup by lookup */
static guint n_lookups;

static void
resolver_set (const gchar * name, const gchar * answers)
{
  g_mutex_lock (&resolver_lock);
  g_hash_table_insert (resolver_names, g_strdup (name), g_strdup (answers));
  n_lookups = 0;
  g_mutex_unlock (&resolver_lock);
}

static guint
lookups (void)
{
  guint n;

  g_mutex_lock (&resolver_lock);
  n = n_lookups;
  g_mutex_unlock (&resolver_lock);
  return n;
}

/* The first answer; it goes when there is a second one. */
static GList *
take_answer (const gchar * name)
{
  g_auto (GStrv) words = NULL;
  const gchar *answers, *bar;
  GList *list = NULL;

  g_mutex_lock (&resolver_lock);
  n_lookups++;
  answers = g_hash_table_lookup (resolver_names, name);
  bar = answers ? strchr (answers, '|') : NULL;
  if (answers) {
    g_autofree gchar *first = bar ? g_strndup (answers, bar - answers) : g_strdup (answers);

    words = g_strsplit (first, " ", -1);
  }
  if (bar)
    g_hash_table_insert (resolver_names, g_strdup (name), g_strdup (bar + 1));
  g_mutex_unlock (&resolver_lock);
  for (guint i = 0; words && words[i]; i++) {
    GInetAddress *address = g_inet_address_new_from_string (words[i]);

    g_assert_nonnull (address);
    list = g_list_append (list, address);
  }
  return list;
}

static void
free_answer (gpointer list)
{
  g_resolver_free_addresses (list);
}

/* A resolver that hears nothing, until somebody has had enough of it. */
static void
never_answer (GTask * task, gpointer resolver, gpointer data, GCancellable * cancellable)
{
  GPollFD fd;

  if (g_cancellable_make_pollfd (cancellable, &fd)) {
    g_poll (&fd, 1, 30000);
    g_cancellable_release_fd (cancellable);
  }
  g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE, "Silence");
}

static void
lookup_async (GResolver * resolver, const gchar * name, GCancellable * cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);
  GList *list;

  if (!strcmp (name, "silent.test")) {
    g_task_run_in_thread (task, never_answer);
    return;
  }
  list = take_answer (name);
  if (list)
    g_task_return_pointer (task, list, free_answer);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "No such name");
}

static GList *
lookup_finish (GResolver * resolver, GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_resolver_class_init (TestResolverClass * klass)
{
  G_RESOLVER_CLASS (klass)->lookup_by_name_async = lookup_async;
  G_RESOLVER_CLASS (klass)->lookup_by_name_finish = lookup_finish;
}

static void
test_resolver_init (TestResolver * resolver)
{
}

/* -- the table -- */

/* Addresses of which none may be had, as an answer of a resolver says them. */
static const gchar *const addresses[] = {
  "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
  "100.127.255.255", "127.0.0.1", "127.0.0.2", "127.255.255.254", "168.63.129.16",
  "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192",
  "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255",
  "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
  "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
  "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
  "64:ff9b::a9fe:a9fe", "64:ff9b::8.8.8.8", "64:ff9b:1::7f00:1", "100::1", "2001::1",
  "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:10::1", "2001:20::1", "2001:db8::1",
  "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1", "3fff::1", "5f00::1", "4000::1",
  "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
  "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
};

/* Hosts of URLs that mean one of these to somebody. */
static const gchar *const hosts[] = {
  "0", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "017700000001",
  "0177.0.0.1", "0177.1", "127.0.0.1.", "127.0.0.01", "127.000.000.001", "127.0.0.0x1",
  "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127\xe3\x80\x82" "0\xe3\x80\x82" "0\xe3\x80\x82" "1",
  "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1", "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",
  "169.254.43518", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "4294967295", "4294967296",
  "256.256.256.256", "1.2.3.4.5", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
  "[0:0:0:0:0:ffff:127.0.0.1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::127.0.0.1]",
  "[64:ff9b::127.0.0.1]", "[2002:7f00:0001::]", "[fe80::1%25lo]", "[fe80::1%lo]", "[::1%25]",
  "[fd00:ec2::254]", "[::1].", "[127.0.0.1]", "public@127.0.0.1", "public:x@127.0.0.1",
  "public%40x@[::1]", "public\\@127.0.0.1", "127.0.0.1\\@public", "127.0.0.1%00.public",
  "127.0.0.1%0d%0aHost:public", "local host", "a..b", ".", "..", "-", "[", "]", "[]", "[:]", "",
};

/* To the test's own server: a connection would be seen. */
static void
test_urls (void)
{
  HttpFaults *faults = http_faults_new ();
  AspHttpClient *client = client_new (NULL);
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (addresses) + G_N_ELEMENTS (hosts); i++) {
    const gchar *host = i < G_N_ELEMENTS (addresses) ? addresses[i] :
        hosts[i - G_N_ELEMENTS (addresses)];
    gboolean bare6 = i < G_N_ELEMENTS (addresses) && strchr (host, ':');
    g_autofree gchar *url = g_strdup_printf (bare6 ? "http://[%s]:%u/" : "http://%s:%u/", host,
        http_faults_port (faults));
    g_autoptr (Fetched) f = fetch (client, &(AspHttpCall) { .url = url });

    /* "-" is a name to the parser, and to nobody else */
    if (strcmp (host, "-") == 0)
      g_assert_cmpint (f->error, !=, -1);
    else if (f->error != ASP_HTTP_CLIENT_ERROR_ADDRESS && f->error != ASP_HTTP_CLIENT_ERROR_URL)
      g_error ("%s: %d %s", url, f->error, f->message);
    g_assert_false (f->sent);
    n++;
  }
  g_test_message ("%u forms", n);
  g_assert_cmpuint (http_faults_connections (faults), ==, 0);
  asp_http_client_free (client);
  http_faults_free (faults);
}

/* Only the name of the first server is allowed: what it redirects to is vetted. */
static void
test_redirects (void)
{
  HttpFaults *faults = http_faults_new ();
  AspHttpClient *client = client_new ("ads.test");
  g_autofree gchar *url = g_strdup_printf ("http://ads.test:%u/go", http_faults_port (faults));
  guint n = 0;

  resolver_set ("ads.test", "127.0.0.1");
  for (guint i = 0; i < G_N_ELEMENTS (addresses) + G_N_ELEMENTS (hosts); i++) {
    const gchar *host = i < G_N_ELEMENTS (addresses) ? addresses[i] :
        hosts[i - G_N_ELEMENTS (addresses)];
    gboolean bare6 = i < G_N_ELEMENTS (addresses) && strchr (host, ':');
    g_autofree gchar *location = g_strdup_printf (bare6 ? "http://[%s]:%u/x" : "http://%s:%u/x",
        host, http_faults_port (faults));
    g_autoptr (Fetched) f = NULL;

    if (strchr (host, '%'))
      continue;                 /* the server's own mark */
    http_faults_reset (faults);
    http_faults_on (faults, "/go", &(HttpFault) { .status = 302, .location = location });
    f = fetch (client, &(AspHttpCall) { .url = url });
    if (strcmp (host, "-") == 0)
      g_assert_cmpint (f->error, !=, -1);
    else if (f->error != ASP_HTTP_CLIENT_ERROR_ADDRESS && f->error != ASP_HTTP_CLIENT_ERROR_URL)
      g_error ("%s: %d %s", location, f->error, f->message);
    {
      g_autoptr (GPtrArray) seen = http_faults_seen (faults, "/x");

      g_assert_cmpuint (seen->len, ==, 0);
    }
    n++;
  }
  g_test_message ("%u forms", n);
  /* and other schemes, and the same host by its address */
  for (guint i = 0; i < 6; i++) {
    static const gchar *const locations[] = { "file:///etc/passwd", "gopher://ads.test/",
      "//127.0.0.1/x", "ftp://ads.test/", "javascript:alert(1)", "//[::1]/x"
    };
    g_autoptr (Fetched) f = NULL;

    http_faults_reset (faults);
    http_faults_on (faults, "/go", &(HttpFault) { .status = 302, .location = locations[i] });
    f = fetch (client, &(AspHttpCall) { .url = url });
    g_assert_true (f->error == ASP_HTTP_CLIENT_ERROR_ADDRESS ||
        f->error == ASP_HTTP_CLIENT_ERROR_URL);
  }
  asp_http_client_free (client);
  http_faults_free (faults);
}

static void
test_dns (void)
{
  HttpFaults *faults = http_faults_new ();
  AspHttpClient *client = client_new (NULL);
  g_autofree gchar *url = g_strdup_printf ("http://rebind.test:%u/", http_faults_port (faults));
  guint n = 0;

  for (guint i = 0; i < 3 * G_N_ELEMENTS (addresses); i++) {
    const gchar *address = addresses[i / 3];
    /* alone, before and behind public ones */
    g_autofree gchar *answer = i % 3 == 0 ? g_strdup (address) : i % 3 == 1 ?
        g_strconcat (address, " 8.8.8.8", NULL) : g_strconcat ("8.8.8.8 2606:4700::1111 ", address,
        NULL);
    g_autoptr (Fetched) f = NULL;

    resolver_set ("rebind.test", answer);
    f = fetch (client, &(AspHttpCall) { .url = url, .retry = ASP_HTTP_RETRY_SAFE });
    if (f->error != ASP_HTTP_CLIENT_ERROR_ADDRESS)
      g_error ("%s: %d %s", answer, f->error, f->message);
    g_assert_nonnull (strstr (f->message, "rebind.test"));
    /* a second question could have another answer */
    g_assert_cmpuint (lookups (), ==, 1);
    g_assert_cmpuint (f->attempts, ==, 1);
    g_assert_false (f->sent);
    n++;
  }
  g_test_message ("%u answers", n);
  g_assert_cmpuint (http_faults_connections (faults), ==, 0);
  {
    g_autoptr (Fetched) f = fetch (client, &(AspHttpCall) { .url = "http://nowhere.test/" });

    g_assert_cmpint (f->error, ==, ASP_HTTP_CLIENT_ERROR_RESOLVE);
  }
  {
    g_autoptr (Fetched) f = fetch (client, &(AspHttpCall) { .url = "http://silent.test/",
          .connect_timeout_ms = 200 });

    g_assert_cmpint (f->error, ==, ASP_HTTP_CLIENT_ERROR_TIMEOUT);
    g_assert_cmpint (f->elapsed_us, <, 200000 + PROMPT_US);
    g_assert_false (f->sent);
  }
  asp_http_client_free (client);
  http_faults_free (faults);
}

/* Vetting and connecting use one and the same answer; the next connection gets its own. */
static void
test_rebinding (void)
{
  HttpFaults *faults = http_faults_new ();
  AspHttpClient *client = client_new ("127.0.0.2/32");
  g_autofree gchar *url = g_strdup_printf ("http://rebind.test:%u/", http_faults_port (faults));

  http_faults_on (faults, "/", &(HttpFault) { .body = "x" });
  for (guint i = 0; i < 10; i++) {
    g_autoptr (Fetched) good = NULL, kept = NULL, bad = NULL;
    AspHttpClient *fresh = client_new ("127.0.0.2/32");

    resolver_set ("rebind.test", "127.0.0.2|127.0.0.1");
    good = fetch (fresh, &(AspHttpCall) { .url = url });
    g_assert_cmpint (good->error, ==, -1);
    g_assert_cmpuint (lookups (), ==, 1);
    /* a kept connection is the vetted one */
    kept = fetch (fresh, &(AspHttpCall) { .url = url });
    g_assert_cmpint (kept->error, ==, -1);
    g_assert_cmpuint (lookups (), ==, 1);
    asp_http_client_free (fresh);
    bad = fetch (client, &(AspHttpCall) { .url = url });
    g_assert_cmpint (bad->error, ==, ASP_HTTP_CLIENT_ERROR_ADDRESS);
  }
  g_assert_cmpuint (http_faults_connections (faults), ==, 10);
  asp_http_client_free (client);
  http_faults_free (faults);
}

static void
test_allowed (void)
{
  static const struct
  {
    const gchar *allow, *address;
    gboolean good;
  } rows[] = {
    {"", "8.8.8.8", TRUE}, {"", "2606:4700::1111", TRUE}, {"", "127.0.0.1", FALSE},
    {"127.0.0.1", "127.0.0.1", TRUE}, {"127.0.0.1", "127.0.0.2", FALSE},
    {"10.1.0.0/16, fd00::/8", "10.1.255.1", TRUE}, {"10.1.0.0/16", "10.2.0.1", FALSE},
    {"10.1.0.0/16, fd00::/8", "fd12::1", TRUE}, {"[::1]", "::1", TRUE},
    {"10.128.0.0/9", "10.127.0.1", FALSE}, {"10.128.0.0/9", "10.200.0.1", TRUE},
    {"0.0.0.0/0", "169.254.169.254", TRUE}, {"0.0.0.0/0", "::1", FALSE},
    /* the form is allowed, what it holds is not */
    {"64:ff9b::/96", "64:ff9b::8.8.8.8", TRUE}, {"64:ff9b::/96", "64:ff9b::7f00:1", FALSE},
    {"::ffff:0:0/96", "::ffff:127.0.0.1", FALSE},
    {"::ffff:0:0/96 127.0.0.0/8", "::ffff:127.0.0.1", TRUE},
    {"127.0.0.0/8", "::ffff:127.0.0.1", FALSE}, {"2002::/16", "2002:a00:1::1", FALSE},
    {"2001::/32", "2001:0:4136:e378:8000:63bf:80ff:fffe", FALSE},
    {"::/0", "::1", TRUE}, {"::/0", "2001:0:4136:e378:8000:63bf:80ff:fffe", FALSE},
  };
  static const gchar *const bad[] = { "10.0.0.0/33", "10.0.0.0/", "1.2.3", "::1/129", "a b!c",
    "fe80::1%lo", "*", "*.", "http://x", "10.0.0.0/-1"
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (AspHttpAllow) allow = asp_http_allow_new (rows[i].allow, NULL);
    g_autoptr (GInetAddress) address = g_inet_address_new_from_string (rows[i].address);
    const gchar *kind = asp_http_vet_address (allow, g_inet_address_to_bytes (address),
        g_inet_address_get_native_size (address));

    if ((kind == NULL) != rows[i].good)
      g_error ("%s with '%s': %s", rows[i].address, rows[i].allow, kind ? kind : "passes");
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (asp_http_allow_new (bad[i], &error));
    g_assert_error (error, ASP_HTTP_VET_ERROR, ASP_HTTP_VET_ERROR_ADDRESS);
  }
  {
    g_autoptr (AspHttpAllow) allow = asp_http_allow_new ("Ads.Example,*.in.example", NULL);

    g_assert_true (asp_http_allow_host (allow, "ads.example"));
    g_assert_false (asp_http_allow_host (allow, "x.ads.example"));
    g_assert_true (asp_http_allow_host (allow, "a.b.in.example"));
    g_assert_true (asp_http_allow_host (allow, "in.example"));
    g_assert_false (asp_http_allow_host (allow, "evil-in.example"));
  }
}

static void
test_url_forms (void)
{
  static const struct
  {
    const gchar *text, *read;   /* NULL = refused */
  } rows[] = {
    {"HTTP://Ads.Example./a b?c=\"d\"#frag", "http://ads.example/a%20b?c=%22d%22"},
    {"https://ads.example", "https://ads.example/"},
    {"https://ads.example?x=1", "https://ads.example/?x=1"},
    {"https://u:p@ads.example:8443//a//b", "https://ads.example:8443//a//b"},
    {"http://ads.example:80/%zz%2f[M]{}|^`", "http://ads.example/%zz%2f[M]{}|^`"},
    {"http://b\xc3\xbc" "cher.example/\xc3\xa4", "http://xn--bcher-kva.example/%C3%A4"},
    {"http://[2606:4700::1111]/", "http://[2606:4700::1111]/"},
    {"http://8.8.8.8/", "http://8.8.8.8/"},
    {"http://ads_1.example/", "http://ads_1.example/"},
    {"http://ads.example:22/", NULL}, {"http://ads.example:0/", NULL},
    {"http://ads.example:65536/", NULL}, {"http://ads.example:-1/", NULL},
    {"http://ads.example:x/", NULL}, {"http:/ads.example/", NULL}, {"http:ads.example", NULL},
    {"//ads.example/", NULL}, {"ftp://ads.example/", NULL}, {"file:///etc/passwd", NULL},
    {"data:text/xml,x", NULL}, {"http://", NULL}, {"http:///x", NULL}, {"http://ads.example/\n", NULL},
    {" http://ads.example/", NULL}, {"http://ads.exa\tmple/", NULL}, {"about:blank", NULL},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    AspHttpUrl url;
    g_autoptr (GError) error = NULL;
    gboolean good = asp_http_url_read (rows[i].text, NULL, &url, &error);
    g_autofree gchar *read = good ? asp_http_url_text (&url) : NULL;

    g_assert_cmpstr (read, ==, rows[i].read);
    g_assert_true (good == (error == NULL));
    if (good)
      asp_http_url_clear (&url);
  }
  {
    g_autofree gchar *shown = asp_http_url_for_people ("https://me:pw@h.example/p?key=1#f");
    g_autofree gchar *rubbish = asp_http_url_for_people ("\xff\n\n?");

    g_assert_cmpstr (shown, ==, "https://h.example/p?...");
    g_assert_true (g_utf8_validate (rubbish, -1, NULL));
  }
}

/* -- TLS -- */

typedef struct
{
  gchar *folder, *server, *server_key, *other, *other_key;
} Certificates;

static gboolean
certificates_make (Certificates * c)
{
  c->folder = scratch_folder_new ("client-tls");
  c->server = g_build_filename (c->folder, "server.pem", NULL);
  c->server_key = g_build_filename (c->folder, "server.key", NULL);
  c->other = g_build_filename (c->folder, "other.pem", NULL);
  c->other_key = g_build_filename (c->folder, "other.key", NULL);
  if (http_faults_make_certificate (c->server, c->server_key, "ads.test",
          "DNS:ads.test,IP:127.0.0.1") &&
      http_faults_make_certificate (c->other, c->other_key, "client", "DNS:client.test"))
    return TRUE;
  g_test_skip ("openssl is not installed, or GIO has no TLS here (glib-networking)");
  return FALSE;
}

static void
certificates_clear (Certificates * c)
{
  const gchar *files[] = { c->server, c->server_key, c->other, c->other_key };

  for (guint i = 0; i < 4; i++)
    g_unlink (files[i]);
  g_rmdir (c->folder);
  g_free (c->folder);
  g_free (c->server);
  g_free (c->server_key);
  g_free (c->other);
  g_free (c->other_key);
}

static AspHttpClient *
tls_client_new (const gchar * ca_file)
{
  g_autoptr (AspHttpAllow) allow = asp_http_allow_new ("127.0.0.1", NULL);
  AspHttpClientConfig config = { .allow = allow,.ca_file = ca_file };

  return asp_http_client_new (&config, NULL);
}

static gint
fetch_error (AspHttpClient * client, const gchar * url, AspHttpIdentity * identity)
{
  g_autoptr (Fetched) f = fetch (client, &(AspHttpCall) { .url = url, .identity = identity });

  g_test_message ("%s: %s", url, f->message ? f->message : "good");
  return f->error;
}

static void
test_tls (void)
{
  Certificates c;

  if (certificates_make (&c)) {
    HttpFaults *faults = http_faults_new_tls (c.server, c.server_key, NULL);
    AspHttpClient *trusting = tls_client_new (c.server), *strange = tls_client_new (c.other);
    AspHttpClient *system = tls_client_new (NULL);
    g_autofree gchar *address = http_faults_url (faults, "/");
    g_autofree gchar *name = g_strdup_printf ("https://ads.test:%u/", http_faults_port (faults));
    g_autofree gchar *wrong = g_strdup_printf ("https://wrong.test:%u/", http_faults_port (faults));
    g_autofree gchar *plain = g_strdup_printf ("http://ads.test:%u/", http_faults_port (faults));
    AspHttpClientConfig none = { .ca_file = "/nonexistent/ca.pem" };
    g_autoptr (GError) error = NULL;

    resolver_set ("ads.test", "127.0.0.1");
    resolver_set ("wrong.test", "127.0.0.1");
    http_faults_on (faults, "/", &(HttpFault) { .body = "x" });
    g_assert_cmpint (fetch_error (trusting, name, NULL), ==, -1);
    g_assert_cmpint (fetch_error (trusting, address, NULL), ==, -1);
    g_assert_cmpint (fetch_error (trusting, wrong, NULL), ==, ASP_HTTP_CLIENT_ERROR_TLS);
    g_assert_cmpint (fetch_error (strange, name, NULL), ==, ASP_HTTP_CLIENT_ERROR_TLS);
    g_assert_cmpint (fetch_error (system, name, NULL), ==, ASP_HTTP_CLIENT_ERROR_TLS);
    g_assert_cmpint (fetch_error (trusting, plain, NULL), !=, -1);
    g_assert_null (asp_http_client_new (&none, &error));
    g_assert_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_TLS);
    asp_http_client_free (trusting);
    asp_http_client_free (strange);
    asp_http_client_free (system);
    http_faults_free (faults);
  }
  certificates_clear (&c);
}

static void
test_mtls (void)
{
  Certificates c;

  if (certificates_make (&c)) {
    HttpFaults *faults = http_faults_new_tls (c.server, c.server_key, c.other);
    AspHttpClient *client = tls_client_new (c.server);
    g_autoptr (AspHttpIdentity) good = asp_http_identity_new (c.other, c.other_key, NULL);
    g_autoptr (AspHttpIdentity) wrong = asp_http_identity_new (c.server, c.server_key, NULL);
    g_autofree gchar *url = http_faults_url (faults, "/");
    g_autoptr (GError) error = NULL;

    http_faults_on (faults, "/", &(HttpFault) { .body = "x" });
    g_assert_cmpint (fetch_error (client, url, good), ==, -1);
    /* not over the connection of who showed one */
    g_assert_cmpint (fetch_error (client, url, NULL), !=, -1);
    g_assert_cmpint (fetch_error (client, url, wrong), !=, -1);
    g_assert_cmpint (fetch_error (client, url, good), ==, -1);
    g_assert_null (asp_http_identity_new ("/nonexistent.pem", NULL, &error));
    g_assert_error (error, ASP_HTTP_CLIENT_ERROR, ASP_HTTP_CLIENT_ERROR_TLS);
    asp_http_client_free (client);
    http_faults_free (faults);
  }
  certificates_clear (&c);
}

int
main (int argc, char **argv)
{
  g_autoptr (GResolver) resolver = NULL;

  g_test_init (&argc, &argv, NULL);
  resolver_names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  resolver = g_object_new (test_resolver_get_type (), NULL);
  g_resolver_set_default (resolver);
  g_test_add_func ("/net/vet/url-forms", test_url_forms);
  g_test_add_func ("/net/vet/allowed", test_allowed);
  g_test_add_func ("/net/vet/urls", test_urls);
  g_test_add_func ("/net/vet/redirects", test_redirects);
  g_test_add_func ("/net/vet/dns", test_dns);
  g_test_add_func ("/net/vet/rebinding", test_rebinding);
  g_test_add_func ("/net/vet/tls", test_tls);
  g_test_add_func ("/net/vet/mtls", test_mtls);
  return g_test_run ();
}
