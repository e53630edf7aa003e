// SPDX-License-Identifier: LGPL-2.1-or-later
// Plays playlist.m3u8 beside this page (or ?src=URL) and shows the ad breaks that its
// EXT-X-DATERANGE tags tell of. `window.player` is what a test or a console looks at.
'use strict';

(() => {
  const LOG_LINES = 200;
  const source = new URLSearchParams(location.search).get('src') || 'playlist.m3u8';
  const video = document.getElementById('video');
  const player = { video, hls: null, breaks: new Map(), fatal: null, mediaErrors: 0, log: [] };
  window.player = player;

  const clock = (date) => date.toLocaleTimeString([], { hour12: false });
  const seconds = (s) => (Number.isFinite(s) ? `${s.toFixed(1)} s` : '');

  function say(text) {
    const line = document.createElement('li');
    const list = document.getElementById('log');
    line.textContent = `${clock(new Date())}  ${text}`;
    list.prepend(line);
    while (list.childElementCount > LOG_LINES) list.lastElementChild.remove();
    player.log.push(text);
    if (player.log.length > 10 * LOG_LINES) player.log.splice(0, LOG_LINES);
  }

  function status(text) {
    document.getElementById('status').textContent = text;
  }

  // -- breaks: { id, start: Date, planned, duration } with times in seconds, NaN = not known

  function takeBreak(b) {
    const had = player.breaks.get(b.id);
    player.breaks.set(b.id, b);
    if (!had) say(`break ${b.id} is announced for ${clock(b.start)}, planned ${seconds(b.planned) || 'without a length'}`);
    else if (!Number.isFinite(had.duration) && Number.isFinite(b.duration)) say(`break ${b.id} lasted ${seconds(b.duration)}`);
  }

  function stateOf(b, now) {
    if (!now || now < b.start) return 'to come';
    const length = Number.isFinite(b.duration) ? b.duration : Infinity;
    return now - b.start < length * 1000 ? 'on air' : 'over';
  }

  // The programme's time at the picture that is shown.
  function playingDate() {
    if (player.hls) return player.hls.playingDate;
    const start = video.getStartDate ? video.getStartDate() : null;
    return start && !Number.isNaN(start.getTime()) ? new Date(start.getTime() + video.currentTime * 1000) : null;
  }

  function show() {
    const now = playingDate();
    const rows = [...player.breaks.values()].reverse().map((b) => {
      const row = document.createElement('tr');
      const state = stateOf(b, now);
      for (const text of [b.id, clock(b.start), seconds(b.planned), seconds(b.duration), state]) {
        row.insertCell().textContent = text;
      }
      row.className = state === 'on air' ? 'on-air' : '';
      return row;
    });
    document.getElementById('breaks').replaceChildren(...rows);
    document.getElementById('on-air').hidden = !rows.some((row) => row.className);
  }

  // -- hls.js

  function playWithHlsJs() {
    const hls = new Hls({ startFragPrefetch: true });
    player.hls = hls;
    hls.on(Hls.Events.LEVEL_UPDATED, (event, { details }) => {
      for (const range of Object.values(details.dateRanges)) {
        // those with a class tell more of the same break, each to players of one kind
        if (range.class) continue;
        takeBreak({ id: range.id, start: range.startDate, planned: range.plannedDuration ?? NaN,
          duration: range.duration ?? NaN });
      }
    });
    hls.on(Hls.Events.FRAG_CHANGED, (event, { frag }) => {
      if (frag.tagList.some(([tag]) => tag === 'DIS')) say(`another source with ${frag.relurl}`);
    });
    hls.on(Hls.Events.ERROR, (event, { type, details, fatal, error }) => {
      say(`${fatal ? 'fatal: ' : ''}${details}${error ? `: ${error.message}` : ''}`);
      if (type === Hls.ErrorTypes.MEDIA_ERROR) player.mediaErrors++;
      if (fatal) recover(type, details);
    });
    hls.loadSource(source);
    hls.attachMedia(video);
  }

  // A channel that has not begun, or begins anew, is asked for again.
  function recover(type, details) {
    player.fatal = details;
    status(`No channel at the moment (${details}); trying again.`);
    setTimeout(() => {
      if (type === Hls.ErrorTypes.MEDIA_ERROR) player.hls.recoverMediaError();
      else player.hls.loadSource(source);
    }, 2000);
  }

  // -- Safari

  function playNatively() {
    video.src = source;
    video.textTracks.addEventListener('addtrack', ({ track }) => {
      if (track.kind !== 'metadata') return;
      track.mode = 'hidden';
      track.addEventListener('cuechange', () => {
        for (const { value, startTime, endTime } of track.activeCues ?? []) {
          // here the class is another cue: a break is known by its id
          if (value?.key !== 'ID' || !/^[0-9A-Za-z]{12}$/.test(value.data)) continue;
          takeBreak({ id: value.data, start: new Date(video.getStartDate().getTime() + startTime * 1000),
            planned: NaN, duration: Number.isFinite(endTime) ? endTime - startTime : NaN });
        }
      });
    });
  }

  video.addEventListener('playing', () => status(''));
  video.addEventListener('waiting', () => say('waiting for the stream'));
  video.addEventListener('ended', () => { say('the channel has ended'); status('The channel has ended.'); });
  video.addEventListener('error', () => { if (video.error) say(`video: ${video.error.message}`); });
  setInterval(show, 250);

  if (window.Hls && Hls.isSupported()) {
    playWithHlsJs();
  } else if (video.canPlayType('application/vnd.apple.mpegurl')) {
    playNatively();
  } else {
    status('hls.js is not beside this page (npm install, then hls.js/dist/hls.min.js), and this browser plays no HLS without it.');
  }
  // Browsers let a page with muted sound begin by itself; where not, the user has the button.
  video.play().catch(() => status('Press play.'));
})();
