/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What DESIGN 4.1 promises to those who write `gst-inspect-1.0 tssplicer`: names, types,
 * defaults, when a property may change, pads, signals.
 */
#include <string.h>

#include "ts-fixture.h"

static GstElement *
new_element (void)
{
  GstElement *element = gst_element_factory_make ("tssplicer", NULL);

  g_assert_nonnull (element);
  return gst_object_ref_sink (element);
}

/* --- properties ------------------------------------------------------------------- */

typedef enum
{
  AT_READY,                     /* GST_PARAM_MUTABLE_READY */
  AT_PLAYING,                   /* GST_PARAM_MUTABLE_PLAYING */
  NEVER,                        /* read-only */
} Mutability;

typedef struct
{
  const gchar *name, *type, *value;     /* @type: name of the GType; @value: as gst_value_serialize() */
  Mutability when;
} Property;

/* Flags and enums are known by the nicks that a launch line uses. */
static const Property properties[] = {
  {"channel", "gchararray", NULL, AT_READY},
  {"program-number", "gint", "0", AT_READY},
  {"schedule", "gchararray", "\"\"", AT_READY},
  {"scte35", "flags", "insert+break+provider-ad+distributor-ad+provider-po+distributor-po", AT_PLAYING},
  {"scte35-output", "enum", "pass", AT_PLAYING},
  {"splice-countdown", "gboolean", "false", AT_PLAYING},
  {"insertion", "enum", "splice", AT_READY},
  {"out-point", "enum", "idr", AT_PLAYING},
  {"return-policy", "enum", "nearest", AT_PLAYING},
  {"late-policy", "enum", "next-rap", AT_PLAYING},
  {"overlap-policy", "enum", "ignore", AT_PLAYING},
  {"scte35-tier", "gint", "4095", AT_PLAYING},
  {"scte35-restrictions", "flags", "none", AT_PLAYING},
  {"splice-tolerance", "guint64", "500000000", AT_PLAYING},
  {"max-rap-wait", "guint64", "5000000000", AT_PLAYING},
  {"max-break-duration", "guint64", "300000000000", AT_PLAYING},
  {"default-break-duration", "guint64", "30000000000", AT_PLAYING},
  {"null-packets", "enum", "keep", AT_PLAYING},
  {"ad-tracks", "enum", "repeat", AT_PLAYING},
  {"input-timeout", "guint64", "1000000000", AT_PLAYING},
  {"stats", "GstStructure", NULL, NEVER},
};

static void
check_type (const Property * p, GParamSpec * spec)
{
  if (!strcmp (p->type, "enum"))
    g_assert_true (G_IS_PARAM_SPEC_ENUM (spec));
  else if (!strcmp (p->type, "flags"))
    g_assert_true (G_IS_PARAM_SPEC_FLAGS (spec));
  else
    g_assert_cmpstr (g_type_name (spec->value_type), ==, p->type);
}

static void
check_default (const Property * p, GParamSpec * spec, GstElement * element)
{
  GValue is = G_VALUE_INIT, should = G_VALUE_INIT;

  g_value_init (&is, spec->value_type);
  g_value_init (&should, spec->value_type);
  g_object_get_property (G_OBJECT (element), p->name, &is);
  if (p->value && G_VALUE_HOLDS_STRING (&is))
    g_assert_cmpstr (g_value_get_string (&is), ==, "");
  else if (p->value) {
    g_assert_true (gst_value_deserialize (&should, p->value));
    if (gst_value_compare (&is, &should) != GST_VALUE_EQUAL)
      g_error ("%s is %s, not %s", p->name, g_strdup_value_contents (&is), p->value);
    /* what it is and what the class says it is are the same */
    g_assert_true (g_param_value_defaults (spec, &is));
  } else if (G_VALUE_HOLDS_STRING (&is)) {
    g_assert_null (g_value_get_string (&is));
  }
  g_value_unset (&is);
  g_value_unset (&should);
}

static void
check_flags (const Property * p, GParamSpec * spec)
{
  if (p->when == NEVER) {
    g_assert_cmpint (spec->flags & G_PARAM_READWRITE, ==, G_PARAM_READABLE);
    return;
  }
  g_assert_cmpint (spec->flags & G_PARAM_READWRITE, ==, G_PARAM_READWRITE);
  g_assert_cmpint ((spec->flags & GST_PARAM_MUTABLE_READY) != 0, ==, p->when == AT_READY);
  g_assert_cmpint ((spec->flags & GST_PARAM_MUTABLE_PLAYING) != 0, ==, p->when == AT_PLAYING);
  g_assert_cmpint (spec->flags & GST_PARAM_MUTABLE_PAUSED, ==, 0);
}

static void
test_table (void)
{
  GstElement *element = new_element ();

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++) {
    const Property *p = &properties[i];
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), p->name);

    g_test_message ("%s", p->name);
    g_assert_nonnull (spec);
    check_type (p, spec);
    check_default (p, spec, element);
    check_flags (p, spec);
    g_assert_cmpuint (strlen (g_param_spec_get_blurb (spec)), >, 10);
    /* a time says its unit */
    if (!strcmp (p->type, "guint64"))
      g_assert_nonnull (strstr (g_param_spec_get_blurb (spec), "ns"));
  }
  gst_object_unref (element);
}

/* None that the table does not know: a new one needs its line here and in the documents. */
static void
test_no_other (void)
{
  GstElement *element = new_element ();
  guint n;
  g_autofree GParamSpec **specs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);

  for (guint i = 0; i < n; i++) {
    gboolean known = FALSE;

    if (specs[i]->owner_type != G_OBJECT_TYPE (element))
      continue;
    for (guint k = 0; k < G_N_ELEMENTS (properties); k++)
      known |= !strcmp (properties[k].name, specs[i]->name);
    if (!known)
      g_error ("property %s is not in the table", specs[i]->name);
  }
  gst_object_unref (element);
}

static void
test_nicks (void)
{
  static const gchar *const values[][2] = {
    {"scte35", "none"}, {"scte35", "insert+break"}, {"scte35", "provider-ad+distributor-ad"},
    {"scte35", "provider-po+distributor-po"},
    {"scte35-output", "pass"}, {"scte35-output", "strip"}, {"scte35-output", "rewrite"},
    {"insertion", "splice"}, {"insertion", "mark"}, {"out-point", "idr"}, {"out-point", "anchor"},
    {"return-policy", "nearest"}, {"return-policy", "fill"}, {"return-policy", "hold"},
    {"overlap-policy", "ignore"}, {"overlap-policy", "extend"}, {"scte35-tier", "0"}, {"scte35-tier", "4095"},
    {"scte35-restrictions", "none"},
    {"scte35-restrictions", "any+web-delivery+regional-blackout+archive+device"},
    {"late-policy", "next-rap"}, {"late-policy", "skip"}, {"null-packets", "keep"}, {"null-packets", "drop"},
    {"ad-tracks", "repeat"}, {"ad-tracks", "drop"},
  };
  GstElement *element = new_element ();

  for (guint i = 0; i < G_N_ELEMENTS (values); i++) {
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), values[i][0]);
    GValue value = G_VALUE_INIT, is = G_VALUE_INIT;

    g_value_init (&value, spec->value_type);
    g_value_init (&is, spec->value_type);
    if (!gst_value_deserialize (&value, values[i][1]))
      g_error ("%s does not know %s", values[i][0], values[i][1]);
    g_object_set_property (G_OBJECT (element), values[i][0], &value);
    g_object_get_property (G_OBJECT (element), values[i][0], &is);
    g_assert_cmpint (gst_value_compare (&value, &is), ==, GST_VALUE_EQUAL);
    g_value_unset (&value);
    g_value_unset (&is);
  }
  gst_object_unref (element);
}

static void
test_set_and_get (void)
{
  GstElement *element = new_element ();
  g_autofree gchar *channel = NULL;
  g_autofree gchar *schedule = NULL;
  guint64 ns[5];
  gint program;

  g_object_set (element, "channel", "one", "schedule", "12+10,60.5+30.25", "program-number", 7,
      "splice-tolerance", (guint64) 1, "max-rap-wait", (guint64) 2, "max-break-duration", 3 * GST_SECOND,
      "default-break-duration", 4 * GST_SECOND, "input-timeout", (guint64) 5, NULL);
  g_object_get (element, "channel", &channel, "schedule", &schedule, "program-number", &program,
      "splice-tolerance", &ns[0], "max-rap-wait", &ns[1], "max-break-duration", &ns[2],
      "default-break-duration", &ns[3], "input-timeout", &ns[4], NULL);
  g_assert_cmpstr (channel, ==, "one");
  g_assert_cmpstr (schedule, ==, "12+10,60.5+30.25");
  g_assert_cmpint (program, ==, 7);
  g_assert_cmpuint (ns[0], ==, 1);
  g_assert_cmpuint (ns[1], ==, 2);
  g_assert_cmpuint (ns[2], ==, 3 * GST_SECOND);
  g_assert_cmpuint (ns[3], ==, 4 * GST_SECOND);
  g_assert_cmpuint (ns[4], ==, 5);
  g_object_set (element, "channel", NULL, "schedule", NULL, NULL);
  gst_object_unref (element);
}

/* What may change while it plays does so with the next break. */
static void
test_change_in_playing (const Way * way)
{
  g_autoptr (GByteArray) ts = media_make_network ();
  g_autoptr (Fixture) f = fixture_new (way, "schedule=2.2+2,7.2+3 late-policy=skip");
  gsize at = reading_offset_of (ts, 1, 130);
  g_autoptr (Reading) r = NULL;

  /* 2.2 s: the RAP at 3 s comes 800 ms later, which is too late */
  fixture_add_creative (f, "ad_0", 2, 75);
  fixture_feed_part (f, ts, 0, at);
  g_assert_cmpuint (fixture_count_states (f, "skipped"), ==, 1);
  g_assert_cmpstr (gst_structure_get_string (fixture_state (f, "skipped", 0), "reason"), ==, "late");
  g_object_set (f->element, "splice-tolerance", GST_SECOND, NULL);
  fixture_feed_part (f, ts, at, ts->len);
  fixture_eos (f);
  r = fixture_read (&f->out);
  reading_assert_pictures (r, "1:0-199,2:0-74,1:275-299");
}

/* --- pads, signals, class --------------------------------------------------------- */

static void
test_templates (void)
{
  static const struct
  {
    const gchar *name;
    GstPadDirection direction;
    GstPadPresence presence;
  } templates[] = {
    /* src first: `name=s ! b` must not pick another pad */
    {"src", GST_PAD_SRC, GST_PAD_ALWAYS},
    {"sink", GST_PAD_SINK, GST_PAD_ALWAYS},
    {"ad_%u", GST_PAD_SINK, GST_PAD_REQUEST},
    {"slate", GST_PAD_SINK, GST_PAD_REQUEST},
    {"network", GST_PAD_SRC, GST_PAD_REQUEST},
  };
  GstElement *element = new_element ();
  GList *l = gst_element_class_get_pad_template_list (GST_ELEMENT_GET_CLASS (element));

  for (guint i = 0; i < G_N_ELEMENTS (templates); i++, l = l->next) {
    GstPadTemplate *t = l ? l->data : NULL;
    const GstStructure *s;
    gboolean systemstream = FALSE;

    g_assert_nonnull (t);
    s = gst_caps_get_structure (GST_PAD_TEMPLATE_CAPS (t), 0);
    g_assert_cmpstr (GST_PAD_TEMPLATE_NAME_TEMPLATE (t), ==, templates[i].name);
    g_assert_cmpint (GST_PAD_TEMPLATE_DIRECTION (t), ==, templates[i].direction);
    g_assert_cmpint (GST_PAD_TEMPLATE_PRESENCE (t), ==, templates[i].presence);
    g_assert_cmpuint (gst_caps_get_size (GST_PAD_TEMPLATE_CAPS (t)), ==, 1);
    g_assert_cmpstr (gst_structure_get_name (s), ==, "video/mpegts");
    g_assert_true (gst_structure_get_boolean (s, "systemstream", &systemstream) && systemstream);
  }
  g_assert_null (l);
  gst_object_unref (element);
}

/* `a ! tssplicer name=s ! b` and `s. ! b` take src, even when nothing else is free. */
static void
test_compatible_pad (void)
{
  GstElement *element = new_element ();
  GstPad *sink = gst_pad_new ("sink", GST_PAD_SINK), *pad;

  gst_pad_set_active (sink, TRUE);
  pad = gst_element_get_compatible_pad (element, sink, NULL);
  g_assert_nonnull (pad);
  g_assert_cmpstr (GST_PAD_NAME (pad), ==, "src");
  gst_object_unref (pad);
  gst_object_unref (sink);
  gst_object_unref (element);
}

static void
check_signal (const gchar * name, GType returns, guint n, const GType * types)
{
  GSignalQuery query;
  GstElement *element = new_element ();

  g_signal_query (g_signal_lookup (name, G_OBJECT_TYPE (element)), &query);
  g_assert_cmpstr (query.signal_name, ==, name);
  g_assert_true (query.signal_flags & G_SIGNAL_ACTION);
  g_assert_true ((query.return_type & ~(GType) G_SIGNAL_TYPE_STATIC_SCOPE) == returns);
  g_assert_cmpuint (query.n_params, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_true ((query.param_types[i] & ~(GType) G_SIGNAL_TYPE_STATIC_SCOPE) == types[i]);
  gst_object_unref (element);
}

static void
test_signals (void)
{
  const GType insert[] = { G_TYPE_UINT64, GST_TYPE_STRUCTURE };
  const GType id[] = { G_TYPE_STRING };

  check_signal ("insert-ad-break", G_TYPE_STRING, 2, insert);
  check_signal ("cancel-ad-break", G_TYPE_BOOLEAN, 1, id);
  check_signal ("end-ad-break", G_TYPE_BOOLEAN, 1, id);
}

static void
test_metadata (void)
{
  GstElement *element = new_element ();
  static const gchar *const keys[] = { GST_ELEMENT_METADATA_LONGNAME, GST_ELEMENT_METADATA_KLASS,
    GST_ELEMENT_METADATA_DESCRIPTION, GST_ELEMENT_METADATA_AUTHOR
  };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    g_assert_cmpuint (strlen (gst_element_get_metadata (element, keys[i])), >, 3);
  g_assert_true (g_str_has_prefix (gst_element_get_metadata (element, GST_ELEMENT_METADATA_KLASS), "Generic"));
  gst_object_unref (element);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  g_test_add_func ("/properties/table", test_table);
  g_test_add_func ("/properties/no-other", test_no_other);
  g_test_add_func ("/properties/nicks", test_nicks);
  g_test_add_func ("/properties/set-and-get", test_set_and_get);
  fixture_add_test ("/properties/change-in-playing", test_change_in_playing);
  g_test_add_func ("/class/templates", test_templates);
  g_test_add_func ("/class/compatible-pad", test_compatible_pad);
  g_test_add_func ("/class/signals", test_signals);
  g_test_add_func ("/class/metadata", test_metadata);
  return fixture_run ();
}
