// SPDX-License-Identifier: Apache-2.0
//
// node client.test.mjs BASE COMPILED HASHES OUT
//
// The TypeScript client in COMPILED is an app at the demo at BASE: domestic and
// overseas certificates, a typed problem, a discarded application, a wrong PIN.
// HASHES is cardauth/attest/testdata/hashes.json. Certificates are written to
// OUT, for the Go test TestTypeScriptClient to look at.

import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [base, compiled, hashes, out] = process.argv.slice(2);
const of = (name) => import(pathToFileURL(resolve(compiled, `${name}.js`)).href);
const [{ Phone, Refusal, Stranger }, { DeskCard, WrongPIN }, signed] = await Promise.all([of('phone'), of('desk'), of('signed')]);

function check(ok, what) { if (!ok) throw new Error(what); }

async function thrown(f) {
  try { await f(); } catch (err) { return err; }
  throw new Error('nothing was refused');
}

const { residents } = await (await fetch(new URL('/demo/residents', base))).json();
const who = residents.find((r) => r.expected.domestic === 'issued' && r.expected.overseas === 'issued');
const town = who.municipality.code;
const sent = [];
const app = (more = {}) => new Phone({
  base, app: 'ios/2.1.0', card: new DeskCard(base, who.id, who.pin),
  fetch: async (request) => {
    sent.push({ path: new URL(request.url).pathname, app: request.headers.get('Kofu-App'), body: await request.clone().text() });
    return fetch(request);
  },
  ...more,
});
const phone = app();

const status = await phone.status();
check(status.open && status.accepting && status.passport_chip === 'none', `status ${JSON.stringify(status)}`);
check((await phone.municipalities()).some((m) => m.code === town), 'the municipality is not in the list');

// both kinds; asked for again, the same bytes
for (const wish of [{ kind: 'domestic', municipality: town }, { kind: 'overseas', municipality: town, mrz: who.mrz }]) {
  const pending = await phone.apply(wish);
  const { preview } = pending.reviewed;
  check(preview.name === who.name && preview.kind === wish.kind, `${wish.kind}: the preview is another's`);
  check(preview.passport?.source === (wish.mrz ? 'zone' : undefined), `${wish.kind}: passport ${preview.passport?.source}`);
  const certificate = await phone.issue(pending);
  check(JSON.stringify(await phone.issue(pending)) === JSON.stringify(certificate), `${wish.kind}: another certificate`);
  check((certificate.vdsnc !== undefined) === (wish.kind === 'overseas'), `${wish.kind}: VDS-NC`);
  await writeFile(join(out, `${wish.kind}.json`), JSON.stringify(certificate));
  await writeFile(join(out, `${wish.kind}.pdf`), Buffer.from(certificate.pdf, 'base64'));
  await writeFile(join(out, `${wish.kind}.txt`), who.id);
  const { kid } = JSON.parse(Buffer.from(certificate.shc.jws.split('.')[0], 'base64url').toString());
  const gone = 'A'.repeat(43);
  const { reissue } = await phone.status([kid, gone]);
  check(JSON.stringify(reissue) === JSON.stringify([gone]), `reissue ${reissue}`);
}

// a bad request is a problem, with all that the contract gives it
const bad = await thrown(() => phone.apply({ kind: 'domestic', municipality: 'Kaku City' }));
check(bad instanceof Refusal && bad.problem.code === 'bad_request' && bad.problem.status === 400, `a bad request is ${bad}`);
check(bad.problem.title && bad.problem.title_en && bad.problem.next.ja && bad.problem.next.en && bad.problem.request_id, 'the problem is not whole');
const misread = [who.mrz[0], who.mrz[1].slice(0, 9) + (Number(who.mrz[1][9]) + 1) % 10 + who.mrz[1].slice(10)];
const field = await thrown(() => phone.apply({ kind: 'overseas', municipality: town, mrz: misread }));
check(field.problem.code === 'passport_invalid' && field.problem.details.field.length === 1, `a misread passport is ${field}`);

// discarded, it opens no more
const unwanted = await phone.apply({ kind: 'domestic', municipality: town });
await phone.discard(unwanted);
const late = await thrown(() => phone.issue(unwanted));
check(late instanceof Refusal && late.problem.status === 409, `a discarded application: ${late}`);

// what is no answer of the service's is not taken for one; how long to wait is told
const answering = (body, init) => app({ fetch: async () => new Response(body, init) });
const proxy = await thrown(() => answering('<p>down', { status: 502, headers: { 'Content-Type': 'text/html' } }).status());
check(proxy instanceof Stranger, `a proxy's page is ${proxy}`);
const gateway = await thrown(() => answering('{"code":"unavailable"}', { status: 503, headers: { 'Content-Type': 'application/json' } }).status());
check(gateway instanceof Stranger, `a gateway's own JSON is ${gateway}`);
const busy = await thrown(() => answering(JSON.stringify({ ...bad.problem, code: 'too_many' }), { status: 429, headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '17' } }).status());
check(busy instanceof Refusal && busy.wait === 17, `too many: ${busy}`);

// the wrong PIN costs a try, and nothing is sent
const before = sent.length;
const wrong = await thrown(() => app({ card: new DeskCard(base, who.id, who.pin === '0000' ? '1111' : '0000') }).apply({ kind: 'domestic', municipality: town }));
check(wrong instanceof WrongPIN && wrong.triesLeft === 2, `a wrong PIN: ${wrong}`);
check(sent.slice(before).every(({ path }) => path === '/app/v1/challenges'), 'something was sent with the wrong PIN');

// where nobody is asked to prove a device, an app that can applies without
let attested = 0;
const proving = app({ handset: {
  attest: async (challenge) => { attested += challenge.length; return { platform: 'ios', attestation: 'AAAA', key_id: 'AAAA' }; },
  assert: async () => { throw new Error('asked to sign without a credential'); },
} });
await proving.issue(await proving.apply({ kind: 'domestic', municipality: town }), false);
check(attested === 32, 'the device was not attested');

// where somebody is, credential and assertions go with each
const body = (name) => JSON.parse(sent.findLast(({ path }) => path.endsWith(name)).body);
const credential = { credential: 'a.b.c', expires_at: new Date(Date.now() + 3_600_000).toISOString() };
const over = [];
const asked = app({
  handset: { attest: async () => ({ platform: 'android', attestation: 'AAAA', key: 'AAAA' }), assert: async (hash) => { over.push(hash); return hash; } },
  fetch: async (request) => {
    sent.push({ path: new URL(request.url).pathname, app: request.headers.get('Kofu-App'), body: await request.clone().text() });
    return request.url.endsWith('/devices') ? Response.json(credential, { status: 201 }) : fetch(request);
  },
});
const proved = await asked.apply({ kind: 'domestic', municipality: town });
await asked.discard(proved);
const assertion = (hash) => Buffer.from(hash).toString('base64');
check(over.length === 2 && body('/applications').credential === 'a.b.c' && body('/applications').assertion === assertion(over[0]), 'an application without proof');
check(body('/discard').assertion === assertion(await signed.sealedHash(proved.reviewed.sealed_application)), 'a discard without proof');

// what is signed is what the service's own examples say
const bytes = (hex) => Uint8Array.from(Buffer.from(hex ?? '', 'hex'));
const base64 = (hex) => Buffer.from(hex ?? '', 'hex').toString('base64');
let held = 0;
for (const v of JSON.parse(await readFile(hashes, 'utf8'))) {
  const f = (v.files ?? []).map(base64);
  const surface = f.length > 5 ? { birth: f[5], sex: f[6], key: f[7], pictures: f[8], photo: f[9], signature: f[10], ef0004: f[11] } : undefined;
  const got = {
    attestation: () => signed.attestationHash(bytes(v.challenge)),
    sealed: () => signed.sealedHash(v.jwe),
    application: () => signed.applicationHash(bytes(v.challenge), {
      kind: v.kind, municipality: v.municipality, mrz: v.mrz, passport_chip: v.chip && { sod: base64(v.chip[0]), dg1: base64(v.chip[1]) },
      card: { ef0001: f[0], ef0002: f[1], ef0003: f[2], ef0004: f[3], ef0007: f[4], surface },
    }),
  }[v.of];
  check(Buffer.from(await got()).toString('hex') === v.hash, `hash of ${v.name}`);
  held++;
}
check(held >= 6, `${held} examples of hashes`);

for (const { path, app: named, body: said } of sent) {
  check(named === 'ios/2.1.0', `${path} does not name the app`);
  check(!said.includes(`"${who.pin}"`) && !said.includes('"pin"'), `the PIN was sent to ${path}`);
}
console.log('ok');
