// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/qr"
)

// TestSymbolsByEitherWriter makes the same page with each writer of symbols:
// both are what Check wants, and the version tells them apart.
//
// Rows: R1.4
func TestSymbolsByEitherWriter(t *testing.T) {
	d := sample(plain(), cert.Overseas, 3, 1)
	versions := map[string]bool{}
	for _, w := range []pdf.SymbolWriter{nil, qr.NewEncoder(), qr.Skip2{}} {
		r, err := pdf.New(pdf.Config{Symbols: w})
		if err != nil {
			t.Fatal(err)
		}
		versions[r.Version()] = true
		file := render(t, r, d)
		if err := r.Check(file, d); err != nil {
			t.Errorf("%T: %v", w, err)
		}
		page, err := pdf.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			w = qr.NewEncoder()
		}
		want, err := w.Encode(d.VDSNC, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, m := range page.Symbols {
			found = found || m.Equal(want)
		}
		if !found {
			t.Errorf("%s: not its symbol on the page", w.Name())
		}
	}
	if len(versions) != 2 {
		t.Errorf("%d versions of two writers", len(versions))
	}
}
