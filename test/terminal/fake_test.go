// SPDX-License-Identifier: Apache-2.0

package terminal_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"kofu/cardauth"
	"kofu/test/terminal"
)

// fake is a centre that knows one way through and looks at nothing it is sent.
// spoil changes an answer before it is sent; refuse answers in its place.
type fake struct {
	spoil  func(a *terminal.Answer)
	raw    func(body []byte, n int) []byte
	refuse func(w http.ResponseWriter, n int) bool

	mu     sync.Mutex
	bodies [][]byte // of events, as they came
}

const fakeSession = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// way is the screens in the order of the events.
func way() []string {
	return []string{"language", "consent", "kind", "municipality", "place_card", "enter_pin", "reading_card", "remove_card", "content_check",
		"copies", "pay", "printing", "capture", "take_paper", "thanks"}
}

func at(screen string) int { return slices.Index(way(), screen) }

func serveFake(t *testing.T, f *fake) (string, *fake) {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL, f
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	n, status := 0, http.StatusCreated
	if strings.HasSuffix(r.URL.Path, "/events") {
		var e struct {
			Number int `json:"number"`
		}
		_ = json.Unmarshal(body, &e)
		n, status = e.Number, http.StatusOK
		f.mu.Lock()
		f.bodies = append(f.bodies, body)
		f.mu.Unlock()
	}
	w.Header().Set("Cache-Control", "no-store")
	if f.refuse != nil && f.refuse(w, n) {
		return
	}
	a := fakeAnswer(min(n, len(way())-1))
	a.Number = n
	if f.spoil != nil {
		f.spoil(a)
	}
	out, err := json.Marshal(a)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if f.raw != nil {
		out = f.raw(out, n)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(out)
}

// problem answers with a refusal.
func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"type":"t","title":"だめ","title_en":"no","status":%d,"code":%q}`, status, code)
}

func fakeAnswer(n int) *terminal.Answer {
	id := way()[n]
	a := &terminal.Answer{Session: fakeSession, Number: n, Protocol: "1.0", Screen: fakeScreen(id), Offline: fakeScreen("offline")}
	a.Offline.Cues.Coins, a.Offline.Cues.Reader, a.Offline.Choices = "return", "release", []terminal.Choice{}
	key := bytes.Repeat([]byte{7}, 32)
	switch id {
	case "reading_card":
		a.Challenge = &terminal.Challenge{Bytes: []byte("0123456789abcdef0123456789abcdef"), ExpiresAt: time.Now().Add(time.Minute)}
	case "remove_card":
		a.Hold = &terminal.Hold{Application: sealed("kofu-application", key, "who")}
	case "content_check":
		a.Screen.Content = &terminal.Content{Rows: []terminal.Row{{Label: "氏名", Value: "見本"}}, DoseHead: []string{"回"}, Doses: [][]string{{"1"}}}
	case "pay":
		a.Hold = &terminal.Hold{Certificate: sealed("kofu-certificate", key, "%PDF-1.7 …"), Receipt: sealed("kofu-receipt", key, "r")}
	case "printing":
		a.Release = &terminal.Release{Key: key, Sheets: []int{1}}
	case "thanks":
		a.Over = true
	}
	if n >= at("printing") && id != "thanks" {
		a.Offline.ID, a.Offline.Cues = "offline_printing", a.Screen.Cues
		a.Offline.Fee, a.Offline.Input = a.Screen.Fee, a.Screen.Input
	}
	a.Drop = n >= at("capture")
	return a
}

// fakeScreen is a screen with all that its id needs.
func fakeScreen(id string) terminal.Screen {
	s := terminal.Screen{
		ID: id, Language: "ja", Title: "題", Body: []string{"文"}, Speech: "声", Choices: []terminal.Choice{}, Input: "none",
		Display: terminal.Display{Size: "normal", Contrast: "normal", Patience: "normal"},
		Timeout: terminal.Timeout{Seconds: 60, Then: "session_ended"},
		Cues:    terminal.Cues{Lamp: "off", Shutter: "closed", Printer: "idle", Reader: "off", Coins: "closed", Sound: "none"},
		Fee:     terminal.Fee{State: "none"},
	}
	for _, f := range [][]string{{"language", "ja", "en", "ja-x-easy", "zh-Hans", "ko", "pt", "vi"}, {"size", "normal", "large"}, {"contrast", "normal", "high"}, {"patience", "normal", "long"}} {
		field := terminal.SettingField{ID: f[0], Label: f[0]}
		for _, v := range f[1:] {
			field.Values = append(field.Values, terminal.Choice{ID: v, Label: v, Style: "plain"})
		}
		s.Settings = append(s.Settings, field)
	}
	choices := map[string][]string{
		"language": {"ja", "en"}, "consent": {"agree", "cancel"}, "kind": {"domestic", "overseas"}, "municipality": {"900010", "cancel"},
		"content_check": {"correct", "wrong"}, "copies": {"1", "2"}, "pay": {"cancel"},
	}
	for _, c := range choices[id] {
		s.Choices = append(s.Choices, terminal.Choice{ID: c, Label: c, Style: "primary"})
	}
	fee := terminal.Fee{State: "escrow", PerCopyYen: 120, Copies: 1, TotalYen: 120, EscrowYen: 120}
	switch id {
	case "place_card":
		s.Input, s.Cues.Reader = "card", "read"
	case "enter_pin":
		s.Input, s.Cues.Reader = "pin", "read"
	case "reading_card":
		s.Input, s.Cues.Reader = "card_read", "read"
	case "remove_card":
		s.Input, s.Cues.Reader = "card_out", "release"
	case "pay":
		s.Input, s.Cues.Coins = "coins", "open"
		s.Fee = terminal.Fee{State: "due", PerCopyYen: 120, Copies: 1, TotalYen: 120}
	case "printing":
		s.Input, s.Cues.Printer, s.Cues.Coins, s.Fee = "sheets", "print", "hold", fee
	case "capture":
		s.Input, s.Cues.Coins, s.Fee = "settle", "capture", fee
		s.Fee.CaptureYen = 120
	case "take_paper", "thanks":
		s.Fee = fee
		s.Fee.State, s.Fee.CaptureYen = "captured", 120
		if id == "take_paper" {
			s.Input, s.Cues.Shutter = "paper_out", "open"
		}
	}
	return s
}

// sealed makes a JWE of direct encryption by hand.
func sealed(typ string, key []byte, plain string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	header := b64([]byte(`{"alg":"dir","enc":"A256GCM","kid":"k","typ":"` + typ + `"}`))
	block, err := aes.NewCipher(key)
	if err != nil {
		return ""
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return ""
	}
	iv := make([]byte, 12)
	out := gcm.Seal(nil, iv, []byte(plain), []byte(header))
	return strings.Join([]string{header, "", b64(iv), b64(out[:len(out)-16]), b64(out[len(out)-16:])}, ".")
}

// tin is a card for tests without cryptography.
type tin struct{}

func (tin) VerifyPIN(string) error { return nil }
func (tin) Files() (cardauth.Files, error) {
	f := func() cardauth.Secret { return cardauth.Secret("file") }
	return cardauth.Files{EF0001: f(), EF0002: f(), EF0003: f(), EF0004: f(), EF0007: f()}, nil
}
func (tin) Sign([]byte) ([]byte, error) { return []byte("signature"), nil }

func somebody() terminal.Person {
	return terminal.Person{Card: tin{}, PIN: "7391", Towns: []string{"900010"}}
}

// simulator is a terminal before a fake.
func simulator(t *testing.T, urls ...string) *terminal.Terminal {
	t.Helper()
	return must(terminal.New(terminal.Config{URLs: urls, HTTP: http.DefaultClient, Clock: &terminal.QuickClock{}}))(t)
}
