// SPDX-License-Identifier: Apache-2.0

package shc

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"kofu/cert"
)

type readBundle struct {
	ResourceType string `json:"resourceType"`
	Entry        []struct {
		FullURL  string         `json:"fullUrl"`
		Resource jsontext.Value `json:"resource"`
	} `json:"entry"`
}

type readPatient struct {
	Name []struct {
		Family string   `json:"family"`
		Given  []string `json:"given"`
		Text   string   `json:"text"`
	} `json:"name"`
	BirthDate string `json:"birthDate"`
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
	if len(b.Entry) == 0 {
		return malformed("bundle: no entry")
	}
	var patients, references []string
	for _, e := range b.Entry {
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
	if len(patients) > 1 {
		return malformed("bundle: more than one Patient")
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
	c.Patient.BirthDate = p.BirthDate
	if len(p.Name) > 0 {
		n := p.Name[0]
		c.Patient.Family = cert.Private(n.Family)
		c.Patient.Given = cert.Private(strings.Join(n.Given, " "))
		c.Patient.Text = cert.Private(n.Text)
	}
	return nil
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
	d := Dose{
		System: m.VaccineCode.Coding[0].System, CVX: m.VaccineCode.Coding[0].Code,
		Date: m.Occurrence, Lot: m.LotNumber,
	}
	for _, coding := range m.VaccineCode.Coding {
		if coding.System == "http://hl7.org/fhir/sid/cvx" {
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
