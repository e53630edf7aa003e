// SPDX-License-Identifier: LGPL-2.1-or-later
// The players that are tried: each a library of npm and an adapter (page/player-page.js says what
// that is). `demo` is the page of examples/web, with its hls.js, as it stands.
//   holdsLatency   how far it is behind is judged
//   keepsPictures  it does not tell the browser that a channel with parts has ended, whose decoder keeps so many
//   complains      in some runs it finds no media in a segment of a channel with parts, says so, and plays all of it
//   repeats        with parts it loads again from where it plays when the rendition changes, and puts that behind what it
//                  has (http-streaming 3.17.5, shouldForceTimestampOffsetAfterResync_, of transport streams)
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { bundle } = require('./bundle.cjs');

const page = path.join(__dirname, 'page');
const web = path.join(__dirname, '../../examples/web');

const players = {
  demo: { library: 'hls.js/dist/hls.min.js', isDemo: true },
  'hls.js': { library: 'hls.js/dist/hls.min.js', adapter: 'adapter-hls.js', holdsLatency: true },
  'hls.js-1.6': { library: 'hls.js-1.6/dist/hls.min.js', adapter: 'adapter-hls.js', holdsLatency: true, complains: true },
  shaka: { library: 'shaka-player/dist/shaka-player.compiled.js', adapter: 'adapter-shaka.js' },
  // of no open licence: not among our packages, fetched by test-player.sh on demand and left as it is
  ivs: { library: 'amazon-ivs-player/dist/index.js', bundle: 'IVSPlayer', adapter: 'adapter-ivs.js',
    besides: ['amazon-ivs-wasmworker.min.js', 'amazon-ivs-wasmworker.min.wasm'] },
  'video.js': { library: 'video.js/dist/video.min.js', adapter: 'adapter-video.js', keepsPictures: 1, repeats: true },
};

function copy(files, folder) {
  for (const file of files) fs.copyFileSync(file, path.join(folder, path.basename(file)));
}

// Puts the player where its page is served from: the one of the demo on the channel's own origin (@www), the others
// elsewhere (@pages). Returns the page to open, without its origin.
function install(name, modules, www, pages) {
  const player = players[name];
  const library = path.join(modules, player.library);

  if (player.isDemo) {
    copy([...['index.html', 'player.js', 'style.css'].map((file) => path.join(web, file)), library], www);
    return 'index.html';
  }
  copy([...['player-page.html', 'player-page.js', player.adapter].map((file) => path.join(page, file)),
    ...(player.besides ?? []).map((file) => path.join(path.dirname(library), 'assets', file))], pages);
  if (player.bundle) fs.writeFileSync(path.join(pages, path.basename(library)), bundle(library, player.bundle));
  else copy([library], pages);
  return `player-page.html?scripts=${path.basename(library)},${player.adapter}`;
}

module.exports = { players, install };
