// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kofu/cert"
)

// ledgerGroup are the columns that the ledger output repeats for each dose.
var ledgerGroup = []string{"接種履歴登録日時", "接種日", "券番号", "接種自治体コード", "会場名", "医師名", "メーカー", "ロット"}

// product is what a lot number stands for. The ledger has no product column:
// that the VRS knows it by the lot is assumed.
type product struct{ name string }

// parseLots reads lots.csv: lot, product.
func parseLots(file []byte) (map[string]product, error) {
	all, err := rows(file, []string{"lot", "product"})
	if err != nil {
		return nil, err
	}
	by := make(map[string]product, len(all))
	for i, row := range all {
		if _, twice := by[row[0]]; twice || row[0] == "" || row[1] == "" {
			return nil, fmt.Errorf("%w: lots, row %d", ErrData, i+1)
		}
		by[row[0]] = product{row[1]}
	}
	return by, nil
}

// parseLedger reads a ledger output: 個別宛名番号, then a
// group of eight columns for each dose, sideways, in the order of 接種回. An
// empty group is a dose not given (未実施). Groups need not reach the end of
// the line. It returns doses by 個別宛名番号.
func parseLedger(file []byte, lots map[string]product) (map[string][]dose, error) {
	all, err := rows(file, nil)
	if err != nil {
		return nil, err
	}
	if !ledgerHead(all[0]) {
		return nil, fmt.Errorf("%w: ledger: columns are not those expected", ErrData)
	}
	all = all[1:]
	by := make(map[string][]dose, len(all))
	for i, row := range all {
		if _, twice := by[row[0]]; twice || row[0] == "" {
			return nil, fmt.Errorf("%w: ledger, row %d: 個別宛名番号", ErrData, i+1)
		}
		doses, err := parseGroups(row[1:], lots)
		if err != nil {
			return nil, fmt.Errorf("%w: ledger, row %d: %w", ErrData, i+1, err)
		}
		by[row[0]] = doses
	}
	return by, nil
}

func ledgerHead(head []string) bool {
	if head[0] != "個別宛名番号" || len(head)%len(ledgerGroup) != 1 {
		return false
	}
	for group := range slices.Chunk(head[1:], len(ledgerGroup)) {
		if !slices.Equal(group, ledgerGroup) {
			return false
		}
	}
	return true
}

func parseGroups(fields []string, lots map[string]product) ([]dose, error) {
	if len(fields)%len(ledgerGroup) != 0 {
		return nil, fmt.Errorf("%d columns are no whole groups", len(fields))
	}
	doses := []dose{}
	for group := range slices.Chunk(fields, len(ledgerGroup)) {
		if strings.Join(group, "") == "" {
			doses = append(doses, dose{})
			continue
		}
		d, err := parseGroup(group, lots)
		if err != nil {
			return nil, fmt.Errorf("group %d: %w", len(doses)+1, err)
		}
		doses = append(doses, d)
	}
	return doses, nil
}

func parseGroup(g []string, lots map[string]product) (dose, error) {
	var c columns
	for i, name := range ledgerGroup {
		c.put(name, g[i])
	}
	if _, err := time.Parse("20060102150405", g[0]); err != nil {
		c.wrong(ledgerGroup[0])
	}
	day, err := cert.ParseDate(c.digits("接種日", 8))
	if err != nil || !day.Full() {
		c.wrong("接種日")
	}
	c.digits("券番号", 10)
	owner := c.municipality("接種自治体コード")
	for name, most := range map[string]int{"会場名": 30, "医師名": 20, "メーカー": 20, "ロット": 20} {
		if utf8.RuneCountInString(c.by[name]) > most {
			c.wrong(name)
		}
	}
	return dose{
		Date:         day.String(),
		Municipality: string(owner),
		Manufacturer: c.text("メーカー"),
		Product:      lots[c.by["ロット"]].name,
		Lot:          c.text("ロット"),
		Ticket:       c.by["券番号"],
	}, c.err
}
