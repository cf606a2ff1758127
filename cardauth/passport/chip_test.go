// SPDX-License-Identifier: Apache-2.0

package passport_test

import (
	"crypto"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kofu/cardauth/passport"
	"kofu/cert"
	sim "kofu/test/passport"
)

// The specimen of a made-up person.
const (
	zone1 = "P<JPNKOFU<<HANAKO<<<<<<<<<<<<<<<<<<<<<<<<<<<"
	zone2 = "TK00000003JPN8503149F3001019<<<<<<<<<<<<<<04"
)

func now() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, cert.JST()) }

func years(n int) time.Time { return now().AddDate(n, 0, 0) }

// country is a State with one authority and one signer.
type country struct {
	authority, signer *sim.Certified
}

func authorityProfile() sim.Profile {
	return sim.Profile{Country: "JP", CommonName: "e-passport CSCA", From: years(-8), Until: years(7), Serial: 1}
}

func signerProfile() sim.Profile {
	return sim.Profile{Country: "JP", CommonName: "e-passport signer", From: years(-2), Until: years(9), Serial: 1001}
}

func newCountry(t testing.TB, authority, signer sim.Suite) country {
	t.Helper()
	a := must(sim.NewAuthority(authorityProfile(), authority))(t)
	return country{a, must(a.NewSigner(signerProfile(), signer))(t)}
}

// must hands a value on, or ends the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func verifier(t testing.TB, authorities ...*sim.Certified) *passport.ChipVerifier {
	t.Helper()
	return &passport.ChipVerifier{CSCAs: must(passport.ParseCSCAs(sim.PEM(authorities...)))(t), Now: now}
}

func (c country) chip(t testing.TB) passport.Chip {
	t.Helper()
	dg1 := sim.DG1(zone1, zone2)
	return passport.Chip{SOD: must(c.signer.Draft(dg1).Build())(t), DG1: dg1}
}

// Rows: B4
func TestChipProves(t *testing.T) {
	suites := map[string][2]sim.Suite{
		"P-256 under P-256":                   {sim.P256(), sim.P256()},
		"P-256 under P-384 spelled out":       {sim.P384Explicit(), sim.P256()},
		"spelled out under spelled out":       {sim.P384Explicit(), sim.P256Explicit()},
		"P-521 spelled out":                   {sim.P521Explicit(), sim.P521Explicit()},
		"RSA under RSA":                       {sim.RSA(crypto.SHA256), sim.RSA(crypto.SHA256)},
		"RSA with SHA-512 under P-384":        {sim.P384(), sim.RSA(crypto.SHA512)},
		"RSASSA-PSS under RSASSA-PSS":         {sim.RSAPSS(crypto.SHA256), sim.RSAPSS(crypto.SHA256)},
		"RSASSA-PSS SHA-384 under RSA":        {sim.RSA(crypto.SHA384), sim.RSAPSS(crypto.SHA384)},
		"P-384 under RSASSA-PSS with SHA-512": {sim.RSAPSS(crypto.SHA512), sim.P384()},
	}
	for name, s := range suites {
		t.Run(name, func(t *testing.T) {
			jp := newCountry(t, s[0], s[1])
			c := jp.chip(t)
			c.MRZ = []string{zone1, zone2}
			p, err := verifier(t, jp.authority).Verify(c)
			if err != nil {
				t.Fatal(err)
			}
			want, err := passport.ParseMRZ(zone1, zone2, cert.DateOf(now()))
			if err != nil || *p != *want {
				t.Errorf("not what data group 1 says: %v", err)
			}
		})
	}
}

// What Doc 9303 leaves open, and what the policy opens.
func TestChipAccepts(t *testing.T) {
	jp := newCountry(t, sim.P384Explicit(), sim.P256())
	dg1 := sim.DG1(zone1, zone2)
	signer := func(change func(*sim.Profile), s sim.Suite) *sim.Draft {
		p := signerProfile()
		change(&p)
		return must(jp.authority.NewSigner(p, s))(t).Draft(dg1)
	}
	sha1 := sim.P256()
	sha1.Hash = crypto.SHA1
	pssOnly := sim.RSAPSS(crypto.SHA256)
	pssOnly.PSSOnly = true
	type given struct {
		draft  *sim.Draft
		policy passport.ChipPolicy
	}
	change := func(f func(*sim.Draft)) given { d := jp.signer.Draft(dg1); f(d); return given{draft: d} }
	for name, g := range map[string]given{
		"signer named by its key": change(func(d *sim.Draft) {
			if err := d.ByKeyID(jp.signer); err != nil {
				t.Fatal(err)
			}
		}),
		"security object of version 1": change(func(d *sim.Draft) {
			d.Content = sim.SecurityObject(1, crypto.SHA256, sim.Groups(crypto.SHA256, dg1)...)
		}),
		"digests longer than the signature's": change(func(d *sim.Draft) {
			d.Content = sim.SecurityObject(0, crypto.SHA512, sim.Groups(crypto.SHA512, dg1)...)
		}),
		"time of signing": change(func(d *sim.Draft) {
			d.Attributes = append(d.StandardAttributes(), sim.Attribute("1.2.840.113549.1.9.5", sim.TLV(0x17, []byte("240101000000Z"))))
		}),
		"unsigned attributes":          change(func(d *sim.Draft) { d.Unsigned = sim.TLV(0xA1, sim.Attribute("1.2.3.4", sim.Null())) }),
		"revocation list":              change(func(d *sim.Draft) { d.Revocations = sim.TLV(0xA1, sim.Seq()) }),
		"authority's certificate":      change(func(d *sim.Draft) { d.Certificates = append(d.Certificates, jp.authority.Certificate) }),
		"digest algorithm with NULL":   change(func(d *sim.Draft) { d.SignerDigest = sim.Algorithm("2.16.840.1.101.3.4.2.1", sim.Null()) }),
		"two listed digest algorithms": change(func(d *sim.Draft) { d.Digests = append(d.Digests, sim.HashID(crypto.SHA1)) }),
		"without key identifiers":      {draft: signer(func(p *sim.Profile) { p.NoKeyIDs = true }, sim.P256())},
		"signer of passports":          {draft: signer(func(p *sim.Profile) { p.Extensions = [][]byte{sim.DocTypes("P")} }, sim.P256())},
		"key for PSS alone":            {draft: signer(func(*sim.Profile) {}, pssOnly)},
		"begins now":                   {draft: signer(func(p *sim.Profile) { p.From = now() }, sim.P256())},
		"ends now":                     {draft: signer(func(p *sim.Profile) { p.Until = now() }, sim.P256())},
		"ends in the year 2060":        {draft: signer(func(p *sim.Profile) { p.Until = years(34) }, sim.P256())},
		"expired signer by policy":     {signer(func(p *sim.Profile) { p.Until = years(-1) }, sim.P256()), passport.ChipPolicy{ExpiredSigner: true}},
		"SHA-1 signer by policy":       {signer(func(*sim.Profile) {}, sha1), passport.ChipPolicy{SHA1: true}},
		"names the kind of key only":   rsaEncryption(t, jp, dg1),
		"default parameters written out": change(func(d *sim.Draft) {
			d.Certificates = [][]byte{must(jp.authority.Certify(sim.Profile{
				Country: "jp", CommonName: "lower-case", From: years(-1), Until: years(1), Serial: 1001,
				Extensions: [][]byte{sim.Seq(sim.OID("2.5.29.18"), []byte{1, 1, 0}, sim.Octets(sim.Seq()))},
			}, jp.signer.Key))(t).Certificate}
		}),
	} {
		v := verifier(t, jp.authority)
		v.Policy = g.policy
		if _, err := v.Verify(passport.Chip{SOD: must(g.draft.Build())(t), DG1: dg1}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestChipOfLongAgo: the years of UTCTime from 50 on are of the last century.
func TestChipOfLongAgo(t *testing.T) {
	p := authorityProfile()
	p.From = time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC)
	old := must(sim.NewAuthority(p, sim.P256()))(t)
	jp := country{old, must(old.NewSigner(signerProfile(), sim.P256()))(t)}
	if _, err := verifier(t, old).Verify(jp.chip(t)); err != nil {
		t.Error(err)
	}
}

// rsaEncryption is what many a State writes in the place of
// sha256WithRSAEncryption.
func rsaEncryption(t *testing.T, jp country, dg1 []byte) (g struct {
	draft  *sim.Draft
	policy passport.ChipPolicy
}) {
	t.Helper()
	g.draft = must(jp.authority.NewSigner(signerProfile(), sim.RSA(crypto.SHA256)))(t).Draft(dg1)
	g.draft.SignatureID = sim.Algorithm("1.2.840.113549.1.1.1", sim.Null())
	return g
}

// TestChipBitFlips: no bit of either file can be turned.
// Rows: B4
func TestChipBitFlips(t *testing.T) {
	for name, jp := range map[string]country{
		"ECDSA": newCountry(t, sim.P256Explicit(), sim.P256()),
		"RSA":   newCountry(t, sim.RSA(crypto.SHA256), sim.RSA(crypto.SHA256)),
		"PSS":   newCountry(t, sim.P256(), sim.RSAPSS(crypto.SHA256)),
	} {
		t.Run(name, func(t *testing.T) {
			v, c := verifier(t, jp.authority), jp.chip(t)
			if _, err := v.Verify(c); err != nil {
				t.Fatal(err)
			}
			codes := map[passport.Code]int{}
			for _, file := range [][]byte{c.SOD, c.DG1} {
				for i := range 8 * len(file) {
					file[i/8] ^= 1 << (i % 8)
					p, err := v.Verify(c)
					code, ok := passport.CodeOf(err)
					if p != nil || !ok {
						t.Fatalf("bit %d of %d: passes, %v", i%8, i/8, err)
					}
					codes[code]++
					file[i/8] ^= 1 << (i % 8)
				}
			}
			t.Logf("%d bits, %v", 8*(len(c.SOD)+len(c.DG1)), codes)
		})
	}
}

// TestChipCutsAndStretches: no file can be cut, nor be made longer, anywhere
// at the end.
func TestChipCutsAndStretches(t *testing.T) {
	jp := newCountry(t, sim.P256(), sim.P256())
	v, whole := verifier(t, jp.authority), jp.chip(t)
	for n := range len(whole.SOD) {
		if p, err := v.Verify(passport.Chip{SOD: whole.SOD[:n], DG1: whole.DG1}); p != nil || err == nil {
			t.Fatalf("SOD of %d bytes passes", n)
		}
	}
	for n := range len(whole.DG1) {
		if p, err := v.Verify(passport.Chip{SOD: whole.SOD, DG1: whole.DG1[:n]}); p != nil || err == nil {
			t.Fatalf("DG1 of %d bytes passes", n)
		}
	}
}

// TestChipErrorsHoldNothing: what is wrong with a signed zone is told by its
// field.
func TestChipErrorsHoldNothing(t *testing.T) {
	jp := newCountry(t, sim.P256(), sim.P256())
	dg1 := sim.DG1(zone1, zone2[:4]+"O"+zone2[5:])
	_, err := verifier(t, jp.authority).Verify(passport.Chip{SOD: must(jp.signer.Draft(dg1).Build())(t), DG1: dg1})
	field, ok := errors.AsType[*passport.MRZError](err)
	if code, is := passport.CodeOf(err); !is || code != passport.CodeMRZ || !ok || field.Field != passport.FieldNumber || field.Confusion != "O/0" {
		t.Errorf("got %v", err)
	}
	c := passport.Chip{SOD: []byte("HANAKO"), DG1: []byte("HANAKO"), MRZ: []string{"HANAKO"}}
	if s := fmt.Sprintf("%v %+v %#v %x %s", c, c, c, c.SOD, &c); strings.Contains(s, "HANAKO") || strings.Contains(s, "48414e") {
		t.Error("a chip prints")
	}
	c.Wipe()
	if string(c.SOD) != "\x00\x00\x00\x00\x00\x00" {
		t.Error("not wiped")
	}
}

// Rows: B4
func TestAcceptance(t *testing.T) {
	jp := newCountry(t, sim.P256(), sim.P256())
	chip, lines := jp.chip(t), []string{zone1, zone2}
	a := passport.Acceptance{Chips: verifier(t, jp.authority), Now: now}
	only := passport.Acceptance{Chips: a.Chips, ChipRequired: true, Now: now}
	none := passport.Acceptance{Now: now}
	national := func(code string) []string { return []string{zone1, zone2[:10] + (code + "<<")[:3] + zone2[13:]} }
	abroad := passport.Chip{DG1: sim.DG1(zone1, national("VNM")[1])}
	abroad.SOD = must(jp.signer.Draft(abroad.DG1).Build())(t)
	for name, tt := range map[string]struct {
		by     passport.Acceptance
		lines  []string
		chip   *passport.Chip
		source passport.Source
		code   passport.Code
		err    error
	}{
		"lines":                     {a, lines, nil, passport.SourceZone, "", nil},
		"chip":                      {a, nil, &chip, passport.SourceChip, "", nil},
		"both":                      {a, lines, &chip, passport.SourceChip, "", nil},
		"both, of two passports":    {a, []string{zone1[:5] + "X" + zone1[6:], zone2}, &chip, "", passport.CodeMRZDiffers, nil},
		"lines where chip required": {only, lines, nil, "", passport.CodeRequired, nil},
		"chip where required":       {only, nil, &chip, passport.SourceChip, "", nil},
		"chip and no authorities":   {none, lines, &chip, "", passport.CodeNotConfigured, nil},
		"lines and no authorities":  {none, lines, nil, passport.SourceZone, "", nil},
		"three lines":               {a, []string{zone1, zone2, zone2}, nil, "", "", passport.ErrLength},
		"wrong line":                {a, []string{zone2, zone2}, nil, "", "", passport.ErrDocument},
		"re-entry permit":           {a, national("VNM"), nil, "", "", passport.ErrTravelDocument},
		"of a German":               {a, national("D"), nil, "", "", passport.ErrTravelDocument},
		"its chip":                  {a, nil, &abroad, "", "", passport.ErrTravelDocument},
		"refugee of another State":  {a, []string{"P<USA" + zone1[5:], national("XXB")[1]}, nil, "", "", passport.ErrTravelDocument},
		"foreign passport":          {a, []string{"P<USA" + zone1[5:], national("USA")[1]}, nil, passport.SourceZone, "", nil},
		"Korean resident abroad":    {a, []string{"PRKOR" + zone1[5:], national("KOR")[1]}, nil, passport.SourceZone, "", nil},
		"misread nationality":       {a, national("JPM"), nil, "", "", passport.ErrState},
		"nationality cut":           {a, national("JP"), nil, "", "", passport.ErrState},
		"nothing":                   {only, nil, nil, "", "", nil},
	} {
		got, err := tt.by.Read(tt.lines, tt.chip)
		code, _ := passport.CodeOf(err)
		if code != tt.code || (err == nil) != (tt.code == "" && tt.err == nil) || !errors.Is(err, tt.err) && tt.err != nil {
			t.Errorf("%s: got error %v", name, err)
		}
		if (got == nil) != (tt.source == "") || got != nil && (got.Source != tt.source || got.Passport.Secondary != "HANAKO" || got.Warnings != nil) {
			t.Errorf("%s: not read as sent", name)
		}
	}
}
