// SPDX-License-Identifier: Apache-2.0

// Package municipality holds who takes part: which municipality issues on
// which channel, from when until when, on which days and during which hours,
// for what fee and under which issuer line. Hours and closed days may also be
// set for a whole channel; who takes part keeps both.
//
// The data is configuration, read once with [Parse]. Participation is decided
// here and nowhere else: a door that shows a list shows [Registry.List], and
// an application is admitted by [Registry.Admit] whatever list was shown (D2).
package municipality

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kofu/cert"
)

// Why an application is not admitted.
var (
	ErrUnknown   = errors.New("municipality: unknown")
	ErrNotJoined = errors.New("municipality: does not take part on this channel")
	ErrSuspended = errors.New("municipality: has suspended this channel")
	ErrClosed    = errors.New("municipality: out of service hours")
)

// Participation is how a municipality takes part on one channel.
type Participation struct {
	From      cert.Date // first day, in Japan
	Until     cert.Date // last day; zero: no end
	Suspended bool      // stopped for now, by the municipality
	// Open and Close are the daily hours in Japan as HH:MM: open at Open,
	// closed at Close ("24:00" is the end of the day). Both empty: always.
	Open, Close string
	ClosedDays  []cert.Date // days in Japan without any hours, rising
}

// Municipality is one issuer. The map it holds belongs to the registry and
// must not be changed.
type Municipality struct {
	Code                 cert.MunicipalityCode
	NameJa, NameEn       string
	IssuerJa, IssuerEn   string // the issuer line of a certificate, such as 宜野湾市長
	FeeYen               int    // per printed copy at a kiosk, tax included
	ContactJa, ContactEn string // where to ask, for applicants
	Channels             map[cert.Channel]Participation

	// Lint is what becomes of findings in a record, by the rule's code, where it
	// is not the rule's default. See [Municipality.Severity].
	Lint map[string]cert.Severity
}

// Severity says what becomes of a finding: as the municipality has set, or as
// the rule has it. A rule that may not be lowered, and one that is not known,
// refuse.
func (m Municipality) Severity(code string) cert.Severity {
	r, known := cert.FindingRuleOf(code)
	set, isSet := m.Lint[code]
	switch {
	case !known || r.Fixed:
		return cert.Refuse
	case isSet:
		return set
	}
	return r.Default
}

// Issuer returns the issuer line for a certificate.
func (m Municipality) Issuer() cert.Issuer {
	return cert.Issuer{Municipality: m.Code, Ja: m.IssuerJa, En: m.IssuerEn}
}

// Registry is the participation table. It never changes and is safe for
// concurrent use.
type Registry struct {
	byCode   map[cert.MunicipalityCode]Municipality
	sorted   []Municipality         // by code
	channels map[cert.Channel]hours // that hold for all municipalities
	version  string
}

// Admit returns the municipality if it takes applications on ch at now, and
// the channel itself is open ([Registry.Open]); else [ErrUnknown],
// [ErrNotJoined], [ErrSuspended] or [ErrClosed].
func (r *Registry) Admit(code cert.MunicipalityCode, ch cert.Channel, now time.Time) (Municipality, error) {
	m, ok := r.byCode[code]
	if !ok {
		return Municipality{}, ErrUnknown
	}
	if err := cmp.Or(m.admit(ch, now), r.Open(ch, now)); err != nil {
		return Municipality{}, fmt.Errorf("municipality: %s on %s: %w", code, ch, err)
	}
	return m, nil
}

func (m Municipality) admit(ch cert.Channel, now time.Time) error {
	p, ok := m.Channels[ch]
	today := cert.DateOf(now)
	switch {
	case !ok || today.Compare(p.From) < 0:
		return ErrNotJoined
	case !p.Until.IsZero() && today.Compare(p.Until) > 0:
		return ErrNotJoined
	case p.Suspended:
		return ErrSuspended
	}
	return hours{p.Open, p.Close, p.ClosedDays}.at(now)
}

// Lookup returns a municipality whether or not it takes part, for its name
// and contact.
func (r *Registry) Lookup(code cert.MunicipalityCode) (Municipality, bool) {
	m, ok := r.byCode[code]
	return m, ok
}

// List returns, ordered by code, the municipalities that take applications on
// ch at now: exactly those that [Registry.Admit] admits.
func (r *Registry) List(ch cert.Channel, now time.Time) []Municipality {
	if r.Open(ch, now) != nil {
		return nil
	}
	var list []Municipality
	for _, m := range r.sorted {
		if m.admit(ch, now) == nil {
			list = append(list, m)
		}
	}
	return list
}

// All returns every municipality, ordered by code.
func (r *Registry) All() []Municipality { return slices.Clone(r.sorted) }

// Version names the content of the registry: 16 hexadecimal digits of a
// SHA-256 over what it says, whatever its layout and order in the file.
func (r *Registry) Version() string { return r.version }

func byCode(a, b Municipality) int { return strings.Compare(string(a.Code), string(b.Code)) }
