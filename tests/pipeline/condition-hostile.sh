#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The process that conditions creatives, over damaged ones: condition-hostile.sh BUILD-DIR SECONDS [KEEP]. Small MP4 files
# of several codecs are made, and damaged in all ways that condition-hostile knows. What it finds lies in
# KEEP (default BUILD-DIR/hostile). Exit status 77: a tool is missing.

set -eu

build=$(cd "$1" && pwd)
seconds=$2
keep=${3:-$build/hostile}
for tool in ffmpeg gst-launch-1.0; do
  command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
for element in x264enc avenc_aac mpegtsmux; do
  gst-inspect-1.0 --exists "$element" || { echo "no GStreamer element $element here"; exit 77; }
done

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-hostile.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

gst-launch-1.0 -q mpegtsmux name=mux alignment=7 ! filesink location="$tmp/like.ts" \
    videotestsrc num-buffers=75 ! video/x-raw,format=I420,width=160,height=96,framerate=25/1 \
    ! x264enc speed-preset=ultrafast bframes=0 key-int-max=25 bitrate=200 ! h264parse ! queue ! mux. \
    audiotestsrc num-buffers=141 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse \
    ! queue ! mux. > "$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }

# make NAME OPTION...: half a second; a codec that ffmpeg lacks is left out
made=
make ()
{
  name=$1
  shift
  if ffmpeg -nostdin -loglevel error -y -f lavfi -i testsrc2=size=128x72:rate=25 -f lavfi -i sine=sample_rate=44100 \
      -t 0.5 "$@" "$tmp/$name" 2> "$tmp/log"; then
    made="$made $tmp/$name"
  else
    echo "without $name: $(head -n 1 "$tmp/log")"
  fi
}
make h264-aac.mp4 -c:v libx264 -preset ultrafast -c:a aac
make h264-b-fast.mp4 -c:v libx264 -bf 2 -c:a aac -movflags +faststart
make h264-fragments.mp4 -c:v libx264 -preset ultrafast -c:a aac -movflags +frag_keyframe+empty_moov
make mpeg4-mp3.mp4 -c:v mpeg4 -c:a libmp3lame
make hevc-ac3.mp4 -c:v libx265 -preset ultrafast -x265-params log-level=error -c:a ac3
make mjpeg-pcm.mov -c:v mjpeg -pix_fmt yuvj420p -c:a pcm_s16le
[ -n "$made" ] || { echo "ffmpeg makes none of the creatives"; exit 77; }

# shellcheck disable=SC2086
"$build/tests/pipeline/condition-hostile" "$build/plugin/adsplice-condition" "$seconds" "$keep" "$tmp/like.ts" $made
