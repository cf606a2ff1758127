// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"crypto"

	"kofu/cert"
)

// Document is a document that has been read and not yet judged.
type Document struct {
	cert.Redacted
	Issuer  string // hdr.is
	UVCI    string
	Person  Person
	Doses   []Dose       // in document order, groups flattened
	Alg     string       // sig.alg: ES256, ES384 or ES512
	RFC8785 bool         // the whole input was in canonical form, as [Encode] writes it
	Signed  []byte       // the bytes under the signature: the canonical form of "data"
	Signer  []byte       // sig.cer, DER
	sigvl   []byte       // r‖s
	signer  *certificate // Signer, parsed
	key     any          // its public key
	hash    crypto.Hash  // of Alg
}

// Person is msg.pid, texts as received.
type Person struct {
	cert.Redacted
	Name      cert.Private // n
	BirthDate cert.Private // dob; may be empty
	Sex       string       // may be empty
	Number    cert.Private // i, the travel document; may be empty
	OtherID   string       // ai; Japan's certificate ID
}

// Dose is one msg.ve[].vd[] with its group's members, texts as received.
type Dose struct {
	cert.Redacted
	Prophylaxis string // des
	Brand       string // nam
	Disease     string // dis
	Date        cert.Date
	Sequence    int // 0: not a number of doses
	Country     string
	Authority   string // adm
	Lot         string
}
