// SPDX-License-Identifier: Apache-2.0

package vrsclient_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/test/vrs"
	"kofu/vrsclient"
)

func byTicket(r vrs.Resident) cert.Search {
	return cert.Search{Municipality: r.Municipality, Purpose: cert.PurposeCertificate, Ticket: cert.Private(r.Ticket)}
}

func byNumber(t *testing.T, r vrs.Resident) cert.Search {
	t.Helper()
	return cert.Search{Municipality: r.Municipality, Purpose: cert.PurposeCertificate, MyNumber: query(t, r, "").MyNumber}
}

func byName(r vrs.Resident, name string) cert.Search {
	born := r.Birth // complete, as the applicant says it
	born.Month, born.Day = max(1, born.Month), max(1, born.Day)
	return cert.Search{Municipality: r.Municipality, Purpose: cert.PurposeCertificate, Name: cert.Private(name), BirthDate: born}
}

func fileOf(m cert.MunicipalityCode, ref cert.PersonRef, id cert.IssuanceID) cert.FileQuery {
	return cert.FileQuery{Municipality: m, Purpose: cert.PurposeCertificate, Ref: ref, Issuance: id}
}

// found searches for one person.
func found(t *testing.T, c *vrsclient.Client, q cert.Search) cert.Candidate {
	t.Helper()
	list, err := c.Desk().Search(t.Context(), q)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d persons, %v", len(list), err)
	}
	return list[0]
}

// opened searches for r and opens the file for id.
func opened(t *testing.T, c *vrsclient.Client, r vrs.Resident, id cert.IssuanceID) *cert.File {
	t.Helper()
	f, err := c.Desk().Open(t.Context(), fileOf(r.Municipality, found(t, c, byNumber(t, r)).Ref, id))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Rows: A1, A6, E7, E8
func TestSearchFindsEachResidentInEveryWayAndOpensTheirFile(t *testing.T) {
	_, c := connect(t, nil)
	for _, r := range vrs.Residents() {
		if r.HomeNo == "" {
			if _, err := c.Desk().Search(t.Context(), byNumber(t, r)); !errors.Is(err, cert.ErrNoRecord) {
				t.Errorf("%s has no record: %v", r.ID, err)
			}
			continue
		}
		ways := map[string]cert.Search{
			"number": byNumber(t, r), "register's name": byName(r, r.VRSName), "card's name": byName(r, r.Name), "kana": byName(r, r.Kana),
		}
		if r.Ticket != "" {
			ways["ticket"] = byTicket(r)
		}
		handles := make(map[string]bool)
		for way, q := range ways {
			list, err := c.Desk().Search(t.Context(), q)
			if err != nil {
				t.Errorf("%s by %s: %v", r.ID, way, err)
				continue
			}
			for _, x := range list {
				if x.Holder.Name.Reveal() != r.VRSName || x.Holder.BirthDate != r.Birth || x.Holder.Sex != r.Sex || x.Kana.Reveal() != r.Kana {
					t.Errorf("%s by %s: not the register's own characters", r.ID, way)
				}
			}
			f, err := c.Desk().Open(t.Context(), fileOf(r.Municipality, list[0].Ref, "open-"+cert.IssuanceID(r.ID)))
			if err != nil {
				t.Errorf("%s by %s: open: %v", r.ID, way, err)
				continue
			}
			if len(list) == 1 {
				handles[f.Handle] = true
			}
			mustBeFileOf(t, f, list[0], r)
		}
		if len(handles) != 1 {
			t.Errorf("%s: %d handles of one record", r.ID, len(handles))
		}
	}
}

func mustBeFileOf(t *testing.T, f *cert.File, shown cert.Candidate, r vrs.Resident) {
	t.Helper()
	if f.Holder != shown.Holder || f.Municipality != r.Municipality || f.Kana.Reveal() != r.Kana {
		t.Errorf("%s: the file is not the candidate's", r.ID)
	}
	if f.Check != r.Check || f.Deceased != r.Deceased || len(f.Doses) == 0 {
		t.Errorf("%s: other flags, or no doses", r.ID)
	}
	class := cert.BlockClass("")
	if errors.Is(outcome(r), cert.ErrBlocked) {
		class = r.BlockClass
	}
	switch {
	case shown.Protected != (class != ""), (f.Block == nil) != (class == ""):
		t.Errorf("%s: in force: %v, %v", r.ID, shown.Protected, f.Block)
	case f.Block != nil && *f.Block != cert.Block{Class: class, From: r.BlockFrom, Until: r.BlockTo}:
		t.Errorf("%s: another block: %v", r.ID, *f.Block)
	}
}

func TestTwoOfOneNameAndBirthdayAreBothShownAndToldApart(t *testing.T) {
	_, c := connect(t, nil)
	r := resident(t, "same name and birthday as the next")
	list, err := c.Desk().Search(t.Context(), byName(r, r.Name))
	if err != nil || len(list) != 2 {
		t.Fatalf("%d persons, %v", len(list), err)
	}
	var handles []string
	for i, x := range list {
		f, err := c.Desk().Open(t.Context(), fileOf(r.Municipality, x.Ref, cert.IssuanceID(fmt.Sprint("i", i))))
		if err != nil {
			t.Fatal(err)
		}
		handles = append(handles, f.Handle)
	}
	if handles[0] == handles[1] {
		t.Error("two records, one handle")
	}
}

// Rows: E8
func TestEveryTicketNumberOfAPersonFindsThem(t *testing.T) {
	_, c := connect(t, nil)
	r := resident(t, "doses: 5")
	handle := opened(t, c, r, "id").Handle
	for i := range 5 {
		q := byTicket(r)
		q.Ticket = cert.Private(fmt.Sprintf("%s%d", r.Ticket[:9], i))
		f, err := c.Desk().Open(t.Context(), fileOf(r.Municipality, found(t, c, q).Ref, "id"))
		if err != nil || f.Handle != handle {
			t.Errorf("ticket %d: %v", i+1, err)
		}
	}
	q := byTicket(r)
	q.Ticket = "7999999999"
	if _, err := c.Desk().Search(t.Context(), q); !errors.Is(err, cert.ErrNoRecord) {
		t.Errorf("a ticket number nobody has: %v", err)
	}
}

// Rows: E8, R5.2
func TestNamesAreFoundAsClerksWriteThemAndAnsweredAsTheyAreWritten(t *testing.T) {
	_, c := connect(t, nil)
	for _, x := range []struct{ words, as string }{
		{"U+20BB7", "吉野家子"}, {"U+9AD9", "高橋 梯"}, {"U+FA11", "山崎立男"}, {"U+FA11", "山嵜　立男"},
		{"U+845B", "葛城異子"}, {"U+8FBB", "辻　点太"}, {"U+9089", "渡辺多子"}, {"U+9089", "渡邊 多子"},
		{"U+F9DC", "浜田隆"}, {"U+F9DC", "濱田　隆"}, {"VU", "バーチャル ヨウコ"}, {"VU", "ﾊﾞｰﾁｬﾙ ﾖｰｺ"}, {"VU", "ばあちやるようこ"},
		{"doses: 1", "みほん かずこ"}, {"doses: 1", "ﾐﾎﾝｶｽﾞｺ"}, {"full-width brackets", "佐藤花子"}, {"full-width brackets", "山田花子"},
		{"half-width parentheses", "田中 太郎"}, {"without U+3000", "無空白　太郎"}, {"half-width spaces", "ｊｏｈｎ　ｍｉｈｏｎ ｓｍｉｔｈ"},
		{"apostrophe", "omihon jean luc"}, {"apostrophe", "O’MIHON　JEAN‐LUC"},
	} {
		r := resident(t, x.words)
		list, err := c.Desk().Search(t.Context(), byName(r, x.as))
		if err != nil || !slices.ContainsFunc(list, func(y cert.Candidate) bool { return y.Holder.Name.Reveal() == r.VRSName }) {
			t.Errorf("%s as %s: %d persons, %v", r.VRSName, x.as, len(list), err)
		}
	}
	r := resident(t, "U+20BB7")
	for name, q := range map[string]cert.Search{
		"part of the name": byName(r, "吉野"), "another": byName(r, "吉田家子"), "nothing but marks": byName(r, "　・ー"),
		"another day": {Municipality: r.Municipality, Purpose: cert.PurposeCertificate, Name: "吉野家子", BirthDate: cert.Date{Year: 1950, Month: 1, Day: 1}},
	} {
		if _, err := c.Desk().Search(t.Context(), q); !errors.Is(err, cert.ErrNoRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Rows: A5
func TestTheCounterAsksForThePurposeCertificateAlone(t *testing.T) {
	s, c := connect(t, nil)
	r := resident(t, "doses: 1")
	ref := found(t, c, byTicket(r)).Ref
	before := s.Faults().Calls("search") + s.Faults().Calls("open")
	for _, purpose := range []cert.Purpose{"", "transfer-in", "transfer-out", "CERTIFICATE"} {
		q, f := byTicket(r), fileOf(r.Municipality, ref, "id")
		q.Purpose, f.Purpose = purpose, purpose
		_, search := c.Desk().Search(t.Context(), q)
		_, open := c.Desk().Open(t.Context(), f)
		for _, err := range []error{search, open} {
			if !errors.Is(err, cert.ErrUnavailable) || vrsclient.Cause(err) != vrsclient.CausePurpose {
				t.Errorf("purpose %q: %v", purpose, err)
			}
		}
	}
	if n := s.Faults().Calls("search") + s.Faults().Calls("open") - before; n != 0 {
		t.Errorf("%d calls left", n)
	}
}

// Rows: A4
func TestSearchAsksByOneThingOfTheRightForm(t *testing.T) {
	s, c := connect(t, nil)
	r := resident(t, "doses: 1")
	for name, edit := range map[string]func(*cert.Search){
		"nothing":             func(q *cert.Search) { q.Ticket = "" },
		"two things":          func(q *cert.Search) { q.MyNumber = query(t, r, "").MyNumber },
		"two other things":    func(q *cert.Search) { q.Name, q.BirthDate = "見本　一子", r.Birth },
		"number and name":     func(q *cert.Search) { *q = byNumber(t, r); q.Name = "見本　一子" },
		"short ticket":        func(q *cert.Search) { q.Ticket = "700000010" },
		"letters":             func(q *cert.Search) { q.Ticket = "700000010O" },
		"name without date":   func(q *cert.Search) { q.Ticket, q.Name = "", "見本　一子" },
		"date without day":    func(q *cert.Search) { *q = byName(r, "見本"); q.BirthDate.Day = 0 },
		"a lost character":    func(q *cert.Search) { *q = byName(r, "見本\uFFFD") },
		"a control character": func(q *cert.Search) { *q = byName(r, "見本\x00") },
		"broken UTF-8":        func(q *cert.Search) { *q = byName(r, "見本\xff") },
		"a name too long":     func(q *cert.Search) { *q = byName(r, strings.Repeat("本", 301)) },
	} {
		q := byTicket(r)
		edit(&q)
		if _, err := c.Desk().Search(t.Context(), q); vrsclient.Cause(err) != vrsclient.CauseBadRequest {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, open := c.Desk().Open(t.Context(), fileOf("900010", "x", `"`))
	for _, err := range []error{open, c.Desk().Invalidate(t.Context(), "900010", "JPN")} {
		if vrsclient.Cause(err) != vrsclient.CauseBadRequest {
			t.Errorf("got %v", err)
		}
	}
	for _, call := range []string{"search", "open", "invalidate", "blocks"} {
		if n := s.Faults().Calls(call); n != 0 {
			t.Errorf("%d calls of %s left", n, call)
		}
	}
}

// A person, reference, ticket number, handle or certificate of B is to A as one
// that never was.
//
// Rows: D4, D5
func TestNothingOfAnotherMunicipalityIsKnown(t *testing.T) {
	s, c := connect(t, nil)
	r := resident(t, "municipality of all doors, a second one")
	const a = cert.MunicipalityCode("900010")
	for name, q := range map[string]cert.Search{"ticket": byTicket(r), "number": byNumber(t, r), "name": byName(r, r.Name)} {
		q.Municipality = a
		if list, err := c.Desk().Search(t.Context(), q); !errors.Is(err, cert.ErrNoRecord) || list != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	ref := found(t, c, byTicket(r)).Ref
	_, theirs := c.Desk().Open(t.Context(), fileOf(a, ref, "id"))
	_, nobodys := c.Desk().Open(t.Context(), fileOf(a, "AAAAAAAAAAAAAAAAAAAAAAAAAA-AAAAAAAAAAAAAAAAAAAAAA", "id"))
	if !errors.Is(theirs, cert.ErrNoRecord) || theirs.Error() != nobodys.Error() {
		t.Errorf("reference of another: %v, of nobody: %v", theirs, nobodys)
	}
	f := opened(t, c, r, "issue")
	id := issued(t, c, r, f, "issue", cert.Domestic, nil)
	before := s.Faults().Calls("invalidate")
	if err := c.Desk().Invalidate(t.Context(), a, id); !errors.Is(err, cert.ErrNoIssue) || s.Faults().Calls("invalidate") != before {
		t.Errorf("certificate of another: %v", err)
	}
	for name, row := range map[string]cert.BlockRow{"ticket": {Ticket: cert.Private(r.Ticket)}, "handle": {Handle: f.Handle}} {
		row.Block = cert.Block{Class: cert.Stopped, From: cert.Date{Year: 2024, Month: 1, Day: 1}}
		err := c.SetBlocks(t.Context(), cert.BlockList{Municipality: a, Rows: []cert.BlockRow{row}})
		if bad, ok := errors.AsType[*cert.BlockError](err); !ok || !slices.Equal(bad.Rows, []int{1}) {
			t.Errorf("block by %s of another: %v", name, err)
		}
	}
	if f := opened(t, c, r, "again"); f.Block != nil || f.Issues[0].State != cert.IssueConfirmed {
		t.Error("another municipality has blocked or withdrawn")
	}
}

// issued goes from an open file to a confirmed certificate.
func issued(t *testing.T, c *vrsclient.Client, r vrs.Resident, f *cert.File, id cert.IssuanceID, k cert.Kind, p *cert.Passport) cert.ID {
	t.Helper()
	got, err := c.Reserve(t.Context(), cert.ReserveRequest{
		Municipality: r.Municipality, Subject: f.Subject, Version: f.Version, Kind: k, Issuance: id, Desk: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Confirm(t.Context(), cert.Confirmation{
		Municipality: r.Municipality, Issuance: id, ID: got.ID, IssuedOn: cert.DateOf(got.IssuedAt), Passport: p,
	})
	if err != nil {
		t.Fatal(err)
	}
	return got.ID
}

// Rows: D4
func TestTheCountersCallsDoNotLeaveWithoutACredential(t *testing.T) {
	s, c := connect(t, func(c *vrsclient.Config) { delete(c.Credentials, "900028") })
	r := resident(t, "municipality of all doors, a second one")
	_, search := c.Desk().Search(t.Context(), byTicket(r))
	_, open := c.Desk().Open(t.Context(), fileOf("900028", "x", "id"))
	for _, err := range []error{
		search, open, c.Desk().Invalidate(t.Context(), "900028", "JPN90002820261123000001"),
		c.SetBlocks(t.Context(), cert.BlockList{Municipality: "900028"}),
	} {
		if vrsclient.Cause(err) != vrsclient.CauseNoCredential {
			t.Errorf("got %v", err)
		}
	}
	for _, call := range []string{"search", "open", "invalidate", "blocks"} {
		if n := s.Faults().Calls(call); n != 0 {
			t.Errorf("%d calls of %s left", n, call)
		}
	}
}

// Rows: E4, E5
func TestPastIssuesAreToldNewestFirstAndWithdrawnOnesStaySo(t *testing.T) {
	_, c := connect(t, nil)
	r := resident(t, "doses: 1") // with one overseas certificate of 2023
	passport := *r.Passport
	passport.Others = "SATO"
	overseas := issued(t, c, r, opened(t, c, r, "overseas"), "overseas", cert.Overseas, &passport)
	domestic := issued(t, c, r, opened(t, c, r, "domestic"), "domestic", cert.Domestic, nil)
	f := opened(t, c, r, "look")
	if f.LastOverseas == nil || f.LastOverseas.Passport != passport {
		t.Error("other names of the passport were not kept")
	}
	today := cert.DateOf(time.Now())
	want := []cert.PastIssue{
		{ID: domestic, Kind: cert.Domestic, IssuedOn: today, State: cert.IssueConfirmed},
		{ID: overseas, Kind: cert.Overseas, IssuedOn: today, State: cert.IssueConfirmed},
	}
	if len(f.Issues) != 3 || !slices.Equal(f.Issues[:2], want) || f.Issues[2].IssuedOn != (cert.Date{Year: 2023, Month: 4, Day: 1}) {
		t.Errorf("issues are %v", f.Issues)
	}
	for range 2 {
		if err := c.Desk().Invalidate(t.Context(), r.Municipality, overseas); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Void(t.Context(), r.Municipality, "overseas"); err != nil {
		t.Fatal(err)
	}
	f = opened(t, c, r, "again")
	want[1].State = cert.IssueInvalidated
	if !slices.Equal(f.Issues[:2], want) || f.LastOverseas.Passport.Others != "" {
		t.Errorf("after one was withdrawn: %v", f.Issues)
	}
	for name, id := range map[string]cert.ID{"never issued": "JPN90001020261123999999", "of another day": "JPN90001020200101000001"} {
		if err := c.Desk().Invalidate(t.Context(), r.Municipality, id); !errors.Is(err, cert.ErrNoIssue) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyWhatWasHandedOverIsWithdrawn(t *testing.T) {
	_, c := connect(t, nil)
	r := resident(t, "doses: 2")
	for _, void := range []bool{false, true} {
		id := cert.IssuanceID(fmt.Sprint("id-", void))
		f := opened(t, c, r, id)
		got, err := c.Reserve(t.Context(), cert.ReserveRequest{Municipality: r.Municipality, Subject: f.Subject, Version: f.Version, Kind: cert.Domestic, Issuance: id})
		if err != nil {
			t.Fatal(err)
		}
		if void {
			if err := c.Void(t.Context(), r.Municipality, id); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Desk().Invalidate(t.Context(), r.Municipality, got.ID); !errors.Is(err, cert.ErrNoIssue) {
			t.Errorf("voided %v: %v", void, err)
		}
		told := opened(t, c, r, "look").Issues
		if slices.ContainsFunc(told, func(p cert.PastIssue) bool { return p.ID == got.ID && p.State == cert.IssueReserved }) == void {
			t.Errorf("voided %v: told %v", void, told)
		}
	}
}

// Rows: E7
func TestAtTheCounterAStopHindersAndAProtectiveMeasureDoesNot(t *testing.T) {
	s, c := connect(t, nil)
	p, err := s.Partition(s.Credentials()["900010"])
	if err != nil {
		t.Fatal(err)
	}
	r := resident(t, "doses: 2")
	ask := func(id cert.IssuanceID, desk bool, after func() error) error {
		f := opened(t, c, r, id)
		if after != nil {
			if err := after(); err != nil {
				t.Fatal(err)
			}
		}
		_, err := c.Reserve(t.Context(), cert.ReserveRequest{
			Municipality: r.Municipality, Subject: f.Subject, Version: f.Version, Kind: cert.Domestic, Issuance: id, Desk: desk,
		})
		return err
	}
	if err := p.Block(t.Context(), r.Number, true); err != nil {
		t.Fatal(err)
	}
	if err := ask("a", false, nil); !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("protected, not at the counter: %v", err)
	}
	if err := ask("b", true, nil); err != nil {
		t.Errorf("protected, at the counter: %v", err)
	}
	if err := ask("c", true, func() error { return p.Correct(t.Context(), r.Number, "KM1009") }); !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("changed, at the counter: %v", err)
	}
	if err := p.Stop(t.Context(), r.Number, true); err != nil {
		t.Fatal(err)
	}
	if err := ask("d", true, nil); !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("stopped, at the counter: %v", err)
	}
	if err := p.Stop(t.Context(), r.Number, false); err != nil {
		t.Fatal(err)
	}
	row := cert.BlockRow{Ticket: cert.Private(r.Ticket), Block: cert.Block{Class: cert.Stopped, From: cert.Date{Year: 2024, Month: 4, Day: 1}}}
	if err := c.SetBlocks(t.Context(), cert.BlockList{Municipality: r.Municipality, Rows: []cert.BlockRow{row}}); err != nil {
		t.Fatal(err)
	}
	if err := ask("e", true, nil); !errors.Is(err, cert.ErrRecordChanged) {
		t.Errorf("stopped by the list, at the counter: %v", err)
	}
}

// Rows: E7
func TestAListOfBlocksTakesEffectWholeOrNotAtAll(t *testing.T) {
	_, c := connect(t, nil)
	r, other := resident(t, "doses: 2"), resident(t, "doses: 3")
	self := func(r vrs.Resident) error {
		_, err := c.FindForCertificate(t.Context(), query(t, r, "self")).Record()
		return err
	}
	since := cert.Block{Class: cert.Protective, From: cert.Date{Year: 2024, Month: 4, Day: 1}}
	set := func(dry bool, rows ...cert.BlockRow) error {
		return c.SetBlocks(t.Context(), cert.BlockList{Municipality: "900010", Rows: rows, DryRun: dry})
	}
	bad := make([]cert.BlockRow, 1000)
	for i := range bad {
		bad[i] = cert.BlockRow{Ticket: cert.Private(r.Ticket), Block: since}
	}
	bad[499].Ticket = "7999999999"
	for _, dry := range []bool{true, false} {
		e, ok := errors.AsType[*cert.BlockError](set(dry, bad...))
		if !ok || !slices.Equal(e.Rows, []int{500}) || self(r) != nil {
			t.Fatalf("one bad row of 1,000: rows %v, find says %v", e, self(r))
		}
	}
	bad[499].Ticket = cert.Private(other.Ticket)
	if err := set(true, bad...); err != nil || self(r) != nil || self(other) != nil {
		t.Fatalf("a dry run: %v, and find says %v", err, self(r))
	}
	if err := set(false, bad...); err != nil || !errors.Is(self(r), cert.ErrBlocked) || !errors.Is(self(other), cert.ErrBlocked) {
		t.Fatalf("the list: %v, and find says %v", err, self(r))
	}
	handle := opened(t, c, other, "id").Handle
	if err := set(false, cert.BlockRow{Handle: handle, Block: since}); err != nil || self(r) != nil || !errors.Is(self(other), cert.ErrBlocked) {
		t.Errorf("a list in its place: %v, and find says %v", err, self(r))
	}
	past := cert.Block{Class: cert.Stopped, From: since.From, Until: cert.Date{Year: 2024, Month: 4, Day: 2}}
	if err := set(false, cert.BlockRow{Handle: handle, Block: past}); err != nil || self(other) != nil {
		t.Errorf("a block that has ended: %v, and find says %v", err, self(other))
	}
	stop := cert.Block{Class: cert.Stopped, From: since.From, Until: cert.Date{Year: 2099, Month: 4, Day: 2}}
	rows := []cert.BlockRow{{Handle: handle, Block: since}, {Handle: handle, Block: stop}, {Handle: handle, Block: past}}
	if err := set(false, rows...); err != nil {
		t.Fatal(err)
	}
	if f := opened(t, c, other, "id"); f.Block == nil || *f.Block != stop {
		t.Errorf("of several blocks the stop is told, not %v", f.Block)
	}
	if err := set(false); err != nil || self(other) != nil {
		t.Errorf("an empty list: %v, and find says %v", err, self(other))
	}
	if err := self(resident(t, "(DV) in force, no end")); !errors.Is(err, cert.ErrBlocked) {
		t.Errorf("the register's own block: %v", err)
	}
}

func TestRowsOfWrongFormAreToldWithoutAsking(t *testing.T) {
	s, c := connect(t, nil)
	day := cert.Date{Year: 2024, Month: 4, Day: 1}
	ok := cert.BlockRow{Ticket: "7000000100", Block: cert.Block{Class: cert.Protective, From: day, Until: day}}
	rows := []cert.BlockRow{ok}
	for _, edit := range []func(*cert.BlockRow){
		func(r *cert.BlockRow) { r.Ticket = "" },
		func(r *cert.BlockRow) { r.Ticket = "700000010" },
		func(r *cert.BlockRow) { r.Handle = "AAAAAAAAAAAAAAAAAAAAAA" },
		func(r *cert.BlockRow) { r.Ticket, r.Handle = "", "short" },
		func(r *cert.BlockRow) { r.Block.Class = "" },
		func(r *cert.BlockRow) { r.Block.Class = "banana" },
		func(r *cert.BlockRow) { r.Block.From = cert.Date{} },
		func(r *cert.BlockRow) { r.Block.From.Day = 0 },
		func(r *cert.BlockRow) { r.Block.Until.Day = 0 },
		func(r *cert.BlockRow) { r.Block.Until = cert.Date{Year: 2024, Month: 3, Day: 31} },
	} {
		r := ok
		edit(&r)
		rows = append(rows, r)
	}
	err := c.SetBlocks(t.Context(), cert.BlockList{Municipality: "900010", Rows: rows})
	if e, ok := errors.AsType[*cert.BlockError](err); !ok || !slices.Equal(e.Rows, []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) {
		t.Errorf("got %v", e)
	}
	err = c.SetBlocks(t.Context(), cert.BlockList{Municipality: "900010", Rows: make([]cert.BlockRow, vrsclient.MaxBlocks+1)})
	if vrsclient.Cause(err) != vrsclient.CauseBadRequest || s.Faults().Calls("blocks") != 0 {
		t.Errorf("a list too long: %v", err)
	}
}

// The longest list there may be is judged always, and put into effect with
// KOFU_LONG=1: SQLite under the race detector takes a minute for it.
func TestTheLongestListOfBlocksIsTaken(t *testing.T) {
	s, c := connect(t, nil)
	n := vrsclient.MaxBlocks / 20
	if os.Getenv("KOFU_LONG") == "1" {
		n = vrsclient.MaxBlocks
	}
	handle := opened(t, c, resident(t, "doses: 2"), "id").Handle
	rows := make([]cert.BlockRow, vrsclient.MaxBlocks)
	for i := range rows {
		rows[i] = cert.BlockRow{Handle: handle, Block: cert.Block{
			Class: cert.Protective, From: cert.Date{Year: 2024, Month: 4, Day: 1}, Until: cert.Date{Year: 2024, Month: 4, Day: 30},
		}}
	}
	start := time.Now()
	if err := c.SetBlocks(t.Context(), cert.BlockList{Municipality: "900010", Rows: rows[:n]}); err != nil {
		t.Error(err)
	}
	t.Logf("%d rows in %v", n, time.Since(start))
	for i := range rows {
		rows[i] = cert.BlockRow{Handle: strings.Repeat("A", 64), Block: rows[i].Block} // as long as they can be
	}
	err := c.SetBlocks(t.Context(), cert.BlockList{Municipality: "900010", Rows: rows})
	if e, ok := errors.AsType[*cert.BlockError](err); !ok || len(e.Rows) != 1000 || e.Rows[999] != 1000 || s.Faults().Calls("blocks") != 2 {
		t.Errorf("a list of nobody: %v", err)
	}
}

// The mark in a reference is of the person whom the clerk was shown.
//
// Rows: A6
func TestAReferenceOpensTheFileItWasGivenForAndNoOther(t *testing.T) {
	s, c := connect(t, nil)
	a, b := resident(t, "doses: 2"), resident(t, "doses: 3")
	refA, refB := string(found(t, c, byTicket(a)).Ref), string(found(t, c, byTicket(b)).Ref)
	gatewayA, markA, _ := strings.Cut(refA, "-")
	_, markB, _ := strings.Cut(refB, "-")
	open := func(ref string) error {
		_, err := c.Desk().Open(t.Context(), fileOf(a.Municipality, cert.PersonRef(ref), "id"))
		return err
	}
	if err := open(refA); err != nil {
		t.Fatal(err)
	}
	if err := open(gatewayA + "-" + markB); vrsclient.Cause(err) != vrsclient.CauseOtherPerson {
		t.Errorf("with the mark of another: %v", err)
	}
	before := s.Faults().Calls("open")
	for _, ref := range []string{"", gatewayA, gatewayA + "-", "-" + markA, refA + "x", gatewayA + "-" + markA[:21], `"` + refA} {
		if err := open(ref); !errors.Is(err, cert.ErrNoRecord) {
			t.Errorf("no reference of ours: %v", err)
		}
	}
	if s.Faults().Calls("open") != before {
		t.Error("no reference of ours was asked for")
	}
}
