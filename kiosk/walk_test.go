// SPDX-License-Identifier: Apache-2.0

package kiosk

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert"
	"kofu/cert/issuance"
	"kofu/cert/municipality"
	"kofu/cert/pdf"
)

// walkEvents is how many events the random walk sends; -kiosk.seed repeats one.
var (
	walkEvents = flag.Int("kiosk.events", walkDefault, "events of the random walk")
	walkSeed   = flag.Uint64("kiosk.seed", 0, "seed of the random walk; 0: of the day")
)

// machine is the hardware at which the random walk acts: what really lies in
// the coin unit, in the tray and in the card slot.
type machine struct {
	*visit
	rng      *rand.Rand
	escrow   int
	kept     int
	returned int
	sheets   map[int]int // how often each was printed, whether confirmed or not
	out      []int       // confirmed out
	toPrint  []int
	key      bool
	opened   time.Time
	stray    bool // the coin unit has settled as it liked
	history  []string
}

func (m *machine) fatal(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(m.history[max(0, len(m.history)-25):], "\n"))
}

// obey does what the answer says, as a terminal would.
func (m *machine) obey() {
	m.t.Helper()
	a := m.last
	if r := a.Release; r != nil {
		total := a.Screen.Fee.TotalYen
		if m.escrow < total {
			m.fatal("paper before fee: %d of %d yen in escrow", m.escrow, total)
		}
		if r.Key != nil {
			m.key = true
		}
		if !m.key {
			m.fatal("told to print without a key")
		}
		for _, n := range r.Sheets {
			if slices.Contains(m.out, n) {
				m.fatal("sheet %d is out, and is to be printed again", n)
			}
		}
		m.toPrint = slices.Clone(r.Sheets)
	}
	if a.Screen.Cues.Printer == "idle" { // it stops what it has not printed
		m.toPrint = nil
	}
	if a.Screen.Cues.Coins == "open" && m.held.Certificate == "" {
		m.fatal("coins are taken, and there is no certificate")
	}
	if a.Screen.Cues.Coins == "open" && len(m.office.made) == 0 {
		m.fatal("coins are taken, and nothing was issued")
	}
	m.checkState()
}

// checkState looks at what the centre remembers.
func (m *machine) checkState() {
	m.t.Helper()
	data := string(m.memory.sessions[m.last.Session].data)
	for _, mark := range []string{"ホシイモ", "エンガワ", markPassport, "123456789018", "19800102", "1980-01-02", m.held.Application, m.held.Certificate, m.held.Receipt} {
		if mark != "" && strings.Contains(data, mark) {
			m.fatal("session state has %.20q", mark)
		}
	}
}

// finished looks at the accounts of a session that is over.
func (m *machine) finished() {
	m.t.Helper()
	fee := m.last.Screen.Fee.PerCopyYen
	if m.stray || m.last.Screen.ID == string(CallStaff) {
		return // the coin unit did not do as told: the books have what it said
	}
	if m.escrow > 0 {
		m.fatal("over, and %d yen lie in escrow", m.escrow)
	}
	if m.kept != fee*len(m.out) {
		m.fatal("%d yen kept for %d sheets of %d", m.kept, len(m.out), fee)
	}
	if len(m.out) > 0 && !m.key {
		m.fatal("paper without key")
	}
	s := m.session()
	if len(m.out) > 0 && len(m.out) == s.Copies && !slices.Contains([]string{"thanks", "forgotten_paper", "forgotten_card"}, m.last.Screen.ID) {
		m.fatal("all sheets are out, and the end is %s", m.last.Screen.ID)
	}
	if s.Inside {
		m.fatal("over, and still inside")
	}
}

// next is an event at random, of those that hardware and person could send in
// this situation, and some that they could not.
func (m *machine) next() wire {
	choices := m.last.Screen.Choices
	likely := map[Input][]EventType{
		InputCard: {CardPlaced}, InputPIN: {PINVerified, PINVerified, PINRefused}, InputRead: {CardRead, CardRead, CardFault}, InputCardOut: {CardRemoved},
		InputCoins: {CoinsIn, CoinsIn, CoinFault}, InputSheets: {Printed, Printed, PrinterFault}, InputPrinter: {PrinterReady, PrinterFault}, InputSettle: {FeeSettled},
		InputPaperOut: {PaperTaken},
	}[m.last.Screen.Input]
	var t EventType
	switch n := m.rng.IntN(100); {
	case n < 8:
		t = EventTypes()[m.rng.IntN(len(EventTypes()))]
	case n < 10:
		t = TimedOut
	case len(likely) > 0:
		t = likely[m.rng.IntN(len(likely))]
	default:
		t = Choose
	}
	return m.event(t, choices)
}

func (m *machine) event(t EventType, choices []Choice) wire {
	e := wire{Type: t}
	switch t {
	case Choose:
		e.Choice = "agree"
		if len(choices) > 0 {
			c := choices[m.rng.IntN(len(choices))]
			if c.Style == "cancel" && m.rng.IntN(12) > 0 {
				c = choices[0]
			}
			e.Choice = c.ID
		}
	case Adjust:
		e.Settings = &Settings{Language: languages()[m.rng.IntN(7)], Patience: []string{"", normal, long}[m.rng.IntN(3)]}
	case CardFault:
		e.Fault = []string{faultUnreadable, faultExpired, faultNotSupported, faultChanged}[m.rng.IntN(4)]
	case PINRefused:
		e.TriesLeft = new(m.rng.IntN(3))
	case CardRead:
		if m.last.Challenge == nil {
			e.Type = TimedOut
			break
		}
		return m.read()
	case CoinsIn, CoinFault:
		if m.last.Screen.Cues.Coins == "open" || m.last.Screen.ID == string(ReturnCoins) && t == CoinsIn {
			m.escrow += []int{10, 100, 500}[m.rng.IntN(3)]
		}
		e.EscrowYen = new(m.escrow)
	case Printed, PrinterFault:
		for _, n := range m.toPrint {
			if m.rng.IntN(2) == 0 {
				m.sheets[n]++
				m.out = append(m.out, n)
			}
		}
		slices.Sort(m.out)
		m.out = slices.Compact(m.out)
		m.toPrint = slices.DeleteFunc(m.toPrint, func(n int) bool { return slices.Contains(m.out, n) })
		e.Printed = new(slices.Clone(m.out))
		if *e.Printed == nil {
			e.Printed = &[]int{}
		}
		if t == PrinterFault {
			e.Fault = []string{faultJam, faultOutOfPaper, faultBroken}[m.rng.IntN(3)]
		}
	case FeeSettled:
		f := m.last.Screen.Fee
		e.CapturedYen, e.ReturnedYen = new(f.CaptureYen), new(f.ReturnYen)
		if m.rng.IntN(50) == 0 {
			e.CapturedYen = new(f.CaptureYen + 10)
		}
	case Restarted:
		e.EscrowYen, e.Printed = new(m.escrow), new(append([]int{}, m.out...))
	}
	return e
}

// play is one session to its end.
func (m *machine) play(left *int) {
	m.t.Helper()
	m.obey()
	for !m.last.Over && *left > 0 {
		*left--
		if m.rng.IntN(400) == 0 {
			m.clock = m.clock.Add(time.Duration(m.rng.IntN(40)) * time.Minute)
		}
		m.clock = m.clock.Add(time.Duration(m.rng.IntN(20)) * time.Second)
		m.trouble()
		m.memory.down = m.rng.IntN(60) == 0
		e := m.next()
		if m.last.Screen.Cues.Coins == "open" && e.EscrowYen == nil {
			e.EscrowYen = new(m.escrow)
		}
		if in := m.last.Screen.Input; (in == InputSheets || in == InputPrinter) && e.Printed == nil {
			e.Printed = new(append([]int{}, m.out...))
		}
		body := m.body(e)
		before := m.session().clone()
		m.sendBody(body)
		m.history = append(m.history, fmt.Sprintf("%s %s %s -> %s %s", before.State, e.Type, e.Choice, m.last.Screen.ID, m.problem))
		if m.problem == "session_unknown" {
			return // remembered no longer
		}
		if m.problem == "" {
			m.afterwards(e, before, body)
		}
	}
}

func (m *machine) sendBody(body string) {
	m.t.Helper()
	w := m.post(m.terminal, "/kiosk/v1/sessions/"+m.last.Session+"/events", body)
	m.memory.down = false
	if w.Code == 500 {
		m.fatal("internal: %s", w.Body)
	}
	m.take(w)
}

func (m *machine) afterwards(e wire, before *Session, body string) {
	m.t.Helper()
	if e.Type == FeeSettled {
		m.settle(*e.CapturedYen, *e.ReturnedYen)
	}
	now := m.session()
	if m.clock.After(before.end()) && !now.settling() && now.State != Printing && now.State != PrintPaused {
		m.fatal("a session of %s is in %s after its end", before.State, now.State)
	}
	if !before.released() && now.released() && m.clock.After(before.end()) {
		m.fatal("released after its end")
	}
	m.obey()
	if m.rng.IntN(10) == 0 { // the answer was lost
		again := m.last
		m.sendBody(body)
		if m.problem != "" || m.last.Screen.ID != again.Screen.ID || m.last.Number != again.Number || m.session().State != now.State {
			m.fatal("the same number again: %s %q, was %s", m.last.Screen.ID, m.problem, again.Screen.ID)
		}
		if (again.Release == nil) != (m.last.Release == nil) || again.Release != nil && string(again.Release.Key) != string(m.last.Release.Key) {
			m.fatal("the same number again gives another key")
		}
	}
}

func (m *machine) settle(kept, back int) {
	f := kept + back
	if f != m.escrow || kept != m.last.Screen.Fee.CaptureYen {
		m.stray = true
	}
	m.kept, m.returned, m.escrow = m.kept+kept, m.returned+back, m.escrow-f
}

// trouble makes issuing fail now and then.
func (m *machine) trouble() {
	pick := func(errs ...error) error {
		if m.rng.IntN(8) > 0 {
			return nil
		}
		return errs[m.rng.IntN(len(errs))]
	}
	m.office.review = pick(cert.ErrNoRecord, cert.ErrBlocked, cert.ErrNeedsCheck, cert.ErrUnavailable, cert.ErrDeceased, cert.ErrNoOverseasIssue, &pdf.GlyphError{}, errors.New("new"))
	m.office.prepare = pick(cert.ErrUnavailable, cert.ErrRecordChanged, issuance.ErrMismatch, issuance.ErrDoorStopped, municipality.ErrSuspended)
	m.office.release = pick(cert.ErrUnavailable, cert.ErrRecordChanged, issuance.ErrSealStore)
}

// Rows: R4.3, C2, C3, D1
//
// A random walk of 100,000 events never comes to paper before the fee, a fee
// without a certificate that was issued, verified and sealed, two papers for
// one fee, a fee kept without paper or given back, a session that outlives its
// time, or personal data in what the centre remembers.
func TestRandomWalkKeepsThePromises(t *testing.T) {
	seed := *walkSeed
	if seed == 0 {
		seed = uint64(time.Now().Unix() / 86400)
	}
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	b := newBench(t)
	left, ended, papers := *walkEvents, map[string]int{}, 0
	for left > 0 {
		b.office.passport = &cert.Passport{Number: markPassport}
		m := &machine{visit: b.open(), rng: rng, sheets: map[int]int{}, opened: b.clock}
		m.play(&left)
		if m.last.Over {
			m.finished()
			ended[m.last.Screen.ID]++
			papers += len(m.out)
		}
		clear(b.memory.counts)
	}
	for id, n := range b.office.released {
		if b.office.voided[id] > 0 && n > 1 {
			t.Errorf("released %d times and voided", n)
		}
	}
	t.Logf("%d sessions, %d sheets, ends: %v", len(b.memory.sessions), papers, ended)
	if papers < *walkEvents/150 || len(ended) < 10 {
		t.Errorf("the walk does not get around: %d sheets, %d ends", papers, len(ended))
	}
	checkBooks(t, b)
}

// checkBooks adds up what the ledger says.
func checkBooks(t *testing.T, b *bench) {
	t.Helper()
	for id, e := range b.memory.books {
		switch {
		case e.Released && e.Voided:
			t.Errorf("%s: released and voided", id)
		case !e.Released && e.Printed > 0:
			t.Errorf("%s: printed without release", id)
		case e.Settled && e.Released && e.CapturedYen+e.ReturnedYen == e.EscrowYen && e.CapturedYen != e.Printed*e.FeeYen:
			t.Errorf("%s: %d yen kept for %d sheets", id, e.CapturedYen, e.Printed)
		case e.Printed > e.Copies:
			t.Errorf("%s: %d sheets of %d", id, e.Printed, e.Copies)
		}
	}
}
