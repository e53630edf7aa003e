#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What hlsadsink publishes, played in a headless Chromium: test-player.sh CASE PLAYER BUILD-DIR.
# PLAYER: one of players.cjs; `ivs`, which is not open, only with ADSPLICE_TEST_IVS=1: its licence is what whoever
# sets that has read. TRACE=FOLDER: what each viewer saw is left there. Exit status 77: a tool is missing.
#
#   plain   a channel without a break
#   break   a break of two creatives, the first one without B pictures where the network has two
#   short   the same in 20 s
#   switch  two renditions, from one to the other in each creative of a break
#   conditioned  the same with creatives of another codec that adconditionbin has made fit each rendition
#   ll      low latency: parts of a third of a second, GOPs of a second; 20 s with a break
#   ll-idr  the same with GOPs as long as a part, so that each part begins with an IDR
#   ll-switch  the same in two renditions, from one to the other in each creative
#   ll-long three minutes of ll-switch with three breaks; viewers join before, in and after a break
#   long    three minutes with three breaks; viewers join before, in and after a break; two
#           renditions as in switch, but for ivs

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
runs=
network_runs=
schedule=
ads=()                          # SOURCE:LAST-FRAME:BFRAMES, each on a pad of its own
sizes=(320x192)                 # a rendition each
gop=25
parts=()                        # options of hlsadsink
join=before
network_sources=1
length=8                        # of the playlist
condition=                      # the program, where creatives are made to fit
case $what in
  plain)
    network_runs=1:0-449
    runs=1:0-449
    ;;
  break)
    network_runs=1:0-699
    schedule=10+8
    ads=(2:99:0 3:99:2:ffmpeg)
    runs=1:0-249,2:0-99,3:0-99,1:450-699
    ;;
  short)
    network_runs=1:0-499
    schedule=10+6
    ads=(2:74:0 3:74:2:ffmpeg)
    runs=1:0-249,2:0-74,3:0-74,1:400-499
    ;;
  ll)
    network_runs=1:0-499
    schedule=10+6
    ads=(2:74:0 3:74:2:ffmpeg)
    runs=1:0-249,2:0-74,3:0-74,1:400-499
    parts=(part-duration=0.333333 part-align=any)
    ;;
  ll-idr | ll-switch)
    # parts of 8 frames
    network_runs=1:0-511
    schedule=10.24+6.4
    ads=(2:79:0 3:79:2:ffmpeg)
    runs=1:0-255,2:0-79,3:0-79,1:416-511
    parts=(part-duration=0.333333)
    gop=8
    [ "$what" = ll-idr ] || sizes=(320x192 640x384)
    ;;
  ll-long)
    network_runs=1:0-2247,8:0-2247
    schedule=20.48+12.8,75.52+12.8,130.56+12.8
    ads=(2:159:0 3:159:2 4:159:0 5:159:2 6:159:0 7:159:2)
    runs=1:0-511,2:0-159,3:0-159,1:832-1887,4:0-159,5:0-159,1:2208-2247,8:0-1015,6:0-159,7:0-159,8:1336-2247
    network_sources=1,8
    join=before,in,after
    parts=(part-duration=0.333333)
    gop=8
    sizes=(320x192 640x384)
    # hls.js that returns to a rendition of whose last version nothing is listed any more guesses where it is from the mean
    # length of segments, and with those that end at breaks it is wrong: the window holds the time from break to break
    length=40
    ;;
  switch)
    network_runs=1:0-749
    schedule=10+12
    ads=(2:149:0 3:149:2)
    runs=1:0-249,2:0-149,3:0-149,1:550-749
    sizes=(320x192 640x384)
    ;;
  conditioned)
    network_runs=1:0-749
    schedule=10+12
    ads=(2:149:2 3:149:2)
    runs=1:0-249,2:0-149,3:0-149,1:550-749
    sizes=(320x192 640x384)
    condition=$build_dir/examples/ad-condition
    if ! [ -x "$condition" ] || ! gst-inspect-1.0 adconditionbin > /dev/null 2>&1; then
      skip "adconditionbin is not built here"
    fi
    ;;
  long)
    # a counter goes to 4095: the second half is another source
    network_runs=1:0-2249,8:0-2249
    schedule=20+12,75+12,130+12
    ads=(2:149:0 3:149:2 4:149:0 5:149:2 6:149:0 7:149:2)
    runs=1:0-499,2:0-149,3:0-149,1:800-1874,4:0-149,5:0-149,1:2175-2249,8:0-999,6:0-149,7:0-149,8:1300-2249
    network_sources=1,8
    join=before,in,after
    # Amazon says of its own player that a switch in an ad can freeze it
    [ "$player" = ivs ] || sizes=(320x192 640x384)
    ;;
  *) echo "no case '$what'"; exit 2 ;;
esac

options=()
[ "${#sizes[@]}" = 1 ] || options=(--master --switch)
[ "${#parts[@]}" = 0 ] || options+=(--low-latency)
[ -z "${TRACE:-}" ] || options+=(--trace "$TRACE")

# creative_for NETWORK SOURCE LAST BFRAMES KBPS SIZE MUXER: prints its path
creative_for ()
{
  if [ -n "$condition" ]; then
    local made=$tmp/ad-$2-$6.ts
    "$condition" --quiet --like="$1" "$(make_stream "runs=$2:0-$3" codec=mpeg2 audio=mp2 kbps=1500)" "$made" >&2
    echo "$made"
  else
    make_stream "runs=$2:0-$3" "gop=$gop" "bframes=$4" "kbps=$5" "size=$6" "muxer=${7:-mpegtsmux}"
  fi
}

# A rendition: its network through its own splicer, its creatives in its own size. It comes in pieces of a datagram, as live
# sources do: tsparse that can read the file itself takes 100 packets at a time, a third of a second and more here, and parts
# come as late as that.
branches=()
for ((i = 0; i < ${#sizes[@]}; i++)); do
  size=${sizes[i]} kbps=$((300 * (i + 1)))
  network=$(make_stream "runs=$network_runs" "gop=$gop" bframes=2 "kbps=$kbps" "size=$size" muxer=mpegtsmux)
  branches+=(filesrc blocksize=1316 "location=$network" '!' queue '!' tsparse set-timestamps=true '!' identity sync=true '!')
  [ -z "$schedule" ] || branches+=(tssplicer "name=s$i" "schedule=$schedule" '!')
  branches+=("hls.sink_$i")
  for ((k = 0; k < ${#ads[@]}; k++)); do
    IFS=: read -r source last bframes muxer <<< "${ads[k]}"
    ad=$(creative_for "$network" "$source" "$last" "$bframes" "$((kbps * 5 / 6))" "$size" "$muxer")
    branches+=(filesrc "location=$ad" '!' "s$i.ad_$k")
  done
done

# A live channel: paced by its own clock, with the origin on any free port. The last branch
# never ends, so that the origin is still there for the end of the playlist.
mkdir "$tmp/www"
node "$here/play.cjs" --player "$player" --runs "$runs" --network "$network_sources" --join "$join" "${options[@]}" \
  --www "$tmp/www" --work "$tmp" --chromium "$chromium" --capture "$tmp/capture" -- \
  "$SUPPORT/hls-recorder" "$tmp/www" "$tmp/capture" gst-launch-1.0 -v \
  hlsadsink name=hls "location=$tmp/www" listen=127.0.0.1:0 "playlist-length=$length" "${parts[@]}" "${branches[@]}" \
  audiotestsrc is-live=true wave=silence '!' fakesink sync=true
