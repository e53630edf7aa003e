/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-server.h>

#include <gio/gio.h>

#include "patience.h"

G_BEGIN_DECLS

/*
 * For the tests of the HTTP server: a folder with files, a server over it on the loopback
 * address, and a client that can misbehave: requests are written as bytes. What fails,
 * fails the test.
 */
#define BIG_BYTES (8 * 1024 * 1024)

typedef struct
{
  gchar *top;                   /* holds the folder, and what must not be seen beside it */
  gchar *folder;
  AspHttpServer *server;
  guint16 port;
} Fixture;

/* @limits may be NULL. With the files, "/live/" and "/", started. */
void setup_with (Fixture * f, const AspHttpLimits * limits);

/* For g_test_add(): @data is the limits. */
void setup (Fixture * f, gconstpointer data);
void teardown (Fixture * f, gconstpointer data);

#define SERVER_TEST(path, func, limits) \
    g_test_add ("/net/" path, Fixture, limits, setup, func, teardown)

guint16 server_port (AspHttpServer * server);

void put_file (const gchar * folder, const gchar * name, const gchar * text);
void put_big_file (const gchar * folder, const gchar * name);
void remove_tree (const gchar * path);

/* Byte @i of the big file, m/big.ts. */
guint8 big_byte (gsize i);

GSocketConnection *dial (guint16 port);

/* FALSE when the server has hung up: it may do so before all is sent. */
gboolean send_text (GSocketConnection * c, const gchar * text);

/* Everything until the server closes. */
GByteArray *read_to_end (GSocketConnection * c);

typedef struct
{
  guint status;
  gchar *head;                  /* lower case */
  GByteArray *all;
  const guint8 *body;
  gsize body_size;
} Reply;

/* Takes over @all. Status 0 when it is no whole head. */
Reply *reply_new (GByteArray * all);
void reply_free (Reply * r);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reply, reply_free)

/* One answer of a connection that stays open. */
Reply *read_reply (GSocketConnection * c);

/* A request of its own connection, which the server closes. @headers: "Name: value\r\n"
 * and so on, or NULL. */
Reply *ask (guint16 port, const gchar * method, const gchar * target, const gchar * headers);

/* @line in lower case: "name: value". */
gboolean has_header (Reply * r, const gchar * line);
gchar *header_value (Reply * r, const gchar * name);
void assert_body (Reply * r, const gchar * text);

G_END_DECLS
