// SPDX-License-Identifier: Apache-2.0
//
// Draws a screen document as it is. Every word comes from the document; what
// is drawn beside words follows from its input, cues and sums, never from
// which screen it is.

const $ = (id) => document.getElementById(id);

function element(name, className, ...children) {
  const e = document.createElement(name);
  if (className) e.className = className;
  e.append(...children);
  return e;
}

// tag is the BCP 47 tag that browsers and voices know.
export const tag = (language) => (language.startsWith('ja') ? 'ja' : language);

const yen = (n) => `¥${n.toLocaleString('en')}`;

function picture(name, className) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', className);
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#pic-${name}`);
  svg.append(use);
  return svg;
}

// pictured is what is drawn for what the machine waits for.
function pictured({ input, cues }) {
  const by = {
    card: 'place', card_out: 'take-card', card_read: 'read', coins: 'coins', sheets: 'print', printer: 'mend', settle: 'settle', paper_out: 'take-paper',
  };
  return by[input] ?? (cues.lamp === 'help' ? 'staff' : null);
}

export class Screen {
  #digits = '';
  #before = '';

  constructor(machine) {
    this.machine = machine;
    setInterval(() => this.#tick(), 200);
    document.addEventListener('keydown', (e) => this.#key(e));
  }

  show(s) {
    const { machine } = this;
    const glass = $('screen');
    const root = document.documentElement;
    root.lang = tag(s.language);
    document.title = `${s.title} — kofu`;
    Object.assign(glass.dataset, { screen: s.id, language: s.language, ...s.display, input: s.input, number: machine.number, over: Boolean(machine.answer.over), offline: machine.offline });
    glass.lang = root.lang;
    const focused = document.activeElement?.dataset?.key;
    this.#settings(s);
    $('title').textContent = s.title;
    $('body').replaceChildren(...s.body.map((line) => element('p', '', line)));
    const name = pictured(s);
    $('picture').replaceChildren(...(name ? [picture(name, `picture ${name}`)] : []));
    this.#content(s.content);
    this.#fee(s.fee);
    this.#pad(s);
    this.#choices(s.choices);
    this.#caption(s);
    this.#fit();
    const next = focused && glass.querySelector(`[data-key="${focused}"]`);
    const same = this.#before === s.id;
    this.#before = s.id;
    if (next && same) next.focus({ preventScroll: true });
    else if (!same) {
      $('title').focus({ preventScroll: true });
      $('machine').scrollIntoView({ block: 'start' });
    }
    this.#tick();
  }

  // fit makes the type smaller, down to three quarters, where a screen would
  // not fit a kiosk's glass; in a smaller window the page scrolls instead.
  #fit() {
    const glass = $('screen');
    for (let shrink = 1; shrink >= 0.75; shrink -= 0.05) {
      glass.style.setProperty('--shrink', shrink.toFixed(2));
      if (innerHeight < 1200 || $('machine').offsetHeight <= innerHeight) return;
    }
  }

  busy(is) { $('screen').toggleAttribute('data-busy', is); }

  #settings(s) {
    const [language, ...others] = s.settings;
    $('languages').replaceChildren(...language.values.map((v) => this.#setting(language, v, s.language)));
    $('languages').setAttribute('aria-label', language.label);
    $('settings').replaceChildren(...others.map((f) => {
      const values = element('div', 'values', ...f.values.map((v) => this.#setting(f, v, s.display[f.id])));
      const label = element('span', 'label', f.label);
      label.id = `setting-${f.id}`;
      values.setAttribute('role', 'group');
      values.setAttribute('aria-labelledby', label.id);
      return element('div', 'field', label, values);
    }));
  }

  #setting(field, value, now) {
    const b = element('button', '', value.label);
    b.type = 'button';
    b.dataset.key = `${field.id}:${value.id}`;
    b.setAttribute('aria-pressed', String(value.id === now));
    if (field.id === 'language') {
      b.lang = tag(value.id);
      b.disabled = this.machine.offline; // other words are with the centre
    }
    b.addEventListener('click', () => this.machine.adjust(field.id, value.id));
    return b;
  }

  #choices(choices) {
    const button = (c) => {
      const b = element('button', `choice ${c.style}`, c.label);
      b.type = 'button';
      b.dataset.key = `choice:${c.id}`;
      b.dataset.choice = c.id;
      b.addEventListener('click', () => this.machine.touch(c.id));
      return b;
    };
    const main = choices.filter((c) => c.style === 'primary').map(button);
    $('choices').replaceChildren(...main);
    $('choices').dataset.many = main.length > 12 ? 'very' : String(main.length > 3);
    $('choices').hidden = main.length === 0;
    const aside = choices.filter((c) => c.style !== 'primary');
    $('asides').replaceChildren(...aside.filter((c) => c.style === 'cancel').map(button), ...aside.filter((c) => c.style !== 'cancel').map(button));
    $('asides').hidden = aside.length === 0;
  }

  #content(c) {
    const parts = [];
    if (c?.rows?.length) {
      parts.push(element('dl', 'rows', ...c.rows.map((r) => element('div', '', element('dt', '', r.label), element('dd', '', r.value)))));
    }
    if (c?.doses?.length) {
      const head = element('tr', '', ...c.dose_head.map((h) => { const th = element('th', '', h); th.scope = 'col'; return th; }));
      const rows = c.doses.map((d) => element('tr', '', ...d.map((v) => element('td', '', v))));
      parts.push(element('table', 'doses', element('thead', '', head), element('tbody', '', ...rows)));
    }
    if (c?.passport_last_four) parts.push(element('p', 'last-four', ...[...c.passport_last_four].map((x) => element('span', '', x))));
    parts.push(...(c?.notes ?? []).map((n) => element('p', 'note', n)));
    $('content').replaceChildren(...parts);
    $('content').hidden = parts.length === 0;
  }

  #fee(f) {
    const box = $('fee');
    box.hidden = f.state === 'none';
    box.dataset.state = f.state;
    const sum = (name, n) => element('span', `sum ${name}`, picture(name, 'mark'), element('b', '', yen(n)));
    const parts = [];
    if (f.state === 'due' || f.state === 'escrow') {
      const bar = element('span', 'bar', element('i', ''));
      bar.firstChild.style.width = `${Math.min(100, 100 * f.escrow_yen / Math.max(1, f.total_yen))}%`;
      parts.push(element('span', 'price', `${yen(f.per_copy_yen)} × ${f.copies} = `, element('b', '', yen(f.total_yen))), bar, element('span', 'in', `${yen(f.escrow_yen)} / ${yen(f.total_yen)}`));
    } else {
      if (f.capture_yen > 0) parts.push(sum('kept', f.capture_yen));
      if (f.return_yen > 0) parts.push(sum('back', f.return_yen));
    }
    box.replaceChildren(...parts);
  }

  // ---- PIN pad: what it hears is for the card

  #pad(s) {
    const on = s.input === 'pin';
    if (!on || this.#before !== s.id || this.tries !== s.tries_left) this.#digits = '';
    this.tries = s.tries_left;
    $('pad').hidden = !on;
    $('tries').replaceChildren(...(on && s.tries_left ? Array.from({ length: s.tries_left }, () => element('i', '')) : []));
    this.#dots();
  }

  #dots() { [...$('dots').children].forEach((dot, i) => dot.classList.toggle('on', i < this.#digits.length)); }

  #key(e) {
    if ($('pad').hidden || e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.('input, select, .hands')) return;
    if (/^[0-9]$/.test(e.key)) this.press(e.key);
    else if (e.key === 'Backspace') this.press('back');
  }

  async press(key) {
    if (this.#digits.length === 4 || this.machine.busy) return;
    if (key === 'back') this.#digits = this.#digits.slice(0, -1);
    else this.#digits += key;
    this.#dots();
    if (this.#digits.length < 4) return;
    const pin = this.#digits;
    await this.machine.enterPIN(pin);
    this.#digits = '';
    this.#dots();
  }

  // ---- voice

  #caption(s) {
    if ($('caption').textContent === s.speech && this.spoken === s.language) return;
    this.spoken = s.language;
    $('caption').textContent = s.speech;
    this.#say(s);
  }

  #say(s) {
    const voice = globalThis.speechSynthesis;
    if (!voice || this.mute) return;
    voice.cancel();
    const words = new SpeechSynthesisUtterance(s.speech);
    words.lang = { ja: 'ja-JP', en: 'en-US', 'zh-Hans': 'zh-CN', ko: 'ko-KR', pt: 'pt-BR', vi: 'vi-VN' }[tag(s.language)] ?? tag(s.language);
    words.rate = s.language === 'ja-x-easy' || s.display.patience === 'long' ? 0.85 : 1;
    voice.speak(words);
  }

  silence(mute) {
    this.mute = mute;
    if (mute) globalThis.speechSynthesis?.cancel();
  }

  // ---- the time that is left

  #tick() {
    const { shown, deadline } = this.machine;
    const left = shown && deadline ? Math.max(0, Math.ceil((deadline - Date.now()) / 1000)) : 0;
    $('clock').hidden = !left;
    if (!left) return;
    const text = left >= 60 ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` : String(left);
    if ($('left').textContent !== text) $('left').textContent = text;
    $('clock').classList.toggle('short', left <= 10);
    $('ring').style.strokeDashoffset = String(100 - 100 * (deadline - Date.now()) / (shown.timeout.seconds * 1000));
  }
}
