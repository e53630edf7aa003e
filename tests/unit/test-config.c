/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration file: what it says, what is wrong with it and where, and that the example shows every key. */
#include <asp-config.h>
#include <glib/gstdio.h>
#include <string.h>

#include "scratch.h"

#define EXAMPLE TEST_SOURCE_ROOT "/examples/adsplice.conf"

static AspConfig *
parse (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  AspConfig *config = asp_config_parse (text, strlen (text), "a.conf", &error);

  g_assert_no_error (error);
  g_assert_nonnull (config);
  return config;
}

static gchar *
example (void)
{
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;

  g_file_get_contents (EXAMPLE, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* "#key=value" becomes "key=value"; comments have a space behind the #. */
static gchar *
with_every_key (const gchar * text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i]; i++)
    if (*lines[i] == '#' && lines[i][1] != ' ' && lines[i][1])
      memmove (lines[i], lines[i] + 1, strlen (lines[i]));
  return g_strjoinv ("\n", lines);
}

static void
test_values (void)
{
  g_autoptr (AspConfig) c = parse ("# comment\r\n\r\n [control] \n listen = [::1]:0 \r\n"
      "keys=AK1:0123456789abcdef; AK2:fedcba9876543210 ;\nrates=InsertAdBreak:2.5;GetChannel:0\n"
      "region=eu-central-1\naccount=012345678901\n[state]\npath=memory\ndurable=yes\n[ads]\n"
      "allowed-networks=10.0.0.0/8;::1\nheaders=A: 1\\;2;B: 3\nplayer-params=a=b=c\n"
      "[hook h-1]\nurl=https://example.com/x?y=1\n"
      "[channel one]\nads-url=\\shttp://a/\\\\x\ninput=a ! b;c\nhls.sink_1::rendition=low\noutput=hls:x\nloop=true\n");
  const AspConfigKey *key = g_ptr_array_index (c->keys, 1);
  const AspConfigRate *rate = g_ptr_array_index (c->rates, 0);
  const AspConfigHook *hook = g_ptr_array_index (c->hooks, 0);
  const AspConfigChannel *one = g_ptr_array_index (c->channels, 0);
  const AspConfigProperty *url = g_ptr_array_index (one->properties, 0), *low = g_ptr_array_index (one->properties, 1);
  g_autofree gchar *where = asp_config_where (c, "hook h-1", "url"), *nowhere = asp_config_where (c, "ads", "certificate");

  g_assert_cmpstr (c->listen, ==, "[::1]:0");
  g_assert_cmpuint (c->keys->len, ==, 2);
  g_assert_cmpstr (key->access_key, ==, "AK2");
  g_assert_cmpstr (key->secret, ==, "fedcba9876543210");
  g_assert_cmpuint (c->rates->len, ==, 2);
  g_assert_cmpstr (rate->operation, ==, "InsertAdBreak");
  g_assert_cmpfloat (rate->per_second, ==, 2.5);
  g_assert_cmpstr (c->account, ==, "012345678901");
  g_assert_cmpstr (c->state, ==, "memory");
  g_assert_true (c->durable);
  g_assert_cmpstr (c->ads_headers[0], ==, "A: 1;2");
  g_assert_cmpstr (c->ads_headers[1], ==, "B: 3");
  g_assert_cmpstr (c->player_params[0], ==, "a=b=c");
  g_assert_cmpstr (hook->name, ==, "h-1");
  g_assert_null (hook->channels);
  g_assert_cmpstr (where, ==, "a.conf:17");
  g_assert_cmpstr (nowhere, ==, "a.conf");
  g_assert_cmpstr (one->name, ==, "one");
  g_assert_cmpuint (one->line, ==, 18);
  g_assert_cmpstr (one->inputs[0], ==, "a ! b");
  g_assert_cmpstr (one->inputs[1], ==, "c");
  g_assert_true (one->loop);
  g_assert_cmpstr (url->value, ==, " http://a/\\x");
  g_assert_cmpstr (low->name, ==, "hls.sink_1::rendition");
  g_assert_cmpuint (low->line, ==, 21);
}

static void
test_defaults (void)
{
  g_autoptr (AspConfig) none = asp_config_new ();
  g_autoptr (AspConfig) empty = parse ("");
  const AspConfig *all[] = { none, empty };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    g_assert_null (all[i]->listen);
    g_assert_null (all[i]->bearer_tokens);
    g_assert_null (all[i]->state);
    g_assert_cmpuint (all[i]->keys->len + all[i]->rates->len + all[i]->hooks->len + all[i]->channels->len, ==, 0);
  }
}

/* Each at its line, with what is wrong or would be right. */
static void
test_faults (void)
{
  static const struct
  {
    const gchar *text;
    AspConfigError code;
    guint line;
    const gchar *says;
  } cases[] = {
    {"listen=127.0.0.1:1\n", ASP_CONFIG_ERROR_SYNTAX, 1, "in no group"},
    {"[control]\nnonsense\n", ASP_CONFIG_ERROR_SYNTAX, 2, "KEY=VALUE"},
    {"[control]\n=x\n", ASP_CONFIG_ERROR_SYNTAX, 2, "KEY=VALUE"},
    {"\n\n[control\n", ASP_CONFIG_ERROR_SYNTAX, 3, "[GROUP]"},
    {"[ads]\nheaders=A: \001\n", ASP_CONFIG_ERROR_SYNTAX, 2, "control character"},
    {"[ads]\n\xff=1\n", ASP_CONFIG_ERROR_SYNTAX, 2, "UTF-8"},
    {"[contro]\n", ASP_CONFIG_ERROR_UNKNOWN, 1, "[control], [state], [ads], [hook NAME], [channel NAME]"},
    {"[control two]\n", ASP_CONFIG_ERROR_UNKNOWN, 1, "no group [control two]"},
    {"[controller]\n", ASP_CONFIG_ERROR_UNKNOWN, 1, "no group"},
    {"[control]\n[state]\n#\n[control]\n", ASP_CONFIG_ERROR_SYNTAX, 4, "already, in line 1"},
    {"[state]\npath=a\npath=b\n", ASP_CONFIG_ERROR_SYNTAX, 3, "path already, in line 2"},
    {"[state]\nlocation=a\n", ASP_CONFIG_ERROR_UNKNOWN, 2, "it has path, durable"},
    {"[state]\npath[de]=a\n", ASP_CONFIG_ERROR_UNKNOWN, 2, "it has path, durable"},
    {"[state]\ndurable=perhaps\n", ASP_CONFIG_ERROR_VALUE, 2, "right is true or false"},
    {"[control]\nkeys=\n", ASP_CONFIG_ERROR_VALUE, 2, "leave the line out"},
    {"[control]\nkeys=;\n", ASP_CONFIG_ERROR_VALUE, 2, "item 1 of the list is empty"},
    {"[control]\nkeys=AK:short\n", ASP_CONFIG_ERROR_VALUE, 2, "16 to 1024"},
    {"[control]\nkeys=0123456789abcdef\n", ASP_CONFIG_ERROR_VALUE, 2, "ACCESS-KEY:SECRET"},
    {"[control]\nkeys=A:0123456789abcdef;A:0123456789abcdef\n", ASP_CONFIG_ERROR_VALUE, 2, "A is there twice"},
    {"[control]\nbearer-tokens=0123456789abcdef;0123456789abcdef\n", ASP_CONFIG_ERROR_VALUE, 2, "twice"},
    {"[control]\nbearer-tokens=0123456789 abcdef\n", ASP_CONFIG_ERROR_VALUE, 2, "space"},
    {"[control]\nrates=InsertAdBreaks:1\n", ASP_CONFIG_ERROR_VALUE, 2, "no operation \"InsertAdBreaks\""},
    {"[control]\nrates=InsertAdBreak:-1\n", ASP_CONFIG_ERROR_VALUE, 2, "CALLS-PER-SECOND"},
    {"[control]\nrates=InsertAdBreak:nan\n", ASP_CONFIG_ERROR_VALUE, 2, "CALLS-PER-SECOND"},
    {"[control]\nrates=InsertAdBreak:\n", ASP_CONFIG_ERROR_VALUE, 2, "CALLS-PER-SECOND"},
    {"[control]\nlisten=127.0.0.1\n", ASP_CONFIG_ERROR_VALUE, 2, "right is HOST:PORT"},
    {"[control]\nlisten=127.0.0.1:65536\n", ASP_CONFIG_ERROR_VALUE, 2, "right is HOST:PORT"},
    {"[control]\nlisten=::1:80\n", ASP_CONFIG_ERROR_VALUE, 2, "in brackets"},
    {"[control]\nlisten=[::x]:80\n", ASP_CONFIG_ERROR_VALUE, 2, "no address"},
    {"[control]\nlisten=:80\n", ASP_CONFIG_ERROR_VALUE, 2, "no host"},
    {"[control]\naccount=1234\n", ASP_CONFIG_ERROR_VALUE, 2, "12 digits"},
    {"[control]\nplayback-prefix=ftp://a/\n", ASP_CONFIG_ERROR_VALUE, 2, "https://"},
    {"[control]\n\ncertificate=a\n[state]\n", ASP_CONFIG_ERROR_VALUE, 3, "private-key belongs to it"},
    {"[ads]\nprivate-key=a\n", ASP_CONFIG_ERROR_VALUE, 2, "certificate belongs to it"},
    {"[ads]\nallowed-networks=10.0.0.0/33\n", ASP_CONFIG_ERROR_VALUE, 2, "10.0.0.0/33"},
    {"[ads]\nallowed-hosts=a b\n", ASP_CONFIG_ERROR_VALUE, 2, "no host"},
    {"[ads]\nheaders=Auth secret\n", ASP_CONFIG_ERROR_VALUE, 2, "NAME: VALUE"},
    {"[ads]\nheaders=A: x\\ny\n", ASP_CONFIG_ERROR_VALUE, 2, "control character"},
    {"[ads]\nheaders=A: \\x \\y\n", ASP_CONFIG_ERROR_VALUE, 2, "escape"},
    {"[channel a]\nads-url=a\\\n", ASP_CONFIG_ERROR_VALUE, 2, "escape"},
    {"[control]\nlisten=\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
          "\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244\303\244"
          "\303\244\303\244\303\244x\303\244\n", ASP_CONFIG_ERROR_VALUE, 2, "HOST:PORT"},
    {"[ads]\nheaders=A: \\x\n", ASP_CONFIG_ERROR_VALUE, 2, "escape"},
    {"[ads]\nplayer-params=device\n", ASP_CONFIG_ERROR_VALUE, 2, "NAME=VALUE"},
    {"[hook]\nurl=http://a\n", ASP_CONFIG_ERROR_VALUE, 1, "can be no name"},
    {"[hook  a]\nurl=http://a\n", ASP_CONFIG_ERROR_VALUE, 1, "can be no name"},
    {"[hook a]\n[hook b]\nurl=http://a\n", ASP_CONFIG_ERROR_VALUE, 1, "[hook a] has no url"},
    {"[hook a]\nurl=http://a\nchannels=a/b\n", ASP_CONFIG_ERROR_VALUE, 3, "no name of a channel"},
    {"[channel a b]\ninput=test:\n", ASP_CONFIG_ERROR_VALUE, 1, "can be no name"},
    {"[channel a]\noutput=hls:x\n", ASP_CONFIG_ERROR_VALUE, 1, "[channel a] has no input"},
    {"[channel a]\ninput=test:\n\n", ASP_CONFIG_ERROR_VALUE, 1, "[channel a] has no output"},
    {"[channel a]\ninput=test:\noutput=x\nLead=1\n", ASP_CONFIG_ERROR_UNKNOWN, 4, "properties of adsplicebin"},
    {"[channel a]\ninput=1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17\n", ASP_CONFIG_ERROR_VALUE, 2, "may have 16"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *where = g_strdup_printf ("a.conf:%u: ", cases[i].line);

    g_assert_null (asp_config_parse (cases[i].text, strlen (cases[i].text), "a.conf", &error));
    g_test_message ("%s", error->message);
    g_assert_error (error, ASP_CONFIG_ERROR, (gint) cases[i].code);
    g_assert_true (g_str_has_prefix (error->message, where));
    g_assert_nonnull (strstr (error->message, cases[i].says));
    g_assert_null (strchr (error->message, '\n'));
    g_assert_null (strstr (error->message, "0123456789"));      /* secrets */
  }
}

static void
test_limits (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree gchar *large = g_malloc0 (ASP_CONFIG_SIZE_MAX + 1);
  g_autoptr (AspConfig) most = NULL;
  g_autoptr (GError) error = NULL;

  memset (large, '#', ASP_CONFIG_SIZE_MAX + 1);
  most = asp_config_parse (large, ASP_CONFIG_SIZE_MAX, "a.conf", &error);
  g_assert_no_error (error);
  g_assert_null (asp_config_parse (large, ASP_CONFIG_SIZE_MAX + 1, "a.conf", &error));
  g_assert_error (error, ASP_CONFIG_ERROR, ASP_CONFIG_ERROR_SYNTAX);
  g_clear_error (&error);
  for (guint i = 0; i < ASP_CONFIG_HOOKS_MAX; i++)
    g_string_append_printf (text, "[hook h%u]\nurl=http://a/\n", i);
  g_clear_pointer (&most, asp_config_free);
  most = parse (text->str);
  g_assert_cmpuint (most->hooks->len, ==, ASP_CONFIG_HOOKS_MAX);
  g_string_append (text, "[hook more]\nurl=http://a/\n");
  g_assert_null (asp_config_parse (text->str, text->len, "a.conf", &error));
  g_assert_nonnull (strstr (error->message, "a.conf:129: there are more than 64 groups"));
}

/* Every channel there can be, without going over them again and again. */
static void
test_many_channels (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (AspConfig) config = NULL;

  for (guint i = 0; i < ASP_CONFIG_CHANNELS_MAX; i++)
    g_string_append_printf (text, "[channel c%u]\ninput=test:\noutput=hls:x\n", i);
  config = parse (text->str);
  g_assert_cmpuint (config->channels->len, ==, ASP_CONFIG_CHANNELS_MAX);
}

/* The parser takes all that the example shows, and the example shows all that the parser takes. */
static void
test_example (void)
{
  g_autofree gchar *text = example (), *all = with_every_key (text);
  g_autoptr (AspConfig) shown = parse (text);
  g_autoptr (AspConfig) every = parse (all);

  g_assert_nonnull (shown->listen);
  g_assert_cmpuint (every->keys->len, ==, 2);
  g_assert_cmpuint (asp_config_n_keys (), >=, 20);
  for (guint i = 0; i < asp_config_n_keys (); i++) {
    const AspConfigKeyInfo info = asp_config_key (i);
    g_autofree gchar *pattern = g_strdup_printf ("^\\[%s%s\\]\\n(?:(?!\\[).*\\n)*%s=", info.group,
        info.named ? " [^]]+" : "", info.key);

    g_test_message ("%s %s", info.group, info.key);
    g_assert_true (g_regex_match_simple (pattern, all, G_REGEX_MULTILINE, 0));
  }
}

static void
test_copy (void)
{
  g_autofree gchar *text = example (), *all = with_every_key (text);
  AspConfig *every = parse (all);
  g_autoptr (AspConfig) copy = asp_config_copy (every);
  g_autofree gchar *where = asp_config_where (every, "hook billing", "secret"), *again = NULL;
  guint n_channels = every->channels->len, n_keys = every->keys->len;

  asp_config_free (every);
  again = asp_config_where (copy, "hook billing", "secret");
  g_assert_cmpstr (where, ==, again);
  g_assert_cmpuint (copy->channels->len, ==, n_channels);
  g_assert_cmpuint (copy->keys->len, ==, n_keys);
  g_assert_cmpstr (((AspConfigKey *) g_ptr_array_index (copy->keys, 0))->access_key, ==, "AKIDEXAMPLE");
  g_assert_cmpstr (((AspConfigHook *) g_ptr_array_index (copy->hooks, 0))->channels[1], ==, "two");
  g_assert_cmpstr (((AspConfigRate *) g_ptr_array_index (copy->rates, 0))->operation, ==, "InsertAdBreak");
  g_assert_true (((AspConfigChannel *) g_ptr_array_index (copy->channels, 0))->loop);
  g_assert_cmpstr (copy->ads_private_key, ==, "ads-key.pem");
  g_assert_cmpstr (copy->playback_prefix, ==, "https://live.example.com");
}

/* What was cut off is a whole file or a fault in its last lines. */
static void
test_truncated (void)
{
  g_autofree gchar *text = example (), *all = with_every_key (text);
  gsize size = strlen (all);
  guint lines = 1, faults = 0;

  for (gsize n = 0; n <= size; n++) {
    g_autofree gchar *copy = g_memdup2 (all, MAX (n, 1));
    g_autoptr (GError) error = NULL;
    g_autoptr (AspConfig) config = asp_config_parse (copy, n, "a.conf", &error);

    g_assert_true (!config == !!error);
    if (error) {
      guint line = (guint) g_ascii_strtoull (error->message + strlen ("a.conf:"), NULL, 10);

      g_assert_true (g_str_has_prefix (error->message, "a.conf:"));
      g_assert_cmpuint (line, >=, 1);
      g_assert_cmpuint (line, <=, lines);
      faults++;
    }
    lines += all[n] == '\n';
  }
  g_assert_cmpuint (faults, >, 100);
}

/* --- the file ------------------------------------------------------------------------------------ */

static gchar *
write_file (const gchar * folder, const gchar * text, gint mode)
{
  gchar *path = g_build_filename (folder, "adsplice.conf", NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, mode), ==, 0);
  return path;
}

static void
test_load (void)
{
  g_autofree gchar *folder = scratch_folder_new ("config"), *path = NULL, *state = NULL;
  g_autoptr (AspConfig) config = NULL;
  g_autoptr (GError) error = NULL;

  path = write_file (folder, "[control]\ncertificate=tls/c.pem\nprivate-key=/k.pem\n[state]\npath=state.db\n", 0644);
  config = asp_config_load (path, &error);
  g_assert_no_error (error);
  state = g_build_filename (folder, "state.db", NULL);
  g_assert_cmpstr (config->state, ==, state);
  g_assert_true (g_str_has_suffix (config->certificate, "/tls/c.pem") && g_path_is_absolute (config->certificate));
  g_assert_cmpstr (config->private_key, ==, "/k.pem");
}

static void
assert_not_loaded (const gchar * path, AspConfigError code, const gchar * says)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (asp_config_load (path, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, ASP_CONFIG_ERROR, (gint) code);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_nonnull (strstr (error->message, says));
}

static void
test_load_faults (void)
{
  static const gchar *const secrets[] = { "[control]\nkeys=A:0123456789abcdef\n",
    "[control]\nbearer-tokens=0123456789abcdef\n", "[ads]\nheaders=A: b\n",
    "[hook a]\nurl=http://a\nsecret=0123456789abcdef\n", "[hook a]\nurl=http://a\nheaders=A: b\n"
  };
  g_autofree gchar *folder = scratch_folder_new ("config");

  assert_not_loaded (folder, ASP_CONFIG_ERROR_FILE, "is no file");
  assert_not_loaded ("/nowhere/adsplice.conf", ASP_CONFIG_ERROR_FILE, "No such file");
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++) {
    g_autofree gchar *path = write_file (folder, secrets[i], 0644);
    g_autoptr (AspConfig) config = NULL;
    g_autoptr (GError) error = NULL;

    assert_not_loaded (path, ASP_CONFIG_ERROR_FILE, "chmod o-rw");
    g_assert_cmpint (g_chmod (path, 0640), ==, 0);
    config = asp_config_load (path, &error);
    g_assert_no_error (error);
    g_assert_nonnull (config);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/values", test_values);
  g_test_add_func ("/config/defaults", test_defaults);
  g_test_add_func ("/config/faults", test_faults);
  g_test_add_func ("/config/limits", test_limits);
  g_test_add_func ("/config/many-channels", test_many_channels);
  g_test_add_func ("/config/example", test_example);
  g_test_add_func ("/config/copy", test_copy);
  g_test_add_func ("/config/truncated", test_truncated);
  g_test_add_func ("/config/load", test_load);
  g_test_add_func ("/config/load-faults", test_load_faults);
  return g_test_run ();
}
