// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"
)

// guarding are the scenarios in which somebody sends what nobody should. After
// each refusal the session goes on as if nothing had been sent.
func guarding() []Scenario {
	return []Scenario{
		guard("another body under the same number", "consent", "out_of_step", func(t *Terminal) any {
			e := t.Fill(Event{Type: EventTimedOut})
			e.Number--
			return e
		}),
		guard("a number left out", "consent", "out_of_step", func(t *Terminal) any {
			e := t.Fill(Event{Type: EventChoose, Choice: "agree"})
			e.Number++
			return e
		}),
		guard("PIN field", "enter_pin", "pin_not_accepted", func(t *Terminal) any {
			return struct {
				Event
				PIN string `json:"pin"`
			}{t.Fill(Event{Type: EventPINVerified}), "0000"}
		}),
		guard("an event that makes no sense", "kind", "event_unexpected", func(t *Terminal) any { return t.Fill(Event{Type: EventPaperTaken}) }),
		guard("a choice that makes no sense", "kind", "event_unexpected", func(t *Terminal) any { return t.Fill(Event{Type: EventChoose, Choice: "print"}) }),
		guard("a member of another event", "kind", "bad_request", func(t *Terminal) any {
			return t.Fill(Event{Type: EventChoose, Choice: "domestic", Fault: "jam"})
		}),
		guard("copies without the sealed application", "copies", "hold_missing", func(t *Terminal) any {
			e := t.Fill(Event{Type: EventChoose, Choice: "1"})
			e.Application = ""
			return e
		}),
		guard("coins without the receipt", "pay", "hold_missing", func(t *Terminal) any {
			yen := t.Screen().Fee.TotalYen
			return t.Fill(Event{Type: EventCoinsIn, EscrowYen: &yen})
		}),
		guard("sheets that there are not", "printing", "event_unexpected", func(t *Terminal) any {
			return t.Fill(Event{Type: EventPrinted, Printed: []int{1, 2}})
		}),
		{Name: "unknown field told", Needs: []Need{NeedDomestic}, Run: runUnknown},
		{Name: "not JSON", Needs: []Need{NeedDomestic}, Run: runMedia},
		{Name: "body too large", Needs: []Need{NeedDomestic}, Run: runTooLarge},
		{Name: "no such session", Needs: []Need{NeedDomestic}, Run: runNoSession},
		{Name: "events after the end", Needs: []Need{NeedDomestic}, Run: runAfterOver},
		{Name: "another terminal's session", Needs: []Need{NeedDomestic, NeedOther}, Run: runOther},
		{Name: "another terminal's sealed application", Needs: []Need{NeedDomestic, NeedOther}, Run: runOtherSealed},
		{Name: "no terminal", Needs: []Need{NeedStranger}, Run: runStranger},
		{Name: "version negotiation", Needs: []Need{NeedDomestic}, Run: runVersions},
	}
}

// refuses sends body to path and wants this refusal.
func (s *stage) refuses(ctx context.Context, path string, body any, code string) (*Problem, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("terminal: encode: %w", err)
	}
	res, err := s.Post(ctx, path, "application/json", raw)
	if err != nil {
		return nil, err
	}
	return refusal(res, code)
}

func refusal(res *Response, code string) (*Problem, error) {
	p, err := res.Problem()
	if err != nil {
		return nil, err
	}
	if p.Code != code {
		return p, fmt.Errorf("terminal: refused with %d %s, not %s", p.Status, p.Code, code)
	}
	return p, nil
}

// guard sends something on one screen, wants a refusal, and finishes the
// session: the number was not used up, and nothing has happened.
func guard(name, screen, code string, make func(t *Terminal) any) Scenario {
	return Scenario{Name: name, Needs: []Need{NeedDomestic}, Run: func(ctx context.Context, e Env) error {
		return e.guard(ctx, screen, func(ctx context.Context, s *stage) error {
			_, err := s.refuses(ctx, s.Path(), make(s.Terminal), code)
			return err
		})
	}}
}

func (e Env) guard(ctx context.Context, screen string, try func(context.Context, *stage) error) error {
	s, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	tried := false
	s.p.Deeds = map[string]Deed{screen: func(ctx context.Context, _ *Terminal) error {
		tried = true
		return try(ctx, s)
	}}
	got, err := s.walk(ctx)
	if err != nil {
		return err
	}
	if !tried {
		return fmt.Errorf("terminal: screen %s never came", screen)
	}
	return want(got, "thanks", 1)
}

func runUnknown(ctx context.Context, e Env) error {
	return e.guard(ctx, "consent", func(ctx context.Context, s *stage) error {
		p, err := s.refuses(ctx, s.Path(), struct {
			Event
			Ink int `json:"ink_left"`
		}{s.Fill(Event{Type: EventChoose, Choice: "agree"}), 7}, "unknown_field")
		if err != nil {
			return err
		}
		if !slices.Equal(p.Details["fields"], []string{"/ink_left"}) {
			return fmt.Errorf("terminal: unknown fields are told as %v", p.Details["fields"])
		}
		return nil
	})
}

func runMedia(ctx context.Context, e Env) error {
	return e.guard(ctx, "consent", func(ctx context.Context, s *stage) error {
		for _, x := range []struct{ media, body, code string }{
			{"text/plain", `{"number":2,"type":"choose","choice":"agree"}`, "unsupported_media_type"},
			{"application/json", `{"number":2,"type":"choose","choice":"agree"`, "bad_request"},
			{"application/json", `{"number":2,"type":"choose","type":"choose","choice":"agree"}`, "bad_request"},
			{"application/json", ``, "bad_request"},
		} {
			res, err := s.Post(ctx, s.Path(), x.media, []byte(x.body))
			if err != nil {
				return err
			}
			if _, err := refusal(res, x.code); err != nil {
				return err
			}
		}
		return nil
	})
}

func runTooLarge(ctx context.Context, e Env) error {
	return e.guard(ctx, "consent", func(ctx context.Context, s *stage) error {
		body := slices.Concat([]byte(`{"number":2,"type":"choose","choice":"`), bytes.Repeat([]byte("a"), maxBody), []byte(`"}`))
		for range 2 {
			res, err := s.Post(ctx, s.Path(), "application/json", body)
			if err != nil { // it may close the line in the face of so much
				continue
			}
			_, err = refusal(res, "too_large")
			return err
		}
		return nil
	})
}

func runNoSession(ctx context.Context, e Env) error {
	return e.guard(ctx, "consent", func(ctx context.Context, s *stage) error {
		for _, id := range []string{"AAAAAAAAAAAAAAAAAAAAAAAAAA", "a", s.Session() + "A"} {
			if _, err := s.refuses(ctx, "/kiosk/v1/sessions/"+id+"/events", s.Fill(Event{Type: EventTimedOut}), "session_unknown"); err != nil {
				return err
			}
		}
		return nil
	})
}

func runAfterOver(ctx context.Context, e Env) error {
	s, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	if _, err := s.walk(ctx); err != nil {
		return err
	}
	_, err = s.refuses(ctx, s.Path(), s.Fill(Event{Type: EventTimedOut}), "session_unknown")
	return err
}

// as returns the stage's terminal with another client certificate.
func (s *stage) as(c *http.Client) *stage {
	t := *s.Terminal
	t.HTTP = c
	return &stage{Env: s.Env, Terminal: &t}
}

func runOther(ctx context.Context, e Env) error {
	return e.guard(ctx, "copies", func(ctx context.Context, s *stage) error {
		_, err := s.as(e.Other).refuses(ctx, s.Path(), s.Fill(Event{Type: EventChoose, Choice: "1"}), "session_unknown")
		return err
	})
}

// runOtherSealed gives one session's sealed application to another's.
func runOtherSealed(ctx context.Context, e Env) error {
	thief, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	thief.HTTP = e.Other
	victim, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	stop := errors.New("terminal: far enough")
	victim.p.Deeds = map[string]Deed{"copies": func(context.Context, *Terminal) error { return stop }}
	if _, err := victim.p.Walk(ctx, victim.Terminal); !errors.Is(err, stop) {
		return err
	}
	thief.p.Deeds = map[string]Deed{"copies": func(_ context.Context, t *Terminal) error {
		t.judge.held.Application = victim.judge.held.Application
		return nil
	}}
	got, err := thief.walk(ctx)
	if err != nil {
		return err
	}
	if err := want(got, "start_again", 0); err != nil {
		return err
	}
	return victim.Choose(ctx, "cancel")
}

func runStranger(ctx context.Context, e Env) error {
	t, err := New(e.Config)
	if err != nil {
		return err
	}
	s := (&stage{Env: e, Terminal: t}).as(e.Stranger)
	raw, err := json.Marshal(s.Opening())
	if err != nil {
		return fmt.Errorf("terminal: encode: %w", err)
	}
	res, err := s.Post(ctx, "/kiosk/v1/sessions", "application/json", raw)
	if err != nil { // refused by TLS
		return nil
	}
	_, err = refusal(res, "terminal_refused")
	return err
}

func runVersions(ctx context.Context, e Env) error {
	s, err := e.stage(NeedDomestic)
	if err != nil {
		return err
	}
	o := s.Opening()
	o.Protocol = []string{"9.7"}
	p, err := s.refuses(ctx, "/kiosk/v1/sessions", o, "protocol_unsupported")
	if err != nil {
		return err
	}
	if !slices.Contains(p.Details["supported"], Version) {
		return fmt.Errorf("terminal: supported versions are told as %v", p.Details["supported"])
	}
	o.Protocol = []string{"9.7", Version}
	if err := s.OpenAs(ctx, o); err != nil {
		return err
	}
	if s.Answer().Protocol != Version {
		return errors.New("terminal: an older version was not agreed on")
	}
	return s.Choose(ctx, "cancel")
}
