// SPDX-License-Identifier: Apache-2.0

package qr

import (
	"strings"
	"testing"
)

// TestScratchIsCleared looks at what a symbol was written in when it is free
// for the next one.
//
// Rows: C3
func TestScratchIsCleared(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		err  error
	}{"written": {strings.Repeat("YAMADA 太郎 1234 ", 90), nil}, "refused": {strings.Repeat("YAMADA 太郎 1234 ", 180), ErrTooLong}} {
		t.Run(name, func(t *testing.T) {
			e := NewEncoder()
			used := new(scratch)
			e.scratch.New = func() any { return used }
			if _, err := e.Encode(c.text, L); err != c.err {
				t.Fatal(err)
			}
			if *used != (scratch{}) {
				t.Error("something of the text is left")
			}
		})
	}
}
