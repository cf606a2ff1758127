// SPDX-License-Identifier: Apache-2.0
//
// A card on the desk of kofu-demo, which stands in for the card reader. An app
// has a Card of its own, written in native code.

import { encode } from './bytes.js';
import type { Card } from './phone.js';
import type { Binding, CardFiles } from './signed.js';

/** The card has not opened. */
export class WrongPIN extends Error {
  readonly triesLeft: number;

  constructor(triesLeft: number) {
    super(`${triesLeft} tries left`);
    this.name = 'WrongPIN';
    this.triesLeft = triesLeft;
  }
}

export class DeskCard implements Card {
  readonly #url: string;
  readonly #pin: string;

  constructor(base: string, resident: string, pin: string) {
    this.#url = `${base}/demo/cards/${encodeURIComponent(resident)}/read`;
    this.#pin = pin;
  }

  async read(binding: Binding): Promise<CardFiles> {
    return this.#ask<CardFiles>(binding, {});
  }

  async sign(binding: Binding, message: Uint8Array): Promise<string> {
    return (await this.#ask<{ signature: string }>(binding, { message: encode(message) })).signature;
  }

  async #ask<T>(binding: Binding, more: { message?: string }): Promise<T> {
    const answer = await fetch(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ pin: this.#pin, surface: binding === 'surface', ...more }),
    });
    if (answer.status === 403) throw new WrongPIN((await answer.json() as { tries_left: number }).tries_left);
    if (!answer.ok) throw new Error(`the desk answers ${answer.status}`);
    return await answer.json() as T;
  }
}
