# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the scripts beside it share: read with `.`, not run. It expects $build_dir and makes
# $tmp, a folder that goes with the script; `tmp_in=FOLDER` beforehand says where.
# shellcheck shell=sh
# shellcheck disable=SC2154 # $build_dir and $clip_s belong to who reads this

# Meson's tests fill what malloc() gives: that is not what is measured.
unset MALLOC_PERTURB_

name_of_script=$(basename "$0")

die ()
{
  printf '%s: %s\n' "$name_of_script" "$*" >&2
  exit 1
}

skip ()
{
  printf '%s: skipped: %s\n' "$name_of_script" "$*"
  exit 77
}

need_tools ()
{
  for tool in "$@"; do
    command -v "$tool" > /dev/null || skip "$tool is not installed"
  done
}

make_tmp ()
{
  tmp=$(mktemp -d "${tmp_in:-${TMPDIR:-/tmp}}/adsplice-bench.XXXXXX")
  trap 'rm -rf "$tmp"' EXIT
  trap 'exit 130' INT TERM
  export GST_PLUGIN_PATH="$build_dir/plugin" GST_REGISTRY="$tmp/registry.bin"
}

# Not --exists: that asks for a plugin of GStreamer's own version.
need_element ()
{
  gst-inspect-1.0 "$1" > "$tmp/messages" \
      || die "no element $1 in $build_dir/plugin: build adsplice first (sh build-aux/setup.sh)"
}

need_cpu_time ()
{
  [ -x "$build_dir/tests/bench/cpu-time" ] || die "no $build_dir/tests/bench/cpu-time: build adsplice first"
}

# clip OUT PATTERN: $clip_s of a channel: 720p25 at 6 Mb/s with B-frames, AAC, an IDR every 2 s.
clip ()
{
  ffmpeg -nostdin -v error -f lavfi -i "$2=size=1280x720:rate=25,noise=alls=20:allf=t" \
      -f lavfi -i sine=frequency=440:sample_rate=48000 -t "$clip_s" \
      -c:v libx264 -preset ultrafast -bf 2 -g 50 -sc_threshold 0 \
      -b:v 6M -maxrate 6M -bufsize 6M -pix_fmt yuv420p -c:a aac -b:a 128k -f mpegts "$1"
}

# long_clip OUT IN MB: the clip again and again on one timeline.
long_clip ()
{
  ffmpeg -nostdin -v error -stream_loop -1 -i "$2" -c copy -fs "${3}M" -f mpegts "$1"
}

# -- instructions --

# lengths FILE NAME: both are whole packets; whole clusters of 4096 bytes would be 47 times 188.
lengths ()
{
  head -c $((188 * 8000)) "$1" > "$tmp/$2-short.ts"
  head -c $((188 * 32000)) "$1" > "$tmp/$2-long.ts"
  [ "$(wc -c < "$tmp/$2-long.ts")" -eq $((188 * 32000)) ] || die "the clip came out too short"
  more_packets=24000
}

# Instructions that callgrind counts for one run of: filesrc of a file ! the rest.
count ()
{
  # shellcheck disable=SC2086 # the elements and their properties are words
  valgrind --tool=callgrind --callgrind-out-file=/dev/null \
      gst-launch-1.0 -q filesrc location="$1" ! $2 2>&1 \
      | sed -n 's/^.*Collected : \([0-9]*\).*/\1/p'
}

# per_packet ELEMENTS NAME: over NAME-short.ts and NAME-long.ts, the difference between two lengths, so that the start costs nothing.
per_packet ()
{
  few=$(count "$tmp/$2-short.ts" "$1")
  many=$(count "$tmp/$2-long.ts" "$1")
  if [ -z "$few" ] || [ -z "$many" ]; then
    die "callgrind counted nothing for $1"
  fi
  awk -v a="$few" -v b="$many" -v packets="$more_packets" 'BEGIN { printf "%.1f", (b - a) / packets }'
}

# -- CPU time --

# measure NAME COMMAND...: one more time into NAME.times. Returns 124 when the command is
# `timeout` and the time was over.
measure ()
{
  name=$1
  shift
  status=0
  "$build_dir/tests/bench/cpu-time" "$@" > "$tmp/time" 2> "$tmp/messages" || status=$?
  [ "$status" -ne 124 ] || return 124
  [ "$status" -eq 0 ] || { cat "$tmp/messages" >&2; die "'$name' failed: $*"; }
  awk '{ print $1 + $2 }' "$tmp/time" >> "$tmp/$name.times"
}

median ()
{
  sort -n "$tmp/$1.times" | awk '{ v[NR] = $1 } END { printf "%.3f", v[int((NR + 1) / 2)] }'
}

# row TEXT NAME BYTES
row ()
{
  awk -v text="$1" -v cpu_s="$(median "$2")" -v bytes="$3" 'BEGIN {
    printf "%-42s %8.3f s %8.3f s/GB\n", text, cpu_s, cpu_s * 1e9 / bytes }'
}

# heading BYTES
heading ()
{
  printf '\nmedian CPU of %s runs over %s MB, kernel %s, %s\n' "$runs" $(($1 / 1000000)) \
      "$(uname -r)" "$(gst-launch-1.0 --version | head -n 1)"
}

# at_most TEXT A B LIMIT: whether A / B keeps to it.
at_most ()
{
  awk -v text="$1" -v a="$2" -v b="$3" -v limit="$4" 'BEGIN {
    if (b <= 0) { print text ": nothing was measured"; exit 1 }
    ratio = a / b
    printf "%s = %.3f, limit %.3f: %s\n", text, ratio, limit, ratio <= limit ? "holds" : "DOES NOT HOLD"
    exit ratio > limit }'
}
