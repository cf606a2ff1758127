// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kofu/cert/shc"
	"kofu/test/vrs"
)

// written is what kofu-demo -once wrote for one resident.
type written struct {
	vrs.Resident
	dir string
}

func (w written) path(name ...string) string {
	return filepath.Join(append([]string{w.dir}, name...)...)
}

func (w written) read(t *testing.T, name ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(w.path(name...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// runOnce has the demo write the certificates of a resident.
func runOnce(t *testing.T, id string) written {
	t.Helper()
	i := slices.IndexFunc(vrs.Residents(), func(r vrs.Resident) bool { return r.ID == id })
	if i < 0 {
		t.Fatal("no resident", id)
	}
	w := written{vrs.Residents()[i], filepath.Join(t.TempDir(), "out")}
	start := time.Now()
	output(t, nil, ours(t, "kofu-demo"), "-once", "-out", w.dir, "-resident", id)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
	return w
}

// issuedTo returns residents to whom both kinds are issued: the first, the
// first with more doses than are shown, one with a character beyond the Basic
// Multilingual Plane, and the one with the longest name.
func issuedTo(t *testing.T) []string {
	t.Helper()
	all := slices.DeleteFunc(vrs.Residents(), func(r vrs.Resident) bool {
		return r.Expected.AppDomestic != "issued" || r.Expected.AppOverseas != "issued"
	})
	if len(all) == 0 {
		t.Fatal("nobody gets both kinds")
	}
	longest := slices.MaxFunc(all, func(a, b vrs.Resident) int { return len(a.Name) - len(b.Name) })
	ids := []string{all[0].ID, longest.ID}
	for _, is := range []func(vrs.Resident) bool{
		func(r vrs.Resident) bool { return r.Case == "doses: 8" },
		func(r vrs.Resident) bool { return strings.Contains(r.Name, "𠮷") },
	} {
		i := slices.IndexFunc(all, is)
		if i < 0 {
			t.Fatal("a resident is missing")
		}
		ids = append(ids, all[i].ID)
	}
	return ids
}

// What -once writes is accepted by software that is not ours, by our own
// kofu verify with nothing but the files written, and is complete.
//
// Rows: A2, E3, E4, R5.1
func TestOnceIsAcceptedByStrangers(t *testing.T) {
	for _, id := range issuedTo(t) {
		t.Run(id, func(t *testing.T) {
			w := runOnce(t, id)
			t.Run("files", w.files)
			t.Run("symbols", w.symbols)
			t.Run("text", w.text)
			t.Run("qpdf", w.form)
			t.Run("openssl", w.openssl)
			t.Run("kofu verify", w.verify)
		})
	}
}

func (w written) files(t *testing.T) {
	var got []string
	err := fs.WalkDir(os.DirFS(w.dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, path)
		}
		return err
	})
	want := []string{
		"domestic/certificate.pdf", "domestic/shc.jws", "domestic/shc.txt", "issuer/.well-known/jwks.json",
		"overseas/certificate.pdf", "overseas/shc.jws", "overseas/shc.txt", "overseas/vdsnc.json", "trust/bsc.pem", "trust/csca.pem",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("wrote %v (%v)", got, err)
	}
}

// symbols has each page drawn at 200 dots an inch and every symbol on it read.
func (w written) symbols(t *testing.T) {
	draw, scan := theirs(t, "pdftoppm"), theirs(t, "zbarimg")
	for kind, want := range map[string][]string{"domestic": {"shc.txt"}, "overseas": {"shc.txt", "vdsnc.json"}} {
		picture := filepath.Join(t.TempDir(), kind)
		output(t, nil, draw, "-r", "200", "-png", "-singlefile", w.path(kind, "certificate.pdf"), picture)
		// One symbol a line: neither has a line end in it.
		got := strings.Split(strings.TrimSuffix(string(output(t, nil, scan, "-q", "--raw", picture+".png")), "\n"), "\n")
		var texts []string
		for _, name := range want {
			texts = append(texts, string(w.read(t, kind, name)))
		}
		slices.Sort(got)
		slices.Sort(texts)
		if !slices.Equal(got, texts) {
			t.Errorf("%s: read %q", kind, got)
		}
	}
}

// text has the page's words extracted, in the order of reading and in that of
// the file: everything printed is there.
func (w written) text(t *testing.T) {
	extract := theirs(t, "pdftotext")
	for _, kind := range []string{"domestic", "overseas"} {
		for order, args := range map[string][]string{"reading": nil, "file": {"-raw"}} {
			want := w.printed(t, kind)
			if order == "file" {
				want = append(want, "見本SPECIMEN") // across the page, so elsewhere in the order of reading
			}
			got := unspaced(string(output(t, nil, extract, append(args, w.path(kind, "certificate.pdf"), "-")...)))
			for _, item := range want {
				if !strings.Contains(got, unspaced(item)) {
					t.Errorf("%s, order of %s: the paper lacks %q:\n%s", kind, order, item, got)
				}
			}
			if kind == "domestic" && strings.Contains(got, w.Passport.Number.Reveal()) {
				t.Error("passport data on a domestic paper")
			}
		}
	}
}

// printed lists what has to stand on the paper.
func (w written) printed(t *testing.T, kind string) []string {
	t.Helper()
	card, err := shc.Parse(string(w.read(t, kind, "shc.jws")))
	if err != nil {
		t.Fatal(err)
	}
	items := []string{w.Name, w.Birth.String(), "架空市長", "Mayor of Kaku City", "証明書ID", "JPN900010", "コミナティ", "Comirnaty", "ファイザー", "Pfizer"}
	for _, d := range card.Doses {
		items = append(items, d.Date, d.Lot)
	}
	if kind == "overseas" {
		items = append(items, w.Passport.Number.Reveal(), w.Passport.Latin().Reveal(), w.Passport.Nationality)
	}
	return items
}

// unspaced takes out what pdftotext lays out with, and where a long name goes
// to the next line.
func unspaced(s string) string {
	return strings.NewReplacer(" ", "", "\n", "", "\f", "", "\u3000", "").Replace(s)
}

func (w written) form(t *testing.T) {
	qpdf := theirs(t, "qpdf")
	for _, kind := range []string{"domestic", "overseas"} {
		if said := output(t, nil, qpdf, "--check", w.path(kind, "certificate.pdf")); !bytes.Contains(said, []byte("No syntax or stream encoding errors")) {
			t.Errorf("%s: %s", kind, said)
		}
	}
}

// openssl verifies the VDS-NC: the signature over the bytes of "data" as they
// stand, and the signer's certificate under the written authority.
func (w written) openssl(t *testing.T) {
	openssl := theirs(t, "openssl")
	whole := w.read(t, "overseas", "vdsnc.json")
	var doc struct {
		Data json.RawMessage `json:"data"`
		Sig  struct {
			Alg   string `json:"alg"`
			Cer   string `json:"cer"`
			Value string `json:"sigvl"`
		} `json:"sig"`
	}
	if err := json.Unmarshal(whole, &doc); err != nil {
		t.Fatal(err)
	}
	cer, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(doc.Sig.Cer, "="))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(doc.Sig.Value, "="))
	if err != nil || len(raw) != 64 || doc.Sig.Alg != "ES256" {
		t.Fatalf("%s signature of %d bytes (%v)", doc.Sig.Alg, len(raw), err)
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string][]byte{
		"data": doc.Data, "sig": der, "bad": append(bytes.Clone(doc.Data), ' '),
		"cer.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cer}),
	}
	if !bytes.Equal(files["cer.pem"], w.read(t, "trust", "bsc.pem")) {
		t.Error("the certificate in the symbol is not the one published")
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, data := range files {
		if err := os.WriteFile(at(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(at("key"), output(t, nil, openssl, "x509", "-in", at("cer.pem"), "-noout", "-pubkey"), 0o600); err != nil {
		t.Fatal(err)
	}
	output(t, nil, openssl, "dgst", "-sha256", "-verify", at("key"), "-signature", at("sig"), at("data"))
	if _, err := try(t, nil, openssl, "dgst", "-sha256", "-verify", at("key"), "-signature", at("sig"), at("bad")); err == nil {
		t.Error("openssl lets an altered document pass")
	}
	output(t, nil, openssl, "verify", "-x509_strict", "-CAfile", w.path("trust", "csca.pem"), at("cer.pem"))
}

// verify asks our own program, which gets nothing but the files written.
func (w written) verify(t *testing.T) {
	trust := []string{"verify", "-jwks", w.path("issuer", ".well-known", "jwks.json"), "-csca", w.path("trust", "csca.pem")}
	pinned := []string{"verify", "-jwks", w.path("issuer", ".well-known", "jwks.json"), "-signer", w.path("trust", "bsc.pem")}
	var all []string
	for _, name := range []string{
		"domestic/shc.txt", "domestic/shc.jws", "domestic/certificate.pdf",
		"overseas/shc.txt", "overseas/shc.jws", "overseas/vdsnc.json", "overseas/certificate.pdf",
	} {
		path := w.path(filepath.FromSlash(name))
		all = append(all, path)
		for _, args := range [][]string{trust, pinned} {
			output(t, nil, ours(t, "kofu"), append(slices.Clone(args), path)...)
		}
		if _, err := try(t, nil, ours(t, "kofu"), "verify", path); err == nil {
			t.Errorf("%s is believed without anybody to trust", name)
		}
	}
	output(t, nil, ours(t, "kofu"), append(trust, all...)...)
}

// Two runs share nothing: what one signs, the other's keys do not verify.
func TestKeysAreThrownAway(t *testing.T) {
	one, other := runOnce(t, issuedTo(t)[0]), runOnce(t, issuedTo(t)[0])
	if sha256.Sum256(one.read(t, "trust", "csca.pem")) == sha256.Sum256(other.read(t, "trust", "csca.pem")) {
		t.Error("two runs have the same authority")
	}
	for _, name := range []string{"shc.txt", "vdsnc.json"} {
		if _, err := try(t, nil, ours(t, "kofu"), "verify", "-jwks", other.path("issuer", ".well-known", "jwks.json"),
			"-csca", other.path("trust", "csca.pem"), one.path("overseas", name)); err == nil {
			t.Errorf("%s verifies with another run's keys", name)
		}
	}
}
