/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  HOST_CONFIG_ERROR_VALUE,      /* something in the configuration is wrong */
} HostConfigError;

#define HOST_CONFIG_ERROR (host_config_error_quark ())
GQuark host_config_error_quark (void);

/*
 * Sets a property from its text; 64-bit numbers also as times: "10s", "500ms".
 * @prefix: what stood in front of @name, for messages
 * Returns: FALSE: there is none of that name, or it cannot have this value
 */
gboolean host_property_set (GstElement * element, const gchar * prefix, const gchar * name, const gchar * value,
    GError ** error);

G_END_DECLS
