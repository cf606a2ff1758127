// SPDX-License-Identifier: Apache-2.0
//
// node kiosk.test.mjs BASE OUT CHROMIUM
//
// Persons at the kiosk page, with everything that can happen at a terminal.
// On every screen that comes for the first time all languages are gone
// through by the settings bar, axe-core looks at each, and the largest type in
// high contrast has to fit. In the end every screen was seen in every language.
// The papers taken are written to OUT, for the Go test TestKioskPageInABrowser
// to read. With KOFU_SHOTS=DIR a picture of each screen and language is kept.

import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [base, out, executablePath] = process.argv.slice(2);
const shots = process.env.KOFU_SHOTS;
if (shots) await mkdir(shots, { recursive: true });
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const began = Date.now();
const note = (text) => process.env.KOFU_LOUD && console.error(`${((Date.now() - began) / 1000).toFixed(1)} ${text}`);

function check(ok, what) { if (!ok) throw new Error(what); }
function want(ok, what) { if (!ok) faults.push(what); } // and goes on
async function post(path, body) {
  const res = await fetch(new URL(path, base), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  return { status: res.status, said: res.status === 204 ? null : await res.json() };
}
const get = async (path) => (await fetch(new URL(path, base))).json();
const arrange = async (a) => check((await post('/demo/kiosk/arrangement', a)).status === 204, `cannot arrange ${JSON.stringify(a)}`);
const software = { name: 'kofu-test', version: '1.0', config: '00000000' };
const hardware = { reader: 'ok', printer: 'ok', coins: 'ok', speaker: 'none' };

const { screens } = await get('/demo/kiosk/screens');
const { residents } = await get('/demo/residents');
const languages = ['ja', 'en', 'ja-x-easy', 'zh-Hans', 'ko', 'pt', 'vi'];
const longest = ['pt', 'vi'];
const who = (is) => residents.find(typeof is === 'string' ? (r) => r.id === is : is) ?? (() => { throw new Error(`no such resident: ${is}`); })();
const expects = (kind, code) => who((r) => r.kiosk[kind] === code);

const seen = new Map(); // screen id -> languages
const faults = [];
const claimed = new Set();

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// ---- one person before one machine

class Stand {
  static async at(terminal) {
    const s = new Stand();
    s.terminal = terminal;
    s.context = await browser.newContext({ viewport: { width: 1080, height: 1920 }, reducedMotion: 'reduce' });
    await s.context.addInitScript(() => {
      globalThis.spoken = [];
      Object.defineProperty(globalThis, 'speechSynthesis', { value: { speak: (u) => { globalThis.spoken = [u.text, u.lang]; }, cancel() {} } });
      globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
    });
    s.page = await s.context.newPage();
    s.page.setDefaultTimeout(15_000);
    s.page.on('pageerror', (err) => faults.push(`script: ${err.message}`));
    s.page.on('console', (m) => {
      if (m.type() === 'error' && !/status of (403|404|409)/.test(m.text())) faults.push(`console: ${m.text()}`); // what the card or the centre refuses is told in the log, too
    });
    s.page.on('request', (r) => s.#request(r));
    await s.load();
    return s;
  }

  async load(whole = false) {
    await this.page.goto(new URL(`/kiosk?terminal=${this.terminal}`, base).href);
    await this.page.waitForSelector('body[data-ready]');
    await this.page.evaluate(axe);
    if (!whole) await this.page.evaluate(() => document.getElementById('residents').replaceChildren()); // so that axe is three times as quick
    await this.page.evaluate(() => {
      const { machine } = globalThis.kiosk;
      machine.waits = true;
      machine.addEventListener('change', (e) => { if (e.detail === 'screen') machine.waits = true; });
    });
  }

  #request(r) {
    const url = new URL(r.url());
    if (url.origin !== new URL(base).origin && !['blob:', 'chrome-extension:', 'chrome:'].includes(url.protocol)) faults.push(`asked elsewhere: ${r.url()}`);
    if (url.protocol === 'blob:' || !r.postData() || !url.pathname.startsWith('/demo/kiosk/')) return;
    const body = JSON.parse(r.postData());
    if (Object.keys(body).some((k) => /pin|name|number_of|passport/.test(k)) || JSON.stringify(body).includes('"pin"')) faults.push(`${url.pathname} has ${Object.keys(body)}`);
    for (const person of residents) {
      if (url.href.includes(encodeURIComponent(person.name)) || (body.choice ?? '').includes(person.pin) && !/^[0-9]{6}$/.test(body.choice)) faults.push(`personal data sent: ${url.pathname}`);
    }
  }

  // ---- hands

  hand(what, how = '') { return this.page.evaluate(([w, h]) => { globalThis.kiosk.hands.do(w, h); }, [what, how]); }
  resident(r) { return this.page.evaluate((id) => globalThis.kiosk.hands.choose(id), r.id); }
  choose(id) { return this.page.locator(`[data-choice="${id}"]`).dispatchEvent('click'); }
  async place(r, kind = 'own') {
    await this.resident(r);
    await this.page.selectOption('#card-kind', kind);
    await this.hand('place');
  }
  take() { return this.hand('take'); }
  async pin(digits) { for (const d of digits) await this.page.locator(`[data-digit="${d}"]`).dispatchEvent('click'); }
  timeOut() { return this.hand('walk-away'); }
  work() { return this.page.evaluate(() => { globalThis.kiosk.machine.waits = false; }); }
  machine(f, arg) { return this.page.evaluate(([text, a]) => (0, eval)(`(${text})`)(globalThis.kiosk.machine, a), [f.toString(), arg]); }

  async open() {
    await this.idle();
    await this.page.locator('[data-start]').dispatchEvent('click');
  }

  async idle() { await this.page.waitForSelector('#idle:visible'); }

  // leave lets the last screen end.
  async leave(id) {
    await this.at(id);
    check(await this.page.getAttribute('#screen', 'data-over') === 'true', `${id} is not the end`);
    await this.timeOut();
    await this.idle();
  }

  // ---- what is shown

  async at(id) {
    try {
      await this.page.waitForFunction((want) => {
        const { machine } = globalThis.kiosk;
        return machine.shown?.id === want && !machine.busy;
      }, id, { polling: 15 });
    } catch {
      const have = await this.page.evaluate(() => `${globalThis.kiosk.machine.shown?.id}\n${document.getElementById('log').innerText.split('\n').slice(0, 8).join('\n')}`);
      throw new Error(`${this.terminal}: wanted ${id}, have ${have}`);
    }
    if (!claimed.has(id)) {
      claimed.add(id);
      note(`${this.terminal} ${id}`);
      await this.#look(id);
    }
  }

  async set(field, value) {
    const had = await this.page.getAttribute('#screen', 'data-number');
    await this.page.locator(`[data-key="${field}:${value}"]`).dispatchEvent('click');
    await this.page.waitForFunction(([f, v, n]) => {
      const { dataset } = document.getElementById('screen');
      return dataset[f] === v && dataset.number !== n && !globalThis.kiosk.machine.busy;
    }, [field, value, had], { polling: 15 });
  }

  // look goes through the languages, and leaves everything as it was.
  async #look(id) {
    for (const language of [...languages.slice(1), languages[0]]) {
      await this.set('language', language);
      await this.record(id, language);
    }
    await this.set('size', 'large');
    await this.set('contrast', 'high');
    for (const language of longest) {
      await this.set('language', language);
      await this.fits(id, language);
    }
    await this.inspect(`${id}, large, high contrast`);
    if (shots) await this.page.screenshot({ path: join(shots, `${id}-${longest.at(-1)}-large-high.png`) });
    await this.set('size', 'normal');
    await this.set('contrast', 'normal');
    await this.set('language', 'ja');
  }

  async record(id, language) {
    const shown = await this.page.evaluate(() => ({
      ...document.getElementById('screen').dataset, lang: document.documentElement.lang, title: document.getElementById('title').textContent, caption: document.getElementById('caption').textContent,
      spoken: globalThis.spoken, height: Math.round(document.getElementById('machine').getBoundingClientRect().height), seen: globalThis.kiosk.machine.shown,
    }));
    check(shown.screen === id && shown.language === language, `${id} in ${language}: shows ${shown.screen} in ${shown.language}`);
    check(shown.lang === (language === 'ja-x-easy' ? 'ja' : language), `${id}: lang is ${shown.lang}`);
    check(shown.title === shown.seen.title && shown.title, `${id} in ${language}: title`);
    check(shown.caption === shown.seen.speech && shown.caption, `${id} in ${language}: caption`);
    want(shown.height <= 1920 || id === 'prefecture' && language === 'ja-x-easy', `${id} in ${language}: does not fit a kiosk, ${shown.height} high`);
    check(shown.spoken[0] === shown.caption && shown.spoken[1].startsWith(shown.lang.slice(0, 2)), `${id} in ${language}: said ${shown.spoken}`);
    await this.inspect(`${id} in ${language}`);
    if (!seen.has(id)) seen.set(id, new Set());
    seen.get(id).add(language);
    if (shots) await this.page.screenshot({ path: join(shots, `${id}-${language}.png`) });
  }

  // inspect has axe-core look at the machine, or at the page as a whole.
  async inspect(what, where = '#machine') {
    const bad = await this.page.evaluate(async (root) => {
      const found = await globalThis.axe.run(root, { resultTypes: ['violations'], iframes: false });
      return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`);
    }, where);
    if (bad.length) faults.push(`${what}: ${bad.join('; ')}`);
  }

  // fits looks for what is cut off, at the size of a kiosk and at that of a
  // small window.
  async fits(id, language) {
    for (const [width, height] of [[768, 1024], [1080, 1920]]) {
      await this.page.setViewportSize({ width, height });
      const bad = await this.page.evaluate(() => {
        globalThis.kiosk.screen.show(globalThis.kiosk.machine.shown); // as if it had come at this size
        const glass = document.getElementById('screen');
        const frame = glass.getBoundingClientRect();
        const found = document.documentElement.scrollWidth > innerWidth ? ['page scrolls sideways'] : [];
        for (const e of glass.querySelectorAll('*')) {
          if (e.closest('svg') || !e.checkVisibility() || e.matches('.unseen')) continue;
          const r = e.getBoundingClientRect();
          if (r.right > frame.right + 1 || r.left < frame.left - 1 || r.bottom > frame.bottom + 1) found.push(`outside: ${e.outerHTML.slice(0, 90)}`);
          else if (e.scrollWidth > e.clientWidth + 2 && e.clientWidth > 0) found.push(`cut off: ${e.outerHTML.slice(0, 90)}`);
          if (e.matches('button') && (r.height < 63.5 || r.width < 63.5)) found.push(`${Math.round(r.width)} × ${Math.round(r.height)}: ${e.outerHTML.slice(0, 90)}`);
        }
        return found;
      });
      if (bad.length) faults.push(`${id} in ${language}, large, ${width} wide: ${[...new Set(bad)].slice(0, 4).join('; ')}`);
    }
  }

  text() { return this.page.innerText('#screen .page'); }

  // ---- ways that many go

  async toTowns(kind = 'domestic') {
    await this.open();
    await this.at('language');
    await this.choose('ja');
    await this.at('consent');
    await this.choose('agree');
    await this.at('kind');
    await this.choose(kind);
  }

  async toCard(r, kind, town = r.municipality.code) {
    await this.toTowns(kind);
    await this.at('municipality');
    await this.choose(town);
    await this.at('place_card');
  }

  async toReading(r, kind, town, card = 'own') {
    await this.toCard(r, kind, town);
    await this.place(r, card);
    await this.at('enter_pin');
    await this.pin(r.pin);
    await this.at('reading_card');
  }

  async toLookedUp(r, kind, town, card) {
    await this.toReading(r, kind, town, card);
    await this.work();
  }

  async toContent(r, kind = 'domestic') {
    await this.toLookedUp(r, kind);
    await this.at('remove_card');
    await this.take();
    if (kind === 'overseas') {
      await this.at('passport_confirm');
      await this.choose('yes');
    }
    await this.at('content_check');
    check((await this.text()).includes(r.name), `the content is not that of ${r.id}`);
  }

  async toPay(r, kind, copies = 1) {
    await this.toContent(r, kind);
    await this.choose('correct');
    await this.at('copies');
    await this.choose(String(copies));
    await this.at('pay');
  }

  async toPrinting(r, kind, copies = 1) {
    await this.toPay(r, kind, copies);
    for (let n = 0; n < copies; n++) {
      await this.page.waitForFunction((paid) => globalThis.kiosk.machine.shown.fee.escrow_yen === paid && !globalThis.kiosk.machine.busy, n * 120, { polling: 15 });
      await this.hand('coin', '100');
      await this.page.waitForFunction((paid) => globalThis.kiosk.machine.shown.fee.escrow_yen === paid && !globalThis.kiosk.machine.busy, n * 120 + 100, { polling: 15 });
      await this.hand('coin', '10');
      await this.page.waitForFunction((paid) => globalThis.kiosk.machine.shown.fee.escrow_yen === paid && !globalThis.kiosk.machine.busy, n * 120 + 110, { polling: 15 });
      await this.hand('coin', '10');
    }
    await this.at('printing');
  }

  async toPaper(r, kind, copies = 1) {
    await this.toPrinting(r, kind, copies);
    await this.work();
    await this.at('capture');
    check(await this.machine((m) => Object.values(m.memory).every((n) => n === 0)), 'something is still held');
    await this.work();
    await this.at('take_paper');
  }

  // failed takes the card out, where it is in, and ends.
  async failed(id, choice) {
    await this.at(id);
    check((await this.text()).length > 20, `${id} says nothing`);
    if (choice) await this.choose(choice);
    else if (await this.page.getAttribute('#screen', 'data-over') !== 'true') await this.take();
    await this.leave(id);
  }

  // papers returns the sheets in the hand, and puts them away.
  async papers() {
    const taken = await this.page.evaluate(async () => Promise.all(globalThis.kiosk.hands.papers().map(async (b) => Array.from(new Uint8Array(await b.arrayBuffer())))));
    const shown = await this.page.evaluate(() => document.querySelector('#sheet iframe, #open-paper')?.getAttribute('src') ?? document.getElementById('open-paper').href);
    check(shown.startsWith('blob:'), `the paper is shown from ${shown}`);
    await this.hand('put-away');
    return taken.map((bytes) => Buffer.from(bytes));
  }
}

// ---- what happens. Those that rearrange the centre come first, one by one.

const alone = {
  async 'out of hours'(s) {
    await arrange({ closed_today: true });
    await s.open();
    await s.leave('out_of_hours');
    await arrange({});
  },
  async 'more than can be served'(s) {
    await arrange({ crowded: true });
    await s.open();
    await s.leave('come_again');
    await arrange({});
  },
  async 'maintenance, announced and begun'(s) {
    const words = { ja: 'まもなく点検を始めます。', en: 'Checks begin soon.' };
    const soon = (await post('/demo/kiosk/closures', { reason: 'maintenance', after: 60, minutes: 30, ...words })).said.id;
    await s.open();
    await s.at('language');
    check((await s.text()).includes(words.ja), 'what is announced is not told');
    const now = (await post('/demo/kiosk/closures', { reason: 'maintenance', minutes: 30, ja: '点検しています。', en: 'Being checked.' })).said.id;
    await s.choose('cancel');
    await s.leave('cancelled');
    await s.open();
    await s.at('maintenance');
    want((await s.text()).includes('点検しています。'), 'the reason of the maintenance is not told after the language was changed');
    await s.leave('maintenance');
    for (const id of [soon, now]) check((await post(`/demo/kiosk/closures/${id}/lift`, {})).status === 204, 'not lifted');
  },
  async 'a municipality is suspended while it is on the screen'(s) {
    await s.toTowns();
    await s.at('municipality');
    const { said } = await post('/demo/kiosk/closures', { reason: 'suspension', municipality: '900028', minutes: 30, ja: '記録を点検しています。', en: 'The records are being checked.' });
    await s.choose('900028');
    await s.at('municipality_suspended');
    await s.choose('another');
    await s.at('municipality');
    check(await s.page.locator('[data-choice="900028"]').count() === 0, 'a suspended municipality is offered');
    await s.choose('cancel');
    await s.leave('cancelled');
    check((await post(`/demo/kiosk/closures/${said.id}/lift`, {})).status === 204, 'not lifted');
  },
  async 'a municipality has left while it is on the screen'(s) {
    await s.toTowns();
    await s.at('municipality');
    await arrange({ without: '900036' });
    await s.choose('900036');
    await s.failed('municipality_not_joined', 'finish');
    await arrange({});
  },
  async busy(s) {
    await arrange({ max_sessions: 1 });
    const first = (await post('/demo/kiosk/demo-3/sessions', { protocol: ['1.0'], software, language: 'ja', hardware })).said;
    check(first.screen.id === 'language', 'nobody is inside');
    await s.open();
    await s.at('busy');
    await s.timeOut();
    await s.at('busy');
    await post(`/demo/kiosk/demo-3/sessions/${first.session}/events`, { number: 1, type: 'choose', choice: 'cancel' });
    await s.timeOut();
    await s.at('language');
    await s.choose('cancel');
    await s.leave('cancelled');
    await arrange({});
  },
  async 'many municipalities'(s) {
    await arrange({ many_towns: true });
    await s.toTowns();
    await s.at('prefecture');
    await s.choose('01');
    await s.at('municipality');
    const first = await s.text();
    await s.choose('more');
    await s.page.waitForFunction((was) => document.querySelector('#screen .page').innerText !== was, first);
    await s.at('municipality');
    await s.choose('back');
    await s.at('prefecture');
    await s.choose('cancel');
    await s.leave('cancelled');
    await arrange({});
  },
  async 'free of charge'(s) {
    await arrange({ fee_yen: 0 });
    const r = who('r003');
    await s.toContent(r);
    await s.choose('correct');
    await s.at('copies');
    await s.choose('1');
    await s.at('print_free');
    await s.choose('print');
    await s.at('printing');
    await s.work();
    await s.at('take_paper');
    await s.hand('paper');
    check((await s.papers()).length === 1, 'no paper');
    await s.leave('thanks');
    await arrange({});
  },
  async 'the record system is down'(s) {
    await arrange({ records_down: true });
    await s.toLookedUp(who('r002'));
    await s.failed('unavailable');
    await arrange({ broken: true });
    await s.toLookedUp(who('r002'));
    await s.failed('internal');
    await arrange({});
  },
};

const together = {
  async 'overseas with history, a jam, reminders'(s) {
    const r = who((x) => x.kiosk.overseas === 'issued' && x.case.includes('doses: 8'));
    await s.toCard(r, 'overseas');
    await s.place(r);
    await s.at('enter_pin');
    await s.pin(r.pin === '0000' ? '1111' : '0000');
    await s.at('pin_wrong');
    check((await s.text()).includes('2'), 'the tries left are not told');
    await s.pin(r.pin);
    await s.at('reading_card');
    await s.work();
    await s.at('remove_card');
    await s.timeOut();
    await s.at('card_reminder');
    await s.take();
    await s.at('passport_confirm');
    check(!(await s.text()).includes(r.mrz[1].slice(0, 9)), 'the whole passport number is shown');
    await s.choose('yes');
    await s.at('content_check');
    await s.place(who('r001')); // nobody has asked for a card here
    await s.at('second_card');
    await s.take();
    await s.at('content_check');
    await s.choose('correct');
    await s.at('copies');
    await s.choose('2');
    await s.at('pay');
    const journal = await s.page.evaluate(() => JSON.parse(localStorage.getItem(localStorage.key(0))));
    check(Object.keys(journal).sort().join() === 'escrow,number,session,sheets', `the journal has ${Object.keys(journal)}`);
    await s.hand('next', 'jam');
    await s.hand('coin', '500');
    await s.at('printing');
    await s.work();
    await s.at('print_paused');
    check(await s.machine((m) => m.units.tray.length) === 0, 'a jammed sheet is in the tray');
    await s.hand('mend');
    await s.at('printing');
    await s.work();
    await s.at('capture');
    check(await s.machine((m) => Object.values(m.memory).every((n) => n === 0)), 'something is still held');
    check(await s.machine((m) => m.units.tray.length) === 2, 'not two sheets in the tray');
    await s.work();
    await s.at('take_paper');
    await s.timeOut();
    await s.at('paper_reminder');
    await s.hand('paper');
    await s.page.waitForSelector('#paper:visible');
    const sheets = await s.papers();
    check(sheets.length === 2 && sheets[0].equals(sheets[1]), 'the copies differ');
    await writeFile(join(out, 'overseas.pdf'), sheets[0]);
    await writeFile(join(out, 'overseas.txt'), r.id);
    await s.leave('thanks');
    check(await s.machine((m) => m.units.kept === 240 && m.units.returned === 260 && m.units.escrow === 0), 'the change is wrong');
    check(await s.page.evaluate(() => localStorage.length) === 0, 'the journal is kept');
  },
  async 'domestic, with the keyboard'(s) {
    const r = who('r001');
    await s.idle();
    const press = async (selector) => { await s.page.focus(selector); await s.page.keyboard.press('Enter'); };
    await press('[data-start]');
    for (const [id, choice] of [['language', 'en'], ['consent', 'agree'], ['kind', 'domestic'], ['municipality', r.municipality.code]]) {
      await s.at(id);
      await press(`[data-choice="${choice}"]`);
    }
    await s.at('place_card');
    await s.resident(r);
    await press('#reader');
    await s.at('enter_pin');
    await s.page.focus('#title');
    await s.page.keyboard.type(r.pin);
    await s.at('reading_card');
    await s.work();
    await s.at('remove_card');
    await press('#reader');
    await s.at('content_check');
    await s.set('language', 'en');
    const table = await s.text();
    check(table.includes(r.name) && table.includes('Pfizer'), 'the content is not told in English');
    await press('[data-choice="correct"]');
    await s.at('copies');
    await press('[data-choice="1"]');
    await s.at('pay');
    await press('.coinage [data-with="500"]');
    await s.at('printing');
    await s.work();
    await s.at('capture');
    await s.work();
    await s.at('take_paper');
    await press('#tray');
    const [sheet] = await s.papers();
    await writeFile(join(out, 'domestic.pdf'), sheet);
    await writeFile(join(out, 'domestic.txt'), r.id);
    await s.leave('thanks');
  },
  async 'a wrong PIN three times'(s) {
    const r = who('r004');
    await s.toCard(r);
    await s.place(r);
    await s.at('enter_pin');
    const wrong = r.pin === '0000' ? '1111' : '0000';
    for (const left of [2, 1]) {
      await s.pin(wrong);
      await s.page.waitForFunction((n) => globalThis.kiosk.machine.shown.tries_left === n, left);
      await s.at('pin_wrong');
    }
    await s.pin(wrong);
    await s.at('pin_blocked');
    await s.timeOut();
    await s.at('failed_reminder');
    await s.take();
    await s.leave('pin_blocked');
    await s.hand('unblock');
  },
  async 'none, then another municipality'(s) {
    const r = who('r073');
    await s.toLookedUp(r, 'domestic', '900010');
    await s.at('no_record');
    s.none = await s.page.evaluate(() => JSON.stringify({ ...globalThis.kiosk.machine.shown, display: 0 }));
    await s.choose('another');
    await s.at('municipality');
    await s.choose(r.municipality.code);
    await s.at('reading_card'); // the card is still on the reader, and its PIN is known to it
    await s.work();
    await s.at('remove_card');
    await s.take();
    await s.at('content_check');
    check((await s.text()).includes(r.municipality.name), 'the content is of another municipality');
    await s.choose('wrong');
    await s.failed('content_wrong');
    // whose record is blocked sees the same as who has none
    await s.toLookedUp(expects('domestic', 'no_record') && who('r039'));
    await s.at('no_record');
    check(s.none === await s.page.evaluate(() => JSON.stringify({ ...globalThis.kiosk.machine.shown, display: 0 })), 'a blocked record can be told from none');
    await s.choose('finish');
    await s.failed('cancelled');
  },
  async 'cards that do not do'(s) {
    const r = who('r005');
    for (const [kind, id] of [['unreadable', 'card_unreadable'], ['expired', 'card_expired'], ['other', 'card_not_supported']]) {
      await s.toCard(r);
      await s.place(r, kind);
      await s.failed(id);
    }
    for (const [kind, id] of [['altered', 'card_invalid'], ['foreign', 'card_not_accepted']]) {
      await s.toLookedUp(r, 'domestic', undefined, kind);
      await s.failed(id);
    }
    await s.toReading(r);
    await s.take();
    await s.at('card_changed');
    await s.choose('again');
    await s.at('place_card');
    await s.choose('cancel');
    await s.leave('cancelled');
  },
  async 'records that do not do'(s) {
    for (const code of ['record_needs_check', 'counter_only', 'name_not_printable']) {
      const r = who((x) => x.kiosk.domestic === code && x.municipality.code === '900010');
      await s.toLookedUp(r);
      await s.failed(code);
    }
    for (const code of ['no_overseas_history', 'passport_expired']) {
      await s.toLookedUp(who((x) => x.kiosk.overseas === code && x.kiosk.domestic === 'issued' && x.municipality.code === '900010'), 'overseas');
      await s.failed(code);
    }
    await s.toLookedUp(who('r055'), 'overseas');
    await s.at('remove_card');
    await s.take();
    await s.at('passport_confirm');
    await s.choose('no');
    await s.failed('passport_changed');
  },
  async 'walks away'(s) {
    await s.open();
    await s.at('language');
    await s.timeOut();
    await s.leave('session_ended');
    const r = who('r006');
    await s.toLookedUp(r);
    await s.at('remove_card');
    for (let n = 0; n < 3; n++) {
      await s.timeOut();
      await s.page.waitForFunction((had) => globalThis.kiosk.machine.shown.id === 'card_reminder' && globalThis.kiosk.machine.number > had, n ? s.last : 0);
      await s.at('card_reminder');
      s.last = await s.machine((m) => m.number);
    }
    await s.timeOut();
    await s.at('forgotten_card');
    await s.take();
    await s.leave('forgotten_card');
    await s.toPaper(r);
    for (let n = 0; n < 3; n++) {
      await s.timeOut();
      await s.page.waitForFunction((had) => globalThis.kiosk.machine.shown.id === 'paper_reminder' && globalThis.kiosk.machine.number > had, n ? s.last : 0);
      await s.at('paper_reminder');
      s.last = await s.machine((m) => m.number);
    }
    await s.timeOut();
    await s.at('forgotten_paper');
    check(await s.machine((m) => m.units.tray.length) === 0, 'the paper was not taken in');
    await s.leave('forgotten_paper');
  },
  async 'a machine that fails'(s) {
    const r = who('r007');
    await s.hand('printer', 'out_of_paper');
    await s.open();
    await s.leave('out_of_order');
    await s.hand('mend');
    // the printer fails for good after one of two sheets
    const before = await s.machine((m) => [m.units.kept, m.units.returned]);
    await s.toPrinting(r, 'domestic', 2);
    await s.machine((m) => m.addEventListener('change', () => { if (m.units.tray.length === 1) m.units.next = 'broken'; }));
    await s.work();
    await s.at('refund');
    await s.work();
    await s.at('take_paper');
    check(await s.machine((m, [kept, returned]) => m.units.kept === kept + 120 && m.units.returned === returned + 120, before), 'not the fee of one sheet was kept');
    await s.hand('paper');
    check((await s.papers()).length === 1, 'not one sheet is out');
    await s.leave('print_failed');
    await s.load();
    // none is out, and of the coins one sticks
    await s.toPrinting(r);
    await s.hand('next', 'out_of_paper');
    await s.work();
    await s.at('print_paused');
    await s.hand('stuck');
    await s.hand('printer', 'broken');
    await s.at('refund');
    await s.work();
    await s.leave('call_staff');
    await s.hand('mend');
    // what the terminal holds is spoilt
    await s.toContent(r);
    await s.choose('correct');
    await s.at('copies');
    await s.hand('spoil');
    await s.choose('1');
    await s.failed('start_again');
    // a coin unit that breaks, and coins that are to go back
    await s.toPay(r);
    await s.hand('coin', '100');
    await s.page.waitForFunction(() => globalThis.kiosk.machine.shown.fee.escrow_yen === 100 && !globalThis.kiosk.machine.busy);
    await s.hand('coins', 'fault');
    await s.at('return_coins');
    await s.work();
    await s.leave('out_of_order');
    await s.hand('mend');
  },
  async 'power and line'(s) {
    const r = who('r042');
    await s.toPay(r);
    await s.hand('coin', '50');
    await s.page.waitForFunction(() => globalThis.kiosk.machine.shown.fee.escrow_yen === 50 && !globalThis.kiosk.machine.busy);
    await s.hand('power');
    await s.page.waitForSelector('#dark:visible');
    await s.hand('power');
    await s.at('return_coins');
    await s.work();
    await s.leave('interrupted');
    // the page is loaded anew in the midst of printing: the sheet is gone, the coins go back
    await s.toPrinting(r);
    await s.load();
    await s.leave('print_failed');
    // a short cut is not noticed: the same event goes again
    await s.toPay(r);
    await s.machine((m) => { m.line.cut = true; });
    await s.hand('coin', '500');
    await new Promise((done) => setTimeout(done, 300));
    await s.machine((m) => { m.line.cut = false; });
    await s.at('printing');
    await s.work();
    await s.at('capture');
    await s.work();
    await s.at('take_paper');
    await s.hand('paper');
    await s.papers();
    await s.leave('thanks');
  },
  // What a terminal shows without the centre it has from before: the language
  // cannot be changed there.
  async 'without the centre'(s) {
    for (const language of languages) {
      await s.open();
      await s.at('language');
      await s.set('language', language);
      await s.machine((m) => { m.line.cut = true; });
      await s.choose('cancel');
      await s.hand('give-up');
      await s.alone('offline', language);
      await s.leave('interrupted');
    }
  },
  async 'without the centre, while it prints'(s) {
    const r = who('r044');
    for (const language of languages) {
      await s.toPrinting(r);
      await s.set('language', language);
      await s.machine((m) => { m.line.cut = true; m.timeOut(); });
      await s.hand('give-up');
      await s.alone('offline_printing', language);
      await s.at('capture');
      await s.work();
      await s.at('take_paper');
      await s.hand('paper');
      check((await s.papers()).length === 1, 'no paper without the centre');
      await s.leave('thanks');
    }
  },
};

// alone looks at a screen that the terminal shows by itself, and mends the line.
Stand.prototype.alone = async function (id, language) {
  claimed.add(id);
  await this.at(id);
  await this.record(id, language);
  if (longest.includes(language)) {
    for (const [field, value] of [['size', 'large'], ['contrast', 'high']]) await this.page.locator(`[data-key="${field}:${value}"]`).dispatchEvent('click');
    await this.page.waitForSelector('#screen[data-size="large"][data-contrast="high"]');
    await this.fits(id, language);
    await this.inspect(`${id}, large, high contrast`);
  }
  await this.machine((m) => { m.line.cut = false; });
};

// ---- all of it

async function run(s, name, walk) {
  note(`${s.terminal}: ${name}`);
  try { await walk(s); } catch (err) {
    if (shots) await s.page.screenshot({ path: join(shots, `failed-${name.replaceAll(/\W+/g, '-')}.png`) });
    throw new Error(`${name}: ${err.message}`, { cause: err });
  }
}

const only = process.env.KOFU_ONLY;
const chosen = (walks) => Object.entries(walks).filter(([name]) => !only || name.includes(only));

const one = await Stand.at('demo-1');
await one.load(true);
await one.inspect('the idle screen', 'body');
await one.load();
for (const [name, walk] of chosen(alone)) await run(one, name, walk);
const two = await Stand.at('demo-2');
const rest = chosen(together);
await Promise.all([one, two].map(async (s) => { for (let next; (next = rest.shift());) await run(s, ...next); }));
await one.load(true);
await one.open();
await one.at('language');
await one.inspect('the whole page', 'body');

// a countdown that ends by itself
await one.page.clock.install();
await one.load();
await one.page.waitForFunction(() => globalThis.kiosk.machine.shown?.id === 'interrupted');
await one.page.clock.fastForward(16_000);
await one.idle();

if (!only) {
  const missing = screens.flatMap((id) => languages.filter((l) => !seen.get(id)?.has(l)).map((l) => `${id} in ${l}`));
  check(missing.length === 0, `never seen: ${missing.join(', ')}`);
  check([...seen.keys()].every((id) => screens.includes(id)), 'a screen that is not in the list');
}
check(faults.length === 0, [...new Set(faults)].slice(0, 40).join('\n'));
await browser.close();
console.log('ok');
