// SPDX-License-Identifier: Apache-2.0

package municipality

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"

	"kofu/cert"
)

// ErrFormat is returned for a document that is not a participation table.
var ErrFormat = errors.New("municipality: not a participation table")

type wireTable struct {
	Municipalities []wireMunicipality `json:"municipalities"`
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
}

type wireParticipation struct {
	From      string `json:"from"`                // YYYY-MM-DD
	Until     string `json:"until,omitempty"`     // YYYY-MM-DD, last day
	Suspended bool   `json:"suspended,omitempty"` //
	Open      string `json:"open,omitempty"`      // HH:MM, in Japan
	Close     string `json:"close,omitempty"`     // HH:MM, up to 24:00
}

var clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`)

// Parse reads a participation table, strictly: unknown and duplicate members,
// trailing data, codes with a wrong check digit, impossible dates and hours
// are refused with [ErrFormat], and every fault in the table is told at once.
func Parse(data []byte) (*Registry, error) {
	var t wireTable
	if err := json.Unmarshal(data, &t, json.RejectUnknownMembers(true)); err != nil {
		// Configuration holds nothing personal: the position may be told.
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(t.Municipalities) == 0 {
		return nil, fmt.Errorf("%w: no municipality in it", ErrFormat)
	}
	r := &Registry{byCode: make(map[cert.MunicipalityCode]Municipality)}
	var problems []error
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
	content, err := json.Marshal(r.sorted, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("municipality: hash table: %w", err)
	}
	sum := sha256.Sum256(content)
	r.version = hex.EncodeToString(sum[:8])
	return r, nil
}

func (w wireMunicipality) municipality() (Municipality, error) {
	code, err := cert.ParseMunicipalityCode(w.Code)
	if err != nil {
		return Municipality{}, err
	}
	m := Municipality{
		Code: code, NameJa: w.NameJa, NameEn: w.NameEn, IssuerJa: w.IssuerJa, IssuerEn: w.IssuerEn,
		FeeYen: w.FeeYen, ContactJa: w.ContactJa, ContactEn: w.ContactEn,
		Channels: make(map[cert.Channel]Participation, len(w.Channels)),
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
		if ch != cert.App && ch != cert.Kiosk && ch != cert.Counter {
			return Municipality{}, fmt.Errorf("no channel is called %.20q", ch)
		}
		p, err := wp.participation()
		if err != nil {
			return Municipality{}, fmt.Errorf("channel %s: %w", ch, err)
		}
		m.Channels[ch] = p
	}
	return m, nil
}

func (w wireParticipation) participation() (Participation, error) {
	p := Participation{Suspended: w.Suspended, Open: w.Open, Close: w.Close}
	var err error
	if p.From, err = cert.ParseDate(w.From); err != nil || !p.From.Full() {
		return p, errors.New("from is a date, YYYY-MM-DD")
	}
	if w.Until != "" {
		if p.Until, err = cert.ParseDate(w.Until); err != nil || !p.Until.Full() || p.Until.Compare(p.From) < 0 {
			return p, errors.New("until is a date, YYYY-MM-DD, not before from")
		}
	}
	if w.Open == "" && w.Close == "" {
		return p, nil
	}
	if !clockForm.MatchString(w.Open) || !clockForm.MatchString(w.Close) || w.Open >= w.Close {
		return p, errors.New("open and close are HH:MM of one day, open first")
	}
	return p, nil
}
