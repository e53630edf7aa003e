/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gst/json: what is written can be read, what a peer sends is read strictly and within limits.
 */
#include <string.h>

#include <asp-json-reader.h>

#include "unit-support.h"

static AspJson *
parse (const gchar * text)
{
  GError *error = NULL;
  AspJson *root = asp_json_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  g_assert_nonnull (root);
  return root;
}

static void
assert_refused (const gchar * text, gsize size, AspJsonError code)
{
  g_autoptr (GError) error = NULL;
  guint8 *block = test_exact_block ((const guint8 *) text, size);
  AspJson *root = asp_json_parse ((const gchar *) block, size, &error);

  if (root)
    g_error ("should have been refused: %.*s", (int) MIN (size, 80), text);
  if (!g_error_matches (error, ASP_JSON_ERROR, (gint) code))
    g_error ("%.*s: refused for another reason: %s", (int) MIN (size, 80), text, error->message);
  g_free (block);
}

/* --- writer ----------------------------------------------------------------------- */

static void
write_everything (AspJsonWriter * w)
{
  g_autoptr (GBytes) bytes = g_bytes_new ("\0\x7f\xff", 3);

  asp_json_begin_object (w, NULL);
  asp_json_add_string (w, "text", "\"quoted\" \\ \n \x01 \xc3\xa9");
  asp_json_add_string (w, "bad", "a\xff" "b");
  asp_json_add_string (w, "none", NULL);
  asp_json_add_int (w, "least", G_MININT64);
  asp_json_add_int (w, "most", G_MAXINT64);
  asp_json_add_double (w, "half", 0.5);
  asp_json_add_double (w, "infinite", 1.0 / 0.0);
  asp_json_add_boolean (w, "yes", TRUE);
  asp_json_add_hex (w, "bytes", bytes);
  asp_json_add_hex (w, "no-bytes", NULL);
  asp_json_begin_array (w, "list");
  asp_json_add_int (w, NULL, 1);
  asp_json_begin_object (w, NULL);
  asp_json_end_object (w);
  asp_json_end_array (w);
  asp_json_end_object (w);
}

static void
test_write (void)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE);

  write_everything (w);
  g_assert_cmpstr (asp_json_writer_text (w), ==, "{\"text\":\"\\\"quoted\\\" \\\\ \\n \\u0001 \xc3\xa9\","
      "\"bad\":\"a\xef\xbf\xbd" "b\",\"none\":null,\"least\":-9223372036854775808,"
      "\"most\":9223372036854775807,\"half\":0.5,\"infinite\":null,\"yes\":true,"
      "\"bytes\":\"007fff\",\"no-bytes\":\"\",\"list\":[1,{}]}");
}

static void
test_write_pretty (void)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (TRUE);

  asp_json_begin_object (w, NULL);
  asp_json_add_int (w, "a", 1);
  asp_json_begin_array (w, "b");
  asp_json_add_double (w, NULL, 1e300);
  asp_json_add_double (w, NULL, 3);
  asp_json_end_array (w);
  asp_json_begin_object (w, "c");
  asp_json_end_object (w);
  asp_json_end_object (w);
  g_assert_cmpstr (asp_json_writer_text (w), ==,
      "{\n  \"a\": 1,\n  \"b\": [\n    1.0000000000000001e+300,\n    3.0\n  ],\n  \"c\": {}\n}");
}

static void
test_round_trip (void)
{
  g_autoptr (AspJsonWriter) w = asp_json_writer_new (FALSE), again = asp_json_writer_new (FALSE);
  g_autofree gchar *same = NULL;
  g_autoptr (AspJson) root = NULL;

  write_everything (w);
  root = parse (asp_json_writer_text (w));
  asp_json_begin_object (again, NULL);
  asp_json_add_value (again, "inner", root);
  asp_json_end_object (again);
  same = g_strdup_printf ("{\"inner\":%s}", asp_json_writer_text (w));
  g_assert_cmpstr (asp_json_writer_text (again), ==, same);
}

/* --- reader ----------------------------------------------------------------------- */

static void
append_name (const gchar * name, const AspJson * value, gpointer user_data)
{
  g_string_append_printf (user_data, "%s:%d ", name, asp_json_kind (value));
}

static void
test_read (void)
{
  g_autoptr (AspJson) root = parse (" {\"s\": \"\\ud83d\\ude00\\u00e9\", \"i\": -12, \"d\": 1.5e1,\r\n"
      "\t\"b\": false, \"n\": null, \"a\": [1, [2, 3]], \"o\": {\"x\": \"y\"}} ");
  g_autoptr (GString) members = g_string_new (NULL);
  const AspJson *a = asp_json_member (root, "a");
  gint64 i = 0;
  gdouble d = 0;
  gboolean b = TRUE;

  g_assert_cmpstr (asp_json_string (asp_json_member (root, "s")), ==, "\xf0\x9f\x98\x80\xc3\xa9");
  g_assert_true (asp_json_integer (asp_json_member (root, "i"), &i));
  g_assert_cmpint (i, ==, -12);
  g_assert_true (asp_json_number (asp_json_member (root, "d"), &d));
  g_assert_cmpfloat (d, ==, 15.0);
  g_assert_true (asp_json_number (asp_json_member (root, "i"), &d));
  g_assert_cmpfloat (d, ==, -12.0);
  g_assert_true (asp_json_boolean (asp_json_member (root, "b"), &b));
  g_assert_false (b);
  g_assert_cmpuint (asp_json_length (a), ==, 2);
  g_assert_cmpuint (asp_json_length (asp_json_element (a, 1)), ==, 2);
  g_assert_cmpstr (asp_json_string (asp_json_member (asp_json_member (root, "o"), "x")), ==, "y");
  asp_json_foreach_member (root, append_name, members);
  g_assert_cmpstr (members->str, ==, "s:4 i:2 d:3 b:1 n:0 a:5 o:6 ");
}

static void
test_read_other_kind (void)
{
  g_autoptr (AspJson) root = parse ("{\"s\": \"1\", \"d\": 1.0, \"big\": 9223372036854775807}");
  gint64 i = 77;
  gboolean b = 77;
  gdouble d = 77;

  g_assert_false (asp_json_integer (asp_json_member (root, "s"), &i));
  g_assert_false (asp_json_integer (asp_json_member (root, "d"), &i));
  g_assert_false (asp_json_boolean (asp_json_member (root, "s"), &b));
  g_assert_false (asp_json_number (asp_json_member (root, "nothing"), &d));
  g_assert_cmpint (i, ==, 77);
  g_assert_true (asp_json_integer (asp_json_member (root, "big"), &i));
  g_assert_cmpint (i, ==, G_MAXINT64);
  g_assert_null (asp_json_string (asp_json_member (root, "d")));
  g_assert_null (asp_json_member (asp_json_member (root, "s"), "x"));
  g_assert_null (asp_json_element (root, 0));
  g_assert_cmpuint (asp_json_length (NULL), ==, 0);
  g_assert_cmpint (asp_json_kind (NULL), ==, ASP_JSON_NULL);
}

static void
test_scalars (void)
{
  static const struct
  {
    const gchar *text;
    AspJsonKind kind;
  } cases[] = {
    {"null", ASP_JSON_NULL}, {"true", ASP_JSON_BOOLEAN}, {"0", ASP_JSON_INTEGER},
    {"-0", ASP_JSON_INTEGER}, {"0.0", ASP_JSON_DOUBLE}, {"1E5", ASP_JSON_DOUBLE},
    {"1e-5", ASP_JSON_DOUBLE}, {"\"\"", ASP_JSON_STRING}, {"[]", ASP_JSON_ARRAY},
    {"{}", ASP_JSON_OBJECT}, {" [ ] ", ASP_JSON_ARRAY}, {"{ }", ASP_JSON_OBJECT},
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (AspJson) root = parse (cases[i].text);

    if (asp_json_kind (root) != cases[i].kind)
      g_error ("%s is of kind %d", cases[i].text, asp_json_kind (root));
  }
}

static void
test_syntax (void)
{
  static const gchar *const bad[] = {
    "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "{\"a\"", "{\"a\":", "{\"a\":1",
    "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{1:1}", "[1 2]", "[1}", "{\"a\":1]",
    "tru", "truE", "TRUE", "nul", "01", "00", "+1", "-", "1.", ".5", "1e", "1e+", "0x10", "1_0",
    "NaN", "Infinity", "-Infinity", "\"a", "\"\\", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"",
    "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"a\nb\"", "\"a\tb\"",
    "1 2", "{} {}", "// c\n1", "/* c */1", "[1]x", "\xef\xbb\xbf{}",
  };

  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (bad[i], strlen (bad[i]), ASP_JSON_ERROR_SYNTAX);
  g_assert_null (asp_json_parse (NULL, 0, &error));
  g_assert_error (error, ASP_JSON_ERROR, ASP_JSON_ERROR_SYNTAX);
}

static void
test_truncated (void)
{
  static const gchar text[] = "{\"a\": [1.5e3, -2, \"x\\u00e9\\n\"], \"b\": {\"c\": true, \"d\": null}}";

  for (gsize n = 0; n < strlen (text); n++)
    assert_refused (text, n, ASP_JSON_ERROR_SYNTAX);
  asp_json_free (parse (text));
}

static void
test_utf8 (void)
{
  assert_refused ("\"\xff\"", 3, ASP_JSON_ERROR_UTF8);
  assert_refused ("\"\xc0\x80\"", 4, ASP_JSON_ERROR_UTF8);
  assert_refused ("\"\xed\xa0\x80\"", 5, ASP_JSON_ERROR_UTF8);   /* a surrogate */
  assert_refused ("\"\xc3", 2, ASP_JSON_ERROR_UTF8);
  assert_refused ("[1,\0 2]", 7, ASP_JSON_ERROR_UTF8);
}

static void
test_duplicates (void)
{
  static const gchar *const bad[] = {
    "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]",
    "{\"\":1,\"\":2}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (bad[i], strlen (bad[i]), ASP_JSON_ERROR_DUPLICATE);
  asp_json_free (parse ("[{\"a\":1},{\"a\":1},{\"b\":{\"a\":1},\"a\":2}]"));
}

static void
test_numbers (void)
{
  g_autofree gchar *zeros = g_strnfill (100000, '0');
  g_autofree gchar *wide = g_strdup_printf ("1%s", zeros);

  assert_refused ("9223372036854775808", 19, ASP_JSON_ERROR_NUMBER);
  assert_refused ("-9223372036854775809", 20, ASP_JSON_ERROR_NUMBER);
  assert_refused ("1e400", 5, ASP_JSON_ERROR_NUMBER);
  assert_refused ("-1e999999999999", 15, ASP_JSON_ERROR_NUMBER);
  assert_refused (wide, strlen (wide), ASP_JSON_ERROR_NUMBER);
  asp_json_free (parse ("1e-400"));
  asp_json_free (parse ("-9223372036854775808"));
}

static gchar *
nested (guint depth, gchar open)
{
  GString *s = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (s, open == '[' ? "[" : "{\"a\":");
  g_string_append_c (s, '1');
  for (guint i = 0; i < depth; i++)
    g_string_append_c (s, open == '[' ? ']' : '}');
  return g_string_free (s, FALSE);
}

static void
test_depth (void)
{
  static const gchar kinds[] = { '[', '{' };

  for (guint i = 0; i < 2; i++) {
    g_autofree gchar *allowed = nested (ASP_JSON_DEPTH_MAX, kinds[i]);
    g_autofree gchar *over = nested (ASP_JSON_DEPTH_MAX + 1, kinds[i]);
    g_autofree gchar *far = nested (500000, kinds[i]);

    asp_json_free (parse (allowed));
    assert_refused (over, strlen (over), ASP_JSON_ERROR_SIZE);
    assert_refused (far, strlen (far), ASP_JSON_ERROR_SIZE);
  }
}

static void
test_size (void)
{
  gsize size = ASP_JSON_SIZE_MAX + 1;
  gchar *text = g_strnfill (size, ' ');

  text[0] = '1';
  assert_refused (text, size, ASP_JSON_ERROR_SIZE);
  asp_json_free (asp_json_parse (text, size - 1, NULL));
  g_free (text);
}

static void
test_error_says_where (void)
{
  static const gchar text[] = "{\n  \"a\": 1,\n  b: 2\n}";
  g_autoptr (GError) error = NULL;

  g_assert_null (asp_json_parse (text, strlen (text), &error));
  g_assert_cmpstr (error->message, ==, "JSON, line 3, column 3: a string in quotes should stand here");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/write", test_write);
  g_test_add_func ("/json/write-pretty", test_write_pretty);
  g_test_add_func ("/json/round-trip", test_round_trip);
  g_test_add_func ("/json/read", test_read);
  g_test_add_func ("/json/read-other-kind", test_read_other_kind);
  g_test_add_func ("/json/scalars", test_scalars);
  g_test_add_func ("/json/syntax", test_syntax);
  g_test_add_func ("/json/truncated", test_truncated);
  g_test_add_func ("/json/utf8", test_utf8);
  g_test_add_func ("/json/duplicates", test_duplicates);
  g_test_add_func ("/json/numbers", test_numbers);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/size", test_size);
  g_test_add_func ("/json/error-says-where", test_error_says_where);
  return g_test_run ();
}
