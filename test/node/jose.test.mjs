// SPDX-License-Identifier: Apache-2.0
//
// node jose.test.mjs BASE < shc.jws
//
// Fetches the published keys over HTTP, as a stranger would, verifies the card
// with a JOSE library that is not ours, and prints what it says. Run by the Go
// test TestJOSELibraryOfAnotherLanguage.

import { inflateRawSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { calculateJwkThumbprint, compactVerify, createRemoteJWKSet, decodeProtectedHeader } from 'jose';

const base = process.argv[2];
const jws = readFileSync(0, 'utf8').trim();
const url = new URL('/issuer/.well-known/jwks.json', base);

const { payload, protectedHeader } = await compactVerify(jws, createRemoteJWKSet(url), { algorithms: ['ES256'] });

// A changed signature must not pass: else the check above says nothing.
const [head, body, signature] = jws.split('.');
const forged = [head, body, (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1)].join('.');
const passed = await compactVerify(forged, createRemoteJWKSet(url)).then(() => true, () => false);
if (passed) throw new Error('a forged card was verified');

const { keys } = await (await fetch(url)).json();
for (const key of keys) {
  if (key.kid !== await calculateJwkThumbprint(key, 'sha256')) throw new Error('kid is not the thumbprint');
  if ('d' in key) throw new Error('a private key is published');
}
if (decodeProtectedHeader(jws).zip !== 'DEF') throw new Error('not compressed');

console.log(JSON.stringify({ header: protectedHeader, content: JSON.parse(inflateRawSync(payload).toString('utf8')) }));
