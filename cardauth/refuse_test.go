// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/test/card"
)

// refusal is one way to be refused: what is sent, and when to what desk.
type refusal struct {
	name string
	want cardauth.Code
	send func(t *testing.T, d *desk) cardauth.Evidence
}

// signedFor has a good card sign for changed files.
func signedFor(change func(t *testing.T, d *desk, f *cardauth.Files)) func(*testing.T, *desk) cardauth.Evidence {
	return func(t *testing.T, d *desk) cardauth.Evidence {
		return d.proveWith(t, d.issue(t, resident()), func(f *cardauth.Files) { change(t, d, f) })
	}
}

// changed changes good evidence after the card has signed.
func changed(change func(t *testing.T, d *desk, ev *cardauth.Evidence)) func(*testing.T, *desk) cardauth.Evidence {
	return func(t *testing.T, d *desk) cardauth.Evidence {
		ev := d.prove(t, d.issue(t, resident()))
		change(t, d, &ev)
		return ev
	}
}

// written is a card on which the municipality wrote this EF0002, properly
// signed.
func written(change func(h *card.Holder)) func(*testing.T, *desk) cardauth.Evidence {
	return func(t *testing.T, d *desk) cardauth.Evidence {
		h := resident()
		change(&h)
		return d.prove(t, d.issueFiles(t, card.EncodeEF0001(h.MyNumber), card.EncodeEF0002(h)))
	}
}

// offsets is a card whose DF21 was changed: no signature covers it.
func offsets(change func(o []byte)) func(*testing.T, *desk) cardauth.Evidence {
	return changed(func(_ *testing.T, _ *desk, ev *cardauth.Evidence) { change(ev.Files.EF0002[6:14]) })
}

// certifying is evidence with an EF0004 for the municipality's key field after
// it was changed, certified all the same.
func certifying(change func(key []byte) []byte) func(*testing.T, *desk) cardauth.Evidence {
	return signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
		key := change(slices.Clone(f.EF0004[42:307]))
		f.EF0004 = must(t)(d.pki.Certificate(d.pki.ID, d.muni.ID, key))
	})
}

func nonceRefusals() []refusal {
	return []refusal{
		{"unknown", cardauth.CodeNonceUnknown, changed(func(_ *testing.T, _ *desk, ev *cardauth.Evidence) { ev.Challenge = "AAAAAAAAAAAAAAAAAAAAAAAAAA" })},
		{"none", cardauth.CodeNonceUnknown, changed(func(_ *testing.T, _ *desk, ev *cardauth.Evidence) { ev.Challenge = "" })},
		{"replayed", cardauth.CodeNonceReused, changed(func(t *testing.T, d *desk, ev *cardauth.Evidence) {
			if _, err := d.verify(t, *ev); err != nil {
				t.Fatal(err)
			}
		})},
		{"120 s later", cardauth.CodeNonceExpired, changed(func(_ *testing.T, d *desk, _ *cardauth.Evidence) { d.now = d.now.Add(cardauth.ChallengeTTL) })},
		{"long ago", cardauth.CodeNonceUnknown, changed(func(_ *testing.T, d *desk, _ *cardauth.Evidence) { d.now = d.now.Add(time.Hour) })},
		{"from the kiosk", cardauth.CodeNonceChannel, changed(func(t *testing.T, d *desk, ev *cardauth.Evidence) {
			c, err := d.NewChallenge(t.Context(), cert.Kiosk, cert.PurposeCertificate)
			if err != nil {
				t.Fatal(err)
			}
			ev.Challenge = c.ID
		})},
		{"for another purpose", cardauth.CodeNoncePurpose, changed(func(t *testing.T, d *desk, ev *cardauth.Evidence) {
			c := cardauth.Challenge{ID: "other", Bytes: [32]byte{1}, Channel: cert.App, Purpose: "transfer", Expires: d.now.Add(time.Minute)}
			if err := d.store.Put(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			ev.Challenge = c.ID
		})},
	}
}

func malformedRefusals() []refusal {
	list := []refusal{
		{"indefinite length", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0003 = slices.Concat([]byte{0xFF, 0x30, 0x80}, f.EF0003[5:], []byte{0, 0})
		})},
		{"length of three bytes", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0003 = slices.Concat([]byte{0xFF, 0x30, 0x83, 0x00}, f.EF0003[3:])
		})},
		{"objects in another order", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0003 = slices.Concat(f.EF0003[:5], f.EF0003[40:75], f.EF0003[5:40], f.EF0003[75:])
		})},
		{"an object too many", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0007 = card.TLV(0xFF50, f.EF0007[5:], card.TLV(0xDF53, []byte{1}))
		})},
		{"digest too short", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0003 = card.TLV(0xFF30, card.TLV(0xDF31, make([]byte, 31)), f.EF0003[40:])
		})},
		{"municipality's signature too short", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0007 = card.TLV(0xFF50, f.EF0007[5:275], card.TLV(0xDF52, make([]byte, 255)))
		})},
		{"certificate with filler", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0004 = append(f.EF0004, 0xFF)
		})},
		{"certificate of another size", cardauth.CodeMalformed, certifying(func(key []byte) []byte { return append(key, 0) })},
		{"certificate of ids alone", cardauth.CodeMalformed, certifying(func([]byte) []byte { return nil })},
		{"EF0001 with 11 digits", cardauth.CodeMalformed, func(t *testing.T, d *desk) cardauth.Evidence {
			return d.proveWith(t, d.issueFiles(t, card.EncodeEF0001("53768667718"), card.EncodeEF0002(resident())), func(*cardauth.Files) {})
		}},
		{"birth date of 7 bytes", cardauth.CodeMalformed, written(func(h *card.Holder) { h.BirthDate = "1985031" })},
		{"sex of 2 bytes", cardauth.CodeMalformed, written(func(h *card.Holder) { h.Sex = "12" })},
		{"EF0002 too long", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0002 = append(f.EF0002, bytes.Repeat([]byte{0xFF}, 4096)...)
		})},
		{"surface application's EF0002", cardauth.CodeMalformed, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0002 = card.TLV(0xFF20, card.TLV(0xDF21, make([]byte, 16)), card.TLV(0xDF22, []byte("19850314")), card.TLV(0xDF23, []byte("2")))
		})},
	}
	for i, name := range []string{"EF0001", "EF0002", "EF0003", "EF0004", "EF0007"} {
		file := func(f *cardauth.Files) *cardauth.Secret {
			return [...]*cardauth.Secret{&f.EF0001, &f.EF0002, &f.EF0003, &f.EF0004, &f.EF0007}[i]
		}
		for what, change := range map[string]func([]byte) []byte{
			"missing":               func([]byte) []byte { return nil },
			"cut":                   func(b []byte) []byte { return b[:len(b)*2/3] },
			"with something behind": func(b []byte) []byte { return append(b, 0x01) },
			"all filler":            func(b []byte) []byte { return bytes.Repeat([]byte{0xFF}, len(b)) },
			"all zero":              func(b []byte) []byte { return make([]byte, len(b)) },
			"huge":                  func(b []byte) []byte { return append(b, make([]byte, 5000)...) },
		} {
			list = append(list, refusal{name + " " + what, cardauth.CodeMalformed,
				signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { p := file(f); *p = change(*p) })})
		}
	}
	return list
}

func certificateRefusals() []refusal {
	return []refusal{
		{"authority not among the anchors", cardauth.CodeCAUnknown, func(t *testing.T, d *desk) cardauth.Evidence {
			muni, err := d.strange.NewMunicipality("90000")
			if err != nil {
				t.Fatal(err)
			}
			c, err := muni.Issue(resident())
			if err != nil {
				t.Fatal(err)
			}
			return d.prove(t, c)
		}},
		{"authority that differs in its last byte", cardauth.CodeCAUnknown, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			id := d.pki.ID
			id[15] = 1
			f.EF0004 = must(t)(d.pki.Certificate(id, d.muni.ID, f.EF0004[42:307]))
		})},
		{"real card in a test", cardauth.CodeEnvironment, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0004[10] = '5' })},
		{"test card in production", cardauth.CodeEnvironment, func(t *testing.T, d *desk) cardauth.Evidence {
			ev := d.prove(t, d.issue(t, resident()))
			real := strings.NewReplacer(`"393030`, `"353030`, `"test"`, `"production"`).Replace(string(d.pki.AnchorsJSON()))
			var err error
			if d.Anchors, err = cardauth.ParseAnchors([]byte(real), cert.Production); err != nil {
				t.Fatal(err)
			}
			return ev
		}},
		{"before the anchor's first day", cardauth.CodeCANotValid, at(2015, 9, 30)},
		{"after the anchor's last day", cardauth.CodeCANotValid, at(2045, 10, 1)},
		{"after RSA-2048's last day", cardauth.CodeSuiteEnded, at(2031, 1, 1)},
		{"suite not in the policy", cardauth.CodeSuiteEnded, changed(func(_ *testing.T, d *desk, _ *cardauth.Evidence) {
			d.Policy.Until = map[cardauth.Suite]cert.Date{}
		})},
		{"exponent 3", cardauth.CodeKeyUnsuitable, certifying(func(key []byte) []byte { key[2], key[4] = 0, 3; return key })},
		{"even modulus", cardauth.CodeKeyUnsuitable, certifying(func(key []byte) []byte { key[264] &^= 1; return key })},
		{"modulus of 2047 bits", cardauth.CodeKeyUnsuitable, certifying(func(key []byte) []byte { key[9] &= 0x7F; return key })},
		{"modulus before exponent", cardauth.CodeKeyUnsuitable, certifying(func(key []byte) []byte { return slices.Concat(key[5:], key[:5]) })},
		{"certificate signed by another authority", cardauth.CodeCertSig, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			f.EF0004 = must(t)(d.strange.Certificate(d.pki.ID, d.muni.ID, f.EF0004[42:307]))
		})},
		{"certificate's signature with the 5F4E header", cardauth.CodeCertSig, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			f.EF0004 = card.TLV(0x7F21, f.EF0004[5:307], card.TLV(0x5F37, must(t)(d.pki.Sign(f.EF0004[5:307]))))
		})},
		{"certificate for another municipality", cardauth.CodeCertSig, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0004 = flip(f.EF0004, 26)
		})},
		{"certificate signed by itself", cardauth.CodeCertSig, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			f.EF0004 = card.TLV(0x7F21, f.EF0004[5:307], card.TLV(0x5F37, must(t)(d.muni.Sign(f.EF0004[10:307]))))
		})},
		{"signature not below the modulus", cardauth.CodeCertSig, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0004 = slices.Concat(f.EF0004[:312], bytes.Repeat([]byte{0xFF}, 256))
		})},
	}
}

// at is good evidence, given and judged on another day.
func at(year, month, day int) func(*testing.T, *desk) cardauth.Evidence {
	return func(t *testing.T, d *desk) cardauth.Evidence {
		d.now = time.Date(year, time.Month(month), day, 0, 0, 0, 0, cert.JST())
		return d.prove(t, d.issue(t, resident()))
	}
}

func keyRefusals() []refusal {
	return []refusal{
		{"card key's signature changed", cardauth.CodeAuthKeySig, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0007 = flip(f.EF0007, 535) })},
		{"card key changed", cardauth.CodeAuthKeySig, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0007 = flip(f.EF0007, 100) })},
		{"card key signed without its header", cardauth.CodeAuthKeySig, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			f.EF0007 = card.TLV(0xFF50, f.EF0007[5:275], card.TLV(0xDF52, must(t)(d.muni.Sign(f.EF0007[10:275]))))
		})},
		{"card key signed by another municipality", cardauth.CodeAuthKeySig, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			f.EF0007 = must(t)(d.neighbor.EF0007(f.EF0007[10:275]))
		})},
		{"digests' signature in place of the key's", cardauth.CodeAuthKeySig, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0007 = card.TLV(0xFF50, f.EF0007[5:275], card.TLV(0xDF52, f.EF0003[80:]))
		})},
		{"card key with exponent 3", cardauth.CodeKeyUnsuitable, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			key := slices.Clone(f.EF0007[10:275])
			key[2], key[4] = 0, 3
			f.EF0007 = must(t)(d.muni.EF0007(key))
		})},
		{"challenge signature missing", cardauth.CodeChallengeSig, changed(func(_ *testing.T, _ *desk, ev *cardauth.Evidence) { ev.Signature = nil })},
		{"challenge signature changed", cardauth.CodeChallengeSig, changed(func(_ *testing.T, _ *desk, ev *cardauth.Evidence) { ev.Signature = flip(ev.Signature, 0) })},
		{"challenge signature of another size", cardauth.CodeChallengeSig, changed(func(_ *testing.T, _ *desk, ev *cardauth.Evidence) {
			ev.Signature = append([]byte{0}, ev.Signature...)
		})},
		{"another challenge signed", cardauth.CodeChallengeSig, changed(func(t *testing.T, d *desk, ev *cardauth.Evidence) { ev.Challenge = d.challenge(t).ID })},
		{"the bare challenge signed", cardauth.CodeChallengeSig, func(t *testing.T, d *desk) cardauth.Evidence {
			c, challenge := d.issue(t, resident()), d.challenge(t)
			ev := must2(c.Reader().Prove("1234", challenge))(t)
			ev.Signature = must(t)(c.Reader().Sign(challenge.Bytes[:]))
			return ev
		}},
		{"digest signed without DigestInfo", cardauth.CodeChallengeSig, func(t *testing.T, d *desk) cardauth.Evidence {
			c, challenge := d.issue(t, resident()), d.challenge(t)
			ev := must2(c.Reader().Prove("1234", challenge))(t)
			sum := sha256.Sum256(cardauth.BoundMessage(challenge.Bytes, ev.Files.EF0003, ev.Files.EF0007))
			answer := c.Transmit(slices.Concat([]byte{0x80, 0x2A, 0, 0, 32}, sum[:], []byte{0}))
			ev.Signature = answer[:256]
			return ev
		}},
		{"another card signed", cardauth.CodeChallengeSig, func(t *testing.T, d *desk) cardauth.Evidence {
			c, challenge := d.issue(t, resident()), d.challenge(t)
			h := resident()
			h.UniqueKey = true
			ev := must2(c.Reader().Prove("1234", challenge))(t)
			ev.Signature = must(t)(d.issue(t, h).Reader().Sign(cardauth.BoundMessage(challenge.Bytes, ev.Files.EF0003, ev.Files.EF0007)))
			return ev
		}},
		{"municipality signed the challenge", cardauth.CodeChallengeSig, func(t *testing.T, d *desk) cardauth.Evidence {
			challenge := d.challenge(t)
			ev := must2(d.issue(t, resident()).Reader().Prove("1234", challenge))(t)
			ev.Signature = must(t)(d.muni.Sign(cardauth.BoundMessage(challenge.Bytes, ev.Files.EF0003, ev.Files.EF0007)))
			return ev
		}},
	}
}

// must2 takes the error of evidence that cannot fail in a test.
func must2(ev cardauth.Evidence, err error) func(*testing.T) cardauth.Evidence {
	return func(t *testing.T) cardauth.Evidence {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return ev
	}
}

func contentRefusals() []refusal {
	return []refusal{
		{"digests' signature changed", cardauth.CodeContentSig, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0003 = flip(f.EF0003, 335) })},
		{"digest changed", cardauth.CodeContentSig, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0003 = flip(f.EF0003, 20) })},
		{"digests signed by another municipality", cardauth.CodeContentSig, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			f.EF0003 = must(t)(d.neighbor.EF0003(f.EF0001, f.EF0002))
		})},
		{"digests signed without headers", cardauth.CodeContentSig, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			sig := must(t)(d.muni.Sign(slices.Concat(f.EF0003[8:40], f.EF0003[43:75])))
			f.EF0003 = card.TLV(0xFF30, f.EF0003[5:75], card.TLV(0xDF33, sig))
		})},
		{"digests signed by the card", cardauth.CodeContentSig, func(t *testing.T, d *desk) cardauth.Evidence {
			c := d.issue(t, resident())
			return d.proveWith(t, c, func(f *cardauth.Files) {
				f.EF0003 = card.TLV(0xFF30, f.EF0003[5:75], card.TLV(0xDF33, must(t)(c.Reader().Sign(f.EF0003[5:75]))))
			})
		}},
		{"another number", cardauth.CodeNumberDigest, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0001 = card.EncodeEF0001("123456789018") })},
		{"filler 00 for FF", cardauth.CodeNumberDigest, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0001[15], f.EF0001[16] = 0, 0 })},
		{"filler half cut", cardauth.CodeNumberDigest, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0001 = f.EF0001[:16] })},
		{"filler grown", cardauth.CodeNumberDigest, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) { f.EF0001 = append(f.EF0001, 0xFF) })},
		{"digest of the 15 bytes", cardauth.CodeNumberDigest, signedFor(func(t *testing.T, d *desk, f *cardauth.Files) {
			f.EF0003 = must(t)(d.muni.EF0003(f.EF0001[:15], f.EF0002))
		})},
		{"leading zeros put into EF0001", cardauth.CodeNumberDigest, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			f.EF0001 = append(card.LongTLV(0xFF10, f.EF0001[3:15]), 0xFF, 0xFF)
		})},
		{"another name", cardauth.CodeAttrDigest, signedFor(func(_ *testing.T, _ *desk, f *cardauth.Files) {
			h := resident()
			h.Name = "山田　﨑子"
			f.EF0002 = card.EncodeEF0002(h)
		})},
		{"NFC of the name", cardauth.CodeAttrDigest, func(t *testing.T, d *desk) cardauth.Evidence {
			h := resident()
			h.Name = "か\u3099　花子"
			return d.proveWith(t, d.issue(t, h), func(f *cardauth.Files) { h.Name = "が　花子"; f.EF0002 = card.EncodeEF0002(h) })
		}},
		{"leading zeros taken out of EF0002", cardauth.CodeAttrDigest, func(t *testing.T, d *desk) cardauth.Evidence {
			h := resident()
			h.NonMinimal = true
			return d.proveWith(t, d.issue(t, h), func(f *cardauth.Files) { h.NonMinimal = false; f.EF0002 = card.EncodeEF0002(h) })
		}},
	}
}

func attributeRefusals() []refusal {
	return []refusal{
		{"offset changed", cardauth.CodeAttrOffsets, offsets(func(o []byte) { o[1]++ })},
		{"offsets zero", cardauth.CodeAttrOffsets, offsets(func(o []byte) { clear(o) })},
		{"offsets of name and address swapped", cardauth.CodeAttrOffsets, offsets(func(o []byte) { copy(o, slices.Concat(o[2:4], o[0:2])) })},
		{"offset past the end", cardauth.CodeAttrOffsets, offsets(func(o []byte) { binary.BigEndian.PutUint16(o[6:], 0xFFFF) })},
		{"offset of the last", cardauth.CodeAttrOffsets, offsets(func(o []byte) { o[7]-- })},
		{"digits that are none", cardauth.CodeNumberDigits, func(t *testing.T, d *desk) cardauth.Evidence {
			return d.proveWith(t, d.issueFiles(t, card.EncodeEF0001("53768667718A"), card.EncodeEF0002(resident())), func(*cardauth.Files) {})
		}},
		{"name not UTF-8", cardauth.CodeAttrText, written(func(h *card.Holder) { h.Name = "\x8D\x95" })},
		{"surrogate in the name", cardauth.CodeAttrText, written(func(h *card.Holder) { h.Name = "\xED\xA0\xB4" })},
		{"address not UTF-8", cardauth.CodeAttrText, written(func(h *card.Holder) { h.Address = "\xFF" })},
		{"no name", cardauth.CodeAttrText, written(func(h *card.Holder) { h.Name = "" })},
		{"30 February", cardauth.CodeAttrBirthDate, written(func(h *card.Holder) { h.BirthDate = "19850230" })},
		{"month 13", cardauth.CodeAttrBirthDate, written(func(h *card.Holder) { h.BirthDate = "19851301" })},
		{"month 13, day unknown", cardauth.CodeAttrBirthDate, written(func(h *card.Holder) { h.BirthDate = "19851300" })},
		{"day 32", cardauth.CodeAttrBirthDate, written(func(h *card.Holder) { h.BirthDate = "19850132" })},
		{"sex 4", cardauth.CodeAttrSex, written(func(h *card.Holder) { h.Sex = "4" })},
		{"sex as a letter", cardauth.CodeAttrSex, written(func(h *card.Holder) { h.Sex = "F" })},
		{"sex as a number", cardauth.CodeAttrSex, written(func(h *card.Holder) { h.Sex = "\x01" })},
		{"check digit", cardauth.CodeNumberCheckSum, func(t *testing.T, d *desk) cardauth.Evidence {
			return d.proveWith(t, d.issueFiles(t, card.EncodeEF0001("537686677189"), card.EncodeEF0002(resident())), func(*cardauth.Files) {})
		}},
	}
}

// run holds the refusals against desks.
func run(t *testing.T, newDesk func(testing.TB) *desk, lists ...[]refusal) {
	t.Helper()
	for _, tt := range slices.Concat(lists...) {
		t.Run(string(tt.want)+"/"+tt.name, func(t *testing.T) {
			d := newDesk(t)
			p, err := d.verify(t, tt.send(t, d))
			if got, _ := cardauth.CodeOf(err); p != nil || got != tt.want || !errors.Is(err, cardauth.Error{Code: tt.want}) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestRefusals: everything that is wrong has its own code.
// Rows: B1, B5
func TestRefusals(t *testing.T) {
	run(t, newDesk, nonceRefusals(), malformedRefusals(), certificateRefusals(), keyRefusals(), contentRefusals(), attributeRefusals())
}

// TestEveryCodeHasItsRefusal: every code has something that is wrong.
func TestEveryCodeHasItsRefusal(t *testing.T) {
	seen := make(map[cardauth.Code]bool)
	for _, tt := range slices.Concat(
		nonceRefusals(), malformedRefusals(), certificateRefusals(), keyRefusals(), contentRefusals(), attributeRefusals(),
		surfaceFormRefusals(), surfaceCertificateRefusals(), surfaceRecordRefusals(), surfaceChallengeRefusals(), surfaceHolderRefusals(),
	) {
		seen[tt.want] = true
	}
	for _, code := range cardauth.Codes() {
		if !seen[code] {
			t.Errorf("%s: nothing is refused with it", code)
		}
	}
	if code, ok := cardauth.CodeOf(errors.New("another error")); ok || code != "" {
		t.Error("every error has a code")
	}
}

// TestLastDaysAreGood: dates include their last day, in Japan.
func TestLastDaysAreGood(t *testing.T) {
	for _, now := range []time.Time{
		time.Date(2015, 10, 1, 0, 0, 0, 0, cert.JST()),
		time.Date(2030, 12, 31, 23, 59, 59, 0, cert.JST()),
	} {
		d := newDesk(t)
		d.now = now
		if _, err := d.verify(t, d.prove(t, d.issue(t, resident()))); err != nil {
			t.Errorf("%v: %v", now, err)
		}
	}
	d := newDesk(t)
	ev := d.prove(t, d.issue(t, resident()))
	d.now = d.now.Add(cardauth.ChallengeTTL - time.Nanosecond)
	if _, err := d.verify(t, ev); err != nil {
		t.Errorf("just before the challenge expires: %v", err)
	}
}

// TestEveryChangedByteIsRefused changes each byte of each file and of the
// signature, one at a time, before and after the card signs.
// Rows: B5
func TestEveryChangedByteIsRefused(t *testing.T) {
	d := newDesk(t)
	h := resident()
	h.NonMinimal = true
	for _, c := range []*card.Card{d.issue(t, resident()), d.issue(t, h)} {
		challenge := d.challenge(t)
		good := must2(c.Reader().Prove("1234", challenge))(t)
		parts := map[string]func(*cardauth.Evidence) *cardauth.Secret{
			"EF0001":    func(ev *cardauth.Evidence) *cardauth.Secret { return &ev.Files.EF0001 },
			"EF0002":    func(ev *cardauth.Evidence) *cardauth.Secret { return &ev.Files.EF0002 },
			"EF0003":    func(ev *cardauth.Evidence) *cardauth.Secret { return &ev.Files.EF0003 },
			"EF0004":    func(ev *cardauth.Evidence) *cardauth.Secret { return &ev.Files.EF0004 },
			"EF0007":    func(ev *cardauth.Evidence) *cardauth.Secret { return &ev.Files.EF0007 },
			"signature": func(ev *cardauth.Evidence) *cardauth.Secret { return &ev.Signature },
		}
		d.Challenges = brokenStore{other: challenge} // gives the same challenge every time
		if _, err := d.verify(t, good); err != nil {
			t.Fatal(err)
		}
		for name, part := range parts {
			for i := range *part(&good) {
				ev := good
				p := part(&ev)
				*p = flip(*p, i)
				_, err := d.verify(t, ev)
				if _, refused := cardauth.CodeOf(err); !refused {
					t.Errorf("%s, byte %d: %v", name, i, err)
				}
			}
		}
		d.Challenges = d.store
	}
}

// TestChangedByteSignedByOwnCardIsRefused: the same for the personal bytes,
// with a card that signs whatever it is asked to.
// Rows: B5
func TestChangedByteSignedByOwnCardIsRefused(t *testing.T) {
	d := newDesk(t)
	c := d.issue(t, resident())
	good := d.prove(t, c)
	for i := range len(good.Files.EF0001) + len(good.Files.EF0002) {
		ev := d.proveWith(t, c, func(f *cardauth.Files) {
			if i < len(f.EF0001) {
				f.EF0001 = flip(f.EF0001, i)
			} else {
				f.EF0002 = flip(f.EF0002, i-len(f.EF0001))
			}
		})
		if _, err := d.verify(t, ev); err == nil {
			t.Errorf("byte %d: passed", i)
		}
	}
}

// TestMatchingNumbersAreNotEnough: what 照合番号A or 照合番号B opens is half
// of what has to be shown; both files are opened by the PIN alone.
// Rows: B1, B2
func TestMatchingNumbersAreNotEnough(t *testing.T) {
	d, h := newDesk(t), resident()
	h.ExpiryYear, h.SecurityCode = "2035", "2285"
	c := d.issue(t, h)
	for fid, number := range map[uint16]string{0x0014: h.MyNumber, 0x0015: card.MatchingNumberB(h)} {
		challenge, r := d.challenge(t), c.Reader()
		if err := r.Select(); err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(fid, number); err != nil {
			t.Fatal(err)
		}
		var f cardauth.Files
		refused := 0
		for id, to := range map[uint16]*cardauth.Secret{1: &f.EF0001, 2: &f.EF0002, 3: &f.EF0003, 4: &f.EF0004, 7: &f.EF0007} {
			b, err := r.Read(id)
			if errors.Is(err, card.StatusError{Command: "READ BINARY", SW: 0x6982}) {
				refused++
			} else if err != nil {
				t.Fatal(err)
			}
			*to = b
		}
		sig := must(t)(r.Sign(cardauth.BoundMessage(challenge.Bytes, f.EF0003, f.EF0007)))
		_, err := d.verify(t, cardauth.Evidence{Files: f, Signature: sig, Challenge: challenge.ID})
		if refused != 1 || !errors.Is(err, cardauth.Error{Code: cardauth.CodeMalformed}) {
			t.Errorf("%04X: the card refused %d files; %v", fid, refused, err)
		}
	}
}
