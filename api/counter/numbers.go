// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"errors"
	"unicode/utf8"

	"kofu/cert"
)

// digit returns r, or the full-width digit r, as an ASCII digit.
func digit(r rune) (byte, bool) {
	switch {
	case r >= '0' && r <= '9':
		return byte(r), true
	case r >= '０' && r <= '９':
		return byte(r - '０' + '0'), true
	}
	return 0, false
}

// gap reports spaces, and the strokes people put between groups of digits.
func gap(r rune) bool {
	switch r {
	case ' ', '\t', '-', '\u3000', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '\uff0d', '\u30fc':
		return true
	}
	return false
}

// readDigits copies the digits of b into dst, of which there must not be
// more, and returns how many there were. Anything but digits and gaps is false.
func readDigits(dst, b []byte) (int, bool) {
	n := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		if gap(r) {
			continue
		}
		d, ok := digit(r)
		if !ok || n == len(dst) {
			return 0, false
		}
		dst[n] = d
		n++
	}
	return n, true
}

// readMyNumber reads what was typed into the field for it: twelve digits,
// full-width ones too, in groups or not. The digits are in the bytes given, in
// the number returned, and nowhere else; the caller wipes both.
func readMyNumber(b []byte) (*cert.MyNumber, error) {
	var digits [12]byte
	defer clear(digits[:])
	n, ok := readDigits(digits[:], b)
	if !ok || n != len(digits) {
		return nil, cert.ErrMyNumber
	}
	return cert.ParseMyNumber(digits[:])
}

// errTicketCity is a ticket of another municipality.
var errTicketCity = errors.New("counter: ticket of another municipality")

// readTicket reads a 接種券番号 of ten digits, or the eighteen digits of a
// ticket's OCR line and QR code: kind 1, dose 1, municipality 6, number 10.
// Those of another municipality are errTicketCity, whatever else is wrong is
// [cert.ErrTicketNumber]. A My Number, which may be typed here by mistake, has
// neither length: it is wiped, and never becomes a string.
func readTicket(b []byte, own cert.MunicipalityCode) (cert.Private, error) {
	var digits [18]byte
	defer clear(digits[:])
	n, ok := readDigits(digits[:], b)
	if !ok {
		return "", cert.ErrTicketNumber
	}
	switch n {
	case 10:
		return cert.ParseTicketNumber(string(digits[:10]))
	case 18:
		town, err := cert.ParseMunicipalityCode(string(digits[2:8]))
		if err != nil {
			return "", cert.ErrTicketNumber
		}
		if town != own {
			return "", errTicketCity
		}
		return cert.ParseTicketNumber(string(digits[8:]))
	}
	return "", cert.ErrTicketNumber
}

// eras maps the letters and names of Japanese eras to the year before their
// first.
func eras() map[string]int {
	return map[string]int{
		"M": 1867, "T": 1911, "S": 1925, "H": 1988, "R": 2018,
		"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018,
		"明": 1867, "大": 1911, "昭": 1925, "平": 1988, "令": 2018,
	}
}

// readBirthDate reads a complete date: 1985-03-14, 1985/3/14, 19850314,
// 1985年3月14日, or with an era: S60.3.14, 昭和60年3月14日, 令和元年5月1日.
func readBirthDate(text string) (cert.Date, bool) {
	era, numbers, ok := splitDate(text)
	if !ok {
		return cert.Date{}, false
	}
	if era == "" && len(numbers) == 1 && numbers[0] >= 1000_00_00 {
		numbers = []int{numbers[0] / 10000, numbers[0] / 100 % 100, numbers[0] % 100}
	}
	if len(numbers) != 3 {
		return cert.Date{}, false
	}
	if era != "" {
		before, known := eras()[era]
		if !known || numbers[0] < 1 || numbers[0] > 99 {
			return cert.Date{}, false
		}
		numbers[0] += before
	}
	d := cert.Date{Year: numbers[0], Month: numbers[1], Day: numbers[2]}
	got, err := cert.ParseDate(d.Compact())
	return d, err == nil && got == d && d.Full() && d.Year >= 1868
}

// splitDate takes a date apart into an era and at most three numbers.
func splitDate(text string) (era string, numbers []int, ok bool) {
	open := false // in the middle of a number
	for _, r := range text {
		d, isDigit := digit(r)
		switch {
		case isDigit:
			if !open {
				numbers = append(numbers, 0)
				open = true
			}
			last := &numbers[len(numbers)-1]
			if *last = *last*10 + int(d-'0'); *last > 99999999 || len(numbers) > 3 {
				return "", nil, false
			}
		case r == '元' && len(numbers) == 0:
			numbers = append(numbers, 1)
		case gap(r), r == '/', r == '.', r == '年', r == '月', r == '日', r == '／', r == '．':
			open = false
		case len(numbers) == 0 && len(era) < 6:
			if r >= 'a' && r <= 'z' {
				r -= 'a' - 'A'
			}
			era += string(r)
		default:
			return "", nil, false
		}
	}
	return era, numbers, true
}
