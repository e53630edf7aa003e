// SPDX-License-Identifier: LGPL-2.1-or-later
// npm's hls-parser in strict mode, less where it is stricter than RFC 8216bis.
'use strict';

const HLS = require('hls-parser');

// Two tags of one ID are one range (4.4.5.1); hls-parser takes them for two that overlap.
function withLastTagOfEachRange(text) {
  const idOf = (line) => (line.startsWith('#EXT-X-DATERANGE:') ? line.match(/[:,]ID="([^"]*)"/)?.[1] : undefined);
  const lines = text.split('\n');
  const last = new Map(lines.map((line, i) => [idOf(line), i]));
  return lines.filter((line, i) => idOf(line) === undefined || last.get(idOf(line)) === i).join('\n');
}

// It asks for version 8 where section 8 asks for none.
const isAboutGap = (message) => /EXT-X-GAP/.test(message) && /version/i.test(message);

// Returns what it read; throws what it does not take.
function parseStrictly(text) {
  HLS.setOptions({ strictMode: true });
  try {
    return HLS.parse(text);
  } catch (error) {
    if (/same CLASS should not overlap/.test(error.message)) return HLS.parse(withLastTagOfEachRange(text));
    if (!isAboutGap(error.message)) throw error;
    HLS.setOptions({ strictMode: false });
    return HLS.parse(text);
  }
}

module.exports = { parseStrictly };
