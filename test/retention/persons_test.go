// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"kofu/cardauth/passport"
	"kofu/cert"
	"kofu/cert/canary"
)

const town = "900010"

// planted is a person whom nothing may remember. Each has everything of their
// own: no two share a name, a day of birth, a lot or a digit string.
type planted struct {
	canary.Person
	role           string // what befalls them
	check, blocked string // 要確認; class of a block
	homeNo, pin    string
}

// roles are those of the app, of the kiosk and of the counter, in this order.
func roles() []string {
	return []string{
		"app domestic", "app overseas", "app wrong signature", "app needs check", "app blocked", "app gateway down", "app gateway html", "app gateway other person",
		"app malformed", "app oversized", "app wrong media type", "app discard", "app gone", "app confirm fails", "app passport of another", "app late",
		"kiosk domestic", "kiosk overseas", "kiosk cancel", "kiosk jam", "kiosk broken printer", "kiosk walks away", "kiosk needs check", "kiosk blocked", "kiosk gateway down",
		"kiosk pin field", "kiosk oversized", "kiosk power cut",
		"counter ticket", "counter number", "counter name", "counter gateway down", "counter typed wrong", "counter needs check", "counter blocked", "counter mrz of another",
		"counter oversized", "counter malformed",
		"load 1", "load 2", "load 3", "load 4",
	}
}

// myNumber adds the check digit (ministerial order 85 of 2014, article 5).
func myNumber(eleven string) string {
	for d := range 10 {
		n := fmt.Sprintf("%s%d", eleven, d)
		if _, err := cert.ParseMyNumber([]byte(n)); err == nil {
			return n
		}
	}
	return ""
}

// everybody makes them.
func everybody() (all []*planted) {
	family := []string{"鷺沼", "雲井", "貝塚", "浅香", "鳴海", "柳瀬", "滝本"}
	given := []string{"楓子", "朔弥", "琴葉", "岳人", "千鶴", "光希"}
	latinFamily := []string{"SAGINUMA", "KUMOI", "KAIZUKA", "ASAKA", "NARUMI", "YANASE", "TAKIMOTO"}
	latinGiven := []string{"FUUKO", "SAKUYA", "KOTOHA", "GAKUTO", "CHIZURU", "MITSUKI"}
	for i, role := range roles() {
		f, g := i%len(family), i%len(given)
		p := &planted{role: role, pin: "2580", homeNo: fmt.Sprintf("00990%05d", i)}
		p.Person = canary.Person{
			ID: role, Number: myNumber(fmt.Sprintf("7%03d5283%03d", 111+19*i, 907-13*i)),
			Name: family[f] + "　" + given[g], Kana: "カナノ　" + string([]rune("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロ")[i]) + "ムラヨ",
			Latin: []string{latinFamily[f], latinGiven[g]}, BirthDate: fmt.Sprintf("%04d-%02d-%02d", 1931+i, 1+i%12, 3+i%26),
			Address: fmt.Sprintf("架空県架空市潮見台%d丁目%d番地の%d", 1+i%9, 31+i, 7+i), Passport: fmt.Sprintf("QX%07d", 4105137+7919*i),
			Ticket: fmt.Sprintf("83%08d", 51730417+104729*i), Lots: []string{fmt.Sprintf("RT%dN4K%dW", 10+i, 71-i)},
		}
		switch {
		case hasSuffix(role, "needs check"):
			p.check = "要確認"
		case hasSuffix(role, "blocked"):
			p.blocked = string(cert.Protective)
		}
		all = append(all, p)
	}
	return all
}

func hasSuffix(s, end string) bool { return len(s) >= len(end) && s[len(s)-len(end):] == end }

func (p *planted) birth() cert.Date {
	d, _ := cert.ParseDate(p.BirthDate) // written above
	return d
}

// passport is theirs.
func (p *planted) passport() *cert.Passport {
	return &cert.Passport{Number: cert.Private(p.Passport), Primary: cert.Private(p.Latin[0]), Secondary: cert.Private(p.Latin[1]), Nationality: "JPN", Issuer: "JPN",
		BirthDate: p.birth(), Sex: 'F', Expiry: cert.Date{Year: 2034, Month: 5, Day: 20}}
}

func (p *planted) mrz(t *testing.T) []string {
	t.Helper()
	a, b, err := passport.MRZ(p.passport())
	if err != nil {
		t.Fatal(err)
	}
	return []string{a, b}
}

// writeResidents makes the data folder of a record service that knows them.
func writeResidents(t *testing.T, dir string, all []*planted) {
	t.Helper()
	residents := [][]string{{"id", "case", "case_ja", "number", "name", "vrs_name", "kana", "birth", "sex", "address", "pin",
		"municipality", "home_no", "also_in", "also_no", "check", "deceased", "moved_out", "block_from", "block_to", "block_class",
		"passport", "primary", "secondary", "nationality", "passport_birth", "passport_sex", "expiry",
		"app_domestic", "app_overseas", "kiosk_domestic", "kiosk_overseas", "counter_domestic", "counter_overseas"}}
	lots := [][]string{{"lot", "product"}}
	ledger := [][]string{{"個別宛名番号", "接種履歴登録日時", "接種日", "券番号", "接種自治体コード", "会場名", "医師名", "メーカー", "ロット"}}
	past := [][]string{{"id", "municipality", "issued_on", "passport", "primary", "secondary", "nationality", "passport_birth", "passport_sex", "expiry"}}
	for i, p := range all {
		id, from := fmt.Sprintf("r%03d", i+1), ""
		if p.blocked != "" {
			from = "2022-01-01"
		}
		travel := []string{p.Passport, p.Latin[0], p.Latin[1], "JPN", p.BirthDate, "F", "2034-05-20"}
		row := []string{id, "planted", "試験", p.Number, p.Name, p.Name, p.Kana, p.BirthDate, "2", p.Address, p.pin, town, p.homeNo, "", "", p.check, "", "", from, "", p.blocked}
		residents = append(residents, append(append(row, travel...), "issued", "issued", "issued", "issued", "issued", "issued"))
		lots = append(lots, []string{p.Lots[0], "コミナティ"})
		ledger = append(ledger, []string{p.homeNo, "20210610140713", "20210610", p.Ticket, town, "架空市総合体育館", "見本 医1", "ファイザー", p.Lots[0]})
		past = append(past, append([]string{id, town, "2023-04-01"}, travel...))
	}
	for name, rows := range map[string][][]string{"residents.csv": residents, "lots.csv": lots, "overseas.csv": past, "ledger_" + town + ".csv": ledger} {
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
