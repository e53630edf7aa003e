// SPDX-License-Identifier: LGPL-2.1-or-later
// What a viewer must have seen. Frames presented are the oracle, not errors: a player that stands
// still may report none.
'use strict';

const { FRAMES_PER_SECOND, breaksOf, sourceOf } = require('./channel.cjs');

const STALL_MAX_MS = 200;
const LATENCY_SLACK_SECONDS = 0.3;

function positionsOf(frames) {
  return new Map(frames.map((frame, index) => [frame, index]));
}

// @player: of players.cjs. @switching: the rendition is changed in each creative.
function judgePlayback(expect, seen, frames, player, { switching, lowLatency }) {
  const first = frames.indexOf(seen.frames[0]);
  const expected = frames.length - first;
  const seconds = expected / FRAMES_PER_SECOND;
  const kept = lowLatency ? player.keepsPictures ?? 0 : 0;
  const repeats = switching && lowLatency && player.repeats;

  expect(seen.problems.length === 0, `the page runs: ${seen.problems.join('; ') || 'no errors'}`);
  expect(seen.fatal === null, `no fatal error of the player: ${seen.fatal}`);
  // hls.js 1.7.4 may place what follows a switch up to 45 ms late, and nudges itself over the hole
  expect(seen.mediaErrors === 0 || switching || (lowLatency && player.complains), `no error of media: ${seen.mediaErrors}`);
  expect(first >= 0, `the first picture is one of the channel: ${seen.frames[0]}`);
  expect(seen.stalledMs < STALL_MAX_MS, `stalled for ${Math.round(seen.stalledMs)} ms`);
  expect(seen.jumpedMs < STALL_MAX_MS, `jumped over ${Math.round(seen.jumpedMs)} ms`);
  // a seek at the start decodes the beginning of a GOP twice; what must not happen is fewer
  expect(seen.totalVideoFrames >= expected - 1 - kept && (switching || seen.totalVideoFrames <= expected + FRAMES_PER_SECOND),
    `frames decoded: ${seen.totalVideoFrames} of ${expected} (${seen.droppedVideoFrames} not shown in time)`);
  judgeLast(expect, seen, frames, kept);
  expect(repeats || Math.abs(seen.playedSeconds - seconds) < 0.3,
    `currentTime went ${seen.playedSeconds.toFixed(3)} s of ${seconds.toFixed(3)} s`);
}

// The picture that stays on the screen: sound goes on to the end where pictures are lost before it. @kept: what a
// browser's decoder keeps that is not told that the stream has ended.
function judgeLast(expect, seen, frames, kept = 0) {
  const missing = frames.length - 1 - frames.indexOf(seen.last);

  expect(missing <= kept, `the last picture is ${seen.last} of ${frames.at(-1)}`);
}

// How far the browser's count of frames is ahead of the picture on screen: what was decoded twice
// at the start, and a few waiting. A frame lost at a cut brings it down for good; each cut may cost one.
// Who switches renditions may decode what it had once more.
function judgeCuts(expect, seen, frames, switching) {
  const positions = positionsOf(frames);
  const shown = seen.frames.map((frame, i) => ({ index: positions.get(frame) ?? -1, decoded: seen.decoded[i] }));
  const isCut = (index) => index > 0 && sourceOf(frames[index]) !== sourceOf(frames[index - 1]);
  const starts = frames.flatMap((_, index) => (index === 0 || isCut(index) ? [index] : []));
  const leads = starts.map((start, run) => {
    const end = starts[run + 1] ?? frames.length;
    const all = shown.filter(({ index }) => index >= start && index < end).map(({ index, decoded }) => decoded - index);
    return all.sort((a, b) => a - b)[all.length >> 1] ?? NaN;
  });
  const joined = leads.findIndex((lead) => !Number.isNaN(lead));

  for (let cut = joined + 1; cut < leads.length; cut++) {
    const lost = leads[joined] - leads[cut];
    expect(lost <= cut - joined && (switching || -lost <= cut - joined), `frames lost up to cut ${cut}: ${lost}`);
  }
}

// The counter that is burnt into each picture. Not every picture is caught on a busy machine.
// @repeats: so many times they may go back, by less than a part more than what a player has ahead.
function judgePictures(expect, seen, frames, repeats = 0) {
  const positions = positionsOf(frames);
  const indices = seen.frames.map((frame) => positions.get(frame) ?? -1);
  const distinct = (list) => list.map(sourceOf).filter((s, i, all) => s !== all[i - 1]);
  const sources = distinct(seen.frames);
  const wanted = distinct(frames.slice(Math.max(indices[0] ?? 0, 0)));
  const back = indices.filter((index, i) => i > 0 && index <= indices[i - 1]).length;
  const again = indices.reduce((sum, index, i) => sum + (i > 0 && index <= indices[i - 1] ? indices[i - 1] - index + 1 : 0), 0);
  const share = (indices.length - again) / (frames.length - indices[0]);

  expect(!indices.includes(-1), `no picture that does not belong there: ${
    seen.frames.filter((_, i) => indices[i] < 0).join(' ') || 'none'}`);
  expect(back <= repeats, `pictures in their order: ${back} out of it${back > 0 ? `, ${again} shown again` : ''}`);
  expect(sources.join() === wanted.join(), `sources in their order: ${sources.join()}`);
  expect(share > 0.5, `pictures read: ${Math.round(share * 100)} %`);
}

// Where the viewer came in: before the first break, in the middle one, behind it.
function judgeJoin(expect, seen, frames, network, join) {
  const breaks = breaksOf(frames, network);
  const middle = breaks[breaks.length >> 1];
  const seconds = frames.indexOf(seen.frames[0]) / FRAMES_PER_SECOND;
  const right = !middle || (join === 'before' && seconds < breaks[0].start)
    || (join === 'in' && seconds >= middle.start && seconds < middle.end)
    || (join === 'after' && seconds >= middle.end);

  expect(right, `joined at ${seconds.toFixed(2)} s, ${join} ${middle ? 'the break' : 'no break'}`);
}

// What the page of the demo tells of the break.
function judgeBreaks(expect, seen, frames, network) {
  const breaks = breaksOf(frames, network);

  expect(seen.breaks.length === breaks.length, `breaks on the page: ${seen.breaks.length}`);
  seen.breaks.forEach((b, i) => {
    const seconds = breaks[i] ? breaks[i].end - breaks[i].start : 0;
    expect(Math.abs(b.duration - seconds) < 0.05, `break ${b.id} lasted ${b.duration} s of ${seconds} s`);
    expect(Math.abs(b.shownAfter) < 0.3, `its first picture was shown ${b.shownAfter.toFixed(3)} s after its date`);
  });
}

// The five events of the player of Amazon IVS, with what the breaks and creatives were. The documented tag
// (live-video-net-stitched-ad) opens a creative without ids of its own beside those of creative-start: not counted.
function judgeAdEvents(expect, events, frames, network, join) {
  if (join !== 'before') return;
  const breaks = breaksOf(frames, network);
  const of = (name) => events.filter((event) => event.name === name && event.adBreakId !== '');
  const creatives = frames.map(sourceOf).filter((s, i, all) => s !== all[i - 1] && !network.includes(s));
  const near = (a, b) => Math.abs(a - b) < 0.05;
  const started = of('AD_BREAK_STARTED'), ids = started.map(({ adBreakId }) => adBreakId);

  for (const event of events.filter(({ name }) => name !== 'AD_TIME_UPDATE')) console.log(`     ${JSON.stringify(event)}`);
  expect(started.length === breaks.length && of('AD_BREAK_ENDED').length === breaks.length,
    `AD_BREAK_STARTED ${started.length} and AD_BREAK_ENDED ${of('AD_BREAK_ENDED').length} of ${breaks.length}`);
  expect(of('AD_CREATIVE_STARTED').length === creatives.length && of('AD_CREATIVE_ENDED').length === creatives.length,
    `AD_CREATIVE_STARTED ${of('AD_CREATIVE_STARTED').length} and AD_CREATIVE_ENDED ${
      of('AD_CREATIVE_ENDED').length} of ${creatives.length}`);
  expect(of('AD_TIME_UPDATE').length > 0 || breaks.length === 0, `AD_TIME_UPDATE ${of('AD_TIME_UPDATE').length}`);
  console.log(`     events without ids: ${events.filter(({ adBreakId }) => adBreakId === '').length}`);
  expect(ids.every((id) => /^[0-9A-Za-z]{12}$/.test(id)) && new Set(ids).size === ids.length, `ids of breaks: ${ids.join(' ')}`);
  started.forEach(({ duration, podLength }, i) => {
    const { start, end } = breaks[i] ?? { start: 0, end: 0 };
    const pod = new Set(frames.slice(Math.round(start * FRAMES_PER_SECOND), Math.round(end * FRAMES_PER_SECOND)).map(sourceOf)).size;
    expect(near(duration, end - start), `break ${i + 1} lasts ${duration} s of ${end - start} s`);
    expect(podLength === pod, `its pod has ${podLength} of ${pod} creatives`);
  });
  of('AD_CREATIVE_STARTED').forEach(({ adBreakId, assetId, duration }, i) => {
    const seconds = frames.filter((frame) => sourceOf(frame) === creatives[i]).length / FRAMES_PER_SECOND;
    expect(ids.includes(adBreakId) && assetId !== '' && near(duration, seconds),
      `creative ${i + 1}: ${assetId} of break ${adBreakId}, ${duration} s of ${seconds} s`);
  });
}

// How far a player of low latency is behind the end of the playlist, when it has settled, through the break, to the end.
function judgeLatency(expect, latencies, text) {
  const seconds = (name) => Number(text.match(new RegExp(`[:,]${name}=([0-9.]+)`))?.[1]);
  const holdBack = seconds('PART-HOLD-BACK'), part = seconds('PART-TARGET');
  const most = holdBack + part + LATENCY_SLACK_SECONDS;
  const sorted = [...latencies].sort((a, b) => a - b);

  console.log(`     latency in the player: ${sorted[0]?.toFixed(2)} to ${sorted.at(-1)?.toFixed(2)} s, mostly ${
    sorted[sorted.length >> 1]?.toFixed(2)} s, in ${sorted.length} samples; PART-HOLD-BACK ${holdBack} s, PART-TARGET ${part} s`);
  expect(sorted.length > 0 && sorted.at(-1) <= most, `latency ${sorted.at(-1)?.toFixed(2)} s, at most ${most.toFixed(2)} s`);
}

// Whose time it was: the origin's, the machine's (a request that was answered on time and came late; a page whose timer was late),
// or the channel's own (its parts came late).
function tellTimes(seen, lateMs) {
  const fresh = seen.requests.filter(({ start, end, hold }) => end - start >= hold);
  const most = (list) => Math.round(Math.max(0, ...list));

  console.log(`     ${fresh.length} requests: ${most(fresh.map(({ app }) => app))} ms of the origin at most, ${
    most(fresh.map(({ start, end, hold, app }) => end - start - hold - app))} ms on the way; timers of the page up to ${
    most([seen.timerLateMs])} ms late${lateMs === null ? '' : `, parts up to ${Math.round(lateMs)} ms`}`);
}

const BEFORE_STALL_MS = 1500;

function tellStalls(seen) {
  for (const { start, ms } of seen.stalls.filter((stall) => stall.ms > STALL_MAX_MS / 2)) {
    console.log(`     stood still for ${Math.round(ms)} ms at ${Math.round(start)} ms; start, answer, end, held, its own time:`);
    for (const r of seen.requests.filter((request) => request.end > start - BEFORE_STALL_MS && request.start < start + ms)) {
      console.log(`       ${r.start} ${r.first} ${r.end} ${r.hold} ${r.app} ${r.what}`);
    }
  }
}

// In a break the picture changes its size.
function judgeSwitches(expect, seen, network) {
  const ads = seen.widths.map((text) => text.split(':')).filter(([source]) => !network.includes(source));
  const sizes = new Set(ads.map(([, width]) => width));

  expect(sizes.size > 1, `switched renditions in a break: ${seen.widths.join(' ')}`);
}

module.exports = { judgePlayback, judgeCuts, judgePictures, judgeJoin, judgeLatency, tellTimes, tellStalls, judgeSwitches, judgeBreaks, judgeAdEvents };
