/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A load generator for HTTP/1.1 with kept connections: one thread, epoll. It shares no
 * code with gst/net.
 *
 *   http-load [OPTION...] PORT PATH
 *     -c N     connections (64)
 *     -s S     seconds (5)
 *     -r R     requests a second over all connections, offered whatever the server does; the
 *              time of an answer counts from when its request was due. Without: each
 *              connection asks again as soon as it has its answer
 *     -w N     blocked reloads of a live playlist, each connection N of them: what comes next
 *              (_HLS_msn, and _HLS_part where there are parts) is asked for as soon as the answer
 *              to the last one is there
 *     -f FILE  with -w: is written just before a version of the playlist is published; the
 *              time of an answer counts from there (its mtime when the first client had that version)
 *     -H TEXT  a header field
 *     -d TEXT  requests are POSTs with this body, in which `%d` counts up from 0
 *     -n N     ... below N, and from 0 again
 *     -a N     N requests in all, then it ends, whatever -s says
 *     -o CODE  a status that is no error, beside 2xx
 *     -p       pages: while an answer has a `nextToken`, the next page is asked for; a time is of
 *              all pages together, and what has an `"arn"` is counted
 *
 * Prints `requests= errors= per-second= p50-us= p99-us= max-us=` and `status-CODE=` for each that
 * came, with -p `items=` of the last round; with -w the times are of blocked reloads only. Exit
 * status 1 when there was an error.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)
#define HEAD_SIZE (64 * 1024)
#define STATUS_MAX 600
#define VERSIONS_MAX 4096       /* of a playlist in a run */
#define TIMES_MAX (16 * 1024 * 1024)

typedef struct
{
  int fd;
  bool busy;
  size_t got;                   /* of this answer */
  size_t want;                  /* 0 = head not complete */
  char head[HEAD_SIZE];         /* the first bytes of the answer; the body too if it is short */
  int64_t since_ns;
  int round;                    /* -w */
  size_t items;                 /* -p: of this round */
} Connection;

/* A version of a playlist: how far it reaches, and when it was published (CLOCK_REALTIME). */
typedef struct
{
  uint64_t segments, parts;
  int64_t published_ns;
} Version;

static const char *path = "/";
static const char *published_file;
static Version versions[VERSIONS_MAX];
static size_t n_versions;
static const char *header = "";
static const char *body;        /* NULL: GET */
static unsigned numbers = 1, next_number, good_status;
static size_t n_asked, asked_max = SIZE_MAX, n_items, n_status[STATUS_MAX];
static int port, n_connections = 64, rounds;
static double seconds = 5, rate;
static int epoll_fd;
static Connection *connections;
static uint32_t *times_us;
static size_t n_times, n_errors;

static int64_t
now_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

static void
die (const char *what)
{
  fprintf (stderr, "http-load: %s: %s\n", what, strerror (errno));
  exit (2);
}

static void
add_time (int64_t ns)
{
  if (n_times < TIMES_MAX)
    times_us[n_times++] = ns > 0 ? (uint32_t) (ns / 1000) : 0;
}

static void
dial (Connection * c)
{
  struct sockaddr_in to = {.sin_family = AF_INET,.sin_port = htons ((uint16_t) port) };
  struct epoll_event e = {.events = EPOLLIN,.data.ptr = c };
  int one = 1;

  to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  c->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0 || connect (c->fd, (struct sockaddr *) &to, sizeof to) != 0)
    die ("cannot connect");
  setsockopt (c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
  c->busy = false;
}

/* The body of -d with the next number in it. */
static int
next_body (char *out, size_t size)
{
  const char *mark = strstr (body, "%d");
  int n = mark ? snprintf (out, size, "%.*s%04u%s", (int) (mark - body), body, next_number, mark + 2) :
      snprintf (out, size, "%s", body);

  next_number = (next_number + 1) % numbers;
  return n;
}

static void
ask (Connection * c, const char *query, int64_t since_ns)
{
  char text[4096], own_body[1024];
  int n, body_size = 0;

  own_body[0] = '\0';
  if (body)
    body_size = next_body (own_body, sizeof own_body);
  n = snprintf (text, sizeof text, "%s %s%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n%s%s\r\n%s",
      body ? "POST" : "GET", path, query, body_size, header, *header ? "\r\n" : "", own_body);
  c->busy = true;
  c->got = c->want = 0;
  c->since_ns = since_ns;
  n_asked++;
  if (send (c->fd, text, (size_t) n, MSG_NOSIGNAL) != n)
    n_errors++;
}

static void
fail (Connection * c)
{
  n_errors++;
  close (c->fd);
  dial (c);
}

/* Length of head and body, or 0 when the head is not complete. */
static size_t
answer_size (const Connection * c)
{
  size_t n = c->got < sizeof c->head - 1 ? c->got : sizeof c->head - 1;
  const char *end = memmem (c->head, n, "\r\n\r\n", 4);
  const char *length = end ? strcasestr (c->head, "\r\nContent-Length:") : NULL;

  if (!end)
    return 0;
  return (size_t) (end + 4 - c->head) +
      (length && length < end ? strtoul (length + 17, NULL, 10) : 0);
}

static void
count_status (const Connection * c)
{
  unsigned status = memcmp (c->head, "HTTP/1.1 ", 9) == 0 ? (unsigned) strtoul (c->head + 9, NULL, 10) : 0;

  if (status < STATUS_MAX)
    n_status[status]++;
  if (status / 100 != 2 && (status == 0 || status != good_status))
    n_errors++;
}

/* TRUE when the answer is complete. */
static bool
take (Connection * c)
{
  static char waste[BUFFER_SIZE];
  size_t room = sizeof c->head - 1 - (c->got < sizeof c->head ? c->got : sizeof c->head - 1);
  ssize_t n = recv (c->fd, room ? c->head + c->got : waste, room ? room : sizeof waste,
      MSG_DONTWAIT);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  if (n <= 0 || !c->busy) {
    fail (c);
    return false;
  }
  c->got += (size_t) n;
  if (room)
    c->head[c->got] = '\0';
  if (c->want == 0)
    c->want = answer_size (c);
  if (c->want == 0 || c->got < c->want)
    return false;
  c->busy = false;
  count_status (c);
  return true;
}

static int
compare (const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

  return (x > y) - (x < y);
}

static void
report (double elapsed_s)
{
  qsort (times_us, n_times, sizeof *times_us, compare);
  printf ("requests=%zu errors=%zu per-second=%.0f p50-us=%u p99-us=%u max-us=%u", n_times,
      n_errors, (double) n_times / elapsed_s, n_times ? times_us[n_times / 2] : 0,
      n_times ? times_us[n_times * 99 / 100] : 0, n_times ? times_us[n_times - 1] : 0);
  for (unsigned i = 0; i < STATUS_MAX; i++)
    if (n_status[i] > 0)
      printf (" status-%u=%zu", i, n_status[i]);
  if (n_items > 0)
    printf (" items=%zu", n_items);
  printf ("\n");
}

static void
run_closed (void)
{
  int64_t start_ns = now_ns (), end_ns = start_ns + (int64_t) (seconds * 1e9);
  struct epoll_event events[256];

  for (int i = 0; i < n_connections && n_asked < asked_max; i++)
    ask (&connections[i], "", now_ns ());
  while (asked_max < SIZE_MAX ? n_times < asked_max : now_ns () < end_ns) {
    int n = epoll_wait (epoll_fd, events, 256, 100);

    for (int i = 0; i < n; i++) {
      Connection *c = events[i].data.ptr;

      if (take (c))
        add_time (now_ns () - c->since_ns);
      if (!c->busy && n_asked < asked_max)
        ask (c, "", now_ns ());
    }
  }
  report ((double) (now_ns () - start_ns) / 1e9);
}

/* The page behind the one that is there; FALSE behind the last. */
static bool
next_page (Connection * c)
{
  static char text[1024];
  const char *mark = strstr (c->head, "\"nextToken\":\"");
  const char *end = mark ? strchr (mark + 13, '"') : NULL;

  for (const char *p = c->head; (p = strstr (p, "\"arn\":\"")) != NULL; p++)
    c->items++;
  if (!end)
    return false;
  snprintf (text, sizeof text, "{\"maxResults\":100,\"nextToken\":\"%.*s\"}", (int) (end - mark - 13), mark + 13);
  body = text;
  return true;
}

/* One round after the other, so that the next page's body is nobody else's. */
static void
run_pages (void)
{
  int64_t start_ns = now_ns (), end_ns = start_ns + (int64_t) (seconds * 1e9);
  const char *first = body ? body : "{\"maxResults\":100}";
  Connection *c = &connections[0];
  struct epoll_event events[256];

  do {
    int64_t since_ns = now_ns ();
    bool more;

    body = first;
    c->items = 0;
    do {
      ask (c, "", since_ns);
      while (!take (c))
        epoll_wait (epoll_fd, events, 256, 1000);
      more = next_page (c);
    } while (more);
    add_time (now_ns () - since_ns);
    n_items = c->items;
  } while (now_ns () < end_ns);
  report ((double) (now_ns () - start_ns) / 1e9);
}

/* Wakes epoll_wait(), whose own time is in milliseconds, when a request is due. */
static void
set_timer (int fd, int64_t due_ns)
{
  struct itimerspec at = {.it_value = {due_ns / 1000000000, due_ns % 1000000000} };

  timerfd_settime (fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void
run_offered (void)
{
  int64_t start_ns = now_ns (), step_ns = (int64_t) (1e9 / rate);
  int64_t end_ns = start_ns + (int64_t) (seconds * 1e9), due_ns = start_ns;
  struct epoll_event events[256], tick = {.events = EPOLLIN | EPOLLET };
  int next = 0, n_busy = 0, timer = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC);

  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, timer, &tick);
  while (due_ns < end_ns || (n_busy > 0 && now_ns () < end_ns + 5000000000)) {
    int64_t now = now_ns ();
    int n;

    /* a request that finds no free connection waits, and its time runs */
    while (due_ns <= now && due_ns < end_ns && n_busy < n_connections) {
      while (connections[next].busy)
        next = (next + 1) % n_connections;
      ask (&connections[next], "", due_ns);
      next = (next + 1) % n_connections;
      n_busy++;
      due_ns += step_ns;
    }
    if (due_ns < end_ns && n_busy < n_connections)
      set_timer (timer, due_ns);
    n = epoll_wait (epoll_fd, events, 256, 100);
    for (int i = 0; i < n; i++) {
      Connection *c = events[i].data.ptr;
      bool was_busy = c && c->busy;

      if (c && take (c))
        add_time (now_ns () - c->since_ns);
      if (was_busy && !c->busy)
        n_busy--;
    }
  }
  close (timer);
  n_errors += (size_t) n_busy;
  report ((double) (now_ns () - start_ns) / 1e9);
}

static int64_t
real_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_REALTIME, &t);
  return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

/* How far a playlist reaches: segments since the channel began, and parts behind them. */
static bool
read_edge (const char *text, Version * v)
{
  const char *first = strstr (text, "#EXT-X-MEDIA-SEQUENCE:");

  if (!first)
    return false;
  v->segments = strtoull (first + 22, NULL, 10);
  v->parts = 0;
  for (const char *line = first; line; line = strchr (line, '\n')) {
    line += *line == '\n';
    if (!strncmp (line, "#EXTINF:", 8)) {
      v->segments++;
      v->parts = 0;
    } else if (!strncmp (line, "#EXT-X-PART:", 12)) {
      v->parts++;
    }
  }
  return true;
}

/* When the version was published: what the file said when somebody had it first. */
static int64_t
published_ns (const Version * v)
{
  struct stat st;

  for (size_t i = n_versions; i > 0; i--)
    if (versions[i - 1].segments == v->segments && versions[i - 1].parts == v->parts)
      return versions[i - 1].published_ns;
  if (n_versions == VERSIONS_MAX || !published_file || stat (published_file, &st) != 0)
    return real_ns ();
  versions[n_versions] = *v;
  versions[n_versions].published_ns = (int64_t) st.st_mtim.tv_sec * 1000000000 +
      st.st_mtim.tv_nsec;
  return versions[n_versions++].published_ns;
}

/* What a reload was answered with: asks for what follows. */
static void
next_round (Connection * c, bool count, bool again)
{
  Version v;
  char query[128];

  if (c->want >= sizeof c->head || !read_edge (c->head, &v)) {
    n_errors++;
    return;
  }
  if (count)
    add_time (real_ns () - published_ns (&v));
  if (strstr (c->head, "#EXT-X-PART-INF:"))
    snprintf (query, sizeof query, "?_HLS_msn=%llu&_HLS_part=%llu", (unsigned long long) v.segments,
        (unsigned long long) v.parts);
  else
    snprintf (query, sizeof query, "?_HLS_msn=%llu", (unsigned long long) v.segments);
  if (again)
    ask (c, query, now_ns ());
}

static void
run_blocked (void)
{
  int64_t start_ns = now_ns (), end_ns = start_ns + (int64_t) (seconds * 1e9);
  size_t left = (size_t) n_connections * (size_t) (rounds + 1);
  struct epoll_event events[256];

  for (int i = 0; i < n_connections; i++)
    ask (&connections[i], "", now_ns ());
  while (left > 0 && now_ns () < end_ns) {
    int n = epoll_wait (epoll_fd, events, 256, 100);

    for (int i = 0; i < n; i++) {
      Connection *c = events[i].data.ptr;

      if (!take (c))
        continue;
      next_round (c, c->round > 0, c->round < rounds);
      c->round++;
      left--;
    }
  }
  n_errors += left;
  report ((double) (now_ns () - start_ns) / 1e9);
}

int
main (int argc, char **argv)
{
  bool pages = false;
  int option;

  while ((option = getopt (argc, argv, "c:s:r:w:f:H:d:n:a:o:p")) != -1) {
    if (option == 'c')
      n_connections = atoi (optarg);
    else if (option == 's')
      seconds = atof (optarg);
    else if (option == 'r')
      rate = atof (optarg);
    else if (option == 'w')
      rounds = atoi (optarg);
    else if (option == 'f')
      published_file = optarg;
    else if (option == 'H')
      header = optarg;
    else if (option == 'd')
      body = optarg;
    else if (option == 'n')
      numbers = (unsigned) atoi (optarg);
    else if (option == 'a')
      asked_max = (size_t) atol (optarg);
    else if (option == 'o')
      good_status = (unsigned) atoi (optarg);
    else if (option == 'p')
      pages = true;
    else
      return 2;
  }
  if (argc - optind != 2 || n_connections < 1 || numbers < 1) {
    fprintf (stderr, "http-load: needs PORT PATH (see the top of http-load.c)\n");
    return 2;
  }
  port = atoi (argv[optind]);
  path = argv[optind + 1];
  epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  connections = calloc ((size_t) n_connections, sizeof *connections);
  times_us = malloc (TIMES_MAX * sizeof *times_us);
  if (epoll_fd < 0 || !connections || !times_us)
    die ("cannot start");
  for (int i = 0; i < n_connections; i++)
    dial (&connections[i]);
  if (pages)
    run_pages ();
  else if (rounds > 0)
    run_blocked ();
  else if (rate > 0)
    run_offered ();
  else
    run_closed ();
  return n_errors > 0;
}
