#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs what the documentation shows: test-docs.sh BUILD-DIR DOCUMENT.md...
#
# Every ```sh block with a gst-launch-1.0 line, one of examples/*.sh or of build/examples/, has a
# line before it that says how it is run and judged (and that no reader sees):
#
#   <!-- run: KEY=VALUE... -->    or   <!-- not run: WHY -->
#
#   makes=FILE      must be there afterwards; a .ts is decoded without a complaint
#   ads=FILE,FILE   every picture of them is in the made .ts, in one piece, bit for bit
#   frames=N        so many pictures has the made .ts
#   says=TEXT       must stand in the made file, or in what the command prints
#   seconds=N       the command has no end of its own: it is interrupted (Ctrl-C)
#   feed=PORT       meanwhile network.ts arrives at this UDP port, in real time
#   receive=PORT    what the command sends to this UDP port is received.ts
#
# A block runs in an empty folder that holds network.ts (30 s), cues.ts (the same with a
# cue: out at 10 s, for 10 s), ad1.ts and ad2.ts (5 s each) and slate.ts (2 s). Output is TAP.

set -eu

build_dir=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-docs.XXXXXX")
background=
cleanup ()
{
  stop_background
  rm -rf "$tmp"
}
stop_background ()
{
  for pid in $background; do
    kill "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
  background=
}
trap cleanup EXIT
trap 'exit 130' INT TERM

export GST_PLUGIN_PATH="$build_dir/plugin" GST_REGISTRY="$tmp/registry.bin"
export ADSPLICE_BUILD_DIR="$build_dir"

skip_all ()
{
  echo "1..0 # SKIP $*"
  exit 0
}

for tool in gst-launch-1.0 ffmpeg; do
  command -v "$tool" > /dev/null || skip_all "$tool is not installed"
done
for element in x264enc textoverlay mpegtsmux; do
  gst-inspect-1.0 --exists "$element" || skip_all "no GStreamer element $element here"
done

# cut DOCUMENT: $tmp/N.sh and $tmp/N.how for each block; a block without its line is an error.
cut_blocks ()
{
  awk -v out="$tmp" -v n="$blocks" '
    /^<!-- (not )?run: .* -->$/ { how = $0; sub(/^<!-- /, "", how); sub(/ -->$/, "", how); next }
    !inside && /^```sh/ { inside = 1; text = ""; shown = FNR; next }
    inside && /^```/ {
      inside = 0
      if (how !~ /^not run/ && text ~ /gst-launch-1.0|examples\/[a-z-]*\.sh|build\/examples\//) {
        n++
        printf "%s", text > (out "/" n ".sh")
        print (how == "" ? "missing" : how) > (out "/" n ".how")
        print FILENAME ":" shown > (out "/" n ".where")
      }
      how = ""
      next
    }
    inside { text = text $0 "\n"; next }
    NF { how = "" }
    END { print n }' "$1"
}

# value KEY: of the current block's line.
value ()
{
  sed -n "s/^run:.* $1=\([^ ]*\).*/\1/p" "$how"
}

pictures ()
{
  ffmpeg -nostdin -v error -i "$1" -map 0:v -f framemd5 - | sed -n 's/.*, *\([0-9a-f]\{32\}\)$/\1/p'
}

wrong ()
{
  printf '%s\n' "$*" >> "$tmp/wrong"
}

# In one piece: the ad's list of pictures, as one long line, is part of the other's.
contains_ad ()
{
  pictures "$2" | tr '\n' ' ' > "$tmp/ad.line"
  [ -s "$tmp/ad.line" ] || { wrong "$2 has no pictures"; return; }
  tr '\n' ' ' < "$tmp/made.pictures" | grep -q -F -f "$tmp/ad.line" \
      || wrong "$1 does not hold $2 in one piece"
}

judge_stream ()
{
  # What was interrupted ends in the middle of a picture: its last seconds are not looked at.
  limit=
  [ -z "$(value receive)" ] || limit="-t $(($(value seconds) - 3))"
  # shellcheck disable=SC2086 # an option and its value
  ffmpeg -nostdin -v warning -err_detect explode -xerror -i "$1" -map 0 $limit -f null - > "$tmp/decoder" 2>&1 \
      || wrong "$1 does not decode"
  # A PID of cues has no time stamps of its own, which ffmpeg finds worth saying.
  sed -i '/start time for stream .* is not set/d' "$tmp/decoder"
  [ ! -s "$tmp/decoder" ] || wrong "decoding $1: $(head -n 3 "$tmp/decoder")"
  pictures "$1" > "$tmp/made.pictures" || true
  frames=$(value frames)
  if [ -n "$frames" ]; then
    got=$(wc -l < "$tmp/made.pictures")
    [ "$got" -eq "$frames" ] || wrong "$1 has $got pictures instead of $frames"
  fi
  for ad in $(value ads | tr ',' ' '); do
    contains_ad "$1" "$ad"
  done
}

judge ()
{
  made=$(value makes)
  [ -z "$(value receive)" ] || made=received.ts
  says=$(value says)
  if [ -n "$made" ] && [ ! -s "$made" ]; then
    wrong "$made was not made"
    return
  fi
  case $made in
    *.ts) judge_stream "$made" ;;
  esac
  if [ -n "$says" ]; then
    case $made in
      '' | *.ts) place=$tmp/output ;;
      *) place=$made ;;
    esac
    grep -q -e "$says" "$place" || wrong "$says does not stand in ${place##*/}"
  fi
}

# A moment late, so that the command is there to hear the first packet.
start_feed ()
{
  [ -z "$1" ] || {
    (sleep 1; exec gst-launch-1.0 -q filesrc location=network.ts blocksize=1316 \
        ! tsparse set-timestamps=true ! udpsink host=127.0.0.1 port="$1") > "$tmp/feed.log" 2>&1 9>&- &
    background="$background $!"
  }
}

start_receiver ()
{
  [ -z "$1" ] || {
    gst-launch-1.0 -q udpsrc port="$1" buffer-size=4000000 ! filesink location=received.ts \
        > "$tmp/receiver.log" 2>&1 9>&- &
    background="$background $!"
    sleep 1
  }
}

# The lines name ports, and so do those of another run of this test on the machine: one after the other.
take_ports ()
{
  [ -n "$(value feed)$(value receive)" ] && command -v flock > /dev/null || return 0
  exec 9> "${TMPDIR:-/tmp}/adsplice-docs-ports.lock"
  flock -w 120 9 || true
}

leave_ports ()
{
  exec 9>&-
}

run_block ()
{
  take_ports
  seconds=$(value seconds)
  start_receiver "$(value receive)"
  status=0
  start_feed "$(value feed)"
  if [ -n "$seconds" ]; then
    timeout -s INT -k 10 "$seconds" sh -eu "$script" > "$tmp/output" 2>&1 9>&- || status=$?
    # 124: it was interrupted, as it should be.
    [ "$status" -ne 124 ] || status=0
  else
    timeout -k 5 60 sh -eu "$script" > "$tmp/output" 2>&1 || status=$?
  fi
  stop_background
  leave_ports
  [ "$status" -eq 0 ] || wrong "exit status $status"
  judge
}

make_media ()
{
  clip=$here/make-clip.sh
  media=$tmp/media
  mkdir "$media"
  sh "$clip" "$media/network.ts" 30 PROGRAMME smpte 440
  sh "$clip" "$media/ad1.ts" 5 'AD 1' ball 660
  sh "$clip" "$media/ad2.ts" 5 'AD 2' colors 330
  sh "$clip" "$media/slate.ts" 2 SLATE black 220
  # ts-cue wants room behind the PMT, which ffmpeg's muxer leaves and mpegtsmux does not.
  ffmpeg -nostdin -v error -i "$media/network.ts" -c copy -f mpegts "$tmp/remuxed.ts"
  "$build_dir/tests/support/ts-cue" --splice-insert 10+10 "$tmp/remuxed.ts" "$media/cues.ts"
}

blocks=0
for document in "$@"; do
  blocks=$(cut_blocks "$document")
done
make_media
echo "1..$blocks"
n=0
while [ "$n" -lt "$blocks" ]; do
  n=$((n + 1))
  script=$tmp/$n.sh
  how=$tmp/$n.how
  name="$(sed 's,.*/,,' "$tmp/$n.where") $(grep -o -m 1 'gst-launch-1.0\|examples/[a-z-]*\(\.sh\)\?' "$script" | head -n 1)"
  rm -f "$tmp/wrong" "$tmp/output"
  case $(cat "$how") in
    missing)
      wrong "the block has no <!-- run: --> line, nor <!-- not run: WHY -->"
      ;;
    *)
      mkdir "$tmp/run"
      cp "$tmp"/media/* "$tmp/run"
      ln -s "$top/examples" "$tmp/run/examples"
      ln -s "$build_dir" "$tmp/run/build"
      cd "$tmp/run"
      run_block
      cd "$tmp"
      rm -rf "$tmp/run"
      ;;
  esac
  if [ -e "$tmp/wrong" ]; then
    echo "not ok $n - $name"
    sed 's/^/# /' "$tmp/wrong" "$script"
    [ ! -e "$tmp/output" ] || tail -n 20 "$tmp/output" | sed 's/^/#   /'
  else
    echo "ok $n - $name"
  fi
done
