// SPDX-License-Identifier: Apache-2.0
//
// What is signed: by the card, that it is here now; by the device's key, that
// the genuine app says so. The contract's description has both.

import { decode, join, sha256, text, type Bytes } from './bytes.js';
import type { components } from './schema.js';

type Schemas = components['schemas'];
type Application = Schemas['Application'];

/** Which of the card's applications signs. The challenge tells. */
export type Binding = Schemas['Challenge']['binding'];

/** What was read of the card, not signed yet. */
export type CardFiles = Omit<Application['card'], 'signature'>;

/** M, the 108 bytes of which the card signs the SHA-256. */
export async function message(challenge: Schemas['Challenge'], card: CardFiles): Promise<Bytes> {
  const surface = challenge.binding === 'surface';
  const key = surface ? face(card).slice(0, 3) : [decode(card.ef0007 ?? '')];
  return join(
    text(surface ? 'kofu-card-v2' : 'kofu-card-v1'),
    decode(challenge.challenge),
    await sha256(decode(card.ef0003)),
    await sha256(join(...key)),
  );
}

function face(card: CardFiles): Bytes[] {
  const s = card.surface;
  return s ? [s.birth, s.sex, s.key, s.pictures, s.photo, s.signature, s.ef0004].map(decode) : [];
}

/** The clientDataHash of an application. */
export function applicationHash(challenge: Bytes, a: Pick<Application, 'kind' | 'municipality' | 'mrz' | 'passport_chip'> & { card: CardFiles }): Promise<Bytes> {
  const c = a.card;
  const files = [c.ef0001, c.ef0002, c.ef0003, c.ef0004, c.ef0007 ?? ''].map(decode);
  const chip = a.passport_chip ? [decode(a.passport_chip.sod), decode(a.passport_chip.dg1)] : [];
  return sha256(join(
    field(text('kofu-application-v1')), field(challenge), list([...files, ...face(c)]), list((a.mrz ?? []).map(text)), list(chip),
    field(text(a.kind)), field(text(a.municipality)),
  ));
}

/** The clientDataHash of a request about a sealed application. */
export const sealedHash = (sealed: string): Promise<Bytes> => sha256(join(field(text('kofu-sealed-v1')), field(text(sealed))));

/** The clientDataHash with which a key is attested on iOS. */
export const attestationHash = (challenge: Bytes): Promise<Bytes> => sha256(join(field(text('kofu-attestation-v1')), field(challenge)));

function count(n: number): Bytes {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, n);
  return four;
}

const field = (b: Uint8Array): Bytes => join(count(b.length), b);
const list = (items: Uint8Array[]): Bytes => join(count(items.length), ...items.map(field));
