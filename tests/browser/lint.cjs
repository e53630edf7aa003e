// SPDX-License-Identifier: LGPL-2.1-or-later
// What a client may rely on from one version of a live playlist to the next (RFC 8216bis
// 6.2.1, 6.2.2): hls.js gives up where it does not hold, and other players stand still.
'use strict';

// { target, sequence, ended, segments: ["URI DURATION in discontinuity N"] }
function readPlaylist(text) {
  const number = (tag) => Number(text.match(new RegExp(`^#${tag}:(\\d+)$`, 'm'))?.[1] ?? NaN);
  const playlist = { target: number('EXT-X-TARGETDURATION'), sequence: number('EXT-X-MEDIA-SEQUENCE'),
    ended: text.includes('\n#EXT-X-ENDLIST'), segments: [] };
  let discontinuity = number('EXT-X-DISCONTINUITY-SEQUENCE'), duration = '';

  for (const line of text.split('\n')) {
    if (line === '#EXT-X-DISCONTINUITY') discontinuity++;
    else if (line.startsWith('#EXTINF:')) duration = line.slice(8).split(',')[0];
    else if (line !== '' && !line.startsWith('#')) {
      playlist.segments.push(`${line} ${duration} in discontinuity ${discontinuity}`);
    }
  }
  return playlist;
}

// All versions that a client saw, in their order: what is wrong, in words.
function lintVersions(texts) {
  const wrong = new Set(), known = new Map();
  let before = null;

  for (const playlist of texts.map(readPlaylist)) {
    if (Number.isNaN(playlist.sequence)) wrong.add('there is no EXT-X-MEDIA-SEQUENCE');
    if (before && playlist.target !== before.target) wrong.add(`EXT-X-TARGETDURATION ${playlist.target} was ${before.target}`);
    if (before && playlist.sequence < before.sequence) wrong.add(`EXT-X-MEDIA-SEQUENCE goes back to ${playlist.sequence}`);
    if (before?.ended) wrong.add('it goes on behind EXT-X-ENDLIST');
    playlist.segments.forEach((segment, i) => {
      const sequence = playlist.sequence + i;
      // NaN stays in the text: a playlist without EXT-X-DISCONTINUITY-SEQUENCE
      if (segment.endsWith('NaN')) wrong.add(`no EXT-X-DISCONTINUITY-SEQUENCE for ${segment}`);
      if ((known.get(sequence) ?? segment) !== segment) wrong.add(`segment ${sequence} is ${segment}, was ${known.get(sequence)}`);
      known.set(sequence, segment);
    });
    before = playlist;
  }
  if (!before?.ended) wrong.add('the last version has no EXT-X-ENDLIST');
  return [...wrong];
}

module.exports = { lintVersions };
