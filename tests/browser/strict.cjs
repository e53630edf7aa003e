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

// It asks for version 8 where there is a gap; section 8 asks for none.
function withoutGaps(text) {
  return text.split('\n').filter((line) => line !== '#EXT-X-GAP').join('\n');
}

// It counts three segments, the open one too, where 4.4.4.9 says three target durations from the end.
function withoutOlderParts(text) {
  const target = Number(text.match(/^#EXT-X-TARGETDURATION:(\d+)$/m)?.[1]);
  const lines = text.split('\n');
  let seconds = 0, segments = 1;
  for (let i = lines.length - 1; i >= 0; i--) {
    if (lines[i].startsWith('#EXTINF:')) {
      segments++;
      seconds += parseFloat(lines[i].slice('#EXTINF:'.length));
    } else if (lines[i].startsWith('#EXT-X-PART:') && segments > 3 && seconds <= 3 * target + 0.001) {
      lines[i] = '';
    }
  }
  return lines.filter((line) => line !== '').join('\n') + '\n';
}

// Returns what it read; throws what it does not take.
function parseStrictly(text) {
  HLS.setOptions({ strictMode: true });
  try {
    return HLS.parse(text);
  } catch (error) {
    let less = text;
    if (/same CLASS should not overlap/.test(error.message)) less = withLastTagOfEachRange(text);
    else if (/needs to be 8 or higher/.test(error.message)) less = withoutGaps(text);
    else if (/greater than three target durations/.test(error.message)) less = withoutOlderParts(text);
    if (less === text) throw error;
    return parseStrictly(less);
  }
}

module.exports = { parseStrictly };
