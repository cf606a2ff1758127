// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert"
)

// swap puts c at the place (from 1) of a line.
func swap(line string, place int, c byte) string {
	return line[:place-1] + string(rune(c)) + line[place:]
}

// misread is a zone that is wrong, and what is told of it.
type misread struct {
	name, line1, line2 string
	reason             error
	field              Field
	position           int
	class              Class
	confusion          Confusion
}

// A good zone, with a number of Japan's form.
const good1 = "P<JPNYAMADA<<HANAKO<<<<<<<<<<<<<<<<<<<<<<<<<"

func good2() string {
	return line2("TK1530268", "JPN", "850314", "F", "301118", "ZE184226B", "")
}

func wrongLines() []misread {
	good2 := good2()
	return []misread{
		{"no first line", "", good2, ErrLength, FieldLine1, 0, "", ""},
		{"no second line", good1, "", ErrLength, FieldLine2, 0, "", ""},
		{"first line long", good1 + "<", good2, ErrLength, FieldLine1, 0, "", ""},
		{"second line short", good1, good2[:43], ErrLength, FieldLine2, 0, "", ""},
		{"line end in document", "P\n" + good1[2:], good2, ErrCharacter, FieldDocument, 2, ClassLetter, ""},
		{"small letter in issuer", swap(good1, 4, 'p'), good2, ErrCharacter, FieldIssuer, 2, ClassLetter, ""},
		{"space in name", swap(good1, 12, ' '), good2, ErrCharacter, FieldName, 7, ClassLetter, ""},
		{"apostrophe in name", swap(good1, 7, '\''), good2, ErrCharacter, FieldName, 2, ClassLetter, ""},
		{"hyphen in name", swap(good1, 7, '-'), good2, ErrCharacter, FieldName, 2, ClassLetter, ""},
		{"umlaut in name", good1[:5] + "Ö" + good1[7:], good2, ErrCharacter, FieldName, 1, ClassLetter, ""},
		{"stroke in number", good1, swap(good2, 3, '/'), ErrCharacter, FieldNumber, 3, ClassAny, ""},
		{"point as check digit", good1, swap(good2, 10, '.'), ErrCharacter, FieldNumber, 10, ClassCheck, ""},
		{"brace in nationality", good1, swap(good2, 11, '{'), ErrCharacter, FieldNationality, 1, ClassLetter, ""},
		{"star in the last place", good1, swap(good2, 44, '*'), ErrCharacter, FieldComposite, 1, ClassCheck, ""},
		{"identity card", "I" + good1[1:], good2, ErrDocument, FieldDocument, 0, "", ""},
		{"digit as type", "P1" + good1[2:], good2, ErrDocument, FieldDocument, 0, "", ""},
	}
}

func wrongNumbers() []misread {
	good2 := good2()
	foreign := func(number string) string { return line2(number, "UTO", "740812", "F", "300415", "", "<") }
	utopian := "P<UTO" + good1[5:]
	return []misread{
		{"number: I for 1", good1, swap(good2, 3, 'I'), ErrCheckDigit, FieldNumber, 3, ClassAny, ConfusionI},
		{"number: S for 5", good1, swap(good2, 4, 'S'), ErrCheckDigit, FieldNumber, 4, ClassAny, ConfusionS},
		{"number: O for 0", good1, swap(good2, 6, 'O'), ErrCheckDigit, FieldNumber, 6, ClassAny, ConfusionO},
		{"number: Z for 2", good1, swap(good2, 7, 'Z'), ErrCheckDigit, FieldNumber, 7, ClassAny, ConfusionZ},
		{"number: B for 8", good1, swap(good2, 9, 'B'), ErrCheckDigit, FieldNumber, 9, ClassAny, ConfusionB},
		{"number: 3 for 8, no known confusion", good1, swap(good2, 9, '3'), ErrCheckDigit, FieldNumber, 0, "", ""},
		{"number: letter as check digit", good1, swap(good2, 10, 'O'), ErrCheckDigit, FieldNumber, 10, ClassCheck, ConfusionO},
		{"number: Q for 0", good1, swap(good2, 6, 'Q'), ErrCheckDigit, FieldNumber, 6, ClassAny, ConfusionQ},
		{"number: D for 0", good1, swap(good2, 6, 'D'), ErrCheckDigit, FieldNumber, 6, ClassAny, ConfusionD},
		{"number: C for a filler", good1, swap(line2("TK153026", "JPN", "850314", "F", "301118", "", ""), 9, 'C'), ErrCheckDigit, FieldNumber, 9, ClassAny, ConfusionC},
		{"number of another State: one place", utopian, swap(foreign("L898902C3"), 6, 'O'), ErrCheckDigit, FieldNumber, 6, ClassAny, ConfusionO},
		{"number of another State: one confusion, several places", utopian, swap(foreign("000015838"), 2, 'O'), ErrCheckDigit, FieldNumber, 0, "", ConfusionO},
		{"number of another State: several confusions", utopian, swap(foreign("X00000001"), 3, 'O'), ErrCheckDigit, FieldNumber, 0, "", ""},
	}
}

func wrongDigits() []misread {
	good2 := good2()
	return []misread{
		{"personal number: B for 8", good1, swap(good2, 32, 'B'), ErrCheckDigit, FieldPersonal, 0, "", ""},
		{"personal number: another digit", good1, swap(good2, 31, '3'), ErrCheckDigit, FieldPersonal, 0, "", ""},
		{"birth: B for 8", good1, swap(good2, 14, 'B'), ErrCheckDigit, FieldBirthDate, 1, ClassDigit, ConfusionB},
		{"birth: S for 5", good1, swap(good2, 15, 'S'), ErrCheckDigit, FieldBirthDate, 2, ClassDigit, ConfusionS},
		{"birth: O for 0", good1, swap(good2, 16, 'O'), ErrCheckDigit, FieldBirthDate, 3, ClassDigit, ConfusionO},
		{"birth: D for 0", good1, swap(good2, 16, 'D'), ErrCheckDigit, FieldBirthDate, 3, ClassDigit, ConfusionD},
		{"birth: X, no known confusion", good1, swap(good2, 16, 'X'), ErrCheckDigit, FieldBirthDate, 3, ClassDigit, ""},
		{"birth: another digit", good1, swap(good2, 16, '1'), ErrCheckDigit, FieldBirthDate, 0, "", ""},
		{"birth: letter as check digit", good1, swap(good2, 20, 'I'), ErrCheckDigit, FieldBirthDate, 7, ClassCheck, ConfusionI},
		{"birth: filler as check digit", good1, swap(good2, 20, '<'), ErrCheckDigit, FieldBirthDate, 7, ClassCheck, ""},
		{"expiry: I for 1", good1, swap(good2, 24, 'I'), ErrCheckDigit, FieldExpiry, 3, ClassDigit, ConfusionI},
		{"expiry: O for 0", good1, swap(good2, 23, 'O'), ErrCheckDigit, FieldExpiry, 2, ClassDigit, ConfusionO},
		{"expiry: Q for 0", good1, swap(good2, 23, 'Q'), ErrCheckDigit, FieldExpiry, 2, ClassDigit, ConfusionQ},
		{"personal number: its check digit left out", good1, swap(good2, 43, '<'), ErrCheckDigit, FieldPersonal, 15, ClassCheck, ""},
		{"composite: letter", good1, swap(good2, 44, 'Z'), ErrCheckDigit, FieldComposite, 1, ClassCheck, ConfusionZ},
		{"composite: another digit", good1, swap(good2, 44, (good2[43]-'0'+1)%10+'0'), ErrCheckDigit, FieldComposite, 0, "", ""},
		{"two characters: the first field is told", good1, swap(swap(good2, 3, 'I'), 16, 'O'), ErrCheckDigit, FieldNumber, 0, "", ""},
	}
}

func wrongContents() []misread {
	good2 := good2()
	return []misread{
		{"birth: A, which weighs like 0", good1, swap(good2, 16, 'A'), ErrDate, FieldBirthDate, 3, ClassDigit, ""},
		{"birth: G, which weighs like 6", good1, line2("TK1530268", "JPN", "G50314", "F", "301118", "", ""), ErrDate, FieldBirthDate, 1, ClassDigit, ConfusionG},
		{"birth: L, which weighs like 1", good1, swap(good2, 18, 'L'), ErrDate, FieldBirthDate, 5, ClassDigit, ConfusionL},
		{"issuer: 1 for I", "P<1TA" + good1[5:], good2, ErrState, FieldIssuer, 1, ClassLetter, ConfusionI},
		{"issuer: filler inside", "P<J<N" + good1[5:], good2, ErrState, FieldIssuer, 0, "", ""},
		{"nationality: 0 for O", good1, line2("TK1530268", "UT0", "850314", "F", "301118", "", ""), ErrState, FieldNationality, 3, ClassLetter, ConfusionO},
		{"nationality: empty", good1, line2("TK1530268", "", "850314", "F", "301118", "", ""), ErrState, FieldNationality, 0, "", ""},
		{"name: 0 for O", strings.Replace(good1, "HANAKO", "HANAK0", 1), good2, ErrName, FieldName, 14, ClassLetter, ConfusionO},
		{"name: 5 for S", pad("P<JPN5ATO<<HANAKO", 44), good2, ErrName, FieldName, 1, ClassLetter, ConfusionS},
		{"name: 8 for B", pad("P<JPNA8E<<HANAKO", 44), good2, ErrName, FieldName, 2, ClassLetter, ConfusionB},
		{"name: 7, no known confusion", pad("P<JPNA7E<<HANAKO", 44), good2, ErrName, FieldName, 2, ClassLetter, ""},
		{"name: K for a filler", swap(good1, 30, 'K'), good2, ErrName, FieldName, 25, ClassLetter, ConfusionK},
		{"name: C for a filler", swap(good1, 44, 'C'), good2, ErrName, FieldName, 39, ClassLetter, ConfusionC},
		{"name: third identifier", pad("P<JPNYAMADA<<HANAKO<<SUZU", 44), good2, ErrName, FieldName, 0, "", ""},
		{"name: none", pad("P<JPN", 44), good2, ErrName, FieldName, 0, "", ""},
		{"number: none", good1, line2("", "JPN", "850314", "F", "301118", "", ""), ErrNumber, FieldNumber, 0, "", ""},
		{"birth: letter with its check digit", good1, line2("TK1530268", "JPN", "85O314", "F", "301118", "", ""), ErrDate, FieldBirthDate, 3, ClassDigit, ConfusionO},
		{"birth: 31 February", good1, line2("TK1530268", "JPN", "850231", "F", "301118", "", ""), ErrDate, FieldBirthDate, 0, "", ""},
		{"birth: 29 February of no leap year", good1, line2("TK1530268", "JPN", "850229", "F", "301118", "", ""), ErrDate, FieldBirthDate, 0, "", ""},
		{"expiry: letter with its check digit", good1, line2("TK1530268", "JPN", "850314", "F", "3O1118", "", ""), ErrDate, FieldExpiry, 2, ClassDigit, ConfusionO},
		{"expiry: not known", good1, line2("TK1530268", "JPN", "850314", "F", "<<<<<<", "", ""), ErrDate, FieldExpiry, 0, "", ""},
		{"sex: neither", good1, line2("TK1530268", "JPN", "850314", "K", "301118", "", ""), ErrSex, FieldSex, 0, "", ""},
	}
}

// TestMRZErrorsByField: what is wrong, where, and what it was likely taken for.
// Rows: B4
func TestMRZErrorsByField(t *testing.T) {
	if _, err := ParseMRZ(good1, good2(), today()); err != nil {
		t.Fatal(err)
	}
	tests := slices.Concat(wrongLines(), wrongNumbers(), wrongDigits(), wrongContents())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParseMRZ(tt.line1, tt.line2, today())
			e, ok := errors.AsType[*MRZError](err)
			if p != nil || !ok || !errors.Is(err, tt.reason) || !errors.Is(err, ErrMRZ) {
				t.Fatalf("got %v, want %v", err, tt.reason)
			}
			if e.Field != tt.field || e.Position != tt.position || e.Class != tt.class || e.Confusion != tt.confusion {
				t.Errorf("got %s %d %s %s", e.Field, e.Position, e.Class, e.Confusion)
			}
			if want := tt.reason.Error() + ": " + string(tt.field); err.Error() != want {
				t.Errorf("the text is %q, want %q", err, want)
			}
		})
	}
	t.Logf("%d cases", len(tests))
}

// TestMRZTellsEveryMisreading: whichever character of the second line is taken
// for one that it resembles, the zone is refused; if a place is told it is in
// the right field, and mostly the right one. Check digits count modulo 10, in
// which L is 1, G is 6 and K is a filler: those pass where letters may stand,
// and a number of Japan then gives a warning.
func TestMRZTellsEveryMisreading(t *testing.T) {
	right, all := 0, 0
	for _, good := range []string{specimen2, line2("TK1530268", "JPN", "850314", "F", "301118", "ZE184226B", ""), line2("MZ8060215", "JPN", "610228", "M", "250105", "", "<")} {
		line1 := specimen1
		if good[10:13] == "JPN" {
			line1 = "P<JPN" + specimen1[5:]
		}
		for i := range good {
			for _, pr := range confusions() {
				o, ok := pr.other(good[i])
				if s := spanAt(layout2(), i); !ok || s.field == FieldNationality || s.field == FieldSex {
					continue // no check digit covers them
				}
				all++
				s := spanAt(layout2(), i)
				p, err := ParseMRZ(line1, swap(good, i+1, o), today())
				e, told := errors.AsType[*MRZError](err)
				switch alike := strings.Contains("L/1 G/6 K/<", string(pr.name)); {
				case err == nil && (!alike || s.class != ClassAny):
					t.Errorf("place %d: %s passes", i+1, pr.name)
				case err == nil && s.field == FieldNumber && p.Issuer == "JPN" && len(Warnings(p)) == 0:
					t.Errorf("place %d: %s passes without a warning", i+1, pr.name)
				case told && e.Field != s.field:
					t.Errorf("place %d: %s told of %s", i+1, pr.name, e.Field)
				case told && e.Position == i-s.start+1:
					right++
				}
			}
		}
	}
	if t.Logf("%d of %d told with their place", right, all); right*2 < all {
		t.Error("fewer than one in two are told with their place")
	}
}

// The examples of Doc 9303-4, 4.2.3.1 to 4.2.3.4, with their second letter.
func TestMRZNamesOfDoc9303(t *testing.T) {
	second := specimen2
	for line, want := range map[string][2]string{
		"PPUTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<": {"ERIKSSON", "ANNA MARIA"},
		"PPUTOHENG<<DEBORAH<MING<LO<<<<<<<<<<<<<<<<<<": {"HENG", "DEBORAH MING LO"},
		"PPUTOSMITH<JONES<<SUSIE<MARGARET<<<<<<<<<<<<": {"SMITH JONES", "SUSIE MARGARET"},
		"PPUTOOCONNOR<<ENYA<SIOBHAN<<<<<<<<<<<<<<<<<<": {"OCONNOR", "ENYA SIOBHAN"},
		"PPUTOVAN<DER<MUELLEN<<MARTIN<<<<<<<<<<<<<<<<": {"VAN DER MUELLEN", "MARTIN"},
		"PPUTOAL<BASRI<<HUDA<MUHAMMAD<JAWAD<<<<<<<<<<": {"AL BASRI", "HUDA MUHAMMAD JAWAD"},
		"PPUTOVILARCHAO<FERNANDEZ<<JOSE<RAMON<<<<<<<<": {"VILARCHAO FERNANDEZ", "JOSE RAMON"},
		"PPUTOARKFREITH<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<": {"ARKFREITH", ""},
		"PPUTOSATRIYA<SUDARPA<<<<<<<<<<<<<<<<<<<<<<<<": {"SATRIYA SUDARPA", ""},
		"PPUTONILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K": {"NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG K"},
		"PPUTONILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU": {"NILAVADHANANANDA", "ARNPOL PETCH CHARONGU"},
		"PPUTOBENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI": {"BENNELONG WOOLOOMOOLOO WARRANDYTE W", "DI"},
		"PPUTOBENNELONG<WOOLOOM<WARRAND<WARNAM<<DINGO": {"BENNELONG WOOLOOM WARRAND WARNAM", "DINGO"},
		"PPUTOBENNEL<WOOLOO<WARRAN<WARNAM<<DINGO<POTO": {"BENNEL WOOLOO WARRAN WARNAM", "DINGO POTO"},
		"PPUTOPAPANDROPOULOUS<<JONATHON<WARREN<TREVOR": {"PAPANDROPOULOUS", "JONATHON WARREN TREVOR"},
	} {
		p, err := ParseMRZ(line, second, today())
		if err != nil || p.Primary.Reveal() != want[0] || p.Secondary.Reveal() != want[1] {
			t.Errorf("%s: %v", line, err)
			continue
		}
		cut := line[43] != '<' // it must be assumed that a name that fills its places was cut (4.2.3.4)
		if got := fmt.Sprint(Warnings(p)); (got == "[name_may_be_cut]") != cut || !cut && got != "[]" {
			t.Errorf("%s: warnings %s", line, got)
		}
		again, _, err := MRZ(p)
		if err != nil || again[2:] != line[2:] {
			t.Errorf("%s: written as %s, %v", line, again, err)
		}
	}
}

// What the transliteration leaves out (Doc 9303-3, 4.6 and 6) is left out when
// a zone is written.
func TestMRZWritesNamesAsDoc9303(t *testing.T) {
	for _, tt := range []struct{ primary, secondary, want string }{
		{"Smith-Jones", "Susie Margaret", "SMITH<JONES<<SUSIE<MARGARET"},
		{"O'Connor", "Enya Siobhan", "OCONNOR<<ENYA<SIOBHAN"},
		{"O’Connor", "Enya", "OCONNOR<<ENYA"},
		{"D'Artagnan", "", "DARTAGNAN"},
		{"King", "Martin Luther, Jr.", "KING<<MARTIN<LUTHER<JR"},
	} {
		l1, l2, err := MRZ(&cert.Passport{Number: "A1", Primary: cert.Private(tt.primary), Secondary: cert.Private(tt.secondary), Nationality: "UTO",
			Issuer: "UTO", Sex: 'F', Expiry: cert.Date{Year: 2025, Month: 12, Day: 31}})
		if err != nil || l1 != pad("P<UTO"+tt.want, 44) {
			t.Errorf("%s, %s: %s, %v", tt.primary, tt.secondary, l1, err)
		}
		if _, err := ParseMRZ(l1, l2, today()); err != nil {
			t.Errorf("%s: %v", l1, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	passport := func(change func(*cert.Passport)) *cert.Passport {
		p := &cert.Passport{Number: "TK1530268", Primary: "YAMADA", Secondary: "HANAKO", Issuer: "JPN", Nationality: "JPN", BirthDate: cert.Date{Year: 1985, Month: 3, Day: 14}}
		change(p)
		return p
	}
	for _, tt := range []struct {
		name string
		p    *cert.Passport
		want string
	}{
		{"nothing", passport(func(*cert.Passport) {}), "[]"},
		{"one letter", passport(func(p *cert.Passport) { p.Number = "T12345678" }), "[number_form]"},
		{"short", passport(func(p *cert.Passport) { p.Number = "TK153026" }), "[number_form]"},
		{"O among the digits", passport(func(p *cert.Passport) { p.Number = "TKO530268" }), "[number_form]"},
		{"another State's", passport(func(p *cert.Passport) { p.Issuer, p.Number = "UTO", "L898902C3" }), "[]"},
		{"39 characters", passport(func(p *cert.Passport) { p.Primary = cert.Private(strings.Repeat("A", 31)) }), "[name_may_be_cut]"},
		{"38 characters", passport(func(p *cert.Passport) { p.Primary = cert.Private(strings.Repeat("A", 30)) }), "[]"},
		{"37 characters alone", passport(func(p *cert.Passport) { p.Primary, p.Secondary = cert.Private(strings.Repeat("A", 37)), "" }), "[]"},
		{"day not known", passport(func(p *cert.Passport) { p.BirthDate.Day = 0 }), "[birth_date_in_part]"},
		{"all", passport(func(p *cert.Passport) {
			p.Number, p.Primary, p.BirthDate = "1", cert.Private(strings.Repeat("A", 31)), cert.Date{}
		}), "[number_form name_may_be_cut birth_date_in_part]"},
	} {
		if got := fmt.Sprint(Warnings(tt.p)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestAgrees: the two fields that can contradict, each told, and the verdict is
// that of the rules for issuing.
// Rows: B4
func TestAgrees(t *testing.T) {
	date := func(y, m, d int) cert.Date { return cert.Date{Year: y, Month: m, Day: d} }
	born := date(1985, 3, 14)
	for _, tt := range []struct {
		name  string
		birth cert.Date
		sex   byte
		card  cert.Holder
		want  Field
	}{
		{"same", born, 'F', cert.Holder{BirthDate: born, Sex: 2}, ""},
		{"names have nothing to do with it", born, 'F', cert.Holder{Name: "大野　花子", BirthDate: born, Sex: 2}, ""},
		{"another day", date(1985, 3, 15), 'F', cert.Holder{BirthDate: born, Sex: 2}, FieldBirthDate},
		{"another month", date(1985, 4, 14), 'F', cert.Holder{BirthDate: born, Sex: 2}, FieldBirthDate},
		{"another year", date(1986, 3, 14), 'F', cert.Holder{BirthDate: born, Sex: 2}, FieldBirthDate},
		{"day not known to the passport", date(1985, 3, 0), 'F', cert.Holder{BirthDate: born, Sex: 2}, ""},
		{"month not known to the passport", date(1985, 0, 0), 'F', cert.Holder{BirthDate: born, Sex: 2}, ""},
		{"month not known to the card", born, 'F', cert.Holder{BirthDate: date(1985, 0, 0), Sex: 2}, ""},
		{"nothing known to the passport", cert.Date{}, 'F', cert.Holder{BirthDate: born, Sex: 2}, FieldBirthDate},
		{"a centenarian reads like an infant", date(2023, 5, 6), 'F', cert.Holder{BirthDate: date(1923, 5, 6), Sex: 2}, ""},
		{"a centenarian of another day", date(2023, 5, 7), 'F', cert.Holder{BirthDate: date(1923, 5, 6), Sex: 2}, FieldBirthDate},
		{"another sex", born, 'M', cert.Holder{BirthDate: born, Sex: 2}, FieldSex},
		{"another sex the other way round", born, 'F', cert.Holder{BirthDate: born, Sex: 1}, FieldSex},
		{"sex not stated in the passport", born, 'X', cert.Holder{BirthDate: born, Sex: 1}, ""},
		{"sex not known to the card", born, 'F', cert.Holder{BirthDate: born, Sex: 9}, ""},
		{"both: the birth date is told", date(1986, 3, 14), 'M', cert.Holder{BirthDate: born, Sex: 2}, FieldBirthDate},
	} {
		p := &cert.Passport{BirthDate: tt.birth, Sex: tt.sex, Expiry: date(2030, 1, 1), Primary: "ONO", Secondary: "HANAKO"}
		before := *p
		err := Agrees(p, tt.card)
		got, ok := errors.AsType[Contradiction](err)
		if ok != (tt.want != "") || got.Field != tt.want || ok != errors.Is(err, cert.ErrPassportMismatch) || *p != before {
			t.Errorf("%s: %v", tt.name, err)
		}
		AlignCentury(p, tt.card.BirthDate)
		if rule := cert.CheckPassport(cert.Overseas, p, tt.card, today()); errors.Is(rule, cert.ErrPassportMismatch) != (err != nil) {
			t.Errorf("%s: the rules say %v", tt.name, rule)
		}
	}
}

// TestExpiryByJapansDay: the last day ends at midnight in Japan, 15:00 UTC.
func TestExpiryByJapansDay(t *testing.T) {
	p := &cert.Passport{Expiry: cert.Date{Year: 2030, Month: 1, Day: 1}}
	for at, want := range map[string]bool{
		"2029-12-31T15:00:00Z": false, "2030-01-01T14:59:59Z": false, "2030-01-01T15:00:00Z": true,
		"2030-01-01T23:59:59+09:00": false, "2030-01-01T20:00:00-10:00": true, "2030-01-01T04:59:59-10:00": false,
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil || ExpiredAt(p, now) != want {
			t.Errorf("%s: want %v, %v", at, want, err)
		}
	}
}

// TestBirthByJapansDay: a child born today in Japan is no centenarian, though
// it is yesterday elsewhere.
func TestBirthByJapansDay(t *testing.T) {
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, time.UTC)
	p, err := ParseMRZ(pad("P<JPNYAMADA<<HANAKO", 44), line2("TK1530268", "JPN", "261123", "F", "311123", "", ""), cert.DateOf(now))
	if err != nil || p.BirthDate.Year != 2026 {
		t.Errorf("born %s, %v", p.BirthDate, err)
	}
}
