// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

var streamObject = regexp.MustCompile(`(?s)\n(\d+) 0 obj\s*<<([^<>]*)>>\s*stream\r?\n`)

// rewrite passes the decoded bytes of one stream of a finished file through
// edit and appends the result as a later version of the object (ISO 32000-1
// 7.5.6). which picks the stream.
func rewrite(t *testing.T, file []byte, which func(data []byte) bool, edit func([]byte) []byte) []byte {
	t.Helper()
	for _, m := range streamObject.FindAllSubmatchIndex(file, -1) {
		number, data := string(file[m[2]:m[3]]), streamData(t, file, m)
		if !which(data) {
			continue
		}
		changed := edit(bytes.Clone(data))
		if bytes.Equal(changed, data) {
			t.Fatal("the edit changes nothing")
		}
		return update(t, file, number, fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(changed), changed))
	}
	t.Fatal("no such stream")
	return nil
}

// streamData decodes the stream where streamObject matches.
func streamData(t *testing.T, file []byte, m []int) []byte {
	t.Helper()
	body := file[m[1]:]
	body = body[:bytes.Index(body, []byte("endstream"))]
	if !bytes.Contains(file[m[4]:m[5]], []byte("FlateDecode")) {
		return body
	}
	z, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var (
	lastTable = regexp.MustCompile(`(?s)startxref\s+(\d+)\s+%%EOF\s*$`)
	rootEntry = regexp.MustCompile(`/Root \d+ 0 R`)
	sizeEntry = regexp.MustCompile(`/Size \d+`)
)

func update(t *testing.T, file []byte, number, object string) []byte {
	t.Helper()
	table := lastTable.FindSubmatch(file)
	if table == nil {
		t.Fatal("no table")
	}
	out := bytes.Clone(file)
	at := len(out)
	out = fmt.Appendf(out, "%s 0 obj\n%s\nendobj\n", number, object)
	xref := len(out)
	out = fmt.Appendf(out, "xref\n%s 1\n%010d 00000 n \n", number, at)
	return fmt.Appendf(out, "trailer\n<<%s %s /Prev %s>>\nstartxref\n%d\n%%%%EOF\n",
		sizeEntry.Find(file), rootEntry.Find(file), table[1], xref)
}

func isContent(data []byte) bool { return bytes.Contains(data, []byte("BDC")) }

func replace(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
}

// Rows: R1.4, R5.1
func TestCheckCatches(t *testing.T) {
	r := renderer(t)
	p := plain()
	p.name = "𠮷野　花子"
	d := sample(p, cert.Overseas, 3, 0)
	d.Certificate.Doses[0].Lot, d.Certificate.Doses[1].Lot = "FA1111", "FA2222"
	file := render(t, r, d)
	if err := r.Check(file, d); err != nil {
		t.Fatal(err)
	}
	// The update itself must not be what is caught.
	same := rewrite(t, file, isContent, func(b []byte) []byte { return append(b, ' ', '\n') })
	if err := r.Check(same, d); err != nil {
		t.Fatalf("a rewritten file: %v", err)
	}
	specimen := d
	specimen.Specimen = true
	other := sample(longest(), cert.Overseas, 3, 0)
	fixed, own := fontsOf(t, file)
	text := func(old, new string) []byte { return rewrite(t, file, isContent, replace(operand(old), operand(new))) }
	content := func(edit func([]byte) []byte) []byte { return rewrite(t, file, isContent, edit) }

	for name, c := range map[string]struct {
		file []byte
		want pdf.Document
		item string
	}{
		"another person's file":    {render(t, r, other), d, "name"},
		"a digit of a lot":         {text("FA1111", "FA1171"), d, "dose 1 lot"},
		"lots of two doses":        {content(swap(operand("FA1111"), operand("FA2222"))), d, "dose 1 lot"},
		"positions of two lots":    {content(swapPositions("FA1111", "FA2222")), d, "dose 1 lot"},
		"a day of birth":           {text("1985-03-14", "1985-03-15"), d, "birth date"},
		"the passport number":      {text("TK0000000", "TK0000001"), d, "passport number"},
		"the certificate ID":       {text(string(d.Certificate.ID), strings.Replace(string(d.Certificate.ID), "JPN9", "JPN8", 1)), d, "certificate ID"},
		"the issuer":               {content(replace(own.operand("東京都"), own.operand("京東都"))), d, "issuer"},
		"a label":                  {content(replace(fixed.operand("旅券番号"), fixed.operand("旅券番"))), d, "label"},
		"ActualText of one glyph":  {content(replace("FEFFD842DFB7", "FEFFD842DFB8")), d, "name"},
		"ToUnicode of the font":    {rewrite(t, file, isToUnicode, replace("> <65B0>", "> <65B1>")), d, "label"},
		"one module":               {remask(t, file, 0, flip(0, 0)), d, "SHC"},
		"one data module":          {remask(t, file, 0, flip(50, 50)), d, "SHC"},
		"one module of the VDS-NC": {remask(t, file, 1, flip(40, 60)), d, "VDS-NC"},
		"a text more":              {content(func(b []byte) []byte { return append(b, "BT 60 400 Td (\x00A) Tj ET"...) }), d, ""},
		"white over a symbol":      {content(func(b []byte) []byte { return append(b, "1 g 50 50 300 200 re f"...) }), d, "symbols"},
		"ink in the quiet zone":    {content(func(b []byte) []byte { return append(b, "0 g 330 215 200 8 re f"...) }), d, "VDS-NC quiet zone"},
		"no specimen mark":         {file, specimen, "specimen mark"},
		"a specimen mark too many": {render(t, r, specimen), d, "specimen mark"},
		"a second page":            {secondPage(t, file), d, "page"},
		"a picture":                {pictured(t, file), d, "page"},
		"letter paper":             {paper(t, file, "[0 0 612 841.89]"), d, "page"},
		"a longer page":            {paper(t, file, "[0 -50 595.28 841.89]"), d, "page"},
		"a way of painting":        {content(func(b []byte) []byte { return append(b, "\n/Sh1 sh"...) }), d, "ways of painting"},
		"a small SHC symbol":       {content(smaller(0, 0.75)), d, "SHC size"},
		"a small VDS-NC symbol":    {content(smaller(1, 0.68)), d, "VDS-NC size"},
	} {
		t.Run(name, func(t *testing.T) {
			err := r.Check(c.file, c.want)
			var mismatch *pdf.MismatchError
			if !errors.As(err, &mismatch) || c.item != "" && mismatch.Item != c.item {
				t.Errorf("Check: %v, want %q", err, c.item)
			}
		})
	}
}

// Rows: R1.3, R1.4
func TestCheckCatchesSymbolsOfAnother(t *testing.T) {
	r := renderer(t)
	d := sample(plain(), cert.Overseas, 2, 0)
	for item, change := range map[string]func(*pdf.Document){
		"SHC":    func(o *pdf.Document) { o.SHC = o.SHC[:len(o.SHC)-1] + "0" },
		"VDS-NC": func(o *pdf.Document) { o.VDSNC = strings.Replace(o.VDSNC, "JPN", "AUS", 1) },
	} {
		o := d
		change(&o)
		var mismatch *pdf.MismatchError
		if err := r.Check(render(t, r, o), d); !errors.As(err, &mismatch) || mismatch.Item != item {
			t.Errorf("%s of another: %v", item, err)
		}
	}
}

func paper(t *testing.T, file []byte, box string) []byte {
	return update(t, file, object(t, file, "/Type /Pages"), "<</Type /Pages /Kids [3 0 R] /Count 1 /MediaBox "+box+">>")
}

// secondPage adds an empty page.
func secondPage(t *testing.T, file []byte) []byte {
	file = update(t, file, "900", "<</Type /Page /Parent 1 0 R /Contents 901 0 R>>")
	file = update(t, file, "901", "<</Length 0>>\nstream\n\nendstream")
	return update(t, file, object(t, file, "/Type /Pages"), "<</Type /Pages /Kids [3 0 R 900 0 R] /Count 2 /MediaBox [0 0 595.28 841.89]>>")
}

// pictured paints a picture of one pixel.
func pictured(t *testing.T, file []byte) []byte {
	file = update(t, file, "900", "<</Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length 1>>\nstream\nA\nendstream")
	entry := []byte("/XObject <<")
	if bytes.Count(file, entry) != 1 {
		t.Fatal("no resources")
	}
	file = bytes.Replace(file, entry, []byte("/XObject <</P 900 0 R"), 1) // the reader finds objects by looking
	return rewrite(t, file, isContent, func(b []byte) []byte { return append(b, "\n/P Do"...) })
}

var symbolMatrix = regexp.MustCompile(`q ([0-9.]+) 0 0 ([0-9.]+)( [0-9.]+ [0-9.]+ cm /Q[01] Do Q)`)

// smaller makes the n-th symbol smaller.
func smaller(n int, factor float64) func([]byte) []byte {
	return func(data []byte) []byte {
		m := symbolMatrix.FindAllSubmatchIndex(data, -1)[n]
		side, _ := strconv.ParseFloat(string(data[m[2]:m[3]]), 64)
		cm := fmt.Sprintf("q %.3f 0 0 %.3f", side*factor, side*factor)
		return slices.Concat(data[:m[0]], []byte(cm), data[m[6]:])
	}
}

// swap exchanges two texts of the same length.
func swap(a, b string) func([]byte) []byte {
	return func(data []byte) []byte {
		i, j := bytes.Index(data, []byte(a)), bytes.Index(data, []byte(b))
		copy(data[i:], b)
		copy(data[j:], a)
		return data
	}
}

// swapPositions exchanges where two texts stand, and leaves their order in
// the file alone.
func swapPositions(a, b string) func([]byte) []byte {
	return func(data []byte) []byte {
		var at [2][]int
		var td [2]string
		for i, s := range []string{a, b} {
			at[i] = regexp.MustCompile(`BT ([0-9.]+ [0-9.]+) Td \(` + regexp.QuoteMeta(operand(s))).FindSubmatchIndex(data)
			td[i] = string(data[at[i][2]:at[i][3]])
		}
		copy(data[at[0][2]:at[0][3]], td[1])
		copy(data[at[1][2]:at[1][3]], td[0])
		return data
	}
}
