// SPDX-License-Identifier: Apache-2.0
//
// What comes sealed from the centre: JWE, compact form, alg dir, enc A256GCM
// (RFC 7516).

export const encode = (bytes) => btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
export const decode = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

// unseal opens a sheet and returns its PDF.
export async function unseal(jwe, key) {
  const [header, wrapped, iv, ciphertext, tag] = jwe.split('.');
  const { alg, enc } = JSON.parse(new TextDecoder().decode(decode(header)));
  if (alg !== 'dir' || enc !== 'A256GCM' || wrapped !== '' || !tag) throw new Error('sealed in another way');
  const body = decode(ciphertext);
  const mark = decode(tag);
  const sealed = new Uint8Array(body.length + mark.length);
  sealed.set(body);
  sealed.set(mark, body.length);
  const opener = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
  const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: decode(iv), additionalData: new TextEncoder().encode(header), tagLength: 128 }, opener, sealed);
  const pdf = new Uint8Array(plain);
  if (new TextDecoder().decode(pdf.subarray(0, 5)) !== '%PDF-') throw new Error('no PDF');
  return pdf;
}

// Paper is a sheet that has been printed: it is the person's, and out of the
// machine's memory.
export class Paper {
  constructor(number, pdf) {
    this.number = number;
    this.blob = new Blob([pdf], { type: 'application/pdf' });
  }

  get url() { return this.made ??= URL.createObjectURL(this.blob); }

  destroy() {
    if (this.made) URL.revokeObjectURL(this.made);
    this.made = this.blob = null;
  }
}
