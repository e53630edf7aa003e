// SPDX-License-Identifier: LGPL-2.1-or-later
// Serves a folder of plain files on any free port: the page of a player is on another origin than the channel.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

// Resolves to { origin, close }.
function servePages(folder) {
  const server = http.createServer((request, response) => {
    const file = path.join(folder, path.basename(new URL(request.url, 'http://localhost').pathname));
    const type = TYPES[path.extname(file)];
    if (!type || !fs.existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': type });
    fs.createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ origin: `127.0.0.1:${server.address().port}`,
      close: () => { server.closeAllConnections(); server.close(); } }));
  });
}

module.exports = { servePages };
