#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# examples/nginx.conf with the nginx of this machine: as a cache in front of the origin, and
# over the folder alone; then all three ways of it before a live hlsadsink.
#
#   sh tests/net/nginx.sh ORIGIN-SERVE NGINX.CONF HLS-LIVE
#
# Skipped with a word when nginx, curl or python3 is missing.

set -eu

origin_serve=$1
conf=$2
hls_live=$3
PATH=$PATH:/usr/sbin:/sbin
failures=0
n=0

skip ()
{
  printf '1..0 # SKIP %s\n' "$*"
  exit 0
}

command -v nginx > /dev/null || skip "nginx is not installed (group nginx of build-aux/packages)"
command -v curl > /dev/null || skip "curl is not installed"
command -v python3 > /dev/null || skip "python3 is not installed"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-nginx.XXXXXX")
# nginx started as root works as nobody
chmod 755 "$tmp"
nginx_pid=
live_nginx_pid=
cleanup ()
{
  exec 9>&- 2> /dev/null || true
  exec 8>&- 2> /dev/null || true
  [ -z "$nginx_pid" ] || kill "$nginx_pid" 2> /dev/null || true
  [ -z "$live_nginx_pid" ] || kill "$live_nginx_pid" 2> /dev/null || true
  wait 2> /dev/null || true
  rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# check TEXT STATUS: one line of the test.
check ()
{
  n=$((n + 1))
  if [ "$2" = 0 ]; then
    printf 'ok %d %s\n' "$n" "$1"
  else
    printf 'not ok %d %s\n' "$n" "$1"
    failures=$((failures + 1))
  fi
}

# has TEXT NAME: a line of the answer's head, in lower case, without its end.
has ()
{
  tr -d '\r' < "$tmp/head" | tr '[:upper:]' '[:lower:]' | grep -qx -e "$2" && s=0 || s=1
  check "$1" "$s"
}

# get URL [CURL-OPTION...]: head and body into files.
get ()
{
  : > "$tmp/head"
  curl -s -m 30 -D "$tmp/head" -o "$tmp/body" "$@" || true
}

ports=$(python3 -c 'import socket
s = [socket.socket() for i in range(6)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
# shellcheck disable=SC2086 # six words
set -- $ports
cache=http://127.0.0.1:$1
folder=http://127.0.0.1:$2
secure_port=$3
live_cache=http://127.0.0.1:$4
live_folder=http://127.0.0.1:$5
live_mixed=http://127.0.0.1:$6

mkdir -p "$tmp/out/m" "$tmp/n"
printf '#EXTM3U\n#EXT-X-TARGETDURATION:2\n' > "$tmp/out/playlist.m3u8"
i=0
while [ $i -lt 30 ]; do
  printf '#EXTINF:2.000,\nm/v-%08d.ts\n' $i >> "$tmp/out/playlist.m3u8"
  i=$((i + 1))
done
head -c 400000 /dev/urandom > "$tmp/out/m/v-00000000.ts"
printf secret > "$tmp/out/.hidden.ts"
printf secret > "$tmp/out/live.timeline"

mkfifo "$tmp/end"
"$origin_serve" "$tmp/out" 1500 < "$tmp/end" > "$tmp/address" &
exec 9> "$tmp/end"
for i in 1 2 3 4 5 6 7 8 9 10; do
  [ -s "$tmp/address" ] || sleep 0.2
done
origin=http://$(cat "$tmp/address")

# The marks of the example, for this machine; TLS and HTTP/2 beside the plain port.
secure=
if command -v openssl > /dev/null && curl --version | grep -q HTTP2 \
    && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -keyout "$tmp/n/key.pem" -out "$tmp/n/cert.pem" -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost > /dev/null 2>&1; then
  secure=https://localhost:$secure_port
fi
sed -e "s,127.0.0.1:8080,${origin#http://}," -e "s,127.0.0.1:8082,${folder#http://}," \
    -e "s,/srv/adsplice,$tmp/out," -e "/listen 127.0.0.1:8083;/s,listen.*,listen unix:$tmp/n/mixed.sock;," \
    -e "s,listen 127.0.0.1:8081;,listen ${cache#http://};${secure:+ listen 127.0.0.1:$secure_port ssl http2;}," \
    ${secure:+-e 's,# ssl_certificate,ssl_certificate,'} "$conf" > "$tmp/n/nginx.conf"
nginx -p "$tmp/n" -c "$tmp/n/nginx.conf" -t > "$tmp/messages" 2>&1 && s=0 || s=1
[ "$s" = 0 ] || sed 's/^/# /' "$tmp/messages"
check "nginx takes the example" "$s"
nginx -p "$tmp/n" -c "$tmp/n/nginx.conf" > "$tmp/messages" 2>&1 &
nginx_pid=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
  curl -s -o /dev/null "$folder/" && break
  sleep 0.2
done

# -- the cache
get "$cache/live/playlist.m3u8"
cmp -s "$tmp/body" "$tmp/out/playlist.m3u8" && s=0 || s=1
check "a playlist through the cache" "$s"
has "its type" "content-type: application/vnd.apple.mpegurl"
has "its age" "cache-control: max-age=1"
has "CORS goes through" "access-control-allow-origin: \*"
get "$cache/live/playlist.m3u8" -H 'Accept-Encoding: br, gzip'
has "gzip goes through" "content-encoding: gzip"
gzip -dc < "$tmp/body" | cmp -s - "$tmp/out/playlist.m3u8" && s=0 || s=1
check "and is the same playlist" "$s"
get "$cache/live/m/v-00000000.ts"
has "the first one asks the origin" "x-cache: miss"
get "$cache/live/m/v-00000000.ts"
has "the second one does not" "x-cache: hit"
has "media are immutable" "cache-control: max-age=3600, immutable"
cmp -s "$tmp/body" "$tmp/out/m/v-00000000.ts" && s=0 || s=1
check "byte for byte" "$s"
get "$cache/live/m/v-00000000.ts" -r 1000-1999
has "a range of it" "content-range: bytes 1000-1999/400000"
get "$cache/live/.hidden.ts"
grep -q '404' "$tmp/head" && s=0 || s=1
check "what is hidden is not there" "$s"

# Forty at once for a playlist that is not there yet: one of them reaches the origin.
before=$(curl -s "$origin/stats" | sed 's/.* requests=\([0-9]*\).*/\1/')
next=$(curl -s "$origin/blocked/playlist.m3u8" | sed -n 's/^# next=//p')
urls=
i=0
while [ $i -lt 40 ]; do
  urls="$urls -o $tmp/held-$i $cache/blocked/playlist.m3u8$next"
  i=$((i + 1))
done
# shellcheck disable=SC2086
curl -s -m 30 --parallel --parallel-max 40 --parallel-immediate $urls 2> /dev/null && s=0 || s=1
check "forty viewers wait for the same part" "$s"
after=$(curl -s "$origin/stats" | sed 's/.* requests=\([0-9]*\).*/\1/')
same=$(cksum "$tmp"/held-* | awk '{ print $1 }' | sort | uniq -c | awk '{ print $1 }')
[ "$same" = 40 ] && grep -q EXTM3U "$tmp/held-0" && s=0 || s=1
check "all have the same answer" "$s"
# the other two: the playlist above, and /stats
asked=$((after - before - 2))
printf '# requests that reached the origin: %d\n' "$asked"
[ "$asked" = 1 ] && s=0 || s=1
check "one request reached the origin" "$s"

if [ -n "$secure" ]; then
  version=$(curl -s -m 30 --cacert "$tmp/n/cert.pem" -o "$tmp/body" -w '%{http_version}' \
      "$secure/live/playlist.m3u8") || true
  [ "$version" = 2 ] && cmp -s "$tmp/body" "$tmp/out/playlist.m3u8" && s=0 || s=1
  check "HTTP/2 over TLS" "$s"
else
  n=$((n + 1))
  printf 'ok %d HTTP/2 over TLS # SKIP no openssl, or curl without HTTP/2\n' "$n"
fi

# -- the folder
get "$folder/playlist.m3u8"
has "a playlist from the folder" "content-type: application/vnd.apple.mpegurl"
has "its age there" "cache-control: max-age=1"
has "CORS there" "access-control-allow-origin: \*"
get "$folder/m/v-00000000.ts"
has "media there" "cache-control: max-age=3600, immutable"
has "their type" "content-type: video/mp2t"
get "$folder/playlist.m3u8" -H 'Accept-Encoding: gzip'
has "gzip there" "content-encoding: gzip"
printf '#EXTM3U\n# replaced\n' > "$tmp/out/new" && mv "$tmp/out/new" "$tmp/out/playlist.m3u8"
get "$folder/playlist.m3u8"
grep -q replaced "$tmp/body" && s=0 || s=1
check "a playlist that is replaced is seen at once" "$s"
for path in /.hidden.ts /live.timeline / /m/ /m/../.hidden.ts /..%2f; do
  get "$folder$path" --path-as-is
  head -n 1 "$tmp/head" | grep -q ' 40[034]' && ! grep -q secret "$tmp/body" && s=0 || s=1
  check "not there: $path" "$s"
done

# -- before a live channel
mkfifo "$tmp/live-end"
"$hls_live" "$tmp/live" part-duration=0.333333 < "$tmp/live-end" > "$tmp/live-address" 2> "$tmp/messages" &
exec 8> "$tmp/live-end"
i=0
while [ ! -s "$tmp/live/playlist.m3u8" ] && [ $i -lt 150 ]; do
  i=$((i + 1))
  sleep 0.2
done
live=http://$(cat "$tmp/live-address")
mkdir "$tmp/l"
sed -e "s,127.0.0.1:8080,${live#http://}," -e "s,127.0.0.1:8081,${live_cache#http://}," \
    -e "s,127.0.0.1:8082,${live_folder#http://}," -e "s,127.0.0.1:8083,${live_mixed#http://}," \
    -e "s,/srv/adsplice,$tmp/live," \
    -e "s,access_log off;,log_format up '\$request_uri \$upstream_addr'; access_log $tmp/l/access up;," \
    "$conf" > "$tmp/l/nginx.conf"
nginx -p "$tmp/l" -c "$tmp/l/nginx.conf" > "$tmp/messages" 2>&1 &
live_nginx_pid=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
  curl -s -o /dev/null "$live_folder/" && break
  sleep 0.2
done

# next [AHEAD]: a query for what comes next, or for a later segment, of the playlist on stdin.
next ()
{
  awk -v ahead="${1:-0}" -F: '/^#EXT-X-MEDIA-SEQUENCE/ { m = $2 } /^#EXTINF/ { m++; p = 0 } /^#EXT-X-PART:/ { p++ }
    /^#EXT-X-PART-INF/ { parts = 1 }
    END { if (ahead) print "?_HLS_msn=" m + ahead; else print "?_HLS_msn=" m (parts ? "&_HLS_part=" p : "") }'
}

get "$live_cache/live/playlist.m3u8"
grep -q 'CAN-BLOCK-RELOAD=YES' "$tmp/body" && s=0 || s=1
check "a live channel through the cache" "$s"
query=$(next 1 < "$tmp/body")
urls=
i=0
while [ $i -lt 40 ]; do
  urls="$urls -o $tmp/live-held-$i $live_cache/live/playlist.m3u8$query"
  i=$((i + 1))
done
# shellcheck disable=SC2086
curl -s -m 30 --parallel --parallel-max 40 --parallel-immediate $urls 2> /dev/null && s=0 || s=1
check "forty viewers wait for the segment after the next" "$s"
same=$(cksum "$tmp"/live-held-* | awk '{ print $1 }' | sort | uniq -c | awk '{ print $1 }')
m=${query#*=}
grep -q "[^0-9]0*$m\.ts\$" "$tmp/live-held-0" && [ "$same" = 40 ] && s=0 || s=1
check "all have it in the same answer" "$s"
asked=$(grep -F "playlist.m3u8$query " "$tmp/l/access" | grep -vc -e ' -$' || true)
printf '# of them reached the origin: %s\n' "$asked"
[ "$asked" = 1 ] && s=0 || s=1
check "one of them reached the origin" "$s"

get "$live_mixed/live/playlist.m3u8"
grep -q 'CAN-BLOCK-RELOAD=YES' "$tmp/body" && s=0 || s=1
check "mixed: the playlist of the origin" "$s"
hint=$(sed -n 's/.*PRELOAD-HINT.*URI="\([^"]*\)".*/\1/p' "$tmp/body")
media=$(grep '^m/' "$tmp/body" | tail -n 1)
get "$live_mixed/live/$media"
cmp -s "$tmp/body" "$tmp/live/$media" && ! grep -qi '^x-cache' "$tmp/head" && s=0 || s=1
check "mixed: a segment from the folder" "$s"
if [ -n "$hint" ]; then
  get "$live_mixed/live/$hint"
  cmp -s "$tmp/body" "$tmp/live/$hint" && grep -qi '^server-timing: hold' "$tmp/head" && s=0 || s=1
  check "mixed: a part that is only hinted at" "$s"
fi
get "$live_mixed/live/live.timeline"
head -n 1 "$tmp/head" | grep -q ' 404' && s=0 || s=1
check "mixed: not the timeline" "$s"
get "$live_folder/playlist.m3u8"
grep -q '^#EXTINF' "$tmp/body" && ! grep -q -e SERVER-CONTROL -e PART "$tmp/body" && s=0 || s=1
check "the folder promises nothing that files cannot do" "$s"

printf '1..%d\n' "$n"
[ "$failures" = 0 ]
