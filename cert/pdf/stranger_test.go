// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"encoding/xml"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jung-kurt/gofpdf"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
)

// save writes a file for another program to read.
func save(t *testing.T, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "certificate.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), need(t, program), args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", program, err, errs.Bytes())
	}
	return string(out)
}

// strange is a document with everything that is hard: characters beyond the
// BMP, variation sequences, long names, a specimen mark.
func strange() pdf.Document {
	p := longest()
	p.name = "𠮷野　葛\U000E0100城邉\U000E0103　濵﨑［髙橋］"
	d := sample(p, cert.Overseas, 5, 2)
	d.Specimen = true
	return d
}

func TestQPDFFindsNothing(t *testing.T) {
	for _, d := range []pdf.Document{strange(), sample(plain(), cert.Domestic, 1, 0), copyEvident(strange())} {
		out := output(t, "qpdf", "--check", save(t, render(t, renderer(t), d)))
		if strings.Contains(out, "WARNING") || !strings.Contains(out, "No syntax or stream encoding errors") {
			t.Error(out)
		}
	}
}

func TestPdftotextReturnsEveryItem(t *testing.T) {
	for _, d := range []pdf.Document{strange(), sample(plain(), cert.Domestic, 2, 0), copyEvident(strange())} {
		d.Specimen = false // its slanted letters fall between the others in the raw text
		file := render(t, renderer(t), d)
		text := output(t, "pdftotext", "-raw", save(t, file), "-")
		page, err := pdf.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range page.Runs {
			if !strings.Contains(text, run.Text) {
				t.Errorf("%q is missing", run.Text)
			}
		}
		if name := d.Certificate.Holder.Name.Reveal(); !strings.Contains(text, name) {
			t.Errorf("%q is missing", name)
		}
	}
}

// raster is the page as a printer at 200 dpi would see it.
func raster(t *testing.T, file []byte, args ...string) string {
	t.Helper()
	path := save(t, file)
	args = append(append([]string{"-r", "200", "-singlefile"}, args...), path, strings.TrimSuffix(path, ".pdf"))
	output(t, "pdftoppm", args...)
	for _, ending := range []string{".png", ".jpg"} {
		if p := strings.TrimSuffix(path, ".pdf") + ending; exists(p) {
			return p
		}
	}
	t.Fatal("pdftoppm left no picture")
	return ""
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func decodeFile(t *testing.T, path string) image.Image {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSymbolsReadFromPaper(t *testing.T) {
	t.Parallel() // slow under the race detector
	all := table()
	docs := map[string]pdf.Document{"strange": strange(), "longest": all["everything at its longest"], "domestic": sample(plain(), cert.Domestic, 5, 0)}
	docs["on a background"], docs["domestic on a background"] = copyEvident(all["everything at its longest"]), copyEvident(docs["domestic"])
	for name, d := range docs {
		t.Run(name, func(t *testing.T) {
			picture := raster(t, render(t, renderer(t), d), "-gray", "-png")
			want := []string{d.SHC}
			if d.VDSNC != "" {
				want = append(want, d.VDSNC)
			}
			slices.Sort(want)

			own, err := qr.ReadImage(decodeFile(t, picture))
			slices.Sort(own)
			if err != nil || !slices.Equal(own, want) {
				t.Errorf("ReadImage: %d symbols, %v", len(own), err)
			}
			var report struct {
				Texts []string `xml:"source>index>symbol>data"`
			}
			if err := xml.Unmarshal([]byte(output(t, "zbarimg", "--xml", "-q", picture)), &report); err != nil {
				t.Fatal(err)
			}
			slices.Sort(report.Texts)
			if !slices.Equal(report.Texts, want) {
				t.Errorf("zbarimg: %d symbols", len(report.Texts))
			}
		})
	}
}

// A certificate that other programs have written anew still reads the same.
func TestReadAfterOthersWroteIt(t *testing.T) {
	d := copyEvident(strange())
	path := save(t, render(t, renderer(t), d))
	for name, args := range map[string][]string{
		"object streams": {"qpdf", "--object-streams=generate", path},
		"linearized":     {"qpdf", "--linearize", path},
		"uncompressed":   {"qpdf", "--qdf", path},
		"mutool":         {"mutool", "clean", "-gggg", "-z", path},
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "again.pdf")
			output(t, args[0], append(args[1:], out)...)
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			if err := renderer(t).Check(data, d); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("broken table", func(t *testing.T) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data = append([]byte("%PDF-1.4\n%junk before everything\n"), data...) // every offset is wrong
		if err := renderer(t).Check(data, d); err != nil {
			t.Error(err)
		}
	})
}

// A scan put into a PDF comes out as a picture with both symbols on it.
func TestReadScan(t *testing.T) {
	t.Parallel() // slow under the race detector
	d := sample(plain(), cert.Overseas, 4, 0)
	file := render(t, renderer(t), d)
	for kind, args := range map[string][]string{"JPG": {"-jpeg"}, "PNG": {"-png"}, "gray PNG": {"-png", "-gray"}, "black and white PNG": {"-png", "-mono"}} {
		t.Run(kind, func(t *testing.T) {
			picture, err := os.Open(raster(t, file, args...))
			if err != nil {
				t.Fatal(err)
			}
			defer picture.Close()
			scan := gofpdf.New("P", "mm", "A4", "")
			scan.AddPage()
			scan.RegisterImageReader("scan", kind[len(kind)-3:], picture)
			scan.Image("scan", 0, 0, 210, 297, false, "", 0, "")
			var out bytes.Buffer
			if err := scan.Output(&out); err != nil {
				t.Fatal(err)
			}
			page, err := pdf.Read(out.Bytes())
			if err != nil || len(page.Images) != 1 {
				t.Fatalf("%d images, %v", len(page.Images), err)
			}
			texts, err := qr.ReadImage(page.Images[0])
			slices.Sort(texts)
			if want := []string{d.SHC, d.VDSNC}; err != nil || !slices.Equal(texts, sorted(want)) {
				t.Errorf("%d symbols, %v", len(texts), err)
			}
			if err := renderer(t).Check(out.Bytes(), d); err == nil {
				t.Error("a scan passes for the file itself")
			}
		})
	}
}

func sorted(s []string) []string { slices.Sort(s); return s }
