#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What hlsadsink publishes, played in a headless Chromium: test-player.sh CASE PLAYER BUILD-DIR.
# PLAYER: one of players.cjs; `ivs`, which is not open, only with ADSPLICE_TEST_IVS=1: its licence is what whoever
# sets that has read. Exit status 77: a tool is missing.
#
#   plain   a channel without a break
#   break   a break of two creatives, the first one without B pictures where the network has two
#   short   the same in 20 s
#   long    three minutes with three breaks; viewers join before, in and after a break

set -eu

what=$1
player=$2
build_dir=$(cd "$3" && pwd)
here=$(cd "$(dirname "$0")" && pwd)

skip ()
{
  echo "$*"
  exit 77
}

command -v node > /dev/null || skip "node is not installed"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || skip "node is older than 18"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) \
  || skip "no Chromium is installed"

# npm's packages: those that setup.sh has put here, else for this run alone.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-browser.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
modules ()                      # FOLDER: prints where its node_modules are
{
  if [ -d "$1/node_modules" ]; then
    echo "$1/node_modules"
    return
  fi
  local copy
  copy=$tmp/$(basename "$1")
  mkdir -p "$copy"
  cp "$1/package.json" "$1/package-lock.json" "$copy"
  command -v npm > /dev/null || return 1
  (cd "$copy" && npm ci --no-audit --no-fund --ignore-scripts > "$copy/npm.log" 2>&1) || return 1
  echo "$copy/node_modules"
}
NODE_PATH=$(modules "$here") || skip "npm cannot install the players, playwright-core and hls-parser"

if [ "$player" = ivs ]; then
  [ "${ADSPLICE_TEST_IVS:-}" = 1 ] || skip "amazon-ivs-player is not open: ADSPLICE_TEST_IVS=1 fetches it from npm and tries it"
  mkdir "$tmp/ivs"
  (cd "$tmp/ivs" && npm install --no-audit --no-fund --ignore-scripts --no-package-lock --omit=optional \
    amazon-ivs-player@1.56.1 events@3.3.0 util@0.10.4 > npm.log 2>&1) || skip "npm cannot install amazon-ivs-player"
  PLAYER_MODULES=$tmp/ivs/node_modules
fi

export NODE_PATH PLAYER_MODULES=${PLAYER_MODULES:-$NODE_PATH}
export SUPPORT=$build_dir/tests/support SUPPORT_SOURCE=$here/../support MEDIA=$build_dir/test-media
# shellcheck source=tests/support/media.sh
. "$SUPPORT_SOURCE/media.sh"
if missing=$(media_missing); then
  skip "$missing"
fi

# Sources as in splice-case.sh: each picture says whose it is. GOPs of a second.
creative ()                     # SOURCE LAST-FRAME BFRAMES [MUXER]
{
  make_stream "runs=$1:0-$2" gop=25 "bframes=$3" kbps=250 "muxer=${4:-ffmpeg}"
}

splicer=()
ads=()
join=before
network_sources=1
case $what in
  plain)
    network=$(make_stream runs=1:0-449 gop=25 kbps=300 muxer=mpegtsmux)
    runs=1:0-449
    ;;
  break)
    network=$(make_stream runs=1:0-699 gop=25 bframes=2 kbps=300 muxer=mpegtsmux)
    splicer=('!' tssplicer name=s 'schedule=10+8')
    ads=("$(creative 2 99 0 mpegtsmux)" "$(creative 3 99 2)")
    runs=1:0-249,2:0-99,3:0-99,1:450-699
    ;;
  short)
    network=$(make_stream runs=1:0-499 gop=25 bframes=2 kbps=300 muxer=mpegtsmux)
    splicer=('!' tssplicer name=s 'schedule=10+6')
    ads=("$(creative 2 74 0 mpegtsmux)" "$(creative 3 74 2)")
    runs=1:0-249,2:0-74,3:0-74,1:400-499
    ;;
  long)
    # a counter goes to 4095: the second half is another source
    network=$(make_stream runs=1:0-2249,8:0-2249 gop=25 bframes=2 kbps=300 muxer=mpegtsmux)
    splicer=('!' tssplicer name=s 'schedule=20+12,75+12,130+12')
    for source in 2 3 4 5 6 7; do
      ads+=("$(creative "$source" 149 $((source % 2 * 2)) mpegtsmux)")
    done
    runs=1:0-499,2:0-149,3:0-149,1:800-1874,4:0-149,5:0-149,1:2175-2249,8:0-999,6:0-149,7:0-149,8:1300-2249
    network_sources=1,8
    join=before,in,after
    ;;
  *) echo "no case '$what'"; exit 2 ;;
esac

branches=()
for ad in "${ads[@]}"; do
  branches+=(filesrc "location=$ad" '!' "s.ad_$((${#branches[@]} / 4))")
done

# A live channel: paced by its own clock, with the origin on any free port. The second branch
# never ends, so that the origin is still there for the end of the playlist.
mkdir "$tmp/www"
node "$here/play.cjs" --player "$player" --runs "$runs" --network "$network_sources" --join "$join" \
  --www "$tmp/www" --work "$tmp" --chromium "$chromium" --capture "$tmp/capture" -- \
  "$SUPPORT/hls-recorder" "$tmp/www" "$tmp/capture" gst-launch-1.0 -v \
  filesrc "location=$network" '!' tsparse set-timestamps=true '!' identity sync=true "${splicer[@]}" \
  '!' hlsadsink name=hls "location=$tmp/www" listen=127.0.0.1:0 playlist-length=8 "${branches[@]}" \
  audiotestsrc is-live=true wave=silence '!' fakesink sync=true
