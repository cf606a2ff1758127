// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// dejaVu is a font that gofpdf's own module carries. It has Georgian letters,
// which the embedded font lacks.
func dejaVu(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/jung-kurt/gofpdf").Output()
	path := filepath.Join(strings.TrimSpace(string(out)), "font", "DejaVuSansCondensed.ttf")
	if err != nil || !exists(path) {
		t.Fatalf("no %s: %v", path, err)
	}
	return path
}

func TestFallbackFontFromPath(t *testing.T) {
	const name = cert.Private("თამარ 𠮷野　花子")
	var missing *pdf.GlyphError
	if err := renderer(t).Printable(name); !errors.As(err, &missing) || missing.Rune != 'თ' {
		t.Fatalf("without the fallback: %v", err)
	}
	r, err := pdf.New(pdf.Config{Fallbacks: []string{dejaVu(t)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Printable(name); err != nil {
		t.Fatal(err)
	}
	d := sample(plain(), cert.Domestic, 2, 0)
	d.Certificate.Holder.Name = name
	d.SHC = "shc:/0123456789"
	file := render(t, r, d)
	if err := r.Check(file, d); err != nil {
		t.Error(err)
	}
	for range 30 { // two fonts in a map, which the runtime seldom walks in another order
		if !bytes.Equal(file, render(t, r, d)) {
			t.Fatal("two renderings differ")
		}
	}
	if text := output(t, "pdftotext", "-raw", save(t, file), "-"); !strings.Contains(text, name.Reveal()) {
		t.Error("pdftotext does not return the name")
	}
}

func TestNewRefusesFonts(t *testing.T) {
	cff := filepath.Join(t.TempDir(), "cff.otf")
	if err := os.WriteFile(cff, []byte("OTTO\x00\x0a\x00\x80\x00\x03\x00\x20"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pdf.New(pdf.Config{Fallbacks: []string{cff}}); !errors.Is(err, pdf.ErrFont) {
		t.Errorf("CFF: %v", err)
	}
	if _, err := pdf.New(pdf.Config{Fallbacks: []string{cff + "x"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("not there: %v", err)
	}
}

// Rows: R5.3
func TestPagePrintsRedacted(t *testing.T) {
	d := sample(plain(), cert.Overseas, 1, 0)
	page, err := pdf.Read(render(t, renderer(t), d))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v", d, page, page.Runs), fmt.Sprint(&pdf.GlyphError{Rune: '髙'})} {
		if strings.Contains(s, "花子") || strings.Contains(s, "HANAKO") || strings.Contains(s, "髙") {
			t.Errorf("printed: %.60s", s)
		}
	}
}
