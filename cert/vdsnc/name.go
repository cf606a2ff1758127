// SPDX-License-Identifier: Apache-2.0

package vdsnc

import (
	"fmt"
	"strings"

	"kofu/cert"
)

const maxName = 39 // as in the machine-readable zone of a passport

// Name returns "pid.n": the primary identifier, one space (as Japan writes
// it) and the secondary, in A to Z and single spaces, at most 39 characters.
// Lower case is raised; hyphens become spaces and apostrophes go, as in a
// machine-readable zone (ICAO Doc 9303-3, 4.6); anything else is
// [ErrCharacter], because a guess at a transliteration would put a name on a
// certificate that the passport does not bear.
//
// A longer name is truncated after ICAO Doc 9303-4, 4.2.3. Of the ways shown
// there this one is taken (assumed): the primary identifier keeps its length
// and the secondary is cut; only when no letter of it would be left, the
// components of the primary are reduced to initials, from the last, and then
// cut.
func Name(primary, secondary cert.Private) (string, error) {
	p, err := latin(primary.Reveal())
	if err != nil {
		return "", err
	}
	s, err := latin(secondary.Reveal())
	if err != nil {
		return "", err
	}
	switch {
	case p == "":
		return "", fmt.Errorf("vdsnc: encode msg.pid.n: %w", ErrCharacter)
	case s == "":
		return cut(p, maxName), nil
	}
	p = initials(p, maxName-2) // a space and one letter
	return p + " " + cut(s, maxName-len(p)-1), nil
}

func latin(s string) (string, error) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'A' && r <= 'Z', r == ' ':
			b.WriteRune(r)
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r == '-':
			b.WriteByte(' ')
		case r == '\'':
		default:
			return "", fmt.Errorf("vdsnc: encode msg.pid.n: %w", ErrCharacter)
		}
	}
	return strings.Join(strings.Fields(b.String()), " "), nil
}

// initials reduces components to their first letter, from the last, until s
// has at most n characters; what is still too long is cut.
func initials(s string, n int) string {
	parts := strings.Fields(s)
	for i := len(parts) - 1; i > 0 && len(s) > n; i-- {
		parts[i] = parts[i][:1]
		s = strings.Join(parts, " ")
	}
	return cut(s, n)
}

func cut(s string, n int) string { return strings.TrimRight(s[:min(len(s), n)], " ") }
