// SPDX-License-Identifier: Apache-2.0
// What pages cannot do by themselves: a sign of life, forgetting when they are
// left, looking whether somebody has approved, and passkeys.
'use strict';
(() => {
  const post = (path, body, type) => fetch(path, {
    method: 'POST', credentials: 'same-origin', cache: 'no-store', redirect: 'manual',
    headers: {'Content-Type': type || 'application/x-www-form-urlencoded'}, body: body || '',
  });

  // A session whose pages are closed, or restored later, ends by itself.
  const alive = document.body.dataset.alive;
  const live = async () => {
    try {
      const answer = await post(alive);
      if (answer.status === 204) return true;
      if (answer.status === 401 || answer.status === 403) location.replace(document.body.dataset.ended);
    } catch { /* the network is away: try again later */ }
    return false;
  };
  if (alive) {
    live();
    setInterval(live, 30000);
    // What the browser keeps of a page that was left is blank, and is shown
    // again only to a session that lives.
    addEventListener('pagehide', () => { document.documentElement.hidden = true; });
    addEventListener('pageshow', async (e) => {
      if (!e.persisted) return;
      document.documentElement.hidden = true;
      if (await live()) document.documentElement.hidden = false;
      else location.replace(document.body.dataset.ended);
    });
  } else {
    addEventListener('pageshow', (e) => { if (e.persisted) location.reload(); });
  }

  const wait = document.querySelector('[data-waiting]');
  if (wait && wait.dataset.state === 'pending') {
    const timer = setInterval(async () => {
      try {
        const answer = await post(wait.dataset.waiting, new URLSearchParams({approval: wait.dataset.approval}).toString());
        if (!answer.ok) return;
        const {state} = await answer.json();
        if (state === 'pending') return;
        clearInterval(timer);
        const told = wait.querySelector('[data-told]');
        const [issue, discard] = wait.querySelectorAll('button');
        const good = state === 'approved';
        wait.dataset.state = state;
        told.className = good ? 'good' : 'bad';
        if (wait.dataset[state]) told.textContent = wait.dataset[state];
        issue.classList.toggle('main', good);
        (good ? issue : discard).focus();
      } catch { /* again in three seconds */ }
    }, 3000);
  }

  for (const button of document.querySelectorAll('[data-print]')) button.addEventListener('click', () => print());

  // A form is sent once; the answer replaces the page.
  for (const form of document.querySelectorAll('form[method=post]:not([target])')) {
    form.addEventListener('submit', (e) => {
      if (form.dataset.sent) e.preventDefault();
      form.dataset.sent = 'yes';
    });
  }

  // WebAuthn in JSON: what is bytes comes and goes as base64url.
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const known = (list) => (list || []).map((c) => ({...c, id: bytes(c.id)}));

  const ceremony = async (kind, options) => {
    const o = options.publicKey || options;
    const publicKey = {...o, challenge: bytes(o.challenge)};
    if (kind === 'create') {
      publicKey.user = {...o.user, id: bytes(o.user.id)};
      publicKey.excludeCredentials = known(o.excludeCredentials);
    } else {
      publicKey.allowCredentials = known(o.allowCredentials);
    }
    return kind === 'create' ? navigator.credentials.create({publicKey}) : navigator.credentials.get({publicKey});
  };

  const encoded = (c) => {
    const r = c.response;
    const response = {clientDataJSON: text(r.clientDataJSON)};
    if (r.attestationObject) {
      response.attestationObject = text(r.attestationObject);
      response.transports = r.getTransports ? r.getTransports() : [];
    } else {
      response.authenticatorData = text(r.authenticatorData);
      response.signature = text(r.signature);
      if (r.userHandle) response.userHandle = text(r.userHandle);
    }
    return JSON.stringify({id: c.id, rawId: text(c.rawId), type: c.type, response,
      authenticatorAttachment: c.authenticatorAttachment || undefined, clientExtensionResults: c.getClientExtensionResults()});
  };

  for (const button of document.querySelectorAll('[data-passkey]')) {
    button.addEventListener('click', async () => {
      const status = button.closest('.passkey').querySelector('.status');
      status.textContent = '';
      button.disabled = true;
      try {
        const begun = await post(button.dataset.begin);
        if (!begun.ok) throw new Error();
        const credential = await ceremony(button.dataset.passkey, await begun.json());
        const finished = await post(button.dataset.finish, encoded(credential), 'application/json');
        if (!finished.ok) throw new Error();
        location.replace((await finished.json()).next);
      } catch {
        status.textContent = status.dataset.failed;
        button.disabled = false;
      }
    });
  }
})();
