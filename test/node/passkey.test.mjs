// SPDX-License-Identifier: Apache-2.0
//
// node passkey.test.mjs ORIGIN LOGIN CODE CHROMIUM
//
// Somebody enrols with a passkey, in a browser whose authenticator is
// simulated (CDP, domain WebAuthn), and signs in with it. Without its key the
// same browser does not get in.

import { chromium } from 'playwright-core';
import { check, flags, screen } from './office.mjs';

const [origin, login, code, executablePath] = process.argv.slice(2);
const password = 'lantern-orchard-48-mist';
const browser = await chromium.launch({ executablePath, args: flags });
const context = await browser.newContext({ viewport: screen });
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const faults = [];
page.on('pageerror', (err) => faults.push(`script: ${err.message}`));

const cdp = await context.newCDPSession(page);
await cdp.send('WebAuthn.enable');
const authenticator = async () => (await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
  protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
} })).authenticatorId;
const held = async (id) => (await cdp.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials;

const at = (name) => page.waitForSelector(`body[data-page="${name}"]`);
async function send(action, fields) {
  for (const [name, value] of Object.entries(fields)) await page.fill(`main form[action="${action}"] [name="${name}"]`, value);
  await page.click(`main form[action="${action}"] button`);
}
const signIn = async () => {
  await page.goto(`${origin}/counter/sign-in`);
  await send('/counter/sign-in', { login, password });
  await at('second');
};

const mine = await authenticator();
await page.goto(`${origin}/counter/enrol`);
await send('/counter/enrol', { login, code, password, repeat: password });
await at('factor');
await page.click('[data-passkey]');
await at('signin');
check((await held(mine)).length === 1, 'no passkey was made');

await signIn();
await page.click('[data-passkey]');
await at('home');
const [key] = await held(mine);
check(key.rpId === 'localhost' && key.signCount > 0, `a passkey of ${key.rpId}, used ${key.signCount} times`);
await page.click('form[action="/counter/sign-out"] button');
await at('signin');

// another authenticator, with nothing of this account on it
await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: mine });
await authenticator();
await signIn();
await page.click('[data-passkey]');
await page.waitForTimeout(1000); // a browser that finds no key may go on asking its owner
await page.goto(`${origin}/counter/accounts`);
check(await page.getAttribute('body', 'data-page') !== 'accounts', 'somebody without the key is in');

check(faults.length === 0, faults.join('\n'));
await browser.close();
console.log('ok');
