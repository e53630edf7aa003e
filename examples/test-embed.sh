#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The embedding program on a file in real time: test-embed.sh BUILD-DIR. A break on the
# timer and one on the key b; a creative that is not there costs an ad, not the programme.
# Exit status 77: a tool is missing.

set -eu

build_dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)

for tool in gst-launch-1.0 ffmpeg; do
  command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
for element in x264enc textoverlay mpegtsmux; do
  gst-inspect-1.0 --exists "$element" || { echo "no GStreamer element $element here"; exit 77; }
done

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-test-embed.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
export GST_PLUGIN_PATH="$build_dir/plugin" GST_REGISTRY="$tmp/registry.bin"

die ()
{
  printf 'test-embed.sh: %s\n' "$*" >&2
  cat "$tmp/log" >&2 2> /dev/null || true
  exit 1
}

pictures ()
{
  ffmpeg -nostdin -v error -xerror -i "$1" -map 0:v -f framemd5 - | sed -n 's/.*, *\([0-9a-f]\{32\}\)$/\1/p'
}

sh "$here/make-clip.sh" "$tmp/network.ts" 20 PROGRAMME smpte 440
sh "$here/make-clip.sh" "$tmp/ad.ts" 3 AD ball 660

# The timer at 4 s, 8 s, ...; the key in the break of 4 s is refused.
(sleep 5; echo b) | timeout -k 5 60 "$build_dir/examples/embed" --every 4 --duration 3 \
    "$tmp/network.ts" "$tmp/out.ts" "$tmp/missing.ts" "$tmp/ad.ts" > "$tmp/log" 2>&1 \
    || die "embed ended with $?"
grep -q 'cannot read .*missing.ts' "$tmp/log" || die "the missing creative was not reported"
grep -q 'insert-ad-break: refused' "$tmp/log" || die "a second break was not refused"
started=$(grep -c 'ad-break-state-change.*state=(string)started' "$tmp/log" || true)
[ "$started" -ge 3 ] || die "$started breaks started instead of 3 or more"
grep -q 'event AdBreakStart' "$tmp/log" || die "no AdBreakStart came downstream"

pictures "$tmp/out.ts" > "$tmp/out"
pictures "$tmp/ad.ts" > "$tmp/ad"
[ "$(wc -l < "$tmp/out")" -eq 500 ] || die "$(wc -l < "$tmp/out") pictures instead of 500"
first=$(head -n 1 "$tmp/ad")
[ "$(grep -c "$first" "$tmp/out")" -eq "$started" ] || die "the ad does not begin $started times"
