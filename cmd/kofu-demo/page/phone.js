// SPDX-License-Identifier: Apache-2.0
//
// The phone: three calls of api/openapi.yaml, and the demo's stand-in for the
// card reader. Nothing is stored, and nothing personal is put into a URL. The
// PIN goes to the card reader alone.
'use strict';

const $ = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : ms));

// ---- two languages: both are in the page, and the style sheet shows one

function two(ja, en) {
  const all = document.createDocumentFragment();
  for (const [lang, text] of [['ja', ja], ['en', en]]) {
    const span = document.createElement('span');
    span.lang = lang;
    span.textContent = text;
    all.append(span);
  }
  return all;
}

function element(name, className, ...children) {
  const e = document.createElement(name);
  if (className) e.className = className;
  e.append(...children);
  return e;
}

const inJapanese = () => document.documentElement.lang === 'ja';

function speak(ja, en) { $('live').textContent = inJapanese() ? ja : en; }

function setLanguage(lang) {
  document.documentElement.lang = lang;
  $('search').placeholder = lang === 'ja' ? '名前・事例・番号で探す' : 'Find by name, case or id';
  document.title = lang === 'ja' ? '接種証明書アプリ(デモ) — kofu' : 'Vaccination certificate app (demo) — kofu';
  if (state.refusal) showRefusal(state.refusal);
}

// ---- what this phone knows, until it is told to forget

const state = { residents: [], resident: null, screen: 'start' };

function forget() {
  clearInterval(state.clock);
  for (const url of state.urls || []) URL.revokeObjectURL(url);
  Object.assign(state, { kind: null, mrz: null, town: null, pin: '', device: null, sealed: null, preview: null, certificate: null, refusal: null, urls: [], clock: null });
  for (const id of ['preview', 'issued', 'mrz-1', 'mrz-2', 'passport-note', 'pin-note', 'left']) $(id).replaceChildren();
  for (const id of ['open-pdf', 'save-pdf', 'save-shc', 'deep-link']) $(id).removeAttribute('href');
  $('qr').removeAttribute('src');
  showDots();
}

// keep makes a URL of bytes in memory, for as long as they are shown.
function keep(bytes, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  state.urls.push(url);
  return url;
}

// ---- screens

const order = ['kind', 'passport', 'town', 'tap', 'pin', 'preview'];
const previous = {
  kind: () => 'start', passport: () => 'kind', town: () => (state.kind === 'overseas' ? 'passport' : 'kind'), tap: () => 'town', pin: () => 'tap',
};

function go(name) {
  state.screen = name;
  for (const s of document.querySelectorAll('.screen')) s.hidden = s.id !== 'screen-' + name;
  $('back').hidden = !previous[name];
  const at = order.indexOf(name === 'working' ? 'pin' : name === 'issuing' ? 'preview' : name);
  $('steps').hidden = at < 0;
  [...$('steps').children].forEach((li, i) => {
    li.className = i < at ? 'past' : i === at ? 'now' : '';
    li.hidden = i === 1 && state.kind !== 'overseas';
  });
  const screen = $('screen-' + name);
  screen.querySelector('.body').scrollTop = 0;
  screen.querySelector('h2').focus({ preventScroll: true });
  $('phone').classList.toggle('touched', ['pin', 'working'].includes(name));
}

// ---- calls

// Refusal carries a problem document.
class Refusal extends Error {
  constructor(problem) { super(problem.code); this.problem = problem; }
}

const unreachable = {
  code: 'unreachable', title: '通信できませんでした。', title_en: 'The service could not be reached.',
  next: { ja: '電波の届く場所でもう一度お試しください。', en: 'Try again where there is a connection.' },
};
const unsafe = {
  code: 'insecure_page', title: 'この画面は安全な接続で開かれていません。', title_en: 'This page was not opened over a secure connection.',
  next: { ja: 'http://localhost または http://127.0.0.1 で開いてください。', en: 'Open it as http://localhost or http://127.0.0.1.' },
};

async function call(path, body, signal) {
  let answer;
  try {
    answer = await fetch(path, {
      method: body === undefined ? 'GET' : 'POST', signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (err) {
    if (signal?.aborted) throw err;
    throw new Refusal(unreachable);
  }
  if (answer.ok) return answer;
  try {
    throw new Refusal(await answer.json());
  } catch (err) {
    throw err instanceof Refusal ? err : new Refusal(unreachable);
  }
}

const encode = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
const decode = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const readCard = async (body, signal) => (await call(`/demo/cards/${encodeURIComponent(state.resident.id)}/read`, body, signal)).json();

function join(...parts) {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { all.set(p, at); at += p.length; }
  return all;
}

// message is M of the contract: what the card signs, by its surface application.
async function message(challenge, { ef0003, surface }) {
  const bound = join(decode(surface.birth), decode(surface.sex), decode(surface.key));
  return join(new TextEncoder().encode('kofu-card-v2'), decode(challenge), await sha256(decode(ef0003)), await sha256(bound));
}

function newDevice() {
  return encode(crypto.getRandomValues(new Uint8Array(16))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

// ---- the journey

async function showService() {
  const at = $('service');
  at.className = 'state';
  at.replaceChildren(two('確認しています…', 'Checking…'));
  try {
    const s = await (await call('/app/v1/status')).json();
    const open = s.open && s.accepting;
    at.classList.add(open ? 'open' : 'shut');
    at.replaceChildren(open ? two(`ただいま受付中(${s.hours[0]}〜${s.hours[1]})`, `Open now (${s.hours[0]} to ${s.hours[1]})`)
      : two(`受付を休止しています(受付 ${s.hours[0]}〜${s.hours[1]})`, `Closed now (hours: ${s.hours[0]} to ${s.hours[1]})`));
    if (s.maintenance) at.append(two(s.maintenance.ja, s.maintenance.en));
    $('begin').disabled = !open;
  } catch (err) {
    at.classList.add('shut');
    at.replaceChildren(two('サービスに接続できません。', 'The service cannot be reached.'));
  }
}

function chooseKind(kind) {
  state.kind = kind;
  state.mrz = null;
  if (kind === 'overseas') showPassport(); else showTowns();
}

function showPassport() {
  const scanned = Boolean(state.mrz);
  $('mrz-1').textContent = scanned ? state.mrz[0] : '';
  $('mrz-2').textContent = scanned ? state.mrz[1] : '';
  $('finder').classList.toggle('full', scanned);
  $('scan').hidden = scanned;
  $('scan').disabled = !state.resident.mrz;
  $('passport-next').hidden = $('rescan').hidden = !scanned;
  $('without-passport').hidden = Boolean(state.resident.mrz);
  $('passport-note').replaceChildren(state.resident.mrz ? (scanned ? two('読み取りました。', 'Scanned.') : '')
    : two('机に旅券がありません。', 'There is no passport on the desk.'));
  go('passport');
}

async function scan() {
  $('scan').disabled = true;
  $('finder').classList.add('busy');
  await pause(900);
  $('finder').classList.remove('busy');
  state.mrz = state.resident.mrz;
  showPassport();
}

async function showTowns() {
  const list = $('towns');
  list.replaceChildren(element('p', 'note', two('読み込んでいます…', 'Loading…')));
  go('town');
  try {
    const { municipalities } = await (await call('/app/v1/municipalities')).json();
    list.replaceChildren(...municipalities.map((m) => townButton(m.code, m.name, m.name_en)));
    const home = state.resident.municipality;
    if (!municipalities.some((m) => m.code === home.code)) { // the rule is the server's; the demo lets it be seen
      const b = townButton(home.code, home.name, home.name_en);
      b.classList.add('absent');
      b.append(element('em', '', two('一覧にない市区町村(断られます)', 'Not in the list; will be refused')));
      list.append(b);
    }
  } catch (err) { refuse(err); }
}

function townButton(code, name, nameEn) {
  const b = element('button', 'choice', element('strong', '', two(name, nameEn)), element('span', 'sub', two(nameEn, name)));
  b.type = 'button';
  b.dataset.town = code;
  b.addEventListener('click', () => { state.town = code; go('tap'); });
  return b;
}

async function tap() {
  $('tap').disabled = true;
  $('nfc').classList.add('touch');
  await pause(800);
  $('nfc').classList.remove('touch');
  $('tap').disabled = false;
  if (state.screen !== 'tap') return;
  askPIN();
}

function askPIN(ja = '', en = '') {
  state.pin = '';
  showDots();
  $('pin-note').replaceChildren(ja ? two(ja, en) : '');
  go('pin');
}

function showDots() {
  const n = (state.pin || '').length;
  [...$('dots').children].forEach((dot, i) => dot.classList.toggle('on', i < n));
  $('dots').setAttribute('aria-label', inJapanese() ? `4桁のうち${n}桁を入力済み` : `${n} of 4 digits entered`);
}

async function press(key) {
  if (state.screen !== 'pin' || state.pin.length === 4) return;
  if (key === 'clear') state.pin = '';
  else if (key === 'back') state.pin = state.pin.slice(0, -1);
  else state.pin += key;
  showDots();
  speak(`${state.pin.length}桁`, `${state.pin.length} digits`);
  if (state.pin.length === 4) {
    await pause(160);
    if (state.screen === 'pin') await apply();
  }
}

function task(n) {
  [...$('tasks').children].forEach((li, i) => { li.className = i < n ? 'past' : i === n ? 'now' : ''; });
}

async function apply() {
  const pin = state.pin;
  state.pin = '';
  const running = new AbortController();
  state.running = running;
  task(0);
  go('working');
  try {
    if (!globalThis.crypto?.subtle) throw new Refusal(unsafe);
    const files = await readCard({ pin, surface: true }, running.signal);
    await pause(250);
    task(1);
    const challenge = await (await call('/app/v1/challenges', {}, running.signal)).json();
    await pause(250);
    task(2);
    const card = await readCard({ pin, surface: true, message: encode(await message(challenge.challenge, files)) }, running.signal);
    await pause(250);
    task(3);
    state.device = newDevice();
    const body = { challenge_id: challenge.challenge_id, device: state.device, card, kind: state.kind, municipality: state.town };
    if (state.mrz) body.mrz = state.mrz;
    const reviewed = await (await call('/app/v1/applications', body, running.signal)).json();
    await pause(250);
    if (running.signal.aborted) return;
    showPreview(reviewed);
  } catch (err) {
    if (running.signal.aborted) return;
    wrongPIN(err) || refuse(err);
  }
}

// wrongPIN goes back to the keypad as long as tries are left.
function wrongPIN(err) {
  const p = err.problem;
  if (p?.code === 'pin_blocked' || p?.code === 'pin_incorrect' && p.tries_left === 0) $('unblock').hidden = false;
  if (p?.code !== 'pin_incorrect' || p.tries_left === 0) return false;
  askPIN(`暗証番号が違います。あと${p.tries_left}回間違えるとロックされます。`, `Wrong PIN. ${p.tries_left} more and the card is blocked.`);
  return true;
}

const row = (ja, en, ...value) => element('div', '', element('dt', '', two(ja, en)), element('dd', '', ...value));

// paper shows what a certificate says.
function paper(p) {
  const kind = p.kind === 'overseas' ? two('海外用及び日本国内用', 'For travel, and for use in Japan') : two('日本国内用', 'For use in Japan');
  const facts = element('dl', 'facts', row('氏名', 'Name', p.name), row('生年月日', 'Date of birth', p.birth_date));
  if (p.passport) {
    facts.append(row('旅券の氏名', 'Name in passport', p.passport.name), row('旅券番号', 'Passport number', p.passport.number), row('国籍', 'Nationality', p.passport.nationality));
  }
  facts.append(row('市区町村', 'Municipality', two(p.municipality.name, p.municipality.name_en)));
  const doses = p.doses.map((d) => element('li', '', element('div', 'nth', two(`${d.number}回目`, `Dose ${d.number}`)), element('time', '', d.date),
    element('dl', 'facts', row('種類', 'Type', two(d.vaccine, d.vaccine_en)), row('メーカー', 'Manufacturer', two(d.manufacturer, d.manufacturer_en)),
      row('製品名', 'Product', two(d.product, d.product_en)), row('製造番号', 'Lot', d.lot), row('接種国', 'Country', d.country))));
  const all = element('article', 'paper', element('p', 'kind', kind), facts, element('ol', 'doses', ...doses));
  if (p.name_substituted) all.append(element('p', 'earlier', two('お名前の異体字は、印刷では通常の字形になります。', 'A variant character of the name is printed in its usual form.')));
  if (p.earlier_doses) all.append(element('p', 'earlier', two('直近5回分を表示しています。これより前にも接種記録があります。', 'The latest five are shown. There are earlier doses.')));
  return all;
}

function showPreview(reviewed) {
  state.sealed = reviewed.sealed_application;
  state.preview = reviewed.preview;
  $('preview').replaceChildren(paper(reviewed.preview));
  const until = Date.parse(reviewed.expires_at);
  const tick = () => {
    const s = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    const left = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
    $('left').replaceChildren(s > 0 ? two(`残り ${left}`, `${left} left`) : two('有効時間が過ぎました。', 'The time is up.'));
  };
  clearInterval(state.clock);
  state.clock = setInterval(tick, 1000);
  tick();
  go('preview');
}

// issue shows the certificate only to the one who asked: whoever has begun anew
// meanwhile, or is somebody else, gets nothing of it.
async function issue() {
  const { sealed, device, preview } = state;
  const running = new AbortController();
  state.running = running;
  go('issuing');
  try {
    const began = Date.now();
    const c = await (await call('/app/v1/certificates', { sealed_application: sealed, device, pdf: true }, running.signal)).json();
    await pause(Math.max(0, 600 - (Date.now() - began)));
    if (running.signal.aborted || state.sealed !== sealed) return;
    clearInterval(state.clock);
    await showCertificate(c, preview, running.signal);
  } catch (err) {
    if (!running.signal.aborted) refuse(err);
  }
}

async function showCertificate(c, preview, signal) {
  state.certificate = c;
  $('tabs').hidden = !c.vdsnc;
  await selectCode('shc');
  if (signal.aborted || state.certificate !== c) return;
  const about = element('p', 'number', element('span', '', two('証明書ID', 'Certificate ID')), element('code', '', c.certificate_id));
  $('issued').replaceChildren(about, paper(preview));
  const pdf = keep(decode(c.pdf), 'application/pdf');
  $('open-pdf').href = $('save-pdf').href = pdf;
  $('save-pdf').download = 'certificate.pdf';
  $('save-shc').href = keep(c.shc.file, 'application/smart-health-card');
  $('save-shc').download = 'certificate.smart-health-card';
  $('deep-link').href = c.shc.deep_link;
  $('deep-link-host').textContent = new URL(c.shc.deep_link).host;
  go('done');
}

async function selectCode(which) {
  const c = state.certificate;
  for (const name of ['shc', 'vdsnc']) {
    $('tab-' + name).setAttribute('aria-selected', String(name === which));
    $('tab-' + name).tabIndex = name === which ? 0 : -1;
  }
  const picture = await (await call('/demo/qr', { text: which === 'shc' ? c.shc.qr : c.vdsnc })).blob();
  if (state.certificate !== c) return;
  $('qr').src = keep(picture, 'image/png');
  $('qr').dataset.shows = which;
  $('qr').alt = which === 'shc' ? 'SMART Health Cards' : 'ICAO VDS-NC';
  $('code-note').replaceChildren(which === 'shc' ? two('SMART Health Cards(国内・海外)', 'SMART Health Card') : two('ICAO VDS-NC(海外)', 'ICAO VDS-NC, for travel'));
  await $('qr').decode().catch(() => {});
  fit($('qr'));
}

// fit shows the symbol, drawn with four pixels a module, with a whole number of
// pixels a module: uneven ones are hard to read.
function fit(picture) {
  const modules = picture.naturalWidth / 4;
  const room = Math.min(372, document.documentElement.clientWidth);
  picture.width = picture.height = modules * Math.max(1, Math.floor(room / modules));
}

async function discard() {
  go('issuing');
  try {
    await call('/app/v1/applications/discard', { sealed_application: state.sealed, device: state.device });
    forget();
    go('discarded');
  } catch (err) { refuse(err); }
}

// ---- refusals

function refuse(err) {
  if (!(err instanceof Refusal)) err = new Refusal(unreachable);
  clearInterval(state.clock);
  state.refusal = err.problem;
  showRefusal(err.problem);
  go('refused');
}

function showRefusal(p) {
  const [first, second] = inJapanese() ? ['ja', 'en'] : ['en', 'ja'];
  const title = { ja: p.title, en: p.title_en };
  for (const [id, text, lang] of [['refused-title', title[first], first], ['refused-title-2', title[second], second],
    ['refused-next', p.next[first], first], ['refused-next-2', p.next[second], second]]) {
    $(id).textContent = text;
    $(id).setAttribute('data-lang', lang);
  }
  $('refused-code').textContent = p.code;
  $('refused-id').textContent = p.request_id || '';
}

// chooseAgain goes to where the refusal can be mended.
function chooseAgain() {
  const code = state.refusal?.code || '';
  state.refusal = null;
  if (/^(no_record|municipality_|record_needs|counter_only|out_of_hours)/.test(code) && state.kind) showTowns();
  else if (code.startsWith('passport_') && state.kind === 'overseas') showPassport();
  else if (/^(pin_|card_|challenge_|unavailable|unreachable|internal)/.test(code) && state.town) go('tap');
  else restart('kind');
}

function restart(screen = 'start') {
  const { sealed, device, certificate } = state;
  if (sealed && !certificate) call('/app/v1/applications/discard', { sealed_application: sealed, device }).catch(() => {}); // it expires by itself, too
  state.running?.abort();
  forget();
  go(screen);
  if (screen === 'start') showService();
}

// ---- the desk

function chooseResident(id) {
  const r = state.residents.find((x) => x.id === id);
  if (!r) return;
  restart();
  state.resident = r;
  for (const b of document.querySelectorAll('[data-resident]')) b.setAttribute('aria-pressed', String(b.dataset.resident === id));
  $('open-desk-name').textContent = `${r.name} (${r.id})`;
  $('card-name').textContent = r.name;
  $('card-town').replaceChildren(two(r.municipality.name, r.municipality.name_en));
  $('card-pin').textContent = $('open-desk-pin').textContent = r.pin;
  $('unblock').hidden = true;
  $('passport').hidden = !r.mrz;
  $('no-passport').hidden = Boolean(r.mrz);
  $('passport-1').textContent = r.mrz ? r.mrz[0] : '';
  $('passport-2').textContent = r.mrz ? r.mrz[1] : '';
  const say = (code, ja, en) => (code === 'issued' ? [ja, en] : [code, code]);
  const [dj, de] = say(r.expected.domestic, '発行', 'issued');
  const [oj, oe] = say(r.expected.overseas, '発行', 'issued');
  $('outcome').replaceChildren(two(`想定される結果: 国内用 ${dj}、海外用 ${oj}`, `Expected: domestic ${de}, overseas ${oe}`));
  document.body.classList.remove('sheet');
}

function find() {
  const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const li of $('residents').children) {
    li.hidden = !words.every((w) => li.dataset.find.includes(w));
    if (!li.hidden) shown++;
  }
  $('nobody').hidden = shown > 0;
}

async function unblock() {
  await call(`/demo/cards/${encodeURIComponent(state.resident.id)}/unblock`, {});
  $('unblock').hidden = true;
  speak('ロックが解除されました', 'Unblocked');
}

// ---- start

function listen() {
  const on = (id, f) => $(id).addEventListener('click', f);
  on('tongue', () => setLanguage(inJapanese() ? 'en' : 'ja'));
  on('back', () => { const to = previous[state.screen](); to === 'start' ? restart() : to === 'passport' ? showPassport() : go(to); });
  on('begin', () => go('kind'));
  for (const b of document.querySelectorAll('[data-kind]')) b.addEventListener('click', () => chooseKind(b.dataset.kind));
  on('scan', scan);
  on('rescan', () => { state.mrz = null; showPassport(); });
  on('passport-next', showTowns);
  on('without-passport', showTowns);
  on('tap', tap);
  $('keypad').addEventListener('click', (e) => { const k = e.target.closest('[data-key]'); if (k) press(k.dataset.key); });
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.('input')) return;
    if (/^[0-9]$/.test(e.key)) press(e.key);
    else if (e.key === 'Backspace') press('back');
  });
  on('cancel', () => { state.running?.abort(); go('tap'); });
  on('issue', issue);
  on('discard', discard);
  for (const name of ['shc', 'vdsnc']) on('tab-' + name, () => selectCode(name).catch(refuse));
  $('tabs').addEventListener('keydown', (e) => {
    if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
    const other = document.querySelector('#tabs [aria-selected="false"]');
    other.focus();
    other.click();
  });
  on('finish', () => restart());
  on('again', () => restart());
  on('start-again', () => restart());
  on('try-again', chooseAgain);
  on('unblock', () => unblock().catch(refuse));
  $('search').addEventListener('input', find);
  $('residents').addEventListener('click', (e) => { const b = e.target.closest('[data-resident]'); if (b) chooseResident(b.dataset.resident); });
  on('open-desk', () => { document.body.classList.add('sheet'); $('search').focus(); });
  on('close-desk', () => { document.body.classList.remove('sheet'); $('open-desk').focus(); });
  document.addEventListener('keydown', (e) => { if (e.key === 'Escape') document.body.classList.remove('sheet'); });
}

async function start() {
  forget();
  setLanguage('ja');
  listen();
  state.residents = (await (await call('/demo/residents')).json()).residents;
  chooseResident(state.residents[0].id);
  document.body.dataset.ready = 'yes';
}

start().catch(refuse);
