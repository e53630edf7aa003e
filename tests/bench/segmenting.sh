#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What it costs in CPU to make HLS segments of a TS, next to what people would use otherwise.
#
#   sh tests/bench/segmenting.sh [--build-dir DIR] [--runs N] [--size MB]
#   sh tests/bench/segmenting.sh --instructions [--build-dir DIR]
#
# 1 GB (made here and removed again) is read from a tmpfs and written to the same tmpfs as
# segments of 2 s, which are all kept, with a playlist of six. The commands take turns, so that a
# busy moment of the machine hits all of them. The figures are medians of user + system time.
# Two of them are limits, and the exit status is 1 when one does not hold:
#
#   hlsadsink / `ffmpeg -c copy -f hls`   <= 1/2
#   hlsadsink / hlssink2                  <= 1/10
#
# filesrc reads in blocks of 64 KiB, as live sources that deliver lists do and as ffmpeg does
# in its way; what its default of 4 KiB makes of it stands beside, and what writing alone costs.
#
# --instructions counts with callgrind what a packet costs, on a few MB, which does not depend
# on what else the machine does: at most a tenth of what tsparse does to it. Writing
# is not in it. Exit status 77: a tool or a tmpfs with room is missing.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
build_dir=$here/../../build
runs=7
size_mb=1024
instructions=no

# shellcheck source=tests/bench/measure.sh
. "$here/measure.sh"

while [ $# -gt 0 ]; do
  case $1 in
    --build-dir) build_dir=$2; shift ;;
    --runs) runs=$2; shift ;;
    --size) size_mb=$2; shift ;;
    --instructions) instructions=yes ;;
    *) die "unknown option $1 (see the top of this file)" ;;
  esac
  shift
done

# find_tmpfs MB: $tmp_in is one with so much room.
find_tmpfs ()
{
  for tmp_in in "${TMPDIR:-/tmp}" /dev/shm /run/user/"$(id -u)"; do
    if [ "$(stat -f -c %T "$tmp_in" 2> /dev/null)" = tmpfs ] && [ -w "$tmp_in" ] \
        && [ "$(df -Pk "$tmp_in" | awk 'NR == 2 { print int($4 / 1024) }')" -ge "$1" ]; then
      return 0
    fi
  done
  skip "no tmpfs with $1 MB of room"
}

run_instructions ()
{
  need_tools gst-launch-1.0 ffmpeg valgrind
  make_tmp
  need_element hlsadsink
  clip_s=10
  clip "$tmp/clip.ts" testsrc2
  lengths "$tmp/clip.ts" clip
  reading=$(per_packet "fakesink" clip)
  tsparse=$(per_packet "tsparse ! fakesink" clip)
  hlsadsink=$(per_packet "hlsadsink location=$tmp/out" clip)
  printf 'instructions for a packet: fakesink %s, tsparse %s, hlsadsink %s\n' \
      "$reading" "$tsparse" "$hlsadsink"
  at_most "(hlsadsink - fakesink) / (tsparse - fakesink)" \
      "$(echo "$hlsadsink $reading" | awk '{ print $1 - $2 }')" \
      "$(echo "$tsparse $reading" | awk '{ print $1 - $2 }')" 0.1
}

# segment NAME COMMAND...: into $tmp/out, which has to hold what went in afterwards. A
# multiplex made anew is a little larger or smaller.
segment ()
{
  mkdir "$tmp/out"
  if ! measure "$@"; then
    rm -rf "$tmp/out"
    mkdir "$tmp/out"
    measure "$@" || die "'$1' hangs"
  fi
  find "$tmp/out" -name '*.ts' -size +0 -printf '%s\n' | awk -v bytes="$bytes" -v what="$1" '
    { sum += $1; n++ }
    END {
      printf "%s: %d segments, %d MB\n", what, n, sum / 1e6
      exit !(sum > 0.97 * bytes && sum < 1.03 * bytes && n > bytes / 3e6)
    }' > "$tmp/messages" || die "the wrong thing was written: $(cat "$tmp/messages")"
  rm -rf "$tmp/out"
}

round ()
{
  segment ffmpeg ffmpeg -nostdin -v error -i "$network" -c copy -f hls -hls_time 2 \
      -hls_list_size 6 "$tmp/out/playlist.m3u8"
  segment hlsadsink gst-launch-1.0 -q filesrc blocksize=65536 location="$network" \
      ! hlsadsink target-duration=2 playlist-length=6 delete-old=false location="$tmp/out"
  segment default gst-launch-1.0 -q filesrc location="$network" \
      ! hlsadsink target-duration=2 playlist-length=6 delete-old=false location="$tmp/out"
  segment writing gst-launch-1.0 -q filesrc blocksize=65536 location="$network" \
      ! multifilesink next-file=max-size max-file-size=1536000 location="$tmp/out/%05d.ts"
  # now and then it does not end (GStreamer 1.22): it is given another try
  segment hlssink2 timeout 120 gst-launch-1.0 -q filesrc blocksize=65536 location="$network" ! tsdemux name=d \
      hlssink2 name=h target-duration=2 playlist-length=6 max-files=0 send-keyframe-requests=false \
      location="$tmp/out/%05d.ts" playlist-location="$tmp/out/playlist.m3u8" \
      d. ! queue ! h264parse ! h.video d. ! queue ! aacparse ! h.audio
}

run_cpu ()
{
  need_tools gst-launch-1.0 ffmpeg
  find_tmpfs $((size_mb * 9 / 4 + 64))
  make_tmp
  need_element hlsadsink
  need_cpu_time
  gst-inspect-1.0 hlssink2 > /dev/null 2>&1 || skip "GStreamer's hlssink2 is not installed"
  clip_s=60
  clip "$tmp/clip.ts" testsrc2
  network=$tmp/network.ts
  long_clip "$network" "$tmp/clip.ts" "$size_mb"
  bytes=$(wc -c < "$network")
  for run in $(seq "$runs"); do
    printf 'run %s of %s\n' "$run" "$runs"
    round
  done
  heading "$bytes"
  row "hlsadsink" hlsadsink "$bytes"
  row "hlsadsink, read in blocks of 4 KiB" default "$bytes"
  row "multifilesink: writing alone" writing "$bytes"
  row "ffmpeg -c copy -f hls" ffmpeg "$bytes"
  row "tsdemux ! parsers ! hlssink2" hlssink2 "$bytes"
  failed=0
  at_most "hlsadsink / ffmpeg -c copy -f hls" "$(median hlsadsink)" "$(median ffmpeg)" 0.5 || failed=1
  at_most "hlsadsink / hlssink2" "$(median hlsadsink)" "$(median hlssink2)" 0.1 || failed=1
  return "$failed"
}

if [ "$instructions" = yes ]; then
  run_instructions
else
  run_cpu
fi
