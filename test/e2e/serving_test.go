// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"image/png"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kofu/cert/qr"
	"kofu/cert/shc"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// phoneOf is a phone that reaches a resident's card over HTTP.
func (d *demo) phoneOf(t *testing.T, r vrs.Resident) *phone.Client {
	t.Helper()
	p := &phone.Client{BaseURL: d.URL, HTTP: client(t), PIN: r.PIN}
	p.Card = &phone.Remote{Client: p, Resident: r.ID}
	return p
}

func wish(r vrs.Resident, kind string) phone.Wish {
	return phone.Wish{Kind: kind, Municipality: string(r.Municipality), PDF: true}
}

func resident(t *testing.T, is func(vrs.Resident) bool) vrs.Resident {
	t.Helper()
	all := vrs.Residents()
	i := slices.IndexFunc(all, is)
	if i < 0 {
		t.Fatal("no such resident")
	}
	return all[i]
}

// A JOSE library in another language fetches the published keys over HTTP and
// verifies the card, which says what the register holds.
//
// Rows: A2, R5.1
func TestJOSELibraryOfAnotherLanguage(t *testing.T) {
	node := theirs(t, "node")
	nodeModules(t)
	d := startDemo(t)
	r := resident(t, func(r vrs.Resident) bool { return strings.Contains(r.Name, "𠮷") })
	reviewed, c, err := d.phoneOf(t, r).Journey(t.Context(), wish(r, "domestic"))
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Header  map[string]string
		Content struct {
			Iss string
			Nbf json.Number
			VC  struct {
				CredentialSubject struct {
					FHIRBundle struct {
						Entry []struct {
							Resource struct {
								ResourceType       string
								Name               []struct{ Family, Text string }
								BirthDate          string
								OccurrenceDateTime string
								LotNumber          string
							}
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal(output(t, []byte(c.SHC.JWS), node, filepath.Join("..", "node", "jose.test.mjs"), d.URL), &said); err != nil {
		t.Fatal(err)
	}
	if said.Header["alg"] != "ES256" || said.Header["zip"] != "DEF" || said.Content.Iss != "https://kofu.example/issuer" || strings.Contains(said.Content.Nbf.String(), ".") {
		t.Errorf("header %v, issuer %s, nbf %s", said.Header, said.Content.Iss, said.Content.Nbf)
	}
	entries := said.Content.VC.CredentialSubject.FHIRBundle.Entry
	if len(entries) != 1+len(reviewed.Preview.Doses) {
		t.Fatalf("%d entries", len(entries))
	}
	patient := entries[0].Resource
	family, _, _ := strings.Cut(r.Name, "\u3000")
	if patient.ResourceType != "Patient" || len(patient.Name) != 1 || patient.Name[0].Family != family || patient.BirthDate != r.Birth.String() {
		t.Errorf("patient %+v", patient)
	}
	for i, dose := range reviewed.Preview.Doses {
		if got := entries[i+1].Resource; got.OccurrenceDateTime != dose.Date || got.LotNumber != dose.Lot {
			t.Errorf("dose %d: %+v", i, got)
		}
	}
}

// A person at the phone page gets what the server issued: the symbols on the
// screen, read from a picture of it, are those of the answer.
//
// Rows: A2, C1
func TestPhonePageInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes a while")
	}
	node, chromium := theirs(t, "node"), theirs(t, "chromium", "chromium-browser", "google-chrome")
	nodeModules(t)
	d := startDemo(t)
	out := t.TempDir()
	if said := output(t, nil, node, filepath.Join("..", "node", "browser.test.mjs"), d.URL, out, chromium); strings.TrimSpace(string(said)) != "ok" {
		t.Fatalf("the browser says %s", said)
	}
	for _, kind := range []string{"domestic", "overseas"} {
		var c phone.Certificate
		data, err := os.ReadFile(filepath.Join(out, kind+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatal(err)
		}
		shown(t, filepath.Join(out, kind+"-shc.png"), c.SHC.QR)
		if kind == "overseas" {
			shown(t, filepath.Join(out, kind+"-vdsnc.png"), c.VDSNC)
		}
		if pdf, err := os.ReadFile(filepath.Join(out, kind+".pdf")); err != nil || !slices.Equal(pdf, c.PDF) {
			t.Errorf("%s: the paper saved is not the one issued (%v)", kind, err)
		}
		wallet, err := os.ReadFile(filepath.Join(out, kind+".smart-health-card"))
		if err != nil {
			t.Fatal(err)
		}
		if jws, err := shc.ParseFile(wallet); err != nil || !slices.Equal(jws, []string{c.SHC.JWS}) {
			t.Errorf("%s: the wallet's file is not the card issued (%v)", kind, err)
		}
	}
}

// shown reads the one symbol on a picture of the screen, with our own decoder
// and, where it is installed, another one.
func shown(t *testing.T, picture, want string) {
	t.Helper()
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := qr.ReadImage(img); err != nil || !slices.Equal(got, []string{want}) {
		t.Errorf("%s: read %q (%v)", filepath.Base(picture), got, err)
	}
	if got := output(t, nil, theirs(t, "zbarimg"), "-q", "--raw", picture); strings.TrimSuffix(string(got), "\n") != want {
		t.Errorf("%s: zbarimg reads %q", filepath.Base(picture), got)
	}
}

// The running program's log and counters have nothing of those it served.
//
// Rows: C1, R5.3
func TestLogOfTheRunningProgram(t *testing.T) {
	d := startDemo(t)
	served := 0
	for _, is := range []func(vrs.Resident) bool{
		func(r vrs.Resident) bool { return r.Expected.AppDomestic == "issued" },
		func(r vrs.Resident) bool { return r.Expected.AppDomestic == "no_record" },
		func(r vrs.Resident) bool { return r.Expected.AppDomestic == "record_needs_check" },
	} {
		r := resident(t, is)
		_, _, err := d.phoneOf(t, r).Journey(t.Context(), wish(r, "domestic"))
		if code := phone.CodeOf(err); err != nil && code != r.Expected.AppDomestic {
			t.Fatal(err)
		}
		served++
		res, err := d.phoneOf(t, r).Send(t.Context(), http.MethodGet, "/demo/metrics", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		log := d.stderr.String()
		if strings.Count(log, "route=/app/v1/applications ") < served || !strings.Contains(string(res.Body), "kofu_demo_requests") {
			t.Fatal("nothing was logged or counted: this test looks in the wrong place")
		}
		family, given, _ := strings.Cut(r.Name, "\u3000")
		for _, marker := range []string{r.Number, r.Name, r.Birth.String(), r.Birth.Compact(), r.Address, family + given, url.QueryEscape(family), string(r.ID) + " "} {
			if strings.Contains(log, marker) || strings.Contains(string(res.Body), marker) {
				t.Errorf("%s: %q is in the log or the counters", r.ID, marker)
			}
		}
	}
}

// The address being taken is told, not met with a stack trace.
func TestAddressTaken(t *testing.T) {
	d := startDemo(t)
	_, err := try(t, nil, ours(t, "kofu-demo"), "-listen", strings.TrimPrefix(d.URL, "http://"))
	if err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("got %v", err)
	}
}
