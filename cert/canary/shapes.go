// SPDX-License-Identifier: Apache-2.0

package canary

import (
	"bytes"
	"regexp"

	"kofu/cert"
)

// A Shape is a place that looks like personal data, whoever's it may be.
type Shape struct {
	What   string // see [Shapes]
	Offset int    // in bytes
}

// The forms that [Shapes] knows.
const (
	ShapeNumber = "twelve digits with the check digit of a My Number"
	ShapeZone   = "a line of a passport's machine-readable zone"
	ShapeSigned = "a signed text (JWS) or a SMART Health Card"
	ShapePerson = "a date of birth with kana"
)

var (
	digitRuns = regexp.MustCompile(`[0-9]+`)
	zoneRuns  = regexp.MustCompile(`[A-Z0-9<]{44,}`)
	signed    = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}|shc:/[0-9]{40,}`)
	bornKana  = regexp.MustCompile(`(19[0-9]{2}|20[012][0-9])[-/年]?[01]?[0-9][-/月]?[0-3]?[0-9](?s:.){0,64}?[ァ-ヶー]{3,}|[ァ-ヶー]{3,}(?s:.){0,64}?(19[0-9]{2}|20[012][0-9])[-/年]?[01]?[0-9][-/月]?[0-3]?[0-9]`)
)

// Shapes lists what in b looks like personal data, in UTF-8. One in eleven
// numbers of twelve digits has a right check digit by chance: each finding is
// for somebody to look at.
func Shapes(b []byte) (list []Shape) {
	for _, at := range digitRuns.FindAllIndex(b, -1) {
		if at[1]-at[0] != 12 {
			continue
		}
		if n, err := cert.ParseMyNumber(b[at[0]:at[1]]); err == nil {
			n.Wipe()
			list = append(list, Shape{ShapeNumber, at[0]})
		}
	}
	for _, at := range zoneRuns.FindAllIndex(b, -1) {
		if line := b[at[0]:at[1]]; bytes.Contains(line, []byte("<<")) && (line[0] == 'P' || bytes.ContainsAny(line, "0123456789")) {
			list = append(list, Shape{ShapeZone, at[0]})
		}
	}
	for _, at := range signed.FindAllIndex(b, -1) {
		list = append(list, Shape{ShapeSigned, at[0]})
	}
	for _, at := range bornKana.FindAllIndex(b, -1) {
		list = append(list, Shape{ShapePerson, at[0]})
	}
	return list
}
