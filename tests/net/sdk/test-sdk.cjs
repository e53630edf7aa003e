// SPDX-License-Identifier: LGPL-2.1-or-later
// Amazon's own SDKs against the control API: every operation that is answered, each modelled error
// as the SDK's own exception type. test-sdk.cjs CONTROL-SERVER; NODE_PATH has the packages. TAP.
'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const { spawn } = require('node:child_process');
const readline = require('node:readline');
const ivs = require('@aws-sdk/client-ivs');
const mt = require('@aws-sdk/client-mediatailor');

const KEY = { accessKeyId: 'AKIDTEST', secretAccessKey: 'a secret of more than sixteen' };
const WRONG = { accessKeyId: 'AKIDTEST', secretAccessKey: 'another of more than sixteen' };
const STRANGER = { accessKeyId: 'AKIDNOBODY', secretAccessKey: KEY.secretAccessKey };
const KEY_OPTION = ['--key', KEY.accessKeyId, KEY.secretAccessKey];
const channel = (name) => `arn:aws:ivs:us-east-1:000000000000:channel/${name}`;
const NOWHERE = 'arn:aws:ivs:us-east-1:000000000000:ad-configuration/nowhere12345';
const NO_KEY = 'arn:aws:ivs:us-east-1:000000000000:playback-key/nowhere12345';

const servers = [];

async function start(...options) {
  const child = spawn(process.argv[2], options, { stdio: ['pipe', 'pipe', 'inherit'] });
  servers.push(child);
  const lines = readline.createInterface({ input: child.stdout });
  const port = await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', (code) => reject(new Error(`control-server ended with ${code}`)));
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const config = (credentials) => ({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  return {
    endpoint,
    ivs: (credentials = KEY) => new ivs.IvsClient(config(credentials)),
    mt: (credentials = KEY) => new mt.MediaTailorClient(config(credentials)),
    test: (what) => fetch(`${endpoint}/test/${what}`, { method: 'POST', body: '' }),
  };
}

// The error that `promise` is refused with, which must be of `type` and of HTTP status `status`.
async function refused(promise, type, status) {
  const error = await promise.then(() => assert.fail(`no ${type.name}`), (e) => e);
  assert.ok(error instanceof type, `${error.name} (${error.message}) is no ${type.name}`);
  assert.strictEqual(error.name, type.name);
  assert.strictEqual(error.$metadata.httpStatusCode, status);
  assert.ok(error.$metadata.requestId);
  return error;
}

function publicKey() {
  const { publicKey: key } = crypto.generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  return key.export({ type: 'spki', format: 'pem' });
}

async function putPlayback(server, more = {}) {
  return server.mt().send(new mt.PutPlaybackConfigurationCommand({
    Name: 'main', AdDecisionServerUrl: 'https://ads.example/?d=[session.avail_duration_secs]', ...more }));
}

async function create(server, more = {}) {
  const put = await putPlayback(server);
  const answer = await server.ivs().send(new ivs.CreateAdConfigurationCommand({
    mediaTailorPlaybackConfigurations: [{ playbackConfigurationArn: put.PlaybackConfigurationArn }], ...more }));
  return answer.adConfiguration;
}

const tests = {
  async 'ad configurations'(s) {
    const c = s.ivs();
    const made = await create(s, { name: 'ads', tags: { k: 'v' },
      postRollConfiguration: { enabled: true, durationSeconds: 20 } });
    assert.match(made.arn, /^arn:aws:ivs:us-east-1:000000000000:ad-configuration\/[a-zA-Z0-9]{12}$/);
    const got = await c.send(new ivs.GetAdConfigurationCommand({ arn: made.arn }));
    assert.deepStrictEqual(got.adConfiguration, made);
    assert.deepStrictEqual(made.tags, { k: 'v' });
    assert.deepStrictEqual(made.postRollConfiguration, { enabled: true, durationSeconds: 20 });
    const changed = await c.send(new ivs.UpdateAdConfigurationCommand({ arn: made.arn, name: 'other' }));
    assert.deepStrictEqual(changed.adConfiguration, { ...made, name: 'other' });
    const second = await create(s);
    assert.deepStrictEqual(second.postRollConfiguration, { enabled: false, durationSeconds: 15 });
    const seen = [];
    for await (const page of ivs.paginateListAdConfigurations({ client: c, pageSize: 1 }, {}))
      seen.push(...page.adConfigurations.map((a) => a.arn));
    assert.deepStrictEqual(seen.sort(), [made.arn, second.arn].sort());
    for (const arn of seen) {
      const gone = await c.send(new ivs.DeleteAdConfigurationCommand({ arn }));
      assert.strictEqual(gone.$metadata.httpStatusCode, 204);
    }
    await refused(c.send(new ivs.GetAdConfigurationCommand({ arn: made.arn })), ivs.ResourceNotFoundException, 404);
    await refused(c.send(new ivs.DeleteAdConfigurationCommand({ arn: made.arn })), ivs.ResourceNotFoundException, 404);
  },

  async 'channels'(s) {
    const c = s.ivs();
    const { arn } = await create(s);
    const attached = await c.send(new ivs.UpdateChannelCommand({ arn: channel('one'), adConfigurationArn: arn }));
    assert.strictEqual(attached.channel.adConfigurationArn, arn);
    const got = await c.send(new ivs.GetChannelCommand({ arn: channel('one') }));
    assert.deepStrictEqual(got.channel, attached.channel);
    const listed = await c.send(new ivs.ListChannelsCommand({ filterByAdConfigurationArn: arn }));
    assert.deepStrictEqual(listed.channels.map((x) => x.name), ['one']);
    const names = [];
    for await (const page of ivs.paginateListChannels({ client: c, pageSize: 3 }, {}))
      names.push(...page.channels.map((x) => x.name));
    assert.deepStrictEqual(names, ['bare', 'offline', 'one', 'two']);
    await refused(c.send(new ivs.DeleteAdConfigurationCommand({ arn })), ivs.ConflictException, 409);
    const detached = await c.send(new ivs.UpdateChannelCommand({ arn: channel('one'), adConfigurationArn: '' }));
    assert.strictEqual(detached.channel.adConfigurationArn, '');
    await c.send(new ivs.DeleteAdConfigurationCommand({ arn }));
    await refused(c.send(new ivs.UpdateChannelCommand({ arn: channel('one'), adConfigurationArn: NOWHERE })),
      ivs.ResourceNotFoundException, 404);
    await refused(c.send(new ivs.GetChannelCommand({ arn: channel('three') })), ivs.ResourceNotFoundException, 404);
  },

  async 'streams'(s) {
    const c = s.ivs();
    const { stream } = await c.send(new ivs.GetStreamCommand({ channelArn: channel('one') }));
    assert.strictEqual(stream.state, 'LIVE');
    assert.strictEqual(stream.health, 'HEALTHY');
    assert.strictEqual(stream.streamId.length, 26);
    assert.ok(stream.startTime instanceof Date);
    assert.strictEqual(stream.startTime.toISOString(), '2026-02-05T01:03:08.000Z');
    const { streams } = await c.send(new ivs.ListStreamsCommand({ filterBy: { health: 'STARVING' } }));
    assert.deepStrictEqual(streams.map((x) => x.channelArn), [channel('two')]);
    await refused(c.send(new ivs.GetStreamCommand({ channelArn: channel('offline') })), ivs.ChannelNotBroadcasting, 404);
  },

  async 'breaks'(s) {
    const c = s.ivs();
    const insert = (name, durationSeconds) =>
      c.send(new ivs.InsertAdBreakCommand({ channelArn: channel(name), durationSeconds }));
    await s.test('reset');
    const { adBreakId } = await insert('one', 30);
    assert.match(adBreakId, /^[a-zA-Z0-9]{12}$/);
    await refused(insert('one', 30), ivs.ConflictException, 409);
    const offline = await refused(insert('offline', 30), ivs.ChannelNotBroadcasting, 404);
    assert.match(offline.exceptionMessage, /offline/);
    await refused(insert('three', 30), ivs.ResourceNotFoundException, 404);
    for (const seconds of [0, 301, 1.5, undefined])
      await refused(insert('two', seconds), ivs.ValidationException, 400);
    await refused(insert('bare', 30), ivs.ValidationException, 400);
    const many = await Promise.allSettled(Array.from({ length: 64 }, () => insert('two', 10)));
    assert.strictEqual(many.filter((x) => x.status === 'fulfilled').length, 1);
    assert.ok(many.every((x) => x.status === 'fulfilled' || x.reason instanceof ivs.ConflictException));
  },

  async 'playback key pairs'(s) {
    const c = s.ivs();
    const arns = [];
    const first = publicKey();
    for (const publicKeyMaterial of [first, publicKey(), publicKey()]) {
      const { keyPair } = await c.send(new ivs.ImportPlaybackKeyPairCommand({ publicKeyMaterial, name: 'viewers' }));
      const der = crypto.createPublicKey(publicKeyMaterial).export({ type: 'spki', format: 'der' });
      const md5 = crypto.createHash('md5').update(der).digest('hex').match(/../g).join(':');
      assert.strictEqual(keyPair.fingerprint, md5);
      const got = await c.send(new ivs.GetPlaybackKeyPairCommand({ arn: keyPair.arn }));
      assert.deepStrictEqual(got.keyPair, keyPair);
      arns.push(keyPair.arn);
    }
    await refused(c.send(new ivs.ImportPlaybackKeyPairCommand({ publicKeyMaterial: publicKey() })),
      ivs.ServiceQuotaExceededException, 402);
    await refused(c.send(new ivs.ImportPlaybackKeyPairCommand({ publicKeyMaterial: first })), ivs.ConflictException, 409);
    await refused(c.send(new ivs.ImportPlaybackKeyPairCommand({ publicKeyMaterial: 'rubbish' })),
      ivs.ValidationException, 400);
    const { keyPairs } = await c.send(new ivs.ListPlaybackKeyPairsCommand({}));
    assert.deepStrictEqual(keyPairs.map((k) => k.arn).sort(), [...arns].sort());
    for (const arn of arns)
      await c.send(new ivs.DeletePlaybackKeyPairCommand({ arn }));
    await refused(c.send(new ivs.GetPlaybackKeyPairCommand({ arn: NO_KEY })), ivs.ResourceNotFoundException, 404);
  },

  async 'tags'(s) {
    const { arn } = await create(s);
    const put = await putPlayback(s);
    const clients = [[s.ivs(), ivs, 'r', arn], [s.ivs(), ivs, 'r', channel('two')],
      [s.mt(), mt, 'R', put.PlaybackConfigurationArn]];
    for (const [c, sdk, letter, resource] of clients) {
      const name = (text) => (letter === 'R' ? text[0].toUpperCase() + text.slice(1) : text);
      const input = (more) => Object.fromEntries(Object.entries({ resourceArn: resource, ...more })
        .map(([k, v]) => [name(k), v]));
      await c.send(new sdk.TagResourceCommand(input({ tags: { 'a b/é': '1', c: '2' } })));
      await c.send(new sdk.UntagResourceCommand(input({ tagKeys: ['a b/é', 'none'] })));
      const list = await c.send(new sdk.ListTagsForResourceCommand(input({})));
      assert.deepStrictEqual(list[name('tags')], { c: '2' });
    }
    await refused(s.ivs().send(new ivs.ListTagsForResourceCommand({ resourceArn: NOWHERE })),
      ivs.ResourceNotFoundException, 404);
    await refused(s.ivs().send(new ivs.TagResourceCommand({ resourceArn: arn, tags: { 'aws:x': '' } })),
      ivs.ValidationException, 400);
  },

  async 'playback configurations'(s) {
    const c = s.mt();
    const put = await putPlayback(s, { SlateAdUrl: 'https://slate.example/s.mp4', Tags: { k: 'v' },
      ConfigurationAliases: { 'player_params.x': { a: 'b' } }, PersonalizationThresholdSeconds: 2,
      AvailSuppression: { Mode: 'BEHIND_LIVE_EDGE', Value: '00:00:20', FillPolicy: 'PARTIAL_AVAIL' } });
    assert.strictEqual(put.PlaybackConfigurationArn,
      'arn:aws:mediatailor:us-east-1:000000000000:playbackConfiguration/main');
    const got = await c.send(new mt.GetPlaybackConfigurationCommand({ Name: 'main' }));
    delete got.$metadata;
    delete put.$metadata;
    assert.deepStrictEqual(got, put);
    assert.deepStrictEqual(got.Tags, { k: 'v' });
    await putPlayback(s, { Name: 'second' });
    const names = [];
    for await (const page of mt.paginateListPlaybackConfigurations({ client: c, pageSize: 1 }, {}))
      names.push(...page.Items.map((x) => x.Name));
    assert.deepStrictEqual(names, ['main', 'second']);
    const gone = await c.send(new mt.DeletePlaybackConfigurationCommand({ Name: 'second' }));
    assert.strictEqual(gone.$metadata.httpStatusCode, 204);
    await refused(putPlayback(s, { PersonalizationThresholdSeconds: 0 }), mt.BadRequestException, 400);
    const error = await c.send(new mt.GetPlaybackConfigurationCommand({ Name: 'second' })).catch((e) => e);
    assert.strictEqual(error.$metadata.httpStatusCode, 404);
    assert.strictEqual(error.name, 'NotFoundException');
  },

  async 'who may call'(s) {
    const list = new ivs.ListChannelsCommand({});
    await refused(s.ivs(WRONG).send(list), ivs.AccessDeniedException, 403);
    await refused(s.ivs(STRANGER).send(list), ivs.AccessDeniedException, 403);
    const error = await s.mt(WRONG).send(new mt.ListPlaybackConfigurationsCommand({})).catch((e) => e);
    assert.strictEqual(error.$metadata.httpStatusCode, 403);
    assert.strictEqual(error.name, 'AccessDeniedException');
    const bearer = (token) => fetch(`${s.endpoint}/ListChannels`, { method: 'POST', body: '{}',
      headers: token ? { authorization: `Bearer ${token}` } : {} });
    assert.strictEqual((await bearer('0123456789abcdef')).status, 200);
    assert.strictEqual((await bearer('0123456789abcdeF')).status, 403);
    assert.strictEqual((await bearer(null)).status, 403);
  },

  async 'limit of ad configurations'(s) {
    const { adConfigurations } = await s.ivs().send(new ivs.ListAdConfigurationsCommand({}));
    for (let i = adConfigurations.length; i < 20; i++)
      await create(s);
    await refused(create(s), ivs.ServiceQuotaExceededException, 402);
  },

  async 'rates'() {
    const s = await start('--rates', ...KEY_OPTION);
    const c = s.ivs();
    const begun = performance.now();
    const all = await Promise.allSettled(Array.from({ length: 12 }, () => c.send(new ivs.ListAdConfigurationsCommand({}))));
    const throttled = all.filter((x) => x.status === 'rejected');
    const more = Math.ceil((performance.now() - begun) / 1000 * 3); // what the time that it took has brought
    assert.ok(throttled.length >= 9 - more && throttled.length <= 9, `${throttled.length} of 12 are throttled`);
    assert.ok(more < 9, 'the machine is too slow to be throttled');
    for (const x of throttled)
      await refused(Promise.reject(x.reason), ivs.ThrottlingException, 429);
    // ... which the SDK itself waits for
    await new ivs.IvsClient({ endpoint: s.endpoint, region: 'us-east-1', credentials: KEY, maxAttempts: 8 })
      .send(new ivs.ListAdConfigurationsCommand({}));
  },

  async 'a store that cannot be read'(s) {
    await s.test('damage');
    await refused(s.ivs().send(new ivs.ListPlaybackKeyPairsCommand({})), ivs.InternalServerException, 500);
  },
};

async function main() {
  const server = await start(...KEY_OPTION, '--bearer', '0123456789abcdef');
  let n = 0;
  let failed = 0;
  console.log(`1..${Object.keys(tests).length}`);
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test(server);
      console.log(`ok ${++n} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${++n} - ${name}`);
      console.log(String(error.stack).replace(/^/gm, '# '));
    }
  }
  servers.forEach((child) => child.stdin.end());
  process.exitCode = failed ? 1 : 0;
}

main();
