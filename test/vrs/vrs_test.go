// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/cert"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func open(t *testing.T, c Config) (*Server, *clock) {
	t.Helper()
	at := &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, cert.JST())}
	c.Now = at.now
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, at
}

func byCase(t *testing.T, words string) Resident {
	t.Helper()
	for _, r := range Residents() {
		if strings.Contains(r.Case, words) {
			return r
		}
	}
	t.Fatalf("no resident whose case says %q", words)
	return Resident{}
}

func (p *Partition) mustFind(t *testing.T, number, issuance string) *findAnswer {
	t.Helper()
	a, err := p.find(t.Context(), &findRequest{Municipality: string(p.code), Issuance: issuance, Nonce: make([]byte, 32), Number: number})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *Partition) mustReserve(t *testing.T, a *findAnswer, issuance, kind string) *reserveAnswer {
	t.Helper()
	got, err := p.reserve(t.Context(), reserveOf(p, a, issuance, kind))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func reserveOf(p *Partition, a *findAnswer, issuance, kind string) *reserveRequest {
	return &reserveRequest{Municipality: string(p.code), Issuance: issuance, Subject: a.Record.Subject, Version: a.Record.Version, Kind: kind}
}

func partition(t *testing.T, s *Server, m cert.MunicipalityCode) *Partition {
	t.Helper()
	p, err := s.Partition(s.Credentials()[m])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Rows: D4
func TestCredentialOpensOnePartitionAndNoOther(t *testing.T) {
	s, _ := open(t, Config{})
	home := byCase(t, "doses: 3")
	for m, credential := range s.Credentials() {
		p := partition(t, s, m)
		if p.Code() != m {
			t.Errorf("the credential of %s opens %s", m, p.Code())
		}
		if got := p.mustFind(t, home.Number, "id").Outcome; (got == "found") != (m == home.Municipality) {
			t.Errorf("%s says %s of a person of %s", m, got, home.Municipality)
		}
		if _, err := s.Partition(credential + "x"); !errors.Is(err, ErrCredential) {
			t.Errorf("a made-up credential: %v", err)
		}
	}
	a, b := partition(t, s, "900010"), partition(t, s, "900028")
	found := a.mustFind(t, home.Number, "id")
	if got := b.mustReserve(t, found, "id", "domestic"); got.Outcome != "record_changed" {
		t.Errorf("a subject reference of one partition is %s in another", got.Outcome)
	}
	row, sealed := a.vault.person([]byte(home.Number)), []byte(nil)
	if err := a.db.QueryRow(`SELECT sealed FROM persons WHERE person = ?`, row).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	if _, err := b.vault.open(row, sealed); err == nil {
		t.Error("one municipality's key opens another's column")
	}
	if bytes.Equal(row, b.vault.person([]byte(home.Number))) {
		t.Error("a person has the same row key in two partitions")
	}
}

// Rows: A6
func TestProofIsOfTheNumberThatTheRecordIsKeptUnder(t *testing.T) {
	s, _ := open(t, Config{})
	asked, other := byCase(t, "no record in the municipality"), byCase(t, "doses: 3")
	p := partition(t, s, "900010")
	x := other.person("900010", "1", []dose{{Date: "2021-06-10"}})
	if err := p.write(t.Context(), func(tx *sql.Tx) error { return p.insert(t.Context(), tx, p.vault.person([]byte(asked.Number)), x) }); err != nil {
		t.Fatal(err)
	}
	a := p.mustFind(t, asked.Number, "id") // the wrong record, by a fault of the index
	if bytes.Equal(a.Proof, prove(make([]byte, 32), asked.Number)) || !bytes.Equal(a.Proof, prove(make([]byte, 32), other.Number)) {
		t.Error("the proof vouches for a record of somebody else")
	}
}

// Rows: D5
func TestOnlyTheOwnerErases(t *testing.T) {
	s, _ := open(t, Config{})
	r := byCase(t, "doses: 3")
	a, b := partition(t, s, "900010"), partition(t, s, "900028")
	if err := b.Erase(t.Context(), r.Number); !errors.Is(err, ErrNobody) {
		t.Errorf("another municipality erases: %v", err)
	}
	if a.mustFind(t, r.Number, "id").Outcome != "found" {
		t.Fatal("gone, by somebody else's hand")
	}
	if err := a.Erase(t.Context(), r.Number); err != nil {
		t.Fatal(err)
	}
	if got := a.mustFind(t, r.Number, "id").Outcome; got != "none" {
		t.Errorf("the owner has erased: %s", got)
	}
	var n int
	if err := a.db.QueryRow(`SELECT count(*) FROM issues WHERE person = ?`, a.vault.person([]byte(r.Number))).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d issues are left, %v", n, err)
	}
}

// Rows: D4
func TestNothingPersonalStandsInTheDatabaseInTheClear(t *testing.T) {
	dir, keys := t.TempDir(), make(map[cert.MunicipalityCode][]byte)
	for i, m := range Municipalities() {
		keys[m] = bytes.Repeat([]byte{byte(i + 1)}, 32)
	}
	s, _ := open(t, Config{Dir: dir, Keys: keys})
	r := byCase(t, "doses: 3")
	p := partition(t, s, r.Municipality)
	got := p.mustReserve(t, p.mustFind(t, r.Number, "id"), "id", "overseas")
	if _, err := p.confirm(t.Context(), &confirmRequest{Issuance: "id", ID: got.ID, IssuedOn: "2026-11-23", Passport: fromPassport(r.Passport)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < len(keys) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{r.Number, r.Name, "見本", "1992-07-30", "KM1", "ファイザー", r.Passport.Number.Reveal(), "KAKU", "要確認"} {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s has %q in it", filepath.Base(file), word)
			}
		}
	}
	again, _ := open(t, Config{Dir: dir, Keys: keys})
	if a := partition(t, again, r.Municipality).mustFind(t, r.Number, "id2"); a.Outcome != "found" || a.Record.LastOverseas.IssuedOn != "2026-11-23" {
		t.Error("opened again, it has forgotten")
	}
	if _, err := Open(Config{Dir: dir}); err == nil {
		t.Error("a database opened without keys")
	}
}

// Rows: E4, E5
func TestConfirmKeepsThePassportOfOverseasCertificatesOnly(t *testing.T) {
	s, _ := open(t, Config{})
	r := byCase(t, "doses: 2")
	p := partition(t, s, r.Municipality)
	passport := fromPassport(r.Passport)
	for _, x := range []struct {
		kind     string
		passport *travel
		err      error
	}{{"domestic", passport, errConflict}, {"overseas", nil, errConflict}, {"domestic", nil, nil}, {"overseas", passport, nil}} {
		id := x.kind + fmt.Sprint(x.passport == nil)
		got := p.mustReserve(t, p.mustFind(t, r.Number, id), id, x.kind)
		for range 2 { // it may be repeated
			a, err := p.confirm(t.Context(), &confirmRequest{Issuance: id, ID: got.ID, IssuedOn: "2026-11-23", Passport: x.passport})
			if !errors.Is(err, x.err) || err == nil && a.Outcome != "confirmed" {
				t.Errorf("%s: %v", id, err)
			}
		}
		last := p.mustFind(t, r.Number, "x").Record.LastOverseas
		if want := x.kind == "overseas" && x.err == nil; (last != nil) != want {
			t.Errorf("%s: passport kept: %v, want %v", id, last != nil, want)
		}
		if last != nil && (last.IssuedOn != "2026-11-23" || last.Passport != *passport) {
			t.Error("another passport was kept")
		}
	}
}

func TestReservationLapsesAndSubjectReferenceEnds(t *testing.T) {
	s, at := open(t, Config{})
	r := byCase(t, "doses: 2")
	p := partition(t, s, r.Municipality)
	found := p.mustFind(t, r.Number, "id")
	if got := p.mustReserve(t, found, "another", "domestic"); got.Outcome != "record_changed" {
		t.Error("a subject reference was good for another issuance")
	}
	first := p.mustReserve(t, found, "id", "domestic")
	at.move(29 * time.Minute) // the subject reference has ended, the reservation has not
	if got := p.mustReserve(t, found, "id", "domestic"); got.ID != first.ID || got.IssuedAt != first.IssuedAt {
		t.Error("after 29 minutes: not the same reservation")
	}
	if _, err := p.reserve(t.Context(), reserveOf(p, found, "id", "overseas")); !errors.Is(err, errConflict) {
		t.Errorf("one issuance, two kinds: %v", err)
	}
	at.move(time.Minute)
	if got := p.mustReserve(t, found, "id", "domestic"); got.Outcome != "record_changed" {
		t.Error("after 30 minutes the reservation still holds")
	}
	a, err := p.confirm(t.Context(), &confirmRequest{Issuance: "id", ID: first.ID, IssuedOn: "2026-11-23"})
	if err != nil || a.Outcome != "lapsed" {
		t.Errorf("confirm after 30 minutes: %v", err)
	}
	found = p.mustFind(t, r.Number, "late")
	at.move(15 * time.Minute)
	if got := p.mustReserve(t, found, "late", "domestic"); got.Outcome != "record_changed" {
		t.Error("a subject reference was good for 15 minutes and more")
	}
}

func TestConfirmedReservationOutlivesAChangeButNotABlock(t *testing.T) {
	s, at := open(t, Config{})
	r := byCase(t, "doses: 2")
	p := partition(t, s, r.Municipality)
	found := p.mustFind(t, r.Number, "id")
	first := p.mustReserve(t, found, "id", "domestic")
	if _, err := p.confirm(t.Context(), &confirmRequest{Issuance: "id", ID: first.ID, IssuedOn: "2026-11-23"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Correct(t.Context(), r.Number, "KM1009"); err != nil {
		t.Fatal(err)
	}
	at.move(time.Hour)
	if got := p.mustReserve(t, found, "id", "domestic"); got.ID != first.ID {
		t.Error("a repeated issue gets another certificate")
	}
	if err := p.Block(t.Context(), r.Number, true); err != nil {
		t.Fatal(err)
	}
	if got := p.mustReserve(t, found, "id", "domestic"); got.Outcome != "record_changed" {
		t.Error("a blocked person got a certificate")
	}
}

func TestVoidOvertakesAReservation(t *testing.T) {
	s, _ := open(t, Config{})
	r := byCase(t, "doses: 2")
	p := partition(t, s, r.Municipality)
	found := p.mustFind(t, r.Number, "id")
	if _, err := p.void(t.Context(), &voidRequest{Issuance: "id"}); err != nil {
		t.Fatal(err)
	}
	if got := p.mustReserve(t, found, "id", "domestic"); got.Outcome != "record_changed" {
		t.Error("reserved after it was voided")
	}
}

func TestSerialsAreUniqueUnderConcurrency(t *testing.T) {
	s, at := open(t, Config{})
	r := byCase(t, "doses: 2")
	p := partition(t, s, r.Municipality)
	var mu sync.Mutex
	seen := make(map[string]bool)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				id := fmt.Sprintf("%d-%d", g, i)
				got := p.mustReserve(t, p.mustFind(t, r.Number, id), id, "domestic")
				mu.Lock()
				if seen[got.ID] {
					t.Errorf("%s twice", got.ID)
				}
				seen[got.ID] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if !seen["JPN90001020261123000001"] || !seen["JPN90001020261123000400"] {
		t.Error("serials are not 1 to 400")
	}
	at.move(12 * time.Hour)
	if got := p.mustReserve(t, p.mustFind(t, r.Number, "next"), "next", "domestic"); got.ID != "JPN90001020261124000001" {
		t.Errorf("the next day begins with %s", got.ID)
	}
}

// Rows: A5, D4
func TestHandlerRefusesAndCounts(t *testing.T) {
	var log bytes.Buffer
	s, _ := open(t, Config{})
	s.log = testLog(&log)
	run, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: run.ClientTLS()}}
	defer client.CloseIdleConnections()
	number := byCase(t, "doses: 1").Number
	good := `{"request_id":"r","municipality":"900010","purpose":"certificate","issuance_id":"i","nonce":"AAAAAAAAAAAAAAAAAAAAAA==","individual_number":"` + number + `"}`
	for _, x := range []struct {
		name, body, credential, kind string
		status, refused              int
	}{
		{"good", good, "900010", "application/json", 200, 0},
		{"another purpose", strings.Replace(good, "certificate", "transfer-in", 1), "900010", "application/json", 403, 1},
		{"another municipality", strings.Replace(good, "900010", "900028", 1), "900010", "application/json", 403, 1},
		{"another's credential", good, "900028", "application/json", 403, 1},
		{"no credential", good, "", "application/json", 401, 1},
		{"not JSON", good, "900010", "text/plain", 415, 0},
		{"check digit", strings.Replace(good, number, number[:11]+string('0'+(number[11]-'0'+1)%10), 1), "900010", "application/json", 400, 0},
		{"short nonce", strings.Replace(good, "AAAAAAAAAAAAAAAAAAAAAA==", "AAAA", 1), "900010", "application/json", 400, 0},
		{"unknown member", strings.Replace(good, "{", `{"name":"",`, 1), "900010", "application/json", 400, 0},
		{"doubled member", strings.Replace(good, "{", `{"purpose":"certificate",`, 1), "900010", "application/json", 400, 0},
		{"too large", good + strings.Repeat(" ", maxRequest), "900010", "application/json", 413, 0},
	} {
		before := s.Refused()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, run.URL+"/v1/find", strings.NewReader(x.body))
		req.Header.Set("Content-Type", x.kind)
		req.Header.Set("Authorization", "Bearer "+s.Credentials()[cert.MunicipalityCode(x.credential)])
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != x.status || s.Refused()-before != x.refused {
			t.Errorf("%s: %d, %d refused", x.name, res.StatusCode, s.Refused()-before)
		}
	}
	if !strings.Contains(log.String(), "code=purpose") || strings.Contains(log.String(), number) {
		t.Errorf("log: %s", log.String())
	}
	rec := httptest.NewRecorder() // without TLS
	s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/v1/find", strings.NewReader(good)))
	if rec.Code != http.StatusUnauthorized {
		t.Errorf("without a client certificate: %d", rec.Code)
	}
}

// Rows: C7
func TestNoAnswerHasANumber(t *testing.T) {
	s, _ := open(t, Config{})
	for _, r := range Residents() {
		p := partition(t, s, r.Municipality)
		a := p.mustFind(t, r.Number, "id")
		if text := fmt.Sprintf("%+v %+v", a, a.Record); strings.Contains(text, r.Number) {
			t.Errorf("%s: the answer has the number in it", r.ID)
		}
	}
}

func TestAdminSetsAndClearsFaultsFromThisMachineAlone(t *testing.T) {
	s, _ := open(t, Config{})
	do := func(method, path, from string) int {
		r := httptest.NewRequestWithContext(context.Background(), method, path, nil)
		r.RemoteAddr = from
		rec := httptest.NewRecorder()
		s.Admin().ServeHTTP(rec, r)
		return rec.Code
	}
	const here, there = "127.0.0.1:5000", "192.0.2.1:5000"
	if code := do("POST", "/faults?call=find&kind=late&delay=3s&times=2", here); code != 204 || len(s.Faults().List()) != 1 {
		t.Errorf("set: %d", code)
	}
	if code := do("POST", "/faults?kind=late", there); code != 403 {
		t.Errorf("from elsewhere: %d", code)
	}
	for _, bad := range []string{"kind=perhaps", "kind=late&x=1", "kind=late&kind=late", "kind=status&status=9", "kind=late&delay=3", "kind=late&times=-1", "%zz"} {
		if code := do("POST", "/faults?"+bad, here); code != 400 {
			t.Errorf("%s: %d", bad, code)
		}
	}
	if do("GET", "/faults", here) != 200 || do("DELETE", "/faults", here) != 204 || len(s.Faults().List()) != 0 {
		t.Error("clear")
	}
}
