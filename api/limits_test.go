// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/api/app"
	"kofu/cardauth/attest"
	"kofu/test/phone"
)

// tally counts as Redis would.
type tally struct {
	mu   sync.Mutex
	now  func() time.Time
	sums map[string]int
	down error
}

func (s *tally) Count(_ context.Context, name string, window time.Duration) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return 0, s.down
	}
	if s.sums == nil {
		s.sums = map[string]int{}
	}
	key := fmt.Sprint(name, " ", window, " ", s.now().UnixNano()/int64(window))
	s.sums[key]++
	return s.sums[key], nil
}

func (s *tally) names() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.sums {
		all = append(all, name)
	}
	return all
}

func newLimited(t *testing.T, l app.Limits) (*world, *tally) {
	t.Helper()
	counts := &tally{}
	w := newWorld(t, func(w *world, h *app.Handler) {
		counts.now = w.clock.now
		l.Tally = counts
		if l.Secret == nil {
			l.Secret = []byte(strings.Repeat("s", 32))
		}
		h.Limits = &l
		h.Devices.Policy = attest.Report // the tests that are not about devices bring none
	})
	// Begin a window, so that none ends while the test runs.
	left := app.ApplicationWindow - time.Duration(time.Now().UnixNano())%app.ApplicationWindow
	w.clock.pass(left)
	return w, counts
}

func (w *world) from(t *testing.T, address string) *phone.Client {
	t.Helper()
	return &phone.Client{BaseURL: "http://kofu.example", HTTP: &http.Client{Transport: wires{t: t, s: w.fixture, from: address}}}
}

// Rows: C10
func TestChallengesArePerNetwork(t *testing.T) {
	w, counts := newLimited(t, app.Limits{Network: 2, CarrierNetwork: 3, Carriers: []netip.Prefix{netip.MustParsePrefix("100.64.0.0/10")}})
	for _, tt := range []struct {
		address string
		fine    bool
	}{
		{"192.0.2.1:1", true}, {"192.0.2.200:2", true}, {"192.0.2.7:3", false}, {"192.0.3.1:1", true},
		{"[::ffff:192.0.2.9]:1", false}, // the same network, spelled otherwise
		{"[2001:db8:0:1::1]:1", true}, {"[2001:db8:0:ff::2]:1", true}, {"[2001:db8:0:7::3]:1", false}, {"[2001:db8:0:100::1]:1", true},
		{"100.64.0.1:1", true}, {"100.64.0.2:1", true}, {"100.64.0.3:1", true}, {"100.64.0.4:1", false},
	} {
		_, err := w.from(t, tt.address).Challenge(t.Context())
		if (err == nil) != tt.fine || err != nil && (phone.CodeOf(err) != "too_many" || w.internalOf() != "TOO_MANY_NETWORK") {
			t.Errorf("%s: %v", tt.address, err)
		}
	}
	for _, name := range counts.names() {
		if strings.Contains(name, "192") || strings.Contains(name, "2001") || !strings.HasPrefix(name, "app-network:") {
			t.Errorf("the tally holds %q", name)
		}
	}
	w.clock.pass(app.NetworkWindow)
	if _, err := w.from(t, "192.0.2.1:1").Challenge(t.Context()); err != nil {
		t.Errorf("in the next window: %v", err)
	}
}

// Behind a proxy, a network is what the proxy has seen, and nothing that a
// caller can write.
//
// Rows: C10
func TestNetworkBehindAProxy(t *testing.T) {
	for _, tt := range []struct {
		name, from string
		header     http.Header
		counted    string // as this network
	}{
		{"its own address", "198.51.100.1:1", nil, "198.51.100.7:1"},
		{"a stranger's header", "198.51.100.1:1", http.Header{"X-Forwarded-For": {"192.0.2.1"}}, "198.51.100.7:1"},
		{"what the proxy has added", "10.0.0.1:1", http.Header{"X-Forwarded-For": {"192.0.2.1"}}, "192.0.2.7:1"},
		{"what the caller has written before it", "10.0.0.1:1", http.Header{"X-Forwarded-For": {"203.0.113.9, 192.0.2.1"}}, "192.0.2.7:1"},
		{"what the caller has written in a line of its own", "10.0.0.1:1", http.Header{"X-Forwarded-For": {"203.0.113.9", "192.0.2.1"}}, "192.0.2.7:1"},
		{"an address in its other spelling", "10.0.0.1:1", http.Header{"X-Forwarded-For": {"::ffff:192.0.2.1"}}, "192.0.2.7:1"},
		{"two proxies", "10.0.0.1:1", http.Header{"X-Forwarded-For": {"203.0.113.9, 192.0.2.1, 10.0.0.2"}}, "192.0.2.7:1"},
		{"another header of the caller's", "10.0.0.1:1", http.Header{"X-Real-Ip": {"203.0.113.9"}}, "10.0.0.7:1"},
		{"another header, and one that cannot be read", "10.0.0.1:1", http.Header{"X-Forwarded-For": {"192.0.2.1:4711"}, "X-Real-Ip": {"203.0.113.9"}}, "10.0.0.7:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := newLimited(t, app.Limits{Network: 1})
			if err := w.engine.SetTrustedProxies([]string{"10.0.0.1/32", "10.0.0.2/32"}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.from(t, tt.counted).Challenge(t.Context()); err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/app/v1/challenges", nil)
			r.RemoteAddr, r.Header = tt.from, tt.header
			rec := httptest.NewRecorder()
			w.engine.ServeHTTP(rec, r)
			if rec.Code != http.StatusTooManyRequests {
				t.Errorf("counted as another network: %d", rec.Code)
			}
		})
	}
}

// Rows: C10
func TestRetryAfterIsTheRestOfTheWindow(t *testing.T) {
	w, _ := newLimited(t, app.Limits{Network: 1})
	w.clock.pass(4 * time.Minute)
	p := w.from(t, "192.0.2.1:1")
	for range 2 {
		r, err := p.Send(t.Context(), http.MethodPost, "/app/v1/challenges", "application/json", []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if r.Status == http.StatusCreated {
			continue
		}
		wait, err := strconv.Atoi(r.Header.Get("Retry-After"))
		if r.Status != http.StatusTooManyRequests || err != nil || wait < 350 || wait > 360 {
			t.Errorf("%d, Retry-After %q", r.Status, r.Header.Get("Retry-After"))
		}
	}
}

// Applications are counted once the card's signature has held: nobody uses up
// what is another's.
//
// Rows: B2, C10
func TestApplicationsArePerCard(t *testing.T) {
	w, counts := newLimited(t, app.Limits{Card: 2})
	p := w.phone(t, nil, hers(t).Reader())
	for range 5 {
		_, a := proved(t, p, domestic())
		a.Card.Signature[7] ^= 1
		if _, err := p.Apply(t.Context(), a); phone.CodeOf(err) != "card_invalid" {
			t.Fatal(err)
		}
	}
	if got := counts.names(); len(got) > 0 {
		t.Errorf("counted without a signature: %v", got)
	}
	for i := range 3 {
		_, err := p.Ask(t.Context(), domestic())
		if (err == nil) != (i < 2) || err != nil && (phone.CodeOf(err) != "too_many" || w.internalOf() != "TOO_MANY_CARD") {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, err := w.phone(t, nil, issueCard(t, hanako).Reader()).Ask(t.Context(), domestic()); err != nil {
		t.Errorf("another card: %v", err)
	}
	w.clock.pass(app.ApplicationWindow)
	if _, err := p.Ask(t.Context(), domestic()); err != nil {
		t.Errorf("in the next window: %v", err)
	}
}

// Rows: B7, C10
func TestApplicationsArePerDevice(t *testing.T) {
	w, _ := newLimited(t, app.Limits{Device: 2})
	h := w.iPhone(t)
	for i := range 3 {
		_, err := w.phone(t, h, issueCard(t, hanako).Reader()).Ask(t.Context(), domestic()) // another card and credential each time
		if (err == nil) != (i < 2) || err != nil && (phone.CodeOf(err) != "too_many" || w.internalOf() != "TOO_MANY_DEVICE") {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// A tally that is down stops nobody, and is told of.
func TestTallyDown(t *testing.T) {
	told := 0
	w, counts := newLimited(t, app.Limits{Network: 1, Card: 1, Device: 1, Down: func(context.Context, error) { told++ }})
	counts.down = errors.New("no answer")
	p := w.hanakos(t)
	for range 2 {
		if _, err := p.Ask(t.Context(), domestic()); err != nil {
			t.Fatal(err)
		}
	}
	if told != 3+4 { // challenges, one of them for the device; cards and devices
		t.Errorf("told %d times", told)
	}
}

// What is counted today has another name tomorrow, and under another secret.
//
// Rows: C3, C10
func TestTallyNamesAreOfTheDay(t *testing.T) {
	name := func(secret string) string {
		w, counts := newLimited(t, app.Limits{Network: 10, Secret: []byte(secret)})
		if _, err := w.from(t, "192.0.2.1:1").Challenge(t.Context()); err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(strings.Join(counts.names(), ""), " ")
		return name
	}
	// Each begins at the next full hour: of one day, if no hour ends in between.
	for again := true; again; {
		hour := time.Now().Truncate(time.Hour)
		one, other, same := name(strings.Repeat("1", 32)), name(strings.Repeat("2", 32)), name(strings.Repeat("1", 32))
		if again = !hour.Equal(time.Now().Truncate(time.Hour)); !again && (one == other || one != same) {
			t.Errorf("%s, under another secret %s, under the same %s", one, other, same)
		}
	}

	w, counts := newLimited(t, app.Limits{Network: 10})
	seen := map[string]bool{}
	for range 3 {
		if _, err := w.from(t, "192.0.2.1:1").Challenge(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range counts.names() {
			name, _, _ = strings.Cut(name, " ")
			seen[name] = true
		}
		w.clock.pass(24 * time.Hour)
	}
	if len(seen) != 3 {
		t.Errorf("%d names in three days", len(seen))
	}
}

func TestLimitsThatCannotBe(t *testing.T) {
	good := func() *app.Limits { return &app.Limits{Tally: &tally{}, Secret: make([]byte, 32)} }
	for name, change := range map[string]func(*app.Limits){
		"no tally":       func(l *app.Limits) { l.Tally = nil },
		"a short secret": func(l *app.Limits) { l.Secret = make([]byte, 31) },
		"below 0":        func(l *app.Limits) { l.Card = -1 },
		"no network":     func(l *app.Limits) { l.Carriers = []netip.Prefix{{}} },
	} {
		l := good()
		change(l)
		if err := (&app.Handler{Limits: l}).Check(); !errors.Is(err, app.ErrLimits) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := (&app.Handler{Limits: good()}).Check(); err != nil {
		t.Error(err)
	}
}
