#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# hlsadsink is killed (SIGKILL) again and again and started in the same folder: every version of its
# playlist must follow the one before it as if nothing had happened but one discontinuity.
#   hls-restart.sh [SEED]
# Environment as splice-matrix.sh. Exit code 0, 1 (what is wrong is printed), 77 skipped, 99 no media.
set -u
RANDOM=${1:-7}
. "$SUPPORT_SOURCE/media.sh"

if missing=$(media_missing); then
  echo "SKIP: $missing"
  exit 77
fi
if ! gst-inspect-1.0 hlsadsink > /dev/null 2>&1; then
  echo "SKIP: there is no element hlsadsink on GST_PLUGIN_PATH"
  exit 77
fi
WORK=${WORK:-$(mktemp -d)}
[ -n "${KEEP:-}" ] || trap 'rm -rf "$WORK"' EXIT
network=$(make_network muxer=mpegtsmux gop=25) || exit 99
runs=4 chunk=18800

feed ()                         # some twenty times faster than real time, so that it is killed somewhere
{
  local i n=$(($(stat -L -c %s "$network") / chunk))
  for ((i = 0; i < n; i++)); do
    dd if="$network" bs=$chunk skip=$i count=1 2> /dev/null
    sleep 0.02
  done
}

segments ()                     # published so far
{
  grep -o '"number":[0-9]*' "$WORK/www/live.timeline" 2> /dev/null | sed -n '$s/.*://p'
}

# Killed with three segments more than before, a moment later.
run_and_kill ()
{
  local before now pid i
  before=$(segments)
  feed | gst-launch-1.0 -q fdsrc ! hlsadsink location="$WORK/www" playlist-length=6 &
  pid=$!
  for ((i = 0; i < 200; i++)); do
    now=$(segments)
    [ "${now:-0}" -ge $((${before:-0} + 4)) ] && break
    sleep 0.05
  done
  sleep "0.$((RANDOM % 90 + 10))"
  kill -9 $pid
  wait $pid 2> /dev/null
  # half a line, as if it had been killed there
  [ $((RANDOM % 2)) = 0 ] || printf '{"kind":"segm' >> "$WORK/www/live.timeline"
}

if [ "${2:-}" = run ]; then
  for ((run = 0; run < runs; run++)); do
    run_and_kill
  done
  exit 0
fi

WORK=$WORK KEEP=1 "$SUPPORT/hls-recorder" "$WORK/www" "$WORK/capture" bash "$0" "$RANDOM" run 2> /dev/null
# between two runs nobody can write in time
if ! "$SUPPORT/hls-lint" --skip E24 "$WORK/capture"; then
  cat "$WORK/www/playlist.m3u8"
  exit 1
fi
list=$WORK/www/playlist.m3u8
sequence=$(sed -n 's/^#EXT-X-MEDIA-SEQUENCE://p' "$list")
discontinuities=$(($(sed -n 's/^#EXT-X-DISCONTINUITY-SEQUENCE://p' "$list") + $(grep -c '^#EXT-X-DISCONTINUITY$' "$list")))
if [ "$discontinuities" != $((runs - 1)) ] || [ "$sequence" -lt $(((runs - 1) * 4 - 6)) ] \
    || grep -q '^#EXT-X-ENDLIST' "$list"; then
  echo "VIOLATION restart: $discontinuities discontinuities, MEDIA-SEQUENCE $sequence, or an end"
  cat "$list"
  exit 1
fi
echo "$runs runs, $((runs - 1)) discontinuities, MEDIA-SEQUENCE $sequence"
