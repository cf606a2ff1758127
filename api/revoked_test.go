// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/api/public"
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
	"kofu/cert/verify"
)

// store is a store of revocations in memory.
type store struct {
	mu    sync.Mutex
	holds public.Revoked
	err   error // what it answers instead
	asked int
}

func (s *store) Revoked(ctx context.Context) (public.Revoked, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.err != nil {
		return public.Revoked{}, s.err
	}
	out := public.Revoked{Version: s.holds.Version, RIDs: map[string][]string{}, UVCIs: slices.Clone(s.holds.UVCIs)}
	for kid, list := range s.holds.RIDs {
		out.RIDs[kid] = slices.Clone(list)
	}
	return out, ctx.Err()
}

// revoke lists certificates as a console does, which knows their numbers and
// not the key that signed each.
func (s *store) revoke(ring *keys.Ring, ids ...cert.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds.Version++
	if s.holds.RIDs == nil {
		s.holds.RIDs = map[string][]string{}
	}
	for _, id := range ids {
		for _, p := range ring.Publics() {
			if p.Format == keys.SHC {
				s.holds.RIDs[p.KID] = append(s.holds.RIDs[p.KID], shc.RID(secret(), p.KID, string(id)))
			}
		}
		s.holds.UVCIs = append(s.holds.UVCIs, verify.HashUVCI(vdsnc.UVCI(secret(), id)))
	}
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func secret() []byte { return make([]byte, 32) }

// clock is the real one, set forward.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// later is when certificates are judged.
func (c *clock) later() time.Time { return c.now().Add(2 * time.Hour) }

// counterIssue makes the two signed forms of a certificate of that hour and
// minute of an office day that began shortly before ten, with the keys of the
// ring, whose certificates are as old as the test.
func counterIssue(t *testing.T, ring *keys.Ring, ch cert.Channel, hour, minute int) (id cert.ID, card, doc string) {
	t.Helper()
	at := time.Now().Truncate(time.Second).Add(time.Duration((hour-10)*60+minute+1) * time.Minute)
	birth := cert.Date{Year: 1980, Month: 4, Day: 1}
	id = must[cert.ID](t)(cert.NewID("900001", cert.DateOf(at), 100*hour+minute))
	one, two := must[keys.Signer](t)(ring.Active(keys.SHC, ch)), must[keys.Signer](t)(ring.Active(keys.VDSNC, ch))
	c := &cert.Certificate{
		ID: id, Kind: cert.Overseas, Channel: ch, IssuedAt: at, Holder: cert.Holder{Name: "山田　花子", BirthDate: birth},
		Passport: &cert.Passport{Number: "TK0000000", Primary: "YAMADA", Secondary: "HANAKO", Nationality: "JPN", Issuer: "JPN", BirthDate: birth, Sex: 'F', Expiry: cert.Date{Year: 2030, Month: 1, Day: 1}},
		Doses: []cert.CertifiedDose{{
			Dose:    cert.Dose{Number: 1, Administered: true, Date: cert.Date{Year: 2021, Month: 6, Day: 1}, Lot: "EY0001", Country: cert.Country},
			Vaccine: cert.Vaccine{CVX: "208", ICD11: "XM0GQ8", Brand: "COMIRNATY"},
		}},
		UVCI: vdsnc.UVCI(secret(), id), RID: shc.RID(secret(), one.KID, string(id)),
	}
	card = must[string](t)(shc.Encode(c, iss, shc.Key{ID: one.KID, Signer: one.Key}))
	vds := must[[]byte](t)(vdsnc.Encode(c, vdsnc.Key{Signer: two.Key, Certificate: two.Chain[0]}))
	return id, card, string(vds)
}

// get returns a file as a reader has it who keeps no copy.
func (s *fixture) get(t testing.TB, path string) []byte {
	t.Helper()
	r := s.call(t, "GET", path, "", "")
	if r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", path, r.StatusCode, text(t, r))
	}
	return []byte(text(t, r))
}

// A clerk's hour is recalled; the hour before, the next one, another clerk's
// and other doors stay as they were, for whoever judges by the bundle of the
// server alone, or by its files one by one.
//
// Rows: R3.3
func TestRecalledHourIsNotAuthenticAndItsNeighboursAre(t *testing.T) {
	s := newServer(t)
	type issued struct {
		name, text string
		recalled   bool
	}
	var all []issued
	var recall []cert.ID
	add := func(name string, ch cert.Channel, hour, minute int, recalled bool) {
		id, card, doc := counterIssue(t, s.ring, ch, hour, minute)
		all = append(all, issued{name + ", card", card, recalled}, issued{name + ", document", doc, recalled})
		if recalled {
			recall = append(recall, id)
		}
	}
	add("the hour before", cert.Counter, 9, 59, false)
	add("first of the hour", cert.Counter, 10, 0, true)
	add("another clerk's of the hour", cert.Counter, 10, 30, false)
	add("last of the hour", cert.Counter, 10, 59, true)
	add("the hour after", cert.Counter, 11, 0, false)
	add("the app's of the hour", cert.App, 10, 31, false)
	judge := func(when string, recalled bool) {
		var bundle, files verify.Trust
		if err := bundle.AddBundle(s.get(t, "/trust/bundle.json")); err != nil {
			t.Fatal(err)
		}
		err := errors.Join(files.AddKeys(s.get(t, "/issuer/.well-known/jwks.json"), iss), files.AddCSCAs(s.get(t, "/trust/csca.pem")),
			files.AddRevocations(s.get(t, "/trust/revoked-uvci.json")))
		for _, kid := range cardKeys(s.ring) {
			err = errors.Join(err, files.AddRevocations(s.get(t, "/issuer/.well-known/crl/"+kid+".json")))
		}
		if err != nil {
			t.Fatal(err)
		}
		for by, trust := range map[string]verify.Trust{"bundle": bundle, "files": files} {
			for _, c := range all {
				v := verify.Judge{Trust: trust, Now: s.clock.later}.Files(verify.File{Name: "x", Data: []byte(c.text)})[0]
				want := ""
				if c.recalled && recalled {
					want = verify.ReasonRevoked
				}
				if v.Reason() != want || (v.Outcome() == verify.Authentic) != (want == "") || !v.Certificates[0].Asked {
					t.Errorf("%s, %s, by %s: %q, want %q; asked %t", when, c.name, by, v.Reason(), want, v.Certificates[0].Asked)
				}
			}
		}
	}
	judge("before the recall", false)
	s.revoked.revoke(s.ring, recall...)
	s.clock.pass(9 * time.Second)
	judge("9 s after the recall", false)
	s.clock.pass(time.Second)
	judge("10 s after the recall", true)
	s.revoked.fail(errors.New("down"))
	s.clock.pass(24 * time.Hour)
	judge("the store is down", true)
}

func cardKeys(ring *keys.Ring) (kids []string) {
	for _, p := range ring.Publics() {
		if p.Format == keys.SHC {
			kids = append(kids, p.KID)
		}
	}
	return kids
}

// Rows: R3.3
func TestPublishedListsAndTheirCounter(t *testing.T) {
	s := newServer(t)
	kids := cardKeys(s.ring)
	type list struct {
		KID, Method string
		CTR         int
		RIDs        []string
	}
	look := func(version, ctr, rids int) {
		t.Helper()
		var set struct {
			Keys []struct {
				KID string
				CRL *int `json:"crlVersion"`
			}
		}
		var bundle struct {
			CRLs        []list
			JWKS        json.RawMessage
			RevokedUVCI []string `json:"revoked_uvci"`
		}
		jwks := s.get(t, "/issuer/.well-known/jwks.json")
		decode(t, jwks, &set)
		decode(t, s.get(t, "/trust/bundle.json"), &bundle)
		if len(set.Keys) != len(kids) || len(bundle.CRLs) != len(kids) || bundle.RevokedUVCI == nil || len(bundle.RevokedUVCI) != rids {
			t.Errorf("%d keys, %d lists, %d documents", len(set.Keys), len(bundle.CRLs), len(bundle.RevokedUVCI))
		}
		for i, k := range set.Keys {
			if (k.CRL == nil) != (version == 0) || k.CRL != nil && *k.CRL != version {
				t.Errorf("crlVersion %v, want %d", k.CRL, version)
			}
			var l list
			decode(t, s.get(t, "/issuer/.well-known/crl/"+k.KID+".json"), &l)
			if l.KID != k.KID || l.Method != "rid" || l.CTR != ctr || l.RIDs == nil || len(l.RIDs) != rids || fmt.Sprint(l) != fmt.Sprint(bundle.CRLs[i]) {
				t.Errorf("list %+v, in the bundle %+v", l, bundle.CRLs[i])
			}
		}
		var compact, again any
		decode(t, jwks, &compact)
		decode(t, bundle.JWKS, &again)
		if fmt.Sprint(compact) != fmt.Sprint(again) {
			t.Error("the key set of the bundle is another one")
		}
	}
	look(0, 1, 0) // nothing was ever revoked: there are lists, and nobody is sent to them
	s.revoked.revoke(s.ring, "JPN90000120230207000001")
	s.clock.pass(10 * time.Second)
	look(2, 2, 1)
	s.revoked.revoke(s.ring, "JPN90000120230207000002", "JPN90000120230207000003")
	s.clock.pass(10 * time.Second)
	look(3, 3, 3)
}

func decode(t testing.TB, data []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// A key set of today with the list of yesterday makes no card authentic.
func TestListOlderThanTheKeySetIsRefused(t *testing.T) {
	s := newServer(t)
	_, card, _ := counterIssue(t, s.ring, cert.Counter, 10, 1)
	kid := must[keys.Signer](t)(s.ring.Active(keys.SHC, cert.Counter)).KID
	s.revoked.revoke(s.ring, "JPN90000120230207000001")
	old := s.get(t, "/issuer/.well-known/crl/"+kid+".json")
	s.revoked.revoke(s.ring, "JPN90000120230207000002")
	s.clock.pass(10 * time.Second)
	jwks := s.get(t, "/issuer/.well-known/jwks.json")
	if !strings.Contains(string(old), `"ctr":2`) || !strings.Contains(string(jwks), `"crlVersion":3`) {
		t.Fatalf("%s\n%s", old, jwks)
	}
	for name, tt := range map[string]struct {
		list   []byte
		reason string
	}{"old": {old, verify.ReasonStale}, "current": {s.get(t, "/issuer/.well-known/crl/"+kid+".json"), ""}} {
		var trust verify.Trust
		if err := errors.Join(trust.AddKeys(jwks, iss), trust.AddRevocations(tt.list)); err != nil {
			t.Fatal(err)
		}
		v := verify.Judge{Trust: trust, Now: s.clock.later}.Files(verify.File{Name: "x", Data: []byte(card)})[0]
		if v.Reason() != tt.reason || (v.Outcome() == verify.Authentic) != (tt.reason == "") {
			t.Errorf("%s: %q", name, v.Reason())
		}
	}
}

// While the store never answered, nobody is told that nothing is revoked.
func TestNothingIsClaimedBeforeTheStoreAnswers(t *testing.T) {
	s := newServer(t)
	s.revoked.fail(errors.New("down"))
	paths := []string{"/issuer/.well-known/jwks.json", "/issuer/.well-known/crl/" + cardKeys(s.ring)[0] + ".json", "/trust/revoked-uvci.json", "/trust/bundle.json"}
	for _, path := range paths {
		r := s.call(t, "GET", path, "", "")
		if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || r.Header.Get("Cache-Control") != "no-store" ||
			r.Header.Get("Access-Control-Allow-Origin") != "*" || code(t, r) != "revocations_unknown" {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	s.get(t, "/trust/csca.pem")
	s.revoked.fail(nil)
	s.clock.pass(time.Second)
	for _, path := range paths {
		s.get(t, path)
	}
}

func TestListsAreFilesLikeTheOthers(t *testing.T) {
	s := newServer(t)
	kid := cardKeys(s.ring)[0]
	for _, path := range []string{"/issuer/.well-known/crl/" + kid + ".json", "/trust/revoked-uvci.json"} {
		r := s.call(t, "GET", path, "", "")
		tag := r.Header.Get("ETag")
		if r.StatusCode != http.StatusOK || tag == "" || r.Header.Get("Access-Control-Allow-Origin") != "*" ||
			r.Header.Get("Cache-Control") != "public, no-cache" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v", path, r.StatusCode, r.Header)
		}
		if r := s.call(t, "OPTIONS", path, "", ""); r.StatusCode != http.StatusNoContent || r.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("OPTIONS %s: %d", path, r.StatusCode)
		}
		if r := s.call(t, "HEAD", path, "", ""); r.StatusCode != http.StatusOK || r.Header.Get("ETag") != tag {
			t.Errorf("HEAD %s: %d", path, r.StatusCode)
		}
	}
	document := must[keys.Signer](t)(s.ring.Active(keys.VDSNC, cert.App)).KID
	for _, name := range []string{"x.json", kid, kid + ".json.json", ".json", document + ".json", strings.ToLower(kid) + ".json"} {
		if r := s.call(t, "GET", "/issuer/.well-known/crl/"+name, "", ""); r.StatusCode != http.StatusNotFound || code(t, r) != "not_found" {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
}
