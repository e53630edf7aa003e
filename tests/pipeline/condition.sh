#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Creatives through adconditionbin, judged by others: ts-check, ffmpeg, the frame counter, the splicer.
#   condition.sh GROUP [CASE]
#   units    every run of consecutive units is a legal stream and decodes to exactly its frames
#   splice   a conditioned creative in a break: nothing misfits, every picture is there
#   forms    rates, sizes, layouts, no sound, too loud: length, loudness, sound with the picture
#   corpus   real creatives to real renditions; none would be refused, none misfits
# Environment: SUPPORT, SUPPORT_SOURCE, MEDIA as splice-matrix.sh; CHECK (adsplice-check), CONDITION (ad-condition); ADSPLICE_CORPUS;
# WORK: folder for results (default a temporary one); KEEP=1: leave them.
# Exit code 0, 1 (what is wrong is printed), 77 skipped.
set -u
group=${1:?a group is wanted: units splice forms corpus}
only=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
. "$SUPPORT_SOURCE/media.sh"
corpus=${ADSPLICE_CORPUS:-$here/../../../shared/corpus}
KEEP=${KEEP:-}
failures=0
ran=0

skip ()
{
  echo "SKIP: $1"
  exit 77
}

if missing=$(media_missing); then
  skip "$missing"
fi
gst-inspect-1.0 adconditionbin > /dev/null 2>&1 || skip "there is no element adconditionbin on GST_PLUGIN_PATH"
[ "$group" != corpus ] || [ -d "$corpus/creatives" ] || skip "there is no corpus of real streams (ADSPLICE_CORPUS)"
if [ -z "${WORK:-}" ]; then
  WORK=$(mktemp -d)
  [ -n "$KEEP" ] || trap 'rm -rf "$WORK"' EXIT
fi
mkdir -p "$WORK"

wanted ()                       # NAME
{
  [ -z "$only" ] || [ "$only" = "$1" ]
}

result ()                       # NAME REASON: none is success
{
  ran=$((ran + 1))
  if [ -z "$2" ]; then
    echo "ok $1"
  else
    echo "not ok $1: $2"
    failures=$((failures + 1))
  fi
}

# codec_there CODEC: a codec that nothing encodes here is left out, with a word
codec_there ()
{
  case $1 in
    h264) gst-inspect-1.0 x264enc > /dev/null 2>&1 ;;
    hevc) gst-inspect-1.0 x265enc > /dev/null 2>&1 ;;
    mpeg2) gst-inspect-1.0 adconditionbin > /dev/null 2>&1 && [ "${MPEG2:-yes}" = yes ] ;;
  esac && return 0
  echo "SKIP $1: nothing encodes it here"
  return 1
}

# condition IN LIKE OUT property...: what is wrong is printed
condition ()
{
  local in=$1 like=$2 out=$3 log=$3.log
  shift 3
  rm -f "$out" "$out.json"
  if ! timeout 120 gst-launch-1.0 -m filesrc location="$in" ! adconditionbin like="$like" units-location="$out.json" "$@" ! \
      filesink location="$out" > "$log" 2>&1; then
    echo "gst-launch-1.0 fails: $(grep -m1 ERROR "$log")"
  elif grep -qE 'WARN|CRITICAL|\((warning|error)\)' "$log"; then
    echo "it complains: $(grep -m1 -E 'WARN|CRITICAL|\((warning|error)\)' "$log")"
  fi
}

# unit_fields JSON: a line "offset bytes frames pts" for each unit
unit_fields ()
{
  grep -o '"offset":[0-9]*,"bytes":[0-9]*,"frames":[0-9]*,"pts_90k":[0-9]*' "$1" | tr -c '0-9\n' ' ' |
    awk '{ print $1, $2, $3, $(NF) }'
}

# check_stream TS FIRST LAST: legal, and these pictures of source 2, all of them right
check_stream ()
{
  local ts=$1 folder=$WORK/decoded complaint
  complaint=$("$SUPPORT/ts-check" --max-pcr-interval 40 --min-dts-pcr 0 "$ts" 2>&1) || {
    echo "ts-check: $(grep -m1 VIOLATION <<< "$complaint")"
    return
  }
  rm -rf "$folder"
  complaint=$(decode_stream "$ts" "$folder") || { echo "$complaint" | head -2 | tr '\n' ' '; return; }
  "$SUPPORT/pattern-read" --expect "2:$2-$3" --runs-out "$folder/runs" < "$folder/v.gray" > "$folder/log" || head -1 "$folder/log"
}

# check_sound AD NETWORK UNIT: its ticks come with the same pictures as before; at its own loudness,
# because the judge knows a tick by its height.
check_sound ()
{
  local ad=$1 network=$2 unit=$3 lufs wrong
  [ -n "$(ffprobe -v error -select_streams a -show_entries stream=index -of csv=p=0 "$network")" ] || return
  stream_facts "$ad" 25/1 || { echo "no facts of $ad"; return; }
  lufs=$(grep -o 'loudness-before=(double)[-0-9.]*' "$WORK/ad.ts.log" | head -1 | sed 's/.*)//' | cut -c1-6)
  wrong=$(condition "$ad" "$network" "$WORK/loud.ts" "unit=$unit" "loudness=$lufs")
  [ -z "$wrong" ] || { echo "$wrong"; return; }
  rm -rf "$WORK/decoded"
  decode_stream "$WORK/loud.ts" "$WORK/decoded" || return
  "$SUPPORT/pattern-read" --runs-out "$WORK/decoded/runs" < "$WORK/decoded/v.gray" > /dev/null
  "$SUPPORT/tick-read" --pcm "$WORK/decoded/a.pcm" --audio-times "$WORK/decoded/a.crc" --video-times "$WORK/decoded/v.crc" \
    --runs "$WORK/decoded/runs" --rate 25/1 --tolerance 1 --baseline "$ad.ticks" | grep -m1 VIOLATION
}

# --- units --------------------------------------------------------------------------

units_one ()                    # NAME "NETWORK SETTINGS" UNIT
{
  local name=$1 settings=$2 unit=$3 network ad out=$WORK/ad.ts wrong n i j first last from to
  wanted "$name" || return 0
  # shellcheck disable=SC2086 # settings are words
  network=$(make_network $settings) && ad=$(make_creative 2 7 bframes=0) || { result "$name" "no media"; return; }
  wrong=$(condition "$ad" "$network" "$out" "unit=$unit")
  [ -z "$wrong" ] && wrong=$(check_stream "$out" 0 174)
  [ -z "$wrong" ] && wrong=$(check_sound "$ad" "$network" "$unit")
  unit_fields "$out.json" > "$WORK/units"
  n=$(wc -l < "$WORK/units")
  [ -z "$wrong" ] && [ "$n" != $(((175 + unit - 1) / unit)) ] && wrong="there are $n units"
  for ((i = 1; i <= n && ${#wrong} == 0; i++)); do
    for ((j = i; j <= n && ${#wrong} == 0; j += i == 1 ? 1 : 2)); do
      from=$(sed -n "${i}p" "$WORK/units" | cut -d' ' -f1)
      to=$(sed -n "${j}p" "$WORK/units" | awk '{ print $1 + $2 }')
      first=$(((i - 1) * unit))
      last=$((j == n ? 174 : j * unit - 1))
      tail -c +$((from + 1)) "$out" | head -c $((to - from)) > "$WORK/run.ts"
      [ "$(od -An -tx1 -N3 "$WORK/run.ts" | tr -d ' ')" = 474000 ] || wrong="unit $i does not begin with a PAT"
      [ -z "$wrong" ] && wrong=$(check_stream "$WORK/run.ts" $first $last)
      [ -n "$wrong" ] && wrong="units $i to $j: $wrong"
    done
  done
  result "$name" "$wrong"
}

# What fits already is not encoded again: condition what was conditioned.
kept_one ()                     # NAME "NETWORK SETTINGS" UNIT
{
  local name=$1 settings=$2 unit=$3 network ad wrong
  wanted "$name" || return 0
  # shellcheck disable=SC2086 # settings are words
  network=$(make_network $settings) && ad=$(make_creative 2 7 bframes=0) || { result "$name" "no media"; return; }
  wrong=$(condition "$ad" "$network" "$WORK/first.ts" "unit=$unit")
  [ -z "$wrong" ] && wrong=$(condition "$WORK/first.ts" "$network" "$WORK/ad.ts" "unit=$unit" loudness=-30)
  [ -z "$wrong" ] && ! grep -q 'video-kept=(boolean)true' "$WORK/ad.ts.log" && wrong="its pictures are encoded again"
  [ -z "$wrong" ] && wrong=$(check_stream "$WORK/ad.ts" 0 174)
  [ -z "$wrong" ] && [ "$(pictures_of "$WORK/first.ts")" != "$(pictures_of "$WORK/ad.ts")" ] && wrong="its pictures are others"
  [ -z "$wrong" ] && [ "$(loudness_of "$WORK/ad.ts")" -gt -290 ] && wrong="its loudness is $(loudness_of "$WORK/ad.ts") tenths of a LUFS, not -300"
  # other units, or another rate, do not fit
  [ -z "$wrong" ] && wrong=$(condition "$WORK/first.ts" "$network" "$WORK/ad.ts" "unit=$((unit + 5))")
  [ -z "$wrong" ] && grep -q 'video-kept=(boolean)true' "$WORK/ad.ts.log" && wrong="units of another length pass for these"
  [ -z "$wrong" ] && wrong=$(check_stream "$WORK/ad.ts" 0 174)
  result "$name" "$wrong"
}

pictures_of ()                  # TS
{
  ffmpeg -nostdin -v error -i "$1" -map 0:v -c copy -f data - | sha256sum
}

units ()
{
  codec_there h264 && {
    units_one h264-aac "bframes=3" 50
    units_one h264-one-reference "bframes=2 audio=mp2" 30
    units_one h264-no-b "bframes=0 audio=ac3 pcr_pid=1" 25
    units_one h264-long "bframes=3 audio=none" 100
    kept_one h264-kept "bframes=3" 50
  }
  codec_there hevc && units_one hevc "codec=hevc bframes=3" 50 && kept_one hevc-kept "codec=hevc bframes=3" 50
  codec_there mpeg2 && units_one mpeg2 "codec=mpeg2 bframes=2 gop=12 audio=mp2" 12 && kept_one mpeg2-kept "codec=mpeg2 bframes=2 gop=12 audio=mp2" 12
}

# --- splice -------------------------------------------------------------------------

splice_one ()                   # NAME "NETWORK SETTINGS"
{
  local name=$1 settings=$2 network ad out=$WORK/ad.ts spliced=$WORK/spliced.ts wrong
  wanted "$name" || return 0
  # shellcheck disable=SC2086 # settings are words
  network=$(make_network $settings) && ad=$(make_creative 2 10 bframes=0) || { result "$name" "no media"; return; }
  wrong=$(condition "$ad" "$network" "$out")
  if [ -z "$wrong" ] && ! timeout 60 gst-launch-1.0 -m tssplicer name=s schedule=12+10 filesrc location="$network" ! s.sink \
      filesrc location="$out" ! s.ad_0 s.src ! filesink location="$spliced" > "$WORK/splice.log" 2>&1; then
    wrong="gst-launch-1.0 fails"
  fi
  [ -z "$wrong" ] && ! grep -q 'state=(string)ended,' "$WORK/splice.log" && wrong="no break ends: $(grep -o 'detail=[^;]*' "$WORK/splice.log" | head -1)"
  [ -z "$wrong" ] && grep -q 'mismatch' "$WORK/splice.log" && wrong="the splicer reports a mismatch"
  [ -z "$wrong" ] && wrong=$("$SUPPORT/ts-check" --reference "$network" --source ad="$out" --whole-creatives \
      --cut-frames 300,550 "$spliced" 2>&1 | grep -m1 VIOLATION)
  [ -z "$wrong" ] && { rm -rf "$WORK/decoded"; wrong=$(decode_stream "$spliced" "$WORK/decoded"); }
  [ -z "$wrong" ] && wrong=$("$SUPPORT/pattern-read" --expect 1:0-299,2:0-249,1:550-999 < "$WORK/decoded/v.gray" | grep -m1 VIOLATION)
  result "$name" "$wrong"
}

splice ()
{
  codec_there h264 && {
    splice_one h264-b3 "bframes=3"
    splice_one h264-b2-au "bframes=2 pes=au audio=ac3"
    splice_one h264-b0-tracks "bframes=0 tracks=2"
    splice_one h264-cbr "bframes=3 muxrate=700"
  }
  codec_there hevc && splice_one hevc "codec=hevc bframes=3"
  codec_there mpeg2 && splice_one mpeg2 "codec=mpeg2 bframes=2 gop=10 audio=mp2 kbps=800"
}

# --- forms --------------------------------------------------------------------------

# loudness_of FILE: integrated, in tenths of a LU
loudness_of ()
{
  ffmpeg -nostdin -hide_banner -nostats -i "$1" -af ebur128 -f null - 2>&1 | sed -n 's/^ *I: *\(-*[0-9]*\)\.\([0-9]\) LUFS$/\1\2/p' | tail -1
}

# form_one NAME FRAMES OF_THE_RENDITION LOUDNESS "VIDEO" "AUDIO, or none" property...
form_one ()
{
  local name=$1 frames=$2 lufs=$3 video=$4 audio=$5 out=$WORK/ad.ts wrong got input=$WORK/in.mp4
  shift 5
  wanted "$name" || return 0
  local sound=(-f lavfi -i "$audio" -c:a aac)
  [ "$audio" = none ] && sound=(-an)
  # shellcheck disable=SC2086
  ffmpeg -nostdin -v error -y -f lavfi -i "$video" "${sound[@]}" -c:v libx264 -preset ultrafast -pix_fmt yuv420p ${FORM_OPTIONS:-} \
    "$input" || { result "$name" "no media"; return; }
  wrong=$(condition "$input" "$like" "$out" "$@")
  [ -z "$wrong" ] && wrong=$("$SUPPORT/ts-check" --max-pcr-interval 40 --min-dts-pcr 0 "$out" 2>&1 | grep -m1 VIOLATION)
  got=$(ffprobe -v error -select_streams v:0 -count_frames -show_entries stream=nb_read_frames,width,height -of csv=p=0 "$out" | head -1)
  [ -z "$wrong" ] && [ "$got" != "320,192,$frames" ] && wrong="it has $got, not 320,192,$frames"
  got=$(loudness_of "$out")
  [ -z "$wrong" ] && [ $((got - lufs)) -gt 5 ] && wrong="its loudness is $got tenths of a LUFS, not $lufs"
  [ -z "$wrong" ] && [ $((lufs - got)) -gt 5 ] && wrong="its loudness is $got tenths of a LUFS, not $lufs"
  got=$(ffprobe -v error -show_entries packet=codec_type,pts,duration -of csv=p=0 "$out" | tr -d ' ' | grep -E '^(audio|video),' |
    awk -F, '{ if (!($1 in s) || $2 < s[$1]) s[$1] = $2; if (!($1 in e) || $2 + $3 > e[$1]) e[$1] = $2 + $3 }
      END { a = s["audio"] - s["video"]; b = e["audio"] - e["video"];
        if (a > 90 || a < -1920 || b > 1000 || b < -1000) printf "sound begins %d and ends %d ticks behind the picture", a, b }')
  [ -z "$wrong" ] && wrong=$got
  result "$name" "$wrong"
}

forms ()
{
  local sine="sine=f=997:r=44100:d=6" like
  codec_there h264 || return 0
  like=$(make_network bframes=2) || { result network "no media"; return; }
  form_one mono-25 150 -240 "testsrc2=s=640x384:r=25:d=6" "$sine,volume=3dB"
  form_one rate-59.94 150 -240 "testsrc2=s=640x384:r=60000/1001:d=6" "$sine"
  form_one rate-24 150 -240 "testsrc2=s=640x384:r=24:d=6" "$sine"
  form_one rate-15 150 -240 "testsrc2=s=321x385:r=15:d=6,scale=322:386" "$sine"
  form_one loud 150 -240 "testsrc2=s=640x384:r=25:d=6" "aevalsrc=clip(3*sin(2*PI*440*t)\\,-1\\,1)|clip(3*sin(2*PI*450*t)\\,-1\\,1):d=6"
  form_one ebu 150 -230 "testsrc2=s=640x384:r=25:d=6" "$sine" loudness=-23
  # the programme's own, which ffmpeg measures too
  form_one match 150 "$(loudness_of "$like")" "testsrc2=s=640x384:r=25:d=6" "$sine" loudness=match
  form_one surround 150 -240 "testsrc2=s=640x384:r=25:d=6" "aevalsrc=0.1*sin(2*PI*440*t)|0|0.2*sin(2*PI*500*t)|0|0.1*sin(2*PI*600*t)|0:c=5.1:s=48000:d=6"
  # sound goes on: the last picture is held; it ends early: silence
  form_one sound-longer 170 -240 "testsrc2=s=640x384:r=25:d=6" "sine=f=997:r=48000:d=6.8"
  form_one sound-shorter 150 -240 "testsrc2=s=640x384:r=25:d=6" "sine=f=997:r=48000:d=4"
  FORM_OPTIONS="-movflags +faststart -flags +ildct+ilme -x264-params interlaced=1:tff=1" \
    form_one interlaced 150 -240 "testsrc2=s=640x384:r=25:d=6,setfield=tff" "$sine"
  form_one silent 150 -700 "testsrc2=s=640x384:r=25:d=6" none
  tool_report
  damaged
}

# Files with damage in one place each: made or refused, but never waited for.
damaged ()
{
  local i size rc wrong=
  wanted damaged || return 0
  ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=160x96:r=25:d=3 -f lavfi -i sine=d=3 -c:v libx264 -preset ultrafast \
    -pix_fmt yuv420p -c:a aac "$WORK/whole.mp4"
  size=$(stat -c %s "$WORK/whole.mp4")
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    cp "$WORK/whole.mp4" "$WORK/damaged.mp4"
    head -c $((size / 12)) /dev/zero | tr '\0' '\245' |
      dd of="$WORK/damaged.mp4" bs=1 seek=$((size * (i - 1) / 12)) conv=notrunc status=none
    timeout 20 "$CONDITION" --quiet --like "$like" "$WORK/damaged.mp4" "$WORK/damaged.ts" > "$WORK/damaged.log" 2>&1
    rc=$?
    [ $rc -le 1 ] || wrong="$wrong damage $i: exit code $rc"
    [ $rc = 0 ] || [ -s "$WORK/damaged.log" ] || wrong="$wrong damage $i: nothing is said"
  done
  result damaged "$wrong"
}

# examples/ad-condition: the report, and what is left of a run that fails or is killed
tool_report ()
{
  local report wrong=
  wanted tool || return 0
  ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=640x384:r=25:d=6 -c:v libx264 -preset ultrafast -pix_fmt yuv420p "$WORK/in.mp4"
  report=$("$CONDITION" --like "$like" "$WORK/in.mp4" "$WORK/tool.ts" 2>&1) || wrong="it fails: $report"
  [ -z "$wrong" ] && [ "$(grep -c -E 'tool.ts: 6.00 s, 150 frames|size 640x384 to 320x192|sound     silence' <<< "$report")" != 3 ] &&
    wrong="the report is: $report"
  [ -s "$WORK/tool.ts.units.json" ] || wrong="there is no list of units"
  "$CONDITION" --like "$like" "$like.txt" "$WORK/none.ts" > "$WORK/none.log" 2>&1 && wrong="a text passes for a creative"
  [ -s "$WORK/none.log" ] || wrong="nothing is said of a text"
  "$CONDITION" --like "$like" --video-encoder "x264enc speed-preset=veryslow" "$like" "$WORK/none.ts" > "$WORK/none.log" 2>&1 &
  sleep 0.4
  kill -9 $! 2> "$WORK/kill.log" && wait $! 2> "$WORK/kill.log"
  [ ! -e "$WORK/none.ts" ] && [ ! -e "$WORK/none.ts.units.json" ] || wrong="a run that was killed leaves $(ls "$WORK"/none.ts*)"
  result tool "$wrong"
}

# --- corpus -------------------------------------------------------------------------

corpus_one ()                   # CREATIVE RENDITION
{
  local name=$1:$2 out=$WORK/ad.ts wrong found
  wanted "$name" || wanted "$2" || return 0
  if [ ! -f "$corpus/creatives/$1" ] || [ ! -f "$corpus/ts/$2.ts" ]; then
    echo "SKIP $name: not in this corpus"
    return
  fi
  wrong=$(condition "$corpus/creatives/$1" "$corpus/ts/$2.ts" "$out")
  [ -z "$wrong" ] && wrong=$("$SUPPORT/ts-check" --max-pcr-interval 40 --min-dts-pcr 0 "$out" 2>&1 | grep -m1 VIOLATION)
  if [ -z "$wrong" ]; then
    "$CHECK" --json --like "$corpus/ts/$2.ts" "$out" > "$WORK/verdict.json" 2>&1
    found=$(tr -d '\n' < "$WORK/verdict.json" | grep -oE '"code": *"(video-codec|low-delay|audio-codec|capacity|truncated|no-idr|resolution|scan|pixel-format|level|frame-rate|reorder-mismatch|bit-rate|silent-track|audio-form|short-sound|no-sound|losses)"' | head -1)
    [ -n "$found" ] && wrong="adsplice-check says $found"
  fi
  if [ -z "$wrong" ]; then
    [ "$(ffmpeg -nostdin -v error -err_detect explode -i "$out" -f null - 2>&1 | head -1)" ] && wrong="ffmpeg complains"
  fi
  result "$name" "$wrong"
}

corpus ()
{
  local file
  for file in live-tv-scte35-pid-silent live-576i-h264-2xaac-bars live-amedia-47 live-bipbop-0 gst-h264-aac-short \
      hevc-aac-obs scte35-bbb5s-hevc-opus dvb-mpeg2-576i-mp2 mpeg2-cif-mp3-14s atsc-mpeg2-720p-ac3 scte35-tsduck-h264; do
    corpus_one preroll-5s.mp4 $file
  done
  corpus_one small-10s-256x110p24.mp4 live-tv-scte35-pid-silent
  corpus_one VAST-4.0-Short-Intro.mp4 live-576i-h264-2xaac-bars
  corpus_one ad-bc-9s-388x300.ts dvb-mpeg2-576i-mp2
}

"$group"
echo "1..$ran"
[ $ran -gt 0 ] || skip "no case ran"
[ $failures = 0 ]
