#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Puts ads into a recording, without decoding it.
#
#   sh examples/splice-file.sh NETWORK.ts SCHEDULE OUT.ts AD.ts [AD.ts...]
#
# SCHEDULE is START+DURATION[,START+DURATION...] in seconds from the first picture:
# `12+10,60+30`. The ads play in the order in which they stand; each is used once, so
# give one as often as it shall play. What happened at each cut is printed.

set -eu

if [ $# -lt 4 ]; then
  sed -n '3,/^$/s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
network=$1
schedule=$2
out=$3
shift 3

here=$(cd "$(dirname "$0")" && pwd)
# The plugin of the build folder, unless adsplice is installed.
if [ -d "$here/../build/plugin" ]; then
  export GST_PLUGIN_PATH="$here/../build/plugin${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
fi
for file in "$network" "$@"; do
  if [ ! -r "$file" ]; then
    echo "splice-file.sh: cannot read $file" >&2
    exit 1
  fi
done

# Each ad file becomes a branch `filesrc ! splicer.ad_N`; "$@" grows by its words.
ads=$#
n=0
while [ "$n" -lt "$ads" ]; do
  set -- "$@" filesrc location="$1" ! "splicer.ad_$n"
  shift
  n=$((n + 1))
done

messages=$(mktemp)
trap 'rm -f "$messages"' EXIT
trap 'exit 130' INT TERM
status=0
gst-launch-1.0 -m filesrc location="$network" ! tssplicer name=splicer schedule="$schedule" \
    ! filesink location="$out" "$@" > "$messages" || status=$?
sed -n 's/^Got message .*: ad-break-state-change, //p' "$messages"
exit "$status"
