// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"context"
	"errors"
	"testing"

	"kofu/cardauth"
	"kofu/test/card"
	"kofu/test/terminal"
)

func resident(t *testing.T) *card.Card {
	t.Helper()
	town := must(must(card.NewPKI("9000033"))(t).NewMunicipality("90001"))(t)
	return must(town.Issue(card.Holder{MyNumber: "900000001377", Name: "見本　一子", Address: "架空", BirthDate: "19850314", Sex: "2", PIN: "2348"}))(t)
}

// The slot drives a real simulated card by APDUs: the PIN is checked by the
// card, and the files are read once however often it signs.
func TestCardSlotAndPINPad(t *testing.T) {
	var slot terminal.CardSlot
	var pad terminal.PINPad
	if _, _, err := pad.Enter(&slot, "2348"); !errors.Is(err, terminal.ErrNoCard) {
		t.Errorf("no card: %v", err)
	}
	c := resident(t)
	if err := slot.Insert(terminal.Chip(c)); err != nil || slot.Insert(terminal.Stranger{}) == nil {
		t.Errorf("insert: %v", err)
	}
	for _, tt := range []struct {
		pin     string
		refused bool
		left    int
		fails   bool
	}{{"234", false, 0, true}, {"234x", false, 0, true}, {"2349", true, 2, false}, {"2348", false, 0, false}, {"2349", true, 2, false},
		{"2349", true, 1, false}, {"2349", true, 0, false}, {"2348", true, 0, false}} {
		refused, left, err := pad.Enter(&slot, tt.pin)
		if refused != tt.refused || left != tt.left || (err != nil) != tt.fails {
			t.Errorf("%q: %v, %d, %v", tt.pin, refused, left, err)
		}
	}
	slot.Remove()
	if slot.Occupied() || slot.Remove() != nil {
		t.Error("the card is still there")
	}
	if err := slot.Insert(terminal.Stranger{}); err != nil {
		t.Error(err)
	}
	if _, _, err := pad.Enter(&slot, "2348"); !errors.Is(err, card.ErrNotMyNumberCard) {
		t.Errorf("stranger: %v", err)
	}
}

func TestChipReadsAndSigns(t *testing.T) {
	c := terminal.Chip(resident(t))
	if err := c.VerifyPIN("2348"); err != nil {
		t.Fatal(err)
	}
	files := must(c.Files())(t)
	sum := 0
	for _, f := range []cardauth.Secret{files.EF0001, files.EF0002, files.EF0003, files.EF0004, files.EF0007} {
		if len(f) == 0 {
			t.Error("a file is empty")
		}
		sum += len(f)
	}
	for range 2 { // signing needs no PIN
		if sig := must(c.Sign([]byte("message")))(t); len(sig) != 256 {
			t.Errorf("signature of %d bytes", len(sig))
		}
	}
	if _, err := c.Files(); err == nil {
		t.Error("files are read without a PIN, after signing has selected the application anew")
	}
}

// The account is true whatever happens: inserted = escrow + captured + returned.
func TestCoinUnit(t *testing.T) {
	url, _ := serveFake(t, &fake{})
	tr := simulator(t, url)
	if tr.Coins.Insert(100) || tr.Coins.Account().Refused != 100 {
		t.Error("coins fell into a closed slot")
	}
	tr.Coins.StuckYen = 50
	p := somebody()
	p.CoinsYen = []int{500}
	_, err := p.Walk(t.Context(), tr)
	if v, ok := errors.AsType[*terminal.Violation](err); !ok || v.Rule != terminal.RuleFee { // the fake thinks of 120
		t.Errorf("got %v", err)
	}
	if a := tr.Coins.Account(); a.Inserted != 500 || a.Inserted != a.Escrow+a.Captured+a.Returned {
		t.Errorf("account %+v", a)
	}
}

// A power cut takes everything but units and journal.
//
// Rows: C1
func TestPowerCutLeavesTheJournalAlone(t *testing.T) {
	url, _ := serveFake(t, &fake{})
	tr := simulator(t, url)
	p := somebody()
	p.Deeds = map[string]terminal.Deed{"capture": func(_ context.Context, tr *terminal.Terminal) error {
		if !tr.Slot.Occupied() && tr.Screen().ID == "capture" {
			tr.PowerCut()
		}
		return nil
	}}
	if _, err := p.Walk(t.Context(), tr); err != nil {
		t.Fatal(err)
	}
	j := tr.Journal()
	if j.Session != fakeSession || j.Number != at("capture") || j.EscrowYen != 120 || len(j.Printed) != 1 {
		t.Errorf("journal %+v", j)
	}
	if tr.Holds() || tr.Answer() != nil || tr.Screen().ID != "" || tr.Printer.Tray() != 1 || tr.Panel.Lamp != "off" {
		t.Error("something else has survived")
	}
}

func TestPrinterTray(t *testing.T) {
	url, _ := serveFake(t, &fake{})
	tr := simulator(t, url)
	tr.Printer.Troubles = map[int]terminal.Trouble{1: {Kind: "jam", HalfOut: true}}
	p := somebody()
	stop := errors.New("stop")
	p.Deeds = map[string]terminal.Deed{"capture": func(_ context.Context, tr *terminal.Terminal) error {
		if tr.Printer.Fault() != "jam" || tr.Printer.Tray() != 0 || len(tr.Journal().Printed) != 0 || len(tr.Printer.Take()) != 0 {
			t.Error("a sheet that hangs half out was taken for one that is out")
		}
		tr.Printer.Fix()
		if tr.Printer.Wasted != 1 || tr.Printer.Fault() != "" {
			t.Error("the jam was not cleared")
		}
		return stop
	}}
	_, _ = p.Walk(t.Context(), tr)
	if tr.Printer.Fed != 1 {
		t.Errorf("%d sheets fed", tr.Printer.Fed)
	}
}
