# SPDX-License-Identifier: LGPL-2.1-or-later
# One splice from media to verdict. To be sourced behind media.sh.
#
# splice_case NAME key=value...    network, ads: settings of media.sh; and
#   muxers    of the two creatives (ffmpeg,mpegtsmux)
#   start     of the break in seconds (11.5)      length  of the break in seconds (10)
#   ad_seconds  of each of the two creatives (5)
#   trigger   schedule (default); cue: nothing is said to the element, the network carries a cue
# Where the GOPs of the network are open, the leading pictures of a RAP go at both ends: they
# follow it in decode order. The run then ends so many frames earlier, and the gap is at the return.
#   output    scte35-output of the element (pass); rewrite: the break is announced, and that is looked at;
#             splice_countdown is written then, too
#   tool      launch (default): gst-launch-1.0 tssplicer; golden: ts-golden, to try this script
# Prints the verdict with the figures; KEEP=1 leaves the files in WORK/NAME.

# rap_from RATE GOP SECONDS BEHIND_FRAME: the first RAP at or behind so many seconds behind a frame
rap_from ()
{
  awk -v r="$1" -v g="$2" -v s="$3" -v f="$4" 'BEGIN {
    split (r, a, "/"); t = f + s * a[1] / a[2] - 0.5; n = int (t / g) * g; if (n < t) n += g; printf "%d", n }'
}

run_splicer ()                  # FOLDER NETWORK AD1 AD2
{
  local folder=$1 properties=()
  case $tool in
    launch)
      [ "$trigger" = cue ] || properties=("schedule=$start+$length")
      [ "$output" = pass ] || properties+=("scte35-output=$output" splice-countdown=true)
      if ! timeout 60 gst-launch-1.0 -m tssplicer name=s "${properties[@]}" \
          filesrc location="$2" ! s.sink filesrc location="$3" ! s.ad_0 filesrc location="$4" ! s.ad_1 \
          s.src ! filesink location="$folder/out.ts" > "$folder/launch.log" 2>&1; then
        echo "VIOLATION launch: gst-launch-1.0 fails"
        head -20 "$folder/launch.log"
        return 1
      fi
      # a warning is for somebody to read: a test that is in order has none
      grep -o 'ad-break-state-change.*' "$folder/launch.log" > "$folder/messages.log"
      if grep -qE 'WARN|ERROR|CRITICAL|\((warning|error)\)' "$folder/launch.log"; then
        echo "VIOLATION launch: gst-launch-1.0 complains"
        grep -E -A3 'WARN|ERROR|CRITICAL|\((warning|error)\)' "$folder/launch.log" | head -20
        return 1
      fi
      ;;
    golden)
      "$SUPPORT/ts-golden" --out-frame "$out_frame" --in-frame "$in_frame" "$2" "$3" "$4" "$folder/out.ts"
      ;;
  esac
}

# What tshark finds, behind what the network brought: four times out, once in.
check_cues ()                   # FOLDER
{
  local folder=$1 found expected
  command -v tshark > /dev/null || { echo "SKIP cues: no tshark"; return 0; }
  expected="out out out out in"
  case $network in *cue=*) expected="in out out out out in" ;; esac
  found=$(tshark -r "$folder/out.ts" -Y scte35 -T fields -e scte35_si.out_of_net 2> /dev/null |
    awk '{ printf "%s%s", (NR > 1 ? " " : ""), ($1 == 1 ? "out" : "in") }')
  [ "$found" = "$expected" ] && return 0
  echo "VIOLATION cues: $found, not $expected"
  return 1
}

check_stream ()                 # FOLDER NETWORK AD1 AD2
{
  local folder=$1 options=(--frame-rate "$rate" --whole-creatives)
  [ "$muxrate" != 0 ] && options+=(--cbr)
  [ "$leading" != 0 ] && options+=(--open-gop --expect-gaps "$((leading + 1))")
  "$SUPPORT/ts-check" "${options[@]}" --reference "$2" --source ad1="$3" --source ad2="$4" "$folder/out.ts" \
    > "$folder/check.log" 2>&1
  local rc=$?
  if [ "$output" = rewrite ]; then
    # the PMT names a PID more, and that is all that may be other than in the input
    grep -vE '^VIOLATION (pid-set: PID 0x1fef is new|psi-changed: PMT \(version 1\) from packet [0-9] on)' \
      "$folder/check.log" | grep -q ^VIOLATION || [ $rc != 1 ] || rc=0
    check_cues "$folder" || return 1
  fi
  [ $rc = 0 ] || grep -E '^(VIOLATION|  (run|cut|audio-join|dts-pcr|pcr |video-gap|leading|rewritten))' "$folder/check.log"
  return $rc
}

check_pictures ()               # FOLDER NETWORK AD1 AD2
{
  local folder=$1 expect
  expect=1:0-$((out_frame - leading - 1)),2:0-$((ad_frames - 1)),3:0-$((ad_frames - 1)),1:$in_frame-$((frames - 1))
  decode_stream "$folder/out.ts" "$folder" || return 1
  "$SUPPORT/pattern-read" --expect "$expect" --digests "$2.digests" --digests "$3.digests" \
    --digests "$4.digests" --runs-out "$folder/runs" < "$folder/v.gray" > "$folder/pictures.log" && return 0
  cat "$folder/pictures.log"
  return 1
}

check_sound ()                  # FOLDER NETWORK AD1 AD2
{
  local folder=$1
  [ "$audio" = none ] && return 0
  "$SUPPORT/tick-read" --pcm "$folder/a.pcm" --audio-times "$folder/a.crc" --video-times "$folder/v.crc" \
    --runs "$folder/runs" --rate "$rate" --tolerance 3 --baseline "$2.ticks" --baseline "$3.ticks" \
    --baseline "$4.ticks" > "$folder/sound.log" && return 0
  cat "$folder/sound.log"
  return 1
}

splice_case ()
{
  local name=$1 network='' ads='' muxers=ffmpeg,mpegtsmux start=11.5 length=10 ad_seconds=5 trigger=schedule output=pass leading=0 tool=${TOOL:-launch}
  local rate=25/1 gop=50 audio=aac muxrate=0 setting word folder files=() rc=0
  shift
  for setting in "$@"; do
    local "${setting?}"
  done
  for word in $network; do
    case $word in rate=* | gop=* | audio=* | muxrate=*) local "${word?}" ;; esac
  done
  local frames ad_frames out_frame in_frame
  frames=$(frames_of "$rate" 40)
  ad_frames=$(frames_of "$rate" "$ad_seconds")
  out_frame=$(rap_from "$rate" "$gop" "$start" 0)
  in_frame=$(rap_from "$rate" "$gop" "$length" "$out_frame")
  folder=$WORK/$name
  rm -rf "$folder"
  mkdir -p "$folder"
  # shellcheck disable=SC2086 # settings are words
  files=("$(make_network $network)" "$(make_creative 2 "$ad_seconds" $ads muxer=${muxers%,*})" \
    "$(make_creative 3 "$ad_seconds" $ads muxer=${muxers#*,})")
  for word in "${files[@]}"; do
    [ -n "$word" ] && stream_facts "$word" "$rate" || { echo "FAILED $name: no media"; return 99; }
  done
  leading=$(leading_of "${files[0]}" "$out_frame")
  {
    run_splicer "$folder" "${files[@]}" || rc=1
    if [ $rc = 0 ]; then
      check_stream "$folder" "${files[@]}" || rc=1
      check_pictures "$folder" "${files[@]}" || rc=1
      [ ! -s "$folder/runs" ] || check_sound "$folder" "${files[@]}" || rc=1
    fi
    [ $rc = 0 ] || [ ! -s "$folder/messages.log" ] || cat "$folder/messages.log"
  } > "$folder/verdict" 2>&1
  if [ $rc = 0 ]; then
    echo "ok $name"
  else
    echo "not ok $name (network $network; creatives $ads $muxers; frames $out_frame..$in_frame)"
    printf '  network %s\n  ad1 %s\n  ad2 %s\n' "${files[@]}"
    sed 's/^/  /' "$folder/verdict"
  fi
  if [ -z "$KEEP" ]; then
    rm -rf "$folder"
  else
    rm -f "$folder/v.gray"
  fi
  return $rc
}
