// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kofu/cert"
	"kofu/test/card"
	"kofu/test/keyring"
	"kofu/test/vrs"
)

// Site is a kofu with all that it needs, as programs of their own.
type Site struct {
	App, Kiosk, Counter, Ops string // addresses

	dir, programs string
	server        *process
	around        []*process
	gateway       string
	faults        string
	phones        *http.Client
	persons       []*person
	pki           *card.PKI
	towns         map[cert.MunicipalityCode]*card.Municipality
}

// Open starts a site with a crowd of n persons. programs is where [Build] put
// ours.
func Open(ctx context.Context, programs string, n int) (*Site, error) {
	s := &Site{programs: programs, towns: map[cert.MunicipalityCode]*card.Municipality{}}
	if err := s.open(ctx, n); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Site) open(ctx context.Context, n int) (err error) {
	mine, others := apart()
	if err = moveOver(others); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "kofu-load-"); err != nil {
		return err
	}
	if s.pki, err = card.NewPKI("9000033"); err != nil {
		return err
	}
	for _, a := range []*string{&s.App, &s.Kiosk, &s.Counter, &s.Ops} {
		if *a, err = free(); err != nil {
			return err
		}
	}
	redis, err := s.startRedis(ctx, others)
	if err != nil {
		return err
	}
	if err = s.startVRS(ctx, others, n); err != nil {
		return err
	}
	if err = s.files(redis); err != nil {
		return err
	}
	if s.server, err = launch(mine, filepath.Join(s.programs, "kofu"), "serve", "-config", s.path("kofu.json")); err != nil {
		return err
	}
	if err = s.server.until(ctx, 30*time.Second, func() error { _, err := s.ask(ctx, "/readyz"); return err }); err != nil {
		return err
	}
	if s.phones, err = s.client(""); err != nil {
		return err
	}
	return s.enrol(n)
}

// Close ends everything.
func (s *Site) Close() {
	s.server.end()
	for _, p := range s.around {
		p.end()
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

func (s *Site) path(name ...string) string { return filepath.Join(append([]string{s.dir}, name...)...) }

func (s *Site) startRedis(ctx context.Context, on string) (addr string, err error) {
	if addr, err = free(); err != nil {
		return "", err
	}
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", fmt.Errorf("%w: install redis-server", ErrMissing)
	}
	port := addr[strings.LastIndexByte(addr, ':')+1:]
	p, err := launch(on, path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", s.dir)
	if err != nil {
		return "", err
	}
	s.around = append(s.around, p)
	return addr, p.until(ctx, 10*time.Second, func() error {
		if !strings.Contains(p.text(), "Ready to accept connections") {
			return errors.New("redis is silent")
		}
		return nil
	})
}

// ErrMissing is a program that is not installed.
var ErrMissing = errors.New("load: a program is missing")

var vrsSays = regexp.MustCompile(`(?s)faults +(\S+).*gateway +(\S+)\n`)

func (s *Site) startVRS(ctx context.Context, on string, n int) error {
	p, err := launch(on, filepath.Join(s.programs, "vrs"), "-certs", s.dir, "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-crowd", strconv.Itoa(n))
	if err != nil {
		return err
	}
	s.around = append(s.around, p)
	return p.until(ctx, time.Minute, func() error {
		m := vrsSays.FindStringSubmatch(p.text())
		if m == nil {
			return errors.New("the record service is silent")
		}
		s.faults, s.gateway = m[1], m[2]
		return nil
	})
}

// files writes configuration and keys.
func (s *Site) files(redis string) error {
	mutual := func(addr, folder string) map[string]any {
		return map[string]any{"address": addr, "certificate": vrs.ServerFile, "key": vrs.ServerKeyFile, "client_ca": folder + "/" + vrs.RootFile}
	}
	for _, folder := range []string{"terminals", "offices"} {
		c, err := vrs.NewCertificates()
		if err = errors.Join(err, os.MkdirAll(s.path(folder), 0o700)); err != nil {
			return err
		}
		if err := c.Write(s.path(folder)); err != nil {
			return err
		}
	}
	credentials, many := map[string]string{}, 100_000_000
	for _, m := range vrs.Municipalities() {
		credentials[string(m)] = "credential-" + string(m)
	}
	config, err := json.Marshal(map[string]any{
		"environment": "test", "issuer": "https://vc.example.jp/issuer", "deep_link_base": "https://app.example.jp",
		"listen": map[string]any{"app": s.App, "certificate": vrs.ServerFile, "key": vrs.ServerKeyFile, "ops": s.Ops,
			"kiosk": mutual(s.Kiosk, "terminals"), "counter": mutual(s.Counter, "offices")},
		"redis": map[string]any{"address": redis}, "sql": map[string]any{"driver": "sqlite", "path": "kofu.db"},
		"secrets": map[string]any{"uvci": "uvci", "rid": "rid", "staff": "staff", "limits": "limits", "operators": "operators"},
		"keys":    "keys/" + keyring.Manifest, "anchors": "anchors.json", "municipalities": "municipalities.json",
		"vrs": map[string]any{"base_url": s.gateway, "ca": vrs.RootFile, "certificate": vrs.ClientFile, "key": vrs.ClientKeyFile,
			"credentials": credentials, "timeout": "8s"},
		"status": map[string]any{"open": "00:00", "close": "24:00", "minimum_app_version": "1.0.0"},
		"times":  map[string]any{"drain": "10ms"},
		"kiosk":  map[string]any{"per_minute": many},
		"app":    map[string]any{"attestation": "off", "limits": map[string]any{"per_prefix": many, "per_device": many, "per_card": many}},
	})
	err = errors.Join(err, keyring.Generate(s.path("keys"), "https://vc.example.jp/issuer"))
	for name, data := range map[string][]byte{
		"kofu.json": config, "anchors.json": s.pki.AnchorsJSON(), "municipalities.json": vrs.MunicipalitiesJSON(),
		"uvci": bytes.Repeat([]byte("u"), 32), "rid": bytes.Repeat([]byte("r"), 32), "staff": bytes.Repeat([]byte("s"), 32),
		"limits": bytes.Repeat([]byte("l"), 32), "operators": bytes.Repeat([]byte("o"), 32),
	} {
		err = errors.Join(err, os.WriteFile(s.path(name), data, 0o600))
	}
	return err
}

// staff runs a command of the staff.
func (s *Site) staff(ctx context.Context, args ...string) error {
	c := exec.CommandContext(ctx, filepath.Join(s.programs, "kofu"), append(append([]string{"staff"}, args...), "-config", s.path("kofu.json"), "-by", "test")...)
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("load: kofu %s: %w: %s", strings.Join(args, " "), err, said)
	}
	return nil
}

// mostConnections is what this generator opens at most, for all persons.
const mostConnections = 512

// client speaks to the server, with the certificate of a folder.
func (s *Site) client(folder string) (*http.Client, error) {
	pem, err := os.ReadFile(s.path(vrs.RootFile))
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: x509.NewCertPool()}
	c.RootCAs.AppendCertsFromPEM(pem)
	if folder != "" {
		pair, err := tls.LoadX509KeyPair(s.path(folder, vrs.ClientFile), s.path(folder, vrs.ClientKeyFile))
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: c, MaxConnsPerHost: mostConnections, MaxIdleConnsPerHost: mostConnections, MaxIdleConns: mostConnections}}, nil
}

// ask asks the operators' listener.
func (s *Site) ask(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Ops+path, nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = errors.New(string(body))
	}
	return string(body), err
}

// Metric is what the server counts under a name, labels included.
func (s *Site) Metric(ctx context.Context, name string) (float64, error) {
	page, err := s.ask(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(page) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(rest), 64)
		}
	}
	return 0, fmt.Errorf("load: no metric %s", name)
}

// Fault asks the record service to misbehave, as its switchboard tells; "" ends
// that.
func (s *Site) Fault(ctx context.Context, query string) error {
	method, url := http.MethodPost, s.faults+"?"+query
	if query == "" {
		method, url = http.MethodDelete, s.faults
	}
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return fmt.Errorf("load: the switchboard answered %d", res.StatusCode)
	}
	return nil
}
