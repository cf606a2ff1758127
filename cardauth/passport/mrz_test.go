// SPDX-License-Identifier: Apache-2.0

package passport

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kofu/cert"
)

// today is after the expiry of nearly every specimen.
func today() cert.Date { return cert.Date{Year: 2024, Month: 3, Day: 31} }

// specimen is the example of Doc 9303-4, appendix B.
const (
	specimen1 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
	specimen2 = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
)

func TestParseMRZSpecimen(t *testing.T) {
	p, err := ParseMRZ(specimen1, specimen2, today())
	if err != nil {
		t.Fatal(err)
	}
	want := cert.Passport{
		Number: "L898902C3", Primary: "ERIKSSON", Secondary: "ANNA MARIA", Nationality: "UTO", Issuer: "UTO",
		BirthDate: cert.Date{Year: 1974, Month: 8, Day: 12}, Sex: 'F', Expiry: cert.Date{Year: 2012, Month: 4, Day: 15},
	}
	if *p != want {
		t.Error("not what the specimen says")
	}
	if !Expired(p, today()) || Expired(p, p.Expiry) || !Expired(p, cert.Date{Year: 2012, Month: 4, Day: 16}) {
		t.Error("the day of expiry is the last good one")
	}
}

// line2 builds a second line with right check digits.
func line2(number, nationality, birth, sex, expiry, personal, personalCheck string) string {
	l := withCheck(pad(number, 9)) + pad(nationality, 3) + withCheck(birth) + sex + withCheck(expiry) + pad(personal, 14)
	if personalCheck == "" {
		personalCheck = string(rune(checkDigit(pad(personal, 14))))
	}
	l += personalCheck
	return l + string(rune(checkDigit(l[0:10], l[13:20], l[21:43])))
}

// TestParseMRZRefuses: nothing but what a passport's zone can hold is let
// through, so the zone is no place for free text.
// Rows: B4
func TestParseMRZRefuses(t *testing.T) {
	good1 := pad("P<JPNYAMADA<<HANAKO", 44)
	good2 := line2("TK0000000", "JPN", "850314", "F", "300101", "", "")
	if _, err := ParseMRZ(good1, good2, today()); err != nil {
		t.Fatal(err)
	}
	other := func(i int) string { // the digit at i becomes another one
		c := byte('0')
		if good2[i] == '0' {
			c = '1'
		}
		return good2[:i] + string(rune(c)) + good2[i+1:]
	}
	tests := []struct {
		name, line1, line2 string
		want               error
	}{
		{"empty", "", "", ErrLength},
		{"short line 1", good1[:43], good2, ErrLength},
		{"long line 2", good1, good2 + "<", ErrLength},
		{"lower case", strings.ToLower(good1), good2, ErrCharacter},
		{"line end", good1[:43] + "\n", good2, ErrCharacter},
		{"kanji", pad("P<JPN山田<<花子", 44), good2, ErrCharacter},
		{"free text", pad("P<JPNYAMADA<<HANAKO?", 44), good2, ErrCharacter},
		{"identity card", "I" + good1[1:], good2, ErrDocument},
		{"visa", "V" + good1[1:], good2, ErrDocument},
		{"digit as type", "P1" + good1[2:], good2, ErrDocument},
		{"number check", good1, other(9), ErrCheckDigit},
		{"birth check", good1, other(19), ErrCheckDigit},
		{"expiry check", good1, other(27), ErrCheckDigit},
		{"personal check", good1, other(42), ErrCheckDigit},
		{"composite check", good1, other(43), ErrCheckDigit},
		{"personal check left out", good1, line2("TK0000000", "JPN", "850314", "F", "300101", "ZE1", "<"), ErrCheckDigit},
		{"issuer empty", pad("P<<<<YAMADA<<HANAKO", 44), good2, ErrState},
		{"issuer with gap", pad("P<J<NYAMADA<<HANAKO", 44), good2, ErrState},
		{"nationality with digit", good1, line2("TK0000000", "JP1", "850314", "F", "300101", "", ""), ErrState},
		{"no name", pad("P<JPN", 44), good2, ErrName},
		{"name begins with filler", pad("P<JPN<YAMADA<<HANAKO", 44), good2, ErrName},
		{"secondary alone", pad("P<JPN<<HANAKO", 44), good2, ErrName},
		{"three parts", pad("P<JPNYAMADA<<HANAKO<<X", 44), good2, ErrName},
		{"triple filler", pad("P<JPNYAMADA<<<HANAKO", 44), good2, ErrName},
		{"digit in name", pad("P<JPNYAMADA<<HANAK0", 44), good2, ErrName},
		{"no number", good1, line2("", "JPN", "850314", "F", "300101", "", ""), ErrNumber},
		{"number begins with filler", good1, line2("<K0000000", "JPN", "850314", "F", "300101", "", ""), ErrNumber},
		{"31 February", good1, line2("TK0000000", "JPN", "850231", "F", "300101", "", ""), ErrDate},
		{"month 13", good1, line2("TK0000000", "JPN", "851301", "F", "300101", "", ""), ErrDate},
		{"day 32 of an unknown month", good1, line2("TK0000000", "JPN", "85<<32", "F", "300101", "", ""), ErrDate},
		{"half a year", good1, line2("TK0000000", "JPN", "8<0314", "F", "300101", "", ""), ErrDate},
		{"letter in birth date", good1, line2("TK0000000", "JPN", "85O314", "F", "300101", "", ""), ErrDate},
		{"expiry unknown", good1, line2("TK0000000", "JPN", "850314", "F", "<<<<<<", "", ""), ErrDate},
		{"expiry in part", good1, line2("TK0000000", "JPN", "850314", "F", "3001<<", "", ""), ErrDate},
		{"expiry day 00", good1, line2("TK0000000", "JPN", "850314", "F", "300100", "", ""), ErrDate},
		{"expiry 30 February", good1, line2("TK0000000", "JPN", "850314", "F", "300230", "", ""), ErrDate},
		{"sex", good1, line2("TK0000000", "JPN", "850314", "N", "300101", "", ""), ErrSex},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParseMRZ(tt.line1, tt.line2, today())
			if p != nil || !errors.Is(err, tt.want) || !errors.Is(err, ErrMRZ) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestParseMRZAccepts(t *testing.T) {
	base := line2("TK0000000", "JPN", "850314", "F", "300101", "", "")
	date := func(y, m, d int) cert.Date { return cert.Date{Year: y, Month: m, Day: d} }
	birth := date(1985, 3, 14)
	tests := []struct {
		name, line1, line2 string
		check              func(p *cert.Passport) bool
	}{
		{"no secondary identifier", pad("P<IDNSUHARTO", 44), base,
			func(p *cert.Passport) bool { return p.Primary == "SUHARTO" && p.Secondary == "" }},
		{"compound names", pad("P<UTOVAN<DER<MUELLEN<<HILDE<MARIE", 44), base,
			func(p *cert.Passport) bool { return p.Primary == "VAN DER MUELLEN" && p.Secondary == "HILDE MARIE" }},
		{"long name cut", "P<UTONILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K", base,
			func(p *cert.Passport) bool {
				return p.Primary == "NILAVADHANANANDA" && p.Secondary == "CHAYAPA DEJTHAMRONG K"
			}},
		{"long primary fills the line", "P<UTO" + strings.Repeat("A", 39), base,
			func(p *cert.Passport) bool { return len(p.Primary) == 39 && p.Secondary == "" }},
		{"type letter", pad("PPJPNYAMADA<<HANAKO", 44), base,
			func(p *cert.Passport) bool { return p.Issuer == "JPN" }},
		{"one-letter State", pad("P<D<<MUSTERMANN<<ERIKA", 44), line2("C01X00T47", "D", "640812", "F", "270228", "", ""),
			func(p *cert.Passport) bool { return p.Issuer == "D" && p.Nationality == "D" }},
		{"short number", pad("P<JPNYAMADA<<HANAKO", 44), line2("M123", "JPN", "850314", "M", "300101", "", ""),
			func(p *cert.Passport) bool { return p.Number == "M123" && p.Sex == 'M' }},
		{"personal check digit as filler", pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "850314", "F", "300101", "", "<"),
			func(p *cert.Passport) bool { return p.BirthDate == birth }},
		{"personal number", pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "850314", "F", "300101", "ZE184226B", ""),
			func(p *cert.Passport) bool { return p.Number == "TK0000000" }},
		{"sex not stated", pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "850314", "<", "300101", "", ""),
			func(p *cert.Passport) bool { return p.Sex == 'X' }},
		{"day unknown", pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "8503<<", "F", "300101", "", ""),
			func(p *cert.Passport) bool { return p.BirthDate == date(1985, 3, 0) }},
		{"month unknown", pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "85<<14", "F", "300101", "", ""),
			func(p *cert.Passport) bool { return p.BirthDate == date(1985, 0, 0) }},
		{"month and day 00", pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "850000", "F", "300101", "", ""),
			func(p *cert.Passport) bool { return p.BirthDate == date(1985, 0, 0) }},
		{"birth date unknown", pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "<<<<<<", "F", "300101", "", ""),
			func(p *cert.Passport) bool { return p.BirthDate.IsZero() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParseMRZ(tt.line1, tt.line2, today())
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(p) {
				t.Error("read otherwise than printed")
			}
		})
	}
}

func TestCenturies(t *testing.T) {
	tests := []struct {
		birth, expiry         string
		wantBirth, wantExpiry string
	}{
		{"240331", "240331", "2024-03-31", "2024-03-31"}, // born today, ends today
		{"240401", "340330", "1924-04-01", "2034-03-30"}, // tomorrow has not come yet
		{"2404<<", "991231", "1924-04", "1999-12-31"},
		{"24<<<<", "740101", "2024", "2074-01-01"},
		{"25<<<<", "750101", "1925", "1975-01-01"},
		{"000229", "000229", "2000-02-29", "2000-02-29"},
		{"991231", "240330", "1999-12-31", "2024-03-30"},
	}
	for _, tt := range tests {
		t.Run(tt.birth+"/"+tt.expiry, func(t *testing.T) {
			p, err := ParseMRZ(pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", tt.birth, "F", tt.expiry, "", ""), today())
			if err != nil {
				t.Fatal(err)
			}
			if p.BirthDate.String() != tt.wantBirth || p.Expiry.String() != tt.wantExpiry {
				t.Errorf("born %s, expires %s; want %s, %s", p.BirthDate, p.Expiry, tt.wantBirth, tt.wantExpiry)
			}
		})
	}
}

func TestAlignCentury(t *testing.T) {
	p := &cert.Passport{BirthDate: cert.Date{Year: 2023, Month: 5, Day: 6}}
	AlignCentury(p, cert.Date{Year: 1950, Month: 5, Day: 6})
	if p.BirthDate.Year != 2023 {
		t.Error("another year is another person")
	}
	AlignCentury(p, cert.Date{Year: 1923, Month: 5, Day: 6})
	if p.BirthDate != (cert.Date{Year: 1923, Month: 5, Day: 6}) {
		t.Error("a centenarian stays an infant")
	}
}

func TestMRZRoundTrip(t *testing.T) {
	for _, want := range []cert.Passport{
		{Number: "TK0000000", Primary: "YAMADA", Secondary: "HANAKO", Nationality: "JPN", Issuer: "JPN",
			BirthDate: cert.Date{Year: 1985, Month: 3, Day: 14}, Sex: 'F', Expiry: cert.Date{Year: 2030, Month: 1, Day: 1}},
		{Number: "A1", Primary: "SUHARTO", Nationality: "IDN", Issuer: "D",
			BirthDate: cert.Date{Year: 1960}, Sex: 'X', Expiry: cert.Date{Year: 2025, Month: 12, Day: 31}},
		{Number: "A1", Primary: "O BRIEN SMITH", Secondary: "X", Nationality: "IRL", Issuer: "IRL",
			Sex: 'M', Expiry: cert.Date{Year: 2025, Month: 12, Day: 31}},
	} {
		l1, l2, err := MRZ(&want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseMRZ(l1, l2, today())
		if err != nil || *got != want {
			t.Errorf("reads otherwise than written: %v", err)
		}
	}
}

func TestMRZWriterKeepsBothIdentifiers(t *testing.T) {
	long := cert.Passport{Number: "A1", Primary: cert.Private(strings.Repeat("A", 50)), Secondary: "Ana-Mari'a", Nationality: "UTO",
		Issuer: "UTO", Sex: 'F', Expiry: cert.Date{Year: 2025, Month: 12, Day: 31}}
	l1, l2, err := MRZ(&long)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := ParseMRZ(l1, l2, today()); err != nil || len(p.Primary) != 36 || p.Secondary != "A" {
		t.Errorf("name not cut as told: %v", err)
	}
	for name, p := range map[string]cert.Passport{
		"kanji":       {Number: "A1", Primary: "山田", Sex: 'F'},
		"no name":     {Number: "A1", Sex: 'F'},
		"long number": {Number: "A123456789", Primary: "A", Sex: 'F'},
		"long State":  {Number: "A1", Primary: "A", Sex: 'F', Issuer: "JAPAN", Nationality: "JPN"},
	} {
		if _, _, err := MRZ(&p); !errors.Is(err, ErrMRZ) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPassportErrorsHoldNoInput(t *testing.T) {
	marker := "ZZCANARYZZ"
	for _, l1 := range []string{marker, pad("P<JPN"+marker+"1", 44), pad("I<JPN"+marker, 44)} {
		_, err := ParseMRZ(l1, specimen2, today())
		if err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("error tells what was read: %v", err)
		}
	}
	p, err := ParseMRZ(specimen1, specimen2, today())
	if err != nil || fmt.Sprintf("%v %+v %#v %s", p, p, *p, *p) != "[redacted] [redacted] [redacted] [redacted]" {
		t.Error("a passport prints")
	}
}

// TestExpiryCenturyLateInTheCentury: the window slides with today.
func TestExpiryCenturyLateInTheCentury(t *testing.T) {
	late := cert.Date{Year: 2080, Month: 1, Day: 1}
	for expiry, want := range map[string]string{"300101": "2130-01-01", "310101": "2031-01-01", "050101": "2105-01-01", "850101": "2085-01-01"} {
		p, err := ParseMRZ(pad("P<JPNYAMADA<<HANAKO", 44), line2("TK0000000", "JPN", "850314", "F", expiry, "", ""), late)
		if err != nil || p.Expiry.String() != want {
			t.Errorf("%s: want %s, %v", expiry, want, err)
		}
	}
}
