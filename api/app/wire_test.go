// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// Rows: C3
func TestRequestsPrintAsRedacted(t *testing.T) {
	in := applicationRequest{Device: "secret-of-the-phone", Card: cardJSON{EF0001: []byte("123456789018")}, MRZ: []string{"P<JPNYAMADA"}}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %v %s", in, &in, in, in, in.Card, certificateRequest{Device: "secret-of-the-phone"})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "in", in, "card", in.Card)
	for _, mark := range []string{"1234", "49 50 51", "0x31", "secret", "YAMADA", "MTIz"} {
		if strings.Contains(out.String(), mark) {
			t.Errorf("%s in %s", mark, out.String())
		}
	}
}

func TestWipeReachesTheEvidence(t *testing.T) {
	in := applicationRequest{Card: cardJSON{EF0001: []byte("123456789018"), Signature: []byte("x")}}
	ev := in.evidence()
	in.wipe()
	if !bytes.Equal(ev.Files.EF0001, make([]byte, 12)) || ev.Signature[0] != 0 {
		t.Error("the evidence survives the request")
	}
}
