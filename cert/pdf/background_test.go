// SPDX-License-Identifier: Apache-2.0

package pdf_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
)

// copyEvident is d with the background.
func copyEvident(d pdf.Document) pdf.Document {
	d.CopyEvident = true
	return d
}

// Every shape of page has room for the background's white around the symbols,
// is what it should be, and is plain, so that `kofu verify` judges it.
func TestCopyEvidentLayout(t *testing.T) {
	t.Parallel() // slow under the race detector
	r := renderer(t)
	for name, d := range table() {
		t.Run(name, func(t *testing.T) {
			d := copyEvident(d)
			if err := r.Fits(d.Certificate); err != nil {
				t.Error(err)
			}
			file := render(t, r, d)
			if err := r.Check(file, d); err != nil {
				t.Error(err)
			}
			page, err := pdf.Read(file)
			if err != nil || !page.Plain || !page.CopyEvident || len(page.Images) > 0 {
				t.Fatalf("plain %t, background %t, %v", page.Plain, page.CopyEvident, err)
			}
			checkLayout(t, page)
		})
	}
}

// The background costs little, is always the same, and is there when asked for
// and only then.
func TestCopyEvidentIsChecked(t *testing.T) {
	r, other := renderer(t), renderer(t)
	for _, kind := range []cert.Kind{cert.Domestic, cert.Overseas} {
		without := sample(plain(), kind, 3, 0)
		with := copyEvident(without)
		a, b := render(t, r, without), render(t, r, with)
		if !bytes.Equal(b, render(t, other, with)) {
			t.Error("two renderings differ")
		}
		if n := len(b) - len(a); n > 40_000 {
			t.Errorf("%d bytes more", n)
		} else {
			t.Logf("%s: %d bytes more", kind, n)
		}
		var mismatch *pdf.MismatchError
		if err := r.Check(a, with); !errors.As(err, &mismatch) || mismatch.Item != "background" {
			t.Errorf("without a background: %v", err)
		}
		if err := r.Check(b, without); !errors.As(err, &mismatch) || mismatch.Item != "background" {
			t.Errorf("with a background: %v", err)
		}
	}
	font, err := os.ReadFile("font/NotoSansJP_400Regular.ttf")
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(font); r.Version() == hex.EncodeToString(sum[:]) || r.Version() != other.Version() {
		t.Error("the version does not name the background")
	}
}

// What hides texts and symbols on a bare page hides them no better where there
// is a background.
//
// Rows: R1.4
func TestHiddenOnBackgroundIsRefused(t *testing.T) {
	t.Parallel() // slow under the race detector
	r := renderer(t)
	d := copyEvident(sample(plain(), cert.Overseas, 3, 0))
	for name, file := range hidden(t, render(t, r, d), d.Certificate.Holder.Name.Reveal()) {
		page, err := pdf.Read(file)
		if err != nil || page.Plain {
			t.Errorf("%s: plain, %v", name, err)
		}
		var mismatch *pdf.MismatchError
		if err := r.Check(file, d); !errors.As(err, &mismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The words are dots, not text: nobody who searches, copies or listens meets
// them.
func TestCopyEvidentWordsAreNoText(t *testing.T) {
	without := sample(plain(), cert.Overseas, 3, 0)
	text := func(d pdf.Document) string {
		return output(t, "pdftotext", "-raw", save(t, render(t, renderer(t), d)), "-")
	}
	bare, with := text(without), text(copyEvident(without))
	if with != bare || strings.Contains(with, "複写") || strings.Contains(with, "COPY") {
		t.Error("the background is in the text")
	}
}
