// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"errors"
	"fmt"
	"testing"
)

var today = Date{2026, 11, 1}

func dose(number int) Dose {
	return Dose{Number: number, Administered: true, Date: Date{2021 + number/12, 1 + number%12, 10}, Municipality: "900001",
		Manufacturer: "ファイザー", Product: "コミナティ", Lot: fmt.Sprintf("FA%04d", number), Country: Country}
}

func record(doses ...Dose) *Record {
	return &Record{Municipality: "900001", Holder: Holder{BirthDate: Date{1985, 3, 14}, Sex: 2}, Doses: doses}
}

// Rows: E2, E6
func TestCertifiable(t *testing.T) {
	notGiven := dose(2)
	notGiven.Administered = false
	elsewhere := dose(2)
	elsewhere.Municipality = "900002"
	var twelve []Dose
	for n := 12; n >= 1; n-- {
		twelve = append(twelve, dose(n))
	}
	for _, c := range []struct {
		name    string
		record  *Record
		numbers []int
		earlier bool
	}{
		{"one dose", record(dose(1)), []int{1}, false},
		{"out of order in the answer", record(dose(3), dose(1), dose(2)), []int{1, 2, 3}, false},
		{"five", record(dose(1), dose(2), dose(3), dose(4), dose(5)), []int{1, 2, 3, 4, 5}, false},
		{"six show the latest five", record(dose(1), dose(2), dose(3), dose(4), dose(5), dose(6)), []int{2, 3, 4, 5, 6}, true},
		{"dose number twelve", record(twelve...), []int{8, 9, 10, 11, 12}, true},
		{"未実施 is never certified", record(dose(1), notGiven), []int{1}, false},
		{"another municipality's dose is not ours", record(dose(1), elsewhere, dose(3)), []int{1, 3}, false},
	} {
		doses, earlier, err := Certifiable(c.record)
		var got []int
		for _, d := range doses {
			got = append(got, d.Number)
		}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(c.numbers) || earlier != c.earlier {
			t.Errorf("%s: %v %v %v", c.name, got, earlier, err)
		}
	}
	for name, r := range map[string]*Record{"no doses": record(), "only 未実施": record(notGiven), "only elsewhere": record(elsewhere)} {
		if _, _, err := Certifiable(r); !errors.Is(err, ErrNoRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindingRulesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range FindingRules() {
		if seen[r.Code] || r.Ja == "" || r.En == "" || r.Default != Refuse && r.Default != Warn || r.Fixed && r.Default != Refuse {
			t.Errorf("%+v", r)
		}
		seen[r.Code] = true
		got, ok := FindingRuleOf(r.Code)
		if f := (&Finding{Code: r.Code, Dose: 2}); !ok || got != r || !errors.Is(f, ErrNeedsCheck) || f.Error() != "cert: record needs a check: "+r.Code {
			t.Errorf("%s: %v", r.Code, f)
		}
	}
	if _, ok := FindingRuleOf("dose_banana"); ok || len(seen) < 40 {
		t.Errorf("%d rules", len(seen))
	}
}

// Rows: E4
func TestCheckPassport(t *testing.T) {
	h := Holder{BirthDate: Date{1985, 3, 14}, Sex: 2}
	good := Passport{Number: "TK0000000", BirthDate: h.BirthDate, Sex: 'F', Expiry: Date{2030, 1, 1}}
	change := func(f func(*Passport)) *Passport { p := good; f(&p); return &p }
	for _, c := range []struct {
		name string
		kind Kind
		p    *Passport
		want error
	}{
		{"domestic without", Domestic, nil, nil},
		{"domestic with", Domestic, &good, ErrPassportRefused},
		{"overseas without", Overseas, nil, ErrPassportRequired},
		{"overseas", Overseas, &good, nil},
		{"expires today", Overseas, change(func(p *Passport) { p.Expiry = today }), nil},
		{"expired yesterday", Overseas, change(func(p *Passport) { p.Expiry = Date{2026, 10, 31} }), ErrPassportExpired},
		{"another birth date", Overseas, change(func(p *Passport) { p.BirthDate.Day = 15 }), ErrPassportMismatch},
		{"birth day unknown", Overseas, change(func(p *Passport) { p.BirthDate.Day = 0 }), nil},
		{"another sex", Overseas, change(func(p *Passport) { p.Sex = 'M' }), ErrPassportMismatch},
		{"sex not stated", Overseas, change(func(p *Passport) { p.Sex = 'X' }), nil},
	} {
		if err := CheckPassport(c.kind, c.p, h, today); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// Rows: A6
func TestSamePerson(t *testing.T) {
	card := Holder{Name: "髙橋　﨑子", BirthDate: Date{1985, 3, 14}, Sex: 2}
	for _, c := range []struct {
		name   string
		record Holder
		want   error
	}{
		{"same, name written otherwise", Holder{Name: "高橋 崎子", BirthDate: card.BirthDate, Sex: 2}, nil},
		{"another birth date", Holder{Name: card.Name, BirthDate: Date{1985, 3, 15}, Sex: 2}, ErrOtherPerson},
		{"another sex", Holder{Name: card.Name, BirthDate: card.BirthDate, Sex: 1}, ErrOtherPerson},
		{"day not known to the register", Holder{BirthDate: Date{1985, 3, 0}, Sex: 2}, nil},
		{"sex not known to the register", Holder{BirthDate: card.BirthDate}, nil},
	} {
		if err := SamePerson(card, c.record); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("20210710")
	f.Add("JPN90000120211209200002")
	f.Add("472051")
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := ParseDate(s); err == nil {
			if again, err := ParseDate(d.String()); err != nil || again != d {
				t.Errorf("%q: %v does not come back", s, d)
			}
		}
		if id, err := ParseID(s); err == nil && string(id) != s {
			t.Errorf("%q changed", s)
		}
		_, _ = ParseMunicipalityCode(s)
		_, _ = ParseMyNumber([]byte(s))
	})
}
