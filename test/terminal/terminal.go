// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// Config says how a terminal reaches its centre. URLs and HTTP are needed.
type Config struct {
	URLs      []string      // of the replicas, no trailing slash: the next one is tried when one does not answer
	HTTP      *http.Client  // with the terminal's client certificate
	ID        string        // behind a relay: which terminal this is
	Protocols []string      // versions offered; 1.0
	Software  Software      // "simulator", "1", …
	Language  string        // to begin with; ja
	Clock     Clock         // [WallClock]
	Patience  time.Duration // how long the same body is sent again; 20 s
	Attempt   time.Duration // how long one request may take before it is made again; 12 s
}

// Exchange is an event with what became of it.
type Exchange struct {
	Event  Event   // the opening: of type "", number 0
	Status int     // 0: no answer
	Answer *Answer // nil: a refusal, or none
	Raw    []byte
}

// Terminal is one terminal. It is for one goroutine.
//
// Its Transcript is for tests: a terminal of the shop floor keeps nothing of
// the kind.
type Terminal struct {
	Config
	Slot         CardSlot
	Pad          PINPad
	Coins        CoinUnit
	Printer      Printer
	Speaker      Speaker
	Panel        Panel
	SheetBySheet bool // tells each sheet, not all at the end
	Transcript   []Exchange

	journal Journal
	before  Account // of the coins, when the session began
	judge   judge
	answer  *Answer // the last one; nil before the first and after a power cut
	shown   *Screen
	sheet   []byte // the certificate, opened
	todo    []int  // sheets released and not told as printed
	offline bool
	replica int
}

// What a terminal cannot do.
var (
	ErrConfig   = errors.New("terminal: URLs and HTTP are needed")
	ErrNoScreen = errors.New("terminal: no screen to act on")
	ErrNoChoice = errors.New("terminal: no such button on the screen")
	ErrOver     = errors.New("terminal: the session is over")
)

// New returns a terminal that is switched on and idle.
func New(c Config) (*Terminal, error) {
	if len(c.URLs) == 0 || c.HTTP == nil {
		return nil, ErrConfig
	}
	if c.Protocols == nil {
		c.Protocols = []string{Version}
	}
	if c.Software == (Software{}) {
		c.Software = Software{"simulator", "1", "0011223344556677"}
	}
	if c.Language == "" {
		c.Language = "ja"
	}
	if c.Clock == nil {
		c.Clock = WallClock{}
	}
	if c.Patience == 0 {
		c.Patience = 20 * time.Second
	}
	if c.Attempt == 0 {
		c.Attempt = 12 * time.Second
	}
	t := &Terminal{Config: c, Panel: Panel{"off", "closed"}}
	t.forget()
	return t, nil
}

// forget is what a power cut does to everything but units and journal.
func (t *Terminal) forget() {
	t.wipe()
	t.answer, t.shown, t.todo, t.offline = nil, nil, nil, false
	t.judge = judge{offered: t.Protocols}
}

// wipe destroys whatever is personal.
func (t *Terminal) wipe() {
	clear(t.sheet)
	t.sheet, t.judge.held = nil, Hold{}
	t.Slot.Wipe()
}

// Opening is what the terminal would say of itself now.
func (t *Terminal) Opening() Opening {
	h := Hardware{"ok", "ok", "ok", "ok"}
	switch t.Printer.Fault() {
	case "":
	case "out_of_paper":
		h.Printer = "out_of_paper"
	default:
		h.Printer = "fault"
	}
	if t.Coins.Broken {
		h.Coins = "fault"
	}
	if t.Slot.Unreadable {
		h.Reader = "fault"
	}
	return Opening{t.Protocols, t.Software, t.Language, h}
}

// Open begins a session.
func (t *Terminal) Open(ctx context.Context) error { return t.OpenAs(ctx, t.Opening()) }

// OpenAs begins a session and says o of the terminal.
func (t *Terminal) OpenAs(ctx context.Context, o Opening) error {
	t.forget()
	t.journal, t.before = Journal{}, t.Coins.Account()
	t.judge.offered, t.judge.language, t.judge.display = o.Protocol, o.Language, Display{"normal", "normal", "normal"}
	if t.judge.language == "" {
		t.judge.language = "ja"
	}
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("terminal: encode the opening: %w", err)
	}
	res, err := t.deliver(ctx, "/kiosk/v1/sessions", body)
	if err != nil {
		return err
	}
	return t.take(ctx, nil, res, http.StatusCreated)
}

// Screen returns what is shown; the zero Screen when the terminal is idle.
func (t *Terminal) Screen() Screen {
	if t.shown == nil {
		return Screen{}
	}
	return *t.shown
}

// Answer returns the last answer, nil for none.
func (t *Terminal) Answer() *Answer { return t.answer }

// Session returns the id of the session under way.
func (t *Terminal) Session() string { return t.judge.session }

// Over reports whether the last session has come to its end.
func (t *Terminal) Over() bool { return t.answer != nil && t.answer.Over }

// Offline reports whether the terminal acts on its own.
func (t *Terminal) Offline() bool { return t.offline }

// Holds reports whether anything personal is in the terminal's memory.
func (t *Terminal) Holds() bool {
	return t.judge.held != Hold{} || t.sheet != nil || t.Slot.files != nil
}

// Journal returns what a power cut would leave.
func (t *Terminal) Journal() Journal {
	j := t.journal
	j.EscrowYen = t.Coins.Account().Escrow
	j.Printed = slices.Clone(j.Printed)
	return j
}

// Account returns where the coins of this session are.
func (t *Terminal) Account() Account {
	a, b := t.Coins.Account(), t.before
	return Account{a.Inserted - b.Inserted, a.Escrow, a.Captured - b.Captured, a.Returned - b.Returned, a.Refused - b.Refused}
}

// Send sends one event: what [Terminal.Fill] says is put in here. After
// it the terminal shows and does what the answer says. Besides a [*Violation]
// and a [*Problem] the error may be [ErrOffline].
func (t *Terminal) Send(ctx context.Context, e Event) error {
	if t.answer == nil || t.offline {
		return ErrNoScreen
	}
	if t.answer.Over && e.Type != EventAdjust {
		return ErrOver
	}
	return t.send(ctx, t.Fill(e))
}

// Fill returns e as it would be sent now: with its number, the sealed
// application, the escrow while coins are taken, and the sheets that are out
// while it prints.
func (t *Terminal) Fill(e Event) Event {
	e.Number = t.judge.number
	e.Application = t.judge.held.Application
	s := t.Screen()
	if s.Cues.Coins == "open" && e.EscrowYen == nil {
		escrow := t.Coins.Account().Escrow
		e.EscrowYen = &escrow
	}
	if (s.Input == inputSheets || s.Input == inputPrinter) && e.Printed == nil {
		e.Printed = t.printed()
	}
	return e
}

func (t *Terminal) send(ctx context.Context, e Event) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("terminal: encode an event: %w", err)
	}
	defer clear(body)
	t.journal.Number = e.Number
	res, err := t.deliver(ctx, t.Path(), body)
	if errors.Is(err, ErrOffline) {
		t.Transcript = append(t.Transcript, Exchange{Event: e})
		t.alone(ctx)
	}
	if err != nil {
		return err
	}
	return t.take(ctx, &e, res, http.StatusOK)
}

// Repeat sends the last event again, the very same body, as when its answer
// was lost, and obeys the answer. It reports whether that says the same as the
// first one: what is sealed in it may be sealed anew.
func (t *Terminal) Repeat(ctx context.Context) (same bool, err error) {
	if t.answer == nil || t.answer.Number == 0 || t.offline {
		return false, ErrNoScreen
	}
	x := t.Transcript[len(t.Transcript)-1]
	if x.Answer == nil || x.Event.Number != t.answer.Number {
		return false, ErrNoScreen
	}
	known := t.judge
	t.judge.number, t.judge.again = x.Event.Number, true
	err = t.send(ctx, x.Event)
	t.judge.again = false
	if err != nil {
		t.judge = known
		return false, err
	}
	again := t.Transcript[len(t.Transcript)-1].Answer
	return alike(x.Answer, again), nil
}

// alike compares two answers, sealed members left out.
func alike(a, b *Answer) bool {
	bare := func(a *Answer) string {
		c := *a
		if a.Hold != nil {
			h := Hold{}
			for _, m := range []struct{ from, to *string }{{&a.Hold.Application, &h.Application}, {&a.Hold.Certificate, &h.Certificate}, {&a.Hold.Receipt, &h.Receipt}} {
				if *m.from != "" {
					*m.to = "sealed"
				}
			}
			c.Hold = &h
		}
		text, err := json.Marshal(c, json.Deterministic(true))
		if err != nil {
			return ""
		}
		return string(text)
	}
	return bare(a) != "" && bare(a) == bare(b)
}

// Path is where the events of this session are sent.
func (t *Terminal) Path() string { return "/kiosk/v1/sessions/" + t.judge.session + "/events" }

// take judges an answer, and obeys it.
func (t *Terminal) take(ctx context.Context, e *Event, res *Response, want int) error {
	x := Exchange{Status: res.Status, Raw: res.Body}
	if e != nil {
		x.Event = *e
	}
	a, err := t.outcome(res, want)
	x.Answer = a
	t.Transcript = append(t.Transcript, x)
	if err != nil {
		return err
	}
	t.judge.before(e, t)
	t.judge.date, _ = http.ParseTime(res.Header.Get("Date"))
	if v := t.judge.check(a); v != nil {
		return v
	}
	return t.obey(ctx, a)
}

// before takes over what the terminal knows at the moment of an answer.
func (j *judge) before(e *Event, t *Terminal) {
	j.account, j.printed, j.last = t.Account(), t.journal.Printed, e
	j.screen = t.Screen().ID
	if e == nil {
		return
	}
	if e.TriesLeft != nil {
		j.tries = *e.TriesLeft
	}
	if e.Type == EventChoose && j.screen == "language" && slices.Contains(languages(), e.Choice) {
		j.language = e.Choice
	}
	if e.Type == EventAdjust && e.Settings != nil {
		j.adjust(*e.Settings)
	}
}

func (j *judge) adjust(s Settings) {
	for _, x := range []struct {
		to    *string
		value string
	}{{&j.language, s.Language}, {&j.display.Size, s.Size}, {&j.display.Contrast, s.Contrast}, {&j.display.Patience, s.Patience}} {
		if x.value != "" {
			*x.to = x.value
		}
	}
}
