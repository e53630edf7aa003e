// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs in the page, before anything else of it: notes which pictures were shown, and where
// currentTime stood still or jumped. The counter in the pictures is pattern-code.h's.
'use strict';

// @switching: the rendition is changed in each creative. @lowLatency: adapters may want to know. @traced: all that
// players say is kept.
function observe({ network, switching, lowLatency, traced }) {
  const SAMPLE_MS = 50;
  const COLUMNS = 10, ROWS = 2, WIDTH = 320, HEIGHT = 192, BAND = 64;
  const SWITCH_AFTER_MS = 500;
  const EDGE_STANDS_SECONDS = 2;
  const SETTLED_SECONDS = 3;
  const LAST_PICTURE_MS = 300;  // players may say that it has ended a little earlier
  const seen = { frames: [], decoded: [], stalledMs: 0, jumpedMs: 0, firstAdAt: null, widths: [], requests: [], stalls: [], timerLateMs: 0 };
  const canvas = new OffscreenCanvas(WIDTH, BAND);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let startTime = null;
  window.lowLatency = lowLatency;
  window.traced = traced;

  // The middle of each block, over a few pixels: "source:frame", or null.
  function readCounter(video) {
    let bits = 0;
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * BAND / HEIGHT, 0, 0, WIDTH, BAND);
    const { data } = context.getImageData(0, 0, WIDTH, BAND);
    for (let block = 0; block < COLUMNS * ROWS; block++) {
      const x = (block % COLUMNS) * (WIDTH / COLUMNS) + WIDTH / COLUMNS / 2;
      const y = Math.floor(block / COLUMNS) * (BAND / ROWS) + BAND / ROWS / 2;
      let sum = 0;
      for (let dy = -4; dy < 4; dy++) for (let dx = -4; dx < 4; dx++) sum += data[((y + dy) * WIDTH + x + dx) * 4];
      bits = bits * 2 + (sum > 64 * 128 ? 1 : 0);
    }
    const source = (bits >> 16) & 15, frame = (bits >> 4) & 4095, word = (source << 12) | frame;
    const check = ((word >> 12) + 3 * (word >> 8) + 5 * (word >> 4) + 7 * word + 9) & 15;
    return check === (bits & 15) ? `${source}:${frame}` : null;
  }

  // Another source, or another size of it: "source:width".
  function takeWidth(frame, width) {
    const source = frame.split(':')[0], text = `${source}:${width}`;
    const before = seen.widths.at(-1);
    if (text === before) return;
    seen.widths.push(text);
    if (switching && before && !network.includes(source) && !before.startsWith(`${source}:`)) {
      setTimeout(() => window.player.switchRendition(), SWITCH_AFTER_MS);
    }
  }

  function watchPictures(video) {
    const take = (now, { mediaTime }) => {
      const { player } = window;
      const frame = readCounter(video);
      if (frame) takeWidth(frame, video.videoWidth);
      if (frame && frame !== seen.frames.at(-1)) {
        seen.frames.push(frame);
        seen.decoded.push(video.getVideoPlaybackQuality().totalVideoFrames);
      }
      if (frame && !frame.startsWith('1:') && seen.firstAdAt === null) {
        seen.firstAdAt = { frame: Number(frame.split(':')[1]), date: player.date ? player.date() : player.hls?.playingDate, mediaTime,
          currentTime: video.currentTime };
      }
      video.requestVideoFrameCallback(take);
    };
    video.requestVideoFrameCallback(take);
  }

  // Time that passes while currentTime does not, and currentTime that passes while time does
  // not: from the first picture to the end. The sampler itself may come late.
  function watchClock(video) {
    let last = null, stoodMs = 0;
    setInterval(() => {
      const now = { at: performance.now(), time: video.currentTime };
      if (last) seen.timerLateMs = Math.max(seen.timerLateMs, now.at - last.at - SAMPLE_MS);
      if (startTime === null && now.time > 0 && !video.paused && !video.seeking && video.readyState >= 3 && last
          && now.time > last.time && now.time < last.time + 1) {
        startTime = last.time;
      }
      if (startTime !== null && last && !video.ended && !window.player.ended) {
        const wall = now.at - last.at, media = (now.time - last.time) * 1000;
        if (media > 0 && stoodMs > 100) {
          window.player.log.push(`stood still at ${last.time.toFixed(3)} for ${Math.round(stoodMs)} ms, behind picture ${seen.frames.at(-1)}`);
        }
        stoodMs = media > 0 ? 0 : stoodMs + wall;
        if (media <= 0 && stoodMs === wall) seen.stalls.push({ start: last.at, ms: wall });
        else if (media <= 0) seen.stalls.at(-1).ms = stoodMs;
        if (media <= 0) seen.stalledMs += wall;
        else if (media > wall + 100) {
          seen.jumpedMs += media - wall;
          window.player.log.push(`jumped from ${last.time.toFixed(3)} to ${now.time.toFixed(3)}, behind picture ${seen.frames.at(-1)}`);
        }
      }
      last = now;
    }, SAMPLE_MS);
  }

  // What was asked of the origin, in milliseconds of the page's clock: `hold` until there was something new, `app` its own time
  // behind that (Server-Timing).
  function watchRequests() {
    performance.setResourceTimingBufferSize(10000);
    new PerformanceObserver((list) => {
      for (const { name, startTime, responseStart, responseEnd, serverTiming } of list.getEntries()) {
        if (!/\.(m3u8|ts)(\?|$)/.test(name)) continue;
        const timing = Object.fromEntries(serverTiming.map((metric) => [metric.name, metric.duration]));
        seen.requests.push({ what: name.replace(/.*\//, ''), start: Math.round(startTime), first: Math.round(responseStart),
          end: Math.round(responseEnd), hold: timing.hold ?? 0, app: timing.app ?? 0 });
      }
    }).observe({ type: 'resource', buffered: true });
  }

  watchRequests();
  document.addEventListener('DOMContentLoaded', () => {
    const video = document.getElementById('video');
    watchPictures(video);
    watchClock(video);
  });

  async function report() {
    const { player } = window;
    await new Promise((resolve) => { setTimeout(resolve, LAST_PICTURE_MS); });
    const quality = player.video.getVideoPlaybackQuality();
    const first = seen.firstAdAt;
    return {
      ...seen,
      last: readCounter(player.video),
      fatal: player.fatal,
      mediaErrors: player.mediaErrors,
      totalVideoFrames: quality.totalVideoFrames,
      droppedVideoFrames: quality.droppedVideoFrames,
      playedSeconds: player.video.currentTime - (startTime ?? 0),
      breaks: [...player.breaks.values()].map((b) => ({ id: b.id, duration: b.duration,
        shownAfter: first ? (first.date - b.start) / 1000 - first.frame / 25 : NaN })),
      injected: player.injected ?? null,
      // what starting has cost is caught up with; near its end the edge of the channel stands still
      latencies: (player.latencies ?? []).filter(({ at }) => at > (startTime ?? 0) + SETTLED_SECONDS
        && at < player.video.currentTime - EDGE_STANDS_SECONDS)
        .map(({ latency }) => latency),
      adEvents: player.adEvents ?? null,
      log: player.log,
    };
  }
  window.observed = { report };
}

module.exports = { observe };
