// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"kofu/cert/pdf"
	"kofu/cert/qr"
	"kofu/cert/shc"
	"kofu/test/card"
	"kofu/test/terminal"
	"kofu/test/vrs"
)

const crowdSeed = 20260

// visitor is a person with a card and a terminal of their own.
type visitor struct {
	vrs.Resident
	person terminal.Person
	at     *terminal.Terminal
	sheet  []byte
}

// Two hundred terminals at once (fewer under the race detector): everybody goes home with their own paper, its
// text and its symbol included. Some have the same name and birthday, and are
// told apart by their doses.
//
// Rows: A6, R1.2, R1.3
func TestTwoHundredTerminalsAtOnce(t *testing.T) {
	w := newWorld(t)
	all := w.visitors(t)
	keys := must(shc.ParseKeySet(w.ring.JWKS()))(t)
	start, begun := make(chan struct{}), time.Now()
	var done sync.WaitGroup
	for i := range all {
		v := &all[i]
		done.Go(func() {
			<-start
			if err := v.visit(t, keys); err != nil {
				t.Errorf("terminal %d: %v", i, err)
			}
		})
	}
	close(start)
	done.Wait()
	t.Logf("%d terminals in %s", len(all), time.Since(begun).Round(100*time.Millisecond))
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("it took %s", took)
	}
	for i := range all { // or the comparison is worth nothing: five of one name stand before five of the same
		if other := all[(i+5)%crowd]; all[i].sheet != nil && other.sheet != nil && all[i].owns(other.sheet, keys) == nil {
			t.Errorf("terminal %d would take another's sheet for its own", i)
		}
	}
	w.balance(t)
	if n := len(w.entries()); n != crowd {
		t.Errorf("%d entries in the books", n)
	}
	if r := w.watch.Report(); !r.Clean() || len(r.Terminals) != crowd {
		t.Errorf("the watcher says: %s", r)
	}
}

// visitors are generated persons, and two of the same name and birthday,
// several times over.
func (w *world) visitors(t *testing.T) []visitor {
	t.Helper()
	const generated = 260 // a quarter lives where no kiosk issues
	if err := w.records.Fill(t.Context(), generated, crowdSeed); err != nil {
		t.Fatal(err)
	}
	people := slices.Collect(vrs.Generate(generated, crowdSeed))
	people = slices.DeleteFunc(people, func(r vrs.Resident) bool { return r.Municipality == "900044" })
	for _, r := range vrs.Residents() {
		if r.ID == "r078" || r.ID == "r079" { // same name, same birthday
			people = append([]vrs.Resident{r, r, r, r, r}, people...)
		}
	}
	if len(people) < crowd {
		t.Fatalf("%d persons", len(people))
	}
	all := make([]visitor, crowd)
	for i, r := range people[:crowd] {
		p := terminal.Person{Card: terminal.Chip(w.fresh(r)), PIN: r.PIN, Towns: []string{string(r.Municipality)}, Copies: 1 + i%2, Again: 3}
		// Two hundred papers are wanted in one moment; a machine that is small or
		// busy takes its time, and nobody has to be told that it is offline.
		c := terminal.Config{URLs: []string{w.url}, HTTP: w.client("t" + strconv.Itoa(i)), Attempt: time.Minute, Patience: time.Minute}
		all[i] = visitor{Resident: r, person: p, at: must(terminal.New(c))(t)}
	}
	return all
}

// fresh makes a card that nobody else holds; its key may be one of a few.
func (w *world) fresh(r vrs.Resident) *card.Card {
	w.t.Helper()
	w.cards.Lock()
	delete(w.made, r.ID)
	w.cards.Unlock()
	return w.issue(r)
}

func (v *visitor) visit(t *testing.T, keys shc.KeySet) error {
	got, err := v.person.Walk(t.Context(), v.at)
	if err != nil {
		return err
	}
	if got.Last != "thanks" || len(got.Sheets) != v.person.Copies || got.Coins.Captured != 120*v.person.Copies || !got.CardOut {
		return fmt.Errorf("%s with %d sheets, %+v", got.Last, len(got.Sheets), got.Coins)
	}
	for _, s := range got.Sheets {
		if err := v.owns(s.PDF, keys); err != nil {
			return err
		}
	}
	v.sheet = got.Sheets[0].PDF
	return nil
}

// owns compares a sheet with the person and with what their screen has shown.
func (v *visitor) owns(sheet []byte, keys shc.KeySet) error {
	page, err := pdf.Read(sheet)
	if err != nil {
		return err
	}
	if len(page.Symbols) != 1 {
		return fmt.Errorf("%d symbols", len(page.Symbols))
	}
	text, err := qr.Read(page.Symbols[0])
	if err != nil {
		return err
	}
	jws, err := shc.FromNumeric(text)
	if err != nil {
		return err
	}
	c, err := shc.Parse(jws)
	if err != nil {
		return err
	}
	if err := c.Verify(keys); err != nil {
		return err
	}
	name := c.Patient.Family.Reveal() + "　" + c.Patient.Given.Reveal()
	if c.Patient.Given.Reveal() == "" {
		name = c.Patient.Text.Reveal()
	}
	if name != v.Name || c.Patient.BirthDate != v.Birth.String() {
		return fmt.Errorf("the symbol is of somebody else")
	}
	for _, want := range []string{v.Name, v.Birth.String()} {
		if !slices.ContainsFunc(page.Runs, func(r pdf.Run) bool { return r.Text == want }) {
			return fmt.Errorf("the text is of somebody else: %q not among %d runs", want, len(page.Runs))
		}
	}
	return v.dosesAgree(c, page)
}

// dosesAgree compares symbol and text with the content that was checked.
func (v *visitor) dosesAgree(c *shc.Card, page *pdf.Page) error {
	var shown [][]string
	for _, x := range v.at.Transcript {
		if x.Answer != nil && x.Answer.Screen.Content != nil {
			shown = x.Answer.Screen.Content.Doses
		}
	}
	if len(shown) == 0 || len(shown) != len(c.Doses) {
		return fmt.Errorf("%d doses in the symbol, %d were shown", len(c.Doses), len(shown))
	}
	for _, d := range c.Doses {
		if !slices.ContainsFunc(shown, func(row []string) bool { return slices.Contains(row, d.Date) && slices.Contains(row, d.Lot) }) {
			return fmt.Errorf("a dose in the symbol that was not shown")
		}
		if !slices.ContainsFunc(page.Runs, func(r pdf.Run) bool { return r.Text == d.Lot }) {
			return fmt.Errorf("a lot number that is not printed")
		}
	}
	return nil
}
