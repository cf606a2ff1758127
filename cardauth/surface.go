// SPDX-License-Identifier: Apache-2.0

package cardauth

import (
	"crypto"
	"crypto/sha256"
	"slices"

	"kofu/cert"
)

// SurfaceFiles are what a reader sends of the surface application (券面事項確認AP):
// of its EF0002 four objects as read, headers included, and in place of the
// pictures of name and address and of the photograph their digests, so that
// none of the three leaves the reader. A digest has the size of the suite's,
// 32 bytes today.
type SurfaceFiles struct {
	cert.Redacted
	Birth     Secret // DF22, birth date YYYYMMDD
	Sex       Secret // DF23
	Key       Secret // DF24, the card's public key
	Pictures  Secret // SHA-256 of DF25 and DF26 one after the other, headers included
	Photo     Secret // SHA-256 of DF27, header included
	Signature Secret // DF28, by the municipality
	EF0004    Secret // the application's own certificate of the municipality's signing key, 568 bytes
}

// Wipe overwrites everything. Nil SurfaceFiles may be wiped.
func (s *SurfaceFiles) Wipe() {
	if s == nil {
		return
	}
	for _, part := range []Secret{s.Birth, s.Sex, s.Key, s.Pictures, s.Photo, s.Signature, s.EF0004} {
		part.Wipe()
	}
}

// surfaceRecord is SurfaceFiles taken apart: the objects' values.
type surfaceRecord struct {
	birth     []byte // 8 bytes
	sex       []byte // 1 byte
	key       []byte
	signature []byte
}

func parseSurface(s SurfaceFiles) (surfaceRecord, error) {
	var r surfaceRecord
	for _, part := range []struct {
		tag  uint32
		file []byte
		to   *[]byte
	}{
		{tagSurfaceBirthDate, s.Birth, &r.birth}, {tagSurfaceSex, s.Sex, &r.sex},
		{tagSurfaceKey, s.Key, &r.key}, {tagSurfaceSig, s.Signature, &r.signature},
	} {
		if len(part.file) > maxFile {
			return surfaceRecord{}, errForm
		}
		one := objects{part.file}
		obj, ok := one.next(part.tag)
		if !ok || len(one.rest) != 0 {
			return surfaceRecord{}, errForm
		}
		*part.to = obj.value
	}
	if len(r.birth) != 8 || len(r.sex) != 1 {
		return surfaceRecord{}, errForm
	}
	return r, nil
}

// surface returns the record and the card's public key in it; c is the surface
// application's certificate.
func (c certificate) surface(s SurfaceFiles) (surfaceRecord, crypto.PublicKey, error) {
	r, err := parseSurface(s)
	if err != nil || len(r.key) != c.scheme.keySize || len(r.signature) != c.scheme.sigSize {
		return surfaceRecord{}, nil, refuse("surface EF0002", CodeSurfaceMalformed)
	}
	if size := len(c.scheme.digest()); len(s.Pictures) != size || len(s.Photo) != size {
		return surfaceRecord{}, nil, refuse("surface EF0002", CodeSurfaceMalformed)
	}
	key, ok := c.scheme.parseKey(r.key)
	if !ok {
		return surfaceRecord{}, nil, refuse("surface EF0002", CodeSurfaceKeyUnsuitable)
	}
	digests := slices.Concat(c.scheme.digest(s.Birth, s.Sex, s.Key), s.Pictures, s.Photo)
	if !c.scheme.verify3(c.key, digests, r.signature) {
		return surfaceRecord{}, nil, refuse("surface EF0002", CodeSurfaceSig)
	}
	return r, key, nil
}

// surfacePresent proves the card by the surface application's key. EF0007 may
// be missing; see the package comment.
func (v *Verifier) surfacePresent(c Challenge, text certificate, ev Evidence, day cert.Date) (presence, error) {
	if len(ev.Files.EF0007) > 0 {
		if _, _, err := text.authKey(ev.Files.EF0007); err != nil {
			return presence{}, err
		}
	}
	if ev.Surface == nil {
		return presence{}, refuse("surface EF0002", CodeSurfaceMissing)
	}
	crt, err := v.verifyCertificate(SurfaceAP, ev.Surface.EF0004, day)
	if err != nil {
		return presence{}, err
	}
	record, key, err := crt.surface(*ev.Surface)
	if err != nil {
		return presence{}, err
	}
	message := SurfaceMessage(c.Bytes, ev.Files.EF0003, *ev.Surface)
	if !crt.scheme.verify(key, crt.scheme.digest(message), ev.Signature) {
		return presence{}, refuse("challenge signature", CodeSurfaceChallengeSig)
	}
	return presence{Surface, sha256.Sum256(ev.Surface.Key), &record}, nil
}

// agrees compares the record with the person whom the text application's files
// are about. Both applications write a birth date with the same eight bytes;
// that they also write alike what the register does not know is not public,
// so the dates are compared as read: the same parts known, and these the
// same. A part that only one of them knows is a difference.
func (r surfaceRecord) agrees(h cert.Holder) error {
	birth, ok := parseBirthDate(r.birth)
	if !ok || birth != h.BirthDate {
		return refuse("surface EF0002", CodeSurfaceBirthDate)
	}
	if cert.Sex(r.sex[0]-'0') != h.Sex {
		return refuse("surface EF0002", CodeSurfaceSex)
	}
	return nil
}
