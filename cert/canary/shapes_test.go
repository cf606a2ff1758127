// SPDX-License-Identifier: Apache-2.0

package canary_test

import (
	"strings"
	"testing"

	"kofu/cert/canary"
)

func TestShapes(t *testing.T) {
	for text, want := range map[string]string{
		"id 900000001377.": canary.ShapeNumber,
		"id 900000001378.": "",
		"1900000001377":    "", // thirteen
		"P<JPNMIHON<<KAZUKO<<<<<<<<<<<<<<<<<<<<<<<<<<<":                                   canary.ShapeZone,
		"ZZ0000031<4JPN8503146F3405207<<<<<<<<<<<<<<06":                                   canary.ShapeZone,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTU":                                 "",
		"eyJhbGciOiJFUzI1NiJ9." + strings.Repeat("a", 40) + "." + strings.Repeat("b", 86): canary.ShapeSigned,
		"shc:/" + strings.Repeat("56", 30):                                                canary.ShapeSigned,
		`{"kana":"ミホン　カズコ","birth_date":"1985-03-14"}`:                                    canary.ShapePerson,
		"1985年3月14日 ミホン":                                                                  canary.ShapePerson,
		"2026-11-24T02:03:04Z staff 山田花子, terminal d-1":                                   "",
		"kofu:1:challenge:abc app certificate 1700000000000":                              "",
	} {
		got := canary.Shapes([]byte(text))
		switch {
		case want == "" && len(got) > 0:
			t.Errorf("%q looks like %v", text, got)
		case want != "" && (len(got) != 1 || got[0].What != want):
			t.Errorf("%q looks like %v, want %s", text, got, want)
		}
	}
}
