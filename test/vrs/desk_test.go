// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kofu/cert"
)

func (p *Partition) mustSearch(t *testing.T, q searchRequest) *searchAnswer {
	t.Helper()
	q.Municipality, q.Nonce = string(p.code), make([]byte, 32)
	a, err := p.search(t.Context(), &q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *Partition) mustOpen(t *testing.T, ref, issuance string) *openAnswer {
	t.Helper()
	a, err := p.file(t.Context(), &openRequest{Municipality: string(p.code), Issuance: issuance, Nonce: make([]byte, 32), Ref: ref})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *Partition) mustSet(t *testing.T, rows ...blockRow) *blocksAnswer {
	t.Helper()
	a, err := p.setBlocks(t.Context(), &blocksRequest{Municipality: string(p.code), Rows: rows})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Rows: D4, D5
func TestReferencesHandlesTicketsAndIDsAreOfOnePartition(t *testing.T) {
	s, _ := open(t, Config{})
	r := byCase(t, "two municipalities: doses 1 and 2 here") // a person of both
	a, b := partition(t, s, r.Municipality), partition(t, s, r.AlsoIn)
	inA, inB := a.mustSearch(t, searchRequest{Number: r.Number}), b.mustSearch(t, searchRequest{Number: r.Number})
	if inA.Outcome != "found" || inB.Outcome != "found" || inA.Persons[0].Handle == inB.Persons[0].Handle {
		t.Fatalf("%s here, %s there; or one handle in both", inA.Outcome, inB.Outcome)
	}
	if got := a.mustOpen(t, inB.Persons[0].Ref, "id"); got.Outcome != "none" || got.File != nil || !bytes.Equal(got.Proof, prove(make([]byte, 32), inB.Persons[0].Ref)) {
		t.Errorf("a reference of one partition is %s in another", got.Outcome)
	}
	if got := a.mustSet(t, blockRow{Handle: inB.Persons[0].Handle, measure: measure{"stopped", "2024-01-01", ""}}); got.Outcome != "rejected" {
		t.Errorf("a handle of one partition is %s in another", got.Outcome)
	}
	stranger := byCase(t, "municipality of all doors, a second one")
	if got := a.mustSearch(t, searchRequest{Ticket: stranger.Ticket}); got.Outcome != "none" || !bytes.Equal(got.Proof, prove(make([]byte, 32), stranger.Ticket)) {
		t.Errorf("a ticket number of one partition is %s in another", got.Outcome)
	}
	file := b.mustOpen(t, inB.Persons[0].Ref, "id").File
	got, err := b.reserve(t.Context(), &reserveRequest{Municipality: string(b.code), Issuance: "id", Subject: file.Record.Subject, Version: file.Record.Version, Kind: "domestic", Desk: true})
	if err != nil || got.Outcome != "reserved" {
		t.Fatal(err)
	}
	if _, err := b.confirm(t.Context(), &confirmRequest{Issuance: "id", ID: got.ID, IssuedOn: "2026-11-23"}); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[*Partition]string{a: "none", b: "invalidated"} {
		if got, err := p.invalidate(t.Context(), &invalidateRequest{ID: got.ID}); err != nil || got.Outcome != want {
			t.Errorf("%s: %v, want %s", p.code, got, want)
		}
	}
}

// Rows: A6
func TestHandleIsOfTheNumberThatTheRecordIsKeptUnder(t *testing.T) {
	s, _ := open(t, Config{})
	asked, other := byCase(t, "no record in the municipality"), byCase(t, "doses: 3")
	p := partition(t, s, "900010")
	right := p.mustSearch(t, searchRequest{Number: other.Number}).Persons[0]
	x := other.person("900010", "1", []dose{{Date: "2021-06-10"}})
	if err := p.write(t.Context(), func(tx *sql.Tx) error { return p.insert(t.Context(), tx, p.vault.person([]byte(asked.Number)), x) }); err != nil {
		t.Fatal(err)
	}
	a := p.mustSearch(t, searchRequest{Number: asked.Number}) // the wrong record, by a fault of the index
	if bytes.Equal(a.Proof, prove(make([]byte, 32), asked.Number)) || a.Persons[0].Handle != right.Handle {
		t.Error("the answer vouches for a record of somebody else")
	}
}

func TestPersonReferenceEndsAfter15MinutesOrWithTheHolder(t *testing.T) {
	s, at := open(t, Config{})
	r := byCase(t, "doses: 2")
	p := partition(t, s, r.Municipality)
	ref := p.mustSearch(t, searchRequest{Ticket: r.Ticket}).Persons[0].Ref
	at.move(15*time.Minute - time.Second)
	if p.mustOpen(t, ref, "id").Outcome != "found" {
		t.Error("ended before its time")
	}
	at.move(time.Second)
	if p.mustOpen(t, ref, "id").Outcome != "none" {
		t.Error("still good after 15 minutes")
	}
	ref = p.mustSearch(t, searchRequest{Ticket: r.Ticket}).Persons[0].Ref
	if err := p.Correct(t.Context(), r.Number, "KM1009"); err != nil || p.mustOpen(t, ref, "id").Outcome != "found" {
		t.Errorf("a corrected dose ends a reference: %v", err)
	}
	if err := p.change(t.Context(), r.Number, func(h *person) { h.Name = "架空　改" }); err != nil || p.mustOpen(t, ref, "id").Outcome != "none" {
		t.Errorf("another holder under the same reference: %v", err)
	}
}

func TestMoreThan20OfOneNameAreTooMany(t *testing.T) {
	s, _ := open(t, Config{})
	p := partition(t, s, "900010")
	const more = 21
	for i := range more {
		number := withCheckDigit(91_000_000_000 + i)
		x := &person{Number: number, Name: "多数　同名", Kana: "タスウ　ドウメイ", Birth: "1990-01-01", Sex: "1", Doses: []dose{{Date: "2021-06-10"}}}
		if err := p.write(t.Context(), func(tx *sql.Tx) error { return p.insert(t.Context(), tx, p.vault.person([]byte(number)), x) }); err != nil {
			t.Fatal(err)
		}
		a := p.mustSearch(t, searchRequest{Name: "たすうどうめい", BirthDate: "1990-01-01"})
		if want := map[bool]string{true: "found", false: "too_many"}[i < maxFound]; a.Outcome != want || (a.Persons == nil) == (want == "found") {
			t.Errorf("%d of a name: %s with %d", i+1, a.Outcome, len(a.Persons))
		}
	}
}

func TestAnUnknownDayOfBirthAgreesWithEveryDay(t *testing.T) {
	s, _ := open(t, Config{})
	for words, days := range map[string]map[string]string{
		"birth day not known":           {"-01": "found", "-28": "found"},
		"birth month and day not known": {"-01-01": "found", "-12-31": "found"},
	} {
		r := byCase(t, words)
		p := partition(t, s, r.Municipality)
		for rest, want := range days {
			if a := p.mustSearch(t, searchRequest{Name: r.VRSName, BirthDate: r.Birth.String() + rest}); a.Outcome != want || a.Persons[0].Holder.BirthDate != r.Birth.String() {
				t.Errorf("%s, %s: %s", words, rest, a.Outcome)
			}
		}
	}
}

// Rows: E7
func TestOneBadRowOfAThousandChangesNothing(t *testing.T) {
	s, _ := open(t, Config{})
	r, other := byCase(t, "doses: 2"), byCase(t, "doses: 3")
	p := partition(t, s, r.Municipality)
	in := func() (all string) {
		rows, err := p.db.Query(`SELECT person, sealed FROM blocks ORDER BY rowid`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		sum := sha256.New()
		for rows.Next() {
			var a, b []byte
			if err := rows.Scan(&a, &b); err != nil {
				t.Fatal(err)
			}
			sum.Write(append(a, b...))
		}
		return fmt.Sprintf("%x", sum.Sum(nil))
	}
	if a := p.mustSet(t, blockRow{Ticket: r.Ticket, measure: measure{"protective", "2024-01-01", ""}}); a.Outcome != "accepted" {
		t.Fatal(a.Outcome)
	}
	before := in()
	rows := make([]blockRow, 1000)
	for i := range rows {
		rows[i] = blockRow{Ticket: other.Ticket, measure: measure{"stopped", "2024-01-01", ""}}
	}
	for _, i := range []int{0, 499, 999} {
		was := rows[i]
		for _, nobody := range []blockRow{{Ticket: "7999999999", measure: was.measure}, {Handle: "AAAAAAAAAAAAAAAAAAAAAA", measure: was.measure}, {Handle: "AAAAAAAAAAAAAAAA", measure: was.measure}} {
			rows[i] = nobody
			if a := p.mustSet(t, rows...); a.Outcome != "rejected" || len(a.Rejected) != 1 || a.Rejected[0] != i+1 || in() != before {
				t.Errorf("row %d: %s %v", i+1, a.Outcome, a.Rejected)
			}
		}
		rows[i] = was
	}
	if a := p.mustSet(t, rows...); a.Outcome != "accepted" || in() == before {
		t.Errorf("the list without a bad row: %s", a.Outcome)
	}
	if got := p.mustFind(t, r.Number, "id").Outcome; got != "found" {
		t.Errorf("the list before still holds: %s", got)
	}
}

// Rows: D5
func TestErasingAPersonLeavesNoTicketNorBlock(t *testing.T) {
	s, _ := open(t, Config{})
	r := byCase(t, "doses: 3")
	p := partition(t, s, r.Municipality)
	p.mustSet(t, blockRow{Ticket: r.Ticket, measure: measure{"protective", "2024-01-01", ""}})
	ref := p.mustSearch(t, searchRequest{Ticket: r.Ticket}).Persons[0].Ref
	if err := p.Erase(t.Context(), r.Number); err != nil {
		t.Fatal(err)
	}
	for name, outcome := range map[string]string{
		"ticket": p.mustSearch(t, searchRequest{Ticket: r.Ticket}).Outcome, "name": p.mustSearch(t, searchRequest{Name: r.Name, BirthDate: r.Birth.String()}).Outcome,
		"reference": p.mustOpen(t, ref, "id").Outcome,
	} {
		if outcome != "none" {
			t.Errorf("by %s: %s", name, outcome)
		}
	}
	for _, table := range []string{"persons", "tickets", "blocks", "issues"} {
		var n int
		if err := p.db.QueryRow(`SELECT count(*) FROM `+table+` WHERE person = ?`, p.vault.person([]byte(r.Number))).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d rows are left in %s, %v", n, table, err)
		}
	}
}

// Rows: D4
func TestNothingThatCounterCallsKeepStandsInTheClear(t *testing.T) {
	dir, keys := t.TempDir(), make(map[cert.MunicipalityCode][]byte)
	for i, m := range Municipalities() {
		keys[m] = bytes.Repeat([]byte{byte(i + 1)}, 32)
	}
	s, _ := open(t, Config{Dir: dir, Keys: keys})
	r := byCase(t, "doses: 3")
	p := partition(t, s, r.Municipality)
	handle := p.mustSearch(t, searchRequest{Ticket: r.Ticket}).Persons[0].Handle
	p.mustSet(t, blockRow{Handle: handle, measure: measure{"protective", "2024-01-01", ""}})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{r.Ticket, r.Kana, "protective", "2024-01-01", handle} {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s has %q in it", filepath.Base(file), word)
			}
		}
	}
	again, _ := open(t, Config{Dir: dir, Keys: keys})
	if partition(t, again, r.Municipality).mustFind(t, r.Number, "id").Outcome != "blocked" {
		t.Error("opened again, it has forgotten the list")
	}
}

func TestADatabaseOfAnEarlierMakeIsRefused(t *testing.T) {
	dir, keys := t.TempDir(), make(map[cert.MunicipalityCode][]byte)
	for _, m := range Municipalities() {
		keys[m] = bytes.Repeat([]byte{1}, 32)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "vrs-900010.db"))
	if err == nil {
		_, err = db.Exec(`CREATE TABLE persons (person BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL)`)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: dir, Keys: keys}); err == nil || !strings.Contains(err.Error(), "earlier make") {
		t.Errorf("opened: %v", err)
	}
}

// Rows: A4, A5, D4
func TestHandlerRefusesTheCountersCallsAndCounts(t *testing.T) {
	s, _ := open(t, Config{})
	run, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: run.ClientTLS()}}
	defer client.CloseIdleConnections()
	const head = `{"request_id":"r","municipality":"900010"`
	const ask = head + `,"purpose":"certificate","nonce":"AAAAAAAAAAAAAAAAAAAAAA=="`
	for _, x := range []struct {
		name, path, body string
		status, refused  int
	}{
		{"search", "search", ask + `,"ticket_number":"7000000100"}`, 200, 0},
		{"search, another purpose", "search", strings.Replace(ask, "certificate", "transfer-in", 1) + `,"ticket_number":"7000000100"}`, 403, 1},
		{"search, another municipality", "search", strings.Replace(ask, "900010", "900028", 1) + `,"ticket_number":"7000000100"}`, 403, 1},
		{"search by two things", "search", ask + `,"ticket_number":"7000000100","name":"見本","birth_date":"1985-03-14"}`, 400, 0},
		{"search by nothing", "search", ask + `}`, 400, 0},
		{"search by a wrong number", "search", ask + `,"individual_number":"900000001378"}`, 400, 0},
		{"open", "open", ask + `,"issuance_id":"i","ref":"AAAAAAAAAAAAAAAAAAAAAAAAAA"}`, 200, 0},
		{"open, another purpose", "open", strings.Replace(ask, "certificate", "transfer-out", 1) + `,"issuance_id":"i","ref":"AAAAAAAAAAAAAAAAAAAAAAAAAA"}`, 403, 1},
		{"open by number", "open", ask + `,"issuance_id":"i","ref":"AAAAAAAAAAAAAAAAAAAAAAAAAA","individual_number":"900000001377"}`, 400, 0},
		{"blocks by number", "blocks", head + `,"rows":[{"individual_number":"900000001377","class":"stopped","from":"2024-01-01"}]}`, 400, 0},
		{"blocks", "blocks", head + `,"rows":[]}`, 200, 0},
		{"blocks, more than 16 KiB", "blocks", head + `,"rows":[` + strings.Repeat(" ", maxRequest) + `]}`, 200, 0},
		{"blocks, more than 16 MiB", "blocks", head + `,"rows":[` + strings.Repeat(" ", maxList) + `]}`, 413, 0},
		{"invalidate", "invalidate", head + `,"certificate_id":"JPN90001020261123000001"}`, 200, 0},
		{"invalidate for another municipality", "invalidate", strings.Replace(head, "900010", "900028", 1) + `,"certificate_id":"JPN90002820261123000001"}`, 403, 1},
	} {
		before := s.Refused()
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, run.URL+"/v1/"+x.path, strings.NewReader(x.body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+s.Credentials()["900010"])
		res, err := client.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", x.name, err)
		}
		_ = res.Body.Close()
		if res.StatusCode != x.status || s.Refused()-before != x.refused {
			t.Errorf("%s: %d, %d refused", x.name, res.StatusCode, s.Refused()-before)
		}
	}
}

// Rows: C7
func TestNoAnswerToTheCounterHasANumber(t *testing.T) {
	s, _ := open(t, Config{})
	for _, r := range Residents() {
		if r.HomeNo == "" {
			continue
		}
		p := partition(t, s, r.Municipality)
		a := p.mustSearch(t, searchRequest{Number: r.Number})
		text, err := json.Marshal([]any{a, p.mustOpen(t, a.Persons[0].Ref, "id")})
		if err != nil || strings.Contains(string(text), r.Number) {
			t.Errorf("%s: the answer has the number in it: %v", r.ID, err)
		}
	}
}

func TestTicketIsTheFirstInTheLedger(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Residents() {
		if seen[r.Ticket] && r.Ticket != "" {
			t.Errorf("%s: ticket number %s twice", r.ID, r.Ticket)
		}
		seen[r.Ticket] = true
	}
	if got := byCase(t, "doses: 2").Ticket; got != "7000000200" {
		t.Errorf("the first ticket number is %q", got)
	}
	if got := byCase(t, "no record in").Ticket; got != "" {
		t.Errorf("nobody has the ticket number %q", got)
	}
}
