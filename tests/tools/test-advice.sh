#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What adsplice-check says of streams of real encoders, and that its advice helps:
# test-advice.sh EXAMPLES-DIR. A stream has a fault by the code of the finding; encoded as the
# advice says it has it no more. Output is TAP.

set -eu

programs=$(cd "$1" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-advice.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
export GST_REGISTRY="${GST_REGISTRY:-$tmp/registry.bin}" LC_ALL=C

skip_all ()
{
  echo "1..0 # SKIP $*"
  exit 0
}

command -v ffmpeg > /dev/null || skip_all 'ffmpeg is not installed'
for encoder in libx264 libx265 mpeg2video; do
  ffmpeg -hide_banner -encoders 2> /dev/null | grep -q " $encoder " || skip_all "this ffmpeg has no $encoder"
done

# encode OUT OPTION...: 9 s of a picture that moves, and a tone
encode ()
{
  out=$1
  shift
  ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=192x128:r=25:d=9 -f lavfi -i sine=440:d=9:r=48000 \
      "$@" -f mpegts "$out"
}

# judge FILE EXPECTED-CODES...: neither more nor fewer of those that an encoder is to blame for
n=0
judge ()
{
  n=$((n + 1))
  file=$1 name=$2
  shift 2
  "$programs/adsplice-check" --json "$file" > "$tmp/report" || true
  sed -n 's/^ *"code": "\(.*\)",$/\1/p' "$tmp/report" | grep -v '^no-cue-pid$' | sort > "$tmp/codes" || true
  for code in "$@"; do
    echo "$code"
  done | sort > "$tmp/wanted"
  if diff "$tmp/wanted" "$tmp/codes" > "$tmp/problem"; then
    echo "ok $n - $name: ${*:-nothing to say}"
  else
    echo "not ok $n - $name: ${*:-nothing to say}"
    sed 's/^/# /' "$tmp/problem"
  fi
}

x265=log-level=none:keyint=50:min-keyint=50:scenecut=0
cd "$tmp"

encode bad.ts -c:v libx264 -preset veryfast -x264-params keyint=50:min-keyint=50:scenecut=0:open-gop=1 -b:v 300k -c:a aac
judge bad.ts 'H.264, open GOPs' rap-distance recovery-points pcr-interval
encode bad.ts -c:v libx264 -preset veryfast -g 150 -keyint_min 150 -sc_threshold 0 -b:v 300k -c:a aac -pcr_period 20
judge bad.ts 'H.264, an IDR every 6 s' rap-distance
encode bad.ts -c:v libx264 -preset veryfast -g 50 -sc_threshold 0 -b:v 300k -c:a mp2 -b:a 128k -pcr_period 20 \
    -pes_payload_size 9000 -muxdelay 2
judge bad.ts 'H.264, long PES of sound' audio-grouping
encode good.ts -c:v libx264 -preset veryfast -g 50 -keyint_min 50 -sc_threshold 0 -flags +cgop -b:v 300k -c:a aac \
    -pcr_period 20 -pes_payload_size 0 -pat_period 0.1
judge good.ts 'H.264 as advised'

encode bad.ts -c:v libx265 -preset ultrafast -x265-params $x265:open-gop=1 -b:v 300k -c:a ac3 -pcr_period 20
judge bad.ts 'HEVC, open GOPs' open-gop
encode good.ts -c:v libx265 -preset ultrafast -x265-params $x265:open-gop=0 -b:v 300k -c:a ac3 -pcr_period 20
judge good.ts 'HEVC as advised'

encode bad.ts -c:v mpeg2video -b:v 800k -g 15 -bf 2 -c:a mp2 -pcr_period 20
judge bad.ts 'MPEG-2, open GOPs' open-gop
encode good.ts -c:v mpeg2video -b:v 800k -g 15 -bf 2 -flags +cgop -sc_threshold 1000000000 -c:a mp2 -pcr_period 20
judge good.ts 'MPEG-2 as advised'

encode bad.ts -c:v libx264 -preset veryfast -g 50 -sc_threshold 0 -b:v 300k -c:a libopus -pcr_period 20
judge bad.ts 'Opus' audio-codec no-audio
encode bad.ts -map 1:a -c:a aac -pcr_period 20 -pes_payload_size 0
judge bad.ts 'no video' no-video
echo "1..$n"
