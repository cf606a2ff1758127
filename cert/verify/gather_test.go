// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A wallet file of chunks that belong to nothing is the worst there is.
func TestGatherIsLinear(t *testing.T) {
	took := func(n int) time.Duration {
		in := input{}
		for i := range n {
			in.texts = append(in.texts, fmt.Sprintf("shc:/1/%d/%06d", 2+i%2, i))
		}
		start := time.Now()
		if cards := gather([]input{in}); len(cards) != n {
			t.Fatalf("%d cards of %d", len(cards), n)
		}
		return time.Since(start)
	}
	if d := took(20_000); d > 2*time.Second { // a quadratic one takes a minute
		t.Errorf("20000 chunks took %v", d)
	}
}

func TestCertificatesAreBounded(t *testing.T) {
	lines := func(n int) File {
		return File{Name: "lines", Data: []byte(strings.Repeat("shc:/56\n", n))}
	}
	wallet := func(n int) File {
		return File{Name: "wallet", Data: []byte(`{"verifiableCredential":["a.b.c"` + strings.Repeat(`,"a.b.c"`, n-1) + `]}`)}
	}
	array := func(n int) File {
		return File{Name: "array", Data: []byte("[{}" + strings.Repeat(",{}", n-1) + "]")}
	}
	for _, form := range []func(int) File{lines, wallet, array} {
		in := readAll([]File{form(1000), form(1001)})
		if len(in[0].texts) != 1000 || in[0].unusable != "" || in[1].texts != nil || in[1].unusable != "more than 1000 certificates or lines" {
			t.Errorf("%d, %d texts; %s", len(in[0].texts), len(in[1].texts), in[1].unusable)
		}
	}
	var many []File
	for range 11 {
		many = append(many, wallet(990))
	}
	in := readAll(append(many, lines(1001), lines(5)))
	if in[9].unusable != "" || in[10].unusable != "more than 10000 certificates in all files" || in[12].unusable != "" || len(in[12].texts) != 5 {
		t.Errorf("in all: %q, %q, %q", in[9].unusable, in[10].unusable, in[12].unusable)
	}
}

// A page whose only readable symbol is a chunk still has one that is not.
func TestUnreadSymbolBesideAChunk(t *testing.T) {
	files := []File{{Name: "a"}, {Name: "b"}}
	for unread, want := range map[[2]int]string{{0, 0}: "", {1, 0}: ReasonUnread, {0, 2}: ReasonUnread, {1, 1}: ReasonUnread} {
		out := Judge{}.inputs(files, []input{
			{source: SourcePDF, texts: []string{"shc:/1/2/56"}, unread: unread[0]},
			{source: SourcePDF, texts: []string{"shc:/2/2/56"}, unread: unread[1]},
		})
		if len(out) != 1 || len(out[0].Files) != 2 || strings.Join(out[0].Reasons, "|") != want {
			t.Errorf("%v: %d verdicts, reasons %q", unread, len(out), out[0].Reasons)
		}
	}
}
