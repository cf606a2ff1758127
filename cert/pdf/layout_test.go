// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
)

// table is every shape a page can have.
func table() map[string]pdf.Document {
	all := map[string]pdf.Document{}
	for who, p := range map[string]person{"short": plain(), "long": longest()} {
		for _, kind := range []cert.Kind{cert.Domestic, cert.Overseas} {
			for n := 1; n <= 5; n++ {
				d := sample(p, kind, n, n/5*2)
				d.Specimen = n%2 == 1
				all[fmt.Sprintf("%s %s %d", who, kind, n)] = d
			}
		}
	}
	// All at once: the longest names, products, lots and issuer. What has room
	// here need not be laid out at the preview (Fits).
	for name, holder := range map[string]string{
		"everything at its longest": longest().name, "name of 135 characters": strings.Repeat("寿限無", 45),
	} {
		d := sample(longest(), cert.Overseas, 5, 7)
		for i := range d.Certificate.Doses {
			d.Certificate.Doses[i].Vaccine = vaccines()[3]
			d.Certificate.Doses[i].Vaccine.MakerEn = "Janssen Pharmaceutical"
			d.Certificate.Doses[i].Lot = "WWWW0123456789WWWW01"
		}
		d.Certificate.Issuer = cert.Issuer{
			Ja: "鹿児島県大島郡与論町・沖永良部島広域連合予防接種事務組合管理者　見本市町村長",
			En: "Administrator of the Yoron and Okinoerabu Joint Immunization Association, Oshima District, Kagoshima",
		}
		d.Certificate.Holder.Name = cert.Private(holder)
		d.Specimen = true
		all[name] = d
	}
	maps.Copy(all, unusual())
	return all
}

// Rows: E4, E6, E8
func TestLayout(t *testing.T) {
	t.Parallel() // slow under the race detector
	r := renderer(t)
	for name, d := range table() {
		t.Run(name, func(t *testing.T) {
			file := render(t, r, d)
			if err := r.Check(file, d); err != nil {
				t.Error(err)
			}
			page, err := pdf.Read(file)
			if err != nil {
				t.Fatal(err)
			}
			checkLayout(t, page)
		})
	}
}

// checkLayout looks at a finished page: nothing leaves the margins, nothing
// overlaps, no type is too small.
func checkLayout(t *testing.T, page *pdf.Page) {
	t.Helper()
	const margin = 12.0
	inside := pdf.Box{X0: margin, Y0: margin, X1: page.Width - margin, Y1: page.Height - margin}
	within := func(what string, b pdf.Box) {
		if b.X0 < inside.X0 || b.Y0 < inside.Y0 || b.X1 > inside.X1 || b.Y1 > inside.Y1 {
			t.Errorf("%s leaves the margins: %+v", what, b)
		}
	}
	var boxes []pdf.Box
	for _, r := range page.Runs {
		if r.Angle != 0 {
			continue
		}
		if r.Size < 6.99 {
			t.Errorf("type of %.1f points", r.Size)
		}
		within("a run", r.Box())
		boxes = append(boxes, r.Box())
	}
	for _, b := range page.Rules {
		within("a rule", b)
		boxes = append(boxes, b)
	}
	for i, b := range page.Boxes {
		quiet := 4 * (b.X1 - b.X0) / float64(page.Symbols[i].Size)
		b = pdf.Box{X0: b.X0 - quiet, Y0: b.Y0 - quiet, X1: b.X1 + quiet, Y1: b.Y1 + quiet}
		within("a symbol", b)
		boxes = append(boxes, b)
	}
	for i, a := range boxes {
		for _, b := range boxes[:i] {
			if a.Overlaps(b) {
				t.Errorf("%+v overlaps %+v", a, b)
			}
		}
	}
}

// Rows: E4
func TestDomesticShowsNoPassport(t *testing.T) {
	d := sample(plain(), cert.Domestic, 2, 0)
	d.Certificate.Passport = sample(plain(), cert.Overseas, 1, 0).Certificate.Passport
	file := render(t, renderer(t), d)
	page, err := pdf.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Runs {
		for _, secret := range []string{"TK0000000", "MIHON", "HANAKO", "旅券", "Passport", "国籍"} {
			if strings.Contains(r.Text, secret) {
				t.Errorf("a domestic page shows %q", secret)
			}
		}
	}
	d.VDSNC = `{"data":{}}`
	if _, err := renderer(t).Render(d); !errors.Is(err, pdf.ErrDocument) {
		t.Errorf("a domestic page with a VDS-NC symbol: %v", err)
	}
}

// Rows: R5.2
func TestNamesPrintedAsTheyAre(t *testing.T) {
	r := renderer(t)
	for _, name := range []cert.Private{
		"𠮷野　家子", "髙橋　﨑子", "神\uFA19\uF9DC", "邉\U000E0103", "葛\U000E0100城", "邉\U000E010F", "ヴェロニカ・ー々", "ｶﾞｷﾞﾉ ﾀﾛｳ", "DUPONT-LÉGER",
		"渡邊［齋藤］花子", "か\u3099", "A\u00A0B", "ORMOND", "<O'Neil & \\(sons)>",
	} {
		if err := r.Printable(name); err != nil {
			t.Errorf("%q: %v", name.Reveal(), err)
			continue
		}
		d := sample(plain(), cert.Domestic, 1, 0)
		d.Certificate.Holder.Name = name
		file := render(t, r, d)
		if err := r.Check(file, d); err != nil {
			t.Errorf("%q: %v", name.Reveal(), err)
		}
		page, err := pdf.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, run := range page.Runs {
			found = found || run.Text == name.Reveal()
		}
		if !found {
			t.Errorf("%q is not on the page", name.Reveal())
		}
	}
}

// A sequence that no font knows is printed in its character's usual form, the
// page keeps the sequence as its text, and Substituted tells of it beforehand.
//
// Rows: R5.2
func TestSubstituted(t *testing.T) {
	r := renderer(t)
	for name, want := range map[cert.Private]bool{
		"葛\U000E0100": false, "山田": false, "葛城": false, "邉\U000E010F": true, "山田　辻\U000E01EF": true, "\x07": false, "葛\U000E0101城": true, "辻\U000E0101": true,
	} {
		if got := r.Substituted("山田", name, "花子"); got != want {
			t.Errorf("%q: Substituted is %v", name.Reveal(), got)
		}
		if !want {
			continue
		}
		d := sample(plain(), cert.Domestic, 1, 0)
		d.Certificate.Holder.Name = name
		file := render(t, r, d)
		if err := r.Check(file, d); err != nil {
			t.Errorf("%q: %v", name.Reveal(), err)
		}
		page, err := pdf.Read(file)
		if err != nil || !slices.ContainsFunc(page.Runs, func(run pdf.Run) bool { return run.Text == name.Reveal() }) {
			t.Errorf("%q: the page does not keep the sequence", name.Reveal())
		}
	}
}

// Rows: R5.2
func TestRefusesWhatCannotBePrinted(t *testing.T) {
	r := renderer(t)
	for what, name := range map[string]cert.Private{
		"control": "山\x07田", "no glyph": "ა", "not UTF-8": "\xff", "private": "\uE123", "direction": "a\u202Eb",
	} {
		d := sample(plain(), cert.Domestic, 1, 0)
		d.Certificate.Holder.Name = name
		_, err := r.Render(d)
		var missing *pdf.GlyphError
		if !errors.As(err, &missing) {
			t.Errorf("%s: Render: %v", what, err)
		} else if strings.ContainsAny(err.Error(), name.Reveal()[:1]+"ა") && what != "not UTF-8" && what != "direction" {
			t.Errorf("%s: the error quotes the name", what)
		}
		if err := r.Printable("山田", name); !errors.As(err, &missing) {
			t.Errorf("%s: Printable: %v", what, err)
		}
	}
}

func TestRefusesIncomplete(t *testing.T) {
	r := renderer(t)
	for what, c := range map[string]struct {
		spoil func(*pdf.Document)
		want  error
	}{
		"no certificate": {func(d *pdf.Document) { d.Certificate = nil }, pdf.ErrDocument},
		"no kind":        {func(d *pdf.Document) { d.Certificate.Kind = "" }, pdf.ErrDocument},
		"no name":        {func(d *pdf.Document) { d.Certificate.Holder.Name = "" }, pdf.ErrDocument},
		"no birth date":  {func(d *pdf.Document) { d.Certificate.Holder.BirthDate = cert.Date{} }, pdf.ErrDocument},
		"no issuer":      {func(d *pdf.Document) { d.Certificate.Issuer.En = "" }, pdf.ErrDocument},
		"no ID":          {func(d *pdf.Document) { d.Certificate.ID = "" }, pdf.ErrDocument},
		"no dose":        {func(d *pdf.Document) { d.Certificate.Doses = nil }, pdf.ErrDocument},
		"six doses": {func(d *pdf.Document) {
			d.Certificate.Doses = append(d.Certificate.Doses, d.Certificate.Doses...)
		}, pdf.ErrDocument},
		"not administered": {func(d *pdf.Document) { d.Certificate.Doses[0].Administered = false }, pdf.ErrDocument},
		"no lot":           {func(d *pdf.Document) { d.Certificate.Doses[1].Lot = "" }, pdf.ErrDocument},
		"no passport":      {func(d *pdf.Document) { d.Certificate.Passport = nil }, pdf.ErrDocument},
		"no SHC":           {func(d *pdf.Document) { d.SHC = "" }, pdf.ErrDocument},
		"no VDS-NC":        {func(d *pdf.Document) { d.VDSNC = "" }, pdf.ErrDocument},
		"SHC too long":     {func(d *pdf.Document) { d.SHC += strings.Repeat("0", 1000) }, qr.ErrTooLong},
		"VDS-NC too long":  {func(d *pdf.Document) { d.VDSNC += strings.Repeat("a", 2000) }, qr.ErrTooLong},
		"name too long":    {func(d *pdf.Document) { d.Certificate.Holder.Name = cert.Private(strings.Repeat("寿限無", 60)) }, pdf.ErrNoRoom},
	} {
		d := sample(plain(), cert.Overseas, 3, 0)
		c.spoil(&d)
		if _, err := r.Render(d); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPartialBirthDates(t *testing.T) {
	r := renderer(t)
	for _, c := range []struct {
		date   cert.Date
		ja, en string
	}{
		{cert.Date{Year: 1950, Month: 3, Day: 9}, "1950年3月9日", "1950-03-09"},
		{cert.Date{Year: 1950, Month: 3}, "1950年3月 (日不詳)", "1950-03-XX"},
		{cert.Date{Year: 1950}, "1950年 (月日不詳)", "1950-XX-XX"},
	} {
		d := sample(plain(), cert.Domestic, 1, 0)
		d.Certificate.Holder.BirthDate = c.date
		file := render(t, r, d)
		if err := r.Check(file, d); err != nil {
			t.Error(c.ja, err)
		}
		page, err := pdf.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, run := range page.Runs {
			if run.Text == c.ja || run.Text == c.en {
				seen++
			}
		}
		if seen != 2 {
			t.Errorf("%s: %d of 2 forms on the page", c.ja, seen)
		}
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	r, other := renderer(t), renderer(t)
	d := sample(longest(), cert.Overseas, 5, 1)
	first := render(t, r, d)
	for range 3 {
		if !bytes.Equal(first, render(t, other, d)) {
			t.Fatal("two renderings differ")
		}
	}
}

func TestFileTellsNothingBesideThePage(t *testing.T) {
	file := render(t, renderer(t), sample(plain(), cert.Overseas, 2, 0))
	for _, secret := range []string{"HANAKO", "TK0000000", "1985"} {
		if bytes.Contains(file, []byte(secret)) {
			t.Errorf("%q stands in the clear", secret)
		}
	}
	for _, want := range []string{"(D:20230719233000)", "/Creator"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("%s is missing", want)
		}
	}
}
