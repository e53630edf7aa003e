// SPDX-License-Identifier: LGPL-2.1-or-later
// Amazon's own SDKs against a channel that runs: test-sdk-live.cjs LIVE-CHANNEL CONFIG; NODE_PATH has the packages. TAP.
'use strict';

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const readline = require('node:readline');
const ivs = require('@aws-sdk/client-ivs');
const mt = require('@aws-sdk/client-mediatailor');

const KEY = { accessKeyId: 'AKIDTEST', secretAccessKey: 'a-secret-of-more-than-sixteen' };
const ARN = 'arn:aws:ivs:us-east-1:000000000000:channel/one';
const GOP_MS = 1000; // of the stream that live-channel makes

const child = spawn(process.argv[2], [process.argv[3]], { stdio: ['pipe', 'pipe', 'inherit'] });
const events = [];
let address;
let wake = () => {};
let over = false;

child.once('exit', () => { over = true; wake(); });

readline.createInterface({ input: child.stdout }).on('line', (line) => {
  if (!address) {
    address = line;
  } else {
    const [, number, state, id, ms] = line.split(' ');
    events.push({ number: Number(number), state, id, ms: Number(ms) });
  }
  wake();
});

// What `look` finds, within 30 s.
async function until(look, what) {
  const end = Date.now() + 30000;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(!over, 'live-channel has ended');
    assert.ok(Date.now() < end, `no ${what}`);
    await new Promise((resolve) => { wake = resolve; setTimeout(resolve, 100); });
  }
}

const told = (state, id) => until(() => events.find((e) => e.state === state && e.id === id), `${state} of ${id}`);

async function refused(promise, type) {
  const error = await promise.then(() => assert.fail(`no ${type.name}`), (e) => e);
  assert.ok(error instanceof type, `${error.name} (${error.message}) is no ${type.name}`);
}

const tests = {
  async 'the stream is live'(c) {
    const { stream } = await until(() => c.send(new ivs.GetStreamCommand({ channelArn: ARN })).catch(() => null), 'stream');
    assert.strictEqual(stream.state, 'LIVE');
    assert.match(stream.streamId, /^st-[a-zA-Z0-9]{23}$/);
    const { streams } = await c.send(new ivs.ListStreamsCommand({}));
    assert.deepStrictEqual(streams.map((x) => x.channelArn), [ARN]);
    const { channels } = await c.send(new ivs.ListChannelsCommand({}));
    assert.deepStrictEqual(channels.map((x) => x.name), ['one']);
  },

  async 'a break, from the call to its end'(c) {
    const insert = () => c.send(new ivs.InsertAdBreakCommand({ channelArn: ARN, durationSeconds: 2 }));
    const { adBreakId } = await insert();
    assert.match(adBreakId, /^[a-zA-Z0-9]{12}$/);
    await refused(insert(), ivs.ConflictException);
    const started = await told('started', adBreakId);
    console.log(`# the first ad packet left ${started.ms} ms behind target_start_time`);
    assert.ok(Math.abs(started.ms) < GOP_MS);
    await refused(insert(), ivs.ConflictException);
    await told('ended', adBreakId);
    const second = await until(() => insert().catch(() => null), 'second break');
    assert.notStrictEqual(second.adBreakId, adBreakId);
    await told('ended', second.adBreakId);
    const numbers = events.map((e) => e.number);
    assert.deepStrictEqual(numbers, [...numbers].sort((a, b) => a - b));
    assert.strictEqual(new Set(numbers).size, numbers.length);
  },

  async 'an ad configuration comes and goes'(c, m) {
    const put = await m.send(new mt.PutPlaybackConfigurationCommand({ Name: 'main',
      AdDecisionServerUrl: 'https://ads.example/?d=[session.avail_duration_secs]' }));
    const { adConfiguration } = await c.send(new ivs.CreateAdConfigurationCommand({
      mediaTailorPlaybackConfigurations: [{ playbackConfigurationArn: put.PlaybackConfigurationArn }] }));
    const attach = (adConfigurationArn) => c.send(new ivs.UpdateChannelCommand({ arn: ARN, adConfigurationArn }));
    assert.strictEqual((await attach(adConfiguration.arn)).channel.adConfigurationArn, adConfiguration.arn);
    await refused(c.send(new ivs.DeleteAdConfigurationCommand({ arn: adConfiguration.arn })), ivs.ConflictException);
    assert.strictEqual((await attach('')).channel.adConfigurationArn, '');
    await c.send(new ivs.DeleteAdConfigurationCommand({ arn: adConfiguration.arn }));
  },
};

async function main() {
  await until(() => address, 'address');
  const config = { endpoint: `http://${address}`, region: 'us-east-1', credentials: KEY, maxAttempts: 1 };
  const clients = [new ivs.IvsClient(config), new mt.MediaTailorClient(config)];
  let n = 0;
  let failed = 0;
  console.log(`1..${Object.keys(tests).length}`);
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(...clients);
      console.log(`ok ${++n} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${++n} - ${name}`);
      console.log(String(error.stack).replace(/^/gm, '# '));
    }
  }
  clients.forEach((c) => c.destroy());
  child.stdin.end();
  process.exitCode = failed ? 1 : 0;
}

main();
