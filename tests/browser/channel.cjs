// SPDX-License-Identifier: LGPL-2.1-or-later
// The channel that is watched: its pipeline, and its playlist as a client sees it.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseStrictly } = require('./strict.cjs');

const FRAMES_PER_SECOND = 25;
const POLL_MS = 250;

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function until(milliseconds, what, condition) {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(100)) {
    const value = await condition();
    if (value) return value;
  }
  throw new Error(`${what}: not after ${milliseconds / 1000} s`);
}

function startPipeline(command) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const pipeline = { child, output: '', origin: null, ended: null };
  const take = (data) => {
    pipeline.output += data;
    pipeline.origin ??= pipeline.output.match(/hls: listen = "?([0-9.]+:[1-9][0-9]*)/)?.[1] ?? null;
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  pipeline.ended = new Promise((resolve) => { child.on('close', resolve); });
  return pipeline;
}

async function fetchText(url) {
  const response = await fetch(url, { cache: 'no-store' }).catch(() => null);
  return response?.ok ? response.text() : null;
}

// Every version of the playlist, read strictly as it comes; `edge`: seconds of media up to its end.
function watchPlaylist(url) {
  const watch = { versions: [], errors: [], stopped: false, last: '', segments: new Map(), edge: 0 };
  const take = (text) => {
    watch.last = text;
    watch.versions.push(text);
    try {
      const { mediaSequenceBase = 0, segments } = parseStrictly(text);
      segments.forEach(({ duration }, i) => { if (duration) watch.segments.set(mediaSequenceBase + i, duration); });
      watch.edge = [...watch.segments.values()].reduce((sum, duration) => sum + duration, 0);
    } catch (error) {
      watch.errors.push(`${error.message}\n${text}`);
    }
  };
  watch.done = (async () => {
    for (; !watch.stopped; await sleep(POLL_MS)) {
      const text = await fetchText(url);
      if (text && text !== watch.last) take(text);
    }
  })();
  return watch;
}

// How many milliseconds the part that was written latest, as media time goes, was behind the middle one: those of the end, which
// nothing follows, come early. @capture: what hls-recorder
// saw of the folder; @versions: of the first rendition's playlist.
function partsLate(capture, versions) {
  const durations = new Map(versions.flatMap((text) => [...text.matchAll(/#EXT-X-PART:DURATION=([0-9.]+),URI="([^"]+)"/g)])
    .map(([, duration, uri]) => [uri, Number(duration) * 1000]));
  const written = new Map(fs.readFileSync(path.join(capture, 'capture.tsv'), 'utf8').split('\n').map((line) => line.split('\t'))
    .filter(([, kind]) => kind === 'media').map(([seconds, , name]) => [name, Number(seconds) * 1000]));
  let media = 0;
  const offsets = [...durations].map(([uri, duration]) => written.get(uri) - (media += duration)).filter((offset) => !Number.isNaN(offset));
  const late = offsets.sort((a, b) => a - b);

  return late.length > 0 ? late.at(-1) - late[late.length >> 1] : null;
}

// -- what it shows: "1:0-249,2:0-99"

// Its frames in their order, "SOURCE:NUMBER".
function framesOf(runs) {
  return runs.split(',').flatMap((run) => {
    const [source, first, last] = run.match(/^(\d+):(\d+)-(\d+)$/).slice(1).map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => `${source}:${first + i}`);
  });
}

const sourceOf = (frame) => frame.split(':')[0];

// Its breaks, { start, end } in seconds: where other sources than those of the network are.
function breaksOf(frames, network) {
  const breaks = [];
  let open = null;
  frames.forEach((frame, i) => {
    const seconds = i / FRAMES_PER_SECOND;
    if (network.includes(sourceOf(frame))) open = null;
    else if (open) open.end = seconds + 1 / FRAMES_PER_SECOND;
    else breaks.push(open = { start: seconds, end: seconds });
  });
  return breaks;
}

module.exports = { FRAMES_PER_SECOND, sleep, until, startPipeline, watchPlaylist, partsLate, framesOf, sourceOf, breaksOf };
