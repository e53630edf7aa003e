/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-event-log.h>

#include "asp-config.h"
#include "asp-control-channel.h"

G_BEGIN_DECLS

/*
 * The control server of a process at one address: HTTP(S) with the IVS API, /v1, the status page,
 * metrics and health in front, store, event log and hooks behind, and the running channels beside it.
 *
 * One for each address; whoever asks for the address again gets the same one. What the first one
 * configured holds.
 *
 * Thread: any, but no streaming thread: these wait for the disk. add_event may be called from any.
 * Since: 0.1
 */
typedef struct _AspControl AspControl;

/**
 * asp_control_get:
 * @address: HOST:PORT; port 0 = any that is free, never shared
 * @config: (nullable): copied; NULL: all defaults, state in memory only
 * @other: (out) (optional): it runs already with another configuration, which holds
 *
 * Returns: (transfer full): NULL with an error that says what to do
 */
AspControl *asp_control_get (const gchar * address, const AspConfig * config, gboolean * other, GError ** error);
AspControl *asp_control_ref (AspControl * control);
/* The last one stops it: port closed, what waits is written. NULL is allowed. */
void asp_control_unref (AspControl * control);

/* Takes over keys, tokens, rates, hooks of a file that was read again; the rest holds until a
 * restart, and is said in a warning. FALSE: nothing was changed.
 * adsplicebin's action signal `reload-config` () -> gboolean reads the file of its `config` again and comes
 * here; FALSE with a warning on the bus that says why. Programs (adsplice-host on SIGHUP) know only that. */
gboolean asp_control_reload (AspControl * control, const AspConfig * config, GError ** error);

/* The real "HOST:PORT". (transfer full) */
gchar *asp_control_dup_address (AspControl * control);

/**
 * asp_control_add_channel:
 * @name: letters, digits, - and _, at most 128
 *
 * Returns: a handle, or 0 with ASP_API_CONFLICT when there is one of that name
 */
guint asp_control_add_channel (AspControl * control, const gchar * name, const AspControlChannel * funcs,
    gpointer user_data, GError ** error);
/* Nothing of it is called any more when this returns. Not from within. */
void asp_control_remove_channel (AspControl * control, guint handle);

/* @event: (transfer full). Does not wait. Returns: its number */
guint64 asp_control_add_event (AspControl * control, AspEvent * event);

/* What UpdateChannel has attached to it: see asp_api_get_attachment(). */
gboolean asp_control_get_attachment (AspControl * control, const gchar * channel, AspApiAttachment * out, GError ** error);

G_END_DECLS
