// SPDX-License-Identifier: Apache-2.0
//
// The hands: who is at the machine, their card, coins and paper, what can go
// wrong with a machine, and what can be arranged at the centre. None of it is
// part of the terminal.

import { Card } from './card.js';

const $ = (id) => document.getElementById(id);

async function post(path, body) {
  const res = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, cache: 'no-store', body: JSON.stringify(body) });
  return res.status === 204 || !res.ok ? null : res.json();
}

export class Hands {
  #papers = [];
  #closures = [];
  #arranged = {};

  constructor(machine, screen, residents) {
    Object.assign(this, { machine, screen, residents });
    for (const b of document.querySelectorAll('[data-hand]')) b.addEventListener('click', () => this.do(b.dataset.hand, b.dataset.with));
    for (const b of document.querySelectorAll('[data-resident]')) b.addEventListener('click', () => this.choose(b.dataset.resident));
    $('search').addEventListener('input', () => this.#find());
    $('waits').addEventListener('change', (e) => { machine.waits = e.target.checked; });
    $('cut').addEventListener('change', (e) => { machine.line.cut = e.target.checked; });
    $('mute').addEventListener('change', (e) => screen.silence(e.target.checked));
    machine.addEventListener('log', (e) => this.#log(e.detail));
    machine.addEventListener('change', () => this.look());
    this.choose(residents[0].id);
  }

  choose(id) {
    this.resident = this.residents.find((r) => r.id === id) ?? this.resident;
    const r = this.resident;
    for (const b of document.querySelectorAll('[data-resident]')) b.setAttribute('aria-pressed', String(b.dataset.resident === r.id));
    $('who').textContent = r.name;
    $('where').textContent = r.municipality.name;
    $('pin').textContent = r.pin;
  }

  do(hand, what) {
    const { machine } = this;
    switch (hand) {
      case 'card': return machine.units.card ? machine.takeCard() : this.#place('own');
      case 'place': return this.#place($('card-kind').value);
      case 'take': return machine.takeCard();
      case 'coin': return machine.insert(Number(what)) || this.#flash('coins');
      case 'paper': return this.#take();
      case 'put-away': return this.#putAway();
      case 'next': machine.units.next = what; return this.look();
      case 'printer': case 'coins': case 'reader': return machine.set(hand, what);
      case 'stuck': machine.units.stuck = 10; return this.look();
      case 'mend': return this.#mend();
      case 'spoil': return machine.spoil();
      case 'give-up': return machine.line.giveUp();
      case 'walk-away': return machine.timeOut();
      case 'power': return machine.power ? machine.switchOff() : machine.switchOn();
      case 'unblock': return post(`/demo/cards/${encodeURIComponent(this.resident.id)}/unblock`, {});
      case 'arrange': return this.#arrange(JSON.parse(what));
      case 'busy': return this.#crowd();
      case 'close': return this.#close(what);
      case 'reset': return this.#reset();
    }
    return undefined;
  }

  #place(kind) { return this.machine.placeCard(new Card(this.resident, kind)) || this.#flash('reader'); }

  #mend() {
    Object.assign(this.machine.units, { next: '', stuck: 0, coins: 'ok', reader: 'ok' });
    this.machine.set('printer', 'ok');
  }

  // ---- paper in the hand

  // papers are the sheets in the hand, as PDF.
  papers() { return this.#papers.map((p) => p.blob); }

  #take() {
    const taken = this.machine.takePaper();
    if (!taken.length) { this.#flash('tray'); return; }
    this.#putAway();
    this.#papers = taken;
    const [first] = taken; // all copies are alike
    $('open-paper').href = first.url;
    $('how-many').textContent = `× ${taken.length}`;
    if (navigator.pdfViewerEnabled) {
      const frame = document.createElement('iframe');
      Object.assign(frame, { src: `${first.url}#toolbar=0&navpanes=0&view=FitH`, title: 'A4 (PDF)', className: 'sheet' });
      $('sheet').replaceChildren(frame);
    }
    $('paper').hidden = false;
  }

  #putAway() {
    $('sheet').replaceChildren();
    $('open-paper').removeAttribute('href');
    $('paper').hidden = true;
    for (const p of this.#papers.splice(0)) p.destroy();
  }

  // ---- the centre

  async #arrange(change) {
    this.#arranged = { ...this.#arranged, ...change };
    await post('/demo/kiosk/arrangement', this.#arranged);
  }

  // crowd lets one person in at a time, and another terminal's be that one.
  async #crowd() {
    await this.#arrange({ max_sessions: 1 });
    await post('/demo/kiosk/demo-3/sessions', { protocol: ['1.0'], software: this.machine.software, language: 'ja', hardware: { reader: 'ok', printer: 'ok', coins: 'ok', speaker: 'none' } });
  }

  async #close(reason) {
    const all = reason === 'maintenance';
    const closed = await post('/demo/kiosk/closures', {
      reason, municipality: all ? '' : this.resident.municipality.code, minutes: 120,
      ja: all ? 'システムの定期点検を行っています。' : '接種記録を点検しています。', en: all ? 'The system is being checked.' : 'The records are being checked.',
    });
    if (closed) this.#closures.push(closed.id);
  }

  async #reset() {
    for (const id of this.#closures.splice(0)) await post(`/demo/kiosk/closures/${id}/lift`, {});
    this.#arranged = {};
    await post('/demo/kiosk/arrangement', {});
  }

  // ---- what is to be seen

  // look brings the machine's parts, and what is said of them, up to date.
  look() {
    const { units, shown, power, line } = this.machine;
    const cues = shown?.cues ?? { lamp: 'off', shutter: 'closed', printer: 'idle', reader: 'off', coins: 'closed' };
    Object.assign($('deck').dataset, { lamp: cues.lamp, shutter: cues.shutter, printer: cues.printer, reader: cues.reader, coins: cues.coins, sound: cues.sound ?? 'none' });
    $('machine').classList.toggle('alarm', cues.sound === 'alarm');
    $('machine').dataset.lamp = cues.lamp;
    $('reader').toggleAttribute('data-card', Boolean(units.card));
    $('tray').dataset.sheets = units.tray.length;
    $('display').textContent = String(units.escrow);
    $('in-slot').textContent = units.card ? units.card.resident.name : '—';
    $('escrow').textContent = `¥${units.escrow}`;
    $('in-tray').textContent = String(units.tray.length);
    $('faults').textContent = [units.printer, units.next && `(${units.next})`, units.coins !== 'ok' && 'coins', units.stuck && 'stuck'].filter((x) => x && x !== 'ok').join(' ') || '—';
    $('cut').checked = line.cut;
    $('power').setAttribute('aria-pressed', String(!power));
  }

  #flash(part) {
    const e = $(part);
    e.classList.remove('no');
    void e.offsetWidth; // begins the animation anew
    e.classList.add('no');
  }

  #find() {
    const words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const li of $('residents').children) li.hidden = !words.every((w) => li.dataset.find.includes(w));
  }

  #log({ number, type, screen, took }) {
    const li = document.createElement('li');
    li.textContent = `${number} ${type} → ${screen} ${took} ms`;
    $('log').prepend(li);
    while ($('log').children.length > 40) $('log').lastChild.remove();
  }
}
