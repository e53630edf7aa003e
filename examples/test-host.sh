#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# adsplice-host as an operator has it: test-host.sh BUILD-DIR. Exit status 77: a tool is missing.
#
# One run with three channels: an input is killed and comes back, the file is read again with a fault in it and
# without, and SIGTERM comes in a break; all the while a channel beside them loses nothing. Then shorter ones.

set -eu

build_dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
host=$build_dir/examples/adsplice-host
export GST_PLUGIN_PATH="$build_dir/plugin"

for tool in gst-launch-1.0 curl python3; do
  command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
for element in x264enc avenc_aac textoverlay mpegtsmux srtsrc srtsink; do
  gst-inspect-1.0 --exists "$element" || { echo "no GStreamer element $element here"; exit 77; }
done

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-test-host.XXXXXX")
pid=
feeder=
notified=
cleanup ()
{
  [ -z "$notified" ] || kill -KILL "$notified" 2> /dev/null || true
  [ -z "$feeder" ] || kill -KILL "$feeder" 2> /dev/null || true
  [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
cd "$tmp"

die ()
{
  printf 'test-host.sh: %s\n' "$*" >&2
  sed 's,^,  ,' "$tmp"/*.log >&2
  exit 1
}

# start NAME: in the background, its lines in NAME.log
start ()
{
  name=$1
  shift
  : > "$name.log"
  "$host" "$@" "$name.conf" >> "$name.log" 2>&1 &
  pid=$!
}

# wait_for SECONDS TEXT: until the host that runs has said so
wait_for ()
{
  left=$(($1 * 5))
  until grep -q -e "$2" "$name.log"; do
    [ "$left" -gt 0 ] || die "it did not say '$2' within $1 s"
    kill -0 "$pid" 2> /dev/null || die "it has ended and did not say '$2'"
    left=$((left - 1))
    sleep 0.2
  done
}

# ends STATUS
ends ()
{
  status=0
  wait "$pid" || status=$?
  pid=
  [ "$status" -eq "$1" ] || die "it ended with $status instead of $1"
}

# feed: to the SRT input of channel three
feed ()
{
  gst-launch-1.0 -q filesrc location=net.ts blocksize=1316 ! tsparse set-timestamps=true alignment=7 ! clocksync \
      ! srtsink uri='srt://127.0.0.1:19881?mode=listener' wait-for-connection=true sync=false > feeder.log 2>&1 &
  feeder=$!
}

# refused LINE TEXT: as fault.conf is, with exit status 2 and such a message
refused ()
{
  status=0
  "$host" --check fault.conf > fault.log 2>&1 || status=$?
  [ "$status" -eq 2 ] || die "a fault in the configuration ends with $status"
  grep -q -e "fault.conf:$1: .*$2" fault.log || die "no word about line $1: $2"
}

sh "$here/make-clip.sh" net.ts 20 SRT smpte 440
sh "$here/make-clip.sh" ad.ts 4 AD ball 660

# Faults, each with its line.
printf '[channel a]\ninput=test:\noutput=hls:www\nlead-tim=1s\n' > fault.conf
refused 4 'lead-tim: adsplicebin has no such property'
printf '[channel a]\ninput=test:\noutput=hls:www\n\nlead-time=soon\n' > fault.conf
refused 5 '"soon" is no value'
printf '[channel a]\ninput=test:\noutput=hls:www\nhls.sink_0::no=1\n' > fault.conf
refused 4 'hlsadsink has no such property'
printf '[channel a]\ninput=test:\noutput=ftp://a\n' > fault.conf
refused 3 'there are hls:FOLDER'
printf '[channel a]\ninput=videotestsrc ! nothing\noutput=hls:www\n' > fault.conf
refused 2 'nothing'
printf '[control]\nlisten=localhost\n' > fault.conf
refused 2 'HOST:PORT'
printf '[channel a]\ninput=test:\noutput=1=udp://127.0.0.1:9\n' > fault.conf
refused 3 'no such rendition'
# The example, with every key in it: what it names are properties of the elements.
sed 's/^#\([^ ]\)/\1/' "$here/adsplice.conf" > every.conf
chmod 600 every.conf
"$host" --check every.conf > fault.log 2>&1 || die "the example has a fault"

cat > run.conf << EOF
[control]
listen=127.0.0.1:19889
[state]
path=memory
[channel one]
input=test:
output=hls:www
creative-uris=$tmp/ad.ts,$tmp/ad.ts
lead-time=1s
schedule=11+8
[channel two]
input=test:ball
output=file:two.ts
[channel three]
input=srt://127.0.0.1:19881
output=file:three.ts
EOF
# Everything that it tells its service manager, a line each.
python3 - > notify.log 2>&1 << 'EOF' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("notify")
while True:
    text = s.recv(4096).decode()
    print(text, flush=True)
    if text == "STOPPING=1":
        sys.exit()
EOF
notified=$!
feed
export NOTIFY_SOCKET="$tmp/notify" WATCHDOG_USEC=2000000
until [ -S notify ]; do sleep 0.1; done
start run
unset NOTIFY_SOCKET WATCHDOG_USEC
wait_for 10 'one: break .* scheduled'
until [ -s three.ts ]; do
  kill -0 "$pid" 2> /dev/null || die "it has ended"
  sleep 0.2
done
kill -KILL "$feeder"
wait_for 10 'three: input 0 (srt) fails'
feed
wait_for 10 'three: input 0 is back'
kill -KILL "$feeder"
feeder=
# A fault: nothing changes. Without it: three goes and four comes.
sed 's/^lead-time/lead-tim/' run.conf > next.conf
cp run.conf good.conf
cp next.conf run.conf
kill -HUP "$pid"
wait_for 5 'run.conf:9: lead-tim: .*no such property'
wait_for 5 'is not taken'
list=http://127.0.0.1:19889/ListChannels
curl -fsS -d '{}' "$list" > channels.json || die "the control server does not answer"
grep -q '"three"' channels.json || die "it does not know channel three"
token=0123456789abcdef
sed "s/channel three/channel four/; s/srt:.*/test:snow/; s/three.ts/four.ts/; /^listen/abearer-tokens=$token" \
    good.conf > run.conf
chmod 600 run.conf
kill -HUP "$pid"
wait_for 5 'read again: 1 channel new or changed'
wait_for 5 'three: has ended'
status=$(curl -sS -o channels.json -w '%{http_code}' -d '{}' "$list")
[ "$status" = 403 ] || die "whoever has no token is answered $status"
curl -fsS -H "Authorization: Bearer $token" -d '{}' "$list" > channels.json || die "the new token is not known"
grep -q '"four"' channels.json || die "it does not know channel four"
! grep -q '"three"' channels.json || die "it still knows channel three"
wait_for 15 'one: break .* started'
kill -TERM "$pid"
wait_for 5 'one: break .* is finished first'
wait_for 15 'one: break .* ended'
ends 0
wait "$notified"
for word in READY=1 WATCHDOG=1 RELOADING=1 'STATUS=3 channels' STOPPING=1; do
  grep -q -e "^$word" notify.log || die "the service manager was not told $word"
done
grep -q '^#EXT-X-ENDLIST' www/one/playlist.m3u8 || die "the playlist has no end"
[ -s four.ts ] || die "channel four did not run"
[ "$(grep -c 'three: input 0 (srt) fails' run.log)" -le 2 ] || die "an input that fails is talked about again and again"
# Where it was cut off there is no next PCR, and what comes behind the last one may seem late.
"$build_dir/tests/support/ts-check" two.ts > check.log 2>&1 || true
grep -q 'video .* 0 gaps' check.log || die "no pictures in channel two"
! grep 'VIOLATION' check.log | grep -v late-au || die "channel two was disturbed"
[ "$(sed -n 's/.* \(one\|two\): is back$/\1/p' run.log)" = '' ] || die "a channel was begun again"

# A break is cut by option; its ad would be 8 s long.
sed 's/^schedule.*/schedule=3+8/; /channel two/,$d; /^listen/d; s/^.control.$//' good.conf > cut.conf
start cut --stop=cut
wait_for 15 'one: break .* started'
before=$(date +%s)
kill -TERM "$pid"
ends 0
[ $(($(date +%s) - before)) -le 5 ] || die "a break that is cut takes $(($(date +%s) - before)) s"
grep -q '^#EXT-X-ENDLIST' www/one/playlist.m3u8 || die "the playlist has no end after a cut"

# A second SIGTERM ends it at once.
cp cut.conf twice.conf
start twice
wait_for 15 'one: break .* started'
kill -TERM "$pid"
wait_for 5 'is finished first'
sleep 1
before=$(date +%s)
kill -TERM "$pid"
ends 1
[ $(($(date +%s) - before)) -le 2 ] || die "the second SIGTERM takes $(($(date +%s) - before)) s"

# Files without loop: the channel ends with them, and the host when none is left.
printf '[channel end]\ninput=ad.ts\noutput=file:end.ts\n' > file.conf
start file
wait_for 15 'end: input 0 has come to its end'
ends 0
"$build_dir/tests/support/ts-check" end.ts > check.log 2>&1 || die "the copy of a file is not whole"
[ "$(wc -c < end.ts)" -ge "$(wc -c < ad.ts)" ] || die "the copy of a file is shorter than it"
