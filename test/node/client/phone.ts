// SPDX-License-Identifier: Apache-2.0
//
// The app's calls, typed by what is generated from the contract. It does what
// deploy/clients/phone.md says, and keeps nothing but the device's credential.
//
//   const phone = new Phone({ base, app: 'ios/2.1.0', card, handset });
//   const pending = await phone.apply({ kind: 'domestic', municipality });
//   // show pending.reviewed.preview, whole; then
//   const certificate = await phone.issue(pending);   // or phone.discard(pending)

import createClient, { type Client } from 'openapi-fetch';
import { decode, encode } from './bytes.js';
import type { components, paths } from './schema.js';
import { applicationHash, message, sealedHash, type Binding, type CardFiles } from './signed.js';

export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];

/** The service refuses: show `title` and `next`, act upon `code`. */
export class Refusal extends Error {
  readonly problem: Problem;
  /** Seconds to wait, where the service says. */
  readonly wait: number | undefined;

  constructor(problem: Problem, wait?: number) {
    super(problem.code);
    this.name = 'Refusal';
    this.problem = problem;
    this.wait = wait;
  }
}

/** An answer that is none of this service's: a proxy's, perhaps. */
export class Stranger extends Error {
  constructor(status: number) {
    super(`status ${status} without a problem document`);
    this.name = 'Stranger';
  }
}

/** What is held to the phone. The PIN goes into it and to nothing here. */
export interface Card {
  /** Reads the files that `binding` asks for. */
  read(binding: Binding): Promise<CardFiles>;
  /** Has the application that `binding` names sign the SHA-256 of `message`; base64. */
  sign(binding: Binding, message: Uint8Array): Promise<string>;
}

/** The phone's hardware, with the platform behind it. */
export interface Handset {
  /** Makes a key and has the platform attest it for this challenge. */
  attest(challenge: Uint8Array): Promise<Omit<Schemas['DeviceAttestation'], 'challenge_id'>>;
  /** Has that key sign, in the platform's way. */
  assert(clientDataHash: Uint8Array): Promise<Uint8Array>;
}

export type Chip = NonNullable<Schemas['Application']['passport_chip']>;

/** What the person has chosen. */
export type Wish =
  | { kind: 'domestic'; municipality: string }
  | { kind: 'overseas'; municipality: string; mrz: [string, string]; chip?: Chip }
  | { kind: 'overseas'; municipality: string; mrz?: [string, string]; chip: Chip };

/** An application between preview and certificate, and the secret that opens it. */
export interface Pending {
  readonly reviewed: Schemas['Reviewed'];
  readonly device: string;
}

export interface Options {
  /** Such as https://kofu.example, without a slash at the end. */
  base: string;
  /** Platform and version, such as ios/2.1.0. */
  app: string;
  card: Card;
  /** Left out where the app cannot prove itself. */
  handset?: Handset;
  /** What sends requests, if not the platform's own fetch. */
  fetch?: (request: Request) => Promise<Response>;
}

type Proof = { credential: string; assertion: string } | Record<never, never>;

/** No answer for so long is none. */
const patience = 15_000;

/** A credential is renewed when this much is left of it: more than a sealed application lasts. */
const margin = 10 * 60_000;

export class Phone {
  readonly #calls: Client<paths>;
  readonly #card: Card;
  readonly #handset: Handset | undefined;
  #credential: Schemas['DeviceCredential'] | undefined;

  constructor({ base, app, card, handset, fetch: send = (request) => fetch(request) }: Options) {
    this.#card = card;
    this.#handset = handset;
    this.#calls = createClient<paths>({
      baseUrl: base,
      headers: { 'Kofu-App': app },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      fetch: (request) => send(new Request(request, { signal: AbortSignal.timeout(patience) })),
    });
  }

  /** What the service is at, and which of `kids` are to have their certificates issued anew. */
  async status(kids: string[] = []): Promise<Schemas['Status']> {
    return taken(await this.#calls.GET('/app/v1/status', kids.length > 0 ? { params: { query: { kid: kids } } } : {}));
  }

  async municipalities(): Promise<Schemas['Municipality'][]> {
    return taken(await this.#calls.GET('/app/v1/municipalities')).municipalities;
  }

  /** Has the card prove who is here, and asks for what the certificate will say. */
  async apply(wish: Wish): Promise<Pending> {
    await this.#register();
    const challenge = await this.#challenge();
    const read = await this.#card.read(challenge.binding);
    const asked = {
      kind: wish.kind,
      municipality: wish.municipality,
      card: { ...read, signature: await this.#card.sign(challenge.binding, await message(challenge, read)) },
      ...(wish.kind === 'overseas' && wish.mrz ? { mrz: wish.mrz } : {}),
      ...(wish.kind === 'overseas' && wish.chip ? { passport_chip: wish.chip } : {}),
    };
    const device = secret();
    const proof = await this.#prove(() => applicationHash(decode(challenge.challenge), asked));
    const body: Schemas['Application'] = { ...asked, ...proof, challenge_id: challenge.challenge_id, device };
    return { device, reviewed: this.#answered(await this.#calls.POST('/app/v1/applications', { body })) };
  }

  /** The certificate: in this one answer, and kept nowhere else. May be repeated, if no answer comes. */
  async issue({ reviewed, device }: Pending, pdf = true): Promise<Schemas['Certificate']> {
    const body: Schemas['Issue'] = { ...(await this.#opens(reviewed)), device, pdf };
    return this.#answered(await this.#calls.POST('/app/v1/certificates', { body }));
  }

  /** Has an application shredded that is not wanted. */
  async discard({ reviewed, device }: Pending): Promise<void> {
    const body: Schemas['Discard'] = { ...(await this.#opens(reviewed)), device };
    const { error, response } = await this.#calls.POST('/app/v1/applications/discard', { body });
    if (response.status !== 204) throw refused(error, response);
  }

  async #challenge(): Promise<Schemas['Challenge']> {
    return taken(await this.#calls.POST('/app/v1/challenges', { body: {} }));
  }

  /** Gets a credential, where there is a handset and none that lasts. */
  async #register(): Promise<void> {
    if (!this.#handset || (this.#credential && Date.parse(this.#credential.expires_at) - Date.now() > margin)) return;
    this.#credential = undefined;
    const { challenge_id, challenge } = await this.#challenge();
    const body: Schemas['DeviceAttestation'] = { ...(await this.#handset.attest(decode(challenge))), challenge_id };
    const answer = await this.#calls.POST('/app/v1/devices', { body });
    if (answer.response.status === 404) return; // nobody is asked to prove anything here
    this.#credential = taken(answer);
  }

  async #prove(hash: () => Promise<Uint8Array>): Promise<Proof> {
    if (!this.#handset || !this.#credential) return {};
    return { credential: this.#credential.credential, assertion: encode(await this.#handset.assert(await hash())) };
  }

  async #opens({ sealed_application }: Schemas['Reviewed']) {
    return { sealed_application, ...(await this.#prove(() => sealedHash(sealed_application))) };
  }

  /** Throws away a credential that is not accepted, so that the next walk begins with another. */
  #answered<T>(answer: Answer<T>): T {
    if (answer.error && answer.error.code === 'app_not_accepted') this.#credential = undefined;
    return taken(answer);
  }
}

/** What openapi-fetch returns: the contract has no error but problem documents. */
interface Answer<T> {
  data?: T;
  error?: Problem;
  response: Response;
}

function taken<T>({ data, error, response }: Answer<T>): T {
  if (data === undefined) throw refused(error, response);
  return data;
}

function refused(error: Problem | undefined, response: Response): Refusal | Stranger {
  if (!error || !response.headers.get('Content-Type')?.startsWith('application/problem+json')) return new Stranger(response.status);
  const wait = response.headers.get('Retry-After');
  return wait === null ? new Refusal(error) : new Refusal(error, Number(wait));
}

function secret(): string {
  return encode(crypto.getRandomValues(new Uint8Array(16))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
