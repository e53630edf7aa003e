// SPDX-License-Identifier: LGPL-2.1-or-later
// node read-id3.cjs FILE.ts: the ID3 tags of a transport stream as video.js reads them (mux.js), one
// frame a line: PTS, description, the JSON of the value.
'use strict';

const fs = require('fs');
const { mp2t } = require('mux.js');

const packets = new mp2t.TransportPacketStream();
const tags = new mp2t.MetadataStream();
packets.pipe(new mp2t.TransportParseStream()).pipe(new mp2t.ElementaryStream()).pipe(tags);
tags.on('data', (tag) => {
  for (const frame of tag.frames) {
    // throws what is no JSON
    console.log([tag.pts, frame.description, JSON.stringify(JSON.parse(frame.value))].join(' '));
  }
});
packets.push(new Uint8Array(fs.readFileSync(process.argv[2])));
packets.flush();
