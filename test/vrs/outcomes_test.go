// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/lint"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
	"kofu/cert/vaccine"
)

// kioskHistory is the first day whose overseas certificate lets a kiosk issue
// another with the same passport.
var kioskHistory = cert.Date{Year: 2022, Month: 7, Day: 21}

// rules say what each door answers each resident, by the rules of package cert
// and what the stand-in holds. The CSV has no part in it.
type rules struct {
	stand *Server
	towns *municipality.Registry
	paper *pdf.Renderer
	now   time.Time
}

func newRules(t *testing.T, s *Server) *rules {
	t.Helper()
	towns, err := municipality.Parse(MunicipalitiesJSON())
	if err != nil {
		t.Fatal(err)
	}
	paper, err := pdf.New(pdf.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return &rules{s, towns, paper, s.now()}
}

// publicCodes are what the rules' errors read as at every door.
var publicCodes = []struct {
	err  error
	code string
}{
	{municipality.ErrUnknown, "municipality_unknown"},
	{municipality.ErrNotJoined, "municipality_not_joined"},
	{municipality.ErrSuspended, "municipality_suspended"},
	{municipality.ErrClosed, "out_of_hours"},
	{cert.ErrPassportRequired, "passport_required"},
	{cert.ErrPassportExpired, "passport_expired"},
	{cert.ErrPassportMismatch, "passport_mismatch"},
	{cert.ErrNoRecord, "no_record"},
	{cert.ErrBlocked, "no_record"},
	{cert.ErrStopped, "issuing_stopped"},
	{cert.ErrNeedsCheck, "record_needs_check"},
	{cert.ErrOtherPerson, "record_needs_check"},
	{cert.ErrDeceased, "counter_only"},
	{vaccine.ErrUnknownProduct, "record_needs_check"},
	{errHistory, "no_overseas_history"},
	{errRenewed, "passport_changed"},
}

var (
	errHistory = errors.New("no overseas certificate that counts")
	errRenewed = errors.New("another passport than that of the history")
)

// code is the outcome at door ch for a certificate of kind k.
func (x *rules) code(t *testing.T, r Resident, ch cert.Channel, k cert.Kind) string {
	t.Helper()
	err := x.apply(t, r, ch, k)
	if err == nil {
		return "issued"
	}
	if _, ok := errors.AsType[*pdf.GlyphError](err); ok {
		return "name_not_printable"
	}
	for _, c := range publicCodes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	t.Errorf("%s: %v has no public code", r.ID, err)
	return ""
}

// apply goes through the rules in the order in which a door does: what needs
// no record first. A kiosk reads no passport and takes the one of the history.
func (x *rules) apply(t *testing.T, r Resident, ch cert.Channel, k cert.Kind) error {
	t.Helper()
	if _, err := x.towns.Admit(r.Municipality, ch, x.now); err != nil {
		return err
	}
	holder, today := cert.Holder{Name: cert.Private(r.Name), BirthDate: r.Birth, Sex: r.Sex}, cert.DateOf(x.now)
	if ch == cert.Counter {
		holder.Name = cert.Private(r.VRSName)
	}
	if k == cert.Overseas && ch != cert.Kiosk {
		if err := cert.CheckPassport(k, r.Passport, holder, today); err != nil {
			return err
		}
	}
	if err := x.paper.Printable(holder.Name); err != nil {
		return err
	}
	record, err := x.record(t, r, ch)
	if err != nil {
		return err
	}
	if err := cert.SamePerson(holder, record.Holder); err != nil {
		return err
	}
	doses, _, err := cert.Certifiable(record)
	if err != nil {
		return err
	}
	town, _ := x.towns.Lookup(r.Municipality)
	for _, f := range lint.Check(lint.Input{Record: record, Name: holder.Name, Today: today}) {
		if town.Severity(f.Code) == cert.Refuse {
			return &f
		}
	}
	for _, d := range doses {
		if _, err := vaccine.Resolve(d, today); err != nil {
			return err
		}
	}
	if k == cert.Overseas && ch == cert.Kiosk {
		return kioskPassport(r, record.LastOverseas, holder, today)
	}
	return nil
}

// kioskPassport: the latest overseas certificate is of 2022-07-21 or later, the
// passport is still the same, and is one that can be certified for.
func kioskPassport(r Resident, last *cert.OverseasIssue, holder cert.Holder, today cert.Date) error {
	switch {
	case last == nil || last.IssuedOn.Compare(kioskHistory) < 0:
		return errHistory
	case r.Passport == nil || last.Passport.Number != r.Passport.Number:
		return errRenewed
	}
	return cert.CheckPassport(cert.Overseas, &last.Passport, holder, today)
}

// record is what the door gets of r. At the counter a clerk serves people under
// protective measures and the families of the deceased; nobody else does. Nobody
// serves those whose issuing is stopped.
func (x *rules) record(t *testing.T, r Resident, ch cert.Channel) (*cert.Record, error) {
	t.Helper()
	p := partition(t, x.stand, r.Municipality)
	h, err := p.lookup(t.Context(), p.db, p.vault.person([]byte(r.Number)))
	switch {
	case errors.Is(err, ErrNobody):
		return nil, cert.ErrNoRecord
	case err != nil:
		t.Fatal(err)
	case h.blocked(x.now) && ch != cert.Counter:
		return nil, cert.ErrBlocked
	case h.blocked(x.now) && h.block(x.now).Class == "stopped":
		return nil, cert.ErrStopped
	case h.Check != "":
		return nil, cert.ErrNeedsCheck
	case h.Deceased && ch != cert.Counter:
		return nil, cert.ErrDeceased
	}
	birth, err := cert.ParseDate(h.Birth)
	if err != nil || len(h.Sex) != 1 {
		t.Fatalf("%s: the partition holds no birth date or sex", r.ID)
	}
	record := &cert.Record{Municipality: r.Municipality, Holder: cert.Holder{BirthDate: birth, Sex: cert.Sex(h.Sex[0] - '0')}}
	for _, d := range entries(h.Doses, p.code) {
		day, _ := cert.ParseDate(d.Date)
		record.Doses = append(record.Doses, cert.Dose{
			Number: d.Number, Administered: d.Administered, Date: day, Municipality: cert.MunicipalityCode(d.Municipality),
			Manufacturer: d.Manufacturer, Product: d.Product, Lot: d.Lot, Country: d.Country,
		})
	}
	last, err := p.lastOverseas(t.Context(), h.row)
	if err != nil {
		t.Fatal(err)
	}
	if last != nil {
		record.LastOverseas = fromLast(t, last)
	}
	return record, nil
}

func fromLast(t *testing.T, last *lastIssue) *cert.OverseasIssue {
	t.Helper()
	day, err := cert.ParseDate(last.IssuedOn)
	birth, err2 := cert.ParseDate(last.Passport.BirthDate)
	expiry, err3 := cert.ParseDate(last.Passport.Expiry)
	if err := errors.Join(err, err2, err3); err != nil || len(last.Passport.Sex) != 1 {
		t.Fatal("the partition holds a broken overseas history")
	}
	return &cert.OverseasIssue{IssuedOn: day, Passport: cert.Passport{
		Number: cert.Private(last.Passport.Number), BirthDate: birth, Sex: last.Passport.Sex[0], Expiry: expiry,
	}}
}

// Every resident, at every door, for both kinds: what the rules say is what
// the table says. And each code that a column may have, somebody has.
//
// Rows: A2, D2, E2, E4
func TestEveryDoorAnswersEveryResidentAsTheTableSays(t *testing.T) {
	s, _ := open(t, Config{})
	x := newRules(t, s)
	seen := make(map[string]bool)
	for _, r := range Residents() {
		for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
			for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
				got, want := x.code(t, r, ch, k), r.Expected.At(ch, k)
				if got != want {
					t.Errorf("%s (%s), %s %s: the rules say %s, the table %s", r.ID, r.Case, ch, k, got, want)
				}
				seen[want] = true
			}
		}
	}
	for _, code := range slices.Concat(outcomeCodes(cert.Kiosk, cert.Overseas), outcomeCodes(cert.App, cert.Overseas), outcomeCodes(cert.Counter, cert.Domestic)) {
		if !seen[code] {
			t.Errorf("nobody is answered %s", code)
		}
	}
}

func TestOutcomesThatNoDoorHasAreRefused(t *testing.T) {
	file := embedded("residents.csv")
	head, rest, _ := bytes.Cut(file, []byte("\n"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	row := strings.Split(strings.TrimSpace(string(line)), ",")
	parse := func(column int, code string) error {
		edited := append([]string(nil), row...)
		edited[column] = code
		_, err := parseResidents([]byte(string(head) + "\n" + strings.Join(edited, ",") + "\n"))
		return err
	}
	for i, name := range residentColumns {
		if !strings.Contains(name, "_domestic") && !strings.Contains(name, "_overseas") {
			continue
		}
		for _, code := range []string{"banana", "", "Issued", "issued "} {
			if err := parse(i, code); !errors.Is(err, ErrData) {
				t.Errorf("%s %q: %v", name, code, err)
			}
		}
		for code, only := range map[string]bool{
			"issued": true, "no_overseas_history": name == "kiosk_overseas", "passport_changed": name == "kiosk_overseas",
			"passport_required": name == "app_overseas" || name == "counter_overseas", "counter_only": !strings.HasPrefix(name, "counter"),
			"issuing_stopped": strings.HasPrefix(name, "counter"),
		} {
			if err := parse(i, code); (err == nil) != only {
				t.Errorf("%s %s: %v", name, code, err)
			}
		}
	}
}
