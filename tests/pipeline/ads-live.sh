#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A break of 30 s in a live 720p50 programme (H.264, AAC), called for by InsertAdBreak, with two creatives of
# an ad server in MP4: 25 and 59.94 frames a second, mono, 44.1 kHz, loud; from an empty folder.
#   ads-live.sh first BUILD-DIR    the lead is long enough: they play in this break
#   ads-live.sh second BUILD-DIR   it is not: the programme plays, and they do in the next one
# The output passes ts-check, the ads are at -24 LUFS. Exit status 77: a tool is missing.

set -eu

what=$1
build=$(cd "$2" && pwd)
for tool in ffmpeg gst-launch-1.0; do
  command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
for element in x264enc avenc_aac mpegtsmux; do
  gst-inspect-1.0 --exists "$element" || { echo "no GStreamer element $element here"; exit 77; }
done

# In seconds: from the call to the out point; when calls are made; how long the programme is.
case $what in
  first) lead=35 calls=2+30 length=75 ;;
  second) lead=3 calls=2+30,45+30 length=90 ;;
  *) echo "first or second?" >&2; exit 2 ;;
esac

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-ads-live.XXXXXX")
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
  printf 'ads-live.sh: %s\n' "$*" >&2
  tail -n 40 "$tmp"/*.log >&2
  exit 1
}

ffmpeg -nostdin -loglevel error -y -f lavfi -i "testsrc2=size=1280x720:rate=50" \
    -f lavfi -i "sine=frequency=300:sample_rate=48000" -t "$length" -ac 2 \
    -c:v libx264 -preset ultrafast -tune fastdecode -bf 2 -g 50 -keyint_min 50 -sc_threshold 0 -b:v 3M -maxrate 3M \
    -bufsize 3M -pix_fmt yuv420p -c:a aac -b:a 128k -f mpegts "$tmp/live.ts" 2> "$tmp/live.log" || die "no programme"

mkdir "$tmp/media" "$tmp/store"
# make_ad NAME RATE SECONDS HZ
make_ad ()
{
  ffmpeg -nostdin -loglevel error -y -f lavfi -i "testsrc2=size=1920x1080:rate=$2" \
      -f lavfi -i "sine=frequency=$4:sample_rate=44100" -t "$3" -ac 1 -af volume=12dB \
      -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac "$tmp/media/$1" 2> "$tmp/ffmpeg.log" || die "no creative $1"
}
make_ad one-15s.mp4 60000/1001 15 500
make_ad two-15s.mp4 25 15 900

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

"$build/tests/pipeline/ads-call" "$calls" filesrc location="$tmp/live.ts" blocksize=18800 ! tsparse set-timestamps=true \
    ! identity sync=true ! adsplicebin name=s lead-time="${lead}000000000" ads-url="$ads/vast?ads=2&dur=15,15" \
    creative-dir="$tmp/store" ! filesink location="$tmp/out.ts" > "$tmp/calls.log" 2>&1 || die "the pipeline failed"

ids=$(sed -n 's/^called \([0-9A-Za-z]*\)$/\1/p' "$tmp/calls.log")
n=0
for id in $ids; do
  n=$((n + 1))
  creatives=$(grep "ad-break-state-change.*$id" "$tmp/calls.log" | grep -c 'state=(string)creative-ended' || true)
  echo "break $n, $id: $creatives creatives"
  wanted=2
  [ "$what" = first ] || [ "$n" -gt 1 ] || wanted=0
  [ "$creatives" -eq "$wanted" ] || die "break $n has shown $creatives creatives, not $wanted"
done
[ "$n" -ge 1 ] || die "no break"
[ "$what" = first ] || grep -q TRANSCODE_IN_PROGRESS "$tmp/calls.log" || die "nothing says why the first break had none"

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
[ "$n" -eq 2 ] || die "$n creatives were conditioned, not 2"
"$build/tests/support/ts-check" "$@" "$tmp/out.ts" > "$tmp/check.log" || die "the output is not clean"
for ad in ad1 ad2; do
  grep -q "^ *run .*: $ad " "$tmp/check.log" || die "$ad is not in the output"
done
tail -n 1 "$tmp/check.log"
