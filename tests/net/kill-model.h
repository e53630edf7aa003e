/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-json-reader.h>

G_BEGIN_DECLS

/*
 * What a control server must still know after it was killed: everything that it has acknowledged,
 * and of the one call that it was killed in either what was before or what was asked for. For
 * control-kill. Thread: step and note_insert from one each, the others while these do not run.
 */
typedef struct _KillModel KillModel;

/* The answer's body (transfer full), or NULL when none came. */
typedef gchar *(*KillCall) (const gchar * method, const gchar * target, const gchar * body, guint * status,
    gpointer user_data);

KillModel *kill_model_new (guint seed, KillCall call, gpointer user_data);
void kill_model_free (KillModel * model);

/* Changes a configuration, any. FALSE: no answer came; the server is gone. */
gboolean kill_model_step (KillModel * model);
void kill_model_note_insert (KillModel * model, guint status);
void kill_model_note_start (KillModel * model, gint64 took_us);

/* Reads them all, and compares; what is there holds from now on. */
void kill_model_check_configurations (KillModel * model);
/* A page of the log behind number @after. */
void kill_model_check_events (KillModel * model, const AspJson * events, guint64 after);
guint64 kill_model_last_event (KillModel * model);

void kill_model_complain (KillModel * model, const gchar * format, ...) G_GNUC_PRINTF (2, 3);
/* FALSE: there was something to complain of. */
gboolean kill_model_report (KillModel * model);

G_END_DECLS
