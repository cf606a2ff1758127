// SPDX-License-Identifier: Apache-2.0

package passport_test

import (
	"crypto"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cardauth/passport"
	sim "kofu/test/passport"
)

// attempt is a chip and who judges it, to be spoiled in one place.
type attempt struct {
	country
	other    country // another State, unknown to the verifier
	dg1      []byte
	mrz      []string
	draft    *sim.Draft
	sod      func([]byte) []byte
	verifier *passport.ChipVerifier
}

// resign makes another signer under the authority.
func (a *attempt) resign(t testing.TB, change func(*sim.Profile), suite sim.Suite) {
	t.Helper()
	p := signerProfile()
	change(&p)
	a.draft = must(a.authority.NewSigner(p, suite))(t).Draft(a.dg1)
}

// rewrite is another zone, signed like the first.
func (a *attempt) rewrite(t testing.TB, dg1 []byte) {
	t.Helper()
	a.dg1 = dg1
	a.draft = a.signer.Draft(dg1)
}

type refusal struct {
	name  string
	want  passport.Code
	spoil func(t testing.TB, a *attempt)
}

// Rows: B4
func TestChipRefuses(t *testing.T) {
	jp, xx := newCountry(t, sim.P384Explicit(), sim.P256()), newCountry(t, sim.P256(), sim.P256())
	got := map[passport.Code]bool{}
	all := slices.Concat(spoiledFiles(), spoiledSignatures(), spoiledAlgorithms(), spoiledSigners(), spoiledLists(), spoiledZones())
	for _, tt := range all {
		t.Run(tt.name, func(t *testing.T) {
			a := &attempt{country: jp, other: xx, dg1: sim.DG1(zone1, zone2), verifier: verifier(t, jp.authority)}
			a.draft = jp.signer.Draft(a.dg1)
			a.sod = func(b []byte) []byte { return b }
			tt.spoil(t, a)
			sod := a.sod(must(a.draft.Build())(t))
			p, err := a.verifier.Verify(passport.Chip{SOD: sod, DG1: a.dg1, MRZ: a.mrz})
			code, ok := passport.CodeOf(err)
			if p != nil || !ok || code != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if err != nil && strings.ContainsAny(err.Error(), "<0123456789") && !strings.Contains(err.Error(), "DG1") && code != passport.CodeSHA1 {
				t.Errorf("the error may tell what was read: %v", err)
			}
			got[code] = true
		})
	}
	for _, c := range passport.Codes() {
		if !got[c] && c != passport.CodeRequired {
			t.Errorf("no case for %s", c)
		}
	}
	t.Logf("%d cases, %d codes", len(all), len(got))
}

func spoiledFiles() []refusal {
	return []refusal{
		{"nothing configured", passport.CodeNotConfigured, func(_ testing.TB, a *attempt) { a.verifier.CSCAs = nil }},
		{"no SOD", passport.CodeSODMissing, func(_ testing.TB, a *attempt) { a.sod = func([]byte) []byte { return nil } }},
		{"oversized SOD", passport.CodeSODSize, func(_ testing.TB, a *attempt) {
			a.sod = func(b []byte) []byte { return append(b, make([]byte, passport.MaxSize)...) }
		}},
		{"oversized inside", passport.CodeSODSize, func(_ testing.TB, a *attempt) {
			a.draft.Certificates = append(a.draft.Certificates, sim.Seq(make([]byte, passport.MaxSize)))
		}},
		{"SOD without its tag", passport.CodeSODMalformed, func(_ testing.TB, a *attempt) { a.draft.Tag = 0 }},
		{"another file's tag", passport.CodeSODMalformed, func(_ testing.TB, a *attempt) { a.draft.Tag = 0x61 }},
		{"truncated", passport.CodeSODMalformed, func(_ testing.TB, a *attempt) {
			a.sod = func(b []byte) []byte { return b[:len(b)-1] }
		}},
		{"trailing bytes", passport.CodeSODTrailing, func(_ testing.TB, a *attempt) {
			a.sod = func(b []byte) []byte { return append(b, 0, 0) }
		}},
		{"something after the content info", passport.CodeCMSMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Tag = 0
			a.sod = func(b []byte) []byte { return sim.TLV(0x77, b, sim.Null()) }
		}},
		{"indefinite length", passport.CodeSODMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Tag = 0
			a.sod = func(b []byte) []byte { return append(append([]byte{0x77, 0x80}, b...), 0, 0) }
		}},
		{"length with a zero before it", passport.CodeSODMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Tag = 0
			a.sod = func(b []byte) []byte { return append([]byte{0x77, 0x83, 0, byte(len(b) >> 8), byte(len(b))}, b...) }
		}},
		{"long form of a short length", passport.CodeCMSMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Digests = [][]byte{append([]byte{0x30, 0x81, 0x0B}, sim.HashID(crypto.SHA256)[2:]...)}
		}},
		{"something after the algorithm's parameters", passport.CodeCMSMalformed, func(_ testing.TB, a *attempt) {
			a.draft.SignerDigest = sim.Seq(sim.OID("2.16.840.1.101.3.4.2.1"), sim.Null(), sim.Null())
		}},
		{"no DG1", passport.CodeDG1Missing, func(_ testing.TB, a *attempt) { a.dg1 = nil }},
		{"oversized DG1", passport.CodeDG1Size, func(_ testing.TB, a *attempt) { a.dg1 = append(a.dg1, make([]byte, 256)...) }},
		{"trailing bytes after DG1", passport.CodeDG1Malformed, func(t testing.TB, a *attempt) { a.rewrite(t, append(a.dg1, 0)) }},
		{"zone cut short", passport.CodeDG1Malformed, func(t testing.TB, a *attempt) { a.rewrite(t, sim.DG1(zone1, zone2[:43])) }},
		{"zone of another length than it says", passport.CodeDG1Malformed, func(t testing.TB, a *attempt) {
			a.rewrite(t, sim.TLV(0x61, []byte{0x5F, 0x1F, 87}, []byte(zone1+zone2)))
		}},
		{"DG1 of another tag", passport.CodeDG1Malformed, func(t testing.TB, a *attempt) { a.rewrite(t, sim.TLV(0x62, a.dg1[2:])) }},
		{"identity card of three lines", passport.CodeDG1NotTD3, func(t testing.TB, a *attempt) {
			a.rewrite(t, sim.DG1(strings.Repeat("I", 45), strings.Repeat("<", 45)))
		}},
		{"identity card of two lines", passport.CodeDG1NotTD3, func(t testing.TB, a *attempt) {
			a.rewrite(t, sim.DG1(strings.Repeat("I", 36), strings.Repeat("<", 36)))
		}},
		{"altered DG1", passport.CodeDG1Digest, func(_ testing.TB, a *attempt) {
			a.dg1 = sim.DG1(strings.Replace(zone1, "HANAKO", "HANAKA", 1), zone2)
		}},
	}
}

func spoiledSignatures() []refusal {
	return []refusal{
		{"no signature", passport.CodeSignerCount, func(_ testing.TB, a *attempt) { a.draft.Copies = -1 }},
		{"two signatures", passport.CodeSignerCount, func(_ testing.TB, a *attempt) { a.draft.Copies = 2 }},
		{"SignedData of version 1", passport.CodeCMSVersion, func(_ testing.TB, a *attempt) { a.draft.Version = 1 }},
		{"signature of version 3 by name", passport.CodeCMSVersion, func(_ testing.TB, a *attempt) { a.draft.SignerVersion = 3 }},
		{"signature of version 1 by key", passport.CodeCMSVersion, func(t testing.TB, a *attempt) {
			if err := a.draft.ByKeyID(a.signer); err != nil {
				t.Fatal(err)
			}
			a.draft.SignerVersion = 1
		}},
		{"content of another type", passport.CodeCMSContent, func(_ testing.TB, a *attempt) { a.draft.ContentType = sim.ListContent }},
		{"no signed attributes", passport.CodeAttrsMissing, func(_ testing.TB, a *attempt) { a.draft.NoAttributes = true }},
		{"attributes without message digest", passport.CodeAttrsMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Attributes = a.draft.StandardAttributes()[:1]
		}},
		{"attributes without content type", passport.CodeAttrsMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Attributes = a.draft.StandardAttributes()[1:]
		}},
		{"message digest twice", passport.CodeAttrsMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Attributes = append(a.draft.StandardAttributes(), a.draft.StandardAttributes()[1])
		}},
		{"message digest of two values", passport.CodeAttrsMalformed, func(_ testing.TB, a *attempt) {
			sum := sim.Octets(sim.Sum(crypto.SHA256, a.draft.Content))
			a.draft.Attributes = [][]byte{a.draft.StandardAttributes()[0], sim.Attribute("1.2.840.113549.1.9.4", sum, sum)}
		}},
		{"attributes of another content type", passport.CodeAttrsContent, func(_ testing.TB, a *attempt) {
			a.draft.Attributes = [][]byte{sim.Attribute("1.2.840.113549.1.9.3", sim.OID(sim.ListContent)), a.draft.StandardAttributes()[1]}
		}},
		{"attributes about other content", passport.CodeAttrsDigest, func(_ testing.TB, a *attempt) {
			a.draft.Attributes = a.draft.StandardAttributes()
			a.draft.Content = sim.SecurityObject(0, crypto.SHA256, sim.Groups(crypto.SHA256, sim.DG1(zone2, zone1))...)
		}},
		{"signature over other attributes", passport.CodeSignature, func(_ testing.TB, a *attempt) {
			a.draft.SignedInstead = sim.Set(a.draft.StandardAttributes()[1], a.draft.StandardAttributes()[0])
		}},
		{"signature over the content itself", passport.CodeSignature, func(_ testing.TB, a *attempt) { a.draft.SignedInstead = a.draft.Content }},
		{"signature over the attributes as sent", passport.CodeSignature, func(_ testing.TB, a *attempt) {
			a.draft.SignedInstead = sim.TLV(0xA0, a.draft.StandardAttributes()...)
		}},
		{"signed by another key", passport.CodeSignature, func(_ testing.TB, a *attempt) { a.draft.SignWith(a.other.signer.Key) }},
		{"empty signature", passport.CodeSignature, func(_ testing.TB, a *attempt) {
			a.draft.AlteredSigValue = func([]byte) []byte { return nil }
		}},
		{"signature of zeros", passport.CodeSignature, func(_ testing.TB, a *attempt) {
			a.draft.AlteredSigValue = func([]byte) []byte { return sim.Seq(sim.Int(0), sim.Int(0)) }
		}},
		{"trailing byte in the signature", passport.CodeSignature, func(_ testing.TB, a *attempt) {
			a.draft.AlteredSigValue = func(b []byte) []byte { return append(b, 0) }
		}},
	}
}

func spoiledAlgorithms() []refusal {
	md5 := sim.Algorithm("1.2.840.113549.2.5", sim.Null())
	return []refusal{
		{"digest algorithm not known", passport.CodeAlgorithm, func(_ testing.TB, a *attempt) { a.draft.SignerDigest = md5 }},
		{"listed digest algorithm not known", passport.CodeAlgorithm, func(_ testing.TB, a *attempt) { a.draft.Digests = [][]byte{md5} }},
		{"digest algorithm with parameters", passport.CodeAlgorithm, func(_ testing.TB, a *attempt) {
			a.draft.SignerDigest = sim.Algorithm("2.16.840.1.101.3.4.2.1", sim.Int(1))
		}},
		{"signature algorithm not known", passport.CodeAlgorithm, func(_ testing.TB, a *attempt) {
			a.draft.SignatureID = sim.Algorithm("1.3.101.112", nil)
		}},
		{"PSS without parameters", passport.CodeAlgorithm, func(_ testing.TB, a *attempt) {
			a.draft.SignatureID = sim.Algorithm("1.2.840.113549.1.1.10", nil)
		}},
		{"PSS with two hash functions", passport.CodeAlgorithm, func(_ testing.TB, a *attempt) {
			a.draft.SignatureID = sim.Algorithm("1.2.840.113549.1.1.10", sim.PSSParams(crypto.SHA256, crypto.SHA1, 32))
		}},
		{"PSS with another trailer", passport.CodeAlgorithm, func(_ testing.TB, a *attempt) {
			a.draft.SignatureID = sim.Algorithm("1.2.840.113549.1.1.10", sim.Seq(
				sim.TLV(0xA0, sim.HashID(crypto.SHA256)),
				sim.TLV(0xA1, sim.Algorithm("1.2.840.113549.1.1.8", sim.HashID(crypto.SHA256))),
				sim.TLV(0xA2, sim.Int(32)), sim.TLV(0xA3, sim.Int(2)),
			))
		}},
		{"digests by MD5", passport.CodeAlgorithm, func(_ testing.TB, a *attempt) {
			a.draft.Content = sim.Seq(sim.Int(0), md5, sim.Seq(sim.Seq(sim.Int(1), sim.Octets(make([]byte, 16))), sim.Seq(sim.Int(2), sim.Octets(make([]byte, 16)))))
		}},
		{"digest algorithm not listed", passport.CodeAlgorithmMismatch, func(_ testing.TB, a *attempt) {
			a.draft.Digests = [][]byte{sim.HashID(crypto.SHA384)}
		}},
		{"wrong digest algorithm", passport.CodeAlgorithmMismatch, func(_ testing.TB, a *attempt) {
			a.draft.SignerDigest = sim.HashID(crypto.SHA512)
		}},
		{"signature algorithm of another hash function", passport.CodeAlgorithmMismatch, func(_ testing.TB, a *attempt) {
			a.draft.SignatureID = sim.P384().SignatureID()
		}},
		{"signature algorithm of another kind of key", passport.CodeSignature, func(_ testing.TB, a *attempt) {
			a.draft.SignatureID = sim.RSA(crypto.SHA256).SignatureID()
		}},
		{"SHA-1 in the signature", passport.CodeSHA1, func(t testing.TB, a *attempt) {
			s := sim.P256()
			s.Hash = crypto.SHA1
			a.resign(t, func(*sim.Profile) {}, s)
			a.draft.Content = sim.SecurityObject(0, crypto.SHA256, sim.Groups(crypto.SHA256, a.dg1)...)
		}},
		{"key for PSS signs otherwise", passport.CodeSignature, func(t testing.TB, a *attempt) {
			s := sim.RSA(crypto.SHA256)
			s.PSSOnly = true
			a.resign(t, func(*sim.Profile) {}, s)
		}},
		{"SHA-1 in the digests", passport.CodeSHA1, func(_ testing.TB, a *attempt) {
			a.draft.Content = sim.SecurityObject(0, crypto.SHA1, sim.Groups(crypto.SHA1, a.dg1)...)
		}},
		{"SHA-1 in the signer's certificate", passport.CodeSHA1, func(t testing.TB, a *attempt) {
			s := a.authority.Key.Suite
			s.Hash = crypto.SHA1
			old := *a.authority
			old.Key = old.Key.With(s)
			a.draft = must(old.NewSigner(signerProfile(), sim.P256()))(t).Draft(a.dg1)
		}},
	}
}

func spoiledSigners() []refusal {
	profile := func(change func(*sim.Profile)) func(testing.TB, *attempt) {
		return func(t testing.TB, a *attempt) { a.resign(t, change, sim.P256()) }
	}
	return []refusal{
		{"no certificate", passport.CodeCertificateNone, func(_ testing.TB, a *attempt) { a.draft.Certificates = nil }},
		{"seventeen certificates", passport.CodeCMSMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Certificates = slices.Repeat(a.draft.Certificates, 17)
		}},
		{"certificate is none", passport.CodeCertificate, func(_ testing.TB, a *attempt) {
			a.draft.Certificates = [][]byte{sim.Seq(sim.Int(1))}
		}},
		{"certificate of version 1", passport.CodeCertificate, profile(func(p *sim.Profile) { p.Version = 1 })},
		{"extension twice", passport.CodeCertificate, profile(func(p *sim.Profile) {
			p.Extensions = [][]byte{sim.DocTypes("P"), sim.DocTypes("P")}
		})},
		{"another's certificate", passport.CodeSignerUnknown, func(_ testing.TB, a *attempt) {
			a.draft.Certificates = [][]byte{a.authority.Certificate}
		}},
		{"signer named by another key", passport.CodeSignerUnknown, func(t testing.TB, a *attempt) {
			if err := a.draft.ByKeyID(a.other.signer); err != nil {
				t.Fatal(err)
			}
		}},
		{"withdrawn signer", passport.CodeSignerWithdrawn, func(t testing.TB, a *attempt) {
			a.verifier.Policy.Withdrawn = map[[32]byte]bool{keySum(t, a.signer): true}
		}},
		{"authority as signer", passport.CodeSignerPurpose, func(_ testing.TB, a *attempt) { a.draft = a.authority.Draft(a.dg1) }},
		{"authority under the authority", passport.CodeSignerPurpose, profile(func(p *sim.Profile) {
			p.Extensions = [][]byte{sim.Extension("2.5.29.19", true, sim.Seq([]byte{1, 1, 0xFF}))}
		})},
		{"signer of visible seals", passport.CodeSignerPurpose, profile(func(p *sim.Profile) {
			p.Extensions = [][]byte{sim.KeyUsage("2.23.136.1.1.14.2")}
		})},
		{"signer of master lists", passport.CodeSignerPurpose, profile(func(p *sim.Profile) {
			p.Extensions = [][]byte{sim.KeyUsage("2.23.136.1.1.3")}
		})},
		{"key for something else", passport.CodeSignerPurpose, profile(func(p *sim.Profile) { p.Usage = 0x20 })},
		{"critical extension not known", passport.CodeSignerPurpose, profile(func(p *sim.Profile) {
			p.Extensions = [][]byte{sim.Extension("1.2.3.4", true, sim.Null())}
		})},
		{"RSA of 1024 bits", passport.CodeSignerKey, func(t testing.TB, a *attempt) {
			a.resign(t, func(*sim.Profile) {}, sim.Suite{Bits: 1024, Hash: crypto.SHA256})
		}},
		{"unknown authority", passport.CodeCSCAUnknown, func(t testing.TB, a *attempt) {
			p := authorityProfile()
			p.CommonName = "somebody"
			own := must(sim.NewAuthority(p, sim.P256()))(t)
			a.draft = must(own.NewSigner(signerProfile(), sim.P256()))(t).Draft(a.dg1)
		}},
		{"authority of the same name", passport.CodeSignerSig, func(_ testing.TB, a *attempt) { a.draft = a.other.signer.Draft(a.dg1) }},
		{"signer signed by a signer", passport.CodeCSCAUnknown, func(t testing.TB, a *attempt) {
			p := signerProfile()
			p.Serial = 7
			a.draft = must(a.signer.NewSigner(p, sim.P256()))(t).Draft(a.dg1)
		}},
		{"signer of before the authority", passport.CodeCSCANotValid, profile(func(p *sim.Profile) { p.From = years(-9) })},
		{"signer not valid yet", passport.CodeSignerNotYet, profile(func(p *sim.Profile) { p.From = now().Add(time.Second) })},
		{"expired signer", passport.CodeSignerExpired, profile(func(p *sim.Profile) { p.Until = now().Add(-time.Second) })},
	}
}

func spoiledLists() []refusal {
	list := func(change func(*attempt, []sim.Digest) []sim.Digest) func(testing.TB, *attempt) {
		return func(_ testing.TB, a *attempt) {
			a.draft.Content = sim.SecurityObject(0, crypto.SHA256, change(a, sim.Groups(crypto.SHA256, a.dg1))...)
		}
	}
	return []refusal{
		{"DG1 missing from the list", passport.CodeDG1Unlisted, list(func(_ *attempt, d []sim.Digest) []sim.Digest { return d[1:] })},
		{"DG1 twice", passport.CodeLDSTwice, list(func(_ *attempt, d []sim.Digest) []sim.Digest { return append(d, d[0]) })},
		{"DG2 twice", passport.CodeLDSTwice, list(func(_ *attempt, d []sim.Digest) []sim.Digest { return append(d, d[1]) })},
		{"data group 0", passport.CodeLDSNumber, list(func(_ *attempt, d []sim.Digest) []sim.Digest { d[1].Number = 0; return d })},
		{"data group 17", passport.CodeLDSNumber, list(func(_ *attempt, d []sim.Digest) []sim.Digest { d[1].Number = 17; return d })},
		{"one digest", passport.CodeLDSCount, list(func(_ *attempt, d []sim.Digest) []sim.Digest { return d[:1] })},
		{"short digest", passport.CodeLDSLength, list(func(_ *attempt, d []sim.Digest) []sim.Digest { d[0].Sum = d[0].Sum[:20]; return d })},
		{"empty digest", passport.CodeLDSLength, list(func(_ *attempt, d []sim.Digest) []sim.Digest { d[0].Sum = nil; return d })},
		{"digest of another hash function", passport.CodeLDSLength, func(_ testing.TB, a *attempt) {
			a.draft.Content = sim.SecurityObject(0, crypto.SHA384, sim.Groups(crypto.SHA256, a.dg1)...)
		}},
		{"version 2", passport.CodeLDSMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Content = sim.SecurityObject(2, crypto.SHA256, sim.Groups(crypto.SHA256, a.dg1)...)
		}},
		{"no security object", passport.CodeLDSMalformed, func(_ testing.TB, a *attempt) { a.draft.Content = []byte("text") }},
		{"trailing bytes after the security object", passport.CodeLDSMalformed, func(_ testing.TB, a *attempt) {
			a.draft.Content = append(a.draft.Content, 0)
		}},
	}
}

func spoiledZones() []refusal {
	return []refusal{
		{"wrong check digit", passport.CodeMRZ, func(t testing.TB, a *attempt) { a.rewrite(t, sim.DG1(zone1, zone2[:43]+"5")) }},
		{"identity card of two long lines", passport.CodeMRZ, func(t testing.TB, a *attempt) { a.rewrite(t, sim.DG1("I"+zone1[1:], zone2)) }},
		{"signer of identity cards", passport.CodeType, func(t testing.TB, a *attempt) {
			a.resign(t, func(p *sim.Profile) { p.Extensions = [][]byte{sim.DocTypes("ID", "PD")} }, sim.P256())
		}},
		{"another State's passport", passport.CodeState, func(t testing.TB, a *attempt) {
			a.rewrite(t, sim.DG1(strings.Replace(zone1, "JPN", "UTO", 1), zone2))
		}},
		{"other first line sent beside", passport.CodeMRZDiffers, func(_ testing.TB, a *attempt) {
			a.mrz = []string{strings.Replace(zone1, "HANAKO", "HANAKA", 1), zone2}
		}},
		{"one line sent beside", passport.CodeMRZDiffers, func(_ testing.TB, a *attempt) { a.mrz = []string{zone1} }},
	}
}
