// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/test/vrs"
)

// residentPages are both kinds of page for every seeded resident whose name
// can be printed, and for names that are hard to print.
func residentPages(t *testing.T, r *pdf.Renderer) []pdf.Document {
	t.Helper()
	var all []pdf.Document
	add := func(name cert.Private, birth cert.Date, passport *cert.Passport) {
		i := len(all) / 2
		for _, kind := range []cert.Kind{cert.Domestic, cert.Overseas} {
			d := sample(person{string(name), "MIHON", "HANAKO", birth}, kind, 1+i%5, i%7/6)
			if kind == cert.Overseas && passport != nil {
				d.Certificate.Passport = passport
			}
			d.Specimen, d.CopyEvident = i%5 == 1, i%8 == 2
			all = append(all, d)
		}
	}
	residents := vrs.Residents()
	if len(residents) < 79 {
		t.Fatalf("%d residents", len(residents))
	}
	refused := 0
	for _, p := range residents {
		if r.Printable(cert.Private(p.Name)) != nil {
			refused++
			continue
		}
		add(cert.Private(p.Name), p.Birth, p.Passport)
	}
	if refused > 3 {
		t.Fatalf("%d names of residents cannot be printed", refused)
	}
	for _, name := range []cert.Private{"𠮷野　家子", "葛\U000E0100城　葛\U000E0101飾", "邉\U000E0103 邉\U000E0104", "𡈽屋　𠀋𩸽", "神\uFA19\uF9DC　髙﨑", "か\u3099き\u3099", "NGUYỄN THỊ HƯƠNG", cert.Private(longest().name)} {
		add(name, cert.Date{Year: 1970, Month: 1}, nil)
	}
	return all
}

// united writes files into one, a page each.
func united(t *testing.T, name string, files [][]byte) (all string, each []string) {
	t.Helper()
	dir := t.TempDir()
	all = filepath.Join(dir, name+".pdf")
	for i, file := range files {
		path := filepath.Join(dir, fmt.Sprintf("%03d.pdf", i))
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		each = append(each, path)
	}
	output(t, "qpdf", append(append([]string{"--empty", "--pages"}, each...), "--", all)...)
	return all, each
}

// Each page is what gofpdf alone draws of the same layout: the same picture
// but for what is told below, and the same text; and other programs find
// nothing wrong with the file.
//
// Rows: R5.1, R5.2
func TestPagesAreWhatGofpdfDraws(t *testing.T) {
	t.Parallel() // the other programs take most of the time
	for _, program := range []string{"qpdf", "mutool", "pdftoppm", "pdftotext"} {
		need(t, program)
	}
	r := renderer(t)
	documents := residentPages(t, r)
	if testing.Short() {
		documents = documents[len(documents)-30:]
	}
	var ours, theirs [][]byte
	for _, d := range documents {
		reference, err := r.Reference(d)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs = append(ours, render(t, r, d)), append(theirs, reference)
	}
	all, each := united(t, "ours", ours)
	reference, _ := united(t, "theirs", theirs)

	t.Run("clean", func(t *testing.T) {
		t.Parallel()
		for _, path := range each {
			if out := output(t, "qpdf", "--check", path); strings.Contains(out, "WARNING") {
				t.Error(out)
			}
		}
		cmd := exec.CommandContext(t.Context(), "mutool", append([]string{"draw", "-q", "-r", "8", "-F", "pgm", "-o", os.DevNull}, each...)...)
		if out, err := cmd.CombinedOutput(); err != nil || len(bytes.ReplaceAll(out, []byte("warning: ICC support is not available\n"), nil)) > 0 {
			t.Errorf("mutool: %v: %s", err, out)
		}
	})
	t.Run("text", func(t *testing.T) {
		t.Parallel()
		a := strings.Split(output(t, "pdftotext", "-raw", all, "-"), "\f")
		b := strings.Split(output(t, "pdftotext", "-raw", reference, "-"), "\f")
		if len(a) != len(documents)+1 || len(b) != len(a) {
			t.Fatalf("%d and %d pages", len(a), len(b))
		}
		for i, d := range documents {
			if a[i] != b[i] {
				t.Errorf("page %d: other text", i)
			}
			if !d.Specimen && !strings.Contains(a[i], d.Certificate.Holder.Name.Reveal()) && len(d.Certificate.Holder.Name) < 60 {
				t.Errorf("page %d: the name cannot be extracted", i)
			}
		}
	})
	t.Run("picture", func(t *testing.T) {
		t.Parallel()
		comparePictures(t, ours, rasters(t, all), rasters(t, reference))
	})
}

// resolution of the pictures compared, in dots to the inch.
const resolution = 100

// rasters gives the pages of a file as pictures of gray, one after the other.
func rasters(t *testing.T, path string) func() (pixels []byte, width int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pdftoppm", "-gray", "-r", fmt.Sprint(resolution), path)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	in := bufio.NewReaderSize(pipe, 1<<20)
	return func() ([]byte, int) {
		var w, h, most int
		if _, err := fmt.Fscanf(in, "P5\n%d %d\n%d\n", &w, &h, &most); err != nil || most != 255 {
			t.Errorf("a picture: %v", err)
			return nil, 1
		}
		pixels := make([]byte, w*h)
		if _, err := io.ReadFull(in, pixels); err != nil {
			t.Errorf("a picture: %v", err)
		}
		return pixels, w
	}
}

// What two pictures of a page may differ by, of 255: beside the symbols on
// average, over the whole page and in any square of side dots; and in the
// symbols in how dark such a square is. At this resolution a module is less than
// two dots wide: a mask's are one or two dots, a path's are gray at their edges.
const (
	overall   = 0.01
	side      = 12
	somewhere = 1.0
	inSymbols = 60.0
)

func comparePictures(t *testing.T, files [][]byte, a, b func() ([]byte, int)) {
	var worst, worstSquare, worstSymbol float64
	for i, file := range files {
		var x, y []byte
		var width, other int
		var wg sync.WaitGroup
		wg.Go(func() { x, width = a() })
		wg.Go(func() { y, other = b() })
		wg.Wait()
		if len(x) == 0 || len(x) != len(y) || width != other {
			t.Fatalf("page %d: no pictures to compare", i)
		}
		mean, square, symbol := differences(x, y, width, must(pdf.Read(file)).Boxes)
		if mean > overall || square > somewhere || symbol > inSymbols {
			t.Errorf("page %d differs by %.3f, %.1f in one place, %.1f in its symbols", i, mean, square, symbol)
		}
		worst, worstSquare, worstSymbol = max(worst, mean), max(worstSquare, square), max(worstSymbol, symbol)
	}
	t.Logf("%d pages differ by %.4f at most, %.2f in one place, %.1f in the symbols", len(files), worst, worstSquare, worstSymbol)
}

const dotsPerMM = resolution / 25.4

// differences are the mean differences of two pictures of a page beside its
// symbols, and the largest difference in tone within them.
func differences(a, b []byte, width int, symbols []pdf.Box) (page, square, symbol float64) {
	const all = side * side
	beside := make([]float64, (width/side+1)*(len(a)/width/side+1))
	within := slices.Clone(beside)
	sum := 0.0
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		d, at := float64(a[i])-float64(b[i]), i/width/side*(width/side+1)+i%width/side
		if inside(symbols, i%width, i/width) {
			within[at] += d / all
			continue
		}
		sum += math.Abs(d)
		beside[at] += math.Abs(d) / all
	}
	return sum / float64(len(a)), slices.Max(beside), max(slices.Max(within), -slices.Min(within))
}

func inside(symbols []pdf.Box, x, y int) bool {
	return slices.ContainsFunc(symbols, func(s pdf.Box) bool {
		return float64(x) > s.X0*dotsPerMM-2 && float64(x) < s.X1*dotsPerMM+2 && float64(y) > s.Y0*dotsPerMM-2 && float64(y) < s.Y1*dotsPerMM+2
	})
}
