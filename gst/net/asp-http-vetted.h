/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "asp-http-vet.h"

G_BEGIN_DECLS

/*
 * Internal to gst/net: a host and port that is connected to only at vetted addresses.
 *
 * Why there is no time between vetting and connecting in which a DNS answer may change: the
 * enumerator asks the resolver once for each connection, refuses the whole answer when one
 * address in it may not be had, and hands these very addresses to GSocketClient, which
 * connects to what its enumerator gives and resolves nothing itself. It is a GNetworkAddress,
 * so that TLS asks for and verifies the name (SNI, server identity), not an address.
 * There is no proxy on the way: the proxy enumerator is the same one.
 */
GSocketConnectable *asp_http_vetted_new (const gchar * host, guint16 port, AspHttpAllow * allow);

G_END_DECLS
