/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Documents that are made to be expensive: what reading them takes is measured, each in a
 * process of its own, as the growth of its peak memory (VmHWM).
 */
#include <asp-vast.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_MAX (10u << 20)
#define SECONDS_MAX 5

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MEMORY 0            /* a sanitizer keeps what is freed */
#elif defined(__has_feature)
#if __has_feature (address_sanitizer) || __has_feature (thread_sanitizer)
#define OWN_MEMORY 0
#endif
#endif
#ifndef OWN_MEMORY
#define OWN_MEMORY (!g_getenv ("LD_PRELOAD"))   /* valgrind and the like */
#endif

typedef struct
{
  const gchar *name;
  void (*write) (GString * xml);
  gint code;                    /* 0 = it is read */
} Bomb;

static void
repeat (GString * xml, gsize size, const gchar * text)
{
  while (xml->len + strlen (text) < size)
    g_string_append (xml, text);
}

static void
write_laughs (GString * xml)
{
  g_string_append (xml, "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY l0 \"lol\">");
  for (guint i = 1; i < 10; i++)
    g_string_append_printf (xml, "<!ENTITY l%u \"&l%u;&l%u;&l%u;&l%u;&l%u;&l%u;&l%u;&l%u;&l%u;&l%u;\">", i,
        i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
  g_string_append (xml, "]><VAST version=\"3.0\"><Error>&l9;</Error></VAST>");
}

static void
write_quadratic (GString * xml)
{
  g_string_append (xml, "<!DOCTYPE q [<!ENTITY a \"");
  repeat (xml, 60000, "a");
  g_string_append (xml, "\">]><VAST version=\"3.0\"><Error>");
  repeat (xml, 120000, "&a;");
  g_string_append (xml, "</Error></VAST>");
}

static void
write_external (GString * xml)
{
  g_string_append (xml, "<!DOCTYPE x [<!ENTITY x SYSTEM \"file:///etc/passwd\">"
      "<!ENTITY % p SYSTEM \"http://127.0.0.1:1/\"> %p;]><VAST version=\"3.0\"><Error>&x;</Error></VAST>");
}

static void
write_external_subset (GString * xml)
{
  g_string_append (xml, "<!-- x --><!doctype VAST SYSTEM \"file:///etc/passwd\"><VAST version=\"3.0\"/>");
}

static void
write_elements (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\">");
  repeat (xml, ASP_VAST_SIZE_MAX - 10, "<a/>");
  g_string_append (xml, "</VAST>");
}

/* as many as are let through, every name another one and long */
static void
write_names (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\">");
  for (guint i = 0; i < ASP_VAST_ELEMENTS_MAX - 1; i++)
    g_string_append_printf (xml, "<name-that-is-%u-long-%0*u/>", i, 190, i);
  g_string_append (xml, "</VAST>");
}

static void
write_attributes (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\">");
  for (guint i = 0; i < (ASP_VAST_ATTRIBUTES_MAX - 1) / 64; i++) {
    g_string_append (xml, "<Companion");
    for (guint k = 0; k < 64; k++)
      g_string_append_printf (xml, " a%u-%u=\"%0*u\"", i, k, 40, i);
    g_string_append (xml, "/>");
  }
  g_string_append (xml, "</VAST>");
}

static void
write_one_tag (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\"><Ad");
  for (guint i = 0; xml->len < 2000000; i++)
    g_string_append_printf (xml, " a%u=\"\"", i);
  g_string_append (xml, "/></VAST>");
}

static void
write_attribute_value (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\" a=\"");
  repeat (xml, 2000000, "abc&amp;");
  g_string_append (xml, "\"/>");
}

static void
write_deep (GString * xml)
{
  repeat (xml, 1000000, "<VAST>");
}

static void
write_cdata (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\"><Error><![CDATA[");
  repeat (xml, 2000000, "abcdefgh");
  g_string_append (xml, "]]></Error></VAST>");
}

static void
write_comment (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\"><!--");
  repeat (xml, 2000000, "abcdefgh");
  g_string_append (xml, "--></VAST>");
}

static void
write_text (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\"><Error>");
  repeat (xml, 2000000, "&amp;&#65;");
  g_string_append (xml, "</Error></VAST>");
}

/* one element's text in many sections, each of which is allowed */
static void
write_sections (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\"><Error>");
  repeat (xml, 2000000, "<![CDATA[ab]]>&lt;");
  g_string_append (xml, "</Error></VAST>");
}

static void
write_trackers (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\">");
  for (guint ad = 0; ad < 64; ad++) {
    g_string_append (xml, "<Ad><InLine>");
    for (guint i = 0; i < 125; i++)
      g_string_append_printf (xml, "<Impression>http://e.example/%0*u/%u</Impression>", 190, i, ad);
    g_string_append (xml, "</InLine></Ad>");
  }
  g_string_append (xml, "</VAST>");
}

static void
write_companions (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\"><Ad><InLine><Creatives>");
  for (guint i = 0; i < 64; i++) {
    g_string_append (xml, "<Creative><CompanionAds>");
    for (guint k = 0; k < 46; k++)
      g_string_append_printf (xml, "<Companion id=\"%u\" width=\"1\" height=\"2\" a=\"%0*u\">"
          "<IFrameResource>http://e.example/%0*u</IFrameResource></Companion>", k, 210, i, 330, i);
    g_string_append (xml, "</CompanionAds></Creative>");
  }
  g_string_append (xml, "</Creatives></InLine></Ad></VAST>");
}

/* every letter becomes three bytes: the limit counts those too */
static void
write_growing (GString * xml)
{
  g_string_append (xml, "<?xml version=\"1.0\" encoding=\"windows-1252\"?><VAST version=\"3.0\"><Error>");
  repeat (xml, 2000000, "\x80");
  g_string_append (xml, "</Error></VAST>");
}

/* ampersands grow when an extension is written out again */
static void
write_extensions (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\"><Ad><InLine><Extensions>");
  for (guint i = 0; i < 120; i++) {
    gsize end = xml->len + 7000;

    g_string_append (xml, "<Extension><![CDATA[");
    repeat (xml, end, "&&&&");
    g_string_append (xml, "]]></Extension>");
  }
  g_string_append (xml, "</Extensions></InLine></Ad></VAST>");
}

static void
write_too_long (GString * xml)
{
  g_string_append (xml, "<VAST version=\"3.0\">");
  repeat (xml, 50u << 20, "<Ad></Ad>");
  g_string_append (xml, "</VAST>");
}

static const Bomb bombs[] = {
  {"billion-laughs", write_laughs, 100},
  {"quadratic", write_quadratic, 100},
  {"external-entity", write_external, 100},
  {"external-subset", write_external_subset, 100},
  {"elements", write_elements, 100},
  {"names", write_names, 0},
  {"attributes", write_attributes, 0},
  {"one-tag", write_one_tag, 100},
  {"attribute-value", write_attribute_value, 100},
  {"deep", write_deep, 100},
  {"cdata", write_cdata, 100},
  {"comment", write_comment, 100},
  {"text", write_text, 100},
  {"sections", write_sections, 100},
  {"trackers", write_trackers, 0},
  {"companions", write_companions, 0},
  {"growing", write_growing, 100},
  {"extensions", write_extensions, 0},
  {"too-long", write_too_long, 100},
};

/* KiB after @name in /proc/self/status; 0 = not there */
static guint
status_kib (const gchar * name)
{
  gchar buffer[4096];
  int fd = open ("/proc/self/status", O_RDONLY);
  gssize n = fd < 0 ? -1 : read (fd, buffer, sizeof buffer - 1);
  const gchar *at;

  if (fd >= 0)
    close (fd);
  if (n <= 0)
    return 0;
  buffer[n] = '\0';
  at = strstr (buffer, name);
  return at ? (guint) g_ascii_strtoull (at + strlen (name) + 1, NULL, 10) : 0;
}

typedef struct
{
  gint code;
  guint kib;
  gint64 us;
  gchar message[200];
} Outcome;

static void
measure (const GString * xml, Outcome * out)
{
  g_autoptr (GError) error = NULL;
  AspAdResponse *response;
  int fd = open ("/proc/self/clear_refs", O_WRONLY);
  guint before;

  malloc_trim (0);
  if (fd >= 0) {
    G_GNUC_UNUSED gssize ignored = write (fd, "5", 1);
    close (fd);
  }
  before = status_kib ("VmRSS");
  out->us = -g_get_monotonic_time ();
  response = asp_vast_parse (xml->str, xml->len, NULL, &error);
  out->us += g_get_monotonic_time ();
  out->kib = status_kib ("VmHWM") - before;
  out->code = error ? error->code : 0;
  g_strlcpy (out->message, error ? error->message : "", sizeof out->message);
  asp_ad_response_free (response);
}

static void
in_child (const GString * xml, Outcome * out)
{
  int pipe_fds[2], status;
  pid_t pid;

  g_assert_true (pipe (pipe_fds) == 0);
  pid = fork ();
  g_assert_true (pid >= 0);
  if (pid == 0) {
    Outcome mine = { 0 };

    measure (xml, &mine);
    _exit (write (pipe_fds[1], &mine, sizeof mine) == sizeof mine ? 0 : 1);
  }
  close (pipe_fds[1]);
  g_assert_true (read (pipe_fds[0], out, sizeof *out) == sizeof *out);
  close (pipe_fds[0]);
  g_assert_true (waitpid (pid, &status, 0) == pid && WIFEXITED (status) && WEXITSTATUS (status) == 0);
}

static void
test_bomb (gconstpointer data)
{
  const Bomb *bomb = data;
  g_autoptr (GString) xml = g_string_new (NULL);
  Outcome outcome;

  bomb->write (xml);
  in_child (xml, &outcome);
  g_test_message ("%s: %" G_GSIZE_FORMAT " bytes, peak %u KiB, %.1f ms, %d %s", bomb->name, xml->len, outcome.kib,
      outcome.us / 1e3, outcome.code, outcome.message);
  g_assert_cmpint (outcome.code, ==, bomb->code);
  g_assert_cmpint (outcome.us, <, SECONDS_MAX * G_USEC_PER_SEC);
  if (OWN_MEMORY && outcome.kib > 0)
    g_assert_cmpuint (outcome.kib, <, MEMORY_MAX >> 10);
}

/* The measure itself: a block of known size that is touched shows. */
static void
test_measure (void)
{
  guint before, after;
  guint8 *block;
  int fd = open ("/proc/self/clear_refs", O_WRONLY);

  if (fd < 0 || !OWN_MEMORY || write (fd, "5", 1) != 1) {
    g_test_skip ("peak memory cannot be measured here");
    if (fd >= 0)
      close (fd);
    return;
  }
  close (fd);
  before = status_kib ("VmRSS");
  block = g_malloc (20u << 20);
  memset (block, 1, 20u << 20);
  g_free (block);
  after = status_kib ("VmHWM");
  g_assert_cmpuint (after - before, >, 18u << 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vast/bomb/measure", test_measure);
  for (guint i = 0; i < G_N_ELEMENTS (bombs); i++) {
    g_autofree gchar *path = g_strconcat ("/vast/bomb/", bombs[i].name, NULL);

    g_test_add_data_func (path, &bombs[i], test_bomb);
  }
  return g_test_run ();
}
