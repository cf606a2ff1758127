// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"kofu/cardauth/passport"
	"kofu/cert"
)

const fuzzTown = cert.MunicipalityCode("472051")

// Rows: A4, E1
func FuzzReadMyNumber(f *testing.F) {
	for _, s := range []string{"123456789018", "1234 5678 9018", "１２３４５６７８９０１８", "1234-5678-9018", "123456789019", "", "12345678901", "abc", "\xef\xbc"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := readMyNumber(b)
		defer n.Wipe()
		switch {
		case err != nil && (n != nil || !errors.Is(err, cert.ErrMyNumber)):
			t.Error("an error with a number, or another error")
		case err == nil:
			if again, err := cert.ParseMyNumber(n.Digits()); err != nil || !again.Equal(n) {
				t.Error("a number that is none")
			}
		}
	})
}

// FuzzSearchBody reads the body of a search as the console does.
func FuzzSearchBody(f *testing.F) {
	for _, s := range []string{"ticket=&mynumber=1234+5678+9018", "mynumber=%EF%BC%91", "mynumber=1&mynumber=2", "a=b", "=", "%", "ticket=%zz", "name=%E5%B1%B1&birth=S60.3.14"} {
		f.Add([]byte(s))
	}
	fields := []string{"ticket", "mynumber", "name", "birth"}
	f.Fuzz(func(t *testing.T, b []byte) {
		body := bytes.Clone(b)
		form, err := parseForm(body, fields)
		if err != nil {
			return
		}
		for name, values := range form {
			if !slices.Contains(fields, name) || len(values) != 1 || !utf8.Valid(values[0]) {
				t.Errorf("field %q, %d values", name, len(values))
			}
			if len(values[0]) > 0 && !within(body, values[0]) {
				t.Error("a value that is not in the body, and so is not wiped with it")
			}
		}
	})
}

// within reports whether part lies in the memory of whole.
func within(whole, part []byte) bool {
	for i := range whole {
		if &whole[i] == &part[0] {
			return i+len(part) <= len(whole)
		}
	}
	return false
}

func FuzzReadTicket(f *testing.F) {
	for _, s := range []string{"0123456789", "214720510123456789", "211310160123456789", "２１４７２０５１ ０１２３４５６７８９", "123456789018", "", "1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ticket, err := readTicket(b, fuzzTown)
		if err == nil {
			if again, err := cert.ParseTicketNumber(ticket.Reveal()); err != nil || again != ticket {
				t.Error("a ticket number that is none")
			}
		} else if ticket != "" || !errors.Is(err, cert.ErrTicketNumber) && !errors.Is(err, errTicketCity) {
			t.Error("an error with a number, or another error")
		}
	})
}

func FuzzCleanMRZ(f *testing.F) {
	line1, line2 := "P<JPNYAMADA<<HANAKO<<<<<<<<<<<<<<<<<<<<<<<<<", "TK00000003JPN8503149F3001019<<<<<<<<<<<<<<04"
	for _, s := range []string{line1 + "\n" + line2, line1 + line2, strings.ToLower(line1) + "\r\n\r\n" + line2, "Ｐ＜ＪＰＮ", "«", "\xff", ""} {
		f.Add(s)
	}
	birth, today := cert.Date{Year: 1985, Month: 3, Day: 14}, cert.Date{Year: 2026, Month: 11, Day: 24}
	f.Fuzz(func(t *testing.T, s string) {
		one, two := cleanMRZ(s)
		if strings.ContainsAny(one+two, "\r\n \t") {
			t.Error("white space is left")
		}
		if a, b := cleanMRZ(one + "\n" + two); a != one || b != two {
			t.Error("cleaned again it is another")
		}
		p, code := readMRZ(s, birth, today)
		_, err := passport.ParseMRZ(one, two, today)
		if (p == nil) != (code != "") || (code == "") != (err == nil) {
			t.Errorf("code %q, but the zone is taken: %v", code, err == nil)
		}
	})
}

func FuzzReadBirthDate(f *testing.F) {
	for _, s := range []string{"1985-03-14", "S60.3.14", "昭和60年3月14日", "令和元年5月1日", "19850314", "１９８５/３/１４", "", "0", "S", "元"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := readBirthDate(s)
		if again, err := cert.ParseDate(d.String()); ok && (err != nil || again != d || !d.Full()) {
			t.Errorf("a date that is none: %s", d)
		}
	})
}
