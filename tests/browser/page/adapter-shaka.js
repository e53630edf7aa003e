// SPDX-License-Identifier: LGPL-2.1-or-later
'use strict';

window.play(async ({ video, source, player }) => {
  const shakaPlayer = new shaka.Player();
  const report = (error) => {
    player.say(`error ${error.code} of category ${error.category}: ${error.data}`);
    if (error.category === shaka.util.Error.Category.MEDIA) player.mediaErrors++;
    if (error.severity === shaka.util.Error.Severity.CRITICAL) player.fatal ??= `error ${error.code}`;
  };
  shaka.polyfill.installAll();
  shakaPlayer.addEventListener('error', ({ detail }) => report(detail));
  const place = () => {
    const { start, end } = shakaPlayer.seekRange();
    const buffered = shakaPlayer.getBufferedInfo().total.map((range) => `${range.start.toFixed(2)}-${range.end.toFixed(2)}`);
    return `${video.currentTime.toFixed(2)} of ${start.toFixed(2)}-${end.toFixed(2)}${shakaPlayer.isLive() ? ', live' : ''}, has ${buffered.join(' ')}`;
  };
  for (const name of ['gapjumped', 'stalldetected', 'manifestupdated']) {
    shakaPlayer.addEventListener(name, () => player.say(`${name} at ${place()}`));
  }
  video.addEventListener('seeking', () => player.say(`seeks to ${place()}`));
  player.date = () => shakaPlayer.getPlayheadTimeAsDate();
  shakaPlayer.configure({ abr: { enabled: false } });
  const switchVariant = () => shakaPlayer.selectVariantTrack(shakaPlayer.getVariantTracks().find(({ active }) => !active));
  // Shaka 5.2.12 loses its window, and stands still, when the switch comes while it reads a playlist, and with parts it does
  // so much of the time: between two of them
  player.switchRendition = () => {
    if (window.lowLatency) shakaPlayer.addEventListener('manifestupdated', switchVariant, { once: true });
    else switchVariant();
  };
  try {
    await shakaPlayer.attach(video);
    await shakaPlayer.load(source, null, 'application/x-mpegurl');
    player.latency = () => (shakaPlayer.isLive() ? shakaPlayer.seekRange().end - video.currentTime : NaN);
  } catch (error) {
    report(error);
    player.fatal ??= `error ${error.code}`;
  }
});
