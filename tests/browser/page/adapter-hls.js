// SPDX-License-Identifier: LGPL-2.1-or-later
'use strict';

window.play(({ video, source, player }) => {
  const say = (...words) => {
    const text = words.join(' ');
    const injected = text.match(/Injecting (\d+) audio frame/);
    if (injected) player.injected += Number(injected[1]);
    if (window.traced || /Injecting|hole|overlap|stall/i.test(text)) player.say(text);
  };
  player.injected = 0;
  // what starting has cost is caught up with, as pages of low-latency channels do it
  const pace = window.lowLatency ? { maxLiveSyncPlaybackRate: 1.1 } : {};
  const hls = new Hls({ ...pace, debug: { trace() {}, debug() {}, log: say, info: say, warn: say, error: say } });
  hls.on(Hls.Events.ERROR, (event, { type, details, fatal, error }) => {
    player.say(`${details}${error ? `: ${error.message}` : ''}`);
    if (type === Hls.ErrorTypes.MEDIA_ERROR) player.mediaErrors++;
    if (fatal) player.fatal ??= details;
  });
  player.date = () => hls.playingDate;
  // behind an edge that moves
  player.latency = () => (hls.levels[hls.currentLevel]?.details?.live ? hls.latency : NaN);
  hls.on(Hls.Events.MANIFEST_PARSED, () => { if (hls.levels.length > 1) hls.loadLevel = 0; });
  player.switchRendition = () => { hls.nextLevel = (hls.loadLevel + 1) % hls.levels.length; };
  hls.loadSource(source);
  hls.attachMedia(video);
});
