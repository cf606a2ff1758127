// SPDX-License-Identifier: Apache-2.0
//
// Staff at the counter of a demo, each in a browser of their own. Every page
// that comes is looked at: axe-core, the address, what the console said to the
// browser's log, and, where it is asked for, whether it fits an office screen.

import { createHmac } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
export const screen = { width: 1366, height: 768 };

// mainPath is what everybody goes who issues, or has to approve.
export const mainPath = ['signin', 'second', 'home', 'search', 'found', 'person', 'preview', 'issued', 'waiting', 'approvals', 'approval'];

export function check(ok, what) { if (!ok) throw new Error(what); }

// totp is RFC 6238: the code of a step of 30 seconds.
export function totp(secret, step) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(count).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

// Office is a demo and its browser.
export class Office {
  faults = [];
  seen = new Map(); // page -> languages
  ahead = 0; // seconds that were skipped
  #used = new Map(); // secret -> the last step of which a code was used
  #began = Date.now();
  #told = [];

  static async open(base, executablePath, shots) {
    const o = new Office();
    Object.assign(o, { base, executablePath, shots, port: new URL(base).port });
    if (shots) await mkdir(shots, { recursive: true });
    o.axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    o.browser = await chromium.launch({ executablePath, args: flags });
    o.room = await (await fetch(new URL('/demo/counter/staff', base))).json();
    return o;
  }

  note(text) {
    this.#told.push(`${((Date.now() - this.#began) / 1000).toFixed(1)} ${text}`);
    if (process.env.KOFU_LOUD) console.error(this.#told.at(-1));
  }

  // watch ends everything that hangs, and says where.
  watch(seconds) {
    setTimeout(() => {
      console.error(`nothing more after:\n${this.#told.slice(-8).join('\n')}\n${this.faults.join('\n')}`);
      process.exit(1);
    }, seconds * 1000).unref();
  }

  // want notes what is wrong and goes on.
  want(ok, what) { if (!ok) this.faults.push(what); }

  login(city, name) { return this.room.logins.find((l) => l.municipality === city && l.login === name) ?? check(false, `no login ${name}`); }

  resident(is) { return this.room.residents.find(typeof is === 'string' ? (r) => r.id === is : is) ?? check(false, `no such resident: ${is}`); }

  async later(seconds) {
    const res = await fetch(new URL('/demo/later', this.base), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ seconds }) });
    check(res.status === 204, `the clock does not go ahead: ${res.status}`);
    this.ahead += seconds;
  }

  // code is one that was not used yet. The server takes the step before and
  // the one after as well, so three can be had at once; then time is skipped.
  async code(secret) {
    const now = () => Math.floor((Date.now() / 1000 + this.ahead) / 30);
    let step = Math.max(now() - 1, (this.#used.get(secret) ?? 0) + 1);
    if (step > now() + 1) {
      await this.later(30 * (step - now()));
      step = Math.max(now() - 1, (this.#used.get(secret) ?? 0) + 1);
    }
    this.#used.set(secret, step);
    return totp(secret, step);
  }

  origin(pc) { return `http://${pc}.localhost:${this.port}`; }

  async close() { await this.browser.close(); }
}

// Person is somebody of the staff before a PC.
export class Person {
  static async at(office, pc, { lang = 'ja', context, ...options } = {}) {
    const p = new Person();
    Object.assign(p, { office, pc, lang, origin: office.origin(pc), papers: [] });
    p.context = context ?? await office.browser.newContext({ viewport: screen, locale: lang === 'ja' ? 'ja-JP' : 'en-US', reducedMotion: 'reduce', acceptDownloads: true, ...options });
    p.context.on('response', (response) => { // the PDF as the browser was given it
      if (response.url().endsWith('/counter/paper')) p.papers.push(response);
    });
    p.page = p.context.pages()[0] ?? await p.context.newPage();
    p.watch(p.page);
    return p;
  }

  watch(page) {
    page.setDefaultTimeout(15_000);
    const { faults } = this.office;
    page.on('pageerror', (err) => faults.push(`script: ${err.message}`));
    page.on('console', (m) => { if (m.type() === 'error' && !/status of (4\d\d|502)/.test(m.text())) faults.push(`console: ${m.text()}`); });
    page.on('request', (r) => this.#request(r));
  }

  // Nothing is asked elsewhere, and no address has anything of a person in it.
  #request(r) {
    const { faults, room } = this.office;
    const url = new URL(r.url());
    if (['blob:', 'data:', 'chrome-extension:', 'chrome:', 'about:'].includes(url.protocol)) return;
    if (url.origin !== this.origin) faults.push(`asked elsewhere: ${r.url()}`);
    const text = decodeURIComponent(url.pathname + url.search);
    for (const g of room.residents) {
      if ([g.name, g.number, g.ticket, g.kana].some((m) => m && text.includes(m))) faults.push(`personal data in ${text}`);
    }
  }

  // ---- hands

  async go(path) {
    await this.page.goto(this.origin + path);
    await this.look();
  }

  // does waits for the page that an act leads to.
  async does(act) {
    await this.page.evaluate(() => { globalThis.left = true; });
    await act();
    await this.page.waitForFunction(() => !globalThis.left && document.readyState === 'complete', null, { polling: 20 });
    await this.look();
  }

  press(selector) { return this.does(() => this.page.locator(selector).first().click()); }

  // fill sets fields by name, of whatever kind they are.
  async fill(fields, within = 'main') {
    for (const [name, value] of Object.entries(fields)) {
      const field = this.page.locator(`${within} [name="${name}"]`);
      const one = (v) => this.page.locator(`${within} [name="${name}"][value="${v}"]`).first();
      const kind = await field.first().evaluate((e) => (e.tagName === 'INPUT' ? e.type : e.tagName));
      if (kind === 'SELECT') await field.first().selectOption(value);
      else if (kind === 'radio') await one(value).check();
      else if (kind === 'checkbox') for (const box of await field.all()) await box.setChecked([value].flat().includes(await box.getAttribute('value')));
      else if (kind === 'file') await field.first().setInputFiles({ name: 'staff.csv', mimeType: 'text/csv', buffer: Buffer.from(value) });
      else await field.first().fill(value);
    }
  }

  // send fills a form in and sends it.
  async send(action, fields = {}) {
    const first = Object.keys(fields)[0];
    const form = `main form[action="${action}"]${first ? `:has([name="${first}"])` : ''}`;
    await this.fill(fields, form);
    await this.press(`${form} button:not([type="button"]):not([type="reset"])`);
  }

  // forge sends what no page offers.
  forge(action, fields) {
    return this.does(() => this.page.evaluate(([to, list]) => {
      const form = document.body.appendChild(document.createElement('form'));
      form.method = 'post';
      form.action = to;
      for (const [name, value] of Object.entries(list)) form.appendChild(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
      form.submit();
    }, [action, fields]));
  }

  // sealed is what the page carries on under a name.
  sealed(name) { return this.page.locator(`main input[type="hidden"][name="${name}"]`).first().inputValue(); }

  text() { return this.page.innerText('main'); }

  // ---- what is shown

  async at(...names) {
    const name = await this.page.getAttribute('body', 'data-page');
    check(names.includes(name), `${this.pc}: wanted ${names}, have ${name}: ${(await this.text()).slice(0, 400)}`);
  }

  async look() {
    const { office, page } = this;
    const { name, lang, h1, faults } = await page.evaluate(() => ({
      name: document.body.dataset.page, lang: document.documentElement.lang, h1: document.querySelectorAll('h1').length, faults: !!document.getElementById('faults'),
    }));
    office.want(name, `no name of the page at ${page.url()}`);
    office.want(h1 === 1, `${name}: ${h1} headings of the first level`);
    office.want(lang === this.lang || ['bare', 'refused', 'signin'].includes(name), `${name}: in ${lang}`); // those are in both, or of nobody yet
    this.name = name;
    const seen = (what) => office.seen.get(what) ?? office.seen.set(what, new Set()).get(what);
    seen(name).add(lang);
    const state = faults ? `${name} with faults` : name;
    if (seen(`state ${state}`).has(lang)) return;
    seen(`state ${state}`).add(lang);
    office.note(`${this.pc} ${state} in ${lang}`);
    await this.inspect(`${state} in ${lang}`);
    await this.shoot(`${state.replaceAll(' ', '-')}-${lang}`);
    if (mainPath.includes(name) && !faults) await this.fits();
  }

  async inspect(what) {
    await this.page.evaluate(this.office.axe);
    const bad = await this.page.evaluate(async () => {
      const found = await globalThis.axe.run(document, { resultTypes: ['violations'], iframes: false });
      return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
    });
    if (bad.length) this.office.faults.push(`${what}: ${bad.join('; ')}`);
  }

  async shoot(name) {
    if (this.office.shots) await this.page.screenshot({ path: join(this.office.shots, `${name}.png`), fullPage: true });
  }

  // fits: nothing to scroll on the way that everybody goes.
  async fits(what = this.name) {
    const { high, wide, inner } = await this.page.evaluate(() => ({ high: document.scrollingElement.scrollHeight, wide: document.scrollingElement.scrollWidth, inner: innerHeight }));
    this.office.want(high <= inner && wide <= screen.width, `${what} in ${this.lang}: ${wide} × ${high} on a screen of ${screen.width} × ${inner}`);
  }

  // ---- ways that many go

  async signIn(login, member) {
    await this.go(`/counter/sign-in?lang=${this.lang}`);
    await this.at('signin');
    await this.send('/counter/sign-in', { login: login.login, password: login.password, ...(member && { member }) });
    await this.at('second');
    await this.send('/counter/second', { code: await this.office.code(login.totp) });
    await this.at('home');
  }

  async signOut() {
    await this.press('form[action="/counter/sign-out"] button');
    await this.at('signin');
  }

  // keep asks for the paper once more, as the browser's own viewer has the bytes
  // of the first answer: it is the same paper.
  async keep(out, name) {
    const paper = this.papers.at(-1);
    check(paper?.status() === 200 && paper.headers()['content-type'] === 'application/pdf', `${name}: ${paper?.status()} ${paper?.headers()['content-type']}`);
    const body = Buffer.from(await this.page.evaluate(async () => {
      const form = document.querySelector('main form[action="/counter/paper"]');
      const again = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
      return [...new Uint8Array(await again.arrayBuffer())].map((b) => String.fromCharCode(b)).join('');
    }), 'latin1');
    check(body.subarray(0, 5).toString() === '%PDF-', `${name}: ${body.subarray(0, 60)}`);
    check(body.length === Number(paper.headers()['content-length'] ?? body.length), `${name}: another paper the second time`);
    await writeFile(join(out, `${name}.pdf`), body);
  }
}
