#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The status page of the control server in a headless Chromium: test-page.sh SERVER [FOLDER].
# SERVER: tests/net/v1-server; in FOLDER screenshots are kept. Skipped where a tool is missing.

set -eu

server=$1
here=$(cd "$(dirname "$0")" && pwd)

skip ()
{
  echo "1..0 # SKIP $*"
  exit 0
}

command -v node > /dev/null || skip "node is not installed"
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || skip "node is older than 18"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) \
  || skip "no Chromium is installed"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/adsplice-page.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# npm's packages: those that setup.sh has put here, else for this run alone.
modules=$here/node_modules
if ! [ -d "$modules" ]; then
  command -v npm > /dev/null || skip "npm is not installed"
  cp "$here/package.json" "$here/package-lock.json" "$tmp"
  (cd "$tmp" && npm ci --no-audit --no-fund --ignore-scripts > npm.log 2>&1) || skip "npm cannot install playwright-core"
  modules=$tmp/node_modules
fi
export NODE_PATH=$modules
shots=()
[ -z "${2:-}" ] || shots=(--shots "$2")
node "$here/test-page.cjs" --chromium "$chromium" --server "$server" --work "$tmp" "${shots[@]}"
