#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The splicer on real streams of a corpus beside the project. Each group is one test:
#   corpus.sh GROUP [CASE]     CASE: only this one (a name as it is printed)
#   pass    every stream goes through byte for byte when nothing is asked for, and when breaks are only marked
#   cues    streams with SCTE-35: which break opens where, and why others do not
#   breaks  scheduled breaks with creatives made to fit, judged by ts-check
# Environment: ADSPLICE_CORPUS (default ../shared/corpus beside the source), SUPPORT (ts-check), SPLICE_STATS;
# WORK: folder for results (default a temporary one); KEEP=1: leave them; RUN: a program in front of
# gst-launch-1.0, such as "valgrind -q --error-exitcode=9".
# Exit code 0, 1 (what is wrong is printed), 77 skipped.
set -u
group=${1:?a group is wanted: pass cues breaks}
only=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
corpus=${ADSPLICE_CORPUS:-$here/../../../shared/corpus}/ts
KEEP=${KEEP:-}
RUN=${RUN:-}
failures=0
ran=0

skip ()
{
  echo "SKIP: $1"
  exit 77
}

[ -d "$corpus" ] || skip "there is no corpus of real streams (ADSPLICE_CORPUS)"
command -v gst-launch-1.0 > /dev/null || skip "gst-launch-1.0 is not installed"
gst-inspect-1.0 tssplicer > /dev/null 2>&1 || skip "there is no element tssplicer on GST_PLUGIN_PATH"
if [ "$group" != pass ]; then
  for tool in ffmpeg ffprobe; do
    command -v $tool > /dev/null || skip "$tool is not installed"
  done
fi
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

# An empty string when the file is there; else the case is skipped with a word.
stream ()                       # FILE...
{
  local file
  for file in "$@"; do
    if [ ! -f "$corpus/$file" ]; then
      echo "SKIP $file: not in this corpus"
      return 1
    fi
  done
}

launch ()                       # LOG element...
{
  local log=$1
  shift
  # shellcheck disable=SC2086 # RUN is words
  timeout 120 $RUN gst-launch-1.0 -m "$@" > "$log" 2>&1
}

# --- pass ---------------------------------------------------------------------------

pass_one ()                     # FILE BLOCKSIZE property...
{
  local file=$1 size=$2 rc
  shift 2
  rm -f "$WORK/out.ts"
  launch "$WORK/launch.log" filesrc location="$corpus/$file" blocksize="$size" ! tssplicer "$@" ! filesink location="$WORK/out.ts"
  rc=$?
  [ $rc = 0 ] || { echo "gst-launch-1.0 ends with $rc ($* blocksize=$size)"; return; }
  cmp -s "$corpus/$file" "$WORK/out.ts" || echo "another stream comes out ($* blocksize=$size)"
}

pass ()
{
  local file size wrong
  for file in "$corpus"/*.ts; do
    file=${file##*/}
    wanted "$file" || continue
    wrong=
    for size in 188 1000 1316 4096 65537; do
      wrong=$wrong$(pass_one "$file" $size scte35=none)
    done
    for size in 1316 4001; do
      wrong=$wrong$(pass_one "$file" $size insertion=mark schedule=0.5+1,2+0.5)
      wrong=$wrong$(pass_one "$file" $size insertion=mark)
      # nobody has a creative: the programme plays, from its first break on in packets of its own
      wrong=$wrong$(pass_one "$file" $size scte35=none schedule=100000+1)
    done
    result "$file" "$wrong"
  done
}

# --- creatives ----------------------------------------------------------------------

# What each codec is made with. The times of the first picture and the first sound are ffmpeg's own.
video_options ()                # CODEC GOP BFRAMES INTERLACED
{
  local codec=$1 gop=$2 b=$3 interlaced=$4
  case $codec in
    h264)
      local flags=
      [ "$interlaced" = 1 ] && flags=":tff=1:interlaced=1"
      echo "-c:v libx264 -preset veryfast -bf $b -x264-params scenecut=0:b-adapt=0:keyint=$gop:min-keyint=$gop:open-gop=0$flags"
      ;;
    hevc)
      echo "-c:v libx265 -preset ultrafast -x265-params log-level=none:scenecut=0:b-adapt=0:bframes=$b:keyint=$gop:min-keyint=$gop:open-gop=0"
      ;;
    mpeg2)
      local flags=+cgop
      [ "$interlaced" = 1 ] && flags=+cgop+ildct+ilme
      echo "-c:v mpeg2video -flags $flags -mpv_flags +strict_gop -bf $b -g $gop -sc_threshold 1000000000 -b_strategy 0"
      ;;
  esac
}

audio_options ()                # CODEC RATE CHANNELS
{
  case $1 in
    none) echo "-an" ;;
    mp3) echo "-c:a libmp3lame -ar $2 -ac $3 -b:a 64k" ;;
    *) echo "-c:a $1 -ar $2 -ac $3 -b:a 96k" ;;
  esac
}

# make_ad OUTPUT FRAMES key=value...: a creative of so many pictures
make_ad ()
{
  local output=$1 frames=$2 codec=h264 rate=25/1 size=320x240 gop=50 b=0 interlaced=0 kbps=300 setting
  local audio=none hz=48000 channels=2 tracks=1 maps=()
  shift 2
  for setting in "$@"; do
    local "${setting?}"
  done
  maps=(-map 0:v)
  if [ "$audio" != none ]; then
    maps+=(-map 1:a)
    [ "$tracks" = 2 ] && maps+=(-map 1:a)
  fi
  # sound is a little longer than picture, so that none is missing at the end
  local seconds
  seconds=$(awk -v f="$frames" -v r="$rate" 'BEGIN { split (r, a, "/"); print (f - 0.5) * a[2] / a[1] }')
  # shellcheck disable=SC2046 # the options are words
  ffmpeg -nostdin -hide_banner -v error -y -f lavfi -i "testsrc2=s=$size:r=$rate:d=$seconds" \
    -f lavfi -i "sine=f=440:r=$hz:d=$(awk -v s="$seconds" 'BEGIN { print s + 0.2 }')" "${maps[@]}" \
    -pix_fmt yuv420p -b:v "${kbps}k" -maxrate "${kbps}k" -bufsize "${kbps}k" \
    $(video_options $codec $gop $b $interlaced) $(audio_options $audio $hz $channels) -f mpegts "$output"
}

# --- cues ---------------------------------------------------------------------------

# What the messages on the bus say: STATE FIELD of the first message of that state.
said ()                         # LOG STATE FIELD
{
  grep -o 'ad-break-state-change,.*' "$1" | grep "state=(string)$2," | head -1 |
    grep -oE " $3=\([a-z0-9]+\)[^,;]*" | sed 's/.*)//; s/^"//; s/"$//'
}

splice_cues ()                  # FILE AD property...
{
  local file=$1 ad=$2
  shift 2
  launch "$WORK/launch.log" tssplicer name=s "$@" filesrc location="$corpus/$file" ! s.sink \
    filesrc location="$ad" ! s.ad_0 s.src ! filesink location="$WORK/out.ts"
}

expect_pts ()                   # NAME FILE AD PTS property...
{
  local name=$1 file=$2 ad=$3 expected=$4 got reason
  shift 4
  wanted "$name" && stream "$file" || return 0
  splice_cues "$file" "$ad" "$@" || { result "$name" "gst-launch-1.0 fails: $(tail -1 "$WORK/launch.log")"; return; }
  got=$(said "$WORK/launch.log" started pts-90k)
  reason=$(said "$WORK/launch.log" skipped reason)
  if [ "$got" = "$expected" ]; then
    result "$name" "$(judge "$corpus/$file" "$ad" "$WORK/out.ts" "")"
  else
    result "$name" "leaves at ${got:-no PTS}, not at $expected (skipped: ${reason:-no})"
  fi
}

expect_skipped ()               # NAME FILE AD REASON property...
{
  local name=$1 file=$2 ad=$3 expected=$4 got
  shift 4
  wanted "$name" && stream "$file" || return 0
  splice_cues "$file" "$ad" "$@" || { result "$name" "gst-launch-1.0 fails: $(tail -1 "$WORK/launch.log")"; return; }
  got=$(said "$WORK/launch.log" skipped reason)
  if grep -q 'state=(string)started,' "$WORK/launch.log"; then
    result "$name" "a break opens at $(said "$WORK/launch.log" started pts-90k)"
  elif [ "$got" != "$expected" ]; then
    result "$name" "the reason is ${got:-nowhere}, not $expected"
  elif ! cmp -s "$corpus/$file" "$WORK/out.ts"; then
    result "$name" "nothing is spliced, yet the output is not the input"
  else
    result "$name" ""
  fi
}

# No cue opens anything; `stats` says how many were read, and why the last one was not followed.
expect_ignored ()               # NAME FILE CUES REASON
{
  local name=$1 file=$2 cues=$3 expected=$4 got
  wanted "$name" && stream "$file" || return 0
  # shellcheck disable=SC2086 # RUN is words
  got=$(timeout 120 $RUN "$SPLICE_STATS" tssplicer name=s filesrc location="$corpus/$file" ! s.sink s.src ! \
    filesink location="$WORK/out.ts" 2> "$WORK/launch.log") || { result "$name" "$(head -1 "$WORK/launch.log")"; return; }
  if ! grep -q "breaks=(guint64)0, .*breaks-skipped=(guint64)0," <<< "$got"; then
    result "$name" "a break is opened or skipped: $got"
  elif ! cmp -s "$corpus/$file" "$WORK/out.ts"; then
    result "$name" "nothing is spliced, yet the output is not the input"
  elif ! grep -q "cues=(guint64)$cues, .*last-cue-ignored=(string)\"*$expected\"*," <<< "$got"; then
    result "$name" "not $cues cues, the last one ignored for $expected: $got"
  else
    result "$name" ""
  fi
}

cues ()
{
  if ! { make_ad "$WORK/plain.ts" 75 &&
    make_ad "$WORK/1080i.ts" 30 rate=30000/1001 size=640x352 interlaced=1 b=2 gop=30 audio=mp2 &&
    make_ad "$WORK/mpeg2.ts" 30 codec=mpeg2 rate=30000/1001 audio=mp2 hz=44100 channels=1; }; then
    result creatives "ffmpeg makes none"
    return
  fi
  expect_pts tsduck scte35-tsduck-h264.ts "$WORK/plain.ts" 216000
  # the cue's time has passed when it comes, and its RAP is 500.5 ms behind it
  expect_pts kyrion-next-rap scte35-kyrion-1080i-h264-mp2.ts "$WORK/1080i.ts" 293591601 late-policy=next-rap
  expect_skipped kyrion-skip scte35-kyrion-1080i-h264-mp2.ts "$WORK/1080i.ts" late late-policy=skip
  # its break lies behind the end of the stream
  expect_skipped media3 scte35-media3-mpeg2-mp2.ts "$WORK/mpeg2.ts" eos
  expect_ignored ffmpeg scte35-ffmpeg-h264.ts 5 no-segmentation-descriptor
  # a provider ad of 20 s that began nine hours ago; its other cues open nothing
  expect_skipped bbb5s scte35-bbb5s-hevc-opus.ts "$WORK/plain.ts" late
}

# --- judging ------------------------------------------------------------------------

# Real streams have faults of their own: what the input has as often as the output is not the splice's.
violations ()                   # LOG: name, PID, how often
{
  grep -o 'VIOLATION [a-z-]*: PID [0-9a-fx]*\|VIOLATION [a-z-]*' "$1" | sort | uniq -c | awk '{ n = $1; $1 = ""; print substr ($0, 2) "\t" n }'
}

judge ()                        # NETWORK AD OUTPUT OPTIONS [IGNORED VIOLATIONS]
{
  local ignored=${5:-}
  # shellcheck disable=SC2086 # options are words
  "$SUPPORT/ts-check" $4 --reference "$1" --source ad="$2" "$3" > "$WORK/check.log" 2>&1 && return
  # shellcheck disable=SC2086 # options are words
  "$SUPPORT/ts-check" $4 --reference "$1" --source ad="$2" "$1" > "$WORK/check-in.log" 2>&1
  violations "$WORK/check-in.log" > "$WORK/violations-in"
  # an access unit inside a PES has its time by rounding: one tick is none
  grep -vE "(moved by|PTS by) -?1[ ,]${ignored:+|$ignored}" "$WORK/check.log" > "$WORK/check-out.log"
  violations "$WORK/check-out.log" | awk -F '\t' 'NR == FNR { had[$1] = $2; next } $2 > had[$1] { print $1 }' "$WORK/violations-in" - |
    while read -r what; do
      grep -F "$what" "$WORK/check-out.log" | tail -1
    done | head -5 | tr '\n' ' '
}

# splice_break NAME "FILES" SCHEDULE FRAMES_OF_THE_CREATIVE "AD SETTINGS" "CHECK OPTIONS" [IGNORED VIOLATIONS]
splice_break ()
{
  local name=$1 files=$2 schedule=$3 frames=$4 settings=$5 options=$6 ignored=${7:-} file wrong=
  wanted "$name" || return 0
  # shellcheck disable=SC2086 # names are words
  stream $files || return 0
  for file in $files; do
    cat "$corpus/$file"
  done > "$WORK/in.ts"
  # shellcheck disable=SC2086 # settings are words
  make_ad "$WORK/ad.ts" "$frames" $settings || { result "$name" "ffmpeg makes no creative"; return; }
  if ! launch "$WORK/launch.log" tssplicer name=s scte35=none schedule="$schedule" filesrc location="$WORK/in.ts" ! s.sink \
      filesrc location="$WORK/ad.ts" ! s.ad_0 s.src ! filesink location="$WORK/out.ts"; then
    wrong="gst-launch-1.0 fails: $(tail -1 "$WORK/launch.log")"
  elif ! grep -q 'state=(string)ended,' "$WORK/launch.log"; then
    wrong="no break ends: $(said "$WORK/launch.log" skipped reason) $(said "$WORK/launch.log" skipped detail)"
  elif grep -qE 'WARNING|CRITICAL' "$WORK/launch.log"; then
    wrong="it complains: $(grep -E 'WARNING|CRITICAL' "$WORK/launch.log" | head -1)"
  else
    wrong=$(judge "$WORK/in.ts" "$WORK/ad.ts" "$WORK/out.ts" "$options" "$ignored")
  fi
  [ -n "$KEEP" ] && for file in in ad out; do cp "$WORK/$file.ts" "$WORK/$name-$file.ts"; done
  [ -n "$KEEP" ] && cp "$WORK/launch.log" "$WORK/$name.log"
  result "$name" "$wrong"
}

breaks ()
{
  splice_break tsduck scte35-tsduck-h264.ts 1+2 50 "" "--frame-rate 25/1"
  splice_break ffmpeg scte35-ffmpeg-h264.ts 2+2 50 "" "--frame-rate 25/1"
  splice_break bbb5s scte35-bbb5s-hevc-opus.ts 2+1.0417 25 "codec=hevc rate=24/1 b=3 gop=25" "--frame-rate 24/1"
  splice_break kyrion scte35-kyrion-1080i-h264-mp2.ts 1.36+1.5 46 \
    "rate=30000/1001 size=640x352 interlaced=1 b=2 gop=46 audio=mp2" "--frame-rate 30000/1001"
  splice_break live-tv live-tv-scte35-pid-silent.ts 2+4 100 "audio=aac" "--frame-rate 25/1"
  splice_break amedia "live-amedia-45.ts live-amedia-46.ts live-amedia-47.ts live-amedia-48.ts live-amedia-49.ts" 3.04+2 50 \
    "audio=aac hz=44100" "--frame-rate 25/1"
  splice_break amedia-long "live-amedia-45.ts live-amedia-46.ts live-amedia-47.ts live-amedia-48.ts live-amedia-49.ts" 5.04+8.36 209 \
    "audio=aac hz=44100" "--frame-rate 25/1"
  splice_break bipbop "live-bipbop-0.ts live-bipbop-1.ts" 2.002+4.004 60 "rate=15000/1001 size=192x144 audio=aac hz=22050 channels=1" \
    "--frame-rate 15000/1001"
  # AAC that is announced as MPEG audio: what ts-check makes of that PID says nothing
  splice_break 576p25 live-576p25-h264-aac.ts 2+4 100 "audio=aac" "--frame-rate 25/1" "PID 0x0064|au-unknown: [0-9]+ more"
  splice_break dvb-mpeg2 dvb-mpeg2-576i-mp2.ts 0.6+1.2 30 "codec=mpeg2 size=720x576 interlaced=1 b=2 gop=30 kbps=2000 audio=mp2" \
    "--frame-rate 25/1"
  splice_break bars-cbr live-576i-h264-2xaac-bars.ts 2.4+3.6 90 "interlaced=1 gop=90 audio=aac tracks=2" "--frame-rate 25/1 --cbr"
  splice_break hevc-obs hevc-aac-obs.ts 0+1 30 "codec=hevc rate=30/1 b=0 gop=30 audio=aac" "--frame-rate 30/1"
  splice_break mpeg2-24 mpeg2-1080p24-mp2.ts 0.708+1 24 "codec=mpeg2 rate=24/1 b=1 gop=24 kbps=2000 audio=mp2 hz=44100" \
    "--frame-rate 24/1 --max-audio-joins 3"
  # open GOPs, and a multiplex in which sound is late by itself; the DTS of the picture that the
  # network enters with takes the place of its leading one, else it would not rise
  splice_break mpeg2-mp3 mpeg2-cif-mp3-14s.ts 4.7+2.44 61 "codec=mpeg2 size=352x288 b=2 gop=61 kbps=500 audio=mp3 hz=44100 channels=1" \
    "--frame-rate 25/1 --open-gop --max-audio-joins 10" "dts-pcr: PID 0x012e|network-moved: PID 0x012d .*PTS by 0, DTS by 3600"
  splice_break captions video-only-1080p30-captions.ts 8.34+8.34 250 "rate=30000/1001 kbps=30 gop=250" "--frame-rate 30000/1001"
}

case $group in
  pass | cues | breaks) "$group" ;;
  *) echo "no group $group"; exit 99 ;;
esac
[ "$ran" -gt 0 ] || skip "nothing of this group is in the corpus"
[ "$failures" = 0 ] || { echo "$failures case(s) of $group not in order"; exit 1; }
