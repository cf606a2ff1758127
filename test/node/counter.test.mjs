// SPDX-License-Identifier: Apache-2.0
//
// node counter.test.mjs BASE OUT CHROMIUM
//
// The staff of three town halls at work: a village from its first administrator
// to the auditor's review, in Japanese; a city in English; a clerk who has a
// keyboard and no mouse; and those who try what is not theirs. Papers and what
// became of them are written to OUT, for the Go test TestCounterInBrowsers.
// KOFU_SHOTS=DIR keeps a picture of every page, KOFU_ONLY=TEXT takes some walks
// alone, KOFU_LOUD=1 tells what is done.

import { createServer } from 'node:http';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Office, Person, check, flags, screen } from './office.mjs';

const [base, out, executablePath] = process.argv.slice(2);
const o = await Office.open(base, executablePath, process.env.KOFU_SHOTS);
o.watch(300);
const fates = {}; // paper -> what became of it
const both = (city) => (r) => r.municipality === city && r.ticket && r.expected.domestic === 'issued' && r.expected.overseas === 'issued' && r.mrz;

// ---- what clerks do again and again

Object.assign(Person.prototype, {
  async find(fields) {
    await this.go('/counter/search');
    await this.at('search');
    await this.send('/counter/search', fields);
  },

  async open(r, by = { ticket: r.ticket }) {
    await this.find(by);
    await this.at('found');
    await this.press('main form[action="/counter/person"] button');
    await this.at('person');
    check((await this.text()).includes(r.name), `${r.id}: the page is not about them`);
  },

  async review(r, kind, { by, ...said } = {}) {
    await this.open(r, by);
    const fields = { kind, document: 'drivers_licence', applicant: 'self', purpose: 'new', ...said };
    if (kind === 'overseas') fields.mrz = r.mrz.join('\n');
    await this.fill(fields);
    await this.fits(`person, ${kind}`);
    await this.send('/counter/preview', fields);
    await this.at('preview');
    const text = await this.text();
    check(text.includes(r.name) && text.includes(r.birth), `${r.id}: the preview is not of them`);
  },

  confirm() { return this.send('/counter/certificate'); },

  // paper opens the PDF in a tab of its own, and keeps it as name.
  async paper(name, r, fate = 'good') {
    await this.at('issued');
    const tab = this.context.waitForEvent('page');
    const had = this.papers.length;
    await this.page.click('main form[action="/counter/paper"] button');
    const opened = await tab;
    for (let i = 0; this.papers.length === had && i < 400; i++) await new Promise((go) => setTimeout(go, 25));
    await mkdir(join(out, name, '..'), { recursive: true });
    await this.keep(out, name);
    if (o.shots) await opened.screenshot({ path: join(o.shots, `paper-${name.replace("/", "-")}.png`), timeout: 5000 }).catch(() => {}); // the viewer may not be drawn yet
    await opened.close();
    await writeFile(join(out, `${name}.txt`), r.id);
    fates[name] = fate;
    return (await this.text()).match(/JPN[0-9A-Z]{20}/)[0];
  },

  async done() {
    await this.send('/counter/discard');
    await this.at('search');
  },

  async issue(r, kind, name, said, fate) {
    await this.review(r, kind, said);
    await this.confirm();
    const id = await this.paper(name, r, fate);
    await this.done();
    return id;
  },

  // enrol sets a password and an authenticator, from the slip that was handed over.
  async enrol(login, code) {
    login.password = `${login.login.slice(0, 1)}orry-umbrella-${login.login.length}7-tulip`;
    await this.go(`/counter/enrol?lang=${this.lang}`);
    await this.at('enrol');
    await this.send('/counter/enrol', { login: login.login, code, password: login.password, repeat: login.password });
    await this.at('factor');
    login.totp = (await this.text()).match(/[A-Z2-7]{4}( [A-Z2-7]{4}){7}/)[0].replaceAll(' ', '');
    await this.send('/counter/second', { code: await this.office.code(login.totp) });
    await this.at('signin');
  },
});

const day = (n) => new Date(Date.now() + (o.ahead + 9 * 3600 + n * 86_400) * 1000).toISOString().slice(0, 10); // in Japan

// content is what a page shows, when it has come to rest.
async function content(page) {
  for (let i = 0; ; i++) {
    try { return await page.content(); } catch (err) {
      if (i === 40) throw err;
      await new Promise((go) => setTimeout(go, 100));
    }
  }
}

// slips are the one-time codes on a page of them, by login.
const slips = (p) => p.page.evaluate(() => Object.fromEntries([...document.querySelectorAll('.slip')].map((s) => {
  const [, login, code] = [...s.querySelectorAll('dd')].map((d) => d.textContent.trim());
  return [login, code];
})));

// hire has new people enrol, each in a browser of their own.
async function hire(codes, pc, lang) {
  const people = {};
  for (const [login, code] of Object.entries(codes)) {
    const p = await Person.at(o, pc, { lang });
    p.who = { login };
    await p.enrol(p.who, code);
    await p.signIn(p.who);
    people[login] = p;
  }
  return people;
}

const heading = 'login,name,staff_number,functions,valid_until,terminals\n';

const walks = {
  async 'a village, from its first administrator'() {
    const pc = 'shiken-1';
    const r = o.resident(both('900036'));
    const boss = await Person.at(o, pc);
    const kanri = o.login('900036', 'kanri');
    await boss.go('/counter/');
    await boss.at('signin');
    await boss.send('/counter/sign-in', { login: 'kanri', password: 'not enrolled yet' });
    await boss.at('signin');
    await boss.go('/counter/enrol?lang=ja');
    await boss.send('/counter/enrol', { login: 'kanri', code: kanri.invitation, password: 'password1234', repeat: 'password1234' });
    await boss.at('enrol');
    await boss.enrol(kanri, kanri.invitation);
    await boss.go('/counter/enrol?lang=ja');
    await boss.send('/counter/enrol', { login: 'kanri', code: kanri.invitation, password: 'lantern-orchard-48', repeat: 'lantern-orchard-48' });
    await boss.at('enrol'); // the code works once
    await boss.signIn(kanri);

    // one account alone, then a file with a bad row, of which nothing is taken
    await boss.go('/counter/accounts');
    await boss.go('/counter/accounts/add');
    await boss.send('/counter/accounts/add', { login: 'murata', name: '村田　窓', staff_number: '30001', function: ['clerk', 'auditor'], valid_until: day(30), terminal: pc });
    await boss.at('accountadd'); // who looks into the log does nothing else
    await boss.send('/counter/accounts/add', { login: 'murata', name: '村田　窓', staff_number: '30001', function: ['clerk'], valid_until: day(30), terminal: pc });
    await boss.at('slips');
    const codes = await slips(boss);
    const rows = [`hayashi,林　承,30002,approver clerk,${day(30)},${pc}`, `mori,森　査,30003,auditor,${day(30)},${pc}`, `oda,小田　窓,30004,clerk,${day(30)},${pc}`];
    for (const [row, bad] of [['2', [rows[0], rows[1].replace('auditor', 'auditer'), rows[2]]], ['3', [rows[0], rows[1], rows[2].replace(pc, 'kaku-1')]]]) {
      await boss.go('/counter/accounts/add');
      await boss.send('/counter/accounts/import', { file: heading + bad.join('\n') });
      await boss.at('accountadd');
      const wrong = await boss.page.locator('main table tbody th').allInnerTexts();
      check(wrong.join() === row, `wrong rows: ${wrong}`);
    }
    await boss.go('/counter/accounts');
    check(!(await boss.text()).includes('hayashi'), 'something of a bad file was taken');
    await boss.go('/counter/accounts/add');
    await boss.send('/counter/accounts/import', { file: heading + rows.join('\n') });
    await boss.at('slips');
    Object.assign(codes, await slips(boss));
    const { murata, hayashi, mori, oda } = await hire(codes, pc, 'ja');
    check(await boss.page.locator('nav a[href="/counter/search"]').count() === 0, 'the administrator is led to applicants');

    // three are issued; the limit of the village holds the fourth
    await murata.find({ ticket: '1234' });
    await murata.at('search');
    const ids = [await murata.issue(r, 'domestic', 'ja/domestic'), await murata.issue(r, 'overseas', 'ja/overseas', { purpose: 'reissue', reason: 'passport_renewed', others: 'SHIKEN TAMI' })];
    ids.push(await murata.issue(r, 'domestic', 'ja/void', { purpose: 'reissue', reason: 'lost', applicant: 'proxy', authority: 'seen' }, 'void'));
    await murata.review(r, 'domestic', { purpose: 'reissue', reason: 'damaged' });
    await murata.confirm();
    await murata.at('waiting');
    await hayashi.go('/counter/approvals');
    await hayashi.press('main form[action="/counter/approvals/open"] button');
    await hayashi.at('approval');
    check((await hayashi.text()).includes(r.name), 'the approver does not see for whom');
    await hayashi.press('main button[value="approve"]');
    await murata.page.waitForSelector('[data-waiting][data-state="approved"], [data-told]:has-text("承認されました")');
    await murata.confirm();
    ids.push(await murata.paper('ja/approved', r));
    await murata.done();
    await murata.review(r, 'domestic', { purpose: 'reissue', reason: 'other' });
    await murata.confirm();
    await murata.at('waiting');
    await hayashi.go('/counter/approvals');
    await hayashi.press('main form[action="/counter/approvals/open"] button');
    await hayashi.press('main button[value="refuse"]');
    await murata.confirm();
    await murata.at('waiting', 'refused');
    check((await murata.page.locator('main form[action="/counter/paper"]').count()) === 0, 'what was refused was issued');

    // nobody approves their own
    await hayashi.review(r, 'domestic', { written: [...r.name].map((c) => ({ 験: '驗' })[c] ?? c).join('') });
    await hayashi.confirm();
    await hayashi.at('waiting');
    await hayashi.go('/counter/approvals');
    check(await hayashi.page.locator('main form[action="/counter/approvals/open"]').count() === 0, 'their own is offered to them');

    // withdrawn, from the person's page; and all of a clerk's hour at once
    await murata.go('/counter/void');
    await murata.send('/counter/void', { id: ids[2].slice(0, -1) });
    await murata.at('void');
    await murata.open(r);
    await murata.press(`main form[action="/counter/void"] button[aria-label*="${ids[2]}"]`);
    await murata.at('voidask');
    await murata.send('/counter/void/confirm', { reason: 'lost' });
    await murata.at('voided');
    await oda.issue(r, 'domestic', 'ja/recalled', { purpose: 'reissue', reason: 'lost' }, 'recalled');
    await hayashi.go('/counter/recall');
    await hayashi.send('/counter/recall', { operator: 'oda', day: day(0), hour: String(new Date(Date.now() + (o.ahead + 9 * 3600) * 1000).getUTCHours()) });
    await hayashi.at('recallask');
    await hayashi.send('/counter/recall/confirm', { reason: 'error' });
    await hayashi.at('recallask');

    // on record
    await murata.go('/counter/inquiries');
    await murata.send('/counter/inquiries', { topic: await murata.page.locator('#topic option').nth(1).getAttribute('value'), by: 'phone', answer: '手数料について案内した。' });
    await auditor(mori, 'murata', ids);
    await murata.go('/counter/password');
    await murata.send('/counter/password', { old: murata.who.password, new: 'short', repeat: 'short' });
    await murata.send('/counter/password', { old: murata.who.password, new: 'cobalt-ferry-93-moss', repeat: 'cobalt-ferry-93-moss' });
    await murata.at('home');

    // leaving ends an open session at its next request
    await boss.go('/counter/terminals');
    await boss.press('main a[href="/counter/terminals/id/shiken-1"]');
    await boss.at('terminal');
    await boss.go('/counter/accounts');
    await boss.press('main tr:has(th:text-is("murata")) a');
    await boss.at('account');
    await boss.send(new URL(boss.page.url()).pathname.concat('/revoke'), { sure: 'yes' });
    await boss.at('account');
    await murata.go('/counter/search');
    await murata.at('signin');
  },

  async 'a city, in English'() {
    const lang = 'en';
    const people = o.room.residents.filter(both('900010'));
    const [one, two, three] = people;
    const [sato, tanaka, kanri, kansa] = await Promise.all(['kaku-1', 'kaku-2', 'kaku-1', 'kaku-2'].map((pc) => Person.at(o, pc, { lang })));
    for (const [p, login] of [[sato, 'sato'], [tanaka, 'tanaka'], [kanri, 'kanri'], [kansa, 'kansa']]) {
      p.who = o.login('900010', login);
      await p.signIn(p.who);
    }
    // found by each of the three keys, as they may be typed
    const wide = (text) => [...text].map((c) => (c >= '!' && c <= '~' ? String.fromCodePoint(c.codePointAt(0) + 0xfee0) : c)).join('');
    await sato.find({ mynumber: one.number.replace(/.$/, (d) => String((Number(d) + 1) % 10)) });
    await sato.at('search');
    check(!(await sato.page.content()).includes(one.number.slice(0, 11)), 'a My Number is shown again');
    const ids = [await sato.issue(one, 'domestic', 'en/domestic', { by: { mynumber: wide(one.number.replace(/(....)(....)(....)/, '$1 $2-$3')) } })];
    ids.push(await sato.issue(two, 'overseas', 'en/overseas', { by: { name: two.kana.replace(/\s/, ''), birth: two.birth.replaceAll('-', '') }, document: 'passport' }));
    ids.push(await sato.issue(three, 'domestic', 'en/void', { by: { ticket: `21900010${wide(three.ticket)}` }, applicant: 'guardian', authority: 'seen' }, 'void'));

    // what is missing is told at its field
    await sato.open(three);
    await sato.send('/counter/preview', { document: 'residence_card', kind: 'overseas', applicant: 'proxy', mrz: three.mrz.join('\n').replace(/\d<*$/, '0') });
    await sato.at('person');
    const shut = o.resident((g) => g.municipality === '900010' && g.ticket && g.measure === 'protective');
    await sato.find({ ticket: shut.ticket });
    await sato.at('found');
    check(!/protect|支援/i.test(await sato.text()), 'who is not entitled is told of a measure');
    await sato.press('main form[action="/counter/person"] button');
    await sato.at('refused');

    // a spelling of their own waits for a second person
    const old = people.find((g) => g.name.includes('国') || g.name.includes('沢') || g.name.includes('斉')) ?? one;
    await sato.review(old, 'domestic', { written: [...old.name].map((c) => ({ 国: '國', 沢: '澤', 斉: '齊', 見: '見', 本: '夲' })[c] ?? c).join('') });
    await sato.confirm();
    await sato.at('waiting');
    await tanaka.go('/counter/approvals');
    await tanaka.press('main form[action="/counter/approvals/open"] button');
    await tanaka.at('approval');
    await tanaka.press('main button[value="approve"]');
    await tanaka.at('approvals');
    await sato.page.waitForSelector('[data-waiting][data-state="approved"], [data-told]:has-text("approved")');
    await sato.confirm();
    await sato.at('issued');
    await sato.done();

    await sato.go('/counter/void');
    await sato.send('/counter/void', { id: 'JPN90002820261123000001' });
    await sato.at('refused'); // another city's
    await sato.go('/counter/void');
    await sato.send('/counter/void', { id: wide(ids[2].toLowerCase()) });
    await sato.at('voidask');
    await sato.send('/counter/void/confirm', { reason: 'holder_request' });
    await sato.at('voided');
    await tanaka.go('/counter/recall');
    await tanaka.send('/counter/recall', { operator: 'suzuki', day: day(-1), hour: '3' });
    await tanaka.at('recallask');
    for (const page of ['inquiries', 'password', '']) await sato.go(`/counter/${page}`);

    // the administrator
    await kanri.go('/counter/accounts/add');
    await kanri.send('/counter/accounts/import', { file: `${heading}x,,,,,` });
    await kanri.at('accountadd');
    await kanri.send('/counter/accounts/add', { login: 'ono', name: '小野　窓', staff_number: '10009', function: ['clerk'], valid_until: day(3), terminal: ['kaku-1', 'kaku-2'] });
    await kanri.at('slips');
    const { ono } = await hire(await slips(kanri), 'kaku-2', lang);
    await kanri.go('/counter/accounts');
    await kanri.press('main tr:has(th:text-is("ono")) a');
    await kanri.at('account');
    const path = new URL(kanri.page.url()).pathname;
    await kanri.send(`${path}/change`, { state: 'suspended' });
    await kanri.at('account');
    await ono.go('/counter/search');
    await ono.at('signin'); // ended at its next request
    await kanri.send(`${path}/invite`).catch(() => {});
    await kanri.go('/counter/terminals');
    await kanri.press('main a[href="/counter/terminals/id/kaku-2"]');
    await kanri.at('terminal');
    for (const page of ['accounts', 'reviews']) await kanri.go(`/counter/${page}`);
    await auditor(kansa, 'sato', ids);
  },

  async 'a shared ID'() {
    const p = await Person.at(o, 'kaku-1');
    const shared = o.login('900010', 'madoguchi');
    await p.go('/counter/sign-in');
    await p.send('/counter/sign-in', { login: shared.login, password: shared.password, member: '99999' });
    await p.at('signin'); // nobody of the roster
    await p.signIn(shared, shared.members[0]);
    check((await p.page.innerText('header')).includes(`madoguchi/${shared.members[0]}`), 'who uses the shared ID is not named');
    await p.signOut();
    const q = await Person.at(o, 'kaku-2'); // not one of its terminals
    await q.go('/counter/sign-in');
    await q.send('/counter/sign-in', { login: shared.login, password: shared.password, member: shared.members[0] });
    await q.at('signin');
  },

  // Everything a clerk does, with nothing but keys.
  async 'by keyboard alone'() {
    const r = o.resident(both('900010'));
    const p = await Person.at(o, 'kaku-2');
    const { keyboard } = p.page;
    const who = o.login('900010', 'suzuki');
    const type = (text) => keyboard.type(text);
    const enter = () => p.does(() => keyboard.press('Enter'));
    const on = (selector) => p.page.evaluate((s) => document.activeElement?.matches(s), selector);
    const focused = async (selector) => check(await on(selector), `${p.name}: the focus is not on ${selector}`);
    const tab = async (selector) => {
      for (let i = 0; i < 60; i++) {
        if (await on(selector)) return;
        await keyboard.press('Tab');
      }
      check(false, `${p.name}: ${selector} cannot be reached by Tab`);
    };
    await p.go('/counter/');
    await focused('#login');
    await type(who.login);
    await tab('#password');
    await type(who.password);
    await enter();
    await focused('#code');
    await type(await o.code(who.totp));
    await enter();
    await p.at('home');
    await tab('main a[href="/counter/search"]');
    await enter();
    for (const kind of ['domestic', 'overseas']) {
      await focused('#ticket');
      await type(r.ticket);
      await enter();
      await p.at('found');
      await focused('main form[action="/counter/person"] button');
      await enter();
      await p.at('person');
      await focused('#document');
      await keyboard.press('ArrowDown');
      if (kind === 'overseas') {
        await tab('main [name="purpose"]:checked');
        await keyboard.press('ArrowRight');
        await tab('#reason');
        await keyboard.press('ArrowDown');
        await tab('main [name="kind"]:checked');
        await keyboard.press('ArrowRight');
        await tab('#mrz');
        await type(r.mrz[0]);
        await keyboard.press('Enter');
        await type(r.mrz[1]);
      }
      await tab('main form[action="/counter/preview"] button.main');
      await enter();
      await p.at('preview');
      await focused('main form[action="/counter/certificate"] button');
      await enter();
      await p.at('issued');
      await focused('main form[action="/counter/paper"] button');
      const tabbed = p.context.waitForEvent('page');
      await keyboard.press('Enter');
      await (await tabbed).close();
      await p.page.bringToFront();
      await tab('main form[action="/counter/discard"] button');
      await enter();
      await p.at('search');
    }
    await keyboard.press('Shift+Tab'); // the way out stands before everything
    for (let i = 0; i < 60 && !(await on('form[action="/counter/sign-out"] button')); i++) await keyboard.press('Shift+Tab');
    await enter();
    await p.at('signin');
  },

  // Nothing of one city can be reached from another's terminal.
  async 'another city'() {
    const r = o.resident(both('900010'));
    const mine = await Person.at(o, 'kaku-1', { lang: 'en' });
    const theirs = await Person.at(o, 'mihon-1');
    mine.who = o.login('900010', 'sato');
    theirs.who = o.login('900028', 'takahashi');
    await mine.signIn(mine.who);
    await theirs.signIn(theirs.who);
    const handles = {};
    await mine.find({ ticket: r.ticket });
    handles.person = await mine.sealed('person');
    await mine.press('main form[action="/counter/person"] button');
    handles.file = await mine.sealed('file');
    handles.issue = await mine.sealed('issue');
    await mine.send('/counter/preview', { kind: 'domestic', document: 'passport', applicant: 'self', purpose: 'new' });
    handles.application = await mine.sealed('application');
    handles.statement = await mine.sealed('statement');

    for (const by of [{ ticket: r.ticket }, { mynumber: r.number }, { name: r.name, birth: r.birth }, { ticket: `11900010${r.ticket}` }]) {
      await theirs.find(by);
      await theirs.at('search');
      check(!(await theirs.text()).includes(r.name), `found in another city, by ${Object.keys(by)}`);
    }
    const id = (await mine.page.content()).match(/JPN900010[0-9]{14}/)?.[0] ?? 'JPN90001020261123000001';
    const tries = {
      '/counter/person': [{ person: handles.person }, { file: handles.file }],
      '/counter/preview': [{ file: handles.file, kind: 'domestic', document: 'passport', applicant: 'self', purpose: 'new' }],
      '/counter/certificate': [{ application: handles.application, statement: handles.statement }],
      '/counter/paper': [{ application: handles.application, statement: handles.statement }],
      '/counter/void': [{ issue: handles.issue }, { id }],
      '/counter/void/confirm': [{ void: handles.issue, reason: 'error' }],
      '/counter/discard': [{ application: handles.application }],
    };
    for (const [path, list] of Object.entries(tries)) {
      for (const fields of list) {
        await theirs.forge(path, fields);
        check(!(await theirs.page.content()).includes(r.name), `${path} shows another city's person`);
        if (path !== '/counter/discard') await theirs.at('refused');
      }
    }
    // all of it still holds where it is from
    await mine.send('/counter/certificate');
    await mine.at('issued');
    // a session that is carried to another terminal is none there, and none any more
    const [cookie] = await mine.context.cookies();
    const thief = await Person.at(o, 'mihon-1');
    await thief.context.addCookies([{ ...cookie, domain: 'mihon-1.localhost' }]);
    await thief.go('/counter/search');
    await thief.at('signin');
    await mine.go('/counter/search');
    await mine.at('signin');
  },

  // A page of somebody else's cannot act for who is signed in, though the
  // browser takes it for the same site.
  async 'another origin'() {
    const p = await Person.at(o, 'kaku-1');
    p.who = o.login('900010', 'sato');
    await p.signIn(p.who);
    const trap = createServer((_, answer) => {
      answer.setHeader('Content-Type', 'text/html');
      answer.end(`<form method="post" action="${p.origin}/counter/search"><input name="ticket" value="1"></form><script>document.forms[0].submit()</script>`);
    });
    await new Promise((go) => trap.listen(0, '127.0.0.1', go));
    for (const host of ['kaku-1.localhost', 'kaku-2.localhost', '127.0.0.1']) {
      const page = await p.context.newPage();
      const answered = page.waitForResponse((a) => a.url() === `${p.origin}/counter/search`);
      await page.goto(`http://${host}:${trap.address().port}/`);
      const answer = await answered;
      check(answer.status() === 403, `a form of ${host} is answered with ${answer.status()}`);
      const sent = await answer.request().allHeaders();
      if (host === 'kaku-1.localhost') check(sent.cookie?.includes('__Host-kofu-counter'), 'the browser does not send the cookie there: nothing is shown by that');
      await page.close();
    }
    trap.close();
    await p.go('/counter/search');
    await p.at('search');
  },

  async 'signed out, and Back'() {
    const r = o.resident(both('900010'));
    const p = await Person.at(o, 'kaku-1');
    p.who = o.login('900010', 'sato');
    await p.signIn(p.who);
    await p.review(r, 'domestic');
    await p.signOut();
    let steps = 0;
    for (let i = 0; i < 7; i++) {
      await p.page.goBack({ waitUntil: 'commit' }).catch(() => {});
      await p.page.waitForTimeout(150);
      const html = await content(p.page);
      check(![r.name, r.kana, r.birth].some((m) => html.includes(m)), `after the sign-out, ${i + 1} back shows a person`);
      if (/Confirm Form Resubmission|ERR_CACHE_MISS/.test(html)) steps++;
    }
    o.note(`${steps} of the pages gone back to have gone`);
    await p.context.close();
  },
};

// written is every file of a browser's profile.
async function written(profile) {
  const files = await readdir(profile, { recursive: true, withFileTypes: true });
  return Promise.all(files.filter((f) => f.isFile()).map((f) => readFile(join(f.parentPath ?? f.path, f.name))));
}

// alone are the walks that move the clock, or close a door.
const alone = {
  // The browser is closed as it is, and restores everything when it is opened
  // again: tabs, history and the cookie of the session.
  async 'a browser restored'() {
    const r = o.resident(both('900010'));
    const profile = await mkdtemp(join(tmpdir(), 'kofu-profile-'));
    await mkdir(join(profile, 'Default'), { recursive: true });
    await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify({ session: { restore_on_startup: 1 } }));
    const launch = () => chromium.launchPersistentContext(profile, { executablePath, args: flags, viewport: screen });
    const p = await Person.at(o, 'kaku-1', { context: await launch() });
    p.who = o.login('900010', 'suzuki');
    await p.signIn(p.who);
    await p.go('/counter/search');
    await p.find({ mynumber: r.number });
    await p.review(r, 'domestic');
    await p.page.waitForTimeout(800); // what a browser restores it writes now and then
    await p.context.close();
    const left = await written(profile);
    check(left.some((f) => f.includes('/counter/search')), 'the session was not written: nothing is shown by that');
    for (const m of [r.number, r.name, r.kana, encodeURIComponent(r.name)]) {
      for (const bytes of [Buffer.from(m, 'utf8'), Buffer.from(m, 'utf16le')]) check(!left.some((f) => f.includes(bytes)), 'the browser has written what the clerk typed');
    }
    await o.later(181);
    const context = await launch();
    await new Promise((go) => setTimeout(go, 1500));
    check((await context.cookies()).some((c) => c.name === '__Host-kofu-counter'), 'the cookie was not restored: nothing is shown by that');
    for (const page of context.pages()) {
      const html = await content(page);
      check(![r.name, r.kana, r.birth].some((m) => html.includes(m)), 'a restored page shows a person');
    }
    const q = await Person.at(o, 'kaku-1', { context });
    for (const path of ['/counter/', '/counter/search']) {
      await q.go(path);
      await q.at('signin');
    }
    await context.close();
    await rm(profile, { recursive: true, force: true });
  },

  async 'nobody at the keyboard'() {
    const p = await Person.at(o, 'kaku-1');
    p.who = o.login('900010', 'sato');
    await p.signIn(p.who);
    await o.later(15 * 60 + 1);
    await p.go('/counter/search');
    await p.at('signin');
  },

  async 'a terminal out of use'() {
    const kanri = await Person.at(o, 'kaku-1');
    await kanri.signIn(o.login('900010', 'kanri'));
    await kanri.go('/counter/terminals/id/kaku-2');
    await kanri.page.locator('main [name="active"]').uncheck();
    await kanri.send('/counter/terminals/id/kaku-2');
    const p = await Person.at(o, 'kaku-2');
    await p.go('/counter/');
    await p.at('bare');
    check(!/架空|Kaku|kaku/.test(await p.page.content()), 'a stranger is told whose door it is');
  },
};

// auditor looks at everything there is to look at, and says so.
async function auditor(p, operator, ids) {
  await p.go('/counter/log');
  await p.send('/counter/log', { operator, operation: 'certificate.issue' });
  await p.at('log');
  const text = await p.text();
  check(ids.every((id) => !text.includes(id)), 'the log has an ID of a certificate');
  check(await p.page.locator('main tbody tr').count() >= ids.length, `the log lacks what was issued: ${text}`);
  const [file] = await Promise.all([p.page.waitForEvent('download'), p.page.click('main a[href^="/counter/log.csv"]')]);
  check(file.suggestedFilename().endsWith('.csv'), `exported as ${file.suggestedFilename()}`);
  await p.go('/counter/alerts');
  await p.send('/counter/alerts/close', { finding: p.lang === 'ja' ? '繁忙のため。問題なし。' : 'A busy hour. In order.' });
  await p.at('alerts');
  await p.go('/counter/reviews');
  await p.send('/counter/reviews', { of: 'log', from: day(-7), until: day(0), finding: p.lang === 'ja' ? '異常なし。' : 'In order.' });
  await p.at('reviews');
  for (const page of ['report', 'inquiries', 'accounts', 'terminals']) {
    await p.go(`/counter/${page}`);
    await p.at(page);
  }
}

// ---- all of it

async function run([name, walk]) {
  o.note(name);
  try { await walk(); } catch (err) {
    if (o.shots) for (const [i, c] of o.browser.contexts().entries()) for (const p of c.pages()) await p.screenshot({ path: join(o.shots, `failed-${i}.png`) }).catch(() => {});
    throw new Error(`${name}: ${err.message}\n${o.faults.slice(0, 20).join('\n')}`, { cause: err });
  }
  o.note(`${name}: done`);
}

const only = process.env.KOFU_ONLY;
const chosen = (list) => Object.entries(list).filter(([name]) => !only || name.includes(only));
// Two walks at a time, but never two of one clerk: signing in anew ends the
// session that a personal account has elsewhere.
const sato = ['a city, in English', 'another city', 'another origin', 'signed out, and Back'];
const lanes = [([name]) => sato.includes(name), ([name]) => !sato.includes(name)];
await Promise.all(lanes.map(async (mine) => { for (const next of chosen(walks).filter(mine)) await run(next); }));
for (const next of chosen(alone)) await run(next);
await writeFile(join(out, 'fates.json'), JSON.stringify(fates));
if (!only) {
  for (const lang of ['ja', 'en']) {
    const visited = [...o.seen].filter(([name, langs]) => !name.startsWith('state ') && (langs.has(lang) || name === 'bare')).map(([name]) => name).sort();
    check(visited.join() === [...o.room.pages].sort().join(), `in ${lang}: visited ${visited}\nof ${o.room.pages}`);
  }
}
check(o.faults.length === 0, [...new Set(o.faults)].slice(0, 40).join('\n'));
await o.close();
console.log('ok');
