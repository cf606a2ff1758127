// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kofu/test/card"
	"kofu/test/phone"
	"kofu/test/vrs"
)

// start runs the whole program on s until the test ends, or until the
// function it returns is called, which gives its exit code and all it said.
func start(t *testing.T, s *site) (stop func() (int, string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var said output
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"serve", "-config", s.path()}, strings.NewReader(""), io.Discard, &said)
	}()
	stop = sync.OnceValues(func() (int, string) {
		cancel()
		select {
		case code := <-ended:
			return code, said.String()
		case <-time.After(20 * time.Second):
			return -1, said.String()
		}
	})
	t.Cleanup(func() { stop() })
	for range 200 {
		if strings.Contains(said.String(), `"msg":"serving"`) {
			return stop
		}
		select {
		case code := <-ended:
			t.Fatalf("ended with %d:\n%s", code, said.String())
		case <-time.After(25 * time.Millisecond):
		}
	}
	t.Fatalf("does not serve:\n%s", said.String())
	return nil
}

// output is a buffer for several goroutines.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func makeSite(t *testing.T) *site {
	t.Helper()
	s, err := newSite(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// browser trusts the site's own authority.
func (s *site) browser(t *testing.T, c *tls.Config) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(filepath.Join(s.dir, vrs.RootFile))
	if err != nil {
		t.Fatal(err)
	}
	c.RootCAs = x509.NewCertPool()
	c.RootCAs.AppendCertsFromPEM(pem)
	tr := &http.Transport{TLSClientConfig: c}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 20 * time.Second}
}

// phone is a resident's, with the genuine app and the card on it, and what the
// resident wants.
func (s *site) phone(t *testing.T, resident vrs.Resident) (*phone.Client, phone.Wish) {
	t.Helper()
	return &phone.Client{BaseURL: "https://" + s.app, HTTP: s.browser(t, &tls.Config{MinVersion: tls.VersionTLS12}),
		Card: card.Reader{Transmit: s.card(t, resident).Transmit}, PIN: resident.PIN, App: "ios/2.1.0", Handset: s.iphone(t)}, phone.Wish{Kind: "domestic", Municipality: string(resident.Municipality)}
}

// card is the resident's.
func (s *site) card(t *testing.T, resident vrs.Resident) *card.Card {
	t.Helper()
	town, err := s.pki.NewMunicipality(string(resident.Municipality)[:5])
	if err != nil {
		t.Fatal(err)
	}
	c, err := town.Issue(card.Holder{MyNumber: resident.Number, Name: resident.Name, Address: resident.Address,
		BirthDate: resident.Birth.Compact(), Sex: string('0' + rune(resident.Sex)), PIN: resident.PIN})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// ready asks /readyz and returns the reasons why not.
func ready(t *testing.T, s *site) (int, map[string]string) {
	t.Helper()
	code, body := get(t, http.DefaultClient, "http://"+s.ops+"/readyz")
	var v struct {
		Ready   bool              `json:"ready"`
		Reasons map[string]string `json:"reasons"`
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil || v.Ready != (code == http.StatusOK) {
		t.Fatalf("%d %s: %v", code, body, err)
	}
	return code, v.Reasons
}

// TestServeIssues is the shipped program, whole: a phone with a simulated card
// gets a certificate from it, and leaves no trace in what it says.
//
// Rows: A2, C4
func TestServeIssues(t *testing.T) {
	s := makeSite(t)
	stop := start(t, s)
	if code, why := ready(t, s); code != http.StatusOK {
		t.Fatalf("not ready: %v", why)
	}
	resident := vrs.Residents()[0]
	p, wish := s.phone(t, resident)
	wish.PDF = true
	_, issued, err := p.Journey(t.Context(), wish)
	if err != nil {
		t.Fatal(err)
	}
	if issued.ID == "" {
		t.Error("a certificate without an ID")
	}
	counted := metricsWith(t, s, "kofu_build_info{", `kofu_issue_identity_mismatch_total{channel="app",crossed="true"} 0`,
		`kofu_vrs_calls_total{call="find",cause=""} 1`, `route="/app/v1/certificates"`)
	code, said := stop()
	if code != exitDone {
		t.Errorf("ended with %d", code)
	}
	for _, trace := range []string{resident.Name, resident.Number, resident.Address, issued.ID, "127.0.0.1:0"} {
		if strings.Contains(said+counted, trace) {
			t.Errorf("%q is in the log or the metrics", trace)
		}
	}
	for _, key := range s.redis.Keys() {
		if !strings.HasPrefix(key, "kofu:1:") {
			t.Errorf("%s is left in Redis", key)
		}
	}
}

// metricsWith waits until the metrics have all of want: a request is counted
// just after its answer has left.
func metricsWith(t *testing.T, s *site, want ...string) (counted string) {
	t.Helper()
	missing := ""
	for range 100 {
		_, counted = get(t, http.DefaultClient, "http://"+s.ops+"/metrics")
		missing = ""
		for _, w := range want {
			if !strings.Contains(counted, w) {
				missing = w
			}
		}
		if missing == "" {
			return counted
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("/metrics has no %s", missing)
	return counted
}

// TestServeTLS refuses what is older than TLS 1.2 and what is no TLS at all.
//
// Rows: C4
func TestServeTLS(t *testing.T) {
	s := makeSite(t)
	start(t, s)
	old := s.browser(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}) // #nosec G402 -- it must be refused
	if res, err := old.Get("https://" + s.app + "/app/v1/status"); err == nil {
		_ = res.Body.Close()
		t.Error("TLS 1.1 was accepted")
	}
	if code, _ := get(t, http.DefaultClient, "http://"+s.app+"/app/v1/status"); code != http.StatusBadRequest {
		t.Errorf("without TLS: %d", code)
	}
	if code, _ := get(t, s.browser(t, &tls.Config{MinVersion: tls.VersionTLS12}), "https://"+s.app+"/metrics"); code != http.StatusNotFound {
		t.Errorf("the public listener answers /metrics with %d", code)
	}
}

func TestReadyTellsWhatIsMissing(t *testing.T) {
	s := makeSite(t)
	start(t, s)
	if code, why := ready(t, s); code != http.StatusOK {
		t.Fatalf("not ready: %v", why)
	}
	s.redis.Close()
	if code, why := ready(t, s); code != http.StatusServiceUnavailable || why["redis"] == "" || len(why) != 1 {
		t.Errorf("without Redis: %d %v", code, why)
	}
	if err := s.gateway.Close(); err != nil {
		t.Fatal(err)
	}
	code, why := ready(t, s)
	if code != http.StatusServiceUnavailable || why["vrs"] == "" || why["redis"] == "" {
		t.Errorf("without Redis and VRS: %d %v", code, why)
	}
	for _, w := range why {
		if strings.Contains(w, "127.0.0.1") {
			t.Errorf("the reason names a host: %s", w)
		}
	}
	if code, body := get(t, http.DefaultClient, "http://"+s.ops+"/healthz"); code != http.StatusOK || !strings.Contains(body, `"config":"`) {
		t.Errorf("/healthz: %d %s", code, body)
	}
}

// TestLoadRefuses takes one thing at a time from a site without fault.
func TestLoadRefuses(t *testing.T) {
	s := makeSite(t)
	sound, err := os.ReadFile(s.path())
	if err != nil {
		t.Fatal(err)
	}
	if _, faults := load(s.path()); len(faults) > 0 {
		t.Fatalf("%q", faults)
	}
	for name, c := range map[string]struct {
		spoil func()
		want  string
	}{
		"key that is not the certificate's": {func() { s.section("listen")["key"] = vrs.ClientKeyFile }, "listen.certificate: is not a certificate chain that belongs to the key"},
		"test keys in production":           {func() { s.config["environment"] = "production" }, "keys: filekey: manifest says \"test\""},
		"test anchors in production":        {func() { s.config["environment"] = "production" }, "anchors: "},
		"plain Redis in production":         {func() { s.config["environment"] = "production" }, "redis: redisstore: configuration not accepted: production wants TLS"},
		"another issuer than the keys'":     {func() { s.config["issuer"] = "https://other.example.jp" }, "keys: "},
		"no credential for a town":          {func() { delete(s.section("vrs")["credentials"].(map[string]any), "900028") }, "vrs.credentials: none for 900028"},
		"credential for no town":            {func() { s.section("vrs")["credentials"].(map[string]any)["131016"] = "uvci" }, `vrs.credentials: "131016" is not in the table`},
		"gateway without TLS":               {func() { s.section("vrs")["base_url"] = "http://127.0.0.1:1" }, "vrs: vrsclient: configuration"},
		"no anchors":                        {func() { s.config["anchors"] = "uvci" }, "anchors: "},
		"suite that has ended":              {func() { s.config["card_suites"] = map[string]string{"rsa2048-sha256": "2025-12-31"} }, "card_suites: rsa2048-sha256: an anchor has it, and it is not accepted today"},
		"suite without a day":               {func() { s.config["card_suites"] = map[string]string{"rsa2048-sha256": "2030"} }, "card_suites: rsa2048-sha256: not a suite with its last day"},
		"suite nobody knows":                {func() { s.config["card_suites"] = map[string]string{"rsa1024": "2030-12-31"} }, "card_suites: rsa1024: not a suite with its last day"},
		"one credential for two towns": {func() {
			c := s.section("vrs")["credentials"].(map[string]any)
			c["900028"] = c["900010"]
		}, "vrs.credentials: 900028 has the same as 900010"},
		"one secret for both":         {func() { s.section("secrets")["rid"] = "uvci" }, "secrets: uvci and rid are the same"},
		"no font there":               {func() { s.config["fonts"] = []string{"uvci"} }, "fonts: "},
		"roots without a certificate": {func() { s.section("vrs")["ca"] = "uvci" }, "vrs.ca: no certificate in it"},
	} {
		t.Run(name, func(t *testing.T) {
			s.config = nil
			if err := json.Unmarshal(sound, &s.config); err != nil {
				t.Fatal(err)
			}
			c.spoil()
			if err := s.save(); err != nil {
				t.Fatal(err)
			}
			if _, faults := load(s.path()); !strings.Contains("\n"+strings.Join(faults, "\n"), "\n"+c.want) {
				t.Errorf("got %q, want %q", faults, c.want)
			}
		})
	}
}

// TestServersWaitForNobody holds every listener to its limits.
func TestServersWaitForNobody(t *testing.T) {
	s := server(http.NotFoundHandler(), readTimeout, 30*time.Second)
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes > 64<<10 || s.MaxHeaderBytes <= 0 {
		t.Errorf("a limit is missing: %+v", s)
	}
	// One that sends half a header is cut off.
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.ReadHeaderTimeout = 50 * time.Millisecond
	go func() { _ = s.Serve(l) }()
	defer func() { _ = s.Close() }()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: x")); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("still held: %v", err)
	}
}
