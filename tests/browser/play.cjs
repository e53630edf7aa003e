// SPDX-License-Identifier: LGPL-2.1-or-later
// node play.cjs [OPTION...] -- COMMAND...: runs the pipeline, opens a player on its origin and
// plays until the channel ends. Exit status 0: every expectation held.
//
//   --player NAME    of players.cjs                  --join before,in,after  viewers at once (before)
//   --runs RUNS      frames that the channel shows, in order: 1:0-249,2:0-99
//   --network LIST   the sources that are no creatives (1)
//   --www FOLDER     what the origin serves          --work FOLDER  for the browser's profiles
//   --chromium FILE  the browser                     --capture FOLDER  where hls-recorder writes
//   --master         of several renditions           --switch  from one to the next in each creative
//   --low-latency    parts: how far players are behind is judged
//   --trace FOLDER   where what each viewer saw is written, for whoever looks into a failure
'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { chromium } = require('playwright-core');
const channel = require('./channel.cjs');
const { observe } = require('./observe.cjs');
const { servePages } = require('./page-server.cjs');
const { install, players } = require('./players.cjs');
const verdict = require('./verdict.cjs');

const START_MS = 20000;         // until the origin is there, or three segments are
const HOLD_BACK_SECONDS = 6;    // a player begins so far from the end: three target durations
const SETTLED_SECONDS = 10;
const PART_HOLD_BACK_SECONDS = 1;       // ... or three parts
const PARTS_SETTLED_SECONDS = 6;        // there is a playlist then
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--autoplay-policy=no-user-gesture-required', '--mute-audio', '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];

const { values: options, positionals: command } = parseArgs({ allowPositionals: true, options: {
  player: { type: 'string', default: 'demo' }, join: { type: 'string', default: 'before' }, runs: { type: 'string' },
  network: { type: 'string', default: '1' }, www: { type: 'string' }, work: { type: 'string' },
  chromium: { type: 'string' }, capture: { type: 'string' }, master: { type: 'boolean' }, switch: { type: 'boolean' },
  'low-latency': { type: 'boolean' }, trace: { type: 'string' } } });

const frames = channel.framesOf(options.runs);
const network = options.network.split(',');
const lowLatency = Boolean(options['low-latency']);
const failures = [];

function expectFor(viewer) {
  return (holds, text) => {
    console.log(`${holds ? 'ok  ' : 'FAIL'} ${viewer}${text}`);
    if (!holds) failures.push(text);
  };
}

// -- viewers: each a browser of its own, a tab behind another one would stand still

// @ready: the browser is there, and takes its time no more; resolves when the viewer may come.
async function play(url, join, ready) {
  const browser = await chromium.launchPersistentContext(path.join(options.work, `profile-${join}`),
    { executablePath: options.chromium, args: FLAGS, headless: true });
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.addInitScript(observe, { network, switching: Boolean(options.switch), lowLatency,
      traced: Boolean(options.trace) });
    await ready();
    await page.goto(url);
    const timeout = (frames.length / channel.FRAMES_PER_SECOND + 60) * 1000;
    await page.waitForFunction(() => window.player?.video.ended || window.player?.ended, null, { timeout, polling: 200 })
      .catch(() => problems.push('the video has not ended'));
    const seen = await page.evaluate(() => window.observed.report());
    if (options.trace) {
      fs.mkdirSync(options.trace, { recursive: true });
      fs.writeFileSync(path.join(options.trace, `${join}.json`), JSON.stringify(seen));
    }
    return { ...seen, problems };
  } finally {
    await browser.close();
  }
}

// When the end of the playlist is so far, a player that opens it begins where it should.
function edgeFor(join) {
  const breaks = channel.breaksOf(frames, network);
  const middle = breaks[breaks.length >> 1];
  // Shaka keeps the window that it found: with the three segments of a channel that has just begun it is the hold-back
  // and no more, and with EXT-X-ENDLIST who is there falls out of it and is put forward by seconds.
  if (join === 'before' || !middle) {
    if (lowLatency) return PARTS_SETTLED_SECONDS;
    return players[options.player].isDemo ? 0 : SETTLED_SECONDS;
  }
  const at = join === 'in' ? middle.start + 0.4 * (middle.end - middle.start) : middle.end + 2;
  return at + (lowLatency ? PART_HOLD_BACK_SECONDS : HOLD_BACK_SECONDS);
}

// @text: a version of the playlist; @lateMs: how late its parts came, or null
function judge(seen, join, many, text, lateMs) {
  const expect = expectFor(many ? `${join}: ` : '');
  const player = players[options.player];
  const switching = Boolean(options.switch);
  const before = failures.length;

  verdict.judgePlayback(expect, seen, frames, player, { switching, lowLatency });
  // what is shown again is counted again
  const repeats = switching && lowLatency && player.repeats ? switchesBehind(seen) : 0;
  verdict.judgeCuts(expect, seen, frames, switching);
  verdict.judgePictures(expect, seen, frames, repeats);
  verdict.judgeJoin(expect, seen, frames, network, join);
  if (switching) verdict.judgeSwitches(expect, seen, network);
  if (player.isDemo) verdict.judgeBreaks(expect, seen, frames, network);
  if (seen.adEvents) verdict.judgeAdEvents(expect, seen.adEvents, frames, network, join);
  if (seen.injected !== null) console.log(`     audio frames that were injected: ${seen.injected}`);
  if (lowLatency && player.holdsLatency) verdict.judgeLatency(expect, seen.latencies, text);
  else if (seen.latencies.length > 0) {
    const sorted = [...seen.latencies].sort((a, b) => a - b);
    console.log(`     latency in the player: ${sorted[sorted.length >> 1].toFixed(2)} s, at most ${sorted.at(-1).toFixed(2)} s`);
  }
  verdict.tellTimes(seen, lateMs);
  if (failures.length > before) {
    verdict.tellStalls(seen);
    console.log(seen.log.join('\n'));
  }
}

// A switch is asked for in each creative.
function switchesBehind(seen) {
  const sources = seen.frames.map(channel.sourceOf);

  return sources.filter((source, i) => source !== sources[i - 1] && !network.includes(source)).length;
}

async function watchAll(url, watch) {
  const joins = options.join.split(',');

  await Promise.all(joins.map(async (join) => {
    const edge = edgeFor(join);
    const ready = () => channel.until(START_MS + edge * 1000, `${edge} s of the channel`, () => watch.edge >= edge);
    judge(await play(url, join, ready), join, joins.length > 1, watch.versions.at(-2),
      lowLatency ? channel.partsLate(options.capture, watch.versions) : null);
  }));
}

// What stood on the disk, over the whole run.
function lint() {
  const { status, stdout, stderr } = spawnSync(path.join(process.env.SUPPORT, 'hls-lint'), ['--ended', options.capture],
    { encoding: 'utf8' });

  expectFor('')(status === 0, `hls-lint: ${`${stdout}${stderr}`.trim()}`);
}

async function main() {
  const pages = fs.mkdtempSync(path.join(options.work, 'pages-'));
  const page = install(options.player, process.env.PLAYER_MODULES, options.www, pages);
  const server = await servePages(pages);
  const pipeline = channel.startPipeline(command);
  const expect = expectFor('');
  let watch = null;

  try {
    const origin = await channel.until(START_MS, 'the origin', () => pipeline.origin);
    const live = `http://${origin}/live`;
    watch = channel.watchPlaylist(`${live}/${options.master ? 'v0' : 'playlist'}.m3u8`);
    await channel.until(START_MS, 'three segments', () => watch.segments.size >= 3);
    const playlist = `${live}/${options.master ? 'master' : 'playlist'}.m3u8`;
    await watchAll(players[options.player].isDemo ? `${live}/${page}`
      : `http://${server.origin}/${page}&src=${encodeURIComponent(playlist)}`, watch);
    expect(watch.versions.length > 3 && watch.errors.length === 0,
      `hls-parser takes ${watch.versions.length} versions of the playlist: ${watch.errors[0] ?? 'no errors'}`);
  } catch (error) {
    expect(false, `${error.message}\n${pipeline.output}`);
  } finally {
    server.close();
    if (watch) watch.stopped = true;
    pipeline.child.kill('SIGTERM');
    await pipeline.ended;
    await watch?.done;
  }
  if (options.capture) lint();
  process.exitCode = failures.length > 0 ? 1 : 0;
}

main();
