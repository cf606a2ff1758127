// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Need is what a scenario cannot do without.
type Need string

// The persons a scenario may need, and the other callers.
const (
	NeedDomestic  Need = "a person with a record in Towns[0]"
	NeedHistory   Need = "a person with a record and an overseas certificate issued on or after 2022-07-21"
	NeedNoHistory Need = "a person with a record and no overseas certificate"
	NeedExpired   Need = "a person whose latest overseas certificate has a passport that has expired"
	NeedNoRecord  Need = "a person without a record in Towns[0]"
	NeedBlocked   Need = "a person under protective measures, in the same Towns[0] as the one without a record"
	NeedElsewhere Need = "a person without a record in Towns[0] and with one in Towns[1]"
	NeedNotJoined Need = "a person with a record in Towns[0], and in Towns[1] a municipality that does not take part"
	NeedCheck     Need = "a person whose record needs a check"
	NeedCounter   Need = "a person whom only the counter serves"
	NeedNoGlyph   Need = "a person whose name cannot be printed"
	NeedOther     Need = "the client certificate of a second terminal (Env.Other)"
	NeedStranger  Need = "a client certificate of no terminal (Env.Stranger)"
)

// Env is the service under test, and what there is to test it with.
type Env struct {
	// Config of the terminal that all scenarios use.
	Config Config
	// Other speaks for another terminal of the registry, Stranger for none.
	// They may be nil.
	Other, Stranger *http.Client
	// Person returns somebody who fits the need, with a card that is not
	// blocked; false when there is nobody.
	Person func(Need) (Person, bool)
}

// Scenario is one thing that a service must get right. Run returns what it did
// not, often as a [*Violation].
type Scenario struct {
	Name  string
	Needs []Need
	Run   func(ctx context.Context, e Env) error
	// Hostile is one that sends what no terminal may send.
	Hostile bool
}

// Missing lists what e does not have of what s needs.
func (s Scenario) Missing(e Env) []Need {
	var missing []Need
	for _, n := range s.Needs {
		there := false
		switch n {
		case NeedOther:
			there = e.Other != nil
		case NeedStranger:
			there = e.Stranger != nil
		default:
			_, there = e.Person(n)
		}
		if !there {
			missing = append(missing, n)
		}
	}
	return missing
}

// Scenarios returns all of them.
func Scenarios() []Scenario {
	hostile := guarding()
	for i := range hostile {
		hostile[i].Hostile = true
	}
	return slices.Concat(issuing(), refusing(), failing(), leaving(), cutting(), hostile)
}

// stage is a scenario under way: a terminal, its line, its person.
type stage struct {
	Env
	*Terminal
	cable *Cable
	p     Person
}

var errNobody = errors.New("terminal: nobody fits what the scenario needs")

// stage sets a terminal up for a person.
func (e Env) stage(n Need) (*stage, error) {
	p, ok := e.Person(n)
	if !ok {
		return nil, errNobody
	}
	next := e.Config.HTTP.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	s := &stage{Env: e, cable: &Cable{Next: next}, p: p}
	c := e.Config
	c.HTTP = &http.Client{Transport: s.cable, Timeout: e.Config.HTTP.Timeout}
	var err error
	s.Terminal, err = New(c)
	return s, err
}

// walk walks p through, and looks at what is true of every walk that has ended.
func (s *stage) walk(ctx context.Context) (Result, error) {
	got, err := s.p.Walk(ctx, s.Terminal)
	if err != nil {
		return got, err
	}
	return got, s.ended(got)
}

// ended holds after every session: it is over, nothing is held, no coin lies in
// escrow, and what was kept is the fee of the sheets that came out.
func (s *stage) ended(got Result) error {
	sheets := len(got.Sheets) + s.Printer.Tray() + s.Printer.Retracted
	account := s.Account()
	switch {
	case !s.Over():
		return fmt.Errorf("terminal: ends on %s without being over", got.Last)
	case s.Holds():
		return errors.New("terminal: something personal is held after the end")
	case got.Last == "call_staff":
		return nil
	case account.Escrow != 0:
		return fmt.Errorf("terminal: %d yen lie in escrow after the end", account.Escrow)
	case account.Captured != sheets*s.perCopy():
		return fmt.Errorf("terminal: %d yen kept for %d sheets", account.Captured, sheets)
	case account.Inserted != account.Captured+account.Returned:
		return errors.New("terminal: coins are missing")
	}
	for _, sheet := range got.Sheets[min(1, len(got.Sheets)):] {
		if !slices.Equal(sheet.PDF, got.Sheets[0].PDF) {
			return errors.New("terminal: two copies are not the same")
		}
	}
	return nil
}

// perCopy is the fee of one copy, as it was shown.
func (s *stage) perCopy() int {
	yen := 0
	for _, x := range s.Transcript {
		if x.Answer != nil {
			yen = max(yen, x.Answer.Screen.Fee.PerCopyYen)
		}
	}
	return yen
}

// want compares where a walk ended, and how many sheets were taken.
func want(got Result, last string, sheets int) error {
	if got.Last != last || len(got.Sheets) != sheets {
		return fmt.Errorf("terminal: ends on %s with %d sheets, not on %s with %d, by way of %v", got.Last, len(got.Sheets), last, sheets, got.Screens)
	}
	return nil
}

// simple makes a scenario of one walk: change makes the person what they are.
func simple(name string, n Need, last string, sheets int, change func(s *stage)) Scenario {
	return Scenario{Name: name, Needs: []Need{n}, Run: func(ctx context.Context, e Env) error {
		s, err := e.stage(n)
		if err != nil {
			return err
		}
		if change != nil {
			change(s)
		}
		got, err := s.walk(ctx)
		if err != nil {
			return err
		}
		if !got.CardOut {
			return errors.New("terminal: the card is still in the slot")
		}
		return want(got, last, sheets)
	}}
}

// screensOf walks once, undisturbed, and returns the screens that were seen.
func (e Env) screensOf(ctx context.Context, n Need) ([]string, error) {
	s, err := e.stage(n)
	if err != nil {
		return nil, err
	}
	got, err := s.walk(ctx)
	if err != nil {
		return nil, err
	}
	return got.Screens, want(got, "thanks", 1)
}

// atEach makes a scenario of many walks, one for each screen of a whole one.
func atEach(name string, n Need, run func(ctx context.Context, s *stage, screen string) error) Scenario {
	return Scenario{Name: name, Needs: []Need{n}, Run: func(ctx context.Context, e Env) error {
		screens, err := e.screensOf(ctx, n)
		if err != nil {
			return err
		}
		for _, id := range screens {
			s, err := e.stage(n)
			if err != nil {
				return err
			}
			if err := run(ctx, s, id); err != nil {
				return fmt.Errorf("at %s: %w", id, err)
			}
		}
		return nil
	}}
}
