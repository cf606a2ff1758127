// SPDX-License-Identifier: Apache-2.0

package verify_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kofu/cert"
	"kofu/cert/pdf"
	"kofu/cert/vaccine"
	"kofu/cert/vdsnc"
	"kofu/cert/verify"
)

// page prints c with the symbols given.
func page(t *testing.T, c *cert.Certificate, card, doc string) []byte {
	t.Helper()
	r, err := pdf.New(pdf.Config{})
	if err != nil {
		t.Fatal(err)
	}
	file, err := r.Render(pdf.Document{Certificate: c, SHC: card, VDSNC: doc, Specimen: true})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// printable is the certificate with all that a page needs.
func printable(t *testing.T) *cert.Certificate {
	t.Helper()
	c := certificate()
	c.Issuer = cert.Issuer{Municipality: "131016", Ja: "千代田区長", En: "Mayor of Chiyoda City"}
	for i := range c.Doses {
		c.Doses[i].Product, c.Doses[i].Manufacturer = "コミナティ", "ファイザー"
		v, err := vaccine.Resolve(c.Doses[i].Dose, cert.DateOf(c.IssuedAt))
		if err != nil {
			t.Fatal(err)
		}
		c.Doses[i].Vaccine = v
	}
	return c
}

func TestPageWithBothSymbols(t *testing.T) {
	o, forger := newOffice(t), newOffice(t)
	c := printable(t)
	card, doc := o.issue(t, c)
	_, forged := forger.issue(t, c)
	file := page(t, c, card, doc)
	v := judgeOne(t, o.trust(t, nil), file)
	if v.Outcome() != verify.Authentic || len(v.Certificates) != 2 || v.Source != verify.SourcePDF {
		t.Fatalf("%v, %d certificates: %s", v.Outcome(), len(v.Certificates), v.Reason())
	}
	if v := judgeOne(t, o.trust(t, nil), page(t, c, card, forged)); v.Outcome() != verify.NotAuthentic || v.Reason() != vdsnc.ReasonUnknown {
		t.Errorf("forged VDS-NC: %v %s", v.Outcome(), v.Reason())
	}
	domestic := printable(t)
	domestic.Kind, domestic.Passport = cert.Domestic, nil
	if v := judgeOne(t, o.trust(t, nil), page(t, domestic, card, "")); v.Outcome() != verify.Authentic || len(v.Certificates) != 1 {
		t.Errorf("one symbol: %v %s", v.Outcome(), v.Reason())
	}
	if v := judgeOne(t, o.trust(t, nil), file[:len(file)/2]); v.Outcome() != verify.Unusable {
		t.Errorf("half a file: %v", v.Outcome())
	}

	// The same page as a picture, as a scanner gives it.
	need(t, "pdftoppm")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.pdf"), file, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "pdftoppm", "-r", "200", "-png", "-singlefile", "page.pdf", "page")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	picture, err := os.ReadFile(filepath.Join(dir, "page.png"))
	if err != nil {
		t.Fatal(err)
	}
	if v := judgeOne(t, o.trust(t, nil), picture); v.Outcome() != verify.Authentic || len(v.Certificates) != 2 {
		t.Errorf("picture: %v, %d certificates: %s", v.Outcome(), len(v.Certificates), v.Reason())
	}
}

// need skips a test for want of a program, or fails it where all must run.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("KOFU_REQUIRE") == "1" {
		t.Fatalf("install %s", program)
	}
	t.Skipf("install %s", program)
}

// In a file put together from two genuine ones a reader may see the one page,
// and the codes be the other's: it is not judged at all.
func TestPagesPutTogetherAreNotJudged(t *testing.T) {
	need(t, "qpdf")
	o := newOffice(t)
	overseas, domestic := printable(t), printable(t)
	domestic.Kind, domestic.Passport = cert.Domestic, nil
	card, doc := o.issue(t, overseas)
	dir := t.TempDir()
	for name, data := range map[string][]byte{"a.pdf": page(t, overseas, card, doc), "b.pdf": page(t, domestic, card, "")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"--empty", "--pages", "a.pdf", "b.pdf", "--"}, {"a.pdf", "--overlay", "b.pdf", "--"}} {
		cmd := exec.CommandContext(t.Context(), "qpdf", append(args, "x.pdf")...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		both, err := os.ReadFile(filepath.Join(dir, "x.pdf"))
		if err != nil {
			t.Fatal(err)
		}
		if v := judgeOne(t, o.trust(t, nil), both); v.Outcome() != verify.Unusable {
			t.Errorf("%q: %v", args, v.Outcome())
		}
	}
}
