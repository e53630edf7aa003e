#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cue-dump and adsplice-check as people call them: what they print, exit status, errors.
#
#   test-tools.sh EXAMPLES-DIR MAKE-TOOL-STREAMS        TAP
#   test-tools.sh --regen EXAMPLES-DIR MAKE-TOOL-STREAMS   writes the *.expected files anew: read
#                                                          the difference before it is kept
set -eu

regen=
if [ "$1" = --regen ]; then
  regen=1
  shift
fi
programs=$(cd "$1" && pwd)
make_streams=$2
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-tools.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
export GST_REGISTRY="${GST_REGISTRY:-$tmp/registry.bin}" LC_ALL=C
PATH=$programs:$PATH
"$make_streams" "$tmp"
cd "$tmp"
: > empty.ts
mkdir folder.ts
head -c 300000 good.ts | tr '\107' '\110' > noise.ts
n=0

result ()
{
  n=$((n + 1))
  if [ "$1" = 0 ]; then
    echo "ok $n - $2"
  else
    echo "not ok $n - $2"
    sed 's/^/# /' problem
  fi
}

# golden NAME STATUS COMMAND...: exit status and what it prints, errors behind.
golden ()
{
  name=$1 wanted=$2
  shift 2
  status=0
  "$@" > out 2> err < /dev/null || status=$?
  cat err >> out
  if [ -n "$regen" ]; then
    cp out "$here/$name.expected"
  fi
  failed=0
  diff -u "$here/$name.expected" out > problem || failed=1
  if [ "$status" -ne "$wanted" ]; then
    echo "exit status $status instead of $wanted" >> problem
    failed=1
  fi
  result "$failed" "$name"
}

# says STATUS TEXT COMMAND...: TEXT stands in what it prints or complains about.
says ()
{
  wanted=$1 text=$2
  shift 2
  status=0
  "$@" > out 2>&1 < /dev/null || status=$?
  failed=0
  : > problem
  if [ "$status" -ne "$wanted" ]; then
    echo "exit status $status instead of $wanted" >> problem
    failed=1
  fi
  if ! grep -q -e "$text" out; then
    { echo "does not say: $text"; cat out; } >> problem
    failed=1
  fi
  result "$failed" "$*: $text"
}

golden check-good 0 adsplice-check good.ts
golden check-bad 0 adsplice-check bad.ts
golden check-good-json 0 adsplice-check --json good.ts
golden like-ad 0 adsplice-check --like good.ts ad.ts
golden like-wide 1 adsplice-check --like good.ts wide.ts
golden like-deep 0 adsplice-check --like good.ts deep.ts
golden dump-good 0 cue-dump good.ts
golden dump-good-json 0 cue-dump --json good.ts
golden dump-bad 1 cue-dump bad.ts

# 14.1 of the standard, in three spellings
pts_307='/DA0AAAAAAAA///wBQb+cr0AUAAeAhxDVUVJSAAAjn/PAAGlmbAICAAAAAAsoKGKNAIAmsnRfg=='
hex=fc3034000000000000fffff00506fe72bd0050001e021c435545494800008e7fcf0001a599b00808000000002ca0a18a3402009ac9d17e
golden section 0 cue-dump --section "$pts_307"
golden section 0 cue-dump --section "$hex"
golden section 0 cue-dump --section "0x$hex"
golden section-json 0 cue-dump --json --section "$pts_307"
says 1 'Not a SCTE 35 section in base64' cue-dump --section 'this is no cue!'
says 1 'table_id' cue-dump --section 'this is no cue'
says 1 'Not a SCTE 35 section' cue-dump --section ''
says 1 'CRC_32' cue-dump --section "${hex%7e}7f"
says 1 '"valid":false,"errors":\["bad_crc"\]' cue-dump --json --section "${hex%7e}7f"
says 1 '"errors":\["not_base64"\]' cue-dump --json --section '%'

for tool in cue-dump adsplice-check; do
  says 2 'missing.ts: No such file' "$tool" missing.ts
  says 2 'Is a directory' "$tool" folder.ts
  says 2 'is empty' "$tool" empty.ts
  says 2 'no MPEG transport stream' "$tool" noise.ts
  says 2 'no MPEG transport stream' "$tool" "$here/test-tools.sh"
  says 2 'name one FILE' "$tool"
  says 2 'name one FILE' "$tool" good.ts good.ts
  says 2 'Unknown option' "$tool" --nonsense good.ts
  says 2 'no program 77' "$tool" --program 77 good.ts
  says 2 'cannot read nonsense://place' "$tool" nonsense://place
  says 0 'Exit status' "$tool" --help
done
says 2 'packets of 204 bytes' cue-dump rs204.ts
says 1 'Its packets have 204 bytes' adsplice-check rs204.ts
says 1 'cut off in the middle of a packet' adsplice-check --creative cut.ts
says 0 'Yes: it fits' adsplice-check --creative ad.ts
says 2 'missing.ts: No such file' adsplice-check --like missing.ts ad.ts
says 2 'missing.ts: No such file' adsplice-check --like good.ts missing.ts
says 2 'noise.ts is no MPEG' adsplice-check --like noise.ts ad.ts
says 1 'it is no MPEG transport stream' adsplice-check --like good.ts noise.ts
says 0 '"fits": true' adsplice-check --json --like good.ts ad.ts
says 0 '3 cues' cue-dump "file://$tmp/good.ts"
says 2 'cannot read file://' cue-dump "file://$tmp/missing.ts"
says 0 'it splices' adsplice-check "file://$tmp/good.ts"

# cut at any place of a packet, and in the first one
for size in 1 100 188 200 100000; do
  head -c "$size" good.ts > short.ts
  cue-dump short.ts > out 2>&1 || true
  status=0
  adsplice-check short.ts > out 2>&1 || status=$?
  failed=0
  [ "$status" -le 2 ] || failed=1
  cp out problem
  result "$failed" "$size bytes of a stream"
done

# standard input; and Ctrl-C while more could come
failed=0
cue-dump - < good.ts > out 2> problem || failed=1
cmp out "$here/dump-good.expected" > /dev/null 2>&1 || sed '$d' "$here/dump-good.expected" | cmp out - >> problem || failed=1
result "$failed" 'standard input'

mkfifo pipe
cue-dump pipe > out 2> problem &
dump=$!
exec 3<> pipe
cat good.ts >&3
tries=0
while ! grep -q '^#3 ' out && [ "$tries" -lt 100 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
kill -INT "$dump"
status=0
wait "$dump" || status=$?
exec 3>&-
failed=0
[ "$status" -eq 0 ] || failed=1
grep -q 'program 1: 3 cues' problem || failed=1
result "$failed" 'Ctrl-C prints the summary'

echo "1..$n"
