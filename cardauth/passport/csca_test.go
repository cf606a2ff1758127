// SPDX-License-Identifier: Apache-2.0

package passport_test

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"testing"

	"kofu/cardauth/passport"
	sim "kofu/test/passport"
)

// authorities are two of one State, the second following on the first, with
// the link between them.
type authorities struct{ old, link, next *sim.Certified }

func rollover(t testing.TB) authorities {
	t.Helper()
	p := authorityProfile()
	p.Until = years(-1)
	old := must(sim.NewAuthority(p, sim.P384Explicit()))(t)
	p = authorityProfile()
	p.Serial, p.From = 2, years(-5)
	next := must(sim.NewAuthority(p, sim.RSA(crypto.SHA256)))(t)
	p.Serial = 3
	return authorities{old, must(old.Link(next, p))(t), next}
}

// Rows: B4
func TestCSCAs(t *testing.T) {
	a := rollover(t)
	unlinked := must(must(sim.NewAuthority(authorityProfile(), sim.P256()))(t).Link(a.next, authorityProfile()))(t)
	xx := authorityProfile()
	xx.Country = "XX"
	foreignLink := must(a.old.Link(must(sim.NewAuthority(xx, sim.P256()))(t), xx))(t)
	oldest := must(sim.NewAuthority(authorityProfile(), sim.RSA(crypto.SHA1)))(t)
	weakLink := must(oldest.Link(a.next, authorityProfile()))(t)
	otherCurve := spelled(t, func(p *elliptic.CurveParams) { p.Gx = big.NewInt(1) }).Certificate
	signer := must(a.next.NewSigner(signerProfile(), sim.P256()))(t)
	broken := slices.Clone(a.old.Certificate)
	broken[len(broken)-1] ^= 1
	list := must(signer.MasterList(a.old.Certificate, a.link.Certificate, otherCurve, sim.Seq(sim.Null()), a.next.Certificate).Build())(t)
	asPEM := func(kind string, ders ...[]byte) (out []byte) {
		for _, der := range ders {
			out = append(out, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
		}
		return out
	}
	for _, tt := range []struct {
		name      string
		data      []byte
		n, skip   int
		wantError bool
	}{
		{"one in DER", a.old.Certificate, 1, 0, false},
		{"one in PEM", sim.PEM(a.old), 1, 0, false},
		{"two and their link", sim.PEM(a.old, a.link, a.next), 3, 0, false},
		{"the link first", sim.PEM(a.link, a.next, a.old), 3, 0, false},
		{"the link and the old one", sim.PEM(a.link, a.old), 2, 0, false},
		{"one twice", sim.PEM(a.old, a.old), 1, 0, false},
		{"with text between", append([]byte("# Japan\n"), sim.PEM(a.old)...), 1, 0, false},
		{"link of an unknown authority", sim.PEM(a.old, unlinked), 1, 1, false},
		{"link of another State", sim.PEM(a.old, foreignLink), 1, 1, false},
		{"link signed with SHA-1", sim.PEM(oldest, weakLink), 1, 1, false},
		{"a signer of its own", sim.PEM(a.old, must(a.old.NewSigner(signerProfile(), sim.P256()))(t)), 1, 1, false},
		{"a signer among them", sim.PEM(a.old, signer), 1, 1, false},
		{"a curve that is not known", append(sim.PEM(a.old), asPEM("CERTIFICATE", otherCurve)...), 1, 1, false},
		{"a wrong signature by itself", asPEM("CERTIFICATE", a.next.Certificate, broken), 1, 1, false},
		{"master list", list, 3, 2, false},
		{"master list in PEM, and one more", append(asPEM("CMS", list), sim.PEM(a.old)...), 3, 2, false},
		{"nothing", nil, 0, 0, true},
		{"text", []byte("no certificates here"), 0, 0, true},
		{"PEM of something else", asPEM("PUBLIC KEY", a.old.Certificate), 0, 0, true},
		{"PEM of no certificate", append(sim.PEM(a.old), asPEM("CERTIFICATE", []byte("x"))...), 0, 0, true},
		{"PEM cut short", sim.PEM(a.old)[:400], 0, 0, true},
		{"second PEM cut short", sim.PEM(a.old, a.next)[:1500], 0, 0, true},
		{"DER cut short", a.old.Certificate[:400], 0, 0, true},
		{"DER with something after it", append(slices.Clone(a.old.Certificate), 0), 0, 0, true},
		{"link alone", sim.PEM(a.link), 0, 0, true},
		{"signer alone", sim.PEM(signer), 0, 0, true},
		{"security object in the place of a list", must(func() ([]byte, error) { d := signer.Draft(nil); d.Tag = 0; return d.Build() }())(t), 0, 0, true},
		{"altered master list", bytes.Replace(list, []byte("CSCA"), []byte("CSCB"), 1), 0, 0, true},
		{"oversized", bytes.Repeat([]byte(" "), 8<<20+1), 0, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := passport.ParseCSCAs(tt.data)
			if tt.wantError {
				if s != nil || !errors.Is(err, passport.ErrCSCAs) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || s.Len() != tt.n || s.Skipped() != tt.skip || len(s.Version()) != 64 {
				t.Fatalf("got %d, skipped %d, %v", s.Len(), s.Skipped(), err)
			}
		})
	}
}

// spelled is an authority, and signed right, whose certificate spells P-256 out
// with a change.
func spelled(t testing.TB, change func(*elliptic.CurveParams)) *sim.Certified {
	t.Helper()
	p := *sim.P256().Curve.Params()
	change(&p)
	return must(sim.NewAuthority(authorityProfile(), sim.Suite{Curve: elliptic.P256(), Spelled: &p, Hash: crypto.SHA256}))(t)
}

// TestCSCARollover: passports under the old key and the new one are proved,
// with and without the link certificate; under a link alone where the old one
// is trusted.
func TestCSCARollover(t *testing.T) {
	a := rollover(t)
	dg1 := sim.DG1(zone1, zone2)
	p := signerProfile()
	p.From = years(-3)
	chip := func(by *sim.Certified) passport.Chip {
		return passport.Chip{SOD: must(must(by.NewSigner(p, sim.P256()))(t).Draft(dg1).Build())(t), DG1: dg1}
	}
	for _, tt := range []struct {
		name     string
		trusted  []*sim.Certified
		old, new passport.Code
	}{
		{"both", []*sim.Certified{a.old, a.next}, "", ""},
		{"both and link", []*sim.Certified{a.link, a.next, a.old}, "", ""},
		{"old and link", []*sim.Certified{a.old, a.link}, "", ""},
		{"old", []*sim.Certified{a.old}, "", passport.CodeSignerSig},
		{"new and link", []*sim.Certified{a.next, a.link}, passport.CodeSignerSig, ""},
	} {
		v := verifier(t, tt.trusted...)
		for _, c := range []struct {
			by   *sim.Certified
			want passport.Code
		}{{a.old, tt.old}, {a.next, tt.new}} {
			_, err := v.Verify(chip(c.by))
			if code, _ := passport.CodeOf(err); code != c.want || (err == nil) != (c.want == "") {
				t.Errorf("%s: got %v, want %q", tt.name, err, c.want)
			}
		}
	}
}

// TestCSCAGeneratorCounts: a key on P-256 is not trusted where the certificate
// spells out another curve, though it signed itself right. All parts count, the
// generator too (CVE-2020-0601).
func TestCSCAGeneratorCounts(t *testing.T) {
	next := func(n *big.Int) *big.Int { return new(big.Int).Add(n, big.NewInt(2)) }
	for name, change := range map[string]func(*elliptic.CurveParams){
		"as it is":                    func(*elliptic.CurveParams) {},
		"prime":                       func(p *elliptic.CurveParams) { p.P = next(p.P) },
		"order":                       func(p *elliptic.CurveParams) { p.N = next(p.N) },
		"b":                           func(p *elliptic.CurveParams) { p.B = next(p.B) },
		"generator x":                 func(p *elliptic.CurveParams) { p.Gx = next(p.Gx) },
		"generator y":                 func(p *elliptic.CurveParams) { p.Gy = next(p.Gy) },
		"generator on the other side": func(p *elliptic.CurveParams) { p.Gy = new(big.Int).Sub(p.P, p.Gy) },
	} {
		if _, err := passport.ParseCSCAs(sim.PEM(spelled(t, change))); (err == nil) != (name == "as it is") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestStates: a State's authority vouches for its own passports.
func TestStates(t *testing.T) {
	dg1 := func(issuer string) []byte { return sim.DG1("P<"+(issuer + "<<<")[:3]+zone1[5:], zone2) }
	for _, tt := range []struct {
		country, issuer string
		ok              bool
	}{
		{"JP", "JPN", true}, {"jp", "JPN", true}, {"DE", "D", true}, {"GB", "GBR", true}, {"GB", "GBN", true}, {"CN", "CHN", true},
		{"HK", "CHN", true}, {"TW", "TWN", true}, {"KR", "KOR", true}, {"UN", "UNO", true}, {"EU", "EUE", true}, {"KS", "RKS", true},
		{"US", "JPN", false}, {"JP", "USA", false}, {"DE", "DEU", true}, {"FR", "D", false}, {"JP", "JP", false}, {"JP", "J", false},
		{"ZZ", "UTO", false}, {"HK", "GBR", false}, {"JPN", "JPN", false}, {"", "JPN", false},
	} {
		p := authorityProfile()
		p.Country = tt.country
		a := must(sim.NewAuthority(p, sim.P256()))(t)
		d := must(a.NewSigner(signerProfile(), sim.P256()))(t)
		_, err := verifier(t, a).Verify(passport.Chip{SOD: must(d.Draft(dg1(tt.issuer)).Build())(t), DG1: dg1(tt.issuer)})
		if code, _ := passport.CodeOf(err); (err == nil) != tt.ok || !tt.ok && code != passport.CodeState {
			t.Errorf("%s of %s: %v", tt.issuer, tt.country, err)
		}
	}
}
