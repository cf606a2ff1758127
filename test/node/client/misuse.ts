// SPDX-License-Identifier: Apache-2.0
//
// What must not compile. Where one of these does, the compiler says that the
// error it was told to expect is not there.

import createClient from 'openapi-fetch';
import type { Pending, Phone, Problem, Schemas } from './phone.js';
import type { paths } from './schema.js';

export async function misuse(phone: Phone, pending: Pending, application: Schemas['Application'], problem: Problem): Promise<void> {
  const calls = createClient<paths>({ baseUrl: 'https://kofu.example' });

  // There is no place for a PIN, a typed number or a typed name. (What is given
  // to POST without a type of its own, openapi-fetch does not hold against this.)
  // @ts-expect-error
  const pin: Schemas['Application'] = { ...application, pin: '1234' };
  // @ts-expect-error
  const number: Schemas['Application'] = { ...application, number: '123456789018' };
  // @ts-expect-error
  const name: Schemas['Application'] = { ...application, name: '山田　花子' };
  for (const body of [pin, number, name]) await calls.POST('/app/v1/applications', { body });

  // What is needed cannot be left out, and what there is has its names.
  // @ts-expect-error
  await calls.POST('/app/v1/certificates', { body: { sealed_application: pending.reviewed.sealed_application } });
  // @ts-expect-error
  await calls.POST('/app/v1/passports', { body: {} });
  // @ts-expect-error
  await phone.apply({ kind: 'both', municipality: '900010' });
  // @ts-expect-error
  await phone.apply({ kind: 'domestic', municipality: '900010', mrz: ['', ''] });
  // @ts-expect-error
  await phone.apply({ kind: 'overseas', municipality: '900010' });

  // What may be absent has to be looked at first.
  // @ts-expect-error
  pending.reviewed.preview.passport.name;
  // @ts-expect-error
  (await phone.issue(pending)).vdsnc.length;
  // @ts-expect-error
  problem.details.field;
  // @ts-expect-error
  (await calls.POST('/app/v1/challenges', { body: {} })).data.challenge;
}
