// SPDX-License-Identifier: LGPL-2.1-or-later
// The players that are tried: each a library of npm and an adapter (page/player-page.js says what
// that is). `demo` is the page of examples/web, with its hls.js, as it stands.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const page = path.join(__dirname, 'page');
const web = path.join(__dirname, '../../examples/web');

const players = {
  demo: { library: 'hls.js/dist/hls.min.js', isDemo: true },
  'hls.js': { library: 'hls.js/dist/hls.min.js', adapter: 'adapter-hls.js' },
  'hls.js-1.6': { library: 'hls.js-1.6/dist/hls.min.js', adapter: 'adapter-hls.js' },
  shaka: { library: 'shaka-player/dist/shaka-player.compiled.js', adapter: 'adapter-shaka.js' },
  'video.js': { library: 'video.js/dist/video.min.js', adapter: 'adapter-video.js' },
};

function copy(files, folder) {
  for (const file of files) fs.copyFileSync(file, path.join(folder, path.basename(file)));
}

// Puts the player beside the playlist; returns the page to open.
function install(name, modules, www) {
  const player = players[name];
  const library = path.join(modules, player.library);

  if (player.isDemo) {
    copy([...['index.html', 'player.js', 'style.css'].map((file) => path.join(web, file)), library], www);
    return 'index.html';
  }
  copy([...['player-page.html', 'player-page.js', player.adapter].map((file) => path.join(page, file)), library], www);
  return `player-page.html?${encodeURIComponent(`${path.basename(library)},${player.adapter}`)}`;
}

module.exports = { players, install };
