#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Three renditions with encoders of their own, of one live picture: encoders.sh BUILD-DIR. They leave and return at
# the same PTS on the three outputs, at exactly the pictures that were asked for, in the middle of their GOPs; and
# at the same PTS where the time base jumps in a break, as behind a restart of the encoders. Exit status 77: a
# tool is missing.

set -eu

build=$(cd "$1" && pwd)
for element in x264enc avenc_aac mpegtsmux; do
  gst-inspect-1.0 --exists "$element" || { echo "no GStreamer element $element here"; exit 77; }
done
check=$build/tests/support/ts-check

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-encoders.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

die ()
{
  printf 'encoders.sh: %s\n' "$*" >&2
  cat "$tmp"/*.log >&2
  exit 1
}

# Zero latency: what is asked for is heard in time. One GOP is a second, and no cut of a scene begins another.
encoder='x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 option-string=scenecut=0'

# The creative for each: 2.6 s.
i=0
for size in 320x180 480x270 640x360; do
  gst-launch-1.0 -q mpegtsmux name=mux alignment=7 ! filesink location="$tmp/ad_$i.ts" \
      videotestsrc num-buffers=65 pattern=ball ! "video/x-raw,format=I420,width=${size%x*},height=${size#*x},framerate=25/1" \
      ! $encoder bitrate=300 ! h264parse ! queue ! mux. \
      audiotestsrc num-buffers=122 samplesperbuffer=1024 freq=700 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac \
      ! aacparse ! queue ! mux. > "$tmp/ad.log" 2>&1 || die "no creative $i"
  i=$((i + 1))
done

# 7 s. What goes into each splicer is kept, for ts-check.
set --
i=0
for size in 320x180 480x270 640x360; do
  set -- "$@" v. ! queue ! videoscale ! "video/x-raw,width=${size%x*},height=${size#*x}" \
      ! $encoder bitrate=$((300 + i * 200)) ! h264parse ! queue ! mux$i. a. ! queue ! mux$i. \
      mpegtsmux name=mux$i alignment=7 ! tee name=t$i ! queue ! filesink location="$tmp/live_$i.ts" \
      t$i. ! queue ! s.sink_$i s.src_$i ! filesink location="$tmp/out_$i.ts"
  i=$((i + 1))
done
gst-launch-1.0 -m adsplicebin name=s schedule=2.48+2.6 creative-uris="$tmp/ad_%u.ts" \
    videotestsrc is-live=true num-buffers=175 ! video/x-raw,format=I420,width=640,height=360,framerate=25/1 ! tee name=v \
    audiotestsrc is-live=true num-buffers=329 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac \
    ! aacparse ! tee name=a "$@" > "$tmp/live.log" 2>&1 || die "the live pipeline failed"
! grep -q not-aligned "$tmp/live.log" || die "a rendition is not aligned"

# What is shown when, without the places in the multiplex: the same in all three.
runs ()
{
  sed -n 's/^  run  *PID 0x0041: //p; s/^  cut  *\([a-z]*\) enters at packet [0-9]*, [^(]*(\([0-9]*\)).*/\1 at \2/p' "$1"
}
same_runs ()
{
  for i in 0 1 2; do
    runs "$tmp/$1_$i.log" > "$tmp/$1_$i.runs"
    cmp -s "$tmp/$1_0.runs" "$tmp/$1_$i.runs" || die "rendition $i shows other pictures than rendition 0"
  done
  cat "$tmp/$1_0.runs"
}
for i in 0 1 2; do
  "$check" --reference "$tmp/live_$i.ts" --source net="$tmp/live_$i.ts" --source ad="$tmp/ad_$i.ts" "$tmp/out_$i.ts" \
      > "$tmp/out_$i.log" || die "output $i is not clean"
done
same_runs out
# picture 62 is the one at 2.48 s, picture 127 the one at 5.08 s: no random access points of the encoders' own
grep -q '^network access units 0\.\.61 ' "$tmp/out_0.runs" || die "the out point is not the picture that was asked for"
grep -q '^network access units 127\.\.174 ' "$tmp/out_0.runs" || die "the return is not the picture that was asked for"

# The same streams, and behind them once more with another time base: it jumps at 7 s, in the first break. All are read
# ten times too fast, a tenth of a second at a time: the threads of files keep no pace with each other.
set --
for i in 0 1 2; do
  "$build/tests/support/ts-shift" --by 12345678 "$tmp/live_$i.ts" "$tmp/shifted.ts" || die "no other time base"
  cat "$tmp/live_$i.ts" "$tmp/shifted.ts" > "$tmp/jump_$i.ts"
  set -- "$@" filesrc location="$tmp/jump_$i.ts" \
      blocksize=$(($(stat -c %s "$tmp/jump_$i.ts") / 140 / 188 * 188)) ! identity sleep-time=10000 ! s.sink_$i s.src_$i ! filesink location="$tmp/jumped_$i.ts"
done
gst-launch-1.0 -m adsplicebin name=s schedule=6+2.6,10+2.6 creative-uris="$tmp/ad_%u.ts" "$@" > "$tmp/jump.log" 2>&1 \
    || die "the pipeline with a jump failed"
! grep -q not-aligned "$tmp/jump.log" || die "a rendition is not aligned behind the jump"
for i in 0 1 2; do
  # a jump of the time base is what this judge complains of; which pictures are shown it says all the same
  "$check" --reference "$tmp/jump_$i.ts" --source net="$tmp/jump_$i.ts" --source ad="$tmp/ad_$i.ts" "$tmp/jumped_$i.ts" \
      > "$tmp/jumped_$i.log" || true
  ! grep -q 'VIOLATION au-' "$tmp/jumped_$i.log" || die "pictures of output $i are damaged, lost or doubled"
done
same_runs jumped
[ "$(grep -c '^ad access units' "$tmp/jumped_0.runs")" -eq 2 ] || die "not both breaks were shown"
