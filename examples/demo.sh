#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A live channel with ads, in your browser:
#
#   sh examples/demo.sh [--every S] [--duration S] [--listen HOST:PORT] [--once S]
#
# It sets the machine up, builds adsplice, makes two creatives, starts an ad server that offers them,
# and runs a test channel on adsplice-host. A break comes every minute (--every S, 0 = never) and when you press
# b, or when anybody calls InsertAdBreak, and lasts 20 s (--duration S); q or Ctrl-C ends it. --listen is where the
# channel is served, 127.0.0.1:8088 or the next port that is free. --once S ends it after S seconds.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build_dir=${ADSPLICE_BUILD_DIR:-$top/build}
creatives=$build_dir/demo/ads
ports_to_try=20
every=60
duration=20
listen=127.0.0.1:8088
once=0

say ()
{
  printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"
}

die ()
{
  printf 'demo: %s\n' "$*" >&2
  exit 2
}

is_number ()
{
  case $1 in
    '' | *[!0-9]* | ???????*) return 1 ;;
  esac
}

while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --every | --duration | --once)
      is_number "${2:-}" || die "$1 needs a number of seconds"
      eval "${1#--}=$2"
      ;;
    --listen)
      case ${2:-} in
        *?:[1-9]*) listen=$2 ;;
        *) die "--listen wants HOST:PORT" ;;
      esac
      is_number "${listen##*:}" || die "--listen wants HOST:PORT, not $listen"
      ;;
    *) die "unknown option $1 (--help shows them)" ;;
  esac
  shift 2
done
{ [ "$duration" -ge 1 ] && [ "$duration" -le 300 ]; } || die "--duration is from 1 to 300 s"

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

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-demo.XXXXXX")
ads_pid=
terminal=
# Its beacons are told to the ad server first: it goes last.
clean_up ()
{
  [ -z "$terminal" ] || stty "$terminal"
  [ -z "$ads_pid" ] || kill "$ads_pid" 2> /dev/null || true
  rm -rf "$tmp"
}
trap clean_up EXIT
# Ctrl-C is for the host below, which ends its playlist; this shell waits for it.
trap : INT TERM HUP

# The page lies beside the playlist; hls.js is npm's, and only some browsers play HLS without it.
page=playlist.m3u8
web=$top/examples/web
mkdir "$tmp/hls" "$tmp/hls/live"
if [ -f "$web/index.html" ]; then
  find "$web" -maxdepth 1 -type f \( -name '*.html' -o -name '*.js' -o -name '*.css' \) \
      -exec cp {} "$tmp/hls/live" \;
  page=index.html
  if [ -f "$web/node_modules/hls.js/dist/hls.min.js" ]; then
    cp "$web/node_modules/hls.js/dist/hls.min.js" "$tmp/hls/live"
  else
    echo "demo: hls.js is not here (npm did not get it): use Safari, or a player of yours"
  fi
fi

: > "$tmp/ads.log"
(trap '' INT HUP; exec "$build_dir/examples/ads-server" --listen 127.0.0.1:0 --media "$creatives") > "$tmp/ads.log" &
ads_pid=$!
ads=
while [ -z "$ads" ] && kill -0 "$ads_pid" 2> /dev/null; do
  ads=$(sed -n 's,^ads at \(http://[^/]*\)/vast.*,\1,p' "$tmp/ads.log")
  [ -n "$ads" ] || sleep 0.2
done
[ -n "$ads" ] || die "the ad server does not start"

# free_port HOST PORT: that one, or the next above it where nobody answers, in $port
free_port ()
{
  port=$2
  while [ "$port" -lt $(($2 + ports_to_try)) ]; do
    status=0
    curl -s -o /dev/null --noproxy '*' --max-time 2 "http://$1:$port/" || status=$?
    # 7: nobody has taken the call
    [ "$status" -ne 7 ] || return 0
    port=$((port + 1))
  done
  die "no free port from $2 to $((port - 1)) on $1; give another with --listen HOST:PORT"
}

address=${listen%:*}
wanted=${listen##*:}
free_port "$address" "$wanted"
[ "$port" -eq "$wanted" ] || echo "Port $wanted of $address is taken by another program; this is port $port."
listen=$address:$port
free_port 127.0.0.1 $((port + 1))
control=127.0.0.1:$port
arn=arn:aws:ivs:us-east-1:000000000000:channel/live
call="{\"channelArn\":\"$arn\",\"durationSeconds\":$duration}"

cat > "$tmp/demo.conf" << EOF
[control]
listen=$control
[state]
path=memory
[channel live]
input=test:
output=hls:$tmp/hls
hls.listen=$listen
ads-url=$ads/vast?ads=2&pod=0&seconds=[session.avail_duration_secs]
creative-dir=$tmp/creatives
lead-time=3s
EOF

insert_break ()
{
  answer=$(curl -sS --noproxy '*' --max-time 5 -d "$call" "http://$control/InsertAdBreak" 2>&1) || true
  say "InsertAdBreak ($1): $answer"
}

export GST_PLUGIN_PATH="$build_dir/plugin${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
"$build_dir/examples/adsplice-host" --stop=cut "$tmp/demo.conf" < /dev/null &
host_pid=$!
# Until both of its servers are there: who looks for a free port then finds them taken.
for place in "$control" "$listen"; do
  until curl -s -o /dev/null --noproxy '*' --max-time 2 "http://$place/" || ! kill -0 "$host_pid" 2> /dev/null; do
    sleep 0.2
  done
done

cat << EOF

  Watch:     http://$listen/live/$page
  Playlist:  http://$listen/live/playlist.m3u8
  Control:   http://$control/
  Ad server: $ads/vast, and what it has seen: $ads/beacons

  A break, from anywhere on this machine:

    curl -d '$call' http://$control/InsertAdBreak

  or with Amazon's own tools:

    aws ivs insert-ad-break --endpoint-url http://$control --region us-east-1 --no-sign-request \\
        --channel-arn $arn --duration-seconds $duration

EOF
[ "$every" -eq 0 ] || printf '  One of %s s comes every %s s. ' "$duration" "$every"
[ ! -t 0 ] || printf '  Keys: b = a break now, q = end'
printf '\n\n'

# To the host that would mean to read its configuration again.
trap 'kill -TERM "$host_pid"' HUP
began=$(date +%s)
next=$((began + every))
ending=no
if [ -t 0 ]; then
  terminal=$(stty -g)
  stty -icanon -echo min 0 time 10
fi

# A second a round: for a key where there is a terminal.
while kill -0 "$host_pid" 2> /dev/null; do
  key=
  if [ -n "$terminal" ]; then
    key=$(dd bs=1 count=1 2> /dev/null) || true
  else
    sleep 1 || true
  fi
  now=$(date +%s)
  if [ "$key" = b ]; then
    insert_break "key b"
  elif [ "$every" -gt 0 ] && [ "$now" -ge "$next" ]; then
    next=$((now + every))
    insert_break timer
  fi
  if [ "$key" = q ] || { [ "$once" -gt 0 ] && [ "$ending" = no ] && [ "$now" -ge $((began + once)) ]; }; then
    ending=yes
    kill -TERM "$host_pid"
  fi
done
status=0
wait "$host_pid" || status=$?
exit "$status"
