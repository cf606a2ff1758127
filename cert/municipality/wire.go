// SPDX-License-Identifier: Apache-2.0

package municipality

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"

	"kofu/cert"
)

// ErrFormat is returned for a document that is not a participation table.
var ErrFormat = errors.New("municipality: not a participation table")

type wireTable struct {
	// Channels has the hours and closed days that hold for all municipalities,
	// beside their own: open is what both say is open.
	Channels       map[cert.Channel]wireHours `json:"channels,omitempty"`
	Municipalities []wireMunicipality         `json:"municipalities"`
}

type wireHours struct {
	Open       string   `json:"open,omitempty"`        // HH:MM, in Japan
	Close      string   `json:"close,omitempty"`       // HH:MM, up to 24:00
	ClosedDays []string `json:"closed_days,omitempty"` // YYYY-MM-DD, in any order, each once
}

type wireMunicipality struct {
	Code      string                             `json:"code"` // six digits, check digit included
	NameJa    string                             `json:"name_ja"`
	NameEn    string                             `json:"name_en"`
	IssuerJa  string                             `json:"issuer_ja"`
	IssuerEn  string                             `json:"issuer_en"`
	FeeYen    int                                `json:"fee_yen"`
	ContactJa string                             `json:"contact_ja"`
	ContactEn string                             `json:"contact_en"`
	Channels  map[cert.Channel]wireParticipation `json:"channels"` // app, kiosk, counter

	// Lint says of rules on records, by code, whether a breach is to "refuse" or
	// to "warn" only; what is not here is as the rule has it.
	Lint wireLint `json:"lint,omitempty"`
}

type wireParticipation struct {
	From      string `json:"from"`                // YYYY-MM-DD
	Until     string `json:"until,omitempty"`     // YYYY-MM-DD, last day
	Suspended bool   `json:"suspended,omitempty"` //
	wireHours
}

var errChannel = errors.New("no channel is called so")

var clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`)

// Parse reads a participation table, strictly: unknown and duplicate members,
// trailing data, codes with a wrong check digit, impossible dates and hours
// are refused with [ErrFormat], and every fault in the table is told at once.
func Parse(data []byte) (*Registry, error) {
	var t wireTable
	if err := json.Unmarshal(data, &t, json.RejectUnknownMembers(true)); err != nil {
		return nil, placed(data, err) // configuration holds nothing personal: the place may be told
	}
	if len(t.Municipalities) == 0 {
		return nil, fmt.Errorf("%w: no municipality in it", ErrFormat)
	}
	r := &Registry{byCode: make(map[cert.MunicipalityCode]Municipality), channels: make(map[cert.Channel]hours)}
	var problems []error
	for _, ch := range slices.Sorted(maps.Keys(t.Channels)) {
		h, err := t.Channels[ch].hours()
		if err == nil && !known(ch) {
			err = errChannel
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%w: channel %.20q: %w", ErrFormat, ch, err))
		}
		r.channels[ch] = h
	}
	for i, w := range t.Municipalities {
		m, err := w.municipality()
		if err == nil && r.byCode[m.Code].Code != "" {
			err = errors.New("stands in the table twice")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%w: entry %d (%.6q): %w", ErrFormat, i+1, w.Code, err))
			continue
		}
		r.byCode[m.Code] = m
		r.sorted = append(r.sorted, m)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	slices.SortFunc(r.sorted, byCode)
	return r, r.hash()
}

func (r *Registry) hash() error {
	content, err := json.Marshal([]any{r.channels, r.sorted}, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("municipality: hash table: %w", err)
	}
	sum := sha256.Sum256(content)
	r.version = hex.EncodeToString(sum[:8])
	return nil
}

func known(ch cert.Channel) bool { return ch == cert.App || ch == cert.Kiosk || ch == cert.Counter }

func (w wireMunicipality) municipality() (Municipality, error) {
	code, err := cert.ParseMunicipalityCode(w.Code)
	if err != nil {
		return Municipality{}, err
	}
	m := Municipality{
		Code: code, NameJa: w.NameJa, NameEn: w.NameEn, IssuerJa: w.IssuerJa, IssuerEn: w.IssuerEn,
		FeeYen: w.FeeYen, ContactJa: w.ContactJa, ContactEn: w.ContactEn,
		Channels: make(map[cert.Channel]Participation, len(w.Channels)), Lint: w.Lint,
	}
	for _, s := range []string{w.NameJa, w.NameEn, w.IssuerJa, w.IssuerEn, w.ContactJa, w.ContactEn} {
		if s == "" {
			return Municipality{}, errors.New("names, issuer lines and contacts are required in both languages")
		}
	}
	if w.FeeYen < 0 || w.FeeYen > 10000 {
		return Municipality{}, errors.New("fee_yen is 0 to 10000")
	}
	for ch, wp := range w.Channels {
		p, err := wp.participation()
		if err == nil && !known(ch) {
			err = errChannel
		}
		if err != nil {
			return Municipality{}, fmt.Errorf("channel %.20q: %w", ch, err)
		}
		m.Channels[ch] = p
	}
	return m, nil
}

func (w wireParticipation) participation() (Participation, error) {
	h, err := w.hours()
	if err != nil {
		return Participation{}, err
	}
	p := Participation{Suspended: w.Suspended, Open: h.Open, Close: h.Close, ClosedDays: h.ClosedDays}
	if p.From, err = fullDate(w.From); err != nil {
		return p, errors.New("from is a date, YYYY-MM-DD")
	}
	if w.Until != "" {
		if p.Until, err = fullDate(w.Until); err != nil || p.Until.Compare(p.From) < 0 {
			return p, errors.New("until is a date, YYYY-MM-DD, not before from")
		}
	}
	return p, nil
}

func (w wireHours) hours() (hours, error) {
	h := hours{Open: w.Open, Close: w.Close}
	if (w.Open != "" || w.Close != "") && (!clockForm.MatchString(w.Open) || !clockForm.MatchString(w.Close) || w.Open >= w.Close) {
		return h, errors.New("open and close are HH:MM of one day, open first")
	}
	for _, text := range w.ClosedDays {
		day, err := fullDate(text)
		if err != nil {
			return h, errors.New("closed_days are dates, YYYY-MM-DD")
		}
		h.ClosedDays = append(h.ClosedDays, day)
	}
	slices.SortFunc(h.ClosedDays, cert.Date.Compare)
	if n := len(h.ClosedDays); len(slices.Compact(h.ClosedDays)) != n {
		return h, errors.New("closed_days has a day twice")
	}
	return h, nil
}

// fullDate reads YYYY-MM-DD.
func fullDate(text string) (cert.Date, error) {
	d, err := cert.ParseDate(text)
	if err == nil && (d.String() != text || !d.Full()) {
		err = cert.ErrDate
	}
	return d, err
}
