#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Amazon's own SDKs against the control API: test-sdk.sh CONTROL-SERVER. Their packages are those
# that setup.sh has put here, else fetched for this run alone. TAP.

set -eu

here=$(cd "$(dirname "$0")" && pwd)

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
NODE_PATH=$modules node "$here/test-sdk.cjs" "$1"
