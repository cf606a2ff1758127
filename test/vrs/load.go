// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"kofu/cert"
)

// pastIssue is a line of overseas.csv: an overseas certificate issued before.
type pastIssue struct {
	resident     string
	municipality cert.MunicipalityCode
	on           cert.Date
	passport     *cert.Passport
}

var overseasColumns = []string{
	"id", "municipality", "issued_on",
	"passport", "primary", "secondary", "nationality", "passport_birth", "passport_sex", "expiry",
}

// parseOverseas reads overseas.csv.
func parseOverseas(file []byte) ([]pastIssue, error) {
	all, err := rows(file, overseasColumns)
	if err != nil {
		return nil, err
	}
	var list []pastIssue
	for i, row := range all {
		var c columns
		for j, name := range overseasColumns {
			c.put(name, row[j])
		}
		past := pastIssue{c.text("id"), c.municipality("municipality"), c.date("issued_on"), c.passport()}
		if c.err != nil || !past.on.Full() {
			return nil, fmt.Errorf("%w: overseas history, row %d", ErrData, i+1)
		}
		list = append(list, past)
	}
	return list, nil
}

// dataset is all that goes into the partitions at first.
type dataset struct {
	residents []Resident
	past      []pastIssue
	ledgers   map[cert.MunicipalityCode]map[string][]dose // doses by 個別宛名番号
}

// MunicipalitiesIn returns the municipalities of the residents.csv in files,
// in order; nil stands for the embedded files, as in [Config].
func MunicipalitiesIn(files fs.FS) (list []cert.MunicipalityCode, err error) {
	err = readFile(files, "residents.csv", func(b []byte) error {
		residents, err := parseResidents(b)
		list = municipalities(residents)
		return err
	})
	return list, err
}

// readDataset reads the files of files, or the embedded ones.
func readDataset(files fs.FS) (*dataset, error) {
	all := &dataset{ledgers: make(map[cert.MunicipalityCode]map[string][]dose)}
	var lots map[string]product
	for name, read := range map[string]func([]byte) error{
		"residents.csv": func(b []byte) (err error) { all.residents, err = parseResidents(b); return err },
		"overseas.csv":  func(b []byte) (err error) { all.past, err = parseOverseas(b); return err },
		"lots.csv":      func(b []byte) (err error) { lots, err = parseLots(b); return err },
	} {
		if err := readFile(files, name, read); err != nil {
			return nil, err
		}
	}
	for _, m := range municipalities(all.residents) {
		err := readFile(files, "ledger_"+string(m)+".csv", func(b []byte) (err error) {
			all.ledgers[m], err = parseLedger(b, lots)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readFile(files fs.FS, name string, read func([]byte) error) error {
	if files == nil {
		return read(embedded(name))
	}
	b, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("vrs: read data: %w", err)
	}
	if err := read(b); err != nil {
		return fmt.Errorf("vrs: %s: %w", name, err)
	}
	return nil
}

// load fills the partition, if nobody is in it.
func (p *Partition) load(ctx context.Context, all *dataset) error {
	n, err := p.Persons(ctx)
	if err != nil || n > 0 {
		return err
	}
	return p.write(ctx, func(tx *sql.Tx) error { return p.fill(ctx, tx, all) })
}

// fill inserts the residents who have a 個別宛名番号 here.
func (p *Partition) fill(ctx context.Context, tx *sql.Tx, all *dataset) error {
	serial := 0
	for _, r := range all.residents {
		homeNo := r.homeNo(p.code)
		if homeNo == "" {
			continue
		}
		doses, ok := all.ledgers[p.code][homeNo]
		if !ok {
			return fmt.Errorf("%w: no line in the ledger of %s for %s", ErrData, p.code, r.ID)
		}
		row := p.vault.person([]byte(r.Number))
		if err := p.insert(ctx, tx, row, r.person(p.code, homeNo, doses)); err != nil {
			return err
		}
		for _, old := range all.past {
			if old.resident != r.ID || old.municipality != p.code {
				continue
			}
			serial++
			if err := p.insertPast(ctx, tx, row, old, serial); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Resident) homeNo(m cert.MunicipalityCode) string {
	switch m {
	case r.Municipality:
		return r.HomeNo
	case r.AlsoIn:
		return r.AlsoNo
	}
	return ""
}

// person is what the partition of m holds of r. Somebody who has doses in two
// municipalities has moved out of the second.
func (r *Resident) person(m cert.MunicipalityCode, homeNo string, doses []dose) *person {
	return &person{
		Number: r.Number, HomeNo: homeNo, Name: r.VRSName, Kana: r.Kana, Aliases: r.aliases(),
		Birth: r.Birth.String(), Sex: strconv.Itoa(int(r.Sex)),
		Check: r.Check, Deceased: r.Deceased, MovedOut: r.MovedOut || m != r.Municipality,
		BlockClass: string(r.BlockClass), BlockFrom: r.BlockFrom.String(), BlockTo: r.BlockTo.String(), Doses: doses,
	}
}

func (r *Resident) aliases() []string {
	if r.Name == r.VRSName {
		return nil
	}
	return []string{r.Name}
}

func (p *Partition) insert(ctx context.Context, tx *sql.Tx, row []byte, x *person) error {
	sealed, err := p.vault.sealJSON(row, x)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO persons (person, sealed, birth) VALUES (?, ?, ?)`, row, sealed, p.vault.birth(x.Birth)); err != nil {
		return fmt.Errorf("vrs: insert person: %w", err)
	}
	for _, ticket := range x.tickets() {
		if _, err := tx.ExecContext(ctx, `INSERT INTO tickets (ticket, person) VALUES (?, ?)`, p.vault.ticket(ticket), row); err != nil {
			return fmt.Errorf("vrs: insert ticket number: %w", err)
		}
	}
	return nil
}

func (p *Partition) insertPast(ctx context.Context, tx *sql.Tx, row []byte, old pastIssue, serial int) error {
	id, err := cert.NewID(p.code, old.on, serial)
	if err != nil {
		return fmt.Errorf("vrs: overseas history: %w", err)
	}
	sealed, err := p.vault.sealJSON(row, fromPassport(old.passport))
	if err != nil {
		return err
	}
	noon := time.Date(old.on.Year, time.Month(old.on.Month), old.on.Day, 12, 0, 0, 0, cert.JST())
	_, err = tx.ExecContext(ctx, `INSERT INTO issues (issuance, person, kind, certificate_id, issued_at, state, issued_on, passport)
		VALUES (?, ?, 'overseas', ?, ?, 'confirmed', ?, ?)`, "past-"+string(id), row, string(id), noon.Unix(), old.on.String(), sealed)
	if err != nil {
		return fmt.Errorf("vrs: insert past issue: %w", err)
	}
	return nil
}
