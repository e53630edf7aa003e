# SPDX-License-Identifier: LGPL-2.1-or-later
# Test streams made on the spot, by name of what matters. To be sourced by bash.
#
#   SUPPORT  folder of the programs of tests/support (pattern-write, ts-shift, ...)
#   MEDIA    folder in which the streams are kept; made once, put in place by rename
#
# make_stream runs=1:0-999 [key=value...]     prints the path of the stream
#   codec    h264 (default), hevc, mpeg2          bframes  0 2 3 (2: one reference depth, 3: a pyramid)
#   gop      frames (50)                          open     0 (default) 1: open GOPs
#   rate     25/1 24000/1001 30000/1001 50/1 60000/1001            interlaced 0 (default) 1
#   kbps     video (400)                          audio    aac (default) mp2 ac3 eac3 none
#   size     320x192 (default: as drawn), or a multiple of it
#   tracks   1 (default) 2: eng and deu           pes      grouped (ffmpeg's own) au (1 access unit a PES)
#   muxer    ffmpeg (default) mpegtsmux           muxrate  0: VBR (default), else kbit/s, nulls between
#   wrap     seconds behind the first picture at which the clocks wrap     wrap_clock pts (default) pcr
#   pcr_pid  1: PCR on a PID of its own           cue      an option of ts-cue: splice-insert:12+10
# make_network: 40 s of source 1; make_creative SOURCE SECONDS: of another.
# stream_facts FILE RATE: FILE.digests and FILE.ticks, what it decodes to by itself.
# decode_stream FILE FOLDER: decodes everything, any complaint of the decoder is a failure.

media_missing ()
{
  local tool
  for tool in ffmpeg gst-launch-1.0; do
    command -v "$tool" > /dev/null || { echo "$tool is not installed"; return 0; }
  done
  if ! ffmpeg -hide_banner -encoders 2> /dev/null | grep -q libx264; then
    echo "this ffmpeg has no libx264"
    return 0
  fi
  return 1
}

# frames_of RATE SECONDS: the number nearest to it
frames_of ()
{
  awk -v r="$1" -v s="$2" 'BEGIN { split (r, a, "/"); printf "%d", s * a[1] / a[2] + 0.5 }'
}

video_encoder ()
{
  local common=(-b:v "${kbps}k" -maxrate "${kbps}k" -bufsize "${kbps}k" -g "$gop" -bf "$bframes")
  case $codec in
    h264)
      local pyramid=normal
      [ "$bframes" = 3 ] || pyramid=none
      local params="scenecut=0:b-adapt=0:b-pyramid=$pyramid:keyint=$gop:min-keyint=$gop:open-gop=$open"
      [ "$interlaced" = 1 ] && params="$params:tff=1:interlaced=1"
      # a preset that is cheap, and yet has B pictures that refer to each other
      echo "${common[*]} -c:v libx264 -preset veryfast -x264-params $params"
      ;;
    hevc)
      echo "-b:v ${kbps}k -c:v libx265 -preset ultrafast -x265-params" \
        "log-level=none:scenecut=0:b-adapt=0:bframes=$bframes:keyint=$gop:min-keyint=$gop:open-gop=$open:vbv-maxrate=$kbps:vbv-bufsize=$kbps"
      ;;
    mpeg2)
      # an I picture each gop frames, as exactly as this encoder can
      local gops="-flags +cgop -mpv_flags +strict_gop"
      [ "$open" = 1 ] && gops="-flags -cgop -force_key_frames expr:gte(n,n_forced*$gop)"
      echo "${common[*]} -c:v mpeg2video -sc_threshold 1000000000 -b_strategy 0 $gops"
      ;;
  esac
}

audio_encoder ()
{
  local codec_name=$audio
  [ "$audio" = none ] && { echo "-an"; return; }
  echo "-c:a $codec_name -b:a 128k -ar 48000 -ac 2"
}

# Two tracks have two rates, so that no access unit of one passes for one of the other.
track_options ()
{
  [ "$audio" = none ] && return
  echo "-map 1:a -metadata:s:a:0 language=eng"
  [ "$tracks" = 2 ] && echo "-map 1:a -metadata:s:a:1 language=deu -b:a:1 96k"
}

encode ()                       # OUTPUT, format options...
{
  local output=$1
  shift
  # shellcheck disable=SC2046 # the options are words
  ffmpeg -nostdin -hide_banner -v error -y \
    -f rawvideo -pix_fmt yuv420p -s 320x192 -r "$rate" -i <("$SUPPORT/pattern-write" --runs "$runs" --rate "$rate") \
    -f s16le -ar 48000 -ac 2 -i <("$SUPPORT/pattern-write" --audio --runs "$runs" --rate "$rate") \
    -map 0:v $(track_options) -vf "scale=${size/x/:}:flags=neighbor" $(video_encoder) $(audio_encoder) "$@" "$output"
}

mux_by_ffmpeg ()                # OUTPUT
{
  local options=()
  [ "$muxrate" != 0 ] && options+=(-muxrate "${muxrate}k")
  [ "$pes" = au ] && options+=(-pes_payload_size 0)
  encode "$1" "${options[@]}" -f mpegts
}

mux_by_mpegtsmux ()             # OUTPUT
{
  local video_parser audio_parser branches=() mux=mpegtsmux priming=1024 track
  case $codec in
    h264) video_parser='h264parse config-interval=-1' ;;
    hevc) video_parser='h265parse config-interval=-1' ;;
    mpeg2) video_parser=mpegvideoparse ;;
  esac
  case $audio in
    aac) audio_parser=aacparse ;;
    mp2) audio_parser=mpegaudioparse ;;
    *) audio_parser=ac3parse ;;
  esac
  [ "$muxrate" != 0 ] && mux="mpegtsmux bitrate=${muxrate}000"
  # The edit list of MP4 takes the first audio frame away, because the priming of the encoder makes
  # it begin before the picture: without so many samples it begins with it.
  case $audio in
    mp2) priming=481 ;;
    ac3 | eac3) priming=256 ;;
  esac
  encode "$1.mp4" -af "atrim=start_sample=$priming" -f mp4 || return 1
  for ((track = 0; track < tracks; track++)); do
    [ "$audio" = none ] || branches+=("d.audio_$track ! queue max-size-time=0 max-size-bytes=0 ! $audio_parser ! m.")
  done
  # shellcheck disable=SC2086 # a pipeline is words
  # what mpegtsmux 1.22 does not take (E-AC-3) would stand still for ever
  timeout 60 gst-launch-1.0 -q filesrc location="$1.mp4" ! qtdemux name=d \
    d.video_0 ! queue max-size-time=0 max-size-bytes=0 ! $video_parser ! $mux name=m ! filesink location="$1" \
    ${branches[*]} > "$1.log" 2>&1 || { cat "$1.log" >&2; return 1; }
  rm -f "$1.mp4" "$1.log"
}

post_process ()                 # FILE
{
  if [ "$pcr_pid" = 1 ]; then
    "$SUPPORT/ts-pcr-pid" "$1" "$1.x" && mv "$1.x" "$1" || return 1
  fi
  if [ -n "$wrap" ]; then
    "$SUPPORT/ts-shift" --wrap-at "$wrap" --clock "$wrap_clock" "$1" "$1.x" && mv "$1.x" "$1" || return 1
  fi
  if [ -n "$cue" ]; then
    "$SUPPORT/ts-cue" "--${cue%%:*}" "${cue#*:}" "$1" "$1.x" && mv "$1.x" "$1" || return 1
  fi
}

make_stream ()
{
  local runs=1:0-99 codec=h264 bframes=2 gop=50 open=0 rate=25/1 interlaced=0 kbps=400 size=320x192 audio=aac
  local tracks=1 pes=grouped muxer=ffmpeg muxrate=0 wrap='' wrap_clock=pts pcr_pid=0 cue='' setting
  local settings='' name file part
  for setting in "$@"; do
    local "${setting?}"
  done
  for setting in runs codec bframes gop open rate interlaced kbps size audio tracks pes muxer muxrate wrap \
      wrap_clock pcr_pid cue; do
    settings="$settings $setting=${!setting}"
  done
  name=$(printf '%s' "$settings" | sha256sum | cut -c1-12)
  file=$MEDIA/$codec-b$bframes-$muxer-$name.ts
  if [ ! -s "$file" ]; then
    mkdir -p "$MEDIA"
    part=$(mktemp "$MEDIA/part.XXXXXX") || return 1
    if "mux_by_$muxer" "$part" && post_process "$part"; then
      printf '%s\n' "$settings" > "$file.txt"
      mv "$part" "$file"
    else
      rm -f "$part"*
      echo "cannot make$settings" >&2
      return 1
    fi
  fi
  echo "$file"
}

make_network ()
{
  local rate=25/1 setting
  for setting in "$@"; do
    case $setting in rate=*) rate=${setting#rate=} ;; esac
  done
  make_stream "runs=1:0-$(($(frames_of "$rate" 40) - 1))" "$@"
}

make_creative ()                # SOURCE, SECONDS, key=value...
{
  local rate=25/1 source=$1 seconds=$2 setting
  shift 2
  for setting in "$@"; do
    case $setting in rate=*) rate=${setting#rate=} ;; esac
  done
  make_stream "runs=$source:0-$(($(frames_of "$rate" "$seconds") - 1))" "$@"
}

# leading_of FILE N: how many pictures follow the N-th in decode order and precede it on screen
leading_of ()
{
  local pts rap
  pts=$(ffprobe -v error -select_streams v:0 -show_entries packet=pts -of csv=p=0 "$1" | tr -d , | grep .)
  rap=$(sort -n <<< "$pts" | sed -n "$(($2 + 1))p")
  awk -v rap="$rap" '$1 == rap { behind = 1 } behind && $1 < rap { n++ } END { print n + 0 }' <<< "$pts"
}

# Every complaint counts: a decoder that conceals has lost something.
decode_stream ()
{
  local file=$1 folder=$2 sound=()
  mkdir -p "$folder"
  if ffprobe -v error -show_entries stream=codec_type -of csv=p=0 "$file" | grep -q audio; then
    sound=(-map 0:a:0 -ac 1 -ar 48000 -c:a pcm_s16le -f s16le "$folder/a.pcm"
      -map 0:a:0 -ac 1 -ar 48000 -c:a pcm_s16le -f framecrc "$folder/a.crc")
  fi
  if ! ffmpeg -nostdin -hide_banner -nostats -y -v error -err_detect explode -xerror -i "$file" \
      -map 0:v:0 -fps_mode passthrough -pix_fmt gray -c:v rawvideo -f rawvideo "$folder/v.gray" \
      -map 0:v:0 -fps_mode passthrough -enc_time_base 1/90000 -pix_fmt gray -c:v rawvideo -f framecrc "$folder/v.crc" \
      "${sound[@]}" 2> "$folder/decode.log"; then
    echo "VIOLATION decode: ffmpeg gives up on $file"
    head -5 "$folder/decode.log"
    return 1
  fi
  if [ -s "$folder/decode.log" ]; then
    echo "VIOLATION decode: $(wc -l < "$folder/decode.log") complaint(s) of ffmpeg about $file"
    head -5 "$folder/decode.log"
    return 1
  fi
}

stream_facts ()                 # FILE, RATE
{
  local file=$1 rate=$2 folder rc=0
  [ -s "$file.digests" ] && return 0
  folder=$(mktemp -d "$MEDIA/facts.XXXXXX") || return 1
  decode_stream "$file" "$folder" >&2 || rc=1
  if [ $rc = 0 ]; then
    "$SUPPORT/pattern-read" --digests-out "$folder/digests" --runs-out "$folder/runs" < "$folder/v.gray" \
      > "$folder/log" || { cat "$folder/log" >&2; rc=1; }
  fi
  if [ $rc = 0 ] && [ -s "$folder/a.pcm" ]; then
    "$SUPPORT/tick-read" --pcm "$folder/a.pcm" --audio-times "$folder/a.crc" --video-times "$folder/v.crc" \
      --runs "$folder/runs" --rate "$rate" --baseline-out "$folder/ticks" > "$folder/log" ||
      { cat "$folder/log" >&2; rc=1; }
    [ $rc = 0 ] && mv "$folder/ticks" "$file.ticks"
  fi
  [ $rc = 0 ] && mv "$folder/digests" "$file.digests"
  rm -rf "$folder"
  return $rc
}
