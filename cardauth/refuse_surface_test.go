// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
	"testing"

	"kofu/cardauth"
	"kofu/test/card"
)

// surfaceFor has a good card sign for changed surface files.
func surfaceFor(change func(t *testing.T, d *desk, s *cardauth.SurfaceFiles)) func(*testing.T, *desk) cardauth.Evidence {
	return func(t *testing.T, d *desk) cardauth.Evidence {
		return d.proveSurface(t, d.issue(t, resident()), resident(), func(_ *cardauth.Files, s *cardauth.SurfaceFiles) { change(t, d, s) })
	}
}

// faceOf is a card on whose surface the municipality wrote something else than in
// its text application, properly signed.
func faceOf(change func(h *card.Holder)) func(*testing.T, *desk) cardauth.Evidence {
	return surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
		h := resident()
		change(&h)
		*s = face(t, d, h, s.Key[5:])
	})
}

// face is what the municipality signs about h with this key.
func face(t *testing.T, d *desk, h card.Holder, key []byte) cardauth.SurfaceFiles {
	t.Helper()
	muni := signer(t, d.muni)
	s, err := card.CutFace(must(t)(muni.EF0002(h, key)), muni.EF0004)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// resigned puts a signature over these digests into the surface files.
func resigned(t *testing.T, by *card.SurfaceSigner, s *cardauth.SurfaceFiles, digests ...[]byte) {
	t.Helper()
	s.Signature = card.TLV(0xDF28, must(t)(by.SignDigests(digests...)))
}

func holderSum(s *cardauth.SurfaceFiles) []byte {
	sum := sha256.Sum256(slices.Concat(s.Birth, s.Sex, s.Key))
	return sum[:]
}

// certifyingSurface is evidence with a surface EF0004 for the municipality's key
// field after it was changed, certified all the same.
func certifyingSurface(change func(key []byte) []byte) func(*testing.T, *desk) cardauth.Evidence {
	return surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
		s.EF0004 = must(t)(d.pki.Surface.Certificate(d.pki.Surface.ID, d.muni.ID, change(slices.Clone(s.EF0004[42:307]))))
	})
}

func surfaceFormRefusals() []refusal {
	list := []refusal{
		{"no surface files", cardauth.CodeSurfaceMissing, func(t *testing.T, d *desk) cardauth.Evidence {
			ev := d.prove(t, d.issue(t, resident()))
			ev.Surface = nil
			return ev
		}},
		{"as the kiosk's terminal proves", cardauth.CodeSurfaceMissing, func(t *testing.T, d *desk) cardauth.Evidence {
			return must2(d.issue(t, resident()).Reader().Prove("1234", d.challenge(t)))(t)
		}},
		{"empty surface files", cardauth.CodeSurfaceMalformed, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) { *s = cardauth.SurfaceFiles{} })},
		{"birth date of 7 bytes", cardauth.CodeSurfaceMalformed, faceOf(func(h *card.Holder) { h.BirthDate = "1985031" })},
		{"birth date of the era", cardauth.CodeSurfaceMalformed, faceOf(func(h *card.Holder) { h.BirthDate = "600314" })},
		{"sex of 2 bytes", cardauth.CodeSurfaceMalformed, faceOf(func(h *card.Holder) { h.Sex = "02" })},
		{"birth date under the text application's tag", cardauth.CodeSurfaceMalformed, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) {
			s.Birth = card.TLV(0xDF24, s.Birth[3:])
		})},
		{"objects swapped", cardauth.CodeSurfaceMalformed, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) { s.Birth, s.Sex = s.Sex, s.Birth })},
		{"two objects for one", cardauth.CodeSurfaceMalformed, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) {
			s.Birth, s.Sex = append(s.Birth, s.Sex...), nil // the same bytes are hashed
		})},
		{"digests with another boundary", cardauth.CodeSurfaceMalformed, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) {
			s.Pictures, s.Photo = append(s.Pictures, s.Photo[0]), s.Photo[1:] // the same bytes are signed
		})},
		{"key of another size", cardauth.CodeSurfaceMalformed, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			*s = face(t, d, resident(), s.Key[5:269])
		})},
		{"certificate of another size", cardauth.CodeSurfaceMalformed, certifyingSurface(func(key []byte) []byte { return append(key, 0) })},
		{"certificate of ids alone", cardauth.CodeSurfaceMalformed, certifyingSurface(func([]byte) []byte { return nil })},
	}
	parts := map[string]func(*cardauth.SurfaceFiles) *cardauth.Secret{
		"birth date": func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Birth }, "sex": func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Sex },
		"key": func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Key }, "pictures": func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Pictures },
		"photo": func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Photo }, "signature": func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Signature },
		"EF0004": func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.EF0004 },
	}
	for name, part := range parts {
		for what, change := range map[string]func([]byte) []byte{
			"missing":     func([]byte) []byte { return nil },
			"cut":         func(b []byte) []byte { return b[:len(b)-1] },
			"with filler": func(b []byte) []byte { return append(b, 0xFF) },
			"huge":        func(b []byte) []byte { return append(b, make([]byte, 5000)...) },
			"headless":    func(b []byte) []byte { return b[3:] },
		} {
			list = append(list, refusal{name + " " + what, cardauth.CodeSurfaceMalformed,
				surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) { p := part(s); *p = change(*p) })})
		}
	}
	return list
}

func surfaceCertificateRefusals() []refusal {
	ended := func(member, day string) func(*testing.T, *desk) cardauth.Evidence {
		return func(t *testing.T, d *desk) cardauth.Evidence {
			d.anchors(t, func(_, surface map[string]any) { surface[member] = day })
			return d.prove(t, d.issue(t, resident()))
		}
	}
	return []refusal{
		{"authority not among the anchors", cardauth.CodeSurfaceCAUnknown, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			s.EF0004 = must(t)(d.strange.Surface.Certificate(d.strange.Surface.ID, d.muni.ID, s.EF0004[42:307]))
		})},
		{"authority that differs in its last byte", cardauth.CodeSurfaceCAUnknown, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			id := d.pki.Surface.ID
			id[15] = 1
			s.EF0004 = must(t)(d.pki.Surface.Certificate(id, d.muni.ID, s.EF0004[42:307]))
		})},
		{"the text application's EF0004", cardauth.CodeSurfaceCAUnknown, func(t *testing.T, d *desk) cardauth.Evidence {
			return d.proveSurface(t, d.issue(t, resident()), resident(), func(f *cardauth.Files, s *cardauth.SurfaceFiles) { s.EF0004 = f.EF0004 })
		}},
		{"certified by the text application's authority", cardauth.CodeSurfaceCAUnknown, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			s.EF0004 = must(t)(d.pki.Certificate(d.pki.ID, d.muni.ID, s.EF0004[42:307]))
		})},
		{"anchor that is for text files", cardauth.CodeSurfaceCAUnknown, func(t *testing.T, d *desk) cardauth.Evidence {
			ev := d.prove(t, d.issue(t, resident()))
			label := strings.Replace(string(card.AnchorsJSON(d.pki, d.strange)), `"surface"`, `"text"`, 1)
			a, err := cardauth.ParseAnchors([]byte(label), "test")
			if err != nil {
				t.Fatal(err)
			}
			d.Anchors = a
			return ev
		}},
		{"real card in a test", cardauth.CodeSurfaceEnvironment, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) { s.EF0004[10] = '5' })},
		{"before the anchor's first day", cardauth.CodeSurfaceCANotValid, ended("valid_from", "2026-04-02")},
		{"after the anchor's last day", cardauth.CodeSurfaceCANotValid, ended("valid_until", "2026-03-31")},
		{"suite not in the policy", cardauth.CodeSurfaceSuiteEnded, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			next, err := card.NewNextPKI("9000053")
			if err != nil {
				t.Fatal(err)
			}
			if d.Anchors, err = cardauth.ParseAnchors(card.AnchorsJSON(d.pki, next), "test"); err != nil {
				t.Fatal(err)
			}
			s.EF0004 = must(t)(next.Surface.Certificate(next.Surface.ID, d.muni.ID, make([]byte, 99)))
		})},
		{"municipality's key with exponent 3", cardauth.CodeSurfaceKeyUnsuitable, certifyingSurface(func(key []byte) []byte { key[2], key[4] = 0, 3; return key })},
		{"municipality's key with even modulus", cardauth.CodeSurfaceKeyUnsuitable, certifyingSurface(func(key []byte) []byte { key[264] &^= 1; return key })},
		{"signed by the text application's authority", cardauth.CodeSurfaceCertSig, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			s.EF0004 = must(t)(d.pki.Certificate(d.pki.Surface.ID, d.muni.ID, s.EF0004[42:307]))
		})},
		{"certificate for another municipality", cardauth.CodeSurfaceCertSig, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) { s.EF0004 = flip(s.EF0004, 26) })},
		{"certificate signed by itself", cardauth.CodeSurfaceCertSig, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			s.EF0004 = card.TLV(0x7F21, s.EF0004[5:307], card.TLV(0x5F37, must(t)(signer(t, d.muni).Sign(s.EF0004[10:307]))))
		})},
	}
}

func surfaceRecordRefusals() []refusal {
	flipped := func(part func(*cardauth.SurfaceFiles) *cardauth.Secret, at int) func(*testing.T, *desk) cardauth.Evidence {
		return surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) { p := part(s); *p = flip(*p, at) })
	}
	return []refusal{
		{"key with exponent 3", cardauth.CodeSurfaceKeyUnsuitable, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			key := slices.Clone(s.Key[5:])
			key[2], key[4] = 0, 3
			*s = face(t, d, resident(), key)
		})},
		{"birth date changed", cardauth.CodeSurfaceSig, flipped(func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Birth }, 10)},
		{"sex changed", cardauth.CodeSurfaceSig, flipped(func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Sex }, 3)},
		{"key changed", cardauth.CodeSurfaceSig, flipped(func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Key }, 100)},
		{"pictures changed", cardauth.CodeSurfaceSig, flipped(func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Pictures }, 0)},
		{"photograph changed", cardauth.CodeSurfaceSig, flipped(func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Photo }, 31)},
		{"signature changed", cardauth.CodeSurfaceSig, flipped(func(s *cardauth.SurfaceFiles) *cardauth.Secret { return &s.Signature }, 5)},
		{"leading zeros put in", cardauth.CodeSurfaceSig, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) { s.Birth = card.LongTLV(0xDF22, s.Birth[3:]) })},
		{"digests of pictures and photograph swapped", cardauth.CodeSurfaceSig, surfaceFor(func(_ *testing.T, _ *desk, s *cardauth.SurfaceFiles) { s.Pictures, s.Photo = s.Photo, s.Pictures })},
		{"digests signed in another order", cardauth.CodeSurfaceSig, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			resigned(t, signer(t, d.muni), s, s.Pictures, holderSum(s), s.Photo)
		})},
		{"first digest signed alone", cardauth.CodeSurfaceSig, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) { resigned(t, signer(t, d.muni), s, holderSum(s)) })},
		{"two digests signed", cardauth.CodeSurfaceSig, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			resigned(t, signer(t, d.muni), s, holderSum(s), s.Pictures)
		})},
		{"SHA-256 of the digests signed", cardauth.CodeSurfaceSig, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			s.Signature = card.TLV(0xDF28, must(t)(signer(t, d.muni).Sign(slices.Concat(holderSum(s), s.Pictures, s.Photo))))
		})},
		{"signed by another municipality", cardauth.CodeSurfaceSig, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			resigned(t, signer(t, d.neighbor), s, holderSum(s), s.Pictures, s.Photo)
		})},
		{"signed by the card", cardauth.CodeSurfaceSig, func(t *testing.T, d *desk) cardauth.Evidence {
			c := d.issue(t, resident())
			return d.proveSurface(t, c, resident(), func(_ *cardauth.Files, s *cardauth.SurfaceFiles) {
				s.Signature = card.TLV(0xDF28, must(t)(c.Reader().SignSurface(slices.Concat(holderSum(s), s.Pictures, s.Photo))))
			})
		}},
		{"the text application's signature", cardauth.CodeSurfaceSig, func(t *testing.T, d *desk) cardauth.Evidence {
			return d.proveSurface(t, d.issue(t, resident()), resident(), func(f *cardauth.Files, s *cardauth.SurfaceFiles) {
				s.Signature = card.TLV(0xDF28, f.EF0003[80:336])
			})
		}},
		{"one digest of birth date, sex and key signed", cardauth.CodeSurfaceSig, surfaceFor(func(t *testing.T, d *desk, s *cardauth.SurfaceFiles) {
			s.Signature = card.TLV(0xDF28, must(t)(signer(t, d.muni).Sign(slices.Concat(s.Birth, s.Sex, s.Key))))
		})},
		{"EF0007 sent and wrong", cardauth.CodeAuthKeySig, func(t *testing.T, d *desk) cardauth.Evidence {
			return d.proveWith(t, d.issue(t, resident()), func(f *cardauth.Files) { f.EF0007 = flip(f.EF0007, 535) })
		}},
	}
}

func surfaceChallengeRefusals() []refusal {
	// signed has what it returns stand for the good signature.
	signed := func(sign func(t *testing.T, d *desk, c *card.Card, challenge cardauth.Challenge, ev cardauth.Evidence) []byte) func(*testing.T, *desk) cardauth.Evidence {
		return func(t *testing.T, d *desk) cardauth.Evidence {
			c, challenge := d.issue(t, resident()), d.challenge(t)
			ev := must2(c.Reader().ProveSurface("1234", challenge))(t)
			ev.Signature = sign(t, d, c, challenge, ev)
			return ev
		}
	}
	message := func(c cardauth.Challenge, ev cardauth.Evidence) []byte {
		return cardauth.SurfaceMessage(c.Bytes, ev.Files.EF0003, *ev.Surface)
	}
	return []refusal{
		{"missing", cardauth.CodeSurfaceChallengeSig, signed(func(*testing.T, *desk, *card.Card, cardauth.Challenge, cardauth.Evidence) []byte { return nil })},
		{"changed", cardauth.CodeSurfaceChallengeSig, changed(func(_ *testing.T, _ *desk, ev *cardauth.Evidence) { ev.Signature = flip(ev.Signature, 255) })},
		{"another challenge", cardauth.CodeSurfaceChallengeSig, changed(func(t *testing.T, d *desk, ev *cardauth.Evidence) { ev.Challenge = d.challenge(t).ID })},
		{"the bare challenge", cardauth.CodeSurfaceChallengeSig, signed(func(t *testing.T, _ *desk, c *card.Card, ch cardauth.Challenge, _ cardauth.Evidence) []byte {
			return must(t)(c.Reader().SignSurface(ch.Bytes[:]))
		})},
		{"the attested binding's message", cardauth.CodeSurfaceChallengeSig, signed(func(t *testing.T, _ *desk, c *card.Card, ch cardauth.Challenge, ev cardauth.Evidence) []byte {
			return must(t)(c.Reader().SignSurface(cardauth.BoundMessage(ch.Bytes, ev.Files.EF0003, ev.Surface.Key)))
		})},
		{"the text application's key", cardauth.CodeSurfaceChallengeSig, signed(func(t *testing.T, _ *desk, c *card.Card, ch cardauth.Challenge, ev cardauth.Evidence) []byte {
			return must(t)(c.Reader().Sign(message(ch, ev)))
		})},
		{"another card's key", cardauth.CodeSurfaceChallengeSig, signed(func(t *testing.T, d *desk, _ *card.Card, ch cardauth.Challenge, ev cardauth.Evidence) []byte {
			h := resident()
			h.UniqueKey = true
			return must(t)(d.issue(t, h).Reader().SignSurface(message(ch, ev)))
		})},
		{"the municipality's key", cardauth.CodeSurfaceChallengeSig, signed(func(t *testing.T, d *desk, _ *card.Card, ch cardauth.Challenge, ev cardauth.Evidence) []byte {
			return must(t)(signer(t, d.muni).Sign(message(ch, ev)))
		})},
		{"filler put behind EF0003", cardauth.CodeSurfaceChallengeSig, changed(func(_ *testing.T, _ *desk, ev *cardauth.Evidence) {
			ev.Files.EF0003 = append(bytes.Clone(ev.Files.EF0003), 0xFF)
		})},
	}
}

func surfaceHolderRefusals() []refusal {
	born := func(text, surface string) func(*testing.T, *desk) cardauth.Evidence {
		return func(t *testing.T, d *desk) cardauth.Evidence {
			h := resident()
			h.BirthDate = text
			return d.proveSurface(t, d.issue(t, h), h, func(_ *cardauth.Files, s *cardauth.SurfaceFiles) {
				h.BirthDate = surface
				*s = face(t, d, h, s.Key[5:])
			})
		}
	}
	return []refusal{
		{"a day later", cardauth.CodeSurfaceBirthDate, born("19850314", "19850315")},
		{"a year earlier", cardauth.CodeSurfaceBirthDate, born("19850314", "19840314")},
		{"day unknown on the surface", cardauth.CodeSurfaceBirthDate, born("19850314", "19850300")},
		{"day unknown in the text", cardauth.CodeSurfaceBirthDate, born("19850300", "19850314")},
		{"month unknown on the surface", cardauth.CodeSurfaceBirthDate, born("19850300", "19850000")},
		{"date unknown on the surface", cardauth.CodeSurfaceBirthDate, born("19850314", "00000000")},
		{"date unknown in the text", cardauth.CodeSurfaceBirthDate, born("00000000", "19850314")},
		{"year of the era on the surface", cardauth.CodeSurfaceBirthDate, born("19850314", "00600314")},
		{"no such date on the surface", cardauth.CodeSurfaceBirthDate, born("19850314", "19850230")},
		{"sex", cardauth.CodeSurfaceSex, faceOf(func(h *card.Holder) { h.Sex = "1" })},
		{"sex unknown on the surface", cardauth.CodeSurfaceSex, faceOf(func(h *card.Holder) { h.Sex = "0" })},
		{"sex as a number", cardauth.CodeSurfaceSex, faceOf(func(h *card.Holder) { h.Sex = "\x02" })},
		{"birth date and sex", cardauth.CodeSurfaceBirthDate, faceOf(func(h *card.Holder) { h.BirthDate, h.Sex = "19500101", "1" })},
	}
}
