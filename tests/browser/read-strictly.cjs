// SPDX-License-Identifier: LGPL-2.1-or-later
// node read-strictly.cjs CAPTURE: every version of every playlist of a capture (tests/support/hlc-capture.h),
// by npm's hls-parser in strict mode. Exit status 1: it refuses one that is right by RFC 8216bis.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { parseStrictly } = require('./strict.cjs');

const capture = process.argv[2];
let versions = 0, refused = 0;

for (const line of fs.readFileSync(path.join(capture, 'capture.tsv'), 'utf8').split('\n')) {
  const [, kind, name, file] = line.split('\t');
  if (kind !== 'playlist') continue;
  versions++;
  try {
    parseStrictly(fs.readFileSync(path.join(capture, file), 'utf8'));
  } catch (error) {
    refused++;
    console.log(`${name} (${file}): ${error.message}`);
  }
}
console.log(`${capture}: hls-parser took ${versions - refused} of ${versions} versions`);
process.exitCode = versions === 0 || refused > 0 ? 1 : 0;
