// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"kofu/cert"
)

// What is written, in the order in which it is written. The members are those
// of the data-minimisation profile and no others.

type wireClaims struct {
	ISS string         `json:"iss"`
	NBF int64          `json:"nbf"` // seconds; an integer, though Japan's own cards had fractions
	VC  wireCredential `json:"vc"`
}

type wireCredential struct {
	Type    [3]string   `json:"type"`
	Subject wireSubject `json:"credentialSubject"`
	RID     string      `json:"rid,omitempty"`
}

type wireSubject struct {
	Version string     `json:"fhirVersion"`
	Bundle  wireBundle `json:"fhirBundle"`
}

type wireBundle struct {
	ResourceType string      `json:"resourceType"`
	Type         string      `json:"type"`
	Entry        []wireEntry `json:"entry"`
}

type wireEntry struct {
	FullURL  string `json:"fullUrl"`
	Resource any    `json:"resource"` // wirePatient or wireImmunization
}

type wirePatient struct {
	ResourceType string      `json:"resourceType"`
	Name         [1]wireName `json:"name"`
	BirthDate    string      `json:"birthDate"`
}

// wireName has no use: the profile forbids it, though Japan's own cards had it.
type wireName struct {
	Family string   `json:"family,omitempty"`
	Given  []string `json:"given,omitempty"`
	Text   string   `json:"text,omitempty"`
}

type wireImmunization struct {
	ResourceType string           `json:"resourceType"`
	Status       string           `json:"status"`
	VaccineCode  wireConcept      `json:"vaccineCode"`
	Patient      wireReference    `json:"patient"`
	Occurrence   string           `json:"occurrenceDateTime"`
	Performer    [1]wirePerformer `json:"performer"`
	LotNumber    string           `json:"lotNumber,omitempty"`
}

type wireConcept struct {
	Coding [1]wireCoding `json:"coding"`
}

type wireCoding struct {
	System string `json:"system"`
	Code   string `json:"code"`
}

type wireReference struct {
	Reference string `json:"reference"`
}

type wirePerformer struct {
	Actor wireActor `json:"actor"`
}

type wireActor struct {
	Display string `json:"display"`
}

func payloadOf(c *cert.Certificate, iss string) ([]byte, error) {
	if c.IssuedAt.Nanosecond() != 0 || c.IssuedAt.Unix() <= 0 {
		return nil, ErrTime
	}
	if c.RID != "" && !ridForm.MatchString(c.RID) {
		return nil, ErrContent
	}
	name, err := nameOf(c)
	if err != nil {
		return nil, err
	}
	if c.Holder.BirthDate.IsZero() {
		return nil, ErrContent
	}
	entries := []wireEntry{{"resource:0", wirePatient{"Patient", [1]wireName{name}, c.Holder.BirthDate.String()}}}
	doses, err := dosesOf(c)
	if err != nil {
		return nil, err
	}
	for i, d := range doses {
		entries = append(entries, wireEntry{"resource:" + strconv.Itoa(i+1), d})
	}
	claims := wireClaims{ISS: iss, NBF: c.IssuedAt.Unix(), VC: wireCredential{
		// The last two are deprecated since 1.4.0 but were in Japan's cards,
		// and validators still miss them.
		Type: [3]string{
			"https://smarthealth.cards#health-card",
			"https://smarthealth.cards#immunization",
			"https://smarthealth.cards#covid19",
		},
		Subject: wireSubject{"4.0.1", wireBundle{"Bundle", "collection", entries}},
		RID:     c.RID,
	}}
	return minified(claims)
}

// minified marshals without spaces and without the HTML escapes that would
// spend room on < > and &.
func minified(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, ErrContent
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func dosesOf(c *cert.Certificate) ([]wireImmunization, error) {
	if len(c.Doses) == 0 {
		return nil, ErrContent
	}
	sorted := slices.Clone(c.Doses)
	// The card has no dose number: the order tells it.
	slices.SortStableFunc(sorted, func(a, b cert.CertifiedDose) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Number, b.Number))
	})
	list := make([]wireImmunization, 0, len(sorted))
	for _, d := range sorted {
		if !d.Administered || !d.Date.Full() || d.Vaccine.CVX == "" || !writable(d.Lot) {
			return nil, ErrContent // 未実施 is never certified (E2)
		}
		list = append(list, wireImmunization{
			ResourceType: "Immunization",
			Status:       "completed",
			VaccineCode:  wireConcept{[1]wireCoding{{cvx, d.Vaccine.CVX}}},
			Patient:      wireReference{"resource:0"},
			Occurrence:   d.Date.String(),
			Performer:    [1]wirePerformer{{wireActor{cert.Authority}}},
			LotNumber:    d.Lot,
		})
	}
	return list, nil
}

// nameOf writes the name. Domestic: as on the card, split where it splits at
// exactly one ideographic space, else whole. Overseas: the passport's Latin
// name (assumed: no overseas card of Japan was seen). The secondary
// identifier is one given name: the passport does not tell where one of
// several ends (assumed).
func nameOf(c *cert.Certificate) (wireName, error) {
	switch c.Kind {
	case cert.Domestic:
		name := c.Holder.Name.Reveal()
		if strings.TrimSpace(name) == "" || !writable(name) {
			return wireName{}, ErrName
		}
		family, given, ok := strings.Cut(name, "\u3000")
		if !ok || family == "" || given == "" || strings.Contains(given, "\u3000") {
			return wireName{Text: name}, nil
		}
		return wireName{Family: family, Given: []string{given}}, nil
	case cert.Overseas:
		if c.Passport == nil {
			return wireName{}, ErrPassport
		}
		primary, secondary := c.Passport.Primary.Reveal(), c.Passport.Secondary.Reveal()
		if primary == "" || !writable(primary) || !writable(secondary) {
			return wireName{}, ErrPassport
		}
		if secondary == "" {
			return wireName{Text: primary}, nil
		}
		return wireName{Family: primary, Given: []string{secondary}}, nil
	}
	return wireName{}, ErrContent
}

// writable refuses what would not come back as it went in (broken UTF-8) and
// what has no place in a name or lot: control characters and U+FFFD, the
// trace of a character already lost.
func writable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r)
	})
}
