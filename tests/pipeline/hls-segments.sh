#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The splicer into hlsadsink on coded streams: all segments, put one behind the other again, must
# stand up to what splice-matrix.sh asks of the splicer itself, and each segment must decode alone.
#   hls-segments.sh [CASE]
# Environment as splice-matrix.sh. Exit code 0, 1 (what is wrong is printed), 77 skipped, 99 no media.
set -u
only=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
. "$SUPPORT_SOURCE/media.sh"
. "$here/splice-case.sh"
KEEP=${KEEP:-}
failures=0

if missing=$(media_missing); then
  echo "SKIP: $missing"
  exit 77
fi
for element in tssplicer hlsadsink; do
  if ! gst-inspect-1.0 "$element" > /dev/null 2>&1; then
    echo "SKIP: there is no element $element on GST_PLUGIN_PATH"
    exit 77
  fi
done
if [ -z "${WORK:-}" ]; then
  WORK=$(mktemp -d)
  [ -n "$KEEP" ] || trap 'rm -rf "$WORK"' EXIT
fi

# In place of the one of splice-case.sh.
run_splicer ()                  # FOLDER NETWORK AD1 AD2
{
  local folder=$1 uri
  if ! timeout 60 gst-launch-1.0 -m tssplicer name=s "schedule=$start+$length" \
      filesrc location="$2" ! s.sink filesrc location="$3" ! s.ad_0 filesrc location="$4" ! s.ad_1 \
      s.src ! hlsadsink location="$folder/hls" playlist-length=0 > "$folder/launch.log" 2>&1; then
    echo "VIOLATION launch: gst-launch-1.0 fails"
    head -20 "$folder/launch.log"
    return 1
  fi
  if grep -qE 'WARN|ERROR|CRITICAL|\((warning|error)\)' "$folder/launch.log"; then
    echo "VIOLATION launch: gst-launch-1.0 complains"
    grep -E -A3 'WARN|ERROR|CRITICAL|\((warning|error)\)' "$folder/launch.log" | head -20
    return 1
  fi
  sed '/^#/d' "$folder/hls/playlist.m3u8" > "$folder/uris"
  while read -r uri; do
    cat "$folder/hls/$uri"
  done < "$folder/uris" > "$folder/out.ts"
  check_playlist "$folder" && check_each "$folder"
}

# Network, creative, creative, network: three discontinuities, one range, the length of everything.
check_playlist ()               # FOLDER
{
  local list=$1/hls/playlist.m3u8 sum
  sum=$(sed -n 's/^#EXTINF:\([0-9.]*\),.*$/\1/p' "$list" | awk '{ s += $1 } END { printf "%.3f", s }')
  if [ "$(grep -c '^#EXT-X-DISCONTINUITY$' "$list")" != 3 ] \
      || [ "$(grep -c '^#EXT-X-DATERANGE:.*SCTE35-OUT.*,DURATION=' "$list")" != 1 ] \
      || ! grep -q '^#EXT-X-ENDLIST$' "$list" || ! grep -q '^#EXT-X-INDEPENDENT-SEGMENTS$' "$list"; then
    echo "VIOLATION playlist: discontinuities, range, ENDLIST or INDEPENDENT-SEGMENTS"
    cat "$list"
    return 1
  fi
  if [ "$(awk -v s="$sum" -v r="$rate" -v n="$frames" \
      'BEGIN { split (r, a, "/"); d = s - n * a[2] / a[1]; print (d < 0.002 && d > -0.002) }')" != 1 ]; then
    echo "VIOLATION playlist: all EXTINF are $sum s, the programme has $frames frames at $rate"
    return 1
  fi
}

# A viewer may begin with any of them: the first packets are PAT and PMT, nothing in it refers to
# what came before, and there is as much picture as EXTINF says.
check_each ()                   # FOLDER
{
  local folder=$1 uri wanted found complaints
  while read -r uri; do
    wanted=$(grep -B1 -F "$uri" "$folder/hls/playlist.m3u8" | sed -n 's/^#EXTINF:\([0-9.]*\),.*$/\1/p')
    if [ "$(od -An -tx1 -N3 "$folder/hls/$uri" | tr -d ' ')" != 474000 ]; then
      echo "VIOLATION segment: $uri does not begin with a PAT"
      return 1
    fi
    complaints=$(ffmpeg -nostdin -v error -i "$folder/hls/$uri" -map 0:v:0 -fps_mode passthrough -f null - 2>&1 | head -3)
    found=$(ffprobe -v error -select_streams v:0 -count_packets -show_entries stream=nb_read_packets \
      -of csv=p=0 "$folder/hls/$uri" | head -1 | tr -d ,)
    if [ -n "$complaints" ] || [ "$(awk -v w="$wanted" -v n="$found" -v r="$rate" \
        'BEGIN { split (r, a, "/"); d = w * a[1] / a[2] - n; print (d < 0.1 && d > -0.1) }')" != 1 ]; then
      echo "VIOLATION segment: $uri of $wanted s holds $found pictures: $complaints"
      return 1
    fi
  done < "$folder/uris"
}

try ()                          # NAME key=value...
{
  [ -z "$only" ] || [ "$only" = "$1" ] || return 0
  splice_case "$@" || failures=$((failures + 1))
}

# mpegtsmux writes no SDT: ts-check asks for all PIDs of the input, and SI is not in segments.
try plain network='muxer=mpegtsmux' ads='bframes=2'
try grouped network='muxer=mpegtsmux gop=25 tracks=2' ads='tracks=2 pes=grouped' muxers=ffmpeg,ffmpeg
try mp2 network='muxer=mpegtsmux audio=mp2 gop=25' ads='audio=mp2' muxers=ffmpeg,mpegtsmux
try rate network='muxer=mpegtsmux rate=30000/1001 gop=30' ads='rate=30000/1001 gop=30' start=11 length=10
[ "$failures" = 0 ]
