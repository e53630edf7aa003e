/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells ThreadSanitizer about the locks of GLib and the reference counts of GStreamer.
 *
 * The libraries of the distribution are built without TSan and GMutex is a futex of
 * GLib's own, so TSan sees neither: every field that a mutex guards would be called a
 * race. This library is loaded with LD_PRELOAD, stands in front of those functions and
 * announces what they do. In a process without TSan (a shell, ffmpeg) the weak symbols
 * are NULL and nothing is announced.
 *
 * A GMainContext locks inside GLib, where nothing can stand in front of it. What is
 * announced instead is coarser: whatever happened before any thread gave any context
 * something to do is seen by every loop when it comes back from poll().
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <poll.h>
#include <gst/gst.h>

#define MUTEX_TRY (1u << 4)     /* __tsan_mutex_try_lock */
#define MUTEX_TRY_FAILED (1u << 5)      /* __tsan_mutex_try_lock_failed */
#define MUTEX_READ (1u << 3)    /* __tsan_mutex_read_lock */
#define MUTEX_REENTRANT (1u << 1)       /* __tsan_mutex_write_reentrant */

#define WEAK __attribute__ ((weak))
#define EXPORT __attribute__ ((visibility ("default")))

/* sanitizer/tsan_interface.h, declared here because they have to be weak. */
extern WEAK void __tsan_acquire (void *addr);
extern WEAK void __tsan_release (void *addr);
extern WEAK void __tsan_mutex_pre_lock (void *addr, unsigned flags);
extern WEAK void __tsan_mutex_post_lock (void *addr, unsigned flags, int recursion);
extern WEAK int __tsan_mutex_pre_unlock (void *addr, unsigned flags);
extern WEAK void __tsan_mutex_post_unlock (void *addr, unsigned flags);

#define ANNOUNCE(call) G_STMT_START { if (__tsan_acquire) call; } G_STMT_END

/* A function pointer that was looked up twice is the same one: no lock needed. */
#define NEXT(type, name, args) \
  static type (*next) args = NULL; \
  if (g_atomic_pointer_get (&next) == NULL) \
    g_atomic_pointer_set (&next, (type (*) args) dlsym (RTLD_NEXT, #name))

#define LOCK(name, Type, flags) \
EXPORT void \
name (Type * lock) \
{ \
  NEXT (void, name, (Type *)); \
  ANNOUNCE (__tsan_mutex_pre_lock (lock, flags)); \
  next (lock); \
  ANNOUNCE (__tsan_mutex_post_lock (lock, flags, 1)); \
}

#define TRYLOCK(name, Type, flags) \
EXPORT gboolean \
name (Type * lock) \
{ \
  gboolean locked; \
  NEXT (gboolean, name, (Type *)); \
  ANNOUNCE (__tsan_mutex_pre_lock (lock, (flags) | MUTEX_TRY)); \
  locked = next (lock); \
  ANNOUNCE (__tsan_mutex_post_lock (lock, \
          (flags) | MUTEX_TRY | (locked ? 0 : MUTEX_TRY_FAILED), 1)); \
  return locked; \
}

#define UNLOCK(name, Type, flags) \
EXPORT void \
name (Type * lock) \
{ \
  NEXT (void, name, (Type *)); \
  ANNOUNCE (__tsan_mutex_pre_unlock (lock, flags)); \
  next (lock); \
  ANNOUNCE (__tsan_mutex_post_unlock (lock, flags)); \
}

/* What one thread did before its call, another sees after its own. */
#define BOTH_WAYS(type, name, args, names, object) \
EXPORT type \
name args \
{ \
  NEXT (type, name, args); \
  ANNOUNCE (__tsan_release ((void *) (object))); \
  ANNOUNCE (__tsan_acquire ((void *) (object))); \
  return next names; \
}

LOCK (g_mutex_lock, GMutex, 0)
TRYLOCK (g_mutex_trylock, GMutex, 0)
UNLOCK (g_mutex_unlock, GMutex, 0)
LOCK (g_rec_mutex_lock, GRecMutex, MUTEX_REENTRANT)
TRYLOCK (g_rec_mutex_trylock, GRecMutex, MUTEX_REENTRANT)
UNLOCK (g_rec_mutex_unlock, GRecMutex, MUTEX_REENTRANT)
LOCK (g_rw_lock_writer_lock, GRWLock, 0)
UNLOCK (g_rw_lock_writer_unlock, GRWLock, 0)
LOCK (g_rw_lock_reader_lock, GRWLock, MUTEX_READ)
UNLOCK (g_rw_lock_reader_unlock, GRWLock, MUTEX_READ)

EXPORT void
g_cond_wait (GCond * cond, GMutex * mutex)
{
  NEXT (void, g_cond_wait, (GCond *, GMutex *));
  ANNOUNCE (__tsan_mutex_pre_unlock (mutex, 0));
  ANNOUNCE (__tsan_mutex_post_unlock (mutex, 0));
  next (cond, mutex);
  ANNOUNCE (__tsan_mutex_pre_lock (mutex, 0));
  ANNOUNCE (__tsan_mutex_post_lock (mutex, 0, 1));
}

EXPORT gboolean
g_cond_wait_until (GCond * cond, GMutex * mutex, gint64 end_time)
{
  gboolean woken;

  NEXT (gboolean, g_cond_wait_until, (GCond *, GMutex *, gint64));
  ANNOUNCE (__tsan_mutex_pre_unlock (mutex, 0));
  ANNOUNCE (__tsan_mutex_post_unlock (mutex, 0));
  woken = next (cond, mutex, end_time);
  ANNOUNCE (__tsan_mutex_pre_lock (mutex, 0));
  ANNOUNCE (__tsan_mutex_post_lock (mutex, 0, 1));
  return woken;
}

/* Reference counts: the last unref frees what another thread has read. */
BOTH_WAYS (void, gst_mini_object_unref, (GstMiniObject * object), (object), object)
BOTH_WAYS (void, gst_object_unref, (gpointer object), (object), object)
BOTH_WAYS (void, g_object_unref, (gpointer object), (object), object)
BOTH_WAYS (void, g_bytes_unref, (GBytes * bytes), (bytes), bytes)
BOTH_WAYS (gboolean, gst_mini_object_is_writable, (const GstMiniObject * object), (object), object)

/* Hand-over of a message to whoever waits on the queue or the bus. */
BOTH_WAYS (void, g_async_queue_push, (GAsyncQueue * queue, gpointer data), (queue, data), queue)
BOTH_WAYS (gboolean, gst_bus_post, (GstBus * bus, GstMessage * message), (bus, message), bus)

EXPORT gpointer
g_async_queue_pop (GAsyncQueue * queue)
{
  gpointer data;

  NEXT (gpointer, g_async_queue_pop, (GAsyncQueue *));
  data = next (queue);
  ANNOUNCE (__tsan_acquire (queue));
  return data;
}

EXPORT gpointer
g_async_queue_timeout_pop (GAsyncQueue * queue, guint64 timeout)
{
  gpointer data;

  NEXT (gpointer, g_async_queue_timeout_pop, (GAsyncQueue *, guint64));
  data = next (queue, timeout);
  ANNOUNCE (__tsan_acquire (queue));
  return data;
}

EXPORT GstMessage *
gst_bus_timed_pop_filtered (GstBus * bus, GstClockTime timeout, GstMessageType types)
{
  GstMessage *message;

  NEXT (GstMessage *, gst_bus_timed_pop_filtered, (GstBus *, GstClockTime, GstMessageType));
  message = next (bus, timeout, types);
  ANNOUNCE (__tsan_acquire (bus));
  return message;
}

EXPORT gboolean
(g_once_init_enter) (volatile void *location)
{
  gboolean first;

  NEXT (gboolean, g_once_init_enter, (volatile void *));
  first = next (location);
  ANNOUNCE (__tsan_acquire ((void *) location));
  return first;
}

EXPORT void
(g_once_init_leave) (volatile void *location, gsize result)
{
  NEXT (void, g_once_init_leave, (volatile void *, gsize));
  ANNOUNCE (__tsan_release ((void *) location));
  next (location, result);
}

/* Stands for all thread pools: what was done before any item was pushed is seen by the
 * function that works on one. GTask's threads are such a pool. */
static gchar pools;

typedef struct
{
  GFunc func;
  gpointer data;
} PoolWork;

static void
pool_work (gpointer item, gpointer data)
{
  PoolWork *work = data;

  ANNOUNCE (__tsan_acquire (&pools));
  work->func (item, work->data);
  ANNOUNCE (__tsan_release (&pools));
}

EXPORT GThreadPool *
g_thread_pool_new (GFunc func, gpointer data, gint max_threads, gboolean exclusive, GError ** error)
{
  PoolWork *work = g_new (PoolWork, 1);

  NEXT (GThreadPool *, g_thread_pool_new, (GFunc, gpointer, gint, gboolean, GError **));
  work->func = func;
  work->data = data;
  return next (pool_work, work, max_threads, exclusive, error);
}

BOTH_WAYS (gboolean, g_thread_pool_push, (GThreadPool * pool, gpointer data, GError ** error),
    (pool, data, error), &pools)

/* Stands for all main contexts. */
static gchar contexts;

BOTH_WAYS (guint, g_source_attach, (GSource * source, GMainContext * context),
    (source, context), &contexts)
BOTH_WAYS (void, g_source_destroy, (GSource * source), (source), &contexts)
BOTH_WAYS (void, g_source_unref, (GSource * source), (source), &contexts)
BOTH_WAYS (void, g_main_context_invoke, (GMainContext * context, GSourceFunc function, gpointer data),
    (context, function, data), &contexts)
BOTH_WAYS (void, g_main_context_invoke_full, (GMainContext * context, gint priority,
        GSourceFunc function, gpointer data, GDestroyNotify notify),
    (context, priority, function, data, notify), &contexts)
BOTH_WAYS (void, g_main_context_unref, (GMainContext * context), (context), &contexts)
BOTH_WAYS (void, g_main_loop_quit, (GMainLoop * loop), (loop), &contexts)
BOTH_WAYS (guint, g_idle_add, (GSourceFunc function, gpointer data), (function, data), &contexts)
BOTH_WAYS (guint, g_timeout_add, (guint interval, GSourceFunc function, gpointer data),
    (interval, function, data), &contexts)

EXPORT int
poll (struct pollfd *fds, nfds_t n, int timeout)
{
  int ready;

  NEXT (int, poll, (struct pollfd *, nfds_t, int));
  ready = next (fds, n, timeout);
  ANNOUNCE (__tsan_release (&contexts));
  ANNOUNCE (__tsan_acquire (&contexts));
  return ready;
}
