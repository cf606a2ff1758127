// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"kofu/cert"
	"kofu/test/card"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// trial is a site whose clock can be moved and whose log can be read.
type trial struct {
	*site
	HTTP *http.Client
	log  logbook
}

// logbook is a log in memory.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	return newTrialOf(t, setting{})
}

// newTrialOf is newTrial with something else set than the clock and the log.
func newTrialOf(t *testing.T, s setting) *trial {
	t.Helper()
	tr := new(trial)
	s.clock, s.log = new(clock), slog.New(slog.NewJSONHandler(&tr.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w, err := newWorld(s)
	if err != nil {
		t.Fatal(err)
	}
	if tr.site, err = w.listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 8}
	tr.HTTP = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
	})
	return tr
}

// holding returns a phone with the card of r on it.
func (tr *trial) holding(t *testing.T, r vrs.Resident) *phone.Client {
	t.Helper()
	p, err := tr.phone(r, tr.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wants is what r asks for.
func wants(t *testing.T, r vrs.Resident, k cert.Kind) phone.Wish {
	t.Helper()
	w, err := wish(r, k)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// asked counts what the record system was asked for.
func (tr *trial) asked(call string) int { return tr.records.Faults().Calls(call) }

// first finds the first resident for whom is holds.
func (tr *trial) first(t *testing.T, is func(vrs.Resident) bool) vrs.Resident {
	t.Helper()
	for _, r := range tr.desk.residents {
		if is(r) {
			return r
		}
	}
	t.Fatal("no such resident among those embedded")
	return vrs.Resident{}
}

// plain is somebody to whom everything is issued.
func (tr *trial) plain(t *testing.T) vrs.Resident {
	t.Helper()
	r, err := choose(tr.desk.residents, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// foreign makes a card for r by an authority that nobody here knows.
func foreign(t *testing.T, r vrs.Resident) *card.Card {
	t.Helper()
	pki, err := card.NewPKI("9000066")
	if err != nil {
		t.Fatal(err)
	}
	town, err := pki.NewMunicipality(string(r.Municipality[:5]))
	if err != nil {
		t.Fatal(err)
	}
	c, err := town.Issue(card.Holder{MyNumber: r.Number, Name: r.Name, Address: r.Address, BirthDate: r.Birth.Compact(), Sex: sexDigit(r), PIN: r.PIN})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// markers are the texts by which a person could be found again. Short Latin
// ones are left out: random names of requests have them by chance.
func markers(r vrs.Resident) []string {
	m := []string{r.Number, r.Birth.String(), r.Birth.Compact(), r.Address, r.Kana}
	for part := range strings.FieldsSeq(r.Name) {
		if len([]rune(part)) > 1 {
			m = append(m, part)
		}
	}
	if r.Passport != nil {
		m = append(m, r.Passport.Number.Reveal(), r.Passport.Latin().Reveal())
	}
	return m
}
