// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Deed is what somebody does, or what happens, instead of what is usual on a
// screen. It may act on t, and then the walk goes on with the screen that is
// shown; when it does not, the usual follows.
type Deed func(ctx context.Context, t *Terminal) error

// Person is somebody at a terminal, and what they will do there. The zero
// value of each field but Card, PIN and Towns is the usual.
type Person struct {
	Card      Card
	PIN       string
	WrongPINs int      // how often another one is typed first
	Kind      string   // domestic, overseas
	Towns     []string // six digits each: the first, and those that are tried when there is no record
	Language  string   // ja
	Passport  string   // is the one shown still current: yes, no
	Content   string   // is what will be printed right: correct, wrong
	Copies    int      // 1
	CoinsYen  []int    // as they are dropped in; what is due at once
	Again     int      // how often what failed is tried again
	GiveUpAt  string   // screen on which "cancel" is touched

	// Deeds are done when the screen of that id is shown for the first time.
	Deeds map[string]Deed
	// Each is done, before that, whenever something new is shown.
	Each Deed
	// LeaveAt is the screen at which the person walks away: from there on
	// nothing is touched or taken.
	LeaveAt string
}

// Result is what a walk has come to.
type Result struct {
	Last    string   // id of the last screen
	Screens []string // ids, as they came
	Sheets  []Sheet  // taken away
	Coins   Account  // of this session
	CardOut bool     // no card is left in the slot
}

// maxSteps is more than any walk takes.
const maxSteps = 200

var (
	errLost    = errors.New("terminal: the walk does not come to an end")
	errNoWay   = errors.New("terminal: the person finds nothing to do on this screen")
	errNoTown  = errors.New("terminal: a person without a municipality")
	errOffline = errors.New("terminal: the terminal is alone; the walk ends here")
)

// Walk opens a session and goes through its screens to the last.
func (p Person) Walk(ctx context.Context, t *Terminal) (Result, error) {
	if len(p.Towns) == 0 {
		return Result{}, errNoTown
	}
	if err := t.Open(ctx); err != nil {
		return Result{}, err
	}
	return p.Continue(ctx, t)
}

// Continue goes on from the screen that is shown.
func (p Person) Continue(ctx context.Context, t *Terminal) (Result, error) {
	w := &walk{Person: p, t: t, done: map[string]bool{}}
	err := w.run(ctx)
	w.Result.Last, w.Result.Coins, w.Result.CardOut = t.Screen().ID, t.Account(), !t.Slot.Occupied()
	return w.Result, err
}

// walk is a person on the way.
type walk struct {
	Person
	Result
	t    *Terminal
	done map[string]bool // deeds
	last *Answer         // for which Each was done
	town int
	pins int
	coin int
	gone bool
}

func (w *walk) run(ctx context.Context) error {
	for range maxSteps {
		s := w.t.Screen()
		if len(w.Screens) == 0 || w.Screens[len(w.Screens)-1] != s.ID {
			w.Screens = append(w.Screens, s.ID)
		}
		if w.t.Offline() {
			return errOffline
		}
		before := w.t.Answer()
		if w.Each != nil && before != w.last {
			w.last = before
			if err := w.Each(ctx, w.t); err != nil {
				return fmt.Errorf("on screen %s: %w", s.ID, err)
			}
			w.last = w.t.Answer()
			if w.last == nil {
				return nil
			}
			if w.last != before {
				continue
			}
		}
		if deed := w.Deeds[s.ID]; deed != nil && !w.done[s.ID] {
			w.done[s.ID] = true
			if err := deed(ctx, w.t); err != nil {
				return fmt.Errorf("on screen %s: %w", s.ID, err)
			}
			if w.t.Answer() == nil {
				return nil // the power is out
			}
			if w.t.Answer() != before {
				continue
			}
		}
		if w.t.Over() {
			return nil
		}
		if err := w.step(ctx, s); err != nil {
			return fmt.Errorf("on screen %s: %w", s.ID, err)
		}
	}
	return errLost
}

func (w *walk) step(ctx context.Context, s Screen) error {
	if s.ID == w.LeaveAt {
		w.gone = true
	}
	if s.ID == w.GiveUpAt {
		return w.t.Choose(ctx, "cancel")
	}
	if worked, err := w.t.Work(ctx); worked || err != nil {
		return err
	}
	if w.gone {
		return w.t.Wait(ctx)
	}
	if w.Again > 0 && offers(s, "again") {
		w.Again--
		return w.t.Choose(ctx, "again")
	}
	switch s.Input {
	case inputCard:
		return w.t.PlaceCard(ctx, w.Card)
	case inputPIN:
		return w.t.EnterPIN(ctx, w.nextPIN())
	case inputCardOut:
		return w.t.RemoveCard(ctx)
	case inputCoins:
		return w.t.InsertCoins(ctx, w.nextCoins(s.Fee))
	case inputPaperOut:
		sheets, err := w.t.TakePaper(ctx)
		w.Sheets = append(w.Sheets, sheets...)
		return err
	case inputPrinter:
		return w.t.FixPrinter(ctx)
	}
	return w.touch(ctx, s)
}

func (w *walk) nextPIN() string {
	if w.pins++; w.pins > w.WrongPINs {
		return w.PIN
	}
	wrong := []byte(w.PIN)
	wrong[0] = '0' + (wrong[0]-'0'+1)%10
	return string(wrong)
}

func (w *walk) nextCoins(f Fee) int {
	if w.coin < len(w.CoinsYen) {
		w.coin++
		return w.CoinsYen[w.coin-1]
	}
	return max(f.TotalYen-w.t.Account().Escrow, 0)
}

// touch chooses by the id of the screen.
func (w *walk) touch(ctx context.Context, s Screen) error {
	switch s.ID {
	case "busy":
		return w.t.Wait(ctx)
	case "language":
		return w.t.Choose(ctx, cmp.Or(w.Language, "ja"))
	case "consent":
		return w.t.Choose(ctx, "agree")
	case "kind":
		return w.t.Choose(ctx, cmp.Or(w.Kind, "domestic"))
	case "prefecture":
		return w.firstOf(ctx, s, w.Towns[w.town][:2], "more", "cancel")
	case "municipality":
		return w.firstOf(ctx, s, w.Towns[w.town], "more", "cancel")
	case "no_record":
		if w.town+1 < len(w.Towns) {
			w.town++
			return w.t.Choose(ctx, "another")
		}
		return w.t.Choose(ctx, "finish")
	case "passport_confirm":
		return w.t.Choose(ctx, cmp.Or(w.Passport, "yes"))
	case "content_check":
		return w.t.Choose(ctx, cmp.Or(w.Content, "correct"))
	case "copies":
		return w.t.Choose(ctx, strconv.Itoa(max(w.Copies, 1)))
	case "print_free":
		return w.t.Choose(ctx, "print")
	}
	if err := w.firstOf(ctx, s, "finish"); !errors.Is(err, errNoWay) {
		return err
	}
	if s.Timeout.Seconds > 0 {
		return w.t.Wait(ctx)
	}
	return errNoWay
}

func offers(s Screen, id string) bool {
	return slices.ContainsFunc(s.Choices, func(c Choice) bool { return c.ID == id })
}

// firstOf touches the first of ids that is there.
func (w *walk) firstOf(ctx context.Context, s Screen, ids ...string) error {
	for _, id := range ids {
		if offers(s, id) {
			return w.t.Choose(ctx, id)
		}
	}
	return errNoWay
}
