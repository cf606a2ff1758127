// SPDX-License-Identifier: Apache-2.0
//
// A kiosk in a browser: a machine that speaks the protocol of the centre, the
// screen it shows, and the hands of whoever stands before it.

import { Hands } from './hands.js';
import { Machine } from './machine.js';
import { Screen } from './screen.js';

const $ = (id) => document.getElementById(id);

function show(machine, screen) {
  const { shown, power, busy } = machine;
  $('machine').dataset.state = !power ? 'dark' : shown ? 'on' : 'idle';
  $('screen').hidden = !power || !shown;
  $('idle').hidden = !power || Boolean(shown);
  $('dark').hidden = power;
  screen.busy(busy);
}

// software is what the terminal says of itself; its configuration is its name.
async function software(terminal) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(terminal));
  return { name: 'kofu-demo-page', version: '1.0', config: Array.from(new Uint8Array(digest), (b) => b.toString(16).padStart(2, '0')).join('') };
}

async function start() {
  const terminal = new URLSearchParams(location.search).get('terminal') ?? 'demo-1';
  const { terminals } = await (await fetch('/demo/kiosk/screens', { cache: 'no-store' })).json();
  const { residents } = await (await fetch('/demo/residents', { cache: 'no-store' })).json();
  for (const id of terminals) $('terminal').add(new Option(id, id, id === terminal, id === terminal));
  $('terminal').addEventListener('change', (e) => { location.search = `?terminal=${e.target.value}`; });

  const machine = new Machine(terminal, await software(terminal));
  const screen = new Screen(machine);
  const hands = new Hands(machine, screen, residents);
  machine.addEventListener('change', ({ detail }) => {
    if (detail === 'screen') screen.show(machine.shown);
    if (detail === 'idle') { $('unreachable').hidden = true; document.documentElement.lang = 'ja'; }
    if (detail === 'unreachable') $('unreachable').hidden = false;
    show(machine, screen);
  });
  for (const b of document.querySelectorAll('[data-start]')) b.addEventListener('click', () => !machine.busy && machine.open(b.dataset.start));
  for (const b of document.querySelectorAll('[data-digit]')) b.addEventListener('click', () => screen.press(b.dataset.digit));
  globalThis.kiosk = { machine, screen, hands }; // for who drives the page by a program
  await machine.switchOn();
  hands.look();
  document.body.dataset.ready = 'yes';
}

start();
