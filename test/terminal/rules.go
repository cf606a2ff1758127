// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// judge holds the answers of a service against the rules of the protocol. It
// knows what the terminal knows.
type judge struct {
	offered  []string // protocol versions
	session  string
	number   int // that the next answer must have
	last     *Event
	screen   string // before the event
	display  Display
	language string
	held     Hold
	account  Account
	printed  []int
	released bool
	again    bool      // the event was served before
	resumed  bool      // after a power cut: what came before is not known
	tries    int       // as the card said last
	date     time.Time // the centre's, of the answer; zero: not told
}

// longestTimeout is more than any session lasts, in seconds.
const longestTimeout = 3600

// decodeAnswer reads an answer strictly: a member that the protocol does not have is
// refused, and so is one that is missing.
func decodeAnswer(body []byte) (*Answer, string) {
	a := new(Answer)
	if err := json.Unmarshal(body, a, json.RejectUnknownMembers(true)); err != nil {
		return nil, "not JSON of an answer, or with a member the protocol does not have"
	}
	var top map[string]jsontext.Value
	if json.Unmarshal(body, &top) != nil {
		return nil, "not an object"
	}
	if missing := lacks(top, "session", "number", "protocol", "screen", "offline"); missing != "" {
		return nil, "no member " + missing
	}
	for _, name := range []string{"screen", "offline"} {
		var s map[string]jsontext.Value
		if json.Unmarshal(top[name], &s) != nil {
			return nil, name + " is not an object"
		}
		missing := lacks(s, "id", "language", "title", "body", "speech", "choices", "settings", "display", "input", "timeout", "cues", "fee")
		if missing != "" {
			return nil, "no member " + missing + " in " + name
		}
	}
	return a, ""
}

func lacks(have map[string]jsontext.Value, names ...string) string {
	for _, n := range names {
		if v, ok := have[n]; !ok || string(v) == "null" {
			return n
		}
	}
	return ""
}

// check returns the first rule that a breaks, or nil.
func (j *judge) check(a *Answer) *Violation {
	fail := func(r Rule, format string, args ...any) *Violation {
		return &Violation{r, a.Screen.ID, a.Number, fmt.Sprintf(format, args...)}
	}
	switch {
	case j.session == "" && len(a.Session) != 26:
		return fail(RuleSession, "id of %d characters", len(a.Session))
	case j.session != "" && a.Session != j.session:
		return fail(RuleSession, "another session's answer")
	case a.Number != j.number:
		return fail(RuleNumber, "answers number %d, not %d", a.Number, j.number)
	case !slices.Contains(j.offered, a.Protocol):
		return fail(RuleProtocol, "version was not offered")
	}
	for _, rule := range []func(*Answer) (Rule, string){
		j.checkScreen, j.checkOffline, j.checkFlow, j.checkChallenge, j.checkContent, j.checkHold, j.checkRelease, j.checkFee, j.checkOver,
	} {
		if r, why := rule(a); why != "" {
			return fail(r, "%s", why)
		}
	}
	return nil
}

func (j *judge) checkScreen(a *Answer) (Rule, string) {
	if slices.Contains(offlineScreens(), a.Screen.ID) {
		return RuleScreen, "a screen for when the centre does not answer"
	}
	if r, why := j.checkDocument(&a.Screen); why != "" {
		return r, why
	}
	s := &a.Screen
	n := len(s.Choices)
	switch {
	case n < needsChoices(s.ID):
		return RuleChoices, fmt.Sprintf("%d choices where the person decides", n)
	case a.Over && s.Input != inputNone:
		return RuleOver, "asks for " + s.Input + " after the end"
	case !a.Over && (s.Timeout.Seconds <= 0 || !knownScreen(s.Timeout.Then)):
		return RuleTimeout, fmt.Sprintf("%d seconds, then %q", s.Timeout.Seconds, s.Timeout.Then)
	case s.Timeout.Seconds < 0 || s.Timeout.Seconds > longestTimeout:
		return RuleTimeout, fmt.Sprintf("%d seconds", s.Timeout.Seconds)
	case (s.ID == "pin_wrong") != (s.Tries != nil):
		return RuleTries, "tries left are told with pin_wrong, and nowhere else"
	case s.Tries != nil && *s.Tries != j.tries:
		return RuleTries, fmt.Sprintf("%d tries, the card said %d", *s.Tries, j.tries)
	}
	return checkCues(s)
}

// checkDocument holds what every screen has, the offline one included.
func (j *judge) checkDocument(s *Screen) (Rule, string) {
	if !knownScreen(s.ID) {
		return RuleScreen, fmt.Sprintf("no screen is called %.40q", s.ID)
	}
	if r, why := j.checkText(s); why != "" {
		return r, why
	}
	if !slices.Contains(inputs(), s.Input) {
		return RuleCues, fmt.Sprintf("no input is called %.40q", s.Input)
	}
	have := map[string]string{
		"lamp": s.Cues.Lamp, "shutter": s.Cues.Shutter, "printer": s.Cues.Printer, "reader": s.Cues.Reader, "coins": s.Cues.Coins, "sound": s.Cues.Sound,
	}
	for cue, values := range cueValues() {
		if !slices.Contains(values, have[cue]) {
			return RuleCues, fmt.Sprintf("%s is %.40q", cue, have[cue])
		}
	}
	if r, why := checkChoices(s); why != "" {
		return r, why
	}
	return j.checkSettings(s)
}

func (j *judge) checkText(s *Screen) (Rule, string) {
	texts := append([]string{s.Title, s.Speech}, s.Body...)
	for _, c := range s.Choices {
		texts = append(texts, c.Label)
	}
	if j.language == "" && slices.Contains(languages(), s.Language) {
		j.language = s.Language
	}
	switch {
	case s.Language != j.language:
		return RuleText, fmt.Sprintf("language %.20q, %s was chosen", s.Language, j.language)
	case len(s.Body) == 0:
		return RuleText, "no body"
	}
	for _, t := range texts {
		if strings.TrimSpace(t) == "" {
			return RuleText, "title, body, speech or label is empty"
		}
		if strings.ContainsAny(t, "{}") {
			return RuleText, "a place in a text was not filled in"
		}
	}
	return "", ""
}

func checkChoices(s *Screen) (Rule, string) {
	seen := map[string]bool{}
	for _, c := range s.Choices {
		switch {
		case !allowedChoice(c.ID):
			return RuleChoices, fmt.Sprintf("no choice is called %.40q", c.ID)
		case seen[c.ID]:
			return RuleChoices, c.ID + " is there twice"
		case !slices.Contains([]string{"primary", "plain", "cancel"}, c.Style):
			return RuleChoices, fmt.Sprintf("style %.40q", c.Style)
		}
		seen[c.ID] = true
	}
	return "", ""
}

func (j *judge) checkSettings(s *Screen) (Rule, string) {
	got := map[string][]string{}
	for _, f := range s.Settings {
		if f.Label == "" || got[f.ID] != nil {
			return RuleSettings, f.ID + " has no label, or is there twice"
		}
		for _, v := range f.Values {
			if v.Label == "" {
				return RuleSettings, f.ID + " has a value without a label"
			}
			got[f.ID] = append(got[f.ID], v.ID)
		}
	}
	for name, values := range settings() {
		if !sameSet(got[name], values) {
			return RuleSettings, name + " does not have its values"
		}
	}
	if len(got) != len(settings()) {
		return RuleSettings, "more settings than four"
	}
	if j.display == (Display{}) {
		j.display = s.Display
	}
	if s.Display != j.display {
		return RuleSettings, "display is not as it was chosen"
	}
	return "", ""
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// checkCues holds the cues against what the screen waits for: nobody can lay a
// card on a reader that is off.
func checkCues(s *Screen) (Rule, string) {
	c := s.Cues
	moves := slices.Contains([]string{"capture", "return", "settle"}, c.Coins)
	for _, x := range []struct {
		broken bool
		why    string
	}{
		{s.Input == inputCard && c.Reader != "read", "a card is wanted and the reader is " + c.Reader},
		{(s.Input == inputPIN || s.Input == inputRead) && c.Reader != "read" && c.Reader != "hold", "the card is needed and the reader is " + c.Reader},
		{s.Input == inputCardOut && c.Reader != "release", "the card is to be taken and the reader is " + c.Reader},
		{s.Input == inputCoins && c.Coins != "open", "coins are wanted and the slot is " + c.Coins},
		{s.Input != inputCoins && c.Coins == "open", "nobody waits for coins and the slot is open"},
		{(s.Input == inputSettle) != moves, "coins are moved where the sums are waited for, and nowhere else"},
		{s.Input == inputSheets && c.Printer != "print", "sheets are wanted and the printer is " + c.Printer},
		{s.Input == inputPrinter && c.Printer != "wait", "the printer is wanted and is " + c.Printer},
		{s.Input == inputPaperOut && c.Shutter != "open", "the paper is to be taken and the shutter is " + c.Shutter},
	} {
		if x.broken {
			return RuleCues, x.why
		}
	}
	return "", ""
}

func (j *judge) checkOffline(a *Answer) (Rule, string) {
	o := &a.Offline
	if !slices.Contains(offlineScreens(), o.ID) {
		return RuleOffline, "offline screen is " + o.ID
	}
	if r, why := j.checkDocument(o); why != "" {
		return r, "offline screen: " + why
	}
	if a.Over {
		return "", ""
	}
	released := j.released || a.Release != nil
	switch {
	case j.resumed:
		return "", ""
	case o.ID == offlinePrintingScreen && !released:
		return RuleOffline, "goes on printing what was not released"
	case o.ID == offlineScreen && released && a.Screen.Input == inputSheets:
		return RuleOffline, "does not go on printing what was released"
	case !released && j.account.Escrow > 0 && o.Cues.Coins != "return" && o.Cues.Coins != "settle":
		return RuleOffline, "coins are not given back"
	case o.Cues.Coins == "open", o.Cues.Reader == "read":
		return RuleOffline, "asks for coins or a card that nobody can take"
	}
	return "", ""
}

func (j *judge) checkFlow(a *Answer) (Rule, string) {
	if j.again {
		return "", ""
	}
	if j.last == nil {
		if !slices.Contains([]string{"language", "busy", "out_of_hours", "maintenance", "come_again", "out_of_order", "unavailable"}, a.Screen.ID) {
			return RuleFlow, "begins with " + a.Screen.ID
		}
		return "", ""
	}
	if j.last.Type == EventAdjust && a.Screen.ID != j.screen && j.screen != "busy" {
		return RuleFlow, "settings lead from " + j.screen + " to another screen"
	}
	return "", ""
}
