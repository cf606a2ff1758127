// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"kofu/api/problem"
	"kofu/api/public"
	"kofu/cert"
	"kofu/cert/keys"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
	judge "kofu/cert/verify"
	"kofu/test/keyring"
)

const revokedIssuer = "https://kofu.example/issuer"

type revokedStore public.Revoked

func (s revokedStore) Revoked(context.Context) (public.Revoked, error) {
	return public.Revoked(s), nil
}

type noMetrics struct{}

func (noMetrics) Count(string, string, string, time.Duration) {}

// fetchBundle returns the trust bundle of a server with that store.
func fetchBundle(t *testing.T, ring *keys.Ring, store public.Revocations) []byte {
	t.Helper()
	h, err := public.New(public.Config{Keys: ring, Issuer: revokedIssuer, Revocations: store, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	engine, router := (&problem.Engine{Table: &problem.Table{}, Timeout: time.Second, Log: slog.New(slog.DiscardHandler), Metrics: noMetrics{}}).New()
	h.Mount(router)
	server := httptest.NewServer(engine)
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/trust/bundle.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.StatusCode, err)
	}
	return data
}

// twoOf writes both signed forms of two certificates into dir as a.card, a.doc,
// b.card and b.doc.
func twoOf(t *testing.T, ring *keys.Ring, dir string) {
	t.Helper()
	card, err := ring.Active(keys.SHC, cert.Counter)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ring.Active(keys.VDSNC, cert.Counter)
	if err != nil {
		t.Fatal(err)
	}
	birth := cert.Date{Year: 1980, Month: 4, Day: 1}
	at := time.Now().Truncate(time.Second)
	for i, name := range []string{"a", "b"} {
		id, err := cert.NewID("900001", cert.DateOf(at), i+1)
		if err != nil {
			t.Fatal(err)
		}
		c := &cert.Certificate{
			ID: id, Kind: cert.Overseas, Channel: cert.Counter, IssuedAt: at, Holder: cert.Holder{Name: "山田　花子", BirthDate: birth},
			Passport: &cert.Passport{Number: "TK0000000", Primary: "YAMADA", Secondary: "HANAKO", Nationality: "JPN", Issuer: "JPN", BirthDate: birth, Sex: 'F', Expiry: cert.Date{Year: 2030, Month: 1, Day: 1}},
			Doses: []cert.CertifiedDose{{
				Dose:    cert.Dose{Number: 1, Administered: true, Date: cert.Date{Year: 2021, Month: 6, Day: 1}, Lot: "EY0001", Country: cert.Country},
				Vaccine: cert.Vaccine{CVX: "208", ICD11: "XM0GQ8", Brand: "COMIRNATY"},
			}},
			RID: "rid-" + name, UVCI: "6U5RSWMBASG" + strconv.Itoa(i+1),
		}
		jws, err := shc.Encode(c, revokedIssuer, shc.Key{ID: card.KID, Signer: card.Key})
		if err != nil {
			t.Fatal(err)
		}
		vds, err := vdsnc.Encode(c, vdsnc.Key{Signer: doc.Key, Certificate: doc.Chain[0]})
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, dir, name+".card", []byte(jws))
		writeFile(t, dir, name+".doc", vds)
	}
}

func writeFile(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The command judges by nothing but the bundle of the server. A bundle may be
// larger than a certificate may.
//
// Rows: R3.3
func TestVerifyByTheBundleOfAServerThatRevokes(t *testing.T) {
	ring, err := keyring.New(revokedIssuer)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	twoOf(t, ring, dir)
	store := revokedStore{Version: 1, RIDs: map[string][]string{}, UVCIs: []string{judge.HashUVCI("6U5RSWMBASG1")}}
	for _, p := range ring.Publics() {
		if p.Format == keys.SHC {
			store.RIDs[p.KID] = []string{"rid-a"}
		}
	}
	bundle := fetchBundle(t, ring, store)
	writeFile(t, dir, "before.json", fetchBundle(t, ring, public.NothingRevoked{}))
	writeFile(t, dir, "after.json", bundle)
	writeFile(t, dir, "large.json", slices.Concat(bundle, bytes.Repeat([]byte{' '}, judge.MaxFile)))
	for _, by := range []string{"before", "after", "large"} {
		for _, name := range []string{"a.card", "a.doc", "b.card", "b.doc"} {
			want, reason := 0, ""
			if by != "before" && name[0] == 'a' {
				want, reason = 1, judge.ReasonRevoked
			}
			r, code := runVerify(t, "", "-trust", filepath.Join(dir, by+".json"), filepath.Join(dir, name))
			if code != want || r.Reason != reason || r.Revoked != (want == 1) || r.Signature != "valid" {
				t.Errorf("%s by %s.json: exit %d, %q", name, by, code, r.Reason)
			}
		}
	}
}
