// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// fail notes a violation of this request.
func (v *visit) fail(r Rule, format string, args ...any) {
	v.note(v.terminal, Violation{r, v.screen(), v.e.Number, fmt.Sprintf(format, args...)})
}

// transport judges what every request has; the lock is held.
func (v *visit) transport(r *http.Request) {
	m, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		v.fail(RuleTransport, "method is not POST")
	case err != nil || m != "application/json":
		v.fail(RuleTransport, "not application/json")
	case r.URL.RawQuery != "":
		v.fail(RuleTransport, "something stands in the query")
	case len(v.body) > maxBody:
		v.fail(RuleTransport, "body of more than 1 MiB")
	}
}

// versionForm and softwareForm are what a terminal may say of itself.
var (
	versionForm  = regexp.MustCompile(`^[0-9]{1,3}\.[0-9]{1,3}$`)
	softwareForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)
	configForm   = regexp.MustCompile(`^[0-9a-f]{8,64}$`)
	pinName      = regexp.MustCompile(`(?i)pin|passw|passcode|secret|ansh|暗証`)
	pinValue     = regexp.MustCompile(`^[0-9０-９]{4}$`)
)

// opening judges POST /kiosk/v1/sessions.
func (v *visit) opening(r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.transport(r)
	var o Opening
	if err := json.Unmarshal(v.body, &o, json.RejectUnknownMembers(true)); err != nil {
		v.fail(RuleForm, "not an opening, or with a member that it does not have")
		return
	}
	units := map[string][]string{
		o.Hardware.Reader: {"ok", "fault"}, o.Hardware.Coins: {"ok", "fault"},
	}
	for state, may := range units {
		if !slices.Contains(may, state) {
			v.fail(RuleOpening, "a unit is %.20q", state)
		}
	}
	switch {
	case len(o.Protocol) == 0 || slices.ContainsFunc(o.Protocol, func(p string) bool { return !versionForm.MatchString(p) }):
		v.fail(RuleOpening, "versions of the protocol are missing or no versions")
	case !softwareForm.MatchString(o.Software.Name) || !softwareForm.MatchString(o.Software.Version) || !configForm.MatchString(o.Software.Config):
		v.fail(RuleOpening, "software does not tell name, version and digest of its configuration")
	case !slices.Contains([]string{"ok", "fault", "out_of_paper"}, o.Hardware.Printer):
		v.fail(RuleOpening, "the printer is %.20q", o.Hardware.Printer)
	case !slices.Contains([]string{"ok", "fault", "none"}, o.Hardware.Speaker):
		v.fail(RuleOpening, "the speaker is %.20q", o.Hardware.Speaker)
	}
}

// event judges POST /kiosk/v1/sessions/{session}/events.
func (v *visit) event(r *http.Request, id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.session = id
	s := v.sessions[id]
	if s == nil || s.terminal != v.terminal {
		v.fail(RuleSession, "an event of a session that this terminal did not open here")
		v.session = ""
		return
	}
	v.of(v.terminal).Events++
	v.transport(r)
	pinLike(v.body, func(why string) { v.fail(RulePIN, "%s", why) })
	var have map[string]jsontext.Value
	if json.Unmarshal(v.body, &v.e, json.RejectUnknownMembers(true)) != nil || json.Unmarshal(v.body, &have) != nil {
		v.fail(RuleForm, "not an event, or with a member that events do not have")
		return
	}
	if v.Now().Before(s.notUntil.Add(-100 * time.Millisecond)) {
		v.fail(RuleHurried, "came before the time in Retry-After")
	}
	if s.sent > 0 && v.e.Number == s.number && sha256.Sum256(v.body) == s.body {
		v.repeat = true
		v.of(v.terminal).Repeats++
		return
	}
	v.judge(s, have)
}

// judge judges an event that is not a repeated one.
func (v *visit) judge(s *watched, have map[string]jsontext.Value) {
	e := &v.e
	restarted := e.Type == EventRestarted // which does not know what was served
	switch {
	case s.answer.Over && restarted: // it does not know
		return
	case s.answer.Over && e.Type != EventAdjust:
		v.fail(RuleOver, "%s after the end", e.Type)
		return
	case restarted && e.Number >= s.number && e.Number <= s.number+2:
	case e.Number == s.number:
		v.fail(RuleRepeat, "another body under a number that was served")
	case e.Number != s.number+1:
		v.fail(RuleNumber, "after %d", s.number)
	}
	if !slices.Contains(events(), e.Type) {
		v.fail(RuleEvent, "no event is called %.40q", e.Type)
		return
	}
	v.judgeMembers(s, have)
	v.judgeScreen(s)
	v.judgeSums(s)
}

func (v *visit) judgeMembers(s *watched, have map[string]jsontext.Value) {
	e := &v.e
	must, may := members(e.Type)
	if e.Type != EventRestarted && s.answer.Screen.Cues.Coins == "open" {
		must = append(must, "escrow_yen")
	}
	if in := s.answer.Screen.Input; e.Type != EventRestarted && (in == inputSheets || in == inputPrinter) {
		must = append(must, "printed")
	}
	may = append(may, "escrow_yen", "printed")
	for _, m := range must {
		if _, ok := have[m]; !ok {
			v.fail(RuleMembers, "%s without %s", e.Type, m)
		}
	}
	for m := range have {
		if !slices.Contains(must, m) && !slices.Contains(may, m) && !slices.Contains([]string{"number", "type", "application"}, m) {
			v.fail(RuleMembers, "%s with %s", e.Type, m)
		}
	}
	receipt := slices.Contains(must, "receipt") || e.Choice == "print"
	switch {
	case e.Type == EventRestarted:
	case e.Application != s.held.Application:
		v.fail(RuleHold, "the sealed application is missing, or not the one that was given")
	}
	if want := s.held.Receipt; receipt && e.Receipt != want || !receipt && e.Receipt != "" {
		v.fail(RuleReceipt, "the receipt is missing, not wanted, or not the one that was given")
	}
	if f := e.Fault; f != "" && !slices.Contains(faults(e.Type), f) {
		v.fail(RuleMembers, "no fault is called %.40q", f)
	}
	if c := e.Card; c != nil {
		for _, file := range [][]byte{c.EF0001, c.EF0002, c.EF0003, c.EF0004, c.EF0007, c.Signature} {
			if len(file) == 0 {
				v.fail(RuleMembers, "a file of the card or its signature is missing")
				break
			}
		}
	}
}

// judgeScreen compares the event with what the screen asks for.
func (v *visit) judgeScreen(s *watched) {
	e, screen := &v.e, &s.answer.Screen
	switch {
	case e.Type == EventChoose && !slices.ContainsFunc(screen.Choices, func(c Choice) bool { return c.ID == e.Choice }):
		v.fail(RuleEvent, "a button that is not on the screen")
	case e.Type == EventTimedOut:
		early := time.Duration(screen.Timeout.Seconds)*time.Second - v.Now().Sub(s.at)
		if screen.Timeout.Seconds == 0 || early > time.Second {
			v.fail(RuleEarly, "%s before the time", early.Round(time.Second))
		}
	case e.Type != EventChoose && !slices.Contains(anyTime(), e.Type) && !slices.Contains(asked(screen.Input), e.Type):
		v.fail(RuleEvent, "%s where the screen waits for %s", e.Type, screen.Input)
	}
}

func (v *visit) judgeSums(s *watched) {
	e := &v.e
	for i, n := range e.Printed {
		if i > 0 && n <= e.Printed[i-1] {
			v.fail(RulePrinted, "sheets do not rise")
		}
		if !slices.Contains(s.released, n) {
			v.fail(RulePrinted, "sheet %d was not released", n)
		}
	}
	for _, n := range s.printed {
		if e.Printed != nil && !slices.Contains(e.Printed, n) {
			v.fail(RulePrinted, "sheet %d was told before, and is not any more", n)
		}
	}
	for _, yen := range []*int{e.EscrowYen, e.CapturedYen, e.ReturnedYen} {
		if yen != nil && *yen < 0 {
			v.fail(RuleCoins, "less than nothing")
		}
	}
	switch {
	case e.Type != EventRestarted && e.EscrowYen != nil && *e.EscrowYen < s.escrow:
		v.fail(RuleCoins, "coins have left the escrow by themselves")
	case e.Type == EventFeeSettled && e.CapturedYen != nil && e.ReturnedYen != nil && *e.CapturedYen+*e.ReturnedYen > s.escrow:
		v.fail(RuleCoins, "%d yen settled of %d", *e.CapturedYen+*e.ReturnedYen, s.escrow)
	}
}

// pinLike looks for a member that is called like a PIN and for a text of four
// digits, at any depth.
func pinLike(body []byte, tell func(why string)) {
	d := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return
		}
		if token.Kind() != '"' {
			continue
		}
		kind, n := d.StackIndex(d.StackDepth())
		switch name := kind == '{' && n%2 == 1; { // in an object names and values take turns
		case name && pinName.MatchString(token.String()):
			tell("a member is called like a PIN")
		case !name && pinValue.MatchString(strings.TrimSpace(token.String())):
			tell("a text of four digits")
		}
	}
}
