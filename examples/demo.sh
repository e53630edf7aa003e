#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A live channel with ads, in your browser:
#
#   sh examples/demo.sh [--every S] [--duration S] [--listen HOST:PORT] [--once S]
#
# It sets the machine up, builds adsplice, makes two creatives, starts an ad server that offers them,
# and runs a test channel through adsplicebin into hlsadsink. A break comes every minute (--every) and when you press
# b, and lasts 20 s (--duration); q or Ctrl-C ends it. --listen is where the channel is
# served, 127.0.0.1:8088 or the next port that is free. --once S ends it after S seconds.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build_dir=${ADSPLICE_BUILD_DIR:-$top/build}
creatives=$build_dir/demo/ads

case ${1:-} in
  -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac

# A test has built everything already and says so with its build folder.
if [ -z "${ADSPLICE_BUILD_DIR:-}" ]; then
  sh "$top/build-aux/setup.sh" --build-dir "$build_dir" build run web
fi

mkdir -p "$creatives"
make_creative ()
{
  [ ! -s "$creatives/$1" ] || return 0
  echo "demo: making $1"
  # Under another name until it is whole: a run that is cut short leaves nothing behind.
  sh "$top/examples/make-clip.sh" "$creatives/.$1.$$" 10 "$2" "$3" "$4"
  mv "$creatives/.$1.$$" "$creatives/$1"
}
make_creative tea-10s.ts 'AD 1: TEA' ball 660
make_creative bicycle-10s.ts 'AD 2: BICYCLES' colors 330

ads_log=$(mktemp "${TMPDIR:-/tmp}/adsplice-ads.XXXXXX")
store=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-creatives.XXXXXX")
location=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-demo.XXXXXX")
ads_pid=
# Its beacons are told to the ad server first: it goes last.
clean_up ()
{
  [ -z "$ads_pid" ] || kill "$ads_pid" 2> /dev/null || true
  rm -rf "$location" "$store" "$ads_log"
}
trap clean_up EXIT
# Ctrl-C is for the programme below, which ends its playlist; this shell waits for it.
trap : INT TERM HUP

# The page lies beside the playlist; hls.js is npm's, and only some browsers play HLS without it.
page=
web=$top/examples/web
if [ -f "$web/index.html" ]; then
  find "$web" -maxdepth 1 -type f \( -name '*.html' -o -name '*.js' -o -name '*.css' \) \
      -exec cp {} "$location" \;
  page=index.html
  if [ -f "$web/node_modules/hls.js/dist/hls.min.js" ]; then
    cp "$web/node_modules/hls.js/dist/hls.min.js" "$location"
  else
    echo "demo: hls.js is not here (npm did not get it): use Safari, or a player of yours"
  fi
fi

(trap '' INT HUP; exec "$build_dir/examples/ads-server" --listen 127.0.0.1:0 --media "$creatives") > "$ads_log" &
ads_pid=$!
ads=
while [ -z "$ads" ] && kill -0 "$ads_pid" 2> /dev/null; do
  ads=$(sed -n 's,^ads at \(http://[^/]*\)/vast.*,\1,p' "$ads_log")
  [ -n "$ads" ] || sleep 0.2
done
[ -n "$ads" ] || { echo "demo: the ad server does not start" >&2; exit 1; }
echo "  Ad server: $ads/vast, and what it has seen: $ads/beacons"

export GST_PLUGIN_PATH="$build_dir/plugin${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
status=0
"$build_dir/examples/demo-host" --location "$location" ${page:+--page "$page"} \
    --ads-url "$ads/vast?ads=2&pod=0&seconds=[session.avail_duration_secs]" \
    --creatives "$store" "$@" || status=$?
exit "$status"
