/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * An origin that is uploaded to: takes PUT and DELETE at any path, a thread for each connection,
 * and keeps what came in which order. Thread: any.
 */
typedef struct
{
  gchar *method, *path;         /* "PUT", "/in/playlist.m3u8" */
  gchar *head;                  /* lower case */
  GBytes *body;
} Received;

typedef struct _PutReceiver PutReceiver;

/* @status: what everything is answered with. */
PutReceiver *put_receiver_new (guint status);
void put_receiver_free (PutReceiver * r);
guint16 put_receiver_port (PutReceiver * r);
void put_receiver_set_status (PutReceiver * r, guint status);

/* How many requests there were. */
guint put_receiver_count (PutReceiver * r);
/* Valid until the receiver is freed. */
const Received *put_receiver_get (PutReceiver * r, guint i);
/* The last one of this method and path, or NULL. */
const Received *put_receiver_find (PutReceiver * r, const gchar * method, const gchar * path);

G_END_DECLS
