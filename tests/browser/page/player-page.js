// SPDX-License-Identifier: LGPL-2.1-or-later
// player-page.html?scripts=LIBRARY,ADAPTER&src=PLAYLIST: loads both and plays with them. An adapter
// calls play (function), which gets what `window.player` is: observe.cjs and the judge read it.
'use strict';

(() => {
  const query = new URLSearchParams(location.search);
  const video = document.getElementById('video');
  const player = { video, fatal: null, mediaErrors: 0, breaks: new Map(), log: [], injected: null, latencies: [],
    date: () => null, latency: () => NaN };
  window.player = player;
  const room = window.traced ? 100000 : 500;
  player.say = (text) => {
    if (player.log.length < room) player.log.push(window.traced ? `${(performance.now() / 1000).toFixed(3)} ${video.currentTime.toFixed(3)} ${text}` : text);
  };
  window.play = (start) => {
    start({ video, source: query.get('src'), player });
    setInterval(() => {
      const latency = player.latency();
      if (Number.isFinite(latency) && !video.paused && !video.ended) player.latencies.push({ latency, at: video.currentTime });
    }, 250);
  };
  const load = (scripts) => {
    if (scripts.length === 0) return;
    const script = document.createElement('script');
    script.src = scripts[0];
    script.onload = () => load(scripts.slice(1));
    script.onerror = () => { player.fatal = `${scripts[0]} cannot be loaded`; };
    document.head.append(script);
  };
  for (const name of ['waiting', 'stalled', 'ended']) video.addEventListener(name, () => player.say(name));
  video.addEventListener('error', () => { if (video.error) player.fatal ??= `video: ${video.error.message}`; });
  load(query.get('scripts').split(','));
})();
