// SPDX-License-Identifier: LGPL-2.1-or-later
// node play.cjs COMMAND...: runs the pipeline, opens the page of the demo on its origin and
// plays until the channel ends. Exit status 0: every expectation held.
//
// RUNS      frames that the channel shows, in order: 1:0-249,2:0-99
// CHROMIUM  the browser    WORK  a folder for its profile
'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const { chromium } = require('playwright-core');
const HLS = require('hls-parser');
const { lintVersions } = require('./lint.cjs');
const { observe } = require('./observe.cjs');

const FRAMES_PER_SECOND = 25;
const STALL_MAX_MS = 200;
const START_MS = 20000;         // until the origin is there, or three segments are
const PLAY_MS = 90000;          // until the channel has ended
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--autoplay-policy=no-user-gesture-required', '--mute-audio', '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const failures = [];
function expect(holds, text) {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${text}`);
  if (!holds) failures.push(text);
}

// "1:0-249,2:0-99" -> a list of [source, frame], in the order in which they are shown
function framesOf(runs) {
  return runs.split(',').flatMap((run) => {
    const [source, first, last] = run.match(/^(\d+):(\d+)-(\d+)$/).slice(1).map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => `${source}:${first + i}`);
  });
}

// -- the channel

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

async function until(milliseconds, what, condition) {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(100)) {
    const value = await condition();
    if (value) return value;
  }
  throw new Error(`${what}: not after ${milliseconds / 1000} s`);
}

async function fetchText(url) {
  const response = await fetch(url, { cache: 'no-store' }).catch(() => null);
  return response?.ok ? response.text() : null;
}

// Every version of the playlist, linted as it comes.
function watchPlaylist(url) {
  const watch = { versions: [], errors: [], stopped: false, last: '' };
  HLS.setOptions({ strictMode: true });
  watch.done = (async () => {
    for (; !watch.stopped; await sleep(250)) {
      const text = await fetchText(url);
      if (!text || text === watch.last) continue;
      watch.last = text;
      watch.versions.push(text);
      try {
        HLS.parse(text);
      } catch (error) {
        watch.errors.push(`${error.message}\n${text}`);
      }
    }
  })();
  return watch;
}

// -- the viewer

async function play(origin) {
  const browser = await chromium.launchPersistentContext(path.join(process.env.WORK, 'profile'),
    { executablePath: process.env.CHROMIUM, args: FLAGS, headless: true });
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.addInitScript(observe);
    await page.goto(`http://${origin}/live/index.html`);
    await page.waitForFunction(() => window.player?.video.ended, null, { timeout: PLAY_MS, polling: 200 })
      .catch(() => problems.push('the video has not ended'));
    const seen = await page.evaluate(() => window.observed.report());
    return { ...seen, problems };
  } finally {
    await browser.close();
  }
}

// -- the verdict

function judgePlayback(seen, frames) {
  const first = frames.indexOf(seen.frames[0]);
  const expected = frames.length - first;
  const seconds = expected / FRAMES_PER_SECOND;

  expect(seen.problems.length === 0, `the page runs: ${seen.problems.join('; ') || 'no errors'}`);
  expect(seen.fatal === null, `no fatal error of hls.js: ${seen.fatal}`);
  expect(seen.mediaErrors === 0, `no MEDIA_ERROR: ${seen.mediaErrors}`);
  expect(first >= 0, `the first picture is one of the channel: ${seen.frames[0]}`);
  expect(seen.stalledMs < STALL_MAX_MS, `stalled for ${Math.round(seen.stalledMs)} ms`);
  expect(seen.jumpedMs < STALL_MAX_MS, `jumped over ${Math.round(seen.jumpedMs)} ms`);
  // a seek at the start decodes the beginning of a GOP twice; what must not happen is fewer
  expect(seen.totalVideoFrames >= expected - 1 && seen.totalVideoFrames <= expected + FRAMES_PER_SECOND,
    `frames decoded: ${seen.totalVideoFrames} of ${expected} (${seen.droppedVideoFrames} not shown in time)`);
  expect(Math.abs(seen.playedSeconds - seconds) < 0.3,
    `currentTime went ${seen.playedSeconds.toFixed(3)} s of ${seconds.toFixed(3)} s`);
}

// How far the browser's count of frames is ahead of the picture on screen: what was decoded twice
// at the start, and a few waiting. A frame lost at a cut brings it down for good; each cut may cost one.
function judgeCuts(seen, frames) {
  const shown = seen.frames.map((frame, i) => ({ index: frames.indexOf(frame), decoded: seen.decoded[i] }));
  const isCut = (index) => index > 0 && frames[index].split(':')[0] !== frames[index - 1].split(':')[0];
  const starts = frames.flatMap((_, index) => (index === 0 || isCut(index) ? [index] : []));
  const leads = starts.map((start, run) => {
    const end = starts[run + 1] ?? frames.length;
    const all = shown.filter(({ index }) => index >= start && index < end).map(({ index, decoded }) => decoded - index);
    return all.sort((a, b) => a - b)[all.length >> 1] ?? NaN;
  });

  for (let cut = 1; cut < leads.length; cut++) {
    const lost = leads[0] - leads[cut];
    expect(Math.abs(lost) <= cut, `frames lost up to cut ${cut}: ${lost}`);
  }
}

// The counter that is burnt into each picture. Not every picture is caught on a busy machine.
function judgePictures(seen, frames) {
  const indices = seen.frames.map((frame) => frames.indexOf(frame));
  const sources = seen.frames.map((frame) => frame.split(':')[0]).filter((s, i, all) => s !== all[i - 1]);
  const wanted = frames.map((frame) => frame.split(':')[0]).filter((s, i, all) => s !== all[i - 1]);
  const back = indices.filter((index, i) => i > 0 && index <= indices[i - 1]).length;
  const share = indices.length / (frames.length - indices[0]);

  expect(!indices.includes(-1), `no picture that does not belong there: ${
    seen.frames.filter((_, i) => indices[i] < 0).join(' ') || 'none'}`);
  expect(back === 0, `pictures in their order: ${back} out of it`);
  expect(sources.join() === wanted.join(), `sources in their order: ${sources.join()}`);
  expect(share > 0.5, `pictures read: ${Math.round(share * 100)} %`);
}

function judgeBreaks(seen, runs) {
  const ads = framesOf(runs).filter((frame) => !frame.startsWith('1:')).length / FRAMES_PER_SECOND;

  expect(seen.breaks.length === (ads > 0 ? 1 : 0), `breaks on the page: ${seen.breaks.length}`);
  for (const b of seen.breaks) {
    expect(Math.abs(b.duration - ads) < 0.05, `break ${b.id} lasted ${b.duration} s of ${ads} s`);
    expect(Math.abs(b.shownAfter) < 0.3,
      `its first picture was shown ${b.shownAfter.toFixed(3)} s after its date`);
  }
}

async function main() {
  const pipeline = startPipeline(process.argv.slice(2));
  let watch = null;

  try {
    const origin = await until(START_MS, 'the origin', () => pipeline.origin);
    const playlist = `http://${origin}/live/playlist.m3u8`;
    watch = watchPlaylist(playlist);
    await until(START_MS, 'three segments', () => watch.last.split('#EXTINF').length > 3);
    const seen = await play(origin);
    const frames = framesOf(process.env.RUNS);

    judgePlayback(seen, frames);
    judgeCuts(seen, frames);
    judgePictures(seen, frames);
    judgeBreaks(seen, process.env.RUNS);
    expect(watch.versions.length > 3 && watch.errors.length === 0,
      `hls-parser takes ${watch.versions.length} versions of the playlist: ${watch.errors[0] ?? 'no errors'}`);
    const changed = lintVersions(watch.versions);
    expect(changed.length === 0, `each version continues the one before: ${changed.join('; ') || 'no errors'}`);
    if (failures.length > 0) console.log(seen.log.join('\n'));
  } catch (error) {
    expect(false, `${error.message}\n${pipeline.output}`);
  } finally {
    if (watch) watch.stopped = true;
    pipeline.child.kill('SIGTERM');
    await pipeline.ended;
    await watch?.done;
  }
  process.exitCode = failures.length > 0 ? 1 : 0;
}

main();
