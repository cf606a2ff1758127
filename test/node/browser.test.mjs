// SPDX-License-Identifier: Apache-2.0
//
// node browser.test.mjs BASE OUT CHROMIUM
//
// A person at the phone page: domestic and overseas certificates, a wrong PIN,
// a blocked card, a refusal, a discarded application, English, the keyboard.
// What the server issued and what the screen showed is written to OUT, for the
// Go test TestPhonePageInABrowser to compare.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [base, out, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, deviceScaleFactor: 2, reducedMotion: 'reduce', acceptDownloads: true });
const page = await context.newPage();
page.setDefaultTimeout(20_000);

const faults = [];
const requests = [];
const sent = [];
page.on('pageerror', (err) => faults.push(`script: ${err.message}`));
page.on('console', (m) => { if (/Content Security Policy|Refused to/.test(m.text())) faults.push(m.text()); });
page.on('request', (r) => { requests.push(r.url()); if (r.postData()) sent.push([new URL(r.url()).pathname, r.postData()]); });

const shown = (id) => page.waitForSelector(`#screen-${id}:visible`);
const press = async (digits) => { for (const d of digits) await page.click(`[data-key="${d}"]`); };
function check(ok, what) { if (!ok) throw new Error(what); }

async function residents() { return (await (await fetch(new URL('/demo/residents', base))).json()).residents; }

const all = await residents();
const first = (is) => all.find(is) ?? (() => { throw new Error('no such resident'); })();

async function choose(who) {
  await page.fill('#search', who.id);
  await page.click(`[data-resident="${who.id}"]`);
  await shown('start');
}

async function upToCard(who, kind) {
  await choose(who);
  await page.click('#begin');
  await page.click(`[data-kind="${kind}"]`);
  if (kind === 'overseas') {
    await page.click('#scan');
    await page.click('#passport-next');
  }
  await page.click(`[data-town="${who.municipality.code}"]`);
  await page.click('#tap');
  await shown('pin');
}

// issue goes through a journey and keeps what was answered and shown.
async function issue(who, kind, name) {
  await upToCard(who, kind);
  await press(who.pin);
  await shown('preview');
  const preview = await page.innerText('#preview');
  check(preview.includes(who.name), `${name}: the preview lacks the name`);
  const answered = page.waitForResponse((r) => r.url().endsWith('/app/v1/certificates'));
  await page.click('#issue');
  const certificate = await (await answered).json();
  await shown('done');
  await writeFile(join(out, `${name}.json`), JSON.stringify(certificate));
  await page.locator('#code').screenshot({ path: join(out, `${name}-shc.png`) });
  if (kind === 'overseas') {
    await page.click('#tab-vdsnc');
    await page.waitForSelector('#qr[data-shows="vdsnc"]');
    await page.waitForFunction(() => document.getElementById('qr').complete);
    await page.locator('#code').screenshot({ path: join(out, `${name}-vdsnc.png`) });
  }
  for (const [id, file] of [['save-pdf', 'pdf'], ['save-shc', 'smart-health-card']]) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(`#${id}`)]);
    check(download.suggestedFilename() === `certificate.${file}`, `${name}: ${download.suggestedFilename()}`);
    await download.saveAs(join(out, `${name}.${file}`));
  }
  check(await page.getAttribute('#deep-link', 'href') === certificate.shc.deep_link, `${name}: another deep link`);
  await page.screenshot({ path: join(out, `${name}-screen.png`) });
  await page.click('#finish');
  await shown('start');
  check(!(await page.content()).includes(certificate.certificate_id), `${name}: the certificate is still on the page`);
  return certificate;
}

await page.goto(base);
await page.waitForSelector('body[data-ready]');

const plain = first((r) => r.expected.domestic === 'issued' && r.expected.overseas === 'issued');
await issue(plain, 'domestic', 'domestic');
await issue(plain, 'overseas', 'overseas');

// a wrong PIN is told with the tries left; three block the card
await upToCard(plain, 'domestic');
for (const left of ['2', '1']) {
  await press('0000');
  await page.waitForFunction((n) => document.getElementById('pin-note').innerText.includes(n), left);
  await shown('pin');
}
await press('0000');
await shown('refused');
check(await page.innerText('#refused-code') === 'pin_blocked', 'three wrong PINs do not block');
await page.click('#try-again');
await page.click('#tap');
await press(plain.pin);
await shown('refused');
check(await page.innerText('#refused-code') === 'pin_blocked', 'the right PIN opens a blocked card');
await page.click('#unblock');
await page.waitForSelector('#unblock', { state: 'hidden' });

// refused, in both languages, with what to do next
const refused = first((r) => r.expected.domestic === 'record_needs_check');
await upToCard(refused, 'domestic');
await press(refused.pin);
await shown('refused');
check(await page.innerText('#refused-code') === 'record_needs_check', 'refused with another code');
const japanese = await page.innerText('#refused-title');
await page.click('#tongue');
const english = await page.innerText('#refused-title');
check(/[ぁ-ん]/.test(japanese) && /^[A-Za-z .]+$/.test(english), `titles ${japanese} / ${english}`);
check((await page.innerText('#refused-next')).length > 10, 'nothing is said of what to do next');
await page.screenshot({ path: join(out, 'refused-screen.png') });
await page.click('#start-again');
await shown('start');

// discarded by keyboard alone, in English
await choose(plain);
await page.focus('#begin');
await page.keyboard.press('Enter');
await shown('kind');
await page.keyboard.press('Tab');
await page.keyboard.press('Enter');
await shown('town');
await page.focus(`[data-town="${plain.municipality.code}"]`);
await page.keyboard.press('Enter');
await shown('tap');
await page.keyboard.press('Tab');
await page.keyboard.press('Enter');
await shown('pin');
await page.keyboard.type(plain.pin);
await shown('preview');
await page.focus('#discard');
const discarded = page.waitForResponse((r) => r.url().endsWith('/app/v1/applications/discard'));
await page.keyboard.press('Enter');
check((await discarded).status() === 204, 'not discarded');
await shown('discarded');
const sealed = sent.filter(([path]) => path.endsWith('/discard')).map(([, body]) => JSON.parse(body)).pop();
const late = await fetch(new URL('/app/v1/certificates', base), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(sealed) });
check(late.status === 409, `a discarded application answers ${late.status}`);

// a certificate that comes late is not shown to whoever is at the desk by then
const other = all.find((r) => r.expected.domestic === 'issued' && r.id !== plain.id);
await page.click('#tongue');
let answerLate;
await page.route('**/app/v1/certificates', async (route) => {
  const response = await route.fetch();
  await new Promise((go) => { answerLate = go; });
  await route.fulfill({ response }).catch(() => {}); // the page may have given up
});
await upToCard(plain, 'domestic');
await press(plain.pin);
await shown('preview');
await page.click('#issue');
while (!answerLate) await new Promise((go) => setTimeout(go, 20));
await upToCard(other, 'domestic');
await press(other.pin);
await shown('preview');
answerLate();
await new Promise((go) => setTimeout(go, 900));
await shown('preview');
check((await page.innerText('#preview')).includes(other.name), 'the preview is not that of the person at the desk');
check(!(await page.innerText('#screen-done')).includes(plain.name), "another person's certificate is on the page");
await page.unroute('**/app/v1/certificates');

// nothing is kept, nothing personal is in a URL, the PIN went to the card alone
const kept = await page.evaluate(async () => [localStorage.length, sessionStorage.length, document.cookie.length, (await caches.keys()).length, (await indexedDB.databases()).length]);
check(kept.every((n) => n === 0), `kept: ${kept}`);
for (const url of requests) {
  check(url.startsWith(new URL(base).origin + '/') || url.startsWith('blob:'), `asked elsewhere: ${url}`);
  check(!decodeURIComponent(url).includes(plain.name) && !url.includes(plain.mrz[1].slice(0, 9)), `personal data in ${url}`);
}
for (const [path, body] of sent) {
  if (!path.startsWith('/demo/cards/')) check(!body.includes('"pin"'), `a PIN was sent to ${path}`);
}
check(faults.length === 0, faults.join('\n'));
await browser.close();
console.log('ok');
