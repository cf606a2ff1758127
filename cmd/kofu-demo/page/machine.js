// SPDX-License-Identifier: Apache-2.0
//
// The machine: it shows what the centre says, does what its cues say, and
// tells what happens at its units. It knows no flow and no words.

import { Fault } from './card.js';
import { Line } from './line.js';
import { decode, Paper, unseal } from './paper.js';

const quick = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
const pause = (ms) => new Promise((done) => setTimeout(done, quick() ? 0 : ms));

// Journal is what outlives a power cut: session, number, escrow, sheets, what
// became of the coins, and nothing else.
class Journal {
  constructor(terminal) { this.key = `kofu-kiosk-journal-${terminal}`; }
  get() { return JSON.parse(localStorage.getItem(this.key) ?? 'null'); }
  set(entry) { localStorage.setItem(this.key, JSON.stringify(entry)); }
  clear() { localStorage.removeItem(this.key); }
}

export class Machine extends EventTarget {
  // what is there with or without power
  units = { card: null, reader: 'ok', coins: 'ok', escrow: 0, stuck: 0, kept: 0, returned: 0, printer: 'ok', next: '', tray: [] };
  waits = false; // the hands keep the machine from its work
  power = false;

  constructor(terminal, software) {
    super();
    this.line = new Line(terminal);
    this.journal = new Journal(terminal);
    this.software = software;
    this.#forget();
  }

  // ---- power

  async switchOn() {
    this.power = true;
    const kept = this.journal.get();
    if (!kept) { this.#tell('idle'); return; }
    this.units.escrow = kept.escrow;
    this.#printed = kept.sheets;
    this.#settled = kept.settled ?? null;
    this.#tell('idle');
    await this.#restart(kept);
  }

  switchOff() {
    this.power = false;
    this.line.giveUp();
    this.#forget();
    this.#tell('dark');
  }

  #forget() {
    clearTimeout(this.clock);
    this.#wipe();
    Object.assign(this, { answer: null, shown: null, session: '', number: 0, offline: false, busy: false, deadline: 0, told: false });
    this.era = (this.era ?? 0) + 1; // what is still under way belongs to an earlier one
    this.#todo = [];
    this.#printed = [];
    this.#settled = null;
    this.#job = null;
    this.#last = Promise.resolve();
  }

  #sheet = null;
  #held = {};
  #todo = [];
  #printed = [];
  #settled = null; // what became of the coins
  #job = null;
  #last = Promise.resolve();

  // memory says what is held, for those who look whether it is wiped.
  get memory() { return { ...Object.fromEntries(Object.entries(this.#held).map(([k, v]) => [k, v.length])), sheet: this.#sheet?.length ?? 0 }; }

  #wipe() {
    this.#sheet?.fill(0);
    this.#sheet = null;
    this.#held = {};
  }

  // spoil alters what is held by one character, as a fault in memory would.
  spoil() {
    for (const [k, v] of Object.entries(this.#held)) {
      const at = v.length >> 1;
      this.#held[k] = v.slice(0, at) + (v[at] === 'A' ? 'B' : 'A') + v.slice(at + 1);
    }
  }

  // ---- the centre

  async open(language) {
    const { reader, printer, coins } = this.units;
    await this.#exchange('', {
      protocol: ['1.0'], software: this.software, language,
      hardware: { reader, printer: printer === 'jam' || printer === 'broken' ? 'fault' : printer, coins, speaker: 'speechSynthesis' in globalThis ? 'ok' : 'none' },
    });
  }

  // send tells the centre of one event after the other, where it is still so
  // by then.
  send(event, still = () => true) {
    const era = this.era;
    this.#last = this.#last.then(async () => {
      if (era !== this.era || !this.session || this.offline || !still()) return;
      const body = { number: this.number + 1, ...this.#counted(), ...event };
      if (this.#held.application) body.application = this.#held.application;
      await this.#exchange(this.session, body);
    });
    return this.#last;
  }

  // counted goes with every event while coins are taken, or sheets printed.
  #counted() {
    const { cues, input } = this.shown;
    return { ...(cues.coins === 'open' && { escrow_yen: this.units.escrow }), ...((input === 'sheets' || input === 'printer') && { printed: this.#printed }) };
  }

  async #exchange(session, body) {
    const era = this.era;
    this.busy = true;
    this.#tell('busy');
    const began = performance.now();
    const { answer, problem } = await this.line.send(session, body);
    if (era !== this.era) return false;
    this.busy = false;
    this.#log(body, answer?.screen.id ?? problem?.code ?? 'offline', performance.now() - began);
    if (answer) await this.#obey(answer);
    else if (problem) this.#tell('busy');
    else this.#alone(session);
    return Boolean(answer);
  }

  #log(body, screen, took) {
    this.dispatchEvent(new CustomEvent('log', { detail: { number: body.number ?? 0, type: body.type ?? 'open', screen, took: Math.round(took) } }));
  }

  #tell(name) { this.dispatchEvent(new CustomEvent('change', { detail: name })); }

  async #obey(answer) {
    Object.assign(this, { answer, session: answer.session, number: answer.number, offline: false });
    if (answer.drop) this.#wipe();
    for (const [name, value] of Object.entries(answer.hold ?? {})) if (value) this.#held[name] = value;
    if (answer.hold?.certificate) delete this.#held.application; // it was made into the certificate
    if (answer.release) await this.#release(answer.release);
    if (answer.over) this.journal.clear();
    else this.#note();
    this.#show(answer.screen, answer.over);
  }

  async #release({ key, sheets }) {
    this.#todo = sheets;
    if (!key) return;
    try { this.#sheet = await unseal(this.#held.certificate, decode(key)); } catch { this.units.printer = 'broken'; }
  }

  #note() {
    this.journal.set({ session: this.session, number: this.number, escrow: this.units.escrow, sheets: this.#printed, ...(this.#settled && { settled: this.#settled }) });
  }

  // show obeys a screen, and waits as long as it says.
  #show(screen, over) {
    this.shown = screen;
    if (screen.cues.printer === 'retract') this.#takeAway();
    clearTimeout(this.clock);
    this.deadline = Date.now() + screen.timeout.seconds * 1000;
    this.clock = setTimeout(() => this.timeOut(), screen.timeout.seconds * 1000);
    this.#tell('screen');
    if (!over) this.#work();
  }

  // timeOut is what the end of the screen's time brings about.
  timeOut() {
    clearTimeout(this.clock);
    if (!this.shown) return Promise.resolve();
    if (this.answer.over) this.#end();
    if (!this.shown || this.offline) return Promise.resolve();
    const { shown } = this;
    return this.send({ type: 'timed_out' }, () => this.shown === shown);
  }

  #end() {
    this.#takeAway();
    this.#forget();
    this.#tell('idle');
  }

  // ---- without the centre

  #alone(session) {
    if (!session || !this.answer) { this.#forget(); this.#tell('unreachable'); return; }
    const screen = this.answer.offline;
    this.offline = true;
    this.#job = null;
    this.shown = screen;
    clearTimeout(this.clock);
    this.deadline = 0;
    this.#tell('screen');
    this.#settleAlone(screen.cues);
    this.#callAgain();
  }

  async #settleAlone(cues) {
    if (cues.printer === 'print' && this.#sheet) await this.#print();
    if (cues.coins === 'return' && this.units.escrow) this.#settle(0, this.units.escrow);
    if (cues.coins === 'settle' && !this.#settled) this.#settle(this.shown.fee.capture_yen, this.shown.fee.return_yen);
    this.#wipe();
    this.#note();
    this.#tell('units');
  }

  // callAgain tells, once the line is there again, what has become of coins
  // and sheets meanwhile.
  async #callAgain() {
    const era = this.era;
    while (era === this.era && this.offline && this.line.cut) await new Promise((done) => setTimeout(done, 200));
    if (era === this.era && this.offline) await this.#restart(this.journal.get());
  }

  // restart tells what the journal says. Whether the last event arrived is not
  // known, so that one of two numbers is right.
  async #restart(kept) {
    const era = this.era;
    this.session = kept.session;
    for (const number of [kept.number + 1, kept.number + 2]) {
      const body = { number, type: 'restarted', escrow_yen: kept.escrow, printed: kept.sheets, ...kept.settled, card_in: Boolean(this.units.card) };
      this.busy = true;
      this.#tell('busy');
      const { answer, problem } = await this.line.send(kept.session, body);
      if (era !== this.era) return;
      this.busy = false;
      this.#log(body, answer?.screen.id ?? problem?.code ?? 'offline', 0);
      if (answer) { this.told = body.card_in; await this.#obey(answer); return; }
      if (!problem) { setTimeout(() => era === this.era && this.#restart(kept), 1000); return; }
      if (problem.code !== 'out_of_step') break;
    }
    if (!this.#settled) this.#settle(0, this.units.escrow); // nobody knows this session any more
    this.journal.clear();
    this.#end();
  }

  // ---- the units

  // work does what the screen waits for, where that is the machine's part.
  #work() {
    if (this.#job || this.offline) return;
    const act = this.#part();
    if (!act) return;
    const job = act().then((event) => {
      if (job !== this.#job) return; // given up meanwhile
      this.#job = null;
      if (!event) this.#work();
      else this.send(event, () => event.type !== 'card_read' || this.shown.input === 'card_read');
    });
    this.#job = job;
  }

  // part finds what there is to do: what the centre does not know yet comes
  // first.
  #part() {
    const { card } = this.units;
    const input = this.shown.input;
    if (Boolean(card) !== this.told) {
      return async () => {
        this.told = Boolean(card);
        return { type: card ? 'card_placed' : 'card_removed' };
      };
    }
    switch (input) {
      case 'pin': return card && !card.seen ? () => this.#look(card) : null;
      case 'card_read': return () => this.#read(card);
      case 'coins': return this.#payable();
      case 'sheets': return () => this.#printAll();
      case 'settle': return () => this.#settleAll();
      case 'card_out': return card ? null : async () => ({ type: 'card_removed' });
      case 'paper_out': return this.units.tray.length ? null : async () => ({ type: 'paper_taken' });
    }
    return null;
  }

  // ready waits as long as the hands keep the machine from its work, and
  // reports whether it is still to be done.
  async #ready(ms, vain = () => false) {
    const { era, shown: { input } } = this;
    await pause(ms);
    while (this.waits && !vain()) await new Promise((done) => setTimeout(done, 30));
    return era === this.era && !this.offline && this.shown.input === input && !vain();
  }

  async #look(card) {
    card.seen = true;
    await pause(400);
    try { card.look(); } catch (err) { return { type: 'card_fault', fault: err.fault }; }
    return null;
  }

  async #read(card) {
    if (!await this.#ready(1200, () => card !== this.units.card)) return null; // its removal is told
    try {
      return { type: 'card_read', card: await card.read(this.answer.challenge.bytes) };
    } catch (err) {
      return { type: 'card_fault', fault: err instanceof Fault ? err.fault : 'unreadable' };
    }
  }

  #payable() {
    const { coins, printer, escrow } = this.units;
    if (coins !== 'ok') return async () => ({ type: 'coin_fault', escrow_yen: escrow });
    if (printer !== 'ok') return async () => ({ type: 'printer_fault', fault: printer, printed: this.#printed });
    return null;
  }

  async #printAll() {
    if (!await this.#ready(600)) return null;
    if (!this.#sheet) this.units.printer = 'broken';
    const whole = await this.#print();
    return whole ? { type: 'printed', printed: this.#printed } : { type: 'printer_fault', fault: this.units.printer, printed: this.#printed };
  }

  // print prints what is to be printed and is not out, up to the first fault.
  async #print() {
    for (const n of this.#todo) {
      if (this.#printed.includes(n)) continue;
      await pause(1400);
      if (this.units.next) [this.units.printer, this.units.next] = [this.units.next, ''];
      if (this.units.printer !== 'ok' || !this.#sheet) return false;
      if (this.#printed.includes(n)) continue; // by who prints without the centre
      this.units.tray.push(new Paper(n, this.#sheet));
      this.#printed = [...this.#printed, n].sort((a, b) => a - b);
      this.#note();
      this.#tell('units');
    }
    return true;
  }

  async #settleAll() {
    if (!await this.#ready(900)) return null;
    const { fee } = this.shown;
    return { type: 'fee_settled', ...this.#settle(fee.capture_yen, fee.return_yen) };
  }

  // settle moves coins, and returns what has really moved: what is stuck, is
  // not returned.
  #settle(capture, giveBack) {
    const u = this.units;
    const returned = Math.max(0, giveBack - u.stuck);
    u.stuck = 0;
    u.escrow = Math.max(0, u.escrow - capture - giveBack);
    u.kept += capture;
    u.returned += returned;
    this.#settled = { captured_yen: capture, returned_yen: returned };
    this.#note();
    this.#tell('units');
    return this.#settled;
  }

  #takeAway() { for (const p of this.units.tray.splice(0)) p.destroy(); }

  // ---- what hands do

  touch(choice) {
    if (this.busy) return Promise.resolve();
    const event = { type: 'choose', choice };
    if (choice === 'print' && this.#held.receipt) event.receipt = this.#held.receipt;
    return this.send(event);
  }

  adjust(field, value) {
    if (this.offline) { // what needs no words can still be changed
      this.shown = { ...this.shown, display: { ...this.shown.display, [field]: value } };
      this.#tell('screen');
      return Promise.resolve();
    }
    return this.send({ type: 'adjust', settings: { [field]: value } });
  }

  placeCard(card) {
    if (this.units.card) return false;
    this.units.card = card;
    this.#noticed();
    return true;
  }

  takeCard() {
    const { card } = this.units;
    if (!card) return false;
    card.leave();
    this.units.card = null;
    this.#noticed();
    return true;
  }

  async enterPIN(pin) {
    const { card } = this.units;
    if (!card || this.shown?.input !== 'pin') return;
    try {
      const left = await card.verify(pin);
      await this.send(left < 0 ? { type: 'pin_verified' } : { type: 'pin_refused', tries_left: left });
    } catch (err) {
      await this.send({ type: 'card_fault', fault: err instanceof Fault ? err.fault : 'unreadable' });
    }
  }

  // insert drops a coin in. A slot that is closed lets it fall through.
  insert(yen) {
    if (this.shown?.cues.coins !== 'open' || this.units.coins !== 'ok' || !this.power) return false;
    this.units.escrow += yen;
    this.#note();
    this.#tell('units');
    this.send({ type: 'coins_in', escrow_yen: this.units.escrow, ...(this.#held.receipt && { receipt: this.#held.receipt }) });
    return true;
  }

  // takePaper takes what lies in the open tray.
  takePaper() {
    if (this.shown?.cues.shutter !== 'open') return [];
    const taken = this.units.tray.splice(0);
    this.#noticed();
    return taken;
  }

  // set breaks a unit, or mends it.
  set(unit, state) {
    this.units[unit] = state;
    if (unit === 'printer' && state === 'ok' && this.shown?.input === 'printer') this.send({ type: 'printer_ready' });
    else if (unit === 'printer' && state !== 'ok' && this.shown?.input === 'printer') this.send({ type: 'printer_fault', fault: state, printed: this.#printed });
    this.#noticed();
  }

  // noticed lets the machine find out what has changed at its units.
  #noticed() {
    this.#tell('units');
    if (this.session && this.shown && !this.answer?.over && !this.busy) this.#work();
  }
}
