// SPDX-License-Identifier: Apache-2.0

package wrongperson

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kofu/cert"
	"kofu/test/terminal"
	"kofu/test/vrs"
)

// relay is the centre that speaks for all terminals, which therefore share its
// connections.
const relay = "relay-1"

// admitTerminals registers a relay, and n terminals behind it, once.
func (s *Site) admitTerminals(ctx context.Context, n int) error {
	if n <= s.admitted {
		return nil
	}
	_, err := s.staff(ctx, "terminal", "add", relay, "-role", "centre", "-store", "hq", "-operator", "mart", "-certificate", s.path("terminals", vrs.ClientFile))
	for i := 0; i < n && err == nil; i++ {
		_, err = s.staff(ctx, "terminal", "add", terminalID(i), "-store", fmt.Sprintf("s-%d", i), "-operator", "mart", "-relay", relay)
	}
	s.admitted = n
	return err
}

func terminalID(i int) string { return fmt.Sprintf("t-%d", i) }

var errLeft = errors.New("wrongperson: the person has left")

// terminal is one person at a kiosk, and how it ends.
func (r *run) terminal(ctx context.Context, a *asking, number int) string {
	chip, err := r.cards.card(a.Member)
	if err != nil {
		return "no card: " + err.Error()
	}
	code := ""
	for i := range r.site.Tries {
		chip.Unblock()
		if code, err = r.walk(ctx, a, terminal.Chip(chip), number); code != "" || ctx.Err() != nil {
			break
		}
		wait(ctx, time.Duration(i+1)*500*time.Millisecond)
	}
	if code == "" {
		r.note(err)
	}
	return cmp.Or(code, "no answer")
}

func (r *run) walk(ctx context.Context, a *asking, chip terminal.Card, number int) (string, error) {
	t, err := terminal.New(terminal.Config{URLs: []string{"https://" + r.site.doors["kiosk"]}, HTTP: r.kiosk, ID: terminalID(number), Patience: 25 * time.Second})
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	p := terminal.Person{Card: chip, PIN: a.PIN, Kind: string(a.kind), Towns: []string{string(a.Municipality)}, Copies: 1 + a.rng.IntN(10)/9, Again: r.site.Tries - 1}
	moments := map[string]int{"municipality": 0, "content_check": 1, "copies": 2, "fee": 3}
	p.Each = func(ctx context.Context, t *terminal.Terminal) error {
		s := t.Screen()
		if n, ok := moments[s.ID]; ok {
			a.pause(ctx, n)
		}
		if s.Content != nil && s.ID == "content_check" {
			if err := a.content(s.Content); err != nil {
				r.table.mismatch(a, err)
			}
		}
		if s.ID == "copies" && a.leave > 0 {
			time.AfterFunc(a.leave, cancel) // in the middle of what follows
		}
		return nil
	}
	got, err := p.Walk(ctx, t)
	for _, s := range got.Sheets {
		if _, err := r.sheet(ctx, a, s.PDF); err != nil && ctx.Err() == nil {
			r.table.mismatch(a, err)
		}
	}
	if a.leave > 0 && ctx.Err() != nil {
		if a.leave = 0; a.again {
			return "", errLeft
		}
		return Gone, nil
	}
	if v, ok := errors.AsType[*terminal.Violation](err); ok {
		return "against the protocol: " + v.Error(), err
	}
	switch {
	case err == nil && got.Last == "thanks" && len(got.Sheets) == p.Copies:
		return Issued, nil
	case err == nil && slices.Contains([]string{"no_record", "needs_check", "passport_changed"}, got.Last):
		return got.Last, nil
	case err == nil:
		err = errors.New("wrongperson: the walk ended on " + got.Last)
	}
	return "", err
}

// content judges what the screen shows before the fee.
func (a *asking) content(c *terminal.Content) error {
	var all []string
	for _, r := range c.Rows {
		all = append(all, r.Value)
	}
	name := a.Name
	if a.kind == cert.Overseas && !slices.Contains(all, name) {
		name = reveal(a.Passport.Latin())
	}
	if !slices.Contains(all, name) {
		return differs("the name on the screen", all, name)
	}
	for _, row := range c.Doses {
		all = append(all, row...)
	}
	due := a.shown()
	text := "|" + strings.Join(all, "|") + "|"
	for _, d := range due {
		if !strings.Contains(text, "|"+d.Lot+"|") {
			return differs("the doses on the screen", all, due)
		}
	}
	if len(c.Doses) != len(due) {
		return differs("the doses on the screen", len(c.Doses), len(due))
	}
	return nil
}
