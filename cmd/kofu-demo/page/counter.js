// SPDX-License-Identifier: Apache-2.0
//
// Keeps the codes on the page those that are good now.

const each = (selector, f) => document.querySelectorAll(selector).forEach(f);
const code = (m) => document.querySelector(`[data-code="${m.municipality}/${m.login}"]`);
let change = 0; // when the codes change

async function refresh() {
  const room = await (await fetch('/demo/counter/staff')).json();
  change = Date.now() + room.seconds * 1000;
  for (const m of room.logins) {
    const at = code(m);
    if (at && at.textContent !== m.code) at.textContent = m.code;
  }
}

async function tick() {
  if (document.hidden) return;
  if (Date.now() >= change) await refresh();
  each('[data-seconds]', (at) => { at.textContent = Math.max(1, Math.ceil((change - Date.now()) / 1000)); });
}

each('[data-later]', (button) => button.addEventListener('click', async () => {
  await fetch('/demo/later', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ seconds: Number(button.dataset.later) }) });
  change = 0;
  await tick();
}));
const look = () => tick().catch(() => {}); // the demo may have ended
setInterval(look, 1000);
document.addEventListener('visibilitychange', look);
look();
