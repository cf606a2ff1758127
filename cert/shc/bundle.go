// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
)

type readBundle struct {
	ResourceType string `json:"resourceType"`
	Type         string `json:"type"`
	Entry        []struct {
		FullURL  string         `json:"fullUrl"`
		Resource jsontext.Value `json:"resource"`
	} `json:"entry"`
}

type readPatient struct {
	Name      []readName `json:"name"`
	BirthDate string     `json:"birthDate"`
}

type readName struct {
	Prefix []string `json:"prefix"`
	Family string   `json:"family"`
	Given  []string `json:"given"`
	Suffix []string `json:"suffix"`
	Text   string   `json:"text"`
}

// bundleTypes are FHIR's; the framework allows each.
var bundleTypes = []string{
	"document", "message", "transaction", "transaction-response", "batch", "batch-response",
	"history", "searchset", "collection", "subscription-notification",
}

type readImmunization struct {
	Status      string `json:"status"`
	VaccineCode struct {
		Coding []struct {
			System string `json:"system"`
			Code   string `json:"code"`
		} `json:"coding"`
	} `json:"vaccineCode"`
	Patient struct {
		Reference string `json:"reference"`
	} `json:"patient"`
	Occurrence string `json:"occurrenceDateTime"`
	Performer  []struct {
		Actor struct {
			Display string `json:"display"`
		} `json:"actor"`
	} `json:"performer"`
	LotNumber string `json:"lotNumber"`
}

// readBundle walks every entry. A card is about one person: two patients, or
// a dose of somebody who is not in the bundle, make it malformed.
func (c *Card) readBundle() error {
	var b readBundle
	if err := decode("bundle", c.BundleJSON, &b); err != nil {
		return err
	}
	if b.ResourceType != "Bundle" {
		return malformed("bundle: resourceType is not Bundle")
	}
	if !slices.Contains(bundleTypes, b.Type) {
		return malformed("bundle: no type that FHIR knows")
	}
	if len(b.Entry) == 0 {
		return malformed("bundle: no entry")
	}
	var patients, references []string
	urls := make(map[string]bool, len(b.Entry))
	for _, e := range b.Entry {
		switch {
		case e.FullURL == "":
			return malformed("bundle: entry without fullUrl")
		case urls[e.FullURL]:
			return malformed("bundle: a fullUrl twice")
		}
		urls[e.FullURL] = true
		var kind struct {
			ResourceType string `json:"resourceType"`
		}
		if err := decode("resource", e.Resource, &kind); err != nil {
			return err
		}
		switch kind.ResourceType {
		case "":
			return malformed("resource: no resourceType")
		case "Patient":
			if len(patients) > 0 {
				return malformed("bundle: more than one Patient")
			}
			patients = append(patients, e.FullURL)
			if err := c.readPatient(e.Resource); err != nil {
				return err
			}
		case "Immunization":
			ref, err := c.readImmunization(e.Resource)
			if err != nil {
				return err
			}
			references = append(references, ref)
		default:
			c.Other++
		}
	}
	for _, ref := range references {
		if !slices.Contains(patients, ref) {
			return malformed("bundle: dose of a patient who is not in it")
		}
	}
	return nil
}

func (c *Card) readPatient(resource jsontext.Value) error {
	var p readPatient
	if err := decode("Patient", resource, &p); err != nil {
		return err
	}
	if d, err := cert.ParseDate(p.BirthDate); err != nil || d.String() != p.BirthDate {
		return malformed("Patient: birthDate is not a date")
	}
	c.Patient.BirthDate = p.BirthDate
	for _, n := range p.Name {
		c.Patient.Names = append(c.Patient.Names, n.all()...)
	}
	if len(c.Patient.Names) == 0 {
		return malformed("Patient: no name")
	}
	n := p.Name[0]
	c.Patient.Family = cert.Private(n.Family)
	c.Patient.Given = cert.Private(strings.Join(n.Given, " "))
	c.Patient.Text = cert.Private(n.Text)
	return nil
}

// all returns every way in which n says the name: its text, and its parts in
// one if they are not the same.
func (n readName) all() []cert.Private {
	var out []cert.Private
	if strings.TrimSpace(n.Text) != "" {
		out = append(out, cert.Private(n.Text))
	}
	var parts []string
	for _, p := range slices.Concat(n.Prefix, []string{n.Family}, n.Given, n.Suffix) {
		if strings.TrimSpace(p) != "" {
			parts = append(parts, p)
		}
	}
	if whole := strings.Join(parts, " "); whole != "" && whole != n.Text {
		out = append(out, cert.Private(whole))
	}
	return out
}

func (c *Card) readImmunization(resource jsontext.Value) (reference string, err error) {
	var m readImmunization
	if err := decode("Immunization", resource, &m); err != nil {
		return "", err
	}
	if m.Status != "completed" {
		c.Other++ // says that no dose was given
		return m.Patient.Reference, nil
	}
	if len(m.VaccineCode.Coding) == 0 || m.VaccineCode.Coding[0].Code == "" {
		return "", malformed("Immunization: no vaccine code")
	}
	if err := c.checkOccurrence(m.Occurrence); err != nil {
		return "", err
	}
	d := Dose{
		System: m.VaccineCode.Coding[0].System, CVX: m.VaccineCode.Coding[0].Code,
		Date: m.Occurrence, Lot: m.LotNumber,
	}
	for _, coding := range m.VaccineCode.Coding {
		if coding.System == cvx {
			d.System, d.CVX = coding.System, coding.Code
			break
		}
	}
	if len(m.Performer) > 0 {
		d.Performer = m.Performer[0].Actor.Display
	}
	c.Doses = append(c.Doses, d)
	return m.Patient.Reference, nil
}

// checkOccurrence wants a FHIR date, perhaps a partial one, or a dateTime, and
// no dose given after the card was made; two days are for time zones.
func (c *Card) checkOccurrence(text string) error {
	var start time.Time
	if d, err := cert.ParseDate(text); err == nil && d.String() == text {
		start = time.Date(d.Year, time.Month(max(d.Month, 1)), max(d.Day, 1), 0, 0, 0, 0, time.UTC)
	} else if start, err = time.Parse(time.RFC3339, text); err != nil {
		return malformed("Immunization: occurrenceDateTime is not a date")
	}
	if start.After(c.NotBefore.Add(48 * time.Hour)) {
		return malformed("Immunization: later than the card")
	}
	return nil
}
