// SPDX-License-Identifier: Apache-2.0
//
// The terminal's line to the centre: bodies go out as they are, and the same
// body goes again until there is an answer. The demo adds the terminal's
// certificate on the way.

export const offlineAfter = 20_000; // ms
const onceMore = 1000;
const oneTry = 10_000;

// what is no answer: the line, a centre that is not ready, or one still at it
const again = (status, code) => status >= 500 || status === 429 || code === 'in_progress';

export class Line {
  cut = false; // by the hands
  #enough = null; // ends the waiting early

  constructor(terminal) { this.terminal = terminal; }

  // giveUp lets the centre be out of reach at once, where 20 s would pass.
  giveUp() { this.#enough?.(); }

  // send returns {answer}, {problem}, or {} when nothing was heard for 20 s.
  async send(session, body) {
    const path = `/demo/kiosk/${this.terminal}/sessions` + (session ? `/${session}/events` : '');
    const text = JSON.stringify(body);
    const over = new Promise((done) => {
      const timer = setTimeout(done, offlineAfter);
      this.#enough = () => { clearTimeout(timer); done(); };
    }).then(() => 'over');
    try {
      for (;;) {
        const heard = await Promise.race([this.#once(path, text), over]);
        if (heard === 'over') return {};
        if (heard) return heard;
        if (await Promise.race([new Promise((done) => setTimeout(done, onceMore)), over]) === 'over') return {};
      }
    } finally { this.giveUp(); }
  }

  // once returns null for no answer.
  async #once(path, text) {
    if (this.cut) return null;
    try {
      const res = await fetch(path, {
        method: 'POST', body: text, headers: { 'Content-Type': 'application/json' }, cache: 'no-store', credentials: 'omit',
        referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(oneTry),
      });
      const said = await res.json();
      if (this.cut) return null; // it was cut before the answer came
      if (res.ok) return { answer: said };
      return again(res.status, said.code) ? null : { problem: said };
    } catch { return null; }
  }
}
