// SPDX-License-Identifier: Apache-2.0

package cert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestMyNumberCheckDigit(t *testing.T) {
	for _, good := range []string{"537686677188", "983205673214", "379474484458", "123456789018"} {
		n, err := ParseMyNumber([]byte(good))
		if err != nil || string(n.Digits()) != good {
			t.Errorf("%s refused: %v", good, err)
		}
		for i := range 12 {
			bad := []byte(good)
			bad[i] = '0' + (bad[i]-'0'+1)%10
			if _, err := ParseMyNumber(bad); i == 11 && err == nil {
				t.Errorf("%s accepted with a wrong check digit", bad)
			}
		}
	}
	for _, bad := range []string{"", "12345678901", "1234567890188", "12345678901x", "１２３"} {
		if _, err := ParseMyNumber([]byte(bad)); !errors.Is(err, ErrMyNumber) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMyNumberWipe(t *testing.T) {
	n, err := ParseMyNumber([]byte("123456789018"))
	if err != nil {
		t.Fatal(err)
	}
	d := n.Digits()
	n.Wipe()
	if !bytes.Equal(d, make([]byte, 12)) {
		t.Error("digits survive Wipe")
	}
	(*MyNumber)(nil).Wipe()
}

func TestMunicipalityCodeCheckDigit(t *testing.T) {
	for _, s := range []string{"131016", "010006", "271004", "472018", "012025", "132217", "472051"} {
		if _, err := ParseMunicipalityCode(s); err != nil {
			t.Errorf("%s refused", s)
		}
	}
	for _, s := range []string{"131017", "13101", "1310166", "13101x", ""} {
		if _, err := ParseMunicipalityCode(s); err == nil {
			t.Errorf("%s accepted", s)
		}
	}
}

func TestDate(t *testing.T) {
	for in, want := range map[string]string{
		"20210710": "2021-07-10", "2021-07-10": "2021-07-10", "19500300": "1950-03", "1950-03": "1950-03",
		"19500000": "1950", "1950": "1950", "20240229": "2024-02-29",
	} {
		d, err := ParseDate(in)
		if err != nil || d.String() != want {
			t.Errorf("%s: %q %v, want %s", in, d, err, want)
		}
	}
	for _, in := range []string{"", "2021071", "202107100", "20211301", "20210230", "2021-7-10", "20210010", "2021/07/10", "2021-0710", "195003", "00000101"} {
		if d, err := ParseDate(in); err == nil {
			t.Errorf("%s read as %s", in, d)
		}
	}
}

func TestDateIsInJapan(t *testing.T) {
	at := time.Date(2026, 3, 31, 15, 0, 0, 0, time.UTC) // midnight of April 1 in Japan
	if got := DateOf(at).String(); got != "2026-04-01" {
		t.Error(got)
	}
}

func TestID(t *testing.T) {
	id, err := NewID("900001", Date{2021, 12, 9}, 200002)
	if err != nil || id != "JPN90000120211209200002" || id.Municipality() != "900001" || id.Day() != (Date{2021, 12, 9}) {
		t.Error(id, err)
	}
	for _, s := range []string{"", "JPN9000012021120920000", "XPN90000120211209200002", "JPN90000120211309200002", "JPN900001202112092000021"} {
		if _, err := ParseID(s); err == nil {
			t.Errorf("%s accepted", s)
		}
	}
	if _, err := NewID("900001", Date{2021, 12, 9}, 1000000); err == nil {
		t.Error("a serial of seven digits accepted")
	}
}

// Rows: C3
func TestPersonalDataPrintsAsRedacted(t *testing.T) {
	n, _ := ParseMyNumber([]byte("123456789018"))
	h := Holder{Name: "髙橋　﨑子", BirthDate: Date{1985, 3, 14}, Sex: 2}
	d := Dose{Number: 1, Lot: "FA1234", Date: Date{2021, 7, 10}}
	p := &Passport{Number: "TK0000000", Primary: "TAKAHASHI"}
	r := &Record{Holder: h, Doses: []Dose{d}, LastOverseas: &OverseasIssue{Passport: *p}}
	for name, v := range map[string]any{
		"number": n, "number value": *n, "holder": h, "holder pointer": &h, "dose": d, "passport": p, "record": r, "name": h.Name,
		"applicant": Applicant{MyNumber: n, Holder: h}, "certificate": &Certificate{Holder: h}, "query": Query{MyNumber: n},
		"certified dose": CertifiedDose{Dose: d}, "confirmation": Confirmation{Passport: p}, "in a slice": []Holder{h}, "in a map": map[string]any{"x": d},
	} {
		var out bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		log := slog.New(slog.NewJSONHandler(&out, nil))
		log.Info("x", "v", v)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		if j, err := json.Marshal(v); err == nil {
			out.Write(j)
		}
		for _, mark := range []string{"1234567890", "髙橋", "1985", "FA1234", "TK0000000", "TAKAHASHI", "e9ab99"} {
			if strings.Contains(out.String(), mark) {
				t.Errorf("%s shows %s:\n%s", name, mark, out.String())
			}
		}
		if !strings.Contains(out.String(), redacted) {
			t.Errorf("%s does not say %s", name, redacted)
		}
	}
}

// Rows: R4.1
func TestZeroAnswerIsUnavailable(t *testing.T) {
	for name, a := range map[string]Answer{"zero": {}, "nil record": Found(nil), "unavailable": Unavailable(nil)} {
		if r, err := a.Record(); r != nil || !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v %v", name, r, err)
		}
	}
	if r, err := Found(&Record{}).Record(); r == nil || err != nil {
		t.Error("found is not found")
	}
}
