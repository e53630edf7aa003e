// SPDX-License-Identifier: LGPL-2.1-or-later
'use strict';

window.play(({ video, source, player }) => {
  const videoPlayer = videojs(video, { autoplay: 'muted', muted: true, liveui: true,
    html5: { vhs: { overrideNative: true }, nativeAudioTracks: false, nativeVideoTracks: false } });
  videojs.log.level('warn');
  videoPlayer.on('error', () => {
    const { code, message } = videoPlayer.error();
    player.fatal ??= `code ${code}: ${message}`;
  });
  for (const name of ['vhs-gap-skip', 'vhs-unknown-waiting', 'vhs-live-resync', 'vhs-video-underflow']) {
    videoPlayer.tech({ IWillNotUseThisInPlugins: true })?.on('usage', (event) => {
      if (event.name === name) player.say(name);
    });
  }
  // its own choice, for the segment that is loaded next
  let chosen = 0;
  videoPlayer.on('xhr-hooks-ready', () => {
    const { vhs } = videoPlayer.tech({ IWillNotUseThisInPlugins: true });
    const ownChoice = vhs.selectPlaylist;
    vhs.selectPlaylist = () => {
      const all = vhs.playlists.main.playlists;
      return all.length > 1 ? all[chosen] : ownChoice.call(vhs);
    };
  });
  player.switchRendition = () => { chosen = 1 - chosen; };
  // of a channel with parts it fires no `ended`
  setInterval(() => {
    const media = videoPlayer.tech({ IWillNotUseThisInPlugins: true })?.vhs?.playlists?.media();
    const { buffered, currentTime } = video;
    if (media?.endList && buffered.length > 0 && buffered.end(buffered.length - 1) - currentTime < 0.1) player.ended = true;
  }, 100);
  videoPlayer.src({ src: source, type: 'application/x-mpegURL' });
});
