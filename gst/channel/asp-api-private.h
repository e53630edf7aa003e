/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-json-reader.h>

#include "asp-api-arn.h"
#include "asp-api-rate.h"
#include "asp-api-shape.h"
#include "asp-api.h"

G_BEGIN_DECLS

/* Internal to the control API: operations, and what they share. */

#define ASP_API_OPERATIONS_MAX 40

struct _AspApi
{
  AspStore *store;
  const AspApiChannels *channels;
  gpointer channels_data;
  gchar *region, *account;      /* nullable: any */
  gchar *playback_prefix;       /* nullable */

  /* Innermost, held for a look at a bucket, or for a reference. */
  GMutex rate_lock;
  AspApiAuth *auth;
  AspApiRate rates[ASP_API_OPERATIONS_MAX];     /* by number of the operation */

  /* Held by whoever changes what is stored, over looking and writing: limits of number and
   * uniqueness are of the whole. Before rate_lock and the store's own locks; what reads only
   * does not take it. */
  GMutex write_lock;
};

#define ASP_API_REGION(api) ((api)->region ? (api)->region : "us-east-1")
#define ASP_API_ACCOUNT(api) ((api)->account ? (api)->account : "000000000000")

typedef struct _AspApiOperation AspApiOperation;

/* One call, looked through. */
typedef struct
{
  const AspApiOperation *operation;
  const gchar *rest;            /* of the path behind the operation's own, decoded; "" */
  GHashTable *query;            /* name -> GPtrArray of values, decoded */
  const AspJson *body;          /* NULL = none */
  gint64 now_us;
} AspApiCall;

/* Writes members of the answer into an object that has begun. FALSE with ASP_API_ERROR. */
typedef gboolean (*AspApiFunc) (AspApi * api, const AspApiCall * call, AspJsonWriter * w, GError ** error);

typedef enum
{
  ASP_API_READS = 0,
  ASP_API_CHANGES = 1 << 0,     /* what is stored, or what runs */
  ASP_API_NO_BODY = 1 << 1,     /* 204 */
  ASP_API_MEDIATAILOR = 1 << 2, /* its errors */
  ASP_API_OWN_RATE = 1 << 3,    /* it asks for its rate itself */
  ASP_API_REST = 1 << 4,        /* the path goes on behind its own */
  ASP_API_INSERTS = 1 << 5,     /* changes nothing that is stored */
} AspApiTraits;

struct _AspApiOperation
{
  const gchar *name;
  const gchar *method, *path;   /* a path with ASP_API_REST ends with '/' */
  guint traits;
  const AspApiField *shape;     /* of its body; NULL: it has none */
  AspApiFunc func;
  gdouble per_second;           /* 0 = any */
};

/* asp-api-route.c. NULL: there is none. @rest: (out) (transfer full) */
const AspApiOperation *asp_api_find_operation (const gchar * method, const gchar * path, gchar ** rest);
/* ASP_API_OPERATIONS_MAX: there is none of that name. */
guint asp_api_operation_number (const AspApiOperation * operation);
const AspApiOperation *asp_api_operation_named (const gchar * name);
void asp_api_init_rates (AspApi * api);

/* asp-api.c */
gboolean asp_api_take_rate (AspApi * api, const AspApiCall * call, GError ** error);
/* ASP_API_ERROR, FALSE, for `return`. */
gboolean asp_api_fail (GError ** error, AspApiError code, const gchar * format, ...) G_GNUC_PRINTF (3, 4);

/* --- asp-api-record.c: what is stored of a resource -----------------------------------------
 * One line of JSON: {"version":1,"resource":{as it is shown},"tags":{},"key":"PEM"}. */
typedef struct
{
  gchar *key;                   /* of the store */
  guint64 version;              /* of the store; 0: it is not stored yet */
  AspJson *json;
  const AspJson *resource, *tags;       /* of json; NULL = {} */
} AspApiRecord;

void asp_api_record_free (AspApiRecord * record);       /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AspApiRecord, asp_api_record_free)

#define ASP_API_KEY_AD_CONFIGURATION "api/ad-configuration/"
#define ASP_API_KEY_KEY_PAIR "api/playback-key/"
#define ASP_API_KEY_CHANNEL "api/channel/"
#define ASP_API_KEY_PLAYBACK "api/playback-configuration/"

/* (transfer full): NULL with @error unset when it is not there. */
AspApiRecord *asp_api_record_load (AspApi * api, const gchar * folder, const gchar * id, GError ** error);
/* AspApiRecord in order of their ids. (transfer full): NULL with ASP_API_ERROR */
GPtrArray *asp_api_record_all (AspApi * api, const gchar * folder, GError ** error);

/* Begins the text of a record up to its resource's first member; finish takes it over, with
 * @tags (nullable) and, when there is one, @key_pem. */
AspJsonWriter *asp_api_record_begin (void);
GBytes *asp_api_record_finish (AspJsonWriter * w, const AspJson * tags, const gchar * key_pem);

/* FALSE with ASP_API_ERROR: CONFLICT when somebody was faster. */
gboolean asp_api_record_add (AspApi * api, const gchar * folder, const gchar * id, GBytes * value, GError ** error);
gboolean asp_api_record_replace (AspApi * api, const AspApiRecord * record, GBytes * value, GError ** error);
gboolean asp_api_record_delete (AspApi * api, const AspApiRecord * record, GError ** error);

/* Members of the resource, then its tags. */
void asp_api_record_write (AspJsonWriter * w, const AspApiRecord * record);
const gchar *asp_api_record_string (const AspApiRecord * record, const gchar * member);

/* Twelve letters and digits. */
gchar *asp_api_new_id (void);

/* Members @members of @object, those that are there, as they stand. NULL: all of them. */
void asp_api_copy_members (AspJsonWriter * w, const AspJson * object, const gchar * const *members);

/* --- names of resources --- */
/* NULL when @arn is none of @service and @type, or of another region or account than are
 * configured. (transfer full) */
gchar *asp_api_id_of (AspApi * api, const gchar * arn, const gchar * service, const gchar * type);
gchar *asp_api_arn_of (AspApi * api, const gchar * service, const gchar * type, const gchar * id);

/* --- pages --- */
typedef struct
{
  gchar *after;                 /* "" = from the start */
  guint max;
} AspApiPage;

/* @next_token: (nullable): of an earlier page. FALSE with VALIDATION. Free after. */
gboolean asp_api_page_begin (AspApiPage * page, const gchar * next_token, gint64 max, GError ** error);
/* (transfer full): what the next page begins with. */
gchar *asp_api_page_token (const gchar * last_id);

/* The members nextToken and maxResults of an IVS call. */
gboolean asp_api_page_of_call (AspApiPage * page, const AspApiCall * call, GError ** error);

/* Lists a folder as array @name: each as an object. */
gboolean asp_api_list_folder (AspApi * api, const AspApiCall * call, AspJsonWriter * w, const gchar * folder,
    const gchar * name, GError ** error);

/* --- operations --- */
gboolean asp_api_op_create_ad_configuration (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_get_ad_configuration (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_list_ad_configurations (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_update_ad_configuration (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_delete_ad_configuration (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_import_key_pair (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_get_key_pair (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_list_key_pairs (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_delete_key_pair (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_get_channel (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_list_channels (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_update_channel (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_get_stream (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_list_streams (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_insert_ad_break (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_list_tags (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_tag (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_untag (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_put_playback (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_get_playback (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_list_playbacks (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);
gboolean asp_api_op_delete_playback (AspApi *, const AspApiCall *, AspJsonWriter *, GError **);

/* Is there a playback configuration of this id, with an ad server? NOT_FOUND, VALIDATION. */
gboolean asp_api_check_playback (AspApi * api, const gchar * arn, GError ** error);
/* Where records of its kind are, and its id there; NULL with NOT_FOUND. (transfer full) */
gchar *asp_api_playback_id (const gchar * name);

G_END_DECLS
