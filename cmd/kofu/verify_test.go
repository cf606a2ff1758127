// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const vectors = "../../../shared/vectors"

func needVectors(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(vectors); err == nil {
		return
	}
	if os.Getenv("KOFU_VECTORS") == "1" {
		t.Fatal("needs ../shared/vectors beside the project")
	}
	t.Skip("needs ../shared/vectors beside the project")
}

type verifyReport struct {
	Files     []string
	Format    string
	Authentic bool
	Signature string
	Chain     string
	Revoked   bool
	Expired   bool
	Reason    string
	Content   *struct {
		Name  string
		Doses []struct{ Date, Code, Lot string }
	}
}

// runVerify runs the command twice, for JSON and for words, and expects one
// object and the same end.
func runVerify(t *testing.T, stdin string, args ...string) (verifyReport, int) {
	t.Helper()
	var out, words, errs bytes.Buffer
	code := verify(append([]string{"-json"}, args...), strings.NewReader(stdin), &out, &errs)
	var r verifyReport
	if out.Len() > 0 {
		d := json.NewDecoder(&out)
		if err := d.Decode(&r); err != nil || d.More() {
			t.Fatalf("not one JSON object: %v", err)
		}
	}
	if again := verify(args, strings.NewReader(stdin), &words, &errs); again != code {
		t.Errorf("exit %d with -json, %d without", code, again)
	}
	first, _, _ := strings.Cut(words.String(), "  ")
	if want := map[int]string{0: "AUTHENTIC", 1: "NOT AUTHENTIC"}[code]; code < 2 && first != want {
		t.Errorf("first word %q, want %q", first, want)
	}
	if r.Authentic != (code == 0) {
		t.Errorf("authentic is %t with exit %d", r.Authentic, code)
	}
	return r, code
}

func TestVerifyPublishedHealthCards(t *testing.T) {
	needVectors(t)
	shc := func(name string) string { return filepath.Join(vectors, "shc", name) }
	jwks, crl := shc("jwks.json"), shc("crl-3Kfdg-XwP-7gXyywtUfUADwBumDOPKMQx-iELL11W9s.json")
	chunks := []string{
		shc("example-02-f-qr-code-numeric-value-2.txt"), shc("example-02-f-qr-code-numeric-value-0.txt"), shc("example-02-f-qr-code-numeric-value-1.txt"),
	}
	tests := []struct {
		name      string
		args      []string
		code      int
		signature string
		chain     string
		revoked   bool
		expired   bool
		doses     int
	}{
		{"00 JWS", []string{"-jwks", jwks, shc("example-00-d-jws.txt")}, 0, "valid", "trusted", false, false, 3},
		{"00 numeric", []string{"-jwks", jwks, shc("example-00-f-qr-code-numeric-value-0.txt")}, 0, "valid", "trusted", false, false, 3},
		{"01 JWS", []string{"-jwks", jwks, shc("example-01-d-jws.txt")}, 0, "valid", "trusted", false, false, 3},
		{"01 numeric", []string{"-jwks", jwks, shc("example-01-f-qr-code-numeric-value-0.txt")}, 0, "valid", "trusted", false, false, 3},
		{"02 JWS", []string{"-jwks", jwks, shc("example-02-d-jws.txt")}, 0, "valid", "trusted", false, false, 0},
		{"02 chunks in any order", append([]string{"-jwks", jwks}, chunks...), 0, "valid", "trusted", false, false, 0},
		{"02 a chunk missing", append([]string{"-jwks", jwks}, chunks[:2]...), 2, "", "", false, false, 0},
		{"03 without list", []string{"-jwks", jwks, shc("example-03-d-jws.txt")}, 1, "valid", "trusted", false, true, 2},
		{"03 with list", []string{"-jwks", jwks, "-crl", crl, shc("example-03-d-jws.txt")}, 1, "valid", "trusted", true, true, 2},
		{"00 with list", []string{"-jwks", jwks, "-crl", crl, shc("example-00-d-jws.txt")}, 0, "valid", "trusted", false, false, 3},
		{"00 without keys", []string{shc("example-00-d-jws.txt")}, 1, "unknown_key", "untrusted", false, false, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, code := runVerify(t, "", tt.args...)
			doses := 0
			if r.Content != nil {
				doses = len(r.Content.Doses)
			}
			if code != tt.code || r.Format != "shc" || r.Signature != tt.signature || r.Chain != tt.chain ||
				r.Revoked != tt.revoked || r.Expired != tt.expired || tt.doses > 0 && doses != tt.doses {
				t.Errorf("exit %d, %+v, %d doses", code, r, doses)
			}
			if (r.Reason == "") != (code == 0) {
				t.Errorf("exit %d with the reason %q", code, r.Reason)
			}
		})
	}
	t.Run("03 tells both reasons", func(t *testing.T) {
		r, _ := runVerify(t, "", "-jwks", jwks, "-crl", crl, shc("example-03-d-jws.txt"))
		if r.Reason != "revoked; expired" {
			t.Error(r.Reason)
		}
	})
}

func TestVerifyOtherFormsOfHealthCards(t *testing.T) {
	needVectors(t)
	jwks := filepath.Join(vectors, "shc", "jwks.json")
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(vectors, "shc", name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(data))
	}
	jws, numeric := read("example-00-d-jws.txt"), read("example-00-f-qr-code-numeric-value-0.txt")
	header, payload, _ := strings.Cut(jws, ".")
	for name, tt := range map[string]struct {
		text string
		code int
	}{
		"wallet file":          {`{"verifiableCredential":["` + jws + `"]}`, 0},
		"digits":               {strings.TrimPrefix(numeric, "shc:/"), 0},
		"blank lines":          {"\n\n  " + jws + "\r\n\r\n", 0},
		"chunks in lines":      {read("example-02-f-qr-code-numeric-value-1.txt") + "\n" + read("example-02-f-qr-code-numeric-value-2.txt") + "\n" + read("example-02-f-qr-code-numeric-value-0.txt"), 0},
		"chunks in a row":      {read("example-02-f-qr-code-numeric-value-0.txt") + read("example-02-f-qr-code-numeric-value-1.txt") + read("example-02-f-qr-code-numeric-value-2.txt"), 0},
		"two good cards":       {jws + "\n" + read("example-01-d-jws.txt"), 0},
		"a good and a bad":     {jws + "\n" + read("example-03-d-jws.txt"), 1},
		"good and garbage":     {jws + "\nhello", 2},
		"altered":              {header + "." + strings.Replace(payload, ".", "A.", 1), 1},
		"payload altered":      {flipped(header + "." + payload), 1},
		"signature of another": {jws[:strings.LastIndex(jws, ".")] + read("example-01-d-jws.txt")[strings.LastIndex(read("example-01-d-jws.txt"), "."):], 1},
		"odd digits":           {numeric + "1", 2},
		"empty":                {"", 2},
		"not a card":           {"hello", 2},
		"empty wallet":         {`{"verifiableCredential":[]}`, 2},
		"binary":               {"\x00\xff\xfe", 2},
		"broken picture":       {"\x89PNG\r\n\x1a\n", 2},
		"broken PDF":           {"%PDF-1.7\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			if r, code := runVerify(t, tt.text, "-jwks", jwks, "-"); code != tt.code {
				t.Errorf("exit %d, want %d; %+v", code, tt.code, r)
			}
		})
	}
}

// flipped changes one character in the middle of a card, so that its payload no
// longer inflates.
func flipped(jws string) string {
	b := []byte(jws)
	if i := len(b) / 2; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func TestVerifyPublishedVDSNC(t *testing.T) {
	needVectors(t)
	data, err := os.ReadFile(filepath.Join(vectors, "vdsnc", "examples.json"))
	if err != nil {
		t.Fatal(err)
	}
	var docs []json.RawMessage
	if err := json.Unmarshal(data, &docs); err != nil {
		t.Fatal(err)
	}
	for i, doc := range docs {
		var m struct{ Sig struct{ Cer string } }
		if err := json.Unmarshal(doc, &m); err != nil {
			t.Fatal(err)
		}
		der, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(m.Sig.Cer, "="))
		if err != nil {
			t.Fatal(err)
		}
		signer := filepath.Join(t.TempDir(), "signer.pem")
		if err := os.WriteFile(signer, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		if r, code := runVerify(t, string(doc), "-"); code != 1 || r.Format != "vdsnc" || r.Signature != "valid" || r.Chain != "untrusted" || r.Revoked || r.Expired {
			t.Errorf("%d without an anchor: exit %d, %+v", i, code, r)
		}
		if r, code := runVerify(t, string(doc), "-signer", signer, "-"); code != 0 || r.Signature != "valid" || r.Chain != "pinned" {
			t.Errorf("%d, signer pinned: exit %d, %+v", i, code, r)
		}
		forged := bytes.Replace(doc, []byte(`"lot"`), []byte(`"Lot"`), 1)
		if r, code := runVerify(t, string(forged), "-signer", signer, "-"); code != 1 || r.Signature != "invalid" || r.Chain != "untrusted" {
			t.Errorf("%d, altered: exit %d, %+v", i, code, r)
		}
		cut := doc[:len(doc)/2]
		if r, code := runVerify(t, string(cut), "-signer", signer, "-"); code != 2 || !strings.HasPrefix(r.Reason, "malformed vdsnc: ") {
			t.Errorf("%d, cut: exit %d, %+v", i, code, r)
		}
	}
}

// The published file holds two documents, of two signers.
func TestVerifyArrayOfVDSNC(t *testing.T) {
	needVectors(t)
	path := filepath.Join(vectors, "vdsnc", "examples.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var docs []struct{ Sig struct{ Cer string } }
	if err := json.Unmarshal(data, &docs); err != nil {
		t.Fatal(err)
	}
	var signers []string
	for _, d := range docs {
		der, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(d.Sig.Cer, "="))
		if err != nil {
			t.Fatal(err)
		}
		signer := filepath.Join(t.TempDir(), "signer.pem")
		if err := os.WriteFile(signer, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		signers = append(signers, "-signer", signer)
	}
	second := "NOT AUTHENTIC"
	if docs[0].Sig.Cer == docs[1].Sig.Cer {
		second = "AUTHENTIC"
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		want [2]string
	}{
		"untrusted": {nil, 1, [2]string{"NOT AUTHENTIC", "NOT AUTHENTIC"}},
		"first":     {signers[:2], map[string]int{"AUTHENTIC": 0, "NOT AUTHENTIC": 1}[second], [2]string{"AUTHENTIC", second}},
		"both":      {signers, 0, [2]string{"AUTHENTIC", "AUTHENTIC"}},
	} {
		var out, report, errs bytes.Buffer
		code := verify(append(tt.args[:len(tt.args):len(tt.args)], path), strings.NewReader(""), &out, &errs)
		for i, want := range tt.want {
			line := fmt.Sprintf("%s  %s, document %d", want, path, i+1)
			if !strings.Contains("\n"+out.String(), "\n"+line) {
				t.Errorf("%s: not told: %s", name, line)
			}
		}
		verify(append(append([]string{"-json"}, tt.args...), path), strings.NewReader(""), &report, &errs)
		if code != tt.code || strings.Count(report.String(), "\n") != 2 {
			t.Errorf("%s: exit %d, want %d; report\n%s", name, code, tt.code, report.String())
		}
	}
}

func TestVerifyRefusesWrongUse(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"no file": {}, "unknown flag": {"-url", "x", bad}, "help": {"-h"},
		"no such keys": {"-jwks", filepath.Join(dir, "none"), bad},
		"bad keys":     {"-jwks", bad, bad}, "bad list": {"-crl", bad, bad}, "bad authority": {"-csca", bad, bad}, "bad signer": {"-signer", bad, bad},
	} {
		var out, errs bytes.Buffer
		if code := verify(args, strings.NewReader(""), &out, &errs); code != 2 || errs.Len() == 0 || out.Len() != 0 {
			t.Errorf("%s: exit %d, said %q", name, code, errs.String())
		}
	}
}

// One file that is not there takes nothing from what is said of the others.
func TestVerifyGoesOnWithoutAFile(t *testing.T) {
	needVectors(t)
	none, good := filepath.Join(t.TempDir(), "none"), filepath.Join(vectors, "shc/example-00-d-jws.txt")
	for _, args := range [][]string{{none, good}, {good, none}, {good, t.TempDir()}} {
		var out, errs bytes.Buffer
		args = append([]string{"-json", "-jwks", filepath.Join(vectors, "shc/jwks.json")}, args...)
		code := verify(args, strings.NewReader(""), &out, &errs)
		if code != 2 || errs.Len() == 0 || strings.Count(out.String(), "\n") != 2 || strings.Count(out.String(), `"authentic":true`) != 1 {
			t.Errorf("%q: exit %d, said %s%s", args, code, out.String(), errs.String())
		}
	}
}

func TestVerifyKeepsTheTerminalSafe(t *testing.T) {
	if got := plain("A\x1b[2J\u202eB\n"); got != "A\uFFFD[2J\uFFFDB\uFFFD" {
		t.Errorf("%q", got)
	}
}
