// SPDX-License-Identifier: Apache-2.0

package cardauth_test

import (
	"errors"
	"testing"
	"time"

	"kofu/cardauth"
	"kofu/cert"
	"kofu/test/card"
)

// TestCacheChecksDatesOnEveryHit: what was verified once is refused when the
// anchor or the suite has ended, and under other anchors.
func TestCacheChecksDatesOnEveryHit(t *testing.T) {
	d := newDesk(t)
	d.Cache = cardauth.NewCertificateCache(8)
	c := d.issue(t, resident())
	start := d.now
	for range 2 {
		if _, err := d.verify(t, d.prove(t, c)); err != nil {
			t.Fatal(err)
		}
	}
	if d.Cache.Len() != 1 {
		t.Fatalf("%d files remembered", d.Cache.Len())
	}
	d.now = time.Date(2031, 1, 1, 0, 0, 0, 0, cert.JST())
	if _, err := d.verify(t, d.prove(t, c)); !errors.Is(err, cardauth.Error{Code: cardauth.CodeSuiteEnded}) {
		t.Errorf("after the suite's end: %v", err)
	}
	d.now = time.Date(2045, 10, 1, 0, 0, 0, 0, cert.JST())
	if _, err := d.verify(t, d.prove(t, c)); !errors.Is(err, cardauth.Error{Code: cardauth.CodeCANotValid}) {
		t.Errorf("after the anchor's end: %v", err)
	}
	d.now = start
	namesake, err := card.NewPKI("9000033")
	if err != nil {
		t.Fatal(err)
	}
	for authority, want := range map[*card.PKI]cardauth.Code{d.strange: cardauth.CodeCAUnknown, namesake: cardauth.CodeCertSig} {
		if d.Anchors, err = cardauth.ParseAnchors(authority.AnchorsJSON(), cert.Test); err != nil {
			t.Fatal(err)
		}
		if _, err := d.verify(t, d.prove(t, c)); !errors.Is(err, cardauth.Error{Code: want}) {
			t.Errorf("under other anchors: %v, want %s", err, want)
		}
	}
}

// TestCacheKeepsTheApplicationsApart: a certificate verified for one is not good
// for the other, and the surface application's dates are looked at again, too.
func TestCacheKeepsTheApplicationsApart(t *testing.T) {
	d := newSurfaceDesk(t)
	d.Cache = cardauth.NewCertificateCache(8)
	c := d.issue(t, resident())
	for range 2 {
		if _, err := d.verify(t, d.prove(t, c)); err != nil {
			t.Fatal(err)
		}
	}
	if d.Cache.Len() != 2 {
		t.Fatalf("%d files remembered", d.Cache.Len())
	}
	for want, swap := range map[cardauth.Code]func(*cardauth.Files, *cardauth.SurfaceFiles){
		cardauth.CodeSurfaceCAUnknown: func(f *cardauth.Files, s *cardauth.SurfaceFiles) { s.EF0004 = f.EF0004 },
		cardauth.CodeCAUnknown:        func(f *cardauth.Files, s *cardauth.SurfaceFiles) { f.EF0004 = s.EF0004 },
	} {
		if _, err := d.verify(t, d.proveSurface(t, c, resident(), swap)); !errors.Is(err, cardauth.Error{Code: want}) {
			t.Errorf("the other application's certificate: %v, want %s", err, want)
		}
	}
	ev := d.prove(t, c)
	ev.Surface.EF0004 = flip(ev.Surface.EF0004, 500)
	if _, err := d.verify(t, ev); !errors.Is(err, cardauth.Error{Code: cardauth.CodeSurfaceCertSig}) || d.Cache.Len() != 2 {
		t.Errorf("%d files remembered after a bad one: %v", d.Cache.Len(), err)
	}
	d.now = time.Date(2031, 1, 1, 0, 0, 0, 0, cert.JST())
	d.Policy.Until = map[cardauth.Suite]cert.Date{cardauth.RSA2048SHA256: {Year: 2040, Month: 12, Day: 31}}
	d.anchors(t, func(_, surface map[string]any) { surface["valid_until"] = "2031-01-02" })
	for day, want := range map[int]cardauth.Code{2: "", 3: cardauth.CodeSurfaceCANotValid} {
		d.now = time.Date(2031, 1, day, 0, 0, 0, 0, cert.JST())
		if _, err := d.verify(t, d.prove(t, c)); want == "" && err != nil || want != "" && !errors.Is(err, cardauth.Error{Code: want}) {
			t.Errorf("day %d: %v", day, err)
		}
	}
}

// TestCacheIsBounded: the certificate unused for longest makes room, and a
// refused one takes none.
func TestCacheIsBounded(t *testing.T) {
	d := newDesk(t)
	d.Cache = cardauth.NewCertificateCache(2)
	cards := make([]*card.Card, 3)
	for i := range cards {
		muni, err := d.pki.NewMunicipality("90000")
		if err != nil {
			t.Fatal(err)
		}
		if cards[i], err = muni.Issue(resident()); err != nil {
			t.Fatal(err)
		}
	}
	for _, i := range []int{0, 1, 0, 2, 0, 1, 2, 2} {
		if _, err := d.verify(t, d.prove(t, cards[i])); err != nil {
			t.Fatal(err)
		}
		if d.Cache.Len() > 2 {
			t.Fatalf("%d files remembered", d.Cache.Len())
		}
	}
	d.Cache = cardauth.NewCertificateCache(2)
	ev := d.prove(t, cards[0])
	ev.Files.EF0004 = flip(ev.Files.EF0004, 500)
	if _, err := d.verify(t, ev); err == nil || d.Cache.Len() != 0 {
		t.Errorf("%d files remembered after a bad one: %v", d.Cache.Len(), err)
	}
	d.Cache = cardauth.NewCertificateCache(0)
	if _, err := d.verify(t, d.prove(t, cards[0])); err != nil || d.Cache.Len() != 0 {
		t.Errorf("cache of nothing: %v", err)
	}
}
