#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The recording of hlsadsink on coded streams: every picture, the cues of every break, after kill -9 too;
# and what stands in a playlist of a stream whose breaks are only marked.
#   hls-recording.sh [programme|on-air|killed|thumbnails|marks]
# Environment as splice-matrix.sh. Exit code 0, 1 (what is wrong is printed), 77 skipped, 99 no media.
set -u
only=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
. "$SUPPORT_SOURCE/media.sh"
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
  [ -n "${KEEP:-}" ] || trap 'rm -rf "$WORK"' EXIT
fi

fail ()
{
  echo "VIOLATION $*"
  failures=$((failures + 1))
}

wanted ()                       # CASE
{
  [ -z "$only" ] || [ "$only" = "$1" ]
}

# Everything that the recording publishes, version by version.
launch ()                       # CASE ELEMENT...
{
  local name=$1
  shift
  mkdir -p "$WORK/$name"
  if ! timeout 120 "$SUPPORT/hls-recorder" "$WORK/$name/rec" "$WORK/$name/capture" gst-launch-1.0 -m "$@" \
      > "$WORK/$name/log" 2>&1 || grep -qE 'WARN|ERROR|CRITICAL|\((warning|error)\)' "$WORK/$name/log"; then
    fail "$name: gst-launch-1.0 fails or complains"
    tail -20 "$WORK/$name/log"
  fi
}

lint ()                         # CASE OPTION...
{
  local name=$1
  shift
  "$SUPPORT/hls-lint" "$@" "$WORK/$name/capture" > "$WORK/$name/lint" || fail "$name: hls-lint finds something"
  ! grep -q '^W50' "$WORK/$name/lint" || fail "$name: the capture is not complete"
  cat "$WORK/$name/lint"
}

strict ()                       # CASE
{
  local modules=$here/../browser/node_modules
  if ! command -v node > /dev/null || [ ! -d "$modules/hls-parser" ]; then
    echo "$1: hls-parser is not installed, hls-lint alone"
    return
  fi
  NODE_PATH=$modules node "$here/../browser/read-strictly.cjs" "$WORK/$1/capture" || fail "$1: hls-parser refuses it"
}

# Both multivariant playlists, read by ffmpeg: these pictures, each once.
pictures ()                     # CASE RUNS
{
  local list
  for list in master.m3u8 byte-range-multivariant.m3u8; do
    timeout 60 ffmpeg -nostdin -hide_banner -nostats -y -v warning -i "$WORK/$1/rec/media/hls/$list" -map 0:v:0 \
      -fps_mode passthrough -pix_fmt gray -f rawvideo "$WORK/$1/gray" -map 0:a:0 -f null - > "$WORK/$1/$list.log" 2>&1 ||
      fail "$1: ffmpeg gives up on $list"
    if grep -E 'error|Error|corrupt|nvalid|missing|Failed|non-monoton' "$WORK/$1/$list.log"; then
      fail "$1: ffmpeg complains about $list"
    fi
    "$SUPPORT/pattern-read" --expect "$2" < "$WORK/$1/gray" || fail "$1: $list has not those pictures"
  done
}

# Files are whole, and all that are there are listed; the documents are JSON and say how it ended.
folder ()                       # CASE SECONDS
{
  local rec=$WORK/$1/rec file listed there
  for file in "$rec"/media/hls/v0/*.ts; do
    [ $(($(stat -c %s "$file") % 188)) = 0 ] || fail "$1: $file ends in a packet"
  done
  listed=$(grep -v '^#' "$rec/media/hls/v0/playlist.m3u8" | sort)
  there=$(find "$rec/media/hls/v0/" -type f ! -name '*.m3u8' -printf '%f\n' | sort)
  [ "$listed" = "$there" ] || fail "$1: listed are $listed, there are $there"
  grep -q '"recording_status": "RECORDING_ENDED"' "$rec/events/recording-ended.json" || fail "$1: it has not ended"
  grep -q "\"duration_ms\": ${2}000" "$rec/events/recording-ended.json" || fail "$1: it has not $2 s"
  if [ ! -e "$rec/events/recording-started.json" ] || [ -e "$rec/events/recording-failed.json" ]; then
    fail "$1: events"
  fi
  for list in playlist.m3u8 byte-range-variant.m3u8; do
    if [ "$(sed -n 's/^#EXTINF:\([0-9.]*\),.*/\1/p' "$rec/media/hls/v0/$list" |
        awk '{ s += $1 } END { printf "%.3f", s }')" != "$2.000" ]; then
      fail "$1: $list is not $2 s long"
    fi
    grep -q '^#EXT-X-PLAYLIST-TYPE:VOD$' "$rec/media/hls/v0/$list" || fail "$1: $list is no VOD"
  done
}

# A picture of the programme, with its size as the document has it.
thumbnail ()                    # CASE
{
  local rec=$WORK/$1/rec size
  for element in tsdemux avdec_h264 videoconvert jpegenc; do
    if ! gst-inspect-1.0 "$element" > /dev/null 2>&1; then
      echo "$1: no thumbnail without $element"
      return
    fi
  done
  size=$(ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 "$rec/media/latest_thumbnail/thumb.jpg")
  [ "$size" = mjpeg,320,192 ] || fail "$1: the thumbnail is $size"
  grep -q '"latest_thumbnail"' "$rec/events/recording-ended.json" || fail "$1: no word of the thumbnail"
}

# The pair of Amazon's sample but for id, length and CRC: immediate, auto_return, no descriptors.
cues ()                         # CASE BREAKS
{
  local list=$WORK/$1/rec/media/hls/v0/playlist.m3u8 out in
  local head=FC302000000000000000FFF00F05 rest='FE[0-9A-F]{8}0{12}[0-9A-F]{8}'
  out=$(grep -cE "SCTE35-OUT=0x${head}[0-9A-F]{8}7FFF$rest,DURATION=8.000000,SCTE35-IN=" "$list")
  in=$(grep -cE "SCTE35-IN=0x${head}[0-9A-F]{8}7F7F$rest\$" "$list")
  if [ "$out" != "$2" ] || [ "$in" != "$2" ]; then
    fail "$1: $out out and $in in cues, not $2"
  fi
}

discontinuities ()              # CASE NUMBER
{
  local list
  for list in playlist.m3u8 byte-range-variant.m3u8; do
    [ "$(grep -c '^#EXT-X-DISCONTINUITY$' "$WORK/$1/rec/media/hls/v0/$list")" = "$2" ] ||
      fail "$1: $list has not $2 discontinuities"
  done
}

network=$(make_stream runs=1:0-1124 gop=25 bframes=2 kbps=300 muxer=mpegtsmux) || exit 99
ad1=$(make_stream runs=2:0-99 gop=25 bframes=2 kbps=250 muxer=mpegtsmux) || exit 99
ad2=$(make_stream runs=3:0-99 gop=25 bframes=2 kbps=250 muxer=mpegtsmux) || exit 99
paced=(filesrc "location=$network" blocksize=18800 ! identity sleep-time=15000)

# The network pad while ads are on air: the programme as it was.
if wanted programme; then
  name=programme
  launch $name "${paced[@]}" ! tssplicer name=s 'schedule=8+8,24+8' ! fakesink async=false sync=false \
    s.network ! queue ! hlsadsink "location=$WORK/$name/www" "recording=$WORK/$name/rec" \
    concat name=c ! s.ad_0 filesrc "location=$ad1" ! c. filesrc "location=$ad2" ! c. \
    filesrc "location=$ad2" ! c. filesrc "location=$ad1" ! c.
  lint $name --ended
  strict $name
  folder $name 45
  pictures $name 1:0-1124
  cues $name 2
  discontinuities $name 0
  thumbnail $name
fi

# What was on air; parts are no business of a recording.
if wanted on-air; then
  name=on-air
  launch $name "${paced[@]}" ! tssplicer name=s 'schedule=8+8' \
    ! hlsadsink "location=$WORK/$name/www" "recording=$WORK/$name/rec" part-duration=1 \
    filesrc "location=$ad1" ! s.ad_0 filesrc "location=$ad2" ! s.ad_1
  lint $name --ended
  strict $name
  folder $name 45
  pictures $name 1:0-199,2:0-99,3:0-99,1:400-1124
  cues $name 1
  discontinuities $name 3
fi

# Killed twice and started again: one recording, what was written is in it, and nothing by halves.
recorded ()                     # segments so far
{
  cat "$WORK"/killed/rec/*/*/*/*/*/*/live.timeline 2> /dev/null | grep -c '"kind":"segment"'
}

if [ "$only" = killed-runs ]; then
  line=(gst-launch-1.0 -q "${paced[@]}" ! hlsadsink "location=$WORK/killed/www" "recording=$WORK/killed/rec")
  for more in 7 8; do
    before=$(recorded)
    "${line[@]}" &
    pid=$!
    for ((i = 0; i < 400; i++)); do
      [ "$(recorded)" -ge $((before + more)) ] && break
      sleep 0.05
    done
    kill -9 $pid
    wait $pid 2> /dev/null
  done
  exec "${line[@]}"
fi

if wanted killed; then
  name=killed
  mkdir -p "$WORK/$name"
  export WORK KEEP=1
  timeout 120 "$SUPPORT/hls-recorder" "$WORK/$name/rec" "$WORK/$name/capture" \
    bash "$0" killed-runs > "$WORK/$name/log" 2>&1 || { fail "$name: gst-launch-1.0 fails"; tail "$WORK/$name/log"; }
  # between two runs nobody can write in time
  lint $name --ended --skip E24
  strict $name
  discontinuities $name 2
  [ "$(find "$WORK/$name/rec" -name live.timeline | wc -l)" = 1 ] || fail "$name: it is more than one recording"
  # each run began with the first picture; what a kill cost is the segment that was open
  ms=$(sed -n 's/.*"duration_ms": \([0-9]*\).*/\1/p' "$WORK/$name/rec/events/recording-ended.json")
  cut=$((ms / 40 - 1125))
  awk -v ranges="$WORK/$name/rec/media/hls/v0/byte-range-variant.m3u8" 'BEGIN {
      while ((getline line < ranges) > 0) {
        if (line == "#EXT-X-DISCONTINUITY") { runs = runs "1:0-" n * 50 - 1 ","; n = 0 }
        if (line ~ /^#EXTINF/) n++
      }
      print runs "1:0-1124" }' > "$WORK/$name/runs"
  [ $cut -ge 700 ] || fail "$name: only $cut pictures before the kills"
  folder $name $((ms / 1000))
  pictures $name "$(cat "$WORK/$name/runs")"
fi

# The program that makes thumbnails: the first picture, whatever it is coded with; and what it says of rubbish.
helper=${GST_PLUGIN_PATH%%:*}/adsplice-thumbnail

make_thumbnail ()               # EXIT-CODE FILE
{
  local rc=0 size
  size=$(stat -L -c %s "$2")
  "$helper" "$size" < "$2" > "$WORK/thumb.jpg" 2> "$WORK/thumb.log" || rc=$?
  [ $rc = "$1" ] || { fail "thumbnails: exit code $rc of $2"; cat "$WORK/thumb.log"; }
}

if wanted thumbnails; then
  for case in h264:avdec_h264 hevc:avdec_h265 mpeg2:avdec_mpeg2video; do
    if ! gst-inspect-1.0 "${case#*:}" > /dev/null 2>&1 || ! gst-inspect-1.0 jpegenc > /dev/null 2>&1; then
      echo "thumbnails: no ${case#*:} or no jpegenc here"
      continue
    fi
    make_thumbnail 0 "$(make_stream runs=1:0-99 gop=25 codec="${case%:*}")"
    ffmpeg -nostdin -v error -i "$WORK/thumb.jpg" -pix_fmt gray -f rawvideo - | "$SUPPORT/pattern-read" --expect 1:0-0 ||
      fail "thumbnails: another picture of ${case%:*}"
  done
  head -c 100000 /dev/urandom > "$WORK/rubbish"
  make_thumbnail 1 "$WORK/rubbish"
  GST_PLUGIN_SYSTEM_PATH_1_0=$WORK/none GST_REGISTRY=$WORK/none.bin make_thumbnail 2 "$network"
fi

# Breaks that are only marked: cut at both RAPs, no discontinuity, and the avail's segments are as long as it was.
check_marked ()                 # CASE
{
  local list=$WORK/$1/www/playlist.m3u8
  awk -v name="$1" '
    BEGIN { n = m = 0 }
    function seconds (text,   t) {
      split (text, t, /[-T:Z"]/)
      return ((t[3] * 24 + t[4]) * 60 + t[5]) * 60 + t[6]
    }
    function attribute (line, key) {
      if (!match (line, "[:,]" key "=[^,]*")) return ""
      line = substr (line, RSTART, RLENGTH)
      sub (/^[^=]*=/, "", line); gsub (/"/, "", line)
      return line
    }
    /^#EXT-X-DISCONTINUITY$/ { print name ": a discontinuity"; bad = 1 }
    /^#EXT-X-INDEPENDENT-SEGMENTS/ { independent = 1 }
    /^#EXT-X-PROGRAM-DATE-TIME:/ { date = seconds (substr ($0, 26)) }
    /^#EXTINF:/ { at[n] = date; long[n++] = substr ($0, 9) + 0 }
    /^#EXT-X-DATERANGE:.*SCTE35-IN/ {
      from[m] = seconds (attribute ($0, "START-DATE")); duration[m++] = attribute ($0, "DURATION") + 0
    }
    END {
      for (k = 0; k < m; k++) {
        sum = 0; begins = 0; ends = 0
        for (i = 0; i < n; i++) {
          if (at[i] > from[k] - 0.02 && at[i] < from[k] + duration[k] - 0.02) sum += long[i]
          if (at[i] > from[k] - 0.002 && at[i] < from[k] + 0.002) begins = 1
          if (at[i] > from[k] + duration[k] - 0.002 && at[i] < from[k] + duration[k] + 0.002) ends = 1
        }
        printf "%s: an avail of %.3f s, its segments are %.3f s\n", name, duration[k], sum
        if (sum > duration[k] + 0.04 || sum < duration[k] - 0.04 || !begins || !ends) bad = 1
      }
      exit bad || !independent || m != 2
    }' "$list" || { fail "$1"; cat "$list"; }
}

if wanted marks; then
  # off the grid of RAPs (each second): 8.4 + 5.3 leaves at 9 and returns at 15, 24.6 + 8 from 25 to 33
  launch mark-network "${paced[@]}" ! tssplicer name=s 'schedule=8.4+5.3,24.6+8' ! fakesink async=false sync=false \
    s.network ! queue ! hlsadsink "location=$WORK/mark-network/www" playlist-length=0 \
    concat name=c ! s.ad_0 filesrc "location=$ad1" ! c. filesrc "location=$ad2" ! c. \
    filesrc "location=$ad2" ! c. filesrc "location=$ad1" ! c.
  launch mark-mark "${paced[@]}" ! tssplicer name=s insertion=mark 'schedule=8.4+5.3,24.6+8' \
    ! hlsadsink "location=$WORK/mark-mark/www" playlist-length=0
  check_marked mark-network
  check_marked mark-mark
fi
[ "$failures" = 0 ]
