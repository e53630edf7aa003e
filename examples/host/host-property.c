/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-property.h"

#include <string.h>

G_DEFINE_QUARK (host-config-error-quark, host_config_error)

/* "10s" and the like; FALSE: it is no time. */
static gboolean
read_time (const gchar * text, guint64 * ns)
{
  gchar *end = NULL;
  gdouble number = g_ascii_strtod (text, &end);

  if (end == text || !(number >= 0 && number < 1e9))
    return FALSE;
  if (!strcmp (end, "s"))
    *ns = (guint64) (number * GST_SECOND + 0.5);
  else if (!strcmp (end, "ms"))
    *ns = (guint64) (number * GST_MSECOND + 0.5);
  else
    return FALSE;
  return TRUE;
}

static gboolean
read_value (GValue * value, const gchar * text, GParamSpec * pspec)
{
  guint64 ns;

  if (G_VALUE_HOLDS_STRING (value)) {
    g_value_set_string (value, text);
    return TRUE;
  }
  if (G_VALUE_HOLDS_UINT64 (value) && read_time (text, &ns)) {
    g_value_set_uint64 (value, ns);
    return TRUE;
  }
  return gst_value_deserialize_with_pspec (value, text, pspec);
}

/* "sink_1::rendition" is a property of the pad sink_1, which is made when it is not there. */
static GObject *
find_object (GstElement * element, const gchar ** name)
{
  const gchar *colons = strstr (*name, "::");
  g_autofree gchar *pad_name = colons ? g_strndup (*name, (gsize) (colons - *name)) : NULL;
  GstPad *pad;

  if (!colons)
    return gst_object_ref (element);
  pad = gst_element_get_static_pad (element, pad_name);
  *name = colons + 2;
  return (GObject *) pad;
}

gboolean
host_property_set (GstElement * element, const gchar * prefix, const gchar * name, const gchar * text, GError ** error)
{
  const gchar *own = name, *factory = GST_OBJECT_NAME (gst_element_get_factory (element));
  GObject *object = find_object (element, &own);
  GParamSpec *pspec = object ? g_object_class_find_property (G_OBJECT_GET_CLASS (object), own) : NULL;
  GValue value = G_VALUE_INIT;
  gboolean ok = pspec && pspec->flags & G_PARAM_WRITABLE;

  if (!ok) {
    g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "%s%s: %s has no such property to set; "
        "gst-inspect-1.0 %s shows them all", prefix, name, factory, factory);
  } else {
    g_value_init (&value, pspec->value_type);
    ok = read_value (&value, text, pspec) && !g_param_value_validate (pspec, &value);
    if (ok)
      g_object_set_property (object, own, &value);
    else
      g_set_error (error, HOST_CONFIG_ERROR, HOST_CONFIG_ERROR_VALUE, "%s%s: \"%s\" is no value of it (%s); "
          "gst-inspect-1.0 %s shows what is", prefix, name, text, g_type_name (pspec->value_type), factory);
    g_value_unset (&value);
  }
  if (object)
    g_object_unref (object);
  return ok;
}
