// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"strings"
	"testing"

	"kofu/cert"
)

// firstLines returns three lines of an embedded file: short seeds fuzz faster.
func firstLines(name string) []byte {
	return []byte(strings.Join(strings.SplitAfterN(string(embedded(name)), "\n", 4)[:3], ""))
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"request_id":"r","municipality":"900010","purpose":"certificate","issuance_id":"i","nonce":"AAAAAAAAAAAAAAAAAAAAAA==","individual_number":"900000001377"}`,
		`{"request_id":"r","municipality":"900010","issuance_id":"i","subject":"s","version":"v","kind":"domestic"}`,
		`{"request_id":"r","municipality":"900010","issuance_id":"i","certificate_id":"JPN90001020261123000001","issued_on":"2026-11-23"}`,
		`{"request_id":"r","municipality":"900010","issuance_id":"i"}`,
		`{"request_id":"r","municipality":"900010","purpose":"certificate","nonce":"AAAAAAAAAAAAAAAAAAAAAA==","name":"見本　一子","birth_date":"1985-03-14"}`,
		`{"request_id":"r","municipality":"900010","purpose":"certificate","nonce":"AAAAAAAAAAAAAAAAAAAAAA==","ticket_number":"7000000100"}`,
		`{"request_id":"r","municipality":"900010","purpose":"certificate","issuance_id":"i","nonce":"AAAAAAAAAAAAAAAAAAAAAA==","ref":"AAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
		`{"request_id":"r","municipality":"900010","certificate_id":"JPN90001020261123000001"}`,
		`{"request_id":"r","municipality":"900010","dry_run":true,"rows":[{"ticket_number":"7000000100","class":"stopped","from":"2026-11-23"}]}`,
		`{"request_id":"r","request_id":"r"}`, `null`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, q := range []request{
			new(findRequest), new(reserveRequest), new(confirmRequest), new(voidRequest),
			new(searchRequest), new(openRequest), new(invalidateRequest), new(blocksRequest),
		} {
			if !decode(data, q) {
				continue
			}
			if _, m := q.about(); len(m) != 6 {
				t.Fatal("a request to nobody")
			}
			if s, ok := q.(*searchRequest); ok && (s.Number == "") == (s.Ticket == "") && s.Name == "" {
				t.Fatal("a search for nothing, or for two things")
			}
		}
	})
}

func FuzzParseResidents(f *testing.F) {
	f.Add(firstLines("residents.csv"))
	f.Add([]byte(strings.Join(residentColumns, ",")))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseResidents(data)
		if err != nil {
			return
		}
		for _, r := range list {
			if _, err := cert.ParseMyNumber([]byte(r.Number)); err != nil {
				t.Fatal("a wrong number")
			}
		}
	})
}

func FuzzParseLedger(f *testing.F) {
	f.Add(firstLines("ledger_900028.csv"))
	f.Add([]byte("個別宛名番号\n1"))
	lots, err := parseLots(embedded("lots.csv"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		by, err := parseLedger(data, lots)
		if err != nil {
			return
		}
		for _, doses := range by {
			for _, d := range doses {
				if d != (dose{}) && (len(d.Date) != 10 || d.Municipality == "" || d.Lot == "") {
					t.Fatal("a dose that is not whole")
				}
			}
		}
	})
}

func FuzzParseLots(f *testing.F) {
	f.Add(firstLines("lots.csv"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = parseLots(data) })
}

func FuzzParseOverseas(f *testing.F) {
	f.Add(firstLines("overseas.csv"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := parseOverseas(data)
		if err != nil {
			return
		}
		for _, past := range list {
			if past.passport == nil || !past.on.Full() {
				t.Fatal("a past issue that is not whole")
			}
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"山田［佐藤］　花子", "ヴァーチャル　ヨーコ", "葛󠄀城", "々", "((", "\xff", ""} {
		f.Add(s)
	}
	fold := newFolder()
	f.Fuzz(func(t *testing.T, name string) {
		for _, folded := range fold.names(name) {
			if again := fold.fold(folded); len(again) > len(folded) {
				t.Fatalf("%q folds to more than itself", name)
			}
		}
	})
}

func FuzzParseFault(f *testing.F) {
	f.Add("call=find&kind=late&delay=3s&times=1")
	f.Add("kind=status&status=503")
	f.Fuzz(func(t *testing.T, query string) {
		if fault, err := parseFault(query); err == nil && (fault.Times < 0 || fault.Delay < 0 || fault.Kind == "") {
			t.Fatal("a fault that is none")
		}
	})
}
