// SPDX-License-Identifier: LGPL-2.1-or-later
// node test-page.cjs --chromium FILE --server FILE --work FOLDER [--shots FOLDER]: the status page of the
// control server in a headless Chromium, over channels that do not run (tests/net/v1-server.c).
// Prints TAP. With --shots what was seen is kept there.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { chromium } = require('playwright-core');

const TOKEN = 'a-token-of-the-page-test';
const LEAD_MS = 2500;
const EVENT_MS = 1000;          // from the request to the event on the page
const WIDTHS = [360, 768, 1280];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];

const { values: options } = parseArgs({ options: { chromium: { type: 'string' }, server: { type: 'string' },
  work: { type: 'string' }, shots: { type: 'string' } } });

// -- the server

// Resolves to { origin, stop }.
function serve(...args) {
  const child = spawn(options.server, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server has ended with ${code}`)));
    child.stdout.once('data', (line) => resolve({ origin: `http://127.0.0.1:${String(line).trim()}`,
      stop: () => new Promise((stopped) => { child.once('exit', stopped); child.stdin.end(); }) }));
  });
}

const post = (origin, target, body, headers = {}) => fetch(origin + target, { method: 'POST', body: JSON.stringify(body), headers });

// -- the page

let browser;

async function open(origin, { width = 1280, height = 900, scheme = 'light', touch = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, hasTouch: touch });
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('console', (message) => { if (message.type() === 'error' && !/status of 4\d\d|status of 502|ERR_FAILED/.test(message.text())) page.problems.push(message.text()); });
  page.on('request', (request) => { if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) page.problems.push(`asks ${request.url()}`); });
  await page.goto(origin);
  return page;
}

async function close(page) {
  must(page.problems.length === 0, `nothing goes wrong on the page: ${page.problems.join('; ')}`);
  await page.context().close();
}

const card = (page, name) => page.locator(`[data-channel="${name}"]`);

async function shoot(page, name) {
  if (!options.shots) return;
  fs.mkdirSync(options.shots, { recursive: true });
  await page.screenshot({ path: path.join(options.shots, `${name}.png`), fullPage: true });
}

// What is wider than the window, or than what it stands in.
const overflowing = (page) => page.evaluate(() => {
  const wide = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > wide) found.push(`document ${document.documentElement.scrollWidth} > ${wide}`);
  for (const e of document.querySelectorAll('body *')) {
    const box = e.getBoundingClientRect();
    if (box.width > 0 && (box.right > wide + 0.5 || box.left < -0.5)) found.push(`${e.tagName}.${e.className} to ${box.right}`);
    if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline' && e.tagName !== 'INPUT')
      found.push(`${e.tagName}.${e.className} holds ${e.scrollWidth} in ${e.clientWidth}`);
  }
  return found;
});

// -- judging

function must(holds, text) {
  if (!holds) throw new Error(text);
}

async function within(ms, what, look) {
  const until = Date.now() + ms;
  for (;;) {
    if (await look()) return;
    must(Date.now() < until, `not within ${ms} ms: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 15); });
  }
}

const tests = {
  async 'shows what there is, at every width'() {
    const server = await serve('--lead', '60000');
    await post(server.origin, '/v1/channels/sports/breaks', { duration_seconds: 45 });
    for (const scheme of ['light', 'dark']) {
      for (const width of WIDTHS) {
        const page = await open(server.origin, { width, height: width < 600 ? 740 : 900, scheme, touch: width < 600 });
        await card(page, 'sports').getByText('Next break in').waitFor();
        await within(3000, 'live', async () => (await page.locator('#link').textContent()) === 'live');
        must(await page.locator('article').count() === 4, 'four channels');
        must(/On air/.test(await card(page, 'main').textContent()), 'main is on air');
        must(/Off air/.test(await card(page, 'night').textContent()), 'night is off air');
        must(await card(page, 'night').getByRole('button', { name: 'Insert break' }).isDisabled(), 'no break into a channel that is off air');
        must(/4\.6 Mb\/s/.test(await card(page, 'main').textContent()), 'the bit rate of both renditions');
        must(await page.locator('#events li').count() === 2, 'two events');
        await card(page, 'main').locator('summary').click();
        await card(page, 'main').getByText('avc1.64001f').first().waitFor();
        const wrong = await overflowing(page);
        must(wrong.length === 0, `nothing overflows at ${width}: ${wrong.slice(0, 5).join(', ')}`);
        await shoot(page, `${scheme}-${width}`);
        await close(page);
      }
    }
    await server.stop();
  },

  async 'inserts a break, follows it, and ends it'() {
    const server = await serve('--lead', String(LEAD_MS));
    const page = await open(server.origin, { width: 1280 });
    const main = card(page, 'main');
    await within(3000, 'live', async () => (await page.locator('#link').textContent()) === 'live');
    await main.locator('input').fill('20');
    const began = Date.now();
    await main.getByRole('button', { name: 'Insert break' }).click();
    await page.locator('#events li', { hasText: 'Ad Break Inserted' }).first().waitFor({ timeout: EVENT_MS });
    console.log(`# button to event: ${Date.now() - began} ms`);
    await main.getByText('Next break in').waitFor({ timeout: 1500 });
    must(await main.getByRole('button', { name: 'Cancel' }).isVisible(), 'it can be cancelled');
    await main.getByText('Break now').waitFor({ timeout: LEAD_MS + 2000 });
    must(/filled 50 %/.test(await main.textContent()), 'how far it is filled');
    const left = await main.locator('.count').textContent();
    must(/^0:(1\d|20)$/.test(left), `the time that is left: ${left}`);
    await within(3000, 'it counts', async () => (await main.locator('.count').textContent()) !== left);
    must(/A kettle that sings <b>softly<\/b>/.test(await page.locator('#events').textContent()), 'markup of others is text');
    await shoot(page, 'running-1280');
    await page.setViewportSize({ width: 360, height: 740 });
    const wrong = await overflowing(page);
    must(wrong.length === 0, `nothing overflows in a break: ${wrong.slice(0, 5).join(', ')}`);
    await shoot(page, 'running-360');
    await main.getByRole('button', { name: 'End now' }).click();
    await page.locator('#events li', { hasText: 'Ad Break Ended' }).first().waitFor({ timeout: EVENT_MS });
    await main.getByRole('button', { name: 'Insert break' }).waitFor({ timeout: 1500 });
    await close(page);
    await server.stop();
  },

  async 'shows events of others within a second, and errors to people'() {
    const server = await serve('--lead', '60000');
    const page = await open(server.origin, { width: 360, height: 740 });
    await within(3000, 'live', async () => (await page.locator('#link').textContent()) === 'live');
    await card(page, 'main').getByText('No break is scheduled').waitFor();
    // the page has not heard of the break yet when its button is pressed
    await page.route('**/v1/channels?*', (route) => route.abort());
    const sent = Date.now();
    const answer = await post(server.origin, '/v1/channels/main/breaks', { duration_seconds: 15 });
    must(answer.status === 201, `the call is answered with ${answer.status}`);
    await page.locator('#events li', { hasText: 'Ad Break Inserted' }).waitFor({ timeout: EVENT_MS });
    console.log(`# call to event: ${Date.now() - sent} ms`);
    await page.locator('#banner').getByText('cannot be reached').waitFor();
    await card(page, 'main').getByRole('button', { name: 'Insert break' }).click();
    await card(page, 'main').getByRole('alert').getByText('scheduled or runs already').waitFor();
    await shoot(page, 'trouble-360');
    must((await overflowing(page)).length === 0, 'nothing overflows with an error');
    await page.unroute('**/v1/channels?*');
    await card(page, 'main').getByRole('button', { name: 'Cancel' }).waitFor({ timeout: 7000 });
    await card(page, 'main').getByRole('button', { name: 'Cancel' }).click();
    await page.locator('#events li', { hasText: 'Ad Break Cancelled' }).waitFor({ timeout: EVENT_MS });
    must(!await page.locator('#banner').isVisible(), 'the banner goes when the server is back');
    await close(page);
    await server.stop();
  },

  async 'polls where nothing streams'() {
    const server = await serve('--lead', '60000', '--no-stream');
    const page = await open(server.origin, { width: 1280 });
    await post(server.origin, '/v1/channels/main/breaks', { duration_seconds: 15 });
    await page.locator('#events li', { hasText: 'Ad Break Inserted' }).waitFor({ timeout: 8000 });
    await within(1000, 'polling', async () => (await page.locator('#link').textContent()) === 'polling');
    await post(server.origin, '/v1/channels/sports/breaks', { duration_seconds: 15 });
    await page.locator('#events li', { hasText: 'sports' }).first().waitFor({ timeout: EVENT_MS });
    await close(page);
    await server.stop();
  },

  async 'asks for a token, and keeps it nowhere'() {
    const server = await serve('--lead', '60000', '--bearer', TOKEN);
    const page = await open(server.origin, { width: 360, height: 740 });
    await page.locator('#login').getByText('Who is there?').waitFor();
    await shoot(page, 'login-360');
    await page.locator('#token').fill('not-the-token-at-all');
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.locator('#login').waitFor({ state: 'visible' });
    await within(3000, 'the field is empty again', async () => (await page.locator('#token').inputValue()) === '');
    await page.locator('#token').fill(TOKEN);
    await page.getByRole('button', { name: 'Go on' }).click();
    await card(page, 'main').getByRole('button', { name: 'Insert break' }).click();
    await page.locator('#events li', { hasText: 'Ad Break Inserted' }).waitFor({ timeout: 3000 });
    const kept = await page.evaluate(() => [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, location.href].join());
    must(!kept.includes(TOKEN), 'the token stands nowhere');
    must((await page.content()).includes(TOKEN) === false, 'nor in the page');
    await page.reload();
    await page.locator('#login').getByText('Who is there?').waitFor();
    await close(page);
    await server.stop();
  },

  async 'has a filter where there are many channels, and room for all'() {
    const server = await serve('--channels', '300');
    const page = await open(server.origin, { width: 1280 });
    await page.locator('article').first().waitFor();
    must(await page.locator('article').count() === 200, 'some of them');
    await page.locator('#filter').fill('sport');
    await within(1000, 'one', async () => (await page.locator('article').count()) === 1);
    await close(page);
    await server.stop();
  },

  async 'comes back when the server does'() {
    const server = await serve('--lead', '60000');
    const page = await open(server.origin, { width: 360, height: 740 });
    await within(3000, 'live', async () => (await page.locator('#link').textContent()) === 'live');
    await server.stop();
    await within(3000, 'not connected', async () => (await page.locator('#link').textContent()) === 'not connected');
    await page.locator('#banner').getByText('cannot be reached').waitFor({ timeout: 8000 });
    page.problems = page.problems.filter((p) => !/ERR_/.test(p));
    await close(page);
  },
};

async function main() {
  browser = await chromium.launch({ executablePath: options.chromium, args: FLAGS, headless: true });
  const names = Object.keys(tests);
  let failed = 0;
  console.log(`1..${names.length}`);
  for (const [i, name] of names.entries()) {
    try {
      await tests[name]();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${i + 1} - ${name}\n# ${String(error.message).split('\n').slice(0, 6).join('\n# ')}`);
    }
  }
  await browser.close();
  process.exit(failed ? 1 : 0);
}

main();
