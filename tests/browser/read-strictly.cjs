// SPDX-License-Identifier: LGPL-2.1-or-later
// node read-strictly.cjs CAPTURE: every version of every playlist of a capture (tests/support/hlc-capture.h),
// by npm's hls-parser in strict mode. Exit status 1: it refuses one that is right by RFC 8216bis.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const HLS = require('hls-parser');

// It asks for version 8 where section 8 of RFC 8216bis asks for none.
const FALSE_ALARMS = [/EXT-X-GAP.*version|version.*EXT-X-GAP/i];

const capture = process.argv[2];
let versions = 0, refused = 0;

HLS.setOptions({ strictMode: true });
for (const line of fs.readFileSync(path.join(capture, 'capture.tsv'), 'utf8').split('\n')) {
  const [, kind, name, file] = line.split('\t');
  if (kind !== 'playlist') continue;
  versions++;
  try {
    HLS.parse(fs.readFileSync(path.join(capture, file), 'utf8'));
  } catch (error) {
    if (FALSE_ALARMS.some((alarm) => alarm.test(error.message))) continue;
    refused++;
    console.log(`${name} (${file}): ${error.message}`);
  }
}
console.log(`${capture}: hls-parser took ${versions - refused} of ${versions} versions`);
process.exitCode = versions === 0 || refused > 0 ? 1 : 0;
