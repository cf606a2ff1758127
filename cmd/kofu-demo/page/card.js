// SPDX-License-Identifier: Apache-2.0
//
// A card in the slot. It stands for the chip: what the PIN pad hears goes to
// the card and nowhere else, and the card forgets it when it leaves the slot.

import { decode, encode } from './paper.js';

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

// Fault is what a reader says of a card that it cannot work with.
export class Fault extends Error {
  constructor(name) { super(name); this.fault = name; }
}

export class Card {
  #pin = '';

  // kind: own, expired, other (not a My Number card), unreadable, altered (its
  // signature is spoilt), foreign (of an authority that nobody knows).
  constructor(resident, kind) { Object.assign(this, { resident, kind }); }

  // look is what the reader finds when it has a first look at the card.
  look() {
    const fault = { expired: 'expired', other: 'not_supported', unreadable: 'unreadable' }[this.kind];
    if (fault) throw new Fault(fault);
  }

  // verify shows the PIN to the card, and returns the tries left, or -1 where
  // it is right.
  async verify(pin) {
    const { status, said } = await this.#ask({ pin });
    if (status === 403) return said.tries_left;
    if (status !== 200) throw new Fault('unreadable');
    this.#pin = pin;
    return -1;
  }

  // read returns the files, and the signature over the challenge.
  async read(challenge) {
    if (!this.#pin) throw new Fault('changed');
    const files = (await this.#ask({ pin: this.#pin })).said;
    const parts = [new TextEncoder().encode('kofu-card-v1'), decode(challenge), await sha256(decode(files.ef0003)), await sha256(decode(files.ef0007))];
    const message = encode(parts.flatMap((p) => [...p]));
    const { status, said } = await this.#ask({ pin: this.#pin, message });
    if (status !== 200) throw new Fault(this.#pin ? 'unreadable' : 'changed');
    if (this.kind === 'altered') {
      const signature = decode(said.signature);
      signature[signature.length - 1] ^= 1;
      said.signature = encode(signature);
    }
    return said;
  }

  leave() { this.#pin = ''; }

  async #ask(body) {
    try {
      const res = await fetch(`/demo/cards/${encodeURIComponent(this.resident.id)}/read`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer',
        body: JSON.stringify(this.kind === 'foreign' ? { ...body, foreign: true } : body),
      });
      return { status: res.status, said: await res.json() };
    } catch { throw new Fault('unreadable'); }
  }
}
