// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// A screen reader says the title, the holder's items, the doses as a table with
// heads of columns and rows, what each symbol is, and the notes, each in its
// language.
//
// Rows: R5.1
func TestHeard(t *testing.T) {
	p := plain()
	p.name = "𠮷野　葛\U000E0100城"
	d := sample(p, cert.Overseas, 3, 0)
	d.Specimen, d.CopyEvident = true, true
	file := render(t, renderer(t), d)
	page := must(pdf.Read(file))
	counts, texts := map[string]int{}, map[string][]string{}
	for _, h := range page.Heard {
		counts[h.Path]++
		texts[h.Path] = append(texts[h.Path], h.Text)
		latin := strings.IndexFunc(h.Text, func(r rune) bool { return r >= 0x2E80 }) < 0
		if h.Path != "Document/Figure" && h.Lang == "" && latin && len(h.Text) > 2 && !strings.HasPrefix(h.Text, "FA") || h.Lang == "en" && !latin {
			t.Errorf("%q is said in %s", h.Text, h.Lang)
		}
	}
	if h := page.Heard[0]; h.Path != "Document/P" || h.Text != "見本 SPECIMEN" {
		t.Errorf("first comes %q", h.Text)
	}
	if got := texts["Document/H1"]; !slices.Equal(got, []string{"新型コロナウイルス感染症予防接種証明書", "Vaccination Certificate of COVID-19"}) {
		t.Errorf("title %q", got)
	}
	if !slices.Contains(texts["Document/P"], p.name) || counts["Document/Figure"] != 2 || counts["Document/Table/TR/TD"] < 3*6*2-3 {
		t.Errorf("heard %v", counts)
	}
	if got := slices.DeleteFunc(texts["Document/Table/TR/TH"], func(s string) bool { return len(s) > 1 }); !slices.Equal(got, []string{"1", "2", "3"}) {
		t.Errorf("heads of rows %q", got)
	}
	want := []string{"Document/P", "Document/H1", "Document/Table/TR/TH", "Document/Table/TR/TD", "Document/Figure"}
	if got := slices.Sorted(maps.Keys(counts)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("structure %q", got)
	}
}

// Other programs find the same structure.
//
// Rows: R5.1
func TestTaggedForOthers(t *testing.T) {
	for name, d := range map[string]pdf.Document{
		"domestic": sample(plain(), cert.Domestic, 1, 0), "overseas": copyEvident(sample(plain(), cert.Overseas, 5, 1)),
		"written": written(sample(plain(), cert.Overseas, 2, 0), insisted), "strange": strange(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := render(t, renderer(t), d)
			path := save(t, file)
			info := output(t, "pdfinfo", path)
			for _, want := range []string{`Tagged: +yes`, `Suspects: +no`, `Title: +新型コロナウイルス感染症予防接種証明書`} {
				if !regexp.MustCompile(want).MatchString(info) {
					t.Errorf("pdfinfo does not say %s", want)
				}
			}
			tree := output(t, "pdfinfo", "-struct-text", path)
			at := 0
			for _, h := range must(pdf.Read(file)).Heard {
				if strings.HasSuffix(h.Path, "Figure") {
					continue
				}
				i := strings.Index(tree[at:], h.Text)
				if i < 0 {
					t.Fatalf("%q is not there, or not in this order", h.Text)
				}
				at += i + len(h.Text)
			}
			rows, cells := len(d.Certificate.Doses), 5
			if d.Certificate.Kind == cert.Overseas {
				cells = 6
			}
			for part, n := range map[string]int{"TR": rows + 1, "TH": rows + 1 + cells, "TD": rows * cells, "/Scope /Column": cells + 1, "/Scope /Row": rows} {
				if got := len(regexp.MustCompile(`(?m)^ +`+part+`\b`).FindAllString(tree, -1)); got != n {
					t.Errorf("%d of %s, want %d", got, part, n)
				}
			}
			for _, want := range []string{"/Lang (ja)", "/DisplayDocTitle true", "/Tabs /S"} {
				if !strings.Contains(string(file), want) {
					t.Errorf("no %s", want)
				}
			}
		})
	}
}

// Who listens is told what is on the page: nothing more, nothing less, nothing
// else.
//
// Rows: R1.4, R5.1
func TestCheckCatchesHeardFaults(t *testing.T) {
	r := renderer(t)
	d := sample(plain(), cert.Overseas, 2, 0)
	file := render(t, r, d)
	element := regexp.MustCompile(`\n(\d+) 0 obj\n<<(/S /\w+[^\n]*)>>\nendobj`)
	change := func(n int, of, old, new string) []byte {
		for _, m := range element.FindAllStringSubmatch(string(file), -1) {
			if !strings.HasPrefix(m[2], "/S /"+of+" ") {
				continue
			}
			if n--; n >= 0 {
				continue
			}
			if !strings.Contains(m[2], old) {
				t.Fatalf("%s has no %s", m[2], old)
			}
			return update(t, file, m[1], "<<"+strings.Replace(m[2], old, new, 1)+">>")
		}
		t.Fatalf("no such %s", of)
		return nil
	}
	catalog := func(old, new string) []byte {
		if !strings.Contains(string(file), old) || len(old) != len(new) {
			t.Fatalf("no %s", old)
		}
		return []byte(strings.Replace(string(file), old, new, 1))
	}
	if err := r.Check(change(0, "P", "/K", "/T (x) /K"), d); err != nil {
		t.Fatal("the update itself:", err)
	}
	for what, c := range map[string]struct {
		file []byte
		item string
	}{
		"no mark":               {catalog("/Marked true", "/Marked null"), "label as heard"},
		"no tree":               {catalog("/StructTreeRoot 7", "/StructTreeRoox 7"), "label as heard"},
		"another name":          {change(1, "P", "/K", "/ActualText (YAMADA) /K"), "label as heard"},
		"another dose":          {change(3, "TD", "/K", "/Alt <FEFF30B9> /K"), "dose 1 product as heard"},
		"another symbol":        {change(1, "Figure", "/Alt <FEFF6D77", "/Alt <FEFF6D78"), "symbol as heard"},
		"a symbol in silence":   {change(0, "Figure", "/Alt", "/Blt"), "symbol as heard"},
		"a text in silence":     {change(3, "P", "/K [", "/K [] /L ["), "label as heard"},
		"a text twice":          {change(2, "P", "/K [", "/K [11 "), ""},
		"in another order":      {change(0, "TR", "/K [", "/K [12 "), ""},
		"a row in silence":      {change(2, "TR", "/K [", "/K [] /L ["), "dose 2 number as heard"},
		"the whole in silence":  {change(0, "Document", "/K [", "/K [] /L ["), "label as heard"},
		"the whole as one word": {change(0, "Document", "/K [", "/Alt (OK) /K ["), "label as heard"},
		"the tree in a ring":    {change(1, "P", "/K [", "/K ["+element.FindStringSubmatch(string(file))[1]+" 0 R "), ""},
		"marked as another's":   {rewrite(t, file, isContent, replace("/MCID 12>", "/MCID 20>")), ""},
	} {
		t.Run(what, func(t *testing.T) {
			var mismatch *pdf.MismatchError
			if err := r.Check(c.file, d); !errors.As(err, &mismatch) || c.item != "" && mismatch.Item != c.item {
				t.Errorf("Check: %v, want %q", err, c.item)
			}
		})
	}
}
