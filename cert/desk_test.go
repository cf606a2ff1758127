// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestTicketNumber(t *testing.T) {
	if n, err := ParseTicketNumber("0123456789"); err != nil || n.Reveal() != "0123456789" {
		t.Error(err)
	}
	for _, bad := range []string{"", "123456789", "12345678901", "012345678x", "０１２３４５６７８９", "0123456789\n"} {
		if _, err := ParseTicketNumber(bad); !errors.Is(err, ErrTicketNumber) {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzTicketNumber(f *testing.F) {
	f.Add("0123456789")
	f.Add("12 34")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseTicketNumber(s); err == nil && (n.Reveal() != s || len(s) != 10) {
			t.Error("another number than was given")
		}
	})
}

func TestBlockErrorIsOne(t *testing.T) {
	err := fmt.Errorf("x: %w", &BlockError{Rows: []int{3}})
	if !errors.Is(err, ErrBlockList) || strings.Contains(err.Error(), "3") {
		t.Error(err)
	}
	if !Protective.Valid() || !Stopped.Valid() || BlockClass("other").Valid() {
		t.Error("classes")
	}
}

// Rows: C3
func TestDeskTypesTellNothing(t *testing.T) {
	const told = "架空　花子"
	for name, v := range map[string]any{
		"search":    Search{Name: told, Ticket: told},
		"candidate": Candidate{Holder: Holder{Name: told}, Kana: told},
		"query":     FileQuery{Ref: told},
		"file":      &File{Kana: told, Record: Record{Holder: Holder{Name: told}}},
		"row":       BlockRow{Ticket: told, Handle: told},
		"list":      BlockList{Rows: []BlockRow{{Ticket: told}}},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if strings.Contains(fmt.Sprintf(verb, v), told) {
				t.Errorf("%s tells by %s", name, verb)
			}
		}
	}
}
