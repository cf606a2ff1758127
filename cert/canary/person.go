// SPDX-License-Identifier: Apache-2.0

package canary

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"kofu/cert"
)

// ErrShort is returned for a text that would be found by chance.
var ErrShort = errors.New("canary: text too short, or too much of the same, to be looked for")

// shortest is the least number of bytes of anything looked for.
const shortest = 6

// Person is somebody made up. It is not personal data, so it prints. Fields
// may be empty.
type Person struct {
	ID           string   `json:"id"` // what a finding calls them
	Number       string   `json:"number"`
	Name         string   `json:"name"`
	Kana         string   `json:"kana"`
	Latin        []string `json:"latin"` // primary and secondary identifier of the passport
	BirthDate    string   `json:"birth_date"`
	Address      string   `json:"address"`
	Passport     string   `json:"passport"`
	Ticket       string   `json:"ticket"`
	Lots         []string `json:"lots"`
	Certificates []string `json:"certificates"` // certificate IDs
	Symbols      []string `json:"symbols"`      // SHC numeric or JWS, VDS-NC
}

// A Mark is one text to be looked for.
type Mark struct {
	Who  string // ID of the person
	What string // name, number, …
	Text string
}

// Marks lists what is looked for of p, in each spelling. A text too short to
// be told from chance is [ErrShort].
func (p Person) Marks() ([]Mark, error) {
	var list []Mark
	add := func(what string, texts ...string) {
		for _, t := range texts {
			if t != "" && !slices.Contains(list, Mark{p.ID, what, t}) {
				list = append(list, Mark{p.ID, what, t})
			}
		}
	}
	add("number", p.Number)
	add("name", spellings(p.Name)...)
	add("kana", spellings(p.Kana)...)
	if len(p.Latin) == 2 && p.Latin[0] != "" {
		a, b := p.Latin[0], p.Latin[1]
		add("latin name", a+"<<"+b, a+" "+b, b+" "+a, a+", "+b)
	}
	if p.BirthDate != "" {
		d, err := cert.ParseDate(p.BirthDate)
		if err != nil {
			return nil, fmt.Errorf("canary: birth date of %s: %w", p.ID, err)
		}
		add("birth date", dates(d)...)
	}
	add("address", p.Address)
	add("passport", p.Passport)
	add("ticket", p.Ticket)
	add("lot", p.Lots...)
	add("certificate id", p.Certificates...)
	for _, s := range p.Symbols {
		add("symbol", pieces(s)...)
	}
	for _, m := range list {
		if len(m.Text) < shortest || 2*len(utf16.Encode([]rune(m.Text))) < shortest {
			return nil, fmt.Errorf("%w: %s of %s", ErrShort, m.What, m.Who)
		}
	}
	return list, nil
}

// spellings gives a name with each space there is, and none where enough is left.
func spellings(name string) []string {
	parts := strings.Fields(strings.ReplaceAll(name, "\u3000", " "))
	if len(parts) < 2 {
		return []string{name}
	}
	return []string{name, strings.Join(parts, "\u3000"), strings.Join(parts, " "), strings.Join(parts, "")}
}

// dates writes a date in the ways programs and forms do; one with unknown
// parts in the one that has them.
func dates(d cert.Date) []string {
	if !d.Full() {
		return []string{d.String()}
	}
	return []string{
		d.String(), d.Compact(), fmt.Sprintf("%04d/%02d/%02d", d.Year, d.Month, d.Day),
		fmt.Sprintf("%d年%d月%d日", d.Year, d.Month, d.Day), fmt.Sprintf("%04d年%02d月%02d日", d.Year, d.Month, d.Day),
		fmt.Sprintf("{%d %d %d}", d.Year, d.Month, d.Day),                                                        // fmt's %v
		fmt.Sprintf("{%#x, %#x, %#x", d.Year, d.Month, d.Day),                                                    // a stack trace
		`"Year":` + strconv.Itoa(d.Year) + `,"Month":` + strconv.Itoa(d.Month) + `,"Day":` + strconv.Itoa(d.Day), // encoding/json
	}
}

// pieces takes four places of a long text, so that a part of it is found, too.
func pieces(s string) []string {
	const size = 32
	if len(s) <= 4*size {
		return []string{s}
	}
	var list []string
	for i := range 4 {
		at := (len(s) - size) * (2*i + 1) / 8
		list = append(list, s[at:at+size])
	}
	return list
}
