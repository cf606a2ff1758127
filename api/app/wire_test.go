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
	in := applicationRequest{
		Device: "secret-of-the-phone", Card: cardJSON{EF0001: []byte("123456789018"), Surface: &surfaceJSON{Birth: []byte("19850314")}}, MRZ: []string{"P<JPNYAMADA"},
		Chip: &chipJSON{DG1: []byte("YAMADA")}, proofJSON: proofJSON{Credential: "secret-credential"},
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %v %s %v %+v %v", in, &in, in, in, in.Card, certificateRequest{Device: "secret-of-the-phone"}, in.Card.Surface, in.Chip, deviceRequest{Challenge: "secret"})
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "in", in, "card", in.Card)
	for _, mark := range []string{"1234", "49 50 51", "0x31", "secret", "YAMADA", "MTIz"} {
		if strings.Contains(out.String(), mark) {
			t.Errorf("%s in %s", mark, out.String())
		}
	}
}

func TestWipeReachesTheEvidence(t *testing.T) {
	in := applicationRequest{
		Card: cardJSON{EF0001: []byte("123456789018"), Signature: []byte("x"), Surface: &surfaceJSON{Birth: []byte("19850314")}},
		Chip: &chipJSON{DG1: []byte("YAMADA")},
	}
	ev, chip := in.evidence(), in.chip()
	in.wipe()
	if !bytes.Equal(ev.Files.EF0001, make([]byte, 12)) || ev.Signature[0] != 0 || !bytes.Equal(ev.Surface.Birth, make([]byte, 8)) || !bytes.Equal(chip.DG1, make([]byte, 6)) {
		t.Error("the evidence survives the request")
	}
}
