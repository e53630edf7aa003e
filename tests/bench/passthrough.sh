#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tssplicer costs in CPU, next to what people would use otherwise.
#
#   sh tests/bench/passthrough.sh [--build-dir DIR] [--runs N] [--size MB] [--file NETWORK.ts]
#   sh tests/bench/passthrough.sh --instructions [--cues] [--build-dir DIR]
#
# Every command reads the same file (1 GB, made here and removed again; a file of yours
# should be 600 MB or more, and the break is measured on the one made here) and the commands take turns, so that a busy moment of the
# machine hits all of them. The figures are medians of user + system time. Two of them
# are limits, and the exit status is 1 when one does not hold:
#
#   outside a break  (tssplicer - identity) / (tsparse - identity) <= 1/7
#   inside a break   CPU for a GB of output <= that of `ffmpeg -c copy`
#
# In a break two files are read for one that is written: in the blocks of 4 KiB that are
# filesrc's default that alone costs what ffmpeg takes in all (twice the line `identity`), so
# these two are read in blocks of 64 KiB; ffmpeg's are larger too.
#
# --instructions measures the first one with callgrind, on a few MB: instructions for a
# packet, which do not depend on what else the machine does. With --cues the same stream is
# measured once more with a PID for cues and a splice_insert on it every second (scte35=none: read
# and told of, but without a break), and the limit has to hold there, too.
# Exit status 77: a tool is missing.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
build_dir=$here/../../build
runs=7
block=65536
size_mb=1024
network=
instructions=no
cues=no

# shellcheck source=tests/bench/measure.sh
. "$here/measure.sh"

while [ $# -gt 0 ]; do
  case $1 in
    --build-dir) build_dir=$2; shift ;;
    --runs) runs=$2; shift ;;
    --size) size_mb=$2; shift ;;
    --file) network=$2; shift ;;
    --instructions) instructions=yes ;;
    --cues) instructions=yes cues=yes ;;
    *) die "unknown option $1 (see the top of this file)" ;;
  esac
  shift
done

need_tools gst-launch-1.0 ffmpeg
make_tmp
need_element tssplicer

run_instructions ()
{
  need_tools valgrind
  clip_s=10
  clip "$tmp/clip.ts" testsrc2
  lengths "$tmp/clip.ts" clip
  identity=$(per_packet "identity ! fakesink" clip)
  tsparse=$(per_packet "tsparse ! fakesink" clip)
  tssplicer=$(per_packet "tssplicer ! fakesink" clip)
  printf 'instructions for a packet: identity %s, tsparse %s, tssplicer %s\n' \
      "$identity" "$tsparse" "$tssplicer"
  failed=0
  verdict "(tssplicer - identity) / (tsparse - identity)" "$tssplicer" "$identity" "$tsparse" || failed=1
  [ "$cues" = no ] || run_cues || failed=1
  return "$failed"
}

run_cues ()
{
  inserts=
  for second in 0 1 2 3 4 5 6 7 8 9; do
    inserts="$inserts --splice-insert $second+1"
  done
  # shellcheck disable=SC2086 # words
  "$build_dir/tests/support/ts-cue" --ahead 0 $inserts "$tmp/clip.ts" "$tmp/cues.ts" || die "ts-cue failed"
  lengths "$tmp/cues.ts" cues
  with=$(per_packet "tssplicer scte35=none ! fakesink" cues)
  printf 'with a cue every second: tssplicer %s\n' "$with"
  verdict "the same with cues" "$with" "$identity" "$tsparse"
}

# verdict TEXT A B C: (A - B) / (C - B) against 1/7.
verdict ()
{
  awk -v text="$1" -v a="$2" -v b="$3" -v c="$4" 'BEGIN {
    if (c <= b) { print "tsparse is not above identity: nothing can be said"; exit 1 }
    ratio = (a - b) / (c - b)
    printf "%s = %.4f, limit %.4f: %s\n", text, ratio, 1 / 7, ratio <= 1 / 7 ? "holds" : "DOES NOT HOLD"
    exit ratio > 1 / 7
  }'
}

# One round over every line, so that they take turns.
round ()
{
  for element in identity tssplicer tsparse; do
    measure "$element" gst-launch-1.0 -q filesrc location="$network" ! "$element" ! fakesink
  done
  measure remux gst-launch-1.0 -q filesrc location="$network" ! tsdemux name=d \
      mpegtsmux name=m ! fakesink d. ! queue ! h264parse ! m. d. ! queue ! aacparse ! m.
  measure ffmpeg ffmpeg -nostdin -v error -y -i "$network" -c copy -f mpegts /dev/null
  measure break gst-launch-1.0 -q filesrc blocksize=$block location="$broken_network" \
      ! tssplicer name=s schedule="$schedule" max-break-duration="$max_break_ns" ! fakesink \
      filesrc blocksize=$block location="$tmp/creative.ts" ! s.ad_0
  [ "$network" = "$broken_network" ] \
      || measure ffmpeg-break ffmpeg -nostdin -v error -y -i "$broken_network" -c copy -f mpegts /dev/null
}

# The break has to have happened, or its figure is the one of a stream passed through.
check_break ()
{
  gst-launch-1.0 -m filesrc location="$broken_network" \
      ! tssplicer name=s schedule="$schedule" max-break-duration="$max_break_ns" \
      ! filesink location="$tmp/out.ts" filesrc location="$tmp/creative.ts" ! s.ad_0 \
      > "$tmp/messages" || die "the line with a break failed: $(tail -n 3 "$tmp/messages")"
  break_bytes=$(wc -c < "$tmp/out.ts")
  rm -f "$tmp/out.ts"
  grep -q 'ad-break-state-change.*started' "$tmp/messages" || die "no break was started"
  grep -o 'filled-duration=([a-z0-9]*)[0-9]*' "$tmp/messages" | sed 's/.*)//' | sort -n | tail -n 1 \
      > "$tmp/filled"
  filled_ns=$(cat "$tmp/filled")
  awk -v filled_s="${filled_ns:-0}" -v asked_s="$break_s" 'BEGIN {
    exit !(filled_s / 1e9 > 0.95 * asked_s) }' \
      || die "the break was filled for ${filled_ns:-0} ns of the $break_s s that were asked"
}

run_cpu ()
{
  need_cpu_time
  clip_s=60
  clip "$tmp/clip.ts" testsrc2
  clip "$tmp/ad.ts" smptehdbars
  # The break lasts as long as the whole file; the creative is a little longer.
  broken_network=$tmp/network.ts
  long_clip "$broken_network" "$tmp/clip.ts" "$size_mb"
  long_clip "$tmp/creative.ts" "$tmp/ad.ts" $((size_mb + size_mb / 10))
  network=${network:-$broken_network}
  break_s=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$broken_network" | cut -d. -f1)
  max_break_ns=$((break_s + 60))000000000
  schedule=0+$break_s
  check_break
  for run in $(seq "$runs"); do
    printf 'run %s of %s\n' "$run" "$runs"
    round
  done
  [ "$network" != "$broken_network" ] || cp "$tmp/ffmpeg.times" "$tmp/ffmpeg-break.times"
  bytes=$(wc -c < "$network")
  heading "$bytes"
  row "identity" identity "$bytes"
  row "tssplicer, no break" tssplicer "$bytes"
  row "tsparse" tsparse "$bytes"
  row "tsdemux ! parsers ! mpegtsmux" remux "$bytes"
  row "ffmpeg -c copy" ffmpeg "$bytes"
  row "tssplicer, in a break (GB of output)" break "$break_bytes"
  [ "$network" = "$broken_network" ] \
      || row "ffmpeg -c copy of that network" ffmpeg-break "$(wc -c < "$broken_network")"
  failed=0
  verdict "(tssplicer - identity) / (tsparse - identity)" \
      "$(median tssplicer)" "$(median identity)" "$(median tsparse)" || failed=1
  awk -v a="$(median break)" -v a_bytes="$break_bytes" -v b="$(median ffmpeg-break)" \
      -v b_bytes="$(wc -c < "$broken_network")" 'BEGIN {
    ratio = a / a_bytes / (b / b_bytes)
    printf "in a break / ffmpeg -c copy, per GB = %.3f, limit 1: %s\n", ratio, ratio <= 1 ? "holds" : "DOES NOT HOLD"
    exit ratio > 1 }' || failed=1
  return "$failed"
}

if [ "$instructions" = yes ]; then
  run_instructions
else
  run_cpu
fi
