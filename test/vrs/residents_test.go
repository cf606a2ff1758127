// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kofu/cert"
	"kofu/cert/municipality"
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
		"moved out", "(DV) in force", "(DV) ended", "issuing stopped", "under 15", "old name", "BA.1", "2022-07-20", "2022-07-21", "renewed",
		"passport expired", "other sex", "in no font", "private-use", "(未実施) only", "dose 2 before dose 1", "no record",
		"not take part on the app", "not on the kiosk", "same name and birthday",
	} {
		byCase(t, words)
	}
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

// The whole stream, without a database: enough of it that no number comes
// twice and the last is as right as the first.
func TestGenerateYieldsManyAndNoNumberTwice(t *testing.T) {
	const n = 100_000
	seen := make(map[string]bool, n)
	var last Resident
	i := 0
	for r := range Generate(n, 7) {
		i++
		number, err := cert.ParseMyNumber([]byte(r.Number))
		if err != nil || seen[r.Number] || !strings.HasPrefix(r.Number, "8") {
			t.Fatalf("resident %d: %v", i, err)
		}
		number.Wipe()
		seen[r.Number] = true
		if i == 1 && (r.ID != "g0000001" || r.Number != withCheckDigit(generatedPrefix)) {
			t.Errorf("the first is %s, %s", r.ID, r.Number)
		}
		last = r
	}
	if i != n || last.ID != "g0100000" || last.Number != withCheckDigit(generatedPrefix+n-1) {
		t.Errorf("the last of %d is %s, %s", i, last.ID, last.Number)
	}
}

// A million persons more, into databases on disk. It takes longer than a plain
// test run should, and is run
// with KOFU_LONG=1 alone:
//
//	KOFU_LONG=1 go test -run Million -v ./test/vrs
func TestFillInsertsAMillion(t *testing.T) {
	if os.Getenv("KOFU_LONG") != "1" {
		t.Skip("set KOFU_LONG=1: a million persons take a while")
	}
	keys := make(map[cert.MunicipalityCode][]byte)
	for _, m := range Municipalities() {
		keys[m] = bytes.Repeat([]byte{1}, 32)
	}
	s, _ := open(t, Config{Dir: t.TempDir(), Keys: keys})
	persons := func() (sum int) {
		for _, m := range Municipalities() {
			n, err := partition(t, s, m).Persons(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		return sum
	}
	const n = 1_000_000
	before, start := persons(), time.Now()
	if err := s.Fill(t.Context(), n, 7); err != nil {
		t.Fatal(err)
	}
	t.Logf("%.0f persons/s", n/time.Since(start).Seconds())
	if got := persons() - before; got != n {
		t.Errorf("%d persons more, want %d", got, n)
	}
	i := 0
	for r := range Generate(n, 7) {
		if i++; i%99_991 != 1 && i != n {
			continue
		}
		start := time.Now()
		a := partition(t, s, r.Municipality).mustFind(t, r.Number, "id")
		if a.Outcome != "found" || a.Record.Holder.Name != r.VRSName {
			t.Errorf("%s: %s", r.ID, a.Outcome)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: found after %v", r.ID, took)
		}
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
	x := newRules(t, s)
	for i, r := range slices.Collect(Generate(n, 7)) {
		if i%997 != 0 {
			continue
		}
		a := partition(t, s, r.Municipality).mustFind(t, r.Number, "id")
		if a.Outcome != "found" || a.Record.Holder.Name != r.VRSName {
			t.Errorf("%s: %s", r.ID, a.Outcome)
		}
		for _, ch := range []cert.Channel{cert.App, cert.Kiosk, cert.Counter} {
			for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
				want := r.Expected.At(ch, k)
				if _, err := x.towns.Admit(r.Municipality, ch, x.now); err != nil {
					want = "municipality_not_joined" // the rest holds where the municipality takes part
				}
				if got := x.code(t, r, ch, k); got != want {
					t.Errorf("%s, %s %s: %s, want %s", r.ID, ch, k, got, want)
				}
			}
		}
	}
}
