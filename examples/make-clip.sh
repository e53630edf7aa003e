#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A clip to try things with: a test picture with text burnt in, and a tone.
#
#   sh examples/make-clip.sh OUT.ts SECONDS TEXT [PATTERN [TONE_HZ]]
#
# PATTERN is one of videotestsrc's (`gst-inspect-1.0 videotestsrc`). The form is that of
# the demo's programme: H.264 640x360p25 without B-frames, an IDR every second, AAC stereo
# at 48 kHz, one frame of audio a PES. A creative has to be of the same form.

set -eu

if [ $# -lt 3 ]; then
  sed -n '3,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
out=$1
frames=$(awk -v s="$2" 'BEGIN { printf "%d", s * 25 + 0.5 }')
text=$3
pattern=${4:-smpte}
tone_hz=${5:-440}

aac=
for encoder in avenc_aac fdkaacenc voaacenc faac; do
  if gst-inspect-1.0 --exists "$encoder"; then
    aac=$encoder
    break
  fi
done
if [ -z "$aac" ]; then
  echo "make-clip.sh: no AAC encoder here; gstreamer1.0-libav has one" >&2
  exit 1
fi

# 1920 samples at 48 kHz are one frame at 25/s: both streams end at the same time.
gst-launch-1.0 -q mpegtsmux name=mux alignment=7 ! filesink location="$out" \
    videotestsrc num-buffers="$frames" pattern="$pattern" \
    ! video/x-raw,format=I420,width=640,height=360,framerate=25/1 \
    ! textoverlay text="$text" font-desc="DejaVu Sans 40" valignment=top shaded-background=true \
    ! timeoverlay font-desc="DejaVu Sans Mono 24" valignment=bottom halignment=left \
    ! x264enc speed-preset=veryfast tune=zerolatency key-int-max=25 bitrate=1200 \
    ! h264parse ! queue ! mux. \
    audiotestsrc num-buffers="$frames" samplesperbuffer=1920 wave=sine freq="$tone_hz" volume=0.2 \
    ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! "$aac" ! aacparse ! queue ! mux.
