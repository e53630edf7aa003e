#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The demo as a viewer has it: test-demo.sh BUILD-DIR. Exit status 77: a tool is missing.
#
# Two demos at once, so that the second one finds its port taken. Both serve a playlist
# with a break in it, which a line that they print asks for too; the first one ends by itself and the second
# one by Ctrl-C; neither leaves anything behind.

set -eu

build_dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
port=18088

for tool in curl gst-launch-1.0; do
  command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
for element in x264enc textoverlay mpegtsmux; do
  gst-inspect-1.0 --exists "$element" || { echo "no GStreamer element $element here"; exit 77; }
done

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-test-demo.XXXXXX")
first=
second=
cleanup ()
{
  # demo.sh ends when its programme does, and only then writes nobody into $tmp any more
  for pid in $first $second; do
    pkill -KILL -P "$pid" 2> /dev/null || true
    kill -TERM "$pid" 2> /dev/null || true
    wait "$pid" || true
  done
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
mkdir "$tmp/1" "$tmp/2"
export ADSPLICE_BUILD_DIR="$build_dir"

die ()
{
  printf 'test-demo.sh: %s\n' "$*" >&2
  for log in "$tmp"/*.log; do
    sed "s,^,${log##*/}: ," "$log" >&2
  done
  exit 1
}

# demo N OPTION...: in the background, its process in $started. A shell of its own would
# ignore Ctrl-C there, so the terminal's signal is sent to the programme itself.
demo ()
{
  n=$1
  shift
  TMPDIR=$tmp/$n sh "$here/demo.sh" --every 14 --duration 10 "$@" < /dev/null > "$tmp/$n.log" 2>&1 &
  started=$!
}

# wait_for N SECONDS TEXT: until the demo, whose process is $started, has said so.
wait_for ()
{
  left=$2
  until grep -q -e "$3" "$tmp/$1.log" 2> /dev/null; do
    [ "$left" -gt 0 ] || die "demo $1 did not say '$3' within $2 s"
    kill -0 "$started" 2> /dev/null || die "demo $1 has ended and did not say '$3'"
    left=$((left - 1))
    sleep 1
  done
}

fetch ()
{
  curl -fsS --max-time 20 "$@"
}

# watch N: the playlist that demo N names has a break, as soon as its segments are written,
# and a segment that is there.
watch ()
{
  url=$(sed -n 's/^ *Playlist: *//p' "$tmp/$1.log")
  left=10
  while fetch "$url" > "$tmp/$1.m3u8" || die "no playlist at $url"; do
    if grep -q '^#EXT-X-DISCONTINUITY$' "$tmp/$1.m3u8"; then break; fi
    [ "$left" -gt 0 ] || die "no discontinuity in $(cat "$tmp/$1.m3u8")"
    left=$((left - 1))
    sleep 1
  done
  segment=$(grep -v '^#' "$tmp/$1.m3u8" | tail -n 1)
  fetch -o "$tmp/$1.ts" "${url%/*}/$segment" || die "no segment $segment"
  head -c 1 "$tmp/$1.ts" | grep -q G || die "no transport stream at $segment"
  page=$(sed -n 's/^ *Watch: *//p' "$tmp/$1.log")
  fetch -o "$tmp/$1.page" "$page" || die "nothing to watch at $page"
}

# A break by hand, with the line that demo N prints: there is one already, or there will be.
call ()
{
  grep -q 'aws ivs insert-ad-break' "$tmp/$1.log" || die "demo $1 names no line for the AWS CLI"
  sed -n 's/^ *\(curl -d .*\)/\1/p' "$tmp/$1.log" > "$tmp/$1.call"
  sh "$tmp/$1.call" > "$tmp/$1.answer" 2>&1 || die "the line that demo $1 prints fails: $(cat "$tmp/$1.answer")"
  grep -q 'adBreakId\|exceptionMessage.*break' "$tmp/$1.answer" || die "demo $1 answers $(cat "$tmp/$1.answer")"
}

ended ()
{
  grep -q ' [1-9][0-9]* breaks started, [1-9]' "$tmp/$1.log" || die "demo $1 counted no whole break"
  [ -z "$(ls "$tmp/$1")" ] || die "demo $1 left behind: $(ls "$tmp/$1")"
}

demo 1 --listen "127.0.0.1:$port" --once 40
first=$started
wait_for 1 60 'Playlist:'
demo 2 --listen "127.0.0.1:$port"
second=$started
wait_for 2 60 'Playlist:'
grep -q "is taken" "$tmp/2.log" || die "demo 2 did not find port $port taken"
started=$first
wait_for 1 45 ' ended'
watch 1
call 1
started=$second
wait_for 2 45 ' ended'
watch 2
status=0
wait "$first" || status=$?
first=
[ "$status" -eq 0 ] || die "demo 1 ended with $status"
ended 1
# The terminal would send it to both; the shell only waits.
pkill -INT -P "$second" adsplice-host || die "demo 2 has ended too early"
wait "$second" || status=$?
second=
[ "$status" -eq 0 ] || die "demo 2 ended with $status after Ctrl-C"
ended 2
