/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-store.h>

#include "asp-api-auth.h"
#include "asp-api-error.h"

G_BEGIN_DECLS

/*
 * The control API: Amazon IVS's operations (2020-07-14) for ad insertion and MediaTailor's
 * playback configurations (2018-04-23), as functions of a request, what is stored and the time.
 * Shapes, limits, statuses and names of errors are theirs, so that Amazon's own SDKs work.
 *
 * What is configured lives in an AspStore (keys below "api/"); what runs comes in through
 * AspApiChannels. No HTTP, no thread and no clock here.
 *
 * Thread: new and free from one at a time, before and after all else; set_* from one at a time; the
 * others from any, several at once. They wait for the store's disk: never in a streaming thread.
 * Since: 0.1
 */
#define ASP_API_AD_CONFIGURATIONS 20    /* of a process; documented, not adjustable at Amazon's */
#define ASP_API_KEY_PAIRS 3
#define ASP_API_PLAYBACK_CONFIGURATIONS 1000
#define ASP_API_STREAM_ID_SIZE 26       /* "st-" and letters and digits */

typedef enum
{
  ASP_API_HEALTHY,
  ASP_API_STARVING,             /* data comes slower than it plays */
  ASP_API_HEALTH_UNKNOWN,
} AspApiHealth;

/* A channel as it is at a moment. */
typedef struct
{
  gchar *name;
  gboolean live;                /* data flows */
  gboolean busy;                /* a break is scheduled or runs */
  gboolean has_ads;             /* something to show without an ad configuration */
  gchar *playback_url;          /* nullable */
  gchar stream_id[ASP_API_STREAM_ID_SIZE + 1];  /* while live */
  gint64 started_us;            /* UTC, while live */
  AspApiHealth health;
  guint viewers;
} AspApiChannel;

void asp_api_channel_free (AspApiChannel * channel);    /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspApiChannel, asp_api_channel_free)

/* What runs. Called from the threads of the API's callers, without a lock of its own; none may
 * wait for a streaming thread. */
typedef struct
{
  /* AspApiChannel, in any order. (transfer full) (with free function) */
  GPtrArray *(*list) (gpointer user_data);
  /* NULL: there is none of that name. (transfer full) */
  AspApiChannel *(*get) (const gchar * name, gpointer user_data);
  /* The id of the break (transfer full), or NULL with ASP_API_ERROR: CONFLICT, NOT_BROADCASTING,
   * NOT_FOUND, VALIDATION or UNAVAILABLE. Whether there is a break already is decided here. */
  gchar *(*insert) (const gchar * name, guint seconds, gpointer user_data, GError ** error);
} AspApiChannels;

typedef struct
{
  /* Of the names of resources (ARN). NULL: requests may name any, ours are "us-east-1" and
   * "000000000000". */
  const gchar *region, *account;
  const gchar *playback_prefix; /* URL of the viewers' address without last '/'; NULL = none */
} AspApiConfig;

typedef struct _AspApi AspApi;

/* @store, @channels and @user_data must live until asp_api_free(). @config may be NULL, and is
 * copied. */
AspApi *asp_api_new (AspStore * store, const AspApiChannels * channels, gpointer user_data,
    const AspApiConfig * config);
void asp_api_free (AspApi * api);       /* NULL is allowed */

/* Who may call; is taken over. Without it: whoever is on this machine. At any time: calls that have
 * begun are judged by the one before. */
void asp_api_set_auth (AspApi * api, AspApiAuth * auth);

/* May @request be answered? For what is served beside the API by the same rules. @changes: see
 * asp_api_auth_check(). FALSE with ASP_API_ERROR */
gboolean asp_api_authorize (AspApi * api, const AspApiRequest * request, gboolean changes, gint64 now_us,
    GError ** error);

/**
 * asp_api_set_rate:
 * @operation: "InsertAdBreak"
 * @per_second: of all callers together, and that many at once; 0 = any
 *
 * The rates of the start are Amazon's documented ones: InsertAdBreak 1, Create-, Get-, List- and
 * DeleteAdConfiguration 3. At any time. Returns: FALSE when there is no such operation
 */
gboolean asp_api_set_rate (AspApi * api, const gchar * operation, gdouble per_second);

/* All of them as at the start. */
void asp_api_reset_rates (AspApi * api);
gboolean asp_api_has_operation (const gchar * operation);

typedef struct
{
  guint status;                 /* of HTTP */
  gchar *body;                  /* JSON; NULL = none */
  const gchar *error_type;      /* x-amzn-ErrorType; static; NULL = no error */
} AspApiReply;

void asp_api_reply_clear (AspApiReply * reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AspApiReply, asp_api_reply_clear)

/* As the answer to a call that was refused with @fault: IVS's form. */
void asp_api_reply_error (AspApiReply * reply, const GError * fault);

/**
 * asp_api_handle:
 * @now_us: UTC
 * @reply: (out): for asp_api_reply_clear()
 */
void asp_api_handle (AspApi * api, const AspApiRequest * request, gint64 now_us,
    AspApiReply * reply);

/* What the ad configuration of a channel says. */
typedef struct
{
  gchar *arn;
  gchar *ads_url;               /* of its first playback configuration; NULL: that is gone */
  guint pre_roll_seconds, post_roll_seconds;    /* 0 = none */
} AspApiAttachment;

void asp_api_attachment_clear (AspApiAttachment * attachment);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (AspApiAttachment, asp_api_attachment_clear)

/* FALSE, with @out all zero, when none is attached; with ASP_API_ERROR when that cannot be found
 * out. */
gboolean asp_api_get_attachment (AspApi * api, const gchar * channel, AspApiAttachment * out,
    GError ** error);

/* The public key (PEM) that was imported under this name's id, for checking viewers' tokens: all
 * of them, (transfer full) NULL-terminated; NULL with ASP_API_ERROR. */
gchar **asp_api_dup_public_keys (AspApi * api, GError ** error);

G_END_DECLS
