// SPDX-License-Identifier: LGPL-2.1-or-later
// node test-hls-poll.cjs: an origin that plays a capture of test-hls-lint again, four times as fast, is read by
// hls-poll; what it has kept must be as faultless. Exit status 77: a tool is missing.
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { poll } = require('./hls-poll.cjs');

const SPEED = 4;
const SHARE = 0.9;              // of the versions: a client that gets no processor time misses some
const support = process.env.SUPPORT;
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'adsplice-hls-poll.'));

function run(program, args, environment = {}) {
  const { status, stdout } = spawnSync(path.join(support, program), args,
    { encoding: 'utf8', env: { ...process.env, ...environment } });
  return { status, stdout };
}

// { seconds, kind, name, file } of a capture
function eventsOf(folder) {
  return fs.readFileSync(path.join(folder, 'capture.tsv'), 'utf8').trimEnd().split('\n').map((line) => {
    const [seconds, kind, name, file] = line.split('\t');
    return { seconds: Number(seconds), kind, name, file: file && path.join(folder, file) };
  });
}

const edgeOf = (text) => {
  const first = Number(text.match(/MEDIA-SEQUENCE:(\d+)/)[1]) + Number(text.match(/SKIPPED-SEGMENTS=(\d+)/)?.[1] ?? 0);
  const complete = text.match(/^#EXTINF/gm)?.length ?? 0;
  const parts = text.split('#EXTINF').at(-1).match(/#EXT-X-PART:/g)?.length ?? 0;
  return { msn: first + complete, part: parts, ended: text.includes('ENDLIST') };
};

// What is there grows with the time; requests for what is to come are held.
function startOrigin(events) {
  const there = new Map(), deltas = new Map();
  let tick = () => {};
  let changed = new Promise((resolve) => { tick = resolve; });
  const start = Date.now(), first = events[0].seconds;
  const grow = setInterval(() => {
    const now = first + ((Date.now() - start) / 1000) * SPEED;
    while (events.length > 0 && events[0].seconds <= now) {
      const { kind, name, file } = events.shift();
      if (kind === 'playlist' || kind === 'media') there.set(name, fs.readFileSync(file));
      if (kind === 'delta') deltas.set(name, fs.readFileSync(file));
    }
    tick();
    changed = new Promise((resolve) => { tick = resolve; });
  }, 5);
  const hasCome = (name, query) => {
    if (!there.has(name)) return false;
    if (!query.has('_HLS_msn') || name.endsWith('.ts')) return true;
    const { msn, part, ended } = edgeOf(there.get(name).toString());
    return ended || msn > Number(query.get('_HLS_msn')) || (msn === Number(query.get('_HLS_msn')) && part > Number(query.get('_HLS_part')));
  };
  const server = http.createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const name = pathname.slice(1), playlist = name.endsWith('.m3u8');
    while (!hasCome(name, searchParams) && events.length > 0) await changed;
    const full = there.get(name), delta = deltas.get(name);
    const same = delta && JSON.stringify(edgeOf(delta.toString())) === JSON.stringify(edgeOf(full.toString()));
    response.writeHead(full ? 200 : 404, { 'cache-control': playlist ? 'max-age=1' : 'max-age=3600',
      'content-type': playlist ? 'application/vnd.apple.mpegurl' : 'video/mp2t' });
    response.end(searchParams.has('_HLS_skip') && same ? delta : full);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ url: `http://127.0.0.1:${server.address().port}`,
      stop: () => { clearInterval(grow); server.closeAllConnections(); server.close(); } }));
  });
}

// Playlists without parts are polled: so fast some come and go between two looks.
async function tryCapture(folder, playlist, lowLatency) {
  const events = eventsOf(folder), kept = path.join(work, `kept-${path.basename(folder)}`);
  const begins = events.findIndex(({ kind, name }) => kind === 'playlist' && name === playlist);
  const published = events.slice(begins).filter(({ kind }) => kind === 'playlist').length;
  const origin = await startOrigin([...events].filter(({ kind }) => ['playlist', 'media', 'delta'].includes(kind)));
  await poll(`${origin.url}/${playlist}`, kept, 60);
  origin.stop();
  const read = eventsOf(kept).filter(({ kind }) => kind === 'playlist').length;
  const deltas = eventsOf(kept).filter(({ kind }) => kind === 'delta').length;
  const { status, stdout } = run('hls-lint', ['--ended', '--slack-ms', '2000', kept]);
  const right = status === 0 && !/^[EW]\d/m.test(stdout) && (lowLatency ? read >= published * SHARE && deltas > 0 : read > 2);

  console.log(`${right ? 'ok  ' : 'FAIL'} ${playlist}: ${read} of ${published} versions, ${deltas} delta update(s)\n${stdout}`);
  return right;
}

async function main() {
  const { status } = run('test-hls-lint', ['-p', '/hls-lint/clean'], { CAPTURES: work });
  const results = status === 0 ? [...await Promise.all([tryCapture(path.join(work, '0'), 'playlist.m3u8', false),
    tryCapture(path.join(work, '1'), 'playlist.m3u8', true)]), await tryCapture(path.join(work, '4'), 'master.m3u8', true)] : [];

  if (status !== 0) console.log('test-hls-lint makes no captures');
  fs.rmSync(work, { recursive: true });
  process.exitCode = results.length > 0 && results.every(Boolean) ? 0 : 1;
}

main();
