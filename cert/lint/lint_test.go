// SPDX-License-Identifier: Apache-2.0

package lint

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
)

var today = cert.Date{Year: 2026, Month: 11, Day: 24}

func day(y, m, d int) cert.Date { return cert.Date{Year: y, Month: m, Day: d} }

// dose is one of five in order, all of one product.
func dose(n int) cert.Dose {
	days := []cert.Date{day(2021, 6, 10), day(2021, 7, 1), day(2022, 2, 5), day(2022, 7, 9), day(2023, 5, 20)}
	return cert.Dose{Number: n, Administered: true, Date: days[n-1], Municipality: "472051", Manufacturer: "ファイザー", Product: "コミナティ",
		Lot: fmt.Sprintf("FA%04d", n), Country: "JPN"}
}

// in is a record of two doses in order, with a passport.
func in(changes ...func(*Input)) Input {
	x := Input{
		Name: "山田　花子", Kana: "ヤマダ　ハナコ", Today: today,
		Record: &cert.Record{Municipality: "472051", Holder: cert.Holder{Name: "山田　花子", BirthDate: day(1985, 3, 14), Sex: 2}, Doses: []cert.Dose{dose(1), dose(2)}},
		Passport: &cert.Passport{Number: "TK0000000", Primary: "YAMADA", Secondary: "HANAKO", Nationality: "JPN", Issuer: "JPN",
			BirthDate: day(1985, 3, 14), Sex: 'F', Expiry: day(2030, 1, 1)},
	}
	for _, change := range changes {
		change(&x)
	}
	return x
}

func named(name cert.Private) Input { return in(func(x *Input) { x.Name = name }) }

func born(d cert.Date) Input { return in(func(x *Input) { x.Record.Holder.BirthDate = d }) }

// second changes the second dose, of a record of two.
func second(f func(*cert.Dose)) Input { return in(func(x *Input) { f(&x.Record.Doses[1]) }) }

func lot(s string) Input { return second(func(d *cert.Dose) { d.Lot = s }) }

func doses(list ...cert.Dose) Input { return in(func(x *Input) { x.Record.Doses = list }) }

func on(n int, d cert.Date) cert.Dose { x := dose(n); x.Date = d; return x }

func of(n int, d cert.Date, maker, product, lot string) cert.Dose {
	x := on(n, d)
	x.Manufacturer, x.Product, x.Lot = maker, product, lot
	return x
}

func passport(f func(*cert.Passport)) Input { return in(func(x *Input) { f(x.Passport) }) }

// child is a record of doses of somebody born on a day.
func child(birth cert.Date, list ...cert.Dose) Input {
	return in(func(x *Input) { x.Record.Holder.BirthDate, x.Record.Doses = birth, list })
}

const (
	kids   = "コミナティ(5〜11歳用)"
	infant = "コミナティ(6ヵ月〜4歳用)"
	ba1    = "コミナティ(BA.1)"
	pfizer = "ファイザー"
)

// row is a record that a rule finds fault with, or one that is near it and that
// the rule lets pass.
type row struct {
	code string
	bad  bool
	name string
	in   Input
}

func rows() []row {
	return slices.Concat(nameRows(), personRows(), orderRows(), dateRows(), ageRows(), productRows(), lotRows(), placeRows(), passportRows())
}

func nameRows() []row {
	long := cert.Private(strings.Repeat("A", 100))
	return []row{
		{cert.FindingNameEmpty, true, "no name", named("")}, {cert.FindingNameEmpty, true, "spaces alone", named(" 　 ")}, {cert.FindingNameEmpty, false, "one character", named("林")},
		{cert.FindingNameControl, true, "tab", named("山田\t花子")}, {cert.FindingNameControl, true, "C1", named("山田\u0085花子")}, {cert.FindingNameControl, false, "ideographic space", named("山田　花子")},
		{cert.FindingNameInvisible, true, "right-to-left override", named("山田\u202E花子")}, {cert.FindingNameInvisible, true, "isolate", named("山田\u2066花子")},
		{cert.FindingNameInvisible, true, "zero width", named("山田\u200B花子")}, {cert.FindingNameInvisible, true, "soft hyphen", named("YAMA\u00ADDA")}, {cert.FindingNameInvisible, true, "byte order mark", named("\uFEFF山田")},
		{cert.FindingNameInvisible, true, "Hangul filler", named("山\u3164田")}, {cert.FindingNameInvisible, false, "variation sequence", named("葛\U000E0100城　異子")},
		{cert.FindingNamePrivate, true, "外字", named("\uE000田　花子")}, {cert.FindingNamePrivate, true, "plane 15", named("\U000F0000田")}, {cert.FindingNamePrivate, false, "beyond the BMP", named("𠮷野　家子")},
		{cert.FindingNamePlaceholder, true, "geta", named("〓田　花子")}, {cert.FindingNamePlaceholder, true, "question mark", named("?田　花子")}, {cert.FindingNamePlaceholder, true, "lost", named("\uFFFD田")},
		{cert.FindingNamePlaceholder, false, "iteration mark", named("佐々木　花子")},
		{cert.FindingNameMark, true, "voiced mark alone", named("\u3099ハナコ")}, {cert.FindingNameMark, true, "selector after a space", named("山田 \uFE00花子")}, {cert.FindingNameMark, false, "combined", named("カ\u3099ルシア")},
		{cert.FindingNameLong, true, "101 characters", named(long + "A")}, {cert.FindingNameLong, false, "100 characters", named(long)},
		{cert.FindingNameBytes, true, "100 of four bytes", named(cert.Private(strings.Repeat("𠮷", 100)))}, {cert.FindingNameBytes, false, "64 kana", named(cert.Private(strings.Repeat("ア", 64)))},
		{cert.FindingNameSpaces, true, "two in a row", named("山田　　花子")}, {cert.FindingNameSpaces, true, "in front", named(" 山田")}, {cert.FindingNameSpaces, true, "at the end", named("山田　")},
		{cert.FindingNameSpaces, false, "two apart", named("マリア　ミホン　ガルシア")},
		{cert.FindingNameHalfWidth, true, "half-width", named("ﾔﾏﾀﾞ")}, {cert.FindingNameHalfWidth, false, "full-width", named("ヤマダ")},
	}
}

func personRows() []row {
	kana := func(s cert.Private) Input { return in(func(x *Input) { x.Kana = s }) }
	return []row{
		{cert.FindingKanaForm, true, "kanji", kana("山田　ハナコ")}, {cert.FindingKanaForm, true, "digits", kana("ヤマダ2")}, {cert.FindingKanaForm, false, "none", kana("")}, {cert.FindingKanaForm, false, "hiragana", kana("やまだ　はなこ")},
		{cert.FindingKanaForm, false, "half-width", kana("ﾔﾏﾀﾞ ﾖｰｺ")}, {cert.FindingKanaForm, false, "Latin", kana("SMITH　JOHN")},
		{cert.FindingBirthMissing, true, "none", born(cert.Date{})}, {cert.FindingBirthMissing, false, "year alone", born(day(1948, 0, 0))},
		{cert.FindingBirthFuture, true, "tomorrow", born(day(2026, 11, 25))}, {cert.FindingBirthFuture, false, "today", born(today)},
		{cert.FindingBirthEarly, true, "1905", born(day(1905, 12, 31))}, {cert.FindingBirthEarly, false, "1906", born(day(1906, 1, 1))},
		{cert.FindingBirthMonthUnknown, true, "yyyy", born(day(1948, 0, 0))}, {cert.FindingBirthMonthUnknown, false, "yyyy-mm", born(day(1950, 4, 0))},
		{cert.FindingBirthDayUnknown, true, "yyyy-mm", born(day(1950, 4, 0))}, {cert.FindingBirthDayUnknown, false, "yyyy", born(day(1948, 0, 0))}, {cert.FindingBirthDayUnknown, false, "whole", in()},
		{cert.FindingDeceased, true, "died", in(func(x *Input) { x.Record.Deceased = true })}, {cert.FindingDeceased, false, "moved out", in(func(x *Input) { x.Record.MovedOut = true })},
		{cert.FindingRecordMunicipality, true, "check digit", in(func(x *Input) { x.Record.Municipality = "472052" })}, {cert.FindingRecordMunicipality, false, "right", in()},
	}
}

func orderRows() []row {
	numbered := func(n int) Input { return second(func(d *cert.Dose) { d.Number = n }) }
	notGiven := dose(1)
	notGiven.Administered = false
	same := dose(1)
	same.Number = 2
	return []row{
		{cert.FindingDoseNumber, true, "zero", numbered(0)}, {cert.FindingDoseNumber, true, "below zero", numbered(-1)}, {cert.FindingDoseNumber, false, "one", in()},
		{cert.FindingDoseNumberHigh, true, "21", numbered(21)}, {cert.FindingDoseNumberHigh, false, "20", numbered(20)},
		{cert.FindingDoseDuplicate, true, "one number twice", doses(dose(1), on(1, day(2021, 7, 1)))}, {cert.FindingDoseDuplicate, false, "each once", doses(dose(1), dose(2))},
		{cert.FindingDoseGap, true, "1 and 3", doses(dose(1), dose(3))}, {cert.FindingDoseGap, false, "2 not given", doses(dose(1), func() cert.Dose { d := dose(2); d.Administered = false; return d }(), dose(3))},
		{cert.FindingDoseFirstMissing, true, "2 alone", doses(dose(2))}, {cert.FindingDoseFirstMissing, false, "1 not given", doses(notGiven, dose(2))}, {cert.FindingDoseFirstMissing, false, "1 alone", doses(dose(1))},
		{cert.FindingDoseOrder, true, "second before first", doses(on(1, day(2021, 7, 1)), on(2, day(2021, 6, 10)))}, {cert.FindingDoseOrder, false, "as it should be, told out of order", doses(dose(2), dose(1))},
		{cert.FindingDoseSameDay, true, "two on one day", doses(dose(1), same)}, {cert.FindingDoseSameDay, false, "the next day", doses(dose(1), on(2, day(2021, 6, 11)))},
		{cert.FindingDoseIntervalShort, true, "17 days", doses(dose(1), on(2, day(2021, 6, 27)))}, {cert.FindingDoseIntervalShort, false, "18 days", doses(dose(1), on(2, day(2021, 6, 28)))},
		{cert.FindingDoseIntervalShort, true, "27 days are less than AstraZeneca's", doses(of(1, day(2021, 9, 1), "アストラゼネカ", "バキスゼブリア", "U0001"), of(2, day(2021, 9, 27), "アストラゼネカ", "バキスゼブリア", "U0002"))},
		{cert.FindingDoseIntervalShort, false, "over the end of a year", doses(on(1, day(2021, 12, 20)), on(2, day(2022, 1, 10)))},
		{cert.FindingDoseIntervalBooster, true, "two months", doses(dose(1), dose(2), on(3, day(2021, 9, 1)))}, {cert.FindingDoseIntervalBooster, false, "seven months", doses(dose(1), dose(2), dose(3))},
		{cert.FindingDoseIntervalBooster, false, "third of an infant's three", child(day(2019, 1, 1), of(1, day(2022, 11, 1), pfizer, infant, "GL0001"), of(2, day(2022, 11, 22), pfizer, infant, "GL0002"),
			of(3, day(2023, 1, 20), pfizer, infant, "GL0003"))},
	}
}

func dateRows() []row {
	first := func(d cert.Date) Input { return doses(on(1, d)) }
	return []row{
		{cert.FindingDoseDateUnknown, true, "none", first(cert.Date{})}, {cert.FindingDoseDateUnknown, true, "yyyy-mm", first(day(2021, 6, 0))}, {cert.FindingDoseDateUnknown, false, "whole", first(day(2021, 6, 1))},
		{cert.FindingDoseFuture, true, "tomorrow in Japan", first(day(2026, 11, 25))}, {cert.FindingDoseFuture, false, "today in Japan", first(today)},
		{cert.FindingDoseBeforeBirth, true, "the day before", child(day(2021, 6, 11), dose(1))}, {cert.FindingDoseBeforeBirth, false, "the day itself", child(day(2021, 6, 10), dose(1))},
		{cert.FindingDoseBeforeProgramme, true, "2021-02-16", first(day(2021, 2, 16))}, {cert.FindingDoseBeforeProgramme, false, "2021-02-17", first(day(2021, 2, 17))},
		{cert.FindingDoseBeforeProduct, true, "BA.1 in July", doses(of(1, day(2022, 7, 1), pfizer, ba1, "GJ0001"))}, {cert.FindingDoseBeforeProduct, false, "its first day", doses(of(1, day(2022, 9, 20), pfizer, ba1, "GJ0001"))},
		{cert.FindingDoseAfterProduct, true, "the old product in 2024", first(day(2024, 1, 10))}, {cert.FindingDoseAfterProduct, false, "its last day", first(day(2023, 9, 19))},
		{cert.FindingDoseAfterProgramme, true, "2024-04-01", first(day(2024, 4, 1))}, {cert.FindingDoseAfterProgramme, false, "2024-03-31", first(day(2024, 3, 31))},
	}
}

func ageRows() []row {
	kid := of(1, day(2022, 6, 10), pfizer, kids, "FP0001")
	baby := of(1, day(2022, 11, 10), pfizer, infant, "GL0001")
	return []row{
		{cert.FindingDoseAgeYoung, true, "an adult's at 11", child(day(2009, 6, 12), dose(1))}, {cert.FindingDoseAgeYoung, false, "on the day before the birthday", child(day(2009, 6, 11), dose(1))},
		{cert.FindingDoseAgeYoung, true, "a child's at 4", child(day(2017, 6, 12), kid)}, {cert.FindingDoseAgeYoung, false, "a child's at 5", child(day(2017, 6, 10), kid)},
		{cert.FindingDoseAgeYoung, true, "an infant's at five months", child(day(2022, 6, 1), baby)}, {cert.FindingDoseAgeYoung, false, "an infant's at six", child(day(2022, 5, 10), baby)},
		{cert.FindingDoseAgeYoung, false, "12 within a year that is all that is known", child(day(2009, 0, 0), dose(1))},
		{cert.FindingDoseAgeOld, true, "a child's at 12", child(day(2010, 6, 10), kid)}, {cert.FindingDoseAgeOld, false, "a child's at 11", child(day(2010, 6, 12), kid)},
		{cert.FindingDoseAgeOld, false, "11 within a month that is all that is known", child(day(2010, 6, 0), kid)}, {cert.FindingDoseAgeOld, true, "an infant's at 5", child(day(2017, 11, 10), baby)},
	}
}

func productRows() []row {
	made := func(maker, product string) Input { return doses(of(1, day(2022, 12, 1), maker, product, "GJ0001")) }
	moderna := of(2, day(2021, 7, 8), "モデルナ", "スパイクバックス", "3004667")
	return []row{
		{cert.FindingDoseProductMissing, true, "none", made(pfizer, "")}, {cert.FindingDoseProductMissing, true, "a space", made(pfizer, "　")}, {cert.FindingDoseProductMissing, false, "unknown", made(pfizer, "シノバック")},
		{cert.FindingDoseProduct, true, "of no programme", made("", "シノバック")}, {cert.FindingDoseProduct, true, "a maker for a product", made(pfizer, pfizer)}, {cert.FindingDoseProduct, false, "another spelling", made(pfizer, "コミナティ（ＢＡ．４－５）")},
		{cert.FindingDoseMaker, true, "another's", made("モデルナ", "コミナティ")}, {cert.FindingDoseMaker, false, "distributor", made("武田/モデルナ", "スパイクバックス")},
		{cert.FindingDoseMakerMissing, true, "none", made("", "コミナティ")}, {cert.FindingDoseMakerMissing, false, "there", made(pfizer, "コミナティ")},
		{cert.FindingDoseBoosterFirst, true, "BA.1 as first", made(pfizer, ba1)}, {cert.FindingDoseBoosterFirst, false, "BA.1 as third", doses(dose(1), dose(2), of(3, day(2022, 10, 1), pfizer, ba1, "GJ0001"))},
		{cert.FindingDoseMixedSeries, true, "two makers", doses(dose(1), moderna)}, {cert.FindingDoseMixedSeries, false, "two makers, later", doses(dose(1), dose(2), of(3, day(2022, 3, 1), "モデルナ", "スパイクバックス", "3004667"))},
	}
}

func lotRows() []row {
	shared := of(3, day(2022, 10, 1), pfizer, ba1, "FA0001")
	return []row{
		{cert.FindingDoseLotMissing, true, "none", lot("")}, {cert.FindingDoseLotMissing, true, "a space", lot(" ")}, {cert.FindingDoseLotMissing, false, "there", lot("A")},
		{cert.FindingDoseLot, true, "a space in it", lot("FA 1234")}, {cert.FindingDoseLot, true, "full-width", lot("ＦＡ１２３４")}, {cert.FindingDoseLot, true, "21 characters", lot(strings.Repeat("A1", 10) + "A")}, {cert.FindingDoseLot, true, "a line break", lot("A\n")},
		{cert.FindingDoseLot, false, "20 characters", lot(strings.Repeat("A1", 10))}, {cert.FindingDoseLot, false, "hyphen, slash, point", lot("A-1/b.2")},
		{cert.FindingDoseLotPlaceholder, true, "zeros", lot("000000")}, {cert.FindingDoseLotPlaceholder, true, "unknown", lot("Unknown")}, {cert.FindingDoseLotPlaceholder, true, "不明", lot("不明")}, {cert.FindingDoseLotPlaceholder, false, "zeros with something", lot("000001A")},
		{cert.FindingDoseLotWord, true, "LOT in front", lot("LotFA1234")}, {cert.FindingDoseLotWord, false, "letters like it", lot("LO1234")},
		{cert.FindingDoseLotMaker, true, "Moderna's form", lot("3004667")}, {cert.FindingDoseLotMaker, true, "Pfizer's form", doses(of(1, day(2021, 7, 8), "モデルナ", "スパイクバックス", "FA1234"))}, {cert.FindingDoseLotMaker, false, "nobody's", lot("U0012A")},
		{cert.FindingDoseLotMaker, false, "the maker's own", doses(of(1, day(2021, 7, 8), "モデルナ", "スパイクバックス", "3004667"))},
		{cert.FindingDoseLotProducts, true, "one lot of two products", doses(dose(1), dose(2), shared)}, {cert.FindingDoseLotProducts, false, "one lot twice", lot("FA0001")},
	}
}

func placeRows() []row {
	country := func(c string) Input { return second(func(d *cert.Dose) { d.Country = c }) }
	town := func(m cert.MunicipalityCode) Input { return second(func(d *cert.Dose) { d.Municipality = m }) }
	return []row{
		{cert.FindingDoseCountry, true, "two letters", country("JP")}, {cert.FindingDoseCountry, true, "none", country("")}, {cert.FindingDoseCountry, true, "small letters", country("jpn")}, {cert.FindingDoseCountry, false, "right", in()},
		{cert.FindingDoseCountryUnknown, true, "JAP", country("JAP")}, {cert.FindingDoseCountryUnknown, false, "the first of the list", country("ABW")}, {cert.FindingDoseCountryUnknown, false, "the last of the list", country("ZWE")},
		{cert.FindingDoseCountryAbroad, true, "USA", country("USA")}, {cert.FindingDoseCountryAbroad, false, "JPN", in()},
		{cert.FindingDoseMunicipality, true, "check digit", town("472052")}, {cert.FindingDoseMunicipality, true, "none", town("")}, {cert.FindingDoseMunicipality, false, "another's", town("131016")},
		{cert.FindingDoseElsewhere, true, "another's", town("131016")}, {cert.FindingDoseElsewhere, false, "own", in()},
	}
}

func passportRows() []row {
	latin := func(name cert.Private) Input { return in(func(x *Input) { x.Name = name }) }
	return []row{
		{cert.FindingPassportName, true, "fillers", passport(func(p *cert.Passport) { p.Primary = "YAMADA<" })}, {cert.FindingPassportName, true, "kanji", passport(func(p *cert.Passport) { p.Secondary = "花子" })},
		{cert.FindingPassportName, true, "none", passport(func(p *cert.Passport) { p.Primary = "" })}, {cert.FindingPassportName, false, "one name alone", passport(func(p *cert.Passport) { p.Secondary = "" })},
		{cert.FindingPassportNumber, true, "a space", passport(func(p *cert.Passport) { p.Number = "TK 000000" })}, {cert.FindingPassportNumber, true, "ten", passport(func(p *cert.Passport) { p.Number = "TK00000000" })}, {cert.FindingPassportNumber, false, "eight", passport(func(p *cert.Passport) { p.Number = "TK000000" })},
		{cert.FindingPassportCountry, true, "digits", passport(func(p *cert.Passport) { p.Nationality = "JP1" })}, {cert.FindingPassportCountry, false, "Germany", passport(func(p *cert.Passport) { p.Nationality, p.Issuer = "D", "D" })},
		{cert.FindingPassportNameDiffers, true, "no word in common", latin("JOHN SMITH")}, {cert.FindingPassportNameDiffers, false, "one in common", latin("Hanako  Smith")}, {cert.FindingPassportNameDiffers, false, "cut short", latin("YAMADAKAWA　HANA")},
		{cert.FindingPassportNameDiffers, false, "kanji", in()}, {cert.FindingPassportNameDiffers, false, "domestic", in(func(x *Input) { x.Name, x.Passport = "JOHN SMITH", nil })},
	}
}

// Rows: R4.2
func TestEachRuleFindsItsOwn(t *testing.T) {
	list := rows()
	if len(list) < 40 {
		t.Errorf("%d records", len(list))
	}
	for _, r := range list {
		got := Check(r.in)
		if has := slices.ContainsFunc(got, func(f cert.Finding) bool { return f.Code == r.code }); has != r.bad {
			t.Errorf("%s, %s: found %+v", r.code, r.name, got)
		}
	}
	t.Logf("%d records, %d rules", len(list), len(cert.FindingRules()))
}

// A rule is worth something if it lets the good pass and finds the bad.
func TestEachRuleHasAGoodAndABadRow(t *testing.T) {
	seen := map[string][2]int{}
	for _, r := range rows() {
		n := seen[r.code]
		if r.bad {
			n[1]++
		} else {
			n[0]++
		}
		seen[r.code] = n
	}
	for _, r := range cert.FindingRules() {
		if n := seen[r.Code]; n[0] == 0 || n[1] == 0 {
			t.Errorf("%s has %d good and %d bad rows", r.Code, n[0], n[1])
		}
	}
	if len(seen) != len(cert.FindingRules()) {
		t.Errorf("%d codes in the rows, %d rules", len(seen), len(cert.FindingRules()))
	}
}

func TestARecordInOrderHasNoFindings(t *testing.T) {
	for name, x := range map[string]Input{"two doses": in(), "five": doses(dose(1), dose(2), dose(3), dose(4), dose(5)), "no name of a passport": in(func(x *Input) { x.Passport = nil })} {
		if got := Check(x); got != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What is found is told in the order of the doses, each with its number.
func TestFindingsNameTheirDose(t *testing.T) {
	x := doses(dose(1), on(2, day(2021, 6, 10)), func() cert.Dose { d := dose(3); d.Lot = ""; return d }())
	x.Record.Deceased = true
	got := fmt.Sprint(Check(x))
	if want := "[{deceased 0} {dose_same_day 2} {dose_lot_missing 3}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// The record is looked at and not touched.
func TestCheckChangesNothing(t *testing.T) {
	x := doses(dose(3), dose(1), dose(2))
	before := slices.Clone(x.Record.Doses)
	Check(x)
	if !slices.Equal(before, x.Record.Doses) {
		t.Error("the doses are in another order")
	}
}

func BenchmarkCheck(b *testing.B) {
	x := doses(dose(1), dose(2), dose(3), dose(4), dose(5))
	b.ReportAllocs()
	for b.Loop() {
		if Check(x) != nil {
			b.Fatal("found something")
		}
	}
}

// Rows: R4.2
func TestTheDocumentHasEveryRule(t *testing.T) {
	data, err := os.ReadFile("../../deploy/record-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range cert.FindingRules() {
		becomes := string(r.Default)
		if r.Fixed {
			becomes = "always refuses"
		}
		if line := fmt.Sprintf("| `%s` | %s | %s | %s |\n", r.Code, r.Ja, r.En, becomes); !strings.Contains(string(data), line) {
			t.Errorf("deploy/record-rules.md lacks %s", line)
		}
	}
}
