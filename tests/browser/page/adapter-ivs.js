// SPDX-License-Identifier: LGPL-2.1-or-later
'use strict';

window.play(({ video, source, player }) => {
  const { create, PlayerEventType, PlayerState } = window.IVSPlayer;
  const beside = (file) => new URL(file, location.href).href;
  const ivs = create({ wasmWorker: beside('amazon-ivs-wasmworker.min.js'), wasmBinary: beside('amazon-ivs-wasmworker.min.wasm') });
  player.adEvents = [];
  for (const name of ['AD_BREAK_STARTED', 'AD_CREATIVE_STARTED', 'AD_TIME_UPDATE', 'AD_CREATIVE_ENDED', 'AD_BREAK_ENDED']) {
    ivs.addEventListener(PlayerEventType[name], (payload) => player.adEvents.push({ name, at: video.currentTime, ...payload }));
  }
  ivs.addEventListener(PlayerEventType.ERROR, (error) => {
    player.fatal ??= `${error.type} ${error.code}: ${error.message}`;
  });
  for (const name of ['READY', 'BUFFERING', 'PLAYING', 'ENDED']) {
    ivs.addEventListener(PlayerState[name], () => player.say(name));
  }
  ivs.addEventListener(PlayerState.ENDED, () => { player.ended = true; });
  player.latency = () => ivs.getLiveLatency();
  ivs.attachHTMLVideoElement(video);
  ivs.setAutoplay(true);
  ivs.setMuted(true);
  ivs.load(source);
});
