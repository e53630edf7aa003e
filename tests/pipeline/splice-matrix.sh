#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The splicer on coded streams, judged by tests/support. Each group is one test:
#   splice-matrix.sh GROUP [CASE]     CASE: only this one (a name as it is printed)
# Environment: SUPPORT, SUPPORT_SOURCE, MEDIA (see media.sh); WORK: folder for results
# (default a temporary one); KEEP=1: leave them; TOOL=golden: ts-golden in place of tssplicer.
# Exit code 0, 1 (what is wrong is printed), 77 skipped, 99 no media.
set -u
group=${1:?a group is wanted: reorder wrap codecs rates mux cues slow}
only=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
. "$SUPPORT_SOURCE/media.sh"
. "$here/splice-case.sh"
KEEP=${KEEP:-}
failures=0

if missing=$(media_missing); then
  echo "SKIP: $missing"
  exit 77
fi
if [ "${TOOL:-launch}" = launch ] && ! gst-inspect-1.0 tssplicer > /dev/null 2>&1; then
  echo "SKIP: there is no element tssplicer on GST_PLUGIN_PATH"
  exit 77
fi
if [ -z "${WORK:-}" ]; then
  WORK=$(mktemp -d)
  [ -n "$KEEP" ] || trap 'rm -rf "$WORK"' EXIT
fi

have_encoder ()
{
  ffmpeg -hide_banner -encoders 2> /dev/null | grep -q "$1"
}

try ()                          # NAME key=value...
{
  [ -z "$only" ] || [ "$only" = "$1" ] || return 0
  splice_case "$@" || failures=$((failures + 1))
}

# Every reorder depth of the network with every one of the creatives.
reorder ()
{
  local n a
  for n in 0 2 3; do
    for a in 0 2 3; do
      try "b$n-b$a" network="bframes=$n" ads="bframes=$a kbps=250"
    done
  done
}

# Clocks that wrap before, at and behind each cut.
wrap ()
{
  local s
  for s in 11 12 13 21 22 23; do
    try "wrap-$s" network="bframes=3 wrap=$s" ads="bframes=3 kbps=250"
  done
  try wrap-pcr-12 network="bframes=2 wrap=12 wrap_clock=pcr" ads="bframes=2 kbps=250"
}

codecs ()
{
  if have_encoder libx265; then
    try hevc-ac3 network="codec=hevc bframes=3 audio=ac3" ads="codec=hevc bframes=3 audio=ac3 kbps=250"
    # 52 frames, so that three leading pictures stand before each CRA
    try hevc-open network="codec=hevc bframes=3 gop=52 open=1 audio=ac3" length=10.4 ad_seconds=5.2 \
      ads="codec=hevc bframes=3 audio=ac3 kbps=250"
  else
    echo "SKIP hevc: this ffmpeg has no libx265"
  fi
  try mpeg2-mp2 network="codec=mpeg2 audio=mp2 kbps=1000" ads="codec=mpeg2 audio=mp2 kbps=600"
  try mpeg2-open network="codec=mpeg2 audio=mp2 kbps=1000 open=1" \
    ads="codec=mpeg2 audio=mp2 kbps=600"
  try two-aac network="tracks=2" ads="tracks=2 kbps=250"
  try two-aac-one network="tracks=2" ads="kbps=250"
  try eac3-au network="audio=eac3 pes=au" ads="audio=eac3 kbps=250" muxers=ffmpeg,ffmpeg
}

rates ()
{
  try 23.976 network="rate=24000/1001 gop=48" ads="rate=24000/1001 gop=48 kbps=250"
  try 29.97 network="rate=30000/1001 gop=60" ads="rate=30000/1001 gop=60 kbps=250"
  try 50 network="rate=50/1 gop=100" ads="rate=50/1 gop=100 kbps=250"
  try 59.94 network="rate=60000/1001 gop=120" ads="rate=60000/1001 gop=120 kbps=250"
  try interlaced network="interlaced=1" ads="interlaced=1 kbps=250"
}

# Constant rate, other multiplexers, a clock of its own.
mux ()
{
  try cbr network="muxrate=900" ads="kbps=300"
  try cbr-b3 network="muxrate=900 bframes=3" ads="kbps=300 bframes=3" muxers=mpegtsmux,ffmpeg
  try cbr-au network="muxrate=1000 pes=au" ads="kbps=300" muxers=ffmpeg,ffmpeg
  try pcr-pid network="pcr_pid=1" ads="kbps=250"
  try net-mpegtsmux network="muxer=mpegtsmux" ads="kbps=250"
  try net-mpegtsmux-cbr network="muxer=mpegtsmux muxrate=900" ads="kbps=300"
}

# Breaks that come from the stream itself.
cues ()
{
  try insert network="cue=splice-insert:12+10" ads="kbps=250" trigger=cue start=12
  try insert-cbr network="cue=splice-insert:12+10 muxrate=900" ads="kbps=300" trigger=cue start=12
  try insert-wrap network="cue=splice-insert:12+10 wrap=12" ads="kbps=250" trigger=cue start=12
  try time-signal network="cue=time-signal:12+10" ads="kbps=250" trigger=cue start=12
  try immediate network="cue=immediate:10.5+10" ads="kbps=250" trigger=cue start=12
}

# Breaks that come by property, announced to those who follow.
rewrite ()
{
  try rewrite network="" ads="kbps=250" output=rewrite
  try rewrite-cbr network="muxrate=900" ads="kbps=300" output=rewrite
  try rewrite-wrap network="wrap=12" ads="kbps=250" output=rewrite
  try rewrite-mpegtsmux-cbr network="muxer=mpegtsmux muxrate=900" ads="kbps=300" output=rewrite
  try rewrite-own-pid network="cue=splice-in:2" ads="kbps=250" output=rewrite
  try rewrite-own-pid-cbr network="cue=splice-in:2 muxrate=900" ads="kbps=300" output=rewrite
}

# What the others leave out for want of time.
slow ()
{
  local n a s
  for n in 0 2 3; do
    for a in 0 2 3; do
      try "gst-b$n-b$a" network="bframes=$n muxer=mpegtsmux" ads="bframes=$a kbps=250" muxers=mpegtsmux,ffmpeg
      try "cbr-b$n-b$a" network="bframes=$n muxrate=900" ads="bframes=$a kbps=300"
    done
  done
  for s in 11 12 13 21 22 23; do
    try "wrap-pcr-$s" network="wrap=$s wrap_clock=pcr" ads="kbps=250"
    try "wrap-cbr-$s" network="wrap=$s muxrate=900" ads="kbps=300"
    have_encoder libx265 && try "wrap-hevc-$s" network="codec=hevc bframes=3 audio=ac3 wrap=$s" \
      ads="codec=hevc bframes=3 audio=ac3 kbps=250"
  done
  try 50-b3-cbr network="rate=50/1 gop=100 bframes=3 muxrate=1200" ads="rate=50/1 gop=100 bframes=3 kbps=300"
  try 59.94-mp2 network="rate=60000/1001 gop=120 codec=mpeg2 audio=mp2 kbps=1500" \
    ads="rate=60000/1001 gop=120 codec=mpeg2 audio=mp2 kbps=900"
}

case $group in
  reorder | wrap | codecs | rates | mux | cues | rewrite | slow) "$group" ;;
  *) echo "no group $group"; exit 99 ;;
esac
[ "$failures" = 0 ] || { echo "$failures case(s) of $group not in order"; exit 1; }
