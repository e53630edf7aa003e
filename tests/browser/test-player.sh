#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What hlsadsink publishes, played by hls.js in a headless Chromium: test-player.sh CASE
# BUILD-DIR. Exit status 77: a tool is missing.
#
#   plain   a channel without a break
#   break   a break of two creatives, the first one without B pictures where the network has two

set -eu

what=$1
build_dir=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
web=$here/../../examples/web

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
test_modules=$(modules "$here") || skip "npm cannot install playwright-core and hls-parser"
web_modules=$(modules "$web") || skip "npm cannot install hls.js"

export SUPPORT=$build_dir/tests/support SUPPORT_SOURCE=$here/../support MEDIA=$build_dir/test-media
# shellcheck source=tests/support/media.sh
. "$SUPPORT_SOURCE/media.sh"
if missing=$(media_missing); then
  skip "$missing"
fi

mkdir "$tmp/www"
cp "$web/index.html" "$web/player.js" "$web/style.css" "$web_modules/hls.js/dist/hls.min.js" "$tmp/www"

# Sources as in splice-case.sh: each picture says whose it is. GOPs of a second.
case $what in
  plain)
    network=$(make_stream runs=1:0-449 gop=25 kbps=300)
    splicer=()
    ads=()
    runs=1:0-449
    ;;
  break)
    network=$(make_stream runs=1:0-699 gop=25 bframes=2 kbps=300)
    ad1=$(make_stream runs=2:0-99 gop=25 bframes=0 kbps=250 muxer=mpegtsmux)
    ad2=$(make_stream runs=3:0-99 gop=25 bframes=2 kbps=250)
    splicer=('!' tssplicer name=s 'schedule=10+8')
    ads=(filesrc "location=$ad1" '!' s.ad_0 filesrc "location=$ad2" '!' s.ad_1)
    runs=1:0-249,2:0-99,3:0-99,1:450-699
    ;;
  *) echo "no case '$what'"; exit 2 ;;
esac

export NODE_PATH=$test_modules CHROMIUM=$chromium RUNS=$runs WORK=$tmp
# A live channel: paced by its own clock, with the origin on any free port. The second branch
# never ends, so that the origin is still there for the end of the playlist.
node "$here/play.cjs" gst-launch-1.0 -v \
  filesrc "location=$network" '!' tsparse set-timestamps=true '!' identity sync=true "${splicer[@]}" \
  '!' hlsadsink name=hls "location=$tmp/www" listen=127.0.0.1:0 playlist-length=8 "${ads[@]}" \
  audiotestsrc is-live=true wave=silence '!' fakesink sync=true
