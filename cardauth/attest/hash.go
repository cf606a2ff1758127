// SPDX-License-Identifier: Apache-2.0

package attest

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// What a hash is for is hashed first, so that no signature over one is ever
// one over another.
const (
	domainAttestation = "kofu-attestation-v1"
	domainApplication = "kofu-application-v1"
	domainSealed      = "kofu-sealed-v1"
)

// AttestationHash is the clientDataHash under which an iOS device attests its
// key: SHA-256 over
//
//	field("kofu-attestation-v1") field(challenge)
//
// (field: see the package comment). Android's nonce is another matter, see
// package playintegrity.
func AttestationHash(challenge [32]byte) [32]byte {
	w := newFields(domainAttestation)
	w.field(challenge[:])
	return w.sum()
}

// ApplicationHash is what a device's key signs to apply: SHA-256 over
//
//	field("kofu-application-v1")
//	field(challenge)              32 bytes, the one the card signs too
//	list(files)
//	list(mrz)
//	list(chip)
//	field(kind)                   "domestic" or "overseas"
//	field(municipality)           six digits
//
// (field and list: see the package comment). Everything is hashed as it is
// sent, base64 decoded. files are those of the card, in this order:
//
//	EF0001, EF0002, EF0003, EF0004, EF0007 of the text application
//	and, if the surface application was read:
//	DF22, DF23, DF24, SHA-256 of DF25 and DF26, SHA-256 of DF27, DF28, EF0004 of the surface application
//
// so five or twelve. EF0007 may be left out where the surface application was
// read: it is an empty field then. mrz is the two lines of the machine-readable zone, or
// none; chip is EF.SOD and DG1, or none.
func ApplicationHash(challenge [32]byte, files [][]byte, mrz []string, chip [][]byte, kind, municipality string) [32]byte {
	w := newFields(domainApplication)
	w.field(challenge[:])
	w.list(files)
	w.count(len(mrz))
	for _, line := range mrz {
		w.field([]byte(line))
	}
	w.list(chip)
	w.field([]byte(kind))
	w.field([]byte(municipality))
	return w.sum()
}

// SealedHash is what a device's key signs to open or to discard a sealed
// application: SHA-256 over
//
//	field("kofu-sealed-v1") field(jwe)
//
// where jwe is the compact serialisation as it was received, in ASCII. It
// needs no challenge: what is sealed is new each time, and lives for minutes.
func SealedHash(jwe string) [32]byte {
	w := newFields(domainSealed)
	w.field([]byte(jwe))
	return w.sum()
}

// fields hashes fields and lists of fields so that no two sequences of them
// are the same bytes.
type fields struct{ h hash.Hash }

func newFields(domain string) fields {
	w := fields{sha256.New()}
	w.field([]byte(domain))
	return w
}

func (w fields) count(n int) {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(n))
	w.h.Write(b[:])
}

func (w fields) field(b []byte) {
	w.count(len(b))
	w.h.Write(b)
}

func (w fields) list(items [][]byte) {
	w.count(len(items))
	for _, b := range items {
		w.field(b)
	}
}

func (w fields) sum() (out [32]byte) {
	w.h.Sum(out[:0])
	w.h.Reset()
	w.h.Write(make([]byte, sha256.BlockSize-1)) // over what does not fill a block, which the hash keeps
	return out
}
