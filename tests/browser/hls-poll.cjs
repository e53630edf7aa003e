// SPDX-License-Identifier: LGPL-2.1-or-later
// node hls-poll.cjs URL CAPTURE [SECONDS]: reads a live channel as clients do, until its end, and keeps every version
// of its playlists and all media for hls-lint (form: tests/support/hlc-capture.h). Low latency: blocking reloads, parts,
// the hinted part at once, delta updates beside the full ones.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const POLL_MS = 200;
const RETRY_MAX = 25;
const KEPT_HEADERS = ['content-type', 'cache-control', 'etag', 'content-encoding', 'age'];

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const now = () => ((performance.timeOrigin + performance.now()) / 1000).toFixed(6);

class Capture {
  constructor(folder) {
    this.folder = folder;
    this.files = 0;
    this.media = new Map();     // name to what it will be: a promise of having it
    fs.mkdirSync(folder, { recursive: true });
    this.log = fs.openSync(path.join(folder, 'capture.tsv'), 'w');
  }

  event(kind, name, what, seconds = now()) {
    fs.writeSync(this.log, `${[seconds, kind, name, what].filter((field) => field !== undefined).join('\t')}\n`);
  }

  keep(kind, name, bytes, seconds) {
    const file = `${String(++this.files).padStart(6, '0')}${kind === 'media' ? '.ts' : '.m3u8'}`;
    fs.writeFileSync(path.join(this.folder, file), bytes);
    this.event(kind, name, file, seconds);
  }
}

const nameOf = (url) => decodeURIComponent(new URL(url).pathname).slice(1);

async function get(capture, url) {
  const response = await fetch(url, { cache: 'no-store' }).catch(() => null);
  if (!response) return null;
  const headers = KEPT_HEADERS.filter((header) => response.headers.has(header))
    .map((header) => `${header}: ${response.headers.get(header)}`);
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()),
    answer: `${response.status} ${headers.join('; ')}` };
}

// Each once; the next version that lists it waits until it is there.
function takeMedia(capture, url) {
  const name = nameOf(url);
  if (!capture.media.has(name)) {
    capture.media.set(name, get(capture, url).then((got) => {
      if (got?.status === 200) {
        capture.keep('media', name, got.bytes);
        capture.event('response', name, got.answer);
      } else {
        capture.event('missing', name);
      }
    }));
  }
  return capture.media.get(name);
}

// -- what is read of a playlist

const attribute = (line, name) => line.match(new RegExp(`[:,]${name}=(?:"([^"]*)"|([^,]*))`))?.slice(1).find(Boolean);

function readPlaylist(text, url) {
  const lines = text.split(/\r?\n/);
  const tag = (name) => lines.find((line) => line.startsWith(`#${name}:`));
  const resolve = (uri) => new URL(uri, url).href;
  const read = { ended: lines.includes('#EXT-X-ENDLIST'), variants: [], media: [], hint: null, parts: 0, blocks: false,
    skips: false, next: Number(tag('EXT-X-MEDIA-SEQUENCE')?.split(':')[1] ?? 0) };
  const control = tag('EXT-X-SERVER-CONTROL') ?? '';
  read.blocks = attribute(control, 'CAN-BLOCK-RELOAD') === 'YES';
  read.skips = attribute(control, 'CAN-SKIP-UNTIL') !== undefined;
  for (const line of lines) {
    if (line.startsWith('#EXT-X-PART:')) {
      read.parts++;
      if (attribute(line, 'GAP') !== 'YES') read.media.push(resolve(attribute(line, 'URI')));
    } else if (line.startsWith('#EXT-X-PRELOAD-HINT:') && attribute(line, 'TYPE') === 'PART') {
      read.hint = resolve(attribute(line, 'URI'));
    } else if (line.startsWith('#EXT-X-MEDIA:') && attribute(line, 'URI')) {
      read.variants.push(resolve(attribute(line, 'URI')));
    } else if (line !== '' && !line.startsWith('#')) {
      if (tag('EXT-X-STREAM-INF')) read.variants.push(resolve(line));
      else read.media.push(resolve(line));
      read.next++;
      read.parts = 0;           // those behind the last complete segment
    }
  }
  return read;
}

// -- one playlist

// Written behind the media that it lists, with the time at which it came; the next one is asked for meanwhile.
async function takeVersion(capture, url, read, text, answer, came) {
  await Promise.all(read.media.map((media) => takeMedia(capture, media)));
  capture.keep('playlist', nameOf(url), text, came);
  capture.event('response', nameOf(url), answer);
}

function nextUrl(url, read, lowLatency) {
  const next = new URL(url);
  if (read?.blocks) next.searchParams.set('_HLS_msn', read.next);
  if (read?.blocks && lowLatency) next.searchParams.set('_HLS_part', read.parts);
  return next;
}

async function takeDelta(capture, url, asked, read) {
  if (!read.skips) return;
  asked.searchParams.set('_HLS_skip', 'YES');
  const got = await get(capture, asked);
  return got?.status === 200 && got.bytes.includes('#EXT-X-SKIP:') ? got.bytes : null;
}

async function follow(capture, url, until) {
  let read = null, last = '', lowLatency = false, failures = 0, written = Promise.resolve();

  while (!read?.ended && Date.now() < until) {
    const asked = nextUrl(url, read, lowLatency);
    const got = await get(capture, asked);
    const text = got?.status === 200 ? got.bytes.toString() : null;
    if (text === null) {
      capture.event('response', nameOf(url), got?.answer ?? '000 no answer');
      if (++failures > RETRY_MAX) throw new Error(`${asked}: ${got?.status ?? 'no answer'}`);
    } else if (text !== last) {
      failures = 0;
      last = text;
      read = readPlaylist(text, url);
      lowLatency ||= text.includes('#EXT-X-PART-INF');
      if (read.variants.length > 0) {
        capture.keep('playlist', nameOf(url), text);
        await Promise.all(read.variants.map((variant) => follow(capture, variant, until)));
        return;
      }
      const version = read, came = now(), delta = takeDelta(capture, url, asked, read);
      if (version.hint) takeMedia(capture, version.hint);
      written = written.then(async () => {
        await takeVersion(capture, url, version, text, got.answer, came);
        const bytes = await delta;
        if (bytes) capture.keep('delta', nameOf(url), bytes);
      });
    }
    if (!read?.blocks || text === null) await sleep(POLL_MS);
  }
  await written;
}

async function poll(url, folder, seconds = Infinity) {
  const capture = new Capture(folder);
  await follow(capture, url, Date.now() + seconds * 1000);
  await Promise.all(capture.media.values());
  fs.closeSync(capture.log);
}

module.exports = { poll };
if (require.main === module) {
  const [url, folder, seconds] = process.argv.slice(2);
  poll(url, folder, seconds === undefined ? undefined : Number(seconds)).catch((error) => {
    console.error(`hls-poll: ${error.message}`);
    process.exitCode = 1;
  });
}
