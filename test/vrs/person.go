// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"kofu/cert"
)

// person is a row of a partition in the clear: it is stored sealed, as JSON
// with short names, for there may be millions.
type person struct {
	Number     string   `json:"i"`
	HomeNo     string   `json:"h,omitempty"` // 個別宛名番号
	Name       string   `json:"n"`
	Kana       string   `json:"k,omitempty"`
	Aliases    []string `json:"a,omitempty"` // other writings: the card's
	Birth      string   `json:"b"`
	Sex        string   `json:"s"`
	Check      string   `json:"c,omitempty"` // 要確認, 要修正
	Deceased   bool     `json:"x,omitempty"`
	MovedOut   bool     `json:"m,omitempty"`
	BlockClass string   `json:"bc,omitempty"` // cert.BlockClass
	BlockFrom  string   `json:"bf,omitempty"` // YYYY-MM-DD
	BlockTo    string   `json:"bt,omitempty"` // YYYY-MM-DD, last day; "" for open
	Doses      []dose   `json:"d"`            // in the order of 接種回, without a gap
}

// dose is a dose as the record keeps it, in a person's list of them. One
// without a date was not given (未実施).
type dose struct {
	Date         string `json:"d,omitempty"` // YYYY-MM-DD
	Municipality string `json:"m,omitempty"` // 接種自治体コード; "" is the partition's own
	Manufacturer string `json:"f,omitempty"`
	Product      string `json:"p,omitempty"`
	Lot          string `json:"l,omitempty"`
	Ticket       string `json:"t,omitempty"` // 券番号
}

// entries puts doses as the contract does. The VRS records no doses given
// abroad.
func entries(doses []dose, own cert.MunicipalityCode) []entry {
	list := make([]entry, len(doses))
	for i, d := range doses {
		list[i] = entry{
			Number: i + 1, Administered: d.Date != "", Date: d.Date, Municipality: cmp.Or(d.Municipality, string(own)),
			Manufacturer: d.Manufacturer, Product: d.Product, Lot: d.Lot,
		}
		if d.Date != "" {
			list[i].Country = cert.Country
		}
	}
	return list
}

// travel is a passport as a record keeps it (旅券関係情報).
type travel struct {
	Number      string `json:"number"`
	Primary     string `json:"primary"`
	Secondary   string `json:"secondary"`
	Nationality string `json:"nationality"`
	Issuer      string `json:"issuer"`
	BirthDate   string `json:"birth_date"`
	Sex         string `json:"sex"`
	Expiry      string `json:"expiry"`
	Others      string `json:"others,omitzero"`
}

// tickets returns the ticket numbers of a person, each once.
func (p *person) tickets() (list []string) {
	for _, d := range p.Doses {
		if d.Ticket != "" && !slices.Contains(list, d.Ticket) {
			list = append(list, d.Ticket)
		}
	}
	return list
}

// ticket returns want if it is one of the person's ticket numbers, else one
// that is, or "".
func (p *person) ticket(want string) string {
	list := p.tickets()
	if slices.Contains(list, want) {
		return want
	}
	return strings.Join(list[:min(1, len(list))], "")
}

func (v *vault) sealJSON(row []byte, x any) ([]byte, error) {
	plain, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("vrs: encode column: %w", err)
	}
	defer clear(plain)
	return v.seal(row, plain), nil
}

func (v *vault) openJSON(row, sealed []byte, x any) error {
	plain, err := v.open(row, sealed)
	if err != nil {
		return err
	}
	defer clear(plain)
	if json.Unmarshal(plain, x) != nil {
		return errSealed
	}
	return nil
}

func fromPassport(p *cert.Passport) *travel {
	if p == nil {
		return nil
	}
	return &travel{
		Number: p.Number.Reveal(), Primary: p.Primary.Reveal(), Secondary: p.Secondary.Reveal(),
		Nationality: p.Nationality, Issuer: p.Issuer,
		BirthDate: p.BirthDate.String(), Sex: string(rune(p.Sex)), Expiry: p.Expiry.String(), Others: p.Others.Reveal(),
	}
}
