// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"errors"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kofu/cert"
	"kofu/cert/municipality"
	"kofu/cert/vaccine"
)

func testLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func TestResidentsAreMadeUpDistinctAndCoverEveryCase(t *testing.T) {
	all := Residents()
	if len(all) < 60 {
		t.Errorf("%d residents", len(all))
	}
	seen := make(map[string]bool)
	for _, r := range all {
		for _, unique := range []string{r.ID, "number " + r.Number, "home " + r.HomeNo, "case " + r.Case} {
			if seen[unique] && unique != "home " {
				t.Errorf("%s twice", unique)
			}
			seen[unique] = true
		}
		if !strings.HasPrefix(r.Number, "900000") || !strings.HasPrefix(string(r.Municipality), "900") {
			t.Errorf("%s could be somebody", r.ID)
		}
		if p := r.Passport; p != nil {
			name := len(p.Primary.Reveal()) + 2 + len(p.Secondary.Reveal())
			if name > 41 || name > 39 && p.Secondary != "" || len(p.Number.Reveal()) != 9 || !strings.HasPrefix(p.Number.Reveal(), "ZZ") {
				t.Errorf("%s: passport does not fit a machine-readable zone", r.ID)
			}
		}
	}
	for _, words := range []string{
		"doses: 1", "doses: 8", "two municipalities", "U+20BB7", "U+9AD9", "U+FA11", "variation sequence", "former surname",
		"without U+3000", "two U+3000", "Latin name of 72", "no given name", "birth day not known", "要確認", "要修正", "deceased",
		"moved out", "(DV) in force", "(DV) ended", "under 15", "old name", "BA.1", "2022-07-20", "2022-07-21", "renewed",
		"passport expired", "other sex", "in no font", "private-use", "(未実施) only", "dose 2 before dose 1", "no record",
		"not take part on the app", "not on the kiosk", "same name and birthday",
	} {
		byCase(t, words)
	}
}

// The outcomes in the CSV against the rules of package cert, for what the record
// alone decides: somebody who is not refused for the record is not refused.
//
// Rows: E2
func TestExpectedOutcomesAgreeWithTheRules(t *testing.T) {
	s, _ := open(t, Config{})
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, cert.JST())
	for _, r := range Residents() {
		want := r.Expected.At(cert.Counter, cert.Domestic)
		if got := counterOutcome(t, s, r, now); got != want {
			t.Errorf("%s (%s): the rules say %s, the table %s", r.ID, r.Case, got, want)
		}
		overseas := r.Expected.At(cert.App, cert.Overseas)
		passport := map[error]string{
			nil: "", cert.ErrPassportRequired: "passport_required", cert.ErrPassportExpired: "passport_expired", cert.ErrPassportMismatch: "passport_mismatch",
		}[cert.CheckPassport(cert.Overseas, r.Passport, cert.Holder{BirthDate: r.Birth, Sex: r.Sex}, cert.DateOf(now))]
		if overseas != "municipality_not_joined" && (passport != "") != strings.HasPrefix(overseas, "passport_") {
			t.Errorf("%s (%s): the rules say %q of the passport, the table %s", r.ID, r.Case, passport, overseas)
		}
	}
}

// counterOutcome is what the record allows at the counter, where a clerk may
// serve the deceased's family and people under protective measures.
func counterOutcome(t *testing.T, s *Server, r Resident, now time.Time) string {
	t.Helper()
	p := partition(t, s, r.Municipality)
	h, err := p.lookup(t.Context(), p.db, p.vault.person([]byte(r.Number)))
	if errors.Is(err, ErrNobody) {
		return "no_record"
	}
	if err != nil {
		t.Fatal(err)
	}
	if h.Check != "" {
		return "record_needs_check"
	}
	record := &cert.Record{Municipality: r.Municipality, Holder: cert.Holder{BirthDate: r.Birth}}
	for _, d := range entries(h.Doses, p.code) {
		day, _ := cert.ParseDate(d.Date)
		record.Doses = append(record.Doses, cert.Dose{
			Number: d.Number, Administered: d.Administered, Date: day, Municipality: cert.MunicipalityCode(d.Municipality),
			Manufacturer: d.Manufacturer, Product: d.Product, Lot: d.Lot, Country: d.Country,
		})
	}
	doses, _, err := cert.Certifiable(record, now)
	switch {
	case errors.Is(err, cert.ErrNoRecord):
		return "no_record"
	case errors.Is(err, cert.ErrNeedsCheck):
		return "record_needs_check"
	}
	for _, d := range doses {
		if _, err := vaccine.Resolve(d, cert.DateOf(now)); err != nil {
			return "record_needs_check"
		}
	}
	return "issued"
}

func TestMunicipalitiesTakePartAsTheResidentsExpect(t *testing.T) {
	table, err := municipality.Parse(MunicipalitiesJSON())
	if err != nil {
		t.Fatal(err)
	}
	doors := map[cert.Channel]string{cert.App: "900036", cert.Kiosk: "900044", cert.Counter: ""}
	for ch, out := range doors {
		for _, m := range Municipalities() {
			_, err := table.Admit(m, ch, time.Now())
			if (err != nil) != (string(m) == out) {
				t.Errorf("%s at %s: %v", m, ch, err)
			}
		}
	}
}

func TestLedgerReadsGroupsSideways(t *testing.T) {
	group := strings.Join(ledgerGroup, ",")
	given := "20210610140713,20210610,7000000100,900010,架空市総合体育館,見本 医1,ファイザー,KM1001"
	lots := map[string]product{"KM1001": {"コミナティ"}}
	read := func(lines ...string) ([]dose, error) {
		by, err := parseLedger([]byte("\uFEFF"+strings.Join(lines, "\n")), lots)
		return by["0010001001"], err
	}
	got, err := read("個別宛名番号,"+group+","+group+","+group, "0010001001,,,,,,,,,"+given)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d doses, %v", len(got), err)
	}
	list := entries(got, "900028")
	if d := list[0]; d.Administered || d.Number != 1 || d.Municipality != "900028" || d.Country != "" {
		t.Error("an empty group is a dose not given")
	}
	if d := list[1]; !d.Administered || d.Number != 2 || d.Date != "2021-06-10" || d.Municipality != "900010" || d.Product != "コミナティ" || d.Country != "JPN" {
		t.Error("the second group is dose 2, of the municipality it names")
	}
	head := "個別宛名番号," + group
	for name, lines := range map[string][]string{
		"head":            {"宛名番号," + group, "0010001001," + given},
		"half a group":    {head, "0010001001,20210610140713,20210610"},
		"no number":       {head, "," + given},
		"twice":           {head, "0010001001," + given, "0010001001," + given},
		"date":            {head, "0010001001," + strings.Replace(given, ",20210610,", ",20210631,", 1)},
		"time":            {head, "0010001001," + strings.Replace(given, "20210610140713", "20210610", 1)},
		"municipality":    {head, "0010001001," + strings.Replace(given, "900010", "900011", 1)},
		"ticket":          {head, "0010001001," + strings.Replace(given, "7000000100", "700000010", 1)},
		"maker too long":  {head, "0010001001," + strings.Replace(given, "ファイザー", strings.Repeat("フ", 21), 1)},
		"no manufacturer": {head, "0010001001," + strings.Replace(given, "ファイザー", "", 1)},
	} {
		if _, err := read(lines...); !errors.Is(err, ErrData) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGenerateIsDeterministicAndNeverAnEmbeddedResident(t *testing.T) {
	first := slices.Collect(Generate(2000, 7))
	if again := slices.Collect(Generate(2000, 7)); !slices.Equal(first, again) {
		t.Error("the same seed, other residents")
	}
	if other := slices.Collect(Generate(2000, 8)); slices.Equal(first, other) {
		t.Error("another seed, the same residents")
	}
	seen := make(map[string]bool)
	for _, r := range Residents() {
		seen[r.Number] = true
	}
	for i, r := range first {
		n, err := cert.ParseMyNumber([]byte(r.Number))
		if err != nil || seen[r.Number] || r.ID != "g"+leftPad(i+1) || !utf8.ValidString(r.Name) {
			t.Fatalf("resident %d: %v", i, err)
		}
		n.Wipe()
		seen[r.Number] = true
	}
}

func leftPad(i int) string { s := "0000000" + strconv.Itoa(i); return s[len(s)-7:] }

func TestFillInsertsWhatGenerateYields(t *testing.T) {
	s, _ := open(t, Config{})
	before, err := partition(t, s, "900036").Persons(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const n = 20_000
	start := time.Now()
	if err := s.Fill(t.Context(), n, 7); err != nil {
		t.Fatal(err)
	}
	t.Logf("%.0f persons/s", n/time.Since(start).Seconds())
	if after, _ := partition(t, s, "900036").Persons(t.Context()); after-before != n/len(Municipalities()) {
		t.Errorf("%d persons more", after-before)
	}
	for i, r := range slices.Collect(Generate(n, 7)) {
		if i%997 != 0 {
			continue
		}
		a := partition(t, s, r.Municipality).mustFind(t, r.Number, "id")
		if a.Outcome != "found" || a.Record.Holder.Name != r.VRSName {
			t.Errorf("%s: %s", r.ID, a.Outcome)
		}
		if got := counterOutcome(t, s, r, s.now()); got != r.Expected.CounterDomestic {
			t.Errorf("%s: %s", r.ID, got)
		}
	}
}
