#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Low-latency HLS as clients see it: channels in real time, each with a break of two creatives, whose origin is asked
# for every part (tests/browser/hls-poll.cjs: blocking reloads, hinted parts, delta updates); what came is judged by
# hls-lint, and by npm's hls-parser where it is installed.
#   hls-parts.sh [CASE]
# Environment as splice-matrix.sh. Exit code 0, 1 (what is wrong is printed), 77 skipped, 99 no media.
set -u
only=${1:-}
here=$(cd "$(dirname "$0")" && pwd)
. "$SUPPORT_SOURCE/media.sh"
KEEP=${KEEP:-}
failures=0

skip ()
{
  echo "SKIP: $*"
  exit 77
}

if missing=$(media_missing); then
  skip "$missing"
fi
for element in tssplicer hlsadsink; do
  gst-inspect-1.0 "$element" > /dev/null 2>&1 || skip "there is no element $element on GST_PLUGIN_PATH"
done
for tool in node curl; do
  command -v $tool > /dev/null || skip "$tool is not installed"
done
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || skip "node is older than 18"
if [ -z "${WORK:-}" ]; then
  WORK=$(mktemp -d)
  [ -n "$KEEP" ] || trap 'rm -rf "$WORK"' EXIT
fi

fail ()
{
  echo "VIOLATION $*"
  failures=$((failures + 1))
}

network=$(make_stream runs=1:0-599 gop=25 bframes=2 kbps=300 muxer=mpegtsmux) || exit 99
grouped=$(make_stream runs=1:0-599 gop=25 bframes=2 kbps=300) || exit 99
low=$(make_stream runs=1:0-599 gop=25 bframes=2 kbps=150 muxer=mpegtsmux) || exit 99
ad1=$(make_stream runs=2:0-99 gop=25 bframes=0 kbps=250 muxer=mpegtsmux) || exit 99
ad2=$(make_stream runs=3:0-99 gop=25 bframes=2 kbps=250 muxer=mpegtsmux) || exit 99
# without the queue tsparse reads 100 packets of the file at a time, half a second of it
live=(queue ! tsparse set-timestamps=true ! identity sync=true)
# a branch that never ends, so that the origin is still there when the playlist has ended
stays=(audiotestsrc is-live=true wave=silence ! fakesink sync=true)

# Where the origin of CASE listens; empty when it does not.
address_of ()                   # CASE
{
  local i address
  for ((i = 0; i < 200; i++)); do
    address=$(sed -n 's/.*listen = "\?\([0-9.]*:[1-9][0-9]*\).*/\1/p' "$WORK/$1.log" 2> /dev/null | tail -1)
    if [ -n "$address" ]; then
      echo "$address"
      return 0
    fi
    sleep 0.05
  done
  echo "$1: there is no origin" >&2
  return 1
}

wait_for ()                     # URL PATTERN: until it is in there
{
  local i
  for ((i = 0; i < 400; i++)); do
    if curl -sf "$1" 2> /dev/null | tr '\n' ' ' | grep -qE "$2"; then return 0; fi
    sleep 0.05
  done
  return 1
}

# Runs a channel and reads it to its end. In a subshell: cases run side by side.
follow ()                       # CASE PLAYLIST GST-LAUNCH-LINE...
{
  local name=$1 list=$2 address
  shift 2
  mkdir -p "$WORK/$name"
  gst-launch-1.0 -v "$@" "${stays[@]}" > "$WORK/$name.log" 2>&1 &
  local channel=$!
  address=$(address_of "$name") && wait_for "http://$address/live/$list" '#EXT(INF|-X-STREAM-INF)' &&
    node "$here/../browser/hls-poll.cjs" "http://$address/live/$list" "$WORK/$name/capture" 60 > "$WORK/$name.poll" 2>&1
  echo $? > "$WORK/$name.rc"
  kill $channel
  wait $channel 2> /dev/null
  ! grep -E 'CRITICAL|\((warning|error)\)' "$WORK/$name.log" || echo 1 > "$WORK/$name.rc"
}

# Killed while a part of its break is listed and the segment is not, and started again where it was.
follow_killed ()                # CASE GST-LAUNCH-LINE...
{
  local name=$1 address
  shift
  mkdir -p "$WORK/$name"
  gst-launch-1.0 -v "$@" "${stays[@]}" > "$WORK/$name.log" 2>&1 &
  local channel=$!
  address=$(address_of "$name") && wait_for "http://$address/live/playlist.m3u8" '#EXTINF' || return
  node "$here/../browser/hls-poll.cjs" "http://$address/live/playlist.m3u8" "$WORK/$name/capture" 60 > "$WORK/$name.poll" 2>&1 &
  local poll=$!
  wait_for "http://$address/live/playlist.m3u8" 'DISCONTINUITY #EXT-X-PROGRAM[^ ]* #EXT-X-PART:[^ ]* #EXT-X-PRELOAD' ||
    echo 'VIOLATION no part is open' >> "$WORK/$name.poll"
  sleep 0.4                     # whoever has read of the part has it, too
  kill -9 $channel
  wait $channel 2> /dev/null
  gst-launch-1.0 -v "${@/127.0.0.1:0/$address}" "${stays[@]}" > "$WORK/$name.log" 2>&1 &
  channel=$!
  wait $poll
  echo $? > "$WORK/$name.rc"
  kill $channel
  wait $channel 2> /dev/null
  ! grep -E 'CRITICAL|\((warning|error)\)' "$WORK/$name.log" || echo 1 > "$WORK/$name.rc"
}

begin ()                        # FUNCTION CASE ...
{
  case ${only:-$2} in "$2") ;; *) return ;; esac
  rm -rf "${WORK:?}/$2"*
  "$@" &
  running+=($!)
  cases+=("$2")
}

begin_all ()
{
  local ads=(filesrc "location=$ad1" ! s.ad_0 filesrc "location=$ad2" ! s.ad_1)
  local sink=(hlsadsink name=h listen=127.0.0.1:0)

  # parts of a GOP, which every player can begin with
  begin follow idr playlist.m3u8 filesrc "location=$network" ! "${live[@]}" ! tssplicer name=s schedule=10+8 \
    ! "${sink[@]}" "location=$WORK/idr/www" part-duration=1 "${ads[@]}"
  # of a third of one, sound in PES of many frames; all is listed, so that there are delta updates
  begin follow any playlist.m3u8 filesrc "location=$grouped" ! "${live[@]}" ! tssplicer name=s schedule=10+8 \
    ! "${sink[@]}" "location=$WORK/any/www" part-duration=0.333 part-align=any playlist-length=0 "${ads[@]}"
  # two renditions
  begin follow two master.m3u8 filesrc "location=$network" ! "${live[@]}" ! tssplicer name=s schedule=10+8 \
    ! "${sink[@]}" "location=$WORK/two/www" part-duration=0.5 part-align=any sink_0::bandwidth=460000 sink_1::bandwidth=450000 "${ads[@]}" \
    filesrc "location=$low" ! "${live[@]}" ! tssplicer name=t schedule=10+8 ! h. \
    filesrc "location=$ad1" ! t.ad_0 filesrc "location=$ad2" ! t.ad_1
  begin follow_killed killed filesrc "location=$network" ! "${live[@]}" ! tssplicer name=s schedule=9+8 \
    ! "${sink[@]}" "location=$WORK/killed/www" part-duration=1 playlist-length=10 "${ads[@]}"
}

# A kill takes with it the sound that was not in a part yet.
allow_kill ()                   # CASE
{
  [ "$1" = killed ] && [ "$(grep -c '^E' "$WORK/$1.lint")" = 1 ] &&
    grep -q '^E40 .*sound .* ends .* before the picture$' "$WORK/$1.lint"
}

# How often versions came: the mean of the distances, in seconds. One that is late says more about the machine than
# about the channel, so E24 is left to this, and renditions may be read one behind the other. Where sound comes in
# large pieces a part that waits for it comes together with the next one: the middle distance says less.
check_cadence ()                # CASE PLAYLIST PART-TARGET
{
  awk -F '\t' -v name="live/$2" -v target="$3" '$2 == "playlist" && $3 == name { if (n++) print $1 - last; last = $1 }' \
    "$WORK/$1/capture/capture.tsv" | sort -n | awk -v what="$1 $2" -v target="$3" '{ d[NR] = $1; sum += $1 }
      END { m = NR ? sum / NR : 0
        printf "%s: %d versions, %.3f s from one to the next, mostly %.3f s, at most %.3f s\n", what, NR + 1, m, d[int (NR / 2) + 1], d[NR]
        exit !(NR > 10 && m > 0 && m <= target * 1.15) }'
}

judge ()                        # CASE
{
  local name=$1 modules=$here/../browser/node_modules
  [ "$(cat "$WORK/$name.rc" 2> /dev/null)" = 0 ] || { fail "$name: the channel fails, or its reader"; tail -3 "$WORK/$name.poll"; }
  ! grep -q VIOLATION "$WORK/$name.poll" || fail "$name: $(cat "$WORK/$name.poll")"
  "$SUPPORT/hls-lint" --ended --skip E24 --slack-ms 1500 "$WORK/$name/capture" > "$WORK/$name.lint" || allow_kill "$name" ||
    fail "$name: hls-lint finds something"
  cat "$WORK/$name.lint"
  grep -q '#EXT-X-PART:' "$WORK/$name/capture"/*.m3u8 || fail "$name: no parts"
  if [ -d "$modules/hls-parser" ]; then
    NODE_PATH=$modules node "$here/../browser/read-strictly.cjs" "$WORK/$name/capture" || fail "$name: hls-parser refuses it"
  else
    echo "hls-parser is not there: not asked"
  fi
}

running=()
cases=()
begin_all
for pid in "${running[@]}"; do wait "$pid"; done
for name in "${cases[@]}"; do
  judge "$name"
  case $name in
    idr | killed) check_cadence "$name" playlist.m3u8 1.002 ;;
    any) check_cadence any playlist.m3u8 0.322 ;;
    two) check_cadence two v0.m3u8 0.482 && check_cadence two v1.m3u8 0.482 ;;
  esac || fail "$name: parts come too seldom"
done
[ "$failures" = 0 ]
