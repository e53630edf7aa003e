#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Amazon's own SDKs against the control API: test-sdk.sh CONTROL-SERVER, or against a channel that
# runs: test-sdk.sh --live LIVE-CHANNEL. Their packages are those that setup.sh has put here, else
# fetched for this run alone. TAP.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
script=test-sdk.cjs
live=no
if [ "$1" = --live ]; then
  script=test-sdk-live.cjs
  live=yes
  shift
fi

skip ()
{
  echo "1..0 # SKIP $*"
  exit 0
}

command -v node > /dev/null || skip "node is not installed"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "node is older than 20, which the SDKs want"

tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-sdk.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
modules=$here/node_modules
if [ ! -d "$modules" ]; then
  command -v npm > /dev/null || skip "npm is not installed, and the SDKs are not here"
  cp "$here/package.json" "$here/package-lock.json" "$tmp"
  (cd "$tmp" && npm ci --no-audit --no-fund --ignore-scripts > npm.log 2>&1) || skip "npm cannot fetch the SDKs"
  modules=$tmp/node_modules
fi
set -- "$1"
if [ "$live" = yes ]; then
  (umask 077 && printf '%s\n' '[control]' 'keys=AKIDTEST:a-secret-of-more-than-sixteen' 'rates=InsertAdBreak:0' \
    '[state]' "path=$tmp/state.db" > "$tmp/adsplice.conf")
  set -- "$1" "$tmp/adsplice.conf"
fi
NODE_PATH=$modules node "$here/$script" "$@"
