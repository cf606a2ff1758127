// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"

	"kofu/cert"
)

//go:embed data
var data embed.FS

// ErrData is returned for a file that does not have the layout expected.
var ErrData = errors.New("vrs: data file")

// residentColumns are the columns of residents.csv, in order.
var residentColumns = []string{
	"id", "case", "case_ja", "number", "name", "vrs_name", "kana", "birth", "sex", "address", "pin",
	"municipality", "home_no", "also_in", "also_no", "check", "deceased", "moved_out", "block_from", "block_to", "block_class",
	"passport", "primary", "secondary", "nationality", "passport_birth", "passport_sex", "expiry",
	"app_domestic", "app_overseas", "kiosk_domestic", "kiosk_overseas", "counter_domestic", "counter_overseas",
}

// Residents returns the embedded residents, in order of their ids.
func Residents() []Resident {
	list, err := parseResidents(embedded("residents.csv"))
	if err != nil {
		panic(err) // the file is compiled in, and a test reads it
	}
	ledgers := make(map[cert.MunicipalityCode]map[string][]dose)
	for _, m := range municipalities(list) {
		if ledgers[m], err = parseLedger(embedded("ledger_"+string(m)+".csv"), nil); err != nil {
			panic(err) // likewise
		}
	}
	for i, r := range list {
		x := person{Doses: ledgers[r.Municipality][r.HomeNo]}
		list[i].Ticket = x.ticket("")
	}
	return list
}

// Municipalities returns the municipalities of the embedded residents, in
// order: made up, with codes of no prefecture.
func Municipalities() []cert.MunicipalityCode { return municipalities(Residents()) }

func municipalities(residents []Resident) []cert.MunicipalityCode {
	var list []cert.MunicipalityCode
	for _, r := range residents {
		list = append(list, r.Municipality)
		if r.AlsoIn != "" {
			list = append(list, r.AlsoIn)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// MunicipalitiesJSON returns the participation table of these municipalities,
// in the layout of package cert/municipality.
func MunicipalitiesJSON() []byte { return embedded("municipalities.json") }

func embedded(name string) []byte {
	b, err := data.ReadFile("data/" + name)
	if err != nil {
		panic(err) // compiled in
	}
	return b
}

// rows reads a CSV file whose first line must be want, and returns the rows
// after it, which are as wide. With want nil it returns every row, of any
// width.
func rows(file []byte, want []string) ([][]string, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\uFEFF"))))
	if want == nil {
		r.FieldsPerRecord = -1
	}
	all, err := r.ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("%w: not CSV", ErrData)
	}
	if want == nil {
		return all, nil
	}
	if !slices.Equal(all[0], want) {
		return nil, fmt.Errorf("%w: columns are not those expected", ErrData)
	}
	return all[1:], nil
}

// parseResidents reads residents.csv.
func parseResidents(file []byte) ([]Resident, error) {
	all, err := rows(file, residentColumns)
	if err != nil {
		return nil, err
	}
	list := make([]Resident, 0, len(all))
	for i, row := range all {
		r, err := parseResident(row)
		if err != nil {
			return nil, fmt.Errorf("%w: residents, row %d: %w", ErrData, i+1, err)
		}
		list = append(list, r)
	}
	return list, nil
}

func parseResident(row []string) (Resident, error) {
	var c columns
	for i, name := range residentColumns {
		c.put(name, row[i])
	}
	r := Resident{
		ID: c.text("id"), Case: c.text("case"), CaseJa: c.text("case_ja"),
		Number: c.number("number"), Name: c.text("name"), VRSName: c.text("vrs_name"), Kana: c.text("kana"),
		Birth: c.date("birth"), Sex: c.sex("sex"), Address: c.text("address"), PIN: c.digits("pin", 4),
		Municipality: c.municipality("municipality"), HomeNo: c.optional("home_no"),
		AlsoNo: c.optional("also_no"), Check: c.oneOf("check", "", "要確認", "要修正"),
		Deceased: c.flag("deceased"), MovedOut: c.flag("moved_out"),
		BlockClass: cert.BlockClass(c.oneOf("block_class", "", string(cert.Protective), string(cert.Stopped))),
		BlockFrom:  c.date("block_from"), BlockTo: c.date("block_to"),
		Expected: Expected{
			AppDomestic: c.outcome(cert.App, cert.Domestic), AppOverseas: c.outcome(cert.App, cert.Overseas),
			KioskDomestic: c.outcome(cert.Kiosk, cert.Domestic), KioskOverseas: c.outcome(cert.Kiosk, cert.Overseas),
			CounterDomestic: c.outcome(cert.Counter, cert.Domestic), CounterOverseas: c.outcome(cert.Counter, cert.Overseas),
		},
	}
	if (r.BlockClass == "") != r.BlockFrom.IsZero() {
		c.wrong("block_class, block_from")
	}
	if c.optional("also_in") != "" {
		r.AlsoIn = c.municipality("also_in")
	}
	if c.optional("passport") != "" {
		r.Passport = c.passport()
	}
	return r, c.err
}
