#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# From an ad server's MP4 files to the air: ads-mp4.sh BUILD-DIR. Two creatives, 25 and 59.94 frames a
# second, mono, 44.1 kHz and loud, into H.264 and AAC, from an empty folder: both play in the first break,
# the output passes ts-check, they are at -24 LUFS, and each beacon came once. Then one of them as a local
# creative. Exit status 77: a tool is missing.

set -eu

build=$(cd "$1" && pwd)
for tool in curl ffmpeg gst-launch-1.0; do
  command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
for element in x264enc avenc_aac mpegtsmux; do
  gst-inspect-1.0 --exists "$element" || { echo "no GStreamer element $element here"; exit 77; }
done

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-ads-mp4.XXXXXX")
server=
clean_up ()
{
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

die ()
{
  printf 'ads-mp4.sh: %s\n' "$*" >&2
  cat "$tmp"/*.log >&2
  exit 1
}

# The programme: 30 s of 640x360p25. A lead of 14 s is more than the conditioning takes.
gst-launch-1.0 -q mpegtsmux name=mux alignment=7 ! filesink location="$tmp/live.ts" \
    videotestsrc num-buffers=750 ! video/x-raw,format=I420,width=640,height=360,framerate=25/1 \
    ! x264enc speed-preset=ultrafast bframes=0 key-int-max=25 bitrate=1200 ! h264parse ! queue ! mux. \
    audiotestsrc num-buffers=750 samplesperbuffer=1920 ! audio/x-raw,rate=48000,channels=2 ! audioconvert \
    ! avenc_aac ! aacparse ! queue ! mux. > "$tmp/live.log" 2>&1 || die "no programme"

mkdir "$tmp/media" "$tmp/store"
# make_ad NAME RATE SECONDS HZ
make_ad ()
{
  ffmpeg -nostdin -loglevel error -y -f lavfi -i "testsrc2=size=1280x720:rate=$2" \
      -f lavfi -i "sine=frequency=$4:sample_rate=44100" -t "$3" -ac 1 -af volume=12dB \
      -c:v libx264 -preset ultrafast -c:a aac "$tmp/media/$1" 2> "$tmp/ffmpeg.log" || die "no creative $1"
}
make_ad one-4s.mp4 60000/1001 4 500
make_ad two-3s.mp4 25 3 900

: > "$tmp/ads.log"
"$build/examples/ads-server" --listen 127.0.0.1:0 --media "$tmp/media" > "$tmp/ads.log" &
server=$!
ads=
left=50
while [ -z "$ads" ] && [ "$left" -gt 0 ]; do
  ads=$(sed -n 's,^ads at \(http://[^/]*\)/vast.*,\1,p' "$tmp/ads.log")
  left=$((left - 1))
  [ -n "$ads" ] || sleep 0.1
done
[ -n "$ads" ] || die "the ad server does not start"

gst-launch-1.0 -m filesrc location="$tmp/live.ts" \
    ! adsplicebin lead-time=14000000000 unit-duration=480000000 schedule=15+7 ads-url="$ads/vast?ads=2&dur=4,3" creative-dir="$tmp/store" \
    ! filesink location="$tmp/out.ts" > "$tmp/gst.log" 2>&1 || die "the pipeline failed"
grep -q 'state=(string)started' "$tmp/gst.log" || die "no break"

set -- --reference="$tmp/live.ts" --source=net="$tmp/live.ts"
n=0
for creative in "$tmp"/store/assets/*/creative.ts; do
  n=$((n + 1))
  set -- "$@" --source="ad$n=$creative"
  loudness=$(ffmpeg -nostdin -hide_banner -nostats -i "$creative" -af ebur128 -f null - 2>&1 \
      | sed -n 's/^ *I: *\(-[0-9.]*\) LUFS$/\1/p' | tail -n 1)
  echo "loudness $loudness LUFS"
  awk -v l="${loudness:-0}" 'BEGIN { exit !(l >= -24.5 && l <= -23.5) }' || die "loudness of $creative is $loudness"
done
# 480 ms are units of 12 frames, of which the last one may have fewer.
for units in "$tmp"/store/assets/*/units.json; do
  grep -q '"unit_frames":12[,}]' "$units" || die "$units has other units than were asked for"
done
[ "$n" -eq 2 ] || die "$n creatives were conditioned, not 2"
"$build/tests/support/ts-check" "$@" "$tmp/out.ts" > "$tmp/check.log" || die "the output is not clean"
for ad in ad1 ad2; do
  grep -q "^ *run .*: $ad " "$tmp/check.log" || die "$ad is not in the output"
done
for event in impression start firstQuartile midpoint thirdQuartile complete; do
  count=$(curl -fsS "$ads/beacons" | grep -o "\"event\":\"$event\"" | wc -l)
  [ "$count" -eq 2 ] || die "$count beacons $event, not 2"
done

# The same without an ad server: a local MP4 plays in the first break, too, in units that fit the parts of the
# channel's HLS.
gst-launch-1.0 -m filesrc location="$tmp/live.ts" \
    ! adsplicebin channel=local lead-time=14000000000 schedule=15+4 creative-uris="$tmp/media/one-4s.mp4" \
        creative-dir="$tmp/own" \
    ! hlsadsink channel=local part-duration=0.4 part-align=any playlist-length=0 location="$tmp/hls" \
    > "$tmp/gst.log" 2>&1 || die "the pipeline without an ad server failed"
grep -q 'state=(string)creative-started.*creative-id=(string)one-4s.mp4' "$tmp/gst.log" \
    || die "the first break does not show the local creative"
grep -q '"unit_frames":10[,}]' "$tmp"/own/assets/*/units.json || die "units do not fit parts of 0.4 s"
tail -n 1 "$tmp/check.log"
