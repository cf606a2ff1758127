// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"testing"

	"kofu/cert"
)

// toReading goes as far as the card.
func (v *visit) toReading(kind cert.Kind) *visit {
	v.t.Helper()
	v.at("language").choose("ja", "agree", string(kind), "900010").at("place_card")
	v.send(wire{Type: CardPlaced}).at("enter_pin")
	return v.send(wire{Type: PINVerified}).at("reading_card")
}

// toPay goes as far as the coins.
func (v *visit) toPay(copies string) *visit {
	v.t.Helper()
	v.toReading(cert.Domestic).send(v.read()).at("remove_card").send(wire{Type: CardRemoved}).at("content_check")
	return v.choose("correct", copies).at("pay")
}

// Rows: A3, D1, D3
func TestOneCertificateFromCardToPaper(t *testing.T) {
	v := newBench(t).open().toPay("2")
	if v.last.Screen.Fee.TotalYen != 240 || v.held.Certificate == "" || v.last.Release != nil {
		t.Fatalf("pay: %+v", v.last.Screen.Fee)
	}
	v.send(wire{Type: CoinsIn, EscrowYen: new(100)}).at("pay")
	v.send(wire{Type: CoinsIn, EscrowYen: new(250)}).at("printing")
	if v.last.Release == nil || len(v.last.Release.Key) != 32 || len(v.last.Release.Sheets) != 2 {
		t.Fatal("no key, or not both sheets")
	}
	v.send(wire{Type: Printed, Printed: &[]int{1}}).at("printing")
	if v.last.Release != nil {
		t.Fatal("told to print while it prints")
	}
	v.send(wire{Type: Printed, Printed: &[]int{1, 2}}).at("capture")
	if f := v.last.Screen.Fee; f.CaptureYen != 240 || f.ReturnYen != 10 {
		t.Fatalf("capture %d, return %d", f.CaptureYen, f.ReturnYen)
	}
	v.send(wire{Type: FeeSettled, CapturedYen: new(240), ReturnedYen: new(10)}).at("take_paper")
	v.send(wire{Type: PaperTaken}).at("thanks")
	if !v.last.Over {
		t.Fatal("not over")
	}
	if len(v.office.keys) != 0 {
		t.Fatalf("%d keys are left", len(v.office.keys))
	}
	if len(v.memory.inside) != 0 {
		t.Fatal("the place was not given up")
	}
}
