// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"slices"
	"testing"
)

// A failure that comes twice from one terminal, or through one relay, is an
// incident, also when what came in between and after went well; failures of
// different kinds or of different terminals, and what is our own, are none.
//
// Rows: R1.6
func TestFailureThatCameTwice(t *testing.T) {
	const unknown = `{"protocol":["1.0"],"colour":"red"}`
	const other = `{`
	open := func(b *bench, who, body string, header ...string) { b.post(who, "/kiosk/v1/sessions", body, header...) }
	for name, c := range map[string]struct {
		do   func(b *bench)
		want []string
	}{
		"once": {func(b *bench) { open(b, "t-1", unknown) }, nil},
		"twice": {func(b *bench) {
			open(b, "t-1", unknown)
			open(b, "t-1", unknown)
		}, []string{"UNKNOWN_FIELD"}},
		"went away on retry, came again, went away": {func(b *bench) {
			for range 2 {
				open(b, "t-1", unknown)
				open(b, "t-1", openingJSON)
			}
		}, []string{"UNKNOWN_FIELD"}},
		"another failure": {func(b *bench) {
			open(b, "t-1", unknown)
			open(b, "t-1", other)
		}, nil},
		"another terminal": {func(b *bench) {
			open(b, "t-1", unknown)
			open(b, "t-2", unknown)
		}, nil},
		"of another terminal of the same relay": {func(b *bench) {
			r := b.memory.terminals["t-3"]
			r.ID = "t-5"
			b.memory.terminals["t-5"] = r
			open(b, "centre", unknown, relayHeader, "t-3")
			open(b, "centre", unknown, relayHeader, "t-5")
		}, []string{"UNKNOWN_FIELD"}},
		"a terminal nobody knows": {func(b *bench) {
			open(b, "t-9", unknown)
			open(b, "t-9", unknown)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c.do(b)
			if got := b.repeated; !slices.Equal(got, c.want) {
				t.Errorf("told of %q, want %q", got, c.want)
			}
		})
	}
}
