// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"testing"

	"kofu/cert"
)

// TestZoneFaults: each check digit has its text, and what is wrong besides has
// another.
func TestZoneFaults(t *testing.T) {
	const line1, line2 = "P<JPNYAMADA<<HANAKO<<<<<<<<<<<<<<<<<<<<<<<<<", "TK00000003JPN8503149F3001019ZE184226B<<<<<16"
	birth, today := cert.Date{Year: 1985, Month: 3, Day: 14}, cert.Date{Year: 2026, Month: 11, Day: 24}
	swap := func(at int, to string) string { return line2[:at] + to + line2[at+1:] }
	for _, tt := range []struct{ name, line1, line2, want string }{
		{"number", line1, swap(9, "8"), "mrz_digit_number"},
		{"letter in the number", line1, swap(4, "O"), "mrz_digit_number"},
		{"letter as check digit", line1, swap(9, "O"), "mrz_digit_number"},
		{"birth", line1, swap(19, "8"), "mrz_digit_birth"},
		{"expiry", line1, swap(27, "8"), "mrz_digit_expiry"},
		{"personal number", line1, swap(42, "8"), "mrz_digit_personal"},
		{"personal number without its digit", line1, swap(42, "<"), "mrz_digit_personal"},
		{"composite", line1, swap(43, "9"), "mrz_digit_composite"},
		{"length", line1, line2[1:], "mrz_length"},
		{"character", line1[:8] + "%" + line1[9:], line2, "mrz_character"},
		{"document", "I" + line1[1:], line2, "mrz_document"},
		{"State", line1, swap(11, "1"), "mrz_state"},
		{"name", line1[:5] + "0" + line1[6:], line2, "mrz_name"},
		{"sex", line1, swap(20, "K"), "mrz_sex"},
		{"nothing", "", "", "mrz_missing"},
	} {
		if p, got := readMRZ(tt.line1+"\n"+tt.line2, birth, today); p != nil || got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
