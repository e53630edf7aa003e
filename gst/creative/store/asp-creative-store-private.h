/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "asp-creative-store.h"
#include "asp-creative-tmp.h"

G_BEGIN_DECLS

/*
 * Inside of the store:
 *   asp-creative-store.c    questions, jobs in their order, failures; the lock
 *   asp-creative-job.c      one job in its thread: fetch, condition, put away
 *   asp-creative-process.c  the process: started, listened to, ended
 *   asp-creative-shelf.c    the folder
 *   asp-creative-tmp.c      what is being made in it
 *
 * Locks: `lock` of the store guards all lists; nothing that waits is called under it. The
 * shelf has a lock of its own, taken under none and never held while anything else is.
 */
#define ASP_STORE_TEXT_MAX 512

/* --- asp-creative-shelf.c ---------------------------------------------------------- */

typedef struct _AspShelf AspShelf;

AspShelf *asp_shelf_open (const gchar * folder, guint64 max_bytes, GError ** error);
void asp_shelf_close (AspShelf * s);

/* (transfer full): a new empty folder for a job, on the same disk */
gchar *asp_shelf_new_job_folder (AspShelf * s, GError ** error);
/* (transfer full): a name for a file beside the folders of the jobs */
gchar *asp_shelf_new_file (AspShelf * s);

/* (transfer full) (nullable): SHA-256 of what @source names */
gchar *asp_shelf_get_content (AspShelf * s, const gchar * source);
void asp_shelf_set_content (AspShelf * s, const gchar * source, const gchar * content);

/* Is it there? It is then the last one to go. */
gboolean asp_shelf_use_asset (AspShelf * s, const gchar * asset);
gchar *asp_shelf_asset_path (AspShelf * s, const gchar * asset, const gchar * name);
/* @folder becomes the asset; others go when it gets too much. FALSE with @error: it is no whole one. */
gboolean asp_shelf_put_asset (AspShelf * s, const gchar * asset, const gchar * folder, GError ** error);
guint64 asp_shelf_bytes (AspShelf * s);

/* --- asp-creative-process.c -------------------------------------------------------- */

typedef struct
{
  const gchar *program;
  const gchar *source, *folder; /* what is read, and where everything is written */
  const gchar *settings;        /* JSON, handed over on standard input */
  guint timeout_s, max_memory_mib;
  guint64 max_file_bytes;
  int stop_fd;                  /* becomes readable: end it */
} AspConditionProcess;

/* Says how far it is, 0 to 100. */
typedef void (*AspConditionProgress) (gint percent, gpointer user_data);

/**
 * asp_condition_process_run:
 * Waits for the end of the process, which is killed at its time limit and with stop_fd.
 * @code: (out): of VAST
 * Returns: (transfer full) (nullable): why not; NULL: all files are there
 */
gchar *asp_condition_process_run (const AspConditionProcess * p, AspConditionProgress progress, gpointer user_data,
    guint * code);

/* --- jobs --------------------------------------------------------------------------- */

typedef struct
{
  gchar *key;                   /* source and fingerprint */
  gchar *source;                /* identity: what names the creative */
  gchar *url;
  gchar *fingerprint;
  gchar *settings;              /* for the process */
  guint64 cost;                 /* pixels a second */
  guint64 order;                /* of its source's first question */
  gint percent;
  gboolean running;
  /* of its thread */
  gchar *folder;                /* tmp/... */
  gchar *file;                  /* the source's bytes */
  gchar *content;               /* their SHA-256 */
  gchar *asset;
  guint code;
  gchar *text;
  gchar *handed;                /* the file of another rendition's job, with its content: owned until used */
  gboolean fetched;
} AspConditionJob;

struct _AspCreativeStore
{
  gchar *folder, *helper;
  guint64 max_source_bytes;
  guint fetch_timeout_s, job_timeout_s, max_memory_mib, retry_s, max_jobs;
  AspHttpClient *client;
  AspCreativeNews news;
  gpointer user_data;
  AspShelf *shelf;

  GMutex lock;
  GCond cond;                   /* a job came, a fetch ended, or the end */
  gboolean ending;
  int stop[2];                  /* a pipe: readable at the end */
  GHashTable *jobs;             /* key to AspConditionJob, owned */
  GHashTable *failures;         /* key to Failure, owned */
  guint64 orders;
  GPtrArray *threads;           /* GThread */
};

/* A job of the same creative that waits gets the file that @job has fetched. */
void asp_condition_job_hand_over (AspCreativeStore * store, AspConditionJob * job);
/* asp-creative-job.c: @job is taken off the list by the caller. TRUE: its asset is on the shelf. */
gboolean asp_condition_job_run (AspCreativeStore * store, AspConditionJob * job);
/* (transfer full) */
gchar *asp_condition_asset_id (const gchar * content, const gchar * fingerprint);
void asp_condition_job_progress (AspCreativeStore * store, AspConditionJob * job, gint percent);

G_END_DECLS
