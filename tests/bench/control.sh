#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The control server under load, with its state in memory, in SQLite, and in SQLite that waits for
# the disk at each write.
#
#   sh tests/bench/control.sh [--build-dir DIR] [--seconds S] [--short]
#
# Figures, each with its limit; the exit status is 1 when one does not hold:
#
#   InsertAdBreak to its answer, 500 a second offered over 64 channels, from when each was due
#                                                  median < 2 ms, p99 < 10 ms
#   1000 channels listed (ListChannels, all pages)  < 50 ms (median)
#   10000 calls at once on one channel              exactly one break, 9999 conflicts
#   the same with live channels (adsplicebin)       64 of them under 500 insertions a second; a
#                                                   storm on one: the one beside it passes byte for byte
#
# Breaks last 100 ms, so that a channel is free when its turn comes again; some calls may find
# it busy (409), and both are counted. Rates are off. What else runs on the machine makes
# times longer, never shorter: calls that were too slow are tried again, twice at most, and
# the best time counts. --short is the form of the suite: two seconds, 2000 calls, the same
# limits, in memory and in SQLite.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
build_dir=$here/../../build
seconds=10
calls=10000
stores="memory sqlite durable"
live_stores="sqlite durable"
failures=0
# Meson's tests fill what malloc() gives: that is not what is measured.
unset MALLOC_PERTURB_

die ()
{
  printf 'control.sh: %s\n' "$*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    --build-dir) build_dir=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --short) seconds=2; calls=2000; stores="memory sqlite"; live_stores=sqlite ;;
    *) die "unknown option $1 (see the top of this file)" ;;
  esac
  shift
done

load=$build_dir/tests/bench/http-load
serve=$build_dir/tests/bench/control-serve
live=$build_dir/tests/bench/control-live
[ -x "$load" ] && [ -x "$serve" ] && [ -x "$live" ] || die "no http-load in $build_dir: build adsplice first (sh build-aux/setup.sh)"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-bench.XXXXXX")
cleanup ()
{
  exec 9>&- 2> /dev/null || true
  wait 2> /dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
mkfifo "$tmp/end"

# start STORE OPTION...: a server; its port is in $port.
start ()
{
  case $1 in
    memory) store= ;;
    sqlite) store="--state $tmp/state.db" ;;
    durable) store="--state $tmp/state.db --durable" ;;
  esac
  shift
  # shellcheck disable=SC2086 # $store is words
  run "$serve" $store "$@"
}

# start_live STORE CHANNELS
start_live ()
{
  {
    echo '[control]'
    echo 'rates=InsertAdBreak:0'
    echo '[state]'
    case $1 in
      memory) echo 'path=memory' ;;
      *) echo "path=$tmp/state.db" ;;
    esac
    [ "$1" != durable ] || echo 'durable=true'
  } > "$tmp/adsplice.conf"
  GST_PLUGIN_PATH_1_0=$build_dir/plugin GST_REGISTRY=$tmp/registry.bin XDG_CACHE_HOME=$tmp run "$live" "$2" "$tmp/adsplice.conf"
}

# run PROGRAM...: its port is in $port.
run ()
{
  rm -f "$tmp"/state.db* "$tmp/said"
  "$@" < "$tmp/end" > "$tmp/said" &
  serve_pid=$!
  exec 9> "$tmp/end"
  i=0
  while [ ! -s "$tmp/said" ]; do
    i=$((i + 1))
    [ $i -lt 100 ] || die "$1 does not start"
    sleep 0.1
  done
  port=$(head -n 1 "$tmp/said")
}

# What it said at its end is in $tmp/said.
stop ()
{
  exec 9>&-
  wait "$serve_pid" || die "the server has failed"
}

# field NAME: of a line of http-load on stdin; 0 when it is not there.
field ()
{
  tr ' ' '\n' | sed -n "s/^$1=//p" | grep . || echo 0
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

arn=arn:aws:ivs:us-east-1:000000000000:channel/c-

# insert_breaks START ARN: 500 a second; the answers are in $line. START is words: starts a server.
insert_breaks ()
{
  for _ in first again again; do
    $1
    line=$("$load" -c 64 -r 500 -s "$seconds" -o 409 -n 64 \
        -d "{\"channelArn\":\"$2%d\",\"durationSeconds\":1}" "$port" /InsertAdBreak) || true
    stop
    printf '  InsertAdBreak: %s\n' "$line"
    if [ "$(echo "$line" | field p99-us)" -lt 10000 ] && [ "$(echo "$line" | field p50-us)" -lt 2000 ]; then
      break
    fi
  done
}

for kind in $stores; do
  printf 'state: %s\n' "$kind"

  insert_breaks "start $kind --break-ms 100" "$arn"
  asked=$(echo "$line" | field requests)
  good=$(echo "$line" | field status-200)
  verdict "calls answered of 500/s" "$asked" '>=' $((seconds * 500))
  verdict "answered 200, per cent" "$((good * 100 / (asked > 0 ? asked : 1)))" '>=' 50
  verdict "breaks as many as said" "$(tail -n 1 "$tmp/said" | field inserted)" '==' "$good"
  verdict "other than 200 and 409" "$(echo "$line" | field errors)" '==' 0
  verdict "median, us" "$(echo "$line" | field p50-us)" '<' 2000
  verdict "p99, us" "$(echo "$line" | field p99-us)" '<' 10000

  for _ in first again again; do
    start "$kind" --channels 1000
    line=$("$load" -c 1 -s "$seconds" -p "$port" /ListChannels) || true
    stop
    printf '  ListChannels: %s\n' "$line"
    [ "$(echo "$line" | field p50-us)" -ge 50000 ] || break
  done
  verdict "channels listed" "$(echo "$line" | field items)" '==' 1000
  verdict "all pages, median, us" "$(echo "$line" | field p50-us)" '<' 50000

  start "$kind" --channels 2
  line=$("$load" -c 64 -a "$calls" -o 409 -d "{\"channelArn\":\"${arn}0001\",\"durationSeconds\":30}" \
      "$port" /InsertAdBreak) || printf '%s\n' "$line"
  stop
  printf '  a storm: %s\n' "$line"
  verdict "breaks" "$(echo "$line" | field status-200)" '==' 1
  verdict "conflicts" "$(echo "$line" | field status-409)" '==' $((calls - 1))
  verdict "breaks at the channel" "$(tail -n 1 "$tmp/said" | field inserted)" '==' 1
done

# of_channel NUMBER FIELD
of_channel ()
{
  grep "^channel=live-$1 " "$tmp/said" | field "$2"
}

live_arn=arn:aws:ivs:us-east-1:000000000000:channel/live-
for kind in $live_stores; do
  printf 'live channels, state: %s\n' "$kind"

  insert_breaks "start_live $kind 64" "$live_arn"
  verdict "breaks said" "$(echo "$line" | field status-200)" '>=' 64
  verdict "other than 200 and 409" "$(echo "$line" | field errors)" '==' 0
  verdict "median, us" "$(echo "$line" | field p50-us)" '<' 2000
  verdict "p99, us" "$(echo "$line" | field p99-us)" '<' 10000
  verdict "channels with an error of continuity" "$(grep -c 'cc-errors=[1-9]' "$tmp/said" || true)" '==' 0

  start_live "$kind" 2
  line=$("$load" -c 64 -a "$calls" -o 409 -d "{\"channelArn\":\"${live_arn}0000\",\"durationSeconds\":30}" \
      "$port" /InsertAdBreak) || true
  sleep 3
  stop
  printf '  a storm: %s\n' "$line"
  sed -n 's/^channel=/  /p' "$tmp/said"
  verdict "breaks said" "$(echo "$line" | field status-200)" '==' 1
  verdict "conflicts" "$(echo "$line" | field status-409)" '==' $((calls - 1))
  verdict "breaks begun" "$(of_channel 0000 breaks)" '==' 1
  verdict "errors of continuity there" "$(of_channel 0000 cc-errors)" '==' 0
  verdict "breaks beside it" "$(of_channel 0001 breaks)" '==' 0
  verdict "the output beside it is the input" "$(of_channel 0001 same)" '==' 1
  verdict "packets missing beside it" "$(($(of_channel 0001 packets-in) - $(of_channel 0001 packets-out)))" '==' 0
done

[ $failures -eq 0 ] || exit 1
