// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/shc"
	"kofu/cert/vdsnc"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// Everybody, by the app, for both kinds, gets what the residents' table says;
// and what is issued says what the register holds.
//
// Rows: A1, A2, B1, E1, E2, E3, E4, E6, E7, R5.2
func TestEveryResidentOnTheAppDoor(t *testing.T) {
	tr := newTrial(t)
	keys, err := shc.ParseKeySet(tr.ring.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range tr.desk.residents {
		for _, k := range []cert.Kind{cert.Domestic, cert.Overseas} {
			t.Run(r.ID+"/"+string(k), func(t *testing.T) {
				w := wants(t, r, k)
				reviewed, c, err := tr.holding(t, r).Journey(t.Context(), w)
				got := issued
				if err != nil {
					got = phone.CodeOf(err)
				}
				if want := r.Expected.At(cert.App, k); got != want {
					t.Fatalf("%s: got %s, want %s (%v)", r.Case, got, want, err)
				}
				if err == nil {
					checkIssued(t, r, reviewed, c, keys)
				}
			})
		}
	}
}

func checkIssued(t *testing.T, r vrs.Resident, reviewed *phone.Reviewed, c *phone.Certificate, keys shc.KeySet) {
	t.Helper()
	want, earlier := held(t, r)
	checkPreview(t, r, reviewed.Preview, want, earlier)
	checkSHC(t, r, c, want, keys)
	if (c.VDSNC != "") != (c.Kind == "overseas") {
		t.Errorf("VDS-NC of %d bytes on a %s certificate", len(c.VDSNC), c.Kind)
	}
	if c.Kind == "overseas" {
		checkVDSNC(t, r, c, want)
	}
	id, err := cert.ParseID(c.ID)
	if err != nil || id.Municipality() != r.Municipality || id.Day() != cert.DateOf(c.IssuedAt) {
		t.Errorf("certificate ID %s: %v", c.ID, err)
	}
	checkPaper(t, r, c)
}

func checkPreview(t *testing.T, r vrs.Resident, p phone.Preview, want []dose, earlier bool) {
	t.Helper()
	if p.Name != r.Name || p.BirthDate != r.Birth.String() || p.Earlier != earlier || p.Municipality.Code != string(r.Municipality) {
		t.Errorf("preview says %q, %q, earlier %v", p.Name, p.BirthDate, p.Earlier)
	}
	if (p.Passport != nil) != (p.Kind == "overseas") {
		t.Errorf("preview of a %s certificate: passport %v", p.Kind, p.Passport)
	}
	var got []dose
	for _, d := range p.Doses {
		got = append(got, dose{d.Number, d.Date, d.Lot})
	}
	if !slices.Equal(got, want) {
		t.Errorf("preview: doses %v, want %v", got, want)
	}
}

func checkSHC(t *testing.T, r vrs.Resident, c *phone.Certificate, want []dose, keys shc.KeySet) {
	t.Helper()
	card, err := shc.Parse(c.SHC.JWS)
	if err != nil {
		t.Fatal(err)
	}
	if err := card.Verify(keys); err != nil {
		t.Error(err)
	}
	if jws, err := shc.FromNumeric(c.SHC.QR); err != nil || jws != c.SHC.JWS {
		t.Errorf("the symbol's text is not the card: %v", err)
	}
	if jws, err := shc.ParseFile([]byte(c.SHC.File)); err != nil || len(jws) != 1 || jws[0] != c.SHC.JWS {
		t.Errorf("the wallet's file is not the card: %v", err)
	}
	name, said := r.Name, card.Patient.Family.Reveal()+"\u3000"+card.Patient.Given.Reveal()
	if c.Kind == "overseas" {
		name, said = r.Passport.Latin().Reveal(), strings.Replace(said, "\u3000", " ", 1)
	}
	if card.Patient.Text != "" {
		said = card.Patient.Text.Reveal()
	}
	if said != name || card.Patient.BirthDate != r.Birth.String() || card.Issuer != issuer {
		t.Errorf("health card of %q, %s, by %s; want %q, %s", said, card.Patient.BirthDate, card.Issuer, name, r.Birth)
	}
	if c.Kind == "domestic" && r.Passport != nil {
		for _, never := range []string{r.Passport.Number.Reveal(), r.Passport.Primary.Reveal()} {
			if strings.Contains(string(card.PayloadJSON), never) && !strings.Contains(r.Name, never) {
				t.Errorf("a domestic card says %q", never)
			}
		}
	}
	var got, shown []dose
	for _, d := range card.Doses {
		got = append(got, dose{0, d.Date, d.Lot})
	}
	for _, d := range want {
		shown = append(shown, dose{0, d.date, d.lot})
	}
	if !slices.Equal(got, shown) {
		t.Errorf("health card: doses %v, want %v", got, shown)
	}
}

func checkVDSNC(t *testing.T, r vrs.Resident, c *phone.Certificate, want []dose) {
	t.Helper()
	doc, err := vdsnc.Parse([]byte(c.VDSNC))
	if err != nil {
		t.Fatal(err)
	}
	name, err := vdsnc.Name(r.Passport.Primary, r.Passport.Secondary)
	if err != nil {
		t.Fatal(err)
	}
	if doc.Person.Name.Reveal() != name || doc.Person.Number != r.Passport.Number || doc.Person.OtherID != c.ID {
		t.Errorf("VDS-NC of %q, %q, %s", doc.Person.Name.Reveal(), doc.Person.Number.Reveal(), doc.Person.OtherID)
	}
	if r.Birth.Full() && doc.Person.BirthDate.Reveal() != r.Birth.String() {
		t.Errorf("VDS-NC: born %q", doc.Person.BirthDate.Reveal())
	}
	var got []dose
	for _, d := range doc.Doses {
		got = append(got, dose{d.Sequence, d.Date.String(), d.Lot})
	}
	slices.SortFunc(got, func(a, b dose) int { return a.number - b.number })
	if !slices.Equal(got, want) {
		t.Errorf("VDS-NC: doses %v, want %v", got, want)
	}
}

// checkPaper reads the finished page: the name as on the card, the birth date,
// the ID, and the two symbols.
func checkPaper(t *testing.T, r vrs.Resident, c *phone.Certificate) {
	t.Helper()
	page, err := pdf.Read(c.PDF)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(page.Symbols); n != 1 && c.Kind == "domestic" || n != 2 && c.Kind == "overseas" {
		t.Errorf("%d symbols on a %s paper", n, c.Kind)
	}
	var all strings.Builder
	for _, run := range page.Runs {
		all.WriteString(run.Text)
	}
	// A long name goes over two lines, and is broken at a space.
	unspaced := func(s string) string { return strings.NewReplacer(" ", "", "\u3000", "").Replace(s) }
	for _, want := range []string{r.Name, c.ID, "SPECIMEN"} {
		if !strings.Contains(unspaced(all.String()), unspaced(want)) {
			t.Errorf("the paper lacks %q", want)
		}
	}
}

// dose is what the register's file says of one.
type dose struct {
	number int
	date   string
	lot    string
}

// held reads the ledger of r's municipality: what this municipality gave, at
// most the latest five, and whether there was more. It shares no code with the
// stand-in, which reads the same file.
func held(t *testing.T, r vrs.Resident) (doses []dose, earlier bool) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "test", "vrs", "data", "ledger_"+string(r.Municipality)+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	reader := csv.NewReader(f)
	reader.FieldsPerRecord = -1
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row[0] != r.HomeNo {
			continue
		}
		for i := 1; i+7 < len(row); i += 8 {
			if row[i+1] == "" || row[i+3] != string(r.Municipality) {
				continue
			}
			day, err := strconv.Atoi(row[i+1])
			if err != nil {
				t.Fatal(err)
			}
			date := cert.Date{Year: day / 10000, Month: day / 100 % 100, Day: day % 100}
			doses = append(doses, dose{i/8 + 1, date.String(), row[i+7]})
		}
	}
	if len(doses) > 5 {
		return doses[len(doses)-5:], true
	}
	return doses, false
}
