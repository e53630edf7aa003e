/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-client.h>

#include "asp-event-log.h"

G_BEGIN_DECLS

/*
 * Posts the events of a log to hooks, in EventBridge's envelope: in order, each at least once.
 * The log is the queue: a hook is a place in it (key "hook/NAME" of the store), which moves on when
 * the hook has answered 2xx. One request at a time for each hook; a hook that does not answer is
 * asked again with backoff, for as long as the log keeps the event, and holds up no other. The
 * place is written now and then: behind a kill a hook gets its last events again, under the same `id`.
 *
 * Redirects are not followed: 302 would make a GET without the event of it, and 307 would give the
 * event to somebody who was not configured. A hook that redirects has failed.
 *
 * Thread: new, set and free from one, states from any. All but states wait for the disk. Since: 0.1
 */
#define ASP_HOOK_SIGNATURE "X-Adsplice-Signature"
#define ASP_HOOK_RETRY_MIN_MS 500
#define ASP_HOOK_RETRY_MAX_MS 60000
#define ASP_HOOK_TIMEOUT_MS 10000

typedef struct
{
  const gchar *name, *url;
  const gchar *const *headers;  /* (nullable) "Name: value"; one that is not so is left out, and said */
  const gchar *secret;          /* nullable: ASP_HOOK_SIGNATURE: sha256=HEX of HMAC-SHA-256 (secret, body) */
  const gchar *const *channels; /* nullable: all */
} AspHook;

typedef struct
{
  gchar *name;
  guint64 delivered;            /* events */
  guint64 failed;               /* attempts */
  guint64 waiting;              /* events of the log that it has not passed, also those of other channels */
  guint64 lost;                 /* events that the log did not keep for so long */
  guint last_status;            /* of HTTP; 0 = none yet, or no answer */
  gchar *last_error;            /* for people, without secrets; nullable */
} AspHookState;

void asp_hook_state_free (AspHookState * state);

typedef struct _AspHookRunner AspHookRunner;

/* All of them must live until asp_hook_runner_free(). */
AspHookRunner *asp_hook_runner_new (AspEventLog * log, AspStore * store, AspHttpClient * client,
    const gchar * region, const gchar * account);
/* What is on its way is cancelled, and comes again next time. NULL is allowed. */
void asp_hook_runner_free (AspHookRunner * runner);

/* All hooks from now on; who was there before under that name, also in a process before this one,
 * goes on where it was. A new one begins with what happens from now on. Of two with one name the
 * first counts. Names are letters, digits, - and _. */
void asp_hook_runner_set (AspHookRunner * runner, const AspHook * hooks, guint n_hooks);

/* (element-type AspHookState) (transfer full) */
GPtrArray *asp_hook_runner_states (AspHookRunner * runner);

G_END_DECLS
