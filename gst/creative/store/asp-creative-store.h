/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <asp-http-client.h>
#include <asp-rendition.h>

G_BEGIN_DECLS

/*
 * The store of conditioned creatives (DESIGN 4.4). A creative that was asked for is fetched,
 * conditioned to the rendition in a process of its own, and kept in a folder:
 *
 *   assets/ASSET/   creative.ts, units.json, report.json; ASSET = 32 hex digits of content x
 *                   fingerprint (with unit and loudness). Appears whole, by rename
 *   sources/        which content stands behind a UniversalAdId or URL
 *   tmp/            what is being made; emptied by the next start when its maker is gone
 *
 * What names a creative is its UniversalAdId with registry, when that is an identity, else its
 * URL; contents that are equal share their assets. One job for each creative and rendition; of
 * the renditions of one creative the fastest is made first. What failed is tried again later,
 * each time twice as late. Above the limit of bytes the least recently used goes.
 *
 * Thread: any; new and free from one. No function waits for network, process or job. Callbacks
 * come in threads of the store, without a lock. Since: 0.1
 */
typedef struct _AspCreativeStore AspCreativeStore;

typedef enum
{
  ASP_CONDITION_READY,          /* `path` is there */
  ASP_CONDITION_NEW,            /* it begins with this question: TRANSCODE_IN_PROGRESS, 407 */
  ASP_CONDITION_BUSY,           /* it has begun before */
  ASP_CONDITION_FAILED,         /* `code` and `text` say why; not before `retry_s` again */
} AspConditionState;

typedef struct
{
  const gchar *folder;
  guint64 max_bytes;            /* of all assets; 0 = 10 GiB */
  guint64 max_source_bytes;     /* of a file that is fetched; 0 = 512 MiB */
  guint max_jobs;               /* at once; 0 = 1: a job keeps two processors busy */
  guint fetch_timeout_s;        /* 0 = 120 */
  guint job_timeout_s;          /* of the process; 0 = 600 */
  guint max_memory_mib;         /* of the process; 0 = 1024 */
  guint retry_s;                /* behind the first failure; 0 = 30. At most an hour */
  const gchar *helper;          /* NULL = ADSPLICE_CONDITIONER of the environment, else adsplice-condition
                                   where it was installed, or beside the plug-in */
  AspHttpClient *client;        /* outlives the store; NULL = only files are taken */
} AspCreativeStoreConfig;

typedef struct
{
  const gchar *registry, *universal_ad_id;      /* NULL, "" and "unknown" are none */
  const gchar *url;             /* http, https, or a file: URL */
  const AspRendition *rendition;
  guint unit;                   /* 0 = asp_rendition_default_unit() */
  gdouble loudness_lufs;        /* 0 = ASP_LOUDNESS_DEFAULT_LUFS */
} AspCreativeWish;

typedef struct
{
  AspConditionState state;
  gchar *asset_id;              /* READY; owned */
  gchar *path, *units_path;     /* READY; owned */
  gint percent;                 /* BUSY */
  guint code;                   /* FAILED: of VAST, 401 402 403 405; NEW, BUSY: 407 */
  gchar *text;                  /* FAILED: for people; owned */
  guint retry_s;                /* FAILED */
} AspCreativeStatus;

void asp_creative_status_clear (AspCreativeStatus * s);

/* What goes on: @status with state BUSY (progress), READY or FAILED; valid in the call only. */
typedef void (*AspCreativeNews) (AspCreativeStore * store, const gchar * url, const gchar * fingerprint,
    const AspCreativeStatus * status, gpointer user_data);

/**
 * asp_creative_store_new:
 * Reads the folder: what is damaged there is removed, what is whole is found again.
 * Returns: NULL with a G_FILE_ERROR when the folder cannot be used
 */
AspCreativeStore *asp_creative_store_new (const AspCreativeStoreConfig * config, AspCreativeNews news,
    gpointer user_data, GError ** error);

/* Ends what runs, and waits for that: processes are killed. NULL is allowed. */
void asp_creative_store_free (AspCreativeStore * store);

/* Asks, and orders what is not there. @out: to be cleared. */
void asp_creative_store_ask (AspCreativeStore * store, const AspCreativeWish * wish, AspCreativeStatus * out);

/* Of all assets. */
guint64 asp_creative_store_bytes (AspCreativeStore * store);

G_END_DECLS
