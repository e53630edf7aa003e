#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The origin of a live hlsadsink under load, beside nginx serving the same files on the same
# machine in the same run.
#
#   sh tests/bench/origin.sh [--build-dir DIR] [--runs N] [--seconds S] [--soak SECONDS]
#
# Four figures, each with its limit; the exit status is 1 when one does not hold:
#
#   playlist requests per second at 64 connections   >= 0.25 of nginx's
#   p99 at 2000 requests a second over 1000 kept connections   < 50 ms
#   2000 blocked reloads, from the publication to the last answer   < 300 ms (median of runs)
#   memory at the end of the soak (30 s; --soak 3600 is the hour)   < 1.1 of a third of it
#
# The channel is a real one (hls-live): low latency with parts of a third of a second, a break
# each minute. nginx serves the playlist of its folder. Servers and load share the machine, so
# an absolute figure says little; they take turns, so that a busy moment hits both.
# Exit status 77: nginx is missing, or so many descriptors are not to be had.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
build_dir=$here/../../build
runs=3
seconds=4
soak=30
PATH=$PATH:/usr/sbin:/sbin
failures=0

die ()
{
  printf 'origin.sh: %s\n' "$*" >&2
  exit 1
}

skip ()
{
  printf 'origin.sh: skipped: %s\n' "$*"
  exit 77
}

while [ $# -gt 0 ]; do
  case $1 in
    --build-dir) build_dir=$2; shift ;;
    --runs) runs=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --soak) soak=$2; shift ;;
    *) die "unknown option $1 (see the top of this file)" ;;
  esac
  shift
done

load=$build_dir/tests/bench/http-load
serve=$build_dir/tests/bench/hls-live
[ -x "$load" ] && [ -x "$serve" ] || die "no http-load in $build_dir: build adsplice first (sh build-aux/setup.sh)"
command -v nginx > /dev/null || skip "nginx is not installed (group nginx of build-aux/packages)"
ulimit -n 5000 2> /dev/null || [ "$(ulimit -n)" -ge 5000 ] || skip "5000 open files are not allowed here"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-bench.XXXXXX")
chmod 755 "$tmp"
nginx_pid=
cleanup ()
{
  exec 9>&- 2> /dev/null || true
  [ -z "$nginx_pid" ] || kill "$nginx_pid" 2> /dev/null || true
  wait 2> /dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

mkfifo "$tmp/end"
GST_PLUGIN_PATH_1_0=$build_dir/plugin GST_REGISTRY=$tmp/registry \
    "$serve" "$tmp/out" part-duration=0.333333 < "$tmp/end" > "$tmp/address" &
serve_pid=$!
exec 9> "$tmp/end"
# the playlist appears when there are three segments
i=0
while [ ! -s "$tmp/out/playlist.m3u8" ]; do
  i=$((i + 1))
  [ $i -lt 100 ] || die "hls-live publishes nothing"
  sleep 0.2
done
port=$(sed 's/.*://' "$tmp/address")

# Any free port; what is tried is nginx's to say.
nginx_port=$((20000 + $$ % 20000))
cat > "$tmp/nginx.conf" << EOF
worker_processes auto;
daemon off;
pid nginx.pid;
error_log error.log;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;
  uwsgi_temp_path t4; scgi_temp_path t5;
  types { application/vnd.apple.mpegurl m3u8; }
  server {
    listen 127.0.0.1:$nginx_port;
    root $tmp/out;
    add_header Cache-Control max-age=1;
    add_header Access-Control-Allow-Origin *;
  }
}
EOF
nginx -p "$tmp" -c "$tmp/nginx.conf" 2> "$tmp/messages" &
nginx_pid=$!
sleep 1
kill -0 "$nginx_pid" 2> /dev/null || die "nginx does not start: $(cat "$tmp/messages")"

# field NAME: of a line of http-load on stdin.
field ()
{
  tr ' ' '\n' | sed -n "s/^$1=//p"
}

median ()
{
  sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

# verdict TEXT VALUE OPERATOR LIMIT
verdict ()
{
  if awk -v a="$2" -v b="$4" "BEGIN { exit !(a $3 b) }"; then
    printf '  holds: %s (%s %s %s)\n' "$1" "$2" "$3" "$4"
  else
    printf '  DOES NOT HOLD: %s (%s %s %s)\n' "$1" "$2" "$3" "$4"
    failures=$((failures + 1))
  fi
}

i=0
while [ $i -lt "$runs" ]; do
  "$load" -s "$seconds" "$nginx_port" /playlist.m3u8 | field per-second >> "$tmp/nginx"
  "$load" -s "$seconds" "$port" /live/playlist.m3u8 | field per-second >> "$tmp/file"
  i=$((i + 1))
done
by_nginx=$(median < "$tmp/nginx")
by_file=$(median < "$tmp/file")
printf 'playlist requests a second, 64 connections: nginx %s, origin %s\n' "$by_nginx" "$by_file"
verdict "of nginx's" "$(awk -v a="$by_file" -v b="$by_nginx" 'BEGIN { printf "%.2f", a / b }')" '>=' 0.25

i=0
while [ $i -lt "$runs" ]; do
  "$load" -c 1000 -r 2000 -s "$seconds" "$port" /live/playlist.m3u8 > "$tmp/line" \
      || die "2000 requests a second: $(cat "$tmp/line")"
  field p99-us < "$tmp/line" >> "$tmp/p99"
  "$load" -c 1000 -r 2000 -s "$seconds" "$nginx_port" /playlist.m3u8 | field p99-us >> "$tmp/nginx-p99"
  i=$((i + 1))
done
printf '2000 requests a second over 1000 connections: p99 %s us (nginx: %s us; last run: %s)\n' \
    "$(median < "$tmp/p99")" "$(median < "$tmp/nginx-p99")" "$(cat "$tmp/line")"
verdict "us" "$(median < "$tmp/p99")" '<' 50000

i=0
while [ $i -lt "$runs" ]; do
  "$load" -c 2000 -w 6 -s 30 -f "$tmp/out/live.timeline" "$port" /live/playlist.m3u8 > "$tmp/line" \
      || die "2000 blocked reloads: $(cat "$tmp/line")"
  field max-us < "$tmp/line" >> "$tmp/max"
  i=$((i + 1))
done
printf '2000 blocked reloads: the last answer %s us behind the publication (last run: %s)\n' \
    "$(median < "$tmp/max")" "$(cat "$tmp/line")"
verdict "us" "$(median < "$tmp/max")" '<' 300000

# New connections all the time, with playlists, media, held requests and clients that leave; no
# more of it than leaves the machine to others for an hour.
rss_kb ()
{
  sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$serve_pid/status"
}

end=$(($(date +%s) + soak))
third=$(($(date +%s) + soak / 3))
early=
while [ "$(date +%s)" -lt "$end" ]; do
  "$load" -c 200 -r 300 -s 1 "$port" /live/playlist.m3u8 > "$tmp/line" || true
  "$load" -c 20 -r 40 -s 1 "$port" "/live/$(grep '^m/' "$tmp/out/playlist.m3u8" | tail -n 1)" > "$tmp/line" || true
  "$load" -c 500 -w 2 -s 5 "$port" /live/playlist.m3u8 > "$tmp/line" || true
  if [ -z "$early" ] && [ "$(date +%s)" -ge "$third" ]; then
    early=$(rss_kb)
  fi
done
late=$(rss_kb)
printf 'memory: %s kB after a third of %s s, %s kB at its end\n' "$early" "$soak" "$late"
verdict "of that" "$(awk -v a="$late" -v b="$early" 'BEGIN { printf "%.3f", a / b }')" '<' 1.1

[ "$failures" = 0 ]
