#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Several renditions of one channel into one hlsadsink, each through its own splicer: every version of
# every playlist is judged by hls-lint, with the renditions against each other.
#   hls-renditions.sh [CASE]
# Environment as splice-matrix.sh. Exit code 0, 1 (what is wrong is printed), 77 skipped, 99 no media.
set -u
only=${1:-}
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

# CASE LOW PROPERTY...: the high rendition is whole; both are read at the pace of their clock, twenty
# times too fast
record ()
{
  local name=$1 low=$2
  shift 2
  [ -z "$only" ] || [ "$only" = "$name" ] || return 0
  if ! timeout 120 "$SUPPORT/hls-recorder" "$WORK/$name/www" "$WORK/$name/capture" gst-launch-1.0 -m \
      hlsadsink name=h "location=$WORK/$name/www" "$@" \
      filesrc "location=$high" blocksize=18800 ! identity sleep-time=20000 ! tssplicer name=s schedule=10+8 ! h.sink_0 \
      filesrc "location=$ad1" ! s.ad_0 filesrc "location=$ad2" ! s.ad_1 \
      filesrc "location=$low" blocksize=14570 ! identity sleep-time=20000 ! tssplicer name=t schedule=10+8 ! h.sink_1 \
      filesrc "location=$ad1" ! t.ad_0 filesrc "location=$ad2" ! t.ad_1 > "$WORK/$name.log" 2>&1 \
      || grep -qE 'WARN|ERROR|CRITICAL|\((warning|error)\)' "$WORK/$name.log"; then
    fail "$name: gst-launch-1.0 fails or complains"
    tail -20 "$WORK/$name.log"
  fi
  "$SUPPORT/hls-lint" --ended "$WORK/$name/capture" || fail "$name: hls-lint finds something"
}

high=$(make_stream runs=1:0-999 gop=25 bframes=2 kbps=300 muxer=mpegtsmux) || exit 99
low=$(make_stream runs=1:0-999 gop=25 bframes=2 kbps=150 muxer=mpegtsmux) || exit 99
ad1=$(make_stream runs=2:0-99 gop=25 bframes=0 kbps=250 muxer=mpegtsmux) || exit 99
ad2=$(make_stream runs=3:0-99 gop=25 bframes=2 kbps=250 muxer=mpegtsmux) || exit 99

record two "$low" playlist-length=6
record all "$low" playlist-length=0

# The lower one ends in the break: gaps, and the same discontinuities, to the end.
half=$WORK/half.ts
head -c $(($(stat -c %s "$low") / 188 * 2 / 5 * 188)) "$low" > "$half"
record dies "$half" playlist-length=0
if [ -z "$only" ] || [ "$only" = dies ]; then
  for list in v0 v1; do
    grep -c '^#EXT-X-DISCONTINUITY$' "$WORK/dies/www/$list.m3u8"
  done | uniq | wc -l | grep -q '^1$' || fail "dies: not as many discontinuities"
  grep -q '^#EXT-X-GAP$' "$WORK/dies/www/v1.m3u8" || fail "dies: no gaps"
  ! grep -q '^v1.m3u8$' "$WORK/dies/www/master.m3u8" || fail "dies: it is still in master.m3u8"
fi
# Pictures with sound, and the sound alone, of one stream; breaks are in the segments too.
if [ -z "$only" ] || [ "$only" = sound ]; then
  www=$WORK/sound/www
  timeout 120 "$SUPPORT/hls-recorder" "$www" "$WORK/sound/capture" gst-launch-1.0 -m \
      hlsadsink name=h "location=$www" playlist-length=0 timed-metadata=true sink_1::audio-only=true \
      sink_1::rendition=sound filesrc "location=$high" blocksize=18800 ! identity sleep-time=20000 \
      ! tssplicer name=s schedule=10+8 ! tee name=x ! h.sink_0 x. ! h.sink_1 \
      filesrc "location=$ad1" ! s.ad_0 filesrc "location=$ad2" ! s.ad_1 > "$WORK/sound.log" 2>&1 \
      || { fail "sound: gst-launch-1.0 fails"; tail -20 "$WORK/sound.log"; }
  "$SUPPORT/hls-lint" --ended "$WORK/sound/capture" || fail "sound: hls-lint finds something"
  grep -B1 '^sound.m3u8$' "$www/master.m3u8" | grep -q 'CODECS="mp4a.40.2"$' \
      || fail "sound: not a variant of sound alone: $(cat "$www/master.m3u8")"
  cuts='^#EXTINF|^#EXT-X-PROGRAM-DATE-TIME|^#EXT-X-DISCONTINUITY'
  diff <(grep -E "$cuts" "$www/v0.m3u8") <(grep -E "$cuts" "$www/sound.m3u8") || fail "sound: cut elsewhere"
  if command -v ffprobe > /dev/null; then
    cat "$www"/m/sound-*.ts > "$WORK/sound.ts"
    cat "$www"/m/v0-*.ts > "$WORK/v0.ts"
    [ "$(ffprobe -v error -show_entries stream=codec_name -of csv=p=0 "$WORK/sound.ts" | sort -u | xargs)" = \
        "aac timed_id3" ] || fail "sound: other streams than AAC and ID3"
    for what in sound v0; do
      ffprobe -v error -select_streams d -show_packets -show_data "$WORK/$what.ts" > "$WORK/$what.id3"
      # the tag of the first creative is that of the break, too
      [ "$(grep -c '^pts=' "$WORK/$what.id3")" = 3 ] || fail "$what: not three ID3 tags"
    done
    diff <(grep '^pts=' "$WORK/v0.id3") <(grep '^pts=' "$WORK/sound.id3") || fail "sound: ID3 tags elsewhere"
  fi
  # as a player reads them
  browser=$(dirname "$0")/../browser
  if command -v node > /dev/null && [ -d "$browser/node_modules/mux.js" ]; then
    NODE_PATH=$browser/node_modules node "$browser/read-id3.cjs" "$WORK/sound.ts" > "$WORK/tags" \
        || fail "sound: mux.js reads no tags"
    [ "$(cut -d' ' -f2 "$WORK/tags" | xargs)" = \
        "AdBreakStart AdCreativeStart AdCreativeEnd AdCreativeStart AdCreativeEnd AdBreakEnd" ] \
        || fail "sound: mux.js reads $(cat "$WORK/tags")"
  else
    echo "no node or no mux.js: ID3 tags are not read as a player does"
  fi
fi
[ "$failures" = 0 ]
