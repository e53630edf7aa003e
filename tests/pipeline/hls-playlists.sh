#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What hlsadsink publishes, version by version.
#   hls-playlists.sh lint [CASE]      every version and segment of a run, judged by hls-lint
#   hls-playlists.sh strict [CASE]    the same, read by npm's hls-parser in strict mode
#   hls-playlists.sh readers [CASE]   a live channel with a break, read by ffmpeg and hlsdemux2
# Environment as splice-matrix.sh. Exit code 0, 1 (what is wrong is printed), 77 skipped, 99 no media.
set -u
group=$1
only=${2:-}
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
if [ -z "${WORK:-}" ]; then
  WORK=$(mktemp -d)
  [ -n "$KEEP" ] || trap 'rm -rf "$WORK"' EXIT
fi

fail ()
{
  echo "VIOLATION $*"
  failures=$((failures + 1))
}

# -- lint: faster than real, but not so fast that a version is gone before it is read

record ()                       # CASE ELEMENT...: between the source and the creatives' branches
{
  local name=$1
  shift
  case ${only:-$name} in
    *"$name"*) ;;
    *) return 0 ;;
  esac
  rm -rf "${WORK:?}/$name"
  if ! timeout 120 "$SUPPORT/hls-recorder" "$WORK/$name/www" "$WORK/$name/capture" \
      gst-launch-1.0 -m filesrc "location=$network" blocksize=18800 ! identity sleep-time=20000 "$@" \
      > "$WORK/$name.log" 2>&1 || grep -qE 'WARN|ERROR|CRITICAL|\((warning|error)\)' "$WORK/$name.log"; then
    fail "$name: gst-launch-1.0 fails or complains"
    tail -20 "$WORK/$name.log"
  fi
  recorded+=("$name")
}

# Killed in its first break, and started again in the same folder.
record_killed ()                # CASE SINK-OPTION... -- BRANCH...: of the creatives
{
  local name=$1 line=() options=()
  shift
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  line=(gst-launch-1.0 -m filesrc "location=$network" blocksize=18800 ! identity sleep-time=20000 !
    tssplicer name=s 'schedule=8+8,24+8' ! hlsadsink "location=$WORK/$name/www" "${options[@]}" "$@")
  case ${only:-$name} in *"$name"*) ;; *) return 0 ;; esac
  rm -rf "${WORK:?}/$name"
  # shellcheck disable=SC2016 # expanded by the inner shell
  if ! timeout 120 "$SUPPORT/hls-recorder" "$WORK/$name/www" "$WORK/$name/capture" bash -c '
      "$@" & pid=$!
      list=$0/playlist.m3u8
      for ((i = 0; i < 200; i++)); do
        if grep -A3 DISCONTINUITY$ "$list" 2> /dev/null | grep -q "^m/\|[.]0[.]ts.,INDEP"; then break; fi
        sleep 0.05
      done
      kill -9 $pid
      wait $pid
      exec "$@"' "$WORK/$name/www" "${line[@]}" > "$WORK/$name.log" 2>&1; then
    fail "$name: gst-launch-1.0 fails"
    tail -20 "$WORK/$name.log"
  fi
  recorded+=("$name")
}

# Two renditions, fed equally fast in time, each with a splicer of its own.
record_renditions ()            # CASE CREATIVE SINK-OPTION...
{
  local name=$1 ad=$2 low buffers size
  shift 2
  case ${only:-$name} in *"$name"*) ;; *) return 0 ;; esac
  low=$(make_stream runs=1:0-999 gop=25 bframes=2 kbps=150 muxer=mpegtsmux) || exit 99
  buffers=$(($(stat -c %s "$network") / 18800 + 1))
  size=$(($(stat -c %s "$low") / buffers / 188 * 188 + 188))
  record "$name" ! tssplicer name=s schedule=10+8 ! hlsadsink name=h "location=$WORK/$name/www" "$@" \
    filesrc "location=$low" "blocksize=$size" ! identity sleep-time=20000 ! tssplicer name=t schedule=10+8 ! h. \
    concat name=c ! s.ad_0 filesrc "location=$ad" ! c. filesrc "location=$ad" ! c. \
    concat name=d ! t.ad_0 filesrc "location=$ad" ! d. filesrc "location=$ad" ! d.
}

# What a kill costs where parts were open: the part that was hinted at never comes, and the sound that was not in
# a part yet is lost.
allow_kill ()                   # CASE
{
  [ "$(grep -c '^E' "$WORK/$1.lint")" -le 2 ] && [ "$(grep -c '^E26' "$WORK/$1.lint")" = 1 ] &&
    ! grep '^E' "$WORK/$1.lint" | grep -qvE '^E26|^E40 .*sound .* ends .* before the picture$'
}

# A recorder that missed a version has seen too little: W50 is as bad as an error here.
judge_captures ()
{
  local name
  for name in "${recorded[@]}"; do
    "$SUPPORT/hls-lint" --ended "$WORK/$name/capture" > "$WORK/$name.lint" ||
      { [ "$name" = parts-killed ] && allow_kill "$name"; } || fail "$name: hls-lint finds something"
    ! grep -q '^W50' "$WORK/$name.lint" || fail "$name: the capture is not complete"
    cat "$WORK/$name.lint"
  done
}

record_all ()
{
  local ad1 ad2
  recorded=()
  network=$(make_stream runs=1:0-999 gop=25 bframes=2 kbps=300 muxer=mpegtsmux) || exit 99
  ad1=$(make_stream runs=2:0-99 gop=25 bframes=0 kbps=250 muxer=mpegtsmux) || exit 99
  ad2=$(make_stream runs=3:0-99 gop=25 bframes=2 kbps=250 muxer=mpegtsmux) || exit 99
  local ads=(filesrc "location=$ad1" ! s.ad_0 filesrc "location=$ad2" ! s.ad_1)
  local twice=(concat name=c ! s.ad_0 filesrc "location=$ad1" ! c. filesrc "location=$ad2" ! c.
    filesrc "location=$ad2" ! c. filesrc "location=$ad1" ! c.)

  record plain ! hlsadsink "location=$WORK/plain/www"
  record break ! tssplicer name=s schedule=10+8 ! hlsadsink "location=$WORK/break/www" playlist-length=8 "${ads[@]}"
  record twice ! tssplicer name=s schedule=8+8,24+8 ! hlsadsink "location=$WORK/twice/www" "${twice[@]}"
  record needed ! tssplicer name=s schedule=10+8 ! hlsadsink "location=$WORK/needed/www" \
    discontinuities=needed "${ads[@]}"
  record mark ! tssplicer name=s insertion=mark schedule=9+6 ! hlsadsink "location=$WORK/mark/www"
  record all ! tssplicer name=s schedule=10+8 ! hlsadsink "location=$WORK/all/www" playlist-length=0 "${ads[@]}"
  # a break without an asset is what markers=interstitial writes: W11
  record markers ! tssplicer name=s schedule=8+8,24+8 ! hlsadsink "location=$WORK/markers/www" \
    markers=scte35+ivs+oatcls+interstitial+creative-signaling "${twice[@]}"
  record elemental ! tssplicer name=s schedule=8+8,24+8 ! hlsadsink "location=$WORK/elemental/www" \
    markers=scte35+cue "${twice[@]}"
  record google ! tssplicer name=s schedule=8+8,24+8 ! hlsadsink "location=$WORK/google/www" \
    markers=cue cue-format=google "${twice[@]}"
  # low latency for another server to hold back; hls-parts.sh has more of it
  record parts ! tssplicer name=s schedule=10+8 ! hlsadsink "location=$WORK/parts/www" part-duration=1 "${ads[@]}"
  record_killed killed -- "${twice[@]}"
  record_killed parts-killed part-duration=1 -- "${twice[@]}"
  record_renditions renditions "$ad2"

  network=$(make_stream runs=1:0-999 gop=25 bframes=2 kbps=300 muxer=mpegtsmux wrap=12) || exit 99
  record wrap ! tssplicer name=s schedule=10+8 ! hlsadsink "location=$WORK/wrap/www" "${ads[@]}"

  network=$(make_stream runs=1:0-1199 gop=60 rate=30000/1001 bframes=2 kbps=300 muxer=mpegtsmux) || exit 99
  ad1=$(make_stream runs=2:0-119 gop=60 rate=30000/1001 bframes=2 kbps=250 muxer=mpegtsmux) || exit 99
  record rate ! tssplicer name=s schedule=10+8 ! hlsadsink "location=$WORK/rate/www" \
    filesrc "location=$ad1" ! s.ad_0 filesrc "location=$ad1" ! s.ad_1
}

# -- strict

read_strictly ()
{
  local modules=$here/../browser/node_modules name
  command -v node > /dev/null || skip "node is not installed"
  if [ ! -d "$modules/hls-parser" ]; then
    command -v npm > /dev/null || skip "npm is not installed"
    mkdir -p "$WORK/npm"
    cp "$here/../browser/package.json" "$here/../browser/package-lock.json" "$WORK/npm"
    (cd "$WORK/npm" && npm ci --no-audit --no-fund --ignore-scripts > npm.log 2>&1) || skip "npm cannot install hls-parser"
    modules=$WORK/npm/node_modules
  fi
  # and what test-hls-lint takes for faultless: low latency, renditions, cue tags
  CAPTURES=$WORK/faultless "$SUPPORT/test-hls-lint" -p /hls-lint/clean > "$WORK/faultless.log" || fail "test-hls-lint fails"
  for name in "$WORK"/*/capture "$WORK"/faultless/*; do
    NODE_PATH=$modules node "$here/../browser/read-strictly.cjs" "$name" || fail "hls-parser refuses $name"
  done
}

# -- readers

# Network paced as it is live, a break of two creatives, ENDLIST; sets origin and channel_pid. All segments stay
# listed: hlsdemux2 1.22 counts the positions of a playlist with ENDLIST from its first segment, and leaves out what
# it has not read yet when that is not the first one of the channel.
start_channel ()
{
  local ad1 ad2 i
  network=$(make_stream runs=1:0-499 gop=25 bframes=2 kbps=300 muxer=mpegtsmux) || exit 99
  ad1=$(make_stream runs=2:0-74 gop=25 bframes=0 kbps=250 muxer=mpegtsmux) || exit 99
  ad2=$(make_stream runs=3:0-74 gop=25 bframes=2 kbps=250) || exit 99
  # the second branch never ends, so that the origin is still there for the end of the playlist
  gst-launch-1.0 -v filesrc "location=$network" ! tsparse set-timestamps=true ! identity sync=true \
    ! tssplicer name=s schedule=10+6 \
    ! hlsadsink name=hls "location=$WORK/live" listen=127.0.0.1:0 playlist-length=0 \
    filesrc "location=$ad1" ! s.ad_0 filesrc "location=$ad2" ! s.ad_1 \
    audiotestsrc is-live=true wave=silence ! fakesink sync=true > "$WORK/live.log" 2>&1 &
  channel_pid=$!
  for ((i = 0; i < 200; i++)); do
    origin=$(sed -n 's/.*hls: listen = "\?\([0-9.]*:[1-9][0-9]*\).*/\1/p' "$WORK/live.log" | tail -1)
    if [ -n "$origin" ] && curl -sf "http://$origin/live/playlist.m3u8" 2> /dev/null | grep -c '^#EXTINF' | grep -q '[3-9]'; then
      return 0
    fi
    sleep 0.1
  done
  fail "the channel does not begin"
  tail -20 "$WORK/live.log"
  return 1
}

read_by_ffmpeg ()
{
  timeout 90 ffmpeg -nostdin -hide_banner -nostats -y -v warning -live_start_index 0 \
    -i "http://$origin/live/playlist.m3u8" -map 0:v:0 -fps_mode passthrough -pix_fmt gray -f rawvideo "$WORK/ffmpeg.gray" \
    -map 0:a:0 -f null - > "$WORK/ffmpeg.log" 2>&1
}

read_by_hlsdemux2 ()
{
  GST_DEBUG=${READER_DEBUG:-} timeout 90 gst-launch-1.0 -v playbin3 "uri=http://$origin/live/playlist.m3u8" \
    video-sink="videoconvert ! video/x-raw,format=GRAY8 ! filesink location=$WORK/hlsdemux2.gray" \
    audio-sink="fakesink" > "$WORK/hlsdemux2.log" 2>&1
}

# Every frame from where it came in to the end of the channel, each once.
judge_reader ()                 # NAME EXIT-STATUS COMPLAINTS
{
  local name=$1 rc=$2 complaints=$3 first runs=1:0-249,2:0-74,3:0-74,1:400-499
  [ "$rc" = 0 ] || { fail "$name: exit status $rc"; tail -5 "$WORK/$name.log"; }
  if grep -E "$complaints" "$WORK/$name.log" > "$WORK/complaints"; then
    fail "$name complains"
    head -5 "$WORK/complaints"
  fi
  [ -s "$WORK/$name.gray" ] || { fail "$name: no picture"; return; }
  head -c $((320 * 192)) "$WORK/$name.gray" | "$SUPPORT/pattern-read" --runs-out "$WORK/first" > /dev/null
  first=$(awk '{ print $1 ":" $2; exit }' "$WORK/first")
  case $first in
    1:*) runs=1:${first#1:}-249,${runs#*,} ;;
    *) fail "$name began at $first" ;;
  esac
  "$SUPPORT/pattern-read" --expect "$runs" < "$WORK/$name.gray" || fail "$name: not the frames of the channel"
}

read_all ()
{
  local rc_ffmpeg rc_gst reader
  for tool in curl ffmpeg; do
    command -v $tool > /dev/null || skip "$tool is not installed"
  done
  start_channel || return
  read_by_ffmpeg & reader=$!
  if gst-inspect-1.0 hlsdemux2 > /dev/null 2>&1; then
    read_by_hlsdemux2
    rc_gst=$?
    grep -q 'GstHLSDemux2' "$WORK/hlsdemux2.log" || fail "it is another demuxer that playbin3 took"
    judge_reader hlsdemux2 $rc_gst 'WARN|ERROR|CRITICAL'
  else
    echo "there is no hlsdemux2 here: ffmpeg alone"
  fi
  wait $reader
  rc_ffmpeg=$?
  # its demuxer tells of each discontinuity and of each playlist that it reads
  judge_reader ffmpeg $rc_ffmpeg 'error|Error|corrupt|invalid|Invalid|missing|Failed|non-monoton'
  kill "$channel_pid"
  wait "$channel_pid" 2> /dev/null
}

case $group in
  lint)
    record_all
    judge_captures
    ;;
  strict)
    only=${only:-twice mark rate renditions parts}
    record_all
    read_strictly
    ;;
  readers) read_all ;;
  *) echo "no group '$group'"; exit 2 ;;
esac
[ "$failures" = 0 ]
