// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/test/terminal"
)

func TestTheFakeKeepsTheRules(t *testing.T) {
	url, f := serveFake(t, &fake{})
	tr := simulator(t, url)
	got, err := somebody().Walk(t.Context(), tr)
	if err != nil || got.Last != "thanks" || len(got.Sheets) != 1 || tr.Holds() || got.Coins.Captured != 120 || !got.CardOut {
		t.Fatalf("%v, %+v", err, got)
	}
	if !bytes.HasPrefix(got.Sheets[0].PDF, []byte("%PDF-")) {
		t.Error("what was printed is not what was sealed")
	}
	if len(tr.Speaker.Said) != len(way()) || tr.Journal().Session != "" {
		t.Errorf("said %d times, journal %+v", len(tr.Speaker.Said), tr.Journal())
	}
	if all := bytes.Join(f.bodies, nil); bytes.Contains(all, []byte("7391")) {
		t.Error("the PIN was sent")
	}
}

// spoilt is an answer that breaks a rule, at a screen on the way.
type spoilt struct {
	name   string
	screen string
	spoil  func(a *terminal.Answer)
	want   terminal.Rule
}

// spoiltScreens break what screens are.
func spoiltScreens() []spoilt {
	return []spoilt{
		{"unknown screen", "kind", func(a *terminal.Answer) { a.Screen.ID = "sort" }, terminal.RuleScreen},
		{"offline screen as a screen", "kind", func(a *terminal.Answer) { a.Screen.ID = "offline" }, terminal.RuleScreen},
		{"number", "kind", func(a *terminal.Answer) { a.Number++ }, terminal.RuleNumber},
		{"session", "kind", func(a *terminal.Answer) { a.Session = strings.Repeat("B", 26) }, terminal.RuleSession},
		{"short session", "language", func(a *terminal.Answer) { a.Session = "B" }, terminal.RuleSession},
		{"version", "kind", func(a *terminal.Answer) { a.Protocol = "2.0" }, terminal.RuleProtocol},
		{"begins in the middle", "language", func(a *terminal.Answer) { a.Screen.ID = "consent" }, terminal.RuleFlow},
		{"no title", "kind", func(a *terminal.Answer) { a.Screen.Title = "" }, terminal.RuleText},
		{"no body", "kind", func(a *terminal.Answer) { a.Screen.Body = nil }, terminal.RuleText},
		{"no speech", "kind", func(a *terminal.Answer) { a.Screen.Speech = " " }, terminal.RuleText},
		{"not filled in", "kind", func(a *terminal.Answer) { a.Screen.Body[0] = "{yen} 円" }, terminal.RuleText},
		{"another language", "kind", func(a *terminal.Answer) { a.Screen.Language = "en" }, terminal.RuleText},
		{"no choices", "kind", func(a *terminal.Answer) { a.Screen.Choices = []terminal.Choice{} }, terminal.RuleChoices},
		{"unknown choice", "kind", func(a *terminal.Answer) { a.Screen.Choices[0].ID = "both" }, terminal.RuleChoices},
		{"a choice twice", "kind", func(a *terminal.Answer) { a.Screen.Choices[0].ID = "overseas" }, terminal.RuleChoices},
		{"style", "kind", func(a *terminal.Answer) { a.Screen.Choices[0].Style = "bold" }, terminal.RuleChoices},
		{"label", "kind", func(a *terminal.Answer) { a.Screen.Choices[0].Label = "" }, terminal.RuleText},
		{"a setting left out", "kind", func(a *terminal.Answer) { a.Screen.Settings = a.Screen.Settings[1:] }, terminal.RuleSettings},
		{"a value left out", "kind", func(a *terminal.Answer) { a.Screen.Settings[0].Values = a.Screen.Settings[0].Values[1:] }, terminal.RuleSettings},
		{"display", "kind", func(a *terminal.Answer) { a.Screen.Display.Size = "large" }, terminal.RuleSettings},
		{"input", "kind", func(a *terminal.Answer) { a.Screen.Input = "touch" }, terminal.RuleCues},
		{"lamp", "kind", func(a *terminal.Answer) { a.Screen.Cues.Lamp = "red" }, terminal.RuleCues},
		{"card wanted, reader off", "place_card", func(a *terminal.Answer) { a.Screen.Cues.Reader = "off" }, terminal.RuleCues},
		{"card to be taken, reader holds", "remove_card", func(a *terminal.Answer) { a.Screen.Cues.Reader = "hold" }, terminal.RuleCues},
		{"coins wanted, slot closed", "pay", func(a *terminal.Answer) { a.Screen.Cues.Coins = "closed" }, terminal.RuleCues},
		{"slot open for nothing", "copies", func(a *terminal.Answer) { a.Screen.Cues.Coins = "open" }, terminal.RuleCues},
		{"paper behind the shutter", "take_paper", func(a *terminal.Answer) { a.Screen.Cues.Shutter = "closed" }, terminal.RuleCues},
		{"no time-out", "kind", func(a *terminal.Answer) { a.Screen.Timeout.Seconds = 0 }, terminal.RuleTimeout},
		{"time-out of a day", "kind", func(a *terminal.Answer) { a.Screen.Timeout.Seconds = 86400 }, terminal.RuleTimeout},
		{"time-out to nowhere", "kind", func(a *terminal.Answer) { a.Screen.Timeout.Then = "idle" }, terminal.RuleTimeout},
		{"tries out of nowhere", "enter_pin", func(a *terminal.Answer) { a.Screen.Tries = new(2) }, terminal.RuleTries},
	}
}

// spoiltGoods break what goes along with screens.
func spoiltGoods() []spoilt {
	return []spoilt{
		{"no challenge", "reading_card", func(a *terminal.Answer) { a.Challenge = nil }, terminal.RuleChallenge},
		{"short challenge", "reading_card", func(a *terminal.Answer) { a.Challenge.Bytes = a.Challenge.Bytes[1:] }, terminal.RuleChallenge},
		{"challenge of zeros", "reading_card", func(a *terminal.Answer) { a.Challenge.Bytes = make([]byte, 32) }, terminal.RuleChallenge},
		{"old challenge", "reading_card", func(a *terminal.Answer) { a.Challenge.ExpiresAt = time.Now().Add(-time.Hour) }, terminal.RuleChallenge},
		{"challenge elsewhere", "remove_card", func(a *terminal.Answer) { a.Challenge = fakeAnswer(at("reading_card")).Challenge }, terminal.RuleChallenge},
		{"no content", "content_check", func(a *terminal.Answer) { a.Screen.Content = nil }, terminal.RuleContent},
		{"content elsewhere", "copies", func(a *terminal.Answer) { a.Screen.Content = fakeAnswer(at("content_check")).Screen.Content }, terminal.RuleContent},
		{"content on the offline screen", "content_check", func(a *terminal.Answer) { a.Offline.Content = a.Screen.Content }, terminal.RuleContent},
		{"content after the order to wipe", "content_check", func(a *terminal.Answer) { a.Drop = true }, terminal.RuleDrop},
		{"ragged doses", "content_check", func(a *terminal.Answer) { a.Screen.Content.DoseHead = nil }, terminal.RuleContent},
		{"hold of another type", "remove_card", func(a *terminal.Answer) { a.Hold.Application = sealed("kofu-receipt", make([]byte, 32), "x") }, terminal.RuleHold},
		{"hold in clear", "remove_card", func(a *terminal.Answer) { a.Hold.Application = "name" }, terminal.RuleHold},
		{"certificate without receipt", "pay", func(a *terminal.Answer) { a.Hold.Receipt = "" }, terminal.RuleHold},
		{"certificate too early", "copies", func(a *terminal.Answer) { a.Hold = fakeAnswer(at("pay")).Hold }, terminal.RuleHold},
		{"paper before the fee", "printing", func(a *terminal.Answer) { a.Screen.Fee.Copies, a.Screen.Fee.TotalYen = 2, 240 }, terminal.RuleRelease},
		{"sheet that is not paid for", "printing", func(a *terminal.Answer) { a.Release.Sheets = []int{1, 2} }, terminal.RuleRelease},
		{"one sheet twice", "printing", func(a *terminal.Answer) { a.Release.Sheets = []int{1, 1} }, terminal.RuleRelease},
		{"wrong key", "printing", func(a *terminal.Answer) { a.Release.Key = bytes.Repeat([]byte{8}, 32) }, terminal.RuleRelease},
		{"no key", "printing", func(a *terminal.Answer) { a.Release.Key = nil }, terminal.RuleRelease},
		{"release before paying", "pay", func(a *terminal.Answer) { a.Release = fakeAnswer(at("printing")).Release }, terminal.RuleRelease},
		{"due without a sum", "pay", func(a *terminal.Answer) { a.Screen.Fee.TotalYen = 0 }, terminal.RuleFee},
		{"escrow of others", "printing", func(a *terminal.Answer) { a.Screen.Fee.EscrowYen = 500 }, terminal.RuleFee},
		{"keeps more than was printed", "capture", func(a *terminal.Answer) { a.Screen.Fee.PerCopyYen = 60 }, terminal.RuleFee},
		{"moves what is not there", "capture", func(a *terminal.Answer) { a.Screen.Fee.CaptureYen = 240 }, terminal.RuleFee},
		{"says that it returned", "take_paper", func(a *terminal.Answer) {
			a.Screen.Fee.State, a.Screen.Fee.ReturnYen = "returned", 120
		}, terminal.RuleFee},
		{"says that nothing was taken", "thanks", func(a *terminal.Answer) { a.Screen.Fee = terminal.Fee{State: "none"} }, terminal.RuleFee},
		{"offline prints too early", "pay", func(a *terminal.Answer) { a.Offline.ID = "offline_printing" }, terminal.RuleOffline},
		{"offline without words", "kind", func(a *terminal.Answer) { a.Offline.Title = "" }, terminal.RuleText},
		{"offline does not print on", "printing", func(a *terminal.Answer) { a.Offline.ID = "offline" }, terminal.RuleOffline},
		{"ends on the way", "take_paper", func(a *terminal.Answer) { a.Over = true }, terminal.RuleOver},
		{"asks for something after the end", "thanks", func(a *terminal.Answer) { a.Screen.Input, a.Screen.Cues.Shutter = "paper_out", "open" }, terminal.RuleOver},
	}
}

// Each rule is broken once, and is told by its name.
//
// Rows: D1
func TestViolationsOfAService(t *testing.T) {
	for _, tt := range slices.Concat(spoiltScreens(), spoiltGoods()) {
		t.Run(tt.name, func(t *testing.T) {
			url, _ := serveFake(t, &fake{spoil: func(a *terminal.Answer) {
				if a.Screen.ID == tt.screen {
					tt.spoil(a)
				}
			}})
			_, err := somebody().Walk(t.Context(), simulator(t, url))
			v, ok := errors.AsType[*terminal.Violation](err)
			if !ok || v.Rule != tt.want {
				t.Errorf("got %v, want rule %s", err, tt.want)
			}
		})
	}
}

// A session that ends and leaves something in the terminal's memory is told.
//
// Rows: C1
func TestNothingIsHeldAfterTheEnd(t *testing.T) {
	url, _ := serveFake(t, &fake{spoil: func(a *terminal.Answer) { a.Drop = false }})
	tr := simulator(t, url)
	_, err := somebody().Walk(t.Context(), tr)
	if v, ok := errors.AsType[*terminal.Violation](err); !ok || v.Rule != terminal.RuleDrop {
		t.Errorf("got %v", err)
	}
	if !tr.Holds() {
		t.Error("the terminal wiped what it was not told to")
	}
}

func TestAnswersAreReadStrictly(t *testing.T) {
	for _, tt := range []struct {
		name string
		raw  func(body []byte, n int) []byte
		want terminal.Rule
	}{
		{"unknown member", func(b []byte, _ int) []byte { return bytes.Replace(b, []byte(`{`), []byte(`{"pin":1,`), 1) }, terminal.RuleForm},
		{"a member twice", func(b []byte, _ int) []byte { return bytes.Replace(b, []byte(`{`), []byte(`{"number":0,`), 1) }, terminal.RuleForm},
		{"no offline screen", func(b []byte, _ int) []byte {
			return bytes.Replace(b, []byte(`"offline":`), []byte(`"drop":false,"hold":`), 1)
		}, terminal.RuleForm},
		{"no cues", func(b []byte, _ int) []byte {
			return bytes.Replace(b, []byte(`"cues":{"lamp":"off",`), []byte(`"cues":null,"x":{`), 1)
		}, terminal.RuleForm},
		{"null", func([]byte, int) []byte { return []byte("null") }, terminal.RuleForm},
		{"half", func(b []byte, _ int) []byte { return b[:len(b)/2] }, terminal.RuleForm},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url, _ := serveFake(t, &fake{raw: tt.raw})
			_, err := somebody().Walk(t.Context(), simulator(t, url))
			if v, ok := errors.AsType[*terminal.Violation](err); !ok || v.Rule != tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTransportOfAnAnswer(t *testing.T) {
	for name, refuse := range map[string]func(w http.ResponseWriter, n int) bool{
		"kept in a cache": func(w http.ResponseWriter, _ int) bool { w.Header().Set("Cache-Control", "max-age=1"); return false },
		"page":            func(w http.ResponseWriter, _ int) bool { w.WriteHeader(http.StatusNotFound); return true },
		"status of its own": func(w http.ResponseWriter, n int) bool {
			if n > 0 {
				w.WriteHeader(http.StatusAccepted)
			}
			return n > 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := serveFake(t, &fake{refuse: refuse})
			_, err := somebody().Walk(t.Context(), simulator(t, url))
			if v, ok := errors.AsType[*terminal.Violation](err); !ok || v.Rule != terminal.RuleTransport {
				t.Errorf("got %v", err)
			}
		})
	}
}
